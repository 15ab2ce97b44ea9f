"""The PRISMA 2020 checklist of a report: where each item is reported, as far as the report itself can tell."""

from __future__ import annotations

import csv
import io
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import trialpool.review
from trialpool.analysis.findings import Findings
from trialpool.reports.html_places import part
from trialpool.reports.html_tables import Cell, Column, Group, Link, Row, Table, cell, row, table

FILE = Path(trialpool.review.__file__).with_name("checklists") / "prisma-2020.toml"
ATTRIBUTION = (
    "The wording of the items is that of the PRISMA 2020 statement (Page et al., BMJ 2021;372:n71), under the licence CC BY 4.0."
)
Given = Literal["report", "person", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistItem:
    """An item of the checklist in its own words."""

    number: str
    section: str
    topic: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedItem:
    """An item, and where it is reported.

    where : places in the report, or what a person says in `[prisma]`; empty where nobody has said it
    given : who says so: the `report`, or a `person`
    """

    item: ChecklistItem
    where: tuple[Link, ...]
    given: Given


@cache
def checklist() -> tuple[ChecklistItem, ...]:
    """The items in their order, those of the abstract last.

    >>> len(checklist()), checklist()[0].text
    (54, 'Identify the report as a systematic review.')
    """
    return tuple(ChecklistItem(**item) for item in tomllib.loads(FILE.read_text(encoding="utf-8"))["items"])


def prisma_checklist(findings: Findings) -> tuple[ReportedItem, ...]:
    """Every item with where it is reported; what a person says of it in `[prisma]` comes before what the report can tell."""
    said = findings.review.plan.prisma
    return tuple(_reported(item, findings, said.get(item.number, "")) for item in checklist())


def _reported(item: ChecklistItem, findings: Findings, said: str) -> ReportedItem:
    if said:
        return ReportedItem(item=item, where=(Link(said),), given="person")
    where = tuple(WHERE[item.number](findings)) if item.number in WHERE else ()
    return ReportedItem(item=item, where=where, given="report" if where else "")


Places = Callable[[Findings], Iterable[Link]]
METHODS = Link("Methods", "#methods")


def _title(findings: Findings) -> Iterator[Link]:
    if "systematic review" in findings.review.plan.title.casefold():
        yield Link("Title", "#main")


def _objectives(findings: Findings) -> Iterator[Link]:
    if findings.review.plan.question.text:
        yield Link("Question", "#methods")


def _outcomes_defined(findings: Findings) -> Iterator[Link]:
    if all(found.outcome.definition for found in findings.analyses):
        yield from _each(findings, "outcome", "")


def _each(findings: Findings, of: str, what: str) -> Iterator[Link]:
    """A part of every analysis that was run."""
    for found in findings.analyses:
        if found.fit is not None:
            name = found.outcome.abbreviation or found.outcome.name
            yield Link(f"{name}: {what}" if what else name, f"#{part(found, of)}")


FLOW = {
    "": "From search to synthesis",
    "criteria": "Criteria",
    "searches": "Searches",
    "queries": "Searches",
    "selection": "Selection",
    "excluded": "Excluded full texts, and why",
}


def _of_flow(findings: Findings, of: str) -> tuple[Link, ...]:
    """A part of the section on the flow, where it says what the item asks for."""
    flow, review = findings.flow, findings.review
    if flow is None:
        return ()
    searches = [search for search in review.search.searches if search.hits != 0]
    there = {
        "": flow.counts.total("new_studies") is not None,
        "criteria": bool(review.plan.screening.include),
        "searches": bool(searches) and all(search.date for search in searches),
        "queries": bool(searches) and all(search.query for search in searches),
        "selection": bool(review.screening),
        "excluded": bool(flow.excluded),
    }
    place = "searches" if of == "queries" else of
    return (Link(FLOW[of], f"#flow.{place}" if of else "#flow"),) if there[of] else ()


def _risks(findings: Findings, further: Link) -> tuple[Link, ...]:
    """Where the risk of bias in each analysis is shown, and something beside it."""
    names = [(found, found.outcome.abbreviation or found.outcome.name) for found in findings.analyses if found.risk_of_bias]
    return (*(Link(f"{name}: risk of bias", f"#{part(found, 'risk-of-bias')}") for found, name in names), further) if names else ()


def _small_study(findings: Findings) -> tuple[Link, ...]:
    return tuple(
        Link(f"{found.outcome.abbreviation or found.outcome.name}: small-study effects", f"#{part(found, 'robustness')}")
        for found in findings.analyses
        if found.robustness is not None and found.robustness.small_study
    )


WHERE: Mapping[str, Places] = {
    "1": _title,
    "4": _objectives,
    "5": lambda findings: _of_flow(findings, "criteria"),
    "6": lambda findings: _of_flow(findings, "searches"),
    "7": lambda findings: _of_flow(findings, "queries"),
    "8": lambda findings: _of_flow(findings, "selection"),
    "9": lambda findings: (METHODS,) if len(findings.review.extractors) > 1 else (),
    "10a": _outcomes_defined,
    "11": lambda findings: (METHODS,) if findings.review.risk_of_bias else (),
    "12": lambda findings: (Link("Summary", "#summary"), METHODS),
    "13a": lambda findings: (Link("Which report counts", "#glossary"),),
    "13b": lambda findings: (METHODS, Link("Where each effect comes from", "#derivations")),
    "13d": lambda findings: (METHODS,) if any(found.fit for found in findings.analyses) else (),
    "13e": lambda findings: (METHODS,) if any(found.subgroups for found in findings.analyses) else (),
    "13f": lambda findings: (METHODS,) if any(found.sensitivity for found in findings.analyses) else (),
    "14": lambda findings: (METHODS,) if _small_study(findings) else (),
    "15": lambda findings: (METHODS,) if findings.review.certainty is not None else (),
    "16a": lambda findings: _of_flow(findings, ""),
    "16b": lambda findings: _of_flow(findings, "excluded"),
    "17": lambda findings: (Link("Studies", "#studies"),),
    "18": lambda findings: _risks(findings, Link("Risk of bias, study by study", "#bias")),
    "19": lambda findings: (*_each(findings, "forest", "forest plot"), *_each(findings, "effects", "effects")),
    "20a": lambda findings: _risks(findings, Link("Studies", "#studies")),
    "20b": lambda findings: (Link("Summary", "#summary"), *_each(findings, "outcome", "")),
    "20c": lambda findings: _each(findings, "subgroups", "subgroups") if any(f.subgroups for f in findings.analyses) else (),
    "20d": lambda findings: _each(findings, "robustness", "how robust") if any(f.sensitivity for f in findings.analyses) else (),
    "21": _small_study,
    "22": lambda findings: _each(findings, "certainty", "how certain") if findings.review.certainty is not None else (),
}  # where a report says what an item asks for; the others a person must say


def checklist_csv(findings: Findings) -> str:
    """The checklist as a table: item, section, topic, wording, where it is reported, place in the page, who says so."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("item", "section", "topic", "wording", "where", "anchor", "given_by"))
    for reported in prisma_checklist(findings):
        item = reported.item
        where = "; ".join(link.text for link in reported.where)
        anchor = " ".join(link.href for link in reported.where if link.href)
        writer.writerow((item.number, item.section, item.topic, item.text, where, anchor, reported.given))
    return out.getvalue()


def checklist_table(findings: Findings) -> Table:
    """The checklist by its sections."""
    reported = prisma_checklist(findings)
    columns = (Column("Item"), Column("Topic", "brief"), Column("What is to be reported", "long"), Column("Where", "long"))
    sections = dict.fromkeys(each.item.section for each in reported)
    groups = tuple(
        Group(head=section, rows=tuple(_row(each) for each in reported if each.item.section == section)) for section in sections
    )
    return table("PRISMA 2020 checklist", columns, groups, note=f"{_counted(reported)} {ATTRIBUTION}", wide=True)


def _row(each: ReportedItem) -> Row:
    item = each.item
    return row((cell(item.number), cell(item.topic), cell(item.text), Cell(links=each.where)))


def _counted(reported: Iterable[ReportedItem]) -> str:
    counted = Counter(each.given for each in reported)
    return (
        f"{counted['report']} items are filled in from the report and {counted['person']} by a person; {counted['']} are empty, "
        "for only the authors can say them ([prisma] in review.toml)."
    )
