"""Outcomes that texts name: one table of concepts with the words for each, and where they stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Concept:
    """An outcome.

    id    : short name, as reviews use it (`os`)
    label : how it is shown (`OS`)
    good  : words of which more is better (`overall survival`), as a regular expression; empty where there are none
    bad   : words of which more is worse (`death`)
    exact : abbreviations, in these letters only
    bad_exact : abbreviations of which more is worse
    part_of : id of a wider outcome that it is one kind of
    """

    id: str
    label: str
    good: str = ""
    bad: str = ""
    exact: str = ""
    bad_exact: str = ""
    part_of: str = ""

    def __hash__(self) -> int:
        return hash(self.id)


class Mention(NamedTuple):
    """Where a text names an outcome; `bad` where more of what it names is worse."""

    concept: str
    label: str
    bad: bool
    start: int
    end: int


def _free(what: str) -> str:
    """`progression-free survival`, and `progression-free` alone, as in `progression-free and overall survival`."""
    return rf"{what}[\s-]*free(?:[\s-]+(?:survival|interval))?"


def _events(words: str) -> str:
    return rf"(?:grades?[\s-]*(?:[<>=]\s*)?[1-5](?:\s*(?:-|to|or|/|and)\s*[1-5])?\s+)?(?:{words})"


CONCEPTS: tuple[Concept, ...] = (
    Concept("pfs2", "PFS2", good=r"second[\s-]+progression[\s-]*free[\s-]+survival", exact="PFS2|PFS-2"),
    Concept(
        "pfs",
        "PFS",
        good=_free("progression") + r"|survival[\s-]+(?:free|without)(?:[\s-]+(?:of|from))?(?:[\s-]+disease)?[\s-]+progression"
        r"|without[\s-]+(?:the(?:ir)?[\s-]+)?(?:disease|cancer|myeloma|tumou?r)[\s-]+(?:getting[\s-]+worse|worsening|progress\w+)|freedom[\s-]+from[\s-]+progression",
        bad=r"(?:disease[\s-]+)?progression(?:[\s-]+or[\s-]+death)?|death[\s-]+or[\s-]+(?:disease[\s-]+)?progression|progressed(?=\s+(?:on|with|in|sooner|earlier|later|under)\b|\s*[.;]|$)"
        r"|progressive[\s-]+disease",
        exact=r"PFS(?!\s+events?\b)",
        bad_exact=r"PFS\s+events?",
    ),
    Concept("efs", "EFS", good=_free("event"), exact="EFS"),
    Concept("dfs", "DFS", good=_free("disease"), exact="i?DFS"),
    Concept(
        "rfs",
        "RFS",
        good=_free("(?:relapse|recurrence)"),
        bad=r"relapses?(?!d)|recurrences?|relapsed(?=\s+(?:on|with|in|sooner|earlier|later|under|after)\b|\s*[.;]|$)",
        exact="RFS",
    ),
    Concept("mfs", "MFS", good=_free(r"(?:distant[\s-]+)?metastas[ie]s"), exact="D?MFS"),
    Concept("ttp", "TTP", good=r"time[\s-]+to[\s-]+(?:disease[\s-]+)?progression", exact="TTP"),
    Concept(
        "ttnt",
        "TTNT",
        good=r"time[\s-]+to[\s-]+(?:the[\s-]+)?(?:next|second)[\s-]+(?:anti\w*[\s-]+)?(?:treatment|therapy)",
        exact="TTNT",
    ),
    Concept(
        "cause-specific death",
        "cause-specific death",
        good=r"\w+[\s-]specific[\s-]+survival",
        bad=r"(?:\w+[\s-](?:specific|related)|cardiovascular|cardiac|cancer|vascular|sudden)[\s-]+(?:deaths?|mortality)"
        r"|(?:deaths?|mortality)[\s-]+(?:from|due to)[\s-]+(?!any|all)\w+",
    ),
    Concept(
        "os",
        "OS",
        good=r"overall[\s-]+survival|surviv(?:al|ed(?=\s+longer))|liv(?:ed|e|es|ing)(?=\s+longer(?!\s+without))|life[\s-]+expectancy"
        r"|alive(?=\s+(?:for\s+)?longer)"
        r"|(?:(?<=lengthen\s)|(?<=lengthens\s)|(?<=lengthened\s)|(?<=prolong\s)|(?<=prolongs\s)|(?<=prolonged\s)|(?<=extend\s)|(?<=extends\s)"
        r"|(?<=extended\s))(?:life|lives)",
        bad=r"(?:all[\s-]cause[\s-]+|overall[\s-]+|total[\s-]+)?mortality|deaths?(?:[\s-]+rates?)?(?:[\s-]+from[\s-]+any[\s-]+cause)?|dying|die[ds]?(?![\s-]+(?:of|from)\b)",
        exact="OS",
    ),
    Concept(
        "response",
        "response",
        good=r"(?:complete[\s-]+|overall[\s-]+|objective[\s-]+|partial[\s-]+)?(?:response|remission)(?:[\s-]+rates?)?",
        exact="ORR",
    ),
    Concept(
        "quality of life", "quality of life", good=r"(?:health[\s-]related[\s-]+)?quality[\s-]+of[\s-]+life", exact="(?:HR)?QO?oL"
    ),
    Concept(
        "spm",
        "SPM",
        bad=_events(
            r"(?:h(?:a)?ematolog(?:ic|ical)[\s-]+|solid[\s-]+|invasive[\s-]+)?(?:second(?:ary)?|new|subsequent)[\s-]+(?:primary[\s-]+)?"
            r"(?:malignanc(?:y|ies)|cancers?|tumou?rs?|neoplas\w+)"
        ),
        bad_exact="SPMs?",
    ),
    Concept(
        "thromboembolism",
        "thromboembolism",
        bad=_events(
            r"(?:venous[\s-]+|arterial[\s-]+)?thrombo-?embol(?:ism|isms|ic[\s-]+(?:events?|complications?|disease))"
            r"|vascular[\s-]+events?|venous[\s-]+thrombos[ie]s|thrombotic[\s-]+events?|(?:blood[\s-]+)?clots?|thrombos[ie]s"
        ),
        bad_exact="VTEs?",
        part_of="adverse events",
    ),
    Concept(
        "neuropathy",
        "neuropathy",
        bad=_events(r"(?:peripheral[\s-]+)?(?:sensory[\s-]+)?(?:poly)?neuropath(?:y|ies)|nerve[\s-]+damage"),
        bad_exact="PN",
        part_of="adverse events",
    ),
    Concept("neutropenia", "neutropenia", bad=_events(r"(?:febrile[\s-]+)?neutropenia"), part_of="adverse events"),
    Concept("thrombocytopenia", "thrombocytopenia", bad=_events("thrombocytopenia"), part_of="adverse events"),
    Concept("anaemia", "anaemia", bad=_events("ana?emia"), part_of="adverse events"),
    Concept("infection", "infection", bad=_events("infections?|infectious[\\s-]+complications?"), part_of="adverse events"),
    Concept("fatigue", "fatigue", bad=_events("fatigue"), part_of="adverse events"),
    Concept("nausea", "nausea", bad=_events("nausea"), part_of="adverse events"),
    Concept("vomiting", "vomiting", bad=_events("vomiting"), part_of="adverse events"),
    Concept("diarrhoea", "diarrhoea", bad=_events("diarrho?ea"), part_of="adverse events"),
    Concept("rash", "rash", bad=_events("(?:skin[\\s-]+)?rash(?:es)?"), part_of="adverse events"),
    Concept("constipation", "constipation", bad=_events("constipation"), part_of="adverse events"),
    Concept(
        "adverse events",
        "adverse events",
        bad=_events(
            r"(?:serious[\s-]+|severe[\s-]+|treatment[\s-](?:related|emergent)[\s-]+)?(?:adverse[\s-]+(?:events?|effects?|reactions?)"
            r"|side[\s-]+effects?|toxicit(?:y|ies)|toxic[\s-]+effects?)"
        ),
        bad_exact="S?AEs|TEAEs",
    ),
    Concept("discontinuation", "discontinuation", bad=r"(?:treatment[\s-]+)?discontinuations?|withdrawals?|drop-?outs?"),
    Concept("stroke", "stroke", bad=r"(?:ischa?emic[\s-]+|ha?emorrhagic[\s-]+)?strokes?"),
    Concept(
        "myocardial infarction", "myocardial infarction", bad=r"myocardial[\s-]+infarctions?|heart[\s-]+attacks?", bad_exact="MI"
    ),
    Concept("heart failure", "heart failure", bad=r"heart[\s-]+failure"),
    Concept(
        "cardiovascular events",
        "cardiovascular events",
        bad=r"(?:major[\s-]+adverse[\s-]+)?(?:cardiovascular|cardiac)[\s-]+events?",
        bad_exact="MACE",
    ),
    Concept("bleeding", "bleeding", bad=r"(?:major[\s-]+|clinically[\s-]+relevant[\s-]+)?(?:bleeding|ha?emorrhages?)"),
    Concept(
        "hospital admission",
        "hospital admission",
        bad=r"hospitali[sz]ations?|hospital[\s-]+admissions?|readmissions?|admissions?(?!\s+(?:to|criteria))",
    ),
    Concept("fracture", "fracture", bad=r"(?:hip[\s-]+|vertebral[\s-]+)?fractures?"),
)
BY_ID = {concept.id: concept for concept in CONCEPTS}


@lru_cache(maxsize=64)
def _finder(concepts: tuple[Concept, ...]) -> tuple[re.Pattern[str], tuple[tuple[Concept, bool], ...]]:
    """One pattern for all concepts, and for each of its groups the concept and whether its words are bad."""
    parts: list[str] = []
    groups: list[tuple[Concept, bool]] = []
    for concept in concepts:
        for words, bad, letters in (
            (concept.exact, False, ""),
            (concept.bad_exact, True, ""),
            (concept.good, False, "i:"),
            (concept.bad, True, "i:"),
        ):
            if words:
                parts.append(f"((?{letters or ':'}{words}))")
                groups.append((concept, bad))
    return re.compile(rf"(?<![\w])(?:{'|'.join(parts)})(?![\w])"), tuple(groups)


RISK_OF = re.compile(r"(?i)\b(?:risks?|hazards?|odds|rates?|chances?|incidence|number)\s+(?:of|for)\s+(?:an?\s+|any\s+|the\s+)?$")


OF_WHOM = re.compile(
    r"(?i)^\s+(?:in|among|of)\s+(?:patients\s+with\s+|people\s+with\s+)?(?:acute\s+|chronic\s+|advanced\s+)?$|^\s+with\s+$"
)
OF_A_DISEASE = frozenset({"hospital admission", "os"})  # `heart failure hospitalizations`, `stroke mortality`
DISEASES = frozenset({"heart failure", "myocardial infarction", "stroke"})  # outcomes, and who the patients are


def mentions(text: str, concepts: Iterable[Concept] = CONCEPTS) -> tuple[Mention, ...]:
    """Every outcome that a text names, in order.

    >>> [(m.concept, m.bad) for m in mentions("It improved progression-free and overall survival and cut the risk of stroke.")]
    [('pfs', False), ('os', False), ('stroke', True)]
    >>> [m.label for m in mentions("It reduced hospital admissions in heart failure.")]  # of whom, and no outcome
    ['hospital admission']
    """
    pattern, groups = _finder(tuple(concepts))
    found: list[Mention] = []
    for match in pattern.finditer(text):
        concept, bad = groups[(match.lastindex or 1) - 1]
        if (
            found
            and found[-1].concept in DISEASES
            and concept.id in OF_A_DISEASE
            and not text[found[-1].end : match.start()].strip(" -")
        ):
            found.pop()
        if concept.id in DISEASES and found and OF_WHOM.match(text[found[-1].end : match.start()]):
            continue
        found.append(Mention(concept.id, concept.label, bad, *match.span()))
    return tuple(found)
