import csv
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sql_agreement import cases, files, gaps, verdict
from sqlglot import exp
from test_sql import in_database

from assessdsl.backends.sql.dialects import DIALECTS
from assessdsl.backends.sql.filling import tables_of
from assessdsl.backends.sql.run import Scores, scores, written_for
from assessdsl.backends.sql.tables import created
from assessdsl.facts import Dataset
from assessdsl.plan.steps import Plan


def programs() -> Path:
    """The folder of the server's programs."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    held = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not held:
        sys.exit("no PostgreSQL server: apt install postgresql")
    return held[-1].parent


@contextmanager
def cluster() -> Iterator[Path]:
    """A scratch cluster: the folder of its socket. The server does not run as root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before: list[str] = []
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
            before = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        bin, data = programs(), folder / "data"
        quiet = {"stdout": subprocess.DEVNULL, "check": True, "cwd": folder}
        subprocess.run([*before, bin / "initdb", "-D", data, "-A", "trust", "-E", "UTF8", "-U", "assess"], **quiet)
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        control = [*before, bin / "pg_ctl", "-D", data, "-w"]
        subprocess.run([*control, "-o", options, "-l", folder / "log", "start"], **quiet)
        try:
            yield folder
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **quiet)


def literal(value: object) -> exp.Expr:
    match value:
        case None:
            return exp.null()
        case bool():
            return exp.true() if value else exp.false()
        case int():
            return exp.Literal.number(value)
        case _:
            return exp.Literal.string(str(value))


def in_postgres(socket: Path, plan: Plan, dataset: Dataset) -> Scores:
    tables, rows = tables_of(plan, dataset)
    dialect = DIALECTS["postgres"]
    written = written_for(plan, tables, "postgres")
    statements = ["BEGIN"]
    for table, columns in tables.definitions(dialect).items():
        statements.append(created(table, columns, dialect))
        for line in rows[table]:
            names = exp.Schema(
                this=exp.table_(table, quoted=True),
                expressions=[exp.to_identifier(column.name, quoted=True) for column in columns],
            )
            values = exp.values([tuple(literal(line.get(column.name)) for column in columns)])
            statements.append(exp.Insert(this=names, expression=values).sql("postgres"))
    ready = ";\n".join(statements)
    command = [
        "psql",
        "-h",
        str(socket),
        "-U",
        "assess",
        "-d",
        "postgres",
        "-q",
        "--csv",
        "-t",
        "-v",
        "ON_ERROR_STOP=1",
    ]
    text = f"\\pset null ~\n{ready};\n{written.text};\nROLLBACK;\n"
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:2000]
    yes_no = {"t": True, "f": False, "~": None}
    held = []
    for line in csv.reader(io.StringIO(done.stdout)):
        row: list[object] = [*line[:2], *(None if cell == "~" else cell for cell in line[2:])]
        place = 3
        for output in written.outputs:
            if output.kind in ("eligible", "finding"):
                row[place] = yes_no[line[place]]
            place += 2 if output.is_number else 1
        held.append(row)
    return scores(plan, written, held)


def main() -> int:
    wrong = 0
    with cluster() as socket, tempfile.TemporaryDirectory() as folder:
        databases = {
            "duckdb": partial(in_database, "duckdb"),
            "sqlite": partial(in_database, "sqlite"),
            "postgres": partial(in_postgres, socket),
        }
        equal = dict.fromkeys(databases, 0)
        for file in files():
            for case in cases(file, Path(folder) / file):
                for dialect, score in databases.items():
                    try:
                        told = verdict(case.policy.plan, case.dataset, score)
                    except AssertionError as error:
                        told = f"differs: {error}"
                    if told == gaps(dialect).get(case.name, "equal"):
                        equal[dialect] += told == "equal"
                    else:
                        wrong += 1
                        print(f"{case.name} in {dialect}: {told}")
    for dialect, count in equal.items():
        print(f"{count} cases equal in {dialect}, {len(gaps(dialect))} refused")
    print(f"{wrong} wrong")
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main())
