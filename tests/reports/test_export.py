"""Exports: what RevMan Web, reference managers and a journal take from a review."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tests.cli.terminal import trialpool
from tests.formats.folders import COUNTS_PLAN, folder, row

import trialpool as tp
from trialpool.errors import BadInput, TrialpoolError
from trialpool.reports.export import export_review
from trialpool.reports.included_records import included_records
from trialpool.reports.revman_web import revman_web

COUNTS = {"measure": "", "estimate": "", "ci_low": "", "ci_high": "", "orientation": ""}


def analysed(place, **changes):
    made = folder(place, **changes)
    return made, tp.analyse(tp.read_review(made))


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def hazard_ratios(tmp_path):
    return analysed(tmp_path / "review")


def test_effects_go_to_revman_as_contrasts(hazard_ratios):
    _, findings = hazard_ratios
    files = revman_web(findings)
    results = table(files["study-results.csv"])
    named = ("Study", "Outcome", "Effect measure", "Arm", "Reference arm")
    assert [results[0][name] for name in named] == ["A 2001", "Overall survival", "HR", "Treatment", "Control"]
    effects = findings["os"].fit.effects
    assert [float(r["Mean"]) for r in results] == effects.yi.tolist()
    assert [float(r["SE"]) for r in results] == pytest.approx(effects.sei.tolist())
    assert np.log(0.80) == pytest.approx(float(results[0]["Mean"]))
    assert [(r["Study"], r["Arm"]) for r in table(files["study-arms.csv"])][:2] == [("A 2001", "Treatment"), ("A 2001", "Control")]
    assert table(files["study-information.csv"])[0]["Char: Notes"] == "drug: old"


def test_counts_go_to_revman_by_arm(tmp_path):
    counts = [
        row(study=study, events_t=t, n_t=100, events_c=c, n_c=110, source="the paper", locator="p. 2", **COUNTS)
        for study, t, c in (("a-2001", 4, 8), ("b-2005", 5, 9), ("c-2010", 7, 7))
    ]
    _, findings = analysed(tmp_path / "review", toml=COUNTS_PLAN, results=counts)
    rows = table(revman_web(findings)["study-results.csv"])[:2]
    assert [(r["Arm"], r["Cases"], r["Sample size"], r["Mean"]) for r in rows] == [
        ("Treatment", "4", "100", ""),
        ("Control", "8", "110", ""),
    ]
    assert [r["Footnotes"] for r in rows] == ["events and patients; the paper, p. 2", ""]


def test_records_of_included_studies(tmp_path):
    studies = (
        {
            "study": "a-2001",
            "label": "A 2001",
            "year": 2001,
            "doi": "10.1000/A",
            "registry": "NCT00000001; EudraCT 1",
            "trial": "TRIAL-A",
        },
        {"study": "b-2005", "label": "B 2005", "year": 2005},
        {"study": "c-2010", "label": "C 2010", "year": 2010, "pmid": "5"},
    )
    made = folder(tmp_path / "review", studies=studies)
    (made / "search").mkdir()
    ris = "TY  - JOUR\nTI  - The trial of C\nAN  - 5\nER  - \n\nTY  - JOUR\nTI  - The trial of B\nER  - \n"
    nbib = "PMID- 5\nTI  - The trial of C, as PubMed has it\nFAU - Cole, Ann\nJT  - A Journal\n"
    (made / "search" / "one.ris").write_text(ris, encoding="utf-8")
    (made / "search" / "two.nbib").write_text(nbib, encoding="utf-8")
    (made / "search" / "searches.csv").write_text(
        "file,database,date,query,hits\none.ris,Embase,2020-01-01,x,2\ntwo.nbib,PubMed,2020-01-01,x,1\n", encoding="utf-8"
    )
    (made / "screening").mkdir()
    (made / "screening" / "included.csv").write_text("record,study\none.ris#2,b-2005\n", encoding="utf-8")
    found = included_records(tp.read_review(made))
    assert [(r.id, r.title) for r in found] == [
        ("studies.csv#1", "TRIAL-A"),
        ("one.ris#2", "The trial of B"),
        ("two.nbib#1", "The trial of C, as PubMed has it"),
    ]
    assert (found[0].doi, found[0].nct) == ("10.1000/a", "NCT00000001")


def test_the_supplement_is_whole_and_the_same_each_time(hazard_ratios, tmp_path):
    made, findings = hazard_ratios
    (made / ".git").mkdir()
    (made / ".git" / "config").write_text("mine", encoding="utf-8")
    tp.write_report(findings, made)
    (path,) = export_review(findings, made, tmp_path / "one", what="zip")
    (again,) = export_review(findings, made, tmp_path / "two", what="zip")
    assert path.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {"README.txt", "recompute.R", "included.ris", "review/review.toml", "review/report/findings.json"} <= set(names)
        assert [name for name in names if ".git" in name] == []
        sums = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())
        assert {name: hashlib.sha256(archive.read(name)).hexdigest() for name in names if name != "SHA256SUMS"} == sums


def test_a_supplement_needs_the_report_of_the_folder_as_it_stands(hazard_ratios, tmp_path):
    made, findings = hazard_ratios
    with pytest.raises(BadInput) as caught:
        export_review(findings, made, tmp_path / "out", what="zip")
    assert str(caught.value) == f"{made}: the supplement needs the report, which is not there. Run `trialpool build {made}` first."
    tp.write_report(findings, made)
    (made / "results" / "os.csv").write_text(
        (made / "results" / "os.csv").read_text(encoding="utf-8").replace("0.80", "0.81"), encoding="utf-8"
    )
    with pytest.raises(BadInput, match="the report is of an older state of the folder"):
        export_review(tp.analyse(tp.read_review(made)), made, tmp_path / "out", what="zip")
    assert not (tmp_path / "out").exists()


def test_what_is_asked_for_is_written_and_nothing_else(hazard_ratios, tmp_path):
    made, findings = hazard_ratios
    out = tmp_path / "out"
    assert export_review(findings, made, out, what="bibtex") == (out / "included.bib",)
    assert [path.name for path in out.iterdir()] == ["included.bib"]
    with pytest.raises(TrialpoolError) as caught:
        export_review(findings, made, out, what="pdf")
    assert str(caught.value) == "'pdf' cannot be exported. Use one of revman, r, ris, bibtex, zip, all."


def test_the_command_says_what_it_wrote(hazard_ratios, tmp_path):
    made, _ = hazard_ratios
    ran = trialpool("export", made, "--to", tmp_path / "out", "--what", "r")
    assert (ran.out, ran.err, ran.code) == (f"{tmp_path / 'out' / 'recompute.R'}\n", "", 0)
    assert Path(tmp_path / "out" / "recompute.R").read_text(encoding="ascii").startswith("# Drug against none\n")
