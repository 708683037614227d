"""Entities that were renamed, merged or split, and who led them: whose earlier results are whose.

A succession says what happened, on which day and by which document. Who inherits the earlier results is declared, for
all rules or for one finding; a renamed body inherits its own and a part of a split one its whole's, unless it is said
that it does not. Of a merged body nothing is known before the merger, unless it is said whose results are its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, Literal, assert_never

from attrs import evolve, field, frozen

from assessdsl import engine
from assessdsl.diagnostics import DataError, Diagnostic, arrange
from assessdsl.engine import Policy, Records
from assessdsl.facts import Facts, Row, Value
from assessdsl.period import Period
from assessdsl.plan.steps import FindingOutput
from assessdsl.result import Result

NONE: Final = "none"
"""Instead of a predecessor: the heir begins anew, and was not assessed before."""


def _read_only(given: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: dict(value) if isinstance(value, Mapping) else value for key, value in given.items()}


@frozen
class Succession:
    """`inherits`: by heir the predecessor whose earlier results are its own, or NONE. `rules`: the same, by finding,
    where a rule is to be read otherwise."""

    kind: Literal["renamed", "merged", "split"]
    before: tuple[str, ...]
    after: tuple[str, ...]
    on: date
    document: str
    inherits: Mapping[str, str] = field(factory=dict, converter=_read_only, hash=False)
    rules: Mapping[str, Mapping[str, str]] = field(factory=dict, converter=_read_only, hash=False)

    def predecessors(self, heir: str, finding: str = "") -> tuple[str, ...]:
        """Of an heir, for a finding or for all else: one, all where it is not declared which, or none."""
        declared = self.rules.get(finding, {}).get(heir) or self.inherits.get(heir)
        if declared == NONE:
            return ()
        return self.before if declared is None else (declared,)


def check_successions(successions: Sequence[Succession]) -> tuple[Diagnostic, ...]:
    """What is wrong with them (AS7404), each remark about one succession."""
    found: list[Diagnostic] = []
    for number, one in enumerate(successions, 1):
        reasons = _reasons(one, successions[: number - 1])
        for en, zh in reasons:
            what = f"{'+'.join(one.before)} → {'+'.join(one.after)}"
            arguments = {"number": str(number), "what": what, "reason_en": en, "reason_zh": zh}
            found.append(Diagnostic("AS7404", arguments=arguments))
    return arrange(found)


def _reasons(one: Succession, others: Sequence[Succession]) -> list[tuple[str, str]]:
    counts = {"renamed": (1, 1), "merged": (2, 1), "split": (1, 2)}[one.kind]
    sizes = (len(set(one.before)), len(set(one.after)))
    reasons: list[tuple[str, str]] = []
    if any(size < least or (least == 1 and size > 1) for size, least in zip(sizes, counts, strict=True)):
        reasons.append(
            {
                "renamed": ("one body becomes one when it is renamed", "更名应为一个单位变为一个单位"),
                "merged": ("several bodies become one when they are merged", "合并应为多个单位变为一个单位"),
                "split": ("one body becomes several when it is split", "拆分应为一个单位变为多个单位"),
            }[one.kind]
        )
    if one.kind == "renamed" and set(one.before) & set(one.after):
        reasons.append(("the old name is the new one", "新旧名称相同"))
    for given in (one.inherits, *one.rules.values()):
        for heir, predecessor in given.items():
            if heir not in one.after:
                reasons.append((f"`{heir}` is no heir of it", f"`{heir}` 不是承继单位"))
            elif predecessor != NONE and predecessor not in one.before:
                reasons.append((f"`{predecessor}` did not go into it", f"`{predecessor}` 不是原单位"))
        for heir in one.after:
            if heir in one.before and given.get(heir, heir) != heir:
                reasons.append(
                    (f"`{heir}` keeps its name, and with it its results", f"`{heir}` 沿用原名,其结果随之沿用")
                )
    for other in others:
        if set(other.before) & set(one.before):
            gone = "、".join(sorted(set(other.before) & set(one.before)))
            reasons.append((f"`{gone}` had a successor already", f"`{gone}` 此前已有承继单位"))
    if not one.document:
        reasons.append(("it names no document", "没有写明文件依据"))
    return reasons


def with_successions(facts: Facts, successions: Sequence[Succession], as_of: date, finding: str = "") -> Facts:
    """The tables, in which each entity names the predecessors whose results are its own, for a finding or for all
    else, by the successions until a day. What the table of entities says itself gives way to them.

    Raises DataError (AS7404) if the successions are inconsistent."""
    if wrong := check_successions(successions):
        raise DataError(wrong)
    before: dict[str, tuple[str, ...]] = {}
    for one in sorted((one for one in successions if one.on <= as_of), key=lambda each: each.on):
        for heir in one.after:
            # a body that others were merged into bears its old name, under which it is found anyway
            names = (name for name in one.predecessors(heir, finding) if name != heir)
            before[heir] = tuple(dict.fromkeys((*before.get(heir, ()), *names)))
    return evolve(facts, entities=tuple(_inheriting(row, before) for row in facts.entities))


def _inheriting(row: Row, before: Mapping[str, tuple[str, ...]]) -> Row:
    held = row.get("entity")
    name = str(held.raw).strip() if held is not None else ""
    if name not in before:
        return row
    values = {column: value for column, value in row.values.items() if column != "successor_of"}
    if generations := list(_generations(name, before)):
        text = " < ".join(", ".join(generation) for generation in generations)
        values["successor_of"] = Value(text, row.at("successor_of"))
    return evolve(row, values=values)


def _generations(name: str, before: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The nearest predecessors first, each name once."""
    generation, seen = before[name], {name}
    while generation := tuple(dict.fromkeys(one for one in generation if one not in seen)):
        yield generation
        seen.update(generation)
        generation = tuple(older for one in generation for older in before.get(one, ()))


def evaluate_with(
    policy: Policy,
    facts: Facts,
    successions: Sequence[Succession],
    *,
    history: str | Path | Records | None = None,
    frozen: str | Path | Records | None = None,
    published: date | None = None,
) -> Result:
    """As engine.evaluate, with the successions until the last day of the assessed year. A finding for which they
    declare another inheritance is taken from an evaluation with that; the result then cannot be explained as a whole.

    Raises DataError if the data or the successions are wrong, and if findings of different inheritance override one
    another (AS7408)."""
    last = policy.plan.schema.period.last_day

    def evaluated(finding: str = "") -> Result:
        inheriting = with_successions(facts, successions, last, finding)
        return engine.evaluate(policy, inheriting, history=history, frozen=frozen, published=published)

    outputs = policy.plan.outputs.findings
    own = [output.name for output in outputs if any(output.name in one.rules for one in successions)]
    base = evaluated()
    if not own:
        return base
    if wrong := tuple(_crossed(outputs, own)):
        raise DataError(wrong, policy.language)
    instead = {name: evaluated(name) for name in own}
    order = {output.name: number for number, output in enumerate(outputs)}
    entities = {}
    for name, entity in base.entities.items():
        found = [finding for finding in entity.findings if finding.name not in instead]
        for rule, other in instead.items():
            found += [finding for finding in other.entities[name].findings if finding.name == rule]
        found.sort(key=lambda finding: order.get(finding.name, len(order)))
        entities[name] = evolve(entity, findings=tuple(found))
    return evolve(base, entities=entities, trace=None)


def _crossed(outputs: Iterable[FindingOutput], own: Sequence[str]) -> Iterator[Diagnostic]:
    for output in outputs:
        for above in output.overridden_by:
            if output.name in own or above in own:
                yield Diagnostic("AS7408", arguments={"finding": output.name, "other": above})


# ---------------------------------------------------------------- leaders


@frozen
class Tenure:
    """Who led an entity, from a day to a day; both counted, and without the second to this day."""

    entity: str
    leader: str
    since: date
    until: date | None = None


LeaderRule = Literal["whole_year", "longest", "year_end"]
"""Who counts as the leader of a year: who held office on every day of it, on most days, or on the last day."""


def leaders(
    tenures: Iterable[Tenure], years: Iterable[int], rule: LeaderRule, fact: str = "leader"
) -> list[dict[str, str]]:
    """The rows of the table `facts` that name the leader of each entity and year, for a policy that declares
    `fact leader text` and asks for `leader == previous(leader)`. Where the rule names nobody, or two, there is no row,
    so that what rests on it stays undetermined."""
    served: dict[tuple[str, int], dict[str, set[int]]] = {}
    given = tuple(tenures)
    for year in years:
        first, last = Period(year).first_day, Period(year).last_day
        for tenure in given:
            start, end = max(first, tenure.since), min(last, tenure.until or last)
            if start <= end:
                days = served.setdefault((tenure.entity, year), {}).setdefault(tenure.leader, set())
                days |= set(range(start.toordinal(), end.toordinal() + 1))
    rows = []
    for (entity, year), by_leader in sorted(served.items()):
        found = _who_counts(by_leader, Period(year), rule)
        if found is not None:
            rows.append({"entity": entity, "fact": fact, "period": str(year), "actual": found})
    return rows


def _who_counts(served: Mapping[str, set[int]], year: Period, rule: LeaderRule) -> str | None:
    last = year.last_day
    length = (last - year.first_day + timedelta(days=1)).days
    match rule:
        case "whole_year":
            found = [leader for leader, days in served.items() if len(days) == length]
        case "longest":
            most = max(map(len, served.values()))
            found = [leader for leader, days in served.items() if len(days) == most]
        case "year_end":
            found = [leader for leader, days in served.items() if last.toordinal() in days]
        case _:
            assert_never(rule)
    return found[0] if len(found) == 1 else None
