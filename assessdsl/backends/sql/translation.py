"""Operations on the values of a query, with missing values and failures as the exact engine has them."""

from collections.abc import Callable, Sequence

from attrs import define, evolve, field
from sqlglot import exp

from assessdsl.backends.sql.arithmetic import Arithmetic, binary, case, joined, whole
from assessdsl.backends.sql.cells import Cell, Factor, Number, is_null
from assessdsl.backends.sql.outputs import needed, outputs
from assessdsl.backends.sql.relations import Relations, any_of
from assessdsl.backends.sql.tables import Tables
from assessdsl.plan import ranges
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import Grain, Plan
from assessdsl.plan.walk import inputs

TRUE, FALSE, NULL = exp.true(), exp.false(), exp.null()


def not_(one: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.paren(one, copy=False) if isinstance(one, exp.Binary | exp.Unary) else one)


def missing(one: exp.Expr) -> exp.Expr:
    return exp.Is(this=exp.paren(one, copy=False) if isinstance(one, exp.Binary | exp.Unary) else one, expression=NULL)


def present(one: exp.Expr) -> exp.Expr:
    return not_(missing(one))


@define(eq=False)
class Translation:
    """A plan on its way to a query. `cells` are the values of the steps so far."""

    plan: Plan
    tables: Tables
    relations: Relations
    arithmetic: Arithmetic
    cells: dict[int, Cell] = field(factory=dict)
    uses: dict[int, int] = field(factory=dict)

    def alias(self, grain: Grain) -> str:
        return self.tables.alias(grain)

    # ------------------------------------------------------------ operations on cells, shared by the steps

    def atom(self, cell: Cell, alias: str, name: str) -> Cell:
        """With a value that may stand more than once in a formula."""
        if isinstance(cell.value, Number):
            return evolve(cell, value=evolve(cell.value, n=self.relations.atom(alias, cell.value.n, name)))
        return evolve(cell, value=self.relations.atom(alias, cell.value, name))

    def choose(self, condition: Cell, chosen: Cell, other: Cell) -> Cell:
        holds = self.relations.simplified(condition.plain)
        if isinstance(holds, exp.Boolean):
            return chosen if holds.this else other
        fault = None
        if condition.fault is not None or chosen.fault is not None or other.fault is not None:
            fault = case(
                (holds, chosen.fault or NULL), (not_(holds), other.fault or NULL), other=condition.fault or NULL
            )
        branches = [(holds, chosen), (not_(holds), other)]
        return Cell(self._chosen(branches), None if fault is None or is_null(fault) else fault)

    def _chosen(self, branches: Sequence[tuple[exp.Expr, Cell]]) -> Number | exp.Expr:
        if any(isinstance(cell.value, Number) for _, cell in branches):
            return self.arithmetic.chosen([(condition, cell.number) for condition, cell in branches])
        return case(*((condition, cell.plain) for condition, cell in branches))

    def supply(self, cell: Cell, instead: Cell) -> Cell:
        if self.relations.never_missing(cell.plain):
            return cell
        lacking = missing(cell.plain)
        if cell.fault is not None:
            lacking = exp.and_(lacking, missing(cell.fault), copy=False)
        fault = cell.fault
        if instead.fault is not None:
            fault = any_of((cell.fault, case((missing(cell.plain), instead.fault))))
        return Cell(self._chosen([(present(cell.plain), cell), (lacking, instead)]), fault)

    def both(self, cells: Sequence[Cell], *, either: bool = False) -> Cell:
        """`and`, or `or`: a value that decides makes what the others lack of no account."""
        values = [cell.plain for cell in cells]
        both = joined(exp.Or if either else exp.And, values)
        fault = any_of(cell.fault for cell in cells)
        if fault is not None and len(cells) > 1:
            deciding = joined(exp.Or, [value if either else not_(value) for value in values])
            fault = case((exp.func("COALESCE", deciding, FALSE, copy=False), NULL), other=fault)
        return Cell(both, fault)

    def opposite(self, cell: Cell) -> Cell:
        return Cell(not_(cell.plain), cell.fault)

    def positive(self, alias: str, name: str) -> Callable[[exp.Expr, Range, int], Factor]:
        """Makes a divisor that is above zero wherever there is none."""

        def made(n: exp.Expr, range: Range, high: int) -> Factor:
            if range.low is not None and range.low > 0:
                size: exp.Expr = exp.func("COALESCE", n, whole(1), copy=False)
            else:
                size = case(
                    (binary(exp.GT, n, whole(0)), n), (binary(exp.LT, n, whole(0)), exp.Neg(this=n)), other=whole(1)
                )
            column = self.relations.atom(alias, size, f"{name}_by")
            assert isinstance(column, exp.Column)
            return Factor(column.table, column.name, max(high, 1))

        return made

    def divide(self, left: Cell, right: Cell, alias: str, name: str, step: int | None) -> Cell:
        """The quotient; where the divisor is zero it fails as the step, or is missing."""
        right = self.atom(right, alias, f"{name}_divisor")
        value = self.arithmetic.divide(left.number, right.number, self.positive(alias, name))
        fault = any_of((left.fault, right.fault))
        low, high = right.number.range.low, right.number.range.high
        if step is not None and low is not None and high is not None and low <= 0 <= high:
            ours = case((exp.and_(present(left.plain), binary(exp.EQ, right.plain, whole(0)), copy=False), whole(step)))
            fault = any_of((fault, ours))
        return Cell(value, fault)

    def compare(self, sign: str, left: Number, right: Number) -> exp.Expr:
        """Told at once, where the ranges decide and neither number is ever missing."""
        possible = ranges.compare(sign, left.range, right.range).possible
        if len(possible) == 1 and self.relations.never_missing(left.n) and self.relations.never_missing(right.n):
            return exp.convert(True in possible)
        return self.arithmetic.compare(sign, left, right)

    def of(self, id: int) -> Cell:
        return self.cells[id]

    def atom_of(self, id: int, alias: str) -> Cell:
        return self.atom(self.of(id), alias, f"s{id}_value")

    def _is_beyond(self, one: Number, limit: Number, *, greatest: bool) -> bool:
        """Whether a number is never on the wrong side of a limit that is never missing."""
        inside = ranges.compare(">=" if greatest else "<=", one.range, limit.range).possible
        return False not in inside and self.relations.never_missing(limit.n)

    def extreme(self, cells: Sequence[Cell], *, greatest: bool, alias: str, name: str) -> Cell:
        """The greatest or the least; missing if one of them is."""
        fault = any_of(cell.fault for cell in cells)
        found = cells[0]
        for cell in cells[1:]:
            if self._is_beyond(found.number, cell.number, greatest=greatest):
                continue
            if self._is_beyond(cell.number, found.number, greatest=greatest):
                found = cell
                continue
            found = self.atom(found, alias, f"{name}_of")
            other = self.atom(cell, alias, f"{name}_with")
            number = self.arithmetic.extreme([found.number, other.number], greatest=greatest)
            found = Cell(evolve(number, n=self.relations.atom(alias, number.n, name)))
        return Cell(found.value, fault)


def translation(plan: Plan, tables: Tables, relations: Relations) -> Translation:
    found = Translation(plan, tables, relations, Arithmetic(relations.dialect))
    read = [id for step in needed(plan) for id in inputs(plan.steps[step].operation)]
    for id in (*read, *(id for _, _, id in outputs(plan))):
        found.uses[id] = found.uses.get(id, 0) + 1
    return found
