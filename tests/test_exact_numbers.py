"""How exact numbers are written: held against Python's own decimals, and at the places where the form changes."""

import copy
import pickle
from calendar import monthrange
from datetime import date, timedelta
from decimal import Context, Decimal
from fractions import Fraction as F
from itertools import product
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessdsl.quantity import (
    ROUNDING_MODES,
    Quantity,
    Unit,
    add_months,
    counted,
    decimal_places,
    decimal_text,
    exact_text,
    quantity_text,
    rounded,
)


@given(st.integers(-(10**30), 10**30), st.integers(0, 20))
def test_decimals_as_python_writes_them(digits: int, places: int) -> None:
    written = Decimal(digits).scaleb(-places, Context(prec=60))
    assert decimal_text(F(digits, 10**places), places) == f"{written if digits else abs(written):f}"
    shortest = written.normalize(Context(prec=60))
    assert decimal_places(F(digits, 10**places)) == max(0, -int(shortest.as_tuple().exponent) if digits else 0)


@pytest.mark.parametrize(
    ("value", "places"),
    [
        (F(0), 0), (F(7), 0), (F(1, 2), 1), (F(1, 4), 2), (F(1, 8), 3), (F(1, 5), 1), (F(1, 25), 2), (F(1, 625), 4),
        (F(1, 20), 2), (F(1, 200), 3), (F(1, 1250), 4), (F(1, 3), None), (F(1, 6), None), (F(1, 15), None),
        (F(1, 30), None), (F(1, 7), None), (F(-3, 8), 3),
    ],
)  # fmt: skip
def test_places_that_a_number_needs(value: F, places: int | None) -> None:
    assert decimal_places(value) == places


@given(st.fractions())
def test_the_exact_text_is_read_back(value: F) -> None:
    assert F(exact_text(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (F(1, 10**200), f"0.{'0' * 199}1"),
        (F(1, 10**201), f"1/1{'0' * 201}"),
        (F(-1, 3), "-1/3"),
        (F(-5, 4), "-1.25"),
    ],
)
def test_a_decimal_too_long_to_read_is_a_fraction(value: F, text: str) -> None:
    assert exact_text(value) == text


def whole(value: F, mode: str) -> int:
    """By what each mode is for: which of the two whole numbers around it is taken."""
    below, above = floor(value), ceil(value)
    nearer_zero, further = sorted((below, above), key=abs)
    match mode:
        case "floor" | "ceiling":
            return below if mode == "floor" else above
        case "down" | "up":
            return nearer_zero if mode == "down" else further
        case _ if value - below != above - value:
            return below if value - below < above - value else above
        case _:
            even = below if below % 2 == 0 else above
            return {"half_up": further, "half_down": nearer_zero, "half_even": even}[mode]


@pytest.mark.parametrize("mode", ROUNDING_MODES)
def test_each_way_of_rounding_takes_the_number_that_it_should(mode: str) -> None:
    for numerator, denominator in product(range(-40, 41), range(1, 10)):
        value = F(numerator, denominator)
        assert rounded(value, mode, 0) == whole(value, mode)
        assert rounded(value / 100, mode, 2) == F(whole(value, mode), 100)
        assert rounded(value * 10, mode, -1) == whole(value, mode) * 10


@pytest.mark.parametrize(
    ("value", "unit", "places", "text"),
    [
        (F(1, 3), Unit.NUMBER, None, "≈0.3333"),
        (F(2, 3), Unit.NUMBER, 6, "≈0.666667"),
        (F(-2, 3), Unit.NUMBER, 1, "≈-0.7"),
        (F(1, 3), Unit.SHARE, None, "≈33.3333%"),
        (F(1, 3), Unit.PP, 1, "≈33.3 pp"),
        (F(1, 8), Unit.PERCENT, None, "12.5%"),
        (F(1, 8), Unit.PERCENT, 3, "12.500%"),
        (F(-1, 50), Unit.PP, None, "-2 pp"),
        (F(3), counted("project", "个"), None, "3 个"),
        (F(87), Unit.POINTS, 1, "87.0"),
        (F(1, 10**12), Unit.POINTS, None, "0.000000000001"),
        (F(1, 10**12), Unit.POINTS, 2, "0.000000000001"),
        (F(1, 10**13), Unit.POINTS, None, "≈0.0000"),
        (F(6, 10**13), Unit.POINTS, 12, "≈0.000000000001"),
        (F(1, 10**14), Unit.SHARE, None, "0.000000000001%"),
        (F(1, 10**15), Unit.SHARE, None, "≈0.0000%"),
    ],
)
def test_quantities_as_people_read_them(value: F, unit: Unit, places: int | None, text: str) -> None:
    assert quantity_text(value, unit, places) == text


def test_a_quantity_is_its_number_its_unit_and_its_places() -> None:
    projects = counted("project", "个")
    one = Quantity(F(3), projects, 1)
    for other in (copy.copy(one), pickle.loads(pickle.dumps(one)), Quantity(F(3), projects, 1)):
        assert (one == other, one != other, hash(one) == hash(other)) == (True, False, True)
    others = (Quantity(F(4), projects, 1), Quantity(F(3), Unit.COUNT, 1), Quantity(F(3), projects, 2), F(3), "3")
    assert [one == other for other in others] == [False] * 5
    assert one != F(3)
    for name in ("value", "other"):
        with pytest.raises(AttributeError, match=f"{name} cannot be set"):
            setattr(one, name, F(4))
        with pytest.raises(AttributeError, match=f"{name} cannot be deleted"):
            delattr(one, name)


def test_a_unit_is_the_same_one_after_it_was_copied() -> None:
    named, alike = counted("project", "个"), counted("project")
    assert alike.label == "project"
    assert named.label == "个"
    for unit in (*Unit, named, alike):
        assert pickle.loads(pickle.dumps(unit)) is copy.deepcopy(unit) is unit
    assert [unit for unit in (*Unit, named) if unit.counts] == [Unit.COUNT, named]
    numbers = [unit for unit in (Unit.MONEY, Unit.SHARE, named, Unit.DATE, Unit.TEXT, Unit.YES_NO) if unit.is_number]
    assert numbers == [Unit.MONEY, Unit.SHARE, named]


@pytest.mark.parametrize("first", [date(2019, 1, 1), date(2023, 11, 30)])
def test_the_same_day_so_many_months_on(first: date) -> None:
    for further in range(130):
        day = first + timedelta(days=further)
        for months in range(-14, 15):
            later = add_months(day, months)
            assert (later.year - day.year) * 12 + later.month - day.month == months
            assert later.day == min(day.day, monthrange(later.year, later.month)[1])
