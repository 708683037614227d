"""One year in which everything happens that seldom does, through the same machine."""

from datetime import timedelta
from typing import Any

from life.machine import COUNCIL, DAYS, MAYOR, Life, after

BEGIN, JANUARY, FREEZE, MARCH, JUNE, SEPTEMBER, OCTOBER, DECEMBER, NEXT = DAYS
TARGET = {
    "entity": "north", "indicator": "growth", "planned": "8%", "baseline": "7%", "weight": "1", "required": "yes",
    "owner": "Li", "due": "2022-12-31",
}  # fmt: skip


def year(life: Life) -> None:
    """Each event is compared with the model; some are refused."""

    def send(kind: str, subject: str, day: Any, *, bare: bool = False, accepted: bool = True, **given: Any) -> str:
        life.clock += timedelta(seconds=20)
        assert life.send(kind, subject, day, len(life.lines) % 2, bare, **given) == accepted, (kind, subject)
        life.only_grows()
        return life.lines[-1].event.key

    def altered(name: str, **columns: str) -> dict[str, str]:
        row = after(life.lines).targets[name]
        return {column: text for column, text in row.items() if column not in ("target", "authority")} | columns

    life.begin(1)
    send("freeze", "", FREEZE, accepted=False)
    tried = len(life.lines) - 1
    send("enrol", "north", JANUARY, bare=True, data={"group": "county"})
    assert life.send("enrol", "north", JANUARY, bare=True, data={"group": "county"})  # the same, sent again
    send("set_target", "t3", JANUARY, data=TARGET)
    for name in ("east", "west", "north"):
        send("consult", name, JANUARY)
    comment = send("comment", "east", JANUARY, data={"text": "too high"})
    send("freeze", "", FREEZE, accepted=False)
    send("withdraw_target", "t3", JANUARY)
    send("close_consultation", "", JANUARY, accepted=False)
    send("reply", comment, JANUARY, data={"text": "no"})
    send("close_consultation", "", JANUARY)
    send("freeze", "", FREEZE, accepted=False)
    send("set_target", "t3", JANUARY, data=TARGET)
    send("freeze", "", FREEZE)
    life.sent_again(tried, life.lines[tried].event, 0)

    send("withdraw_target", "t3", MARCH, accepted=False)
    easier = [("t1", "planned", "7.9%"), ("t2", "planned", "101"), ("t2", "planned", "99"), ("t1", "due", "2023-01-01")]
    for name, column, text in (*easier, ("t2", "weight", "0.5"), ("t2", "tags", "roads")):
        send("set_target", name, MARCH, accepted=False, data=altered(name, **{column: text}))
    send("set_target", "t1", JUNE, data=altered("t1", owner="Wang"))
    send("add_target", "t4", JUNE, accepted=False, data=TARGET)
    send("add_target", "t4", JUNE, data=TARGET, authority=MAYOR)
    flood: dict[str, Any] = {"authority": COUNCIL, "reason": "flood"}
    send("adjust", "t1", OCTOBER, accepted=False, data={"planned": "7.5%"}, **flood)
    send("adjust", "t1", JUNE, data={"planned": "7.5%"}, **flood)
    send("adjust", "t1", SEPTEMBER, data={"due": "2023-03-31"}, **flood)
    order = {"source": "no. 12", "owner": "east", "content": "repair the bridge", "due": MARCH.isoformat()}
    send("instruct", "i1", BEGIN, data=order)
    send("reply_instruction", "i1", FREEZE.replace(month=3, day=2))
    wrong = send("report", "t1", SEPTEMBER, data={"actual": "7%"})
    send("report", "t1", JUNE, data={"actual": "6%"})
    for level in ("city", "province"):
        send("report", "east", JUNE, data={"indicator": "warning", "level": level})
    send("judgement", "west", JUNE, data={"judgement": "idle", "author": "Wu"}, evidence=("minutes",))
    life.clock -= timedelta(days=3)
    for day in (None, OCTOBER):
        life.assess(day)
        life.look(day, None, False)
    send("correction", wrong, DECEMBER, data={"actual": "5%"}, reason="counted twice")
    for number in range(0, len(life.lines), 5):
        life.look(None, number, True)
        life.again(number, 1)
        life.another_under_its_key(number)
    life.reopen(0)
    send("assess", "", DECEMBER, data={"digest": "x"})
    send("set_target", "t1", DECEMBER, accepted=False, data=altered("t1", owner="Li"))
    send("publish", "", NEXT)
    claim = send("appeal", "east", NEXT, data={"claim": "counted twice"}, evidence=("letter",))
    ruling: dict[str, Any] = {"data": {"upheld": True}, "authority": COUNCIL, "reason": "as measured"}
    send("ruling", wrong, NEXT, accepted=False, **ruling)
    send("ruling", claim, NEXT, **ruling)
    send("revise", "", NEXT, data={"digest": "y", "replaces": "x"}, authority=COUNCIL, reason="ruling 1")
    send("finalise", "", NEXT)
