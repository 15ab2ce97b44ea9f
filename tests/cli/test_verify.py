"""`trialpool verify`: the text with each claim explained, the table, the same for a machine, a page, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.terminal import Ran, trialpool
from tests.formats.folders import folder, problems

from trialpool.analysis.claims import only_results
from trialpool.analysis.run import analyse
from trialpool.formats.review_folder import read_review
from trialpool.reports.html import html_report

CLAIM = "The drug improved overall survival (HR 0.80, 95% CI 0.70-0.92)."
AGAINST = "Overall survival was worse with the drug."
SUFFIXES = "plain text (.txt, .md), HTML (.html), PDF (.pdf) or PubMed XML (.xml)"
NOTHING = "No effect statement and no directional claim was found in this text: there is nothing to judge.\n"


@pytest.fixture(autouse=True)
def _wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def review(tmp_path) -> Path:
    return folder(tmp_path)


def text(at: Path, words: str, name: str = "news.txt") -> Path:
    at.joinpath(name).write_text(words, encoding="utf-8")
    return at / name


def test_what_is_contradicted_ends_with_1(tmp_path, review):
    ran = trialpool("verify", review, text(tmp_path, f"{CLAIM}\n\n{AGAINST}"))
    assert (ran.code, ran.err) == (1, "")
    lines = ran.out.splitlines()
    assert lines[0].rstrip() == CLAIM
    assert ran.out.count("contradicted") >= 2
    assert "verdict" in ran.out
    assert lines[-1].startswith("3 statements: 1 contradicted, ")


def test_what_is_not_contradicted_ends_with_0(tmp_path, review):
    assert trialpool("verify", review, text(tmp_path, CLAIM)).code == 0


def test_a_text_without_any_claim_is_said(tmp_path, review):
    ran = trialpool("verify", review, text(tmp_path, "The weather was fine."))
    assert ran == Ran("The weather was fine.\n" + NOTHING, "", 0)


def test_for_a_machine(tmp_path, review):
    ran = trialpool("verify", review, text(tmp_path, f"{CLAIM}\n\n{AGAINST}"), "--json")
    data = json.loads(ran.out)
    assert (ran.code, data["name"], data["contradicted"]) == (1, "news.txt", 1)
    assert [item["kind"] for item in data["judged"]] == ["claim", "figures", "claim"]
    assert set(data["judged"][0]["judgements"]) == {"itself", "text", "review", "published"}


def test_a_page_is_written_whole_and_escapes_every_word(tmp_path, review):
    words = f"<script>alert(1)</script> {CLAIM} & more. {AGAINST}"
    page = tmp_path / "made" / "page.html"
    ran = trialpool("verify", review, text(tmp_path, words), "--html", page)
    assert f"Page: {page}" in ran.out
    html = page.read_text(encoding="utf-8")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "://" not in html
    assert html.count("<mark") == 2
    assert sorted(path.name for path in page.parent.iterdir()) == ["page.html"]
    again = page.read_bytes()
    trialpool("verify", review, tmp_path / "news.txt", "--html", page)
    assert page.read_bytes() == again


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        (
            "scan.pdf",
            b"%PDF-1.4 broken",
            "the PDF cannot be read: it is damaged, or no PDF. Open it and save it anew, or give its text.",
        ),
        (
            "a.docx",
            b"PK",
            f"'.docx' is no kind of text that is read here. Give {SUFFIXES}.",
        ),
        ("empty.txt", b" \n", "there is no text in the file. Give a file with a text in it."),
        (
            "zero.txt",
            b"a\0b",
            f"the file is not text (it holds zero bytes). Give {SUFFIXES}.",
        ),
    ],
)
def test_files_that_are_no_text_are_refused(tmp_path, review, name, data, what):
    path = tmp_path / name
    path.write_bytes(data)
    assert trialpool("verify", review, path) == Ran("", f"{path}: {what}\n", 1)


def test_a_file_or_publication_that_is_not_there(tmp_path, review):
    path = tmp_path / "none.txt"
    assert trialpool("verify", review, path) == Ran("", f"{path}: there is no such file. Give the path of a text.\n", 1)
    ran = trialpool("verify", review, text(tmp_path, CLAIM), "--about", "wang-2016")
    assert ran == Ran("", "published.csv has no publication 'wang-2016'. It has none.\n", 1)


def test_texts_of_the_review_are_in_its_report(tmp_path, review):
    (review / "claims").mkdir()
    text(review / "claims", f"{CLAIM}\n\n{AGAINST}")
    (review / "claims" / "scan.pdf").write_bytes(b"%PDF-1.4 broken")
    said = "the PDF cannot be read: it is damaged, or no PDF. Open it and save it anew, or give its text."
    assert problems(review) == [f"warning: claims/scan.pdf: {said}"]
    page = html_report(analyse(only_results(read_review(review))), {})
    assert 'id="claims"' in page
    assert "What texts claim" in page
    assert "3 statements: 1 contradicted, " in page
