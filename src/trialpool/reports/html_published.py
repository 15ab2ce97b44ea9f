"""What others published as tables: beside ours, as ratios of totals, and of outcomes that are not pooled here."""

from __future__ import annotations

import math

from trialpool.analysis.findings import AnalysisFindings, Comparison, Crude, Findings
from trialpool.figures.numerals import DASH, difference_text, ratio_text
from trialpool.reports.html_derivation import cell_text, effect_heading
from trialpool.reports.html_links import source_links
from trialpool.reports.html_tables import Cell, Column, Row, Table, Tag, cell, row, status_tag, table
from trialpool.reports.wording import effect_text
from trialpool.review.published import Published

VERDICTS = {
    True: Tag("agrees", "agrees", "✓"),
    False: Tag("differs", "differs", "≠"),
    None: Tag("not judged", "other"),
}

CRUDE = "Crude, and never a pooled result of ours."
WHY_CRUDE = (
    "A published table gave events and patients summed over its trials. The ratio of these sums compares patients across trials as "
    "if all had been in one, which breaks the randomisation; it stands beside the pooled result that was published as a check of "
    "the figures only."
)


def compared(found: AnalysisFindings, name: str) -> Table | None:
    """Published results that ours answers to, each with the judgement in words."""
    rows = tuple(_beside(comparison, found) for comparison in found.published if comparison.agrees is not None)
    columns = (
        Column("Published", "brief"),
        Column("Scope"),
        Column(f"Theirs, {effect_heading(found)}", "number"),
        Column("k", "number"),
        Column(f"Ours, {effect_heading(found)}", "number"),
        Column("k", "number"),
        Column("Judgement", "long"),
    )
    return table(f"Published results beside ours: {name}", columns, rows, wide=True) if rows else None


def uncompared(found: AnalysisFindings, name: str) -> Table | None:
    """Published results of the outcome that cannot be set against ours, and why."""
    rows = tuple(_apart(comparison, found) for comparison in found.published if comparison.agrees is None)
    columns = (*_COLUMNS[:2], *_COLUMNS[3:5], Column("Why not compared", "long"), Column("Note", "long"))
    return table(f"Published results that are not compared: {name}", columns, rows, wide=True) if rows else None


def crude(findings: Findings) -> Table | None:
    """The ratio of totals beside the pooled result that was published."""
    names = {outcome.id: outcome.name for outcome in findings.review.plan.outcomes}
    rows = tuple(_crude(ratio, names.get(ratio.published.outcome, ratio.published.outcome)) for ratio in findings.crude)
    plan = findings.review.plan
    columns = (
        Column("Outcome"),
        Column("Published", "brief"),
        Column(f"{plan.treatment}, events/N", "number"),
        Column(f"{plan.control}, events/N", "number"),
        Column("Crude ratio", "number"),
        Column("Pooled, as published", "number"),
    )
    return table("Crude ratios of published totals", columns, rows, wide=True) if rows else None


def others(findings: Findings) -> Table | None:
    """Published results of outcomes that the plan does not pool."""
    rows = tuple(_other(published) for published in findings.others_published)
    return table("Published results of outcomes that are not pooled here", _COLUMNS, rows, wide=True) if rows else None


_COLUMNS = (
    Column("Published", "brief"),
    Column("Scope"),
    Column("Outcome"),
    Column("Result", "number"),
    Column("k", "number"),
    Column("Note", "long"),
)


def _beside(comparison: Comparison, found: AnalysisFindings) -> Row:
    published, ours = comparison.published, comparison.ours
    verdict = Cell(tag=VERDICTS[comparison.agrees], below=comparison.why)
    here = cell(effect_text(ours), f"#{found.analysis.id}.effects") if ours is not None else cell("")
    return row(
        (
            _name(published),
            cell(scope_text(published)),
            cell(published_effect(published), below=_p(published)),
            cell(published.k),
            here,
            cell(int(ours.k) if ours is not None else None),
            verdict,
        )
    )


def _apart(comparison: Comparison, found: AnalysisFindings) -> Row:
    published = comparison.published
    measure = "" if published.measure == found.outcome.measure else published.measure
    result = f"{measure} {published_effect(published)}".strip()
    return row(
        (
            _name(published),
            cell(scope_text(published)),
            cell(result, below=_p(published)),
            cell(published.k),
            cell(comparison.why),
            cell(published.note),
        )
    )


def _crude(ratio: Crude, name: str) -> Row:
    published = ratio.published
    return row(
        (
            cell(name),
            _name(published),
            cell(f"{published.events_t}/{published.n_t}"),
            cell(f"{published.events_c}/{published.n_c}"),
            cell(crude_text(ratio)),
            cell(f"{published.measure} {published_effect(published)}".strip(), below=_p(published)),
        )
    )


def crude_text(ratio: Crude) -> str:
    """The ratio of totals, which is on the scale that is shown."""
    return ratio_text(math.log(ratio.estimate)) if ratio.measure.log and ratio.estimate > 0 else difference_text(ratio.estimate)


def _other(published: Published) -> Row:
    result = f"{published.measure} {published_effect(published)}".strip() if published.estimate is not None else ""
    return row(
        (
            _name(published),
            cell(scope_text(published)),
            cell(published.outcome),
            cell(result or "no figure", below=_p(published)),
            cell(published.k),
            cell("; ".join(filter(None, (published.note, published.model)))),
        )
    )


def published_effect(published: Published) -> str:
    """The effect as printed: `0.62 (0.57–0.67)`; what is lacking is left out."""
    if published.estimate is None:
        return ""
    text = cell_text(published.estimate)
    if published.ci_low is None or published.ci_high is None:
        return text
    limits = [cell_text(limit) for limit in (published.ci_low, published.ci_high)]
    joint = " to " if any(limit.startswith("-") for limit in limits) else DASH
    level = "" if published.ci_level == 95 else f"{cell_text(published.ci_level)}% CI "
    return f"{text} ({level}{joint.join(limits)})"


def scope_text(published: Published) -> str:
    """`drug=thalidomide` as `drug: thalidomide`."""
    return published.scope.replace("=", ": ", 1)


def _name(published: Published) -> Cell:
    """The publication, as a link to where its result was seen; below it where in there, and a mark where nobody read it."""
    sources = source_links(published.source)
    href = next((link.href for link in sources if link.href), "")
    written = "" if len(sources) == 1 and href else "".join(link.text for link in sources)
    seen = "; ".join(filter(None, (written, published.locator))) or f"published.csv, row {published.row}"
    return cell(published.review, href, tag=None if published.status == "read" else status_tag(published.status), below=seen)


def _p(published: Published) -> str:
    return f"P {published.p}" if published.p is not None else ""
