"""A report: everything that one source says of one outcome of one study, as it says it."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Measure = Literal["HR", "RR", "OR", "RD", "IRR", "MD", "SMD"]
Orientation = Literal["treatment_vs_control", "control_vs_treatment"]
Status = Literal["read", "author", "derived", "recalled"]
Use = Literal["", "yes", "no"]
Arm = Literal["treatment", "control"]
Operator = Literal["=", "<", ">"]

MEASURES: tuple[Measure, ...] = get_args(Measure)
RATIOS: frozenset[str] = frozenset({"HR", "RR", "OR", "IRR"})
MEAN_DIFFERENCES: frozenset[str] = frozenset({"MD", "SMD"})
MEANINGS: dict[Measure, str] = {
    "HR": "hazard ratio",
    "RR": "risk ratio",
    "OR": "odds ratio",
    "RD": "risk difference, of two shares",
    "IRR": "rate ratio, of events that may recur by time at risk",
    "MD": "mean difference, in the unit of the measurement",
    "SMD": "standardised mean difference, in standard deviations",
}
STATUSES: dict[Status, str] = {
    "read": "seen by the extractor on the page that its source names, which may be an abstract or another review",
    "author": "obtained from the investigators",
    "derived": "taken from another tabulation, or computed from figures that were read",
    "recalled": "written from memory, not verified",
}


class PValue(BaseModel):
    """A P value as printed: `0.03`, `<0.001`, `>0.05`."""

    model_config = ConfigDict(frozen=True)

    value: Decimal
    operator: Operator = "="

    def __str__(self) -> str:
        return f"{self.operator} {self.value}"


class Series(BaseModel):
    """Numbers of one cell, with blanks between them, as printed: `100 83.5 70`."""

    model_config = ConfigDict(frozen=True)

    values: tuple[Decimal, ...]

    def __str__(self) -> str:
        return " ".join(f"{value:f}" for value in self.values)


class Allocation(BaseModel):
    """Sizes of the arms as a ratio, treatment to control: `2:1`."""

    model_config = ConfigDict(frozen=True)

    treatment: Decimal
    control: Decimal

    def __str__(self) -> str:
        return f"{self.treatment:f}:{self.control:f}"


class Report(BaseModel):
    """A row of results/*.csv. Numbers keep the decimals that were printed, for these say how far a number is known.

    An empty cell is a thing not reported. Treatment comes before control everywhere.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    study: str = Field(description="The study, as studies.csv identifies it")
    stratum: str = Field("", description="The stratum, where studies.csv has strata; empty for a report of the whole study")
    outcome: str = Field(description="The outcome as the source names it (`PFS`, `EFS`); review.toml says which names count")
    measure: Measure | None = Field(
        None, description="What `estimate` is: " + "; ".join(f"{name}, {what}" for name, what in MEANINGS.items())
    )
    estimate: Decimal | None = Field(None, description="The effect as printed, never its logarithm")
    ci_low: Decimal | None = Field(None, description="Lower confidence limit of `estimate`")
    ci_high: Decimal | None = Field(None, description="Upper confidence limit of `estimate`")
    ci_level: Decimal = Field(Decimal(95), description="Level of the interval in percent; 95 where left empty")
    ci_sides: Literal[1, 2] = Field(2, description="1 where a limit is one-sided: one of 97.5% is that of a 95% interval")
    reduction: Decimal | None = Field(None, description="Percent by which the hazard is lower, where this is printed and no ratio")
    reduction_low: Decimal | None = Field(None, description="Lower confidence limit of `reduction`")
    reduction_high: Decimal | None = Field(None, description="Upper confidence limit of `reduction`")
    coefficient: Decimal | None = Field(None, description="Logarithm of the hazard ratio as printed (coefficient of a Cox model)")
    se_log: Decimal | None = Field(None, description="Standard error of `coefficient`, or of the logarithm of `estimate`")
    se_ratio: Decimal | None = Field(None, description="Standard error of `estimate` itself, not of its logarithm")
    se: Decimal | None = Field(None, description="Standard error of `estimate`, where this is a mean difference (MD, SMD)")
    orientation: Orientation | None = Field(
        None, description="`treatment_vs_control` (HR below 1: fewer events with treatment) or `control_vs_treatment`"
    )
    p: PValue | None = Field(None, description="P value with its sign: `0.03`, `<0.001`, `>0.05`; `=` may be left out")
    p_sides: Literal[1, 2] = Field(2, description="1 for a one-sided P value; 2 where left empty")
    events_t: int | None = Field(None, description="Patients with the event (events, for IRR), treatment arm")
    n_t: int | None = Field(None, description="Patients analysed, treatment arm")
    events_c: int | None = Field(None, description="Patients with the event (events, for IRR), control arm")
    n_c: int | None = Field(None, description="Patients analysed, control arm")
    events_total: int | None = Field(None, description="Patients with the event in both arms, where they are not given by arm")
    allocation: Allocation | None = Field(
        None, description="Sizes of the arms, treatment to control (`2:1`), where `n_t` is not known"
    )
    time_t: Decimal | None = Field(None, description="Time at risk of all patients together, treatment arm")
    time_c: Decimal | None = Field(None, description="Time at risk of all patients together, control arm")
    pct_t: Decimal | None = Field(None, description="Percent with the event as printed, treatment arm")
    pct_c: Decimal | None = Field(None, description="Percent with the event as printed, control arm")
    mean_t: Decimal | None = Field(None, description="Mean, treatment arm")
    sd_t: Decimal | None = Field(None, description="Standard deviation (not SE), treatment arm")
    mean_c: Decimal | None = Field(None, description="Mean, control arm")
    sd_c: Decimal | None = Field(None, description="Standard deviation (not SE), control arm")
    se_mean_t: Decimal | None = Field(None, description="Standard error of `mean_t`")
    se_mean_c: Decimal | None = Field(None, description="Standard error of `mean_c`")
    mean_low_t: Decimal | None = Field(None, description="Lower confidence limit of `mean_t`, of the level `ci_level`")
    mean_high_t: Decimal | None = Field(None, description="Upper confidence limit of `mean_t`")
    mean_low_c: Decimal | None = Field(None, description="Lower confidence limit of `mean_c`, of the level `ci_level`")
    mean_high_c: Decimal | None = Field(None, description="Upper confidence limit of `mean_c`")
    median_t: Decimal | None = Field(
        None, description="Median, treatment arm: time to event in the review's time unit, or of a measurement beside its quartiles"
    )
    median_c: Decimal | None = Field(None, description="The same, control arm")
    q1_t: Decimal | None = Field(None, description="Lower quartile of a measurement, treatment arm")
    q3_t: Decimal | None = Field(None, description="Upper quartile, treatment arm")
    q1_c: Decimal | None = Field(None, description="Lower quartile, control arm")
    q3_c: Decimal | None = Field(None, description="Upper quartile, control arm")
    min_t: Decimal | None = Field(None, description="Least value of a measurement, treatment arm")
    max_t: Decimal | None = Field(None, description="Largest value, treatment arm")
    min_c: Decimal | None = Field(None, description="Least value, control arm")
    max_c: Decimal | None = Field(None, description="Largest value, control arm")
    landmark: Decimal | None = Field(None, description="Time of `survival_t` and `survival_c`, in the review's time unit")
    survival_t: Decimal | None = Field(None, description="Percent free of the event at `landmark`, treatment arm")
    survival_c: Decimal | None = Field(None, description="Percent free of the event at `landmark`, control arm")
    survival_se_t: Decimal | None = Field(None, description="Standard error of `survival_t`, in percent")
    survival_se_c: Decimal | None = Field(None, description="Standard error of `survival_c`, in percent")
    survival_low_t: Decimal | None = Field(None, description="Lower confidence limit of `survival_t`, in percent")
    survival_high_t: Decimal | None = Field(None, description="Upper confidence limit of `survival_t`, in percent")
    survival_low_c: Decimal | None = Field(None, description="Lower confidence limit of `survival_c`, in percent")
    survival_high_c: Decimal | None = Field(None, description="Upper confidence limit of `survival_c`, in percent")
    curve_times: Series | None = Field(None, description="Times at which the curves were read, with blanks between: `0 12 24`")
    curve_t: Series | None = Field(None, description="Percent free of the event at each of them, treatment arm: `100 83.5 70`")
    curve_c: Series | None = Field(None, description="Percent free of the event at each of them, control arm")
    at_risk_t: Series | None = Field(None, description="Patients at risk at each of them, treatment arm")
    at_risk_c: Series | None = Field(None, description="Patients at risk at each of them, control arm")
    curve: str = Field("", description="Name of the curve read from the figure: `attal2012-os` for results/curves/attal2012-os.csv")
    follow_up_min: Decimal | None = Field(None, description="Shortest follow-up of a patient in the review's time unit")
    follow_up_max: Decimal | None = Field(None, description="Longest follow-up of a patient in the review's time unit")
    o_minus_e: Decimal | None = Field(None, description="Log-rank observed minus expected events of the treatment arm")
    v: Decimal | None = Field(None, description="Log-rank variance of `o_minus_e`")
    chi2: Decimal | None = Field(None, description="Chi-squared of the log-rank test, with one degree of freedom")
    expected_t: Decimal | None = Field(None, description="Events that the log-rank test expects, treatment arm")
    expected_c: Decimal | None = Field(None, description="Events that the log-rank test expects, control arm")
    follow_up: Decimal | None = Field(None, description="Median follow-up in the review's time unit")
    favours: Arm | None = Field(None, description="`treatment` or `control`: which arm the words of the source say did better")
    analysis: str = Field("", description="Population, time origin and adjustment, in the source's words")
    source: str = Field("", description="Where it was seen: address, DOI or citation")
    locator: str = Field("", description="Where in the source: page, table, figure, `abstract`")
    quote: str = Field("", description="The sentence itself, where it can be given")
    status: Status = Field(description="`read`, `author`, `derived` or `recalled`; recalled rows never enter a primary result")
    use: Use = Field("", description="Empty: the stated preference decides. `yes`: this report counts. `no`: it does not")
    note: str = Field("", description="Anything else; the reason where `use` is filled")

    file: str = Field("", description="(set by the reader) file the row came from")
    row: int = Field(0, description="(set by the reader) row in that file, the header being row 1")
