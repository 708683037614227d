"""What may be recorded: a pure function of the policy, the state of the register and the event.

Every kind of event is held to its row in `kinds.py`; what a kind asks for beyond that stands in `_RULES`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from attrs import evolve, frozen

from assessdsl.binding import Change
from assessdsl.binding.standing import changes, read_report, read_standing
from assessdsl.data.columns import tidy
from assessdsl.diagnostics import Diagnostic, PolicyError
from assessdsl.engine import Policy, loads
from assessdsl.facts import Row
from assessdsl.record.completeness import incomplete
from assessdsl.record.event import Event
from assessdsl.record.form import of_kind, told
from assessdsl.record.kinds import KINDS, PHASE_WORDS, PHASES, first_of
from assessdsl.record.readable import baseline_unread, counted_itself, other_year, put_off, unreadable
from assessdsl.record.state import (
    CHANGE_WORDS,
    STATUS_WORDS,
    State,
    changed_row,
    merged,
    milestone_rows,
    of_table,
    report_row,
    row_of,
    table_row,
    target_row,
)
from assessdsl.vocabulary import nearest


@frozen
class Decision:
    """Whether an event may be recorded, and why not; what it would have done to frozen targets."""

    diagnostics: tuple[Diagnostic, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def accepted(self) -> bool:
        return not any(diagnostic.is_error for diagnostic in self.diagnostics)


@frozen
class Case:
    """An event that is to be decided on. `policy` is the one by which the register is kept; none before `open`."""

    policy: Policy | None
    state: State
    event: Event

    @property
    def kept(self) -> Policy:
        assert self.policy is not None, "every phase but that before `open` has a policy"
        return self.policy

    @property
    def index(self) -> int:
        """Of the entry that the event is to become."""
        return self.state.size


# ---------------------------------------------------------------- when, and about what


def decide(policy: Policy | None, state: State, event: Event) -> Decision:
    """Whether the event may be recorded now. It must not be malformed."""
    case = Case(policy, state, event)
    if event.kind in ("set_target", "withdraw_target") and state.frozen is not None:
        return _change(case)
    if (late := _out_of_phase(case)) is not None:
        return Decision((late,))
    if (about := _subject(case)) is not None:
        return Decision((about,))
    rule = _RULES.get(event.kind)
    return Decision() if rule is None else rule(case)


def _out_of_phase(case: Case) -> Diagnostic | None:
    kind, phase = KINDS[case.event.kind], case.state.phase
    if phase in kind.phases:
        return None
    order = ("", *PHASES)
    later = [name for name in kind.phases if order.index(name) > order.index(phase)]
    first = first_of(tuple(later)) if later else ""
    en, zh = PHASE_WORDS[phase]
    names = [PHASE_WORDS[name] for name in kind.phases]
    return told(
        "AS7204", phase_en=en, phase_zh=zh, first=first, **of_kind(case.event.kind),
        phases_en=", ".join(name for name, _ in names), phases_zh="、".join(name for _, name in names),
    )  # fmt: skip


_THINGS: Final = {
    "entity": ("entity", "单位"), "target": ("target", "目标"), "instruction": ("instruction", "批示交办事项"),
    "event": ("entry", "条目"),
}  # fmt: skip


# What a reply, a correction or a ruling is about, by its key.
_EARLIER: Final[Mapping[str, Callable[[State], Iterable[str]]]] = {
    "reply": lambda state: state.comments,
    "correction": lambda state: state.reports,
    "ruling": lambda state: [appeal.event.key for appeal in state.of_kind("appeal")],
}


def _subject(case: Case) -> Diagnostic | None:
    """What the event is about must be there, or must not be there yet."""
    state, event = case.state, case.event
    known: Iterable[str]
    subject = KINDS[event.kind].subject
    match subject.removeprefix("new ").removeprefix("frozen "):
        case "entity":
            known = state.entities
        case "target":
            known = state.targets if state.frozen is None else {**state.held, **state.targets}
        case "instruction":
            known = state.instructions
        case "event":
            known = _EARLIER[event.kind](state)
        case _:
            return None
    if (event.subject in known) != subject.startswith("new "):
        return None
    en, zh = _THINGS[subject.split()[-1]]
    if subject.startswith("new "):
        return told("AS7206", name=event.subject, thing_en=en, thing_zh=zh)
    return unknown(event.subject, subject.split()[-1], known)


def unknown(name: str, thing: str, known: Iterable[str]) -> Diagnostic:
    en, zh = _THINGS[thing]
    return told("AS7205", name=name, thing_en=en, thing_zh=zh, suggestion=nearest(name, list(known)) or "")


# ---------------------------------------------------------------- targets


def _entity_rows(case: Case, *names: str) -> tuple[Row, ...]:
    """Of the entities that matter alone: a register of thousands is not read anew for every event."""
    entities = case.state.entities
    return tuple(entities[name] for name in dict.fromkeys(names) if name in entities)


def _entity(row: Row) -> str:
    value = row.get("entity")
    return "" if value is None else str(value.raw)


def _set(case: Case) -> Decision:
    """A target as it is set must be readable: its entity enrolled, its indicator one of the policy."""
    row = target_row(case.event, case.index)
    entity = _entity(row)
    if entity and entity not in case.state.entities:
        return Decision((unknown(entity, "entity", case.state.entities),))
    if not entity and case.event.subject not in case.state.targets:  # hardly a new one: a slip in the name
        return Decision((unknown(case.event.subject, "target", case.state.targets),))
    read = read_standing(case.kept.plan.schema, _entity_rows(case, entity), (row,))
    return Decision((*read.diagnostics, *baseline_unread(case.kept, row), *_unregistered(case, row)))


def _unregistered(case: Case, row: Row) -> Iterator[Diagnostic]:
    value = row.get("instruction")
    if value is not None and str(value.raw) not in case.state.instructions:
        yield Diagnostic("AS7219", arguments={"target": case.event.subject, "name": str(value.raw)})


def _change(case: Case) -> Decision:
    """A target that is frozen may be described otherwise; nothing by which it is scored may change."""
    event, state, held = case.event, case.state, case.state.held
    if event.kind == "set_target" and event.subject not in held:
        parts = target_row(event, case.index).get("split_of")
        if parts is None or str(parts.raw) not in held:
            known = Decision((told("AS7208", target=event.subject, **_authorities(case)),))
            return known if event.subject else Decision((unknown(event.subject, "target", held),))
    elif event.subject not in held:
        return Decision((unknown(event.subject, "target", held),))
    row = None if event.kind == "withdraw_target" else target_row(event, case.index)
    made, remarks = _changes(case, row)
    if not made and not any(one.is_error for one in remarks) and state.phase not in KINDS["add_target"].phases:
        late = _out_of_phase(case)
        assert late is not None
        return Decision((late,))
    return Decision((*remarks, *(_refused(case, change) for change in made)), made)


def _changes(case: Case, row: Row | None) -> tuple[tuple[Change, ...], tuple[Diagnostic, ...]]:
    """What would be done to frozen targets if one, or a part of one, stood as in the row; and what is told of it."""
    held = case.state.held
    origin = None if row is None else row.get("split_of")
    others = [] if origin is None or str(origin.raw) == case.event.subject else [str(origin.raw)]
    before = [held[name] for name in (case.event.subject, *others) if name in held]
    present = [held[name] for name in others if name in held] + ([row] if row is not None else [])
    entities = _entity_rows(case, *(_entity(one) for one in (*before, *present)))
    return changes(case.kept.plan.schema, entities, before, present)


def _refused(case: Case, change: Change) -> Diagnostic:
    if change.kind == "added":
        return told("AS7208", target=change.target, **_authorities(case))
    en, zh = CHANGE_WORDS[change.kind]
    frozen_on = str(case.state.frozen_on)
    column = f"`{change.column}`: " if change.column else ""
    return told(
        "AS7207", target=change.target, entity=change.entity, change_en=en, change_zh=zh, day=frozen_on,
        column=column, registered=change.registered or "—", tried=change.present or "—",
    )  # fmt: skip


def _authorities(case: Case) -> dict[str, str]:
    return {"authorities": "、".join(f"`{name}`" for name in case.kept.plan.schema.authorities)}


def _add(case: Case) -> Decision:
    """An addition names one of the policy's authorities; it is no part of a frozen target."""
    first = _set(case)
    if not first.accepted:
        return first
    row = target_row(case.event, case.index)
    made, remarks = _changes(case, row)
    return Decision((*remarks, *_unregistered(case, row), *(_refused(case, change) for change in made)), made)


def _adjust(case: Case) -> Decision:
    """An adjustment that the policy provides for: by whom, until when, for what reason."""
    event, state = case.event, case.state
    register = case.kept.checked.policy.register
    rule = None if register is None else register.adjustment

    def refused(en: str, zh: str) -> Decision:
        return Decision((told("AS7209", target=event.subject, why_en=en, why_zh=zh),))

    if rule is None:
        return refused("the policy provides for no adjustments", "办法没有规定可以调整目标")
    if tidy(event.authority) not in {tidy(name) for name in rule.by}:
        names = "、".join(f"`{name}`" for name in rule.by)
        return refused(f"it is for {names} to approve it", f"须经 {names} 批准")
    if event.valid > rule.until:
        return refused(f"adjustments end on {rule.until}", f"调整截至 {rule.until}")
    if rule.reasons and tidy(event.reason) not in {tidy(name) for name in rule.reasons}:
        names = "、".join(f"`{name}`" for name in rule.reasons)
        return refused(f"the reasons that are allowed are {names}", f"允许的原因是 {names}")
    before = state.held[event.subject]
    if event.subject in state.adjusted:
        before = merged(before, state.adjusted[event.subject])
    row = changed_row(before, case.index, event.data)
    made, remarks = changes(case.kept.plan.schema, _entity_rows(case, _entity(before)), (before,), (row,))
    errors = tuple(one for one in remarks if one.is_error)
    if not made and not errors:
        return refused("nothing would change", "没有任何变化")
    return Decision(errors)


def _freeze(case: Case) -> Decision:
    state = case.state
    register = case.kept.checked.policy.register
    required = register is not None and register.consultation == "required"
    found: list[Diagnostic] = []
    if required and state.phase == "draft":
        found.append(told("AS7210", entity="、".join([*state.entities][:5]) or "—", count=str(len(state.entities))))
    if register is not None and register.freeze is not None and case.event.valid > register.freeze:
        found.append(told("AS7220", day=str(case.event.valid), declared=str(register.freeze)))
    found += incomplete(case.kept, state)
    return Decision(tuple(found))


# ---------------------------------------------------------------- entities, consultation, instructions, reports


def _policy(case: Case) -> Decision:
    """The text must be a policy, and the one whose fingerprint is given."""
    data = case.event.data
    try:
        policy = loads(str(data["policy"]))
    except PolicyError as error:
        return Decision(error.diagnostics)
    other = tuple(evolve(one, severity="error") for one in other_policy(policy, str(data["fingerprint"])))
    return Decision((*other, *(other_year(case.kept, policy) if case.state.policy else ())))


def other_policy(policy: Policy, fingerprint: str) -> tuple[Diagnostic, ...]:
    """AS7218, if the policy is not the one of the fingerprint."""
    if policy.fingerprint == fingerprint:
        return ()
    return (told("AS7218", found=policy.fingerprint, recorded=fingerprint or "—"),)


def _enrol(case: Case) -> Decision:
    event = case.event
    row = row_of(case.index, {"entity": event.subject, **of_table("entities", event.data)})
    return Decision(read_standing(case.kept.plan.schema, (row,)).diagnostics)


def _close(case: Case) -> Decision:
    """Everyone was asked, and everyone who said something was answered."""
    state = case.state
    silent = [name for name in state.entities if name not in state.asked]
    waiting = [comment for comment in state.comments.values() if comment.reply is None]
    found = [told("AS7210", entity="、".join(silent[:5]), count=str(len(silent)))] if silent else []
    found += [
        told("AS7211", entity=comment.entry.event.subject, key=comment.entry.event.key, index=str(comment.entry.index))
        for comment in waiting
    ]
    return Decision(tuple(found))


def _instruct(case: Case) -> Decision:
    owner = str(case.event.data["owner"])
    return Decision() if owner in case.state.entities else Decision((unknown(owner, "entity", case.state.entities),))


_ANSWERED: Final = {
    "reply_instruction": ("open", "returned"),
    "return_instruction": ("replied",),
    "complete_instruction": ("open", "replied", "returned"),
}


def _answer(case: Case) -> Decision:
    known = case.state.instructions[case.event.subject]
    if known.status in _ANSWERED[case.event.kind]:
        return Decision()
    en, zh = STATUS_WORDS[known.status]
    return Decision((told("AS7227", name=known.name, status_en=en, status_zh=zh, **of_kind(case.event.kind)),))


def _report(case: Case) -> Decision:
    return _read_report(case, report_row(case.event, case.index))


def _correct(case: Case) -> Decision:
    report = case.state.reports[case.event.subject]
    return _read_report(case, changed_row(report.row, case.index, of_table("facts", case.event.data)))


def _read_report(case: Case, row: Row) -> Decision:
    """A report must be readable: about a target of the register, or an entity that is enrolled."""
    state, about = case.state, row.get("target")
    targets: tuple[Row, ...] = ()
    if about is not None:
        name = str(about.raw)
        if name not in state.targets:
            return Decision((unknown(name, "target", state.targets),))
        targets = (state.targets[name],)
    entity = _entity(targets[0] if targets else row)
    if entity not in state.entities:
        return Decision((unknown(entity, "entity", state.entities),))
    found = read_report(case.kept.plan.schema, _entity_rows(case, entity), targets, row)
    return Decision((*found, *counted_itself(case.kept, row)))


def _milestone(case: Case) -> Decision:
    """A milestone must be readable as it will stand; after the freeze what is asked of it does not change."""
    event, state = case.event, case.state
    row, name = table_row(event, case.index), (event.subject, str(event.data.get("milestone", "")))
    before = milestone_rows(state).get(name)
    found = unreadable(case.kept, state, "milestones", (row if before is None else merged(before, row),))
    made = () if before is None or state.frozen is None else tuple(put_off(state.targets[event.subject], before, row))
    return Decision((*found, *(_refused(case, change) for change in made)), made)


def _progress(case: Case) -> Decision:
    return Decision(unreadable(case.kept, case.state, "progress", (table_row(case.event, case.index),)))


def _supervise(case: Case) -> Decision:
    """What supervision did must be readable, beside the record that it is about."""
    about = case.event.data.get("about")
    named = (one for one in case.state.of_kind("supervise") if one.event.subject)
    rows = [table_row(one.event, one.index) for one in named if one.event.subject in (about, case.event.subject)]
    return Decision(unreadable(case.kept, case.state, "supervision", (*rows, table_row(case.event, case.index))))


_RULES: Final[Mapping[str, Callable[[Case], Decision]]] = {
    "open": _policy,
    "amend_policy": _policy,
    "enrol": _enrol,
    "set_target": _set,
    "add_target": _add,
    "adjust": _adjust,
    "freeze": _freeze,
    "close_consultation": _close,
    "instruct": _instruct,
    "reply_instruction": _answer,
    "return_instruction": _answer,
    "complete_instruction": _answer,
    "report": _report,
    "correction": _correct,
    "milestone": _milestone,
    "progress": _progress,
    "supervise": _supervise,
}
