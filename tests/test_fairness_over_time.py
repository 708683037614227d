"""Registers and histories made up for policies, and the properties over time: each finds the faults planted for it."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

import pytest
from attrs import evolve
from histories.engine import policy as policy_of_years
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from registers import POLICY

import assessdsl
from assessdsl import fairness
from assessdsl.backends import data, order
from assessdsl.binding import frozen as binding_frozen
from assessdsl.engine import Policy
from assessdsl.facts import own
from assessdsl.fairness.course import Course, sent
from assessdsl.fairness.made_cases import fixed, make, safe
from assessdsl.fairness.made_histories import past_of
from assessdsl.fairness.made_registers import course_of
from assessdsl.fairness.made_up import maker
from assessdsl.fairness.over_time import OF_REGISTERS
from assessdsl.record import Entry, completeness, register, rules, snapshot, state, succession, verify_result
from assessdsl.record.bound import evaluate
from assessdsl.record.canonical import encode
from assessdsl.record.rules import Case, Decision
from assessdsl.record.snapshot import Snapshot

ROOT = Path(__file__).parent.parent
CITY = assessdsl.load(ROOT / "policies" / "municipal_2022" / "policy.assess")
OFFICE = assessdsl.loads(POLICY)
LOOSE = assessdsl.loads(POLICY[: POLICY.index("  register {")] + "}\n")
FOLLOWED = assessdsl.loads(
    POLICY.replace("      missing zero\n", "      missing zero\n      progress stepped by milestones\n", 1)[:-2]
    + """\
  monitoring {
    progress linear
    light green when progress >= expected
    light red otherwise
  }
}
"""
)
COUNTED = assessdsl.loads(POLICY.replace("unit percent to 1 places", "unit number"))
YEARS = assessdsl.loads(policy_of_years(("g", "h")))
QUICK = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))

Plant = Callable[[pytest.MonkeyPatch], None]


def courses(policy: Policy, number: int) -> list[Course]:
    made = maker(policy)
    well = safe(made)
    assert well is not None
    return [course_of(made, make(made, well, fixed(seed)).case, fixed(7919 * seed)) for seed in range(number)]


@pytest.fixture(scope="module")
def office() -> list[Course]:
    return courses(OFFICE, 60)


# ---------------------------------------------------------------- what is made up


@pytest.mark.parametrize("policy", [CITY, LOOSE], ids=["city", "loose"])
def test_every_register_is_kept_to_some_stage_and_can_be_verified(policy: Policy) -> None:
    found = courses(policy, 5)
    assert all(course.snapshot().state.frozen is not None for course in found)
    for course in found:
        register = course.register()
        for one, other in zip(register.store.entries(), course.entries, strict=True):
            assert evolve(one.event, data={}) == evolve(other.event, data={})
            assert one.event.kind == "attempt" or encode(one) == encode(other)
        if course.result() is None:  # a report was withdrawn without which the policy stops
            continue
        bound = evaluate(policy, register.snapshot(), course.beside)
        assert verify_result(json.loads(bound.to_json()), register, course.beside).agrees


def test_everything_that_happens_to_a_register_happens(office: list[Course]) -> None:
    entries = [entry for course in office for entry in course.entries]
    kinds = Counter(entry.event.kind for entry in entries)
    tried = Counter(str(entry.event.data["kind"]) for entry in entries if entry.event.kind == "attempt")
    wanted = {
        "amend_policy", "set_target", "withdraw_target", "consult", "comment", "reply", "close_consultation", "freeze",
        "add_target", "adjust", "instruct", "reply_instruction", "return_instruction", "complete_instruction", "report",
        "correction", "assess", "publish", "appeal", "ruling", "revise", "finalise",
    }  # fmt: skip
    assert wanted <= kinds.keys(), wanted - kinds.keys()
    assert not {"milestone", "progress"} & kinds.keys(), "the policy does not follow its targets"
    assert {"freeze", "close_consultation", "set_target", "withdraw_target", "add_target", "adjust"} <= tried.keys()


def test_what_the_policy_follows_and_breaks_down_is_made_up_too() -> None:
    found = courses(FOLLOWED, 25)
    entries = [entry for course in found for entry in course.entries]
    tried = Counter(str(entry.event.data["kind"]) for entry in entries if entry.event.kind == "attempt")
    assert {"milestone", "progress"} <= {entry.event.kind for entry in entries}
    assert tried["milestone"], "what is put off after the freeze is refused"
    targets = [course.snapshot().state.targets.values() for course in found]
    assert any(row.has("parent") for rows in targets for row in rows)
    codes = {one["code"] for entry in entries if entry.event.kind == "attempt" for one in entry.event.data["refused"]}
    assert {"AS7214"} <= codes, "parts fall short of their whole"


def test_deadlines_are_met_on_the_day_the_day_before_and_missed_by_a_day(office: list[Course]) -> None:
    days: dict[str, set[int]] = {"freeze": set(), "adjust": set(), "reply_instruction": set()}
    for course in office:
        held = course.snapshot().state
        for entry in course.entries:
            event = state.attempted(entry) if entry.event.kind == "attempt" else entry.event
            due = {"freeze": date(2022, 2, 28), "adjust": date(2022, 9, 30)}.get(event.kind)
            if event.kind == "reply_instruction" and not held.instructions[event.subject].returns:
                due = held.instructions[event.subject].due
            if due is not None:
                days[event.kind].add((event.valid - due).days)
    assert all({-1, 0, 1} <= of_kind for of_kind in days.values()), days


def test_the_same_picks_make_the_same_register() -> None:
    first, second = (courses(OFFICE, 3) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert [*map(encode, one.entries)] == [*map(encode, other.entries)]


@QUICK
@given(st.data())
def test_registers_and_histories_are_strategies(data: st.DataObject) -> None:
    course = data.draw(fairness.from_policy(OFFICE).registers())
    assert course.register().store.size == len(course.entries)
    assert f"\n  {course.entries[-1].index} " in repr(course)
    past = data.draw(fairness.from_policy(YEARS).histories())
    again = assessdsl.fairness.case_of(YEARS, past.case.records())
    assert fairness.score(again).digest == fairness.score(past.case).digest


def test_a_register_shrinks_to_the_little_that_matters() -> None:
    def refused(course: Course) -> bool:
        attempts = (entry.event.data for entry in course.entries if entry.event.kind == "attempt")
        return any(data["kind"] == "freeze" for data in attempts)

    quiet = settings(max_examples=40, deadline=None, database=None, phases=(Phase.generate, Phase.shrink))
    course = find(fairness.from_policy(OFFICE).registers(), refused, settings=quiet, random=Random(1))
    kinds = Counter(entry.event.kind for entry in course.entries)
    assert kinds["attempt"] == kinds["enrol"] == 1
    assert not kinds.keys() & {"comment", "amend_policy", "instruct", "correction", "assess"}


def test_histories_tell_how_every_entity_came_to_be() -> None:
    made = maker(YEARS)
    well = safe(made)
    assert well is not None
    kinds: Counter[str] = Counter()
    for seed in range(40):
        past = past_of(made, make(made, well, fixed(seed)).case, fixed(7919 * seed))
        kinds.update(str(row.values["kind"].raw) for row in past.case.facts.successions)
        for number, year in past.years.items():
            rows = [row for row in past.case.facts.history if row.values["period"].raw == str(2022 - number)]
            assert {str(row.values["entity"].raw) for row in rows} == set(year)
    assert kinds.keys() == {"renamed", "merged", "split"}


# ---------------------------------------------------------------- faults


def takes_out(patch: pytest.MonkeyPatch) -> None:
    true = rules._change
    patch.setattr(rules, "_change", lambda case: Decision() if case.event.kind == "withdraw_target" else true(case))


def a_day_later(patch: pytest.MonkeyPatch) -> None:
    true = binding_frozen._kind

    def kind(schema: Any, before: Any, now: Any, column: str) -> str:
        return "" if column == "due" else true(schema, before, now, column)

    patch.setattr(binding_frozen, "_kind", kind)


def lighter(patch: pytest.MonkeyPatch) -> None:
    true = binding_frozen._kind
    patch.setattr(binding_frozen, "_kind", lambda *given: "" if given[3] == "weight" else true(*given))


def not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(snapshot.Snapshot, "findings", lambda self: {})


def refused_and_done(patch: pytest.MonkeyPatch) -> None:
    """What is refused changes the frozen row all the same."""
    true = state.apply

    def apply(now: Any, entry: Entry) -> None:
        true(now, entry)
        if entry.event.kind == "attempt" and now.frozen and entry.event.data.get("kind") == "withdraw_target":
            now.frozen.pop(entry.event.subject, None)
            now.targets.pop(entry.event.subject, None)

    patch.setattr(state, "apply", apply)


def anyone_adds(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(binding_frozen, "_authorised", lambda schema, target: True)


def nobody_adds(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(binding_frozen, "_authorised", lambda schema, target: False)


def adjusts_late(patch: pytest.MonkeyPatch) -> None:
    true = rules._RULES["adjust"]

    def adjust(case: Case) -> Decision:
        return true(evolve(case, event=evolve(case.event, valid=min(case.event.valid, date(2022, 9, 30)))))

    patch.setattr(rules, "_RULES", {**rules._RULES, "adjust": adjust})


def adjusts_a_day_too_short(patch: pytest.MonkeyPatch) -> None:
    true = rules._RULES["adjust"]

    def adjust(case: Case) -> Decision:
        return true(evolve(case, event=evolve(case.event, valid=case.event.valid + timedelta(days=1))))

    patch.setattr(rules, "_RULES", {**rules._RULES, "adjust": adjust})


def freezes_unasked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "_RULES", {**rules._RULES, "freeze": lambda case: Decision()})


def unanswered(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "_RULES", {**rules._RULES, "close_consultation": lambda case: Decision()})
    kind = rules.KINDS["freeze"]
    phases = (*kind.phases, "consultation")
    patch.setattr(rules, "KINDS", MappingProxyType({**rules.KINDS, "freeze": evolve(kind, phases=phases)}))


def last_sent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(snapshot, "_moment", lambda report: (date.min, report.entry.index))


def first_alone(patch: pytest.MonkeyPatch) -> None:
    """Of all reports only the one that was recorded first counts."""
    patch.setattr(snapshot.Snapshot, "_reports", lambda self: [one.row for one in self.state.reports.values()][:1])


def recorded_by_then(patch: pytest.MonkeyPatch) -> None:
    def folded(entries: Any, as_of: date | None = None) -> Any:
        return state.folded([one for one in entries if as_of is None or one.recorded.date() <= as_of])

    patch.setattr(register, "folded", folded)


def corrected_for_ever(patch: pytest.MonkeyPatch) -> None:
    """A correction changes what was known before it."""
    true = register.Register.snapshot

    def looked(self: Any, as_of: Any = None, *, size: Any = None, known_at: datetime | None = None) -> Snapshot:
        found, whole = (true(self, as_of, size=size, known_at=known_at), true(self))
        late = {key: whole.state.reports[key] for key in found.state.reports}
        found.state.reports = late
        return found

    patch.setattr(register.Register, "snapshot", looked)


def known_later(patch: pytest.MonkeyPatch) -> None:
    true = register.Register.snapshot

    def later(self: Any, as_of: Any = None, *, size: Any = None, known_at: datetime | None = None) -> Snapshot:
        return true(self, as_of, size=size, known_at=known_at and datetime(2030, 1, 1, tzinfo=UTC))

    patch.setattr(register.Register, "snapshot", later)


def as_of_leaks(patch: pytest.MonkeyPatch) -> None:
    true = register.folded
    patch.setattr(register, "folded", lambda entries, as_of=None: true(entries, as_of and as_of + timedelta(days=400)))


TRUE_PLACES = order.places


def ties_out(patch: pytest.MonkeyPatch) -> None:
    def places(keys: Any, ties: str, *, lowest_first: bool) -> Any:
        return TRUE_PLACES(keys, "shared" if ties == "last" else "last", lowest_first=lowest_first)

    patch.setattr(order, "places", places)


def first_predecessor(patch: pytest.MonkeyPatch) -> None:
    def one(name: str, generations: Any, rows: Any) -> Any:
        names = [name, *(before for generation in generations for before in generation)]
        return next((rows[one] for one in names if one in rows), None)

    patch.setattr(data, "own", one)


def no_predecessors(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(data, "own", lambda name, generations, rows: rows.get(name))


def nearest_only(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(data, "own", lambda name, generations, rows: own(name, generations[:1], rows))


def all_inherit(patch: pytest.MonkeyPatch) -> None:
    """What is declared about an inheritance is not heard."""
    patch.setattr(succession.Succession, "predecessors", lambda self, heir, finding="": self.before)


def parts_fall_short(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(completeness, "_under_cascaded", lambda whole: iter(()))


def only_the_best_part(patch: pytest.MonkeyPatch) -> None:
    """Parts of what is counted are taken for rates: the best of them, not their sum."""
    true = completeness._reached
    patch.setattr(completeness, "_reached", lambda values, *, rates, lower: true(values, rates=True, lower=lower))


def puts_off(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "put_off", lambda target, before, row: ())


def last_progress(patch: pytest.MonkeyPatch) -> None:
    """Of all that was said of progress what was recorded last counts, whatever day it is of."""
    true = snapshot.Snapshot._progress
    patch.setattr(
        snapshot.Snapshot, "_progress", lambda self: {snapshot._text(row, "target"): row for row in true(self)}.values()
    )


FAULTS: tuple[tuple[str, Policy, tuple[Plant, ...]], ...] = (
    ("targets_kept", OFFICE, (takes_out, a_day_later, lighter, not_told, refused_and_done)),
    ("targets_kept", FOLLOWED, (puts_off,)),
    (
        "register_rules", OFFICE,
        (
            anyone_adds, nobody_adds, adjusts_late, adjusts_a_day_too_short, freezes_unasked, unanswered,
            parts_fall_short,
        ),
    ),
    ("register_rules", COUNTED, (only_the_best_part,)),
    ("reports_commute", OFFICE, (last_sent, first_alone)),
    ("reports_commute", FOLLOWED, (last_progress,)),
    ("settled", OFFICE, (recorded_by_then, corrected_for_ever, known_later, as_of_leaks)),
    ("years_exact", YEARS, (ties_out, first_predecessor, no_predecessors, nearest_only, all_inherit)),
)  # fmt: skip
NAMES = tuple(dict.fromkeys(name for name, _, _ in FAULTS))


@pytest.mark.parametrize(
    ("name", "policy", "plant"), [(name, policy, plant) for name, policy, plants in FAULTS for plant in plants],
    ids=lambda given: getattr(given, "__name__", None),
)  # fmt: skip
def test_a_planted_fault_is_found(name: str, policy: Policy, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    # which cases are tried depends on the numbers in all source code that is loaded: a rare one needs many
    verdict = fairness.check_all(policy, only=(name,), examples=1500, simplest=False).of(name)
    assert verdict.status == "refuted", verdict.told("en")
    assert verdict.witness is not None
    assert verdict.witness.en != verdict.witness.zh
    assert bool(verdict.witness.entries) == (name in OF_REGISTERS)


@pytest.mark.parametrize(
    ("policy", "names"),
    [(OFFICE, [name for name in NAMES if name in OF_REGISTERS]), (FOLLOWED, [*OF_REGISTERS]), (YEARS, ["years_exact"])],
    ids=["office", "followed", "years"],
)
def test_without_a_fault_it_holds(policy: Policy, names: list[str]) -> None:
    for verdict in fairness.check_all(policy, only=names, examples=12, simplest=False).verdicts:
        assert (verdict.status, verdict.cases > 3) == ("tested", True), verdict.told("en")


def test_without_rules_there_is_nothing_to_try() -> None:
    report = fairness.check_all(LOOSE, only=NAMES, examples=3)
    assert {verdict.status for verdict in report.verdicts} == {"not applicable"}
    assert report.of("settled").told("en") == "not applicable: the policy has no rules of a register"
    assert report.of("years_exact").told("zh") == "不适用: 没有考核认定涉及多年结果"


def test_a_witness_holds_the_events_that_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    takes_out(monkeypatch)
    report = fairness.check_all(OFFICE, only=("targets_kept",), examples=60, simplest=False)
    monkeypatch.undo()
    witness = report.of("targets_kept").witness
    assert witness is not None
    made = assessdsl.Register.in_memory(policy=OFFICE).record_all(map(sent, witness.entries))
    codes = [one.diagnostics[0].code for one in made if one.entry.event.kind == "attempt"]
    assert "AS7207" in codes, "without the fault it is refused"
    events = json.loads(report.to_json())["properties"][0]["witness"]["events"]
    assert [event["kind"] for event in events] == [entry.event.kind for entry in witness.entries]
