"""The inputs of a step, and what it rests on."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar, assert_never

from attrs import evolve

from assessdsl.plan.steps import (
    Aggregate,
    Band,
    Calculate,
    Choose,
    Clamp,
    Combine,
    Compare,
    Constant,
    Fail,
    Gate,
    InGroup,
    Load,
    Logic,
    Operation,
    Raise,
    Rank,
    Round,
    Step,
    Streak,
    Supply,
)

T = TypeVar("T", bound=Hashable)


def renumbered(operation: Operation, to: Callable[[int], int]) -> Operation:
    """The operation with every input's id replaced."""

    def maybe(id: int | None) -> int | None:
        return None if id is None else to(id)

    def each(ids: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(to(id) for id in ids)

    match operation:
        case Load() | Constant() | Fail() | InGroup():
            return operation
        case Calculate(name, ids):
            return Calculate(name, each(ids))
        case Logic(joined, ids):
            return Logic(joined, each(ids))
        case Compare(sign, left, right):
            return Compare(sign, to(left), to(right))
        case Choose(condition, chosen, other):
            return Choose(to(condition), to(chosen), to(other))
        case Supply(value, instead):
            return Supply(to(value), to(instead))
        case Clamp(value, low, high):
            return Clamp(to(value), maybe(low), maybe(high))
        case Round(value, mode, places):
            return Round(to(value), mode, places)
        case Gate(label, value, when, at_most):
            return Gate(label, to(value), to(when), maybe(at_most))
        case Combine(parts=parts, full=full):
            moved = tuple(
                evolve(part, score=to(part.score), points=to(part.points), averaged=maybe(part.averaged))
                for part in parts
            )
            return evolve(operation, parts=moved, full=maybe(full))
        case Aggregate(function, value, over, grain, condition, distinct, drop):
            return Aggregate(function, to(value), over, grain, maybe(condition), maybe(distinct), drop)
        case Rank(keys=keys):
            return evolve(operation, keys=each(keys))
        case Band(rank=rank, tiers=tiers, eligible=eligible, vetoes=vetoes):
            return evolve(
                operation,
                rank=to(rank),
                tiers=tuple(evolve(tier, quota=maybe(tier.quota), when=maybe(tier.when)) for tier in tiers),
                eligible=maybe(eligible),
                vetoes=tuple(evolve(veto, when=to(veto.when)) for veto in vetoes),
            )
        case Streak(years, at_least):
            return Streak(each(years), at_least)
        case Raise(when=when, cites=cites, within=within, unless=unless):
            return evolve(operation, when=to(when), cites=each(cites), within=maybe(within), unless=each(unless))
        case _:
            assert_never(operation)


def inputs(operation: Operation) -> tuple[int, ...]:
    """The ids of the steps that the operation reads, in the order in which it names them."""
    found: list[int] = []

    def note(id: int) -> int:
        found.append(id)
        return id

    renumbered(operation, note)
    return tuple(found)


def reached(roots: Iterable[T], following: Callable[[T], Iterable[T]]) -> set[T]:
    """The roots, what follows from each, what follows from these, and so on; each is asked once."""
    found = set(roots)
    waiting = list(found)
    while waiting:
        for one in following(waiting.pop()):
            if one not in found:
                found.add(one)
                waiting.append(one)
    return found


def under(steps: Sequence[Step], ids: Iterable[int]) -> set[int]:
    """The steps of these ids and all that they rest on."""
    return reached(ids, lambda id: inputs(steps[id].operation))
