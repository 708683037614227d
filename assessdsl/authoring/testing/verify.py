"""What a test expects against what the assessment gave, with the explanation of a difference."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Final, assert_never

from attrs import define

from assessdsl import engine
from assessdsl.ast.operands import Remarks
from assessdsl.ast.walk import nodes
from assessdsl.authoring.inexact import is_inexact
from assessdsl.authoring.testing.records import Beside, Bound, Expectation, Failure
from assessdsl.authoring.testing.words import word
from assessdsl.check.constants import constant
from assessdsl.explanation import Explanation, LedgerLine, Node
from assessdsl.explanation.text import ledger_lines, tree_lines
from assessdsl.quantity import Quantity, Unit, decimal_places, exact_text
from assessdsl.result import (
    ComponentResult,
    EntityResult,
    Finding,
    IndicatorResult,
    Result,
    TargetResult,
    finding_title,
)
from assessdsl.syntax.tree import Expression, Number
from assessdsl.vocabulary import nearest

_LINES: Final = 8  # of an explanation that are shown
_POINTS: Final = (Unit.POINTS, Unit.NUMBER, Unit.COUNT, Unit.SHARE)


_Part = tuple[ComponentResult, IndicatorResult | None, ComponentResult | IndicatorResult | TargetResult]
"""A component, its indicator, and which of these or of its targets has the score."""


@define(slots=False)
class Verification:
    """Of the expectations about one entity. others: by name what came of the tests of the file, None of an error."""

    policy: engine.Policy
    result: Result
    entity: EntityResult
    others: Mapping[str, Result | None]
    remarks: Remarks

    @property
    def language(self) -> str:
        return self.remarks.language

    def failure(self, expected: Expectation) -> Failure | None:
        """None also where what is expected cannot be told from anything, which is remarked."""
        match expected.kind:
            case "scored":
                return None
            case "total":
                return self._number(expected, word("total", self.language), self._whole)
            case "rank":
                return self._number(expected, word("rank", self.language), lambda: self._of("rank"))
            case "score":
                return self._score(expected)
            case "tier":
                return self._tiered(expected)
            case "eligible":
                if self.entity.eligible == (expected.status == "yes"):
                    return None
                found = word("yes" if self.entity.eligible else "no", self.language)
                return self._failed(expected, word("eligible", self.language), self._word(expected.status), found)
            case "finding":
                return self._finding(expected)

    def _failed(self, expected: Expectation, what: str, wanted: str, found: str, why: Sequence[str] = ()) -> Failure:
        name = self.entity.label or self.entity.entity
        return Failure(f"{name} {what}", wanted, found, tuple(why), expected.span)

    def _word(self, key: str) -> str:
        return word(key, self.language)

    # ------------------------------------------------------------ numbers

    def _number(self, expected: Expectation, what: str, why: Callable[[], tuple[str, ...]]) -> Failure | None:
        told = len(self.remarks.diagnostics)
        actual, near = self._value(expected, self.entity), self._tolerance(expected)
        if expected.beside is None:
            wanted = self._constant(expected.value)
        else:
            other = self._other(expected, expected.beside)
            wanted = None if other is None else self._value(expected, other)
        if len(self.remarks.diagnostics) > told:
            return None
        if actual is not None and wanted is not None and _lies(actual - wanted, expected.bound, near):
            return None
        shown, found = (self._word("none") if value is None else number_text(value) for value in (wanted, actual))
        return self._failed(expected, what, self._wanted(expected, shown, near), found, why())

    def _wanted(self, expected: Expectation, shown: str, near: Fraction = Fraction(0)) -> str:
        """`at least 60 (before)`."""
        beside = expected.beside or Beside()
        of = ", ".join(part for part in (beside.test, beside.entity) if part)
        shown += (f" ({of})" if of else "") + (f" ± {number_text(near)}" if near else "")
        return shown if expected.bound == "equal" else word(expected.bound, self.language, value=shown)

    def _other(self, expected: Expectation, beside: Beside) -> EntityResult | None:
        """The entity in the other test, or another one; None if that test has no result."""
        if beside.test and beside.test not in self.others:
            near = nearest(beside.test, list(self.others)) or ""
            self.remarks.add("AS9517", expected.span, name=beside.test, suggestion=near)
            return None
        result = self.others[beside.test] if beside.test else self.result
        name = beside.entity or self.entity.entity
        if result is not None and name not in result.entities:
            near = nearest(name, list(result.entities)) or ""
            self.remarks.add("AS9516", expected.span, name=name, suggestion=near)
            return None
        return None if result is None else result.entities[name]

    def _value(self, expected: Expectation, entity: EntityResult) -> Fraction | None:
        match expected.kind:
            case "total":
                return entity.total.value
            case "rank":
                return None if entity.rank is None else Fraction(entity.rank)
            case _:
                scored = self._part(expected, entity)
                return None if scored is None else scored[-1].score.value

    def _constant(self, expression: Expression | None) -> Fraction | None:
        assert expression is not None
        known = constant(expression, self.policy.checked)
        percent = any(isinstance(node, Number) and node.measure == "percent" for node in nodes(expression))
        # a quotient of two plain numbers has the unit of a share, and is still how a fraction is written
        if known is None or not isinstance(known[0], Fraction) or percent or known[1] not in _POINTS:
            self.remarks.add("AS9513", expression.span, found=expression.span.text)
            return None
        return known[0]

    def _tolerance(self, expected: Expectation) -> Fraction:
        """How far the value may be from what is expected: nothing, where it is exact and a number is expected."""
        if expected.tolerance is None:
            return Fraction(0)
        if expected.beside is None and not is_inexact(self.policy.plan, *expected.name):
            name = " ".join(expected.name) or self._word(expected.kind)
            self.remarks.add("AS9514", expected.tolerance.span, name=name)
            return Fraction(0)
        return self._constant(expected.tolerance) or Fraction(0)

    # ------------------------------------------------------------ scores

    def _score(self, expected: Expectation) -> Failure | None:
        part = self._part(expected, self.entity)
        if part is None:
            return None
        component, indicator, scored = part
        named = indicator or component
        what = " ".join((named.label or named.name, *([scored.target] if isinstance(scored, TargetResult) else [])))
        return self._number(expected, what, lambda: self._why(component, indicator))

    def _part(self, expected: Expectation, entity: EntityResult) -> _Part | None:
        """What the expectation names."""
        *above, name = expected.name
        components = {inner.name: inner for outer in entity.components.values() for inner in outer.every}
        if not above and name in components:
            return components[name], None, components[name]
        found = [
            (component, component.indicators[name])
            for component in components.values()
            if name in component.indicators and (not above or above == [component.name])
        ]
        if not found:
            names = [*components, *(name for component in components.values() for name in component.indicators)]
            self._unknown(expected, " ".join(expected.name), names)
            return None
        component, indicator = found[0]
        if not expected.cites:
            return component, indicator, indicator
        (name,) = expected.cites
        target = next((target for target in indicator.targets if target.target == name), None)
        if target is None:
            self._unknown(expected, name, [target.target for target in indicator.targets])
            return None
        return component, indicator, target

    def _unknown(self, expected: Expectation, name: str, names: list[str]) -> None:
        near = nearest(name, names) or ""
        self.remarks.add("AS9515", expected.span, name=name, entity=self.entity.entity, suggestion=near)

    # ------------------------------------------------------------ tiers and findings

    def _tiered(self, expected: Expectation) -> Failure | None:
        told = len(self.remarks.diagnostics)
        other = None if expected.beside is None else self._other(expected, expected.beside)
        if len(self.remarks.diagnostics) > told:
            return None
        there = expected.beside is None or other is not None
        names = (expected.status if other is None else other.tier or ""), self.entity.tier or ""
        order = [*(name for name, _ in self.result.tiers), ""]  # the best first, none at all last
        if there and names[0] in order:
            wanted, found = map(order.index, names)
            if _lies(Fraction(wanted - found), expected.bound, Fraction(0)):
                return None
        shown, found_text = (self._tier(expected, name) for name in names)
        return self._failed(expected, self._word("tier"), self._wanted(expected, shown), found_text, self._of("tier"))

    def _tier(self, expected: Expectation, name: str) -> str:
        if not name:
            return self._word("none")
        labels = dict(self.result.tiers)
        if name not in labels:
            self._unknown(expected, name, list(labels))
        return f"{labels[name]} ({name})" if labels.get(name) else name

    def _finding(self, expected: Expectation) -> Failure | None:
        (name,) = expected.name or ("",)
        found = [finding for finding in self.entity.findings if finding.name == name]
        what = f"{self._word('finding')} {name}".strip()
        if not name:  # none at all
            if not self.entity.findings:
                return None
            shown = "; ".join(finding_title(finding, self.language) for finding in self.entity.findings)
            return self._failed(expected, what, self._word("none"), shown)
        declared = [finding.name for finding in self.policy.plan.outputs.findings]
        if name not in declared and not name.startswith("target_"):
            self._unknown(expected, name, declared)
            return None
        if expected.status == (found[0].status if found else "not"):
            cited = {cite.target or cite.judgement for finding in found for cite in finding.cites}
            missing = [cite for cite in expected.cites if cite not in cited]
            if not missing:
                return None
            wanted, actual = ", ".join(expected.cites), ", ".join(sorted(cited))
            return self._failed(expected, f"{what} {self._word('citing')}", wanted, actual)
        return self._failed(
            expected, what, self._word(expected.status), self._word(_status(found)), self._of("finding", name)
        )

    # ------------------------------------------------------------ explanations

    @cached_property
    def _explained(self) -> Explanation:
        return engine.explain(self.result, self.entity.entity, language=self.language)

    def _whole(self) -> tuple[str, ...]:
        return self._ledger(self._explained.ledger)

    def _why(self, component: ComponentResult, indicator: IndicatorResult | None) -> tuple[str, ...]:
        if indicator is None:
            inside = {inner.name for inner in component.every}
            return self._ledger([line for line in self._explained.ledger if line.component in inside])
        own = engine.explain(self.result, self.entity.entity, indicator.name, language=self.language)
        return self._cut(tree_lines(own.root, self.language))

    def _ledger(self, lines: Sequence[LedgerLine]) -> tuple[str, ...]:
        """The lines that count most."""
        most = sorted(lines, key=lambda line: -abs(line.points))[:_LINES]
        kept = [line for line in lines if line in most]
        lost = Quantity(sum((line.points for line in kept), Fraction(0)), Unit.POINTS)
        shown = ledger_lines(tuple(kept), lost, self.language)[1:-1] if kept else []
        left = len(lines) - len(kept)
        return (*shown, *([word("more", self.language, count=left)] if left else []))

    def _of(self, kind: str, name: str = "") -> tuple[str, ...]:
        """The working of an outcome."""
        outputs = self.policy.plan.outputs
        steps = {finding.name: finding.step for finding in outputs.findings}
        step = steps.get(name) if kind == "finding" else {"rank": outputs.rank, "tier": outputs.tier}[kind]
        nodes = [node for node in _outcomes(self._explained.root) if node.kind == kind and node.step == step]
        return self._cut([line for node in nodes for line in tree_lines(node, self.language)])

    def _cut(self, lines: list[str]) -> tuple[str, ...]:
        left = len(lines) - _LINES
        return (*lines[:_LINES], *([word("more", self.language, count=left)] if left > 0 else []))


def _outcomes(root: Node) -> Iterator[Node]:
    yield from (node for node in root.walk() if node.kind in ("rank", "tier", "finding"))


def _lies(difference: Fraction, bound: Bound, near: Fraction) -> bool:
    """Whether what is found, less what is expected, is as the bound wants it."""
    match bound:
        case "equal":
            return abs(difference) <= near
        case "at_least":
            return difference >= 0
        case "at_most":
            return difference <= 0
        case "above":
            return difference > 0
        case "below":
            return difference < 0
        case _:
            assert_never(bound)


def _status(found: list[Finding]) -> str:
    return found[0].status if found else "not"


def number_text(value: Fraction) -> str:
    """The value as it may be written in a test: exact, and rounded beside it where it has no end."""
    text = exact_text(value)
    return text if decimal_places(value) is not None else f"{text} ({Quantity(value)})"
