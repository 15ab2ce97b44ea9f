"""Kaplan-Meier figures of a review: from coordinates in results/curves/ to the pooled effect and the report."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from tests.formats.curve_folder import CASE, OTHERS, with_curve
from tests.formats.folders import row
from tests.survival.reference_cases import patients

import trialpool as tp
from trialpool.analysis.run import analyse
from trialpool.formats.review_folder import check_folder, read_review
from trialpool.reports.build import write_report


def test_the_effect_is_that_of_the_patients_behind_the_figure(tmp_path: Path) -> None:
    found = analyse(read_review(with_curve(tmp_path)))["os"]
    derived = found.effect("A 2001").derivation
    truth = tp.cox(patients(CASE))
    assert derived.route == "reconstructed patient data"
    assert derived.yi == pytest.approx(truth.log_hr, abs=0.014)
    assert derived.se == pytest.approx(truth.se, rel=0.02)
    assert derived.yi_low < derived.yi < derived.yi_high
    assert derived.se_low <= derived.se <= derived.se_high
    assert (derived.locator, derived.status, derived.inputs) == ("fig. 2", "read", {"curve": "a-2001-os"})


def test_a_printed_hazard_ratio_comes_before_the_figure(tmp_path: Path) -> None:
    found = analyse(read_review(with_curve(tmp_path, results=(row(curve="A-2001-OS"), *OTHERS))))["os"]
    routes = [d.route for d in found.effect("A 2001").chosen.derivations]
    assert routes == ["estimate and interval", "reconstructed patient data"]


def test_the_report_shows_the_patients_over_the_readings(tmp_path: Path) -> None:
    made = with_curve(tmp_path)
    report = write_report(analyse(read_review(made)), made)
    page = (report / "index.html").read_text(encoding="utf-8")
    assert 'id="a-2001-os.curve"' in page
    assert "Research against control: hazard ratio" in page
    rows = list(csv.DictReader((report / "tables/patients-a-2001-os.csv").read_text(encoding="utf-8").splitlines()))
    assert (len(rows), sum(int(r["event"]) for r in rows)) == (118, 98)
    assert {path.suffix for path in (report / "figures").glob("curve-a-2001-os.*")} == {".svg", ".pdf", ".png", ".csv"}


def test_the_same_folder_gives_the_same_patients(tmp_path: Path) -> None:
    one, two = (analyse(read_review(with_curve(tmp_path / name))).curves[0].made.patients for name in ("one", "two"))
    assert np.array_equal(one.time, two.time)


def problems(made: Path) -> list[str]:
    return [f"{p.severity}: {p}" for p in check_folder(made)[1]]


def test_arms_are_told_by_name(tmp_path: Path) -> None:
    assert problems(with_curve(tmp_path, arms=("placebo", "drug"))) == [
        (
            "error: results/curves/a-2001-os.csv, arm: the arms are 'placebo', 'drug'. Name the control arm `control`, and where "
            "there are more than two the other to compare `treatment`."
        )
    ]


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("a-2001-ps", "there is no file results/curves/a-2001-ps.csv. Did you mean a-2001-os?"),
        ("", ""),
    ],
)
def test_rows_and_files_name_each_other(tmp_path: Path, named: str, says: str) -> None:
    found = problems(with_curve(tmp_path, results=(row(curve=named), *OTHERS)))
    unnamed = (
        "warning: results/curves/a-2001-os.csv: no row says where this curve is from. Add a row to results/*.csv with `a-2001-os` "
        "in the column `curve`, and its source, or remove the file."
    )
    assert found == [*([f"error: results/os.csv, row 2, column curve: {says}"] if says else []), unnamed]


def test_a_curve_belongs_to_its_study_and_outcome(tmp_path: Path) -> None:
    found = problems(with_curve(tmp_path, results=(row(), row(study="b-2005", curve="a-2001-os"), OTHERS[1])))
    assert found == [
        (
            "error: results/os.csv, row 3, column curve: 'a-2001-os' is not a curve of OS of b-2005. Name the file b-2005-OS.csv, "
            "or correct the row."
        )
    ]
