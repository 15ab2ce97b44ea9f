"""A trial without events in both arms: left out of a ratio, and said so where the input is checked."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files

import trialpool as tp


def test_a_trial_without_events_is_a_note_with_its_place(tmp_path):
    with as_file(files("trialpool.formats") / "template") as template:
        shutil.copytree(template, tmp_path / "review")
    table = tmp_path / "review" / "results" / "tuberculosis.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",4,123,11,139", ",0,123,0,139"), encoding="utf-8")
    found = tp.analyse(tp.read_review(tmp_path / "review"))
    reason = "no events, or nothing but events, in both arms say nothing of a ratio"
    place = "results/tuberculosis.csv, row 2: Aronson 1948 has no effect on tuberculosis"
    said = f"{place}: {reason}. It is left out of the ratio, and listed as missing."
    assert [(problem.severity, str(problem)) for problem in found.inconsistencies] == [("note", said)]
    assert found["tuberculosis"].fit.k == 12
