"""What is left out of a query changes no value: made-up expressions, before and after, in a database."""

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from assessdsl.backends.sql.arithmetic import binary, case, whole
from assessdsl.backends.sql.simplify import never_missing, simplified

_ROWS = [(a, b, p, q) for a in (-1, 0, 2) for b in (None, 0, 3) for p in (True, False) for q in (None, True, False)]
_FILLED = {"a", "p"}


def is_filled(column: exp.Column) -> bool:
    return column.name in _FILLED


def _numbers(depth: int) -> st.SearchStrategy[exp.Expr]:
    plain = st.sampled_from(["a", "b", None, "0", "1", "7"]).map(
        lambda name: exp.null() if name is None else whole(int(name)) if name.isdigit() else exp.column(name, "e")
    )
    if not depth:
        return plain
    under, asked = _numbers(depth - 1), _questions(depth - 1)
    return st.one_of(
        plain,
        st.builds(binary, st.sampled_from([exp.Add, exp.Sub, exp.Mul]), under, under),
        st.builds(lambda *parts: exp.func("COALESCE", *parts, copy=False), under, under, under),
        st.builds(lambda p, x, q, y, z: case((p, x), (q, y), other=z), asked, under, asked, under, under),
        st.builds(lambda p, x, y: case((p, x), (exp.Not(this=_wrapped(p)), y)), asked, under, under),
        st.builds(
            lambda x, y: case((binary(exp.LTE, x, y), x), (binary(exp.GT, x, y), y)), under, under
        ),
    )  # fmt: skip


def _questions(depth: int) -> st.SearchStrategy[exp.Expr]:
    plain = st.sampled_from(["p", "q", "yes", "no", None]).map(
        lambda name: (
            exp.null() if name is None else exp.convert(name == "yes") if len(name) > 1 else exp.column(name, "e")
        )
    )
    if not depth:
        return plain
    under, numbers = _questions(depth - 1), _numbers(depth - 1)
    signs = st.sampled_from([exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE])
    return st.one_of(
        plain,
        st.builds(lambda one: exp.Not(this=_wrapped(one)), under),
        st.builds(lambda one: exp.Is(this=_wrapped(one), expression=exp.null()), numbers | under),
        st.builds(lambda one, other: exp.and_(one, other, copy=False), under, under),
        st.builds(lambda one, other: exp.or_(one, other, copy=False), under, under),
        st.builds(binary, signs, numbers, numbers),
        st.builds(lambda p, x, y: case((p, x), other=y), under, under, under),
    )


def _wrapped(one: exp.Expr) -> exp.Expr:
    return exp.paren(one, copy=False) if isinstance(one, exp.Binary | exp.Unary) else one


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(":memory:")
    opened.execute("CREATE TABLE e (a, b, p, q)")
    opened.executemany("INSERT INTO e VALUES (?, ?, ?, ?)", _ROWS)
    yield opened
    opened.close()


@settings(max_examples=300, deadline=None)
@given(_numbers(3) | _questions(3))
def test_the_same_values_for_every_row(database: sqlite3.Connection, one: exp.Expr) -> None:
    def values(query: exp.Expr) -> list[object]:
        text = query.copy().sql("sqlite")
        return [value for (value,) in database.execute(f"SELECT {text} FROM e ORDER BY a, b, p, q")]

    before = one.copy().sql("sqlite")
    short = simplified(one, is_filled)
    assert one.sql("sqlite") == before, "what others may share is changed"
    assert values(short) == values(one)
    if never_missing(one, is_filled):
        assert None not in values(one)


@pytest.mark.parametrize(
    ("written", "shorter"),
    [
        (
            case((exp.column("p"), exp.column("b")), (exp.Not(this=exp.column("p")), exp.column("a"))),
            "CASE WHEN p THEN b ELSE a END",
        ),
        (case((exp.column("q"), exp.column("b")), (exp.Not(this=exp.column("q")), exp.column("a"))), None),
        (case((exp.column("p"), exp.true()), other=exp.false()), "p"),
        (exp.func("COALESCE", exp.null(), exp.column("a"), exp.column("b")), "a"),
        (case((exp.Not(this=exp.Is(this=exp.column("b"), expression=exp.null())), exp.column("b")), other=whole(0)),
         "COALESCE(b, 0)"),
        (exp.Is(this=exp.column("a"), expression=exp.null()), "FALSE"),
        (binary(exp.Mul, whole(6), whole(7)), "42"),
        (case((exp.column("p"), whole(1)), (exp.Not(this=exp.column("p")), whole(2)), (exp.true(), exp.column("b"))),
         "CAST(CASE WHEN p THEN 1 ELSE 2 END AS INTEGER)"),
    ],
)  # fmt: skip
def test_what_is_left(written: exp.Expr, shorter: str | None) -> None:
    assert simplified(written, is_filled).sql("sqlite") == (shorter or written.sql("sqlite"))
