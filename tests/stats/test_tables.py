"""Results as tables: in the caller's data-frame library, as plain values, for a notebook."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import trialpool as tp
from trialpool.errors import BadArgument
from trialpool.stats import tables
from trialpool.stats.tables import html_table, text_table

COLUMNS = {"events_t": [4, 0], "n_t": [123, 20], "events_c": [11, 0], "n_c": [139, 22]}
NAMES = ["study", "yi", "vi", "se", "shown"]


@pytest.mark.parametrize(
    ("make", "kind", "names"),
    [
        (pd.DataFrame, pd.DataFrame, lambda made: list(made.columns)),
        (pl.DataFrame, pl.DataFrame, lambda made: made.columns),
        (pa.table, pa.Table, lambda made: made.column_names),
    ],
)
def test_frames_come_out_in_the_library_they_came_in(make, kind, names):
    data = make(COLUMNS)
    made = tp.risk_ratio(**{name: data[name] for name in COLUMNS}, study=["A", "B"]).to_frame()
    assert isinstance(made, kind)
    assert names(made) == NAMES


def test_a_trial_that_says_nothing_has_an_empty_row_and_a_note():
    found = tp.risk_ratio(**COLUMNS, study=["A", "B"]).to_dict()
    assert found["study"] == ["A", "B"]
    assert found["shown"][0] == pytest.approx(4 / 123 / (11 / 139))
    assert all(value != value for value in (found["yi"][1], found["vi"][1], found["shown"][1]))
    assert list(found["notes"]) == ["B"]


@pytest.mark.parametrize("library", tables.FRAMES)
def test_lists_become_a_frame_of_the_first_library_that_is_installed(monkeypatch, library):
    order = list(tables.FRAMES)
    monkeypatch.setattr(tables, "find_spec", lambda name: order.index(name) >= order.index(library))
    effects = tp.effects([0.1, 0.3, 0.2], [0.2, 0.1, 0.3])
    made = [each.to_frame() for each in (effects, tp.pool(effects), tp.egger(effects))]
    assert [type(each).__module__.partition(".")[0] for each in made] == [library] * 3


def test_without_a_library_there_is_no_frame(monkeypatch):
    monkeypatch.setattr(tables, "find_spec", lambda name: None)
    with pytest.raises(BadArgument) as refusal:
        tp.pool(tp.effects([0.1], [0.2])).to_frame()
    said = "No data-frame library is installed. Install pandas or polars, or use table(), which gives plain lists."
    assert str(refusal.value) == said


def test_another_library_may_be_named():
    effects = tp.effects([0.1], [0.2])
    assert isinstance(effects.to_frame("polars"), pl.DataFrame)
    with pytest.raises(BadArgument) as refusal:
        effects.to_frame("data.table")
    assert str(refusal.value) == "library='data.table' is not known. Choose one of 'pandas', 'polars', 'pyarrow'."


def test_a_batch_keeps_its_analyses_in_each_cell():
    batch = tp.leave_one_out(tp.pool(tp.effects([0.1, 0.3, 0.2], [0.2, 0.1, 0.3]))).fits.effects
    assert batch.table()["vi"][0] == [pytest.approx(float("nan"), nan_ok=True), 0.2, 0.2]


def test_text_is_escaped_for_a_notebook():
    html = tp.effects([0.1], [0.2], ["<script>"])._repr_html_()
    assert "<td>&lt;script&gt;</td>" in html
    assert "<caption>Effects: effect, 1 studies</caption>" in html
    assert html_table({"a": []}) == "<table><thead><tr><th>a</th></tr></thead><tbody></tbody></table>"


def test_a_plain_table_lines_up():
    assert text_table({"study": ["A", "Bee"], "k": [1, 12], "yi": [0.5, None]}) == "study   k   yi\nA       1  0.5\nBee    12"


def test_every_kind_of_result_is_a_frame_and_a_page():
    counts = {"events_t": [4, 6, 3, 12], "n_t": [123, 306, 231, 150], "events_c": [11, 29, 11, 20], "n_c": [139, 303, 220, 149]}
    effects = tp.odds_ratio(**counts, study=["A", "B", "C", "D"])
    results = {
        "term": (tp.regress(effects, "~ x", {"x": [1, 2, 4, 3]}), ["intercept", "x"]),
        "level": (tp.subgroups(effects, ["p", "p", "q", "q"]), ["p", "q"]),
        "study": (tp.leave_one_out(tp.pool(effects)), ["A", "B", "C", "D"]),
    }
    for name, (result, values) in results.items():
        assert [str(value) for value in result.to_frame("pandas")[name]] == values
        assert result._repr_html_().startswith("<table>")
    assert tp.glmm(effects).to_dict()["estimate"][0] == pytest.approx(tp.glmm(effects).mu)
    methods = tp.rare_event_sensitivity(effects).to_frame()
    assert methods["odds_ratio"].notna().all()
    assert len(methods) == len(tp.rare_event_sensitivity(effects).rows)
