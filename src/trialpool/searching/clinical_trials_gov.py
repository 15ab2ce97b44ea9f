"""ClinicalTrials.gov by version 2 of its API: `studies` with a token for the next page.

Reference: https://clinicaltrials.gov/data-api/api
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from trialpool.errors import TrialpoolError
from trialpool.searching.found import Found, Watch, hold_to
from trialpool.searching.polite import Service

ADDRESS = "https://clinicaltrials.gov/api/v2"
INTERVAL = 1.2  # about fifty requests a minute
PAGE = 1000
_FIELDS = re.compile(r"^(?:query|filter)\.\w+=|^aggFilters=")


def search_clinical_trials_gov(service: Service, query: str, *, limit: int, watch: Watch) -> Found:
    """Search the register and fetch every registration, with its results; arguments as of `search_pubmed`.

    A query may be words, or the fields of the API: `query.cond=multiple myeloma&query.intr=lenalidomide`.
    """
    values = asked(query) | {"format": "json", "pageSize": str(PAGE), "countTotal": "true"}
    studies: list[Any] = []
    token, hits = "", 0
    while True:
        page: dict[str, Any] = json.loads(service.ask("studies", values | ({"pageToken": token} if token else {}), whole=_is_whole))
        hits = int(page.get("totalCount", hits))
        hold_to(limit, hits, service.name)
        studies += page.get("studies", [])
        watch(len(studies), hits)
        token = str(page.get("nextPageToken", ""))
        if not token:
            break
    data = json.dumps({"totalCount": hits, "studies": studies}, ensure_ascii=False, indent=1) + "\n"
    return Found(hits, len(studies), data.encode("utf-8"), ".json")


def asked(query: str) -> dict[str, str]:
    """The fields of the API that a query gives.

    >>> asked("lenalidomide"), asked("query.cond=multiple myeloma&filter.overallStatus=COMPLETED")
    ({'query.term': 'lenalidomide'}, {'query.cond': 'multiple myeloma', 'filter.overallStatus': 'COMPLETED'})
    """
    if not _FIELDS.match(query):
        return {"query.term": query}
    fields = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := [name for name in fields if not _FIELDS.match(f"{name}=")]:
        raise TrialpoolError(f"{unknown[0]!r} is no field of a search. Use query.*, filter.* or aggFilters.")
    return fields


def _is_whole(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
