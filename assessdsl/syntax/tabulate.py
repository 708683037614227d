"""The grammar made into tables by Lark. A program reads them from a file and needs no Lark (see grammar.py); it comes
here only where the grammar was changed since.

`python -m assessdsl.syntax.tabulate` writes the file.
"""

import json
from collections import deque
from typing import Any, cast

from lark import Lark
from lark.grammar import Rule
from lark.parsers.lalr_analysis import Shift

from assessdsl.cache import digest
from assessdsl.resources import resource


def compile_grammar(text: str, *, parser: str | None, strict: bool = False) -> Lark:
    """`strict` refuses ambiguity; it needs the package interegular and time, so only the tests ask for it."""
    given = cast(Any, parser)
    return Lark(text, start="document", parser=given, lexer="basic", strict=strict, maybe_placeholders=False)


def tabulated(text: str) -> dict[str, Any]:
    """The grammar as plain data, the same on every run.

    `terminals`: names and patterns in the order in which they are tried. `rules`: of each its origin, its length, how
    it is reduced, and which of its parts are kept, whole (0) or by what they hold (1). A rule is reduced by the
    function of its name, or it is a "list", or "one": what it holds itself. `actions` of each state by the coming
    terminal: the next state, or below zero a rule, −1 the first. `gotos`: the next state by what was reduced. The
    first state is 0.
    """
    lexer = cast(Any, compile_grammar(text, parser=None))._build_lexer()
    table = cast(Any, compile_grammar(text, parser="lalr")).parser.parser._parse_table
    order, waiting = {table.start_states["document"]: 0}, deque([table.start_states["document"]])
    rules: dict[Rule, int] = {}
    actions: list[dict[str, int]] = []
    gotos: list[dict[str, int]] = []
    while waiting:
        entries = sorted(table.states[waiting.popleft()].items())
        actions.append({})
        gotos.append({})
        for name, (action, argument) in entries:
            if action is Shift:
                if argument not in order:
                    order[argument] = len(order)
                    waiting.append(argument)
                (actions if name.isupper() else gotos)[-1][name] = order[argument]
            else:
                actions[-1][name] = -1 - rules.setdefault(argument, len(rules))
    end = order[table.end_states["document"]]
    actions[end]["$END"] = end
    return {
        "grammar": digest(text),
        "terminals": [[terminal.name, terminal.pattern.to_regexp()] for terminal in lexer.terminals],
        "ignored": sorted(lexer.ignore_types),
        "rules": [_rule(rule) for rule in rules],
        "actions": actions,
        "gotos": gotos,
    }


def _rule(rule: Rule) -> list[Any]:
    """As Lark shapes a tree: signs that are filtered out leave nothing, what begins with `_` leaves what it holds."""
    origin = rule.origin.name
    kept = [
        [place, int(not symbol.is_term and symbol.name.startswith("_"))]
        for place, symbol in enumerate(rule.expansion)
        if not (symbol.is_term and cast(Any, symbol).filter_out)
    ]
    # operators chain what stands between them; where there is none, that is all there is
    alone = rule.options.expand1 and len(rule.expansion) == 1
    name = "one" if alone else "list" if origin.startswith("_") else rule.alias or origin
    return [origin, len(rule.expansion), name, kept]


if __name__ == "__main__":
    made = tabulated(resource("grammars", "assess.lark").read_text("utf-8"))
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in made.items())
    resource("grammars").joinpath("assess.tables.json").write_text("{" + lines + "}\n", "utf-8")
