"""Exports that are written otherwise than their format says: put together, in lower case, with letters of another encoding."""

import pytest

from trialpool.formats.records.reading import records_in

CANONICAL = "TY  - JOUR\nAU  - Smith, J\nTI  - A trial\nPY  - 2010\nER  - \n"


def read(text, name="x.ris"):
    return records_in(text if isinstance(text, bytes) else text.encode(), name)


def said(found):
    return [str(problem) for problem in found.problems]


class TestTagsOfRis:
    @pytest.mark.parametrize(
        "text",
        [
            CANONICAL.replace("JOUR", "jour")
            .lower()
            .replace("jour", "JOUR")
            .replace("smith, j", "Smith, J")
            .replace("a tr", "A tr"),
            "".join(f"  {line}" for line in CANONICAL.splitlines(keepends=True)),
            CANONICAL.replace("  - ", " - "),
            CANONICAL.replace("  - ", "  -"),
            CANONICAL.replace("ER  - ", "ER -"),
            CANONICAL.replace("  - ", "  -\t"),
        ],
        ids=["lower case", "indented", "one blank", "no blank behind", "end with one blank", "a tab"],
    )
    def test_however_written(self, text):
        found = read(text)
        (record,) = found
        assert (record.title, record.authors, record.year, record.kind) == ("A trial", ("Smith, J",), 2010, "article")
        assert said(found) == []

    def test_exports_of_two_databases_in_one_file(self):
        other = CANONICAL.replace("  - ", " - ").replace("A trial", "Another")
        assert [record.title for record in read(CANONICAL + other + CANONICAL)] == ["A trial", "Another", "A trial"]

    def test_a_line_of_an_abstract_that_looks_like_the_end(self):
        text = CANONICAL.replace(
            "ER  - ", "AB  - Tumours were classified.\nER  - positive disease was common.\nKW  - breast\nER  - "
        )
        (record,) = read(text)
        assert record.abstract == "Tumours were classified.\nER  - positive disease was common."
        assert record.keywords == ("breast",)

    def test_a_byte_order_mark_in_the_middle(self):
        marked = b"\xef\xbb\xbf" + CANONICAL.encode()
        found = read(marked + marked)
        assert [record.kind for record in found] == ["article", "article"]
        assert said(found) == []


def test_a_line_of_another_encoding_spoils_no_other_line():
    first, second = (CANONICAL.replace("Smith", name) for name in ("Müller", "Jörg"))
    found = read(first.encode() + second.encode("latin-1"))
    assert [record.authors for record in found] == [("Müller, J",), ("Jörg, J",)]
    mend = (
        "The other lines were read as UTF-8, this and its like as Windows-1252; look at names with accents, or export it as UTF-8"
    )
    assert said(found) == [f"x.ris, line 7: byte 0xf6 is not UTF-8. {mend}."]


def test_a_medline_record_without_its_number_is_a_record_by_itself():
    found = read("PMID- 1\nTI  - One\nDP  - 2001\n\nTI  - Two\nDP  - 2011\n\nPMID- 3\nTI  - Three\n", "x.nbib")
    assert [(record.title, record.year, record.pmid) for record in found] == [
        ("One", 2001, "1"),
        ("Two", 2011, ""),
        ("Three", None, "3"),
    ]
    assert said(found) == [
        "x.nbib, line 5: a record begins with TI, not with PMID. It was read; look whether something is lacking before it."
    ]


def test_refer_without_types():
    assert [record.title for record in read("%T One\n%A A\n\n%T Two\n%A B\n", "x.enw")] == ["One", "Two"]


CITATION = "<MedlineCitation><PMID>{}</PMID><Article><ArticleTitle>{}</ArticleTitle></Article></MedlineCitation>"
ARTICLE = f"<PubmedArticle>{CITATION}</PubmedArticle>"


class TestPubmedXml:
    def test_replies_one_behind_the_other(self):
        reply = f"<?xml version='1.0' ?>\n<PubmedArticleSet>\n{ARTICLE}\n</PubmedArticleSet>\n"
        found = read(reply.format(1, "One") + reply.format(2, "Two"), "x.xml")
        assert [(record.title, record.place.line) for record in found] == [("One", 3), ("Two", 7)]
        assert said(found) == []

    def test_names_of_letters_that_html_has(self):
        found = read(f"<PubmedArticleSet>\n{ARTICLE.format(1, '&beta;-blockers &amp; more')}\n</PubmedArticleSet>", "x.xml")
        assert found[0].title == "β-blockers & more"
        assert said(found) == [
            "x.xml, line 2: &beta; is a name that XML does not know. It was read as HTML has it, and so were others."
        ]

    def test_deleted_records_are_said(self):
        deleted = "<DeleteCitation><PMID>7</PMID><PMID>8</PMID></DeleteCitation>"
        found = read(f"<PubmedArticleSet>\n{ARTICLE.format(1, 'One')}\n{deleted}\n</PubmedArticleSet>", "x.xml")
        assert [record.title for record in found] == ["One"]
        mend = "They are no records; if an earlier export has them, look why"
        assert said(found) == [f"x.xml, line 3: PubMed has deleted the records 7, 8. {mend}."]

    def test_the_doi_of_a_book(self):
        ids = '<ArticleIdList><ArticleId IdType="doi">10.5/BOOK</ArticleId></ArticleIdList>'
        book = f"<BookDocument><PMID>4</PMID>{ids}<ArticleTitle>A chapter</ArticleTitle></BookDocument>"
        text = f"<PubmedArticleSet><PubmedBookArticle>{book}</PubmedBookArticle></PubmedArticleSet>"
        assert read(text, "x.xml")[0].doi == "10.5/book"


class TestBibtex:
    def test_a_field_twice(self):
        found = read("@article{a,\n title={One}, title={Two}, year=2016}\n", "x.bib")
        assert (found[0].title, found[0].year, dict(found[0].further)["title"]) == ("One", 2016, "Two")
        assert said(found) == ["x.bib, line 1: the entry has the field 'title' twice. The first counts, and the others were kept."]

    def test_a_key_twice(self):
        entry = '@string{b = "Blood"}\n@article{a, title="One", journal=b}\n'
        found = read(entry + entry, "x.bib")
        assert [(record.title, record.journal) for record in found] == [("One", "Blood"), ("One", "Blood")]
        assert said(found) == ["x.bib, line 4: the key 'a' stands twice, first in line 2. Both entries were read."]

    def test_parts_and_names(self):
        authors = "{Barnes and Noble} and Roe, Jo and others"
        text = f'@string{{c = {{Clin}}}}\n@article{{a, title={{T}}, journal="J " # c # {{ Oncol}}, author={{{authors}}}}}'
        (record,) = read(text, "x.bib")
        assert (record.journal, record.authors) == ("J Clin Oncol", ("Barnes and Noble", "Roe, Jo"))
        assert dict(record.further)["author"] == authors


class TestSpreadsheets:
    def test_names_as_scopus_wrote_them(self):
        text = 'Authors,Title,Year,Source title,EID\n"Smith, J., Müller-Roe, K.-A.",A trial,2010,Blood,2-s2.0-1\n'
        assert read(text, "x.csv")[0].authors == ("Smith, J.", "Müller-Roe, K.-A.")

    @pytest.mark.parametrize("name", ["Article Title", "Document Title", "Title"])
    def test_columns_of_the_title(self, name):
        (record,) = read(f"sep=;\nID;{name};Authors\n17;A trial;X Y\n", "x.csv")
        assert (record.title, record.keywords, record.place.line) == ("A trial", (), 3)

    def test_a_notice_of_scopus(self):
        text = "Authors,Title,Document Type,Source title,EID\nSmith J.,A trial,Erratum,Blood,2-s2.0-1\n"
        assert read(text, "x.csv")[0].flags == ("erratum",)


@pytest.mark.parametrize(
    ("types", "kind", "flags"),
    [
        ("Article; Retracted Publication", "article", ("retracted",)),
        ("Review; Early Access", "review", ()),
        ("Correction", "other", ("erratum",)),
    ],
)
def test_types_of_web_of_science(types, kind, flags):
    (record,) = read(f"FN Clarivate\nVR 1.0\nPT J\nTI A trial\nDT {types}\nER\nEF\n", "x.ciw")
    assert (record.kind, record.flags) == (kind, flags)
