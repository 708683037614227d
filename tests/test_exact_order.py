"""The exact backend: places, tiers, and places in earlier years."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import pytest
from exact_drafts import Draft, dataset, entity, item, past, plain
from hypothesis import given
from hypothesis import strategies as st

from assessdsl.backends.columns import Fault
from assessdsl.backends.order import crossed, places
from assessdsl.backends.trace import Trace
from assessdsl.facts import Missing
from assessdsl.plan.steps import POLICY, Band, BandTier, Fail, Grain, Load, Rank, Supply, Veto
from assessdsl.quantity import rounded
from assessdsl.source import NOWHERE, Source, Span

# ---------------------------------------------------------------- rank


def ranks(values: Sequence[Any], ties: Any = "shared", **options: Any) -> list[Any]:
    draft = Draft()
    draft.add(Rank((draft.fact("x"),), options.pop("within", "group"), ties, **options))
    return draft.run(dataset(*(entity(f"e{n}", x=value) for n, value in enumerate(values))))


@pytest.mark.parametrize(
    ("values", "ties", "expected"),
    [
        ([3, 1, 2], "shared", [1, 3, 2]),
        ([5, 5, 3], "shared", [1, 1, 3]),
        ([5, 5, 3], "dense", [1, 1, 2]),
        ([5, 3, 3], "last", [1, 3, 3]),
        ([5, 5, 3], "last", [2, 2, 3]),
        ([5, 5, 5], "shared", [1, 1, 1]),
        ([5, 5, 5], "last", [3, 3, 3]),
        ([0, -1, 1], "shared", [2, 3, 1]),
        ([7], "shared", [1]),
        ([], "shared", []),
        ([Fraction(1, 3), Fraction(33, 100)], "shared", [1, 2]),
        # who has no value has no rank, and takes none from the others
        ([5, None, 3], "shared", [1, None, 2]),
        ([None], "dense", [None]),
    ],
)
def test_rank(values: list[Any], ties: str, expected: list[Any]) -> None:
    assert ranks(values, ties) == expected


def test_the_lowest_first() -> None:
    assert ranks([5, 5, 3, 9], lowest_first=True) == [2, 2, 1, 4]
    assert ranks([5, 5, 3, 9], "last", lowest_first=True) == [3, 3, 1, 4]


def test_within_the_group_or_among_everyone() -> None:
    rows = dataset(entity("a", "g", x=3), entity("b", "h", x=2), entity("c", "g", x=1))
    for within, expected in (("group", [1, 1, 2]), ("everyone", [1, 2, 3])):
        draft = Draft()
        draft.add(Rank((draft.fact("x"),), within, "shared"))  # type: ignore[arg-type]
        assert draft.run(rows) == expected


def test_later_keys_break_ties() -> None:
    draft = Draft()
    draft.add(Rank((draft.fact("x"), draft.fact("y")), "group", "shared"))
    rows = dataset(
        entity("a", x=5, y=1), entity("b", x=5, y=2), entity("c", x=5, y=2), entity("d", x=6, y=0),
        entity("e", x=9, y=None),
    )  # fmt: skip
    assert draft.run(rows) == [4, 2, 2, 1, None]


def test_items_of_an_indicator() -> None:
    grain = Grain("target", "growth")
    draft = Draft()
    draft.add(Rank((draft.of("growth", "actual"),), "group", "shared"), grain)
    rows = dataset(
        entity("a", "g"),
        entity("b", "h"),
        entity("c", "g"),
        items={"growth": [item(0, actual=3), item(1, actual=9), item(2, actual=5), item(0, actual=None)]},
    )
    assert draft.run(rows) == [2, 1, 1, None]


def test_a_key_that_fails_leaves_the_rank_failed() -> None:
    draft = Draft()
    key = draft.add(Supply(draft.fact("x"), draft.add(Fail("AS5204"), POLICY)))
    draft.add(Rank((key,), "group", "shared"))
    assert draft.run(dataset(entity("a", x=1), entity("b", x=None), entity("c", x=2))) == [2, "AS5204", 1]


KEYS = st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 1)), max_size=8)


@given(KEYS, st.booleans())
def test_places_by_counting(keys: list[tuple[int, int]], lowest_first: bool) -> None:
    def before(a: tuple[int, int], b: tuple[int, int]) -> bool:
        return a < b if lowest_first else a > b

    for ties, count in {
        "shared": lambda key: 1 + sum(before(other, key) for other in keys),
        "dense": lambda key: 1 + len({other for other in keys if before(other, key)}),
        "last": lambda key: sum(before(other, key) or other == key for other in keys),
    }.items():
        assert places(keys, ties, lowest_first=lowest_first) == [count(key) for key in keys]  # type: ignore[arg-type]


# ---------------------------------------------------------------- earlier years


def from_the_end(history: Sequence[Any], *entities: Any, ties: Any = "shared", within: Any = "group") -> list[Any]:
    draft = Draft()
    draft.add(Rank((), within, ties, offset=1))
    return draft.run(dataset(*entities, history={2021: history}))


LAST_YEAR = [past("a", 1), past("b", 2), past("c", 3), past("d", 3), past("z", None), past("far", 9, group="h")]


@pytest.mark.parametrize(
    ("ties", "expected"), [("shared", [4, 3, 1, 1]), ("last", [4, 3, 2, 2]), ("dense", [3, 2, 1, 1])]
)
def test_places_from_the_end_of_published_results(ties: str, expected: list[int]) -> None:
    assert from_the_end(LAST_YEAR, *(entity(name) for name in "abcd"), ties=ties) == expected


def test_published_places_follow_the_bodies() -> None:
    found = from_the_end(
        LAST_YEAR,
        entity("d"),
        entity("renamed", before=("c",)),
        entity("merged", before=("a", "b")),
        entity("a", before=("b",)),  # took in another body since
        entity("new"),
        entity("z"),  # was published without a rank
        entity("far"),
    )
    assert found == [1, 1, None, None, None, None, 1]


def test_an_entity_is_ranked_among_its_peers_of_that_year() -> None:
    assert from_the_end(LAST_YEAR, entity("far", "g")) == [1]
    assert from_the_end(LAST_YEAR, entity("far"), entity("d"), within="everyone") == [1, 2]


def test_a_year_without_history() -> None:
    assert from_the_end([], entity("a")) == [None]


def test_a_place_that_is_not_known_says_what_and_where() -> None:
    text = "rank_last_year()"
    for span, name in ((Span(Source("policy.assess", text), 0, len(text)), text), (NOWHERE, "place")):
        draft = Draft()
        draft.add(Rank((), "group", "shared", offset=1), name="place", span=span)
        found = draft.columns(dataset(entity("z"), entity("new"), history={2021: LAST_YEAR})).values[-1]
        assert [(one.name, str(one.cell or "")) for one in found if isinstance(one, Missing)] == [
            (name, "history.csv:2"), (name, ""),
        ]  # fmt: skip


# ---------------------------------------------------------------- tiers

TOP = {"name": "top", "quota": "quota"}
REST = {"name": "rest"}


def tiers(
    entities: Sequence[Mapping[str, Any]],
    *listed: Mapping[str, Any],
    quota: Any = Fraction(2, 5),
    vetoes: Mapping[str, str] | None = None,
    eligible: bool = False,
    within: Any = "group",
) -> str:
    """The tiers of entities by the first letter, in the order of the entities; an entity has a rank and facts."""
    found = band(entities, *listed, quota=quota, vetoes=vetoes, eligible=eligible, within=within)
    return " ".join(str(plain(value)) for value in found)


def band(entities: Any, *listed: Any, quota: Any, vetoes: Any, eligible: bool, within: Any) -> Sequence[Any]:
    draft = Draft()
    rank = draft.fact("rank")
    made = []
    for tier in listed:
        options = dict(tier)
        if "when" in options:
            options["when"] = draft.fact(options["when"])
        if "quota" in options:
            given = quota if options["quota"] == "quota" else options["quota"]
            options["quota"] = draft.constant(given)
        made.append(BandTier(**options))
    rules = tuple(Veto(name, draft.fact(name), tier) for name, tier in (vetoes or {}).items())
    draft.add(Band(rank, within, tuple(made), draft.fact("eligible") if eligible else None, rules))
    rows = [entity(f"e{n}", facts.get("group", "g"), **{k: v for k, v in facts.items() if k != "group"})
            for n, facts in enumerate(entities)]  # fmt: skip
    return draft.columns(dataset(*rows)).values[-1]


def ranked(*ranks: Any, **facts: Sequence[Any]) -> list[dict[str, Any]]:
    return [{"rank": rank, **{name: of[n] for name, of in facts.items()}} for n, rank in enumerate(ranks)]


@pytest.mark.parametrize(
    ("quota", "options", "expected"),
    [
        (Fraction(2, 5), {}, "top top rest rest rest"),
        (Fraction(1, 2), {}, "top top rest rest rest"),  # 2.5 heads, down
        (Fraction(1, 2), {"rounded": "half_up"}, "top top top rest rest"),
        (Fraction(1, 2), {"rounded": "up"}, "top top top rest rest"),
        (Fraction(0), {}, "rest rest rest rest rest"),
        (Fraction(-1, 2), {}, "rest rest rest rest rest"),
        (Fraction(1), {}, "top top top top top"),
        (Fraction(3), {}, "top top top top top"),
        (3, {"is_share": False}, "top top top rest rest"),
        (99, {"is_share": False}, "top top top top top"),
    ],
)
def test_heads_of_a_quota(quota: Any, options: dict[str, Any], expected: str) -> None:
    assert tiers(ranked(1, 2, 3, 4, 5), {**TOP, **options}, REST, quota=quota) == expected


@pytest.mark.parametrize(
    ("ranks", "ties", "expected"),
    [
        ((1, 2, 2, 4, 5), "excluded", "top rest rest rest rest"),
        ((1, 2, 2, 4, 5), "included", "top top top rest rest"),
        ((1, 1, 3, 3, 5), "excluded", "top top rest rest rest"),  # a tie that fits whole
        ((1, 1, 3, 3, 5), "included", "top top rest rest rest"),  # a tie behind the line
        ((1, 1, 1, 4, 5), "excluded", "rest rest rest rest rest"),  # nobody slips past a tie that stays out
        ((1, 1, 1, 4, 5), "included", "top top top rest rest"),
        ((1, 1, 1, 1, 1), "excluded", "rest rest rest rest rest"),
        ((1, 1, 1, 1, 1), "included", "top top top top top"),
    ],
)
def test_ties_on_the_line(ranks: tuple[int, ...], ties: str, expected: str) -> None:
    assert tiers(ranked(*ranks), {**TOP, "ties": ties}, REST) == expected


def test_order_of_rows_is_not_the_order_of_ranks() -> None:
    assert tiers(ranked(5, 1, 4, 2, 3), TOP, REST) == "rest top rest top rest"


def test_one_entity_and_none() -> None:
    assert tiers(ranked(1), TOP, REST) == "rest"
    assert tiers(ranked(1), {**TOP, "rounded": "up"}, REST) == "top"
    assert tiers([], TOP, REST) == ""


def test_quotas_of_groups_and_of_everyone() -> None:
    rows = [{"rank": rank, "group": group} for rank, group in ((1, "g"), (2, "h"), (3, "h"), (4, "g"))]
    assert tiers(rows, TOP, REST, quota=Fraction(1, 2)) == "top top rest rest"
    assert tiers(rows, TOP, REST, quota=Fraction(1, 4), within="everyone") == "top rest rest rest"


def test_a_quota_from_the_top_holds_the_better_tiers_too() -> None:
    second = {"name": "second", "quota": Fraction(3, 5)}
    assert tiers(ranked(1, 2, 3, 4, 5), TOP, second, REST) == "top top second rest rest"
    assert tiers(ranked(1, 2, 3, 4, 5), TOP, {**second, "next": True}, REST) == "top top second second second"
    assert tiers(ranked(1, 2, 3, 4, 5), TOP, {**second, "quota": Fraction(1, 5)}, REST) == "top top rest rest rest"


def test_next_takes_the_places_behind() -> None:
    second = {"name": "second", "quota": Fraction(2, 5), "next": True}
    assert tiers(ranked(1, 2, 2, 4, 5), TOP, second, REST) == "top second second rest rest"
    assert tiers(ranked(1, 1, 1, 4, 5), {**TOP, "ties": "included"}, second, REST) == "top top top second second"


def test_a_place_that_a_condition_leaves_free_goes_to_the_next() -> None:
    rows = ranked(1, 2, 3, 4, 5, good=[True, False, True, True, True])
    assert tiers(rows, {**TOP, "when": "good"}, REST) == "top rest top rest rest"


def test_tiers_without_quota_take_everybody_for_whom_the_condition_holds() -> None:
    rows = ranked(2, 1, 3, fine=[True, False, True], good=[False, True, True])
    assert tiers(rows, {"name": "high", "when": "fine"}, {"name": "mid", "when": "good"}, REST) == "high mid high"


def test_the_first_tier_that_fits_is_given() -> None:
    rows = ranked(1, 2, good=[True, True])
    assert tiers(rows, {"name": "high", "when": "good"}, TOP, REST, quota=Fraction(1)) == "high high"


def test_eligibility_counts_for_quotas_only() -> None:
    rows = ranked(1, 2, 3, 4, 5, eligible=[False, True, True, True, True], good=[True] * 5)
    assert tiers(rows, TOP, {"name": "good", "when": "good"}, REST, eligible=True) == "good top top good good"


VETO = {"accident": "rest"}
THREE = ({**TOP}, {"name": "mid", "quota": Fraction(1, 5), "next": True}, REST)


def test_vetoed_leave_their_place_or_use_it_up() -> None:
    rows = ranked(1, 2, 3, 4, 5, accident=[True, False, False, False, False])
    assert tiers(rows, TOP, REST, vetoes=VETO) == "rest top top rest rest"
    assert tiers(rows, {**TOP, "vetoed": "counted"}, REST, vetoes=VETO) == "rest top rest rest rest"


def test_a_veto_caps_the_tier_and_does_not_lower_it_further() -> None:
    rows = ranked(1, 2, 3, 4, 5, accident=[True, False, False, False, True])
    assert tiers(rows, *THREE, vetoes={"accident": "mid"}) == "mid top top rest rest"
    counted = ({**TOP, "vetoed": "counted"}, *THREE[1:])
    # the place in the better tier is used up; the one below it is given as if there were no veto
    assert tiers(rows, *counted, vetoes={"accident": "mid"}) == "mid top mid rest rest"


def test_a_veto_caps_a_tier_without_quota() -> None:
    rows = ranked(1, 2, good=[True, True], accident=[True, False])
    high = {"name": "high", "when": "good"}
    assert tiers(rows, high, REST, vetoes=VETO) == "rest high"


def test_the_strictest_of_several_vetoes_counts() -> None:
    rows = ranked(1, 2, good=[True, True], one=[True, True], two=[True, False])
    high, mid = {"name": "high", "when": "good"}, {"name": "mid", "when": "good"}
    assert tiers(rows, high, mid, REST, vetoes={"two": "rest", "one": "mid"}) == "rest mid"


def test_a_veto_on_a_tie() -> None:
    rows = ranked(1, 1, 1, 4, 5, accident=[True, False, False, False, False])
    assert tiers(rows, TOP, REST, vetoes=VETO) == "rest top top rest rest"
    assert tiers(rows, {**TOP, "vetoed": "counted"}, REST, vetoes=VETO) == "rest rest rest rest rest"
    included = {**TOP, "vetoed": "counted", "ties": "included"}
    assert tiers(rows, included, REST, vetoes=VETO) == "rest top top rest rest"


@pytest.mark.parametrize(
    ("ranks", "quota", "over"),
    [
        ((1, 2, 2, 4), Fraction(1, 2), [True, False]),
        ((1, 2, 3, 3), Fraction(1, 2), [False, False]),  # the tie stands behind the line
        ((1, 1, 3, 4), Fraction(1, 2), [False, False]),  # the tie fits whole
        ((1, 2, 3, 4), Fraction(0), [False, False]),
    ],
)  # fmt: skip
def test_a_tie_over_the_line_is_told(ranks: tuple[int, ...], quota: Any, over: list[bool]) -> None:
    for ties in ("excluded", "included"):
        draft = Draft()
        top = BandTier("top", draft.constant(quota), ties=ties)  # type: ignore[arg-type]
        step = draft.add(Band(draft.fact("rank"), "group", (top, BandTier("rest"))))
        rows = dataset(*(entity(f"e{n}", rank=rank) for n, rank in enumerate(ranks)))
        trace = Trace(draft.plan(), rows, draft.columns(rows))
        assert crossed(trace, step) == [([0, 1, 2, 3], over), ([], [False, False])]


# ---------------------------------------------------------------- tiers that cannot be told


def test_who_fits_no_tier_has_none() -> None:
    assert tiers(ranked(1, 2, 3), TOP, quota=Fraction(1, 3)) == "top None None"


def test_conditions_that_are_not_known() -> None:
    rows = ranked(1, 2, 3, good=[None, True, False])
    assert tiers(rows, {"name": "high", "when": "good"}, REST) == "AS5007 high rest"
    assert tiers(rows, {**TOP, "when": "good"}, REST, quota=Fraction(2, 3)) == "AS5007 top rest"


def test_a_condition_is_not_asked_of_those_who_have_a_better_tier() -> None:
    rows = ranked(1, 2, good=[None, True])
    assert tiers(rows, TOP, {"name": "mid", "when": "good"}, REST, quota=Fraction(1, 2)) == "top mid"


def test_eligibility_that_is_not_known() -> None:
    rows = ranked(1, 2, 3, eligible=[None, None, True], good=[True, False, True])
    assert tiers(rows, {**TOP, "when": "good"}, REST, eligible=True, quota=Fraction(1)) == "AS5007 rest top"
    assert tiers(rows, {"name": "high", "when": "good"}, REST, eligible=True) == "high rest high"


def test_a_rank_that_is_not_known() -> None:
    assert tiers(ranked(1, None, 2), TOP, REST, quota=Fraction(1)) == "top AS5007 top"
    assert tiers(ranked(1, None, 2, good=[True] * 3), {"name": "high", "when": "good"}, REST) == "high high high"


def test_a_veto_that_is_not_known() -> None:
    rows = ranked(1, 2, 3, accident=[None, False, True])
    assert tiers(rows, TOP, REST, vetoes=VETO, quota=Fraction(1)) == "AS5006 top rest"
    fault = band(rows, TOP, REST, quota=Fraction(1), vetoes=VETO, eligible=False, within="group")[0]
    assert isinstance(fault, Fault)
    assert (fault.entity, fault.arguments, str(fault.cell)) == (
        "e0", (("fact", "accident"), ("gate", "accident")), "facts.csv:2 accident",
    )  # fmt: skip


def test_a_quota_that_is_not_known_or_fails() -> None:
    draft = Draft()
    fail = draft.add(Fail("AS5002"), POLICY)
    unknown = draft.add(Load("benchmark", "share"), POLICY)
    for quota in (fail, unknown):
        draft.add(Band(draft.fact("rank"), "group", (BandTier("top", quota), BandTier("rest"))))
    rows = dataset(entity("a", rank=1), entity("b", rank=2))
    assert [draft.run(rows, id) for id in (3, 5)] == [["AS5002"] * 2, ["AS5007"] * 2]


# ---------------------------------------------------------------- against a definition written independently

PEERS = st.lists(
    st.tuples(st.integers(0, 4), st.booleans(), st.booleans(), st.booleans()), min_size=0, max_size=7
)  # total, whether good, eligible, vetoed
QUOTAS = st.lists(
    st.tuples(
        st.fractions(0, 1, max_denominator=6),
        st.booleans(),
        st.sampled_from(["included", "excluded"]),
        st.sampled_from(["skipped", "counted"]),
        st.sampled_from(["down", "up", "half_up"]),
    ),
    min_size=1,
    max_size=3,
)


@given(PEERS, QUOTAS, st.integers(0, 3))
def test_tiers_by_definition(peers: list[Any], quotas: list[Any], veto_at: int) -> None:
    """An entity is in if all who are candidates and at least as good (excluded), or better (included), fit."""
    count = len(peers)
    names = [f"t{n}" for n in range(len(quotas))] + ["rest"]
    veto = min(veto_at, len(quotas))
    tier_of: dict[int, int] = {}
    for number, (share, behind, ties, vetoed, mode) in enumerate(quotas):
        heads = int(rounded(share * count, mode, 0)) - (0 if behind else len(tier_of))
        candidates = [
            n
            for n, (_, good, eligible, struck) in enumerate(peers)
            if n not in tier_of and good and eligible and not (struck and vetoed == "skipped" and veto > number)
        ]
        chosen = []
        for n in candidates:
            better = sum(peers[m][0] > peers[n][0] for m in candidates)
            tied = sum(peers[m][0] == peers[n][0] for m in candidates)
            if (better + tied <= heads) if ties == "excluded" else (better < heads):
                chosen.append(n)
        tier_of |= dict.fromkeys(chosen, number)
    expected = []
    for n, (_, _, _, struck) in enumerate(peers):
        given_tier = tier_of.get(n, len(quotas))
        expected.append(names[max(given_tier, veto) if struck else given_tier])
    rows = ranked(
        *places([total for total, *_ in peers], "shared", lowest_first=False),
        good=[good for _, good, _, _ in peers],
        eligible=[eligible for _, _, eligible, _ in peers],
        struck=[struck for *_, struck in peers],
    )
    listed = [
        {
            "name": f"t{n}",
            "quota": share,
            "next": behind,
            "ties": ties,
            "vetoed": vetoed,
            "rounded": mode,
            "when": "good",
        }
        for n, (share, behind, ties, vetoed, mode) in enumerate(quotas)
    ]
    found = tiers(rows, *listed, REST, eligible=True, vetoes={"struck": names[veto]})
    assert found.split() == expected
