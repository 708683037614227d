"""The manual says what the language is: its tables are those of the sources, every word and form has a case.

`--update-docs` writes the parts of the pages that stand between `<!-- name -->` and `<!-- end -->` anew.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from assessdsl.record.kinds import KINDS as KINDS_OF_EVENT
from assessdsl.record.kinds import PHASES
from assessdsl.source import Source
from assessdsl.syntax import read
from assessdsl.syntax.tree import Call, Choice, Expression, Name, Operation, Prefix, Statement
from assessdsl.vocabulary import Kind, Word, vocabulary

ROOT = Path(__file__).parent.parent
CONFORMANCE = ROOT / "tests" / "conformance"
Case = dict[str, Any]
FORMS = range(1, 39)
TABLES = ("entities", "targets", "frozen", "facts", "judgements", "benchmarks", "history")


@cache
def cases() -> tuple[Case, ...]:
    found: list[Case] = []
    for path in sorted(CONFORMANCE.glob("*.yaml")):
        text = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)
        found.extend({**text.get("given", {}), **case, "file": path.name} for case in text["cases"])
    return tuple(found)


def policy(case: Case) -> str:
    return str(case["policy"] if "policy" in case else case["frame"].replace("...", case["rules"]))


def cases_of(form: int) -> list[Case]:
    return [case for case in cases() if case["case"].startswith(f"form {form}: ")]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


# ---------------------------------------------------------------- what is generated


def _csv(table: str) -> str:
    return "".join(",".join(cell.strip() for cell in line.split("|")) + "\n" for line in table.strip().splitlines())


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _expected(case: Case) -> str:
    expected = case["expect"]
    if isinstance(expected, list):
        return "Expected: " + ", ".join(f"[{code}](diagnostics/{code}.md)" for code in expected) + "\n"
    columns = list(dict.fromkeys(what for wanted in expected.values() for what in wanted))
    text = _row("expected", *columns) + "|---" * (len(columns) + 1) + "|\n"
    return text + "".join(
        _row(entity, *(wanted.get(what, "") for what in columns)) for entity, wanted in expected.items()
    )


def example(form: int) -> str:
    shown, *others = cases_of(form)
    text = f"```assess\n{shown['policy'] if 'policy' in shown else shown['rules']}```\n\n"
    text += "".join(f"```csv {name}.csv\n{_csv(shown[name])}```\n\n" for name in TABLES if name in shown)
    text += _expected(shown)
    if "working" in shown:
        text += f"\n{shown['working']}\n"
    if others:
        listed = "; ".join(case["case"].partition(": ")[2] for case in others)
        text += f"\nFurther cases: {listed}.\n"
    return text


def sections() -> dict[int, str]:
    """The sections of the page of forms, by number."""
    parts = re.split(r"^## (\d+)\. ", page("forms.md"), flags=re.MULTILINE)
    return {int(number): text.partition("\n## ")[0] for number, text in zip(parts[1::2], parts[2::2], strict=True)}


def written_with(section: str) -> list[str]:
    return re.findall(r"`([^`]+)`", section.partition("- Written with: ")[2].partition("\n")[0])


def form_table() -> str:
    text = "| form | written with | conformance cases |\n|---|---|---|\n"
    for number, section in sections().items():
        names = "; ".join(case["case"].partition(": ")[2] for case in cases_of(number))
        words = " ".join(f"`{word}`" for word in written_with(section))
        text += _row(f"{number}. {section.partition(' · ')[0]}", words, names)
    return text


# What is asked of a policy as a whole: how offices say it, and with what it is written.
ASKED = {
    "S2": ("a target cites its source, and keeps the pace of a plan of several years (五年目标)",
           ("plan", "pace", "linked", "require", "source", "links_to")),
    "S3": ("ranks in the province, of growth and of the amount, against the year before (排位从×位到×位)",
           ("fact", "previous")),
    "S5": ("both higher; higher in k of n comparisons with names (两个高于)", ("benchmark", "define", "count_of")),
    "S11": ("an amendment with owner, reason and the day from which it holds (修订)",
            ("version", "amendment", "by", "on", "reason")),
    "S15": ("this year's rules against last year's (由粗到细); [compare](compare.md) shows what changed",
            ("extends", "version")),
    "S20": ("no more indicators than so many (精简指标); [compare](compare.md) remarks on more than last year",
            ("limit",)),
    "S23": ("a gate for works of a kind, whoever has them (竣工考核)", ("gate", "tagged", "completed")),
    "S25": ("the share of weight of major work (重大工作权重), told by [describe](describe.md), [compare](compare.md)",
            ("tagged", "weight")),
    "S43": ("whether a fact is verified, and what a falsified one costs (坚持实事求是)",
            ("falsified", "disputed", "judgement", "finding")),
}  # fmt: skip


def cases_asked(row: str) -> list[Case]:
    return [case for case in cases() if case["case"].startswith(f"{row}: ")]


def asked_table() -> str:
    text = "| asked | written with | conformance case |\n|---|---|---|\n"
    for row, (asked, words) in ASKED.items():
        names = "; ".join(case["case"].partition(": ")[2] for case in cases_asked(row))
        text += _row(f"{row}. {asked}", " ".join(f"`{word}`" for word in words), names)
    return text


def _spellings(word: Word) -> tuple[str, str]:
    return " ".join(f"`{spelling}`" for spelling in word.en), " ".join(f"`{spelling}`" for spelling in word.zh)


def _spelled(kind: Kind, ids: tuple[str, ...]) -> str:
    return " ".join(f"`{vocabulary().get(kind, id).en[0]}`" if (kind, id) in vocabulary().words else id for id in ids)


KINDS: tuple[tuple[Kind, str], ...] = (
    ("word", "Statements"),
    ("clause", "Clause words"),
    ("function", "Functions"),
    ("name", "Names and values"),
    ("label", "Labels of arguments"),
    ("measure", "Measures"),
    ("operator", "Operators"),
    ("table", "Tables of data"),
    ("column", "Columns of data"),
)


def word_tables() -> str:
    text = ""
    for kind, title in KINDS:
        words = vocabulary().all(kind)
        text += f"### {title}\n\n"
        if kind == "word":
            text += "| English | Chinese | stands in | clauses | |\n|---|---|---|---|---|\n"
            for word in words:
                clauses = _spelled("clause", word.clauses)
                if word.expects:
                    clauses = f"{clauses} in `expect`: {_spelled('clause', word.expects)}".strip()
                text += _row(*_spellings(word), _spelled("word", word.parents), clauses, word.meaning[0])
        elif kind in ("operator", "table", "column"):
            text += "| English | Chinese |\n|---|---|\n" + "".join(_row(*_spellings(word)) for word in words)
        else:
            text += "| English | Chinese | |\n|---|---|---|\n"
            text += "".join(_row(*_spellings(word), word.meaning[0]) for word in words)
        text += "\n"
    return text.rstrip("\n") + "\n"


def grammar() -> str:
    """The rules of the grammar; its terminals are what section 1 says."""
    text = (ROOT / "grammars" / "assess.lark").read_text("utf-8")
    rules = text[text.index("document:") : text.index("// Made by the filter")].strip()
    return f"```\n{rules}\n```\n"


def kind_table() -> str:
    """The kinds of event of a register."""
    text = "| event | | subject | data | phases |\n|---|---|---|---|---|\n"
    for name, kind in KINDS_OF_EVENT.items():
        fields = [*(f"`{field}`" for field in kind.needs), *(f"`{field}`?" for field in kind.may)]
        fields += [f"columns of `{kind.columns}`"] if kind.columns else []
        fields += [field for field in ("authority", "reason", "evidence") if getattr(kind, field)]
        phases = "all" if set(kind.phases) >= set(PHASES) else ", ".join(kind.phases) or "—"
        subject = "" if kind.subject == "any" else kind.subject
        text += _row(f"`{name}`", f"{kind.en} ({kind.zh})", subject, ", ".join(fields), phases)
    return text


GENERATED: dict[str, Callable[[str], str]] = {
    "forms.md: frame": lambda _: f"```assess\n{cases_of(1)[0]['frame']}```\n",
    "forms.md: example": lambda heading: example(int(heading.partition(".")[0])),
    "forms.md: table": lambda _: form_table(),
    "language.md: asked": lambda _: asked_table(),
    "language.md: words": lambda _: word_tables(),
    "language.md: grammar": lambda _: grammar(),
    "register.md: kinds": lambda _: kind_table(),
}
_PART = re.compile(r"^<!-- (\w+) -->\n.*?^<!-- end -->\n", re.MULTILINE | re.DOTALL)


def generated(name: str) -> str:
    """The page with its generated parts as they should be."""
    text = page(name)

    def part(match: re.Match[str]) -> str:
        heading = text[: match.start()].rpartition("\n## ")[2].partition("\n")[0]
        return f"<!-- {match[1]} -->\n\n{GENERATED[f'{name}: {match[1]}'](heading)}\n<!-- end -->\n"

    return _PART.sub(part, text)


@pytest.mark.parametrize("name", ["forms.md", "language.md", "register.md"])
def test_generated_parts(name: str, request: pytest.FixtureRequest) -> None:
    meant = {key.partition(": ")[2] for key in GENERATED if key.startswith(name)}
    assert {match[1] for match in _PART.finditer(page(name))} == meant
    if request.config.getoption("--update-docs"):
        (ROOT / "docs" / name).write_text(generated(name), "utf-8")
    assert page(name) == generated(name), "make docs writes the page anew"


# ---------------------------------------------------------------- forms


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_described_and_has_a_case(form: int) -> None:
    section = sections()[form]
    for heading in ("Written with", "Parameters", "When", "At its edges", "Fairness"):
        assert re.search(rf"^- {heading}: .", section, re.MULTILINE), heading
    found = cases_of(form)
    assert found
    assert "working" in found[0], "the arithmetic of the expected scores"
    used = set().union(*(words_of(policy(case)) for case in found))
    assert written_with(section)
    assert set(written_with(section)) <= used


def test_forms_are_all_there() -> None:
    assert list(sections()) == list(FORMS)
    numbered = [case["case"] for case in cases() if case["file"] == "forms.yaml"]
    assert all(re.match(r"form ([1-9]|[12]\d|3[0-8]): .", name) for name in numbered)
    assert len(set(numbered)) == len(numbered)


@pytest.mark.parametrize("row", ASKED)
def test_what_is_asked_of_a_policy_has_a_case_that_is_so_written(row: str) -> None:
    found = cases_asked(row)
    assert found
    assert set(ASKED[row][1]) <= set().union(*(words_of(policy(case)) for case in found))


def test_every_case_of_what_is_asked_is_in_the_table() -> None:
    assert {case["case"].partition(": ")[0] for case in cases() if case["file"] == "asked.yaml"} == set(ASKED)


# ---------------------------------------------------------------- words


def _expressions(statement: Statement) -> Iterator[Expression]:
    for series in (statement.series, *(clause.series for clause in statement.clauses)):
        for phrase in series:
            yield from phrase
    if statement.value is not None:
        yield statement.value


def _inside(expression: Expression) -> Iterator[Expression]:
    yield expression
    parts: tuple[Expression, ...] = ()
    match expression:
        case Call(arguments=arguments):
            parts = tuple(part for given in arguments for part in (given.key, given.value) if part is not None)
        case Operation(operands=operands):
            parts = operands
        case Prefix(operand=operand):
            parts = (operand,)
        case Choice(condition=condition, chosen=chosen, other=other):
            parts = (condition, chosen, other)
        case _:
            pass
    for part in parts:
        yield from _inside(part)


def _words(statements: tuple[Statement, ...]) -> Iterator[tuple[Kind, str]]:
    for statement in statements:
        yield "word", statement.word
        for clause in statement.clauses:
            yield "clause", clause.word
        for outer in _expressions(statement):
            for expression in _inside(outer):
                match expression:
                    case Call(function=function):
                        yield "function", function.id
                    case Name(word=word) if word:
                        yield "name", word
                    case Choice():
                        yield "operator", "if"
                    case _:
                        pass
        yield from _words(statement.block or ())


@cache
def used_in(text: str) -> frozenset[tuple[Kind, str]]:
    """The words of the language in a policy, by kind and id."""
    name = "policy.yaml" if re.match(r"(# .*\n)*policy .*:\n", text) else "policy.assess"
    return frozenset(_words(read(Source(name, text))[0].statements))


def words_of(text: str) -> set[str]:
    """The English spellings of the words in a policy."""
    known = vocabulary().words
    return {known[key].en[0] for key in used_in(text) if key in known}


FILES = {"file", "tests", "test", "given", "cases", "expect"}  # what stands only there is not of one policy


@pytest.mark.parametrize("kind", ["word", "function"])
def test_every_statement_and_function_has_a_case(kind: Kind) -> None:
    used = frozenset[tuple[Kind, str]]().union(*(used_in(policy(case)) for case in cases()))
    meant = {word.id for word in vocabulary().all(kind) if not word.parents or set(word.parents) - FILES}
    assert meant - {id for of_kind, id in used if of_kind == kind} == set()


@pytest.mark.parametrize("kind", ["word", "function", "clause", "name"])
def test_every_word_is_explained(kind: Kind) -> None:
    """Beside its row in the generated tables a word stands in the text of a page."""
    text = "".join(_PART.sub("", page(name)) for name in ("language.md", "forms.md", "policy-tests.md"))
    missing = [
        word.en[0] for word in vocabulary().all(kind) if not re.search(rf"(?<!\w){re.escape(word.en[0])}(?!\w)", text)
    ]
    assert not missing


# ---------------------------------------------------------------- rules of the manual


def paragraphs(section: int) -> Iterator[str]:
    """The paragraphs and items of a section of the manual, without tables and headings."""
    text = _PART.sub("", page("language.md"))
    inside = re.split(r"^## ", text, flags=re.MULTILINE)
    chosen = next(part for part in inside if part.startswith(f"{section}. "))
    for block in re.split(r"\n\n|\n(?=- )", chosen.partition("\n")[2]):
        first = block.lstrip("\n")
        if block.strip() and not block.lstrip().startswith(("|", "#", "`")) and not first.startswith("    "):
            yield block.strip()


# What no text of cells can show.
NOT_SHOWN = ("[data.md](data.md)", "- A float from a program or a workbook", "- `.xls` is refused")


@pytest.mark.parametrize("section", range(1, 8))
def test_rules_name_their_cases(section: int) -> None:
    text = page("language.md")
    for paragraph in paragraphs(section):
        if paragraph.startswith(NOT_SHOWN):
            continue
        names = re.findall(r"\[(\w+)\](?!\()", re.sub(r"`[^`]*`", "", paragraph))
        assert names, f"which cases show this? {paragraph}"
        for name in names:
            assert f"[{name}]: ../tests/conformance/{name}.yaml\n" in text, name
            assert (CONFORMANCE / f"{name}.yaml").exists()


def test_the_list_of_files_is_complete() -> None:
    listed = re.findall(r"^\| `(\w+)` \| [^|]+ \|$", (CONFORMANCE / "README.md").read_text("utf-8"), re.MULTILINE)
    files = sorted(path.stem for path in CONFORMANCE.glob("*.yaml"))
    assert sorted(set(listed) - {"case", "surface", "files", "working", "expect", "warns"}) == files
