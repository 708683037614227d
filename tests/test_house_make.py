"""The commands that people run first."""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAKE = shutil.which("make") or "make"


def make(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    if path is not None:
        environment["PATH"] = path
    command = [MAKE, "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def test_without_a_python_it_says_what_to_install(tmp_path: Path) -> None:
    done = make(f"{tmp_path}/venv/.made", f"VENV={tmp_path}/venv", path=str(tmp_path))
    assert done.returncode != 0
    assert "Python 3.11 or newer" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_the_newest_python_that_works_is_taken(tmp_path: Path) -> None:
    for name, works in (("python3.14", False), ("python3.13", True), ("python3.11", True)):
        program = tmp_path / name
        made = f'case "$1" in -m) mkdir -p "$4" && echo {name} > "$4/made" ;; --version) echo {name} ;; esac'
        program.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{made if works else 'exit 1'}\n")
        program.chmod(0o755)
    (tmp_path / "touch").symlink_to(str(shutil.which("touch")))
    done = make(f"{tmp_path}/venv/.made", f"VENV={tmp_path}/venv", path=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "venv" / "made").read_text() == "python3.13\n"


def test_nothing_is_installed_twice(tmp_path: Path) -> None:
    for name in (".made", ".installed", ".tools"):
        (tmp_path / name).touch()
    assert make("--question", f"{tmp_path}/.installed", f"{tmp_path}/.tools", f"VENV={tmp_path}").returncode == 0
    for name in (".installed", ".tools"):
        os.utime(tmp_path / name, (0, 0))
        assert make("--question", f"{tmp_path}/{name}", f"VENV={tmp_path}").returncode == 1


def test_every_requirement_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    names = {one.partition(">")[0].partition("[")[0].lower() for one in asked} - {"assessdsl"}
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    locked = {line.partition("==")[0].lower() for line in lines if "==" in line}
    assert names <= locked
    assert all(">=" in one and "<" in one for one in asked if not one.startswith("assessdsl")), "users get bounds"
