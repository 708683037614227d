"""`assessdsl.evaluate`: the engine that does the work is chosen by where the data lie."""

from collections.abc import Mapping
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from assessdsl import databases, engine
from assessdsl.facts import Facts
from assessdsl.result import Result

if TYPE_CHECKING:
    from assessdsl.backends.sql import Scores
    from assessdsl.frames import FrameResult

Backend = Literal["exact", "columnar", "sql", "spark"]
_Tables = Facts | str | Path | Mapping[str, engine.Records] | engine.Records
_Table = str | Path | engine.Records


@overload
def evaluate(
    policy: engine.Policy,
    facts: _Tables,
    *,
    backend: Literal["exact"] = "exact",
    history: _Table | None = None,
    frozen: _Table | None = None,
    published: date | None = None,
) -> Result: ...


@overload
def evaluate(policy: engine.Policy, facts: Any, *, backend: Literal["columnar"], **options: Any) -> "FrameResult": ...


@overload
def evaluate(policy: engine.Policy, facts: Any, *, backend: Literal["sql", "spark"]) -> "Scores": ...


def evaluate(policy: engine.Policy, facts: Any, *, backend: Backend = "exact", **options: Any) -> Any:
    """Score every entity exactly; all backends give the same numbers, or refuse before anything runs.

    exact: facts are what read_facts gives, or the path that it reads; or plain records by table
    (`{"entities": […], "facts": […]}`); or the records of the entities alone, with their facts as columns. history and
    frozen (the targets as they were frozen) take the place of those that the facts hold: a table's path, or records.
    published: the day from which deadlines run. Gives a Result, which `explain` explains.

    columnar: facts are a frame of pandas, Polars, Arrow or DuckDB, the options those of `evaluate_frame`.

    sql, spark: facts are a connection of DuckDB or sqlite3, or a Spark session, with the tables that
    `databases.store` writes. Gives the Scores of all entities.

    Raises DataError with every diagnostic if the data is wrong, PolicyError where the backend cannot be exact.
    """
    match backend:
        case "exact":
            return engine.evaluate(policy, facts, **options)
        case "columnar":  # NumPy is waited for only here
            return import_module("assessdsl.frames").evaluate_frame(policy, facts, **options)
        case "sql" | "spark":
            if not isinstance(policy, engine.Policy):
                raise TypeError("evaluate takes the policy that load or loads gave, not its path or its text")
            if options:
                raise TypeError(f"what lies in a database has no {', '.join(sorted(options))} beside it")
            return databases.evaluate(policy, facts)
        case _:
            raise TypeError(f"backend is exact, columnar, sql or spark, not {backend!r}")
