"""The risk of bias of the results that one analysis pools: each with its weight, and the pooled result without some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from trialpool.analysis.selection import Selection, UnitEffect
from trialpool.review.assessments import assessed
from trialpool.review.plan import RISK_OF_BIAS
from trialpool.review.review import Review
from trialpool.review.risk_of_bias import Assessment
from trialpool.review.risk_of_bias_tool import Level, Tool
from trialpool.review.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelShare:
    """How many results are at a level, and how much of the pooled result they are.

    level  : None for results that have no level over all domains
    k      : effects
    weight : their share of the weight, 0 to 1
    """

    level: Level | None
    k: int
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledRiskOfBias:
    """The risk of bias of the results that an analysis pools.

    units       : titles of the studies (or strata), in the order of the effects
    assessments : of each; None where no row of risk_of_bias.csv is about the result
    weights     : shares of the pooled result, 0 to 1
    """

    units: tuple[str, ...]
    assessments: tuple[Assessment | None, ...]
    weights: tuple[float, ...]

    @property
    def judged(self) -> tuple[Assessment, ...]:
        """The assessments that there are."""
        return tuple(each for each in self.assessments if each is not None)

    @property
    def without_level(self) -> tuple[str, ...]:
        """Titles of the units whose result has no level over all domains, for want of rows or of answers."""
        pairs = zip(self.units, self.assessments, strict=True)
        return tuple(unit for unit, each in pairs if each is None or each.level is None)

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools that judge these results."""
        return tuple({each.tool.id: each.tool for each in self.judged}.values())

    @property
    def high_weight(self) -> float:
        """Share of the weight that results at high risk have, 0 to 1; results without a level do not count."""
        return sum(w for each, w in zip(self.assessments, self.weights, strict=True) if each is not None and each.high)

    @property
    def shares(self) -> tuple[LevelShare, ...]:
        """Results and weight by level, from best to worst; last those without a level, where there are any."""
        levels: dict[str, Level | None] = {level.name: level for tool in self.tools for level in tool.levels}
        names = [each.level.name if each is not None and each.level is not None else "" for each in self.assessments]
        if "" in names:
            levels[""] = None
        return tuple(
            LevelShare(
                level=level,
                k=names.count(name),
                weight=sum(w for of, w in zip(names, self.weights, strict=True) if of == name),
            )
            for name, level in levels.items()
        )


def pooled_risk_of_bias(
    review: Review, outcome: str, effects: tuple[UnitEffect, ...], weights: Iterable[float]
) -> PooledRiskOfBias | None:
    """The risk of bias of effects; None where the review judges none of them."""
    found = tuple(assessed(review, effect.unit, outcome) for effect in effects)
    if not any(found):
        return None
    units = tuple(effect.unit.title for effect in effects)
    return PooledRiskOfBias(units=units, assessments=found, weights=tuple(float(w) for w in weights))


def has_level(review: Review, unit: Study, outcome: str) -> bool:
    """Whether a result has a level over all domains."""
    found = assessed(review, unit, outcome)
    return found is not None and found.level is not None


def with_levels(selection: Selection, review: Review, outcome: str) -> Selection:
    """The selection, its units with the level over all domains as the moderator `risk of bias`, empty where there is none."""
    if not review.risk_of_bias:
        return selection
    return replace(selection, effects=tuple(_with_level(effect, review, outcome) for effect in selection.effects))


def _with_level(effect: UnitEffect, review: Review, outcome: str) -> UnitEffect:
    found = assessed(review, effect.unit, outcome)
    name = found.level.name.lower() if found is not None and found.level is not None else ""
    return replace(effect, unit=effect.unit.model_copy(update={"moderators": {**effect.unit.moderators, RISK_OF_BIAS: name}}))


def by_level(effects: Iterable[UnitEffect], review: Review) -> tuple[UnitEffect, ...]:
    """Effects in the order of their levels, the best first."""
    order = [level.name.lower() for tool in review.tools.values() for level in tool.levels]
    return tuple(sorted(effects, key=lambda effect: order.index(effect.unit.moderators[RISK_OF_BIAS])))


def _not_high(each: Assessment | None) -> bool:
    return each is None or not each.high


def _low(each: Assessment | None) -> bool:
    return each is not None and each.level is not None and each.tool.is_low(each.level.id)


KEPT: dict[str, Callable[[Assessment | None], bool]] = {"without-high-risk": _not_high, "low-risk-only": _low}
NONE_LEFT_OUT = {
    "without-high-risk": "no result is judged to be at high risk of bias",
    "low-risk-only": "every result is at low risk of bias",
}
NONE_LEFT = {
    "without-high-risk": "every result is at high risk of bias",
    "low-risk-only": "no result is judged to be at low risk of bias",
}


def kept_by_risk(id_: str, selection: Selection, review: Review, outcome: str) -> tuple[Selection, str]:
    """The selection of a variation by risk of bias, and why it tells nothing; empty where it does."""
    found = [assessed(review, effect.unit, outcome) for effect in selection.effects]
    kept = tuple(effect for effect, each in zip(selection.effects, found, strict=True) if KEPT[id_](each))
    if kept and len(kept) < len(found):
        return replace(selection, effects=kept), ""
    unknown = sum(each is None or each.level is None for each in found)
    without = f", and {unknown} of {len(found)} have no level" if unknown else ""
    return replace(selection, effects=()), (NONE_LEFT_OUT if kept else NONE_LEFT)[id_] + without
