"""Word files: what Word's own format asks for, read with python-docx, the standard library's XML and LibreOffice."""

from __future__ import annotations

import io
import shutil
import subprocess
from xml.etree import ElementTree

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


def test_the_contents_lead_to_the_headings_of_the_first_level(file):
    entries = {e.get(f"{W}anchor"): said(e) for e in body(file).iter(f"{W}hyperlink") if e.get(f"{W}anchor")}
    marks = {e.get(f"{W}name") for e in body(file).iter(f"{W}bookmarkStart")}
    assert list(entries.values()) == ["First", "Third"]
    assert set(entries) <= marks


def test_pages_lie_only_where_something_stands_on_them(file):
    turned = [e.get(f"{W}orient") for e in body(file).iter(f"{W}pgSz")]
    assert turned == [None, "landscape"]  # Turn(True), Turn(False) with nothing between leaves no page


def test_nobody_and_no_date_is_named(file):
    core = parts(file)["docProps/core.xml"].decode()
    assert "python-docx" not in core
    assert "created" not in core
    assert "<dc:title>A title</dc:title>" in core
    assert not any(b"Microsoft Macintosh Word" in content for content in parts(file).values())


def test_words_of_a_user_stay_words():
    hostile = word_file(document(HOSTILE), {})
    assert said(body(hostile)).count(HOSTILE.replace("\u0007", "").replace("`", "")) == 1


def test_a_picture_of_few_colours_keeps_its_size_and_looks():
    from PIL import Image

    small = Image.open(io.BytesIO(with_fewer_colours(Image.open(io.BytesIO(picture())))))
    assert small.size == (40, 20)
    assert small.convert("RGB").getpixel((3, 3)) == (255, 0, 0)
    assert small.info["dpi"] == pytest.approx((200, 200), abs=0.1)


def test_paper_stays_white():
    from PIL import Image, ImageDraw

    drawn = Image.new("RGB", (300, 200), "white")
    for i in range(250):
        ImageDraw.Draw(drawn).point((20 + i % 50, 20 + i // 50), (i, 255 - i, 128))
    assert Image.open(io.BytesIO(with_fewer_colours(drawn))).convert("RGB").getpixel((0, 0)) == (255, 255, 255)


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


# the order of children in ECMA-376 part 1 (transitional), of those that are used here and their neighbours
ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore widowControl numPr pBdr shd tabs spacing ind jc outlineLvl rPr sectPr",
    "rPr": "rStyle rFonts b bCs i iCs caps smallCaps strike color spacing w kern position sz szCs highlight u vertAlign lang",
    "tblPr": "tblStyle tblpPr tblW jc tblCellSpacing tblInd tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription",
    "tcPr": "tcW gridSpan vMerge tcBorders shd noWrap tcMar vAlign",
    "sectPr": "headerReference footerReference footnotePr type pgSz pgMar pgBorders cols titlePg docGrid",
    "style": "name aliases basedOn next link uiPriority semiHidden unhideWhenUsed qFormat rsid pPr rPr tblPr trPr tcPr tblStylePr",
    "abstractNum": "nsid multiLevelType tmpl name lvl",
    "lvl": "start numFmt lvlRestart pStyle suff lvlText lvlJc pPr rPr",
    "numbering": "numPicBullet abstractNum num",
    "tbl": "bookmarkStart tblPr tblGrid tr",
    "tr": "trPr tc",
    "tc": "tcPr p",
}


@pytest.mark.parametrize("part", ["document", "styles", "numbering", "footnotes", "footer1", "settings"])
def test_elements_stand_in_the_order_of_the_format(file, part):
    root = ElementTree.fromstring(parts(file)[f"word/{part}.xml"])
    for element in root.iter():
        wanted = ORDER.get(element.tag.removeprefix(W), "").split()
        found = [child.tag.removeprefix(W) for child in element]
        if wanted:
            assert set(found) <= set(wanted), element.tag
            assert [wanted.index(name) for name in found] == sorted(wanted.index(name) for name in found), element.tag


def test_numbers_of_pictures_and_bookmarks_are_their_own(file):
    for kind, attribute in (("}docPr", "id"), ("}bookmarkStart", f"{W}id")):
        numbers = [e.get(attribute) for e in body(file).iter() if e.tag.endswith(kind)]
        assert len(set(numbers)) == len(numbers)


def test_every_style_that_is_named_is_there(file):
    styles = {e.get(f"{W}styleId") for e in ElementTree.fromstring(parts(file)["word/styles.xml"]).iter(f"{W}style")}
    for part in ("document", "footnotes", "footer1", "styles"):
        root = ElementTree.fromstring(parts(file)[f"word/{part}.xml"])
        named = {e.get(f"{W}val") for tag in ("pStyle", "rStyle", "tblStyle", "basedOn", "next") for e in root.iter(f"{W}{tag}")}
        assert named - styles == set()
