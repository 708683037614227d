"""Places and tiers among peers, by window functions."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from sqlglot import exp

from assessdsl.backends.sql.arithmetic import binary, case, whole
from assessdsl.backends.sql.cells import Cell, Number, Refused
from assessdsl.backends.sql.relations import any_of
from assessdsl.backends.sql.translation import FALSE, NULL, TRUE, Translation, missing, not_, present
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import ENTITY, GROUP, POLICY, Band, BandTier, Rank, Step


def _peers(t: Translation, alias: str, within: str) -> list[exp.Expr]:
    """The columns by which the rows are compared with one another."""
    return t.relations.keys(alias, t.alias(GROUP if within == "group" else POLICY))


def _window(
    function: exp.Expr, partition: Sequence[exp.Expr], order: Sequence[exp.Expr], rows: Literal["", "all", "like"] = ""
) -> exp.Expr:
    """Over the rows down to those alike; over all of them, or those alike, in the same order, so that the database
    sorts and holds the rows once for all of these."""
    window = exp.Window(this=function, partition_by=list(partition), order=exp.Order(expressions=list(order)))
    if rows == "all":
        window.set("spec", exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="UNBOUNDED",
                                          end_side="FOLLOWING"))  # fmt: skip
    elif rows == "like":
        window.set("spec", exp.WindowSpec(kind="RANGE", start="CURRENT ROW", end="CURRENT ROW"))
    return window


def _keys(t: Translation, rank: Rank, alias: str, name: str) -> list[exp.Expr]:
    keys: list[exp.Expr] = []
    for number, id in enumerate(rank.keys):
        cell = t.of(id)
        if not isinstance(cell.value, Number):
            raise Refused("operation", "rank")
        named = t.atom(cell, alias, f"{name}_key{number}")
        keys.append(t.relations.atom(alias, t.arithmetic.sortable(named.number), f"{name}_key{number}"))
    return keys


def _order(rank: Rank, keys: Sequence[exp.Expr]) -> list[exp.Expr]:
    return [exp.Ordered(this=key, desc=not rank.lowest_first, nulls_first=False) for key in keys]


def ranked(t: Translation, step: Step, rank: Rank, alias: str, name: str) -> Cell:
    """Rows with a missing key stand apart, so that they take no place."""
    keys = _keys(t, rank, alias, name)
    there = t.tables.there(step.grain)
    lacking = [missing(key) for key in keys] + ([] if there is None else [not_(there)])
    apart = t.relations.simplified(case((exp.or_(*lacking, copy=False), whole(1)), other=whole(0)))
    partition = _peers(t, alias, rank.within) + ([] if isinstance(apart, exp.Literal) else [apart])
    order = _order(rank, keys)
    match rank.ties:
        case "shared":
            place = _window(exp.func("RANK", copy=False), partition, order)
        case "dense":
            place = _window(exp.func("DENSE_RANK", copy=False), partition, order)
        case _:  # how many there are down to the last of those who tie
            place = _window(exp.Count(this=exp.Star()), partition, order)
    most = t.tables.most_rows(step.grain, POLICY)
    kept = case((exp.and_(*(present(key) for key in keys), copy=False), place))
    reach = Range(Fraction(1), Fraction(max(most, 1)))
    return Cell(Number(kept, Fraction(1), reach), any_of(t.of(id).fault for id in rank.keys))


def banded(t: Translation, step: Step, band: Band, name: str) -> Cell:
    """Tier by tier: who is a candidate, how many places are free, and who gets one."""
    alias = t.alias(ENTITY)
    relations = t.relations
    partition = _peers(t, alias, band.within)
    names = [tier.name for tier in band.tiers]
    best, failed = _vetoed(t, step, band, names, alias, name)
    rank = t.atom_of(band.rank, alias)
    own_rank = t.plan.steps[band.rank].operation
    assert isinstance(own_rank, Rank)
    order = _order(own_rank, _keys(t, own_rank, alias, name))  # in which places are in order, too
    tier_of: exp.Expr = exp.null()  # the number of the tier so far
    for number, tier in enumerate(band.tiers):
        own = f"{name}_{number}"
        free = exp.and_(missing(tier_of), *([] if failed is None else [missing(failed)]), copy=False)
        conditions: list[exp.Expr] = [free]
        if tier.quota is not None and tier.vetoed == "skipped" and best is not None:
            conditions.append(binary(exp.LTE, best, whole(number)))
        holds = _condition(t, band, tier)
        holds = t.atom(holds, alias, f"{own}_when")
        asked = exp.and_(*(one for one in conditions), copy=False)
        undecided = (
            exp.null()
            if isinstance(holds.plain, exp.Boolean)
            else case(
                (exp.and_(asked, missing(holds.plain), copy=False), any_of((holds.fault, whole(step.id))) or NULL)
            )
        )
        candidate = relations.atom(
            alias,
            case((exp.and_(asked, holds.plain, copy=False), TRUE), other=FALSE),
            f"{own}_candidate",
            tier_comment(tier),
        )
        given = candidate
        if tier.quota is not None:
            unranked = case(
                (exp.and_(candidate, missing(rank.plain), copy=False), any_of((rank.fault, whole(step.id))) or NULL)
            )
            given, quota_fault = _quota(t, band, tier, candidate, rank, tier_of, partition, order, alias, own)
            undecided = any_of((undecided, unranked, None if quota_fault is None else quota_fault)) or NULL
        if not isinstance(undecided, exp.Null):
            failed = relations.atom(alias, any_of((failed, undecided)) or NULL, f"{own}_failed")
        gets = case((given, whole(number)))
        tier_of = relations.atom(
            alias,
            gets if isinstance(tier_of, exp.Null) else exp.func("COALESCE", tier_of, gets, copy=False),
            f"{own}_tier",
        )
    final: exp.Expr = tier_of
    if best is not None:
        final = relations.atom(alias, case((binary(exp.GTE, best, tier_of), best), other=tier_of), f"{name}_number")
        final = case((present(tier_of), final))
        final = relations.atom(alias, final, f"{name}_final")
    value = case(
        *((binary(exp.EQ, final, whole(number)), exp.Literal.string(tier)) for number, tier in enumerate(names))
    )
    if failed is not None:
        value = case((missing(failed), value))
    return Cell(value, failed)


def tier_comment(tier: BandTier) -> str:
    return "for a tier with a quota" if tier.quota is not None else ""


def _vetoed(
    t: Translation, step: Step, band: Band, names: Sequence[str], alias: str, name: str
) -> tuple[exp.Expr | None, exp.Expr | None]:
    """The best tier that the vetoes leave, and who fails because a veto is not known."""
    best: exp.Expr | None = None
    failed: exp.Expr | None = None
    for veto in band.vetoes:
        cell = t.atom_of(veto.when, alias)
        lowest = names.index(veto.tier)
        limit = case((cell.plain, whole(lowest)), other=whole(0))
        best = limit if best is None else case((binary(exp.GTE, best, limit), best), other=limit)
        best = t.relations.atom(alias, best, f"{name}_best")
        if not isinstance(cell.plain, exp.Boolean):
            unknown = case((missing(cell.plain), any_of((cell.fault, whole(step.id))) or NULL))
            failed = any_of((failed, unknown))
    if failed is not None:
        failed = t.relations.atom(alias, failed, f"{name}_undecided")
    return best, failed


def _condition(t: Translation, band: Band, tier: BandTier) -> Cell:
    holds = Cell(exp.true()) if tier.when is None else t.of(tier.when)
    if tier.quota is not None and band.eligible is not None:
        eligible = t.of(band.eligible)
        return eligible if tier.when is None else t.both([holds, eligible])
    return holds


def _quota(
    t: Translation,
    band: Band,
    tier: BandTier,
    candidate: exp.Expr,
    rank: Cell,
    tier_of: exp.Expr,
    partition: list[exp.Expr],
    order: list[exp.Expr],
    alias: str,
    name: str,
) -> tuple[exp.Expr, exp.Expr | None]:
    """Whether a candidate gets one of the places; and the failure of all, where the quota is not known."""
    assert tier.quota is not None
    relations = t.relations
    quota = t.atom_of(tier.quota, alias)
    most = t.tables.most_rows(ENTITY, POLICY)
    ranked_candidate = exp.and_(candidate, present(rank.plain), copy=False)
    one = case((ranked_candidate, whole(1)), other=whole(0))
    heads = quota.number
    if tier.is_share:
        peers = relations.atom(alias, _window(exp.Count(this=exp.Star()), partition, order, "all"), f"{name}_peers")
        heads = t.arithmetic.multiply(heads, Number(peers, Fraction(1), Range(Fraction(0), Fraction(most))))
    heads = t.atom(Cell(heads), alias, f"{name}_share").number
    places = t.atom(Cell(t.arithmetic.rounded(heads, tier.rounded, 0)), alias, f"{name}_places").number
    free = t.arithmetic.n_at(places, Fraction(1), ())
    if not tier.next and not isinstance(tier_of, exp.Null):
        taken = exp.Sum(this=case((present(tier_of), whole(1)), other=whole(0)))
        already = relations.atom(alias, _window(taken, partition, order, "all"), f"{name}_taken")
        free = binary(exp.Sub, free, already)
    through = relations.atom(alias, _window(exp.Sum(this=one), partition, order), f"{name}_through")
    if tier.ties == "excluded":
        fits = binary(exp.LTE, through, free)
    else:
        block = relations.atom(alias, _window(exp.Sum(this=one), partition, order, "like"), f"{name}_block")
        fits = binary(exp.LT, binary(exp.Sub, through, block), free)
    given = case((exp.and_(ranked_candidate, fits, copy=False), TRUE), other=FALSE)
    given = relations.atom(alias, given, f"{name}_given")
    unknown = None
    if not isinstance(quota.plain, exp.Literal):
        unknown = case((missing(quota.plain), any_of((quota.fault, whole(-1))) or NULL))
    return given, unknown
