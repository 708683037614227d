"""A report of guarantees for people, for programs, and for those who run tests."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final
from xml.etree import ElementTree

from assessdsl.explanation.words import named as spelled
from assessdsl.fairness.counterexample import Counterexample, Difference, Seen
from assessdsl.fairness.export import plain_tables
from assessdsl.fairness.reasons import told
from assessdsl.fairness.verdict import Claim, Reason, Report, Standing, Status, Verdict
from assessdsl.quantity import Unit, quantity_text
from assessdsl.source import Span, pad, prelude_source, visible, width
from assessdsl.vocabulary import vocabulary

_STATUS: Final[dict[str, dict[Status, str]]] = {
    "en": {
        "unasked": "not asked",
        "proved": "proved",
        "solver": "proved by solver",
        "tested": "tested",
        "unknown": "unknown",
        "refuted": "refuted",
    },
    "zh": {
        "unasked": "未规定优劣",
        "proved": "已证明",
        "solver": "求解器证明",
        "tested": "已检验",
        "unknown": "未判定",
        "refuted": "被推翻",
    },
}
_WORDS: Final = {
    "en": {
        "line": "line",
        "cases": "on {} cases",
        "none": "does not speak of this policy",
        "before": "before",
        "after": "after",
        "total": "total",
        "rank": "rank",
        "tier": "tier",
        "findings": "findings",
        "part": "they part at",
        "more": "{} more",
        "all": "the whole catalogue: the policy claims nothing",
    },
    "zh": {
        "line": "行",
        "cases": "{} 例",
        "none": "本办法不涉及",
        "before": "变化前",
        "after": "变化后",
        "total": "总分",
        "rank": "名次",
        "tier": "等次",
        "findings": "考核认定",
        "part": "分歧始于",
        "more": "另有 {} 项",
        "all": "办法未作承诺,以下为全部性质",
    },
}
_SHOWN: Final = 3  # reasons of one verdict, and verdicts of what holds


def status_text(status: Status, cases: int, language: str) -> str:
    shown = _STATUS[language][status]
    return f"{shown} {_WORDS[language]['cases'].format(cases)}" if status == "tested" else shown


def property_text(claim: Claim, language: str) -> str:
    """As the policy says it: `bounded from 0 to 105`."""
    words = vocabulary()
    parts, subjects = [words.get("name", claim.property).spelling(language)], claim.called or claim.subjects
    if claim.property == "dominance" and len(claim.subjects) == 2:
        for clause, subject in zip(("of", "over"), subjects, strict=True):
            parts += [words.get("clause", clause).spelling(language), subject]
    else:
        parts += [", ".join(subjects)] if subjects else []
    for clause, bound in claim.bounds.items():
        shown = quantity_text(bound, Unit.POINTS)
        parts += [words.get("clause", clause).spelling(language), f"{shown}分" if language == "zh" else shown]
    if claim.bounds and language == "en":
        parts.append("points")
    return " ".join(parts)


def meaning_text(property: str, language: str) -> str:
    return vocabulary().get("name", property).meaning[language == "zh"]


def report_text(report: Report, language: str | None = None) -> str:
    language = language or report.language
    lines = [f"{visible(report.label or report.policy)}  {report.fingerprint[:19]}…"]
    if not any(standing.claim.claimed for standing in report.standings):
        lines.append(_WORDS[language]["all"])
    rows = [(_status(standing, language), property_text(standing.claim, language)) for standing in report.standings]
    wide = max((width(status) for status, _ in rows), default=0)
    for (status, named), standing in zip(rows, report.standings, strict=True):
        lines.append("")
        lines.append(f"{pad(status, wide)}  {visible(named)}: {meaning_text(standing.claim.property, language)}")
        lines += [f"{' ' * wide}  {visible(line)}" for line in _standing_lines(standing, language)]
    return "\n".join(lines)


def _status(standing: Standing, language: str) -> str:
    if not standing.verdicts:
        return "—"
    tried = [verdict.cases for verdict in standing.verdicts if verdict.status == "tested"]
    return status_text(standing.status, min(tried, default=0), language)


def _standing_lines(standing: Standing, language: str) -> Iterator[str]:
    if not standing.verdicts:
        yield _WORDS[language]["none"]
    holding = [verdict for verdict in standing.verdicts if verdict.status in ("proved", "solver")]
    others = [verdict for verdict in standing.verdicts if verdict not in holding]
    for verdict in (*others, *holding[:_SHOWN]):
        named = verdict.label or verdict.about
        mark = "" if verdict.status in ("proved", standing.status) else f" [{_STATUS[language][verdict.status]}]"
        reasons = [_reason(reason, language) for reason in verdict.reasons[:_SHOWN]]
        more = len(verdict.reasons) - _SHOWN
        reasons += [_WORDS[language]["more"].format(more)] if more > 0 else []
        head = "" if reasons[0].startswith(f"{named}:") or reasons[0].startswith(f"{named}:") else f"{named}{mark}: "
        yield f"{head if named else ''}{'; '.join(reasons)}"
        if verdict.counterexample is not None:
            yield from (f"  {line}" for line in counterexample_lines(verdict.counterexample, language))
    if len(holding) > _SHOWN:
        yield _WORDS[language]["more"].format(len(holding) - _SHOWN)


def _reason(reason: Reason, language: str) -> str:
    return told(reason, language) + _place(reason.span, language)


def _place(span: Span, language: str) -> str:
    """The line of the policy; of a standard form that of the file of these, by its name."""
    if not span.source.name:
        return ""
    file = f"{span.source.name} " if span.source is prelude_source() else ""
    return f" ({file}{_WORDS[language]['line']} {span.line})" if language == "en" else f"({file}第{span.line}行)"


def counterexample_lines(shown: Counterexample, language: str) -> Iterator[str]:
    """The sentence, the cells that differ, what there is in either case, or of each entity in one, and where they
    part."""
    yield shown.told(language)
    for (table, row, gone, new), cells in groupby(shown.differences, _row_of):
        named = f"{spelled('table', table, language)} {row}"
        if gone or new:
            texts = ((spelled("column", cell.column, language), cell.after or cell.before) for cell in cells)
            said = ", ".join(" ".join(text) for text in texts)
            yield f"  {named}: {'—' if new else said} → {'—' if gone else said}"
        else:
            yield from (
                f"  {named} {spelled('column', cell.column, language)}: {cell.before} → {cell.after}" for cell in cells
            )
    words = _WORDS[language]
    if len(shown.seen) == 2:
        yield from _side_by_side((words["before"], words["after"]), (), shown.seen, language)
    elif shown.beside is not None:
        yield from _side_by_side(shown.beside.entities, shown.beside.parts, shown.beside.totals, language)
    if shown.parting is not None:
        parting = shown.parting
        named = " ".join(part for part in (parting.indicator, parting.name) if part)
        line = _place(parting.span, language)
        yield f"  {words['part']} {named or words['total']}: {parting.before} → {parting.after}{line}"


def _row_of(cell: Difference) -> tuple[str, str, bool, bool]:
    """Its row, and whether that has nothing there any more, or had nothing before."""
    return cell.table, cell.row, not cell.after, not cell.before


def _side_by_side(
    heads: Sequence[str], parts: Sequence[tuple[str, tuple[str, ...]]], seen: Sequence[Seen], language: str
) -> Iterator[str]:
    rows = [("", *heads), *((label, *values) for label, values in parts)]
    for name in ("total", "rank", "tier", "findings"):
        values = tuple(_of(one, name) for one in seen)
        rows += [(_WORDS[language][name], *values)] if any(values) else []
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  " + "  ".join(pad(one, wide) for one, wide in zip(row, widths, strict=True)).rstrip()


def _of(seen: Seen, name: str) -> str:
    value = getattr(seen, name)
    return ", ".join(value) if isinstance(value, tuple) else str(value)


# ---------------------------------------------------------------- for programs


def report_data(report: Report, language: str | None = None) -> dict[str, Any]:
    language = language or report.language
    return {
        "policy": report.policy,
        "label": report.label,
        "fingerprint": report.fingerprint,
        "solver": report.solver,
        "guarantees": [_standing_data(standing, language) for standing in report.standings],
    }


def _standing_data(standing: Standing, language: str) -> dict[str, Any]:
    claim = standing.claim
    data: dict[str, Any] = {"property": claim.property, "claimed": claim.claimed, "status": standing.status}
    if claim.subjects:
        data["subjects"] = list(claim.subjects)
    if claim.bounds:
        data["bounds"] = {clause: quantity_text(bound, Unit.POINTS) for clause, bound in claim.bounds.items()}
    if claim.span.source.name:
        data["line"] = claim.span.line
    data["verdicts"] = [_verdict_data(verdict, language) for verdict in standing.verdicts]
    return data


def _verdict_data(verdict: Verdict, language: str) -> dict[str, Any]:
    data: dict[str, Any] = {"about": verdict.about, "status": verdict.status}
    if verdict.cases:
        data["cases"] = verdict.cases
    data["reasons"] = [
        {"id": one.key, "text": told(one, language)} | ({"line": one.span.line} if one.span.source.name else {})
        for one in verdict.reasons
    ]
    if verdict.counterexample is not None:
        shown = verdict.counterexample
        data["counterexample"] = {
            "text": shown.told(language),
            "entity": shown.entity,
            "before": plain_tables(shown.before),
            **({} if shown.after is None else {"after": plain_tables(shown.after)}),
            "totals": [seen.total for seen in shown.seen],
            "differences": [
                {"table": one.table, "row": one.row, "column": one.column, "before": one.before, "after": one.after}
                for one in shown.differences
            ],
        }
        if (parting := shown.parting) is not None:
            data["counterexample"]["part"] = {
                "of": parting.indicator, "stage": parting.kind, "before": parting.before, "after": parting.after,
                "line": parting.span.line,
            }  # fmt: skip
    return data


def report_json(report: Report, language: str | None = None) -> str:
    return json.dumps(report_data(report, language), ensure_ascii=False, indent=2) + "\n"


def report_junit(report: Report, *, strict: bool, language: str | None = None) -> str:
    """A case for each verdict. What is refuted fails; what is not proved is skipped, or, if strict, fails."""
    language = language or report.language
    suites = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(suites, "testsuite", {"name": visible(report.policy)})
    counts = {"tests": 0, "failures": 0, "skipped": 0}
    for standing in report.standings:
        for verdict in standing.verdicts:
            counts["tests"] += 1
            named = " ".join(part for part in (property_text(standing.claim, language), verdict.about) if part)
            case = ElementTree.SubElement(
                suite, "testcase", {"name": visible(named), "classname": f"{report.policy}.{standing.claim.property}"}
            )
            if verdict.status in ("proved", "solver", "unasked"):
                continue
            failed = verdict.status == "refuted" or strict
            counts["failures" if failed else "skipped"] += 1
            shown = verdict.counterexample
            message = shown.told(language) if shown else status_text(verdict.status, verdict.cases, language)
            element = ElementTree.SubElement(case, "failure" if failed else "skipped", {"message": visible(message)})
            lines = [_reason(reason, language) for reason in verdict.reasons]
            lines += counterexample_lines(shown, language) if shown else []
            element.text = "\n".join(map(visible, lines))
    suite.attrib.update({name: str(number) for name, number in counts.items()})
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"
