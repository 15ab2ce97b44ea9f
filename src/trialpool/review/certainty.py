"""certainty.toml: what a person decides on the certainty of the evidence (GRADE), and what absolute effects are reckoned with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
CertaintyLevel = Literal["high", "moderate", "low", "very low"]
EvidenceKind = Literal["randomised", "non-randomised", "non-randomised-robins-i"]
Importance = Literal["critical", "important", "not important"]

LEVELS: tuple[CertaintyLevel, ...] = get_args(CertaintyLevel)
STARTS: dict[EvidenceKind, CertaintyLevel] = {
    "randomised": "high",
    "non-randomised": "low",
    "non-randomised-robins-i": "high",
}
EVIDENCE = {
    "randomised": "randomised trials",
    "non-randomised": "non-randomised studies",
    "non-randomised-robins-i": "non-randomised studies, judged by ROBINS-I",
}
DOWN = {
    "risk_of_bias": "risk of bias",
    "inconsistency": "inconsistency",
    "indirectness": "indirectness",
    "imprecision": "imprecision",
    "publication_bias": "publication bias",
}
UP = {
    "large_effect": "a large effect",
    "dose_response": "a dose-response relation",
    "opposing_confounding": "confounding that works against the effect",
}
DOMAINS = DOWN | UP
MOST = dict.fromkeys(DOWN, 2) | {"imprecision": 3, "large_effect": 2, "dose_response": 1, "opposing_confounding": 1}
_EVENT = re.compile(
    r"\b(deaths?|die|died|dying|mortality|progress\w*|relaps\w*|recur\w*|events?|failures?|hospitali\w*)\b", re.IGNORECASE
)
_FREE = re.compile(r"\b(free|freedom|alive|surviv\w*|without|no|not|never)\b", re.IGNORECASE)
FULL_TABLE = 7  # outcomes that a reader can take in


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Downgrade(_Table):
    """A decision on one reason to rate the certainty down."""

    down: int = Field(ge=0, le=3, description="Levels down: 0, 1, 2 (3 for imprecision, and for risk of bias by ROBINS-I)")
    why: str = Field("", description="The reason, a footnote of the table; needed where levels are taken off")

    @property
    def levels(self) -> int:
        return -self.down


class Upgrade(_Table):
    """A decision on one reason to rate the certainty up."""

    up: int = Field(ge=0, le=2, description="Levels up: 0, 1 (2 for a large effect)")
    why: str = Field("", description="The reason, a footnote of the table; needed where levels are added")

    @property
    def levels(self) -> int:
        return self.up


class LevelOverride(_Table):
    """A level that a person sets otherwise than the decisions add up to."""

    level: CertaintyLevel = Field(description="The level that counts")
    why: Text = Field(description="Why it is not the one that the decisions add up to; a footnote of the table")


class SmallestImportant(_Table):
    """The smallest difference that matters to the people concerned (MID): give one of the three."""

    per_1000: float | None = Field(None, gt=0, lt=1000, description="As a difference: so many people of 1000 more or fewer")
    ratio: float | None = Field(None, gt=0, description="As a ratio such as 0.80; its inverse counts to the other side")
    difference: float | None = Field(None, gt=0, description="As a mean difference, in the outcome's unit; for MD and SMD")
    why: str = Field("", description="Where it comes from; said under the table")


class InformationSize(_Table):
    """What the optimal information size is reckoned for: that of one trial with enough patients."""

    relative_reduction: float = Field(0.25, gt=0, lt=1, description="Relative reduction that is to be found")
    level: float = Field(0.95, gt=0, lt=1, description="1 - the two-sided error probability")
    power: float = Field(0.80, gt=0, lt=1, description="Probability of finding it")
    control_risk: float | None = Field(
        None, gt=0, lt=1, description="Risk with the comparator; the first baseline where left out; hazard ratios need none"
    )


class Baseline(_Table):
    """How people fare with the comparator: give `risk` or `event_free`."""

    label: str = Field("", description="Which people these are (`low risk`); needed where there are several")
    risk: float | None = Field(None, gt=0, lt=1, description="Share that has the event by then")
    event_free: float | None = Field(None, gt=0, lt=1, description="Share that is free of the event then")
    low: float | None = Field(None, gt=0, lt=1, description="Lower confidence limit of that share, where its error is to count")
    high: float | None = Field(None, gt=0, lt=1, description="Upper confidence limit of that share")
    at: str = Field("", description="When (`3 years`); needed for hazard ratios")
    source: Text = Field(description="Where the figure comes from")

    @property
    def share_with_event(self) -> float:
        """The risk, however it was given."""
        if self.risk is not None:
            return self.risk
        assert self.event_free is not None  # formats/certainty_toml.py sees to it
        return 1 - self.event_free

    @property
    def risk_interval(self) -> tuple[float, float] | None:
        """Limits of the risk, however they were given; None where it is taken as known."""
        if self.low is None or self.high is None:
            return None
        return (self.low, self.high) if self.risk is not None else (1 - self.high, 1 - self.low)


class OutcomeCertainty(_Table):
    """One outcome: a row of the summary of findings, or one for each baseline."""

    analysis: str = Field(description="`id` of the analysis in review.toml")
    importance: Importance = Field("critical", description="How much the outcome matters to the people concerned")
    counted: str = Field(
        "",
        description="What is counted, in the words of a sentence (`deaths`; with `event-free`, `people alive`); the outcome's name "
        "where left out; needed for HR",
    )
    shows: Literal["events", "event-free"] = Field(
        "events", description="Whether the table counts people with the event or, for hazard ratios, people free of it"
    )
    target: Literal["null", "mid"] = Field(
        "null", description="What the certainty is of: that there is an effect (`null`), or one that matters (`mid`)"
    )
    mid: SmallestImportant | None = Field(None, description="The smallest difference that matters")
    information: InformationSize = Field(
        default_factory=lambda: InformationSize.model_validate({}), description="What the optimal information size is for"
    )
    baselines: tuple[Baseline, ...] = Field((), description="Risks with the comparator, a row of the table each")
    evidence: EvidenceKind = Field(
        "randomised", description="Where the certainty starts: high, low for non-randomised studies, high for these by ROBINS-I"
    )
    risk_of_bias: Downgrade | None = Field(None, description="Decision on the risk of bias")
    inconsistency: Downgrade | None = Field(None, description="Decision on inconsistency between the studies")
    indirectness: Downgrade | None = Field(
        None, description="Decision on how far people, treatments and outcomes are those in question"
    )
    imprecision: Downgrade | None = Field(None, description="Decision on imprecision")
    publication_bias: Downgrade | None = Field(None, description="Decision on publication bias")
    large_effect: Upgrade | None = Field(None, description="Decision on rating up for a large effect")
    dose_response: Upgrade | None = Field(None, description="Decision on rating up for a dose-response relation")
    opposing_confounding: Upgrade | None = Field(None, description="Decision on rating up as confounding works against the effect")
    override: LevelOverride | None = Field(None, description="A level set otherwise than the decisions add up to")
    note: str = Field("", description="A further footnote")

    @property
    def counts_the_other(self) -> bool:
        """Whether the words are of people with the event, and the table counts those without it; or the other way round."""
        event, free = _EVENT.search(self.counted), _FREE.search(self.counted)
        return bool(event and not free) if self.shows == "event-free" else bool(free and not event)

    @property
    def in_words(self) -> str:
        """What the table counts, in the words of a sentence: `deaths`, or `freedom from deaths`."""
        return f"freedom from {self.counted}" if self.shows == "event-free" and self.counts_the_other else self.counted

    def decision(self, domain: str) -> Downgrade | Upgrade | None:
        """What was decided on a key of DOMAINS."""
        found: Downgrade | Upgrade | None = getattr(self, domain)
        return found

    @property
    def decisions(self) -> Iterator[tuple[str, Downgrade | Upgrade]]:
        """Every decision that was made, by its domain."""
        return ((domain, made) for domain in DOMAINS if (made := self.decision(domain)) is not None)

    @property
    def lacking(self) -> tuple[str, ...]:
        """The domains that need a decision and have none."""
        return tuple(domain for domain in DOWN if self.decision(domain) is None)

    @property
    def start(self) -> CertaintyLevel:
        """The level before any decision."""
        return STARTS[self.evidence]

    @property
    def computed(self) -> CertaintyLevel | None:
        """The level that the decisions add up to; None while one is lacking."""
        if self.lacking:
            return None
        steps = LEVELS.index(self.start) - sum(made.levels for _, made in self.decisions)
        return LEVELS[min(max(steps, 0), len(LEVELS) - 1)]

    @property
    def level(self) -> CertaintyLevel | None:
        """The level that counts; None where the outcome is not yet judged."""
        computed = self.computed
        return self.override.level if computed is not None and self.override is not None else computed


class Certainty(_Table):
    """certainty.toml as a whole."""

    format: Literal[1] = Field(description="Version of the file's format")
    judged_by: str = Field("", description="Who judged, and how; said under the table")
    cautions: tuple[Text, ...] = Field((), description="What a reader of the table must know, a sentence each; shown above it")
    outcomes: tuple[OutcomeCertainty, ...] = Field(min_length=1, description="The outcomes, in the order of the table")

    def of(self, analysis: str) -> OutcomeCertainty | None:
        """What is said of an analysis."""
        return next((outcome for outcome in self.outcomes if outcome.analysis == analysis), None)
