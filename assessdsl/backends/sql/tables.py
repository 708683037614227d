"""The tables that a query reads: the bound data of a plan, one column for each value that the plan loads.

    entities        entity, group_name, facts of entities; of an indicator of which no entity has two items
                    `has_NAME`, `NAME__actual`, `NAME__planned` …
    targets_NAME    item, entity, target, and the fields of each item of an indicator that targets share
    entries_NAME    item or entity, and the fields of each reported row
    policy_values   one row: the benchmarks

A number is a whole number of its column's unit, a date a date (text in SQLite), a question yes or no. NULL is missing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final, Literal

from attrs import field, frozen
from sqlglot import exp

from assessdsl.backends.sql.cells import ZERO, Cell, Number, constant
from assessdsl.backends.sql.dialects import NARROW, Dialect
from assessdsl.backends.sql.names import Names, distinct, named
from assessdsl.backends.sql.outputs import needed
from assessdsl.backends.sql.relations import Relation, Relations
from assessdsl.diagnostics import Diagnostic, PolicyError
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import Aggregate, Grain, Load, Plan, Rank, Step
from assessdsl.quantity import Unit

Kind = Literal["number", "yes_no", "text", "date"]
POLICY_TABLE, ENTITY_TABLE = "policy_values", "entities"
_KINDS: Final[Mapping[Unit, Kind]] = {Unit.YES_NO: "yes_no", Unit.DATE: "date", Unit.SURVEY: "number"}
_TYPES: Final[dict[Kind, str]] = {"number": "BIGINT", "yes_no": "BOOLEAN", "text": "TEXT", "date": "DATE"}


@frozen
class Column:
    """A column of a table that a query reads, and between what its numbers lie, in their unit."""

    table: str
    name: str
    kind: Kind
    unit: Fraction = Fraction(1)
    range: Range = ZERO
    filled: bool = False  # never NULL
    only: bool | None = None  # the answer that all rows have


@frozen
class Definition:
    """A column that is to be made."""

    name: str
    kind: exp.DataType
    remark: str = ""
    required: bool = False  # never NULL


@frozen
class Key:
    """What a step loads, of which indicator."""

    operation: Load | Rank
    indicator: str


@frozen
class Tables:
    plan: Plan
    columns: Mapping[Key, Column]
    single: frozenset[str]  # indicators whose items are columns of their entity
    entities: int  # no more than so many
    items: Mapping[str, int]  # of an entity, by indicator: no more than so many
    entries: Mapping[str, int]  # of an item
    everywhere: frozenset[str] = frozenset()  # indicators of which each entity has an item
    unsure: frozenset[str] = frozenset()  # keys of entities that are NULL somewhere, in tables made by hand
    reported: frozenset[str] = field(init=False)  # indicators whose reported rows count one by one
    names: Names = field(init=False, repr=False)
    _numbers: dict[str, int] = field(init=False, repr=False)

    @reported.default
    def _reported(self) -> frozenset[str]:
        steps = [self.plan.steps[id] for id in needed(self.plan)]
        grains = [step.grain for step in steps]
        grains += [step.operation.over for step in steps if isinstance(step.operation, Aggregate)]
        return frozenset(grain.indicator for grain in grains if grain.kind == "entry")

    @names.default
    def _names_of_plan(self) -> Names:
        return named(self.plan)

    @_numbers.default
    def _numbered(self) -> dict[str, int]:
        return {indicator.name: number for number, indicator in enumerate(self.plan.schema.indicators)}

    # ------------------------------------------------------------ what a translation asks

    def alias(self, grain: Grain) -> str:
        match grain.kind:
            case "policy" | "group" | "entity":
                return grain.kind[0]
            case "target" if grain.indicator in self.single:
                return "e"
            case _:
                return f"{'t' if grain.kind == 'target' else 'r'}{self._numbers[grain.indicator]}"

    def there(self, grain: Grain) -> exp.Expr | None:
        """Whether the row is there, for items that are columns of their entity."""
        if grain.kind != "target" or grain.indicator not in self.single:
            return None
        if grain.indicator in self.everywhere:
            return exp.true()
        return exp.column(self.names.flag(grain.indicator), "e", quoted=True)

    def cell(self, operation: Load | Rank, step: Step) -> Cell:
        column = self.columns[Key(operation, step.grain.indicator)]
        expression = exp.column(column.name, self.alias(step.grain), quoted=True)
        if column.filled and column.only is not None:
            return Cell(exp.convert(column.only))
        if column.kind in ("number", "date"):
            if column.filled and column.range.only is not None:
                return Cell(constant(column.range.only))
            return Cell(Number(expression, column.unit, column.range))
        return Cell(expression)

    def most_rows(self, over: Grain, to: Grain) -> int:
        """How many rows of a grain can stand under one of a coarser grain."""
        rows = 1
        if over.kind == "entry" and to.kind != "entry":
            rows *= self.entries.get(over.indicator, 0)
        if over.kind in ("entry", "target") and to.kind not in ("entry", "target"):
            rows *= self.items.get(over.indicator, 0)
        if over.kind in ("entry", "target", "entity") and to.kind in ("group", "policy"):
            rows *= self.entities
        if over.kind == "group" and to.kind == "policy":
            rows *= max(len(self.plan.groups), 1)
        return max(rows, 1)

    # ------------------------------------------------------------ the tables of a query

    def relations(self, dialect: Dialect) -> Relations:
        found = Relations(dialect)
        found.add(Relation("p", "policy", ""), self._base(dialect, POLICY_TABLE, ()), *self._columns(POLICY_TABLE))
        groups = tuple(name for name, _ in self.plan.groups) or ("",)
        rows: exp.Query = exp.select(exp.alias_(exp.Literal.string(groups[0]), "group_name", quoted=True, copy=False))
        for name in groups[1:]:
            rows = exp.union(
                rows,
                exp.select(exp.alias_(exp.Literal.string(name), "group_name", quoted=True, copy=False)),
                distinct=False,
            )
        found.add(Relation("g", "groups", "group_name", (("p", ""),)), rows, ["group_name"], ["group_name"])
        keys = ("entity", "group_name")
        above = (("g", "group_name"), ("p", ""))
        flags = [self.names.flag(name) for name in sorted(self.single)]
        found.add(
            Relation("e", "entity", "entity", above),
            self._base(dialect, ENTITY_TABLE, (*keys, *flags)),
            *self._columns(ENTITY_TABLE, *keys, *flags),
        )
        for name, number in self._numbers.items():
            if name not in self.single:
                table = self.names.targets(name)
                found.add(
                    Relation(f"t{number}", self.names.part("targets", name), "item", (("e", "entity"), ("p", ""))),
                    self._base(dialect, table, ("item", "entity")),
                    *self._columns(table, "item", "entity"),
                )
            if name in self.reported:
                table = self.names.entries(name)
                own = ["entity"] if name in self.single else ["item", "entity"]
                near = (("e", "entity"), ("p", ""))
                found.add(
                    Relation(
                        f"r{number}",
                        self.names.part("entries", name),
                        "",
                        near if name in self.single else ((f"t{number}", "item"), *near),
                    ),
                    self._base(dialect, table, own),
                    *self._columns(table, *own),
                )
        return found

    def _columns(self, table: str, *keys: str) -> tuple[list[str], list[str]]:
        """All columns of a table, and those that are never NULL."""
        filled = [column.name for column in self._of(table) if column.filled]
        return [*keys, *self._names(table)], [*filled, *(key for key in keys if key not in self.unsure)]

    def _names(self, table: str) -> list[str]:
        return [column.name for column in self._of(table)]

    def _of(self, table: str) -> list[Column]:
        return list(dict.fromkeys(column for column in self.columns.values() if column.table == table))

    def _base(self, dialect: Dialect, table: str, keys: Sequence[str]) -> exp.Select:
        columns: list[exp.Expr] = [exp.column(key, quoted=True) for key in keys]
        for column in self._of(table):
            own = exp.column(column.name, quoted=True)
            if column.kind == "date":
                columns.append(exp.alias_(day(dialect, own), column.name, quoted=True, copy=False))
            else:
                columns.append(own)
        if not columns:  # a policy of which nothing comes from the data
            return exp.select(exp.alias_(exp.Literal.number(1), "one", quoted=True, copy=False))
        return exp.select(*columns).from_(exp.table_(table, quoted=True))

    def definitions(self, dialect: Dialect) -> dict[str, list[Definition]]:
        """The columns of each table."""
        found = {}
        for table, keys in self.keys().items():
            found[table] = [Definition(name, exp.DataType.build(kind), required=True) for name, kind in keys]
            for column in self._of(table):
                kind = exp.DataType.build(_TYPES[column.kind])
                remark = ""
                if column.kind == "number":
                    if Number(exp.null(), column.unit, column.range).bound > NARROW and dialect.wide is not None:
                        kind = dialect.wide
                    remark = "" if column.unit == 1 else f"in {column.unit}"
                found[table].append(Definition(column.name, kind, remark))
        return found

    def held(self, dialect: Dialect, *others: int) -> None:
        """Raises PolicyError where a table, or others of so many columns, have more than the database holds."""
        widest = max(*(len(columns) for columns in self.definitions(dialect).values()), *others, 0)
        if widest > dialect.columns:
            arguments = {"dialect": dialect.name, "count": str(widest), "limit": str(dialect.columns)}
            found = Diagnostic("AS5509", arguments=arguments)
            raise PolicyError([found], "zh" if self.plan.language == "zh" else "en")

    def wanted(self) -> dict[str, list[str]]:
        """The columns that must be there, by table."""
        keys = {table: [key for key, _ in columns] for table, columns in self.keys().items()}
        return {table: [*own, *self._names(table)] for table, own in keys.items()}

    def keys(self) -> dict[str, list[tuple[str, str]]]:
        """The columns of each table that a plan does not load, with their types."""
        found = {
            **({POLICY_TABLE: []} if self._of(POLICY_TABLE) else {}),
            ENTITY_TABLE: [("entity", "TEXT"), ("group_name", "TEXT")]
            + [(self.names.flag(name), "BOOLEAN") for name in sorted(self.single)],
        }
        for name in self._numbers:
            if name not in self.single:
                found[self.names.targets(name)] = [("item", "BIGINT"), ("entity", "TEXT"), ("target", "TEXT")]
            if name in self.reported:
                found[self.names.entries(name)] = (
                    [("entity", "TEXT")] if name in self.single else [("item", "BIGINT"), ("entity", "TEXT")]
                )
        return found


def created(table: str, columns: Iterable[Definition], dialect: Dialect) -> str:
    """The statement that makes a table."""
    defined = []
    for column in columns:
        definition = exp.ColumnDef(this=exp.to_identifier(column.name, quoted=True), kind=column.kind)
        if column.required:
            definition.set("constraints", [exp.ColumnConstraint(kind=exp.NotNullColumnConstraint())])
        if column.remark:
            definition.add_comments([column.remark])
        defined.append(definition)
    schema = exp.Schema(this=exp.table_(table, quoted=True), expressions=defined)
    return exp.Create(this=schema, kind="TABLE").sql(dialect.name, pretty=True)


def day(dialect: Dialect, day: exp.Expr) -> exp.Expr:
    """The ordinal of a date: 1 for the first day of the year 1."""
    first: exp.Expr = exp.cast(exp.Literal.string("0001-01-01"), "DATE", copy=False)
    match dialect.name:
        case "sqlite":
            first = exp.Literal.string("0001-01-01")
            days: exp.Expr = exp.Sub(
                this=exp.Anonymous(this="JULIANDAY", expressions=[day]),
                expression=exp.Anonymous(this="JULIANDAY", expressions=[first]),
            )
            days = exp.cast(exp.paren(days, copy=False), "BIGINT", copy=False)
        case "spark":
            days = exp.Anonymous(this="DATEDIFF", expressions=[day, first])
        case _:
            days = exp.paren(exp.Sub(this=day, expression=first), copy=False)
    return exp.cast(exp.Add(this=days, expression=exp.Literal.number(1)), "BIGINT", copy=False)


def loaded(plan: Plan, single: frozenset[str]) -> Iterator[tuple[Key, Step, Column]]:
    """The columns that a plan reads, whose units and ranges are not known yet."""
    seen: set[Key] = set()
    names = named(plan)
    taken = {POLICY_TABLE: set[str](), ENTITY_TABLE: {"entity", "group_name"}}
    taken[ENTITY_TABLE].update(names.flag(name).casefold() for name in single)
    for step in (plan.steps[id] for id in sorted(needed(plan))):
        operation = step.operation
        if isinstance(operation, Load) or (isinstance(operation, Rank) and operation.offset):
            key = Key(operation, step.grain.indicator)
            if key not in seen:
                seen.add(key)
                table, head, tail = _place(operation, step, single, names)
                kind: Kind = "number" if step.unit.is_number else _KINDS.get(step.unit, "text")
                own = taken.setdefault(table, {"item", "entity", "target"})
                yield key, step, Column(table, distinct(own, head, tail), kind)


def _place(operation: Load | Rank, step: Step, single: frozenset[str], names: Names) -> tuple[str, str, str]:
    """The table, what may be cut of the name of the column, and the end of that name."""
    indicator = step.grain.indicator
    name = operation.name if isinstance(operation, Load) else f"place_{step.id}"
    source = operation.source if isinstance(operation, Load) else "history"
    if source in ("tag", "sample", "history"):
        name = f"{source}_{name}"
    ago = f"_{operation.offset}_ago" if operation.offset else ""
    match step.grain.kind:
        case "policy":
            return POLICY_TABLE, name, ago
        case "entity":
            return ENTITY_TABLE, name, ago
        case "target" if indicator in single and source == "target":
            return ENTITY_TABLE, names.labels[indicator], f"__{name}{ago}"
        case "target" if indicator in single:
            return ENTITY_TABLE, f"{names.labels[indicator]}__{name}", ago
        case "target":
            return names.targets(indicator), name, ago
        case _:
            return names.entries(indicator), name, ago
