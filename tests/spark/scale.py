"""Millions of entities on Spark: the shuffles of the plan, and how the time grows. `python -m spark.scale 1 2 4 8`.

The same files are scored by the columnar engine, batch by batch, and the results compared.
A policy of twenty indicators, each with a plan, an actual value and a rounding, ranked within groups, with a tier of
limited places. The table is generated as Parquet, one row for each entity.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import polars

import assessdsl
from assessdsl.backends.sql.run import written_for
from assessdsl.backends.sql.stages import frame as frame_of
from assessdsl.backends.sql.stored import measured
from spark.__main__ import session

INDICATORS = 20
_ONE = """
    indicator i{n} "Indicator {n}" {{
      points 5 points
      unit percent to 1 places
      score attainment(actual, planned, zero_plan: error)
      rounding half_up to 4 places
      missing zero
      absent zero
    }}"""
POLICY = """policy big "Big" {{
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  group department "Departments"
  component base "Base" {{
    points 100 points{indicators}
  }}
  rank by total within group ties shared
  tier best "Best" top 20% of group rounded down ties excluded when total >= 60 points
  tier good "Good" when total >= 60 points
  tier poor "Poor" otherwise
}}
""".format(indicators="".join(_ONE.format(n=n) for n in range(INDICATORS)))


def generated(spark: Any, millions: float, folder: Path) -> Path:
    """The table `entities` as a view of Parquet files; one actual value in forty is missing."""
    columns = ["CAST(id AS STRING) AS entity", "IF(id % 2 = 0, 'county', 'department') AS group_name"]
    for n in range(INDICATORS):
        actual = f"CAST(40 + (id * {7919 + 2 * n} + {n}) % 97 AS BIGINT)"
        columns += [
            f"true AS has_i{n}",
            f"IF((id + {n}) % 40 = 7, NULL, {actual}) AS i{n}__actual",
            f"CAST(60 + (id * {104729 + 2 * n}) % 89 AS BIGINT) AS i{n}__planned",
            f"false AS i{n}__forfeited",
            f"true AS i{n}__is_target",
        ]
    path = folder / f"entities{millions}.parquet"
    spark.range(round(millions * 1_000_000)).selectExpr(*columns).write.mode("overwrite").parquet(str(path))
    spark.read.parquet(str(path)).createOrReplaceTempView("entities")
    return path


def by_spark(spark: Any, policy: assessdsl.Policy, into: Path) -> str:
    """Scores the view `entities`, and tells what it took."""
    before, start = used(spark), perf_counter()
    tables = measured(policy.plan, spark)
    looked = perf_counter() - start
    written = written_for(policy.plan, tables, "spark")
    frame = frame_of(spark, written.views, written.text)
    plan = frame._jdf.queryExecution().executedPlan().toString()
    frame.write.mode("overwrite").parquet(str(into))
    return (
        f"{plan.count('Exchange ')} shuffles, {perf_counter() - start:.1f} s of which {looked:.1f} s measuring, "
        f"{used(spark) - before:.1f} processor seconds"
    )


def by_columns(policy: assessdsl.Policy, source: Path, into: Path) -> str:
    """The same files through the columnar engine, whose numbers are in percent and not in thousandths."""
    inputs = [polars.col("entity"), polars.col("group_name").alias("group")]
    for n in range(INDICATORS):
        inputs += [
            (polars.col(f"i{n}__{field}") / 10).round(1).alias(f"i{n}.{field}") for field in ("actual", "planned")
        ]
    before, start = process_time(), perf_counter()
    assessdsl.evaluate_batches(policy, polars.scan_parquet(source / "*.parquet").select(inputs), into)
    return f"{perf_counter() - start:.1f} s, {process_time() - before:.1f} processor seconds"


def used(spark: Any) -> float:
    """Processor seconds of the session's machine so far."""
    return float(spark._jvm.java.lang.ProcessHandle.current().info().totalCpuDuration().get().toMillis()) / 1000


def digest(scores: str, total: str) -> list[tuple[Any, ...]]:
    """How many entities have each tier, and the sums of their totals and places."""
    found = polars.scan_parquet(scores).group_by("tier").agg(polars.len(), polars.sum(total), polars.sum("rank"))
    return sorted(found.collect().rows())


def main(sizes: list[float]) -> int:
    spark = session(spark__driver__memory="4g", spark__sql__shuffle__partitions="4")
    policy = assessdsl.loads(POLICY)
    differ = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generated(spark, 0.1, folder)
        by_spark(spark, policy, folder / "warm")
        for millions in sizes:
            source = generated(spark, millions, folder)
            print(f"{millions:g} million × {INDICATORS}: Spark {by_spark(spark, policy, folder / 'spark')}", flush=True)
            print(f"    columns {by_columns(policy, source, folder / 'columns.parquet')}", flush=True)
            equal = digest(f"{folder}/spark/*.parquet", "total") == digest(f"{folder}/columns.parquet", "total_x100")
            print(f"    {'equal' if equal else 'NOT EQUAL'}", flush=True)
            differ = differ or not equal
            shutil.rmtree(source)
    return differ


if __name__ == "__main__":
    sys.exit(main([float(one) for one in sys.argv[1:]] or [1, 2, 4, 8]))
