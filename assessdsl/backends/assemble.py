"""Columns to a result. A fault or an unknown value among the outputs stops the assessment with a diagnostic."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction

from attrs import evolve, field, frozen

from assessdsl.backends.columns import Columns, Fault, Value
from assessdsl.backends.unknown import unknowns
from assessdsl.diagnostics import Diagnostic, Related, arrange
from assessdsl.facts import Dataset, Item, Missing
from assessdsl.limits import LIMITS
from assessdsl.plan.steps import (
    ENTITY,
    ComponentOutput,
    FindingOutput,
    Grain,
    IndicatorOutput,
    Load,
    Plan,
    Raise,
    Supply,
)
from assessdsl.quantity import Quantity, Unit
from assessdsl.result import (
    Citation,
    ComponentResult,
    EntityResult,
    Finding,
    IndicatorResult,
    Result,
    TargetResult,
)
from assessdsl.source import NOWHERE


def assemble(
    plan: Plan,
    dataset: Dataset,
    columns: Columns,
    *,
    register_findings: Mapping[str, tuple[Finding, ...]],
    published: date | None,
    warnings: tuple[Diagnostic, ...],
) -> tuple[Result | None, list[Diagnostic]]:
    """The result; or none, and why. Findings about the register are by entity."""
    assembly = Assembly(plan, dataset, columns, published)
    found: list[Diagnostic] = []
    if not assembly.whole():
        for row in range(len(dataset.entities)):
            found += assembly.obstacles(row)
    if found:
        # what one fact does to several indicators is told once, where the message is the same
        unique = {(remark.place, remark.code, remark.message("en")): remark for remark in reversed(found)}
        return None, list(arrange(unique.values()))
    entities = {
        entity.entity: assembly.entity(row, register_findings.get(entity.entity, ()))
        for row, entity in enumerate(dataset.entities)
    }
    result = Result(
        policy=plan.name,
        label=plan.label,
        period=plan.schema.period.year,
        fingerprint=plan.fingerprint,
        entities=entities,
        groups=plan.groups,
        tiers=plan.tiers,
        language=plan.language,
        warnings=warnings,
    )
    return result, []


@frozen
class _Outputs:
    """The values of an indicator: of each entity, and of each of its items."""

    applies: Sequence[Value]
    others: Sequence[Value] | None  # whether the indicator, by its condition, is not for the entity
    scores: Sequence[Value]
    points: Sequence[Value]
    absent: Sequence[Value] | None
    item_scores: Sequence[Value]
    item_points: Sequence[Value]
    met: Sequence[Value] | None
    supplied: Sequence[Value] | None  # that for which a handling stands in where it is missing
    items: Sequence[Item]
    of_entity: Sequence[Sequence[int]]  # the items of each entity


@frozen
class Assembly:
    plan: Plan
    dataset: Dataset
    columns: Columns
    published: date | None
    _spread: dict[tuple[int, str], Sequence[Value]] = field(factory=dict, init=False)
    _items: dict[str, list[list[int]]] = field(factory=dict, init=False)
    _outputs: dict[str, _Outputs] = field(factory=dict, init=False)
    _points: dict[tuple[int, int], Quantity] = field(factory=dict, init=False)  # one for all that are equal

    # ------------------------------------------------------------ values

    def column(self, step: int, grain: Grain = ENTITY) -> Sequence[Value]:
        key = (step, grain.indicator)  # which tells targets from entities, and is quicker than the grain itself
        if key not in self._spread:
            self._spread[key] = self.columns.at(step, grain)
        return self._spread[key]

    def value(self, step: int, row: int, grain: Grain = ENTITY) -> Value:
        return self.column(step, grain)[row]

    def number(self, step: int, row: int) -> Fraction:
        value = self.value(step, row)
        assert isinstance(value, Fraction)
        return value

    def points(self, value: Value) -> Quantity:
        assert isinstance(value, Fraction)
        ratio = value.as_integer_ratio()
        known = self._points.get(ratio)
        if known is None:
            known = self._points[ratio] = Quantity(value, Unit.POINTS)
        return known

    def outputs(self, indicator: IndicatorOutput) -> _Outputs:
        if indicator.name not in self._outputs:
            self._outputs[indicator.name] = self._read(indicator)
        return self._outputs[indicator.name]

    def _read(self, indicator: IndicatorOutput) -> _Outputs:
        grain, items = Grain("target", indicator.name), self.dataset.items.get(indicator.name, ())
        handling = next((stage.step for stage in indicator.stages if stage.kind == "missing"), None)
        operation = None if handling is None else self.plan.steps[handling].operation
        return _Outputs(
            applies=self.column(indicator.applies),
            others=None if indicator.others is None else self.column(indicator.others),
            scores=self.column(indicator.given),
            points=self.column(indicator.points),
            absent=None if indicator.absent is None else self.column(indicator.absent),
            item_scores=self.column(indicator.stages[-1].step, grain) if items else (),
            item_points=self.column(indicator.target_points, grain) if items else (),
            met=None if indicator.met is None else self.column(indicator.met, grain),
            supplied=self.column(operation.value, grain) if isinstance(operation, Supply) else None,
            items=items,
            of_entity=self.items(indicator.name),
        )

    def items(self, indicator: str) -> list[list[int]]:
        """The rows of each entity's items."""
        if indicator not in self._items:
            self._items[indicator] = self.columns.layout.items(indicator)
        return self._items[indicator]

    # ------------------------------------------------------------ obstacles

    def whole(self) -> bool:
        """Whether nothing that a result needs can be missing or have failed, whoever it is for."""
        outputs = self.plan.outputs
        needed = [outputs.total, outputs.rank, outputs.eligible, outputs.tier]
        needed += [finding.step for finding in outputs.findings]
        for component in outputs.every_component:
            needed += [component.score, component.points]
            for indicator in component.indicators:
                needed += [indicator.score, indicator.points]
                if self.dataset.items.get(indicator.name):
                    needed += [indicator.stages[-1].step, indicator.target_points]
        kinds = {kind for step in needed if step is not None for kind in set(map(type, self.columns.values[step]))}
        return kinds.isdisjoint({Missing, Fault})

    def obstacles(self, row: int) -> list[Diagnostic]:
        """Why an entity has no result. What follows from an unknown score is not told as well."""
        for stage in (self._item_steps(row), self._indicator_steps(row), self._other_steps(row)):
            found = [remark for output in stage if (remark := self._obstacle(*output)) is not None]
            if found:
                return found
        return []

    def _applying(self, row: int) -> Iterator[IndicatorOutput]:
        for component in self.plan.outputs.every_component:
            for indicator in component.indicators:
                if self.value(indicator.applies, row) is True:
                    yield indicator

    def _item_steps(self, row: int) -> Iterator[tuple[int, int, Grain]]:
        """What is needed of each item."""
        for indicator in self._applying(row):
            if indicator.others is not None and self.value(indicator.others, row) is True:
                continue
            grain = Grain("target", indicator.name)
            for item in self.items(indicator.name)[row]:
                yield indicator.stages[-1].step, item, grain
                yield indicator.target_points, item, grain

    def _indicator_steps(self, row: int) -> Iterator[tuple[int, int, Grain, str]]:
        for indicator in self._applying(row):
            yield indicator.score, row, ENTITY, indicator.name
            yield indicator.points, row, ENTITY, indicator.name

    def _other_steps(self, row: int) -> Iterator[tuple[int, int, Grain]]:
        outputs = self.plan.outputs
        for component in outputs.every_component:
            if self.value(component.applies, row) is True:
                yield component.score, row, ENTITY
                yield component.points, row, ENTITY
        for step in (outputs.total, outputs.rank, outputs.eligible, outputs.tier):
            if step is not None:
                yield step, row, ENTITY
        for finding in outputs.findings:
            if isinstance(self.value(finding.step, row), Fault):
                yield finding.step, row, ENTITY

    def _obstacle(self, step: int, row: int, grain: Grain, indicator: str = "") -> Diagnostic | None:
        value = self.value(step, row, grain)
        if isinstance(value, Missing):
            value = Fault("AS5001", (("fact", value.name),), self.plan.steps[step].span, value.cell)
        if not isinstance(value, Fault):
            return None
        value = self.columns.layout.located(value, grain, row)
        if indicator and not value.indicator and value.entity == self.dataset.entities[row].entity:
            value = evolve(value, indicator=indicator)
        return diagnostic(value)

    # ------------------------------------------------------------ results

    def entity(self, row: int, register_findings: tuple[Finding, ...]) -> EntityResult:
        outputs, record = self.plan.outputs, self.dataset.entities[row]
        rank = None if outputs.rank is None else int(self.number(outputs.rank, row))
        tier = None if outputs.tier is None else str(self.value(outputs.tier, row))
        raised = [self._finding(finding, row) for finding in outputs.findings]
        return EntityResult(
            entity=record.entity,
            label=record.label,
            group=record.group,
            total=Quantity(self.number(outputs.total, row), Unit.POINTS, outputs.places),
            rank=rank,
            tier=tier,
            eligible=outputs.eligible is None or self.value(outputs.eligible, row) is True,
            findings=(
                *(finding for finding in raised if finding is not None),
                *(self._dated(finding) for finding in register_findings),
            ),
            components={
                component.name: self._component(component, row)
                for component in outputs.components
                if self.value(component.applies, row) is True
            },
            tier_label=dict(self.plan.tiers).get(tier or "", ""),
            language=self.plan.language,
        )

    def _component(self, component: ComponentOutput, row: int) -> ComponentResult:
        return ComponentResult(
            name=component.name,
            label=component.label,
            kind=component.kind,
            score=self.points(self.value(component.score, row)),
            points=self.points(self.value(component.points, row)),
            indicators={
                indicator.name: self._indicator(indicator, outputs, row)
                for indicator in component.indicators
                if (outputs := self.outputs(indicator)).applies[row] is True
            },
            components={
                part.name: self._component(part, row)
                for part in component.components
                if self.value(part.applies, row) is True
            },
            outside=component.outside,
        )

    def _indicator(self, indicator: IndicatorOutput, outputs: _Outputs, row: int) -> IndicatorResult:
        others = outputs.others is not None and outputs.others[row] is True
        return IndicatorResult(
            indicator.name,
            indicator.label,
            score=self.points(outputs.scores[row]),
            points=self.points(outputs.points[row]),
            targets=() if others else tuple([self._target(outputs, item) for item in outputs.of_entity[row]]),
            absent=outputs.absent is not None and outputs.absent[row] is True,
            applies=not others,
        )

    def _target(self, outputs: _Outputs, item: int) -> TargetResult:
        record = outputs.items[item]
        met = None if outputs.met is None else outputs.met[item]
        given = record.fields.get("state")
        if given is not None:
            state = str(given.value)
        else:  # missing where a handling stood in for want of the fact
            missing = outputs.supplied is not None and isinstance(outputs.supplied[item], Missing)
            state = "missing" if missing else "reported"
        return TargetResult(
            record.target,
            score=self.points(outputs.item_scores[item]),
            points=self.points(outputs.item_points[item]),
            met=met if isinstance(met, bool) else None,
            restored=record.restored,
            state=state,
        )

    # ------------------------------------------------------------ findings

    def _finding(self, finding: FindingOutput, row: int) -> Finding | None:
        raised = self.plan.steps[finding.step].operation
        assert isinstance(raised, Raise)
        holds = self.value(finding.step, row)
        if holds is False:
            return None
        within = None if raised.within is None else self.value(raised.within, row)
        cites = [citation for step in raised.cites for citation in self._cited(step, row, known=holds is True)]
        return self._dated(
            Finding(
                name=finding.name,
                label=finding.label,
                status="raised" if holds is True else "undetermined",
                cites=tuple(dict.fromkeys(cites)),
                within_days=int(within) if isinstance(within, Fraction) else None,
                unknown=unknowns(self.plan, self.dataset, (raised.when, *raised.unless), row, self.value),
            )
        )

    def _dated(self, finding: Finding) -> Finding:
        if self.published is None or finding.within_days is None:
            return finding
        try:
            return evolve(finding, due=self.published + timedelta(days=finding.within_days))
        except OverflowError:  # beyond the calendar there is no day to name
            return finding

    def _cited(self, step: int, row: int, *, known: bool) -> Iterator[Citation]:
        """The rows for which a yes/no step holds; of an undetermined finding also those for which it is not known."""
        cited = self.plan.steps[step]
        if cited.grain.kind == "target":
            indicator = cited.grain.indicator
            for item in self.items(indicator)[row]:
                if self._speaks(self.value(step, item, cited.grain), known):
                    record = self.dataset.items[indicator][item]
                    actual = record.fields.get("actual")
                    cell = actual.cell if actual is not None and actual.cell is not None else record.cell
                    yield Citation(indicator=indicator, target=record.target, where=str(cell or ""))
        elif isinstance(cited.operation, Load) and self._speaks(self.value(step, row), known):
            datum = self.dataset.entities[row].facts.get(cited.operation.name)
            if datum is not None:
                yield Citation(
                    judgement=cited.operation.name,
                    author=datum.author,
                    evidence=datum.evidence,
                    where=str(datum.cell or ""),
                )

    def _speaks(self, value: Value, known: bool) -> bool:
        return value is True or (not known and isinstance(value, Missing))


def diagnostic(fault: Fault) -> Diagnostic:
    names = (fault.entity, fault.indicator, fault.target)
    arguments = {
        "entity": fault.entity,
        "indicator": fault.indicator,
        "target": fault.target,
        "subject": " · ".join(f"`{name}`" for name in names if name),
        "limit": str(LIMITS.result_digits),
        **dict(fault.arguments),
    }
    # where a cell is shown, the line of the policy is told beside it
    rule = (Related(fault.span, "the rule", "所据条款"),) if fault.cell is not None and fault.span != NOWHERE else ()
    return Diagnostic(fault.code, fault.span, arguments, fault.cell, rule)
