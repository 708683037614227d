"""What supervision owes, month by month and quarter by quarter."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessdsl.period import Period
from assessdsl.record.calendar import Charge, duties, exposures
from assessdsl.record.following import Supervision, slots

YEAR = Period(2022)
MAYOR, DEPUTY = Charge("mayor", "roads"), Charge("deputy", "schools")


def event(kind: str, on: date, of: date | None = None, **more: str | bool) -> Supervision:
    return Supervision(kind, on, of or on, **more)  # type: ignore[arg-type]


def test_the_year_has_twelve_months_and_four_quarters() -> None:
    assert [slot.name for slot in slots(YEAR, 3)] == ["2022-Q1", "2022-Q2", "2022-Q3", "2022-Q4"]
    assert [(slot.first, slot.last) for slot in slots(YEAR, 1)][1] == (date(2022, 2, 1), date(2022, 2, 28))
    assert [slot.name for slot in slots(YEAR, 12)] == ["2022"]


@pytest.mark.parametrize("months", [1, 3, 12])
@given(day=st.dates(date(2022, 1, 1), date(2022, 12, 31)))
def test_every_day_lies_in_just_one_slot(months: int, day: date) -> None:
    assert sum(slot.holds(day) for slot in slots(YEAR, months)) == 1


def test_analyses_of_a_year() -> None:
    events = [
        event("analysis", date(2022, 1, 31)),
        event("analysis", date(2022, 3, 8), date(2022, 2, 1)),  # of February, in March
        event("analysis", date(2022, 3, 20)),
        event("bulletin", date(2022, 4, 20)),
        event("analysis", date(2022, 6, 1)),  # not yet known
    ]
    found = duties("analysis", "monthly", 5, events, (), YEAR, date(2022, 5, 20))
    assert [duty.status for duty in found] == ["done", "late", "done", "missing", "due", *["upcoming"] * 7]
    assert found[1].deadline == date(2022, 3, 5)
    assert [each.on for each in found[1].done] == [date(2022, 3, 8)]


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        (date(2021, 12, 31), "upcoming"),
        (date(2022, 1, 1), "due"),
        (date(2022, 2, 5), "due"),
        (date(2022, 2, 6), "missing"),
    ],
)
def test_a_duty_is_missing_from_the_day_behind_its_last(as_of: date, status: str) -> None:
    assert duties("analysis", "monthly", 5, (), (), YEAR, as_of)[0].status == status


def test_each_leader_asks_about_each_area() -> None:
    events = [
        event("inquiry", date(2022, 1, 5), leader="mayor", area="roads"),
        event("inquiry", date(2022, 1, 6), leader="deputy"),  # who has one area only
        event("inquiry", date(2022, 2, 5), leader="mayor", area="schools"),  # not the mayor's
        event("inquiry", date(2022, 2, 6), leader="clerk", area="roads"),
    ]
    found = duties("inquiry", "monthly", 0, events, (MAYOR, DEPUTY), YEAR, date(2022, 2, 28))
    status = {(duty.charge, duty.slot.name): duty.status for duty in found}
    assert len(found) == 24
    assert [status[MAYOR, f"2022-0{month}"] for month in (1, 2, 3)] == ["done", "due", "upcoming"]
    assert [status[DEPUTY, f"2022-0{month}"] for month in (1, 2, 3)] == ["done", "due", "upcoming"]


def test_of_a_leader_with_two_areas_the_area_must_be_named() -> None:
    both = (MAYOR, Charge("mayor", "water"))
    found = duties(
        "inquiry", "yearly", 0, [event("inquiry", date(2022, 1, 5), leader="mayor")], both, YEAR, date(2023, 1, 1)
    )
    assert [duty.status for duty in found] == ["missing", "missing"]


def test_inspections_may_have_to_be_on_site() -> None:
    events = [event("inspection", date(2022, 2, 1), leader="mayor", area="roads")]
    there = [event("inspection", date(2022, 2, 1), leader="mayor", area="roads", on_site=True)]
    day = date(2022, 4, 1)
    assert duties("inspection", "quarterly", 0, events, (MAYOR,), YEAR, day)[0].status == "done"
    assert duties("inspection", "quarterly", 0, events, (MAYOR,), YEAR, day, on_site=True)[0].status == "missing"
    assert duties("inspection", "quarterly", 0, there, (MAYOR,), YEAR, day, on_site=True)[0].status == "done"


@pytest.mark.parametrize(
    ("exposed", "as_of", "status"),
    [
        (None, date(2022, 5, 11), "due"),
        (None, date(2022, 5, 12), "missing"),
        (date(2022, 5, 11), date(2022, 6, 1), "done"),
        (date(2022, 5, 12), date(2022, 6, 1), "late"),
        (date(2022, 5, 12), date(2022, 5, 11), "due"),  # which is not known yet
    ],
)
def test_a_problem_is_made_public_within_days(exposed: date | None, as_of: date, status: str) -> None:
    events = [event("problem", date(2022, 5, 1), event="p1")]
    events += [event("exposure", exposed, about="p1")] if exposed else []
    (found,) = exposures(events, 10, as_of)
    assert (found.status, found.deadline) == (status, date(2022, 5, 11))


def test_a_problem_that_is_not_found_yet_is_not_owed() -> None:
    assert exposures([event("problem", date(2022, 5, 1), event="p1")], 10, date(2022, 4, 30)) == ()


@given(
    days=st.lists(st.dates(date(2022, 1, 1), date(2022, 12, 31)), max_size=6),
    as_of=st.dates(date(2022, 1, 1), date(2023, 3, 1)),
)
def test_more_supervision_never_leaves_more_missing(days: list[date], as_of: date) -> None:
    missing = []
    for number in range(len(days) + 1):
        found = duties("analysis", "monthly", 0, [event("analysis", day) for day in days[:number]], (), YEAR, as_of)
        missing.append(sum(duty.status == "missing" for duty in found))
    assert missing == sorted(missing, reverse=True)
    assert missing[0] == sum(slot.last < as_of for slot in slots(YEAR, 1))
