"""Floating-point numbers of 64 bits taken apart into powers of two and the rest, and powers of two, all exact.

The bits of √½ are taken off first, so that what is left of a number lies about 1. A whole number within 2⁵¹ stands in
the last bits of its sum with 1.5 × 2⁵². Each can write over what it reads.
"""

from typing import Final

import numpy as np

from assessdsl.backends.columnar.column import Array

PLACES: Final = 52  # bits behind the point
REST: Final = (1 << PLACES) - 1
ROOT: Final = 0x3FE6A09E667F3BCD  # the bits of √½
WHOLE: Final = 3 << 51
BITS_OF_WHOLE: Final = 0x4338000000000000
POWER: Final = (1 << PLACES) + 1023  # from a whole number to the bits of the exponent, in the last bits


def mantissa(one: Array, out: Array) -> None:
    """Of numbers above zero, between √½ and √2."""
    own = out.view(np.int64)
    np.subtract(one.view(np.int64), ROOT, out=own)
    np.bitwise_and(own, REST, out=own)
    np.add(own, ROOT, out=own)


def exponent(one: Array, out: Array) -> None:
    """Of the power of two by which that was multiplied."""
    own = out.view(np.int64)
    np.subtract(one.view(np.int64), ROOT, out=own)
    np.right_shift(own, PLACES, out=own)
    np.add(own, BITS_OF_WHOLE, out=own)
    np.subtract(out, WHOLE, out=out)


def power_of_two(one: Array, out: Array) -> None:
    """Of whole numbers within ±1000."""
    np.add(one, POWER, out=out)
    own = out.view(np.int64)
    np.left_shift(own, PLACES, out=own)
