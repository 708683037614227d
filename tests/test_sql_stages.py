"""A query in stages, as Spark is given it: views that read earlier ones, and rows kept where views would be written out
too often; numbers and conditions by the hundred; places and quotas by one sort."""

import sqlite3
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import pytest
from attrs import evolve
from sql_agreement import EXAMPLES, POLICIES, cases
from sqlglot import exp, parse_one

import assessdsl
from assessdsl import databases
from assessdsl.backends.sql import stages
from assessdsl.backends.sql.arithmetic import Arithmetic, joined, whole
from assessdsl.backends.sql.cells import Number
from assessdsl.backends.sql.dialects import DIALECTS
from assessdsl.backends.sql.filling import tables_of
from assessdsl.backends.sql.run import written_for
from assessdsl.backends.sql.stored import measured
from assessdsl.plan.ranges import Range

TIERS = """policy towns "Towns" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group town "Towns"
  fact growth percent "Growth" to 1 places missing zero
  component base "Base" {
    points 100 points
    indicator grown "Growth" {
      points 100 points
      score clamp(growth / 7%, 0%, 100%)
      missing zero
    }
  }
  rank by total within group ties shared
  tier best "Best" top 20% of group rounded down ties included when total >= 60 points
  tier good "Good" next 40% of group rounded down ties excluded when total >= 20 points
  tier poor "Poor" otherwise
}
"""


def tower(height: int, reads: int) -> tuple[stages.View, ...]:
    """Tables of which each reads the one below so many times."""
    tables: list[tuple[str, exp.Query]] = [("t0", exp.select("a", "b", "c").from_("base"))]
    for level in range(1, height):
        below = exp.select("*", "a").from_(f"t{level - 1}")
        for _ in range(1, reads):
            below = below.join(f"t{level - 1}", join_type="cross")
        tables.append((f"t{level}", below))
    return stages.views(tables, exp.select("b").from_(f"t{height - 1}"))


@pytest.mark.parametrize(("height", "reads", "kept"), [(150, 1, 0), (450, 1, 2), (6, 2, 0), (30, 2, 4), (20, 3, 4)])
def test_views_are_not_written_out_without_end(height: int, reads: int, kept: int) -> None:
    found = [view for view in tower(height, reads) if view.kept]
    assert len(found) == kept
    assert all(view.kept <= {"a", "b"} for view in found), "what nobody reads is not kept"


def test_the_columns_that_are_read_later_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "_MOST", 3)
    tables = [(f"t{level}", exp.select(f"c{level}").from_(f"t{level - 1}" if level else "base")) for level in range(6)]
    found = stages.views(tables, exp.select("last").from_("t5"))
    nothing: set[str] = set()
    assert [view.kept for view in found] == [nothing, nothing, {"c3", "c4", "c5", "last"}, nothing, nothing, {"last"}]
    assert [view.name for view in found] == [name for name, _ in tables]
    assert found[1].text.split() == ["SELECT", "`c1`", "FROM", "`t0`"]


class Session:
    """As much of Spark's as is asked, and what it was asked. `failing`: what it says instead of giving rows."""

    columns = ("a", "b", "c")

    def __init__(self, failing: str = "") -> None:
        self.asked: list[str] = []
        self.failing = failing

    def sql(self, text: str) -> "Session":
        self.asked.append(text)
        return self

    def select(self, *names: str) -> "Session":
        return self.sql(f"select {','.join(names)}")

    def localCheckpoint(self) -> "Session":
        return self.sql("checkpoint")

    def createOrReplaceTempView(self, name: str) -> None:
        self.sql(f"view {name}")

    def collect(self) -> list[str]:
        if self.failing:
            raise RuntimeError(self.failing)
        return ["row"]


STAGES = (stages.View("v0", "FIRST", frozenset()), stages.View("v1", "SECOND", frozenset({"b", "x"})))


def test_views_are_made_and_are_gone_again() -> None:
    session = Session()
    assert stages.rows(session, assessdsl.loads(TIERS).plan, STAGES, "LAST") == ["row"]
    assert session.asked == [
        "FIRST", "view `v0`", "SECOND", "select b", "checkpoint", "view `v1`", "LAST",
        "DROP VIEW IF EXISTS `v0`", "DROP VIEW IF EXISTS `v1`",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "setting"),
    [("java.lang.OutOfMemoryError: heap", "spark.driver.memory"), ("java.lang.StackOverflowError", "Xss16m")],
)
def test_what_spark_lacks_is_told(said: str, setting: str) -> None:
    plan = assessdsl.loads(TIERS).plan
    for language, word in (("en", "more than the Spark session"), ("zh", "超出该 Spark 会话")):
        with pytest.raises(assessdsl.PolicyError) as refused:
            stages.rows(Session(said), evolve(plan, language=language), STAGES, "LAST")
        (told,) = refused.value.diagnostics
        assert told.code == "AS5508"
        assert setting in told.arguments["setting"]
        assert word in str(refused.value)
    with pytest.raises(RuntimeError, match="other"):
        stages.rows(Session("other"), plan, STAGES, "LAST")


def test_a_view_reads_earlier_ones_only_and_the_tables(tmp_path: Path) -> None:
    for case in cases(EXAMPLES, tmp_path):
        try:
            written = written_for(case.policy.plan, tables_of(case.policy.plan, case.dataset)[0], "spark", "mine_")
        except assessdsl.PolicyError:
            continue
        there: set[str] = set()
        for view in written.views:
            read = {table.name for table in parse_one(view.text, read="spark").find_all(exp.Table)}
            assert {name for name in read if name.startswith("mine_")} <= there
            assert all(name.startswith(("mine_", "entities", "targets_", "entries_", "policy_")) for name in read)
            there.add(view.name)
        assert all(name.startswith("mine_") for name in there)
        assert "WITH" not in written.text


def test_the_printed_script_makes_the_views() -> None:
    home = POLICIES / "civil_servant_appraisal"
    policy = assessdsl.load(home / "policy.assess")
    script = databases.query(policy, "spark", home / "facts").split(";\n")
    made = [statement for statement in script if "CREATE OR REPLACE TEMPORARY VIEW" in statement]
    assert len(made) > 40
    assert script[script.index(made[0]) - 1].strip().startswith("SET ")
    assert made[0].strip().startswith("CREATE OR REPLACE TEMPORARY VIEW `assessdsl_")


def test_two_runs_have_views_of_their_own() -> None:
    assert stages.prefix() != stages.prefix()


def test_numbers_and_conditions_by_the_hundred_do_not_nest_by_the_hundred() -> None:
    numbers = [Number(whole(n), Fraction(1), Range(Fraction(1), Fraction(n))) for n in range(1, 1002)]
    total = Arithmetic(DIALECTS["sqlite"]).total(numbers)
    condition = joined(
        exp.Or, [exp.EQ(this=whole(n), expression=whole(1001 * 501)) for n in (*range(1, 1000), 1001 * 501)]
    )
    assert total.range.high == 1001 * 501
    with closing(sqlite3.connect(":memory:")) as database:
        (found,) = database.execute(f"SELECT {total.n.sql('sqlite')}")
        (holds,) = database.execute(f"SELECT {condition.sql('sqlite')}")
    assert (found, holds) == ((1001 * 501,), (1,))


def test_places_and_quotas_take_one_sort() -> None:
    """All windows have the same peers in the same order."""
    policy = assessdsl.loads(TIERS)
    towns = [{"entity": f"e{n}", "group": "town", "growth": str(n)} for n in range(9)]
    with closing(sqlite3.connect(":memory:")) as database:
        databases.store(policy, {"entities": towns}, database)
        text = written_for(policy.plan, measured(policy.plan, database), "sqlite").text
        found = assessdsl.evaluate(policy, database, backend="sql")
    windows = list(parse_one(text, read="sqlite").find_all(exp.Window))
    assert len(windows) == 5
    assert len({(str(window.args["partition_by"]), window.args["order"].sql()) for window in windows}) == 1
    exact = assessdsl.evaluate(policy, {"entities": towns})
    assert [found.of(name)["tier"] for name in found.entities] == [exact.entities[name].tier for name in found.entities]
