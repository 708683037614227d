"""Code for exact arithmetic on whole numbers."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import gcd, lcm

from attrs import evolve

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
    high,
    is_short,
    low,
    times,
)


def short(block: Block, code: str) -> str:
    return code if is_short(code) else block.put(code)


def signed(symbol: Number) -> bool:
    """Whether it may be below zero."""
    least = low(symbol)
    return least is None or least < 0


def _with(symbol: Number, least: Fraction | None, most: Fraction | None) -> Number:
    return symbol if isinstance(symbol, Known | Exact) else evolve(symbol, low=least, high=most)


def negated(block: Block, symbol: Number) -> Number:
    least, most = high(symbol), low(symbol)
    least, most = (None if least is None else -least), (None if most is None else -most)
    match symbol:
        case Known():
            return Known(-fraction_of(symbol))
        case Whole(code, scale, bits):
            return Whole(block.put(f"-({code})"), scale, bits, least, most)
        case Ratio(above, below, bits):
            return Ratio(block.put(f"-({above})"), below, bits, least, most)
        case Exact(code):
            return Exact(block.put(f"-{code}"))


def magnitude(block: Block, symbol: Number) -> Number:
    if not signed(symbol):
        return symbol
    zero = Fraction(0)
    match symbol:
        case Known():
            return Known(abs(fraction_of(symbol)))
        case Whole(code, scale, bits):
            return Whole(block.put(f"abs({code})"), scale, bits, zero)
        case Ratio(above, below, bits):
            return Ratio(block.put(f"abs({above})"), below, bits, zero)
        case Exact(code):
            return Exact(block.put(f"abs({code})"))


def _sum(left: Fraction | None, right: Fraction | None) -> Fraction | None:
    return None if left is None or right is None else left + right


def added(block: Block, left: Number, right: Number, sign: str = "+") -> Number:
    """The sum, or with `-` the difference."""
    if isinstance(right, Known) and not fraction_of(right):
        return left
    if isinstance(left, Known) and not fraction_of(left) and sign == "+":
        return right
    ends = (low(right), high(right))
    if sign == "-":
        ends = (None if ends[1] is None else -ends[1], None if ends[0] is None else -ends[0])
    least, most = _sum(low(left), ends[0]), _sum(high(left), ends[1])
    match left, right:
        case Known(), Known():
            first, second = fraction_of(left), fraction_of(right)
            return Known(first + second if sign == "+" else first - second)
        case (Exact(), _) | (_, Exact()):
            return guarded(block, Exact(f"{as_fraction(block, left)} {sign} {as_fraction(block, right)}"))
        case (Known() | Whole(), Known() | Whole()):
            first_code, second_code, scale, bits = common(as_whole(left), as_whole(right))
            code = block.put(f"{first_code} {sign} ({second_code})")
            return guarded(block, Whole(code, scale, bits + 1, least, most))
        case _:
            one, two = as_ratio(block, left), as_ratio(block, right)
            above = block.put(f"{_product(one.above, two.below)} {sign} {_product(two.above, one.below)}")
            below = block.put(_product(one.below, two.below))
            return guarded(block, Ratio(above, below, one.bits + two.bits + 1, least, most))


def total(block: Block, parts: Sequence[Number]) -> Number:
    """The sum of many: those over one known denominator at once, and pairs of whole numbers by halves, so that no long
    numbers are multiplied before they must be."""
    constant = sum((fraction_of(part) for part in parts if isinstance(part, Known)), Fraction(0))
    by_scale: dict[int, list[Whole]] = {}
    for part in parts:
        if isinstance(part, Whole):
            by_scale.setdefault(part.scale, []).append(part)
    sums: list[Number] = []
    for scale, members in by_scale.items():
        code = block.put(" + ".join(member.code for member in members))
        bits = max(member.bits for member in members) + len(members).bit_length()
        least, most = members[0].low, members[0].high
        for member in members[1:]:
            least, most = _sum(least, member.low), _sum(most, member.high)
        sums.append(Whole(code, scale, bits, least, most))
    fixed: Number = Known(constant)
    for whole in sums:
        fixed = added(block, fixed, whole)
    return added(block, fixed, _by_halves(block, [part for part in parts if isinstance(part, Ratio | Exact)]))


def _by_halves(block: Block, parts: Sequence[Number]) -> Number:
    if len(parts) < 2:
        return parts[0] if parts else Known(Fraction(0))
    middle = len(parts) // 2
    return added(block, _by_halves(block, parts[:middle]), _by_halves(block, parts[middle:]))


def _ends(left: Number, right: Number) -> tuple[Fraction | None, Fraction | None]:
    """Between what a product lies."""
    one, two, three, four = low(left), high(left), low(right), high(right)
    if one is not None and two is not None and three is not None and four is not None:
        corners = (one * three, one * four, two * three, two * four)
        return min(corners), max(corners)
    if one is not None and three is not None and one >= 0 and three >= 0:
        return one * three, None
    return None, None


def multiplied(block: Block, left: Number, right: Number) -> Number:
    if isinstance(right, Known):
        left, right = right, left
    ends = _ends(left, right)
    match left, right:
        case Known(), Known():
            return Known(fraction_of(left) * fraction_of(right))
        case Known(), Exact(code):
            return guarded(block, Exact(f"{block.constant(left.value)} * {code}"))
        case Known(), _ if fraction_of(left) == 1:
            return right
        case Known(), _ if fraction_of(left) == 0:
            return left
        case Known(), Whole(code, scale, bits):
            by = fraction_of(left)
            shared = gcd(by.numerator, scale)
            factor = by.numerator // shared
            code = short(block, times(code, factor))
            return guarded(block, Whole(code, scale // shared * by.denominator, bits + factor.bit_length(), *ends))
        case Known(), Ratio(above, below, bits):
            by = fraction_of(left)
            longer = bits + max(by.numerator.bit_length(), by.denominator.bit_length())
            first, second = short(block, times(above, by.numerator)), short(block, times(below, by.denominator))
            return guarded(block, Ratio(first, second, longer, *ends))
        case (Exact(), _) | (_, Exact()):
            return guarded(block, Exact(f"{as_fraction(block, left)} * {as_fraction(block, right)}"))
        case Whole(), Whole():
            code = block.put(f"({left.code})*({right.code})")
            return guarded(block, Whole(code, left.scale * right.scale, left.bits + right.bits, *ends))
        case _:
            one, two = as_ratio(block, left), as_ratio(block, right)
            above = block.put(_product(one.above, two.above))
            below = block.put(_product(one.below, two.below))
            return guarded(block, Ratio(above, below, one.bits + two.bits, *ends))


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
            if not block.find(("above zero", name)):
                block.leave(f"{name} <= 0" if signed(right) else f"not {name}")
            zero = Fraction(0)
            inverse = (
                Ratio(str(right.scale), name, max(right.bits, right.scale.bit_length()), zero)
                if isinstance(right, Whole)
                else Ratio(right.below, name, right.bits, zero)
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
            above = short(block, times(whole.code, factor // shared))
            below = short(block, times(inverse.below, whole.scale // shared))
            bits = max(whole.bits + factor.bit_length(), inverse.bits + whole.scale.bit_length())
            ends = (Fraction(0), None) if not signed(whole) else (None, None)
            return guarded(block, Ratio(above, below, bits, *ends))
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
        case Ratio(above=above), Known() if not fraction_of(right):
            return f"{above} {sign} 0"
        case _:
            first, second = as_ratio(block, left), as_ratio(block, right)
            return f"{_product(first.above, second.below)} {sign} {_product(second.above, first.below)}"


def _product(left: str, right: str) -> str:
    if right.removeprefix("-").isdigit():
        return times(left, int(right))
    if left.removeprefix("-").isdigit():
        return times(right, int(left))
    return "*".join(code if code.isidentifier() else f"({code})" for code in (left, right))


def unified(block: Block, symbols: Sequence[Number]) -> tuple[list[tuple[str, ...]], Number]:
    """Numbers that may take each other's place, in one form: the codes of each, and the form, with empty codes."""
    lows, highs = list(map(low, symbols)), list(map(high, symbols))
    least = None if None in lows else min(one for one in lows if one is not None)
    most = None if None in highs else max(one for one in highs if one is not None)
    if any(isinstance(symbol, Exact) for symbol in symbols):
        return [(as_fraction(block, symbol),) for symbol in symbols], Exact("")
    wholes = [as_whole(symbol) for symbol in symbols if isinstance(symbol, Known | Whole)]
    if len(wholes) == len(symbols):
        scale = lcm(*(whole.scale for whole in wholes))
        bits = max(whole.bits + (scale // whole.scale).bit_length() for whole in wholes)
        return [(times(whole.code, scale // whole.scale),) for whole in wholes], Whole("", scale, bits, least, most)
    ratios = [as_ratio(block, symbol) for symbol in symbols]
    bits = max(ratio.bits for ratio in ratios)
    return [(ratio.above, ratio.below) for ratio in ratios], Ratio("", "", bits, least, most)


def formed(form: Number, names: Sequence[str]) -> Number:
    """A form with its codes."""
    match form:
        case Exact():
            return Exact(names[0])
        case Whole():
            return evolve(form, code=names[0])
        case Ratio():
            return evolve(form, above=names[0], below=names[1])
        case Known():
            raise AssertionError("a known number has no code")


def extreme(block: Block, symbols: Sequence[Number], sign: str) -> Number:
    """The least (`<`) or the greatest (`>`) of the numbers."""
    result = symbols[0]
    for symbol in symbols[1:]:
        result = _extreme(block, result, symbol, sign)
    return result


def _extreme(block: Block, left: Number, right: Number, sign: str) -> Number:
    first, second = (left, right) if sign == "<" else (right, left)
    if _below(first, second):
        return left
    if _below(second, first):
        return right
    condition = compared(block, left, sign, right)
    (codes, others), form = unified(block, (left, right))
    if len(codes) == 1:
        result = formed(form, [block.put(f"{codes[0]} if {condition} else {others[0]}")])
    else:
        names = [block.name(), block.name()]
        block.write(f"if {condition}: {names[0]} = {codes[0]}; {names[1]} = {codes[1]}")
        block.write(f"else: {names[0]} = {others[0]}; {names[1]} = {others[1]}")
        result = formed(form, names)
    if sign == "<":
        return _with(result, low(result), _tighter(high(left), high(right), min))
    return _with(result, _tighter(low(left), low(right), max), high(result))


def _below(left: Number, right: Number) -> bool:
    """Whether the one is surely no greater than the other."""
    most, least = high(left), low(right)
    return most is not None and least is not None and most <= least


def _tighter(
    left: Fraction | None, right: Fraction | None, pick: Callable[[Fraction, Fraction], Fraction]
) -> Fraction | None:
    if left is None or right is None:
        return right if left is None else left
    return pick(left, right)


def chosen(block: Block, condition: str, left: Number, right: Number) -> Number:
    """One of two numbers that are both at hand."""
    (first, second), form = unified(block, (left, right))
    return formed(form, [block.put(f"{a} if {condition} else {b}") for a, b in zip(first, second, strict=True)])
