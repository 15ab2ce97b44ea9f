"""`trialpool import`: exports into a review, nothing twice and nothing overwritten."""

from pathlib import Path

import pytest
from tests.cli.terminal import trialpool
from tests.formats.folders import folder

from trialpool.formats.review_folder import read_review

EXPORTS = Path(__file__).parents[1] / "formats/records"
DATED = ("--date", "2026-03-01", "--query", "myeloma AND lenalidomide")
HEAD = "file,database,platform,date,query,hits,source,note"


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    folder(tmp_path)
    for name in ("pubmed.nbib", "embase.ris", "zotero.ris"):
        (tmp_path / name).write_bytes((EXPORTS / name).read_bytes())
    return tmp_path


def table(desk):
    return (desk / "review/search/searches.csv").read_text(encoding="utf-8").splitlines()


def test_exports_are_copied_and_listed(desk):
    ran = trialpool("import", "review", "pubmed.nbib", "embase.ris", *DATED)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[2:] == [
        "pubmed.nbib  MEDLINE (.nbib)  PubMed (told from the file)        1         0",
        "embase.ris   RIS              Embase (told from the file)        1         0",
    ]
    assert (desk / "review/search/pubmed.nbib").read_bytes() == (desk / "pubmed.nbib").read_bytes()
    assert table(desk) == [
        HEAD,
        "pubmed.nbib,PubMed,,2026-03-01,myeloma AND lenalidomide,,,",
        "embase.ris,Embase,,2026-03-01,myeloma AND lenalidomide,,,",
    ]
    assert [record.id for record in read_review(desk / "review").search.records] == ["pubmed.nbib#1", "embase.ris#1"]


def test_a_source_that_is_no_database_is_said(desk):
    trialpool("import", "review", "zotero.ris", "--database", "Library of an institute", "--source", "organisation", *DATED)
    assert table(desk)[1] == "zotero.ris,Library of an institute,,2026-03-01,myeloma AND lenalidomide,,organisation,"
    assert read_review(desk / "review").search.searches[0].sort == "organisation"


def test_what_was_not_said_is_pointed_out(desk):
    ran = trialpool("import", "review", "pubmed.nbib", "--hits", "12")
    assert ran.out.splitlines()[3:] == [
        "pubmed.nbib: 12 hits, but 1 records. Is the export whole?",
        f"In search/searches.csv the date is {table(desk)[1].split(',')[3]} (today) and the query is empty. Correct it there.",
    ]


def test_the_same_file_is_refused_under_any_name(desk):
    trialpool("import", "review", "pubmed.nbib", *DATED)
    before = table(desk)
    (desk / "again.txt").write_bytes((desk / "pubmed.nbib").read_bytes())
    ran = trialpool("import", "review", "again.txt", "embase.ris", *DATED)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "again.txt: it is in search/ already, as pubmed.nbib. Leave it out.\n"
    assert table(desk) == before  # everything or nothing
    assert not (desk / "review/search/embase.ris").exists()


def test_a_later_export_of_one_name_gets_another(desk):
    trialpool("import", "review", "embase.ris", *DATED)
    later = desk / "later"
    later.mkdir()
    (later / "embase.ris").write_text((desk / "embase.ris").read_text() + "TY  - JOUR\nTI  - New\nDB  - Embase\nER  - \n")
    ran = trialpool("import", "review", later / "embase.ris", "--date", "2026-09-01", "--query", "x")
    assert ran.out.splitlines()[-1] == f"{later / 'embase.ris'} is called embase-2.ris in search/, for the name was taken."
    assert [record.id for record in read_review(desk / "review").search.records] == [
        "embase.ris#1",
        "embase-2.ris#1",
        "embase-2.ris#2",
    ]


def test_a_file_that_was_put_there_by_hand_is_listed(desk):
    (desk / "review/search").mkdir()
    (desk / "review/search/hand.ris").write_bytes((desk / "embase.ris").read_bytes())
    assert trialpool("import", "review", "review/search/hand.ris", *DATED).code == 0
    assert table(desk)[1].startswith("hand.ris,Embase,")
    again = trialpool("import", "review", "review/search/hand.ris", *DATED)
    assert again.err == "review/search/hand.ris: it is in search/ already, as hand.ris. Leave it out.\n"


def test_cells_and_columns_of_the_table_stay(desk):
    (desk / "review/search").mkdir()
    (desk / "review/search/searches.csv").write_text('database,file,date,query\nHand search,,2026-01-01,"a, b"\n')
    trialpool("import", "review", "embase.ris", *DATED)
    assert table(desk) == [
        "database,file,date,query,platform,hits,source,note",
        'Hand search,,2026-01-01,"a, b",,,,',
        "Embase,embase.ris,2026-03-01,myeloma AND lenalidomide,,,,",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("zotero.ris", *DATED), "zotero.ris: nothing in it tells its database (it was read as RIS). Say it with --database."),
        (("nowhere.ris", *DATED), "nowhere.ris: the file cannot be read (No such file or directory). Give the path of an export."),
        (("embase.ris", "--date", "1 March"), "--date: '1 March' is not a date. Write it as 2026-03-01."),
        (
            ("embase.ris", *DATED, "--source", "web"),
            "--source web is not known. Use one of database, register, website, organisation, citations.",
        ),
        (("embase.ris", "pubmed.nbib", "--hits", "2"), "--hits is the number of one search. Import its file by itself."),
    ],
)
def test_what_is_refused(desk, arguments, message):
    ran = trialpool("import", "review", *arguments)
    assert (ran.code, ran.out, ran.err) == (1, "", message + "\n")
    assert not (desk / "review/search").exists()


def test_the_review_comes_first(desk):
    ran = trialpool("import", "embase.ris", "review")
    assert (ran.code, ran.err) == (1, "embase.ris is no review folder. The review comes first, then the files.\n")


def test_a_file_that_cannot_be_read_to_its_end_is_refused(desk):
    """Its records would stand in the review, and no command could read that any more."""
    (desk / "cut.csv").write_text('title,year\n"One,2010\nTwo,2011\n', encoding="utf-8")
    ran = trialpool("import", "review", "cut.csv", "--database", "Embase", *DATED)
    assert (ran.code, ran.out) == (1, "")
    what = "a quote is not closed; the row goes on for 2 lines"
    assert ran.err == f"cut.csv, line 2: {what}. Close it there: rows after it were taken for one text.\n"
    assert not (desk / "review/search").exists()
