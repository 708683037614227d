"""What is known of a target or of a reported row, to steps."""

from attrs import evolve

from assessdsl.plan.builder import Builder
from assessdsl.plan.scope import ENTRY_FIELDS, FIELD_UNITS, Scope
from assessdsl.plan.steps import Calculate, Clamp, Compare, Load, Logic, Supply
from assessdsl.quantity import Unit
from assessdsl.source import Span


def field_step(name: str, scope: Scope, builder: Builder, span: Span) -> int:
    """A field of the target, or of the entry inside `sum(entries, …)`; or what follows from fields."""
    match name:
        case "completed":
            day = field_step("completed_on", scope, builder, span)
            absent = builder.add(Calculate("is_missing", (day,)), Unit.YES_NO, span)
            return builder.add(Logic("not", (absent,)), Unit.YES_NO, span, name=name)
        case "late_days":
            days = (field_step("completed_on", scope, builder, span), field_step("due", scope, builder, span))
            between = builder.add(Calculate("days_between", days), Unit.DAYS, span)
            nothing = builder.constant(0, Unit.DAYS, span)
            return builder.add(Clamp(between, nothing, None), Unit.DAYS, span, name=name)
        case "not_applicable" | "exempt" | "disputed" | "falsified":
            return state_step(name, scope, builder, span)
    assert scope.indicator is not None, f"{name} is not known here"
    entry = scope.entries and name in ENTRY_FIELDS
    grain = scope.grain if entry else evolve(scope, entries=False).grain
    unit = FIELD_UNITS.get(name) or scope.indicator.unit or Unit.NUMBER
    load = Load("entry" if entry else "target", name, scope.offset)
    return builder.add(load, unit, span, grain=grain, name=name)


def state_step(state: str, scope: Scope, builder: Builder, span: Span) -> int:
    """Whether the fact of the item is in the state; what has none is reported or missing."""
    given = field_step("state", scope, builder, span)
    none = builder.constant("", Unit.TEXT, span)
    known = builder.add(Supply(given, none), Unit.TEXT, span)
    wanted = builder.constant(state, Unit.TEXT, span)
    return builder.add(Compare("==", known, wanted), Unit.YES_NO, span, name=state)
