"""What PubMed says has happened to a publication: links to others, and publication types; in XML and in MEDLINE."""

from __future__ import annotations

import re
from collections.abc import Iterable

from trialpool.formats.records.entry import doi_in, first_known
from trialpool.review.record import Flag, Kind

LINK_OF_TAG: dict[str, str] = {
    "RIN": "RetractionIn", "ROF": "RetractionOf", "EIN": "ErratumIn", "EFR": "ErratumFor", "CIN": "CommentIn", "CON": "CommentOn",
    "UIN": "UpdateIn", "UOF": "UpdateOf", "ECI": "ExpressionOfConcernIn", "ECF": "ExpressionOfConcernFor",
    "CRI": "CorrectedandRepublishedIn", "CRF": "CorrectedandRepublishedFrom", "RRI": "RetractedandRepublishedIn",
    "RRF": "RetractedandRepublishedFrom", "RPI": "RepublishedIn", "RPF": "RepublishedFrom", "PRIN": "PartialRetractionIn",
    "PROF": "PartialRetractionOf", "DDIN": "AssociatedDataset", "DRIN": "AssociatedPublication", "ORI": "OriginalReportIn",
    "SPIN": "SummaryForPatientsIn", "OIN": "OriginalReportIn",
}  # fmt: skip
FLAG_OF_LINK: dict[str, Flag] = {
    "RetractionIn": "retracted", "PartialRetractionIn": "retracted", "RetractedandRepublishedIn": "retracted",
    "RetractionOf": "retraction notice", "PartialRetractionOf": "retraction notice", "ErratumIn": "corrected",
    "CorrectedandRepublishedIn": "corrected", "ErratumFor": "erratum", "CommentOn": "comment", "UpdateIn": "updated",
    "ExpressionOfConcernIn": "expression of concern",
}  # fmt: skip
FLAG_OF_TYPE: dict[str, Flag] = {
    "Retracted Publication": "retracted", "Retraction of Publication": "retraction notice",
    "Retraction Notice": "retraction notice", "Published Erratum": "erratum", "Comment": "comment",
    "Expression of Concern": "expression of concern",
}  # fmt: skip
_KIND_OF_TYPE: dict[str, Kind] = {
    "preprint": "preprint", "systematic review": "review", "review": "review", "meta-analysis": "review", "congress": "abstract",
    "published erratum": "other", "retraction of publication": "other", "retraction notice": "other", "comment": "other",
    "letter": "other", "editorial": "other", "news": "other", "book chapter": "chapter", "book": "book", "dissertation": "thesis",
    "academic dissertation": "thesis", "technical report": "report", "journal article": "article",
    "randomized controlled trial": "article", "clinical trial": "article", "case reports": "article",
    "study guide": "book", "books & documents": "book",
}  # fmt: skip
_PMID = re.compile(r"PMID:?\s*(\d{1,9})")


def link(kind: str, pmid: str, citation: str) -> str:
    """A link as a record has it: its kind with the PMID, or else the DOI, or else the citation.

    >>> link("RetractionIn", "", "Lancet. 2020 Jun 13;395(10240):1820. doi: 10.1016/S0140-6736(20)31324-6. PMID: 32511943")
    'RetractionIn 32511943'
    """
    found = _PMID.search(citation)
    return f"{kind} {pmid or (found[1] if found else '') or doi_in(citation) or ' '.join(citation.split())}".strip()


def flags_said(links: Iterable[str], types: Iterable[str]) -> list[Flag]:
    """What links and publication types say, each once."""
    said = [FLAG_OF_LINK.get(each.partition(" ")[0]) for each in links] + [FLAG_OF_TYPE.get(type_) for type_ in types]
    return list(dict.fromkeys(flag for flag in said if flag is not None))


def kind_of(types: Iterable[str]) -> Kind:
    """The sort of publication; what says most of it stands first in the table."""
    types = {type_.casefold() for type_ in types}
    nothing: Kind = "article" if types else ""
    return first_known([type_ for type_ in _KIND_OF_TYPE if type_ in types], _KIND_OF_TYPE, nothing)
