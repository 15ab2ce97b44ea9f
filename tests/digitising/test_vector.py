"""Vector figures are read exactly: those of matplotlib and of R, and any staircase that an SVG can hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.digitising.figures import REFERENCE, VECTOR, Picture, drawn, errors, lung, rmse, trial_of

import trialpool as tp
from trialpool.digitising.digitised import Axis
from trialpool.digitising.svg import read_svg
from trialpool.digitising.vector_curves import vector_curves
from trialpool.errors import BadInput

PICTURES = [
    Picture(name="plain", kind="svg"),
    Picture(name="plain", kind="pdf"),
    Picture(name="crossing, marks", kind="svg", shape="crossing", marks="+"),
    Picture(name="crossing, marks", kind="pdf", shape="crossing", marks="|"),
    Picture(name="bands, grid, percent", kind="pdf", bands=True, grid=True, percent=True),
    Picture(name="cut axis", kind="svg", lowest=0.4),
    Picture(name="dashed", kind="pdf", colours={"Control": "black", "Research": "black"}, dashed=("Research",)),
]
LOOKS = {"Male": "#1f77b4", "Female": "#d62728"}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: f"{picture.kind}, {picture.name}")
def test_curves_of_matplotlib(picture, tmp_path):
    assert max(error.rmse for error in errors(picture, tmp_path).values()) < VECTOR


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_names_come_from_the_legend_and_numbers_from_the_ticks(kind, tmp_path):
    picture = Picture(name="plain", kind=kind)
    read = tp.digitise(drawn(picture, tmp_path))
    assert [curve.arm for curve in read.curves] == ["Control", "Research"]
    assert (read.x.value, read.y.value, read.x.found, read.y.found) == ((0, 60), (0, 1), "tick labels", "tick labels")


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_censoring_marks_are_told_from_the_curve(kind, tmp_path):
    picture = Picture(name="marks", kind=kind, marks="|")
    read = tp.digitise(drawn(picture, tmp_path), curves=picture.looks)
    for arm, truth in trial_of(0, 200, "apart").items():
        assert read.curve(arm).censored == pytest.approx(truth.censored, abs=1e-3)


def test_r_by_its_dashes():
    read = tp.digitise(REFERENCE / "lung.pdf")
    assert [(curve.arm, curve.line) for curve in read.curves] == [("Male", "solid"), ("Female", "dashed")]
    for arm, truth in lung().items():
        assert rmse(read, arm, truth) < VECTOR
        assert read.curve(arm).time[-1] == pytest.approx(truth.end, abs=0.05)


def test_r_with_confidence_limits():
    read = tp.digitise(REFERENCE / "lung-limits.pdf", curves=LOOKS)
    assert read.remarks == ("4 lines that enclose a curve of their colour were taken as its confidence limits",)
    assert all(rmse(read, arm, truth) < VECTOR for arm, truth in lung().items())


def test_letters_that_are_shapes_are_said_to_be():
    with pytest.raises(BadInput, match="x axis: its tick marks were found and no numbers, for the letters"):
        tp.digitise(REFERENCE / "lung.svg", curves=LOOKS)


def test_a_frame_that_goes_down_and_right_below_the_axis_is_no_curve():
    frame = '<path d="M100 90V510H710" stroke="black"/><path d="M100 100H300V300H700" stroke="black"/>'
    drawing = read_svg(f'<svg viewBox="0 0 800 600">{frame}</svg>'.encode(), "a.svg")
    cut = Axis(position=(500.0, 100.0), value=(0.4, 1.0), found="given")
    (curve,), _ = vector_curves(drawing, X, cut, (), "a.svg")
    assert curve.survival == pytest.approx([1, 0.7, 0.7])


@pytest.mark.parametrize("third", ["dotted", "dashdot"])
def test_dots_are_told_from_dashes(third, tmp_path):
    colours = {"Control": "black", "Research": "black", "Third": "black"}
    picture = Picture(name="three", kind="svg", colours=colours, dashed=("Research",), third=third)
    read = tp.digitise(drawn(picture, tmp_path), curves=picture.looks)
    assert [curve.line for curve in read.curves] == ["solid", "dashed", third]


def test_r_where_letters_are_shapes():
    read = tp.digitise(REFERENCE / "lung.svg", x=(0, 1000), y="0,1", curves=LOOKS)
    assert read.x.found == "ticks"
    assert all(rmse(read, arm, truth) < VECTOR for arm, truth in lung().items())


X = Axis(position=(100.0, 700.0), value=(0.0, 60.0), found="given")
Y = Axis(position=(500.0, 100.0), value=(0.0, 1.0), found="given")


@st.composite
def staircases(draw):
    """Times and survival of 2 to 30 drops, times at least a unit of the page apart."""
    n = draw(st.integers(2, 30))
    gaps = draw(st.lists(st.integers(1, 20), min_size=n, max_size=n))
    levels = draw(st.lists(st.integers(0, 1000), min_size=n, max_size=n, unique=True))
    return np.cumsum(gaps) / 10, np.array(sorted(levels, reverse=True)) / 1000


def path_of(time, survival):
    """The `d` of a survival curve as a plotting program writes it, in the units of the page."""
    steps = [f"H{100 + 10 * t:.6g}V{500 - 400 * s:.6g}" for t, s in zip(time.tolist(), survival.tolist(), strict=True)]
    return f"M100 100{''.join(steps)}"


TRANSFORMS = {
    "": lambda d: f'<path d="{d}" stroke="red"/>',
    "translate": lambda d: f'<g transform="translate(-5,7)"><path transform="translate(5 -7)" d="{d}" stroke="red"/></g>',
    "scale": lambda d: f'<g transform="scale(2)"><path style="stroke:#f00" transform="matrix(0.5,0,0,.5 0 0)" d="{d}"/></g>',
    "use": lambda d: f'<defs><path id="c" d="{d}"/></defs><use href="#c" x="3" transform="translate(-3)" stroke="rgb(255,0,0)"/>',
    "css": lambda d: f'<style>.k path {{ stroke: #ff0000 }}</style><g class="j k"><path d="{d}"/></g>',
}


@pytest.mark.parametrize("wrapping", TRANSFORMS)
@given(staircases())
@settings(max_examples=20)
def test_any_staircase_is_read_as_it_is_whatever_is_around_it(wrapping, steps):
    time, survival = steps
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 600">{TRANSFORMS[wrapping](path_of(time, survival))}</svg>'
    if np.ptp(time) + time[0] < 6:
        time, survival = np.append(time, 12.0), np.append(survival, survival[-1])
        svg = svg.replace("V" + path_of(*steps).rpartition("V")[2], "V" + path_of(*steps).rpartition("V")[2] + "H220")
    (curve,), _ = vector_curves(read_svg(svg.encode(), "a.svg"), X, Y, (), "a.svg")
    at = np.linspace(0.05, 59.95, 1000)
    at = at[(at < curve.time[-1]) & (np.abs(at[:, np.newaxis] - time).min(1) > 1e-6)]
    true = np.append(1, survival)[np.searchsorted(time, at, side="right")]
    assert curve.at(at) == pytest.approx(true, abs=1e-6)
    assert curve.colour == (255, 0, 0)


def test_steps_drawn_one_by_one_are_one_curve():
    pieces = ["100,100 200,100", "200,100 200,200", "200,200 400,200", "400,200 400,400", "400,400 600,400"]
    lines = "".join(f'<polyline points="{points}" stroke="black"/>' for points in pieces)
    drawing = read_svg(f'<svg viewBox="0 0 800 600">{lines}</svg>'.encode(), "a.svg")
    (curve,), _ = vector_curves(drawing, X, Y, (), "a.svg")
    assert curve.time == pytest.approx([0, 10, 30, 50])
    assert curve.survival == pytest.approx([1, 0.75, 0.25, 0.25])


def test_a_drawing_programs_layers_and_axes_of_one_path(tmp_path):
    """A layer with a transform, a mirrored group, styles in attributes and a sheet, labels in tspans; both axes one path."""
    label = '<text style="font-size:4px" x="{x}" y="{y}"><tspan x="{x}" y="{y}">{text}</tspan></text>'
    ticks = "".join(
        f'<path style="stroke:#000000" d="m {20 + i * 20},100 v 2"/>' + label.format(x=19 + i * 20, y=107, text=12 * i)
        for i in range(6)
    )
    ticks += "".join(
        f'<path style="stroke:#000000" d="m 20,{100 - 16 * i} h -2"/>' + label.format(x=10, y=101 - 16 * i, text=20 * i)
        for i in range(6)
    )
    (tmp_path / "layers.svg").write_text(
        '<svg width="210mm" height="148mm" viewBox="0 0 210 148" xmlns="http://www.w3.org/2000/svg"><defs><style>'
        ".b{fill:none;stroke:#0000ff;stroke-width:.6px}</style></defs>"
        f'<g transform="translate(10,5) scale(1.1)"><path style="fill:none;stroke:#000" d="M 20,20 V 100 H 125"/>{ticks}'
        '<g transform="matrix(1,0,0,-1,0,120)"><path style="fill:none;stroke:#d62728" d="m 20,100 h 10 v -8 h 20 v -16 h 30"/>'
        '<path class="b" d="M 20,100 H 40 V 90 H 110"/></g></g></svg>'
    )
    read = tp.digitise(tmp_path / "layers.svg")
    assert [curve.style for curve in read.curves] == ["#d62728", "#0000ff"]
    for curve, time, survival in zip(
        read.curves, ([0, 6, 18, 36], [0, 12, 54]), ([1, 0.9, 0.7, 0.7], [1, 0.875, 0.875]), strict=True
    ):
        assert curve.time == pytest.approx(time, abs=1e-9)
        assert curve.survival == pytest.approx(survival, abs=1e-9)
