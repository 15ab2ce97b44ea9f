"""Counts of a flow diagram in the CSV of the R package PRISMA2020."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialpool.errors import BadInput
from trialpool.formats.flow_csv import NAMES, read_flow

TEMPLATE = Path(__file__).parents[3] / "shared/data/formats/prisma/PRISMA2020_R_template.csv"
HEADER = "data,node,box,description,boxtext,tooltips,url,n\n"


def file(tmp_path, **counts):
    rows = "".join(f'{name},,,,,,,"{n}"\n' for name, n in counts.items())
    path = tmp_path / "PRISMA.csv"
    path.write_text(HEADER + "NA,node4,prevstud,Grey title box; Previous studies,,,,0\n" + rows, encoding="utf-8")
    return path


def test_counts_sources_and_reasons(tmp_path):
    read = read_flow(
        file(
            tmp_path,
            previous_studies=0,
            previous_reports=0,
            database_results=730,
            database_specific_results="PubMed, 310; Embase, 420",
            register_results="1,020",
            register_specific_results="Register 1, xxx; Register 2, xxx",
            website_results=0,
            duplicates=130,
            excluded_automatic="NA",
            dbr_excluded="Wrong drug, or dose, 30; Not randomised, 8",
            other_excluded=0,
            new_studies=41,
            total_studies=0,
            total_studies_ma=12,
        )
    )
    assert read.given() == {
        "databases": {"PubMed": 310, "Embase": 420},
        "registers": 1020,
        "duplicates": 130,
        "excluded_reports": {"Wrong drug, or dose": 30, "Not randomised": 8},
        "new_studies": 41,
        "pooled_studies": 12,
    }


def test_an_arm_with_a_count_is_there_whole(tmp_path):
    read = read_flow(
        file(tmp_path, previous_studies=4, previous_reports=0, total_studies=4, website_results=0, citations_results=2)
    )
    assert read.given() == {"previous_studies": 4, "previous_reports": 0, "total_studies": 4, "websites": 0, "citations": 2}


def test_what_cannot_be_read_is_said_together(tmp_path):
    path = file(tmp_path, database_results=731, database_specific_results="PubMed, 310; Embase, 420", duplicates="many")
    with pytest.raises(BadInput) as bad:
        read_flow(path)
    assert str(bad.value).splitlines() == [
        "PRISMA.csv, row 4, column n: the sources come to 730, and 731 are given in all. Correct the one or the other.",
        "PRISMA.csv, row 5, column n: 'many' is no count. Give a whole number, or `Name, number; Name, number`.",
    ]


def test_a_file_without_the_columns(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(BadInput) as bad:
        read_flow(path)
    assert str(bad.value).splitlines() == [
        "x.csv, row 1, column data: missing among the columns (a, b). Add the column.",
        "x.csv, row 1, column n: missing among the columns (a, b). Add the column.",
    ]


@pytest.mark.skipif(not TEMPLATE.is_file(), reason="the package's template is not at hand")
def test_every_count_of_the_packages_template_is_known(tmp_path):
    text = TEMPLATE.read_text(encoding="utf-8")
    names = {line.split(",")[0] for line in text.splitlines()[1:]} - {"NA", "identification", "screening", "included"}
    assert names == set(NAMES)
    filled = tmp_path / "filled.csv"
    xxx = '"Reason1, xxx; Reason2, xxx; Reason3, xxx"'
    filled.write_text(text.replace(xxx, '"Reason1, 2; Reason2, 3"', 1).replace(xxx, "0"), encoding="utf-8")
    given = read_flow(filled).given()
    assert given.pop("excluded_reports") == {"Reason1": 2, "Reason2": 3}
    assert set(given) == {
        "databases", "registers", "duplicates", "automation", "removed_other", "screened", "excluded", "sought", "not_retrieved",
        "assessed", "new_studies", "new_reports",
    }  # fmt: skip
    assert set(given.values()) == {0}
