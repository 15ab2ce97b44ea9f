"""The markup of a Word file: paragraphs, tables, fields, footnotes, as WordprocessingML; whoever parses it binds the prefixes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from trialpool.figures.svg import NOT_XML
from trialpool.reports.column_widths import lines_of
from trialpool.reports.document import Run
from trialpool.reports.html_tables import Cell, Row, Table

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
PIC = "http://schemas.openxmlformats.org/drawingml/2006/picture"
NAMESPACES = f'xmlns:w="{W}" xmlns:r="{R}"'
LONG = 250  # letters of a cell from which on its row may go on on the next page
TWIPS = 20  # to a point
Linked = Callable[[str], str]  # a web address -> the id of its relationship


def words(text: str) -> str:
    """Text as Word takes it: escaped, without characters that XML forbids."""
    return escape(NOT_XML.sub("", text), quote=True)


def run(text: str, *, looks: str = "") -> str:
    """A run; `looks` is markup such as <w:b/>."""
    if not text:
        return ""
    properties = f"<w:rPr>{looks}</w:rPr>" if looks else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{words(text)}</w:t></w:r>'


def link(text: str, href: str, linked: Linked) -> str:
    """Words that lead to a web address; those that lead to a place in the page are words alone."""
    if not href.startswith(("https://", "http://")):
        return run(text)
    return f'<w:hyperlink r:id="{linked(href)}">{run(text, looks=_style("Hyperlink"))}</w:hyperlink>'


def runs(of: Iterable[Run], linked: Linked, footnotes: list[str]) -> str:
    """Runs; their footnotes are appended to `footnotes` and referred to by number."""
    made = []
    for piece in of:
        looks = ('<w:rFonts w:ascii="Consolas" w:hAnsi="Consolas"/>' if piece.code else "") + ("<w:b/>" if piece.bold else "")
        made.append(link(piece.text, piece.href, linked) if piece.href else run(piece.text, looks=looks))
        if piece.cites:
            made.append(run(f" [{','.join(map(str, piece.cites))}]"))
        if piece.footnote:
            footnotes.append(piece.footnote)
            mark = f'<w:footnoteReference w:id="{len(footnotes)}"/>'
            made.append(f"<w:r><w:rPr>{_style('FootnoteReference')}</w:rPr>{mark}</w:r>")
    return "".join(made)


def paragraph(content: str, style: str = "", *, more: str = "") -> str:
    """A paragraph; `more` is markup of its properties."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    properties = f"<w:pPr>{named}{more}</w:pPr>" if named or more else ""
    return f"<w:p>{properties}{content}</w:p>"


def numbered(number: int, text: str) -> str:
    """An entry of a numbered list, its number set off by a tab."""
    return f"{run(f'{number}.')}<w:r><w:tab/></w:r>{run(text)}"


def heading(text: str, level: int, bookmark: int) -> str:
    """A heading that the contents can lead to."""
    start = f'<w:bookmarkStart w:id="{bookmark}" w:name="{bookmark_name(bookmark)}"/>'
    return paragraph(f'{start}{run(text)}<w:bookmarkEnd w:id="{bookmark}"/>', f"Heading{level}")


def bookmark_name(number: int) -> str:
    return f"_Toc{number:06d}"


def caption(kind: str, number: int, text: str, note: str = "", *, keep: bool) -> str:
    """`Table 3. Words. Note`, the number a field that Word counts anew; `keep` holds it on the page of what follows."""
    field = f'<w:fldSimple w:instr=" SEQ {kind} \\* ARABIC ">{run(str(number), looks="<w:b/>")}</w:fldSimple>'
    bold = "<w:b/>"
    said = run(f"{kind} ", looks=bold) + field + run(". ", looks=bold) + run(f"{text} {note}".strip())
    return paragraph(said, "Caption", more="<w:keepNext/>" if keep else "")


def contents(entries: Sequence[tuple[str, int]]) -> list[str]:
    """A table of contents whose entries (words, bookmark) lead to headings of the first level; Word can make it anew."""
    made = [paragraph(run("Contents", looks="<w:b/>"), "TOC1")]
    instruction = r'<w:r><w:instrText xml:space="preserve"> TOC \o "1-1" \n \h </w:instrText></w:r>'
    for i, (text, bookmark) in enumerate(entries):
        opening = _field("begin") + instruction + _field("separate") if i == 0 else ""
        to = f'<w:hyperlink w:anchor="{bookmark_name(bookmark)}" w:history="1">{run(text)}</w:hyperlink>'
        made.append(paragraph(opening + to + (_field("end") if i == len(entries) - 1 else ""), "TOC1"))
    return made


def page_number() -> str:
    """The number of the page, for a footer."""
    page = f'<w:fldSimple w:instr=" PAGE ">{run("1")}</w:fldSimple>'
    return f'{page}{run(" of ")}<w:fldSimple w:instr=" NUMPAGES ">{run("1")}</w:fldSimple>'


def section(page: tuple[float, float], margin: float, footer: str, *, landscape: bool) -> str:
    """The properties of a section: its paper in points, and the footer by the id of its relationship."""
    width, height = page[::-1] if landscape else page
    turned = ' w:orient="landscape"' if landscape else ""
    sides = " ".join(f'w:{side}="{_twips(margin)}"' for side in ("top", "right", "bottom", "left"))
    return (
        f'<w:sectPr><w:footerReference w:type="default" r:id="{footer}"/>'
        f'<w:pgSz w:w="{_twips(width)}" w:h="{_twips(height)}"{turned}/>'
        f'<w:pgMar {sides} w:header="567" w:footer="567" w:gutter="0"/></w:sectPr>'
    )


def picture(number: int, relation: str, size: tuple[int, int], *, title: str, description: str) -> str:
    """A picture in a line of text, its size in EMU, with the words that stand for it."""
    extent = f'cx="{size[0]}" cy="{size[1]}"'
    name = f'id="{number}" name="Figure {number}"'
    drawn = (
        f'<pic:pic xmlns:pic="{PIC}"><pic:nvPicPr><pic:cNvPr {name}/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {extent}/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
    )
    return (
        f'<w:r><w:drawing><wp:inline xmlns:wp="{WP}" xmlns:a="{A}" distT="0" distB="0" distL="0" distR="0"><wp:extent {extent}/>'
        f'<wp:docPr {name} title="{words(title)}" descr="{words(description)}"/>'
        f'<a:graphic><a:graphicData uri="{PIC}">{drawn}</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'
    )


def footnote(number: int, text: str) -> str:
    """The words of a footnote, after its number."""
    mark = f"<w:r><w:rPr>{_style('FootnoteReference')}</w:rPr><w:footnoteRef/></w:r>"
    content = paragraph(f"{mark}{run(f' {text}')}", "FootnoteText")
    return f'<w:footnote w:id="{number}">{content}</w:footnote>'


def table(of: Table, widths: Sequence[float], linked: Linked) -> str:
    """A table whose header is repeated on each page and whose rows stay whole unless they are long."""
    grid = "".join(f'<w:gridCol w:w="{_twips(width)}"/>' for width in widths)
    looks = '<w:tblLook w:val="04A0" w:firstRow="1" w:lastRow="0" w:firstColumn="1" w:lastColumn="0" w:noHBand="0" w:noVBand="1"/>'
    size = f'<w:tblW w:w="{sum(map(_twips, widths))}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
    properties = f'<w:tblPr><w:tblStyle w:val="ReportTable"/>{size}{looks}<w:tblCaption w:val="{words(of.caption)}"/></w:tblPr>'
    head = "".join(
        _cell(paragraph(run(column.head), "TableHead", more=_aligned(column.kind)), width)
        for column, width in zip(of.columns, widths, strict=True)
    )
    rows = [f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>"]
    for group in of.groups:
        if group.head:
            rows.append(_group(group.head, widths))
        rows += [_row(row, of, widths, linked) for row in group.rows]
    return f"<w:tbl>{properties}<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"


def _group(head: str, widths: Sequence[float]) -> str:
    inside = paragraph(run(head, looks="<w:b/>"), "TableText", more="<w:keepNext/>")
    span = f'<w:gridSpan w:val="{len(widths)}"/><w:shd w:val="clear" w:color="auto" w:fill="EEF2F6"/>'
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{_cell(inside, sum(widths), span)}</w:tr>"


def _row(row: Row, of: Table, widths: Sequence[float], linked: Linked) -> str:
    cells = zip(row.cells, of.columns, widths, strict=True)
    made = (_cell(_inside(cell, column.kind, linked, bold=row.total), width) for cell, column, width in cells)
    whole = "<w:trPr><w:cantSplit/></w:trPr>" if all(sum(map(len, lines_of(cell))) < LONG for cell in row.cells) else ""
    return f"<w:tr>{whole}{''.join(made)}</w:tr>"


def _cell(inside: str, width: float, more: str = "") -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{_twips(width)}" w:type="dxa"/>{more}</w:tcPr>{inside}</w:tc>'


def _inside(cell: Cell, kind: str, linked: Linked, *, bold: bool) -> str:
    """The first line, whose links lead on, and what stands below it."""
    pieces = [link(to.text, to.href, linked) for to in cell.links if to.text]
    content = run(" · ").join(pieces) if not bold else run(" · ".join(to.text for to in cell.links), looks="<w:b/>")
    if cell.tag is not None:
        mark = f"{cell.tag.sign} {cell.tag.text}".strip()
        content += run(f" {mark}" if pieces else mark, looks="<w:i/>")
    if cell.below:
        opening = "<w:r><w:br/></w:r>" if content else ""
        content += opening + run(cell.below, looks='<w:color w:val="595959"/>')
    return paragraph(content, "TableText", more=_aligned(kind))


def _aligned(kind: str) -> str:
    return '<w:jc w:val="right"/>' if kind == "number" else ""


def _style(name: str) -> str:
    return f'<w:rStyle w:val="{name}"/>'


def _field(kind: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def _twips(points: float) -> int:
    return round(points * TWIPS)
