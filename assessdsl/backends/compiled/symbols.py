"""What is known of a value while code is written for it: the value itself, or how the code holds it.

A number is held as a whole number over a denominator that is known beforehand, as two whole numbers, or, where neither
is possible, as a fraction. It is never missing: what may be missing is part of the shape that code is written for.
"""

from datetime import date
from fractions import Fraction
from math import lcm

from attrs import evolve, frozen

from assessdsl.backends.compiled.block import Block
from assessdsl.backends.ratios import BITS
from assessdsl.facts import Missing


@frozen
class Known:
    """The same for every entity of the shape."""

    value: Fraction | bool | str | date | Missing


@frozen
class Whole:
    """`code` ÷ `scale`. `bits`: no more than the numerator has. `low` and `high`: it lies between them."""

    code: str
    scale: int
    bits: int
    low: Fraction | None = None
    high: Fraction | None = None


@frozen
class Ratio:
    """`above` ÷ `below`, which is above zero. Not in lowest terms."""

    above: str
    below: str
    bits: int  # of either
    low: Fraction | None = None
    high: Fraction | None = None


@frozen
class Exact:
    """A fraction object."""

    code: str


@frozen
class Truth:
    code: str
    unless_above: str = ""  # a whole number that is above zero where this is not so


@frozen
class Thing:
    """A date or a text."""

    code: str


@frozen
class Never:
    """The code does not get here: it has given up."""


Number = Known | Whole | Ratio | Exact
Symbol = Number | Truth | Thing | Never

NEVER = Never()


def number(symbol: Symbol) -> Number:
    assert isinstance(symbol, Whole | Ratio | Exact) or (
        isinstance(symbol, Known) and isinstance(symbol.value, Fraction)
    )
    return symbol


def fraction_of(symbol: Known) -> Fraction:
    assert isinstance(symbol.value, Fraction)
    return symbol.value


def low(symbol: Number) -> Fraction | None:
    match symbol:
        case Known():
            return fraction_of(symbol)
        case Exact():
            return None
        case _:
            return symbol.low


def high(symbol: Number) -> Fraction | None:
    match symbol:
        case Known():
            return fraction_of(symbol)
        case Exact():
            return None
        case _:
            return symbol.high


def is_missing(symbol: Symbol) -> bool:
    return isinstance(symbol, Known) and isinstance(symbol.value, Missing)


def as_whole(symbol: Known | Whole) -> Whole:
    match symbol:
        case Known(value):
            assert isinstance(value, Fraction)
            return Whole(str(value.numerator), value.denominator, value.numerator.bit_length(), value, value)
        case _:
            return symbol


def times(code: str, factor: int) -> str:
    """The code of a whole number times a constant: a name or a literal times a number stays short."""
    if factor == 1:
        return code
    if code.removeprefix("-").isdigit():
        return str(int(code) * factor)
    name, star, known = code.partition("*")
    if star and name.isidentifier() and known.isdigit():
        return f"{name}*{int(known) * factor}"
    return f"{code}*{factor}" if code.isidentifier() else f"({code})*{factor}"


def is_short(code: str) -> bool:
    """Whether the code may stand in several places: a name, a literal, or a name times a literal."""
    name, _, known = code.partition("*")
    return (name.isidentifier() and (not known or known.isdigit())) or code.removeprefix("-").isdigit()


def common(left: Whole, right: Whole) -> tuple[str, str, int, int]:
    """The numerators over one denominator, the denominator, and the bits of the longer."""
    scale = lcm(left.scale, right.scale)
    first, second = scale // left.scale, scale // right.scale
    bits = max(left.bits + first.bit_length(), right.bits + second.bit_length())
    return times(left.code, first), times(right.code, second), scale, bits


def as_ratio(block: Block, symbol: Number) -> Ratio:
    match symbol:
        case Known() | Whole():
            whole = as_whole(symbol)
            return Ratio(whole.code, str(whole.scale), max(whole.bits, whole.scale.bit_length()), whole.low, whole.high)
        case Ratio():
            return symbol
        case Exact(code):
            return Ratio(block.put(f"{code}.numerator"), block.put(f"{code}.denominator"), BITS)


def as_fraction(block: Block, symbol: Number) -> str:
    """The code of a fraction object."""
    match symbol:
        case Known(value):
            return block.constant(value)
        case Exact(code):
            return code
        case Whole(code, scale):
            return block.put(f"Fraction({code}, {scale})")
        case Ratio(above, below):
            return block.put(f"Fraction({above}, {below})")


def as_value(block: Block, symbol: Symbol) -> str:
    """The code of the value as the exact engine holds it."""
    match symbol:
        case Known(value):
            return block.constant(value)
        case Truth(code=code) | Thing(code=code):
            return code
        case Never():
            return "None"
        case _:
            return as_fraction(block, symbol)


def as_decimal(name: str) -> str:
    """The name under which code has an argument as the Decimal that was given."""
    return f"d{name[1:]}"


def truth(symbol: Symbol) -> str:
    match symbol:
        case Known(value):
            assert isinstance(value, bool)
            return str(value)
        case Truth(code=code):
            return code
        case _:
            raise AssertionError(f"{symbol} is neither true nor false")


def guarded(block: Block, symbol: Number) -> Number:
    """The number, given up on where it has more digits than the exact engine lets a number have: in lowest terms it may
    have fewer, which that engine knows."""
    match symbol:
        case Whole(bits=bits) if bits > BITS:
            name = block.put(symbol.code)
            block.leave(f"{name}.bit_length() > {BITS}")
            return evolve(symbol, code=name, bits=BITS)
        case Ratio(bits=bits) if bits > BITS:
            above, below = block.put(symbol.above), block.put(symbol.below)
            block.leave(f"{above}.bit_length() > {BITS} or {below}.bit_length() > {BITS}")
            return evolve(symbol, above=above, below=below, bits=BITS)
        case Exact(code):
            name = block.put(code)
            block.leave(f"too_long({name})")
            return Exact(name)
        case _:
            return symbol
