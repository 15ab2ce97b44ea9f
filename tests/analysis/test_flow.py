"""The flow of a review: counted in its files by hand here, and compared with what is given by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.formats.folders import PLAN, folder

from trialpool.analysis.flow import flow_of
from trialpool.formats.review_folder import read_review
from trialpool.review.flow import FlowBox

FLAGSHIP = Path(__file__).parents[2] / "reviews/imid-maintenance"
TITLES = (
    "Aspirin after stroke in adults: a randomised trial", "Walking for knee pain in older people", "Surgery or plaster for wrists",
    "A cohort of nurses in Sweden", "Statins in children with diabetes", "Vaccination of health care workers in winter",
)  # fmt: skip
REASONS = '\n[screening]\nreasons = ["wrong population", "not randomised"]\n'


def ris(*numbers: int) -> str:
    """A file with the publications of these numbers."""
    return "".join(
        f"TY  - JOUR\nTI  - {TITLES[i]}\nAU  - Author, {'ABCDEF'[i]}\nPY  - {2001 + i}\nT2  - Journal {i}\nVL  - {10 + i}\n"
        f"SP  - {100 * i + 1}\nEP  - {100 * i + 9}\nDO  - 10.1000/x{i}\nER  - \n\n"
        for i in numbers
    )


def decisions(reviewer: str, *rows: str) -> str:
    """Rows as `record stage decision reason`, stages by their first letter."""
    stages = {"t": "title-abstract", "f": "full-text"}
    cells = ((record, stages[stage], *rest) for record, stage, *rest in (row.split(maxsplit=3) for row in rows))
    lines = [
        f"{record},{stage},{rest[0]},{rest[1] if len(rest) > 1 else ''},,{reviewer},2026-03-01,reviewer"
        for record, stage, *rest in cells
    ]
    return "\n".join(("record,stage,decision,reason,note,reviewer,time,role", *lines)) + "\n"


def review(at: Path, *, toml: str = PLAN + REASONS, **files: str):
    """A review with an export of two databases and of cited publications: publications 0 to 3, 0 and 4, and 5 and 1."""
    made = folder(at, toml=toml)
    exports = {"search/a.ris": ris(0, 1, 2, 3), "search/b.ris": ris(0, 4), "search/c.ris": ris(5, 1)}
    exports["search/searches.csv"] = (
        "file,database,date,query,hits,source\na.ris,PubMed,2026-01-01,q,4,\nb.ris,ISRCTN,2026-01-01,q,2,\n"
        "c.ris,Cited,2026-01-01,,2,citations\n,CENTRAL,2026-01-01,q,0,\n"
    )
    for name, text in (exports | files).items():
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).write_text(text, encoding="utf-8")
    return read_review(made)


ROWS = (
    "a.ris#1 t include", "a.ris#2 t include", "a.ris#3 t exclude", "a.ris#4 t include", "b.ris#2 t include", "c.ris#1 t include",
    "a.ris#1 f include", "a.ris#2 f exclude wrong population", "a.ris#4 f unavailable", "b.ris#2 f include",
    "c.ris#1 f exclude not randomised",
)  # fmt: skip
BOTH = {"screening/decisions-mk.csv": decisions("mk", *ROWS), "screening/decisions-jl.csv": decisions("jl", *ROWS)}


def test_a_review_is_counted(tmp_path):
    linked = "record,study\na.ris#1,a-2001\nb.ris#2,b-2005\n"
    flow = flow_of(review(tmp_path, **BOTH, **{"screening/included.csv": linked}))
    assert flow.counts.given() == {
        "databases": {"CENTRAL": 0, "PubMed": 4},
        "registers": {"ISRCTN": 2},
        "duplicates": 1,  # publication 0; publication 1 was found by a database too, and is screened there
        "screened": 5,
        "excluded": 1,
        "sought": 4,
        "not_retrieved": 1,
        "assessed": 3,
        "excluded_reports": {"wrong population": 1},
        "citations": 2,
        "other_sought": 1,
        "other_not_retrieved": 0,
        "other_assessed": 1,
        "other_excluded_reports": {"not randomised": 1},
        "new_studies": 3,
        "new_reports": 2,
        "pooled_studies": 3,
    }
    assert [(each.record.title, each.reason) for each in flow.excluded] == [
        (TITLES[1], "wrong population"),
        (TITLES[5], "not randomised"),
    ]
    assert [f"{problem.severity}: {problem.place}: {problem.what}" for problem in flow.problems] == [
        "error: review.toml, flow.new_studies: 3 new studies of 2 new reports: a study has at least one report",
        "note: review.toml, flow.other_sought: 2 citations = 2 records, and 1 report was sought: 1 fewer",
        "warning: screening/included.csv: no report of c-2010 is among those included",
    ]


def test_what_is_open_has_a_box_and_the_diagram_adds_up(tmp_path):
    rows = ROWS[:8]  # publications 3 and 4 have no full-text decision yet, nor has 5
    both = {"screening/decisions-mk.csv": decisions("mk", *rows), "screening/decisions-jl.csv": decisions("jl", *rows[1:])}
    flow = flow_of(review(tmp_path, **both))
    assert flow.counts.boxes == (
        FlowBox(text="Records not decided yet", n=1, beside="identified", leaves=True),
        FlowBox(text="Full texts not decided yet", n=2, beside="sought", leaves=True),
        FlowBox(text="Full texts not decided yet", n=1, beside="sought", arm="other", leaves=True),
    )
    assert (flow.counts.screened, flow.counts.sought, flow.counts.assessed) == (4, 3, 1)
    assert [f"{problem.severity}: {problem}" for problem in flow.problems] == [
        (
            "note: screening/: screening goes on: 1 by title and abstract and 3 by full text are not decided yet. "
            "The flow of the review is looked at when all are."
        )
    ]


def test_before_the_first_decision_that_is_all_that_is_said(tmp_path):
    problems = flow_of(review(tmp_path)).problems
    assert [problem.what for problem in problems] == ["screening goes on: 6 by title and abstract are not decided yet"]


def test_without_decisions_the_rest_is_given_by_hand(tmp_path):
    given = "\n[flow]\nduplicates = 2\nexcluded = 1\nnot_retrieved = 0\nexcluded_reports = { late = 1 }\ncitations = 3\n"
    flow = flow_of(review(tmp_path, toml=PLAN + given))
    counts = flow.counts
    assert (counts.duplicates, counts.screened, counts.sought, counts.assessed) == (2, 4, 3, 3)
    assert (
        "review.toml, flow.citations: 3 by hand, and 2 in the files of the review, which are shown. Remove it from [flow], or "
        in str(flow.problems[0])
    )


def test_a_review_without_a_search_can_give_everything(tmp_path):
    given = (
        '\n[flow]\nnote = "From the paper."\ndatabases = { PubMed = 10, Embase = 5 }\nduplicates = 4\nexcluded = 6\n'
        "not_retrieved = 0\nexcluded_reports = 1\nprevious_studies = 1\nprevious_reports = 1\nnew_studies = 2\n"
        '[[flow.boxes]]\ntext = "Ongoing studies"\nn = 2\n'
    )
    flow = flow_of(read_review(folder(tmp_path, toml=PLAN + given)))
    assert (flow.counts.screened, flow.counts.new_reports, flow.counts.total_studies, flow.counts.total_reports) == (11, 4, 3, 5)
    assert (flow.note, flow.problems, flow.screening, flow.counted) == (
        "From the paper.",
        (),
        None,
        ("total_studies", "pooled_studies"),
    )


def test_a_review_that_says_nothing_has_no_flow(tmp_path):
    assert flow_of(read_review(folder(tmp_path))) is None


@pytest.fixture(scope="module")
def flagship():
    return flow_of(read_review(FLAGSHIP))


def test_the_flagship_adds_up(flagship):
    counts = flagship.counts
    assert flagship.problems == ()
    assert (counts.total("databases"), counts.total("registers"), counts.citations) == (7 + 30 + 20 + 15, 5, 2)
    assert (counts.duplicates, counts.screened, counts.total("excluded_reports")) == (36, 77 - 36, 6)
    assert (counts.new_studies, counts.new_reports, counts.pooled_studies) == (18, 24 + 2, 17)


def test_duplicates_of_the_flagship_are_of_one_title_and_nothing_is_left_to_decide(flagship):
    records = flagship.screening.review.search.by_id
    groups = flagship.screening.duplicates.groups
    assert all(len({records[id_].title.casefold().rstrip(".") for id_ in group}) == 1 for group in groups)
    titles = [flagship.screening.record_of(publication).title.casefold() for publication in flagship.screening.state.publications]
    assert len(set(titles)) == len(titles)
    assert flagship.screening.duplicates.unsure == ()


SEEN = {  # of publications that are in no row of studies.csv: read at their addresses
    "10.1093/jnci/djv342", "26582244", "16525139", "10.3904/kjim.2016.110", "10.1371/journal.pone.0064354", "10.1155/2015/613045",
    "10.3747/co.20.1252",
}  # fmt: skip


def test_identifiers_in_the_flagships_search_were_read():
    """None is there that studies.csv has from memory."""
    review = read_review(FLAGSHIP)
    read = set(SEEN)
    for study in review.studies:
        status = study.moderators["ids_status"]
        read |= {study.doi.casefold(), study.pmid} if status == "read" else set()
        read |= {study.doi.casefold()} if "doi read" in status else set()
    there = {identifier for record in review.search.records for identifier in (record.doi, record.pmid) if identifier}
    assert there - read == set()
