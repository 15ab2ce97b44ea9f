"""Study data of RevMan Web: what `trialpool export` writes comes in again, and what others write in its columns is read."""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from math import log
from pathlib import Path

import pytest
from tests.cli.terminal import trialpool
from tests.formats.folders import COUNTS_PLAN, counts, folder

import trialpool as tp
from trialpool.errors import BadInput

FLAGSHIP = Path(__file__).parents[2] / "reviews/imid-maintenance"


def effects(findings):
    """By outcome and study the effect and its standard error, out of the first analysis of each outcome."""
    found = {}
    for analysis in findings.analyses:
        of = {e.unit.title: (e.derivation.yi, e.derivation.se) for e in analysis.selection.effects}
        found.setdefault(analysis.outcome.name, of)
    return found


def judgements(findings):
    return {
        (analysis.outcome.name, one.unit.title): [judged.level for judged in (*one.domains, one.overall)]
        for analysis in findings.analyses
        for one in (analysis.risk_of_bias.judged if analysis.risk_of_bias else ())
    }


@pytest.fixture(scope="module")
def flagship():
    return tp.analyse(tp.read_review(FLAGSHIP))


@pytest.fixture(scope="module")
def exported(flagship, tmp_path_factory):
    place = tmp_path_factory.mktemp("flagship")
    tp.export_review(flagship, FLAGSHIP, place, what="revman")
    return place / "revman"


@pytest.mark.parametrize("packed", [False, True])
def test_the_flagship_comes_back(flagship, exported, tmp_path, packed):
    source = exported
    if packed:
        source = tmp_path / "revman.zip"
        with zipfile.ZipFile(source, "w") as archive:
            for path in exported.iterdir():
                archive.write(path, path.name)
    ran = trialpool("new", tmp_path / "again", "--from", source)
    assert (ran.code, ran.err) == (0, "")
    again = tp.analyse(tp.read_review(tmp_path / "again"))
    before, after = effects(flagship), effects(again)
    assert {name: set(of) for name, of in before.items()} == {name: set(of) for name, of in after.items()}
    for name, of in before.items():
        for study, both in of.items():
            assert after[name][study] == pytest.approx(both, rel=1e-9, abs=1e-10)
    assert judgements(again) == judgements(flagship)
    plan, new = flagship.review.plan, again.review.plan
    names = ("name", "measure", "better", "favours_treatment", "favours_control")
    used = [o for o in plan.outcomes if o.name in before]
    assert [[getattr(o, n) for n in names] for o in new.outcomes] == [[getattr(o, n) for n in names] for o in used]
    assert (new.treatment, new.control) == (plan.treatment, plan.control)
    units = {unit.title: unit for unit in flagship.review.studies}
    for unit in again.review.studies:
        old = units[unit.title]
        if unit.title in before["Overall survival"]:
            assert (unit.year, dict(unit.moderators)) == (old.year, dict(old.moderators))
            assert (unit.doi, unit.pmid, unit.registry) == (old.doi.lower(), old.pmid, old.registry)
    assert len(tp.read_records(tmp_path / "again/references.ris")) == len(tp.read_records(exported / "included.ris"))


def test_counts_means_and_contrasts_of_one_outcome_keep_what_they_are(tmp_path):
    results = [
        counts("a-2001", 4, 100, 8, 110),
        counts("b-2005", 5, 101, 9, 111),
        {
            "study": "c-2010",
            "outcome": "OS",
            "measure": "RR",
            "estimate": "0.5",
            "ci_low": "0.25",
            "ci_high": "1.00",
            "orientation": "treatment_vs_control",
            "status": "read",
        },
    ]
    made = folder(tmp_path, toml=COUNTS_PLAN, results=results)
    findings = tp.analyse(tp.read_review(made))
    tp.export_review(findings, made, tmp_path / "out", what="revman")
    review = tp.read_revman(tmp_path / "out/revman")
    outcome = review["1.1"]
    assert [(row.kind, row.events_t, row.n_c, row.estimate) for row in outcome.rows] == [
        *(("dichotomous", 4, 110, None), ("dichotomous", 5, 111, None), ("generic", None, None, log(0.5))),
    ]
    assert outcome.effects().yi == pytest.approx(findings.analyses[0].fit.effects.yi)
    assert trialpool("new", tmp_path / "again", "--from", tmp_path / "out/revman").code == 0
    again = tp.read_review(tmp_path / "again")
    assert [(r.events_t, r.n_t, r.events_c, r.n_c) for r in again.reports][:2] == [(4, 100, 8, 110), (5, 101, 9, 111)]
    assert effects(tp.analyse(again))["Death"] == {s: pytest.approx(e) for s, e in effects(findings)["Death"].items()}


ARMS = "Study,Arm,Intervention\n" + "".join(f"{s},drug,Drug\n{s},none,None\n" for s in ("A 2001", "B 2002", "C 2003", "D 2004"))
HEAD = "Study,Outcome,Data type,Effect measure,Arm,Reference arm,Sample size,Cases,Mean,SD,SE,Variance,CI level,CI start,CI end"
HEAD += ",Exp mean,Exp CI start,Exp CI end,Footnotes\n"


def study_data(place, results, arms=ARMS, **more):
    place.mkdir(exist_ok=True)
    (place / "study-results.csv").write_text(results, encoding="utf-8")
    (place / "study-arms.csv").write_text(arms, encoding="utf-8")
    for name, text in more.items():
        (place / f"{name.replace('_', '-')}.csv").write_text(text, encoding="utf-8")
    return place


def test_contrasts_by_whatever_columns_are_filled(tmp_path):
    lines = (
        "A 2001,Death,Dichotomous,Hazard Ratio,drug,none,,,-0.5,,0.2,,,,,,,,\n"
        "B 2002,Death,Dichotomous,Hazard Ratio,drug,none,,,-0.5,,,0.04,,,,,,,<p>see&nbsp;p. 3</p>\n"
        "C 2003,Death,Dichotomous,Hazard Ratio,drug,none,,,,,,,90,,,0.5,0.25,1,\n"
        "D 2004,Death,Dichotomous,Hazard Ratio,drug,none,,,-0.5,,,,,,,,,,\n"
    )
    review = tp.read_revman(study_data(tmp_path / "in", HEAD + lines))
    rows = review["1.1"].rows
    assert [(row.study, row.estimate, row.se) for row in rows] == [
        ("A 2001", -0.5, 0.2),
        ("B 2002", -0.5, 0.2),
        ("C 2003", log(0.5), pytest.approx(log(4) / (2 * 1.6448536269514722))),
    ]
    assert (rows[1].footnote, review["1.1"].measure) == ("see p. 3", "HR")
    assert review.remarks == (
        (
            "study-results.csv, row 5, column Mean: the contrast has no Mean with an SE above 0, Variance or limits. "
            "Fill them in, or remove the row."
        ),
    )


def test_means_by_arm_and_arms_that_are_not_compared(tmp_path):
    lines = (
        "A 2001,Pain,Continuous,,drug,,10,,3,2,,,,,,,,,\nA 2001,Pain,Continuous,,none,,20,,4,,0.5,,,,,,,,\n"
        "B 2002,Pain,Continuous,,drug,,10,,3,2,,,,,,,,,\nB 2002,Pain,Continuous,,other,,20,,4,1,,,,,,,,,\n"
    )
    review = tp.read_revman(study_data(tmp_path / "in", HEAD + lines))
    (row,) = review["1.1"].rows
    assert (row.mean_t, row.sd_t, row.n_t, row.mean_c, row.sd_c, row.n_c) == (3, 2, 10, 4, pytest.approx(0.5 * 20**0.5), 20)
    assert (review["1.1"].measure, review["1.1"].kind) == ("MD", "continuous")
    assert review.remarks == ("B 2002, Pain: of the arms drug, other no two are Drug and None; left out",)


def test_other_orders_marks_separators_and_decimal_commas(exported, tmp_path):
    before = tp.read_revman(exported)
    changed = Path(shutil.copytree(exported, tmp_path / "changed"))
    for path in changed.glob("study-*.csv"):
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
        numbers = {i for i, name in enumerate(rows[0]) if name in ("Mean", "SE")}
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
        for n, row in enumerate(rows):
            cells = [cell.replace(".", ",") if n and i in numbers else cell for i, cell in enumerate(row)]
            writer.writerow([*cells[2:], *cells[:2], "more" if n == 0 else "kept\nas it is"])
        path.write_bytes(b"\xef\xbb\xbf" + out.getvalue().encode())
    after = tp.read_revman(changed)
    assert after.comparisons == before.comparisons
    assert [(s.name, s.year, s.described, s.covariates) for s in after.studies] == [
        (s.name, s.year, s.described, s.covariates) for s in before.studies
    ]


def test_every_number_that_cannot_be_read_is_named(tmp_path):
    lines = "A 2001,Death,Dichotomous,,drug,,10.5,4,,,,,,,,,,,\nA 2001,Death,Dichotomous,,none,,20,x,,,,,,,,,,,\n"
    with pytest.raises(BadInput) as caught:
        tp.read_revman(study_data(tmp_path / "in", HEAD + lines))
    mend = "Correct it, or export the package again."
    assert str(caught.value).splitlines() == [
        f"study-results.csv, row 2, column Sample size: 10.5 is not a whole number. {mend}",
        f"study-results.csv, row 3, column Cases: 'x' is not a number. {mend}",
    ]
    with pytest.raises(BadInput) as caught:
        tp.read_revman(study_data(tmp_path / "in", HEAD))
    assert str(caught.value).startswith("in: there are no results of studies in it. Give the folder with study-results.csv")


def test_risk_of_bias_of_studies_and_of_results(tmp_path):
    lines = "A 2001,Death,Dichotomous,,drug,,10,4,,,,,,,,,,,\nA 2001,Death,Dichotomous,,none,,20,5,,,,,,,,,,,\n"
    sequence = "Random sequence generation: All outcomes"
    bias = f"Study,Domain (judgement): {sequence},Domain (support): {sequence}\n"
    bias += "A 2001,Unclear risk,<p>not said</p>\nZ 1999,High risk,\n"
    review = tp.read_revman(study_data(tmp_path / "in", HEAD + lines, risk_of_bias=bias))
    assert [(item.study, item.domain, item.judgement, item.support, item.outcome) for item in review.bias] == [
        ("A 2001", "Random sequence generation", "unclear", "not said", ""),
        ("Z 1999", "Random sequence generation", "high", "", ""),
    ]
    ran = trialpool("new", tmp_path / "made", "--from", tmp_path / "in")
    assert (ran.code, [row.answer for row in tp.read_review(tmp_path / "made").risk_of_bias]) == (0, ["unclear"])
