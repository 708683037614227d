"""The rules of a target register, as a policy states them."""

from datetime import date
from typing import Literal

from attrs import field, frozen

from assessdsl.source import NOWHERE, Span
from assessdsl.syntax.tree import Expression, Name


@frozen
class Ambition:
    """A target is planned beyond its baseline, and at most so much beyond it as can be reached."""

    at_most: Expression | None = None  # a share of the baseline
    span: Span = field(default=NOWHERE, eq=False, repr=False)


@frozen
class Adjustment:
    """Who may approve that a frozen target is adjusted, until which day, and for which reasons; empty: for any."""

    by: tuple[str, ...]
    until: date
    reasons: tuple[str, ...] = ()
    until_span: Span = field(default=NOWHERE, eq=False, repr=False)
    span: Span = field(default=NOWHERE, eq=False, repr=False)


@frozen
class Register:
    consultation: Literal["required", "optional"] | None = None
    freeze: date | None = None
    freeze_span: Span = field(default=NOWHERE, eq=False, repr=False)
    require: tuple[str, ...] = ()  # columns of a target
    removal: Literal["forbidden"] | None = None
    authorities: tuple[str, ...] = ()  # who may add a target after the freeze
    coverage: tuple[Name, ...] = ()  # the groups of which each entity carries a target, or `everyone`
    cascade: Literal["sums"] | None = None  # what a target is broken down into adds up to it
    ambition: Ambition | None = None
    adjustment: Adjustment | None = None
    span: Span = field(default=NOWHERE, eq=False, repr=False)
