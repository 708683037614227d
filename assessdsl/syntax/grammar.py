"""The grammar as tables: a lexer of raw tokens, and a parser that is told one token after the other.

The tables stand in `grammars/assess.tables.json`, made from the grammar beforehand. Tables of another grammar than the
present one are not used.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from attrs import define, field, frozen

from assessdsl.cache import digest
from assessdsl.resources import resource
from assessdsl.syntax.lexeme import Lexeme
from assessdsl.syntax.reductions import CALLBACKS


@define
class Raw:
    """A token as the terminals of the grammar see it, before its place in the statement is known."""

    type: str
    text: str
    start: int
    end: int


class Unexpected(Exception):
    """A token that the grammar does not allow where it stands, and the types of those that it does."""

    def __init__(self, expected: set[str]) -> None:
        self.expected = expected
        super().__init__(expected)


@frozen
class _Rule:
    origin: str
    length: int
    single: bool  # it is what it holds
    kept: tuple[tuple[int, bool], ...] | None  # None: all parts, as they are
    reduce: Callable[[Any], Any]


@frozen(eq=False)
class _Tables:
    terminals: re.Pattern[str]
    ignored: frozenset[str]
    rules: tuple[_Rule, ...]
    actions: tuple[Mapping[str, int], ...]
    gotos: tuple[Mapping[str, int], ...]
    # the state after a rule's origin was reduced in a state before a token, all singles behind it reduced too
    after: dict[tuple[int, str, str], int] = field(factory=dict, init=False)


def tables_of(grammar: str, held: Mapping[str, Any]) -> _Tables:
    """Tables as they were written down. Raises ValueError if they are those of another grammar."""
    if held["grammar"] != digest(grammar):
        raise ValueError("the grammar was changed; python -m assessdsl.syntax.tabulate makes its tables")
    return _Tables(
        re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in held["terminals"])),
        frozenset(held["ignored"]),
        tuple(_rule(*rule) for rule in held["rules"]),
        tuple(held["actions"]),
        tuple(held["gotos"]),
    )


def _rule(origin: str, length: int, name: str, kept: Sequence[tuple[int, int]]) -> _Rule:
    whole = [place for place, _ in kept] == list(range(length)) and not any(held for _, held in kept)
    parts = None if whole else tuple((place, bool(held)) for place, held in kept)
    return _Rule(origin, length, name == "one", parts, list if name in ("list", "one") else CALLBACKS[name])


@cache
def _tables() -> _Tables:
    grammar, tables = (
        resource("grammars", f"assess.{ending}").read_text("utf-8") for ending in ("lark", "tables.json")
    )
    return tables_of(grammar, json.loads(tables))


def scan(text: str) -> Iterator[Raw]:
    """The raw tokens of a text: one terminal or another takes in every character."""
    tables = _tables()
    ignored = tables.ignored
    for found in tables.terminals.finditer(text):
        type = found.lastgroup or ""
        if type not in ignored:
            yield Raw(type, found[0], *found.span())


@define
class Parser:
    """The parser's stacks. Whoever cuts them off keeps one state more than values."""

    _tables: _Tables = field(factory=_tables)
    states: list[int] = field(factory=lambda: [0])
    values: list[Any] = field(factory=list)

    def feed(self, lexeme: Lexeme) -> None:
        """Takes the next lexeme in. Raises Unexpected if it cannot stand here."""
        type = lexeme.type
        self.states.append(self._reduced(type))
        self.values.append(lexeme)

    def finish(self) -> Any:
        """What all of it is, at the end of the text."""
        self._reduced("$END")
        return self.values[-1]

    def _reduced(self, type: str) -> int:
        """Reduces what must be before a token of the type; the state behind it."""
        tables, states, values = self._tables, self.states, self.values
        while True:
            try:
                action = tables.actions[states[-1]][type]
            except KeyError:
                raise Unexpected(set(tables.actions[states[-1]])) from None
            if action >= 0:
                return action
            rule = tables.rules[-1 - action]
            held = values[-rule.length :] if rule.length else []
            if rule.length:
                del states[-rule.length :], values[-rule.length :]
            values.append(
                held[0] if rule.single else rule.reduce(held if rule.kept is None else _kept(held, rule.kept))
            )
            states.append(self._after(rule.origin, type))

    def _after(self, origin: str, type: str) -> int:
        """The state behind what was reduced; rules that only hand on what they hold are passed by on the way."""
        tables, before = self._tables, self.states[-1]
        key = (before, origin, type)
        if key not in tables.after:
            state = tables.gotos[before][origin]
            while (action := tables.actions[state].get(type, 0)) < 0 and (rule := tables.rules[-1 - action]).single:
                state = tables.gotos[before][rule.origin]
            tables.after[key] = state
        return tables.after[key]


def _kept(parts: Sequence[Any], places: Sequence[tuple[int, bool]]) -> list[Any]:
    found: list[Any] = []
    for place, opened in places:
        if opened:
            found += parts[place]
        else:
            found.append(parts[place])
    return found
