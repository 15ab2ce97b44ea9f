"""Absolute effects of one outcome: how many more or fewer of 1000 people at each baseline risk, over what would not matter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from trialpool.figures import style
from trialpool.figures.intervals import Interval
from trialpool.figures.numerals import difference_text, level_text, range_text
from trialpool.figures.row_table import Row, RowTable, draw_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trialpool.analysis.findings import AnalysisFindings
    from trialpool.analysis.placed_effect import PlacedEffect
    from trialpool.figures.canvas import Figure

PEOPLE = 1000
PREDICTED = "A new study"


def places_of(found: AnalysisFindings) -> tuple[PlacedEffect, ...]:
    """The effect at each baseline that there is; empty where absolute effects can't be had."""
    if found.certainty is None:
        return ()
    return tuple(place for place in found.certainty.placed if place.effect is not None and place.known)


def draw_absolute_effects(found: AnalysisFindings, *, counted: str, title: str) -> Figure:
    """Draw the differences with their limits; the band holds differences that are smaller than the smallest that matters.

    Parameters
    ----------
    found : an analysis with at least one baseline (`places_of`)
    counted : what is counted, in words
    title : of the figure
    """
    places = places_of(found)
    mids = {place.mid for place in places}
    mid = mids.pop() if len(mids) == 1 else None
    good = places[0].good
    words = (found.outcome.favours_control, found.outcome.favours_treatment)
    axis = f"Difference in people of {PEOPLE}: {counted}"
    table = RowTable(
        title=title,
        description=describe_absolute_effects(found, counted),
        rows=tuple(row for place in places for row in _rows(place)),
        label_header="Baseline",
        cell_headers=("Without", "With"),
        effect_header=f"Difference\n({level_text(found.analysis.level)} CI)",
        axis_title=axis,
        log=False,
        band=None if mid is None else (PEOPLE * mid[0], PEOPLE * mid[1]),
        always=() if mid is None else (PEOPLE * mid[0], PEOPLE * mid[1]),
        favours=words if good else words[::-1],
        footnotes=(NOTE,) if mid is not None else (),
    )
    return draw_rows(table)


NOTE = "Shaded: differences smaller than the smallest that matters."


def _rows(place: PlacedEffect) -> Iterator[Row]:
    effect, decimals = place.effect, place.decimals
    assert effect is not None
    assert place.baseline is not None
    estimate, low, high = (PEOPLE * x for x in (place.estimate, place.low, place.high))
    when = f"at {place.baseline.at}" if place.baseline.at else ""
    label = ", ".join(word for word in (place.baseline.label, when) if word) or "All"
    yield Row(
        label=label[:1].upper() + label[1:],
        cells=(f"{PEOPLE * effect.control:.{decimals}f}", f"{PEOPLE * effect.treated:.{decimals}f}"),
        interval=Interval(estimate=estimate, low=low, high=high, shape="diamond", colour=style.OVERALL),
        effect=(difference_text(estimate, decimals), f"({range_text(low, high, log=False, decimals=decimals)})"),
        space=3,
    )
    if place.predicted is not None:
        low, high = (PEOPLE * x for x in place.predicted)
        yield Row(
            label=PREDICTED,
            faint=True,
            indent=True,
            interval=Interval(estimate=math.nan, low=low, high=high, shape="bar", colour=style.PREDICTION),
            effect=("", f"({range_text(low, high, log=False, decimals=decimals)})"),
        )


def describe_absolute_effects(found: AnalysisFindings, counted: str) -> str:
    """The figure in words."""
    parts = []
    for place in places_of(found):
        assert place.effect is not None
        low, high = (difference_text(PEOPLE * x, place.decimals) for x in (place.low, place.high))
        parts.append(f"{difference_text(PEOPLE * place.estimate, place.decimals)} ({low} to {high}){place.where}")
    return f"Difference in people of {PEOPLE}, {counted}: {'; '.join(parts)}."


def absolute_rows(found: AnalysisFindings) -> Iterator[dict[str, Any]]:
    """The numbers that the figure draws, of 1000 people."""
    for place in places_of(found):
        assert place.effect is not None
        assert place.baseline is not None
        predicted = place.predicted or (None, None)
        mid = place.mid or (None, None)
        shares = {
            "without": place.effect.control,
            "with": place.effect.treated,
            "difference": place.estimate,
            "low": place.low,
            "high": place.high,
            "prediction_low": predicted[0],
            "prediction_high": predicted[1],
            "smallest_below": mid[0],
            "smallest_above": mid[1],
        }
        yield {"baseline": place.baseline.label, "at": place.baseline.at} | {
            name: None if share is None else PEOPLE * share for name, share in shares.items()
        }
