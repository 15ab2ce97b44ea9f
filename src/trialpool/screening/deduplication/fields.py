"""Records as columns of comparable fields: what is written in ten ways is brought into one."""

from __future__ import annotations

import re
from calendar import month_abbr
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from trialpool.review.record import Record
from trialpool.screening.deduplication.titles import folded, notices, numbers, variants

_MONTHS = {name.lower(): str(n) for n, name in enumerate(month_abbr) if name}
_DATE = re.compile(r"^\d{1,2}-(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)$", re.IGNORECASE)
_ELECTRONIC = re.compile(r"^[a-rt-zA-RT-Z]\d+")
_ARTICLE_DIGITS = 5
_QUALIFIED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_END_ONLY = re.compile(r"^[A-Za-z]+-+\d+$")
_DOI_ADDRESS = re.compile(r"^(https?://)?(dx\.)?(doi\.org/)?(doi:?\s*)?", re.IGNORECASE)
_INITIALS = re.compile(r"(\s+[A-Z][A-Z.\-]{0,5})+$")
_NO_VALUE = frozenset({"", "na", "n a", "unknown", "none", "nan", "no pagination"})
_FEWEST_TO_JUDGE = 50
_ABSTRACT_LETTERS, _FEWEST_LETTERS = 400, 60
_VERSION = re.compile(r"(?:[./]?(?:pub|v)(?P<version>\d{1,2}))$")
_COCHRANE = re.compile(r"^(CD|MR)\d{6}", re.IGNORECASE)  # the number of a review, whose updates all have it
_NOTICES = frozenset({"erratum", "retraction notice", "expression of concern"})


@dataclass(frozen=True)
class Fields:
    """A column a field; row i is record i. An empty value is unknown, and says nothing for or against.

    titles : every title of the record, folded; `title` is the first
    families : family names of the authors, folded, in words of more than two letters; `first` those of the first author;
        `names` every word of their names, for lists in which given and family names are exchanged
    first_page, last_page : digits (`S78-S89`: 78 and 89; `183-92`: 183 and 192)
    versioned : a DOI without the version behind it, and that version (`pub2`, `v1`)
    registration : number of the registry, of records that are registrations
    marked : whether the database marks it as a notice about another publication (an erratum, a retraction)
    """

    titles: list[tuple[str, ...]]
    families: list[frozenset[str]]
    names: list[frozenset[str]]
    first: list[frozenset[str]]
    year: list[int]
    journal: list[str]
    volume: list[str]
    issue: list[str]
    first_page: list[str]
    last_page: list[str]
    doi: list[str]
    pmid: list[str]
    abstract: list[str]
    kind: list[str]
    versioned: list[tuple[str, str]]
    registration: list[str]
    marked: list[bool]
    numbers: list[tuple[str, ...]]
    notices: list[frozenset[str]]

    def __len__(self) -> int:
        return len(self.titles)

    @property
    def title(self) -> list[str]:
        return [titles[0] for titles in self.titles]


def fields_of(records: Sequence[Record]) -> Fields:
    """The comparable fields of the records."""
    titles = [variants(record.title) for record in records]
    authors = [[family_name(author) for author in record.authors] for record in records]
    pages = [page_range(record.pages) for record in records]
    return Fields(
        titles=titles,
        families=[frozenset(word for name in names for word in name.split() if len(word) > 2) for names in authors],
        names=[
            frozenset(word for author in record.authors for word in folded(author).split() if len(word) > 2) for record in records
        ],
        first=[frozenset(word for word in (names[0].split() if names else ()) if len(word) > 1) for names in authors],
        year=[record.year or 0 for record in records],
        journal=[_known(folded(_QUALIFIED.sub(" ", record.journal)) or folded(record.journal)) for record in records],
        volume=[_volume(record) for record in records],
        issue=believable_issues([_issue(record.issue) for record in records], [record.place.file for record in records]),
        first_page=[first for first, _ in pages],
        last_page=[last for _, last in pages],
        doi=[bare_doi(record.doi) for record in records],
        pmid=[record.pmid.strip() for record in records],
        abstract=[_telling(folded(record.abstract)) for record in records],
        kind=[_broad_kind(record) for record in records],
        versioned=[version_of(bare_doi(record.doi)) for record in records],
        registration=[record.nct if record.kind == "registration" else "" for record in records],
        marked=[not _NOTICES.isdisjoint(record.flags) for record in records],
        numbers=[numbers(title[0]) for title in titles],
        notices=[notices(title[0]) for title in titles],
    )


def family_name(author: str) -> str:
    """The family name of an author, folded.

    >>> family_name("Van Den Brule, A J C"), family_name("Hansen F. G."), family_name("De Botton S")
    ('van den brule', 'hansen', 'de botton')
    """
    return folded(author.partition(",")[0] if "," in author else _INITIALS.sub("", author.strip().rstrip(".")))


def page_range(pages: str) -> tuple[str, str]:
    """First and last page as digits, an abbreviated last page written out.

    Where only the end of a range was kept, the first is empty, and the last may be its last digits. The number of an electronic
    article (`e12724`, `106482`) begins with #. What a spreadsheet took for a date (`21-Aug`) cannot be put back, and is unknown; so
    is the number of a Cochrane review (`CD001234`), which its updates share.

    >>> page_range("183-92"), page_range("S78--S89"), page_range("Suppl-89"), page_range("21-Aug"), page_range("e12724")
    (('183', '192'), ('78', '89'), ('', '89'), ('', ''), ('#12724', ''))
    """
    pages = pages.strip()
    digits = [found.lstrip("0") for found in re.findall(r"\d+", pages)]
    if not digits or folded(pages) in _NO_VALUE or _DATE.match(pages) or _COCHRANE.match(pages):
        return "", ""
    if _END_ONLY.match(pages):
        return "", digits[0]
    first, last = digits[0], digits[1] if len(digits) > 1 else ""
    if not last and (_ELECTRONIC.match(pages) or len(first) >= _ARTICLE_DIGITS):
        return f"#{first}", ""
    return first, first[: len(first) - len(last)] + last if 0 < len(last) < len(first) else last


def bare_doi(doi: str) -> str:
    """A DOI without address, in lower case; empty for what is none.

    >>> bare_doi("http://dx.doi.org/10.1007/S11390-017"), bare_doi("NA")
    ('10.1007/s11390-017', '')
    """
    bare = _DOI_ADDRESS.sub("", doi.strip()).lower().replace("%2f", "/")
    return bare if bare.startswith("10.") else ""


def version_of(doi: str) -> tuple[str, str]:
    """A bare DOI without its version, and that: of Cochrane reviews, whose first version has none, and of preprints.

    >>> version_of("10.1002/14651858.cd001234.pub3"), version_of("10.1101/2020.01.20000001v2"), version_of("10.1182/blood.7")
    (('10.1002/14651858.cd001234', '3'), ('10.1101/2020.01.20000001', '2'), ('10.1182/blood.7', ''))
    """
    found = _VERSION.search(doi)
    return (doi[: found.start()], found["version"]) if found else (doi, "")


def believable_issues(issues: Sequence[str], files: Sequence[str]) -> list[str]:
    """Issues, emptied for a file in which hardly any value occurs twice: such a column counts records, not issues."""
    by_file: dict[str, list[str]] = {}
    for issue, file in zip(issues, files, strict=True):
        if issue:
            by_file.setdefault(file, []).append(issue)
    counters = {
        file for file, known in by_file.items() if len(known) >= _FEWEST_TO_JUDGE and len(Counter(known)) > 0.95 * len(known)
    }
    return ["" if file in counters else issue for issue, file in zip(issues, files, strict=True)]


def _telling(abstract: str) -> str:
    """The beginning of an abstract; empty for what is too short to be of one text alone (`No abstract available`)."""
    return abstract[:_ABSTRACT_LETTERS] if len(abstract) >= _FEWEST_LETTERS else ""


def _known(text: str) -> str:
    return "" if text in _NO_VALUE else text


def _volume(record: Record) -> str:
    """Its first number; empty where it is the year, which magazines print in its place."""
    found = re.search(r"\d+", record.volume)
    volume = found[0].lstrip("0") if found and folded(record.volume) not in _NO_VALUE else ""
    return "" if volume == str(record.year) else volume


def _issue(issue: str) -> str:
    known = _known(folded(issue))
    return _MONTHS.get(known[:3], known) if known[:3] in _MONTHS and not any(c.isdigit() for c in known) else known


def _broad_kind(record: Record) -> str:
    """Kinds that one publication cannot have both of; empty where the export does not say."""
    return {
        "review": "article",
        "abstract": "conference",
        "conference paper": "conference",
        "chapter": "conference",
        "other": "",
    }.get(record.kind, record.kind)
