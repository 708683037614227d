"""What is typed to have other engines do the work."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assessdsl import databases, engine
from assessdsl.cli_authoring import remark

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    Add = Callable[[Commands, str, str], argparse.ArgumentParser]

_DIALECTS: Final = ("duckdb", "postgres", "sqlite", "spark")


def add_engines(commands: "Commands", add: "Add") -> None:
    """The commands, each of which sets `run`. `add` makes one with what every command has."""
    writing = add(commands, "sql", "the policy as a query of a database. 生成 SQL 查询")
    writing.add_argument("policy", type=Path, metavar="POLICY", help="a policy: .assess, .yaml. 办法文件")
    writing.add_argument("facts", nargs="?", type=Path, metavar="FACTS", help="for numbers as large as theirs. 数据")
    writing.add_argument("--dialect", choices=_DIALECTS, default="duckdb", help="whose SQL. 数据库")
    writing.set_defaults(run=show_sql)


def show_sql(arguments: argparse.Namespace) -> None:
    policy = engine.load(arguments.policy)
    remark(policy.diagnostics, arguments, policy.language)
    sys.stdout.write(databases.query(policy, arguments.dialect, arguments.facts))
