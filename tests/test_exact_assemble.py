"""From the exact backend's values to a result, or to what stands in its way."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from attrs import evolve
from exact_drafts import Draft, dataset, entity, item, office, office_data, road

from assessdsl.backends import run
from assessdsl.backends.assemble import assemble, diagnostic
from assessdsl.backends.columns import Fault
from assessdsl.diagnostics import Diagnostic, codes, render
from assessdsl.facts import Dataset, Datum
from assessdsl.plan.steps import (
    ENTITY,
    POLICY,
    Aggregate,
    Calculate,
    Clamp,
    Combine,
    Fail,
    FindingOutput,
    Logic,
    Outputs,
    Part,
    Plan,
    Raise,
    Stage,
    Supply,
)
from assessdsl.result import Citation, Finding, Result
from assessdsl.source import Cell, Source, Span


def result_of(data: Dataset, plan: Plan | None = None, **given: Any) -> Result:
    found, diagnostics = assembled(data, plan, **given)
    assert found is not None, diagnostics
    assert not diagnostics
    return found


def assembled(data: Dataset, plan: Plan | None = None, **given: Any) -> tuple[Result | None, list[Diagnostic]]:
    plan = plan or office()
    options: dict[str, Any] = {"register_findings": {}, "published": None, "warnings": ()} | given
    return assemble(plan, data, run(plan, data), **options)


# ---------------------------------------------------------------- values


def test_scores_of_every_part() -> None:
    result = result_of(office_data())
    east = result.entities["east"]
    base = east.components["base"]
    roads = base.indicators["roads"]
    assert [(t.target, t.score.value, t.points.value, t.met) for t in roads.targets] == [
        ("t1", 30, 30, True), ("t2", 10, 20, False),
    ]  # fmt: skip
    assert (roads.score.value, roads.points.value, roads.absent) == (40, 50, False)
    assert [(t.target, t.score.value, t.met) for t in base.indicators["safety"].targets] == [("", 45, None)]
    assert (base.kind, base.score.value, base.points.value) == ("base", 85, 100)
    assert east.components["extra"].score.value == 2
    assert (east.total.value, str(east.total), east.rank, east.tier, east.eligible) == (87, "87.0", 1, "top", True)
    assert (east.label, east.group, east.tier_label) == ("“east”", "g", "Top")


def test_the_mean_that_stands_in_is_the_indicators_score() -> None:
    west = result_of(office_data()).entities["west"]
    roads = west.components["base"].indicators["roads"]
    assert (roads.absent, roads.score.value, roads.points.value, roads.targets) == (True, 30, 50, ())
    assert (west.components["base"].score.value, west.rank, west.tier) == (60, 2, "rest")


def test_what_does_not_apply_is_left_out_and_its_points_are_given_on() -> None:
    south = result_of(office_data()).entities["south"]
    assert list(south.components["base"].indicators) == ["roads"]
    assert (south.components["base"].score.value, south.rank) == (120, 1)


def test_a_component_that_does_not_apply_is_left_out() -> None:
    plan = office()
    never = next(step.id for step in plan.steps if step.name == "fault")
    base, extra = plan.outputs.components
    plan = evolve(plan, outputs=evolve(plan.outputs, components=(base, evolve(extra, applies=never))))
    result = result_of(office_data(), plan)
    assert [list(each.components) for each in result.entities.values()] == [["base", "extra"], ["base"], ["base"]]


def test_the_gate_is_in_the_score() -> None:
    east = result_of(office_data(accident=True)).entities["east"]
    assert (east.components["base"].indicators["safety"].score.value, east.total.value, east.rank) == (0, 42, 2)


def test_a_policy_without_ranking() -> None:
    plan = office()
    plan = evolve(plan, outputs=evolve(plan.outputs, rank=None, tier=None))
    east = result_of(office_data(), plan).entities["east"]
    assert (east.rank, east.tier, east.tier_label) == (None, None, "")


@pytest.mark.parametrize("fault", [True, False])
def test_eligibility_is_an_output_of_its_own(fault: bool) -> None:
    plan = office()
    step = next(step.id for step in plan.steps if step.name == "fault")
    plan = evolve(plan, outputs=evolve(plan.outputs, eligible=step))
    assert result_of(office_data(fault=fault), plan).entities["east"].eligible is fault


def test_a_restored_target_is_marked() -> None:
    data = office_data()
    roads = data.items["roads"]
    data = evolve(data, items={**data.items, "roads": (roads[0], evolve(roads[1], restored=True), roads[2])})
    targets = result_of(data).entities["east"].components["base"].indicators["roads"].targets
    assert [target.restored for target in targets] == [False, True]


def test_warnings_and_names_are_passed_on() -> None:
    remark = Diagnostic("AS5002", severity="warning", arguments={"subject": "x"})
    result = result_of(office_data(), warnings=(remark,))
    assert result.warnings == (remark,)
    assert (result.policy, result.label, result.period, result.fingerprint) == ("draft", "Draft", 2022, "sha256:0")
    assert result.groups == (("g", "G"), ("h", "H"))


# ---------------------------------------------------------------- findings


def findings(result: Result, name: str) -> list[tuple[Any, ...]]:
    return [(each.name, each.status) for each in result.entities[name].findings]


def test_findings_and_what_they_rest_on() -> None:
    east = result_of(office_data()).entities["east"]
    explain, refer, warn = east.findings
    assert explain.cites == (Citation(indicator="roads", target="t2"),)
    assert (explain.label, explain.within_days, explain.due) == ("Explain", 15, None)
    assert explain.cites[0].where == "facts.csv:2 actual"
    assert refer.cites == (Citation(judgement="fault", author="panel", evidence="no. 7"),)
    assert (refer.cites[0].where, refer.within_days) == ("judgements.csv:3", None)
    assert (warn.name, warn.status, warn.cites) == ("warn", "undetermined", ())


def test_findings_that_do_not_hold_are_not_there() -> None:
    result = result_of(office_data())
    assert findings(result, "west") == [("warn", "raised")]
    assert findings(result, "south") == []


def test_a_finding_that_is_not_known_cites_what_is_not_known() -> None:
    result = result_of(office_data(fault=None))
    refer = result.entities["east"].findings[1]
    assert (refer.name, refer.status) == ("refer", "undetermined")
    assert refer.cites == (Citation(judgement="fault", author="panel", evidence="no. 7"),)


def test_deadlines_run_from_the_day_of_publication() -> None:
    east = result_of(office_data(), published=date(2023, 1, 20)).entities["east"]
    assert [each.due for each in east.findings] == [date(2023, 2, 4), None, None]


def test_a_deadline_beyond_the_calendar_has_no_day() -> None:
    east = result_of(office_data(), published=date(9999, 12, 31)).entities["east"]
    assert (east.findings[0].within_days, east.findings[0].due) == (15, None)


def test_findings_about_the_register_come_last() -> None:
    removed = Finding("target_removed", "", within_days=10, detail="8 → ")
    given = {"east": (removed,), "elsewhere": (removed,)}
    result = result_of(office_data(), register_findings=given, published=date(2023, 1, 1))
    assert result.entities["east"].findings[-1] == evolve(removed, due=date(2023, 1, 11))
    assert findings(result, "west") == [("warn", "raised")]


@pytest.mark.parametrize(
    ("fault", "award", "status", "cited"),
    [
        (True, True, "raised", ["fault", "award"]),
        (True, False, "raised", ["fault"]),  # what does not hold is not cited
        (True, None, "raised", ["fault"]),  # nor, where the rest was enough, what is not known
        (False, None, "undetermined", ["award"]),
        (None, None, "undetermined", ["fault", "award"]),
        (False, False, "", []),
    ],
)
def test_what_holds_is_cited_and_of_the_undetermined_what_is_not_known(
    fault: Any, award: Any, status: str, cited: list[str]
) -> None:
    draft = Draft()
    first, second = draft.fact("fault"), draft.fact("award")
    either = draft.add(Logic("or", (first, second)))  # which is no fact, and is not cited itself
    raised = draft.add(Raise("f", either, (either, first, second)))
    plan = one_score(draft, draft.constant(1))
    plan = evolve(plan, outputs=evolve(plan.outputs, findings=(FindingOutput("f", "F", raised),)))
    found = result_of(dataset(entity("a", fault=fault, award=award)), plan).entities["a"].findings
    assert [(each.status, [cite.judgement for cite in each.cites]) for each in found] == (
        [(status, cited)] if status else []
    )
    unjudged = result_of(dataset(entity("a", fault=fault)), plan).entities["a"].findings
    assert [cite.judgement for each in unjudged for cite in each.cites] == ([] if fault is False else ["fault"])


def test_a_target_is_cited_by_the_cell_of_its_report_or_else_where_it_was_registered() -> None:
    draft = Draft()
    late = draft.of("roads", "late")
    some = draft.add(Aggregate("any", late, draft.steps[late].grain, ENTITY))
    raised = draft.add(Raise("f", some, (late,)))
    plan = one_score(draft, draft.constant(1))
    plan = evolve(plan, outputs=evolve(plan.outputs, findings=(FindingOutput("f", "F", raised),)))
    rows = [item(0, "t1", late=True, actual=1), item(0, "t2", late=True), item(0, "t3", late=True, actual=1)]
    rows[2] = evolve(rows[2], fields={**rows[2].fields, "actual": Datum(Fraction(1), None)})
    found = result_of(dataset(entity("a"), items={"roads": rows}), plan).entities["a"].findings
    assert [cite.where for cite in found[0].cites] == ["facts.csv:2 actual", "targets.csv:2", "targets.csv:2"]
    rows = [evolve(row, cell=None) for row in rows]
    found = result_of(dataset(entity("a"), items={"roads": rows}), plan).entities["a"].findings
    assert [cite.where for cite in found[0].cites] == ["facts.csv:2 actual", "", ""]


def test_a_component_within_another_that_does_not_apply_is_left_out() -> None:
    plan = office()
    base, extra = plan.outputs.components
    awarded = next(step.id for step in plan.steps if step.name == "fault")
    whole = evolve(base, components=(evolve(extra, applies=awarded),))
    plan = evolve(plan, outputs=evolve(plan.outputs, components=(whole,)))
    result = result_of(office_data(), plan)
    assert [list(each.components["base"].components) for each in result.entities.values()] == [["extra"], [], []]


def test_how_a_report_stands_is_what_was_said_of_it_or_whether_a_handling_stood_in() -> None:
    draft = Draft()
    actual, one = draft.of("i0", "actual"), draft.constant(1)
    target = draft.steps[actual].grain
    supplied = draft.add(Supply(actual, draft.constant(0)), target)
    limited = draft.add(Clamp(supplied, None, draft.constant(10)), target)
    whole = draft.add(Combine((Part("i0", one, one),), one))
    plan = one_score(draft, one, one)
    stages = (Stage("score", actual), Stage("missing", supplied), Stage("limit", limited))
    first = plan.outputs.components[0].indicators[0]
    indicator = evolve(first, stages=stages, met=None, target_points=one, instead=None)
    plan = with_outputs("component", plan, indicators=(indicator,), stages=(Stage("sum", whole),))
    rows = [item(0, "t1", actual=3), item(0, "t2"), item(0, "t3", state="waived"), item(0, "t4", state="x", actual=3)]
    data = dataset(entity("a"), items={"i0": rows})
    targets = result_of(data, plan).entities["a"].components["base"].indicators["i0"].targets
    assert [(each.target, each.score.value, each.state) for each in targets] == [
        ("t1", 3, "reported"), ("t2", 0, "missing"), ("t3", 0, "waived"), ("t4", 3, "x"),
    ]  # fmt: skip


# ---------------------------------------------------------------- what stands in the way


def test_an_unknown_score_stops_and_is_told_once() -> None:
    result, found = assembled(office_data(built=None))
    assert result is None
    assert [each.code for each in found] == ["AS5001"]  # not again for the indicator, the component, the total …
    assert found[0].arguments["subject"] == "`east` · `roads` · `t2`"
    assert (found[0].arguments["fact"], str(found[0].cell)) == ("actual", "facts.csv:2 actual")


def test_the_fact_is_named_in_the_policys_language() -> None:
    _, found = assembled(office_data(built=None), office("zh"))
    assert found[0].arguments["fact"] == "实绩"
    assert "缺少 `实绩`" in found[0].message("zh")


def test_every_entity_is_told() -> None:
    data = office_data(built=None, accident=None)
    data = evolve(data, items={**data.items, "roads": (*data.items["roads"], road(1, "t4", None))})
    _, found = assembled(data)
    assert sorted((each.code, each.arguments["entity"], each.arguments["target"]) for each in found) == [
        ("AS5001", "east", "t2"),
        ("AS5001", "west", "t4"),
        ("AS5006", "east", ""),
    ]


def test_a_division_by_zero_stops() -> None:
    data = office_data()
    data = evolve(data, items={**data.items, "roads": (*data.items["roads"], road(1, "t4", 1, planned=0))})
    result, found = assembled(data)
    assert result is None
    assert [(each.code, each.arguments["subject"]) for each in found] == [("AS5002", "`west` · `roads` · `t4`")]
    assert str(found[0].cell) == "facts.csv:2 planned"


def test_an_indicator_that_does_not_apply_cannot_fail() -> None:
    data = office_data()
    data = evolve(data, items={**data.items, "safety": (*data.items["safety"], item(2, actual=None))})
    assert result_of(data).entities["south"].rank == 1


def one_score(draft: Draft, total: int, *indicators: int) -> Plan:
    """A plan with these indicators' scores and this total."""
    base, full = office().outputs.components[0], draft.constant(100)
    yes = draft.constant(True)
    outputs = tuple(
        evolve(base.indicators[0], name=f"i{n}", stages=(), score=score, points=full, applies=yes, absent=None)
        for n, score in enumerate(indicators)
    )
    components = (evolve(base, indicators=outputs, score=total, points=full, applies=yes),) if indicators else ()
    return draft.plan(Outputs(components, full, (), total, None, None, None, ()))


def test_the_indicator_is_told_of_a_fault_of_the_entity() -> None:
    draft = Draft()
    failed = draft.add(Supply(draft.fact("x"), draft.add(Fail("AS5202"), POLICY)))
    fine = draft.constant(1)
    _, found = assembled(dataset(entity("a", x=None)), one_score(draft, failed, fine, failed))
    assert [(each.code, each.arguments["indicator"]) for each in found] == [("AS5202", "i1")]
    assert "`i1`" in found[0].message("en")


def test_one_fact_that_several_indicators_need_is_told_once() -> None:
    draft = Draft()
    failed = draft.add(Supply(draft.fact("x"), draft.add(Fail("AS5204", (("fact", "x"),)), POLICY)))
    _, found = assembled(dataset(entity("a", x=None)), one_score(draft, failed, failed, failed))
    assert [(each.code, each.arguments["indicator"]) for each in found] == [("AS5204", "i0")]


def test_a_total_that_fails_is_told_of_the_entity() -> None:
    draft = Draft()
    total = draft.add(Calculate("/", (draft.constant(1), draft.fact("x"))))
    result, found = assembled(dataset(entity("a", x=0), entity("b", x=1), entity("c", x=None)), one_score(draft, total))
    assert result is None
    assert sorted((each.code, each.arguments["subject"]) for each in found) == [("AS5001", "`c`"), ("AS5002", "`a`")]


def test_numbers_that_are_too_long_stop_with_their_limit() -> None:
    draft = Draft()
    total = draft.fact("x")
    for _ in range(12):
        total = draft.add(Calculate("*", (total, total)))
    _, found = assembled(dataset(entity("a", x=10**49)), one_score(draft, total))
    assert [each.code for each in found] == ["AS5009"]
    assert "4000 digits" in found[0].message("en")


def test_a_tier_that_fails_stops() -> None:
    plan = office()
    steps = list(plan.steps)
    assert plan.outputs.tier is not None
    band = steps[plan.outputs.tier]
    steps[plan.outputs.tier] = evolve(band, operation=evolve(band.operation, tiers=band.operation.tiers[:1]))  # type: ignore[call-arg,union-attr]
    result, found = assembled(office_data(), evolve(plan, steps=tuple(steps)))
    assert result is None
    assert [(each.code, each.arguments["entity"]) for each in found] == [("AS5001", "west")]


def test_a_finding_that_fails_stops() -> None:
    plan = office()
    fail = evolve(plan.steps[0], id=len(plan.steps), operation=Fail("AS5203"))
    explain = plan.outputs.findings[0]
    raised = plan.steps[explain.step]
    steps = [
        *plan.steps,
        fail,
        evolve(raised, id=len(plan.steps) + 1, operation=evolve(raised.operation, when=fail.id)),
    ]  # type: ignore[call-arg]
    outputs = evolve(plan.outputs, findings=(evolve(explain, step=len(steps) - 1),))
    result, found = assembled(office_data(), evolve(plan, steps=tuple(steps), outputs=outputs))
    assert result is None
    assert {(each.code, each.arguments["entity"]) for each in found} == {
        ("AS5203", "east"), ("AS5203", "west"), ("AS5203", "south"),
    }  # fmt: skip


def with_outputs(what: str, plan: Plan, **others: Any) -> Plan:
    """With other steps for the first component or for its first indicator."""
    base, *rest = plan.outputs.components
    if what == "component":
        return evolve(plan, outputs=evolve(plan.outputs, components=(evolve(base, **others), *rest)))
    indicators = (evolve(base.indicators[0], **others), *base.indicators[1:])
    return with_outputs("component", plan, indicators=indicators)


@pytest.mark.parametrize(
    ("of", "step", "subject"),
    [
        ("indicator", "target_points", "`east` · `roads` · `t1`"),
        ("indicator", "points", "`east` · `roads`"),
        ("indicator", "score", "`east` · `roads`"),
        ("component", "points", "`east`"),
        ("component", "score", "`east`"),
    ],
)
def test_every_number_of_a_result_must_be_known(of: str, step: str, subject: str) -> None:
    plan = office()
    fail = evolve(plan.steps[0], id=len(plan.steps), operation=Fail("AS5203"))
    outputs = evolve(plan.outputs, findings=())  # nothing else is unknown
    plan = with_outputs(of, evolve(plan, steps=(*plan.steps, fail), outputs=outputs), **{step: fail.id})
    result, found = assembled(office_data(), plan)
    assert result is None
    assert ("AS5203", subject) in {(each.code, each.arguments["subject"]) for each in found}


def test_a_component_that_does_not_apply_cannot_fail() -> None:
    plan = office()
    steps = {step.name: step.id for step in plan.steps}
    fail = evolve(plan.steps[0], id=len(plan.steps), operation=Fail("AS5203"))
    plan = with_outputs("component", evolve(plan, steps=(*plan.steps, fail)), applies=steps["fault"], score=fail.id)
    _, found = assembled(office_data(), plan)
    assert [(each.code, each.arguments["subject"]) for each in found] == [("AS5203", "`east`")]


def test_what_is_for_others_cannot_fail_and_shows_no_targets() -> None:
    plan = office()
    plan = with_outputs("indicator", plan, others=next(step.id for step in plan.steps if step.name == "fault"))
    result, found = assembled(office_data(built=None), plan)
    assert [each.arguments["subject"] for each in found] == ["`east` · `roads`"]  # its score alone, which is of others
    result, found = assembled(office_data(), plan)
    roads = [entity.components["base"].indicators["roads"] for entity in result.entities.values()] if result else []
    assert [(each.applies, [target.target for target in each.targets]) for each in roads] == [
        (False, []), (True, []), (True, ["t3"]),
    ]  # fmt: skip


def test_the_cell_and_the_rule_are_both_told() -> None:
    source = Source("policy.assess", "score actual / planned")
    fault = Fault("AS5002", (), Span(source, 6, 22), Cell("facts.csv", 7, "B"), "east", "roads", "t1")
    text = render(diagnostic(fault), "en")
    assert "--> facts.csv:B7" in text
    assert "policy.assess:1:7: the rule" in text
    without = render(diagnostic(evolve(fault, cell=None)), "zh")
    assert "score actual / planned" in without
    assert "所据条款" not in without


def test_every_message_of_the_plan_can_be_filled() -> None:
    """The arguments that faults bring are all that the messages speak of."""
    given = {"AS5001": ("fact",), "AS5006": ("fact", "gate"), "AS5007": ("fact", "tier")}
    own = [code for code in codes() if code.startswith("AS50")]
    assert own
    for code in own:
        fault = Fault(code, tuple((name, f"the {name}") for name in given.get(code, ())), entity="east")
        for language in ("en", "zh"):
            remark = diagnostic(fault)
            assert "`east`" in remark.message(language)
            assert all(f"the {name}" in remark.message(language) for name in given.get(code, ()))
            assert remark.help(language)


def test_zero_is_a_result() -> None:
    draft = Draft()
    total = draft.fact("x")
    data = dataset(entity("a", x=0), entity("b", x=Fraction(-1, 3)))
    totals = [each.total.value for each in result_of(data, one_score(draft, total)).entities.values()]
    assert totals == [0, Fraction(-1, 3)]
