"""The PRISMA 2020 flow diagram: its templates, what its boxes say, and where they stand."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from tests.figures.flow_examples import LARGE, LONG, NEW, TEMPLATES
from tests.figures.seen import texts

from trialpool.errors import BadArgument
from trialpool.figures.canvas import Figure
from trialpool.figures.flow_boxes import LABELS
from trialpool.figures.flow_diagram import flow_diagram
from trialpool.figures.marks import Line, Text
from trialpool.review.flow import FlowCounts

HEADS = {
    "new": [LABELS["databases_head"]],
    "new-other": [LABELS["databases_head"], LABELS["other_head"]],
    "updated": [LABELS["previous_head"], LABELS["databases_head_update"]],
    "updated-other": [LABELS["previous_head"], LABELS["databases_head_update"], LABELS["other_head_update"]],
}


def at(figure: Figure, start: str) -> Text:
    """The only text that begins so."""
    (found,) = [mark for mark in figure.marks if isinstance(mark, Text) and mark.text.startswith(start)]
    return found


def said(figure: Figure) -> str:
    return " ".join(texts(figure)).replace("\u00a0", " ")


@pytest.mark.parametrize("width", [None, 241])
@pytest.mark.parametrize("name", TEMPLATES)
def test_each_template_has_its_heads_and_its_boxes(name, width):
    words = said(flow_diagram(TEMPLATES[name], width=width))
    assert [head for head in sorted({*HEADS["updated-other"], *HEADS["new-other"]}) if head in words] == sorted(HEADS[name])
    assert "Records screened (n = 655)" in words
    assert ("Total studies included in review" in words) == name.startswith("updated")
    assert ("Websites (n = 12)" in words) == name.endswith("other")


def test_the_boxes_stand_in_the_order_of_the_steps():
    figure = flow_diagram(NEW)
    way = ("Records identified", "Records screened", "Reports sought", "Reports assessed", "Studies included")
    assert [at(figure, start).y for start in way] == sorted(at(figure, start).y for start in way)
    assert len({at(figure, start).x for start in way}) == 1
    beside = ("Records removed", "Records excluded", "Reports not retrieved", "Reports excluded")
    assert len({at(figure, start).x for start in beside}) == 1
    for on_the_way, leaving in zip(way, beside, strict=False):
        assert at(figure, leaving).y == at(figure, on_the_way).y
        assert at(figure, leaving).x > at(figure, on_the_way).x


def test_the_sources_are_set_in_under_their_total():
    figure = flow_diagram(NEW)
    assert at(figure, "PubMed").x > at(figure, "Databases").x > at(figure, "Records identified").x
    assert at(figure, "Databases").text == "Databases (n\u00a0=\u00a0941):"


def test_arms_that_have_no_room_stand_under_each_other():
    beside, under = (flow_diagram(TEMPLATES["new-other"], width=width) for width in (None, 241))
    assert at(beside, "Websites").y < at(beside, "Records screened").y
    assert at(under, "Websites").y > at(under, "Wrong comparison").y
    assert under.height > beside.height


def test_no_reason_one_reason_and_twelve():
    none, one, twelve = (
        said(flow_diagram(NEW.with_counts(excluded_reports=reasons))) for reasons in (0, {"Wrong population": 93}, LONG)
    )
    assert "Reports excluded (n = 0)" in none
    assert "Reports excluded (n = 93): Wrong population (n = 93)" in one
    assert all(reason.split(",")[0] in twelve for reason in LONG)


def test_numbers_have_separators_and_keep_with_their_sign():
    assert "Records screened (n\u00a0=\u00a0924,451)" in texts(flow_diagram(LARGE))


def test_what_is_not_given_is_a_question_mark():
    words = said(flow_diagram(FlowCounts()))
    assert words.count("(n = ?)") == 10
    assert "Does not add up" not in words


def test_what_does_not_add_up_is_said_under_the_diagram_unless_that_is_not_wanted():
    off = NEW.with_counts(screened=650, sought=160)
    words = said(flow_diagram(off))
    assert (
        "Does not add up: 941 from databases + 44 from registers − 330 duplicates = 655 records, not 650 screened: 5 are missing."
        in words
    )
    assert "Records and reports: 650 screened − 500 excluded = 150 records, and 160 reports were sought: 10 more." in words
    assert "add up" not in said(flow_diagram(off, notes=False))


def test_the_arm_of_other_methods_and_the_previous_version_lead_into_what_is_included():
    figure = flow_diagram(TEMPLATES["updated-other"])
    bent = [line for line in figure.marks if isinstance(line, Line) and len(line.points) == 3]
    assert len(bent) == 2
    into = {round(line.points[-1][0]) for line in bent}
    assert len(into) == 2


def test_words_can_be_replaced():
    figure = flow_diagram(NEW, labels={"screened": "Hits screened", "screening": "Sifting"})
    assert "Hits screened (n\u00a0=\u00a0655)" in texts(figure)
    assert "Sifting" in texts(figure)
    with pytest.raises(BadArgument) as bad:
        flow_diagram(NEW, labels={"sifted": "x"})
    assert str(bad.value).startswith("there is no label 'sifted'. Use one of identification, screening, included, ")


def test_letters_can_be_edited(tmp_path):
    figure = flow_diagram(NEW)
    root = ElementTree.parse(figure.save(tmp_path / "flow.svg", letters=True)).getroot()
    letters = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert letters == texts(figure)
    assert root.find("{http://www.w3.org/2000/svg}defs") is None
    with pytest.raises(BadArgument) as bad:
        figure.save(tmp_path / "flow.png", letters=True)
    assert str(bad.value) == "flow.png: letters can't be edited in a picture of pixels. Save it as .svg or .pdf."


def test_the_description_says_the_flow():
    assert flow_diagram(NEW).description.replace("\u00a0", " ") == (
        "PRISMA 2020 flow diagram. Identification of studies via databases and registers. "
        "Records identified from: Databases (n = 941): PubMed (n = 310); Embase (n = 420); CENTRAL (n = 211); Registers (n = 44): "
        "ClinicalTrials.gov (n = 44). Records removed before screening: Duplicate records removed (n = 330). "
        "Records screened (n = 655). Records excluded (n = 500). "
        "Reports sought for retrieval (n = 155). Reports not retrieved (n = 3). "
        "Reports assessed for eligibility (n = 152). Reports excluded (n = 93): Wrong population (n = 32); "
        "Wrong comparison (n = 40); Not randomised (n = 21). "
        "Studies included in review (n = 52); Reports of included studies (n = 59)."
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: flow_diagram({"screened": 3}), "flow_diagram draws FlowCounts, not dict. Make it by FlowCounts(...)."),
        (lambda: flow_diagram(NEW, width=100), "width is 100 points. Give 160 or more, or leave it out."),
    ],
)
def test_what_it_cannot_draw_it_says(call, message):
    with pytest.raises(BadArgument) as bad:
        call()
    assert str(bad.value) == message
