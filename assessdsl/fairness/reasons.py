"""Why a verdict is what it is, in both languages."""

from collections.abc import Mapping
from typing import Final

from assessdsl.fairness.verdict import Reason

_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    # scores
    "no_effect": ("`{name}` does not reach the total", "`{name}`不影响总分"),
    "undirected": (
        "nothing says which way `{name}` is better, and the total goes either way with it",
        "未规定`{name}`以何为优,总分随之可升可降",
    ),
    "grows": ("the total only grows with `{name}`", "总分只随`{name}`增加"),
    "shrinks": ("the total only shrinks as `{name}` grows", "总分只随`{name}`增加而减少"),
    "never_less": ("a better `{name}` never scores less", "`{name}`越好得分不会越低"),
    "falls": ("a better `{name}` scores less", "`{name}`越好得分反而越低"),
    "both_ways": ("a better `{name}` may score less from here on", "自此处起,`{name}`更好可能得分更低"),
    "undone_pays": (
        "who has not completed `{name}` may score more than who has",
        "`{name}`未完成者得分可能高于已完成者",
    ),
    "solver_up": (
        "by the solver there are no two values of `{name}` of which the better scores less",
        "求解器证明:`{name}`不存在更好而得分更低的取值",
    ),
    "solver_plan": (
        "no plan of `{name}` can score more than the one that is met, by the solver",
        "求解器证明:`{name}`申报与预期一致的计划得分不低于任何其他计划",
    ),
    "ranks_no_lower": ("a better `{name}` lifts no other entity", "`{name}`更好不会抬高其他单位"),
    "lifts_others": ("a better `{name}` may lift others by more", "`{name}`更好可能使其他单位升得更多"),
    "flat": ("nothing moves from {from} to {to}", "在{from}到{to}之间不计分"),
    "maybe_flat": ("`{name}` may be better without scoring more", "`{name}`更好未必多得分"),
    "between": ("the total lies from {low} to {high}", "总分在{low}到{high}之间"),
    "moves_all": ("`{name}` can move the score by all of its {points} points", "`{name}`可使得分变动其全部{points}分"),
    "moves_other": (
        "`{name}` can move the score by {width} points, and has {points}",
        "`{name}`可使得分变动{width}分,而分值为{points}分",
    ),
    "reads_own": ("no step of the total reads what others did", "总分的计算不读取其他单位的实绩"),
    "reads_others": ("`{line}` reads what others did", "`{line}`读取其他单位的实绩"),
    "counts_others": ("the total rests on how many others there are", "总分与其他单位的个数有关"),
    "rounded_last": ("only the total is rounded, once and last", "只在最后对总分取整一次"),
    "rounded_alone": ("what is rounded is the whole total", "取整的即为全部总分"),
    "not_rounded": ("nothing is rounded", "不取整"),
    "rounded_part": (
        "`{name}` is rounded before it is added: what is lost or won there can turn an order",
        "`{name}`先取整再相加:舍入的差额可能颠倒次序",
    ),
    "no_leap": ("no small difference moves a score by a leap", "微小差别不会引起得分跳变"),
    "leap_choice": ("{names}: up to {size} points at this line", "{names}:在此线上下至多相差{size}分"),
    "leap_gate": ("{names}: the gate takes up to {size} points", "{names}:门槛至多扣去{size}分"),
    "leap_rounding": ("{names}: a whole step is {size} points", "{names}:每一整步为{size}分"),
    # outcomes
    "veto_last": ("no better tier than `{tier}` is given, whatever the score", "无论得分多少,等次不高于`{tier}`"),
    "nothing_left": ("where it fires, nothing is left whatever else was reported", "触发即为零分,其他填报均不能弥补"),
    "no_more_left": ("where it fires, no more is left than it allows", "触发后得分不超过其上限"),
    "lifted_again": ("behind the gate up to {most} points are given again", "门槛之后又可得至多{most}分"),
    "lifted_above": (
        "who has nothing here, because of the gate or else, is given up to {most} points",
        "此处无得分者(含因门槛不得分的)仍可得至多{most}分",
    ),
    "not_asked": ("where a fact is missing or handled, the gate is not asked", "缺失或另行处理的,不经此门槛"),
    "moves_by": ("`{name}` moves the total by at most {width} points", "`{name}`至多使总分变动{width}分"),
    "not_a_sum": ("the total is not the plain sum of these components", "总分不是各板块的简单相加"),
    "equal_keys": ("equal totals rank equally, and have equal tiers", "总分相同则名次相同、等次相同"),
    "equal_in_all_keys": ("who is equal in every key of the rank ranks equally", "各排名依据均相同则名次相同"),
    "told_apart": (
        "beside the score, the policy itself asks for this: who does not meet it may have another tier",
        "除得分外,办法另以此为条件:不符合者等次可不同",
    ),
    "in_order_of_rank": ("tiers are given in the order of the rank", "等次按名次依次确定"),
    "turns_back": (
        "the condition of `{name}` may hold for less and not for more",
        "`{name}`的条件可能低分满足而高分不满足",
    ),
    "asks_more": ("`{name}` also asks for something that is no score", "`{name}`还取决于得分以外的条件"),
    "as_it_stands": ("`{name}` is raised just where its conditions hold", "`{name}`在条件成立时且仅在此时认定"),
    "missing_counts": (
        "a missing `{name}` counts as declared, and leaves nothing open",
        "缺少`{name}`时按声明取值,不作待定",
    ),
    "obliged_by": ("`{name}` names every required target that is not met", "`{name}`列明每项未达成的必达目标"),
    "nobody_asks": ("no finding is raised for its required targets that are not met", "其未达成的必达目标无人问及"),
    "group_unread": (
        "no step reads the group: the same facts score the same in each",
        "计分不读取组别:同样的数据得分相同",
    ),
    "reads_group": (
        "`{first}` and `{second}` are not scored alike from here",
        "`{first}`与`{second}`的计分在此不同",
    ),
    "reads_peers": ("this compares with the others of the group", "此处与同组其他单位比较"),
    # data
    "reads_no_name": ("no step reads a name", "计算步骤均不读取名称"),
    "sorted_first": ("rows are put in order before anything is scored", "各行先排定次序再计分"),
    "read_by_unit": ("every cell is read in its declared unit", "每个单元格均按声明的单位读取"),
    "missing_stops": ("where it is missing, the assessment stops", "缺失时停止考核"),
    "never_missing": ("the score rests on nothing that can be missing", "得分不取决于任何可能缺失的数据"),
    "missing_given_away": (
        "where it is missing, its points go to the others: who would score badly had better not report",
        "缺失时分值转给其他各项:表现差的不如不报",
    ),
    "missing_no_better": ("nothing reported scores no more than the worst report", "不填报不高于最差的填报"),
    "missing_beats": ("what stands in may be more than a poor report scores", "代用的得分可能高于较差填报的得分"),
    "missing_fact_beats": (
        "what stands in for `{name}` may be better than a poor report",
        "`{name}`缺失时的取值可能优于较差的填报",
    ),
    "divides": ("the divisor may be zero here", "此处除数可能为零"),
    "may_have_none": ("this may have no value for some data", "某些数据在此没有数值"),
    "nothing_left_to_score": (
        "where the points of every component are dropped, nothing is left",
        "各板块分值均移出时无可计分",
    ),
    "no_mean_of_others": ("there may be no others whose mean could stand in", "可能没有可取平均的其他各项"),
    "author_stops": ("the policy itself stops here, by `error`", "办法在此规定报错停止"),
    "nothing_stops": ("nothing stops the assessment of valid data", "合格的数据不会使考核中断"),
    "restored": (
        "removal is forbidden: what was taken out is scored as it was frozen",
        "禁止移出:移出的目标按冻结时计分",
    ),
    "restored_if_frozen": (
        "against the frozen targets, what was taken out is scored as it was; the policy does not forbid removal",
        "对照冻结的目标,移出的仍按原样计分;办法未规定禁止移出",
    ),
    "less_than_nothing": (
        "a target may score less than nothing, and nothing once it is taken out",
        "目标可能得负分,移出后为零分",
    ),
    "parts_not_scored": ("the parts of a split target are not scored, the whole is", "拆分后的部分不计分,仍按整体计分"),
    "halves_alike": (
        "each half of a target has half of its points and earns the same share of them",
        "目标对半拆分后,各占一半分值,得分比例不变,合计相同",
    ),
    "may_split": ("its targets can be split, and each part is scored by itself", "其目标可以拆分,各部分单独计分"),
    "plan_unread": ("the score does not read the plan of `{name}`", "得分不读取`{name}`的计划"),
    "plan_more": (
        "a higher plan of `{name}` scores more: it pays to promise too much",
        "`{name}`的计划越高得分越高:虚报有利",
    ),
    "plan_less": (
        "a lower plan of `{name}` scores more: it pays to promise too little",
        "`{name}`的计划越低得分越高:压低有利",
    ),
    "plan_both": ("the score of `{name}` goes both ways with its plan", "`{name}`的得分随计划可升可降"),
    "feeds_several": ("it feeds several indicators: {names}", "同时计入多项指标:{names}"),
    "every_entry": ("every entry counts, the same item also twice", "每条都计,同一事项可重复计分"),
    "counted_once": (
        "every fact feeds one indicator, and an item counts once",
        "每项事实只计入一项指标,同一事项只计一次",
    ),
    "no_solver": (
        "a solver might tell: pip install 'assessdsl[prove]'",
        "求解器或可判定:pip install 'assessdsl[prove]'",
    ),
}


def told(reason: Reason, language: str) -> str:
    return _TEXTS[reason.key][language == "zh"].format_map(reason.arguments)
