"""What can be missing, and what cannot where something else is known."""

from typing import Final

from assessdsl.fairness.analysis.narrow import Known
from assessdsl.plan.steps import Aggregate, Calculate, Clamp, Compare, Load, Logic, Round, Supply
from assessdsl.plan.walk import reached


def there_if_known(known: Known, id: int) -> frozenset[int]:
    """What was reported for certain where the step has a value."""

    def needed(one: int) -> tuple[int, ...]:
        match known.plan.steps[one].operation:
            case Compare() | Round() | Clamp() | Logic("not", _):
                return known.inputs(one)
            case Calculate(operator, ids) if operator != "is_missing":
                return ids
            case _:
                return ()

    return frozenset(one for one in reached({id}, needed) if isinstance(known.plan.steps[one].operation, Load))


def may_miss(known: Known, id: int, there: frozenset[int]) -> bool:
    """Whether the value can be missing, where what is `there` was reported."""
    seen: set[int] = set()
    waiting = [id]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        operation = known.plan.steps[one].operation
        match operation:
            case Calculate("is_missing", _):
                pass
            case Load(source, name, _):
                if one not in there and source != "tag" and (source, name) not in _ALWAYS_THERE:
                    return True
            case Supply(_, instead):
                waiting.append(instead)
            case Aggregate(function=function) if function not in ("any", "all", "count", "sum", "product"):
                return True
            case _:
                waiting.extend(known.inputs(one))
    return False


_ALWAYS_THERE: Final = frozenset(
    {("target", "forfeited"), ("target", "is_target"), ("target", "direction"), ("entity", "group")}
)
