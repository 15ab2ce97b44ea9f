"""A document as a PDF file, typeset by typst: fonts of its own, no date, the same bytes each time."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from trialpool.figures.svg import NOT_XML
from trialpool.reports.column_widths import column_widths
from trialpool.reports.document import Block, Contents, Document, FigureBlock, Heading, Paragraph, Reference, Run, TableBlock, Turn
from trialpool.reports.html_tables import Cell, Table

TEMPLATE = Path(__file__).with_name("templates") / "report.typ"
TEXT_WIDTH, TEXT_HEIGHT, LYING_WIDTH = 481.9, 728.5, 728.5  # of A4 with margins of 2 cm, in points
FIGURE_HEIGHT = 0.86  # of the page that a figure takes at most
TABLE_SIZE = 7.5
BREAKABLE = "/._?=&"  # after these a long word may be broken
LONG_WORD = 24
NO_WIDTH = "\N{ZERO WIDTH SPACE}"


def pdf_file(document: Document, drawings: Mapping[str, bytes]) -> bytes:
    """The document as .pdf.

    Parameters
    ----------
    document : what `document_of` made
    drawings : figures by name, as PDF; a figure that is lacking is left out
    """
    import matplotlib
    import typst

    fonts = Path(matplotlib.get_data_path(), "fonts", "ttf")
    with tempfile.TemporaryDirectory(prefix="trialpool-pdf-") as made:
        folder = Path(made)
        (folder / "report.typ").write_bytes(TEMPLATE.read_bytes())
        (folder / "report.json").write_text(json.dumps(_data(document, drawings), ensure_ascii=True), encoding="utf-8")
        for name, drawing in drawings.items():
            (folder / f"{name}.pdf").write_bytes(drawing)
        written = typst.compile(
            folder / "report.typ", root=folder, font_paths=[fonts], ignore_system_fonts=True, format="pdf", timestamp=0
        )
    return bytes(written)


def _data(document: Document, drawings: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        "word": _clean(document.kind),
        "title": _clean(document.title),
        "question": _clean(document.question),
        "parts": list(_parts(document.blocks, drawings)),
    }


def _parts(blocks: tuple[Block, ...], drawings: Mapping[str, bytes]) -> Iterator[dict[str, Any]]:
    """Stretches of blocks on pages that stand alike."""
    part: dict[str, Any] = {"landscape": False, "blocks": []}
    for block in blocks:
        if isinstance(block, Turn):
            yield part
            part = {"landscape": block.landscape, "blocks": []}
        elif not isinstance(block, FigureBlock) or block.name in drawings:
            part["blocks"].append(_block(block, LYING_WIDTH if part["landscape"] else TEXT_WIDTH))
    yield part


def _block(block: Heading | Paragraph | Reference | TableBlock | FigureBlock | Contents, width: float) -> dict[str, Any]:
    match block:
        case Heading():
            return {"kind": "heading", "text": _clean(block.text), "level": block.level}
        case Paragraph():
            return {"kind": "paragraph", "style": block.style, "runs": [_run(run) for run in block.runs]}
        case Reference():
            return {"kind": "reference", "number": block.number, "text": _clean(block.text)}
        case Contents():
            return {"kind": "contents"}
        case TableBlock():
            return {"kind": "table"} | _table(block.table, width)
        case FigureBlock():
            scale = min(1.0, TEXT_WIDTH / block.width, FIGURE_HEIGHT * TEXT_HEIGHT / block.height)
            return {
                "kind": "figure",
                "file": f"{block.name}.pdf",
                "width": block.width * scale,
                "title": _clean(block.title),
                "note": _clean(block.note),
                "description": _clean(block.description),
            }


def _run(run: Run) -> dict[str, Any]:
    return {
        "text": _clean(run.text),
        "bold": run.bold,
        "code": run.code,
        "href": run.href,
        "cites": f"[{','.join(map(str, run.cites))}]" if run.cites else "",
        "footnote": _clean(run.footnote),
    }


def _table(table: Table, width: float) -> dict[str, Any]:
    widths = column_widths(table, width, size=TABLE_SIZE)
    columns = [
        {"head": _clean(column.head), "number": column.kind == "number", "width": each}
        for column, each in zip(table.columns, widths, strict=True)
    ]
    rows: list[dict[str, Any]] = []
    for group in table.groups:
        if group.head:
            rows.append({"group": _clean(group.head), "cells": [], "total": False})
        rows += [{"group": "", "cells": [_cell(cell) for cell in row.cells], "total": row.total} for row in group.rows]
    return {"caption": _clean(table.caption), "note": _clean(table.note), "columns": columns, "rows": rows}


def _cell(cell: Cell) -> dict[str, Any]:
    links = [
        {"text": _broken(link.text), "href": link.href if link.href.startswith(("https://", "http://")) else ""}
        for link in cell.links
        if link.text
    ]
    mark = f"{cell.tag.sign} {cell.tag.text}".strip() if cell.tag is not None else ""
    return {"links": links, "mark": _clean(mark), "below": _broken(cell.below)}


def _clean(text: str) -> str:
    return NOT_XML.sub("", text)


def _broken(text: str) -> str:
    """Text whose long words, addresses above all, may be broken after their marks."""
    return " ".join(map(_broken_word, _clean(text).split(" ")))


def _broken_word(word: str) -> str:
    return "".join(c + NO_WIDTH if c in BREAKABLE else c for c in word) if len(word) > LONG_WORD else word
