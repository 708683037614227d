"""Code for one entity as text, which programs after this one take up without its plan.

Where texts are kept, others may write, too. So what is read is never run as the Python that it could be: the source is
held against the little language that such code is written in, which has whole numbers, comparisons and branches; no
attribute, no import, no loop, and no function but those named here. The worst that a false text can do is what a false
plan in the same place could: give false scores. What takes more than this language has, is not kept.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import partial
from operator import itemgetter
from typing import Any, Final, NamedTuple


class Leave(Exception):
    """The code gave up: the exact engine is to be asked."""


Run = Callable[[Any], tuple[Any, ...]]
Scales = tuple[int | None, ...]
Names = tuple[tuple[str, str], ...]


class Program(NamedTuple):
    """`run` takes the inputs. Of its values, `scales` say what they are over, and `names` what they are."""

    run: Run
    scales: Scales
    names: Names


def fraction(value: Any, scale: int | None) -> Fraction:
    """An output as an exact number."""
    if scale is not None:
        return Fraction(value, scale)
    return Fraction(*value) if isinstance(value, tuple) else value


def _only(key: str, given: Any) -> tuple[Any, ...]:
    return (given[key],)


def getter(keys: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What takes the values of the keys out of a mapping."""
    match keys:
        case []:
            return lambda given: ()
        case [only]:
            return partial(_only, only)
        case _:
            return itemgetter(*keys)


_TOKENS: Final = (
    r"(?:c[0-9]+\(given\)|sum\(values(?:\[[0-9]+:[0-9]+\])?\)|type\((?:size|[av][0-9]+)\)|tuple\(map\(type, values\)\)"
    r"|(?:[acv]?[0-9]+|values|size|int|None|True|False|Leave)(?!\w)|[)\]])(?! *\()"  # what of these gives is not called
    r"|(?:if|elif|else|and|or|not|is|return|raise|pass)(?!\w)|abs\("
    r"|[-+%,:; (\[]|\*(?!\*)|//|[<>=!]=|[<>](?![<>])|="
)
_LANGUAGE: Final = re.compile(rf"def run\(given\):\n(?:    (?:{_TOKENS})++\n)++")
_BUILTINS: Final = {"abs": abs, "int": int, "map": map, "sum": sum, "tuple": tuple, "type": type}
_KINDS: Final[dict[str, type]] = {"bool": bool, "date": date}


def written(source: str, constants: Mapping[str, Any], scales: Scales, names: Names) -> str | None:
    """The text of a program; None where the language does not have what it does."""
    if not _LANGUAGE.fullmatch(source):
        return None
    values: list[Any] = []
    places: dict[str, int] = {}
    for name in _constants(source):
        plain = _plain(constants[name])
        if plain is None:
            return None
        if plain not in values:  # the tables of like indicators are alike
            values.append(plain)
        places[name] = values.index(plain)
    program = {"source": source, "values": values, "constants": places}
    return json.dumps(program | {"scales": scales, "names": names}, separators=(",", ":"))


def _constants(source: str) -> list[str]:
    """Their names, in order."""
    return sorted(set(re.findall(r"\bc[0-9]+\b", source)))


def _plain(value: Any) -> Any:
    match value:
        case partial():
            return {"keys": value.args}
        case itemgetter():
            return {"keys": value.__reduce__()[1]}
        case bool():
            return None
        case int():
            return value
        case tuple() if all(type(one) is int for one in value):
            return list(value)
        case tuple() if value and all(one in _KINDS.values() for one in value):
            return {"kinds": [one.__name__ for one in value]}
        case _:
            return None


def read(text: str) -> Program | None:
    """What was written so, made into a function; None if it is anything else."""
    try:
        held = json.loads(text)
        source, values = held["source"], [_value(one) for one in held["values"]]
        constants = {name: values[held["constants"][name]] for name in _constants(source)}
        names = tuple((str(kind), str(name)) for kind, name in held["names"])
        if not _LANGUAGE.fullmatch(source) or len(names) != len(held["scales"]):
            return None
        namespace = {"__builtins__": {}, "Leave": Leave, **_BUILTINS, **constants}
        exec(compile(source, "<plan>", "exec"), namespace)
        return Program(namespace["run"], tuple(map(_scale, held["scales"])), names)
    except (ValueError, TypeError, LookupError, AttributeError, SyntaxError, RecursionError, MemoryError):
        return None


def _value(plain: Any) -> Any:
    match plain:
        case int():
            return plain
        case list() if all(type(one) is int for one in plain):
            return tuple(plain)
        case {"kinds": list() as kinds}:
            return tuple(_KINDS[kind] for kind in kinds)
        case {"keys": list() as keys} if all(type(key) is str for key in keys):
            return getter(keys)
        case _:
            raise ValueError


def _scale(plain: Any) -> int | None:
    if plain is None or (type(plain) is int and plain > 0):
        return plain
    raise ValueError
