"""Columns of fractions: over one divisor, where that is no longer than 64 bits, or else only their order."""

from fractions import Fraction
from math import lcm

import numpy as np
from attrs import frozen

from assessdsl.backends.columnar.column import Array

_LONGEST = (1 << 63) - 1
_NEAR = np.ldexp(1, -50)  # quotients of numbers of 64 bits are off by less than a quarter of this part of themselves


@frozen(eq=False)
class Quotients:
    """`above` ÷ `below`, which is above zero; shape (rows,)."""

    above: Array
    below: Array

    def put(self, row: int, value: Fraction) -> bool:
        """Sets a row; whether that is possible."""
        if max(abs(value.numerator), value.denominator) > _LONGEST:
            return False
        self.above[row], self.below[row] = value.numerator, value.denominator
        return True

    def reduced(self) -> "Quotients":
        shared = np.gcd(self.above, self.below)
        return Quotients(self.above // shared, self.below // shared)

    def over_one(self) -> tuple[Array, int] | None:
        """Whole numbers over a scale."""
        one = self.reduced()
        divisors, of_row = np.unique(one.below, return_inverse=True)
        scale = 1
        for divisor in divisors.tolist():
            scale = lcm(scale, divisor)
            if scale > _LONGEST:
                return None
        factors = np.array([scale // divisor for divisor in divisors.tolist()], np.int64)[of_row]
        most = np.zeros(len(divisors), np.int64)
        np.maximum.at(most, of_row, np.abs(one.above))
        longest = max(
            (size * (scale // own) for size, own in zip(most.tolist(), divisors.tolist(), strict=True)), default=0
        )
        return None if longest > _LONGEST else (one.above * factors, scale)

    def in_order(self) -> Array:
        """Whole numbers that are as the fractions are: equal, less or greater."""
        one = self.reduced()
        pairs, of_row = np.unique(np.stack([one.above, one.below]), axis=1, return_inverse=True)
        above, below = pairs
        about = above / below
        order = np.argsort(about, kind="stable")
        ordered = about[order]
        near = np.abs(np.diff(ordered)) <= _NEAR * np.maximum(np.abs(ordered[1:]), np.abs(ordered[:-1]))
        begins = np.flatnonzero(np.concatenate([[True], ~near]))
        for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(order)], strict=True):
            if end - begin > 1:  # unlike one another, and too close to be told apart so
                run = order[begin:end].tolist()
                order[begin:end] = sorted(run, key=lambda at: Fraction(int(above[at]), int(below[at])))
        places = np.empty(len(order), np.int64)
        places[order] = np.arange(len(order))
        found: Array = places[of_row.reshape(-1)]
        return found
