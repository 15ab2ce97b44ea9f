"""Every figure at the edge of its rounding: never short of the corners of small examples, and nothing where nothing was rounded."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from trialpool.errors import BadArgument
from trialpool.stats.effects.derivation import Derivation
from trialpool.stats.effects.effects import effects
from trialpool.stats.effects.hazard_ratio import hazard_ratio
from trialpool.stats.effects.two_by_two import risk_ratio
from trialpool.stats.influence.rounding_edges import rounding_edges
from trialpool.stats.pooling.mantel_haenszel import mantel_haenszel
from trialpool.stats.pooling.pairwise import pool, pool_common
from trialpool.stats.pooling.pooled_effect import PooledEffect

HR: dict[str, Any] = {"hr": ["0.62", "0.7", "0.93"], "ci_low": ["0.57", "0.5", "0.85"], "ci_high": ["0.67", "0.9", "1.01"]}
WIDTH, SHORT = 1e-9, 0.02  # of the span of the corners


def ranged(yi: Any, se: Any, half: Any, se_half: Any) -> list[Derivation]:
    return [
        Derivation(route="r", yi=y, se=s, formula="", worked="", yi_low=y - h, yi_high=y + h, se_low=s - g, se_high=s + g)
        for y, s, h, g in zip(yi, se, half, se_half, strict=True)
    ]


def corners(fit: PooledEffect, made: list[Derivation]) -> PooledEffect:
    """The same model at every corner of the box."""
    yi = np.array(list(product(*((d.yi_low, d.yi_high) for d in made))))
    se = np.array(list(product(*((d.se_low, d.se_high) for d in made))))
    batch = replace(fit.effects, yi=np.repeat(yi, len(se), 0), vi=np.tile(se, (len(yi), 1)) ** 2)
    if fit.model == "common":
        return pool_common(batch, ci=fit.ci_method)
    return pool(batch, tau2=fit.tau2_method, ci=fit.ci_method)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("model", ["HK", "Wald", "common"])
def test_no_corner_of_the_box_is_farther(seed: int, model: str) -> None:
    rng, k = np.random.default_rng(seed), 4
    se = rng.uniform(0.05, 0.4, k)
    yi = rng.normal(-0.3, 0.2, k) + rng.normal(0, se)
    made = ranged(yi, se, rng.uniform(0, 0.1, k), rng.uniform(0, 0.3, k) * se)
    data = effects(yi, se**2, measure="HR")
    fit = pool_common(data) if model == "common" else pool(data, ci=model)
    edges, every = rounding_edges(fit, made), corners(fit, made)
    low, high = every.interval()
    for fits, values, of in (
        (edges.estimate, every.mu, lambda f: f.mu),
        (edges.ci_low, low, lambda f: f.interval()[0]),
        (edges.ci_high, high, lambda f: f.interval()[1]),
    ):
        span = values.max() - values.min()
        assert of(fits[0]) <= values.min() + SHORT * span
        assert of(fits[1]) >= values.max() - SHORT * span
        assert of(fits[0]) <= of(fit) <= of(fits[1])


def test_with_one_weight_for_all_the_estimate_goes_as_far_as_the_mean_of_the_effects() -> None:
    yi, se = np.array([-0.5, -0.3, -0.1]), np.full(3, 0.2)
    fit = pool_common(effects(yi, se**2, measure="HR"))
    least, largest = rounding_edges(fit, ranged(yi, se, [0.01, 0.02, 0.03], [0, 0, 0])).estimate
    assert (least.mu, largest.mu) == pytest.approx((-0.32, -0.28))


def test_figures_that_were_not_rounded_move_nothing() -> None:
    yi, se = np.array([-0.5, -0.1]), np.array([0.1, 0.2])
    fit = pool(effects(yi, se**2, measure="HR"), ci="Wald")
    edges = rounding_edges(fit, ranged(yi, se, [0, 0], [0, 0]))
    assert [f.mu for f in edges.estimate] == [fit.mu, fit.mu]
    assert edges.table()["least"] == edges.table()["as_printed"] == edges.table()["largest"]


def test_a_study_whose_range_cannot_be_told_is_held_and_named() -> None:
    data = hazard_ratio(**HR, study=["A", "B", "C"])
    known = list(data.derivations)
    unknown = replace(known[1], yi_low=-np.inf, yi_high=np.inf, se_low=0.0, se_high=np.inf)  # type: ignore[type-var]
    edges = rounding_edges(pool(data, ci="Wald"), [known[0], unknown, known[2]])
    assert edges.not_ranged == ("B",)
    assert edges.estimate[0].effects.yi[1] == data.yi[1]


def test_says_whether_the_conclusion_holds_throughout() -> None:
    clear, close = (
        rounding_edges(pool_common(hazard_ratio(hr=["0.80"], ci_low=["0.64"], ci_high=[high]))) for high in ("0.95", "0.99")
    )
    assert (clear.holds, close.holds) == (True, False)
    assert str(clear) == "by rounding the estimate is 0.80 to 0.81; the conclusion holds throughout"
    assert str(close).endswith("the conclusion does not hold throughout")


def test_the_table_has_a_row_a_quantity() -> None:
    edges = rounding_edges(pool(hazard_ratio(**HR)))
    assert edges.table()["quantity"] == ["estimate", "ci_low", "ci_high"]
    assert list(edges.to_frame().columns) == ["quantity", "as_printed", "least", "largest"]
    for least, printed, largest in zip(*(edges.table()[name] for name in ("least", "as_printed", "largest")), strict=True):
        assert least < printed < largest


def test_what_was_not_pooled_by_inverse_variance_is_refused() -> None:
    counts = risk_ratio(events_t=[4, 6], n_t=[100, 90], events_c=[8, 9], n_c=[100, 95])
    said = "rounding_edges takes one analysis by inverse variance, not a batch or a Mantel-Haenszel result."
    with pytest.raises(BadArgument) as refused:
        rounding_edges(mantel_haenszel(counts))
    assert str(refused.value) == said
    with pytest.raises(BadArgument) as refused:
        rounding_edges(pool(hazard_ratio(**HR)), [None])
    assert str(refused.value) == "There are 1 derivations for 3 studies. Give one for each."
