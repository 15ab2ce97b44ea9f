"""`trialpool check`: every problem by its severity, the count of them, and the same for a machine."""

from __future__ import annotations

import json
import math

from tests.cli.terminal import Ran, trialpool
from tests.formats.folders import RESULTS, STUDIES, findings, folder, row, tree

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


SKEWED = (
    "error: results/os.csv, row 2, column estimate: HR 0.80 is not in the middle of 0.50 to 0.90 on the log scale; "
    "sqrt(0.50 x 0.90) = 0.671 (0.666 to 0.676 by rounding); with 0.80 and 0.50 right, the upper limit would be "
    "0.80^2/0.50 = 1.28. Look whether a digit was mistyped; this would agree: the lower limit 0.70 (one digit).\n"
)


def test_what_was_overcome_or_disagrees_is_told_after_the_cells(tmp_path):
    rows = [
        row(estimate="0.80", ci_low="0.50", ci_high="0.90", note="interim"),
        *RESULTS[1:],
        row(p="0.02", use="no", note=""),
        row(study="b-2005", use="no", note="old"),
    ]
    made = folder(tmp_path, results=rows, studies=[cells | {"Label": ""} for cells in STUDIES])
    ran = trialpool("check", made)
    assert ran == Ran(
        "warning: studies.csv, row 1, column Label: it was read as a moderator. Rename it label if that is meant.\n"
        + SKEWED
        + "warning: results/os.csv, row 5, column p: P = 0.02 does not agree with 0.80 (0.60 to 1.07); the interval holds 1, "
        "and its z is |ln 0.80| x 2 x 1.960 / ln(1.07/0.60) = 1.51, so P is between 0.092 and 0.18. "
        "Look which of them was mistyped; a P of another test (stratified, adjusted) may differ.\n"
        "note: results/os.csv, row 5, column use: use = no without a reason. Say why in the note.\n"
        "2 warnings, 1 error, 1 note.\n",
        "",
        1,
    )
    data = json.loads(trialpool("check", made, "--json").out)
    assert [problem["severity"] for problem in data["problems"]] == ["warning", "error", "warning", "note"]
    assert [problem.get("rule") for problem in data["problems"]] == [None, "symmetry", "p-interval", "unexplained-use"]
    assert data["problems"][1]["columns"] == ["estimate", "ci_low", "ci_high"]


def test_a_folder_with_figures_that_cannot_be_right_can_be_used_all_the_same(tmp_path):
    made = folder(tmp_path, results=[row(estimate="0.80", ci_low="0.50", ci_high="0.90"), *RESULTS[1:]])
    ran = trialpool("check", made, "--json")
    assert (ran.code, json.loads(ran.out)["usable"]) == (1, True)
    assert trialpool("build", made).code == 0


def test_warnings_and_notes_end_with_0(tmp_path):
    ran = trialpool("check", folder(tmp_path, results=[*RESULTS, row(p="0.02", use="no", note="")]))
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "1 warning, 1 note.")


def test_a_decision_on_certainty_that_the_numbers_contradict_is_a_note(tmp_path):
    domains = ("risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias")
    decisions = "".join(f"{domain} = {{ down = 0 }}\n" for domain in domains)
    judged = f"format = 1\n[[outcomes]]\nanalysis = 'os'\ncounted = 'deaths'\n{decisions}"
    made = folder(tmp_path, certainty=judged)
    low, high = (math.exp(limit) for limit in findings(made).analyses[0].fit.interval())
    ran = trialpool("check", made)
    assert ran.code == 0
    assert ran.out == (
        "note: certainty.toml, outcomes[1].imprecision: no level is taken off or added, but the interval from "
        f"{low:.2f} to {high:.2f} crosses the line of no effect. Say in the reason why imprecision is judged otherwise, or change "
        "the decision.\n1 note.\n"
    )
