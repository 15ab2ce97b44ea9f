"""XLSX files, read with openpyxl: numbers are numbers, text is text, nothing is a formula."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pytest
from tests.formats.folders import findings, folder
from tests.reports.documents import parts

from trialpool.analysis.run import analyse
from trialpool.formats.review_folder import read_review
from trialpool.reports.findings_json import findings_data
from trialpool.reports.tables import TITLES, table_rows
from trialpool.reports.workbook import workbook

ROWS = [{"name": "=1+1", "n": 3, "x": 0.125, "missing": None, "no": float("nan")}, {"name": "0.60\u0007", "yes": True, "x": 2}]


@pytest.fixture(scope="module")
def book():
    return openpyxl.load_workbook(io.BytesIO(workbook({"first": ROWS, "none": [], "second": [{"a": 1}]}, title="A title")))


def test_a_sheet_a_table_after_one_that_lists_them(book):
    assert book.sheetnames == ["tables", "first", "second"]
    assert [[c.value for c in row] for row in book["tables"].rows] == [
        ["sheet", "holds", "rows"],
        ["first", None, 2],
        ["second", None, 1],
    ]


def test_cells_keep_their_kind(book):
    rows = [[c.value for c in row] for row in book["first"].rows]
    assert rows == [
        ["name", "n", "x", "missing", "no", "yes"],
        ["=1+1", 3, 0.125, None, None, None],
        ["0.60", None, 2, None, None, True],
    ]
    assert [c.data_type for c in book["first"]["A"]] == ["s", "s", "s"]


def test_the_header_is_set_apart_and_stays(book):
    assert book["first"].freeze_panes == "B2"
    assert all(c.font.bold for c in book["first"][1])
    assert book["first"].auto_filter.ref == "A1:F3"


def test_the_same_tables_give_the_same_bytes_without_a_date():
    made = workbook({"first": ROWS}, title="A title")
    assert workbook({"first": ROWS}, title="A title") == made
    core = parts(made)["docProps/core.xml"]
    assert b"created" not in core
    assert b"modified" not in core


def test_every_table_of_a_report_has_a_title_and_the_numbers_of_the_findings(tmp_path):
    found = findings(folder(tmp_path))
    rows = table_rows(found)
    assert set(rows) == set(TITLES)
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(rows, title="x")))["results"]
    names = [c.value for c in sheet[1]]
    assert sheet[2][names.index("estimate")].value == pytest.approx(
        findings_data(found)["analyses"][0]["pooled"]["estimate"],
        rel=1e-15,  # a spreadsheet has 16 digits
    )


def test_sources_of_figures_hold_what_is_drawn():
    from trialpool.reports.figure_sources import figure_sources
    from trialpool.reports.report_figures import report_figures

    found = analyse(read_review(Path(__file__).parents[2] / "reviews/imid-maintenance"))
    names = list(report_figures(found))
    made = figure_sources(found, names)
    kinds = (
        "forest",
        "sensitivity",
        "cumulative",
        "funnel",
        "multiverse",
        "influence",
        "baujat",
        "subsets",
        "sequential",
        "posterior",
    )
    assert [name for name in names if name.startswith(kinds) and name not in made] == []
    tables = {name: _table(text) for name, text in made.items()}
    pfs = found["pfs"]
    studies = [row for row in tables["forest-pfs"] if row["row"] == "study"]
    assert {row["label"] for row in studies} == {e.unit.title for e in pfs.selection.effects}
    assert sum(float(row["weight"]) for row in studies) == pytest.approx(1)
    total = tables["forest-pfs"][-2]  # a note on the test stands below it
    assert float(total["estimate"]) == pfs.fit.mu
    subsets = tables["subsets-pfs"]
    assert 0.99 * pfs.robustness.subsets.n < sum(int(row["subsets"]) for row in subsets) <= pfs.robustness.subsets.n
    middle = sum(float(row["estimate"]) * int(row["subsets"]) for row in subsets) / sum(int(row["subsets"]) for row in subsets)
    assert middle == pytest.approx(pfs.robustness.subsets.mu.mean(), abs=0.005)  # a hexagon is 0.01 wide
    curve = tables["multiverse-pfs"]
    assert int(curve[-1]["last"]) == len(pfs.robustness.multiverse.mu)
    assert len(curve) == 120


def _table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))
