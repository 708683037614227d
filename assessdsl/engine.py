"""The only place that joins the stages: load, check, evaluate."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import evolve

from assessdsl import data, reading
from assessdsl.backends import run
from assessdsl.backends.assemble import assemble
from assessdsl.backends.collector import collector_at_rest
from assessdsl.backends.prepared import Prepared, Score
from assessdsl.backends.trace import Trace
from assessdsl.binding import Change, bind
from assessdsl.data import from_records
from assessdsl.deferred import on_first_use
from assessdsl.diagnostics import DataError, Diagnostic, arrange
from assessdsl.facts import Facts
from assessdsl.paths import root_of
from assessdsl.policy import Policy, bytes_of, load, loads, prepare
from assessdsl.result import Citation, Finding, Result
from assessdsl.source import Language

if TYPE_CHECKING:
    from assessdsl.check import Checked
    from assessdsl.data import read_facts
    from assessdsl.explanation import Explanation, explain
    from assessdsl.plan.text import plan_text

__getattr__ = on_first_use(
    __name__,
    {
        "Explanation": "assessdsl.explanation",
        "explain": "assessdsl.explanation",
        "plan_text": "assessdsl.plan.text",
        "read_facts": "assessdsl.data",
    },
)

Records = Iterable[Mapping[str, Any]]
"""Plain records: a mapping of column names, in English or Chinese, for each row."""

__all__ = [
    "Explanation",
    "Policy",
    "Prepared",
    "Score",
    "check_file",
    "check_text",
    "convert",
    "evaluate",
    "explain",
    "load",
    "loads",
    "plan_text",
    "prepare",
    "read_facts",
]


def check_text(
    name: str, text: str | bytes, *, root: str | Path | None = None
) -> tuple["Checked | None", tuple[Diagnostic, ...]]:
    """Every diagnostic of a policy's text; and what was checked, if there are no errors. The name's ending chooses
    the surface: `.yaml` and `.yml` are YAML, all else is the DSL. Only with a root, the folder that they must lie in,
    can the policy extend files: their paths start from the folder of the name if that is inside, else from the root."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    read, found = reading.read_policy(name, data, None if root is None else Path(root))
    return (None if read is None else read.checked), found


def check_file(path: str | Path, *, root: str | Path | None = None) -> tuple["Checked | None", tuple[Diagnostic, ...]]:
    """As check_text, of a file. Raises OSError if it cannot be read. root: the folder in which all that it extends
    must lie; without it, the folder above the file's own."""
    return check_text(str(path), bytes_of(path), root=root_of(Path(path)) if root is None else root)


def convert(path: str | Path, to: Literal["dsl", "yaml"], language: Language | None = None) -> str:
    """A policy file written in the other surface or language. Raises PolicyError if it cannot be read whole."""
    return reading.converted(str(path), bytes_of(path), to, language)


@collector_at_rest
def evaluate(
    policy: Policy,
    facts: Facts | str | Path | Mapping[str, Records] | Records,
    *,
    history: str | Path | Records | None = None,
    frozen: str | Path | Records | None = None,
    published: date | None = None,
) -> Result:
    """Score every entity exactly.

    facts: what read_facts gives, or the path that it reads; or plain records by table
    (`{"entities": […], "facts": […]}`); or the records of
    the entities alone, with their facts as columns. history and frozen (the targets as they were frozen) take the
    place of those that the facts hold: a table's path, or records. published: the day from which deadlines run.

    Raises DataError with every diagnostic if the data is wrong.
    """
    if not isinstance(policy, Policy):
        raise TypeError("evaluate takes the policy that load or loads gave, not its path or its text")
    try:
        tables = tables_of(facts)
        if history is not None:
            tables = _replaced(tables, "history", history)
        if frozen is not None:
            tables = _replaced(tables, "frozen", frozen)
    except DataError as error:  # the readers know no policy, and so no language
        raise DataError(error.diagnostics, policy.language) from None
    if published is not None and (not isinstance(published, date) or isinstance(published, datetime)):
        raise TypeError("published takes a date, without a time of day")
    plan = policy.plan
    bound = bind(plan.schema, tables)
    if any(diagnostic.is_error for diagnostic in bound.diagnostics):
        raise DataError(arrange(bound.diagnostics), policy.language)
    columns = run(plan, bound.dataset)
    result, faults = assemble(
        plan,
        bound.dataset,
        columns,
        register_findings=register_findings(bound.changes),
        published=published,
        warnings=arrange((*policy.diagnostics, *bound.diagnostics, *_unused(tables))),
    )
    if result is None:
        raise DataError(arrange((*bound.diagnostics, *faults)), policy.language)
    return evolve(result, language=policy.language, trace=Trace(plan, bound.dataset, columns))


_HOW: Final = {
    "successions": (
        "it is applied by `assessdsl evaluate` and by results of a register",
        "由 `assessdsl evaluate` 和台账考核使用",
    ),
    "tenures": ("say with `--leader` which leader a year has", "请用 `--leader` 说明一年算谁的任期"),
}


def _unused(tables: Facts) -> Iterator[Diagnostic]:
    """Of the tables that a later layer turns into others, those which it did not."""
    for table, (en, zh) in _HOW.items():
        if rows := getattr(tables, table):
            arguments = {"table": table, "how_en": en, "how_zh": zh}
            yield Diagnostic("AS7413", arguments=arguments, cell=rows[0].cell)


def tables_of(facts: Facts | str | Path | Mapping[str, Records] | Records) -> Facts:
    """The tables, from all that `evaluate` takes for them."""
    match facts:
        case Facts():
            return facts
        case str() | Path():
            return data.read_facts(facts)
        case Mapping():
            return from_records(**{str(table): records for table, records in facts.items()})
        case _:
            return from_records(entities=facts)


def _replaced(tables: Facts, table: str, given: str | Path | Records) -> Facts:
    if isinstance(given, (str, Path)):
        return data.read_table(given, table, tables)
    read = from_records(**{table: given})
    held: dict[str, Any] = {table: getattr(read, table), "remarks": (*tables.remarks, *read.remarks)}
    return evolve(tables, **held)


def register_findings(changes: Iterable[Change]) -> dict[str, tuple[Finding, ...]]:
    """What was done to the frozen targets, as findings about their entities."""
    found: dict[str, tuple[Finding, ...]] = {}
    for change in changes:
        citation = Citation(indicator=change.indicator, target=change.target, where=str(change.cell or ""))
        finding = Finding(
            f"target_{change.kind}",
            "",
            cites=(citation,),
            detail=f"{change.registered} → {change.present}" if change.registered or change.present else "",
        )
        found[change.entity] = (*found.get(change.entity, ()), finding)
    return found
