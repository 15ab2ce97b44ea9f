"""Text out of what people have: plain text, HTML, PDF, PubMed XML; with the place of every passage."""

from __future__ import annotations

import contextlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from trialpool.errors import BadInput, Problem
from trialpool.formats.effect_statements.letters import LINE_END, rejoined, words
from trialpool.formats.quoted import quoted

if TYPE_CHECKING:
    import pypdfium2

TEXT_SUFFIXES = frozenset({"", ".txt", ".text", ".md"})
HTML_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
SUFFIXES = "plain text (.txt, .md), HTML (.html), PDF (.pdf) or PubMed XML (.xml)"
CONTROLS = bytes({*range(32)} - {*b"\t\n\f\r\x1b"})
MOST_CONTROLS = 0.01  # a share; a text has hardly any
LARGEST = 100_000_000  # bytes; nothing that people read is longer


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text with the places of its passages.

    name   : of the file
    text   : all of it
    places : where passages begin in `text`, and what each is called ("page 3", "PMID 1, results"), in order
    sources : the source of passages where it is their own (a PubMed record's number), by the same order; empty otherwise
    """

    name: str
    text: str
    places: tuple[tuple[int, str], ...] = ()
    sources: tuple[tuple[int, str], ...] = ()

    def place(self, at: int) -> str:
        """What the passage is called that holds this place of the text: a page, a section, or else a line.

        >>> SourceText("news.txt", "first\\nsecond").place(8)
        'line 2'
        """
        return _named_at(self.places, at) or f"line {self.text.count(chr(10), 0, at) + 1}"

    def source(self, at: int) -> str:
        """Where the passage comes from: its PubMed number, or else the name of the file."""
        return _named_at(self.sources, at) or self.name


def read_text(path: str | Path) -> SourceText:
    """Read a plain text, an HTML page, a PDF or a PubMed XML file.

    Raises
    ------
    BadInput
        where the file is of another kind, is broken or encrypted, or is a PDF that holds pictures of pages and no text
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise _bad(path, "there is no such file", "Give the path of a text") from None
    except IsADirectoryError:
        raise _bad(path, "this is a folder, not a text", "Give the path of one text in it") from None
    except OSError as error:
        raise _bad(path, f"the file cannot be read ({error.strerror})", "Check its permissions") from None
    if len(data) > LARGEST:
        raise _bad(path, f"the file has {len(data) // 1_000_000} MB", "Give a text that a person could read")
    return text_of(data, path)


def text_of(data: bytes, path: Path) -> SourceText:
    """The text in bytes, by what they begin with and by the suffix of their name."""
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    suffix = path.suffix.lower()
    if start.startswith(b"%PDF-") or suffix == ".pdf":
        return _pdf(data, path)
    if suffix == ".xml" or (start.startswith(b"<?xml") and b"<Pubmed" in data[:4096]):
        return _pubmed(data, path)
    if suffix in HTML_SUFFIXES or start[:9].lower() == b"<!doctype" or start[:5].lower() == b"<html":
        return _html(_decoded(data, path), path)
    if suffix not in TEXT_SUFFIXES:
        raise _bad(path, f"{quoted(suffix)} is no kind of text that is read here", f"Give {SUFFIXES}")
    return _whole(SourceText(path.name, _decoded(data, path).replace("\r\n", "\n").replace("\r", "\n")), path)


def _decoded(data: bytes, path: Path) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if b"\0" in data:
        raise _bad(path, "the file is not text (it holds zero bytes)", f"Give {SUFFIXES}")
    controls = len(data) - len(data.translate(None, CONTROLS))
    if controls > MOST_CONTROLS * len(data):
        raise _bad(path, f"the file is not text (it holds {controls} control characters)", f"Give {SUFFIXES}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


BLOCKS = words(
    """p div li ul ol h1 h2 h3 h4 h5 h6 tr table section article header footer main aside blockquote pre figure figcaption br hr
    dt dd title caption"""
)
LINES = frozenset({"br", "tr", "li"})  # these end a line; the others end a paragraph
SILENT = frozenset({"script", "style", "noscript", "template", "svg", "nav", "form", "button", "select", "iframe"})
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


class _Page(HTMLParser):
    """The words of a page, its paragraphs apart, and its headings as places."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.length = 0
        self.headings: list[tuple[int, str]] = []
        self._silent: list[str] = []
        self._heading: int | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in SILENT:
            self._silent.append(tag)
        elif tag in BLOCKS:
            self._add("\n" if tag in LINES else "\n\n")
            if tag in HEADINGS and not self._silent:
                self._heading = self.length
        elif tag in ("td", "th"):
            self._add(" | ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in BLOCKS:
            self._add("\n" if tag in LINES else "\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            if tag in self._silent:
                while self._silent and self._silent.pop() != tag:
                    pass
        elif tag in BLOCKS:
            if tag in HEADINGS and self._heading is not None:
                title = " ".join("".join(self.pieces)[self._heading :].split())
                if title:
                    self.headings.append((self._heading, f"under {quoted(title)}"))
                self._heading = None
            self._add("\n" if tag in LINES else "\n\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._add(re.sub(r"\s+", " ", data))

    def _add(self, piece: str) -> None:
        if self._silent:
            return
        if piece.strip() == "" and (not self.pieces or (self.pieces[-1].endswith("\n\n") and piece != "\n\n")):
            return
        if piece.startswith("\n") and self.pieces and self.pieces[-1].endswith("\n\n"):
            return
        self.pieces.append(piece)
        self.length += len(piece)


def _html(text: str, path: Path) -> SourceText:
    page = _Page()
    page.feed(text)
    page.close()
    return _whole(SourceText(path.name, "".join(page.pieces), tuple(page.headings)), path)


def _pdf(data: bytes, path: Path) -> SourceText:
    """The text of a PDF, page by page; one without any is refused, for its pages are pictures."""
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(data) as document:
            pages = [_page_text(page) for page in document]
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise _bad(path, "the PDF is encrypted", "Save a copy without its password") from None
        raise _bad(path, "the PDF cannot be read: it is damaged, or no PDF", "Open it and save it anew, or give its text") from None
    if not any(page.strip() for page in pages):
        what = f"the PDF has {len(pages)} page{'' if len(pages) == 1 else 's'} and no text in {'it' if len(pages) == 1 else 'them'}"
        raise _bad(path, what, "Its pages are pictures: run it through text recognition (OCR) first")
    return _joined(path.name, ((f"page {i}", _unbroken(page)) for i, page in enumerate(pages, start=1)))


def _page_text(page: pypdfium2.PdfPage) -> str:
    with contextlib.closing(page), contextlib.closing(page.get_textpage()) as words:
        return str(words.get_text_bounded())


def _unbroken(page: str) -> str:
    """Words that a line's end had cut, whole again; between figures the hyphen is a range and stays."""
    page = page.replace("\r\n", "\n").replace("\r", "\n")
    page = LINE_END.sub(rejoined, page)
    return re.sub(r"[\ufffe\x02]", "-", page)


def _pubmed(data: bytes, path: Path) -> SourceText:
    """Titles and abstracts of PubMed records, each a passage."""
    if re.search(rb"<!ENTITY", data[:4096]):
        raise _bad(path, "the XML defines entities of its own", "Export it from PubMed anew, as XML")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise _bad(path, f"this is not XML ({error})", "Export it from PubMed anew, as XML") from None
    records = list(root.iter("PubmedArticle")) or list(root.iter("MedlineCitation"))
    if not records:
        raise _bad(path, "there is no PubMed record in the XML", "Export it from PubMed as XML, or give the text itself")
    passages = [(pmid, label, text) for record in records for pmid, label, text in _passages(record)]
    read = _joined(path.name, ((f"PMID {pmid}, {label}", text) for pmid, label, text in passages))
    starts = [start for start, _ in read.places]
    sources = tuple((start, f"PMID {pmid}") for start, (pmid, _, _) in zip(starts, passages, strict=True))
    return _whole(SourceText(path.name, read.text, read.places, sources), path)


def _passages(record: ElementTree.Element) -> Iterator[tuple[str, str, str]]:
    """Number, name and text of the title and of each part of the abstract."""
    pmid = (record.findtext(".//PMID") or "not given").strip()
    for tag, name in (("ArticleTitle", "title"), ("AbstractText", "abstract")):
        for element in record.iter(tag):
            text = " ".join("".join(element.itertext()).split())
            label = element.get("Label", "").lower()
            if text:
                yield pmid, f"{name}, {label}" if label else name, text


def _joined(name: str, passages: Iterable[tuple[str, str]]) -> SourceText:
    text, places = "", []
    for place, passage in passages:
        places.append((len(text), place))
        text += passage.strip() + "\n\n"
    return SourceText(name, text, tuple(places))


def _whole(read: SourceText, path: Path) -> SourceText:
    if not read.text.strip():
        raise _bad(path, "there is no text in the file", "Give a file with a text in it")
    return read


def _named_at(named: tuple[tuple[int, str], ...], at: int) -> str:
    i = bisect_right([start for start, _ in named], at) - 1
    return named[i][1] if i >= 0 else ""


def _bad(path: Path, what: str, mend: str) -> BadInput:
    return BadInput([Problem(str(path), 0, "", what, mend)])
