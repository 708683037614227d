"""States of a fact: what a row says of it beside its value."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from assessdsl.binding.cells import text_in
from assessdsl.data.remarks import Remarks, both
from assessdsl.facts import Row
from assessdsl.vocabulary import vocabulary

STATES: Final = ("reported", "not_applicable", "exempt", "disputed", "falsified")


def state_in(row: Row, remarks: Remarks) -> str:
    """The state that the row names; nothing where it names none."""
    text = text_in(row, "state")
    if not text:
        return ""
    if (state := _states().get(text.lower())) is not None:
        return state
    listed = [both("word", "missing"), *(both("name", state) for state in STATES)]
    remarks.add("AS6238", row.at("state"), text=text, choices=", ".join(f"`{one}`" for one in listed))
    return ""


@cache
def _states() -> Mapping[str, str]:
    """The states by all that names them."""
    words = vocabulary()
    named = [("missing", words.get("word", "missing")), *((state, words.get("name", state)) for state in STATES)]
    return {spelling: state for state, word in named for spelling in (state, *word.spellings)}


def told_value(row: Row, state: str, remarks: Remarks) -> None:
    """A value beside a state that says that there is none."""
    for column in ("actual", "completed_on"):
        if row.has(column):
            shown = both("word", "missing") if state == "missing" else both("name", state)
            remarks.add("AS6240", row.at(column), state=shown)
