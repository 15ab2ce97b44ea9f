"""review.toml: the question, the outcomes and the analysis plan."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from trialpool.review.flow_plan import FlowPlan
from trialpool.review.prisma import Prisma
from trialpool.review.report import Measure
from trialpool.review.screening import Stage

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
SENSITIVITY = {
    "hk-floor": "Hartung-Knapp with its scale factor at least 1",
    "dl-wald": "DerSimonian-Laird, Wald interval (what most published reviews used)",
    "common": "Common effect",
    "random-effects": "Random effects, REML with a Hartung-Knapp interval (where the plan has a common effect)",
    "mantel-haenszel": "Mantel-Haenszel, without continuity correction (where counts are known)",
    "read-only": "Only rows read at the source",
    "all-rows": "All rows, recalled ones too, whatever their status",
    "rounding-edges": "Every printed figure at the edge of its rounding (ids `rounding-edges:least`, ...)",
    "without-high-risk": "Without results at high risk of bias (where risk_of_bias.csv judges them)",
    "low-risk-only": "Only results at low risk of bias",
    "leave-one-out": "Each study left out in turn (ids `without:STUDY`)",
}
ROBUSTNESS = {
    "multiverse": "every defensible way of doing the analysis, and in how many of them the conclusion holds",
    "influence": "what each study does to the result, and which stand out",
    "subsets": "all subsets of the studies (GOSH), or a sample of them",
    "small-study": "tests of small-study effects, and trim and fill; from 10 effects on",
    "sequential": "trial sequential analysis, by the settings in `[analyses.sequential]`",
    "bayesian": "the random-effects model with a weakly informative prior of the heterogeneity",
}
COMMON = "common"
MODELS = {
    "random": "random effects, by inverse variance",
    "common": "a common effect, by inverse variance",
    "mantel-haenszel": "a common effect by Mantel and Haenszel's weights, without a continuity correction; for RR, OR and RD",
    "peto": "a common effect by Peto's one-step method, for OR",
}
RISK_OF_BIAS = "risk of bias"  # a moderator that risk_of_bias.csv gives
Model = Literal["random", "common", "mantel-haenszel", "peto"]
Tau2 = Literal["REML", "PM", "DL", "DL2", "DLIT", "ML", "EB", "HE", "HS", "HSk", "SJ", "SJIT", "PMM", "GENQ", "GENQM"]
Interval = Literal["HK", "HK-floor", "HK-wider", "HK-IQWiG", "Wald", "t", "KR", "PL", "HC"]
Sensitivity = Literal[
    "hk-floor",
    "dl-wald",
    "common",
    "random-effects",
    "mantel-haenszel",
    "read-only",
    "all-rows",
    "rounding-edges",
    "without-high-risk",
    "low-risk-only",
    "leave-one-out",
]

Robustness = Literal["multiverse", "influence", "subsets", "small-study", "sequential", "bayesian"]
SmallStudyTest = Literal["Egger", "Thompson-Sharp", "Begg", "Peters", "Harbord", "Macaskill", "Deeks", "Schwarzer", "arcsine"]
Estimator = Literal[Tau2, "common"]
Rows = Literal["primary", "read-only", "all-rows"]
Route = Literal["best", "second", "no-P", "curve"]
Strata = Literal["apart", "whole"]
ZeroCells = Literal["only", "treatment-arm", "none"]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(_Table):
    """What is asked."""

    text: str = Field("", description="The question in one sentence")
    population: str = Field("", description="Who")
    intervention: str = Field("", description="Which treatment")
    comparison: str = Field("", description="Against what")
    outcomes: str = Field("", description="Which outcomes matter")
    designs: str = Field("", description="Which kinds of study count")


class Outcome(_Table):
    """An outcome, and the names under which reports give it."""

    id: Identifier = Field(description="Identifier, used by analyses and published.csv")
    name: Text = Field(description="Name as a heading (`Progression-free survival`)")
    abbreviation: str = Field("", description="Short form for tables (`PFS`)")
    measure: Measure = Field(description="Effect measure that is pooled")
    reported_as: tuple[Text, ...] = Field(
        min_length=1, description="Values of the column `outcome` in results/*.csv that count, best first"
    )
    better: Literal["lower", "higher"] = Field(
        "lower", description="`lower` where a ratio below 1 (a difference below 0) favours treatment"
    )
    unit: str = Field("", description="Unit of a mean difference (`mmHg`, `points`); shown with it")
    definition: str = Field("", description="What counts as the outcome")
    favours_treatment: str = Field("Favours treatment", description="Words under the plot, on treatment's side")
    favours_control: str = Field("Favours control", description="Words under the plot, on control's side")


class MultiversePlan(_Table):
    """Which ways of doing an analysis are defensible; a choice that is left out has all of its levels."""

    leave_out: int = Field(1, ge=0, le=3, description="How many studies are left out at once at most, each with all of its strata")
    tau2: tuple[Estimator, ...] = Field((), description="Estimators of the between-study variance; `common` has none")
    ci: tuple[Interval, ...] = Field((), description="Intervals; each is combined with the estimators that it goes with")
    rows: tuple[Rows, ...] = Field((), description="Which rows count, by their status")
    route: tuple[Route, ...] = Field((), description="Which route leads from the figures of a report to its effect")
    strata: tuple[Strata, ...] = Field((), description="Strata as effects of their own, or whole studies where these are reported")
    measure: tuple[Measure, ...] = Field((), description="Measures, where the outcome's is `RR` or `OR`")
    zero_cells: tuple[ZeroCells, ...] = Field((), description="What is done with empty cells, where effects come from counts")
    excluded: tuple[Text, ...] = Field((), description="Studies that may be left out, by their id; all where none is given")


class SubsetsPlan(_Table):
    """How many subsets of the studies are pooled."""

    most: int = Field(
        300_000,
        ge=1_000,
        le=1_048_576,
        description="All subsets are pooled where there are no more than so many, else a sample of so many",
    )
    seed: int = Field(1, ge=0, description="Seed of that sample")


class SequentialPlan(_Table):
    """What a trial sequential analysis is planned for."""

    smallest_effect: float = Field(description="The smallest effect that matters, as shown: a ratio such as 0.80, or a difference")
    why: str = Field("", description="Why an effect as large as that matters; said in the report")
    level: float = Field(0.95, gt=0, lt=1, description="1 - the two-sided error probability, over all looks together")
    power: float = Field(0.90, gt=0, lt=1, description="Probability of finding an effect as large as that")
    spending: Literal["OF", "Pocock"] = Field("OF", description="How error is spent: O'Brien-Fleming or Pocock type")
    futility: bool = Field(False, description="Boundaries of futility too, which raise the information required")
    diversity: float | None = Field(
        None, ge=0, lt=1, description="D², the share of the variance that heterogeneity adds; that of the studies where left out"
    )


class BayesianPlan(_Table):
    """Priors of the Bayesian model, on the analysis scale (log for ratios)."""

    tau_prior: Literal["half-normal", "half-Cauchy"] = Field(
        "half-normal", description="Prior of the standard deviation between studies"
    )
    tau_scale: float | None = Field(None, gt=0, description="Its scale; 0.5 for ratios where left out, to be given for differences")
    effect_sd: float | None = Field(
        None, gt=0, description="Standard deviation of a normal prior of the effect about no effect; a flat prior where left out"
    )


class Analysis(_Table):
    """One analysis of the plan."""

    id: Identifier = Field(description="Identifier; findings.json and figures are named after it")
    outcome: str = Field(description="`id` of the outcome")
    model: Model = Field(
        "random",
        description="How effects are pooled: "
        + "; ".join(f"`{name}` {what}" for name, what in MODELS.items())
        + ". `tau2`, `ci` and `prediction` are of random effects alone",
    )
    tau2: Tau2 = Field("REML", description="Estimator of the between-study variance")
    ci: Interval = Field("HK", description="Interval of the pooled effect; KR goes with REML, PL with ML, HC with DL")
    prediction: Literal["t", "HTS", "normal"] = Field("t", description="Reference distribution of the prediction interval")
    level: float = Field(0.95, gt=0, lt=1, description="Confidence level")
    subgroups: tuple[Text, ...] = Field(
        (),
        description="Columns of studies.csv to stratify by; `drug x setting` crosses two. `risk of bias` is the level over all "
        "domains, from risk_of_bias.csv",
    )
    subgroup_tau2: Literal["separate", "common"] = Field("separate", description="A tau2 for each subgroup, or one for all")
    sensitivity: tuple[Sensitivity, ...] = Field(
        (
            "hk-floor",
            "dl-wald",
            "common",
            "random-effects",
            "mantel-haenszel",
            "read-only",
            "all-rows",
            "rounding-edges",
            "without-high-risk",
            "low-risk-only",
            "leave-one-out",
        ),
        description="What is varied: " + "; ".join(f"`{id_}` {what}" for id_, what in SENSITIVITY.items()),
    )
    robustness: tuple[Robustness, ...] | None = Field(
        None,
        description="What is shown of how far the result can be trusted: "
        + "; ".join(f"`{id_}` {what}" for id_, what in ROBUSTNESS.items())
        + ". Where left out, all but `bayesian`, and `sequential` where its settings are given",
    )
    small_study_tests: tuple[SmallStudyTest, ...] = Field(
        (), description="Tests of small-study effects; where left out, one by the measure"
    )
    multiverse: MultiversePlan = Field(default_factory=lambda: MultiversePlan.model_validate({}), description="Its choices")
    subsets: SubsetsPlan = Field(default_factory=lambda: SubsetsPlan.model_validate({}), description="How many are pooled")
    sequential: SequentialPlan | None = Field(None, description="What it is planned for")
    bayesian: BayesianPlan = Field(default_factory=lambda: BayesianPlan.model_validate({}), description="Its priors")

    @property
    def wanted(self) -> tuple[str, ...]:
        """The parts of ROBUSTNESS that are to be run."""
        if self.robustness is not None:
            return self.robustness
        return tuple(p for p in ROBUSTNESS if p != "bayesian" and (p != "sequential" or self.sequential is not None))


def goes_together(tau2: str, ci: str) -> bool:
    """Whether an interval goes with an estimator of tau2; the common effect has the Wald interval alone.

    >>> [ci for ci in ("HK", "Wald", "KR", "HC") if goes_together("DL", ci)]
    ['HK', 'Wald', 'HC']
    """
    from trialpool.stats.pooling.intervals import GOES_WITH  # SciPy behind it takes its time

    return ci == "Wald" if tau2 == COMMON else GOES_WITH.get(ci, tau2) == tau2


class ScreeningPlan(_Table):
    """How records become included studies."""

    reviewers: int = Field(2, ge=1, le=9, description="How many reviewers decide each record, apart from each other")
    blinded: bool = Field(True, description="Nobody sees what others decided of a record until all who must have decided")
    include: tuple[Text, ...] = Field((), description="Criteria of inclusion, shown while screening")
    exclude: tuple[Text, ...] = Field((), description="Criteria of exclusion, shown while screening")
    reasons: tuple[Text, ...] = Field((), description="Reasons for excluding a full text, in the order in which they are looked at")
    title_abstract_reasons: tuple[Text, ...] = Field(
        (), description="Reasons for excluding by title and abstract; none is asked for where left out"
    )
    include_words: tuple[Text, ...] = Field((), description="Words that speak for inclusion, marked in the text; `*` ends a stem")
    exclude_words: tuple[Text, ...] = Field((), description="Words that speak against it, marked in the text")
    recall: float = Field(
        0.95, gt=0, lt=1, description="Share of the relevant records that must be found before screening may stop"
    )
    confidence: float = Field(0.95, gt=0, lt=1, description="Confidence with which that share is to be reached")
    seed: int = Field(1, ge=0, description="Seed of the order in which records are shown")

    def reasons_at(self, stage: Stage) -> tuple[str, ...]:
        """The reasons of exclusion that the protocol has for a stage."""
        return self.reasons if stage == "full-text" else self.title_abstract_reasons


class RiskOfBiasPlan(_Table):
    """How judgements of the risk of bias are used."""

    tools: tuple[Identifier, ...] = Field(
        (), description="Where several tools judge one result, the one of these that comes first counts"
    )
    beside_forest: bool = Field(True, description="Whether forest plots show the judgements beside the studies")


class Plan(_Table):
    """review.toml as a whole."""

    format: Literal[1] = Field(description="Version of the folder's format")
    title: Text = Field(description="Title of the review")
    cautions: tuple[Text, ...] = Field(
        (), description="What a reader must know before the answers, a sentence each; shown above them"
    )
    treatment: Text = Field("Treatment", description="What tables and plots call the treatment arm")
    control: Text = Field("Control", description="What they call the control arm")
    time_unit: str = Field("months", description="Unit of medians, landmarks and follow-up in results/*.csv")
    question: Question = Field(default_factory=lambda: Question.model_validate({}), description="The question")
    screening: ScreeningPlan = Field(
        default_factory=lambda: ScreeningPlan.model_validate({}), description="How records are screened"
    )
    risk_of_bias: RiskOfBiasPlan = Field(
        default_factory=lambda: RiskOfBiasPlan.model_validate({}), description="How judgements of the risk of bias are used"
    )
    flow: FlowPlan | None = Field(None, description="Counts of the flow from the search to the synthesis, given by hand")
    prisma: Prisma = Field(
        default_factory=dict, description="Items of the PRISMA 2020 checklist (`24a`), and where or how they are reported"
    )
    outcomes: tuple[Outcome, ...] = Field(min_length=1, description="The outcomes")
    analyses: tuple[Analysis, ...] = Field(min_length=1, description="The analyses, in the order of the report")
