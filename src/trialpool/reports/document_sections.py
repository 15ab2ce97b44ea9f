"""The report as a document: its sections in their order, out of the views that the page is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from trialpool.analysis.findings import Findings
from trialpool.analysis.selection import PREFERENCE
from trialpool.figures.canvas import Figure
from trialpool.reports import html_certainty, html_claims, html_published, html_summary
from trialpool.reports.answers import answer, cautions
from trialpool.reports.document import (
    Block,
    Contents,
    Document,
    FigureBlock,
    Heading,
    Paragraph,
    Reference,
    Run,
    TableBlock,
    Turn,
    defined,
    items,
    numbered,
    paragraph,
)
from trialpool.reports.document_outcome import FigureOf, derivation_table, folded_tables, outcome_blocks
from trialpool.reports.document_studies import study_blocks, study_references
from trialpool.reports.html_checks import checks
from trialpool.reports.html_curves import curve_views
from trialpool.reports.html_figures import NOTES, FigureView
from trialpool.reports.html_flow import flow_view
from trialpool.reports.html_history import history
from trialpool.reports.html_outcome import OutcomeView, outcome_view
from trialpool.reports.html_places import Places, derivation_places
from trialpool.reports.method_references import REFERENCES
from trialpool.reports.methods_text import methods, references
from trialpool.reports.prisma_checklist import checklist_table
from trialpool.review.report import STATUSES


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What every section is made of."""

    findings: Findings
    places: Places
    outcomes: tuple[OutcomeView, ...]
    views: Mapping[str, FigureView]
    figures: FigureOf


Section = Callable[[Parts], Iterator[Block]]


def document_of(findings: Findings, figures: Mapping[str, Figure]) -> Document:
    """The whole report; a section is a function in SECTIONS."""
    places, noticed = derivation_places(findings), html_summary.noticed_in(findings)
    views = {name: _view(i, name, figure) for i, (name, figure) in enumerate(figures.items(), start=1)}
    parts = Parts(
        findings=findings,
        places=places,
        views=views,
        outcomes=tuple(outcome_view(found, findings, views, places, noticed) for found in findings.analyses),
        figures={i: _figure(name, figure) for i, (name, figure) in enumerate(figures.items(), start=1)},
    )
    plan = findings.review.plan
    blocks = numbered(block for section in SECTIONS for block in section(parts))
    return Document(title=plan.title, kind="Meta-analysis", question=plan.question.text, blocks=blocks)


def _view(number: int, name: str, figure: Figure) -> FigureView:
    """A figure as the views take it, without its drawing."""
    return FigureView(number=number, title=figure.title, note=_note(name), svg=Markup(""), width=figure.width)


def _figure(name: str, figure: Figure) -> FigureBlock:
    return FigureBlock(
        name=name,
        title=figure.title,
        note=_note(name),
        description=figure.description,
        width=figure.width,
        height=figure.height,
    )


def _note(name: str) -> str:
    return NOTES.get(name.partition("-")[0], "")


def _cautions(parts: Parts) -> Iterator[Block]:
    if said := cautions(parts.findings.review):
        yield Heading("Read this first")
        yield from items(said)


def _answer(parts: Parts) -> Iterator[Block]:
    yield Heading("Answer")
    statuses = "; ".join(f"{status}: {meaning}" for status, meaning in STATUSES.items())
    footnote = f"What the status of a row says. {statuses}.".replace("`", "")
    for item in html_summary.answers(parts.findings):
        first, *further = item.sentences
        yield paragraph(first, "lead", footnote="" if further else footnote)
        for i, sentence in enumerate(further, start=1):
            yield paragraph(sentence, footnote=footnote if i == len(further) else "")
        footnote = ""
        if item.certainty:
            yield paragraph(item.certainty, "note")
    yield Contents()  # after what a reader wants first


def _summary_of_findings(parts: Parts) -> Iterator[Block]:
    view = html_certainty.summary_of_findings_view(parts.findings)
    if view is None:
        return
    yield Turn(True)
    yield Heading("Summary of findings")
    for caution in view.cautions:
        yield paragraph(caution, "note")
    yield TableBlock(html_certainty.summary_table(view))
    for note in view.footnotes:
        yield Paragraph((Run(text=f"{note.mark} ", bold=True), *paragraph(note.text).runs), "note")
    judged_by = f" Judged by: {view.judged_by}" if view.judged_by else ""
    yield paragraph(f"{html_certainty.WHOSE}{judged_by}", "note")
    yield Turn(False)


def _summary(parts: Parts) -> Iterator[Block]:
    yield Heading("Summary")
    yield TableBlock(html_summary.summary(parts.findings))


def _outcomes(parts: Parts) -> Iterator[Block]:
    for found, view in zip(parts.findings.analyses, parts.outcomes, strict=True):
        yield from outcome_blocks(view, answer(found), parts.figures)


def _flow(parts: Parts) -> Iterator[Block]:
    view = flow_view(parts.findings, {})
    if view is None:
        return
    yield Heading("From search to synthesis")
    yield paragraph(" ".join(view.lead))
    if view.note:
        yield paragraph(view.note)
    yield from (figure for figure in parts.figures.values() if figure.name == "flow")
    yield from items(view.problems)
    for name, texts in view.criteria:
        yield defined(name, "; ".join(texts))
    if view.selection:
        yield paragraph(" ".join(view.selection))
    wide = [made for made in (view.searches, view.excluded) if made is not None]
    yield Turn(bool(wide))
    for made in wide:
        yield TableBlock(made)
    yield Turn(False)


def _studies(parts: Parts) -> Iterator[Block]:
    yield from study_blocks(parts.findings)


def _curves(parts: Parts) -> Iterator[Block]:
    views = curve_views(parts.findings, parts.views)
    if views:
        yield Heading("Survival curves that were read")
    for view in views:
        yield Heading(view.name, 2)
        if view.figure is not None and view.figure.number in parts.figures:
            yield parts.figures[view.figure.number]
        yield TableBlock(view.arms)
        for sentence in view.sentences:
            yield paragraph(sentence)


def _published(parts: Parts) -> Iterator[Block]:
    crude, others = html_published.crude(parts.findings), html_published.others(parts.findings)
    if crude is not None:
        yield Heading("Crude ratios of published totals")
        yield paragraph(f"{html_published.CRUDE} {html_published.WHY_CRUDE}")
        yield TableBlock(crude)
    if others is not None:
        yield Heading("Other outcomes")
        yield TableBlock(others)


def _claims(parts: Parts) -> Iterator[Block]:
    views = [view for view in html_claims.claim_views(parts.findings) if view.table is not None]
    if views:
        yield Turn(True)
        yield Heading("What texts claim")
    for view in views:
        yield Heading(view.name, 2)
        yield paragraph(view.summary)
        if view.table is not None:
            yield TableBlock(view.table)
    if views:
        yield Turn(False)


def _methods(parts: Parts) -> Iterator[Block]:
    yield Heading("Methods")
    if asked := html_summary.question(parts.findings):
        yield Heading("Question", 2)
        for name, text in asked:
            yield defined(name, text)
    listed = [*study_references(parts.findings).values(), *references(parts.findings)]
    for of in methods(parts.findings):
        if of.heading:
            yield Heading(of.heading, 2)
        yield paragraph(of.text, cites=tuple(sorted({listed.index(REFERENCES[key]) + 1 for key in of.cites})))


def _checks(parts: Parts) -> Iterator[Block]:
    view = checks(parts.findings, parts.places)
    yield Heading("Numbers that were checked")
    yield paragraph(view.lead)
    if view.findings is not None:
        yield paragraph(
            "Figures that do not agree with each other, or with the effect made of them, rounding allowed for. They were left as "
            "they are."
        )
        yield TableBlock(view.findings)
    yield TableBlock(view.rules)
    if parts.findings.review.remarks:
        yield Heading("Remarks on the files", 2)
        yield from items(parts.findings.review.remarks)


def _history(parts: Parts) -> Iterator[Block]:
    made = history(parts.findings)
    if made is not None:
        yield Heading("History of this review")
        yield TableBlock(made)


def _glossary(parts: Parts) -> Iterator[Block]:
    yield Heading("Glossary")
    yield Heading("Status of a row", 2)
    for status, meaning in STATUSES.items():
        yield defined(status, meaning)
    yield Heading("Which report counts", 2)
    yield paragraph(PREFERENCE)


def _references(parts: Parts) -> Iterator[Block]:
    """Numbered as they are first cited: the studies in their table, then what the methods lean on."""
    studies, of_methods = tuple(study_references(parts.findings).values()), references(parts.findings)
    yield Heading("References")
    yield Heading("Studies of the review", 2)
    for number, text in enumerate(studies, start=1):
        yield Reference(number, text)
    if of_methods:
        yield Heading("Methods cited", 2)
    for number, text in enumerate(of_methods, start=len(studies) + 1):
        yield Reference(number, text)


def _appendix(parts: Parts) -> Iterator[Block]:
    yield Turn(True)
    yield Heading("Appendix: where each effect comes from")
    yield paragraph(
        "For every study the row that counts, the route from its figures to the effect, and the arithmetic. The page of the report "
        "shows the other reports too, with what each would give."
    )
    for view in parts.outcomes:
        if view.derivations:
            yield TableBlock(derivation_table(view))
    folded = [made for view in parts.outcomes for made in folded_tables(view)]
    if folded:
        yield Heading("Appendix: tables behind the figures")
    for made in folded:
        yield TableBlock(made)


def _prisma(parts: Parts) -> Iterator[Block]:
    yield Turn(True)
    yield Heading("Appendix: PRISMA 2020 checklist")
    yield TableBlock(checklist_table(parts.findings))


SECTIONS: tuple[Section, ...] = (
    _cautions,
    _answer,
    _summary_of_findings,
    _summary,
    _outcomes,
    _flow,
    _studies,
    _curves,
    _published,
    _claims,
    _methods,
    _checks,
    _history,
    _glossary,
    _references,
    _appendix,
    _prisma,
)
