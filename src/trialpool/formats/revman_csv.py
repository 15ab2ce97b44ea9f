"""The CSV of data and analyses that RevMan 5 exports: read into a review, and written from one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from math import log
from pathlib import Path
from typing import Any

from trialpool.errors import BadInput, Problem
from trialpool.formats.csv_table import Row, read_table
from trialpool.review.revman import (
    Kind,
    RevManComparison,
    RevManOutcome,
    RevManReview,
    RevManRow,
    RevManStudy,
    RevManSubgroup,
    StoredResult,
)

COLUMNS = (
    *("Comparison Number", "Outcome Number", "Subgroup Number", "Name", "Data Type", "Statistical Method", "Effect Measure"),
    *("Analysis Model", "Events 1", "Mean 1", "SD 1", "Total 1", "Events 2", "Mean 2", "SD 2", "Total 2", "Effect Estimate", "SE"),
    *(
        "CI Start",
        "CI End",
        "Weight",
        "Q",
        "P(Q)",
        "I\u00b2(Q)",
        "Tau\u00b2",
        "Z",
        "P(Z)",
        "Qint",
        "P(Qint)",
        "I\u00b2(Qint)",
        "df",
    ),
    *("Group Label 1", "Group Label 2", "Left Graph Label", "Right Graph Label", "Year of study", "User defined order"),
)
KINDS: dict[str, Kind] = {"DIC": "dichotomous", "CON": "continuous", "IPD": "o-e", "IV": "generic", "GIV": "generic"}
CODES: dict[Kind, str] = {"dichotomous": "DIC", "continuous": "CON", "o-e": "IPD", "generic": "IV"}
MEASURES = {"PETO_OR": "OR", "Peto OR": "OR"}
REQUIRED = COLUMNS[:4]
STORED = {
    "estimate": "Effect Estimate",
    "ci_low": "CI Start",
    "ci_high": "CI End",
    "z": "Z",
    "p": "P(Z)",
    "chi2": "Q",
    "chi2_p": "P(Q)",
    "tau2": "Tau\u00b2",
    "Q": "Qint",
    "Q_p": "P(Qint)",
    "weight": "Weight",
}
ARMS = {"events_t": "Events 1", "n_t": "Total 1", "events_c": "Events 2", "n_c": "Total 2"}
MEANS = {"mean_t": "Mean 1", "sd_t": "SD 1", "mean_c": "Mean 2", "sd_c": "SD 2"}


def read_revman_csv(path: Path) -> RevManReview:
    """A review out of RevMan 5's CSV, which has no references, no confidence levels (95% is taken), and no O-E.

    Raises
    ------
    BadInput
        where columns are lacking, or with every number that cannot be read
    """
    table = read_table(path, path.name, required=REQUIRED, rows_needed=True)
    problems = [p for p in table.problems if p.severity == "error"]
    if not problems and not set(ARMS.values()) <= set(table.columns):
        mend = "Give the CSV that RevMan 5 makes by File > Export > Data and analyses"
        problems.append(Problem(path.name, table.header, "", "this is no export of data and analyses of RevMan 5", mend))
    if problems:
        raise BadInput(problems)
    reader = _Reader(path.name, problems)
    comparisons = tuple(reader.comparisons(table.rows))
    if problems:
        raise BadInput(problems)
    rows = {row.study: row for c in comparisons for o in c.outcomes for row in o.rows}
    years = {r.cells["Name"]: r.cells.get("Year of study", "") for r in table.rows}
    studies = (
        RevManStudy(id=name, name=name, year=int(year) if (year := years[name]).isdigit() else None, section="included")
        for name in rows
    )
    return RevManReview(
        file=path.name,
        title=comparisons[0].name if len(comparisons) == 1 else path.stem,
        version="5 (CSV)",
        studies=tuple(studies),
        comparisons=comparisons,
        remarks=tuple(_remarks(comparisons)),
    )


def _remarks(comparisons: tuple[RevManComparison, ...]) -> Iterator[str]:
    yield "the CSV does not say confidence levels; 95% was taken"
    for c in comparisons:
        for o in c.outcomes:
            if o.kind in ("o-e", "generic"):
                yield f"analysis {c.number}.{o.number} ({o.name}): effects are taken from the stored estimates"


class _Reader:
    """Rows in the order of the file: a comparison, its outcomes, their subgroups and studies."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file, self.problems = file, problems

    def comparisons(self, rows: tuple[Row, ...]) -> Iterator[RevManComparison]:
        numbers = dict.fromkeys(self.whole(row, "Comparison Number") for row in rows)
        for number in numbers:
            of = [row for row in rows if self.whole(row, "Comparison Number") == number]
            head = next((row for row in of if not self.whole(row, "Outcome Number")), None)
            outcomes = dict.fromkeys(self.whole(row, "Outcome Number") for row in of if self.whole(row, "Outcome Number"))
            yield RevManComparison(
                id=f"CMP-{number or 0:03d}",
                number=number or 0,
                name=head.cells["Name"] if head else "",
                outcomes=tuple(
                    self.outcome(number or 0, o or 0, [row for row in of if self.whole(row, "Outcome Number") == o])
                    for o in outcomes
                ),
            )

    def outcome(self, comparison: int, number: int, rows: list[Row]) -> RevManOutcome:
        head, id_ = rows[0], f"CMP-{comparison:03d}.{number:02d}"
        code, measure = head.cells.get("Data Type", ""), head.cells.get("Effect Measure", "")
        kind = KINDS.get(code)
        if kind is None:
            mend = f"Known are {', '.join(KINDS)}"
            self.problems.append(
                Problem(self.file, head.number, "Data Type", f"{code!r} is no type of data that is read here", mend)
            )
            kind = "dichotomous"
        studies = [row for row in rows[1:] if row.cells.get("User defined order", "")]
        subgroups = [row for row in rows[1:] if not row.cells.get("User defined order", "")]
        method = head.cells.get("Statistical Method", "")
        return RevManOutcome(
            id=id_,
            number=number,
            name=head.cells["Name"],
            kind=kind,
            measure=MEASURES.get(measure, measure),
            method="Peto" if "peto" in f"{method} {measure}".lower() or kind == "o-e" else method,
            model="random" if head.cells.get("Analysis Model", "").lower().startswith("random") else "common",
            level=0.95,
            treatment=head.cells.get("Group Label 1", ""),
            control=head.cells.get("Group Label 2", ""),
            left_label=head.cells.get("Left Graph Label", ""),
            right_label=head.cells.get("Right Graph Label", ""),
            subgroups=tuple(self.subgroup(id_, row) for row in subgroups),
            rows=tuple(self.row(row, kind, ratio=measure not in ("RD", "MD", "SMD")) for row in studies),
            stored=self.stored(head, len(studies)),
        )

    def subgroup(self, outcome: str, row: Row) -> RevManSubgroup:
        number = self.whole(row, "Subgroup Number") or 0
        return RevManSubgroup(id=f"{outcome}.{number:02d}", number=number, name=row.cells["Name"], stored=self.stored(row))

    def row(self, row: Row, kind: Kind, *, ratio: bool) -> RevManRow:
        arms: dict[str, Any] = {name: self.whole(row, column) for name, column in ARMS.items()}
        means: dict[str, Any] = {name: self.number(row, column) for name, column in MEANS.items()} if kind == "continuous" else {}
        stored = self.stored(row)
        return RevManRow(
            study=row.cells["Name"],
            name=row.cells["Name"],
            subgroup=self.whole(row, "Subgroup Number") or 0,
            estimable=stored.estimate is not None,
            stored=stored,
            further=(("SE", row.cells.get("SE", "")), ("ORDER", row.cells.get("User defined order", ""))),
            **arms,
            **means,
            **self.effect(row, kind, stored.estimate, ratio=ratio),
        )

    def effect(self, row: Row, kind: Kind, estimate: float | None, *, ratio: bool) -> dict[str, Any]:
        """What the CSV leaves out of log-rank and generic data, from the stored estimate and its standard error."""
        se = self.number(row, "SE")
        if kind not in ("o-e", "generic") or estimate is None or not se or (ratio and estimate <= 0):
            return {}
        mid = log(estimate) if ratio else estimate
        return {"estimate": mid, "se": se} if kind == "generic" else {"o_minus_e": mid / se**2, "v": 1 / se**2}

    def stored(self, row: Row, studies: int | None = None) -> StoredResult:
        I2, Q_I2 = self.number(row, "I\u00b2(Q)"), self.number(row, "I\u00b2(Qint)")
        found: dict[str, Any] = {name: self.number(row, column) for name, column in STORED.items()}
        found |= {name: self.whole(row, column) for name, column in ARMS.items()}
        return StoredResult(
            I2=None if I2 is None else I2 / 100,
            Q_I2=None if Q_I2 is None else Q_I2 / 100,
            df=self.whole(row, "df"),
            studies=studies,
            **found,
        )

    def number(self, row: Row, column: str) -> float | None:
        cell = row.cells.get(column, "")
        if not cell:
            return None
        try:
            return float(cell)
        except ValueError:
            self.problems.append(Problem(self.file, row.number, column, f"{cell!r} is not a number", "Correct it"))
            return None

    def whole(self, row: Row, column: str) -> int | None:
        value = self.number(row, column)
        if value is not None and value != int(value):
            self.problems.append(Problem(self.file, row.number, column, f"{value} is not a whole number", "Correct it"))
            return None
        return None if value is None else int(value)


def revman_csv(review: RevManReview) -> str:
    """The comparisons of a review as the CSV that RevMan 5 exports, numbers to eight decimals as it writes them."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    years = {study.id: study.year for study in review.studies}
    for c in review.comparisons:
        head = {"Comparison Number": c.number, "Outcome Number": 0, "Subgroup Number": 0}
        writer.writerow({**head, "Name": c.name})
        for o in c.outcomes:
            place = head | {"Outcome Number": o.number}
            writer.writerow(place | _head(o))
            for number in (0, *(s.number for s in o.subgroups)):
                for s in (s for s in o.subgroups if s.number == number):
                    writer.writerow({**place, "Subgroup Number": number, "Name": s.name, **_cells(s.stored)})
                for order, row in enumerate(o.rows, start=1):
                    if row.subgroup == number:
                        writer.writerow(place | {"Subgroup Number": number} | _row(o, row, order, years.get(row.study)))
    return out.getvalue()


def _head(o: RevManOutcome) -> dict[str, object]:
    return {
        "Name": o.name,
        "Data Type": CODES[o.kind],
        "Statistical Method": o.method,
        "Effect Measure": "PETO_OR" if (o.method, o.measure) == ("Peto", "OR") else o.measure,
        "Analysis Model": "Random" if o.model == "random" else "Fixed",
        **_cells(o.stored),
        "Group Label 1": o.treatment,
        "Group Label 2": o.control,
        "Left Graph Label": o.left_label,
        "Right Graph Label": o.right_label,
    }


def _row(o: RevManOutcome, row: RevManRow, order: int, year: int | None) -> dict[str, object]:
    further, stored = dict(row.further), row.stored
    cells: dict[str, object] = {"Name": row.name}
    cells |= {column: _shown(getattr(row, name)) for name, column in (ARMS | MEANS).items()}
    if o.kind == "dichotomous":
        cells |= dict.fromkeys(MEANS.values(), "0")
    cells |= {STORED[name]: _shown(getattr(stored, name)) for name in ("estimate", "ci_low", "ci_high", "weight")}
    cells["SE"] = further.get("SE", "") or _shown(row.se)
    cells["Year of study"] = "" if year is None else year
    cells["User defined order"] = further.get("ORDER", "") or order
    return cells


def _cells(r: StoredResult) -> Mapping[str, object]:
    I2 = {"I\u00b2(Q)": r.I2, "I\u00b2(Qint)": r.Q_I2}
    shares = {column: "" if share is None else _shown(100 * share) for column, share in I2.items()}
    arms = {column: _shown(getattr(r, name)) for name, column in ARMS.items()}
    return {column: _shown(getattr(r, name)) for name, column in STORED.items()} | shares | arms | {"df": _shown(r.df)}


def _shown(value: float | None) -> str:
    """Up to eight decimals, without zeros at the end."""
    if value is None:
        return ""
    return f"{value:.8f}".rstrip("0").rstrip(".")
