"""What was chosen or measured and might have been otherwise, and the policy with these choices left open.

Each of them becomes a benchmark of the policy, which the plan loads, under a name that no author can write.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final, TypeVar

from attrs import evolve, field, frozen

from assessdsl.ast.nodes import Benchmark, Component, Indicator, Parameter
from assessdsl.ast.nodes import Policy as Tree
from assessdsl.ast.walk import names
from assessdsl.backends.columns import Value
from assessdsl.backends.trace import Trace
from assessdsl.check import Checked, constant
from assessdsl.engine import Policy
from assessdsl.fairness.robust.balance import Balance, balance
from assessdsl.fairness.robust.replay import World, world
from assessdsl.plan.lower import lower
from assessdsl.plan.steps import Calculate, Plan
from assessdsl.quantity import Unit
from assessdsl.syntax.tree import Expression, Name

Part = Component | Indicator

_WEIGHT: Final = "points of {}"  # no name of an author has blanks


@frozen
class Weight:
    """The points, or the share of the points around it, of a component or an indicator."""

    name: str
    label: str
    base: Fraction
    unit: Unit
    follows: bool  # a component's, which is what those within it make together
    derived: bool = False  # what the others leave, by the policy itself


@frozen
class Sample:
    """What part of those asked by a survey were content, in one entity."""

    row: int  # of the entity
    share: Fraction
    size: int


@frozen(eq=False)
class Open:
    """A scored case with its open choices."""

    world: World
    weights: Mapping[str, Weight]
    held: tuple[str, ...]  # indicators whose points cannot be varied without changing what their score says
    parameters: Mapping[str, Fraction]  # as they are written
    surveys: Mapping[str, tuple[Sample, ...]]
    balance: Balance
    _loads: Mapping[str, tuple[int, ...]] = field(factory=dict)

    @property
    def own(self) -> tuple[str, ...]:
        """The weights that are varied by themselves."""
        return self.balance.own

    def given(
        self,
        changes: Mapping[str, Fraction],
        parameters: Mapping[str, Fraction],
        shares: Mapping[tuple[str, int], Fraction],
    ) -> dict[int, Sequence[Value]]:
        """The values of loads, for World.outcome. changes: of weights. shares: by survey and row of the entity."""
        values = {
            _WEIGHT.format(name): weight.base + changes.get(name, Fraction(0))
            for name, weight in self.weights.items()
            if not weight.derived and changes.get(name)
        }
        found: dict[int, Sequence[Value]] = {
            id: [value] for name, value in {**values, **parameters}.items() for id in self._loads[name]
        }
        for survey in self.surveys:
            replaced: dict[int, Value] = {row: share for (name, row), share in shares.items() if name == survey}
            for id in self._loads[f"survey {survey}"] if replaced else ():
                column = self.world.column(id)
                found[id] = [replaced.get(row, value) for row, value in enumerate(column)]
        return found


def open_choices(policy: Policy, trace: Trace, parameters: tuple[str, ...] = ()) -> Open:
    """parameters: those that are to be varied. Raises ValueError if one is no number, or one that must stand still."""
    tree = policy.checked.policy
    numbers = {name: _number(policy, name) for name in parameters}
    weights, held, sums = _weights(policy, frozenset(parameters))
    named = {_WEIGHT.format(name): weight for name, weight in weights.items() if not weight.derived}
    plan = _lowered(tree, policy.checked, named, frozenset(numbers))
    values = {name: weight.base for name, weight in named.items()}
    opened = world(trace, plan, {**values, **numbers})
    surveys = _surveys(opened)
    loads = {name: opened.loads("benchmark", name) for name in (*named, *numbers)}
    loads |= {f"survey {name}": opened.loads("entity", name) for name in surveys}
    own = {name: one.base for name, one in weights.items() if not one.follows and name not in held}
    following = [name for name, one in weights.items() if one.follows and name not in held]
    kept = [{name: factor for name, factor in one.items() if name not in held} for one in sums]
    balanced = balance(own, following, [one for one in kept if one])
    return Open(opened, weights, tuple(held), numbers, surveys, balanced, loads)


def _number(policy: Policy, name: str) -> Fraction:
    tree, checked = policy.checked.policy, policy.checked
    value = checked.constants[name][0] if any(one.name == name for one in tree.parameters) else None
    if not isinstance(value, Fraction):
        raise ValueError(f"`{name}` is no parameter of the policy that holds a number")
    for other in _declared(tree):
        if other.name != name and other.value is not None and name in _reads(other.value, tree):
            raise ValueError(f"`{other.name}` is worked out from `{name}`, so `{name}` cannot be varied alone")
    try:
        _lowered(tree, checked, {}, frozenset({name}))
    except (TypeError, AssertionError):  # decimal places, exponents and the like are part of the plan's steps
        raise ValueError(f"`{name}` is used where only a fixed number can stand, so it cannot be varied") from None
    return value


def _declared(tree: Tree) -> list[Parameter | Benchmark]:
    return [*tree.parameters, *tree.benchmarks]


def _reads(expression: Expression, tree: Tree) -> frozenset[str]:
    """Every name that the expression rests on, also through definitions."""
    behind = {one.name: one.body for one in tree.functions}
    behind |= {one.name: one.value for one in _declared(tree) if one.value is not None}
    waiting, seen = [expression], set[str]()
    while waiting:
        for name in names(waiting.pop()):
            if name.id not in seen:
                seen.add(name.id)
                waiting += [behind[name.id]] if name.id in behind else []
    return frozenset(seen)


# ---------------------------------------------------------------- weights


def _weights(policy: Policy, varied: frozenset[str]) -> tuple[dict[str, Weight], list[str], list[dict[str, Fraction]]]:
    """The weights of what counts towards full marks, those that must stay as they are, and the sums that do."""
    tree, checked = policy.checked.policy, policy.checked
    scaled = _scaled(policy.plan)
    weights: dict[str, Weight] = {}
    held: list[str] = []
    sums: list[dict[str, Fraction]] = []
    bases = [one for one in tree.components if one.kind == "base" and not one.outside]
    for path in (path for one in bases for path in one.within()):
        whole = path[-1]
        parts: tuple[Part, ...] = (*whole.indicators, *whole.components)
        for part in (whole, *parts) if len(path) == 1 else parts:
            found = _weight(part, whole, checked, varied)
            if found is None or found.base <= 0 or (isinstance(part, Indicator) and part.name not in scaled):
                held.append(part.name)
            if found is not None:
                weights[part.name] = found
        if len({weights[part.name].unit for part in parts if part.name in weights}) > 1:
            held += [whole.name, *(part.name for part in parts)]  # points and shares of what they leave: no fixed sum
        for group in tree.groups_of(*path) or ("",):
            inside = [part for part in parts if not part.groups or group in {name.id for name in part.groups}]
            one = {part.name: Fraction(1) for part in inside if part.name in weights}
            if one and whole.name in weights and not _by_share(whole):
                one[whole.name] = Fraction(-1)
            sums.append(one)
    for group in [one.name for one in tree.groups] or [""]:
        sums.append({one.name: Fraction(1) for one in bases if not group or group in tree.groups_of(one)})
    return weights, list(dict.fromkeys(held)), sums


def _weight(part: Part, whole: Component, checked: Checked, varied: frozenset[str]) -> Weight | None:
    """None where it has none of its own, or one that rests on a parameter which is varied."""
    written, unit = (part.weight, Unit.SHARE) if part.points is None else (part.points, Unit.POINTS)
    if written is None or varied & _reads(written, checked.policy):
        return None
    known = constant(written, checked)
    if known is None or not isinstance(known[0], Fraction):
        return None
    follows = isinstance(part, Component) and not _by_share(part)
    derived = part is not whole and whole.remainder is not None and whole.remainder.id == part.name
    return Weight(part.name, part.label, known[0], unit, follows, derived)


def _by_share(component: Component) -> bool:
    """Whether those within it have shares of its points, so that its own can change without theirs."""
    parts: tuple[Part, ...] = (*component.indicators, *component.components)
    return all(part.points is None and part.weight is not None for part in parts)


def _scaled(plan: Plan) -> frozenset[str]:
    """The indicators whose score is a share of their points."""
    found = (part for whole in plan.outputs.every_component for part in whole.indicators)
    return frozenset(
        part.name
        for part in found
        if isinstance(operation := plan.steps[part.stages[0].step].operation, Calculate) and operation.operator == "*"
    )


# ---------------------------------------------------------------- the policy with open choices


def _lowered(tree: Tree, checked: Checked, weights: Mapping[str, Weight], parameters: frozenset[str]) -> Plan:
    benchmarks = [Benchmark(name, weight.unit, weight.label, None) for name, weight in weights.items()]
    benchmarks += [
        Benchmark(one.name, checked.constants[one.name][1], one.label, None)
        for one in tree.parameters
        if one.name in parameters
    ]
    changed = evolve(
        tree,
        benchmarks=(*tree.benchmarks, *benchmarks),
        parameters=tuple(one for one in tree.parameters if one.name not in parameters),
        components=tuple(_opened(component, weights) for component in tree.components),
    )
    return lower(evolve(checked, policy=changed))


def _opened(component: Component, weights: Mapping[str, Weight]) -> Component:
    return evolve(
        _named(component, weights),
        indicators=tuple(_named(part, weights) for part in component.indicators),
        components=tuple(_opened(part, weights) for part in component.components),
    )


_P = TypeVar("_P", Component, Indicator)


def _named(part: _P, weights: Mapping[str, Weight]) -> _P:
    """With the open weight in place of the written one."""
    name = _WEIGHT.format(part.name)
    if name not in weights:
        return part
    opened = Name(name, span=part.span)
    return evolve(part, weight=opened) if weights[name].unit is Unit.SHARE else evolve(part, points=opened)


def _surveys(world: World) -> dict[str, tuple[Sample, ...]]:
    """The survey facts that the plan reads, with the samples that are given of them."""
    found: dict[str, tuple[Sample, ...]] = {}
    for fact in world.plan.schema.facts:
        if fact.unit is Unit.SURVEY and world.loads("entity", fact.name):
            found[fact.name] = tuple(_samples(world, fact.name))
    return {name: samples for name, samples in found.items() if samples}


def _samples(world: World, fact: str) -> Iterator[Sample]:
    for row, entity in enumerate(world.dataset.entities):
        share, size = (held[fact].value if fact in held else None for held in (entity.facts, entity.samples))
        if isinstance(share, Fraction) and isinstance(size, Fraction) and size > 0:
            yield Sample(row, share, int(size))
