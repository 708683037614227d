"""The whole check of a policy."""

from collections.abc import Iterator

from attrs import evolve

from assessdsl.ast.nodes import Eligibility, FindingRule, Gate, Policy
from assessdsl.check.calls import call_unit
from assessdsl.check.constructs import check_constructs
from assessdsl.check.context import Checked, Context
from assessdsl.check.declarations import check_circles, check_repeated, check_unused, constants, is_built_in, values
from assessdsl.check.division import check_divisors, operands_of_calls
from assessdsl.check.domains import check_domains
from assessdsl.check.editions import check_edition
from assessdsl.check.expressions import unit_of
from assessdsl.check.inexact import check_inexact
from assessdsl.check.names import FINDING, Scope
from assessdsl.check.outcomes import check_outcomes
from assessdsl.check.points import check_points
from assessdsl.check.prelude import prelude_beside
from assessdsl.check.rules import check_statements
from assessdsl.check.scores import check_components
from assessdsl.check.tiers import check_tiers
from assessdsl.diagnostics import arrange
from assessdsl.quantity import Unit
from assessdsl.syntax.tree import Expression


def check(policy: Policy) -> Checked:
    """The policy with everything that is remarked about it, in the order of the text."""
    own = {function.name: function for function in policy.functions if not is_built_in(function.name)}
    known = prelude_beside(own)
    bare = Checked(policy, {**known, **own}, {})
    checked = evolve(bare, constants=constants(bare))
    context = Context(checked, frozenset(known), values(policy), call_unit)
    check_repeated(context)
    check_circles(context)
    check_statements(context)
    check_points(context)
    check_components(context)
    check_constructs(context)
    check_tiers(context)
    check_edition(context)
    check_outcomes(context)
    _functions(context)
    calls = operands_of_calls(_expressions(policy), context)
    for function in policy.functions:
        check_divisors(function.body, context, calls.get(function.name, ()))
    for expression in _expressions(policy, definitions=False):
        check_divisors(expression, context)
    for expression in _expressions(policy):
        check_domains(expression, context)
    check_inexact(context)
    check_unused(context)
    return evolve(checked, diagnostics=arrange(context.diagnostics.values()))


def _functions(context: Context) -> None:
    """A definition that nothing calls is looked at too, as far as that goes without operands."""
    everything = evolve(FINDING, families=FINDING.families | {"entity", "history"})
    for function in context.policy.functions:
        if f"{function.name}()" not in context.used:
            parameters: dict[str, Unit | None] = {parameter.id: None for parameter in function.parameters}
            scope = Scope(everything.only("entity", "history").families, parameters=parameters)
            unit_of(function.body, evolve(scope, functions=(function.name,)), context)
            context.used.discard(f"{function.name}()")


def _expressions(policy: Policy, *, definitions: bool = True) -> Iterator[Expression]:
    """Every expression in which something may be divided."""
    if definitions:
        for function in policy.functions:
            yield function.body
    yield from (parameter.value for parameter in policy.parameters)
    yield from (benchmark.value for benchmark in policy.benchmarks if benchmark.value is not None)
    if policy.total is not None:
        yield policy.total
    if policy.ranking is not None:
        yield from policy.ranking.by
    rules: list[Gate | Eligibility | FindingRule] = [*policy.gates, *policy.eligibility, *policy.findings]
    for component in policy.every_component:
        rules += component.gates
        if component.combine is not None and component.combine.expression is not None:
            yield component.combine.expression
        for indicator in component.indicators:
            rules += indicator.gates
            if indicator.applies is not None:
                yield indicator.applies.when
            if indicator.score is not None:
                yield indicator.score
    yield from (rule.when for rule in rules)
    conditions = [tier.when for tier in policy.tiers]
    if policy.monitoring is not None:
        conditions += [light.when for light in policy.monitoring.lights]
    yield from (condition for condition in conditions if condition is not None)
