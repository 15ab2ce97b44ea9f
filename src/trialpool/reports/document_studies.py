"""The studies in a document: who was compared with what, notes, and the reference of each."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from trialpool.analysis.findings import Findings
from trialpool.reports.document import Block, Heading, TableBlock, Turn
from trialpool.reports.html_studies import studies
from trialpool.reports.html_tables import Column, Row, Table, cell, without_empty_columns
from trialpool.reports.vancouver import study_reference

APART = ("Registered as", "Note")  # which stand in a table of their own
NOT_SHOWN = ("Derivations", "Publication")  # the references say it


def study_references(findings: Findings) -> dict[str, str]:
    """The reference of each study, in the order of studies.csv, which is that of their numbers."""
    references: dict[str, str] = {}
    records = findings.review.search.records
    included: dict[str, set[str]] = {}
    for report in findings.review.included:
        included.setdefault(report.study, set()).add(report.record)
    for study in findings.review.studies:
        if study.study not in references:
            references[study.study] = study_reference(study, records, included.get(study.study, set()))
    return references


def study_blocks(findings: Findings) -> Iterator[Block]:
    """The table of studies, and what else is known of them."""
    whole, numbers = studies(findings, {}), list(study_references(findings))
    numbered = _with_numbers(whole, [numbers.index(study.study) + 1 for study in findings.review.studies])
    yield Turn(True)
    yield Heading("Studies")
    yield TableBlock(_without(numbered, {*APART, *NOT_SHOWN}))
    heads = {column.head for column in numbered.columns}
    if heads & set(APART):
        kept = {numbered.columns[0].head, *APART}
        yield TableBlock(replace(_without(numbered, heads - kept), caption="Registration of the studies, and notes"))
    yield Turn(False)


def _with_numbers(table: Table, numbers: list[int]) -> Table:
    """With the number of its reference after the name of each study."""
    (group,) = table.groups
    rows = tuple(
        Row(cells=(row.cells[0], cell(f"[{number}]"), *row.cells[1:]), total=row.total)
        for row, number in zip(group.rows, numbers, strict=True)
    )
    first, *others = table.columns
    return replace(table, columns=(first, Column("Ref."), *others), groups=(replace(group, rows=rows),))


def _without(table: Table, heads: Collection[str]) -> Table:
    kept = [i for i, column in enumerate(table.columns) if column.head not in heads]
    groups = tuple(
        replace(group, rows=tuple(replace(row, cells=tuple(row.cells[i] for i in kept)) for row in group.rows))
        for group in table.groups
    )
    return without_empty_columns(replace(table, columns=tuple(table.columns[i] for i in kept), groups=groups))
