"""A plan as one query: for each entity its score, place, tier and findings, or the step that stands in the way."""

from fractions import Fraction
from typing import Final

from attrs import frozen
from sqlglot import exp

from assessdsl.backends.sql.arithmetic import case, whole
from assessdsl.backends.sql.cells import Number, Refused
from assessdsl.backends.sql.dialects import DIALECTS, DialectName
from assessdsl.backends.sql.names import distinct
from assessdsl.backends.sql.outputs import indicators, needed, outputs
from assessdsl.backends.sql.relations import any_of
from assessdsl.backends.sql.stages import View, views
from assessdsl.backends.sql.steps import translate
from assessdsl.backends.sql.tables import Tables
from assessdsl.backends.sql.translation import Translation, missing, not_, translation
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import Grain, IndicatorOutput, Plan, Step

_ONE: Final = Number(whole(1), Fraction(1), Range(Fraction(1), Fraction(1)))


@frozen
class Output:
    """A column of the query: a number is the column over the next, whose name ends in `_of`."""

    kind: str  # total, rank, tier, eligible, component, indicator, finding
    name: str
    column: str  # among the scores; in the query, what the database keeps of that
    is_number: bool


@frozen
class Query:
    dialect: DialectName
    text: str
    outputs: tuple[Output, ...]  # behind entity, group_name and stops
    views: tuple[View, ...] = ()  # what the text reads, where it has no common tables


class Unable(Exception):
    """A plan that a dialect cannot do exactly."""

    def __init__(self, step: Step, refused: Refused) -> None:
        super().__init__(refused.reason)
        self.step, self.reason, self.detail = step, refused.reason, refused.detail


def query(plan: Plan, tables: Tables, dialect: DialectName, prefix: str = "assessdsl_") -> Query:
    """The names of views begin with the prefix. Raises Unable where a step cannot be done exactly."""
    own = DIALECTS[dialect]
    relations = tables.relations(own)
    t = translation(plan, tables, relations)
    wanted = needed(plan)
    for step in plan.steps:
        if step.id not in wanted:
            continue
        try:
            t.cells[step.id] = translate(t, step)
        except Refused as refused:
            raise Unable(step, refused) from None
    found: list[Output] = []
    columns: list[tuple[str, exp.Expr]] = [
        ("entity", exp.column("entity", "e", quoted=True)),
        ("group_name", exp.column("group_name", "e", quoted=True)),
        ("stops", relations.simplified(_stops(t))),
    ]
    taken = {"entity", "group_name", "stops"}
    for kind, name, id in outputs(plan):
        column = kind if not name else f"{kind}_{name}"
        head = distinct(taken, column)
        cell = t.of(id)
        is_number = isinstance(cell.value, Number)
        found.append(Output(kind, name, column, is_number))
        if isinstance(cell.value, Number):
            unit = Fraction(1, cell.value.unit.denominator)
            try:
                over, under = (t.arithmetic.n_at(one, unit, cell.value.factors) for one in (cell.value, _ONE))
            except Refused as refused:
                raise Unable(plan.steps[id], refused) from None
            columns.append((head, relations.atom("e", over, column)))
            columns.append((distinct(taken, head, "_of"), relations.simplified(under)))
        else:
            columns.append((head, relations.atom("e", cell.plain, column)))
    common, text = relations.query("e", columns, prefix if own.staged else "")
    tables.held(own, len(columns), *relations.widths(common))
    if not own.staged:
        for name, table in common:
            table_name = exp.to_identifier(name, quoted=True)
            text = text.with_(table_name, as_=table, copy=False, materialized=own.materialized or None)
    written = text.sql(dialect, pretty=True, identify=True)
    return Query(dialect, written, tuple(found), views(common, text) if own.staged else ())


def _stops(t: Translation) -> exp.Expr:
    """The first step that leaves an entity without a result."""
    held = t.plan.outputs
    found: list[exp.Expr] = []
    for indicator in indicators(t.plan):
        if (stop := _item_stops(t, indicator)) is not None:
            own = [t.of(indicator.applies).plain]
            if indicator.others is not None:
                own.append(exp.func("COALESCE", not_(t.of(indicator.others).plain), exp.true(), copy=False))
            found.append(case((exp.and_(*own, copy=False), stop)))
    for indicator in indicators(t.plan):
        found += _where(t, indicator.applies, indicator.score, indicator.points)
    for component in held.every_component:
        found += _where(t, component.applies, component.score, component.points)
    if (scored := any_of([*found, _stop(t, held.total)])) is not None:
        found = [t.relations.short("e", scored, "stops")]  # before rows are moved to be ranked
    for id in (held.rank, held.eligible, held.tier):
        if id is not None and (stop := _stop(t, id)) is not None:
            found.append(stop)
    found += [fault for finding in held.findings if (fault := t.of(finding.step).fault) is not None]
    return any_of(found) or exp.cast(exp.null(), "BIGINT", copy=False)


def _where(t: Translation, applies: int, *ids: int) -> list[exp.Expr]:
    stops = [stop for id in ids if (stop := _stop(t, id)) is not None]
    return [case((t.of(applies).plain, stop)) for stop in stops]


def _stop(t: Translation, id: int) -> exp.Expr | None:
    """The step that failed, or this one where its value is missing."""
    cell = t.of(id)
    if isinstance(cell.plain, exp.Literal | exp.Boolean | exp.Neg) and cell.fault is None:
        return None
    return any_of((cell.fault, case((missing(cell.plain), whole(id)))))


def _item_stops(t: Translation, indicator: IndicatorOutput) -> exp.Expr | None:
    grain = Grain("target", indicator.name)
    stops = [stop for id in (indicator.stages[-1].step, indicator.target_points) if (stop := _stop(t, id)) is not None]
    stop = any_of(stops)
    if stop is None:
        return None
    alias, there = t.alias(grain), t.tables.there(grain)
    if there is not None:
        return case((there, stop))
    (column,) = t.relations.collect("e", alias, [(f"{indicator.name}_stops", exp.Max(this=stop))])
    return column
