"""Policies that say of themselves, behind the lines, which remarks they get: `# expect: AS2001 AS4002`."""

import re
from collections.abc import Iterable

from assessdsl.diagnostics import Diagnostic, render_all


def expected_in(text: str) -> set[tuple[int, str]]:
    return {
        (number, code)
        for number, line in enumerate(text.splitlines(), 1)
        if (comment := re.search(r"# expect: (.*)", line))
        for code in comment[1].split()
    }


def assert_just_the_expected(text: str, found: Iterable[Diagnostic]) -> None:
    remarks = list(found)
    assert {(remark.span.line, remark.code) for remark in remarks} == expected_in(text), render_all(remarks)
