"""The engines beside the exact one, on some of what `python -m agreement` tries."""

from pathlib import Path

import pytest
from agreement import __main__ as command
from agreement.__main__ import agreement
from agreement.engines import ENGINES, EVERY, Answers
from agreement.forms import FORMS
from agreement.gaps import GAPS
from agreement.made import Made, made
from agreement.tally import Asked, Tally, kept, tried

_FEW: Asked = (["attainment", "gate"], ["code"], 5)


def test_engines_agree_and_refuse_what_they_are_declared_to() -> None:
    tally = agreement(1, 1, (FORMS, list(ENGINES), 40))
    assert tally.faults == []
    assert tally.gaps() == []
    assert tally.of("halves") * 10 >= tally.of("roundings")
    assert all(tally.of("quick", "attainment", name) > 10 for name in ENGINES)


@pytest.mark.parametrize(
    ("engine", "form", "seed"),
    [
        ("sql", "least of two", 73),  # the product of four denominators is beyond 64 bits
    ],
)
def test_what_was_mended_stays_so(engine: str, form: str, seed: int) -> None:
    assert tried(seed, ([form], [engine], 250), every={}).faults == []


def _off(case: Made) -> Answers:
    first, *others = case.answers
    return Answers(((None, *first[1:]), (others[0][0] + 1, *others[0][1:]), *[None] * (len(others) - 1)), 2)


def _crash(case: Made) -> Answers:
    raise IndexError("beyond")


def test_another_number_is_told_and_what_is_not_given_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    case = made("attainment", 5, 20)
    monkeypatch.setitem(ENGINES, "code", _off)
    tally = Tally()
    tally.hold("attainment", 5, case, "code")
    (told,) = tally.faults
    assert case.dataset.entities[1].entity in told
    assert tally.of("agreed", "attainment", "code") == 19


def test_a_crash_is_told_with_its_seed_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINES, "code", _crash)
    tally = agreement(1, 3, (["attainment", "goalposts"], ["code", "prepare"], 5))
    assert len(tally.faults) == 2
    assert tally.faults[0].startswith("code, attainment, seed 3: IndexError: beyond (test_agreement.py:")
    assert tally.of("crashed", engine="code") == tally.of("agreed", engine="prepare") == tally.of("cases") == 10


def test_a_policy_that_the_exact_engine_stumbles_over_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumbles(form: str, seed: int, count: int) -> Made:
        if form == "gate":
            raise ValueError("no such gate")
        return made(form, seed, count)

    monkeypatch.setattr("agreement.tally.made", stumbles)
    tally = agreement(1, 1, _FEW)
    assert [one.split(" (")[0] for one in tally.faults] == ["the exact engine, gate, seed 1: ValueError: no such gate"]
    assert tally.of("agreed", "attainment", "code") == 5


def test_a_run_goes_on_from_its_tally(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = agreement(24, 1, _FEW)
    file = tmp_path / "tally.json"
    agreement(1, 1, _FEW, file=file)
    tried: list[int] = []
    run = command.tried
    monkeypatch.setattr(command, "tried", lambda seed, asked: tried.append(seed) or run(seed, asked))
    rest = agreement(24, 1, _FEW, file=file)
    assert rest.counts == whole.counts
    assert tried == [2, 3]
    held = kept(file, _FEW)
    assert held is not None
    assert (held[0].counts, held[1]) == (whole.counts, 4)
    with pytest.raises(SystemExit, match="other forms"):
        agreement(24, 1, (["attainment"], ["code"], 5), file=file)


def test_interrupted_it_has_what_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    run = command.tried

    def interrupted(seed: int, asked: Asked) -> Tally:
        if seed == 2:
            raise KeyboardInterrupt
        return run(seed, asked)

    monkeypatch.setattr(command, "tried", interrupted)
    assert agreement(1_000, 1, _FEW).of("cases") == run(1, _FEW).of("cases")


def test_several_processes_count_the_same() -> None:
    assert agreement(15, 1, _FEW, processes=2).counts == agreement(15, 1, _FEW).counts


def test_what_takes_long_is_asked_of_some_seeds() -> None:
    asked: Asked = (["attainment"], ["sql"], 3)
    assert agreement(3 * EVERY["sql"], 1, asked).of("tried", engine="sql") == 3
    assert agreement(1, 2, asked).of("tried", engine="sql") == 0


@pytest.mark.parametrize(
    ("form", "engine", "tried", "refused", "said"),
    [
        ("attainment", "prepare", 3, 3, ["is not declared to"]),
        ("best of the group", "prepare", 3, 0, ["no longer refuses"]),
        ("generated", "prepare", 3, 0, ["no policy"]),
        ("generated", "columnar", 3, 0, []),
        ("generated", "columnar", 1000, 0, ["no policy"]),
    ],
)
def test_gaps_are_strict(
    form: str, engine: str, tried: int, refused: int, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GAPS, ("generated", "columnar"), "few")
    tally = Tally()
    tally.counts |= {(form, engine, "tried"): tried, (form, engine, "refused"): refused}
    assert [text for told in tally.gaps() for text in said if text in told] == said
    assert len(tally.gaps()) == len(said)


def test_the_command_fails_where_something_differs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "ENTITIES", 5)
    monkeypatch.setattr("sys.argv", ["agreement", "--cases", "1", "--form", "attainment", "--engine", "code"])
    command.main()
    assert "no number differs" in capsys.readouterr().out
    monkeypatch.setitem(ENGINES, "code", _off)
    with pytest.raises(SystemExit):
        command.main()
    assert "seed 1" in capsys.readouterr().out


def test_made_cases_leave_out_those_for_whom_a_policy_stops() -> None:
    case = made("gate", 1, 40)
    assert 0 < len(case.answers) < 40
    assert len(case.dataset.entities) == len(case.answers)
