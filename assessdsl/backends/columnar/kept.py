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
    """The last answers of a function of a plan and of more. To compare two plans takes longer than most answers: they
    are looked up by fingerprint, and the answer is for the very same plan only."""

    function: Callable[..., T]
    _answers: OrderedDict[Any, tuple[Plan, T]] = field(factory=OrderedDict, init=False)
    _lock: Any = field(factory=Lock, init=False)

    def __call__(self, plan: Plan, *more: Hashable) -> T:
        key = (plan.fingerprint, more)
        with self._lock:
            kept = self._answers.get(key)
            if kept is not None and kept[0] is plan:
                self._answers.move_to_end(key)
                return kept[1]
        answer = self.function(plan, *more)
        with self._lock:
            self._answers[key] = plan, answer
            if len(self._answers) > _MOST:
                self._answers.popitem(last=False)
        return answer
