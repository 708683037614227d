"""Every small change of a module: a sign, a number, a condition, a step left out."""

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from typing import Final

from attrs import frozen

_SIGNS: Final[dict[type, tuple[type, ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Add,),
    ast.Div: (ast.Mult,), ast.FloorDiv: (ast.Div,), ast.Mod: (ast.FloorDiv,), ast.And: (ast.Or,), ast.Or: (ast.And,),
    ast.BitOr: (ast.BitAnd,), ast.BitAnd: (ast.BitOr,),
}  # fmt: skip
_CALLS: Final = {"min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor"}
_SHOWN: Final = 90


@frozen(eq=False)
class Mutant:
    """A changed module; `name` tells where and what, and is the same as long as the code is."""

    module: str
    name: str
    tree: ast.Module


def unchanged(module: str, source: str) -> Mutant:
    return Mutant(module, "", ast.parse(source))


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """In the order of the text."""
    tree = ast.parse(source)
    seen: Counter[str] = Counter()
    for path, function in _places(tree):
        for was, now in _changes(_at(tree, path)):
            name = f"{function}: {_text(was)} → {_text(now)}"
            seen[name] += 1
            changed = copy.deepcopy(tree)
            _put(changed, path, now)
            again = f" ({seen[name]})" if seen[name] > 1 else ""
            yield Mutant(module, name + again, ast.fix_missing_locations(changed))


Path = tuple[tuple[str, int | None], ...]


def _places(tree: ast.Module) -> Iterator[tuple[Path, str]]:
    """Whatever stands in a function and runs: no annotations, no texts of errors."""

    def walk(node: ast.AST, path: Path, function: str) -> Iterator[tuple[Path, str]]:
        if isinstance(node, ast.FunctionDef):
            function = node.name
        if function:
            yield path, function
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "decorator_list", "args") and not isinstance(node, ast.Call):
                continue
            if isinstance(value, ast.AST):
                yield from walk(value, (*path, (field, None)), function)
            elif isinstance(value, list):
                for number, item in enumerate(value):
                    if isinstance(item, ast.AST):
                        yield from walk(item, (*path, (field, number)), function)

    yield from walk(tree, (), "")


def _at(node: ast.AST, path: Path) -> ast.AST:
    for field, number in path:
        value = getattr(node, field)
        node = value if number is None else value[number]
    return node


def _put(tree: ast.AST, path: Path, new: ast.AST) -> None:
    field, number = path[-1]
    above = _at(tree, path[:-1])
    if number is None:
        setattr(above, field, new)
    else:
        getattr(above, field)[number] = new


def _changes(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    for new in _instead(node):
        yield node, new


def _instead(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left, [sign], right):
            for other in _SIGNS[type(sign)]:
                yield ast.Compare(left, [other()], right)
        case ast.Compare(left, [one, two], right):
            yield from (ast.Compare(left, [other(), two], right) for other in _SIGNS[type(one)])
            yield from (ast.Compare(left, [one, other()], right) for other in _SIGNS[type(two)])
        case ast.BinOp(left, sign, right):
            yield from (ast.BinOp(left, other(), right) for other in _SIGNS.get(type(sign), ()))
        case ast.BoolOp(sign, values):
            yield from (ast.BoolOp(other(), values) for other in _SIGNS[type(sign)])
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield operand
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield ast.Constant(value + 1)
        case ast.Call(ast.Name(name) as function, arguments, keywords) if name in _CALLS:
            yield ast.Call(ast.Name(_CALLS[name], function.ctx), arguments, keywords)
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.If(test, body, orelse):
            yield ast.If(ast.Constant(True), body, orelse)
            yield ast.If(ast.Constant(False), body, orelse)
        case ast.Expr(ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.AugAssign() | ast.Continue() | ast.Break():
            yield ast.Pass()


def _text(node: ast.AST) -> str:
    match node:
        case ast.If(test, _, _):
            shown = f"if {ast.unparse(test)}"
        case _:
            shown = ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))
    shown = " ".join(shown.split())
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
