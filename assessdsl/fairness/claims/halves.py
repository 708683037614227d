"""What becomes of each step where a target is split in two equal parts: the same, half of it, or who knows.

Each part has half of the weight and, of amounts, half of what was planned and reached; of rates what the whole had. A
step of the target scales by some power of one half. A sum of halves over an entity's targets is the same as before.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, Literal

from assessdsl.fairness.analysis.narrow import Known
from assessdsl.fairness.case import ADDITIVE, AMOUNTS
from assessdsl.plan.steps import (
    Aggregate,
    Calculate,
    Choose,
    Clamp,
    Compare,
    Constant,
    Fail,
    Gate,
    Load,
    Plan,
    Rank,
    Step,
    Supply,
)
from assessdsl.plan.walk import inputs
from assessdsl.quantity import Unit

Power = int | Literal["any"] | None
"""Of one half: 0 is the same, 1 half; `any` of what is zero, however it is scaled; None: not known."""
Powers = Mapping[int, Power]

_ALIKE: Final = frozenset(
    {
        "is_target", "forfeited", "due", "completed_on", "late_days", "required", "direction", "state", "level", "item",
        "category", "standard",
    }
)  # fmt: skip


def same_by_halves(known: Known, indicator: str, id: int) -> bool:
    """Whether the step, of an entity or of all, is the same when a target of the indicator is split."""
    powers: dict[int, Power] = {}
    for one in known.cone(id):
        powers[one] = _of(known.plan, known.plan.steps[one], indicator, powers)
    return powers[id] in (0, "any")


def _of(plan: Plan, step: Step, indicator: str, powers: Powers) -> Power:
    own = step.grain.indicator == indicator
    match step.operation:
        case Constant(Fraction(numerator=0)) | Fail():
            return "any"
        case Load() as load if own:
            return _loaded(load, step.unit)
        case Aggregate(over=over) as gathered if over.indicator == indicator:
            return _gathered(gathered, powers)
        case Compare(_, left, right) if _counts(plan, left, indicator) and powers[right] == "any":
            return 0  # where there was a target there still is one
        case Compare(_, left, right):
            return None if _joined(powers[left], powers[right]) is None else 0
        case Supply(value, instead):
            return _joined(powers[value], powers[instead])
        case Choose(condition, chosen, other):
            return _joined(powers[chosen], powers[other]) if _same(powers, condition) else None
        case Clamp(value, low, high):
            return _joined(*(powers[id] for id in (value, low, high) if id is not None))
        case Gate(_, value, when, most):
            left_over: Power = "any" if most is None else powers[most]
            return _joined(powers[value], left_over) if _same(powers, when) else None
        case Calculate("is_missing", (value,)):
            return None if powers[value] is None else 0
        case Calculate("*" | "/" | "per" as operator, (one, two)):
            return _product(operator, powers[one], powers[two])
        case Calculate("+" | "-" | "min" | "max" | "abs" | "neg", ids):
            return _joined(*(powers[id] for id in ids))
        case Rank() if own:
            return None
    return 0 if _same(powers, *inputs(step.operation)) else None


def _same(powers: Powers, *ids: int | None) -> bool:
    return all(id is None or powers[id] in (0, "any") for id in ids)


def _joined(*found: Power) -> Power:
    """Of what is put side by side: known where all scale alike."""
    known = {power for power in found if power != "any"}
    return "any" if not known else known.pop() if len(known) == 1 else None


def _product(operator: str, one: Power, two: Power) -> Power:
    if one is None or two is None or (operator != "*" and two == "any"):
        return None
    if one == "any" or two == "any":
        return "any"
    return one + two if operator == "*" else one - two


def _loaded(load: Load, unit: Unit) -> Power:
    if load.source not in ("target", "entry") or load.name in _ALIKE:
        return 0
    if load.name in AMOUNTS and not load.offset:
        return 1 if unit in ADDITIVE else 0
    return 1 if load.name == "weight" else None


def _gathered(gathered: Aggregate, powers: Powers) -> Power:
    value = powers[gathered.value]
    if not _same(powers, gathered.when, gathered.distinct):
        return None
    if gathered.to.indicator:  # each part has as many entries as the whole had
        return (
            value if gathered.function in ("sum", "mean", "least", "greatest") else 0 if value in (0, "any") else None
        )
    if gathered.function in ("least", "greatest", "any", "all"):
        return 0 if value in (0, "any") else None
    return 0 if gathered.function == "sum" and gathered.distinct is None and value in (1, "any") else None


def _counts(plan: Plan, id: int, indicator: str) -> bool:
    match plan.steps[id].operation:
        case Aggregate("count", over=over, when=None, distinct=None):
            return over.indicator == indicator
    return False
