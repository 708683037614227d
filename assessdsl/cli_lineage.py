"""What commands are told of bodies that were renamed, merged or split, and of who led them."""

import argparse
from pathlib import Path
from typing import Final, get_args

from assessdsl import engine
from assessdsl.data import read_table
from assessdsl.deferred import Later
from assessdsl.facts import Facts
from assessdsl.record.succession import LeaderRule
from assessdsl.result import Result

_TABLES: Final = Later("assessdsl.record.succession_tables")


def add_lineage(command: argparse.ArgumentParser) -> None:
    command.add_argument("--successions", type=Path, metavar="FILE", help="who became whom. 单位更名、合并、拆分")
    command.add_argument("--tenures", type=Path, metavar="FILE", help="who led whom, by days. 领导任职")
    command.add_argument("--leader", choices=get_args(LeaderRule), help="which leader a year has. 一年算谁的任期")
    command.add_argument("--leader-fact", default="leader", metavar="FACT", help="its fact in the policy. 对应事实")


def with_lineage(tables: Facts, arguments: argparse.Namespace, year: int) -> Facts:
    """The tables with those of the arguments; once it is said which leader counts, who led is a fact of each year."""
    for table in ("successions", "tenures"):
        path: Path | None = getattr(arguments, table)
        tables = tables if path is None else read_table(path, table, tables)
    return _TABLES.with_leaders(tables, year, arguments.leader, arguments.leader_fact) if arguments.leader else tables


def evaluated(policy: engine.Policy, arguments: argparse.Namespace) -> Result:
    """The result of the tables of the arguments."""
    tables = with_lineage(engine.read_facts(arguments.facts), arguments, policy.plan.schema.period.year)
    result: Result = _TABLES.evaluate_tables(
        policy, tables, history=arguments.history, frozen=arguments.frozen, published=arguments.published
    )
    return result
