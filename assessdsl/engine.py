"""The only place that joins the stages: load, check, evaluate."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import evolve, field, frozen

from assessdsl import reading
from assessdsl.backends import assemble, run
from assessdsl.backends.prepared import Prepared, Score, prepared
from assessdsl.backends.trace import Trace
from assessdsl.binding import Change, bind
from assessdsl.data import from_records, read_facts, read_table
from assessdsl.deferred import on_first_use
from assessdsl.diagnostics import DataError, Diagnostic, PolicyError, arrange
from assessdsl.facts import Facts
from assessdsl.limits import LIMITS
from assessdsl.paths import root_of
from assessdsl.plan.steps import Plan
from assessdsl.reading import kept
from assessdsl.result import Citation, Finding, Result
from assessdsl.source import Language

if TYPE_CHECKING:
    from assessdsl.check import Checked
    from assessdsl.explanation import Explanation, explain
    from assessdsl.plan.text import plan_text

__getattr__ = on_first_use(
    __name__,
    {
        "Explanation": "assessdsl.explanation",
        "explain": "assessdsl.explanation",
        "plan_text": "assessdsl.plan.text",
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


@frozen(eq=False, repr=False, slots=False)
class Policy:
    """A policy that was read and checked without errors."""

    plan: Plan
    diagnostics: tuple[Diagnostic, ...]  # warnings and notes
    _text: tuple[str, bytes, Path | None]  # what it was read from: name, bytes, root
    _held: Mapping[Path, bytes] = field(factory=dict)  # the files that it extends, as they were then
    _checked: "Checked | None" = None

    @cached_property
    def checked(self) -> "Checked":
        """The policy as it is written. Where its plan was kept from before, the text is read now."""
        if self._checked is not None:
            return self._checked
        read, found = reading.read_policy(*self._text, self._held)
        if read is None:
            raise PolicyError(found, self.language)
        return read.checked

    @property
    def name(self) -> str:
        return self.plan.name

    @property
    def label(self) -> str:
        return self.plan.label

    @property
    def language(self) -> Language:
        return "zh" if self.plan.language == "zh" else "en"

    @property
    def fingerprint(self) -> str:
        """A digest of what the policy means: the same in either surface and language, whatever its layout."""
        return self.plan.fingerprint

    def __repr__(self) -> str:
        return f"Policy({self.name!r}, {self.label!r}, {self.fingerprint[:19]}…)"


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
    return check_text(str(path), _bytes(path), root=root_of(Path(path)) if root is None else root)


def _bytes(path: str | Path) -> bytes:
    """No more than what shows that the file is too large."""
    with open(path, "rb") as file:
        return file.read(LIMITS.file_bytes + 1)


def load(path: str | Path, *, root: str | Path | None = None) -> Policy:
    """The policy of a file. Raises PolicyError with every diagnostic if there is an error, OSError if the file cannot
    be read. root: the folder in which all that it extends must lie; without it, the folder above the file's own.

    Its plan is kept in the user's cache (see cache.py), so that the next program that loads the file need not read it.
    """
    folder = root_of(Path(path)) if root is None else Path(root)
    name, data = str(path), _bytes(path)
    if (known := kept.fetch(name, data, folder)) is not None:
        return Policy(known.plan, known.diagnostics, (name, data, folder), known.extended)
    read, found = reading.read_policy(name, data, folder)
    if read is not None:
        kept.keep(name, data, folder, read.plan, found, read.extended)
    return _policy(name, data, folder, read, found)


def loads(text: str, name: str = "policy.assess", *, root: str | Path | None = None) -> Policy:
    """The policy of a text, which can extend others only with a root (see check_text). Raises PolicyError with every
    diagnostic if there is an error."""
    if not isinstance(text, str):
        raise TypeError("loads takes the text of a policy; load takes the path of its file")
    data, folder = text.encode("utf-8", "surrogatepass"), None if root is None else Path(root)
    return _policy(name, data, folder, *reading.read_policy(name, data, folder))


def _policy(
    name: str, data: bytes, root: Path | None, read: "reading.Reading | None", found: tuple[Diagnostic, ...]
) -> Policy:
    if read is None:
        sources = [diagnostic.span.source for diagnostic in found]
        own = [source for source in sources if source.name == name]  # what it extends may be in another language
        raise PolicyError(found, (own or sources)[0].language)
    return Policy(read.plan, found, (name, data, root), checked=read.checked)


def convert(path: str | Path, to: Literal["dsl", "yaml"], language: Language | None = None) -> str:
    """A policy file written in the other surface or language. Raises PolicyError if it cannot be read whole."""
    return reading.converted(str(path), _bytes(path), to, language)


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


def prepare(policy: Policy, *, indicators: bool = False) -> Prepared:
    """The policy made ready to score one entity at a time, exactly and within microseconds: see Prepared.

    indicators: whether a score holds that of every indicator too. Raises PolicyError where a score depends on other
    entities or earlier years.
    """
    return prepared(policy.plan, policy.language, indicators=indicators)


def tables_of(facts: Facts | str | Path | Mapping[str, Records] | Records) -> Facts:
    """The tables, from all that `evaluate` takes for them."""
    match facts:
        case Facts():
            return facts
        case str() | Path():
            return read_facts(facts)
        case Mapping():
            return from_records(**{str(table): records for table, records in facts.items()})
        case _:
            return from_records(entities=facts)


def _replaced(tables: Facts, table: str, given: str | Path | Records) -> Facts:
    if isinstance(given, (str, Path)):
        return read_table(given, table, tables)
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
