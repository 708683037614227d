"""`import assessdsl` is light: what is heavy or optional is loaded by the first use that needs it."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    "module", ["lark", "yaml", "python_calamine", "attr", "json", "fractions", "tomllib", "typing", "re"]
)
def test_import_loads_no_heavy_module(module: str) -> None:
    code = f"import sys; before = {{*sys.modules}}; import assessdsl; print({module!r} in {{*sys.modules}} - before)"
    assert python(code) == "False"


@pytest.mark.parametrize("module", ["python_calamine", "lark"])
def test_reading_the_dsl_needs_neither_workbooks_nor_what_makes_the_tables_of_the_grammar(module: str) -> None:
    policy = ROOT / "policies" / "municipal_2022" / "policy.assess"
    code = f"import sys, assessdsl; assessdsl.load({str(policy)!r}); print({module!r} in sys.modules)"
    assert python(code) == "False"


def test_a_kept_policy_is_scored_without_reader_or_checker(tmp_path: Path) -> None:
    folder = ROOT / "policies" / "survey_and_panel"
    code = (
        f"import os, sys; os.environ['ASSESSDSL_CACHE'] = {str(tmp_path)!r}; import assessdsl;"
        f"policy = assessdsl.load({str(folder / 'policy.assess')!r});"
        f"assessdsl.evaluate(policy, {str(folder / 'facts')!r}); print(*sys.modules)"
    )
    first, again = (set(python(code).split()) for _ in range(2))
    reader = {f"assessdsl.{part}" for part in ("syntax", "ast", "check", "files", "plan.lower", "reading.texts")}
    assert reader <= first
    assert not (reader | {"assessdsl.explanation", "yaml", "lark"}) & again


def test_records_are_scored_without_readers_of_files() -> None:
    code = (
        "import sys, assessdsl; policy = assessdsl.load("
        f"{str(ROOT / 'policies' / 'survey_and_panel' / 'policy.assess')!r});"
        "\ntry:\n    assessdsl.evaluate(policy, [{'entity': 'a'}])\n"
        "except assessdsl.DataError:\n    print(*sys.modules)"
    )
    loaded = set(python(code).split())
    assert "assessdsl.binding.bind" in loaded
    assert not {"assessdsl.data.read", "assessdsl.data.workbook", "assessdsl.data.csv_file", "zipfile", "csv"} & loaded


def test_commands_do_not_wait_for_what_proves_compares_or_lints() -> None:
    code = "import sys; from assessdsl.cli import main; main(['--version']); print(*sys.modules)"
    loaded = set(python(code).splitlines()[-1].split())
    slow = {"fairness.prove", "fairness.robust", "cli_fairness", "authoring.comparison", "authoring.lint"}
    slow |= {"cli_record", "cli_register", "record.register", "record.store", "record.succession_tables"}
    assert "assessdsl.cli_authoring" in loaded
    assert not {f"assessdsl.{name}" for name in slow} & loaded


def test_names_are_loaded_on_first_use_and_listed_before() -> None:
    code = "import assessdsl; print(all(getattr(assessdsl, name) is not None for name in assessdsl.__all__))"
    assert python(code) == "True"
    names = [
        "load",
        "loads",
        "check_text",
        "check_file",
        "convert",
        "read_facts",
        "evaluate",
        "explain",
        "PolicyError",
        "DataError",
    ]
    assert python(f"import assessdsl; print(set({names!r}) <= set(dir(assessdsl)))") == "True"


def test_unknown_names_are_refused_as_python_does() -> None:
    code = "import assessdsl\ntry:\n    assessdsl.evaluat\nexcept AttributeError as error:\n    print(error)"
    assert "evaluat" in python(code)


def test_version_is_that_of_the_package() -> None:
    assert python("import assessdsl; print(assessdsl.__version__)") == version("assessdsl")
