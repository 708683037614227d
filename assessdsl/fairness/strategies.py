"""Hypothesis strategies of what a policy takes, and the run of the properties over them.

Data is built valid, never filtered: every cell is a whole number of the smallest reportable steps, so that a failure
shrinks to round values at the threshold that it needs. About half of the cells stand at or next to where the policy
turns.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from attrs import evolve, frozen
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from assessdsl.engine import Policy
from assessdsl.facts import Facts
from assessdsl.fairness.case import Case
from assessdsl.fairness.course import Course
from assessdsl.fairness.made_cases import Safe, Scored, fixed, make, safe
from assessdsl.fairness.made_histories import Past, past_of
from assessdsl.fairness.made_registers import course_of
from assessdsl.fairness.made_up import Maker, maker
from assessdsl.fairness.properties import Property, not_applicable, properties
from assessdsl.fairness.report import Report, Verdict
from assessdsl.fairness.trial import Trying, Witness

PROFILES = {"dev": 60, "ci": 300, "nightly": 5_000}
"""Cases of each property, by profile."""


@frozen(eq=False)
class Strategies:
    """Strategies of the data of one policy."""

    facts: st.SearchStrategy[Facts]  # whole tables that the policy can score
    cases: st.SearchStrategy[Case]
    entities: st.SearchStrategy[Facts]  # tables of just one entity
    _made: Maker
    _scored: st.SearchStrategy[Scored]

    def registers(self) -> st.SearchStrategy[Course]:
        """Registers as they are kept over a year, up to some stage of it."""
        made, scored = self._made, self._scored

        @st.composite
        def course(draw: st.DrawFn) -> Course:
            return course_of(made, draw(scored).case, partial(_drawn, draw))

        return course()

    def histories(self) -> st.SearchStrategy[Past]:
        """Cases with results of earlier years, of entities that were renamed, merged or split since."""
        made, scored = self._made, self._scored

        @st.composite
        def past(draw: st.DrawFn) -> Past:
            return past_of(made, draw(scored).case, partial(_drawn, draw))

        return past()


@frozen
class NoData(Exception):
    """No data was found for which the policy does not stop with an `error`."""

    policy: str

    def __str__(self) -> str:
        return f"whatever data was made up for the policy `{self.policy}`, it stops with an error"


def from_policy(policy: Policy, *, entities: int = 3) -> Strategies:
    """entities: how many there are in a table at the most. Raises NoData where the policy stops for any data."""
    made, well = _prepared(policy)
    cases = _scored(made, well, entities)
    return Strategies(
        facts=cases.map(lambda scored: scored.case.facts),
        cases=cases.map(lambda scored: scored.case),
        entities=_scored(made, well, 1).map(lambda scored: scored.case.facts),
        made=made,
        scored=cases,
    )


def _prepared(policy: Policy) -> tuple[Maker, Safe]:
    made = maker(policy)
    well = safe(made)
    if well is None:
        raise NoData(policy.name)
    return made, well


def _drawn(draw: Callable[[st.SearchStrategy[int]], int], low: int, high: int) -> int:
    return draw(st.integers(low, high))


def _scored(made: Maker, well: Safe, entities: int) -> st.SearchStrategy[Scored]:
    @st.composite
    def scored(draw: st.DrawFn) -> Scored:
        return make(made, well, partial(_drawn, draw), entities=entities)

    return scored()


def check_all(
    policy: Policy,
    *,
    examples: int = PROFILES["dev"],
    only: Sequence[str] | None = None,
    start: int = 0,
    entities: int = 3,
    simplest: bool = True,
) -> Report:
    """Every property of the catalogue that can be tried on cases, or only some, over so many cases.

    start: another number gives other cases, the same gives the same. simplest: a witness is made as simple
    as it gets, which takes longer than to find it. Raises NoData where the policy stops for any data.
    """
    made, well = _prepared(policy)
    chosen = [properties()[name] for name in (properties() if only is None else only)]
    open_to = [one for one in chosen if not_applicable(one.id, policy) is None]
    tried = dict.fromkeys((one.id for one in open_to), 0)
    found: dict[str, Witness] = {}

    def trial(scored: Scored, data: st.DataObject) -> None:
        """Each case serves every property that is not refuted yet. What is drawn does not depend on which these are."""
        first = data.draw(st.integers(0, 2**32 - 1))
        course: Course | None = None  # one register for all that is asked of registers
        for number, one in enumerate(open_to):
            if one.id not in found:
                pick = fixed(first + number)
                if one.of_register is None:
                    outcome = one.trial(Trying(made, well, scored, pick))
                else:
                    course = course or course_of(made, scored.case, fixed(first))
                    outcome = one.of_register(course, pick)
                if isinstance(outcome, Witness):
                    found[one.id] = outcome
                tried[one.id] += outcome == "held"
        if found and len(found) == len(open_to):
            raise _Found(next(iter(found.values())))

    with suppress(_Found):  # nothing is left to try
        _run(trial, _scored(made, well, entities), examples, start, (Phase.generate,))
    verdicts = []
    for one in chosen:
        verdict = Verdict(one.id, one.en, one.zh, "not applicable")
        if (why := not_applicable(one.id, policy)) is not None:
            verdict = evolve(verdict, why=why)
        elif one.id in found:
            smaller = _simplest(one, made, well, examples, start, entities) if simplest else None
            verdict = evolve(verdict, status="refuted", cases=tried[one.id], witness=smaller or found[one.id])
        elif tried[one.id]:
            verdict = evolve(verdict, status="tested", cases=tried[one.id])
        else:
            verdict = evolve(verdict, why=("no case gave an occasion to try it", "没有可以检验它的数据"))
        verdicts.append(verdict)
    return Report(policy.name, policy.fingerprint, tuple(verdicts), policy.language)


def check_property(
    policy: Policy, name: str, *, examples: int = PROFILES["dev"], start: int = 0, entities: int = 3
) -> Verdict:
    """One property; see check_all."""
    return check_all(policy, examples=examples, only=(name,), start=start, entities=entities).verdicts[0]


@frozen(eq=False)
class _Found(Exception):
    witness: Witness


def _simplest(property: Property, made: Maker, well: Safe, examples: int, start: int, entities: int) -> Witness | None:
    """The witness to which Hypothesis shrinks what it finds."""

    def trial(scored: Scored, data: st.DataObject) -> None:
        outcome = property.trial(Trying(made, well, scored, partial(_drawn, data.draw)))
        if isinstance(outcome, Witness):
            raise _Found(outcome)

    try:
        _run(trial, _scored(made, well, entities), examples, start, (Phase.generate, Phase.shrink))
    except _Found as found:
        return found.witness
    return None


def _run(
    trial: Callable[[Scored, st.DataObject], None],
    cases: st.SearchStrategy[Scored],
    examples: int,
    start: int,
    phases: tuple[Phase, ...],
) -> None:
    """The same cases whenever it starts from the same number; nothing is kept on disk, nothing is printed."""
    quiet = settings(
        max_examples=examples, database=None, deadline=None, print_blob=False, report_multiple_bugs=False,
        verbosity=Verbosity.quiet, suppress_health_check=list(HealthCheck), phases=phases,
    )  # fmt: skip
    seed(start)(quiet(given(cases, st.data())(trial)))()
