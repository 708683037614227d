"""A state machine over the life of a register: whatever is sent in whatever order, it does as the model says."""

import json
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final

import pytest
from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from registers import POLICY

import assessdsl
from assessdsl.diagnostics import DataError, RegisterError
from assessdsl.facts import Facts, Row
from assessdsl.record import Entry, Event, Register, Snapshot, Store, evaluate, verify_result
from assessdsl.record.canonical import encode
from assessdsl.record.register import policy_data
from life.model import Line, Now, Rules, after, after_the_freeze, filled, refused, tables

COUNCIL, MAYOR = "the council", "the mayor"
STRICT: Final = POLICY.replace("    cascade sums\n", "").replace(
    '  component base "Base" {',
    '  judgement idle "Idle"\n  fact accidents count missing zero\n  component base "Base" {',
)
LOOSE: Final = STRICT[: STRICT.index("  register {")] + "  register { consultation optional; removal forbidden }\n}\n"
POLICIES: Final = {
    assessdsl.loads(STRICT): Rules(
        True, ("owner", "due"), ("county",), Fraction(1, 2), (COUNCIL, MAYOR), (COUNCIL,), date(2022, 9, 30),
        ("flood", "drought"),
    ),
    assessdsl.loads(LOOSE): Rules(False, (), (), None, (), (), date.min, ()),
}  # fmt: skip
RULES: Final = {policy.fingerprint: rules for policy, rules in POLICIES.items()}

DAYS: Final = (
    date(2022, 1, 1), date(2022, 1, 10), date(2022, 2, 28), date(2022, 3, 1), date(2022, 6, 30), date(2022, 9, 30),
    date(2022, 10, 1), date(2022, 12, 31), date(2023, 1, 15),
)  # fmt: skip
ENTITIES: Final = ("east", "west", "north", "nowhere")
TARGETS: Final = ("t1", "t2", "t3", "t4")
PLANNED: Final = {"growth": ("8%", "8.0%", "7.9%", "7.5%", "9%", "soon"), "spending": ("100", "101", "99", "130", "")}
BASELINE: Final = {"growth": "7%", "spending": "120"}
WHO: Final = (COUNCIL, COUNCIL, MAYOR, "someone", "")

days, who, names = st.sampled_from(DAYS), st.sampled_from(WHO), st.sampled_from(TARGETS)
entities = st.sampled_from((*ENTITIES, *ENTITIES[:2] * 2))
keyless = st.sampled_from((False, False, False, True))


@st.composite
def columns(draw: st.DrawFn) -> dict[str, str]:
    """Those of a target; mostly one that can be frozen."""
    indicator = draw(st.sampled_from(("growth", "growth", "spending")))
    data = {
        "entity": draw(entities), "indicator": indicator, "planned": draw(st.sampled_from(PLANNED[indicator])),
        "baseline": BASELINE[indicator], "weight": draw(st.sampled_from(("1", "2"))), "required": "yes",
        "owner": draw(st.sampled_from(("Li", "Li", "Li", ""))),
        "due": draw(st.sampled_from(("2022-12-31", "2022-11-30"))),
    }  # fmt: skip
    more = {"tags": "jobs", "split_of": draw(names)}
    return data | {name: more[name] for name in draw(st.sampled_from(((), (), (), ("tags",), ("split_of",))))}


ALTERED: Final = (
    ("planned", "7.9%"), ("planned", "8.1%"), ("planned", "101"), ("planned", "99"), ("planned", ""),
    ("planned", "8.00%"),
    ("weight", "0.5"), ("weight", "2"), ("weight", "3"), ("due", "2023-01-01"), ("due", "2022-12-30"), ("due", ""),
    ("required", "no"), ("tags", "roads"), ("baseline", "6"), ("owner", "Wang"), ("entity", "west"),
    ("entity", "nowhere"), ("indicator", "growth"), ("standard", "as the ministry says"), ("planned", "soon"),
)  # fmt: skip


# Mostly what the phase is for, now and then whatever comes.
early = precondition(lambda self: not self.frozen or len(self.lines) % 5 == 0)
late = precondition(lambda self: self.frozen or len(self.lines) % 5 == 0)
seldom = precondition(lambda self: len(self.lines) % 3 == 0)


class Life(RuleBasedStateMachine):
    """`lines` is what was sent and recorded, in the words of the model."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = datetime(2022, 1, 1, 9, tzinfo=UTC)
        self.store = Store.open(None, clock=lambda: self.clock)
        self.programs = [Register(self.store), Register(self.store)]
        self.lines: list[Line] = []
        self.bodies: list[str] = []
        self.seen: list[tuple[Snapshot, Any]] = []
        self.results: list[str] = []
        self.compared = -1

    @property
    def frozen(self) -> bool:
        return after(self.lines).frozen is not None

    def one_of(self, number: int) -> str:
        """The name of a target, mostly of one that is there."""
        targets = list(after(self.lines).targets) or list(TARGETS)
        return targets[number % len(targets)] if number else "t4"

    # ------------------------------------------------------------ what is sent

    def send(self, kind: str, subject: str, valid: date, program: int = 0, bare: bool = False, **given: Any) -> bool:
        """Sends an event that was not sent before, and compares what became of it."""
        key = "" if bare else f"k{len(self.lines)}"
        event = Event(kind, subject, valid, "office", key, **given)
        last = next((line for line in reversed(self.lines) if line.event.subject == subject), None)
        if bare and last is not None and last.accepted and evolve(last.event, key="") == event:
            return self.sent_again(self.lines.index(last), event, program)
        now = after(self.lines)
        against = refused(now, rules_of(now), event)
        made = self.programs[program].record(event)
        errors = {found.code for found in made.diagnostics if found.is_error}
        assert made.accepted == (not against), (event, against, errors)
        assert all(any(code.startswith(one) for one in against) for code in errors), (event, against, errors)
        assert bool(errors) == bool(against)
        assert made.entry.index == len(self.lines)
        assert bare or made.entry.event.key == key
        self.attempt(now, event, made.entry)
        self.lines.append(Line(evolve(event, key=made.entry.event.key), made.accepted))
        self.bodies.append(encode(made.entry))
        return made.accepted

    def attempt(self, now: Now, event: Event, entry: Entry) -> None:
        """What would have been done to a frozen target is recorded with the attempt."""
        if entry.event.kind != "attempt":
            assert entry.event == evolve(event, key=entry.event.key)
            return
        done: set[str] | None = set()
        row = {"target": event.subject, **filled(event.data)}
        if event.kind in ("set_target", "withdraw_target") and now.frozen is not None:
            _, done = after_the_freeze(now, rules_of(now), event, row)
        elif event.kind == "add_target":
            done = None
        if done is not None:
            attempts = self.programs[0].snapshot().state.attempts
            assert {change.kind for change in attempts[-1].changes} == done, (event, done)

    def sent_again(self, number: int, event: Event, program: int) -> bool:
        """What was sent already, perhaps by another program: nothing is recorded."""
        line = self.lines[number]
        made = self.programs[program].record(event)
        assert (made.entry.index, made.accepted) == (number, line.accepted), line
        assert encode(made.entry) == self.bodies[number]
        return line.accepted

    @initialize(start=st.integers(0, 7))
    def begin(self, start: int) -> None:
        """Some begin in the middle of the life, so that its later parts are reached."""
        kept = next(iter(POLICIES))
        row = {
            "indicator": "growth", "planned": "8%", "baseline": "7%", "weight": "1", "required": "yes", "owner": "Li",
            "due": "2022-12-31",
        }  # fmt: skip
        spending = row | {"indicator": "spending", "planned": "100", "baseline": "120", "tags": "jobs"}
        steps: list[list[tuple[str, str, dict[str, Any]]]] = [
            [("open", "example", {"data": policy_data(kept)})],
            [
                ("enrol", "east", {"data": {"group": "county"}}), ("enrol", "west", {"data": {"group": "county"}}),
                ("set_target", "t1", {"data": {"entity": "east", **row}}),
                ("set_target", "t2", {"data": {"entity": "west", **spending}}),
            ],
            [("consult", "east", {}), ("consult", "west", {})],
            [("close_consultation", "", {})],
            [("freeze", "", {})],
            [("report", "t1", {"data": {"actual": "7%"}}), ("report", "t2", {"data": {"actual": "100"}})],
            [("assess", "", {"data": {"digest": "x"}}), ("publish", "", {})],
            [("appeal", "east", {"data": {"claim": "no"}, "evidence": ("letter",)})],
        ]  # fmt: skip
        for step in steps[: start + 1 if start else 0]:
            for kind, subject, given in step:
                assert self.send(kind, subject, DAYS[0], **given)

    @seldom
    @rule(number=st.integers(0, 1), kind=st.sampled_from(("open", "amend_policy")), wrong=keyless)
    def policy(self, number: int, kind: str, wrong: bool) -> None:
        policy = list(POLICIES)[number]
        data = dict(policy_data(policy)) | ({"fingerprint": policy.fingerprint[:-4] + "0000"} if wrong else {})
        self.send(kind, "example", DAYS[0], data=data, reason="as decided")

    @early
    @rule(subject=entities, day=days, group=st.sampled_from(("county", "county", "town")), bare=keyless)
    def enrol(self, subject: str, day: date, group: str, bare: bool) -> None:
        if subject != "nowhere":
            self.send("enrol", subject, day, bare=bare, data={"group": group})

    @rule(
        kind=st.sampled_from(("set_target", "add_target")), subject=names, day=days, data=columns(),
        authority=who, program=st.integers(0, 1), bare=keyless,
    )  # fmt: skip
    def target(
        self, kind: str, subject: str, day: date, data: dict[str, str], authority: str, program: int, bare: bool
    ) -> None:
        self.send(kind, subject, day, program, bare, data=data, authority=authority)

    @rule(number=st.integers(0, 9), change=st.sampled_from(ALTERED), day=days)
    def change_one(self, number: int, change: tuple[str, str], day: date) -> None:
        """One column of a target that is there."""
        targets = after(self.lines).targets
        if targets:
            name, row = list(targets.items())[number % len(targets)]
            data = {column: text for column, text in row.items() if column not in ("target", "authority")}
            self.send("set_target", name, day, data=data | dict([change]), authority=row.get("authority", ""))

    @seldom
    @rule(subject=names, day=days, program=st.integers(0, 1), bare=keyless)
    def withdraw(self, subject: str, day: date, program: int, bare: bool) -> None:
        self.send("withdraw_target", subject, day, program, bare)

    @early
    @rule(subject=entities, day=days, kind=st.sampled_from(("consult", "comment")))
    def ask(self, subject: str, day: date, kind: str) -> None:
        self.send(kind, subject, day, data={"text": "too high"} if kind == "comment" else {})

    @early
    @rule(number=st.integers(0, 9), day=days)
    def reply(self, number: int, day: date) -> None:
        waiting = list(after(self.lines).waiting)
        self.send("reply", waiting[number % len(waiting)] if waiting else "none", day, data={"text": "agreed"})

    @early
    @rule(kind=st.sampled_from(("close_consultation", "freeze", "freeze")), day=days, program=st.integers(0, 1))
    def proceed(self, kind: str, day: date, program: int) -> None:
        self.send(kind, "", day, program)

    @late
    @rule(
        number=st.integers(0, 9), day=days, authority=who, reason=st.sampled_from(("flood", "flood", "bad luck")),
        column=st.sampled_from((("planned", "7.5%"), ("planned", "101"), ("due", "2023-03-31"), ("weight", "0.5"))),
        program=st.integers(0, 1),
    )  # fmt: skip
    def adjust(
        self, number: int, day: date, authority: str, reason: str, column: tuple[str, str], program: int
    ) -> None:
        given: Any = {"data": dict([column]), "authority": authority, "reason": reason}
        self.send("adjust", self.one_of(number), day, program, **given)

    @rule(subject=st.sampled_from(("i1", "i2")), owner=entities, day=days, due=days)
    def instruct(self, subject: str, owner: str, day: date, due: date) -> None:
        data = {"source": "no. 12", "owner": owner, "content": "repair the bridge", "due": due.isoformat()}
        self.send("instruct", subject, day, data=data)

    @rule(
        subject=st.sampled_from(("i1", "i2")), day=days, due=st.none() | days,
        kind=st.sampled_from(("reply_instruction", "reply_instruction", "return_instruction", "complete_instruction")),
    )  # fmt: skip
    def answer(self, kind: str, subject: str, day: date, due: date | None) -> None:
        new_day = kind == "return_instruction" and due is not None
        self.send(kind, subject, day, data={"due": str(due)} if new_day else {}, reason="no figures")

    @late
    @rule(
        about=st.sampled_from(("target", "target", "warning", "accidents")), number=st.integers(0, 9), entity=entities,
        day=days, actual=st.sampled_from(("7", "3", "many")), program=st.integers(0, 1), bare=keyless,
    )  # fmt: skip
    def report(self, about: str, number: int, entity: str, day: date, actual: str, program: int, bare: bool) -> None:
        subject, data = self.one_of(number), {"actual": actual}
        if about == "target":
            known = after(self.lines).targets.get(subject, {})
            data["actual"] += "%" if known.get("indicator") == "growth" and actual != "many" else ""
        else:
            data |= {"indicator": about} if about == "warning" else {"fact": about}
        self.send("report", subject if about == "target" else entity, day, program, bare, data=data)

    @late
    @rule(number=st.integers(0, 9), day=days, withdrawn=st.sampled_from((None, True, False)))
    def correct(self, number: int, day: date, withdrawn: bool | None) -> None:
        reports = list(after(self.lines).reports)
        data: dict[str, Any] = {"actual": "5"} if withdrawn is None else {"withdrawn": withdrawn}
        subject = reports[number % len(reports)] if reports else "none"
        self.send("correction", subject, day, data=data, reason="counted twice")

    @seldom
    @rule(kind=st.sampled_from(("assess", "publish", "finalise", "revise")), day=days, program=st.integers(0, 1))
    def conclude(self, kind: str, day: date, program: int) -> None:
        data = {"assess": {"digest": "x"}, "revise": {"digest": "y", "replaces": "x"}}.get(kind, {})
        self.send(kind, "", day, program, data=data, authority=COUNCIL, reason="as ruled")

    @late
    @rule(
        kind=st.sampled_from(("judgement", "judgement", "appeal", "use", "explanation", "acceptance")),
        subject=entities, day=days, withdrawn=st.booleans(),
    )  # fmt: skip
    def of_an_entity(self, kind: str, subject: str, day: date, withdrawn: bool) -> None:
        data: dict[str, Any] = {
            "judgement": {"judgement": "idle", "author": "Wu", "withdrawn": withdrawn},
            "appeal": {"claim": "counted twice"},
            "use": {"result": "x", "purpose": "honour", "document": "no. 7"},
            "explanation": {"text": "the flood"},
            "acceptance": {"accepted": withdrawn},
        }[kind]
        self.send(kind, subject, day, data=data, evidence=("minutes", "photos"))

    @late
    @rule(number=st.integers(0, 99), day=days)
    def rule_on(self, number: int, day: date) -> None:
        """On an appeal, or on something that is none."""
        known = list(after(self.lines).appeals) or [line.event.key for line in self.lines] or ["none"]
        known.sort()
        self.send(
            "ruling", known[number % len(known)], day, data={"upheld": True}, authority=COUNCIL, reason="as measured"
        )

    # ------------------------------------------------------------ what is sent again, and by whom

    @precondition(lambda self: self.lines)
    @rule(number=st.integers(0, 99), program=st.integers(0, 1))
    def again(self, number: int, program: int) -> None:
        number %= len(self.lines)
        self.sent_again(number, self.lines[number].event, program)

    @precondition(lambda self: self.lines)
    @rule(number=st.integers(0, 99))
    def another_under_its_key(self, number: int) -> None:
        event = self.lines[number % len(self.lines)].event
        with pytest.raises(RegisterError) as error:
            self.programs[0].record(evolve(event, actor="someone else"))
        assert [found.code for found in error.value.diagnostics] == ["AS7108"]

    @rule(program=st.integers(0, 1))
    def reopen(self, program: int) -> None:
        self.programs[program] = Register(self.store)

    @rule(minutes=st.integers(-2000, 200_000))
    def pass_time(self, minutes: int) -> None:
        """A clock may also be set back."""
        self.clock += timedelta(minutes=minutes)

    # ------------------------------------------------------------ what is read

    @rule(day=st.none() | days, size=st.none() | st.integers(0, 60), known=st.booleans())
    def look(self, day: date | None, size: int | None, known: bool) -> None:
        """A snapshot of a day, of a size, of what was known at a moment."""
        at = None
        if known and self.store.size:
            entries = self.store.entries()
            at = entries[(size or 0) % len(entries)].recorded
            size = sum(entry.recorded <= at for entry in entries)
        held = self.lines[:size]
        snapshot = self.programs[1].snapshot(
            day, size=None if known else min(size or 0, len(held)) if size is not None else None, known_at=at
        )
        self.compare(snapshot, after(held, day))
        self.seen.append((snapshot, shown(snapshot)))

    def compare(self, snapshot: Snapshot, now: Now) -> None:
        assert (snapshot.state.phase, snapshot.state.fingerprint) == (now.phase, now.policy)
        for adjusted in (False, True):
            found, wanted = table_texts(snapshot.facts(Facts(), adjusted=adjusted)), in_order(tables(now, adjusted))
            assert found == wanted, [(name, found[name], wanted[name]) for name in found if found[name] != wanted[name]]
        assert {name: one.status for name, one in snapshot.state.instructions.items()} == {
            name: one["status"] for name, one in now.instructions.items()
        }

    @precondition(lambda self: after(self.lines).frozen is not None)
    @rule(day=st.none() | days)
    def assess(self, day: date | None) -> None:
        """A result is that of the model's tables; made again later, it is the same."""
        snapshot = self.programs[0].snapshot(day)
        if snapshot.policy is None:
            return
        given = {name: rows for name, rows in tables(after(self.lines, day)).items() if rows is not None}
        bound = wrong = None
        try:
            bound = evaluate(snapshot.policy, snapshot)
        except DataError as error:
            wrong = {found.code for found in error.diagnostics}
        if bound is None:
            with pytest.raises(DataError) as other:
                assessdsl.evaluate(snapshot.policy, given)
            assert {found.code for found in other.value.diagnostics} == wrong
            return
        plain = assessdsl.evaluate(snapshot.policy, given)
        assert standings(bound.result) == standings(plain)
        self.results.append(bound.to_json())

    # ------------------------------------------------------------ what always holds

    @invariant()
    def only_grows(self) -> None:
        """Every entry is there as it was, the root is that of all of them, no moment comes before an earlier one."""
        if self.compared == self.store.size == len(self.bodies):
            return
        entries = self.store.entries()
        assert [encode(entry) for entry in entries] == self.bodies
        assert all(one.recorded <= other.recorded for one, other in pairwise(entries))
        assert self.store.root() == root([body.encode() for body in self.bodies])
        self.compare(self.programs[0].snapshot(), after(self.lines))
        self.compared = len(entries)

    def teardown(self) -> None:
        """What was once seen, or came out, does so again; every beginning has the root that it had."""
        last = self.programs[1]
        for day in DAYS:
            self.compare(last.snapshot(day), after(self.lines, day))

        for snapshot, before in self.seen:
            again = last.snapshot(snapshot.as_of, size=snapshot.size)
            assert shown(again) == before
            assert again == snapshot
        leaves = [body.encode() for body in self.bodies]
        for size in range(len(leaves) + 1):
            assert self.store.root(size) == root(leaves[:size])
        for kept in self.results:
            assert verify_result(json.loads(kept), last).agrees
        self.store.close()


def rules_of(now: Now) -> Rules:
    return RULES.get(now.policy) or next(iter(RULES.values()))


def shown(snapshot: Snapshot) -> Any:
    return table_texts(snapshot.facts(Facts())), snapshot.findings(), snapshot.state.phase


def table_texts(facts: Facts) -> dict[str, Any]:
    def rows(table: tuple[Row, ...]) -> list[dict[str, Any]]:
        return [{column: value.raw for column, value in row.values.items()} for row in table]

    return in_order(
        {
            "entities": rows(facts.entities),
            "targets": rows(facts.targets),
            "frozen": None if facts.frozen is None else rows(facts.frozen),
            "facts": rows(facts.facts),
            "judgements": rows(facts.judgements),
        }
    )


def in_order(tables: dict[str, Any]) -> dict[str, Any]:
    return {name: rows and sorted(rows, key=lambda row: sorted(row.items())) for name, rows in tables.items()}


def standings(result: assessdsl.Result) -> Any:
    """Without the findings that a register adds."""
    return {
        name: (one.total, one.rank, one.tier, [found.name for found in one.findings if not of_register(found.name)])
        for name, one in result.entities.items()
    }


def of_register(finding: str) -> bool:
    return finding.endswith("_refused") or finding == "instruction_unregistered"


def root(leaves: list[bytes]) -> bytes:
    """As RFC 6962 defines it."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + root(leaves[:left]) + root(leaves[left:])).digest()
