"""What may be missing where a value is needed."""

from collections.abc import Mapping
from typing import Final

from attrs import define, field

from assessdsl.check.constants import bind
from assessdsl.check.context import Context
from assessdsl.check.names import COLLECTIONS, word_of
from assessdsl.syntax.tree import Call, Choice, Day, Expression, Name, Number, Operation, Prefix, Text

_FIELDS: Final = frozenset(
    {"actual", "planned", "baseline", "weight", "due", "completed_on", "late_days", "level", "category", "item",
     "plan_total", "achieved", "elapsed"}
)  # fmt: skip
_OF_SOMETHING: Final = frozenset({"mean", "best", "worst", "median", "variance", "deviation", "weighted_mean"})
_DEPTH: Final = 150
Present = frozenset[Expression]  # what is known to be there


def may_be_missing(
    expression: Expression, context: Context, *, facts_only: bool = False, may_stay_open: bool = False
) -> Expression | None:
    """The first part for want of which the expression has no value: a field, a fact, an earlier result."""
    return _Search(context, facts_only, may_stay_open).find(expression, frozenset(), {})


@define
class _Search:
    context: Context
    facts_only: bool  # of gates and the like: what stops the assessment for want of a declared handling
    may_stay_open: bool  # of findings: facts may be declared to leave them undetermined
    depth: int = 0
    seen: dict[tuple[str, tuple[bool, ...]], Expression | None] = field(factory=dict)

    def find(self, e: Expression, present: Present, parameters: Mapping[str, Expression | None]) -> Expression | None:
        if self.depth > _DEPTH:
            return None
        self.depth += 1
        found = None if e in present else self._find(e, present, parameters)
        self.depth -= 1
        return found

    def _find(self, e: Expression, present: Present, parameters: Mapping[str, Expression | None]) -> Expression | None:
        match e:
            case Number() | Text() | Day():
                return None
            case Name():
                return parameters[e.id] if e.id in parameters else self._name(e)
            case Prefix(_, operand):
                return self.find(operand, present, parameters)
            case Choice(condition, chosen, other):
                return (
                    self.find(condition, present, parameters)
                    or self.find(chosen, present | shown(condition, True), parameters)
                    or self.find(other, present | shown(condition, False), parameters)
                )
            case Operation(operators, operands):
                for operand in operands:
                    if found := self.find(operand, present, parameters):
                        return found
                    # a side that decides alone leaves the others unneeded
                    if operators[0] in ("and", "or"):
                        present |= shown(operand, operators[0] == "and")
                return None
            case Call():
                return self._call(e, present, parameters)

    def _name(self, name: Name) -> Expression | None:
        fact = self.context.facts.get(name.id)
        if fact is not None and name.word not in _FIELDS:
            handled = fact.missing is not None and (fact.missing.kind != "undetermined" or self.may_stay_open)
            return None if handled or name.id in self.context.policy.doubtful else name
        return name if name.word in _FIELDS and not self.facts_only else None

    def _call(self, call: Call, present: Present, parameters: Mapping[str, Expression | None]) -> Expression | None:
        name = call.function.id
        function = self.context.checked.functions.get(name)
        if function is not None:
            bound = bind(call.arguments, tuple(parameter.id for parameter in function.parameters))
            if bound is None:
                return None
            given = {id: self.find(operand, present, parameters) for id, operand in bound.items()}
            key = (name, tuple(found is not None for found in given.values()))
            if key not in self.seen:
                self.seen[key] = None  # a definition that uses itself is remarked on elsewhere
                self.seen[key] = self.find(function.body, frozenset(), given)
            found = self.seen[key]
            return found and next((culprit for culprit in given.values() if culprit is not None), found)
        if name == "is_missing":
            return None
        if name in ("previous", "mean_over", "streak", "held"):
            return None if self.facts_only else call
        values = [argument.value for argument in call.arguments]
        if values and word_of(values[0]) in COLLECTIONS:
            collection, *values = values
            if name in _OF_SOMETHING and not self.facts_only:
                return call  # of nothing there is none
            if word_of(collection) == "components":
                return None
        keys = [argument.key for argument in call.arguments if argument.key is not None]
        for operand in [*values, *(key for key in keys if not isinstance(key, Name))]:
            if found := self.find(operand, present, parameters):
                return found
        return None


def shown(condition: Expression, holds: bool) -> Present:
    """What is there if the condition is known to hold, or not to hold."""
    match condition:
        case Call(function, arguments) if function.id == "is_missing" and len(arguments) == 1 and not holds:
            return frozenset({arguments[0].value})
        case Name(word="completed") if holds:
            return frozenset({Name("completed_on", "completed_on")})
        case Prefix("not", operand):
            return shown(operand, not holds)
        case Operation(operators, operands) if operators[0] == ("and" if holds else "or"):
            return frozenset().union(*(shown(operand, holds) for operand in operands))
    return frozenset()
