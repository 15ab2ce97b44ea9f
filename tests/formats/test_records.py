"""Exports of bibliographic records: one article in every dialect, what is kept, what is said, what goes back."""

import json
import re
import sqlite3
import zipfile
from collections import Counter
from dataclasses import fields, replace
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialpool.errors import BadArgument, BadInput
from trialpool.formats.records.reading import read_records, records_in
from trialpool.formats.records.writing import WRITTEN, records_text, write_records
from trialpool.review.record import Place, Record

HERE = Path(__file__).parent / "records"
FIXTURES = sorted(path.name for path in HERE.iterdir())
REAL = Path(__file__).parents[2] / "../shared/data/formats"
TITLE = "lenalidomide maintenance after stem-cell transplantation for multiple myeloma"
RECEIVED = "Patients with myeloma received lenalidomide or placebo after transplantation."
CAME = "Progression came later with lenalidomide."
NO_JOURNAL = {"asreview.csv"}
CONTENT = [field.name for field in fields(Record) if field.name not in {"place", "format", "further"}]


@pytest.mark.parametrize("name", FIXTURES)
def test_one_article_is_the_same_in_every_dialect(name):  # N Engl J Med 2012;366(19):1782-91
    (record,) = read_records(HERE / name)
    family = [re.sub(r"^(Michel|Valerie|Gerald) ", "", author).partition(",")[0].partition(" ")[0] for author in record.authors]
    assert record.title.rstrip(".").lower() == TITLE
    assert [name.replace("è", "e") for name in family[:3]] == ["Attal", "Lauwers-Cances", "Marit"]
    assert record.year == 2012
    assert record.doi == ("" if name == "google-scholar.enw" else "10.1056/nejmoa1114138")
    if name not in NO_JOURNAL:
        assert (record.volume, record.issue) == ("366", "19")
        assert record.pages in {"1782-91", "1782-1791"}
        assert "engl j med" in record.journal.lower() or "new england journal of medicine" in record.journal.lower()
    assert record.id == f"{name}#1"


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("embase.ris", "pmid", "22571202"),
        ("embase.ris", "nct", "NCT00430365"),
        ("embase.ris", "database", "Embase"),
        ("scopus.ris", "pmid", "22571202"),
        ("scopus.ris", "database", "Scopus"),
        ("web-of-science.ris", "database", "Web of Science"),
        ("web-of-science.ris", "abstract", f"{RECEIVED}\n{CAME}"),
        ("cochrane.ris", "database", "CENTRAL"),
        ("cochrane.ris", "pmid", "22571202"),
        ("zotero.ris", "pmid", "22571202"),
        ("endnote.ris", "keywords", ("Lenalidomide", "Multiple Myeloma")),
        ("ovid.ris", "database", "Ovid MEDLINE(R)"),
        ("ovid.ris", "authors", ("Attal, Michel", "Lauwers-Cances, Valerie", "Marit, Gerald")),
        ("pubmed.nbib", "nct", "NCT00430365"),
        ("pubmed.nbib", "related", ("CommentIn 22571206",)),
        ("pubmed.nbib", "keywords", ("Lenalidomide", "Multiple Myeloma/*drug therapy")),
        ("pubmed.xml", "keywords", ("Lenalidomide", "Multiple Myeloma/*drug therapy")),
        ("pubmed.xml", "authors", ("Attal, Michel", "Lauwers-Cances, Valerie", "Marit, Gerald", "IFM Investigators")),
        ("pubmed.xml", "abstract", f"BACKGROUND: {RECEIVED}\nRESULTS: {CAME}"),
        ("pubmed.xml", "related", ("CommentIn 22571206",)),
        ("europepmc.json", "abstract", f"Background: {RECEIVED}\nResults: {CAME}"),
        ("zotero.bib", "authors", ("Attal, Michel", "Lauwers-Cancès, Valérie", "Marit, Gérald")),
        ("web-of-science.ciw", "keywords", ("lenalidomide", "maintenance", "MULTIPLE-MYELOMA", "THALIDOMIDE")),
        ("scopus.csv", "authors", ("Attal, Michel", "Lauwers-Cances, Valerie", "Marit, Gerald")),
        ("pubmed.csv", "pages", "1782-91"),
    ],
)  # fmt: skip
def test_what_a_dialect_has_of_its_own(name, field, value):
    assert getattr(read_records(HERE / name)[0], field) == value


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("endnote.ris", ("LB", "to discuss")),
        ("endnote.xml", ("label", "to discuss")),
        ("web-of-science.ris", ("AN", "WOS:000303732100006")),
        ("covidence.csv", ("Notes", "Exclusion reason: Wrong population;")),
        ("covidence.csv", ("Covidence #", "#17")),
        ("asreview.csv", ("asreview_label", "1")),
        ("pubmed.nbib", ("AD", "Hopital Purpan, Toulouse, France.")),
        ("zotero.bib", ("@key", "attal_lenalidomide_2012")),
    ],
)
def test_fields_without_a_place_are_kept_as_written(name, kept):
    assert kept in read_records(HERE / name)[0].further


def test_decisions_of_rayyan_stay_with_the_record():
    notes = dict(read_records(HERE / "rayyan.csv")[0].further)["notes"]
    assert notes.endswith("RAYYAN-EXCLUSION-REASONS: wrong population")


def test_text_in_another_look_is_kept_as_xml():
    kept = dict(read_records(HERE / "endnote.xml")[0].further)
    assert '<style face="italic" font="default" size="100%">stem-cell</style>' in kept["titles/title#styled"]


# Nothing is lost


def contents(record):
    """Every word of a record, tags left aside."""
    values = [getattr(record, name) for name in CONTENT]
    flat = [part for value in values for part in (value if isinstance(value, tuple) else (value,)) if part is not None]
    return " ".join(map(str, flat)) + " " + " ".join(f"{name} {value}" for name, value in record.further)


def words(text):
    return Counter(re.findall(r"\w+", text.lower()))


REAL_FILES = sorted(
    path for path in REAL.glob("*/*") if path.parent.name in {"ris", "nbib", "pubmed_xml", "endnote", "bibtex", "wos"}
)
real_files = pytest.mark.skipif(not REAL_FILES, reason="the real export files (../shared/data/formats) are not here")
RECORDS = {
    "endnote_ris_export.ris": 69, "generic_small.ris": 3, "scopus.ris": 10, "wos.ris": 50, "zotero_first80.ris": 80,
    "pubmed_133_records.nbib": 133, "endnote_desktop_first60.xml": 60, "endnote_refer.enw": 2, "google_scholar.enw": 1,
    "mendeley_endnote_xml_first40.xml": 40, "zotero_endnote_xml_first60.xml": 60, "zotero_first60.csv": 60,
    "zotero_first80.bib": 80, "wos_plaintext.ciw": 5, "pubmed1.xml": 2, "pubmed2.xml": 2, "pubmed4.xml": 1,
    "pubmed5.xml": 1, "pubmed6.xml": 1, "pubmed7.xml": 1,
}  # fmt: skip
MARKS = {  # what belongs to the format and not to a record
    ".ris": r"^TY  - \w+|(?:^|\r)[A-Z][A-Z0-9]  -",
    ".nbib": r"^[A-Z]{2,4} *- ",
    ".enw": r"^%0 .*|^%. ",
    ".ciw": r"^(?:EF|ER|[A-Z][A-Z0-9] )",
    ".bib": r"^\s*[a-z]+ = | and ",
    ".csv": r"\A.*",
    ".xml": r"<[^>]*>",
}


@real_files
@pytest.mark.parametrize("name", RECORDS)
def test_real_exports_are_read_without_loss(name):
    (path,) = [path for path in REAL_FILES if path.name == name]
    found = read_records(path)
    assert (len(found), found.problems) == (RECORDS[name], ())
    assert all(record.title for record in found)
    text = re.sub(MARKS[path.suffix], " ", path.read_text(encoding="utf-8-sig"), flags=re.MULTILINE)
    plain = unescape if path.suffix == ".xml" else str
    assert words(plain(text)) - words(plain(" ".join(map(contents, found)))) == Counter()


@real_files
@pytest.mark.parametrize("name", [name for name in RECORDS if Path(name).suffix.removeprefix(".") in WRITTEN])
def test_real_exports_go_back_into_their_format(name):
    (path,) = [path for path in REAL_FILES if path.name == name]
    found = read_records(path)
    assert as_values(records_in(records_text(found, found.format).encode(), name)) == as_values(found)


@real_files
def test_replies_that_are_no_records_are_called_by_their_names():
    with pytest.raises(BadInput) as ids:
        read_records(REAL / "pubmed_xml/esearch1.xml")
    assert str(ids.value) == (
        "esearch1.xml: this is a list of 20 PubMed numbers (esearch), without the records. "
        "Export from PubMed as 'PubMed' or XML, or fetch them with `trialpool search`."
    )
    with pytest.raises(BadInput) as full:
        read_records(REAL / "pubmed_xml/efetch_pmc.xml")
    assert str(full.value) == (
        "efetch_pmc.xml: this is full texts of PubMed Central (JATS), not an export of records. "
        "Export the records of these articles from PubMed."
    )


TRANSPOSED = """\
"TITLE","Lenalidomide maintenance"
"AUTHOR NAMES","Attal M.","Marit G."
"SOURCE","New England Journal of Medicine, (2012) 366:19 (1782-1791)"
"PUBLICATION YEAR","2012"
"PUI","L364782215"
"DOI","10.1056/NEJMoa1114138"

"TITLE","Second"
"SOURCE","Blood"
"AUTHOR NAMES","McCarthy P."
"""


def test_embase_with_a_field_a_row():
    one, two = records_in(TRANSPOSED.encode(), "embase.csv")
    assert (one.title, one.authors, one.year, one.doi) == (
        "Lenalidomide maintenance", ("Attal M.", "Marit G."), 2012, "10.1056/nejmoa1114138",
    )  # fmt: skip
    assert ("PUI", "L364782215") in one.further
    assert (two.title, two.place.line) == ("Second", 8)


def test_web_of_science_with_tabs():
    head, row = "PT\tAU\tAF\tTI\tSO\tBP\tEP\tPY\tUT", "J\tAttal, M\tAttal, Michel\tTitle\tBLOOD\t12\t19\t2012\tWOS:1"
    (record,) = records_in(f"{head}\r\n{row}\r\n".encode("utf-16"), "savedrecs.txt")
    assert (record.authors, record.pages, record.database) == (("Attal, Michel",), "12-19", "Web of Science")


def test_entities_of_xml_are_not_resolved_and_comments_are_passed_over():
    doctype = '<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/hostname">]>'
    whole = (HERE / "endnote-zotero.xml").read_text(encoding="utf-8").replace("?>\n", f"?>{doctype}\n", 1)
    changed = whole.replace("<title>Lenalidomide", "<title><!-- note -->Lenalidomide").replace("<volume>366", "<volume>&b;&c;366")
    (record,) = records_in(changed.encode(), "x.xml")
    assert record.title.lower() == TITLE
    assert "aaaa" not in record.volume


# Whatever comes


@given(name=st.sampled_from(FIXTURES), cut=st.integers(0, 4000), hole=st.integers(0, 4000), noise=st.binary(max_size=30))
@settings(max_examples=300)
def test_a_damaged_export_is_read_or_refused_in_a_sentence(name, cut, hole, noise):
    data = (HERE / name).read_bytes()
    damaged = data[: hole % len(data)] + noise + data[hole % len(data) : max(hole % len(data), len(data) - cut % len(data))]
    try:
        found = tuple(records_in(damaged, name))
    except BadInput:
        return
    for format_ in WRITTEN:
        assert len(records_in(records_text(found, format_).encode(), f"x.{format_}")) == len(found)


# There and back


def as_values(records):
    return [([getattr(record, name) for name in CONTENT], sorted(record.further)) for record in records]


@pytest.mark.parametrize("name", [name for name in FIXTURES if Path(name).suffix.removeprefix(".") in WRITTEN])
def test_a_record_goes_back_into_its_format(name, tmp_path):
    found = read_records(HERE / name)
    write_records(found, tmp_path / name)
    assert as_values(read_records(tmp_path / name)) == as_values(found)


PLAIN = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters='{}\\~^-$;,:|"'), min_size=1, max_size=8
)
LINE = st.lists(PLAIN, min_size=1, max_size=6).map(" ".join)


@st.composite
def records(draw):
    names = draw(st.lists(st.tuples(PLAIN, PLAIN).map(", ".join), max_size=4, unique=True))
    return Record(
        Place("x.ris", 1), title=draw(LINE), authors=tuple(name for name in names if " and " not in name),
        year=draw(st.none() | st.integers(1900, 2026)), journal=draw(LINE), volume=str(draw(st.integers(1, 999))),
        issue=str(draw(st.integers(1, 99))), pages=draw(st.sampled_from(["", "12-19", "e12"])),
        doi=draw(st.sampled_from(["", "10.1056/nejmoa1114138"])), pmid=draw(st.sampled_from(["", "22571202"])), abstract=draw(LINE),
        kind=draw(st.sampled_from(["article", "book", "review", "preprint"])),
        flags=draw(st.sampled_from([(), ("retracted", "corrected")])),
        related=draw(st.sampled_from([(), ("RetractionIn 1", "ErratumIn 2")])), language="eng",
    )  # fmt: skip


@pytest.mark.parametrize("format_", ["ris", "bib"])
@given(record=records())
@settings(max_examples=150)
def test_any_record_survives_in_a_format_it_did_not_come_from(format_, record):
    (back,) = records_in(records_text([record], format_).encode(), "x")
    found = {name: getattr(back, name) for name in CONTENT if name not in {"url", "nct"}}
    assert found == {name: getattr(record, name) for name in CONTENT if name not in {"url", "nct"}}


def test_a_changed_title_wins_over_the_one_that_was_kept():
    found = read_records(HERE / "zotero.bib")[0]
    (back,) = records_in(records_text([replace(found, title="Another title")], "bib").encode(), "x.bib")
    assert back.title == "Another title"


def test_keys_of_bibtex_entries_differ():
    two = [replace(read_records(HERE / "embase.ris")[0], place=Place("x", n)) for n in (1, 2)]
    assert re.findall(r"@article\{(.*),", records_text(two, "bib")) == ["AttalM2012", "AttalM2012-2"]


def test_a_format_that_is_not_written():
    with pytest.raises(BadArgument, match=re.escape("'docx'. Choose one of 'ris', 'bib', 'nbib', 'enw'.")):
        write_records([], "records.docx")


# What is odd is said, and the rest is read


def said(text, name="export.ris"):
    found = records_in(text if isinstance(text, bytes) else text.encode(), name)
    return len(found), list(map(str, found.problems))


def test_a_download_that_broke_off():
    whole = (HERE / "zotero.ris").read_text(encoding="utf-8")
    n, problems = said(whole + whole[:300])
    assert n == 2
    mend = "It was read as far as it goes; the download may have broken off: compare the number of records."
    assert problems == [f"export.ris, line 24: the record has no end (ER). {mend}"]


def test_a_record_that_is_not_closed_and_one_that_has_no_beginning():
    n, problems = said("TY  - JOUR\nTI  - One\nTY  - JOUR\nTI  - Two\nER  -\nTI  - Three\nER  - \n")
    assert n == 3
    assert problems == [
        "export.ris, line 1: the record has no end (ER). It was read up to line 2.",
        "export.ris, line 6: a record begins with TI, not with TY. It was read; look whether something is lacking before it.",
    ]


def test_a_heading_is_said_once_and_a_record_without_title():
    n, problems = said("Scopus\nEXPORT DATE: today\n\nTY  - JOUR\nAU  - Attal, M\nER  - \n")
    assert n == 1
    assert problems == [
        "export.ris, line 1: 'Scopus' stands outside of any record. It was left out.",
        "export.ris, line 4: record 1 has no title. It was read; look whether the export is whole.",
    ]


def test_broken_xml_is_read_as_far_as_it_goes():
    whole = (HERE / "pubmed.xml").read_text(encoding="utf-8")
    second = whole[whole.index("<PubmedArticle>") :]
    n, problems = said(whole.replace("</PubmedArticleSet>", second[:900]), "pubmed.xml")
    assert n == 2
    assert len(problems) == 1
    assert problems[0].startswith("pubmed.xml, line 3")
    assert problems[0].endswith("What was whole was read; the download may have broken off: compare the number of records.")


def test_a_broken_bibtex_entry_keeps_its_position():
    entry = "@article{{{0},\n title = {{Title {0}}}\n}}\n"
    text = entry.format("a") + "@article{b,\n title = {Broken,\n year = 2012\n\n" + entry.format("c")
    found = records_in(text.encode(), "x.bib")
    assert [(record.title, record.id) for record in found] == [("Title a", "x.bib#1"), ("Title c", "x.bib#3")]
    mend = "Look for a brace that is not closed, or a comma that is lacking behind the key; it was left out, the rest was read."
    cut = "'@article{b, title = {Broken, year = 2012 '"
    assert list(map(str, found.problems)) == [f"x.bib, line 4: the entry cannot be read: {cut}. {mend}"]


def test_a_quote_that_is_not_closed():
    n, problems = said('title,year\n"One",2012\n"Two,2013\nThree,2014\n', "x.csv")
    assert n == 2
    mend = "Close it there: rows after it were taken for one text."
    assert problems == [f"x.csv, line 3: a quote is not closed; the row goes on for 2 lines. {mend}"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(encoding):
    text = "TY  - JOUR\r\nTI  - Thérapie d’entretien – 中文\r\nER  - \r\n" * 20
    found = records_in(text.encode(encoding), "x.ris")
    assert [record.title for record in found] == ["Thérapie d’entretien – 中文"] * 20
    unmarked = encoding in ("utf-16-le", "utf-16-be")
    expected = [f"x.ris: the text is {encoding.upper()} without its mark. It was read so."] if unmarked else []
    assert list(map(str, found.problems)) == expected


def test_an_encoding_that_had_to_be_guessed():
    found = records_in("TY  - JOUR\nTI  - Thérapie\nER  - \n".encode("cp1252"), "x.ris")
    assert found[0].title == "Thérapie"
    mend = "The file was read as Windows-1252; look at names with accents, or export it as UTF-8."
    assert list(map(str, found.problems)) == [f"x.ris, line 2: byte 0xe9 is not UTF-8. {mend}"]


SIGN_IN = "The session in the database may have ended; sign in and export again."


def packed(**files):
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty. Export the search again; a search without hits is a row of searches.csv without a file."),
        (
            b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>",
            f"the file is a web page ('Sign in'), not an export. {SIGN_IN}",
        ),
        (b"\x1f\x8b\x08\x00", "the file is packed (gzip). Unpack it, and give what was in it."),
        (b"%PDF-1.7", "the file is a PDF. Export the search again, as RIS or in the database's own format."),
        (
            packed(a_dot_ris="", b_dot_ris=""),
            "the file is a zip file of 2 files (a.ris, b.ris). Unpack it, and give the exports in it.",
        ),
        (b"PK\x03\x04 cut", "the file is a zip file that is damaged. Download it again, and unpack it."),
        (b"Dear colleague", None),
    ],
    ids=["empty", "web page", "gzip", "pdf", "zip", "broken zip", "letter"],
)
def test_files_that_are_no_exports(data, message):
    with pytest.raises(BadInput) as error:
        records_in(data, "x.ris")
    if message is None:
        assert str(error.value).startswith("x.ris: this is no export of a known format. Export the search again")
    else:
        assert str(error.value) == f"x.ris: {message}"


@pytest.mark.parametrize("path", ["nowhere.ris", "."])
def test_no_file(path, tmp_path):
    with pytest.raises(BadInput):
        read_records(tmp_path / path)


# ASReview


def project(labels):
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE results (record_id INTEGER, label INTEGER, note TEXT)")
    base.executemany("INSERT INTO results VALUES (?, ?, ?)", labels)
    base.commit()
    data = "title,year\nOne,2012\nTwo,2013\nThree,2014\n"
    return packed(
        project_dot_json=json.dumps({"version": "2.0"}), data__set_dot_csv=data, reviews__x__results_dot_db=base.serialize()
    )


def test_an_asreview_project_has_records_and_labels():
    found = records_in(project([(2, 1, "to discuss"), (0, 0, None)]), "x.asreview")
    assert found.label == "ASReview project (CSV)"
    assert [(record.title, record.further) for record in found] == [
        ("One", (("asreview_label", "irrelevant"),)),
        ("Two", ()),
        ("Three", (("asreview_label", "relevant"), ("asreview_note", "to discuss"))),
    ]


# What PubMed says has happened


@pytest.mark.parametrize(
    ("link", "types", "flags"),
    [
        ("RIN - Lancet. 2020;395:1820. PMID: 32511943", "Retracted Publication", ("retracted",)),
        ("ROF - Lancet. 2020;1. PMID: 32450107", "Retraction of Publication", ("retraction notice",)),
        ("EIN - JAMA. 2018;172(10):992. PMID: 30178022", "Journal Article", ("corrected",)),
        ("EFR - JAMA. 2017;1. PMID: 28859188", "Published Erratum", ("erratum",)),
        ("ECI - Lancet. 2020;395:e102. PMID: 32505205", "Journal Article", ("expression of concern",)),
    ],
)
def test_links_are_flags(link, types, flags):
    text = f"PMID- 1\nTI  - Title.\n{link}\nPT  - {types}\n"
    (record,) = records_in(text.encode(), "x.nbib")
    assert record.flags == flags
    assert record.related[0].endswith(link.rpartition(" ")[2])


def test_links_of_pubmed_xml_are_flags():
    whole = (HERE / "pubmed.xml").read_text(encoding="utf-8").replace('RefType="CommentIn"', 'RefType="RetractionIn"')
    (record,) = records_in(whole.encode(), "x.xml")
    assert (record.flags, record.related) == (("retracted",), ("RetractionIn 22571206",))
    assert '<PMID Version="1">22571206</PMID>' in dict(record.further)["MedlineCitation/CommentsCorrectionsList"]


def test_a_title_that_says_so():
    (record,) = records_in(b"TY  - JOUR\nTI  - RETRACTED: Lenalidomide\nER  -\n", "x.ris")
    assert record.flags == ("retracted",)


def test_registrations_of_clinical_trials_gov_are_records():
    identification = {"nctId": "NCT00430365", "briefTitle": "Lenalidomide after transplantation"}
    reply = {"studies": [{"protocolSection": {"identificationModule": identification}}], "totalCount": 1}
    found = records_in(json.dumps(reply).encode(), "ctgov.json")
    assert (found.label, found.database) == ("ClinicalTrials.gov", "ClinicalTrials.gov")
    assert (found[0].id, found[0].nct, found[0].kind) == ("ctgov.json#1", "NCT00430365", "registration")
