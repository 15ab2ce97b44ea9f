"""The pages on checks list every rule, and every finding in the flagship review, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trialpool.analysis.inconsistencies import check_review
from trialpool.cli.main import app
from trialpool.formats.review_folder import read_review
from trialpool.stats.consistency.check_reported import CHECKS
from trialpool.stats.consistency.disagreement import RULES

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `([^`]+)`, row (\d+), `([^`]+)` \| `([^`]+)` \| (.+) \| (.+) \|$", re.MULTILINE)


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def checked():
    return check_review(read_review(ROOT / "reviews" / "imid-maintenance"))


def test_every_finding_in_the_flagship_is_judged_and_nothing_else(checked):
    judged = ROW.findall(page("flagship-checks.md"))
    found = [(f.file, str(f.row), f.column, f.rule) for f in checked.findings]
    assert [tuple(row[:4]) for row in judged] == found
    assert all(row[4].startswith("Real") and row[5] for row in judged)


def test_no_finding_in_the_flagship_is_an_error(checked):
    assert {f.severity for f in checked.findings} == {"warning"}


@pytest.mark.parametrize("name", ["flagship-checks.md", "reference/cli.md"])
def test_the_pages_end_as_the_command_does(name):
    shown = CliRunner().invoke(app, ["check", str(ROOT / "reviews" / "imid-maintenance")]).output.splitlines()
    console = re.search(r"\$ trialpool check reviews/imid-maintenance \| tail -n (\d+)\n(.*?)\n```", page(name), re.DOTALL)
    assert console[2].splitlines() == shown[-int(console[1]) :]


def test_every_rule_stands_on_the_page_of_checks_once():
    in_tables = re.findall(r"^\| `([a-z-]+)` \|", page("checks.md"), re.MULTILINE)
    assert sorted(in_tables) == sorted(RULES)


def test_rules_of_one_report_are_rules():
    assert CHECKS.keys() <= RULES.keys()
