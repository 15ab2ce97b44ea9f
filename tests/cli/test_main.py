"""The command as a whole: exit codes, what goes where, and that nothing ends in a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from tests.cli.terminal import Ran, trialpool
from tests.formats.folders import folder, row

import trialpool as package
from trialpool.cli import check
from trialpool.errors import NotEstimable
from trialpool.formats.review_folder import read_review
from trialpool.stats.pooling.tau2 import TAU2


def in_a_process(*arguments, **environment):
    done = subprocess.run(
        [sys.executable, "-m", "trialpool", *map(str, arguments)],
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_version_is_printed():
    assert trialpool("--version") == Ran(f"trialpool {package.__version__}\n", "", 0)


@pytest.mark.parametrize("command", ["new", "check", "build", "schema"])
def test_help_names_every_command(command):
    ran = trialpool("--help")
    assert (ran.code, ran.err) == (0, "")
    assert f"\n  {command} " in ran.out


def test_the_schema_is_a_json_schema_of_the_plan():
    ran = trialpool("schema")
    schema = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["required"] == ["format", "title", "outcomes", "analyses"]
    assert schema["$defs"]["Analysis"]["properties"]["tau2"]["enum"] == list(TAU2)
    assert all(part.get("description") for part in schema["properties"].values())


def test_the_schema_of_another_file_can_be_had():
    ran = trialpool("schema", "--of", "certainty")
    schema = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert schema["required"] == ["format", "outcomes"]
    assert schema["$defs"]["OutcomeCertainty"]["required"] == ["analysis"]
    refused = trialpool("schema", "--of", "plan")
    assert (refused.out, refused.err, refused.code) == ("", "There is no schema of 'plan'. Choose one of review, certainty.\n", 1)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["frobnicate"], "Error: No such command 'frobnicate'."),
        (["check", "a", "b"], "Error: Got unexpected extra argument"),
        (["check", "--loud", "a"], "Error: No such option: --loud"),
        (["build", "--jsn", "a"], "Error: No such option: --jsn"),
    ],
)
def test_misuse_ends_with_2(arguments, error):
    ran = trialpool(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[-1].startswith(error)  # the rest is click's, and differs by its version


def test_a_folder_that_is_not_there_ends_with_1(tmp_path):
    mend = "Give the path of a review folder, or make one with `trialpool new`"
    said = f"{tmp_path / 'none'}: there is no such folder. {mend}.\n"
    assert trialpool("build", tmp_path / "none") == Ran("", said, 1)
    assert trialpool("check", tmp_path / "none") == Ran(f"error: {said}1 error.\n", "", 1)


def test_any_error_of_trialpool_is_a_sentence(tmp_path, monkeypatch):
    def refuse(review):
        raise NotEstimable("Random effects, REML: no study is present (k = 0).")

    monkeypatch.setattr(check, "numbers_of", refuse)
    assert trialpool("check", folder(tmp_path)) == Ran("", "Random effects, REML: no study is present (k = 0).\n", 1)


def test_an_error_of_the_system_is_a_sentence(tmp_path, monkeypatch):
    def refuse(review):
        raise OSError(28, "No space left on device", "/disk")

    monkeypatch.setattr(check, "numbers_of", refuse)
    assert trialpool("check", folder(tmp_path)) == Ran("", "/disk: No space left on device.\n", 1)


@pytest.mark.parametrize("environment", [{}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "cp1252"}, {"LC_ALL": "C"}])
def test_a_terminal_without_the_letters_gets_what_it_can_show(tmp_path, environment):
    made = folder(tmp_path, results=[row(p="\u03c7\u00b2 = 2")])
    code, out, err = in_a_process("build", made, **environment)
    assert (code, out) == (1, b"")
    lines = err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(b"results/os.csv, row 2, column p: '")
    assert lines[0].endswith(
        b"' is not a P value. Give P as 0.03, <0.001 or >0.05; leave the cell empty where it was not reported."
    )


@pytest.mark.skipif(os.name == "nt", reason="names of files are bytes on POSIX")
def test_a_name_that_is_no_text_is_shown_as_far_as_it_is(tmp_path):
    made = folder(tmp_path, results=[row(p="2")])
    (made / "results" / "os.csv").rename(made / "results" / os.fsdecode(b"\xff.csv"))
    code, out, err = in_a_process("check", made)
    assert (code, err) == (1, b"")
    assert out.splitlines()[0] == b"error: results/?.csv, row 2, column p: 2 is outside 0 to 1. Give P as a share, such as 0.03."
    assert in_a_process("check", made, "--json")[0] == 1


@pytest.mark.skipif(os.name == "nt", reason="names of files are bytes on POSIX")
def test_a_name_that_is_no_text_can_be_written_into_the_report(tmp_path):
    made = folder(tmp_path)
    (made / "results" / "os.csv").rename(made / "results" / os.fsdecode(b"\xff.csv"))
    assert [report.file for report in read_review(made).reports] == ["results/?.csv"] * 3
