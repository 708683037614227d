"""What the rules look at, and what they remark."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cached_property
from typing import Any

import attrs
from attrs import define, frozen

from assessdsl.ast.nodes import Component, Indicator, Policy
from assessdsl.ast.walk import nodes
from assessdsl.authoring.describe_bounds import Bounds, bounds_by_group
from assessdsl.check import Checked
from assessdsl.check.bounds import amount
from assessdsl.diagnostics import Diagnostic, Related
from assessdsl.plan.lower import lower
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import Plan
from assessdsl.source import Span
from assessdsl.syntax.tree import Call, Choice, Day, Expression, Name, Number, Operation, Prefix, Text
from assessdsl.vocabulary import Kind, vocabulary


@frozen
class Edit:
    """A part of the policy's text and what takes its place."""

    span: Span
    text: str = ""


@frozen
class Remark:
    """What a rule says, and the edits that mend it, where that is safe."""

    diagnostic: Diagnostic
    edits: tuple[Edit, ...] = ()


@frozen
class Limits:
    """The numbers of the rules, from the configuration."""

    negligible: Fraction = Fraction(1, 100)  # points below this share of the full marks
    dominant: Fraction = Fraction(1, 2)  # points above it
    bonus: Fraction = Fraction(1, 10)  # additions above it
    indicators: int | None = None  # no more for a group


@define(frozen=True, slots=False, eq=False)
class Subject:
    """A policy without errors, and what is worked out about it for several rules."""

    checked: Checked
    limits: Limits

    @property
    def policy(self) -> Policy:
        return self.checked.policy

    @cached_property
    def plan(self) -> Plan:
        return lower(self.checked)

    @cached_property
    def bounds(self) -> dict[str, Bounds]:
        """What each step of the plan may be, by group."""
        return bounds_by_group(self.plan)

    @cached_property
    def indicators(self) -> tuple[tuple[Component, Indicator], ...]:
        """Each with the component in which it stands directly."""
        return tuple((component, one) for component in self.policy.every_component for one in component.indicators)

    @cached_property
    def groups(self) -> dict[str, frozenset[str]]:
        """Of each indicator, the groups to which it applies."""
        return {
            indicator.name: frozenset(self.policy.groups_of(*path, indicator))
            for path in self.policy.paths
            for indicator in path[-1].indicators
        }

    @cached_property
    def points(self) -> dict[str, Fraction]:
        """Of each indicator that has any, its full marks."""
        outputs = [output for component in self.plan.outputs.every_component for output in component.indicators]
        found = {
            output.name: [
                one.high for bounds in self.bounds.values() if isinstance(one := bounds[output.points], Range)
            ]
            for output in outputs
        }
        return {name: most for name, highs in found.items() if (most := max((h for h in highs if h), default=None))}

    @cached_property
    def sites(self) -> tuple[tuple[Any, Expression], ...]:
        """Every expression of the policy, with the part in which it stands directly."""
        return tuple(_sites(self.policy))

    @cached_property
    def expressions(self) -> tuple[Expression, ...]:
        """Every expression, and all within them."""
        return tuple(inner for _, expression in self.sites for inner in nodes(expression))

    @cached_property
    def full(self) -> Fraction:
        return self.amount(self.policy.full) or Fraction(0)

    def amount(self, expression: Expression | None) -> Fraction | None:
        return amount(expression, self.checked)

    def spelled(self, kind: Kind, id: str) -> str:
        word = vocabulary().words.get((kind, id))
        return word.spelling(self.policy.source.language) if word else id


Rule = Callable[[Subject], Iterator[Remark]]


def remark(code: str, span: Span, *related: Related, edits: tuple[Edit, ...] = (), **arguments: str) -> Remark:
    return Remark(Diagnostic(code, span, arguments, related=related), edits)


def _sites(part: Any) -> Iterator[tuple[Any, Expression]]:
    for field in attrs.fields(type(part)):
        if field.eq:
            yield from _site(part, getattr(part, field.name))


def _site(part: Any, value: Any) -> Iterator[tuple[Any, Expression]]:
    match value:
        case Number() | Text() | Day() | Name() | Call() | Operation() | Prefix() | Choice():
            yield part, value
        case tuple():
            for item in value:
                yield from _site(part, item)
        case _ if attrs.has(type(value)):
            yield from _sites(value)
