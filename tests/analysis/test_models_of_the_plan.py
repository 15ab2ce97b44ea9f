"""An analysis by the model that its plan asks for: metafor's numbers, through the reference tables; what cannot be had is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.formats.folders import STUDIES, counts, findings, folder, problems

from trialpool.analysis.findings import AnalysisFindings
from trialpool.figures.forests import difference_text_of
from trialpool.figures.heterogeneity import heterogeneity_line
from trialpool.reports.answers import answer, heterogeneity_text
from trialpool.reports.methods_text import methods
from trialpool.reports.tables import table_rows

REFERENCE = Path(__file__).parents[1] / "reference"
PLAN = 'format = 1\ntitle = "BCG"\n\n[[outcomes]]\nid = "tb"\nname = "Tuberculosis"\nmeasure = "{}"\nreported_as = ["OS"]\n'
ANALYSIS = '\n[[analyses]]\nid = "tb"\noutcome = "tb"\nmodel = "{}"\nrobustness = []\n'
MODELS = [("OR", "mantel-haenszel"), ("RR", "mantel-haenszel"), ("RD", "mantel-haenszel"), ("OR", "common"), ("OR", "peto")]


def bcg() -> list[dict[str, object]]:
    sets: list[dict[str, Any]] = json.loads((REFERENCE / "effect_sizes" / "data_sets.json").read_text(encoding="utf-8"))
    x = next(s["columns"] for s in sets if s["data"] == "bcg")
    table = zip(x["tpos"], x["tneg"], x["cpos"], x["cneg"], strict=True)
    return [counts(f"s{i}", int(a), int(a + b), int(c), int(c + d)) for i, (a, b, c, d) in enumerate(table)]


def analysed(at: Path, measure: str, model: str, rows: list[dict[str, object]], more: str = "") -> AnalysisFindings:
    studies = [{"study": f"s{i}", "label": f"S {i}", "year": 1950 + i, "side": "ab"[i % 2]} for i in range(13)]
    made = folder(at, toml=PLAN.format(measure) + ANALYSIS.format(model) + more, studies=studies, results=rows)
    assert [problem for problem in problems(made) if not problem.startswith("note")] == []
    return findings(made)["tb"]


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_mantel_haenszel_is_that_of_metafor(tmp_path: Path, measure: str) -> None:
    found = analysed(tmp_path, measure, "mantel-haenszel", bcg())
    tables = json.loads((REFERENCE / "mantel_haenszel.json").read_text(encoding="utf-8"))
    metafor = next(row["result"] for row in tables if row["data"] == "bcg" and row["measure"] == measure and row["level"] == 0.95)
    assert found.fit is not None
    assert (found.fit.mu, found.fit.se, found.fit.p) == pytest.approx((metafor["beta"], metafor["se"], metafor["pval"]), rel=1e-9)


def test_peto_and_the_common_effect_by_their_sums(tmp_path: Path) -> None:
    found = analysed(tmp_path, "OR", "peto", bcg())
    a, n1, c, n2 = (np.array([float(str(row[name])) for row in bcg()]) for name in ("events_t", "n_t", "events_c", "n_c"))
    m, N = a + c, n1 + n2
    V = n1 * n2 * m * (N - m) / (N**2 * (N - 1))
    assert found.fit is not None
    assert found.fit.method == "Peto"
    assert found.fit.mu == pytest.approx(((a - n1 * m / N) / 1).sum() / V.sum())
    assert found.fit.se == pytest.approx(1 / np.sqrt(V.sum()))
    assert found.fit.weights == pytest.approx(V / V.sum())
    d = found.selection.effects[0].derivation
    assert (d.route, d.yi) == ("events and patients by Peto", pytest.approx((a - n1 * m / N)[0] / V[0]))


@pytest.mark.parametrize(("measure", "model"), MODELS)
def test_the_rest_of_an_analysis_is_by_the_same_model(tmp_path: Path, measure: str, model: str) -> None:
    found = analysed(tmp_path, measure, model, bcg(), 'subgroups = ["side"]\n')
    assert found.fit is not None
    assert found.cumulative is not None
    assert found.cumulative.fits.mu[-1] == pytest.approx(found.fit.mu)
    method = {"mantel-haenszel": "MH", "peto": "Peto", "common": "IV"}[model]
    (by,) = found.subgroups
    variations = {v.id: v.fit for v in found.sensitivity}
    assert {fit.method for fit in (*by.result.fits, variations["without:s3"], variations["read-only"]) if fit} == {method}
    own = "common" if model == "common" else model
    assert own not in variations
    assert "hk-floor" not in variations
    random = variations["random-effects"]
    assert random is not None
    assert (random.model, random.tau2_method, random.ci_method) == ("random", "REML", "HK")


def test_mantel_haenszel_of_subgroups_is_that_of_their_own_trials(tmp_path: Path) -> None:
    found = analysed(tmp_path / "all", "RR", "mantel-haenszel", bcg(), 'subgroups = ["side"]\n')
    (by,) = found.subgroups
    alone = analysed(tmp_path / "some", "RR", "mantel-haenszel", bcg()[::2])
    assert alone.fit is not None
    assert (by.result.fits[0].mu, by.result.fits[0].se) == pytest.approx((alone.fit.mu, alone.fit.se), rel=1e-12)
    assert by.result.fits[0].weights[::2] == pytest.approx(alone.fit.weights)
    mu, wi = np.array([f.mu for f in by.result.fits]), np.array([1 / f.se**2 for f in by.result.fits])
    assert by.result.Q == pytest.approx((wi * (mu - (wi * mu).sum() / wi.sum()) ** 2).sum())


def test_texts_say_the_model(tmp_path: Path) -> None:
    found = analysed(tmp_path, "RR", "mantel-haenszel", bcg())
    assert "the model takes one effect for all of them, and says nothing of a new study" in answer(found)[1]
    assert heterogeneity_text(found).startswith("Cochran's Q about the Mantel-Haenszel estimate is 152.57 on 12 degrees of freedom")
    whole = findings(tmp_path / "review")
    pooling = next(p for p in methods(whole) if p.heading == "Pooling")
    assert pooling.text.startswith("Effects on tuberculosis were pooled by Mantel and Haenszel's method, a common-effect model")


@pytest.mark.parametrize("model", ["mantel-haenszel", "peto"])
def test_a_study_without_counts_leaves_no_result_and_is_named(tmp_path: Path, model: str) -> None:
    printed = {"study": "b-2005", "outcome": "OS", "measure": "OR", "estimate": "0.70", "ci_low": "0.50", "ci_high": "0.98"}
    printed |= {"orientation": "treatment_vs_control", "status": "read"}
    made = folder(
        tmp_path,
        toml=PLAN.format("OR") + ANALYSIS.format(model),
        studies=STUDIES,
        results=[counts("a-2001", 4, 100, 8, 100), printed],
    )
    whole = findings(made)
    found = whole["tb"]
    assert found.selection.effects == ()
    assert found.selection.missing[0].reason == "it has an effect, but the analysis could not be pooled by the plan's model"
    assert table_rows(whole)["effects"] == []
    method = {"mantel-haenszel": "the Mantel-Haenszel method", "peto": "Peto's method"}[model]
    assert found.fit is None
    assert answer(found) == (
        f"Tuberculosis: no answer, for {method} needs events and patients by arm, which are not known of B 2005.",
    )


def test_a_subgroup_without_events_in_an_arm_has_no_estimate_and_is_not_compared(tmp_path: Path) -> None:
    rows = [counts("s0", 3, 100, 0, 100), counts("s1", 4, 80, 6, 90), counts("s2", 2, 50, 0, 60)]
    found = analysed(tmp_path, "RR", "mantel-haenszel", rows, 'subgroups = ["side"]\n')
    (by,) = found.subgroups
    assert [np.isfinite(fit.mu) for fit in by.result.fits] == [False, True]
    assert not np.isfinite(by.result.Q)
    assert difference_text_of(by.result) == "Test for subgroup differences: not estimable"
    assert heterogeneity_line(by.result.fits[0]) == ""
    assert found.cumulative is not None
    assert np.isfinite(found.cumulative.fits.mu).tolist() == [False, True, True]


POOLS = "pools {} from counts, and the outcome's measure is HR. Use 'random' or 'common'."
UNUSED = "nothing uses it with model = 'common'. Remove it, or use model = 'random'."


@pytest.mark.parametrize(
    ("model", "more", "said"),
    [
        ("peto", "", f"error: review.toml, analyses[1].model: 'peto' {POOLS.format('OR')}"),
        ("mantel-haenszel", "", f"error: review.toml, analyses[1].model: 'mantel-haenszel' {POOLS.format('RR or OR or RD')}"),
        ("common", 'tau2 = "DL"\n', f"warning: review.toml, analyses[1].tau2: {UNUSED}"),
    ],
)
def test_a_model_that_does_not_go_with_the_plan_is_said(tmp_path: Path, model: str, more: str, said: str) -> None:
    assert said in problems(folder(tmp_path, toml=PLAN.format("HR") + ANALYSIS.format(model) + more))
