"""What a policy may do, branch by branch, and how to see in an assessment that it did."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from attrs import define, field, frozen

from assessdsl import engine
from assessdsl.ast.nodes import Component, Gate, Handling, Indicator, Level, Policy, TierAtMost
from assessdsl.ast.walk import nodes
from assessdsl.authoring.coverage_probes import Bounded, Decides, Holds, Probe, Supplied, Taken, TiedOver, Used
from assessdsl.plan.steps import (
    Band,
    Calculate,
    Choose,
    Clamp,
    ComponentOutput,
    Fail,
    IndicatorOutput,
    Load,
    Operation,
    Plan,
    Stage,
    Step,
    Supply,
)
from assessdsl.plan.steps import Gate as GateStep
from assessdsl.plan.walk import inputs, under
from assessdsl.source import Span
from assessdsl.syntax.tree import Call, Choice, Expression, Name
from assessdsl.vocabulary import vocabulary

Texts = tuple[str, str]  # English and Chinese
_SHOWN: Final = 60  # characters of an expression

_KINDS: Final[Mapping[str, Texts]] = {
    "branch true": ("`{what}` holds", "`{what}` 成立"),
    "branch false": ("`{what}` does not hold", "`{what}` 不成立"),
    "step": ("step {what}", "档 {what}"),
    "below": ("below every step of {what}", "{what} 各档以下"),
    "operand": ("`{what}` decides", "由 `{what}` 决定"),
    "case": ("{what} stands in", "取 {what}"),
    "gate fired": ("gate {what} fires", "门槛 {what} 触发"),
    "gate passed": ("gate {what} does not fire", "门槛 {what} 不触发"),
    "missing": ("missing facts of {what}", "{what} 实绩缺失"),
    "applies": ("{what} applies", "{what} 适用"),
    "does not apply": ("{what} does not apply", "{what} 不适用"),
    "absent": ("no target of {what}", "{what} 未下达目标"),
    "cap": ("the cap of {what} limits", "{what} 触及上限"),
    "floor": ("the floor of {what} limits", "{what} 触及下限"),
    "scored": ("{what} is scored", "{what} 计分"),
    "tier": ("tier {what} is reached", "有单位达到等次 {what}"),
    "tie": ("a tie over the quota line of {what}", "等次 {what} 名额线上并列"),
    "eligible": ("someone may compete ({what})", "有单位具备参评资格({what})"),
    "not eligible": ("someone may not compete ({what})", "有单位不具备参评资格({what})"),
    "raised": ("finding {what} is raised", "考核认定 {what} 成立"),
    "not raised": ("finding {what} is not raised", "考核认定 {what} 不成立"),
    "undetermined": ("finding {what} is undetermined", "考核认定 {what} 待定"),
}


@frozen
class Item:
    """One thing that the policy may do; it did where any of the probes says so."""

    kind: str
    what: str
    span: Span
    probes: tuple[Probe, ...]

    def text(self, language: str) -> str:
        return _KINDS[self.kind][language == "zh"].format(what=self.what)


def items(policy: engine.Policy) -> tuple[Item, ...]:
    """In the order of the policy's parts. What only stops an assessment is left out: it has no result to look at."""
    return tuple(_Finder(policy).find())


@define
class _Finder:
    policy: engine.Policy
    _steps: dict[tuple[int, int], list[Step]] = field(factory=dict, init=False)  # by their places in the policy

    def __attrs_post_init__(self) -> None:
        for step in self.plan.steps:
            if step.span.source is self.tree.source:
                self._steps.setdefault((step.span.start, step.span.end), []).append(step)

    @property
    def tree(self) -> Policy:
        return self.policy.checked.policy

    @property
    def plan(self) -> Plan:
        return self.policy.plan

    def find(self) -> Iterator[Item]:
        for fact in self.tree.facts:
            yield from self.handling("missing", fact.label or fact.name, fact.missing)
        for function in self.tree.functions:
            yield from self.expression(function.body)
        outputs = {output.name: output for output in self.plan.outputs.every_component}
        for component in self.tree.every_component:
            output = outputs[component.name]
            for indicator, scored in zip(component.indicators, output.indicators, strict=True):
                yield from self.indicator(indicator, scored)
            yield from self.component(component, output)
        if self.tree.total is not None:
            yield from self.expression(self.tree.total)
        yield from self.gates(self.tree.gates, self.plan.outputs.total_stages)
        yield from self.outcomes()

    # ------------------------------------------------------------ parts

    def indicator(self, indicator: Indicator, output: IndicatorOutput) -> Iterator[Item]:
        name = indicator.label or indicator.name
        yield Item("scored", name, indicator.span, (Used(output.stages[-1].step),))
        for expression in (indicator.score, indicator.each):
            if expression is not None:
                yield from self.expression(expression)
                yield from self.labelled(expression, output.stages[0].step)
        for level, asked in zip(indicator.levels, indicator.levels[:-1], strict=False):
            yield from self.level(level, asked, True)
        for level, asked in pairwise(reversed(indicator.levels[-2:])):  # what is no other level is the last
            yield from self.level(level, asked, False)
        yield from self.handling("missing", name, indicator.missing)
        yield from self.stand_ins(indicator, output)
        if indicator.absent is not None and indicator.absent.kind != "error" and output.absent is not None:
            yield Item("absent", name, indicator.absent.span, (Holds(output.absent, True),))
        yield from self.gates(indicator.gates, output.stages)
        yield from self.limits(indicator, output.stages)

    def level(self, level: Level, asked: Level, side: bool) -> Iterator[Item]:
        """An entry of a level was scored: it is that for which is asked, or it is not."""
        taken = self.probes(asked.span, Choose, lambda step: Taken(step.id, side))
        yield from self.item("step", level.label or level.name, level.span, taken)

    def stand_ins(self, indicator: Indicator, output: IndicatorOutput) -> Iterator[Item]:
        """For a fact in a state, and for those to whom the indicator does not apply."""
        for state in indicator.states:
            word = vocabulary().words.get(("name", state.state))
            name = word.spelling(self.tree.source.language) if word else state.state
            taken = self.taken(state.handling.span, True)
            yield from self.item("case", f"{name} {_text(state.handling.span)}", state.handling.span, taken)
        if indicator.applies is not None and output.others is not None:
            yield from self.expression(indicator.applies.when)
            for kind, outside in (("applies", False), ("does not apply", True)):
                name = indicator.label or indicator.name
                yield Item(kind, name, indicator.applies.span, (Holds(output.others, outside),))

    def component(self, component: Component, output: ComponentOutput) -> Iterator[Item]:
        if component.combine is not None and component.combine.expression is not None:
            yield from self.expression(component.combine.expression)
        held = [stage for indicator in output.indicators for stage in indicator.held if stage.kind == "contagion"]
        for rule in component.contagion:
            fired = tuple(
                Holds(operation.when, True)
                for stage in held
                if stage.name == rule.name and isinstance(operation := self.plan.steps[stage.step].operation, GateStep)
            )
            yield from self.item("gate fired", rule.label or rule.name, rule.span, fired)
        yield from self.gates(component.gates, output.stages)
        yield from self.limits(component, output.stages)

    def limits(self, part: Component | Indicator, stages: Sequence[Stage]) -> Iterator[Item]:
        name = part.label or part.name
        limits = tuple(stage.step for stage in stages if stage.kind == "limit")
        if part.cap is not None:
            yield Item("cap", name, part.cap.span, tuple(Bounded(step, "high") for step in limits))
        if part.floor is not None:
            yield Item("floor", name, part.floor.span, tuple(Bounded(step, "low") for step in limits))

    def gates(self, gates: Sequence[Gate], stages: Sequence[Stage]) -> Iterator[Item]:
        fired = {stage.name: stage.step for stage in stages if stage.kind == "gate"}
        for gate in gates:
            yield from self.expression(gate.when)
            if isinstance(gate.consequence, TierAtMost):
                band = self.plan.outputs.tier
                operation = None if band is None else self.plan.steps[band].operation
                vetoes = operation.vetoes if isinstance(operation, Band) else ()
                when = next((veto.when for veto in vetoes if veto.name == gate.name), None)
            else:
                step = self.plan.steps[fired[gate.name]].operation
                assert isinstance(step, GateStep)
                when = step.when
            if when is not None:
                name = gate.label or gate.name
                yield Item("gate fired", name, gate.span, (Holds(when, True),))
                yield Item("gate passed", name, gate.span, (Holds(when, False),))

    def handling(self, kind: str, name: str, handling: Handling | None) -> Iterator[Item]:
        if handling is not None and handling.kind not in ("error", "undetermined"):
            yield from self.item(
                kind, name, handling.span, self.probes(handling.span, Supply, lambda step: Supplied(step.id))
            )

    # ------------------------------------------------------------ expressions

    def expression(self, expression: Expression) -> Iterator[Item]:
        for node in nodes(expression):
            match node:
                case Choice(condition=condition):
                    for side, kind in ((True, "branch true"), (False, "branch false")):
                        yield from self.item(kind, _text(condition.span), condition.span, self.taken(node.span, side))
                case Call(function, arguments) if function.id == "ladder":
                    rungs = [one for one in arguments if one.key is not None and not _is(one.key, "below")]
                    for rung in rungs:
                        yield from self.item("step", _text(rung.span), rung.span, self.taken(rung.span, True))
                    if rungs:
                        subject = arguments[0].span
                        yield from self.item("below", _text(subject), subject, self.taken(rungs[0].span, False))
                case Call(function, arguments) if function.id in ("min", "max"):
                    for number, one in enumerate(arguments):
                        decided = self.probes(node.span, Calculate, _deciding(number))
                        yield from self.item("operand", _text(one.span), one.span, decided)
                case Call(function) if function.id == "clamp":
                    for kind, end in (("cap", "high"), ("floor", "low")):
                        bound = self.probes(node.span, Clamp, _bounding(end))
                        yield from self.item(kind, _text(node.span), node.span, bound)
                case _:
                    pass

    def taken(self, span: Span, side: bool) -> tuple[Probe, ...]:
        """Branches that end in an error are left out."""

        def probe(step: Step) -> Probe | None:
            assert isinstance(step.operation, Choose)
            branch = step.operation.chosen if side else step.operation.other
            return None if isinstance(self.plan.steps[branch].operation, Fail) else Taken(step.id, side)

        return self.probes(span, Choose, probe)

    def labelled(self, expression: Expression, root: int) -> Iterator[Item]:
        """What is given to a scoring form of the prelude for a special case: `zero_plan: …`, `too_small: …`."""
        functions, own = self.policy.checked.functions, {function.name for function in self.tree.functions}
        reached = self.reached(root)
        for call in nodes(expression):
            if not isinstance(call, Call) or call.function.id in own or call.function.id not in functions:
                continue
            given = {one.key.id: one for one in call.arguments if isinstance(one.key, Name)}
            body = functions[call.function.id].body
            for choice in nodes(body):
                if not isinstance(choice, Choice):
                    continue
                # the last step of a form stands where the form is called
                places = (choice.span, call.span) if choice is body else (choice.span,)
                for side, branch in ((True, choice.chosen), (False, choice.other)):
                    if isinstance(branch, Name) and branch.id in given:
                        argument = given[branch.id]
                        taken = tuple(
                            Taken(step.id, side)
                            for step in reached
                            if isinstance(step.operation, Choose)
                            and step.span in places
                            and not isinstance(self.branch(step.operation, side), Fail)
                        )
                        yield from self.item("case", _text(argument.span), argument.span, taken)

    def branch(self, choose: Choose, side: bool) -> Operation:
        return self.plan.steps[choose.chosen if side else choose.other].operation

    def reached(self, root: int) -> list[Step]:
        return [self.plan.steps[id] for id in sorted(under(self.plan.steps, [root]))]

    # ------------------------------------------------------------ outcomes

    def outcomes(self) -> Iterator[Item]:
        outputs = self.plan.outputs
        for rule in self.tree.eligibility:
            yield from self.expression(rule.when)
        if outputs.eligible is not None:
            names = ", ".join(rule.label or rule.name for rule in self.tree.eligibility)
            span = self.tree.eligibility[0].span
            yield Item("eligible", names, span, (Holds(outputs.eligible, True),))
            yield Item("not eligible", names, span, (Holds(outputs.eligible, False),))
        for number, tier in enumerate(self.tree.tiers if outputs.tier is not None else ()):
            assert outputs.tier is not None
            if tier.when is not None:
                yield from self.expression(tier.when)
            yield Item("tier", tier.label or tier.name, tier.span, (Holds(outputs.tier, tier.name),))
            if tier.quota is not None:
                yield Item("tie", tier.label or tier.name, tier.span, (TiedOver(outputs.tier, number),))
        for rule_, finding in zip(self.tree.findings, outputs.findings, strict=True):
            yield from self.expression(rule_.when)
            name = rule_.label or rule_.name
            yield Item("raised", name, rule_.span, (Holds(finding.step, True),))
            yield Item("not raised", name, rule_.span, (Holds(finding.step, False),))
            if self.may_be_missing(finding.step):
                yield Item("undetermined", name, rule_.span, (Holds(finding.step, None),))

    def may_be_missing(self, root: int) -> bool:
        """Whether the value may be left open for want of a fact or of a published result."""
        missing: dict[int, bool] = {}
        # a gate that cannot be decided stops the assessment, so whether a target was met is known
        met = {indicator.met for component in self.plan.outputs.every_component for indicator in component.indicators}
        for step in self.reached(root):  # inputs come before what they are used for
            match step.operation:
                case _ if step.id in met:
                    missing[step.id] = False
                case Load(source="entity", name=name):
                    missing[step.id] = name not in self.plan.schema.judgements and name != "group"
                case Load(source="tag") | Load(name="is_target" | "direction" | "forfeited" | "required"):
                    missing[step.id] = False
                case Load():
                    missing[step.id] = True
                case Supply(instead=instead):
                    missing[step.id] = missing[instead]
                case Calculate(operator="is_missing"):
                    missing[step.id] = False
                case operation:
                    past = getattr(operation, "offset", 0) > 0
                    missing[step.id] = past or any(missing[id] for id in inputs(operation))
        return missing[root]

    # ------------------------------------------------------------ steps at a place

    def probes(self, span: Span, kind: type[Operation], make: Callable[[Step], Probe | None]) -> tuple[Probe, ...]:
        found = (make(step) for step in self._steps.get((span.start, span.end), ()) if isinstance(step.operation, kind))
        return tuple(probe for probe in found if probe is not None)

    def item(self, kind: str, what: str, span: Span, probes: tuple[Probe, ...]) -> Iterator[Item]:
        """Nothing where the plan has no such branch, because it was decided when the policy was read."""
        if probes:
            yield Item(kind, what, span, probes)


def _deciding(number: int) -> Callable[[Step], Probe | None]:
    def probe(step: Step) -> Probe | None:
        assert isinstance(step.operation, Calculate)
        return Decides(step.id, number) if step.operation.operator in ("min", "max") else None

    return probe


def _bounding(side: str) -> Callable[[Step], Probe | None]:
    return lambda step: Bounded(step.id, "high" if side == "high" else "low")


def _is(key: Expression, word: str) -> bool:
    return isinstance(key, Name) and key.id == word


def _text(span: Span) -> str:
    text = " ".join(span.text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
