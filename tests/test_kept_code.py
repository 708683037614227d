"""Code that is kept for the programs after this one: the same scores without the plan, and nothing else ever runs."""

import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

import assessdsl
from assessdsl import cache, reading
from assessdsl.backends.compiled import kept
from benchmarks.engines import policy as benchmark

POLICY = """\
policy example "Example" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  judgement disgrace "Disgrace"
  component base "Base" {
    points 100 points
    indicator growth "Growth" {
      points 60 points
      unit percent to 1 places
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }
    indicator project "Project" {
      points 40 points
      unit count
      gate late "Late" when not completed or completed_on > due then zero
      score min(100%, ratio(actual, planned, zero: 0%))
      missing zero
      absent zero
    }
  }
  total if disgrace then 0 points else sum(components)
}
"""
ROOT = Path(__file__).parent.parent
GIVEN: dict[str, Any] = {
    "group": "county", "growth.planned": 8, "growth.actual": 7, "project.planned": 5, "project.actual": 4,
    "project.due": date(2022, 12, 31), "project.completed_on": date(2022, 11, 1), "disgrace": False,
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("policies")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSESSDSL_CACHE", str(place / "kept"))
        yield place


@pytest.fixture(scope="module")
def path(folder: Path) -> Path:
    """A policy of which code for inputs such as GIVEN is kept."""
    file = folder / "policy.assess"
    file.write_text(POLICY, "utf-8")
    prepared(file).score(GIVEN)
    return file


def prepared(path: Path, **options: Any) -> assessdsl.Prepared:
    return assessdsl.prepare(assessdsl.load(path), **options)


@contextmanager
def without_plans() -> Iterator[None]:
    def refuse(*_: Any) -> Any:
        raise AssertionError("the plan was made")

    with pytest.MonkeyPatch.context() as patch:
        for name in ("plan_of", "read_policy"):
            patch.setattr(reading, name, refuse)
        yield


def answer(ready: assessdsl.Prepared, inputs: Any) -> Any:
    """The score, or what is wrong."""
    try:
        return ready.score(inputs).fractions
    except assessdsl.DataError as error:
        return str(error)


@pytest.fixture(scope="module")
def live(path: Path) -> assessdsl.Prepared:
    """The same policy, of which nothing is kept."""
    return assessdsl.prepare(assessdsl.loads(POLICY, str(path)))


# ---------------------------------------------------------------- the same scores


def test_what_was_scored_before_is_scored_without_the_plan(path: Path, live: assessdsl.Prepared) -> None:
    with without_plans():
        policy = assessdsl.load(path)
        score = assessdsl.prepare(policy).score(GIVEN)
        about = (policy.name, policy.label, policy.language, policy.fingerprint, repr(policy))
    own = assessdsl.loads(POLICY)
    expected = live.score(GIVEN)
    assert about == (own.name, own.label, own.language, own.fingerprint, repr(own))
    assert (score.total, score.components, score.indicators) == (expected.total, expected.components, {})
    assert (score.names, repr(score)) == (expected.names, f"Score(total={expected.total})")


VALUES = st.integers(-2, 12) | st.sampled_from(
    [10**9, 2**64, 10**49, 10**50, None, True, "7", "70 %", Decimal("7.5"), Decimal(7), date(2023, 1, 1), 1j]
)


@drawn(st.dictionaries(st.sampled_from([*GIVEN, "growth.baseline", "nothing"]), VALUES, max_size=4))
def test_all_inputs_fare_as_they_do_where_nothing_is_kept(
    path: Path, live: assessdsl.Prepared, changed: dict[str, Any]
) -> None:
    inputs = GIVEN | changed
    assert answer(prepared(path), inputs) == answer(live, inputs)


@pytest.mark.parametrize("targets", [20, 100])
def test_large_policies_are_kept_whole(folder: Path, targets: int) -> None:
    file = folder / f"{targets}.assess"
    file.write_text(benchmark(targets), "utf-8")
    inputs = {"group": "county"}
    for number in range(targets):
        inputs |= {f"i{number}.planned": 16, f"i{number}.actual": 11 + number % 7}
    for options in ({}, {"indicators": True}):
        expected = prepared(file, **options).score(inputs)
        with without_plans():
            score = prepared(file, **options).score(inputs)
        assert (score.fractions, score.names) == (expected.fractions, expected.names)


def test_each_number_of_keys_has_its_own(folder: Path) -> None:
    file = folder / "own.assess"
    file.write_text(POLICY, "utf-8")
    fewer = {key: value for key, value in GIVEN.items() if not key.startswith("project")}
    only = {"group": "county", "disgrace": True}
    expected = [prepared(file).score(inputs).fractions for inputs in (GIVEN, fewer, only)]
    with without_plans():
        ready = prepared(file)
        assert [ready.score(inputs).fractions for inputs in (GIVEN, fewer, only)] == expected
        with pytest.raises(AssertionError, match="the plan was made"):
            ready.score(fewer | {"project.actual": 4})


def test_a_policy_whose_entities_depend_on_one_another_is_refused_as_before(folder: Path) -> None:
    file = folder / "others.assess"
    text = (ROOT / "policies" / "hospital_department" / "policy.assess").read_text("utf-8")
    file.write_text(text, "utf-8")
    for _ in range(2):
        with pytest.raises(assessdsl.PolicyError) as raised:
            prepared(file)
        assert {remark.code for remark in raised.value.diagnostics} == {"AS5301"}


def test_a_plan_that_cannot_be_read_any_more_is_made_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = cache.fetch

    def spoilt(key: str) -> str | None:
        """Somebody altered the body, and made the digest fit."""
        text = fetched(key)
        return None if text is None else text.partition("\n")[0] + "\n[]"

    monkeypatch.setattr(cache, "fetch", spoilt)
    policy = assessdsl.load(path)
    assert policy.plan == assessdsl.loads(POLICY).plan


def test_what_is_kept_for_one_is_not_taken_for_another(path: Path, folder: Path) -> None:
    """Neither for another policy, nor with and without the indicators' scores."""
    other = folder / "other.assess"
    other.write_text(POLICY.replace("half_up to 2", "half_up to 0"), "utf-8")
    assessdsl.load(other)
    for file, options in ((other, {}), (path, {"indicators": True})):
        with without_plans(), pytest.raises(AssertionError, match="the plan was made"):
            prepared(file, **options).score(GIVEN)


def test_a_prepared_policy_that_is_sent_elsewhere_scores_there(path: Path, live: assessdsl.Prepared) -> None:
    again = pickle.loads(pickle.dumps(prepared(path)))
    assert again.score(GIVEN).fractions == live.score(GIVEN).fractions
    assert again.plan == live.plan


# ---------------------------------------------------------------- nothing else runs

HEAD = "def run(given):\n"
SAFE = HEAD + "    values = c0(given)\n    a0, a1, = values\n    return (a0 + a1, )\n"
CONSTANTS = {"c0": itemgetter("a", "b"), "c1": (1, 2), "c2": 5, "c3": (bool, date)}
ONE = ((1,), (("total", ""),))


def text(source: str) -> str:
    """What a text would be that somebody wrote, who knows how they look."""
    held = json.loads(kept.written(SAFE, CONSTANTS, *ONE) or "")
    more = {"c1": 1, "c2": 2, "c3": 3}
    values = [*held["values"], [1, 2], 5, {"kinds": ["bool", "date"]}]
    return json.dumps(held | {"source": source, "values": values, "constants": held["constants"] | more})


def test_what_the_language_has_is_read() -> None:
    program = kept.read(text(SAFE))
    assert program is not None
    assert program.run({"a": 2, "b": 3}) == (5,)
    assert (program.scales, program.names) == ONE
    lines = ["values = c0(given)", "if tuple(map(type, values)) != c3: raise Leave", "return (c1[0]*c2 // 2 % 7, )"]
    program = kept.read(text(HEAD + "".join(f"    {line}\n" for line in lines)))
    assert program is not None
    assert program.run({"a": True, "b": date(2022, 1, 1)}) == (2,)
    with pytest.raises(kept.Leave):
        program.run({"a": 1, "b": 1})


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "from os import system",
        "return (__import__('os').system('true'), )",
        "return (given.__class__, )",
        "return (given . keys, )",
        "return (c1.count, )",
        "return (given, )",
        "return (run(given), )",
        "return (c0(c1), )",
        "return (a0(1), )",
        "return (a0 (1), )",
        "return (c1[0](1), )",
        "return ((a0)(1), )",
        "return (type(a0)(1), )",
        "return (type(a0) (1), )",
        "return (type(given), )",
        "return (int(a0), )",
        "return (int (a0), )",
        "return (sum(values)(1), )",
        "return (abs(a0)(1), )",
        "raise Leave(a0)",
        "return (5(1), )",
        "return (9**9, )",
        "return (9<<9, )",
        "return (9 ** 9, )",
        "return ('text', )",
        'return ("text", )',
        "return ([x for x in c1], )",
        "return (lambda: 1, )",
        "while True: pass",
        "for a0 in c1: pass",
        "with a0: pass",
        "try: pass",
        "def a0(): pass",
        "class a0: pass",
        "global a0",
        "del a0",
        "exec(a0)",
        "eval(a0)",
        "open(a0)",
        "print(a0)",
        "a0 = b0",
        "return (a0 @ a1, )",
        "@a0",
        "a0 = 1 # comment",
        "a0 = \\",
        "\x0cimport os",
        "return (1.5, )",
        "return (1j, )",
        "return (0x10, )",
        "return ({}, )",
        "yield a0",
        "await a0",
        "assert a0",
        "return (a٣, )",
    ],
)
def test_what_the_language_does_not_have_is_not_read(line: str) -> None:
    assert kept.read(text(f"{SAFE}    {line}\n")) is None
    assert kept.written(f"{SAFE}    {line}\n", CONSTANTS, *ONE) is None


@pytest.mark.parametrize(
    "source",
    ["", HEAD, SAFE.removeprefix(HEAD), f"import os\n{SAFE}", f"{SAFE}import os\n", f"{SAFE}values\n", SAFE + " " * 4],
)
def test_nothing_stands_beside_the_function(source: str) -> None:
    assert kept.read(text(source)) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"source": 5},
        {"source": SAFE + "    else else\n"},
        {"source": SAFE + "  \n"},
        {"values": [{"keys": [1]}]},
        {"values": [{"kinds": ["type"]}]},
        {"values": ["text"]},
        {"values": [[1, "a"]]},
        {"values": [{"other": 1}]},
        {"constants": {"c0": 9}},
        {"constants": {"__builtins__": 0}},
        {"constants": [0]},
        {"scales": [0]},
        {"scales": ["1"]},
        {"scales": [1, 1]},
        {"names": [["total"]]},
        {"names": 5},
    ],
)
def test_texts_of_another_form_are_none(changed: dict[str, Any]) -> None:
    held = json.loads(kept.written(SAFE, CONSTANTS, *ONE) or "")
    assert kept.read(json.dumps(held)) is not None
    assert kept.read(json.dumps(held | changed)) is None


@pytest.mark.parametrize("whole", ["", "[]", "5", "{}", "null", '{"source":'])
def test_other_texts_are_none(whole: str) -> None:
    assert kept.read(whole) is None


def test_what_nests_too_deeply_for_python_is_none() -> None:
    for deep in ("(" * 5000 + "a0" + ")" * 5000, "-" * 200_000 + "a0", "not " * 100_000 + "a0"):
        assert kept.read(text(f"{HEAD}    return ({deep}, )\n")) is None


@pytest.mark.parametrize("value", [Decimal(1), True, "text", (1, "a"), [1], len, (float,)])
def test_other_constants_are_not_kept(value: Any) -> None:
    assert kept.written(SAFE, {"c0": value}, *ONE) is None


def test_a_long_text_is_told_from_the_language_at_once() -> None:
    """Every token is read in one way only: looking for another would take for ever."""
    line = "    v1 = " + "(" * 300 + "a0 <= a1 == c1[a0*1000 // a1] - -5" * 300
    assert not kept._LANGUAGE.fullmatch(HEAD + f"{line}\n" * 50 + f"{line} $\n")


# ---------------------------------------------------------------- what is loaded

SCORE = """
import sys, json
before = {*sys.modules}
import assessdsl
score = assessdsl.prepare(assessdsl.load(sys.argv[1])).score(json.loads(sys.argv[2]))
found = (str(score.total), {name: str(one) for name, one in score.components.items()})
print(json.dumps([found, sorted({*sys.modules} - before)]))
"""
TAKES_PART = {
    "backends", "backends.compiled", "backends.compiled.kept", "backends.prepared", "cache", "deferred", "limits",
    "paths", "policy", "quantity", "reading", "reading.kept", "resources",
}  # fmt: skip
TAKES_LONG = {
    "attr",
    "attrs",
    "inspect",
    "dataclasses",
    "platform",
    "tomllib",
    "unicodedata",
    "csv",
    "zipfile",
    "locale",
}


def test_only_what_takes_part_is_loaded(folder: Path) -> None:
    file = folder / "twenty.assess"
    file.write_text(benchmark(20), "utf-8")
    inputs: dict[str, Any] = {"group": "county"}
    for number in range(20):
        inputs |= {f"i{number}.planned": 16, f"i{number}.actual": 11}
    found = []
    for _ in range(3):
        arguments = [sys.executable, "-c", SCORE, str(file), json.dumps(inputs)]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=True)
        found.append(json.loads(done.stdout))
    (first, _), (again, loaded), (third, _) = found
    assert first == again == third
    own = {name.removeprefix("assessdsl.") for name in loaded if name.startswith("assessdsl.")}
    assert own == TAKES_PART
    assert not TAKES_LONG & set(loaded)
