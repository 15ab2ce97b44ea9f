"""PDF and PNG of a figure, read with pdfium and Pillow: what is marked is what is there."""

from __future__ import annotations

import io

import pypdfium2
import pytest
from PIL import Image
from pypdfium2 import raw
from tests.figures.examples import FIGURES

from trialpool.figures.canvas import Figure, Sheet
from trialpool.figures.lettering import start_of, text_width
from trialpool.figures.marks import Text
from trialpool.figures.printed import PNG_DPI

BEARING = 1.6  # points by which a letter's ink may stand in, or out of, the room it takes


def lines_of_text(figure: Figure) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Every line of text of the PDF with where its ink is: left, top, right, bottom, in points from the top left corner."""
    document = pypdfium2.PdfDocument(figure.to_bytes("pdf"))
    (page,) = document
    whole = page.get_textpage()
    found = []
    for drawn in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
        left, low, right, high = drawn.get_bounds()
        found.append((_text(drawn, whole), (left, figure.height - high, right, figure.height - low)))
    document.close()
    return found


def _text(drawn, page) -> str:
    length = raw.FPDFTextObj_GetText(drawn, page, None, 0)
    letters = (raw.FPDF_WCHAR * length)()
    raw.FPDFTextObj_GetText(drawn, page, letters, length)
    return bytes(letters).decode("utf-16-le").rstrip("\0 ")  # pdfium adds spaces between lines


@pytest.mark.parametrize("name", ["forest-3", "funnel-18", "sensitivity", "flow-large"])
def test_every_line_of_text_is_one_in_the_pdf_and_as_wide_as_was_measured(name):
    figure = FIGURES[name]()
    marks = [mark for mark in figure.marks if isinstance(mark, Text)]
    found = lines_of_text(figure)
    assert [text for text, _ in found] == [mark.text for mark in marks]
    for mark, (text, (left, top, right, bottom)) in zip(marks, found, strict=True):
        (x, y), width = start_of(mark), text_width(mark.text, mark.size, bold=mark.bold)
        ends = (bottom, top) if mark.turned else (left, right)
        expected = (y, y - width) if mark.turned else (x, x + width)
        assert (text, ends) == (text, pytest.approx(expected, abs=BEARING))
        across = (left, right) if mark.turned else (top, bottom)
        base = x if mark.turned else y
        assert base - mark.size <= across[0] < across[1] <= base + mark.size / 3


def sheet_of_each() -> Figure:
    sheet = Sheet()
    sheet.box(10, 10, 30, 20, fill="#ff0000")
    sheet.disc(50, 15, 5, fill="#00ff00")
    sheet.line((70, 10), (70, 20), (90, 20), colour="#0000ff", width=2)
    sheet.line((10, 40), (90, 40), colour="#000000", width=2, dash="dashed")
    sheet.box(10, 50, 30, 70, edge="#ff0000", width=2)
    for left in (50, 60, 70):
        sheet.box(left, 50, left + 10, 60, fill="#ffff00")
    sheet.text(10, 90, "<b>#eval $x$ *bold*")
    return sheet.figure(title="Each", description="One of each", width=100, height=100)


def test_marks_have_their_place_and_colour():
    with Image.open(io.BytesIO(sheet_of_each().to_bytes("png"))) as image:
        at = {place: image.getpixel((round(place[0] * PNG_DPI / 72), round(place[1] * PNG_DPI / 72))) for place in PIXELS}
    assert at == PIXELS


WHITE, RED, YELLOW = (255, 255, 255), (255, 0, 0), (255, 255, 0)
PIXELS = {
    (2, 2): WHITE, (20, 15): RED, (50, 15): (0, 255, 0), (70, 15): (0, 0, 255), (80, 20): (0, 0, 255), (80, 12): WHITE,
    (11, 40): (0, 0, 0), (14.6, 40): WHITE, (10, 60): RED, (20, 60): WHITE, (55, 55): YELLOW, (65, 55): YELLOW, (75, 55): YELLOW,
}  # fmt: skip


def test_words_stay_words():
    assert [text for text, _ in lines_of_text(sheet_of_each())] == ["<b>#eval $x$ *bold*"]


def test_the_pdf_says_what_it_is():
    document = pypdfium2.PdfDocument(sheet_of_each().to_bytes("pdf"))
    told = {name: document.get_metadata_dict()[name] for name in ("Title", "Subject", "Author", "CreationDate", "ModDate")}
    assert told == {"Title": "Each", "Subject": "One of each", "Author": "", "CreationDate": "", "ModDate": ""}
    assert len(document) == 1
    assert document[0].get_size() == pytest.approx((100, 100))


def test_the_pdf_is_read_aloud_by_its_description():
    document = pypdfium2.PdfDocument(sheet_of_each().to_bytes("pdf"))
    tree = raw.FPDF_StructTree_GetForPage(document[0])
    root = raw.FPDF_StructTree_GetChildAtIndex(tree, 0)
    figure = raw.FPDF_StructElement_GetChildAtIndex(root, 0)
    letters = (raw.FPDF_WCHAR * raw.FPDF_StructElement_GetAltText(figure, None, 0))()
    raw.FPDF_StructElement_GetAltText(figure, letters, len(bytes(letters)))
    assert bytes(letters).decode("utf-16-le").rstrip("\0") == "One of each"
