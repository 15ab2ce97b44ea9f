"""Flow diagrams to draw: the four templates, and counts and words at their edges."""

from __future__ import annotations

from trialpool.figures.flow_diagram import flow_diagram
from trialpool.review.flow import FlowBox, FlowCounts

NEW = FlowCounts(
    databases={"PubMed": 310, "Embase": 420, "CENTRAL": 211},
    registers={"ClinicalTrials.gov": 44},
    duplicates=330,
    excluded=500,
    not_retrieved=3,
    excluded_reports={"Wrong population": 32, "Wrong comparison": 40, "Not randomised": 21},
    new_studies=52,
)
OTHER = {
    "websites": 12,
    "organisations": 3,
    "citations": 44,
    "other_sources": {"Experts asked": 5},
    "other_sought": 60,
    "other_not_retrieved": 2,
    "other_excluded_reports": {"Not randomised": 50},
}
PREVIOUS = {"previous_studies": 12, "previous_reports": 15, "dropped_studies": 1, "dropped_reports": 1}
TEMPLATES = {
    "new": NEW,
    "new-other": NEW.with_counts(**OTHER),
    "updated": NEW.with_counts(**PREVIOUS),
    "updated-other": NEW.with_counts(**PREVIOUS, **OTHER),
}
LONG = {f"Reason {i}, which takes many words, such as a comparison of two doses of one drug": 7 * i for i in range(1, 13)}
LARGE = FlowCounts(
    databases={"PubMed": 1_234_567, "Cochrane Central Register of Controlled Trials": 99_999},
    registers={"ClinicalTrials.gov": 20_000},
    duplicates=430_000,
    automation=12,
    removed_other={"retracted": 4, "not in English": 99},
    excluded={"wrong population": 500_000, "wrong design": 5_000},
    excluded_by_automation=400_000,
    sought=500_000,
    not_retrieved=3,
    excluded_reports=LONG,
    new_studies=20,
    new_reports=28,
    pooled_studies=18,
    boxes=(
        FlowBox(text="Ongoing studies", n=4, beside="assessed", leaves=True),
        FlowBox(text="Studies awaiting classification", n=2),
        FlowBox(text="A second search is under way", beside="identified"),
    ),
)
OPEN = FlowBox(text="Full texts not decided yet", n=9, beside="sought", arm="other", leaves=True)
FLOW = {
    **{f"flow-{name}": lambda counts=counts: flow_diagram(counts) for name, counts in TEMPLATES.items()},
    **{f"flow-{name}-column": lambda counts=counts: flow_diagram(counts, width=241) for name, counts in TEMPLATES.items()},
    "flow-large": lambda: flow_diagram(LARGE, title="Large numbers, and a title that does not fit on a line of the sheet"),
    "flow-open": lambda: flow_diagram(NEW.with_counts(**OTHER, boxes=(OPEN,))),
    "flow-nothing": lambda: flow_diagram(FlowCounts()),
    "flow-one-reason": lambda: flow_diagram(NEW.with_counts(excluded_reports={"Wrong population": 93}), width=300),
    "flow-no-reason": lambda: flow_diagram(NEW.with_counts(excluded_reports=0, new_studies=100)),
    "flow-word-too-long": lambda: flow_diagram(NEW.with_counts(databases={"Donaudampfschifffahrtsgesellschaftsdatenbank": 941})),
}
