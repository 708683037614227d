"""What came of comparing two policies for all data, for people and for programs."""

import json
from collections.abc import Iterator
from typing import Any, Final

from assessdsl.explanation.words import named, word
from assessdsl.fairness.both import Compared, Comparison, Differing, Relation, Side
from assessdsl.fairness.export import plain_tables
from assessdsl.fairness.proof_text import status_text
from assessdsl.plan.steps import Load, Plan
from assessdsl.plan.walk import under
from assessdsl.quantity import Unit, exact_text, quantity_text
from assessdsl.source import pad, visible, width

_RELATIONS: Final[dict[Relation, tuple[str, str]]] = {
    "equivalent": ("equivalent", "相同"),
    "never_higher": ("never higher", "只降不升"),
    "never_lower": ("never lower", "只升不降"),
    "incomparable": ("higher or lower", "有升有降"),
    "unknown": ("unknown", "未判定"),
}
_STAGES: Final = frozenset(
    ("score", "forfeited", "state", "missing", "gate", "limit", "rounding", "sum", "contagion", "expression")
)  # that have no name of their own
_SHOWN: Final = 8  # rows of a case, to people


def comparison_text(comparison: Comparison) -> str:
    """The total first, then the parts that differ; what is the same is told in one line."""
    zh = comparison.language == "zh"
    lines = [visible(f"{comparison.old.label or comparison.old.name} → {comparison.new.label or comparison.new.name}")]
    wide = max((width(_relation(one, zh)) for one in comparison.compared), default=0)
    for group in dict.fromkeys(one.group for one in comparison.compared):
        of_group = [one for one in comparison.compared if one.group == group]
        lines += ["", visible(_label(comparison, group))] if group else [""]
        differing = [one for one in of_group if one.relation != "equivalent" or one.kind == "total"]
        for one in sorted(differing, key=lambda one: one.kind != "total"):
            lines.append(f"{pad(_relation(one, zh), wide)}  {visible(_named(one, zh))}  [{_status(one, comparison)}]")
            for side in (one.never_higher, one.never_lower):
                if side.shown is not None:
                    lines += [f"{' ' * wide}  {visible(line)}" for line in _lines(one, side.shown, zh)]
        same = [one for one in of_group if one not in differing]
        if same:
            names = ("、" if zh else ", ").join(_named(one, zh) for one in same)
            lines.append(f"{pad(_RELATIONS['equivalent'][zh], wide)}  {visible(names)}")
    for alone, en, chinese in (
        (comparison.only_old, "only in the old policy", "仅旧办法有"),
        (comparison.only_new, "only in the new policy", "仅新办法有"),
    ):
        if alone:
            lines += ["", visible(f"{chinese if zh else en}: {', '.join(alone)}")]
    if not comparison.solver:
        advice = "没有使用求解器" if zh else "no solver was asked: pip install 'assessdsl[prove]'"
        lines += ["", advice]
    return "\n".join(lines)


def _label(comparison: Comparison, group: str) -> str:
    return dict(comparison.new.plan.groups).get(group) or group


def _named(one: Compared, zh: bool) -> str:
    return one.label or one.name or ("总分" if zh else "total")


def _relation(one: Compared, zh: bool) -> str:
    return _RELATIONS[one.relation][zh]


def _status(one: Compared, comparison: Comparison) -> str:
    if one.status == "refuted":
        return "各有实例" if comparison.language == "zh" else "shown by cases"
    return status_text(one.status, one.cases, comparison.language)


def told(one: Compared, shown: Differing, language: str) -> str:
    """In a sentence."""
    was, now = (quantity_text(value, Unit.POINTS) for value in (shown.was, shown.now))
    if language == "zh":
        way = "更高" if shown.now > shown.was else "更低"
        return f"同样的数据,`{shown.entity}`的{_named(one, True)}按旧办法得 {was},按新办法得 {now},{way}"
    way = "more" if shown.now > shown.was else "less"
    part = _named(one, False)
    return f"for the same facts `{shown.entity}` has {was} in {part} by the old policy, {now} by the new: {way}"


def _lines(one: Compared, shown: Differing, zh: bool) -> Iterator[str]:
    yield told(one, shown, "zh" if zh else "en")
    old, new = (f"{'第' if zh else 'line'} {span.line}{' 行' if zh else ''}" for span in shown.spans)
    language = "zh" if zh else "en"
    stage = word(shown.stage, language) if shown.stage in _STAGES else shown.stage
    stage = f" {stage}" if stage else ""
    yield (
        f"  {'分歧始于' if zh else 'they part at'} {shown.name}{stage}: "
        f"{shown.before} ({'旧' if zh else 'old'} {old}) → {shown.after} ({'新' if zh else 'new'} {new})"
    )
    if one.kind != "indicator" and shown.name not in (one.label, one.name):
        return  # the case is that of a part
    rows = list(_rows(shown, one.name if one.kind == "indicator" else ""))
    for table, row in rows[:_SHOWN]:
        cells = (f"{named('column', column, language)} {value}" for column, value in row.items())
        yield f"    {named('table', table, language)}: {', '.join(cells)}"
    if len(rows) > _SHOWN:
        yield f"    {'另有' if zh else 'and'} {len(rows) - _SHOWN} {'行' if zh else 'more rows'}"


def _rows(shown: Differing, indicator: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Of an indicator only what is reported of it, and what else it reads."""
    tables = plain_tables(shown.old)
    unread = _unread(shown.old.policy.plan, indicator) & _unread(shown.new.policy.plan, indicator)
    others = {row["target"] for row in tables.get("targets", []) if indicator and row["indicator"] != indicator}
    for table, rows in tables.items():
        for row in rows:
            other = bool(indicator) and row.get("indicator", indicator) != indicator
            if table != "entities" and not other and row.get("fact") not in unread and row.get("target") not in others:
                yield table, row


def _unread(plan: Plan, indicator: str) -> frozenset[str]:
    """The facts of entities that an indicator does not read."""
    scores = [
        part.score for whole in plan.outputs.every_component for part in whole.indicators if part.name == indicator
    ]
    operations = (plan.steps[id].operation for id in under(plan.steps, scores))
    read = {operation.name for operation in operations if isinstance(operation, Load)}
    return frozenset(fact.name for fact in plan.schema.facts if fact.name not in read) if indicator else frozenset()


def comparison_json(comparison: Comparison) -> str:
    data = {
        "old": {"policy": comparison.old.name, "fingerprint": comparison.old.fingerprint},
        "new": {"policy": comparison.new.name, "fingerprint": comparison.new.fingerprint},
        "compared": [_data(one) for one in comparison.compared],
        "only_old": list(comparison.only_old),
        "only_new": list(comparison.only_new),
        "solver": comparison.solver,
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _data(one: Compared) -> dict[str, Any]:
    return {
        "group": one.group, "kind": one.kind, "name": one.name, "label": one.label,
        "relation": one.relation, "status": one.status,
        "never_higher": _side(one, one.never_higher), "never_lower": _side(one, one.never_lower),
    }  # fmt: skip


def _side(one: Compared, side: Side) -> dict[str, Any]:
    data: dict[str, Any] = {"status": side.status, "cases": side.cases}
    if (shown := side.shown) is not None:
        data["case"] = {
            "entity": shown.entity, "was": exact_text(shown.was), "now": exact_text(shown.now),
            "part": shown.name, "stage": shown.stage, "lines": [span.line for span in shown.spans],
            "en": told(one, shown, "en"), "zh": told(one, shown, "zh"),
            "old": plain_tables(shown.old), "new": plain_tables(shown.new),
        }  # fmt: skip
    return data
