"""Figures as files: the same bytes every time, whole or not at all, in the formats offered."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from PIL import Image
from tests.figures.examples import FIGURES, simple
from tests.figures.more_examples import ONE_OF_EACH

from trialpool.errors import BadArgument
from trialpool.figures.canvas import FORMATS, Figure
from trialpool.figures.forest import draw_forest
from trialpool.figures.printed import PNG_DPI

ROOT = Path(__file__).parents[2]
USERS_TASTE = {
    "font.size": 30,
    "lines.linewidth": 9,
    "lines.dash_capstyle": "round",
    "patch.force_edgecolor": True,
    "figure.facecolor": "red",
    "savefig.facecolor": "red",
    "savefig.dpi": 17,
    "savefig.bbox": "tight",
    "svg.fonttype": "none",
    "pdf.fonttype": 3,
    "text.color": "green",
    "path.sketch": (5, 50, 2),
}


@pytest.fixture(scope="module")
def figure() -> Figure:
    return draw_forest(simple(3))


def python(program: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", ["forest-3", "funnel-18", "sensitivity", *ONE_OF_EACH])
def test_same_input_gives_the_same_bytes(name, kind):
    assert FIGURES[name]().to_bytes(kind) == FIGURES[name]().to_bytes(kind)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_users_settings_change_nothing(figure, kind):
    expected = figure.to_bytes(kind)
    with matplotlib.rc_context(USERS_TASTE):
        assert figure.to_bytes(kind) == expected
        assert {name: matplotlib.rcParams[name] for name in USERS_TASTE} == USERS_TASTE


def test_another_process_gives_the_same_bytes(figure):
    program = (
        "import hashlib; from tests.figures.examples import simple; from trialpool.figures.forest import draw_forest; "
        "from trialpool.figures.canvas import FORMATS; figure = draw_forest(simple(3)); "
        "print(*[hashlib.sha256(figure.to_bytes(kind)).hexdigest() for kind in FORMATS])"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "SOURCE_DATE_EPOCH": "0"}
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.stdout.split() == [hashlib.sha256(figure.to_bytes(kind)).hexdigest() for kind in FORMATS], run.stderr


def test_no_date_is_in_a_file(figure):
    dates = b"/CreationDate", b"dc:date", b"tIME"
    assert [mark for mark in dates for kind in FORMATS if mark in figure.to_bytes(kind)] == []


def test_pyplot_is_never_imported():
    program = (
        "import sys, trialpool; early = 'matplotlib' in sys.modules; import trialpool.figures.forest as forest; "
        "forest.draw_forest(forest.ForestPlot(title='', lines=(), measure='', measure_name='', log=True)).to_bytes('png'); "
        "print(early, 'matplotlib.pyplot' in sys.modules)"
    )
    run = python(program, dict(os.environ))
    assert run.stdout == "False False\n", run.stderr


@pytest.mark.parametrize(("suffix", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89PNG"), ("PNG", b"\x89PNG")])
def test_the_suffix_names_the_format(figure, tmp_path, suffix, start):
    path = figure.save(tmp_path / f"forest.{suffix}")
    assert path.read_bytes().startswith(start)
    assert [each.name for each in tmp_path.iterdir()] == [f"forest.{suffix}"]


def test_png_is_for_print_and_carries_its_words(figure, tmp_path):
    with Image.open(figure.save(tmp_path / "forest.png")) as image:
        assert image.size == pytest.approx((figure.width / 72 * PNG_DPI, figure.height / 72 * PNG_DPI), abs=1)
        assert image.info["dpi"] == pytest.approx((PNG_DPI, PNG_DPI), abs=0.1)
        assert (image.info["Title"], image.info["Description"]) == (figure.title, figure.description)


def test_an_unknown_suffix_is_refused_before_anything_is_written(figure, tmp_path):
    with pytest.raises(BadArgument) as refused:
        figure.save(tmp_path / "forest.jpeg")
    assert str(refused.value) == "forest.jpeg: a figure can't be saved with suffix '.jpeg'. Use one of .svg, .pdf, .png."
    assert list(tmp_path.iterdir()) == []


def test_a_missing_suffix_is_refused(figure, tmp_path):
    with pytest.raises(BadArgument) as refused:
        figure.save(tmp_path / "forest")
    assert str(refused.value) == "forest: a figure can't be saved with suffix ''. Use one of .svg, .pdf, .png."


def test_an_unknown_format_is_refused(figure):
    with pytest.raises(BadArgument) as refused:
        figure.to_bytes("eps")
    assert str(refused.value) == "format is 'eps'. Use one of svg, pdf, png."


def test_a_failed_save_leaves_the_old_file_and_nothing_else(figure, tmp_path, monkeypatch):
    target = tmp_path / "forest.svg"
    target.write_text("old")

    def fail(self: Path, target: Path) -> Path:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        figure.save(target)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("forest.svg", "old")]


def test_a_saved_file_is_readable_by_others(figure, tmp_path):
    assert figure.save(tmp_path / "forest.svg").stat().st_mode & 0o777 == 0o644


def test_figures_in_a_notebook_share_no_id(figure):
    other = draw_forest(simple(1))
    ids = [set(re.findall(r'id="([^"]+)"', each._repr_svg_())) for each in (figure, other)]
    assert ids[0] & ids[1] == set()
    assert figure._repr_svg_() == draw_forest(simple(3))._repr_svg_()
