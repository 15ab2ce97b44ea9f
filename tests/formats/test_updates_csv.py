"""updates.csv: versions of a review, in the order of their dates, every slip said with its mend."""

from __future__ import annotations

from tests.formats.folders import findings, folder, problems

from trialpool.formats.review_folder import read_review
from trialpool.reports.document_sections import document_of
from trialpool.reports.html import html_report

SOUND = "version,date,searched,what\n1.1,2026-11-28,2026-11-01,A <b>trial</b> more\n1.0,2025-03-01,,First version\n"


def with_updates(at, text):
    made = folder(at)
    (made / "updates.csv").write_text(text, encoding="utf-8")
    return made


def test_versions_come_in_the_order_of_their_dates(tmp_path):
    updates = read_review(with_updates(tmp_path, SOUND)).updates
    assert [(u.version, str(u.date), u.searched and str(u.searched)) for u in updates] == [
        ("1.0", "2025-03-01", None),
        ("1.1", "2026-11-28", "2026-11-01"),
    ]


def test_slips_are_said(tmp_path):
    text = "version,date,searched,what\n1.0,1.3.2025,,x\n1.1,2025-02-30,,\n1.2,2025-03-01,2025-03-02,x\n1.2,2025-04-01,,x\n"
    assert problems(with_updates(tmp_path, text)) == [
        "error: updates.csv, row 2, column date: '1.3.2025' is no date. Write year, month and day, such as 2026-11-28.",
        "error: updates.csv, row 3, column date: '2025-02-30' is no date. Write year, month and day, such as 2026-11-28.",
        "error: updates.csv, row 3, column what: the cell is empty. Every row needs it.",
        (
            "error: updates.csv, row 4, column searched: 2025-03-02 is after the version of 2025-03-01. "
            "Correct one of the two; leave the search date empty where it is not known."
        ),
        "error: updates.csv, row 5, column version: version '1.2' stands in row 4 already. Give each version its own name.",
    ]


def test_the_report_shows_them_the_latest_first(tmp_path):
    found = findings(with_updates(tmp_path, SOUND))
    page = html_report(found, {})
    assert page.index("A &lt;b&gt;trial&lt;/b&gt; more") < page.index("First version")
    assert "History of this review" in [getattr(b, "text", "") for b in document_of(found, {}).blocks]
    assert 'id="history"' not in html_report(findings(folder(tmp_path / "without")), {})
