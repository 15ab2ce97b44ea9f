"""The figure of absolute effects: a diamond and a bar a baseline, the band of what does not matter, both sides in place."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.analysis.test_certainty import certainty
from tests.figures.test_forest import diamonds, texts
from tests.formats.folders import findings, folder

from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.figures import style
from trialpool.figures.absolute_effects import absolute_rows, draw_absolute_effects, places_of
from trialpool.figures.marks import Shape
from trialpool.reports.report_figures import report_figures

BASELINES = "".join(
    f"[[outcomes.baselines]]\nlabel = '{label}'\nevent_free = {free}\nat = '3 years'\nsource = 'a trial'\n"
    for label, free in (("low risk", 0.8), ("high risk", 0.4))
)


def review(tmp_path: Path, text: str | None) -> Findings:
    return findings(folder(tmp_path, certainty=text))


def alone(tmp_path: Path, text: str) -> AnalysisFindings:
    return review(tmp_path, text).analyses[0]


def bands(figure: object) -> list[Shape]:
    return [mark for mark in figure.marks if isinstance(mark, Shape) and mark.fill == style.REFERENCE]  # type: ignore[attr-defined]


def test_each_baseline_is_a_diamond_with_its_people(tmp_path: Path) -> None:
    figure = draw_absolute_effects(alone(tmp_path, certainty(BASELINES)), counted="deaths", title="Deaths")
    assert len(diamonds(figure)) == 2
    assert {"200", "600", "Low risk, at 3 years", "High risk, at 3 years", "A new study"} <= set(texts(figure))


def test_the_band_is_what_does_not_matter_and_only_where_it_is_the_same_at_every_baseline(tmp_path: Path) -> None:
    one, by_baseline, none = (
        draw_absolute_effects(alone(tmp_path / name, certainty(text + BASELINES)), counted="deaths", title="Deaths")
        for name, text in (("a", "mid = { per_1000 = 20 }\n"), ("b", "mid = { ratio = 0.8 }\n"), ("c", ""))
    )
    assert [len(bands(figure)) for figure in (one, by_baseline, none)] == [1, 0, 0]
    assert [any("smallest that matters" in text for text in texts(figure)) for figure in (one, by_baseline, none)] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("shows", "sides"),
    [("events", ["Favours treatment", "Favours control"]), ("event-free", ["Favours control", "Favours treatment"])],
)
def test_more_of_a_good_thing_is_on_the_side_of_treatment(tmp_path: Path, shows: str, sides: list[str]) -> None:
    figure = draw_absolute_effects(alone(tmp_path, certainty(f"shows = '{shows}'\n{BASELINES}")), counted="x", title="x")
    assert [text for text in texts(figure) if text.startswith("Favours")] == sides


def test_the_numbers_behind_it_are_those_of_the_effects(tmp_path: Path) -> None:
    found = alone(tmp_path, certainty("mid = { per_1000 = 20 }\n" + BASELINES))
    rows = list(absolute_rows(found))
    assert [row["difference"] for row in rows] == [pytest.approx(1000 * place.estimate) for place in places_of(found)]
    assert (rows[0]["smallest_below"], rows[0]["smallest_above"]) == (-20, 20)


def test_a_review_without_judgements_or_baselines_has_no_such_figure(tmp_path: Path) -> None:
    assert "absolute-os" in report_figures(review(tmp_path / "a", certainty(BASELINES)))
    assert "absolute-os" not in report_figures(review(tmp_path / "b", certainty()))
    assert "absolute-os" not in report_figures(review(tmp_path / "c", None))
