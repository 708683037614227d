"""Rules of what protects an assessment: frozen targets, findings, guarantees, places, and what pays off wrongly."""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil
from typing import Final

from assessdsl.ast.nodes import Handling
from assessdsl.ast.walk import nodes
from assessdsl.authoring.lint_subject import Remark, Rule, Subject, remark
from assessdsl.check import constant, is_targeted
from assessdsl.quantity import Unit
from assessdsl.syntax.tree import Call, Expression, Name

_PEERS: Final = frozenset({"best", "worst", "mean", "sum", "count", "rank_of"})
_DOWN: Final = frozenset({"down", "floor"})


def _has_targets(subject: Subject) -> bool:
    return any(is_targeted(indicator, subject.checked.functions) for _, indicator in subject.indicators)


def targets_not_frozen(subject: Subject) -> Iterator[Remark]:
    register = subject.policy.register
    if not _has_targets(subject):
        return
    lacking = []
    if register is None or register.freeze is None:
        lacking.append(f"`{subject.spelled('word', 'freeze')}`")
    if register is None or register.removal is None:
        lacking.append(f"`{subject.spelled('word', 'removal')} {subject.spelled('name', 'forbidden')}`")
    if lacking:
        span = subject.policy.span if register is None else register.span
        yield remark("AS9031", span, lacking=", ".join(lacking))


def unmet_without_finding(subject: Subject) -> Iterator[Remark]:
    """Whether some finding follows from a target that was not met."""
    if _has_targets(subject) and not any(_looks_at_targets(finding.when) for finding in subject.policy.findings):
        yield remark("AS9032", subject.policy.span, name=subject.policy.name)


def _looks_at_targets(when: Expression) -> bool:
    found = [node.word for node in nodes(when) if isinstance(node, Name)]
    return "met" in found and ("required_targets" in found or "targets" in found)


def finding_without_deadline(subject: Subject) -> Iterator[Remark]:
    for finding in subject.policy.findings:
        if finding.within is None:
            yield remark("AS9033", finding.span, name=finding.name)


def no_guarantee(subject: Subject) -> Iterator[Remark]:
    if not subject.policy.guarantees:
        yield remark("AS9034", subject.policy.span, name=subject.policy.name)


def quota_of_none(subject: Subject) -> Iterator[Remark]:
    """A share that is rounded down gives a small group no place at all."""
    for tier in subject.policy.tiers:
        quota = tier.quota
        if quota is None or quota.rounded not in _DOWN:
            continue
        known = constant(quota.share, subject.checked)
        if known is not None and known[1] is Unit.SHARE and isinstance(known[0], Fraction) and 0 < known[0] < 1:
            fewest = ceil(1 / known[0])
            yield remark("AS9035", quota.share.span, name=tier.name, number=str(fewest))


def depends_on_others(subject: Subject) -> Iterator[Remark]:
    for _, indicator in subject.indicators:
        score = indicator.score
        for node in nodes(score) if score is not None else ():
            if isinstance(node, Call) and node.function.word in _PEERS and _of_peers(node):
                yield remark("AS9036", node.span, name=indicator.name, found=node.span.text)
                break


def _of_peers(call: Call) -> bool:
    return any(isinstance(argument.key, Name) and argument.key.id == "of" for argument in call.arguments)


def silence_pays(subject: Subject) -> Iterator[Remark]:
    """A fact that is not reported brings points, or spares them."""
    for component, indicator in subject.indicators:
        handling = indicator.missing
        if handling is not None and component.kind == "base" and _pays(handling, subject):
            yield remark("AS9037", handling.span, name=indicator.name, found=handling.span.text)


def _pays(handling: Handling, subject: Subject) -> bool:
    return handling.kind in ("full", "redistribute", "mean") or bool(subject.amount(handling.value))


RULES: tuple[tuple[str, Rule], ...] = (
    ("AS9031", targets_not_frozen),
    ("AS9032", unmet_without_finding),
    ("AS9033", finding_without_deadline),
    ("AS9034", no_guarantee),
    ("AS9035", quota_of_none),
    ("AS9036", depends_on_others),
    ("AS9037", silence_pays),
)
