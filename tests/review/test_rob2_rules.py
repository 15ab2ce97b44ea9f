"""RoB 2 (guidance of 22 August 2019): the packaged definitions against the algorithms, over every combination of answers.

The functions below were written from a description of the algorithms (Sterne et al. 2019, BMJ 366:l4898, and the Cochrane Handbook,
chapter 8), without the definitions at hand: each walks through the questions as a person does, and says which of them it asks.
"""

from __future__ import annotations

from itertools import product

import pytest

from trialpool.formats.tool_definition import packaged_tool
from trialpool.review.risk_of_bias_tool import asked, proposed

LOW, SOME, HIGH = "low", "some-concerns", "high"
FIVE = ("Y", "PY", "PN", "N", "NI")
OR_NA = ("NA", *FIVE)
WITHOUT_NI = ("Y", "PY", "PN", "N")


class Walk:
    """A form of answers, and which of its questions were looked at."""

    def __init__(self, answers):
        self.answers, self.seen = answers, []

    def __call__(self, question):
        self.seen.append(question)
        return {"Y": "yes", "PY": "yes", "PN": "no", "N": "no", "NI": "unknown", "NA": "not applicable"}[self.answers[question]]


def randomisation(ask):
    sequence, concealed, imbalance = ask("1.1"), ask("1.2"), ask("1.3")
    if concealed == "no":
        return HIGH
    if concealed == "unknown":
        return HIGH if imbalance == "yes" else SOME
    if sequence == "no" or imbalance == "yes":
        return SOME
    return LOW


def deviations_assignment(ask):
    blinded = [ask("2.1") == "no", ask("2.2") == "no"]
    first = LOW
    if not all(blinded):
        arose = ask("2.3")
        if arose == "unknown":
            first = SOME
        elif arose == "yes":
            first = SOME
            if ask("2.4") != "no" and ask("2.5") != "yes":
                first = HIGH
    second = LOW
    if ask("2.6") != "yes":
        second = SOME if ask("2.7") == "no" else HIGH
    return HIGH if HIGH in (first, second) else LOW if (first, second) == (LOW, LOW) else SOME


def deviations_adhering(ask):
    blinded = [ask("2.1") == "no", ask("2.2") == "no"]
    unbalanced = False
    if not all(blinded):
        unbalanced = ask("2.3") in ("no", "unknown")
    failures = [ask(question) in ("yes", "unknown") for question in ("2.4", "2.5")]
    if not unbalanced and not any(failures):
        return LOW
    return SOME if ask("2.6") == "yes" else HIGH


def missing_data(ask):
    if ask("3.1") == "yes" or ask("3.2") == "yes" or ask("3.3") == "no":
        return LOW
    return SOME if ask("3.4") == "no" else HIGH


def measurement(ask):
    bad_method, differs = ask("4.1"), ask("4.2")
    if "yes" in (bad_method, differs):
        return HIGH
    floor = SOME if differs == "unknown" else LOW
    if ask("4.3") == "no" or ask("4.4") == "no":
        return floor
    return SOME if ask("4.5") == "no" else HIGH


def selection(ask):
    planned, measurements, analyses = ask("5.1"), ask("5.2"), ask("5.3")
    if "yes" in (measurements, analyses):
        return HIGH
    if (planned, measurements, analyses) == ("yes", "no", "no"):
        return LOW
    return SOME


SHARED = {"D1": (randomisation, [FIVE] * 3), "D3": (missing_data, [FIVE, WITHOUT_NI, FIVE, FIVE])}
SHARED |= {"D4": (measurement, [FIVE] * 5), "D5": (selection, [FIVE] * 3)}
ALGORITHMS = {
    "rob2-assignment": SHARED | {"D2": (deviations_assignment, [FIVE] * 7)},
    "rob2-adhering": SHARED | {"D2": (deviations_adhering, [FIVE, FIVE, OR_NA, OR_NA, OR_NA, FIVE])},
}


@pytest.mark.parametrize(("tool", "domain"), [(tool, domain) for tool, domains in ALGORITHMS.items() for domain in domains])
def test_every_combination_of_answers_leads_where_the_algorithm_leads(tool, domain):
    decide, choices = ALGORITHMS[tool][domain]
    definition = packaged_tool(tool)
    of = definition.domain(domain)
    ids = [question.id for question in of.questions]
    assert [definition.choices(question) for question in of.questions] == choices
    for answers in product(*choices):
        given = dict(zip(ids, answers, strict=True))
        ask = Walk(given)
        level = decide(ask)
        assert proposed(definition, of, given) == level, given
        found, lacking = asked(definition, of, {id_: given[id_] for id_ in ask.seen})
        assert lacking == ()
        assert {id_ for id_, answer in found.items() if answer != "NA" or id_ in ask.seen} == set(ask.seen), given


@pytest.mark.parametrize("tool", ALGORITHMS)
def test_no_question_is_decided_without_its_answer(tool):
    definition = packaged_tool(tool)
    for domain in definition.domains:
        _, lacking = asked(definition, domain, {})
        assert lacking[0] == domain.questions[0].id
        assert proposed(definition, domain, {}) == ""


def test_the_worst_domain_counts_overall_and_there_is_no_rule_of_two():
    definition = packaged_tool("rob2-assignment")
    for levels in product((LOW, SOME, HIGH), repeat=5):
        expected = HIGH if HIGH in levels else SOME if SOME in levels else LOW
        assert definition.worst(list(levels)) == expected
