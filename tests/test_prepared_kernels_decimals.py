"""Decimals read by machine code, as the interpreter holds them: taken exactly, or left to Python."""

import _pydecimal
import gc
import sys
from contextlib import suppress
from decimal import Decimal, localcontext
from fractions import Fraction
from types import BuiltinFunctionType
from typing import Any

import pytest
from agreement.engines import mappings
from agreement.forms import FORMS as POLICIES
from agreement.made import made as entities_of
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from test_prepared import GIVEN, POLICY
from test_prepared_kernels import both, ran, same
from test_prepared_quotient import FORMS, inputs, loaded, pairs

import assessdsl
from assessdsl.backends.compiled import interpreter, native
from assessdsl.backends.compiled.code import Code
from assessdsl.backends.compiled.kept import Leave, getter

if not interpreter.decimals():
    pytest.skip("this Python has no such Decimals", allow_module_level=True)

TEXTS = [
    "0", "-0", "0.0", "0E+4", "0E-30", "0E+30", "7", "7.0", "1.50", "1.500", "-1.5", "1E+3", "1E+16", "1E+18",
    "1E+19", "9223372036854775807", "9223372036854775808", "92233720368547758.07", "92233720368547758.08",
    "18446744073709551616", "9999999999999999999", "10000000000000000000", "0.1", "0.01", "0.001", "1E-999999",
    "1E+999999", "1.2345678901234567890123456789", "1" * 60, "1" * 120, "NaN", "-NaN", "sNaN",
    "NaN7", "Infinity", "-Infinity",
]  # fmt: skip
WITH_DECIMALS = GIVEN | {
    "growth.planned": Decimal("8.5"), "growth.actual": Decimal("7.3"), "beyond.actual": Decimal("6.25"),
    "line": Decimal(5), "survey_share": Decimal("90.5"),
}  # fmt: skip


class Own(Decimal):
    pass


def any_decimal() -> st.SearchStrategy[Decimal]:
    near = st.tuples(st.sampled_from([0, 10, 2**63, 10**18, 10**19]), st.integers(-2, 2)).map(sum)
    digits = st.integers(0, 1000) | near | st.integers(0, 10**45)
    exponents = st.integers(-3, 3) | st.integers(-25, 25) | st.sampled_from([-(10**6), 10**6, 10**9])
    parts = st.tuples(st.sampled_from([0, 0, 0, 1]), digits.map(abs).map(str), exponents)
    made = parts.map(lambda one: Decimal((one[0], tuple(map(int, one[1])), one[2])))
    return made | st.sampled_from(TEXTS).map(Decimal) | st.decimals()


# ---------------------------------------------------------------- one value


def scaled(*places: int) -> Any:
    """Machine code that gives each value, and what it gives where it asks Python."""
    keys = [f"x{number}" for number in range(len(places))]
    names = ", ".join(f"a{number}" for number in range(len(places)))
    source = f"def run(given):\n    values = c0(given)\n    {names}, = values\n    return ({names}, )\n"
    code = Code(lambda given: "asked", (1,), source, {"c0": getter(keys)}, dict(zip(keys, places, strict=True)))
    return native.translator()(code, [code])[0]


def expected(value: Any, places: int) -> Any:
    if type(value) not in (int, Decimal):
        return "asked"
    if type(value) is Decimal:
        if not value.is_finite() or value.is_signed():
            return "asked"
        _, digits, exponent = value.as_tuple()
        assert isinstance(exponent, int)
        if not 0 <= exponent + places <= 18 or len(digits) > 19 or int("".join(map(str, digits))) >= 2**63:
            return "asked"
    whole = Fraction(value) * 10**places
    return (int(whole),) if -(2**63) <= whole < 2**63 else "asked"


READ = {places: scaled(places) for places in (0, 1, 2, 9, 18)}


@pytest.mark.parametrize("places", READ)
@pytest.mark.parametrize(
    "value",
    [*map(Decimal, TEXTS), Own("1.5"), _pydecimal.Decimal("1.5"), 0, 7, -7, 2**62, 2**63, -(2**63), True, 1.5, "1.5",
     None, Fraction(3, 2), Decimal, Decimal(10**100) // 10**99, Decimal(10**60) - (10**60 - 7)],
    ids=repr,
)  # fmt: skip
def test_a_value_is_taken_exactly_or_python_is_asked(value: Any, places: int) -> None:
    assert isinstance(READ[places], BuiltinFunctionType)
    assert READ[places]({"x0": value}) == expected(value, places)


@settings(max_examples=300)
@drawn(any_decimal(), st.sampled_from(list(READ)))
def test_any_decimal_is_taken_exactly_or_python_is_asked(value: Decimal, places: int) -> None:
    assert READ[places]({"x0": value}) == expected(value, places)


def test_what_was_reckoned_with_is_taken_as_well() -> None:
    with localcontext(prec=200):
        grown = Decimal(3) ** 300
        shrunk = [(grown + number) - grown for number in range(1, 50)]  # their digits may lie where the long ones did
        assert [READ[0]({"x0": one}) for one in shrunk] == [(number,) for number in range(1, 50)]


def test_more_places_than_64_bits_have_stay_with_python() -> None:
    assert not isinstance(scaled(1, 19), BuiltinFunctionType)
    assert isinstance(scaled(1, 18), BuiltinFunctionType)


# ---------------------------------------------------------------- whole policies

PAIR = both(assessdsl.loads(POLICY), indicators=True)
same(PAIR, WITH_DECIMALS)
same(PAIR, WITH_DECIMALS)


def mixed(given: dict[str, Any], kinds: int) -> dict[str, Any]:
    """The same, each number as a Decimal or a whole number, as the bits say."""
    numbers = [key for key, value in given.items() if type(value) in (int, Decimal)]
    chosen = {key: (Decimal, int)[kinds >> at & 1](given[key]) for at, key in enumerate(numbers)}
    return given | chosen


@pytest.mark.parametrize("first", [0, 0b1111111, 0b101, 0b1010101])
def test_any_number_may_be_either_whatever_came_first(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoded JSON has 7 and 7.5 under the same key; where no places are declared, as many are taken as ever came."""
    plain, ready = both(assessdsl.loads(POLICY), indicators=True)
    for given in (mixed(WITH_DECIMALS, first), WITH_DECIMALS, mixed(WITH_DECIMALS, -1) | {"beyond.actual": -1}):
        same((plain, ready), given)
    monkeypatch.setattr(type(ready), "_checked", lambda self, given: pytest.fail("took the long way"))
    taken = [ready.score(mixed(WITH_DECIMALS, kinds)).fractions for kinds in range(128)]
    monkeypatch.undo()
    assert taken == [plain.score(mixed(WITH_DECIMALS, kinds)).fractions for kinds in range(128)]


UNROUNDED = """\
policy unrounded "Unrounded" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  component base "Base" {
    points 100 points
    indicator one "One" {
      points 100 points
      unit number to 1 places
      score min(100%, actual * 0.5%)
      missing zero
      absent zero
    }
  }
  rank by total within group ties shared
}
"""


def test_scores_of_whole_numbers_are_over_the_scale_that_those_of_decimals_have() -> None:
    plain, ready = both(assessdsl.loads(UNROUNDED), indicators=True)
    given = {"group": "county", "one.planned": 9, "one.actual": 7}
    same((plain, ready), given)
    numbers, quick = plain.score(given), ready.score(given)
    assert quick.fractions == numbers.fractions
    assert quick.scales != numbers.scales
    for actual in (Decimal("7.5"), Decimal(7), 2**62, 2**70, 7):  # the long ones are Python's
        same((plain, ready), given | {"one.actual": actual})
    assert ran(ready, given)(given | {"one.actual": 2**70}) == ready.score(given | {"one.actual": 2**70}).values


@pytest.mark.parametrize("key", [key for key, value in WITH_DECIMALS.items() if type(value) is Decimal])
def test_each_form_of_a_decimal_scores_as_without(key: str) -> None:
    odd = [Own("7.5"), _pydecimal.Decimal("7.5"), 7, -7, 2**63, True, None, 7.5, "7.5", Fraction(15, 2)]
    for value in (*map(Decimal, TEXTS), *odd):
        same(PAIR, WITH_DECIMALS | {key: value})
        same(PAIR, WITH_DECIMALS)


@settings(max_examples=200)
@drawn(st.data())
def test_any_decimals_score_as_without(data: st.DataObject) -> None:
    keys = [key for key, value in WITH_DECIMALS.items() if type(value) is Decimal]
    mostly = st.decimals(0, 1000, places=1, allow_nan=False, allow_infinity=False)
    drawn = {key: data.draw(mostly | any_decimal() | st.integers(-2, 2**64), key) for key in keys}
    same(PAIR, WITH_DECIMALS | drawn)


@pytest.mark.parametrize(("score", "rounding"), [form[:2] for form in FORMS])
def test_scores_of_a_quotient_are_the_same_at_every_step(score: str, rounding: str) -> None:
    pair = both(loaded(score, rounding), indicators=True)
    tenth = Decimal("0.1")
    same(pair, inputs(tenth, tenth, Decimal("1.5")))
    taken = isinstance(ran(pair[1], inputs(tenth, tenth)), BuiltinFunctionType)
    assert taken is ("half_even" not in rounding)
    for actual, planned in pairs():
        same(pair, inputs(actual * tenth, planned * tenth, Decimal(5)))


@pytest.mark.parametrize("form", [form for form in POLICIES if form != "best of the group"])
def test_policies_of_many_kinds_score_as_without(form: str) -> None:
    case = entities_of(form, 2, 12)
    try:
        pair = both(case.policy, indicators=True)
    except assessdsl.PolicyError:
        assert form == "generated"
        return
    for given in mappings(case):
        all_decimal = {key: Decimal(value) if type(value) is int else value for key, value in given.items()}
        for one in (given, all_decimal, given):
            same(pair, one)


def test_nothing_is_lost_and_nothing_given_back_twice() -> None:
    pair = both(assessdsl.loads(POLICY), indicators=True)
    same(pair, WITH_DECIMALS)
    run = ran(pair[1], WITH_DECIMALS)
    odd = WITH_DECIMALS | {"line": Decimal("NaN")}
    watched = [*WITH_DECIMALS, *WITH_DECIMALS.values(), *odd.values(), Decimal, int]

    def work(times: int) -> None:
        for number in range(times):
            run(WITH_DECIMALS)
            if not number % 50:
                with suppress(Leave, TypeError):
                    run(odd)

    work(3000)
    gc.collect()
    before = list(map(sys.getrefcount, watched)), sys.getallocatedblocks()
    work(100_000)
    gc.collect()
    assert all(abs(sys.getrefcount(one) - other) < 50 for one, other in zip(watched, before[0], strict=True))
    assert abs(sys.getallocatedblocks() - before[1]) < 500


# ---------------------------------------------------------------- other Pythons


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FLAGS_AT", 25), ("EXPONENT_AT", 40), ("WORDS_AT", 40), ("DIGITS_AT", 72), ("_DECIMAL_SIZE", 96),
        ("Decimal", _pydecimal.Decimal), ("functions", dict),
    ],
)  # fmt: skip
def test_where_decimals_lie_otherwise_python_takes_them(name: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, name, value)
    assert not interpreter.decimals.__wrapped__()


def test_without_such_decimals_whole_numbers_are_still_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "decimals", lambda: False)
    for given, taken in ((WITH_DECIMALS, False), (GIVEN, True)):
        pair = both(assessdsl.loads(POLICY), indicators=True)
        same(pair, given)
        assert isinstance(ran(pair[1], given), BuiltinFunctionType) is taken
