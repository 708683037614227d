"""Registers made up for a policy: what happens to its targets in a year, from the first draft to the final result.

What may be recorded is decided by the register's own rules; what must be refused is tried too. A case gives the targets
and what is reported of them; whatever else happens is asked of a `Pick`, of which the simplest is that it does not
happen.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, Final, Literal

from attrs import Factory, define, evolve, field

from assessdsl.ast.register import Register as Rules
from assessdsl.binding.values import read_value
from assessdsl.data import from_records
from assessdsl.data.columns import raw_text
from assessdsl.facts import Facts, Row
from assessdsl.fairness.breakpoints import Input
from assessdsl.fairness.case import Case, resolution_of, with_cell, written
from assessdsl.fairness.course import Course, sent
from assessdsl.fairness.made_plans import (
    ambitious,
    broken_down,
    by_milestones,
    milestones,
    number_in,
    put_off,
    reached,
    schema_of,
)
from assessdsl.fairness.made_up import Maker, Pick, cell, near, one_of, seldom
from assessdsl.quantity import Unit
from assessdsl.record import Entry, Event, Snapshot
from assessdsl.record.appeals import last_day
from assessdsl.record.intake import events_of_rows
from assessdsl.record.register import policy_data
from assessdsl.record.rules import decide
from assessdsl.record.state import Report, apply, attempt_of, folded

_STEPS: Final = 10  # beside the reports, between the freeze and the results
_DAY: Final = timedelta(days=1)
_AROUND: Final = (timedelta(0), -_DAY, _DAY)  # on the day of a deadline, the day before, the day after

_WORDS: Final = {
    "en": ("target office", "someone", "the council", "bad luck", "minutes", "counted wrongly", "the mayor, no. 12"),
    "zh": ("目标办", "某人", "常委会", "运气不好", "会议纪要", "统计有误", "市长批示第12号"),
}


def course_of(maker: Maker, case: Case, pick: Pick) -> Course:
    """A register of the targets of a case, to which its facts are reported."""
    keeping = _Keeping(maker, pick, case)
    keeping.plan()
    if keeping.freeze():
        keeping.run()
        keeping.conclude()
    return keeping.course


@define
class _Keeping:
    """A register while it is kept."""

    maker: Maker
    pick: Pick
    case: Case
    entries: list[Entry] = Factory(list)
    held: Snapshot = Factory(lambda: Snapshot(0, "", None, folded(()), None))  # what they say
    beside: Facts = field(init=False)
    rules: Rules = field(init=False)
    now: datetime = field(init=False)

    def __attrs_post_init__(self) -> None:
        facts, policy = self.case.facts, self.maker.policy
        self.now = datetime(self.year, 1, 1, 9, tzinfo=UTC)
        attributes = any(fact.attribute for fact in policy.plan.schema.facts)  # which the register does not take
        entities = facts.entities if attributes else ()
        self.beside = Facts(entities=entities, benchmarks=facts.benchmarks, history=facts.history)
        self.rules = policy.checked.policy.register or Rules()

    @property
    def course(self) -> Course:
        return Course(self.maker.policy, tuple(self.entries), self.beside)

    @property
    def year(self) -> int:
        return self.maker.policy.plan.schema.period.year

    def word(self, number: int) -> str:
        return _WORDS[self.maker.policy.language][number]

    def record(self, kind: str, subject: str, day: date, **given: Any) -> Entry:
        return self.send(Event(kind, subject, day, self.word(0), **given))

    def send(self, event: Event) -> Entry:
        """What becomes of an event, as Register.record decides it. What holds from a day is recorded at its noon, or
        right after what was recorded last."""
        event = event if event.key else evolve(event, key=f"{event.kind}-{len(self.entries)}")
        if (known := self.held.state.keys.get(event.key)) is not None:
            return known
        if event.kind != "open":  # of which the policy is read anew, as long as that takes
            decision = decide(self.maker.policy, self.held.state, event)
            if not decision.accepted:
                refused = tuple({"code": one.code, "severity": one.severity} for one in decision.diagnostics)
                event = attempt_of(event, decision.changes, refused)
        self.now = max(self.now + timedelta(minutes=1), datetime.combine(event.valid, time(12), UTC))
        entry = Entry(len(self.entries), self.now, event)
        self.entries.append(entry)
        apply(self.held.state, entry)
        return entry

    # ------------------------------------------------------------ what is planned

    def plan(self) -> None:
        policy, facts = self.maker.policy, self.case.facts
        day = date(self.year, 1, 10)
        self.record("open", policy.name, day, data=policy_data(policy))
        for event in events_of_rows("enrol", facts.entities, day, self.word(0)):
            self.send(event)
        targets = [ambitious(policy, self.rules, row) for row in facts.targets]
        for row in broken_down(policy, self.rules, self.pick, targets):
            self._set(row, day)
        covered = {name.id for name in self.rules.coverage}
        everyone = any(name.word == "everyone" for name in self.rules.coverage)
        carrying = {str(row.values["entity"].raw) for row in facts.targets}
        for row in facts.entities:
            name, group = (str(row.values[column].raw) if row.has(column) else "" for column in ("entity", "group"))
            if name not in carrying and (everyone or group in covered):
                for target in from_records(targets=self.maker.carried(self.pick, name, group)).targets:
                    self._set(ambitious(policy, self.rules, target), day)
        followed = by_milestones(policy)
        for name, row in self.held.state.targets.items():
            if schema_of(policy, row).name in followed and self.pick(0, 1):
                for data in milestones(policy, self.pick):
                    self.record("milestone", name, day, data=data)

    def _set(self, row: Row, day: date) -> None:
        for event in events_of_rows("set_target", (row,), day, self.word(0)):
            self.send(event)

    def freeze(self) -> bool:
        """Whether it came to a freeze."""
        declared = self.rules.freeze or date(self.year, 2, 28)
        required = self.rules.consultation == "required"
        day = declared - timedelta(days=20)
        if seldom(self.pick, 4):
            self._replanned(day)
        if seldom(self.pick, 6):
            self.record("amend_policy", "", day, data=policy_data(self.maker.policy), reason=self.word(5))
        if required and seldom(self.pick, 4):
            self.record("freeze", "", day)  # refused: nobody was asked
        if required or self.pick(0, 1):
            self._consulted(day)
        day = declared + one_of(self.pick, _AROUND)
        return self.record("freeze", "", day).event.kind == "freeze"

    def _replanned(self, day: date) -> None:
        """As long as nothing is frozen, a target is made easier, or taken out and set anew."""
        targets = self.held.state.targets
        if not targets:
            return
        row = targets[one_of(self.pick, list(targets))]
        if self.pick(0, 1):
            self.record("withdraw_target", str(row.values["target"].raw), day)
            self._set(row, day)
        elif self.rules.ambition is None and (easier := self._easier(row)):
            self._set(with_cell(row, *one_of(self.pick, easier)), day)

    def _consulted(self, day: date) -> None:
        waiting = []
        for name in self.held.state.entities:
            self.record("consult", name, day)
            if seldom(self.pick, 4):
                key = f"comment-{name}"
                self.record("comment", name, day, key=key, data={"text": self.word(3)})
                waiting.append(key)
        if waiting and self.pick(0, 1):
            self.record("close_consultation", "", day)  # refused: not everyone was answered
        for key in waiting:
            self.record("reply", key, day + _DAY, data={"text": self.word(4), "adopted": bool(self.pick(0, 1))})
        self.record("close_consultation", "", day + _DAY)

    # ------------------------------------------------------------ what is reported, and what else happens

    def run(self) -> None:
        facts, last = self.case.facts, date(self.year, 12, 31)
        reports = events_of_rows("report", facts.facts, last, self.word(0))
        events = [
            evolve(event, key=f"report-{number + 1}", valid=self._day() if seldom(self.pick, 3) else last)
            for number, event in enumerate(reports)
        ]
        events += events_of_rows("judgement", facts.judgements, last, self.word(0))
        steps: list[Callable[[], object]] = [lambda event=event: self.send(event) for event in events]  # type: ignore[misc]
        happens = _HAPPENS if self.maker.policy.checked.policy.monitoring is None else (*_HAPPENS, *_FOLLOWED)
        for _ in range(self.pick(0, _STEPS)):
            what = one_of(self.pick, happens)
            steps.insert(self.pick(0, len(steps)), lambda what=what: what(self, self._day()))  # type: ignore[misc]
        for step in steps:
            step()

    def _day(self) -> date:
        """A day between the freeze and the end of the year."""
        frozen = self.held.state.frozen_on or date(self.year, 2, 28)
        return frozen + self.pick(0, max(0, (date(self.year, 12, 31) - frozen).days)) * _DAY

    def _held(self) -> Row | None:
        rows = self.held.state.held
        return rows[one_of(self.pick, list(rows))] if rows else None

    def _easier(self, row: Row) -> list[tuple[str, Any]]:
        """What would make a target easier, by column."""
        schema = schema_of(self.maker.policy, row)
        planned, step = number_in(self.maker.policy, row, "planned"), resolution_of(schema.unit, schema.places)
        found: list[tuple[str, Any]] = []
        if planned is not None:
            easier = planned + step if schema.direction == "lower" else planned - step
            found += [("planned", written(easier, schema.unit))] if easier >= 0 else []
        for column in ("weight", "due", "required"):
            match raw_text(value) if (value := row.get(column)) is not None else "":
                case "":
                    pass
                case text if column == "due":
                    found.append((column, date.fromisoformat(text) + _DAY))
                case text if column == "weight":
                    weight = read_value(row.values[column], schema.unit, None).value
                    found += [(column, weight / 2)] if isinstance(weight, Fraction) else []
                case "TRUE":
                    found.append((column, False))
        return found

    def easier(self, day: date) -> None:
        """A frozen target is to be made easier: refused."""
        if (row := self._held()) is not None and (found := self._easier(row)):
            self._set(with_cell(row, *one_of(self.pick, found)), day)

    def taken_out(self, day: date) -> None:
        if (row := self._held()) is not None:
            self.record("withdraw_target", str(row.values["target"].raw), day)

    def described(self, day: date) -> None:
        """What a target is scored by stays as it is."""
        if (row := self._held()) is not None:
            self._set(with_cell(row, "owner", self.word(1)), day)

    def added(self, day: date) -> None:
        """On behalf of an authority that the policy names, or of none."""
        if (row := self._held()) is None or not schema_of(self.maker.policy, row).shared:
            return  # of an indicator that is not shared a second target would not be scored
        name = f"{row.values['target'].raw} +{len(self.held.state.added) + 1}"
        (event,) = events_of_rows("add_target", (with_cell(row, "target", name),), day, self.word(0))
        authority = one_of(self.pick, (*(self.rules.authorities or (self.word(2),)), self.word(1), ""))
        data = {column: held for column, held in event.data.items() if column != "authority"}
        self.send(evolve(event, authority=authority, data=data))

    def adjusted(self, day: date) -> None:
        """By who may approve it or by another, in time or a day late, for a reason that is allowed or not."""
        row, rule = self._held(), self.rules.adjustment
        easier = [] if row is None else [one for one in self._easier(row) if one[0] != "required"]
        if row is None or rule is None or not easier:
            return
        column, raw = one_of(self.pick, easier)
        text = raw_text(with_cell(row, column, raw).values[column])
        wrong = self.pick(0, 3)  # one thing at a time
        self.record(
            "adjust", str(row.values["target"].raw), rule.until + (_DAY if wrong == 1 else -_DAY * self.pick(0, 1)),
            data={column: text}, authority=self.word(1) if wrong == 2 else one_of(self.pick, rule.by),
            reason=self.word(3) if wrong == 3 else one_of(self.pick, rule.reasons or (self.word(5),)),
        )  # fmt: skip

    def instructed(self, day: date) -> None:
        """Answered in time or a day late; returned, answered again and done."""
        name, due = f"instruction-{len(self.held.state.instructions) + 1}", day + 10 * _DAY
        owner = one_of(self.pick, list(self.held.state.entities))
        order = {"source": self.word(6), "owner": owner, "content": self.word(4), "due": due.isoformat()}
        self.record("instruct", name, day, data=order)
        if self.pick(0, 2):
            self.record("reply_instruction", name, due + one_of(self.pick, _AROUND))
            if seldom(self.pick, 3):
                self.record("return_instruction", name, due + _DAY, reason=self.word(5))
                self.record("reply_instruction", name, due + 2 * _DAY)
            if self.pick(0, 1):
                self.record("complete_instruction", name, due + 3 * _DAY)

    def corrected(self, day: date) -> None:
        """A report is withdrawn, or is to say something else."""
        if (report := self._report()) is not None:
            other = self._other(report) if self.pick(0, 1) else None
            data = {"withdrawn": True} if other is None else {"actual": other}
            self.record("correction", report.entry.event.key, day, data=data, reason=self.word(5))

    def reported(self, day: date) -> None:
        """Once more of the same, from another day."""
        if (report := self._report()) is not None and (other := self._other(report)) is not None:
            event = report.entry.event
            self.send(evolve(event, key="", valid=day, data={**event.data, "actual": other}))

    def _report(self) -> Report | None:
        reports = self.held.state.reports
        return reports[one_of(self.pick, list(reports))] if reports else None

    def _other(self, report: Report) -> str | None:
        """What might have been reported instead."""
        row, schema = report.row, self.maker.policy.plan.schema
        if row.has("fact"):
            name = str(row.values["fact"].raw)
            fact = next(one for one in schema.facts if one.name == name)
            input, unit, places = Input("entity", name), fact.unit, fact.places
        else:
            target = row.get("target")
            indicator = schema_of(
                self.maker.policy, row if target is None else self.held.state.targets[str(target.raw)]
            )
            source: Literal["entry", "target"] = "entry" if indicator.many_entries else "target"
            input, unit, places = Input(source, "actual", indicator.name), indicator.unit, indicator.places
        if not row.has("actual") or unit in (Unit.YES_NO, Unit.TEXT):
            return None
        value = cell(near(self.maker, self.pick, input, unit, places, {}), unit)
        return raw_text(with_cell(row, "actual", value).values["actual"])

    def again(self, day: date) -> None:
        """What was sent already: nothing is recorded."""
        self.send(sent(one_of(self.pick, self.entries)))

    def judged(self, day: date) -> None:
        if judgements := self.maker.policy.plan.schema.judgements:
            data: dict[str, Any] = {"judgement": one_of(self.pick, judgements), "author": self.word(1)}
            data |= {"withdrawn": True} if seldom(self.pick, 3) else {}
            name = one_of(self.pick, list(self.held.state.entities))
            self.record("judgement", name, day, data=data, evidence=(self.word(4),))

    def progressed(self, day: date) -> None:
        """Once, or every thirty days."""
        if (row := self._held()) is not None:
            for number in range(1 + self.pick(0, 3)):
                share = {"share": f"{10 * self.pick(0, 10)}%"}
                self.record("progress", str(row.values["target"].raw), day + 30 * number * _DAY, data=share)

    def milestone(self, day: date) -> None:
        """One is reached; or it is to be put off, which is refused."""
        if known := [one.event for one in self.held.state.of_kind("milestone") if "due" in one.event.data]:
            event = one_of(self.pick, known)
            data = (reached, reached, put_off)[self.pick(0, 2)](event.data, self.pick)
            day = date.fromisoformat(data["done_on"]) if "done_on" in data else day
            self.record("milestone", event.subject, day, data=data)

    # ------------------------------------------------------------ what comes of it

    def conclude(self) -> None:
        """Up to some stage: worked out, published, appealed, final."""
        stages, day = self.pick(0, 4), date(self.year + 1, 1, 10)
        result = self.course.result()
        if not stages or result is None:
            return
        self.record("assess", "", day, data={"digest": result.digest})
        if stages > 1:
            self.record("publish", "", day + _DAY)
        if stages > 2:
            self._appealed(day + _DAY, result.digest)
        if stages > 3:
            self.record("finalise", "", day + 60 * _DAY)

    def _appealed(self, published: date, digest: str) -> None:
        """On the last day, the day before or the day after; what is upheld is corrected, and published once more."""
        last = last_day(self.maker.policy, published) or published + 15 * _DAY
        name = one_of(self.pick, list(self.held.state.entities))
        given: dict[str, Any] = {"data": {"claim": self.word(5)}, "evidence": (self.word(4),)}
        day = last + one_of(self.pick, _AROUND)
        made = self.record("appeal", name, day, key=f"appeal-{name}", **given)
        upheld = bool(self.pick(0, 1))
        ruling: dict[str, Any] = {"authority": self.word(2), "reason": self.word(5)}
        self.record("ruling", made.event.key, day + 5 * _DAY, data={"upheld": upheld}, **ruling)
        if upheld:
            self.corrected(day + 5 * _DAY)
            result = self.course.result()
            if result is not None and result.digest != digest:
                data = {"digest": result.digest, "replaces": digest}
                self.record("revise", "", day + 6 * _DAY, data=data, **ruling)


_HAPPENS: Final = (
    _Keeping.described, _Keeping.again, _Keeping.easier, _Keeping.taken_out, _Keeping.taken_out,
    _Keeping.added, _Keeping.adjusted,
    _Keeping.instructed, _Keeping.reported, _Keeping.corrected, _Keeping.judged, _Keeping.reported,  # most often
)  # fmt: skip
_FOLLOWED: Final = (_Keeping.progressed, _Keeping.progressed, _Keeping.milestone) * 2
