"""The report as one HTML file that asks nothing of the network: the same findings always give the same bytes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from trialpool.analysis.findings import Findings
from trialpool.analysis.selection import PREFERENCE
from trialpool.figures.canvas import Figure
from trialpool.reports import html_certainty, html_claims, html_published, html_studies, html_summary
from trialpool.reports.answers import cautions
from trialpool.reports.html_checks import checks
from trialpool.reports.html_curves import curve_views
from trialpool.reports.html_figures import figure_views
from trialpool.reports.html_flow import flow_view
from trialpool.reports.html_history import history
from trialpool.reports.html_outcome import outcome_view
from trialpool.reports.html_places import derivation_places
from trialpool.reports.html_risk_of_bias import study_risks
from trialpool.reports.html_tables import status_tag
from trialpool.reports.methods_text import methods, references
from trialpool.reports.prisma_checklist import checklist_table
from trialpool.review.report import STATUSES

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")


def html_report(findings: Findings, figures: Mapping[str, Figure]) -> str:
    """The page.

    Parameters
    ----------
    findings : what `analyse` found
    figures : the figures by name, as `report_figures` gives them; one that is lacking is left out of the page

    Returns
    -------
    The text of an HTML file with its styles, figures and script inside; all words of the user are escaped, and a policy in its
    head forbids every request and every script but its own
    """
    return environment().get_template("report.html.j2").render(_context(findings, figures))


def _context(findings: Findings, figures: Mapping[str, Figure]) -> dict[str, Any]:
    places, noticed = derivation_places(findings), html_summary.noticed_in(findings)
    views = figure_views(figures)
    script = inlined("report.js")
    return {
        "plan": findings.review.plan,
        "question": html_summary.question(findings),
        "cautions": cautions(findings.review),
        "answers": html_summary.answers(findings),
        "findings_table": html_certainty.summary_of_findings_view(findings),
        "summary": html_summary.summary(findings),
        "outcomes": tuple(outcome_view(found, findings, views, places, noticed) for found in findings.analyses),
        "studies": html_studies.studies(findings, places),
        "curves": curve_views(findings, views),
        "flow": flow_view(findings, views),
        "risks": study_risks(findings),
        "claims": html_claims.claim_views(findings),
        "verdicts": html_claims.meanings(),
        "crude": html_published.crude(findings),
        "crude_caution": (html_published.CRUDE, html_published.WHY_CRUDE),
        "others": html_published.others(findings),
        "methods": methods(findings),
        "references": references(findings),
        "checks": checks(findings, places),
        "history": history(findings),
        "prisma": checklist_table(findings),
        "remarks": findings.review.remarks,
        "statuses": tuple((status_tag(status), meaning) for status, meaning in STATUSES.items()),
        "preference": PREFERENCE,
        "style": inlined("report.css"),
        "script": script,
        "policy": _policy(script),
    }


def _policy(script: str) -> str:
    """What the page may do: draw itself, run the one script whose digest stands here, and ask for nothing."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'; base-uri 'none'"


@cache
def environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["marked"] = marked
    return environment


def marked(text: str) -> Markup:
    """Text in which names of columns stand between backticks, these in the looks of code; all of it escaped.

    >>> marked("column `use` < 2")
    Markup('column <code>use</code> &lt; 2')
    """
    pieces = (Markup("<code>{}</code>").format(piece) if i % 2 else escape(piece) for i, piece in enumerate(text.split("`")))
    return Markup("").join(pieces)


@cache
def inlined(name: str) -> Markup:
    """A file of ours as it stands, with the ends of line that a browser's digest expects."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8").replace("\r\n", "\n"))
