"""What `databases.store` writes is all there, however many rows go into one statement."""

import sqlite3
from typing import Any

import duckdb
import pytest

import assessdsl
from assessdsl import databases

POLICY = assessdsl.loads("""
policy towns "Towns" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group town "Towns"
  fact growth percent "Growth" to 1 places
  component base "Base" {
    points 100 points
    indicator grown "Growth" { points 100 points; score clamp(growth / 7%, 0%, 100%); missing zero }
  }
}
""")


@pytest.mark.parametrize("rows", [1, 199, 200, 201, 1003])
@pytest.mark.parametrize("connect", [duckdb.connect, sqlite3.connect])
def test_every_row_is_stored(rows: int, connect: Any) -> None:
    entities = [
        {"entity": f"e{row}", "group": "town", "growth": None if row % 7 == 6 else f"{row % 70 / 10}"}
        for row in range(rows)
    ]
    connection = connect(":memory:")
    databases.store(POLICY, {"entities": entities}, connection)
    found = assessdsl.evaluate(POLICY, connection, backend="sql")
    exact = assessdsl.evaluate(POLICY, {"entities": entities})
    assert {name: found.of(name)["total"] for name in found.entities} == {
        name: one.total.value for name, one in exact.entities.items()
    }


class Counted:
    """A connection that counts what is asked of it."""

    __module__ = "duckdb"

    def __init__(self) -> None:
        self.connection, self.asked = duckdb.connect(), 0

    def execute(self, *given: Any) -> Any:
        self.asked += 1
        return self.connection.execute(*given)

    def executemany(self, text: str, rows: list[Any]) -> Any:
        self.asked += len(rows)
        return self.connection.executemany(text, rows)


def test_duckdb_is_given_many_rows_at_a_time() -> None:
    connection = Counted()
    entities = [{"entity": f"e{row}", "group": "town", "growth": row % 9} for row in range(2000)]
    databases.store(POLICY, {"entities": entities}, connection)
    assert connection.asked < 400
