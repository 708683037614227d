"""Chance and its statistics: the one module that uses NumPy and SciPy (extra `analysis`).

Nothing that is drawn here is a score. What goes into a score leaves as an exact fraction with few digits; what comes
back are exact ranks and totals, of which only the statistics are rounded numbers.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final

from attrs import frozen

from assessdsl.diagnostics import AssessmentError, Diagnostic

_LEVELS: Final = 1000  # a draw is the middle of one of so many equal parts of the range from 0 to 1
_SHARE_PLACES: Final = 6
_INDEX_PLACES: Final = 3

Draw = tuple[Fraction, ...]


def require(language: str) -> None:
    """Raises AssessmentError that says what brings the extra, if it is missing."""
    try:
        import numpy  # noqa: F401
        import scipy  # noqa: F401
    except ImportError as error:
        missing = Diagnostic("AS8101", arguments={"command": 'pip install "assessdsl[analysis]"'})
        raise AssessmentError([missing], language) from error


def draws(seed: int, count: int, width: int) -> list[Draw]:
    """Independent and uniform between 0 and 1."""
    import numpy

    whole = numpy.random.default_rng(seed).integers(0, _LEVELS, size=(count, width)).tolist()
    return [tuple(Fraction(2 * one + 1, 2 * _LEVELS) for one in row) for row in whole]


def share_at(share: Fraction, size: int, chance: Fraction) -> Fraction:
    """Where the share of all lies with this chance or below it, when `share` of so many asked is what was seen: the
    bounds of Wilson's score interval, which stay between 0 and 1."""
    from scipy.special import ndtri

    seen, z = share.numerator / share.denominator, ndtri(chance.numerator / chance.denominator)
    middle, spread = seen + z * z / (2 * size), seen * (1 - seen) / size + z * z / (4 * size * size)
    bound = (middle + z * spread ** (1 / 2)) / (1 + z * z / size)
    return min(max(round(Fraction(bound.item()), _SHARE_PLACES), Fraction(0)), Fraction(1))


@frozen
class Index:
    """How much of the variance of an output one input explains: by itself, and with all it does beside the others."""

    first: Fraction
    total: Fraction


def sobol(
    function: Callable[[Draw], Sequence[Fraction]], blocks: Sequence[int], power: int, seed: int
) -> list[list[Index]]:
    """Sobol indices of every output of the function for every block of its inputs, by output and block.

    blocks: how many inputs each of them has. The estimators of Saltelli 2010, over 2 ** power scrambled Sobol points,
    so that the function is asked 2 ** power × (blocks + 2) times.
    """
    import numpy
    from scipy.stats import qmc, sobol_indices

    width, count = sum(blocks), 2**power
    points = qmc.Sobol(2 * width, rng=numpy.random.default_rng(seed)).random(count)
    levels = numpy.minimum((points * _LEVELS).astype(int), _LEVELS - 1).tolist()
    rows = [tuple(Fraction(2 * one + 1, 2 * _LEVELS) for one in row) for row in levels]
    one, two = [row[:width] for row in rows], [row[width:] for row in rows]

    def asked(inputs: Sequence[Draw]) -> Any:
        exact = [function(row) for row in inputs]
        return numpy.array([[value.numerator / value.denominator for value in row] for row in exact]).T

    mixed: list[Any] = []
    start = 0
    for size in blocks:
        end = start + size
        mixed.append(asked([a[:start] + b[start:end] + a[end:] for a, b in zip(one, two, strict=True)]))
        start = end
    found = sobol_indices(func={"f_A": asked(one), "f_B": asked(two), "f_AB": numpy.array(mixed)}, n=count)
    shape = (-1, len(blocks))
    pairs = zip(found.first_order.reshape(shape).tolist(), found.total_order.reshape(shape).tolist(), strict=True)
    return [[Index(_index(a), _index(b)) for a, b in zip(first, total, strict=True)] for first, total in pairs]


def _index(value: Any) -> Fraction:
    return round(Fraction(value), _INDEX_PLACES)
