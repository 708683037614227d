"""Every point of a result traced to the policy's lines and the data's cells."""

from assessdsl.explain.explanation import Explanation, explain
from assessdsl.explain.records import LedgerLine, Node

__all__ = ["Explanation", "LedgerLine", "Node", "explain"]
