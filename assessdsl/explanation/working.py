"""How a value came about: the plan walked backwards, condensed to what people wrote and what the data held."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from attrs import evolve, field, frozen

from assessdsl.explanation.records import Node, NodeKind
from assessdsl.explanation.view import Place, View
from assessdsl.explanation.words import named, word
from assessdsl.facts import Missing
from assessdsl.plan.steps import Aggregate, Choose, Constant, Fail, Gate, InGroup, Load, Logic, Rank, Step, Supply
from assessdsl.plan.walk import inputs
from assessdsl.source import NOWHERE, Source, Span

_DEPTH: Final = 16  # of expressions shown within one another
_NODES: Final = 200  # lines under one expression
_UNFOLDED: Final = 5000  # expressions of one explanation
_UNSAID: Final = frozenset({"is_target", "direction", "forfeited"})  # what the policy and the register imply
_TEXT: Final = 100  # characters of an expression that are shown


@frozen
class _Visit:
    step: int
    place: Place
    dropped: bool = False  # one of the greatest or least, which a trimmed mean leaves out


@frozen
class Working:
    """The working of one value. Each step is unfolded once, however often it is used.

    `known`: steps that are explained elsewhere, such as a component's score, and what they are called.
    """

    view: View
    known: Mapping[int, str]
    labels: Mapping[str, str]  # of indicators
    parts: frozenset[Span]  # where parts of the policy stand that are no expressions
    rungs: frozenset[int]  # conditions of the rungs of ladders, and of levels
    partial: frozenset[int]  # steps on the way to what their text says
    foreign: frozenset[Source]  # whose texts are not the author's
    _unfolded: set[_Visit] = field(factory=set)

    def nodes(self, step: int, place: Place) -> tuple[Node, ...]:
        """The step as a line with what it rests on; what it rests on alone where it has no text of its own."""
        node = self._node(_Visit(step, place), NOWHERE, 0)
        return self.below(step, place, NOWHERE) if node is None else (node,)

    def below(self, step: int, place: Place, span: Span, depth: int = 0) -> tuple[Node, ...]:
        """What the value of a step rests on; the step itself is shown by the caller, as the text of `span`."""
        nodes: dict[tuple[object, ...], Node] = {}
        waiting = list(reversed(self._read(step, place)))
        seen: set[_Visit] = set()
        while waiting and len(nodes) < _NODES:
            visit = waiting.pop()
            if visit in seen:
                continue
            seen.add(visit)
            if visit.place != place:
                node: Node | None = self._row(visit, span, depth)
            else:
                node = self._node(visit, span, depth)
            if node is None:
                waiting.extend(reversed(self._read(visit.step, visit.place)))
            else:
                value = str(node.value) if visit.place == place else ""  # a row stands once, with what is told of it
                key = node.label, value, node.cell, node.step
                if visit.dropped or key not in nodes:
                    nodes[key] = node
        return tuple(nodes.values())

    def _row(self, visit: _Visit, span: Span, depth: int) -> Node:
        """A target or an entry that an aggregate counted, with what it rests on."""
        place, item = visit.place, self.view.item(visit.place)
        node = self._node(visit, span, depth)
        children = (node,) if node is not None else self.below(visit.step, place, span, depth)
        value = word("dropped", self.view.language) if visit.dropped else None
        if place.entry < 0:
            label = item.target or word("report", self.view.language)
            return Node("target", f"{self.labels[place.indicator]} {label}", value, cell=item.cell, children=children)
        return Node("entry", f"{word('entry', self.view.language)} {place.entry + 1}", value, children=children)

    def _node(self, visit: _Visit, span: Span, depth: int) -> Node | None:
        """The step as a line of the working, or nothing where it says no more than the line above."""
        view, place = self.view, visit.place
        step = view.step(visit.step)
        if step.id in self.known:
            return self._made(step, place, "value", self.known[step.id])
        text = self.text(step)
        match step.operation:
            case Load() as load:
                return self._load(step, load, place)
            case Constant():
                return self._made(step, place, "value", step.name) if step.name else None
            case Rank(offset=offset):
                return self._rank(step, place, offset)
            case Choose(condition=condition) if condition in self.rungs:
                return None
            case Supply(value=value):
                if not isinstance(view.value(value, place), Missing):
                    return None
                text = f"{named('word', 'missing', view.language)} {text}"
        if not text or step.span == span or depth >= _DEPTH or len(self._unfolded) >= _UNFOLDED:
            return None
        node = self._made(step, place, "value", text)
        if visit in self._unfolded or step.id in self.rungs:
            return node
        self._unfolded.add(visit)
        return evolve(node, children=self.below(step.id, place, step.span, depth + 1))

    def _rank(self, step: Step, place: Place, offset: int) -> Node:
        """A place among the peers, this year's or a published one."""
        language = self.view.language
        label = (
            word("from the end", language) if step.name == "in_bottom" else self.text(step) or word("rank", language)
        )
        node = self._made(step, place, "rank", label)
        return (
            evolve(node, label=self._of_year(label, offset), cell=self.view.past_cell(offset, place))
            if offset
            else node
        )

    def _of_year(self, label: str, offset: int, kind: str = "history") -> str:
        year = self.view.plan.schema.period.year - offset
        return f"{label} ({word(kind, self.view.language).format(year=year)})"

    def text(self, step: Step) -> str:
        """What the author wrote for the step; nothing where others did: the prelude, or no one."""
        if step.name == "met":
            return named("name", "met", self.view.language)
        span = step.span
        if span.source in self.foreign or span in self.parts or span.start == span.end or step.id in self.partial:
            return ""
        text = " ".join(step.span.text.split())
        return text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"

    def _made(self, step: Step, place: Place, kind: NodeKind, label: str) -> Node:
        return Node(kind, label, self.view.shown(step.id, place), None, step.id, step.span)

    def _load(self, step: Step, load: Load, place: Place) -> Node | None:
        view, language = self.view, self.view.language
        label = named("column", load.name, language)
        match load.source:
            case "target" | "entry":
                if load.name in _UNSAID:
                    return None
            case "entity" | "benchmark":
                label = named("name", "group", language) if load.name == "group" else load.name
            case "sample":
                label = f"{named('function', 'sample', language)}({load.name})"
            case "tag":
                label = f'{named("function", "tagged", language)}("{load.name}")'
            case "history":
                if load.name in ("peers", "peers_in_group"):
                    label = word("peers", language)
        if load.offset:
            label = self._of_year(label, load.offset, "history" if load.source == "history" else "reported in")
        cell = view.cell(step, place)
        # a load is one step wherever it is used, so its cell tells more than a line that may be another's
        return Node("fact", label, view.shown(step.id, place), None, step.id, NOWHERE if cell else step.span, cell)

    def _read(self, id: int, place: Place) -> tuple[_Visit, ...]:
        """The steps, with their rows, that the value was made from: of branches only the one that was taken."""
        view = self.view
        operation = view.step(id).operation
        match operation:
            case Load() | Constant() | Fail() | InGroup():
                return ()
            case Choose(condition, chosen, other):
                holds = view.truth(condition, place)
                read = (condition, chosen if holds else other)
                if condition in self.rungs:  # what was tried against it, and the rung itself only where it was reached
                    read = (*inputs(view.step(condition).operation), *(read if holds else read[1:]))
                return tuple(_Visit(id, place) for id in read)
            case Supply(value, instead):
                missing = isinstance(view.value(value, place), Missing)
                return (_Visit(value, place), _Visit(instead, place)) if missing else (_Visit(value, place),)
            case Gate(value=value, when=when):
                return (_Visit(value, place), _Visit(when, place))
            case Logic(operator, ids) if operator in ("and", "or"):
                return tuple(_Visit(id, place) for id in self._deciding(operator, ids, place))
            case Aggregate():
                return self._rows(operation, place)
            case _:
                return tuple(_Visit(input, place) for input in inputs(operation))

    def _deciding(self, operator: str, ids: tuple[int, ...], place: Place) -> tuple[int, ...]:
        """The operands that settle it: those that are false of an `and` that is false; those not known; else all."""
        settling, values = operator == "or", {id: self.view.value(id, place) for id in ids}
        found = tuple(id for id, value in values.items() if value is settling)
        return found or tuple(id for id, value in values.items() if isinstance(value, Missing)) or ids

    def _rows(self, aggregate: Aggregate, place: Place) -> tuple[_Visit, ...]:
        """The rows that an aggregate counted, of the entity itself; of peers no more than the value is told."""
        if aggregate.to.kind in ("group", "policy"):
            return ()
        view, rows = self.view, list(self.view.below(aggregate.over, place))
        if (when := aggregate.when) is not None:
            rows = [row for row in rows if view.value(when, row) is not False]
        if (decisive := {"any": True, "all": False}.get(aggregate.function)) is not None:
            decided = [row for row in rows if view.value(aggregate.value, row) is decisive]
            rows = decided or [row for row in rows if isinstance(view.value(aggregate.value, row), Missing)]
        dropped = self._dropped(aggregate, rows)
        return tuple(_Visit(aggregate.value, row, row in dropped) for row in rows)

    def _dropped(self, aggregate: Aggregate, rows: list[Place]) -> frozenset[Place]:
        """The rows that a trimmed mean leaves out, if all are known: of equal ones which, makes no difference."""
        values = {row: self.view.value(aggregate.value, row) for row in rows} if aggregate.drop else {}
        if any(not isinstance(value, Fraction) for value in values.values()):
            return frozenset()
        ordered = sorted(values, key=values.__getitem__)
        return (
            frozenset(ordered[: aggregate.drop] + ordered[len(ordered) - aggregate.drop :]) if ordered else frozenset()
        )
