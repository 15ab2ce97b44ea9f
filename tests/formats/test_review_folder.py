"""The folder as a whole: what is missing or cannot be opened, and that everything wrong is said in one run."""

from __future__ import annotations

import os
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import pytest
from tests.cli.refusals import refused
from tests.cli.terminal import trialpool
from tests.formats.folders import PLAN, RESULTS, STUDIES, csv_text, folder, problems, row

from trialpool.errors import BadInput
from trialpool.formats.review_folder import check_folder, read_review

ESTIMATORS = "Use 'REML', 'PM', 'DL', 'DL2', 'DLIT', 'ML', 'EB', 'HE', 'HS', 'HSk', 'SJ', 'SJIT', 'PMM', 'GENQ' or 'GENQM'."

ROOT = Path(__file__).parents[2]
NOBODY = 65534
PUT = "Put what the studies report into results/*.csv"


@contextmanager
def closed(path, *, to=0):
    """A file or folder that its reader may not open; root is somebody else meanwhile, for root may open anything."""
    mode, root = path.stat().st_mode, os.geteuid() == 0
    for parent in [*path.parents][: len(path.parents) - 2]:
        if root:
            parent.chmod(0o755)
    path.chmod(to)
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        path.chmod(mode)


def test_a_sound_folder_has_no_problems(tmp_path):
    review, found = check_folder(folder(tmp_path))
    assert found == ()
    assert review is not None
    assert review.remarks == ()
    assert [unit.key for unit in review.studies] == [("a-2001", ""), ("b-2005", ""), ("c-2010", "")]
    assert [(report.file, report.row) for report in review.reports] == [("results/os.csv", n) for n in (2, 3, 4)]


@pytest.mark.parametrize("path", [ROOT / "reviews/imid-maintenance", Path(str(files("trialpool.formats") / "template"))])
def test_what_the_project_ships_has_no_problems(path):
    assert [problem for problem in problems(path) if not (problem.startswith("note: ") and "no answer yet" in problem)] == []


def test_everything_is_said_in_one_run_file_by_file(tmp_path):
    made = folder(
        tmp_path,
        toml=PLAN.replace('"OS"', '"PFS"') + 'tau2 = "reml"\n',
        studies=[*STUDIES, STUDIES[0], STUDIES[1] | {"study": "d-2020", "year": "soon"}],
        results=[row(p="1.2", estimate="2"), row(study="nobody"), row(orientation=""), row(study="d-2020")],
        published=[{"review": "r", "outcome": "os", "estimate": "0,9"}],
    )
    expected = [
        f"review.toml, analyses[1].tau2: 'reml' is not known. {ESTIMATORS}",
        (
            "studies.csv, row 5, column study: 'a-2001' stands in row 2 already. "
            "Give each study its own identifier, or strata their names."
        ),
        "studies.csv, row 6, column year: 'soon' is not a number. Correct it, or leave the cell empty where nothing was reported.",
        "results/os.csv, row 2, column p: 1.2 is outside 0 to 1. Give P as a share, such as 0.03.",
        "results/os.csv, row 3, column study: studies.csv has no study 'nobody'. Add it there, or correct it.",
        "published.csv, row 2, column estimate: '0,9' has a decimal comma. Write 0.9.",
        (
            "results/os.csv, row 4, column orientation: which arm HR 0.80 compares with which is not said, and nothing in the row "
            "tells it. Give treatment_vs_control or control_vs_treatment."
        ),
    ]
    assert refused(made) == expected
    with pytest.raises(BadInput) as refusal:
        read_review(made)
    assert str(refusal.value) == "\n".join(expected)


def test_a_path_that_is_no_folder_is_refused(tmp_path):
    mend = "Give the path of a review folder, or make one with `trialpool new`"
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert problems(tmp_path / "none") == [f"error: {tmp_path / 'none'}: there is no such folder. {mend}."]
    assert problems(tmp_path / "file") == [f"error: {tmp_path / 'file'}: this is a file, not a folder. {mend}."]
    assert problems(tmp_path / "file" / "x") == [f"error: {tmp_path / 'file' / 'x'}: this is a file, not a folder. {mend}."]
    assert problems(tmp_path / ("x" * 300)) == [
        f"error: {tmp_path / ('x' * 300)}: the folder cannot be read (File name too long). Check its permissions."
    ]


def test_an_empty_folder_is_told_what_it_needs(tmp_path):
    assert problems(tmp_path) == [
        "error: review.toml: the file is missing. Every review folder needs it; `trialpool new` makes one.",
        "error: studies.csv: the file is missing. Every review folder needs it.",
        f"error: results: there is no such folder. {PUT}.",
    ]


def test_results_without_a_table_are_refused(tmp_path):
    made = folder(tmp_path, results=None)
    assert refused(made) == [f"results: there is no CSV file in it. {PUT}."]
    (made / "results").rmdir()
    assert refused(made) == [f"results: there is no such folder. {PUT}."]
    (made / "results").write_text("study,outcome,status", encoding="utf-8")
    assert refused(made) == [f"results: this is a file, not a folder. {PUT}."]


def test_every_table_in_results_is_read_by_name_and_what_is_not_read_is_said(tmp_path):
    made = folder(tmp_path, results=None)
    for name, content in {
        "b.csv": csv_text(RESULTS[:1]),
        "A.CSV": csv_text(RESULTS[1:]),
        "os.xlsx": "PK",
        "notes.md": "mine",
        ".~lock.b.csv#": "",
        "._b.csv": "\0",
        "~$b.csv": "\0",
    }.items():
        (made / "results" / name).write_text(content, encoding="utf-8")
    (made / "results" / "old").mkdir()
    assert problems(made) == [
        "warning: results/old: it is not read. Save it as CSV, or put it elsewhere.",
        "warning: results/os.xlsx: it is not read. Save it as CSV, or put it elsewhere.",
    ]
    assert [(r.file, r.row) for r in read_review(made).reports] == [
        ("results/A.CSV", 2),
        ("results/A.CSV", 3),
        ("results/b.csv", 2),
    ]


@pytest.mark.skipif(os.name == "nt", reason="permissions are those of POSIX")
@pytest.mark.parametrize(
    ("name", "messages"),
    [
        (".", [": the folder cannot be read (Permission denied). Check its permissions."]),
        ("review.toml", ["review.toml: the file cannot be read (Permission denied). Check its permissions."]),
        ("studies.csv", ["studies.csv: the file cannot be read (Permission denied). Check its permissions."]),
        ("results", ["results: the folder cannot be read (Permission denied). Check its permissions."]),
        ("results/os.csv", ["results/os.csv: the file cannot be read (Permission denied). Check its permissions."]),
        ("published.csv", ["published.csv: the file cannot be read (Permission denied). Check its permissions."]),
    ],
)
def test_what_may_not_be_opened_is_said_and_not_one_problem_for_each_row(tmp_path, name, messages):
    made = folder(tmp_path, published=[{"review": "r", "outcome": "os"}])
    with closed(made / name):
        ran = trialpool("build", made)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [message if name != "." else f"{made}{message}" for message in messages]


@pytest.mark.skipif(os.name == "nt", reason="permissions are those of POSIX")
def test_a_folder_that_may_be_listed_but_not_entered_is_refused(tmp_path):
    made = folder(tmp_path, published=[{"review": "r", "outcome": "os"}])
    with closed(made, to=0o444):
        found = problems(made)
    assert found == [
        "error: review.toml: the file cannot be read (Permission denied). Check its permissions.",
        "error: studies.csv: the file cannot be read (Permission denied). Check its permissions.",
        "error: results: the folder cannot be read (Permission denied). Check its permissions.",
        "error: published.csv: the file cannot be read (Permission denied). Check its permissions.",
    ]
