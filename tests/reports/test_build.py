"""The report folder: written whole or not at all, the same bytes for the same review, nothing left beside it."""

from __future__ import annotations

import threading

import pytest
from tests.formats.folders import PLAN, findings, folder, tree

from trialpool.figures.canvas import FORMATS
from trialpool.reports import build
from trialpool.reports.build import write_report

STEPS = ("_draw", "findings_json", "table_rows", "figure_sources", "workbook", "html_report", "word_file", "_take_place")


@pytest.fixture
def without_drawing(monkeypatch):
    """Figures are empty files: what they look like is tested with them."""
    monkeypatch.setattr(build, "_draw", lambda figure: build.Drawn(dict.fromkeys(FORMATS, b""), b""))


def beside(made):
    """What stands in the folder but for the report itself."""
    return sorted(path.name for path in made.iterdir() if path.name != "report")


def test_the_same_review_gives_the_same_bytes(tmp_path):
    made = folder(tmp_path)
    report = tree(write_report(findings(made), made))
    again = folder(tmp_path / "elsewhere")
    assert tree(write_report(findings(again), again)) == report


@pytest.mark.usefixtures("without_drawing")
def test_only_the_report_is_written_and_an_older_one_goes(tmp_path):
    made = folder(tmp_path)
    before = beside(made)
    assert write_report(findings(made), made) == made / "report"
    (made / "report" / "figures" / "of-an-older-plan.svg").write_text("old", encoding="utf-8")
    first = {path for path in tree(made / "report") if "older" not in path}
    write_report(findings(made), made)
    assert set(tree(made / "report")) == first
    assert beside(made) == before


@pytest.mark.parametrize("stop", [RuntimeError, KeyboardInterrupt, OSError], ids=lambda stop: stop.__name__)
@pytest.mark.parametrize(
    "step",
    ["_draw", "findings_json", "table_rows", "figure_sources", "workbook", "html_report", "word_file", "pdf_file", "_take_place"],
)
@pytest.mark.usefixtures("without_drawing")
def test_a_build_that_is_stopped_leaves_the_old_report_and_nothing_else(tmp_path, monkeypatch, step, stop):
    made = folder(tmp_path)
    write_report(findings(made), made)
    before = tree(made)
    other = findings(folder(tmp_path / "other", toml=PLAN.replace("Drug", "Another drug")))

    def stopped(*_, **__):
        raise stop

    monkeypatch.setattr(build, step, stopped)
    with pytest.raises(stop):
        write_report(other, made)
    assert tree(made) == before


@pytest.mark.usefixtures("without_drawing")
def test_a_first_build_that_is_stopped_leaves_nothing(tmp_path, monkeypatch):
    made = folder(tmp_path)
    before = tree(made)

    def stopped(figure):
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "_draw", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_report(findings(made), made)
    assert tree(made) == before


@pytest.mark.usefixtures("without_drawing")
def test_a_report_that_cannot_take_its_place_gives_the_old_one_back(tmp_path, monkeypatch):
    made = folder(tmp_path)
    write_report(findings(made), made)
    before = tree(made)
    rename = build.Path.rename

    def refuse(self, target):
        if self.name.startswith(".report-") and target == made / "report":
            raise OSError(13, "Permission denied", str(target))
        return rename(self, target)

    monkeypatch.setattr(build.Path, "rename", refuse)
    with pytest.raises(OSError, match="Permission denied"):
        write_report(findings(made), made)
    assert tree(made) == before


@pytest.mark.usefixtures("without_drawing")
def test_an_old_report_that_another_build_takes_away_leaves_nothing_beside(tmp_path, monkeypatch):
    made = folder(tmp_path)
    write_report(findings(made), made)
    rename = build.Path.rename

    def gone(self, target):
        if self == made / "report":
            raise FileNotFoundError(2, "No such file or directory", str(self))
        return rename(self, target)

    monkeypatch.setattr(build.Path, "rename", gone)
    with pytest.raises(FileNotFoundError):
        write_report(findings(made), made)
    assert beside(made) == ["results", "review.toml", "studies.csv"]


@pytest.mark.usefixtures("without_drawing")
def test_builds_at_the_same_time_leave_one_whole_report(tmp_path):
    made = folder(tmp_path)
    found, failed = findings(made), []
    whole = tree(write_report(found, made))

    def one():
        try:
            write_report(found, made)
        except OSError as error:
            failed.append(error)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failed) < len(threads)
    assert tree(made / "report") == whole
    assert beside(made) == ["results", "review.toml", "studies.csv"]


@pytest.mark.usefixtures("without_drawing")
def test_whoever_may_read_the_folder_may_read_the_report(tmp_path):
    made = folder(tmp_path)
    assert write_report(findings(made), made).stat().st_mode & 0o777 == 0o755


@pytest.mark.usefixtures("without_drawing")
def test_steps_are_told_to_who_watches(tmp_path):
    made = folder(tmp_path)
    seen = []
    write_report(findings(made), made, watch=lambda *step: seen.append(step))
    names = [path.stem for path in sorted((made / "report" / "figures").glob("*.svg"))]
    assert seen[0][:2] == ("index.html", 1)
    assert sorted(name for name, _, _ in seen[1:]) == sorted([*names, "review.docx"])
    assert [(done, of) for _, done, of in seen] == [(i, len(names) + 2) for i in range(1, len(names) + 3)]
