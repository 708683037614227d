"""All that monitoring found, and how it is shown to people."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final

from attrs import field, frozen

from assessdsl.diagnostics import Diagnostic
from assessdsl.json_text import indented_json
from assessdsl.period import Period
from assessdsl.plan.ranges import Range
from assessdsl.quantity import Unit, quantity_text
from assessdsl.record.calendar import Duty, Exposure
from assessdsl.record.following import Supervision
from assessdsl.record.interim import Interim, InterimEntity
from assessdsl.record.standings import (
    Burden,
    EvidenceGap,
    Standing,
    burden_data,
    duty_data,
    exposure_data,
    interim_data,
    standing_data,
)
from assessdsl.result import aligned
from assessdsl.source import visible
from assessdsl.vocabulary import vocabulary

COLOURS: Final = ("red", "yellow", "green", "")  # "": not known


@frozen(str=False, repr=False)
class Monitored:
    policy: str
    label: str
    period: Period
    as_of: date
    groups: tuple[tuple[str, str], ...]
    tiers: tuple[tuple[str, str], ...]
    standings: tuple[Standing, ...]
    duties: tuple[Duty, ...]
    exposures: tuple[Exposure, ...]
    evidence: tuple[EvidenceGap, ...]
    burden: tuple[Burden, ...]
    bulletins: tuple[Supervision, ...]
    interim: Interim
    language: str = field(default="en", eq=False)
    warnings: tuple[Diagnostic, ...] = field(default=(), eq=False)

    def __repr__(self) -> str:
        return f"Monitored({self.policy!r}, {self.as_of}, {len(self.standings)} targets)"

    def lights(self, group: str = "") -> dict[str, int]:
        """How many targets have each light, in a group or everywhere; "" where it is not known."""
        counted = Counter(each.light for each in self.standings if not group or each.group == group)
        return {colour: counted[colour] for colour in COLOURS}

    def behind(self, *colours: str) -> tuple[Standing, ...]:
        """The targets with one of the lights, as a bulletin lists them: the furthest behind first."""
        found = [each for each in self.standings if each.light in colours]
        return tuple(sorted(found, key=lambda each: (each.ahead is None, each.ahead or 0, each.entity, each.target)))

    def to_data(self) -> dict[str, Any]:
        """As plain data: numbers as exact text, in the base measure of their unit."""
        return {
            "policy": self.policy,
            "label": self.label,
            "period": self.period.year,
            "as_of": self.as_of.isoformat(),
            "targets": [standing_data(each) for each in self.standings],
            "duties": [duty_data(each) for each in self.duties],
            "exposures": [exposure_data(each) for each in self.exposures],
            "bulletins": [{"issued": one.on.isoformat(), "of": one.of.isoformat()} for one in self.bulletins],
            "evidence": [
                {"entity": each.entity, "target": each.target, "missing": list(each.modes)} for each in self.evidence
            ],
            "burden": [burden_data(each) for each in self.burden],
            "closed": self.interim.closed,
            "interim": {name: interim_data(each) for name, each in self.interim.entities.items()},
        }

    def to_json(self) -> str:
        return indented_json(self.to_data())

    def __str__(self) -> str:
        return self.text(self.language)

    def text(self, language: str) -> str:
        """For people: the targets that are not on course, what supervision owes, and what is still possible."""
        return "\n\n".join(_Text(self, language).parts()) + "\n"


# ---------------------------------------------------------------- text for people

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "as_of": ("as of {day}", "截至 {day}"),
    "targets": ("targets", "目标进度"),
    "entity": ("entity", "单位"),
    "target": ("target", "目标"),
    "due": ("due", "时限"),
    "progress": ("progress", "进度"),
    "expected": ("expected", "应达"),
    "ahead": ("ahead", "超前"),
    "light": ("light", "亮灯"),
    "why": ("why", "依据"),
    "unknown": ("not known", "未知"),
    "completed": ("completed", "已完成"),
    "milestones": ("milestones", "节点"),
    "share": ("share of the work", "形象进度"),
    "actual": ("actual", "实绩"),
    "not_reported": ("not reported", "未填报"),
    "no_plan": ("no planned value", "没有计划值"),
    "no_baseline": ("no baseline", "没有基数"),
    "late": ("late: {names}", "逾期节点:{names}"),
    "overdue": ("overdue", "已逾期"),
    "supervision": ("supervision", "督查台账"),
    "activity": ("activity", "事项"),
    "leader": ("leader", "领导"),
    "area": ("area", "领域"),
    "done": ("done", "已做"),
    "behind": ("late", "迟做"),
    "missing": ("missing", "缺"),
    "now": ("due", "应做"),
    "which": ("which are missing", "所缺"),
    "exposures": ("problems to be made public", "应曝光的问题"),
    "problem": ("problem", "问题"),
    "found": ("found", "发现"),
    "by": ("by", "期限"),
    "status": ("status", "状态"),
    "evidence": ("evidence that is lacking", "缺少的取证"),
    "burden": ("filings and checks", "填报与检查次数"),
    "filings": ("filings", "填报"),
    "checks": ("checks", "检查"),
    "requests": ("requests", "索要材料"),
    "repeated": ("asked more than once", "重复索要"),
    "interim": ("what is still possible", "仍有可能的结果"),
    "closed": ("nothing can be reported any more", "已不能再填报"),
    "total": ("total", "总分"),
    "rank": ("rank", "名次"),
    "tiers": ("tiers", "等次"),
    "secured": ("secured", "已确保"),
    "lost": ("lost", "已无缘"),
    "none": ("no result", "无结果"),
    "at_least": ("at least {tier}", "不低于{tier}"),
    "to": (" to ", " 至 "),
    "comma": (", ", "、"),
    "done_status": ("done", "已曝光"),
    "late_status": ("late", "迟曝光"),
    "missing_status": ("not made public", "未曝光"),
    "due_status": ("due", "待曝光"),
}


@frozen
class _Text:
    report: Monitored
    language: str

    def parts(self) -> Iterator[str]:
        report = self.report
        title = visible(report.label or report.policy)
        yield f"{title}  {report.period}  {self.word('as_of', day=report.as_of.isoformat())}"
        if report.standings:
            yield self._titled("targets", [self._lights(), *self._table(self._standings(), {3, 4, 5})])
        if report.duties:
            yield self._titled("supervision", self._table(self._duties(), {3, 4, 5, 6}))
        if report.exposures:
            yield self._titled("exposures", self._table(self._exposures()))
        if report.evidence:
            yield self._titled("evidence", self._table(self._evidence()))
        if report.burden:
            yield self._titled("burden", self._table(self._burden(), {1, 2, 3}))
        for name, label in report.groups or (("", ""),):
            heading = " ".join(part for part in (self.word("interim"), visible(label or name)) if part)
            rows = self._table(self._interim(name), {1, 2})
            yield "\n".join([heading, *rows, *([f"  {self.word('closed')}"] if report.interim.closed else [])])

    def word(self, key: str, **arguments: str) -> str:
        return _WORDS[key][self.language == "zh"].format(**arguments)

    def name(self, id: str) -> str:
        return vocabulary().get("name", id).spelling(self.language)

    def _titled(self, key: str, lines: Sequence[str]) -> str:
        return "\n".join([self.word(key), *lines])

    def _table(self, rows: Sequence[tuple[str, ...]], right: set[int] | None = None) -> list[str]:
        """Without the columns that are empty in every row."""
        kept = [number for number in range(len(rows[0])) if any(row[number] for row in rows[1:])]
        aside = {place for place, number in enumerate(kept) if number in (right or set())}
        shown = [tuple(visible(row[number]) for number in kept) for row in rows]
        return [f"  {line}" for line in aligned(shown, right=aside)] if len(rows) > 1 and kept else []

    def _heading(self, *keys: str) -> tuple[str, ...]:
        return tuple(self.word(key) if key else "" for key in keys)

    # ------------------------------------------------------------ targets

    def _lights(self) -> str:
        counted = self.report.lights()
        shown = [f"{self._colour(colour)} {counted[colour]}" for colour in COLOURS if counted[colour]]
        return f"  {self.word('comma').join(shown)}"

    def _colour(self, colour: str) -> str:
        return self.name(colour) if colour else self.word("unknown")

    def _standings(self) -> list[tuple[str, ...]]:
        """Those that are not on course."""
        rows = [self._heading("entity", "target", "due", "progress", "expected", "ahead", "light", "why")]
        for each in self.report.behind("red", "yellow", ""):
            rows.append(
                (
                    each.entity_label or each.entity,
                    each.target,
                    "" if each.due is None else each.due.isoformat(),
                    _share(each.progress),
                    _share(each.expected),
                    "" if each.ahead is None else _share(each.ahead, Unit.PP, 1),
                    self._colour(each.light),
                    self._why(each),
                )
            )
        return rows

    def _why(self, each: Standing) -> str:
        said = [self.word(each.basis)]
        if each.late_milestones:
            said.append(self.word("late", names=self.word("comma").join(each.late_milestones)))
        if each.overdue:
            said.append(self.word("overdue"))
        places = [str(each.cell)] if each.cell is not None else []
        return "; ".join(said) + (f"  {places[0]}" if places else "")

    # ------------------------------------------------------------ supervision

    def _duties(self) -> list[tuple[str, ...]]:
        rows = [self._heading("activity", "leader", "area", "done", "behind", "missing", "now", "which")]
        kinds = dict.fromkeys((each.activity, each.charge) for each in self.report.duties)
        for activity, charge in kinds:
            own = [each for each in self.report.duties if (each.activity, each.charge) == (activity, charge)]
            counted = Counter(each.status for each in own)
            word = vocabulary().get("word", activity).spelling(self.language)
            rows.append(
                (
                    word,
                    "" if charge is None else charge.leader,
                    "" if charge is None else charge.area,
                    *(str(counted[status]) for status in ("done", "late", "missing", "due")),
                    self.word("comma").join(each.slot.name for each in own if each.status == "missing"),
                )
            )
        return rows

    def _exposures(self) -> list[tuple[str, ...]]:
        rows = [self._heading("problem", "entity", "", "found", "by", "status")]
        for each in self.report.exposures:
            problem = each.problem
            days = (problem.on.isoformat(), each.deadline.isoformat())
            rows.append((problem.event, problem.entity, problem.item, *days, self.word(f"{each.status}_status")))
        return rows

    def _evidence(self) -> list[tuple[str, ...]]:
        return [
            self._heading("entity", "target", "evidence"),
            *(
                (each.entity, each.target, self.word("comma").join(map(self.name, each.modes)))
                for each in self.report.evidence
            ),
        ]

    def _burden(self) -> list[tuple[str, ...]]:
        rows = [self._heading("entity", "filings", "checks", "requests", "repeated")]
        for each in self.report.burden:
            repeated = (
                f"{' '.join(part for part in (one.target, one.item) if part)} ×{one.times}" for one in each.repeated
            )
            counts = (str(number) for number in (each.filings, each.checks, each.requests))
            rows.append((each.entity, *counts, self.word("comma").join(repeated)))
        return rows

    # ------------------------------------------------------------ what is still possible

    def _interim(self, group: str) -> list[tuple[str, ...]]:
        labels = dict(self.report.tiers)
        own = [each for each in self.report.interim.entities.values() if not group or each.group == group]
        rows = [self._heading("entity", "total", "rank", "tiers", "secured", "lost")]
        for each in sorted(own, key=_best_first):
            rows.append(
                (
                    each.label or each.entity,
                    self._range(each.total),
                    self._ranks(each),
                    self.word("comma").join(labels.get(tier) or tier for tier in each.tiers),
                    self.word("at_least", tier=labels.get(each.secured) or each.secured) if each.secured else "",
                    self.word("comma").join(labels.get(tier) or tier for tier in each.lost),
                )
            )
        return rows

    def _range(self, found: Range | None) -> str:
        if found is None:
            return self.word("none")
        ends = ["…" if end is None else quantity_text(end, Unit.POINTS) for end in (found.low, found.high)]
        return ends[0] if found.only is not None else self.word("to").join(ends)

    def _ranks(self, each: InterimEntity) -> str:
        if each.best_rank is None or each.worst_rank is None:
            return ""
        return str(each.best_rank) if each.best_rank == each.worst_rank else f"{each.best_rank}–{each.worst_rank}"


def _best_first(each: InterimEntity) -> tuple[int, int, str]:
    return each.best_rank or 0, each.worst_rank or 0, each.entity


def _share(value: Fraction | None, unit: Unit = Unit.PERCENT, places: int = 1) -> str:
    return "" if value is None else quantity_text(value, unit, places)
