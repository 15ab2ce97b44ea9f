"""What the curves of results/curves/ and the rows of results/*.csv that name them must obey together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from trialpool.errors import Problem
from trialpool.formats.cells import nearest
from trialpool.formats.quoted import quoted
from trialpool.review.curve_file import CONTROL, CurveFile
from trialpool.review.report import Report

TREATMENT = "treatment"


def curve_problems_of(curves: Sequence[CurveFile], reports: Iterable[Report], files: Iterable[str]) -> list[Problem]:
    """A row names a curve of its own study and outcome; a curve has a treatment and a control arm, and a row that names it.

    files : names of all files of curves; of one that could not be read the reader has said why
    """
    by_name = {curve.name.casefold(): curve for curve in curves}
    unread = {name.casefold() for name in files} - by_name.keys()
    naming = [report for report in reports if report.curve and report.curve.casefold() not in unread]
    named = {report.curve.casefold() for report in naming}
    return [
        *(problem for report in naming for problem in _of_row(report, by_name)),
        *(problem for curve in curves for problem in _of_arms(curve)),
        *(_without_row(curve) for name, curve in by_name.items() if name not in named),
    ]


def _of_row(report: Report, curves: dict[str, CurveFile]) -> Iterator[Problem]:
    curve = curves.get(report.curve.casefold())
    if curve is None:
        what = f"there is no file results/curves/{report.curve}.csv"
        mend = nearest(report.curve, [c.name for c in curves.values()], otherwise="Known are") if curves else "Put it there"
        yield Problem(report.file, report.row, "curve", what, mend)
        return
    own = f"{report.study}-{report.outcome}"
    if curve.name.casefold() != own.casefold():
        what = f"{quoted(report.curve)} is not a curve of {report.outcome} of {report.study}"
        yield Problem(report.file, report.row, "curve", what, f"Name the file {own}.csv, or correct the row")


def _of_arms(curve: CurveFile) -> Iterator[Problem]:
    names = {arm.casefold() for arm in curve.curves}
    if CONTROL not in names or not (len(names) == 2 or TREATMENT in names):
        what = f"the arms are {', '.join(map(quoted, curve.curves))}"
        mend = "Name the control arm `control`, and where there are more than two the other to compare `treatment`"
        yield Problem(curve.file, 0, "arm", what, mend)


def _without_row(curve: CurveFile) -> Problem:
    mend = f"Add a row to results/*.csv with `{curve.name}` in the column `curve`, and its source, or remove the file"
    return Problem(curve.file, 0, "", "no row says where this curve is from", mend, "warning")
