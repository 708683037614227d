"""Memory of long arrays, used again when nothing holds it any more: fresh memory, which the system has to clear and to
map page by page, costs more than most of the arithmetic that fills it."""

from typing import Any, Final
from weakref import finalize

import numpy as np
from numpy.typing import DTypeLike

Array = np.ndarray[Any, Any]

_LONG: Final = 1 << 18  # bytes; the allocator itself keeps what is shorter
_MOST: Final = 1 << 27  # bytes that are kept
_FREE: Final[dict[int, list[memoryview]]] = {}  # by their length, a power of two


def empty(count: int, kind: DTypeLike) -> Array:
    """An array of any numbers, shape (count,). Whoever holds it, or a part of it, holds its memory."""
    dtype = np.dtype(kind)
    size = 1 << max(0, count * dtype.itemsize - 1).bit_length()
    if not _LONG <= size <= _MOST:
        return np.empty(count, dtype)
    try:
        memory = _FREE[size].pop()
    except (KeyError, IndexError):
        memory = np.empty(size, np.uint8).data
    found: Array = np.frombuffer(memory, dtype, count)  # parts of it are based on it, not on what lies below
    finalize(found, _freed, memory).atexit = False
    return found


def full(count: int, value: Any, kind: DTypeLike) -> Array:
    found = empty(count, kind)
    found[:] = value
    return found


def _freed(memory: memoryview) -> None:
    if len(memory) + sum(size * len(kept) for size, kept in list(_FREE.items())) <= _MOST:
        _FREE.setdefault(len(memory), []).append(memory)
