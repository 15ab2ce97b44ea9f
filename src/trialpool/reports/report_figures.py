"""Every figure of a report in the order in which the page shows them, which is that of their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from trialpool.figures.absolute_effects import draw_absolute_effects, places_of
from trialpool.figures.flow_diagram import flow_diagram
from trialpool.figures.from_evidence import posterior_plot, sequential_analysis_plot, specification_curve
from trialpool.figures.from_fits import filled_funnel
from trialpool.figures.from_influence import baujat_plot, gosh, influence_plot
from trialpool.figures.from_judgements import risk_of_bias_summary, traffic_light
from trialpool.figures.from_results import figures_of
from trialpool.figures.survival_curve import survival_curve
from trialpool.reports.html_curves import figure_name, name_of
from trialpool.reports.summary_of_findings import counted_words

if TYPE_CHECKING:
    from trialpool.analysis.findings import AnalysisFindings, Findings
    from trialpool.analysis.robustness import Robustness
    from trialpool.figures.canvas import Figure

ORDER = (
    "sensitivity",
    "multiverse",
    "influence",
    "baujat",
    "subsets",
    "cumulative",
    "sequential",
    "funnel",
    "posterior",
    "absolute",
)


def report_figures(findings: Findings) -> dict[str, Figure]:
    """The figures by name: those of `figures_of`; multiverse-ID, influence-ID, baujat-ID, subsets-ID, sequential-ID, posterior-ID,
    absolute-ID.

    Where studies were filled in, funnel-ID shows them. Where results are judged, traffic-lights-ID and risk-of-bias-ID show how; of
    several tools, those after the first as traffic-lights-ID.TOOL and so on. `flow` is there where the review says anything of its
    flow; a Kaplan-Meier figure that was read is curve-NAME.
    """
    usual = figures_of(findings)
    ordered: dict[str, Figure] = {}
    for found in findings.analyses:
        id_ = found.analysis.id
        later = usual | robustness_figures(found) | certainty_figures(found, findings)
        forests = [f"forest-{id_}", *(f"forest-{id_}-by-{'-'.join(of.by.split())}" for of in found.subgroups[1:])]
        ordered |= {name: later[name] for name in forests if name in later} | risk_figures(found)
        ordered |= {name: later[name] for name in (f"{kind}-{id_}" for kind in ORDER) if name in later}
    flow = {"flow": flow_diagram(findings.flow.counts)} if findings.flow else {}
    curves = {figure_name(found): survival_curve(found.made, title=name_of(found)) for found in findings.curves}
    return ordered | flow | curves | {name: figure for name, figure in usual.items() if name not in ordered}


def certainty_figures(found: AnalysisFindings, findings: Findings) -> dict[str, Figure]:
    """absolute-ID, where the review judges the certainty of its evidence and there is a baseline risk."""
    if findings.review.certainty is None or not places_of(found):
        return {}
    title = f"{found.outcome.name}: absolute effects"
    return {f"absolute-{found.analysis.id}": draw_absolute_effects(found, counted=counted_words(found), title=title)}


def risk_figures(found: AnalysisFindings) -> dict[str, Figure]:
    """The figures of the risk of bias of what an analysis pools, by name."""
    drawn: dict[str, Figure] = {}
    if found.risk_of_bias is None:
        return drawn
    for i, tool in enumerate(found.risk_of_bias.tools):
        name = found.analysis.id + (f".{tool.id}" if i else "")
        by = f", {tool.short or tool.name}" if i else ""
        risk, heading = found.risk_of_bias, f"{found.outcome.name}: risk of bias"
        drawn[f"traffic-lights-{name}"] = traffic_light(risk, tool=tool.id, title=f"{heading} by study{by}")
        drawn[f"risk-of-bias-{name}"] = risk_of_bias_summary(risk, tool=tool.id, title=f"{heading} by domain{by}")
    return drawn


def robustness_figures(found: AnalysisFindings) -> dict[str, Figure]:
    """The figures of how far one result can be trusted, by name."""
    if found.robustness is None:
        return {}
    return {f"{kind}-{found.analysis.id}": figure for kind, figure in _figures(found, found.robustness)}


def _figures(found: AnalysisFindings, of: Robustness) -> Iterator[tuple[str, Figure]]:
    name = found.outcome.name
    if of.multiverse is not None:
        yield "multiverse", specification_curve(of.multiverse, title=f"{name}: every defensible analysis")
    if of.influence is not None and found.fit is not None:
        yield "influence", influence_plot(of.influence, title=f"{name}: influence of each study")
        yield "baujat", baujat_plot(found.fit, title=f"{name}: heterogeneity and influence")
    if of.subsets is not None:
        yield "subsets", gosh(of.subsets, title=f"{name}: subsets of the studies", study=_most_apart(of))
    if of.sequential is not None:
        yield "sequential", sequential_analysis_plot(of.sequential, title=f"{name}: sequential analysis", favours=favours(found))
    if of.trim_and_fill is not None:
        yield "funnel", filled_funnel(of.trim_and_fill, title=f"{name}: funnel plot", contours=True)
    if of.bayesian is not None:
        yield "posterior", posterior_plot(of.bayesian, title=f"{name}: Bayesian model")


def _most_apart(of: Robustness) -> str:
    """The outlying study that explains the largest share of where the estimates of the subsets are; none where no study does."""
    out = of.outliers
    if out is None or not out.outlying.any():
        return ""
    return out.study[int((out.mu_share * out.outlying).argmax())]


def favours(found: AnalysisFindings) -> tuple[str, str]:
    """What an effect below and above no effect favours."""
    words = (found.outcome.favours_treatment, found.outcome.favours_control)
    return words if found.outcome.better == "lower" else words[::-1]
