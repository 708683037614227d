"""The names of the commands for registers and what comes of them; what is typed behind one is loaded with it."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from assessdsl.deferred import Later

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    Add = Callable[[Commands, str, str], argparse.ArgumentParser]

_RECORD: Final = Later("assessdsl.cli_record")
_COMMANDS: Final = {
    "register": "set, freeze, follow, assess and prove targets. 目标台账",
    "appeal": "appeals, and whom a ruling would move. 申诉",
    "history": "published results, year by year. 历年结果",
    "monitor": "how far targets are, and what is still possible. 督查监测",
    "verify": "whether a result comes of its register and tables. 验证结果",
}


def add_commands(commands: "Commands", add: "Add", typed: str) -> None:
    """The commands; of the one that is typed, also its arguments and what it runs. `add` makes one with what every
    command has."""
    for name, help in _COMMANDS.items():
        if name == typed:
            _RECORD.add_command(commands, add, name, help)
        else:
            add(commands, name, help)
