"""Cases that refute a property of several entities, found among many that are scored at once."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import partial
from itertools import islice
from typing import Final

from assessdsl.backends import run
from assessdsl.diagnostics import DataError
from assessdsl.fairness.broken import fired, unrounded
from assessdsl.fairness.case import Case, Coordinate, Place, coordinates, put, score, value_at
from assessdsl.fairness.counterexample import values_at
from assessdsl.fairness.driven import case_for, driven, heights, reads, starts, turned, values_at_step
from assessdsl.fairness.edits import Spot, place_of, spot_of
from assessdsl.fairness.made_cases import Scored, called, case_of_rows, fixed
from assessdsl.fairness.made_up import Record, Rows, cell
from assessdsl.fairness.plainer import plain, plain_change, plain_move
from assessdsl.fairness.refute import Subject, Tried
from assessdsl.fairness.retold import reported_twice
from assessdsl.fairness.roundness import digits
from assessdsl.fairness.search import Bench
from assessdsl.fairness.single import absolute, bounded, rounding_safe, stopping
from assessdsl.fairness.stories import Change, cell_text
from assessdsl.fairness.study import Study
from assessdsl.fairness.sweep import values_of
from assessdsl.fairness.trial import Trying, Witness, after, cell_name, labels_of, number_of, shown
from assessdsl.plan.steps import ENTITY
from assessdsl.quantity import Unit, quantity_text
from assessdsl.result import EntityResult

_MANY: Final = 120
_SOME: Final = 20
_OF_ALL: Final = 600  # cases for the indicators of a policy, each scored whole


def _crowd(at: Bench, group: str) -> tuple[dict[str, Rows], Scored] | None:
    """So many entities of a group, without those for which the policy stops."""
    own = {
        f"{at.name}{seed}": called(at.maker.entity(fixed(seed), at.name, group, at.safe.known), f"{at.name}{seed}")
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
    rows = (*called(one, at.name), *called(two, at.other), *(row for other in others for row in other))
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
                one, two = pair.result.entities[at.name], pair.result.entities[at.other]
                if list(_turned([one, two], order)) != [(one, two)]:
                    continue
                (own_en, own_zh), (other_en, other_zh) = map(_tiered, (one, two))
                told = f"{own_en}, {other_en}", f"{own_zh};{other_zh}"
                return Tried(Witness("tiers_follow", pair.case, None, at.name, *told), cases)
    return Tried(None, cases)


def _tiered(one: EntityResult) -> tuple[str, str]:
    tier, total = one.tier_label or one.tier, _points(one.total.value)
    return f"`{one.entity}` has {total} and is `{tier}`", f"`{one.entity}`得{total}分,等次为`{tier}`"


def _turned(entities: list[EntityResult], order: dict[str, int]) -> Iterator[tuple[EntityResult, EntityResult]]:
    for one in entities:
        for two in entities:
            tiers = one.tier is not None and two.tier is not None and order[one.tier] > order[two.tier]
            if tiers and one.total.value > two.total.value and one.eligible and two.eligible:
                yield one, two


def _points(value: Fraction) -> str:
    return quantity_text(value, Unit.POINTS)


def counted_twice(at: Bench, indicator: str) -> Tried:
    """The same item reported once and twice, of each level: a cap may hide what the highest adds."""
    schema = next(one for one in at.maker.policy.plan.schema.indicators if one.name == indicator)
    cases, item = 0, "事项一" if at.maker.policy.language == "zh" else "item 1"
    for group, safe in at.safe.entities.items():
        if group and group not in schema.groups:
            continue
        rows = tuple(
            row for row in called(safe, at.name) if row[1].get("indicator") != indicator and row[0] != "judgements"
        )
        for level in schema.levels or ("",):
            row: Record = {"entity": at.name, "indicator": indicator, "item": item}
            if level:
                row["level"] = level
            if "actual" in schema.fields:
                row["actual"] = Fraction(1)
            once = after(case_of_rows(at.maker.policy, (*at.safe.benchmarks, *rows, ("facts", row))))
            cases += 1
            found = "nothing" if once is None else reported_twice(once, once.case.facts.facts[-1])
            if isinstance(found, Witness):
                return Tried(plain_change(found), cases)
    return Tried(None, cases)


def fed_twice(at: Bench, looked: Study, fact: str) -> Tried:
    """One fact of an entity is another, and so are the scores of several indicators."""
    cases = 0
    for odd in (False, True):  # nothing, and less than nothing, only where all else shows none
        for case in _some(at):
            cells = coordinates(case)
            for one in (one for one in cells if one.name == fact and not one.indicator):
                told = partial(_fed, looked, one, spot_of(case, one.place))
                values = [value for value in values_of(at, cells, one) if (value <= 0) == odd]
                cases += len(values)
                for value in sorted(values, key=lambda value: (digits(value, one.unit), value)):
                    witness = told((case, put(case, one.place, cell(value, one.unit))))
                    if witness is not None:
                        return Tried(plain(witness, told), cases)
    return Tried(None, cases)


def _some(at: Bench) -> Iterator[Case]:
    yield from (case_for(at, rows) for rows in starts(at))
    for group in at.safe.entities:
        for own, _ in at.worlds.kept(("crowd", group), partial(_crowds, at, group)):
            yield from (case_for(at, called(rows, at.name)) for rows in islice(own.values(), _SOME))


def _fed(looked: Study, one: Coordinate, spot: Spot, cases: tuple[Case, ...]) -> Witness | None:
    """Where nothing but the cell tells the cases apart."""
    places = [place_of(case, spot) for case in cases]
    held = zip(cases, places, strict=True)
    values = [value.raw for case, place in held if place is not None and (value := value_at(case, place)) is not None]
    scored = [found for case in cases if (found := after(case)) is not None]
    if len(scored) < 2 or len(values) < 2 or places[0] is None:
        return None
    if put(cases[0], places[0], values[1]).records() != cases[1].records():
        return None
    moved: list[str] = []
    for part in looked.indicators.values():
        was, now = (values_at(found.result, part.score, one.entity)[""] for found in scored)
        if isinstance(was, Fraction) and isinstance(now, Fraction) and was != now:
            moved.append(f"{part.label or part.name} {_points(was)} → {_points(now)}")
    if len(moved) < 2:
        return None
    label = labels_of(cases[0].policy).get(one.name) or one.name
    raws = [shown(value, one.unit) for value in values]
    en = f"one fact of `{one.entity}`, {label} ({' → '.join(raws)}), moves several scores: {', '.join(moved)}"
    zh = f"`{one.entity}`的同一事实{label}({' → '.join(raws)})使多项得分变动:{'、'.join(moved)}"
    return Witness("no_double_count", cases[0], cases[1], one.entity, en, zh)


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


def reach(at: Bench, looked: Study, name: str) -> Tried:
    """The worst and the best report of an indicator, between which lies more than its points; or whatever there is, if
    it is known to be less."""
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
        least = best.value - worst.value if less else None
        told = partial(_reaching, looked, name, at.name, least)
        witness = told((worst.case, best.case))
        if witness is not None:
            return Tried(plain(witness, told), cases)
    return Tried(None, cases)


def _reaching(looked: Study, name: str, entity: str, least: Fraction | None, cases: tuple[Case, ...]) -> Witness | None:
    """Between the cases the score moves by so much at least; None: by more than its points."""
    scored, part = [after(case) for case in cases], looked.indicators[name]
    first, last = (values_at(found.result, part.score, entity)[""] if found is not None else None for found in scored)
    points = looked.whole_range(part.points).high
    if not isinstance(first, Fraction) or not isinstance(last, Fraction) or points is None:
        return None
    width = last - first
    if width <= points if least is None else width < least:
        return None
    moved, whole, label = _points(width), _points(points), part.label or part.name
    en = f"between these reports of `{label}` its score moves by {moved} points, of {whole}"
    zh = f"`{label}`填报如此变动时,其得分变动{moved}分,分值为{whole}分"
    return Witness("proportional", cases[0], cases[1], entity, en, zh)


def unexplained(at: Bench, looked: Study, indicator: str) -> Tried:
    """A required target that is not met, and that no finding names."""
    met, cases = looked.indicators[indicator].met, 0
    assert met is not None
    told = partial(_unexplained, indicator, met, at.name)
    for case in _with_targets(at, looked, indicator, met):
        cases += 1
        witness = told((case,))
        if witness is not None:
            return Tried(plain(witness, told), cases)
    return Tried(None, cases)


def _unexplained(indicator: str, met: int, entity: str, cases: tuple[Case, ...]) -> Witness | None:
    scored = after(cases[0])
    target = None if scored is None else next(_unnamed(scored, met, entity), None)
    if target is None:
        return None
    label = labels_of(cases[0].policy).get(indicator) or indicator
    known = {one.name: one for one in coordinates(cases[0]) if one.target == target}
    cells = [known[name] for name in ("planned", "due", "actual", "completed_on") if name in known]
    of_en, of_zh = (
        [f"{cell_name(one.name, language)} {cell_text(number_of(one), one, language)}" for one in cells]
        for language in ("en", "zh")
    )
    en = f"`{entity}` has not met `{target}` ({', '.join((label, *of_en))}), which is required, and no finding names it"
    zh = f"`{entity}`未达成必达目标`{target}`({','.join((label, *of_zh))}),没有考核认定列明该目标"
    return Witness("obligations_complete", cases[0], None, entity, en, zh)


def _with_targets(at: Bench, looked: Study, indicator: str, met: int) -> Iterator[Case]:
    """Those of many who show it among the others; and who scores as much as can be, all of whose targets are required,
    with one cell turned: a plan, too, so that who misses it scores no less."""
    for group in at.safe.entities:
        for own, scored in at.worlds.kept(("crowd", group), partial(_crowds, at, group)):
            for name, rows in own.items():
                if any(_unnamed(scored, met, name)):
                    yield case_of_rows(at.maker.policy, (*at.safe.benchmarks, *called(rows, at.name)))
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
            told = put(case, one.place, cell(value, one.unit))
            witness = plain_move(at, "missing_not_rewarded", change, told, silent)
            if witness is not None:
                return Tried(witness, cases)
    return Tried(None, cases)


def unreported(at: Bench) -> Tried:
    """Nothing is reported of one indicator, or of any, and the policy has no result for that."""
    cases = 0
    names = [schema.name for schema in at.maker.policy.plan.schema.indicators]
    for rows in at.safe.entities.values():
        own = called(rows, at.name)
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
                return Tried(Witness("always_defined", case, None, at.name, en, zh), cases)
    return Tried(None, cases)
