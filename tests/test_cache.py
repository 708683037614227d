"""What is kept of policies between programs: used only where nothing has changed, harmless in every other case."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from test_conformance import cases, load
from test_extend import BASE, OWN

import assessdsl
from assessdsl import cache, reading
from assessdsl.plan import wire
from assessdsl.reading import kept

ROOT = Path(__file__).parent.parent
POLICIES = sorted((ROOT / "policies").glob("*/policy*.assess"))
PLAIN = "policy p {{ period 2022; full 9 points; group all; fact area money missing zero; component c {{ {} }} }}\n"
ONE = PLAIN.format("points 9 points; indicator i { points 9 points; score if area > 3 元 then 100% else 0% }")
OTHER = PLAIN.format("points 9 points; indicator i { points 9 points; score if area > 5 元 then 100% else 0% }")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASSESSDSL_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be read any more."""

    def refuse(*_: Any) -> Any:
        raise AssertionError("a text was read")

    monkeypatch.setattr(reading, "read_policy", refuse)


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.assess"
    path.write_text(ONE, "utf-8")
    return path


def total(policy: assessdsl.Policy) -> str:
    result = assessdsl.evaluate(policy, [{"entity": "a", "group": "all", "area": "4 元"}])
    return str(result.entities["a"].total)


def entries(place: Path) -> list[Path]:
    return sorted(place.iterdir()) if place.exists() else []


# ---------------------------------------------------------------- plans as text


@pytest.mark.parametrize("case", list(cases()))
def test_a_plan_comes_back_with_every_place_and_label(case: dict[str, Any], tmp_path: Path) -> None:
    try:
        plan = load(case, tmp_path).plan
    except assessdsl.PolicyError:
        return
    text = wire.written(plan)
    again = wire.read(text)
    assert again == plan
    assert wire.written(again) == text  # places and labels, which are outside equality, stand in the text


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.parent.name)
def test_a_kept_policy_is_the_same_to_all_who_use_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = assessdsl.load(path)
    with monkeypatch.context() as blocked:
        blocked.setattr(reading, "read_policy", None)
        again = assessdsl.load(path)
    assert again.plan == first.plan
    assert again.diagnostics == first.diagnostics
    assert (again.name, again.label, again.language) == (first.name, first.label, first.language)
    assert (again.fingerprint, repr(again)) == (first.fingerprint, repr(first))
    assert again.checked.policy == first.checked.policy
    facts = path.parent / "facts"
    if facts.exists() and path.name == "policy.assess":
        results = [assessdsl.evaluate(policy, facts) for policy in (first, again)]
        assert results[0].canonical() == results[1].canonical()
        name = next(iter(results[0].entities))
        assert str(assessdsl.explain(results[0], name)) == str(assessdsl.explain(results[1], name))


def test_nothing_but_a_plan_is_written() -> None:
    with pytest.raises(TypeError, match="object is no part of a plan"):
        wire.written(object())


@pytest.mark.parametrize("text", ["", "{", "[]x", '{"Path":["/"]}', '{"Grain":[1,2,3,4]}', '{"@":9}', '{"a":1,"b":2}'])
def test_no_other_text_is_read(text: str) -> None:
    with pytest.raises((ValueError, TypeError, LookupError)):
        wire.read(text)


# ---------------------------------------------------------------- what a policy rests on


def test_a_policy_is_read_once(policy: Path, request: pytest.FixtureRequest) -> None:
    assert total(assessdsl.load(policy)) == "9"
    request.getfixturevalue("unread")
    assert total(assessdsl.load(policy)) == "9"


def test_a_policy_that_was_changed_is_read_again(policy: Path) -> None:
    assert total(assessdsl.load(policy)) == "9"
    stat = policy.stat()
    policy.write_text(OTHER, "utf-8")
    os.utime(policy, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert total(assessdsl.load(policy)) == "0"


def test_a_policy_of_another_name_is_read(policy: Path, tmp_path: Path) -> None:
    """Its name stands in every place that is told."""
    assessdsl.load(policy)
    other = tmp_path / "other.assess"
    other.write_text(ONE, "utf-8")
    assert {step.span.source.name for step in assessdsl.load(other).plan.steps} == {str(other)}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    for name, text in (("base", BASE), ("own", OWN)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "policy.assess").write_text(text, "utf-8")
    return tmp_path / "own" / "policy.assess"


def test_what_a_policy_extends_belongs_to_it(own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = assessdsl.load(own)
    with monkeypatch.context() as blocked:
        blocked.setattr(reading, "read_policy", None)
        again = assessdsl.load(own)
    base = tmp_path / "base" / "policy.assess"
    base.write_text(BASE.replace("score 100%", "score 90%"), "utf-8")
    assert again.checked.policy == first.checked.policy, "the texts are those of when it was loaded"
    changed = assessdsl.load(own)
    assert changed.fingerprint != first.fingerprint
    base.unlink()
    with pytest.raises(assessdsl.PolicyError, match="AS1104"):
        assessdsl.load(own)


def test_a_link_that_leads_elsewhere_is_followed(own: Path, tmp_path: Path) -> None:
    before = assessdsl.load(own).fingerprint
    (tmp_path / "base").rename(tmp_path / "old")
    (tmp_path / "new").mkdir()
    text = BASE.replace("score 100%", "score 90%")
    (tmp_path / "new" / "policy.assess").write_text(text, "utf-8")
    (tmp_path / "base").symlink_to(tmp_path / "old", target_is_directory=True)
    assert assessdsl.load(own).fingerprint == before
    (tmp_path / "base").unlink()
    (tmp_path / "base").symlink_to(tmp_path / "new", target_is_directory=True)
    assert assessdsl.load(own).fingerprint != before


def test_another_program_reads_for_itself(policy: Path, monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    assessdsl.load(policy)
    monkeypatch.setattr(kept, "_program", lambda: "another version")
    assessdsl.load(policy)
    assert len(entries(place)) == 2


def test_a_program_is_known_by_its_files(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    file = tmp_path / "code" / "a.py"
    file.write_text("1")
    os.utime(file, ns=(1, 1))
    first = cache.made_by(tmp_path / "code")
    assert cache.made_by(tmp_path / "code") == first
    file.write_text("22")
    os.utime(file, ns=(1, 1))
    longer = cache.made_by(tmp_path / "code")
    os.utime(file, ns=(1, 2))
    later = cache.made_by(tmp_path / "code")
    (tmp_path / "code" / "b.py").write_text("")
    assert len({first, longer, later, cache.made_by(tmp_path / "code")}) == 4


def test_remarks_are_kept_and_errors_are_not(policy: Path, place: Path, request: pytest.FixtureRequest) -> None:
    policy.write_text(ONE.replace("fact area", "parameter idle = 3\nfact area"), "utf-8")
    first = assessdsl.load(policy)
    assert first.diagnostics
    policy.with_name("wrong.assess").write_text("policy p {", "utf-8")
    with pytest.raises(assessdsl.PolicyError):
        assessdsl.load(policy.with_name("wrong.assess"))
    assert len(entries(place)) == 1
    request.getfixturevalue("unread")
    again = assessdsl.load(policy)
    assert [remark.plain("zh") for remark in again.diagnostics] == [remark.plain("zh") for remark in first.diagnostics]


# ---------------------------------------------------------------- whatever happens to the folder


def test_spoilt_entries_are_written_anew(policy: Path, place: Path) -> None:
    assessdsl.load(policy)
    (entry,) = entries(place)
    whole = entry.read_bytes()
    for spoilt in (b"", whole[:50], whole[:-1], whole.replace(b"Plan", b"Flan"), b"\xff" * 200):
        entry.write_bytes(spoilt)
        assert total(assessdsl.load(policy)) == "9"
        assert entry.read_bytes() == whole


@pytest.mark.parametrize("text", ["{}", '"no plan"', '{"tuple":[1,2]}', '{"Path":["/"]}'])
def test_an_entry_of_another_kind_is_none(policy: Path, place: Path, text: str) -> None:
    assessdsl.load(policy)
    (entry,) = entries(place)
    cache.store(entry.stem, text)
    assert total(assessdsl.load(policy)) == "9"


def test_the_folder_may_be_deleted_or_be_no_folder(policy: Path, place: Path) -> None:
    assessdsl.load(policy)
    for entry in entries(place):
        entry.unlink()
    place.rmdir()
    assert total(assessdsl.load(policy)) == "9"
    for entry in entries(place):
        entry.unlink()
    place.rmdir()
    place.write_text("a file", "utf-8")
    assert total(assessdsl.load(policy)) == "9"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="files have no owners")
def test_what_others_wrote_is_not_read(policy: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.store("a", "text")
    assert cache.fetch("a") == "text"
    assert entries(place)[0].stat().st_mode & 0o077 == 0
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    if mine:  # what the administrator wrote is trusted
        assert cache.fetch("a") is None
    else:
        assert cache.fetch("a") == "text"


def test_it_stays_small_and_keeps_what_is_used(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "BYTES", 4000)
    for number in range(6):
        cache.store(f"old{number}", "x" * 500)
        os.utime(place / f"old{number}.json", ns=(number, number))
    assert cache.fetch("old0") is not None  # and so is no longer the oldest
    cache.store("new", "x" * 900)
    assert {path.stem for path in entries(place)} == {"old0", "old2", "old3", "old4", "old5", "new"}
    cache.store("huge", "x" * 3000)
    assert cache.fetch("huge") is None


def test_many_writers_at_once(place: Path) -> None:
    code = """
import sys
from assessdsl import cache
for number in range(150):
    text = str(number % 3) * 20000
    cache.store(f"k{number % 3}", text)
    assert cache.fetch(f"k{number % 3}") == text
"""
    running = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(3)]
    assert [(process.communicate()[1], process.returncode) for process in running] == [(b"", 0)] * 3
    assert [path.name for path in entries(place)] == ["k0.json", "k1.json", "k2.json"]


@pytest.mark.parametrize("word", ["off", "OFF", "0", "no", "false"])
def test_it_can_be_switched_off(word: str, policy: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASSESSDSL_CACHE", word)
    monkeypatch.chdir(tmp_path)
    assessdsl.load(policy)
    assert [path.name for path in entries(tmp_path)] == ["policy.assess"]
    assert cache.folder() is None


FOLDERS = [
    ({"ASSESSDSL_CACHE": "/a", "HOME": "/h"}, "linux", "/a"),
    ({"HOME": "/h"}, "linux", "/h/.cache/assessdsl"),
    ({"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "linux", "/x/assessdsl"),
    ({"HOME": "/h", "XDG_CACHE_HOME": "x"}, "linux", "/h/.cache/assessdsl"),
    ({"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "darwin", "/h/Library/Caches/assessdsl"),
    ({"LOCALAPPDATA": "/l", "HOME": "/h"}, "win32", "/l/assessdsl"),
    ({}, "linux", None),
    ({}, "win32", None),
    ({"HOME": ""}, "darwin", None),
]


@pytest.mark.parametrize(("environment", "platform", "expected"), FOLDERS)
def test_the_folder_is_the_platform_s(environment: dict[str, str], platform: str, expected: str | None) -> None:
    assert cache.folder(environment, platform) == (None if expected is None else Path(expected))
