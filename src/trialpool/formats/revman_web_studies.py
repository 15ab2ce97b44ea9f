"""The study data of RevMan Web: studies, arms, results and judgements as it imports them, and as `trialpool export` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite, log, sqrt
from pathlib import Path
from typing import Any

from trialpool.errors import BadInput, Problem
from trialpool.formats.csv_table import Row, Table
from trialpool.formats.revman_web_files import (
    ARMS,
    BIAS,
    COVARIATES,
    CRITERIA,
    INFORMATION,
    RESULTS,
    Numbers,
    WebFile,
    bias_items,
    domains_in,
    plain_html,
    references,
    web_files,
    web_table,
)
from trialpool.review.record import Place, Record
from trialpool.review.report import RATIOS
from trialpool.review.revman import (
    BiasItem,
    Kind,
    RevManComparison,
    RevManOutcome,
    RevManReview,
    RevManRow,
    RevManStudy,
)
from trialpool.stats.distributions import quantile

WORDS = {"odds ratio": "OR", "risk ratio": "RR", "risk difference": "RD", "mean difference": "MD", "hazard ratio": "HR"}
WORDS |= {"std. mean difference": "SMD", "standardised mean difference": "SMD", "rate ratio": "IRR"}
GIVE = "Give the folder with study-results.csv, study-arms.csv and study-information.csv"


def is_study_data(path: Path) -> bool:
    """Whether it is study data of RevMan Web: a folder, or a zip file, with study-results.csv; or that file."""
    if path.is_dir():
        return any(path.rglob(f"*{RESULTS}"))
    return path.is_file() and path.name.lower().endswith(RESULTS)


def read_study_data(path: Path, files: Mapping[str, WebFile] | None = None) -> RevManReview:
    """A review out of the CSV files of study data of RevMan Web.

    Parameters
    ----------
    path : the folder of the files, or its study-results.csv, with the others beside it
    files : the files, where they were read

    Returns
    -------
    RevManReview with a comparison of two interventions and every outcome, to be pooled by REML with the interval of Hartung and
    Knapp, for study data say nothing of analyses. Where criteria.csv is there, as `trialpool export` writes it, measures and
    directions are its own; else counts are a risk ratio, means a mean difference, and contrasts what they say.

    Raises
    ------
    BadInput
        with every number that cannot be read, and every result that cannot be used, by file, row and column
    """
    files = web_files(path) if files is None else files
    problems: list[Problem] = []
    results = web_table(files, RESULTS, ("Study", "Outcome", "Arm"), problems)
    arms = web_table(files, ARMS, ("Study", "Arm", "Intervention"), problems)
    criteria = web_table(files, CRITERIA, ("Outcome",), problems)
    bias = web_table(files, BIAS, ("Study",), problems)
    if not results.rows and not any(problem.severity == "error" for problem in problems):
        problems.append(Problem(path.name, 0, "", "there are no results of studies in it", GIVE))
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise BadInput(errors)
    reader = _Reader(results, arms, criteria, problems)
    comparison = reader.comparison()
    studies = _studies(files, results, problems)
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise BadInput(dict.fromkeys(errors))
    numbers = {o.name: f"1.{o.number}" for o in comparison.outcomes}
    return RevManReview(
        file=path.name,
        title=comparison.name,
        version="Web (study data)",
        studies=studies,
        comparisons=(comparison,),
        bias=tuple(_bias(bias, numbers)),
        domains=tuple(domains_in(bias.columns)),
        remarks=(*(str(problem) for problem in problems), *reader.remarks),
    )


class _Reader(Numbers):
    """Results of studies, by outcome."""

    def __init__(self, results: Table, arms: Table, criteria: Table, problems: list[Problem]) -> None:
        super().__init__((results, arms, criteria), problems)
        self.results = results
        self.intervention = {(row.cells["Study"], row.cells["Arm"]): row.cells["Intervention"] for row in arms.rows}
        self.criteria = {row.cells["Outcome"]: row for row in criteria.rows}
        self.remarks: list[str] = []
        self.pair = self._pair(arms, criteria)

    def _pair(self, arms: Table, criteria: Table) -> tuple[str, str]:
        """What is compared: what criteria.csv says; else the intervention of a reference arm is the control, or the last one."""
        for row in criteria.rows:
            pair = (row.cells.get("Experimental intervention", ""), row.cells.get("Control intervention", ""))
            if all(pair):
                return pair
        named = list(dict.fromkeys(row.cells["Intervention"] for row in arms.rows))
        referred = {
            self.intervention.get((row.cells["Study"], row.cells.get("Reference arm", "")))
            for row in self.results.rows
            if row.cells.get("Reference arm")
        } - {None}
        control = next((name for name in named if name in referred), named[-1] if len(named) > 1 else "Control")
        treatment = next((name for name in named if name != control), "Experimental")
        if len(named) > 2:
            others = ", ".join(name for name in named if name not in (treatment, control))
            self.remarks.append(f"{treatment} is compared with {control}; arms of {others} were left out")
        return treatment, control

    def comparison(self) -> RevManComparison:
        treatment, control = self.pair
        names = dict.fromkeys(row.cells["Outcome"] for row in self.results.rows)
        outcomes = tuple(self.outcome(n, name) for n, name in enumerate(names, start=1))
        return RevManComparison(id="CMP-001", number=1, name=f"{treatment} versus {control}", outcomes=outcomes)

    def outcome(self, number: int, name: str) -> RevManOutcome:
        treatment, control = self.pair
        of = [row for row in self.results.rows if row.cells["Outcome"] == name]
        by_study: dict[str, list[Row]] = {}
        for row in of:
            by_study.setdefault(row.cells["Study"], []).append(row)
        c = self.criteria.get(name)
        measure = self._measure(of, c)
        rows = [row for study, own in by_study.items() for row in self.rows(study, own)]
        kinds = {row.kind for row in rows}
        kind: Kind = next((k for k in ("dichotomous", "continuous") if kinds == {k}), "generic")
        better = c.cells.get("Better", "") if c else ""
        sides = [(c.cells.get(side, "") if c else "") for side in ("Favours experimental", "Favours control")]
        left, right = sides if better != "higher" else sides[::-1]
        return RevManOutcome(
            id=f"CMP-001.{number:02d}",
            number=number,
            name=name,
            kind=kind,
            measure=measure,
            method="IV",
            model="random",
            level=0.95,
            tau2="REML",
            ci="HK",
            I2_from="tau2",
            log=measure in RATIOS,
            treatment=treatment,
            control=control,
            left_label=left,
            right_label=right,
            units=c.cells.get("Unit", "") if c else "",
            better=better if better in ("lower", "higher") else "",
            rows=tuple(rows),
        )

    def _measure(self, of: Sequence[Row], criterion: Row | None) -> str:
        said = [row.cells.get("Effect measure", "") for row in (*((criterion,) if criterion else ()), *of)]
        found = next((one for one in said if one), "")
        continuous = any(row.cells.get("Data type", "").casefold() == "continuous" for row in of)
        return WORDS.get(found.casefold(), found) or ("MD" if continuous else "RR")

    def rows(self, study: str, own: Sequence[Row]) -> Iterator[RevManRow]:
        """The result of one study: the contrast that it gives, else its two arms."""
        contrasts = [row for row in own if row.cells.get("Reference arm", "")]
        treatment, control = self.pair
        for row in contrasts:
            compared = (self._of(study, row.cells["Arm"]), self._of(study, row.cells["Reference arm"]))
            if len(contrasts) > 1 and compared != (treatment, control):
                continue
            found = self.contrast(row)
            if found is not None:
                effect, se = found
                yield RevManRow(study=study, name=study, kind="generic", estimate=effect, se=se, footnote=_footnote(own))
        if contrasts:
            return
        experimental = [row for row in own if self._of(study, row.cells["Arm"]) == treatment]
        reference = [row for row in own if self._of(study, row.cells["Arm"]) == control]
        if len(experimental) == 1 and len(reference) == 1:
            yield self.by_arm(study, experimental[0], reference[0], own)
        else:
            arms = ", ".join(row.cells["Arm"] for row in own)
            self.remarks.append(
                f"{study}, {own[0].cells['Outcome']}: of the arms {arms} no two are {treatment} and {control}; left out"
            )

    def _of(self, study: str, arm: str) -> str:
        return self.intervention.get((study, arm), arm)

    def by_arm(self, study: str, t: Row, c: Row, own: Sequence[Row]) -> RevManRow:
        values: dict[str, Any] = {"n_t": self.whole(t, "Sample size"), "n_c": self.whole(c, "Sample size")}
        kind: Kind = "dichotomous" if self.cell(t, "Cases") else "continuous"
        if kind == "dichotomous":
            values |= {"events_t": self.whole(t, "Cases"), "events_c": self.whole(c, "Cases")}
        else:
            values |= {"mean_t": self.number(t, "Mean"), "sd_t": self.sd(t), "mean_c": self.number(c, "Mean"), "sd_c": self.sd(c)}
        return RevManRow(study=study, name=study, kind=kind, footnote=_footnote(own), **values)

    def sd(self, row: Row) -> float | None:
        """The standard deviation of an arm, also from its variance or the standard error of its mean."""
        sd, variance, se, n = (self.number(row, name) for name in ("SD", "Variance", "SE", "Sample size"))
        if sd is None and variance is not None and variance > 0:
            return sqrt(variance)
        return se * sqrt(n) if sd is None and se is not None and n else sd

    def contrast(self, row: Row) -> tuple[float, float] | None:
        """An effect and its standard error on the scale of analysis, from whichever of its columns are filled."""
        exp = [self.number(row, name) for name in ("Exp mean", "Exp CI start", "Exp CI end")]
        if any(x is not None and x <= 0 for x in exp):
            self.problem(row, "Exp mean", "a ratio and its limits must be above 0")
            return None
        shown = [None if x is None else log(x) for x in exp]
        plain = [self.number(row, name) for name in ("Mean", "CI start", "CI end")]
        mean, low, high = (a if a is not None else b for a, b in zip(plain, shown, strict=True))
        se, variance = self.number(row, "SE"), self.number(row, "Variance")
        if se is None and variance is not None and variance > 0:
            se = sqrt(variance)
        if se is None and low is not None and high is not None:
            level = self.number(row, "CI level") or 95.0
            se = (high - low) / (2 * float(quantile(level / 100 if level > 1 else level, float("inf"))))
        if mean is None or se is None or not se > 0 or not isfinite(mean):
            what = "the contrast has no Mean with an SE above 0, Variance or limits"
            self.problems.append(
                Problem(self.file[id(row)], row.number, "Mean", what, "Fill them in, or remove the row", "warning")
            )
            return None
        return mean, se


def _footnote(own: Sequence[Row]) -> str:
    return "; ".join(dict.fromkeys(filter(None, (plain_html(row.cells.get("Footnotes", "")) for row in own))))


def _bias(table: Table, numbers: Mapping[str, str]) -> Iterator[BiasItem]:
    domains = domains_in(table.columns)
    for row in table.rows:
        outcome = row.cells.get("Outcome", "")
        if not outcome or outcome in numbers:
            yield from bias_items(row, domains, numbers.get(outcome, ""))


def _studies(files: Mapping[str, WebFile], results: Table, problems: list[Problem]) -> tuple[RevManStudy, ...]:
    """The studies with what is known of them; those with results or references alone come last."""
    records = references(files.get("included.ris"), problems)
    covariates = {row.cells["Study"]: row for row in web_table(files, COVARIATES, ("Study",), problems).rows}
    information = {row.cells["Study"]: row for row in web_table(files, INFORMATION, ("Study",), problems).rows}
    studies = []
    for name in dict.fromkeys([*information, *(row.cells["Study"] for row in results.rows), *filter(None, records)]):
        row = information.get(name)
        cells = dict(row.cells) if row else {}
        year = cells.get("Year", "")
        found = dict(covariates[name].cells) if name in covariates else {}
        own = _identified(name, cells | found, records.get(name, []))
        studies.append(
            RevManStudy(
                id=name,
                name=name,
                year=int(year) if year.isdigit() else None,
                section="included",
                described=tuple(
                    (c.removeprefix("Char: "), plain_html(t)) for c, t in cells.items() if c.startswith("Char: ") and t
                ),
                covariates=tuple((n, value) for n, value in found.items() if n != "Study" and not n.startswith("ID: ")),
                records=tuple(own),
            )
        )
    return tuple(studies)


def _identified(name: str, cells: Mapping[str, str], records: Sequence[Record]) -> list[Record]:
    """The references of a study; before them, without a title, what the tables say identifies it."""
    doi, pmid = cells.get("ID: DOI", ""), cells.get("ID: PubMed", "")
    registry = cells.get("ID: registry", "") or cells.get("ID: CTG", "")
    own = Record(place=Place(f"{INFORMATION}, {name}", 0), doi=doi.lower(), pmid=pmid, nct=registry)
    return [own, *records] if doi or pmid or registry else list(records)
