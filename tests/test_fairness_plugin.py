"""The pytest plugin, as users run it."""

import shlex
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from faulty_policies import GATE_LEAKS, GOOD

from assessdsl.cli import main

ROOT = Path(__file__).parent.parent
PLUGIN = "assessdsl.fairness.plugin"


def run(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", "-v", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False).stdout


def test_a_policy_is_tried_and_its_failure_tells_how_to_run_it_again(tmp_path: Path) -> None:
    (tmp_path / "a draft.assess").write_text(GATE_LEAKS, "utf-8")
    asked = "absolute,order_invariant,dominance"
    told = run(tmp_path, "--assess-policy", "a draft.assess", "--assess-properties", asked)
    assert "1 failed, 1 passed, 1 skipped" in told
    assert "the gate `done` fired for" in told
    again = next(line for line in told.splitlines() if line.startswith("again: "))
    assert "1 failed" in run(tmp_path, *shlex.split(again.removeprefix("again: pytest ")))


def test_what_the_policy_claims_is_tried_without_more(tmp_path: Path) -> None:
    (tmp_path / "good.assess").write_text(GOOD.replace("tier top_one", "guarantee monotone\n  tier top_one"), "utf-8")
    told = run(tmp_path, "--assess-policy", "good.assess", "--collect-only", "-q")
    assert "[p-monotone]" in told
    assert "[p-anonymous]" in told
    assert "rounding_safe" not in told


def test_properties_are_asked_for_by_the_words_with_which_they_are_claimed(tmp_path: Path) -> None:
    (tmp_path / "good.assess").write_text(GOOD, "utf-8")
    asked = ("--assess-properties", "tiers_follow_scores,单调", "--collect-only", "-q")
    told = run(tmp_path, "--assess-policy", "good.assess", *asked)
    assert "[p-tiers_follow]" in told
    assert "[p-monotone]" in told


def test_tests_of_ones_own_run_for_policies_entities_and_properties(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text(
        "import pytest\n"
        f"CITY = {str(ROOT / 'policies' / 'nursing_home_stars')!r}\n"
        "@pytest.mark.assess(CITY + '/policy.assess', facts=CITY + '/facts')\n"
        "def test_entity(assess_policy, assess_entity):\n    assert assess_policy.name and assess_entity\n"
        "@pytest.mark.assess(CITY + '/policy.assess', properties=['anonymous', 'bounded'])\n"
        "def test_property(assess_policy, assess_property):\n    assert assess_property\n",
        "utf-8",
    )
    told = run(tmp_path, "--strict-markers")
    assert "test_property[nursing_home_stars_2023-bounded]" in told
    assert "failed" not in told
    assert told.count("test_entity[") > 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--assess-policy", "none.assess"), "none.assess: No such file"),
        (("--assess-policy", "bad.assess"), "AS"),
        (("--assess-policy", "good.assess", "--assess-properties", "good"), "no such property: good"),
    ],
)
def test_what_is_wrong_is_told_without_a_traceback(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    (tmp_path / "bad.assess").write_text("policy p {", "utf-8")
    (tmp_path / "good.assess").write_text(GOOD, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_the_plugin_imports_nothing_that_takes_long() -> None:
    code = (
        f"import sys, {PLUGIN}; print(*[name for name in ('hypothesis', 'lark', 'z3', 'yaml') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_entry_points_name_what_is_there() -> None:
    points = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    assert points["pytest11"] == {PLUGIN: PLUGIN}
    module, name = points["hypothesis"]["assessdsl"].split(":")
    assert callable(getattr(import_module(module), name))


@pytest.mark.parametrize("said", ["tiers_follow_scores", "等次随分", "tiers_follow"])
def test_prove_takes_the_words_with_which_properties_are_claimed(
    said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good.assess").write_text(GOOD, "utf-8")
    assert main(["prove", str(tmp_path / "good.assess"), "--only", said]) == 0
    assert "who scores more has no worse tier" in capsys.readouterr().out
