"""findings.json as an interface: its keys, its types, what is null, and that it never holds a NaN."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from tests.formats.folders import COUNTS_PLAN, PLAN, RESULTS, STUDIES, counts, findings, folder, row

from trialpool.analysis.run import analyse
from trialpool.formats.review_folder import read_review
from trialpool.reports.findings_json import findings_data, findings_json

FLAGSHIP = Path(__file__).parents[2] / "reviews/imid-maintenance"
NUMBER, TEXT, LIST, TABLE, WHOLE = (int, float), str, list, dict, int
PROMISED = {
    "analysis": {
        "id": TEXT, "outcome": TEXT, "measure": TEXT, "k": WHOLE, "effects": LIST, "pooled": TABLE, "subgroups": LIST,
        "subgroup_tests": LIST, "sensitivity": LIST, "published": LIST,
    },
    "effect": {"study": TEXT, "stratum": TEXT, "yi": NUMBER, "vi": NUMBER, "route": TEXT, "status": TEXT, "source": TEXT},
    "pooled": {
        "model": TEXT, "tau2_method": TEXT, "ci_method": TEXT, "estimate": NUMBER, "se": NUMBER, "ci": LIST, "p": NUMBER,
        "tau2": NUMBER, "tau2_ci": LIST, "Q": NUMBER, "Q_p": NUMBER, "I2": NUMBER, "prediction": LIST, "shown": TABLE,
    },
    "shown": {"estimate": NUMBER, "ci": LIST, "prediction": LIST},
    "subgroup": {"by": TEXT, "level": TEXT, "k": WHOLE, "pooled": TABLE},
    "test": {"by": TEXT, "Q": NUMBER, "df": WHOLE, "p": NUMBER},
    "sensitivity": {"id": TEXT, "label": TEXT, "k": WHOLE, "pooled": TABLE},
    "published": {"source": TEXT, "estimate": NUMBER, "ci": LIST, "p": TEXT, "agrees": bool},
}  # fmt: skip
MAY_BE_NULL = {
    "pooled": {"tau2_method", "tau2", "tau2_ci", "Q_p", "I2", "prediction"},  # a common effect, or one study
    "shown": {"prediction"},
    "test": {"p"},
    "sensitivity": {"pooled"},  # no study that it leaves
    "published": {"estimate", "ci", "p", "agrees"},
}


def of(tmp_path, **files):
    return json.loads(findings_json(findings(folder(tmp_path, **files))), parse_constant=pytest.fail)["analyses"][0]


def as_promised(kind, data):
    for key, type_ in PROMISED[kind].items():
        if data[key] is None:
            assert key in MAY_BE_NULL.get(kind, ()), (kind, key)
        else:
            assert isinstance(data[key], type_), (kind, key)
            assert not isinstance(data[key], bool) or type_ is bool


@pytest.fixture(scope="module")
def flagship():
    return json.loads(findings_json(analyse(read_review(FLAGSHIP))), parse_constant=pytest.fail)


def test_the_flagship_has_every_promised_key_with_its_type(flagship):
    for analysis in flagship["analyses"]:
        as_promised("analysis", analysis)
        for kind, key in (("effect", "effects"), ("subgroup", "subgroups"), ("test", "subgroup_tests"), ("published", "published")):
            assert analysis[key]
            for part in analysis[key]:
                as_promised(kind, part)
        for part in analysis["sensitivity"]:
            as_promised("sensitivity", part)
        for part in (analysis, *analysis["subgroups"], *analysis["sensitivity"]):
            if part["pooled"] is not None:
                as_promised("pooled", part["pooled"])
                as_promised("shown", part["pooled"]["shown"])


def test_the_sensitivity_set_has_the_ids_that_were_promised(flagship):
    for analysis in flagship["analyses"]:
        ids = [v["id"] for v in analysis["sensitivity"]]
        assert [id_ for id_ in ids if not id_.startswith("without:") and id_ != "mantel-haenszel"] == [
            "hk-floor", "dl-wald", "common", "read-only", "all-rows",
            "rounding-edges:least", "rounding-edges:largest", "rounding-edges:lowest-limit", "rounding-edges:highest-limit",
            "without-high-risk", "low-risk-only",
        ]  # fmt: skip
        studies = list(dict.fromkeys(effect["study"] for effect in analysis["effects"]))
        assert [id_.removeprefix("without:") for id_ in ids if id_.startswith("without:")] == studies


def test_cautions_stand_at_the_top(flagship, tmp_path):
    assert flagship["cautions"]
    assert all(isinstance(caution, str) and caution for caution in flagship["cautions"])
    toml = PLAN.replace("[[outcomes]]", 'cautions = ["No trial was blinded."]\n[[outcomes]]')
    data = findings_data(findings(folder(tmp_path, toml=toml)))
    assert (list(data)[:3], data["cautions"]) == (["format", "title", "cautions"], ["No trial was blinded."])
    assert findings_data(findings(folder(tmp_path / "none")))["cautions"] == []


def test_what_is_shown_is_the_analysis_scale_turned_back(flagship):
    for analysis in flagship["analyses"]:
        pooled = analysis["pooled"]
        for shown, inside in ((pooled["shown"]["ci"], pooled["ci"]), (pooled["shown"]["prediction"], pooled["prediction"])):
            assert shown == pytest.approx([math.exp(x) for x in inside], rel=1e-12)
        assert pooled["ci"][0] < pooled["estimate"] < pooled["ci"][1]


def test_a_difference_is_shown_as_it_is(tmp_path):
    rows = [counts("a-2001", 5, 100, 9, 100), counts("b-2005", 4, 90, 9, 95)]
    pooled = of(tmp_path, toml=PLAN.replace('"HR"', '"RD"'), results=rows)["pooled"]
    assert (pooled["shown"]["estimate"], pooled["shown"]["ci"]) == (pooled["estimate"], pooled["ci"])


def test_one_study_has_no_heterogeneity_and_no_prediction(tmp_path):
    pooled = of(tmp_path, results=RESULTS[:1])["pooled"]
    nothing = ("df", "tau2", "tau2_ci", "Q_p", "I2", "I2_ci", "H2", "prediction", "prediction_method")
    assert {key for key, value in pooled.items() if value is None} == set(nothing)
    assert pooled["shown"]["prediction"] is None
    assert (pooled["k"], pooled["Q_df"], pooled["ci_method"]) == (1, 0, "HK")


def test_an_outcome_without_a_row_is_null_and_says_why(tmp_path):
    analysis = of(tmp_path, results=[row(status="recalled")], published=[{"review": "r", "outcome": "os", "p": "<0.05"}])
    empty = {key: analysis[key] for key in ("k", "pooled", "effects", "subgroups", "subgroup_tests", "sensitivity", "cumulative")}
    assert empty == {
        "k": 0,
        "pooled": None,
        "effects": [],
        "subgroups": [],
        "subgroup_tests": [],
        "sensitivity": [],
        "cumulative": [],
    }
    assert analysis["why_not_pooled"] == "no report of overall survival can be used"
    assert [m["study"] for m in analysis["missing"]] == ["a-2001", "b-2005", "c-2010"]
    assert analysis["published"][0] | {"url": "", "status": ""} == {
        "source": "r", "scope": "overall", "measure": "", "estimate": None, "ci": None, "level": 0.95, "p": "< 0.05", "k": None,
        "status": "", "url": "", "agrees": None, "why": "no figure is given",
    }  # fmt: skip


def test_studies_that_are_all_the_same_leave_no_nan(tmp_path):
    same = [row(study=study["study"], estimate="1.00", ci_low="0.80", ci_high="1.25") for study in STUDIES]
    pooled = of(tmp_path, results=same)["pooled"]
    assert (pooled["estimate"], pooled["se"], pooled["tau2"], pooled["Q"], pooled["I2"]) == (0.0, 0.0, 0.0, 0.0, 0.0)
    assert (pooled["statistic"], pooled["ci"]) == (None, [0.0, 0.0])


def test_a_variation_that_does_not_exist_is_null_and_says_why(tmp_path):
    rows = [counts("a-2001", 0, 100, 8, 100, status="derived"), counts("b-2005", 0, 90, 9, 95, status="derived")]
    by_id = {v["id"]: v for v in of(tmp_path, toml=COUNTS_PLAN, results=rows)["sensitivity"]}
    assert [(by_id[id_]["k"], by_id[id_]["pooled"], by_id[id_]["why_not"]) for id_ in ("mantel-haenszel", "read-only")] == [
        (0, None, "an arm has no event in any trial"),
        (0, None, "no row remains that can be used"),
    ]


def test_an_effect_says_where_it_comes_from_and_what_else_there_was(tmp_path):
    seen = row(source="https://doi.org/10.1000/1", locator="p. 5", events_t="40", events_c="50")
    effect = of(tmp_path, results=[seen, row(estimate="0.90", status="derived")])["effects"][0]
    assert {key: effect[key] for key in ("study", "stratum", "file", "row", "route", "status", "source", "locator", "inputs")} == {
        "study": "a-2001", "stratum": "", "file": "results/os.csv", "row": 2, "route": "estimate and interval", "status": "read",
        "source": "https://doi.org/10.1000/1", "locator": "p. 5",
        "inputs": {"estimate": "0.80", "ci_low": "0.60", "ci_high": "1.07", "ci_level": "95"},
    }  # fmt: skip
    assert effect["yi"] == pytest.approx(math.log(0.80), rel=1e-12)
    assert effect["vi"] == pytest.approx(((math.log(1.07) - math.log(0.60)) / (2 * 1.959963984540054)) ** 2, rel=1e-12)
    assert [other["route"] for other in effect["other_routes"]] == ["estimate and events"]
    assert [(o["row"], o["why_not"]) for o in effect["other_reports"]] == [(3, "status read comes before derived")]


def test_problems_and_remarks_stand_in_it(tmp_path):
    rows = [row(estimate="0.80", ci_low="0.50", ci_high="0.90")]
    data = findings_data(findings(folder(tmp_path, results=rows, studies=[cells | {"Label": ""} for cells in STUDIES])))
    assert data["remarks"] == ["studies.csv, row 1, column Label: it was read as a moderator. Rename it label if that is meant."]
    (problem,) = data["inconsistencies"]
    assert (problem["severity"], problem["file"], problem["row"], problem["column"]) == ("error", "results/os.csv", 2, "estimate")


def test_the_same_findings_give_the_same_bytes_with_letters_as_they_are(tmp_path):
    made = folder(tmp_path, studies=[STUDIES[0] | {"label": "Å 2001"}, *STUDIES[1:]])
    text = findings_json(findings(made))
    assert text == findings_json(findings(made))
    assert "Å 2001" in text
    assert text.endswith("}\n")
