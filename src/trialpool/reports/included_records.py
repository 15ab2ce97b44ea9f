"""The publications of the studies that a review includes, as records for a reference manager."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from trialpool.review.record import Place, Record
from trialpool.review.review import Review
from trialpool.review.study import Study


def records_by_study(review: Review) -> tuple[Record, ...]:
    """The same records, each with the titles of the studies that it reports as RevMan Web has them in RIS (`NS`)."""
    titles: dict[str, list[str]] = {}
    for unit in review.studies:
        titles.setdefault(unit.study, []).append(unit.title)
    order = dict.fromkeys(unit.study for unit in review.studies)
    units = {unit.study: unit for unit in reversed(review.studies)}
    named: dict[str, tuple[Record, list[str]]] = {}
    for i, study in enumerate(order, start=1):
        for record in _of_study(review, units[study], i):
            named.setdefault(record.id, (record, []))[1].extend(titles[study])
    return tuple(
        replace(
            record, further=(*(record.further if record.format == "ris" else ()), *(("NS", title) for title in of)), format="ris"
        )
        for record, of in named.values()
    )


def included_records(review: Review) -> tuple[Record, ...]:
    """A record a report of each included study, in the order of studies.csv.

    They are those that screening/included.csv names; else the fullest of the searches with the study's DOI or PubMed
    identifier; else what studies.csv says of its main publication.
    """
    units = {unit.study: unit for unit in reversed(review.studies)}
    order = dict.fromkeys(unit.study for unit in review.studies)
    found = [record for i, study in enumerate(order, start=1) for record in _of_study(review, units[study], i)]
    return tuple({record.id: record for record in found}.values())


def _of_study(review: Review, study: Study, position: int) -> Iterator[Record]:
    by_id = review.search.by_id
    named = [by_id[row.record] for row in review.included if row.study == study.study and row.record in by_id]
    same = [record for record in review.search.records if _is_of(record, study)]
    if named:
        yield from named
    elif same:
        yield max(same, key=lambda r: (sum(map(bool, (r.title, r.authors, r.journal, r.volume, r.abstract))), r.id))
    else:
        yield _known(study, position)


def _is_of(record: Record, study: Study) -> bool:
    doi, pmid = study.doi.casefold(), study.pmid
    return bool((doi and record.doi.casefold() == doi) or (pmid and record.pmid == pmid))


def _known(study: Study, position: int) -> Record:
    """What studies.csv knows of the main publication."""
    return Record(
        place=Place("studies.csv", position),
        title=study.trial or study.label,
        year=study.year,
        doi=study.doi.lower(),
        pmid=study.pmid,
        nct=";".join(re.findall(r"NCT\d{8}", study.registry)),
        url=study.source,
        kind="article",
    )
