"""Figures as the page shows them: numbered in their order, each with ids that no other shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from trialpool.figures.canvas import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureView:
    """A drawing as an <svg> element, which escapes its own words; width in points."""

    number: int
    title: str
    svg: Markup
    width: float


def figure_views(figures: Mapping[str, Figure]) -> dict[str, FigureView]:
    """The figures by name."""
    return {
        name: FigureView(number=i, title=figure.title, svg=Markup(figure.svg(id_prefix=f"figure:{i}:")), width=figure.width)
        for i, (name, figure) in enumerate(figures.items(), start=1)
    }


def stratum_figure(figures: Mapping[str, FigureView], analysis: str, by: str) -> FigureView | None:
    """The forest plot by a column, spaces in whose name are hyphens in the name of the figure."""
    return figures.get(f"forest-{analysis}-by-{'-'.join(by.split())}")
