"""The page holds together: every link leads somewhere, nothing is fetched, and every number says where it comes from."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from markupsafe import escape

from trialpool.analysis.run import analyse
from trialpool.errors import Problem
from trialpool.figures.from_results import figures_of
from trialpool.formats.review_folder import read_review
from trialpool.reports.html import html_report
from trialpool.review.plan import Plan
from trialpool.review.report import STATUSES, Report
from trialpool.review.review import Review
from trialpool.review.study import Study

VOID = {"meta", "link", "br", "img", "input", "hr", "base", "col", "wbr", "source"}
SOURCE = "see https://example.org/t?a=1&b=2; data:text/html,<b>"
HOSTILE = '<script>alert("note")</script>'


class Page(HTMLParser):
    """The elements of a page with their attributes, the text inside those that have an id, and tags that do not close."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.parents: list[tuple[str, ...]] = []
        self.texts: dict[str, list[str]] = {}
        self.unbalanced: list[str] = []
        self._open: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        self.unbalanced += [tag for tag, _ in self._open]

    def handle_starttag(self, tag, attrs):
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found))
        self.parents.append(tuple(tag for tag, _ in self._open))
        if tag not in VOID:
            self._open.append((tag, found.get("id", "")))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.parents.append(tuple(tag for tag, _ in self._open))

    def handle_endtag(self, tag):
        if self._open and self._open[-1][0] == tag:
            self._open.pop()
        else:
            self.unbalanced.append(f"/{tag}")

    def handle_data(self, data):
        for _, id_ in self._open:
            if id_:
                self.texts.setdefault(id_, []).append(data)

    def text(self, id_: str) -> str:
        return " ".join("".join(self.texts[id_]).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for found, attrs in self.elements if found == tag]


@pytest.fixture(scope="module")
def findings():
    return analyse(read_review("reviews/imid-maintenance"))


@pytest.fixture(scope="module")
def html(findings):
    return html_report(findings, figures_of(findings))


@pytest.fixture(scope="module")
def bare():
    return html_report(bare_findings(), figures_of(bare_findings()))


@pytest.fixture(scope="module", params=["imid-maintenance", "bare"])
def page(request, html, bare):
    return Page(html if request.param == "imid-maintenance" else bare)


def bare_findings():
    """A review with little in it, and that little meant ill: one study, no result, strata, equal names, scripts for notes."""
    plan = Plan.model_validate(
        {
            "format": 1,
            "title": f"A {HOSTILE} title",
            "outcomes": [
                {"id": "nothing", "name": "Nothing at all", "measure": "HR", "reported_as": ["X"]},
                {"id": "death", "name": "Death", "measure": "RD", "reported_as": ["death", "mortality"]},
                {"id": "pain", "name": "Pain & <b>more</b>", "measure": "RR", "reported_as": ["pain"]},
            ],
            "analyses": [
                {"id": "nothing", "outcome": "nothing"},
                {"id": "death", "outcome": "death"},
                {"id": "death-dl", "outcome": "death", "tau2": "DL", "ci": "Wald", "sensitivity": []},
                {"id": "pain", "outcome": "pain"},
            ],
        }
    )
    studies = (
        Study(
            study="a-1", label="A & B 1999", year=1999, doi="10.1000/182", pmid="12", registry="NCT00000001; other", n_t=50, n_c=51
        ),
        Study(study="A.1", stratum="old <i>", label="Á 1", year=2001, source="javascript:alert(1)"),
        Study(study="A.1", stratum="new", label="Á 1", year=2001, source="data:text/html,x"),
    )
    evil = {"source": "javascript:alert(1)", "quote": HOSTILE, "locator": '"><img src=x onerror=alert(2)>'}
    old, new = {"study": "A.1", "stratum": "old <i>"}, {"study": "A.1", "stratum": "new"}
    rows = (
        {"study": "a-1", "outcome": "death", "events_t": 3, "events_c": 8, "status": "read"},
        {"study": "a-1", "outcome": "pain", "events_t": 9, "events_c": 4, "status": "recalled"},
        {**new, "outcome": "death", "events_t": 1, "events_c": 2, "status": "derived", "note": HOSTILE},
        {**old, "outcome": "death", "events_t": 4, "events_c": 2, "status": "read", **evil},
        {**new, "outcome": "pain", "events_t": 4, "events_c": 2, "status": "author", "source": SOURCE},
    )
    common = {"n_t": 50, "n_c": 51, "file": "results/x.csv"}
    reports = tuple(Report.model_validate({**row, **common, "row": i}) for i, row in enumerate(rows, start=2))
    return analyse(Review(plan=plan, studies=studies, reports=reports, remarks=(f"remark {HOSTILE}",)))


# --- the page as a whole


def test_every_element_closes(page):
    assert page.unbalanced == []


def test_ids_are_unique(page):
    ids = Counter(attrs["id"] for _, attrs in page.elements if "id" in attrs)
    assert [id_ for id_, n in ids.items() if n > 1] == []


def test_every_link_within_the_page_leads_somewhere(page):
    ids = {attrs["id"] for _, attrs in page.elements if "id" in attrs}
    links = [attrs["href"] for tag, attrs in page.elements if attrs.get("href", "").startswith("#")]
    assert [href for href in links if href[1:] not in ids] == []
    referred = [attrs[name] for _, attrs in page.elements for name in ("aria-labelledby", "aria-describedby") if name in attrs]
    assert [ref for refs in referred for ref in refs.split() if ref not in ids] == []


def test_nothing_is_fetched(page):
    assert [attrs for _, attrs in page.elements if attrs.keys() & {"src", "srcset", "data", "action", "poster", "background"}] == []
    elsewhere = [(tag, attrs["href"]) for tag, attrs in page.elements if "href" in attrs and not attrs["href"].startswith("#")]
    assert {tag for tag, _ in elsewhere} == {"a", "link"}
    assert [href for tag, href in elsewhere if tag == "link"] == ["data:,"]
    assert [href for tag, href in elsewhere if tag == "a" and not re.match(r"https?://[^/]", href)] == []


def policy(html):
    return next(attrs["content"] for attrs in Page(html).all("meta") if attrs.get("http-equiv") == "Content-Security-Policy")


def test_styles_and_policy_forbid_requests(html):
    style = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'; " in policy(html)


def test_the_policy_lets_the_script_of_the_page_run_and_no_other(html):
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(scripts) == 1
    assert f"script-src 'sha256-{b64encode(sha256(scripts[0].encode()).digest()).decode()}'; " in policy(html)


def test_headings_do_not_skip_a_level(page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert [(a, b) for a, b in pairwise(levels) if b > a + 1] == []


def test_tables_have_captions_scoped_headers_and_a_named_region(page):
    tables = [i for i, (tag, _) in enumerate(page.elements) if tag == "table"]
    assert tables
    assert len(page.all("caption")) == len(tables)
    assert {attrs.get("scope") for attrs in page.all("th")} <= {"col", "row", "rowgroup"}
    for i in tables:
        tag, region = page.elements[i - 1]
        assert (tag, region["role"], region["tabindex"]) == ("div", "region", "0")
        assert region["aria-label"]


def test_regions_have_names_of_their_own(page):
    names = Counter(attrs["aria-label"] for _, attrs in page.elements if attrs.get("role") == "region")
    assert [name for name, n in names.items() if n > 1] == []


def test_the_page_has_its_landmarks_and_a_way_past_the_contents(page):
    assert [len(page.all(tag)) for tag in ("header", "nav", "main", "footer")] == [1, 1, 1, 1]
    assert page.all("a")[0] == {"class": "skip", "href": "#main"}


def test_figures_are_images_with_words(page):
    drawings = page.all("svg")
    assert drawings
    assert all(attrs["role"] == "img" and attrs["aria-labelledby"] for attrs in drawings)


def test_same_findings_same_bytes(findings, html):
    assert html_report(findings, figures_of(findings)) == html


def test_a_page_without_figures_still_holds_every_table(findings, html):
    without = Page(html_report(findings, {}))
    assert without.all("svg") == []
    assert len(without.all("table")) == len(Page(html).all("table"))


# --- where a number comes from


@pytest.mark.parametrize("analysis", ["pfs", "os", "spm"])
def test_every_effect_leads_to_its_derivation(findings, html, analysis):
    page, found = Page(html), findings[analysis]
    links = {attrs["href"] for attrs in page.all("a") if "href" in attrs}
    for effect in found.selection.effects:
        id_ = "-".join(filter(None, (analysis, effect.unit.study, effect.unit.stratum)))
        assert f"#{id_}" in links
        text, report = page.text(id_), effect.report
        for part in (effect.derivation.formula, effect.derivation.worked, report.source, report.locator, report.note):
            assert " ".join(part.split()) in text
        assert f"{report.file}, row {report.row}" in text
        assert STATUSES[report.status] in text
        assert all(assumption in text for assumption in effect.derivation.assumptions)
        assert all(route.worked in text for route in effect.chosen.derivations)
        for refusal in effect.chosen.refusals:
            assert refusal.route in text
            assert refusal.reason.startswith("needs ") or refusal.reason in text
            assert str(escape(refusal.reason)) in html


def test_every_filled_cell_of_a_row_is_shown(findings, html):
    page = Page(html)
    for effect in findings["pfs"].selection.effects:
        text = page.text("-".join(filter(None, ("pfs", effect.unit.study, effect.unit.stratum))))
        for column in effect.report.model_fields_set - {"file", "row", "source", "locator", "quote", "status", "note"}:
            value = str(getattr(effect.report, column)).removeprefix("= ")
            if value not in ("", "None"):
                assert f"{column} {value}" in text


def test_reports_that_do_not_count_say_what_they_would_give_and_why_they_do_not(findings, html):
    page = Page(html)
    for effect in findings["os"].selection.effects:
        text = page.text("-".join(filter(None, ("os", effect.unit.study, effect.unit.stratum))))
        for other in effect.others:
            assert f"{other.report.file}, row {other.report.row}" in text
            assert " ".join(other.rejected.split()) in text
            assert all(derivation.worked in text for derivation in other.derivations[:1])


def test_a_missing_study_shows_what_there_is_of_it(findings, html):
    text = Page(html).text("pfs-rajkumar-2008")
    (missing,) = findings["pfs"].selection.missing
    assert missing.reason in text
    assert text.count(STATUSES["recalled"]) >= len(missing.candidates)


def test_results_that_rest_on_recalled_rows_say_so_beside_the_number(html):
    row = re.search(r"<tr[^>]*><th[^>]*>All rows, recalled ones too.*?</tr>", html, re.DOTALL)
    assert row
    assert "recalled</span>" in row[0]


def test_crude_ratios_are_never_called_ours(html):
    assert "Crude, and never a pooled result of ours." in html
    assert re.search(r"vascular events</th>.*?123/1958.*?54/2157.*?2\.51.*?RR 2\.52 \(1\.41–4\.52\)", html, re.DOTALL)


def test_inconsistencies_lead_to_the_derivation_of_their_row(findings, html):
    page = Page(html)
    effects = [effect for found in findings.analyses for effect in found.selection.effects]
    shown = {(c.report.file, c.report.row) for effect in effects for c in (effect.chosen, *effect.others)}
    in_an_analysis = [problem for problem in findings.inconsistencies if (problem.file, problem.row) in shown]
    assert in_an_analysis
    for problem in in_an_analysis:
        assert isinstance(problem, Problem)
        link = re.search(rf'<a href="#([^"]+)">{re.escape(problem.place)}</a>', html)
        assert link
        assert " ".join(problem.what.split()) in page.text(link[1])


# --- what a user wrote


def test_words_of_the_user_are_escaped(bare):
    page = Page(bare)
    assert "<script>alert" not in bare
    assert len(page.all("script")) == 1
    assert page.all("img") == page.all("i") == []
    assert bare.count("&lt;script&gt;alert(") >= 4


def test_only_web_addresses_become_links(bare):
    hrefs = [attrs["href"] for attrs in Page(bare).all("a")]
    assert [href for href in hrefs if "javascript" in href or href.startswith("data:")] == []
    assert "https://example.org/t?a=1&b=2" in hrefs
    assert "https://doi.org/10.1000/182" in hrefs
    assert "https://clinicaltrials.gov/study/NCT00000001" in hrefs
    assert "javascript:alert(1)" in Page(bare).text("death-a-1-old-i")


def test_an_outcome_without_a_usable_row_says_why(bare):
    found = bare_findings()["nothing"]
    assert found.fit is None
    assert re.search(r'id="nothing\.outcome".*?no answer, for no report of nothing at all can be used', bare, re.DOTALL)
    assert 'id="nothing.missing"' in bare
    assert 'id="nothing.forest"' not in bare


def test_studies_whose_ids_look_alike_have_places_of_their_own(bare):
    ids = {attrs["id"] for _, attrs in Page(bare).elements if "id" in attrs}
    assert {"death-a-1", "death-a-1-new", "death-a-1-old-i", "death-dl-a-1"} <= ids


def test_an_outcome_that_is_analysed_twice_has_two_names(bare):
    headings = re.findall(r'<h2 id="[a-z-]+\.outcome">(.*?)</h2>', bare)
    assert headings == ["Nothing at all", "Death (death)", "Death (death-dl)", "Pain &amp; &lt;b&gt;more&lt;/b&gt;"]


def test_sizes_of_the_arms_have_headings_of_their_own_where_studies_name_no_treatments(bare):
    table = bare.partition("Table: Studies of the review")[2].partition("</thead>")[0]
    heads = re.findall(r"<th[^>]*>(.*?)</th>", table)
    plan = bare_findings().review.plan
    assert [head for head in heads if head.endswith("N")] == [escape(f"{plan.treatment}, N"), escape(f"{plan.control}, N")]
