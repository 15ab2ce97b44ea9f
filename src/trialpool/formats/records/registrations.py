"""Registrations in ClinicalTrials.gov, as the API and the website let them be downloaded, among the records of a search."""

from __future__ import annotations

from trialpool.formats.clinical_trials_gov import looks_like_registration, record_of, registrations_of
from trialpool.formats.records.entry import WholeFormat
from trialpool.review.record import Place, Record


def records(text: str, file: str) -> list[Record]:
    """A record a registration, of the kind `registration`."""
    found = registrations_of(text.encode("utf-8"), file)
    return [record_of(registration, Place(file, position)) for position, registration in enumerate(found, start=1)]


CLINICAL_TRIALS_GOV = WholeFormat(
    "clinicaltrials.gov", "ClinicalTrials.gov", lambda head: looks_like_registration(head.encode("utf-8")), records
)
