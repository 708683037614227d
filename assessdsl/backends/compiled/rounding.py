"""Code for rounding: quotients of whole numbers, as quantity.rounded takes them."""

from fractions import Fraction
from typing import Final

from assessdsl.backends.compiled.arithmetic import signed
from assessdsl.backends.compiled.block import Block
from assessdsl.backends.compiled.symbols import Exact, Known, Number, Ratio, Whole, as_ratio, fraction_of, times
from assessdsl.quantity import rounded


def round_code(block: Block, symbol: Number, mode: str, places: int) -> Number:
    """The rounded number."""
    match symbol:
        case Known():
            return Known(rounded(fraction_of(symbol), mode, places))
        case Exact(code):
            return Exact(block.put(f"rounded({code}, {mode!r}, {places})"))
        case Whole(scale=scale) if places >= 0 and 10**places % scale == 0:
            return symbol
        case _:
            ratio = as_ratio(block, symbol)
    power = Fraction(10) ** places
    above, below = _shared(ratio, power)
    bits = ratio.bits + power.numerator.bit_length() + power.denominator.bit_length()
    name = block.put(_ROUNDED[mode](block, above, below, signed(ratio)))
    # no mode puts two numbers in another order
    ends = [None if end is None else rounded(end, mode, places) for end in (ratio.low, ratio.high)]
    if places >= 0:
        return Whole(name, power.numerator, bits, *ends)
    return Whole(block.put(times(name, power.denominator)), 1, bits, *ends)


def _shared(ratio: Ratio, scale: Fraction) -> tuple[str, str]:
    """The ratio times the scale, reduced where its denominator is known."""
    if ratio.below.isdigit():
        factor = scale / int(ratio.below)
        return times(ratio.above, factor.numerator), str(factor.denominator)
    return times(ratio.above, scale.numerator), times(ratio.below, scale.denominator)


def _nearest(block: Block, above: str, below: str, minus: bool) -> str:
    """Half up: halves away from zero."""
    half, double = below, times(below, 2)
    if not minus:
        return f"({times(above, 2)} + {half}) // ({double})"
    name = block.put(above)
    return f"(2*{name} + {half}) // ({double}) if {name} >= 0 else -((-2*{name} + {half}) // ({double}))"


def _half_down(block: Block, above: str, below: str, minus: bool) -> str:
    name = block.put(above)
    low = f"-(({below} - 2*{name}) // ({times(below, 2)}))"
    if not minus:
        return low
    return f"{low} if {name} >= 0 else (({below} + 2*{name}) // ({times(below, 2)}))"


def _half_even(block: Block, above: str, below: str, minus: bool) -> str:
    return f"round(Fraction({above}, {below}))"


def _up(block: Block, above: str, below: str, minus: bool) -> str:
    name = block.put(above)
    high = f"-(-{name} // ({below}))"
    return f"{high} if {name} >= 0 else {name} // ({below})" if minus else high


def _down(block: Block, above: str, below: str, minus: bool) -> str:
    name = block.put(above)
    return f"{name} // ({below}) if {name} >= 0 else -(-{name} // ({below}))" if minus else f"{name} // ({below})"


def _floor(block: Block, above: str, below: str, minus: bool) -> str:
    return f"({above}) // ({below})"


def _ceiling(block: Block, above: str, below: str, minus: bool) -> str:
    return f"-(-({above}) // ({below}))"


_ROUNDED: Final = {
    "half_up": _nearest,
    "half_down": _half_down,
    "half_even": _half_even,
    "up": _up,
    "down": _down,
    "floor": _floor,
    "ceiling": _ceiling,
}
