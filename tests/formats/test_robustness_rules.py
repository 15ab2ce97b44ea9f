"""The settings of robustness in review.toml: what is wrong is named by its place, with the mend."""

from __future__ import annotations

from typing import get_args

import pytest
from tests.cli.refusals import refused
from tests.formats.folders import PLAN, folder, problems

from trialpool.analysis.data_variants import ROUTE_CHOICES, ROWS, ZERO_CELL_CHOICES
from trialpool.analysis.multiverse import CHOICES
from trialpool.formats.review_folder import read_review
from trialpool.review.plan import ROBUSTNESS, Estimator, MultiversePlan, Robustness, Route, Rows, SmallStudyTest, ZeroCells
from trialpool.stats.bias.small_study_test import SMALL_STUDY_TESTS
from trialpool.stats.evidence.spending import SPENDING
from trialpool.stats.pooling.tau2 import TAU2

PARTS = "Use 'multiverse', 'influence', 'subsets', 'small-study', 'sequential' or 'bayesian'."


@pytest.mark.parametrize(
    ("lines", "messages"),
    [
        ('robustness = ["gosh"]', [f".robustness[1]: 'gosh' is not known. {PARTS}"]),
        ('robustness = ["subsets", "subsets"]', [".robustness: 'subsets' stands twice. Remove one."]),
        (
            'robustness = ["sequential"]',
            [".robustness: 'sequential' has no smallest effect to plan for. Give smallest_effect under [analyses.sequential]."],
        ),
        ("sequential = { power = 0.9 }", [".sequential.smallest_effect: the key is missing. Add it."]),
        ("sequential = { smallest_effect = 0.8, powr = 1 }", [".sequential.powr: there is no such key. Did you mean power?"]),
        (
            'sequential = { smallest_effect = 0.8, power = 1, level = 0, futility = "x", diversity = -1 }',
            [
                ".sequential.level: 0 is not between 0 and 1. For a 95% interval give 0.95.",
                ".sequential.power: 1 is out of range. Give less than 1.",
                ".sequential.futility: 'x' is neither true nor false. Write true or false, without quotes.",
                ".sequential.diversity: -1 is out of range. Give 0 or more.",
            ],
        ),
        (
            "sequential = { smallest_effect = 1 }",
            [".sequential.smallest_effect: 1 is no effect on a ratio. Give a ratio such as 0.80, which is not 1."],
        ),
        (
            'multiverse = { leave_out = 4, tau2 = ["reml"], excluded = ["x-1"] }',
            [
                ".multiverse.leave_out: 4 is out of range. Give 3 or less.",
                (".multiverse.tau2[1]: 'reml' is not known. Use 'REML', 'PM', 'DL', 'DL2', 'DLIT', 'ML', 'EB', 'HE', 'HS', 'HSk', "
                "'SJ', 'SJIT', 'PMM', 'GENQ', 'GENQM' or 'common'."),
            ],
        ),
        (
            'multiverse = { leave_out = 1.5, tau2 = ["common"], ci = ["HK"] }',
            [".multiverse.leave_out: 1.5 is not a whole number. Write it without decimals, such as 2."],
        ),
        (
            'multiverse = { tau2 = ["common"], ci = ["HK"], measure = ["OR"], zero_cells = ["none"], excluded = ["x-1"] }',
            [
                (".multiverse.ci: no interval of ['HK'] goes with an estimator of ['common']. "
                "Add 'Wald', which goes with every one."),
                ".multiverse.excluded: studies.csv has no study 'x-1'. Give ids of studies.csv.",
                ".multiverse.measure: OR cannot be set beside the outcome's HR. Use HR, or leave it out.",
                ".multiverse.zero_cells: effects measured by HR have no empty cells to deal with. Leave it out.",
            ],
        ),
        ("subsets = { most = 10 }", [".subsets.most: 10 is out of range. Give 1000 or more."]),
        ("bayesian = { tau_scale = 0 }", [".bayesian.tau_scale: 0 is out of range. Give more than 0."]),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused(tmp_path, lines, messages):
    assert refused(folder(tmp_path, toml=PLAN + lines + "\n")) == [f"review.toml, analyses[1]{message}" for message in messages]


def test_settings_that_nothing_uses_are_pointed_out(tmp_path):
    toml = PLAN + 'robustness = ["influence"]\nsequential = { smallest_effect = 0.8 }\n'
    assert problems(folder(tmp_path, toml=toml)) == [
        (
            "warning: review.toml, analyses[1].sequential: it is not among the parts of robustness, so that nothing uses it. "
            "Add 'sequential' to robustness, or remove the table."
        )
    ]


def test_a_difference_has_no_default_prior(tmp_path):
    toml = PLAN.replace('"HR"', '"RD"') + 'robustness = ["bayesian"]\nsequential = { smallest_effect = 2 }\n'
    assert [message.split(":")[0] for message in refused(folder(tmp_path, toml=toml))] == [
        "review.toml, analyses[1].bayesian.tau_scale", "review.toml, analyses[1].sequential.smallest_effect",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("", ("multiverse", "influence", "subsets", "small-study")),
        ("sequential = { smallest_effect = 0.8 }", ("multiverse", "influence", "subsets", "small-study", "sequential")),
        ("robustness = []", ()),
        ('robustness = ["bayesian"]', ("bayesian",)),
    ],
)
def test_what_is_run(tmp_path, lines, wanted):
    assert read_review(folder(tmp_path, toml=PLAN + lines + "\n")).plan.analyses[0].wanted == wanted


def test_the_plan_offers_what_the_methods_know():
    assert set(get_args(Robustness)) == set(ROBUSTNESS)
    assert set(get_args(SmallStudyTest)) <= set(SMALL_STUDY_TESTS)
    assert set(get_args(Estimator)) == {*TAU2, "common"}
    assert set(MultiversePlan.model_fields) == {*CHOICES, "leave_out"}
    assert (set(get_args(Rows)), set(get_args(Route)), set(get_args(ZeroCells))) == (
        set(ROWS), set(ROUTE_CHOICES), set(ZERO_CELL_CHOICES),
    )  # fmt: skip
    assert set(SPENDING) == {"OF", "Pocock"}
