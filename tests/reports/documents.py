"""A small document with everything that a document can hold, and what a Word file says when it is read anew."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from trialpool.reports.document import Contents, Document, FigureBlock, Heading, Reference, TableBlock, Turn, numbered, paragraph
from trialpool.reports.html_tables import Cell, Column, Group, Link, Tag, cell, row, table

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HOSTILE = "#let x = 1 $ <b> & \"quotes\" 'single' [x] @y \\ * _ ` // \u0007 τ² ≥ 日本"


def picture() -> bytes:
    """A small PNG."""
    from PIL import Image

    made = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(made, "png", dpi=(200, 200))
    return made.getvalue()


def drawing() -> bytes:
    """A small PDF."""
    from trialpool.figures.canvas import Sheet

    sheet = Sheet()
    sheet.text(10, 20, "drawn")
    return sheet.figure(title="A figure", description="A word", width=100, height=50).to_bytes("pdf")


def small_table(caption: str = "Numbers", rows: int = 2):
    of = [row((cell(f"Study {i}", below="below"), cell("0.62 (0.56–0.69)"))) for i in range(rows)]
    total = row((cell("All"), cell("0.70", tag=Tag("recalled", "recalled", "‡"))), total=True)
    link = row((Cell(links=(Link("10.1/x", "https://doi.org/10.1/x"), Link("inside", "#place"))), cell("1")))
    groups = (Group(rows=tuple(of), head="A group"), Group(rows=(link, total)))
    return table(caption, (Column("Study"), Column("HR (95% CI)", "number")), groups, note="A note.")


def document(text: str = "Words.", rows: int = 2) -> Document:
    figure = FigureBlock(name="forest", title="A forest", note="How to read it.", description="Shows much", width=560, height=300)
    blocks = (
        Heading("First"),
        paragraph(text, "lead", footnote="Said below."),
        paragraph("cited", cites=(1, 2)),
        paragraph("an item", "item"),
        Contents(),
        TableBlock(small_table(rows=rows)),
        Heading("Second", 2),
        figure,
        Turn(True),
        Turn(False),
        TableBlock(small_table("More numbers")),
        Turn(True),
        Heading("Third"),
        Reference(1, "A reference."),
    )
    return Document(title="A title", kind="Meta-analysis", question="What is asked?", blocks=numbered(blocks))


def parts(file: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def body(file: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(parts(file)["word/document.xml"])


def said(element: ElementTree.Element) -> str:
    """The words of an element, a tab for a tab."""
    return "".join("\t" if e.tag == f"{W}tab" else e.text or "" for e in element.iter() if e.tag in (f"{W}t", f"{W}tab"))


def pages(pdf: bytes) -> list[str]:
    """The text of each page."""
    import pypdfium2

    opened = pypdfium2.PdfDocument(pdf)
    texts = [page.get_textpage().get_text_bounded() for page in opened]
    opened.close()
    return texts


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
