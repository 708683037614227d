"""Code that takes what a program gives as it is, and checks it itself: numbers of which none is below zero, and others.

Checked is what the long way checks of such inputs: types, length and decimal places.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import (
    ROUND_HALF_EVEN,
    Clamped,
    Context,
    Decimal,
    Inexact,
    InvalidOperation,
    Overflow,
    Underflow,
    getcontext,
    setcontext,
)
from fractions import Fraction
from itertools import groupby
from typing import Final

from attrs import evolve, frozen

from assessdsl.backends.compiled.block import Block
from assessdsl.backends.compiled.code import BOUND, Code, argument, blank, made, written
from assessdsl.backends.compiled.kept import getter
from assessdsl.backends.compiled.shape import Form, Shape, Slot
from assessdsl.backends.compiled.symbols import Known, Symbol, Whole, as_decimal
from assessdsl.backends.compiled.translate import Translation
from assessdsl.limits import LIMITS
from assessdsl.plan.steps import Plan

CONTEXT: Final = Context(
    prec=2 * LIMITS.digits,
    rounding=ROUND_HALF_EVEN,
    Emin=-2 * LIMITS.digits,
    Emax=2 * LIMITS.digits,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[Clamped, Inexact, InvalidOperation, Overflow, Underflow],
)
"""Where we reckon with Decimals, so that no setting of the program's matters: what is not exact, or absurdly large or
small, raises."""


@frozen
class Input:
    """What stands under a key. `places`: those that a Decimal may have. `positive`: a number that must not be zero."""

    key: str
    slot: Slot
    form: Form
    kind: type
    places: int = 0
    positive: bool = False


def direct_code_for(
    plan: Plan, shape: Shape, outputs: Sequence[int], fixed: Mapping[Slot, Known], inputs: Sequence[Input]
) -> Code | None:
    """The function of a mapping; None where there is none. Other keys, types and numbers raise KeyError, TypeError,
    ArithmeticError or Leave."""
    names = {f"a{number}": one for number, one in enumerate(inputs)}
    slots: dict[Slot, Symbol] = dict(fixed)
    for name, one in names.items():
        symbol = argument(name, one.form)
        slots[one.slot] = evolve(symbol, low=Fraction(0)) if isinstance(symbol, Whole) else symbol
    decimals = {name: one.places for name, one in names.items() if one.kind is Decimal}
    unchecked = {name for name, one in names.items() if one.kind in (int, Decimal)}
    code = blank(2 if decimals else 1)
    scales = written(Translation(plan, shape, slots, unchecked, decimals), outputs, code)
    if scales is None:
        return None
    head = Block([], code.constants, code.numbers)
    _whole_numbers(head, {name: one for name, one in names.items() if one.kind is int}, unchecked)
    _others(head, {name: one for name, one in names.items() if one.kind not in (int, Decimal)})
    if decimals:
        used = set(re.findall(r"\ba[0-9]+\b", "\n".join(code.lines)))
        own = Block([], code.constants, code.numbers, code.depth)
        _decimals(own, {name: names[name] for name in decimals}, used)
        switch = head.constant(setcontext)
        head.write(f"outer = {head.constant(getcontext)}()")
        head.write(f"{switch}({head.constant(CONTEXT)})")
        head.write("try:")
        end = ["    finally:", f"        {switch}(outer)"]
        return made(["def run(given):", *head.lines, *own.lines, *code.lines, *end], code, scales)
    return made(["def run(given):", *head.lines, *code.lines], code, scales)


def whole_code_for(
    plan: Plan, shape: Shape, outputs: Sequence[int], fixed: Mapping[Slot, Known], inputs: Sequence[Input]
) -> Code | None:
    """The same function, given whole numbers of their last places for Decimals: for machine code, which reads both."""
    places = {one.key: one.places for one in inputs if one.kind is Decimal}
    whole = [evolve(one, kind=int) if one.key in places else one for one in inputs]
    code = direct_code_for(plan, shape, outputs, fixed, whole)
    return None if code is None else evolve(code, places=places)


def _taken(block: Block, inputs: Mapping[str, Input], names: Iterable[str]) -> None:
    """Takes the values out of the mapping all at once, as `values`, and one by one."""
    block.write(f"values = {block.constant(getter([one.key for one in inputs.values()]))}(given)")
    block.write(f"{', '.join(names)}, = values")


def _whole_numbers(block: Block, inputs: Mapping[str, Input], unchecked: set[str]) -> None:
    """To Python, what is true or false is a whole number, and adds up to one; whatever else is among the numbers, their
    sum shows it. Where none is below zero, no number is longer than their sum."""
    if not inputs:
        return
    _taken(block, inputs, inputs)
    block.write("size = sum(values)")
    block.write(f"if type(size) is not int or size >= {block.constant(BOUND)}: raise Leave")
    for name, one in inputs.items():
        if one.positive:
            block.write(f"if {name} < 2 and ({name} <= 0 or type({name}) is not int): raise Leave")
        elif name in unchecked:
            block.write(f"if {name} < 2 and ({name} < 0 or type({name}) is not int): raise Leave")


def _others(block: Block, inputs: Mapping[str, Input]) -> None:
    if inputs:
        _taken(block, inputs, inputs)
        block.write(f"if tuple(map(type, values)) != {block.constant(tuple(one.kind for one in inputs.values()))}:")
        block.write("    raise Leave")


def _decimals(block: Block, inputs: Mapping[str, Input], used: set[str]) -> None:
    """The exponent of a sum of Decimals is the least of theirs."""
    _taken(block, inputs, map(as_decimal, inputs))
    block.write(f"if any(map({block.constant(Decimal.is_signed)}, values)): raise Leave")  # TypeError: not of Decimals
    at = 0
    for places, group in groupby(inputs.values(), lambda one: one.places):
        size = len(list(group))
        block.write(f"size = sum(values[{at}:{at + size}])" if size < len(inputs) else "size = sum(values)")
        unit, most = (block.constant(CONTEXT.scaleb(Decimal(one), -places)) for one in (1, BOUND))
        block.write(f"if not size.same_quantum({unit}) and size.as_tuple().exponent < {-places}: raise Leave")
        block.write(f"if size >= {most}: raise Leave")
        at += size
    for name, one in inputs.items():
        if one.positive:
            block.write(f"if not {as_decimal(name)}: raise Leave")
        if name in used:
            block.write(f"{name} = ({as_decimal(name)}*{block.constant(Decimal(10**one.places))}).__floor__()")
