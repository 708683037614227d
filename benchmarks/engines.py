"""The engines that score one entity, each by the rules as its users would write them. Bindings are imported where they
are used: whoever has only some of them measures those."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import assessdsl
from benchmarks.native import c_extension
from benchmarks.single import COMPONENTS, Ask, Engine, Given, Scorer

_HEAD = """\
# language: en
policy benchmark "Benchmark" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
"""

_INDICATOR = """\
    indicator i{number} "Indicator {number}" {{
      points {points} points
      unit number to 1 places
      rounding half_up to 2 places
      score if actual < planned * 60% then 0% else attainment(actual, planned, zero_plan: 0%)
      missing zero
      absent zero
    }}
"""


RANK = "  rank by total within group ties shared\n"


def policy(targets: int, groups: Sequence[str] = ("county",), rest: str = RANK) -> str:
    """So many targets, which divide 10,000 and are a multiple of the number of components."""
    text = _HEAD + "".join(f'  group {group} "Group {group}"\n' for group in groups)
    for component in range(COMPONENTS):
        text += f'  component c{component} "Component {component}" {{\n    points {100 // COMPONENTS} points\n'
        numbers = _numbers(targets, component)
        text += "".join(_INDICATOR.format(number=number, points=f"{100 / targets:g}") for number in numbers)
        text += "  }\n"
    return f"{text}{rest}}}\n"


def _numbers(targets: int, component: int) -> range:
    each = targets // COMPONENTS
    return range(component * each, (component + 1) * each)


def _ours(targets: int, ask: Ask, *, kernels: bool = False) -> Scorer:
    policy_of_so_many = assessdsl.loads(policy(targets))
    prepared = assessdsl.prepare(policy_of_so_many, indicators=ask == "indicators", kernels=kernels)

    def read(score: assessdsl.Score) -> list[int]:
        numbers = {name: int(number * 100) for name, number in zip(score.names, score.fractions, strict=True)}
        kinds = ("total", "component", "indicator")
        return [number for kind in kinds for (of, _), number in numbers.items() if of == kind]

    return Scorer(prepared.score, read)


def _python(targets: int, ask: Ask) -> Scorer:
    """Whole numbers by hand: what a programmer would write who knows why. Nothing is checked."""
    points = 100 // targets * 100
    lines = ["def score(given):"]
    for number in range(targets):
        for name, key in (("a", "actual"), ("p", "planned")):
            value = f"given['i{number}.{key}']"
            lines.append(f"    {name} = {f'int({value} * 10)' if ask == 'decimals' else value}")
        lines.append(f"    s{number} = 0 if a*10 < p*6 else {points} if a >= p else ({2 * points}*a + p) // (2*p)")
    for component in range(COMPONENTS):
        lines.append(f"    c{component} = " + " + ".join(f"s{number}" for number in _numbers(targets, component)))
    components = [f"c{component}" for component in range(COMPONENTS)]
    scores = [f"s{number}" for number in range(targets)] if ask == "indicators" else []
    lines.append(f"    return ({' + '.join(components)}, {', '.join([*components, *scores])})")
    space: dict[str, Any] = {}
    exec("\n".join(lines), space)
    return Scorer(space["score"], list)


def _c(targets: int, ask: Ask) -> Scorer | None:
    """The same in C, reading the same mapping; whole numbers only."""
    return None if ask == "decimals" else Scorer(c_extension(targets, indicators=ask == "indicators"), list)


def _hundredths(numbers: list[Any]) -> list[int]:
    return [round(float(number) * 100) for number in numbers]


def _names(given: Given) -> Given:
    return {key.replace(".planned", "p").replace(".actual", "a"): held for key, held in given.items() if key != "group"}


def _floats(given: Given) -> Given:
    return {key: float(held) for key, held in given.items()}


def zen_graph(targets: int, ask: Ask) -> tuple[str, list[str]]:
    """Its rules as JSON, and the names of the answers in their order."""
    points = 100 // targets
    form = "(i{0}a < i{0}p * 0.6 ? 0 : (i{0}a >= i{0}p ? {1} : round({1} * i{0}a / i{0}p, 2)))"
    scores = [form.format(number, points) for number in range(targets)]
    names = [f"s{number}" for number in range(targets)] if ask == "indicators" else []
    values = dict(zip(names, scores, strict=False))
    parts = [f"$.{name}" for name in names] or scores
    for component in range(COMPONENTS):
        values[f"c{component}"] = " + ".join(parts[number] for number in _numbers(targets, component))
    values["total"] = " + ".join(f"$.c{component}" for component in range(COMPONENTS))
    expressions = [{"id": key, "key": key, "value": value} for key, value in values.items()]
    place = {"position": {"x": 0, "y": 0}}
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode", **place},
        {"id": "do", "name": "do", "type": "expressionNode", **place, "content": {"expressions": expressions}},
        {"id": "out", "name": "out", "type": "outputNode", **place},
    ]
    edges = [{"id": f"{one}-{two}", "sourceId": one, "targetId": two, "type": "edge"}
             for one, two in (("in", "do"), ("do", "out"))]  # fmt: skip
    graph = {"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}
    return json.dumps(graph), ["total", *(f"c{component}" for component in range(COMPONENTS)), *names]


def _zen(targets: int, ask: Ask) -> Scorer:
    """A loader that hands out content keeps it compiled; a decision made from the engine compiles anew at each call,
    ten times as long. It takes no Decimals: they become floats on the way in, which counts."""
    import zen

    graph, order = zen_graph(targets, ask)
    content = zen.ZenDecisionContent(graph)
    engine = zen.ZenEngine({"loader": lambda key: content})
    decide = partial(engine.evaluate, "policy")

    def read(raw: Any) -> list[int]:
        return _hundredths([raw["result"][name] for name in order])

    return Scorer((lambda given: decide(_floats(given))) if ask == "decimals" else decide, read, _names)


def _datalogic(targets: int, ask: Ask) -> Scorer:
    """JSON logic has no rounding: a floor of a hundred times the number and a half."""
    import datalogic_py

    points = 100 // targets

    def of(number: int) -> Any:
        actual, planned = {"var": f"i{number}a"}, {"var": f"i{number}p"}
        rounded = {"/": [{"floor": [{"+": [{"/": [{"*": [points * 100, actual]}, planned]}, 0.5]}]}, 100]}
        below = {"<": [actual, {"*": [planned, 0.6]}]}
        return {"if": [below, 0, {">=": [actual, planned]}, points, rounded]}

    components = [
        {"+": [of(number) for number in _numbers(targets, component)]} for component in range(COMPONENTS)
    ]  # fmt: skip
    rule = [of(number) for number in range(targets)] if ask == "indicators" else components
    evaluate = datalogic_py.Engine().compile(rule).evaluate
    return Scorer(*_summed(evaluate, targets, ask, _floats if ask == "decimals" else None), _names)


def _summed(
    evaluate: Callable[[Given], list[Any]], targets: int, ask: Ask, taken: Callable[[Given], Given] | None
) -> tuple[Callable[[Given], Any], Callable[[Any], list[int]]]:
    """For languages without names for what was worked out: they give the indicators or the components, and Python adds
    them up."""

    def score(given: Given) -> list[Any]:
        numbers = evaluate(given if taken is None else taken(given))
        if ask != "indicators":
            return [sum(numbers), *numbers]
        each = targets // COMPONENTS
        components = [sum(numbers[at : at + each]) for at in range(0, targets, each)]
        return [sum(components), *components, *numbers]

    return score, _hundredths


def _cel(targets: int, ask: Ask) -> Scorer:
    """CEL has no rounding: whole numbers cut the rest off."""
    import celpy

    points = 100 // targets
    form = (
        "(double(i{0}a) < double(i{0}p) * 0.6 ? 0.0 : (i{0}a >= i{0}p ? {1}.0 : "
        "double(int({1}00.0 * double(i{0}a) / double(i{0}p) + 0.5)) / 100.0))"
    )
    rule = _listed([form.format(number, points) for number in range(targets)], targets, ask)
    environment = celpy.Environment()
    program = environment.program(environment.compile(f"[{', '.join(rule)}]"))

    def evaluate(given: Given) -> list[Any]:
        return list(program.evaluate(celpy.json_to_cel(given)))

    return Scorer(*_summed(evaluate, targets, ask, _floats if ask == "decimals" else None), _names)


def _listed(scores: list[str], targets: int, ask: Ask) -> list[str]:
    if ask == "indicators":
        return scores
    return [
        " + ".join(scores[number] for number in _numbers(targets, component)) for component in range(COMPONENTS)
    ]  # fmt: skip


def _rule_engine(targets: int, ask: Ask) -> Scorer:
    """Its numbers are Decimals of 28 digits; one rule gives one number."""
    import rule_engine

    points = 100 // targets
    form = (
        "(i{0}a < i{0}p * 0.6 ? 0 : (i{0}a >= i{0}p ? {1} : (({1}00 * i{0}a / i{0}p + 0.5) // 1) / 100))"
    )  # fmt: skip
    texts = _listed([form.format(number, points) for number in range(targets)], targets, ask)
    rules = [rule_engine.Rule(text) for text in texts]
    return Scorer(*_summed(lambda given: [rule.evaluate(given) for rule in rules], targets, ask, None), _names)


ENGINES = (
    Engine("assessdsl.prepare", _ours),
    Engine("assessdsl.prepare, kernels", partial(_ours, kernels=True)),
    Engine("C extension, by hand", _c),
    Engine("Python integers, by hand", _python),
    Engine("datalogic-py", _datalogic),
    Engine("zen-engine", _zen),
    Engine("rule-engine", _rule_engine, slow=True),
    Engine("cel-python", _cel, slow=True),
)
