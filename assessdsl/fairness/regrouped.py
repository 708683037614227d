"""Two entities of whom the same is said, in two groups: whether they score alike."""

from collections.abc import Iterator
from fractions import Fraction

from attrs import frozen

from assessdsl.engine import Policy
from assessdsl.fairness.case import Case, without_entity
from assessdsl.fairness.claims.groups import shared
from assessdsl.fairness.counterexample import values_at
from assessdsl.fairness.driven import rows_of
from assessdsl.fairness.made_cases import Safe, Scored, called, case_of_rows, indicators_of
from assessdsl.fairness.made_up import Rows, one_of
from assessdsl.fairness.trial import Outcome, Trying, Witness, after, labels_of
from assessdsl.plan.steps import Plan
from assessdsl.quantity import Unit, quantity_text
from assessdsl.result import Result


@frozen
class Apart:
    """In what two entities of two groups score otherwise."""

    part: tuple[str, ...]  # an indicator behind its component; none is the total
    one: Fraction
    other: Fraction

    @property
    def about(self) -> str:
        """The indicator; "" of the total."""
        return "".join(self.part[-1:])


def apart(plan: Plan, result: Result, one: str, other: str) -> Iterator[Apart]:
    """Each indicator that both groups are asked for and that is not scored alike; and the total, where all groups are
    asked for the same."""
    groups = {result.entities[name].group for name in (one, other)}
    asked = list(shared(plan))
    whole = {part.name: component.name for component in plan.outputs.every_component for part in component.indicators}
    steps: dict[tuple[str, ...], int] = {
        (whole[part.name], part.name): part.score for part, own in asked if groups <= set(own)
    }
    if all(len(own) == len(plan.schema.groups) for _, own in asked):
        steps[()] = plan.outputs.total
    for part, step in steps.items():
        first, second = (values_at(result, step, name)[""] for name in (one, other))
        if isinstance(first, Fraction) and isinstance(second, Fraction) and first != second:
            yield Apart(part, first, second)


def next_to(case: Case, entity: str) -> str:
    """Of whom the same is said: who stands behind the entity."""
    names = [str(record["entity"]) for record in case.records()["entities"]]
    return names[names.index(entity) + 1]


def in_two_groups(policy: Policy, safe: Safe, case: Case, other: str, group: str, peers: Rows) -> Scored | None:
    """The case of one entity, and behind it another in the group, of whom the same is said; of what only that group is
    asked for, what is safe. Then the peers. None where the policy stops for it."""
    (mine,) = case.records()["entities"]
    asked = {part.name: groups for part, groups in shared(policy.plan)}
    rows = rows_of(case, str(mine["entity"]))
    like = tuple(
        (table, {**record, "group": group} if table == "entities" else record)
        for (table, record), indicator in zip(called(rows, other), indicators_of(rows), strict=True)
        if not indicator or group in asked[indicator]
    )
    safe_rows = safe.of(group, other)
    own = tuple(
        row
        for row, indicator in zip(safe_rows, indicators_of(safe_rows), strict=True)
        if indicator and mine["group"] not in asked[indicator]
    )
    benchmarks = tuple(("benchmarks", record) for record in case.records().get("benchmarks", []))
    return after(case_of_rows(policy, (*benchmarks, *rows, *like, *own, *peers)))


def shown_apart(scored: Scored, entity: str, other: str, found: Apart) -> Witness:
    policy = scored.case.policy
    labels = dict(policy.plan.groups)
    groups = (scored.result.entities[name].group for name in (entity, other))
    first, second = (labels.get(name) or name for name in groups)
    one, two = (quantity_text(value, Unit.POINTS) for value in (found.one, found.other))
    label = (labels_of(policy).get(found.about) or found.about) if found.about else ""
    en = (
        f"`{entity}` ({first}) and `{other}` ({second}) report the same, and have {one} and {two} in {label or 'total'}"
    )
    zh = f"`{entity}`({first})与`{other}`({second})填报相同,{label or '总分'}却为{one}分与{two}分"
    return Witness("group_neutral", scored.case, None, entity, en, zh)


def group_neutral(trying: Trying) -> Outcome:
    """Of one entity of the case and another in another group, alone or among the others."""
    policy, names = trying.policy, sorted(trying.result.entities)
    entity = one_of(trying.pick, names)
    groups = [one for one in policy.plan.schema.groups if one != trying.result.entities[entity].group]
    if not groups:
        return "nothing"
    group, among = one_of(trying.pick, groups), trying.pick(0, 1)
    alone = trying.case
    for name in names:
        alone = alone if name == entity else without_entity(alone, name)
    rest = without_entity(trying.case, entity).records()
    tables = [table for table in rest if among and table not in ("benchmarks", "frozen")]
    peers = tuple((table, record) for table in tables for record in rest[table])
    other = f"{entity}之二" if policy.language == "zh" else f"{entity} (2)"
    scored = in_two_groups(policy, trying.safe, alone, other, group, peers)
    if scored is None:
        return "nothing"
    found = next(apart(policy.plan, scored.result, entity, other), None)
    return "held" if found is None else shown_apart(scored, entity, other, found)
