"""The SQL engine: a plan as one query over whole numbers, for DuckDB, PostgreSQL, SQLite and Spark.

Loaded on first use, for it takes the extra `sql`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from assessdsl.diagnostics import DataError, Diagnostic

if TYPE_CHECKING:
    from assessdsl.backends.sql.recall import recalled
    from assessdsl.backends.sql.run import Scores, evaluate, text
    from assessdsl.backends.sql.stored import store

__all__ = ["Scores", "evaluate", "recalled", "store", "text"]

_HOME: Final = {"Scores": "run", "evaluate": "run", "recalled": "recall", "store": "stored", "text": "run"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name != "sqlglot":
            raise
        raise DataError([Diagnostic("AS5505", arguments={"command": "pip install 'assessdsl[sql]'"})]) from error
    globals()[name] = value
    return value
