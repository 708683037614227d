"""The algebra of units, as the table in docs/language.md says it."""

import itertools
from fractions import Fraction

import pytest

from assessdsl.check.units import COMPARISONS, combine, join, literal
from assessdsl.quantity import Unit
from assessdsl.syntax.tree import Number

N, S, P, PP, PT, M, C, CS, D, MO, Y, DATE, YES, TEXT, TIER, ANY = (
    Unit.NUMBER, Unit.SHARE, Unit.PERCENT, Unit.PP, Unit.POINTS, Unit.MONEY, Unit.COUNT, Unit.PORTION, Unit.DAYS,
    Unit.MONTHS, Unit.YEARS, Unit.DATE, Unit.YES_NO, Unit.TEXT, Unit.TIER, Unit.ANY,
)  # fmt: skip

TABLE = [
    # one unit on both sides
    ("+", M, M, M), ("-", C, C, C), ("+", PP, PP, PP), ("-", PT, PT, PT), ("+", S, S, S), ("-", M, C, None),
    # a number takes the other's unit
    ("-", N, S, S), ("+", PT, N, PT), ("-", C, N, C), ("+", D, N, D), ("-", N, MO, MO), ("+", Y, N, Y),
    ("+", N, M, None), ("+", N, P, None), ("+", N, PP, None), ("+", DATE, N, None),
    # rates and percentage points
    ("-", P, P, PP), ("+", P, P, P), ("+", P, PP, P), ("-", P, PP, P), ("+", PP, P, P), ("-", PP, P, None),
    ("+", P, S, None), ("-", S, P, None), (">=", P, S, YES), ("min", S, P, P), ("if", P, S, P), ("+", S, PP, None),
    # dates
    ("-", DATE, DATE, D), ("+", DATE, DATE, None), ("+", DATE, D, DATE), ("-", DATE, MO, DATE), ("+", D, DATE, None),
    ("+", DATE, Y, None), ("<", DATE, DATE, YES), ("<", DATE, D, None),
    # products
    ("*", N, N, N), ("*", N, M, M), ("*", M, S, M), ("*", P, PT, PT), ("*", S, S, S), ("*", N, S, S),
    ("*", N, C, C), ("*", C, C, C), ("*", S, P, P), ("*", C, PT, PT), ("*", PP, N, PP),
    ("*", M, M, None), ("*", PT, PT, None), ("*", M, PT, None), ("*", D, PT, PT), ("*", D, M, None),
    ("*", DATE, N, None),
    # a share of a count, or a share for each
    ("*", C, S, CS), ("*", P, C, CS), ("*", CS, C, CS), ("*", CS, S, CS), ("*", CS, N, CS), ("*", CS, P, CS),
    ("*", CS, PT, PT), ("*", CS, M, M), ("<", CS, C, YES), ("-", S, CS, S), ("-", CS, C, C), ("+", CS, CS, CS),
    ("min", CS, P, P), ("+", CS, P, None), ("+", CS, PT, None), ("-", N, CS, CS), ("/", CS, C, S), ("/", C, CS, CS),
    ("/", CS, CS, S), ("/", S, CS, S), ("/", CS, S, CS), ("/", M, CS, M), ("/", CS, M, None),
    # quotients
    ("/", M, M, S), ("/", P, P, S), ("/", S, S, S), ("/", N, N, S), ("/", C, C, S), ("/", D, D, S),
    ("/", M, N, M), ("/", M, S, M), ("/", M, C, M), ("/", PT, C, PT), ("/", P, S, P), ("/", P, N, P), ("/", N, C, N),
    ("/", S, P, None), ("/", M, P, None), ("/", N, M, None), ("/", DATE, N, None), ("/", PT, M, None),
    # yes and no
    ("and", YES, YES, YES), ("or", YES, N, None), ("and", ANY, YES, YES),
    # comparisons
    ("==", TEXT, TEXT, YES), ("<", TEXT, TEXT, None), ("!=", TIER, TIER, YES), (">=", TIER, TIER, None),
    ("==", TIER, TEXT, None), ("<", M, M, YES), ("<", M, N, None), ("<=", N, PT, YES), ("==", YES, YES, YES),
    # `error` fits everywhere
    ("+", ANY, M, M), ("if", PT, ANY, PT), ("*", ANY, PT, PT), ("<", ANY, M, YES), ("/", M, ANY, M),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "left", "right", "result"), TABLE)
def test_table(operator: str, left: Unit, right: Unit, result: Unit | None) -> None:
    assert combine(operator, left, right) is result


OPERATORS = ("+", "-", "*", "/", "if", "min", *sorted(COMPARISONS))


@pytest.mark.parametrize("operator", ["+", "*", "if", "==", "!="])
def test_order_of_the_sides_does_not_matter(operator: str) -> None:
    for left, right in itertools.product(Unit, Unit):
        if operator != "+" or Unit.DATE not in (left, right):
            assert combine(operator, left, right) is combine(operator, right, left), (left, right)


def test_joining_does_not_depend_on_grouping_where_all_go_together() -> None:
    for a, b, c in itertools.product(Unit, Unit, Unit):
        if (ab := join(a, b)) and (bc := join(b, c)) and (first := join(ab, c)) and (second := join(a, bc)):
            assert first is second, (a, b, c)


def test_calculations_never_make_other_things_than_numbers_and_dates() -> None:
    for operator, left, right in itertools.product(("+", "-", "*", "/"), Unit, Unit):
        found = combine(operator, left, right)
        assert found is None or found.is_number or found in (Unit.DATE, Unit.ANY) or Unit.ANY in (left, right)


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (Number(Fraction(3)), (Fraction(3), N)),
        (Number(Fraction(40), "percent"), (Fraction(2, 5), S)),
        (Number(Fraction(2), "pp"), (Fraction(1, 50), PP)),
        (Number(Fraction(7, 2), "yi"), (Fraction(350_000_000), M)),
        (Number(Fraction(2), "months"), (Fraction(2), MO)),
    ],
)
def test_literals_are_held_in_the_base_measure(number: Number, value: tuple[Fraction, Unit]) -> None:
    assert literal(number) == value
