"""Cases made near where either of two policies turns, scored by both: what shows that one gives more than the other."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from attrs import define, field, frozen

from assessdsl.diagnostics import DataError
from assessdsl.engine import Policy
from assessdsl.facts import Row
from assessdsl.fairness.both import HIGHER, LOWER, Differing, Pair, Side
from assessdsl.fairness.case import Case, added, renamed, retargeted, score, with_rows
from assessdsl.fairness.counterexample import value_text, values_at
from assessdsl.fairness.edits import plainest
from assessdsl.fairness.made_cases import Scored, called, fixed, mended
from assessdsl.fairness.made_up import Rows, entity_name
from assessdsl.fairness.search import Bench, bench
from assessdsl.plan.inputs import Schema
from assessdsl.plan.steps import ENTITY, Stage
from assessdsl.result import Result

_ENTITIES: Final = 24  # in a table


@frozen(eq=False)
class _Found:
    """A part in which an entity's scores differ, with the case as it is for each policy."""

    old: Case
    new: Case
    entity: str


@define(eq=False)
class Tried:
    """cases: how many tables are made, by turns near where the old and where the new policy turns."""

    old: Policy
    new: Policy
    pairs: tuple[Pair, ...]
    cases: int
    language: str  # of the names of entities
    _shown: dict[tuple[str, str, int], _Found] = field(factory=dict)  # by group, part and side, the first that shows it
    _held: dict[tuple[str, str], int] = field(factory=dict)  # by group and part, how many entities were scored by both

    def __attrs_post_init__(self) -> None:
        benches = bench(self.old), bench(self.new)
        for seed in range(self.cases):
            at, other = benches[seed % 2], benches[1 - seed % 2]
            if at is not None:
                made = _made(at, seed, self.language)
                both = _by_both(made, self.new if seed % 2 == 0 else self.old, other)
                if both is not None:
                    self._note(*(both if seed % 2 == 0 else both[::-1]))

    def shows(self, group: str, name: str, way: int) -> bool:
        """Whether a case was met in which the new score is on that side of the old."""
        return (group, name, way) in self._shown

    def side(self, group: str, pair: Pair, way: int) -> Side:
        held = self._held.get((group, pair.name), 0)
        found = self._shown.get((group, pair.name, way))
        if found is None:
            return Side("tested" if held else "unknown", held)
        shown = _plain(found, pair, way, self.language)
        return Side("refuted", held, differing(shown.old, shown.new, shown.entity, pair, self.pairs))

    def _note(self, old: Scored, new: Scored) -> None:
        grouped = bool(self.old.plan.schema.groups or self.new.plan.schema.groups)
        for pair in self.pairs:
            first, second = pair.steps[-1]
            before, after = _scores(old.result, first), _scores(new.result, second)
            for entity, was in before.items():
                now = after.get(entity)
                if isinstance(was, Fraction) and isinstance(now, Fraction):
                    key = (new.result.entities[entity].group if grouped else "", pair.name)
                    self._held[key] = self._held.get(key, 0) + 1
                    if was != now:
                        way = HIGHER if now > was else LOWER
                        self._shown.setdefault((*key, way), _Found(old.case, new.case, entity))


def _made(at: Bench, seed: int, language: str) -> Scored:
    """A table of so many entities, by turns of the groups, no two alike."""
    groups = at.maker.policy.plan.schema.groups or ("",)
    benchmarks, known = at.maker.benchmarks(fixed(seed))
    held: dict[str, tuple[str, Rows]] = {}
    for number in range(_ENTITIES):
        name, group = entity_name(number, language), groups[number % len(groups)]
        held[name] = (group, at.maker.entity(fixed(_ENTITIES * seed + number), name, group, known))
    return mended(at.maker.policy, at.safe, benchmarks, held)


def _by_both(made: Scored, other: Policy, at: Bench | None) -> tuple[Scored, Scored] | None:
    """The case as it is for the other policy too; None where that gives no result."""
    try:
        case = _adapted(made.case, other, at)
        return made, Scored(case, score(case))
    except DataError:
        return None


def _plain(found: _Found, pair: Pair, way: int, language: str) -> _Found:
    """With no more than the entity's scores need to differ the same way, by as much or by a point; alone it is the
    first of its language."""
    least = min(Fraction(1), abs(_apart(found, pair) or Fraction(0)))

    def told(cases: tuple[Case, ...]) -> _Found | None:
        fewer = _Found(cases[0], cases[1], found.entity)
        apart = _apart(fewer, pair)
        return fewer if apart is not None and apart * way >= least else None

    shown = plainest(found, lambda one: (one.old, one.new), told, found.entity)
    if len(shown.old.facts.entities) > 1:
        return shown
    name = entity_name(0, language)
    return _Found(_named(shown.old, found.entity, name), _named(shown.new, found.entity, name), name)


def _named(case: Case, old: str, new: str) -> Case:
    """The entity and its targets under another name."""
    return retargeted(renamed(case, {old: new}), lambda target: new + target.removeprefix(old))


def _apart(found: _Found, pair: Pair) -> Fraction | None:
    """By how much the entity's score is more by the new policy; None where either gives none."""
    try:
        was, now = (
            _scores(score(case), step).get(found.entity)
            for case, step in zip((found.old, found.new), pair.steps[-1], strict=True)
        )
    except DataError:
        return None
    return now - was if isinstance(was, Fraction) and isinstance(now, Fraction) else None


def _scores(result: Result, step: int) -> Mapping[str, object]:
    columns = result.trace.columns
    return dict(zip(columns.layout.entities, columns.at(step, ENTITY), strict=True))


# ---------------------------------------------------------------- the same facts for another policy


def _adapted(case: Case, to: Policy, at: Bench | None) -> Case:
    """Without what the policy does not take, and with what is safe to say of what only it takes."""
    taken, own = _takes(to.plan.schema), _takes(case.policy.plan.schema)
    indicators = {_text(row, "target"): _text(row, "indicator") for row in case.facts.targets}
    found = Case(to, case.facts)
    for table in ("targets", "facts", "judgements", "benchmarks"):
        rows: tuple[Row, ...] = getattr(case.facts, table)
        kept = [row for row in rows if _about(row, indicators) in taken]
        found = with_rows(found, table, kept)
    if at is None:
        return found
    for table, record in at.safe.benchmarks:
        if str(record["name"]) in taken - own:
            found = added(found, table, record)
    for row in case.facts.entities:
        safe = at.safe.entities.get(_text(row, "group"))
        rows_of = () if safe is None else called(safe, _text(row, "entity"))
        of_target = {str(record["target"]): str(record["indicator"]) for table, record in rows_of if table == "targets"}
        for table, record in rows_of:
            named = {column: str(value) for column, value in record.items()}
            about = named.get("indicator") or named.get("fact") or named.get("judgement")
            if (about or of_target.get(named.get("target", ""), "")) in taken - own:
                found = added(found, table, record)
    return found


def _takes(schema: Schema) -> frozenset[str]:
    names = {*(one.name for one in schema.indicators), *(one.name for one in (*schema.facts, *schema.benchmarks))}
    return frozenset(names | set(schema.judgements))


def _about(row: Row, indicators: Mapping[str, str]) -> str:
    named = (_text(row, column) for column in ("indicator", "fact", "judgement", "name"))
    return next((name for name in named if name), "") or indicators.get(_text(row, "target"), "")


def _text(row: Row, column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value.raw).strip()


# ---------------------------------------------------------------- side by side


def differing(old: Case, new: Case, entity: str, pair: Pair, pairs: tuple[Pair, ...]) -> Differing:
    """Scored by both once more, with the first stage in which the entity's scores differ."""
    before, after = score(old), score(new)
    was, now = (_scores(result, step)[entity] for result, step in zip((before, after), pair.steps[-1], strict=True))
    assert isinstance(was, Fraction)
    assert isinstance(now, Fraction)
    within = [] if pair.kind == "indicator" else _within(old.policy, pair, pairs)
    for part in (*within, pair):
        if (parted := _parted(before, after, entity, part)) is not None:
            stages, texts = parted
            spans = [
                result.trace.plan.steps[stage.step].span for result, stage in zip((before, after), stages, strict=True)
            ]
            stage = stages[1].label or stages[1].name or stages[1].kind
            return Differing(entity, old, new, was, now, part.label or part.name, stage, *texts, (spans[0], spans[1]))
    steps = (old.policy.plan.steps[pair.steps[-1][0]], new.policy.plan.steps[pair.steps[-1][1]])
    texts = (value_text(was, steps[0].unit), value_text(now, steps[1].unit))
    return Differing(entity, old, new, was, now, pair.label or pair.name, "", *texts, (steps[0].span, steps[1].span))


def _within(policy: Policy, pair: Pair, pairs: tuple[Pair, ...]) -> list[Pair]:
    """The parts of a component or of the total, indicators first."""
    held = [one for one in pairs if one.kind == "indicator"]
    if pair.kind == "component":
        whole = next(one for one in policy.plan.outputs.every_component if one.name == pair.name)
        names = {part.name for inner in whole.every for part in inner.indicators}
        return [one for one in held if one.name in names]
    return held + [one for one in pairs if one.kind == "component"]


def _parted(
    before: Result, after: Result, entity: str, pair: Pair
) -> tuple[tuple[Stage, Stage], tuple[str, str]] | None:
    """The first stage in which they differ; what only the new policy has is held against the old score."""
    olds = {(stage.kind, stage.name): stage for stage in pair.stages[0]}
    if not olds:
        return None
    for stage in pair.stages[1]:
        other = olds.get((stage.kind, stage.name), pair.stages[0][-1])
        one, two = values_at(before, other.step, entity), values_at(after, stage.step, entity)
        for row in sorted(one.keys() & two.keys()):
            if one[row] != two[row]:
                units = (before.trace.plan.steps[other.step].unit, after.trace.plan.steps[stage.step].unit)
                return (other, stage), (value_text(one[row], units[0]), value_text(two[row], units[1]))
    return None
