"""Rules of single statements: dates, constants, groups, rounding, guarantees."""

from collections.abc import Sequence

from assessdsl.ast.nodes import AtMost, Benchmark, Component, Guarantee, Indicator, Policy
from assessdsl.ast.walk import nodes
from assessdsl.check.amounts import check_constant, check_places, check_whole
from assessdsl.check.bounds import amount
from assessdsl.check.constants import IRRATIONAL, constant
from assessdsl.check.context import Context
from assessdsl.check.expressions import unit_of
from assessdsl.check.monitoring import check_monitoring
from assessdsl.check.names import CONSTANT
from assessdsl.check.units import join
from assessdsl.diagnostics import Related
from assessdsl.quantity import Unit
from assessdsl.syntax.tree import Call, Expression, Name


def check_statements(context: Context) -> None:
    policy = context.policy
    for word, given in (("period", policy.period), ("full", policy.full), ("group", policy.groups or None)):
        if given is None and context.lacks(word, policy):
            context.add("AS2020", policy.span, name=policy.name, word=context.spelled("word", word))
    if not policy.components and context.lacks("component", policy):
        context.add("AS2020", policy.span, name=policy.name, word=context.spelled("word", "component"))
    _dates(context)
    _given_values(context)
    rounded = {component.name for component in policy.every_component if component.rounding is not None}
    for rounding in policy.rounding:
        check_places(rounding.places, context)
        for name in rounding.of:
            if name.word != "total":
                component_named(name, context)
            if name.id in rounded:
                context.add("AS4027", name.span, name=name.text)
            rounded.add(name.id)
    for block in context.blocks:
        if not isinstance(block, Policy) and block.rounding is not None:
            check_places(block.rounding.places, context)
    for path in policy.paths:
        component = path[-1]
        _groups(component.groups, context)
        if len(path) > 1:
            _within(path[:-1], component, context)
        for indicator in component.indicators:
            if indicator.places is not None:
                check_places(indicator.places, context)
            _within(path, indicator, context)
    for gate in (gate for block in context.blocks for gate in block.gates):
        if isinstance(gate.consequence, AtMost):
            check_constant(gate.consequence.value, (Unit.NUMBER, Unit.POINTS), context)
    _register(context)
    check_monitoring(context)
    for guarantee in policy.guarantees:
        _guarantee(guarantee, context)


def _dates(context: Context) -> None:
    policy = context.policy
    if policy.period is None:
        return
    last = policy.period.last_day
    related = (Related(policy.period_span, "the assessed year", "考核年度"),)
    if policy.effective is not None and policy.effective > last:
        context.add("AS4021", policy.effective_span, related, found=str(policy.effective), period=str(policy.period))
    if policy.issued is not None and policy.issued > last:
        context.add("AS4022", policy.issued_span, related, found=str(policy.issued), period=str(policy.period))
    register = policy.register
    if register is not None and register.freeze is not None and register.freeze > last:
        context.add("AS4023", register.freeze_span, related, found=str(register.freeze), period=str(policy.period))


def _takes(declared: Unit, given: Unit) -> bool:
    return join(declared, given) is declared


def _wrong_unit(name: str, value: Expression, declared: Unit, given: Unit, context: Context) -> None:
    expected, unit = context.unit_text(declared), context.unit_text(given)
    context.add("AS3013", value.span, name=name, found=value.span.text, unit=unit, expected=expected)


def _given_values(context: Context) -> None:
    """Parameters and benchmarks have values that are known before the data, of the unit that was declared."""
    policy, checked = context.policy, context.checked
    circular = any(found.code == "AS2115" for found in context.diagnostics.values())
    declared: list[tuple[str, Expression, Unit | None]] = []
    declared += [(parameter.name, parameter.value, None) for parameter in policy.parameters]
    declared += [(b.name, b.value, b.unit) for b in policy.benchmarks if b.value is not None]
    without_sample: list[Benchmark | Indicator] = [*policy.benchmarks, *context.indicators]
    for one in without_sample:
        if one.unit is Unit.SURVEY:
            context.add("AS3016", one.span, name=one.name)
    for fact in policy.facts:
        if fact.places is not None:
            check_places(fact.places, context)
        if fact.missing is not None and fact.missing.value is not None:
            declared.append((fact.name, fact.missing.value, fact.unit))
        elif fact.missing is not None and fact.missing.kind == "zero" and not fact.unit.is_number:
            context.add("AS3014", fact.missing.span, name=fact.name, unit=context.unit_text(fact.unit))
    for name, value, unit in declared:
        before = context.failures
        found = unit_of(value, CONSTANT, context)
        if found is None or context.failures != before:
            continue
        if unit is not None and not _takes(unit, found):
            _wrong_unit(name, value, unit, found, context)
        elif constant(value, checked) is None and not circular:
            inexact = any(isinstance(one, Call) and one.function.id in IRRATIONAL for one in nodes(value))
            context.add("AS3011", value.span, found=value.span.text, inexact=value.span.text if inexact else "")


def component_named(name: Name, context: Context) -> Component | None:
    policy = context.policy
    found = next((component for component in policy.every_component if component.name == name.id), None)
    if found is None and name.id not in policy.doubtful and context.lacks("component", policy):
        known = [component.name for component in policy.every_component]
        context.add("AS2105", name.span, name=name.text, suggestion=context.suggestion(name.text, known))
    return found


def _groups(groups: Sequence[Name], context: Context) -> bool:
    """Whether all the groups exist."""
    policy = context.policy
    known = [group.name for group in policy.groups]
    right = True
    for name in groups:
        if name.id not in known:
            right = False
            if name.id not in policy.doubtful and context.lacks("group", policy):
                context.add("AS2103", name.span, name=name.text, suggestion=context.suggestion(name.text, known))
    return right


def _within(path: tuple[Component, ...], part: Indicator | Component, context: Context) -> None:
    """A part is for groups for which that is in which it stands."""
    if not _groups(part.groups, context):
        return
    possible = context.policy.groups_of(*path)
    for name in part.groups:
        if name.id not in possible and any(component.groups for component in path):
            context.add("AS4026", name.span, name=name.text, component=path[-1].name)


def _register(context: Context) -> None:
    register = context.policy.register
    if register is None:
        return
    _groups([name for name in register.coverage if name.word != "everyone"], context)
    share = None if register.ambition is None else register.ambition.at_most
    if share is not None and check_constant(share, (Unit.SHARE,), context) is not None:
        most = amount(share, context.checked)
        if most is not None and most <= 0:
            context.add("AS4240", share.span, found=share.span.text)
    adjustment, freeze = register.adjustment, register.freeze
    if adjustment is not None and freeze is not None and adjustment.until < freeze:
        related = (Related(register.freeze_span, "the freeze", "冻结日期"),)
        context.add("AS4241", adjustment.until_span, related, until=str(adjustment.until), freeze=str(freeze))


# What a guarantee speaks of, and the bounds that it must give.
_SUBJECTS = {"absolute": "gate", "dominance": "component"}
_BOUNDS = {"bounded": ("from", "to"), "dominance": ("above",), "no_cliff": ("above",)}


def _guarantee(guarantee: Guarantee, context: Context) -> None:
    kind, shown = guarantee.property, context.spelled("name", guarantee.property)
    bounds = dict(guarantee.bounds)
    for clause in _BOUNDS.get(kind, ()):
        if clause not in bounds:
            what = f"`{context.spelled('clause', clause)}`"
            context.add("AS4024", guarantee.span, name=shown, what=what)
    superfluous = [bound.span for clause, bound in guarantee.bounds if clause not in _BOUNDS.get(kind, ())]
    for _, bound in guarantee.bounds:
        check_constant(bound, (Unit.NUMBER, Unit.POINTS), context)
    low, high = (amount(bounds.get(clause), context.checked) for clause in ("from", "to"))
    if low is not None and high is not None and low >= high:
        context.add("AS4025", bounds["to"].span)
    match _SUBJECTS.get(kind):
        case "gate":
            _gates_named(guarantee, context)
        case "component":
            for name in guarantee.subjects:
                component_named(name, context)
            if len(guarantee.subjects) != 2:
                clauses = context.listed("clause", "of", "over")
                context.add("AS4024", guarantee.span, name=shown, what=clauses)
        case _:
            superfluous += [name.span for name in guarantee.subjects]
    if superfluous:
        context.add("AS4044", superfluous[0], name=shown)


def _gates_named(guarantee: Guarantee, context: Context) -> None:
    policy = context.policy
    known = [gate.name for block in context.blocks for gate in block.gates]
    for name in guarantee.subjects:
        if name.id not in known and name.id not in policy.doubtful and context.lacks("gate", *context.blocks):
            context.add("AS2106", name.span, name=name.text, suggestion=context.suggestion(name.text, known))
    if not guarantee.subjects:
        shown = context.spelled("name", guarantee.property)
        context.add("AS4024", guarantee.span, name=shown, what=context.spelled("word", "gate"))


def check_deadline(within: Expression, context: Context) -> None:
    """Of a finding: a whole number of days."""
    days = check_whole(within, (Unit.NUMBER, Unit.DAYS), context)
    if days is not None and days < 0:
        context.add("AS4029", within.span, found=within.span.text)
