"""A plan as text, a line for each step: for people who want to see what will run, and for golden tests."""

from datetime import date
from fractions import Fraction
from typing import assert_never

from assessdsl.plan.steps import (
    Aggregate,
    Band,
    BandTier,
    Calculate,
    Choose,
    Clamp,
    Combine,
    Compare,
    Constant,
    Fail,
    Gate,
    InGroup,
    Load,
    Logic,
    Operation,
    Part,
    Plan,
    Raise,
    Rank,
    Round,
    Step,
    Streak,
    Supply,
)
from assessdsl.quantity import exact_text


def plan_text(plan: Plan) -> str:
    """Step by step: number, grain, unit, operation; the source line behind it."""
    lines = [f"plan {plan.name} · {len(plan.steps)} steps · {plan.fingerprint}"]
    lines += [_line(step) for step in plan.steps]
    lines.append(f"total %{plan.outputs.total}")
    for title, id in (("rank", plan.outputs.rank), ("tier", plan.outputs.tier), ("eligible", plan.outputs.eligible)):
        if id is not None:
            lines.append(f"{title} %{id}")
    lines += [f"finding {finding.name} %{finding.step}" for finding in plan.outputs.findings]
    return "\n".join(lines) + "\n"


def _line(step: Step) -> str:
    name = f" {step.name}" if step.name else ""
    place = f"  # line {step.span.line}" if step.span.source.name else ""
    return f"%{step.id} {step.grain} · {step.unit.value}{name} = {_operation(step.operation)}{place}"


def _ids(ids: tuple[int, ...]) -> str:
    return ", ".join(f"%{id}" for id in ids)


def _maybe(word: str, id: int | None) -> str:
    return "" if id is None else f" {word} %{id}"


def _constant(value: Fraction | bool | str | date) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Fraction):
        return exact_text(value)
    return value.isoformat() if isinstance(value, date) else f'"{value}"'


def _operation(operation: Operation) -> str:
    match operation:
        case Load(source, name, offset):
            return f"load {source} {name}" + (f" {offset} years ago" if offset else "")
        case Constant():
            return f"constant {_constant(operation.value)}"
        case Fail(code, arguments):
            return " ".join(["fail", code, *(f"{key}={text}" for key, text in arguments)])
        case Calculate() | Logic():
            return f"{operation.operator} {_ids(operation.inputs)}"
        case Compare(sign, left, right):
            return f"%{left} {sign} %{right}"
        case InGroup(groups):
            return f"in group {', '.join(groups)}"
        case Choose(condition, chosen, other):
            return f"if %{condition} then %{chosen} else %{other}"
        case Supply(value, instead):
            return f"%{value} or, missing, %{instead}"
        case Clamp(value, low, high):
            return f"clamp %{value}{_maybe('from', low)}{_maybe('to', high)}"
        case Round(value, mode, places):
            return f"round %{value} {mode} to {places} places"
        case Gate(name, value, when, at_most):
            consequence = "zero" if at_most is None else f"at most %{at_most}"
            return f"gate {name}: %{value}, {consequence} when %{when}"
        case Combine(parts, full, method, _):
            return (
                f"combine {'' if method == 'sum' else method + ' '}{', '.join(map(_part, parts))}{_maybe('full', full)}"
            )
        case Aggregate(function, value, over, to, condition, distinct, drop):
            trimmed = f" but {drop} at either end" if drop else ""
            rows = f"{over}{_maybe('when', condition)}{_maybe('distinct', distinct)}"
            return f"{function} %{value} over {rows}{trimmed} to {to}"
        case Rank(keys, within, ties, lowest_first, offset):
            order = " lowest first" if lowest_first else ""
            past = f" from the end, {offset} years ago" if offset else ""
            return f"rank {_ids(keys)} within {within} ties {ties}{order}{past}"
        case Band(rank, within, tiers, eligible, vetoes):
            listed = "; ".join(map(_tier, tiers))
            vetoed = "".join(f"; veto {veto.name} when %{veto.when}: at most {veto.tier}" for veto in vetoes)
            return f"band by %{rank} within {within}{_maybe('eligible', eligible)}: {listed}{vetoed}"
        case Streak(years, at_least):
            return f"streak {_ids(years)}" + (f" at least {at_least}" if at_least is not None else "")
        case Raise(name, when, cites, within, unless):
            cited = f" citing {_ids(cites)}" if cites else ""
            cited += f" unless {_ids(unless)}" if unless else ""
            return f"raise {name} when %{when}{cited}{_maybe('within', within)}"
        case _:
            assert_never(operation)


def _part(part: Part) -> str:
    sign = "-" if part.sign < 0 else ""
    return f"{sign}{part.name} %{part.score}/%{part.points}{_maybe('averaged', part.averaged)}"


def _tier(tier: BandTier) -> str:
    quota = ""
    if tier.quota is not None:
        measure = "share" if tier.is_share else "places"
        start = "next" if tier.next else "top"
        quota = f" {start} {measure} %{tier.quota} {tier.rounded} ties {tier.ties} vetoed {tier.vetoed}"
    return f"{tier.name}{quota}{_maybe('when', tier.when)}"
