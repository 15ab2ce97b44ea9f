"""The routes from a report to an effect, in order of preference, and the choice among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from trialpool.stats.effects import (
    count_routes,
    curve_routes,
    difference_routes,
    estimate_routes,
    interval_routes,
    log_rank_routes,
    mean_routes,
    patient_route,
    rate_routes,
    survival_routes,
)
from trialpool.stats.effects.derivation import Derivation, Refusal
from trialpool.stats.effects.reported import Reported

Route = Callable[[Reported], Derivation | Refusal]
COUNTS: tuple[Route, ...] = (count_routes.from_counts, count_routes.from_percentages, count_routes.from_ratio_interval)
SUMMARIES: tuple[Route, ...] = (
    mean_routes.from_means_and_sds,
    mean_routes.from_means_and_ses,
    mean_routes.from_means_and_intervals,
    mean_routes.from_means_and_p,
)
QUANTILES: tuple[Route, ...] = (mean_routes.from_quartiles_and_ranges, mean_routes.from_quartiles, mean_routes.from_ranges)
ROUTES: dict[str, tuple[Route, ...]] = {
    "HR": (
        estimate_routes.from_interval,
        estimate_routes.from_coefficient,
        estimate_routes.from_estimate_and_se,
        estimate_routes.from_estimate_and_se_of_ratio,
        estimate_routes.from_interval_alone,
        estimate_routes.from_one_limit,
        estimate_routes.from_estimate_and_variance,
        log_rank_routes.from_log_rank,
        log_rank_routes.from_o_minus_e_and_chi_squared,
        log_rank_routes.from_observed_and_expected,
        survival_routes.from_estimate_and_chi_squared,
        survival_routes.from_estimate_and_p,
        survival_routes.from_estimate_and_events,
        survival_routes.from_estimate_and_total_events,
        survival_routes.from_chi_squared_and_events,
        survival_routes.from_p_and_events,
        survival_routes.from_chi_squared_and_total_events,
        survival_routes.from_p_and_total_events,
        patient_route.from_reconstructed_patients,
        interval_routes.from_piecewise_poisson,
        interval_routes.from_complementary_log_log,
        log_rank_routes.from_events_and_time,
        survival_routes.from_estimate_and_expected_events,
        survival_routes.from_p_and_expected_events,
        interval_routes.from_interval_risks,
        interval_routes.from_curve_without_numbers_at_risk,
        curve_routes.from_landmark_and_se,
        curve_routes.from_landmark_and_intervals,
        curve_routes.from_landmark,
        curve_routes.from_medians_and_events,
        curve_routes.from_medians_and_patients,
        curve_routes.from_landmark_and_p,
        curve_routes.from_medians_and_p,
    ),
    "RR": COUNTS,
    "OR": COUNTS,
    "RD": COUNTS,
    "IRR": (rate_routes.from_events_and_person_time, count_routes.from_ratio_interval, rate_routes.from_estimate_and_se),
    "MD": (
        difference_routes.from_interval,
        difference_routes.from_se,
        difference_routes.from_interval_alone,
        *SUMMARIES,
        difference_routes.from_p,
        *QUANTILES,
    ),
    "SMD": (
        *SUMMARIES,
        difference_routes.from_standardised_interval,
        difference_routes.from_standardised_se,
        *QUANTILES,
    ),
}
DIFFERENCES = ("RD", "MD", "SMD")
TESTS = {"P", "chi-squared"}
COARSE = 1.5  # a P value that leaves the SE open by more than this factor comes after every other route


@dataclass(frozen=True, slots=True)
class RouteResults:
    """Every route that leads from a report to an effect, best first, and why the others do not."""

    feasible: tuple[Derivation, ...]
    refused: tuple[Refusal, ...]

    @property
    def best(self) -> Derivation | None:
        return self.feasible[0] if self.feasible else None


def derive(reported: Reported) -> RouteResults:
    """All routes from a report, in the order of ROUTES; where the orientation is missing it is taken from the other figures.

    A P value so coarse that rounding alone leaves the SE open by more than a factor of 1.5 puts its route behind the others.

    >>> from trialpool.stats.effects.printed import Printed
    >>> hr = Reported(estimate=Printed.of("0.48"), ci_low=Printed.of("0.36"), ci_high=Printed.of("0.63"))
    >>> best = derive(hr).best
    >>> best.route, round(best.yi, 4), round(best.se, 4)
    ('estimate and interval', -0.734, 0.1428)
    """
    reported, as_ratio = estimate_routes.of_reduction(reported)
    reported, turned = _oriented(reported)
    told = as_ratio + turned
    results = [route(reported) for route in ROUTES[reported.measure]]
    feasible = [replace(d, assumptions=d.assumptions + told) for d in results if isinstance(d, Derivation)]
    feasible.sort(key=place)
    return RouteResults(tuple(feasible), tuple(r for r in results if isinstance(r, Refusal)))


def place(derivation: Derivation) -> int:
    """Place of a derivation's route in the order of preference; P values too coarse to be relied on come last."""
    return ORDER.index(derivation.route) + len(ORDER) * coarse(derivation)


def coarse(derivation: Derivation) -> bool:
    """Does the SE rest on a P value whose rounding alone leaves it open by more than a factor of COARSE?"""
    return bool(TESTS & set(derivation.route.split())) and derivation.se_high > COARSE * derivation.se_low


def _oriented(reported: Reported) -> tuple[Reported, tuple[str, ...]]:
    """The report with the orientation of its estimate filled in, where medians, survival, events or words tell it."""
    shown = _shown(reported)
    if reported.inverted is not None or shown is None or not reported.direction:
        return reported, ()
    better, how = reported.direction
    below = shown < (0 if reported.measure in DIFFERENCES else 1)
    inverted = below != (better == "treatment")
    stated = "control against treatment" if inverted else "treatment against control"
    return replace(reported, inverted=inverted), (f"the estimate is {stated}, by {how}",)


def _shown(reported: Reported) -> float | None:
    """The estimate; failing this the ratio that other figures answer to, or the middle of the limits of a difference."""
    if reported.estimate or reported.measure not in DIFFERENCES:
        return reported.estimate.value if reported.estimate else reported.ratio
    low, high = reported.ci_low, reported.ci_high
    return (low.value + high.value) / 2 if low and high else None


def _names() -> tuple[str, ...]:
    """Names of all routes in order of preference: what each refuses an empty report under."""
    first = {"RR": COUNTS[:2], "IRR": ROUTES["IRR"][:1]}
    then = {measure: ROUTES[measure] for measure in ("RR", "HR", "IRR")}
    means = {"SMD": ROUTES["SMD"][: -len(QUANTILES)], "MD": ROUTES["MD"]}
    order = [*first.items(), *then.items(), *means.items()]
    empty = (route(Reported(measure=measure)) for measure, routes in order for route in routes)
    return tuple(dict.fromkeys(outcome.route for outcome in empty))


ORDER = _names()
