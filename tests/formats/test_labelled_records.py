"""Finished screenings in a CSV file."""

import pytest

from trialpool.errors import BadInput
from trialpool.formats.labelled_records import read_labelled_records

TEXT = """record_id,title,abstract,year,label_included
7,Maintenance,"Lenalidomide, then nothing",2012.0,1
8,Knee,,1999,0
9,Hip,Not decided,,
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "finished.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_reads_records_with_their_decisions(written):
    read = read_labelled_records(written(TEXT))
    assert [(r.id, r.title, r.abstract, r.year) for r in read.records] == [
        ("finished.csv#1", "Maintenance", "Lenalidomide, then nothing", 2012),
        ("finished.csv#2", "Knee", "", 1999),
    ]
    assert read.relevant == {"finished.csv#1": True, "finished.csv#2": False}
    assert (read.name, read.unlabelled) == ("finished", 1)


def test_a_column_that_is_named(written):
    read = read_labelled_records(written("Title,Verdict\nA,Include\nB,excluded\nC,maybe\n"), label="verdict")
    assert list(read.relevant.values()) == [True, False, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "title,abstract\nA,B\n",
            (
                "finished.csv, row 1: there is no column label_included or included or label or relevant or decision or "
                "final_label among the columns (title, abstract). Name the column that says what was included: --label NAME."
            ),
        ),
        (
            "included,name\n1,B\n",
            "finished.csv, row 1, column title: missing among the columns (included, name). Add the column.",
        ),
        (
            "title,included\nA,1\nB,perhaps\n",
            (
                "finished.csv, row 3, column included: 'perhaps' says neither yes nor no. Write one of 1, 1.0, yes, true, include, "
                "included, relevant, maybe, 0, 0.0, no, false, exclude, excluded, irrelevant, or leave it empty where nothing was "
                "decided."
            ),
        ),
    ],
)
def test_what_cannot_be_used(written, text, message):
    with pytest.raises(BadInput) as refused:
        read_labelled_records(written(text))
    assert str(refused.value) == message
