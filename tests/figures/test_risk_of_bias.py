"""Traffic lights and summaries: what is drawn is what was judged, and it can be told apart in grey."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.figures.risk_examples import other, rob2, tool
from tests.figures.seen import discs, shapes, texts
from tests.formats.folders import PLAN, findings, folder
from tests.formats.risk_rows import low, open_label

from trialpool.analysis.judgements import judgements
from trialpool.errors import BadArgument
from trialpool.figures.from_judgements import lights_of, risk_of_bias_summary, traffic_light
from trialpool.figures.from_results import figures_of
from trialpool.figures.lights import SIGNS, colours_of, contrast, ink_on, luminance
from trialpool.formats.tool_definition import packaged_tool

DOMAINS = ("D1", "D2", "D3", "D4", "D5")
RED = colours_of(3)[2]


def every(levels):
    return {domain: list(levels) for domain in DOMAINS}


@pytest.mark.parametrize("k", [2, 3, 4, 5, 8, 12])
def test_levels_go_from_pale_to_dark_and_signs_can_be_read_on_them(k):
    colours = colours_of(k)
    shades = [luminance(colour) for colour in colours]
    assert shades == sorted(shades, reverse=True)
    assert len(set(colours)) == k
    assert min(contrast(colour, ink_on(colour)) for colour in colours) > (4.5 if k <= 5 else 3)


@pytest.mark.parametrize("k", [2, 3, 4])
def test_few_levels_are_far_apart_in_grey(k):
    shades = [luminance(colour) for colour in colours_of(k)]
    assert min(contrast(one, next_) for one, next_ in zip(colours_of(k), colours_of(k)[1:], strict=False)) > 1.4, shades


def test_every_level_has_a_sign_of_its_own():
    assert all(len(set(signs)) == k == len(signs) for k, signs in SIGNS.items())


def test_a_light_for_each_study_and_domain_and_one_over_all():
    made = judgements(["A", "B"], {d: ["low", "high"] for d in DOMAINS[:4]} | {"D5": ["some concerns", None]})
    assert made.overall == ("some-concerns", "high")
    figure = traffic_light(made)
    lights = lights_of(made.tool)
    drawn = Counter(disc.fill for disc in discs(figure))
    legend = Counter([lights[level].colour for level in ("low", "some-concerns", "high")] + ["#ffffff"])
    judged = Counter({lights["low"].colour: 4, lights["high"].colour: 5, lights["some-concerns"].colour: 2, "#ffffff": 1})
    assert drawn == judged + legend
    assert figure.description == (
        "Traffic-light plot of 2 studies. Randomisation process: 1 low, 1 high; "
        "Deviations from intended interventions: 1 low, 1 high; "
        "Missing outcome data: 1 low, 1 high; Measurement of the outcome: 1 low, 1 high; Selection of the reported result: "
        "1 some concerns, 1 not judged; Overall: 1 some concerns, 1 high."
    )


def test_a_tool_without_an_overall_judgement_has_no_such_column():
    assert "Overall" not in texts(traffic_light(other(3, tool(4, 3, overall="none"))))
    assert "Overall" in texts(traffic_light(other(3, tool(4, 3))))


def test_bars_are_shares_of_the_studies_or_of_the_weight():
    levels = {domain: ["low", "high", "high"] for domain in DOMAINS}
    made = judgements(["A", "B", "C"], levels, weights=[6, 1, 1])
    assert risk_of_bias_summary(made).description.endswith("Overall: 75% low, 25% high.")
    assert risk_of_bias_summary(made, weighted=False).description.endswith("Overall: 33% low, 67% high.")
    widths = [
        max(x for x, _ in shape.points) - min(x for x, _ in shape.points) for shape in shapes(risk_of_bias_summary(made), RED)
    ]
    assert widths == pytest.approx([65.0] * 6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: judgements(["A"], {"D1": ["low"]}),
            "levels has no column D2, D3, D4, D5. RoB 2, effect of assignment to treatment has the domains D1, D2, D3, D4, D5.",
        ),
        (
            lambda: judgements(["A"], every(["medium"])),
            "D1 holds 'medium', which RoB 2, effect of assignment to treatment does not have. Use one of low, some-concerns, high.",
        ),
        (lambda: judgements(["A", "B"], every(["low"])), "D1 has 1 levels for 2 studies. Give as many."),
        (
            lambda: judgements(["A"], every(["low"]), weights=[0]),
            "weights must be numbers of 0 or more, and not all 0.",
        ),
        (
            lambda: judgements(["A"], every(["low"]), weights=[1, 2]),
            "weights has 2 numbers for 1 studies. Give as many.",
        ),
        (
            lambda: risk_of_bias_summary(rob2(3, weighted=False), weighted=True),
            "weighted=True needs weights, and these judgements have none. Give weights to `judgements`.",
        ),
        (
            lambda: traffic_light(3),
            "traffic_light takes what `judgements` returns, or the risk_of_bias of an analysis, not int.",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, message):
    with pytest.raises(BadArgument) as refusal:
        call()
    assert str(refusal.value) == message


def test_a_table_as_other_programs_write_it_is_drawn_as_it_stands():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"Study": ["A", "B"], **{d: ["Low", "High"] for d in DOMAINS}, "Overall": ["Low", "Some concerns"]})
    assert judgements(frame["Study"], frame).overall == ("low", "some-concerns")


def test_a_tool_can_be_a_file(tmp_path):
    text = (
        'format = 1\nid = "ours"\nname = "Ours"\n[[levels]]\nid = "good"\nname = "Good"\n[[levels]]\nid = "bad"\nname = "Bad"\n'
        '[[domains]]\nid = "A"\nname = "Funding"\n'
    )
    path = tmp_path / "ours.toml"
    path.write_text(text, encoding="utf-8")
    assert judgements(["A"], {"A": ["bad"]}, tool=path).overall == ("bad",)


def test_lights_stand_beside_the_forest_unless_the_plan_says_no(tmp_path):
    rows = [*low("a-2001"), *low("b-2005", but=("D4",)), *open_label("b-2005")]
    by_plan = {}
    for name, plan in (("yes", PLAN), ("no", PLAN + "\n[risk_of_bias]\nbeside_forest = false\n")):
        (tmp_path / name).mkdir()
        by_plan[name] = figures_of(findings(folder(tmp_path / name, toml=plan, risk_of_bias=rows)))["forest-os"]
    assert discs(by_plan["no"]) == []
    assert len(discs(by_plan["yes"])) == 3 * 6 + 4
    assert len(discs(by_plan["yes"], RED)) == 2 + 1  # the fourth domain of B 2005, and overall; the legend
    assert packaged_tool("rob2-assignment").domain("D4").name.lower() in " ".join(texts(by_plan["yes"]))
