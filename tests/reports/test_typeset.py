"""PDF files by typst, read with pdfium."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reports.documents import HOSTILE, document, drawing, pages
from tests.reports.documents import body as body_of

from trialpool.reports.document import Document, Heading, Reference, TableBlock, Turn, numbered, paragraph
from trialpool.reports.html_tables import Column, cell, row, table
from trialpool.reports.typeset import pdf_file
from trialpool.reports.word import word_file


@pytest.fixture(scope="module")
def file() -> bytes:
    return pdf_file(document(), {"forest": drawing()})


def test_the_same_document_gives_the_same_bytes(file):
    assert pdf_file(document(), {"forest": drawing()}) == file


def test_everything_is_said(file):
    text = " ".join(" ".join(pages(file)).split())
    for words in (
        "A title", "What is asked?", "Words.", "Said below.", "cited [1,2]", "an item", "Table 1: Numbers.", "A note.", "A group",
        "0.62 (0.56–0.69)", "0.70 ‡ recalled", "Figure 1: A forest. How to read it.", "drawn", "Table 2: More numbers.",
        "A reference.",
    ):  # fmt: skip
        assert words in text


def test_a_long_table_repeats_its_header():
    long = pages(pdf_file(document(rows=120), {}))
    with_rows = [text for text in long if "Study 50" in text or "Study 110" in text]
    assert len(with_rows) == 2
    assert all("HR (95% CI)" in text for text in with_rows)


@pytest.mark.parametrize("lines", range(40, 46))
def test_a_caption_stands_on_the_page_of_its_table(lines):
    above = tuple(paragraph(f"Line {i}.") for i in range(lines))
    made = document()
    found = _pages(pdf_file(Document(title="T", kind="K", question="", blocks=(*above, *made.blocks[5:6])), {}))
    (at,) = [i for i, text in enumerate(found) if "Table 1" in text]
    assert "HR (95% CI)" in found[at]


def _pages(pdf):
    """The text of each page with single spaces."""
    return [" ".join(text.split()) for text in pages(pdf)]


def test_words_of_a_user_stay_words():
    text = "".join("".join(pages(pdf_file(document(HOSTILE), {}))).split())
    assert "".join(HOSTILE.replace("\u0007", "").replace("`", "").replace("日本", "").split()) in text


def test_no_date_and_no_font_of_the_machine(file):
    assert b"CreationDate" not in file
    assert b"/ModDate" not in file


ANY = st.text(st.characters(exclude_categories=[]), min_size=1, max_size=60)


@settings(max_examples=25, deadline=None)
@given(ANY, ANY, ANY)
def test_any_words_can_be_written(one, two, three):
    body = table(two, (Column(one), Column(two, "number")), [row((cell(three, below=one), cell(two)))], note=three)
    blocks = (Heading(one), paragraph(two, footnote=three), TableBlock(body), Turn(True), Reference(1, three), Heading(two, 2))
    made = Document(title=one, kind=two, question=three, blocks=numbered(blocks))
    assert pdf_file(made, {})[:5] == b"%PDF-"
    assert body_of(word_file(made, {})).tag.endswith("}document")
