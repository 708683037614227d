"""Properties of what happens over time: to a register in the course of a year, and to results over several years.

What must come of it is said here in plain words, not by the rules that the register itself goes by.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Final

from attrs import evolve, frozen

from assessdsl.ast.walk import nodes
from assessdsl.backends.columns import Value
from assessdsl.check import constant, whole
from assessdsl.data.columns import raw_text
from assessdsl.engine import Policy
from assessdsl.facts import Missing, Row
from assessdsl.fairness.course import Course, sent
from assessdsl.fairness.made_histories import Past, past_of
from assessdsl.fairness.made_plans import RATES, number_in, schema_of
from assessdsl.fairness.made_up import Pick, one_of, seldom
from assessdsl.fairness.plain_years import Answer, held, in_bottom, own_row
from assessdsl.fairness.trial import Outcome, Trying, Witness, after
from assessdsl.plan.steps import ENTITY
from assessdsl.record import Entry, Event, Snapshot
from assessdsl.record.state import folded
from assessdsl.result import EntityResult, Result
from assessdsl.source import Span
from assessdsl.syntax.tree import Call, Expression, Name

OfRegister = Callable[[Course, Pick], Outcome]

_SCORED: Final = ("entity", "indicator", "planned", "weight", "due", "required", "baseline", "tags")
"""The columns of a target by which it is scored."""


def _witness(name: str, course: Course, before: Snapshot, after: Snapshot, entity: str, en: str, zh: str) -> Witness:
    return Witness(name, course.case(before), course.case(after), entity, en, zh, course.entries)


def _texts(row: Row) -> dict[str, str]:
    return {column: raw_text(value) for column in _SCORED if (value := row.get(column)) is not None}


def _accepted(entry: Entry) -> bool:
    return entry.event.kind != "attempt"


# ---------------------------------------------------------------- what is frozen


def targets_kept(course: Course, pick: Pick) -> Outcome:
    """Once frozen, no target is taken out or altered in what it is scored by; that it was tried is told of its entity,
    and moves no total."""
    held: dict[str, dict[str, str]] = {}
    asked: dict[tuple[str, object], Mapping[str, object]] = {}  # of the milestones
    tries: list[Entry] = []
    for entry in course.entries:
        event = sent(entry)
        if event.kind == "freeze" and _accepted(entry):
            state = course.snapshot(size=entry.index).state
            held = {name: _texts(row) for name, row in state.targets.items()}
        elif event.kind == "add_target" and _accepted(entry):
            held[event.subject] = {column: str(event.data[column]) for column in _SCORED if column in event.data}
        elif event.kind == "milestone":
            given = {column: event.data[column] for column in ("due", "share") if column in event.data}
            known = asked.setdefault((event.subject, event.data["milestone"]), given)
            if any(known.get(column) != value for column, value in given.items()):
                tries.append(entry)
                if _accepted(entry):
                    return _altered(course, entry, held[event.subject]["entity"], ("put off", "推迟或调减节点"))
        elif event.subject in held and event.kind in ("withdraw_target", "set_target"):
            given = {column: str(event.data[column]) for column in _SCORED if column in event.data}
            out = event.kind == "withdraw_target"
            if out or given != held[event.subject]:
                tries.append(entry)
                if _accepted(entry):
                    done = ("taken out", "移出") if out else ("altered", "变更")
                    return _altered(course, entry, held[event.subject]["entity"], done)
    if not tries:
        return "nothing"
    entry = one_of(pick, tries)
    return _told_and_moved(course, tries, entry, held[sent(entry).subject]["entity"])


def _altered(course: Course, entry: Entry, entity: str, done: tuple[str, str]) -> Witness:
    target, day = sent(entry).subject, sent(entry).valid
    en = f"the frozen target `{target}` is {done[0]} on {day}, and the register takes it"
    return _stepped(course, entry, entity, en, f"已冻结的目标 `{target}` 于 {day} 被{done[1]}，台账未予驳回")


def _stepped(course: Course, entry: Entry, entity: str, en: str, zh: str) -> Witness:
    before, after = (course.snapshot(size=entry.index + more) for more in (0, 1))
    return _witness("targets_kept", course, before, after, entity, en, zh)


def _told_and_moved(course: Course, tries: list[Entry], entry: Entry, entity: str) -> Outcome:
    """One of the tries must be told of its entity; and all of them must leave the totals as they are without them."""
    before, now = (course.result(course.snapshot(size=entry.index + more)) for more in (0, 1))
    target = sent(entry).subject
    if before and now and _about(now.entities[entity], target) <= _about(before.entities[entity], target):
        en = f"that somebody tried to alter the frozen target `{target}` is not told of `{entity}`"
        return _stepped(course, entry, entity, en, f"有人试图变更已冻结的目标 `{target}`，`{entity}` 的结果中没有记载")
    others = [one for one in course.entries if one not in tries]
    without = _other(course, others)
    plain, whole = course.result(without), course.result()
    for name, was in plain.entities.items() if plain else ():
        if whole is None or whole.entities[name].total != was.total:
            totals = (was.total, "nothing" if whole is None else whole.entities[name].total)
            en = f"what was refused moves the total of `{name}` from {totals[0]} to {totals[1]}"
            zh = f"被驳回的变更使 `{name}` 的总分由 {totals[0]} 变为 {'无' if whole is None else totals[1]}"
            return _witness("targets_kept", course, without, course.snapshot(), name, en, zh)
    return "held"


def _about(entity: EntityResult, target: str) -> int:
    refused = [finding for finding in entity.findings if finding.name.endswith("_refused")]
    return sum(citation.target == target for finding in refused for citation in finding.cites)


# ---------------------------------------------------------------- what the policy asks of the register


def register_rules(course: Course, pick: Pick) -> Outcome:
    """The set is frozen when it is complete, added to and adjusted by whom, until when and for what the policy says."""
    some = False
    for entry in course.entries:
        wrong = _against(course, entry)
        some = some or wrong is not None
        if wrong is not None and bool(wrong) == _accepted(entry):
            event = sent(entry)
            about = event.subject or course.policy.name
            if _accepted(entry):
                en, zh = (
                    f"`{about}`: {event.kind} is recorded, though {wrong[0]}",
                    f"`{about}`：{wrong[1]}，台账未予驳回",
                )
            else:
                en, zh = f"`{about}`: {event.kind} is refused for nothing", f"`{about}`：符合办法规定的事项被驳回"
            return Witness("register_rules", course.case(), None, "", f"{en} ({event.valid})", zh, course.entries)
    return "held" if some else "nothing"


def _against(course: Course, entry: Entry) -> tuple[str, ...] | None:
    """What speaks against an event in both languages, or nothing; None where it is not asked."""
    rules, event = course.policy.checked.policy.register, sent(entry)
    if rules is None:
        return None
    match event.kind:
        case "add_target":
            named = event.authority in rules.authorities if rules.authorities else bool(event.authority)
            return () if named else ("no authority that the policy names is behind it", "没有办法规定的批准机关")
        case "adjust" if rules.adjustment is not None:
            rule = rules.adjustment
            if event.authority not in rule.by:
                return (f"`{event.authority}` may not approve it", f"`{event.authority}` 无权批准")
            if event.valid > rule.until:
                return (f"adjustments end on {rule.until}", f"调整截至 {rule.until}")
            if rule.reasons and event.reason not in rule.reasons:
                return (f"`{event.reason}` is no reason for it", f"`{event.reason}` 不是允许的原因")
            before = course.snapshot(size=entry.index).state
            return None if event.subject in before.adjusted else ()  # nothing may be left to change
        case "freeze":
            state = course.snapshot(size=entry.index).state
            if rules.consultation == "required" and (
                state.phase != "consulted" or set(state.entities) - set(state.asked)
            ):
                return ("not everyone was asked", "并未征求全部单位的意见")
            if state.phase == "consulted" and any(one.reply is None for one in state.comments.values()):
                return ("a comment is not answered", "有意见没有答复")
            for name, row in state.targets.items():
                if lacking := [column for column in rules.require if not row.has(column)]:
                    return (f"`{name}` has no {lacking[0]}", f"`{name}` 没有 {lacking[0]}")
            covered = {name.id for name in rules.coverage}
            everyone = any(name.word == "everyone" for name in rules.coverage)
            carrying = {raw_text(row.values["entity"]) for row in state.targets.values()}
            for name, row in state.entities.items():
                group = row.get("group")
                if name not in carrying and (everyone or (group is not None and raw_text(group) in covered)):
                    return (f"`{name}` carries no target", f"`{name}` 没有承担目标")
            if rules.cascade is not None and (short := _short(course.policy, state.targets)):
                return (f"the parts of `{short}` do not reach it", f"`{short}` 分解后的目标达不到该目标")
            return None
        case _:
            return None


def _short(policy: Policy, targets: Mapping[str, Row]) -> str:
    """A target that is broken down into less than it asks."""
    parts: dict[str, list[Fraction]] = {}
    for row in targets.values():
        planned = number_in(policy, row, "planned")
        if (parent := row.get("parent")) is not None and planned is not None:
            parts.setdefault(raw_text(parent), []).append(planned)
    for name, plans in parts.items():
        schema, whole = schema_of(policy, targets[name]), number_in(policy, targets[name], "planned")
        lower = schema.direction == "lower"
        best = min(plans) if lower else max(plans)
        found = best if schema.unit in RATES else sum(plans)
        if whole is not None and (found > whole if lower else found < whole):
            return name
    return ""


# ---------------------------------------------------------------- the order, and what is settled


def _thing(event: Event) -> tuple[object, ...]:
    """What a report is about, and from which day it holds."""
    about = (event.data.get(name, "") for name in ("indicator", "fact", "period"))
    return (event.kind, event.subject, *about, event.valid)


def reports_commute(course: Course, pick: Pick) -> Outcome:
    """Reports about different things, or of different days, may come in any order."""
    entries = course.entries
    corrected = {entry.event.subject for entry in entries if entry.event.kind == "correction"}
    places: dict[tuple[object, ...], list[int]] = {}
    for entry in entries:
        if entry.event.kind in ("report", "progress") and entry.event.key not in corrected:
            places.setdefault(_thing(entry.event), []).append(entry.index)
    free = sorted(several[0] for several in places.values() if len(several) == 1)
    if len(free) < 2:
        return "nothing"
    turn = pick(1, len(free) - 1)
    turned = [*free[turn:], *free[:turn]] if seldom(pick, 3) else free[::-1]
    events = {place: entries[other].event for place, other in zip(free, turned, strict=True)}
    other = [evolve(entry, event=events.get(entry.index, entry.event)) for entry in entries]
    days = sorted({entry.event.valid for entry in entries if entry.event.kind == "progress"})
    day = one_of(pick, days[len(days) // 2 :]) if days else None
    before, then = ([course.snapshot(), course.snapshot(day)], [_other(course, other), _other(course, other, day)])
    one, two = course.result(before[0]), course.result(then[0])
    alike = one is two is None or (one is not None and two is not None and one.digest == two.digest)
    followed = day is None or course.followed(before[1], day) == course.followed(then[1], day)
    if alike and followed:
        return "nothing" if one is None and day is None else "held"
    en, zh = "the same reports, recorded in another order, tell something else", "同样的填报换一个次序登记，结果不同了"
    number = 0 if not alike else 1
    return _witness("reports_commute", course, before[number], then[number], "", en, zh)


def _other(course: Course, entries: Sequence[Entry], day: date | None = None) -> Snapshot:
    return Snapshot(len(entries), "", day, folded(entries, day), course.policy)


def settled(course: Course, pick: Pick) -> Outcome:
    """What was known at a moment has the same result whatever is recorded later: by the number of entries, by the
    moment, and as of a day before all of which the later ones hold."""
    if (known := _moment(course, pick)) is None:
        return "nothing"
    size, as_of, then = known
    register, later = course.register(), course.entries[size:]
    looks = [
        (register.snapshot(as_of, size=size), f"the first {size} entries", f"前 {size} 条"),
        (register.snapshot(as_of, known_at=course.entries[size - 1].recorded), "what was known then", "当时已知的内容"),
    ]
    if as_of is not None and all(entry.event.valid > as_of for entry in later):
        looks.append((register.snapshot(as_of), f"what holds on {as_of}", f"截至 {as_of} 的内容"))
    day, before = as_of or course.entries[size - 1].event.valid, course.snapshot(as_of, size=size)
    for snapshot, en, zh in looks:
        result = course.result(snapshot)
        followed = course.followed(snapshot, day) == course.followed(before, day)
        if result is None or result.digest != then.digest or not followed:
            told = f"by {en} another result comes now than came then", f"按{zh}重新计算，结果与当时不同"
            return _witness("settled", course, before, snapshot, "", *told)
    return "held"


_RENEWING: Final = ("correction", "milestone", "progress")


def _moment(course: Course, pick: Pick) -> tuple[int, date | None, Result] | None:
    """A number of entries, perhaps with a day before what comes after them, for which there is a result; often right
    before something is said otherwise."""
    renewed = [entry.index for entry in course.entries if entry.event.kind in _RENEWING]
    days = sorted({entry.event.valid for entry in course.entries})
    before = bool(renewed) and bool(pick(0, 1))
    size = one_of(pick, renewed) if before else pick(1, len(course.entries))
    as_of = None if before or seldom(pick, 3) else one_of(pick, days)
    then = course.result(course.snapshot(as_of, size=size))
    return None if then is None else (size, as_of, then)


# ---------------------------------------------------------------- several years


@frozen
class _Asked:
    """A condition over years, as the policy writes it: of how many, of those last by rank."""

    call: Call
    k: int | Fraction
    ties: str
    peers: str
    rounded: str
    least: int
    years: int
    at_least: int
    missing: str
    within: int

    def of_year(self, row: tuple[str, int | None] | None, year: Mapping[str, tuple[str, int | None]]) -> Answer:
        return in_bottom(
            row, dict(year), self.k, ties=self.ties, peers=self.peers, rounded=self.rounded, at_least=self.least
        )


def _labelled(call: Call) -> dict[str, Expression]:
    return {one.key.id: one.value for one in call.arguments if isinstance(one.key, Name)}


def _word(expression: Expression | None) -> str:
    return expression.word or expression.text if isinstance(expression, Name) else ""


def asked_of_years(policy: Policy) -> Iterator[_Asked]:
    """The `streak` and `held` of the policy's findings that ask for the last by rank."""
    checked = policy.checked

    def number(expression: Expression | None, otherwise: int) -> int:
        found = None if expression is None else whole(expression, checked)
        return otherwise if found is None else found

    for finding in checked.policy.findings:
        for call in nodes(finding.when):
            if not isinstance(call, Call) or call.function.id not in ("streak", "held"):
                continue
            last = call.arguments[0].value
            if not isinstance(last, Call) or last.function.id != "in_bottom":
                continue
            known, of, last_of = constant(last.arguments[0].value, checked), _labelled(call), _labelled(last)
            rounded = _word(last_of.get("rounded"))
            if known is None or not isinstance(known[0], Fraction) or rounded not in ("", "up", "down"):
                continue
            years = number(of.get("years"), 1)
            yield _Asked(
                call, known[0], _word(last_of.get("ties")), _word(last_of.get("of")), rounded,
                number(last_of.get("at_least"), 0), years, number(of.get("at_least"), years),
                _word(of.get("missing")) or "unknown", number(of.get("within"), 0),
            )  # fmt: skip


def years_exact(trying: Trying) -> Outcome:
    """A rule over years holds exactly where its condition held in each of them, through predecessors; it is open only
    where a year that is not known could decide it."""
    past = past_of(trying.maker, trying.case, trying.pick)
    then = after(past.case)
    if then is None or then.result.trace is None:
        return "nothing"
    trace, some = then.result.trace, False
    for asked in asked_of_years(trying.policy):
        steps = [step for step in trace.plan.steps if step.grain == ENTITY and _at(step.span) == _at(asked.call.span)]
        values = trace.columns.at(steps[-1].id, ENTITY)
        for row, name in enumerate(trace.columns.layout.entities):
            some = True
            found, wanted = _answer(values[row]), _wanted(asked, past, then.result, name)
            if found is not wanted:
                words = {True: ("yes", "是"), False: ("no", "否"), None: ("open", "待定")}
                condition = asked.call.span.text
                en = f"`{condition}` of `{name}` is {words[found][0]}, and by its years it is {words[wanted][0]}"
                zh = f"`{name}` 的 `{condition}` 为{words[found][1]}，按各年情况应为{words[wanted][1]}"
                return Witness("years_exact", past.case, None, name, en, zh)
    return "held" if some else "nothing"


def _at(span: Span) -> tuple[str, int, int]:
    """Where it stands: a policy that is kept as a plan has its text read anew."""
    return span.source.name, span.start, span.end


def _answer(value: Value) -> Answer:
    return None if isinstance(value, Missing) else bool(value)


def _wanted(asked: _Asked, past: Past, result: Result, name: str) -> Answer:
    now = {one.entity: (one.group, one.rank) for one in result.entities.values()}
    answers = [asked.of_year(now[name], now)]
    for ago in range(1, max(asked.years, asked.within)):
        year = past.years.get(ago, {})
        answers.append(asked.of_year(own_row(name, past.lineage.get(name, ()), year), year))
    return held(answers, asked.at_least, asked.years, asked.missing, asked.within)


TRIALS: dict[str, Callable[[Trying], Outcome]] = {"years_exact": years_exact}
OF_REGISTERS: dict[str, OfRegister] = {
    "targets_kept": targets_kept,
    "register_rules": register_rules,
    "reports_commute": reports_commute,
    "settled": settled,
}
