"""The guarantees of a policy that do not stand, as remarks at the lines where they are claimed."""

from assessdsl.diagnostics import Diagnostic, Related
from assessdsl.fairness.proof_text import property_text, status_text
from assessdsl.fairness.reasons import told
from assessdsl.fairness.verdict import Report, Standing, Verdict


def remarks(report: Report) -> tuple[Diagnostic, ...]:
    """Of each that is claimed: that it is refuted, and by what; or that it is open."""
    return tuple(
        _remark(standing, report.language)
        for standing in report.standings
        if standing.claim.claimed and standing.status in ("refuted", "unknown", "tested")
    )


def _remark(standing: Standing, language: str) -> Diagnostic:
    verdict = next(one for one in standing.verdicts if one.status == standing.status)
    arguments = {"claim": property_text(standing.claim, language)}
    if verdict.counterexample is None:
        arguments |= {f"what_{one}": status_text(verdict.status, verdict.cases, one) for one in ("en", "zh")}
        return Diagnostic("AS8002", standing.claim.span, arguments | {"what": ""}, related=_related(verdict))
    shown = verdict.counterexample
    arguments |= {"story": "", "story_en": shown.en, "story_zh": shown.zh}
    spans = [reason.span for reason in verdict.reasons if reason.span.source.name]
    if shown.parting is not None:
        spans.insert(0, shown.parting.span)
    if spans:
        arguments["line"] = str(spans[0].line)
    return Diagnostic("AS8001", standing.claim.span, arguments, related=_related(verdict))


def _related(verdict: Verdict) -> tuple[Related, ...]:
    """The lines concerned."""
    return tuple(
        Related(reason.span, told(reason, "en"), told(reason, "zh"))
        for reason in verdict.reasons[:3]
        if reason.span.source.name
    )
