"""A figure that does not agree with others beside it: which rule says so, how serious it is, the arithmetic, and the mend."""

from __future__ import annotations

from dataclasses import dataclass, replace

from trialpool.errors import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """What a rule found.

    rule     : id of the rule, a key of `RULES`
    severity : error (cannot be right as it stands), warning (one of the figures is probably wrong), note (may well be right)
    columns  : the figures that disagree, by the names that reports give them, the likeliest culprit first
    what     : what was found, as printed
    expected : what the other figures make of it, with the arithmetic
    mend     : what to look at
    """

    rule: str
    severity: Severity
    columns: tuple[str, ...]
    what: str
    expected: str
    mend: str

    def __str__(self) -> str:
        return f"{self.severity} ({self.rule}): {self.what}; {self.expected}. {self.mend}."

    def at_most(self, severity: Severity) -> Disagreement:
        """The same, no graver than this.

        >>> gap = Disagreement(rule="arms", severity="error", columns=("n_t",), what="a", expected="b", mend="c")
        >>> gap.at_most("warning").severity, gap.at_most("error").severity
        ('warning', 'error')
        """
        return replace(self, severity=max(self.severity, severity, key=ORDER.index))


ORDER: tuple[Severity, ...] = ("error", "warning", "note")
RULES: dict[str, str] = {
    "containment": "The interval holds its estimate, and its limits are in order",
    "symmetry": "A ratio is in the middle of its limits on the log scale, a mean difference in their middle",
    "p-interval": "P lies within what the estimate and its limits leave open",
    "information": "An interval of a hazard ratio is no narrower than its events allow",
    "direction": "The estimate, the words of the source, the medians and the landmark survival favour the same arm",
    "events-within": "An arm has no more events than patients",
    "ratio-counts": "A risk ratio, odds ratio, rate ratio or risk difference is that of the counts beside it",
    "difference-means": "A mean difference is that of the means beside it, and a standardised one has its sign",
    "sd-or-se": "Standard deviations are no standard errors, by the interval of the difference",
    "percent-counts": "A percentage is that of the events and patients beside it",
    "percent-whole": "Some whole number of patients gives the percentage",
    "mean-whole": "Some whole sum gives the mean of counts",
    "median-landmark": "The median and the landmark survival of an arm lie on one falling curve",
    "rows-agree": "Rows of one outcome, population and follow-up print the same figures",
    "survival-falls": "Survival of an arm does not rise from one landmark to a later one",
    "events-grow": "There are no fewer events at a longer follow-up of the same patients",
    "deaths-progressions": "There are no more deaths than progressions or deaths",
    "median-order": "Median overall survival is no shorter than median progression-free survival",
    "survival-order": "Overall survival is no lower than progression-free survival at the same or a later time",
    "arms-total": "Arms sum to their total, and strata to their study",
    "analysed-randomised": "No more patients are analysed than were randomised",
    "log-rank": "Observed and expected events sum to the same, O - E is their difference, and chi-squared has the P beside it",
    "at-risk": "Numbers at risk start at N, never rise, and are no more than N S(t)",
    "claim": "What words claim of a result, its interval bears out",
    "shared-control": "No control arm counts twice in one analysis",
    "overlap": "No two studies are of the same patients",
    "p-effect": "The effect made of a row has the P that the row prints",
    "no-effect": "A study with reports of an outcome has an effect",
    "unexplained-use": "A row that a person marked says why",
    "route-agreement": "The routes from one report to an effect agree within their rounding",
}
"""Every rule by its id, in the order in which findings of one cell are told."""
