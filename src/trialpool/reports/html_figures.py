"""Figures as the page shows them: numbered in their order, each with ids that no other shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from trialpool.figures.canvas import Figure

NOTES = {
    "multiverse": "Above, the estimates in their order with their limits; below, which way of each choice was taken there.",
    "influence": "Each study by what happens to the model without it; dashed, the limits beyond which a study stands out.",
    "baujat": "Further right, more of the heterogeneity is due to a study; further up, the pooled effect moves more without it.",
    "subsets": "Each subset of the studies by its pooled effect and its heterogeneity; the darker, the more subsets are there.",
    "sequential": "The cumulative z from look to look; beyond the dashed boundary an effect stands, repeated looks allowed for.",
    "funnel": "Each study by its effect and standard error; the shades say at which P it would differ from no effect by itself.",
    "absolute": "The diamond is what the pooled effect comes to at each baseline; the bar below, where a new study would lie.",
    "flow": "What was found, what was left at each step, and why the rest was not.",
    "traffic": "Each study by its judgement in each domain, and over all domains where the tool has that.",
    "risk": "Each domain by the share of the weight at each level.",
    "posterior": "How plausible each value is after the studies; the shade is the credible interval.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureView:
    """A drawing as an <svg> element, which escapes its own words; width in points; how it is to be read, where that needs words."""

    number: int
    title: str
    note: str
    svg: Markup
    width: float


def figure_views(figures: Mapping[str, Figure]) -> dict[str, FigureView]:
    """The figures by name."""
    return {
        name: FigureView(
            number=i,
            title=figure.title,
            note=NOTES.get(name.partition("-")[0], ""),
            svg=Markup(figure.svg(id_prefix=f"figure:{i}:")),
            width=figure.width,
        )
        for i, (name, figure) in enumerate(figures.items(), start=1)
    }


def stratum_figure(figures: Mapping[str, FigureView], analysis: str, by: str) -> FigureView | None:
    """The forest plot by a column, spaces in whose name are hyphens in the name of the figure."""
    return figures.get(f"forest-{analysis}-by-{'-'.join(by.split())}")
