"""Batches of sentences, read as a careful statistician would: figures whole, none of another kind, claims as they are meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import trialpool as tp
from trialpool.analysis.claims_evidence import concepts_of
from trialpool.analysis.claims_said import claims_in
from trialpool.analysis.claims_scope import Scopes

BATCHES = json.loads((Path(__file__).parent / "statement_batches.json").read_text(encoding="utf-8"))["batches"]
CASES = [case for batch in BATCHES for case in batch["cases"]]


@pytest.fixture(scope="module")
def review():
    return tp.read_review(Path(__file__).parents[2] / "reviews/imid-maintenance")


def figure(value):
    return "-" if value is None else f"{value.normalize():f}"


def shown(s):
    low, high = figure(s.ci_low), figure(s.ci_high)
    if s.bound is not None:
        low, high = (low, f"≤{figure(s.bound)}") if s.bound_side == "upper" else (f"≥{figure(s.bound)}", high)
    p = "" if s.p is None else figure(s.p)
    return f"{s.measure} {figure(s.estimate)} {low} {high} {figure(s.ci_level)} {s.p_operator}{p}|{s.outcome}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:60])
def test_figures(case):
    found = [shown(s) for s in tp.read_effect_statements(case["text"])]
    wanted = case["read"]
    compared = [text if want.partition("|")[2] else text.partition("|")[0] + "|" for text, want in zip(found, wanted, strict=False)]
    assert compared + found[len(compared) :] == wanted


@pytest.mark.parametrize("case", [case for case in CASES if "claims" in case], ids=lambda case: case["text"][:60])
def test_claims(review, case):
    found = claims_in(case["text"], Scopes.of_review(review), concepts_of(review))
    marks = [f"{c.label} {c.says}{'?' if c.hedged else ''}{'!' if c.of_others else ''}" for c in found]
    assert "; ".join(marks) == case["claims"]
