"""Whether an indicator scores the targets of an entity."""

from collections.abc import Mapping
from typing import Final

from assessdsl.ast.nodes import Function, Indicator
from assessdsl.ast.walk import children
from assessdsl.check.names import MEANINGS, word_of
from assessdsl.syntax.tree import Call, Expression, Name

_FIELDS: Final = frozenset(word for word, meaning in MEANINGS.items() if meaning.family == "target")
_ALSO_OF_ENTRIES: Final = frozenset({"actual", "completed_on", "completed"})


def is_targeted(indicator: Indicator, functions: Mapping[str, Function]) -> bool:
    """Whether its expressions read a field of a target, or its points are shared among targets."""
    if indicator.shared_by:
        return True
    roots = [gate.when for gate in indicator.gates]
    if indicator.score is not None:
        roots.append(indicator.score)
    return any(_reads_target(root, functions) for root in roots)


def _reads_target(root: Expression, functions: Mapping[str, Function]) -> bool:
    waiting: list[tuple[Expression, frozenset[str]]] = [(root, frozenset())]  # and the names that mean something else
    called: set[str] = set()
    while waiting:
        expression, other = waiting.pop()
        match expression:
            case Name(word=word):
                if word in _FIELDS and word not in other:
                    return True
                continue
            case Call(function=function, arguments=arguments):
                body = functions.get(function.id)
                if function.id == "tagged":
                    return True
                if body is not None and body.name not in called:
                    called.add(body.name)
                    waiting.append((body.body, frozenset(parameter.id for parameter in body.parameters)))
                if arguments and word_of(arguments[0].value) == "entries":
                    other |= _ALSO_OF_ENTRIES
        waiting.extend((child, other) for child in children(expression))
    return False
