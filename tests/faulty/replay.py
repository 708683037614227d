"""A counterexample scored once more, from plain tables by policies read anew, and judged without the prover."""

import re
from fractions import Fraction

import assessdsl
from assessdsl.check.bounds import amount
from assessdsl.diagnostics import DataError
from assessdsl.engine import Policy
from assessdsl.fairness.counterexample import Counterexample
from assessdsl.fairness.export import plain_tables
from assessdsl.result import EntityResult, Result

Tables = dict[str, list[dict[str, str]]]


def shows(found: Counterexample, good: str, bad: str) -> bool:
    """Whether the cases show that the policy breaks the property."""
    cases = [plain_tables(case) for case in (found.before, found.after) if case is not None]
    policy = assessdsl.loads(bad)
    if found.property == "always_defined":
        return not all(_scores(policy, case) for case in cases) and all(
            _scores(assessdsl.loads(good), case) for case in cases
        )
    results = [assessdsl.evaluate(policy, case) for case in cases]
    own = [result.entities[found.entity] for result in results]
    if found.property == "proportional":
        kept = [assessdsl.evaluate(assessdsl.loads(good), case).entities[found.entity] for case in cases]
        widths = zip(_widths(*own), _widths(*kept), strict=True)
        return any(width > points or width < was for (width, points), (was, _) in widths)
    if [str(one.total) for one in own] != [seen.total for seen in found.seen]:
        return False
    if len(own) == 2:
        return _two(policy, found.property, *own)
    return _alone(policy, found, results[0], cases[0], good, bad)


def _scores(policy: Policy, tables: Tables) -> Result | None:
    try:
        return assessdsl.evaluate(policy, tables)
    except DataError:
        return None


def _two(policy: Policy, property: str, before: EntityResult, after: EntityResult) -> bool:
    was, now = before.total.value, after.total.value
    match property:
        case "monotone":
            return now < was
        case "rank_monotone":
            return before.rank is not None and after.rank is not None and after.rank > before.rank
        case "missing_not_rewarded" | "truthful" | "no_removal" | "no_splitting":
            return now > was
        case "independent" | "no_double_count":
            return now != was
        case "no_cliff":
            return abs(now - was) > _bound(policy, "above")
    return False


def _widths(before: EntityResult, after: EntityResult) -> list[tuple[Fraction, Fraction]]:
    """By how much the score of each indicator moves, and its points."""
    one, two = ([*of.components.values()] for of in (before, after))
    return [
        (abs(one[at].indicators[name].score.value - own.score.value), own.points.value)
        for at, part in enumerate(two)
        for name, own in part.indicators.items()
    ]


def _alone(policy: Policy, found: Counterexample, result: Result, tables: Tables, good: str, bad: str) -> bool:
    one = result.entities[found.entity]
    others = [other for other in result.entities.values() if other is not one and other.group == one.group]
    match found.property:
        case "bounded":
            return not _bound(policy, "from") <= one.total.value <= _bound(policy, "to")
        case "dominance":
            major, minor = (name.id for name in policy.checked.policy.guarantees[0].subjects)
            gaps = [
                (_part(one, major) - _part(other, major), _part(other, minor) - _part(one, minor)) for other in others
            ]
            return any(behind >= ahead > _bound(policy, "above") for ahead, behind in gaps)
        case "group_neutral":
            return _told_apart(one, result, tables)
        case "rounding_safe":
            exact = assessdsl.evaluate(
                assessdsl.loads(re.sub(r"^ *rounding .*\n", "", bad, flags=re.MULTILINE)), tables
            )
            totals = {name: entity.total.value for name, entity in exact.entities.items()}
            return any(totals[one.entity] > totals[two.entity] and one.total.value < two.total.value for two in others)
        case "tiers_follow":
            order = [name for name, _ in policy.plan.tiers]
            return any(
                one.total.value > two.total.value and order.index(str(one.tier)) > order.index(str(two.tier))
                for two in others
            )
    kept = assessdsl.evaluate(assessdsl.loads(good), tables).entities[one.entity]
    if found.property == "absolute":  # more is left, if only in a component of which a deduction takes it again
        return (
            any(_part(one, name) > _part(kept, name) for name in one.components) or one.total.value > kept.total.value
        )
    assert found.property == "obligations_complete"
    return bool(_to_explain(kept) - _to_explain(one))


def _told_apart(one: EntityResult, result: Result, tables: Tables) -> bool:
    """Whether the next entity is of another group, and scores otherwise in what the same is reported of."""
    names = [row["entity"] for row in tables["entities"]]
    other = result.entities[names[names.index(one.entity) + 1]]
    mine, others = (_said(tables, name) for name in (one.entity, other.entity))
    scores = [
        (name, part.score.value, other.components[whole].indicators[name].score.value)
        for whole, component in one.components.items()
        for name, part in component.indicators.items()
        if name in other.components[whole].indicators
    ]
    apart = any(mine.get(name) == others.get(name) and score != its for name, score, its in scores)
    return one.group != other.group and (apart or (mine == others and one.total != other.total))


def _said(tables: Tables, entity: str) -> dict[str, list[list[tuple[str, str]]]]:
    """By indicator ("" of the rest), all rows about it, without the names of the entity, its targets and its group."""
    of_target = {row["target"]: row["indicator"] for row in tables.get("targets", ()) if row["entity"] == entity}
    found: dict[str, list[list[tuple[str, str]]]] = {}
    for table, rows in tables.items():
        for row in rows if table not in ("entities", "benchmarks") else ():
            if row.get("entity") == entity or row.get("target") in of_target:
                about = of_target.get(row.get("target", "")) or row.get("indicator", "")
                cells = ((column, cell) for column, cell in row.items() if column not in ("entity", "target", "group"))
                found.setdefault(about, []).append(sorted(cells))
    return found


def _to_explain(entity: EntityResult) -> set[str]:
    return {cited.target for finding in entity.findings if finding.status == "raised" for cited in finding.cites}


def _part(entity: EntityResult, name: str) -> Fraction:
    """What it adds to the total."""
    part = entity.components[name]
    return -part.score.value if part.kind == "penalty" else part.score.value


def _bound(policy: Policy, clause: str) -> Fraction:
    (guarantee,) = policy.checked.policy.guarantees
    value = amount(dict(guarantee.bounds)[clause], policy.checked)
    assert value is not None
    return value
