"""What a test expects against what the assessment gave, with the explanation of a difference."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Final

from attrs import define

from assessdsl import engine
from assessdsl.ast.operands import Remarks
from assessdsl.ast.walk import nodes
from assessdsl.authoring.inexact import is_inexact
from assessdsl.authoring.testing.records import Expectation, Failure
from assessdsl.authoring.testing.words import word
from assessdsl.check.constants import constant
from assessdsl.explanation import Explanation, LedgerLine, Node
from assessdsl.explanation.text import ledger_lines, tree_lines
from assessdsl.quantity import Quantity, Unit, decimal_places, exact_text
from assessdsl.result import ComponentResult, EntityResult, Finding, IndicatorResult, Result, finding_title
from assessdsl.syntax.tree import Expression, Number
from assessdsl.vocabulary import nearest

_LINES: Final = 8  # of an explanation that are shown
_POINTS: Final = (Unit.POINTS, Unit.NUMBER, Unit.COUNT, Unit.SHARE)


@define(slots=False)
class Verification:
    """Of the expectations about one entity."""

    policy: engine.Policy
    result: Result
    entity: EntityResult
    language: str
    remarks: Remarks

    def failure(self, expected: Expectation) -> Failure | None:
        match expected.kind:
            case "total":
                return self._number(expected, word("total", self.language), self.entity.total.value, self._whole)
            case "rank":
                actual = None if self.entity.rank is None else Fraction(self.entity.rank)
                return self._number(expected, word("rank", self.language), actual, lambda: self._of("rank"))
            case "score":
                return self._score(expected)
            case "tier":
                if (self.entity.tier or "") == expected.status:
                    return None
                texts = (self._tier(expected, expected.status), self._tier(expected, self.entity.tier or ""))
                return self._failed(expected, word("tier", self.language), *texts, self._of("tier"))
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

    def _number(
        self, expected: Expectation, what: str, actual: Fraction | None, why: Callable[[], tuple[str, ...]]
    ) -> Failure | None:
        wanted = self._constant(expected.value)
        if wanted is None:
            return None
        if expected.tolerance is not None:
            near = self._tolerance(expected, expected.tolerance)
            if near is None or (actual is not None and abs(actual - wanted) <= near):
                return None
        elif actual == wanted:
            return None
        found = self._word("none") if actual is None else number_text(actual)
        return self._failed(expected, what, number_text(wanted), found, why())

    def _constant(self, expression: Expression | None) -> Fraction | None:
        assert expression is not None
        known = constant(expression, self.policy.checked)
        percent = any(isinstance(node, Number) and node.measure == "percent" for node in nodes(expression))
        # a quotient of two plain numbers has the unit of a share, and is still how a fraction is written
        if known is None or not isinstance(known[0], Fraction) or percent or known[1] not in _POINTS:
            self.remarks.add("AS9513", expression.span, found=expression.span.text)
            return None
        return known[0]

    def _tolerance(self, expected: Expectation, tolerance: Expression) -> Fraction | None:
        """How far the value may be from what is expected: nothing, where it is exact."""
        if not is_inexact(self.policy.plan, *expected.name):
            self.remarks.add("AS9514", tolerance.span, name=" ".join(expected.name))
            return None
        return self._constant(tolerance)

    # ------------------------------------------------------------ scores

    def _score(self, expected: Expectation) -> Failure | None:
        part = self._part(expected)
        if part is None:
            return None
        component, indicator = part
        scored: ComponentResult | IndicatorResult = component if indicator is None else indicator
        what, actual = scored.label or scored.name, scored.score.value
        if indicator is not None and expected.cites:
            (name,) = expected.cites
            target = next((target for target in indicator.targets if target.target == name), None)
            if target is None:
                names = [target.target for target in indicator.targets]
                self._unknown(expected, name, names)
                return None
            what, actual = f"{what} {name}", target.score.value
        return self._number(expected, what, actual, lambda: self._why(component, indicator))

    def _part(self, expected: Expectation) -> tuple[ComponentResult, IndicatorResult | None] | None:
        """The component, or the component and its indicator, that the expectation names."""
        *above, name = expected.name
        components = {inner.name: inner for outer in self.entity.components.values() for inner in outer.every}
        if not above and name in components:
            return components[name], None
        found = [
            (component, component.indicators[name])
            for component in components.values()
            if name in component.indicators and (not above or above == [component.name])
        ]
        if not found:
            names = [*components, *(name for component in components.values() for name in component.indicators)]
            self._unknown(expected, " ".join(expected.name), names)
            return None
        return found[0]

    def _unknown(self, expected: Expectation, name: str, names: list[str]) -> None:
        near = nearest(name, names) or ""
        self.remarks.add("AS9515", expected.span, name=name, entity=self.entity.entity, suggestion=near)

    # ------------------------------------------------------------ tiers and findings

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


def _status(found: list[Finding]) -> str:
    return found[0].status if found else "not"


def number_text(value: Fraction) -> str:
    """The value as it may be written in a test: exact, and rounded beside it where it has no end."""
    text = exact_text(value)
    return text if decimal_places(value) is not None else f"{text} ({Quantity(value)})"
