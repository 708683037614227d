"""A frame scored in columns: the numbers, places, tiers and findings of the exact engine, or a refusal."""

import threading
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

import polars as pl
import pytest
import test_conformance
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

import assessdsl
from assessdsl.binding import bind
from assessdsl.data import from_records
from assessdsl.facts import Dataset, Datum, Missing
from assessdsl.frames import FrameResult, evaluate_frame
from assessdsl.quantity import Unit, decimal_places

HUNDREDTHS = {Unit.SHARE, Unit.PERCENT, Unit.SURVEY, Unit.PP}


class NotWide(Exception):
    """The data does not fit into one row for each entity."""


def column(policy: assessdsl.Policy, unit: Unit, values: list[Any]) -> pl.Series:
    """Bound values as a program would have them in a frame."""
    there = [value for value in values if value is not None]
    if any(isinstance(value, Fraction) for value in there):
        factor = 100 if unit in HUNDREDTHS else 1
        places = [decimal_places(value * factor) for value in there]
        if None in places:
            raise NotWide("no decimal")
        most = max(place for place in places if place is not None)
        numbers = [None if value is None else int(value * factor * 10**most) for value in values]
        if not most:
            return pl.Series(numbers, dtype=pl.Int64)
        return pl.Series([None if n is None else Decimal(n).scaleb(-most) for n in numbers], dtype=pl.Decimal(38, most))
    return pl.Series(values)


def wide(policy: assessdsl.Policy, dataset: Dataset) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Bound tables as one row for each entity, and what is common to all. Raises NotWide."""
    schema = policy.plan.schema
    if dataset.past_benchmarks:
        raise NotWide("earlier years")
    columns: dict[str, tuple[Unit, dict[int, Datum]]] = {}

    def put(key: str, unit: Unit, row: int, datum: Datum) -> None:
        columns.setdefault(key, (unit, {}))[1][row] = datum

    units = {fact.name: fact.unit for fact in schema.facts}
    for row, entity in enumerate(dataset.entities):
        if entity.past or entity.predecessors:
            raise NotWide("earlier years")
        for name, datum in entity.facts.items():
            if name in units or datum.value:
                put(name, units.get(name, Unit.YES_NO), row, datum)
        for name, datum in entity.samples.items():
            put(f"{name}.sample", Unit.COUNT, row, datum)
    for indicator in schema.indicators:
        seen = set()
        for item in dataset.items[indicator.name]:
            odd = item.tags or item.past or item.restored or len(item.entries) > 1 or item.entity in seen
            seen.add(item.entity)
            if odd or item.fields["direction"].value != indicator.direction or item.fields["forfeited"].value:
                raise NotWide("items")
            held = {
                name: datum
                for name, datum in item.fields.items()
                if name not in ("direction", "is_target", "forfeited")
            }
            for entry in item.entries:
                held |= entry
                if not entry:
                    raise NotWide("a report of nothing")
            if item.target and not held.keys() & {"planned", "weight", "due", "baseline", "required", "plan_total"}:
                raise NotWide("a target without a column")
            for name, datum in held.items():
                if name in ("state", "links_to"):
                    raise NotWide(name)
                kind = {"weight": Unit.NUMBER, "sample": Unit.COUNT}.get(name, indicator.unit)
                put(f"{indicator.name}.{name}", kind, item.entity, datum)
    rows = range(len(dataset.entities))
    frame: dict[str, Any] = {"entity": [entity.entity for entity in dataset.entities]}
    if schema.groups:
        frame["group"] = [entity.group for entity in dataset.entities]
    for key, (unit, found) in columns.items():
        frame[key] = column(policy, unit, [found[row].value if row in found else None for row in rows])
    common = {}
    for benchmark in schema.benchmarks:
        if benchmark.name in dataset.benchmarks:
            value = dataset.benchmarks[benchmark.name].value
            assert isinstance(value, Fraction)
            common[benchmark.name] = value * 100 if benchmark.unit in HUNDREDTHS else value
    return pl.DataFrame(frame), common


def published(dataset: Dataset) -> pl.DataFrame | None:
    """What was published in earlier years."""
    if not dataset.history:
        return None
    rows = [(year, row) for year, rows in dataset.history.items() for row in rows]

    def numbers(values: list[Any]) -> pl.Series:
        return pl.Series(
            [None if isinstance(one, Missing) else Decimal(one.numerator) / one.denominator for one in values],
            dtype=pl.Decimal(38, 10),
        )

    return pl.DataFrame({
        "period": [year for year, _ in rows], "entity": [row.entity for _, row in rows],
        "group": [row.group or None for _, row in rows], "total": numbers([row.total for _, row in rows]),
        "rank": pl.Series([None if isinstance(row.rank, Missing) else int(row.rank) for _, row in rows]),
        "tier": [None if isinstance(row.tier, Missing) else row.tier for _, row in rows],
    })  # fmt: skip


def told(result: FrameResult, row: int) -> Mapping[str, Any]:
    scores = {name: Fraction(int(numbers[row]), result.scales[name]) for name, numbers in result.scores.items()}
    findings = {name: int(states[row]) for name, states in result.findings.items()}
    return {
        **scores, "rank": None if result.rank is None else int(result.rank[row]),
        "tier": None if result.tier is None else result.tiers[result.tier[row]],
        "eligible": True if result.eligible is None else bool(result.eligible[row]), **findings,
    }  # fmt: skip


def expected(result: assessdsl.Result, entity: str, names: list[str]) -> Mapping[str, Any]:
    one = result.entities[entity]
    scores: dict[str, Any] = {name: Fraction(0) for name in result.trace.plan and names}
    scores["total"] = one.total.value
    for component in one.components.values():
        for inner in component.every:
            scores |= {inner.name: inner.score.value} if inner.name in names else {}
            scores |= {part.name: part.score.value for part in inner.indicators.values() if part.name in names}
    states = {finding.name: 1 if finding.status == "raised" else 2 for finding in one.findings}
    findings = {finding.name: states.get(finding.name, 0) for finding in result.trace.plan.outputs.findings}
    return {**scores, "rank": one.rank, "tier": one.tier, "eligible": one.eligible, **findings}


def codes(error: assessdsl.AssessmentError) -> set[str]:
    return {found.code for found in error.diagnostics if found.is_error}


def agree(policy: assessdsl.Policy, tables: Any) -> str:
    """How a frame of the tables is scored beside the tables: `equal`, `refused`, or why they make no frame."""
    schema = policy.plan.schema
    try:
        facts = from_records(**tables)
    except assessdsl.DataError:
        return "unreadable"
    bound = bind(schema, facts)
    if any(remark.is_error for remark in bound.diagnostics) or facts.frozen is not None:
        return "unreadable"
    try:
        frame, common = wide(policy, bound.dataset)
    except NotWide as error:
        return str(error)
    history = published(bound.dataset)
    wrong: set[str] = set()
    try:
        result = assessdsl.evaluate(policy, facts)
    except assessdsl.DataError as error:
        wrong = codes(error)
    if wrong:
        with pytest.raises(assessdsl.AssessmentError) as raised:
            evaluate_frame(policy, frame, history=history, common=common)
        if isinstance(raised.value, assessdsl.PolicyError):
            return "refused"
        assert codes(raised.value) == wrong
        return "equal"
    for more in ({"components": True, "indicators": True}, {"components": True}, {}):
        try:
            found = evaluate_frame(policy, frame, history=history, common=common, **more)
        except assessdsl.PolicyError as error:
            last = codes(error)
            continue
        for row, entity in enumerate(frame["entity"]):
            assert told(found, row) == expected(result, entity, list(found.scores)), entity
        return "equal"
    return f"refused {', '.join(sorted(last))}"


def cases() -> Iterator[Any]:
    for param in test_conformance.cases():
        case = param.values[0]
        if "files" not in case:
            yield param


@pytest.mark.parametrize("case", list(cases()))
def test_conformance_case(case: dict[str, Any]) -> None:
    text = test_conformance.source(case)
    checked, _ = assessdsl.check_text(text.name, text.text)
    if checked is None:
        return
    policy = assessdsl.loads(text.text, text.name)
    agree(policy, test_conformance.tables(case))


# ---------------------------------------------------------------- made-up frames

POLICY = """\
policy example "Example" {
  period 2022
  full 100 points
  rounding MODE to 2 places of total
  group county "Counties"
  group office "Offices"
  fact complaints count "Complaints"
  judgement disgrace "Disgrace"
  benchmark line percent "Line"
  component base "Base" {
    points 70 points
    indicator growth "Growth" {
      points 40 points
      unit percent to 1 places
      gate low "Low" when is_missing(planned) or is_missing(actual) or actual < planned * 60% then zero
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }
    indicator saving "Saving" {
      points 20 points
      unit number to 2 places
      direction lower
      score control(actual, planned, zero_plan: if actual <= 0 then 100% else 0%)
      ROUNDED
      missing zero
      absent redistribute
    }
    indicator beyond "Beyond the line" {
      points 10 points
      unit percent to 1 places
      for county
      score ladder(actual - line, 0 pp: 50%, 1 pp: 80%, 2 pp: 100%, below: 0%)
      missing 10%
      absent 20%
    }
    indicator quiet "Quiet" {
      points 10 points
      for office
      score if complaints > 2 then 0% else 100%
      missing 50%
    }
  }
  component work "Work" {
    points 30 points
    indicator project "Projects" {
      points 30 points shared by weight
      unit count
      gate late "Late" when not completed or completed_on > due then zero
      score min(100%, ratio(actual, planned, zero: 0%))
      missing zero
      absent redistribute
    }
  }
  component penalty "Penalty" as penalty {
    cap 5 points
    indicator complained "Complaints" { score complaints * 0.5 points; missing zero }
  }
  total max(0 points, sum(components))
  gate shame "Shame" when disgrace then tier at most fair
  rank by total within group ties shared
  tier first "First" top 30% of group rounded down ties excluded vetoed skipped when total >= 50 points
  tier fair "Fair" when total >= 40 points
  tier poor "Poor" otherwise
  accountability { finding last "Last" when in_bottom(1, of: group, ties: included) and total < 60 points }
}
"""
MODES = ("half_up", "half_even", "half_down", "up", "down", "floor", "ceiling")


@lru_cache
def policy(mode: str = "half_up", rounded: str = "") -> assessdsl.Policy:
    return assessdsl.loads(POLICY.replace("MODE", mode).replace("ROUNDED", rounded))


def pairs(scale: int) -> st.SearchStrategy[tuple[Decimal | None, Decimal | None]]:
    """Planned and actual amounts; often at 60 % of one another, or such that a rounding is half-way."""
    whole = st.integers(1, 60)
    at_gate = whole.map(lambda n: (5 * n, 3 * n))
    halves = st.tuples(whole, st.sampled_from((1, 3, 5, 7))).map(lambda pair: (1600 * pair[0], 100 * pair[1] * pair[0]))
    free = st.tuples(st.integers(-20, 5000), st.integers(-20, 6000))
    long = st.tuples(st.integers(1, 10**12), st.integers(0, 10**12))
    some = st.one_of(at_gate, halves, free, long)
    return st.tuples(some, st.sampled_from((0, 0, 0, 0, 1, 2, 3))).map(
        lambda drawn: tuple(
            None if drawn[1] >> at & 1 else Decimal(number).scaleb(-scale) for at, number in enumerate(drawn[0])
        )
    )  # type: ignore[return-value]


@st.composite
def frames(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for number in range(draw(st.integers(1, 9))):
        row: dict[str, Any] = {"entity": f"e{number}", "group": draw(st.sampled_from(("county", "office")))}
        for name, scale in (("growth", 1), ("saving", 2), ("project", 0)):
            row[f"{name}.planned"], row[f"{name}.actual"] = draw(pairs(scale))
        if row["group"] == "county":
            row["beyond.actual"] = draw(st.sampled_from([None, *map(Decimal, ("4.9", "5", "5.9", "6", "7", "-3.2"))]))
        if row["project.planned"] is not None:
            row["project.planned"], row["project.actual"] = (
                abs(row["project.planned"]),
                abs(row["project.actual"] or Decimal(0)),
            )
            row |= {"project.weight": Decimal(draw(st.integers(1, 3))), "project.due": date(2022, 6, 30)}
            row["project.completed_on"] = draw(st.sampled_from((None, date(2022, 6, 30), date(2022, 7, 1))))
        elif row["project.actual"] is not None:
            row["project.actual"] = None
        row["complaints"] = draw(st.sampled_from([None, *map(Decimal, (0, 1, 3, 40))]))
        row["disgrace"] = draw(st.sampled_from((None, True)))
        rows.append(row)
    return rows


def tables_of(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The rows as long tables."""
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in ("entities", "targets", "facts", "judgements")}
    tables["benchmarks"] = [{"name": "line", "value": 5}]
    for row in rows:
        entity = row["entity"]
        tables["entities"].append({"entity": entity, "group": row["group"], "complaints": row["complaints"]})
        if row["disgrace"]:
            found = {"judgement": "disgrace", "author": "x", "evidence": "y"}
            tables["judgements"].append({"entity": entity, **found})
        for name in ("growth", "saving", "beyond", "project"):
            own = {key.partition(".")[2]: value for key, value in row.items() if key.startswith(f"{name}.")}
            planned = {key: own[key] for key in ("planned", "weight", "due") if own.get(key) is not None}
            reported = {key: own[key] for key in ("actual", "completed_on") if own.get(key) is not None}
            keys = {"entity": entity, "indicator": name}
            if planned:
                tables["targets"].append({**keys, "target": f"{entity}-{name}", **planned})
                keys["target"] = f"{entity}-{name}"
            if reported:
                tables["facts"].append({**keys, **reported})
    return tables


def frame_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    types = {"growth": pl.Decimal(38, 1), "beyond": pl.Decimal(38, 1), "saving": pl.Decimal(38, 2)}
    columns: dict[str, Any] = {}
    for key in dict.fromkeys(key for row in rows for key in row):
        values = [row.get(key) for row in rows]
        kind = types.get(key.partition(".")[0], pl.Decimal(38, 0))
        is_other = key in ("entity", "group", "disgrace") or key.endswith(("due", "completed_on"))
        columns[key] = pl.Series(values) if is_other else pl.Series(values, dtype=kind)
    return pl.DataFrame(columns)


@settings(max_examples=60, deadline=None)
@drawn(
    frames(), st.sampled_from(MODES), st.sampled_from(("", "rounding half_up to 2 places", "rounding down to 1 places"))
)
def test_frames_are_scored_as_tables_are(rows: list[dict[str, Any]], mode: str, rounded: str) -> None:
    own = policy(mode, rounded)
    try:
        result = assessdsl.evaluate(own, tables_of(rows))
    except assessdsl.DataError as error:
        with pytest.raises(assessdsl.DataError) as raised:
            evaluate_frame(own, frame_of(rows), common={"line": 5})
        expected_codes = codes(error)
        assert codes(raised.value) == expected_codes
        return
    found = evaluate_frame(own, frame_of(rows), common={"line": 5})
    for row, entity in enumerate(found.to_frame()["entity"]):
        assert told(found, row) == expected(result, entity, list(found.scores))


# ---------------------------------------------------------------- columns

SIMPLE = """\
policy example "Example" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  component base "Base" {
    points 100 points
    indicator growth "Growth" {
      points 100 points
      unit percent to 1 places
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }
  }
}
"""


def totals(frame: Any, **more: Any) -> list[int]:
    found = evaluate_frame(assessdsl.loads(SIMPLE), frame, **more)
    assert found.scales["total"] == 100
    return list(found.scores["total"].tolist())


@pytest.mark.parametrize("kind", ["polars", "pandas", "pyarrow", "duckdb"])
def test_every_kind_of_frame(kind: str) -> None:
    held = {"group": ["county", "county"], "growth.planned": [8.1, 3.0], "growth.actual": [2.7, None]}
    frame: Any = pl.DataFrame(held)
    if kind == "duckdb":
        duckdb = pytest.importorskip("duckdb")
        frame = duckdb.sql("select * from frame")
    elif kind != "polars":
        frame = frame.to_pandas() if kind == "pandas" else frame.to_arrow()
    assert totals(frame) == [3333, 0]


def test_amounts_far_greater_than_the_others_are_exact_too() -> None:
    rows = 50_000
    planned, actual = [8] * rows, [7] * rows
    planned[40_000], actual[40_000] = 10**15, 999_999_999_999_999
    planned[40_001], actual[40_001] = 200, 199
    found = totals(pl.DataFrame({"group": ["county"] * rows, "growth.planned": planned, "growth.actual": actual}))
    assert found[40_000] == 10_000
    assert found[40_001] == 9_950
    assert set(found[:40_000]) == {8_750}


def test_progress_reaches_all_rows() -> None:
    told_rows: list[tuple[int, int]] = []
    frame = pl.DataFrame({"group": ["county"] * 40_000, "growth.planned": 8, "growth.actual": 7})
    totals(frame, threads=2, progress=lambda done, rows: told_rows.append((done, rows)))
    assert max(told_rows) == (40_000, 40_000)


def test_a_column_that_the_policy_does_not_know_is_told() -> None:
    with pytest.raises(assessdsl.DataError, match=r"did you mean `growth\.actual`"):
        totals(pl.DataFrame({"group": ["county"], "grwoth.actual": [7]}))


# ---------------------------------------------------------------- earlier years

STREAK = SIMPLE.replace(
    "\n}\n",
    """
  rank by total within group ties shared
  tier good "Good" when total >= 60 points
  tier poor "Poor" otherwise
  accountability {
    finding low "Low twice" when streak(total < 60 points, years: 2)
    finding behind "Last twice" when streak(in_bottom(1, of: group, ties: included), years: 2)
    finding fell "Fell" when previous(tier) == good and tier != good
  }
}
""",
)
LATER = {"entity": ["a", "b", "c"], "group": ["county"] * 3, "growth.planned": [10] * 3, "growth.actual": [5, 7, 5]}
EARLIER = {
    "period": [2021, 2021, 2021, 2020], "entity": ["a", "c", "gone", "b"],
    "group": ["county", "Counties", "county", None],
    "total": [59, 80, 10, 1], "rank": [2, 1, 3, 1], "tier": ["poor", "Good", "poor", "poor"],
}  # fmt: skip


def findings(history: Any) -> dict[str, list[int]]:
    found = evaluate_frame(assessdsl.loads(STREAK), pl.DataFrame(LATER), history=history)
    return {name: states.tolist() for name, states in found.findings.items()}


def test_findings_over_years_are_those_of_tables() -> None:
    rows = [dict(zip(LATER, row, strict=True)) for row in zip(*LATER.values(), strict=True)]
    history = [dict(zip(EARLIER, row, strict=True)) for row in zip(*EARLIER.values(), strict=True)]
    tables = tables_of([{**row, "complaints": None, "disgrace": None} for row in rows])
    for entity in tables["entities"]:
        del entity["complaints"]
    del tables["benchmarks"]
    result = assessdsl.evaluate(assessdsl.loads(STREAK), tables, history=history)
    found = findings(pl.DataFrame(EARLIER))
    for row, entity in enumerate("abc"):
        own = {one.name: 1 if one.status == "raised" else 2 for one in result.entities[entity].findings}
        assert {name: states[row] for name, states in found.items()} == {name: own.get(name, 0) for name in found}
    # c was not last: the place of the one that is gone counts
    assert found == {"low": [1, 0, 0], "behind": [0, 0, 0], "fell": [0, 0, 1]}


def test_without_a_history_nothing_is_known_of_earlier_years() -> None:
    assert findings(None)["low"] == [2, 0, 2]


def test_an_entity_explained_has_its_history() -> None:
    found = evaluate_frame(assessdsl.loads(STREAK), pl.DataFrame(LATER), history=pl.DataFrame(EARLIER))
    assert "Low twice" in str(found.explain("a")) or found.explain("a").score is not None


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"rank": [2, 0, 3, 1]}, "AS6236", "history:2 rank"),
        ({"entity": ["a", "c", "a", "b"]}, "AS6210", "history:3 entity"),
        ({"entity": ["a", None, "d", "b"]}, "AS6214", "history:2 entity"),
        ({"total": [0.1, 0.25, 1 / 3, 1.0]}, "AS5414", "history:3 total"),
        ({"period": ["2020", "2021", "x", "2021年"]}, "AS6222", "history:3 period"),
        ({"score": [1] * 4}, "AS5303", ""),
    ],
)
def test_what_is_wrong_with_a_history_is_told(change: dict[str, Any], code: str, place: str) -> None:
    with pytest.raises(assessdsl.DataError) as raised:
        findings(pl.DataFrame({**EARLIER, **change}))
    assert [(one.code, str(one.cell or "")) for one in raised.value.diagnostics] == [(code, place)]


def test_a_history_needs_years_and_names() -> None:
    with pytest.raises(assessdsl.DataError) as raised:
        findings(pl.DataFrame({"total": [1]}))
    assert [one.code for one in raised.value.diagnostics] == ["AS6018", "AS6018"]


# ---------------------------------------------------------------- odd frames

NO_TYPE = "growth.actual"


@pytest.mark.parametrize(
    ("columns", "code", "place"),
    [
        ({"group": []}, "AS6201", ""),
        ({"entity": ["a", "b", "a"]}, "AS6210", "frame:3 entity"),
        ({"entity": [1, 2, 1]}, "AS6210", "frame:3 entity"),
        ({"entity": ["a", None, "b"]}, "AS6214", "frame:2 entity"),
        ({NO_TYPE: [True, False, True]}, "AS5415", ""),
        ({NO_TYPE: ["8", "x", "6"]}, "AS6101", "frame:2 growth.actual"),
        ({NO_TYPE: [date(2022, 1, 1)] * 3}, "AS5415", ""),
        ({NO_TYPE: [1.0, float("inf"), 2.0]}, "AS5414", "frame:2 growth.actual"),
        ({NO_TYPE: [1.0, -float("inf"), 2.0]}, "AS5414", "frame:2 growth.actual"),
        ({NO_TYPE: [1.0, 1e300, 2.0]}, "AS5414", "frame:2 growth.actual"),
        ({NO_TYPE: [Decimal(1), Decimal(10**30), Decimal(2)]}, "AS5416", "frame:2 growth.actual"),
        ({"group": [1, 2, 3]}, "AS6207", None),
    ],
)
def test_odd_frames_are_told_plainly(columns: dict[str, list[Any]], code: str, place: str | None) -> None:
    rows = len(next(iter(columns.values())))
    given = {"group": ["county"] * rows, "growth.planned": [8] * rows, "growth.actual": [7] * rows} | columns
    with pytest.raises(assessdsl.DataError) as raised:
        totals(pl.DataFrame(given))
    told_codes = {one.code for one in raised.value.diagnostics}
    assert code in told_codes
    if place is not None:
        assert [str(one.cell or "") for one in raised.value.diagnostics] == [place]


def test_a_frame_of_one_row() -> None:
    assert totals(pl.DataFrame({"group": ["county"], "growth.planned": [8], "growth.actual": [7]})) == [8750]


def test_columns_of_nothing_are_missing_values() -> None:
    given = {"group": ["county"], "growth.planned": [8], "growth.actual": [None]}
    assert totals(pl.DataFrame(given)) == totals(pl.DataFrame({**given, "growth.actual": [float("nan")]})) == [0]


def test_what_is_no_frame_is_said_to_be_none() -> None:
    with pytest.raises(TypeError, match="list"):
        totals([{"group": "county"}])


def test_pandas_columns_of_decimals() -> None:
    pandas = pytest.importorskip("pandas")
    held = {"group": ["county"] * 3, "growth.planned": [Decimal("8.1"), 3, Decimal("3.0")]}
    frame = pandas.DataFrame({**held, "growth.actual": [Decimal("2.7"), None, float("nan")]})
    assert totals(frame) == [3333, 0, 0]
    for odd, code in (
        (Decimal("2.75"), "AS6104"),
        (Decimal("Infinity"), "AS6027"),
        (Decimal(10**40), "AS5416"),
        ("two", "AS6101"),
    ):
        frame["growth.actual"] = pandas.Series([odd, 3, Decimal(3)], dtype=object)
        with pytest.raises(assessdsl.DataError) as raised:
            totals(frame)
        assert codes(raised.value) == {code}


# ---------------------------------------------------------------- stopping


class Stopped(Exception):
    pass


@pytest.mark.parametrize("kind", [Stopped, KeyboardInterrupt])
@pytest.mark.parametrize("threads", [1, 2])
def test_what_progress_raises_stops_every_thread(kind: type[BaseException], threads: int) -> None:
    rows, calls = 3_000_000, []
    frame = pl.DataFrame({"growth.planned": [8], "growth.actual": [7]}).select(pl.all().repeat_by(rows).explode())
    frame = frame.with_columns(group=pl.lit("county"))

    def progress(done: int, all_rows: int) -> None:
        calls.append(done)
        if len(calls) == 3:
            raise kind

    with pytest.raises(kind):
        totals(frame, threads=threads, progress=progress)
    assert len(calls) < 3 + 2 * threads  # of 184 blocks
    assert threading.active_count() <= 1 + len(calls)
