"""`python -m benchmarks [--quick] [--json FILE]`: measures and prints a table. With `--peers`, other engines too, one
entity at a time; with `--bulk`, many at once; with `--oracle`, the exact engine beside the compiled code."""

import argparse
import json
import platform
import tempfile
from functools import partial
from pathlib import Path

from attrs import asdict

import assessdsl
from assessdsl import syntax
from assessdsl.backends import run
from assessdsl.binding import bind
from assessdsl.data import from_records
from assessdsl.source import Source
from benchmarks import oracle
from benchmarks.bare import bare_parser
from benchmarks.cases import indicators_policy, records, shared_policy
from benchmarks.measure import Measurement, median, process, table
from benchmarks.peers import peers, write
from benchmarks.proofs import BETWEEN, PAGE, proofs

_LOAD_COLD = """
import sys, time
import assessdsl
text = open(sys.argv[1], encoding="utf-8").read()
start = time.perf_counter()
assessdsl.loads(text)
print(time.perf_counter() - start)
"""


def scoring(entities: int, targets: int, repeats: int) -> list[Measurement]:
    """Exact scores of every entity: the plan alone, and all of it, from plain records to ranks and tiers."""
    found = []
    for name, text, shared in (
        (f"{targets} indicators", indicators_policy(targets), False),
        ("one shared indicator", shared_policy(), True),
    ):
        policy = assessdsl.loads(text)
        tables = records(entities, targets, shared=shared)
        dataset = bind(policy.plan.schema, from_records(**tables)).dataset
        case = f"{targets} targets x {entities} entities, {name}"
        alone = median(partial(run, policy.plan, dataset), repeats)
        found.append(Measurement(f"run the plan: {case}", alone, repeats))
        whole = median(partial(assessdsl.evaluate, policy, tables), repeats)
        found.append(Measurement(f"evaluate records: {case}", whole, repeats, "run the plan", alone))
    return found


def loading(indicators: int, repeats: int) -> list[Measurement]:
    """From text to its tree, to a checked policy, to its plan; against Lark alone parsing the same text into a tree."""
    text = indicators_policy(indicators)
    parser = bare_parser()
    bare = median(lambda: parser.parse(text), repeats)
    read = median(lambda: syntax.read(Source("policy.assess", text, "en")), repeats)
    assessdsl.loads(text)
    warm = median(lambda: assessdsl.loads(text), repeats)
    planned = median(lambda: assessdsl.loads(text).plan, repeats)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.assess"
        path.write_text(text, "utf-8")
        start = process(_LOAD_COLD, str(path))
        cold = sorted(float(start()) for _ in range(repeats))[repeats // 2]
    name = f"load {indicators} indicators"
    return [
        Measurement(f"{name}, its tree alone", read, repeats, "bare Lark parse", bare),
        Measurement(f"{name}, first of a process", cold, repeats, "bare Lark parse", bare),
        Measurement(f"{name}, again", warm, repeats, "bare Lark parse", bare),
        Measurement(f"{name}, again, and plan", planned, repeats, "bare Lark parse", bare),
    ]


def importing(repeats: int) -> list[Measurement]:
    bare = median(process("pass"), repeats)
    ours = median(process("import assessdsl"), repeats)
    return [Measurement("python -c 'import assessdsl'", ours, repeats, "python -c pass", bare)]


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast assessdsl is here.")
    arguments.add_argument("--quick", action="store_true", help="smaller input, fewer runs")
    arguments.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    arguments.add_argument("--peers", action="store_true", help="other engines beside ours, one entity at a time")
    arguments.add_argument(
        "--bulk",
        nargs="*",
        metavar="PART",
        help="other engines beside ours, many entities at once: all parts, or these",
    )
    arguments.add_argument("--proofs", action="store_true", help="proofs of wide policies, beside one query")
    arguments.add_argument("--oracle", action="store_true", help="the exact engine beside the compiled code")
    arguments.add_argument(
        "--write", action="store_true", help="put the tables of --peers, --bulk, --proofs or --oracle into their pages"
    )
    chosen = arguments.parse_args()
    quick: bool = chosen.quick
    if chosen.peers:
        measured = peers(quick=quick)
        print(measured, end="")
        if chosen.write:
            write(measured)
        return
    if chosen.proofs:
        proved = proofs(quick=quick)
        print(proved, end="")
        if chosen.write:
            write(proved, PAGE, BETWEEN)
        return
    if chosen.oracle:
        beside = oracle.measured(quick=quick)
        print(beside, end="")
        if chosen.write:
            write(beside, oracle.PAGE, oracle.BETWEEN)
        return
    if chosen.bulk is not None:
        from benchmarks.bulk_report import PARTS, put
        from benchmarks.bulk_report import measured as in_bulk  # NumPy is needed for nothing else here

        if unknown := [part for part in chosen.bulk if part not in PARTS]:
            arguments.error(f"--bulk has no part {', '.join(unknown)}: they are {', '.join(PARTS)}")
        for part in chosen.bulk or PARTS:
            report = in_bulk(part, quick=quick)
            print(report.text, flush=True)
            if chosen.write:  # at once: what was measured stays if a later part is interrupted
                put(part, report)
        return
    found = [
        *importing(5 if quick else 15),
        *loading(50 if quick else 200, 3 if quick else 7),
        *scoring(100 if quick else 1000, 20 if quick else 100, 1 if quick else 3),
    ]
    print(f"Python {platform.python_version()}, assessdsl {assessdsl.__version__}, {platform.machine()}")
    print(table(found))
    if chosen.json is not None:
        figures = [{**asdict(one), "ratio": one.ratio} for one in found]
        about = {"python": platform.python_version(), "assessdsl": assessdsl.__version__, "measurements": figures}
        chosen.json.write_text(json.dumps(about, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
