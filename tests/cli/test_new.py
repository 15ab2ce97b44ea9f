"""`trialpool new`: a folder that builds at once, whole or not at all."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import pytest
from tests.cli.terminal import Ran, trialpool
from tests.formats.folders import problems, tree

TEMPLATE = Path(str(files("trialpool.formats") / "template"))


def made(folder):
    return Ran(
        f"Made {folder}. It holds an example that builds at once: trialpool build {folder}\n"
        "Replace its rows by yours; README.md in it says what goes where.\n",
        "",
        0,
    )


def test_the_folder_is_the_template_and_has_no_problems(tmp_path):
    folder = tmp_path / "far" / "away"
    assert trialpool("new", folder) == made(folder)
    assert tree(folder) == tree(TEMPLATE)
    assert problems(folder) == []
    assert [path.name for path in folder.parent.iterdir()] == ["away"]


def test_an_empty_folder_is_filled(tmp_path):
    folder = tmp_path / "review"
    folder.mkdir()
    assert trialpool("new", folder) == made(folder)
    assert tree(folder) == tree(TEMPLATE)
    assert [path.name for path in tmp_path.iterdir()] == ["review"]


def test_the_folder_that_one_stands_in_is_filled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert trialpool("new", ".") == made(".")
    assert tree(tmp_path) == tree(TEMPLATE)


def test_a_folder_with_anything_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    said = f"{tmp_path} exists already and is not empty. Give another name; nothing was written.\n"
    assert trialpool("new", tmp_path) == Ran("", said, 1)
    assert tree(tmp_path) == {"mine": b"mine"}


def test_a_file_is_left_alone(tmp_path):
    file = tmp_path / "mine"
    file.write_text("mine", encoding="utf-8")
    assert trialpool("new", file) == Ran(
        "", f"{file} exists already and is not empty. Give another name; nothing was written.\n", 1
    )
    below = file / "review"
    assert trialpool("new", below) == Ran("", f"{file}: File exists.\n", 1)
    assert tree(tmp_path) == {"mine": b"mine"}


def test_a_copy_that_fails_leaves_nothing(tmp_path, monkeypatch):
    copy = shutil.copy2

    def full_disk(source, target, **options):
        if Path(source).name == "studies.csv":
            raise OSError(28, "No space left on device", str(target))
        return copy(source, target, **options)

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copytree", lambda source, target: [full_disk(s, target) for s in sorted(Path(source).iterdir())])
        ran = trialpool("new", tmp_path / "review")
    assert (ran.out, ran.code) == ("", 1)
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("command", ["new", "check", "build"])
def test_a_command_without_its_folder_is_misuse(command):
    ran = trialpool(command)
    assert (ran.out, ran.code) == ("", 2)
    assert ran.err.splitlines()[-1].casefold() == "error: missing argument 'folder'."


SMALL = Path(__file__).parents[1] / "formats/revman/small.rm5"


def test_a_folder_out_of_revman(tmp_path):
    ran = trialpool("new", tmp_path / "review", "--from", SMALL)
    assert (ran.code, ran.err) == (0, "")
    assert f"Made {tmp_path / 'review'} from small.rm5: An invented review." in ran.out
    assert "112 numbers that RevMan had stored were computed again; none differ." in ran.out
    assert trialpool("check", tmp_path / "review").code == 0


def test_what_is_there_is_not_overwritten_by_revman(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    ran = trialpool("new", tmp_path, "--from", SMALL)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"{tmp_path} exists already and is not empty. Give another name; nothing was written.\n"
