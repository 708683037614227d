"""How far a target is expected to be, and how far it is."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessdsl.facts import Datum, Item
from assessdsl.period import Period
from assessdsl.record.progress import Milestone, Reading, Schedule, expected, progress

YEAR = Period(2022)
LINEAR, STEADY = Schedule("linear", ""), Schedule("steady", "")
SHARES = ((3, Fraction(15, 100)), (6, Fraction(40, 100)), (9, Fraction(65, 100)), (12, Fraction(1)))
QUARTERS = Schedule("linear", "quarters", SHARES)
ENDS = Schedule("stepped", "quarters", SHARES)
CURVE = Schedule("linear", "curve", ((4, Fraction(1, 10)), (12, Fraction(1))))
BY_STEPS = Schedule("stepped", "milestones")
BETWEEN_STEPS = Schedule("linear", "milestones")
STEPS = (
    Milestone("plan", date(2022, 3, 31), Fraction(1, 5)),
    Milestone("roof", date(2022, 9, 30), Fraction(4, 5)),
)


@pytest.mark.parametrize(
    ("plan", "due", "day", "share"),
    [
        (LINEAR, None, date(2021, 12, 31), "0"),
        (LINEAR, None, date(2022, 1, 1), "1/365"),
        (LINEAR, None, date(2022, 6, 30), "181/365"),
        (LINEAR, None, date(2022, 12, 31), "1"),
        (LINEAR, date(2022, 6, 30), date(2022, 3, 31), "90/181"),
        (LINEAR, date(2022, 6, 30), date(2022, 6, 30), "1"),
        (LINEAR, date(2023, 6, 30), date(2022, 12, 31), "365/546"),
        (QUARTERS, None, date(2022, 3, 31), "15/100"),
        (QUARTERS, None, date(2022, 2, 14), "45/600"),  # 45 of the 90 days of the quarter
        (QUARTERS, None, date(2022, 4, 1), "3/20"),  # and 1/91 of the next 25 %
        (QUARTERS, date(2022, 8, 31), date(2022, 8, 31), "1"),
        (ENDS, None, date(2022, 3, 30), "0"),
        (ENDS, None, date(2022, 3, 31), "15/100"),
        (ENDS, None, date(2022, 12, 30), "65/100"),
        (CURVE, None, date(2022, 4, 30), "1/10"),
        (CURVE, None, date(2022, 12, 31), "1"),
        (BY_STEPS, date(2022, 9, 30), date(2022, 3, 30), "0"),
        (BY_STEPS, date(2022, 9, 30), date(2022, 9, 29), "1/5"),
        (BY_STEPS, date(2022, 9, 30), date(2022, 9, 30), "1"),
        (BETWEEN_STEPS, date(2022, 9, 30), date(2022, 3, 31), "1/5"),
        (STEADY, None, date(2022, 1, 1), "1"),
    ],
)  # fmt: skip
def test_what_is_expected(plan: Schedule, due: date | None, day: date, share: str) -> None:
    wanted = Fraction(share)
    if (plan, day) == (QUARTERS, date(2022, 4, 1)):
        wanted += Fraction(25, 100) / 91
    assert expected(plan, YEAR, due, STEPS, day) == wanted


def test_without_milestones_nothing_is_known_of_what_they_expect() -> None:
    assert expected(BY_STEPS, YEAR, None, (), date(2022, 6, 30)) is None
    assert expected(BY_STEPS, YEAR, date(2022, 6, 30), (), date(2022, 6, 30)) == 1  # it is due


@pytest.mark.parametrize("plan", [LINEAR, QUARTERS, ENDS, CURVE, BY_STEPS, BETWEEN_STEPS, STEADY])
@given(first=st.integers(0, 364), more=st.integers(0, 364), due=st.none() | st.integers(0, 500))
def test_what_is_expected_never_falls_and_ends_with_all_of_it(
    plan: Schedule, first: int, more: int, due: int | None
) -> None:
    start = date(2022, 1, 1).toordinal()
    until = None if due is None else date.fromordinal(start + due)
    shares = [expected(plan, YEAR, until, STEPS, date.fromordinal(start + days)) for days in (first, first + more)]
    assert shares[0] is not None
    assert shares[1] is not None
    assert 0 <= shares[0] <= shares[1] <= 1
    end = max(until or YEAR.last_day, YEAR.last_day)
    assert expected(plan, YEAR, until, STEPS, end) == 1


# ---------------------------------------------------------------- what was achieved

DAY = date(2022, 6, 30)


def item(direction: str = "higher", **fields: str | date) -> Item:
    values = {name: Datum(value if isinstance(value, date) else Fraction(value)) for name, value in fields.items()}
    return Item(0, "t", {**values, "direction": Datum(direction)})


@pytest.mark.parametrize(
    ("target", "share", "basis"),
    [
        (item(planned="200", actual="50"), "1/4", "actual"),
        (item(planned="200", baseline="100", actual="125"), "1/4", "actual"),
        (item(planned="200", baseline="100", actual="50"), "-1/2", "actual"),  # further away than at the start
        (item(planned="100", actual="130"), "13/10", "actual"),
        (item("lower", planned="60", baseline="100", actual="90"), "1/4", "actual"),
        (item("lower", planned="60", actual="30"), None, "no_baseline"),
        (item(planned="0", actual="5"), None, "no_plan"),
        (item(planned="100", baseline="100", actual="100"), None, "no_plan"),
        (item(actual="5"), None, "no_plan"),
        (item(planned="100"), None, "not_reported"),
        (item(), None, "not_reported"),
        (item(completed_on=date(2022, 5, 1)), "1", "completed"),
    ],
)
def test_what_was_achieved(target: Item, share: str | None, basis: str) -> None:
    found = progress(target, (), (), LINEAR, DAY)
    assert (found.share, found.basis) == (None if share is None else Fraction(share), basis)


def test_the_latest_reading_counts_until_there_is_a_fact() -> None:
    readings = (
        Reading(date(2022, 3, 31), actual=Fraction(10)),
        Reading(date(2022, 5, 31), share=Fraction(3, 10)),
        Reading(date(2022, 7, 31), actual=Fraction(90)),
    )
    assert progress(item(planned="100"), (), readings, LINEAR, DAY).share == Fraction(3, 10)
    assert progress(item(planned="100"), (), readings, LINEAR, date(2022, 4, 1)).share == Fraction(1, 10)
    assert progress(item(planned="100", actual="20"), (), readings, LINEAR, DAY).share == Fraction(1, 5)
    assert progress(item(planned="100"), (), readings[2:], LINEAR, DAY).basis == "not_reported"


@pytest.mark.parametrize(
    ("done_on", "accepted", "standard", "reached"),
    [
        (None, None, "", False),
        (date(2022, 6, 30), None, "", True),
        (date(2022, 7, 1), None, "", False),
        (date(2022, 6, 30), False, "", False),
        (date(2022, 6, 30), None, "sealed", False),
        (date(2022, 6, 30), True, "sealed", True),
        (None, True, "sealed", False),
    ],
)
def test_a_milestone_with_a_standard_counts_when_it_is_accepted(
    done_on: date | None, accepted: bool | None, standard: str, reached: bool
) -> None:
    step = Milestone("roof", date(2022, 6, 1), Fraction(1, 4), standard, done_on, accepted)
    assert step.reached(DAY) is reached
    found = progress(item(), (step,), (), BY_STEPS, DAY)
    assert (found.share, found.basis) == (Fraction(1, 4) if reached else 0, "milestones")


def test_milestones_count_only_where_progress_is_told_by_them() -> None:
    step = Milestone("roof", date(2022, 6, 1), Fraction(1), done_on=date(2022, 5, 1))
    assert progress(item(), (step,), (), LINEAR, DAY).basis == "not_reported"
