"""The spreadsheet for extraction: lists and help in it, and every text back as it was typed, also through LibreOffice."""

from __future__ import annotations

import datetime
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.formats.folders import folder

from trialpool.errors import BadInput
from trialpool.formats.extraction_workbook import columns_for, extraction_workbook, read_extraction_workbook
from trialpool.formats.review_folder import read_review
from trialpool.review.report import STATUSES

FRAGILE = {
    "study": "a-2001", "outcome": "OS", "measure": "HR", "estimate": "0.60", "ci_low": "0.500", "ci_high": "1.0", "p": "<0.001",
    "allocation": "2:1", "curve_times": "0 12 24", "at_risk_t": "0100 083 070", "locator": "1-2", "source": "10.1000/182",
    "analysis": "=not a formula", "quote": "HR 0\u00b760 (P < 0\u00b7001); \u201cτ² ≥ 0\u201d, line\nbreak", "status": "read",
    "note": "+1, -1, @x, TRUE, 1E5",
}  # fmt: skip


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    return read_review(folder(tmp_path_factory.mktemp("review")))


def written(at, review, rows=()):
    at.write_bytes(extraction_workbook(review.plan, review.studies, rows))
    return at


def test_texts_come_back_as_they_went(tmp_path, review):
    assert read_extraction_workbook(written(tmp_path / "x.xlsx", review, [FRAGILE])).rows == (FRAGILE,)


def calc_is_installed() -> bool:
    """LibreOffice with its spreadsheet; a distribution may have its word processor alone."""
    found = shutil.which("soffice")
    return found is not None and any(Path(found).resolve().parent.glob("*sclo.*"))


@pytest.mark.skipif(not calc_is_installed(), reason="LibreOffice Calc is not installed")
def test_texts_come_back_through_libreoffice(tmp_path, review):
    source = written(tmp_path / "x.xlsx", review, [FRAGILE])
    command = [
        "soffice",
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
    ]
    subprocess.run([*command, "--outdir", str(tmp_path / "out"), str(source)], check=True, capture_output=True, timeout=240)
    again = read_extraction_workbook(tmp_path / "out" / "x.xlsx")
    assert (again.rows, again.remarks) == ((FRAGILE,), ())
    sheet = openpyxl.load_workbook(tmp_path / "out" / "x.xlsx")["results"]
    assert {str(rule.sqref).split(":")[0][:-1] for rule in sheet.data_validations.dataValidation} >= {"A", "B", "C"}


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20).map(str.strip).filter(bool)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from(["estimate", "p", "source", "note", "quote"]), TEXTS, min_size=1))
def test_any_text_comes_back(tmp_path, review, cells):
    row = {"study": "a-2001", "outcome": "OS"} | cells
    again = read_extraction_workbook(written(tmp_path / "x.xlsx", review, [row])).rows
    assert [dict(sorted(found.items())) for found in again] == [dict(sorted(row.items()))]


def test_a_row_a_study_and_outcome_waits_to_be_filled_and_says_nothing_until_then(tmp_path, review):
    path = written(tmp_path / "x.xlsx", review)
    sheet = openpyxl.load_workbook(path)["results"]
    assert [[c.value for c in row[:2]] for row in sheet.iter_rows(min_row=2)] == [[s.study, "OS"] for s in review.studies]
    assert read_extraction_workbook(path).rows == ()


def test_lists_and_help_come_from_the_review(tmp_path, review):
    book = openpyxl.load_workbook(written(tmp_path / "x.xlsx", review))
    lists = {column[0].value: [c.value for c in column[1:] if c.value is not None] for column in book["lists"].columns}
    assert lists["study"] == ["a-2001", "b-2005", "c-2010"]
    assert lists["outcome"] == ["OS"]
    assert lists["status"] == list(STATUSES)
    assert lists["orientation"] == ["treatment_vs_control", "control_vs_treatment"]
    assert lists["p_sides"] == ["1", "2"]
    assert book["lists"].sheet_state == "hidden"
    sheet = book["results"]
    assert [c.value for c in sheet[1]] == list(columns_for(review.plan, review.studies))
    assert sheet["C1"].comment.text.startswith("What estimate is: HR, hazard ratio; RR, risk ratio; ")
    assert all(c.number_format == "@" for row in sheet.iter_rows(min_row=2) for c in row)


def test_what_a_spreadsheet_made_of_a_text_is_refused_with_its_place(tmp_path, review):
    path = written(tmp_path / "x.xlsx", review, [FRAGILE])
    book = openpyxl.load_workbook(path)
    sheet = book["results"]
    at = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, at["allocation"]).value = datetime.time(2, 1)
    sheet.cell(2, at["locator"]).value = datetime.datetime(2026, 2, 1)  # noqa: DTZ001
    sheet.cell(2, at["estimate"]).value = "=A1"
    sheet.cell(2, at["estimate"]).data_type = "f"
    sheet.cell(2, at["note"]).value = True
    sheet.cell(1, at["quote"]).value = "qoute"
    book.save(path)
    with pytest.raises(BadInput) as bad:
        read_extraction_workbook(path)
    assert str(bad.value).splitlines() == [
        "x.xlsx, row 1, column qoute: there is no such column. Did you mean quote?",
        "x.xlsx, row 2, column estimate: it holds a formula. Put its value there.",
        ("x.xlsx, row 2, column allocation: the spreadsheet made a date or time of what was typed (02:01:00). "
        "Format the cell as text and type it again."),
        ("x.xlsx, row 2, column locator: the spreadsheet made a date or time of what was typed (2026-02-01 00:00:00). "
        "Format the cell as text and type it again."),
        "x.xlsx, row 2, column note: the spreadsheet made TRUE of what was typed. Format the cell as text and type it again.",
    ]  # fmt: skip


def test_percentages_and_merged_cells_are_refused(tmp_path, review):
    path = written(tmp_path / "x.xlsx", review, [FRAGILE, FRAGILE])
    book = openpyxl.load_workbook(path)
    sheet = book["results"]
    at = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, at["estimate"]).value, sheet.cell(2, at["estimate"]).number_format = 0.453, "0.0%"
    sheet.merge_cells(start_row=2, end_row=3, start_column=at["source"], end_column=at["source"])
    book.save(path)
    with pytest.raises(BadInput) as bad:
        read_extraction_workbook(path)
    assert str(bad.value).splitlines() == [
        (
            "x.xlsx, row 2, column estimate: the spreadsheet made 0.453 of what was typed, and shows it as 45.3%. "
            "Format the cell as text and type it again."
        ),
        (
            "x.xlsx, row 3, column source: it is merged with another cell, which alone has a value. "
            "Unmerge the cells, and fill each."
        ),
    ]


def test_numbers_are_taken_and_pointed_out(tmp_path, review):
    path = written(tmp_path / "x.xlsx", review, [FRAGILE])
    book = openpyxl.load_workbook(path)
    at = {cell.value: cell.column for cell in book["results"][1]}
    for column, value in (("estimate", 0.6), ("n_t", 120), ("p", 0.0000001)):
        book["results"].cell(2, at[column]).value = value
    book.save(path)
    again = read_extraction_workbook(path)
    assert {name: again.rows[0][name] for name in ("estimate", "n_t", "p")} == {"estimate": "0.6", "n_t": "120", "p": "0.0000001"}
    assert Decimal(again.rows[0]["p"]) == Decimal("1e-7")
    assert (
        str(again.remarks[0])
        == "x.xlsx, row 2, column estimate: 0.6 is a number and not text. Look whether its last zeros are there."
    )
    assert len(again.remarks) == 3


@pytest.mark.parametrize("content", [b"", b"not a spreadsheet", b"PK\x03\x04 broken"])
def test_what_is_no_spreadsheet_is_said(tmp_path, content):
    (tmp_path / "x.xlsx").write_bytes(content)
    with pytest.raises(BadInput, match="this is no spreadsheet that can be read"):
        read_extraction_workbook(tmp_path / "x.xlsx")


def test_the_same_review_gives_the_same_bytes(review):
    assert extraction_workbook(review.plan, review.studies) == extraction_workbook(review.plan, review.studies)
