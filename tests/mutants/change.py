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
    ast.BitOr: (ast.BitAnd,), ast.BitAnd: (ast.BitOr,), ast.Pow: (ast.Mult,),
}  # fmt: skip
_CALLS: Final = {
    "min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor",
    "sorted": "list",
}  # fmt: skip
_SHOWN: Final = 90

Path = tuple[tuple[str, int | None], ...]


@frozen(eq=False)
class Mutant:
    """A changed module; `name` tells where and what, and is the same as long as the code is."""

    module: str
    name: str
    tree: ast.Module
    lines: range = range(0)
    """Of the statement that was changed, without those that stand within it; of the whole text for a name."""
    names: tuple[str, ...] = ()
    """What was given another value, where no function was changed."""


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """In the order of the text."""
    tree = ast.parse(source)
    whole = range(1, len(source.splitlines()) + 1)
    seen: Counter[str] = Counter()
    for path, function in _places(tree):
        names = _given(tree.body[path[0][1] or 0]) if not function else ()
        was = _at(tree, path)
        for now in _instead(was):
            name = f"{function or names[0]}: {_text(was)} → {_text(now)}"
            seen[name] += 1
            changed = copy.deepcopy(tree)
            _put(changed, path, ast.copy_location(now, was))
            again = f" ({seen[name]})" if seen[name] > 1 else ""
            lines = whole if names else _lines(tree, path)
            yield Mutant(module, name + again, ast.fix_missing_locations(changed), lines, names)


_NOT_RUN: Final = frozenset({"annotation", "returns", "decorator_list", "args", "type_params"})


def _places(tree: ast.Module) -> Iterator[tuple[Path, str]]:
    """Whatever stands in a function, or is the value of a name of the module, and runs: no annotations, nothing that is
    only asserted (as the strictness of `zip` is). With the name of the function, if there is one."""

    def walk(node: ast.AST, path: Path, function: str) -> Iterator[tuple[Path, str]]:
        match node:
            case ast.FunctionDef(name):
                function = name
            case ast.Lambda():
                function = function or "lambda"
            case ast.keyword("strict") | ast.Assert() | ast.Expr(ast.Call(ast.Name("assert_never"))):
                return
        if function or (path and _given(tree.body[path[0][1] or 0])):
            yield path, function
        for field, value in ast.iter_fields(node):
            if field in _NOT_RUN and not isinstance(node, ast.Call):
                continue
            if isinstance(value, ast.AST):
                yield from walk(value, (*path, (field, None)), function)
            elif isinstance(value, list):
                for number, item in enumerate(value):
                    if isinstance(item, ast.AST):
                        yield from walk(item, (*path, (field, number)), function)

    yield from walk(tree, (), "")


def _given(statement: ast.stmt) -> tuple[str, ...]:
    match statement:
        case ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name)):
            return (name,)
        case ast.Assign([ast.Tuple(targets)]):
            return tuple(target.id for target in targets if isinstance(target, ast.Name))
        case _:
            return ()


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


def _lines(tree: ast.Module, path: Path) -> range:
    """Of the innermost statement or case; of one that holds others, its head."""
    inmost: ast.AST = tree
    for length in range(1, len(path) + 1):
        node = _at(tree, path[:length])
        inmost = node if isinstance(node, ast.stmt | ast.match_case) else inmost
    blocks = [part[0] for _, part in ast.iter_fields(inmost) if isinstance(part, list) and part]
    within = [_first(part) for part in blocks if isinstance(part, ast.stmt | ast.match_case)]
    first = _first(inmost)
    return range(first, max(within[0], first + 1) if within else _last(inmost) + 1)


def _first(node: ast.AST) -> int:
    return int(getattr(node.pattern if isinstance(node, ast.match_case) else node, "lineno", 1))


def _last(node: ast.AST) -> int:
    return int(getattr(node, "end_lineno", None) or 1)


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
        case ast.Call(ast.Name(name) as function, arguments, keywords) if name in _CALLS and not (
            _CALLS[name] == "list" and keywords
        ):
            yield ast.Call(ast.Name(_CALLS[name], function.ctx), arguments, keywords)
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.If(test, body, orelse):
            yield ast.If(ast.Constant(True), body, orelse)
            yield ast.If(ast.Constant(False), body, orelse)
        case ast.While(_, body, orelse):
            yield ast.While(ast.Constant(False), body, orelse)
        case ast.comprehension(target, iterated, [_, *_], is_async):
            yield ast.comprehension(target, iterated, [], is_async)
        case ast.match_case(pattern, ast.expr(), body):
            yield ast.match_case(pattern, ast.Constant(True), body)
            yield ast.match_case(pattern, ast.Constant(False), body)
        case ast.Expr(ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.AugAssign() | ast.Continue() | ast.Break():
            yield ast.Pass()


def _text(node: ast.AST) -> str:
    match node:
        case ast.If(test) | ast.While(test):
            shown = f"{type(node).__name__.lower()} {ast.unparse(test)}"
        case ast.match_case(pattern, guard):
            shown = f"case {ast.unparse(pattern)}" + (f" if {ast.unparse(guard)}" if guard else "")
        case _:
            shown = ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))
    shown = " ".join(shown.split())
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
