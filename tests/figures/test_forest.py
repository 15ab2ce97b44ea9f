"""Forest plots: what a reader measures with a ruler is what the numbers say."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from tests.figures.examples import HR, OVERALL, differences, line, nasty, simple, study_lines, subgroups

from trialpool.figures import style
from trialpool.figures.canvas import Figure
from trialpool.figures.forest import ForestPlot, NoteLine, PooledLine, draw_forest
from trialpool.figures.intervals import DIAMOND, HEAD, LARGEST, SMALLEST
from trialpool.figures.lettering import MISSING
from trialpool.figures.marks import Line, Shape, Text


def texts(figure: Figure) -> list[str]:
    return [mark.text for mark in figure.marks if isinstance(mark, Text)]


def place(figure: Figure, text: str) -> Text:
    return next(mark for mark in figure.marks if isinstance(mark, Text) and mark.text == text)


def scale(figure: Figure, *, log: bool = True):
    """From effects to points, read off the printed tick labels as a reader would."""
    labels = [mark for mark in figure.marks if isinstance(mark, Text) and mark.align == "center" and mark.size == style.SMALL]
    ticks = [mark for mark in labels if mark.colour == style.INK]
    values = [float(tick.text.replace("−", "-")) for tick in ticks]
    (a, x0), (b, x1) = [(math.log(v) if log else v, tick.x) for v, tick in zip(values, ticks, strict=True)][:: len(ticks) - 1]
    return lambda effect: x0 + (effect - a) / (b - a) * (x1 - x0)


def squares(figure: Figure) -> list[Shape]:
    return [mark for mark in figure.marks if isinstance(mark, Shape) and len(mark.points) == 4 and mark.edge != "none"]


def diamonds(figure: Figure) -> list[Shape]:
    return [
        mark
        for mark in figure.marks
        if isinstance(mark, Shape) and len(mark.points) == 4 and mark.fill in (style.OVERALL, style.SUBTOTAL)
    ]


def heads(figure: Figure, colour: str) -> list[Shape]:
    return [mark for mark in figure.marks if isinstance(mark, Shape) and len(mark.points) == 3 and mark.fill == colour]


def centre(shape: Shape) -> float:
    return (min(x for x, _ in shape.points) + max(x for x, _ in shape.points)) / 2


@pytest.mark.parametrize("k", [1, 3, 18, 60])
def test_every_study_stands_as_many_times_as_given(k):
    given, shown = Counter(each.label for each in study_lines(k)), Counter(texts(draw_forest(simple(k))))
    assert {label: shown[label] for label in given} == given


def test_equal_labels_keep_rows_of_their_own():
    lines = (line("Same", -0.4, -0.9, 0.1, weight=0.5), line("Same", 0.2, 0.1, 0.3, weight=0.5))
    figure = draw_forest(ForestPlot(title="", lines=lines, **HR))
    rows = [mark.y for mark in figure.marks if isinstance(mark, Text) and mark.text == "Same"]
    assert len(set(rows)) == 2
    assert [centre(square) for square in squares(figure)] == pytest.approx([scale(figure)(-0.4), scale(figure)(0.2)], abs=0.01)


def test_squares_stand_at_the_estimates_and_whiskers_reach_the_limits():
    plot = simple(18)
    figure = draw_forest(plot)
    at = scale(figure)
    whiskers = [mark for mark in figure.marks if isinstance(mark, Line) and mark.colour == style.INK and mark.width == style.LINE]
    ends = [(mark.points[0][0], mark.points[1][0]) for mark in whiskers if mark.points[0][1] == mark.points[1][1]][1:]
    assert [centre(square) for square in squares(figure)] == pytest.approx([at(s.estimate) for s in plot.studies], abs=0.01)
    shown = [(at(s.low), at(s.high)) for s in plot.studies if not crosses_an_end(figure, s, at)]
    assert len(shown) >= 12
    assert all(any(pair == pytest.approx(end, abs=0.01) for end in ends) for pair in shown)


def crosses_an_end(figure: Figure, study, at) -> bool:
    axis = next(m for m in figure.marks if isinstance(m, Line) and m.width == style.THIN and m.colour == style.INK and level(m))
    return at(study.low) < axis.points[0][0] - 0.01 or at(study.high) > axis.points[1][0] + 0.01


def level(mark: Line) -> bool:
    (x0, y0), (x1, y1) = mark.points
    return y0 == y1 and x1 - x0 > 100


def test_areas_of_squares_are_in_proportion_to_the_weights():
    lines = tuple(line(f"W{w}", 0, -1, 1, weight=w) for w in (0.1, 0.2, 0.3, 0.4))
    sides = [square.points[1][0] - square.points[0][0] for square in squares(draw_forest(ForestPlot(title="", lines=lines, **HR)))]
    assert [side**2 for side in sides] == pytest.approx([w / 0.4 * LARGEST**2 for w in (0.1, 0.2, 0.3, 0.4)])


def test_a_study_without_weight_is_small_and_open():
    lines = (line("Zero", 0, -1, 1, weight=0.0), line("One", 0, -1, 1, weight=1.0))
    zero, one = squares(draw_forest(ForestPlot(title="", lines=lines, **HR)))
    assert (zero.points[1][0] - zero.points[0][0], zero.fill) == (pytest.approx(SMALLEST), style.PAPER)
    assert one.fill == style.STUDY


def test_the_diamond_spans_the_pooled_interval():
    figure = draw_forest(simple(18))
    at, (diamond,) = scale(figure), diamonds(figure)
    left, top, right, bottom = diamond.points
    assert (left[0], top[0], right[0]) == pytest.approx([at(x) for x in (OVERALL.low, OVERALL.estimate, OVERALL.high)], abs=0.01)
    assert bottom[1] - top[1] == pytest.approx(2 * DIAMOND)


def test_the_prediction_interval_is_a_bar_with_its_numbers():
    figure = draw_forest(simple(3))
    at = scale(figure)
    bar = next(mark for mark in figure.marks if isinstance(mark, Line) and mark.width == style.HEAVY)
    assert [x for x, _ in bar.points] == pytest.approx([at(math.log(0.45)), at(math.log(0.9))], abs=0.01)
    assert (place(figure, "95% prediction interval").y, bar.colour) == (
        place(figure, "(0.45–0.90)").y,
        style.PREDICTION,
    )


def test_null_line_and_line_of_the_overall_estimate():
    figure = draw_forest(simple(18))
    at = scale(figure)
    upright = [mark for mark in figure.marks if isinstance(mark, Line) and mark.points[0][0] == mark.points[1][0]]
    long = [mark for mark in upright if mark.points[1][1] - mark.points[0][1] > 200]
    assert [(mark.points[0][0], mark.dash) for mark in long] == [
        (pytest.approx(at(0), abs=0.01), "solid"),
        (pytest.approx(at(OVERALL.estimate), abs=0.01), "dotted"),
    ]


def test_effects_are_printed_back_transformed():
    figure = draw_forest(simple(3))
    assert place(figure, "0.62").y == place(figure, "(0.57–0.67)").y == place(figure, OVERALL.label).y


def test_differences_are_printed_with_true_minus_signs():
    assert {"−0.05", "(−0.10 to 0.01)"} <= set(texts(draw_forest(differences())))


def test_small_differences_have_three_decimals():
    lines = (line("Small", -0.0123, -0.0456, 0.0321),)
    figure = draw_forest(ForestPlot(title="", lines=lines, measure="RD", measure_name="Risk difference", log=False))
    assert {"−0.012", "(−0.046 to 0.032)"} <= set(texts(figure))


@pytest.mark.parametrize(
    ("low", "high", "arrows"),
    [(-0.5, 0.5, 0), (-math.inf, 0.5, 1), (-0.5, math.nan, 1), (-math.inf, math.inf, 2), (-30.0, 30.0, 2)],
)
def test_an_interval_that_goes_on_beyond_the_axis_ends_in_an_arrow(low, high, arrows):
    usual = [line(f"Usual {i}", 0.0, -0.6, 0.6) for i in range(4)]
    figure = draw_forest(ForestPlot(title="", lines=(*usual, line("This", 0.0, low, high)), **HR))
    assert len(heads(figure, style.INK)) == arrows


def test_an_arrow_stands_just_outside_the_axis():
    usual = [line(f"Usual {i}", 0.0, -0.6, 0.6) for i in range(4)]
    figure = draw_forest(ForestPlot(title="", lines=(*usual, line("This", 0.0, -0.1, math.inf)), **HR))
    (head,) = heads(figure, style.INK)
    axis = next(m for m in figure.marks if isinstance(m, Line) and m.width == style.THIN and level(m))
    assert max(x for x, _ in head.points) == pytest.approx(axis.points[1][0] + HEAD)


def test_what_is_not_estimable_is_said_and_not_drawn():
    figure = draw_forest(ForestPlot(title="", lines=(line("None", math.nan, math.nan, math.nan),), **HR))
    assert "Not estimable" in texts(figure)
    assert squares(figure) == heads(figure, style.INK) == []


def test_columns_that_no_line_fills_are_left_out():
    bare = draw_forest(ForestPlot(title="", lines=(line("A", 0, -1, 1),), **HR))
    assert [header for header in ("Treatment", "Control", "Weight") if header in texts(bare)] == []
    one_arm = draw_forest(ForestPlot(title="", lines=(line("A", 0, -1, 1, treatment="1/2"),), **HR))
    assert [header for header in ("Treatment", "Control") if header in texts(one_arm)] == ["Treatment"]


def test_weights_can_be_hidden():
    shown = texts(draw_forest(replace(simple(3), show_weights=False)))
    assert [text for text in shown if text == "Weight" or text.endswith("%")] == []


def test_marks_follow_their_label_raised_and_small():
    figure = draw_forest(simple(1))
    label, mark = place(figure, "Attal 2006"), place(figure, "†")
    assert mark.size < label.size
    assert mark.y < label.y
    assert label.x < mark.x < label.x + 80


def test_faint_studies_are_grey_and_open():
    figure = draw_forest(ForestPlot(title="", lines=(line("Faint", 0.1, -0.2, 0.4, faint=True),), **HR))
    assert place(figure, "Faint").colour == style.QUIET
    assert [square.fill for square in squares(figure)] == [style.PAPER]


def test_studies_of_a_group_are_indented_under_its_heading():
    figure = draw_forest(subgroups())
    heading, study, overall = (place(figure, text) for text in ("Thalidomide", "Attal 2006", "All studies"))
    assert heading.x == overall.x < study.x
    assert (heading.bold, study.bold, overall.bold) == (True, False, True)


def test_lines_keep_their_order_from_top_to_bottom():
    shown = draw_forest(subgroups())
    rows = [place(shown, text).y for text in ("Thalidomide", "Lenalidomide", "All studies", "Hazard ratio (log scale)")]
    assert all(above < below for above, below in pairwise(rows))


def test_sides_are_named_beneath_the_axis_where_they_lie():
    figure = draw_forest(simple(18))
    low, high = place(figure, "Favours IMiD maintenance"), place(figure, "Favours control")
    null = scale(figure)(0)
    assert (low.align, high.align) == ("right", "left")
    assert low.x < null < high.x


def test_dollars_are_dollars_and_unknown_letters_are_boxes():
    assert f"Şçžöß Łódź 2004 $x_1$ {MISSING * 2} {MISSING}" in texts(draw_forest(nasty()))


def test_height_grows_with_rows_and_width_does_not():
    few, many = draw_forest(simple(3)), draw_forest(simple(18))
    assert few.width == many.width
    assert many.height - few.height == pytest.approx(15 * style.TEXT * 1.75, abs=1)


def test_the_description_says_what_the_plot_shows():
    assert draw_forest(simple(3)).description == (
        "Forest plot of 3 studies, Hazard ratio with 95% confidence intervals. Random effects (REML, Hartung–Knapp): "
        "0.62 (0.57–0.67), 95% prediction interval 0.45–0.90."
    )


def test_other_levels_are_named():
    figure = draw_forest(replace(simple(3), level=0.99))
    assert {"(99% CI)", "99% prediction interval"} <= set(texts(figure))


def test_notes_and_pooled_lines_may_stand_alone():
    lines = (NoteLine(text="No study reported this."), PooledLine(label="All", estimate=0, low=-1, high=1))
    assert {"No study reported this.", "All"} <= set(texts(draw_forest(ForestPlot(title="", lines=lines, **HR))))
