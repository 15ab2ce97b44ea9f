"""Word files: what Word's own format asks for, read with python-docx, the standard library's XML and LibreOffice."""

from __future__ import annotations

import io
import shutil
import subprocess

import docx
import pytest
from tests.reports.documents import HOSTILE, W, body, document, pages, parts, picture, said, write

from trialpool.reports.word import with_fewer_colours, word_file


@pytest.fixture(scope="module")
def file() -> bytes:
    return word_file(document(), {"forest": picture()})


def test_the_same_document_gives_the_same_bytes(file):
    assert word_file(document(), {"forest": picture()}) == file


def test_python_docx_reads_headings_paragraphs_and_tables(file):
    word = docx.Document(io.BytesIO(file))
    headings = [(p.style.name, p.text) for p in word.paragraphs if p.style.name.startswith("Heading")]
    assert headings == [("Heading 1", "First"), ("Heading 2", "Second"), ("Heading 1", "Third")]
    assert [t.style.name for t in word.tables] == ["Report Table", "Report Table"]
    cells = [[c.text for c in row.cells] for row in word.tables[0].rows]
    assert cells == [
        ["Study", "HR (95% CI)"],
        ["A group", "A group"],
        ["Study 0\nbelow", "0.62 (0.56–0.69)"],
        ["Study 1\nbelow", "0.62 (0.56–0.69)"],
        ["10.1/x · inside", "1"],
        ["All", "0.70 ‡ recalled"],
    ]


def test_captions_are_numbered_by_fields_in_their_order(file):
    captions = [
        p for p in body(file).iter(f"{W}p") if (s := p.find(f"{W}pPr/{W}pStyle")) is not None and s.get(f"{W}val") == "Caption"
    ]
    assert [said(p) for p in captions] == [
        "Table 1. Numbers.",
        "Figure 1. A forest. How to read it.",
        "Table 2. More numbers.",
    ]
    fields = [p.find(f"{W}fldSimple").get(f"{W}instr").split()[:2] for p in captions]
    assert fields == [["SEQ", "Table"], ["SEQ", "Figure"], ["SEQ", "Table"]]


def test_header_rows_are_repeated_and_rows_stay_whole(file):
    for table in body(file).iter(f"{W}tbl"):
        rows = table.findall(f"{W}tr")
        assert [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows] == [True] + [False] * (len(rows) - 1)
        assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)


def test_a_figure_has_words_in_its_place_and_a_size_within_the_page(file):
    (described,) = [e for e in body(file).iter() if e.tag.endswith("}docPr")]
    assert (described.get("title"), described.get("descr")) == ("A forest", "Shows much")
    (extent,) = [e for e in body(file).iter() if e.tag.endswith("}extent")]
    width, height = int(extent.get("cx")) / 12_700, int(extent.get("cy")) / 12_700
    assert width == pytest.approx(481.9, abs=0.1)  # A4 less 2 cm at each side
    assert height / width == pytest.approx(300 / 560, abs=1e-3)


def test_a_footnote_is_one(file):
    notes = parts(file)["word/footnotes.xml"].decode()
    assert "Said below." in notes
    marks = [e.get(f"{W}id") for e in body(file).iter(f"{W}footnoteReference")]
    assert marks == ["1"]
    assert '<w:footnote w:id="1">' in notes
    assert "footnotes+xml" in parts(file)["[Content_Types].xml"].decode()


def test_the_contents_lead_to_the_headings(file):
    entries = {e.get(f"{W}anchor"): said(e) for e in body(file).iter(f"{W}hyperlink") if e.get(f"{W}anchor")}
    marks = {e.get(f"{W}name") for e in body(file).iter(f"{W}bookmarkStart")}
    assert list(entries.values()) == ["First", "Second", "Third"]
    assert set(entries) <= marks


def test_pages_lie_only_where_something_stands_on_them(file):
    turned = [e.get(f"{W}orient") for e in body(file).iter(f"{W}pgSz")]
    assert turned == [None, "landscape"]  # Turn(True), Turn(False) with nothing between leaves no page


def test_nobody_and_no_date_is_named(file):
    core = parts(file)["docProps/core.xml"].decode()
    assert "python-docx" not in core
    assert "created" not in core
    assert "<dc:title>A title</dc:title>" in core


def test_words_of_a_user_stay_words():
    hostile = word_file(document(HOSTILE), {})
    assert said(body(hostile)).count(HOSTILE.replace("\u0007", "").replace("`", "")) == 1


def test_a_picture_of_few_colours_keeps_its_size_and_looks():
    from PIL import Image

    small = Image.open(io.BytesIO(with_fewer_colours(picture())))
    assert small.size == (40, 20)
    assert small.convert("RGB").getpixel((3, 3)) == (255, 0, 0)
    assert small.info["dpi"] == pytest.approx((200, 200), abs=0.1)


def test_paper_stays_white():
    from PIL import Image, ImageDraw

    drawn = Image.new("RGB", (300, 200), "white")
    for i in range(250):
        ImageDraw.Draw(drawn).point((20 + i % 50, 20 + i // 50), (i, 255 - i, 128))
    made = io.BytesIO()
    drawn.save(made, "png")
    assert Image.open(io.BytesIO(with_fewer_colours(made.getvalue()))).convert("RGB").getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_it(tmp_path, file):
    source = write(tmp_path / "review.docx", file)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    text = " ".join(pages((tmp_path / "review.pdf").read_bytes()))
    for words in (
        "A title",
        "First",
        "Table 1. Numbers.",
        "Figure 1. A forest.",
        "Table 2. More numbers.",
        "Said below.",
        "A reference.",
    ):
        assert words in text
