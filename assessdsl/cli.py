"""The command line. Results go to stdout, all else to stderr.

Exit codes: 0 the work was done, whatever it found about the entities; 1 the policy or the data is wrong, or something
could not be read or written; 2 wrong usage.
"""

import argparse
import csv
import io
import json
import os
import re
import sys
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import Final, TextIO

from assessdsl import engine
from assessdsl.cli_authoring import (
    compare_policies,
    complain,
    describe_policy,
    format_policies,
    lint_policies,
    look_through,
    remark,
    test_policies,
)
from assessdsl.cli_engines import add_engines
from assessdsl.cli_kept import add_commands
from assessdsl.cli_lineage import add_lineage, evaluated
from assessdsl.deferred import Later
from assessdsl.diagnostics import AssessmentError, DataError, Diagnostic
from assessdsl.quantity import exact_text
from assessdsl.resources import resource
from assessdsl.result import EntityResult, Result
from assessdsl.vocabulary import LANGUAGES, Kind, vocabulary

_FAIRNESS: Final = Later("assessdsl.cli_fairness")  # for which all other commands need not wait
_INTERRUPTED: Final = 130  # as shells count a program that was stopped by Ctrl-C


def main(argv: Sequence[str] | None = None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without Chinese shows escapes, and no traceback
            stream.reconfigure(errors="backslashreplace")
    try:
        arguments = _parser(*(sys.argv[1:] if argv is None else argv)[:1]).parse_args(argv)
    except SystemExit as stop:  # argparse has said what is wrong
        return stop.code if isinstance(stop.code, int) else 2
    try:
        if arguments.command == "convert" or getattr(arguments, "format", "") in ("json", "csv", "junit"):
            _write_utf8()
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except AssessmentError as error:
        remark(error.diagnostics, arguments, error.language)
        return 1
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        _drop_output()
        return 0
    except KeyboardInterrupt:
        return _INTERRUPTED
    except OSError as error:
        complain(error)
        _drop_output()
        return 1


def _write_utf8() -> None:
    """What other programs read is UTF-8 wherever it goes but to a terminal, which has an encoding of its own."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8")


def _drop_output() -> None:
    """What could not be written is not tried again at exit, where it would end in a traceback."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "check":
            return _check(arguments)
        case "evaluate":
            _evaluate(arguments)
        case "explain":
            _explain(arguments)
        case "plan":
            policy = engine.load(arguments.policy)
            remark(policy.diagnostics, arguments, policy.language)
            print(engine.plan_text(policy.plan))
        case "convert":
            sys.stdout.write(engine.convert(arguments.policy, to=arguments.to, language=arguments.language))
        case "demo":
            _demo(arguments)
        case "describe":
            describe_policy(arguments)
        case "compare" if arguments.prove:
            _FAIRNESS.prove_comparison(arguments)
        case "compare":
            compare_policies(arguments)
        case _:
            return int(arguments.run(arguments) or 0)
    return 0


# ---------------------------------------------------------------- commands


def _check(arguments: argparse.Namespace) -> int:
    found, unread = look_through(arguments, lambda path: engine.check_file(path)[1])
    return 1 if unread or any(diagnostic.is_error for diagnostic in found) else 0


def _evaluate(arguments: argparse.Namespace) -> None:
    result = _result(arguments)
    match arguments.format:
        case "table":
            print(result)
        case "json":
            sys.stdout.write(result.to_json())
        case "csv":
            _write_csv(result, sys.stdout)


def _explain(arguments: argparse.Namespace) -> None:
    result = _result(arguments)
    if result.trace is None:
        raise DataError([Diagnostic("AS7414", arguments={"policy": result.policy})], result.language)
    explanation = engine.explain(result, arguments.entity, arguments.indicator, language=arguments.language)
    if arguments.format == "json":
        print(json.dumps(explanation.to_data(), ensure_ascii=False, indent=2))
    else:
        print(explanation)


def _demo(arguments: argparse.Namespace) -> None:
    city = resource("policies", "municipal_2022")
    policy = engine.load(city / "policy.assess")
    result = engine.evaluate(policy, engine.read_facts(city / "facts"), frozen=city / "facts" / "frozen.csv")
    print(result)
    print()
    print(engine.explain(result, _telling(result), language=arguments.language))


def _telling(result: Result) -> str:
    """The entity of the first group whose explanation shows most: with the most findings, else the best."""
    first = result.groups[0][0]
    entities = [entity for entity in result.entities.values() if entity.group == first]
    return max(entities, key=lambda entity: (len(entity.findings), entity.total.value)).entity


# ---------------------------------------------------------------- input


def _result(arguments: argparse.Namespace) -> Result:
    policy = engine.load(arguments.policy)
    try:
        result = evaluated(policy, arguments)
    except DataError as error:  # what is wrong with a table is told in the language of the policy that asked for it
        raise DataError(error.diagnostics, policy.language) from None
    remark(result.warnings, arguments, result.language)
    return result


# ---------------------------------------------------------------- CSV

_ACTIVE: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def neutral(text: str) -> str:
    """The text so that a spreadsheet shows it and never runs it as a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_ACTIVE) else text


_HEADINGS: Final[tuple[tuple[Kind, str], ...]] = (
    *(("column", id) for id in ("entity", "label", "group", "total", "rank", "tier")),
    ("word", "eligible"),
    ("column", "findings"),
)


def _write_csv(result: Result, stream: TextIO) -> None:
    """A row for each entity. Excel needs the byte order mark to open Chinese; readers of UTF-8 tables know it."""
    if (getattr(stream, "encoding", None) or "").lower().replace("-", "") == "utf8":
        stream.write("\ufeff")
    components = list(dict.fromkeys(name for entity in result.entities.values() for name in entity.components))
    writer = csv.writer(stream, lineterminator="\n")
    headings = [vocabulary().get(kind, id).spelling(result.language) for kind, id in _HEADINGS]
    writer.writerow([*headings, *map(neutral, components)])
    for group, _ in result.groups or (("", ""),):
        writer.writerows(_csv_row(entity, components, result.language) for entity in result.ranking(group))


def _csv_row(entity: EntityResult, components: Sequence[str], language: str) -> list[str]:
    undetermined, yes, no = (vocabulary().get("name", id).spelling(language) for id in ("undetermined", "yes", "no"))
    findings = "; ".join(
        finding.name if finding.status == "raised" else f"{finding.name} ({undetermined})"
        for finding in entity.findings
    )
    texts = [entity.entity, entity.label, entity.group]
    outcome = ["" if entity.rank is None else str(entity.rank), neutral(entity.tier or "")]
    scores = [
        exact_text(entity.components[name].score.value) if name in entity.components else "" for name in components
    ]
    return [
        *map(neutral, texts),
        exact_text(entity.total.value),
        *outcome,
        yes if entity.eligible else no,
        neutral(findings),
        *scores,
    ]


# ---------------------------------------------------------------- arguments


def _parser(typed: str = "") -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="assessdsl",
        description="Assessment rules as text: check, score, explain. 考核办法:检查、计分、说明。",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"assessdsl {version('assessdsl')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    check = _command(commands, "check", "find every mistake of policies. 检查考核办法")
    check.add_argument("policies", nargs="+", type=Path, metavar="POLICY", help="a policy: .assess, .yaml. 办法文件")
    _format(check, "text", "json")

    evaluate = _command(commands, "evaluate", "score, rank, tiers and findings of all entities. 计分、排名、定等次")
    _data(evaluate)
    _format(evaluate, "table", "json", "csv")

    explain = _command(commands, "explain", "where an entity's points come from. 说明每一分的来由")
    _data(explain)
    explain.add_argument("--entity", required=True, metavar="E", help="whose result. 被考核单位")
    explain.add_argument("--indicator", metavar="I", help="only this indicator of it. 只说明该指标")
    _format(explain, "text", "json")

    plan = _command(commands, "plan", "the steps that are run. 计算步骤")
    _policy(plan)

    convert = _command(commands, "convert", "the same policy on the other surface or in the other language. 转换写法")
    _policy(convert)
    convert.add_argument("--to", required=True, choices=("dsl", "yaml"), help="the surface to write. 目标写法")

    layout = _command(commands, "format", "lay policies out well, in place. 规范办法的书写格式")
    layout.set_defaults(run=format_policies)
    layout.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="policies, folders of them, or -. 办法文件")
    layout.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file would change. 只检查")
    layout.add_argument("--diff", action="store_true", help="write nothing; show what would change. 只显示差异")
    layout.add_argument("--stdin-name", default="policy.assess", metavar="NAME", help="what - is: its ending. 标准输入")

    describe = _command(commands, "describe", "points, duties and data of a policy. 分值、职责和数据一览")
    _policy(describe)
    _major(describe)
    describe.add_argument("--facts", type=Path, metavar="FACTS", help="to tell the share of tagged targets. 数据")
    _format(describe, "text", "json")

    lint = _command(commands, "lint", "what is hardly meant, hardly fair, or forgotten. 审查办法")
    lint.set_defaults(run=lint_policies)
    lint.add_argument("policies", nargs="+", type=Path, metavar="POLICY", help="a policy: .assess, .yaml. 办法文件")
    lint.add_argument("--config", type=Path, metavar="FILE", help="in place of assessdsl.toml beside it. 配置文件")
    lint.add_argument("--fix", action="store_true", help="mend what can be mended safely. 安全修改")
    _format(lint, "text", "json")

    test = _command(commands, "test", "run the tests beside policies. 运行办法的测试")
    test.set_defaults(run=test_policies)
    test.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="tests, folders, policies. 测试、文件夹或办法"
    )
    _format(test, "text", "json", "junit")
    test.add_argument("--coverage", action="store_true", help="what of the policies was never tried. 未测到之处")
    test.add_argument("--minimum", type=_percentage, metavar="PERCENT", help="fail below this coverage. 最低覆盖率")

    compare = _command(commands, "compare", "what changed in meaning between two policies. 比较两部办法")
    compare.add_argument("old", type=Path, metavar="OLD", help="the policy before. 旧办法")
    compare.add_argument("new", type=Path, metavar="NEW", help="the policy after. 新办法")
    either = compare.add_mutually_exclusive_group()
    either.add_argument("facts", nargs="?", type=Path, metavar="FACTS", help="to tell who stands differently. 数据")
    compare.add_argument("--facts-new", type=Path, metavar="FACTS", help="other facts for the new policy. 新办法的数据")
    either.add_argument("--prove", action="store_true", help="who can have more or less, for all data. 对所有数据")
    _major(compare)
    _format(compare, "text", "json")

    prove = _command(commands, "prove", "whether what a policy guarantees holds for all data. 证明办法的承诺")
    _policy(prove)
    prove.set_defaults(run=lambda given: _FAIRNESS.prove_policy(given))
    prove.add_argument("--strict", action="store_true", help="fail for what is not proved. 未证明的也算失败")
    prove.add_argument("--only", nargs="+", type=_property, metavar="P", help="these properties. 只看这些性质")
    prove.add_argument("--cases", type=int, default=200, help="tried for what is open. 检验的例数")
    prove.add_argument("--seconds", type=int, default=10, help="for each question to the solver. 求解器每问的秒数")
    prove.add_argument("--no-solver", action="store_true", help="look at the plan only. 不用求解器")
    prove.add_argument("--export", type=Path, metavar="DIR", help="write counterexamples as tests. 反例写成测试")
    _format(prove, "text", "json", "junit")
    leaps = _command(commands, "cliffs", "where a small difference moves the total by a leap. 断崖")
    plays = _command(commands, "gaming", "what pays without doing better. 可钻的空子")
    for command in (leaps, plays):
        _policy(command)
        command.set_defaults(run=lambda given: _FAIRNESS.show_leaps_or_plays(given))
        nargs = "?" if command is leaps else None
        command.add_argument("facts", nargs=nargs, type=Path, metavar="FACTS", help="tables or a workbook. 数据")
        _format(command, "text", "json")

    robust = _command(commands, "robustness", "how firmly a result stands. 结果的稳健性")
    _policy(robust)
    robust.set_defaults(run=lambda given: _FAIRNESS.look_at_robustness(given))
    _tables(robust)
    robust.add_argument("--replicates", type=_number, default=500, metavar="N", help="of the assessment. 重复计算次数")
    robust.add_argument("--seed", type=_number, default=1, metavar="N", help="of what is drawn. 随机种子")
    robust.add_argument("--weights", type=_share, default="10", metavar="PERCENT", help="by which they vary. 权重变幅")
    robust.add_argument("--delta", type=_points, metavar="POINTS", help="what is a small addition. 小额加减分")
    robust.add_argument("--spread", type=_points, metavar="POINTS", help="the least range wanted. 应有的极差")
    _format(robust, "text", "json", "bulletin")

    add_commands(commands, _command, typed)
    add_engines(commands, _command)
    _command(commands, "demo", "score the example city and explain one county. 示例城市")
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help, description=help, allow_abbrev=False)
    what = "of the written policy" if name in ("convert", "format") else "of messages (otherwise the file's)"
    command.add_argument("--language", choices=LANGUAGES, help=f"language {what}. 语言")
    return command


def _policy(command: argparse.ArgumentParser) -> None:
    command.add_argument("policy", type=Path, metavar="POLICY", help="a policy: .assess, .yaml. 办法文件")


def _data(command: argparse.ArgumentParser) -> None:
    _policy(command)
    _tables(command)
    add_lineage(command)
    command.add_argument("--published", type=_day, metavar="DATE", help="the day of publication, 2023-01-31. 公布日期")


def _tables(command: argparse.ArgumentParser) -> None:
    command.add_argument("facts", type=Path, metavar="FACTS", help="a folder of tables, or a workbook. 数据")
    command.add_argument("--history", type=Path, metavar="FILE", help="published results of earlier years. 历年结果")
    command.add_argument("--frozen", type=Path, metavar="FILE", help="the targets as they were frozen. 冻结的目标")


def _major(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--major", action="append", default=[], metavar="NAME", help="part or tag whose share is told. 重大工作"
    )


def _format(command: argparse.ArgumentParser, *formats: str) -> None:
    command.add_argument("--format", choices=formats, default=formats[0], help="of the output. 输出格式")


def _property(text: str) -> str:
    return str(_FAIRNESS.a_property(text))


def _percentage(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= 100:
        return int(text)
    raise argparse.ArgumentTypeError(f"`{text}` is not a whole number from 0 to 100")


def _number(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 6 and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"`{text}` is not a whole number from 1 to 999999")


def _points(text: str) -> Fraction:
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text) and Fraction(text) > 0:
        return Fraction(text)
    raise argparse.ArgumentTypeError(f"`{text}` is not a number above 0, such as 0.5")


def _share(text: str) -> Fraction:
    if text.isascii() and text.isdigit() and len(text) <= 2:
        return Fraction(int(text), 100)
    raise argparse.ArgumentTypeError(f"`{text}` is not a whole number from 0 to 99")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is not a day like 2023-01-31") from None
