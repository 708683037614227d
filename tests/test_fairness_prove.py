"""Verdicts on guarantees: good policies are proved, faulty ones refuted, and nobody says both."""

import json
import re
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

import assessdsl
from assessdsl.cli import main
from assessdsl.fairness.proof_text import report_text, status_text
from assessdsl.fairness.prove import CATALOGUE, prove
from assessdsl.fairness.reasons import told
from assessdsl.fairness.verdict import Report, Standing
from assessdsl.quantity import Unit, quantity_text
from assessdsl.vocabulary import LANGUAGES, vocabulary

ROOT = Path(__file__).parent.parent
POLICIES = sorted((ROOT / "policies").glob("*/policy.assess"))

FRAME = """\
policy towns "Towns" {
  period 2022
  full 100 points
  group town "Towns"
  judgement forged "Forged"
  component base "Base" { points 100 points; IT }
  REST
  rank by total within group ties shared
}
"""
GOOD = """indicator growth "Growth" { points 100 points; unit percent to 1 places
  score attainment(actual, planned, zero_plan: 0%); missing zero; absent zero }"""
SHARED = """indicator works "Works" { points 100 points shared by weight
  gate done "Done" when not completed then zero
  score 100%; missing zero; absent zero }"""


def policy(it: str = GOOD, rest: str = "") -> assessdsl.Policy:
    return assessdsl.loads(FRAME.replace("IT", it).replace("REST", rest))


def standing(name: str, it: str = GOOD, rest: str = "", cases: int = 40) -> Standing:
    (found,) = prove(policy(it, rest), only=(name,), cases=cases, seconds=5).standings
    return found


def scored(score: str, more: str = "missing zero; absent zero") -> str:
    return f'indicator growth "Growth" {{ points 100 points; unit percent to 1 places; score {score}; {more} }}'


BONUS = 'component extra "Extra" as bonus { cap 8 points; indicator prize "Prize" { COUNT; each 2 points } }'
SPLIT = """indicator one "One" { points 50 points; unit percent to 1 places
  score attainment(actual, planned, zero_plan: 0%)
  MORE missing zero; absent zero }
indicator two "Two" { points 50 points; unit percent to 1 places; score attainment(actual, planned, zero_plan: 0%)
  missing zero; absent zero }"""
ONCE = BONUS.replace("COUNT", "count once")
BEST, WORST = "best(actual, of: group)", "worst(actual, of: group)"
OF_TEN = "attainment(actual, 10%, zero_plan: 0%)"
TIERS = 'tier high "High" when WHEN; tier low "Low" otherwise'
PROVED = ("proved", "solver")
NOT_BY_ALL = ("strict_response", "no_cliff", "obligations_complete")


@pytest.mark.parametrize(
    ("name", "it", "rest"),
    [
        *((name, GOOD, "") for name in CATALOGUE if name not in NOT_BY_ALL),
        ("absolute", SHARED, "guarantee absolute done"),
        ("bounded", GOOD, "guarantee bounded from 0 points to 100 points"),
        ("dominance", GOOD, f"{ONCE}\n guarantee dominance of base over extra above 8 points"),
        ("no_cliff", scored("clamp(actual / 100%, 0%, 100%)"), "guarantee no_cliff above 1 points"),
        ("no_double_count", GOOD, ONCE),
        ("no_splitting", SHARED, "register { freeze 2022-02-01; removal forbidden }"),
        ("tiers_follow", GOOD, TIERS.replace("WHEN", "total >= 60 points")),
        ("monotone", scored(f"efficacy(actual, {WORST}, {BEST}, base: 60%, equal: 100%)"), ""),
        ("monotone", scored("goalposts(actual, 2%, 12%)"), ""),
        ("monotone", scored("overshoot(actual, 1%, 5%, 100%)"), ""),
        ("truthful", scored("50%"), ""),
        ("accountability_exact", GOOD, 'accountability { finding f "F" when forged }'),
        ("obligations_complete", GOOD, 'accountability { finding f "F" when any(required targets, not met) }'),
    ],
)  # fmt: skip
def test_what_holds_is_proved(name: str, it: str, rest: str) -> None:
    found = standing(name, it, rest)
    assert found.status in (*PROVED, "unasked"), report_text(Report("", "", "", "en", (found,), True))


@pytest.mark.parametrize(
    ("name", "it", "rest"),
    [
        ("monotone", scored("if actual >= 8% then 80% else clamp(actual / 8%, 0%, 100%)"), ""),
        ("monotone", scored("attainment(planned, actual, zero_plan: 0%)"), ""),
        ("monotone", scored(f"if actual >= 7.1% and actual < 7.2% then 0% else {OF_TEN}"), ""),
        ("monotone", scored("clamp(actual / 10%, 0%, 100%)", "direction lower; missing zero; absent zero"), ""),
        ("rank_monotone", scored("if actual >= 8% then 80% else clamp(actual / 8%, 0%, 100%)"), ""),
        ("bounded", GOOD, BONUS.replace("COUNT", "count all") + "\n guarantee bounded from 0 points to 100 points"),
        ("strict_response", GOOD, ""),
        ("no_cliff", scored("ladder(actual, 5%: 100%, below: 0%)"), "guarantee no_cliff above 50 points"),
        ("independent", scored("ratio(actual, best(actual, of: group), zero: 0%)"), ""),
        ("missing_not_rewarded", scored("attainment(actual, planned, zero_plan: 0%)", "missing 60%; absent zero"), ""),
        ("missing_not_rewarded", SPLIT.replace("MORE\n", "").replace("MORE missing zero", "missing redistribute"), ""),
        ("truthful", scored("if planned <= 0% then 0% else clamp(actual / planned / 2, 0%, 100%)"), ""),
        ("no_double_count", GOOD, BONUS.replace("COUNT", "count all")),
        ("rounding_safe", SPLIT.replace("MORE", "rounding half_up to 0 places;"), ""),
        ("absolute", scored("attainment(actual, planned, zero_plan: 0%)",
            'gate low "low" when actual < 5% then zero; floor 20 points; missing zero; absent zero'),
            "guarantee absolute low"),
        ("tiers_follow", GOOD, TIERS.replace("WHEN", "total < 60 points")),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_refuted_by_a_case(name: str, it: str, rest: str) -> None:
    found = standing(name, it, rest, cases=120)
    assert found.status == "refuted", report_text(Report("", "", "", "en", (found,), True))
    (shown, *_) = [verdict.counterexample for verdict in found.verdicts if verdict.counterexample is not None]
    assert shown.property == name


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.parent.name)
def test_every_guarantee_of_the_example_policies_is_proved(path: Path) -> None:
    report = prove(assessdsl.load(path), cases=0, seconds=5)
    claimed = [standing for standing in report.standings if standing.claim.claimed]
    assert all(standing.status in PROVED for standing in claimed), report_text(report)


def test_without_any_guarantee_the_whole_catalogue_is_told() -> None:
    report = prove(policy(), cases=0, solve=False)
    assert tuple(standing.claim.property for standing in report.standings) == CATALOGUE
    for language in LANGUAGES:
        text = report_text(report, language)
        for found in report.standings:
            for verdict in found.verdicts:
                assert all(told(reason, language).strip() for reason in verdict.reasons)
        assert len(text.splitlines()) > len(CATALOGUE)


def test_static_verdicts_do_not_ask_for_more_than_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is scored, nothing is solved."""
    monkeypatch.setattr("assessdsl.fairness.search.make", None)
    monkeypatch.setattr("assessdsl.fairness.solver._asked", None)
    report = prove(policy(), only=("monotone", "independent"), cases=0, solve=False)
    assert [standing.status for standing in report.standings] == ["proved", "proved"]


LONG = ", ".join(f"{number}%: {number % 100}%" for number in range(1, 300))
DOUBLED = "; ".join(f"define f{number}(v) = f{number - 1}(v) + f{number - 1}(v)" for number in range(1, 40))


@pytest.mark.parametrize(
    ("score", "rest"),
    [
        (f"ladder(actual, {LONG}, below: 0%)", ""),
        ("clamp(f39(ratio(actual, 1%, zero: 0%)), 0%, 100%)", f"define f0(v) = v / 2; {DOUBLED}"),
        ("if c9(actual) then 100% else 0%", "define c0(v) = v > 1%; " + "; ".join(
            f"define c{number}(v) = c{number - 1}(v) and c{number - 1}(v + {number} pp)" for number in range(1, 10))),
    ],
    ids=["long", "doubled", "conditions"],
)  # fmt: skip
def test_no_policy_takes_long_or_is_too_deep(score: str, rest: str) -> None:
    report = prove(policy(scored(score), rest), cases=0, seconds=1)
    assert len(report.standings) == len(CATALOGUE)


@pytest.mark.parametrize(
    ("rest", "arguments", "code"),
    [
        ("guarantee monotone", [], 0),
        ("guarantee monotone", ["--strict"], 0),
        ("guarantee strict_response", [], 1),
        ("guarantee strict_response", ["--cases", "0"], 0),
        ("guarantee strict_response", ["--cases", "0", "--strict"], 1),
    ],
)
def test_exit_codes(rest: str, arguments: list[str], code: int, tmp_path: Path) -> None:
    path = tmp_path / "policy.assess"
    path.write_text(FRAME.replace("IT", GOOD).replace("REST", rest), "utf-8")
    assert main(["prove", str(path), "--no-solver", *arguments]) == code


def test_reports_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "policy.assess"
    path.write_text(FRAME.replace("IT", GOOD).replace("REST", "guarantee strict_response; guarantee monotone"), "utf-8")
    main(["prove", str(path), "--format", "json", "--cases", "5"])
    data = json.loads(capsys.readouterr().out)
    assert [(one["property"], one["status"]) for one in data["guarantees"]] == [
        ("strict_response", "refuted"), ("monotone", "proved"),
    ]  # fmt: skip
    shown = data["guarantees"][0]["verdicts"][0]["counterexample"]
    first, second = (assessdsl.evaluate(assessdsl.load(path), shown[key]) for key in ("before", "after"))
    assert [str(one.entities[shown["entity"]].total) for one in (first, second)] == shown["totals"]
    main(["prove", str(path), "--format", "junit", "--cases", "5"])
    suite = ElementTree.fromstring(capsys.readouterr().out)[0]
    assert (suite.get("tests"), suite.get("failures")) == ("4", "1") or int(suite.get("failures", "0")) >= 1


def test_the_same_report_in_every_run() -> None:
    faulty = scored("if actual >= 8% then 80% else clamp(actual / 8%, 0%, 100%)")
    one, two = (prove(policy(faulty), only=("monotone",), cases=20) for _ in range(2))
    assert report_text(one) == report_text(two)


# ---------------------------------------------------------------- the manual

PAGE = ROOT / "docs" / "fairness.md"
FORMS = ROOT / "tests" / "conformance" / "forms.yaml"
_PART = re.compile(r"^<!-- (\w+) -->\n.*?^<!-- end -->\n", re.MULTILINE | re.DOTALL)


def _properties() -> str:
    words = vocabulary()
    rows = ["| guarantee | 中文 | | |", "|---|---|---|---|"]
    for name in CATALOGUE:
        word = words.get("name", name)
        rows.append(f"| `{word.spelling('en')}` | `{word.spelling('zh')}` | {word.meaning[0]} | {word.meaning[1]} |")
    return "\n".join(rows) + "\n"


_SHOWN = ("monotone", "independent", "truthful", "missing_not_rewarded")


def _forms() -> str:
    """Of each form the first case."""
    rows = [f"| form | | {' | '.join(_SHOWN)} | leap |", f"|---|---|{'---|' * (len(_SHOWN) + 1)}"]
    cases = yaml.load(FORMS.read_text("utf-8"), Loader=yaml.BaseLoader)
    seen: set[str] = set()
    for case in cases["cases"]:
        number = re.match(r"form (\d+)", case["case"])
        if number is None or number[1] in seen:
            continue
        seen.add(number[1])
        text = case["policy"] if "policy" in case else cases["given"]["frame"].replace("...", case["rules"])
        report = prove(assessdsl.loads(text), only=(*_SHOWN, "no_cliff"), cases=5, seconds=2)
        cells = [_verdict(standing) for standing in report.standings[:-1]]
        named = case["case"].partition(": ")[2]
        rows.append(f"| {number[1]} | {named} | {' | '.join(cells)} | {_leap(report.standings[-1])} |")
    return "\n".join(rows) + "\n"


def _verdict(standing: Standing) -> str:
    return status_text(standing.status, 0, "en").removesuffix(" on 0 cases") if standing.verdicts else "—"


def _leap(standing: Standing) -> str:
    sizes = [reason.arguments.get("size", "") for verdict in standing.verdicts for reason in verdict.reasons]
    known = [Fraction(size) for size in sizes if re.fullmatch(r"[0-9.]+", size)]
    return "not bounded" if "∞" in sizes else quantity_text(max(known), Unit.POINTS) if known else "none"


def _page() -> str:
    parts = {"properties": _properties, "forms": _forms}
    text = PAGE.read_text("utf-8")
    return _PART.sub(lambda match: f"<!-- {match[1]} -->\n\n{parts[match[1]]()}\n<!-- end -->\n", text)


def test_the_manual_shows_what_prove_says(request: pytest.FixtureRequest) -> None:
    text = _page()
    if request.config.getoption("--update-docs"):
        PAGE.write_text(text, "utf-8")
    assert PAGE.read_text("utf-8") == text, "make docs writes the page anew"
