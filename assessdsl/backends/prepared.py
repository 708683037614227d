"""The score of one entity at a time, for programs that score within a request.

What the inputs are is told by their keys, so that for each set of keys that comes along the plan is once made into code
(see compiled/). Whatever the code does not do, and all that is wrong with the inputs, goes the long way (see
prepared_ways.py). For a policy that is kept, such code is kept, too: a program that only scores one entity with the
same keys as another before it loads neither the plan nor what makes code of it. So nothing that those need, attrs among
it, may be imported here.
"""

from collections.abc import Callable
from fractions import Fraction
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from assessdsl import cache
from assessdsl.backends.compiled import kept
from assessdsl.backends.compiled.kept import Leave, Names, Run, Scales, fraction
from assessdsl.quantity import Quantity, Unit

if TYPE_CHECKING:
    from typing import Protocol

    from assessdsl.backends.prepared_inputs import Inputs
    from assessdsl.plan.steps import Plan

    class LongWay(Protocol):
        """See prepared_ways.py, which builds on this module."""

        @property
        def names(self) -> Names: ...

        def score(self, given: Inputs) -> "Score": ...


UNSUITED: Final = (KeyError, TypeError, ArithmeticError, ValueError, Leave)
"""Other keys, values of other types, numbers that are no numbers or not whole, or what the code does not do."""


class Layout(NamedTuple):
    """What the numbers of a score are."""

    scales: Scales
    names: Names  # ("total", ""), ("component", name), ("indicator", name)


class Score:
    """The score of one entity. `values` are the outputs as the code gives them, of which `fractions` makes numbers: a
    whole number over its scale, or a pair of whole numbers. Scores are compared by their fractions."""

    __slots__ = ("_held",)
    _held: tuple[tuple[Any, ...], Layout]

    @property
    def values(self) -> tuple[Any, ...]:
        return self._held[0]

    @property
    def scales(self) -> Scales:
        return self._held[1].scales

    @property
    def names(self) -> Names:
        """("total", ""), ("component", name), ("indicator", name)"""
        return self._held[1].names

    @property
    def fractions(self) -> tuple[Fraction, ...]:
        return tuple(map(fraction, self.values, self.scales))

    @property
    def total(self) -> Quantity:
        return Quantity(fraction(self.values[0], self.scales[0]), Unit.POINTS)

    @property
    def components(self) -> dict[str, Quantity]:
        return self._of("component")

    @property
    def indicators(self) -> dict[str, Quantity]:
        """Empty, unless they were asked for when the policy was prepared."""
        return self._of("indicator")

    def _of(self, kind: str) -> dict[str, Quantity]:
        numbers = zip(self.names, self.fractions, strict=True)
        return {name: Quantity(number, Unit.POINTS) for (of, name), number in numbers if of == kind}

    def __repr__(self) -> str:
        return f"Score(total={self.total})"


def scored(values: tuple[Any, ...], layout: Layout) -> Score:
    score = Score()
    score._held = values, layout  # an __init__ would take a twelfth of the time that a score takes
    return score


class Given(NamedTuple):
    """What was prepared: where its plan is, and under what key code for it is kept; None where none is. `kernels`:
    whether code becomes machine code; what is kept is not, and is not taken up then."""

    plan: "Callable[[], Plan]"
    language: str
    indicators: bool
    key: str | None = None
    kernels: bool = False

    def place(self, group: str, size: int) -> str | None:
        """Under what the code is kept for inputs of the group with so many keys."""
        return None if self.key is None else cache.digest(self.key, str(self.indicators), group, str(size))


Direct = dict[tuple[str, int], tuple[Run, Layout]]
"""Code that takes inputs as they are, by group, and how many keys there are."""


class Prepared:
    """A policy made ready to score one entity alone. Threads may share it; it can be pickled.

    Inputs are a mapping: `group`; facts, judgements and benchmarks by name; of an indicator `NAME.planned`,
    `NAME.actual`, `NAME.completed_on` and whatever else the tables of targets and facts have, in English or Chinese.
    An indicator that targets share takes a list of such mappings under its name; reported rows are a list under
    `NAME.entries`. Values are as in the tables: a bare number is in the declared unit. What is None or not there is
    missing. Whole numbers are quickest, then `Decimal`s.
    """

    __slots__ = ("_direct", "_long", "_of")

    def __init__(self, of: Given) -> None:
        self._of = of
        self._direct: Direct = {}
        self._long: LongWay | None = None

    @property
    def plan(self) -> "Plan":
        return self._of.plan()

    @property
    def names(self) -> Names:
        """What the numbers of a score are: ("total", ""), ("component", name), ("indicator", name)"""
        return self._long_way().names

    def check(self) -> None:
        """Raises PolicyError where a score depends on more than the entity itself, ImportError where there is nothing
        to make machine code with, if it is asked for."""
        self._long_way()

    def _long_way(self) -> "LongWay":
        if self._long is None:
            self._long = import_module("assessdsl.backends.prepared_ways").long_way(self._of, self._direct)
        return self._long

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.plan, *self._of[1:])

    def score(self, given: "Inputs") -> Score:
        """The exact score. Raises DataError with every diagnostic if the inputs are wrong."""
        try:
            run, layout = self._direct[given.get("group", ""), len(given)]
            score = Score()
            score._held = run(given), layout
            return score
        except UNSUITED:
            pass  # what is found wrong later has nothing to do with it
        return self._checked(given)

    def _checked(self, given: "Inputs") -> Score:
        if self._long is None and self._takes_up(given.get("group", ""), len(given)):
            return self.score(given)
        return self._long_way().score(given)

    def _takes_up(self, group: Any, size: int) -> bool:
        """Whether there is code now that an earlier program kept."""
        if self._of.kernels or not isinstance(group, str) or (group, size) in self._direct:
            return False
        place = self._of.place(group, size)
        text = None if place is None else cache.fetch(place)
        program = None if text is None else kept.read(text)
        if program is not None:
            self._direct[group, size] = program.run, Layout(program.scales, program.names)
        return program is not None


def _again(plan: "Plan", *more: Any) -> Prepared:
    return Prepared(Given(lambda: plan, *more))
