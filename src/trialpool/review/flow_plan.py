"""`[flow]` of review.toml: the counts of the flow that a person gives, because no file of the review holds them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from trialpool.review.flow import FlowArm, FlowBox, FlowCounts, Step

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


def _number_or_parts(value: Any) -> Any:
    """One message for what is neither a number nor numbers by name, instead of one for each of the two."""
    given = list(value.values()) if isinstance(value, dict) else [value]
    if all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in given):
        return value
    raise PydanticCustomError("counts", "Give a whole number, 0 or more, or such numbers by name: { PubMed = 310, Embase = 420 }")


N = Annotated[int, Field(ge=0)] | None
Parts = Annotated[int | dict[str, int] | None, BeforeValidator(_number_or_parts)]


class FlowBoxPlan(BaseModel):
    """A box of one's own in the flow diagram."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Text = Field(description="What the box says")
    n: N = Field(None, description="Its number; none for words alone")
    beside: Step = Field("included", description="The step that it stands beside")
    arm: FlowArm = Field("databases", description="Whose step it is: that of databases and registers, or that of other methods")
    leaves: bool = Field(False, description="Whether these leave the flow at this step, so that the arithmetic takes them off")


class FlowPlan(BaseModel):
    """Counts of the flow given by hand; what the files of the review hold is counted there, and compared with these."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    note: str = Field("", description="What a reader must know of the flow; shown with the diagram")
    previous_studies: N = Field(None, description="Studies in the previous version of the review; makes this an update")
    previous_reports: N = Field(None, description="Reports of these")
    databases: Parts = Field(None, description="Records from databases, by name (`{ PubMed = 310, Embase = 420 }`) or in all")
    registers: Parts = Field(None, description="Records from registers of trials, by name or in all")
    duplicates: N = Field(None, description="Duplicate records removed")
    automation: N = Field(None, description="Records that automation tools marked as ineligible, removed before screening")
    removed_other: Parts = Field(None, description="Records removed before screening for other reasons, by reason or in all")
    screened: N = Field(None, description="Records screened")
    excluded: Parts = Field(None, description="Records excluded by title and abstract, by reason or in all")
    excluded_by_automation: N = Field(None, description="Those of `excluded` that no person decided")
    sought: N = Field(None, description="Reports sought for retrieval")
    not_retrieved: Parts = Field(None, description="Reports not retrieved, by reason or in all")
    assessed: N = Field(None, description="Reports assessed for eligibility")
    excluded_reports: Parts = Field(None, description="Reports excluded, by reason or in all")
    websites: N = Field(None, description="Records from websites; this and the next three make a second arm of other methods")
    organisations: N = Field(None, description="Records from organisations")
    citations: N = Field(None, description="Records from searching citations")
    other_sources: Parts = Field(None, description="Records from further sources, by name or in all")
    other_sought: N = Field(None, description="Reports of that arm sought for retrieval")
    other_not_retrieved: Parts = Field(None, description="Reports of that arm not retrieved")
    other_assessed: N = Field(None, description="Reports of that arm assessed for eligibility")
    other_excluded_reports: Parts = Field(None, description="Reports of that arm excluded, by reason or in all")
    new_studies: N = Field(None, description="Studies included by this search")
    new_reports: N = Field(None, description="Reports of these")
    dropped_studies: N = Field(None, description="Studies of the previous version that are included no longer")
    dropped_reports: N = Field(None, description="Reports of these")
    total_studies: N = Field(None, description="Studies included in all, in an update")
    total_reports: N = Field(None, description="Reports of these")
    pooled_studies: N = Field(None, description="Studies in a meta-analysis")
    pooled_reports: N = Field(None, description="Reports of these")
    boxes: tuple[FlowBoxPlan, ...] = Field((), description="Boxes of your own, each under `[[flow.boxes]]`")

    @property
    def counts(self) -> FlowCounts:
        """What is given, as counts."""
        given = self.model_dump(exclude={"note", "boxes"}, exclude_none=True)
        return FlowCounts(**given, boxes=tuple(FlowBox(**box.model_dump()) for box in self.boxes))
