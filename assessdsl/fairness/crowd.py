"""Cases that refute a property of several entities, found among many that are scored at once."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import partial
from itertools import islice
from typing import Final

from assessdsl.backends import run
from assessdsl.diagnostics import DataError
from assessdsl.fairness.broken import fired, unrounded
from assessdsl.fairness.case import Case, Place, coordinates, put, score
from assessdsl.fairness.counterexample import values_at
from assessdsl.fairness.driven import driven, heights, reads, starts, turned, values_at_step
from assessdsl.fairness.made_cases import Scored, called, case_of_rows, fixed
from assessdsl.fairness.made_up import Record, Rows, cell
from assessdsl.fairness.plainer import plain_move
from assessdsl.fairness.refute import Subject, Tried
from assessdsl.fairness.search import Bench
from assessdsl.fairness.single import absolute, bounded, rounding_safe, stopping
from assessdsl.fairness.stories import Change, told_by
from assessdsl.fairness.study import Study
from assessdsl.fairness.sweep import NAME, OTHER, values_of
from assessdsl.fairness.trial import Trying, Witness, after
from assessdsl.plan.steps import ENTITY
from assessdsl.quantity import Unit, quantity_text
from assessdsl.result import EntityResult

_MANY: Final = 120
_OF_ALL: Final = 600  # cases for the indicators of a policy, each scored whole


def _crowd(at: Bench, group: str) -> tuple[dict[str, Rows], Scored] | None:
    """So many entities of a group, without those for which the policy stops."""
    own = {
        f"{NAME}{seed}": called(at.maker.entity(fixed(seed), NAME, group, at.safe.known), f"{NAME}{seed}")
        for seed in range(_MANY)
    }
    for _ in range(3):
        case = case_of_rows(at.maker.policy, (*at.safe.benchmarks, *(row for rows in own.values() for row in rows)))
        try:
            return own, Scored(case, score(case))
        except DataError as error:
            told = {diagnostic.arguments.get("entity", "") for diagnostic in error.diagnostics if diagnostic.is_error}
            own = {name: rows for name, rows in own.items() if name not in told}
            if not told or not own:
                return None
    return None


def _crowds(at: Bench, group: str) -> Iterator[tuple[dict[str, Rows], Scored]]:
    if (found := _crowd(at, group)) is not None:
        yield found


def _pair(at: Bench, one: Rows, two: Rows, others: Iterable[Rows] = ()) -> Scored | None:
    """The two under plain names, alone or among others."""
    rows = (*called(one, NAME), *called(two, OTHER), *(row for other in others for row in other))
    return after(case_of_rows(at.maker.policy, (*at.safe.benchmarks, *rows)))


def order_reversed(at: Bench) -> Tried:
    """Two of whom the one is ahead before anything is rounded, and behind after it."""
    cases = 0
    plan = unrounded(at.maker.policy.plan)
    for group in at.safe.entities if plan is not None else ():
        if (found := _crowd(at, group)) is None:
            continue
        own, scored = found
        cases += len(own)
        columns = run(plan, scored.result.trace.dataset)  # type: ignore[arg-type]
        exact = dict(zip(columns.layout.entities, columns.at(plan.outputs.total, ENTITY), strict=True))  # type: ignore[union-attr]
        totals = {name: entity.total.value for name, entity in scored.result.entities.items()}
        known = {name: value for name, value in exact.items() if isinstance(value, Fraction)}
        for ahead in sorted(known, key=lambda name: (known[name], name)):
            for behind in sorted(known):
                if known[ahead] > known[behind] and totals[ahead] < totals[behind]:
                    pair = _pair(at, own[ahead], own[behind])
                    outcome = None if pair is None else rounding_safe(Trying(at.maker, at.safe, pair, fixed(0)))
                    if isinstance(outcome, Witness):
                        return Tried(outcome, cases)
    return Tried(None, cases)


def tiers_turned(at: Bench) -> Tried:
    """Two of whom the one ranks before the other, and has a lower tier though nothing but its score keeps it."""
    cases = 0
    order = {name: place for place, (name, _) in enumerate(at.maker.policy.plan.tiers)}
    for group in at.safe.entities:
        if (found := _crowd(at, group)) is None:
            continue
        own, scored = found
        cases += len(own)
        for first, second in _turned(list(scored.result.entities.values()), order):
            others = [rows for name, rows in own.items() if name not in (first.entity, second.entity)]
            for number in (0, 4, 9, 19, len(others)):  # of a quota, two alone may have no place
                pair = _pair(at, own[first.entity], own[second.entity], others[:number])
                cases += 1
                if pair is None:
                    continue
                one, two = pair.result.entities[NAME], pair.result.entities[OTHER]
                if list(_turned([one, two], order)) != [(one, two)]:
                    continue
                en = f"`{NAME}` has {_total(one)} and is `{one.tier}`, `{OTHER}` has {_total(two)} and is `{two.tier}`"
                zh = f"`{NAME}`得{_total(one)}分,等次为`{one.tier}`;`{OTHER}`得{_total(two)}分,等次却为`{two.tier}`"
                return Tried(Witness("tiers_follow", pair.case, None, NAME, en, zh), cases)
    return Tried(None, cases)


def _turned(entities: list[EntityResult], order: dict[str, int]) -> Iterator[tuple[EntityResult, EntityResult]]:
    for one in entities:
        for two in entities:
            tiers = one.tier is not None and two.tier is not None and order[one.tier] > order[two.tier]
            if tiers and one.total.value > two.total.value and one.eligible and two.eligible:
                yield one, two


def _total(entity: EntityResult) -> str:
    return quantity_text(entity.total.value, Unit.POINTS)


def counted_twice(at: Bench, indicator: str) -> Tried:
    """The same item reported once and twice, of each level: a cap may hide what the highest adds."""
    schema = next(one for one in at.maker.policy.plan.schema.indicators if one.name == indicator)
    cases = 0
    for group, safe in at.safe.entities.items():
        if group and group not in schema.groups:
            continue
        rows = tuple(
            row for row in called(safe, NAME) if row[1].get("indicator") != indicator and row[0] != "judgements"
        )
        for level in schema.levels or ("",):
            row: Record = {"entity": NAME, "indicator": indicator, "item": "A", **({"level": level} if level else {})}
            if "actual" in schema.fields:
                row["actual"] = Fraction(1)
            once, twice = (
                after(case_of_rows(at.maker.policy, (*at.safe.benchmarks, *rows, *(("facts", row),) * times)))
                for times in (1, 2)
            )
            cases += 1
            if once is None or twice is None:
                continue
            was, now = (_total(one.result.entities[NAME]) for one in (once, twice))
            if was != now:
                en = f"`A` is reported twice in `{indicator}`, and the total of `{NAME}` goes from {was} to {now}"
                zh = f"`{indicator}`中同一事项`A`填报两次,`{NAME}`的总分由{was}变为{now}"
                return Tried(Witness("no_double_count", once.case, twice.case, NAME, en, zh), cases)
    return Tried(None, cases)


def beyond(at: Bench, low: Fraction | None, high: Fraction | None) -> Tried:
    """A total below or above the bounds."""
    cases = 0
    for rows in starts(at):
        for limit, sign in ((low, -1), (high, 1)):
            if limit is None:
                continue
            found = driven(at, rows, sign, at.maker.policy.plan.outputs.total)
            cases += found.cases
            if found.value is not None and (found.value - limit) * sign > 0:
                last = after(found.case)
                outcome = "nothing" if last is None else bounded(Trying(at.maker, at.safe, last, fixed(0)))
                if isinstance(outcome, Witness):
                    return Tried(outcome, cases)
    return Tried(None, cases)


def leaking(at: Bench, looked: Study, gate: str) -> Tried:
    """Who scores as little as can be, without what is deducted, and has something though the gate fired."""
    outputs, cases = looked.plan.outputs, 0
    scored = (part.score for part in outputs.every_component if part.kind != "penalty")
    added = reads(looked.known, *scored)
    for rows in starts(at):
        found = driven(at, rows, -1, outputs.total, of=added)
        cases += found.cases
        last = after(found.case)
        outcome = "nothing" if last is None else absolute(Trying(at.maker, at.safe, last, fixed(0)))
        leak = None if last is None else next((one for one in fired(last.result) if one.leaks), None)
        if isinstance(outcome, Witness) and leak is not None and leak.gate == gate:
            return Tried(outcome, cases)
    return Tried(None, cases)


def reach(at: Bench, looked: Study, name: str, *, less: bool) -> Tried:
    """The worst and the best report of an indicator, between which lies more than its points; or whatever there is, if
    it is known to be `less`."""
    part = looked.indicators[name]
    points, cases = looked.whole_range(part.points).high, 0
    proved = looked.whole_range(part.score)
    less = (
        proved.low is not None and proved.high is not None and points is not None and proved.high - proved.low < points
    )
    for rows in starts(at):
        worst, best = (driven(at, rows, way, part.score, of=reads(looked.known, part.score)) for way in (-1, 1))
        cases += worst.cases + best.cases
        if worst.value is None or best.value is None or points is None:
            continue
        width = best.value - worst.value
        if width > points or less:
            shown, whole = (quantity_text(value, Unit.POINTS) for value in (width, points))
            en = f"between these reports of `{name}` its score moves by {shown} points, of {whole}"
            zh = f"`{name}`填报如此变动时,其得分变动{shown}分,分值为{whole}分"
            return Tried(Witness("proportional", worst.case, best.case, NAME, en, zh), cases)
    return Tried(None, cases)


def unexplained(at: Bench, looked: Study, indicator: str) -> Tried:
    """A required target that is not met, and that no finding names."""
    met, cases = looked.indicators[indicator].met, 0
    assert met is not None
    for case in _with_targets(at, looked, indicator, met):
        scored = after(case)
        cases += 1
        for target in () if scored is None else _unnamed(scored, met, NAME):
            en = f"`{NAME}` has not met `{target}`, which is required, and no finding names it"
            zh = f"`{NAME}`未达成必达目标`{target}`,没有考核认定列明该目标"
            return Tried(Witness("obligations_complete", case, None, NAME, en, zh), cases)
    return Tried(None, cases)


def _with_targets(at: Bench, looked: Study, indicator: str, met: int) -> Iterator[Case]:
    """Those of many who show it among the others; and who scores as much as can be, all of whose targets are required,
    with one cell turned: a plan, too, so that who misses it scores no less."""
    for group in at.safe.entities:
        for own, scored in at.worlds.kept(("crowd", group), partial(_crowds, at, group)):
            for name, rows in own.items():
                if any(_unnamed(scored, met, name)):
                    yield case_of_rows(at.maker.policy, (*at.safe.benchmarks, *called(rows, NAME)))
    for case in heights(at):
        for number in range(len(case.facts.targets)):
            case = put(case, Place("targets", number, "required"), True)
        for place, raw in islice(turned(at, case, frozenset({indicator})), _OF_ALL // len(looked.indicators)):
            yield put(case, place, raw)


def _unnamed(scored: Scored, met: int, entity: str) -> Iterator[str]:
    """Its targets that are required and not met, and that no finding names."""
    unmet = {target for target, value in values_at(scored.result, met, entity).items() if value is False}
    findings = scored.result.entities[entity].findings
    unmet -= {one.target for finding in findings if finding.status == "raised" for one in finding.cites}
    for row in scored.case.facts.targets if unmet else ():
        if row.values["target"].raw in unmet and row.values["required"].raw is True:
            yield str(row.values["target"].raw)


def hidden(at: Bench, subject: Subject) -> Tried:
    """Who scores as much as can be found says nothing of one thing, and scores more than with some report of it."""
    cases = 0
    for case in heights(at):
        cells = coordinates(case)
        for one in cells:
            if one.name != subject.name or not (one.indicator in subject.indicators or one.name in subject.facts):
                continue
            values = values_of(at, cells, one)
            reported = [put(case, one.place, cell(value, one.unit)) for value in values]
            silent = put(case, one.place, None)
            most, *totals = values_at_step(at, [silent, *reported], at.maker.policy.plan.outputs.total)
            cases += 1 + len(values)
            less = [(total, value) for value, total in zip(values, totals, strict=True) if total is not None]
            if most is None or not less or min(less)[0] >= most:
                continue
            value = min(less)[1]
            change = Change(one, value, None)
            witness = told_by("missing_not_rewarded", change, put(case, one.place, cell(value, one.unit)), silent, NAME)
            if witness is not None:
                return Tried(plain_move(witness, change), cases)
    return Tried(None, cases)


def unreported(at: Bench) -> Tried:
    """Nothing is reported of one indicator, or of any, and the policy has no result for that."""
    cases = 0
    names = [schema.name for schema in at.maker.policy.plan.schema.indicators]
    for rows in at.safe.entities.values():
        own = called(rows, NAME)
        indicator_of = {row["target"]: row["indicator"] for table, row in own if table == "targets"}
        for silent in (*({name} for name in names), set(names)):
            kept = tuple(
                (table, row)
                for table, row in own
                if table != "facts" or row.get("indicator", indicator_of.get(row.get("target", ""))) not in silent
            )
            cases += 1
            faults = stopping(case := case_of_rows(at.maker.policy, (*at.safe.benchmarks, *kept)))
            if faults:
                en, zh = (faults[0].message(language) for language in ("en", "zh"))
                return Tried(Witness("always_defined", case, None, NAME, en, zh), cases)
    return Tried(None, cases)
