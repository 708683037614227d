"""A query for Spark in stages: a view for each of its tables.

As common tables of one query they are more than Spark can plan. Its analyser goes through them together, a hundred
times at most, and gives new names to the columns of whatever is read twice, anew for each table that reads it: forty
tables on top of one another are too many. A view is planned once; nothing is computed for it, and the optimizer sees
through it, so that the rows are moved no more often than by one query.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any, Final

from attrs import frozen
from sqlglot import exp

from assessdsl.diagnostics import Diagnostic, PolicyError
from assessdsl.plan.steps import Plan

_MOST: Final = 200  # tables that a view is written out to; 400 on top of one another overflow the stack
_RUNS: Final = count(1)
_LACKS: Final = {  # the setting that would have helped, by what Java says
    "OutOfMemoryError": "spark.driver.memory",
    "SparkOutOfMemoryError": "spark.executor.memory",
    "StackOverflowError": "spark.driver.extraJavaOptions=-Xss16m",
}


@frozen
class View:
    """A stage of a query. Spark writes out what a view reads each time that it is read; where that would be too much,
    the rows are computed, and the columns kept that are read later."""

    name: str
    text: str
    kept: frozenset[str]


def views(tables: Sequence[tuple[str, exp.Query]], last: exp.Query) -> tuple[View, ...]:
    """Of the tables of a query, each behind those that it reads, before the last of its stages."""
    sizes: dict[str, int] = {}
    found: list[View] = []
    for place, (name, table) in enumerate(tables, 1):
        sizes[name] = 1 + sum(sizes.get(one.name, 1) for one in table.find_all(exp.Table))
        kept: set[str] = set()
        if sizes[name] > _MOST:
            sizes[name] = 1
            later = (*(one for _, one in tables[place:]), last)
            kept.update(column.name for one in later for column in one.find_all(exp.Column))
        found.append(View(name, table.sql("spark", pretty=True, identify=True), frozenset(kept)))
    return tuple(found)


def script(stages: Sequence[View], last: str) -> list[str]:
    """The statements of a query in stages."""
    made = [f"CREATE OR REPLACE TEMPORARY VIEW {_quoted(view.name)} AS\n{view.text}" for view in stages]
    # or else what a view reads is analysed again whenever the view is read
    return ["SET spark.sql.legacy.storeAnalyzedPlanForView = true", *made, last]


def prefix() -> str:
    """For names of views that no other run in the process has."""
    return f"assessdsl_{next(_RUNS)}_"


def rows(session: Any, plan: Plan, stages: Sequence[View], last: str) -> list[Any]:
    """What the last stage gives. Raises PolicyError where the session has too little memory to plan or to run it."""
    try:
        return list(frame(session, stages, last).collect())
    except Exception as error:
        told = [setting for name, setting in _LACKS.items() if f".{name}" in str(error)]
        if not told:
            raise
        arguments = {"count": str(len(plan.steps)), "setting": told[0]}
        found = Diagnostic("AS5508", arguments=arguments)
        raise PolicyError([found], "zh" if plan.language == "zh" else "en") from error


def frame(session: Any, stages: Sequence[View], last: str) -> Any:
    """The last stage as a frame of a Spark session, of which the views are gone again."""
    made: list[str] = []
    try:
        for view in stages:
            rows = session.sql(view.text)
            if view.kept:
                rows = rows.select(*(name for name in rows.columns if name in view.kept)).localCheckpoint()
            rows.createOrReplaceTempView(_quoted(view.name))
            made.append(view.name)
        return session.sql(last)
    finally:
        for name in made:
            session.sql(f"DROP VIEW IF EXISTS {_quoted(name)}")


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("spark")
