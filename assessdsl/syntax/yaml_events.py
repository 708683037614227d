"""The event stream of YAML as keys and what they hold, within limits, and without what YAML can hide.

Nothing is composed or constructed: a depth limit holds on the events, and what could multiply, retype or merge
content is refused.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml
from attrs import Factory, define, frozen

from assessdsl.diagnostics import Diagnostic
from assessdsl.limits import LIMITS
from assessdsl.source import Source, Span
from assessdsl.syntax.tree import Comment
from assessdsl.syntax.yaml_scalars import Scalar, locate
from assessdsl.vocabulary import Kind, vocabulary

_COMMENT: Final = re.compile(r"(?<![^\s])#[^\n]*")
_FULL_WIDTH_KEY: Final = re.compile(r"\s*(?:-\s+)?([^\s:：]+)(?:\s[^:：]*)?：")
_KEY_KINDS: Final[tuple[Kind, ...]] = ("word", "clause")
_PROBLEMS: Final = (  # what PyYAML says, and our code for it
    ("mapping values are not allowed", "AS1072"),
    ("could not find expected ':'", "AS1073"),
    ("found unexpected end of stream", "AS1074"),
    ("expected <block end>", "AS1075"),
)


@frozen
class Entry:
    """A key and what it holds."""

    key: Scalar
    value: "Node"


@frozen
class Mapping:
    entries: tuple[Entry, ...]
    start: int
    end: int


@frozen
class Sequence:
    items: tuple["Node", ...]
    start: int
    end: int


Node = Scalar | Mapping | Sequence | None


class _Stop(Exception):
    """A limit is exceeded: nothing more is read."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic)


@define
class _Reader:
    source: Source
    events: Iterator[Any]
    diagnostics: list[Diagnostic] = Factory(list)
    scalars: list[Scalar] = Factory(list)
    keys: int = 0

    def span(self, event: Any) -> Span:
        return Span(self.source, event.start_mark.index, event.end_mark.index)

    def report(self, code: str, span: Span, **arguments: str) -> None:
        self.diagnostics.append(Diagnostic(code, span, arguments))

    def document(self) -> Node:
        node: Node = None
        seen = False
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if event.tags or event.version:
                    self.report("AS1063", self.span(event), found="%")
                if seen:
                    self.report("AS1065", self.span(event))
                    break
                seen = True
            elif isinstance(event, yaml.NodeEvent):
                node = self.node(event, 0)
        return node

    def node(self, event: Any, depth: int) -> Node:
        span = self.span(event)
        if depth > LIMITS.nesting:
            raise _Stop(Diagnostic("AS1050", Span(self.source, span.start, span.start + 1), {"limit": str(depth - 1)}))
        if isinstance(event, yaml.AliasEvent):
            self.report("AS1062", span, found=span.text)
            return None
        if event.anchor is not None:
            end = span.start + 1 + len(event.anchor)
            self.report("AS1062", Span(self.source, span.start, end), found="&" + event.anchor)
        if event.tag is not None:
            self.report("AS1063", span, found=event.tag)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(event, depth)
        return self.mapping(event, depth)

    def scalar(self, event: Any) -> Scalar | None:
        span = self.span(event)
        style = None if event.style in (None, "") else str(event.style)
        scalar = locate(self.source.text, span.start, span.end, event.value, style)
        self.scalars.append(scalar)
        return scalar if scalar.text or style else None

    def end(self, opening: Any, closing: Any) -> int:
        """Where a collection ends: YAML lets those without brackets reach to whatever follows them."""
        if opening.flow_style or not self.scalars:
            return self.span(closing).end
        return self.scalars[-1].end

    def sequence(self, opening: Any, depth: int) -> Sequence:
        items: list[Node] = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                return Sequence(tuple(items), self.span(opening).start, self.end(opening, event))
            self.count(event)
            items.append(self.node(event, depth + 1))
        raise AssertionError("PyYAML ends every sequence")

    def count(self, event: Any) -> None:
        self.keys += 1
        if self.keys > LIMITS.statements:
            raise _Stop(Diagnostic("AS1052", self.span(event), {"limit": str(LIMITS.statements)}))

    def mapping(self, opening: Any, depth: int) -> Mapping:
        entries: list[Entry] = []
        keys: set[str] = set()
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                return Mapping(tuple(entries), self.span(opening).start, self.end(opening, event))
            self.count(event)
            key = self.node(event, depth + 1)
            value = self.node(next(self.events), depth + 1)
            if not isinstance(key, Scalar) or "\n" in key.text or not key.text.strip():
                if not isinstance(event, yaml.AliasEvent):
                    self.report("AS1068", self.span(event))
                continue
            spelling = " ".join(key.text.split())
            if spelling == "<<":
                self.report("AS1064", self.span(event))
            elif spelling in keys:
                self.report("AS1066", self.span(event), key=spelling)
            else:
                keys.add(spelling)
                entries.append(Entry(key, value))
        raise AssertionError("PyYAML ends every mapping")


def full_width_key(text: str) -> str | None:
    """A line `权重：40`, which YAML does not take for a key and a value, as it should have been written."""
    found = _FULL_WIDTH_KEY.match(text)
    if not found or not any(vocabulary().find(kind, found[1]) for kind in _KEY_KINDS):
        return None
    return f"{text[: found.end() - 1].strip()}: {text[found.end() :].strip()}"


def read_entries(source: Source) -> tuple[Node, list[Comment], list[Diagnostic]]:
    """What a YAML file holds, and its comments."""
    reader = _Reader(source, iter(yaml.parse(source.text, Loader=yaml.SafeLoader)))
    try:
        node = reader.document()
    except _Stop as stop:
        return None, [], [*reader.diagnostics, stop.diagnostic]
    except yaml.YAMLError as error:
        return None, [], [*reader.diagnostics, _problem(source, error)]
    return node, _comments(source, reader.scalars), reader.diagnostics


def _problem(source: Source, error: yaml.YAMLError) -> Diagnostic:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    at = min(mark.index if mark else getattr(error, "position", 0), max(0, len(source.text) - 1))
    span = Span(source, at, at + 1)
    problem = str(getattr(error, "problem", "") or "")
    context = getattr(error, "context_mark", None)
    first = source.position(context.index if context else at).line
    last = source.position(at).line
    for line in range(max(1, first - 1), last + 1):
        text = source.line_text(line)
        if suggestion := full_width_key(text):
            start = source.text.find("：", source.text.find(text))
            return Diagnostic(
                "AS1067", Span(source, start, start + 1), {"text": text.strip(), "suggestion": suggestion}
            )
    if "\\t" in problem:
        return Diagnostic("AS1061", span)
    for said, code in _PROBLEMS:
        if said in problem:
            if code == "AS1073" and context is not None:  # PyYAML notices on a later line
                span = _rest_of_line(source, context.index)
            return Diagnostic(code, span)
    return Diagnostic("AS1060", span, {"problem": problem})


def _comments(source: Source, scalars: list[Scalar]) -> list[Comment]:
    """The comments of YAML: they stand between the scalars."""
    comments: list[Comment] = []
    at = 0
    end_of_text = len(source.text)
    for scalar in [*scalars, None]:
        end = end_of_text if scalar is None else scalar.start
        if scalar is not None and scalar.style in ("|", ">"):  # its first line holds no text, but maybe a comment
            end = source.text.find("\n", scalar.start) + 1 or end_of_text
        for found in _COMMENT.finditer(source.text, at, end):
            before = source.text[source.text.rfind("\n", 0, found.start()) + 1 : found.start()]
            span = Span(source, found.start(), found.end())
            comments.append(Comment(found[0][1:].strip(), span, bool(before.strip())))
        at = max(at, end if scalar is None else scalar.end)
    return comments


def _rest_of_line(source: Source, start: int) -> Span:
    end = source.text.find("\n", start)
    return Span(source, start, len(source.text) if end < 0 else end)
