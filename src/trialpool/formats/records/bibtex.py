"""BibTeX and BibLaTeX."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from trialpool.errors import Problem
from trialpool.formats.quoted import quoted
from trialpool.formats.records.entry import (
    FLAGS,
    Entry,
    Format,
    Pairs,
    Sheet,
    at_line,
    first_known,
    flags_of,
    linked_doi,
    nct_in,
    one_line,
    year_in,
)
from trialpool.formats.records.latex import latex_of_text, text_of_latex
from trialpool.review.record import Kind

_BEGINS = re.compile(r"^\s*@[A-Za-z]+\s*[{(]", re.MULTILINE)
_KIND_OF: dict[str, Kind] = {
    "article": "article", "inproceedings": "conference paper", "conference": "conference paper", "incollection": "chapter",
    "inbook": "chapter", "book": "book", "proceedings": "book", "phdthesis": "thesis", "mastersthesis": "thesis",
    "thesis": "thesis", "techreport": "report", "report": "report", "unpublished": "other", "misc": "", "online": "other",
}  # fmt: skip
_TYPE_OF = {str(kind): name for name, kind in reversed(_KIND_OF.items())} | {
    "review": "article",
    "abstract": "inproceedings",
    "preprint": "unpublished",
}
_NAMES = {
    "title": "title", "year": "year", "journal": "journal", "volume": "volume", "issue": "number", "pages": "pages", "doi": "doi",
    "pmid": "pmid", "isbn": "isbn", "issn": "issn", "abstract": "abstract", "language": "language", "url": "url",
    "database": "database", "nct": "registration",
}  # fmt: skip
_LISTS = {"keywords": "keywords", "flags": "status", "related": "related"}
_SORT = "entrysubtype"  # where @type does not say enough
_SORTS: dict[str, Kind] = {kind: kind for kind in get_args(Kind) if kind}
TYPE, KEY = "@type", "@key"


def entries(text: str, file: str, problems: list[Problem]) -> Iterator[Entry]:
    """The entries; a broken one is said, and the rest is read. Macros of `@string` and parts joined by `#` are resolved."""
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import DuplicateBlockKeyBlock, DuplicateFieldKeyBlock, ParsingFailedBlock, String
    from bibtexparser.model import Entry as Block

    logging.getLogger("bibtexparser").addHandler(logging.NullHandler())  # what it would print is among the problems
    library = parse_string(text.replace("\r\n", "\n").replace("\r", "\n"), parse_stack=[])
    macros: dict[str, str] = {}
    for block in library.blocks:
        line = (block.start_line or 0) + 1
        read = block.ignore_error_block if isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock) else block
        if isinstance(read, String):
            macros[read.key.lower()] = _value(read.value, macros)
        elif isinstance(read, Block):
            problems += _twice(block, line, file)
            yield _entry(read, macros)
        elif isinstance(block, ParsingFailedBlock):
            what = f"the entry cannot be read: {quoted(one_line(block.raw or ''))}"
            mend = (
                "Look for a brace that is not closed, or a comma that is lacking behind the key; it was left out, the rest was read"
            )
            problems.append(at_line(file, line, what, mend))
            yield Entry(line, ())


def _twice(block: Any, line: int, file: str) -> Iterator[Problem]:
    """What stands twice and should not: a key in the file, or a field in the entry."""
    if previous := getattr(block, "previous_block", None):
        what = f"the key {quoted(block.key)} stands twice, first in line {(previous.start_line or 0) + 1}"
        yield at_line(file, line, what, "Both entries were read")
    for name in sorted(getattr(block, "duplicate_keys", ())):
        yield at_line(file, line, f"the entry has the field {quoted(name)} twice", "The first counts, and the others were kept")


def _entry(block: Any, macros: Mapping[str, str]) -> Entry:
    pairs = [
        (TYPE, block.entry_type),
        (KEY, block.key or ""),
        *((field.key.lower(), _value(str(field.value), macros)) for field in block.fields),
    ]
    return Entry((block.start_line or 0) + 1, tuple(pairs))


def _value(written: str, macros: Mapping[str, str]) -> str:
    """A value without its braces or quotes, macros by what they stand for; names of months and unknown ones as they are.

    >>> _value('"J " # clin # { Oncol}', {"clin": "Clin"})
    'J Clin Oncol'
    """
    parts = [part.strip() for part in _at_depth_0(written, "#")]
    return "".join(part[1:-1] if part[:1] in ("{", '"') else macros.get(part.lower(), part) for part in parts).strip()


def _at_depth_0(text: str, between: str, *, quotes: bool = True) -> Iterator[str]:
    """The parts of a text between marks that stand in no braces, and in no quotes."""
    depth, quoted_, start = 0, False, 0
    for mark in re.finditer(rf'(?<!\\)[{{}}"]|{between}', text):
        if mark[0] in "{}":
            depth += 1 if mark[0] == "{" else -1
        elif mark[0] == '"':
            quoted_ ^= quotes and depth == 0
        elif depth == 0 and not quoted_:
            yield text[start : mark.start()]
            start = mark.end()
    yield text[start:]


def fields(sheet: Sheet) -> dict[str, Any]:
    type_ = sheet.first(TYPE)
    kind = first_known([sheet.take(_SORT, where=_SORTS.__contains__)], _SORTS, "") or first_known([type_], _KIND_OF, "other")
    sheet.take(TYPE, exact=lambda value: _TYPE_OF.get(kind) == value)
    title, abstract = _take(sheet, "title"), _take(sheet, "abstract")
    return {
        "kind": kind,
        "title": one_line(title),
        "authors": _names(sheet),
        "year": sheet.year("year", "date"),
        "journal": one_line(_take(sheet, "journal", "journaltitle", "booktitle", "series")),
        "volume": _take(sheet, "volume"),
        "issue": _take(sheet, "number", "issue"),
        "pages": _take(sheet, "pages").replace("--", "-"),
        "doi": sheet.doi("doi") or linked_doi(sheet.look("url")),
        "pmid": sheet.take("pmid", exact=str.isdigit) or next(iter(re.findall(r"PMID:\s*(\d{5,9})", sheet.first("note"))), ""),
        "nct": nct_in(sheet.look("registration", "note", "eprint"), abstract),
        "isbn": _take(sheet, "isbn"),
        "issn": _take(sheet, "issn"),
        "abstract": abstract,
        "keywords": _keywords(sheet),
        "language": _take(sheet, "language", "langid"),
        "url": _take(sheet, "url"),
        "database": sheet.first("database"),
        "flags": flags_of(one_line(title), (FLAGS[flag] for flag in sheet.take("status").split("; ") if flag in FLAGS)),
        "related": tuple(filter(None, sheet.take("related").split("; "))),
    }


def _take(sheet: Sheet, *names: str) -> str:
    """A value as text; where LaTeX holds more than its text (braces that keep capitals), it stays besides."""
    return text_of_latex(sheet.take(*names, exact=lambda value: latex_of_text(text_of_latex(value)) == value and "--" not in value))


def _names(sheet: Sheet) -> tuple[str, ...]:
    """The authors; `and others` says that there are more, and is no name."""
    return _names_in(sheet.take("author", exact=lambda v: latex_of_text(" and ".join(_names_in(v))) == v))


def _names_in(value: str) -> tuple[str, ...]:
    names = [name.strip() for name in _at_depth_0(one_line(value), r"\s+and\s+", quotes=False)]
    return tuple(text_of_latex(name) for name in names if name and name != "others")


def _keywords(sheet: Sheet) -> tuple[str, ...]:
    """By semicolons where there are any, else by commas; the value stays besides where it is not given again."""
    value = sheet.take("keywords", "keyword", exact=lambda v: latex_of_text("; ".join(_words(v))) == v)
    return _words(value)


def _words(value: str) -> tuple[str, ...]:
    text = one_line(text_of_latex(value))
    return tuple(word.strip() for word in text.split(";" if ";" in text else ",") if word.strip())


def written(field: str, value: Any) -> list[tuple[str, str]]:
    """The field in BibTeX; none for what it has no name for."""
    if field == "kind":
        type_ = _TYPE_OF.get(value, "misc")
        return [(TYPE, type_), *(((_SORT, value),) if _KIND_OF[type_] != value else ())]
    if field == "authors":
        return [("author", latex_of_text(" and ".join(value)))]
    if field in _LISTS:
        return [(_LISTS[field], latex_of_text("; ".join(value)))]
    return [(_NAMES[field], latex_of_text(str(value)))] if field in _NAMES else []


def text(records: Sequence[Pairs]) -> str:
    """An entry a record; keys that are lacking or stand twice are made from author and year, and a letter."""
    used: set[str] = set()
    return "\n".join(_text_of(pairs, used) for pairs in records)


def _text_of(pairs: Pairs, used: set[str]) -> str:
    values: dict[str, str] = {}
    for name, value in pairs:
        values[_unused(name, set(values))] = value  # a name stands once in an entry
    type_, key = values.pop(TYPE, "misc"), values.pop(KEY, "")
    key = _unused(key or _key_of(values), used)
    lines = [f"  {name} = {{{_balanced(value)}}},\n" for name, value in values.items()]
    return f"@{type_}{{{key},\n{''.join(lines)}}}\n"


def _key_of(values: dict[str, str]) -> str:
    family = values.get("author", "").partition(" and ")[0].partition(",")[0]
    word = re.sub(r"[^A-Za-z]", "", family) or "record"
    return f"{word}{year_in(values.get('year', '')) or ''}"


def _unused(key: str, used: set[str]) -> str:
    n, found = 1, key
    while found in used:
        n += 1
        found = f"{key}-{n}"
    used.add(found)
    return found


def _balanced(value: str) -> str:
    """A value whose braces close; those that would end the entry early are left out."""
    depth = 0
    for mark in re.findall(r"(?<!\\)[{}]", value):
        depth += 1 if mark == "{" else -1
        if depth < 0:
            break
    return value if depth == 0 else re.sub(r"(?<!\\)[{}]", "", value)


BIBTEX = Format("bib", "BibTeX", lambda head: bool(_BEGINS.search(head)), entries, fields, written, text)
