import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from pyspark.sql import SparkSession
from sql_agreement import cases, files, gaps, verdict

from assessdsl.backends import sql
from assessdsl.backends.sql.run import Scores
from assessdsl.facts import Dataset
from assessdsl.plan.steps import Plan
from spark import public


def session(master: str = "local[2]", **settings: str) -> Any:
    """In local mode, with dots in the names of settings written as `__`."""
    building = SparkSession.builder.master(master).appName("assessdsl")
    wanted = {"spark__ui__enabled": "false", "spark__sql__ansi__enabled": "true", **settings}
    for name, value in wanted.items():
        building = building.config(name.replace("__", "."), value)
    made = building.getOrCreate()
    made.sparkContext.setLogLevel("ERROR")
    return made


def interpreted() -> Any:
    """For many queries of a few rows: plans are run as they are, for a query takes longer to compile than to run."""
    return session(
        "local[1]",
        spark__sql__shuffle__partitions="1",
        spark__sql__codegen__wholeStage="false",
        spark__sql__codegen__factoryMode="NO_CODEGEN",
        spark__sql__adaptive__enabled="false",
        spark__ui__showConsoleProgress="false",
    )


def main(wanted: list[str]) -> int:
    spark = interpreted()

    def in_spark(plan: Plan, dataset: Dataset) -> Scores:
        sql.store(plan, dataset, spark)
        return sql.evaluate(plan, spark)

    start = perf_counter()
    known, wrong, equal = gaps("spark"), 0, 0
    for told in public.differences(spark):
        wrong += 1
        print(f"by assessdsl.evaluate: {told}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for file in wanted or files():
            for case in cases(file, Path(folder) / file):
                try:
                    told = verdict(case.policy.plan, case.dataset, in_spark)
                except Exception as error:
                    told = f"differs: {str(error)[:500]}"
                if told == known.get(case.name, "equal"):
                    equal += told == "equal"
                else:
                    wrong += 1
                    print(f"{case.name}: {told}", flush=True)
            print(f"{file}: {perf_counter() - start:.0f} s", flush=True)
    print(f"{equal} cases equal on Spark, {len(known)} refused, {wrong} wrong")
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
