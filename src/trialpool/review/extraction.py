"""Double extraction: what a person decided where two extractors differ."""

from __future__ import annotations

from datetime import date as Date  # noqa: N812

from pydantic import BaseModel, ConfigDict, Field

WHOLE_ROW = "row"  # in the place of a column: whether a row that only one has counts
KEPT, DROPPED = "yes", "no"


class Adjudication(BaseModel):
    """A row of extraction/adjudication.csv; it counts once `who` is filled, and the last of one difference counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    study: str = Field(description="The study")
    stratum: str = Field("", description="The stratum")
    outcome: str = Field(description="The outcome, as the first extractor has it")
    column: str = Field(description="The column in which they differ; `row` for a row that only one of them has")
    found: str = Field(description="What each has, as `trialpool compare` writes it; where this changes, the row counts no more")
    agreed: str = Field(
        "", description="What counts: a value, empty for an empty cell; for `row`, `yes` to keep it and `no` to drop it"
    )
    who: str = Field("", description="Who decided; empty where nobody has yet")
    when: Date | None = Field(None, description="The day, as `2026-11-28`")
    why: str = Field("", description="The reason: what the source says, and where")

    row: int = Field(0, description="(set by the reader) row of the file, the header being row 1")

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """The difference that it is of."""
        return self.study, self.stratum, self.outcome, self.column, self.found
