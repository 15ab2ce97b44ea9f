"""`trialpool dedup`: counts, open pairs, and decisions that go out in a sheet and come back."""

import csv

import pytest
from tests.cli.terminal import trialpool

from trialpool.formats.duplicates_csv import FILE

TITLE = "Maintenance therapy with thalidomide improves survival in patients with multiple myeloma"
RECORD = (
    "TY  - JOUR\nTI  - {title}\nAU  - Attal, M\nPY  - 2006\nT2  - Blood\nVL  - {volume}\nSP  - {page}\nDB  - Embase\nER  - \n\n"
)
FIRST = RECORD.format(title=TITLE, volume=108, page="3289-94")
CORRECT = "Correct the identifier: the file in search/, and the record's position in it (pubmed.nbib#12)."
USE = "Use one of these, or leave the cell empty."
PAGES = RECORD.format(title=TITLE, volume=108, page="12-19")


@pytest.fixture
def review(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "review").mkdir()
    (tmp_path / "a.ris").write_text(FIRST)
    (tmp_path / "b.ris").write_text(FIRST.replace("3289-94", "3289-3294") + PAGES)
    trialpool("import", "review", "a.ris", "b.ris", "--date", "2026-03-01", "--query", "x")
    return tmp_path


def sheet(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def decide(path, *decisions):
    rows = [row | {"decision": decision, "reason": "looked"} for row, decision in zip(sheet(path), decisions, strict=True)]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_counts_and_open_pairs(review):
    ran = trialpool("dedup", "review")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[:4] == [
        "3 records in 2 files.",
        "1 duplicate in 1 group; 2 publications left.",
        "0 pairs that may be reports of one study.",
        "2 pairs to decide.",
    ]
    assert "but different pages" in " ".join(ran.out.split())


def test_reports_of_one_study_are_listed_and_need_no_sheet(review):
    """Two articles of one title, of which one has no authors, as PubMed prints those of groups."""
    elsewhere = RECORD.format(title=TITLE, volume=46, page="371-85").replace("AU  - Attal, M\n", "").replace("2006", "1999")
    (review / "c.ris").write_text(elsewhere.replace("Blood", "Bulletin of the World Health Organization"))
    (review / "b.ris").write_text(FIRST.replace("3289-94", "3289-3294"))
    (review / "other").mkdir()
    trialpool("import", "other", "a.ris", "b.ris", "c.ris", "--date", "2026-03-01", "--query", "x")
    ran = trialpool("dedup", "other", "--unsure", "open.csv")
    assert ran.out.splitlines()[:3] == [
        "3 records in 3 files.",
        "1 duplicate in 1 group; 2 publications left.",
        "1 pair that may be reports of one study.",  # the copies of one article are one publication
    ]
    assert "a.ris#1 c.ris#1" in " ".join(ran.out.split())
    assert ran.out.endswith("No pair is left to decide.\nopen.csv was not written: there is nothing to decide.\n")
    assert not (review / "open.csv").exists()


def test_a_sheet_goes_out_and_comes_back(review):
    path = review / "open.csv"
    assert trialpool("dedup", "review", "--unsure", path).code == 0
    rows = sheet(path)
    assert {(row["record"], row["duplicate_of"]) for row in rows} == {("a.ris#1", "b.ris#2"), ("b.ris#1", "b.ris#2")}
    assert {(row["pages 1"], row["pages 2"]) for row in rows} == {("3289-94", "12-19"), ("3289-3294", "12-19")}
    decide(path, "Same", "")
    ran = trialpool("dedup", "review", "--decide", path, "--reviewer", "mk")
    assert ran.out.splitlines()[:3] == [
        "1 decision added to screening/duplicates.csv.",
        "3 records in 2 files.",
        "2 duplicates in 1 group; 1 publication left.",
    ]
    (row,) = sheet(review / "review" / FILE)
    assert row["time"].endswith("Z")
    assert (row["decision"], row["reason"], row["reviewer"]) == ("same", "looked", "mk")
    again = trialpool("dedup", "review", "--decide", path, "--reviewer", "mk")
    assert again.out.splitlines()[0] == "0 decisions added to screening/duplicates.csv; 1 stood there already."


def test_a_decision_is_taken_back_by_a_later_one(review):
    path = review / "open.csv"
    trialpool("dedup", "review", "--unsure", path)
    decide(path, "same", "same")
    trialpool("dedup", "review", "--decide", path, "--reviewer", "mk")
    decide(path, "different", "different")
    ran = trialpool("dedup", "review", "--decide", path, "--reviewer", "rt")
    assert ran.out.splitlines()[2] == "1 duplicate in 1 group; 2 publications left."
    assert [row["decision"] for row in sheet(review / "review" / FILE)] == ["same", "same", "different", "different"]


def test_decisions_that_cannot_be_used(review):
    (review / "open.csv").write_text(
        "record,duplicate_of,decision\na.ris#1,b.ris#9,same\na.ris#1,b.ris#1,perhaps\na.ris#1,a.ris#1,same\n"
    )
    ran = trialpool("dedup", "review", "--decide", "open.csv", "--reviewer", "mk")
    assert ran.code == 1
    assert ran.err.splitlines() == [
        f"open.csv, row 2, column duplicate_of: search/ has no record 'b.ris#9'. {CORRECT}",
        f"open.csv, row 3, column decision: 'perhaps' is not one of same, different, same-study. {USE}",
        "open.csv, row 4, column duplicate_of: a record is compared with itself. Name the other record.",
    ]
    assert not (review / "review" / FILE).exists()


def test_what_is_refused(review):
    trialpool("dedup", "review", "--unsure", "open.csv")
    assert trialpool("dedup", "review", "--decide", "open.csv").err == "Say who decided with --reviewer.\n"
    again = trialpool("dedup", "review", "--unsure", "open.csv")
    assert again.err == "open.csv: the file is there already, and may hold decisions. Give another name.\n"
    (review / "empty").mkdir()
    assert trialpool("dedup", "empty").err == "empty has no records yet. Take exports in with: trialpool import empty FILE...\n"


def test_a_wrong_row_of_duplicates_csv_is_named(review):
    (review / "review/screening").mkdir()
    (review / "review" / FILE).write_text("record,duplicate_of,decision\na.ris#1,c.ris#1,same\n")
    ran = trialpool("dedup", "review")
    assert ran.code == 1
    assert ran.err == f"screening/duplicates.csv, row 2, column duplicate_of: search/ has no record 'c.ris#1'. {CORRECT}\n"
