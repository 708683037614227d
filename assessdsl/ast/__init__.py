"""The AST: policies in the terms of assessment, and how they are built from the syntax tree."""

from assessdsl.ast.build import build

__all__ = ["build"]
