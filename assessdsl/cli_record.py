"""What is typed to keep a register, and to use what it holds."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from assessdsl.cli_appeals import file_appeal, list_appeals, preview_appeal, rule
from assessdsl.cli_lineage import add_lineage
from assessdsl.cli_register import Command, a_day, add_recording, of_register, recording
from assessdsl.cli_register_views import add_views
from assessdsl.cli_results import (
    add_history,
    assess,
    follow,
    honours_list,
    monitor_register,
    show_history,
    uses,
    verify,
)

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    Add = Callable[[Commands, str, str], argparse.ArgumentParser]


def add_command(commands: "Commands", add: "Add", name: str, help: str) -> None:
    """A command, with what it takes; it, or each of its verbs, sets `run`. `add` makes one with what every command
    has."""
    match name:
        case "register":
            _register(_group(commands, add, name, help))
        case "appeal":
            _appeal(_group(commands, add, name, help))
        case "history":
            _history(_group(commands, add, name, help))
        case "monitor":
            _monitor(add(commands, name, help))
        case "verify":
            _verify(add(commands, name, help))


def _group(commands: "Commands", add: "Add", name: str, help: str) -> Command:
    inner = commands.add_parser(name, help=help, description=help, allow_abbrev=False)
    verbs = inner.add_subparsers(dest="verb", required=True, metavar="VERB")
    return lambda verb, help: add(verbs, verb, help)


def _register(command: Command) -> None:
    add_recording(command)
    for verb, help in (
        ("assess", "work the results out and record it. 形成考核结果"),
        ("revise", "work them out anew, after a ruling. 裁定后重新形成结果"),
    ):
        working = command(verb, help)
        of_register(working)
        _tables(working)
        working.add_argument("--output", type=Path, required=True, metavar="FILE", help="a new file. 结果文件")
        working.add_argument(
            "--published", type=a_day, metavar="DATE", help="the day of publication, from which deadlines run. 公布日期"
        )
        recording(working)
        working.set_defaults(run=assess)
    listing = command("honours", "who has an honour, and why others have not. 先进名单")
    of_register(listing)
    _tables(listing)
    listing.add_argument("--tier", action="append", default=[], metavar="TIER", help="in place of the best. 等次")
    listing.set_defaults(run=honours_list)
    following = command("follow-up", "what is owed in answer to findings. 整改说明情况")
    of_register(following)
    _tables(following)
    following.add_argument("--entity", action="append", default=[], metavar="E", help="only of this one. 单位")
    _as_of(following)
    following.set_defaults(run=follow)
    using = command("uses", "what results were used for. 结果运用台账")
    of_register(using)
    using.add_argument("history", type=Path, metavar="HISTORY", help="the published results. 历年结果文件")
    _as_of(using)
    using.set_defaults(run=uses)
    add_views(command)


def _appeal(command: Command) -> None:
    filing = command("file", "an appeal of an entity. 提出申诉")
    of_register(filing)
    filing.add_argument("entity", metavar="E", help="who appeals. 申诉单位")
    filing.add_argument("items", nargs="+", metavar="FIELD=VALUE", help="claim; target, indicator. 主张等")
    recording(filing)
    filing.set_defaults(run=file_appeal)
    looking = command("preview", "what a ruling would change, for everyone. 裁定前预览")
    ruling = command("rule", "a ruling, with the corrections that it orders. 裁定")
    for one in (looking, ruling):
        of_register(one)
        one.add_argument("appeal", metavar="APPEAL", help="its key, or whose it is. 申诉编号或单位")
    ruling.add_argument("verdict", choices=("upheld", "dismissed"), help="成立或不成立")
    _tables(looking)
    for one in (looking, ruling):
        one.add_argument(
            "--correct", action="append", default=[], nargs="+", metavar="WORD",
            help="such as: facts target=T1 to actual=10. 更正,如:facts 目标编号=T1 改为 实绩=10",
        )  # fmt: skip
    recording(ruling)
    looking.set_defaults(run=preview_appeal)
    ruling.set_defaults(run=rule)
    listing = command("list", "the appeals, and until when there may be more. 申诉列表")
    of_register(listing)
    _as_of(listing)
    listing.set_defaults(run=list_appeals)


def _history(command: Command) -> None:
    adding = command("add", "a result that was published. 收录已公布结果")
    showing = command("show", "the results, or how an entity stood. 查看历年结果")
    for one in (adding, showing):
        one.add_argument("file", type=Path, metavar="HISTORY", help="the published results. 历年结果文件")
        one.add_argument("--format", choices=("text", "json"), default="text", help="of the output. 输出格式")
    adding.add_argument("result", type=Path, metavar="RESULT", help="as JSON. 结果文件")
    adding.add_argument("--on", type=a_day, required=True, metavar="DATE", help="the day of publication. 公布日期")
    adding.add_argument("--reason", default="", metavar="TEXT", help="why it replaces another. 更正原因")
    adding.set_defaults(run=add_history)
    showing.add_argument("--entity", metavar="E", help="only of this one. 单位")
    _as_of(showing)
    showing.set_defaults(run=show_history)


def _monitor(command: argparse.ArgumentParser) -> None:
    command.add_argument("policy", type=Path, metavar="POLICY", help="a policy: .assess, .yaml. 办法文件")
    of_register(command)
    command.add_argument("facts", type=Path, nargs="?", metavar="FACTS", help="tables beside the register's. 数据")
    command.add_argument("--as-of", type=a_day, required=True, metavar="DATE", help="as it was known then. 截至日期")
    command.add_argument(
        "--stands", choices=("verified", "reported"), default="verified", help="which facts are final. 何时为准"
    )
    command.set_defaults(run=monitor_register)


def _verify(command: argparse.ArgumentParser) -> None:
    command.add_argument("result", type=Path, metavar="RESULT", help="what `register assess` wrote. 结果文件")
    of_register(command)
    _tables(command)
    command.set_defaults(run=verify)


def _tables(command: argparse.ArgumentParser) -> None:
    command.add_argument("facts", type=Path, nargs="?", metavar="FACTS", help="tables beside the register's. 数据")
    command.add_argument("--history", type=Path, metavar="FILE", help="published results of earlier years. 历年结果")
    add_lineage(command)


def _as_of(command: argparse.ArgumentParser) -> None:
    command.add_argument("--as-of", type=a_day, metavar="DATE", help="as it stood then; today. 截至日期")
