"""Places and tiers in arrays: the same as those of the exact engine, ties, gaps and undecided rows included."""

import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pytest
from exact_drafts import Draft, dataset, entity
from hypothesis import given, settings
from hypothesis import strategies as st

from assessdsl.backends.columnar import ranking
from assessdsl.backends.columnar.bands import Truth, tiers
from assessdsl.backends.columnar.ranking import Key, Peers, blocks, ranks
from assessdsl.backends.columns import Fault
from assessdsl.backends.order import places
from assessdsl.facts import Missing
from assessdsl.plan.steps import POLICY, Band, BandTier, Load, Rank, Veto

GROUPS = tuple(f"g{number}" for number in range(25))
Within = Literal["group", "everyone"]


def peers_of(groups: Sequence[int], within: Within) -> Peers:
    if within == "everyone":
        return Peers(len(groups))
    return Peers(len(groups), np.array(groups, np.int64), len(GROUPS))


def key_of(values: Sequence[int | None], margin: int) -> Key:
    """Where a value is missing there stands anything; bounds are those of the known ones, or wider."""
    known = [value for value in values if value is not None] or [0]
    filled = [7**22 if value is None else value for value in values]
    return Key(np.array(filled, np.int64), min(known) - margin, max(known) + margin)


def known_of(*columns: Sequence[Any]) -> Any:
    if all(value is not None for column in columns for value in column):
        return None
    return np.array([None not in row for row in zip(*columns, strict=True)], np.bool_)


# ---------------------------------------------------------------- rank

# Margins that leave room for a block of every key, for one sort of packed keys with their rows, for one of packed
# keys alone, and for none of these.
MARGINS = (0, 10**4, 2**25, 2**60)
SEEDS = st.integers(0, 2**32).map(random.Random)


def made_rows(chance: random.Random) -> list[tuple[int, int | None, int | None]]:
    """A group and two keys. Groups are small, and some are empty: each is a case of its own."""
    count = chance.choice((0, 1, 8, 100))
    return [
        (chance.randrange(len(GROUPS)), chance.choice((-2, -1, 0, 1, 2, None)), chance.choice((0, 1, None)))
        for _ in range(count)
    ]


def exact_ranks(rows: Sequence[Any], keys: int, within: Within, ties: Any, lowest_first: bool) -> list[int]:
    draft = Draft(groups=GROUPS)
    ids = tuple(draft.fact(f"k{key}") for key in range(keys))
    draft.add(Rank(ids, within, ties, lowest_first=lowest_first))
    found = draft.run(
        dataset(*(entity(f"e{n}", GROUPS[group], k0=a, k1=b) for n, (group, a, b) in enumerate(rows)))
    )  # fmt: skip
    return [0 if place is None else int(place) for place in found]


@settings(max_examples=600, deadline=None)
@given(
    SEEDS,
    st.integers(1, 2),
    st.sampled_from(["group", "everyone"]),
    st.sampled_from(["shared", "dense", "last"]),
    st.booleans(),
    st.sampled_from(MARGINS),
)
def test_places_as_the_exact_engine_gives_them(
    chance: random.Random, keys: int, within: Any, ties: Any, lowest_first: bool, margin: int
) -> None:
    rows = made_rows(chance)
    columns = [[row[1 + key] for row in rows] for key in range(keys)]
    peers = peers_of([row[0] for row in rows], within)
    ordered = blocks(
        [key_of(column, margin) for column in columns], peers, known_of(*columns), lowest_first=lowest_first
    )
    assert ranks(ordered, ties).data.tolist() == exact_ranks(rows, keys, within, ties, lowest_first)
    assert ordered.of_row.max(initial=0) <= ordered.count  # or else machine code would look up what is not there
    # from the end: the ranks of the ranks, which is what `in_bottom` asks for
    first = exact_ranks(rows, keys, within, "shared", lowest_first)
    again = [(group, place or None, 0) for (group, _, _), place in zip(rows, first, strict=True)]
    assert ranks(ordered, ties, from_the_end=True).data.tolist() == exact_ranks(again, 1, within, ties, False)


@pytest.mark.parametrize("margin", MARGINS)
def test_each_way_to_order_many_rows(margin: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of them is taken is known by what it calls."""
    called: list[str] = []
    for name in ("_counted", "_by_packed_keys", "_by_columns"):
        own = getattr(ranking, name)
        monkeypatch.setattr(ranking, name, lambda *given, own=own, name=name: called.append(name) or own(*given))
    chance = random.Random(margin)
    count = 20_000
    groups = [chance.randrange(len(GROUPS)) for _ in range(count)]
    values = [chance.randrange(-100, 100) if chance.random() < 0.9 else None for _ in range(count)]
    seconds = [chance.randrange(3) for _ in range(count)]
    peers = peers_of(groups, "group")
    ordered = blocks([key_of(values, margin), key_of(seconds, 0)], peers, known_of(values), lowest_first=False)
    assert called == [{0: "_counted", 2**60: "_by_columns"}.get(margin, "_by_packed_keys")]
    found = ranks(ordered, "shared").data
    for group in range(len(GROUPS)):
        of = [row for row in range(count) if groups[row] == group and values[row] is not None]
        keys = [(values[row], seconds[row]) for row in of]
        assert found[of].tolist() == places(keys, "shared", lowest_first=False)
    assert not found[[row for row in range(count) if values[row] is None]].any()


@pytest.mark.parametrize("most", [2**59 + 1, 2**62, 2**63 - 1])
def test_keys_at_the_ends_of_64_bits(most: int) -> None:
    """One more than 63 bits hold together with their rows; than they hold alone; and all that 64 bits hold."""
    least = -most - 1 if most == 2**63 - 1 else -most
    values = np.array([least, most, 0, most, -1])
    for lowest_first, expected in ((False, [5, 1, 3, 1, 4]), (True, [1, 4, 3, 4, 2])):
        ordered = blocks([Key(values, least, most)], Peers(5), None, lowest_first=lowest_first)
        assert ranks(ordered, "shared").data.tolist() == expected


def test_columns_of_fewer_bits_are_not_cut_off() -> None:
    values = np.array([100, -100, 27], np.int8)
    ordered = blocks([Key(values, -100, 10**9)], Peers(3), None, lowest_first=False)  # type: ignore[arg-type]
    assert ranks(ordered, "shared").data.tolist() == [1, 3, 2]


# ---------------------------------------------------------------- tiers

TRUTHS = st.sampled_from([True, True, True, False, False, None])
TIERS = st.lists(
    st.fixed_dictionaries(
        {
            "quota": st.sampled_from(
                [None, None, Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(2, 3), Fraction(1), Fraction(-1, 2)]
            ),
            "is_share": st.booleans(),
            "heads": st.sampled_from([Fraction(0), Fraction(1), Fraction(5, 2), Fraction(10**30)]),
            "next": st.booleans(),
            "ties": st.sampled_from(["included", "excluded"]),
            "vetoed": st.sampled_from(["skipped", "counted"]),
            "rounded": st.sampled_from(["down", "up", "half_up"]),
            "asked": st.booleans(),
            "known": st.integers(0, 9).map(bool),
        }
    ),
    min_size=1,
    max_size=3,
)


def made_entities(chance: random.Random) -> list[dict[str, Any]]:
    truths, strikes = (True, True, True, False, False, None), (True, False, False, False, None)
    return [
        {
            "group": chance.randrange(len(GROUPS)),
            "rank": chance.choice((1, 1, 2, 2, 3, 4, 7, None)),
            "eligible": chance.choice(truths),
            "when": chance.choices(truths, k=4),
            "veto": chance.choices(strikes, k=2),
        }
        for _ in range(chance.choice((0, 1, 8, 100)))
    ]


def truth_of(values: Sequence[bool | None], otherwise: bool) -> Truth:
    """Where it is not known there stands anything."""
    return Truth(np.array([otherwise if value is None else value for value in values], np.bool_), known_of(values))


@settings(max_examples=600, deadline=None)
@given(
    SEEDS,
    TIERS,
    st.sampled_from(["group", "everyone"]),
    st.lists(st.integers(0, 3), max_size=2),
    st.booleans(),
    st.booleans(),
    st.sampled_from(MARGINS),
)
def test_tiers_as_the_exact_engine_gives_them(
    chance: random.Random,
    listed: list[Any],
    within: Any,
    vetoes: list[int],
    eligible: bool,
    otherwise: bool,
    margin: int,
) -> None:
    entities = made_entities(chance)
    draft = Draft(groups=GROUPS)
    rank, able = draft.fact("rank"), draft.fact("eligible")
    conditions = [draft.fact(f"when{number}") for number in range(4)]
    struck = [draft.fact(f"veto{number}") for number in range(2)]
    made, quotas = [], list[Fraction | None]()
    for number, options in enumerate(listed):
        quota = options["quota"] if options["is_share"] or options["quota"] is None else options["heads"]
        quotas.append(quota if options["known"] else None)
        id = None
        if quota is not None:
            id = draft.constant(quota) if options["known"] else draft.add(Load("benchmark", "quota"), POLICY)
        when = conditions[number] if options["asked"] else None
        rest = {name: options[name] for name in ("is_share", "next", "rounded", "ties", "vetoed")}
        made.append(BandTier(f"t{number}", id, when=when, **rest))
    made.append(BandTier("rest", when=conditions[3] if otherwise else None))
    names = [tier.name for tier in made]
    struck_to = [names[min(least, len(made) - 1)] for least in vetoes]
    band = Band(
        rank, within, tuple(made), able if eligible else None,
        tuple(Veto(f"veto{number}", struck[number], tier) for number, tier in enumerate(struck_to)),
    )  # fmt: skip
    draft.add(band)
    rows = [
        entity(
            f"e{n}", GROUPS[one["group"]], rank=one["rank"], eligible=one["eligible"],
            **{f"when{k}": value for k, value in enumerate(one["when"])},
            **{f"veto{k}": value for k, value in enumerate(one["veto"])},
        )
        for n, one in enumerate(entities)
    ]  # fmt: skip
    expected = draft.columns(dataset(*rows)).values[-1]

    peers = peers_of([one["group"] for one in entities], within)
    column = [one["rank"] for one in entities]
    ordered = blocks([key_of(column, margin)], peers, known_of(column), lowest_first=True)
    asked = [
        None if tier.when is None else truth_of([one["when"][conditions.index(tier.when)] for one in entities], True)
        for tier in made
    ]
    vetoed = [truth_of([one["veto"][number] for one in entities], otherwise) for number in range(len(vetoes))]
    fit = truth_of([one["eligible"] for one in entities], otherwise) if eligible else None
    found = tiers(band, ordered, peers, [*quotas, None], asked, vetoed, fit)
    for row, value in enumerate(expected):
        told = -1 if found.undecided is None else found.undecided[row]
        match value:
            case Fault("AS5006", arguments):
                assert found.column.data[row] == -1
                assert band.vetoes[told - len(names)].name == dict(arguments)["gate"]
            case Fault("AS5007", arguments):
                assert found.column.data[row] == -1
                assert names[told] == dict(arguments)["tier"]
            case Missing():
                assert (found.column.data[row], told) == (-1, -1)
            case _:
                assert (names[found.column.data[row]], told) == (value, -1)


def test_quotas_of_many_groups_at_once() -> None:
    """A fifth of each of 400 groups, ties out: none over its places, and nobody left out who would fit."""
    chance = np.random.default_rng(7)
    count, groups = 50_000, 400
    peers = Peers(count, chance.integers(0, groups, count), groups)
    totals = chance.integers(0, 300, count)
    ordered = blocks([Key(totals, 0, 10_500)], peers, None, lowest_first=False)
    band = Band(0, "group", (BandTier("top", 1), BandTier("rest")))
    found = tiers(band, ordered, peers, [Fraction(1, 5), None], [None, None], [], None)
    top = found.column.data == 0
    assert found.column.data.max() == 1
    for group in range(groups):
        of = peers.of_row == group
        heads = int(of.sum()) // 5
        chosen, others = totals[of & top], totals[of & ~top]
        assert len(chosen) <= heads
        assert chosen.min() > others.max()
        assert len(chosen) + (others == others.max()).sum() > heads
