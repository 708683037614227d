"""Plans made up for registers: as ambitious as the policy asks, broken down into others, followed by milestones."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from assessdsl.ast.register import Register as Rules
from assessdsl.binding.values import read_value
from assessdsl.check import constant
from assessdsl.engine import Policy
from assessdsl.facts import Row
from assessdsl.fairness.case import resolution_of, with_cell, written
from assessdsl.fairness.made_up import Pick, one_of, seldom
from assessdsl.plan.inputs import IndicatorSchema
from assessdsl.quantity import Unit

RATES: Final = frozenset({Unit.PERCENT, Unit.PP, Unit.SHARE, Unit.SURVEY})  # which do not add up

_NAMES: Final = {"en": ("half way", "done"), "zh": ("过半", "完工")}
_SHARES: Final = (40, 50, 60)  # percent, of the first of two
_AROUND: Final = (timedelta(0), -timedelta(days=1), timedelta(days=1))


def schema_of(policy: Policy, row: Row) -> IndicatorSchema:
    name = str(row.values["indicator"].raw)
    return next(one for one in policy.plan.schema.indicators if one.name == name)


def number_in(policy: Policy, row: Row, column: str) -> Fraction | None:
    value, schema = row.get(column), schema_of(policy, row)
    found = None if value is None else read_value(value, schema.unit, schema.places).value
    return found if isinstance(found, Fraction) else None


def ambitious(policy: Policy, rules: Rules, row: Row) -> Row:
    """The target with a baseline beyond which it lies as far as the policy asks."""
    planned, rule = number_in(policy, row, "planned"), rules.ambition
    if planned is None or rule is None:
        return row
    schema = schema_of(policy, row)
    step, way = resolution_of(schema.unit, schema.places), -1 if schema.direction == "lower" else 1
    known = None if rule.at_most is None else constant(rule.at_most, policy.checked)
    most = known[0] if known is not None and isinstance(known[0], Fraction) else None
    for value, baseline in ((planned, planned - way * step), (1000 * step, (1000 - way) * step)):
        if most is None or not baseline or step <= most * abs(baseline):
            row = with_cell(row, "planned", written(value, schema.unit))
            return with_cell(row, "baseline", written(baseline, schema.unit))
    return row


def broken_down(policy: Policy, rules: Rules, pick: Pick, rows: Sequence[Row]) -> Sequence[Row]:
    """A target is what others of its indicator are parts of, where the policy asks that these reach it: they do so
    exactly, or fall short by the smallest step."""
    of: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        of.setdefault(schema_of(policy, row).name, []).append(number)
    several = [numbers for numbers in of.values() if len(numbers) > 1]
    if rules.cascade is None or not several or not pick(0, 1):
        return rows
    first, *parts = one_of(pick, several)
    whole, parts = rows[first], parts[: len(parts) - pick(0, len(parts) - 1)]
    schema, planned = schema_of(policy, whole), number_in(policy, whole, "planned")
    if planned is None:
        return rows
    step = resolution_of(schema.unit, schema.places)
    easier = step if schema.direction == "lower" else -step
    each = planned + easier if schema.unit in RATES else planned / len(parts) // step * step
    least = planned if schema.unit in RATES else planned - each * (len(parts) - 1)
    values = [least + easier * seldom(pick, 4), *[each] * (len(parts) - 1)]
    changed = list(rows)
    for number, value in zip(parts, values, strict=True):
        part = with_cell(rows[number], "parent", whole.values["target"].raw)
        changed[number] = ambitious(policy, rules, with_cell(part, "planned", written(value, schema.unit)))
    return changed


# ---------------------------------------------------------------- milestones


def by_milestones(policy: Policy) -> frozenset[str]:
    """The indicators of whose targets the milestones say what is expected."""
    tree = policy.checked.policy
    general = None if tree.monitoring is None else tree.monitoring.progress
    paces = {one.name: one.progress or general for one in tree.indicators} if tree.monitoring else {}
    return frozenset(name for name, pace in paces.items() if pace is not None and pace.by == "milestones")


def milestones(policy: Policy, pick: Pick) -> Iterator[dict[str, Any]]:
    """Two, whose shares make up all of it."""
    year, first = policy.plan.schema.period.year, one_of(pick, _SHARES)
    names, days = _NAMES[policy.language], (date(year, 6, 30), date(year, 11, 30))
    for name, share, due in zip(names, (first, 100 - first), days, strict=True):
        yield {"milestone": name, "due": due.isoformat(), "share": f"{share}%"}


def reached(milestone: Mapping[str, Any], pick: Pick) -> dict[str, Any]:
    """On its day, the day before or the day after."""
    done = date.fromisoformat(milestone["due"]) + one_of(pick, _AROUND)
    return {"milestone": milestone["milestone"], "done_on": done.isoformat()}


def put_off(milestone: Mapping[str, Any], pick: Pick) -> dict[str, Any]:
    """To a later day, or with a smaller share."""
    later, share = date.fromisoformat(milestone["due"]) + _AROUND[2], int(milestone["share"].rstrip("%"))
    changed = {"share": f"{share - 10}%"} if pick(0, 1) else {"due": later.isoformat()}
    return {"milestone": milestone["milestone"], **changed}
