"""From fits to the figures of how far an answer can be trusted: L'Abbe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.figures.labbe import LabbePlot, draw_labbe
from trialpool.stats.effects.measure import MEASURES

if TYPE_CHECKING:
    from trialpool.figures.canvas import Figure
    from trialpool.stats.pooling.pooled_effect import PooledEffect


def labbe(fit: PooledEffect, *, title: str = "", treatment: str = "treatment", control: str = "control") -> Figure:
    """A L'Abbe plot: the risks in both arms of each study, with the pooled effect as a line where it is an odds or a risk ratio,
    or a risk difference.

    Parameters
    ----------
    fit : what `pool`, `pool_common`, `mantel_haenszel` or `peto` returned for effects made from events and patients
    title : heading of the plot
    treatment, control : what the arms are called on the axes

    Raises
    ------
    BadArgument
        for effects that were not made from events and patients

    >>> from trialpool.stats.effects.two_by_two import risk_ratio
    >>> from trialpool.stats.pooling.pairwise import pool
    >>> rr = risk_ratio(events_t=[4, 6, 3], n_t=[123, 306, 231], events_c=[11, 29, 11], n_c=[139, 303, 220])
    >>> labbe(pool(rr)).description
    "L'Abbé plot of 3 studies: risk with treatment against risk with control; lower in 3, higher in 0. ..."
    """
    counts, measure = fit.effects.counts, MEASURES[fit.effects.measure]
    if counts is None:
        raise BadArgument("A L'Abbe plot needs events and patients of both arms. Make the effects with odds_ratio or risk_ratio.")
    return draw_labbe(
        LabbePlot(
            events_t=counts.events_t,
            n_t=counts.n_t,
            events_c=counts.events_c,
            n_c=counts.n_c,
            labels=fit.effects.study,
            measure=measure.code,
            measure_name=measure.name,
            mu=float(fit.mu),
            title=title,
            treatment=treatment,
            control=control,
        )
    )
