"""Europe PMC by its REST service: `search` with a mark where the next page begins.

Reference: https://europepmc.org/RestfulWebService
"""

from __future__ import annotations

import json
from typing import Any

from trialpool.errors import TrialpoolError
from trialpool.searching.found import Found, Watch, hold_to
from trialpool.searching.polite import Service

ADDRESS = "https://www.ebi.ac.uk/europepmc/webservices/rest"
INTERVAL = 0.2
PAGE = 1000


def search_europe_pmc(service: Service, query: str, *, limit: int, watch: Watch, email: str = "") -> Found:
    """Search Europe PMC and fetch every record; arguments as of `search_pubmed`."""
    values = {"query": query, "resultType": "core", "format": "json", "pageSize": str(PAGE)} | ({"email": email} if email else {})
    results: list[Any] = []
    mark, hits = "*", 0
    while True:
        page = _page(service.ask("search", values | {"cursorMark": mark}, whole=_is_whole))
        hits = int(page["hitCount"])
        hold_to(limit, hits, service.name)
        found = (page.get("resultList") or {}).get("result", [])
        results += found
        watch(len(results), hits)
        following = page.get("nextCursorMark", "")
        if not found or len(results) >= hits or following in ("", mark):
            break
        mark = following
    data = {"hitCount": hits, "request": {"queryString": query}, "resultList": {"result": results}}
    return Found(hits, len(results), (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf-8"), ".json")


def _is_whole(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _page(text: str) -> dict[str, Any]:
    page: dict[str, Any] = json.loads(text)
    if "hitCount" not in page:
        raise TrialpoolError(f"Europe PMC refuses the search: {page.get('errMsg') or 'no reason given'}.")
    return page
