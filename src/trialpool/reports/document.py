"""A document as blocks in their order: what Word and PDF files are made of, with no word of how either looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from trialpool.reports.html_tables import Table

Style = Literal["", "lead", "question", "item", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of words that look alike.

    cites    : numbers of references, set after the words
    footnote : words of a footnote that hangs on the end of these
    """

    text: str
    bold: bool = False
    code: bool = False
    href: str = ""
    cites: tuple[int, ...] = ()
    footnote: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; 1 is a section."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Runs of words; an `item` is one of a list."""

    runs: tuple[Run, ...]
    style: Style = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """An entry of the list of references."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table with its number."""

    table: Table
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureBlock:
    """A figure by name, how it is called and read, and what it shows in words; its size in points."""

    name: str
    title: str
    note: str
    description: str
    width: float
    height: float
    number: int = 0


@dataclass(frozen=True, slots=True)
class Contents:
    """The headings of the first level, all of the document."""


@dataclass(frozen=True, slots=True)
class Turn:
    """From here on pages stand (or lie, where `landscape`)."""

    landscape: bool


Block = Heading | Paragraph | Reference | TableBlock | FigureBlock | Contents | Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A report from its title to its appendix."""

    title: str
    kind: str
    question: str
    blocks: tuple[Block, ...]


def numbered(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Tables and figures numbered in their order, each kind by itself; pages turned only where something stands on them."""
    return tuple(_numbered(_turned(blocks)))


def _turned(blocks: Iterable[Block]) -> Iterator[Block]:
    now = wanted = False
    for block in blocks:
        if isinstance(block, Turn):
            wanted = block.landscape
            continue
        if wanted != now:
            yield Turn(wanted)
        now = wanted
        yield block


def _numbered(blocks: Iterable[Block]) -> Iterator[Block]:
    tables = figures = 0
    for block in blocks:
        if isinstance(block, TableBlock):
            tables += 1
            yield replace(block, number=tables)
        elif isinstance(block, FigureBlock):
            figures += 1
            yield replace(block, number=figures)
        else:
            yield block


def paragraph(text: str, style: Style = "", *, cites: tuple[int, ...] = (), footnote: str = "") -> Paragraph:
    """A paragraph of words in which names between backticks are code.

    >>> [(run.text, run.code) for run in paragraph("by `use` alone").runs]
    [('by ', False), ('use', True), (' alone', False)]
    """
    pieces = [(piece, i % 2 == 1) for i, piece in enumerate(text.split("`"))]
    runs = [Run(text=piece, code=code) for piece, code in pieces if piece]
    if cites or footnote:
        runs.append(Run(text="", cites=cites, footnote=footnote))
    return Paragraph(tuple(runs), style)


def defined(term: str, meaning: str) -> Paragraph:
    """A term and what it means, as an item of a list."""
    return Paragraph((Run(text=f"{term}: ", bold=True), *paragraph(meaning).runs), "item")


def items(texts: Iterable[str]) -> Iterator[Paragraph]:
    """The texts as a list."""
    for text in texts:
        yield paragraph(text, "item")
