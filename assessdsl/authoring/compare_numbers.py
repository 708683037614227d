"""Points, counts and shares of two policies."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from assessdsl import engine
from assessdsl.ast.nodes import Policy
from assessdsl.authoring.compare_records import Count, Points, Share
from assessdsl.authoring.major import check_names, part_points, part_share, target_share
from assessdsl.check import Checked
from assessdsl.result import Result


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
    old: engine.Policy,
    new: engine.Policy,
    major: Sequence[str],
    renamed: dict[str, str],
    results: tuple[Result, Result] | None,
    language: str,
) -> tuple[Share, ...]:
    """Of each base component, and of what is asked for together by names or tags: of the parts that bear them, and,
    where there are results, of the targets that carry each tag."""
    found: dict[str, str] = {}
    for policy in (old, new):
        for component in policy.checked.policy.components:
            if component.kind == "base":
                found[renamed.get(component.name, component.name)] = component.label
    back = {new_name: old_name for old_name, new_name in renamed.items()}
    told = [
        Share((name,), label, part_share(old, (name, back.get(name, name))), part_share(new, (name,)))
        for name, label in found.items()
    ]
    if not major:
        return tuple(told)
    check_names(major, (old.checked.policy, new.checked.policy), results or (), language)
    earlier = tuple(back.get(name, name) for name in major)
    labels = {name: label for policy in (old, new) for _, name, label, _ in _parts(policy.checked)}
    label = labels.get(major[0], "") if len(major) == 1 else ""
    together = Share(tuple(major), label, part_share(old, (*major, *earlier)), part_share(new, tuple(major)))
    if together.before is not None or together.after is not None:
        told.append(together)
    for tag in major if results else ():
        before, after = (target_share(result, tag) for result in results or ())
        if before is not None or after is not None:
            told.append(Share((tag,), "", before, after, of_targets=True))
    return tuple(told)
