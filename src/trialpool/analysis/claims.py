"""Is what a text says of a review's question borne out: by itself, by the review's findings, by what was published?"""

from __future__ import annotations

from trialpool.analysis.claims_bench import Bench
from trialpool.analysis.claims_judged import VerifiedText
from trialpool.analysis.claims_stated import judge_figures
from trialpool.analysis.findings import Findings
from trialpool.analysis.run import analyse
from trialpool.errors import BadArgument
from trialpool.review.review import Review


def verify(review_or_findings: Review | Findings, text: str, *, about: str = "", name: str = "text") -> VerifiedText:
    """Judge what a text says against itself, against a review's findings, and against what was published.

    Every effect with figures and every directional claim ("improved overall survival", "no difference in mortality") is found and
    held against four things: the figures in its own sentence; the rest of the text; the pooled effects of the review, overall or
    of the subgroup that is meant; the pooled results in published.csv. Claims with "may", of other work, or of patients that the
    review does not tell apart are shown and not judged. docs/claims.md defines each verdict.

    Parameters
    ----------
    review_or_findings : a review, or what `analyse` found of it
    text : the text itself (`trialpool.formats.plain_text.read_text` reads files)
    about : name of the publication in published.csv that the text is about; else all its rows of the same outcome and scope count
    name : of the text, for tables

    Returns
    -------
    VerifiedText, with a verdict and its reasons for each thing said; empty where the text says nothing of the kind

    Raises
    ------
    BadArgument
        where `about` is not in published.csv

    >>> from trialpool.formats.review_folder import read_review
    >>> review = read_review("reviews/imid-maintenance")
    >>> print(verify(review, "Maintenance improved progression-free survival.").judged[0].verdict)
    borne out
    """
    findings = review_or_findings if isinstance(review_or_findings, Findings) else analyse(only_results(review_or_findings))
    review = findings.review
    known = list(dict.fromkeys(row.review for row in review.published))
    if about and about not in known:
        raise BadArgument(f"published.csv has no publication {about!r}. It has {', '.join(known) or 'none'}.")
    bench = Bench.of(findings, text, about)
    judged = [bench.judge_claim(claim) for claim in bench.claims] + [judge_figures(found, bench) for found in bench.stated]
    return VerifiedText(name=name, text=text, judged=tuple(sorted(judged, key=lambda item: (item.start, item.end))))


def only_results(review: Review) -> Review:
    """The review with a plan of its pooled effects and subgroups alone: claims are held against nothing else, and it is quick."""
    analyses = tuple(a.model_copy(update={"sensitivity": (), "robustness": ()}) for a in review.plan.analyses)
    return review.model_copy(update={"plan": review.plan.model_copy(update={"analyses": analyses})})
