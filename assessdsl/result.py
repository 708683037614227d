"""The result of an assessment: an immutable record that prints itself, turns into plain data, and has a digest."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final, Literal

from attrs import asdict, field, fields, frozen

from assessdsl.diagnostics import Diagnostic
from assessdsl.json_text import canonical_json, indented_json
from assessdsl.quantity import Quantity, canonical_text, exact_text
from assessdsl.source import pad, visible, width


def _read_only(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(mapping))


def _kept(record: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """How a record is pickled and copied: a read-only mapping cannot be, a plain one can."""
    values = [getattr(record, one.name) for one in fields(type(record))]
    return type(record), tuple(dict(value) if isinstance(value, MappingProxyType) else value for value in values)


@frozen
class Citation:
    """A fact that a finding rests on: a target that was not met, a judgement with its author and evidence."""

    indicator: str = ""
    target: str = ""
    judgement: str = ""
    author: str = ""
    evidence: str = ""
    where: str = field(default="", eq=False)  # the cell


UnknownReason = Literal["not_reported", "not_assessed", "not_published", "several_predecessors", "two_results"]


@frozen
class Unknown:
    """What is not known of an entity: a fact, or something of its published result of a year (rank, total, tier,
    group). No row of the year is the entity's own if it was not assessed, if several bodies went into it, or if its
    predecessor has a result beside its own."""

    name: str
    period: int
    reason: UnknownReason


@frozen
class Finding:
    """A consequence for an entity. `undetermined`: a fact that would decide it is not known."""

    name: str
    label: str
    status: Literal["raised", "undetermined"] = "raised"
    cites: tuple[Citation, ...] = ()
    within_days: int | None = None
    due: date | None = None  # within_days after the day of publication, where that was given
    detail: str = ""  # of findings about the register: what was registered and what was found
    unknown: tuple[Unknown, ...] = ()  # why it is undetermined, beside the targets that it cites


@frozen
class TargetResult:
    target: str  # "" where the entity reported without a target
    score: Quantity
    points: Quantity
    met: bool | None
    restored: bool = False
    state: str = "reported"  # of the fact; missing, not_applicable, exempt, disputed, falsified


@frozen
class IndicatorResult:
    name: str
    label: str
    score: Quantity
    points: Quantity
    targets: tuple[TargetResult, ...]
    absent: bool = False
    applies: bool = True  # by the indicator's own condition


@frozen
class ComponentResult:
    name: str
    label: str
    kind: str
    score: Quantity
    points: Quantity
    indicators: Mapping[str, IndicatorResult] = field(converter=_read_only, hash=False)
    components: Mapping[str, "ComponentResult"] = field(factory=dict, converter=_read_only, hash=False)  # within it
    outside: bool = False  # not in the total

    __reduce__ = _kept

    @property
    def every(self) -> tuple["ComponentResult", ...]:
        """It and all within it, each before those within it."""
        return (self, *(inner for part in self.components.values() for inner in part.every))


@frozen(str=False)
class EntityResult:
    """Score, tier, eligibility and findings are four separate outputs."""

    entity: str
    label: str
    group: str
    total: Quantity
    rank: int | None
    tier: str | None
    eligible: bool
    findings: tuple[Finding, ...]
    components: Mapping[str, ComponentResult] = field(converter=_read_only, hash=False)
    tier_label: str = field(default="", eq=False)
    language: str = field(default="en", eq=False)

    __reduce__ = _kept

    def __str__(self) -> str:
        """The entity's scores by component and indicator, and its findings."""
        words = _WORDS[self.language]
        facts = [f"{words['total']} {self.total}"]
        if self.rank is not None:
            facts.append(f"{words['rank']} {self.rank}")
        if self.tier is not None:
            facts.append(f"{words['tier']} {visible(self.tier_label or self.tier)}")
        rows: list[tuple[str, ...]] = []
        for component in self.components.values():
            rows += _component_rows(component, 1)
        lines = [f"{visible(self.label or self.entity)}  {'  '.join(facts)}", *aligned(rows, right={1, 2})]
        if self.findings:
            lines.append(f"  {words['findings']}")
            lines += [f"    {_finding_text(finding, self.language)}" for finding in self.findings]
        return "\n".join(lines)


@frozen(str=False, repr=False)
class Result:
    """All entities, by name. `trace` is what explanations are read from; it is outside equality and the digest."""

    policy: str
    label: str
    period: int
    fingerprint: str  # of the policy
    entities: Mapping[str, EntityResult] = field(converter=_read_only, hash=False)
    groups: tuple[tuple[str, str], ...]
    tiers: tuple[tuple[str, str], ...]
    language: str = field(default="en", eq=False)
    warnings: tuple[Diagnostic, ...] = field(default=(), eq=False)
    trace: Any = field(default=None, eq=False, repr=False)

    __reduce__ = _kept

    def __repr__(self) -> str:
        return f"Result({self.policy!r}, {self.period}, {len(self.entities)} entities)"

    def ranking(self, group: str = "") -> tuple[EntityResult, ...]:
        """The entities of a group, or all, by rank; those of one rank by name."""
        peers = [entity for entity in self.entities.values() if not group or entity.group == group]
        last = len(self.entities) + 1
        return tuple(sorted(peers, key=lambda each: (each.rank or last, each.entity)))

    def to_data(self) -> dict[str, Any]:
        """As plain data: numbers as exact text, in the base measure of their unit. Nothing of files and languages."""
        return _result_data(self, exact_text)

    def to_json(self) -> str:
        """As JSON text, always the same for the same result."""
        return indented_json(self.to_data())

    def canonical(self) -> str:
        """The one text of what was decided, of which the digest is taken."""
        return canonical_json(_result_data(self, canonical_text))

    @property
    def digest(self) -> str:
        """A fingerprint of what was decided: the same on every machine, from rows in any order."""
        return "sha256:" + hashlib.sha256(self.canonical().encode()).hexdigest()

    def __str__(self) -> str:
        """The ranking of each group with tiers and findings."""
        words = _WORDS[self.language]
        parts = [f"{visible(self.label or self.policy)}  {self.period}"]
        for name, label in self.groups or (("", ""),):
            rows: list[tuple[str, ...]] = [
                (words["rank"], words["entity"], words["total"], words["tier"], words["findings"])
            ]
            rows += [_ranking_row(entity, self.language) for entity in self.ranking(name)]
            kept = [number for number in range(len(rows[0])) if number == 1 or any(row[number] for row in rows[1:])]
            right = {place for place, number in enumerate(kept) if number in (0, 2)}
            table = aligned([tuple(row[number] for number in kept) for row in rows], right=right)
            parts.append("\n".join(([visible(label or name)] if name else []) + [f"  {line}" for line in table]))
        return "\n\n".join(parts)


# ---------------------------------------------------------------- plain data


def _result_data(result: Result, write: Callable[[Fraction], str]) -> dict[str, Any]:
    written: dict[tuple[int, int], str] = {}  # of many points few differ

    def text(value: Fraction) -> str:
        ratio = value.as_integer_ratio()
        known = written.get(ratio)
        if known is None:
            known = written[ratio] = write(value)
        return known

    return {
        "policy": result.policy,
        "label": result.label,
        "period": result.period,
        "fingerprint": result.fingerprint,
        "groups": [{"name": name, "label": label} for name, label in result.groups],
        "tiers": [{"name": name, "label": label} for name, label in result.tiers],
        "entities": {name: _entity_data(entity, text) for name, entity in result.entities.items()},
    }


def _entity_data(entity: EntityResult, text: Callable[[Fraction], str]) -> dict[str, Any]:
    return {
        "label": entity.label,
        "group": entity.group,
        "total": text(entity.total.value),
        "rank": entity.rank,
        "tier": entity.tier,
        "eligible": entity.eligible,
        "findings": [_finding_data(finding) for finding in entity.findings],
        "components": {name: _component_data(component, text) for name, component in entity.components.items()},
    }


def _component_data(component: ComponentResult, text: Callable[[Fraction], str]) -> dict[str, Any]:
    data: dict[str, Any] = {
        "label": component.label,
        "kind": component.kind,
        "score": text(component.score.value),
        "points": text(component.points.value),
        "indicators": {part.name: _indicator_data(part, text) for part in component.indicators.values()},
    }
    if component.components:
        data["components"] = {name: _component_data(part, text) for name, part in component.components.items()}
    if component.outside:
        data["outside"] = True
    return data


def _indicator_data(indicator: IndicatorResult, text: Callable[[Fraction], str]) -> dict[str, Any]:
    return {
        "label": indicator.label,
        "score": text(indicator.score.value),
        "points": text(indicator.points.value),
        "absent": indicator.absent,
        **({} if indicator.applies else {"applies": False}),
        "targets": [
            {
                "target": target.target,
                "score": text(target.score.value),
                "points": text(target.points.value),
                "met": target.met,
                "restored": target.restored,
                **({} if target.state == "reported" else {"state": target.state}),
            }
            for target in indicator.targets
        ],
    }


def _finding_data(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name,
        "label": finding.label,
        "status": finding.status,
        "within_days": finding.within_days,
        "due": None if finding.due is None else finding.due.isoformat(),
        "detail": finding.detail,
        "cites": [{name: value for name in _CITED if (value := getattr(citation, name))} for citation in finding.cites],
        **({"unknown": [asdict(unknown) for unknown in finding.unknown]} if finding.unknown else {}),
    }


_CITED: Final = ("indicator", "target", "judgement", "author", "evidence")


# ---------------------------------------------------------------- text for people

_WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "rank": "rank", "entity": "entity", "total": "total", "tier": "tier", "findings": "findings",
        "undetermined": "undetermined", "due": "by", "group": "group", "unknown": "{what} of {period}: {why}",
        "not_reported": "not reported", "not_assessed": "not assessed", "not_published": "not published",
        "several_predecessors": "several bodies went into it", "two_results": "beside a predecessor's result",
        "target_removed": "target removed", "target_lowered": "target made easier",
        "target_lightened": "target lightened", "target_split": "target split",
        "target_reclassified": "target reclassified", "target_postponed": "target postponed",
        "target_reassigned": "target reassigned", "target_altered": "target altered", "target_added": "target added",
        "refused": "{} (tried and refused)", "instruction_unregistered": "its instruction is not registered:",
    },
    "zh": {
        "rank": "名次", "entity": "单位", "total": "总分", "tier": "等次", "findings": "考核认定",
        "undetermined": "待定", "due": "期限", "group": "组别", "unknown": "{period}年{what}:{why}",
        "not_reported": "未填报", "not_assessed": "未参加考核", "not_published": "未公布",
        "several_predecessors": "由多个单位合并而成", "two_results": "本单位与原单位各有结果",
        "target_removed": "移出目标", "target_lowered": "放宽目标", "target_lightened": "降低权重",
        "target_split": "拆分目标", "target_reclassified": "改变目标类别", "target_postponed": "推迟时限",
        "target_reassigned": "改派目标", "target_altered": "变更目标", "target_added": "追加目标",
        "refused": "试图{}(已驳回)", "instruction_unregistered": "所出的批示交办事项未登记:",
    },
}  # fmt: skip


def _ranking_row(entity: EntityResult, language: str) -> tuple[str, ...]:
    return (
        "" if entity.rank is None else str(entity.rank),
        visible(entity.label or entity.entity),
        str(entity.total),
        "" if entity.tier is None else visible(entity.tier_label or entity.tier),
        "; ".join(_finding_text(finding, language) for finding in entity.findings),
    )


def finding_title(finding: Finding, language: str) -> str:
    """The finding's label; of one about the register, which the policy gives no label, its kind and the target."""
    if finding.label:
        return finding.label
    words, name = _WORDS[language], finding.name.removesuffix("_refused")
    kind = words.get(name, name)
    if name != finding.name:
        kind = words["refused"].format(kind)
    return " ".join([kind, *(citation.target for citation in finding.cites if citation.target)])


def unknown_text(unknown: Unknown, language: str) -> str:
    """What is not known, and why: `rank of 2021: not assessed`."""
    words = _WORDS[language]
    what = words.get(unknown.name, unknown.name)
    return words["unknown"].format(what=what, period=unknown.period, why=words[unknown.reason])


def _finding_text(finding: Finding, language: str) -> str:
    words = _WORDS[language]
    remarks = [words["undetermined"]] if finding.status == "undetermined" else []
    remarks += [unknown_text(unknown, language) for unknown in finding.unknown]
    if finding.due is not None:
        remarks.append(f"{words['due']} {finding.due.isoformat()}")
    return visible(finding_title(finding, language)) + (f" ({', '.join(remarks)})" if remarks else "")


def _component_rows(component: ComponentResult, depth: int) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [(f"{'  ' * depth}{_shown(component)}", *_out_of(component))]
    rows += [(f"{'  ' * depth}  {_shown(part)}", *_out_of(part)) for part in component.indicators.values()]
    for part in component.components.values():
        rows += _component_rows(part, depth + 1)
    return rows


def _shown(part: ComponentResult | IndicatorResult) -> str:
    return visible(part.label or part.name)


def _out_of(part: ComponentResult | IndicatorResult) -> tuple[str, str]:
    return str(part.score), f"/ {part.points}" if part.points.value else ""


def aligned(rows: Sequence[tuple[str, ...]], *, right: set[int]) -> list[str]:
    """The rows as lines with columns of equal width, numbers to the right."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            pad(cell, columns, right=number in right)
            for number, (cell, columns) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
