"""The exact backend: the parts of a score, and rows of a finer grain."""

from fractions import Fraction
from typing import Any

import pytest
from exact_drafts import Draft, dataset, entity, exact, item, plain
from hypothesis import given
from hypothesis import strategies as st

from assessdsl.backends.aggregate import exact_sum, of_rows
from assessdsl.backends.ratios import BITS
from assessdsl.facts import Dataset, Missing
from assessdsl.plan.steps import (
    ENTITY,
    GROUP,
    POLICY,
    Aggregate,
    Calculate,
    Combine,
    Fail,
    Grain,
    Part,
    Supply,
)

LONG = Fraction(1, 2**BITS - 1), Fraction(1, 2**BITS - 3)
A, B = Grain("target", "growth"), Grain("entry", "growth")


# ---------------------------------------------------------------- parts of a score


def parts(
    *given: tuple[Any, Any, Any], full: Any = None, counted: tuple[bool, ...] = (), signs: Any = (), **how: Any
) -> Any:
    """Parts put together, each a score, its points, and whether the mean stands in."""
    draft, facts, made = Draft(), dict[str, Any](), list[Part]()
    for number, (score, points, averaged) in enumerate(given):
        facts |= {f"s{number}": score, f"p{number}": points, f"a{number}": averaged}
        made.append(
            Part(
                f"part{number}",
                draft.fact(f"s{number}"),
                draft.fact(f"p{number}"),
                sign=signs[number] if signs else 1,
                averaged=draft.fact(f"a{number}"),
                counted=counted[number] if counted else True,
            )
        )
    draft.add(Combine(tuple(made), None if full is None else draft.constant(full), **how))
    return draft.run(dataset(entity("a", **facts)))[0]


@pytest.mark.parametrize(
    ("given", "full", "expected"),
    [
        ([(8, 10, False), (15, 20, False)], None, 23),
        ([(8, 10, False), (15, 20, False)], 30, 23),
        # the points of what was dropped go to the others in proportion
        ([(8, 10, False), (0, 0, False)], 30, 24),
        ([(8, 10, False), (None, 0, False)], 30, 24),
        ([(5, 10, False), (10, 20, False), (0, 0, False)], 60, 30),
        ([(0, 0, False), (0, 0, False)], 30, 0),
        ([(None, 0, False), (None, 0, False)], 30, 0),
        # without full marks nothing is given on
        ([(8, 10, False), (0, 0, False)], None, 8),
        # a part that has points must have a score
        ([(8, 10, False), (None, 20, False)], 30, None),
        ([(8, None, False), (15, 20, False)], 30, None),
        # the mean of the others' shares, unweighted: (80 % + 50 %) ÷ 2 of 20
        ([(8, 10, False), (20, 40, False), (None, 20, True)], None, 28 + 13),
        ([(8, 10, False), (20, 40, False), (3, 20, True)], None, 28 + 13),
        ([(8, 10, False), (None, 20, True), (None, 40, True)], None, 8 + 16 + 32),
        # of those that were dropped no share counts
        ([(8, 10, False), (0, 0, False), (None, 20, True)], 40, Fraction(24 * 40, 30)),
        ([(None, 20, True)], None, "AS5010"),
        ([(None, 20, True), (None, 10, True)], None, "AS5010"),
        ([(None, 20, True), (0, 0, False)], None, "AS5010"),
        ([(None, 0, True), (8, 10, False)], 10, 8),
        ([(None, 0, True)], None, 0),
        ([(8, 10, False), (5, 10, None)], None, None),
        ([(0, 10, False), (None, 10, True)], None, 0),
        ([(-2, 10, False), (5, 10, False)], None, 3),
        ([], 10, 0),
        ([], None, 0),
    ],
)  # fmt: skip
def test_combine(given: list[tuple[Any, Any, Any]], full: Any, expected: Any) -> None:
    assert parts(*given, full=full) == expected


def test_bonus_and_penalty_stand_outside_the_denominator() -> None:
    given = [(8, 10, False), (0, 0, False), (4, 0, False), (3, 0, False)]
    counted = (True, True, False, False)
    assert parts(*given, full=20, counted=counted, signs=(1, 1, 1, -1)) == 16 + 4 - 3


def test_points_of_a_bonus_are_none_of_the_whole() -> None:
    assert parts((8, 10, False), (4, 6, False), full=20, counted=(True, False)) == 16 + 4
    assert parts((4, 6, False), counted=(False,)) == 4


@pytest.mark.parametrize("counted", [True, False])
def test_a_sum_of_parts_that_grows_too_long_is_stopped(counted: bool) -> None:
    assert parts(*((score, 10, False) for score in LONG), counted=(counted, counted)) == "AS5009"
    assert parts(*((0, points, False) for points in LONG), counted=(counted, counted)) == ("AS5009" if counted else 0)


def test_a_mean_that_stands_in_and_grows_too_long_is_stopped() -> None:
    assert parts(*((score, 1, False) for score in LONG), (None, 1, True)) == "AS5009"


def test_a_bonus_without_points_must_have_its_score() -> None:
    assert parts((8, 10, False), (None, 0, False), counted=(True, False)) is None


def test_a_bonus_has_no_share_in_the_mean() -> None:
    given = [(8, 10, False), (9, 10, False), (None, 10, True)]
    assert parts(*given, counted=(True, False, True)) == 8 + 9 + 8


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # of the shares 80 % and 50 %, with weights one to two
        ([(8, 10, False), (10, 20, False)], {"least": 50, "product": 40, "harmonic": Fraction(400, 7)}),
        ([(1, 16, False), (48, 48, False)], {"least": Fraction(25, 4), "geometric": 50}),
        ([(8, 10, False), (None, 0, False)], {"least": 80, "product": 80, "harmonic": 80, "geometric": 80}),
        ([(None, 0, False)], {"least": 0, "product": 0, "harmonic": 0, "geometric": 0}),
        ([], {"least": 0, "product": 0, "harmonic": 0, "geometric": 0}),
        ([(0, 10, False), (8, 10, False)], {"least": 0, "product": 0, "harmonic": 0, "geometric": 0}),
        (
            [(-2, 10, False), (5, 10, False)],
            {"least": -20, "product": -10, "harmonic": "AS5012", "geometric": "AS5012"},
        ),
        ([(8, 10, False), (None, 20, False)], {"least": None, "product": None, "harmonic": None, "geometric": None}),
        ([(8, 10, False), (5, None, False)], {"least": None, "product": None, "harmonic": None, "geometric": None}),
        ([(None, 10, True)], {"least": "AS5010", "product": "AS5010"}),
        # what grows too long: the sum of the weights, and of the inverses
        ([(0, points, False) for points in LONG], {"least": 0, "harmonic": "AS5009", "geometric": "AS5009"}),
        ([(1 / score, 1, False) for score in LONG], {"harmonic": "AS5009"}),
    ],
)  # fmt: skip
def test_shares_put_together(given: list[tuple[Any, Any, Any]], expected: dict[str, Any]) -> None:
    assert {method: parts(*given, full=100, method=method) for method in expected} == expected


@pytest.mark.parametrize("method", ["sum", "least", "product", "harmonic", "geometric"])
def test_a_whole_that_is_not_known(method: str) -> None:
    assert parts((8, 10, False), full=Missing(), method=method) is None


def test_a_total_that_nothing_is_left_of_fails() -> None:
    assert parts((None, 0, False), full=30, total=True) == "AS5014"
    assert parts((8, 10, False), (None, 0, False), full=30, total=True) == 24
    assert parts((None, 0, False), full=0, total=True) == 0


@pytest.mark.parametrize(
    ("scores", "points", "how", "expected"),
    [
        # (score of one entity, of another), and points that all have alike
        ([(8, 3), (15, 4)], (10, 20), {}, [23, 7]),
        ([(8, 3), (15, 4)], (10, 20), {"full": 30}, [23, 7]),
        ([(8, 3), (15, 4)], (10, 20), {"full": 60}, [46, 14]),
        ([(8, 3), (15, None)], (10, 20), {"full": 30}, [23, None]),
        ([(8, 3), (15, 4)], (10, 20), {"full": 30, "signs": (1, -1)}, [-7, -1]),
        ([(8, 3), (15, 4)], (10, 20), {"full": 30, "method": "least"}, [Fraction(45, 2), 6]),
        # points beside the whole are none of it
        ([(8, 3), (4, 1)], (10, 6), {"full": 10, "counted": (True, False)}, [12, 4]),
        ([(8, 3), (4, 1)], (10, 6), {"full": 16, "counted": (True, False)}, [Fraction(84, 5), Fraction(29, 5)]),
        ([(8, 3)], (10,), {"full": 0, "counted": (False,), "total": True}, [8, 3]),
        ([(8, 3)], (10,), {"full": 1, "counted": (False,), "total": True}, ["AS5014", "AS5014"]),
        # the mean stands in for a part of the second
        ([(8, 5), (15, 4)], (10, 20), {"averaged": {1: (False, True)}}, [23, 15]),
        ([(8, 5), (15, 4)], (10, 20), {"averaged": {1: (True, True)}}, [24, 15]),
        ([(8, 5), (15, 4)], (10, 20), {"averaged": {0: (False, False), 1: (False, True)}}, [23, 15]),
        ([(8, 5), (15, 4)], (10, 20), {"averaged": {0: (False, False), 1: (False, False)}}, [23, 9]),
        # points that the second has not, and that go to the rest
        ([(8, 8), (15, 0)], (10, (20, 0)), {"full": 30}, [23, 24]),
        ([(8, 8), (15, 0)], ((10, 10), (20, 0)), {"full": 30}, [23, 24]),
        ([(0, 0), (0, 0)], LONG, {}, ["AS5009", "AS5009"]),
        ([], (), {}, [0, 0]),
        ([], (), {"full": 0, "total": True}, [0, 0]),
    ],
)  # fmt: skip
def test_parts_of_points_that_all_have_alike(
    scores: Any, points: Any, how: dict[str, Any], expected: list[Any]
) -> None:
    draft, facts, made = Draft(), [dict[str, Any](), dict[str, Any]()], list[Part]()
    how = dict(how)
    signs, counted, averaged = how.pop("signs", None), how.pop("counted", None), how.pop("averaged", {})

    def fact(name: str, pair: tuple[Any, Any]) -> int:
        for own, value in zip(facts, pair, strict=True):
            own[name] = value
        return draft.fact(name)

    for number, (score, own) in enumerate(zip(scores, points, strict=True)):
        made.append(
            Part(
                f"part{number}",
                fact(f"s{number}", score),
                fact(f"p{number}", own) if isinstance(own, tuple) else draft.constant(own),
                sign=signs[number] if signs else 1,
                averaged=fact(f"a{number}", averaged[number]) if number in averaged else None,
                counted=counted[number] if counted else True,
            )
        )
    full = how.pop("full", None)
    draft.add(Combine(tuple(made), None if full is None else draft.constant(full), **how))
    assert draft.run(dataset(entity("a", **facts[0]), entity("b", **facts[1]))) == expected


def test_a_part_that_was_dropped_cannot_fail() -> None:
    draft = Draft()
    fail = draft.add(Fail("AS5201"), POLICY)
    own, points, nothing = draft.constant(8), draft.fact("p"), draft.constant(10)
    draft.add(Combine((Part("x", fail, points), Part("y", own, nothing)), draft.constant(20)))
    assert draft.run(dataset(entity("a", p=0), entity("b", p=10))) == [16, "AS5201"]


# ---------------------------------------------------------------- rows of a finer grain

ROWS: dict[str, list[Any]] = {
    "all": [3, 1, 2], "one": [5], "none": [], "open": [3, None, 2], "zero": [0, -4],
}  # fmt: skip


def targets(rows: dict[str, list[Any]], **others: list[Any]) -> Dataset:
    """Entities with a target for each value; further fields of the same target by name, in the order of all."""
    items, number = [], 0
    for row, values in enumerate(rows.values()):
        for value in values:
            items.append(item(row, f"t{number}", actual=value, **{name: of[number] for name, of in others.items()}))
            number += 1
    return dataset(*(entity(name, "g" if name != "zero" else "h") for name in rows), items={"growth": items})


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("sum", [6, 5, 0, None, -4]),
        ("count", [3, 1, 0, None, 2]),
        ("mean", [2, 5, None, None, -2]),
        ("least", [1, 5, None, None, -4]),
        ("greatest", [3, 5, None, None, 0]),
    ],
)
def test_numbers_of_an_entity(function: Any, expected: list[Any]) -> None:
    draft = Draft()
    draft.add(Aggregate(function, draft.of("growth", "actual"), A, ENTITY))
    assert draft.run(targets(ROWS)) == expected


@pytest.mark.parametrize(
    ("values", "any_", "all_"),
    [
        ([], False, True), ([True], True, True), ([False], False, False), ([True, False], True, False),
        ([None], None, None), ([True, None], True, None), ([False, None], None, False),
        ([True, None, False], True, False),
    ],
)  # fmt: skip
def test_truth_of_an_entity(values: list[Any], any_: Any, all_: Any) -> None:
    draft = Draft()
    met = draft.of("growth", "actual")
    ids = [draft.add(Aggregate(name, met, A, ENTITY)) for name in ("any", "all")]  # type: ignore[arg-type]
    assert [draft.run(targets({"a": values}), id) for id in ids] == [[any_], [all_]]


def one_entity(
    function: Any, values: list[Any], *, when: list[Any] | None = None, keys: list[Any] | None = None, drop: int = 0
) -> Any:
    """The aggregate of an entity's targets; alone it is the same as among others."""
    draft = Draft()
    fields = {name: of for name, of in {"when": when, "keys": keys}.items() if of is not None}
    value, condition, key = (draft.of("growth", name) for name in ("actual", "when", "keys"))
    operation = Aggregate(function, value, A, ENTITY, condition if when else None, key if keys else None, drop)
    draft.add(operation)
    found = draft.run(targets({"a": values}, **fields))[0]
    columns = (None if not of else [exact(one) for one in of] for of in (when, keys))
    alone = of_rows(operation, [exact(one) for one in values], *columns)
    assert ("AS5009" if alone is None else plain(alone)) == found
    return found


@pytest.mark.parametrize(
    ("function", "values", "drop", "expected"),
    [
        ("median", [5, 1, 3], 0, 3), ("median", [8, 1, 4, 2], 0, 3), ("median", [7], 0, 7), ("median", [], 0, None),
        ("variance", [1, 2, 6], 0, Fraction(14, 3)), ("variance", [5], 0, 0), ("variance", [], 0, None),
        ("product", [2, 3, 4], 0, 24), ("product", [], 0, 1),
        ("mean", [9, 1, 2, 3], 1, Fraction(5, 2)), ("mean", [100, 0, 3, 5, 4, -9], 2, Fraction(7, 2)),
        ("mean", [9, 1], 1, None), ("mean", [9], 1, None), ("sum", [9], 1, 0),
    ],
)  # fmt: skip
def test_numbers_in_their_order(function: Any, values: list[Any], drop: int, expected: Any) -> None:
    assert one_entity(function, values, drop=drop) == expected


@pytest.mark.parametrize(
    ("function", "values", "when", "expected"),
    [
        ("sum", [3, 4], [True, False], 3),
        ("sum", [3, None], [True, False], 3),  # what is left out is not asked
        ("sum", [3, 4], [False, False], 0),
        ("mean", [3, 4], [False, False], None),
        ("count", [3, 4], [True, False], 1),
        ("sum", [3, 4], [True, None], None),
        ("count", [3, 4], [True, None], None),
        ("count", [True, True], [True, None], None),
        ("any", [True, True], [False, False], False),
        ("any", [True, False], [None, True], None),
        ("any", [False, False], [None, True], False),  # in or out, it decides nothing
        ("any", [True, True], [None, True], True),
        ("all", [False, False], [False, False], True),
        ("all", [False, True], [None, True], None),
        ("all", [True, True], [None, True], True),
        ("all", [None, False], [None, True], False),
    ],
)  # fmt: skip
def test_rows_for_which_a_condition_holds(function: Any, values: list[Any], when: list[Any], expected: Any) -> None:
    assert one_entity(function, values, when=when) == expected


@pytest.mark.parametrize(
    ("function", "values", "keys", "expected"),
    [("any", [True, False], [None, "x"], False), ("sum", [7, 2], [None, "x"], 2), ("sum", [7, 2], ["x", "x"], 2)],
)
def test_a_row_that_is_left_out_need_not_say_of_which_matter_it_is(
    function: Any, values: list[Any], keys: list[Any], expected: Any
) -> None:
    assert one_entity(function, values, when=[False, True], keys=keys) == expected


def test_a_row_that_is_left_out_cannot_fail() -> None:
    draft = Draft()
    inverse = draft.add(Calculate("/", (draft.constant(1), draft.of("growth", "actual"))), A)
    draft.add(Aggregate("sum", inverse, A, ENTITY, draft.of("growth", "when")))
    assert draft.run(targets({"a": [0, 2]}, when=[False, True])) == [Fraction(1, 2)]
    assert draft.run(targets({"a": [0, 2]}, when=[True, True])) == ["AS5002"]


@pytest.mark.parametrize(
    ("function", "values", "keys", "expected"),
    [
        ("sum", [2, 5, 1], ["x", "x", "y"], 6),  # the highest level of one matter
        ("sum", [5, 2, 1], ["x", "x", "y"], 6),
        ("sum", [2, 2, 2], ["x", "x", "x"], 2),
        ("count", [2, 5, 1], ["x", "x", "y"], 2),
        ("mean", [2, 5, 1], ["x", "x", "y"], 3),
        ("least", [2, 5, 6], ["x", "x", "y"], 5),
        ("sum", [-2, -5], ["x", "x"], -2),
        ("sum", [2, 5], ["x", None], None),
        ("sum", [2, None], ["x", "x"], None),
        ("sum", [], [], 0),
    ],
)  # fmt: skip
def test_rows_of_one_matter_count_once(function: Any, values: list[Any], keys: list[Any], expected: Any) -> None:
    assert one_entity(function, values, keys=keys) == expected


def test_one_matter_counts_once_for_each_entity() -> None:
    draft = Draft()
    draft.add(Aggregate("sum", draft.of("growth", "actual"), A, ENTITY, distinct=draft.of("growth", "key")))
    assert draft.run(targets({"a": [2, 3], "b": [4]}, key=["x", "x", "x"])) == [3, 4]


@pytest.mark.parametrize(("to", "expected"), [(ENTITY, [11, 5, 0, 0, -4]), (GROUP, [16, -4]), (POLICY, [12])])
def test_to_every_coarser_grain(to: Grain, expected: list[int]) -> None:
    draft = Draft()
    draft.add(Aggregate("sum", draft.of("growth", "actual"), A, to), to)
    assert (
        draft.run(
            targets(
                {
                    **ROWS,
                    "all": [3, 1, 7],
                    "open": [],
                }
            )
        )
        == expected
    )


def test_entries() -> None:
    draft = Draft()
    actual = draft.entry("growth", "actual")
    ids = [draft.add(Aggregate("sum", actual, B, to), to) for to in (A, ENTITY, GROUP, POLICY)]
    rows = dataset(
        entity("a", "h"),
        entity("b", "g"),
        items={
            "growth": [
                item(0, "t1", entries=[{"actual": 1}, {"actual": 2}]),
                item(0, "t2"),
                item(1, "t3", entries=[{"actual": 40}]),
                item(0, "t4", entries=[{"actual": 500}]),
            ]
        },
    )
    assert [draft.run(rows, id) for id in ids] == [[3, 0, 40, 500], [503, 40], [40, 503], [543]]


def test_entities_of_groups_and_a_group_without_any() -> None:
    draft = Draft()
    x = draft.fact("x")
    to_group = draft.add(Aggregate("mean", x, ENTITY, GROUP), GROUP)
    everyone = draft.add(Aggregate("greatest", x, ENTITY, POLICY), POLICY)
    spread = draft.add(Calculate("-", (x, to_group)))
    rows = dataset(entity("a", x=1), entity("b", x=4))
    assert [draft.run(rows, id) for id in (to_group, everyone, spread)] == [
        [Fraction(5, 2), None], [4], [Fraction(-3, 2), Fraction(3, 2)],
    ]  # fmt: skip


def test_a_policy_without_groups_has_all_entities_in_one() -> None:
    draft = Draft(groups=())
    draft.add(Aggregate("sum", draft.fact("x"), ENTITY, GROUP), GROUP)
    assert draft.run(dataset(entity("a", "", x=1), entity("b", "", x=4))) == [5]


def test_a_constant_counts_once_for_every_row() -> None:
    draft = Draft()
    draft.add(Aggregate("sum", draft.constant(2), A, ENTITY))
    assert draft.run(targets(ROWS)) == [6, 2, 0, 6, 4]


def test_nothing_to_take_the_best_of_is_told_by_the_authors_words() -> None:
    draft = Draft()
    id = draft.add(Aggregate("greatest", draft.of("growth", "actual"), A, ENTITY), name="best")
    value = draft.columns(targets({"none": []})).values[id][0]
    assert value.name == "best"  # type: ignore[union-attr]


def test_a_sum_that_grows_too_long_is_stopped() -> None:
    draft = Draft()
    inverse = draft.add(Calculate("/", (draft.constant(1), draft.of("growth", "actual"))), A)
    ids = [draft.add(Aggregate(name, inverse, A, ENTITY)) for name in ("sum", "mean")]  # type: ignore[arg-type]
    handled = draft.add(Supply(ids[0], draft.constant(0)))
    primes = [10**48 + number for number in range(1, 400, 2)]
    found = [draft.run(targets({"long": primes, "short": [10**48]}), id) for id in (*ids, handled)]
    assert found == [["AS5009", Fraction(1, 10**48)]] * 3


@pytest.mark.parametrize(
    ("function", "values"),
    [("product", [2**BITS - 1, 2]), ("variance", list(LONG)), ("median", [LONG[0]] * 2), ("mean", list(LONG))],
)
def test_an_aggregate_that_grows_too_long_is_stopped(function: Any, values: list[Any]) -> None:
    assert one_entity(function, values) == (LONG[0] if function == "median" else "AS5009")


def test_a_common_denominator_may_have_as_many_digits_as_a_number() -> None:
    assert exact_sum([LONG[0], LONG[0]]) == 2 * LONG[0]
    assert exact_sum(LONG) is None


# ---------------------------------------------------------------- against a naive reading

small = st.fractions(min_value=-20, max_value=20, max_denominator=12)


@given(st.lists(small))
def test_sum_over_a_common_denominator(numbers: list[Fraction]) -> None:
    assert exact_sum(numbers) == sum(numbers, Fraction(0))


@given(
    st.lists(
        st.tuples(st.integers(0, 2), small | st.none(), st.sampled_from([True, False, None]), st.sampled_from("xyz")),
        max_size=8,
    ),
    st.sampled_from(["sum", "count", "least", "greatest", "mean"]),
    st.booleans(),
)
def test_aggregates(rows: list[tuple[int, Any, Any, str]], function: Any, once: bool) -> None:
    draft = Draft()
    value, when, key = (draft.of("growth", name) for name in ("actual", "when", "key"))
    draft.add(Aggregate(function, value, A, ENTITY, when, key if once else None))
    items = [item(row, f"t{n}", actual=x, when=w, key=k) for n, (row, x, w, k) in enumerate(rows)]
    found = draft.run(dataset(entity("a"), entity("b"), entity("c"), items={"growth": items}))

    def naive(row: int) -> Any:
        mine = [(x, w, k) for of, x, w, k in rows if of == row and w is not False]
        if any(x is None or w is None for x, w, _ in mine):
            return None
        if once:
            mine = [(max(x for x, _, k in mine if k == key), True, key) for key in {k for *_, k in mine}]
        values = [x for x, _, _ in mine]
        if function == "sum":
            return sum(values)
        if function == "count":
            return len(values)
        if not values:
            return None
        if function == "mean":
            return Fraction(sum(values)) / len(values)
        return min(values) if function == "least" else max(values)

    assert found == [naive(row) for row in range(3)]
