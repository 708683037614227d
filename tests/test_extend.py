"""A policy that extends another: what the two mean together, where its parts stand, and that no path leads out."""

import os
from pathlib import Path
from typing import Any

import pytest

import assessdsl
from assessdsl.engine import check_file, check_text, convert
from assessdsl.limits import LIMITS
from assessdsl.paths import Refused, contained

BASE = """\
policy base "Base" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  rounding half_up to 3 places of extra
  group county "Counties"
  parameter share "Share" = 20%
  fact accidents count "Accidents" missing zero
  judgement fault "Fault", loss "Loss"
  define half(x) = x / 2
  component main "Main" {
    points 90 points
    indicator growth "Growth" {
      points 60 points
      unit percent
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
      gate slow "Slow" when accidents > 1 then at most 30 points
    }
    indicator jobs "Jobs" { points 30 points; unit percent; score half(actual); missing zero; absent zero }
  }
  component extra "Extra" as bonus { cap 5 points; indicator award "Award" { each 1 point } }
  component poll "Poll" { points 10 points; indicator view "View" { points 10 points; score 100% } }
  gate safety "Safety" when accidents > 2 then at most 60 points
  rank by total within group ties shared
  tier good "Good" top share of group rounded down ties excluded when total >= 85 points
  tier fair "Fair" when total >= 60 points
  tier poor "Poor" otherwise
  accountability {
    finding first "First" when fault and loss
    finding second "Second" when tier == poor
  }
  guarantee bounded from 0 points to 105 points
}
"""

OWN = """\
extends "../base/policy.assess"
policy later {
  period 2023
  parameter share "Share" = 30%
  define half(x) = x / 3
  rounding half_up to 1 places of total
  component main {
    indicator growth {
      missing 40%
      remove gate slow
      gate slower "Slower" when accidents > 2 then zero
    }
    remove indicator jobs
    indicator homes "Homes" { points 30 points; unit percent; score half(actual); missing zero; absent zero }
  }
  component extra "More" { cap 3 points }
  remove judgement loss
  tier best "Best" when total >= 99 points
  tier good "Good" top share of group rounded down ties excluded when total >= 80 points
  tier weak "Weak" when total >= 70 points
  accountability {
    finding first "First" when fault
  }
  guarantee bounded from 0 points to 103 points
}
"""

WHOLE = """\
policy later "Base" {
  period 2023
  full 100 points
  rounding half_up to 1 places of total
  rounding half_up to 3 places of extra
  group county "Counties"
  parameter share "Share" = 30%
  fact accidents count "Accidents" missing zero
  judgement fault "Fault"
  define half(x) = x / 3
  component main "Main" {
    points 90 points
    indicator growth "Growth" {
      points 60 points
      unit percent
      score attainment(actual, planned, zero_plan: error)
      missing 40%
      absent zero
      gate slower "Slower" when accidents > 2 then zero
    }
    indicator homes "Homes" { points 30 points; unit percent; score half(actual); missing zero; absent zero }
  }
  component extra "More" as bonus { cap 3 points; indicator award "Award" { each 1 point } }
  component poll "Poll" { points 10 points; indicator view "View" { points 10 points; score 100% } }
  gate safety "Safety" when accidents > 2 then at most 60 points
  rank by total within group ties shared
  tier best "Best" when total >= 99 points
  tier good "Good" top share of group rounded down ties excluded when total >= 80 points
  tier weak "Weak" when total >= 70 points
  tier fair "Fair" when total >= 60 points
  tier poor "Poor" otherwise
  accountability {
    finding first "First" when fault
    finding second "Second" when tier == poor
  }
  guarantee bounded from 0 points to 103 points
}
"""

FACTS = {
    "entities": [{"entity": name, "group": "county"} for name in ("east", "west", "north", "south")],
    "targets": [
        {"target": name[0], "entity": name, "indicator": "growth", "planned": "8"} for name in ("east", "west", "north")
    ],
    "facts": [
        {"target": "e", "actual": "7.3"},
        {"target": "w", "actual": "9"},
        {"entity": "east", "indicator": "homes", "actual": "17"},
        {"entity": "west", "indicator": "homes", "actual": "31"},
        {"entity": "west", "fact": "accidents", "actual": "3"},
        *({"entity": "north", "indicator": "award", "item": f"a{i}"} for i in range(4)),
    ],
    "judgements": [{"entity": "south", "judgement": "fault", "author": "office", "evidence": "file 7"}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two policies beside one another; what lies above them is outside."""
    put(tmp_path, "policies/base/policy.assess", BASE)
    put(tmp_path, "policies/own/policy.assess", OWN)
    return tmp_path / "policies"


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def codes(path: Path, **root: Any) -> list[str]:
    return [found.code for found in check_file(path, **root)[1] if found.is_error]


# ---------------------------------------------------------------- what the two mean together


def test_extended_policy_is_the_one_written_out_whole(folder: Path) -> None:
    extended, whole = assessdsl.load(folder / "own" / "policy.assess"), assessdsl.loads(WHOLE)
    assert extended.checked.policy == whole.checked.policy
    assert extended.fingerprint == whole.fingerprint
    first, second = assessdsl.evaluate(extended, FACTS), assessdsl.evaluate(whole, FACTS)
    assert first.to_json() == second.to_json()
    assert first.digest == second.digest
    assert len({str(entity.total) for entity in first.entities.values()}) == 4  # the data tells the policies apart


@pytest.mark.parametrize("own", [".assess", ".yaml"])
@pytest.mark.parametrize("base", [".assess", ".yaml"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_surfaces_and_languages_may_differ(folder: Path, own: str, base: str, language: Any) -> None:
    surface: dict[str, Any] = {".assess": "dsl", ".yaml": "yaml"}
    texts = {path: convert(folder / path, surface[end], language) for path, end in (("own/policy.assess", own),)}
    put(folder, f"base/policy{base}", convert(folder / "base/policy.assess", surface[base]))
    text = texts["own/policy.assess"].replace("policy.assess", f"policy{base}")
    path = put(folder, f"own/policy{own}", text)
    assert assessdsl.load(path).fingerprint == assessdsl.loads(WHOLE).fingerprint


def test_yaml_path_needs_no_quotation_marks(folder: Path) -> None:
    path = put(
        folder, "own/short.yaml", "extends: ../base/policy.assess\npolicy later:\n  period: 2023\n  version: 2023-1\n"
    )
    assert assessdsl.load(path).checked.policy.period is not None
    assert not codes(path)


def test_extension_of_an_extension(folder: Path) -> None:
    path = put(folder, "third/policy.assess", 'extends "../own/policy.assess"\npolicy third { parameter share = 40% }')
    whole = WHOLE.replace("policy later", "policy third").replace('share "Share" = 30%', "share = 40%")
    assert assessdsl.load(path).fingerprint == assessdsl.loads(whole).fingerprint


ORDERS = {
    "behind the one that it follows": ("tier good when total >= 70\ntier new when total >= 65", "good new fair poor"),
    "before the one that it precedes": ("tier new when total >= 80\ntier fair when total >= 61", "good new fair poor"),
    "several keep their order": (
        "tier a when total >= 99\ntier b when total >= 98\ntier good when total >= 97\ntier c when total >= 96",
        "a b good c fair poor",
    ),
    "alone at the end": ("tier new when total >= 1", "good fair poor new"),
}  # fmt: skip


@pytest.mark.parametrize("name", ORDERS)
def test_order_of_what_is_added(folder: Path, name: str) -> None:
    text, order = ORDERS[name]
    path = put(folder, "own/tiers.assess", f'extends "../base/policy.assess"\npolicy later {{\n{text}\n}}')
    checked, found = check_file(path)
    if checked is None:  # behind `otherwise`, nothing is left for it
        assert [remark.code for remark in found if remark.is_error] == ["AS4008"] or order.endswith("new")
        return
    assert [tier.name for tier in checked.policy.tiers] == order.split()


def test_result_rests_on_no_order_of_overrides(folder: Path) -> None:
    lines = ["  parameter share = 25%", "  period 2024", "  gate safety when accidents > 9 then at most 60 points"]
    prints = set()
    for order in (lines, lines[::-1], [lines[1], lines[0], lines[2]]):
        text = 'extends "../base/policy.assess"\npolicy later {\n' + "\n".join(order) + "\n}"
        prints.add(assessdsl.load(put(folder, "own/order.assess", text)).fingerprint)
    assert len(prints) == 1


# ---------------------------------------------------------------- where its parts stand


def test_every_statement_points_into_its_own_file(folder: Path) -> None:
    policy = assessdsl.load(folder / "own" / "policy.assess").checked.policy
    main = policy.components[0]
    growth, homes = main.indicators
    files = {
        "share": policy.parameters[0].span, "full": policy.full_span, "growth": growth.span, "score": growth.score_span,
        "homes": homes.span, "slower": growth.gates[0].span, "safety": policy.gates[0].span,
    }  # fmt: skip
    own = {name for name, span in files.items() if Path(span.source.name).parent.name == "own"}
    assert own == {"share", "growth", "homes", "slower"}
    assert files["safety"].text == 'gate safety "Safety" when accidents > 2 then at most 60 points'


def test_explanation_shows_the_line_that_holds(folder: Path) -> None:
    result = assessdsl.evaluate(assessdsl.load(folder / "own" / "policy.assess"), FACTS)
    data = assessdsl.explain(result, "west").to_data()
    lines = {}
    waiting = [data["explanation"]]
    while waiting:
        node = waiting.pop()
        if "policy" in node:
            lines[node["label"]] = (Path(node["policy"]["file"]).parent.name, node["policy"]["line"])
        waiting += node.get("children", [])
    own, base = OWN.splitlines(), BASE.splitlines()
    places = {label: (own if file == "own" else base)[line - 1] for label, (file, line) in lines.items()}
    assert "gate slower" in next(text for label, text in places.items() if "Slower" in label)
    assert "gate safety" in next(text for label, text in places.items() if "Safety" in label)
    assert "attainment(actual, planned, zero_plan: error)" in str(data)  # the author's words, from the other file


def test_a_mistake_of_the_extended_file_is_shown_there(folder: Path) -> None:
    put(folder, "base/policy.assess", BASE.replace("when accidents > 2", "when acidents > 2"))
    wrong = next(found for found in check_file(folder / "own/policy.assess")[1] if found.code == "AS2101")
    assert wrong.span.text == "acidents"
    assert wrong.span.source.name.endswith(os.path.join("base", "policy.assess"))


def test_what_cannot_be_read_of_the_extended_file_stops_with_its_own_remarks(folder: Path) -> None:
    put(folder, "base/policy.assess", BASE.replace("when accidents > 2", "when accidents >"))
    _, found = check_file(folder / "own/policy.assess")
    assert {Path(remark.span.source.name).parent.name for remark in found} == {"base"}


def test_an_unread_statement_hides_nothing_of_the_other_file(folder: Path) -> None:
    put(folder, "own/policy.assess", OWN.replace("missing 40%", "missing 40% %"))
    put(folder, "base/policy.assess", BASE.replace("when accidents > 2", "when acidents > 2"))
    found = check_file(folder / "own/policy.assess")[1]
    assert "AS2101" in [remark.code for remark in found if "base" in remark.span.source.name]
    assert [remark for remark in found if "own" in remark.span.source.name and remark.code.startswith("AS10")]


def test_messages_are_in_the_language_of_the_file_that_is_loaded(folder: Path) -> None:
    put(folder, "base/policy.assess", "# language: zh\n" + BASE.replace("accidents > 2", "acidents > 2"))
    with pytest.raises(assessdsl.PolicyError) as raised:
        assessdsl.load(put(folder, "own/policy.assess", OWN.replace("= 30%", "= shar")))
    assert raised.value.language == "en"


# ---------------------------------------------------------------- paths

LINKS = {
    "a link out of the root": ("../outside.assess", "own/link.assess", "AS1101"),
    "a link to a folder outside": ("../away", "own/link", "AS1101"),
    "a link within": ("base/policy.assess", "own/link.assess", ""),
    "a link to a file of another kind": ("base/secret.txt", "own/link.assess", "AS1103"),
    "a link to itself": ("own/link.assess", "own/link.assess", "AS1105"),
}


@pytest.mark.parametrize("name", LINKS)
def test_links_count_as_what_they_lead_to(folder: Path, name: str) -> None:
    target, link, code = LINKS[name]
    put(folder.parent, "outside.assess", BASE)
    put(folder.parent, "away/policy.assess", BASE)
    put(folder, "base/secret.txt", "secret")
    (folder / link).symlink_to(folder / target)
    written = "link/policy.assess" if link.endswith("link") else "link.assess"
    path = put(folder, "own/linked.assess", f'extends "{written}"\npolicy later {{ period 2023 }}')
    assert codes(path) == [code] * bool(code)


def test_a_linked_policy_starts_from_its_real_folder(folder: Path) -> None:
    elsewhere = folder.parent / "elsewhere" / "deep"
    elsewhere.mkdir(parents=True)
    (elsewhere / "policy.assess").symlink_to(folder / "own" / "policy.assess")
    assert not codes(elsewhere / "policy.assess")


WRITTEN = {
    "../../outside.assess": "AS1101", "../base/../../outside.assess": "AS1101", "sub/../../../outside.assess": "AS1101",
    "/etc/policy.assess": "AS1102", "C:/policy.assess": "AS1102", "..\\base\\policy.assess": "AS1102",
    "~/policy.assess": "AS1102", "": "AS1102", "../base/policy": "AS1103", "../base/policy.assess/": "AS1103",
    "none.assess": "AS1104", "none/../../base/policy.assess": "", "../base/POLICY.ASSESS": "AS1104",
    "a" * 300 + ".assess": "AS1105", "../base": "AS1103", "../BASE/none.yml": "AS1104",
}  # fmt: skip


@pytest.mark.parametrize("written", WRITTEN, ids=lambda text: text[:40] or "nothing")
def test_paths(folder: Path, written: str) -> None:
    put(folder.parent, "outside.assess", BASE)
    escaped = written.replace("\\", "\\\\")
    path = put(folder, "own/policy.assess", f'extends "{escaped}"\npolicy later {{ period 2023 }}')
    found = codes(path)
    expected = WRITTEN[written]
    assert (found or [""])[0] == expected or (expected == "" and found == ["AS1104"])


def test_nothing_outside_is_looked_at(folder: Path) -> None:
    """Whether a file outside is there or not, the answer is the same."""
    put(folder.parent, "there.assess", BASE)
    for name in ("there", "not_there"):
        assert contained(f"../../{name}.assess", folder / "own", folder) == Refused("AS1101")


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "base" / "pipe.assess")
    path = put(folder, "own/policy.assess", 'extends "../base/pipe.assess"\npolicy later { period 2023 }')
    assert codes(path) == ["AS1105"]


def test_root_is_narrowed_and_widened(folder: Path) -> None:
    assert codes(folder / "own/policy.assess", root=folder / "own") == ["AS1101"]
    put(folder.parent, "outside.assess", BASE)
    path = put(folder, "own/policy.assess", OWN.replace("../base/policy", "../../outside"))
    assert codes(path) == ["AS1101"]
    assert codes(path, root=folder.parent) == []


def test_the_whole_disk_is_no_root() -> None:
    from_root = Path("/policy.assess")
    assert assessdsl.paths.root_of(from_root) == Path("/") or os.name == "nt"  # there is no folder but this one
    assert assessdsl.paths.root_of(Path("/srv/policy.assess")) == Path("/srv")
    assert assessdsl.paths.root_of(Path("/srv/city/policy.assess")) == Path("/srv")


def test_texts_extend_only_with_a_root(folder: Path) -> None:
    assert [found.code for found in check_text("own/policy.assess", OWN)[1]] == ["AS1109"]
    inside = str(folder / "own" / "policy.assess")
    assert assessdsl.loads(OWN, inside, root=folder).fingerprint == assessdsl.loads(WHOLE).fingerprint
    at_root = OWN.replace("../base", "base")
    assert assessdsl.loads(at_root, root=folder).fingerprint == assessdsl.loads(WHOLE).fingerprint


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_circles(folder: Path, steps: int) -> None:
    for number in range(steps):
        after = (number + 1) % steps
        path = put(folder, f"own/{number}.assess", f'extends "{after}.assess"\npolicy p {{ period 2023 }}')
    assert codes(path) == ["AS1106"]


def test_limits(folder: Path) -> None:
    put(folder, "own/0.assess", BASE)
    for number in range(1, LIMITS.extended_files + 2):
        put(folder, f"own/{number}.assess", f'extends "{number - 1}.assess"\npolicy p {{ period 2023 }}')
    assert codes(folder / f"own/{LIMITS.extended_files}.assess") == []
    assert codes(folder / f"own/{LIMITS.extended_files + 1}.assess") == ["AS1107"]
    put(folder, "own/0.assess", "#" * (LIMITS.file_bytes + 1))
    assert codes(folder / "own/1.assess") == ["AS1001"]


def test_statements_are_counted_together(folder: Path) -> None:
    many = "\n".join(f"parameter p{{0}}_{number} = {number}" for number in range(LIMITS.statements * 2 // 3))
    put(folder, "base/policy.assess", "policy base {\n" + many.replace("{0}", "a") + "\n}")
    put(
        folder,
        "own/policy.assess",
        'extends "../base/policy.assess"\npolicy own {\n' + many.replace("{0}", "b") + "\n}",
    )
    assert codes(folder / "own/policy.assess") == ["AS1052"]


# ---------------------------------------------------------------- mistakes

MISTAKES = {
    "remove indicator groth": "AS1111", "component main { remove indicator groth }": "AS1111",
    "remove indicator growth": "AS1111", "remove component main\ncomponent main { points 5 points }": "AS1112",
    "remove growth": "AS1113", "remove": "AS1113", "component fresh { remove cap }": "AS1111",
    "remove component main, extra, none": "AS1111", "remove gate safety\nremove gate safety": "AS1111",
}  # fmt: skip


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_of_removing(folder: Path, text: str) -> None:
    path = put(folder, "own/policy.assess", f'extends "../base/policy.assess"\npolicy later {{\n{text}\n}}')
    assert MISTAKES[text] in codes(path)


def test_a_misspelt_removal_is_asked_about(folder: Path) -> None:
    path = put(folder, "own/policy.assess", 'extends "../base/policy.assess"\npolicy later { remove gate safty }')
    found = next(remark for remark in check_file(path)[1] if remark.code == "AS1111")
    assert found.help("en") == "did you mean `safety`?"


@pytest.mark.parametrize(
    "text",
    [
        "remove rounding of extra",
        "remove guarantee bounded",
        "remove total",
        "component main { indicator growth { remove missing\nmissing 5% } }",
    ],
)
def test_removal_of_statements_without_a_name(folder: Path, text: str) -> None:
    path = put(folder, "own/policy.assess", f'extends "../base/policy.assess"\npolicy later {{\n{text}\n}}')
    expected = {"remove total": ["AS1111"]}.get(text, ["AS1112"] if "missing" in text else [])
    assert codes(path) == expected


@pytest.mark.parametrize("head", ["extends base", 'extends "a.assess", "b.assess"', "extends", "extends 5"])
def test_what_is_no_path(folder: Path, head: str) -> None:
    path = put(folder, "own/policy.assess", f"{head}\npolicy later {{ period 2023 }}")
    found = codes(path)
    assert found
    assert all(code.startswith(("AS10", "AS20")) for code in found)


def test_nothing_is_extended_twice(folder: Path) -> None:
    put(folder, "own/other.assess", BASE)
    path = put(folder, "own/policy.assess", f'extends "other.assess"\n{OWN}')
    assert "AS2006" in codes(path)
