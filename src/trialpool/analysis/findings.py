"""What an analysis found, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialpool.analysis.reconstructed_curves import CurveFindings
from trialpool.analysis.selection import Selection, UnitEffect
from trialpool.errors import Problem
from trialpool.review.plan import Analysis, Outcome
from trialpool.review.published import Published
from trialpool.review.review import Review
from trialpool.stats.bias.egger import EggerTest
from trialpool.stats.effects.measure import MEASURES, Measure
from trialpool.stats.influence.leave_one_out import Refits
from trialpool.stats.pooling.pooled_effect import PooledEffect
from trialpool.stats.pooling.subgroups import Subgroups

if TYPE_CHECKING:
    from trialpool.analysis.certainty import EvidenceProfile
    from trialpool.analysis.flow import Flow
    from trialpool.analysis.risk_of_bias import PooledRiskOfBias
    from trialpool.analysis.robustness import Robustness


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratified:
    """Subgroups of an analysis.

    by            : the columns of studies.csv, as the plan names them
    result        : the subgroups with their test
    without_level : studies that have no level, and are in none
    """

    by: str
    result: Subgroups
    without_level: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """The analysis with one thing done otherwise.

    id    : as in the plan, or "without:STUDY"
    label : what is done otherwise, in words
    group : what kind of thing that is
    fit   : the pooled effect; None where it can't be had
    why   : why not; empty where it can
    """

    id: str
    label: str
    group: str
    fit: PooledEffect | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A published result beside ours.

    ours   : the fit that answers to it; None where it is of something we do not pool
    agrees : estimates lie in each other's interval and both intervals are on the same side of no effect, or both hold it;
             None where that can't be judged
    why    : the judgement in words
    """

    published: Published
    ours: PooledEffect | None
    agrees: bool | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Crude:
    """The ratio of the totals over all trials of a published table: no pooled result, for it breaks the randomisation.

    published : the row of published.csv
    measure   : of the ratio
    estimate  : the ratio, as shown
    """

    published: Published
    measure: Measure
    estimate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisFindings:
    """One analysis of the plan, run.

    analysis   : what the plan asks for
    outcome    : of what
    selection  : the effects chosen, and the studies without one
    fit        : the pooled effect; None where no row of the outcome can be used
    why        : why there is no fit; empty where there is one
    subgroups  : one for each entry of the plan's `subgroups`
    sensitivity : the analysis with one thing done otherwise, each
    cumulative : the fit after each study, in the order of years; None where it cannot be had
    egger      : Egger's test; None where it is not made
    no_egger   : why not; empty where it is
    published  : results of others beside ours
    robustness : what the result hangs on; None where there is none
    risk_of_bias : of each effect, with the weight of each level; None where no effect is judged
    certainty  : what a person judged of the evidence, and what was computed beside it; None where it was not looked at
    """

    analysis: Analysis
    outcome: Outcome
    selection: Selection
    fit: PooledEffect | None
    why: str = ""
    subgroups: tuple[Stratified, ...] = ()
    sensitivity: tuple[Variation, ...] = ()
    cumulative: Refits | None = None
    egger: EggerTest | None = None
    no_egger: str = ""
    robustness: Robustness | None = None
    risk_of_bias: PooledRiskOfBias | None = None
    certainty: EvidenceProfile | None = None
    published: tuple[Comparison, ...] = ()

    @property
    def measure(self) -> Measure:
        return MEASURES[self.outcome.measure]

    @property
    def measure_name(self) -> str:
        """The name of the measure, with the unit of a mean difference: `Mean difference (points)`."""
        if self.analysis.model == "peto":
            return "Peto odds ratio"
        unit = self.outcome.unit
        return f"{self.measure.name} ({unit})" if unit and self.outcome.measure == "MD" else self.measure.name

    @property
    def studies(self) -> int:
        """How many studies the effects are of: fewer than effects where strata of a study enter apart."""
        return len({e.unit.study for e in self.selection.effects})

    def variation(self, id_: str) -> Variation | None:
        """The sensitivity result with this id."""
        return next((v for v in self.sensitivity if v.id == id_), None)

    def effect(self, title: str) -> UnitEffect | None:
        """The effect of the study (or stratum) with this title."""
        return next((e for e in self.selection.effects if e.unit.title == title), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that the plan of a review found.

    flow : from the records found to the studies pooled; None where the review says nothing of it
    """

    review: Review
    analyses: tuple[AnalysisFindings, ...]
    crude: tuple[Crude, ...]
    others_published: tuple[Published, ...]
    inconsistencies: tuple[Problem, ...]
    curves: tuple[CurveFindings, ...] = ()
    flow: Flow | None = None

    def __getitem__(self, id_: str) -> AnalysisFindings:
        """The analysis with this id."""
        try:
            return next(a for a in self.analyses if a.analysis.id == id_)
        except StopIteration:
            raise KeyError(f"there is no analysis {id_!r}; there are {', '.join(a.analysis.id for a in self.analyses)}") from None
