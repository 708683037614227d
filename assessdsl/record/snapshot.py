"""What a register held at one moment, as the tables that an assessment is made of."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Final

from attrs import evolve, field, frozen

from assessdsl.binding.naming import of_indicators
from assessdsl.binding.targets import indicators_of
from assessdsl.engine import Policy, register_findings
from assessdsl.facts import Facts, Row
from assessdsl.plan.inputs import FactSchema
from assessdsl.record.accountability import judgement_rows
from assessdsl.record.state import Instruction, Report, State, merged, milestone_rows, row_of, table_row
from assessdsl.result import Citation, Finding


@frozen(repr=False)
class Snapshot:
    """The first `size` entries of a register, whose Merkle root is `root`; `as_of`: of them, what holds on that day.

    `policy` is that by which the register was kept then.
    """

    size: int
    root: str
    as_of: date | None
    state: State = field(eq=False)
    policy: Policy | None = field(eq=False)

    def __repr__(self) -> str:
        day = "" if self.as_of is None else f", as of {self.as_of}"
        return f"Snapshot({self.size} entries, {self.state.phase or 'not opened'}{day})"

    def facts(self, base: Facts, *, adjusted: bool = False) -> Facts:
        """The tables with the register's targets, and with what was reported to it beside what they hold.

        Targets are those that stand, and, once they are frozen, as they were frozen; with `adjusted`, as if the
        adjustments that were approved had stood from the first. Entities are those of the register where the tables
        have none.
        """
        state = self.state
        changed = state.adjusted if adjusted else {}

        def rows(targets: Mapping[str, Row]) -> tuple[Row, ...]:
            return tuple(merged(row, changed[name]) if name in changed else row for name, row in targets.items())

        return evolve(
            base,
            entities=base.entities or tuple(state.entities.values()),
            targets=rows(state.targets),
            frozen=None if state.frozen is None else rows(state.frozen),
            facts=(*base.facts, *self._reports(), *self._counts()),
            judgements=(*base.judgements, *judgement_rows(state.of_kind("judgement"))[0]),
            milestones=(*base.milestones, *milestone_rows(state).values()),
            progress=(*base.progress, *self._progress()),
            supervision=(*base.supervision, *(table_row(one.event, one.index) for one in state.of_kind("supervise"))),
        )

    def findings(self) -> Mapping[str, tuple[Finding, ...]]:
        """Of each entity: what was tried with its targets and refused; targets of instructions that are not there."""
        found: dict[str, tuple[Finding, ...]] = {}
        for attempt in self.state.attempts:
            for entity, several in register_findings(attempt.changes).items():
                by = attempt.entry.event.actor
                named = tuple(
                    evolve(
                        one,
                        name=f"{one.name}_refused",
                        cites=tuple(evolve(citation, author=by) for citation in one.cites),
                    )
                    for one in several
                )
                found[entity] = (*found.get(entity, ()), *named)
        for name, row in self.state.targets.items():
            value = row.get("instruction")
            if value is not None and str(value.raw) not in self.state.instructions:
                cited = Citation(target=name, where=str(row.at("instruction")))
                finding = Finding("instruction_unregistered", "", cites=(cited,), detail=str(value.raw))
                entity = _text(row, "entity")
                found[entity] = (*found.get(entity, ()), finding)
        return found

    def _reports(self) -> Iterator[Row]:
        """What stands of the reports: of several about one thing the latest, but every one where each counts. What
        the register itself counts is not taken from reports."""
        latest: dict[tuple[str, ...], Report] = {}
        counted = {name for fact in self._counted() for name in (fact.name, fact.label) if name}
        for key, report in self.state.reports.items():
            if report.withdrawn or _text(report.row, "fact") in counted:
                continue
            about = self._about(key, report.row)
            before = latest.get(about)
            if before is None or _moment(before) <= _moment(report):
                latest[about] = report
        for report in sorted(latest.values(), key=lambda one: one.entry.index):
            yield report.row

    def _progress(self) -> Iterator[Row]:
        """Of several readings of one day the one that was recorded last."""
        rows = [table_row(entry.event, entry.index) for entry in self.state.of_kind("progress")]
        yield from {(_text(row, "target"), _text(row, "date")): row for row in rows}.values()

    def _about(self, key: str, row: Row) -> tuple[str, ...]:
        """What a report is about; its own key if reports about the same thing count one by one."""
        about = tuple(_text(row, column) for column in ("target", "entity", "indicator", "fact", "period"))
        if self.policy is None or _text(row, "fact"):
            return about
        target = self.state.targets.get(_text(row, "target"))
        named = _text(row if target is None else target, "indicator")
        schema = self.policy.plan.schema
        name = of_indicators(schema).find(named)
        return (key,) if name is not None and indicators_of(schema)[name].many_entries else about

    def _counted(self) -> tuple[FactSchema, ...]:
        """The facts of the policy that are counts of instructions, once there are any."""
        if self.policy is None or not self.state.instructions:
            return ()
        return counted_facts(self.policy)

    def _counts(self) -> Iterator[Row]:
        """How the instructions of each entity were answered, for those facts of this name that the policy declares.
        Where the register knows of no instruction, nothing is known."""
        if not (counted := self._counted()):
            return
        last = max(entry.index for entry in self.state.keys.values())
        own: dict[str, list[Instruction]] = {name: [] for name in self.state.entities}
        for instruction in self.state.instructions.values():
            own.setdefault(instruction.owner, []).append(instruction)
        for fact in counted:
            name = fact.name if fact.name in COUNTS else fact.label
            for entity, several in own.items():
                value = str(sum(map(COUNTS[name], several)))
                yield row_of(last, {"entity": entity, "fact": fact.name, "actual": value})


def counted_facts(policy: Policy) -> tuple[FactSchema, ...]:
    """The facts of a policy that a register counts itself."""
    return tuple(one for one in policy.plan.schema.facts if one.name in COUNTS or one.label in COUNTS)


def _text(row: Row, column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value.raw)


def _moment(report: Report) -> tuple[date, int]:
    return report.entry.event.valid, report.entry.index


def _late(instruction: Instruction) -> int:
    return sum(reply.late_days > 0 for reply in instruction.replies)


def _late_days(instruction: Instruction) -> int:
    return sum(reply.late_days for reply in instruction.replies)


def _returned(instruction: Instruction) -> int:
    return len(instruction.returns)


def _unanswered(instruction: Instruction) -> int:
    return int(instruction.status in ("open", "returned"))


def _completed(instruction: Instruction) -> int:
    return int(instruction.status == "done")


def _one(instruction: Instruction) -> int:
    return 1


COUNTS: Final[Mapping[str, Callable[[Instruction], int]]] = {
    "instructions": _one, "交办件数": _one,
    "late_replies": _late, "迟复件数": _late,
    "late_reply_days": _late_days, "迟复天数": _late_days,
    "returned_replies": _returned, "退回件数": _returned,
    "unanswered_instructions": _unanswered, "未复件数": _unanswered,
    "completed_instructions": _completed, "办结件数": _completed,
}  # fmt: skip
"""Facts of an entity that are counted from its instructions, by the name or the label of the fact."""
