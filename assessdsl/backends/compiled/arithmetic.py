"""Code for exact arithmetic on whole numbers."""

from collections.abc import Sequence
from fractions import Fraction
from math import gcd

from assessdsl.backends.compiled.block import Block
from assessdsl.backends.compiled.symbols import (
    NEVER,
    Exact,
    Known,
    Number,
    Ratio,
    Symbol,
    Whole,
    as_fraction,
    as_ratio,
    as_whole,
    common,
    fraction_of,
    guarded,
    times,
)
from assessdsl.quantity import rounded


def signed(symbol: Number) -> bool:
    match symbol:
        case Known():
            return fraction_of(symbol) < 0
        case Exact():
            return True
        case _:
            return symbol.signed


def negated(block: Block, symbol: Number) -> Number:
    match symbol:
        case Known():
            return Known(-fraction_of(symbol))
        case Whole(code, scale, bits):
            return Whole(block.put(f"-({code})"), scale, bits)
        case Ratio(above, below, bits):
            return Ratio(block.put(f"-({above})"), below, bits)
        case Exact(code):
            return Exact(block.put(f"-{code}"))


def magnitude(block: Block, symbol: Number) -> Number:
    if not signed(symbol):
        return symbol
    match symbol:
        case Known():
            return Known(abs(fraction_of(symbol)))
        case Whole(code, scale, bits):
            return Whole(block.put(f"abs({code})"), scale, bits, False)
        case Ratio(above, below, bits):
            return Ratio(block.put(f"abs({above})"), below, bits, False)
        case Exact(code):
            return Exact(block.put(f"abs({code})"))


def added(block: Block, left: Number, right: Number, sign: str = "+") -> Number:
    """The sum, or with `-` the difference."""
    if isinstance(right, Known) and not fraction_of(right):
        return left
    if isinstance(left, Known) and not fraction_of(left) and sign == "+":
        return right
    stays_up = not signed(left) and not signed(right) and sign == "+"
    match left, right:
        case Known(), Known():
            first, second = fraction_of(left), fraction_of(right)
            return Known(first + second if sign == "+" else first - second)
        case (Exact(), _) | (_, Exact()):
            return guarded(block, Exact(f"{as_fraction(block, left)} {sign} {as_fraction(block, right)}"))
        case (Known() | Whole(), Known() | Whole()):
            first_code, second_code, scale, bits = common(as_whole(left), as_whole(right))
            return guarded(
                block, Whole(block.put(f"{first_code} {sign} ({second_code})"), scale, bits + 1, not stays_up)
            )
        case _:
            one, two = as_ratio(block, left), as_ratio(block, right)
            above = block.put(f"({one.above})*({two.below}) {sign} ({two.above})*({one.below})")
            below = block.put(f"({one.below})*({two.below})")
            return guarded(block, Ratio(above, below, one.bits + two.bits + 1, not stays_up))


def total(block: Block, parts: Sequence[Number]) -> Number:
    """The sum of many: those over a known denominator first, which is quicker than one by one."""
    fixed = [part for part in parts if isinstance(part, Known | Whole)]
    result: Number = Known(Fraction(0))
    wholes = [as_whole(part) for part in fixed if isinstance(part, Whole)]
    constant = sum((fraction_of(part) for part in fixed if isinstance(part, Known)), Fraction(0))
    by_scale: dict[int, list[Whole]] = {}
    for whole in wholes:
        by_scale.setdefault(whole.scale, []).append(whole)
    for scale, members in by_scale.items():
        code = block.put(" + ".join(member.code for member in members))
        bits = max(member.bits for member in members) + len(members).bit_length()
        result = added(block, result, Whole(code, scale, bits, any(member.signed for member in members)))
    if constant:
        result = added(block, result, Known(constant))
    for part in parts:
        if not isinstance(part, Known | Whole):
            result = added(block, result, part)
    return result


def multiplied(block: Block, left: Number, right: Number) -> Number:
    if isinstance(right, Known):
        left, right = right, left
    minus = signed(left) or signed(right)
    match left, right:
        case Known(), Known():
            return Known(fraction_of(left) * fraction_of(right))
        case Known(), Exact(code):
            return guarded(block, Exact(f"{block.constant(left.value)} * {code}"))
        case Known(), Whole(code, scale, bits):
            by = fraction_of(left)
            if by == 1:
                return right
            shared = gcd(by.numerator, scale)
            factor = by.numerator // shared
            code = block.put(times(code, factor))
            return guarded(block, Whole(code, scale // shared * by.denominator, bits + factor.bit_length(), minus))
        case Known(), Ratio(above, below, bits):
            by = fraction_of(left)
            longer = bits + max(by.numerator.bit_length(), by.denominator.bit_length())
            first, second = block.put(times(above, by.numerator)), block.put(times(below, by.denominator))
            return guarded(block, Ratio(first, second, longer, minus))
        case (Exact(), _) | (_, Exact()):
            return guarded(block, Exact(f"{as_fraction(block, left)} * {as_fraction(block, right)}"))
        case Whole(), Whole():
            code = block.put(f"({left.code})*({right.code})")
            return guarded(block, Whole(code, left.scale * right.scale, left.bits + right.bits, minus))
        case _:
            one, two = as_ratio(block, left), as_ratio(block, right)
            above = block.put(f"({one.above})*({two.above})")
            below = block.put(f"({one.below})*({two.below})")
            return guarded(block, Ratio(above, below, one.bits + two.bits, minus))


def divided(block: Block, left: Number, right: Number) -> Symbol:
    """The quotient. By zero, and by what is below zero, the exact engine divides."""
    match right:
        case Known():
            by = fraction_of(right)
            if not by:
                block.leave()
                return NEVER
            return multiplied(block, left, Known(1 / by))
        case Exact(code):
            block.leave(f"not {code}")
            return guarded(block, Exact(f"{as_fraction(block, left)} / {code}"))
        case Whole() | Ratio():
            upper = right.code if isinstance(right, Whole) else right.above
            name = block.put(upper)
            block.leave(f"{name} <= 0" if right.signed else f"not {name}")
            inverse = (
                Ratio(str(right.scale), name, max(right.bits, right.scale.bit_length()), False)
                if isinstance(right, Whole)
                else Ratio(right.below, name, right.bits, False)
            )
            return _reduced(block, left, inverse)


def _reduced(block: Block, left: Number, inverse: Ratio) -> Number:
    """A product whose known denominators are reduced before the code is written."""
    match left:
        case Exact(code):
            return guarded(block, Exact(f"{code} * Fraction({inverse.above}, {inverse.below})"))
        case Known() | Whole() if inverse.above.isdigit():
            whole, factor = as_whole(left), int(inverse.above)
            shared = gcd(factor, whole.scale)
            above = block.put(times(whole.code, factor // shared))
            below = block.put(times(inverse.below, whole.scale // shared))
            bits = max(whole.bits + factor.bit_length(), inverse.bits + whole.scale.bit_length())
            return guarded(block, Ratio(above, below, bits, whole.signed))
        case _:
            return multiplied(block, as_ratio(block, left), inverse)


_OPERATORS = {"==", "!=", "<", "<=", ">", ">="}


def compared(block: Block, left: Number, sign: str, right: Number) -> str:
    """The code of the comparison."""
    assert sign in _OPERATORS
    match left, right:
        case (Exact(), _) | (_, Exact()):
            return f"{as_fraction(block, left)} {sign} {as_fraction(block, right)}"
        case (Known() | Whole(), Known() | Whole()):
            one, two = as_whole(left), as_whole(right)
            shared = gcd(one.scale, two.scale)
            return f"{times(one.code, two.scale // shared)} {sign} {times(two.code, one.scale // shared)}"
        case _:
            first, second = as_ratio(block, left), as_ratio(block, right)
            return f"{_product(first.above, second.below)} {sign} {_product(second.above, first.below)}"


def _product(left: str, right: str) -> str:
    if right.removeprefix("-").isdigit():
        return times(left, int(right))
    if left.removeprefix("-").isdigit():
        return times(right, int(left))
    return f"({left})*({right})"


def unified(block: Block, symbols: Sequence[Number]) -> tuple[list[tuple[str, ...]], Number]:
    """Numbers that may take each other's place, in one form: the codes of each, and the form, with empty codes."""
    minus = any(map(signed, symbols))
    if any(isinstance(symbol, Exact) for symbol in symbols):
        return [(as_fraction(block, symbol),) for symbol in symbols], Exact("")
    if all(isinstance(symbol, Known | Whole) for symbol in symbols):
        wholes = [as_whole(symbol) for symbol in symbols if isinstance(symbol, Known | Whole)]
        first = wholes[0]
        scale, bits = first.scale, first.bits
        for whole in wholes[1:]:
            _, _, scale, bits = common(Whole(first.code, scale, bits), whole)
        return [(times(whole.code, scale // whole.scale),) for whole in wholes], Whole("", scale, bits, minus)
    ratios = [as_ratio(block, symbol) for symbol in symbols]
    return [(ratio.above, ratio.below) for ratio in ratios], Ratio("", "", max(ratio.bits for ratio in ratios), minus)


def formed(form: Number, names: Sequence[str]) -> Number:
    """A form with its codes."""
    match form:
        case Exact():
            return Exact(names[0])
        case Whole(_, scale, bits, minus):
            return Whole(names[0], scale, bits, minus)
        case Ratio(_, _, bits, minus):
            return Ratio(names[0], names[1], bits, minus)
        case Known():
            raise AssertionError("a known number has no code")


def extreme(block: Block, symbols: Sequence[Number], sign: str) -> Number:
    """The least (`<`) or the greatest (`>`) of the numbers."""
    result = symbols[0]
    for symbol in symbols[1:]:
        result = _extreme(block, result, symbol, sign)
    return result


def _extreme(block: Block, left: Number, right: Number, sign: str) -> Number:
    if isinstance(left, Known) and isinstance(right, Known):
        pick = min if sign == "<" else max
        return Known(pick(fraction_of(left), fraction_of(right)))
    if sign == ">" and isinstance(right, Known) and fraction_of(right) <= 0 and not signed(left):
        return left
    if sign == ">" and isinstance(left, Known) and fraction_of(left) <= 0 and not signed(right):
        return right
    condition = compared(block, left, sign, right)
    (first, second), form = unified(block, (left, right))
    both_up = not signed(left) and not signed(right)
    either_up = sign == ">" and not (signed(left) and signed(right))
    if len(first) == 1:
        result = formed(form, [block.put(f"{first[0]} if {condition} else {second[0]}")])
    else:
        names = [block.name(), block.name()]
        block.write(f"if {condition}: {names[0]} = {first[0]}; {names[1]} = {first[1]}")
        block.write(f"else: {names[0]} = {second[0]}; {names[1]} = {second[1]}")
        result = formed(form, names)
    if both_up or either_up:
        match result:
            case Whole(code, scale, bits):
                return Whole(code, scale, bits, False)
            case Ratio(above, below, bits):
                return Ratio(above, below, bits, False)
    return result


def chosen(block: Block, condition: str, left: Number, right: Number) -> Number:
    """One of two numbers that are both at hand."""
    (first, second), form = unified(block, (left, right))
    return formed(form, [block.put(f"{a} if {condition} else {b}") for a, b in zip(first, second, strict=True)])


# ---------------------------------------------------------------- rounding


def round_code(block: Block, symbol: Number, mode: str, places: int) -> Number:
    """Rounded as quantity.rounded does it."""
    match symbol:
        case Known():
            return Known(rounded(fraction_of(symbol), mode, places))
        case Exact(code):
            return Exact(block.put(f"rounded({code}, {mode!r}, {places})"))
        case Whole(code, scale, bits, minus):
            if places >= 0 and 10**places % scale == 0:
                return symbol
            ratio = Ratio(code, str(scale), bits, minus)
        case Ratio():
            ratio = symbol
    power = Fraction(10) ** places
    above, below = _shared(ratio, power)
    bits = ratio.bits + power.numerator.bit_length()
    name = block.put(_ROUNDED[mode](block, above, below, ratio.signed))
    if places >= 0:
        return Whole(name, power.numerator, bits, ratio.signed)
    return Whole(block.put(times(name, power.denominator)), 1, bits + power.denominator.bit_length(), ratio.signed)


def _shared(ratio: Ratio, scale: Fraction) -> tuple[str, str]:
    """The ratio times the scale, reduced where its denominator is known."""
    if ratio.below.isdigit():
        factor = scale / int(ratio.below)
        return times(ratio.above, factor.numerator), str(factor.denominator)
    return times(ratio.above, scale.numerator), times(ratio.below, scale.denominator)


def _nearest(block: Block, above: str, below: str, minus: bool) -> str:
    """Half up: halves away from zero."""
    twice, half = times(above, 2), below
    double = times(below, 2)
    up = f"({twice} + {half}) // ({double})"
    if not minus:
        return up
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


_ROUNDED = {
    "half_up": _nearest,
    "half_down": _half_down,
    "half_even": _half_even,
    "up": _up,
    "down": _down,
    "floor": _floor,
    "ceiling": _ceiling,
}
