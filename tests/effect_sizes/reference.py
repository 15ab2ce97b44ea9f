"""The effect sizes of tests/reference/effect_sizes, and which call of ours answers to which of R's metafor."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialpool.stats.effects import (
    across_scales,
    association,
    change,
    correlation,
    group_mean,
    matched_pairs,
    mean_difference,
    partial_correlation,
    proportion,
    ratio_of_means,
    reliability,
    superiority,
    two_by_two,
    variability,
)
from trialpool.stats.effects import rate as rates
from trialpool.stats.effects.effects import Effects

FOLDER = Path(__file__).parents[1] / "reference/effect_sizes"
Floats = NDArray[np.float64]
Made = tuple[Callable[..., Effects], dict[str, Any]]

ARMS = {"ai": "events_t", "n1i": "n_t", "ci": "events_c", "n2i": "n_c"}
MEANS = {"m1i": "mean_t", "sd1i": "sd_t", "n1i": "n_t", "m2i": "mean_c", "sd2i": "sd_c", "n2i": "n_c"}
CHANGE = {"m1i": "mean_post", "sd1i": "sd_post", "m2i": "mean_pre", "sd2i": "sd_pre", "ni": "n", "ri": "r"}
PAIRS = {"ai": "both", "bi": "only_t", "ci": "only_c", "di": "neither"}
RATES = {"x1i": "events_t", "t1i": "time_t", "x2i": "events_c", "t2i": "time_c"}
MODEL = {"ti": "t", "ni": "n", "mi": "predictors", "r2i": "r_squared"}
ONE = {"xi": "events", "ni": "n", "ti": "time", "ri": "r", "mi": "mean", "sdi": "sd"}

# measure of metafor -> ours, by the names of the columns
CALLS: dict[str, Made] = {
    "RR": (two_by_two.risk_ratio, {}),
    "OR": (two_by_two.odds_ratio, {}),
    "RD": (two_by_two.risk_difference, {}),
    "AS": (two_by_two.arcsine_difference, {}),
    "PETO": (two_by_two.peto_odds_ratio, {}),
    "PHI": (association.phi_coefficient, {}),
    "ZPHI": (association.phi_coefficient, {"transform": "z"}),
    "YUQ": (association.yules_q, {}),
    "YUY": (association.yules_y, {}),
    "RTET": (association.tetrachoric_correlation, {}),
    "ZTET": (association.tetrachoric_correlation, {"transform": "z"}),
    "PBIT": (across_scales.smd_from_counts, {"method": "probit"}),
    "OR2D": (across_scales.smd_from_counts, {"method": "logistic"}),
    "OR2DL": (across_scales.smd_from_counts, {"method": "logistic"}),
    "OR2DN": (across_scales.smd_from_counts, {"method": "cox"}),
    "MD": (mean_difference.mean_difference, {}),
    "SMD": (mean_difference.standardised_mean_difference, {}),
    "SMDH": (mean_difference.standardised_mean_difference, {"standardiser": "average"}),
    "SMD1": (mean_difference.standardised_mean_difference, {"standardiser": "control"}),
    "SMD1H": (mean_difference.standardised_mean_difference, {"standardiser": "control-unequal"}),
    "ROM": (ratio_of_means.ratio_of_means, {}),
    "VR": (variability.variability_ratio, {}),
    "CVR": (variability.cv_ratio, {}),
    "RPB": (across_scales.correlation_from_means, {}),
    "ZPB": (across_scales.correlation_from_means, {"transform": "z"}),
    "RBIS": (across_scales.correlation_from_means, {"kind": "biserial"}),
    "ZBIS": (across_scales.correlation_from_means, {"kind": "biserial", "transform": "z"}),
    "D2OR": (across_scales.odds_ratio_from_means, {}),
    "D2ORL": (across_scales.odds_ratio_from_means, {}),
    "D2ORN": (across_scales.odds_ratio_from_means, {"method": "cox"}),
    "CLESN": (superiority.superiority, {}),
    "AUCN": (superiority.superiority, {}),
    "MN": (group_mean.mean, {}),
    "SMN": (group_mean.mean, {"transform": "standardised"}),
    "MNLN": (group_mean.mean, {"transform": "log"}),
    "CVLN": (variability.log_coefficient_of_variation, {}),
    "SDLN": (variability.log_standard_deviation, {}),
    "COR": (correlation.correlation, {"transform": "none"}),
    "UCOR": (correlation.correlation, {"transform": "unbiased"}),
    "ZCOR": (correlation.correlation, {"transform": "z"}),
    "PCOR": (partial_correlation.partial_correlation, {"transform": "none"}),
    "ZPCOR": (partial_correlation.partial_correlation, {"transform": "z"}),
    "SPCOR": (partial_correlation.semi_partial_correlation, {"transform": "none"}),
    "ZSPCOR": (partial_correlation.semi_partial_correlation, {"transform": "z"}),
    "R2": (partial_correlation.r_squared, {"transform": "none"}),
    "ZR2": (partial_correlation.r_squared, {"transform": "z"}),
    "PR": (proportion.proportion, {"transform": "none"}),
    "PLN": (proportion.proportion, {"transform": "log"}),
    "PLO": (proportion.proportion, {"transform": "logit"}),
    "PRZ": (proportion.proportion, {"transform": "probit"}),
    "PAS": (proportion.proportion, {"transform": "arcsine"}),
    "PFT": (proportion.proportion, {"transform": "double-arcsine"}),
    "IRR": (rates.rate_ratio, {}),
    "IRD": (rates.rate_difference, {}),
    "IRSD": (rates.rate_difference, {"transform": "sqrt"}),
    "IR": (rates.rate, {"transform": "none"}),
    "IRLN": (rates.rate, {"transform": "log"}),
    "IRS": (rates.rate, {"transform": "sqrt"}),
    "IRFT": (rates.rate, {"transform": "freeman-tukey"}),
    "MC": (change.mean_change, {}),
    "SMCC": (change.standardised_mean_change, {"standardiser": "change"}),
    "SMCR": (change.standardised_mean_change, {"standardiser": "pre"}),
    "SMCRH": (change.standardised_mean_change, {"standardiser": "pre-unequal"}),
    "SMCRP": (change.standardised_mean_change, {"standardiser": "average"}),
    "SMCRPH": (change.standardised_mean_change, {"standardiser": "average-unequal"}),
    "ROMC": (change.mean_change_ratio, {}),
    "CVRC": (change.cv_change_ratio, {}),
    "VRC": (change.variability_change_ratio, {}),
    "CLESCN": (superiority.change_superiority, {}),
    "AUCCN": (superiority.change_superiority, {}),
    "MPRD": (matched_pairs.matched_risk_difference, {}),
    "MPRR": (matched_pairs.matched_risk_ratio, {}),
    "MPOR": (matched_pairs.matched_odds_ratio, {"kind": "marginal"}),
    "MPORC": (matched_pairs.matched_odds_ratio, {"kind": "conditional"}),
    "MPPETO": (matched_pairs.matched_odds_ratio, {"kind": "peto"}),
    "MPORM": (matched_pairs.crossover_odds_ratio, {}),
    "AUC": (superiority.area_under_curve, {}),
    "ARAW": (reliability.cronbach_alpha, {"transform": "none"}),
    "AHW": (reliability.cronbach_alpha, {"transform": "cube-root"}),
    "ABT": (reliability.cronbach_alpha, {"transform": "log"}),
}
ALPHA = {"ai": "alpha", "mi": "items", "ni": "n"}
AUC = {"ai": "auc", "n1i": "n_t", "n2i": "n_c"}
COLUMNS = (ARMS, MEANS, CHANGE, PAIRS, RATES, MODEL, ONE, ALPHA, AUC)
UNCORRECTED = {"AS", "PHI", "ZPHI", "RTET", "ZTET", "PAS", "PFT"}  # to which metafor adds nothing unless told how much
VTYPES = {("PHI", "LS"): "CS"}
# metafor takes these without a word and gives what it gives without them
IGNORED = {(measure, "AV") for measure in ("IR", "IRLN", "IRR", "IRD", "PAS", "ZCOR")} | {("MNLN", "HO")}
POLICIES = {"only0": "only", "if0all": "any", "all": "all", "none": "none"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A call of escalc(): its data set, options, columns by argument, and its result, null being nan."""

    data: str
    call: str
    package: str
    options: dict[str, str]
    columns: dict[str, str]
    result: dict[str, list[float | None]]

    @property
    def measure(self) -> str:
        return self.options["measure"]

    def column(self, argument: str) -> Floats:
        source = self.columns[argument]
        if source.startswith("rep("):  # rep(0.4, length(ai))
            return np.full(len(self.result["yi"]), float(source[4:].split(",")[0]))
        return data_set(self.data)[source]

    @property
    def yi(self) -> Floats:
        return np.array(self.result["yi"], dtype=float)

    @property
    def vi(self) -> Floats:
        return np.array(self.result["vi"], dtype=float)

    @property
    def id(self) -> str:
        return "-".join([self.data, self.measure, *(f"{k}={v}" for k, v in self.options.items() if k != "measure")])


@cache
def data_set(name: str) -> dict[str, Floats]:
    entries = json.loads((FOLDER / "data_sets.json").read_text(encoding="utf-8"))
    found = next(entry["columns"] for entry in entries if entry["data"] == name)
    return {column: np.array(values, dtype=float) for column, values in found.items()}


@cache
def entries() -> tuple[Entry, ...]:
    return tuple(Entry(**entry) for entry in json.loads((FOLDER / "escalc.json").read_text(encoding="utf-8")))


def ours(entry: Entry) -> Effects:
    """Our effects by the same formula from the same data; studies that lack a value are left out."""
    function, chosen = CALLS[entry.measure]
    found = function(**_columns(entry), **(chosen | _options(entry)), missing="drop")
    turned = entry.measure == "SMCRH" or entry.options.get("flip") == "TRUE"
    return replace(found, yi=-found.yi) if turned else found


def takes(function: Callable[..., Any]) -> set[str]:
    return set(inspect.signature(function).parameters)


def _columns(entry: Entry) -> dict[str, Floats]:
    of = {argument: entry.column(argument) for argument in entry.columns}
    function = CALLS[entry.measure][0]
    if {"events_t", "n_t"} <= takes(function):
        if "bi" in of:
            of |= {"n1i": of["ai"] + of.pop("bi"), "n2i": of["ci"] + of.pop("di")}
        arms = {ours: of.pop(theirs) for theirs, ours in ARMS.items()}
        return arms | ({"r": of["ri"]} if of else {})
    if entry.measure == "SMCR":  # metafor's first SD is the one that standardises; here that of the time before
        of["sd2i"] = of.pop("sd1i")
    if entry.measure == "SMCRH":  # the same, here that of the time after: before and after change places, and the sign turns
        of |= {"m1i": of["m2i"], "m2i": of["m1i"], "sd1i": of["sd2i"], "sd2i": of["sd1i"]}
    of = {argument: column for argument, column in of.items() if entry.measure != "VR" or argument[0] != "m"}
    names = next(names for names in COLUMNS if set(of) <= set(names) and {names[argument] for argument in of} <= takes(function))
    return {names[argument]: column for argument, column in of.items()}


def _options(entry: Entry) -> dict[str, Any]:
    theirs, function = entry.options, CALLS[entry.measure][0]
    options: dict[str, Any] = {}
    if "correct" in theirs:
        options |= {"transform": "standardised-uncorrected"} if entry.measure == "SMN" else {"correct": False}
    if "vtype" in theirs and (entry.measure, theirs["vtype"]) not in IGNORED:
        options["variance"] = VTYPES.get((entry.measure, theirs["vtype"]), theirs["vtype"])
    if "zero_cells" in takes(function):
        add = theirs.get("add", "0" if entry.measure in UNCORRECTED else "1/2")
        options |= {"zero_cells": POLICIES[theirs.get("to", "only0")], "add": float(Fraction(add))}
    if "double_zeros" in takes(function):
        options["double_zeros"] = "drop" if theirs.get("drop00") == "TRUE" else "keep"
    return options
