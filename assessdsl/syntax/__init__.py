"""One syntax tree from both surfaces, the DSL and YAML, and back."""

from assessdsl.syntax.decode import decode
from assessdsl.syntax.dsl import read_dsl

__all__ = ["decode", "read_dsl"]
