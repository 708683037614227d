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


A, B, P, Q = (exp.column(name) for name in "abpq")
SUM, MANY, ZERO = binary(exp.Add, A, B), whole(7), whole(0)
AT_MOST, ABOVE = binary(exp.LTE, A, B), binary(exp.GT, A, B)
HELD, YES, NO = exp.Not(this=exp.Is(this=B, expression=exp.null())), exp.true(), exp.false()
NOT_P, NOT_Q = exp.Not(this=P), exp.Not(this=Q)


@pytest.mark.parametrize(
    ("written", "shorter"),
    [
        (case((P, B), (NOT_P, A)), "CASE WHEN p THEN b ELSE a END"),
        (case((NOT_P, B), (P, A)), "CASE WHEN NOT p THEN b ELSE a END"),
        (case((P, B), (NOT_P, A), other=ZERO), "CASE WHEN p THEN b ELSE a END"),
        (case((AT_MOST, A), (ABOVE, B)), None),
        (case((binary(exp.LTE, A, ZERO), B), (binary(exp.GT, A, ZERO), A)), "CASE WHEN a <= 0 THEN b ELSE a END"),
        (case((P, YES), other=NO), "p"),
        (case((P, NO), other=YES), "NOT p"),
        (exp.func("COALESCE", exp.null(), A, B), "a"),
        (case((HELD, B), other=ZERO), "COALESCE(b, 0)"),
        (case((HELD, B)), "b"),
        (exp.Is(this=A, expression=exp.null()), "FALSE"),
        (exp.Is(this=exp.paren(SUM), expression=exp.null()), None),
        (exp.Is(this=exp.cast(A, "TEXT"), expression=exp.null()), "FALSE"),
        (exp.Is(this=case((P, A), other=ZERO), expression=exp.null()), "FALSE"),
        (case((exp.Is(this=exp.func("COALESCE", B, A), expression=exp.null()), MANY), other=ZERO), "0"),
        (exp.Is(this=exp.Window(this=exp.Rank()), expression=exp.null()), "FALSE"),
        (exp.Is(this=exp.Window(this=exp.Sum(this=A)), expression=exp.null()), "FALSE"),
        (exp.Is(this=exp.Window(this=exp.Sum(this=B)), expression=exp.null()), None),
        (binary(exp.Mul, whole(6), MANY), "42"),
        (binary(exp.LT, exp.cast(whole(6), "BIGINT"), MANY), "TRUE"),
        (binary(exp.Add, exp.null(), A), "NULL"),
        (case((P, whole(1)), (NOT_P, whole(2)), (YES, B)), "CAST(CASE WHEN p THEN 1 ELSE 2 END AS INTEGER)"),
        (case((NO, A), (Q, whole(1)), other=B), "CASE WHEN q THEN 1 ELSE b END"),
        (case((P, A), (Q, B), other=B), "CASE WHEN p THEN a ELSE b END"),
        (case((P, A), other=A), "a"),
        (exp.Cast(this=exp.cast(A, "TEXT"), to=exp.DataType.build("TEXT")), "CAST(a AS TEXT)"),
        (case((Q, case((YES, A))), (P, B), other=ZERO), "CASE WHEN q THEN a WHEN p THEN b ELSE 0 END"),
        (exp.Mul(this=exp.paren(case((YES, A))), expression=MANY), "a * 7"),
        (exp.Is(this=exp.null(), expression=exp.null()), "TRUE"),
        (binary(exp.Mul, case((YES, SUM)), MANY), "(a + b) * 7"),
        (exp.And(this=P, expression=case((YES, exp.Or(this=P, expression=Q)))), "p AND (p OR q)"),
        (exp.And(this=P, expression=case((YES, exp.And(this=P, expression=Q)))), "p AND p AND q"),
        (exp.And(this=Q, expression=YES), "q"),
        (exp.And(this=Q, expression=NO), "FALSE"),
        (exp.Or(this=NO, expression=Q), "q"),
        (exp.Or(this=YES, expression=Q), "TRUE"),
    ],
)
def test_what_is_left(written: exp.Expr, shorter: str | None) -> None:
    assert simplified(written, is_filled).sql("sqlite") == (shorter or written.sql("sqlite"))


@pytest.mark.parametrize(
    "written",
    [
        case((Q, B), (NOT_Q, A)),
        case((P, A), (Q, B), other=ZERO),
        case((P, A), (NOT_Q, B), other=ZERO),
        case((binary(exp.LTE, A, ZERO), A), (binary(exp.GTE, A, ZERO), B), other=MANY),
        case((binary(exp.LTE, A, ZERO), A), (binary(exp.GT, A, MANY), B), other=ZERO),
        case((binary(exp.LTE, A, ZERO), A), (binary(exp.GT, exp.Neg(this=A), ZERO), B), other=ZERO),
        case((NOT_P, B), other=ZERO),
        case((Q, YES), other=NO),
        case((P, YES), (Q, B), other=NO),
        case((Q, whole(1)), other=whole(2)),
        exp.cast(exp.cast(A, "TEXT"), "BIGINT"),
        binary(exp.Add, exp.cast(whole(6), "BIGINT"), MANY),
        exp.Is(this=case((P, A)), expression=exp.null()),
        exp.Is(this=case((Q, A), other=B), expression=exp.null()),
        exp.Is(this=exp.func("ABS", A), expression=exp.null()),
    ],
)
def test_nothing_is_left_out(written: exp.Expr) -> None:
    """Where what is like it would be."""
    assert simplified(written, is_filled).sql("sqlite") == written.sql("sqlite")
