"""One syntax tree from both surfaces, the DSL and YAML, and back."""

from typing import Literal

from assessdsl.diagnostics import Diagnostic
from assessdsl.source import Source
from assessdsl.syntax.decode import decode
from assessdsl.syntax.dsl import read_dsl
from assessdsl.syntax.tree import Document
from assessdsl.syntax.writer import write_dsl
from assessdsl.syntax.yaml_reader import read_yaml
from assessdsl.syntax.yaml_writer import write_yaml

__all__ = ["decode", "read", "read_dsl", "read_yaml", "write"]


def read(source: Source) -> tuple[Document, list[Diagnostic]]:
    """The tree of a policy, from YAML if its name says so, else from the DSL."""
    return read_yaml(source) if source.name.lower().endswith((".yaml", ".yml")) else read_dsl(source)


def write(document: Document, surface: Literal["dsl", "yaml"], language: Literal["en", "zh"]) -> str:
    """The document as text: the words in one language, the author's names and comments kept."""
    return write_yaml(document, language) if surface == "yaml" else write_dsl(document, language)
