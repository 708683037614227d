"""A disk that fills up: at each page of the register, and at bytes of the register and of its journal."""

import resource
from collections import Counter
from functools import partial
from pathlib import Path

from assessdsl.diagnostics import RegisterError
from assessdsl.record.store import Store
from assessdsl.record.verification import verify
from drills.process import Say, child, event, keys


def full(folder: Path, points: int) -> str:
    path, kept = folder / "register", set[str]()
    Store.open(path).close()
    codes = Counter[str]()
    for point in range(points):
        size = path.stat().st_size
        match point % 3:
            case 0:  # SQLite may take no further page, or one, or two …
                work = partial(until_full, path, str(point), None, point % 5)
            case 1:  # the system refuses to write beyond a byte behind the end of the register
                work = partial(until_full, path, str(point), size + point * 331 % 9000, 0)
            case _:  # or beyond one that the journal reaches
                work = partial(until_full, path, str(point), point * 397 % 13000, 0)
        words = child(work).words()
        codes.update(word for word in words if word.startswith("AS"))
        found = keys(path)
        assert kept | {word for word in words if not word.startswith("AS")} <= found
        kept = found
    assert not verify(path).diagnostics
    told = ", ".join(f"{code} {count} times" for code, count in sorted(codes.items()))
    return f"{points} points at which the disk was full: none of {len(kept)} acknowledged events lost; told as {told}"


def until_full(path: Path, name: str, limit: int | None, pages: int, say: Say) -> None:
    """Records until an error, says what is acknowledged and the code of the error."""
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        with Store.open(path) as register:
            if limit is None:
                register._connection.execute(f"PRAGMA max_page_count = {register._value('PRAGMA page_count') + pages}")
            for number in range(8):
                with register.writing() as writer:
                    for more in range(3):
                        writer.append(event(f"{name}-{number}-{more}"))
                for more in range(3):
                    say(f"{name}-{number}-{more}")
    except RegisterError as error:
        say(error.diagnostics[0].code)
