"""What users install: built, installed into an empty environment, and used there without the repository."""

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, encoding="utf-8", timeout=300)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, unpacked."""
    out = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", out, cwd=ROOT)
    (archive,) = out.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(out, filter="data")
    return next(path for path in out.iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the source distribution, so that it shows that nothing is missing there."""
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out, cwd=sdist)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds the wheel and what it says it needs."""
    place = tmp_path_factory.mktemp("empty") / "venv"
    venv.create(place, with_pip=True)
    programs = place / ("Scripts" if os.name == "nt" else "bin")
    constraints = ["--constraint", ROOT / "constraints.txt"]
    run(programs / "python", "-m", "pip", "install", "--quiet", *constraints, f"{wheel}", cwd=place)
    return programs


def below(folder: Path) -> set[str]:
    """The files, without what Python compiled beside them."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in files}


def test_wheel_carries_what_the_repository_has(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("grammars", "policies"):
        expected = {f"assessdsl/_data/{folder}/{name}" for name in below(ROOT / folder)}
        assert expected
        assert expected <= names
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "assessdsl").rglob("*.py")}
    assert modules | {"assessdsl/py.typed"} <= names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "docs/", "benchmarks/"))]


def test_source_distribution_can_be_tested(sdist: Path) -> None:
    assert {"docs/language.md", "tests/test_wheel.py", "constraints.txt", "Makefile", "LICENSE"} <= below(sdist)


def test_installed_library_works_alone_and_leaves_nothing_behind(installed: Path, tmp_path: Path) -> None:
    home, temporary, here = (tmp_path / name for name in ("home", "tmp", "here"))
    for folder in (home, temporary, here):
        folder.mkdir()
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "TMPDIR": str(temporary),
        "PYTHONUTF8": "1",
    }
    assessdsl = installed / "assessdsl"
    packages = Path(
        run(installed / "python", "-c", "import assessdsl; print(assessdsl.__path__[0])", cwd=here, env=env).strip()
    )
    assert not packages.is_relative_to(ROOT)
    before = below(packages)

    version = run(assessdsl, "--version", cwd=here, env=env)
    assert (
        version.split()[-1]
        == run(
            installed / "python",
            "-c",
            "import importlib.metadata as m; print(m.version('assessdsl'))",
            cwd=here,
            env=env,
        ).strip()
    )
    city = packages / "_data" / "policies" / "municipal_2022"
    shown = run(assessdsl, "demo", cwd=here, env=env)
    assert "municipal_2022" in shown or "2022年度全市目标管理考核办法" in shown
    scored = run(assessdsl, "evaluate", city / "policy.assess", city / "facts", "--format", "json", cwd=here, env=env)
    assert scored == run(
        assessdsl, "evaluate", city / "policy.yaml", city / "facts", "--format", "json", cwd=here, env=env
    )

    assert below(temporary) == below(here) == set()
    assert {name.rpartition("/")[0] for name in below(home)} <= {"cache/assessdsl"}  # what is kept of policies
    assert below(packages) == before
