"""How robust a result is: an answer that names every doubt and no other, figures in the order of their numbers, sources."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from tests.formats.folders import PLAN, findings, folder, row

from trialpool.analysis.run import analyse
from trialpool.formats.review_folder import read_review
from trialpool.reports.findings_json import findings_json
from trialpool.reports.html import html_report
from trialpool.reports.html_robustness import CONTENT, FIGURES, HEADINGS, robustness_view
from trialpool.reports.methods_text import methods, references
from trialpool.reports.report_figures import report_figures
from trialpool.reports.robustness_checks import checks, robust_answer, share_text, side

TEN = [{"study": f"s-{i}", "label": f"S {i}", "year": 2000 + i} for i in range(10)]
STRONG = [row(study=f"s-{i}", estimate="0.50", ci_low=f"0.{40 + i % 3}", ci_high="0.62") for i in range(10)]
WEAK = [  # the small studies show the larger effects
    row(study=f"s-{i}", estimate=f"{0.98 - 0.05 * i:.2f}", ci_low=f"{(0.98 - 0.05 * i) * (0.93 - 0.055 * i):.3f}",
        ci_high=f"{(0.98 - 0.05 * i) / (0.93 - 0.055 * i):.3f}")
    for i in range(10)
]  # fmt: skip
SEQUENTIAL = "\n[analyses.sequential]\nsmallest_effect = 0.95\nwhy = 'Less would not matter.'\n"


def of(tmp_path, results, toml=PLAN):
    return findings(folder(tmp_path, toml=toml, studies=TEN, results=results))


@pytest.fixture(scope="module")
def flagship():
    return analyse(read_review("reviews/imid-maintenance"))


@pytest.fixture(scope="module")
def page(flagship):
    return html_report(flagship, report_figures(flagship))


def test_a_result_that_stands_everywhere_is_said_to(tmp_path):
    found = of(tmp_path, STRONG)["os"]
    assert robust_answer(found) == "The conclusion (the result favours treatment) stands in every check that was made."
    assert [check.stands for check in checks(found) if check.doubt] == []


def test_every_doubt_is_named_and_no_other(tmp_path):
    found = of(tmp_path, WEAK, PLAN + SEQUENTIAL)["os"]
    of_it = found.robustness
    said = robust_answer(found)
    against = int((~of_it.multiverse.holds).sum())
    assert (f"in {against:,} of {of_it.multiverse.n:,} defensible analyses" in said) == (against > 0)
    assert of_it.trim_and_fill.k0 > 0
    assert ("filled in for asymmetry" in said) == (side(of_it.trim_and_fill.filled) != side(found.fit))
    stands = of_it.sequential.verdict == "crossed"
    assert ("when repeated looks are allowed for" in said) == (not stands)
    assert said.count(" and ") + said.count(", ") >= len([check for check in checks(found) if check.doubt]) - 1


def test_the_limits_of_a_check_are_those_of_its_value(flagship):
    for found in flagship.analyses:
        by_name = {check.name: check for check in checks(found)}
        m = found.robustness.multiverse
        some = by_name["Every defensible analysis (multiverse)"].stands
        expected = f"in all {m.n:,}" if m.holds.all() else f"in {int(m.holds.sum()):,} of {m.n:,} ({share_text(m.share)})"
        assert some == expected
        assert by_name["Bayesian model"].stands == ("yes" if side(found.robustness.bayesian) == side(found.fit) else "no")


@pytest.mark.parametrize(
    ("share", "text"), [(1.0, "100%"), (0.0, "0%"), (0.9999, "over 99.9%"), (1e-6, "under 0.1%"), (0.5, "50.0%")]
)
def test_a_share_is_never_rounded_to_all_or_none(share, text):
    assert share_text(share) == text


def test_figures_stand_in_the_order_of_their_numbers(page):
    numbers = list(dict.fromkeys(int(number) for number in re.findall(r"<b>Figure (\d+)\.</b>", page)))  # flow: wide, narrow
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_part_of_the_flagship_is_on_the_page_with_its_limits(flagship, page):
    for found in flagship.analyses:
        id_ = found.analysis.id
        assert f'id="{id_}.robustness"' in page
        wanted = {"sensitivity", "cumulative", "funnel", *(p for p in found.analysis.wanted if p != "small-study")}
        assert {part for part in HEADINGS if f'id="{id_}.{part}"' in page} == wanted
        view = robustness_view(found, found.outcome.name, {})
        assert {part.id for part in view.parts if part.limits} >= set(found.analysis.wanted) - {"small-study"}
    assert "a hazard ratio of 0.85 with 90% power" in page
    assert "55 to 56 of 100 would with it" in page


def test_every_figure_has_its_words(flagship):
    for name, figure in report_figures(flagship).items():
        assert figure.title, name
        assert len(figure.description) > 40, name


def test_tables_of_parts_name_every_part():
    assert set(CONTENT) == set(FIGURES) == set(HEADINGS)


def test_a_part_that_cannot_be_had_says_why_on_the_page(tmp_path):
    made = findings(folder(tmp_path))
    text = html_report(made, report_figures(made))
    assert "Not run: with 3 effects, fewer than 10, no test has the power to tell chance from asymmetry" in text


def test_the_methods_name_what_was_run_with_its_sources(flagship, tmp_path):
    headings = [paragraph.heading for paragraph in methods(flagship)]
    assert headings[-8:-2] == [
        "Multiverse", "Influence", "Subsets", "Small-study effects", "Sequential analysis of overall survival", "Bayesian model",
    ]  # fmt: skip
    cited = " ".join(references(flagship))
    for author in ("Voracek", "Viechtbauer W, Cheung", "Olkin", "Sterne", "Duval", "Wetterslev", "Lan KKG", "Röver"):
        assert author in cited
    bare = findings(folder(tmp_path, toml=PLAN + "robustness = []\n"))
    assert {"Multiverse", "Influence", "Subsets"} & {paragraph.heading for paragraph in methods(bare)} == set()


def test_the_json_has_the_numbers_of_the_findings(flagship):
    data = {a["id"]: a["robustness"] for a in json.loads(findings_json(flagship))["analyses"]}
    for found in flagship.analyses:
        mine, r = data[found.analysis.id], found.robustness
        assert mine["multiverse"]["n"] == r.multiverse.n
        assert mine["multiverse"]["below"] + mine["multiverse"]["above"] <= r.multiverse.n
        assert mine["multiverse"]["holds"] / r.multiverse.n == pytest.approx(r.multiverse.share, rel=1e-12)
        assert mine["subsets"]["median"] == pytest.approx(float(np.median(r.subsets.mu)), rel=1e-12)
        assert [s["study"] for s in mine["influence"]] == list(r.influence.study)
        assert mine["bayesian"]["estimate"] == r.bayesian.estimate
        assert [part["part"] for part in mine["not_run"]] == list(r.why_not)
    looks = data["os"]["sequential"]["looks"]
    assert [look["look"] for look in looks] == sorted(look["look"] for look in looks)
    assert data["os"]["sequential"]["fraction"] == looks[-1]["fraction"]
