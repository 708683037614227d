"""Cases that refute a guarantee, side by side: what was changed, what came of it, and where the two part."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import zip_longest
from typing import Any, Final

from attrs import frozen

from assessdsl.diagnostics import AssessmentError
from assessdsl.facts import Missing
from assessdsl.fairness.case import Case, score
from assessdsl.fairness.trial import Witness
from assessdsl.plan.steps import ENTITY, Plan, Stage
from assessdsl.quantity import Unit, exact_text, quantity_text
from assessdsl.result import Result, finding_title
from assessdsl.source import Span


@frozen(eq=False)
class Seen:
    """What the entity has in one of the cases."""

    total: str
    exact: str  # the total, as a decimal or a fraction
    rank: str  # "" of who is alone
    tier: str
    findings: tuple[str, ...]


@frozen(eq=False)
class Beside:
    """Of one case what each entity has: the parts of the total by their labels, and the total."""

    entities: tuple[str, ...]
    parts: tuple[tuple[str, tuple[str, ...]], ...]
    totals: tuple[Seen, ...]


@frozen(eq=False)
class Difference:
    """A cell that differs between the two cases; "" where it is empty or not there."""

    table: str
    row: str  # what names the row: its target, else its entity, indicator and fact
    column: str
    before: str
    after: str


@frozen(eq=False)
class Parting:
    """The first value on the way of the score in which the cases part."""

    indicator: str  # or component; "" the total
    kind: str  # of stage
    name: str  # of a gate
    before: str
    after: str
    span: Span


@frozen(eq=False)
class Counterexample:
    """One or two cases that the exact engine has scored. What they refute is told in both languages."""

    property: str
    entity: str
    before: Case
    after: Case | None
    en: str
    zh: str
    seen: tuple[Seen, ...]  # before, after
    differences: tuple[Difference, ...] = ()
    parting: Parting | None = None
    beside: Beside | None = None  # of one case

    def told(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


def counterexample(witness: Witness) -> Counterexample:
    """The witness, scored whole by the exact engine, with what tells its cases apart."""
    cases = [case for case in (witness.before, witness.after) if case is not None]
    results: list[Result | None] = [*witness.results] or [_scored(case) for case in cases]
    language, entity = witness.before.policy.language, witness.entity
    seen = tuple(_seen(result, entity, language) for result in results if result and entity in result.entities)
    two = [result for result in results if result is not None]
    parting = None
    if len(two) == 2 and all(witness.entity in result.entities for result in two):
        parting = _parting(two[0], two[1], witness)
    differences = () if witness.after is None else tuple(_differences(witness.before, witness.after))
    return Counterexample(
        witness.property,
        witness.entity,
        witness.before,
        witness.after,
        witness.en,
        witness.zh,
        seen,
        differences,
        parting,
        _beside(two[0], language) if witness.after is None and two else None,
    )


def _scored(case: Case) -> Result | None:
    try:
        return score(case)
    except AssessmentError:  # that the policy stops may be what is shown
        return None


def _seen(result: Result, name: str, language: str) -> Seen:
    entity = result.entities[name]
    alone = sum(one.group == entity.group for one in result.entities.values()) == 1
    return Seen(
        str(entity.total),
        exact_text(entity.total.value),
        "" if entity.rank is None or alone else str(entity.rank),
        entity.tier_label or entity.tier or "",
        tuple(finding_title(finding, language) for finding in entity.findings),
    )


def _beside(result: Result, language: str) -> Beside | None:
    """None of more entities than can be read side by side."""
    entities = tuple(result.entities)
    if len(entities) > 3:
        return None
    scores = [result.entities[name].components for name in entities]
    parts = tuple(
        (part.label or name, tuple(str(own[name].score) if name in own else "" for own in scores))
        for name, part in scores[0].items()
    )
    return Beside(entities, parts, tuple(_seen(result, name, language) for name in entities))


# ---------------------------------------------------------------- the tables


_Record = dict[str, Any]
_NO_ROW: Final[_Record] = {}
_NAMING: Final = ("entity", "indicator", "fact", "name", "judgement")
_OF_ROWS: Final = {*_NAMING, "target", "required"}


def _differences(before: Case, after: Case) -> Iterator[Difference]:
    held, then = before.records(), after.records()
    for table in sorted({*held, *then}):
        one, two = (_by_key(side.get(table, [])) for side in (held, then))
        for key in sorted({*one, *two}):
            gone, new = one.get(key, [])[:], two.get(key, [])[:]
            for row in one.get(key, []):
                if row in new:
                    gone.remove(row)
                    new.remove(row)
            for was, now in zip_longest(gone, new, fillvalue=_NO_ROW):
                whole = _OF_ROWS if not was or not now else set[str]()  # the row's name says what it is about
                for column in sorted({*was, *now} - whole):
                    texts = [str(row[column]) if column in row else "" for row in (was, now)]
                    if texts[0] != texts[1]:
                        yield Difference(table, key, column, *texts)


def _by_key(rows: list[_Record]) -> dict[str, list[_Record]]:
    """What is said of one thing, in the order of the rows: of an item there may be several."""
    found: dict[str, list[_Record]] = {}
    for row in rows:
        found.setdefault(_key(row), []).append(row)
    return found


def _key(row: _Record) -> str:
    if "target" in row:
        return str(row["target"])
    return " ".join(str(row[column]) for column in (*_NAMING, "item") if column in row)


# ---------------------------------------------------------------- where they part


_PAYS: Final = ("missing_not_rewarded", "truthful", "no_removal", "no_splitting")  # properties by which less is better


def _parting(before: Result, after: Result, witness: Witness) -> Parting | None:
    """The first stage that moves the total as the property says it should not; else the first that differs."""
    way = 1 if witness.property in _PAYS else -1
    found = list(_parted(before, after, witness.entity))
    first = [parting for parting, moved in found if moved == way] or [parting for parting, _ in found]
    return first[0] if first else None


def _parted(before: Result, after: Result, entity: str) -> Iterator[tuple[Parting, int]]:
    """With which way each moves the total: 0 where that is not known."""
    plan: Plan = after.trace.plan
    for name, stage, sign in stages(plan):
        one, two = (values_at(result, stage.step, entity) for result in (before, after))
        for row in sorted(one.keys() & two.keys()):
            was, now = one[row], two[row]
            if was != now:
                step = plan.steps[stage.step]
                both = isinstance(was, Fraction) and isinstance(now, Fraction)
                texts = value_text(was, step.unit), value_text(now, step.unit)
                yield (
                    Parting(name, stage.kind, stage.label or stage.name, *texts, step.span),
                    sign * (1 if now > was else -1) if both else 0,  # type: ignore[operator]
                )


def stages(plan: Plan) -> Iterator[tuple[str, Stage, int]]:
    """Of every indicator and component its stages, with what the total does as they grow."""
    for component in reversed(plan.outputs.every_component):
        sign = -1 if component.kind == "penalty" else 1
        for indicator in component.indicators:
            of = indicator.label or indicator.name
            yield from ((of, stage, sign) for stage in (*indicator.stages, *indicator.held))
        yield from ((component.label or component.name, stage, sign) for stage in component.stages)
    yield from (("", stage, 1) for stage in plan.outputs.total_stages)


def values_at(result: Result, step: int, entity: str) -> dict[str, object]:
    """The step's values for the entity, by target."""
    columns = result.trace.columns
    grain = columns.grains[step]
    grain = grain if grain.indicator else ENTITY
    above, values = columns.layout.parents(grain, ENTITY), columns.at(step, grain)
    targets = columns.layout.targets[grain.indicator] if grain.indicator else columns.layout.entities
    return {
        targets[row] if grain.indicator else "": value
        for row, value in enumerate(values)
        if columns.layout.entities[above[row]] == entity
    }


def value_text(value: object, unit: Unit) -> str:
    match value:
        case Fraction():
            return quantity_text(value, unit)
        case Missing():
            return "—"
        case _:
            return str(value)
