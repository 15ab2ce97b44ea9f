"""RIS, as PubMed, Embase, Scopus, Web of Science, Cochrane, Zotero, EndNote and others write it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from trialpool.errors import Problem
from trialpool.formats.records.entry import FLAGS, Entry, Format, Pairs, Sheet, flags_of, lines_of, linked_doi, nct_in
from trialpool.formats.records.tagged import Layout, entries_of
from trialpool.review.record import Kind

_BEGINS = re.compile(r"^[ \t]*TY[ \t]{1,2}-", re.MULTILINE | re.IGNORECASE)
_FIRST = re.compile(r"([ \t]*)TY([ \t]{1,2})-", re.IGNORECASE)
_END = re.compile(r"[ \t]*ER[ \t]{0,2}-[ \t]*$", re.IGNORECASE)
_LAYOUT = Layout(re.compile(r"([A-Z][A-Z0-9])  -(?: (.*)|)$", re.DOTALL), begins="TY", ends="ER")
_AS_IT_SHOULD_BE = re.compile(r"[A-Z][A-Z0-9]  -(?: |$)")
_PUBMED_LINK = re.compile(r"pubmed\.ncbi\.nlm\.nih\.gov/(\d{1,9})\b|(?:pubmed|PMID)\D{0,22}?(\d{5,9})\b", re.IGNORECASE)
KIND_OF: dict[str, Kind] = {
    "JOUR": "article", "JFULL": "article", "EJOUR": "article", "INPR": "article", "MGZN": "article", "NEWS": "other",
    "CPAPER": "conference paper", "CONF": "conference paper", "ABST": "abstract", "BOOK": "book", "EBOOK": "book", "EDBOOK": "book",
    "CHAP": "chapter", "ECHAP": "chapter", "THES": "thesis", "RPRT": "report", "GEN": "", "UNPB": "other",
}  # fmt: skip
TYPE_OF: dict[str, str] = {str(kind): tag for tag, kind in reversed(KIND_OF.items())} | {
    "": "GEN", "review": "JOUR", "preprint": "UNPB", "registration": "GEN",
}  # fmt: skip
WORK_OF: dict[str, Kind] = {
    "review": "review", "article review": "review", "conference abstract": "abstract", "meeting abstract": "abstract",
    "conference paper": "conference paper", "preprint": "preprint", "conference review": "other",
    "trial registry record": "registration",
}  # fmt: skip
_WORK: dict[str, str] = {"review": "Review", "preprint": "Preprint", "registration": "Trial registry record"}
STATUS, LINKS = "Publication status: ", "Linked publications: "
_TAGS = {
    "title": "TI", "authors": "AU", "year": "PY", "journal": "T2", "volume": "VL", "issue": "IS", "doi": "DO",
    "isbn": "SN", "issn": "SN", "abstract": "AB", "keywords": "KW", "language": "LA", "url": "UR", "database": "DB",
    "nct": "C1",
}  # fmt: skip
PUBMED = "https://pubmed.ncbi.nlm.nih.gov/"


def entries(text: str, file: str, problems: list[Problem]) -> Iterator[Entry]:
    """Records from TY to ER, whichever way their tags are written."""
    return entries_of(_LAYOUT, "\n".join(_as_it_should_be(lines_of(text))), file, problems)


def _as_it_should_be(lines: list[str]) -> Iterator[str]:
    """The lines with tags in capitals, two blanks before the dash and one behind it.

    A record's first line tells how its tags are written: indented, in lower case, with one blank. So records of several exports may
    stand in one file, and a line of an abstract (`CI - ...`) is no tag where tags have two blanks.
    """
    tag = _tag_written("", "  ")
    for n, line in enumerate(lines):
        if first := _FIRST.match(line):
            tag = _tag_written(first[1], first[2])
        if found := tag.match(line):
            name, value = found[1].upper(), found[2]
            is_text = name == "ER" and value.strip() and not _record_ends_at(lines, n)
            yield f"   {line}" if is_text else line if _AS_IT_SHOULD_BE.match(line) else f"{name}  - {value.lstrip()}"
        else:
            yield "ER  - " if _END.match(line) else line


@cache
def _tag_written(indent: str, blanks: str) -> re.Pattern[str]:
    """A line that begins with a tag; behind the dash a blank may be lacking where two stand before it."""
    behind = r"(?:\s|$)" if len(blanks) == 1 else r"\s?"
    return re.compile(rf"{indent}([A-Z][A-Z0-9]){blanks}-{behind}(.*)$", re.DOTALL | re.IGNORECASE)


def _record_ends_at(lines: list[str], n: int) -> bool:
    """Whether a line with the tag ER and a value ends the record: where another record follows, or nothing."""
    following = next((line for line in lines[n + 1 :] if line.strip()), "")
    return not following or bool(_FIRST.match(following))


def fields(sheet: Sheet) -> dict[str, Any]:
    type_ = sheet.first("TY")
    kind = WORK_OF.get(sheet.first("M3").casefold()) or KIND_OF.get(type_, "other" if type_ else "")
    sheet.take("TY", exact=lambda value: TYPE_OF.get(kind) == value)
    title = sheet.take_line("TI", "T1") or sheet.take_line("BT", "CT")
    accession = [*sheet.look("AN", "C3", "ID", "U2"), *sheet.look("DP", "DB")]
    abstract = sheet.take("AB", "N2")
    return {
        "kind": kind,
        "title": title,
        "authors": sheet.take_lines("AU", "A1"),
        "year": sheet.year("PY", "Y1", "DA"),
        "journal": sheet.take_line("JF", "T2", "JO", "BT", "JA", "J2", "J1", "J9", "T3"),
        "volume": sheet.take("VL"),
        "issue": sheet.take("IS") or _issue_of_ovid(sheet),
        "pages": sheet.pages(["SP"], ["EP"]) or sheet.first("C7"),
        "doi": sheet.doi("DO", "DI", "M3", "L3") or linked_doi(sheet.look("UR", "L2", "LK")),
        "pmid": _pmid(sheet),
        "nct": nct_in([*accession, *sheet.look("UR", "M1", "C1", "C2")], abstract),
        **sheet.numbers("SN"),
        "abstract": abstract,
        "keywords": sheet.take_lines("KW"),
        "language": sheet.take("LA"),
        "url": sheet.take("UR", "L2", "LK"),
        "database": _database(sheet, accession),
        "flags": flags_of(title, (FLAGS[flag] for flag in _noted(sheet, STATUS) if flag in FLAGS)),
        "related": _noted(sheet, LINKS),
    }


def _issue_of_ovid(sheet: Sheet) -> str:
    """EndNote's style for journals has the issue in M1."""
    return next((value for value in sheet.look("M1") if re.fullmatch(r"\d{1,4}(?:[-/]\d{1,4})?", value)), "")


def _pmid(sheet: Sheet) -> str:
    """Of a field that says so, or the accession number of a record that comes from MEDLINE."""
    linked = [m[1] or m[2] for value in sheet.look("C2", "C3", "AN", "UR", "N1") if (m := _PUBMED_LINK.search(value))]
    named = [value.casefold() for value in sheet.look("DB", "DP")]
    medline = any("medline" in value or "pubmed" in value for value in named)
    numbers = [value for value in sheet.look("AN") if re.fullmatch(r"\d{5,9}", value) and medline]
    for database, tag in (("embase", "C5"), ("scopus", "C2")):
        if any(database in value for value in named):
            numbers += [value for value in sheet.look(tag) if re.fullmatch(r"\d{5,9}", value)]
    return next(iter([*numbers, *linked]), "")


def _noted(sheet: Sheet, what: str) -> tuple[str, ...]:
    """What a note that we wrote ourselves says, for RIS has no tag for it."""
    note = sheet.take("N1", where=lambda value: value.startswith(what))
    return tuple(note.removeprefix(what).split("; ")) if note else ()


def _database(sheet: Sheet, accession: Sequence[str]) -> str:
    """What the record says that it was found in; the tag stays, for searches.csv may call it by another name."""
    if named := sheet.first("DB"):
        return named
    if any(value.upper().startswith("WOS:") for value in accession):
        return "Web of Science"
    if any(value.upper().startswith("CN-") for value in accession):
        return "CENTRAL"
    if any("scopus.com" in value for value in sheet.look("UR")):
        return "Scopus"
    return ""


def written(field: str, value: Any) -> list[tuple[str, str]]:
    """The tags of a field; none for what RIS has no tag for."""
    if field == "kind":
        return [("TY", TYPE_OF.get(value, "GEN")), *((("M3", _WORK[value]),) if value in _WORK else ())]
    if field == "pages":
        first, dash, last = value.partition("-")
        return [("SP", first), ("EP", last)] if dash and first and last and "-" not in last else [("SP", value)]
    if field == "pmid":
        return [("UR", f"{PUBMED}{value}/")]
    if field in ("flags", "related"):
        return [("N1", (STATUS if field == "flags" else LINKS) + "; ".join(value))]
    if field not in _TAGS:
        return []
    listed = value if isinstance(value, tuple) else (str(value),)
    return [(_TAGS[field], str(each)) for each in listed]


def text(records: Sequence[Pairs]) -> str:
    """TY first and ER last in each record; a further line of a value is indented, as Web of Science does."""
    return "".join(_text_of(pairs) for pairs in records)


def _text_of(pairs: Pairs) -> str:
    work = next((WORK_OF[value.casefold()] for tag, value in pairs if tag == "M3" and value.casefold() in WORK_OF), "")
    kind = next((value for tag, value in pairs if tag == "TY"), TYPE_OF[work])
    rest = [pair for pair in pairs if pair[0] != "TY"]
    lines = [f"{tag}  - {value}".replace("\n", "\r\n   ") for tag, value in [("TY", kind), *rest]]
    return "\r\n".join([*lines, "ER  - ", "", ""])


RIS = Format("ris", "RIS", lambda head: bool(_BEGINS.search(head)), entries, fields, written, text)
