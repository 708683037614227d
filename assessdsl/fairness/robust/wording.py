"""The report on how firmly a result stands, for people; and the line of each entity for a bulletin."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Final

from attrs import frozen

from assessdsl.fairness.robust.intervals import Factor, Interval
from assessdsl.fairness.robust.report import Robustness
from assessdsl.fairness.robust.standing import Against, Margin, Profile
from assessdsl.fairness.robust.turning import Turn
from assessdsl.fairness.robust.without import Moved, Shift, Without
from assessdsl.quantity import Unit, quantity_text, rounded
from assessdsl.result import aligned
from assessdsl.source import visible

_NAMED: Final = 4  # of those who move; the others are counted
_FACTORS: Final = 8

_WORDS: Final = {
    "en": {
        "assumed": "assumed: {what}; {replicates} replicates, seed {seed}; intervals cover the middle {middle} of them",
        "weights": "weights ±{share}",
        "survey": "samples of {names}",
        "parameter": "{name} from {low} to {high}",
        "nothing": "nothing uncertain",
        "held": "not varied, because their scores are fixed points: {names}",
        "stopped": "{count} replicates are left out: the policy stops with an error there",
        "rank": "rank", "entity": "entity", "interval": "interval", "range": "extremes", "median": "median",
        "tiers": "tiers", "to": "{low} to {high}",
        "sensitivity": "what moves the ranking most (estimated shares of the variation, {points} points)",
        "alone": "alone", "total": "in all",
        "turns": "the smallest change of each weight that turns something, the others in balance",
        "turn": "{name} {base} → {at} ({change}): {what}", "about": "≈",
        "up": "any more", "down": "any less", "no_turn": "none within what was looked at",
        "influence": "nominal and effective weights", "nominal": "nominal", "effective": "effective",
        "correlation": "correlation",
        "without": "ranks without a part", "factors": "with neutral {name}: {what}", "is": "{name}: {what}",
        "nobody": "nobody moves", "stops": "the policy would stop with an error", "more": "and {count} more",
        "moved": "{entity} {changes}", "findings": "other findings",
        "small": "small additions and deductions: what would be otherwise without them",
        "delta": "δ = {delta} more or less for one entity: {count} of {all} cases move somebody",
        "no_delta": "what an addition of a given size would move is not judged: no δ was given",
        "separation": "separation",
        "spread": "entities {entities}, {high} to {low}, range {range}, standard deviation {deviation}, {ties} ties",
        "tier_gap": "{above} to {below} {points}",
        "compressed": "compressed: the declared range is {spread}",
        "profiles": "strengths and weaknesses against the median of the group, margins, in points",
        "strong": "strong in {names}", "weak": "weak in {names}",
        "to_rank": "{points} to rank {reaches}", "to_tier": "{points} to {reaches}", "by": " (alone by {names})",
        "list": ", ", "or": " or ", "sep": "; ",
        "bulletin": "{rank}; {interval} under {what}", "same": "the same in {middle} of cases under {what}",
    },
    "zh": {
        "assumed": "假定：{what}；重复计算 {replicates} 次，随机种子 {seed}；区间覆盖居中的 {middle}",
        "weights": "权重±{share}",
        "survey": "{names}的抽样误差",
        "parameter": "{name}从 {low} 到 {high}",
        "nothing": "没有不确定因素",
        "held": "未变动，因其得分是固定分数：{names}",
        "stopped": "有 {count} 次因办法报错而未计入",
        "rank": "名次", "entity": "单位", "interval": "区间", "range": "最宽", "median": "中位",
        "tiers": "等次", "to": "{low} 至 {high}",
        "sensitivity": "哪项选择最能改变排名（占变差的估计比例，{points} 个点）",
        "alone": "单独", "total": "合计",
        "turns": "每项权重使结果改变的最小变动（其余权重相应平衡）",
        "turn": "{name} {base} → {at}（{change}）：{what}", "about": "≈",
        "up": "稍增即变", "down": "稍减即变", "no_turn": "在所查范围内没有",
        "influence": "名义权重与实际权重", "nominal": "名义", "effective": "实际",
        "correlation": "相关",
        "without": "去掉某一部分后的名次", "factors": "{name}取中性值：{what}", "is": "{name}：{what}",
        "nobody": "无人变动", "stops": "办法将报错", "more": "另有 {count} 个",
        "moved": "{entity} {changes}", "findings": "认定不同",
        "small": "小额加减分：没有它们会有什么不同",
        "delta": "单个单位增减 δ = {delta}：{all} 种情形中有 {count} 种使人变动",
        "no_delta": "未规定 δ，不评判多少加减分会改变结果",
        "separation": "档次拉开程度",
        "spread": "{entities} 个单位，{high} 至 {low}，极差 {range}，标准差 {deviation}，同分 {ties} 处",
        "tier_gap": "{above}与{below}相差 {points}",
        "compressed": "分数过于集中：规定的极差为 {spread}",
        "profiles": "与本组中位数相比的长处和短板，以及差距（分）",
        "strong": "长处 {names}", "weak": "短板 {names}",
        "to_rank": "差 {points} 分到第 {reaches} 名", "to_tier": "差 {points} 分到{reaches}",
        "by": "（单凭{names}即可）",
        "list": "、", "or": "或", "sep": "；",
        "bulletin": "{rank}；在{what}下，{interval}", "same": "在{what}下，{middle} 的情形名次相同",
    },
}  # fmt: skip


def bulletin(report: Robustness, language: str = "") -> dict[str, str]:
    """By entity, its rank with how firm it is, in a line: `3rd; 2nd to 5th under weights ±10%`."""
    teller = Teller(report, language or report.result.language)
    return {one.entity: teller.bulletin(one) for one in report.intervals.entities}


def text(report: Robustness, language: str = "") -> str:
    """The whole report."""
    teller = Teller(report, language or report.result.language)
    return "\n\n".join("\n".join(section) for section in teller.sections() if section)


@frozen(eq=False)
class Teller:
    report: Robustness
    language: str

    def say(self, word: str, **arguments: object) -> str:
        return _WORDS[self.language][word].format(**arguments)

    # ------------------------------------------------------------ names and numbers

    def entity(self, name: str) -> str:
        return visible(self.report.result.entities[name].label or name)

    def tier(self, name: str | None) -> str:
        return visible(next((label or id for id, label in self.report.result.tiers if id == name), name or "—"))

    def group(self, name: str) -> str:
        return visible(next((label or id for id, label in self.report.result.groups if id == name), name))

    def ordinal(self, number: int) -> str:
        if self.language == "zh":
            return f"第{number}名"
        ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        return f"{number}{ending}"

    def joined(self, names: Iterable[str], word: str = "list") -> str:
        return self.say(word).join(names)

    def uncertain(self) -> str:
        found = self.report.uncertainty
        kinds: dict[str, list[Factor]] = {"weight": [], "parameter": [], "survey": []}
        for factor in self.report.varied:
            kinds[factor.kind].append(factor)
        parts = [self.say("weights", share=percent(found.weights))] if kinds["weight"] else []
        for factor in kinds["parameter"]:
            low, high = (quantity_text(one, self.report.units[factor.name]) for one in found.parameters[factor.name])
            parts.append(self.say("parameter", name=shown(factor), low=low, high=high))
        if kinds["survey"]:
            parts.append(self.say("survey", names=self.joined(map(shown, kinds["survey"]))))
        return self.joined(parts) or self.say("nothing")

    def bulletin(self, one: Interval) -> str:
        what = self.uncertain()
        if one.low == one.high == one.rank:
            middle = percent(self.report.uncertainty.middle)
            return f"{self.ordinal(one.rank)}{self.say('sep')}{self.say('same', middle=middle, what=what)}"
        interval = self.say("to", low=self.ordinal(one.low), high=self.ordinal(one.high))
        if one.low == one.high:
            interval = self.ordinal(one.low)
        return self.say("bulletin", rank=self.ordinal(one.rank), interval=interval, what=what)

    # ------------------------------------------------------------ sections

    def sections(self) -> Iterator[list[str]]:
        yield self._head()
        yield from self._intervals()
        yield self._sensitivity()
        yield self._turns()
        yield from self._influence()
        yield self._without()
        yield self._small()
        yield self._separation()
        yield from self._profiles()

    def _head(self) -> list[str]:
        report = self.report
        lines = [
            visible(report.result.label or report.result.policy),
            self.say(
                "assumed",
                what=self.uncertain(),
                replicates=report.intervals.replicates + report.intervals.stopped,
                seed=report.seed,
                middle=percent(report.uncertainty.middle),
            ),
        ]
        if report.held:
            lines.append(self.say("held", names=self.joined(map(visible, report.held))))
        if report.intervals.stopped:
            lines.append(self.say("stopped", count=report.intervals.stopped))
        return lines

    def _intervals(self) -> Iterator[list[str]]:
        found = {one.entity: one for one in self.report.intervals.entities}
        heads = tuple(self.say(word) for word in ("rank", "entity", "interval", "range", "median", "tiers"))
        for group, _ in self.report.result.groups or (("", ""),):
            ranked = [one.entity for one in self.report.result.ranking(group) if one.entity in found]
            if ranked:
                rows = [heads, *(self._interval(found[name]) for name in ranked)]
                yield self._titled(self.group(group), aligned(rows, right={0, 4}))

    def _interval(self, one: Interval) -> tuple[str, ...]:
        tiers = [f"{self.tier(name)} {percent(share)}" for name, share in one.tiers]
        return (
            str(one.rank),
            self.entity(one.entity),
            self.say("to", low=one.low, high=one.high),
            self.say("to", low=one.best, high=one.worst),
            str(one.median),
            self.joined(tiers),
        )

    def _sensitivity(self) -> list[str]:
        found = self.report.sensitivity
        if found is None:
            return []
        rows = [("", self.say("alone"), self.say("total"))]
        for factor, index in found.ranking[:_FACTORS]:
            first, total = (percent(max(one, Fraction(0))) for one in (index.first, index.total))
            rows.append((shown(factor), first, total))
        title = self.say("sensitivity", points=found.points)
        return self._titled(title, aligned(rows, right={1, 2}))

    def _turns(self) -> list[str]:
        seen: dict[tuple[str, str], Turn] = {}
        for turn in self.report.turns:  # the nearest of each weight and kind
            seen.setdefault((turn.kind, turn.weight), turn)
        return self._titled(self.say("turns"), [self._turn(turn) for turn in seen.values()] or [self.say("no_turn")])

    def _turn(self, turn: Turn) -> str:
        changes = [
            f"{self.entity(name)} {self._outcome(turn.kind, was)} → {self._outcome(turn.kind, now)}"
            for name, was, now in turn.entities
        ]
        size = percent(abs(turn.change))
        change = self.say(turn.way) if size == "0%" else f"{'+' if turn.way == 'up' else '−'}{size}"
        return self.say(
            "turn",
            name=visible(turn.label or turn.weight),
            base=quantity_text(turn.base, turn.unit),
            at=("" if turn.exact else self.say("about")) + quantity_text(rounded(turn.at, "half_up", 4), turn.unit),
            change=change,
            what=self._some(changes),
        )

    def _outcome(self, kind: str, what: str) -> str:
        return self.tier(what) if kind == "tier" else self.ordinal(int(what))

    def _influence(self) -> Iterator[list[str]]:
        heads = ("", self.say("nominal"), self.say("effective"), self.say("correlation"))
        for group, _ in self.report.result.groups or (("", ""),):
            rows = [
                (
                    ("" if one.kind == "component" else "  ") + visible(one.label or one.name),
                    percent(one.nominal),
                    "—" if one.effective is None else percent(one.effective),
                    "—"
                    if one.correlation is None
                    else quantity_text(rounded(one.correlation, "half_up", 2), Unit.NUMBER, 2),
                )
                for one in self.report.influence
                if one.group == group
            ]
            if rows:
                title = " · ".join(part for part in (self.say("influence"), self.group(group)) if part)
                yield self._titled(title, aligned([heads, *rows], right={1, 2, 3}))

    def _without(self) -> list[str]:
        found = [one for one in self.report.without if one.kind in ("component", "indicator")]
        lines = [self._left_out(one) for one in found]
        factors = [one for one in self.report.without if one.kind == "factor"]
        for one in factors:
            lines.append(self.say("factors", name=visible(one.label or one.name), what=self._movers(one.moved)))
        return self._titled(self.say("without"), lines)

    def _left_out(self, one: Without) -> str:
        return self.say("is", name=visible(one.label or one.name), what=self._movers(one.moved))

    def _movers(self, moved: Sequence[Moved] | None) -> str:
        if moved is None:
            return self.say("stops")
        return self._some([self._mover(one) for one in moved]) or self.say("nobody")

    def _mover(self, one: Moved) -> str:
        was, now = one.was, one.now
        changes = [f"{was.rank} → {now.rank}"] if was.rank != now.rank else []
        if was.tier != now.tier:
            changes.append(f"{self.tier(was.tier)} → {self.tier(now.tier)}")
        if was.findings != now.findings:
            changes.append(self.say("findings"))
        return self.say("moved", entity=self.entity(one.entity), changes=self.joined(changes))

    def _some(self, changes: list[str]) -> str:
        named = changes[:_NAMED]
        if len(changes) > _NAMED:
            named.append(self.say("more", count=len(changes) - _NAMED))
        return self.joined(named)

    def _small(self) -> list[str]:
        found = self.report.dominance
        lines = [self._left_out(one) for one in found.items]
        if found.shifts is None or found.delta is None:
            return self._titled(self.say("small"), [*lines, self.say("no_delta")])
        tried = 2 * len(self.report.result.entities)
        lines.append(self.say("delta", delta=points(found.delta), count=len(found.shifts), all=tried))
        return self._titled(self.say("small"), [*lines, *(f"  {self._shift(one)}" for one in found.shifts)])

    def _shift(self, one: Shift) -> str:
        sign = "+" if one.by > 0 else "−"
        return self.say(
            "is", name=f"{self.entity(one.entity)} {sign}{points(abs(one.by))}", what=self._movers(one.moved)
        )

    def _separation(self) -> list[str]:
        lines: list[str] = []
        for one in self.report.separation:
            told = self.say(
                "spread", entities=one.entities, high=points(one.highest), low=points(one.lowest),
                range=points(one.range), deviation=points(one.deviation), ties=one.ties,
            )  # fmt: skip
            parts = [self.say("is", name=self.group(one.group), what=told) if one.group else told]
            parts += [
                self.say("tier_gap", above=self.tier(gap.above), below=self.tier(gap.below), points=points(gap.points))
                for gap in one.tiers
            ]
            if one.compressed:
                parts.append(self.say("compressed", spread=points(self.report.spread or Fraction(0))))
            lines.append(self.joined(parts, "sep"))
        return self._titled(self.say("separation"), lines)

    def _profiles(self) -> Iterator[list[str]]:
        found = {one.entity: one for one in self.report.profiles}
        for group, _ in self.report.result.groups or (("", ""),):
            lines = [self._profile(found[one.entity]) for one in self.report.result.ranking(group)]
            if lines:
                title = " · ".join(part for part in (self.say("profiles"), self.group(group)) if part)
                yield self._titled(title, lines)

    def _profile(self, one: Profile) -> str:
        parts = []
        if one.strengths:
            parts.append(self.say("strong", names=self.joined(map(self._against, one.strengths))))
        if one.weaknesses:
            parts.append(self.say("weak", names=self.joined(map(self._against, one.weaknesses))))
        parts += map(self._margin, one.margins)
        return self.say("is", name=self.entity(one.entity), what=self.joined(parts, "sep") or "—")

    def _against(self, one: Against) -> str:
        return f"{visible(one.label or one.indicator)} {'+' if one.lead > 0 else '−'}{points(abs(one.lead))}"

    def _margin(self, one: Margin) -> str:
        if one.to == "rank":
            told = self.say("to_rank", points=points(one.points), reaches=one.reaches)
        else:
            told = self.say("to_tier", points=points(one.points), reaches=self.tier(one.reaches))
        names = self.joined((visible(label or name) for name, label in one.by), "or")
        return told + (self.say("by", names=names) if names else "")

    def _titled(self, title: str, lines: Sequence[str]) -> list[str]:
        return [title, *(f"  {line}" for line in lines)] if title else list(lines)


def shown(factor: Factor) -> str:
    return visible(factor.label or factor.name)


def percent(share: Fraction) -> str:
    return quantity_text(rounded(share, "half_up", 3), Unit.SHARE)


def points(value: Fraction) -> str:
    return quantity_text(rounded(value, "half_up", 2), Unit.POINTS)
