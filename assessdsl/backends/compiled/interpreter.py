"""Machine code as a function of Python's own kind (extra `kernels`): what is known here of CPython's inside.

The interpreter calls such a function as it does those of its own modules, and it calls the interpreter's by address. It
has the interpreter's lock throughout.
"""

import ctypes
import sys
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any, Final

from assessdsl.backends.columnar.machine import MachineCode

TYPE_AT: Final = 8  # where in an object the address of its type is
DATE_AT: Final = 25  # where in a date two bytes of the year, the higher first, and those of month and day are
_FUNCTIONS: Final = (
    "PyDict_GetItemWithError", "PyErr_Occurred", "PyLong_AsLongLongAndOverflow", "PyLong_FromLongLong", "PyTuple_New",
    "PyTuple_SetItem", "PyTuple_GetItem", "PyObject_CallOneArg", "Py_DecRef",
)  # fmt: skip
_TAKES_ONE: Final = 8  # METH_O


@cache
def functions() -> dict[str, int]:
    """Addresses by name; none where objects do not lie in memory as is taken for granted here: in other Pythons, in
    builds without the lock or for finding errors, or of 32 bits."""
    if sys.implementation.name != "cpython" or sys.byteorder != "little" or object.__basicsize__ != 2 * TYPE_AT:
        return {}
    if not getattr(sys, "_is_gil_enabled", lambda: True)() or not all(map(_lies_as_expected, (7, "7", {}))):
        return {}
    day = date(0x1234, 5, 6)
    if not _lies_as_expected(day) or ctypes.string_at(address(day) + DATE_AT, 4) != bytes((0x12, 0x34, 5, 6)):
        return {}
    if not all(hasattr(ctypes.pythonapi, name) for name in _FUNCTIONS):
        return {}
    return {name: ctypes.cast(ctypes.pythonapi[name], ctypes.c_void_p).value or 0 for name in _FUNCTIONS}


def address(of: object) -> int:
    """Where it is, as long as it is held."""
    return id(of)


def _lies_as_expected(value: Any) -> bool:
    return ctypes.c_void_p.from_address(address(value) + TYPE_AT).value == address(type(value))


def function_of(code: MachineCode, behind: Callable[[Any], Any], *held: Any) -> Callable[[Any], Any]:
    """`PyObject *code(PyObject *self, PyObject *given)` as a function. Its `self` is a tuple of `behind`, and of what
    must last as long as it does."""
    name = ctypes.create_string_buffer(b"run")
    method = (ctypes.c_uint64 * 4)(ctypes.addressof(name), code.address, _TAKES_ONE, 0)  # PyMethodDef, without a text
    make = ctypes.pythonapi["PyCFunction_NewEx"]
    make.argtypes = ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p
    make.restype = ctypes.py_object
    made: Callable[[Any], Any] = make(ctypes.addressof(method), (behind, method, name, code, *held), None)
    return made
