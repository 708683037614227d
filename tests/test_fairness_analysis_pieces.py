"""Values drawn as straight pieces of one number: what the exact engine gives, at every break and between."""

from collections.abc import Sequence
from fractions import Fraction as F
from itertools import pairwise
from random import Random

import pytest
from exact_drafts import Draft, dataset, entity

from assessdsl.authoring.describe_bounds import Bounds
from assessdsl.backends import run
from assessdsl.fairness.analysis.narrow import Known, know
from assessdsl.fairness.analysis.pieces import Jump, Line, Pieces, difference, piecewise
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import Calculate, Choose, Clamp, Compare, Gate, Load, Logic, Round, Supply

ENDS = [Range(), Range(F(0)), Range(None, F(3)), Range(F(-1), F(2)), Range(F(1, 2), F(5, 2))]


class Drawn(Draft):
    """A plan of random steps that hang on one fact x, each of straight pieces."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = Random(seed)
        self.x = self.fact("x")

    def number(self) -> int:
        return self.constant(F(self.random.randint(-6, 6), self.random.choice((1, 1, 2, 3))))

    def some(self, *choices: str) -> str:
        return self.random.choice(choices)

    def level(self, depth: int) -> int:
        """Of steps that are flat."""
        match self.some("number", "choose", "+", "*", "round", "clamp") if depth else "number":
            case "choose":
                return self.add(Choose(self.answer(depth - 1), self.level(depth - 1), self.level(depth - 1)))
            case "+" | "*" as sign:
                return self.add(Calculate(sign, (self.level(depth - 1), self.level(depth - 1))))
            case "round":
                return self.add(Round(self.level(depth - 1), self.some("half_up", "floor", "ceiling"), 0))
            case "clamp":
                return self.add(Clamp(self.level(depth - 1), self.number(), None))
            case _:
                return self.number()

    def line(self, depth: int) -> int:
        if not depth:
            return self.x if self.random.random() < 0.7 else self.number()
        below = depth - 1
        match self.some("+", "-", "neg", "*", "/", "least", "choose", "clamp", "supply", "gate", "level"):
            case "+" | "-" as sign:
                return self.add(Calculate(sign, (self.line(below), self.line(below))))
            case "neg":
                return self.add(Calculate("neg", (self.line(below),)))
            case "*":
                both = [self.line(below), self.level(below)]
                self.random.shuffle(both)
                return self.add(Calculate("*", tuple(both)))
            case "/":
                by = self.constant(F(self.random.choice((-2, 3, 4))))
                return self.add(Calculate("/", (self.line(below), by)))
            case "least":
                many = tuple(self.line(below) for _ in range(self.random.randint(2, 3)))
                return self.add(Calculate(self.some("min", "max"), many))
            case "choose":
                return self.add(Choose(self.answer(below), self.line(below), self.line(below)))
            case "clamp":
                low, high = (self.line(0) if self.random.random() < 0.5 else None for _ in range(2))
                return self.add(Clamp(self.line(below), low, high))
            case "supply":
                return self.add(Supply(self.line(below), self.number()))
            case "gate":
                limit = self.line(below) if self.random.random() < 0.5 else None
                return self.add(Gate("g", self.line(below), self.answer(below), limit))
            case _:
                return self.level(below)

    def answer(self, depth: int) -> int:
        match self.some("compare", "compare", "not", "and", "or", "choose", "known") if depth else "compare":
            case "not":
                return self.add(Logic("not", (self.answer(depth - 1),)))
            case "and" | "or" as sign:
                many = tuple(self.answer(depth - 1) for _ in range(self.random.randint(2, 3)))
                return self.add(Logic(sign, many))
            case "choose":
                return self.add(Choose(self.answer(depth - 1), self.answer(depth - 1), self.answer(depth - 1)))
            case "known":
                return self.constant(self.random.random() < 0.5)
            case _:
                compared = self.some("<", "<=", ">", ">=", "==", "!=")
                return self.add(Compare(compared, self.line(min(depth, 1)), self.number()))  # type: ignore[arg-type]

    def known(self, domain: Range = Range()) -> Known:  # noqa: B008
        known = know(self.plan())
        return Known(known.plan, Bounds(known.bounds.common, {self.x: domain}))

    def scored(self, id: int, xs: Sequence[F]) -> list[F]:
        """What the exact engine gives."""
        data = dataset(*(entity(f"e{number:06}", x=x) for number, x in enumerate(xs)))
        values = run(self.plan(), data).values[id]
        return [v for v in values if isinstance(v, F)] if len(values) == len(xs) else [*values] * len(xs)  # type: ignore[list-item]


def cells(breaks: Sequence[F], domain: Range) -> list[tuple[F, F]]:
    """Between which numbers each cell lies within the domain; nothing of one that is outside has a length."""
    low = domain.low if domain.low is not None else min([F(0), *breaks]) - 2
    high = domain.high if domain.high is not None else max([F(0), *breaks]) + 2
    ends = [min([low, *breaks]), *breaks, max([high, *breaks])]
    return [(max(one, low), min(two, high)) for one, two in pairwise(ends)]


def within(breaks: Sequence[F]) -> list[list[F]]:
    """Two numbers within each cell."""
    return [[one + (two - one) / 3, two - (two - one) / 3] for one, two in cells(breaks, Range())]


@pytest.mark.parametrize("part", range(20))
def test_pieces_are_what_the_engine_gives(part: int) -> None:
    for seed in range(part * 10, part * 10 + 10):
        draft = Drawn(seed)
        id = draft.line(3)
        domain = draft.random.choice(ENDS)
        pieces = piecewise(draft.known(domain), id, draft.x)
        assert pieces is not None
        assert pieces.domain == domain
        assert len(set(pieces.breaks)) == len(pieces.at) == len(pieces.inside) - 1
        everywhere = within(pieces.breaks)
        lines = [line for line in pieces.inside if isinstance(line, Line)]
        for cell, line in zip(everywhere, lines, strict=True):
            assert draft.scored(id, cell) == [line.at(x) for x in cell]
        assert draft.scored(id, pieces.breaks) == list(pieces.at)
        _moves_as_it_is_drawn(pieces)


def _between(x: F, low: F | None, high: F | None) -> bool:
    return (low is None or low < x) and (high is None or x < high)


def _moves_as_it_is_drawn(pieces: Pieces) -> None:
    """What pieces tell of themselves, against the values met on the way through their domain."""
    domain, way, leaps, level = pieces.domain, list[F](), list[Jump](), list[tuple[F, F]]()
    found = [
        (low, high, line) if low < high and isinstance(line, Line) else None
        for (low, high), line in zip(cells(pieces.breaks, domain), pieces.inside, strict=True)
    ]
    for number, cell in enumerate(found):
        if cell:
            low, high, line = cell
            way += [line.at(low), line.at(high)]
            level += [(low, high)] if not line.slope else []
        following = found[number + 1] if number + 1 < len(found) else None
        if cell or following:
            at = pieces.breaks[number] if number < len(pieces.breaks) else None
            value = None if at is None else pieces.at[number]
            ends = [domain.low, domain.high]
            if at is not None and isinstance(value, F) and (at in ends or _between(at, *ends)):
                before, after = (one[2].at(at) if one else None for one in (cell, following))
                way.append(value)
                leaps += [Jump(at, before, value, after)] if {before, value, after} - {None, value} else []
    steps = [two - one for one, two in pairwise(way)]
    assert (pieces.rises, pieces.falls) == (any(step > 0 for step in steps), any(step < 0 for step in steps))
    assert pieces.jumps() == tuple(leaps)
    assert [jump.size for jump in leaps] == [
        max(one, jump.value, two) - min(one, jump.value, two)
        for jump in leaps
        for one, two in [tuple(jump.value if x is None else x for x in (jump.before, jump.after))]
    ]
    for low, high in level:
        assert sum(1 for one, two in pieces.flat if _between((low + high) / 2, one, two)) == 1
    assert all(any(_between((a + b) / 2, one, two) for a, b in level) for one, two in pieces.flat)
    for one, two in pieces.flat:
        assert not any(_between(leap.at, one, two) for leap in leaps)
    for left, right in pairwise(pieces.flat):
        assert left[1] != right[0] or any(leap.at == left[1] for leap in leaps), "what nothing parts is one stretch"


def test_what_begins_or_ends_at_the_end_of_the_domain() -> None:
    falling, flat, rising = (Line(F(slope), F(0)) for slope in (-1, 0, 1))
    inside, at = (rising, flat, falling), (F(5), F(5))
    pieces = Pieces((F(1), F(2)), inside, at, Range(F(1), F(2)))
    assert list(pieces.lines()) == [(F(1), F(2), flat)]
    assert pieces.jumps() == (Jump(F(1), None, F(5), F(0)), Jump(F(2), F(0), F(5), None))
    assert [jump.size for jump in pieces.jumps()] == [5, 5]
    assert Pieces((F(1), F(2)), inside, at, Range(F(3), F(4))).jumps() == ()
    assert Pieces((F(1), F(2)), inside, at, Range(F(-1), F(0))).jumps() == ()


def test_the_difference_of_two() -> None:
    for seed in range(1000, 1040):
        draft = Drawn(seed)
        one, two = draft.line(2), draft.line(2)
        known = draft.known(Range(F(0)))
        drawn, both = piecewise(known, one, draft.x), piecewise(known, two, draft.x)
        assert drawn is not None
        assert both is not None
        less = difference(drawn, both)
        assert less is not None
        assert less.domain == Range(F(0))
        xs = [*less.breaks, *(x for cell in within(less.breaks) for x in cell)]
        wanted = [b - a for a, b in zip(draft.scored(one, xs), draft.scored(two, xs), strict=True)]
        got = dict(zip(less.breaks, less.at, strict=True))
        for cell, line in zip(within(less.breaks), less.inside, strict=True):
            assert isinstance(line, Line)
            got.update({x: line.at(x) for x in cell})
        assert [got[x] for x in xs] == wanted


def stairs(draft: Draft, x: int, count: int) -> int:
    """A number that leaps at each of 1 to the count."""
    one, none = draft.constant(1), draft.constant(0)
    steps = [
        draft.add(Choose(draft.add(Compare(">", x, draft.constant(number + 1))), one, none)) for number in range(count)
    ]
    while len(steps) > 1:  # two and two, so that what was added is added again only a few times
        pairs = [tuple(steps[at : at + 2]) for at in range(0, len(steps), 2)]
        steps = [draft.add(Calculate("+", pair)) if len(pair) == 2 else pair[0] for pair in pairs]
    return steps[0]


def test_more_than_four_hundred_breaks_nobody_reads() -> None:
    draft = Draft()
    x = draft.fact("x")
    steps = [stairs(draft, x, count) for count in (399, 400, 401)]
    later = draft.add(Calculate("-", (x, draft.constant(500))))  # which crosses each once, beyond its last break
    crossing = [draft.add(Calculate("max", (one, later))) for one in steps]
    known = know(draft.plan())
    drawn = [piecewise(known, one, x) for one in steps]
    assert [one and len(one.breaks) for one in drawn] == [399, 400, None]
    assert [one and len(one.breaks) for one in (piecewise(known, each, x) for each in crossing)] == [400, None, None]
    further = Pieces((F(1, 3),), (Line(F(0), F(0)), Line(F(0), F(1))), (F(0),))
    found = [difference(one, further) for one in drawn if one]
    assert [one and len(one.breaks) for one in found] == [400, None]


def test_what_is_not_made_of_straight_pieces() -> None:
    draft = Draft()
    x, y = draft.fact("x"), draft.fact("y")
    zero, one, two = (draft.constant(number) for number in range(3))
    flat = draft.add(Choose(draft.add(Compare(">", x, zero)), zero, two))
    text = draft.constant("text")
    curved = [
        draft.add(Calculate("*", (x, x))),
        draft.add(Calculate("/", (one, x))),
        draft.add(Calculate("/", (x, flat))),  # of which some divide by zero
        draft.add(Round(x, "floor", 0)),
        draft.add(Calculate("power", (x, two))),
        draft.add(Calculate("+", (x, y))),
        draft.add(Choose(draft.add(Compare("==", draft.add(Load("entity", "kind")), text)), x, zero)),
        draft.add(Choose(draft.add(Compare("==", x, text)), x, zero)),
        draft.add(Compare(">", x, zero)),
        draft.add(Choose(x, one, zero)),
        draft.add(Logic("not", (x,))),
        draft.add(Calculate("+", (draft.add(Compare(">", x, zero)), one))),
    ]
    straight = [draft.add(Calculate("/", (x, two))), draft.add(Round(flat, "floor", 0)), one]
    known = know(draft.plan())
    assert [piecewise(known, each, x) for each in curved] == [None] * len(curved)
    assert None not in [piecewise(known, each, x) for each in straight]
    drawn = piecewise(known, straight[0], x)
    assert drawn is not None
    assert drawn.inside == (Line(F(1, 2), F(0)),)
