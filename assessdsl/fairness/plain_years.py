"""The rules of accountability as the manual states them, in plain Python. Nothing of assessdsl is used here.

A year is a table: of each body that was assessed its group and its published rank, or None where it had no rank. A
history is the table of this year, of the year before and of the year before that. An answer is True, False, or None
where it is left open.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from math import ceil, floor

Year = dict[str, tuple[str, int | None]]
Answer = bool | None
Lineage = tuple[tuple[str, ...], ...]


def own_row(entity: str, lineage: Lineage, year: Year) -> tuple[str, int | None] | None:
    """`An entity is found under its own name or that of its one predecessor, or of its predecessor's. Where several
    bodies went into it, or into a predecessor, the years before that are unknown; so is a year with rows under two of
    its names.`"""
    certain = {entity}
    for number, generation in enumerate(lineage):
        if all(len(nearer) == 1 for nearer in lineage[: number + 1]):
            certain |= set(generation)
    uncertain = {name for generation in lineage for name in generation} - certain
    if any(name in year for name in uncertain):
        return None
    rows = [year[name] for name in certain if name in year]
    return rows[0] if len(rows) == 1 else None


def in_bottom(
    row: tuple[str, int | None] | None,
    year: Year,
    k: int | Fraction,
    *,
    ties: str,
    peers: str = "group",
    rounded: str = "",
    at_least: int = 0,
) -> Answer:
    """`Among the last k by rank; a tie over the line is in, or out. k may be a share of those ranked, rounded to
    places; among fewer than at_least nobody is.`"""
    group, rank = row if row is not None else ("", None)
    if rank is None:
        return None
    ranks = [other for where, other in year.values() if other is not None and (peers == "everyone" or where == group)]
    if len(ranks) < at_least:
        return False
    places = k if not rounded else {"up": ceil, "down": floor}[rounded](k * len(ranks))
    behind = sum(other > rank for other in ranks)
    level = sum(other == rank for other in ranks)  # itself among them
    if ties == "included":
        return behind < places
    return behind + level <= places


def held(years: Sequence[Answer], at_least: int, of: int, missing: str, within: int = 0) -> Answer:
    """Whether a condition held in at least so many of the last years, this one first."""
    if missing == "break":  # `it did not hold in that year`
        return sum(answer is True for answer in years[:of]) >= at_least
    if missing == "skip":  # `the last n years that are known are asked, as far back as within`
        known = [answer for answer in years[:within] if answer is not None]
        return sum(known[:of]) >= at_least
    # `leaves it open if the year could decide it`: whatever the unknown years were, is it the same?
    unknown = [number for number, answer in enumerate(years[:of]) if answer is None]
    outcomes = set()
    for guess in product((True, False), repeat=len(unknown)):
        filled = list(years[:of])
        for number, answer in zip(unknown, guess, strict=True):
            filled[number] = answer
        outcomes.add(sum(bool(answer) for answer in filled) >= at_least)
    return outcomes.pop() if len(outcomes) == 1 else None


def streak(years: Sequence[Answer], of: int, missing: str, within: int = 0) -> Answer:
    """`Held this year and in the n − 1 years before.`"""
    return held(years, of, of, missing, within)
