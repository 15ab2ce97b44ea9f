"""LaTeX in the values of BibTeX, to text and back."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_ESCAPED = re.compile(r"\\([%&_#$])")
_TO_ESCAPE = re.compile(r"(?<!\\)([%&_#$])")
_TO_KEEP = str.maketrans({"{": "\\{", "}": "\\}", "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"})


def text_of_latex(value: str) -> str:
    r"""The text that a value means: braces away, accents and signs as letters; what cannot be understood stays as it is.

    >>> text_of_latex(r"Cost \& effect of {Lenalidomide} after M{\"u}ller")
    'Cost & effect of Lenalidomide after Müller'
    """
    plain = _ESCAPED.sub(r"\1", value)
    if "\\" not in plain and "$" not in value:
        return plain.replace("{", "").replace("}", "").replace("~", "\N{NO-BREAK SPACE}") if "{" in plain or "~" in plain else plain
    from pylatexenc.latexwalker import LatexWalkerError

    try:
        return str(_converter().latex_to_text(value, tolerant_parsing=True))
    except (LatexWalkerError, ValueError, IndexError):
        return value


@cache
def _converter() -> Any:
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(strict_latex_spaces=True, keep_comments=True, math_mode="text")


def latex_of_text(text: str) -> str:
    r"""A text as a value of BibTeX: what LaTeX reads as a sign of its own is escaped; letters stay as they are.

    >>> latex_of_text("50% of A & B")
    '50\\% of A \\& B'
    """
    return _TO_ESCAPE.sub(r"\\\1", text.translate(_TO_KEEP).replace("\N{NO-BREAK SPACE}", "~"))
