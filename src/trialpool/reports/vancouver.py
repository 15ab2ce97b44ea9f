"""References in the Vancouver style, out of records and of what studies.csv says."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from trialpool.review.record import Record
from trialpool.review.study import Study

NAMED = 6  # authors; of more, the first six and "et al."
ARTICLES = ("article", "")
DOTTED = re.compile(r"(.+?)\s+((?:[^\W\d_a-z]\.[\s-]?)+)")  # Lokhorst H.M.
PAGES = re.compile(r"(\d+)\s*[-\u2013]+\s*(\d+)")


def vancouver(record: Record) -> str:
    """A record as a reference; what it lacks is left out.

    >>> from trialpool.review.record import Place
    >>> words, authors = "Maintenance therapy.", ("Attal, Michel", "Harousseau JL")
    >>> printed = {"journal": "Blood", "volume": "108", "issue": "10", "pages": "3289-3294"}
    >>> vancouver(Record(Place("a.ris", 1), words, authors, 2006, doi="10.1182/x", pmid="16873668", **printed))
    'Attal M, Harousseau JL. Maintenance therapy. Blood. 2006;108(10):3289-94. doi:10.1182/x. PMID: 16873668.'
    """
    parts = [authors_text(record.authors), _closed(record.title), _closed(record.journal)]
    parts += [_closed(_issue(record)), *_identifiers(record.doi, record.pmid)]
    return " ".join(filter(None, parts))


def study_reference(study: Study, records: Sequence[Record] = (), included: Collection[str] = ()) -> str:
    """The main publication of a study.

    Parameters
    ----------
    study : a row of studies.csv
    records : what the searches found
    included : identifiers of the records that are reports of the study

    Returns
    -------
    The record with the study's DOI or PubMed identifier; where there is none, the included article of its year; else as far as
    studies.csv knows it

    >>> study_reference(Study(study="a-2006", label="Attal 2006", year=2006, trial="IFM 99-02", pmid="16873668"))
    'Attal 2006 (IFM 99-02). PMID: 16873668.'
    """
    doi, pmid = study.doi.casefold(), study.pmid
    titled = [r for r in records if r.title]
    same = [r for r in titled if (doi and r.doi.casefold() == doi) or (pmid and r.pmid == pmid)]
    found = same or [r for r in titled if r.id in included and r.year == study.year and r.kind in ARTICLES]
    if found:
        known = (replace(r, doi=r.doi or study.doi, pmid=r.pmid or study.pmid) for r in found)
        return vancouver(max(known, key=lambda r: (len(vancouver(r)), r.id)))
    named = f"{study.label} ({study.trial})" if study.trial else study.label
    identifiers = _identifiers(study.doi, study.pmid) or ([_closed(study.source)] if study.source else [])
    return " ".join([_closed(named), *identifiers])


def authors_text(authors: Sequence[str]) -> str:
    """`Attal M, Harousseau JL.`, with `et al.` after six."""
    named = [author_text(author) for author in authors[:NAMED]]
    return _closed(", ".join([*named, *(["et al"] if len(authors) > NAMED else [])]))


def author_text(author: str) -> str:
    """Family name and initials.

    >>> [author_text(a) for a in ("van der Berg, Anna-Maria J.", "Attal M", "Li, X.Y.", "{Trialists' Group}", "O'Neil, Éric, Jr")]
    ['van der Berg AMJ', 'Attal M', 'Li XY', "Trialists' Group", "O'Neil É Jr"]
    """
    family, *given = (part.strip() for part in author.strip().strip("{}").split(","))
    if not given:
        found = DOTTED.fullmatch(family)
        return f"{found[1]} {initials(found[2])}" if found else family
    first, *suffix = given
    return " ".join(filter(None, (family, initials(first), *suffix)))


def initials(given: str) -> str:
    """`Jean-Luc` is JL, `J.-L.` too; what are initials already stays."""
    if re.fullmatch(r"[^\W\d_a-z]{1,4}", given):
        return given
    return "".join(name[0].upper() for name in re.split(r"[\s.\-\u2010]+", given) if name)


def pages_text(pages: str) -> str:
    """`3289-3294` as `3289-94`; what is no range of numbers stays as it is.

    >>> [pages_text(p) for p in ("3289-3294", "708-20", "e12", "183\u2013192", "99-101", "1919-1919")]
    ['3289-94', '708-20', 'e12', '183-92', '99-101', '1919']
    """
    found = PAGES.fullmatch(pages.strip())
    if not found:
        return pages.strip()
    first, last = found.groups()
    if first == last:
        return first
    if len(first) == len(last):
        same = next(i for i in range(len(first)) if first[i] != last[i])
        last = last[same:]
    return f"{first}-{last}"


def _issue(record: Record) -> str:
    """`2006;108(10):3289-94`."""
    year = str(record.year) if record.year is not None else ""
    place = record.volume + (f"({record.issue})" if record.issue else "")
    pages = pages_text(record.pages)
    return ";".join(filter(None, (year, place))) + (f":{pages}" if pages else "")


def _identifiers(doi: str, pmid: str) -> list[str]:
    return [*([f"doi:{doi}."] if doi else []), *([f"PMID: {pmid}."] if pmid else [])]


def _closed(text: str) -> str:
    """The text with one mark at its end; nothing for nothing."""
    text = text.strip()
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."
