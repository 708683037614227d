"""The operands of calls: how many, by which labels, and the closed words among them."""

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen

from assessdsl.check.context import Context
from assessdsl.check.expressions import called_from
from assessdsl.check.names import Scope, word_of
from assessdsl.quantity import ROUNDING_MODES
from assessdsl.syntax.tree import Call, Expression, Name
from assessdsl.vocabulary import vocabulary


@frozen
class Signature:
    """How many operands without a label, and the labels.

    All must be given, but those in OPTIONAL, and those that the function in OPTIONAL_OF may leave out.
    """

    least: int
    most: int | None
    labels: tuple[str, ...] = ()


OPTIONAL: Final = frozenset(
    {"when", "below", "otherwise", "undefined"}
)  # where one is needed, a rule of its own says so

OPTIONAL_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "previous": ("years",),
    "streak": ("missing", "within"),
    "held": ("missing", "within"),
    "in_bottom": ("rounded", "at_least"),
}

SIGNATURES: Final[Mapping[str, Signature]] = {
    "min": Signature(1, None),
    "max": Signature(1, None),
    "abs": Signature(1, 1),
    "clamp": Signature(3, 3),
    "round": Signature(1, 1, ("places", "mode")),
    "ratio": Signature(2, 2, ("zero",)),
    "floor": Signature(1, 1),
    "ceiling": Signature(1, 1),
    "ladder": Signature(1, 1, ("below",)),
    "lookup": Signature(1, 1, ("otherwise",)),
    "brackets": Signature(1, 1),
    "sqrt": Signature(1, 1, ("undefined",)),
    "root": Signature(2, 2, ("undefined",)),
    "power": Signature(2, 2, ("undefined",)),
    "ln": Signature(1, 1, ("undefined",)),
    "exp": Signature(1, 1),
    "arithmetic_mean": Signature(0, None),
    "geometric_mean": Signature(0, None, ("undefined",)),
    "harmonic_mean": Signature(0, None, ("undefined",)),
    "generalised_mean": Signature(0, None, ("power", "undefined")),
    "streak": Signature(1, 1, ("years", "missing", "within")),
    "held": Signature(1, 1, ("at_least", "years", "missing", "within")),
    "count_of": Signature(1, None),
    "in_bottom": Signature(1, 1, ("of", "ties", "rounded", "at_least")),
    "rank_of": Signature(1, 1, ("of", "ties")),
    "previous": Signature(1, 1, ("years",)),
    "mean_over": Signature(1, 1, ("years",)),
    "tagged": Signature(1, 1),
    "is_missing": Signature(1, 1),
    "sample": Signature(1, 1),
    "result": Signature(1, 1),
}


@frozen
class Operands:
    plain: tuple[Expression, ...]
    labelled: Mapping[str, Expression]


def operands_of(call: Call, signature: Signature, scope: Scope, context: Context) -> Operands:
    """The operands by their places and labels; what is wrong with them is remarked."""
    function, related = call.function.text, called_from(scope)
    plain: list[Expression] = []
    labelled: dict[str, Expression] = {}
    for argument in call.arguments:
        key = argument.key
        if key is None:
            if labelled:
                context.add("AS2120", argument.span, related)
            plain.append(argument.value)
        elif isinstance(key, Name) and key.id in signature.labels:
            if key.id in labelled:
                context.add("AS2113", argument.span, related, function=function, label=key.text)
            labelled[key.id] = argument.value
        elif vocabulary().get("function", call.function.id).labels is None:
            unknown_label(key, signature.labels, function, scope, context)
    least, most = signature.least, signature.most
    if len(plain) < least or (most is not None and len(plain) > most):
        expected = str(least) if least == most else f"{least}+" if most is None else f"{least}-{most}"
        context.add("AS2111", call.span, related, function=function, expected=expected, given=str(len(plain)))
        return Operands(tuple(plain), labelled)
    for label in signature.labels:
        optional = label in OPTIONAL or label in OPTIONAL_OF.get(call.function.id, ())
        if label not in labelled and not optional:
            context.add("AS2114", call.span, related, function=function, label=context.spelled("label", label))
    closed = {
        "of": ("group", "everyone"),
        "mode": ROUNDING_MODES,
        "rounded": ROUNDING_MODES,
        "missing": ("unknown", "break", "skip"),
        "ties": ("included", "excluded") if call.function.id == "in_bottom" else ("shared", "dense"),
    }
    for label, choices in closed.items():
        if label in labelled and word_of(labelled[label]) not in choices:
            found = labelled[label]
            text = found.text if isinstance(found, Name) else found.span.text
            near = context.suggestion(text, [s for id in choices for s in vocabulary().get("name", id).spellings])
            listed = context.listed("name", *choices)
            context.add("AS2013", found.span, related, found=text, suggestion=near, choices=listed)
    return Operands(tuple(plain), labelled)


def unknown_label(key: Expression, labels: Sequence[str], function: str, scope: Scope, context: Context) -> None:
    text = key.text if isinstance(key, Name) else key.span.text
    words = [vocabulary().words.get(("label", label)) for label in labels]
    spellings = [*labels, *(spelling for word in words if word for spelling in word.spellings)]
    near = context.suggestion(text, spellings)
    context.add("AS2112", key.span, called_from(scope), function=function, label=text, suggestion=near)


def arguments_fit(call: Call, parameters: tuple[str, ...], scope: Scope, context: Context) -> bool:
    """Whether the operands fit the function's; remarks where they do not."""
    function, related, before = call.function.text, called_from(scope), context.failures
    plain = [argument for argument in call.arguments if argument.key is None]
    given = list(parameters[: len(plain)])
    labelled = False
    for argument in call.arguments:
        key = argument.key
        if key is None:
            if labelled:
                context.add("AS2120", argument.span, related)
        elif not isinstance(key, Name) or key.id not in parameters:
            unknown_label(key, parameters, function, scope, context)
        elif key.id in given:
            context.add("AS2113", argument.span, related, function=function, label=key.text)
        else:
            given.append(key.id)
        labelled = labelled or key is not None
    lacking = [id for id in parameters if id not in given]
    if len(plain) > len(parameters):
        count = str(len(parameters))
        context.add("AS2111", call.span, related, function=function, expected=count, given=str(len(plain)))
    elif lacking and context.failures == before:
        context.add("AS2114", call.span, related, function=function, label=context.spelled("label", lacking[0]))
    return context.failures == before
