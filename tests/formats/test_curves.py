"""Curves of a review: what is read, and what is said of files that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

import trialpool as tp
from trialpool.errors import BadInput

CURVE = "time,survival,arm\n0,1,drug\n3.1,0.8,drug\n9.5,0.6,drug\n0,1,control\n1.5,0.8,control\n4,0.6,control\n7.2,0.3,control\n"
RISK = "time,arm,at_risk,events\n0,control,5,3\n6,control,2,\n0,drug,5,\n6,drug,3,\n"


def folder(tmp_path: Path, **files: str) -> Path:
    home = tmp_path / "results" / "curves"
    home.mkdir(parents=True)
    for name, text in files.items():
        (home / f"{name.replace('_', '-')}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def problems(path: Path) -> list[str]:
    with pytest.raises(BadInput) as refused:
        tp.read_curves(path)
    return [str(problem) for problem in refused.value.problems]


def test_reads_curves_with_their_risk_table(tmp_path: Path) -> None:
    (found,) = tp.read_curves(folder(tmp_path, attal2012_os=CURVE, attal2012_os_risk=RISK))
    assert (found.study, found.outcome, found.file) == ("attal2012", "os", "results/curves/attal2012-os.csv")
    assert list(found.curves) == ["control", "drug"]  # the control arm first
    assert (found.curves["control"].n, found.curves["control"].events, found.curves["drug"].events) == (5, 3, None)
    made = tp.reconstruct(found.curves)
    assert made.misses == ()
    assert made.patients.events == (3, 2)


def test_reads_censoring_marks(tmp_path: Path) -> None:
    marks = "time,arm\n2,control\n7.2,control\n"
    (found,) = tp.read_curves(folder(tmp_path, a_os=CURVE, a_os_risk=RISK, a_os_censored=marks))
    assert found.curves["control"].censored is not None
    assert found.curves["control"].censored.tolist() == [2.0, 7.2]
    assert found.curves["drug"].censored is None


def test_a_folder_without_curves_has_none(tmp_path: Path) -> None:
    assert tp.read_curves(tmp_path) == ()


@pytest.mark.parametrize(
    ("curve", "risk", "says"),
    [
        (
            CURVE.replace("0.8,drug", "80,drug"),
            RISK,
            "results/curves/a-os.csv, survival: survival goes up to 80: it is in percent (drug). Divide by 100.",
        ),
        (
            CURVE.replace("0.6,drug", "0.95,drug"),
            RISK,
            (
                "results/curves/a-os.csv, row 4, column survival: survival rises from 0.8 to 0.95 at time 9.5 (drug). A survival "
                "curve does not rise; correct the reading or its arm."
            ),
        ),
        (
            CURVE.replace("0,1,drug", "0,0.7,drug"),
            RISK,
            (
                "results/curves/a-os.csv, row 2, column survival: the curve starts at time 0 with survival 0.7, below 1 (drug). "
                "Read it from time 0; where the figure shows events rather than survival, give 1 minus the reading."
            ),
        ),
        (
            CURVE.replace("3.1,0.8,drug", "10,0.8,drug"),
            RISK,
            (
                "results/curves/a-os.csv, row 4, column time: the times are out of order: 9.5 comes after 10 (drug). Sort the "
                "rows of the arm by time."
            ),
        ),
        (
            CURVE,
            RISK.replace("6,control", "8,control"),
            (
                "results/curves/a-os-risk.csv, row 3, column time: the curve ends at 7.2, and 2 are at risk at 8 (control). Read "
                "the curve to its end: add a last coordinate where its line stops."
            ),
        ),
        (
            CURVE,
            RISK.replace("6,drug,3", "6,drug,9"),
            (
                "results/curves/a-os-risk.csv, row 5, column at_risk: the risk table rises from 5 to 9 at time 6 (drug). Numbers "
                "at risk do not rise; correct the number or its arm."
            ),
        ),
        (
            CURVE,
            RISK.replace("control,5,3", "control,5,6"),
            "results/curves/a-os-risk.csv, row 2, column events: 6 events among 5 patients of control. Correct one of the two.",
        ),
        (
            CURVE,
            RISK.replace("6,drug", "6,placebo"),
            "results/curves/a-os-risk.csv, row 5, column arm: 'placebo' is no arm of the curve. Its arms are drug, control.",
        ),
        (
            CURVE.replace("0.8,drug", "high,drug"),
            RISK,
            (
                "results/curves/a-os.csv, row 3, column survival: 'high' is not a number. Correct it, or leave the cell empty "
                "where nothing was reported."
            ),
        ),
    ],
)
def test_says_where_and_how_to_mend(tmp_path: Path, curve: str, risk: str, says: str) -> None:
    assert problems(folder(tmp_path, a_os=curve, a_os_risk=risk)) == [says]


def test_says_what_is_lacking(tmp_path: Path) -> None:
    assert problems(folder(tmp_path, curves=CURVE, a_os_risk=RISK)) == [
        (
            "results/curves/curves.csv: the name does not say which study and outcome. "
            "Name it STUDY-OUTCOME.csv, such as attal2012-os.csv."
        ),
        "results/curves/a-os-risk.csv: there is no curve to it. Add a-os.csv, or remove it.",
    ]


def test_a_curve_needs_its_patients(tmp_path: Path) -> None:
    found = problems(folder(tmp_path, a_os=CURVE))
    assert found == [
        "results/curves/a-os-risk.csv, at_risk: nobody says how many patients there are at time 0 (drug). Add a row for time 0.",
        "results/curves/a-os-risk.csv, at_risk: nobody says how many patients there are at time 0 (control). Add a row for time 0.",
    ]
