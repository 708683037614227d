"""What the databases differ in: how far their whole numbers go, and how they divide them.

A quotient is never taken by a database's own idea of decimals: DuckDB divides them as binary floats, SQLite rounds.
"""

from typing import Final, Literal

from attrs import frozen
from sqlglot import exp

DialectName = Literal["duckdb", "postgres", "sqlite", "spark"]

NARROW: Final = 2**63 - 1  # BIGINT, or SQLite's INTEGER


@frozen
class Dialect:
    """`widest` is the greatest whole number that it counts with exactly; numbers beyond BIGINT are `wide`.

    Overflow is an error in DuckDB, PostgreSQL and Spark (in ANSI mode); SQLite turns silently to binary floats. No
    query relies on either: what could go beyond is refused before it is written.
    """

    name: DialectName
    widest: int
    wide: exp.DataType | None
    materialized: bool = False  # whether a common table must be kept from being merged into what reads it
    staged: bool = False  # whether each common table is a view of its own: see stages
    ordered: bool = True  # whether the rows are put in order; across machines that moves them all once more
    columns: int = 10**9  # of a table or of what a query gives, at most
    measured: int = 400  # columns of which one query asks for the ends


DIALECTS: Final[dict[str, Dialect]] = {
    "duckdb": Dialect("duckdb", 2**127 - 1, exp.DataType.build("HUGEINT", dialect="duckdb")),
    "postgres": Dialect(
        "postgres", 10**1000, exp.DataType.build("NUMERIC", dialect="postgres"), materialized=True, columns=1600
    ),
    "sqlite": Dialect("sqlite", NARROW, None, materialized=True, columns=2000),
    "spark": Dialect(
        "spark",
        10**38 - 1,
        exp.DataType.build("DECIMAL(38, 0)", dialect="spark"),
        staged=True,
        ordered=False,
        measured=32,  # beyond a hundred things asked Spark makes one huge class of them, anew for each query
    ),
}


def quotient(dialect: Dialect, over: exp.Expr, under: exp.Expr, *, wide: bool) -> exp.Expr:
    """The whole quotient of two whole numbers that are not negative, without the rest."""
    match dialect.name:
        case "duckdb":
            return exp.IntDiv(this=over, expression=under)
        case "postgres" if wide:
            return exp.func("div", over, under, copy=False)
        case "sqlite" | "postgres":
            return exp.Div(this=over, expression=under, typed=True, safe=False)
        case _ if wide:  # Spark's DIV gives BIGINT; a quotient without a rest is exact in its decimals
            whole = exp.Sub(this=over, expression=exp.Mod(this=over, expression=under))
            divided = exp.Div(this=exp.paren(whole, copy=False), expression=under, typed=True, safe=False)
            return exp.cast(divided, exp.DataType.build("DECIMAL(38, 0)", dialect="spark"), copy=False)
        case _:
            return exp.IntDiv(this=over, expression=under)
