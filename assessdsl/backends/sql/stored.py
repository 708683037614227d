"""The tables of a plan in a database: written from bound data, and measured before a query is written for them.

Beside them stands `assessdsl_units`, which tells the unit of each column of numbers: `table_name`, `column_name`, and
`numerator` over `denominator`. Where it has no row, the unit is the declared one (see declared_unit).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from attrs import evolve
from sqlglot import exp

from assessdsl.backends.sql.cells import ZERO
from assessdsl.backends.sql.dialects import DIALECTS, Dialect
from assessdsl.backends.sql.filling import tables_of
from assessdsl.backends.sql.tables import ENTITY_TABLE, Column, Definition, Key, Tables, created, day, loaded
from assessdsl.diagnostics import DataError, Diagnostic
from assessdsl.facts import Dataset
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import Plan, Step
from assessdsl.quantity import Unit

UNITS: Final = "assessdsl_units"
_UNITS_TABLE: Final = tuple(
    Definition(name, exp.DataType.build(kind))
    for name, kind in (
        ("table_name", "TEXT"), ("column_name", "TEXT"), ("numerator", "BIGINT"), ("denominator", "BIGINT"),
    )
)  # fmt: skip
_MOST_ITEMS, _MOST_ENTITIES, _MOST = 100, 10**8, 10**9  # what a query written without data takes for granted
_TOGETHER: Final = 800  # values of one statement
_MODULES: Final = {"duckdb": "duckdb", "_duckdb": "duckdb", "sqlite3": "sqlite", "pyspark": "spark"}


Connection = Any  # of DuckDB or sqlite3, or a Spark session


def dialect_of(connection: object) -> Dialect:
    module = type(connection).__module__.split(".")[0]
    if module not in _MODULES:
        raise TypeError("takes a connection of duckdb or sqlite3, or a Spark session")
    return DIALECTS[_MODULES[module]]


def fetched(connection: Connection, query: exp.Query | str, dialect: Dialect) -> list[tuple[Any, ...]]:
    text = query if isinstance(query, str) else query.sql(dialect.name, identify=True)
    if dialect.name == "spark":
        return [tuple(row) for row in connection.sql(text).collect()]
    return list(connection.execute(text).fetchall())


# ---------------------------------------------------------------- written


def store(plan: Plan, dataset: Dataset, connection: Connection) -> None:
    """Makes the tables and fills them."""
    dialect = dialect_of(connection)
    tables, rows = tables_of(plan, dataset)
    tables.held(dialect)
    rows[UNITS] = list(_units(tables))
    for table, columns in {**tables.definitions(dialect), UNITS: _UNITS_TABLE}.items():
        if dialect.name == "spark":
            _view(connection, table, columns, rows[table])
        else:
            connection.execute(created(table, columns, dialect))
            _insert(connection, dialect, table, rows[table])


def _view(session: Any, table: str, columns: Sequence[Definition], lines: Sequence[Mapping[str, Any]]) -> None:
    """A temporary view of a Spark session. Its dates are read from text, its wide numbers are decimals."""
    schema = ", ".join(f"{_quoted(column.name)} {column.kind.sql('spark')}" for column in columns)
    held = [tuple(_spark_value(column, line.get(column.name)) for column in columns) for line in lines]
    session.createDataFrame(held, schema).createOrReplaceTempView(_quoted(table))


def _quoted(name: str) -> str:
    """As Spark's own functions want a name that is not of ASCII letters."""
    return exp.to_identifier(name, quoted=True).sql("spark")


def _spark_value(column: Definition, value: Any) -> Any:
    if value is not None and column.kind.is_type("date"):
        return date.fromisoformat(value)
    return Decimal(value) if value is not None and column.kind.is_type("decimal") else value


def _units(tables: Tables) -> Iterator[dict[str, Any]]:
    for column in dict.fromkeys(tables.columns.values()):
        if column.kind == "number":
            yield {
                "table_name": column.table,
                "column_name": column.name,
                "numerator": column.unit.numerator,
                "denominator": column.unit.denominator,
            }


def _insert(connection: Connection, dialect: Dialect, table: str, lines: Sequence[Mapping[str, Any]]) -> None:
    if not lines:
        return
    names = list(dict.fromkeys(name for line in lines for name in line))
    rows = [[line.get(name) for name in names] for line in lines]

    def insert(count: int) -> str:
        into = exp.Schema(
            this=exp.table_(table, quoted=True), expressions=[exp.to_identifier(name, quoted=True) for name in names]
        )
        values = exp.values([tuple(exp.Placeholder() for _ in names)] * count)
        return exp.Insert(this=into, expression=values).sql(dialect.name)

    # DuckDB plans a statement anew for each row that it is executed with, which takes as long as for many rows
    together = max(1, _TOGETHER // len(names)) if dialect.name == "duckdb" else 1
    whole = len(rows) // together * together
    if together > 1 and whole:
        text = insert(together)
        for start in range(0, whole, together):
            connection.execute(text, [value for row in rows[start : start + together] for value in row])
        rows = rows[whole:]
    if rows:
        connection.executemany(insert(1), rows)


# ---------------------------------------------------------------- measured


def measured(plan: Plan, connection: Connection) -> Tables:
    """The tables as they stand: between what the numbers of each column lie, how many rows stand under one. Raises
    DataError where a table or a column is not there."""
    dialect = dialect_of(connection)
    bare = declared(plan)
    there = _present(connection, dialect, bare.wanted())
    lacking = [
        Diagnostic("AS5506", arguments={"table": table, "column": name})
        for table, names in bare.wanted().items()
        for name in names
        if name.casefold() not in there.get(table.casefold(), ())
    ]
    if lacking:
        raise DataError(lacking, "zh" if plan.language == "zh" else "en")
    units: dict[tuple[str, str], Fraction] = {}
    if UNITS in there:
        for table, name, over, under in fetched(
            connection, exp.select("table_name", "column_name", "numerator", "denominator").from_(UNITS), dialect
        ):
            units[table, name] = Fraction(int(over), int(under))
    columns: dict[Column, Column] = {}
    for table in bare.wanted():
        own = [column for column in dict.fromkeys(bare.columns.values()) if column.table == table]
        for column, found in zip(own, _measures(connection, dialect, table, own), strict=True):
            columns[column] = _measured(column, units.get((column.table, column.name), column.unit), *found)
    flags = [Column(ENTITY_TABLE, bare.names.flag(name), "yes_no") for name in sorted(bare.single)]
    keys = [*flags, *(Column(ENTITY_TABLE, name, "text") for name in ("entity", "group_name"))]
    held = [
        _measured(key, key.unit, *found)
        for key, found in zip(keys, _measures(connection, dialect, ENTITY_TABLE, keys), strict=True)
    ]
    ((entities,),) = fetched(
        connection, exp.select(exp.Count(this=exp.Star())).from_(exp.table_(ENTITY_TABLE, quoted=True)), dialect
    )
    return evolve(
        bare,
        columns={key: columns.get(column, column) for key, column in bare.columns.items()},
        entities=int(entities),
        items={
            name: 1 if name in bare.single else _most(connection, dialect, bare.names.targets(name), "entity")
            for name in bare.items
        },
        entries={
            name: _most(connection, dialect, bare.names.entries(name), "entity" if name in bare.single else "item")
            for name in bare.reported
        },
        everywhere=frozenset(
            name for name, flag in zip(sorted(bare.single), held, strict=False) if flag.filled and flag.only
        ),
        unsure=frozenset(key.name for key in held if not key.filled),
    )


def _measures(
    connection: Connection, dialect: Dialect, table: str, columns: Sequence[Column]
) -> Iterator[tuple[Any, Any, bool]]:
    """Of each column the least, the greatest, and whether it is NULL nowhere. Texts have no ends."""
    if not columns:
        return
    together = dialect.measured
    if len(columns) > together:
        for start in range(0, len(columns), together):
            yield from _measures(connection, dialect, table, columns[start : start + together])
        return
    asked: list[exp.Expr] = [exp.Count(this=exp.Star())]
    for column in columns:
        name: exp.Expr = exp.column(column.name, quoted=True)
        asked.append(exp.Count(this=name))
        if column.kind != "text":
            value = day(dialect, name) if column.kind == "date" else name
            asked += [exp.Min(this=value), exp.Max(this=value)]
    ((rows, *found),) = fetched(connection, exp.select(*asked).from_(exp.table_(table, quoted=True)), dialect)
    left = iter(found)
    for column in columns:
        filled = next(left) == rows
        low, high = (None, None) if column.kind == "text" else (next(left), next(left))
        yield low, high, filled


def _measured(column: Column, unit: Fraction, low: Any, high: Any, filled: bool) -> Column:
    if column.kind in ("text", "yes_no"):
        return evolve(column, filled=filled, only=bool(low) if low is not None and low == high else None)
    reach = ZERO if low is None else Range(_whole(low, column) * unit, _whole(high, column) * unit)
    return evolve(column, unit=unit, range=reach, filled=filled)


def _whole(number: Any, column: Column) -> int:
    if isinstance(number, int) or (isinstance(number, Decimal) and number == int(number)):
        return int(number)
    raise DataError(
        [Diagnostic("AS5507", arguments={"value": str(number), "table": column.table, "column": column.name})]
    )


def _present(connection: Connection, dialect: Dialect, wanted: Iterable[str]) -> dict[str, set[str]]:
    """The columns of each table that a query finds by its bare name, in small letters."""
    found: dict[str, set[str]] = {}
    match dialect.name:
        case "spark":
            for table in (*wanted, UNITS):
                if connection.catalog.tableExists(_quoted(table)):
                    found[table.casefold()] = {name.casefold() for name in connection.table(_quoted(table)).columns}
            return found
        case "sqlite":
            query = (
                "SELECT m.name, c.name FROM (SELECT name, type FROM sqlite_master UNION "
                "SELECT name, type FROM sqlite_temp_master) AS m, pragma_table_info(m.name) AS c "
                "WHERE m.type IN ('table', 'view')"
            )
        case _:
            query = (
                "SELECT table_name, column_name FROM information_schema.columns "
                "WHERE table_catalog IN (current_database(), 'temp') "
                "AND table_schema IN (SELECT unnest(current_schemas(true)))"
            )
    for table, column in fetched(connection, query, dialect):
        found.setdefault(table.casefold(), set()).add(column.casefold())
    return found


def _most(connection: Connection, dialect: Dialect, table: str, key: str) -> int:
    """How many rows of a table have the same key, at most."""
    counted = (
        exp.select(exp.alias_(exp.Count(this=exp.Star()), "n", copy=False))
        .from_(exp.table_(table, quoted=True))
        .group_by(exp.column(key, quoted=True))
    )
    ((most,),) = fetched(connection, exp.select(exp.Max(this=exp.column("n"))).from_(counted.subquery("c")), dialect)
    return int(most or 0)


# ---------------------------------------------------------------- declared


def declared(plan: Plan) -> Tables:
    """The tables of a plan of which no data are known: numbers of nine digits in their declared units."""
    columns: dict[Key, Column] = {}
    single = frozenset(indicator.name for indicator in plan.schema.indicators if not indicator.shared)
    for key, step, column in loaded(plan, single):
        unit, reach = Fraction(1), Range(Fraction(1), Fraction(3_652_059))
        if column.kind == "number":
            unit = declared_unit(plan, step)
            reach = Range(-_MOST * unit, _MOST * unit)
        columns[key] = evolve(column, unit=unit, range=reach)
    names = [indicator.name for indicator in plan.schema.indicators]
    return Tables(
        plan,
        columns,
        single,
        _MOST_ENTITIES,
        {name: 1 if name in single else _MOST_ITEMS for name in names},
        dict.fromkeys(names, _MOST_ITEMS),
    )


def declared_unit(plan: Plan, step: Step) -> Fraction:
    """Of a column: one in the last of the declared places; without them whole numbers of counts and days, hundredths
    of points and money, and ten-thousandths of all else. A percentage is counted in hundredths of 1 first."""
    name = getattr(step.operation, "name", "")
    places: int | None = None
    for schema in (*plan.schema.facts, *plan.schema.benchmarks):
        if schema.name == name and not step.grain.indicator:
            places = schema.places
    for indicator in plan.schema.indicators:
        if indicator.name == step.grain.indicator and name in ("actual", "planned", "baseline", "plan_total"):
            places = indicator.places
    percent = step.unit in (Unit.SHARE, Unit.PERCENT, Unit.SURVEY, Unit.PP)
    if places is not None:
        return Fraction(1, (100 if percent else 1) * 10**places)
    if step.unit.counts or step.unit in (Unit.DAYS, Unit.MONTHS, Unit.YEARS, Unit.PLACES):
        return Fraction(1)
    return Fraction(1, 100 if step.unit in (Unit.POINTS, Unit.MONEY) else 10_000)
