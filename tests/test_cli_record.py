"""Registers at the command line: what a clerk types, in which file forms, and what becomes of mistakes."""

import codecs
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from registers import POLICY

from assessdsl.cli import main
from assessdsl.cli_register import VERBS
from assessdsl.facts import Facts
from assessdsl.record import Event, Register
from assessdsl.record.kinds import KINDS, PHASES, Kind

ROOT = Path(__file__).parent.parent
TARGETS = """\
target,entity,indicator,planned,baseline,weight,owner,due
t1,ash,growth,8.0%,7.0%,1,Li,2022-12-31
t2,birch,growth,7.5%,7.0%,1,Wu,2022-12-31
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a line as it is typed: its exit code, what it printed and what it remarked."""
    (tmp_path / "policy.assess").write_text(POLICY, "utf-8")
    (tmp_path / "entities.csv").write_text("entity,group\nash,county\nbirch,county\n", "utf-8")
    (tmp_path / "targets.csv").write_text(TARGETS, "utf-8")
    monkeypatch.chdir(tmp_path)

    def typed(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([*words])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return typed


def on(day: str) -> tuple[str, ...]:
    return "--by", "office", "--on", day


def opened(run: Run) -> None:
    assert run("register", "open", "r", "policy.assess", *on("2022-01-10"), "--rehearsal")[0] == 0
    assert run("register", "enrol", "r", "--from", "entities.csv", *on("2022-01-10"))[0] == 0
    assert run("register", "set", "r", "--from", "targets.csv", *on("2022-01-10"))[0] == 0


def frozen(run: Run) -> None:
    opened(run)
    for verb, day in (("consult", "2022-01-20"), ("close", "2022-02-01"), ("freeze", "2022-02-28")):
        code, _, err = run("register", verb, "r", *on(day))
        assert code == 0, err


def size() -> int:
    with Register.open("r", create=False) as register:
        return register.store.size


def codes(text: str) -> list[str]:
    return re.findall(r"AS[0-9]{4}", text)


# ---------------------------------------------------------------- recording


def test_a_table_is_recorded_once_however_often_it_is_sent(run: Run) -> None:
    opened(run)
    before = size()
    code, out, _ = run("register", "set", "r", "--from", "targets.csv", *on("2022-01-10"))
    assert (code, size()) == (0, before)
    assert out == "2 recorded before, and not again\n"
    Path("targets.csv").write_text(TARGETS.replace("7.5%", "7.6%"), "utf-8")
    assert run("register", "set", "r", "--from", "targets.csv", *on("2022-01-10"))[0] == 0
    assert size() == before + 1
    Path("targets.csv").write_text(TARGETS, "utf-8")  # as it was at first: that is to stand again
    assert run("register", "set", "r", "--from", "targets.csv", *on("2022-01-10"))[0] == 0
    with Register.open("r", create=False) as register:
        assert str(register.snapshot().state.targets["t2"].values["planned"].raw) == "7.5%"


def test_of_a_table_with_a_mistake_nothing_is_recorded(run: Run) -> None:
    opened(run)
    before = size()
    Path("targets.csv").write_text(TARGETS + "t3,ash,grwth,8.0%,7.0%,1,Li,2022-12-31\n", "utf-8")
    code, out, err = run("register", "set", "r", "--from", "targets.csv", *on("2022-01-12"))
    assert (code, size()) == (1, before)
    assert "targets.csv:C4" in err  # the cell in which it stands
    assert out == "nothing was recorded: 1 of 3 cannot be\n"


def test_a_table_that_would_lower_frozen_targets_is_recorded_as_tried(run: Run) -> None:
    frozen(run)
    before = size()
    Path("targets.csv").write_text(TARGETS.replace("8.0%", "7.2%"), "utf-8")
    code, _, err = run("register", "set", "r", "--from", "targets.csv", *on("2022-05-01"))
    assert (code, size()) == (1, before + 2)
    assert "AS7207" in codes(err)
    with Register.open("r", create=False) as register:
        assert [change.kind for attempt in register.snapshot().state.attempts for change in attempt.changes] == [
            "lowered"
        ]


@pytest.mark.parametrize("form", ["utf-8", "utf-8-sig", "gb18030", "xlsx"])
def test_every_form_of_file_is_read(run: Run, form: str) -> None:
    opened(run)
    rows = [["目标编号", "单位", "指标", "计划", "基数"], ["新目标", "ash", "growth", "8.5%", "7.0%"]]
    name = "新目标.xlsx" if form == "xlsx" else "新目标.csv"
    if form == "xlsx":
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.title = "目标"
        for row in rows:
            sheet.append(row)
        book.save(name)
    else:
        Path(name).write_bytes(codecs.encode("\n".join(map(",".join, rows)) + "\n", form))
    code, _, err = run("register", "set", "r", "--from", name, *on("2022-01-11"))
    assert code == 0, err
    with Register.open("r", create=False) as register:
        assert str(register.snapshot().state.targets["新目标"].values["planned"].raw) == "8.5%"


def test_fields_are_named_in_either_language(run: Run) -> None:
    frozen(run)
    for name, words in (
        ("m1", ("source=mayor", "owner=ash", "content=bridge", "due=2022-05-10")),
        ("m2", ("来源=mayor", "承办单位=ash", "内容=bridge", "时限=2022年5月10日")),
    ):
        assert run("register", "instruct", "r", name, *words, *on("2022-04-20"))[0] == 0
    with Register.open("r", create=False) as register:
        one, other = register.snapshot().state.instructions.values()
        assert (one.owner, one.content, one.due) == (other.owner, other.content, other.due)


def test_what_is_only_tried_leaves_the_file_as_it_is(run: Run) -> None:
    frozen(run)
    before = Path("r").read_bytes()
    code, out, err = run("register", "withdraw", "r", "t1", *on("2022-05-01"), "--check")
    assert (code, codes(err)[:1], Path("r").read_bytes()) == (1, ["AS7207"], before)
    assert out == "only tried: nothing was recorded\n"
    assert run("register", "open", "new", "policy.assess", *on("2022-01-10"), "--check")[0] == 0
    assert not Path("new").exists()


def test_the_moments_of_a_rehearsal_are_those_of_its_days(run: Run) -> None:
    opened(run)
    with Register.open("r", create=False) as register:
        assert {entry.recorded.isoformat() for entry in register.store.entries()} == {"2022-01-10T12:00:00+00:00"}
    assert "rehearsal" in run("register", "show", "r")[1]
    assert run("register", "open", "real", "policy.assess", *on("2022-01-10"))[0] == 0
    with Register.open("real", create=False) as register:
        assert register.store.entries()[0].recorded.year >= 2026
    assert "rehearsal" not in run("register", "show", "real")[1]


def test_a_target_that_is_set_again_keeps_what_is_not_typed(run: Run) -> None:
    opened(run)
    assert run("register", "set", "r", "t1", "计划=8.2%", *on("2022-01-12"))[0] == 0
    with Register.open("r", create=False) as register:
        row = register.snapshot().state.targets["t1"].values
        assert (str(row["planned"].raw), str(row["owner"].raw)) == ("8.2%", "Li")


def test_nobody_is_asked_twice(run: Run) -> None:
    opened(run)
    assert run("register", "consult", "r", *on("2022-01-20"))[1].startswith("entries 5 to 6: 2 × `consult`")
    assert run("register", "consult", "r", *on("2022-01-21")) == (0, "there is nothing to record\n", "")


MISTAKES = {
    "freeze missing --by office": (1, "AS7114"),
    "freeze policy.assess --by office": (1, "AS7101"),
    "freeze . --by office --on 2022-02-28": (1, "AS71"),
    "freeze r --by office": (1, "AS7502"),
    "freeze r --on 2022-02-28": (2, ""),
    "freeze r --by office --on 2022-02-30": (2, ""),
    "freeze r --by office --on tomorrow": (2, ""),
    "freeze r now --by office --on 2022-02-28": (1, "AS7503"),
    "frieze r --by office": (2, ""),
    "publish r --by office --on 2022-02-28": (1, "AS7204"),
    "set r --from nowhere.csv --by office --on 2022-01-11": (1, "AS6001"),
    "set r --from . --by office --on 2022-01-11": (1, "AS6008"),
    "set r --from policy.assess --by office --on 2022-01-11": (1, "AS6006"),
    "set r --from entities.csv --by office --on 2022-01-11": (1, "AS6018"),
    "set r tt planned=8.5% --by office --on 2022-01-11": (1, "AS7205"),
    "set r t1 plnned=8.5% --by office --on 2022-01-11": (1, "AS7229"),
    "set r t1 planned=much --by office --on 2022-01-11": (1, "AS61"),
    "comment r ash --by ash --on 2022-01-11": (1, "AS7202"),
    "comment r elm text=no --by elm --on 2022-01-11": (1, "AS7204"),
    "instruct r m1 source=a owner=ash content=b due=soon --by office --on 2022-01-11": (1, "AS7203"),
    "instruct r m1 source=a owner=ahs content=b due=2022-05-01 --by office --on 2022-01-11": (1, "AS7205"),
    "milestone r t1 milestone=a due=2022-05-01 share=many --by office --on 2022-01-11": (1, "AS61"),
    "milestone r t9 milestone=a due=2022-05-01 share=100% --by office --on 2022-01-11": (1, "AS7205"),
    "supervise r kind=dance --by office --on 2022-01-11": (1, "AS7312"),
    "open r policy.assess --by office --on 2022-01-11": (1, "AS7501"),
    "open new targets.csv --by office --on 2022-01-11": (1, "AS"),
    "open new policy.assess --by office --on 2022-01-11 --origin a+b": (1, "AS7120"),
    "open new policy.assess targets.csv --by office --on 2022-01-11": (1, "AS6005"),
    "show r nobody": (1, "AS7205"),
    "log r --kind dance": (2, ""),
    "anchor r --size 999": (1, "AS7504"),
    "show r --size 999": (1, "AS7504"),
    "log r --size 999": (1, "AS7504"),
    "open new policy.assess --on 2022-01-11 --by": (2, ""),
    "open new policy.assess --on 2022-01-11 --by=": (1, "AS7202"),
    "verify r --anchor rubbish": (1, "AS7121"),
    "verify targets.csv": (1, "AS7101"),
    "backup r targets.csv": (1, "AS7112"),
    "key targets.csv": (1, "AS711"),
    "assess r --output result.json --by office --on 2023-01-18": (1, "AS7204"),
    "honours r": (1, "AS7505"),
    "revise r --output result.json --by office --on 2023-01-18": (1, "AS7505"),
    "uses r targets.csv": (1, "AS7401"),
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_told_and_loses_nothing(run: Run, line: str) -> None:
    opened(run)
    with Register.open("r", create=False) as register:
        before = register.store.entries()
    expected, code = MISTAKES[line]
    found, _, err = run("register", *line.split())
    assert found == expected, err
    assert any(one.startswith(code) for one in codes(err)) if code else "usage" in err, err
    with Register.open("r", create=False) as register:
        assert register.store.entries()[: len(before)] == before
    assert not Path("new").exists()
    assert not Path("result.json").exists()


@pytest.mark.parametrize(
    "line", ["appeal list r", "appeal preview r a-1 --correct facts", "appeal rule r a-1 upheld --by x --on 2022-05-01"]
)
def test_appeals_before_there_is_a_result(run: Run, line: str) -> None:
    opened(run)
    assert run(*line.split())[0] in (0, 1)


# ---------------------------------------------------------------- the rest of a year


def assessed(run: Run) -> None:
    frozen(run)
    Path("facts.csv").write_text("target,actual,mode\nt1,8.0%,desk\nt2,6.0%,desk\n", "utf-8")
    assert run("register", "report", "r", "--from", "facts.csv", *on("2022-12-31"))[0] == 0
    code, out, err = run("register", "assess", "r", "--output", "result.json", *on("2023-01-18"))
    assert code == 0, err
    assert "ash" in out


def test_a_result_is_made_again_and_found_out_when_it_was_altered(run: Run) -> None:
    assessed(run)
    assert run("verify", "result.json", "r")[0] == 0
    kept = json.loads(Path("result.json").read_text("utf-8"))
    kept["result"]["entities"]["birch"]["total"] = "100"
    Path("altered.json").write_text(json.dumps(kept), "utf-8")
    code, _, err = run("verify", "altered.json", "r")
    assert (code, codes(err)) == (1, ["AS7221"])
    code, _, err = run("history", "add", "history.json", "altered.json", "--on", "2023-01-20")
    assert (code, codes(err), Path("history.json").exists()) == (1, ["AS7402"], False)
    assert run("history", "add", "history.json", "result.json", "--on", "2023-01-20")[0] == 0
    code, out, _ = run("history", "show", "history.json", "--entity", "birch", "--format", "json")
    assert (code, json.loads(out)[0]["rank"]) == (0, "2")


def test_a_result_is_never_written_over(run: Run) -> None:
    frozen(run)
    Path("result.json").write_text("mine", "utf-8")
    before = size()
    assert run("register", "assess", "r", "--output", "result.json", *on("2023-01-18"))[0] == 1
    assert (size(), Path("result.json").read_text("utf-8")) == (before, "mine")


def test_a_report_is_corrected_by_its_target(run: Run) -> None:
    frozen(run)
    assert run("register", "report", "r", "t1", "actual=7.0%", *on("2022-12-31"))[0] == 0
    words = ("register", "correct", "r", "t1", "actual=8.0%", "--reason", "a slip", *on("2023-01-05"))
    code, _, err = run(*words)
    assert code == 0, err
    with Register.open("r", create=False) as register:
        (report,) = register.snapshot().state.reports.values()
        assert str(report.row.values["actual"].raw) == "8.0%"


def test_what_is_asked_of_a_milestone_is_held_after_the_freeze(run: Run) -> None:
    opened(run)
    step = ("register", "milestone", "r", "t1", "milestone=plan")
    assert run(*step, "due=2022-04-30", "share=100%", *on("2022-01-12"))[0] == 0
    assert run(*step, "due=2022-05-31", *on("2022-01-13"))[0] == 0
    for verb, day in (("consult", "2022-01-20"), ("close", "2022-02-01"), ("freeze", "2022-02-28")):
        assert run("register", verb, "r", *on(day))[0] == 0
    code, _, err = run(*step, "due=2022-11-30", *on("2022-05-01"))
    assert (code, codes(err)) == (1, ["AS7207"])
    assert run(*step, "done_on=2022-05-20", *on("2022-05-21"))[0] == 0
    with Register.open("r", create=False) as register:
        from_register = register.snapshot().facts(Facts())
        (row,) = from_register.milestones
        assert {name: str(value.raw) for name, value in row.values.items()} == {
            "target": "t1", "milestone": "plan", "due": "2022-05-31", "share": "100%", "done_on": "2022-05-20",
        }  # fmt: skip


def test_a_signed_checkpoint_vouches_for_the_register(run: Run) -> None:
    opened(run)
    code, public, _ = run("register", "new-key", "office.example", "office.key")
    assert (code, run("register", "key", "office.key")[1]) == (0, public)
    _, note, _ = run("register", "checkpoint", "r", "--key", "office.key")
    Path("note").write_text(note, "utf-8")
    code, out, _ = run("register", "verify", "r", "--anchor", "note", "--key", public.strip(), "--format", "json")
    assert (code, json.loads(out)["status"]) == (0, "agrees")
    _, line, _ = run("register", "anchor", "r")
    assert run("register", "verify", "r", "--anchor", line)[0] == 0
    code, out, _ = run("register", "restore", "r", "again")
    assert (code, Path("again").exists()) == (0, True)


@pytest.mark.parametrize(
    "line",
    [
        "register show r", "register show r t1", "register log r", "register anchor r", "register checkpoint r",
        "register verify r", "register honours r", "register follow-up r --as-of 2023-02-01",
        "appeal list r --as-of 2023-02-01",
        "verify result.json r", "register consult r ash --by x --on 2022-01-20 --check",
    ],
)  # fmt: skip
def test_json_is_one_document(run: Run, line: str) -> None:
    assessed(run)
    _, out, _ = run(*line.split(), "--format", "json")
    json.loads(out)


def test_a_register_speaks_the_language_of_its_policy_or_the_one_that_is_asked_for(run: Run) -> None:
    opened(run)
    assert "draft" in run("register", "show", "r")[1]
    assert "拟订" in run("register", "show", "r", "--language", "zh")[1]
    assert "台账中没有" in run("register", "show", "r", "nobody", "--language", "zh")[2]


def test_a_freeze_that_is_recorded_late_is_told_when_it_is_recorded_and_later(run: Run) -> None:
    assert run("register", "open", "r", "policy.assess", *on("2022-01-10"))[0] == 0  # by the machine's clock
    for verb, item in (("enrol", "entities.csv"), ("set", "targets.csv")):
        assert run("register", verb, "r", "--from", item, *on("2022-01-10"))[0] == 0
    for verb, day in (("consult", "2022-01-20"), ("close", "2022-02-01")):
        assert run("register", verb, "r", *on(day))[0] == 0
    code, _, err = run("register", "freeze", "r", *on("2022-02-28"))
    assert (code, codes(err)) == (0, ["AS7232"])
    assert codes(run("register", "show", "r")[2]) == ["AS7232"]


# ---------------------------------------------------------------- who became whom, and who led whom

LED = """\
policy city "City" {
  period 2022
  full 100 points
  group county "Counties"
  fact score number missing error
  fact leader text missing undetermined
  component work "Work" {
    points 100 points
    indicator level "Level" { points 100 points; score score * 1% }
  }
  rank by total within group ties shared
  accountability {
    finding low "Low" when streak(in_bottom(1, of: group, ties: included), years: 2, missing: break)
    finding same "Same" when streak(in_bottom(1, of: group, ties: included), years: 2) and leader == previous(leader)
  }
}
"""
SUCCESSIONS = "类型,变更前,变更后,日期,文号,单位,承继结果,适用认定\n合并,old、elm,cedar,2022年3月1日,市发4号"
TENURES = "entity,leader,took_office,left_office\ncedar,Li,2020-05-01,2022-06-30\ncedar,Wu,2022-07-01,\n"


def led(run: Run, successions: str, *words: str, command: tuple[str, ...] = ("evaluate", "led.assess", "led")) -> str:
    """What was found of the one at the bottom, by a command: the findings and their status."""
    for name, text in {
        "led.assess": LED,
        "led/entities.csv": "entity,group,score\nash,county,85\ncedar,county,30\n",
        "years.csv": "period,entity,group,rank\n2021,ash,county,1\n2021,elm,county,2\n2021,old,county,3\n",
        "successions.csv": successions,
        "tenures.csv": TENURES,
    }.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text, "utf-8")
    tables = ("--history", "years.csv", "--successions", "successions.csv", "--tenures", "tenures.csv")
    code, out, err = run(*command, *tables, *words, "--format", "json")
    if code:
        return " ".join(codes(err))
    result = json.loads(out)
    return " ".join(f"{one['name']}:{one['status']}" for one in result["entities"]["cedar"]["findings"])


@pytest.mark.parametrize(
    ("successions", "words", "found"),
    [
        (f"{SUCCESSIONS},,,", ("--leader", "year_end"), ""),
        (f"{SUCCESSIONS},cedar,old,", ("--leader", "year_end"), "low:raised"),
        (f"{SUCCESSIONS},cedar,old,", ("--leader", "longest"), "low:raised"),
        (f"{SUCCESSIONS},cedar,old,", (), "low:raised same:undetermined"),
        (f"{SUCCESSIONS},cedar,无,", ("--leader", "whole_year"), "same:undetermined"),
        (f"{SUCCESSIONS},,old,\n{SUCCESSIONS.splitlines()[1]},,none,low", (), "same:undetermined"),
        (f"{SUCCESSIONS},cedar,ash,", (), "AS7404"),
        (f"{SUCCESSIONS},,,low", (), "AS7404"),
        (f"{SUCCESSIONS},ash,old,", (), "AS7404"),
        (SUCCESSIONS.replace("合并", "moved") + ",,,", (), "AS7404"),
        (SUCCESSIONS.replace("2022年3月1日", "March") + ",,,", (), "AS6107"),
        (SUCCESSIONS.replace("市发4号", "") + ",,,", (), "AS6214"),
    ],
)
def test_whose_results_and_which_leader(run: Run, successions: str, words: tuple[str, ...], found: str) -> None:
    assert led(run, successions, *words) == found


def test_what_inherits_in_two_ways_is_not_explained(run: Run) -> None:
    both = f"{SUCCESSIONS},,old,\n{SUCCESSIONS.splitlines()[1]},,none,low"
    explain = ("explain", "led.assess", "led", "--entity", "cedar")
    assert led(run, both, command=explain).split()[-1] == "AS7414"
    assert run(*explain, "--history", "years.csv")[0] == 0


def test_a_result_of_a_register_is_bound_to_its_successions(run: Run) -> None:
    assert led(run, f"{SUCCESSIONS},cedar,old,") == "low:raised same:undetermined"
    assert run("register", "open", "r", "led.assess", "led", *on("2022-01-10"), "--rehearsal")[0] == 0
    assert run("register", "freeze", "r", *on("2022-02-28"))[0] == 0
    tables = ("r", "led", "--history", "years.csv", "--successions", "successions.csv")
    code, out, err = run("register", "assess", *tables, "--output", "result.json", *on("2023-01-18"))
    assert (code, "Low; Same (undetermined" in out) == (0, True), out + err
    assert run("verify", "result.json", *tables)[0] == 0
    code, _, err = run("verify", "result.json", *tables[:-2])
    assert (code, codes(err)) == (1, ["AS7222"])


# ---------------------------------------------------------------- what is undone


def test_what_is_undone_leaves_no_trace_in_the_register() -> None:
    register = Register.in_memory()
    wrong = Event("freeze", "", date(2022, 1, 1), "office")
    (made,) = register.record_all([wrong], undo=lambda made: not made[0].accepted)
    assert (made.accepted, register.store.size, register.snapshot().state.size) == (False, 0, 0)


# ---------------------------------------------------------------- the pages


def test_every_kind_of_event_has_its_verb() -> None:
    elsewhere = {"open", "amend_policy", "assess", "revise", "appeal", "ruling", "attempt"}
    assert set(VERBS.values()) | elsewhere == set(KINDS)


def phases(kind: Kind) -> str:
    own = tuple(phase for phase in PHASES if phase in kind.phases)
    return "all" if own == PHASES else ", ".join(own) or "—"


def fields(kind: Kind) -> str:
    found = [f"`{name}`" for name in kind.needs] + [f"`{name}`?" for name in kind.may]
    found += [f"columns of `{kind.columns}`"] if kind.columns else []
    return ", ".join([*found, *(name for name in ("authority", "reason", "evidence") if getattr(kind, name))])


def test_the_kinds_of_event_are_listed() -> None:
    page = (ROOT / "docs" / "register.md").read_text("utf-8")
    listed = re.search(r"<!-- kinds -->\n\n(.*?)\n\n<!-- end -->", page, re.DOTALL)
    assert listed
    rows = [
        f"| `{name}` | {kind.en} ({kind.zh}) | {kind.subject.removeprefix('any')} | {fields(kind)} | {phases(kind)} |"
        for name, kind in KINDS.items()
    ]
    assert listed[1].splitlines()[2:] == rows


ROWS = [f"S{row}" for row in (2, 7, 8, 13, 14, 17, 30, 31, *range(34, 43), 44, 45, 46)]


@pytest.mark.parametrize("page", ["guide.md", "guide.zh.md"])
def test_every_requirement_has_its_place_and_its_test(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    table = text.partition("<!-- requirements -->")[2]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("| S")
    ]
    assert [row[0] for row in rows] == ROWS
    for _, what, where, held in rows:
        assert what
        assert f"\n## {where}\n" in text
        assert (ROOT / held.strip("`")).read_text("utf-8").count("\ndef test_")
