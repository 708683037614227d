"""The kinds of event that a register takes: when each may come, what it is about, and what it must hold.

A kind is a row of `KINDS`; a further kind is a further row. What a kind asks for beyond its row stands in `rules.py`,
what it does to the state of the register in `state.py`; entries of kinds that neither knows are kept by their kind.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from attrs import field, frozen

PHASES: Final = (
    "draft", "consultation", "consulted", "frozen", "running", "assessed", "published", "appeals", "final",
)  # fmt: skip
"""The life of a register after the event `open`. `consulted`: the consultation is closed, the set not yet frozen."""

PHASE_WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "": ("not opened", "尚未建立"),
        "draft": ("draft", "拟订"),
        "consultation": ("consultation", "征求意见"),
        "consulted": ("consulted", "征求意见结束"),
        "frozen": ("frozen", "冻结"),
        "running": ("running", "执行"),
        "assessed": ("assessed", "已考核"),
        "published": ("published", "已公布"),
        "appeals": ("appeals", "申诉"),
        "final": ("final", "终结"),
    }
)

Subject = Literal[
    "", "any", "entity", "new entity", "target", "new target", "frozen target", "instruction", "new instruction",
    "event",
]  # fmt: skip
"""What an event is about. `event`: the key of an earlier one. `any`: nothing is asked of it."""

Type = Literal["text", "day", "yes_no", "number", "texts"]
"""What a field of the data holds: a text, a day as `2022-02-28`, true or false, an exact number as text, some texts."""


def _read_only(mapping: Mapping[str, Type]) -> Mapping[str, Type]:
    return MappingProxyType(dict(mapping))


@frozen
class Kind:
    en: str
    zh: str
    phases: tuple[str, ...]  # in which it may come; "" is before `open`
    subject: Subject = ""
    needs: Mapping[str, Type] = field(factory=dict, converter=_read_only, hash=False)  # data that must be there
    may: Mapping[str, Type] = field(factory=dict, converter=_read_only, hash=False)  # data that may be there
    columns: str = ""  # the table of whose columns its data are, beside these
    enters: str = ""  # the phase that it begins
    authority: bool = False  # someone on whose behalf it is done must be named
    reason: bool = False  # a reason must be given
    evidence: bool = False  # so must the evidence on which it rests


PLANNING: Final = ("draft", "consultation", "consulted")
HELD: Final = ("frozen", "running")
AFTER_FREEZE: Final = PHASES[PHASES.index("frozen") :]
OUTSIDE: Final = ("assessed", "published", "appeals")

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        # ------------------------------------------------ the set of targets
        "open": Kind(
            "the register is opened", "建立台账", ("",), enters="draft",
            needs={"policy": "text", "fingerprint": "text", "language": "text"},
            may={"origin": "text", "rehearsal": "yes_no"},
        ),
        "enrol": Kind(
            "an entity is enrolled", "登记单位", (*PLANNING, *HELD), "new entity",
            may={"group": "text", "label": "text", "since": "day", "successor_of": "text"},
        ),
        "amend_policy": Kind(
            "the policy is amended", "修订办法", PLANNING, reason=True,
            needs={"policy": "text", "fingerprint": "text", "language": "text"},
        ),
        "set_target": Kind("a target is set", "设定目标", PLANNING, "any", columns="targets"),
        "withdraw_target": Kind("a target is withdrawn", "撤回目标", PLANNING, "target"),
        "consult": Kind(
            "an entity is asked for its opinion", "向单位征求意见", ("draft", "consultation"), "entity",
            enters="consultation",
        ),
        "comment": Kind(
            "an entity comments", "单位反馈意见", ("consultation",), "entity",
            needs={"text": "text"}, may={"target": "text"},
        ),
        "reply": Kind(
            "a comment is replied to", "答复意见", ("consultation",), "event",
            needs={"text": "text"}, may={"adopted": "yes_no"},
        ),
        "close_consultation": Kind(
            "the consultation is closed", "结束征求意见", ("consultation",), enters="consulted"
        ),
        "freeze": Kind("the set of targets is frozen", "冻结目标", ("draft", "consulted"), enters="frozen"),
        "add_target": Kind("a target is added", "追加目标", HELD, "new target", columns="targets"),
        "adjust": Kind(
            "a target is adjusted with approval", "批准调整目标", HELD, "frozen target",
            may={"planned": "text", "baseline": "text", "weight": "text", "due": "text"},
        ),
        # ------------------------------------------------ instructions
        "instruct": Kind(
            "an instruction is registered", "登记批示交办事项", PHASES, "new instruction",
            needs={"source": "text", "owner": "text", "content": "text", "due": "day"}, may={"target": "text"},
        ),
        "reply_instruction": Kind(
            "an instruction is replied to", "回复批示交办事项", PHASES, "instruction", may={"text": "text"}
        ),
        "return_instruction": Kind(
            "a reply is returned", "退回重办", PHASES, "instruction", may={"due": "day"}, reason=True
        ),
        "complete_instruction": Kind("an instruction is done", "办结批示交办事项", PHASES, "instruction"),
        # ------------------------------------------------ what was achieved
        "report": Kind(
            "a fact is reported", "填报实绩", HELD, "any", columns="facts", enters="running",
        ),
        "correction": Kind(
            "a report is corrected", "更正填报", ("running", *OUTSIDE), "event", columns="facts",
            may={"withdrawn": "yes_no"}, reason=True,
        ),
        # ------------------------------------------------ how it is followed
        "milestone": Kind(
            "a milestone is set or reached", "设定或达成节点", (*PLANNING, *HELD), "target", columns="milestones"
        ),
        "progress": Kind("progress is reported", "填报进展", HELD, "target", columns="progress"),
        "supervise": Kind("a check or an analysis is recorded", "登记督查和分析", PHASES, "any", columns="supervision"),
        # ------------------------------------------------ what came of it
        "assess": Kind(
            "the results are worked out", "形成考核结果", HELD, enters="assessed", needs={"digest": "text"},
            may={"adjusted_digest": "text", "size": "number", "root": "text", "published": "day"},
        ),
        "publish": Kind("the results are published", "公布结果", ("assessed",), enters="published"),
        "finalise": Kind("the results are final", "确定结果", ("published", "appeals"), enters="final"),
        "judgement": Kind(
            "a judgement is made", "作出认定", (*HELD, *OUTSIDE), "entity", evidence=True,
            needs={"judgement": "text", "author": "text"}, may={"withdrawn": "yes_no"},
        ),
        # ------------------------------------------------ what follows from it: subjects are entities and obligations
        "explanation": Kind("an explanation is given", "作出说明", (*OUTSIDE, "final"), "any", needs={"text": "text"}),
        "acceptance": Kind(
            "an explanation is decided on", "审定说明", (*OUTSIDE, "final"), "any",
            needs={"accepted": "yes_no"}, may={"text": "text"},
        ),
        "appeal": Kind(
            "a result is appealed", "提出申诉", ("published", "appeals"), "entity", enters="appeals",
            needs={"claim": "text"}, may={"target": "text", "indicator": "text"}, evidence=True,
        ),
        "ruling": Kind(
            "an appeal is ruled on", "裁定申诉", ("appeals",), "event", needs={"upheld": "yes_no"},
            authority=True, reason=True,
        ),
        "revise": Kind(
            "a further version of the results is published", "公布结果新版本", ("appeals",),
            authority=True, reason=True,
            needs={"digest": "text", "replaces": "text"},
            may={"adjusted_digest": "text", "size": "number", "root": "text", "published": "day"},
        ),
        "use": Kind(
            "a result is used", "运用考核结果", ("published", "appeals", "final"), "entity",
            needs={"result": "text", "purpose": "text", "document": "text"},
        ),
        # ------------------------------------------------ what was refused; the register alone records it
        "attempt": Kind("something was tried and refused", "试图进行而被驳回", ("", *PHASES), "any"),
    }
)  # fmt: skip


def spoken(kind: str) -> tuple[str, str]:
    """A kind as messages of either language show it."""
    known = KINDS.get(kind)
    return (kind, kind) if known is None else (f"`{kind}` ({known.en})", f"`{kind}`({known.zh})")


def first_of(phases: tuple[str, ...]) -> str:
    """The kind of event that leads to the earliest of the phases; nothing where none does."""
    for phase in sorted(phases, key=lambda each: PHASES.index(each) if each in PHASES else -1):
        for name, kind in KINDS.items():
            if kind.enters == phase:
                return name
    return ""
