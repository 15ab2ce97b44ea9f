"""Effect statements are read whole, and nothing else is read as one."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import trialpool as tp
from trialpool.formats.effect_statements.outcomes import BY_ID, CONCEPTS, mentions

HERE = Path(__file__).parent
PUBLISHED = json.loads((HERE.parent / "reference/effect_statements.json").read_text(encoding="utf-8"))["cases"]
OWN = json.loads((HERE / "effect_sentences.json").read_text(encoding="utf-8"))["cases"]
FURTHER = ("p_sides", "adjusted", "method", "percent_reduction", "interval_kind")


def number(figure):
    return None if figure is None else float(figure)


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case["id"])
def test_statements_of_papers_and_journal_styles_are_read_whole(case):
    """Triples, level, P and more of tests/reference/effect_statements.json; nothing where there is no ratio."""
    expected, found = case["expected"], tp.read_effect_statements(case["text"])
    if expected.get("no_ratio"):
        assert found == ()
        return
    (s,) = found
    read = {
        "measure": s.measure,
        "estimate": number(s.estimate),
        "lower": number(s.ci_low),
        "upper": number(s.ci_high),
        "level": number(s.ci_level),
        "p_op": s.p_operator or None,
        "p": number(s.p),
    }
    read |= {name: getattr(s, name) for name in FURTHER if name in expected}
    assert read == expected
    assert list(s.flags) == case.get("flags", list(s.flags) if case["id"] == "v29" else [])


def shown(s):
    figures = (s.estimate, s.ci_low, s.ci_high, s.ci_level)
    parts = [str(s.measure), *("-" if f is None else f"{f.normalize():f}" for f in figures)]
    return f"{' '.join(parts)} {s.p_operator}{'' if s.p is None else f'{s.p.normalize():f}'}|{s.outcome}"


@pytest.mark.parametrize("case", OWN, ids=lambda case: case["text"][:60])
def test_sentences_as_abstracts_print_them(case):
    found = [shown(s) for s in tp.read_effect_statements(case["text"])]
    compared = [
        text if want.partition("|")[2] else text.partition("|")[0] + "|" for text, want in zip(found, case["read"], strict=False)
    ]
    assert compared + found[len(compared) :] == case["read"]


@given(
    st.decimals("0.05", "9.99", places=2),
    st.decimals("0.01", "0.99", places=2),
    st.sampled_from(
        ["{m} {e} (95% CI {l}-{u})", "{m}, {e}; 95% CI, {l} to {u}", "{m} = {e} [{l}; {u}]", "{m} of {e} (95% CI: {l}, {u})"]
    ),
    st.sampled_from(["HR", "hazard ratio", "RR", "odds ratio", "OR", "relative risk"]),
)
def test_what_is_printed_is_what_is_read(estimate, width, form, measure):
    low, high = (estimate * (1 - width)).quantize(Decimal("0.01")), (estimate * (1 + width)).quantize(Decimal("0.01"))
    low = max(low, Decimal("0.01"))
    (s,) = tp.read_effect_statements(form.format(m=measure, e=estimate, l=low, u=high))
    assert (s.estimate, s.ci_low, s.ci_high) == (estimate, low, high)
    assert s.measure == {"hazard ratio": "HR", "odds ratio": "OR", "relative risk": "RR"}.get(measure, measure)


@given(st.text(alphabet=st.sampled_from("HRCIP0123456789.,;:()[]-%<=> abt\n·–"), max_size=80))
def test_any_text_is_read_without_failing_and_places_are_true(text):
    for s in tp.read_effect_statements(text):
        assert 0 <= s.start < s.end <= len(text)
        assert s.estimate.is_finite()


def test_decimals_stay_as_printed_and_the_place_is_that_of_the_text():
    text = "Of 300 patients, most lived.\n\nDeath: HR 0.620 (95% CI 0.50–0.70)."
    (s,) = tp.read_effect_statements(text)
    assert str(s.estimate) == "0.620"
    assert text[s.start : s.end] == "HR 0.620 (95% CI 0.50–0.70"
    assert s.quote == "Death: HR 0.620 (95% CI 0.50–0.70)."


def test_entities_are_letters_and_places_are_those_of_the_text_as_given():
    text = "A &amp; B: HR&nbsp;0&middot;62 (95%&nbsp;CI 0&middot;57&ndash;0&middot;67)."
    (s,) = tp.read_effect_statements(text)
    assert (s.estimate, s.ci_low, s.ci_high) == (Decimal("0.62"), Decimal("0.57"), Decimal("0.67"))
    assert text[s.start : s.end] == "HR&nbsp;0&middot;62 (95%&nbsp;CI 0&middot;57&ndash;0&middot;67"


def test_a_level_is_no_estimate_and_a_range_of_months_no_difference():
    assert tp.read_effect_statements("mean differences were -212 U for 0-3 months (95% CI -1310 to 886) later") == ()


def test_comparison_and_change_in_percent():
    (s,) = tp.read_effect_statements(
        "The risk of death was reduced by 25% (HR, 0.75; 95% CI, 0.63-0.90) for lenalidomide vs placebo."
    )
    assert (s.outcome, s.comparison, s.percent_reduction) == ("OS", "lenalidomide vs placebo", 25)
    (s,) = tp.read_effect_statements("Strokes rose: risk increased by 30% (RR 1.30, 95% CI 1.10-1.54).")
    assert (s.percent_change, s.percent_reduction) == (30, None)


def test_a_limit_that_lost_its_decimals_is_kept_as_printed_and_refused():
    (s,) = tp.read_effect_statements("HR=0.58; 95% CI=0.44-75")
    assert (s.ci_low, s.ci_high, s.printed_limits) == (Decimal("0.44"), None, ("0.44", "75"))


def test_outcomes_have_their_own_names_and_kinds_that_exist():
    assert len(BY_ID) == len(CONCEPTS)
    assert {concept.part_of for concept in CONCEPTS if concept.part_of} <= set(BY_ID)
    found = mentions("progression-free, event-free and overall survival; PFS2; quality of life; death from any cause")
    assert [m.concept for m in found] == ["pfs", "efs", "os", "pfs2", "quality of life", "os"]
