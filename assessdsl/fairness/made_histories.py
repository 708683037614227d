"""Histories made up for a policy: results of earlier years, of entities that were renamed, merged or split since."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final

from attrs import Factory, define, evolve, frozen

from assessdsl.data import from_records
from assessdsl.fairness.case import Case, Raw
from assessdsl.fairness.made_up import Maker, Pick, one_of, seldom
from assessdsl.fairness.plain_years import Lineage, Year
from assessdsl.record.succession import NONE

_YEARS: Final = (1, 2)  # of which a history is made where the policy looks back on none

_WORDS: Final = {"en": ("old {}", "older {}", "other {}", "no. {}"), "zh": ("原{}", "旧{}", "另{}", "第{}号文件")}
"""What became an entity, what had become that, who stood beside it; and the document that says so."""


@frozen(eq=False)
class Past:
    """A case with the tables `history` and `successions`; and what they say, in plain words: of each year that many
    years ago who was assessed in which group, with which rank, and the bodies that went into each entity, the nearest
    first."""

    case: Case
    years: dict[int, Year]
    lineage: dict[str, Lineage]


@define
class _Making:
    maker: Maker
    pick: Pick
    ago: tuple[int, ...]
    bodies: dict[int, dict[str, str]]  # of each year the bodies that there were, with their groups
    lineage: dict[str, Lineage] = Factory(dict)
    successions: list[dict[str, Raw]] = Factory(list)

    @property
    def year(self) -> int:
        return self.maker.policy.plan.schema.period.year

    def word(self, number: int, of: object) -> str:
        return _WORDS[self.maker.policy.language][number].format(of)

    def became(self, kind: str, before: Sequence[str], after: Sequence[str], ago: int = 0, **more: Raw) -> None:
        """So many years ago, in its June."""
        row: dict[str, Raw] = {
            "kind": kind, "before": "、".join(before), "after": "、".join(after), "date": date(self.year - ago, 6, 30),
            "document": self.word(3, len(self.successions) + 1), **more,
        }  # fmt: skip
        self.successions.append(row)

    def were(self, names: Sequence[str], group: str, ago: Sequence[int]) -> None:
        for years in ago:
            self.bodies[years] |= dict.fromkeys(names, group)

    def entity(self, name: str, group: str) -> None:
        """How an entity came to be; the simplest is that it always was."""
        old, older, other = (self.word(number, name) for number in range(3))
        match self.pick(0, 7):
            case 1:
                self.became("renamed", [old], [name])
                self.were([old], group, self.ago)
                self.lineage[name] = ((old,),)
            case 2:  # twice; the year before it had its name already
                first, *earlier = self.ago
                self.became("renamed", [older], [old], 1 + first)
                self.became("renamed", [old], [name], first)
                self.were([name], group, [first])
                self.were([older], group, earlier)
                self.lineage[name] = ((old,), (older,))
            case 3:
                self.became("merged", [old, other], [name])
                self.were([old, other], group, self.ago)
                self.lineage[name] = ((old, other),)
            case 4:  # into one that keeps its name
                self.became("merged", [name, other], [name])
                self.were([name, other], group, self.ago)
                self.lineage[name] = ((other,),)
            case 5:  # of two, and it is said whose results it has
                self.became("merged", [old, other], [name], inherits=old)
                self.were([old, other], group, self.ago)
                self.lineage[name] = ((old,),)
            case 6:  # and it begins anew
                self.became("renamed", [old], [name], inherits=NONE)
                self.were([old], group, self.ago)
            case 7:  # a part of what was one
                self.became("split", [old], [name, other])
                self.were([old], group, self.ago)
                self.lineage[name] = ((old,),)
            case _:
                self.were([name], group, self.ago)

    def results(self, ago: int) -> Year:
        """Who of the bodies was assessed, where, and with which rank; some were not, some have none."""
        groups = self.maker.policy.plan.schema.groups or ("",)
        totals: dict[str, tuple[str, int]] = {}
        unranked: Year = {}
        for name, group in self.bodies[ago].items():
            if seldom(self.pick, 8):
                continue
            where = one_of(self.pick, groups) if seldom(self.pick, 6) else group
            if seldom(self.pick, 8):
                unranked[name] = (where, None)
            else:
                totals[name] = (where, 20 * self.pick(0, 4))  # so that there are ties
        ranked: Year = {
            name: (group, 1 + sum(other > total for where, other in totals.values() if where == group))
            for name, (group, total) in totals.items()
        }
        return ranked | unranked


def past_of(maker: Maker, case: Case, pick: Pick) -> Past:
    """Whatever history the case has gives way to one of which it is known how every entity stood."""
    ago = tuple(sorted({*maker.years, *_YEARS}))
    making = _Making(maker, pick, ago, {years: {} for years in ago})
    for row in case.facts.entities:
        group = row.get("group")
        making.entity(str(row.values["entity"].raw), "" if group is None else str(group.raw))
    years = {number: making.results(number) for number in ago}
    rows = [_row(maker, number, name, *stood) for number, year in years.items() for name, stood in year.items()]
    tables = from_records(history=rows, successions=making.successions)
    facts = evolve(case.facts, history=tables.history, successions=tables.successions)
    return Past(evolve(case, facts=facts), years, making.lineage)


def _row(maker: Maker, ago: int, name: str, group: str, rank: int | None) -> dict[str, Any]:
    plan = maker.policy.plan
    row: dict[str, Any] = {"period": str(plan.schema.period.before(ago)), "entity": name, "group": group}
    if rank is not None:
        row |= {"rank": Fraction(rank), "total": Fraction(max(0, 100 - 10 * rank))}
        row |= {"tier": plan.tiers[min(rank, len(plan.tiers)) - 1][0]} if plan.tiers else {}
    return {column: held for column, held in row.items() if held != ""}
