"""The functions that are written in the language itself."""

from collections.abc import Mapping
from functools import cache

from assessdsl.ast.build import build_functions
from assessdsl.ast.nodes import Function
from assessdsl.resources import resource
from assessdsl.source import Source
from assessdsl.syntax import read


@cache
def prelude() -> Mapping[str, Function]:
    """Those of `grammars/prelude.assess`, read once."""
    path = resource("grammars", "prelude.assess")
    document, remarks = read(Source(path.name, path.read_text("utf-8")))
    functions, more = build_functions(document)
    assert not remarks, remarks
    assert not more, more
    return {function.name: function for function in functions}
