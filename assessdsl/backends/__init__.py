"""Backends: from a plan and its data to values, and from values to a result."""

from assessdsl.backends.assemble import assemble
from assessdsl.backends.exact import run

__all__ = ["assemble", "run"]
