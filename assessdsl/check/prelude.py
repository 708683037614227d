"""The functions that are written in the language itself."""

from collections.abc import Collection, Mapping
from functools import cache

from attrs import evolve

from assessdsl.ast.build import build_functions
from assessdsl.ast.nodes import Function
from assessdsl.source import prelude_source
from assessdsl.syntax import read
from assessdsl.syntax.rewriting import rewritten
from assessdsl.syntax.tree import Call, Expression, Name


@cache
def prelude() -> Mapping[str, Function]:
    """Those of `grammars/prelude.assess`, read once."""
    document, remarks = read(prelude_source())
    functions, more = build_functions(document)
    assert not remarks, remarks
    assert not more, more
    return {function.name: function for function in functions}


def prelude_beside(own: Collection[str]) -> Mapping[str, Function]:
    """The prelude for a policy that defines functions of these names.

    Where one of them is the prelude's too, calls in the policy mean the policy's, and those within the prelude go on
    meaning the prelude's, which has a name there that no policy can write. So a function that a later prelude brings
    changes no policy of today.
    """
    hidden = {name: f"{name} of the language" for name in prelude() if name in own}
    if not hidden:
        return prelude()

    def change(expression: Expression) -> Expression:
        if isinstance(expression, Call) and expression.function.id in hidden:
            function = expression.function
            return evolve(expression, function=Name(hidden[function.id], span=function.span))
        return expression

    return {
        name: evolve(function, name=name, body=rewritten(function.body, change))
        for name, function in ((hidden.get(name, name), function) for name, function in prelude().items())
    }
