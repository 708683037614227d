"""What a policy declares: twice, in a circle, or for nothing."""

from collections.abc import Iterable, Iterator, Mapping

from assessdsl.ast.nodes import Benchmark, FactDeclaration, Judgement, Parameter, Policy
from assessdsl.ast.walk import nodes
from assessdsl.check.amounts import check_places
from assessdsl.check.constants import constant
from assessdsl.check.context import Checked, Context, Known
from assessdsl.check.prelude import prelude
from assessdsl.diagnostics import Related
from assessdsl.quantity import Unit
from assessdsl.source import Span
from assessdsl.syntax.tree import Call, Expression, Name
from assessdsl.vocabulary import vocabulary


def values(policy: Policy) -> Mapping[str, tuple[str, Unit, Span]]:
    """The names that expressions may use: what each is, and its unit. Of parameters the unit is that of the value."""
    found: dict[str, tuple[str, Unit, Span]] = {}
    for kind, name, unit, span in _value_names(policy):
        found.setdefault(name, (kind, unit, span))
    return found


def _value_names(policy: Policy) -> Iterator[tuple[str, str, Unit, Span]]:
    for group in policy.groups:
        yield "group", group.name, Unit.GROUP, group.span
    for benchmark in policy.benchmarks:
        yield "benchmark", benchmark.name, benchmark.unit, benchmark.span
    for parameter in policy.parameters:
        yield "parameter", parameter.name, Unit.NUMBER, parameter.span
    for fact in policy.facts:
        yield "fact", fact.name, fact.unit, fact.span
    for judgement in policy.judgements:
        yield "judgement", judgement.name, Unit.YES_NO, judgement.span
    for component in policy.every_component:
        yield "component", component.name, Unit.POINTS, component.span
    for tier in policy.tiers:
        yield "tier", tier.name, Unit.TIER, tier.span


def check_repeated(context: Context) -> None:
    policy = context.policy
    _once([(name, span) for _, name, _, span in _value_names(policy)], context)
    _once([(indicator.name, indicator.span) for indicator in context.indicators], context)
    for indicator in context.indicators:
        _once([(level.name, level.span) for level in indicator.levels], context)
    for holder in context.blocks:
        _once([(gate.name, gate.span) for gate in holder.gates], context)
    _once([(rule.name, rule.span) for rule in policy.eligibility], context)
    things = {(thing.name, thing.span) for thing in policy.things} | {
        (t.label, t.span) for t in policy.things if t.label
    }
    _once(things, context)
    for thing in policy.things:
        if thing.places is not None:
            check_places(thing.places, context)
    _once([(finding.name, finding.span) for finding in policy.findings], context)
    _once([(plan.name, plan.span) for plan in policy.plans], context)
    _once([(function.name, function.span) for function in policy.functions], context)
    for function in policy.functions:
        _once([(parameter.id, parameter.span) for parameter in function.parameters], context)
        if is_built_in(function.name):
            context.add("AS2118", function.span, name=context.spelled("function", function.name))
    if policy.monitoring:
        lights = policy.monitoring.lights
        _once([(context.spelled("name", light.colour), light.span) for light in lights], context)


def is_built_in(name: str) -> bool:
    """Whether it is a function of the language that is not written in it."""
    return ("function", name) in vocabulary().words and name not in prelude()


def _once(declared: Iterable[tuple[str, Span]], context: Context) -> None:
    first: dict[str, Span] = {}
    for name, span in sorted(declared, key=lambda pair: pair[1].order):
        if name in first:
            context.add("AS2108", span, (Related(first[name], "declared here first", "首次声明于此处"),), name=name)
        first.setdefault(name, span)


# ---------------------------------------------------------------- circles


def _definitions(policy: Policy) -> dict[str, tuple[Span, Expression, frozenset[str]]]:
    """What is defined by an expression: its place, the expression, and the names that mean an operand there."""
    found: dict[str, tuple[Span, Expression, frozenset[str]]] = {}
    for function in policy.functions:
        own = frozenset(parameter.id for parameter in function.parameters)
        found.setdefault(f"{function.name}()", (function.span, function.body, own))
    constants: list[Parameter | Benchmark] = [*policy.parameters, *policy.benchmarks]
    for declared in constants:
        if declared.value is not None:
            found.setdefault(declared.name, (declared.span, declared.value, frozenset()))
    return found


def _uses(expression: Expression, own: frozenset[str]) -> Iterator[str]:
    for node in nodes(expression):
        if isinstance(node, Call):
            yield f"{node.function.id}()"
        elif isinstance(node, Name) and node.id not in own:
            yield node.id


def circles(policy: Policy) -> tuple[list[str], list[tuple[Span, list[str]]]]:
    """The definitions, each behind those that it uses, and the circles among them. Depth costs no stack."""
    table = _definitions(policy)
    uses = {name: [u for u in dict.fromkeys(_uses(e, own)) if u in table] for name, (_, e, own) in table.items()}
    ordered: list[str] = []
    found: list[tuple[Span, list[str]]] = []
    state: dict[str, int] = {}  # 1: on the path, 2: done
    for root in table:
        path: list[tuple[str, Iterator[str]]] = []
        if root not in state:
            state[root] = 1
            path.append((root, iter(uses[root])))
        while path:
            name, rest = path[-1]
            following = next(rest, None)
            if following is None:
                path.pop()
                state[name] = 2
                ordered.append(name)
            elif following not in state:
                state[following] = 1
                path.append((following, iter(uses[following])))
            elif state[following] == 1:
                on_path = [step for step, _ in path]
                found.append((table[following][0], [*on_path[on_path.index(following) :], following]))
    return ordered, found


def check_circles(context: Context) -> None:
    for span, circle in circles(context.policy)[1]:
        shown = circle if len(circle) <= 8 else [*circle[:6], "…", circle[-1]]
        context.add("AS2115", span, name=circle[0], cycle=" → ".join(shown))


def constants(checked: Checked) -> dict[str, Known]:
    """The values of parameters and of benchmarks that the policy gives, each behind those that it uses."""
    table = _definitions(checked.policy)
    units = {benchmark.name: benchmark.unit for benchmark in checked.policy.benchmarks}
    found: dict[str, Known] = {}
    partly = Checked(checked.policy, checked.functions, found)
    ordered, circular = circles(checked.policy)
    turning = {name for _, circle in circular for name in circle}
    for name in ordered:
        known = None if name.endswith("()") or name in turning else constant(table[name][1], partly)
        if known is not None:
            found[name] = (known[0], units.get(name, known[1]))
    return found


# ---------------------------------------------------------------- what nothing uses


def check_unused(context: Context) -> None:
    """Warnings, unless a statement could not be built: it may be what uses the name."""
    policy = context.policy
    looked_through = not any(found.code == "AS2121" for found in context.diagnostics.values())
    if not looked_through or policy.doubtful or any(block.broken for block in context.blocks):
        return
    declarations: list[Parameter | Benchmark | FactDeclaration | Judgement] = []
    declarations += [*policy.parameters, *policy.benchmarks, *policy.facts, *policy.judgements]
    for declared in declarations:
        if declared.name not in context.used:
            context.add("AS2119", declared.span, name=declared.name)
    for function in policy.functions:
        if f"{function.name}()" not in context.used:
            context.add("AS2119", function.span, name=function.name)
