"""What a register holds: the entries folded, one after another, into who is assessed, on what, and what was reported.

The fold decides nothing: what may be recorded is a matter of `rules.py`. An entry that was refused when it came is an
`attempt`, and changes nothing but the list of attempts.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from attrs import Factory, define, evolve, frozen

from assessdsl.binding.frozen import Change
from assessdsl.data.columns import COLUMNS
from assessdsl.facts import Row, Value
from assessdsl.record.event import Entry, Event, Plain
from assessdsl.record.kinds import KINDS
from assessdsl.source import Cell

FILE: Final = "register"  # what the place of a value is called; the number of its entry stands for the row


@frozen
class Comment:
    """What an entity said when it was asked, and the reply."""

    entry: Entry
    reply: Entry | None = None


@frozen
class Reply:
    entry: Entry
    late_days: int  # after the day on which it was due; 0 if in time


@frozen
class Instruction:
    """A matter that was decided, instructed or assigned (议定事项、批示、交办事项), and how it was answered."""

    name: str
    source: str
    owner: str  # an entity
    content: str
    due: date
    issued: date
    target: str = ""  # the target that it created
    replies: tuple[Reply, ...] = ()
    returns: tuple[Entry, ...] = ()
    completed: Entry | None = None

    @property
    def status(self) -> str:
        """`open`, `replied`, `returned` or `done`."""
        if self.completed is not None:
            return "done"
        if self.returns and (not self.replies or self.returns[-1].index > self.replies[-1].entry.index):
            return "returned"
        return "replied" if self.replies else "open"


STATUS_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "open": ("open", "待复"),
    "replied": ("replied to", "已复"),
    "returned": ("returned", "退回重办"),
    "done": ("done", "办结"),
}


CHANGE_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "removed": ("taken out", "移出"),
    "lowered": ("made easier", "放宽"),
    "lightened": ("made lighter", "降低权重"),
    "split": ("split", "拆分"),
    "reclassified": ("put into another class", "改变类别"),
    "postponed": ("postponed", "推迟时限"),
    "reassigned": ("given to another entity", "改派"),
    "altered": ("altered", "变更"),
}


@frozen
class Report:
    """A reported fact, as it stands after its corrections. `row`: the columns of the table of facts."""

    entry: Entry
    row: Row
    withdrawn: bool = False
    corrections: tuple[Entry, ...] = ()


@frozen
class Attempt:
    """What was tried and refused; `changes` are those of frozen targets that it would have made."""

    entry: Entry
    kind: str
    changes: tuple[Change, ...]
    codes: tuple[str, ...]


@define
class State:
    """Everything by its name, in the order in which it was recorded. `apply` writes into it; nobody else does."""

    size: int = 0  # of the entries that were folded, those left out among them
    phase: str = ""
    policy: str = ""  # the text of the policy, whole
    fingerprint: str = ""
    language: str = "en"
    entities: dict[str, Row] = Factory(dict)
    targets: dict[str, Row] = Factory(dict)  # as they stand
    frozen: dict[str, Row] | None = None  # as they were frozen
    frozen_on: date | None = None
    added: dict[str, Entry] = Factory(dict)  # after the freeze
    adjusted: dict[str, Row] = Factory(dict)  # the columns of frozen targets of which an adjustment was approved
    adjustments: list[Entry] = Factory(list)
    asked: dict[str, Entry] = Factory(dict)
    comments: dict[str, Comment] = Factory(dict)  # by key
    instructions: dict[str, Instruction] = Factory(dict)
    reports: dict[str, Report] = Factory(dict)  # by key
    attempts: list[Attempt] = Factory(list)
    keys: dict[str, Entry] = Factory(dict)
    kinds: dict[str, list[Entry]] = Factory(dict)
    latest: dict[str, Entry] = Factory(dict)  # about each subject

    def of_kind(self, kind: str) -> tuple[Entry, ...]:
        return tuple(self.kinds.get(kind, ()))

    @property
    def held(self) -> Mapping[str, Row]:
        """The targets that may not be changed any more: those that were frozen, and those added since."""
        return {**(self.frozen or {}), **{name: self.targets[name] for name in self.added}}


def folded(entries: Iterable[Entry], as_of: date | None = None) -> State:
    """The state after the entries; with a day, of those that hold on that day."""
    state = State()
    for entry in entries:
        if as_of is None or entry.event.valid <= as_of:
            apply(state, entry)
        else:
            state.size += 1
    return state


def row_of(index: int, columns: Mapping[str, Plain]) -> Row:
    """A row of a table, whose place is an entry. What is not there, or empty, is missing."""
    values: dict[str, Value] = {}
    for column, held in columns.items():
        if isinstance(held, bool) or (isinstance(held, str) and held.strip()):
            values[column] = Value(held, Cell(FILE, index, column))
    return Row(values, Cell(FILE, index), {column: column for column in columns})


def target_row(event: Event, index: int) -> Row:
    """The target that an event sets or adds; who added it stands in its row."""
    given = {"authority": event.authority} if event.authority else {}
    return row_of(index, {"target": event.subject, **of_table("targets", event.data), **given})


def report_row(event: Event, index: int) -> Row:
    """The report as a row of facts: about a target, unless it names an indicator or a fact of an entity."""
    subject = "entity" if "indicator" in event.data or "fact" in event.data else "target"
    return row_of(index, {subject: event.subject, **of_table("facts", event.data)})


def milestone_rows(state: State) -> dict[tuple[str, str], Row]:
    """The milestones by target and name, as they stand: what was recorded last of each column."""
    rows: dict[tuple[str, str], Row] = {}
    for entry in state.of_kind("milestone"):
        row = table_row(entry.event, entry.index)
        name = (entry.event.subject, str(entry.event.data.get("milestone", "")))
        rows[name] = merged(rows[name], row) if name in rows else row
    return rows


def table_row(event: Event, index: int) -> Row:
    """A milestone, progress or what supervision did, as a row of its table."""
    table = KINDS[event.kind].columns
    about = {"event": event.subject} if table == "supervision" else {"target": event.subject}
    day: dict[str, Plain] = {"date": event.valid.isoformat()} if "date" in COLUMNS[table] else {}
    return row_of(index, {**about, **day, **of_table(table, event.data)})


def of_table(table: str, data: Mapping[str, Plain]) -> dict[str, Plain]:
    return {column: data[column] for column in COLUMNS[table] if column in data}


def merged(row: Row, other: Row) -> Row:
    """The row with another's values in all of its columns."""
    kept = {column: value for column, value in row.values.items() if column not in other.columns}
    return evolve(row, values=kept | dict(other.values), columns={**row.columns, **other.columns})


def changed_row(row: Row, index: int, columns: Mapping[str, Plain]) -> Row:
    return merged(row, row_of(index, columns))


def apply(state: State, entry: Entry) -> None:
    """The state after one entry more. Whatever the entry holds, as of a file that was tampered with, it is folded:
    that it is wrong is for verification to say."""
    event = entry.event
    state.size += 1
    state.keys[event.key] = entry
    state.kinds.setdefault(event.kind, []).append(entry)
    state.latest[event.subject] = entry
    kind = KINDS.get(event.kind)
    if kind is not None and kind.enters:
        state.phase = kind.enters
    match event.kind:
        case "open" | "amend_policy":
            texts = (str(event.data.get(name, "")) for name in ("policy", "fingerprint", "language"))
            state.policy, state.fingerprint, state.language = texts
        case "enrol":
            state.entities[event.subject] = row_of(
                entry.index, {"entity": event.subject, **of_table("entities", event.data)}
            )
        case "set_target" | "add_target":
            state.targets[event.subject] = target_row(event, entry.index)
            if event.kind == "add_target":
                state.added[event.subject] = entry
        case "withdraw_target":
            state.targets.pop(event.subject, None)
        case "freeze":
            state.frozen, state.frozen_on = dict(state.targets), event.valid
        case "adjust":
            before = state.adjusted.get(event.subject, row_of(entry.index, {}))
            state.adjusted[event.subject] = changed_row(before, entry.index, event.data)
            state.adjustments.append(entry)
        case "consult":
            state.asked[event.subject] = entry
        case "comment":
            state.comments[event.key] = Comment(entry)
        case "reply":
            if (comment := state.comments.get(event.subject)) is not None:
                state.comments[event.subject] = evolve(comment, reply=entry)
        case "instruct" | "reply_instruction" | "return_instruction" | "complete_instruction":
            _instruction(state, entry)
        case "report" | "correction":
            _report(state, entry)
        case "attempt":
            state.attempts.append(_attempt(entry))
        case _:
            pass  # kept by its kind


def _instruction(state: State, entry: Entry) -> None:
    event, known = entry.event, state.instructions.get(entry.event.subject)
    due = _day(event.data.get("due"))
    if event.kind == "instruct":
        if due is None:
            return  # the register did not take this in
        source, owner, content, target = (
            str(event.data.get(name, "")) for name in ("source", "owner", "content", "target")
        )
        state.instructions[event.subject] = Instruction(event.subject, source, owner, content, due, event.valid, target)
        return
    if known is None:
        return
    match event.kind:
        case "reply_instruction":
            late = max(0, (event.valid - known.due).days)
            new = evolve(known, replies=(*known.replies, Reply(entry, late)))
        case "return_instruction":
            new = evolve(known, returns=(*known.returns, entry), due=due or known.due)
        case _:
            new = evolve(known, completed=entry)
    state.instructions[event.subject] = new


def _day(held: Plain) -> date | None:
    try:
        return date.fromisoformat(str(held))
    except ValueError:
        return None


def _report(state: State, entry: Entry) -> None:
    event = entry.event
    if event.kind == "report":
        state.reports[event.key] = Report(entry, report_row(event, entry.index))
    elif (report := state.reports.get(event.subject)) is not None:
        state.reports[event.subject] = evolve(
            report,
            row=changed_row(report.row, entry.index, of_table("facts", event.data)),
            withdrawn=bool(event.data.get("withdrawn", False)),
            corrections=(*report.corrections, entry),
        )


# ---------------------------------------------------------------- attempts

_CHANGE: Final = ("kind", "entity", "indicator", "target", "registered", "present", "column")


def attempt_of(event: Event, changes: Iterable[Change], refused: Plain) -> Event:
    """The event by which it is recorded that another was refused. It bears that one's key."""
    data: dict[str, Plain] = {
        "kind": event.kind,
        "data": event.data,
        "refused": refused,
        "changes": tuple({name: getattr(change, name) for name in _CHANGE} for change in changes),
    }
    return evolve(event, kind="attempt", data=data)


def attempted(entry: Entry) -> Event:
    """The event that was refused."""
    data = entry.event.data.get("data")
    kind = str(entry.event.data.get("kind", ""))
    return evolve(entry.event, kind=kind, data=data if isinstance(data, Mapping) else {})


def _records(held: Plain) -> Iterator[Mapping[str, Plain]]:
    for one in held if isinstance(held, tuple | list) else ():
        if isinstance(one, Mapping):
            yield one


def _attempt(entry: Entry) -> Attempt:
    data = entry.event.data
    changes = tuple(
        Change(**{name: str(one.get(name, "")) for name in _CHANGE}, cell=Cell(FILE, entry.index))
        for one in _records(data.get("changes", ()))
    )
    codes = tuple(str(one.get("code", "")) for one in _records(data.get("refused", ())))
    return Attempt(entry, str(data.get("kind", "")), changes, codes)
