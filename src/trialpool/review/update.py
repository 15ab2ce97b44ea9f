"""One version of a review that was given out, in the history of a living review."""

from __future__ import annotations

from datetime import date as Date  # noqa: N812

from pydantic import BaseModel, ConfigDict, Field


class Update(BaseModel):
    """A row of updates.csv."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str = Field(description="What the version is called (`1.2`)")
    date: Date = Field(description="When it was given out, as `2026-11-28`")
    searched: Date | None = Field(None, description="Until when the literature was searched for it")
    what: str = Field(description="What changed, in a sentence: studies that came in, results that moved")

    row: int = Field(0, description="(set by the reader) row of the file, the header being row 1")
