"""Machine code as a function of Python's own kind (extra `kernels`): what is known here of CPython's inside.

The interpreter calls such a function as it does those of its own modules, and it calls the interpreter's by address. It
has the interpreter's lock throughout.
"""

import ctypes
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Final

from assessdsl.backends.columnar.machine import MachineCode

TYPE_AT: Final = 8  # where in an object the address of its type is
DATE_AT: Final = 25  # where in a date two bytes of the year, the higher first, and those of month and day are
FLAGS_AT: Final = 24  # where in a Decimal a byte is whose lower half is nought for a number that is not below zero
EXPONENT_AT: Final = 32
WORDS_AT: Final = 48  # how many words of 19 digits there are
DIGITS_AT: Final = 64  # where the address of these is, the lowest first
_DECIMAL_SIZE: Final = 104
_DECIMALS: Final = (
    "0", "-0", "7", "1.500", "-12.5", "0E+50", "1E+3", "9E-15", "999999999.9999999999", "-9999999999999999999",
    "10000000000000000000", "-1.2345678901234567890123456789", "1" * 95, "1E+999999", "-7E-999999",
)  # fmt: skip
_NO_NUMBERS: Final = ("Infinity", "-Infinity", "NaN", "-NaN7", "sNaN")
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


@cache
def decimals() -> bool:
    """Whether Decimals, too, lie in memory as is taken for granted here: those that are not written in Python, on 64
    bits. Where they do not, nothing of them is followed that might not be an address."""
    if not functions() or Decimal.__basicsize__ != _DECIMAL_SIZE or not _lies_as_expected(Decimal(7)):
        return False
    return all(map(_reads_as_expected, map(Decimal, _DECIMALS))) and all(
        _field(Decimal(text), FLAGS_AT) & 14 for text in _NO_NUMBERS
    )


def _reads_as_expected(value: Decimal) -> bool:
    sign, digits, exponent = value.as_tuple()
    words = -(-len(digits) // 19)
    if (_field(value, FLAGS_AT) & 15, _field(value, WORDS_AT)) != (sign, words):
        return False
    if ctypes.c_int64.from_address(address(value) + EXPONENT_AT).value != exponent:
        return False
    if words > 4:  # these lie elsewhere
        return True
    first = _field(value, DIGITS_AT)
    if not address(value) < first <= address(value) + _DECIMAL_SIZE - 8 * words:
        return False
    lowest = int("".join(map(str, digits[-19:])))
    return ctypes.c_uint64.from_address(first).value == lowest


def _field(value: Decimal, at: int) -> int:
    return ctypes.c_uint64.from_address(address(value) + at).value


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
