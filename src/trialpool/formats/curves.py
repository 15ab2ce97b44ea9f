"""Published Kaplan-Meier curves of a review: `results/curves/STUDY-OUTCOME.csv`, its risk table and its censoring marks.

results/curves/attal2012-os.csv            time, survival, arm        a row a coordinate
results/curves/attal2012-os-risk.csv       time, arm, at_risk         a row a number at risk; events (of the arm) may be added
results/curves/attal2012-os-censored.csv   time, arm                  a row a censoring mark, where the figure has them
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trialpool.errors import BadInput, Problem
from trialpool.formats.cells import BadCell, decimal, whole
from trialpool.formats.csv_table import Table, read_table
from trialpool.review.curve_file import CONTROL, CurveFile
from trialpool.stats.survival.published_curve import CurveProblem, PublishedCurve, curve_problems, made_curve, risk_problems

FOLDER = Path("results") / "curves"
RISK, CENSORED = "-risk", "-censored"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One row in numbers, with where it stands."""

    row: int
    values: dict[str, float]


def read_curves(folder: str | Path, *, error: float | None = None) -> tuple[CurveFile, ...]:
    """Every curve of a review.

    Parameters
    ----------
    folder : the review's folder, or a folder of curves
    error : how far a reading of survival may be from the curve; found from the readings if not given, see `published_curve`

    Raises
    ------
    BadInput
        for every bad cell and every curve or risk table that can't be one, together, with file, row, column and mend
    """
    where = Path(folder) / FOLDER if (Path(folder) / FOLDER).is_dir() else Path(folder)
    prefix = f"{FOLDER.as_posix()}/" if where != Path(folder) else ""
    problems: list[Problem] = []
    found = curves_in(where, prefix, problems, error)
    if any(problem.severity == "error" for problem in problems):
        raise BadInput(problem for problem in problems if problem.severity == "error")
    return found


def curves_in(where: Path, prefix: str, problems: list[Problem], error: float | None = None) -> tuple[CurveFile, ...]:
    """The curves of a folder that can be used; what is wrong with the others is added to the problems."""
    paths = sorted(where.glob("*.csv"))
    found = [read_curve(path, prefix, problems, error) for path in paths if not path.stem.endswith((RISK, CENSORED))]
    problems += _without_curve(paths, prefix)
    return tuple(curve for curve in found if curve is not None)


def read_curve(path: Path, prefix: str, problems: list[Problem], error: float | None = None) -> CurveFile | None:
    """One file of coordinates, with its risk table and its marks; None, with the reasons in `problems`, where it can't be used."""
    before = len(problems)
    study, dash, outcome = path.stem.rpartition("-")
    if not dash or not study or not outcome:
        mend = "Name it STUDY-OUTCOME.csv, such as attal2012-os.csv"
        problems.append(Problem(prefix + path.name, 0, "", "the name does not say which study and outcome", mend))
    curve = _arms(path, prefix, ("time", "survival"), problems)
    risk = _arms(path.with_stem(path.stem + RISK), prefix, ("time", "at_risk"), problems, optional=("events",), needed=False)
    marks = _arms(path.with_stem(path.stem + CENSORED), prefix, ("time",), problems, needed=False)
    problems += _strangers(curve, {RISK: risk, CENSORED: marks}, path, prefix)
    if len(problems) > before:
        return None
    curves = {}
    for arm, entries in curve.items():
        made = _curve(arm, entries, risk.get(arm, []), marks.get(arm), (path, prefix), problems, error)
        if made is not None:
            curves[arm] = made
    if len(problems) > before:
        return None
    first = sorted(curves, key=lambda arm: arm.casefold() != CONTROL)
    return CurveFile(study=study, outcome=outcome, file=prefix + path.name, curves={arm: curves[arm] for arm in first})


def _arms(
    path: Path,
    prefix: str,
    columns: tuple[str, ...],
    problems: list[Problem],
    *,
    optional: tuple[str, ...] = (),
    needed: bool = True,
) -> dict[str, list[_Entry]]:
    """The rows of a file by arm, in numbers."""
    if not needed and not path.exists():
        return {}
    table = read_table(path, prefix + path.name, required=(*columns, "arm"), rows_needed=True)
    problems += [problem for problem in table.problems if problem.severity == "error"]
    arms: dict[str, list[_Entry]] = {}
    if not set(columns) < set(table.columns):
        return arms
    for row in table.rows:
        values = {name: value for name in columns if (value := _number(table, row.number, row.cells, name, problems)) is not None}
        for name in optional:
            if row.cells.get(name):
                value = _number(table, row.number, row.cells, name, problems)
                values |= {name: value} if value is not None else {}
        if not row.cells.get("arm"):
            problems.append(Problem(table.file, row.number, "arm", "the cell is empty", "Name the arm that the row is of"))
        arms.setdefault(row.cells.get("arm", ""), []).append(_Entry(row.number, values))
    return arms


def _number(table: Table, row: int, cells: object, name: str, problems: list[Problem]) -> float | None:
    assert hasattr(cells, "get")
    try:
        return float((whole if name in ("at_risk", "events") else decimal)(cells.get(name, "")))
    except BadCell as bad:
        problems.append(Problem(table.file, row, name, bad.what, bad.mend))
        return None


def _curve(
    arm: str,
    entries: list[_Entry],
    risk: list[_Entry],
    marks: list[_Entry] | None,
    where: tuple[Path, str],
    problems: list[Problem],
    error: float | None,
) -> PublishedCurve | None:
    """The curve of one arm, once nothing speaks against it."""
    path, prefix = where
    t, S = (np.array([entry.values[name] for entry in entries]) for name in ("time", "survival"))
    rt, rn = (np.array([entry.values[name] for entry in risk]) for name in ("time", "at_risk"))
    end = float(t.max())
    found = curve_problems(t, S, end) + risk_problems(rt, rn, None, end)
    rows = {"curve": (entries, prefix + path.name), "risk": (risk, prefix + path.stem + RISK + ".csv")}
    problems += [_placed(problem, arm, *rows[problem.of]) for problem in found]
    totals = [(entry.row, int(entry.values["events"])) for entry in risk if "events" in entry.values]
    events = totals[0][1] if totals else None
    if found:
        return None
    if events is not None and events > rn[0]:
        what = f"{events} events among {rn[0]:g} patients of {arm}"
        problems.append(Problem(rows["risk"][1], totals[0][0], "events", what, "Correct one of the two"))
        return None
    times = None if marks is None else [entry.values["time"] for entry in marks]
    return made_curve(t, S, rt, rn, n=int(rn[0]), events=events, censored=times, end=end, error=error, reading=None)


def _placed(problem: CurveProblem, arm: str, entries: list[_Entry], file: str) -> Problem:
    """A problem of a column of numbers, in its file."""
    row = entries[problem.index].row if problem.index >= 0 and entries else 0
    return Problem(file, row, problem.column, f"{problem.what} ({arm})", problem.mend)


def _strangers(
    curve: dict[str, list[_Entry]], others: dict[str, dict[str, list[_Entry]]], path: Path, prefix: str
) -> list[Problem]:
    """Arms that only one of the files knows."""
    known = ", ".join(curve)
    return [
        Problem(
            f"{prefix}{path.stem}{suffix}.csv", entries[0].row, "arm", f"{arm!r} is no arm of the curve", f"Its arms are {known}"
        )
        for suffix, arms in others.items()
        for arm, entries in arms.items()
        if curve and arm not in curve
    ]


def _without_curve(paths: Iterable[Path], prefix: str) -> list[Problem]:
    """Risk tables and marks whose curve is not there."""
    stems = {path.stem for path in paths}
    return [
        Problem(f"{prefix}{path.name}", 0, "", "there is no curve to it", f"Add {path.stem.removesuffix(suffix)}.csv, or remove it")
        for path in paths
        for suffix in (RISK, CENSORED)
        if path.stem.endswith(suffix) and path.stem.removesuffix(suffix) not in stems
    ]
