"""The data package of a review in RevMan Web, or of one in the Cochrane Library: analyses with their rows and stored results."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from trialpool.errors import BadInput, Problem
from trialpool.formats.csv_table import Row, Table
from trialpool.formats.revman_web_files import (
    BIAS,
    GIVE,
    INFORMATION,
    RESULTS,
    ROWS,
    SECTIONS,
    SETTINGS,
    SUBGROUPS,
    Numbers,
    WebFile,
    bias_items,
    domains_in,
    plain_html,
    references,
    web_files,
    web_table,
)
from trialpool.formats.revman_web_studies import read_study_data
from trialpool.review.revman import (
    BiasItem,
    Kind,
    RevManComparison,
    RevManOutcome,
    RevManReview,
    RevManRow,
    RevManStudy,
    RevManSubgroup,
    StoredResult,
)

KINDS: Mapping[str, Kind] = {
    "dichotomous": "dichotomous",
    "continuous": "continuous",
    "contrast level": "generic",
    "o-e and variance": "o-e",
    "generic inverse variance": "generic",
}
MEASURES = {
    "odds ratio": "OR",
    "peto odds ratio": "OR",
    "risk ratio": "RR",
    "risk difference": "RD",
    "mean difference": "MD",
    "std. mean difference": "SMD",
    "standardized mean difference": "SMD",
    "standardised mean difference": "SMD",
    "hazard ratio": "HR",
    "rate ratio": "IRR",
}
METHODS = {"mh": "MH", "mantel-haenszel": "MH", "iv": "IV", "inverse variance": "IV", "peto": "Peto", "exp_o_e_var": "Peto"}
INTERVALS = {"wald": "Wald", "hksj": "HK"}
ESTIMATORS = {"reml": "REML", "dl": "DL", "dersimonian-laird": "DL", "dersimonian and laird": "DL"}
STORED = {
    "estimate": "Mean",
    "ci_low": "CI start",
    "ci_high": "CI end",
    "pi_low": "PI start",
    "pi_high": "PI end",
    "z": "Effect Z",
    "t": "Effect T",
    "p": "Effect P",
    "chi2": "Heterogeneity Chi\u00b2",
    "chi2_p": "Heterogeneity P",
    "tau2": "Heterogeneity Tau\u00b2",
    "Q": "Subgroup Chi\u00b2",
    "Q_p": "Subgroup P",
    "weight": "Weight",
}
SHARES = {"I2": "Heterogeneity I\u00b2", "Q_I2": "Subgroup I\u00b2"}
ARMS = {"events_t": "Experimental cases", "n_t": "Experimental N", "events_c": "Control cases", "n_c": "Control N"}
MEANS = {
    "mean_t": "Experimental mean",
    "sd_t": "Experimental SD",
    "mean_c": "Control mean",
    "sd_c": "Control SD",
}


def is_data_package(path: Path) -> bool:
    """Whether it is a zip file, or a folder with analyses of RevMan Web in it."""
    if path.is_dir():
        return any(path.rglob(f"*{SETTINGS}"))
    return path.is_file() and (path.suffix.lower() == ".zip" or path.name.lower().endswith(SETTINGS))


def read_data_package(path: Path) -> RevManReview:
    """A review out of its data package, of version 1 (until September 2024) or 2.

    Parameters
    ----------
    path : the zip file as downloaded, the folder it was unpacked to, or its ...-overall-estimates-and-settings.csv, with the other
        files beside it

    Raises
    ------
    BadInput
        where it is none, or is of diagnostic test accuracy; or with every number that cannot be read, by file, row and column
    """
    files = web_files(path)
    if SETTINGS not in files and RESULTS in files:
        return read_study_data(path, files)
    if SETTINGS not in files or ROWS not in files:
        accuracy = any(name.endswith("parameters.csv") for name in files)
        what = (
            "this is a review of diagnostic test accuracy, which has no pairwise data"
            if accuracy
            else "there are no analyses in it"
        )
        raise BadInput([Problem(path.name, 0, "", what, GIVE)])
    problems: list[Problem] = []
    settings = web_table(files, SETTINGS, ("Analysis group", "Analysis number", "Analysis name", "Data type"), problems)
    rows = web_table(files, ROWS, ("Analysis group", "Analysis number", "Study"), problems)
    subgroups = web_table(files, SUBGROUPS, ("Analysis group", "Analysis number", "Subgroup"), problems)
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise BadInput(dict.fromkeys(errors))
    reader = _Reader(settings, rows, subgroups, problems)
    comparisons = tuple(reader.comparisons())
    bias = (*reader.bias(), *_bias(web_table(files, BIAS, ("Study",), problems)))
    studies = _studies(files, reader, problems)
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise BadInput(dict.fromkeys(errors))
    review = files[SETTINGS].name.removesuffix(SETTINGS).strip("-")
    return RevManReview(
        file=path.name,
        title=review or path.stem,
        doi=f"10.1002/14651858.{review}" if re.fullmatch(r"CD\d{6}(\.pub\d+)?", review) else "",
        version=f"Web (data package, version {2 if reader.second else 1})",
        studies=studies,
        comparisons=comparisons,
        bias=tuple(dict.fromkeys(bias)),
        domains=tuple(reader.domains),
        remarks=(*(str(problem) for problem in problems), *reader.remarks),
    )


class _Reader(Numbers):
    """Analyses with their rows; numbers that cannot be read become problems."""

    def __init__(self, settings: Table, rows: Table, subgroups: Table, problems: list[Problem]) -> None:
        super().__init__((settings, rows, subgroups), problems)
        self.settings = settings
        self.second = "CI/PI level" in settings.columns
        self.rows, self.subgroups = self._by_analysis(rows), self._by_analysis(subgroups)
        self.remarks: list[str] = []
        self.domains = domains_in(rows.columns)

    def _by_analysis(self, table: Table) -> dict[tuple[str, str], list[Row]]:
        found: dict[tuple[str, str], list[Row]] = {}
        for row in table.rows:
            found.setdefault((row.cells["Analysis group"], row.cells["Analysis number"]), []).append(row)
        return found

    def comparisons(self) -> Iterator[RevManComparison]:
        groups = dict.fromkeys(row.cells["Analysis group"] for row in self.settings.rows)
        for group in groups:
            of = [row for row in self.settings.rows if row.cells["Analysis group"] == group]
            number = self.whole(of[0], "Analysis group") or 0
            yield RevManComparison(
                id=f"CMP-{number:03d}",
                number=number,
                name=plain_html(of[0].cells.get("Analysis group name", "")),
                outcomes=tuple(self.outcome(number, row) for row in of),
            )

    def outcome(self, comparison: int, s: Row) -> RevManOutcome:
        key = (s.cells["Analysis group"], s.cells["Analysis number"])
        number = self.whole(s, "Analysis number") or 0
        id_ = f"CMP-{comparison:03d}.{number:02d}"
        said, type_ = self.cell(s, "Effect measure"), self.cell(s, "Data type")
        kind = KINDS.get(type_.casefold())
        if kind is None:
            self.remarks.append(
                f"analysis {comparison}.{number} ({s.cells['Analysis name']}) is of the type {type_ or 'unknown'}: left out"
            )
        rows = self.rows.get(key, []) if kind else []
        method = METHODS.get(self.cell(s, "Statistical method").casefold(), self.cell(s, "Statistical method"))
        peto = method == "Peto" or said.casefold() == "peto odds ratio" or kind == "o-e"
        names = self._subgroups(key, rows)
        log = self.cell(s, "Log-scale data").casefold() == "true"
        overall = self.cell(s, "Overall estimates").casefold() != "false"
        level = self.level(s)
        return RevManOutcome(
            id=id_,
            number=number,
            name=plain_html(s.cells["Analysis name"]),
            kind=kind or "dichotomous",
            measure=MEASURES.get(said.casefold(), said),
            method="Peto" if peto else method or "IV",
            model="random" if self.cell(s, "Analysis model").casefold().startswith("random") else "common",
            level=level,
            tau2=ESTIMATORS.get(self.cell(s, "Heterogeneity estimator").casefold(), "DL"),
            ci=INTERVALS.get(self.cell(s, "CI method").casefold(), "Wald"),
            I2_from="tau2" if self.second else "Q",
            totals="YES" if overall else "SUB" if names else "NO",
            log=log,
            treatment=plain_html(self.cell(s, "Experimental group label") or self.cell(s, "Experimental intervention")),
            control=plain_html(self.cell(s, "Control group label") or self.cell(s, "Control intervention")),
            left_label=plain_html(self.cell(s, "Graph label (left)")),
            right_label=plain_html(self.cell(s, "Graph label (right)")),
            units=self.cell(s, "Unit of effect measure"),
            subgroups=tuple(
                RevManSubgroup(id=f"{id_}.{n:02d}", number=n, name=name, stored=self.stored(row) if row else StoredResult())
                for name, (n, row) in names.items()
            ),
            rows=tuple(self.row(row, kind or "dichotomous", names) for row in rows),
            stored=self.stored(s, sum(self.counts(row, "OVERALL") for row in rows)),
            further=tuple((name, value) for name, value in s.cells.items() if value),
        )

    def _subgroups(self, key: tuple[str, str], rows: list[Row]) -> dict[str, tuple[int, Row | None]]:
        """Subgroups by name: their numbers, and their rows among the estimates."""
        estimates = {plain_html(row.cells["Subgroup"]): row for row in self.subgroups.get(key, ())}
        names = dict.fromkeys([*estimates, *(plain_html(row.cells.get("Subgroup", "")) for row in rows)])
        return {name: (n, estimates.get(name)) for n, name in enumerate(filter(None, names), start=1)}

    def row(self, row: Row, kind: Kind, subgroups: Mapping[str, tuple[int, Row | None]]) -> RevManRow:
        name, subgroup = plain_html(row.cells["Study"]), plain_html(row.cells.get("Subgroup", ""))
        values: dict[str, Any] = {own: self.whole(row, column) for own, column in ARMS.items()}
        if kind == "continuous":
            values |= {own: self.number(row, column) for own, column in MEANS.items()}
        if kind == "o-e":
            values |= {"o_minus_e": self.number(row, "O-E"), "v": self.number(row, "Variance")}
        if kind == "generic":
            values |= {"estimate": self.number(row, "GIV Mean"), "se": self.number(row, "GIV SE")}
        stored = self.stored(row)
        return RevManRow(
            study=name,
            name=name,
            subgroup=subgroups[subgroup][0] if subgroup else 0,
            estimable=stored.estimate is not None,
            in_overall=self.counts(row, "OVERALL"),
            in_subgroup=self.counts(row, "SUBGROUP"),
            stored=stored,
            footnote=plain_html(row.cells.get("Footnotes", "")),
            **values,
        )

    def counts(self, row: Row, where: Literal["OVERALL", "SUBGROUP"]) -> bool:
        """Whether a row counts in the overall result or its subgroup; the package says it in one word for both."""
        said = row.cells.get("Applicability", "").upper()
        return where in said or not ("OVERALL" in said or "SUBGROUP" in said or "NONE" in said or "NOT" in said)

    def level(self, s: Row) -> float:
        said = self.cell(s, "CI/PI level") or self.cell(s, "Estimate CI") or "95"
        try:
            return float(said.rstrip("% ").replace(",", ".")) / 100
        except ValueError:
            self.problem(s, "CI/PI level" if self.second else "Estimate CI", f"{said!r} is no confidence level")
            return 0.95

    def stored(self, row: Row, studies: int | None = None) -> StoredResult:
        found: dict[str, Any] = {own: self.number(row, column) for own, column in STORED.items()}
        found |= {own: self.whole(row, column) for own, column in ARMS.items()}
        shares = {own: self.number(row, column) for own, column in SHARES.items()}
        found |= {own: None if share is None else share / 100 for own, share in shares.items()}
        return StoredResult(df=self.whole(row, "Heterogeneity df"), studies=studies or None, **found)

    def bias(self) -> Iterator[BiasItem]:
        """Judgements by RoB 2, which stand beside the rows of the analyses."""
        for (group, number), rows in self.rows.items():
            for row in rows:
                yield from bias_items(row, self.domains, f"{group}.{number}")


def _bias(table: Table) -> Iterator[BiasItem]:
    """Judgements of a study as a whole; those of results stand beside the rows of the analyses too, and are taken from there."""
    domains = domains_in(table.columns)
    for row in table.rows:
        if "Outcome" not in table.columns:
            yield from bias_items(row, domains, "")


def _studies(files: Mapping[str, WebFile], reader: _Reader, problems: list[Problem]) -> tuple[RevManStudy, ...]:
    studies: list[RevManStudy] = []
    for prefix, section in SECTIONS.items():
        end = f"{prefix}-{INFORMATION}".strip("-")
        records = references(files.get(f"{section}.ris"), problems)
        for row in web_table(files, end, ("Study",), problems).rows:
            name, year = plain_html(row.cells["Study"]), row.cells.get("Year", "")
            described = [(c.removeprefix("Char: "), plain_html(text)) for c, text in row.cells.items() if c.startswith("Char: ")]
            studies.append(
                RevManStudy(
                    id=name,
                    name=name,
                    year=int(year) if re.fullmatch(r"\d{4}", year) else None,
                    section=section,
                    described=tuple((heading, text) for heading, text in described if text),
                    records=tuple(records.get(name, ())),
                )
            )
    known = {study.id for study in studies}
    for row in (row for rows in reader.rows.values() for row in rows):
        name, year = plain_html(row.cells["Study"]), row.cells.get("Study year", "")
        if name not in known:
            known.add(name)
            studies.append(RevManStudy(id=name, name=name, year=int(year) if year.isdigit() else None, section="included"))
    return tuple(studies)
