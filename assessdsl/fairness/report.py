"""What was found out about the properties of a policy by trying them on cases."""

import json
from typing import Any, Literal

from attrs import frozen

from assessdsl.fairness.trial import Witness
from assessdsl.record.canonical import encode


@frozen(eq=False)
class Verdict:
    """Of one property. It was never refuted by more than the cases that were tried: that is no proof."""

    property: str
    en: str
    zh: str
    status: Literal["tested", "refuted", "not applicable"]
    cases: int = 0  # in which it could be tried
    witness: Witness | None = None  # the simplest that was found
    why: tuple[str, str] = ("", "")  # not applicable, in both languages

    def told(self, language: str) -> str:
        zh = language == "zh"
        match self.status:
            case "tested":
                return f"检验 {self.cases} 例，未见反例" if zh else f"tested on {self.cases} cases"
            case "refuted":
                assert self.witness is not None
                return f"{'被推翻' if zh else 'refuted'}: {self.witness.told(language)}"
            case _:
                return f"{'不适用' if zh else 'not applicable'}: {self.why[zh]}"


@frozen(eq=False, str=False)
class Report:
    """Of every property that was asked about. `str()` of it is for people, in the policy's language."""

    policy: str
    fingerprint: str
    verdicts: tuple[Verdict, ...]
    language: str = "en"

    @property
    def refuted(self) -> tuple[Verdict, ...]:
        return tuple(one for one in self.verdicts if one.status == "refuted")

    def of(self, property: str) -> Verdict:
        return next(one for one in self.verdicts if one.property == property)

    def to_data(self) -> dict[str, Any]:
        """As plain data, the tables of a witness with it, so that it can be scored again."""
        return {
            "policy": self.policy,
            "fingerprint": self.fingerprint,
            "properties": [_data(one) for one in self.verdicts],
        }

    def to_json(self) -> str:
        return json.dumps(self.to_data(), ensure_ascii=False, indent=2, default=str) + "\n"

    def __str__(self) -> str:
        return "\n".join(f"{one.property}: {one.told(self.language)}" for one in self.verdicts)


def _data(verdict: Verdict) -> dict[str, Any]:
    data: dict[str, Any] = {"property": verdict.property, "status": verdict.status, "cases": verdict.cases}
    if verdict.status == "not applicable":
        data["why"] = {"en": verdict.why[0], "zh": verdict.why[1]}
    if (witness := verdict.witness) is not None:
        data["witness"] = {
            "entity": witness.entity,
            "en": witness.en,
            "zh": witness.zh,
            "before": witness.before.records(),
            "after": None if witness.after is None else witness.after.records(),
        }
        if witness.entries:
            data["witness"]["events"] = [json.loads(encode(entry)) for entry in witness.entries]
    return data
