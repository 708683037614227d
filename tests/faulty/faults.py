"""Faults as they come about: one place of a good policy is written otherwise, and a guarantee that it kept breaks.

The text of a policy as the formatter lays it out is what is edited, as its author would.
"""

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice

from attrs import frozen

from assessdsl.check.bounds import amount
from assessdsl.engine import Policy, loads
from assessdsl.fairness.claims.scores import leaps_of, on_the_total
from assessdsl.fairness.prove import prove
from assessdsl.fairness.study import study
from assessdsl.quantity import exact_text

Edit = Callable[[str], Iterator[str]]
Claiming = Callable[[str, Policy], str | None]


@frozen(eq=False)
class Fault:
    name: str
    claims: str | Claiming  # the guarantee that is broken; None where the policy does not keep it
    edit: Edit


@frozen
class Faulty:
    """A good policy and one with a fault, that claim the same."""

    fault: str
    of: str  # the good policy
    good: str
    bad: str


def faulty(name: str, text: str, policy: Policy, most: int) -> Iterator[Faulty]:
    """Of each fault so many places of the policy at most."""
    plain = re.sub(r"^ *guarantee .*\n", "", text, flags=re.MULTILINE)
    for fault in FAULTS:
        claim = fault.claims if isinstance(fault.claims, str) else fault.claims(plain, policy)
        if claim is None:
            continue
        for bad in islice(fault.edit(plain), most):
            if bad != plain:
                yield Faulty(fault.name, name, _claiming(plain, claim), _claiming(bad, claim))


def _claiming(text: str, claim: str) -> str:
    head, _, _ = text.rpartition("}")
    return f"{head}  guarantee {claim}\n}}\n"


# ---------------------------------------------------------------- edits


def put(pattern: str, instead: str | Callable[[re.Match[str]], str]) -> Edit:
    """Each place that the pattern finds, written otherwise."""

    def edit(text: str) -> Iterator[str]:
        for match in re.finditer(pattern, text, re.MULTILINE):
            new = match.expand(instead) if isinstance(instead, str) else instead(match)
            yield text[: match.start()] + new + text[match.end() :]

    return edit


def within(pattern: str, edit: Edit, *, block: str = "indicator") -> Edit:
    """The edit, in each block in which the pattern is found."""

    def each(text: str) -> Iterator[str]:
        for match in re.finditer(rf"^( *){block} [^\n]*\{{\n(?:.*\n)*?\1\}}\n", text, re.MULTILINE):
            if re.search(pattern, match[0], re.MULTILINE):
                for new in edit(match[0]):
                    yield text[: match.start()] + new + text[match.end() :]

    return each


def first(edit: Edit) -> Edit:
    """The place of the gate that is named."""
    return lambda text: islice(edit(text), 1)


def line(text: str) -> Edit:
    """A line more at the end of each block."""
    return put(r"\n( *)\}\n\Z", rf"\n\1  {text}\n\1}}\n")


def _more(match: re.Match[str]) -> str:
    return f"{match[1]}{int(match[2]) + 3}{match[3]}"


def _doubled(match: re.Match[str]) -> str:
    return f"{match[1]}{2 * int(match[2])} points"


def only_at_fault(text: str) -> Iterator[str]:
    judged = re.search(r"^ *judgement (\w+)", text, re.MULTILINE)
    if judged:
        yield from put(re.escape(_UNMET), f"{_UNMET} and {judged[1]}")(text)


def silent(instead: str) -> Edit:
    """Where the score rests on what is reported: one that is 100% whatever is said is never missing."""
    return within(r"^ *score +(?! |100%$)", put(r"^( *missing +)zero$", instead))


def _swapped(match: re.Match[str]) -> str:
    return f"{match[1]}{match[4]}{match[3]}{match[2]}{match[5]}"


def _means(text: str) -> Iterator[str]:
    for new in within(
        r"missing +zero", lambda block: iter([block.replace("missing zero", "missing mean")]), block="component"
    )(text):
        if "missing error" not in new and "missing 60%" not in new:
            yield new


_RELATIVE = re.compile(r"of: (group|everyone)\)")
_GENEROUS = re.compile(r"missing +(?!zero|error)\S")
_NO_PLAN_IS_WORST = re.compile(r"control\(actual, planned, zero_plan: 0%\)")  # who reaches 0 had better not say so
_NOTHING_SHARED = re.compile(r"\A(?!(?:.*\n)*? *points [^\n]* shared by)")
OF_RATES = r"^ *unit +percent to 1 place$(?:.*\n)*?^ *score +(?![^\n]*(?:province|usual))[^\n]*\bactual\b"


def steps_higher_than_the_highest(text: str) -> Iterator[str]:
    """Of each indicator that has more points than the greatest leap takes."""
    policy = loads(text)
    highest = _highest_leap(policy)
    for indicator in policy.checked.policy.indicators:
        points = amount(indicator.points, policy.checked)
        if highest is not None and points is not None and points > highest:
            own = rf"^ *indicator {indicator.name} (?:.*\n)*?^ *unit +percent to 1 place$"
            yield from within(own, put(_ANY_SCORE, r"\1if actual < 50% then 0% else 100%"))(text)


def of_one_group(pattern: str, edit: Callable[[str], Edit]) -> Edit:
    """The edit with the first group, in each indicator in which the pattern is found and that all groups are asked
    for."""

    def each(text: str) -> Iterator[str]:
        groups = re.findall(r"^ *group +(\w+)", text, re.MULTILINE)
        yield from within(rf"\A(?!(?:.*\n)*? *for )(?s:.)*?{pattern}", edit(groups[0]))(text)

    return each


def tiers_below_their_lines(text: str) -> Iterator[str]:
    """Of each line that some total reaches."""
    policy = loads(text)
    high = study(policy).whole_range(policy.plan.outputs.total).high
    for match in re.finditer(r"when total >= (\d+) points", text):
        if high is None or int(match[1]) <= high:
            yield text[: match.start()] + match[0].replace(">=", "<") + text[match.end() :]


# ---------------------------------------------------------------- claims


def most(text: str, policy: Policy) -> str | None:
    """The bounds that the policy keeps, where no total reads what others did."""
    if _RELATIVE.search(text):
        return None
    looked = study(policy)
    one = looked.whole_range(looked.plan.outputs.total)
    if one.low is None or one.high is None:
        return None
    return f"bounded from {_points(one.low)} to {_points(one.high)}"


def where_not(claim: str, pattern: re.Pattern[str]) -> Claiming:
    """What is claimed of policies in whose text there is nothing that breaks it."""
    return lambda text, policy: None if pattern.search(text) else claim


def silent_is_no_better(text: str, policy: Policy) -> str | None:
    """Where others could take the points, and nothing that stands in for a report is better than a poor one: where a
    fact counts against who reports it, or is held against what others report, no zero."""
    base = [whole for whole in policy.plan.outputs.every_component if whole.kind == "base"]
    several = sum(len(whole.indicators) for whole in base) > 1
    zeros = re.findall(r"^ *fact +(\w+)[^\n]*missing zero$", text, re.MULTILINE)
    against = any(re.search(rf"\b{fact}\b[^\n]* then at most \d+ points|\({fact}, of: ", text) for fact in zeros)
    return "missing_not_rewarded" if several and not against and not _GENEROUS.search(text) else None


def all_move(text: str, policy: Policy) -> str | None:
    """Where nothing keeps a base indicator's score from moving by all of its points."""
    looked = study(policy)
    for whole in policy.plan.outputs.every_component:
        for part in whole.indicators if whole.kind == "base" else ():
            score, points = looked.whole_range(part.score), looked.whole_range(part.points).high
            if points and score.low is not None and score.high is not None and score.high - score.low < points:
                return None
    return "proportional"


def one_fact_each(text: str, policy: Policy) -> str | None:
    """Where every item counts once, and every fact of an entity scores in one indicator."""
    scores = "\n".join(re.findall(r"^ *score +([^\n]*)$", text, re.MULTILINE))
    facts = re.findall(r"^ *fact +(\w+)", text, re.MULTILINE)
    several = any(len(re.findall(rf"^.*\b{fact}\b", scores, re.MULTILINE)) > 1 for fact in facts)
    return None if several or re.search(r"count +all$", text, re.MULTILINE) else "no_double_count"


def greatest_leap(text: str, policy: Policy) -> str | None:
    """No leap is greater than the greatest there is."""
    highest = _highest_leap(policy)
    return None if highest is None else f"no_cliff above {_points(highest)}"


def _highest_leap(policy: Policy) -> Fraction | None:
    looked = study(policy)
    sizes = [on_the_total(looked, name, leap) for name in looked.indicators for leap in leaps_of(looked, name)]
    return max((size for size in sizes if size is not None), default=None) if None not in sizes else None


def rounded_once(text: str, policy: Policy) -> str | None:
    """Of several parts, so that another can be ahead, and where no total reads what others did."""
    several = len(re.findall(r"^ *indicator ", text, re.MULTILINE)) > 2
    return "rounding_safe" if several and not _RELATIVE.search(text) else None


def no_group_favoured(text: str, policy: Policy) -> str | None:
    (found,) = prove(policy, only=("group_neutral",), cases=0, solve=False).standings
    return "group_neutral" if found.status == "proved" else None


def ordered(text: str, policy: Policy) -> str | None:
    return None if _RELATIVE.search(text) else "tiers_follow_scores"


def _points(value: Fraction) -> str:
    return f"(0 - {exact_text(-value)}) * 1 points" if value < 0 else f"{exact_text(value)} points"


def gate_named(pattern: str) -> Claiming:
    def claim(text: str, policy: Policy) -> str | None:
        match = re.search(pattern, text, re.MULTILINE)
        return None if match is None else f"absolute {match[1]}"

    return claim


def none_to_give_to(text: str, policy: Policy) -> str | None:
    """What is claimed where there is nobody else who could take the points."""
    base = [whole for whole in policy.plan.outputs.every_component if whole.kind == "base"]
    return "always_defined" if sum(len(whole.indicators) for whole in base) == 1 else None


_RUNGS = r"^ *indicator {}\b[^\n]*\n(?: *(?!score)\w[^\n]*\n)*? *score +ladder"


def over(kind: str) -> Claiming:
    """The component that moves the total most over one of another kind, above all that the latter can move: where
    two can be apart by twice as much, and not only from rung to rung of one ladder."""

    def claim(text: str, policy: Policy) -> str | None:
        widths: dict[str, tuple[Fraction, str]] = {}
        for whole in policy.plan.outputs.components:
            one = study(policy).whole_range(whole.score)
            rungs = len(whole.indicators) == 1 and re.search(
                _RUNGS.format(whole.indicators[0].name), text, re.MULTILINE
            )
            if one.low is not None and one.high is not None and not rungs:
                widths[whole.kind] = max(widths.get(whole.kind, (Fraction(0), "")), (one.high - one.low, whole.name))
        if not {kind, "base"} <= widths.keys() or widths["base"][0] < 2 * (widths[kind][0] + 3):
            return None
        return f"dominance of {widths['base'][1]} over {widths[kind][1]} above {_points(widths[kind][0])}"

    return claim


# ---------------------------------------------------------------- the faults

_truthful = where_not("truthful", _NO_PLAN_IS_WORST)
_UNMET = "any(required targets, not met)"
_LADDER = r"(ladder\(actual[^\n]*?: )(\d+%)(, [^\n]*?: )(\d+%)([,)])"
_DIP = r"\1if actual >= 71% and actual < 71.1% then 0% else (\2)"
_NOT_WHOLE = r"^ *score +(?! |ladder)|^ *points +(?!100 points| )"  # a rung of some per cent of 100 points is whole
_NO_POINTS = r"when [^\n]* then zero$"
_ANY_SCORE = r"^( *score +)([^\n]*)$"

_SCORE = r"^ *score +(?! )"

_DOING_BETTER = (
    ("actual and planned the wrong way round", put(r"(attainment|control)\(actual, planned,", r"\1(planned, actual,")),
    ("lower declared higher", put(r"^ *direction +lower\n", "")),
    ("higher declared lower", within(r"attainment\(|stages\(|goalposts\(actual", line("direction lower"))),
    ("a ladder with two rungs exchanged", put(_LADDER, _swapped)),
    ("more below the ladder than on it", put(r"(ladder\(actual[^\n]*below: )0%", r"\g<1>95%")),
    ("a dip one tenth of a per cent wide", within(OF_RATES, put(_ANY_SCORE, _DIP))),
    (
        "a late step that pays",
        put(r"(if late_days <= 0 days then )100%( else if late_days[^\n]* then )(\d+%)", r"\g<1>\3\g<2>100%"),
    ),
    ("the very late score again", put(r"(late_days <= \d+ days then \d0% else )0%", r"\g<1>90%")),
    ("only the late are scored", put(r"completed_on > due then zero", "completed_on < due then zero")),
    (
        "only the unfinished are scored",
        put(r"when not completed or completed_on > due then zero", "when completed then zero"),
    ),
    (
        "overlapping classes, the lower one first",
        within(OF_RATES, put(_ANY_SCORE, r"\1if actual < 30% then 60% else if actual < 60% then 40% else 80%")),
    ),
    (
        "a penalty for what exceeds the plan",
        within("attainment", put(_ANY_SCORE, r"\1if actual > planned then 50% else \2")),
    ),
    (
        "a deduction twice as steep as the gain",
        within(OF_RATES, put(_ANY_SCORE, r"\1clamp(actual, 0%, 100%) - clamp(2 * (actual - 50%), 0%, 100%)")),
    ),
    (
        "a gate at the wrong end",
        within(
            OF_RATES,
            put(r"^( *)(score[^\n]*)$", r'\1gate upside "Upside down" when actual > 60% then zero' + "\n" + r"\1\2"),
        ),
    ),
)


FAULTS = (
    *(Fault(name, "monotone", edit) for name, edit in _DOING_BETTER),
    *(Fault(f"{name}, and the rank", "rank_monotone", edit) for name, edit in _DOING_BETTER[3:8]),
    Fault("a cap above the guarantee", most, put(r"(as bonus \{\n *cap +)(\d+)( points?)$", _more)),
    Fault("an uncapped bonus", most, put(r"(as bonus \{\n) *cap +\d+ points?\n", r"\1")),
    Fault("a total below nothing", most, put(r"max\(0 points, sum\(components\)\)", "sum(components)")),
    Fault("a penalty that pays", most, put(r"component (\w+)([^\n]*) as penalty", r"component \1\2 as bonus")),
    *(
        Fault(
            f"small items decide: {name} of a {kind}",
            over(kind),
            put(rf"(as {kind} \{{\n *cap +)(\d+)( points?)$", edit),
        )
        for kind in ("bonus", "penalty")
        for name, edit in (("a cap above the gap", _more), ("twice the cap", _doubled))
    ),
    Fault("half of what is earned", all_move, within(OF_RATES, put(_ANY_SCORE, r"\1(\2) / 2"))),
    Fault("no more than six tenths", all_move, within(OF_RATES, put(_ANY_SCORE, r"\1min(60%, \2)"))),
    Fault(
        "a deduction beyond the points",
        all_move,
        within(OF_RATES, put(_ANY_SCORE, r"\1(\2) * 2 - 100%\n      floor 0 - 1 points")),
    ),
    Fault("nobody has to explain", "obligations_complete", put(r"^ *finding explanation [^\n]*\n", "")),
    Fault(
        "only who meets nothing explains", "obligations_complete", put(r"any(\(required targets, not met\))", r"all\1")
    ),
    Fault("who met it explains", "obligations_complete", put(r"(any\(required targets, )not (met\))", r"\1\2")),
    Fault("only who is at fault explains", "obligations_complete", only_at_fault),
    Fault(
        "a good total excuses",
        "obligations_complete",
        put(
            r"^( *)(finding explanation [^\n]*)$",
            r'\1\2\n\1finding excuse "excuse" when total >= 30 points overrides explanation',
        ),
    ),
    Fault("silence pays", silent_is_no_better, silent(r"\g<1>60%")),
    Fault("silence gives all", silent_is_no_better, silent(r"\g<1>full")),
    Fault("what is not reported is given to the rest", silent_is_no_better, silent(r"\g<1>redistribute")),
    Fault("what is not reported is given to nobody", none_to_give_to, silent(r"\g<1>redistribute")),
    Fault("a mean of others where nobody has one", "always_defined", _means),
    Fault(
        "a division that may be by zero",
        "always_defined",
        put(r"attainment\(actual, planned, [^\n]*\)$", "clamp(actual / planned, 0%, 100%)"),
    ),
    Fault(
        "a gate that leaks into a floor",
        gate_named(r"gate (\w+) [^\n]*then zero"),
        first(within(_NO_POINTS, line("floor 0.5 points"))),
    ),
    Fault(
        "a gate compensated by a floor of the component",
        gate_named(r"gate (\w+) [^\n]*then zero"),
        first(within(_NO_POINTS, line("floor 1 point"), block="component")),
    ),
    Fault(
        "a gate compensated by a least total",
        gate_named(r"^      *gate (\w+) [^\n]*then zero"),
        put(r"max\(0 points, sum\(components\)\)", "max(20 points, sum(components))"),
    ),
    Fault(
        "rounding of one item", rounded_once, within(r"^ *score +(?! |ladder)", line("rounding half_up to 0 places"))
    ),
    Fault(
        "rounding of one component",
        rounded_once,
        within(_NOT_WHOLE, line("rounding half_up to 0 places"), block="component"),
    ),
    Fault(
        "the best of all as the measure",
        where_not("independent", _RELATIVE),
        within(
            r"^ *unit +percent",
            put(_ANY_SCORE, r"\1ratio(max(actual, 0%), max(best(actual, of: group), 0%), zero: 0%)"),
        ),
    ),
    Fault(
        "efficacy as the measure",
        where_not("independent", _RELATIVE),
        within(
            r"^ *unit +percent",
            put(
                _ANY_SCORE,
                r"\1efficacy(actual, worst(actual, of: group), best(actual, of: group), base: 40%, equal: 100%)",
            ),
        ),
    ),
    Fault(
        "above the mean of the others",
        where_not("independent", _RELATIVE),
        within(r"^ *unit +percent", put(_ANY_SCORE, r"\1if actual > mean(actual, of: group) then 100% else 50%")),
    ),
    Fault(
        "one group has half",
        no_group_favoured,
        of_one_group(_SCORE, lambda group: put(_ANY_SCORE, rf"\1if group == {group} then (\2) / 2 else \2")),
    ),
    Fault(
        "one group's plans count double",
        no_group_favoured,
        of_one_group(
            r"^ *score +attainment\(actual, planned,",
            lambda group: put(
                r"attainment\(actual, planned,",
                f"attainment(actual, if group == {group} then 2 * planned else planned,",
            ),
        ),
    ),
    Fault(
        "a gate for one group only",
        no_group_favoured,
        of_one_group(
            _NO_POINTS, lambda group: put(r"when ([^\n]*) then zero$", rf"when group == {group} and (\1) then zero")
        ),
    ),
    Fault(
        "the best of the group as the measure",
        no_group_favoured,
        of_one_group(
            r"^ *unit +percent",
            lambda group: put(_ANY_SCORE, r"\1ratio(max(actual, 0%), max(best(actual, of: group), 0%), zero: 0%)"),
        ),
    ),
    Fault("every report of an award counts", one_fact_each, put(r"^( *count +)(once|highest_level_once)$", r"\1all")),
    Fault(
        "a split that pays",
        where_not("no_splitting", _NOTHING_SHARED),
        put(r"removal +forbidden[^\n]*", "addition none"),
    ),
    Fault(
        "taking out pays", "no_removal", within("attainment", put(_ANY_SCORE, r"\1\2 - 50%\n      floor 0 - 1 points"))
    ),
    Fault("a tier for those below its line", ordered, tiers_below_their_lines),
    Fault(
        "a plan that is not reached pays",
        _truthful,
        put(r"attainment\(actual, planned, [^\n]*\)$", "if planned <= 0 then 0% else min(actual / planned / 2, 100%)"),
    ),
    Fault("gain and loss exchanged", _truthful, put(r"(gain: )(\d points?)(, loss: )(\d points?)(\))", _swapped)),
    Fault("a high plan pays", _truthful, put(r"attainment\(actual, planned, [^\n]*\)$", "clamp(planned, 0%, 100%)")),
    Fault("a step higher than the highest", greatest_leap, steps_higher_than_the_highest),
)
