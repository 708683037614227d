import sys
import tempfile
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from sql_agreement import cases, files, gaps, verdict

from assessdsl.backends import sql
from assessdsl.backends.sql.run import Scores
from assessdsl.facts import Dataset
from assessdsl.plan.steps import Plan


def session() -> Any:
    made = (
        SparkSession.builder.master("local[2]")
        .appName("assessdsl")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.ansi.enabled", "true")
        .getOrCreate()
    )
    made.sparkContext.setLogLevel("ERROR")
    return made


def main(wanted: list[str]) -> int:
    spark = session()

    def in_spark(plan: Plan, dataset: Dataset) -> Scores:
        sql.store(plan, dataset, spark)
        return sql.evaluate(plan, spark)

    known, wrong, equal = gaps("spark"), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for file in wanted or files():
            for case in cases(file, Path(folder) / file):
                try:
                    told = verdict(case.policy.plan, case.dataset, in_spark)
                except Exception as error:
                    told = f"differs: {str(error)[:500]}"
                for table in spark.catalog.listTables():
                    spark.catalog.dropTempView(table.name)
                if told == known.get(case.name, "equal"):
                    equal += told == "equal"
                else:
                    wrong += 1
                    print(f"{case.name}: {told}", flush=True)
            print(file, "done", flush=True)
    print(f"{equal} cases equal on Spark, {len(known)} refused, {wrong} wrong")
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
