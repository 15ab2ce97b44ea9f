"""The sensitivity of a pooled result to rounding: every printed figure at the edge of what rounds to it."""

from __future__ import annotations

from collections.abc import Iterator

from trialpool.analysis.findings import Variation
from trialpool.stats.influence.rounding_edges import rounding_edges
from trialpool.stats.pooling.pooled_effect import PooledEffect

ID, GROUP = "rounding-edges", "Rounding: every printed figure at the edge of what rounds to it"


def rounding_variations(fit: PooledEffect) -> Iterator[Variation]:
    """The least and largest estimate, lowest lower and highest upper limit, over the rounding of every figure of every study.

    Nothing of one study, whose derivation says it, or where no figure was rounded, as with counts.
    """
    ranged = [d for d in fit.effects.derivations if d is not None]
    if fit.k < 2 or not any(d.yi_high > d.yi_low or d.se_high > d.se_low for d in ranged):
        return
    edges = rounding_edges(fit)
    held = f" ({', '.join(edges.not_ranged)} held as printed)" if edges.not_ranged else ""
    for id_, label, found in (
        ("least", "Least estimate", edges.estimate[0]),
        ("largest", "Largest estimate", edges.estimate[1]),
        ("lowest-limit", "Lowest lower limit", edges.ci_low[0]),
        ("highest-limit", "Highest upper limit", edges.ci_high[1]),
    ):
        yield Variation(id=f"{ID}:{id_}", label=label + held, group=GROUP, fit=found)
