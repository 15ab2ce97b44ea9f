"""`trialpool check`: every problem by its severity, the count of them, and the same for a machine."""

from __future__ import annotations

import json

from tests.cli.terminal import Ran, trialpool
from tests.formats.folders import RESULTS, STUDIES, folder, row, tree

ERROR = {
    "severity": "error",
    "file": "results/os.csv",
    "row": 5,
    "column": "p",
    "what": "2 is outside 0 to 1",
    "mend": "Give P as a share, such as 0.03",
}
WHOLE_FILE = {
    "severity": "error",
    "file": "published.csv",
    "row": None,
    "column": None,
    "what": "the file is empty",
    "mend": "Give it a header row (review, outcome, ...) and the data",
}


def test_a_sound_folder(tmp_path):
    made = folder(tmp_path)
    before = tree(made)
    assert trialpool("check", made) == Ran("No problems.\n", "", 0)
    ran = trialpool("check", made, "--json")
    assert (json.loads(ran.out), ran.err, ran.code) == ({"problems": [], "usable": True}, "", 0)
    assert tree(made) == before


def test_problems_are_listed_counted_and_end_with_1(tmp_path):
    made = folder(tmp_path, results=[*RESULTS, row(p="2")], published="")
    before = tree(made)
    assert trialpool("check", made) == Ran(
        "error: results/os.csv, row 5, column p: 2 is outside 0 to 1. Give P as a share, such as 0.03.\n"
        "error: published.csv: the file is empty. Give it a header row (review, outcome, ...) and the data.\n"
        "2 errors.\n",
        "",
        1,
    )
    ran = trialpool("check", "--json", made)
    assert (json.loads(ran.out), ran.err, ran.code) == ({"problems": [ERROR, WHOLE_FILE], "usable": False}, "", 1)
    assert tree(made) == before


def test_what_was_overcome_or_disagrees_is_a_warning_and_ends_with_0(tmp_path):
    rows = [
        row(estimate="0.80", ci_low="0.50", ci_high="0.90"),
        *RESULTS[1:],
        row(use="no", note=""),
        row(study="b-2005", use="no", note="old"),
    ]
    made = folder(tmp_path, results=rows, studies=[cells | {"Label": ""} for cells in STUDIES])
    ran = trialpool("check", made)
    assert ran == Ran(
        "warning: studies.csv, row 1, column Label: it was read as a moderator. Rename it label if that is meant.\n"
        "warning: results/os.csv, row 2, column estimate: HR 0.80 is not in the middle of 0.50 to 0.90 on the log scale: "
        "that is 0.671; with 0.80 and 0.50 right, the upper limit would be 1.28. Look whether a digit was mistyped; a profile, "
        "exact or repeated interval need not be symmetric.\n"
        "note: results/os.csv, row 5, column use: use = no without a reason. Say why in the note.\n"
        "2 warnings, 1 note.\n",
        "",
        0,
    )
    data = json.loads(trialpool("check", made, "--json").out)
    assert [problem["severity"] for problem in data["problems"]] == ["warning", "warning", "note"]
    assert data["usable"] is True
