"""`trialpool digitise`: what it writes and prints, and that a figure it cannot read ends in a sentence."""

import csv
import json
import tomllib

import pytest
from PIL import Image
from tests.cli.terminal import Ran, trialpool
from tests.digitising.figures import Picture, drawn
from tests.formats.folders import tree

PLAIN = Picture(name="plain", dpi=100)
CURVES = ("--curve", "Control=#1f77b4", "--curve", "Research=#d62728")
AXES = ("--x", "0,60", "--y", "0,1")


@pytest.fixture
def figure(tmp_path):
    return drawn(PLAIN, tmp_path)


def test_it_writes_coordinates_calibration_and_overlay(figure, tmp_path):
    out = tmp_path / "results/curves/os.csv"
    ran = trialpool("digitise", figure, *AXES, *CURVES, "--out", out)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == "figure.png (PNG): 2 curves"
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["time", "survival", "arm"]
    assert rows[0] == {"time": "0", "survival": "1", "arm": "Control"}
    calibration = tomllib.loads(out.with_suffix(".calibration.toml").read_text(encoding="utf-8"))
    assert (calibration["figure"], calibration["x"]["value"], calibration["y"]["value"]) == ("figure.png", [0, 60], [0, 1])
    assert [(curve["arm"], curve["look"]) for curve in calibration["curves"]] == [("Control", "#1f77b4"), ("Research", "#d62728")]
    assert [curve["points"] for curve in calibration["curves"]] == [
        sum(r["arm"] == a for r in rows) for a in ("Control", "Research")
    ]
    with Image.open(out.with_suffix(".overlay.png")) as overlay:
        assert overlay.size == (1800, 1200)
    assert sorted(path.name for path in out.parent.iterdir()) == ["os.calibration.toml", "os.csv", "os.overlay.png"]


def test_again_it_writes_the_same_bytes(figure, tmp_path):
    trialpool("digitise", figure, *AXES, *CURVES)
    before = tree(tmp_path)
    assert trialpool("digitise", figure, *AXES, *CURVES).code == 0
    assert tree(tmp_path) == before


def test_json_has_curves_and_paths(figure):
    ran = trialpool("digitise", figure, *AXES, *CURVES, "--json")
    read = json.loads(ran.out)
    assert [curve["arm"] for curve in read["curves"]] == ["Control", "Research"]
    assert read["coordinates"] == str(figure.with_suffix(".csv"))
    assert read["x"]["found"] == "ticks"


def test_the_positions_it_found_can_be_given(figure):
    first = json.loads(trialpool("digitise", figure, *AXES, *CURVES, "--json").out)
    given = [
        f"--{name}={first[name]['value'][0]}@{first[name]['position'][0]},{first[name]['value'][1]}@{first[name]['position'][1]}"
        for name in ("x", "y")
    ]
    second = json.loads(trialpool("digitise", figure, *given, *CURVES, "--json").out)
    for ours, theirs in zip(second["curves"], first["curves"], strict=True):
        assert (ours["arm"], ours["look"]) == (theirs["arm"], theirs["look"])
        assert ours["time"] == pytest.approx(theirs["time"], abs=1e-9)
        assert ours["survival"] == pytest.approx(theirs["survival"], abs=1e-9)
    assert second["x"]["found"] == "given"


def test_a_csv_that_was_not_made_here_is_left_alone(figure):
    mine = figure.with_suffix(".csv")
    mine.write_text("time,survival,arm\n", encoding="utf-8")
    mend = "Give another name, or move it away; nothing was written."
    said = f"{mine}: there is such a file, and no calibration beside it: it was not made here. {mend}\n"
    assert trialpool("digitise", figure, *AXES, *CURVES) == Ran("", said, 1)
    assert mine.read_text(encoding="utf-8") == "time,survival,arm\n"


PIXELS = "Give positions in pixels with the values, such as --{0} 0@105,60@822, from the left for x and from the top for y"
REFUSED = {
    "a green curve": (
        ("--curve", "A=#00ff00", *AXES),
        [("figure.png, curve A: the colour #00ff00 is not in the plot. The colours there are #1f77b4 in 92% of the columns, "
         "#d62728 in 92% of the columns.")],
    ),
    "no black curve": (
        ("--curve", "A=black", *AXES),
        [("figure.png, curve A: no line of this colour starts at survival 1 and never rises. See that the axes and the colour are "
         "right; if it is dashed, say dashed.")],
    ),
    "no look": (
        ("--curve", "A=nice", *AXES),
        [("'nice' is no look of the curve 'A'. Give a colour, such as #1f77b4 or black, and, where needed, one of solid, dashed, "
         "dotted, dashdot, upper, lower.")],
    ),
    "no name": (
        ("--curve", "red", *AXES),
        ["The curve 'red' is not a name and a look. Give it as 'Placebo=#1f77b4' or 'Placebo=black dashed'."],
    ),
    "an arm twice": (("--curve", "A=red", "--curve", "A=blue", *AXES), ["The curve 'A' is given twice. Give every arm once."]),
    "half an axis": (
        ("--x", "0", "--y", "0,1"),
        [("x is '0', not two different values. Give those of the first and last tick mark of the axis, such as 0,60; or values and "
         "where they stand, such as 0@105,60@822.")],
    ),
    "no rectangle": (
        ("--within", "9,9,1,1", *AXES),
        ["within is '9,9,1,1'. Give left, top, right and bottom of the plot in the figure, such as 0,0,800,600."],
    ),
    "positions outside": (
        ("--x", "0@5000,60@9000", "--y", "0@1,1@2"),
        ["figure.png: the axes leave no room for curves. See that the positions given lie in the figure."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_read_of_a_figure(what, figure, tmp_path):
    arguments, said = REFUSED[what]
    before = tree(tmp_path)
    ran = trialpool("digitise", figure, *arguments)
    assert (ran.code, ran.out, ran.err.splitlines()) == (1, "", said)
    assert tree(tmp_path) == before


def test_the_ticks_of_a_picture_are_found_and_their_values_asked_for(figure):
    lines = trialpool("digitise", figure).err.splitlines()
    assert [line.partition(" (pixels")[0] for line in lines] == [
        "figure.png, x axis: its 6 tick marks were found",
        "figure.png, y axis: its 6 tick marks were found",
    ]
    assert lines[0].endswith(
        "and a picture's numbers are not read. Give the values of the first and last of them, such as --x 0,60."
    )


def blank(path):
    Image.new("RGB", (300, 200), "white").save(path)


RASTER = "Save the page as a PNG at 300 dpi and give that."
FILES = {
    "none.png": (None, "{0}: there is no such file. Give the path of a figure."),
    "empty.png": (b"", "empty.png: the file is empty. Give the file of a figure."),
    "text.png": (b"Figure 2", "text.png: this is no figure of a kind that is read. Save it as SVG, PDF or PNG."),
    "figure.eps": (b"%!PS", "figure.eps: files of the kind .eps are not read. Save the figure as SVG, PDF or PNG."),
    "page.svg": (b"<html/>", "page.svg: the file holds <html>, not <svg>. Give the figure itself."),
    "scan.pdf": (
        blank,
        "scan.pdf, page 1: the page is a picture (a scan) and has no lines to read. " + RASTER,
    ),
    "blank.png": (blank, "blank.png, x axis: no axis line was found. " + PIXELS.format("x") + " (a drawing program shows them)."),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_figure(name, tmp_path):
    content, said = FILES[name]
    path = tmp_path / name
    if callable(content):
        content(path)
    elif content is not None:
        path.write_bytes(content)
    ran = trialpool("digitise", path, *AXES)
    assert (ran.code, ran.out, ran.err.splitlines()[0]) == (1, "", said.format(path))


@pytest.mark.parametrize("kind", ["png", "svg", "pdf", "jpg"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_half_a_file_never_ends_in_a_traceback(kind, share, tmp_path):
    path = drawn(Picture(name="cut", kind=kind, dpi=60), tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    ran = trialpool("digitise", path, *AXES)
    assert ran.code in (0, 1)
    assert ran.code == 0 or ran.err.startswith("figure.")


def test_the_axis_of_a_vector_figure_is_not_what_was_said(tmp_path):
    path = drawn(Picture(name="plain", kind="svg"), tmp_path)
    mend = "Leave x out, or pin the values where they stand, such as --x 0@105,60@822."
    said = f"figure.svg, x axis: its first and last numbered ticks are 0 and 60, not 0 and 72. {mend}\n"
    assert trialpool("digitise", path, "--x", "0,72") == Ran("", said, 1)


def test_a_curve_that_a_vector_figure_has_not(tmp_path):
    path = drawn(Picture(name="plain", kind="pdf"), tmp_path)
    ran = trialpool("digitise", path, "--curve", "A=green")
    assert ran.err.startswith("figure.pdf, curve A: no curve looks like this. There are: #1f77b4 solid to 0.")
    assert trialpool("digitise", path, "--page", 2).err == (
        "figure.pdf: there is no page 2: the file has 1. Give the page that the figure stands on.\n"
    )
