"""An exported counterexample fails on the faulty policy and passes on the mended one, as either kind of test."""

from pathlib import Path

import pytest
from faulty.__main__ import corpus
from faulty.faults import Faulty

import assessdsl
from assessdsl.fairness.case import case_of
from assessdsl.fairness.counterexample import Counterexample, counterexample
from assessdsl.fairness.export import policy_test, pytest_case
from assessdsl.fairness.promised import promised
from assessdsl.fairness.prove import prove
from assessdsl.fairness.trial import Witness

# Of each kind of expectation some, that are found in no time.
FAULTS = {
    "city 0": ("a ladder with two rungs exchanged", "a mean of others where nobody has one",
               "more below the ladder than on it, and the rank", "a cap above the guarantee"),
    "office 0": ("silence pays", "above the mean of the others", "every report of an award counts",
                 "a gate that leaks into a floor"),
    "civil_servant_appraisal": ("one group has half",),
    "municipal_2022": ("rounding of one item", "a tier for those below its line", "a plan that is not reached pays"),
}  # fmt: skip
PAIRS = [one for one in corpus(written=1, places=1) if one.fault in FAULTS.get(one.of, ())]


def run(shown: Counterexample, text: str, folder: Path, language: str) -> tuple[bool, bool]:
    """Whether the test of the policy and the one for pytest pass on the policy."""
    (folder / "policy.assess").write_text(text, "utf-8")
    yaml, module = (export(shown, "policy.assess", language) for export in (policy_test, pytest_case))
    assert yaml is not None
    assert module is not None
    path = folder / "shown.test.yaml"
    path.write_text(yaml, "utf-8")
    report = assessdsl.run_tests([path])
    assert all(found.code.startswith("AS52") for found in report.diagnostics), report
    assert all(line in yaml for line in ("# language: " + language, shown.told(language).replace("'", "''")))
    names: dict[str, object] = {"__file__": str(folder / "test_shown.py")}
    exec(compile(module, "test_shown.py", "exec"), names)
    try:
        names[f"test_{shown.property}"]()  # type: ignore[operator]
        held = True
    except (AssertionError, assessdsl.DataError):
        held = False
    return bool(report.outcomes) and report.passed, held


def test_the_pairs_are_there() -> None:
    assert len({one.fault for one in PAIRS}) == sum(map(len, FAULTS.values()))


@pytest.mark.parametrize("one", PAIRS, ids=lambda one: f"{one.fault}, {one.of}")
def test_it_fails_until_the_policy_is_mended(one: Faulty, tmp_path: Path) -> None:
    (standing,) = prove(assessdsl.loads(one.bad), cases=60, solve=False).standings
    shown = next(verdict.counterexample for verdict in standing.verdicts if verdict.counterexample)
    for language in ("en", "zh"):
        assert run(shown, one.bad, tmp_path, language) == (False, False)
        assert run(shown, one.good, tmp_path, language) == (True, True)


GATED = """\
# language: en
policy p "P" {
  period 2022
  full 100 points
  group g "G"
  fact fraud count missing zero
  component base "Base" {
    points 100 points
    indicator road "Road" { points 100 points; unit percent to 1 places; score clamp(actual, 0%, 100%); missing zero; absent zero }
    gate caught "Caught" when fraud > 0 then zero
    FLOOR
  }
  component extra "Extra" as bonus { cap CAP points; indicator award "Award" { each 1 points } }
  rank by total within group ties shared
  tier all "All" otherwise
  guarantee absolute caught
  guarantee dominance of base over extra above 4 points
}
"""  # noqa: E501


def gated(cap: int, floor: str) -> str:
    return GATED.replace("CAP", str(cap)).replace("FLOOR", floor)


TABLES = {
    "entities": [{"entity": name, "group": "g"} for name in ("A", "B")],
    "facts": [
        {"entity": "A", "indicator": "road", "actual": "50%"},
        {"entity": "B", "indicator": "road", "actual": "45%"},
        *({"entity": "B", "indicator": "award", "item": str(number)} for number in range(8)),
        {"entity": "A", "fact": "fraud", "actual": "1"},
    ],
}


def test_a_leaking_gate_and_a_gap_that_is_made_up_for(tmp_path: Path) -> None:
    """Of a part of the score, of one entity and of another."""
    bad, good = gated(9, "floor 1 points"), gated(4, "")
    clean = {**TABLES, "facts": TABLES["facts"][:-1]}
    policy = assessdsl.loads(bad)
    for name, tables, line in (
        ("absolute", TABLES, "    scores base: at most 0 points"),
        ("dominance", clean, "    scores extra: below 5 points"),
    ):
        shown = counterexample(Witness(name, case_of(policy, tables), None, "A", "told", "说明"))
        assert line in (policy_test(shown, "policy.assess", "en") or "").splitlines()
        assert run(shown, bad, tmp_path, "en") == (False, False)
        assert run(shown, good, tmp_path, "en") == (True, True)


def test_what_no_score_shows_is_not_exported() -> None:
    """A test that expected nothing could not fail."""
    policy = assessdsl.loads(gated(4, ""))
    for name in ("accountability_exact", "tiers_follow", "absolute"):
        shown = counterexample(Witness(name, case_of(policy, TABLES), None, "A", "told", "说明"))
        assert promised(shown) == ()
        assert policy_test(shown, "policy.assess", "en") is pytest_case(shown, "policy.assess", "en") is None
