"""Every change in a process of its own, forked from one that has imported, collected and tried the tests once."""

import gc
import hashlib
import os
import pickle
import resource
import shutil
import signal
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any, Final, Literal

import pytest
from _pytest.runner import runtestprotocol
from attrs import define, field

import assessdsl
from assessdsl import engine
from mutants.change import Mutant
from mutants.plant import Living, forget, living, plant, source_of

Fate = Literal["killed", "killed by time", "stuck", "survived", "not reached", "not planted"]
_EXITS: Final[dict[int, Fate]] = {
    0: "survived", 1: "killed", 3: "not planted", -signal.SIGPROF: "killed by time", -signal.SIGALRM: "stuck",
}  # fmt: skip

_LONGEST: Final = 4  # seconds: a test that takes longer is not asked
_TIMES, _SECONDS = 10, 5  # a test may take so many times what it takes without a change, and so much more
_STUCK: Final = 6  # times as long by the clock: nothing is reckoned any more
_BYTES: Final = 8 << 30  # of memory


@define(eq=False)
class Tests:
    """What is known of the tests from trying them without a change, by their ids."""

    items: dict[str, pytest.Item] = field(factory=dict)
    seconds: dict[str, float] = field(factory=dict)
    failed: list[str] = field(factory=list)
    reached: dict[str, set[tuple[str, int]]] = field(factory=partial(defaultdict, set))
    """The lines of the modules that a test runs; by the name of a file, those that its fixtures run."""
    kills: Counter[str] = field(factory=Counter)

    _run: dict[str, dict[str, dict[int, float]]] = field(factory=dict, init=False)

    def asked(self, mutant: Mutant) -> list[str]:
        """Those that run what was changed: first those that noticed most so far, then those that run what few run."""
        if mutant.module not in self._run:
            self._run[mutant.module] = self._lines(str(source_of(mutant.module)))
        found = {id: rare for id, rare in self._run[mutant.module].items() if not rare.keys().isdisjoint(mutant.lines)}
        return sorted(found, key=lambda id: (-self.kills[id], -sum(found[id].values())))

    def _lines(self, path: str) -> dict[str, dict[int, float]]:
        """The lines of a module that each test runs, the more worth the fewer others run them."""
        found = {
            id: {line for file, line in self.reached[id] | self.reached[_file(id)] if file == path}
            for id, seconds in self.seconds.items()
            if seconds <= _LONGEST
        }
        run_by = Counter(line for lines in found.values() for line in lines)
        return {id: {line: 1 / run_by[line] for line in lines} for id, lines in found.items()}


def _file(id: str) -> str:
    return id.partition("::")[0]


@define(eq=False)
class Planter:
    """A plugin of pytest: tries each test without a change, and then does `then` with them instead of running them."""

    modules: Sequence[str]
    workers: int
    most: int | None
    """So many tests are asked of a change; without it all that run it."""
    then: Callable[["Planter"], None]
    tests: Tests = field(factory=Tests)
    read: dict[Any, Any] = field(factory=dict)
    """The policies that were read. Reading takes most of the time, and most changes are to what comes after."""
    living: Living = field(factory=dict)
    worker: int = 0
    tracing: bool = False

    # ------------------------------------------------------------ the tests as they are

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._keep_what_is_read()
        self.tests.items.update((item.nodeid, item) for item in session.items)
        # in a process that ends: some libraries start threads, which a process that is forked later lacks and waits for
        process, told = self._forked(self._learn)
        with os.fdopen(told, "rb") as heard:
            learnt = heard.read()
        if os.waitpid(process, 0)[1]:
            return False
        self.tests.seconds, self.tests.failed, self.tests.reached, readings = pickle.loads(learnt)
        self._read_again(readings)
        self.living = living(self.modules)
        forget()
        gc.freeze()  # what the processes share is not touched
        if not self.tests.failed:
            # once more as each change will meet them: a test that fails here would notice all of them
            process, told = self._forked(self._without_a_change)
            with os.fdopen(told, encoding="utf-8") as text:
                self.tests.failed += text.read().split("\n")[:-1]
            if os.waitpid(process, 0)[1]:
                return False
        if not self.tests.failed:
            self.then(self)
        return True

    def _learn(self, said: int) -> int:
        """How long each test takes, and which lines it runs; what it reads."""
        tests = self.tests
        # each reads the policies from a folder of its own; the first is timed, the last, which it takes longer, traced
        rounds = range(max(2, self.workers))
        for number in rounds:
            self.worker, self.tracing = min(number, self.workers - 1), number == rounds[-1]
            for id, following in pairwise([*tests.items, ""]):
                start = time.process_time()
                if not self._passes(id, following) and id not in tests.failed:
                    tests.failed.append(id)
                if number == rounds[0]:
                    tests.seconds[id] = time.process_time() - start
        with os.fdopen(said, "wb") as heard:
            pickle.dump((tests.seconds, tests.failed, tests.reached, list(self.read)), heard)
        return 0

    def _without_a_change(self, said: int) -> int:
        for id, following in pairwise([*self.tests.items, ""]):
            if self.tests.seconds[id] <= _LONGEST and not self._passes(id, following):
                os.write(said, f"{id}\n".encode())
        return 0

    def _read_again(self, readings: Iterable[Any]) -> None:
        for given, text, more, named in readings:
            if isinstance(text, str):
                engine.loads(given, *more, **dict(named))
            elif Path(given).is_file() and Path(given).read_bytes() == text:
                engine.load(given, *more, **dict(named))

    def _keep_what_is_read(self) -> None:
        for name in ("load", "loads"):
            setattr(engine, name, self._kept(getattr(engine, name)))
            vars(assessdsl).pop(name, None)  # it is taken from there on its first use

    def _kept(self, read: Callable[..., Any]) -> Callable[..., Any]:
        def kept(given: Any, *more: Any, **named: Any) -> Any:
            text = given if read.__name__ == "loads" else Path(given).read_bytes()
            key = str(given), text, more, tuple(named.items())
            if key not in self.read:
                self.read[key] = read(given, *more, **named)
            return self.read[key]

        return kept

    def _passes(self, id: str, following: str) -> bool:
        items = self.tests.items
        return not any(report.failed for report in runtestprotocol(items[id], False, items.get(following)))

    @pytest.fixture
    def tmp_path(self, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """The same whenever a worker runs the test, so that the policies in it are known by their paths."""
        name = hashlib.sha256(request.node.nodeid.encode("utf-8")).hexdigest()[:16]
        path = tmp_path_factory.getbasetemp() / str(self.worker) / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        with self._traced(_file(item.nodeid)):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        with self._traced(item.nodeid):
            return (yield)

    @contextmanager
    def _traced(self, by: str) -> Iterator[None]:
        paths = {str(source_of(module)) for module in self.modules}
        reached = self.tests.reached[by]

        def line(frame: FrameType, event: str, _: Any) -> Any:
            reached.add((frame.f_code.co_filename, frame.f_lineno))
            return line

        def called(frame: FrameType, event: str, _: Any) -> Any:
            return line(frame, event, _) if frame.f_code.co_filename in paths else None

        if self.tracing:
            threading.settrace(called)
            sys.settrace(called)
        try:
            yield
        finally:
            if self.tracing:
                sys.settrace(None)
                threading.settrace(None)  # type: ignore[arg-type]

    # ------------------------------------------------------------ the tests with a change

    def fates(self, mutants: Iterable[Mutant]) -> Iterator[tuple[Mutant, Fate]]:
        """As they end."""
        running: dict[int, tuple[Mutant, int, int]] = {}  # by process: what was changed, which worker, what it says
        free = list(range(self.workers))
        waiting = iter(mutants)
        mutant = next(waiting, None)
        while running or mutant is not None:
            if mutant is not None and free:
                if asked := self.tests.asked(mutant)[: self.most]:
                    self.worker = free.pop()
                    process, told = self._forked(partial(self._asked, mutant, asked))
                    running[process] = mutant, self.worker, told
                else:
                    yield mutant, "not reached"
                mutant = next(waiting, None)
                continue
            process, status = os.wait()
            done, worker, told = running.pop(process)
            free.append(worker)
            with os.fdopen(told, encoding="utf-8") as text:
                self.tests.kills.update(text.read().split("\n")[:-1])
            yield done, _EXITS.get(os.waitstatus_to_exitcode(status), "killed")

    def _forked(self, work: Callable[[int], int]) -> tuple[int, int]:
        """The process, and where what it says is heard."""
        heard, said = os.pipe()
        process = os.fork()
        if process:
            os.close(said)
            return process, heard
        status = 1  # what stops the tests is noticed as well
        try:
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nowhere, stream)
            resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
            status = work(said)
        finally:
            os._exit(status)

    def _asked(self, mutant: Mutant, asked: Sequence[str], said: int) -> int:
        try:
            plant(mutant, self.living)
        except LookupError:
            return 3
        for reading in (False, True):
            if reading:
                if not _is_read_with(mutant.module):
                    break
                self.read.clear()
            for id, following in pairwise([*asked, ""]):
                seconds = _SECONDS + _TIMES * self.tests.seconds[id]
                signal.setitimer(signal.ITIMER_PROF, seconds)
                signal.setitimer(signal.ITIMER_REAL, _STUCK * seconds)
                if not self._passes(id, following):
                    os.write(said, f"{id}\n".encode())
                    return 1
        return 0


def _is_read_with(module: str) -> bool:
    """Whether policies are read and checked with it."""
    return module == "assessdsl.quantity"
