"""A plan for a frame: which columns are read, in what ranges, and the code that gives the outputs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from fractions import Fraction
from typing import Any

from attrs import frozen

from assessdsl.backends.columnar.arithmetic import Arithmetic
from assessdsl.backends.columnar.forms import Form, Held, Ratio, Text, Truth, Whole
from assessdsl.backends.columnar.inputs import Described, FrameInputs, Key
from assessdsl.backends.columnar.kept import Kept
from assessdsl.backends.columnar.kernels import Kernels, kernels
from assessdsl.backends.columnar.kinds import order_of
from assessdsl.backends.columnar.nodes import Bit
from assessdsl.backends.columnar.program import Program, TooWide
from assessdsl.backends.columnar.translate import Slot, Translation
from assessdsl.backends.columnar.vectors import Code, code
from assessdsl.diagnostics import Diagnostic, PolicyError, arrange
from assessdsl.plan.steps import Aggregate, Grain, Plan, Step


@frozen
class Wanted:
    """The steps of which the values are wanted: numbers, and answers."""

    numbers: tuple[int, ...]
    answers: tuple[int, ...]  # yes/no, each with whether it is known
    obstacles: bool = True  # whether rows are left to the exact engine for anything else that is not known
    kernels: bool = False  # whether the code is compiled
    peers: int | None = None  # an aggregate of peers: in place of all else, what each entity gives to it


@frozen
class Given:
    """A step whose values are a column, worked out before."""

    key: str
    scale: int = 1
    words: tuple[str, ...] = ()  # of a tier
    divisor: str = ""  # the column of it, if there is one
    is_answer: bool = False
    within: tuple[Fraction, Fraction] | None = None  # of numbers with divisors, between what they lie
    values: tuple[Fraction, ...] = ()  # if there are any, the column holds which of these it is


@frozen(eq=False)
class Lowered:
    """Outputs of the code: the numbers, each over its scale; the divisors of those that have none, of which the scale
    is 0; of each answer whether it holds, and whether it is not known; and last whether the row is left to the exact
    engine."""

    code: Code | Kernels
    scales: tuple[int, ...]
    always_known: tuple[bool, ...]  # of each answer
    reads: frozenset[str] = frozenset()  # the columns of numbers that the code reads, and holds to their ranges


@frozen
class Source:
    """What a program is written for. `described` are the columns by their keys, those of given steps among them."""

    plan: Plan
    keys: Mapping[str, Key]
    described: Mapping[str, Described]
    common: Mapping[str, Fraction]
    given: Mapping[int, Given]


class Unscaled(Exception):
    """A step that has no scale; or that no row can be worked out for, because of `reasons`. `is_near`: in columns
    it is known but for a little, or of nobody."""

    def __init__(self, step: Step, reasons: Sequence[Step] = (), *, is_near: bool = False) -> None:
        super().__init__(step)
        self.step, self.reasons, self.is_near = step, tuple(reasons), is_near


def lower(source: Source, wanted: Wanted) -> Lowered:
    """Raises Unscaled, and TooWide where a number would take more than 64 bits."""
    parts = (source.keys, source.described, source.common, source.given)
    found = _kept(source.plan, *(tuple(part.items()) for part in parts), wanted)
    if isinstance(found, Exception):
        raise copy(found)  # the one that is kept would hold on to all that is on the stack
    return found


def _lower_or_not(plan: Plan, *parts: Any) -> Lowered | Unscaled | TooWide:
    """That it cannot be is worth keeping, too: to find it out takes as long."""
    *mappings, wanted = parts
    try:
        return _lower(Source(plan, *map(dict, mappings)), wanted)
    except (Unscaled, TooWide) as error:
        return copy(error)


def _lower(source: Source, wanted: Wanted) -> Lowered:
    plan = source.plan
    program = Program()
    inputs = FrameInputs(plan.schema, program, source.keys, source.described, source.common)
    translation = Translation(plan, program, inputs, _given(source, program))
    for id in (*wanted.numbers, *wanted.answers):
        if len(inputs.slots(plan.steps[id].grain)) > 1:  # a place among all items
            raise Unscaled(plan.steps[id], (plan.steps[id],))
    numbers, answers = translation.held(wanted.numbers), translation.held(wanted.answers)
    of_numbers = [plan.steps[id] for id in wanted.numbers]
    if wanted.peers is not None:
        aggregate = plan.steps[wanted.peers]
        assert isinstance(aggregate.operation, Aggregate)
        numbers, answers = translation.offered(aggregate.operation)
        of_numbers = [aggregate] * len(numbers)
    left: Bit = False
    if wanted.obstacles:
        left = program.either(inputs.wrong(), _obstacles(plan, translation, inputs))
    outputs: list[Bit] = []
    scales: list[int] = []
    divisors: list[Bit] = []
    for step, held in zip(of_numbers, numbers, strict=True):
        left = program.either(left, held.missing, held.left)
        match held.form:
            case Whole(node, scale):
                outputs.append(node)
                scales.append(scale)
            case Ratio(above, below):
                outputs.append(above)
                scales.append(0)
                divisors.append(below)
            case form:
                reasons = () if form else translation.unsuited
                raise Unscaled(step, reasons, is_near=not reasons)
    outputs += divisors
    of_answers = [plan.steps[id] for id in (wanted.answers if wanted.peers is None else [wanted.peers] * len(answers))]
    for step, held in zip(of_answers, answers, strict=True):
        left = program.either(left, held.left)
        if not isinstance(held.form, Truth) and held.missing is not True:
            raise Unscaled(step, translation.unsuited)
        outputs += [held.form.bit if isinstance(held.form, Truth) else False, held.missing]
    if left is True and translation.unsuited:
        raise Unscaled(translation.unsuited[0], translation.unsuited)
    outputs.append(left)
    nullable = {key for key, one in source.described.items() if one.nullable}
    written = (kernels(outputs, nullable) if wanted.kernels else None) or code(outputs)
    known = tuple(one.missing is False and one.left is False for one in answers)
    reads = frozenset(str(node.value) for node in order_of(outputs) if node.operator == "column")
    return Lowered(written, tuple(scales), known, reads)


_kept = Kept(_lower_or_not)


def nothing(scales: Sequence[int], answers: int) -> Lowered:
    """Code that leaves every row to the exact engine."""
    outputs: list[Bit] = [*[False] * (len(scales) + scales.count(0) + 2 * answers), True]
    return Lowered(code(outputs), tuple(scales), (False,) * answers)


def _given(source: Source, program: Program) -> dict[int, Held]:
    found: dict[int, Held] = {}
    for id, one in source.given.items():
        described = source.described[one.key]
        missing: Bit = program.missing(one.key) if described.nullable else False
        if one.is_answer:
            found[id] = Held(Truth(program.bits(one.key)), missing)
            continue
        node = program.column(one.key, described.low, described.high)
        form: Form = Text(node, one.words) if one.words else Whole(node, one.scale)
        if one.values:
            numbers = Arithmetic(program)
            first, *others = map(numbers.constant, one.values)
            form = first
            for number, value in enumerate(others, 1):
                form = numbers.choose(program.compare(node, "==", program.constant(number)), value, form)
        if one.divisor:
            divisor = source.described[one.divisor]
            form = Ratio(node, program.column(one.divisor, divisor.low, divisor.high), one.within)
        found[id] = Held(form, missing)
    return found


def quota(source: Source, id: int) -> Fraction | None:
    """The value of a step that is one for all; None if it is missing. Raises Unscaled if it is not known before."""
    program = Program()
    inputs = FrameInputs(source.plan.schema, program, source.keys, source.described, source.common)
    held = Translation(source.plan, program, inputs).held([id])[0]
    if held.missing is True:
        return None
    if not isinstance(held.form, Whole) or held.form.known is None or held.left is not False:
        raise Unscaled(source.plan.steps[id], (source.plan.steps[id],))
    return held.form.known


def _obstacles(plan: Plan, translation: Translation, inputs: FrameInputs) -> Bit:
    """Where something that an assessment needs is not known, whether or not the total rests on it."""
    p = translation.program
    found: list[Bit] = []

    def ask(condition: Bit, *ids: int, slot: Slot = ()) -> None:
        if condition is not False:
            for held in translation.held(ids, slot):
                found.append(p.both(condition, p.either(held.missing, held.left)))

    for component in plan.outputs.every_component:
        for indicator in component.indicators:
            applies = translation.choices.truth(translation.held([indicator.applies])[0])
            others = (
                False
                if indicator.others is None
                else translation.choices.truth(translation.held([indicator.others])[0])
            )
            for slot in inputs.slots(Grain("target", indicator.name)):
                item = p.both(applies, p.opposite(others), inputs.exists(Grain("target", indicator.name), slot))
                ask(item, indicator.stages[-1].step, indicator.target_points, slot=slot)
            ask(applies, indicator.score, indicator.points)
        ask(translation.choices.truth(translation.held([component.applies])[0]), component.score, component.points)
    return p.either(*found)


@contextmanager
def refusals(plan: Plan, language: str) -> Iterator[None]:
    """What columns cannot do is told as PolicyError."""
    try:
        yield
    except Unscaled as error:
        raise PolicyError(_refusals(error), language) from None
    except TooWide:
        raise PolicyError([Diagnostic("AS5418", plan.steps[plan.outputs.total].span)], language) from None


def _refusals(error: Unscaled) -> tuple[Diagnostic, ...]:
    if error.reasons:
        return arrange(Diagnostic("AS5411", step.span) for step in error.reasons)
    return (Diagnostic("AS5412", error.step.span, {"name": error.step.name or error.step.span.text}),)
