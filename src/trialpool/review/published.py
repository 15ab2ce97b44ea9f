"""What others found when they pooled, to set beside our own."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from trialpool.review.report import PValue


class Published(BaseModel):
    """A row of published.csv: one pooled result that a publication reports, or is known to hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: str = Field(description="Short name of the publication (`wang-2016`)")
    scope: str = Field("overall", description="`overall`, `column=level` of studies.csv, or other words (shown, not compared)")
    outcome: str = Field(description="`id` of an outcome of review.toml, or any other name (shown, not compared)")
    measure: str = Field("", description="HR, RR, OR, RD, IRR, MD, SMD, or what the source uses")
    estimate: Decimal | None = Field(None, description="Pooled effect as printed")
    ci_low: Decimal | None = Field(None, description="Lower confidence limit")
    ci_high: Decimal | None = Field(None, description="Upper confidence limit")
    ci_level: Decimal = Field(Decimal(95), description="Level of the interval in percent; 95 where left empty")
    p: PValue | None = Field(None, description="P value with its sign")
    k: int | None = Field(None, description="Number of studies")
    n: int | None = Field(None, description="Number of patients")
    events_t: int | None = Field(None, description="Events over all trials, treatment arms")
    n_t: int | None = Field(None, description="Patients over all trials, treatment arms")
    events_c: int | None = Field(None, description="Events over all trials, control arms")
    n_c: int | None = Field(None, description="Patients over all trials, control arms")
    model: str = Field("", description="Model, in the source's words")
    source: str = Field("", description="Where it was seen")
    locator: str = Field("", description="Where in the source")
    status: str = Field("", description="`read`, `recalled`, or `not found`")
    note: str = Field("", description="Anything else")
    row: int = Field(0, description="(set by the reader) row in published.csv")
