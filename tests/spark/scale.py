"""Millions of entities on Spark: the shuffles of the plan, and how the time grows. `python -m spark.scale 1 2 4`.

A policy of twenty indicators, each with a plan, an actual value and a rounding, ranked within groups, with a tier of
limited places. The table is generated as Parquet, one row for each entity.
"""

import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import assessdsl
from assessdsl.backends.sql.run import written_for
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


def generated(spark: Any, millions: int, folder: Path) -> None:
    """The table `entities` as a view of Parquet files."""
    columns = ["CAST(id AS STRING) AS entity", "IF(id % 2 = 0, 'county', 'department') AS group_name"]
    for n in range(INDICATORS):
        columns += [
            f"true AS has_i{n}",
            f"CAST(40 + (id * {7919 + 2 * n} + {n}) % 97 AS BIGINT) AS i{n}__actual",
            f"CAST(60 + (id * {104729 + 2 * n}) % 89 AS BIGINT) AS i{n}__planned",
            f"false AS i{n}__forfeited",
            f"'higher' AS i{n}__direction",
            f"true AS i{n}__is_target",
        ]
    path = str(folder / f"entities{millions}.parquet")
    spark.range(millions * 1_000_000).selectExpr(*columns).write.mode("overwrite").parquet(path)
    spark.read.parquet(path).createOrReplaceTempView("entities")


def main(sizes: list[int]) -> None:
    spark = session()
    policy = assessdsl.loads(POLICY)
    with tempfile.TemporaryDirectory() as folder:
        for millions in sizes:
            generated(spark, millions, Path(folder))
            start = perf_counter()
            tables = measured(policy.plan, spark)
            looked = perf_counter() - start
            query = written_for(policy.plan, tables, "spark").text
            frame = spark.sql(query)
            plan = frame._jdf.queryExecution().executedPlan().toString()
            start = perf_counter()
            frame.write.format("noop").mode("overwrite").save()
            print(
                f"{millions} million × {INDICATORS}: {plan.count('Exchange ')} shuffles, "
                f"measured in {looked:.1f} s, scored in {perf_counter() - start:.1f} s",
                flush=True,
            )


if __name__ == "__main__":
    main([int(one) for one in sys.argv[1:]] or [1, 2, 4])
