"""Records in the order in which they are best screened."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.errors import BadArgument
from trialpool.review.record import Place, Record
from trialpool.screening.ranking.models import MODELS
from trialpool.screening.ranking.ranker import Ranker

TITLES = (
    "Lenalidomide maintenance after transplantation for multiple myeloma",
    "Thalidomide maintenance in elderly patients with multiple myeloma",
    "Knee replacement and physiotherapy",
    "Hip fracture surgery in elderly patients",
    "Bortezomib induction before transplantation in myeloma",
    "Physiotherapy after hip fracture",
    "",
    "Exercise for osteoarthritis of the knee",
)
RECORDS = tuple(Record(Place("a.ris", i), title=title) for i, title in enumerate(TITLES, 1))
IDS = tuple(record.id for record in RECORDS)
decisions = st.dictionaries(st.sampled_from(IDS), st.booleans())


class TestOrder:
    @pytest.mark.parametrize("model", MODELS)
    def test_what_is_like_the_relevant_comes_first(self, model):
        with_text = [record for record in RECORDS if record.title]
        ranking = Ranker(with_text, model=model).rank({"a.ris#1": True, "a.ris#3": False})
        assert set(ranking.order[:2]) == {"a.ris#2", "a.ris#5"}

    @pytest.mark.parametrize("model", MODELS)
    @given(decided=decisions)
    def test_every_undecided_record_is_there_once_whatever_is_decided(self, model, decided):
        ranking = Ranker(RECORDS, model=model).rank(decided)
        assert sorted(ranking.order) == sorted(set(IDS) - set(decided))
        assert list(ranking.scores) == sorted(ranking.scores, reverse=True)

    @pytest.mark.parametrize("model", MODELS)
    @given(decided=decisions, before=decisions)
    def test_does_not_depend_on_what_was_asked_before_nor_on_the_order_of_decisions(self, model, decided, before):
        used = Ranker(RECORDS, model=model)
        used.rank(before)
        backwards = dict(reversed(decided.items()))
        assert used.rank(backwards) == Ranker(RECORDS, model=model).rank(decided)


class TestWithoutDecisionsOfBothKinds:
    def test_criteria_order_them(self):
        ranking = Ranker(RECORDS, criteria="maintenance, myeloma").rank({"a.ris#3": False})
        assert set(ranking.order[:2]) == {"a.ris#1", "a.ris#2"}
        assert ranking.basis == "likeness to the criteria"

    def test_relevant_records_alone_order_them_by_likeness(self):
        ranking = Ranker(RECORDS).rank({"a.ris#4": True})
        assert (set(ranking.order[:2]), ranking.basis) == ({"a.ris#2", "a.ris#6"}, "likeness to 1 relevant record")

    def test_otherwise_chance_with_a_seed(self):
        orders = {Ranker(RECORDS, seed=seed).rank({}).order for seed in (1, 1, 2, 3)}
        assert len(orders) == 3
        assert Ranker(RECORDS).rank({"a.ris#3": False}).basis == "chance"


class TestRecordsWithoutText:
    """What is lacking is no evidence against a record."""

    def records(self, empty):
        texts = [f"Maintenance with drug {i} in myeloma" for i in range(10)] + [f"Surgery of joint {i}" for i in range(30)]
        return [Record(Place("a.ris", i), title=text) for i, text in enumerate([*texts, *[""] * empty], 1)]

    def place(self, decided, empty=1):
        order = Ranker(self.records(empty)).rank(decided).order
        return order.index(f"a.ris#{40 + empty}")

    def test_stand_before_what_is_like_the_irrelevant_and_after_what_is_like_the_relevant(self):
        assert self.place({"a.ris#1": True, "a.ris#11": False}) == 9  # of the relevant nine are left

    def test_stand_later_the_more_of_them_were_irrelevant(self):
        seen = {"a.ris#1": True, "a.ris#11": False, "a.ris#12": False}
        more = {f"a.ris#{41 + i}": False for i in range(20)}
        ranker = Ranker(self.records(30))
        few, many = (dict(zip(r.order, r.scores, strict=True)) for r in (ranker.rank(seen), ranker.rank(seen | more)))
        assert many["a.ris#70"] < few["a.ris#70"]


class TestEdges:
    @pytest.mark.parametrize("model", MODELS)
    def test_texts_without_a_word(self, model):
        records = [Record(Place("a.ris", i)) for i in (1, 2, 3)]
        assert Ranker(records, model=model).rank({"a.ris#1": True, "a.ris#2": False}).order == ("a.ris#3",)

    def test_no_records(self):
        assert Ranker([]).rank({}).order == ()

    def test_two_records_of_one_identifier(self):
        with pytest.raises(BadArgument, match=r"^Two records have the identifier a\.ris#1\. Give each its own\.$"):
            Ranker([*RECORDS, RECORDS[0]])

    def test_a_decision_on_a_record_that_is_not_there(self):
        message = r"^There is no record b\.ris#1 to rank by\. Make a Ranker of all records that are decided on\.$"
        with pytest.raises(BadArgument, match=message):
            Ranker(RECORDS).rank({"b.ris#1": True})

    def test_an_unknown_model(self):
        with pytest.raises(BadArgument, match=r"^model is 'gpt'\. Use one of trialpool, elas-u4\.$"):
            Ranker(RECORDS, model="gpt")
