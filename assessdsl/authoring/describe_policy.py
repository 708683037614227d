"""What a policy asks of whom: the tree of points, the rules, the duties of the year, the data, and what it costs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from assessdsl.authoring.describe_bounds import Bounds, bounds_by_group
from assessdsl.authoring.describe_data import supplies
from assessdsl.authoring.describe_duties import duties
from assessdsl.authoring.describe_records import Cost, MajorShare, Part, PeerGroup, Rule
from assessdsl.authoring.describe_text import Description
from assessdsl.authoring.major import check_names, part_share, target_share
from assessdsl.engine import Policy, Records, evaluate
from assessdsl.facts import Facts
from assessdsl.plan.ranges import ANY, Possible, Range
from assessdsl.plan.steps import ComponentOutput, IndicatorOutput, Outputs
from assessdsl.syntax.spelling import Language, Speller
from assessdsl.syntax.tree import Document, Name, Text
from assessdsl.vocabulary import vocabulary

_TREE = frozenset({"points", "weight", "for"})  # shown in the tree of points
_HOLDERS = frozenset({"policy", "component", "indicator"})
_OF_POLICY = frozenset(
    {"version", "amendment", "issued", "effective", "limit", "plan",
     "rounding", "total", "gate", "eligible", "rank", "tier", "guarantee"}
)  # fmt: skip


def describe(
    policy: Policy,
    language: Language | None = None,
    *,
    major: Sequence[str] = (),
    facts: Facts | Mapping[str, Records] | Records | None = None,
) -> Description:
    """The description of a policy, in its own language or another.

    major: names of components and indicators, or tags, whose share of the full marks together is told; with facts, as
    evaluate takes them, also that of the targets that carry each tag. Raises DataError where facts or names are wrong.
    """
    chosen: Language = language or ("zh" if policy.language == "zh" else "en")
    plan = policy.plan
    found = bounds_by_group(plan)
    full = next((_constant(bounds[plan.outputs.full]) for bounds in found.values()), None) or Fraction(0)
    return Description(
        policy=policy.name,
        label=policy.label,
        period=str(plan.schema.period),
        language=chosen,
        fingerprint=policy.fingerprint,
        full=full,
        groups=tuple(PeerGroup(name, label, _total(plan.outputs, found[name], full)) for name, label in plan.groups),
        major=tuple(_major(policy, major, facts, chosen)),
        rules=tuple(_rules(policy.checked.document, Speller(chosen))),
        duties=duties(policy.checked),
        data=supplies(plan, policy.checked.policy),
        cost=Cost(len(plan.steps), tuple(Counter(step.grain.kind for step in plan.steps).items())),
    )


# ---------------------------------------------------------------- the tree of points


def _constant(possible: Possible) -> Fraction | None:
    return possible.only if isinstance(possible, Range) else None


def _range(possible: Possible) -> Range:
    return possible if isinstance(possible, Range) else ANY


def _total(outputs: Outputs, found: Bounds, full: Fraction) -> Part:
    parts = tuple(_component(component, found, full) for component in outputs.components if _applies(component, found))
    return Part("total", "", "", full, Fraction(1) if full else None, _range(found[outputs.total]), parts)


def _applies(output: ComponentOutput | IndicatorOutput, found: Bounds) -> bool:
    return True in getattr(found[output.applies], "possible", (True,))


def _component(component: ComponentOutput, found: Bounds, full: Fraction) -> Part:
    points = _range(found[component.points]).high or None
    parts = (
        *(_indicator(part, found, full) for part in component.indicators if _applies(part, found)),
        *(_component(part, found, full) for part in component.components if _applies(part, found)),
    )
    scores = _range(found[component.score])
    return Part(component.kind, component.name, component.label, points, _share(points, full), scores, parts)


def _indicator(indicator: IndicatorOutput, found: Bounds, full: Fraction) -> Part:
    points = _range(found[indicator.points]).high or None
    scores = _range(found[indicator.score])
    return Part("indicator", indicator.name, indicator.label, points, _share(points, full), scores)


def _share(points: Fraction | None, full: Fraction) -> Fraction | None:
    return points / full if points and full else None


def _major(
    policy: Policy, names: Sequence[str], facts: Facts | Mapping[str, Records] | Records | None, language: Language
) -> Iterator[MajorShare]:
    results = () if facts is None else (evaluate(policy, facts),)
    check_names(names, (policy.checked.policy,), results, language)
    if names and (share := part_share(policy, names)) is not None:
        yield MajorShare(tuple(names), share)
    for tag in names:
        for result in results:
            if (share := target_share(result, tag)) is not None:
                yield MajorShare((tag,), share, of_targets=True)


# ---------------------------------------------------------------- the rules, word by word


def _rules(document: Document | None, speller: Speller) -> Iterator[Rule]:
    """What the policy says of itself and of its parts, in the order of its text."""
    waiting = list(document.statements) if document else []
    while waiting:
        statement = waiting.pop(0)
        if statement.word not in _HOLDERS:
            continue
        waiting[:0] = statement.block or ()
        says = tuple(
            (inner.word, speller.rest(inner, inner.series))
            for inner in statement.block or ()
            if ("word", inner.word) in vocabulary().words
            and (inner.word in _OF_POLICY if statement.word == "policy" else inner.block is None)
            and inner.word not in _TREE
        )
        if says:
            operands = [operand for phrase in statement.series for operand in phrase]
            name = next((operand.id for operand in operands if isinstance(operand, Name)), "")
            label = next((operand.value for operand in operands if isinstance(operand, Text)), "")
            yield Rule(statement.word, name, label, statement.word_span.line, says)
