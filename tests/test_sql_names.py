"""Names that databases would not keep apart, and tables wider than they hold."""

import sqlite3
from contextlib import closing
from typing import Any

import duckdb
import pytest
from sql_names import NAMED, given, text
from sqlglot import exp, parse

import assessdsl
from assessdsl import databases
from assessdsl.backends.sql.names import distinct


@pytest.mark.parametrize("connect", [duckdb.connect, sqlite3.connect])
def test_an_entity_is_read_back_by_names_kept_apart(connect: Any) -> None:
    for named in NAMED.values():
        policy, facts = assessdsl.loads(text(*named)), given(*named)
        with closing(connect(":memory:")) as database:
            databases.store(policy, facts, database)
            explained = databases.explain(policy, database, "e1")
        assert explained.score == assessdsl.evaluate(policy, facts).entities["e1"].total.value


@pytest.mark.parametrize("named", NAMED)
def test_postgres_keeps_every_name_whole(named: str) -> None:
    """In 63 bytes; and no table has a column twice, nor a query a common table."""
    policy = assessdsl.loads(text(*NAMED[named]))
    for statement in parse(databases.query(policy, "postgres", given(*NAMED[named])), read="postgres"):
        assert statement is not None
        assert all(len(one.name.encode()) <= 63 for one in statement.find_all(exp.Identifier))
        tables = [one.alias for one in statement.find_all(exp.CTE)]
        assert len({name.casefold() for name in tables}) == len(tables)
        for held in (list(statement.find_all(exp.ColumnDef)), getattr(statement, "selects", [])):
            columns = [one.alias_or_name.casefold() for one in held]
            assert len(set(columns)) == len(columns)


def test_a_name_is_cut_between_characters_and_its_end_is_kept() -> None:
    taken = {"has_a"}
    assert distinct(taken, "Has_A") == "Has_A_2"
    assert distinct(taken, "has_a_2") == "has_a_2_2"
    assert distinct(taken, "城" * 30, "__actual") == "城" * 18 + "__actual"
    assert distinct(taken, "城" * 19, "__actual") == "城" * 17 + "_2__actual"


@pytest.mark.parametrize("count", [330, 420])
def test_a_table_is_no_wider_than_the_database_holds(count: int) -> None:
    single = [f"i{number}" for number in range(count)]
    policy, facts = assessdsl.loads(text([], single, [])), given([], single, [])
    with closing(sqlite3.connect(":memory:")) as database:
        if count < 400:
            databases.store(policy, facts, database)
            found = assessdsl.evaluate(policy, database, backend="sql")
            assert found.of("e1")["total"] == assessdsl.evaluate(policy, facts).entities["e1"].total.value
            return
        for run in (lambda: databases.store(policy, facts, database), lambda: databases.query(policy, "sqlite", facts)):
            with pytest.raises(assessdsl.PolicyError) as refused:
                run()
            assert [one.code for one in refused.value.diagnostics] == ["AS5509"]
            assert "2000" in str(refused.value)
        assert not database.execute("SELECT * FROM sqlite_master").fetchall()
