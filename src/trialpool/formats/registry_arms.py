"""Which of a registry's groups is treatment and which control: as a person says it, or proposed with a note to check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trialpool.review.registration import Group, PostedAnalysis, Registration

CHECK = "CHECK THE ARMS"
CONTROLS = re.compile(
    r"\b(placebo|control|comparator|observation|no (treatment|maintenance|intervention)|standard of care|soc|usual care|sham)\b",
    re.IGNORECASE,
)
ARM = r"\s*(?:arm|group)?\s*"
OVER = rf"{ARM}(?:/|÷|over|divided by|relative to)\s*(?:the\s+)?"
VERSUS = rf"{ARM}(?:/|÷|over|divided by|relative to|vs\.?|versus|compared (?:to|with))\s*(?:the\s+)?"
FAVOURS = re.compile(r"\b(favou?r|superior|better|benefit)", re.IGNORECASE)
WORD = r"[A-Za-z][\w-]{2,}"


@dataclass(frozen=True, slots=True)
class Arms:
    """The groups that stand for treatment and control in one table; None where that is not known, and `note` says why."""

    treatment: Group | None = None
    control: Group | None = None
    note: str = ""

    @property
    def known(self) -> bool:
        return self.treatment is not None and self.control is not None


def arms_of(groups: Sequence[Group], entry: Registration, treatment: str, control: str) -> Arms:
    """The arms of a table, by the names given; where none are given, proposed from the words of the groups if these allow it."""
    if treatment or control:
        return _named(groups, treatment, control)
    controls = [g for g in groups if _is_control(g, entry)]
    if len(groups) == 2 and len(controls) == 1:
        other = next(g for g in groups if g is not controls[0])
        note = f"{CHECK}: {other.title!r} was taken for treatment and {controls[0].title!r} for control by their names"
        return Arms(other, controls[0], note)
    return Arms(note=f"which group is treatment is not said; name them by --treatment and --control ({listed(groups)})")


def listed(groups: Iterable[Group]) -> str:
    """Groups as a person can name them: `OG000 Nivolumab, OG001 Docetaxel`."""
    return ", ".join(f"{g.id} {g.title}".strip() for g in groups)


def _named(groups: Sequence[Group], treatment: str, control: str) -> Arms:
    found = [matching(groups, name) if name else () for name in (treatment, control)]
    for name, hits in zip((treatment, control), found, strict=True):
        if name and len(hits) != 1:
            what = f"{name!r} names {'none' if not hits else len(hits)} of the groups {listed(groups)}"
            return Arms(note=f"{what}; give a longer part of a name, or its id")
    first, second = (hits[0] if hits else None for hits in found)
    if len(groups) == 2 and (first is None or second is None):
        given = first or second
        other = next(g for g in groups if g is not given)
        first, second = (first or other), (second or other)
    if first is None or second is None:
        return Arms(note=f"name both arms, for there are {len(groups)} groups: {listed(groups)}")
    if first is second:
        return Arms(note=f"{treatment!r} and {control!r} name the same group")
    return Arms(first, second)


def matching(groups: Sequence[Group], name: str) -> tuple[Group, ...]:
    """The groups that a name fits: by id, by the whole title, or by a part of it."""
    sought = name.casefold()
    tests = (
        lambda g: g.id.casefold() == sought,
        lambda g: g.title.casefold() == sought,
        lambda g: sought in g.title.casefold(),
    )
    return next((hits for test in tests if (hits := tuple(g for g in groups if test(g)))), ())


def _is_control(group: Group, entry: Registration) -> bool:
    if CONTROLS.search(group.title):
        return "+" not in group.title
    kinds = {arm.kind.upper() for arm in entry.arms if arm.label and arm.label.casefold() == group.title.casefold()}
    return bool(kinds & {"PLACEBO_COMPARATOR", "PLACEBO COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION"})


def said_direction(analysis: PostedAnalysis, arms: Arms, treatment: str, control: str) -> tuple[str, str]:
    """Which arm is divided by which, where the registry's words say it; and those words. Empty where they do not.

    "A versus B" counts in the words about the estimate alone: elsewhere it only names what was compared.

    >>> arms = Arms(Group(id="O1", title="Nivolumab"), Group(id="O2", title="Docetaxel"))
    >>> said_direction(PostedAnalysis(path="", about="HR = Docetaxel over Nivolumab"), arms, "", "")[0]
    'control_vs_treatment'
    """
    if arms.treatment is None or arms.control is None:
        return "", ""
    t, c = (_names(arms.treatment, arms.control, treatment), _names(arms.control, arms.treatment, control))
    for heading, text in (*reversed(analysis.comments), ("", analysis.about)):
        if FAVOURS.search(text):
            continue
        by = VERSUS if heading == "of the estimate" else OVER
        forward, backward = (re.search(rf"\b(?:{a}){by}(?:{b})\b", text, re.IGNORECASE) for a, b in ((t, c), (c, t)))
        if bool(forward) != bool(backward):
            return ("treatment_vs_control" if forward else "control_vs_treatment"), text
    return "", ""


def _names(group: Group, other: Group, given: str) -> str:
    """What a group may be called in running text, as alternatives of a pattern."""
    bare = re.sub(r"\s*\([^)]*\)", "", group.title).strip()
    first = re.match(WORD, bare)
    names = {group.title, bare, given if given != group.id else ""}
    if first and first.group().casefold() not in other.title.casefold():
        names.add(first.group())
    return "|".join(re.escape(name) for name in sorted(filter(None, names), key=lambda name: (-len(name), name)))
