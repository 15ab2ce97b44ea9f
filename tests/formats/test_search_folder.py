"""The folder `search/` of a review: searches.csv, the exports, and where they do not agree."""

from pathlib import Path

import pytest
from tests.formats.folders import folder

from trialpool.formats.review_folder import check_folder, read_review
from trialpool.formats.search_folder import is_date

EXPORTS = Path(__file__).parent / "records"
HEAD = "file,database,platform,date,query,hits,source,note\n"
GOOD = "pubmed.nbib,PubMed,NLM,2026-03-01,myeloma,1,,\n"


@pytest.fixture
def review(tmp_path):
    made = folder(tmp_path)
    (made / "search").mkdir()
    return made


def with_search(review, table, *names, **texts):
    for name in names:
        (review / "search" / name).write_bytes((EXPORTS / name).read_bytes())
    for name, text in texts.items():
        (review / "search" / name.replace("_", ".")).write_text(text, encoding="utf-8")
    (review / "search/searches.csv").write_text(HEAD + table, encoding="utf-8")
    _, problems = check_folder(review)
    return [f"{p.severity}: {p}" for p in problems]


def test_a_review_without_searches_has_none(tmp_path):
    search = read_review(folder(tmp_path)).search
    assert (search.searches, search.records, str(search)) == ((), (), "0 records of 0 searches in 0 files")


def test_records_come_in_the_order_of_the_searches_and_are_called_by_their_database(review):
    table = "embase.ris,Embase (Ovid),Ovid,2026-03-02,myeloma,1,,\n" + GOOD
    assert with_search(review, table, "pubmed.nbib", "embase.ris") == []
    search = read_review(review).search
    assert [(record.id, record.database) for record in search.records] == [
        ("embase.ris#1", "Embase (Ovid)"),
        ("pubmed.nbib#1", "PubMed"),
    ]
    assert search.by_id["pubmed.nbib#1"].pmid == "22571202"
    assert search.search_of(search.records[0]) == search.searches[0]
    assert search.found == {"embase.ris": 1, "pubmed.nbib": 1}


def test_a_register_is_known_by_its_name_and_a_row_may_say_otherwise(review):
    table = GOOD + ",ClinicalTrials.gov,,2026-03-01,myeloma,0,,\n,Hand search,,2026-03-01,,0,citations,\n"
    assert with_search(review, table, "pubmed.nbib") == []
    assert [search.sort for search in read_review(review).search.searches] == ["database", "register", "citations"]


def test_a_file_that_is_missing_and_one_that_is_not_listed(review):
    assert with_search(review, GOOD, "embase.ris") == [
        (
            "warning: search/embase.ris: the file is not listed in searches.csv. "
            "Its records were read; add a row to searches.csv with database, date, query and hits."
        ),
        (
            "error: search/searches.csv, row 2, column file: there is no file 'pubmed.nbib' in search/. "
            "Put the export there, as it was downloaded; decisions on its records need it."
        ),
    ]


def test_hits_that_differ_and_a_file_that_is_there_twice(review):
    (review / "search/again.nbib").write_bytes((EXPORTS / "pubmed.nbib").read_bytes())
    table = GOOD.replace(",1,", ",12,") + "again.nbib,PubMed,,2026-03-01,,,,\n"
    assert with_search(review, table, "pubmed.nbib") == [
        (
            "warning: search/searches.csv, row 2, column hits: 12 hits, but search/pubmed.nbib has 1 records. "
            "Look whether the export is whole, or correct the number."
        ),
        "warning: search/again.nbib: the file holds the same as pubmed.nbib. Remove one: its records count twice.",
    ]


def test_rows_that_cannot_be_used(review):
    table = GOOD.replace("2026-03-01", "1 March") + GOOD + ",Embase,,2026-13-01,,,,\nx.ris,,,2026-03-01,,many,nowhere,\n"
    assert with_search(review, table, "pubmed.nbib") == [
        "error: search/searches.csv, row 2, column date: '1 March' is not a date. Write year, month and day as 2026-03-01.",
        (
            "error: search/searches.csv, row 3, column file: 'pubmed.nbib' stands in row 2 already. "
            "Give each search a file of its own."
        ),
        "error: search/searches.csv, row 4, column date: '2026-13-01' is not a date. Write year, month and day as 2026-03-01.",
        "error: search/searches.csv, row 4, column file: the cell is empty. Name the export; only a search with 0 hits has none.",
        "error: search/searches.csv, row 5, column database: the cell is empty. Every row needs it.",
        (
            "error: search/searches.csv, row 5, column hits: 'many' is not a number. "
            "Correct it, or leave the cell empty where nothing was reported."
        ),
        (
            "error: search/searches.csv, row 5, column source: 'nowhere' is not one of "
            "database, register, website, organisation, citations. Use one of these."
        ),
    ]


def test_an_export_that_is_none_stops_and_notes_do_not(review):
    found = with_search(review, GOOD, "pubmed.nbib", README_md="# Notes", strategy_txt="1. exp myeloma/", page_ris="<html></html>")
    mend = "The session in the database may have ended; sign in and export again."
    assert found == [f"error: search/page.ris: the file is a web page, not an export. {mend}"]


def test_of_many_remarks_the_first_are_said(review):
    text = "TY  - JOUR\nAU  - Attal, M\nER  -\n" * 30
    found = with_search(review, "long.ris,Embase,,2026-03-01,,30,,\n", long_ris=text)
    assert len(found) == 21
    assert (
        found[-1] == "warning: search/long.ris: there are 10 remarks more on this file. `trialpool.read_records` lists all of them."
    )


def test_exports_without_a_table_of_searches(review):
    (review / "search/pubmed.nbib").write_bytes((EXPORTS / "pubmed.nbib").read_bytes())
    found, problems = check_folder(review)
    assert len(found.search) == 1
    assert [str(p).partition(": ")[2].partition(".")[0] for p in problems] == [
        "the file is missing",
        "the file is not listed in searches",
    ]


@pytest.mark.parametrize(
    ("text", "expected"), [("2026-03-01", True), ("2026-02-30", False), ("20260301", False), ("2026-3-1", False), ("", False)]
)
def test_dates(text, expected):
    assert is_date(text) is expected
