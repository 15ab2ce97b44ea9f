"""The arithmetic of a flow diagram: what each count has to be, given the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trialpool.errors import Problem, Severity
from trialpool.review.flow import ARMS, FlowArm, FlowCounts, Step

FILE = "flow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A count that others add up to.

    count : the count
    plus, minus : the counts that are added and taken off
    needed : those without which nothing follows; the others are none at all where they are not given
    leaving, arms : the step of these arms whose own boxes are taken off too
    unit : what is counted
    turns : what the parts are counted in, where that is something else: then the count may differ, and the difference is shown
    """

    count: str
    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()
    needed: tuple[str, ...]
    leaving: Step | None = None
    arms: tuple[FlowArm, ...] = ("databases",)
    unit: str
    turns: str = ""


OTHER = ("websites", "organisations", "citations", "other_sources")
SUMS = (
    Sum(
        count="screened",
        plus=("databases", "registers"),
        minus=("duplicates", "automation", "removed_other"),
        needed=("duplicates",),
        leaving="identified",
        unit="records",
    ),
    Sum(
        count="sought",
        plus=("screened",),
        minus=("excluded",),
        needed=("screened", "excluded"),
        leaving="screened",
        unit="reports",
        turns="records",
    ),
    Sum(
        count="assessed",
        plus=("sought",),
        minus=("not_retrieved",),
        needed=("sought", "not_retrieved"),
        leaving="sought",
        unit="reports",
    ),
    Sum(count="other_sought", plus=OTHER, needed=(), leaving="identified", arms=("other",), unit="reports", turns="records"),
    Sum(
        count="other_assessed",
        plus=("other_sought",),
        minus=("other_not_retrieved",),
        needed=("other_sought", "other_not_retrieved"),
        leaving="sought",
        arms=("other",),
        unit="reports",
    ),
    Sum(
        count="new_reports",
        plus=("assessed", "other_assessed"),
        minus=("excluded_reports", "other_excluded_reports"),
        needed=("assessed", "excluded_reports"),
        leaving="assessed",
        arms=ARMS,
        unit="reports",
    ),
    Sum(
        count="total_studies",
        plus=("previous_studies", "new_studies"),
        minus=("dropped_studies",),
        needed=("previous_studies", "new_studies"),
        unit="studies",
    ),
    Sum(
        count="total_reports",
        plus=("previous_reports", "new_reports"),
        minus=("dropped_reports",),
        needed=("previous_reports", "new_reports"),
        unit="reports",
    ),
)
AT_MOST = (
    ("excluded", "screened", "records"),
    ("excluded_by_automation", "excluded", "records"),
    ("not_retrieved", "sought", "reports"),
    ("excluded_reports", "assessed", "reports"),
    ("other_not_retrieved", "other_sought", "reports"),
    ("other_excluded_reports", "other_assessed", "reports"),
    ("new_studies", "new_reports", ""),
    ("previous_studies", "previous_reports", ""),
    ("dropped_studies", "previous_studies", "studies"),
    ("dropped_reports", "previous_reports", "reports"),
    ("total_studies", "total_reports", ""),
    ("pooled_studies", "included_studies", "studies"),
    ("pooled_reports", "included_reports", "reports"),
    ("pooled_studies", "pooled_reports", ""),
)  # the first cannot be more than the second
NEEDED = (
    "duplicates", "screened", "excluded", "sought", "not_retrieved", "assessed", "excluded_reports", "new_studies", "new_reports",
)  # fmt: skip
NEEDED_OF_OTHERS = ("other_sought", "other_not_retrieved", "other_assessed", "other_excluded_reports")
WORDS = {
    "databases": "from databases",
    "registers": "from registers",
    "automation": "removed by automation",
    "removed_other": "removed for other reasons",
    "other_sources": "from other sources",
    "excluded_by_automation": "excluded by automation",
    "pooled_studies": "studies in a meta-analysis",
    "pooled_reports": "reports in a meta-analysis",
}


def completed(counts: FlowCounts) -> FlowCounts:
    """The counts with those filled in that follow from the others.

    >>> completed(FlowCounts(databases={"PubMed": 310, "Embase": 420}, duplicates=130, excluded=550)).sought
    50
    """
    for each in SUMS:
        if counts.total(each.count) is None and (expected := _follows(each, counts)) is not None and expected >= 0:
            counts = counts.with_counts(**{each.count: expected})
    return counts


def check_flow(counts: FlowCounts, *, file: str = FILE) -> tuple[Problem, ...]:
    """What in the counts of a flow cannot be, does not add up, or changes its unit; each with the arithmetic.

    Parameters
    ----------
    counts : the counts; those that follow from others are filled in first
    file : what the problems call the place that the counts are from

    Returns
    -------
    Problem: an error where a part is more than the whole, a warning where a count is not what the others add up to or is lacking, a
    note where records become reports and their numbers differ

    >>> found = check_flow(FlowCounts(databases=730, duplicates=130, screened=590))[0]
    >>> found.column, found.what
    ('screened', '730 from databases - 130 duplicates = 600 records, not 590 screened: 10 are missing')
    """
    return (*disagreements(counts, file), *_lacking(completed(counts), file))


def disagreements(counts: FlowCounts, file: str = FILE) -> tuple[Problem, ...]:
    """What cannot be, does not add up, or changes its unit: a diagram shows by itself what is lacking."""
    counts = completed(counts)
    return (*_impossible(counts, file), *_below_nothing(counts, file), *_do_not_add_up(counts, file))


def _follows(each: Sum, counts: FlowCounts) -> int | None:
    """What the others add up to; None where one that is needed is not given."""
    known = [name for name in each.plus if counts.total(name) is not None]
    needed = (*each.needed, *(("other_assessed", "other_excluded_reports") if _second_arm(each, counts) else ()))
    if not known or any(counts.total(name) is None for name in needed):
        return None
    return _added_up(each, counts)


def _second_arm(each: Sum, counts: FlowCounts) -> bool:
    return each.count == "new_reports" and counts.has_other_methods


def _added_up(each: Sum, counts: FlowCounts) -> int:
    leaving = sum(box.n or 0 for box in counts.leaving(each.leaving, each.arms))
    return sum(counts.total(name) or 0 for name in each.plus) - sum(counts.total(name) or 0 for name in each.minus) - leaving


def _do_not_add_up(counts: FlowCounts, file: str) -> Iterator[Problem]:
    for each in SUMS:
        stated = counts.total(each.count)
        known = [name for name in each.plus if counts.total(name) is not None]
        enough = known and all(counts.total(name) is not None for name in each.needed if name in each.plus)
        if stated is None or not enough:
            continue
        expected = _added_up(each, counts)
        if stated != expected:
            yield _difference(each, counts, stated, expected, file)


def _difference(each: Sum, counts: FlowCounts, stated: int, expected: int, file: str) -> Problem:
    apart = abs(stated - expected)
    if each.turns:
        how = "fewer" if stated < expected else "more"
        mend = "A record may stand for several reports, and several records for one; look whether that is so here"
        what = f"{arithmetic(each, counts)} = {expected:,} {each.turns}, and {_sought(stated)}: {apart:,} {how}"
        return Problem(file, 0, each.count, what, mend, "note")
    missing = f"{apart:,} {'is' if apart == 1 else 'are'} missing" if stated < expected else f"{apart:,} too many"
    what = f"{arithmetic(each, counts)} = {expected:,} {each.unit}, not {stated:,} {_bare(each.count)}: {missing}"
    mend = f"Correct what was mistyped{_way_out(each) if stated < expected else ''}"
    severity: Severity = "warning" if expected >= 0 else "error"
    return Problem(file, 0, each.count, what, mend, severity)


def _sought(n: int) -> str:
    return f"{n:,} report was sought" if n == 1 else f"{n:,} reports were sought"


def _way_out(each: Sum) -> str:
    named = "removed_other, or " if "removed_other" in each.minus else ""
    return f", or say where they went ({named}a box that leaves the flow)" if each.leaving else ""


def arithmetic(each: Sum, counts: FlowCounts) -> str:
    """The terms of a sum as they are printed: `730 from databases - 130 duplicates`."""
    added = " + ".join(f"{n:,} {words(name)}" for name in each.plus if (n := counts.total(name)) is not None)
    taken = "".join(f" - {n:,} {words(name)}" for name in each.minus if (n := counts.total(name)) is not None)
    leaving = counts.leaving(each.leaving, each.arms)
    return added + taken + "".join(f" - {box.n:,} {box.text[:1].lower()}{box.text[1:]}" for box in leaving)


def words(name: str) -> str:
    """A count in words: `not retrieved`."""
    whose = " by other methods" if name.startswith("other_") else ""
    return WORDS.get(name, name.removeprefix("other_").replace("_", " ") + whose)


def _bare(name: str) -> str:
    return words(name).replace(" reports", "").replace(" studies", "")


def _lacking(counts: FlowCounts, file: str) -> Iterator[Problem]:
    """What a diagram cannot do without, and does not follow from the rest."""
    needed = (*NEEDED, *(NEEDED_OF_OTHERS if counts.has_other_methods else ()))
    lacking = [name for name in needed if counts.total(name) is None]
    if counts.total("databases") is None and counts.total("registers") is None:
        lacking.insert(0, "databases")
    for name in lacking:
        what = "it is not given, and does not follow from the other counts"
        yield Problem(file, 0, name, what, "Give it; 0 where there was none", "warning")


def _impossible(counts: FlowCounts, file: str) -> Iterator[Problem]:
    for part, whole, unit in AT_MOST:
        few, many = counts.total(part), _included(whole, counts)
        if few is not None and many is not None and few > many:
            what = f"{few:,} {words(part)} of {many:,} {words(whole)}"
            more = "a part is more than the whole" if unit else "a study has at least one report"
            yield Problem(file, 0, part, f"{what}: {more}", "Correct the one or the other", "error")


def _below_nothing(counts: FlowCounts, file: str) -> Iterator[Problem]:
    """Sums that are not given, and of which more is taken off than there is."""
    for each in SUMS:
        expected = _follows(each, counts)
        if counts.total(each.count) is None and expected is not None and expected < 0:
            what = f"{arithmetic(each, counts)} = {expected:,}: more {each.turns or each.unit} are taken off than there are"
            yield Problem(file, 0, each.count, what, "Correct what was mistyped", "error")


def _included(name: str, counts: FlowCounts) -> int | None:
    """The studies or reports included in all: with a previous version the totals, else the new ones."""
    if not name.startswith("included_"):
        return counts.total(name)
    which = name.removeprefix("included_")
    return counts.total(f"total_{which}" if counts.is_update else f"new_{which}")
