"""One entity by machine code: the same numbers and messages as without, for whatever a program hands over."""

import gc
import pickle
import resource
import sys
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from itertools import count
from pathlib import Path
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
from test_prepared_quotient import FORMS, inputs, loaded, pairs

import assessdsl
from assessdsl.backends.columnar import machine
from assessdsl.backends.compiled import interpreter, native
from assessdsl.backends.compiled.code import Code
from assessdsl.backends.compiled.kept import Leave, getter

pytest.importorskip("llvmlite")
if not interpreter.functions():
    pytest.skip("this Python has no such functions", allow_module_level=True)

DATED = """\
policy dated "Dated" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  judgement disgrace "Disgrace"
  component base "Base" {
    points 100 points
    indicator done "Done" {
      points 100 points
      unit number to 0 places
      rounding half_down to 1 places
      gate late "Late" when not completed or completed_on > due then at most 50 points
      score if actual < 0 then abs(actual) * 1% else attainment(actual, planned, zero_plan: 0%)
      missing zero
      absent zero
    }
  }
  total if disgrace then 0 points else sum(components)
  rank by total within group ties shared
}
"""
DONE: dict[str, Any] = {
    "group": "county", "done.planned": 8, "done.actual": 7, "done.due": date(2022, 6, 30),
    "done.completed_on": date(2022, 6, 1), "disgrace": False,
}  # fmt: skip


def both(policy: assessdsl.Policy, **options: Any) -> tuple[assessdsl.Prepared, assessdsl.Prepared]:
    return assessdsl.prepare(policy, **options), assessdsl.prepare(policy, kernels=True, **options)


def ran(ready: assessdsl.Prepared, given: dict[str, Any]) -> Any:
    """The function that took such inputs, if there is one."""
    return ready._direct.get((given["group"], len(given)), (None,))[0]


def said(ready: assessdsl.Prepared, given: Any) -> Any:
    """The numbers, or what is wrong."""
    try:
        return ready.score(given).fractions
    except assessdsl.DataError as error:
        return str(error)


def same(pair: tuple[assessdsl.Prepared, assessdsl.Prepared], given: Any) -> None:
    assert said(pair[0], given) == said(pair[1], given)


@pytest.mark.parametrize(("text", "given"), [(POLICY, GIVEN), (POLICY, GIVEN | {"disgrace": False}), (DATED, DONE)])
@pytest.mark.parametrize("indicators", [False, True])
def test_numbers_truths_and_dates_are_taken_by_machine_code(text: str, given: dict[str, Any], indicators: bool) -> None:
    pair = both(assessdsl.loads(text), indicators=indicators)
    same(pair, given)
    assert isinstance(ran(pair[1], given), BuiltinFunctionType)
    for key, value in given.items():
        if type(value) is bool:
            same(pair, given | {key: not value})
        if type(value) is int:
            for other in (0, 1, value + 1, 2**62, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**49, 10**50, -1):
                same(pair, given | {key: other})
        if type(value) is date:
            for day in (date.min, date.max, date(2022, 7, 1), date(2022, 12, 1), date(2023, 1, 31)):
                same(pair, given | {key: day})


class Seven(IntEnum):
    SEVEN = 7


class Day(date):
    pass


class Other(dict[str, Any]):
    def __getitem__(self, key: str) -> Any:
        return super().__getitem__(key) if key == "group" else 5


ODD: list[Any] = [
    True, False, None, -1, 7.0, "7", "7%", Fraction(7), Fraction(1, 3), Seven.SEVEN, 10**50, date(2022, 6, 30),
    datetime(2022, 6, 30), Day(2022, 6, 30), (), [], {}, object, float("nan"), 2**63,
    Decimal(7), Decimal("0.5"),  # behind these, the code is for Decimals
]  # fmt: skip


@pytest.mark.parametrize(("text", "given"), [(POLICY, GIVEN | {"disgrace": True}), (DATED, DONE)])
def test_what_is_odd_is_treated_as_without(text: str, given: dict[str, Any]) -> None:
    policy = assessdsl.loads(text)
    for key in given:
        pair = both(policy, indicators=True)
        same(pair, given)
        assert isinstance(ran(pair[1], given), BuiltinFunctionType)
        less = {other: value for other, value in given.items() if other != key}
        more = given | {f"{key}x": 1}
        for other in (
            less,
            more,
            less | {f"{key}x": 1},
            OrderedDict(given),
            Other(given),
            dict(reversed(given.items())),
        ):
            same(pair, other)
        for odd in ODD:
            wrong = given | {key: odd}
            try:
                expected = said(pair[0], wrong)
            except Exception as error:
                with pytest.raises(type(error)):
                    pair[1].score(wrong)
            else:
                assert said(pair[1], wrong) == expected
            same(pair, given)


@settings(max_examples=300)
@drawn(st.data())
def test_any_numbers_score_as_without(data: st.DataObject) -> None:
    near = st.sampled_from(
        [0, 1, 2, 3, 5, 7, 8, 10, 80, 399, 400, 2**31, 2**32, 2**53, 2**62, 2**63 - 1, 2**63, 10**45]
    )
    number = st.integers(-3, 12) | st.tuples(near, st.integers(-2, 2)).map(sum) | st.integers()
    numbers = {key: data.draw(number, key) for key, value in GIVEN.items() if type(value) is int}
    same(NUMBERS, GIVEN | numbers)


NUMBERS = both(assessdsl.loads(POLICY), indicators=True)
same(NUMBERS, GIVEN)


@pytest.mark.parametrize(("score", "rounding"), [form[:2] for form in FORMS])
def test_scores_of_a_quotient_are_the_same_at_every_step(score: str, rounding: str) -> None:
    pair = both(loaded(score, rounding), indicators=True)
    same(pair, inputs(7, 9))
    assert isinstance(ran(pair[1], inputs(7, 9)), BuiltinFunctionType) is ("half_even" not in rounding)
    for actual, planned in pairs():
        same(pair, inputs(actual, planned))


@pytest.mark.parametrize("form", [form for form in POLICIES if form != "best of the group"])
def test_policies_of_many_kinds_score_as_without(form: str) -> None:
    case = entities_of(form, 1, 12)
    try:
        pair = both(case.policy, indicators=True)
    except assessdsl.PolicyError:
        assert form == "generated"
        return
    for given in mappings(case):
        whole = {key: int(value) if isinstance(value, Decimal) else value for key, value in given.items()}
        for _ in range(2):
            same(pair, whole)


# ---------------------------------------------------------------- the language itself


def made(*lines: str, **constants: Any) -> tuple[Code, Callable[[Any], Any]]:
    source = "\n".join(("def run(given):", *(f"    {line}" for line in lines))) + "\n"
    namespace = {"Leave": Leave, **constants}
    exec(source, namespace)
    code = Code(namespace["run"], (1,), source, constants)
    return code, native.translator()(code, [code])[0]


TAKEN = ("values = c0(given)", "a0, a1, = values")


@pytest.mark.parametrize(
    "code",
    [
        "a0 + a1", "a0 - a1", "a0*a1", "-a0", "abs(a0)", "a0 // a1", "(a0 - a1) // 7", "-(-a0 // 3)",
        "a0 if a0 < a1 else a1", "a0 // a1 if a1 > 0 else a1", "1 if not a0 else 2", "3 if 0 <= a0 < a1 else 4",
        "1 if a0 == a1 or (a0 != 2 and not a1 >= 3) else 0", "c1[a0]", "c1[a0 - a1]", "a0 if type(a0) is int else 1",
        f"a0 + {2**63}", f"{2**70} - {2**70} + a0", f"a0 - {2**63}", f"1 if a0 < {2**64} else 0",
    ],
)  # fmt: skip
def test_every_form_gives_what_python_gives_or_asks_it(code: str) -> None:
    numbers = [0, 1, 2, 3, 5, -1, -2, -7, 2**31, 2**32, 3037000499, 3037000500, 2**62, 2**63 - 1, -(2**63), 2**63, True]
    program, quick = made(*TAKEN, f"return ({code}, )", c0=getter(["x", "y"]), c1=(5, 6, -(2**63), 2**63 - 1))
    for x in numbers:
        for y in numbers:
            answers = []
            for run in (program.run, quick):
                try:
                    answers.append(repr(run({"x": x, "y": y})))
                except (IndexError, ZeroDivisionError) as error:
                    answers.append(str(error))
            assert answers[0] == answers[1], (x, y)


@pytest.mark.parametrize("line", ["return (a0 ** a1, )", "return (a0.real, )", "return (a0 & a1, )", "return (b, )"])
def test_what_is_not_in_the_language_stays_python(line: str) -> None:
    program, quick = made(*TAKEN, line, c0=getter(["x", "y"]))
    assert quick is program.run


@pytest.mark.parametrize(
    "lines",
    [
        [f"return ({' + '.join(['a0'] * 1500)}, )"],
        [f"v{number} = a0 // a1" for number in range(8000)] + ["return (a0, )"],
        ["raise Leave"],
    ],
    ids=["deep", "long", "never"],
)
def test_code_that_would_take_too_long_or_gives_nothing_stays_python(lines: list[str]) -> None:
    program, quick = made(*TAKEN, *lines, c0=getter(["x", "y"]))
    assert quick is program.run


def test_branches_keep_what_either_gave() -> None:
    lines = ("if a0 < a1: v = a0; w = 1", "elif a0 == a1: v = 7; w = a1", "else: raise Leave", "return ((v, w), v, )")
    program, quick = made(*TAKEN, *lines, c0=getter(["x", "y"]))
    assert isinstance(quick, BuiltinFunctionType)
    for x, y in ((1, 2), (2, 2), (-5, 3)):
        assert quick({"x": x, "y": y}) == program.run({"x": x, "y": y})
    with pytest.raises(Leave):
        quick({"x": 3, "y": 2})


# ---------------------------------------------------------------- memory


def test_nothing_is_lost_and_nothing_given_back_twice() -> None:
    ready = NUMBERS[1]
    run = ran(ready, GIVEN)
    long = 10**40  # no small number that Python has once
    odd = {key: object() for key in GIVEN}
    given = {key: value + 10**6 if type(value) is int else value for key, value in GIVEN.items()}
    wrong = [given | {"growth.actual": long}, given | odd, {}, OrderedDict(given), given | {"complaints": -1}]
    watched = [*given, *given.values(), *odd.values(), long, int, dict, True, None]

    def work(times: int) -> None:
        for number in range(times):
            run(given)
            if not number % 50:
                for one in wrong:
                    with suppress(Leave, KeyError, TypeError):
                        run(one)

    work(5000)
    gc.collect()
    before = list(map(sys.getrefcount, watched)), sys.getallocatedblocks(), resource.getrusage(resource.RUSAGE_SELF)
    work(300_000)
    gc.collect()
    after = list(map(sys.getrefcount, watched)), sys.getallocatedblocks(), resource.getrusage(resource.RUSAGE_SELF)
    assert all(abs(one - other) < 50 for one, other in zip(before[0], after[0], strict=True))
    assert abs(after[1] - before[1]) < 500
    assert after[2].ru_maxrss - before[2].ru_maxrss < 4096


def test_where_there_is_no_memory_nothing_is_lost() -> None:
    memory = pytest.importorskip("_testcapi")
    run = ran(NUMBERS[1], GIVEN)
    given = {key: value + 10**6 if type(value) is int else value for key, value in GIVEN.items()}

    def work() -> int:
        failed = 0
        for number in range(12):
            memory.set_nomemory(number, number + 1)
            try:
                run(given)
            except MemoryError:
                failed += 1
            finally:
                memory.remove_mem_hooks()
        return failed

    failed = work()
    assert failed > 3
    before = sys.getallocatedblocks()
    assert {work() for _ in range(100)} == {failed}
    assert sys.getallocatedblocks() - before < 50


def test_a_function_outlives_what_prepared_it() -> None:
    ready = assessdsl.prepare(assessdsl.loads(POLICY), kernels=True)
    given = {f"{key} "[:-1]: value for key, value in GIVEN.items()}  # texts that nobody else has
    ready.score(given)
    run = ran(ready, given)
    expected = run(given)
    del ready, given
    gc.collect()
    filling = [str(number) * 5 for number in range(10_000)]
    assert run(dict(GIVEN)) == expected
    assert filling


def test_functions_that_nobody_needs_any_more_are_let_go() -> None:
    def made_and_dropped(times: int) -> None:
        for _ in range(times):
            _, quick = made(*TAKEN, "return (a0 + a1, )", c0=getter([f"x{next(number)}", "y"]))
            del quick
        gc.collect()

    number = count()
    made_and_dropped(3)
    before = len(machine._COMPILED), sys.getallocatedblocks()
    made_and_dropped(20)
    assert len(machine._COMPILED) <= before[0]
    assert sys.getallocatedblocks() - before[1] < 1000


class Key:
    """A key that stands where another does, and does something when it is compared."""

    def __init__(self, like: str, does: Callable[[], bool]) -> None:
        self.like, self.does = like, does

    def __hash__(self) -> int:
        return hash(self.like)

    def __eq__(self, other: object) -> bool:
        return self.does()


def with_key(does: Callable[[], bool]) -> dict[Any, Any]:
    return {"group": "county", Key("line", does): 10**6} | {key: GIVEN[key] for key in GIVEN if key != "line"}


@pytest.mark.parametrize("ready", NUMBERS)
def test_keys_that_raise_or_change_the_mapping_do_so_as_without(ready: assessdsl.Prepared) -> None:
    def raises() -> bool:
        raise InterruptedError("stopped")

    def changes() -> bool:
        for key in GIVEN:
            if key not in ("line", "group"):
                changed[key] = 10**6 + hash(key) % 1000
        return True

    with pytest.raises(InterruptedError, match="stopped"):
        ran(ready, GIVEN)(with_key(raises))
    changed = with_key(changes)
    for _ in range(5):
        ran(ready, GIVEN)(changed)
        gc.collect()


# ---------------------------------------------------------------- as it is used


def test_threads_share_it_and_it_can_be_pickled() -> None:
    again = pickle.loads(pickle.dumps(NUMBERS[1]))
    given = [GIVEN | {"growth.actual": number % 9, "complaints": number % 4} for number in range(2000)]
    with ThreadPoolExecutor(4) as pool:
        scores = zip(pool.map(again.score, given), map(NUMBERS[0].score, given), strict=True)
        assert all(one.fractions == other.fractions for one, other in scores)
    assert isinstance(ran(again, GIVEN), BuiltinFunctionType)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASSESSDSL_CACHE", str(tmp_path / "cache"))
    (tmp_path / "policy.assess").write_text("# language: en\n" + POLICY, "utf-8")
    return tmp_path / "policy.assess"


def test_code_that_was_kept_is_no_reason_to_go_without(cache: Path) -> None:
    plain = assessdsl.prepare(assessdsl.load(cache)).score(GIVEN)
    ready = assessdsl.prepare(assessdsl.load(cache), kernels=True)
    assert ready.score(GIVEN).fractions == plain.fractions
    assert isinstance(ran(ready, GIVEN), BuiltinFunctionType)


def test_in_another_python_the_code_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "functions", dict)
    ready = assessdsl.prepare(assessdsl.loads(POLICY), kernels=True)
    assert ready.score(GIVEN).total == NUMBERS[0].score(GIVEN).total
    assert not isinstance(ran(ready, GIVEN), BuiltinFunctionType)


@pytest.mark.parametrize(("of", "name", "value"), [
    (sys.implementation, "name", "pypy"), (sys, "byteorder", "big"), (interpreter, "TYPE_AT", 16),
    (interpreter, "DATE_AT", 24), (interpreter, "_FUNCTIONS", ("PyNo_Such",)),
])  # fmt: skip
def test_where_objects_lie_otherwise_there_are_no_such_functions(
    of: Any, name: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of, name, value)
    assert interpreter.functions.__wrapped__() == {}


def test_without_the_lock_there_are_no_such_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    assert interpreter.functions.__wrapped__() == {}


def test_what_brings_the_compiler_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    with pytest.raises(ImportError, match=r"pip install 'assessdsl\[kernels\]'"):
        assessdsl.prepare(assessdsl.loads(POLICY), kernels=True)
