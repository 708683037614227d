"""Single targets and reports against a policy, before they come into any dataset: what a register is asked about."""

from collections.abc import Iterable, Mapping

from attrs import frozen

from assessdsl.binding.cells import Calendar
from assessdsl.binding.entities import Roster, read_entities
from assessdsl.binding.frozen import CODES, Change, compare
from assessdsl.binding.reports import Reports
from assessdsl.binding.targets import Target, read_targets, told_unscorable
from assessdsl.data.remarks import Remarks
from assessdsl.diagnostics import Diagnostic
from assessdsl.facts import Facts, Row
from assessdsl.plan.inputs import Schema


@frozen
class Standing:
    """Entities and targets, read, and what is wrong with them."""

    roster: Roster
    targets: Mapping[str, Target]
    diagnostics: tuple[Diagnostic, ...]


def read_standing(
    schema: Schema, entities: Iterable[Row], targets: Iterable[Row] = (), *, whole: bool = False
) -> Standing:
    """whole: the targets are all that there are, and each must be such that it can be scored."""
    remarks = Remarks()
    roster = read_entities(schema, Facts(entities=tuple(entities)), remarks)
    read, _ = read_targets(schema, targets, roster, Calendar(schema.period, remarks), remarks)
    if whole:
        told_unscorable(schema, read, remarks)
    return Standing(roster, read, tuple(remarks.found))


def changes(
    schema: Schema, entities: Iterable[Row], before: Iterable[Row], present: Iterable[Row]
) -> tuple[tuple[Change, ...], tuple[Diagnostic, ...]]:
    """What was done to targets that stood as `before` and stand as `present`, and what else there is to say."""
    remarks, calendar = Remarks(), Calendar(schema.period, Remarks())
    roster = read_entities(schema, Facts(entities=tuple(entities)), Remarks())
    stood, _ = read_targets(schema, before, roster, calendar, Remarks())
    stand, wrong = read_targets(schema, present, roster, calendar, remarks)
    compared = compare(schema, stood, stand, wrong, remarks)
    told = frozenset(CODES.values())  # of these the changes speak
    return compared.changes, tuple(found for found in remarks.found if found.code not in told)


def read_report(schema: Schema, entities: Iterable[Row], targets: Iterable[Row], report: Row) -> tuple[Diagnostic, ...]:
    """What is wrong with a reported row."""
    remarks, standing = Remarks(), read_standing(schema, entities, targets)
    reports = Reports(schema, standing.roster, standing.targets, standing.targets, set(), remarks)
    reports.read((report,), Calendar(schema.period, remarks))
    return tuple(remarks.found)
