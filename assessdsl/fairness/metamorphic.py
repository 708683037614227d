"""Properties that compare a case with a changed one: who does better must not fare worse, and the like."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from functools import partial
from typing import Any

from attrs import frozen

from assessdsl.fairness.broken import limits
from assessdsl.fairness.case import (
    Case,
    Coordinate,
    Place,
    added,
    coordinates,
    permuted,
    put,
    renamed,
    resolution,
    twin,
    value_at,
)
from assessdsl.fairness.made_cases import Scored
from assessdsl.fairness.made_up import one_of
from assessdsl.fairness.regrouped import group_neutral
from assessdsl.fairness.retold import halved, reported_twice, taken_out
from assessdsl.fairness.trial import Move, Outcome, Trying, Witness, after, climbed, moved, number_of
from assessdsl.quantity import Unit, decimal_places, exact_text
from assessdsl.result import EntityResult, Result


def _total(result: Result, entity: str) -> Fraction:
    return result.entities[entity].total.value


def _witness(name: str, trying: Trying, then: Scored, entity: str, en: str, zh: str) -> Witness:
    return Witness(name, trying.case, then.case, entity, en, zh)


def _totals(trying: Trying, then: Scored, entity: str) -> tuple[str, str]:
    return str(trying.result.entities[entity].total), str(then.result.entities[entity].total)


# ---------------------------------------------------------------- doing better


def _of_entity(one: Coordinate) -> bool:
    return one.entity != ""


@frozen(eq=False)
class _Better:
    """Someone did better: from what, in what, in both languages, and what came of it."""

    before: Trying
    then: Scored
    entity: str
    en: str
    zh: str

    def witness(self, name: str, en: str, zh: str) -> Witness:
        told = f"{self.en}, {en}", f"{self.zh}，{zh}"
        return Witness(name, self.before.case, self.then.case, self.entity, *told)


def _better(trying: Trying) -> list[_Better]:
    """One cell by one step or up several; or a target that was completed."""
    way = trying.pick(0, 3)
    if way == 3 and (done := _completed(trying)) is not None:
        entity, target, case = done
        then = after(case)
        told = f"`{entity}` completes `{target}`", f"`{entity}` 完成了 `{target}`"
        return [] if then is None else [_Better(trying, then, entity, *told)]
    found: list[tuple[Move, Trying, Scored]] = climbed(trying, _of_entity) if way else []
    if not found and (one := moved(trying, _of_entity, improved=True)) is not None:
        scored = after(one[1])
        found = [] if scored is None else [(one[0], trying, scored)]
    return [
        _Better(
            before, then, move.coordinate.entity,
            f"`{move.coordinate.entity}` does better: {move.told('en')}",
            f"`{move.coordinate.entity}` 做得更好：{move.told('zh')}",
        )
        for move, before, then in found
    ]  # fmt: skip


def _completed(trying: Trying) -> tuple[str, str, Case] | None:
    open_targets = [
        (number, str(row.values["target"].raw))
        for number, row in enumerate(trying.case.facts.facts)
        if "target" in row.values and not {"completed_on", "state"} & row.values.keys()
    ]
    if not open_targets:
        return None
    row, target = one_of(trying.pick, open_targets)
    registered = next(one for one in trying.case.facts.targets if str(one.values["target"].raw) == target)
    if "due" not in registered.values or not isinstance(registered.values["due"].raw, date):
        return None
    place = Place("facts", row, "completed_on")
    return str(registered.values["entity"].raw), target, put(trying.case, place, registered.values["due"].raw)


def monotone(trying: Trying) -> Outcome:
    found = _better(trying)
    for one in found:
        if _total(one.then.result, one.entity) < _total(one.before.result, one.entity):
            was, now = _totals(one.before, one.then, one.entity)
            return one.witness("monotone", f"and the total falls from {was} to {now}", f"总分却由 {was} 降为 {now}")
    return "held" if found else "nothing"


def rank_monotone(trying: Trying) -> Outcome:
    found = _better(trying)
    for one in found:
        was, now = one.before.result.entities[one.entity].rank, one.then.result.entities[one.entity].rank
        if was is not None and now is not None and now > was:
            told = f"and falls from rank {was} to rank {now}", f"名次却由第 {was} 名落到第 {now} 名"
            return one.witness("rank_monotone", *told)
    return "held" if found else "nothing"


def strict_response(trying: Trying) -> Outcome:
    found = _better(trying)
    for one in found:
        if _total(one.then.result, one.entity) == _total(one.before.result, one.entity):
            was, _ = _totals(one.before, one.then, one.entity)
            return one.witness("strict_response", f"and the total stays at {was}", f"总分仍是 {was}")
    return "held" if found else "nothing"


def no_cliff(trying: Trying) -> Outcome:
    """Between two values that no report can lie between, the total moves by no more than was claimed."""
    sizes = [limit for _, limit in limits(trying.policy, "no_cliff")]
    found = climbed(trying, _of_entity) if sizes else []
    for move, before, then in found:
        entity, was = move.coordinate.entity, number_of(move.coordinate)
        jump = abs(_total(then.result, entity) - _total(before.result, entity))
        if was is not None and abs(move.to - was) <= resolution(move.coordinate) and jump > min(sizes):
            low, high = _totals(before, then, entity)
            return _witness(
                "no_cliff", before, then, entity,
                f"{move.told('en')} moves the total of `{entity}` from {low} to {high}",
                f"{move.told('zh')}，`{entity}` 的总分由 {low} 变为 {high}",
            )  # fmt: skip
    return "held" if found else "nothing"


# ---------------------------------------------------------------- what must make no difference


def _without_labels(entity: EntityResult) -> tuple[Any, ...]:
    findings = tuple((one.name, one.status) for one in entity.findings)
    scores = tuple((name, component.score.value) for name, component in entity.components.items())
    return entity.total.value, entity.rank, entity.tier, entity.eligible, findings, scores


def _differs(entity: str) -> tuple[str, str]:
    return f"the result of `{entity}` is another", f"`{entity}` 的结果不同了"


def anonymous(trying: Trying) -> Outcome:
    names = sorted(trying.result.entities)
    turned = [*names[1:], names[0]] if len(names) > 1 else [f"{names[0]} 2"]
    to = dict(zip(names, turned, strict=True))
    then = after(renamed(trying.case, to))
    for name in names:
        if then is None or _without_labels(trying.result.entities[name]) != _without_labels(
            then.result.entities[to[name]]
        ):
            en, zh = _differs(name)
            told = f"under the name `{to[name]}` {en}", f"改名为 `{to[name]}` 后，{zh}"
            return Witness("anonymous", trying.case, None if then is None else then.case, name, *told)
    return "held"


def order_invariant(trying: Trying) -> Outcome:
    orders = {}
    for table, rows in trying.case.facts.tables():
        turn = trying.pick(0, max(0, len(rows) - 1))
        order = [*range(turn, len(rows)), *range(turn)]
        orders[table] = order[::-1] if trying.pick(0, 1) else order
    then = after(permuted(trying.case, orders))
    if then is not None and then.result.digest == trying.result.digest:
        return "held"
    told = "with the rows in another order the result is another", "各行次序改变后，结果不同了"
    return Witness("order_invariant", trying.case, None if then is None else then.case, "", *told)


def scale_invariant(trying: Trying) -> Outcome:
    """What is written in another measure (万元 for 元, 6.5 for 6.5%) is the same."""
    case, some = trying.case, False
    for one in coordinates(trying.case, dataset=trying.result.trace.dataset):
        value = value_at(case, one.place)
        if not isinstance(one.value, Fraction) or value is None or value.percent:
            continue
        if one.unit is Unit.MONEY and decimal_places(one.value) is not None:
            case, some = put(case, one.place, f"{exact_text(one.value / 10_000)}万元"), True
        elif one.unit in (Unit.PERCENT, Unit.PP, Unit.SURVEY) and isinstance(value.raw, str):
            case, some = put(case, one.place, one.value * 100), True
    if not some:
        return "nothing"
    then = after(case)
    if then is not None and then.result.digest == trying.result.digest:
        return "held"
    told = "written in another measure the same data has another result", "同样的数据换一种计量单位书写，结果不同了"
    return Witness("scale_invariant", trying.case, None if then is None else then.case, "", *told)


def temporal(trying: Trying) -> Outcome:
    """What is reported of the year after changes nothing."""
    later = str(trying.policy.plan.schema.period.year + 1)
    case = trying.case
    for row in trying.case.facts.facts:
        case = added(case, "facts", {column: value.raw for column, value in row.values.items()} | {"period": later})
    if case is trying.case:
        return "nothing"
    then = after(case)
    if then is not None and then.result.digest == trying.result.digest:
        return "held"
    told = "rows of a later year change the result", "以后年度的填报改变了本年度的结果"
    return Witness("temporal", trying.case, None if then is None else then.case, "", *told)


def ties_equal(trying: Trying) -> Outcome:
    """Of two of whom the same is said, each has what the other has."""
    entity = one_of(trying.pick, sorted(trying.result.entities))
    double = f"{entity}之二" if trying.policy.language == "zh" else f"{entity} (2)"
    then = after(twin(trying.case, entity, double))
    if then is None:
        return "nothing"
    one, other = then.result.entities[entity], then.result.entities[double]
    if _without_labels(one) == _without_labels(other):
        return "held"
    told = (
        f"of `{entity}` and `{other.entity}` the same is said, and their results differ",
        f"`{entity}` 与 `{other.entity}` 的数据相同，结果却不同",
    )
    return Witness("ties_equal", then.case, None, entity, *told)


def independent(trying: Trying) -> Outcome:
    if len(trying.result.entities) < 2:
        return "nothing"
    found = moved(trying, _of_entity, improved=False)
    then = after(None if found is None else found[1])
    if found is None or then is None:
        return "nothing"
    mover = found[0].coordinate.entity
    for name in trying.result.entities:
        if name != mover and _total(then.result, name) != _total(trying.result, name):
            was, now = _totals(trying, then, name)
            return _witness(
                "independent", trying, then, name,
                f"`{mover}`: {found[0].told('en')}, and the total of `{name}` goes from {was} to {now}",
                f"`{mover}`：{found[0].told('zh')}，`{name}` 的总分由 {was} 变为 {now}",
            )  # fmt: skip
    return "held"


# ---------------------------------------------------------------- what must not pay


def _pays(name: str, trying: Trying, case: Case | None, entity: str, en: str, zh: str) -> Outcome:
    """Whether the change of the case raises the total."""
    then = after(case)
    if then is None:
        return "nothing"
    if _total(then.result, entity) <= _total(trying.result, entity):
        return "held"
    was, now = _totals(trying, then, entity)
    return _witness(
        name, trying, then, entity, f"{en}, and the total rises from {was} to {now}", f"{zh}，总分由 {was} 升为 {now}"
    )


def _of_target(change: Callable[[Scored, str], Outcome], trying: Trying) -> Outcome:
    rows = trying.case.facts.targets
    if not rows:
        return "nothing"
    return change(trying.scored, str(one_of(trying.pick, rows).values["target"].raw))


def no_double_count(trying: Trying) -> Outcome:
    rows = [row for row in trying.case.facts.facts if row.has("item") and row.has("entity")]
    return reported_twice(trying.scored, one_of(trying.pick, rows)) if rows else "nothing"


def missing_not_rewarded(trying: Trying) -> Outcome:
    def reported(one: Coordinate) -> bool:
        return one.place.table == "facts" and one.name != "sample"

    open_to = [one for one in coordinates(trying.case, dataset=trying.result.trace.dataset) if reported(one)]
    if not open_to:
        return "nothing"
    one = one_of(trying.pick, open_to)
    about = one.indicator or one.name
    en, zh = f"`{one.entity}` does not report `{about}`", f"`{one.entity}` 不填报 `{about}`"
    return _pays("missing_not_rewarded", trying, put(trying.case, one.place, None), one.entity, en, zh)


def truthful(trying: Trying) -> Outcome:
    """Having planned what was reached must be as good as any other plan."""
    cells = coordinates(trying.case, dataset=trying.result.trace.dataset)
    actual = {one.target: one for one in cells if one.name == "actual" and one.target}
    planned = [one for one in cells if one.name == "planned" and one.target in actual]
    open_to = [one for one in planned if one.value != actual[one.target].value]
    if not open_to:
        return "nothing"
    plan = one_of(trying.pick, open_to)
    reached = actual[plan.target].value
    if not isinstance(reached, Fraction) or reached < 0:
        return "nothing"
    raw = value_at(trying.case, actual[plan.target].place)
    then = after(put(trying.case, plan.place, None if raw is None else raw.raw))
    if then is None:
        return "nothing"
    entity = plan.entity
    if _total(then.result, entity) >= _total(trying.result, entity):
        return "held"
    was, now = _totals(trying, then, entity)
    move = Move(plan, reached)
    return _witness(
        "truthful", trying, then, entity,
        f"`{entity}` plans what it reaches: {move.told('en')}, and the total falls from {was} to {now}",
        f"`{entity}` 如实申报计划：{move.told('zh')}，总分却由 {was} 降为 {now}",
    )  # fmt: skip


TRIALS: dict[str, Callable[[Trying], Outcome]] = {
    "monotone": monotone,
    "rank_monotone": rank_monotone,
    "strict_response": strict_response,
    "no_cliff": no_cliff,
    "anonymous": anonymous,
    "order_invariant": order_invariant,
    "scale_invariant": scale_invariant,
    "temporal": temporal,
    "ties_equal": ties_equal,
    "independent": independent,
    "group_neutral": group_neutral,
    "no_removal": partial(_of_target, taken_out),
    "no_splitting": partial(_of_target, halved),
    "no_double_count": no_double_count,
    "missing_not_rewarded": missing_not_rewarded,
    "truthful": truthful,
}
