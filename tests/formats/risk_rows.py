"""Rows of risk_of_bias.csv for tests: whole assessments by RoB 2 in a line."""

from __future__ import annotations

LOW = {
    "D1": {"1.1": "Y", "1.2": "Y", "1.3": "N"},
    "D2": {"2.1": "N", "2.2": "N", "2.6": "Y"},
    "D3": {"3.1": "Y"},
    "D4": {"4.1": "N", "4.2": "N", "4.3": "N"},
    "D5": {"5.1": "Y", "5.2": "N", "5.3": "N"},
}


def said(study: str, domain: str, question: str, answer: str, **cells: str) -> dict[str, str]:
    """A row."""
    return {"study": study, "tool": "rob2-assignment", "domain": domain, "question": question, "answer": answer} | cells


def low(study: str, *, but: tuple[str, ...] = (), **cells: str) -> list[dict[str, str]]:
    """The rows of a result at low risk in every domain, without the domains in `but`."""
    return [
        said(study, domain, question, answer, **cells)
        for domain, answers in LOW.items()
        if domain not in but
        for question, answer in answers.items()
    ]


def open_label(study: str, **cells: str) -> list[dict[str, str]]:
    """The fourth domain at high risk: assessors knew the treatment, and that is likely to have mattered."""
    answers = {"4.1": "N", "4.2": "PN", "4.3": "Y", "4.4": "PY", "4.5": "PY"}
    return [said(study, "D4", question, answer, **cells) for question, answer in answers.items()]
