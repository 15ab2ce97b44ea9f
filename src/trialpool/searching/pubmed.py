"""PubMed by NCBI's E-utilities: `esearch` keeps the result on the server, `efetch` gives the records as XML, page by page.

Reference: https://www.ncbi.nlm.nih.gov/books/NBK25499/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from trialpool.errors import TrialpoolError
from trialpool.searching.found import Found, Watch, hold_to
from trialpool.searching.polite import Service

ADDRESS = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
INTERVAL, INTERVAL_WITH_KEY = 0.34, 0.1  # three requests a second, ten with a key
PAGE = 200
AT_MOST = 9_999  # records that PubMed gives of one search; larger ones are split by date
FIRST_DAY = date(1700, 1, 1)
_RECORD = re.compile(r"<Pubmed(?:Book)?Article[ >]")
_BODY = re.compile(r"<PubmedArticleSet[^>]*>(.*)</PubmedArticleSet>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Result:
    """A search that NCBI keeps for us."""

    count: int
    environment: str
    key: str
    note: str


def search_pubmed(service: Service, query: str, *, today: date, limit: int, watch: Watch, email: str = "", key: str = "") -> Found:
    """Search PubMed and fetch every record.

    Parameters
    ----------
    service
        PubMed, with its interval
    query
        as in PubMed's search box; it is sent as it is
    today
        the last day by which a large result is split
    limit
        refuse a result that has more hits
    watch
        told of each page
    email, key
        who asks, and the API key of the account
    """
    who = {"tool": "trialpool"} | ({"email": email} if email else {}) | ({"api_key": key} if key else {})
    whole = _esearch(service, {"term": query, **who})
    hold_to(limit, whole.count, service.name)
    pages = []
    done = 0
    for part in _parts(service, {"term": query, **who}, whole, FIRST_DAY, today + timedelta(days=366)):
        for page in _pages(service, part, who):
            pages.append(page)
            done += len(_RECORD.findall(page))
            watch(done, whole.count)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<PubmedArticleSet>\n{"".join(pages)}</PubmedArticleSet>\n'
    return Found(whole.count, done, text.encode("utf-8"), ".xml", whole.note)


def _esearch(service: Service, values: dict[str, str]) -> _Result:
    text = service.ask(
        "esearch.fcgi",
        {"db": "pubmed", "usehistory": "y", "retmax": "0", "retmode": "json", **values},
        method="POST",
        whole=_is_json,
    )
    said: dict[str, Any] = json.loads(text).get("esearchresult", {})
    if "ERROR" in said or "count" not in said:
        raise TrialpoolError(f"PubMed refuses the search: {said.get('ERROR', 'no reason given')}.")
    return _Result(int(said["count"]), str(said.get("webenv", "")), str(said.get("querykey", "")), _note(said))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _note(said: dict[str, Any]) -> str:
    """How PubMed read the query, and words that it did not find."""
    unknown = [str(word) for word in (said.get("errorlist") or {}).get("phrasesnotfound", [])]
    parts = [f"read as: {said['querytranslation']}" if said.get("querytranslation") else ""]
    parts.append(f"not found: {', '.join(unknown)}" if unknown else "")
    return "; ".join(part for part in parts if part)


def _parts(service: Service, values: dict[str, str], result: _Result, first: date, last: date) -> Iterator[_Result]:
    """The result, or, where it is larger than PubMed gives, those of the halves of the time in which its records came in."""
    if result.count <= AT_MOST or first == last:
        yield result
        return
    middle = first + (last - first) // 2
    for begin, end in ((first, middle), (middle + timedelta(days=1), last)):
        within = {"datetype": "edat", "mindate": f"{begin:%Y/%m/%d}", "maxdate": f"{end:%Y/%m/%d}"}
        yield from _parts(service, values, _esearch(service, values | within), begin, end)


def _pages(service: Service, result: _Result, who: dict[str, str]) -> Iterator[str]:
    """The records in the XML of each page, without what is around them."""
    kept = {"db": "pubmed", "WebEnv": result.environment, "query_key": result.key, "retmode": "xml", "retmax": str(PAGE), **who}
    for start in range(0, result.count, PAGE):
        page = service.ask(
            "efetch.fcgi", kept | {"retstart": str(start)}, method="POST", whole=lambda text: bool(_BODY.search(text))
        )
        body = _BODY.search(page)
        assert body is not None
        yield body[1].strip("\n") + "\n"
