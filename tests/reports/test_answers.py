"""The answer in sentences: what it says of the effect, of its reach and of the rows that it rests on, and no more."""

from __future__ import annotations

import pytest
from tests.formats.folders import COUNTS_PLAN, PLAN, RESULTS, STUDIES, counts, findings, folder, row

from trialpool.reports.answers import answer, differences, heterogeneity_text, robustness_text, small_study_text

WALD = PLAN + 'ci = "Wald"\ntau2 = "DL"\n'
CLEAR = [row(study=s, estimate="0.50", ci_low="0.40", ci_high="0.63") for s in ("a-2001", "b-2005")]
NAMED = WALD.replace(
    'reported_as = ["OS"]', 'reported_as = ["OS"]\nfavours_treatment = "Favours drug"\nfavours_control = "favours none"'
)


def found(tmp_path, **files):
    return findings(folder(tmp_path, **files))["os"]


def first(tmp_path, **files):
    return answer(found(tmp_path, **files))[0]


@pytest.mark.parametrize(
    ("toml", "results", "words"),
    [
        (NAMED, CLEAR, "the result favours drug in 2 studies"),
        (NAMED.replace("favours_treatment", 'better = "higher"\nfavours_treatment'), CLEAR, "the result favours none in 2 studies"),
        (NAMED, [cells | {"orientation": "control_vs_treatment"} for cells in CLEAR], "the result favours none in 2 studies"),
        (NAMED, RESULTS, "no clear difference between drug and none in 3 studies"),
        (WALD, RESULTS[:1], "no clear difference between treatment and control in 1 study"),
    ],
)
def test_the_first_sentence_claims_no_more_than_the_interval(tmp_path, toml, results, words):
    assert first(tmp_path, toml=toml, results=results).startswith(f"Overall survival: {words} (hazard ratio ")


def test_strata_are_counted_as_comparisons(tmp_path):
    studies = (STUDIES[0] | {"stratum": "old"}, STUDIES[0] | {"stratum": "young"}, *STUDIES[1:])
    said = first(tmp_path, studies=studies, results=[row(stratum="old"), row(stratum="young"), *RESULTS[1:]])
    assert " in 4 comparisons from 3 studies (hazard ratio " in said


def test_the_figures_are_those_of_the_fit(tmp_path):
    assert first(tmp_path, toml=WALD, results=RESULTS[:1]) == (
        "Overall survival: no clear difference between treatment and control in 1 study "
        "(hazard ratio 0.80, 95% confidence interval 0.60 to 1.07, P = 0.13)."
    )


def test_one_study_is_not_pooled(tmp_path):
    second = answer(found(tmp_path, results=RESULTS[:1]))[1]
    assert second.startswith("It is one study, so nothing is pooled and heterogeneity cannot be judged; ")


def test_two_studies_predict_nothing_by_hts(tmp_path):
    second = answer(found(tmp_path, toml=WALD + 'prediction = "HTS"\n', results=CLEAR))[1]
    assert second.startswith("Effects differ between studies by I² 0%; with 2 studies nothing can be predicted; ")


def test_a_result_that_rests_on_rows_that_were_not_read_says_so_with_the_result_of_those_that_were(tmp_path):
    rows = [CLEAR[0] | {"status": "derived"}, CLEAR[1]]
    assert (
        "; it rests on 1 derived and 1 read rows; from the read rows alone it is 0.50 (0.40–0.63)"
        in answer(found(tmp_path, toml=WALD, results=rows))[1]
    )
    none = answer(found(tmp_path / "none", toml=WALD, results=rows[:1]))[1]
    assert "; it rests on 1 derived row, and no row was read at its source" in none


def test_no_usable_row_is_no_answer(tmp_path):
    nothing = found(tmp_path, results=[row(status="recalled")])
    assert answer(nothing) == ("Overall survival: no answer, for no report of overall survival can be used.",)
    assert heterogeneity_text(nothing) == "Heterogeneity cannot be judged from fewer than two studies."
    assert (robustness_text(nothing), small_study_text(nothing), differences(nothing)) == ("", "Egger's test was not run.", ())


def test_all_trials_without_events_are_no_answer(tmp_path):
    rows = [counts(study["study"], 0, 50, 0, 50) for study in STUDIES]
    assert answer(found(tmp_path, toml=COUNTS_PLAN, results=rows)) == ("Death: no answer, for no report of death can be used.",)


def test_studies_that_are_all_the_same_have_words_too(tmp_path):
    same = found(tmp_path, results=[row(study=study["study"], estimate="1.00", ci_low="0.80", ci_high="1.25") for study in STUDIES])
    sentences = [*answer(same), heterogeneity_text(same), robustness_text(same), small_study_text(same), *differences(same)]
    assert not [sentence for sentence in sentences if "nan" in sentence.lower()]
