"""One syntax tree from both surfaces, the DSL and YAML, and back."""

from assessdsl.diagnostics import Diagnostic
from assessdsl.source import Source
from assessdsl.syntax.decode import decode
from assessdsl.syntax.dsl import read_dsl
from assessdsl.syntax.tree import Document
from assessdsl.syntax.yaml_reader import read_yaml

__all__ = ["decode", "read", "read_dsl", "read_yaml"]


def read(source: Source) -> tuple[Document, list[Diagnostic]]:
    """The tree of a policy, from YAML if its name says so, else from the DSL."""
    return read_yaml(source) if source.name.lower().endswith((".yaml", ".yml")) else read_dsl(source)
