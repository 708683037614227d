"""The engines: each gives an answer for every entity of what was made, or refuses it beforehand."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from functools import partial
from importlib.util import find_spec
from typing import Any, Final

from attrs import frozen

import assessdsl
from agreement.made import Made
from assessdsl.backends.compiled.code import code_for
from assessdsl.backends.compiled.direct import CONTEXT
from assessdsl.backends.compiled.kept import Leave, fraction
from assessdsl.backends.compiled.shape import loads, shapes
from assessdsl.backends.prepared import Prepared
from assessdsl.facts import Datum, Item
from assessdsl.plan.inputs import IndicatorSchema
from assessdsl.quantity import Unit, decimal_places

_HUNDREDTHS = {Unit.SHARE, Unit.PERCENT, Unit.SURVEY, Unit.PP}
_IMPLIED = {"direction", "is_target", "forfeited"}


class Refused(Exception):
    """The engine cannot, and says so before it scores anyone."""


@frozen
class Answers:
    """By entity, in the order of the exact answers; None for what the engine does not give. `quick`: how many it took
    the way that it is made for."""

    answers: tuple[tuple[Fraction | None, ...] | None, ...]
    quick: int


def code(made: Made) -> Answers:
    """Code for the shape of each entity's data."""
    plan = made.policy.plan
    wanted = loads(plan, range(len(plan.steps)))
    codes: dict[Any, Any] = {}
    found: list[tuple[Fraction, ...] | None] = []
    for shape, arguments in shapes(plan, wanted, made.dataset):
        if shape not in codes:
            codes[shape] = code_for(plan, shape, made.outputs)
        own = codes[shape]
        try:
            if own is None:
                raise Leave
            found.append(tuple(map(fraction, own.run(*arguments), own.scales)))
        except Leave:
            found.append(None)
    if all(own is None for own in codes.values()):
        raise Refused
    return Answers(tuple(found), len(found) - found.count(None))


def prepare(made: Made) -> Answers:
    """A mapping for each entity. Quick is what goes straight into the code that checks it."""
    try:
        ready = assessdsl.prepare(made.policy, indicators=True)
    except assessdsl.PolicyError as error:
        raise Refused from error
    places = [ready.names.index(name) for name in _outputs(made)]
    checked = 0
    long_way = Prepared._checked

    def counted(self: Prepared, given: Any) -> assessdsl.Score:
        nonlocal checked
        checked += 1
        return long_way(self, given)

    found = []
    Prepared._checked = counted  # type: ignore[method-assign]
    try:
        for given in mappings(made):
            numbers = ready.score(given).fractions
            found.append(tuple(numbers[place] for place in places))
    finally:
        Prepared._checked = long_way  # type: ignore[method-assign]
    return Answers(tuple(found), len(found) - checked)


def columnar(made: Made, *, kernels: bool = False) -> Answers:
    """A frame of the entities, with tables of their targets and of what was reported."""
    from frames_of_tables import NotInFrames, frames

    from assessdsl.frames import evaluate_frame

    try:
        given = frames(made.policy, made.dataset)
    except NotInFrames as error:
        raise Refused from error
    for every in (True, False):  # what is not rounded has no scale, and is then not among the scores
        try:
            result = evaluate_frame(
                made.policy, given.entities, **given.more, components=every, indicators=every, kernels=kernels
            )
            break
        except assessdsl.PolicyError as error:
            if not every:
                raise Refused from error
    names = [name or kind for kind, name in _outputs(made)]
    scores = [
        [Fraction(int(number), result.scales[name]) for number in result.scores[name]]
        if name in result.scores
        else [None] * len(given.entities)
        for name in names
    ]
    return Answers(tuple(zip(*scores, strict=True)), len(given.entities) - result.by_exact_engine)


def in_duckdb(made: Made) -> Answers:
    """Tables in DuckDB, and one query."""
    import duckdb

    from assessdsl.backends import sql

    with duckdb.connect(config={"threads": 1}) as database:
        sql.store(made.policy.plan, made.dataset, database)
        try:
            scores = sql.evaluate(made.policy.plan, database)
        except assessdsl.PolicyError as error:
            raise Refused from error
    names = [f"{kind}_{name}" if name else kind for kind, name in _outputs(made)]
    rows = dict(zip(scores.entities, zip(*(scores.columns[name] for name in names), strict=True), strict=True))
    return Answers(tuple(rows[one.entity] for one in made.dataset.entities), len(rows))


def _outputs(made: Made) -> list[tuple[str, str]]:
    """Kind and name of each answer."""
    parts = made.policy.plan.outputs.every_component
    indicators = [("indicator", one.name) for part in parts for one in part.indicators]
    return [("total", ""), *(("component", part.name) for part in parts), *indicators]


ENGINES: dict[str, Callable[[Made], Answers]] = {"code": code, "prepare": prepare}
if find_spec("polars"):
    ENGINES["columnar"] = columnar
    if find_spec("llvmlite"):
        ENGINES["kernels"] = partial(columnar, kernels=True)
if find_spec("duckdb") and find_spec("sqlglot"):
    ENGINES["sql"] = in_duckdb

EVERY: Final = {"sql": 4, "kernels": 4}
"""What takes long is asked of one seed in so many, beginning with the first."""


# ---------------------------------------------------------------- bound data as a program has it


def mappings(made: Made) -> Iterator[dict[str, Any]]:
    """The inputs of each entity."""
    schema, dataset = made.policy.plan.schema, made.dataset
    units = {fact.name: fact.unit for fact in schema.facts}
    decimal = {name for name, unit in units.items() if unit is not Unit.COUNT}
    common = {one.name: _raw(dataset.benchmarks[one.name], one.unit, True) for one in schema.benchmarks}
    items: list[dict[str, list[Item]]] = [{} for _ in dataset.entities]
    for name, held in dataset.items.items():
        for item in held:
            items[item.entity].setdefault(name, []).append(item)
    for entity, own in zip(dataset.entities, items, strict=True):
        given: dict[str, Any] = {"group": entity.group, **common}
        for name, datum in entity.facts.items():
            given[name] = _raw(datum, units.get(name, Unit.YES_NO), name in decimal)
        for name, datum in entity.samples.items():
            given[f"{name}.sample"] = _raw(datum, Unit.COUNT, False)
        for indicator in schema.indicators:
            given |= _of_indicator(indicator, own.get(indicator.name, []))
        yield given


def _of_indicator(schema: IndicatorSchema, items: list[Item]) -> dict[str, Any]:
    if schema.shared:
        return {schema.name: [_fields(schema, item) for item in items]} if items else {}
    found: dict[str, Any] = {}
    for item in items:
        found |= {f"{schema.name}.{key}": value for key, value in _fields(schema, item).items()}
    return found


def _fields(schema: IndicatorSchema, item: Item) -> dict[str, Any]:
    def raw(held: Any) -> dict[str, Any]:
        kinds = {"weight": Unit.NUMBER, "sample": Unit.COUNT}
        return {
            name: _raw(datum, kinds.get(name, schema.unit), schema.unit is not Unit.COUNT and name != "weight")
            for name, datum in held.items()
            if name not in _IMPLIED
        }

    if schema.many_entries:
        return raw(item.fields) | {"entries": [raw(entry) for entry in item.entries]}
    found = raw(item.fields)
    for entry in item.entries:
        found |= raw(entry)
    return found | ({"tags": ", ".join(sorted(item.tags))} if item.tags else {})


def _raw(datum: Datum, unit: Unit, decimal: bool) -> Any:
    """A number in its unit: whole where such are counted, else a Decimal, or a fraction where it has no end."""
    if not isinstance(datum.value, Fraction):
        return datum.value
    number = datum.value * 100 if unit in _HUNDREDTHS else datum.value
    places = decimal_places(number)
    if places is None:
        return number
    if not decimal and not places:
        return int(number)
    return Decimal(int(number * 10**places)).scaleb(-places, CONTEXT)
