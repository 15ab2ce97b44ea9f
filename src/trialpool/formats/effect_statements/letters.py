"""Letters folded to the plain ones of the grammar, one for one, so that places in the text stay what they are."""

from __future__ import annotations

import re

DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\u223c\uff5e\u301c"
SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\u200b\u2060\ufeff"
POINTS = "\u00b7\u2219\u22c5\u02d9\u2022\u0387\u2027"  # a decimal point in the middle of the line, as the Lancet prints it
SUPERSCRIPTS = dict(zip("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b", "0123456789+-", strict=True))
WIDE = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5E)}
FOLDS = str.maketrans(
    dict.fromkeys(DASHES, "-")
    | dict.fromkeys(SPACES, " ")
    | SUPERSCRIPTS
    | WIDE
    | {"\u2264": "<", "\u2a7d": "<", "\u2266": "<", "\u2265": ">", "\u2a7e": ">", "\u2267": ">", "\u2019": "'", "\u2018": "'"}
    | {"\u2044": "/", "\u2236": ":", "\u00d7": "x", "\u2217": "*", "\u2248": "=", "~": "-", "\u03c7": "x", "\r": " ", "\t": " "}
)
LINE_END = re.compile(r"([a-z]+)(?:-[ ]*\n[ ]*|[\ufffe\x02]\s*)([a-z]+)")
POINT_BEFORE_DIGIT = re.compile(rf"[{POINTS}](?=\d)")
COMMA_IS_POINT = re.compile(r"(?<![\d.,])0,\d{1,5}(?![\d.,]\d)")
SHORT_COMMA = re.compile(r"(?<![\d.,])\d{1,3},\d{1,2}(?![\d]|[.,]\d)")
WITH_A_POINT = re.compile(r"\d\.\d|(?<![\w.])\.\d")


def words(listed: str) -> frozenset[str]:
    """Words that stand in a text, as a set.

    >>> sorted(words("to and a"))
    ['a', 'and', 'to']
    """
    return frozenset(listed.split())


KEPT_BEFORE = words(  # words that a hyphen joins, rather than the end of a line cuts
    """progression event events disease relapse recurrence metastasis failure time all one two three log non cause cancer treatment
    drug dose long short high low well health quality placebo follow intention open double single phase age risk first second third
    year month week day self end cross time post pre lymph"""
)
KEPT_AFTER = words(
    """free sided tailed rank cause related specific based controlled adjusted naive refractory blind arm to up term risk grade year
    month week day fold line treat analysis like induced associated dependent"""
)


def folded(text: str) -> str:
    """The text in plain letters, of the same length; a word that a line's end cut is whole, with spaces after it.

    >>> folded("HR 0\u00b746 [95% CI 0\u00b741\u20130\u00b753]; p\u22640\u00b70001")
    'HR 0.46 [95% CI 0.41-0.53]; p<0.0001'
    """
    plain = POINT_BEFORE_DIGIT.sub(".", text.translate(FOLDS))
    return LINE_END.sub(lambda cut: rejoined(cut).ljust(len(cut.group())), plain) if LINE_END.search(plain) else plain


def rejoined(cut: re.Match[str]) -> str:
    """The word that a line's end cut (`LINE_END`); a hyphen that belongs to it stays.

    >>> rejoined(LINE_END.search("haz-\\nard")), rejoined(LINE_END.search("progression-\\nfree"))
    ('hazard', 'progression-free')
    """
    hyphen = "-" if cut[1] in KEPT_BEFORE or cut[2] in KEPT_AFTER else ""
    return f"{cut[1]}{hyphen}{cut[2]}"


def comma_is_point(text: str) -> bool:
    """Does a (folded) text write decimals with a comma: `0,62`, or three figures such as `1,32` and none with a point?

    >>> comma_is_point("HR 0,72 (IC 95 %, 0,60-0,87)"), comma_is_point("RR 1,32 (1,05-1,66)"), comma_is_point("HR 0.72 (0.60,0.87)")
    (True, True, False)
    """
    if COMMA_IS_POINT.search(text) is not None:
        return True
    return WITH_A_POINT.search(text) is None and len(SHORT_COMMA.findall(text)) >= 3
