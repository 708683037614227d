"""Expressions made shorter by what is known never to be missing: what is decided is not asked, what cannot happen is
left out. Expressions are shared, so what is shorter is made anew."""

from collections.abc import Callable
from typing import Final

from sqlglot import exp

from assessdsl.backends.sql.arithmetic import operand
from assessdsl.backends.sql.cells import is_null, literal

Present = Callable[[exp.Column], bool]
"""Whether a column is never NULL."""

_OPPOSITES: Final[dict[type[exp.Expr], type[exp.Expr]]] = {
    exp.EQ: exp.NEQ, exp.NEQ: exp.EQ, exp.LT: exp.GTE, exp.GTE: exp.LT, exp.GT: exp.LTE, exp.LTE: exp.GT,
}  # fmt: skip
_DECIDED: Final[dict[type[exp.Expr], Callable[[int, int], bool]]] = {
    exp.EQ: int.__eq__, exp.NEQ: int.__ne__, exp.LT: int.__lt__, exp.GTE: int.__ge__, exp.GT: int.__gt__,
    exp.LTE: int.__le__,
}  # fmt: skip
_COUNTED: Final[dict[type[exp.Expr], Callable[[int, int], int]]] = {
    exp.Add: int.__add__, exp.Sub: int.__sub__, exp.Mul: int.__mul__,
}  # fmt: skip
_STRICT: Final[tuple[type[exp.Expr], ...]] = (
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Neg,
    exp.Not,
    exp.And,
    exp.Or,
    exp.Paren,
    exp.Cast,
    exp.IntDiv,
    exp.Div,
    exp.Mod,
    *_DECIDED,
)


def never_missing(one: exp.Expr, present: Present) -> bool:
    match one:
        case exp.Column():
            return present(one)
        case exp.Literal() | exp.Boolean() | exp.Is():
            return True
        case exp.Case():
            values = [branch.args["true"] for branch in one.args["ifs"]]
            default = one.args.get("default")
            return default is not None and all(never_missing(value, present) for value in (*values, default))
        case exp.Coalesce():
            return any(never_missing(value, present) for value in (one.this, *one.expressions))
        case exp.Window(this=exp.Rank() | exp.DenseRank() | exp.RowNumber() | exp.Count()):
            return True
        case exp.Window(this=exp.Sum(this=of)):  # over the row itself at least
            return never_missing(of, present)
        case exp.In():
            return never_missing(one.this, present)
        case _ if isinstance(one, _STRICT):
            return all(never_missing(part, present) for part in one.iter_expressions() if _is_value(part))
        case _:
            return False


def _is_value(part: exp.Expr) -> bool:
    return not isinstance(part, exp.DataType)


def simplified(one: exp.Expr, present: Present) -> exp.Expr:
    """The same value for every row whose columns are as `present` has them."""
    changed = False
    parts: dict[str, object] = {}
    for key, value in one.args.items():
        if isinstance(value, exp.Expr):
            parts[key] = _within(one, simplified(value, present))
            changed = changed or parts[key] is not value
        elif isinstance(value, list):
            parts[key] = [simplified(part, present) if isinstance(part, exp.Expr) else part for part in value]
            changed = changed or any(new is not old for new, old in zip(parts[key], value, strict=True))  # type: ignore[call-overload]
        else:
            parts[key] = value
    if changed:
        one = type(one)(**parts)
    match one:
        case exp.Paren(this=exp.Paren() as inner):
            return inner
        case exp.Cast(this=exp.Cast() as inner, to=kind) if inner.to == kind:
            return inner
        case exp.Paren(this=inner):
            return one if operand(inner) is not inner else inner
        case exp.Not(this=inner):
            return _opposite(_bare(inner), one)
        case exp.Is(this=inner, expression=exp.Null()):
            if is_null(inner):
                return exp.true()
            return exp.false() if never_missing(inner, present) else one
        case exp.And() | exp.Or():
            return _joined(one)
        case exp.Case():
            return _case(one, present)
        case exp.Coalesce():
            return _first(one, present)
        case _ if type(one) in _COUNTED or type(one) in _DECIDED:
            return _worked_out(one)
    return one


def _worked_out(one: exp.Expr) -> exp.Expr:
    if is_null(one.this) or is_null(one.expression):
        return exp.null()
    kind = type(one)
    sides = (one.this, one.expression)
    if kind in _DECIDED:
        sides = tuple(side.this if isinstance(side, exp.Cast) else side for side in sides)
    left, right = (literal(side) for side in sides)
    if left is None or right is None:
        return one
    return exp.convert(_DECIDED[kind](left, right) if kind in _DECIDED else _COUNTED[kind](left, right))


def _within(parent: exp.Expr, child: exp.Expr) -> exp.Expr:
    """Put in parentheses where its parent would take it apart."""
    if isinstance(parent, exp.Paren):
        return child
    if isinstance(parent, exp.Connector):
        return (
            exp.paren(child, copy=False)
            if isinstance(child, exp.Connector) and type(child) is not type(parent)
            else child
        )
    return operand(child) if isinstance(parent, exp.Binary | exp.Unary | exp.In) else child


def _bare(one: exp.Expr) -> exp.Expr:
    return one.this if isinstance(one, exp.Paren) else one


def _opposite(inner: exp.Expr, whole: exp.Expr) -> exp.Expr:
    match inner:
        case exp.Boolean(this=value):
            return exp.false() if value else exp.true()
        case exp.Null():
            return inner
        case exp.Not(this=twice):
            return _bare(twice)
        case _:
            return whole


def _joined(one: exp.Expr) -> exp.Expr:
    decides = isinstance(one, exp.Or)
    left, right = one.this, one.expression
    for side, other in ((left, right), (right, left)):
        if isinstance(side, exp.Boolean):
            return side if side.this == decides else _bare(other)
    return one


def _first(one: exp.Expr, present: Present) -> exp.Expr:
    values: list[exp.Expr] = []
    for value in (one.this, *one.expressions):
        if not is_null(value):
            values.append(value)
            if never_missing(value, present):
                break
    if len(values) < 2:
        return values[0] if values else exp.null()
    return exp.func("COALESCE", *values, copy=False)


def _case(one: exp.Expr, present: Present) -> exp.Expr:
    branches: list[tuple[exp.Expr, exp.Expr]] = []
    other = one.args.get("default") or exp.null()
    for branch in one.args["ifs"]:
        condition, value = _bare(branch.this), branch.args["true"]
        if is_null(condition) or (isinstance(condition, exp.Boolean) and not condition.this):
            continue
        certain = isinstance(condition, exp.Boolean) or (
            bool(branches) and _is_opposite(branches[-1][0], condition) and never_missing(branches[-1][0], present)
        )
        if certain:
            other = value
            break
        branches.append((condition, value))
    while branches and branches[-1][1] == other:
        branches.pop()
    if not branches:
        return other
    match branches:
        case [(exp.Not(this=held), value)] if _bare(held) == exp.Is(this=operand(value), expression=exp.null()):
            return value if is_null(other) else exp.func("COALESCE", value, other, copy=False)
    if len(branches) == 1 and never_missing(branches[0][0], present):
        match branches[0][1], other:
            case exp.Boolean(this=True), exp.Boolean(this=False):
                return branches[0][0]
            case exp.Boolean(this=False), exp.Boolean(this=True):
                return _opposite(branches[0][0], exp.Not(this=operand(branches[0][0])))
    found: exp.Expr = exp.Case(ifs=[exp.If(this=condition, true=value) for condition, value in branches])
    if not is_null(other):
        found.set("default", other)
    values = [value for _, value in branches] + [other]
    if len(branches) < len(one.args["ifs"]) and all(literal(value) is not None or is_null(value) for value in values):
        found = exp.cast(found, "BIGINT", copy=False)  # literals alone would be of a smaller type
    return found


def _is_opposite(one: exp.Expr, another: exp.Expr) -> bool:
    for first, second in ((one, another), (another, one)):
        if isinstance(second, exp.Not) and _bare(second.this) == first:
            return True
    return (
        _OPPOSITES.get(type(one)) is type(another)
        and one.this == another.this
        and one.args["expression"] == another.args["expression"]
    )
