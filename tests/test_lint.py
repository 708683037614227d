"""Rules give just the remarks that stand on the lines; comments and configurations weigh them; fixes are safe."""

import json
import os
import re
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import pytest
from expected_remarks import assert_just_the_expected, expected_in
from hypothesis import given
from hypothesis import strategies as st

import assessdsl
from assessdsl import syntax
from assessdsl.authoring import format_text, lint_file, lint_text
from assessdsl.authoring.lint import RULES
from assessdsl.authoring.lint_config import Config
from assessdsl.authoring.lint_regions import Piece, Region, compared
from assessdsl.cli import main
from assessdsl.diagnostics import Diagnostic, PolicyError, codes, render_all
from assessdsl.source import Source

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "tests" / "policies_to_lint"
FIXTURES = sorted(FOLDER.glob("*.assess"))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name)
def test_just_the_expected_remarks(path: Path) -> None:
    text = path.read_text("utf-8")
    assert_just_the_expected(text, lint_text(text, path.name).diagnostics)


def test_every_rule_has_a_code_and_is_tried() -> None:
    given_out = [code for code, _ in RULES]
    assert len(set(given_out)) == len(given_out)
    assert set(given_out) <= set(codes())
    tried = {code for path in FIXTURES for _, code in expected_in(path.read_text("utf-8"))}
    assert set(given_out) - {"AS9016"} <= tried  # that one needs a configuration: see below


def test_the_table_of_rules_is_complete() -> None:
    table = re.findall(
        r"^\| \[(AS[0-9]+)\]\(\S+\) (\S+) \|.*\| (\w+) \|$", (ROOT / "docs" / "lint.md").read_text("utf-8"), re.M
    )
    rules = [code for code in codes().values() if "AS9001" <= code.code < "AS9200" and code.severity != "error"]
    assert table == [(code.code, code.slug, code.severity) for code in rules]


@pytest.mark.parametrize("path", sorted((ROOT / "policies").glob("*/policy*")), ids=lambda path: path.parent.name)
def test_example_policies_have_nothing_but_notes(path: Path) -> None:
    linted = lint_file(path)
    assert linted.clean, render_all([found for found in linted.diagnostics if found.severity != "note"])


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name)
def test_twins_get_the_same_remarks(path: Path) -> None:
    """In YAML, and in the other language, with comments that silence and all."""
    source = Source(path.name, path.read_text("utf-8"))
    document, _ = syntax.read(source)

    def remarks(found: Iterable[Diagnostic]) -> list[str]:
        return sorted(f"{one.code} {one.arguments.get('name', '')}" for one in found if one.code != "AS9113")

    expected = remarks(lint_text(source.text, path.name).diagnostics)
    for language in ("en", "zh"):
        yaml = syntax.write(document, "yaml", language)
        assert remarks(lint_text(yaml, "policy.yaml").diagnostics) == expected
        assert remarks(lint_text(format_text(source.text, language=language).after).diagnostics) == expected


def test_what_is_wrong_is_said_before_anything_else() -> None:
    linted = lint_text("policy x { period 2022 }")
    assert {found.code for found in linted.diagnostics} == {"AS2020"}
    assert not linted.clean


# ---------------------------------------------------------------- sets of numbers

numbers = st.integers(-3, 3).map(Fraction)
regions = st.recursive(
    st.builds(compared, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers),
    lambda inner: st.one_of(
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a, b: a & b, inner, inner),
        inner.map(lambda a: ~a),
    ),
    max_leaves=6,
)
PROBES = [Fraction(n, 2) for n in range(-9, 10)]


def holds(region: Region, number: Fraction) -> bool:
    def inside(piece: Piece) -> bool:
        after = piece.start is None or piece.start < (number, 0)
        return after and (piece.end is None or (number, 0) < piece.end)

    return any(map(inside, region.pieces))


@given(regions, regions)
def test_regions_are_sets(left: Region, right: Region) -> None:
    for number in PROBES:
        assert holds(left | right, number) == (holds(left, number) or holds(right, number))
        assert holds(left & right, number) == (holds(left, number) and holds(right, number))
        assert holds(~left, number) != holds(left, number)
    assert left.within(right) == all(holds(right, number) for number in PROBES if holds(left, number))
    assert left.is_empty == (not any(holds(left, number) for number in PROBES))


# ---------------------------------------------------------------- configuration

PLAIN = """\
policy plain "Plain" {
  period 2022
  full 100 points
  group county "Counties"
  component base "Base" {
    points 100 points
    indicator one "One" { points 99.5 points; score 100% }
    indicator two "Two" { points 0.5 points; score 100% }
  }
}
"""


def write(folder: Path, config: str, policy: str = PLAIN) -> Path:
    (folder / "assessdsl.toml").write_text(config)
    path = folder / "plain.assess"
    path.write_text(policy)
    return path


def weights(path: Path) -> dict[str, str]:
    return {found.code: found.severity for found in lint_file(path).diagnostics}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("", {"AS9014": "warning", "AS9015": "note", "AS9034": "note"}),
        ('[lint]\nnegligible = "0.1%"\ndominant = "99.5%"', {"AS9034": "note"}),
        ("[lint]\nindicators = 1", {"AS9014": "warning", "AS9015": "note", "AS9016": "warning", "AS9034": "note"}),
        ('[lint.severity]\nAS9014 = "error"\ndominant-weight = "off"', {"AS9014": "error", "AS9034": "note"}),
        ('[lint.severity]\nno-guarantee = "warning"\nAS9014="off"\nAS9015="off"', {"AS9034": "warning"}),
    ],
)
def test_configuration(tmp_path: Path, config: str, expected: dict[str, str]) -> None:
    assert weights(write(tmp_path, config)) == expected


def test_configuration_of_the_nearest_folder(tmp_path: Path) -> None:
    write(tmp_path, '[lint.severity]\nAS9034 = "off"')
    (tmp_path / "inner").mkdir()
    path = tmp_path / "inner" / "plain.assess"
    path.write_text(PLAIN)
    assert "AS9034" not in weights(path)
    (tmp_path / "inner" / "assessdsl.toml").write_text("")
    assert "AS9034" in weights(path)
    assert "AS9034" not in {found.code for found in lint_file(path, tmp_path / "assessdsl.toml").diagnostics}


@pytest.mark.parametrize(
    ("config", "code"),
    [
        (b"[lint", "AS9101"),
        (b"\xff\xfe", "AS9101"),
        (b"[" * 5000, "AS9101"),
        (b"[lynt]", "AS9102"),
        (b"[lint]\nindicatos = 3", "AS9102"),
        (b"[lint.severity]\nAS9934 = 'off'", "AS9102"),
        (b"lint = 3", "AS9103"),
        (b"[lint]\nnegligible = 0.01", "AS9103"),
        (b"[lint]\nindicators = true", "AS9103"),
        (b"[lint]\nseverity = 'off'", "AS9103"),
        (b"[lint.severity]\nAS9034 = 'fatal'", "AS9103"),
        (b"[lint.severity]\nAS9034 = ['off']", "AS9103"),
        (b"[lint.severity]\nAS4001 = 'note'", "AS9104"),
    ],
)
def test_a_wrong_configuration_is_told(tmp_path: Path, config: bytes, code: str) -> None:
    path = write(tmp_path, "")
    (tmp_path / "assessdsl.toml").write_bytes(config)
    with pytest.raises(PolicyError) as caught:
        lint_file(path)
    assert [found.code for found in caught.value.diagnostics] == [code]


# ---------------------------------------------------------------- fixes

MENDED = {
    "ladder(visits, 5: 0%, 10: 50%, 20: 50%, below: 0%)": "ladder(visits, 10: 50%, below: 0%)",
    "if visits >= 10 then 50% else if visits >= 20 then 100% else 0%": "if visits >= 10 then 50% else 0%",
    "if visits < 0 then 0% else max(10%, 20%)": "max(10%, 20%)",
    "if visits > 3 and visits > 5 and fraud then 0% else 100%": "if visits > 5 and fraud then 0% else 100%",
    "if fraud or visits > 3 or fraud then 0% else 100%": "if fraud or visits > 3 then 0% else 100%",
    "(if (visits > 3) and (visits > 5) then (0%) else (100%))": "(if (visits > 5) then (0%) else (100%))",
}
TO_MEND = """\
policy mend "Mend" {{
  period 2022
  full 100 points
  group county "Counties"
  fact visits count missing zero
  judgement fraud
  component base "Base" {{
    points 100 points
    indicator one "One" {{
      points 100 points  # {comment}
      score {score}
    }}
  }}
  gate odd "Odd" when fraud and visits > 1 then zero
}}
"""


@pytest.mark.parametrize("score", MENDED)
def test_fixes(score: str) -> None:
    linted = lint_text(TO_MEND.format(score=score, comment="kept"), fix=True)
    assert linted.fixed == TO_MEND.format(score=MENDED[score], comment="kept")
    assert not linted.edits


@pytest.mark.parametrize("score", MENDED)
def test_fixes_change_no_score(score: str) -> None:
    before = TO_MEND.format(score=score, comment="")
    after = lint_text(before, fix=True).fixed
    assert after is not None
    facts = {
        "entities": [{"entity": f"e{n}{fraud}", "group": "county"} for n in range(25) for fraud in (0, 1)],
        "facts": [{"entity": f"e{n}{f}", "fact": "visits", "actual": n} for n in range(25) for f in (0, 1)],
        "judgements": [{"entity": f"e{n}1", "judgement": "fraud", "author": "a", "evidence": "b"} for n in range(25)],
    }
    results = [assessdsl.evaluate(assessdsl.loads(text), facts).entities for text in (before, after)]
    totals = [{name: entity.total.value for name, entity in entities.items()} for entities in results]
    assert totals[0] == totals[1]
    assert len(set(totals[0].values())) > 1


def test_what_nothing_uses_and_what_silences_nothing_is_taken_out() -> None:
    text = TO_MEND.format(score="100%", comment="lint: off AS9001")
    text = text.replace("  judgement", "  # lint: off AS9002\n  parameter idle = 3\n  define spare(x) = x\n  judgement")
    linted = lint_text(text, fix=True)
    assert linted.fixed == TO_MEND.format(score="100%", comment="").replace("points  # \n", "points\n")


def test_a_fix_in_yaml() -> None:
    text = syntax.write(
        syntax.read(Source("p.assess", TO_MEND.format(score=next(iter(MENDED)), comment="kept")))[0], "yaml", "zh"
    )
    fixed = lint_text(text, "policy.yaml", fix=True).fixed
    assert fixed is not None
    assert len(fixed) < len(text)
    assert "# kept" in fixed
    assert fixed.count("\n") == text.count("\n")
    assert not lint_text(fixed, "policy.yaml").edits


def test_nothing_to_mend_is_no_text() -> None:
    assert lint_text(PLAIN, fix=True).fixed is None
    assert lint_text(TO_MEND.format(score=next(iter(MENDED)), comment="")).fixed is None


def test_a_rule_that_is_off_mends_nothing() -> None:
    off = Config(severity={"AS9003": "off"})
    assert lint_text(TO_MEND.format(score=next(iter(MENDED)), comment=""), config=off, fix=True).fixed is None


# ---------------------------------------------------------------- the command


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "")
    assert main(["lint", "plain.assess"]) == 1
    printed = capsys.readouterr()
    assert printed.out == "plain.assess: 1 warning, 2 notes\n"
    assert "warning[AS9014 negligible-weight]" in printed.err
    (tmp_path / "mend.assess").write_text("\ufeff" + TO_MEND.format(score=next(iter(MENDED)), comment=""), "utf-8")
    assert main(["lint", "mend.assess", "nowhere.assess", "--fix", "--format", "json"]) == 1
    printed = capsys.readouterr()
    assert {found["code"] for found in json.loads(printed.out)} == {"AS9034"}
    assert "nowhere.assess" in printed.err
    assert main(["lint", "mend.assess"]) == 0  # notes alone
    text = (tmp_path / "mend.assess").read_text("utf-8")
    assert text == "\ufeff" + TO_MEND.format(score=MENDED[next(iter(MENDED))], comment="")
    (tmp_path / "binary.assess").write_bytes(b"\xff\xfe\x00")
    assert main(["lint", "binary.assess"]) == 1
    assert "AS1002" in capsys.readouterr().err
    (tmp_path / "assessdsl.toml").write_text("[lint")
    assert main(["lint", "plain.assess"]) == 1
    assert "AS9101" in capsys.readouterr().err
    assert sorted(os.listdir(tmp_path)) == ["assessdsl.toml", "binary.assess", "mend.assess", "plain.assess"]
