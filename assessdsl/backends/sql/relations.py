"""The tables of a query: one for each grain, to which columns are added level by level.

An expression names columns by the short name of their table. A column can be read by those of a later level only,
which is what makes a query of common tables. Columns that compare rows with their peers wait until all is worked out
that does not need them: only then are rows moved and sorted, and what was read to score them is left behind.

Expressions are shared among those that they stand in, and never changed: the finished query is copied as it is written.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from attrs import define, field, frozen
from sqlglot import exp

from assessdsl.backends.sql.cells import is_null, literal
from assessdsl.backends.sql.dialects import Dialect
from assessdsl.backends.sql.simplify import never_missing, simplified

_INLINE: Final = 40  # an expression of more nodes gets a column of its own
_LAST: Final = 10**9  # the depth of windows within their phase
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
    """A column of a table; with `over`, worked out from the rows of a finer one."""

    alias: str
    name: str
    expression: exp.Expr
    over: str = ""


@define(eq=False)
class Relations:
    dialect: Dialect
    relations: dict[str, Relation] = field(factory=dict)
    bases: dict[str, exp.Query] = field(factory=dict)
    columns: list[Placed] = field(factory=list)  # each behind those that it reads
    taken: set[str] = field(factory=set)  # names of columns, in small letters
    known: dict[tuple[str, exp.Expr], exp.Column] = field(factory=dict)  # by what they hold
    filled: set[tuple[str, str]] = field(factory=set)  # table and name of columns that are never NULL

    def add(self, relation: Relation, base: exp.Query, columns: Iterable[str], filled: Iterable[str] = ()) -> None:
        self.relations[relation.alias] = relation
        self.bases[relation.alias] = base
        self.taken.update(column.casefold() for column in columns)
        self.filled.update((relation.alias, column) for column in filled)

    def never_missing(self, expression: exp.Expr) -> bool:
        return never_missing(expression, self._is_filled)

    def simplified(self, expression: exp.Expr) -> exp.Expr:
        return simplified(expression, self._is_filled)

    def _is_filled(self, column: exp.Column) -> bool:
        return (column.table, column.name) in self.filled

    def atom(self, alias: str, expression: exp.Expr, name: str, comment: str = "") -> exp.Expr:
        """The expression as a column, unless it is one or a constant."""
        expression = self.simplified(expression)
        if isinstance(expression, exp.Column | exp.Literal | exp.Null | exp.Boolean) or literal(expression) is not None:
            return expression
        read = {column.table for column in expression.find_all(exp.Column)}
        if len(read) == 1 and expression.find(exp.Window) is None:
            (alias,) = read  # of a coarser table, whose rows are fewer
        key = (alias, expression)
        if key not in self.known:
            column = self._named(name)
            if comment:
                expression = expression.copy()
                expression.add_comments([comment])
            self.columns.append(Placed(alias, column, expression))
            if self.never_missing(expression):
                self.filled.add((alias, column))
            self.known[key] = exp.column(column, alias, quoted=True)
        return self.known[key]

    def short(self, alias: str, expression: exp.Expr, name: str, comment: str = "") -> exp.Expr:
        """The expression, as a column if it is long."""
        expression = self.simplified(expression)
        size = sum(1 for _ in islice(expression.walk(), _INLINE + 1))
        return expression if size <= _INLINE else self.atom(alias, expression, name, comment)

    def collect(self, to: str, over: str, expressions: Sequence[tuple[str, exp.Expr]]) -> list[exp.Expr]:
        """Aggregates over the rows of a finer table, as columns of the coarser one."""
        result: list[exp.Expr] = []
        for name, expression in expressions:
            expression = self.simplified(expression)
            if all(is_null(function.this) for function in expression.find_all(exp.AggFunc)):
                result.append(exp.null())
                continue
            column = self._named(name)
            self.columns.append(Placed(to, column, expression, over))
            result.append(exp.column(column, to, quoted=True))
        return result

    def _named(self, name: str) -> str:
        """A column name that no other has: of letters, digits and `_` only."""
        plain = re.sub(r"\W+", "_", name).encode()[:_NAME].decode(errors="ignore")
        found, number = plain, 1
        while found.casefold() in self.taken:
            number += 1
            found = f"{plain}_{number}"
        self.taken.add(found.casefold())
        return found

    def _levels(self) -> list[list[Placed]]:
        """The columns in the order in which they can be worked out: windows in as few levels as possible, each behind
        all that needs none of them."""
        at: dict[tuple[str, str], tuple[int, int]] = {}  # phase and depth: a phase ends with its windows
        found: dict[tuple[int, int], list[Placed]] = {}
        for one in self.columns:
            read = [at[key] for c in one.expression.find_all(exp.Column) if (key := (c.table, c.name)) in at]
            phase = max((phase + (depth == _LAST) for phase, depth in read), default=0)
            depth = 1 + max((depth for of, depth in read if of == phase), default=0)
            place = (phase, _LAST if one.expression.find(exp.Window) else depth)
            at[one.alias, one.name] = place
            found.setdefault(place, []).append(one)
        return [found[place] for place in sorted(found)]

    # ------------------------------------------------------------ the query

    def query(
        self, final: str, outputs: list[tuple[str, exp.Expr]], prefix: str = ""
    ) -> tuple[list[tuple[str, exp.Query]], exp.Select]:
        """The common tables of the query, each behind those that it reads, under names that begin so; and the outputs
        of each row of the final table, in the order of its key."""
        heads: dict[str, str] = {}
        expressions = [*(one.expression for one in self.columns), *(one for _, one in outputs)]
        tables: list[tuple[str, exp.Query]] = []
        read = {(column.table, column.name) for one in expressions for column in one.find_all(exp.Column)}
        for alias, base in self.bases.items():
            heads[alias] = prefix + self.relations[alias].name
            tables.append((heads[alias], self._pruned(alias, base, read)))
        for level, columns_of in enumerate(self._levels(), 1):
            fresh: dict[str, str] = {}
            for alias, relation in self.relations.items():
                if own := [one for one in columns_of if one.alias == alias]:
                    fresh[alias] = f"{prefix}{relation.name} {level}"  # a space, which no name of an indicator holds
                    tables.append((fresh[alias], self._select(alias, own, heads)))
            heads.update(fresh)
        columns = [exp.alias_(one, name, quoted=True, copy=False) for name, one in outputs]
        query = self._from(exp.select(*columns), final, [one for _, one in outputs], heads)
        if self.dialect.ordered:
            query = query.order_by(exp.column(self.relations[final].key, final, quoted=True), copy=False)
        return tables, query

    def widths(self, tables: Sequence[tuple[str, exp.Query]]) -> Iterator[int]:
        """How many columns each table of the finished query has in the end."""
        added = Counter(one.alias for one in self.columns)
        for alias, (_, base) in zip(self.bases, tables, strict=False):
            yield len(base.selects) + added[alias]

    def _pruned(self, alias: str, base: exp.Query, read: set[tuple[str, str]]) -> exp.Query:
        """The table, without what nobody reads."""
        if not isinstance(base, exp.Select):
            return base
        relation = self.relations[alias]
        keys = {relation.key, *(key for _, key in relation.above)}
        held = base.expressions
        kept = [one for one in held if one.alias_or_name in keys or (alias, one.alias_or_name) in read]
        return base.select(*(kept or held[:1]), append=False)

    def _select(self, alias: str, added: list[Placed], heads: dict[str, str]) -> exp.Select:
        columns: list[exp.Expr] = [exp.Column(this=exp.Star(), table=exp.to_identifier(alias, quoted=True))]
        placed = [one for one in added if not one.over]
        columns += [exp.alias_(one.expression, one.name, quoted=True, copy=False) for one in placed]
        groups: dict[str, list[Placed]] = {}
        for one in added:
            if one.over:
                groups.setdefault(one.over, []).append(one)
        for number, group in enumerate(groups.values()):
            columns += [exp.column(one.name, f"a{number}", quoted=True) for one in group]
        query = self._from(exp.select(*columns), alias, [one.expression for one in placed], heads)
        own = self.relations[alias].key
        for number, (over, group) in enumerate(groups.items()):
            name = f"a{number}"
            inner_columns = [exp.alias_(one.expression, one.name, quoted=True, copy=False) for one in group]
            needed = [one.expression for one in group]
            if not own:
                inner = self._from(exp.select(*inner_columns), over, needed, heads)
                query = query.join(
                    inner.subquery(exp.to_identifier(name, quoted=True), copy=False), join_type="cross", copy=False
                )
                continue
            key = self._key_of(over, alias)
            inner = self._from(
                exp.select(exp.alias_(key, own, quoted=True, copy=False), *inner_columns),
                over,
                [*needed, key],
                heads,
            ).group_by(key, copy=False)
            same = exp.EQ(this=exp.column(own, name, quoted=True), expression=exp.column(own, alias, quoted=True))
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


def any_of(faults: Iterable[exp.Expr | None]) -> exp.Expr | None:
    """The first that is not NULL; None if there is none that could be."""
    found = [one for one in faults if one is not None and not is_null(one)]
    if not found:
        return None
    return found[0] if len(found) == 1 else exp.func("COALESCE", *found, copy=False)
