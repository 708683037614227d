"""What the words of the language mean as values, and where each can be used."""

from collections.abc import Mapping
from typing import Final, Literal

from attrs import Factory, evolve, frozen

from assessdsl.ast.nodes import Indicator
from assessdsl.quantity import Unit
from assessdsl.source import Span
from assessdsl.syntax.tree import Expression, Name

Family = Literal[
    "constant", "target", "met", "entry", "entity", "components", "total", "rank", "tier", "progress",
    "targets", "entries", "peers", "history", "group",
]  # fmt: skip

FAMILY_TEXT: Final[Mapping[str, tuple[str, str]]] = {
    "target": ("of a target", "某一目标的内容"),
    "group": ("of an entity, and not known before the data", "某一单位的内容,在读取数据之前尚不可知"),
    "met": ("known only inside `any(targets, …)` and the like", "只在遍历目标的函数中才有的内容"),
    "entry": ("of an entry, as inside `sum(entries, …)`", "某一条记录的内容,只在遍历记录的函数中可用"),
    "entity": ("of an entity, and not known before the data", "某一单位的内容,在读取数据之前尚不可知"),
    "components": ("known only when the components are scored", "各板块计分之后才有的内容"),
    "total": ("known only when the total is", "总分算出之后才有的内容"),
    "rank": ("known only when the entities are ranked", "排名之后才有的内容"),
    "tier": ("known only when the tiers are given", "等次评定之后才有的内容"),
    "progress": ("known only in `monitoring`", "只在督查中才有的内容"),
    "targets": ("known only when the targets are scored", "各目标计分之后才有的内容"),
    "entries": ("of an indicator", "某一指标的内容"),
    "peers": ("of other entities, and not known here", "其他单位的内容,此处尚不可知"),
    "past": (
        "not known of earlier years, of which only `total`, `rank`, `tier` and `group` are",
        "往年没有的内容:往年只有总分、名次、等次和组别",
    ),
    "history": ("of an earlier year, and not known here", "往年的内容,此处尚不可知"),
}


@frozen
class Meaning:
    """A word as a value. Without a unit: that of the indicator."""

    family: Family
    unit: Unit | None


MEANINGS: Final[Mapping[str, Meaning]] = {
    "actual": Meaning("target", None),
    "planned": Meaning("target", None),
    "baseline": Meaning("target", None),
    "weight": Meaning("target", Unit.NUMBER),
    "due": Meaning("target", Unit.DATE),
    "completed_on": Meaning("target", Unit.DATE),
    "completed": Meaning("target", Unit.YES_NO),
    "late_days": Meaning("target", Unit.DAYS),
    "required": Meaning("target", Unit.YES_NO),
    "linked": Meaning("target", Unit.YES_NO),
    "plan_total": Meaning("target", None),
    "achieved": Meaning("target", None),
    "elapsed": Meaning("target", Unit.SHARE),
    "met": Meaning("met", Unit.YES_NO),
    "not_applicable": Meaning("met", Unit.YES_NO),
    "exempt": Meaning("met", Unit.YES_NO),
    "disputed": Meaning("met", Unit.YES_NO),
    "falsified": Meaning("met", Unit.YES_NO),
    "progress": Meaning("progress", Unit.PERCENT),
    "expected": Meaning("progress", Unit.PERCENT),
    "level": Meaning("entry", Unit.LEVEL),
    "category": Meaning("entry", Unit.TEXT),
    "item": Meaning("entry", Unit.TEXT),
    "total": Meaning("total", Unit.POINTS),
    "rank": Meaning("rank", Unit.COUNT),
    "tier": Meaning("tier", Unit.TIER),
    "group": Meaning("group", Unit.GROUP),
    "period": Meaning("constant", Unit.NUMBER),
    "zero": Meaning("constant", Unit.NUMBER),
    "yes": Meaning("constant", Unit.YES_NO),
    "no": Meaning("constant", Unit.YES_NO),
    "error": Meaning("constant", Unit.ANY),
}
COLLECTIONS: Final = ("components", "targets", "required_targets", "entries")
OF_PLANS: Final = frozenset({"linked", "plan_total", "achieved", "elapsed"})  # of targets that link to a plan
OF_ENTRIES: Final = frozenset({"actual", "completed_on"})  # what an entry has of its own beside the family `entry`


@frozen
class Scope:
    """Where an expression stands: what can be named there.

    `parameters` are those of the function whose body it is, with the units of the operands (None: not known).
    """

    families: frozenset[Family]
    indicator: Indicator | None = None
    parameters: Mapping[str, Unit | None] = Factory(dict)
    past: bool = False  # of earlier years too, of which only published results are known
    functions: tuple[str, ...] = ()  # the calls within which it stands
    call: Span | None = None  # the call in the policy's own text

    def has(self, family: Family) -> bool:
        return family == "constant" or family in self.families or (family == "group" and "entity" in self.families)

    def adding(self, *families: Family) -> "Scope":
        return evolve(self, families=self.families | set(families))

    def only(self, *families: Family) -> "Scope":
        return evolve(self, families=self.families & set(families))


def _scope(*families: Family) -> Scope:
    return Scope(frozenset(families))


CONSTANT: Final = _scope()
COMPONENT_GATE: Final = _scope("entity", "peers", "history")
TOTAL: Final = COMPONENT_GATE.adding("targets", "components")
OUTCOME: Final = TOTAL.adding("total")
TIER: Final = OUTCOME.adding("rank")
FINDING: Final = TIER.adding("tier")
LIGHT: Final = _scope("target", "progress", "entity")


def of_indicator(indicator: Indicator) -> Scope:
    return evolve(_scope("target", "entity", "entries", "peers", "history"), indicator=indicator)


def word_of(expression: Expression | None) -> str:
    """The word that stands alone, "" for anything else."""
    return expression.word if isinstance(expression, Name) else ""
