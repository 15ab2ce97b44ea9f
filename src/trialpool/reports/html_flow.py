"""The section from search to synthesis: the diagram, the searches, how was selected, and which full texts were excluded and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from trialpool.analysis.findings import Findings
from trialpool.analysis.flow import ExcludedReport, Flow
from trialpool.analysis.screened import ScreenedReview
from trialpool.errors import BadArgument, NotEstimable
from trialpool.figures.flow_diagram import flow_diagram
from trialpool.figures.numerals import level_text, number_text
from trialpool.reports.html_figures import FigureView
from trialpool.reports.html_links import doi_link, pubmed_link, short_source_links
from trialpool.reports.html_tables import Cell, Column, Row, Table, cell, row, table
from trialpool.review.record import Record
from trialpool.review.screening import STAGES
from trialpool.screening.reviewers import screening_agreement

PHONE = 250.0  # points: a width that needs no scrolling on a telephone
AUTHORS = 3  # so many are named


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowView:
    """What the section shows.

    lead : the flow in sentences
    note : what a reader must know of it
    figure : the diagram; `narrow` is the same for a small screen
    criteria : criteria of inclusion and of exclusion, where the protocol has them
    searches : a row a search; None where none is listed
    selection : how records were selected, in sentences
    excluded : full texts that were excluded; None where none was
    problems : what is not in order
    """

    lead: tuple[str, ...]
    note: str
    figure: FigureView | None
    narrow: Markup
    narrow_width: float
    criteria: tuple[tuple[str, tuple[str, ...]], ...]
    searches: Table | None
    selection: tuple[str, ...]
    excluded: Table | None
    problems: tuple[str, ...]


def flow_view(findings: Findings, figures: Mapping[str, FigureView]) -> FlowView | None:
    """The section; None where the review says nothing of its flow."""
    flow = findings.flow
    if flow is None:
        return None
    plan = findings.review.plan.screening
    criteria = (("Inclusion criteria", plan.include), ("Exclusion criteria", plan.exclude))
    figure = figures.get("flow")
    return FlowView(
        lead=tuple(_lead(flow)),
        note=flow.note,
        figure=figure,
        narrow=_narrow(flow) if figure is not None and figure.width > PHONE else Markup(""),
        narrow_width=PHONE,
        criteria=tuple((name, texts) for name, texts in criteria if texts),
        searches=_searches(findings),
        selection=tuple(_selection(flow.screening)) if flow.screening and findings.review.screening else (),
        excluded=_excluded(flow),
        problems=tuple(map(str, flow.problems)),
    )


def _narrow(flow: Flow) -> Markup:
    return Markup(flow_diagram(flow.counts, width=PHONE).svg(id_prefix="flow:narrow:"))


def _lead(flow: Flow) -> Iterator[str]:
    """The flow in sentences, as far as its counts are known."""
    total = flow.counts.total
    found = (total("databases") or 0) + (total("registers") or 0)
    if found:
        duplicates = f", {total('duplicates'):,} of them duplicates" if total("duplicates") is not None else ""
        screened = f"; {total('screened'):,} were screened" if total("screened") is not None else ""
        yield f"{found:,} records were found in databases and registers{duplicates}{screened}."
    if (assessed := total("assessed")) is not None:
        yield f"{assessed:,} full texts were assessed, and {total('excluded_reports') or 0:,} of them excluded."
    if (by_other_methods := total("other_assessed")) is not None:
        excluded = total("other_excluded_reports") or 0
        yield f"Other methods led to {by_other_methods:,} further full texts, of which {excluded:,} were excluded."
    studies, reports = total("new_studies"), total("new_reports")
    if studies is not None:
        of = f" ({reports:,} reports)" if reports is not None else ""
        pooled = f"; {total('pooled_studies'):,} are in a meta-analysis" if total("pooled_studies") is not None else ""
        yield f"{studies:,} studies{of} were included{pooled}."


def _searches(findings: Findings) -> Table | None:
    searches, found = findings.review.search.searches, findings.review.search.found
    if not searches:
        return None
    columns = (
        Column("Source"),
        Column("Platform"),
        Column("Date", "number"),
        Column("Records", "number"),
        Column("Search", "long"),
        Column("Note", "long"),
    )
    rows = (
        row(
            (
                cell(search.database),
                cell(search.platform),
                cell(search.date),
                cell(found.get(search.file, 0)),
                cell(search.query),
                cell(search.note),
            )
        )
        for search in searches
    )
    return table("Sources, and what each search found", columns, rows, wide=True)


def _selection(screening: ScreenedReview) -> Iterator[str]:
    state, n = screening.state, screening.state.plan.reviewers
    who = "one reviewer" if n == 1 else f"{n} reviewers, apart from each other"
    blinded = ", who could not see what the others had decided" if n > 1 and state.plan.blinded else ""
    yield f"Titles and abstracts, and then the full texts of those included, were decided by {who}{blinded}."
    settled = [state.counts(stage).adjudicated for stage in STAGES]
    if any(settled):
        yield f"An adjudicator settled {settled[0]} of titles and abstracts and {settled[1]} of full texts."
    yield from _agreement(screening)
    yield "Records that are the same publication were decided as one; nothing was excluded by an automation tool."


def _agreement(screening: ScreenedReview) -> Iterator[str]:
    """How well reviewers agreed before conflicts were settled, where two of them decided the same publications."""
    for stage, what in zip(STAGES, ("titles and abstracts", "full texts"), strict=True):
        try:
            found = screening_agreement(screening.state, stage)
        except (BadArgument, NotEstimable):
            continue
        share, ac1 = found["agreement"], found["Gwet's AC1"]
        kappa = next((row for row in found.rows if row.coefficient == "Cohen's kappa"), None)
        beside = f"Cohen's kappa {number_text(kappa.value, log=False)}, " if kappa and kappa.value == kappa.value else ""
        yield (
            f"Before conflicts were settled, reviewers agreed on {100 * share.value:.0f}% of {share.units} {what} "
            f"({beside}Gwet's AC1 {number_text(ac1.value, log=False)}, {level_text(found.level)} confidence interval "
            f"{number_text(ac1.ci_low, log=False)} to {number_text(ac1.ci_high, log=False)})."
        )


def _excluded(flow: Flow) -> Table | None:
    if not flow.excluded:
        return None
    columns = (
        Column("Publication", "long"),
        Column("Year", "number"),
        Column("Reason"),
        Column("Note", "long"),
        Column("Where"),
    )
    return table("Full texts that were excluded", columns, (_row(each) for each in flow.excluded))


def _row(each: ExcludedReport) -> Row:
    record = each.record
    publication = cell(record.title or record.id, below=_cited(record))
    where = (doi_link(record.doi), pubmed_link(record.pmid), *short_source_links(record.url))
    links = tuple(link for link in where if link.text)
    return row((publication, cell(record.year), cell(each.reason or "none given"), cell(" ".join(each.notes)), Cell(links=links)))


def _cited(record: Record) -> str:
    """Authors and journal in a line."""
    named = ", ".join(record.authors[:AUTHORS]) + (" et al." if len(record.authors) > AUTHORS else "")
    volume = f" {record.volume}" + (f":{record.pages}" if record.pages else "") if record.volume else ""
    return ". ".join(part for part in (named.rstrip("."), f"{record.journal}{volume}") if part)
