"""Registers at random against a plain model, and faults that are planted, which this must find."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, settings
from life.machine import Life
from life.year import year

from assessdsl.binding import frozen as binding_frozen
from assessdsl.record import completeness, merkle, register, rules, snapshot, state, store
from assessdsl.record.rules import Case, Decision

Life.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
TestLife = Life.TestCase


Plant = Callable[[pytest.MonkeyPatch], None]


def removal(patch: pytest.MonkeyPatch) -> None:
    true = rules._change
    patch.setattr(rules, "_change", lambda case: Decision() if case.event.kind == "withdraw_target" else true(case))


def direction(patch: pytest.MonkeyPatch) -> None:
    def easier(schema: Any, before: Any, column: str, first: Any, second: Any) -> bool:
        return bool(second.value > first.value if column == "due" else second.value < first.value)

    patch.setattr(binding_frozen, "_easier", easier)


def one_day(patch: pytest.MonkeyPatch) -> None:
    true = binding_frozen._kind

    def kind(schema: Any, before: Any, now: Any, column: str) -> str:
        first, second = before.fields.get(column), now.fields.get(column)
        near = column == "due" and first and second and abs(second.value - first.value) <= timedelta(days=1)
        return "" if near else true(schema, before, now, column)

    patch.setattr(binding_frozen, "_kind", kind)


def unclosed(patch: pytest.MonkeyPatch) -> None:
    kind = rules.KINDS["freeze"]
    phases = (*kind.phases, "consultation")
    patch.setattr(rules, "KINDS", MappingProxyType({**rules.KINDS, "freeze": evolve(kind, phases=phases)}))


def record_time(patch: pytest.MonkeyPatch) -> None:
    def folded(entries: Any, as_of: date | None = None) -> Any:
        return state.folded([one for one in entries if as_of is None or one.recorded.date() <= as_of])

    patch.setattr(register, "folded", folded)


def without_keys(patch: pytest.MonkeyPatch) -> None:
    true = register.Register._recorded

    def recorded(self: Any, writer: Any, event: Any) -> Any:
        return true(self, writer, evolve(event, key=f"{event.key} {writer.size}"))

    patch.setattr(register.Register, "_recorded", recorded)


def anyone_adds(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(binding_frozen, "_authorised", lambda schema, target: True)


def correction_for_ever(patch: pytest.MonkeyPatch) -> None:
    """A correction changes what was to be seen of earlier days."""
    true = register.folded

    def folded(entries: Any, as_of: date | None = None) -> Any:
        early = true(entries, as_of)
        late = true(entries).reports
        early.reports = {key: late[key] for key in early.reports}
        return early

    patch.setattr(register, "folded", folded)


def later_corrections(patch: pytest.MonkeyPatch) -> None:
    """And what was known when the register was smaller: the state is shared."""
    kept: dict[str, Any] = {}
    true = state._report

    def report(now: Any, entry: Any) -> None:
        true(now, entry)
        if entry.event.kind == "correction":
            kept[entry.event.subject] = now.reports.get(entry.event.subject)
        now.reports.update({key: one for key, one in kept.items() if key in now.reports})

    patch.setattr(state, "_report", report)


def late_adjustment(patch: pytest.MonkeyPatch) -> None:
    true = rules._RULES["adjust"]

    def adjust(case: Case) -> Decision:
        return true(evolve(case, event=evolve(case.event, valid=min(case.event.valid, date(2022, 9, 30)))))

    patch.setattr(rules, "_RULES", {**rules._RULES, "adjust": adjust})


def refused_freezes(patch: pytest.MonkeyPatch) -> None:
    """A freeze that was refused leads on all the same."""
    true = state.apply

    def apply(now: Any, entry: Any) -> None:
        true(now, entry)
        if entry.event.kind == "attempt" and entry.event.data.get("kind") == "freeze":
            now.phase = "frozen"

    patch.setattr(state, "apply", apply)
    patch.setattr(register, "apply", apply)


def described_anew(patch: pytest.MonkeyPatch) -> None:
    """What is described otherwise after the freeze changes the frozen row."""
    true = state.apply

    def apply(now: Any, entry: Any) -> None:
        true(now, entry)
        if entry.event.kind == "set_target" and now.frozen is not None:
            now.frozen[entry.event.subject] = now.targets[entry.event.subject]

    patch.setattr(state, "apply", apply)


def last_sent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(snapshot, "_moment", lambda report: (date.min, report.entry.index))


def one_warning(patch: pytest.MonkeyPatch) -> None:
    columns = ("target", "entity", "indicator", "fact", "period")
    about = lambda self, key, row: tuple(snapshot._text(row, column) for column in columns)  # noqa: E731
    patch.setattr(snapshot.Snapshot, "_about", about)


def a_day_of_grace(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(state, "Reply", lambda entry, late, true=state.Reply: true(entry, max(0, late - 100)))


def unanswered(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "_RULES", {**rules._RULES, "close_consultation": lambda case: Decision()})


def decided_anew(patch: pytest.MonkeyPatch) -> None:
    """A refused event that is sent again is another event."""
    patch.setattr(register, "attempted", lambda entry: entry.event)


def clock_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(store.Writer, "_moment", lambda self: self._store._clock().astimezone(UTC))


def no_prefix(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(store.Store, "root", lambda self, size=None: merkle.root(self.size, self._node))


def unseen(patch: pytest.MonkeyPatch) -> None:
    """What another program records is not taken in."""

    def catch_up(self: Any, writer: Any) -> None:
        if not self._held.state.size:
            for entry in writer.entries():
                state.apply(self._held.state, entry)

    patch.setattr(register.Register, "_catch_up", catch_up)


def any_ruling(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "_EARLIER", {**rules._EARLIER, "ruling": lambda now: now.keys})


def known_later(patch: pytest.MonkeyPatch) -> None:
    true = register.Register.snapshot

    def later(self: Any, as_of: Any = None, *, size: Any = None, known_at: datetime | None = None) -> Any:
        return true(self, as_of, size=size, known_at=known_at and known_at + timedelta(minutes=1))

    patch.setattr(register.Register, "snapshot", later)


def last_adjustment(patch: pytest.MonkeyPatch) -> None:
    """A further adjustment drops the one before."""
    patch.setattr(state, "changed_row", lambda row, index, columns: state.row_of(index, columns))


def uncovered(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(completeness, "_uncovered", lambda whole, asked: ())


PLANTS: tuple[Plant, ...] = (
    removal, direction, one_day, unclosed, record_time, without_keys, anyone_adds, correction_for_ever,
    later_corrections, late_adjustment, refused_freezes, described_anew, last_sent, one_warning, a_day_of_grace,
    unanswered, decided_anew, clock_back, no_prefix, unseen, any_ruling, known_later, last_adjustment, uncovered,
)  # fmt: skip


def lived() -> None:
    life = Life()
    try:
        year(life)
    finally:
        life.teardown()


def test_a_year_goes_as_the_model_says() -> None:
    lived()


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(Exception):  # noqa: B017, PT011 — a fault shows as whatever it leads to
        lived()
