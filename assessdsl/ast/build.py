"""The syntax tree to the AST: statements by the word table, each into the node of its word."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from attrs import define, evolve

from assessdsl.ast import parts
from assessdsl.ast.edition import Edition
from assessdsl.ast.monitored import monitoring as read_monitoring
from assessdsl.ast.multiyear import MultiYearPlan
from assessdsl.ast.nodes import (
    Benchmark,
    FactDeclaration,
    FindingRule,
    Function,
    Group,
    Judgement,
    Parameter,
    Policy,
    ThingDeclaration,
)
from assessdsl.ast.operands import (
    Block,
    Remarks,
    check_name,
    clause,
    day,
    declared,
    declared_phrase,
    needed_clause,
    no_rest,
    read_block,
    single,
)
from assessdsl.ast.reading import Reading
from assessdsl.ast.registering import register as read_register
from assessdsl.ast.scored import component
from assessdsl.diagnostics import Diagnostic, arrange
from assessdsl.period import Period, read_period
from assessdsl.quantity import counted
from assessdsl.source import Span
from assessdsl.syntax.things import never_counted, unknown
from assessdsl.syntax.tree import Call, Clause, Document, Expression, Name, Number, Statement

T = TypeVar("T")

_BRACKETS = ("AS1036", "AS1037", "AS1038")  # of the reader: a block without an end, an end without a block


def build(document: Document, remarks: Sequence[Diagnostic] = ()) -> tuple[Policy | None, list[Diagnostic]]:
    """The policy of a file, and what is wrong with its statements.

    `remarks` are those of the reader: where a statement could not be read, nothing is said to be lacking, and where
    blocks do not end as they should, there is no policy.
    """
    unread = [found.span for found in remarks if found.is_error]
    unbalanced = any(found.code in _BRACKETS for found in remarks)
    builder = _Builder(Reading(Remarks(document.source.language, unbalanced, unread=unread)))
    policy = builder.file(document)
    return policy, list(arrange(builder.remarks.diagnostics))


def build_functions(document: Document) -> tuple[tuple[Function, ...], list[Diagnostic]]:
    """The functions of a file that holds only definitions."""
    builder = _Builder(Reading(Remarks(document.source.language)))
    block = read_block(document.statements, "file", builder.remarks)
    return builder.read.each(block, "define", builder.function), builder.remarks.diagnostics


def _lines(text: str, span: Span) -> str:
    """The lines on which the span stands, and the line behind it: a statement that does not end runs on."""
    end = text.find("\n", text.find("\n", span.end) + 1)
    return text[text.rfind("\n", 0, span.start) + 1 : end if end > 0 else len(text)]


@define
class _Builder:
    read: Reading

    @property
    def remarks(self) -> Remarks:
        return self.read.remarks

    # ------------------------------------------------------------ file and policy

    def file(self, document: Document) -> Policy | None:
        for remark in unknown(document):
            self.remarks.diagnostics.append(remark)
            self.remarks.unread.append(remark.span)
        for span in self.remarks.unread:
            self.remarks.doubt_text(_lines(document.source.text, span))
        statements = document.statements
        if self.remarks.unbalanced and statements and statements[0].block is not None:
            # what stands behind the policy was to stand in it
            inside = (*statements[0].block, *(found for found in statements[1:] if found.word != "policy"))
            statements = (evolve(statements[0], block=inside),)
        top = read_block(statements, "file", self.remarks)
        policies = top.many("policy")
        if not policies:
            if not self.remarks.diagnostics and not self.remarks.unread:
                self.remarks.add("AS2004", Span(document.source, 0, 0))
            return None
        policy = self.policy(policies[0], self.read.each(top, "define", self.function))
        return evolve(policy, source=document.source) if policy and not self.remarks.unbalanced else None

    def policy(self, statement: Statement, functions: tuple[Function, ...]) -> Policy | None:
        named = declared(statement, self.remarks)
        if named is None:
            named = declared_phrase(Name("", span=statement.word_span), ())
        no_rest(statement, named.rest, self.remarks)
        block = self.read.block(statement)
        things = self.read.each(block, "thing", self.thing)  # before what is counted in them
        register, monitoring = block.one("register"), block.one("monitoring")
        accountability = block.one("accountability")
        duties = None if accountability is None else self.read.block(accountability)
        findings = () if duties is None else self.findings(duties, block)
        period, full, total = block.one("period"), block.one("full"), block.one("total")
        issued, effective = block.one("issued"), block.one("effective")
        return Policy(
            name=named.name.id,
            label=named.label,
            period=self.read.maybe(block, "period", self.period),
            period_span=period.span if period else statement.word_span,
            issued=self.read.maybe(block, "issued", lambda found: day(found, self.remarks)),
            issued_span=issued.span if issued else statement.word_span,
            effective=self.read.maybe(block, "effective", lambda found: day(found, self.remarks)),
            effective_span=effective.span if effective else statement.word_span,
            full=self.read.value(block, "full"),
            full_span=full.span if full else statement.word_span,
            rounding=self.read.each(
                block, "rounding", lambda found: parts.rounding(found, self.remarks, of_policy=True)
            ),
            total=self.read.value(block, "total"),
            total_span=total.span if total else statement.word_span,
            groups=self.read.each(block, "group", lambda found: self.plain(found, Group)),
            things=things,
            benchmarks=self.read.each(block, "benchmark", self.benchmark),
            parameters=self.read.each(block, "parameter", self.parameter),
            functions=functions + self.read.each(block, "define", self.function),
            facts=(*self.read.each(block, "fact", self.fact), *self.read.each(block, "attribute", self.fact)),
            judgements=tuple(
                found for several in self.read.each(block, "judgement", self.judgements) for found in several
            ),
            components=self.read.each(block, "component", lambda found: component(self.read, found)),
            gates=self.read.each(block, "gate", lambda found: parts.gate(found, self.remarks, of_policy=True)),
            eligibility=self.read.each(block, "eligible", lambda found: parts.eligibility(found, self.remarks)),
            ranking=self.read.maybe(block, "rank", lambda found: parts.ranking(found, self.remarks)),
            tiers=self.read.each(block, "tier", lambda found: parts.tier(found, self.remarks)),
            register=read_register(self.read, register) if register else None,
            monitoring=read_monitoring(self.read, monitoring) if monitoring else None,
            findings=findings,
            appeal=None if duties is None else self.appeal(duties),
            guarantees=self.read.each(block, "guarantee", lambda found: parts.guarantee(found, self.remarks)),
            edition=self.edition(block, statement.word_span),
            plans=self.read.each(block, "plan", self.plan),
            span=statement.span,
            broken=frozenset(block.broken | self.remarks.misplaced),
            doubtful=frozenset(self.remarks.doubtful),
        )

    def edition(self, block: Block, policy: Span) -> Edition:
        version, limit = block.one("version"), block.one("limit")
        return Edition(
            version=self.read.maybe(block, "version", lambda found: parts.only_text(found, self.remarks)) or "",
            amendments=self.read.each(block, "amendment", lambda found: parts.amendment(found, self.remarks)),
            indicators=None if limit is None else parts.limit(limit, self.remarks),
            version_span=version.span if version else policy,
            limit_span=limit.span if limit else policy,
        )

    def plan(self, statement: Statement) -> MultiYearPlan | None:
        named = declared(statement, self.remarks)
        start, end = (needed_clause(statement, word, self.remarks) for word in ("from", "to"))
        if named is None or start is None or end is None:
            return None
        no_rest(statement, named.rest, self.remarks)
        first, last = self.period(statement, start), self.period(statement, end)
        if first is None or last is None:
            return None
        return MultiYearPlan(named.name.id, named.label, first, last, statement.span)

    def period(self, statement: Statement, of: Clause | None = None) -> Period | None:
        operand = single(statement, self.remarks, of)
        if operand is None:
            return None
        if isinstance(operand, Number) and operand.measure in ("", "years") and operand.value.denominator == 1:
            found = read_period(str(operand.value.numerator).rjust(4, "0"))
            if found is not None:
                return found
        self.remarks.add("AS2023", operand.span, found=operand.span.text)
        return None

    def plain(self, statement: Statement, make: Callable[[str, str, Span], T]) -> T | None:
        """Of a name and a label."""
        named = declared(statement, self.remarks, value=True)
        if named is None:
            return None
        no_rest(statement, named.rest, self.remarks)
        return make(named.name.id, named.label, statement.span)

    def thing(self, statement: Statement) -> ThingDeclaration | None:
        named = declared(statement, self.remarks)
        if named is None:
            return None
        no_rest(statement, named.rest, self.remarks)
        name, places = named.name, clause(statement, "to")
        unit = counted(name.text, named.label)
        for text in (name.text, named.label):
            if text:
                self.read.things.setdefault(text, unit)
        if never_counted(name.text):
            self.remarks.add("AS2110", name.span, name=name.text)
        found = single(statement, self.remarks, places) if places else None
        return ThingDeclaration(name.text, named.label, found, statement.span)

    def benchmark(self, statement: Statement) -> Benchmark | None:
        statement = self.read.of_thing(statement)
        named = declared(statement, self.remarks, value=True)
        if named is None:
            return None
        unit = self.read.unit(statement, named.rest[0] if named.rest else None)
        no_rest(statement, named.rest[1:], self.remarks)
        if unit is None:
            return None
        return Benchmark(named.name.id, unit, named.label, statement.value, statement.span)

    def parameter(self, statement: Statement) -> Parameter | None:
        named = declared(statement, self.remarks, value=True)
        if named is None:
            return None
        no_rest(statement, named.rest, self.remarks)
        if statement.value is None:
            self.remarks.add("AS2017", statement.word_span, name=named.name.text)
            return None
        return Parameter(named.name.id, named.label, statement.value, statement.span)

    def function(self, statement: Statement) -> Function | None:
        call = statement.series[0][0] if statement.series else None
        if not isinstance(call, Call):
            self.remarks.add("AS2025", call.span if call else statement.word_span)
            return None
        no_rest(statement, statement.series[0][1:], self.remarks)
        for argument in call.arguments:
            if argument.key is not None or not isinstance(argument.value, Name):
                self.remarks.add("AS2025", argument.span)
                return None
        if statement.value is None:
            self.remarks.add("AS2017", statement.word_span, name=call.function.text)
            return None
        names = tuple(argument.value for argument in call.arguments if isinstance(argument.value, Name))
        return Function(call.function.id, names, statement.value, call.span)

    def fact(self, statement: Statement) -> FactDeclaration | None:
        statement = self.read.of_thing(statement)
        named = declared(statement, self.remarks, value=True)
        if named is None:
            return None
        unit = self.read.unit(statement, named.rest[0] if named.rest else None)
        no_rest(statement, named.rest[1:], self.remarks)
        places, missing = clause(statement, "to"), clause(statement, "missing")
        if unit is None:
            return None
        handling = parts.handling(statement, self.remarks, parts.OF_FACTS, missing) if missing else None
        return FactDeclaration(
            named.name.id,
            unit,
            named.label,
            single(statement, self.remarks, places) if places else None,
            handling,
            statement.word == "attribute",
            statement.span,
        )

    def judgements(self, statement: Statement) -> tuple[Judgement, ...] | None:
        found = []
        for phrase in statement.series:
            if not isinstance(phrase[0], Name):
                self.remarks.add("AS2010", phrase[0].span, word=statement.word_span.text or statement.word)
                continue
            named = declared_phrase(phrase[0], phrase[1:])
            check_name(named.name, self.remarks)
            no_rest(statement, named.rest, self.remarks)
            found.append(Judgement(named.name.id, named.label, named.name.span))
        if not statement.series:
            self.remarks.add("AS2010", statement.word_span, word=statement.word_span.text or statement.word)
        return tuple(found) or None

    # ------------------------------------------------------------ accountability

    def findings(self, block: Block, policy: Block) -> tuple[FindingRule, ...]:
        found = self.read.each(block, "finding", lambda statement: parts.finding(statement, self.remarks))
        policy.broken.update(block.broken)
        return found

    def appeal(self, block: Block) -> Expression | None:
        """The days after publication within which an entity may appeal."""

        def days(statement: Statement) -> Expression | None:
            return parts.deadline(statement, self.remarks)

        found: tuple[Expression, ...] = self.read.each(block, "appeal", days)
        return found[0] if found else None
