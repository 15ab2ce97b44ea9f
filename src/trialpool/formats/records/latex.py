"""LaTeX in the values of BibTeX, to text and back."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_GROUP = r"\{(?:[^{}]|\{[^{}]*\})*\}"
_FORMULA = r"(?<!\\)\$(?:(?![\s\d])[^$]*(?<!\s)|\d[\d.,]*|\d[^$]*[\\^_][^$]*(?<!\s))\$"  # `$5 and $6` is none
_PIECE = re.compile(rf"\\[%&_#$]|\\[a-zA-Z]+\*?\s*(?:{_GROUP})*|\\[^a-zA-Z\s]\s*(?:{_GROUP}|\\?[a-zA-Z])?|{_FORMULA}")
_RAISED = re.compile(r"[_^](?=\w)")
_ASIDE = {"{": "\ue000", "}": "\ue001", "~": "\ue002"}  # a brace that is meant, while the others go
_SET_ASIDE = str.maketrans(_ASIDE)
_GIVEN_BACK = str.maketrans({private: mark for mark, private in _ASIDE.items()})
_ESCAPED = {f"\\{mark}": mark for mark in "%&_#$"}
_TO_ESCAPE = re.compile(r"(?<!\\)([%&_#$])")
_TO_KEEP = str.maketrans({"{": "\\{", "}": "\\}", "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"})


def text_of_latex(value: str) -> str:
    r"""The text that a value means: braces away, accents and signs as letters; what cannot be understood stays as it is.

    >>> text_of_latex(r"Cost \& effect of {Lenalidomide} after M{\"u}ller, $\alpha$ = 5\%")
    'Cost & effect of Lenalidomide after Müller, α = 5%'
    >>> text_of_latex(r"H$_2$O for $5 to $6, p$<$0.05")
    'H2O for $5 to $6, p<0.05'
    """
    if "\\" in value or "$" in value:
        value = _PIECE.sub(lambda piece: _ESCAPED.get(piece[0]) or _piece(piece[0]), value)
    return value.replace("{", "").replace("}", "").replace("~", "\N{NO-BREAK SPACE}").translate(_GIVEN_BACK)


@cache
def _piece(latex: str) -> str:
    """A command with its arguments, or a formula, as text; without the marks that are taken away afterwards."""
    from pylatexenc.latexwalker import LatexWalkerError

    try:
        text = str(_converter().latex_to_text(latex, tolerant_parsing=True)).translate(_SET_ASIDE)
    except (LatexWalkerError, ValueError, IndexError):
        return latex
    return _RAISED.sub("", text) if latex.startswith("$") else text


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
