"""A register as its page tells it (`docs/register.md`), in lists and dictionaries. Nothing of the library is used but
the form of an event."""

from datetime import date
from fractions import Fraction
from typing import Any, Final

from attrs import define, field, frozen

from assessdsl.record.event import Event

PHASES: Final = ["draft", "consultation", "consulted", "frozen", "running", "assessed", "published", "appeals", "final"]
PLANNING, RUNNING, OUTSIDE = PHASES[:3], PHASES[3:5], PHASES[5:8]
WHEN: Final[dict[str, list[str]]] = {
    "open": [""],
    "enrol": [*PLANNING, *RUNNING],
    "amend_policy": PLANNING,
    "set_target": PLANNING,
    "withdraw_target": PLANNING,
    "consult": ["draft", "consultation"],
    "comment": ["consultation"],
    "reply": ["consultation"],
    "close_consultation": ["consultation"],
    "freeze": ["draft", "consulted"],
    "add_target": RUNNING,
    "adjust": RUNNING,
    "instruct": PHASES,
    "reply_instruction": PHASES,
    "return_instruction": PHASES,
    "complete_instruction": PHASES,
    "report": RUNNING,
    "correction": ["running", *OUTSIDE],
    "assess": RUNNING,
    "publish": ["assessed"],
    "finalise": ["published", "appeals"],
    "judgement": [*RUNNING, *OUTSIDE],
    "explanation": [*OUTSIDE, "final"],
    "acceptance": [*OUTSIDE, "final"],
    "appeal": ["published", "appeals"],
    "ruling": ["appeals"],
    "revise": ["appeals"],
    "use": ["published", "appeals", "final"],
}
LEADS_TO: Final = {
    "open": "draft", "consult": "consultation", "close_consultation": "consulted", "freeze": "frozen",
    "report": "running", "assess": "assessed", "publish": "published", "appeal": "appeals", "finalise": "final",
}  # fmt: skip
ABOUT_ENTITIES: Final = ("consult", "comment", "judgement", "appeal", "use")
ANSWERS: Final = {
    "reply_instruction": ("open", "returned"),
    "return_instruction": ("replied",),
    "complete_instruction": ("open", "replied", "returned"),
}


@frozen
class Rules:
    """What the policy of a register asks for. Nothing in `authorities`: anyone who is named."""

    consultation: bool
    required: tuple[str, ...]
    covered: tuple[str, ...]  # groups
    ambition: Fraction | None  # at most so much beyond the baseline; None: not asked
    authorities: tuple[str, ...]
    adjusting: tuple[str, ...]  # who may; nothing: nobody
    until: date
    grounds: tuple[str, ...]


@define
class Now:
    """How things stand."""

    phase: str = ""
    policy: str = ""  # its fingerprint
    entities: dict[str, dict[str, str]] = field(factory=dict)
    targets: dict[str, dict[str, str]] = field(factory=dict)
    frozen: dict[str, dict[str, str]] | None = None
    added: list[str] = field(factory=list)
    adjusted: dict[str, dict[str, str]] = field(factory=dict)
    asked: set[str] = field(factory=set)
    waiting: dict[str, bool] = field(factory=dict)  # comments by key: not replied to
    instructions: dict[str, dict[str, Any]] = field(factory=dict)
    reports: dict[str, tuple[date, int, dict[str, str], bool]] = field(factory=dict)  # valid, number, row, withdrawn
    judgements: dict[tuple[str, str], dict[str, str]] = field(factory=dict)
    appeals: set[str] = field(factory=set)

    @property
    def held(self) -> dict[str, dict[str, str]]:
        return {**(self.frozen or {}), **{name: self.targets[name] for name in self.added}}


@frozen
class Line:
    """What was sent under a key, and what became of it."""

    event: Event
    accepted: bool


def filled(data: Any) -> dict[str, str]:
    return {column: text for column, text in data.items() if isinstance(text, str) and text.strip()}


def after(lines: list[Line], day: date | None = None) -> Now:
    """How things stand after what was sent; with a day, after what holds on it."""
    now = Now()
    for number, line in enumerate(lines):
        if line.accepted and (day is None or line.event.valid <= day):
            happen(now, number, line.event)
    return now


def happen(now: Now, number: int, event: Event) -> None:
    data: Any = event.data
    now.phase = LEADS_TO.get(event.kind, now.phase)
    match event.kind:
        case "open" | "amend_policy":
            now.policy = data["fingerprint"]
        case "enrol":
            now.entities[event.subject] = {"entity": event.subject, **filled(data)}
        case "set_target" | "add_target":
            row = {"target": event.subject, **filled(data)}
            now.targets[event.subject] = row | ({"authority": event.authority} if event.authority else {})
            now.added += [event.subject] if event.kind == "add_target" else []
        case "withdraw_target":
            now.targets.pop(event.subject, None)
        case "freeze":
            now.frozen = dict(now.targets)
        case "adjust":
            now.adjusted[event.subject] = now.adjusted.get(event.subject, {}) | filled(data)
        case "consult":
            now.asked.add(event.subject)
        case "comment":
            now.waiting[event.key] = True
        case "reply" if event.subject in now.waiting:
            now.waiting[event.subject] = False
        case "instruct":
            due = date.fromisoformat(data["due"])
            now.instructions[event.subject] = {"owner": data["owner"], "due": due, "status": "open", "late": 0}
        case "reply_instruction" if event.subject in now.instructions:
            order = now.instructions[event.subject]
            late = event.valid > order["due"]
            now.instructions[event.subject] = order | {"status": "replied", "late": order["late"] + late}
        case "return_instruction" if event.subject in now.instructions:
            order = now.instructions[event.subject]
            due = date.fromisoformat(data["due"]) if "due" in data else order["due"]
            now.instructions[event.subject] = order | {"status": "returned", "due": due}
        case "complete_instruction" if event.subject in now.instructions:
            now.instructions[event.subject] = now.instructions[event.subject] | {"status": "done"}
        case "report":
            about = "entity" if "indicator" in data or "fact" in data else "target"
            now.reports[event.key] = (event.valid, number, {about: event.subject, **filled(data)}, False)
        case "correction" if event.subject in now.reports:
            valid, first, row, _ = now.reports[event.subject]
            now.reports[event.subject] = (valid, first, row | filled(data), data.get("withdrawn", False))
        case "judgement":
            about_whom = (event.subject, data["judgement"])
            now.judgements.pop(about_whom, None) if data.get("withdrawn") else now.judgements.update(
                {about_whom: {
                    "entity": event.subject, "judgement": data["judgement"], "author": data["author"],
                    "evidence": "; ".join(event.evidence), "date": event.valid.isoformat(),
                }}
            )  # fmt: skip
        case "appeal":
            now.appeals.add(event.key)


# ---------------------------------------------------------------- what is refused


def number(text: str) -> Fraction | None:
    try:
        return Fraction(text.rstrip("%"))
    except ValueError:
        return None


def readable(row: dict[str, str]) -> bool:
    """Numbers are numbers; an amount is no percentage."""
    texts = [row[column] for column in ("planned", "baseline", "weight") if column in row]
    return all(number(text) is not None for text in texts) and (
        row["indicator"] == "growth" or "%" not in "".join(texts)
    )


def changes(before: dict[str, str], row: dict[str, str]) -> set[str]:
    """What would be done to a frozen target that is readable, of the same entity and indicator."""
    found = set()
    lower = before["indicator"] == "spending"
    for column, easier in (("planned", "lowered"), ("weight", "lightened"), ("baseline", "altered")):
        was, is_now = (number(one[column]) if column in one else None for one in (before, row))
        if was != is_now:
            less = was is not None and (
                is_now is None or (is_now > was if lower and column == "planned" else is_now < was)
            )
            found.add(easier if less else "altered")
    if before.get("due") != row.get("due"):
        found.add("postponed" if "due" in before and row.get("due", "9999") > before["due"] else "altered")
    if before.get("tags") != row.get("tags"):
        found.add("reclassified")
    if before.get("required") != row.get("required"):
        found.add("reclassified" if before.get("required") == "yes" else "altered")
    return found


def refused(now: Now, rules: Rules, event: Event) -> set[str]:
    """Why an event is refused: the codes of all that speaks against it, of which at least one is told. `AS6`: what
    cannot be read. Nothing: it is accepted."""
    data: Any = event.data
    row = {"target": event.subject, **filled(data)}
    if event.kind in ("set_target", "withdraw_target") and now.frozen is not None:
        return after_the_freeze(now, rules, event, row)[0]
    found = set() if now.phase in WHEN[event.kind] else {"AS7204"}
    if event.kind in ABOUT_ENTITIES and event.subject not in now.entities:
        found.add("AS7205")
    match event.kind:
        case "open" | "amend_policy":
            found |= {"AS7218"} if data["fingerprint"].endswith("0000") else set()
        case "enrol":
            found |= {"AS7206"} if event.subject in now.entities else set()
        case "set_target" | "add_target":
            found |= set() if row["entity"] in now.entities else {"AS7205"}
            found |= set() if readable(row) else {"AS6"}
            if event.kind == "add_target":
                found |= {"AS7206"} if event.subject in now.targets else set()
                found |= addition(now, rules, event, row)
        case "withdraw_target":
            found |= set() if event.subject in now.targets else {"AS7205"}
        case "reply":
            found |= set() if event.subject in now.waiting else {"AS7205"}
        case "close_consultation":
            found |= {"AS7210"} if set(now.entities) - now.asked else set()
            found |= {"AS7211"} if any(now.waiting.values()) else set()
        case "freeze":
            found |= incomplete(now, rules)
            found |= {"AS7210"} if rules.consultation and now.phase == "draft" else set()
        case "adjust":
            found |= adjustment(now, rules, event) if event.subject in now.held else {"AS7205"}
        case "instruct":
            found |= {"AS7206"} if event.subject in now.instructions else set()
            found |= set() if data["owner"] in now.entities else {"AS7205"}
        case "reply_instruction" | "return_instruction" | "complete_instruction":
            if event.subject not in now.instructions:
                found.add("AS7205")
            elif now.instructions[event.subject]["status"] not in ANSWERS[event.kind]:
                found.add("AS7227")
        case "report":
            known: Any = now.entities if "indicator" in data or "fact" in data else now.targets
            found |= set() if event.subject in known else {"AS7205"}
            found |= set() if number(data.get("actual", "0")) is not None else {"AS6"}
        case "correction":
            found |= set() if event.subject in now.reports else {"AS7205"}
            found |= set() if number(data.get("actual", "0")) is not None else {"AS6"}
        case "ruling":
            found |= set() if event.subject in now.appeals else {"AS7205"}
    return found


def after_the_freeze(now: Now, rules: Rules, event: Event, row: dict[str, str]) -> tuple[set[str], set[str] | None]:
    """Codes, and what would be done to the target; None where that is not certain."""
    before = now.held.get(event.subject)
    if event.kind == "withdraw_target":
        return ({"AS7205"}, set()) if before is None else ({"AS7207"}, {"removed"})
    uncertain = not readable(row) or row["entity"] not in now.entities
    if before is None and row.get("split_of") in now.held:
        return {"AS7207", "AS7208", "AS6"}, None if uncertain else {"split"}
    if before is None:
        return {"AS7208"}, set()
    if uncertain:
        return {"AS7207", "AS6"}, None
    if (row["entity"], row["indicator"]) != (before["entity"], before["indicator"]):
        return {"AS7207"}, None
    done = changes(before, row)
    return ({"AS7207"} if done else set() if now.phase in RUNNING else {"AS7204"}), done


def addition(now: Now, rules: Rules, event: Event, row: dict[str, str]) -> set[str]:
    if (origin := row.get("split_of")) not in (None, event.subject):
        return {"AS7207", "AS7208"} if origin in now.held else {"AS7011", "AS7208"}
    named = event.authority in rules.authorities if rules.authorities else bool(event.authority)
    return set() if named else {"AS7208"}


def adjustment(now: Now, rules: Rules, event: Event) -> set[str]:
    before = now.held[event.subject] | now.adjusted.get(event.subject, {})
    row = before | filled(event.data)
    if not readable(row):
        return {"AS7209", "AS6"}
    allowed = event.authority in rules.adjusting and event.valid <= rules.until and event.reason in rules.grounds
    return set() if allowed and changes(before, row) else {"AS7209"}


def incomplete(now: Now, rules: Rules) -> set[str]:
    found = set() if now.entities else {"AS6"}
    carrying = {row["entity"] for row in now.targets.values()}
    for name, entity in now.entities.items():
        if entity["group"] in rules.covered and name not in carrying:
            found.add("AS7213")
    for row in now.targets.values():
        found |= {"AS7212"} if any(column not in row for column in rules.required) else set()
        planned, baseline = (number(row.get(column, "")) for column in ("planned", "baseline"))
        if rules.ambition is None or planned is None:
            continue
        if baseline is None:
            found.add("AS7212")
        else:
            beyond = baseline - planned if row["indicator"] == "spending" else planned - baseline
            found |= {"AS7215"} if beyond <= 0 else {"AS7216"} if beyond > rules.ambition * baseline else set()
    return found


# ---------------------------------------------------------------- the tables


def tables(now: Now, adjusted: bool = False) -> dict[str, Any]:
    """The tables that an assessment is made of."""
    changed = now.adjusted if adjusted else {}

    def rows(targets: dict[str, dict[str, str]]) -> list[dict[str, str]]:
        return [row | changed.get(name, {}) for name, row in targets.items()]

    return {
        "entities": list(now.entities.values()),
        "targets": rows(now.targets),
        "frozen": None if now.frozen is None else rows(now.frozen),
        "facts": [*reported(now), *counted(now)],
        "judgements": list(now.judgements.values()),
    }


def reported(now: Now) -> list[dict[str, str]]:
    """Of several reports about one thing the latest by its day; of warnings each counts."""
    latest: dict[Any, tuple[date, int, dict[str, str]]] = {}
    for key, (valid, number, row, withdrawn) in now.reports.items():
        if not withdrawn:
            about: Any = tuple(row.get(column) for column in ("target", "entity", "indicator", "fact"))
            if row.get("indicator") == "warning":
                about = key
            if about not in latest or latest[about][:2] < (valid, number):
                latest[about] = (valid, number, row)
    return [row for _, _, row in latest.values()]


def counted(now: Now) -> list[dict[str, str]]:
    """How often each entity replied late, as soon as there are instructions."""
    orders = now.instructions.values()
    whose = list(dict.fromkeys([*now.entities, *(order["owner"] for order in orders)])) if now.instructions else []
    return [
        {"entity": name, "fact": "late_replies", "actual": str(sum(o["late"] for o in orders if o["owner"] == name))}
        for name in whose
    ]
