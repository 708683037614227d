"""What is typed to have other engines do the work."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assessdsl import databases, engine
from assessdsl.cli_authoring import progress_line, remark
from assessdsl.deferred import Later
from assessdsl.source import visible

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    Add = Callable[[Commands, str, str], argparse.ArgumentParser]

_FRAMES: Final = Later("assessdsl.frames")
_DIALECTS: Final = ("duckdb", "postgres", "sqlite", "spark")


def add_engines(commands: "Commands", add: "Add") -> None:
    """The commands, each of which sets `run`. `add` makes one with what every command has."""
    scoring = add(commands, "score", "score any number of entities, from Parquet to Parquet. 大批量计分")
    _policy(scoring)
    scoring.add_argument("entities", type=Path, metavar="ENTITIES", help="Parquet, a row for each. 单位数据")
    scoring.add_argument("--output", type=Path, required=True, metavar="FILE", help="Parquet, too. 结果文件")
    scoring.add_argument("--targets", type=Path, metavar="FILE", help="Parquet, in any order. 目标")
    scoring.add_argument("--entries", type=Path, metavar="FILE", help="what was reported, likewise. 实绩")
    scoring.add_argument("--history", type=Path, metavar="FILE", help="results of earlier years. 历年结果")
    scoring.add_argument(
        "--benchmark",
        action="append",
        default=[],
        nargs=2,
        metavar=("NAME", "VALUE"),
        help="the same for all: 6, or of another year 2021=5. 基准值",
    )
    scoring.add_argument("--components", action="store_true", help="their scores, too. 输出板块得分")
    scoring.add_argument("--indicators", action="store_true", help="their scores, too. 输出指标得分")
    scoring.add_argument("--kernels", action="store_true", help="with code that is compiled. 编译执行")
    scoring.set_defaults(run=score)
    writing = add(commands, "sql", "the policy as a query of a database. 生成 SQL 查询")
    _policy(writing)
    writing.add_argument("facts", nargs="?", type=Path, metavar="FACTS", help="for numbers as large as theirs. 数据")
    writing.add_argument("--dialect", choices=_DIALECTS, default="duckdb", help="whose SQL. 数据库")
    writing.set_defaults(run=show_sql)


def _policy(command: argparse.ArgumentParser) -> None:
    command.add_argument("policy", type=Path, metavar="POLICY", help="a policy: .assess, .yaml. 办法文件")


def score(arguments: argparse.Namespace) -> int:
    policy = engine.load(arguments.policy)
    remark(policy.diagnostics, arguments, policy.language)
    benchmarks: dict[str, dict[str, str]] = {}
    for name, text in arguments.benchmark:
        year, _, value = text.rpartition("=")
        benchmarks.setdefault(name, {})[year or str(policy.plan.schema.period.year)] = value
    try:
        with progress_line(sys.stderr) as progress:
            written = _FRAMES.evaluate_batches(
                policy,
                arguments.entities,
                arguments.output,
                targets=arguments.targets,
                entries=arguments.entries,
                history=arguments.history,
                common=benchmarks,
                components=arguments.components,
                indicators=arguments.indicators,
                kernels=arguments.kernels,
                progress=progress,
            )
    except ImportError as error:  # it says what to install
        print(f"assessdsl: {error}", file=sys.stderr)
        return 1
    rows, left = written.rows, written.by_exact_engine
    told = f"{rows} entities, {left} of them by the exact engine"
    if (arguments.language or policy.language) == "zh":
        told = f"{rows} 个单位,其中 {left} 个由精确引擎逐个计算"
    print(f"{visible(str(arguments.output))}: {told}")
    return 0


def show_sql(arguments: argparse.Namespace) -> None:
    policy = engine.load(arguments.policy)
    remark(policy.diagnostics, arguments, policy.language)
    sys.stdout.write(databases.query(policy, arguments.dialect, arguments.facts))
