"""Agreement between reviewers, from what each decided of each record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.agreement import coefficients
from trialpool.stats.agreement.coefficients import Array, Coefficient
from trialpool.stats.distributions import z_quantile
from trialpool.stats.tables import Tabular

Weights = Literal["identity", "linear", "quadratic"]
OVER_ALL: dict[str, Callable[[Array, Array], Coefficient]] = {
    "agreement": coefficients.percent_agreement,
    "PABAK": coefficients.pabak,
    "Gwet's AC1": coefficients.gwet_ac1,
    "Fleiss' kappa": coefficients.fleiss_kappa,
    "Krippendorff's alpha": coefficients.krippendorff_alpha,
}


@dataclass(frozen=True)
class AgreementRow:
    """One coefficient: of all reviewers, or Cohen's kappa of the two that are named."""

    coefficient: str
    reviewers: tuple[str, ...]
    value: float
    se: float
    ci_low: float
    ci_high: float
    units: int


@dataclass(frozen=True, repr=False)
class Agreement(Tabular):
    """Coefficients of agreement, each with its interval and the number of units that two reviewers or more judged.

    rows : of all reviewers, then Cohen's kappa of each pair that judged units in common
    categories : in the order of the weights
    level : of the intervals, from the normal distribution, cut off at -1 and 1 (shares at 0)
    """

    rows: tuple[AgreementRow, ...]
    categories: tuple[str, ...]
    weights: Weights
    level: float

    def __getitem__(self, coefficient: str) -> AgreementRow:
        """The first row of this name."""
        found = next((row for row in self.rows if row.coefficient == coefficient), None)
        if found is None:
            known = ", ".join(dict.fromkeys(repr(row.coefficient) for row in self.rows))
            raise BadArgument(f"{coefficient!r} is not there. Choose one of {known}.")
        return found

    def table(self) -> dict[str, list[Any]]:
        """A row a coefficient."""
        return {
            "coefficient": [row.coefficient for row in self.rows],
            "reviewers": [" and ".join(row.reviewers) for row in self.rows],
            "value": [row.value for row in self.rows],
            "se": [row.se for row in self.rows],
            "ci_low": [row.ci_low for row in self.rows],
            "ci_high": [row.ci_high for row in self.rows],
            "units": [row.units for row in self.rows],
        }

    def __str__(self) -> str:
        return "\n".join(
            f"{row.coefficient} ({' and '.join(row.reviewers)}): {row.value:.2f} "
            f"({100 * self.level:g}% CI {row.ci_low:.2f} to {row.ci_high:.2f}), {row.units} units"
            for row in self.rows
        )

    __repr__ = __str__


def agreement(
    ratings: Mapping[str, Sequence[Any]],
    categories: Sequence[str] | None = None,
    *,
    weights: Weights = "identity",
    level: float = 0.95,
) -> Agreement:
    """How well reviewers agree: raw, Cohen's kappa, PABAK, Gwet's AC1, Fleiss' kappa and Krippendorff's alpha, with intervals.

    Reviewers need not have judged the same units: every coefficient takes what there is. Where one decision is rare, as
    inclusion is in screening, kappa is low even with few disagreements; PABAK and AC1 are not (Feinstein & Cicchetti, J Clin
    Epidemiol 1990;43:543-9). Standard errors are for large samples.

    Parameters
    ----------
    ratings
        for each reviewer a value for each unit; None or NaN where the reviewer did not judge it
    categories
        every value that can occur, in order where weights are not "identity"; by default those that do occur, sorted
    weights
        credit for two different categories: "identity" none, "linear" 1 - |k - l| / (q - 1), "quadratic" its square form
    level
        of the intervals

    Raises
    ------
    BadArgument
        fewer than two reviewers, lists of different lengths, values outside `categories`
    NotEstimable
        where no unit was judged by two reviewers, or all have one category and no other is named

    Examples
    --------
    >>> decided = agreement({
    ...     "AK": ["in", "in", "out", "out", "out", "out", "in", "out", None, "out"],
    ...     "MB": ["in", "out", "out", "out", "out", "out", "in", "out", "out", "out"],
    ... })
    >>> print(decided["Cohen's kappa"].value.__round__(2), decided["Gwet's AC1"].value.__round__(2), decided["agreement"].units)
    0.73 0.82 9
    """
    if len(ratings) < 2:
        raise BadArgument(f"Agreement needs two reviewers or more, not {len(ratings)}. Give a list for each.")
    lengths = {reviewer: len(values) for reviewer, values in ratings.items()}
    if len(set(lengths.values())) > 1:
        raise BadArgument(
            f"The lists of the reviewers differ in length: {lengths}. Give each reviewer a value or None for every unit."
        )
    names, codes = _coded(ratings, categories)
    if len(names) < 2:
        raise NotEstimable(
            f"Every value is {names[0] if names else 'missing'!r}. Name all `categories` that a reviewer could choose."
        )
    w = _weight_matrix(len(names), weights)
    r = np.stack([(codes == k).sum(axis=0) for k in range(len(names))], axis=-1).astype(float)
    if not (r.sum(axis=-1) >= 2).any():
        raise NotEstimable("No unit was judged by two reviewers, so agreement can't be computed.")
    everyone = tuple(ratings)
    rows = [_row(name, everyone, f(r, w), level) for name, f in OVER_ALL.items()]
    for (one, a), (other, b) in combinations(zip(everyone, codes, strict=True), 2):
        common = (a >= 0) & (b >= 0)
        if common.any():
            table = np.zeros((len(names), len(names)))
            np.add.at(table, (a[common], b[common]), 1.0)
            rows.append(_row("Cohen's kappa", (one, other), coefficients.cohen_kappa(table, w), level))
    return Agreement(tuple(rows), names, weights, level)


def _coded(ratings: Mapping[str, Sequence[Any]], categories: Sequence[str] | None) -> tuple[tuple[str, ...], Any]:
    """The categories, and for each reviewer and unit the number of its category, -1 where it was not judged."""
    values = [[None if value is None or value != value else str(value) for value in given] for given in ratings.values()]
    found = sorted({value for given in values for value in given if value is not None})
    names = tuple(map(str, categories)) if categories is not None else tuple(found)
    if unknown := [value for value in found if value not in names]:
        raise BadArgument(f"Values that are no category: {', '.join(unknown)}. The categories are {', '.join(names)}.")
    number = {name: k for k, name in enumerate(names)}
    return names, np.array([[number.get(value, -1) if value is not None else -1 for value in given] for given in values])


def _weight_matrix(q: int, weights: Weights) -> Array:
    distance = np.abs(np.subtract.outer(np.arange(q), np.arange(q))) / max(q - 1, 1)
    choices: dict[str, Array] = {"identity": np.eye(q), "linear": 1 - distance, "quadratic": 1 - distance**2}
    if weights not in choices:
        raise BadArgument(f"weights={weights!r} is not known. Choose one of {', '.join(map(repr, choices))}.")
    return choices[weights]


def _row(name: str, reviewers: tuple[str, ...], found: Coefficient, level: float) -> AgreementRow:
    half = z_quantile(level) * found.se
    lowest = 0.0 if name == "agreement" else -1.0
    low, high = np.clip([found.value - half, found.value + half], lowest, 1.0)
    return AgreementRow(name, reviewers, found.value, found.se, float(low), float(high), found.units)
