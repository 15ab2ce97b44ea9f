"""The review of IMiD maintenance: near what was published, and every pooled figure computed again by others.

`plain` is the pooling of the textbooks in loops over plain numbers, by bisection and golden section, and shares nothing with the
package; metafor is R's. Both start from `effects` of findings.json.
"""

from __future__ import annotations

import csv
import json
import math
import shutil
import subprocess
from pathlib import Path

import pytest
from scipy.stats import norm
from scipy.stats import t as student

from trialpool.analysis.run import analyse
from trialpool.formats.review_folder import read_review
from trialpool.reports.findings_json import findings_json

FOLDER = Path(__file__).parents[2] / "reviews/imid-maintenance"
FIGURES = ("estimate", "se", "tau2", "Q")
RECOMPUTED = {"rel": 1e-8, "abs": 1e-8}
R_SCRIPT = """
suppressMessages(library(metafor)); suppressMessages(library(jsonlite))
jobs <- fromJSON(file("stdin"), simplifyVector = FALSE)
out <- lapply(jobs, function(job) {
  yi <- unlist(job$yi); vi <- unlist(job$vi); k <- length(yi)
  test <- if (k > 1 && job$ci == "HK") "knha" else "z"
  method <- if (job$model == "common") "EE" else job$tau2
  control <- if (method == "REML") list(threshold = 1e-13, maxiter = 10000) else if (method == "EE") list() else list(tol = 1e-13)
  fit <- rma(yi, vi, method = method, test = test, level = 100 * job$level, control = control)
  list(estimate = as.numeric(fit$beta), se = fit$se, low = fit$ci.lb, high = fit$ci.ub, p = fit$pval, tau2 = fit$tau2, Q = fit$QE)
})
cat(toJSON(out, auto_unbox = TRUE, digits = NA))
"""


@pytest.fixture(scope="module")
def data():
    return json.loads(findings_json(analyse(read_review(FOLDER))))


@pytest.fixture(scope="module")
def analyses(data):
    return {analysis["id"]: analysis for analysis in data["analyses"]}


@pytest.fixture(scope="module")
def fits(data):
    """Every pooled result that can be had from `effects` alone: name -> (yi, vi, pooled)."""
    levels = levels_of(FOLDER)
    found = {}
    for a in data["analyses"]:
        of = [(e["study"], (e["study"], e["stratum"]), e["yi"], e["vi"]) for e in a["effects"]]
        found[a["id"]] = (of, a["pooled"])
        for group in a["subgroups"]:
            found[f"{a['id']}, {group['level']}"] = (
                [e for e in of if levels(e[1], group["by"]) == group["level"]],
                group["pooled"],
            )
        for v in a["sensitivity"]:
            if v["id"] in ("dl-wald", "common"):
                found[f"{a['id']}, {v['id']}"] = (of, v["pooled"])
            elif v["id"].startswith("without:"):
                found[f"{a['id']}, {v['id']}"] = ([e for e in of if e[0] != v["id"].removeprefix("without:")], v["pooled"])
    return {name: ([e[2] for e in of], [e[3] for e in of], pooled) for name, (of, pooled) in found.items()}


def levels_of(folder):
    """The level of a unit in a subgroup, read anew from studies.csv."""
    with (folder / "studies.csv").open(encoding="utf-8", newline="") as file:
        rows = {(r["study"], r["stratum"]): r for r in csv.DictReader(file)}
    units = {study: [r for key, r in rows.items() if key[0] == study] for study, _ in rows}

    def level(key, by):
        of = [rows[key]] if key in rows else units[key[0]]
        parts = []
        for name in by.split(" x "):
            values = {r[name] for r in of}
            parts.append(values.pop() if len(values) == 1 else "")
        return ", ".join(parts) if all(parts) else ""

    return level


def mean_at(yi, vi, tau2):
    wi = [1 / (v + tau2) for v in vi]
    return sum(w * y for w, y in zip(wi, yi, strict=True)) / sum(wi), wi


def q_at(yi, vi, tau2):
    mu, wi = mean_at(yi, vi, tau2)
    return sum(w * (y - mu) ** 2 for w, y in zip(wi, yi, strict=True))


def restricted_score(yi, vi, tau2):
    """The slope of the restricted likelihood in tau2, times 2."""
    mu, wi = mean_at(yi, vi, tau2)
    squares = sum(w**2 * (y - mu) ** 2 for w, y in zip(wi, yi, strict=True))
    return squares - sum(wi) + sum(w**2 for w in wi) / sum(wi)


def reml(yi, vi):
    low, high = 0.0, 10.0
    if restricted_score(yi, vi, low) <= 0:
        return 0.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if restricted_score(yi, vi, middle) > 0 else (low, middle)
    return (low + high) / 2


def dersimonian_laird(yi, vi):
    wi = [1 / v for v in vi]
    return max(0.0, (q_at(yi, vi, 0) - (len(yi) - 1)) / (sum(wi) - sum(w**2 for w in wi) / sum(wi)))


def plain(yi, vi, pooled):
    """estimate, se, ci, p, tau2, Q, prediction by loops."""
    k, level = len(yi), pooled["level"]
    random = pooled["model"] == "random" and k > 1
    tau2 = {"REML": reml, "DL": dersimonian_laird}[pooled["tau2_method"]](yi, vi) if random else 0.0
    mu, wi = mean_at(yi, vi, tau2)
    se, quantile, tail = math.sqrt(1 / sum(wi)), norm.ppf((1 + level) / 2), norm.sf
    if pooled["ci_method"] == "HK" and k > 1:
        se = math.sqrt(q_at(yi, vi, tau2) / (k - 1) / sum(wi))
        quantile, tail = student.ppf((1 + level) / 2, k - 1), lambda z: student.sf(z, k - 1)
    half = student.ppf((1 + level) / 2, k - 1) * math.sqrt(tau2 + se**2) if random else None
    return {
        "estimate": mu,
        "se": se,
        "ci": [mu - quantile * se, mu + quantile * se],
        "p": 2 * tail(abs(mu / se)),
        "tau2": tau2 if k > 1 else None,
        "Q": q_at(yi, vi, 0),
        "prediction": [mu - half, mu + half] if half else None,
    }


def test_pfs_and_os_are_near_what_was_published(analyses):
    """Wang et al. (2016), abstract: PFS 0.62 (0.57-0.67), OS 0.93 (0.85-1.01); the ranges are those the project promises."""
    simple = {id_: next(v for v in a["sensitivity"] if v["id"] == "dl-wald") for id_, a in analyses.items()}
    assert 0.58 <= simple["pfs"]["pooled"]["shown"]["estimate"] <= 0.66
    assert 0.83 <= simple["os"]["pooled"]["shown"]["estimate"] <= 0.92


def test_every_pooled_figure_comes_out_again_by_plain_loops(fits):
    assert len(fits) > 50
    for name, (yi, vi, pooled) in fits.items():
        again = plain(yi, vi, pooled)
        assert pooled["k"] == len(yi), name
        for figure, value in again.items():
            assert pooled[figure] == (None if value is None else pytest.approx(value, **RECOMPUTED)), (name, figure)
        assert pooled["shown"]["estimate"] == pytest.approx(math.exp(again["estimate"]), **RECOMPUTED), name
        assert pooled["shown"]["ci"] == pytest.approx([math.exp(x) for x in again["ci"]], **RECOMPUTED), name


def has_metafor():
    rscript = shutil.which("Rscript")
    wanted = "quit(status = !(requireNamespace('metafor', quietly = TRUE) && requireNamespace('jsonlite', quietly = TRUE)))"
    return bool(rscript) and subprocess.run([rscript, "-e", wanted], capture_output=True, check=False).returncode == 0


def test_every_pooled_figure_comes_out_again_by_metafor(fits):
    if not has_metafor():
        pytest.skip("R with metafor and jsonlite is not installed")
    jobs = [
        {"yi": yi, "vi": vi, "model": p["model"], "tau2": p["tau2_method"] or "EE", "ci": p["ci_method"], "level": p["level"]}
        for yi, vi, p in fits.values()
    ]
    done = subprocess.run(["Rscript", "-e", R_SCRIPT], input=json.dumps(jobs), capture_output=True, text=True, check=True)
    for (name, (_, _, pooled)), theirs in zip(fits.items(), json.loads(done.stdout), strict=True):
        ours = {figure: pooled[figure] for figure in (*FIGURES, "p")} | dict(zip(("low", "high"), pooled["ci"], strict=True))
        if pooled["k"] == 1:
            ours["tau2"] = theirs["tau2"]  # metafor has 0 where there is none
        assert ours == pytest.approx(theirs, **RECOMPUTED), name


def test_recalled_rows_are_in_no_primary_effect_and_in_the_result_of_all_rows(analyses):
    for analysis in analyses.values():
        assert {effect["status"] for effect in analysis["effects"]} <= {"read", "author", "derived"}
        all_rows = next(v for v in analysis["sensitivity"] if v["id"] == "all-rows")
        assert all_rows["k"] >= analysis["k"]


def test_both_strata_of_mrc_ix_enter_and_are_left_out_together(analyses):
    pfs = analyses["pfs"]
    assert [e["stratum"] for e in pfs["effects"] if e["study"] == "morgan-2012"] == ["intensive", "nonintensive"]
    without = next(v for v in pfs["sensitivity"] if v["id"] == "without:morgan-2012")
    assert without["k"] == pfs["k"] - 2
    assert pfs["studies"] == pfs["k"] - 1


def test_the_plan_is_stratified_as_the_published_review_was(analyses):
    for id_ in ("pfs", "os"):
        assert [t["by"] for t in analyses[id_]["subgroup_tests"]] == ["drug", "setting", "drug x setting"]
        by = {}
        for group in analyses[id_]["subgroups"]:
            by[group["by"]] = by.get(group["by"], 0) + group["k"]
        assert set(by.values()) == {analyses[id_]["k"]}


def test_what_wang_published_is_set_beside_ours(analyses):
    overall = {
        id_: next(p for p in analyses[id_]["published"] if p["source"] == "wang-2016" and p["scope"] == "overall")
        for id_ in ("pfs", "os")
    }
    assert (overall["pfs"]["estimate"], overall["pfs"]["ci"], overall["pfs"]["agrees"]) == (0.62, [0.57, 0.67], True)
    assert (overall["os"]["estimate"], overall["os"]["ci"], overall["os"]["p"]) == (0.93, [0.85, 1.01], "= 0.082")
