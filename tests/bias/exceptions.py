"""Numbers of metafor and meta that ours are not held to, each with the reason and where that is shown.

The tests compare every other number of every entry of tests/reference/bias.
"""

from __future__ import annotations

from typing import Any

# what is looked at -> relative difference that is allowed, and why it is not less
ITERATED_BY_META: tuple[float, str] = (2e-3, "meta calls metafor with its default tolerance of tau2, 1e-5")
FILLED_BY_REML: tuple[float, str] = (
    6e-3,
    "metafor fits the filled set with its default tolerance of tau2, 1e-5: test_a_filled_set_is_at_the_maximum_of_its_likelihood",
)
TIES = {
    ("hackshaw1998", 'trimfill(fe, estimator="Q0")'): (
        "of equal effects metafor trims the one that stands lower in the table, and ours the least precise: "
        "test_with_equal_effects_in_the_order_of_the_table_the_number_is_that_of_metafor"
    )
}
POWER_WITH_TAU2: tuple[float, str] = (
    6e-7,
    "of each study; 2 Phi(-5): metafor averages power over true effects up to 5 tau: test_power_is_averaged_over_all_true_effects",
)
SEARCHED: tuple[float, str] = (2e-4, "metafor's search for the limiting effect stops at 1e-4")

SCHWARZER = {
    "nielweise2007": (
        -6,
        "meta adds 0.5 before it takes the odds ratio: test_with_half_added_to_empty_cells_schwarzers_test_is_that_of_meta",
    )
}


def fail_safe_is_one_more(entry: dict[str, Any]) -> str:
    """metafor rounds the root and adds 1; with one study fewer the result has lost its significance already."""
    if entry["type"] == "General" and entry["result"]["fsnum"] > 0:
        return "the smallest number is asked for: test_one_study_fewer_than_the_number_does_not_overturn_the_result"
    return ""


# selection models: how far our log-likelihood may be below metafor's, and the differences that are allowed elsewhere
LOGLIK: tuple[float, str] = (1e-6, "metafor integrates numerically, with R's default tolerance")
AT_ANOTHER_MAXIMUM = {
    ("lau1992.OR", "beta"): "metafor stopped at a lower maximum: ours is higher by 0.23",
    ("linde2005.RR", "beta"): "metafor's Hessian failed; ours is higher by 4e-5, along a ridge",
    ("bcg.RR", "negexp"): "metafor ran with its default tolerance; ours is higher by 5e-5",
    ("bcg.RR", "truncest"): "the likelihood jumps at a study, and metafor's optimiser stopped short of it; ours is higher by 2e-3",
}
SELECTION_ESTIMATES: tuple[float, str] = (1e-4, "metafor's optimisers stop where the likelihood is flat")
SELECTION_ERRORS: tuple[float, str] = (1e-2, "metafor's Hessian is numerical: test_the_derivatives_are_those_of_the_likelihood")
FLAT: dict[tuple[str, str], tuple[float, str]] = {
    ("hackshaw1998", "halfnorm"): (7e-2, "the likelihood is flat, and metafor stopped 2e-4 away, with its numerical Hessian"),
}
