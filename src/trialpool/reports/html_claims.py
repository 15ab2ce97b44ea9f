"""What texts claim, as pages show it: the text with each thing that it says marked and explained, and the table of verdicts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from trialpool.analysis.claims import verify
from trialpool.analysis.claims_evidence import VERDICTS
from trialpool.analysis.claims_judged import SIDES, Judged, VerifiedText
from trialpool.analysis.findings import Findings
from trialpool.reports.html_tables import Cell, Column, Table, Tag, cell, row, table

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")
SIGNS = {"borne out": "✓", "contradicted": "✗", "disputed": "≠", "not borne out": "–", "too uncertain": "?", "can't be judged": ""}
KINDS = {
    "borne out": "agrees",
    "contradicted": "differs",
    "disputed": "derived",
    "not borne out": "derived",
    "too uncertain": "derived",
}
HEADS = {"itself": "By its own figures", "text": "By the rest of the text", "review": "By this review", "published": "As published"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing that a sentence says, with its verdict."""

    number: int
    tag: Tag
    said: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of the text; with notes where it says something that was judged. `breaks` is whether a paragraph begins with it."""

    text: str
    kind: str
    notes: tuple[Note, ...]
    breaks: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView:
    """A text and its verdicts as a section of a page."""

    id: str
    name: str
    summary: str
    pieces: tuple[Piece, ...]
    table: Table | None


def claim_views(findings: Findings) -> tuple[ClaimView, ...]:
    """The texts of the review's claims/, verified."""
    texts = findings.review.claims
    return tuple(claim_view(verify(findings, text.text, name=text.name), i) for i, text in enumerate(texts, start=1))


def claim_view(verified: VerifiedText, number: int = 1) -> ClaimView:
    return ClaimView(
        id=f"claims-{number}",
        name=verified.name,
        summary=verified.summary,
        pieces=tuple(_pieces(verified)),
        table=_table(verified) if verified.judged else None,
    )


def meanings() -> tuple[tuple[Tag, str], ...]:
    """Every verdict with what it means."""
    return tuple((verdict_tag(verdict), meaning) for verdict, meaning in VERDICTS.items())


def verdict_tag(verdict: str) -> Tag:
    return Tag(verdict, KINDS.get(verdict, "other"), SIGNS[verdict])


def claims_page(verified: VerifiedText) -> str:
    """A page of its own for one text: it asks nothing of the network, and escapes every word of the text."""
    template = _environment().get_template("claims_page.html.j2")
    return template.render(view=claim_view(verified), meanings=meanings(), style=_style())


def write_whole(path: Path, page: str) -> None:
    """Write a page so that it is there whole or as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, made = tempfile.mkstemp(prefix=".claims-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(page.encode())
        Path(made).chmod(0o644)
        Path(made).replace(path)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise


def _pieces(verified: VerifiedText) -> Iterator[Piece]:
    """The text in order, cut where a sentence that says something begins and ends."""
    numbered = {id(item): i for i, item in enumerate(verified.judged, start=1)}
    last = 0
    for start, end in sorted({(item.sentence_start, item.sentence_end) for item in verified.judged}):
        yield from _plain(verified.text[last:start])
        items = [item for item in verified.judged if (item.sentence_start, item.sentence_end) == (start, end)]
        ranked = list(VERDICTS)
        gravest = min((item.verdict for item in items), key=ranked.index)
        notes = tuple(
            Note(number=numbered[id(item)], tag=verdict_tag(item.verdict), said=_said(item), why=item.why) for item in items
        )
        breaks = "\n\n" in verified.text[last:start] or start == 0
        yield Piece(text=" ".join(verified.text[start:end].split()), kind=KINDS.get(gravest, "other"), notes=notes, breaks=breaks)
        last = end
    yield from _plain(verified.text[last:])


def _plain(text: str) -> Iterator[Piece]:
    for i, paragraph in enumerate(text.split("\n\n")):
        if words := " ".join(paragraph.split()):
            yield Piece(text=words, kind="", notes=(), breaks=i > 0)


def _said(item: Judged) -> str:
    of = "" if item.scope == "overall" else f" ({item.scope})"
    return f"{item.said}{of}" if item.kind == "figures" else f"{item.outcome}{of}: said to be {item.claim}"


def _table(verified: VerifiedText) -> Table:
    columns = (Column("No.", "number"), Column("Said", "long"), *(Column(HEADS[side], "long") for side in SIDES), Column("Verdict"))
    rows = (
        row(
            (
                cell(i),
                cell(
                    _said(item),
                    below=""
                    if item.kind == "figures"
                    else f"\N{LEFT DOUBLE QUOTATION MARK}{item.said}\N{RIGHT DOUBLE QUOTATION MARK}",
                ),
                *(Cell(tag=verdict_tag(item.by(side).verdict), below=item.by(side).why) for side in SIDES),
                Cell(tag=verdict_tag(item.verdict)),
            )
        )
        for i, item in enumerate(verified.judged, start=1)
    )
    return table(f"Verdicts on {verified.name}", columns, rows, wide=True)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> object:
    from markupsafe import Markup

    return Markup((TEMPLATES / "report.css").read_text(encoding="utf-8").replace("\r\n", "\n"))
