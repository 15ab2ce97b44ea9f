"""The answer in sentences: what it says of the effect, of its reach and of the rows that it rests on, and no more."""

from __future__ import annotations

import pytest
from tests.formats.folders import COUNTS_PLAN, PLAN, RESULTS, STUDIES, counts, findings, folder, row

from trialpool.formats.review_folder import read_review
from trialpool.reports.answers import answer, cautions, differences, heterogeneity_text, robustness_text, small_study_text

WALD = PLAN + 'ci = "Wald"\ntau2 = "DL"\n'
CLEAR = [row(study=s, estimate="0.50", ci_low="0.40", ci_high="0.63") for s in ("a-2001", "b-2005")]
NAMED = WALD.replace(
    'reported_as = ["OS"]', 'reported_as = ["OS"]\nfavours_treatment = "Favours drug"\nfavours_control = "favours none"'
)
HIGHER = NAMED.replace("favours_treatment", 'better = "higher"\nfavours_treatment')
WIDE = [row(study=s, estimate="1.00", ci_low="0.50", ci_high="2.00") for s in ("a-2001", "b-2005")]


def found(tmp_path, **files):
    return findings(folder(tmp_path, **files))["os"]


def first(tmp_path, **files):
    return answer(found(tmp_path, **files))[0]


@pytest.mark.parametrize(
    ("toml", "results", "words"),
    [
        (NAMED, CLEAR, "the result favours drug in 2 of 3 studies"),
        (HIGHER, CLEAR, "the result favours none in 2 of 3 studies"),
        (NAMED, [cells | {"orientation": "control_vs_treatment"} for cells in CLEAR], "the result favours none in 2 of 3 studies"),
        (NAMED, RESULTS, "no clear difference between drug and none in 3 studies"),
        (WALD, RESULTS[:1], "no clear difference between treatment and control in 1 of 3 studies"),
        (NAMED, WIDE, "too uncertain to tell whether drug or none did better in 2 of 3 studies"),
        (WALD, [row(ci_low="0.52", ci_high="1.23")], "no clear difference between treatment and control in 1 of 3 studies"),
    ],
)
def test_the_first_sentence_claims_no_more_than_the_interval(tmp_path, toml, results, words):
    assert first(tmp_path, toml=toml, results=results).startswith(f"Overall survival: {words} (hazard ratio ")


def test_strata_are_counted_as_comparisons(tmp_path):
    studies = (STUDIES[0] | {"stratum": "old"}, STUDIES[0] | {"stratum": "young"}, *STUDIES[1:])
    said = first(tmp_path, studies=studies, results=[row(stratum="old"), row(stratum="young"), *RESULTS[1:]])
    assert " in 4 comparisons from 3 studies (hazard ratio " in said
    said = first(tmp_path / "one lost", studies=studies, results=[row(stratum="old"), row(stratum="young"), RESULTS[1]])
    assert " in 3 comparisons from 2 of 3 studies (hazard ratio " in said


def test_the_figures_are_those_of_the_fit(tmp_path):
    assert first(tmp_path, toml=WALD, results=RESULTS[:1]) == (
        "Overall survival: no clear difference between treatment and control in 1 of 3 studies "
        "(hazard ratio 0.80, 95% confidence interval 0.60 to 1.07, P = 0.13)."
    )


def test_one_study_is_not_pooled(tmp_path):
    second = answer(found(tmp_path, results=RESULTS[:1]))[1]
    assert second.startswith("It is one study, so nothing is pooled and heterogeneity cannot be judged; ")


def test_two_studies_predict_nothing_by_hts(tmp_path):
    second = answer(found(tmp_path, toml=WALD + 'prediction = "HTS"\n', results=CLEAR))[1]
    assert second.startswith("Effects differ between studies by I² 0%; with 2 studies nothing can be predicted; ")


def test_an_interval_of_a_difference_is_not_called_wide(tmp_path):
    wide = [counts("a-2001", 5, 10, 5, 10), counts("b-2005", 5, 10, 5, 10)]
    assert first(tmp_path, toml=WALD.replace('"HR"', '"RD"'), results=wide).startswith(
        "Overall survival: no clear difference between "
    )


def test_few_studies_hardly_predict_a_new_one_and_five_do(tmp_path):
    studies = [{"study": f"s-{i}", "label": f"S {i}", "year": 2000 + i} for i in range(5)]
    rows = [row(study=study["study"]) for study in studies]
    few = answer(found(tmp_path, toml=WALD, studies=studies[:4], results=rows[:4]))[1]
    assert few.startswith("From 4 studies a new one can hardly be predicted (prediction interval ")
    five = answer(found(tmp_path / "five", toml=WALD, studies=studies, results=rows))[1]
    assert five.startswith("In a new study of the same kind the hazard ratio would be expected between ")


def test_the_first_sentence_ends_with_what_was_published_otherwise(tmp_path):
    published = [{"review": "wang-2016", "outcome": "os", "measure": "HR", "estimate": "0.95", "ci_low": "0.90", "ci_high": "1.00"}]
    result = found(tmp_path, toml=WALD, results=CLEAR, published=published)
    assert result.published[0].agrees is False
    one, two = answer(result)
    assert one.endswith(f"; this differs from what was published, for wang-2016 found 0.95 (0.90–1.00): {result.published[0].why}.")
    assert "published" not in two


def test_hazard_ratios_say_how_many_were_printed_with_their_interval(tmp_path):
    assert answer(found(tmp_path))[1].endswith("; every row it rests on was read at its source.")
    medians = {"study": "c-2010", "outcome": "OS", "status": "read", "median_t": "30", "median_c": "20"}
    medians |= {"events_t": "60", "n_t": "100", "events_c": "70", "n_c": "100"}
    with_p = row(study="b-2005", estimate="0.70", ci_low="", ci_high="", p="0.02")
    assert answer(found(tmp_path / "some", results=[RESULTS[0], with_p, medians]))[1].endswith(
        "; every row it rests on was read at its source; of the 3 effects, 1 is a hazard ratio printed with its interval, "
        "and 1 prints no hazard ratio, so that it is derived from medians, survival, events or P."
    )
    assert answer(found(tmp_path / "none", results=[with_p, with_p | {"study": "c-2010"}]))[1].endswith(
        "; of the 2 effects, none are a hazard ratio printed with its interval."
    )


def test_robustness_says_what_is_the_same_and_what_was_not_varied(tmp_path):
    text = robustness_text(found(tmp_path))
    assert text.startswith(
        "Which side of no effect the interval lies on, or that it holds it, is the same in 7 of 8 variations. "
        "None of these changes how an effect was derived from what its report prints. Leaving out one study moves the estimate "
    )


def test_cautions_are_those_of_the_plan_and_how_many_rows_were_not_read(tmp_path):
    plan = PLAN.replace("[[outcomes]]", 'cautions = ["No trial was blinded."]\n[[outcomes]]')

    def said(at, *statuses):
        rows = [cells | {"status": status} for cells, status in zip(RESULTS, statuses, strict=True)]
        return cautions(read_review(folder(tmp_path / at, toml=plan, results=rows)))

    assert said("read", "read", "author", "read") == ("No trial was blinded.",)
    assert said("derived", *["derived"] * 3) == ("No trial was blinded.", "All 3 rows of this review are derived.")
    assert said("recalled", "read", "read", "recalled") == (
        "No trial was blinded.",
        (
            "Of the 3 rows of this review 2 are read and 1 are recalled; recalled rows were written from memory and never enter a "
            "primary result."
        ),
    )


def test_a_result_that_rests_on_rows_that_were_not_read_says_so_with_the_result_of_those_that_were(tmp_path):
    rows = [CLEAR[0] | {"status": "derived"}, CLEAR[1]]
    assert (
        "; it rests on 1 read and 1 derived rows; from the read rows alone it is 0.50 (0.40–0.63)"
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


def test_an_interval_that_chance_made_narrow_is_said(tmp_path):
    """Three trials alike by chance: Hartung and Knapp's interval excludes no effect, with the floor it does not."""
    rows = [
        {"study": study, "outcome": "OS", "measure": "HR", "estimate": hr, "ci_low": low, "ci_high": high, "status": "read"}
        | {"orientation": "treatment_vs_control"}
        for study, hr, low, high in (
            ("a-2001", "0.78", "0.58", "1.05"),
            ("b-2005", "0.77", "0.55", "1.08"),
            ("c-2010", "0.79", "0.56", "1.11"),
        )
    ]
    found = findings(folder(tmp_path, results=rows))["os"]
    hk, floored = found.fit.interval(), found.variation("hk-floor").fit.interval()
    assert hk[1] < 0 < floored[1]
    assert answer(found)[-1].startswith(
        "With so few studies that are so alike the Hartung-Knapp interval can be too narrow: with its usual floor, which takes no "
        "less than the model's own variance, it is "
    )
