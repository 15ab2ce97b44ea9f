"""Studies of ClinicalTrials.gov: nothing lost, every figure as text, each with its place in the file."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from trialpool.errors import BadInput
from trialpool.formats.clinical_trials_gov import read_registration, record_of, registrations_of, registry_record
from trialpool.formats.registry_json import leaves
from trialpool.formats.registry_proposals import Wanted, propose_from_registry
from trialpool.review.record import Place

HERE = Path(__file__).parent / "registry"
REAL = Path(__file__).parents[3] / "shared/data/formats/ctgov"
GIVE = "Give a study as ClinicalTrials.gov lets it be downloaded: JSON of its API, version 2, or its older XML"
ARMS = {"treatment": "Examplumab", "control": "Placebo"}
LOOK = "proposed by trialpool extract: look at the study, the outcome and which arm is compared with which"


@pytest.fixture(scope="module")
def entry():
    return read_registration(HERE / "trial.json")


def at(path, data):
    """The part of parsed JSON that a locator names."""
    for key, position in re.findall(r"\.?([A-Za-z]\w*)|\[(\d+)\]", path.removeprefix("$")):
        data = data[key] if key else data[int(position)]
    return data


def test_the_record(entry):
    said = (entry.nct, entry.acronym, entry.secondary_ids, entry.sponsor, entry.collaborators, entry.phases, entry.status)
    assert said == (
        *("NCT00000102", "MAINTAIN", ("MAINT-1", "2001-000102-12"), "An Example Group", ("A Second Group",)),
        *(("PHASE3",), "COMPLETED"),
    )
    assert (entry.start, entry.completion, entry.results_posted, entry.version) == (
        "2001-03-01",
        "2008-12",
        "2009-07-01",
        "2026-01-31",
    )
    assert (entry.enrolment, entry.enrolment_kind, entry.allocation, entry.masking) == (300, "ACTUAL", "RANDOMIZED", "DOUBLE")
    assert [(arm.label, arm.kind, arm.interventions) for arm in entry.arms] == [
        ("Examplumab", "EXPERIMENTAL", ("Drug: Examplumab",)),
        ("Placebo", "PLACEBO_COMPARATOR", ("Drug: Placebo",)),
    ]
    assert entry.planned == (("primary", "Progression-free Survival", "5 years"), ("secondary", "Overall Survival", "7 years"))
    assert entry.address == "https://clinicaltrials.gov/study/NCT00000102"


def test_posted_figures_stay_as_written(entry):
    pfs = entry.outcomes[0]
    assert [m.value for m in pfs.measured] == ["20.1", "31.40"]
    assert (pfs.measured[1].high, pfs.measured[1].comment) == ("NA", "not reached")
    first = pfs.analyses[0]
    assert (first.groups, first.level, first.sides, first.p) == (("OG000", "OG001"), "95.2", "TWO_SIDED", "<0.0001")
    assert first.comments == (("of P", "one-sided"), ("of the estimate", "Examplumab vs. Placebo"))


def test_every_locator_leads_to_its_part_of_the_file(entry):
    data = json.loads((HERE / "trial.json").read_text(encoding="utf-8"))
    for outcome in entry.outcomes:
        assert at(outcome.path, data)["title"] == outcome.title
        for analysis in outcome.analyses:
            assert at(analysis.path, data)["paramValue"] == analysis.estimate
    for event in entry.adverse.events:
        if event.term != "Total":
            assert at(event.path, data)["term"] == event.term


def every_text(entry):
    record = record_of(entry, Place("trial.json", 1))
    return " ".join([record.title, record.abstract, record.nct, *record.authors, *record.keywords, *record.related]) + " ".join(
        value for _, value in record.further
    )


def test_no_field_of_the_record_is_lost(entry):
    data = json.loads((HERE / "trial.json").read_text(encoding="utf-8"))
    kept = every_text(entry)
    assert [path for path, _, value in leaves(data["protocolSection"]) if value not in kept] == []


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not at hand")
@pytest.mark.parametrize("path", sorted(REAL.glob("*.json")) if REAL.is_dir() else [], ids=lambda path: path.stem)
def test_no_field_of_real_records_is_lost(path):
    data = json.loads(path.read_text(encoding="utf-8"))
    entry = read_registration(path)
    kept = every_text(entry)
    assert [p for p, _, value in leaves(data.get("protocolSection", {})) if value.strip() not in kept] == []
    assert sum(len(o.analyses) for o in entry.outcomes) == path.read_text(encoding="utf-8").count('"paramValue"')


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not at hand")
def test_checkmate_017_out_of_the_older_xml():
    entry = read_registration(REAL / "NCT01642004_legacy.xml")
    wanted = Wanted(outcomes=["OS=Updated Survival"], treatment="Nivolumab", control="Docetaxel")
    (row,) = propose_from_registry(entry, wanted).rows
    assert [row[c] for c in ("estimate", "ci_low", "ci_high", "p", "n_t", "n_c", "median_t", "median_c")] == [
        *("0.62", "0.47", "0.81", "0.0004", "135", "137", "9.23", "6.01")
    ]
    assert (row["orientation"], row["quote"]) == ("treatment_vs_control", "Hazard Ratio (HR) = Nivolumab over Docetaxel")


def test_the_bibliographic_record():
    data = json.loads((HERE / "trial.json").read_text(encoding="utf-8"))
    record = registry_record(data, Place("ctgov.json", 3))
    assert (record.id, record.kind, record.nct, record.year, record.database) == (
        *("ctgov.json#3", "registration", "NCT00000102", 2001, "ClinicalTrials.gov"),
    )
    assert (record.authors, record.related) == (("An Example Group",), ("RESULT 11111111",))
    assert ("protocolSection.eligibilityModule.sex", "ALL") in record.further


def test_the_older_xml_says_the_same(entry):
    old = read_registration(HERE / "trial.xml")
    same = ("nct", "title", "acronym", "secondary_ids", "sponsor", "collaborators", "enrolment", "conditions", "summary")
    assert [getattr(old, name) for name in same] == [getattr(entry, name) for name in same]
    assert old.references == (("11111111", "RESULT", "An invented paper. 2007."),)
    assert record_of(old, Place("trial.xml", 1)).year == 2001
    assert ("/clinical_study/location[2]/facility[1]/name[1]", "Another Hospital") in old.further
    total, thrombosis = (event for event in old.adverse.events)
    assert (total.term, thrombosis.of("E1").affected, thrombosis.of("E1").events) == ("Total", 7, 8)
    (row,) = propose_from_registry(old, Wanted(outcomes=["1"], **ARMS)).rows
    assert row["locator"] == "/clinical_study/clinical_results/outcome_list/outcome[1]/analysis_list/analysis[1]"


def test_the_list_of_an_answer_of_the_api():
    study = json.loads((HERE / "trial.json").read_text(encoding="utf-8"))
    found = registrations_of(json.dumps({"studies": [study, study], "nextPageToken": "x"}).encode(), "reply.json")
    assert [entry.nct for entry in found] == ["NCT00000102", "NCT00000102"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.json", b'{"a": ', "a.json: this is not JSON, or it is cut off (Expecting value in line 1)."),
        ("a.json", b'{"a": 1}', "a.json: this is not a study of ClinicalTrials.gov, whose number (nctId) it lacks."),
        ("a.json", b'{"nctId": "NCT1", "x": "\xff"}', "a.json: the text is not UTF-8."),
        ("a.xml", b"<clinical_study><id_info>", "a.xml: this is not XML, or it is cut off (no element found: line 1, column 25)."),
        ("a.xml", b"<clinical_study/>", "a.xml: the XML is no study of ClinicalTrials.gov."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInput) as caught:
        read_registration(tmp_path / name)
    mend = "Download it again, or save it as UTF-8" if "UTF-8" in message else GIVE
    assert str(caught.value) == f"{message} {mend}."


def test_a_file_of_two_studies_is_not_one(tmp_path):
    (tmp_path / "two.json").write_text('[{"nctId": "NCT00000001"}, {"nctId": "NCT00000002"}]', encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_registration(tmp_path / "two.json")
    assert str(caught.value).startswith("two.json: the file holds 2 studies. Give a file of one study")


# Proposals


def test_a_row_an_analysis_with_what_to_look_at(entry):
    proposals = propose_from_registry(entry, Wanted(outcomes=["PFS=progression"], study="maintain", **ARMS))
    first, second = proposals.rows
    assert {name: cell for name, cell in first.items() if cell} == {
        "study": "maintain",
        "outcome": "PFS",
        "measure": "HR",
        "estimate": "0.60",
        "ci_low": "0.45",
        "ci_high": "0.80",
        "ci_level": "95.2",
        "orientation": "treatment_vs_control",
        "p": "<0.0001",
        "p_sides": "1",
        "n_t": "152",
        "n_c": "148",
        "median_t": "31.40",
        "median_c": "20.1",
        "analysis": "Log Rank; 5 years; All randomised",
        "source": "https://clinicaltrials.gov/study/NCT00000102",
        "locator": "$.resultsSection.outcomeMeasuresModule.outcomeMeasures[0].analyses[0]",
        "quote": "Examplumab vs. Placebo",
        "status": "read",
        "note": f"{LOOK}; the medians are in months; data of the registry of 2026-01-31; P is one-sided by the registry's words; "
        "the registry says: Examplumab vs. Placebo",
    }
    assert [second[c] for c in ("estimate", "ci_low", "ci_high", "ci_level", "ci_sides", "orientation", "p")] == [
        *("1.67", "1.25", "", "97.5", "1", "control_vs_treatment", "0.03")
    ]
    assert proposals.others == ("Hazard Ratio, log -0.51 of 'Progression-free Survival': results/*.csv has no such measure",)


def test_a_hypothesis_of_non_inferiority_is_said_with_its_margin(entry):
    posted = entry.outcomes[0]
    asked = replace(posted.analyses[0], hypothesis="NON_INFERIORITY", comments=(("of the hypothesis", "margin 1.3"),))
    (row,) = propose_from_registry(
        replace(entry, outcomes=(replace(posted, analyses=(asked,)),)), Wanted(outcomes=[posted.title], **ARMS)
    ).rows
    assert "the hypothesis is non inferiority: margin 1.3" in row["note"]


def test_arms_are_proposed_by_their_names_with_a_note(entry):
    (row,) = propose_from_registry(entry, Wanted(outcomes=["Response"])).rows
    assert [row[c] for c in ("pct_t", "n_t", "pct_c", "n_c", "measure")] == ["52.6", "152", "30.4", "148", ""]
    assert "CHECK THE ARMS: 'Examplumab' was taken for treatment and 'Placebo' for control by their names" in row["note"]


def test_a_direction_that_is_not_said_is_not_guessed(entry):
    proposals = propose_from_registry(entry, Wanted(outcomes=["Overall"], **ARMS))
    (row,) = proposals.rows
    assert row["orientation"] == ""
    assert "which arm is compared with which is not said; fill in orientation" in row["note"]
    assert "the registry names one group only: OG001 Examplumab" in row["note"]
    assert "the interval does not hold its estimate" in row["note"]
    assert "the level of the interval is not said; an empty cell counts as 95" in row["note"]
    assert propose_from_registry(entry, Wanted(outcomes=["Overall"], sound=True, **ARMS)).rows == ()


def test_adverse_events_by_arm(entry):
    proposals = propose_from_registry(entry, Wanted(events=["thrombosis", "serious", "deaths", "sepsis", "gout"], **ARMS))
    assert [[row[c] for c in ("outcome", "events_t", "n_t", "events_c", "n_c")] for row in proposals.rows] == [
        ["Deep vein thrombosis (serious)", "7", "150", "2", "145"],
        ["Thrombosis of a vein (not serious)", "12", "150", "8", "145"],
        ["Total (serious)", "33", "150", "20", "145"],
        ["Total (all deaths)", "61", "152", "70", "148"],
    ]
    assert "events that are not serious are listed above 5% of an arm only" in proposals.rows[1]["note"]
    assert proposals.others == (
        "Sepsis (serious): the number of participants with it is not posted for both arms",
        "no adverse event is called 'gout'",
    )


def test_swapped_arms_swap_the_columns_and_the_direction(entry):
    swapped = {"treatment": "Placebo", "control": "Examplumab"}
    (one, _), (other, _) = (propose_from_registry(entry, Wanted(outcomes=["1"], **arms)).rows for arms in (ARMS, swapped))
    assert (one["orientation"], other["orientation"]) == ("treatment_vs_control", "control_vs_treatment")
    assert (one["n_t"], one["n_c"]) == (other["n_c"], other["n_t"])


def test_names_that_fit_no_group_or_several_are_said(entry):
    (other,) = propose_from_registry(entry, Wanted(events=["serious"], treatment="drug")).others
    assert other == (
        "Total (serious): 'drug' names none of the groups EG000 Placebo, EG001 Examplumab; give a longer part of a name, or its id"
    )
    (other,) = propose_from_registry(entry, Wanted(events=["serious"], treatment="e", control="EG000")).others
    assert "'e' names 2 of the groups" in other
