"""Small tables of true inconsistencies and of consistent figures, rounded: nothing is missed, and nothing else is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.formats.folders import STUDIES, folder

from trialpool.analysis.inconsistencies import check_review
from trialpool.formats.review_folder import check_folder

DATA = json.loads((Path(__file__).parent / "check_tables.json").read_text(encoding="utf-8"))
QUIET = {"no-effect", "unexplained-use"}
OUTCOMES = (
    ("OS", "HR", ""),
    ("PFS", "HR", ""),
    ("VTE", "RR", ""),
    ("SBP", "MD", 'unit = "mm Hg"'),
    ("CR", "OR", 'better = "higher"'),
    ("HAMD", "SMD", 'unit = "SD"'),
    ("EX", "IRR", ""),
)
PLAN = 'format = 1\ntitle = "Drug against none"\n\n[[analyses]]\nid = "os"\noutcome = "os"\n' + "".join(
    f'\n[[outcomes]]\nid = "{name.lower()}"\nname = "{name}"\nmeasure = "{measure}"\nreported_as = ["{name}"]\n{further}\n'
    for name, measure, further in OUTCOMES
)


@pytest.mark.parametrize("table", DATA["tables"], ids=lambda table: table["name"])
def test_what_is_found(tmp_path, table):
    rows = [DATA["common"] | row for row in table["rows"]]
    review, problems = check_folder(folder(tmp_path, toml=PLAN, studies=STUDIES[:1], results=rows))
    if table["found"] == "refused":
        assert any(p.severity == "error" for p in problems)
        return
    assert review is not None
    assert [str(p) for p in problems if "reported_as" not in p.column] == []
    found = {f.rule: f.severity for f in check_review(review).findings if f.rule not in QUIET}
    assert found == table["found"]
