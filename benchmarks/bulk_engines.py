"""The engines that score many entities, each by the rules as its users would write them. Bindings are imported where
they are used: whoever has only some of them measures those."""

import ctypes
from functools import cache, partial
from importlib import import_module
from typing import Any

import numpy as np

import assessdsl
from benchmarks.bulk import GROUPS, Answers, Array, Engine, Given, Runner
from benchmarks.bulk_native import c_loop
from benchmarks.engines import RANK, policy
from benchmarks.single import COMPONENTS

_BLOCK = 32_768
_COMPONENTS = [f"c{number}" for number in range(COMPONENTS)]
_PLACES = ["rank", "tier", "bottom"]


def _columns(given: Given, ranked: bool) -> dict[str, Array]:
    named = {f"p{number}": column for number, column in enumerate(given.planned)}
    named |= {f"a{number}": column for number, column in enumerate(given.actual)}
    return named | ({"g": given.group, "before": given.before} if ranked else {})


def _numbers(targets: int, component: int) -> range:
    each = targets // COMPONENTS
    return range(component * each, (component + 1) * each)


def _half_up(points: Array) -> Array:
    """To two places: `round` would take halves to the even neighbour."""
    hundredths: Array = np.floor(points * 100 + 0.5) / 100
    return hundredths


def _whole(found: Any) -> Answers:
    return {name: np.rint(np.asarray(values) * 100).astype(np.int64) for name, values in found.items()}


GROUP_NAMES = [f"g{number}" for number in range(GROUPS)]
BEFORE = '  fact before count "Rank published last year" missing error\n'
PLACES = (
    RANK
    + """\
  tier excellent "Excellent" top 20% of group rounded down ties excluded when total >= 85 points
  tier good "Good" top 50% of group rounded down ties excluded when total >= 75 points
  tier qualified "Qualified" when total >= 60 points
  tier poor "Poor" otherwise
  accountability {
    finding last "Last" when in_bottom(2, of: group, ties: included) and rank_of(before, of: group, ties: shared) <= 2
  }
"""
    + BEFORE
)


def inputs(given: Given) -> dict[str, Array]:
    """The columns of the targets under the names of our frames."""
    columns = {f"i{number}.planned": column for number, column in enumerate(given.planned)}
    return columns | {f"i{number}.actual": column for number, column in enumerate(given.actual)}


@cache
def _rules(targets: int, ranked: bool) -> assessdsl.Policy:
    return assessdsl.loads(policy(targets, GROUP_NAMES, PLACES if ranked else ""))


def _ours(given: Given, ranked: bool, *, threads: int | None = None, kernels: bool = False) -> Runner:
    """From a Polars frame. A frame has no earlier years: what was published stands in a column, as for the others."""
    import polars as pl

    rules = _rules(given.targets, ranked)
    group = pl.Series("group", GROUP_NAMES).gather(given.group).cast(pl.Categorical)
    frame = pl.DataFrame(inputs(given) | ({"before": given.before} if ranked else {})).with_columns(group)

    def read(found: assessdsl.FrameResult) -> Answers:
        scores = {name: found.scores[name] * (100 // found.scales[name]) for name in ["total", *_COMPONENTS]}
        if not ranked:
            return scores
        assert found.rank is not None
        assert found.tier is not None
        return scores | {"rank": found.rank, "tier": found.tier, "bottom": found.findings["last"]}

    options: Any = {"components": True, "threads": threads, "kernels": kernels}
    return Runner(lambda: assessdsl.evaluate_frame(rules, frame, **options), read)


def _compiled(given: Given, ranked: bool) -> Runner:
    import_module("llvmlite")  # without it, this engine is not there
    return _ours(given, ranked, kernels=True)


# ---------------------------------------------------------------- by hand


def _numpy_blocks(given: Given, ranked: bool) -> Runner | None:
    """Whole numbers in blocks that stay in the cache, with buffers that are used again; one thread."""
    if ranked:
        return None
    points, count = 100 * 100 // given.targets, given.entities

    def run() -> Answers:
        found = {name: np.zeros(count, np.int64) for name in ["total", *_COMPONENTS]}
        some, other, below = np.empty(_BLOCK, np.int64), np.empty(_BLOCK, np.int64), np.empty(_BLOCK, np.bool_)
        for start in range(0, count, _BLOCK):
            end = min(start + _BLOCK, count)
            n, d, b = some[: end - start], other[: end - start], below[: end - start]
            for component, name in enumerate(_COMPONENTS):
                into = found[name][start:end]
                for number in _numbers(given.targets, component):
                    p, a = given.planned[number][start:end], given.actual[number][start:end]
                    np.multiply(a, 10, out=n)
                    np.multiply(p, 6, out=d)
                    np.less(n, d, out=b)
                    np.multiply(a, 2 * points, out=n)
                    n += p
                    np.multiply(p, 2, out=d)
                    np.floor_divide(n, d, out=n)
                    np.minimum(n, points, out=n)
                    n[b] = 0
                    into += n
                found["total"][start:end] += into
        return found

    return Runner(run, lambda found: found)


def _numpy_floats(given: Given, ranked: bool) -> Runner | None:
    if ranked:
        return None
    points = 100 // given.targets
    planned, actual = ([column / 10 for column in columns] for columns in (given.planned, given.actual))

    def run() -> dict[str, Array]:
        found: dict[str, Array] = {}
        for component, name in enumerate(_COMPONENTS):
            found[name] = np.zeros(given.entities)
            for number in _numbers(given.targets, component):
                a, p = actual[number], planned[number]
                found[name] += np.where(a < p * 0.6, 0, _half_up(np.minimum(a / p, 1) * points))
        found["total"] = sum(found.values(), np.zeros(given.entities))
        return found

    return Runner(run, _whole)


def _c(given: Given, ranked: bool, *, anew: bool = True) -> Runner:
    """Into new arrays each time, as the others do, or into the same: to be given new ones costs more than the loop."""
    loop = c_loop(given.targets)
    count, integer = given.entities, ctypes.c_int64

    def pointers(columns: Any) -> Any:
        return (ctypes.c_void_p * len(columns))(*(column.ctypes.data for column in columns))

    planned, actual = pointers(given.planned), pointers(given.actual)
    most = max(10_000, int(given.before.max(initial=0)))

    def made() -> Answers:
        names = ["total", *_COMPONENTS, *(_PLACES if ranked else ())]
        return {name: np.empty(count, np.int64) for name in names}

    kept = made()

    def run() -> Answers:
        found = made() if anew else kept
        columns = [given.group, given.before, *(found[name] for name in _PLACES)] if ranked else []
        places: list[Any] = [ctypes.c_void_p(column.ctypes.data) for column in columns] or [None] * 5
        total = ctypes.c_void_p(found["total"].ctypes.data)
        components = pointers([found[name] for name in _COMPONENTS])
        if loop(integer(count), planned, actual, total, components, integer(GROUPS), integer(most), *places):
            raise MemoryError
        return found

    return Runner(run, lambda found: found)


# ---------------------------------------------------------------- Polars


def _polars_totals(targets: int) -> list[Any]:
    import polars as pl

    points = 100 * 100 // targets

    def score(number: int) -> Any:
        a, p = pl.col(f"a{number}"), pl.col(f"p{number}")
        share = (2 * points * a + p) // (2 * p)
        return pl.when(a * 10 < p * 6).then(0).when(a >= p).then(points).otherwise(share)

    return [
        pl.sum_horizontal([score(number) for number in _numbers(targets, component)]).alias(name)
        for component, name in enumerate(_COMPONENTS)
    ]


def _polars_frame(frame: Any, targets: int, ranked: bool) -> Any:
    """Of an eager or a lazy frame."""
    import polars as pl

    kept = [pl.col("g"), pl.col("before")] if ranked else []
    frame = frame.select(*_polars_totals(targets), *kept).with_columns(total=pl.sum_horizontal(_COMPONENTS))
    if not ranked:
        return frame
    total, peers = pl.col("total"), pl.len().over("g")
    with_ties = pl.col("with_ties")
    return frame.with_columns(
        rank=total.rank("min", descending=True).over("g"),
        with_ties=total.rank("max", descending=True).over("g").cast(pl.Int64),
        then=pl.col("before").rank("min", descending=True).over("g"),
        peers=peers.cast(pl.Int64),
    ).select(
        "total",
        *_COMPONENTS,
        "rank",
        pl.when((total >= 8500) & (with_ties <= pl.col("peers") * 20 // 100))
        .then(0)
        .when((total >= 7500) & (with_ties <= pl.col("peers") * 50 // 100))
        .then(1)
        .when(total >= 6000)
        .then(2)
        .otherwise(3)
        .alias("tier"),
        ((pl.col("peers") - with_ties < 2) & (pl.col("then") <= 2)).alias("bottom"),
    )


def _polars(given: Given, ranked: bool, *, lazy: bool) -> Runner:
    import polars as pl

    frame = pl.DataFrame(_columns(given, ranked))

    def run() -> Any:
        if lazy:
            return _polars_frame(frame.lazy(), given.targets, ranked).collect()
        return _polars_frame(frame, given.targets, ranked)

    return Runner(run, lambda found: {name: found[name].to_numpy() for name in found.columns})


def _polars_decimal(given: Given, ranked: bool) -> Runner | None:
    """As somebody would who wants no binary floats: its own decimals, with room for 38 digits."""
    if ranked:
        return None
    import polars as pl

    points, kind = 100 // given.targets, pl.Decimal(38, 2)
    frame = pl.DataFrame(_columns(given, ranked)).with_columns(pl.all().cast(pl.Decimal(38, 1)) / 10)

    def score(number: int) -> Any:
        a, p = pl.col(f"a{number}"), pl.col(f"p{number}")
        full, gate = pl.lit(points).cast(kind), pl.lit("0.6").cast(kind)
        share = (a * full / p).round(2, mode="half_away_from_zero")
        return pl.when(a < p * gate).then(pl.lit(0).cast(kind)).when(a >= p).then(full).otherwise(share)

    components = [
        pl.sum_horizontal([score(number) for number in _numbers(given.targets, component)]).alias(name)
        for component, name in enumerate(_COMPONENTS)
    ]

    def run() -> Any:
        return frame.select(components).with_columns(total=pl.sum_horizontal(_COMPONENTS))

    return Runner(run, lambda found: _whole({name: found[name].cast(pl.Float64) for name in found.columns}))


# ---------------------------------------------------------------- others


def _duckdb(given: Given, ranked: bool) -> Runner:
    import duckdb
    import pyarrow

    points, connection = 100 * 100 // given.targets, duckdb.connect()
    connection.register("columns", pyarrow.table(_columns(given, ranked)))
    connection.execute("CREATE TABLE given AS FROM columns")
    form = "CASE WHEN a{0} * 10 < p{0} * 6 THEN 0 WHEN a{0} >= p{0} THEN {1} ELSE ({2} * a{0} + p{0}) // (2 * p{0}) END"
    components = [
        " + ".join(form.format(number, points, 2 * points) for number in _numbers(given.targets, component))
        for component in range(COMPONENTS)
    ]
    kept = ", g, before" if ranked else ""
    listed = ", ".join(f"({sum_})::BIGINT AS {name}" for sum_, name in zip(components, _COMPONENTS, strict=True))
    query = f"SELECT *, {' + '.join(_COMPONENTS)} AS total FROM (SELECT {listed}{kept} FROM given)"
    if ranked:
        query = f"""
            WITH scored AS ({query}),
            placed AS (
                SELECT *, rank() OVER (PARTITION BY g ORDER BY total DESC) AS rank,
                    rank() OVER (PARTITION BY g ORDER BY total) AS behind,
                    rank() OVER (PARTITION BY g ORDER BY before DESC) AS behind_then,
                    count(*) OVER (PARTITION BY g) AS peers
                FROM scored)
            SELECT total, {", ".join(_COMPONENTS)}, rank,
                CASE WHEN total >= 8500 AND peers - behind + 1 <= peers * 20 // 100 THEN 0
                     WHEN total >= 7500 AND peers - behind + 1 <= peers * 50 // 100 THEN 1
                     WHEN total >= 6000 THEN 2 ELSE 3 END AS tier,
                behind <= 2 AND behind_then <= 2 AS bottom, number
            FROM placed"""
        # a window does not keep the order of the rows, so each carries its number
        connection.execute("ALTER TABLE given ADD COLUMN number BIGINT")
        connection.execute("UPDATE given SET number = rowid")
        query = query.replace(", g, before FROM given", ", g, before, number FROM given")

    def read(found: Any) -> Answers:
        columns = {name: np.asarray(values) for name, values in found.items()}
        if ranked:
            order = np.argsort(columns.pop("number"))
            columns = {name: values[order] for name, values in columns.items()}
        return columns

    return Runner(lambda: connection.sql(query).fetchnumpy(), read)


def _openfisca(given: Given, ranked: bool) -> Runner | None:
    """It keeps numbers in floats of 32 bits."""
    if ranked:
        return None
    from openfisca_core import entities, periods, simulations, taxbenefitsystems, variables

    body = entities.SingleEntity("body", "bodies", "", "")
    system = taxbenefitsystems.TaxBenefitSystem([body])
    points = 100 // given.targets

    def variable(name: str, formula: Any) -> None:
        fields = {"value_type": float, "entity": body, "definition_period": periods.DateUnit.YEAR, "label": name}
        system.add_variable(type(name, (variables.Variable,), {**fields, **({"formula": formula} if formula else {})}))

    def component(numbers: range) -> Any:
        def formula(bodies: Any, period: Any) -> Any:
            total: Any = 0
            for number in numbers:
                a, p = bodies(f"a{number}", period), bodies(f"p{number}", period)
                total += np.where(a < p * 0.6, 0, _half_up(np.minimum(a / p, 1) * points))
            return total

        return formula

    def total(bodies: Any, period: Any) -> Any:
        return sum(bodies(name, period) for name in _COMPONENTS)

    columns = {name: (column / 10).astype(np.float32) for name, column in _columns(given, ranked).items()}
    for name in columns:
        variable(name, None)
    for number, name in enumerate(_COMPONENTS):
        variable(name, component(_numbers(given.targets, number)))
    variable("total", total)

    def run() -> dict[str, Array]:
        simulation = simulations.SimulationBuilder().build_default_simulation(system, given.entities)
        for name, column in columns.items():
            simulation.set_input(name, "2022", column)
        return {name: simulation.calculate(name, "2022") for name in ["total", *_COMPONENTS]}

    return Runner(run, _whole)


OURS = ("assessdsl, columns", "assessdsl, columns, two threads", "assessdsl, columns, kernels")
C, POLARS, NUMPY, DUCKDB = (
    "C, two threads, by hand",
    "Polars int64, by hand, lazy",
    "NumPy int64 in blocks, one thread, by hand",
    "DuckDB BIGINT",
)
C_KEPT = f"{C}, into the same arrays"
ENGINES = (
    Engine(OURS[0], _ours),
    Engine(OURS[1], partial(_ours, threads=2)),
    Engine(OURS[2], _compiled),
    Engine(C, _c),
    Engine(C_KEPT, lambda given, ranked: _c(given, ranked, anew=False)),
    Engine(POLARS, lambda given, ranked: _polars(given, ranked, lazy=True)),
    Engine("Polars int64, by hand", lambda given, ranked: _polars(given, ranked, lazy=False)),
    Engine(NUMPY, _numpy_blocks),
    Engine(DUCKDB, _duckdb),
    Engine("NumPy float64, by hand", _numpy_floats, exact=False),
    Engine("Polars Decimal(38, 2)", _polars_decimal, exact=False),
    Engine("openfisca-core", _openfisca, exact=False),
)
