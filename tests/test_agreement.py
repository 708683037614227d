"""The engines beside the exact one, on some of what `python -m agreement` tries."""

import pytest
from agreement.__main__ import Tally, agreement
from agreement.engines import ENGINES, Answers
from agreement.forms import FORMS
from agreement.made import Made, made


def test_engines_agree_and_refuse_what_they_are_declared_to() -> None:
    tally = agreement(1, 1, FORMS, list(ENGINES), 40)
    assert tally.wrong == []
    assert tally.gaps(list(ENGINES)) == []
    assert tally.halves * 10 >= tally.roundings
    assert all(tally.quick["attainment", name] > 10 for name in ENGINES)


def test_another_number_is_told_and_what_is_not_given_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    case = made("attainment", 5, 20)

    def off(case: Made) -> Answers:
        first, *others = case.answers
        return Answers(((None, *first[1:]), (others[0][0] + 1, *others[0][1:]), *[None] * (len(others) - 1)), 2)

    monkeypatch.setitem(ENGINES, "code", off)
    tally = Tally()
    tally.add("attainment", 5, case, ["code"])
    assert len(tally.wrong) == 1
    assert case.dataset.entities[1].entity in tally.wrong[0]


@pytest.mark.parametrize(
    ("form", "refused", "said"),
    [
        ("attainment", 3, "is not declared to"),
        ("best of the group", 0, "no longer refuses"),
        ("generated", 0, "no policy"),
    ],
)
def test_gaps_are_strict(form: str, refused: int, said: str) -> None:
    tally = Tally()
    tally.cases[form] = 3
    tally.refused[form, "prepare"] = refused
    (told,) = tally.gaps(["prepare"])
    assert said in told


def test_made_cases_leave_out_those_for_whom_a_policy_stops() -> None:
    case = made("gate", 1, 40)
    assert 0 < len(case.answers) < 40
    assert len(case.dataset.entities) == len(case.answers)
