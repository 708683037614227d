"""What a register may take in beside what a score reads: milestones, progress, what supervision did, baselines."""

from collections.abc import Iterator, Sequence

from assessdsl.binding import Change
from assessdsl.binding.cells import scalar, text_in
from assessdsl.binding.naming import of_indicators
from assessdsl.binding.targets import indicators_of
from assessdsl.data.remarks import Remarks
from assessdsl.diagnostics import Diagnostic
from assessdsl.engine import Policy
from assessdsl.facts import Row
from assessdsl.record.following import Following
from assessdsl.record.snapshot import counted_facts
from assessdsl.record.state import State

_OF_THE_WHOLE = ("AS7311",)  # that the shares of all milestones make 100 % is asked when they are used


def unreadable(policy: Policy, state: State, table: str, rows: Sequence[Row]) -> tuple[Diagnostic, ...]:
    """What is wrong with rows of one of the tables."""
    remarks, schema = Remarks(), policy.plan.schema
    names, schemas = of_indicators(schema), indicators_of(schema)
    named = {text_in(row, "target") for row in rows}
    held = {name: names.find(text_in(row, "indicator")) or "" for name, row in state.targets.items() if name in named}
    reader = Following(
        {name: schemas[indicator] for name, indicator in held.items() if indicator in schemas},
        frozenset(state.targets),
        remarks,
    )
    match table:
        case "milestones":
            reader.milestones(rows)
        case "progress":
            reader.readings(rows)
        case _:
            reader.supervision(rows)
    return tuple(one for one in remarks.found if one.code not in _OF_THE_WHOLE)


def put_off(target: Row, before: Row, row: Row) -> Iterator[Change]:
    """What would be asked otherwise of a milestone."""
    name, entity = text_in(target, "target"), text_in(target, "entity")
    for column in ("due", "share"):
        was, tried = text_in(before, column), text_in(row, column)
        if tried and tried != was:
            kind = "postponed" if column == "due" else "altered"
            yield Change(kind, entity, text_in(target, "indicator"), name, was, tried, column=column)


def baseline_unread(policy: Policy, row: Row) -> tuple[Diagnostic, ...]:
    """What is wrong with the baseline of a target that is planned as a value, where no score reads the baseline."""
    schema, remarks = policy.plan.schema, Remarks()
    indicator = indicators_of(schema).get(of_indicators(schema).find(text_in(row, "indicator")) or "")
    if indicator is not None and "planned" in indicator.fields and "baseline" not in indicator.fields:
        scalar(row, "baseline", indicator.unit, indicator.places, remarks, of=indicator.name)
    return tuple(remarks.found)


def counted_itself(policy: Policy, row: Row) -> Iterator[Diagnostic]:
    """A report of what the register counts."""
    name = text_in(row, "fact")
    for fact in counted_facts(policy):
        if name and name in (fact.name, fact.label):
            yield Diagnostic("AS7231", arguments={"fact": name}, cell=row.at("fact"))


def other_year(kept: Policy, policy: Policy) -> Iterator[Diagnostic]:
    """A register is of one year."""
    own, other = kept.plan.schema.period.year, policy.plan.schema.period.year
    if own != other:
        yield Diagnostic("AS7230", arguments={"own": str(own), "other": str(other)})
