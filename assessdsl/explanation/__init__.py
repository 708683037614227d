"""Every point of a result traced to the policy's lines and the data's cells."""

from assessdsl.explanation.explain import Explanation, explain
from assessdsl.explanation.records import LedgerLine, Node

__all__ = ["Explanation", "LedgerLine", "Node", "explain"]
