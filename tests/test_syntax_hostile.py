"""Hostile input on both surfaces: a remark with its code, within a second, never a traceback."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessdsl.diagnostics import render_all
from assessdsl.limits import LIMITS
from assessdsl.source import Source
from assessdsl.syntax import decode, read, write
from assessdsl.syntax.tree import Document

HERE = Path(__file__).parent
FILES = sorted(path for path in (HERE / "hostile").iterdir() if path.suffix in (".assess", ".yaml"))
POLICIES = sorted((HERE.parent / "policies" / "municipal_2022").glob("policy*"))
# Of this process. Each takes under a second on a quiet machine; what is caught here is growth without bound, which
# takes minutes, and not a slow machine.
SECONDS = 5.0


def codes_of(name: str, data: bytes) -> tuple[list[str], Document | None]:
    """The codes of all remarks, which can be shown, too."""
    source, found = decode(name, data)
    document = None
    if source is not None:
        document, more = read(source)
        found = found + more
    for language in ("en", "zh"):
        assert render_all(found, language) or not found
    return [remark.code for remark in found], document


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_hostile_file(path: Path) -> None:
    started = time.process_time()
    codes, _ = codes_of(path.name, path.read_bytes())
    assert time.process_time() - started < SECONDS
    assert path.name.partition("-")[0] in codes


def dsl(line: str) -> str:
    return f"policy p {{\n  {line}\n}}\n"


def yaml(line: str) -> str:
    return f"policy p:\n  {line}\n"


DEEP = 25_000
LARGE = {
    "too large": ("AS1001", "p.assess", "# " + "x" * LIMITS.file_bytes),
    "too large, YAML": ("AS1001", "p.yaml", "# " + "x" * LIMITS.file_bytes),
    "brackets": ("AS1050", "p.assess", dsl("total " + "(" * DEEP + "1" + ")" * DEEP)),
    "brackets, YAML": ("AS1050", "p.yaml", yaml("total: " + "(" * DEEP + "1" + ")" * DEEP)),
    "brackets that stay open": ("AS1050", "p.assess", dsl("total " + "(" * DEEP)),
    "lists of YAML": ("AS1050", "p.yaml", "[" * DEEP),
    "lists of YAML, closed": ("AS1050", "p.yaml", "[" * DEEP + "]" * DEEP),
    "mappings of YAML": ("AS1050", "p.yaml", "{a: " * DEEP),
    "indented mappings of YAML": ("AS1050", "p.yaml", "".join(f"{' ' * i}a{i}:\n" for i in range(500))),
    "lists within lists": ("AS1050", "p.yaml", "- " * DEEP + "1"),
    "blocks": ("AS1050", "p.assess", "component a {" * DEEP),
    "blocks on lines": ("AS1050", "p.assess", "component a {\n" * DEEP + "}\n" * DEEP),
    "minus": ("AS1050", "p.assess", dsl("total " + "-" * 9_000 + "1")),
    "minus, YAML": ("AS1050", "p.yaml", yaml("total: '" + "-" * 9_000 + "1'")),
    "not": ("AS1050", "p.assess", dsl("total " + "not " * 9_000 + "yes")),
    "if": ("AS1050", "p.assess", dsl("total " + "if yes then 1 else " * 3_000 + "1")),
    "operators within one another": ("AS1050", "p.assess", dsl("total " + "1 + 2 * -(" * 40 + "1" + ")" * 40)),
    "sum": ("AS1051", "p.assess", dsl("total 1" + " + 1" * 200_000)),
    "sum, YAML": ("AS1051", "p.yaml", yaml("total: 1" + " + 1" * 20_000)),
    "operands of a call": ("AS1051", "p.assess", dsl("total max(1" + ", 1" * 200_000 + ")")),
    "unfinished ladder of signs": ("AS1051", "p.assess", dsl("total " + "- " * 400_000)),
    "digits": ("AS1017", "p.assess", dsl("total " + "9" * 900_000)),
    "digits, YAML": ("AS1017", "p.yaml", yaml("total: " + "9" * 100_000)),
    "name": ("AS1014", "p.assess", dsl("group " + "a" * 900_000)),
    "name, YAML": ("AS1014", "p.yaml", yaml("total: " + "a" * 100_000)),
    "label": ("AS1013", "p.assess", dsl('group a "' + "x" * 900_000 + '"')),
    "label, YAML": ("AS1013", "p.yaml", yaml("group a: " + "x" * 100_000)),
    "escapes": ("AS1013", "p.assess", dsl('group a "' + '\\"' * 400_000 + '"')),
    "unclosed text of escapes": ("AS1011", "p.assess", dsl('group a "' + "\\\\" * 400_000)),
    "quotation marks that never match": ("AS1011", "p.assess", dsl('group a "' + "“" * 300_000)),
    "backticks": ("AS1015", "p.assess", dsl("group " + "``" * 100_000)),
    "open braces without a word": ("AS1038", "p.assess", "{" * 500_000),
    "closing braces": ("AS1037", "p.assess", "}" * 500_000),
    "signs": ("AS1053", "p.assess", ";+" * 400_000),
    "unknown signs": ("AS1053", "p.assess", "@\n" * 400_000),
    "statements": ("AS1052", "p.assess", "a\n" * 400_000),
    "long key of YAML": ("AS1072", "p.yaml", "a" * 20_000 + ": 1"),
}


@pytest.mark.parametrize("attack", LARGE)
def test_large_attack(attack: str) -> None:
    code, name, text = LARGE[attack]
    codes_of("warm.assess", b"policy p {}")  # the grammar is compiled once for a process
    started = time.process_time()
    codes, _ = codes_of(name, text.encode())
    assert time.process_time() - started < SECONDS
    assert code in codes
    assert len(codes) <= LIMITS.diagnostics_shown + 2


SCALARS = ["3:2", "010", "12:30", "no", "yes", "~", "null", "1_000", "0x1F", "1e3", ".inf", "2022-02-30", "on", "''"]


@pytest.mark.parametrize("scalar", SCALARS)
def test_scalars_of_yaml_are_read_by_our_grammar(scalar: str) -> None:
    """Whatever YAML would make of them, they mean what they mean in the DSL."""
    inner = "" if scalar == "''" else scalar
    codes, document = codes_of("p.yaml", yaml(f"full: {scalar}").encode())
    expected, twin = codes_of("p.assess", dsl(f"full {inner}").encode())
    assert codes == expected
    assert document == twin


def test_leading_zeros_are_decimal() -> None:
    _, document = codes_of("p.yaml", yaml("full: 010").encode())
    _, twin = codes_of("p.assess", dsl("full 10").encode())
    assert document == twin


TEXTS = [(path.name, path.read_text("utf-8")) for path in POLICIES]
PIECES = [
    *"(){}[]\"'`,;:=+-*/<>!#%&|@\\.\n\t ", *"，：；“”（）｛｝\u3000²а", "- ", "? ", "| ", "> ", "&a ", "*a ", "!t ",
    "<<: ", "---\n", *("如果 ", "则 ", "否则 ", "if ", "then ", "else ", "not ", "当 ", "label: ", "0", "2022-02-30"),
    *("9" * 60, "x" * 101, '"' + "x" * 2001 + '"', "(" * 70),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), TEXTS, ids=[name for name, _ in TEXTS])
@given(
    edits=st.lists(
        st.tuples(
            st.integers(0, 10**6), st.integers(0, 30), st.one_of(st.just(""), st.sampled_from(PIECES), st.text())
        ),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=60)
def test_mutilated_policy_never_fails(name: str, text: str, edits: list[tuple[int, int, str]]) -> None:
    for place, length, piece in edits:
        at = place % (len(text) + 1)
        text = text[:at] + piece + text[at + length :]
    codes, document = codes_of(name, text.encode("utf-8", "surrogatepass"))
    if document is not None and not codes:  # what is read without a remark can also be written
        _, again = codes_of("p.assess", write(document, "dsl", "en").encode())
        assert again == document
        codes_of("p.yaml", write(document, "yaml", "zh").encode())


@given(data=st.binary(max_size=300), name=st.sampled_from(["p.assess", "p.yaml"]))
def test_any_bytes_never_fail(data: bytes, name: str) -> None:
    codes_of(name, data)


@given(text=st.text(max_size=300), name=st.sampled_from(["p.assess", "p.yaml"]))
def test_text_that_was_not_decoded_never_fails(text: str, name: str) -> None:
    read(Source(name, text))
