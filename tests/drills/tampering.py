"""What someone with the right to write to a register's file, and with time, may do to it: a table of attacks.

The attacks that end in `anew` make every hash and every place anew, as assessdsl itself would have written them.
"""

import random
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from assessdsl.diagnostics import RegisterError
from assessdsl.record import merkle
from assessdsl.record.canonical import encode
from assessdsl.record.checkpoint import Checkpoint
from assessdsl.record.contents import Contents, read
from assessdsl.record.event import Entry, Event
from assessdsl.record.store import Store
from assessdsl.record.verification import examine, verify

ORIGIN: Final = "example.org/targets/2022"
START: Final = datetime(2022, 2, 28, 9, tzinfo=UTC)


def entry(number: int) -> Entry:
    data = {"entity": f"county-{number % 4}", "planned": f"{number}.5 %", "owner": "李四"}
    event = Event("set_target", f"t{number}", date(2022, 2, 1), "张三", f"k{number}", data, "目标办")
    return Entry(number, START + timedelta(minutes=number), event)


ENTRIES: Final = tuple(map(entry, range(20)))


def write(path: Path, entries: Sequence[Entry]) -> None:
    """A register with these events, recorded at these moments."""
    path.unlink(missing_ok=True)
    moments = iter([each.recorded for each in entries])
    with Store.open(path, clock=lambda: next(moments)) as register, register.writing() as writer:
        for each in entries:
            writer.append(each.event)


def anchor(path: Path, size: int | None = None) -> Checkpoint:
    with Store.open(path, create=False) as register:
        first = register.size if size is None else size
        return Checkpoint(ORIGIN, first, register.root(first))


def by_hand(*statements: str) -> Callable[[Path], None]:
    """Statements past the triggers, which stand afterwards as before."""

    def attack(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)
            for _, sql in triggers:
                connection.execute(sql)
            connection.commit()

    return attack


def statement(text: str) -> Callable[[Path], None]:
    def attack(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(text)
            connection.commit()

    return attack


def anew(change: Callable[[list[Entry]], None]) -> Callable[[Path], None]:
    def attack(path: Path) -> None:
        entries = list(ENTRIES)
        change(entries)
        write(path, entries)

    return attack


def edit(entries: list[Entry], place: int = 7) -> None:
    event = entries[place].event
    entries[place] = evolve(entries[place], event=evolve(event, data={**event.data, "planned": "1 %"}))


def put_in(entries: list[Entry]) -> None:
    entries.insert(7, evolve(entry(99), recorded=entries[7].recorded))


def exchange(entries: list[Entry]) -> None:
    one, other = entries[7], entries[8]
    entries[7:9] = [evolve(other, recorded=one.recorded), evolve(one, recorded=other.recorded)]


def move_times(entries: list[Entry]) -> None:
    entries[:] = [evolve(each, recorded=each.recorded - timedelta(days=30)) for each in entries]


def replace_one(entries: list[Entry]) -> None:
    del entries[7]
    entries.append(evolve(entry(99), recorded=entries[-1].recorded))


def leaf_hash_too(path: Path) -> None:
    by_hand(EDIT)(path)
    leaf = merkle.leaf_hash(str(read(path).entries[7][2]).encode())
    by_hand(f"UPDATE node SET hash = x'{leaf.hex()}' WHERE level = 0 AND position = 7")(path)


def without(start: int, stop: int) -> Callable[[Path], None]:
    return anew(lambda entries: entries.__delitem__(slice(start, stop)))


def endless(path: Path) -> None:
    statement("DROP TABLE entry")(path)
    statement("CREATE VIEW entry AS WITH RECURSIVE e(p) AS (SELECT 0 UNION ALL SELECT p + 1 FROM e) "
              "SELECT p AS position, p AS key, p AS body FROM e")(path)  # fmt: skip


EDIT: Final = "UPDATE entry SET body = replace(body, '7.5 %', '1 %') WHERE position = 7"
EXCHANGE: Final = (
    "CREATE TEMP TABLE t AS SELECT * FROM entry WHERE position IN (7, 8)",
    "UPDATE entry SET body = (SELECT body FROM t WHERE t.position = 15 - entry.position) WHERE position IN (7, 8)",
)
DATE_BACK: Final = "UPDATE entry SET body = replace(body, '2022-02-28T09:07', '2022-02-27T09:07') WHERE position = 7"
FILE: Final = "UPDATE entry SET key = 'other' WHERE position = 7"
SPACES: Final = "UPDATE entry SET body = replace(body, ',', ', ')"
QUIET: Final = "CREATE TRIGGER quiet BEFORE INSERT ON entry BEGIN SELECT RAISE(IGNORE); END"


@frozen
class Attack:
    """`alone`: what is found without anything from outside, nothing if that is not enough. `anchored`: with an anchor
    of all entries. `compared`: with an earlier copy, too."""

    name: str
    do: Callable[[Path], None]
    alone: frozenset[str]
    anchored: frozenset[str]
    compared: frozenset[str]


def attack(name: str, do: Callable[[Path], None], alone: str, anchored: str, compared: str) -> Attack:
    return Attack(
        name, do, *(frozenset(codes.split()) for codes in (alone, f"{alone} {anchored}", f"{alone} {compared}"))
    )


ATTACKS: Final = (
    attack("edit the text of an entry", by_hand(EDIT), "AS7134", "", "AS7142"),
    attack("edit it and its own hash", leaf_hash_too, "AS7138", "AS7140", "AS7142"),
    attack("edit it, all anew", anew(edit), "", "AS7140", "AS7142"),
    attack("cut off the last", by_hand("DELETE FROM entry WHERE position > 15"), "AS7138", "AS7139", "AS7143"),
    attack("cut off the last, all anew", without(16, 20), "", "AS7139", "AS7143"),
    attack("take one out", by_hand("DELETE FROM entry WHERE position = 7"), "AS7133 AS7138", "AS7139", "AS7143"),
    attack("take one out, all anew", without(7, 8), "", "AS7139", "AS7143"),
    attack("take one out, add one at the end, all anew", anew(replace_one), "", "AS7140", "AS7143"),
    attack("put one in, all anew", anew(put_in), "", "AS7140", "AS7144"),
    attack("exchange two texts", by_hand(*EXCHANGE), "AS7134 AS7135 AS7137", "", "AS7142"),
    attack("exchange two, all anew", anew(exchange), "", "AS7140", "AS7142 AS7145"),
    attack("put an older copy in its place", without(12, 20), "", "AS7139", "AS7143"),
    attack("put an empty register in its place", without(0, 20), "", "AS7139", "AS7143"),
    attack("date one back", by_hand(DATE_BACK), "AS7134 AS7137", "", "AS7142"),
    attack("date all back, all anew", anew(move_times), "", "AS7140", "AS7142"),
    attack("file one under another key", by_hand(FILE), "AS7135", "", "AS7143 AS7144"),
    attack("write the same in another way", by_hand(SPACES), "AS7134 AS7135", "", ""),
    attack("remove a trigger", statement("DROP TRIGGER entry_kept"), "AS7132", "", ""),
    attack("add a trigger", statement(QUIET), "AS7132", "", ""),
    attack("remove the mark of a register", statement("PRAGMA application_id = 0"), "AS7132", "", ""),
    attack("keep what is added in a write-ahead log", statement("PRAGMA journal_mode = WAL"), "AS7132", "", ""),
    attack("remove the hashes", by_hand("DELETE FROM node"), "AS7134 AS7138", "", ""),
    attack("remove the table of hashes", statement("DROP TABLE node"), "AS7132 AS7134 AS7138", "", ""),
    attack("put a view in the place of the entries", endless, "AS7132 AS7138", "AS7139", "AS7143"),
)


def table(folder: Path) -> list[tuple[str, ...]]:
    """Each attack, and what is seen of it alone, with an anchor, and with a copy."""
    path, copy = folder / "register", folder / "copy"
    rows = []
    for each in ATTACKS:
        write(path, ENTRIES)
        write(copy, ENTRIES)
        kept = anchor(path)
        each.do(path)
        seen = [verify(path), verify(path, [kept]), verify(path, copy=copy)]
        codes = [" ".join(sorted({finding.code for finding in one.diagnostics})) for one in seen]
        rows.append((each.name, *(f"{one.status} {found}".strip() for one, found in zip(seen, codes, strict=True))))
    return rows


# ---------------------------------------------------------------- many, in memory


def contents(entries: Sequence[Entry], whole: Contents) -> Contents:
    """The file of these entries, written by someone who knows how."""
    rows, nodes = [], dict[tuple[int, int], bytes]()
    for place, each in enumerate(entries):
        body = encode(evolve(each, index=place))
        for level, number, hash in merkle.grown(place, merkle.leaf_hash(body.encode()), lambda *node: nodes[node]):
            nodes[level, number] = hash
        rows.append((place, each.event.key, body))
    return evolve(whole, entries=tuple(rows), nodes=nodes)


def changed(entries: list[Entry], chance: random.Random) -> None:
    """One change, at random, that leaves other entries than before."""
    place = chance.randrange(len(entries))
    other = entries[place]
    match chance.randrange(9):
        case 0:
            field = chance.choice(("subject", "actor", "authority", "reason", "key", "kind"))
            entries[place] = evolve(other, event=evolve(other.event, **{field: getattr(other.event, field) + "x"}))
        case 1:
            name = chance.choice(sorted(other.event.data))
            data = {**other.event.data, name: f"{other.event.data[name]}0"}
            entries[place] = evolve(other, event=evolve(other.event, data=data))
        case 2:
            del entries[place]
        case 3:
            del entries[place:]
        case 4:
            entries.insert(place, evolve(entry(90 + place), recorded=other.recorded))
        case 5:
            elsewhere = chance.choice([one for one in range(len(entries)) if one != place])
            entries[place] = evolve(entries[elsewhere], recorded=other.recorded)
            entries[elsewhere] = evolve(other, recorded=entries[elsewhere].recorded)
        case 6:
            entries[place] = evolve(other, recorded=other.recorded + timedelta(microseconds=chance.randint(1, 10**6)))
        case 7:
            entries[place] = evolve(other, event=evolve(other.event, valid=other.event.valid + timedelta(days=1)))
        case _:
            entries[place] = evolve(other, event=evolve(other.event, evidence=("made up",)))


def tampered(folder: Path, count: int) -> str:
    """Copies changed at random, all hashes made anew or not: with the anchor each is seen, without it none `agrees`."""
    chance = random.Random(count)
    path = folder / "register"
    original = ENTRIES[:9]
    write(path, original)
    kept, whole = anchor(path), read(path)
    assert contents(original, whole) == whole
    alone = 0
    for _ in range(count):
        entries = list(original)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            if len(entries) > 1:
                changed(entries, chance)
        if entries == list(original):
            continue  # one change took back the other
        forged = contents(entries, whole)
        if chance.random() < 0.3:  # only the entries are changed
            forged = evolve(forged, nodes=whole.nodes)
        assert examine(forged, [kept]).status == "altered"
        status = examine(forged).status
        assert status != "agrees"
        alone += status == "altered"
    return f"{count} tampered copies: all seen with the anchor; {alone} without it, and none said to agree"


def flipped(folder: Path, count: int) -> str:
    """Single bits of the file flipped: what is read is what was recorded, or it is said."""
    chance = random.Random(count)
    path = folder / "register"
    write(path, ENTRIES)
    kept, whole, data = anchor(path), read(path), path.read_bytes()
    refused = seen = unseen = 0
    for _ in range(count):
        place = chance.randrange(len(data) * 8)
        path.write_bytes(data[: place // 8] + bytes([data[place // 8] ^ 1 << place % 8]) + data[place // 8 + 1 :])
        try:
            if verify(path, [kept]).diagnostics:
                seen += 1
            else:
                unseen += 1
                assert evolve(read(path), damage=()) == whole, "what is unused was hit"
        except RegisterError:
            refused += 1
    return f"{count} flipped bits: {seen} seen, {refused} refused as no register, {unseen} where nothing is kept"
