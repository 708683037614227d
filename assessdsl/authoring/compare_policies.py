"""What differs between the meanings of two policies: part by part, by their names, never by lines of text."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import Enum
from typing import Any, Final

import attrs
from attrs import define, evolve, frozen

from assessdsl.ast.nodes import AtMost, Component, Function, Indicator, Policy, StateHandling, TierAtMost, Zero
from assessdsl.ast.walk import names, nodes
from assessdsl.authoring.compare_records import Action, Change
from assessdsl.source import NOWHERE, Span
from assessdsl.syntax.tree import Call, Choice, Day, Expression, Name, Number, Operation, Prefix, Text
from assessdsl.vocabulary import Kind, vocabulary

_EXPRESSIONS: Final = (Number, Text, Day, Name, Call, Operation, Prefix, Choice)
# The statement that declares each kind of part.
_PARTS: Final[Mapping[str, str]] = {
    "groups": "group", "benchmarks": "benchmark", "parameters": "parameter", "functions": "define", "facts": "fact",
    "judgements": "judgement", "components": "component", "indicators": "indicator", "levels": "level",
    "gates": "gate", "eligibility": "eligible", "tiers": "tier", "lights": "light", "findings": "finding",
    "guarantees": "guarantee", "amendments": "amendment", "contagion": "contagion",
}  # fmt: skip
# How a field is called, where it is not called as the statement or clause of its name.
_FIELDS: Final[Mapping[str, str]] = {
    "groups": "for", "value": "parameter", "body": "define", "authorities": "addition", "consequence": "then",
    "indicators": "limit", "quota": "top", "ranking": "rank", "colour": "light", "places": "to", "share": "top",
}  # fmt: skip
# Of components and indicators: their points are compared as numbers, and indicators wherever they stand.
_COMPARED_ELSEWHERE: Final = frozenset({"points", "weight", "indicators"})


def changes(old: Policy, new: Policy, language: str) -> tuple[Change, ...]:
    """In the order of the new policy's parts."""
    renamed = _renames(old, new)
    before = _substituted(old, {(kind, name): other for kind, name, other in renamed})
    finder = _Finder(before, new, language)
    for kind, name, other in renamed:
        first = next(part for part in _all(old, kind) if part.name == name)
        second = next(part for part in _all(new, kind) if part.name == other)
        finder.note("renamed", _PARTS[kind], second, before=name, after=other, old=first.span, new=second.span)
    finder.policy()
    return tuple(finder.found)


# ---------------------------------------------------------------- names that were changed

_RENAMED: Final = (
    "groups", "benchmarks", "parameters", "facts", "judgements", "components", "indicators", "gates", "eligibility",
    "tiers", "findings",
)  # fmt: skip


def _all(policy: Policy, kind: str) -> list[Any]:
    match kind:
        case "indicators":
            return list(policy.indicators)
        case "components":
            return list(policy.every_component)
        case _:
            return list(getattr(policy, kind))


def _renames(old: Policy, new: Policy) -> list[tuple[str, str, str]]:
    """Parts that have another name: (kind, old name, new name), where only one can be meant."""
    found = []
    for kind in _RENAMED:
        gone = [part for part in _all(old, kind) if part.name not in {other.name for other in _all(new, kind)}]
        come = [part for part in _all(new, kind) if part.name not in {other.name for other in _all(old, kind)}]
        for part in gone:
            alike = [other for other in come if _is_alike(part, other)]
            back = [other for other in gone if alike and _is_alike(other, alike[0])]
            if len(alike) == 1 and len(back) == 1:
                found.append((kind, part.name, alike[0].name))
    return found


def _is_alike(part: Any, other: Any) -> bool:
    """Whether two parts say the same but for their names, or the scored ones bear the same label."""
    match part:
        case Component() | Indicator() if part.label and part.label == other.label:
            return True
        case Component():
            held = {indicator.name for indicator in part.indicators}
            return part.kind == other.kind and held == {indicator.name for indicator in other.indicators}
        case Indicator():
            same = evolve(other, points=part.points, weight=part.weight)
        case _:
            same = other
    return bool(evolve(same, name=part.name, label=part.label) == part)


def _substituted(value: Any, names: Mapping[tuple[str, str], str], kind: str = "") -> Any:
    """The value with the names of parts that were renamed replaced, where they are declared and where they are used."""
    match value:
        case Name(id=id, span=span):
            other = next((new for (_, old), new in names.items() if old == id), None)
            return value if other is None else Name(other, span=span)
        case tuple():
            return tuple(_substituted(item, names, kind) for item in value)
    if not attrs.has(type(value)) or isinstance(value, Span):
        return value
    replaced = {}
    for field in attrs.fields(type(value)):
        if field.init and field.eq:
            held = getattr(value, field.name)
            part = field.name if field.name in _PARTS else kind
            replaced[field.name] = _substituted(held, names, part)
    if (kind, getattr(value, "name", "")) in names:
        replaced["name"] = names[kind, value.name]
    return evolve(value, **replaced)


# ---------------------------------------------------------------- differences


@frozen
class _Place:
    """Where the finder is: the statement, and the part that it belongs to."""

    part: str
    name: str = ""
    label: str = ""
    owner: str = ""


# What is compared field by field: blocks of the policy, and clauses that stand together.
_WITHIN: Final[Mapping[str, _Place | None]] = {
    "register": _Place("register"),
    "monitoring": _Place("monitoring"),
    "ranking": _Place("rank"),
    "quota": None,
    "applies": None,
    "edition": None,
}


@define
class _Finder:
    old: Policy
    new: Policy
    language: str
    found: list[Change] = attrs.field(factory=list)

    def note(self, action: Action, part: str, node: Any, owner: str = "", **more: Any) -> None:
        name, label = getattr(node, "name", "") or "", getattr(node, "label", "") or ""
        self.found.append(Change(action, part, name, label, owner, **more))

    def policy(self) -> None:
        self.fields(self.old, self.new, _Place("policy"))
        self.indicators()

    def fields(self, old: Any, new: Any, place: _Place) -> None:
        """Every field in which two nodes of one type differ."""
        for field in attrs.fields(type(new)):
            if not field.eq or (field.name == "name" and place.part != "policy"):
                continue
            if place.part in ("component", "indicator") and field.name in _COMPARED_ELSEWHERE:
                continue
            before, after = getattr(old, field.name), getattr(new, field.name)
            if before == after and field.name != "components":
                continue
            if field.name == "components" or (isinstance(after, tuple) and _are_parts(field.name, before + after)):
                self.parts(_PARTS[field.name], before, after, place)
            elif field.name in ("rounding", "guarantees", "amendments") and isinstance(after, tuple):
                self.unnamed(_PARTS.get(field.name, field.name), before, after)
            elif field.name == "states":
                self.states(before, after, new, place)
            elif field.name in _WITHIN and before is not None and after is not None:
                self.fields(before, after, _WITHIN[field.name] or place)
            else:
                self.value(field.name, before, after, old, new, place)

    def parts(self, part: str, before: Sequence[Any], after: Sequence[Any], place: _Place) -> None:
        """Parts with names are matched by them; others, and those that stand twice, only where they are the same."""
        owner = place.label or place.name
        first, second = {one.name: one for one in before}, {one.name: one for one in after}
        for name, node in second.items():
            if name not in first:
                self.note("added", part, node, owner, after=_told(node), new=node.span)
            elif first[name] != node:
                self.fields(first[name], node, _Place(part, name, node.label if hasattr(node, "label") else "", owner))
        for name, node in first.items():
            if name not in second:
                self.note("removed", part, node, owner, before=_told(node), old=node.span)
        common = [name for name in second if name in first]
        if part == "tier" and [name for name in first if name in second] != common:
            texts = (", ".join(name for name in first if name in second), ", ".join(common))
            self.found.append(Change("changed", "tier", what="order", before=texts[0], after=texts[1]))

    def states(self, before: Sequence[StateHandling], after: Sequence[StateHandling], new: Any, place: _Place) -> None:
        """What stands in for a fact in a state, state by state."""
        first, second = ({one.state: one.handling for one in given} for given in (before, after))
        for state in dict.fromkeys([*second, *first]):
            if first.get(state) != second.get(state):
                self.value(state, first.get(state), second.get(state), new, new, place)

    def unnamed(self, part: str, before: Sequence[Any], after: Sequence[Any]) -> None:
        """Statements that have no name are there or not."""
        for node in before:
            if node not in after:
                self.note("removed", part, node, before=_told(node), old=node.span)
        for node in after:
            if node not in before:
                self.note("added", part, node, after=_told(node), new=node.span)

    def indicators(self) -> None:
        """By their names wherever they stand."""
        first, second = _indicators(self.old), _indicators(self.new)
        for name, (component, indicator) in second.items():
            owner = component.label or component.name
            if name not in first:
                self.note("added", "indicator", indicator, owner, after=_told(indicator), new=indicator.span)
                continue
            home, other = first[name]
            if home.name != component.name:
                places = {"before": home.label or home.name, "after": owner}
                self.note("moved", "indicator", indicator, owner, **places, old=other.span, new=indicator.span)
            self.fields(other, indicator, _Place("indicator", name, indicator.label, owner))
        for name, (component, indicator) in first.items():
            if name not in second:
                owner = component.label or component.name
                self.note("removed", "indicator", indicator, owner, before=_told(indicator), old=indicator.span)

    def value(self, field: str, before: Any, after: Any, old: Any, new: Any, place: _Place) -> None:
        users: tuple[str, ...] = ()
        if place.part in ("parameter", "benchmark", "define"):
            users = tuple(dict.fromkeys([*users_of(self.old, place.name), *users_of(self.new, place.name)]))
        self.found.append(
            Change(
                "changed",
                place.part,
                place.name,
                place.label,
                place.owner,
                what=_FIELDS.get(field, field),
                before=before if field == "label" else text(before, self.language),
                after=after if field == "label" else text(after, self.language),
                numbers=numbers(before, after),
                users=users,
                old=_span(before, old),
                new=_span(after, new),
            )
        )


def _are_parts(field: str, values: Sequence[Any]) -> bool:
    return (
        field in _PARTS
        and all(isinstance(getattr(value, "name", None), str) for value in values)
        and not any(isinstance(value, Name) for value in values)
    )


def _indicators(policy: Policy) -> dict[str, tuple[Component, Indicator]]:
    return {
        indicator.name: (component, indicator)
        for component in policy.every_component
        for indicator in component.indicators
    }


# ---------------------------------------------------------------- what uses a name


def users_of(policy: Policy, name: str) -> Iterator[str]:
    """What a parameter, benchmark or function acts on, also through functions and other parameters."""
    waiting, seen = [name], {name}
    while waiting:
        used = waiting.pop()
        for part, label in _parts_with_expressions(policy):
            if used in {found.id for found in _names(part)}:
                if isinstance(part, Function) or part in policy.parameters:
                    if part.name not in seen:
                        seen.add(part.name)
                        waiting.append(part.name)
                else:
                    yield label


def _parts_with_expressions(policy: Policy) -> Iterator[tuple[Any, str]]:
    for component in policy.every_component:
        yield evolve(component, indicators=(), components=()), component.label or component.name
        yield from ((indicator, indicator.label or indicator.name) for indicator in component.indicators)
    for kind in ("parameters", "functions", "gates", "eligibility", "tiers", "findings"):
        for part in getattr(policy, kind):
            yield part, getattr(part, "label", "") or part.name
    language = policy.source.language
    for word, value in (("full", policy.full), ("total", policy.total)):
        if value is not None:
            yield value, vocabulary().get("word", word).spelling(language)


def _names(value: Any) -> Iterator[Name]:
    if isinstance(value, _EXPRESSIONS):
        yield from names(value)
    elif isinstance(value, tuple):
        for item in value:
            yield from _names(item)
    elif attrs.has(type(value)) and not isinstance(value, Span):
        for field in attrs.fields(type(value)):
            if field.eq:
                yield from _names(getattr(value, field.name))


# ---------------------------------------------------------------- texts


def numbers(before: Any, after: Any) -> tuple[tuple[str, str], ...]:
    """The numbers that changed, where nothing but numbers did."""
    if not isinstance(before, _EXPRESSIONS) or not isinstance(after, _EXPRESSIONS):
        return ()
    first, second = list(nodes(before)), list(nodes(after))
    pairs = list(zip(first, second, strict=False))
    if len(first) != len(second) or not all(_same_shape(*pair) for pair in pairs):
        return ()
    return tuple((_told(one), _told(other)) for one, other in pairs if isinstance(one, Number) and one != other)


def _same_shape(one: Expression, other: Expression) -> bool:
    match one, other:
        case Number(), Number():
            return True
        case Call(function=function), Call(function=second):
            return function == second
        case Operation(operators=signs), Operation(operators=others):
            return signs == others
        case Prefix(operator=sign), Prefix(operator=second_sign):
            return sign == second_sign
        case Choice(), Choice():
            return True
        case _:
            return one == other


def text(value: Any, language: str) -> str:
    """A value in its author's words, or in those of the language; nothing for what is not said."""
    match value:
        case None | () | "":
            return ""
        case bool():
            return spelled("name", "yes" if value else "no", language)
        case str():
            return spelled("name", value, language) or spelled("column", value, language) or value
        case date():
            return value.isoformat()
        case Enum():
            return spelled("name", value.value, language) or str(value.value)
        case tuple():
            return ", ".join(text(item, language) for item in value)
        case Name():
            return value.text
        case Zero():
            return spelled("name", "zero", language)
        case AtMost(value=most):
            return f"{spelled('clause', 'at_most', language)} {text(most, language)}"
        case TierAtMost(tier=tier):
            words = spelled("word", "tier", language), spelled("clause", "at_most", language)
            return " ".join((*words, tier.text))
    span = getattr(value, "span", NOWHERE)
    if span.source.name or span.end > span.start:
        return " ".join(span.text.split())
    if not attrs.has(type(value)):
        return str(value)
    held = (getattr(value, field.name) for field in attrs.fields(type(value)) if field.eq)
    return " ".join(filter(None, (text(item, language) for item in held)))


def spelled(kind: Kind, id: str, language: str) -> str:
    word = vocabulary().words.get((kind, id))
    return word.spelling(language) if word else ""


def _told(node: Any) -> str:
    return " ".join(node.span.text.split())


def _span(value: Any, node: Any) -> Span:
    span = getattr(value, "span", NOWHERE)
    return span if span.source.name else getattr(node, "span", NOWHERE)
