"""From the published results of clinical trials to a pooled answer that anyone can trace, check and rebuild."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from trialpool.analysis.claims import verify as verify
    from trialpool.analysis.inconsistencies import check_review as check_review
    from trialpool.analysis.judgements import judgements as judgements
    from trialpool.analysis.multiverse import multiverse as multiverse
    from trialpool.analysis.revman import check_revman as check_revman
    from trialpool.analysis.revman import pool_as_revman as pool_as_revman
    from trialpool.analysis.run import analyse as analyse
    from trialpool.digitising.digitise import digitise as digitise
    from trialpool.errors import BadArgument as BadArgument
    from trialpool.errors import BadInput as BadInput
    from trialpool.errors import NotEstimable as NotEstimable
    from trialpool.errors import TrialpoolError as TrialpoolError
    from trialpool.figures.flow_diagram import flow_diagram as flow_diagram
    from trialpool.figures.forests import forest as forest
    from trialpool.figures.from_evidence import posterior_plot as posterior_plot
    from trialpool.figures.from_evidence import selection_funnel as selection_funnel
    from trialpool.figures.from_evidence import sequential_analysis_plot as sequential_analysis_plot
    from trialpool.figures.from_evidence import specification_curve as specification_curve
    from trialpool.figures.from_fits import bubble as bubble
    from trialpool.figures.from_fits import cumulative_forest as cumulative_forest
    from trialpool.figures.from_fits import drapery as drapery
    from trialpool.figures.from_fits import filled_funnel as filled_funnel
    from trialpool.figures.from_fits import labbe as labbe
    from trialpool.figures.from_fits import leave_one_out_forest as leave_one_out_forest
    from trialpool.figures.from_influence import baujat_plot as baujat_plot
    from trialpool.figures.from_influence import gosh as gosh
    from trialpool.figures.from_influence import influence_plot as influence_plot
    from trialpool.figures.from_influence import radial_plot as radial_plot
    from trialpool.figures.from_judgements import risk_of_bias_summary as risk_of_bias_summary
    from trialpool.figures.from_judgements import traffic_light as traffic_light
    from trialpool.figures.from_results import funnel as funnel
    from trialpool.figures.recall_curve import recall_curve as recall_curve
    from trialpool.figures.survival_curve import survival_curve as survival_curve
    from trialpool.formats.clinical_trials_gov import read_registration as read_registration
    from trialpool.formats.curves import read_curves as read_curves
    from trialpool.formats.effect_statements.reading import read_effect_statements as read_effect_statements
    from trialpool.formats.flow_csv import read_flow as read_flow
    from trialpool.formats.plain_text import read_text as read_text
    from trialpool.formats.records.reading import read_records as read_records
    from trialpool.formats.records.writing import write_records as write_records
    from trialpool.formats.review_folder import read_review as read_review
    from trialpool.formats.revman5 import read_revman as read_revman
    from trialpool.formats.revman_csv import revman_csv as revman_csv
    from trialpool.formulas.regress import location_scale as location_scale
    from trialpool.formulas.regress import regress as regress
    from trialpool.reports.build import write_report as write_report
    from trialpool.reports.export import export_review as export_review
    from trialpool.review.flow import FlowBox as FlowBox
    from trialpool.review.flow import FlowCounts as FlowCounts
    from trialpool.review.flow_arithmetic import check_flow as check_flow
    from trialpool.review.record import Place as Place
    from trialpool.review.record import Record as Record
    from trialpool.review.screening import DuplicateDecision as DuplicateDecision
    from trialpool.review.screening import ReportOfStudy as ReportOfStudy
    from trialpool.review.screening import ScreeningDecision as ScreeningDecision
    from trialpool.screening.deduplication.deduplicate import Decision as Decision
    from trialpool.screening.deduplication.deduplicate import deduplicate as deduplicate
    from trialpool.screening.publications_of_review import screen_records as screen_records
    from trialpool.screening.ranking.ranker import Ranker as Ranker
    from trialpool.screening.ranking.simulation import simulate_screening as simulate_screening
    from trialpool.screening.reviewers import screening_agreement as screening_agreement
    from trialpool.screening.state import screening_state as screening_state
    from trialpool.screening.stopping import stopping_advice as stopping_advice
    from trialpool.screening.stopping import stopping_point as stopping_point
    from trialpool.stats.agreement.agreement import agreement as agreement
    from trialpool.stats.bayes.empirical_priors import empirical_prior as empirical_prior
    from trialpool.stats.bayes.model_averaging import model_average as model_average
    from trialpool.stats.bayes.pooling import pool_bayesian as pool_bayesian
    from trialpool.stats.bayes.priors import FlatEffect as FlatEffect
    from trialpool.stats.bayes.priors import FlatTau as FlatTau
    from trialpool.stats.bayes.priors import HalfCauchy as HalfCauchy
    from trialpool.stats.bayes.priors import HalfNormal as HalfNormal
    from trialpool.stats.bayes.priors import HalfT as HalfT
    from trialpool.stats.bayes.priors import InverseGamma as InverseGamma
    from trialpool.stats.bayes.priors import KnownEffect as KnownEffect
    from trialpool.stats.bayes.priors import KnownTau as KnownTau
    from trialpool.stats.bayes.priors import LogNormal as LogNormal
    from trialpool.stats.bayes.priors import LogT as LogT
    from trialpool.stats.bayes.priors import NormalEffect as NormalEffect
    from trialpool.stats.bayes.priors import Uniform as Uniform
    from trialpool.stats.bias.copas import copas_model as copas_model
    from trialpool.stats.bias.egger import egger as egger
    from trialpool.stats.bias.excess_significance import excess_significance as excess_significance
    from trialpool.stats.bias.fail_safe_n import fail_safe_n as fail_safe_n
    from trialpool.stats.bias.limit_meta_analysis import limit_meta_analysis as limit_meta_analysis
    from trialpool.stats.bias.p_uniform_star import p_uniform_star as p_uniform_star
    from trialpool.stats.bias.pet_peese import pet_peese as pet_peese
    from trialpool.stats.bias.rank_test import begg as begg
    from trialpool.stats.bias.regression_test import regression_test as regression_test
    from trialpool.stats.bias.selection_model import selection_model as selection_model
    from trialpool.stats.bias.small_study_test import small_study_test as small_study_test
    from trialpool.stats.bias.trim_and_fill import trim_and_fill as trim_and_fill
    from trialpool.stats.consistency.check_reported import check_reported as check_reported
    from trialpool.stats.effects.across_scales import correlation_from_means as correlation_from_means
    from trialpool.stats.effects.across_scales import odds_ratio_from_means as odds_ratio_from_means
    from trialpool.stats.effects.across_scales import smd_from_counts as smd_from_counts
    from trialpool.stats.effects.association import phi_coefficient as phi_coefficient
    from trialpool.stats.effects.association import tetrachoric_correlation as tetrachoric_correlation
    from trialpool.stats.effects.association import yules_q as yules_q
    from trialpool.stats.effects.association import yules_y as yules_y
    from trialpool.stats.effects.change import cv_change_ratio as cv_change_ratio
    from trialpool.stats.effects.change import mean_change as mean_change
    from trialpool.stats.effects.change import mean_change_ratio as mean_change_ratio
    from trialpool.stats.effects.change import standardised_mean_change as standardised_mean_change
    from trialpool.stats.effects.change import variability_change_ratio as variability_change_ratio
    from trialpool.stats.effects.correlation import correlation as correlation
    from trialpool.stats.effects.effects import effects as effects
    from trialpool.stats.effects.generic import generic as generic
    from trialpool.stats.effects.group_mean import mean as mean
    from trialpool.stats.effects.group_summary import combine_groups as combine_groups
    from trialpool.stats.effects.hazard_ratio import hazard_ratio as hazard_ratio
    from trialpool.stats.effects.matched_pairs import crossover_odds_ratio as crossover_odds_ratio
    from trialpool.stats.effects.matched_pairs import matched_odds_ratio as matched_odds_ratio
    from trialpool.stats.effects.matched_pairs import matched_risk_difference as matched_risk_difference
    from trialpool.stats.effects.matched_pairs import matched_risk_ratio as matched_risk_ratio
    from trialpool.stats.effects.mean_difference import mean_difference as mean_difference
    from trialpool.stats.effects.mean_difference import standardised_mean_difference as standardised_mean_difference
    from trialpool.stats.effects.mean_from_quantiles import mean_from_quantiles as mean_from_quantiles
    from trialpool.stats.effects.measure import from_double_arcsine as from_double_arcsine
    from trialpool.stats.effects.measure import from_double_square_root as from_double_square_root
    from trialpool.stats.effects.measure import harmonic_mean as harmonic_mean
    from trialpool.stats.effects.partial_correlation import partial_correlation as partial_correlation
    from trialpool.stats.effects.partial_correlation import r_squared as r_squared
    from trialpool.stats.effects.partial_correlation import semi_partial_correlation as semi_partial_correlation
    from trialpool.stats.effects.proportion import proportion as proportion
    from trialpool.stats.effects.proportion_interval import proportion_interval as proportion_interval
    from trialpool.stats.effects.rate import rate as rate
    from trialpool.stats.effects.rate import rate_difference as rate_difference
    from trialpool.stats.effects.rate import rate_ratio as rate_ratio
    from trialpool.stats.effects.ratio_of_means import ratio_of_means as ratio_of_means
    from trialpool.stats.effects.reliability import cronbach_alpha as cronbach_alpha
    from trialpool.stats.effects.standard_deviation import correlation_from_sds as correlation_from_sds
    from trialpool.stats.effects.standard_deviation import sd_from_ci as sd_from_ci
    from trialpool.stats.effects.standard_deviation import sd_from_difference_ci as sd_from_difference_ci
    from trialpool.stats.effects.standard_deviation import sd_from_difference_p as sd_from_difference_p
    from trialpool.stats.effects.standard_deviation import sd_from_difference_se as sd_from_difference_se
    from trialpool.stats.effects.standard_deviation import sd_from_difference_t as sd_from_difference_t
    from trialpool.stats.effects.standard_deviation import sd_from_se as sd_from_se
    from trialpool.stats.effects.standard_deviation import sd_of_change as sd_of_change
    from trialpool.stats.effects.superiority import area_under_curve as area_under_curve
    from trialpool.stats.effects.superiority import change_superiority as change_superiority
    from trialpool.stats.effects.superiority import superiority as superiority
    from trialpool.stats.effects.two_by_two import arcsine_difference as arcsine_difference
    from trialpool.stats.effects.two_by_two import odds_ratio as odds_ratio
    from trialpool.stats.effects.two_by_two import peto_odds_ratio as peto_odds_ratio
    from trialpool.stats.effects.two_by_two import risk_difference as risk_difference
    from trialpool.stats.effects.two_by_two import risk_ratio as risk_ratio
    from trialpool.stats.effects.variability import cv_ratio as cv_ratio
    from trialpool.stats.effects.variability import log_coefficient_of_variation as log_coefficient_of_variation
    from trialpool.stats.effects.variability import log_standard_deviation as log_standard_deviation
    from trialpool.stats.effects.variability import variability_ratio as variability_ratio
    from trialpool.stats.evidence.absolute_effect import absolute_effect as absolute_effect
    from trialpool.stats.evidence.absolute_effect import absolute_survival as absolute_survival
    from trialpool.stats.evidence.absolute_effect import survival_difference as survival_difference
    from trialpool.stats.evidence.boundaries import sequential_boundaries as sequential_boundaries
    from trialpool.stats.evidence.boundaries import with_futility as with_futility
    from trialpool.stats.evidence.e_value import e_value as e_value
    from trialpool.stats.evidence.e_value import e_value_of as e_value_of
    from trialpool.stats.evidence.fragility import fragility_index as fragility_index
    from trialpool.stats.evidence.information import diversity as diversity
    from trialpool.stats.evidence.information import required_events as required_events
    from trialpool.stats.evidence.information import required_information as required_information
    from trialpool.stats.evidence.information import required_patients as required_patients
    from trialpool.stats.evidence.sequential_analysis import sequential_analysis as sequential_analysis
    from trialpool.stats.exact.beta_binomial import beta_binomial as beta_binomial
    from trialpool.stats.exact.glmm import glmm as glmm
    from trialpool.stats.exact.glmm import glmm_proportion as glmm_proportion
    from trialpool.stats.exact.glmm import glmm_rate as glmm_rate
    from trialpool.stats.exact.glmm import glmm_rates as glmm_rates
    from trialpool.stats.exact.rare_event_sensitivity import rare_event_sensitivity as rare_event_sensitivity
    from trialpool.stats.influence.all_subsets import all_subsets as all_subsets
    from trialpool.stats.influence.all_subsets import outliers as outliers
    from trialpool.stats.influence.influence import influence as influence
    from trialpool.stats.influence.leave_one_out import cumulative as cumulative
    from trialpool.stats.influence.leave_one_out import leave_one_out as leave_one_out
    from trialpool.stats.influence.residual_plots import baujat as baujat
    from trialpool.stats.influence.residual_plots import radial as radial
    from trialpool.stats.influence.residual_plots import residual_quantiles as residual_quantiles
    from trialpool.stats.influence.rounding_edges import RoundingEdges as RoundingEdges
    from trialpool.stats.influence.rounding_edges import rounding_edges as rounding_edges
    from trialpool.stats.pooling.bootstrap_prediction import bootstrap_prediction_interval as bootstrap_prediction_interval
    from trialpool.stats.pooling.mantel_haenszel import mantel_haenszel as mantel_haenszel
    from trialpool.stats.pooling.mantel_haenszel import mantel_haenszel_rates as mantel_haenszel_rates
    from trialpool.stats.pooling.mantel_haenszel_tests import mantel_haenszel_rate_tests as mantel_haenszel_rate_tests
    from trialpool.stats.pooling.mantel_haenszel_tests import mantel_haenszel_tests as mantel_haenszel_tests
    from trialpool.stats.pooling.pairwise import pool as pool
    from trialpool.stats.pooling.pairwise import pool_common as pool_common
    from trialpool.stats.pooling.peto import peto as peto
    from trialpool.stats.pooling.peto import peto_hazard_ratio as peto_hazard_ratio
    from trialpool.stats.pooling.subgroups import subgroups as subgroups
    from trialpool.stats.regression.information import likelihood_ratio_test as likelihood_ratio_test
    from trialpool.stats.regression.location_scale import location_scale_matrix as location_scale_matrix
    from trialpool.stats.regression.permutation import permutation_test as permutation_test
    from trialpool.stats.regression.regress import regress_matrix as regress_matrix
    from trialpool.stats.regression.robust import robust as robust
    from trialpool.stats.survival.hazard_ratio import cox as cox
    from trialpool.stats.survival.hazard_ratio import piecewise_hazard_ratios as piecewise_hazard_ratios
    from trialpool.stats.survival.hazard_ratio import proportional_hazards_test as proportional_hazards_test
    from trialpool.stats.survival.kaplan_meier import kaplan_meier as kaplan_meier
    from trialpool.stats.survival.log_rank import log_rank as log_rank
    from trialpool.stats.survival.milestones import milestones as milestones
    from trialpool.stats.survival.milestones import survival_gained as survival_gained
    from trialpool.stats.survival.one_stage import hazard_ratios_of as hazard_ratios_of
    from trialpool.stats.survival.one_stage import pool_patients as pool_patients
    from trialpool.stats.survival.one_stage import proportional_hazards_over_trials as proportional_hazards_over_trials
    from trialpool.stats.survival.patient_times import patient_times as patient_times
    from trialpool.stats.survival.pooled_means import milestone_effects as milestone_effects
    from trialpool.stats.survival.pooled_means import pool_rmst as pool_rmst
    from trialpool.stats.survival.pooled_means import rmst_effects as rmst_effects
    from trialpool.stats.survival.published_curve import published_curve as published_curve
    from trialpool.stats.survival.reconstruct import reconstruct as reconstruct
    from trialpool.stats.survival.reconstructed_effect import reconstructed_hazard_ratio as reconstructed_hazard_ratio
    from trialpool.stats.survival.rmst import rmst as rmst

_ROOMS = {
    "analysis.claims": ("verify",),
    "analysis.inconsistencies": ("check_review",),
    "analysis.judgements": ("judgements",),
    "analysis.multiverse": ("multiverse",),
    "analysis.revman": ("check_revman", "pool_as_revman"),
    "analysis.run": ("analyse",),
    "digitising.digitise": ("digitise",),
    "errors": ("BadArgument", "BadInput", "NotEstimable", "TrialpoolError"),
    "figures.flow_diagram": ("flow_diagram",),
    "figures.forests": ("forest",),
    "figures.from_evidence": ("posterior_plot", "selection_funnel", "sequential_analysis_plot", "specification_curve"),
    "figures.from_fits": ("bubble", "cumulative_forest", "drapery", "filled_funnel", "labbe", "leave_one_out_forest"),
    "figures.from_influence": ("baujat_plot", "gosh", "influence_plot", "radial_plot"),
    "figures.from_judgements": ("risk_of_bias_summary", "traffic_light"),
    "figures.from_results": ("funnel",),
    "figures.recall_curve": ("recall_curve",),
    "figures.survival_curve": ("survival_curve",),
    "formats.clinical_trials_gov": ("read_registration",),
    "formats.curves": ("read_curves",),
    "formats.effect_statements.reading": ("read_effect_statements",),
    "formats.plain_text": ("read_text",),
    "formats.flow_csv": ("read_flow",),
    "formats.records.reading": ("read_records",),
    "formats.records.writing": ("write_records",),
    "formats.review_folder": ("read_review",),
    "formats.revman5": ("read_revman",),
    "formats.revman_csv": ("revman_csv",),
    "formulas.regress": ("location_scale", "regress"),
    "reports.build": ("write_report",),
    "reports.export": ("export_review",),
    "review.flow": ("FlowBox", "FlowCounts"),
    "review.flow_arithmetic": ("check_flow",),
    "reports.summary_of_findings": ("summary_of_findings",),
    "review.record": ("Place", "Record"),
    "review.screening": ("DuplicateDecision", "ReportOfStudy", "ScreeningDecision"),
    "screening.deduplication.deduplicate": ("Decision", "deduplicate"),
    "screening.ranking.ranker": ("Ranker",),
    "screening.publications_of_review": ("screen_records",),
    "screening.reviewers": ("screening_agreement",),
    "screening.state": ("screening_state",),
    "screening.ranking.simulation": ("simulate_screening",),
    "screening.stopping": ("stopping_advice", "stopping_point"),
    "stats.agreement.agreement": ("agreement",),
    "stats.bayes.empirical_priors": ("empirical_prior",),
    "stats.bayes.model_averaging": ("model_average",),
    "stats.bayes.pooling": ("pool_bayesian",),
    "stats.bayes.priors": (
        "FlatEffect",
        "FlatTau",
        "HalfCauchy",
        "HalfNormal",
        "HalfT",
        "InverseGamma",
        "KnownEffect",
        "KnownTau",
        "LogNormal",
        "LogT",
        "NormalEffect",
        "Uniform",
    ),
    "stats.bias.copas": ("copas_model",),
    "stats.bias.egger": ("egger",),
    "stats.bias.excess_significance": ("excess_significance",),
    "stats.bias.fail_safe_n": ("fail_safe_n",),
    "stats.bias.limit_meta_analysis": ("limit_meta_analysis",),
    "stats.bias.p_uniform_star": ("p_uniform_star",),
    "stats.bias.pet_peese": ("pet_peese",),
    "stats.bias.rank_test": ("begg",),
    "stats.bias.regression_test": ("regression_test",),
    "stats.bias.selection_model": ("selection_model",),
    "stats.bias.small_study_test": ("small_study_test",),
    "stats.bias.trim_and_fill": ("trim_and_fill",),
    "stats.consistency.check_reported": ("check_reported",),
    "stats.effects.across_scales": ("correlation_from_means", "odds_ratio_from_means", "smd_from_counts"),
    "stats.effects.association": ("phi_coefficient", "tetrachoric_correlation", "yules_q", "yules_y"),
    "stats.effects.change": (
        "cv_change_ratio",
        "mean_change",
        "mean_change_ratio",
        "standardised_mean_change",
        "variability_change_ratio",
    ),
    "stats.effects.correlation": ("correlation",),
    "stats.effects.effects": ("effects",),
    "stats.effects.generic": ("generic",),
    "stats.effects.group_mean": ("mean",),
    "stats.effects.group_summary": ("combine_groups",),
    "stats.effects.hazard_ratio": ("hazard_ratio",),
    "stats.effects.matched_pairs": ("crossover_odds_ratio", "matched_odds_ratio", "matched_risk_difference", "matched_risk_ratio"),
    "stats.effects.mean_difference": ("mean_difference", "standardised_mean_difference"),
    "stats.effects.mean_from_quantiles": ("mean_from_quantiles",),
    "stats.effects.measure": ("from_double_arcsine", "from_double_square_root", "harmonic_mean"),
    "stats.effects.partial_correlation": ("partial_correlation", "r_squared", "semi_partial_correlation"),
    "stats.effects.proportion": ("proportion",),
    "stats.effects.proportion_interval": ("proportion_interval",),
    "stats.effects.rate": ("rate", "rate_difference", "rate_ratio"),
    "stats.effects.ratio_of_means": ("ratio_of_means",),
    "stats.effects.reliability": ("cronbach_alpha",),
    "stats.effects.standard_deviation": (
        "correlation_from_sds",
        "sd_from_ci",
        "sd_from_difference_ci",
        "sd_from_difference_p",
        "sd_from_difference_se",
        "sd_from_difference_t",
        "sd_from_se",
        "sd_of_change",
    ),
    "stats.effects.superiority": ("area_under_curve", "change_superiority", "superiority"),
    "stats.effects.two_by_two": ("arcsine_difference", "odds_ratio", "peto_odds_ratio", "risk_difference", "risk_ratio"),
    "stats.effects.variability": ("cv_ratio", "log_coefficient_of_variation", "log_standard_deviation", "variability_ratio"),
    "stats.evidence.absolute_effect": ("absolute_effect", "absolute_survival", "survival_difference"),
    "stats.evidence.boundaries": ("sequential_boundaries", "with_futility"),
    "stats.evidence.e_value": ("e_value", "e_value_of"),
    "stats.evidence.fragility": ("fragility_index",),
    "stats.evidence.information": ("diversity", "required_events", "required_information", "required_patients"),
    "stats.evidence.sequential_analysis": ("sequential_analysis",),
    "stats.exact.beta_binomial": ("beta_binomial",),
    "stats.exact.glmm": ("glmm", "glmm_proportion", "glmm_rate", "glmm_rates"),
    "stats.exact.rare_event_sensitivity": ("rare_event_sensitivity",),
    "stats.influence.all_subsets": ("all_subsets", "outliers"),
    "stats.influence.influence": ("influence",),
    "stats.influence.leave_one_out": ("cumulative", "leave_one_out"),
    "stats.influence.rounding_edges": ("RoundingEdges", "rounding_edges"),
    "stats.influence.residual_plots": ("baujat", "radial", "residual_quantiles"),
    "stats.pooling.bootstrap_prediction": ("bootstrap_prediction_interval",),
    "stats.pooling.mantel_haenszel": ("mantel_haenszel", "mantel_haenszel_rates"),
    "stats.pooling.mantel_haenszel_tests": ("mantel_haenszel_rate_tests", "mantel_haenszel_tests"),
    "stats.pooling.pairwise": ("pool", "pool_common"),
    "stats.pooling.peto": ("peto", "peto_hazard_ratio"),
    "stats.pooling.subgroups": ("subgroups",),
    "stats.regression.information": ("likelihood_ratio_test",),
    "stats.regression.location_scale": ("location_scale_matrix",),
    "stats.regression.permutation": ("permutation_test",),
    "stats.regression.regress": ("regress_matrix",),
    "stats.regression.robust": ("robust",),
    "stats.survival.hazard_ratio": ("cox", "piecewise_hazard_ratios", "proportional_hazards_test"),
    "stats.survival.kaplan_meier": ("kaplan_meier",),
    "stats.survival.log_rank": ("log_rank",),
    "stats.survival.milestones": ("milestones", "survival_gained"),
    "stats.survival.one_stage": ("hazard_ratios_of", "pool_patients", "proportional_hazards_over_trials"),
    "stats.survival.patient_times": ("patient_times",),
    "stats.survival.pooled_means": ("milestone_effects", "pool_rmst", "rmst_effects"),
    "stats.survival.published_curve": ("published_curve",),
    "stats.survival.reconstruct": ("reconstruct",),
    "stats.survival.reconstructed_effect": ("reconstructed_hazard_ratio",),
    "stats.survival.rmst": ("rmst",),
}  # where the public names live; a room is entered when one of its names is first asked for, so that the import is quick
_HOMES = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [  # noqa: PLE0604
    "__version__",
    *sorted(_HOMES),
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'trialpool' has no attribute {name!r}")
    value = getattr(import_module(f"trialpool.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
