"""Python code while it is written: lines in nested blocks, and numbered names. No text of a policy enters it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from attrs import field, frozen

LINES = 50_000  # of one function; what is longer takes longer to compile than it saves


class TooLong(Exception):
    """The code would have more lines than a function should have."""


@frozen
class Block:
    """Where code is written. `known` holds what was worked out in the block, by step and row; what was worked out in a
    block around it holds here too, and not the other way round."""

    lines: list[str]
    constants: dict[str, Any]  # by the name under which the code finds them
    numbers: Iterator[int]
    depth: int = 1
    known: dict[Any, Any] = field(factory=dict)
    around: "Block | None" = None

    def write(self, line: str) -> None:
        if len(self.lines) >= LINES:
            raise TooLong
        self.lines.append("    " * self.depth + line)

    def put(self, code: str) -> str:
        """A name for the value of the code."""
        if code.isidentifier() or code.removeprefix("-").isdigit():
            return code
        name = f"v{next(self.numbers)}"
        self.write(f"{name} = {code}")
        return name

    def settle(self, name: str, code: str, *, alone: bool) -> None:
        """Gives the value of the block a name that holds behind it; what the block named for this alone is renamed."""
        given_here = re.compile(rf"(^|[;:]) *{code} = ", re.MULTILINE)
        if alone and re.fullmatch("v[0-9]+", code) and any(map(given_here.search, self.lines)):
            own = re.compile(rf"\b{code}\b")
            self.lines[:] = [own.sub(name, line) for line in self.lines]
        else:
            self.write(f"{name} = {code}")

    def constant(self, value: Any) -> str:
        """The name of a value: of one object there is one, which Python finds sooner than as many."""
        name = next((name for name, held in self.constants.items() if held is value), None)
        if name is None:
            name = f"c{next(self.numbers)}"
            self.constants[name] = value
        return name

    def name(self) -> str:
        return f"v{next(self.numbers)}"

    def leave(self, condition: str = "") -> None:
        """Gives up, where the condition holds: the exact engine is asked instead."""
        if condition:
            self.write(f"if {condition}: raise Leave")
        else:
            self.write("raise Leave")

    @contextmanager
    def inner(self) -> Iterator["Block"]:
        """A block one step further in, whose lines are its own until they are taken up."""
        yield Block([], self.constants, self.numbers, self.depth + 1, {}, self)

    def take(self, head: str, inner: "Block") -> None:
        self.write(head)
        if len(self.lines) + len(inner.lines) > LINES:
            raise TooLong
        self.lines.extend(inner.lines or ["    " * inner.depth + "pass"])

    def take_otherwise(self, inner: "Block") -> None:
        """The other branch of what was taken up last. One that is a choice itself goes on in the same column: of a
        ladder with a hundred steps each would stand further in than the last, and Python ends there."""
        own = "    " * inner.depth
        heads = [line.removeprefix(own) for line in inner.lines if not line.startswith(f"{own} ")]
        chosen = heads and heads[0].startswith("if ") and heads[0].endswith(":")
        if not chosen or not all(line.startswith(("elif ", "else:")) for line in heads[1:]):
            self.take("else:", inner)
            return
        self.write(f"el{heads[0]}")
        if len(self.lines) + len(inner.lines) > LINES:
            raise TooLong
        self.lines.extend(line.removeprefix("    ") for line in inner.lines[1:])

    def find(self, key: Any) -> Any:
        block: Block | None = self
        while block is not None:
            if key in block.known:
                return block.known[key]
            block = block.around
        return None
