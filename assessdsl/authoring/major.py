"""Major work: what share of the full marks the parts of a policy have that bear a name or a tag, and the targets that
carry a tag."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from assessdsl import engine
from assessdsl.ast.nodes import Component, Indicator, Policy
from assessdsl.ast.walk import nodes
from assessdsl.check import Checked, residual_parts
from assessdsl.check.constants import constant
from assessdsl.diagnostics import DataError, Diagnostic
from assessdsl.plan.steps import ENTITY, Grain
from assessdsl.result import Result
from assessdsl.syntax.tree import Call, Expression, Text
from assessdsl.vocabulary import nearest


def constant_value(expression: Expression | None, checked: Checked) -> Fraction | None:
    known = None if expression is None else constant(expression, checked)
    return known[0] if known is not None and isinstance(known[0], Fraction) else None


def part_points(checked: Checked) -> dict[str, Fraction | None]:
    """Full marks of every component and indicator, by name; of what has none of its own, none."""
    found: dict[str, Fraction | None] = {}

    def note(component: Component, whole: Fraction | None) -> None:
        found[component.name] = whole
        parts: tuple[Component | Indicator, ...] = (*component.indicators, *component.components)
        for part in parts:
            found[part.name] = _own(part, whole, checked)
        if component.remainder is not None and whole is not None:
            others = [_own(part, whole, checked) for part in residual_parts(component)]
            known = [value for value in others if value is not None]
            found[component.remainder.id] = whole - sum(known) if len(known) == len(others) else None
        for inner in component.components:
            note(inner, found[inner.name])

    for component in checked.policy.components:
        note(component, constant_value(component.points, checked))
    return found


def _own(part: Component | Indicator, whole: Fraction | None, checked: Checked) -> Fraction | None:
    own, weight = constant_value(part.points, checked), constant_value(part.weight, checked)
    return weight * whole if own is None and weight is not None and whole is not None else own


def part_share(policy: engine.Policy, names: Sequence[str]) -> Fraction | None:
    """The points of the named parts, each counted once, of the full marks; none where no part is so named."""
    checked = policy.checked
    full, known = constant_value(checked.policy.full, checked), part_points(checked)
    had: list[Fraction | None] = []
    waiting = list(checked.policy.components)
    while waiting:
        component = waiting.pop()
        if component.name in names:
            had.append(known[component.name])
            continue
        waiting += component.components
        for indicator in component.indicators:
            if indicator.name in names or set(_tags(indicator)) & set(names):
                had.append(known[indicator.name])
    if not full or not had:
        return None
    return sum((value for value in had if value is not None), Fraction(0)) / full


def target_share(result: Result, tag: str) -> Fraction | None:
    """The full marks of all targets that carry the tag, of the full marks of all entities; none where none carries it.
    Bonuses and penalties are no part of the full marks."""
    trace = result.trace
    if trace is None or tag not in tags_of(result):
        return None
    outputs = trace.plan.outputs
    full = sum((each for each in trace.columns.at(outputs.full, ENTITY) if isinstance(each, Fraction)), Fraction(0))
    had = Fraction(0)
    for component in outputs.every_component:
        for indicator in component.indicators if component.kind == "base" else ():
            points = trace.columns.at(indicator.target_points, Grain("target", indicator.name))
            for item, each in zip(trace.dataset.items[indicator.name], points, strict=True):
                if tag in item.tags and isinstance(each, Fraction):
                    had += each
    return had / full if full else None


def tags_of(result: Result) -> frozenset[str]:
    """The tags that the targets carry."""
    items = () if result.trace is None else result.trace.dataset.items.values()
    return frozenset(tag for each in items for item in each for tag in item.tags)


def check_names(major: Sequence[str], policies: Iterable[Policy], results: Iterable[Result], language: str) -> None:
    """Raises DataError with what is the name of no part and no tag."""
    known = {name for policy in policies for name in _names(policy)}
    known |= {tag for result in results for tag in tags_of(result)}
    unknown = [
        Diagnostic("AS9551", arguments={"name": name, "suggestion": nearest(name, sorted(known)) or ""})
        for name in major
        if name not in known
    ]
    if unknown:
        raise DataError(unknown, language)


def _names(policy: Policy) -> Iterator[str]:
    for component in policy.every_component:
        yield component.name
        for indicator in component.indicators:
            yield indicator.name
            yield from _tags(indicator)


def _tags(indicator: Indicator) -> Iterator[str]:
    """The tags that an indicator asks its targets for."""
    expressions = [indicator.score, *(gate.when for gate in indicator.gates)]
    for expression in expressions:
        for node in nodes(expression) if expression is not None else ():
            if isinstance(node, Call) and node.function.id == "tagged":
                yield from (one.value.value for one in node.arguments if isinstance(one.value, Text))
