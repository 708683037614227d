"""Scores of millions of entities in the columns of a frame (extra `frames`)."""

import os
from collections.abc import Callable, Mapping
from decimal import Decimal
from errno import EISDIR, ENOENT
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from attrs import evolve, field, frozen

from assessdsl.backends.assemble import assemble
from assessdsl.backends.prepared_inputs import unknown
from assessdsl.backends.trace import Trace
from assessdsl.binding.values import read_value
from assessdsl.diagnostics import DataError, Diagnostic, arrange
from assessdsl.engine import Explanation, Policy, explain
from assessdsl.facts import Value
from assessdsl.period import read_period
from assessdsl.plan.inputs import Schema
from assessdsl.source import Cell

try:
    from assessdsl.backends.columnar.about import Part
    from assessdsl.backends.columnar.column import Array, Unreadable
    from assessdsl.backends.columnar.exactly import exactly
    from assessdsl.backends.columnar.inputs import earlier, headings, keys_of
    from assessdsl.backends.columnar.items import Items, items_of
    from assessdsl.backends.columnar.kept import Kept
    from assessdsl.backends.columnar.parquet import whole
    from assessdsl.backends.columnar.past import Family, Published, befores, family_of, published
    from assessdsl.backends.columnar.reading import Frame, frame_of, names_of, over, read, written
    from assessdsl.backends.columnar.routing import Parts
    from assessdsl.backends.columnar.score import STATES, Scoring
    from assessdsl.backends.columnar.streaming import Sources, score_batches
    from assessdsl.backends.columnar.table import Table
except ImportError as error:
    raise ImportError(
        f"frames are scored with NumPy and narwhals: pip install 'assessdsl[frames]' ({error})"
    ) from error

Backend = Literal["polars", "pandas", "pyarrow"]


@frozen(eq=False)
class FrameResult:
    """Scores of the entities of a frame, in the order of its rows.

    scores: whole numbers by name (`total`, and components and indicators where they were asked for), each over its
    scale in `scales`. rank and tier: whole numbers; `tiers` names the tiers. findings: by name, 0 for no, 1 for raised,
    2 for undetermined. by_exact_engine: how many entities the columns left to it.
    """

    policy: Policy
    scores: Mapping[str, Array]
    scales: Mapping[str, int]
    rank: Array | None
    tier: Array | None
    tiers: tuple[str, ...]
    eligible: Array | None
    findings: Mapping[str, Array]
    by_exact_engine: int
    _table: Table = field(repr=False)

    def __len__(self) -> int:
        return self._table.rows

    def total(self, row: int) -> Fraction:
        return Fraction(int(self.scores["total"][row]), self.scales["total"])

    def to_frame(self, backend: Backend = "polars") -> Any:
        """A frame of the rows. A score that is over a scale says so in its name: `total_x100` is in hundredths."""
        columns: dict[str, Any] = {"entity": list(self._table.names)}
        for name, numbers in self.scores.items():
            columns[over(name, self.scales[name])] = numbers
        if self.rank is not None:
            columns["rank"] = self.rank
        if self.tier is not None:
            columns["tier"] = [self.tiers[number] for number in self.tier.tolist()]
        if self.eligible is not None:
            columns["eligible"] = self.eligible
        for name, states in self.findings.items():
            columns[name] = [STATES[state] for state in states.tolist()]
        return written(columns, backend)

    def explain(self, entity: str, indicator: str | None = None) -> Explanation:
        """Every point of an entity's score, by the exact engine; its rank and tier are not part of it."""
        names = [str(name) for name in self._table.names]
        rows = [row for row, name in enumerate(names) if name == entity]
        plan, language = self.policy.plan, self.policy.language
        if not rows:
            raise DataError([Diagnostic("AS5101", arguments={"name": entity, "suggestion": ""})], language)
        part = next(exactly(plan, language, [self._table.entity(rows[0])], self._table.common))
        part = part.again(self._table.earlier(rows[:1]))
        result, _ = assemble(part.plan, part.dataset, part.columns, register_findings={}, published=None, warnings=())
        assert result is not None
        shown = evolve(result, language=language, trace=Trace(part.plan, part.dataset, part.columns))
        return explain(shown, entity, indicator)


@frozen
class BatchesResult:
    """What was written: the Parquet file and its rows; and how many of them the columns left to the exact engine."""

    path: Path
    rows: int
    by_exact_engine: int


def evaluate_frame(
    policy: Policy,
    frame: Any,
    *,
    targets: Any = None,
    entries: Any = None,
    history: Any = None,
    common: Mapping[str, Any] | None = None,
    components: bool = False,
    indicators: bool = False,
    threads: int | None = None,
    kernels: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> FrameResult:
    """Score every row of a frame exactly: of pandas, Polars, Arrow or DuckDB.

    The columns are the inputs of one entity (see `prepare`): `group`, facts and judgements by name, `NAME.planned`,
    `NAME.actual` of an indicator; `entity` names the rows. targets and entries: frames with the columns of the tables
    `targets` and `facts`, a row for each target and for each thing that was reported; what was reported of a target may
    also stand in the target's own row. history: a frame of the results of earlier years, with the columns of the table
    `history`; without it, nothing is known of them. common: benchmarks, by name; those of several years by year,
    `{"growth": {2021: 5, 2022: 6}}`. components and indicators: whether their scores are wanted beside the total.
    progress: called with the rows done and all rows, by any thread; what it raises stops the run. kernels: whether the
    code is compiled, at some tenths of a second once.

    Raises PolicyError where the policy cannot be scored so, DataError with every diagnostic if the data is wrong.
    """
    if not isinstance(policy, Policy):
        raise TypeError("evaluate_frame takes the policy that load or loads gave, not its path or its text")
    plan, language = policy.plan, policy.language
    wanted, states = _wanted(policy, components=components, indicators=indicators)
    outputs = plan.outputs
    frame = _frame(policy, frame)
    renamed = _headings(plan, *frame.columns)
    frame = frame.rename(renamed) if renamed else frame
    registered, reported = (None if given is None else Part(_frame(policy, given)) for given in (targets, entries))
    table, benchmarks = _table(policy, frame, _published(policy, history), common or {}, registered, reported)
    scoring = Scoring(plan, language, table, benchmarks, threads or _threads(kernels), progress, kernels)
    scoring.run(list(dict.fromkeys(wanted.values())), list(states.values()))
    return FrameResult(
        policy,
        {name: scoring.numbers[id][0] for name, id in wanted.items()},
        {name: scoring.numbers[id][1] for name, id in wanted.items()},
        *scoring.placed(),
        tuple(name for name, _ in plan.tiers),
        None if outputs.eligible is None else scoring.answers[outputs.eligible][0],
        {finding.name: scoring.states(finding.step) for finding in outputs.findings},
        len(scoring.left),
        table,
    )


def evaluate_batches(
    policy: Policy,
    source: Any,
    into: str | os.PathLike[str],
    *,
    targets: Any = None,
    entries: Any = None,
    history: Any = None,
    common: Mapping[str, Any] | None = None,
    components: bool = False,
    indicators: bool = False,
    threads: int | None = None,
    kernels: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
) -> BatchesResult:
    """Score more rows than memory holds (extra `parquet`), with the columns and options of `evaluate_frame`.

    source: the path of a Parquet file, a lazy Polars frame, or whatever gives an Arrow stream, such as a reader of
    record batches or a DuckDB relation; so are targets and entries, whose rows may stand in any order. history: a
    frame, or the path of a Parquet file. into: the Parquet file that is written, with the columns of
    `FrameResult.to_frame`. It is there when all is done, and not before. progress: called after each batch with the
    rows done and all rows, where these are known; what it raises stops the run. A row counts as often as it is read:
    once more for each thing that scores rest on and all entities decide.

    Raises as `evaluate_frame` does, for the first batch in which something is wrong.
    """
    if not isinstance(policy, Policy):
        raise TypeError("evaluate_batches takes the policy that load or loads gave, not its path or its text")
    plan, language, target = policy.plan, policy.language, Path(into)
    if not target.parent.is_dir():
        raise FileNotFoundError(ENOENT, os.strerror(ENOENT), str(target.parent))
    if target.is_dir():
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR), str(target))
    wanted, states = _wanted(policy, components=components, indicators=indicators)
    past = _published(policy, whole(history) if isinstance(history, str | os.PathLike) else history)

    def table(batch: Any, parts: Parts, family: Family) -> tuple[Table, dict[str, Fraction]]:
        frame, more = _frame(policy, batch), [parts.get("targets"), parts.get("entries")]
        return _table(policy, frame, past, common or {}, more[0], more[1], family)

    sources = Sources(source, targets, entries)
    rows, by_exact_engine = score_batches(
        plan, language, sources, target, wanted, states, table, threads or _threads(kernels), kernels, progress
    )
    return BatchesResult(target, rows, by_exact_engine)


# What names mean is worked out once: for few rows it takes longer than their scores.
_headings = Kept(lambda plan, *names: headings(plan.schema, names))
_keys = Kept(lambda plan, *names: keys_of(plan.schema, names))


def _wanted(policy: Policy, *, components: bool, indicators: bool) -> tuple[dict[str, int], dict[str, int]]:
    """The steps of the scores by name, and those of eligibility and findings."""
    outputs = policy.plan.outputs
    wanted = {"total": outputs.total}
    for component in outputs.every_component:
        if components:
            wanted[component.name] = component.score
        for indicator in component.indicators if indicators else ():
            wanted[indicator.name] = indicator.given
    states = {} if outputs.eligible is None else {"eligible": outputs.eligible}
    states |= {finding.name: finding.step for finding in outputs.findings}
    return wanted, states


def _frame(policy: Policy, given: Any) -> Frame:
    try:
        return frame_of(given)
    except Unreadable as error:
        raise DataError([Diagnostic(error.code, arguments=error.arguments)], policy.language) from None


def _published(policy: Policy, history: Any) -> Published | None:
    """The results of earlier years."""
    if history is None:
        return None
    found, wrong = published(policy.plan, _frame(policy, history))
    if found is None:
        raise DataError(arrange(wrong), policy.language)
    return found


def _threads(kernels: bool) -> int:
    """Calls of NumPy are so short that threads wait for one another, and two take as long as one."""
    if not kernels:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _table(
    policy: Policy,
    frame: Frame,
    published: Published | None,
    common: Mapping[str, Any],
    targets: Part | None = None,
    entries: Part | None = None,
    family: Family | None = None,
) -> tuple[Table, dict[str, Fraction]]:
    """The columns of the frames, and what is common to all. `family`: where the frame does not have all entities."""
    schema = policy.plan.schema
    keys, strange = _keys(policy.plan, *frame.columns)
    remarks = list(strange)
    if not len(frame):
        remarks.append(Diagnostic("AS6201"))
    if schema.groups and "group" not in frame.columns:
        remarks.append(Diagnostic("AS6018", arguments={"column": "group 组别", "heading": ""}, cell=Cell("frame", 0)))
    names, unnamed = names_of(frame)
    columns, wrong = read(frame, keys)
    benchmarks, unread = _benchmarks(schema, common)
    remarks += unread
    unheard: list[Diagnostic] = []
    if family is None:
        given, unread = befores(frame, names)
        family, unheard = family_of(schema, given, lambda _: set(map(str, names)))
        unheard += unread
    lineages, successors = family.among(names)
    items, unfit = (Items(), []) if unnamed else items_of(schema, names, lineages, successors, targets, entries)
    both = {key for key, _ in keys.values()} & items.keys.keys()
    both |= {key.indicator for key in items.keys.values()} & {key.indicator for _, key in keys.values()} - {""}
    for name in sorted(both):  # in the frame, and in a table of its own
        remarks.append(Diagnostic("AS6210", arguments={"name": name, "first": str(Cell("frame", 0))}))
    remarks += (*unheard, *unfit)
    if remarks or wrong or unnamed:
        raise DataError(arrange((*remarks, *wrong, *unnamed)), policy.language)
    past = {} if published is None else published.values(names, lineages)
    of_all = {**dict(keys.values()), **items.keys}
    return Table(len(frame), names, {**columns, **items.read}, of_all, common, past, items=items), benchmarks


def _benchmarks(schema: Schema, common: Mapping[str, Any]) -> tuple[dict[str, Fraction], list[Diagnostic]]:
    """By their keys: of the assessed year, and of those before that the policy asks for."""
    found: dict[str, Fraction] = {}
    remarks: list[Diagnostic] = []
    known = {one.name: one for one in schema.benchmarks}
    for name, given in common.items():
        if name not in known:
            remarks.append(unknown(str(name), list(known)))
            continue
        years = given if isinstance(given, Mapping) else {schema.period.year: given}
        for year, value in years.items():
            period, cell = read_period(str(year)), Cell("common", 1, name)
            if period is None:
                remarks.append(Diagnostic("AS6222", arguments={"text": str(year)}, cell=cell))
                continue
            ago = schema.period.year - period.year
            if ago and ago not in known[name].past:
                continue  # many years may be given
            raw = Fraction(value) if isinstance(value, int | Decimal | Fraction) else str(value)
            reading = read_value(Value(raw, cell), known[name].unit, known[name].places)
            remarks += reading.remarks
            if isinstance(reading.value, Fraction):
                found[earlier(name, ago) if ago else name] = reading.value
    return found, remarks
