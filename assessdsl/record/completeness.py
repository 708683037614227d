"""What a set of targets must have before it is frozen: every column, everyone's share, sums that reach, ambition."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from attrs import frozen

from assessdsl.ast.register import Ambition, Register
from assessdsl.binding.standing import Standing, read_standing
from assessdsl.binding.targets import Target, indicators_of
from assessdsl.check import constant
from assessdsl.data.remarks import both
from assessdsl.diagnostics import Diagnostic
from assessdsl.engine import Policy
from assessdsl.plan.inputs import Schema
from assessdsl.quantity import Unit
from assessdsl.record.state import State

_RATES = frozenset({Unit.PERCENT, Unit.PP, Unit.SHARE, Unit.SURVEY})


@frozen
class _Set:
    """The targets that are to be frozen, read."""

    policy: Policy
    schema: Schema
    standing: Standing

    @property
    def targets(self) -> Mapping[str, Target]:
        return self.standing.targets

    def number(self, target: Target, column: str) -> Fraction | None:
        datum = target.fields.get(column)
        return datum.value if datum is not None and isinstance(datum.value, Fraction) else None

    def lower(self, target: Target) -> bool:
        datum = target.fields.get("direction")
        return (datum.value if datum else indicators_of(self.schema)[target.indicator].direction) == "lower"

    def unit(self, target: Target) -> Unit:
        return indicators_of(self.schema)[target.indicator].unit


def incomplete(policy: Policy, state: State) -> tuple[Diagnostic, ...]:
    """Everything that the register lacks for the freeze."""
    schema = policy.plan.schema
    standing = read_standing(schema, state.entities.values(), state.targets.values(), whole=True)
    register = policy.checked.policy.register
    lacking = () if register is None else _lacking(_Set(policy, schema, standing), register)
    return (*standing.diagnostics, *lacking)


def _lacking(whole: _Set, register: Register) -> Iterator[Diagnostic]:
    for target in whole.targets.values():
        for column in register.require:
            if target.row.get(column) is None:
                yield _lacks(target, column)
    yield from _uncovered(whole, register)
    if register.cascade is not None:
        yield from _under_cascaded(whole)
    if register.ambition is not None:
        for target in whole.targets.values():
            yield from _unambitious(whole, target, register.ambition)


def _told(code: str, target: Target, **arguments: str) -> Diagnostic:
    return Diagnostic(code, arguments={"target": target.name, "entity": target.entity, **arguments}, cell=target.cell)


def _lacks(target: Target, column: str) -> Diagnostic:
    return _told("AS7212", target, column=both("column", column))


def _uncovered(whole: _Set, register: Register) -> Iterator[Diagnostic]:
    groups = {name.id for name in register.coverage}
    everyone = any(name.word == "everyone" for name in register.coverage)
    carrying = {target.entity for target in whole.targets.values()}
    for name, entity in whole.standing.roster.entities.items():
        if (everyone or entity.group in groups) and name not in carrying:
            yield Diagnostic("AS7213", arguments={"entity": name}, cell=entity.cell)


def _under_cascaded(whole: _Set) -> Iterator[Diagnostic]:
    """The parts of a target add up to it. Rates do not add up: there at least one part must reach the whole, or the
    whole, which lies between its parts, cannot be reached."""
    parts: dict[str, list[Target]] = {}
    for target in whole.targets.values():
        if name := target.text("parent"):
            if name not in whole.targets or name == target.name:
                yield _told("AS7228", target, name=name, why_en="there is no such target", why_zh="没有这个目标")
            elif whole.unit(whole.targets[name]) is not whole.unit(target):
                yield _told("AS7228", target, name=name, why_en="it is measured otherwise", why_zh="两者的计量单位不同")
            else:
                parts.setdefault(name, []).append(target)
    for name, several in parts.items():
        parent = whole.targets[name]
        planned = whole.number(parent, "planned")
        values = [whole.number(part, "planned") for part in several]
        if planned is None:
            yield _lacks(parent, "planned")
        for part, value in zip(several, values, strict=True):
            if value is None:
                yield _lacks(part, "planned")
        known = [value for value in values if value is not None]
        if planned is None or len(known) < len(values):
            continue
        reached = _reached(known, rates=whole.unit(parent) in _RATES, lower=whole.lower(parent))
        if reached > planned if whole.lower(parent) else reached < planned:
            yield _told(
                "AS7214", parent, planned=parent.text("planned"), parts="、".join(part.name for part in several[:5]),
                values="、".join(part.text("planned") for part in several[:5]),
            )  # fmt: skip


def _reached(values: Iterable[Fraction], *, rates: bool, lower: bool) -> Fraction:
    if not rates:
        return sum(values, Fraction(0))
    return min(values) if lower else max(values)


def _unambitious(whole: _Set, target: Target, ambition: Ambition) -> Iterator[Diagnostic]:
    """A target that is a number lies beyond its baseline, and within reach of it."""
    planned, baseline = whole.number(target, "planned"), whole.number(target, "baseline")
    if planned is None:
        return
    if baseline is None:
        yield _lacks(target, "baseline")
        return
    texts = {"planned": target.text("planned"), "baseline": target.text("baseline")}
    beyond = baseline - planned if whole.lower(target) else planned - baseline
    known = None if ambition.at_most is None else constant(ambition.at_most, whole.policy.checked)
    most = known[0] if known is not None and isinstance(known[0], Fraction) else None
    if beyond <= 0:
        yield _told("AS7215", target, **texts)
    elif most is not None and baseline and beyond > most * abs(baseline):
        assert ambition.at_most is not None
        yield _told("AS7216", target, most=ambition.at_most.span.text, **texts)
