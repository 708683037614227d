"""Statements that several blocks hold, or that are mostly clauses: gates, tiers, ranking, rounding, findings."""

from collections.abc import Sequence
from typing import Any, Final

from assessdsl.ast.edition import Amendment
from assessdsl.ast.nodes import (
    AtMost,
    Consequence,
    Eligibility,
    FindingRule,
    Gate,
    Guarantee,
    Handling,
    Level,
    Quota,
    Ranking,
    Rounding,
    Tier,
    TierAtMost,
    Zero,
)
from assessdsl.ast.operands import (
    Block,
    Remarks,
    chosen,
    clause,
    day,
    declared,
    name_list,
    needed_clause,
    no_rest,
    single,
    texts,
)
from assessdsl.diagnostics import Related
from assessdsl.quantity import ROUNDING_MODES
from assessdsl.syntax.tree import Clause, Expression, Name, Statement, Text

OF_SCORES: Final = ("error", "zero", "full", "redistribute", "mean", "ineligible")
OF_DISPUTES: Final = (*OF_SCORES, "as_reported")
OF_OTHERS: Final = ("zero", "full", "redistribute", "mean")  # for whom an indicator does not apply
STATES: Final = ("not_applicable", "exempt", "disputed", "falsified")
OF_FACTS: Final = ("error", "zero", "undetermined")
_PROPERTIES: Final = (
    "monotone", "rank_monotone", "bounded", "absolute", "dominance", "anonymous", "independent", "rounding_safe",
    "order_invariant", "strict_response", "proportional", "no_removal", "no_splitting", "scale_invariant", "no_cliff",
    "ties_equal", "truthful", "no_double_count", "tiers_follow", "accountability_exact", "obligations_complete",
    "always_defined", "missing_not_rewarded", "group_neutral",
)  # fmt: skip


def handling(
    statement: Statement, remarks: Remarks, possible: Sequence[str], of: Clause | None = None
) -> Handling | None:
    operand = single(statement, remarks, of)
    if operand is None:
        return None
    if isinstance(operand, Name) and operand.word in (*OF_DISPUTES, *OF_FACTS):
        kind: Any = chosen(operand, possible, remarks)
        return Handling(kind, None, operand.span) if kind else None
    return Handling("value", operand, operand.span)


def rounding(statement: Statement, remarks: Remarks, *, of_policy: bool) -> Rounding | None:
    mode = chosen(single(statement, remarks), ROUNDING_MODES, remarks)
    to, of = needed_clause(statement, "to", remarks), clause(statement, "of")
    places = single(statement, remarks, to) if to else None
    parts: tuple[Name, ...] = ()
    if of_policy:
        of = needed_clause(statement, "of", remarks)
        parts = name_list(statement, of.series, of.span, remarks) if of else ()
        if not parts:
            return None
    elif of is not None:
        remarks.add("AS2027", of.span)
    return Rounding(mode, places, parts, statement.span) if mode and places is not None else None


def _condition(statement: Statement, remarks: Remarks) -> Expression | None:
    when = needed_clause(statement, "when", remarks)
    return single(statement, remarks, when) if when else None


def when_or_otherwise(statement: Statement, remarks: Remarks) -> tuple[bool, Expression | None]:
    """Whether the statement has its condition, and the condition; None where it says `otherwise`."""
    when, otherwise = clause(statement, "when"), clause(statement, "otherwise")
    if otherwise is not None:
        if otherwise.series:
            no_rest(statement, otherwise.series[0], remarks)
        if when is not None:
            first = Related(when.span, "the condition stands here", "条件写在此处")
            remarks.add("AS2028", otherwise.span, (first,))
            return False, None
        return True, None
    condition = _condition(statement, remarks)
    return condition is not None, condition


def gate(statement: Statement, remarks: Remarks, *, of_policy: bool) -> Gate | None:
    named = declared(statement, remarks)
    when = _condition(statement, remarks)
    then = needed_clause(statement, "then", remarks)
    if named is None or when is None or then is None:
        return None
    no_rest(statement, named.rest, remarks)
    consequence = _consequence(statement, then, remarks, of_policy=of_policy)
    if consequence is None:
        return None
    return Gate(named.name.id, named.label, when, consequence, statement.span)


def _consequence(statement: Statement, then: Clause, remarks: Remarks, *, of_policy: bool) -> Consequence | None:
    at_most = clause(statement, "at_most")
    if not then.series and at_most is not None:
        most = single(statement, remarks, at_most)
        return AtMost(most) if most is not None else None
    word = chosen(single(statement, remarks, then), ("zero", "tier") if of_policy else ("zero",), remarks)
    if word != "tier":
        if word and at_most is not None:
            remarks.add("AS2029", at_most.span)
        return Zero() if word else None
    at_most = needed_clause(statement, "at_most", remarks)
    best = single(statement, remarks, at_most) if at_most else None
    if best is not None and not isinstance(best, Name):
        remarks.add("AS2010", best.span, word=remarks.spelled("clause", "at_most"))
        return None
    return TierAtMost(best) if best is not None else None


def level(statement: Statement, remarks: Remarks) -> Level | None:
    named = declared(statement, remarks)
    if named is None:
        return None
    if not named.rest:
        remarks.add("AS2011", statement.word_span, word=statement.word_span.text or statement.word)
        return None
    no_rest(statement, named.rest[1:], remarks)
    return Level(named.name.id, named.label, named.rest[0], statement.span)


def one_way_of_scoring(statement: Statement, block: Block, remarks: Remarks) -> None:
    """An indicator says once how it is scored, and once what it counts for."""
    for several in (("score", "each", "level"), ("points", "weight")):
        found = [block.many(word)[0] for word in several if block.many(word)]
        if len(found) > 1:
            first, second = sorted(found, key=lambda other: other.span.order)[:2]
            related = Related(first.word_span, "the other stands here", "另一处写在此处")
            remarks.add("AS2021", second.word_span, (related,), words=remarks.listed("word", several))
            block.broken.update(several)
    ways = ("score", "each", "level")
    if not any(block.many(word) for word in ways) and not block.broken & {"", *ways}:
        remarks.add("AS2022", statement.span, name=_name(statement), words=remarks.listed("word", ways))
        block.broken.add("score")


def _name(statement: Statement) -> str:
    operand = statement.series[0][0]
    return operand.text if isinstance(operand, Name) else ""


def eligibility(statement: Statement, remarks: Remarks) -> Eligibility | None:
    named, when = declared(statement, remarks), _condition(statement, remarks)
    if named is None or when is None:
        return None
    no_rest(statement, named.rest, remarks)
    return Eligibility(named.name.id, named.label, when, statement.span)


def ranking(statement: Statement, remarks: Remarks) -> Ranking | None:
    by, within = needed_clause(statement, "by", remarks), needed_clause(statement, "within", remarks)
    if statement.series:
        no_rest(statement, statement.series[0], remarks)
    peers: Any = chosen(single(statement, remarks, within), ("group", "everyone"), remarks) if within else None
    ties = clause(statement, "ties")
    method: Any = chosen(single(statement, remarks, ties), ("shared", "dense"), remarks) if ties else None
    if by is None or peers is None or (ties is not None and method is None):
        return None
    keys = []
    for phrase in by.series:
        no_rest(statement, phrase[1:], remarks)
        keys.append(phrase[0])
    if not keys:
        remarks.add("AS2011", by.span, word=remarks.spelled("clause", "by"))
        return None
    return Ranking(tuple(keys), peers, method, statement.span)


def tier(statement: Statement, remarks: Remarks) -> Tier | None:
    named = declared(statement, remarks, value=True)
    if named is None:
        return None
    no_rest(statement, named.rest, remarks)
    top, following = clause(statement, "top"), clause(statement, "next")
    if clause(statement, "otherwise") is not None:
        good, _ = when_or_otherwise(statement, remarks)
        if top or following:
            remarks.add("AS2028", statement.word_span)
        return Tier(named.name.id, named.label, otherwise=True, span=statement.span) if good else None
    when = clause(statement, "when")
    condition = single(statement, remarks, when) if when else None
    quota = None
    if top is not None and following is not None:
        first = Related(top.span, "the other stands here", "另一处写在此处")
        remarks.add("AS2021", following.span, (first,), words=remarks.listed("clause", ("top", "next")))
        return None
    if (places := top or following) is not None:
        quota = _quota(statement, places, following is not None, remarks)
        if quota is None:
            return None
    elif condition is None:
        remarks.add("AS2030", statement.span, name=named.name.text)
        return None
    else:
        for word in ("of", "rounded", "ties", "vetoed"):
            if (extra := clause(statement, word)) is not None:
                remarks.add("AS2031", extra.span, clause=remarks.spelled("clause", word))
    return Tier(named.name.id, named.label, quota, condition, span=statement.span)


def _quota(statement: Statement, places: Clause, following: bool, remarks: Remarks) -> Quota | None:
    share = single(statement, remarks, places)
    words: dict[str, Any] = {}
    for word, possible in (
        ("rounded", ROUNDING_MODES),
        ("ties", ("included", "excluded")),
        ("vetoed", ("skipped", "counted")),
        ("of", ("group", "everyone")),
    ):
        found = clause(statement, word)
        words[word] = chosen(single(statement, remarks, found), possible, remarks) if found else None
        if found is not None and words[word] is None:
            share = None
    return Quota(share, following, **words, span=places.span) if share is not None else None


def finding(statement: Statement, remarks: Remarks) -> FindingRule | None:
    named, when = declared(statement, remarks), _condition(statement, remarks)
    if named is None or when is None:
        return None
    no_rest(statement, named.rest, remarks)
    within = clause(statement, "within")
    deadline = single(statement, remarks, within) if within else None
    overrides = clause(statement, "overrides")
    overridden = name_list(statement, overrides.series, overrides.span, remarks) if overrides else ()
    return FindingRule(named.name.id, named.label, when, deadline, overridden, statement.span)


def deadline(statement: Statement, remarks: Remarks) -> Expression | None:
    """Of a statement that says within how many days, and no more."""
    for phrase in statement.series:
        no_rest(statement, phrase, remarks)
    within = needed_clause(statement, "within", remarks)
    return single(statement, remarks, within) if within else None


def guarantee(statement: Statement, remarks: Remarks) -> Guarantee | None:
    operands = tuple(operand for phrase in statement.series for operand in phrase)
    if not operands:
        remarks.add("AS2011", statement.word_span, word=statement.word_span.text or statement.word)
        return None
    kind = chosen(operands[0], _PROPERTIES, remarks)
    subjects = (
        name_list(statement, tuple((operand,) for operand in operands[1:]), statement.span, remarks)
        if (operands[1:])
        else ()
    )
    for word in ("of", "over"):
        if (about := clause(statement, word)) is not None:
            subjects += name_list(statement, about.series, about.span, remarks)
    bounds = []
    for word in ("from", "to", "above"):
        if (about := clause(statement, word)) is not None:
            bound = single(statement, remarks, about)
            if bound is not None:
                bounds.append((word, bound))
    return Guarantee(kind, subjects, tuple(bounds), statement.span) if kind else None


def only_text(statement: Statement, remarks: Remarks, of: Clause | None = None) -> str | None:
    """The only operand of a statement or of one of its clauses, a text."""
    operand = single(statement, remarks, of)
    if isinstance(operand, Text):
        return operand.value
    if operand is not None:
        remarks.add("AS2015", operand.span, word=statement.word_span.text, found=operand.span.text)
    return None


def amendment(statement: Statement, remarks: Remarks) -> Amendment | None:
    label = only_text(statement, remarks)
    by, on, reason = (needed_clause(statement, word, remarks) for word in ("by", "on", "reason"))
    if by is None or on is None or reason is None:
        return None
    authors, why = texts(statement, by.series, by.span, remarks), only_text(statement, remarks, reason)
    when = day(statement, remarks, on)
    if label is None or not authors or why is None or when is None:
        return None
    return Amendment(label, authors, when, why, statement.span)


def limit(statement: Statement, remarks: Remarks) -> Expression | None:
    """`limit indicators 60`: of what, and how many."""
    operands = tuple(operand for phrase in statement.series for operand in phrase)
    if len(operands) != 2:
        remarks.add("AS2011", statement.word_span, word=statement.word_span.text or statement.word)
        return None
    return operands[1] if chosen(operands[0], ("indicators",), remarks) else None
