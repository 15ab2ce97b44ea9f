"""The table of studies: every column of studies.csv, and where each study's effects are derived."""

from __future__ import annotations

from trialpool.analysis.findings import Findings
from trialpool.reports.html_links import doi_link, pubmed_link, registry_links, short_source_link
from trialpool.reports.html_places import Places
from trialpool.reports.html_tables import Cell, Column, Link, Row, Table, cell, row, table
from trialpool.review.study import Study


def studies(findings: Findings, places: Places) -> Table:
    """A row a study (or stratum); the derivations of its effects come right after its name."""
    plan = findings.review.plan
    moderators = tuple(dict.fromkeys(name for study in findings.review.studies for name in study.moderators))
    columns = (
        Column("Study"),
        Column("Derivations"),
        Column("Trial"),
        Column("Year", "number"),
        Column(plan.treatment, "long"),
        Column(plan.control, "long"),
        Column(f"N, {plan.treatment}", "number"),
        Column(f"N, {plan.control}", "number"),
        *(Column(name.replace("_", " ")) for name in moderators),
        Column("Registry"),
        Column("DOI"),
        Column("PubMed"),
        Column("Source"),
        Column("Note", "long"),
    )
    rows = tuple(_row(study, findings, places, moderators) for study in findings.review.studies)
    return table("Studies of the review", columns, rows, wide=True)


def _row(study: Study, findings: Findings, places: Places, moderators: tuple[str, ...]) -> Row:
    return row(
        (
            cell(study.title),
            Cell(links=_derivations(study, findings, places)),
            cell(study.trial),
            cell(study.year),
            cell(study.treatment),
            cell(study.control),
            cell(study.n_t),
            cell(study.n_c),
            *(cell(study.moderators.get(name, "")) for name in moderators),
            Cell(links=tuple(registry_links(study.registry))),
            Cell(links=(doi_link(study.doi),)),
            Cell(links=(pubmed_link(study.pmid),)),
            Cell(links=(short_source_link(study.source),)),
            cell(study.note),
        )
    )


def _derivations(study: Study, findings: Findings, places: Places) -> tuple[Link, ...]:
    """A link for each analysis; where only the study as a whole, or only a stratum, was used, that one."""
    found = []
    for analysis in findings.analyses:
        keys = [(analysis.analysis.id, *study.key), (analysis.analysis.id, study.study, "")]
        id_ = next((places[key] for key in keys if key in places), "")
        if id_:
            found.append(Link(analysis.outcome.abbreviation or analysis.analysis.id, f"#{id_}"))
    return tuple(found)
