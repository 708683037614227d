"""Code for the outputs of a plan, made into a function. It is made from numbers of steps and whole numbers alone: no
name or text of a policy, and nothing of its data, stands in it."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import count
from types import MappingProxyType
from typing import Any, Final

from attrs import frozen

from assessdsl.backends.compiled.block import Block, TooLong
from assessdsl.backends.compiled.kept import Leave
from assessdsl.backends.compiled.shape import Shape, Slot
from assessdsl.backends.compiled.symbols import (
    Exact,
    Known,
    Ratio,
    Symbol,
    Thing,
    Truth,
    Whole,
    as_value,
    is_missing,
)
from assessdsl.backends.compiled.translate import Translation, Unsuited
from assessdsl.backends.work import too_long
from assessdsl.limits import LIMITS
from assessdsl.plan.steps import Plan
from assessdsl.quantity import rounded

Numbers = tuple[Any, ...]

BOUND: Final = 10**LIMITS.digits  # of a number that is read
_DIGITS: Final = LIMITS.digits * 10 // 3 + 1  # bits of a number that is read


@frozen
class Code:
    """`run` takes the arguments in the order of the shape's forms, and gives a value for each output: a whole number
    over its scale, where that is known (`scales`), else a pair of whole numbers or the value itself."""

    run: Callable[..., Numbers]
    scales: tuple[int | None, ...]
    source: str
    constants: Mapping[str, Any]  # by the names that the source has for them
    places: Mapping[str, int] = MappingProxyType({})  # by key, of what `run` is to be given as whole numbers of these


def code_for(
    plan: Plan, shape: Shape, outputs: Sequence[int], fixed: Mapping[Slot, Known] = MappingProxyType({})
) -> Code | None:
    """The function; None where the plan cannot be worked out for one entity of the shape alone, or is too long. Values
    that are fixed are no arguments."""
    names = [f"a{number}" for number in range(len(shape.forms))]
    slots: dict[Slot, Symbol] = dict(fixed) | {
        slot: argument(name, form) for name, (slot, form) in zip(names, shape.forms, strict=True)
    }
    block = blank()
    scales = written(Translation(plan, shape, slots), outputs, block)
    return None if scales is None else made([f"def run({', '.join(names)}):", *block.lines], block, scales)


def blank(depth: int = 1) -> Block:
    """Where the code of a function is to be written."""
    names = {"Fraction": Fraction, "Leave": Leave, "rounded": rounded, "too_long": too_long}
    return Block([], names, count(), depth)


def written(translation: Translation, outputs: Sequence[int], block: Block) -> tuple[int | None, ...] | None:
    """Writes the code of the outputs; their scales, or None where there is no such code, or its parts would stand too
    deep within one another."""
    try:
        symbols = [translation.symbol(block, id) for id in outputs]
    except (TooLong, Unsuited, RecursionError):
        return None
    values, scales = [], []
    for symbol in symbols:
        value, scale = _result(block, symbol)
        values.append(value)
        scales.append(scale)
    block.write(f"return ({''.join(f'{value}, ' for value in values)})")
    return tuple(scales)


def made(lines: Sequence[str], block: Block, scales: tuple[int | None, ...]) -> Code | None:
    """None where parts stand so deep within one another that Python does not take it."""
    source = "\n".join(lines) + "\n"
    namespace = dict(block.constants)
    try:
        compiled = compile(source, "<plan>", "exec")
    except (SyntaxError, RecursionError, MemoryError):
        return None
    exec(compiled, namespace)
    return Code(namespace["run"], scales, source, block.constants)


def argument(name: str, form: int | str) -> Symbol:
    match form:
        case int():
            return Whole(name, form, _DIGITS + form.bit_length())
        case "exact":
            return Exact(name)
        case "truth":
            return Truth(name)
        case _:
            return Thing(name)


def _result(block: Block, symbol: Symbol) -> tuple[str, int | None]:
    match symbol:
        case Whole(code, scale):
            return code, scale
        case Known(Fraction() as value):
            return str(value.numerator), value.denominator
        case Ratio(above, below):
            return f"({above}, {below})", None
        case _ if is_missing(symbol):
            block.leave()  # an output that is missing stops the assessment, with a message
            return "None", None
        case _:
            return as_value(block, symbol), None
