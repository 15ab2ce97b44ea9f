"""Rasters are read within a pixel or so, in colour and in black and white; what cannot be told apart is refused."""

import io

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from tests.digitising.figures import RASTER, REFERENCE, Picture, drawn, errors, lung, rmse, trial_of

import trialpool as tp
from trialpool.errors import BadInput

BLACK = {"Control": "black", "Research": "black"}
DASHED = ("Research",)
THREE = {**BLACK, "Third": "black"}
PICTURES = [
    Picture(name="colour, 100 dpi", dpi=100),
    Picture(name="colour, 150 dpi"),
    Picture(name="JPEG 75", kind="jpg", quality=75),
    Picture(name="JPEG 50, crossing", kind="jpg", quality=50, shape="crossing"),
    Picture(name="crossing, marks", shape="crossing", marks="+"),
    Picture(name="grid, bands, percent", grid=True, bands=True, percent=True),
    Picture(name="cut axis", lowest=0.4),
    Picture(name="black and grey", colours={"Control": "black", "Research": "#808080"}),
    Picture(name="dashed", colours=BLACK, dashed=DASHED),
    Picture(name="dashed, crossing", colours=BLACK, dashed=DASHED, shape="crossing"),
    Picture(name="dashed, JPEG, letters, marks", colours=BLACK, dashed=DASHED, kind="jpg", lettering=True, marks="|"),
    Picture(name="solid, dashed, dotted", colours=THREE, dashed=DASHED, third="dotted"),
    Picture(name="three, crossing, JPEG", colours=THREE, dashed=DASHED, third="dotted", shape="crossing", kind="jpg"),
    Picture(name="solid, dashed, dashes and dots", colours=THREE, dashed=DASHED, third="dashdot"),
    Picture(name="dark, bands, marks", colours={"Control": "navy", "Research": "darkgreen"}, bands=True, marks="|", width=2),
]


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_curves_of_matplotlib(picture, tmp_path):
    assert max(error.rmse for error in errors(picture, tmp_path).values()) < RASTER


def test_a_small_trial_whose_arms_cross_and_hide_each_other(tmp_path):
    assert max(error.rmse for error in errors(Picture(name="small", n=40), tmp_path, 1).values()) < 0.0045


def test_an_arm_that_is_hidden_runs_where_the_one_over_it_does(tmp_path):
    figure, axes = plain_axes()
    time = np.arange(0, 62, 4)
    hidden = np.linspace(1, 0.4, 16)
    over = np.where(time < 32, hidden, hidden - 0.1)
    for survival, colour in ((hidden, "#1f77b4"), (over, "#d62728")):
        axes.step(time, survival, where="post", color=colour)
    figure.savefig(tmp_path / "hidden.png")
    curve = tp.digitise(tmp_path / "hidden.png", x=(0, 60), y=(0, 1), curves={"A": "#1f77b4"}).curve("A")
    with_both = tp.digitise(tmp_path / "hidden.png", x=(0, 60), y=(0, 1), curves={"A": "#1f77b4", "B": "#d62728"}).curve("A")
    assert with_both.at(np.arange(2, 60, 4)) == pytest.approx(hidden[:-1], abs=RASTER)
    assert np.abs(curve.at(np.arange(2, 32, 4)) - hidden[:8]).max() > RASTER  # the other one has to be known


def test_curves_of_r_with_marks():
    read = tp.digitise(REFERENCE / "lung.png", x=(0, 1000), y=(0, 1), curves={"Male": "#1f77b4", "Female": "#d62728"})
    for arm, truth in lung().items():
        assert rmse(read, arm, truth) < RASTER
        assert read.curve(arm).time[-1] == pytest.approx(truth.end, abs=1000 / 650)  # a pixel


def test_colours_are_proposed(tmp_path):
    read = tp.digitise(drawn(Picture(name="plain", dpi=100), tmp_path), x=(0, 60), y=(0, 1))
    assert sorted(curve.style for curve in read.curves) == ["#1f77b4", "#d62728"]


def test_black_lines_are_proposed_as_solid_and_dashed(tmp_path):
    read = tp.digitise(drawn(Picture(name="bw", colours=BLACK, dashed=DASHED), tmp_path), x=(0, 60), y=(0, 1))
    for name, arm in (("solid", "Control"), ("dashed", "Research")):
        assert rmse(read, name, trial_of(0, 200, "apart")[arm]) < RASTER


def test_a_mark_that_is_found_is_one(tmp_path):
    picture = Picture(name="marks", marks="|")
    read = tp.digitise(drawn(picture, tmp_path), **picture.axes, curves=picture.looks)
    for arm, truth in trial_of(0, 200, "apart").items():
        found = read.curve(arm).censored
        assert len(found) > len(truth.censored) / 2
        assert np.abs(found[:, np.newaxis] - truth.censored).min(1).max() < 0.15  # months: two pixels


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    picture = Picture(name="plain", dpi=100)
    path = drawn(picture, tmp_path)
    one, other = (tp.digitise(path, **picture.axes) for _ in range(2))
    assert one.overlay == other.overlay
    assert one.table() == other.table()


@pytest.mark.parametrize("turn", [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM])
def test_a_figure_the_wrong_way_round_is_refused(turn, tmp_path):
    picture = Picture(name="plain", dpi=100)
    path = drawn(picture, tmp_path)
    Image.open(path).transpose(turn).save(path)
    with pytest.raises(BadInput):
        tp.digitise(path, x=(0, 60), y=(0, 1), curves=picture.looks)


def test_a_margin_moves_positions_and_nothing_else(tmp_path):
    picture = Picture(name="plain", dpi=100)
    path = drawn(picture, tmp_path)
    before = tp.digitise(path, **picture.axes, curves=picture.looks)
    image = Image.open(path).convert("RGB")
    wider = Image.new("RGB", (image.width + 30, image.height + 20), "white")
    wider.paste(image, (30, 20))
    wider.save(path)
    after = tp.digitise(path, **picture.axes, curves=picture.looks)
    assert after.x.position == pytest.approx(np.add(before.x.position, 30))
    assert after.y.position == pytest.approx(np.add(before.y.position, 20))
    assert after.table()["survival"] == pytest.approx(before.table()["survival"])


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "I;16", "1"])
def test_any_mode_of_picture(mode, tmp_path):
    picture = Picture(name="bw", colours=BLACK, dashed=DASHED, dpi=100)
    image = Image.open(drawn(picture, tmp_path)).convert("RGB")
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        image = image.convert(mode, dither=Image.Dither.NONE)
    path = tmp_path / "figure.tif"
    image.save(path)
    read = tp.digitise(path, **picture.axes, curves=picture.looks)
    assert rmse(read, "Control", trial_of(0, 200, "apart")["Control"]) < RASTER


def test_one_panel_of_two(tmp_path):
    picture = Picture(name="plain", dpi=100)
    image = Image.open(drawn(picture, tmp_path)).convert("RGB")
    other = Image.open(io.BytesIO((drawn(Picture(name="other", shape="crossing", dpi=100), tmp_path)).read_bytes())).convert("RGB")
    both = Image.new("RGB", (2 * image.width, image.height), "white")
    both.paste(other, (0, 0))
    both.paste(image, (image.width, 0))
    path = tmp_path / "both.png"
    both.save(path)
    within = (image.width, 0, 2 * image.width, image.height)
    read = tp.digitise(path, **picture.axes, curves=picture.looks, within=within)
    assert rmse(read, "Control", trial_of(0, 200, "apart")["Control"]) < RASTER


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_curve_that_leaves_a_cut_axis_ends_there(kind, tmp_path):
    picture = Picture(name="cut", lowest=0.4, kind=kind)
    read = tp.digitise(drawn(picture, tmp_path), **picture.axes, curves=picture.looks)
    for arm, truth in trial_of(0, 200, "apart").items():
        leaves = truth.time[truth.survival < 0.4][0]
        assert read.curve(arm).time[-1] == pytest.approx(leaves, abs=0.5)
        assert 0.4 <= read.curve(arm).survival[-1] < 0.42


def test_two_solid_black_lines_that_part_for_good(tmp_path):
    picture = Picture(name="solid", colours=BLACK)
    read = tp.digitise(drawn(picture, tmp_path, 2), **picture.axes, curves={"Research": "black upper", "Control": "black lower"})
    for arm, truth in trial_of(2, 200, "apart").items():
        assert rmse(read, arm, truth) < 2 * RASTER  # they may be exchanged where they are still together


def test_two_solid_black_lines_that_cross_are_refused(tmp_path):
    picture = Picture(name="solid", colours=BLACK, shape="crossing")
    said = "Research and Control meet again after they have parted, and which is which after that is not to be seen"
    with pytest.raises(BadInput, match=said):
        tp.digitise(drawn(picture, tmp_path), **picture.axes, curves={"Research": "black upper", "Control": "black lower"})


def test_two_solid_black_lines_are_not_taken_for_a_dashed_one(tmp_path):
    picture = Picture(name="solid", colours=BLACK)
    with pytest.raises(BadInput, match="Research: it cannot be told from Control: the line that should be solid is bare on"):
        tp.digitise(drawn(picture, tmp_path), **picture.axes, curves={"Control": "black solid", "Research": "black dashed"})


def test_a_dashed_line_is_found_though_a_solid_one_is_there(tmp_path):
    picture = Picture(name="bw", colours=BLACK, dashed=DASHED)
    read = tp.digitise(drawn(picture, tmp_path), **picture.axes, curves={"Research": "black dashed"})
    assert rmse(read, "Research", trial_of(0, 200, "apart")["Research"]) < RASTER


def test_one_of_two_black_lines_has_to_be_said(tmp_path):
    picture = Picture(name="bw", colours=BLACK, dashed=DASHED, dpi=100)
    with pytest.raises(BadInput, match=r"curve Research: more than one line has this colour\. Say solid or dashed"):
        tp.digitise(drawn(picture, tmp_path), **picture.axes, curves={"Research": "black"})


def test_a_solid_line_is_not_taken_for_a_dashed_one(tmp_path):
    picture = Picture(name="plain", dpi=100)
    with pytest.raises(BadInput, match="curve Control: "):
        tp.digitise(drawn(picture, tmp_path), **picture.axes, curves={"Control": "#1f77b4 dashed"})


def test_lines_of_a_pixel_that_lie_between_two_rows(tmp_path):
    picture = Picture(name="thin", dpi=100, width=0.72, colours={"Control": "black", "Research": "#d62728"})
    assert max(error.rmse for error in errors(picture, tmp_path).values()) < RASTER


def plain_axes(top=1.04):
    figure = Figure(figsize=(6, 4), dpi=150)
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot(xlim=(0, 63), ylim=(0, top), xticks=range(0, 61, 12), yticks=[0, 0.2, 0.4, 0.6, 0.8, 1])


def test_three_shades_of_grey(tmp_path):
    figure, axes = plain_axes()
    shades = {"A": "black", "B": "#7f7f7f", "C": "#bfbfbf"}
    truth = {arm: np.linspace(1, low, 31) for arm, low in zip(shades, (0.1, 0.3, 0.5), strict=True)}
    for arm, colour in shades.items():
        axes.step(np.arange(0, 62, 2), truth[arm], where="post", color=colour, linewidth=2)
    figure.savefig(tmp_path / "grey.png")
    read = tp.digitise(tmp_path / "grey.png", x=(0, 60), y=(0, 1), curves=shades)
    middles = np.arange(1, 60, 2)
    for arm, survival in truth.items():
        assert read.curve(arm).at(middles) == pytest.approx(survival[:-1], abs=RASTER)


@pytest.mark.parametrize("marks", ["", "|"])
def test_the_last_drop_of_a_line_is_read_and_a_mark_on_its_end_is_none(tmp_path, marks):
    figure, axes = plain_axes()
    time, survival = [0, 10, 20, 30, 40], [1, 0.7, 0.5, 0.3, 0.3 if marks else 0.1]
    axes.step(time, survival, where="post", color="#d62728")
    if marks:
        axes.plot([40], [0.3], marks, color="#d62728", markersize=8)
    figure.savefig(tmp_path / "last.png")
    curve = tp.digitise(tmp_path / "last.png", x=(0, 60), y=(0, 1), curves={"A": "#d62728"}).curve("A")
    assert (curve.time[-1], curve.survival[-1]) == (pytest.approx(40, abs=0.15), pytest.approx(survival[-1], abs=RASTER))


def test_a_rising_line_is_no_survival_curve_and_its_picture_upside_down_is_one(tmp_path):
    figure, axes = plain_axes(top=1)
    axes.step(np.arange(0, 61, 5), np.linspace(0, 0.6, 13), where="post", color="#d62728")
    figure.savefig(tmp_path / "rising.png")
    with pytest.raises(BadInput) as refused:
        tp.digitise(tmp_path / "rising.png", x=(0, 60), y=(0, 1), curves={"A": "#d62728"})
    assert str(refused.value) == (
        "rising.png, curve A: the line of this colour rises, as a cumulative incidence does, and survival never does. Turn the "
        "picture upside down, so that 1 less the incidence is read."
    )
    Image.open(tmp_path / "rising.png").transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(tmp_path / "falling.png")
    curve = tp.digitise(tmp_path / "falling.png", x=(0, 60), y=(0, 1), curves={"A": "#d62728"}).curve("A")
    assert curve.at(np.arange(2.5, 60, 5)) == pytest.approx(1 - np.linspace(0, 0.55, 12), abs=RASTER)


def test_plus_marks_on_a_thick_line_are_no_second_line(tmp_path):
    picture = Picture(name="marks", marks="+", width=2.5, dpi=300, n=400)
    assert max(error.rmse for error in errors(picture, tmp_path).values()) < RASTER


def test_a_black_line_is_proposed_beside_coloured_ones(tmp_path):
    picture = Picture(name="black", colours={"Control": "black", "Research": "#d62728"})
    read = tp.digitise(drawn(picture, tmp_path), x=(0, 60), y=(0, 1))
    assert sorted(curve.style for curve in read.curves) == ["#000000", "#d62728"]


def test_two_colours_asked_for_are_never_one_of_the_figure(tmp_path):
    """A colour that a JPEG has washed out is said to be missing, and not looked for where another one was asked for."""
    with pytest.raises(BadInput, match="curve Research: the colour #3060a0 is not in the plot"):
        tp.digitise(
            drawn(Picture(name="plain", dpi=100), tmp_path),
            x=(0, 60),
            y=(0, 1),
            curves={"Control": "#1f77b4", "Research": "#3060a0"},
        )
