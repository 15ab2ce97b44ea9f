"""The patients behind the curves of a review, and the hazard ratio that they give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from trialpool.errors import NotEstimable
from trialpool.review.curve_file import CONTROL, CurveFile
from trialpool.review.report import Report
from trialpool.review.review import Review
from trialpool.stats.effects.derivation import Derivation
from trialpool.stats.survival.hazard_ratio import ProportionalHazards, proportional_hazards_test
from trialpool.stats.survival.kaplan_meier import KaplanMeier, kaplan_meier
from trialpool.stats.survival.reconstruct import Reconstruction, reconstruct
from trialpool.stats.survival.reconstructed_effect import ReconstructedHazardRatio, reconstructed_hazard_ratio
from trialpool.stats.survival.rmst import RestrictedMeans, longest_horizon, rmst

TREATMENT = "treatment"
Made = TypeVar("Made")


def curve_of(review: Review, report: Report) -> CurveFile | None:
    """The curves that a report names."""
    return review.curve(report.curve) if report.curve else None


@lru_cache(maxsize=256)
def reconstruction_of(curve: CurveFile, unit: str) -> Reconstruction:
    """Patients behind the curves, made once; the seed is fixed, so that the same figure gives the same patients."""
    return reconstruct(curve.curves, unit=unit)


@lru_cache(maxsize=256)
def effect_of_curve(curve: CurveFile, unit: str) -> Derivation | None:
    """The hazard ratio of treatment against control; None where it cannot be had, as without an event in an arm."""
    control, treatment = arms_of(curve)
    made = reconstruction_of(curve, unit)
    found = _or_none(lambda: reconstructed_hazard_ratio(made, treatment=treatment, control=control))
    return replace(found.derivation(), inputs={"curve": curve.name}) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveFindings:
    """What the patients behind the curves of one study and outcome give; None where it cannot be had.

    curve       : what was read; `label` is that of the study
    made        : the patients, and how well they meet what was read
    effect      : Cox's hazard ratio with what the figure leaves open
    kaplan_meier : the curves of the patients, with medians
    means       : restricted means up to the longest time at which both arms are followed
    proportional : test of proportional hazards
    """

    curve: CurveFile
    label: str
    control: str
    treatment: str
    made: Reconstruction
    effect: ReconstructedHazardRatio | None
    kaplan_meier: KaplanMeier
    means: RestrictedMeans | None
    proportional: ProportionalHazards | None


def curve_findings(review: Review) -> tuple[CurveFindings, ...]:
    """Every figure of a review, in the order of its files."""
    labels = {unit.study: unit.label for unit in review.studies}
    return tuple(_of_curve(curve, labels.get(curve.study, curve.study), review.plan.time_unit) for curve in review.curves)


def _of_curve(curve: CurveFile, label: str, unit: str) -> CurveFindings:
    control, treatment = arms_of(curve)
    made = reconstruction_of(curve, unit)
    two = made.patients.of(control, treatment)
    return CurveFindings(
        curve=curve,
        label=label,
        control=control,
        treatment=treatment,
        made=made,
        effect=_or_none(lambda: reconstructed_hazard_ratio(made, treatment=treatment, control=control)),
        kaplan_meier=kaplan_meier(made.patients),
        means=_or_none(lambda: rmst(two, [longest_horizon(two)])),
        proportional=_or_none(lambda: proportional_hazards_test(two)),
    )


def _or_none(of: Callable[[], Made]) -> Made | None:
    try:
        return of()
    except NotEstimable:
        return None


def arms_of(curve: CurveFile) -> tuple[str, str]:
    """Names of the control and the treatment arm: of two arms the other, of several the one named `treatment`."""
    names = {arm.casefold(): arm for arm in curve.curves}
    control = names.pop(CONTROL)
    return control, names.get(TREATMENT, next(iter(names.values())))
