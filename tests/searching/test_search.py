"""Searches of PubMed, Europe PMC and ClinicalTrials.gov against a server that replays documented replies."""

import json
from dataclasses import dataclass, field
from datetime import date

import pytest
from tests.cli.terminal import trialpool
from tests.searching.server import replaying

from trialpool.errors import BadArgument, TrialpoolError
from trialpool.formats.records.reading import read_records, records_in
from trialpool.formats.search_folder import read_search
from trialpool.searching.polite import Reply, connection
from trialpool.searching.search import Request, search

TODAY = date(2026, 3, 1)


@dataclass
class Time:
    """A clock that only sleeping moves."""

    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(round(seconds, 3))
        self.now += seconds


def run(database, query, address, time=None, **wanted):
    time = time or Time()
    seen = []
    with connection("trialpool/test") as send:
        request = Request(database=database, query=query, address=address, **wanted)
        found = search(request, send, today=TODAY, clock=time.clock, sleep=time.sleep, watch=lambda *n: seen.append(n))
    return found, seen


# PubMed


def article(n):
    return (
        f'<PubmedArticle><MedlineCitation><PMID Version="1">{n}</PMID><Article><ArticleTitle>Trial {n}.</ArticleTitle></Article>'
        "</MedlineCitation></PubmedArticle>\n"
    )


def pubmed(days):
    """PubMed with one record on each of these days (Entrez dates), of which the history keeps every result."""
    kept = []

    def answer(path, values):
        if path == "/esearch.fcgi":
            low, high = values.get("mindate", "0000/00/00"), values.get("maxdate", "9999/99/99")
            kept.append([n for n, day in enumerate(days, start=1) if low <= day <= high])
            said = {
                "count": str(len(kept[-1])),
                "webenv": "MCID_1",
                "querykey": str(len(kept)),
                "querytranslation": '"x"[All Fields]',
            }
            return json.dumps({"esearchresult": said})
        start, many = int(values["retstart"]), int(values["retmax"])
        page = "".join(map(article, kept[int(values["query_key"]) - 1][start : start + many]))
        return f'<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet>\n<PubmedArticleSet>\n{page}</PubmedArticleSet>'

    return answer


def test_pubmed_page_by_page_three_requests_a_second():
    time = Time()
    with replaying(pubmed(["2020/01/01"] * 450)) as server:
        found, seen = run("pubmed", "x", server.address, time, email="me@example.org")
    assert (found.hits, found.records, found.note) == (450, 450, 'read as: "x"[All Fields]')
    assert seen == [(200, 450), (400, 450), (450, 450)]
    assert [record.pmid for record in records_in(found.data, "x.xml")] == [str(n) for n in range(1, 451)]
    assert [(path, values.get("retstart", "")) for path, values in server.asked] == [
        ("/esearch.fcgi", ""),
        ("/efetch.fcgi", "0"),
        ("/efetch.fcgi", "200"),
        ("/efetch.fcgi", "400"),
    ]
    assert server.asked[0][1] == {
        "db": "pubmed", "usehistory": "y", "retmax": "0", "retmode": "json", "term": "x", "tool": "trialpool",
        "email": "me@example.org",
    }  # fmt: skip
    assert time.slept == [0.34] * 3


def test_a_key_allows_ten_requests_a_second():
    time = Time()
    with replaying(pubmed(["2020/01/01"] * 250)) as server:
        run("pubmed", "x", server.address, time, key="secret")
    assert time.slept == [0.1] * 2
    assert all(values["api_key"] == "secret" for _, values in server.asked)


def test_a_result_that_is_larger_than_pubmed_gives_is_split_by_date():
    days = [f"{1960 + n % 60}/06/15" for n in range(25_000)]
    with replaying(pubmed(days)) as server:
        found, _ = run("pubmed", "x", server.address, limit=30_000)
    assert (found.hits, found.records) == (25_000, 25_000)
    numbers = [record.pmid for record in records_in(found.data, "x.xml")]
    assert len(set(numbers)) == 25_000


def test_words_that_pubmed_does_not_know_are_noted():
    said = {
        "count": "0",
        "webenv": "",
        "querykey": "1",
        "querytranslation": "",
        "errorlist": {"phrasesnotfound": ["lenalidomidee"]},
    }
    with replaying(lambda *_: json.dumps({"esearchresult": said})) as server:
        found, _ = run("pubmed", "lenalidomidee", server.address)
    assert (found.hits, found.records, found.note) == (0, 0, "not found: lenalidomidee")


def test_pubmed_refuses():
    refused = json.dumps({"esearchresult": {"ERROR": "Empty term and query_key"}})
    with replaying(lambda *_: refused) as server, pytest.raises(TrialpoolError) as error:
        run("pubmed", "x", server.address)
    assert str(error.value) == "PubMed refuses the search: Empty term and query_key."


# What goes wrong on the way


def failing(first, then):
    """A server that gives these answers first."""
    waiting = list(first)
    return lambda path, values: waiting.pop(0) if waiting else then(path, values)


def test_too_many_requests_are_repeated_when_the_server_says():
    time = Time()
    answers = [(429, "slow down", {"Retry-After": "7"}), (503, "", {}), (500, "", {})]
    with replaying(failing(answers, pubmed(["2020/01/01"]))) as server:
        found, _ = run("pubmed", "x", server.address, time)
    assert found.records == 1
    assert time.slept == [7, 2, 4, 0.34]


def test_a_page_that_broke_off_is_asked_for_again():
    broken = iter([True, False])

    def answer(path, values):
        text = pubmed_of_three(path, values)
        return text[:80] if path == "/efetch.fcgi" and next(broken) else text

    pubmed_of_three = pubmed(["2020/01/01"] * 3)
    with replaying(answer) as server:
        found, _ = run("pubmed", "x", server.address)
    assert found.records == 3


def test_a_service_that_never_answers():
    time = Time()
    with replaying(lambda *_: (503, "", {})) as server, pytest.raises(TrialpoolError) as error:
        run("europepmc", "x", server.address, time)
    assert str(error.value) == "Europe PMC did not answer after 6 tries: status 503. Try again later; nothing was written."
    assert time.slept == [1, 2, 4, 8, 16]
    assert len(server.asked) == 6


def test_a_service_that_cannot_be_reached():
    with pytest.raises(TrialpoolError, match=r"^Europe PMC did not answer after 6 tries: ConnectError"):
        run("europepmc", "x", "http://127.0.0.1:9")


def test_a_time_out_is_a_reason_to_try_again():
    time, replies = Time(), iter([Reply(0, "ReadTimeout"), Reply(200, '{"hitCount": 0, "resultList": {"result": []}}')])
    request = Request(database="europepmc", query="x")
    found = search(request, lambda *_: next(replies), today=TODAY, clock=time.clock, sleep=time.sleep, watch=lambda *_: None)
    assert (found.hits, time.slept) == (0, [1])


def test_a_refusal_is_not_repeated():
    with replaying(lambda *_: (400, "Invalid  query\nsyntax", {})) as server, pytest.raises(TrialpoolError) as error:
        run("clinicaltrials", "AREA[", server.address)
    assert str(error.value) == "ClinicalTrials.gov refuses the search with status 400: Invalid query syntax."
    assert len(server.asked) == 1


def test_more_hits_than_wanted_are_not_fetched():
    with replaying(pubmed(["2020/01/01"] * 30)) as server, pytest.raises(TrialpoolError) as error:
        run("pubmed", "x", server.address, limit=20)
    assert str(error.value) == (
        "The search has 30 hits in PubMed, and --limit is 20. Narrow it, or raise the limit; nothing was fetched."
    )
    assert [path for path, _ in server.asked] == ["/esearch.fcgi"]


@pytest.mark.parametrize(
    ("database", "query", "message"),
    [
        ("embase", "x", "'embase' is no service that can be searched. Choose one of pubmed, europepmc, clinicaltrials."),
        ("pubmed", " ", "The query is empty. Give it as you would type it on the page of the database."),
        ("clinicaltrials", "query.cond=x&format=csv", "'format' is no field of a search. Use query.*, filter.* or aggFilters."),
    ],
)
def test_what_cannot_be_asked(database, query, message):
    with pytest.raises((BadArgument, TrialpoolError)) as error:
        run(database, query, "http://127.0.0.1:9")
    assert str(error.value) == message


# Europe PMC, ClinicalTrials.gov


def europe_pmc(n, size):
    marks = ["*", *(f"mark{i}" for i in range(1, n // size + 2))]

    def answer(path, values):
        page = marks.index(values["cursorMark"])
        numbers = range(page * size + 1, min((page + 1) * size, n) + 1)
        results = [{"id": str(i), "source": "MED", "pmid": str(i), "title": f"Trial {i}.", "pubYear": "2020"} for i in numbers]
        following = marks[page + 1] if numbers else values["cursorMark"]
        return json.dumps({"version": "6.9", "hitCount": n, "nextCursorMark": following, "resultList": {"result": results}})

    return answer


def test_europe_pmc_follows_the_marks():
    with replaying(europe_pmc(5, 2)) as server:
        found, seen = run("europepmc", 'myeloma AND "maintenance"', server.address)
    assert (found.hits, found.records) == (5, 5)
    assert seen == [(2, 5), (4, 5), (5, 5)]
    assert [(record.pmid, record.database) for record in records_in(found.data, "x.json")][-1] == ("5", "Europe PMC")
    assert server.asked[0] == (
        "/search",
        {
            "query": 'myeloma AND "maintenance"',
            "resultType": "core",
            "format": "json",
            "pageSize": "1000",
            "cursorMark": "*",
        },
    )


def registrations(n, size):
    def answer(path, values):
        start = int(values.get("pageToken", "0"))
        studies = [
            {"protocolSection": {"identificationModule": {"nctId": f"NCT{i:08}", "briefTitle": f"Trial {i}"}}}
            for i in range(start + 1, min(start + size, n) + 1)
        ]
        total = {"totalCount": n} if start == 0 else {}
        return json.dumps(total | {"studies": studies} | ({"nextPageToken": str(start + size)} if start + size < n else {}))

    return answer


def test_clinical_trials_gov_follows_the_tokens():
    time = Time()
    with replaying(registrations(5, 2)) as server:
        found, _ = run("clinicaltrials", "query.cond=multiple myeloma&filter.overallStatus=COMPLETED", server.address, time)
    assert (found.hits, found.records) == (5, 5)
    assert [record.nct for record in records_in(found.data, "x.json")] == [f"NCT{i:08}" for i in range(1, 6)]
    assert server.asked[0][1]["query.cond"] == "multiple myeloma"
    assert [values.get("pageToken") for _, values in server.asked] == [None, "2", "4"]
    assert time.slept == [1.2, 1.2]


# The command


def test_what_was_found_is_saved_and_listed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "review").mkdir()
    with replaying(registrations(3, 1000)) as server:
        for _ in range(2):
            ran = trialpool(
                "search", "review", "--database", "clinicaltrials", "--query", "lenalidomide", "--base-url", server.address
            )
            assert ran.code == 0
    problems = []
    found = read_search(tmp_path / "review", problems)
    first, second = found.searches
    assert ran.out.splitlines() == [
        "ClinicalTrials.gov: 3 hits.",
        f"Saved as search/{second.file} and listed in search/searches.csv.",
    ]
    assert (first.file, second.file) == (f"clinicaltrials-{first.date}.json", f"clinicaltrials-{first.date}-2.json")
    assert (first.query, first.hits, first.platform, first.sort) == ("lenalidomide", 3, "API v2", "register")
    assert [problem.what for problem in problems] == [f"the file holds the same as {first.file}"]
    assert len(read_records(tmp_path / "review/search" / first.file)) == 3


def test_a_search_without_hits_is_listed_without_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "review").mkdir()
    with replaying(europe_pmc(0, 2)) as server:
        ran = trialpool("search", "review", "--database", "europepmc", "--query", "nothing", "--base-url", server.address)
    assert (ran.code, ran.out) == (0, "Europe PMC: 0 hits.\nListed in search/searches.csv.\n")
    (row,) = read_search(tmp_path / "review", []).searches
    assert (row.file, row.hits, row.query) == ("", 0, "nothing")


def test_the_key_is_written_nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "review").mkdir()
    monkeypatch.setenv("NCBI_API_KEY", "very-secret")
    with replaying(pubmed(["2020/01/01"])) as server:
        ran = trialpool("search", "review", "--database", "pubmed", "--query", "x", "--base-url", server.address)
    assert all(values["api_key"] == "very-secret" for _, values in server.asked)
    written = b"".join(path.read_bytes() for path in (tmp_path / "review").rglob("*") if path.is_file())
    assert b"very-secret" not in written
    assert "very-secret" not in ran.out + ran.err


def test_no_folder_no_search(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = trialpool("search", "review", "--database", "pubmed", "--query", "x")
    assert (ran.code, ran.err) == (1, "review is no review folder. Make one with: trialpool new review.\n")
