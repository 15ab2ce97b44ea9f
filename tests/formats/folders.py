"""Small review folders, each made for one test: what the test does not give is sound."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from trialpool.analysis.findings import Findings
from trialpool.analysis.run import analyse
from trialpool.formats.review_folder import check_folder, read_review

Rows = Iterable[Mapping[str, object]]

PLAN = """\
format = 1
title = "Drug against none"

[[outcomes]]
id = "os"
name = "Overall survival"
measure = "HR"
reported_as = ["OS"]

[[analyses]]
id = "os"
outcome = "os"
"""

COUNTS_PLAN = PLAN.replace('"HR"', '"RR"').replace("Overall survival", "Death")

STUDIES = (
    {"study": "a-2001", "label": "A 2001", "year": 2001, "drug": "old"},
    {"study": "b-2005", "label": "B 2005", "year": 2005, "drug": "new"},
    {"study": "c-2010", "label": "C 2010", "year": 2010, "drug": "new"},
)

# a hazard ratio with its interval: the row of a report in which nothing is wrong
GOOD: dict[str, object] = {
    "study": "a-2001",
    "outcome": "OS",
    "measure": "HR",
    "estimate": "0.80",
    "ci_low": "0.60",
    "ci_high": "1.07",
    "orientation": "treatment_vs_control",
    "status": "read",
}
RESULTS = (
    GOOD,
    GOOD | {"study": "b-2005", "estimate": "0.62", "ci_low": "0.45", "ci_high": "0.85"},
    GOOD | {"study": "c-2010", "estimate": "0.95", "ci_low": "0.80", "ci_high": "1.13"},
)


def row(**cells: object) -> dict[str, object]:
    """A sound row of results/*.csv with some cells otherwise."""
    return GOOD | cells


def counts(study: str, events_t: object, n_t: object, events_c: object, n_c: object, **cells: object) -> dict[str, object]:
    """A row of results/*.csv that gives events and patients."""
    arms = {"events_t": events_t, "n_t": n_t, "events_c": events_c, "n_c": n_c}
    return {"study": study, "outcome": "OS", **arms, "status": "read", **cells}


def csv_text(rows: Rows) -> str:
    """Rows as a CSV with every column that one of them has."""
    rows = list(rows)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(dict.fromkeys(name for cells in rows for name in cells)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def folder(
    at: Path,
    *,
    toml: str | bytes | None = PLAN,
    studies: Rows | str | bytes | None = STUDIES,
    results: Rows | str | bytes | None = RESULTS,
    published: Rows | str | bytes | None = None,
    risk_of_bias: Rows | str | bytes | None = None,
    tools: Mapping[str, str] | None = None,
    certainty: str | None = None,
) -> Path:
    """A review folder in `at`; a file is given as rows, as text or as bytes, and None leaves it out."""
    files = {"review.toml": toml, "studies.csv": studies, "results/os.csv": results, "published.csv": published}
    files |= {"certainty.toml": certainty}
    files |= {"risk_of_bias.csv": risk_of_bias, **{f"tools/{name}": text for name, text in (tools or {}).items()}}
    made = at / "review"
    (made / "results").mkdir(parents=True)
    for name, content in files.items():
        if content is not None:
            text = content if isinstance(content, str | bytes) else csv_text(content)
            (made / name).parent.mkdir(exist_ok=True)
            (made / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return made


def problems(of: Path) -> list[str]:
    """Every problem that `check_folder` finds, with its severity, as printed."""
    return [f"{problem.severity}: {problem}" for problem in check_folder(of)[1]]


def findings(of: Path) -> Findings:
    """What the analysis of a folder finds."""
    return analyse(read_review(of))


def tree(of: Path) -> dict[str, bytes]:
    """Every file below a folder with its content, and every folder."""
    return {path.relative_to(of).as_posix(): path.read_bytes() if path.is_file() else b"" for path in sorted(of.rglob("*"))}
