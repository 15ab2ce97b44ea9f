"""An entry of an export as it was written: tags with values; and what a record takes of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from trialpool.errors import Problem
from trialpool.review.record import Flag, Record

Pairs = Sequence[tuple[str, str]]
Value = TypeVar("Value")
FLAGS: Mapping[str, Flag] = {flag: flag for flag in get_args(Flag)}

_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"]+")
_NCT = re.compile(r"NCT\d{8}", re.IGNORECASE)
_REGISTERED = re.compile(r"(?:clinicaltrials|regist)[^.]*\.?[^.]{0,60}?(NCT\d{8})", re.IGNORECASE)
_ISBN = re.compile(r"(?:97[89][- ]?)?(?:\d[- ]?){9}[\dXx]")
_RETRACTED = re.compile(r"^\W*retracted(?: article| paper)?\s*[:.]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """Tags with values, blanks around them left aside, in the order of the file; and the line at which the entry begins, or 0."""

    line: int
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Format:
    """How exports of one kind are known, read and written.

    name : what `Record.format` calls it; label : for people
    recognises : whether the beginning of a text is of this kind
    entries : the entries of a text; what is odd is added to the problems, and the rest is read
    fields : the fields of a record; what no field takes of an entry stands in `further`
    written : the tags that a field of a record is written as; None where the format is not written
    text : entries as a file
    """

    name: str
    label: str
    recognises: Callable[[str], bool]
    entries: Callable[[str, str, list[Problem]], Iterable[Entry]]
    fields: Callable[[Sheet], dict[str, Any]]
    written: Callable[[str, Any], list[tuple[str, str]]] | None = None
    text: Callable[[Sequence[Pairs]], str] | None = None


@dataclass(frozen=True)
class WholeFormat:
    """A format whose entries are no tags with values: `records` makes the records of a text, whose file has this name."""

    name: str
    label: str
    recognises: Callable[[str], bool]
    records: Callable[[str, str], Sequence[Record]]


class Sheet:
    """The tags of one entry. `take` gives a value away; what is left at the end is kept as it was written.

    A value is only given away where it can be written back from the record's field alone: a year out of `2014/05/01` is looked
    at, and the date stays.

    >>> sheet = Sheet([("T1", "Title"), ("Y1", "2014///"), ("ZZ", "?")])
    >>> sheet.take("TI", "T1"), sheet.year("PY", "Y1"), sheet.rest()
    ('Title', 2014, (('Y1', '2014///'), ('ZZ', '?')))
    """

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs
        self._left = [True] * len(self.pairs)
        self._at: dict[str, list[int]] = {}
        for n, (tag, value) in enumerate(self.pairs):
            if value:
                self._at.setdefault(tag, []).append(n)

    def take(self, *tags: str, where: Callable[[str], bool] = bool, exact: Callable[[str], bool] = bool) -> str:
        """The first value of the first of these tags that has one; it stays besides where it is not `exact`."""
        for n in self._places(*tags):
            value = self.pairs[n][1]
            if self._left[n] and where(value):
                self._left[n] = not exact(value)
                return value
        return ""

    def take_line(self, *tags: str) -> str:
        """As `take`, on one line; a value that stood on several stays besides."""
        value = self.take(*tags, exact=lambda v: one_line(v) == v)
        return one_line(value)

    def take_every(self, *tags: str) -> tuple[str, ...]:
        """All values of the first of these tags that has any."""
        tag = next((tag for tag in tags if tag in self._at), "")
        for n in self._at.get(tag, ()):
            self._left[n] = False
        return tuple(self.pairs[n][1] for n in self._at.get(tag, ()))

    def take_lines(self, *tags: str) -> tuple[str, ...]:
        """As `take_every`, a value on several lines being several values."""
        return tuple(line.strip() for value in self.take_every(*tags) for line in value.split("\n") if line.strip())

    def take_list(self, *tags: str, between: str = ";") -> tuple[str, ...]:
        """The parts of the first value of these tags; it stays besides where they do not give it again."""
        value = self.take(*tags, exact=lambda v: f"{between} ".join(parts_of(v, between)) == v)
        return parts_of(value, between)

    def look(self, *tags: str) -> list[str]:
        """All values of these tags, which stay."""
        return [self.pairs[n][1] for n in self._places(*tags)]

    def first(self, *tags: str) -> str:
        """The first value of the first of these tags that has one, which stays."""
        return next((self.pairs[n][1] for n in self._places(*tags)), "")

    def year(self, *tags: str) -> int | None:
        """The first year in these tags; the tag is taken where it holds nothing else."""
        return year_in(self.take(*tags, where=lambda v: year_in(v) is not None, exact=lambda v: str(year_in(v)) == v))

    def doi(self, *tags: str) -> str:
        """The first DOI in these tags, without address, in lower case."""
        return doi_in(self.take(*tags, where=lambda v: bool(doi_in(v)), exact=lambda v: doi_in(v) == v))

    def pages(self, first: Sequence[str], last: Sequence[str]) -> str:
        """A range of two tags, each with its other names, or the first as it is."""
        start = self.take(*first)
        if not start or "-" in start or not self.look(*last):
            return start
        end = self.take(*last, where=lambda v: "-" not in v)
        return f"{start}-{end}" if end else start

    def numbers(self, *tags: str) -> dict[str, str]:
        """ISBN and ISSN, which stand in one tag in most formats."""
        return {
            "isbn": self.take(*tags, where=is_isbn),
            "issn": self.take(*tags, where=lambda value: not is_isbn(value)),
        }

    def rest(self) -> tuple[tuple[str, str], ...]:
        return tuple(pair for pair, left in zip(self.pairs, self._left, strict=True) if left)

    def _places(self, *tags: str) -> Iterator[int]:
        return (n for tag in tags for n in self._at.get(tag, ()))


def one_line(text: str) -> str:
    """A text that may be broken over lines, as one line; blanks within a line stay as they are."""
    return " ".join(line.strip() for line in text.split("\n")) if "\n" in text else text


def parts_of(text: str, between: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(between) if part.strip())


def year_in(text: str) -> int | None:
    """The first year in a text.

    >>> year_in("2014///"), year_in("May 2021"), year_in("in press")
    (2014, 2021, None)
    """
    found = _YEAR.search(text)
    return int(found[0]) if found else None


def doi_in(text: str) -> str:
    """The DOI in a text, in lower case.

    >>> doi_in("https://doi.org/10.1056/NEJMoa1114083 [doi]"), doi_in("10.1016/S0140-6736(10)60922-3.")
    ('10.1056/nejmoa1114083', '10.1016/s0140-6736(10)60922-3')
    """
    if "10." not in text:
        return ""
    found = _DOI.search(text.replace("%2F", "/").replace("%2f", "/"))
    return found[0].rstrip(".,;").lower() if found else ""


def linked_doi(urls: Iterable[str]) -> str:
    """The DOI of the first address that resolves one; other addresses may hold one that is cut, or has more behind it."""
    return next((doi_in(url) for url in urls if "doi.org/10." in url.lower()), "")


def is_isbn(text: str) -> bool:
    """Whether it is an ISBN, and not an ISSN.

    >>> is_isbn("046502470X"), is_isbn("0964-6906")
    (True, False)
    """
    return bool(_ISBN.fullmatch(text.strip()))


def nct_in(identifiers: Iterable[str], abstract: str = "") -> str:
    """Registration numbers: those of identifiers, and what an abstract says that the trial is registered as.

    >>> nct_in(["ClinicalTrials.gov/NCT00114101"], "Registered at ClinicalTrials.gov: NCT00430365. As in NCT00551928, ...")
    'NCT00114101;NCT00430365'
    """
    found = [n for text in identifiers for n in _NCT.findall(text)]
    if "NCT" in abstract:
        found += _REGISTERED.findall(abstract)
    return ";".join(dict.fromkeys(n.upper() for n in found))


def flags_of(title: str, said: Iterable[Flag] = ()) -> tuple[Flag, ...]:
    """What has happened to a publication: what links and types say, and a title that begins with `RETRACTED:`."""
    by_title: list[Flag] = ["retracted"] if _RETRACTED.match(title) else []
    return tuple(dict.fromkeys([*by_title, *said]))


def first_known(values: Iterable[str], table: Mapping[str, Value], otherwise: Value) -> Value:
    """What the table has, under lower-case names, for the first of the values that it knows."""
    return next((table[value.casefold()] for value in values if value.casefold() in table), otherwise)


def at_line(file: str, line: int, what: str, mend: str) -> Problem:
    """What was odd about a line of an export, and was overcome."""
    return Problem(file, 0, f"line {line}" if line else "", what, mend, "warning")


def lines_of(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
