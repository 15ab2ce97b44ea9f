"""A Cochrane review as RevMan keeps it: comparisons, outcomes, the data of studies, settings, and the results it stored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from trialpool.errors import NotEstimable
from trialpool.review.record import Record
from trialpool.stats.effects.effects import Effects
from trialpool.stats.effects.generic import generic
from trialpool.stats.effects.mean_difference import mean_difference, standardised_mean_difference
from trialpool.stats.effects.measure import MEASURES
from trialpool.stats.effects.two_by_two import odds_ratio, risk_difference, risk_ratio

Kind = Literal["dichotomous", "continuous", "o-e", "generic"]
Model = Literal["common", "random"]
OF_COUNTS = {"RR": risk_ratio, "OR": odds_ratio, "RD": risk_difference}
OF_MEANS = {"MD": mean_difference, "SMD": standardised_mean_difference}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResult:
    """What RevMan computed and stored; None where it stored nothing. Ratios as shown, I2 as a share, P two-sided.

    Q, Q_p, Q_I2 : test for subgroup differences; of outcomes alone
    chi2, df     : heterogeneity
    t            : statistic of the effect by Hartung and Knapp, where that is the interval
    pi_low, pi_high : prediction interval
    """

    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    z: float | None = None
    t: float | None = None
    p: float | None = None
    chi2: float | None = None
    df: int | None = None
    chi2_p: float | None = None
    I2: float | None = None
    tau2: float | None = None
    Q: float | None = None
    Q_p: float | None = None
    Q_I2: float | None = None
    weight: float | None = None
    pi_low: float | None = None
    pi_high: float | None = None
    studies: int | None = None
    events_t: int | None = None
    n_t: int | None = None
    events_c: int | None = None
    n_c: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevManRow:
    """The data of one study in one outcome, and what RevMan stored of it.

    study : id of the study; `name` as shown
    subgroup : number of the subgroup; 0 where the outcome has none
    estimate, se : of generic inverse variance, on the analysis scale
    estimable : whether RevMan took an effect from it
    kind : of this row, where an outcome has rows of several; that of the outcome where None
    in_overall, in_subgroup : whether RevMan counts it in the overall result, and in that of its subgroup
    further : every other attribute, as stored
    """

    study: str
    name: str
    subgroup: int = 0
    kind: Kind | None = None
    events_t: int | None = None
    n_t: int | None = None
    events_c: int | None = None
    n_c: int | None = None
    mean_t: float | None = None
    sd_t: float | None = None
    mean_c: float | None = None
    sd_c: float | None = None
    o_minus_e: float | None = None
    v: float | None = None
    estimate: float | None = None
    se: float | None = None
    estimable: bool = True
    in_overall: bool = True
    in_subgroup: bool = True
    stored: StoredResult = field(default_factory=StoredResult)
    footnote: str = ""
    further: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevManSubgroup:
    """A subgroup of an outcome."""

    id: str
    number: int
    name: str
    stored: StoredResult


@dataclass(frozen=True, slots=True, kw_only=True)
class RevManOutcome:
    """An outcome of a comparison, with its data and settings.

    id      : as in the file (`CMP-001.02`)
    measure : `RR`, `OR`, `RD`, `MD`, `SMD`, `HR`, or what the file says; Peto's odds ratio is an `OR` by the method `Peto`
    method  : `MH`, `IV` or `Peto`; model : `common` or `random` effects
    level   : confidence level of the pooled effect, such as 0.95
    tau2, ci : of random effects: estimator (`DL`, `REML`) and interval (`Wald`, `HK`)
    I2_from : what I2 is reckoned from: `Q`, or, of random effects in RevMan since 2024, `tau2`
    totals  : whether RevMan shows the total (`YES`), subtotals only (`SUB`), or none (`NO`)
    log     : whether generic estimates are logarithms
    labels  : treatment and control group; left_label, right_label : under the plot
    better  : `lower` or `higher` where the file says it
    """

    id: str
    number: int
    name: str
    kind: Kind
    measure: str
    method: str
    model: Model
    level: float
    tau2: str = "DL"
    ci: str = "Wald"
    I2_from: Literal["Q", "tau2"] = "Q"
    totals: str = "YES"
    log: bool = False
    treatment: str = ""
    control: str = ""
    left_label: str = ""
    right_label: str = ""
    units: str = ""
    better: str = ""
    subgroups: tuple[RevManSubgroup, ...] = ()
    rows: tuple[RevManRow, ...] = field(default=(), repr=False)
    stored: StoredResult = field(default_factory=StoredResult)
    further: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def rows_of(self, subgroup: int | None = None) -> tuple[RevManRow, ...]:
        """The rows that count in a subgroup by its number, or in the overall result."""
        if subgroup is None:
            return tuple(row for row in self.rows if row.in_overall)
        return tuple(row for row in self.rows if row.subgroup == subgroup and row.in_subgroup)

    def effects(self, subgroup: int | None = None) -> Effects:
        """The effects of the studies on the analysis scale, ready to be pooled; of one subgroup where its number is given.

        Raises
        ------
        NotEstimable
            where there are no rows, or the measure is one that cannot be computed from them
        """
        rows = self.rows_of(subgroup)
        study = [row.name for row in rows]
        if not rows:
            raise NotEstimable(f"{self.id} {self.name}: there are no data.")
        kinds = {row.kind or self.kind for row in rows}
        if kinds != {self.kind}:
            return self._mixed(rows)
        if self.kind == "dichotomous" and self.measure in OF_COUNTS:
            keep = "keep" if self.measure == "RD" else "drop"
            counts: dict[str, Any] = {name: _column(rows, name) for name in ("events_t", "n_t", "events_c", "n_c")}
            return OF_COUNTS[self.measure](**counts, study=study, double_zeros=keep, missing="drop")
        if self.kind == "continuous" and self.measure in OF_MEANS:
            means: dict[str, Any] = {name: _column(rows, name) for name in ("mean_t", "sd_t", "n_t", "mean_c", "sd_c", "n_c")}
            return OF_MEANS[self.measure](**means, study=study, missing="drop")
        if self.kind == "o-e":
            o_minus_e, v = np.array(_column(rows, "o_minus_e")), np.array(_column(rows, "v"))
            return generic(
                estimate=o_minus_e / v, variance=1 / v, measure=self._known, scale="analysis", study=study, missing="drop"
            )
        if self.kind == "generic":
            scale = "analysis" if MEASURES[self._known].log else "natural"
            estimate, se = _column(rows, "estimate"), _column(rows, "se")
            return generic(estimate=estimate, se=se, measure=self._known, scale=scale, study=study, missing="drop")
        raise NotEstimable(f"{self.id} {self.name}: effects of the measure {self.measure!r} cannot be computed from its data.")

    def _mixed(self, rows: tuple[RevManRow, ...]) -> Effects:
        """Effects of rows of several kinds, each by its own, in the order of the rows."""
        yi, vi = np.full(len(rows), np.nan), np.full(len(rows), np.inf)
        for kind in dict.fromkeys(row.kind or self.kind for row in rows):
            at = [i for i, row in enumerate(rows) if (row.kind or self.kind) == kind]
            own = replace(self, kind=kind, rows=tuple(replace(rows[i], kind=None) for i in at)).effects()
            place = {name: i for i, name in zip(at, (rows[i].name for i in at), strict=True)}
            for name, y, v in zip(own.study, own.yi, own.vi, strict=True):
                yi[place[name]], vi[place[name]] = y, v
        study = [row.name for row in rows]
        return generic(estimate=yi, variance=vi, measure=self._known, scale="analysis", study=study, missing="drop")

    @property
    def _known(self) -> str:
        """The measure where it is one of ours, else none in particular."""
        return self.measure if self.measure in MEASURES else ""


def _column(rows: tuple[RevManRow, ...], name: str) -> list[float]:
    return [np.nan if (value := getattr(row, name)) is None else float(value) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevManComparison:
    """A comparison and its outcomes."""

    id: str
    number: int
    name: str
    outcomes: tuple[RevManOutcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevManStudy:
    """A study: `section` is `included`, `excluded`, `awaiting` or `ongoing`.

    reason    : why it was excluded
    described : characteristics, (heading, text)
    covariates : (name, value)
    records   : its references; the first is the main one, where one is marked so
    """

    id: str
    name: str
    year: int | None
    section: str
    reason: str = ""
    described: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    covariates: tuple[tuple[str, str], ...] = ()
    records: tuple[Record, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasItem:
    """A judgement of risk of bias in RevMan: `low`, `high` or `unclear` (`some-concerns` by RoB 2), with what supports it.

    outcome : the analysis that it is of (`1.2`), by RoB 2; empty where it is of the study as a whole
    """

    study: str
    domain: str
    judgement: str
    support: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevManReview:
    """A review out of RevMan.

    file     : the name of the file it was read from
    bias     : its judgements of risk of bias
    domains  : what is judged, in the order of the file, where the file says it apart from the judgements
    remarks  : what could not be taken over, as sentences
    """

    file: str
    title: str
    doi: str = ""
    version: str = ""
    modified: str = ""
    studies: tuple[RevManStudy, ...] = field(default=(), repr=False)
    comparisons: tuple[RevManComparison, ...] = ()
    bias: tuple[BiasItem, ...] = field(default=(), repr=False)
    domains: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def outcomes(self) -> tuple[RevManOutcome, ...]:
        """Every outcome, in the order of the file."""
        return tuple(outcome for comparison in self.comparisons for outcome in comparison.outcomes)

    def __getitem__(self, id_: str) -> RevManOutcome:
        """The outcome with this id (`CMP-001.02`) or number (`1.2`)."""
        for comparison in self.comparisons:
            for outcome in comparison.outcomes:
                if id_ in (outcome.id, f"{comparison.number}.{outcome.number}"):
                    return outcome
        known = ", ".join(f"{c.number}.{o.number}" for c in self.comparisons for o in c.outcomes)
        raise KeyError(f"there is no outcome {id_!r}; there are {known}")

    def study(self, id_: str) -> RevManStudy:
        """The study with this id."""
        return next(study for study in self.studies if study.id == id_)
