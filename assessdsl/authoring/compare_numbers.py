"""Points, counts and shares of two policies."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from assessdsl import engine
from assessdsl.ast.nodes import Component, Indicator, Policy
from assessdsl.ast.walk import nodes
from assessdsl.authoring.compare_records import Count, Points, Share
from assessdsl.check import Checked, residual_parts
from assessdsl.check.constants import constant
from assessdsl.diagnostics import DataError, Diagnostic
from assessdsl.syntax.tree import Call, Expression, Text
from assessdsl.vocabulary import nearest


def _value(expression: Expression | None, checked: Checked) -> Fraction | None:
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
        note(component, _value(component.points, checked))
    return found


def _own(part: Component | Indicator, whole: Fraction | None, checked: Checked) -> Fraction | None:
    own, weight = _value(part.points, checked), _value(part.weight, checked)
    return weight * whole if own is None and weight is not None and whole is not None else own


def points(old: engine.Policy, new: engine.Policy, renamed: dict[str, str]) -> tuple[Points, ...]:
    """Full marks of every component and indicator where they differ. `renamed`: new names by old ones."""
    before, after = (list(_parts(policy.checked)) for policy in (old, new))
    first = {(part, renamed.get(name, name)): value for part, name, _, value in before}
    second = {(part, name): value for part, name, _, value in after}
    labels = {(part, renamed.get(name, name)): label for part, name, label, _ in before}
    labels |= {(part, name): label for part, name, label, _ in after}
    order = dict.fromkeys([*second, *first])
    return tuple(
        Points(
            "component" if key[0] == "component" else "indicator", key[1], labels[key], first.get(key), second.get(key)
        )
        for key in order
        if first.get(key) != second.get(key)
    )


def _parts(checked: Checked) -> Iterator[tuple[str, str, str, Fraction | None]]:
    known = part_points(checked)
    for component in checked.policy.every_component:
        yield "component", component.name, component.label, known[component.name]
        for indicator in component.indicators:
            yield "indicator", indicator.name, indicator.label, known[indicator.name]


def counts(old: Policy, new: Policy) -> tuple[Count, ...]:
    """Of all indicators, and of those of each group."""
    found = [Count("", "", _count(old, ""), _count(new, ""))]
    labels = {group.name: group.label for policy in (old, new) for group in policy.groups}
    return (*found, *(Count(name, label, _count(old, name), _count(new, name)) for name, label in labels.items()))


def _count(policy: Policy, group: str) -> int:
    return sum(
        not group or group in policy.groups_of(*path, indicator)
        for path in policy.paths
        for indicator in path[-1].indicators
    )


def shares(
    old: engine.Policy, new: engine.Policy, major: Sequence[str], renamed: dict[str, str], language: str
) -> tuple[Share, ...]:
    """Of each base component, and of the parts that are asked for together, by name or by the tag that they ask for."""
    found: dict[str, str] = {}
    for policy in (old, new):
        for component in policy.checked.policy.components:
            if component.kind == "base":
                found[renamed.get(component.name, component.name)] = component.label
    back = {new_name: old_name for old_name, new_name in renamed.items()}
    told = [
        Share((name,), label, _share(old, (name, back.get(name, name))), _share(new, (name,)))
        for name, label in found.items()
    ]
    if not major:
        return tuple(told)
    known = {name for policy in (old, new) for name in _names(policy.checked.policy)}
    unknown = [name for name in major if name not in known]
    if unknown:
        raise DataError(
            [
                Diagnostic("AS9551", arguments={"name": name, "suggestion": nearest(name, sorted(known)) or ""})
                for name in unknown
            ],
            language,
        )
    earlier = tuple(back.get(name, name) for name in major)
    labels = {name: label for policy in (old, new) for _, name, label, _ in _parts(policy.checked)}
    label = labels.get(major[0], "") if len(major) == 1 else ""
    return (*told, Share(tuple(major), label, _share(old, (*major, *earlier)), _share(new, tuple(major))))


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


def _share(policy: engine.Policy, names: Sequence[str]) -> Fraction | None:
    """The points of the named parts, each counted once, of the full marks; none where no part is so named."""
    checked = policy.checked
    full, known = _value(checked.policy.full, checked), part_points(checked)
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
