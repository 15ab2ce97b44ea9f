"""The words by which texts claim that something got better, worse, more, less, or stayed as it was."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Says = Literal["better", "worse", "no different", "not better", "not worse"]
Sense = Literal["good", "bad", "more", "less", "none", "differ", "not inferior"]


class Cue(NamedTuple):
    """A word of claim: `good` and `bad` speak of the patient, `more` and `less` of whatever outcome they go with.

    `none` says that nothing differs; `differ` says so where it is negated, and else no direction.
    """

    sense: Sense
    start: int
    end: int


CONTROL = r"(?:placebo|controls?|observation|no\s+(?:maintenance|treatment|therapy)|untreated|usual\s+care|standard\s+care)"
BETTER_VERB = r"(?:improv|increas|prolong|length|exten|rais|enhanc|benefi|help)\w*"
WORSE_VERB = r"(?:worsen|decreas|short|reduc|lower|harm|impair|compromis|hinder|jeopard)\w*"
CUES: dict[Sense, str] = {
    "none": rf"neither\s+(?:{BETTER_VERB}\s+n?or\s+{WORSE_VERB}|{WORSE_VERB}\s+n?or\s+{BETTER_VERB})|"
    r"(?<!twice\s)(?<!times\s)(?<!half\s)(?:equally|as)\s+(?:frequent(?:ly)?|common|often|high|low|likely|long|good|many)"
    r"(?=\s+(?:as|in|with|across|between)\b)|balanced|equal(?:led)?(?=\s+(?:in|between|with|across|for|to)\b|\s*[.,;)]|$)|"
    r"(?:no|without|nor|not\s+(?:find|show|see|detect|observe)\s+an?y?|lack\s+of|absence\s+of)\s+"
    r"(?:(?!benefit|improve|increase|reduc)[\w-]+\s+){0,4}?"
    r"(?:differences?|effects?|impact|influence|change|association)"
    r"|(?:did|does|do|was|were|is|are|had|has)(?:\s+not|n't)\s+(?:\w+ly\s+)?(?:differ(?:ent)?|affect\w*|influence\w*"
    r"|alter\w*|change\w*)"
    r"|not\s+(?:statistically\s+)?(?:significantly\s+)?different|similar|comparable|equivalent|identical|unchanged"
    r"|unaffected|on\s+a\s+par|(?:little|minimal|negligible)\s+(?:\w+\s+)?(?:differences?|effects?|impact|influence|change)"
    r"|(?:was|were|is|are|remain(?:s|ed)?)\s+(?:\w+\s+)?the\s+same",
    "differ": r"differences?|differed|differs?(?!\w)",
    "not inferior": r"non-?inferior(?:ity)?(?!\s+(?:margin|trial|design|stud|analys|hypothes|test|threshold|bound|limit|p\b))",
    "good": rf"favou?r(?:s|ed|ing)?(?=\s)(?!\s+(?:the\s+)?{CONTROL}\b)|in\s+favou?r\s+of(?!\s+(?:the\s+)?{CONTROL}\b)"
    r"|improv(?:e|es|ed|ing|ement|ements)|benefit(?:s|ed|ing)?|beneficial|advantages?|gains?|superior(?:ity)?|better"
    r"|protect(?:s|ed|ive|ion)|outperform(?:s|ed|ing)?",
    "bad": rf"favou?r(?:s|ed|ing)?\s+(?:the\s+)?{CONTROL}\b|in\s+favou?r\s+of\s+(?:the\s+)?{CONTROL}\b"
    r"|deteriorat(?:e|es|ed|ing|ion)|underperform(?:s|ed|ing)?|worsen(?:s|ed|ing)?|worse|inferior(?!ity)|poorer|detriment(?:al)?"
    r"|compromis(?:e|es|ed|ing)|jeopardi[sz](?:e|es|ed|ing)|impair(?:s|ed|ment)?|harm(?:s|ed|ful)?(?=\s)",
    "more": r"increas(?:e|es|ed|ing)|rais(?:e|es|ed|ing)|rise|rises|rose|higher(?![\s-]risk\s+(?:patients|disease|groups?"
    r"|cytogen\w+))|greater|more(?!\s+(?:than|important\w*|recent\w*|research|stud\w+|data|information|details?))"
    r"|elevat(?:e|es|ed|ing|ion)"
    r"|prolong(?:s|ed|ing|ation)?"
    r"|exten(?:d|ds|ded|ding|sion)|lengthen(?:s|ed|ing)?|(?<!no\s)longer(?!\s+follow)"
    r"|longer(?=\s+(?:\w+\s+){0,5}?than\b)|(?<=(?:occurred|relapsed)\s)(?:sooner|earlier)|(?<=progressed\s)(?:sooner|earlier)|(?<=died\s)(?:sooner|earlier)|boost(?:s|ed|ing)?|enhanc(?:e|es|ed"
    r"|ing|ement)"
    r"|doubl(?:e|es|ed|ing)|(?:tri|quadru)pl(?:e|es|ed|ing)|trebl(?:e|es|ed|ing)|excess|commoner"
    r"|(?:twice|double|(?:two|three|four|five|\d+(?:\.\d+)?)\s+times)\s+(?:as\s+(?:common|likely|frequent|many|high|often)|the\s+(?:risk|rate|number|odds|hazard))"
    r"|accelerat(?:e|es|ed|ing)|hasten(?:s|ed|ing)?|surg(?:ed|ing)|climb(?:s|ed|ing)|grew",
    "less": r"reduc(?:e|es|ed|ing|tion|tions)|decreas(?:e|es|ed|ing)|lower(?:s|ed|ing)?(?!\s+(?:limits?|bounds?))|fewer"
    r"|less(?!\s+than)|cuts?(?![\s-]?off)|cutting"
    r"|diminish(?:es|ed|ing)?"
    r"|short(?:er|en|ens|ened|ening)|declin(?:e|es|ed)|fell|falls?(?!\s+(?:short|under|within))|rarer|(?<=(?:occurred|relapsed)\s)later|(?<=progressed\s)later|(?<=died\s)later|halv(?:e|es|ed|ing)|delay(?:s|ed|ing)?|prevent(?:s|ed|ing|ion)?"
    r"|slow(?:s|ed|ing)?|half\s+(?:as\s+(?:common|likely|frequent|many|high|often)|the\s+(?:risk|rate|number|odds|hazard))"
    r"|drop(?:s|ped|ping)(?![\s-]?out)|slash(?:es|ed|ing)|curb(?:s|ed|ing)?|lessen(?:s|ed|ing)?|postpon(?:e|es|ed|ing)|avert(?:s|ed|ing)?"
    r"|mitigat(?:e|es|ed|ing)|shrank",
}
CUE = re.compile(
    r"(?i)(?:(?<![\w-])|(?<=\bun(?=improved)))"
    rf"(?:{'|'.join(f'(?P<{sense.replace(chr(32), chr(95))}>{words})' for sense, words in CUES.items())})(?![\w])"
)
NEGATOR = re.compile(
    r"(?i)(?<![\w-])(?:not(?!\s+(?:only|just|merely))|no(?!\s+(?:doubt|later|less|sooner))(?!\s+longer\b(?!\s+(?:\w+\s+){0,5}?than\b))|never|neither|nor|without"
    r"|fail(?:s|ed|ing)?|(?<!heart\s)(?<!treatment\s)failure(?=\s+(?:to|of)\b)"
    r"|lack(?:s|ed|ing)?|absence|unable|cannot|none|nobody|nothing|ineffective|lost(?!\s+to)|(?:little|scant)\s+evidence|disappear(?:s|ed)|vanish(?:es|ed)|far\s+from|rather\s+than|instead\s+of|yet\s+to|un(?=improved)|(?:did|does|do|has|had|was|were|is|are|could)n't)(?:(?![\w-])|(?=improved))"
)
NOT_FAILED = re.compile(
    r"(?i)(?:\b(?:not|never)|(?:did|does|do|has|have|had|was|were|is)n't)\s+(?:\w+ly\s+)?(?:fail|lack)(?:s|ed|ing)?\b|\bnot\s+without\b"
)
NOT_SEEN = re.compile(
    r"(?i)^[^.;:]{0,30}?\b(?:was|were|is|are|has|have|had|did|does|could)\s*(?:not|n't|never|yet\s+to(?:\s+be)?)\s+(?:\w+\s+){0,2}?(?:seen|observed"
    r"|found|shown|detected"
    r"|demonstrated|confirmed|persist\w*|sustained|materiali[sz]e[sd]?|emerge[sd]?|reach\w*|significant|apparent|evident|established|proven)\b"
    r"|^[^.;:]{0,20}?\b(?:was|were|is|are)\s+(?:lacking|absent|missing)\b"
    r"|^\s+(?:\w+\s+){0,2}?in\s+(?:neither|none|no)\b"
    r"|^[^.;:]{0,80}?,?\s*(?:though|although|but|albeit|if|and)\s+(?:(?:this|it|(?:the|this)\s+difference)\s+)?(?:(?:was|were|is)\s+)?"
    r"(?:not\s+(?:statistically\s+)?significant(?:ly)?|did\s+not\s+reach\s+(?:statistical\s+)?significance)\b"
)
NOR_WAS = re.compile(r"(?i)^\s+(?:was|were|did|has|had|is|does)(?:\s+not|n't)\s*(?:[.,;()]|$)")
HEDGE = re.compile(
    r"(?i)\b(?:may|might|could(?!\s+(?:not|be\s+(?:shown|demonstrated|seen|found|detected|established|proven|confirmed|observed))\b)|possibl[ey]|perhaps|potential(?:ly)?|suggest(?:s|ed|ing|ive)?|appear(?:s|ed)?"
    r"|seem(?:s|ed)?|(?<!less\s)(?<!more\s)(?<!as\s)(?<!equally\s)likely|numerical(?:ly)?(?!,?\s+but\s+not)|probabl[ey]"
    r"|trends?|tend(?:s|ed)?|hint(?:s|ed)?|(?:little|scant|weak|limited)\s+evidence|unclear|uncertain|not\s+known|unknown|believe[sd]?|thought|promis(?:e|es|ing))\b"
)
NOT_ASSERTED = re.compile(
    r"(?i)\b(?:can(?:not|\s+not|'t)\s+be\s+(?:excluded|ruled\s+out)|cannot\s+(?:exclude|rule\s+out)"
    r"|(?:age|sex|stage|mutations?|deletions?|scores?|status|levels?|expression|albumin|smoking|comorbidit\w+|cytogenetics|obesity|frailty)"
    r"\s+(?:\w+\s+){0,3}?(?:was|were|is|are)\s+(?:\w+ly\s+)?(?:associated|linked)|predict\w*|prognos\w+|correlat\w+|risk\s+factors?"
    r"|cannot\s+conclude|claim(?:s|ed)?\s+that|than\s+(?:ever|before)|goals?|priorit(?:y|ies)|no\s+evidence\s+(?:that|of|for)\b[^,;]*\b(?:not|fail\w*|lack\w*|no)|(?:not|n't)\s+(?:true|the\s+case|mean)\s+that|if|whether|would|should|unless|insufficient|inconclusive|unproven|remains?\s+to\s+be|aims?|aimed|hypothes\w+"
    r"|objectives?|purpose|questions?|designed\s+to|expected\s+to|hop(?:e|ed|ing)|intend\w*"
    r"|to\s+(?:determine|assess|evaluate|investigate|examine|study|test|explore|compare|see|find\s+out|know)"
    r"|we\s+(?:assessed|evaluated|investigated|compared|asked|tested|examined|studied)|need(?:s|ed)?\s+to|efforts?\s+to"
    r"|ways?\s+to|detect|power(?:ed)?"
    r"|assum\w+|(?:is|are)\s+(?:\w+ly\s+|still\s+)?(?:needed|required|wanted|desirable)"
    r"|primary\s+end\s?points?\s+(?:was|were)|endpoints?\s+included|outcomes?\s+(?:was|were)\b(?!\s+(?:improv|better|wors)))"
)
OTHERS_SAID = re.compile(
    r"(?i)\b(?:(?:previous|prior|earlier|other|older|another)\s+(?:\w+\s+)?(?:trials?|stud(?:y|ies)|analys[ie]s"
    r"|meta-analys[ie]s|reports?|reviews?|research|work)"
    r"|previously|historical(?:ly)?|in\s+contrast\s+(?:to|with)|unlike|critics|et\s+al)\b"
)
APART = re.compile(
    r"(?i)\bat\s+(?:(?:the|any)\s+(?:cost|expense|price)|no)\b|\b(?:due|owing|because|dos(?:e|es|ing)|caused|until|who|which|that|when|patients|those|people|adults|follow-?up)\b"
)
WITH = re.compile(r"(?i)\bwith\s+$")
DIRECTED = "|".join(CUES[sense] for sense in ("good", "bad", "more", "less"))
OF_A_CLAIM = re.compile(
    rf"(?i)^\s+(?:(?!had|have|has|were|was|and|but)\w+\s+){{0,2}}?(?:(?:{DIRECTED})(?!\w)"
    r"|(?:improv|benefi|advant|increas|prolong|exten|length|affect|differ|chang|effect|gain|reduc|compromis|worsen|harm)\w*"
    r"|(?:overall|progression|event)\b|OS\b|PFS\b|EFS\b)"
)
TO = re.compile(r"(?i)\bto\s+(?:\w+ly\s+)?$")
SHOWN_TO = re.compile(
    r"(?i)\b(?:fail(?:s|ed|ing|ure)?|shown|found|seen|proved|proven|demonstrated|observed|reported|known|managed"
    r"|(?:first|second|only)(?:\s+\w+){1,4}?|continue[sd]?|able|unable|not|led|nothing)"
    r"\s+to\s+(?:\w+ly\s+)?$"
)
SIGNIFICANT = re.compile(r"(?i)\bsignifican(?:t|tly|ce)\b")
CLAUSE = re.compile(
    r"(?i);|:(?=\s)|,?\s\bbut\b(?!\s+(?:not|no|without|neither|failed|also|(?:(?:this|it|the\s+difference)\s+)?(?:did\s+not\s+reach|was\s+not\s+(?:statistically\s+)?signif)))|\b(?:whereas|while|(?:although|though)(?!\s+(?:not|non|(?:this|it|the\s+difference|this\s+difference)\s+(?:was|did)\s+not)\b)"
    r"|however(?!,\s+(?:was|were|is|are|did|has|had|have|remained)\b)|yet(?!\s+to\b)"
    r"|despite|because)\b|\s[–—-]\s"
)


TURNED: dict[Says, Says] = {
    "better": "worse",
    "worse": "better",
    "not better": "not worse",
    "not worse": "not better",
    "no different": "no different",
}
"""What is said of the control arm, as said of the treatment."""


def cues(clause: str) -> tuple[Cue, ...]:
    """Words of claim in a clause, in order."""
    return tuple(Cue((match.lastgroup or "none").replace("_", " "), *match.span()) for match in CUE.finditer(clause))  # type: ignore[arg-type]


def says(sense: Sense, *, bad: bool, negated: bool) -> Says | None:
    """What a word of claim says of an outcome, None where that is nothing; `bad` where more of the outcome's words is worse.

    >>> says("more", bad=True, negated=False), says("good", bad=False, negated=True)
    ('worse', 'not better')
    """
    if sense == "none" or (sense == "differ" and negated):
        return "no different"
    if sense in ("differ", "not inferior"):
        return "not worse" if sense == "not inferior" and not negated else None
    better = {"good": True, "bad": False, "more": not bad, "less": bad}[sense]
    if negated:
        return "not better" if better else "not worse"
    return "better" if better else "worse"
