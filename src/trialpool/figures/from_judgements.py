"""Judgements of the risk of bias, drawn: a light for each study and domain, and the shares of each level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialpool.analysis.judgements import Judgements, judgements_of
from trialpool.analysis.risk_of_bias import PooledRiskOfBias
from trialpool.errors import BadArgument
from trialpool.figures.lights import OFF, Light, colours_of, signs_of
from trialpool.figures.risk_of_bias_summary import LevelBar, RiskOfBiasSummary, draw_risk_of_bias_summary
from trialpool.figures.traffic_lights import LightColumn, LightRow, TrafficLights, draw_traffic_lights, weight_text
from trialpool.review.risk_of_bias_tool import Tool

if TYPE_CHECKING:
    from trialpool.figures.canvas import Figure

EACH_ALIKE = "Each study counts alike."
BY_WEIGHT = "Studies count by their weight in the pooled result."


def traffic_light(of: Judgements | PooledRiskOfBias, *, tool: str = "", title: str = "") -> Figure:
    """A traffic-light plot: a light for each study and domain, and one over all where the tool has it.

    Parameters
    ----------
    of : what `judgements` returned, or the `risk_of_bias` of an analysis
    tool : where several tools judged the results of an analysis, the `id` of the one to draw
    title : heading of the plot

    Returns
    -------
    Figure, which shows itself in a notebook and has `save(path)` for .svg, .pdf and .png

    Raises
    ------
    BadArgument
        for another object, or results that were judged by several tools

    >>> from trialpool.analysis.judgements import judgements
    >>> figure = traffic_light(judgements(["A"], {f"D{i}": ["low"] for i in range(1, 6)}))
    >>> figure.description
    'Traffic-light plot of 1 study. Randomisation process: 1 low; ...; Overall: 1 low.'
    """
    found = _one(of, "traffic_light", tool)
    lights = lights_of(found.tool)
    weights = found.weights or (None,) * found.k
    by_column = [*found.levels.values(), *([found.overall] if found.overall is not None else [])]
    rows = tuple(
        LightRow(label=study, lights=tuple(lights[level] for level in levels), weight=weight_text(weight))
        for study, weight, *levels in zip(found.study, weights, *by_column, strict=True)
    )
    return draw_traffic_lights(
        TrafficLights(
            title=title, columns=light_columns(found), rows=rows, levels=tuple(lights.values())[:-1], footnotes=_notes(found)
        )
    )


def risk_of_bias_summary(
    of: Judgements | PooledRiskOfBias, *, weighted: bool | None = None, tool: str = "", title: str = ""
) -> Figure:
    """A summary plot: for each domain, and over all, the share of the studies or of their weight at each level.

    Parameters
    ----------
    of : what `judgements` returned, or the `risk_of_bias` of an analysis
    weighted : whether studies count by their weight; where left out, they do if weights are there
    tool : where several tools judged the results of an analysis, the `id` of the one to draw
    title : heading of the plot

    Raises
    ------
    BadArgument
        for another object, results judged by several tools, and `weighted=True` without weights

    >>> from trialpool.analysis.judgements import judgements
    >>> figure = risk_of_bias_summary(judgements(["A", "B"], {f"D{i}": ["low", "high"] for i in range(1, 6)}))
    >>> figure.description
    'Risk of bias, share of the studies. Randomisation process: 50% low, 50% high; ...; Overall: 50% low, 50% high.'
    """
    found = _one(of, "risk_of_bias_summary", tool)
    by_weight = found.weights is not None if weighted is None else weighted
    if by_weight and found.weights is None:
        raise BadArgument("weighted=True needs weights, and these judgements have none. Give weights to `judgements`.")
    lights = tuple(lights_of(found.tool).values())[:-1]
    shares = (found.weights or ()) if by_weight else (1 / max(found.k, 1),) * found.k
    bars = [
        LevelBar(label=domain.name, shares=_shares(found.levels[domain.id], shares, found.tool), group=domain.group)
        for domain in found.tool.domains
    ]
    if found.overall is not None:
        bars.append(LevelBar(label=found.tool.overall.name, shares=_shares(found.overall, shares, found.tool), apart=True))
    return draw_risk_of_bias_summary(
        RiskOfBiasSummary(
            title=title,
            bars=tuple(bars),
            levels=lights,
            axis_title="Share of the weight" if by_weight else "Share of the studies",
            footnotes=(BY_WEIGHT if by_weight else EACH_ALIKE,),
        )
    )


def _one(of: Judgements | PooledRiskOfBias, function: str, tool: str) -> Judgements:
    if isinstance(of, Judgements):
        return of
    if not isinstance(of, PooledRiskOfBias):
        raise BadArgument(
            f"{function} takes what `judgements` returns, or the risk_of_bias of an analysis, not {type(of).__name__}."
        )
    found = {each.tool.id: each for each in judgements_of(of)}
    if tool and tool not in found:
        raise BadArgument(f"None of these results was judged by {tool!r}. Use one of {', '.join(found)}.")
    if not tool and len(found) > 1:
        raise BadArgument(f"These results were judged by {' and '.join(found)}. Give the one to draw as tool.")
    return found[tool or next(iter(found))]


def lights_of(tool: Tool) -> dict[str, Light]:
    """The light of each level by its id, from best to worst; last, under "", the light that is off."""
    colours, signs = colours_of(len(tool.levels)), signs_of(len(tool.levels))
    lights = {
        level.id: Light(name=level.name, sign=level.sign or sign, colour=level.colour or colour)
        for level, sign, colour in zip(tool.levels, signs, colours, strict=True)
    }
    return lights | {"": OFF}


def light_columns(found: Judgements) -> tuple[LightColumn, ...]:
    """The domains and the judgement over all."""
    columns = [LightColumn(head=domain.id, name=domain.name, group=domain.group) for domain in found.tool.domains]
    if found.overall is not None:
        columns.append(LightColumn(head=found.tool.overall.name, apart=True))
    return tuple(columns)


def _shares(levels: tuple[str, ...], weights: tuple[float, ...], tool: Tool) -> tuple[float, ...]:
    ids = [*(level.id for level in tool.levels), ""]
    return tuple(sum(weight for level, weight in zip(levels, weights, strict=True) if level == id_) for id_ in ids)


def _notes(found: Judgements) -> tuple[str, ...]:
    return (f"Judged by {found.tool.name}.",)


@dataclass(frozen=True, slots=True, kw_only=True)
class LightsBeside:
    """Columns of lights beside a forest plot: the lights of each effect, what the columns and the lights mean."""

    rows: tuple[tuple[Light, ...], ...]
    headers: tuple[str, ...]
    levels: tuple[Light, ...]
    notes: tuple[str, ...]


NO_LIGHTS = LightsBeside(rows=(), headers=(), levels=(), notes=())
MOST_BESIDE = 9  # columns of lights that leave the plot legible


def lights_beside(risk: PooledRiskOfBias | None) -> LightsBeside:
    """The judgements as columns beside a forest plot; none where several tools judged, or where they have many domains."""
    found = list(judgements_of(risk)) if risk is not None else []
    if len(found) != 1:
        return NO_LIGHTS
    of, lights = found[0], lights_of(found[0].tool)
    columns = [*of.levels.values(), *([of.overall] if of.overall is not None else [])]
    if len(columns) > MOST_BESIDE:
        return NO_LIGHTS
    headers = (*of.levels, *([of.tool.overall.name] if of.overall is not None else []))
    named = "; ".join(f"{domain.id} {domain.name.lower()}" for domain in of.tool.domains)
    return LightsBeside(
        rows=tuple(tuple(lights[level] for level in levels) for levels in zip(*columns, strict=True)),
        headers=tuple(headers),
        levels=tuple(lights.values())[:-1],
        notes=(f"Risk of bias by {of.tool.short or of.tool.name}: {named}.",),
    )
