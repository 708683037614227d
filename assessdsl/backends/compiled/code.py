"""Code for the outputs of a plan, made into a function. It is made from numbers of steps and whole numbers alone: no
name or text of a policy, and nothing of its data, stands in it."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from itertools import count
from types import MappingProxyType
from typing import Any, Final

from attrs import evolve, frozen

from assessdsl.backends.compiled.block import Block, TooLong
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


class Leave(Exception):
    """The code gave up: the exact engine is to be asked."""


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


def code_for(
    plan: Plan, shape: Shape, outputs: Sequence[int], fixed: Mapping[Slot, Known] = MappingProxyType({})
) -> Code | None:
    """The function; None where the plan cannot be worked out for one entity of the shape alone, or is too long. Values
    that are fixed are no arguments."""
    names = [f"a{number}" for number in range(len(shape.forms))]
    slots: dict[Slot, Symbol] = dict(fixed) | {
        slot: _symbol(name, form) for name, (slot, form) in zip(names, shape.forms, strict=True)
    }
    return _coded(Translation(plan, shape, slots), outputs, _block(), f"def run({', '.join(names)}):")


@frozen
class Taken:
    """How the values of a shape's forms are taken out of what is given: the whole numbers, then the others of the given
    types. `positive`: the places of numbers that must not be zero either."""

    numbers: Callable[[Any], tuple[Any, ...]]
    others: Callable[[Any], tuple[Any, ...]]
    kinds: tuple[type, ...]
    positive: frozenset[int]


def direct_code_for(
    plan: Plan, shape: Shape, outputs: Sequence[int], fixed: Mapping[Slot, Known], taken: Taken
) -> Code | None:
    """The same for whole numbers of which none is below zero. The function takes what is given, and checks it itself:
    what is anything else, or too long, raises TypeError, KeyError or Leave."""
    names = [f"a{number}" for number in range(len(shape.forms))]
    numbers, others = names[: -len(taken.kinds) or None], names[len(names) - len(taken.kinds) :]
    slots: dict[Slot, Symbol] = dict(fixed)
    for name, (slot, form) in zip(names, shape.forms, strict=True):
        symbol = _symbol(name, form)
        slots[slot] = evolve(symbol, low=Fraction(0)) if isinstance(symbol, Whole) else symbol
    translation = Translation(plan, shape, slots, set(numbers))
    body = _block()
    checks = partial(_checks, translation, body, numbers, others, taken)
    return _coded(translation, outputs, body, "def run(given):", checks)


def _checks(translation: Translation, body: Block, numbers: list[str], others: list[str], taken: Taken) -> list[str]:
    """What is true or false is a whole number to Python too, and adds up to one; whatever else is among the numbers,
    their sum shows it. Where none is below zero, no number is longer than their sum."""
    block = Block([], body.constants, body.numbers)
    if numbers:
        block.write(f"numbers = {block.constant(taken.numbers)}(given)")
        block.write("size = sum(numbers)")
        block.write(f"if type(size) is not int or size >= {block.constant(BOUND)}: raise Leave")
        block.write(f"{', '.join(numbers)}, = numbers")
    if others:
        block.write(f"others = {block.constant(taken.others)}(given)")
        block.write(f"if tuple(map(type, others)) != {block.constant(taken.kinds)}: raise Leave")
        block.write(f"{', '.join(others)}, = others")
    for at, name in enumerate(numbers):
        if at in taken.positive:
            block.write(f"if {name} < 2 and ({name} <= 0 or type({name}) is not int): raise Leave")
        elif name in (translation.unchecked or ()):
            block.write(f"if {name} < 2 and ({name} < 0 or type({name}) is not int): raise Leave")
    return block.lines


def _block() -> Block:
    return Block([], {"Fraction": Fraction, "Leave": Leave, "rounded": rounded, "too_long": too_long}, count())


def _coded(
    translation: Translation,
    outputs: Sequence[int],
    block: Block,
    head: str,
    before: Callable[[], list[str]] = list,
) -> Code | None:
    try:
        symbols = [translation.symbol(block, id) for id in outputs]
    except (TooLong, Unsuited):
        return None
    values, scales = [], []
    for symbol in symbols:
        value, scale = _result(block, symbol)
        values.append(value)
        scales.append(scale)
    block.write(f"return ({''.join(f'{value}, ' for value in values)})")
    source = "\n".join([head, *before(), *block.lines]) + "\n"
    namespace = dict(block.constants)
    exec(compile(source, "<plan>", "exec"), namespace)
    return Code(namespace["run"], tuple(scales), source)


def _symbol(name: str, form: int | str) -> Symbol:
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


def fraction(value: Any, scale: int | None) -> Fraction:
    """An output as an exact number."""
    if scale is not None:
        return Fraction(value, scale)
    return Fraction(*value) if isinstance(value, tuple) else value
