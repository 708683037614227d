"""Where an expression stands, and the fields of the data that it may name there."""

from collections.abc import Mapping

from attrs import Factory, frozen

from assessdsl.ast.nodes import Indicator
from assessdsl.plan.steps import ENTITY, Grain
from assessdsl.quantity import Unit

# Those that have the indicator's own unit (actual, planned, baseline, plan_total) are not listed.
FIELD_UNITS = {
    "weight": Unit.NUMBER, "due": Unit.DATE, "completed_on": Unit.DATE, "required": Unit.YES_NO,
    "level": Unit.LEVEL, "category": Unit.TEXT, "item": Unit.TEXT, "is_target": Unit.YES_NO,
    "forfeited": Unit.YES_NO, "state": Unit.TEXT, "direction": Unit.TEXT,
    "links_to": Unit.TEXT, "progress": Unit.PERCENT, "expected": Unit.PERCENT,
}  # fmt: skip
ENTRY_FIELDS = frozenset({"actual", "level", "category", "item", "completed_on"})


@frozen
class Scope:
    """Where an expression stands: its indicator, if it is inside one, at which grain, and what names mean there."""

    indicator: Indicator | None = None
    entries: bool = False  # inside sum(entries, …)
    parameters: Mapping[str, int] = Factory(dict)  # of the function whose body it is
    offset: int = 0  # years ago

    @property
    def grain(self) -> Grain:
        if self.indicator is None:
            return ENTITY
        return Grain("entry" if self.entries else "target", self.indicator.name)
