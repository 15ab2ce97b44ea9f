"""A text with what it says judged, as frozen values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from trialpool.analysis.claims_evidence import VERDICTS, Verdict
from trialpool.stats.tables import Tabular

SIDES = ("itself", "text", "review", "published")
NOTHING: Verdict = "can't be judged"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one side says: "itself", "text", "review" or "published"; the verdict, and why."""

    side: str
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One thing that a text says, and how far it is borne out.

    kind       : "claim" (in words) or "figures"
    said       : the words, or the figures as read
    outcome    : what it is of
    claim      : "better", "worse", "no different", "not better", "not worse"; empty for figures
    scope      : of whom: "overall", a subgroup
    judgements : one for each side (`SIDES`)
    verdict    : the four together
    why        : the verdict in a sentence
    start, end : place in the text; sentence_start, sentence_end that of the sentence
    """

    kind: str
    said: str
    outcome: str
    claim: str
    scope: str
    judgements: tuple[Judgement, ...]
    verdict: Verdict
    why: str
    start: int
    end: int
    sentence_start: int
    sentence_end: int

    def by(self, side: str) -> Judgement:
        """The judgement of one side."""
        return next(j for j in self.judgements if j.side == side)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedText(Tabular):
    """A text with everything that it says of the review's question, judged.

    name   : of the text
    text   : as it was given
    judged : claims and figures in the order of the text
    """

    name: str
    text: str
    judged: tuple[Judged, ...]

    @property
    def contradicted(self) -> tuple[Judged, ...]:
        return tuple(item for item in self.judged if item.verdict == "contradicted")

    @property
    def summary(self) -> str:
        """How many of each verdict, or that nothing was found."""
        if not self.judged:
            return "No effect statement and no directional claim was found in this text: there is nothing to judge."
        counts = Counter(item.verdict for item in self.judged)
        n = len(self.judged)
        parts = [f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict]]
        return f"{n} statement{'' if n == 1 else 's'}: {', '.join(parts)}."

    def table(self) -> dict[str, list[Any]]:
        """A row for each thing that is said."""
        names = ("kind", "outcome", "scope", "claim", "said", "verdict", "why")
        columns = {name: [getattr(item, name) for item in self.judged] for name in names}
        return columns | {side: [item.by(side).verdict for item in self.judged] for side in SIDES}

    def to_dict(self) -> dict[str, Any]:
        """Plain values: name, summary, and every item with its four judgements."""
        names = ("kind", "said", "outcome", "claim", "scope", "verdict", "why", "start", "end")
        items = [
            {name: getattr(item, name) for name in names}
            | {"judgements": {j.side: {"verdict": j.verdict, "why": j.why} for j in item.judgements}}
            for item in self.judged
        ]
        return {"name": self.name, "summary": self.summary, "contradicted": len(self.contradicted), "judged": items}

    def __str__(self) -> str:
        lines = [f"{item.verdict}: {item.said} ({item.why})" for item in self.judged]
        return "\n".join([self.summary, *lines])
