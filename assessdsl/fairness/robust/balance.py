"""Changes of weights that keep every sum which the policy declares."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from attrs import frozen

Row = list[Fraction]


@frozen(eq=False)
class Balance:
    """The nearest change to one that is asked for, among those that keep every sum.

    Nearest: with the least Σ (difference² ÷ what it was), so that in one sum what a weight wins is taken from all in
    proportion to their size, itself included. Weights that follow, those of the components, have no say of their own:
    they are what their parts make together.
    """

    own: tuple[str, ...]
    _projection: tuple[tuple[Fraction, ...], ...]
    _following: Mapping[str, tuple[tuple[str, Fraction], ...]]

    def nearest(self, asked: Mapping[str, Fraction]) -> dict[str, Fraction]:
        """The change of every weight. asked: of some of the own ones, else 0."""
        wanted = [asked.get(name, Fraction(0)) for name in self.own]
        found = {
            name: sum((part * one for part, one in zip(row, wanted, strict=True) if part and one), Fraction(0))
            for name, row in zip(self.own, self._projection, strict=True)
        }
        for name, parts in self._following.items():
            found[name] = sum((factor * found[other] for other, factor in parts), Fraction(0))
        return found


def balance(own: Mapping[str, Fraction], following: Sequence[str], sums: Sequence[Mapping[str, Fraction]]) -> Balance:
    """own: the weights as they stand, all above 0. sums: the coefficients of combinations that must not change."""
    names = (*following, *own)
    rows = reduced([[one.get(name, Fraction(0)) for name in names] for one in sums])
    count = len(following)
    parts: dict[str, tuple[tuple[str, Fraction], ...]] = dict.fromkeys(following, ())
    bare: list[Row] = []
    for row in rows:
        pivot = next(place for place, value in enumerate(row) if value)
        if pivot < count:
            parts[names[pivot]] = tuple(
                (name, -row[place]) for place, name in enumerate(names) if place >= count and row[place]
            )
        else:
            bare.append(row[count:])
    sizes = list(own.values())
    return Balance(tuple(own), _projection(bare, sizes), parts)


def _projection(rows: list[Row], sizes: Row) -> tuple[tuple[Fraction, ...], ...]:
    """1 − D·Bᵀ·(B·D·Bᵀ)⁻¹·B, where B are the rows and D the sizes."""
    count = len(sizes)
    scaled = [[value * size for value, size in zip(row, sizes, strict=True)] for row in rows]
    gram = [[_dot(row, other) for other in scaled] for row in rows]
    solved = [row[len(rows) :] for row in reduced([[*left, *right] for left, right in zip(gram, rows, strict=True)])]
    return tuple(
        tuple(
            Fraction(place == other) - sum((scaled[k][place] * solved[k][other] for k in range(len(rows))), Fraction(0))
            for other in range(count)
        )
        for place in range(count)
    )


def _dot(left: Row, right: Row) -> Fraction:
    return sum((one * other for one, other in zip(left, right, strict=True)), Fraction(0))


def reduced(rows: Sequence[Sequence[Fraction]]) -> list[Row]:
    """The reduced row echelon form, without rows of zeros."""
    left, done = [list(row) for row in rows], list[Row]()
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in left if row[column]), None)
        if pivot is None:
            continue
        left.remove(pivot)
        pivot = [value / pivot[column] for value in pivot]
        left = [_without(row, pivot, column) for row in left]
        done = [*(_without(row, pivot, column) for row in done), pivot]
    return done


def _without(row: Row, pivot: Row, column: int) -> Row:
    factor = row[column]
    return [value - factor * other for value, other in zip(row, pivot, strict=True)] if factor else row
