"""Runs what the documentation shows: examples in docstrings and pages, and console sessions with their output."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, Example, OutputChecker
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import sybil
from sybil.integration import pytest as in_pytest
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser

os.environ.setdefault("MPLBACKEND", "Agg")

ROOT = Path(__file__).parent
DOCTEST = ELLIPSIS | NORMALIZE_WHITESPACE
TERMINAL = {"COLUMNS": "100", "LINES": "40", "NO_COLOR": "1", "TERM": "dumb", "PYTHONIOENCODING": "utf-8"}
FILE = re.compile(r'^( *)```\w+ title="(?P<path>[^",]+)(?P<more>, further rows)?"\n(?P<text>.*?)^\1```$', re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n?((?:(?!\$ ).*\n?)*)", re.MULTILINE)


@dataclass
class ConsoleSession:
    """The terminal in which the console blocks of one page run, one after the other."""

    folder: Path

    def difference(self, block: str) -> str:
        """What differs between the block's expected output and what its commands print; empty where nothing does.

        A line that begins with `$ ` is a command, the lines after it are what it prints, and `...` stands for anything.
        """
        commands = COMMAND.findall(block)
        if not block.startswith("$ ") or not commands:
            return "a console block begins with a command: '$ ' and what is typed"
        return "".join(self._difference_of_one(command, expected) for command, expected in commands)

    def _difference_of_one(self, command: str, expected: str) -> str:
        printed, status = self._run(command)
        want, got = (_without_trailing_space(text) for text in (expected, printed))
        checker = OutputChecker()
        if status and not want:
            return f"$ {command}\nended with status {status} and printed:\n{got}"
        if "Traceback (most recent call last)" in got and "Traceback" not in want:
            return f"$ {command}\nfailed:\n{got}"
        if checker.check_output(want, got, ELLIPSIS):
            return ""
        return f"$ {command}\n{checker.output_difference(Example(command, want), got, ELLIPSIS)}"

    def _run(self, command: str) -> tuple[str, int]:
        """Run a command where the last one left off: `cd` counts for those that follow."""
        left_in = self.folder.with_name(self.folder.name + ".cwd")
        script = f"{command}\nstatus=$?; pwd > {shlex.quote(str(left_in))}; exit $status"
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=self.folder,
            env={**os.environ, **TERMINAL, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=600,
            check=False,
            encoding="utf-8",
        )
        if left_in.exists():
            self.folder = Path(left_in.read_text(encoding="utf-8").strip())
            left_in.unlink()
        return done.stdout, done.returncode


def _without_trailing_space(text: str) -> str:
    lines = [line.rstrip() for line in text.rstrip().splitlines()]
    return "".join(line + "\n" for line in lines)


@dataclass(frozen=True)
class Desk:
    """A folder of its own for each page to work in, with the reviews in it: nothing is written to the checkout."""

    folder: Path
    left_behind: Path
    print_options: Any
    console: ConsoleSession

    @classmethod
    def enter(cls, namespace: dict[str, Any]) -> None:
        folder = Path(tempfile.mkdtemp(prefix="trialpool-page-")).resolve() / "desk"
        folder.mkdir()
        if (ROOT / "reviews").is_dir():
            shutil.copytree(ROOT / "reviews", folder / "reviews", ignore=shutil.ignore_patterns("report"))
            shutil.copytree(ROOT / "docs/examples", folder / "docs/examples")
        namespace["__desk__"] = cls(folder, Path.cwd(), np.get_printoptions(), ConsoleSession(folder))
        os.chdir(folder)
        np.set_printoptions(legacy="1.25")  # 0.096 rather than np.float64(0.096), as the pages show numbers

    @staticmethod
    def leave(namespace: dict[str, Any]) -> None:
        desk: Desk = namespace["__desk__"]
        os.chdir(desk.left_behind)
        np.set_printoptions(**desk.print_options)
        shutil.rmtree(desk.folder.parent)


def run_console(example: sybil.Example) -> str:
    desk: Desk = example.namespace["__desk__"]
    return desk.console.difference(example.parsed)


def files_shown(page: sybil.Document) -> Iterator[sybil.Region]:
    """A block with a title is a file: it is there, under that name, for what comes after it on the page."""
    for block in FILE.finditer(page.text):
        yield sybil.Region(block.start(), block.end(), block, write_file)


def write_file(example: sybil.Example) -> None:
    desk: Desk = example.namespace["__desk__"]
    path, more, indented = example.parsed.group("path", "more", "text")
    target, text = desk.folder / path, dedent(indented)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(target.read_text(encoding="utf-8") + text if more else text, encoding="utf-8")


DOCSTRINGS = [DocTestParser(DOCTEST)]
PAGES = [PythonCodeBlockParser(doctest_optionflags=DOCTEST), CodeBlockParser("console", run_console), files_shown]

pytest_collect_file = in_pytest.pytest_integration(
    sybil.Sybil(DOCSTRINGS, path="src", pattern="*.py", setup=Desk.enter, teardown=Desk.leave),
    sybil.Sybil(PAGES, path="docs", pattern="*.md", setup=Desk.enter, teardown=Desk.leave),
    sybil.Sybil(PAGES, filenames={"README.md", "CONTRIBUTING.md"}, setup=Desk.enter, teardown=Desk.leave),
)
