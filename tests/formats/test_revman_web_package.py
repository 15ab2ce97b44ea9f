"""The data package of RevMan Web: read, computed again, made into a review.

tests/formats/revman/package holds seven analyses as RevMan Web stored them in the data package (version 2) of a Cochrane review
(CD016297): the counts, means and estimates of the trials, the settings, and RevMan's own results by REML, with intervals by
Hartung and Knapp or Wald.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from tests.cli.terminal import trialpool

import trialpool as tp
from trialpool.errors import BadInput
from trialpool.formats.revman_web_files import plain_html

HERE = Path(__file__).parent / "revman/package"
STEM = "CD016297-analysis-data/CD016297-"


@pytest.fixture
def package(tmp_path):
    """A copy to be changed."""
    return Path(shutil.copytree(HERE, tmp_path / "package"))


def changed(package, name, change):
    path = package / f"{STEM}{name}.csv"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    return package


def with_column(text, name, value):
    rows = list(csv.reader(io.StringIO(text)))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*rows[0], name])
    writer.writerows([*row, value(row)] for row in rows[1:])
    return out.getvalue()


def test_every_result_that_revman_web_stored_is_computed_again():
    review = tp.read_revman(HERE)
    numbers = tp.check_revman(review)
    assert len(numbers) == 170
    assert [number for number in numbers if not number.agrees] == []
    assert {number.what for number in numbers} >= {"T", "Z", "P", "tau2", "I2", "Q between subgroups"}


def test_settings_and_rows():
    review = tp.read_revman(HERE)
    assert (review.version, review.doi) == ("Web (data package, version 2)", "10.1002/14651858.CD016297")
    cog = review["1.1"]
    assert (cog.name, cog.measure, cog.method, cog.model, cog.tau2, cog.ci) == (
        *("ADAS-Cog scale at 18 months", "SMD", "IV", "random", "REML", "HK"),
    )
    assert (cog.treatment, cog.control, cog.left_label, len(cog.rows)) == ("Any Aβ-mAbs", "Placebo", "Favours Aβ-mAbs", 13)
    assert [(s.number, s.name) for s in cog.subgroups][:2] == [(1, "Aducanumab"), (2, "Bapineuzumab")]
    assert (review["1.5"].kind, review["1.5"].rows[0].estimate) == ("generic", 0.184919)
    assert (review["4.7"].totals, review["4.7"].stored.estimate) == ("SUB", None)
    assert review.study("CLARITY AD 2023").year == 2023
    assert (cog.stored.studies, cog.stored.t) == (13, 4.93294789704135)


@pytest.mark.parametrize("where", ["zip", "zip in a zip", "file"])
def test_the_package_as_it_comes(tmp_path, where):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(HERE.rglob("*.csv")):
            archive.write(path, f"CD016297/{path.relative_to(HERE).as_posix()}")
    given = tmp_path / "CD016297-dataPackage.zip"
    given.write_bytes(packed.getvalue())
    if where == "zip in a zip":
        with zipfile.ZipFile(given, "w") as archive:
            archive.writestr("CD016297-files/CD016297-data.zip", packed.getvalue())
    if where == "file":
        given = HERE / f"{STEM}overall-estimates-and-settings.csv"
    assert len(tp.check_revman(tp.read_revman(given))) == 170


def test_a_package_of_version_1_has_the_level_elsewhere_and_no_choice_of_method(package):
    drop = ("Heterogeneity estimator", "CI method", "Tau² CI", "Prediction interval")

    def older(text):
        rows = list(csv.DictReader(io.StringIO(text)))
        columns = [name for name in rows[0] if name not in drop]
        head = {"CI/PI level": "Estimate CI"}
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([head.get(name, name) for name in columns])
        writer.writerows([row[name] for name in columns] for row in rows)
        return out.getvalue()

    review = tp.read_revman(changed(package, "overall-estimates-and-settings", older))
    cog = review["1.1"]
    assert (review.version, cog.tau2, cog.ci, cog.level, cog.I2_from) == ("Web (data package, version 1)", "DL", "Wald", 0.95, "Q")


def test_other_orders_columns_marks_and_separators_do_not_matter(package):
    def semicolons(text):
        rows = [[*row[3:], *row[:3], "kept"] for row in csv.reader(io.StringIO(text))]
        rows = [[re.sub(r"^(-?\d+)\.(\d+)$", r"\1,\2", cell) for cell in row] for row in rows]
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(rows)
        return "\ufeff" + out.getvalue()

    before = tp.check_revman(tp.read_revman(package))
    for name in ("data-rows", "overall-estimates-and-settings", "subgroup-estimates"):
        changed(package, name, semicolons)
    review = tp.read_revman(package)
    assert tp.check_revman(review) == before
    assert dict(review["1.1"].further)["kept"] == "kept"


def test_every_number_that_cannot_be_read_is_named(package):
    changed(package, "data-rows", lambda text: text.replace("3.76,6.55", "3.76?,6.55").replace(",314,853", ",31.4,853"))
    with pytest.raises(BadInput) as caught:
        tp.read_revman(package)
    assert str(caught.value).splitlines() == [
        (
            "CD016297-data-rows.csv, row 2, column Experimental mean: '3.76?' is not a number. "
            "Correct it, or export the package again."
        ),
        (
            "CD016297-data-rows.csv, row 38, column Experimental cases: 31.4 is not a whole number. "
            "Correct it, or export the package again."
        ),
    ]


def test_rows_that_do_not_count_everywhere(package):
    changed(package, "data-rows", lambda text: text.replace("SUBGROUP_AND_OVERALL,ENVISION", "SUBGROUP,ENVISION", 1))
    cog = tp.read_revman(package)["1.1"]
    assert (len(cog.rows), len(cog.rows_of()), len(cog.rows_of(1))) == (13, 12, 3)
    assert tp.pool_as_revman(cog).k == 12


def test_judgements_by_rob_2_and_characteristics(package):
    def judged(text):
        text = with_column(
            text, "Bias due to missing outcome data (judgement)", lambda row: "Some concerns" if row[1] == "1" else ""
        )
        text = with_column(text, "Bias due to missing outcome data (support)", lambda _: "<p>7 of&nbsp;100</p><p>lost</p>")
        return with_column(text, "Overall bias (judgement)", lambda _: "High risk")

    changed(package, "data-rows", judged)
    (package / "CD016297-study-data").mkdir()
    (package / "CD016297-study-data/CD016297-study-information.csv").write_text(
        'Study,Year,Data source,Char: Methods,Char: Notes\nENVISION,2022,SOUGHT,<p>RCT</p>,"<p>a,</p>\n<p>b</p>"\n',
        encoding="utf-8",
    )
    (package / "CD016297-study-data/CD016297-excluded-study-information.csv").write_text(
        "Study,Year\nOld 1990,1990\n", encoding="utf-8"
    )
    (package / "CD016297-study-data/CD016297-included.ris").write_text(
        "TY  - JOUR\nTI  - A trial\nNS  - ENVISION\nDO  - 10.1000/x\nER  - \n", encoding="utf-8"
    )
    review = tp.read_revman(package)
    envision = review.study("ENVISION")
    assert (envision.year, envision.described, envision.records[0].doi) == (
        2022,
        (("Methods", "RCT"), ("Notes", "a, b")),
        "10.1000/x",
    )
    assert review.study("Old 1990").section == "excluded"
    missing = [item for item in review.bias if item.study == "ENVISION" and item.domain == "Bias due to missing outcome data"]
    assert [(item.outcome, item.judgement, item.support) for item in missing] == [
        ("1.1", "some-concerns", "7 of 100 lost"),
        ("2.1", "some-concerns", "7 of 100 lost"),
    ]
    assert trialpool("new", package.parent / "made", "--from", package).code == 0
    made = tp.read_review(package.parent / "made")
    (row,) = (r for r in made.risk_of_bias if (r.study, r.outcome[:4], r.domain) == ("envision", "1-01", "D1"))
    assert (row.answer, row.quote) == ("some-concerns", "7 of 100 lost")
    assert {r.answer for r in made.risk_of_bias if r.domain == "overall"} == {"high"}


def test_a_review_is_made_that_pools_as_revman_web_did(tmp_path):
    ran = trialpool("new", tmp_path / "made", "--from", HERE)
    assert (ran.code, ran.err) == (0, "")
    assert "170 numbers that RevMan had stored were computed again; none differ." in ran.out
    ran = trialpool("check", tmp_path / "made")
    assert (ran.code, ran.out) == (0, "No problems.\n")
    findings = tp.analyse(tp.read_review(tmp_path / "made"))
    plan = findings.review.plan
    assert [(a.tau2, a.ci) for a in plan.analyses][:2] == [("REML", "HK"), ("REML", "Wald")]
    assert [o.better for o in plan.outcomes][:3] == ["lower", "lower", "higher"]
    fit = findings["4-01-any-aria-at-18-months"].fit
    assert fit.estimate == pytest.approx(0.8740917, abs=1e-6)  # the logarithm of RevMan's 2.39669702605


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {},
            "x.zip: there are no analyses in it. Give the data package of a review (a zip file, or the folder it was unpacked to).",
        ),
        ({"a/CD1-parameters.csv": "x"}, "x.zip: this is a review of diagnostic test accuracy, which has no pairwise data. "),
        (
            {"overall-estimates-and-settings.csv": "a,b\n1,2\n", "data-rows.csv": "Study\nA\n"},
            "overall-estimates-and-settings.csv, ",
        ),
    ],
)
def test_what_is_no_package(tmp_path, files, message):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    with pytest.raises(BadInput, match=re.escape(message)):
        tp.read_revman(tmp_path / "x.zip")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 cut", b"Study,Year\n"])
def test_a_damaged_zip_file(tmp_path, data):
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(BadInput, match=r"^x\.zip: the zip file is damaged, or protected\. Download it again"):
        tp.read_revman(tmp_path / "x.zip")


def test_text_out_of_html():
    assert plain_html("<p>P&nbsp;&lt; 0.05<br>n <b>= 3</b></p><ul><li>x</li></ul> 2 < 3 > 1") == "P < 0.05 n = 3 x 2 < 3 > 1"
