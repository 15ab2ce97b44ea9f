"""review.toml: the question, the outcomes and the analysis plan."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from trialpool.review.report import Measure

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
SENSITIVITY = {
    "hk-floor": "Hartung-Knapp with its scale factor at least 1",
    "dl-wald": "DerSimonian-Laird, Wald interval (what most published reviews used)",
    "common": "Common effect",
    "mantel-haenszel": "Mantel-Haenszel, without continuity correction (where counts are known)",
    "read-only": "Only rows read at the source",
    "all-rows": "All rows, recalled ones too, whatever their status",
    "leave-one-out": "Each study left out in turn (ids `without:STUDY`)",
}
Tau2 = Literal["REML", "PM", "DL", "DL2", "DLIT", "ML", "EB", "HE", "HS", "HSk", "SJ", "SJIT", "PMM", "GENQ", "GENQM"]
Interval = Literal["HK", "HK-floor", "Wald", "t", "KR", "PL", "HC"]
Sensitivity = Literal["hk-floor", "dl-wald", "common", "mantel-haenszel", "read-only", "all-rows", "leave-one-out"]


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
    definition: str = Field("", description="What counts as the outcome")
    favours_treatment: str = Field("Favours treatment", description="Words under the plot, on treatment's side")
    favours_control: str = Field("Favours control", description="Words under the plot, on control's side")


class Analysis(_Table):
    """One analysis of the plan."""

    id: Identifier = Field(description="Identifier; findings.json and figures are named after it")
    outcome: str = Field(description="`id` of the outcome")
    tau2: Tau2 = Field("REML", description="Estimator of the between-study variance")
    ci: Interval = Field("HK", description="Interval of the pooled effect; KR goes with REML, PL with ML, HC with DL")
    prediction: Literal["t", "HTS", "normal"] = Field("t", description="Reference distribution of the prediction interval")
    level: float = Field(0.95, gt=0, lt=1, description="Confidence level")
    subgroups: tuple[Text, ...] = Field((), description="Columns of studies.csv to stratify by; `drug x setting` crosses two")
    subgroup_tau2: Literal["separate", "common"] = Field("separate", description="A tau2 for each subgroup, or one for all")
    sensitivity: tuple[Sensitivity, ...] = Field(
        ("hk-floor", "dl-wald", "common", "mantel-haenszel", "read-only", "all-rows", "leave-one-out"),
        description="What is varied: " + "; ".join(f"`{id_}` {what}" for id_, what in SENSITIVITY.items()),
    )


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
    outcomes: tuple[Outcome, ...] = Field(min_length=1, description="The outcomes")
    analyses: tuple[Analysis, ...] = Field(min_length=1, description="The analyses, in the order of the report")
