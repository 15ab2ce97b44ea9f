"""The risk of bias of what was pooled, in sentences; and how it was judged, for the methods section."""

from __future__ import annotations

from collections.abc import Iterator

from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.analysis.risk_of_bias import LevelShare, PooledRiskOfBias
from trialpool.reports.method_references import Paragraph
from trialpool.reports.wording import effect_text, listed
from trialpool.review.risk_of_bias import CONSENSUS, Assessment, DomainJudgement
from trialpool.review.risk_of_bias_tool import Tool

MOST_NAMED = 6  # studies that a sentence names


def risk_sentences(found: AnalysisFindings) -> tuple[str, ...]:
    """How much of a result is at which level, what is open, what a person judged otherwise, and the result without high risk."""
    risk = found.risk_of_bias
    if risk is None:
        return ()
    if len(risk.without_level) == len(risk.units):
        made = [_none_has_a_level(risk), _overridden(risk)]
    else:
        made = [_shares(risk), _open(risk), _overridden(risk), _without_high(found), *_notes(risk)]
    return tuple(sentence for sentence in made if sentence)


def _none_has_a_level(risk: PooledRiskOfBias) -> str:
    if all(tool.overall.rule == "none" for tool in risk.tools):
        return "The results were judged domain by domain; the tool has no judgement over all of them."
    return (
        f"None of {_results(len(risk.units))} has a level over all domains: a level needs an answer to every question that is "
        "asked, and none is assumed. So the pooled result cannot be given without results at high risk."
    )


def _shares(risk: PooledRiskOfBias) -> str:
    return f"Of {_results(len(risk.units))}, {listed([_share(share) for share in risk.shares if share.k])}."


def _results(k: int) -> str:
    return f"{k} result{'s' if k != 1 else ''}"


def _share(share: LevelShare) -> str:
    name = "has no level" if share.level is None and share.k == 1 else "have no level" if share.level is None else ""
    judged = f"{'is' if share.k == 1 else 'are'} judged {share.level.name.lower()}" if share.level is not None else name
    return f"{share.k} {judged} ({100 * share.weight:.0f}% of the weight)"


def _open(risk: PooledRiskOfBias) -> str:
    """Which results have no level, and what a level needs."""
    lacking = risk.without_level
    if not lacking or all(tool.overall.rule == "none" for tool in risk.tools):
        return ""
    named = listed(list(lacking)) if len(lacking) <= MOST_NAMED else f"{len(lacking)} results"
    verb = "has" if len(lacking) == 1 else "have"
    return f"{named} {verb} no level: it needs an answer to every question that is asked, and none is assumed."


def _overridden(risk: PooledRiskOfBias) -> str:
    judged = [(each, place) for each in risk.judged for place in (*each.domains, each.overall) if place.overridden]
    if not judged:
        return ""
    named = listed(list(dict.fromkeys(f"{each.unit.title} ({domain_id(place, each.tool)})" for each, place in judged)))
    return f"A person judged otherwise than the rules of the tool, with a reason, in {named}."


def domain_id(judged: DomainJudgement, tool: Tool) -> str:
    """The id of a domain, or the name of the judgement over all."""
    return judged.domain.id if judged.domain is not None else tool.overall.name.lower()


def _without_high(found: AnalysisFindings) -> str:
    again = found.variation("without-high-risk")
    if again is None:
        return ""
    if again.fit is None:
        return f"No result without high risk is given beside it: {again.why}."
    return f"Without the results at high risk the pooled result is {effect_text(again.fit)}, from {int(again.fit.k)} effects."


def _notes(risk: PooledRiskOfBias) -> Iterator[str]:
    yield from dict.fromkeys(tool.overall.note for tool in risk.tools if tool.overall.note)


# --- methods


def methods_of_risk_of_bias(findings: Findings) -> Iterator[Paragraph]:
    """How the risk of bias was judged, where it was."""
    judged = [each for found in findings.analyses if found.risk_of_bias for each in found.risk_of_bias.judged]
    if not judged:
        return
    tools = {each.tool.id: each.tool for each in judged}.values()
    named = listed([f"{tool.name} ({tool.source})" if tool.source else tool.name for tool in tools])
    yield Paragraph(
        "Risk of bias", " ".join((f"The risk of bias was judged by {named}, for each result apart.", *_how(judged, findings)))
    )


def _how(judged: list[Assessment], findings: Findings) -> Iterator[str]:
    if any(domain.sets for each in judged for domain in each.tool.domains):
        yield (
            "Answers to signalling questions lead to the judgement of a domain by the rules of the tool; a question that was not "
            "answered leaves the domain without a level, and none is assumed."
        )
    if any(each.tool.overall.rule == "worst" for each in judged):
        yield "Over all domains the worst counts, so that one at the worst level settles it, unless a person judged otherwise."
    over = sum(place.overridden for each in judged for place in (*each.domains, each.overall))
    yield (
        f"In {over} judgement{'s' if over != 1 else ''} a person departed from the rules, with a reason."
        if over
        else ("No judgement departs from the rules.")
    )
    reviewers = sorted({row.reviewer for row in findings.review.risk_of_bias if row.reviewer and row.reviewer != CONSENSUS})
    if len(reviewers) > 1:
        yield f"{len(reviewers)} reviewers answered apart, and differences were settled by consensus."
