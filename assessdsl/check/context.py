"""What the checker knows of a policy, and what it has remarked so far."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction

from attrs import define, field, frozen

from assessdsl.ast.monitoring import Monitoring
from assessdsl.ast.nodes import Component, FactDeclaration, Function, Indicator, Policy
from assessdsl.check.names import Scope
from assessdsl.diagnostics import Diagnostic, Related
from assessdsl.limits import LIMITS
from assessdsl.quantity import Unit
from assessdsl.source import Span
from assessdsl.syntax.tree import Call, Document
from assessdsl.vocabulary import Kind, nearest, vocabulary

Known = tuple[Fraction | date | str | bool, Unit]  # a value and its unit


@frozen
class Checked:
    """A policy with what was found out about it. Without errors among the diagnostics, it can be lowered."""

    policy: Policy
    functions: Mapping[str, Function]  # of the prelude, and the policy's own
    constants: Mapping[str, Known]  # parameters, and benchmarks with a given value
    diagnostics: tuple[Diagnostic, ...] = ()
    document: Document | None = None  # the syntax tree, with what the policy extends; None where it was built otherwise


@define
class Context:
    """Remarks are collected once for each place and code: a function's body is seen once for every kind of call."""

    checked: Checked
    prelude: frozenset[str]  # functions whose text is not the author's
    values: Mapping[str, tuple[str, Unit, Span]]  # declared names that expressions may use: kind, unit, place
    call_unit: Callable[[Call, Scope, "Context"], Unit | None]
    diagnostics: dict[tuple[str | int, ...], Diagnostic] = field(factory=dict)
    used: set[str] = field(factory=set)
    calls: dict[tuple[object, ...], tuple[Unit | None, bool]] = field(factory=dict)  # unit, and whether it fits
    compared: int = 0
    depth: int = 0  # of the expression that is being looked at, through the definitions that it uses
    muted: int = 0  # while the text that is looked at is not the author's
    failures: int = 0  # remarks made or muted: whether a part is right is seen by comparing before and after

    facts: Mapping[str, FactDeclaration] = field(init=False)
    built_in_anew: frozenset[str] = field(init=False)  # functions of the language that the policy wrongly defines

    def __attrs_post_init__(self) -> None:
        defined = {function.name for function in self.policy.functions}
        self.built_in_anew = frozenset(defined - set(self.checked.functions))
        self.facts = {fact.name: fact for fact in reversed(self.policy.facts)}

    @property
    def policy(self) -> Policy:
        return self.checked.policy

    @property
    def language(self) -> str:
        return self.policy.source.language

    def spelled(self, kind: Kind, id: str) -> str:
        word = vocabulary().words.get((kind, id))
        return word.spelling(self.language) if word else id

    def listed(self, kind: Kind, *ids: str) -> str:
        return ", ".join(f"`{self.spelled(kind, id)}`" for id in ids)

    def unit_text(self, unit: Unit) -> str:
        return unit_text(unit, self.language)

    def add(self, code: str, span: Span, related: tuple[Related, ...] = (), **arguments: str) -> None:
        if not self.muted:
            found = Diagnostic(code, span, arguments, related=related)
            key = (code, *span.order, span.end, arguments.get("name", ""), arguments.get("word", ""))
            self.diagnostics.setdefault(key, found)
        self.failures += 1

    @property
    def indicators(self) -> list[Indicator]:
        return list(self.policy.indicators)

    @property
    def blocks(self) -> list[Policy | Component | Indicator]:
        """The parts of the policy that hold statements of their own."""
        return [self.policy, *self.policy.every_component, *self.indicators]

    def lacks(self, word: str, *parts: Policy | Component | Indicator | Monitoring) -> bool:
        """Whether a statement is really not there: none in these blocks could be it, misspelt or misplaced."""
        return word not in self.policy.broken and not any(part.broken & {"", word} for part in parts)

    def suggestion(self, text: str, possible: Sequence[str]) -> str:
        """What the text was surely meant to be, as long as looking for it costs little."""
        self.compared += len(possible)
        return (nearest(text, list(possible)) or "") if self.compared <= LIMITS.compared_names else ""


_UNIT_TEXT = {
    Unit.NUMBER: ("a number", "纯数"),
    Unit.SHARE: ("a share", "比例"),
    Unit.PERCENT: ("a rate in percent", "百分率"),
    Unit.PP: ("percentage points", "百分点"),
    Unit.POINTS: ("points", "分数"),
    Unit.MONEY: ("money", "金额"),
    Unit.COUNT: ("a count", "个数"),
    Unit.PORTION: ("a portion of a count", "个数的一部分"),
    Unit.DAYS: ("days", "天数"),
    Unit.MONTHS: ("months", "月数"),
    Unit.YEARS: ("years", "年数"),
    Unit.PLACES: ("decimal places", "小数位数"),
    Unit.YES_NO: ("yes or no", "是或否"),
    Unit.TEXT: ("text", "文字"),
    Unit.DATE: ("a date", "日期"),
    Unit.TIER: ("a tier", "等次"),
    Unit.GROUP: ("a group", "组别"),
    Unit.LEVEL: ("a level", "级别"),
    Unit.SURVEY: ("a survey", "调查"),
    Unit.ANY: ("`error`", "报错"),
}


def unit_text(unit: Unit, language: str) -> str:
    if unit.thing:
        return f"以{unit.label}计的数量" if language == "zh" else f"a count of {unit.label}"
    return _UNIT_TEXT[unit][language == "zh"]
