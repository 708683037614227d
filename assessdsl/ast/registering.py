"""The block of the target register, from its statements."""

from typing import Any, Final

from assessdsl.ast.operands import (
    Remarks,
    chosen,
    clause,
    day,
    name_list,
    needed_clause,
    no_rest,
    single,
    texts,
)
from assessdsl.ast.reading import Reading
from assessdsl.ast.register import Adjustment, Ambition, Register
from assessdsl.syntax.tree import Statement

_COLUMNS: Final = (
    "owner", "overall", "sector", "principal", "due", "standard", "source", "planned", "baseline", "direction",
    "weight", "required", "parent", "links_to", "plan_total",
)  # fmt: skip


def register(read: Reading, statement: Statement) -> Register:
    block = read.block(statement)
    freeze = block.one("freeze")
    consultation: Any = read.maybe(block, "consultation", read.one_of("required", "optional"))
    removal: Any = read.maybe(block, "removal", read.one_of("forbidden"))
    cascade: Any = read.maybe(block, "cascade", read.one_of("sums"))
    return Register(
        consultation=consultation,
        freeze=read.maybe(block, "freeze", lambda found: day(found, read.remarks)),
        freeze_span=freeze.span if freeze else statement.word_span,
        require=read.maybe(block, "require", lambda found: _columns(found, read.remarks)) or (),
        removal=removal,
        authorities=read.maybe(block, "addition", lambda found: _authorities(found, read.remarks)) or (),
        coverage=read.maybe(block, "coverage", read.names) or (),
        cascade=cascade,
        ambition=read.maybe(block, "ambition", lambda found: _ambition(found, read.remarks)),
        adjustment=read.maybe(block, "adjustment", lambda found: _adjustment(found, read.remarks)),
        span=statement.span,
    )


def _columns(statement: Statement, remarks: Remarks) -> tuple[str, ...] | None:
    """Of every target."""
    names = name_list(statement, statement.series, statement.word_span, remarks)
    found = [chosen(name, _COLUMNS, remarks, "column") for name in names]
    return tuple(column for column in found if column) or None


def _authorities(statement: Statement, remarks: Remarks) -> tuple[str, ...] | None:
    no_rest(statement, tuple(operand for phrase in statement.series for operand in phrase), remarks)
    by = needed_clause(statement, "by", remarks)
    return texts(statement, by.series, by.span, remarks) if by else None


def _ambition(statement: Statement, remarks: Remarks) -> Ambition | None:
    """`ambition above baseline at most 30%`."""
    no_rest(statement, tuple(operand for phrase in statement.series for operand in phrase), remarks)
    above, at_most = needed_clause(statement, "above", remarks), clause(statement, "at_most")
    if above is None or chosen(single(statement, remarks, above), ("baseline",), remarks) is None:
        return None
    share = single(statement, remarks, at_most) if at_most else None
    return Ambition(share, statement.span) if share is not None or at_most is None else None


def _adjustment(statement: Statement, remarks: Remarks) -> Adjustment | None:
    """`adjustment by "authority", … until DATE for "reason", …`."""
    authorities = _authorities(statement, remarks)
    until, why = needed_clause(statement, "until", remarks), clause(statement, "for")
    last = day(statement, remarks, until) if until else None
    reasons = texts(statement, why.series, why.span, remarks) if why else ()
    if not authorities or until is None or last is None or (why and not reasons):
        return None
    return Adjustment(authorities, last, reasons, until.span, statement.span)
