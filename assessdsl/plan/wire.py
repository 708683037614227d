"""Plans as plain text, to be kept and read again: JSON, in which every record is `{"its class": [its fields]}`.

Spans, grains and units stand in many steps. Each is written where it is first met, `{"new": …}`, and afterwards by its
number, `{"@": n}`; so the text is read in one pass, inner records before those that hold them.
"""

import json
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any, Final

from attrs import fields

from assessdsl.diagnostics import Diagnostic, Related
from assessdsl.period import Period
from assessdsl.plan import inputs, steps
from assessdsl.quantity import Unit, counted
from assessdsl.source import NOWHERE, Cell, Source, Span, prelude_source

_RECORDS: Final[dict[str, type]] = {
    record.__name__: record
    for record in (
        *(held for module in (steps, inputs) for held in vars(module).values() if isinstance(held, type)),
        Cell, Diagnostic, Period, Related, Source, Span,
    )
    if hasattr(record, "__attrs_attrs__")
}  # fmt: skip
_FIELDS: Final = {record: tuple(field.name for field in fields(record) if field.init) for record in _RECORDS.values()}
_SHARED: Final = (Span, steps.Grain, Unit)


def written(value: Any) -> str:
    """The text of a plan, or of whatever is made of what plans are made of. Raises TypeError for anything else."""
    shared: dict[Any, int] = {NOWHERE: 0}

    def plain(value: Any) -> Any:
        match value:
            case None | bool() | int() | str():
                return value
            case tuple():
                return {"tuple": list(map(plain, value))}
            case Fraction():
                return {"fraction": [value.numerator, value.denominator]}
            case date():
                return {"date": value.isoformat()}
            case frozenset():
                return {"set": sorted(value)}
            case dict():
                return {"dict": [[key, plain(held)] for key, held in value.items()]}
        if not isinstance(value, (*_SHARED, Source)):
            return record(value)
        if value not in shared:
            made = {"new": [{"prelude": 0} if value is prelude_source() else record(value)]}
            shared[value] = len(shared)
            return made
        return {"@": shared[value]}

    def record(value: Any) -> Any:
        match value:
            case Unit():
                return {"counted": [value.thing, value.label]} if value.thing else {"unit": value.value}
            case _ if type(value) in _FIELDS:
                return {type(value).__name__: [plain(getattr(value, name)) for name in _FIELDS[type(value)]]}
        raise TypeError(f"{type(value).__name__} is no part of a plan")

    return json.dumps(plain(value), separators=(",", ":"))


def read(text: str) -> Any:
    """What was written so. Raises ValueError, TypeError or LookupError if the text is not of that kind."""
    shared: list[Any] = [NOWHERE]

    def new(held: list[Any]) -> Any:
        shared.extend(held)
        return held[0]

    makers: dict[str, Callable[[Any], Any]] = {
        "@": shared.__getitem__,
        "new": new,
        "tuple": tuple,
        "fraction": lambda held: Fraction(*held),
        "date": date.fromisoformat,
        "set": frozenset,
        "dict": dict,
        "unit": Unit,
        "counted": lambda held: counted(*held),
        "prelude": lambda _: prelude_source(),
        **{name: _maker(record) for name, record in _RECORDS.items()},
    }

    def made(held: dict[str, Any]) -> Any:
        ((kind, inner),) = held.items()
        return makers[kind](inner)

    return json.loads(text, object_hook=made)


def _maker(record: type) -> Callable[[Any], Any]:
    return lambda held: record(*held)
