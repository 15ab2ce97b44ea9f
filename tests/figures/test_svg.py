"""SVG that can be placed in a page beside others."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from tests.figures.examples import FIGURES, simple

from trialpool.figures.canvas import Figure, Sheet
from trialpool.figures.forest import draw_forest
from trialpool.figures.marks import Text

SVG = "{http://www.w3.org/2000/svg}"
HREF = ("href", "{http://www.w3.org/1999/xlink}href")


@pytest.fixture(scope="module", params=FIGURES)
def figure(request: pytest.FixtureRequest) -> Figure:
    return FIGURES[request.param]()


def ids(svg: str) -> list[str]:
    return [element.get("id", "") for element in ElementTree.fromstring(svg).iter() if "id" in element.attrib]


def references(svg: str) -> set[str]:
    elements = ElementTree.fromstring(svg).iter()
    return {element.attrib[name].removeprefix("#") for element in elements for name in HREF if name in element.attrib}


def test_it_has_a_role_a_title_and_a_description(figure):
    root = ElementTree.fromstring(figure.svg(id_prefix="os-"))
    assert (root.tag, root.get("role"), root.get("aria-labelledby")) == (f"{SVG}svg", "img", "os-title os-desc")
    assert (root.findtext(f"{SVG}title") or "", root.findtext(f"{SVG}desc")) == (figure.title, figure.description)


def test_it_scales_with_its_place_in_a_page(figure):
    root = ElementTree.fromstring(figure.svg())
    assert (root.get("width"), root.get("height")) == ("100%", None)
    assert [float(x) for x in root.get("viewBox", "").split()] == [0, 0, figure.width, figure.height]
    assert root.get("style") == f"max-width:{1.2 * figure.width:g}pt"


def test_as_a_file_it_has_the_size_it_was_drawn_in(figure):
    root = ElementTree.fromstring(figure.to_bytes("svg"))
    assert (root.get("width"), root.get("height")) == (f"{figure.width:g}pt", f"{figure.height:g}pt")


@pytest.mark.parametrize("prefix", ["", "forest-os-"])
def test_ids_are_unique_prefixed_and_all_that_is_referred_to(figure, prefix):
    svg = figure.svg(id_prefix=prefix)
    found = ids(svg)
    assert len(found) == len(set(found))
    assert all(name.startswith(prefix) for name in found)
    assert references(svg) == set(found) - {f"{prefix}title", f"{prefix}desc"}


def test_two_on_a_page_share_no_id(figure):
    assert set(ids(figure.svg(id_prefix="a-"))) & set(ids(figure.svg(id_prefix="b-"))) == set()


def test_a_file_refers_as_word_processors_expect(figure):
    svg = figure.to_bytes("svg").decode()
    assert references(svg) == set(ids(svg)) - {"title", "desc"}
    assert " href=" not in svg


def test_inline_it_is_an_element_and_styles_nothing_else_on_the_page(figure):
    svg = figure.svg()
    assert svg.startswith("<svg ")
    assert [tag for tag in ("<?xml", "<!DOCTYPE", "<style", "<metadata", "<script") if tag in svg] == []


def test_every_letter_is_there(figure):
    groups = [g for g in ElementTree.fromstring(figure.svg()).iter(f"{SVG}g") if "transform" in g.attrib]
    texts = [mark for mark in figure.marks if isinstance(mark, Text)]
    for group, mark in zip(groups, texts, strict=True):
        letters = len(re.sub(r"\s", "", mark.text))
        assert letters - mark.text.count("f") <= len(group) <= letters  # ff, fi and fl may be set as one


def test_words_with_markup_are_words(figure):
    odd = replace(figure, title='R&D <b>"bold"</b>\x00', description="a < b & c\ud800")
    root = ElementTree.fromstring(odd.svg())
    assert (root.findtext(f"{SVG}title"), root.findtext(f"{SVG}desc")) == ('R&D <b>"bold"</b>', "a < b & c")


def test_it_is_small():
    assert len(draw_forest(simple(18)).svg()) < 85_000
    assert len(draw_forest(simple(60)).svg()) < 165_000


def test_shapes_that_look_alike_and_follow_each_other_are_one_path():
    def sheet(*fills: str) -> str:
        sheet = Sheet()
        for i, fill in enumerate(fills):
            sheet.box(10 * i, 0, 10 * i + 5, 5, fill=fill)
        return sheet.figure(title="", description="", width=100, height=10).svg()

    of_one, of_two = sheet(*["#123456"] * 4), sheet(*["#123456", "#654321"] * 2)
    assert of_one.count('fill="#123456"') == 1
    assert of_one.count("M") == of_two.count("M") == 5  # and the paper
    assert of_two.count('fill="#123456"') == 2
