"""A study, or one stratum of it that was randomised and is reported on its own."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field


class Study(BaseModel):
    """A row of studies.csv. Columns beyond these are moderators, by which an analysis can form subgroups."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    study: str = Field(description="Identifier, the same in every file of the review: short, no spaces (`attal-2006`)")
    stratum: str = Field("", description="Empty, or the name of a stratum that is reported on its own (a row each)")
    label: str = Field(description="What tables and plots print (`Attal 2006`)")
    year: int = Field(description="Year of the main publication; cumulative analyses go by it")
    trial: str = Field("", description="Name or acronym of the trial")
    registry: str = Field("", description="Registry identifiers, `;` between several")
    doi: str = Field("", description="DOI of the main publication, without address")
    pmid: str = Field("", description="PubMed identifier of the main publication")
    treatment: str = Field("", description="What the treatment arm received")
    control: str = Field("", description="What the control arm received")
    n_t: int | None = Field(None, description="Patients randomised to treatment", ge=0)
    n_c: int | None = Field(None, description="Patients randomised to control", ge=0)
    source: str = Field("", description="Address of the main publication")
    note: str = Field("", description="Anything a reader of the study table should know")
    moderators: Mapping[str, str] = Field(
        default_factory=dict, description="Every further column of studies.csv, as text: drug, setting, ..."
    )

    @property
    def key(self) -> tuple[str, str]:
        return self.study, self.stratum

    @property
    def title(self) -> str:
        return f"{self.label} ({self.stratum})" if self.stratum else self.label
