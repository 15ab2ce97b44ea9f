"""The images of the gallery and of the tutorial are what their calls draw, the words are theirs, and no figure is missing."""

from __future__ import annotations

from functools import cache

import pytest
from tests.figures.draw_gallery import PAGES, REDRAW, ROOT, drawn, shown, text_of

import trialpool
from trialpool.figures.canvas import Figure

LARGEST = 1_650_000  # bytes of all images
IMAGES = [(page, name) for page in PAGES for name in shown(page)]
FIGURES = [name for name in trialpool.__all__ if trialpool._HOMES.get(name, "").startswith("figures.")]


@cache
def figures_of(page: str) -> dict[str, Figure]:
    return drawn(page)


@pytest.mark.parametrize("page", PAGES)
def test_every_figure_that_is_drawn_is_shown_and_no_other(page):
    committed = {path.stem for path in (ROOT / "docs" / PAGES[page]).iterdir()}
    assert set(figures_of(page)) == set(shown(page)) == committed


@pytest.mark.parametrize(("page", "name"), IMAGES)
def test_the_image_is_what_the_call_draws(page, name):
    committed = (ROOT / "docs" / PAGES[page] / f"{name}.svg").read_bytes()
    assert committed == figures_of(page)[name].to_bytes("svg"), REDRAW


@pytest.mark.parametrize(("page", "name"), IMAGES)
def test_the_words_are_those_of_the_figure(page, name):
    assert shown(page)[name] == figures_of(page)[name].description, REDRAW


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_in_the_gallery(name):
    assert f"tp.{name}(" in text_of("gallery.md")


def test_the_images_are_small():
    assert sum(path.stat().st_size for folder in PAGES.values() for path in (ROOT / "docs" / folder).iterdir()) < LARGEST
