"""What data may call a declared thing: its name, or its label where no other thing of the kind has it.

A name that is also a word of the language is known by the word's id: any spelling of the word is that name.
"""

from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from assessdsl.data.remarks import Remarks
from assessdsl.plan.inputs import IndicatorSchema, Schema
from assessdsl.vocabulary import vocabulary


@frozen
class Naming:
    kind: str
    written: Mapping[str, str]  # names, their other spellings and labels to names
    labels: Mapping[str, str]  # names to labels that stand for them

    def find(self, text: str) -> str | None:
        return self.written.get(text)

    def like(self, text: str, remarks: Remarks) -> str:
        """What a misspelt text was surely meant to be: the name and the label, either of which can be written."""
        near = remarks.like(self.kind, text, self.written)
        if not near:
            return ""
        name = self.written[near]
        label = self.labels.get(name, "")
        shown = (name if near == label else near, label) if label else (near,)
        return "` / `".join(shown)


def naming(kind: str, names: Sequence[str], labels: Iterable[str]) -> Naming:
    given = list(labels)
    spelled = {spelling: name for name in names for spelling in _spellings(name) if spelling not in names}
    own = spelled | {name: name for name in names}
    unique = {
        name: label
        for name, label in zip(names, given, strict=False)
        if label and label not in own and given.count(label) == 1
    }
    return Naming(kind, own | {label: name for name, label in unique.items()}, unique)


def _spellings(name: str) -> tuple[str, ...]:
    word = vocabulary().words.get(("name", name))
    return () if word is None else word.spellings


def of_groups(schema: Schema) -> Naming:
    return naming("group", schema.groups, schema.group_labels)


def of_indicators(schema: Schema) -> Naming:
    indicators = schema.indicators
    return naming("indicator", [one.name for one in indicators], [one.label for one in indicators])


def of_levels(indicator: IndicatorSchema) -> Naming:
    return naming(f"level of {indicator.name}", indicator.levels, indicator.level_labels)


def of_facts(schema: Schema) -> Naming:
    return naming("fact", [fact.name for fact in schema.facts], [fact.label for fact in schema.facts])


def of_judgements(schema: Schema) -> Naming:
    return naming("judgement", schema.judgements, schema.judgement_labels)


def of_benchmarks(schema: Schema) -> Naming:
    return naming("benchmark", [one.name for one in schema.benchmarks], [one.label for one in schema.benchmarks])


def of_plans(schema: Schema) -> Naming:
    return naming("plan", schema.plans, schema.plan_labels)


def of_tiers(schema: Schema) -> Naming:
    return naming("tier", schema.tiers, schema.tier_labels)
