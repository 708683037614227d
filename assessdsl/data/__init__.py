"""Readers of tables."""

from assessdsl.data.read import read_facts, read_table
from assessdsl.data.records import from_records

__all__ = ["from_records", "read_facts", "read_table"]
