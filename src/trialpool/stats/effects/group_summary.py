"""Mean, standard deviation and size of a group: what conversions return, and how groups are combined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.stats.arrays import Floats
from trialpool.stats.effects.columns import SD, Rule, columns_of
from trialpool.stats.tables import Tabular

SIZE_1 = Rule(lambda n: (n >= 1) & (n == np.floor(n)), "A group has 1 patient or more, in whole numbers")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSummary(Tabular):
    """Means, standard deviations and sizes of groups, (..., k), one a study; nan where a study was left out."""

    mean: Floats
    sd: Floats
    n: Floats

    def table(self) -> dict[str, list[Any]]:
        """A row a study: mean, sd, n; of a batch, each cell holds all analyses."""
        columns = {"mean": self.mean, "sd": self.sd, "n": self.n}
        return {name: np.moveaxis(np.atleast_1d(values), -1, 0).tolist() for name, values in columns.items()}

    def __str__(self) -> str:
        return f"mean, SD and size of {np.shape(self.mean)[-1]} groups"


def combine_groups(*, mean: Any, sd: Any, n: Any, study: Sequence[str] | None = None) -> GroupSummary:
    """The groups of each study as one, such as three doses of the same drug: exactly the mean and SD of all patients together.

    n = sum n_i, m = sum n_i m_i / n, s^2 = [sum (n_i - 1) s_i^2 + sum n_i (m_i - m)^2] / (n - 1); the table of the Cochrane
    Handbook has the same for two groups at a time.

    Parameters
    ----------
    mean, sd, n : (..., k, groups) means, standard deviations above 0, and patients; the last axis is the groups of a study. nan
        where a study has fewer groups than others
    study : (k,) labels, for messages

    Returns
    -------
    GroupSummary, (..., k)

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, version 6, section 6.5.2.10

    >>> combine_groups(mean=[[10, 14]], sd=[[2, 2]], n=[[20, 20]]).sd.round(4)
    array([2.8284])
    """
    given = {"mean": mean, "sd": sd, "n": n}
    shapes = {name: np.shape(values) for name, values in given.items()}
    if len(set(shapes.values())) > 1 or len(shapes["n"]) < 2:
        raise BadArgument(f"Groups need columns of one shape, (studies, groups); they have {', '.join(map(str, shapes.values()))}.")
    k, groups = shapes["n"][-2:]
    names = tuple(map(str, study)) if study is not None else tuple(str(i + 1) for i in range(k))
    labels = [f"{name}, group {g + 1}" for name in names for g in range(groups)]
    rows = {name: np.asarray(values, dtype=object).reshape(*np.shape(values)[:-2], -1).tolist() for name, values in given.items()}
    found = columns_of("Groups", rows, {"sd": SD, "n": SIZE_1}, study=labels, missing="drop")
    m, s, size = (found[name].reshape(shapes["n"]) for name in given)
    absent = np.isnan(m) | np.isnan(s) | np.isnan(size)
    m, s, size = (np.where(absent, 0.0, x) for x in (m, s, size))
    total = size.sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mu = (size * m).sum(-1) / total
        within = (np.where(absent, 0.0, size - 1) * s**2).sum(-1)
        between = (size * (m - mu[..., np.newaxis]) ** 2).sum(-1)
        sd_of_all = np.sqrt((within + between) / (total - 1))
    none = total == 0
    return GroupSummary(mean=np.where(none, np.nan, mu), sd=np.where(none, np.nan, sd_of_all), n=np.where(none, np.nan, total))
