"""Walks over expressions, and the canonical form of a policy, which its fingerprint is taken of."""

import hashlib
import json
import unicodedata
from collections.abc import Iterator
from datetime import date
from enum import Enum
from fractions import Fraction
from typing import Any, assert_never

import attrs

from assessdsl.ast.nodes import Policy
from assessdsl.quantity import canonical_text
from assessdsl.syntax.tree import Argument, Call, Choice, Day, Expression, Name, Number, Operation, Prefix, Text
from assessdsl.vocabulary import vocabulary


def is_label(argument: Argument, call: Call) -> bool:
    """Whether its key says what the operand is for, and is no operand itself as in `ladder(x, 90%: …)`."""
    if not isinstance(argument.key, Name):
        return False
    word = vocabulary().words.get(("function", call.function.id))
    return word is None or word.labels is None or argument.key.id in word.labels


def children(expression: Expression) -> tuple[Expression, ...]:
    """The expressions directly in an expression; a call's function is none, nor are labels, but other keys are."""
    match expression:
        case Number() | Text() | Day() | Name():
            return ()
        case Call(arguments=arguments):
            keys = (None if is_label(argument, expression) else argument.key for argument in arguments)
            pairs = zip(keys, arguments, strict=True)
            return tuple(part for key, argument in pairs for part in (key, argument.value) if part is not None)
        case Operation(operands=operands):
            return operands
        case Prefix(operand=operand):
            return (operand,)
        case Choice(condition=condition, chosen=chosen, other=other):
            return (condition, chosen, other)
        case _:
            assert_never(expression)


def nodes(expression: Expression) -> Iterator[Expression]:
    """The expression and all within it, in the order of the text. Not recursive: depth costs no stack."""
    waiting = [expression]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(children(current)))


def names(expression: Expression) -> Iterator[Name]:
    """Every name and function in the expression; labels are none."""
    for node in nodes(expression):
        if isinstance(node, Name):
            yield node
        elif isinstance(node, Call):
            yield node.function


def canonical(policy: Policy) -> Any:
    """The policy as plain data: what its meaning rests on, without places, spellings and file names."""
    return _plain(policy)


def _plain(value: Any) -> Any:
    match value:
        case None | bool():
            return value
        case str():
            return unicodedata.normalize("NFC", value)
        case Fraction():
            return canonical_text(value)
        case int():
            return f"{value}/1"
        case date():
            return value.isoformat()
        case Enum():
            return value.value
        case tuple():
            return [_plain(item) for item in value]
    # what is not said is left out, so that a later version of the language leaves the digests of today's policies alone
    said = {
        field.name: found
        for field in attrs.fields(type(value))
        if field.eq and (found := getattr(value, field.name)) != field.default
    }
    return {"is": type(value).__name__.lower()} | {name: _plain(found) for name, found in said.items()}


def fingerprint(policy: Policy) -> str:
    """The digest of the canonical form; equal for the twins of a policy."""
    text = json.dumps(canonical(policy), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
