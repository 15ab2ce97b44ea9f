"""One outcome in a document: the parts of the page's view, in its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trialpool.reports.document import Block, FigureBlock, Heading, TableBlock, items, paragraph
from trialpool.reports.html_figures import FigureView
from trialpool.reports.html_outcome import OutcomeView
from trialpool.reports.html_robustness import PartView, RobustnessView
from trialpool.reports.html_tables import Column, Table, cell, row, table

FigureOf = Mapping[int, FigureBlock]  # by the number that the page gives it


def outcome_blocks(view: OutcomeView, sentences: tuple[str, ...], figures: FigureOf) -> Iterator[Block]:
    """Answer, forest plot, subgroups, how robust it is, what is missing, and what others published."""
    yield Heading(view.name)
    if view.definition:
        yield paragraph(view.definition, "question")
    for sentence in sentences:
        yield paragraph(sentence)
    for note in view.notes:
        yield paragraph(note)
    if view.forest is not None:
        yield Heading("Forest plot", 2)
        yield from _figure(view.forest, figures)
    if view.heterogeneity:
        yield Heading("Heterogeneity", 2)
        yield paragraph(view.heterogeneity)
    yield from _subgroups(view, figures)
    if view.effects is not None:
        yield Heading("Effects of the studies", 2)
        yield TableBlock(view.effects)
    yield from _risk_of_bias(view.risk_of_bias, figures)
    yield from _robustness(view.robustness, figures)
    if view.certainty is not None:
        yield Heading("How certain is this evidence?", 2)
        if view.absolute is not None:
            yield from _figure(view.absolute, figures)
        yield TableBlock(view.certainty)
    if view.missing is not None:
        yield Heading("Studies that are missing, and why", 2)
        yield TableBlock(view.missing)
    yield from _published(view)


def _figure(view: FigureView, figures: FigureOf) -> Iterator[Block]:
    if view.number in figures:
        yield figures[view.number]


def _subgroups(view: OutcomeView, figures: FigureOf) -> Iterator[Block]:
    if view.subgroups:
        yield Heading("Subgroups", 2)
    for subgroup in view.subgroups:
        yield TableBlock(subgroup.table)
        yield paragraph(" ".join(filter(None, (subgroup.test, subgroup.without))))
        if subgroup.figure is not None:
            yield from _figure(subgroup.figure, figures)


def _robustness(view: RobustnessView, figures: FigureOf) -> Iterator[Block]:
    if not view.parts:
        return
    yield Heading("How robust is this result?", 2)
    if view.answer:
        yield paragraph(view.answer, "lead")
    if view.checks is not None:
        yield TableBlock(view.checks)
    for part in view.parts:
        yield from _part(part, figures)
    if view.checks is not None:
        yield Heading("What none of this can tell", 3)
        yield paragraph(view.cannot_tell)


def _part(part: PartView, figures: FigureOf, level: int = 3) -> Iterator[Block]:
    yield Heading(part.heading, level)
    for sentence in part.sentences:
        yield paragraph(sentence)
    for made in part.tables:
        yield TableBlock(made)
    for figure in part.figures:
        yield from _figure(figure, figures)
    if part.limits:
        yield paragraph(f"Its limits. {' '.join(part.limits)}", "note")


def _risk_of_bias(part: PartView | None, figures: FigureOf) -> Iterator[Block]:
    if part is not None:
        yield from _part(part, figures, 2)
        yield from (TableBlock(item.table) for item in part.folded)


def _published(view: OutcomeView) -> Iterator[Block]:
    if view.compared is None and view.uncompared is None:
        return
    yield Heading("Published beside ours", 2)
    if view.compared is not None:
        yield TableBlock(view.compared)
    else:
        yield paragraph("No published result can be set against ours.")
    yield from items(view.differences)
    if view.uncompared is not None:
        yield TableBlock(view.uncompared)


def derivation_table(view: OutcomeView) -> Table:
    """Where each effect comes from, in a row each: what counts, by which route, and the step of arithmetic."""
    columns = (
        Column("Study"),
        Column("Effect", "number"),
        Column("Weight", "number"),
        Column("Row that counts"),
        Column("Source", "long"),
        Column("Route, and how it was worked", "long"),
        Column("Other reports", "number"),
    )
    rows = []
    for item in view.derivations:
        chosen, route = item.chosen, item.chosen.routes[0] if item.chosen and item.chosen.routes else None
        rows.append(
            row(
                (
                    cell(item.title),
                    cell(item.effect, below=f"{item.scale} {route.log_effect}, SE {route.se}" if route else ""),
                    cell(item.weight),
                    cell(chosen.place, tag=chosen.tag, below=chosen.outcome) if chosen else cell("none"),
                    cell("".join(link.text for link in chosen.source), below=chosen.locator) if chosen else cell(""),
                    cell(route.name, below=route.worked) if route else cell(item.why),
                    cell(len(item.others)),
                )
            )
        )
    return table(f"Where each effect comes from: {view.name}", columns, rows, wide=True)


def folded_tables(view: OutcomeView) -> Iterator[Table]:
    """The tables that the page shows on demand."""
    for part in view.robustness.parts:
        for item in part.folded:
            yield item.table
