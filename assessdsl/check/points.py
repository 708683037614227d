"""Points and weights: what must be a number of points, and what must add up."""

from collections.abc import Mapping
from fractions import Fraction

from assessdsl.ast.nodes import Component, Indicator
from assessdsl.check.amounts import check_constant
from assessdsl.check.bounds import amount
from assessdsl.check.context import Context
from assessdsl.diagnostics import Related
from assessdsl.quantity import Unit, exact_text, quantity_text
from assessdsl.syntax.tree import Expression

_POINTS = (Unit.NUMBER, Unit.POINTS)
Sums = dict[str, Fraction]  # by group


def points(expression: Expression | None, context: Context, *, positive: bool = False) -> Fraction | None:
    """The number of points that a constant gives; remarks where it gives none."""
    if expression is None or check_constant(expression, _POINTS, context) is None:
        return None
    found = amount(expression, context.checked)
    if found is not None and (found < 0 or (positive and found == 0)):
        context.add("AS4029", expression.span, found=expression.span.text)
        return None
    return found


def check_points(context: Context) -> None:
    policy = context.policy
    full = points(policy.full, context, positive=True)
    known: dict[str, Fraction] = {}
    meant: dict[str, Sums] = {}  # of components that do not add up: what their indicators make
    groups = [group.name for group in policy.groups]
    complete = all(context.lacks(word, policy) for word in ("component", "indicator", "group"))
    complete = complete and all(name.id in groups for part in policy.every_component for name in part.groups)
    for path in policy.paths:
        component = path[-1]
        if len(path) == 1:
            found = points(component.points, context)
        else:
            found = _points_of(path[-2], component, known.get(path[-2].name), context)
            found = known.get(component.name) if component.name in known else found
        if found is not None:
            known[component.name] = found
        _limits(component, context)
        sums = _parts(path, found, known, context)
        adds = component.combine is None or component.combine.method == "sum"
        if found is not None and sums and complete and adds:
            wrong = {group: total for group, total in sums.items() if total != found}
            if wrong:
                _remark(component, found, wrong, context)
                meant[component.name] = sums
    if full is not None and complete:
        _full(full, known, meant, context)


def _full(full: Fraction, known: Mapping[str, Fraction], meant: Mapping[str, Sums], context: Context) -> None:
    """The base components of each group make the full marks."""
    policy = context.policy
    bases = [component for component in policy.components if component.kind == "base"]
    if not all(component.name in known for component in bases):
        return
    applying = [(component, policy.groups_of(component)) for component in bases]
    sums, mended = dict[str, Fraction](), dict[str, Fraction]()
    for component, groups in applying:
        for group in dict.fromkeys(groups):
            own = known[component.name]
            sums[group] = sums.get(group, Fraction(0)) + own
            mended[group] = mended.get(group, Fraction(0)) + meant.get(component.name, {}).get(group, own)
    for declared in policy.groups:
        if declared.name not in sums and context.lacks("for", *bases):
            context.add("AS4028", declared.span, name=declared.name)
    wrong = {group: total for group, total in sums.items() if total != full}
    # where the points of the indicators would make it right, a component's own points are what is wrong: said above
    if not wrong or (meant and all(total == full for total in mended.values())):
        return
    name, total = next(iter(wrong.items()))
    related = tuple(
        Related(component.points_span, f"of `{component.name}`", f"`{component.name}` 的分值")
        for component, groups in applying
        if name in groups
    )
    context.add(
        "AS4001", policy.full_span, related,
        group=name, sum=exact_text(total), full=exact_text(full), difference=_difference(total, full),
    )  # fmt: skip


def _difference(found: Fraction, expected: Fraction) -> str:
    return ("+" if found > expected else "-") + exact_text(abs(found - expected))


def _remark(component: Component, expected: Fraction, wrong: Sums, context: Context) -> None:
    group, total = next(iter(wrong.items()))
    related = tuple(
        Related(
            indicator.weight_span if indicator.points is None else indicator.points_span,
            f"of `{indicator.name}`",
            f"`{indicator.name}` 的分值",
        )
        for indicator in parts_of(component)
        if not indicator.groups or any(name.id == group for name in indicator.groups)
    )
    context.add(
        "AS4002", component.points_span, related,
        component=component.name, group=group, sum=exact_text(total), points=exact_text(expected),
        difference=_difference(total, expected),
    )  # fmt: skip


def _parts(
    path: tuple[Component, ...], expected: Fraction | None, known: dict[str, Fraction], context: Context
) -> Sums:
    """What the parts make together for each group; empty where it cannot be known."""
    policy, component, parts = context.policy, path[-1], parts_of(path[-1])
    found: dict[str, Fraction | None] = {}
    residual = None
    for part in parts:
        if component.remainder is not None and part.name == component.remainder.id:
            residual = part  # what is written for it is near to what it has
            continue
        found[part.name] = _points_of(component, part, expected, context)
        if isinstance(part, Indicator):
            _limits(part, context)
    if None in found.values() or not parts or not context.lacks("indicator", component):
        return {}
    if not context.lacks("for", *path, *parts) or not context.lacks("component", component):
        return {}
    sums = {group: Fraction(0) for group in policy.groups_of(*path)}
    if any(name.id not in sums for part in parts for name in part.groups):
        return {}
    if component.kind != "base" and any(part.points is None for part in parts):
        return {}
    for part in parts:
        for group in {name.id for name in part.groups} or sums:
            sums[group] += found.get(part.name) or 0
    if residual is not None and component.remainder is not None:
        if expected is None:
            return {}
        own = {name.id for name in residual.groups} or set(sums)
        left = {expected - sums[group] for group in own}
        if len(left) != 1 or min(left) <= 0:
            shown = ", ".join(exact_text(points) for points in sorted(left))
            context.add("AS4205", component.remainder.span, name=residual.name, points=shown)
            return {}
        known[residual.name] = min(left)
        sums |= dict.fromkeys(own, expected)
    return sums


def parts_of(component: Component) -> tuple[Indicator | Component, ...]:
    """What a component's score is combined of."""
    return (*component.indicators, *component.components)


def residual_parts(component: Component) -> tuple[Indicator | Component, ...]:
    """The parts whose points the remainder is reckoned from: those that stand beside it for the same groups."""
    named = next((p for p in parts_of(component) if component.remainder and p.name == component.remainder.id), None)
    if named is None:
        return ()
    own = {name.id for name in named.groups}
    return tuple(
        part
        for part in parts_of(component)
        if part is not named and (not own or not part.groups or own & {name.id for name in part.groups})
    )


def _points_of(
    component: Component, indicator: Indicator | Component, of: Fraction | None, context: Context
) -> Fraction | None:
    if indicator.points is not None:
        return points(indicator.points, context)
    if indicator.weight is None:
        if component.kind == "base" and context.lacks("points", indicator) and context.lacks("weight", indicator):
            context.add("AS4039", indicator.span, name=indicator.name)
            return None
        return Fraction(0) if component.kind != "base" else None
    if check_constant(indicator.weight, (Unit.SHARE,), context) is None:
        return None
    share = amount(indicator.weight, context.checked)
    if share is not None and not 0 <= share <= 1:
        context.add("AS4003", indicator.weight.span, found=quantity_text(share, Unit.SHARE))
        return None
    if component.points is None and context.lacks("points", component):
        if component.kind != "base":
            context.add("AS4038", indicator.weight_span, name=component.name)
        return None
    return None if share is None or of is None else share * of


def _limits(part: Component | Indicator, context: Context) -> None:
    """A cap and a floor are points, in this order; a floor may be negative."""
    cap = points(part.cap, context)
    floor = None
    if part.floor is not None and check_constant(part.floor, _POINTS, context) is not None:
        floor = amount(part.floor, context.checked)
    if part.cap is not None and cap is not None and floor is not None and floor > cap:
        context.add("AS4041", part.cap.span)
    if isinstance(part, Indicator):
        if part.each is not None:
            points(part.each, context)
        for level in part.levels:
            points(level.points, context)
