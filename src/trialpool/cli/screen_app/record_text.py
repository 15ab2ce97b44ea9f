"""A record as text with marks, as it is read while screening."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.text import Text

from trialpool.review.plan import ScreeningPlan
from trialpool.review.record import Record
from trialpool.review.screening import ScreeningDecision
from trialpool.screening.words import marks

STYLES = {"include": "bold green", "exclude": "italic underline dark_orange"}
HEADING = re.compile(r"(?<!\w)([A-Z][A-Z /&,-]{3,40}):\s")  # `METHODS: `, as abstracts with parts have it
MANY = 8  # authors that are shown


def record_text(record: Record, copies: Sequence[str], plan: ScreeningPlan) -> Text:
    """Title, authors, where it was published, what the databases say of it, abstract and keywords; words of the protocol marked."""
    parts = [_marked(record.title or "(no title)", plan, "bold")]
    if record.authors:
        parts.append(Text(_authors(record.authors)))
    parts.append(Text(_published(record), "italic"))
    if record.flags:
        parts.append(Text(", ".join(record.flags).upper(), "bold white on red"))
    parts.append(Text(_found(record, copies), "dim"))
    parts += [Text(""), _abstract(record.abstract, plan)]
    if record.keywords:
        parts += [Text(""), Text("Keywords: ", "dim") + _marked("; ".join(record.keywords), plan)]
    return Text("\n").join(parts)


def votes_text(votes: Sequence[ScreeningDecision]) -> Text:
    """Who decided what, with reason and note, a line each."""
    return Text("\n").join(Text.assemble((f"{vote.reviewer}: ", "bold"), vote_words(vote)) for vote in votes)


def vote_words(vote: ScreeningDecision) -> str:
    """A decision in words: `exclude (wrong population), "children only"`."""
    reason = f" ({vote.reason})" if vote.reason else ""
    note = f', "{vote.note}"' if vote.note else ""
    return f"{vote.decision}{reason}{note}"


def _abstract(abstract: str, plan: ScreeningPlan) -> Text:
    """The abstract, its parts set apart."""
    if not abstract:
        return Text("No abstract. Look the record up before you exclude it.", "dim italic")
    pieces = HEADING.split(abstract)
    text = _marked(pieces[0].strip(), plan)
    for heading, words in zip(pieces[1::2], pieces[2::2], strict=True):
        text += Text.assemble("\n" if text.plain else "", (f"{heading.capitalize()}  ", "bold")) + _marked(words.strip(), plan)
    return text


def _marked(words: str, plan: ScreeningPlan, style: str = "") -> Text:
    text = Text(words, style)
    for mark in marks(words, plan.include_words, plan.exclude_words):
        text.stylize(STYLES[mark.speaks_for], mark.start, mark.end)
    return text


def _authors(authors: Sequence[str]) -> str:
    shown = "; ".join(authors[:MANY])
    return f"{shown}; and {len(authors) - MANY} more" if len(authors) > MANY else shown


def _published(record: Record) -> str:
    """`Blood. 2006;108(10):3289-94`, as far as it is known, and the sort of publication where it is no article."""
    issue = f"({record.issue})" if record.issue else ""
    pages = f":{record.pages}" if record.pages else ""
    year = str(record.year or "year not known")
    place = f"{year};{record.volume}{issue}{pages}" if record.volume or issue or pages else year
    kind = f"  [{record.kind}]" if record.kind not in ("", "article") else ""
    return f"{record.journal}. {place}{kind}" if record.journal else place + kind


def _found(record: Record, copies: Sequence[str]) -> str:
    """Identifiers, and where it was found."""
    known = (("DOI", record.doi), ("PMID", record.pmid), ("Registered", record.nct), ("Language", record.language))
    named = [f"{name} {value}" for name, value in known if value]
    where = f"{record.database}, " if record.database else ""
    more = f" (and {len(copies) - 1} cop{'y' if len(copies) == 2 else 'ies'})" if len(copies) > 1 else ""
    return "   ".join([*named, f"{where}{record.id}{more}"])
