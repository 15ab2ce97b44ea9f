"""The services that can be searched, and a search of one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from trialpool.errors import BadArgument
from trialpool.searching import clinical_trials_gov, europe_pmc, pubmed
from trialpool.searching.found import Found, Watch
from trialpool.searching.polite import Send, Service


@dataclass(frozen=True, slots=True)
class Searchable:
    """A service by its name on the command line: what people call it, its door, its address, and its interval in seconds."""

    name: str
    platform: str
    address: str
    interval: float


SERVICES: Mapping[str, Searchable] = {
    "pubmed": Searchable("PubMed", "E-utilities", pubmed.ADDRESS, pubmed.INTERVAL),
    "europepmc": Searchable("Europe PMC", "REST service", europe_pmc.ADDRESS, europe_pmc.INTERVAL),
    "clinicaltrials": Searchable("ClinicalTrials.gov", "API v2", clinical_trials_gov.ADDRESS, clinical_trials_gov.INTERVAL),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for, by whom.

    address : another address of the service; empty for its own
    key : API key of PubMed, with which it answers ten requests a second; limit : most hits that are fetched
    """

    database: str
    query: str
    email: str = ""
    key: str = ""
    limit: int = 20_000
    address: str = ""


def search(
    request: Request, send: Send, *, today: date, clock: Callable[[], float], sleep: Callable[[float], None], watch: Watch
) -> Found:
    """Send a search to its service, and fetch all that it finds.

    Raises
    ------
    BadArgument
        for an unknown service, or an empty query
    TrialpoolError
        where the service refuses, does not answer, or finds more than the limit
    """
    if request.database not in SERVICES:
        raise BadArgument(f"{request.database!r} is no service that can be searched. Choose one of {', '.join(SERVICES)}.")
    if not request.query.strip():
        raise BadArgument("The query is empty. Give it as you would type it on the page of the database.")
    known = SERVICES[request.database]
    interval = pubmed.INTERVAL_WITH_KEY if request.key and request.database == "pubmed" else known.interval
    service = Service(known.name, (request.address or known.address).rstrip("/"), send, clock, sleep, interval)
    if request.database == "pubmed":
        return pubmed.search_pubmed(
            service, request.query, today=today, limit=request.limit, watch=watch, email=request.email, key=request.key
        )
    if request.database == "europepmc":
        return europe_pmc.search_europe_pmc(service, request.query, limit=request.limit, watch=watch, email=request.email)
    return clinical_trials_gov.search_clinical_trials_gov(service, request.query, limit=request.limit, watch=watch)
