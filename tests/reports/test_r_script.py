"""The R script of a report, run: metafor finds every pooled number that the report has."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from tests.formats.test_revman_folder import SMALL, folder_of

from trialpool.analysis.run import analyse
from trialpool.formats.review_folder import read_review
from trialpool.reports.r_script import r_script

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "src/trialpool/formats/template"
FLAGSHIP = ROOT / "reviews/imid-maintenance"


WAYS = """
PM HK-floor HTS separate
DL HK-wider normal separate
DL2 HK-IQWiG t separate
EB t t common
ML PL t separate
REML KR t separate
DL HC t separate
REML HK t common
HE Wald t common
HS HK t separate
HSk HK t separate
SJ HK-floor t common
SJIT HK t separate
DLIT HK t separate
PMM HK t separate
GENQ HK t separate
"""  # estimator of tau2, interval, prediction interval, tau2 of subgroups


@cache
def has_metafor():
    if shutil.which("Rscript") is None:
        return False
    return subprocess.run(["Rscript", "-e", "library(metafor)"], capture_output=True, check=False).returncode == 0


def run(script, folder):
    if not has_metafor():
        pytest.skip("R with the package metafor is not at hand")
    (folder / "recompute.R").write_text(script, encoding="ascii")
    return subprocess.run(["Rscript", "recompute.R"], cwd=folder, capture_output=True, text=True, check=False)


def numbers(script):
    """How many numbers a script compares, those of effects from counts aside."""
    return sum(ours.count(" = ") for ours in re.findall(r"\n  c\((.*)\)\)$", script, re.MULTILINE))


def with_analyses(review, *settings):
    """A review whose first analysis is done in several ways."""
    first = review.plan.analyses[0]
    plain = {"robustness": (), "sensitivity": ("leave-one-out",)}
    analyses = tuple(first.model_copy(update=plain | {"id": f"way-{i}"} | way) for i, way in enumerate(settings, start=1))
    return review.model_copy(update={"plan": review.plan.model_copy(update={"analyses": analyses})})


@pytest.fixture(scope="module")
def flagship():
    review = read_review(FLAGSHIP)
    analyses = tuple(analysis.model_copy(update={"robustness": ()}) for analysis in review.plan.analyses)
    return r_script(analyse(review.model_copy(update={"plan": review.plan.model_copy(update={"analyses": analyses})})))


def test_metafor_agrees_with_the_flagship(flagship, tmp_path):
    done = run(flagship, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    said = re.search(r"(\d+) numbers compared, metafor [\d.]+: all agree within 1e-06", done.stdout)
    assert said
    assert int(said[1]) >= numbers(flagship) > 1000
    assert done.stdout.startswith("pfs: 0.62")


def test_metafor_agrees_with_counts_and_mantel_haenszel(tmp_path):
    script = r_script(analyse(read_review(folder_of(SMALL, tmp_path / "review"))))
    assert 'mantel_haenszel(x.1.01.infection, "RR", level = 95)' in script
    assert 'from_counts("1-02-death", x.1.02.death, "OR")' in script
    done = run(script, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "all agree within 1e-06" in done.stdout


def test_metafor_agrees_with_every_estimator_and_interval_that_it_has(tmp_path):
    ways = [
        {"tau2": tau2, "ci": ci, "prediction": prediction, "subgroup_tau2": share}
        for tau2, ci, prediction, share in map(str.split, WAYS.strip().splitlines())
    ]
    done = run(r_script(analyse(with_analyses(read_review(TEMPLATE), *ways))), tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "all agree within 1e-06" in done.stdout


def test_a_number_that_was_changed_is_found(flagship, tmp_path):
    changed = re.sub(r"(\n  c\(estimate = -?\d\.\d{4})\d", r"\g<1>9", flagship, count=1)
    assert changed != flagship
    done = run(changed, tmp_path)
    assert done.returncode == 1
    assert re.search(r"numbers compared, metafor [\d.]+: 1 differ\.\npfs, pooled, estimate: metafor", done.stdout)


def test_the_script_is_ascii_and_the_same_each_time(flagship):
    assert flagship.isascii()
    assert max(map(len, flagship.splitlines())) < 400
    review = with_analyses(read_review(TEMPLATE), {})
    assert r_script(analyse(review)) == r_script(analyse(review))
