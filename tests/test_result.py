"""What a result prints, exports, and is known by."""

import copy
import json
import pickle
import subprocess
import sys
import unicodedata
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError
from exact_drafts import office, office_data
from hypothesis import given, settings
from hypothesis import strategies as st

from assessdsl.backends import run
from assessdsl.backends.assemble import assemble
from assessdsl.facts import Dataset
from assessdsl.json_text import canonical_json, indented_json
from assessdsl.quantity import Quantity, Unit
from assessdsl.result import Citation, EntityResult, Finding, Result
from assessdsl.source import width


def result_of(data: Dataset | None = None, language: str = "en", **given_: Any) -> Result:
    plan, data = office(language), data or office_data()
    options: dict[str, Any] = {"register_findings": {}, "published": None, "warnings": ()} | given_
    result, found = assemble(plan, data, run(plan, data), **options)
    assert result is not None, found
    return result


RESULT = result_of()


# ---------------------------------------------------------------- a record


def test_a_result_cannot_be_changed() -> None:
    for mapping in (
        RESULT.entities,
        RESULT.entities["east"].components,
        RESULT.entities["east"].components["base"].indicators,
    ):
        with pytest.raises(TypeError):
            mapping["other"] = None  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        RESULT.entities["east"].total = Quantity(Fraction(0))  # type: ignore[misc]


def test_a_result_does_not_follow_the_mapping_it_was_made_from() -> None:
    entities = dict(RESULT.entities)
    result = evolve(RESULT, entities=entities)
    entities.clear()
    assert list(result.entities) == ["east", "west", "south"]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_result_can_be_copied_and_kept(copied: Any) -> None:
    same = copied(RESULT)
    assert same == RESULT
    assert hash(same) == hash(RESULT)
    assert same.digest == RESULT.digest
    assert str(same) == str(RESULT)
    with pytest.raises(TypeError):
        same.entities["other"] = None


def test_equality_leaves_out_language_and_warnings() -> None:
    assert evolve(RESULT, language="zh", trace=object()) == RESULT
    assert evolve(RESULT, period=2021) != RESULT
    assert result_of(office_data(built=4)) != RESULT


def test_ranking() -> None:
    assert [each.entity for each in RESULT.ranking("g")] == ["east", "west"]
    assert [each.entity for each in result_of(office_data(accident=True)).ranking("g")] == ["west", "east"]
    assert [each.entity for each in RESULT.ranking("h")] == ["south"]
    assert [each.entity for each in RESULT.ranking()] == ["east", "south", "west"]
    assert RESULT.ranking("nowhere") == ()


def test_those_of_one_rank_stand_by_name_and_those_without_rank_last() -> None:
    east = RESULT.entities["east"]
    ranks = {"d": 1, "c": None, "b": 2, "a": 2}
    result = evolve(RESULT, entities={name: evolve(east, entity=name, rank=rank) for name, rank in ranks.items()})
    assert [each.entity for each in result.ranking("g")] == ["d", "a", "b", "c"]


# ---------------------------------------------------------------- plain data


def test_plain_data() -> None:
    data = result_of(published=date(2023, 1, 1)).to_data()
    east = data["entities"]["east"]
    assert (data["policy"], data["period"], data["tiers"][0]) == ("draft", 2022, {"name": "top", "label": "Top"})
    assert {name: east[name] for name in ("total", "rank", "tier", "eligible", "group")} == {
        "total": "87", "rank": 1, "tier": "top", "eligible": True, "group": "g",
    }  # fmt: skip
    assert east["components"]["base"]["indicators"]["roads"]["targets"][1] == {
        "target": "t2", "score": "10", "points": "20", "met": False, "restored": False,
    }  # fmt: skip
    assert east["findings"][0] == {
        "name": "explain", "label": "Explain", "status": "raised", "within_days": 15, "due": "2023-01-16",
        "detail": "", "cites": [{"indicator": "roads", "target": "t2"}],
    }  # fmt: skip
    assert east["findings"][1]["cites"] == [{"judgement": "fault", "author": "panel", "evidence": "no. 7"}]


def test_numbers_are_exact_text() -> None:
    third = result_of(office_data(built=Fraction(10, 3)))
    scores = third.to_data()["entities"]["east"]["components"]["base"]["indicators"]["roads"]
    assert scores["targets"][1]["score"] == "20/3"
    assert Fraction(scores["score"]) == Fraction(110, 3)


def walk(data: Any) -> Any:
    yield data
    if isinstance(data, dict):
        for key, value in data.items():
            assert isinstance(key, str)
            yield from walk(value)
    elif isinstance(data, list):
        for value in data:
            yield from walk(value)


def test_plain_data_is_plain() -> None:
    for value in walk(RESULT.to_data()):
        assert isinstance(value, dict | list | str | bool | int | None)


def test_json() -> None:
    text = RESULT.to_json()
    assert json.loads(text) == RESULT.to_data()
    assert text.endswith("}\n")
    assert "“east”" in text
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def test_json_is_the_same_in_every_language_and_from_every_file() -> None:
    assert result_of(language="zh").to_json() == RESULT.to_json()
    for place in ("policy.assess", "facts.csv", "judgements.csv", "targets.csv"):
        assert place not in RESULT.to_json()


def test_very_long_numbers_can_be_written() -> None:
    long = Quantity(Fraction(1, 2**13000), Unit.POINTS)
    result = evolve(RESULT, entities={"east": evolve(RESULT.entities["east"], total=long)})
    assert Fraction(result.to_data()["entities"]["east"]["total"]) == long.value
    assert result.digest != RESULT.digest
    assert "≈" in str(result)


# ---------------------------------------------------------------- digest


def test_canonical_text() -> None:
    assert canonical_json({"b": [1, True, None], "a": 'é\n"\\\u0001'}) == '{"a":"é\\n\\"\\\\\\u0001","b":[1,true,null]}'
    assert canonical_json("e\u0301") == '"é"'
    # RFC 8785 sorts by UTF-16 code units: a letter beyond the first plane stands before U+FF21
    assert canonical_json({"\uff21": 1, "\U0001f600": 2, "\u20ac": 3}) == '{"€":3,"\U0001f600":2,"\uff21":1}'


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
)


@given(_PLAIN)
def test_indented_text_is_that_of_the_standard_library(data: Any) -> None:
    assert indented_json(data) == json.dumps(data, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


@given(st.dictionaries(st.text(), st.text()))
def test_canonical_keys_stand_in_the_order_of_their_code_units(data: dict[str, str]) -> None:
    normal = {unicodedata.normalize("NFC", key): unicodedata.normalize("NFC", value) for key, value in data.items()}
    pairs = sorted(normal.items(), key=lambda pair: pair[0].encode("utf-16-be"))
    assert canonical_json(data) == json.dumps(dict(pairs), ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("data", [{1.5}, Fraction(1), {"x": date(2022, 1, 1)}, [b""]])
def test_only_plain_data_has_a_canonical_text(data: Any) -> None:
    with pytest.raises(TypeError):
        canonical_json(data)


def test_the_digest_is_known() -> None:
    """A change of what is digested, or of its form, would silently part old results from new ones."""
    assert RESULT.digest == "sha256:35378857aa159a192132766f14d277a587e49743d5295427c0e37527b2db2a53"


def test_the_digest_is_of_what_was_decided() -> None:
    others = [
        result_of(office_data(built=4)),
        result_of(published=date(2023, 1, 1)),
        result_of(register_findings={"east": (Finding("target_removed", ""),)}),
        evolve(RESULT, fingerprint="sha256:1"),
        evolve(RESULT, period=2021),
    ]
    assert len({each.digest for each in (RESULT, *others)}) == 6


def test_the_digest_leaves_out_language_place_and_remarks() -> None:
    east = RESULT.entities["east"]
    moved = evolve(
        RESULT,
        language="zh",
        entities={
            **RESULT.entities,
            "east": evolve(
                east,
                language="zh",
                findings=tuple(
                    evolve(each, cites=tuple(evolve(cite, where="elsewhere.csv:9") for cite in each.cites))
                    for each in east.findings
                ),
            ),
        },
    )
    assert moved.digest == RESULT.digest
    assert evolve(RESULT, entities=dict(reversed(RESULT.entities.items()))).digest == RESULT.digest


def test_the_digest_depends_on_no_hash_seed() -> None:
    program = (
        "from exact_drafts import office, office_data; from assessdsl.backends import run\n"
        "from assessdsl.backends.assemble import assemble\n"
        "plan, data = office(), office_data()\n"
        "result, _ = assemble(plan, data, run(plan, data), register_findings={}, published=None, warnings=())\n"
        "print(result.digest)"
    )
    for seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parent,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        assert done.stdout.strip() == RESULT.digest


@settings(max_examples=30)
@given(st.permutations(range(3)), st.permutations(range(3)))
def test_the_order_of_rows_does_not_matter(entities: list[int], roads: list[int]) -> None:
    """Whatever order the backend is given, the same is decided and has the same digest."""
    data = office_data()
    old = data.entities
    data = evolve(
        data,
        entities=tuple(old[number] for number in entities),
        items={
            "roads": tuple(_moved(data.items["roads"][number], entities) for number in roads),
            "safety": tuple(_moved(each, entities) for each in reversed(data.items["safety"])),
        },
    )
    moved = result_of(data)
    for name, each in moved.entities.items():
        assert (each.total, each.rank, each.tier) == tuple(
            getattr(RESULT.entities[name], what) for what in ("total", "rank", "tier")
        )
    by_target = [_sorted(each) for each in (moved, RESULT)]
    assert by_target[0].digest == by_target[1].digest


def _moved(item: Any, entities: list[int]) -> Any:
    return evolve(item, entity=entities.index(item.entity))


def _sorted(result: Result) -> Result:
    """With the targets of each indicator in the order that binding gives them."""

    def ordered(entity: EntityResult) -> EntityResult:
        base = entity.components["base"]
        parts = {
            name: evolve(part, targets=tuple(sorted(part.targets, key=lambda target: target.target)))
            for name, part in base.indicators.items()
        }
        return evolve(entity, components={**entity.components, "base": evolve(base, indicators=parts)})

    return evolve(result, entities={name: ordered(entity) for name, entity in result.entities.items()})


# ---------------------------------------------------------------- text


def test_the_ranking_as_text() -> None:
    assert (
        str(result_of(published=date(2023, 1, 1)))
        == """\
Draft  2022

G
  rank  entity  total  tier  findings
     1  “east”   87.0  Top   Explain (by 2023-01-16); Refer; Warn (undetermined, tier of 2021: not assessed)
     2  “west”   60.0  Rest  Warn

H
  rank  entity   total  tier
     1  “south”  120.0  Top"""
    )


def test_the_ranking_in_chinese_is_aligned() -> None:
    result = result_of(language="zh")
    east = evolve(result.entities["east"], label="青岚区", tier_label="先进", findings=())
    west = evolve(result.entities["west"], label="Ab", tier_label="合格等次")
    text = str(evolve(result, entities={"east": east, "west": west}, groups=(("g", "区县"),)))
    _, title, *lines = (line for line in text.splitlines() if line)
    assert title == "区县"
    assert lines[0].split() == ["名次", "单位", "总分", "等次", "考核认定"]
    starts = [[width(line[: line.index(word)]) for word in words] for line, words in zip(
        lines, (("单位", "等次", "考核认定"), ("青岚区", "先进"), ("Ab", "合格等次", "Warn")), strict=True
    )]  # fmt: skip
    assert starts[0][:2] == starts[1] == starts[2][:2]
    assert starts[0][2] == starts[2][2]
    ends = [
        width(line[: line.index(word) + len(word)]) for line, word in zip(lines, ("总分", "87.0", "60.0"), strict=True)
    ]
    assert len(set(ends)) == 1


def test_columns_that_nobody_has_are_left_out() -> None:
    east = evolve(RESULT.entities["east"], rank=None, tier=None, findings=())
    lines = str(evolve(RESULT, entities={"east": east}, groups=())).splitlines()
    assert lines[2].split() == ["entity", "total"]
    assert lines[3].split() == ["“east”", "87.0"]


def test_an_undetermined_finding_says_so() -> None:
    assert "Warn (undetermined, tier of 2021: not assessed)" in str(RESULT)
    assert "Warn (待定, 2021年等次:未参加考核)" in str(result_of(language="zh"))


REGISTER_KINDS = (
    "removed", "lowered", "lightened", "split", "reclassified", "postponed", "reassigned", "altered", "added",
)  # fmt: skip


@pytest.mark.parametrize("kind", REGISTER_KINDS)
def test_findings_about_the_register_are_told_in_words(kind: str) -> None:
    finding = Finding(f"target_{kind}", "", cites=(Citation(indicator="roads", target="t9"),))
    for language, word in (("en", "target "), ("zh", "")):
        text = str(result_of(language=language, register_findings={"west": (finding,)}).entities["west"])
        (line,) = (line for line in text.splitlines() if line.endswith(" t9"))
        assert "_" not in line
        assert line.strip().startswith(word)


def test_an_entity_as_text() -> None:
    assert (
        str(RESULT.entities["east"])
        == """\
“east”  total 87.0  rank 1  tier Top
  Base      85  / 100
    Roads   40   / 50
    Safety  45   / 50
  Extra      2
    award    2
  findings
    Explain
    Refer
    Warn (undetermined, tier of 2021: not assessed)"""
    )


def test_labels_cannot_play_tricks_with_the_terminal() -> None:
    east = evolve(RESULT.entities["east"], label="east\u202e\x1b[2J", tier_label="top\x07")
    finding = evolve(east.findings[0], label="a\nb", cites=(Citation(),))
    east = evolve(east, findings=(finding,))
    for text in (str(east), str(evolve(RESULT, label="x\x1b", entities={"east": east}))):
        assert "east<U+202E><U+001B>[2J" in text
        assert "a<U+000A>b" in text
        assert not set("\u202e\x1b\x07") & set(text)
