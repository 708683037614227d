"""kill -9 at random moments of a process that makes a register, writes to it or backs it up."""

import random
from functools import partial
from pathlib import Path

from assessdsl.record.store import Store
from assessdsl.record.verification import verify
from drills.process import Say, child, event, keys, record


def kills(folder: Path, count: int) -> str:
    """Every tenth kill meets a register that is just being made, every tenth a backup."""
    chance = random.Random(count)
    path, kept = folder / "register", set[str]()
    Store.open(path).close()
    halves = unsaid = backups = 0
    for number in range(count):
        match number % 10:
            case 1:
                made = folder / f"made-{number}"
                said = set(child(partial(record, made, "k", 1000)).words(chance.uniform(0, 0.02)))
                halves += half_written(made)
                assert said <= keys(made)
            case 2:
                copy = folder / f"copy-{number}"
                child(partial(back_up, path, copy)).words(chance.uniform(0, 0.2))
                if copy.exists():
                    backups += 1
                    assert not verify(path, copy=copy).diagnostics
            case _:
                said = set(child(partial(record, path, str(number), 1000)).words(chance.uniform(0, 0.04)))
                halves += half_written(path)
                found = keys(path)
                assert kept | said <= found
                unsaid += found > kept | said
                kept = found | send_again(path, str(number), len(said))
    assert not verify(path).diagnostics
    return (
        f"{count} kills: none of {len(kept)} acknowledged events lost, none twice; {halves} kills met a transaction "
        f"half written, {unsaid} one that was kept and not yet acknowledged; {backups} backups finished, all whole"
    )


def back_up(path: Path, copy: Path, _: Say) -> None:
    with Store.open(path) as register:
        register.backup(copy)


def half_written(path: Path) -> bool:
    """Whether the journal of a transaction stands beside it."""
    journal = path.with_name(path.name + "-journal")
    return journal.exists() and journal.stat().st_size > 0


def send_again(path: Path, name: str, acknowledged: int) -> set[str]:
    """What was recorded, or may have been, is sent again: nothing that is there changes."""
    sent = [f"{name}-{number}" for number in range(max(0, acknowledged - 2), acknowledged + 2)]
    with Store.open(path) as register:
        before = register.entries()
        with register.writing() as writer:
            for key in sent:
                writer.append(event(key))
        assert register.entries()[: len(before)] == before
    assert set(sent) <= keys(path)
    return set(sent)
