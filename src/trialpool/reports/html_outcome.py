"""One analysis as the page shows it, from its main figure to what others published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.reports import html_effects, html_published, html_variations
from trialpool.reports.answers import answer, differences, heterogeneity_text, rests_on
from trialpool.reports.html_certainty import evidence_profile_table
from trialpool.reports.html_derivation import DerivationView, Noticed, effect_heading
from trialpool.reports.html_figures import FigureView
from trialpool.reports.html_places import Places
from trialpool.reports.html_risk_of_bias import risk_view
from trialpool.reports.html_robustness import PartView, RobustnessView, robustness_view
from trialpool.reports.html_tables import Table
from trialpool.reports.html_variations import NONE, SubgroupView, bare_p, spread
from trialpool.reports.wording import effect_text, name_of, prediction_text


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeView:
    """Everything of one analysis; what it has not is empty or None."""

    id: str
    name: str
    definition: str
    no_answer: str
    numbers: tuple[tuple[str, str], ...]
    rests_on: str
    notes: tuple[str, ...]
    forest: FigureView | None
    heterogeneity: str
    subgroups: tuple[SubgroupView, ...]
    effects: Table | None
    derivations: tuple[DerivationView, ...]
    risk_of_bias: PartView | None
    robustness: RobustnessView
    certainty: Table | None
    absolute: FigureView | None
    missing: Table | None
    compared: Table | None
    uncompared: Table | None
    differences: tuple[str, ...]


def outcome_view(
    found: AnalysisFindings, findings: Findings, figures: Mapping[str, FigureView], places: Places, noticed: Noticed
) -> OutcomeView:
    """Gather what the page shows of an analysis."""
    id_, name, fit = found.analysis.id, name_of(found, findings), found.fit
    return OutcomeView(
        id=id_,
        name=name,
        definition=found.outcome.definition,
        no_answer="" if fit is not None else " ".join(answer(found)),
        numbers=tuple(_numbers(found)),
        rests_on=_sentence(rests_on(found)) if fit is not None else "",
        notes=tuple(_sentence(note) for note in fit.notes) if fit is not None else (),
        forest=figures.get(f"forest-{id_}"),
        heterogeneity=heterogeneity_text(found) if fit is not None else "",
        subgroups=tuple(html_variations.subgroup(s, found, name, figures) for s in found.subgroups),
        effects=html_effects.effects(found, findings, name, places),
        derivations=tuple(html_effects.derivations(found, places, noticed)),
        risk_of_bias=risk_view(found, name, figures),
        robustness=robustness_view(found, name, figures),
        certainty=evidence_profile_table(found, findings, name),
        absolute=figures.get(f"absolute-{id_}"),
        missing=html_effects.missing_studies(found, name, places),
        compared=html_published.compared(found, name),
        uncompared=html_published.uncompared(found, name),
        differences=differences(found),
    )


def _numbers(found: AnalysisFindings) -> Iterator[tuple[str, str]]:
    fit = found.fit
    if fit is None:
        return
    predicted = prediction_text(fit, found.analysis.prediction)
    I2, tau2 = spread(fit)
    yield effect_heading(found), effect_text(fit)
    yield "P", bare_p(fit.p)
    yield "Prediction interval", NONE if predicted == "not estimable" else predicted
    yield "I²", I2
    yield "τ²", tau2
    yield "Effects pooled, k", str(int(fit.k))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
