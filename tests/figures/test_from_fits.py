"""Fits to figures: what is drawn is what the fit says, and what metafor draws."""

from __future__ import annotations

import numpy as np
import pytest

import trialpool as tp
from trialpool.errors import BadArgument
from trialpool.figures import from_fits, style
from trialpool.figures.canvas import Figure
from trialpool.figures.marks import Disc, Text
from trialpool.stats.bias.trim_and_fill import trim_and_fill

BCG = {
    "events_t": [4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27],
    "n_t": [123, 306, 231, 13598, 5069, 1541, 2545, 88391, 7499, 1716, 50634, 2498, 16913],
    "events_c": [11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29],
    "n_c": [139, 303, 220, 12867, 5808, 1451, 629, 88391, 7277, 1665, 27338, 2341, 17854],
}
LATITUDE = [44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33]


@pytest.fixture(scope="module")
def rr():
    return tp.risk_ratio(**BCG)


def discs(figure: Figure) -> list[Disc]:
    return [mark for mark in figure.marks if isinstance(mark, Disc) and mark.fill == style.STUDY]


def texts(figure: Figure) -> list[str]:
    return [mark.text for mark in figure.marks if isinstance(mark, Text)]


def test_every_study_is_a_disc(rr):
    assert len(discs(from_fits.labbe(tp.pool(rr)))) >= 13


def test_one_study_is_drawn():
    assert from_fits.labbe(tp.pool(tp.risk_ratio(events_t=[3], n_t=[30], events_c=[5], n_c=[30]))).svg()


def test_labbe_needs_counts():
    with pytest.raises(BadArgument) as refused:
        from_fits.labbe(tp.pool(tp.effects([0.1, 0.2], [0.1, 0.1])))
    said = "A L'Abbe plot needs events and patients of both arms. Make the effects with odds_ratio or risk_ratio."
    assert str(refused.value) == said


def test_labbe_says_the_pooled_effect(rr):
    assert "Pooled risk ratio, 0.49" in texts(from_fits.labbe(tp.pool(rr)))


def test_bubble_draws_along_the_moderator(rr):
    fit = tp.regress(rr, "~ latitude", {"latitude": LATITUDE})
    figure = from_fits.bubble(fit, title="Latitude", prediction=True)
    found = discs(figure)[:13]
    by_place = sorted(disc.x for disc in found)
    assert np.corrcoef(by_place, sorted(LATITUDE))[0, 1] == pytest.approx(1)
    assert figure.description == (
        "Bubble plot of 13 studies: Risk ratio against latitude. The fitted line goes from 0.88 at 13 to 0.26 at 55."
    )


def test_bubble_of_one_among_several_moderators(rr):
    fit = tp.regress(rr, "~ latitude + year", {"latitude": LATITUDE, "year": list(range(1948, 1961))})
    assert any("others at their mean (year)" in text for text in texts(from_fits.bubble(fit, by="latitude")))
    with pytest.raises(BadArgument) as refused:
        from_fits.bubble(fit)
    assert str(refused.value) == "Bubble plot: there are 2 moderators, and by is not given. Use one of latitude, year."
    with pytest.raises(BadArgument) as refused:
        from_fits.bubble(fit, by="longitude")
    assert str(refused.value) == "Bubble plot: by is 'longitude'. Use one of latitude, year."


def test_drapery_peaks_at_the_fit(rr):
    assert from_fits.drapery(tp.pool(rr)).description.endswith("the pooled curve peaks at 0.49.")
    assert "A next study" not in texts(from_fits.drapery(tp.pool_common(rr)))


def test_one_study_is_draped():
    assert from_fits.drapery(tp.pool(tp.effects([0.1], [0.04], ["A"]))).svg()


def test_filled_funnel_draws_what_trim_and_fill_added(rr):
    found = trim_and_fill(tp.pool(rr))
    figure = from_fits.filled_funnel(found)
    assert f"Filled in: {found.k0}" in texts(figure)
    assert len(discs(figure)) == 13


def test_leave_one_out_forest_has_a_row_a_study_over_the_band_of_all(rr):
    fit = tp.pool(rr)
    figure = from_fits.leave_one_out_forest(tp.leave_one_out(fit), fit, title="Leave one out")
    assert sum(text.startswith("without ") for text in texts(figure)) == 13
    assert texts(figure).count("12") == 13
    assert "All studies" in texts(figure)


def test_cumulative_forest_grows_by_a_study_a_row(rr):
    found = texts(from_fits.cumulative_forest(tp.cumulative(tp.pool(rr), list(range(13)))))
    after = [found.index(f"{'+ ' if i > 1 else ''}{i}") for i in range(1, 14)]
    assert [found[place + 1] for place in after] == [str(k) for k in range(1, 14)]


def test_without_its_only_study_an_analysis_is_not_estimable():
    fit = tp.pool(tp.effects([0.1], [0.04], ["A"], measure="OR"))
    assert "Not estimable" in texts(from_fits.leave_one_out_forest(tp.leave_one_out(fit), fit))
