"""What the mixed models say at the edges, and what they refuse, message by message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.exact.reference_results import odds_ratios

from trialpool.errors import BadArgument, NotEstimable
from trialpool.stats.effects.two_by_two import odds_ratio, risk_ratio
from trialpool.stats.exact.beta_binomial import beta_binomial
from trialpool.stats.exact.glmm import glmm, glmm_proportion, glmm_rate, glmm_rates


def pairs(events_t: Any, events_c: Any, n: int = 50) -> Any:
    sizes = np.full(np.shape(events_t), n)
    return odds_ratio(events_t=events_t, n_t=sizes, events_c=events_c, n_c=sizes)


OPPOSITE = pairs([0, 5], [5, 0])
SEPARATED = pairs([0, 5, 0, 6], [5, 2, 7, 3])
NEEDS_ODDS = "glmm needs odds ratios from events and patients by arm: make the effects by odds_ratio."
NO_MAXIMUM = (
    "GLMM CM.EL random OR: no maximum of the likelihood was found (k = 2). After 15 steps the next would be of 2, "
    "from mu = *, tau = 31.9. A parameter may be infinite."
)
SEPARATES = (
    "GLMM CM.EL common OR: no maximum of the likelihood was found (k = 4). After 60 steps the next would be of 0.023, "
    "from mu = -24.1, tau = 0. A parameter may be infinite."
)
TOO_MANY = (
    "Counts cannot be used: events is 2.5 for B; 10 events among 9 patients for A (events, n). "
    "Counts are whole, not negative, and fit in their arm."
)
SAME_WAY = "an empty cell points the same way in every trial"

REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "no odds ratios": (lambda: glmm(risk_ratio(events_t=[1], n_t=[9], events_c=[2], n_c=[9])), BadArgument, NEEDS_ODDS),
    "method": (
        lambda: glmm(SEPARATED, method="CM.FS"),
        BadArgument,
        "method='CM.FS' is not known. Choose one of 'UM.FS', 'UM.RS', 'CM.EL', 'CM.AL'.",
    ),
    "method of rates": (
        lambda: glmm_rates(events_t=[1], time_t=[9], events_c=[2], time_c=[9], method="CM.AL"),
        BadArgument,
        "method='CM.AL' is not known. Choose one of 'UM.FS', 'UM.RS', 'CM.EL'.",
    ),
    "model": (
        lambda: glmm(SEPARATED, model="ML"),
        BadArgument,
        "model='ML' is not known. Choose one of 'random', 'common'.",
    ),
    "interval": (lambda: glmm(SEPARATED, ci="HK"), BadArgument, "ci='HK' is not known. Choose one of 'Wald', 't'."),
    "level": (
        lambda: glmm(SEPARATED, level=95),
        BadArgument,
        "level=95 is not between 0 and 1. For a 95% interval give 0.95.",
    ),
    "moderator too short": (
        lambda: glmm(SEPARATED, moderators={"year": [1, 2]}),
        BadArgument,
        "Moderator year has 2 values for 4 studies. Give one for each.",
    ),
    "moderator missing": (
        lambda: glmm(SEPARATED, moderators={"year": [1, 2, None, 4]}),
        BadArgument,
        "Moderator year has a missing or infinite value. Leave the study out, or give its value.",
    ),
    "moderators collinear": (
        lambda: glmm(SEPARATED, moderators={"year": [1, 2, 3, 4], "twice": [2, 4, 6, 8]}),
        BadArgument,
        "Moderators year, twice say the same as each other, or as the intercept. Leave one out.",
    ),
    "too few": (
        lambda: glmm(OPPOSITE, moderators={"year": [1, 2]}),
        NotEstimable,
        "GLMM UM.FS random OR: k = 2 trials are too few for 3 parameters of the effect.",
    ),
    "one trial": (
        lambda: glmm(pairs([3], [5]), method="CM.EL"),
        NotEstimable,
        "GLMM CM.EL random OR: k = 1 trials are too few for 2 parameters of the effect.",
    ),
    "no trial": (
        lambda: glmm(pairs([0, 50], [0, 50])),
        NotEstimable,
        "GLMM UM.FS random OR: no trial says anything (k = 0; 2 left out).",
    ),
    "arm without events": (
        lambda: glmm(pairs([3, 4], [0, 0])),
        NotEstimable,
        f"GLMM UM.FS random OR: {SAME_WAY} (k = 2), so the estimate is infinity.",
    ),
    "empty cells that point the same way": (
        lambda: glmm(pairs([0, 45], [4, 50]), method="CM.EL", model="common"),
        NotEstimable,
        f"GLMM CM.EL common OR: {SAME_WAY} (k = 2), so the estimate is minus infinity.",
    ),
    "rates without events in an arm": (
        lambda: glmm_rates(events_t=[0, 0], time_t=[9, 9], events_c=[2, 3], time_c=[9, 9]),
        NotEstimable,
        "GLMM UM.FS random IRR: an arm has no event in any trial (k = 2), so the estimate is minus infinity.",
    ),
    "tau grows for ever": (lambda: glmm(OPPOSITE, method="CM.EL"), NotEstimable, NO_MAXIMUM),
    "a moderator that separates": (
        lambda: glmm(SEPARATED, method="CM.EL", model="common", moderators={"drug": [0, 1, 0, 1]}),
        NotEstimable,
        SEPARATES,
    ),
    "proportion of 1": (
        lambda: glmm_proportion(events=[9, 9], n=[9, 9]),
        NotEstimable,
        "GLMM random PLO: the proportion is 0, or 1, in every study (k = 2), so the estimate is infinity.",
    ),
    "more events than patients": (
        lambda: glmm_proportion(events=[10, 2.5], n=[9, 9], study=["A", "B"]),
        BadArgument,
        TOO_MANY,
    ),
    "rate of 0": (
        lambda: glmm_rate(events=[0, 0], time=[9, 9]),
        NotEstimable,
        "GLMM random IRLN: no study has an event (k = 2), so the estimate is minus infinity.",
    ),
    "time of 0": (
        lambda: glmm_rate(events=[1, 0], time=[0, 9]),
        BadArgument,
        "Events and times cannot be used: time is 0 for 1. Time at risk is above 0.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals(case: str) -> None:
    call, error, message = REFUSED[case]
    with pytest.raises(error) as refusal:
        call()
    before, _, after = message.partition("*")  # a mu of rounding error
    assert (str(refusal.value).startswith(before), str(refusal.value).endswith(after)) == (True, True), str(refusal.value)
    if "*" not in message:
        assert str(refusal.value) == message


def test_the_common_effect_of_opposite_empty_cells_exists() -> None:
    assert glmm(OPPOSITE, method="CM.EL", model="common").mu == pytest.approx(0, abs=1e-12)


def test_one_trial_has_a_common_effect_and_no_heterogeneity() -> None:
    fit = glmm(pairs([3], [5]), method="UM.FS", model="common")
    assert [fit.mu, fit.se] == pytest.approx([np.log(3 * 45 / (5 * 47)), np.sqrt(1 / 3 + 1 / 47 + 1 / 5 + 1 / 45)])
    assert (fit.heterogeneity.df_lrt, fit.heterogeneity.df_wald) == (0, 0)
    assert np.isnan([fit.heterogeneity.p_lrt, fit.heterogeneity.Q_wald]).all()


def test_equal_trials_have_no_heterogeneity() -> None:
    fit = glmm(pairs([3, 3, 3], [5, 5, 5]), method="CM.EL")
    assert (fit.tau2, fit.se_tau2, fit.I2, fit.H2) == (0.0, None, 0.0, 1.0)
    assert fit.notes == ("tau2 is 0: the estimate is that of the common-effect model",)
    assert fit.heterogeneity.Q_lrt == pytest.approx(0, abs=1e-9)


def test_a_missing_count_leaves_its_trial_out() -> None:
    counts: dict[str, Any] = {"events_t": [3, 4, None], "n_t": [50, 60, 70], "events_c": [5, 6, 7], "n_c": [50, 60, 70]}
    two = {name: values[:2] for name, values in counts.items()}
    lacking = odds_ratio(**counts, missing="drop")
    for fit, without in ((glmm(lacking), glmm(odds_ratio(**two))), (beta_binomial(lacking), beta_binomial(odds_ratio(**two)))):
        assert fit.mu == without.mu
        assert fit.notes[0] == "3: left out: its counts are not complete"


def test_very_large_counts_of_a_rate_beside_none() -> None:
    assert glmm_rate(events=[0, 1000, 3], time=[10, 10, 10]).converged


def test_a_random_effects_fit_shows_and_predicts() -> None:
    fit = glmm(odds_ratios("collins1985b"), method="CM.EL")
    assert str(fit) == "OR 0.60 (95% CI 0.40 to 0.90), P = 0.015, k = 9, tau2 = 0.26 (CM.EL random)"
    assert repr(fit) == f"<MixedModelFit: {fit}>"
    low, high = fit.prediction_interval()
    assert [low, high] == pytest.approx(fit.mu + np.array([-1, 1]) * 2.306004135 * np.sqrt(fit.tau2 + fit.se**2))
    assert np.isnan(glmm(odds_ratios("collins1985b"), model="common").prediction_interval()).all()
    narrow, wide = fit.interval(0.5), fit.interval()
    assert wide[0] < narrow[0] < fit.mu == fit.estimate < narrow[1] < wide[1]
