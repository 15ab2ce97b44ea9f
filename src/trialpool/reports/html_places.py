"""Places in the page that a link can lead to, each with an id of its own.

Parts of an analysis are `pfs.effects`, derivations `pfs-attal-2006`, other sections a single word: as ids of analyses hold
letters, digits, hyphens and underscores only, none of the three can be taken for another.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from trialpool.analysis.findings import AnalysisFindings, Findings
from trialpool.review.study import Study

Places = Mapping[tuple[str, str, str], str]


def derivation_places(findings: Findings) -> Places:
    """For each analysis, study and stratum the id of the place where its effect is derived."""
    places: dict[tuple[str, str, str], str] = {}
    taken: set[str] = set()
    for found in findings.analyses:
        for unit in units(found):
            id_ = _free(slug(f"{found.analysis.id}-{unit.study}-{unit.stratum}"), taken)
            taken.add(id_)
            places[(found.analysis.id, *unit.key)] = id_
    return places


def units(found: AnalysisFindings) -> Iterator[Study]:
    """The studies (or strata) of an analysis of which there is anything to show: those with an effect, then the others."""
    yield from (effect.unit for effect in found.selection.effects)
    yield from (missing.unit for missing in found.selection.missing if missing.candidates)


def part(found: AnalysisFindings, name: str) -> str:
    """The id of a part of an analysis."""
    return f"{found.analysis.id}.{name}"


def slug(text: str) -> str:
    """Text as an id: letters without accents, digits, hyphens and underscores.

    >>> slug("pfs-Attal 2006-"), slug("os-Müller/2010-arm B")
    ('pfs-attal-2006', 'os-muller-2010-arm-b')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", plain).strip("-")


def _free(wanted: str, taken: set[str]) -> str:
    if wanted not in taken and "-" in wanted:
        return wanted
    return next(name for i in range(2, len(taken) + 4) if (name := f"{wanted}-{i}") not in taken)
