"""The CSV of data and analyses of RevMan 5: read, computed again, and written as RevMan writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

import trialpool as tp
from trialpool.errors import BadInput
from trialpool.formats.revman_csv import revman_csv

SMALL = Path(__file__).parent / "revman/small.rm5"
REAL = Path(__file__).parents[3] / "shared/data/formats/revman/Fleiss1993_CR.csv"


@pytest.mark.skipif(not REAL.is_file(), reason="the real files are not at hand")
def test_the_real_csv_is_computed_again_and_written_byte_for_byte():
    review = tp.read_revman(REAL)
    assert [(o.measure, o.method, o.model, len(o.rows)) for o in review.outcomes] == [
        *(("OR", "MH", "common", 7), ("MD", "IV", "common", 5)),
    ]
    numbers = tp.check_revman(review)
    assert (len(numbers), [n for n in numbers if not n.agrees]) == (28, [])
    assert revman_csv(review).splitlines() == REAL.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def again(tmp_path):
    (tmp_path / "small.csv").write_text(revman_csv(tp.read_revman(SMALL)), encoding="utf-8")
    return tp.read_revman(tmp_path / "small.csv")


def test_what_the_csv_has_room_for_comes_back(again):
    first = tp.read_revman(SMALL)
    for one, other in zip(first.outcomes, again.outcomes, strict=True):
        same = ("id", "name", "kind", "measure", "method", "model", "treatment", "control", "left_label")
        assert [getattr(one, name) for name in same] == [getattr(other, name) for name in same]
        assert [(s.id, s.name) for s in one.subgroups] == [(s.id, s.name) for s in other.subgroups]
        cells = ("name", "subgroup", "events_t", "n_c", "mean_t", "sd_c")
        assert [[getattr(r, c) for c in cells] for r in one.rows] == [[getattr(r, c) for c in cells] for r in other.rows]
        assert other.stored.estimate == pytest.approx(one.stored.estimate, abs=1e-8)
    assert [study.year for study in again.studies] == [1990, 1995, 2001, 2010]


def test_stored_results_are_computed_again_from_the_csv(again):
    """All but the outcome at 90%, which the CSV does not say, and those without estimates of studies."""
    numbers = [n for n in tp.check_revman(again) if n.where[:10] not in ("CMP-001.02", "CMP-001.07", "CMP-001.08")]
    assert len(numbers) == 59
    assert [n for n in numbers if not n.agrees] == []


def test_effects_of_log_rank_and_generic_data_come_from_stored_estimates(tmp_path):
    head = revman_csv(tp.read_revman(SMALL)).splitlines()[0]
    lines = [
        head,
        "1,0,0,Drug versus control" + "," * 32,
        "1,1,0,Survival,IPD,Peto,HR,Fixed" + "," * 28,
        "1,1,0,A,,,,,,,,,,,,,0.8,0.2,0.54,1.18,100,,,,,,,,,,,,,,,2001,1",
        "1,2,0,Progression,IV,IV,HR,Random" + "," * 28,
        "1,2,0,A,,,,,,,,,,,,,0.7,0.1,0.58,0.85,100,,,,,,,,,,,,,,,2001,1",
    ]
    (tmp_path / "two.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    review = tp.read_revman(tmp_path / "two.csv")
    for id_, hr, se in (("1.1", 0.8, 0.2), ("1.2", 0.7, 0.1)):
        effects = review[id_].effects()
        assert (2.718281828459045 ** effects.yi[0], effects.sei[0]) == pytest.approx((hr, se))
    assert "analysis 1.1 (Survival): effects are taken from the stored estimates" in review.remarks


def test_another_csv_is_refused(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        tp.read_revman(tmp_path / "x.csv")
    assert str(caught.value).startswith("x.csv, row 1, column Comparison Number: missing among the columns (a, b). Add the column.")


def test_every_bad_cell_is_said(tmp_path):
    text = revman_csv(tp.read_revman(SMALL)).replace("1,1,0,Infection,DIC", "1,1,0,Infection,ABC").replace(",123,11,", ",12.5,x,")
    (tmp_path / "bad.csv").write_text(text.replace(",4,0,0,123,", ",4,0,0,12.5,"), encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        tp.read_revman(tmp_path / "bad.csv")
    said = list(map(str, caught.value.problems))
    assert "bad.csv, row 3, column Data Type: 'ABC' is no type of data that is read here. Known are DIC, CON, IPD, IV, GIV." in said
    assert "bad.csv, row 5, column Total 1: 12.5 is not a whole number. Correct it." in said


def test_files_are_told_apart_by_what_they_hold(tmp_path):
    """A CSV called .txt, and XML called .csv, as mail programs rename them."""
    first = tp.read_revman(SMALL)
    (tmp_path / "small.txt").write_text(revman_csv(first), encoding="utf-8")
    (tmp_path / "small.csv").write_bytes(b"\xef\xbb\xbf" + SMALL.read_bytes())
    assert len(tp.read_revman(tmp_path / "small.txt").outcomes) == len(first.outcomes)
    assert tp.read_revman(tmp_path / "small.csv").comparisons == first.comparisons
