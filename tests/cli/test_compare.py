"""`trialpool compare` and `trialpool template`: from two spreadsheets to the agreed rows, the history kept."""

from __future__ import annotations

import json

import openpyxl
import pytest
from tests.cli.terminal import trialpool
from tests.formats.folders import COUNTS_PLAN, RESULTS, counts, csv_text, folder, problems, row, tree

from trialpool.formats.extraction_folder import REPORT_COLUMNS
from trialpool.formats.extraction_workbook import BY_MEASURE
from trialpool.formats.review_folder import read_review
from trialpool.review.report import MEASURES

SECOND = [RESULTS[0] | {"ci_low": "0.6"}, RESULTS[1] | {"estimate": "0.26"}]


def heads(book):
    """The columns of the sheet that is filled."""
    return [cell.value for cell in book["results"][1]]


def at(book, column):
    return heads(book).index(column) + 1


@pytest.fixture
def made(tmp_path):
    at = folder(tmp_path, results=None)
    (at / "results").rmdir()
    for name, rows in (("ae", RESULTS), ("bk", SECOND)):
        (at / "extraction" / name).mkdir(parents=True)
        (at / "extraction" / name / "survival.csv").write_text(csv_text(rows), encoding="utf-8")
    return at


def test_differences_are_listed_and_end_with_1(made):
    before = tree(made)
    ran = trialpool("compare", made)
    assert (ran.err, ran.code) == ("", 1)
    first, *_, last = ran.out.splitlines()
    assert first.startswith("warning: extraction/bk/survival.csv, row 3, column estimate: the interval 0.45 to 0.85")
    agree = "11 of 12 cells agree (91.7%), 1 of them but for rounding"
    assert last == f"ae and bk: 2 rows in common, {agree}, 1 row of one alone. 2 to decide."
    for words in ("0.62", "0.26", "to decide", "rounding: 0.60", "has the row"):
        assert words in ran.out
    assert tree(made) == before


def test_from_preparing_to_settling(made):
    adjudication, results = made / "extraction/adjudication.csv", made / "results/extraction.csv"
    refused = trialpool("compare", made, "--settle")
    assert refused.code == 1
    assert refused.err == (
        "Nothing was written: 2 differences are still to be decided. "
        "Put them into extraction/adjudication.csv with --prepare, fill it, and run this again.\n"
    )
    assert trialpool("compare", made, "--prepare").out.splitlines()[-1] == (
        f"2 rows added to {adjudication}. Fill agreed, who, when and why."
    )
    assert adjudication.read_text(encoding="utf-8") == (
        "study,stratum,outcome,column,found,agreed,who,when,why\n"
        "b-2005,,OS,estimate,ae: 0.62 | bk: 0.26,,,,\n"
        'c-2010,,OS,row,"only ae: measure HR, estimate 0.95, ci_low 0.80, ci_high 1.13",,,,\n'
    )
    assert trialpool("compare", made, "--prepare").out.splitlines()[-1] == f"Nothing to add to {adjudication}."
    text = adjudication.read_text(encoding="utf-8")
    text = text.replace("0.26,,,,", "0.26,0.62,cm,2026-11-28,digits turned round").replace('1.13",,,,', '1.13",yes,cm,,p. 9')
    adjudication.write_text(text, encoding="utf-8")
    ran = trialpool("compare", made, "--settle")
    assert (ran.err, ran.code) == ("", 0)
    assert ran.out.splitlines()[-1] == f"3 agreed rows in {results}."
    assert [(str(r.estimate), str(r.ci_low)) for r in read_review(made).reports] == [
        ("0.80", "0.60"),
        ("0.62", "0.45"),
        ("0.95", "0.80"),
    ]
    assert adjudication.read_text(encoding="utf-8") == text
    settled = results.read_bytes()
    assert trialpool("compare", made, "--settle").code == 0
    results.write_text("study,outcome,status\n", encoding="utf-8")
    kept = trialpool("compare", made, "--settle")
    assert (kept.code, kept.err) == (
        1,
        f"{results} is there and says something else. Look at it, and give --replace to write it anew.\n",
    )
    assert trialpool("compare", made, "--settle", "--replace").code == 0
    assert results.read_bytes() == settled


def test_the_same_for_a_machine(made):
    data = json.loads(trialpool("compare", made, "--json").out)
    assert (data["rows_in_common"], data["cells_compared"], data["cells_differing"], data["to_decide"]) == (2, 12, 1, 2)
    assert data["cells"][1]["values"] == {"ae": "0.62", "bk": "0.26"}
    assert data["rows"][0] | {"place": ""} == {
        "extractor": "ae", "study": "c-2010", "outcome": "OS", "place": "", "kept": None, "settled_by": None,
    }  # fmt: skip


def test_slips_are_said(made, tmp_path):
    (made / "extraction/bk/survival.csv").write_text(csv_text([row(p="2")]), encoding="utf-8")
    (made / "extraction/adjudication.csv").write_text(
        "study,outcome,column,found,agreed,who,when,why\na-2001,OS,estimate,x,1,,,\na-2001,OS,row,x,maybe,cm,,\n",
        encoding="utf-8",
    )
    assert trialpool("compare", made).err.splitlines() == [
        "extraction/bk/survival.csv, row 2, column p: 2 is outside 0 to 1. Give P as a share, such as 0.03.",
        "extraction/adjudication.csv, row 2, column who: the cell is empty, and `agreed` is not. Say who decided.",
        ("extraction/adjudication.csv, row 3, column why: the cell is empty, and `who` is not. "
        "Say why: what the source says, and where."),
        ("extraction/adjudication.csv, row 3, column agreed: 'maybe' is neither yes nor no. "
        "Write yes to keep the row, no to drop it."),
    ]  # fmt: skip
    (made / "extraction/third").mkdir()
    assert trialpool("compare", made).err == (
        "extraction: two extractors are compared; there are ae, bk, third. Name two with --extractors.\n"
    )
    assert trialpool("compare", made, "--extractors", "ae", "nobody").err == (
        "extraction: there is no extractor 'nobody'; there are ae, bk, third. Name two of them.\n"
    )
    bare = folder(tmp_path / "bare")
    assert trialpool("compare", bare).err.startswith("extraction: there is no such folder.")


def test_a_spreadsheet_goes_out_and_comes_back(tmp_path):
    made, sheet = folder(tmp_path), tmp_path / "ae.xlsx"
    out = trialpool("template", made, sheet)
    again = f"Bring it back: trialpool template {made} --read {sheet} --extractor NAME"
    assert (out.out, out.err, out.code) == (f"Made {sheet}, for 3 studies. {again}\n", "", 0)
    assert trialpool("template", made, "--read", sheet).err == f"{sheet} holds no row with a figure; nothing was written.\n"
    book = openpyxl.load_workbook(sheet)
    for name, value in {
        "measure": "HR",
        "estimate": "0.60",
        "p": "<0.001",
        "orientation": "treatment_vs_control",
        "status": "read",
    }.items():
        book["results"].cell(2, at(book, name)).value = value
    book.save(sheet)
    target = made / "extraction/ae/ae.csv"
    assert trialpool("template", "--read", sheet, made, "--extractor", "ae").out == f"1 row in {target}.\n"
    assert target.read_text(encoding="utf-8") == (
        "study,outcome,measure,estimate,orientation,p,status\na-2001,OS,HR,0.60,treatment_vs_control,<0.001,read\n"
    )
    assert problems(made) == []
    second = tmp_path / "again.xlsx"
    assert trialpool("template", made, second, "--extractor", "ae").out.startswith(
        f"Made {second}, with the 1 rows of extraction/ae."
    )
    assert trialpool("template", made, second).err == (
        f"{second} exists already, and nothing is overwritten. Give another name, or --replace.\n"
    )


def test_every_column_is_of_a_measure_or_of_all():
    assert {column for columns in BY_MEASURE.values() for column in columns} <= set(REPORT_COLUMNS)
    assert set(BY_MEASURE) == set(MEASURES)


def test_a_spreadsheet_has_the_columns_of_its_measures_and_those_that_are_filled(tmp_path):
    made, sheet = folder(tmp_path, toml=COUNTS_PLAN, results=[counts("a-2001", 1, 10, 2, 10)]), tmp_path / "ae.xlsx"
    trialpool("template", made, sheet)
    found = heads(openpyxl.load_workbook(sheet))
    assert {"study", "outcome", "estimate", "events_t", "n_t", "pct_c", "source", "quote", "status", "note"} <= set(found)
    assert not {"stratum", "mean_t", "sd_t", "median_t", "o_minus_e", "curve", "time_t"} & set(found)
    book = openpyxl.load_workbook(sheet)
    book["results"].cell(1, len(found) + 1).value = "chi2"  # a column that the measure does not ask for comes back too
    cells = {"events_t": "3", "n_t": "40", "events_c": "5", "n_c": "41", "status": "read", "chi2": "0.60"}
    for name, value in cells.items():
        book["results"].cell(2, at(book, name)).value = value
    book.save(sheet)
    assert trialpool("template", made, "--read", sheet, "--extractor", "ae").code == 0
    text = (made / "extraction/ae/ae.csv").read_text(encoding="utf-8")
    assert text == "study,outcome,events_t,n_t,events_c,n_c,chi2,status\na-2001,OS,3,40,5,41,0.60,read\n"
    trialpool("template", made, sheet, "--extractor", "ae", "--replace")
    assert heads(openpyxl.load_workbook(sheet)) == [c for c in REPORT_COLUMNS if c in {*found, "chi2"}]


def test_what_cannot_be_used_is_said_by_the_cell_of_the_spreadsheet(tmp_path):
    made, sheet = folder(tmp_path), tmp_path / "ae.xlsx"
    trialpool("template", made, sheet)
    book = openpyxl.load_workbook(sheet)
    book["results"].cell(4, at(book, "p")).value = "2"
    book["results"].cell(4, at(book, "status")).value = "red"
    book.save(sheet)
    before = tree(made)
    ran = trialpool("template", made, "--read", sheet, "--extractor", "ae")
    assert (
        ran.err.splitlines()
        == [
            "ae.xlsx, row 4, column p: 2 is outside 0 to 1. Give P as a share, such as 0.03.",
            "ae.xlsx, row 4, column status: missing among the columns",
        ]
        or "column status" in ran.err
    )
    assert tree(made) == before


def test_refusals_of_template(tmp_path):
    made = folder(tmp_path)
    both = "Give the spreadsheet to make, or the one to bring back with --read.\n"
    assert trialpool("template", made).err == both
    assert trialpool("template", made, "x.xlsx", "--read", "y.xlsx").err == both
    assert trialpool("template", made, tmp_path / "x.xlsx", "--extractor", "../x").err == (
        "'../x' is no name of an extractor. Use letters, digits, - and _.\n"
    )
