"""Tables fit the terminal, and no word is broken that a line can hold."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from trialpool.cli.terminal_lines import print_line
from trialpool.cli.terminal_table import fits, print_table

WORDS = st.text(st.sampled_from("abcdé中"), min_size=1, max_size=12)
CELLS = st.lists(WORDS, max_size=9).map(" ".join)
TABLES = st.integers(1, 3).flatmap(
    lambda n: st.dictionaries(WORDS, st.lists(CELLS, min_size=n, max_size=n), min_size=1, max_size=4)
)


def printed(columns, width, **options):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        print_table(columns, width=width, **options)
    return out.getvalue()


@given(TABLES, st.sampled_from([40, 60, 80, 120]))
def test_no_line_is_too_long_and_no_word_is_lost_or_broken(columns, width):
    text = printed(columns, width)
    assert all(cell_len(line) <= width and line == line.rstrip() for line in text.splitlines())
    words = sorted(word for cells in columns.values() for cell in cells for word in cell.split())
    shown = sorted(text.replace("─", " ").split())
    for word in words:
        assert word in shown
        shown.remove(word)


def test_a_column_of_sentences_goes_below_where_it_would_be_a_thin_pillar():
    columns = {"measure": ["HR", "RR"], "estimate": ["0.62", "2.52"], "quote": ["one two three four five " * 5, "short"]}
    assert printed(columns, 40, numbers=["estimate"]) == (
        "measure  estimate\n"
        "    quote\n"
        "────────────────────────────────────────\n"
        "HR           0.62\n"
        "    one two three four five one two\n"
        "    three four five one two three four\n"
        "    five one two three four five one two\n"
        "    three four five\n"
        "RR           2.52\n"
        "    short\n"
    )


def test_a_very_narrow_terminal_has_lists_of_cells():
    columns = {"verdict": ["contradicted", "borne out"], "outcome": ["thromboembolism", ""]}
    assert printed(columns, 26) == "verdict  contradicted\noutcome  thromboembolism\n\nverdict  borne out\n"
    assert not fits(columns, 26)
    assert fits(columns, 29)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_long_line_is_broken_between_words_on_a_terminal_alone(monkeypatch, terminal):
    out = io.StringIO()
    monkeypatch.setattr(out, "isatty", lambda: terminal, raising=False)
    monkeypatch.setenv("COLUMNS", "30")
    with contextlib.redirect_stdout(out):
        print_line("warning: survival.csv, row 3: progression-free survival")
    whole = "warning: survival.csv, row 3: progression-free survival\n"
    assert out.getvalue() == ("warning: survival.csv, row 3:\n  progression-free survival\n" if terminal else whole)
