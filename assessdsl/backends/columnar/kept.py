"""What was worked out from a plan, kept: code takes longer to write than thousands of rows to score."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Final, Generic, TypeVar

from attrs import field, frozen

from assessdsl.plan.steps import Plan

T = TypeVar("T")
_MOST: Final = 128  # answers


@frozen(eq=False)
class Kept(Generic[T]):
    """The last answers of a function of a plan and of more. Plans are told apart by identity: to compare two of them
    takes longer than most answers."""

    function: Callable[..., T]
    _answers: OrderedDict[Any, tuple[Plan, T]] = field(factory=OrderedDict, init=False)
    _lock: Any = field(factory=Lock, init=False)

    def __call__(self, plan: Plan, *more: Hashable) -> T:
        key = (id(plan), more)
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key][1]
        answer = self.function(plan, *more)
        with self._lock:
            self._answers[key] = plan, answer  # the plan as well: its identity is not given to another
            if len(self._answers) > _MOST:
                self._answers.popitem(last=False)
        return answer
