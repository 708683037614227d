"""Answers with what is missing and what is left open among them, and values of which one is taken."""

from collections.abc import Iterable, Sequence

from attrs import evolve, frozen

from assessdsl.backends.columnar.arithmetic import Arithmetic
from assessdsl.backends.columnar.forms import Day, Form, Held, Text, Truth
from assessdsl.backends.columnar.nodes import Bit, Node
from assessdsl.backends.columnar.program import Program


@frozen
class Choices:
    program: Program

    @property
    def numbers(self) -> Arithmetic:
        return Arithmetic(self.program)

    def obstacles(self, given: Sequence[Held]) -> tuple[Bit, Bit]:
        """Where one of them is missing, and where one is left open."""
        p = self.program
        return p.either(*(one.missing for one in given)), p.either(*(one.left for one in given))

    def is_word(self, text: Text, word: str) -> Bit:
        return self.program.compare(text.node, "==", self.program.constant(text.words.index(word)))

    def is_one_of(self, text: Text, words: Sequence[str]) -> Bit:
        """Whether the text is one of the words."""
        return self.program.among(text.node, [number for number, word in enumerate(text.words) if word in words])

    def truth(self, held: Held) -> Bit:
        """Where it surely holds."""
        p = self.program
        if not isinstance(held.form, Truth):
            return False
        return p.both(held.form.bit, p.opposite(held.missing), p.opposite(held.left))

    def falsity(self, held: Held) -> Bit:
        """Where it surely does not hold."""
        p = self.program
        if not isinstance(held.form, Truth):
            return False
        return p.both(p.opposite(held.form.bit), p.opposite(held.missing), p.opposite(held.left))

    def logic(self, name: str, given: Sequence[Held]) -> Held:
        p = self.program
        if name == "not":
            own = given[0]
            return evolve(own, form=Truth(p.opposite(own.form.bit))) if isinstance(own.form, Truth) else own
        if all(isinstance(one.form, Truth) and one.missing is False and one.left is False for one in given):
            join = p.both if name == "and" else p.either
            return Held(Truth(join(*(one.form.bit for one in given if isinstance(one.form, Truth)))))
        surely = self.falsity if name == "and" else self.truth
        decided = p.either(*(surely(one) for one in given))
        undecided = p.opposite(decided)
        missing, left = self.obstacles(given)
        form = Truth(undecided if name == "and" else decided)
        return Held(form, p.both(missing, undecided), p.both(left, undecided))

    def at_least(self, number: int, given: Sequence[Held]) -> Held:
        """Whether so many of them hold."""
        p = self.program
        yes = p.compare(self._count(map(self.truth, given)), ">=", p.constant(number))
        no = p.compare(self._count(map(self.falsity, given)), ">", p.constant(len(given) - number))
        undecided = p.opposite(p.either(yes, no))
        missing, left = self.obstacles(given)
        return Held(Truth(yes), p.both(missing, undecided), p.both(left, undecided))

    def _count(self, bits: Iterable[Bit]) -> Node:
        p = self.program
        total = p.constant(0)
        for bit in bits:
            total = p.add(total, p.choose(bit, p.constant(1), p.constant(0)))
        return total

    def one_of(self, bit: Bit, chosen: Held, other: Held) -> tuple[Form | None, Bit]:
        """The form of one of two values, and where it is left open. Where one of them never is, it is the other's."""
        p = self.program
        match chosen.form, other.form:
            case None, form:
                return form, False
            case form, None:
                return form, False
            case Truth(one), Truth(two):
                return Truth(p.choose_bit(bit, one, two)), False
            case Day(one_day), Day(two_day):
                return Day(p.choose(bit, one_day, two_day)), False
            case Text() as one_text, Text() as two_text:
                words = tuple(dict.fromkeys((*one_text.words, *two_text.words)))
                return Text(p.choose(bit, *(self._recoded(each, words) for each in (one_text, two_text))), words), False
            case (Truth() | Day() | Text(), _) | (_, Truth() | Day() | Text()):
                return None, True
            case first, second:
                return self.numbers.choose(bit, first, second), False

    def _recoded(self, text: Text, words: tuple[str, ...]) -> Node:
        p = self.program
        result = p.constant(0)
        for number, word in enumerate(words):
            if word in text.words:
                result = p.choose(self.is_word(text, word), p.constant(number), result)
        return result
