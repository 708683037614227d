"""A scored case whose choices can be made again: the same facts under other weights, parameters and survey shares.

The plan is the policy's own, lowered once with the open choices as loads. So every outcome is what the exact engine
gives for the policy with those numbers written in it, and only the steps that follow from them are worked out anew.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from attrs import evolve, field, frozen

from assessdsl.backends.columns import Columns, Value
from assessdsl.backends.exact import run, run_again
from assessdsl.backends.trace import Trace
from assessdsl.facts import Dataset, Datum
from assessdsl.plan.steps import ENTITY, Load, Plan
from assessdsl.plan.walk import inputs

Given = Mapping[int, Sequence[Value]]
"""By the id of a step, its values."""


@frozen
class Standing:
    """What an entity comes out with."""

    total: Fraction
    rank: int | None
    tier: str | None
    findings: tuple[str, ...]  # that are raised

    def outcome(self) -> tuple[int | None, str | None, tuple[str, ...]]:
        return self.rank, self.tier, self.findings


Outcome = tuple[Standing, ...]
"""Of every entity, in the order of the dataset."""


@frozen(eq=False, slots=False)
class World:
    plan: Plan
    dataset: Dataset
    columns: Columns
    _cones: dict[frozenset[int], frozenset[int]] = field(factory=dict, init=False, repr=False)

    @cached_property
    def base(self) -> Outcome:
        """What comes out as things stand."""
        found = self.outcome({})
        assert found is not None, "the case was scored before"
        return found

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(entity.entity for entity in self.dataset.entities)

    @property
    def groups(self) -> Mapping[str, tuple[int, ...]]:
        """The rows of the entities of each group that has any."""
        found: dict[str, list[int]] = {name: [] for name, _ in self.plan.groups} or {"": []}
        for row, entity in enumerate(self.dataset.entities):
            found[entity.group if self.plan.groups else ""].append(row)
        return {group: tuple(rows) for group, rows in found.items() if rows}

    @cached_property
    def summed(self) -> int:
        """The step of the total that comes first on its way, the sum of the components unless the policy has another
        rule in place of it."""
        outputs = self.plan.outputs
        steps = [stage.step for stage in outputs.total_stages]
        return next(id for id in steps if id == outputs.total or self.follows(outputs.total, id))

    def follows(self, id: int, earlier: int) -> bool:
        """Whether a step is worked out from an earlier one."""
        return id in self.behind((earlier,))

    def loads(self, source: str, name: str) -> tuple[int, ...]:
        """The steps that load something of this period."""
        return tuple(
            step.id
            for step in self.plan.steps
            if isinstance(operation := step.operation, Load)
            and (operation.source, operation.name, operation.offset) == (source, name, 0)
        )

    def behind(self, ids: Iterable[int]) -> frozenset[int]:
        """The steps that follow from these, themselves left out."""
        start = frozenset(ids)
        if start not in self._cones:
            reached = set(start)
            for step in self.plan.steps:  # inputs stand before what they are inputs of
                if any(id in reached for id in inputs(step.operation)):
                    reached.add(step.id)
            self._cones[start] = frozenset(reached - start)
        return self._cones[start]

    def column(self, id: int) -> Sequence[Value]:
        """A step's values of the entities, as it stands."""
        return self.columns.at(id, ENTITY)

    def again(self, given: Given, anew: Collection[int] = ()) -> Columns:
        """With other values of some steps. anew: steps of a changed plan, to be worked out again with all behind."""
        cone = self.behind((*given, *anew)) | frozenset(anew)
        return run_again(self.plan, self.dataset, self.columns, given, cone)

    def outcome(self, given: Given, anew: Collection[int] = ()) -> Outcome | None:
        """What comes out; None where the policy would stop with an error."""
        columns = self.again(given, anew) if given or anew else self.columns
        outputs = self.plan.outputs
        totals = columns.at(outputs.total, ENTITY)
        ranks = columns.at(outputs.rank, ENTITY) if outputs.rank is not None else [None] * len(totals)
        tiers = columns.at(outputs.tier, ENTITY) if outputs.tier is not None else [None] * len(totals)
        raised = [(finding.name, columns.at(finding.step, ENTITY)) for finding in outputs.findings]
        found: list[Standing] = []
        for row, total in enumerate(totals):
            rank, tier = ranks[row], tiers[row]
            whole = isinstance(total, Fraction) and isinstance(rank, Fraction | None) and isinstance(tier, str | None)
            if not whole:
                return None
            findings = tuple(name for name, holds in raised if holds[row] is True)
            found.append(Standing(total, None if rank is None else int(rank), tier, findings))  # type: ignore[arg-type]
        return tuple(found)


def world(trace: Trace, plan: Plan | None = None, opened: Mapping[str, Fraction] | None = None) -> World:
    """plan: lowered with the benchmarks `opened`, whose values as they are written these are."""
    if plan is None:
        return World(trace.plan, trace.dataset, trace.columns)
    benchmarks = {**trace.dataset.benchmarks, **{name: Datum(value) for name, value in (opened or {}).items()}}
    dataset = evolve(trace.dataset, benchmarks=benchmarks)
    return World(plan, dataset, run(plan, dataset))


def shifted(column: Sequence[Value], rows: Mapping[int, Fraction]) -> list[Value]:
    """The column with something added in some rows."""
    return [
        value + rows[row] if row in rows and isinstance(value, Fraction) else value for row, value in enumerate(column)
    ]


def known(column: Sequence[Value], row: int) -> Fraction:
    """A number of the column; 0 where it has none, because what is not there has no points."""
    value = column[row]
    return value if isinstance(value, Fraction) else Fraction(0)
