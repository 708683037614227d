"""The rules that are enumerated: as a policy says them, and as the plain statement does."""

from collections.abc import Callable
from fractions import Fraction
from functools import cache

from attrs import frozen

from assessdsl.fairness.plain_years import Answer, Lineage, Year, held, in_bottom, own_row, streak

HALF = Fraction(1, 2)


@frozen
class Rule:
    """A condition of each year, and what is asked of the answers of the three years, this one first."""

    policy: str
    condition: str  # its name among CONDITIONS
    asked: Callable[[tuple[Answer, ...]], Answer]


CONDITIONS: dict[str, tuple[str, Callable[[tuple[str, int | None] | None, Year], Answer]]] = {
    "last": (
        "in_bottom(1, of: group, ties: included)",
        lambda row, year: in_bottom(row, year, 1, ties="included"),
    ),
    "last_clear": (
        "in_bottom(1, of: group, ties: excluded)",
        lambda row, year: in_bottom(row, year, 1, ties="excluded"),
    ),
    "last_two": (
        "in_bottom(2, of: group, ties: excluded)",
        lambda row, year: in_bottom(row, year, 2, ties="excluded"),
    ),
    "half_up": (
        "in_bottom(50%, of: group, ties: included, rounded: up)",
        lambda row, year: in_bottom(row, year, HALF, ties="included", rounded="up"),
    ),
    "half_down": (
        "in_bottom(50%, of: group, ties: excluded, rounded: down)",
        lambda row, year: in_bottom(row, year, HALF, ties="excluded", rounded="down"),
    ),
    "large": (
        "in_bottom(1, of: group, ties: included, at_least: 3)",
        lambda row, year: in_bottom(row, year, 1, ties="included", at_least=3),
    ),
}


def _rule(condition: str, function: str, rest: str, asked: Callable[[tuple[Answer, ...]], Answer]) -> Rule:
    return Rule(f"{function}({CONDITIONS[condition][0]}, {rest})", condition, asked)


RULES: dict[str, Rule] = {
    "streak_open": _rule("last", "streak", "years: 2", lambda years: streak(years, 2, "unknown")),
    "streak_said": _rule("last_two", "streak", "years: 3, missing: unknown", lambda years: streak(years, 3, "unknown")),
    "streak_break": _rule("last_clear", "streak", "years: 2, missing: break", lambda years: streak(years, 2, "break")),
    "streak_skip": _rule(
        "last", "streak", "years: 2, missing: skip, within: 3", lambda years: streak(years, 2, "skip", 3)
    ),
    "held_open": _rule("last_clear", "held", "at_least: 2, years: 3", lambda years: held(years, 2, 3, "unknown")),
    "held_break": _rule(
        "half_up", "held", "at_least: 2, years: 3, missing: break", lambda years: held(years, 2, 3, "break")
    ),
    "held_skip": _rule(
        "half_down",
        "held",
        "at_least: 1, years: 2, missing: skip, within: 3",
        lambda years: held(years, 1, 2, "skip", 3),
    ),
    "held_once": _rule("half_up", "held", "at_least: 1, years: 3", lambda years: held(years, 1, 3, "unknown")),
    "streak_large": _rule("large", "streak", "years: 3", lambda years: streak(years, 3, "unknown")),
    "before": Rule(f"previous({CONDITIONS['half_down'][0]})", "half_down", lambda years: years[1]),
    "long_before": Rule(f"previous({CONDITIONS['large'][0]}, years: 2)", "large", lambda years: years[2]),
}


@cache
def asked(rule: str, years: tuple[Answer, ...]) -> Answer:
    return RULES[rule].asked(years)


def of_year(entity: str, lineage: Lineage, year: Year) -> dict[str, Answer]:
    """The answer to each condition for an entity in one year."""
    row = own_row(entity, lineage, year)
    return {name: condition(row, year) for name, (_, condition) in CONDITIONS.items()}
