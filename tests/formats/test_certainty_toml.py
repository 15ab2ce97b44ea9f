"""certainty.toml: every problem, with its place and its mend."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.formats.folders import COUNTS_PLAN, PLAN, counts, folder, problems

from trialpool.formats.review_folder import read_review

HEAD = "format = 1\n[[outcomes]]\nanalysis = 'os'\n"
DECISIONS = "\n".join(
    f"{domain} = {{ down = 0 }}" for domain in ("risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias")
)
SOUND = f"{HEAD}counted = 'deaths'\n{DECISIONS}\n"
BASELINE = "[[outcomes.baselines]]\nrisk = 0.3\nat = '3 years'\nsource = 'a trial'\n"
COUNTS = tuple(counts(study, 10, 100, 20, 100) for study in ("a-2001", "b-2005", "c-2010"))


def said(tmp_path: Path, certainty: str) -> list[str]:
    return problems(folder(tmp_path, certainty=certainty))


def said_of_counts(tmp_path: Path, certainty: str, measure: str = "RR") -> list[str]:
    return problems(folder(tmp_path, toml=COUNTS_PLAN.replace('"RR"', f'"{measure}"'), results=COUNTS, certainty=certainty))


def test_sound_judgements_are_read(tmp_path: Path) -> None:
    made = folder(tmp_path, certainty=SOUND + BASELINE)
    assert problems(made) == []
    certainty = read_review(made).certainty
    assert certainty is not None
    assert certainty.outcomes[0].level == "high"
    assert certainty.outcomes[0].baselines[0].at == "3 years"


def test_a_review_without_the_file_has_no_judgements(tmp_path: Path) -> None:
    assert read_review(folder(tmp_path)).certainty is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("format = 1", "error: certainty.toml, outcomes: the key is missing. Add it."),
        (
            "format = ",
            (
                "error: certainty.toml: this is not TOML (Invalid value (at end of document)). Correct it there; text "
                "stands in double quotes."
            ),
        ),
        (
            SOUND.replace("'os'", "'so'"),
            ("error: certainty.toml, outcomes[1].analysis: review.toml has no analysis 'so'. Its analyses are os."),
        ),
        (
            SOUND + SOUND.removeprefix("format = 1\n"),
            (
                "error: certainty.toml, outcomes[2].analysis: the analysis 'os' stands in the file already. Remove one; "
                "several baselines go under one outcome."
            ),
        ),
        (
            SOUND.replace("counted = 'deaths'\n", ""),
            (
                "error: certainty.toml, outcomes[1].counted: what is counted is not said, and the name of a time-to-event "
                'outcome does not tell it. Say it, such as "deaths", or "people alive" for shows = "event-free".'
            ),
        ),
        (
            SOUND + "shows = 'event-free'\n",
            (
                "warning: certainty.toml, outcomes[1].counted: 'deaths' have the event, and with shows = \"event-free\" those are "
                "counted who are free of it. The report says 'freedom from deaths'; say it better, such as \"people alive\", or "
                'use shows = "events".'
            ),
        ),
        (
            SOUND.replace("deaths", "overall survival"),
            (
                "error: certainty.toml, outcomes[1].counted: 'overall survival' are free of the event, and with shows = "
                '"events" those are counted who have it. Say what these are, such as "deaths", or use shows = "event-free".'
            ),
        ),
        (
            SOUND + BASELINE.replace("at = '3 years'\n", ""),
            (
                "error: certainty.toml, outcomes[1].baselines[1].at: a risk of a time-to-event outcome means nothing "
                'without its time. Give it, such as at = "3 years".'
            ),
        ),
        (
            SOUND + BASELINE.replace("risk = 0.3\n", ""),
            (
                "error: certainty.toml, outcomes[1].baselines[1]: neither risk nor event_free is given. Give one of the "
                "two, as a share such as 0.30."
            ),
        ),
        (
            SOUND + BASELINE + "event_free = 0.7\n",
            (
                "error: certainty.toml, outcomes[1].baselines[1]: both risk and event_free are given. Give one of the two,"
                " as a share such as 0.30."
            ),
        ),
        (
            SOUND + BASELINE.replace("0.3", "30"),
            "error: certainty.toml, outcomes[1].baselines[1].risk: 30 is out of range. Give less than 1.",
        ),
        (
            SOUND + BASELINE + "low = 0.2\n",
            "error: certainty.toml, outcomes[1].baselines[1]: only one limit is given. Give low and high, or neither.",
        ),
        (
            SOUND + BASELINE + "low = 0.4\nhigh = 0.5\n",
            (
                "error: certainty.toml, outcomes[1].baselines[1]: 0.3 does not lie between its limits 0.4 and 0.5. Correct"
                " the limits, which are of the share that is given."
            ),
        ),
        (
            SOUND + BASELINE + BASELINE,
            (
                "error: certainty.toml, outcomes[1].baselines: of several baselines, each needs its label. Say which "
                'people each is of, such as label = "high risk".'
            ),
        ),
        (
            SOUND + "target = 'mid'\n",
            (
                "error: certainty.toml, outcomes[1].target: the target is the smallest difference that matters, and none "
                'is given. Give it under [outcomes.mid], or use target = "null".'
            ),
        ),
        (
            SOUND + "mid = { per_1000 = 20, ratio = 0.8 }\n" + BASELINE,
            "error: certainty.toml, outcomes[1].mid: per_1000 and ratio are given. Give one of them.",
        ),
        (
            SOUND + "mid = { ratio = 1 }\n",
            ("error: certainty.toml, outcomes[1].mid.ratio: 1 is no difference. Give a ratio such as 0.80."),
        ),
        (
            SOUND + "mid = { per_1000 = 20 }\n",
            (
                "error: certainty.toml, outcomes[1].mid.per_1000: a difference of so many of 1000 can only be reckoned at "
                "a baseline, and there is none. Add one under [[outcomes.baselines]], or give a ratio."
            ),
        ),
        (
            SOUND.replace("imprecision = { down = 0 }", "imprecision = { down = 1 }"),
            (
                "error: certainty.toml, outcomes[1].imprecision.why: the reason is missing. Say why; it becomes a footnote"
                " of the table."
            ),
        ),
        (
            SOUND.replace("indirectness = { down = 0 }", "indirectness = { down = 3, why = 'x' }"),
            "error: certainty.toml, outcomes[1].indirectness.down: 3 levels are too many. Give 2 at most.",
        ),
        (
            SOUND.replace("indirectness = { down = 0 }", ""),
            (
                "warning: certainty.toml, outcomes[1]: no decision is made on indirectness, so that the outcome counts as "
                "not yet judged. Add each with `down`, which can be 0."
            ),
        ),
        (
            SOUND + "large_effect = { up = 1, why = 'x' }\n",
            (
                "warning: certainty.toml, outcomes[1].large_effect: randomised evidence is not rated up. Check the "
                "decision, or `evidence`."
            ),
        ),
        (
            SOUND + "override = { level = 'high', why = 'x' }\n",
            "warning: certainty.toml, outcomes[1].override: the decisions add up to 'high' as well. Remove it.",
        ),
        (
            SOUND + "evidense = 'randomised'\n",
            "error: certainty.toml, outcomes[1].evidense: there is no such key. Did you mean evidence?",
        ),
    ],
)
def test_each_problem_says_what_and_how_to_mend_it(tmp_path: Path, text: str, problem: str) -> None:
    assert said(tmp_path, text) == [problem]


def test_an_outcome_on_which_nothing_is_decided_is_no_problem(tmp_path: Path) -> None:
    assert said(tmp_path, HEAD + "counted = 'deaths'\n") == []


def test_only_hazard_ratios_count_those_free_of_the_event(tmp_path: Path) -> None:
    assert said_of_counts(tmp_path, f"{HEAD}shows = 'event-free'\n{DECISIONS}\n") == [
        (
            "error: certainty.toml, outcomes[1].shows: only hazard ratios can count those free of the event, and this "
            'is RR. Use "events".'
        )
    ]


def test_a_difference_has_no_smallest_ratio(tmp_path: Path) -> None:
    assert said_of_counts(tmp_path, f"{HEAD}mid = {{ ratio = 0.8 }}\n{DECISIONS}\n", "RD") == [
        "error: certainty.toml, outcomes[1].mid.ratio: the outcome's measure is a difference (RD). Give per_1000."
    ]


def test_three_levels_of_risk_of_bias_go_with_robins_i(tmp_path: Path) -> None:
    three = SOUND.replace("risk_of_bias = { down = 0 }", "risk_of_bias = { down = 3, why = 'confounding' }")
    assert said(tmp_path / "a", three + "evidence = 'non-randomised-robins-i'\n") == []
    assert said(tmp_path / "b", three) == [
        "error: certainty.toml, outcomes[1].risk_of_bias.down: 3 levels are too many. Give 2 at most."
    ]


def test_rating_up_what_is_rated_down_is_pointed_out(tmp_path: Path) -> None:
    both = SOUND.replace("imprecision = { down = 0 }", "imprecision = { down = 1, why = 'x' }")
    assert said(tmp_path, both + "evidence = 'non-randomised'\ndose_response = { up = 1, why = 'x' }\n") == [
        (
            "warning: certainty.toml, outcomes[1].dose_response: the same evidence is rated down for another reason. "
            "Rate up only where nothing speaks for rating down, or say why in the reason."
        )
    ]


def test_more_than_seven_outcomes_are_pointed_out(tmp_path: Path) -> None:
    ids = [f"os{i}" for i in range(8)]
    plan = PLAN.partition("[[analyses]]")[0] + "".join(f'[[analyses]]\nid = "{id_}"\noutcome = "os"\n' for id_ in ids)
    text = "format = 1\n" + "".join(f"[[outcomes]]\nanalysis = '{id_}'\ncounted = 'deaths'\n" for id_ in ids)
    assert problems(folder(tmp_path, toml=plan, certainty=text)) == [
        (
            "warning: certainty.toml, outcomes: 8 outcomes are more than a reader takes in. Keep the 7 that matter "
            "most, benefits and harms."
        )
    ]
