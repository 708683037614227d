"""What explanations are called, in English and Chinese."""

from datetime import date
from typing import Final

from assessdsl.explanation.records import Shown
from assessdsl.facts import Missing
from assessdsl.quantity import Quantity, Unit
from assessdsl.vocabulary import Kind, vocabulary

_WORDS: Final = {
    "total": ("total", "总分"),
    "score": ("score", "计分"),
    "missing": ("missing fact", "实绩缺失"),
    "forfeited": ("frozen target, nothing reported", "冻结的目标未填报"),
    "state": ("state of the fact", "实绩状态"),
    "not_applicable": ("does not apply", "不适用"),
    "contagion": ("held down by another", "受其他项连带"),
    "outside": ("outside the total", "不计入总分"),
    "absent": ("no target", "未下达目标"),
    "gate": ("gate", "门槛"),
    "limit": ("limit", "计分限值"),
    "rounding": ("rounding", "取整"),
    "redistribution": ("redistributed points", "重新分配的分值"),
    "combination": ("combining", "合成"),
    "sum": ("sum", "合计"),
    "expression": ("combining", "合成"),
    "rank": ("rank", "名次"),
    "tier": ("tier", "等次"),
    "no tier": ("none", "无"),
    "eligible": ("may compete for tiers with a quota", "可参评有名额的等次"),
    "not missing": ("missing", "缺失"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "ledger": ("points lost and gained", "失分与加分"),
    "ledger sum": ("score − full marks", "得分 − 满分"),
    "raised": ("raised", "成立"),
    "overridden": ("overridden by", "被取代于"),
    "undetermined": ("undetermined: a fact is missing", "未定:缺少事实"),
    "tied": ("tied with", "并列"),
    "peers": ("among", "范围"),
    "from the end": ("place from the end", "倒数名次"),
    "key": ("ranked by", "排名依据"),
    "quota": ("places", "名额"),
    "veto": ("veto", "否决"),
    "reached": ("reached", "达到"),
    "no place": ("no place left", "名额已满"),
    "not eligible": ("not eligible", "不具备参评资格"),
    "vetoed": ("vetoed", "被否决"),
    "not met": ("condition not met", "条件不满足"),
    "restored": ("scored as it was frozen", "按冻结时的目标计分"),
    "left out": ("left out, its points go to the others", "不计,分值归其余各项"),
    "report": ("reported", "填报"),
    "entry": ("entry", "记录"),
    "dropped": ("left out, an extreme", "极值,已去掉"),
    "reported in": ("{year}", "{year}年"),
    "history": ("published result of {year}", "{year}年已公布结果"),
    "cites": ("cites", "依据"),
}  # fmt: skip


def word(key: str, language: str) -> str:
    return _WORDS[key][1 if language == "zh" else 0]


def named(kind: Kind, id: str, language: str) -> str:
    """The spelling of a word of the language, or the id itself where it is none."""
    found = vocabulary().words.get((kind, id))
    return id if found is None else found.spelling(language)


_MAGNITUDES: Final = ((10**8, "亿元", "yi_yuan"), (10**4, "万元", "wan_yuan"), (1, "元", "yuan"))


def shown(value: Shown, language: str) -> str:
    """A value as people read it, with its measure where a number alone would not say what it is."""
    match value:
        case None:
            return ""
        case Missing():
            return word("not missing", language)
        case bool():
            return word("yes" if value else "no", language)
        case str():
            return value
        case date():
            return value.isoformat()
        case Quantity():
            return _quantity(value, language)


_MULTIPLE: Final = 10  # above 1,000 % people say so many times


def _quantity(quantity: Quantity, language: str) -> str:
    if quantity.unit is Unit.MONEY:
        size, zh, en = next((entry for entry in _MAGNITUDES if abs(quantity.value) >= entry[0]), _MAGNITUDES[-1])
        return f"{Quantity(quantity.value / size)} {zh if language == 'zh' else en}"
    if quantity.unit is Unit.PP and language == "zh":
        return f"{Quantity(quantity.value * 100, Unit.NUMBER, quantity.places)} 个百分点"
    if quantity.unit is Unit.SHARE and abs(quantity.value) > _MULTIPLE:
        return f"{Quantity(quantity.value, Unit.NUMBER, quantity.places)} {'倍' if language == 'zh' else 'times'}"
    if quantity.unit in (Unit.DAYS, Unit.MONTHS, Unit.YEARS):
        return f"{quantity} {vocabulary().get('measure', quantity.unit.value).spelling(language)}"
    return str(quantity)
