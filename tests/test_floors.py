"""The shape of the house: who may import whom, and how modules are written. Read from the code, without running it.

The table of floors is the one in docs/architecture.md.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "assessdsl"
MODULES = sorted(path.relative_to(ROOT) for path in PACKAGE.rglob("*.py") if "_data" not in path.parts)
LINES = 400

# Who may import what from elsewhere. A heavy dependency has one home, where an extra's may stand inside a function.
ELSEWHERE = {
    "attrs": ("assessdsl",),
    "lark": ("assessdsl/syntax/tabulate.py",),
    "yaml": ("assessdsl/syntax",),
    "python_calamine": ("assessdsl/data/workbook.py",),
    "cryptography": ("assessdsl/record/keys.py",),
    "hypothesis": ("assessdsl/fairness",),
    "pytest": ("assessdsl/fairness/plugin.py",),
    "z3": ("assessdsl/fairness/solver.py",),
    "numpy": ("assessdsl/fairness/robust/chances.py", "assessdsl/backends/columnar"),
    "llvmlite": ("assessdsl/backends/columnar/machine.py",),
    "narwhals": ("assessdsl/backends/columnar/reading.py",),
    "pyarrow": ("assessdsl/backends/columnar/parquet.py", "assessdsl/backends/columnar/lookup.py"),
    "scipy": ("assessdsl/fairness/robust/chances.py",),
    "sqlglot": ("assessdsl/backends/sql",),
}
EXTRAS = {
    "assessdsl/backends/columnar/parquet.py": {"pyarrow"},
    "assessdsl/backends/columnar/lookup.py": {"pyarrow"},
    "assessdsl/backends/columnar/machine.py": {"llvmlite"},
    "assessdsl/data/workbook.py": {"python_calamine"},
    "assessdsl/record/keys.py": {"cryptography"},
    "assessdsl/fairness/solver.py": {"z3"},
    "assessdsl/fairness/robust/chances.py": {"numpy", "scipy"},
}

# Where a float may be named: a workbook hands over floats, read as their shortest decimals; the likeness of two words.
FLOATS = {"assessdsl/data", "assessdsl/vocabulary.py"}


@cache
def tree(module: Path) -> ast.Module:
    return ast.parse((ROOT / module).read_text("utf-8"), str(module))


@cache
def floors() -> dict[str, tuple[int, int]]:
    """The floor of each module and package, and its place on it where those of one floor import in the order given."""
    found: dict[str, tuple[int, int]] = {}
    for line in (ROOT / "docs" / "architecture.md").read_text("utf-8").splitlines():
        if row := re.match(r"\| ([0-9]+) \| ([^|]+) \| (.*) \|", line):
            ordered = "import one another in this order" in row[3]
            for place, name in enumerate(re.findall(r"`([a-z_/.]+)`", row[2])):
                assert name not in found, f"{name} stands on two floors"
                found[name.removesuffix(".py").removesuffix("/")] = (int(row[1]), place if ordered else 0)
    return found


def part(module: str) -> str:
    """What of the table a module belongs to: assessdsl.check.names is of check."""
    return module.split(".")[1] if "." in module else "__init__"


def dotted(module: Path) -> str:
    return ".".join(module.with_suffix("").parts).removesuffix(".__init__")


def imports(module: Path) -> Iterator[tuple[str, ast.AST, bool]]:
    """Each imported module, and whether it is imported inside a function."""
    names = {dotted(path) for path in MODULES}

    def visit(node: ast.AST, inside: bool) -> Iterator[tuple[str, ast.AST, bool]]:
        match node:
            case ast.Import():
                yield from ((alias.name, node, inside) for alias in node.names)
            case ast.ImportFrom():
                assert node.level == 0, f"{module}:{node.lineno}: a relative import"
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    yield (whole if whole in names else str(node.module)), node, inside
            case _:
                within = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                for child in ast.iter_child_nodes(node):
                    yield from visit(child, within)

    return visit(tree(module), False)


def test_every_module_has_its_row() -> None:
    parts = {part(dotted(module)) for module in MODULES} - {"__init__", "__main__"}
    assert parts == set(floors())


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_go_down(module: Path) -> None:
    own = part(dotted(module))
    if own in {"__init__", "__main__"}:
        return  # the faces of the house, above every floor
    for imported, node, _ in imports(module):
        if imported.split(".")[0] != "assessdsl" or part(imported) == own:
            continue
        other = part(imported)
        assert other in floors(), f"{module}:{node.lineno} imports {imported}, which stands on no floor"
        assert floors()[other] < floors()[own], f"{module}:{node.lineno} imports {imported}, which does not stand lower"


def test_no_module_imports_itself_in_a_circle() -> None:
    names = {dotted(module): module for module in MODULES}
    graph = {
        name: {other for other, _, inside in imports(module) if other in names and other != name and not inside}
        for name, module in names.items()
    }
    done: set[str] = set()
    while ready := [name for name, needs in graph.items() if name not in done and needs <= done]:
        done.update(ready)
    assert not graph.keys() - done, "these modules import one another"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_stand_at_the_top(module: Path) -> None:
    allowed = EXTRAS.get(str(module), set())
    inside = {name for name, _, inside in imports(module) if inside and name.split(".")[0] not in allowed}
    assert not inside


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_dependencies_have_one_home(module: Path) -> None:
    for name, node, _ in imports(module):
        package = name.split(".")[0]
        if package == "assessdsl" or package in sys.stdlib_module_names:
            continue
        homes = ELSEWHERE.get(package, ())
        assert any(str(module).startswith(home) for home in homes), f"{module}:{node.lineno} imports {package}"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_modules_are_short(module: Path) -> None:
    lines = len((ROOT / module).read_text("utf-8").splitlines())
    assert lines <= LINES


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_numbers_are_exact(module: Path) -> None:
    if any(str(module).startswith(home) for home in FLOATS):
        return
    for node in ast.walk(tree(module)):
        match node:
            case ast.Constant(value=float() | complex()) | ast.Name(id="float" | "complex"):
                pytest.fail(f"{module}:{node.lineno} uses a float")


# What would let the day, the place or the run of the program into a result.
UNSTEADY = {
    "today", "now", "utcnow", "fromtimestamp", "time", "time_ns", "localtime", "gmtime", "ctime", "monotonic",
    "getlocale", "setlocale", "urandom", "uuid1", "uuid4",
}  # fmt: skip
CLOCK = "assessdsl/record/clock.py"  # when something was recorded is a fact; whoever records can give another clock
PLACES = "assessdsl/backends/compiled/interpreter.py"  # machine code finds objects by where they are


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_results_depend_on_the_input_alone(module: Path) -> None:
    for name, node, _ in imports(module):
        assert name.split(".")[0] not in {"time", "random", "secrets", "locale", "uuid"}, f"{module}:{node.lineno}"
    for node in ast.walk(tree(module)):
        match node:
            case ast.Call(func=ast.Attribute(attr=called)) if called in UNSTEADY and str(module) != CLOCK:
                pytest.fail(f"{module}:{node.lineno} calls {called}")
            case ast.Call(func=ast.Name(id="hash" | "id")) if str(module) != PLACES:
                pytest.fail(f"{module}:{node.lineno} uses an identity that changes from run to run")


def kind(node: ast.ClassDef) -> str:
    """What it is: an enumeration, exception or protocol, an attrs class that is `frozen` or `working`, or `other`."""
    bases = {ast.unparse(base).partition("[")[0] for base in node.bases}
    if bases & {"Enum", "IntEnum", "Exception", "AssessmentError", "Protocol", "NamedTuple"}:
        return "python"
    for decorator in node.decorator_list if not bases - {"Generic"} else []:
        match decorator:
            case ast.Name(id="frozen") | ast.Call(func=ast.Name(id="frozen")):
                return "frozen"
            case ast.Name(id="define"):
                return "working"
            case ast.Call(func=ast.Name(id="define"), keywords=keywords):
                return "frozen" if any(key.arg == "frozen" for key in keywords) else "working"
    return "other"


def seen_elsewhere() -> dict[str, set[str]]:
    """Of each package, the names that others import."""
    found: dict[str, set[str]] = {}
    for module in MODULES:
        own = part(dotted(module))
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.ImportFrom) and part(str(node.module)) != own:
                found.setdefault(part(str(node.module)), set()).update(alias.name for alias in node.names)
    return found


SEEN_ELSEWHERE = seen_elsewhere()

# The collectors of what is wrong go from the readers of tables and of blocks to what builds on them; the state of a
# register to who makes registers up, and folds their events as a register does.
HANDED_ON = {"assessdsl/data/remarks.py", "assessdsl/ast/operands.py", "assessdsl/record/state.py"}

# Written out: on the way to the score of one entity of a kept policy, attrs would take as long as all else.
WRITTEN_OUT = {"Policy", "Prepared", "Quantity", "Score"}


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_classes_are_records(module: Path) -> None:
    """Frozen; but what a pass writes into while it runs, which no other package sees."""
    seen = SEEN_ELSEWHERE.get(part(dotted(module)), set())
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ClassDef):
            found = kind(node)
            assert found != "other" or node.name in WRITTEN_OUT, f"{module}:{node.lineno}: {node.name} is no record"
            kept = node.name not in seen or str(module) in HANDED_ON
            assert found != "working" or kept, f"{module}:{node.lineno}: {node.name} is not frozen"


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(module) for module in MODULES if not ast.get_docstring(tree(module)) and tree(module).body]
    assert not silent
