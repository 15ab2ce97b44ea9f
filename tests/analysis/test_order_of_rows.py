"""The order of rows in results/*.csv, and their files, change nothing but which of two equal reports counts."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.formats.folders import PLAN, STUDIES, csv_text, findings, folder, row

from trialpool.reports.findings_json import findings_data

TOML = PLAN.replace('["OS"]', '["OS", "EFS"]') + 'subgroups = ["drug"]\n'


def without_places(value):
    """Findings without what goes by the rows and files that the reports came from."""
    if isinstance(value, dict):
        of_places = ("file", "row", "other_reports", "inconsistencies", "remarks")
        return {key: without_places(part) for key, part in value.items() if key not in of_places}
    return [without_places(part) for part in value] if isinstance(value, list) else value


def found(rows, *, files=1):
    with tempfile.TemporaryDirectory() as at:
        made = folder(Path(at), toml=TOML, results=None)
        for i in range(files):
            (made / "results" / f"{i}.csv").write_text(csv_text(rows[i::files]), encoding="utf-8")
        return findings_data(findings(made))


@st.composite
def reports(draw):
    """Rows no two of which tie: each has a follow-up of its own."""
    rows = draw(
        st.lists(
            st.builds(
                row,
                study=st.sampled_from([study["study"] for study in STUDIES]),
                outcome=st.sampled_from(["OS", "EFS"]),
                status=st.sampled_from(["read", "derived", "author", "recalled"]),
                use=st.sampled_from(["", "", "yes", "no"]),
                estimate=st.sampled_from(["0.70", "0.75", "0.90", "1.00"]),
            ),
            min_size=2,
            max_size=9,
        )
    )
    return [cells | {"follow_up": 10 + i} for i, cells in enumerate(rows)]


@settings(max_examples=40)
@given(reports(), st.randoms(use_true_random=False), st.integers(1, 2))
def test_shuffled_rows_give_the_same_findings(rows, rng: random.Random, files):
    shuffled = rng.sample(rows, len(rows))
    assert json.dumps(without_places(found(shuffled, files=files))) == json.dumps(without_places(found(rows)))


def test_of_two_reports_that_are_as_good_the_first_counts():
    rows = [row(estimate="0.70"), row(estimate="0.90")]
    assert [found(r)["analyses"][0]["effects"][0]["inputs"]["estimate"] for r in (rows, rows[::-1])] == ["0.70", "0.90"]
