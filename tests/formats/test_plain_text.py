"""Text comes out of plain text, HTML, PDF and PubMed XML with the place of each passage; what holds no text is said to."""

from __future__ import annotations

import io

import pytest

import trialpool as tp
from trialpool.errors import BadInput
from trialpool.formats.plain_text import SUFFIXES

PUBMED = """<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2019//EN" "pubmed_190101.dtd">
<PubmedArticleSet>{}</PubmedArticleSet>"""
RECORD = """<PubmedArticle><MedlineCitation><PMID Version="1">{pmid}</PMID><Article><ArticleTitle>A trial.</ArticleTitle><Abstract>
<AbstractText Label="RESULTS">Survival: <i>HR</i> {hr} (95% CI, 0.57-0.67).</AbstractText></Abstract></Article></MedlineCitation>
</PubmedArticle>"""


def read(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return tp.read_text(path)


def refusal(tmp_path, name, content):
    with pytest.raises(BadInput) as refused:
        read(tmp_path, name, content)
    return str(refused.value).removeprefix(f"{tmp_path / name}: ")


def pdf(*pages):
    """A PDF drawn by matplotlib, its letters kept as letters."""
    import matplotlib
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure

    out = io.BytesIO()
    with matplotlib.rc_context({"pdf.fonttype": 42}), PdfPages(out) as file:
        for words in pages:
            figure = Figure()
            figure.text(0.05, 0.5, words)
            file.savefig(figure)
    return out.getvalue()


def test_a_pdf_page_by_page(tmp_path):
    made = pdf("A title", "Death: haz-\nard ratio 0.62 (95% CI 0.57-\n0.67)")
    text = read(tmp_path, "a.pdf", made)
    (s,) = tp.read_effect_statements(text.text)
    assert (str(s), text.place(s.start), text.source(s.start)) == ("HR 0.62 (95% CI 0.57 to 0.67), OS", "page 2", "a.pdf")


def test_a_pdf_without_text_is_said_to_be_one(tmp_path):
    ocr = "Its pages are pictures: run it through text recognition (OCR) first."
    assert refusal(tmp_path, "scan.pdf", pdf("")) == f"the PDF has 1 page and no text in it. {ocr}"
    assert refusal(tmp_path, "scans.pdf", pdf("", "")) == f"the PDF has 2 pages and no text in them. {ocr}"


def test_html_without_its_scripts_and_with_its_headings(tmp_path):
    page = (
        "<!doctype html><html><head><title>T</title><style>p{}</style><script>HR 0.1 (0.05-0.2)</script></head>"
        "<body>"
        "<nav>HR 0.2 (0.1-0.3)</nav><h2>Main &amp; more</h2>"
        "<p>PFS: HR&nbsp;0&middot;62 (95%&nbsp;CI <b>0&middot;57</b>&ndash;0&middot;67)</p><p>next</body></html>"
    )
    text = read(tmp_path, "news.html", page)
    (s,) = tp.read_effect_statements(text.text)
    assert (str(s), text.place(s.start)) == ("HR 0.62 (95% CI 0.57 to 0.67), PFS", "under 'Main & more'")
    assert read(tmp_path, "news", page).text == text.text


def test_pubmed_records_each_with_its_number(tmp_path):
    records = "".join(RECORD.format(pmid=pmid, hr=hr) for pmid, hr in ((11, "0.62"), (22, "0.61")))
    text = read(tmp_path, "export.xml", PUBMED.format(records))
    found = tp.read_effect_statements(text.text)
    assert [text.place(s.start) for s in found] == ["PMID 11, abstract, results", "PMID 22, abstract, results"]
    assert [text.source(s.start) for s in found] == ["PMID 11", "PMID 22"]


def test_plain_text_in_other_encodings_and_lines(tmp_path):
    assert read(tmp_path, "a.txt", "Größe\r\nzwei".encode("cp1252")).text == "Größe\nzwei"
    assert read(tmp_path, "b.txt", "Größe".encode("utf-16")).text == "Größe"
    assert read(tmp_path, "c.md", b"\xef\xbb\xbfone\ntwo").place(5) == "line 2"


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.xml", "<a/>", "there is no PubMed record in the XML. Export it from PubMed as XML, or give the text itself."),
        (
            "a.xml",
            '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><a/>',
            "the XML defines entities of its own. Export it from PubMed anew, as XML.",
        ),
        (
            "a.txt",
            bytes(range(1, 256)),
            f"the file is not text (it holds 26 control characters). Give {SUFFIXES}.",
        ),
        ("a.html", "<html><script>x</script></html>", "there is no text in the file. Give a file with a text in it."),
    ],
)
def test_what_holds_no_text_is_refused(tmp_path, name, content, what):
    assert refusal(tmp_path, name, content) == what


def test_a_folder_is_no_text(tmp_path):
    with pytest.raises(BadInput) as refused:
        tp.read_text(tmp_path)
    assert str(refused.value) == f"{tmp_path}: this is a folder, not a text. Give the path of one text in it."
