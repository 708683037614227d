"""Readers of tables. Those of files are loaded by who reads one."""

from typing import TYPE_CHECKING

from assessdsl.data.records import from_records
from assessdsl.deferred import on_first_use

if TYPE_CHECKING:
    from assessdsl.data.read import read_facts, read_table

__all__ = ["from_records", "read_facts", "read_table"]

__getattr__ = on_first_use(__name__, dict.fromkeys(("read_facts", "read_table"), f"{__name__}.read"))
