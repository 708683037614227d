"""Changes of a case by more than a cell, told in a sentence: a target is taken out or split, an item reported twice."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from attrs import evolve

from assessdsl.facts import Row
from assessdsl.fairness.case import SECOND, Case, frozen_now, split, with_rows, without_target
from assessdsl.fairness.made_cases import Scored
from assessdsl.fairness.trial import Outcome, Witness, after, labels_of

Told = Callable[[tuple[Case, ...]], Witness | None]
"""What cases show that are the same as before but for some edits."""


def taken_out(before: Scored, target: str) -> Outcome:
    """That the total rises as a target is taken out of the frozen ones."""
    frozen = frozen_now(before.case)
    told = "is taken out of the frozen targets", "冻结后移出"
    return _pays("no_removal", frozen, without_target(frozen, target), target, *told)


def halved(before: Scored, target: str) -> Outcome:
    """That the total rises as a target is split in two equal parts; against the frozen ones, where these are scored:
    there what was reported of the whole stays its own, as to report less of it is no split."""
    case = before.case
    if not case.policy.plan.schema.removal_forbidden:
        parts = split(case, target)
    else:
        case = frozen_now(case)
        parts = split(case, target)
        reported = case.facts.facts
        parts = parts and with_rows(parts, "facts", (*reported, *parts.facts.facts[len(reported) :]))
    return _pays("no_splitting", case, parts, target, "is split into two halves", "对半拆分")


def _pays(property: str, case: Case, changed: Case | None, target: str, en: str, zh: str) -> Outcome:
    row = next((row for row in case.facts.targets if _text(row, "target") == target), None)
    before, then = after(case), after(changed)
    if row is None or before is None or then is None:
        return "nothing"
    entity, indicator = _text(row, "entity"), _text(row, "indicator")
    was, now = (scored.result.entities[entity].total for scored in (before, then))
    if now.value <= was.value:
        return "held"
    label = labels_of(case.policy).get(indicator) or indicator
    told = (
        f"`{target}` ({label}) {en}, and the total of `{entity}` rises from {was} to {now}",
        f"`{entity}`的目标`{target}`({label}){zh},总分反由{was}分升为{now}分",
    )
    return Witness(property, case, then.case, entity, *told)


def reported_twice(before: Scored, row: Row) -> Outcome:
    """That the total is another where an entry stands twice."""
    case, entity, indicator = before.case, _text(row, "entity"), _text(row, "indicator")
    last = max(one.cell.row for one in case.facts.facts)
    again = evolve(row, cell=evolve(row.cell, row=last + 1))
    then = after(with_rows(case, "facts", (*case.facts.facts, again)))
    if then is None:
        return "nothing"
    was, now = (scored.result.entities[entity].total for scored in (before, then))
    if was.value == now.value:
        return "held"
    item, label = _text(row, "item"), labels_of(case.policy).get(indicator) or indicator
    told = (
        f"`{item}` is reported twice in {label}, and the total of `{entity}` goes from {was} to {now}",
        f"{label}中同一事项`{item}`填报两次,`{entity}`的总分由{was}分变为{now}分",
    )
    return Witness("no_double_count", case, then.case, entity, *told)


def _text(row: Row, column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value.raw).strip()


# ---------------------------------------------------------------- after an edit


def told_again(witness: Witness) -> Told | None:
    """The same change of the first case as it is after an edit; None of what is no such change."""
    changed = None if witness.after is None else _CHANGED.get(witness.property)
    return None if changed is None else changed(witness)


def _out(witness: Witness) -> Told:
    (target,) = _targets(witness.before) - _targets(witness.after)
    return lambda cases: _of(cases[0], partial(taken_out, target=target))


def _halves(witness: Witness) -> Told:
    (second,) = _targets(witness.after) - _targets(witness.before)
    return lambda cases: _of(cases[0], partial(halved, target=second.removesuffix(SECOND)))


def _twice(witness: Witness) -> Told:
    assert witness.after is not None
    own = witness.after.facts.facts[-1]
    first = next(row.cell.row for row in witness.before.facts.facts if row == own)

    def told(cases: tuple[Case, ...]) -> Witness | None:
        row = next((row for row in cases[0].facts.facts if row.cell.row == first), None)
        return None if row is None else _of(cases[0], partial(reported_twice, row=row))

    return told


def _of(case: Case, change: Callable[[Scored], Outcome]) -> Witness | None:
    scored = after(case)
    found = None if scored is None else change(scored)
    return found if isinstance(found, Witness) else None


def _targets(case: Case | None) -> set[str]:
    return set() if case is None else {_text(row, "target") for row in case.facts.targets}


_CHANGED: Final[Mapping[str, Callable[[Witness], Told]]] = {
    "no_removal": _out, "no_splitting": _halves, "no_double_count": _twice,
}  # fmt: skip
