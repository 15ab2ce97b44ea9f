"""A text cut into lexemes: names of measures, words for an interval, P, numbers, percent signs, words, marks."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

MEASURE_NAMES: dict[str, str] = {
    "HR": r"(?:sub-?(?:distribution[\s-]+)?|cause[\s-]specific[\s-]+)?hazards?[\s-]+(?:rate[\s-]+)?ratios?|relative[\s-]+hazards?"
    r"|(?:cociente|raz[óo]n)[\s-]+de[\s-]+riesgos?[\s-]+instant[áa]neos?|rapport[\s-]+des?[\s-]+risques?[\s-]+instantan[ée]s?",
    "RR": r"risk[\s-]+ratios?|relative[\s-]+risks?(?![\s-]+reduc)|risk[\s-]+rate[\s-]+ratios?"
    r"|risques?[\s-]+relatifs?|riesgos?[\s-]+relativos?|rischi?o?[\s-]+relativ[oi]|riscos?[\s-]+relativos?|relatives?[\s-]+risiko"
    r"|(?:cociente|raz[óo]n)[\s-]+de[\s-]+riesgos?|rapport[\s-]+des?[\s-]+risques?",
    "OR": r"odds[\s-]+ratios?|relative[\s-]+odds|raz[óo]n[\s-]+de[\s-]+(?:momios|probabilidades)|raz[ãa]o[\s-]+de[\s-]+chances"
    r"|rapport[\s-]+des?[\s-]+cotes|chancenverh[äa]ltnis|quotenverh[äa]ltnis",
    "IRR": r"(?:incidence|event|incident)?[\s-]*(?:density[\s-]+)?rate[\s-]+ratios?",
    "SMD": r"standardi[sz]ed[\s-]+(?:weighted[\s-]+)?mean[\s-]+differences?|hedges'?s?[\s-]+g\b|cohen'?s?[\s-]+d\b",
    "MD": r"(?:least[\s-]squares?[\s-]+)?mean[\s-]+differences?|differences?[\s-]+(?:in|of|between)[\s-]+(?:the[\s-]+)?"
    r"(?:(?:LS|least[\s-]squares?|adjusted)[\s-]+)?means"
    r"|mittlere[\s-]+differenz|diff[ée]rence[\s-]+moyenne|diferencia[\s-]+(?:de[\s-]+)?medias?",
    "RD": r"risk[\s-]+differences?",
    "RMSTD": r"(?:restricted[\s-]+mean[\s-]+survival[\s-]+times?|RMST)[\s-]+differences?"
    r"|differences?[\s-]+in[\s-]+(?:the[\s-]+)?(?:restricted[\s-]+mean[\s-]+survival[\s-]+times?|RMST)",
    "ROM": r"ratios?[\s-]+of[\s-]+(?:geometric[\s-]+)?means|geometric[\s-]+mean[\s-]+(?:(?:tit(?:re|er)|concentration)s?[\s-]+)?"
    r"ratios?"
    r"|GMT[\s-]+ratios?",
}
ABBREVIATIONS: dict[str, str] = {
    "HR": r"(?:a|A|adj|c|cs|s|S|m|u)?HRs?(?![\s-]+QO?oL)|HRadj",
    "RR": r"(?:a|adj|c|u)?RRs?(?![\s-]+interval)|RRadj",
    "OR": r"(?:a|A|adj|c|u|p)?ORs?|ORadj",
    "IRR": r"(?:a|A|c)?IRRs?",
    "SMD": r"SMDs?",
    "MD": r"(?:W|LS|aL?S?)?MDs?",
    "RD": r"(?:a)?A?RDs?",
    "ROM": r"ROMs?|RoMs?|GMRs?",
}
RATIOS = frozenset({"HR", "RR", "OR", "IRR", "ROM"})
OTHER_RATIOS = (  # figures with an interval that look like an effect and are another thing
    r"diagnostic[\s-]+odds[\s-]+ratios?|(?:positive|negative)?[\s-]*likelihood[\s-]+ratios?|prevalence[\s-]+ratios?"
    r"|standardi[sz]ed[\s-]+(?:mortality|incidence)[\s-]+ratios?|relative[\s-]+risk[\s-]+reductions?"
    r"|absolute[\s-]+risk[\s-]+reductions?"
    r"|c[\s-](?:index|statistic)|concordance[\s-]+index|area[\s-]+under|correlation|regression[\s-]+coefficients?|coefficients?"
    r"|sensitivity(?![\s-]+analys)|specificity|kappa|numbers?[\s-]+needed|male[\s-]+to[\s-]+female[\s-]+ratios?|sex[\s-]+ratios?"
    r"|ratio[\s-]+of[\s-]+(?:hazard|odds|risk)[\s-]+ratios|win[\s-]+(?:ratios?|odds)|prediction[\s-]+intervals?|absolute[\s-]+differences?"
)
OTHER_ABBREVIATIONS = r"DOR|SMRs?|SIRs?|RRR|NNTs?|NNH|AUC|AUROC|LR|PPV|NPV|ORR|RHR|ROR|RRRs?|PI"
INTERVAL_NAMES = (
    r"confidence[\s-]+(?:intervals?|limits?|bounds?)|credib(?:le|ility)[\s-]+(?:intervals?|limits?)"
    r"|highest[\s-]+density[\s-]+intervals?"
    r"|interval[ol]?[eos]?[\s-]+d[ei][\s-]+confian\w+|intervallo[\s-]+di[\s-]+confidenza|konfidenzintervalle?|vertrauensbereich"
    r"|intervalos?[\s-]+de[\s-]+cre[di]+bilida\w+|betrouwbaarheidsinterval"
)
INTERVAL_ABBREVIATIONS = r"CIs?|Cl|C\.I\.|c\.i\.|CrIs?|BCI|HDI|ICs?|KI|CLs?|(?<=%)ci|(?<=% )ci"

_FOLDED = "|".join(f"(?P<{code}>{names})" for code, names in MEASURE_NAMES.items())
_EXACT = "|".join(f"(?P<{code}_>{short})" for code, short in ABBREVIATIONS.items())
_COMMA = r"\d+,\d+(?![.\d])"
_GROUPED = r"[1-9]\d{0,2}(?:,\d{3})+(?![\d,])(?:\.\d+)?"


def _pattern(number: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<number>(?:{number}|\d+\.\d+|\d+|\.\d+)(?:[eE][-+]?\d{{1,3}}(?![\w.]))?)"
        rf"|(?<![\w])(?:(?i:(?P<other>{OTHER_RATIOS})|(?P<ci>{INTERVAL_NAMES})|{_FOLDED})"
        rf"|(?:(?P<other_>{OTHER_ABBREVIATIONS})|(?P<ci_>{INTERVAL_ABBREVIATIONS})|{_EXACT})(?![^\W\d_]))"
        r"|(?P<percent>%|(?i:per[\s-]?cent|percentage[\s-]+points?)\b)"
        r"|(?P<word>[^\W\d_]+(?:'s)?)"
        r"|(?P<mark>\S)"
    )


WITH_POINT, WITH_COMMA = _pattern(_GROUPED), _pattern(_COMMA)


class Lexeme(NamedTuple):
    """A piece of text.

    kind : "measure", "other" (another statistic), "ci", "number", "percent", "word", or the mark itself
    text : as it stands there, words in small letters; for a measure its code (`HR`)
    start, end : its place in the text
    """

    kind: str
    text: str
    start: int
    end: int

    @property
    def value(self) -> Decimal:
        """A number, its decimals as printed; a decimal comma counts as a point."""
        text = self.text.replace(",", "" if _is_grouped(self.text) else ".")
        return Decimal(text if text[0] != "." else f"0{text}")

    @property
    def decimals(self) -> bool:
        return self.kind == "number" and ("." in self.text or ("," in self.text and not _is_grouped(self.text)))


END = Lexeme("end", "", -1, -1)


def lexemes(text: str, start: int, end: int, *, comma: bool) -> list[Lexeme]:
    """The lexemes of a stretch of folded text.

    >>> [lexeme.text for lexeme in lexemes("aHR, .63 (95%CI: 0.51-0.78)", 0, 27, comma=False)]
    ['HR', ',', '.63', '(', '95', '%', 'CI', ':', '0.51', '-', '0.78', ')']
    """
    found = []
    for match in (WITH_COMMA if comma else WITH_POINT).finditer(text, start, end):
        kind = match.lastgroup or "mark"
        piece = match.group()
        if kind == "word":
            piece = piece.lower()
        elif kind == "mark":
            kind = piece
        elif kind not in ("number", "percent"):
            kind, piece = _named(kind, piece)
        found.append(Lexeme(kind, piece, *match.span()))
    return found


def _named(group: str, piece: str) -> tuple[str, str]:
    """The kind and text of a name: of a measure its code."""
    name = group.rstrip("_")
    return (name, piece) if name in ("other", "ci") else ("measure", name)


def _is_grouped(text: str) -> bool:
    """1,234 or 1,234.5 rather than 0,62."""
    return "," in text and ("." in text or re.fullmatch(_GROUPED, text) is not None)
