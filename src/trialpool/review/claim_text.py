"""A text that speaks of the review's question: a news item, a press release, an abstract."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ClaimText(BaseModel):
    """A file of claims/: what it is called there, and its words."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="Name of the file in claims/")
    text: str = Field(description="Its words, as plain text")
