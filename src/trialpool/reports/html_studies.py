"""The table of studies: everything in studies.csv, and where each study's effects are derived."""

from __future__ import annotations

from trialpool.analysis.findings import Findings
from trialpool.reports.html_links import doi_link, pubmed_link, registry_links, short_source_links
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
        Column("Year", "number"),
        Column(plan.treatment, "brief"),
        Column(f"{plan.treatment}, N", "number"),
        Column(plan.control, "brief"),
        Column(f"{plan.control}, N", "number"),
        *(Column(name.replace("_", " ")) for name in moderators),
        Column("Registered as"),
        Column("Publication"),
        Column("Note", "long"),
    )
    rows = tuple(_row(study, findings, places, moderators) for study in findings.review.studies)
    return table("Studies of the review", columns, rows, wide=True)


def _row(study: Study, findings: Findings, places: Places, moderators: tuple[str, ...]) -> Row:
    return row(
        (
            cell(study.title, below=study.trial),
            Cell(links=_derivations(study, findings, places)),
            cell(study.year),
            cell(study.treatment),
            cell(study.n_t),
            cell(study.control),
            cell(study.n_c),
            *(cell(study.moderators.get(name, "")) for name in moderators),
            Cell(links=tuple(registry_links(study.registry))),
            Cell(links=_publication(study)),
            cell(study.note),
        )
    )


def _publication(study: Study) -> tuple[Link, ...]:
    """DOI, PubMed identifier and address, as far as they are known."""
    pubmed = pubmed_link(study.pmid)
    known = (doi_link(study.doi), Link(f"PubMed {pubmed.text}" if pubmed.text else "", pubmed.href))
    return tuple(link for link in (*known, *short_source_links(study.source)) if link.text)


def _derivations(study: Study, findings: Findings, places: Places) -> tuple[Link, ...]:
    """A link for each analysis; where only the study as a whole was used, that one."""
    found = []
    for analysis in findings.analyses:
        keys = [(analysis.analysis.id, *study.key), (analysis.analysis.id, study.study, "")]
        id_ = next((places[key] for key in keys if key in places), "")
        if id_:
            found.append(Link(analysis.outcome.abbreviation or analysis.outcome.name, f"#{id_}"))
    return tuple(found)
