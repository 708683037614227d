"""The tables of a query: one for each grain, to which columns are added level by level.

An expression names columns by the short name of their table. Where it stands in a select is known by the levels of
its columns: a column can be read by those of a later level only, which is what makes a query of common tables.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import define, field, frozen
from sqlglot import exp

from assessdsl.backends.sql.cells import is_null
from assessdsl.backends.sql.dialects import Dialect
from assessdsl.plan.steps import Grain

_INLINE: Final = 40  # an expression of more nodes gets a column of its own
_NAME: Final = 40  # bytes of a column's name: PostgreSQL keeps 63


@frozen
class Relation:
    """A table of a query: its short name, its own key, and the keys under which its rows stand in coarser ones."""

    alias: str
    name: str
    key: str  # "" for the policy, which has one row
    above: tuple[tuple[str, str], ...] = ()  # alias of the coarser table, and its key; the nearest first


@frozen(eq=False)
class Placed:
    name: str
    expression: exp.Expr


@frozen(eq=False)
class Collected:
    """Columns worked out from the rows of a finer table, for each row of `key`."""

    over: str
    key: str
    columns: list[Placed]


@define(eq=False)
class Relations:
    dialect: Dialect
    relations: dict[str, Relation] = field(factory=dict)
    bases: dict[str, exp.Query] = field(factory=dict)
    levels: dict[tuple[str, str], int] = field(factory=dict)
    placed: dict[tuple[str, int], list[Placed]] = field(factory=dict)
    collected: dict[tuple[str, int], list[Collected]] = field(factory=dict)
    known: dict[tuple[str, exp.Expr], exp.Column] = field(factory=dict)  # by what they hold

    def add(self, relation: Relation, base: exp.Query, columns: Iterable[str]) -> None:
        self.relations[relation.alias] = relation
        self.bases[relation.alias] = base
        for column in columns:
            self.levels[relation.alias, column] = 0

    def level(self, *expressions: exp.Expr) -> int:
        return max(
            (self.levels[c.table, c.name] for one in expressions for c in one.find_all(exp.Column)),
            default=0,
        )

    def atom(self, alias: str, expression: exp.Expr, name: str, comment: str = "") -> exp.Expr:
        """The expression as a column, unless it is one or a constant."""
        if isinstance(expression, exp.Column | exp.Literal | exp.Null | exp.Boolean) or (
            isinstance(expression, exp.Neg) and isinstance(expression.this, exp.Literal)
        ):
            return expression
        read = {column.table for column in expression.find_all(exp.Column)}
        if len(read) == 1 and expression.find(exp.Window) is None:
            (alias,) = read  # of a coarser table, whose rows are fewer
        key = (alias, expression)
        if key not in self.known:
            level = self.level(expression) + 1
            column = self._named(name)
            if comment:
                expression = expression.copy()
                expression.add_comments([comment])
            self.placed.setdefault((alias, level), []).append(Placed(column, expression))
            self.levels[alias, column] = level
            self.known[key] = exp.column(column, alias, quoted=True)
        return self.known[key].copy()

    def short(self, alias: str, expression: exp.Expr, name: str, comment: str = "") -> exp.Expr:
        """The expression, as a column if it is long."""
        size = sum(1 for _ in expression.walk())
        return expression if size <= _INLINE else self.atom(alias, expression, name, comment)

    def collect(self, to: str, over: str, expressions: Sequence[tuple[str, exp.Expr]]) -> list[exp.Expr]:
        """Aggregates over the rows of a finer table, as columns of the coarser one."""
        key = self.relations[to].key
        level = self.level(*(expression for _, expression in expressions)) + 1
        groups = self.collected.setdefault((to, level), [])
        group = next((one for one in groups if one.over == over), None)
        if group is None:
            group = Collected(over, key, [])
            groups.append(group)
        result: list[exp.Expr] = []
        for name, expression in expressions:
            column = self._named(name)
            group.columns.append(Placed(column, expression))
            self.levels[to, column] = level
            result.append(exp.column(column, to, quoted=True))
        return result

    def _named(self, name: str) -> str:
        """A column name that no other has: of letters, digits and `_` only."""
        plain = re.sub(r"\W+", "_", name).encode()[:_NAME].decode(errors="ignore")
        taken = {column.casefold() for _, column in self.levels}
        found, number = plain, 1
        while found.casefold() in taken:
            number += 1
            found = f"{plain}_{number}"
        return found

    # ------------------------------------------------------------ the query

    def query(self, final: str, outputs: list[tuple[str, exp.Expr]]) -> exp.Select:
        """The whole query: the outputs of each row of the final table, in the order of its key."""
        heads: dict[str, str] = {}
        tables: list[tuple[str, exp.Query]] = []
        for alias, base in self.bases.items():
            heads[alias] = self.relations[alias].name
            tables.append((heads[alias], base))
        last = max((level for _, level in (*self.placed, *self.collected)), default=0)
        for level in range(1, last + 1):
            fresh: dict[str, str] = {}
            for alias, relation in self.relations.items():
                placed = self.placed.get((alias, level), [])
                collected = self.collected.get((alias, level), [])
                if placed or collected:
                    fresh[alias] = f"{relation.name}_{level}"
                    tables.append((fresh[alias], self._select(alias, placed, collected, heads)))
            heads.update(fresh)
        columns = [exp.alias_(one.copy(), name, quoted=True) for name, one in outputs]
        query = self._from(exp.select(*columns), final, [one for _, one in outputs], heads)
        query = query.order_by(exp.column(self.relations[final].key, final, quoted=True), copy=False)
        for name, table in tables:
            query = query.with_(
                exp.to_identifier(name, quoted=True),
                as_=table,
                copy=False,
                materialized=True if self.dialect.materialized else None,
            )
        return query

    def _select(
        self, alias: str, placed: list[Placed], collected: list[Collected], heads: dict[str, str]
    ) -> exp.Select:
        columns: list[exp.Expr] = [exp.Column(this=exp.Star(), table=exp.to_identifier(alias, quoted=True))]
        columns += [exp.alias_(one.expression.copy(), one.name, quoted=True) for one in placed]
        joins: list[tuple[str, Collected]] = []
        for number, group in enumerate(collected):
            name = f"a{number}"
            joins.append((name, group))
            columns += [exp.column(one.name, name, quoted=True) for one in group.columns]
        query = self._from(exp.select(*columns), alias, [one.expression for one in placed], heads)
        for name, group in joins:
            inner_columns = [exp.alias_(one.expression.copy(), one.name, quoted=True) for one in group.columns]
            needed = [one.expression for one in group.columns]
            if not group.key:
                inner = self._from(exp.select(*inner_columns), group.over, needed, heads)
                query = query.join(
                    inner.subquery(exp.to_identifier(name, quoted=True), copy=False), join_type="cross", copy=False
                )
                continue
            key = self._key_of(group.over, alias)
            inner = self._from(
                exp.select(exp.alias_(key.copy(), group.key, quoted=True), *inner_columns),
                group.over,
                [*needed, key],
                heads,
            ).group_by(key.copy(), copy=False)
            same = exp.EQ(
                this=exp.column(group.key, name, quoted=True), expression=exp.column(group.key, alias, quoted=True)
            )
            query = query.join(
                inner.subquery(exp.to_identifier(name, quoted=True), copy=False), on=same, join_type="left", copy=False
            )
        return query

    def keys(self, over: str, to: str) -> list[exp.Expr]:
        """The columns that tell under which row of a coarser table a row stands; none where it has only one."""
        if not self.relations[to].key:
            return []
        return [self._key_of(over, to)]

    def _key_of(self, over: str, to: str) -> exp.Column:
        """Under which row of a coarser table a row stands: a column of its own or of the table between."""
        if over == to:
            return exp.column(self.relations[to].key, to, quoted=True)
        for above, key in self.relations[over].above:
            if above == to:
                return exp.column(key, over, quoted=True)
        return self._key_of(self.relations[over].above[0][0], to)

    def _from(
        self, query: exp.Select, alias: str, expressions: Iterable[exp.Expr], heads: dict[str, str]
    ) -> exp.Select:
        """With the table, and those coarser ones whose columns are read."""
        wanted = {c.table for one in expressions for c in one.find_all(exp.Column)} - {alias}
        query = query.from_(
            exp.table_(heads[alias], quoted=True, alias=exp.to_identifier(alias, quoted=True)), copy=False
        )
        return self._joined(query, alias, wanted, heads, {alias})

    def _joined(
        self, query: exp.Select, alias: str, wanted: set[str], heads: dict[str, str], there: set[str]
    ) -> exp.Select:
        for above, key in self.relations[alias].above:
            if above in there or not (self.up(above) & wanted):
                continue
            there.add(above)
            table = exp.table_(heads[above], quoted=True, alias=exp.to_identifier(above, quoted=True))
            own = self.relations[above].key
            if own:
                same = exp.EQ(this=exp.column(own, above, quoted=True), expression=exp.column(key, alias, quoted=True))
                query = query.join(table, on=same, copy=False)
            else:
                query = query.join(table, join_type="cross", copy=False)
            query = self._joined(query, above, wanted, heads, there)
        return query

    def up(self, alias: str) -> set[str]:
        return {alias}.union(*(self.up(above) for above, _ in self.relations[alias].above))


def is_finer(grain: Grain, than: Grain) -> bool:
    order = ("policy", "group", "entity", "target", "entry")
    return order.index(grain.kind) > order.index(than.kind)


def any_of(faults: Iterable[exp.Expr | None]) -> exp.Expr | None:
    """The first that is not NULL; None if there is none that could be."""
    found = [one.copy() for one in faults if one is not None and not is_null(one)]
    if not found:
        return None
    return found[0] if len(found) == 1 else exp.func("COALESCE", *found)
