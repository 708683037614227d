"""The histories: every table of a year that some bodies can have, for every way in which they came to be."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product

from attrs import frozen

from assessdsl.fairness.plain_years import Lineage, Year


@frozen
class History:
    now: Year  # all of its entities are assessed and ranked
    past: tuple[Year, Year]  # the year before, and the one before that
    lineage: dict[str, Lineage]  # of entities that had predecessors


@frozen
class Family:
    """What is enumerated together. `states`: what a body can be in a past year: `absent`, `unranked`, or in a group."""

    name: str
    entities: tuple[str, ...]  # of this year
    bodies: tuple[str, ...]  # that may have results in a past year
    lineage: dict[str, Lineage]
    groups: tuple[str, ...] = ("A",)
    unranked: bool = False

    def now(self) -> tuple[Year, ...]:
        return years(self.entities, self.groups, absent=False)

    def past(self) -> tuple[Year, ...]:
        return years(self.bodies, self.groups, absent=True, unranked=self.unranked)

    def __len__(self) -> int:
        return len(self.now()) * len(self.past()) ** 2

    def histories(self) -> Iterator[History]:
        for now, *past in product(self.now(), self.past(), self.past()):
            yield History(now, (past[0], past[1]), self.lineage)


@cache
def ranks(number: int) -> tuple[tuple[int, ...], ...]:
    """Every way in which so many can be ranked, with ties: 1 1 3 and the like."""
    found = set()
    for levels in product(range(number), repeat=number):
        found.add(tuple(1 + sum(other < own for other in levels) for own in levels))
    return tuple(sorted(found))


def years(bodies: Sequence[str], groups: Sequence[str], *, absent: bool, unranked: bool = False) -> tuple[Year, ...]:
    """Every table of a year: who was assessed in which group, and how each group was ranked."""
    states = [*groups, *(["absent"] if absent else []), *(["unranked"] if unranked else [])]
    found: list[Year] = []
    for where in product(states, repeat=len(bodies)):
        members = {
            group: [body for body, state in zip(bodies, where, strict=True) if state == group] for group in groups
        }
        without: Year = {
            body: (groups[0], None) for body, state in zip(bodies, where, strict=True) if state == "unranked"
        }
        for orders in product(*(ranks(len(members[group])) for group in groups)):
            year = dict(without)
            for group, order in zip(groups, orders, strict=True):
                year.update((body, (group, rank)) for body, rank in zip(members[group], order, strict=True))
            found.append(year)
    return tuple(found)


def _plain(number: int) -> Family:
    names = tuple("abcd"[:number])
    return Family(f"{number} entities", names, names, {})


FAMILIES = (
    *(_plain(number) for number in range(1, 4)),
    Family("renamed, perhaps beside its old name", ("a", "b", "c"), ("a", "a0", "b", "c"), {"a": (("a0",),)}),
    Family("renamed twice", ("a", "b"), ("a", "a1", "a0", "b"), {"a": (("a1",), ("a0",))}),
    Family("two renamed", ("a", "b"), ("a", "a0", "b", "b0"), {"a": (("a0",),), "b": (("b0",),)}),
    Family("merged from two", ("a", "b", "c"), ("x", "y", "b", "c"), {"a": (("x", "y"),)}),
    Family("merged into one that keeps its name", ("a", "b", "c"), ("a", "x", "b", "c"), {"a": (("x",),)}),
    Family("merged, and renamed since", ("a", "b"), ("a0", "x", "y", "b"), {"a": (("a0",), ("x", "y"))}),
    Family("merged from two that came from one", ("a", "b"), ("x", "y", "w", "b"), {"a": (("x", "y"), ("w",))}),
    Family("split into two", ("a", "b", "c"), ("a", "b", "x", "c"), {"a": (("x",),), "b": (("x",),)}),
    Family("split into three", ("a", "b", "c"), ("x", "b"), {"a": (("x",),), "b": (("x",),), "c": (("x",),)}),
    Family("changes of group", ("a", "b", "c"), ("a", "b", "c"), {}, ("A", "B")),
    Family("renamed, changes of group", ("a", "b"), ("a", "a0", "b"), {"a": (("a0",),)}, ("A", "B")),
    Family("assessed without a rank", ("a", "b", "c"), ("a", "b", "c"), {}, unranked=True),
    _plain(4),
)
