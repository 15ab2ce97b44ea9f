"""What texts claim is found, taken neither for more nor for less than it says, and judged by what is known."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.formats.folders import RESULTS, folder, row

import trialpool as tp
from trialpool.analysis.claims import only_results
from trialpool.analysis.claims_evidence import VERDICTS, Evidence, concepts_of, verdict_on
from trialpool.analysis.claims_judged import SIDES
from trialpool.analysis.claims_said import claims_in
from trialpool.analysis.claims_scope import Scope, Scopes

FLAGSHIP = Path(__file__).parents[2] / "reviews/imid-maintenance"

# a sentence, and what it claims: outcome, direction, of whom; ? said with reserve, ! said of other work; nothing where empty
SAID = [
    ("Lenalidomide improved overall survival.", "OS better lenalidomide"),
    ("Maintenance improved PFS but not OS.", "PFS better overall; OS not better overall"),
    ("Maintenance did not improve PFS or OS.", "PFS not better overall; OS not better overall"),
    ("Neither PFS nor OS was improved.", "PFS not better overall; OS not better overall"),
    ("Treatment failed to provide an overall survival benefit.", "OS not better overall"),
    ("There was no difference in overall survival.", "OS no different overall"),
    ("There was no significant difference in OS between groups.", "OS no different overall"),
    ("Overall survival did not differ between arms.", "OS no different overall"),
    ("Maintenance increased the risk of second primary malignancies.", "SPM worse overall"),
    ("Maintenance reduced the risk of progression or death by 38%.", "PFS better overall"),
    ("Maintenance reduced the risk of death.", "OS better overall"),
    ("Maintenance may improve overall survival.", "OS better overall?"),
    ("Whether maintenance improves overall survival is unknown.", ""),
    ("We assessed whether maintenance improves OS.", ""),
    ("Does maintenance prolong survival?", ""),
    ("If maintenance improved OS, it would be standard.", ""),
    ("Maintenance improved PFS without improving OS.", "PFS better overall; OS not better overall"),
    ("PFS was longer, with no difference in OS.", "PFS better overall; OS no different overall"),
    ("OS, but not PFS, was improved.", "OS better overall; PFS not better overall"),
    ("Maintenance not only improved PFS but also OS.", "PFS better overall; OS better overall"),
    ("In elderly patients, maintenance improved OS.", "OS better a part: In elderly"),
    ("In patients with multiple myeloma, maintenance improved PFS.", "PFS better overall"),
    ("In patients with transplantation, maintenance improved OS.", "OS better with transplantation"),
    ("Among patients with high-risk cytogenetics, OS was shorter.", "OS worse a part: Among patients with high-risk cytogenetics"),
    ("Previous trials showed that maintenance improved OS.", "OS better overall!"),
    ("The improvement in OS did not reach statistical significance.", "OS not better overall"),
    ("An overall survival benefit was not observed.", "OS not better overall"),
    ("New treatments are needed to improve overall survival.", ""),
    ("Maintenance was shown to improve overall survival.", "OS better overall"),
    ("Mortality was similar in both groups.", "OS no different overall"),
    ("PFS improved and grade 3-4 adverse events increased.", "PFS better overall; adverse events worse overall"),
    ("Maintenance improved PFS, OS and increased infections.", "PFS better overall; OS better overall; infection worse overall"),
    (
        "Maintenance improved PFS at the cost of more neutropenia and infection.",
        "PFS better overall; neutropenia worse overall; infection worse overall",
    ),
    ("OS was shorter with maintenance.", "OS worse overall"),
    ("Patients lived longer with maintenance.", "OS better overall"),
    ("A trend toward improved OS was seen.", "OS better overall?"),
    ("Overall survival was the primary end point.", ""),
    ("Median PFS was 50 vs 30 months.", ""),
    ("Both thalidomide and lenalidomide improved PFS.", "PFS better thalidomide, lenalidomide"),
    ("Maintenance with thalidomide or lenalidomide improved PFS.", "PFS better overall"),
    ("Maintenance had no effect on overall survival.", "OS no different overall"),
    ("There was no evidence of a benefit in overall survival.", "OS not better overall"),
    ("Maintenance did not increase the risk of second cancers.", "SPM not worse overall"),
    ("No increase in infections was seen.", "infection not worse overall"),
    ("Survival benefit was lacking.", "OS not better overall"),
    ("Fewer deaths occurred with maintenance.", "OS better overall"),
    ("Maintenance doubled the risk of blood clots.", "thromboembolism worse overall"),
    ("The drug cut deaths by a quarter.", "OS better overall"),
    ("It prolonged PFS; OS was unchanged.", "PFS better overall; OS no different overall"),
    ("It prolonged PFS, but OS was similar.", "PFS better overall; OS no different overall"),
    ("Although PFS was improved, OS was not.", "PFS better overall; OS not better overall"),
    ("PFS was improved while OS was not improved.", "PFS better overall; OS not better overall"),
    ("The drug could not prolong survival.", "OS not better overall"),
    ("There was insufficient evidence that it improves OS.", ""),
    ("It remains unproven that OS is improved.", ""),
    ("OS was not inferior.", "OS not worse overall"),
    ("OS was shorter in the control group.", "OS better overall"),
    ("Placebo patients had shorter PFS.", "PFS better overall"),
    ("OS was longer with maintenance than with placebo.", "OS better overall"),
    ("Compared with placebo, maintenance improved PFS.", "PFS better overall"),
    ("Lenalidomide improved OS compared with thalidomide.", "OS better a part: one subgroup against another (compared with)"),
    ("OS did not differ between thalidomide and lenalidomide.", "OS no different a part: one subgroup against another (between)"),
    ("In CALGB 100104, lenalidomide improved OS.", "OS better a part: CALGB 100104"),
    ("Three trials showed that maintenance improved OS.", "OS better a part: Three trials"),
    ("In a small trial, maintenance shortened PFS.", "PFS worse a part: In a small trial"),
    ("Patients without transplantation had improved PFS.", "PFS better without transplantation"),
    ("In patients with no transplantation, PFS was improved.", "PFS better a part: In patients with no transplantation"),
    ("The dose was reduced because of infections.", ""),
    ("Many reduced the dose due to neutropenia.", ""),
    ("Patients no longer had progression.", ""),
    ("More importantly, overall survival was reported.", ""),
    ("Longer follow-up for overall survival is awaited.", ""),
    ("With longer follow-up, overall survival was similar.", "OS no different overall"),
    ("The PFS gain did not translate into longer OS.", "PFS better overall; OS not better overall"),
    ("Survival free of progression was longer.", "PFS better overall"),
    ("At the same time, maintenance improved PFS.", "PFS better overall"),
    ("Second cancers were more frequent.", "SPM worse overall"),
    ("Higher-risk patients had progression.", ""),
    ("Patients lived longer without their disease getting worse.", "PFS better overall"),
    ("OS was noninferior.", "OS not worse overall"),
    ("Maintenance did not fail to improve PFS.", "PFS better overall"),
    ("PFS was longer with placebo.", "PFS worse overall"),
    ("PFS was not longer with placebo.", "PFS not worse overall"),
    ("Thromboembolism was less common with placebo.", "thromboembolism worse overall"),
    ("PFS with maintenance was inferior to that with observation.", "PFS worse overall"),
    ("Maintenance was superior to placebo for PFS but not for OS.", "PFS better overall; OS not better overall"),
    ("Patients assigned to placebo lived longer.", "OS worse overall"),
    ("PFS was longer with maintenance (42 months) than with placebo.", "PFS better overall"),
    ("PFS was longer in 42 patients with placebo.", "PFS better a part: with placebo"),
    ("Maintenance improved PFS without compromising OS.", "PFS better overall; OS not worse overall"),
    ("Longer OS has never been shown.", "OS not better overall"),
    ("OS was no longer with maintenance than without.", "OS not better overall"),
    ("Improved overall survival is urgently needed.", ""),
    ("Blood clots were rarer with maintenance.", "thromboembolism better overall"),
    ("Mortality did not fall.", "OS not better overall"),
    ("Mortality rates fall short of expectations.", ""),
    ("Progression occurred later with maintenance.", "PFS better overall"),
    ("Maintenance trebled the rate of peripheral neuropathy.", "neuropathy worse overall"),
    ("Maintenance kept patients alive longer.", "OS better overall"),
    ("Maintenance reduced PFS events.", "PFS better overall"),
    ("Maintenance was ineffective at prolonging PFS.", "PFS not better overall"),
    ("The drug did nothing to improve OS.", "OS not better overall"),
    ("OS improved among patients who had a transplant.", "OS better a part: among patients who had a transplant"),
    ("Maintenance improved PFS at no cost to OS.", "PFS better overall"),
    ("Maintenance improved PFS in patients who received it.", "PFS better overall"),
    ("PFS improved in patients who received bortezomib.", "PFS better a part: in patients who received bortezomib"),
    ("Patients with breast cancer lived longer with the drug.", "OS better a part: with breast cancer"),
    ("In metastatic melanoma, the drug improved OS.", "OS better a part: In metastatic melanoma"),
    ("Maintenance raised the risk of second cancers.", "SPM worse overall"),
    ("Patients who stopped treatment relapsed sooner.", "RFS worse a part: Patients who stopped treatment relapsed sooner"),
    ("With lenalidomide, but not thalidomide, OS was improved.", "OS better a part: one subgroup against another (but not)"),
]


@pytest.fixture(scope="module")
def findings():
    return tp.analyse(only_results(tp.read_review(FLAGSHIP)))


@pytest.fixture(scope="module")
def news(findings):
    (text,) = findings.review.claims
    return tp.verify(findings, text.text, name=text.name)


@pytest.mark.parametrize(("text", "claimed"), SAID, ids=lambda value: value[:50])
def test_what_a_sentence_claims(findings, text, claimed):
    review = findings.review
    found = claims_in(text, Scopes.of_review(review), concepts_of(review))
    marks = [f"{c.label} {c.says} {c.scope}{'?' if c.hedged else ''}{'!' if c.of_others else ''}" for c in found]
    assert "; ".join(marks) == claimed


def said_of(verified, outcome, claim):
    return [item for item in verified.judged if (item.outcome, item.claim) == (outcome, claim)]


def figures_of(verified, outcome):
    (found,) = [item for item in verified.judged if item.kind == "figures" and item.outcome == outcome]
    return found


def test_the_lead_of_the_news_item_is_contradicted_by_its_own_result(news):
    headline, lead = said_of(news, "OS", "better")
    for claim in (headline, lead):
        assert claim.verdict == "contradicted"
        assert claim.by("text").verdict == "contradicted"
        assert "no overall survival benefit" in claim.why
        assert "HR 0.93 (95% CI 0.85 to 1.01), P = 0.082" in claim.why
    assert lead.said == "improved both progression-free and overall survival"


def test_each_judgement_shows_the_review_and_the_publication(news):
    (claim,) = [item for item in said_of(news, "OS", "not better") if item.scope == "overall"]
    assert claim.verdict == "disputed"
    assert (claim.by("itself").verdict, claim.by("review").verdict) == ("borne out", "contradicted")
    assert claim.by("published").verdict == "borne out"
    assert "this review: OS HR 0.86 (0.76 to 0.97)" in claim.why
    assert "wang-2016: OS HR 0.93 (0.85 to 1.01), P = 0.082" in claim.why


def test_the_p_of_the_news_item_passes_its_rounding_box(news):
    figures = figures_of(news, "OS")
    assert figures.by("itself").verdict == "borne out"
    assert (
        figures.by("itself").why == "its figures agree: estimate and limits leave a P from 0.059 to 0.15 open, and 0.082 is printed"
    )
    assert figures.by("published").verdict == "borne out"


def test_what_is_right_in_the_news_item_is_borne_out(news):
    assert {item.verdict for item in said_of(news, "PFS", "better")} == {"borne out"}
    assert figures_of(news, "PFS").verdict == figures_of(news, "thromboembolism").verdict == "borne out"
    (harm,) = said_of(news, "thromboembolism", "worse")
    assert harm.verdict == "borne out"
    (kinds,) = said_of(news, "adverse events", "worse")
    assert kinds.verdict == "borne out"
    assert kinds.why.startswith("so say all 8 kinds of it: wang-2016: vascular events RR 2.52 (1.41 to 4.52)")
    (strata,) = [item for item in said_of(news, "OS", "not better") if item.scope != "overall"]
    assert strata.scope == "thalidomide, lenalidomide, with transplantation, without transplantation"
    assert strata.by("review").verdict == "borne out"
    assert strata.why.endswith("absence of evidence is not evidence of absence")


def test_a_corrected_lead_is_not_accused(findings):
    text = findings.review.claims[0].text.replace(" and lengthen life", "")
    text = text.replace("both progression-free and overall survival", "progression-free survival")
    assert tp.verify(findings, text).contradicted == ()


def test_places_are_those_of_the_text(news):
    for item in news.judged:
        assert news.text[item.start : item.end].strip()
        assert item.sentence_start <= item.start < item.end <= item.sentence_end
    assert [item.start for item in news.judged] == sorted(item.start for item in news.judged)


def test_result_as_frame_and_plain_values(news):
    assert list(news.to_frame()["verdict"]) == [item.verdict for item in news.judged]
    data = news.to_dict()
    assert (data["contradicted"], len(data["judged"])) == (2, len(news.judged))
    assert set(data["judged"][0]["judgements"]) == set(SIDES)
    assert str(news).startswith(news.summary)


def verdict(findings, text, **options):
    judged = tp.verify(findings, text, **options).judged
    return [item.verdict for item in judged if item.kind == "claim"]


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        ("Maintenance improved progression-free survival.", ["borne out"]),
        ("Maintenance shortened progression-free survival.", ["contradicted"]),
        ("There was no difference in progression-free survival.", ["contradicted"]),
        ("Maintenance improved overall survival.", ["disputed"]),
        ("Maintenance may improve progression-free survival.", ["can't be judged"]),
        ("Earlier trials found that maintenance improved progression-free survival.", ["can't be judged"]),
        ("In elderly patients, maintenance worsened progression-free survival.", ["can't be judged"]),
        ("Maintenance improved quality of life.", ["can't be judged"]),
        ("Lenalidomide improved progression-free survival.", ["borne out"]),
        ("Lenalidomide improved overall survival.", ["not borne out"]),
        ("Lenalidomide shortened progression-free survival.", ["contradicted"]),
        ("Does maintenance shorten progression-free survival?", []),
        ("Whether it shortens progression-free survival was asked.", []),
    ],
)
def test_verdicts_by_the_findings(findings, text, verdicts):
    assert verdict(findings, text) == verdicts


def test_two_claims_that_exclude_each_other(findings):
    verified = tp.verify(findings, "Maintenance improved quality of life. Quality of life was worse with maintenance.")
    assert [item.verdict for item in verified.judged] == ["contradicted", "contradicted"]


def test_a_claim_beyond_the_figures_of_its_own_sentence(findings):
    (claim, figures) = tp.verify(findings, "Response was improved (OR 1.20, 95% CI 0.90-1.60).").judged
    assert (claim.kind, claim.by("itself").verdict, claim.verdict) == ("claim", "not borne out", "not borne out")
    assert figures.by("itself").verdict == "borne out"


def test_a_ratio_the_other_way_round_is_no_accusation(findings):
    (claim, _) = tp.verify(findings, "Control worsened event-free survival (HR 0.60, 95% CI 0.50-0.72).").judged
    assert claim.by("itself").verdict == "can't be judged"
    assert claim.verdict == "can't be judged"


def test_figures_that_cannot_be_right(findings):
    text = "OS: HR 0.93 (95% CI 0.85-1.01; P = .001). PFS: HR 0.62 (95% CI 0.57-67). Stroke: RR 1.21 (95% CI 0.95 to 1.14)."
    judged = tp.verify(findings, text).judged
    assert [item.by("itself").verdict for item in judged] == ["contradicted"] * 3
    assert "0.57 to 67 can't be the limits of 0.62" in judged[1].why


def test_figures_other_than_those_that_the_cited_publication_prints(findings):
    text = "Maintenance: progression-free survival HR 0.42 (95% CI 0.37-0.48)."
    assert [item.by("published").verdict for item in tp.verify(findings, text, about="wang-2016").judged] == ["contradicted"]
    assert [item.by("published").verdict for item in tp.verify(findings, text).judged] == ["not borne out"]


def test_figures_without_an_interval_or_beside_both_arms(findings):
    (figures,) = tp.verify(findings, "The risk ratio for thromboembolism was 2.52.").judged
    assert (figures.by("published").verdict, figures.by("itself").verdict) == ("borne out", "can't be judged")
    text = "PFS was 46 months with lenalidomide and 27 months with placebo (HR 0.48; 95% CI 0.36-0.63)."
    (figures,) = tp.verify(findings, text).judged
    assert (figures.scope, figures.by("review").verdict) == ("lenalidomide", "borne out")


def test_a_publication_that_is_not_there(findings):
    with pytest.raises(tp.BadArgument) as refused:
        tp.verify(findings, "x", about="wang-2061")
    assert str(refused.value).startswith("published.csv has no publication 'wang-2061'. It has wang-2016, ")


def test_a_text_without_any_claim(findings):
    verified = tp.verify(findings, "The weather was fine in all eighteen trials.")
    assert verified.judged == ()
    assert verified.summary == "No effect statement and no directional claim was found in this text: there is nothing to judge."


def test_no_difference_where_the_interval_is_wide_is_told_so(tmp_path):
    rows = [row(estimate="0.95", ci_low="0.55", ci_high="1.64"), *({**cells, "use": "no", "note": "x"} for cells in RESULTS[1:])]
    findings = tp.analyse(only_results(tp.read_review(folder(tmp_path, results=rows))))
    (claim,) = tp.verify(findings, "There was no difference in overall survival.").judged
    assert claim.verdict == "too uncertain"
    assert "leaves open a ratio of 0.55 (45% lower) and a ratio of 1.64 (64% higher)" in claim.why
    assert claim.why.endswith("absence of evidence is not evidence of absence")
    (significance,) = tp.verify(findings, "There was no significant difference in overall survival.").judged
    assert significance.verdict == "borne out"
    assert significance.why.endswith("absence of evidence is not evidence of absence")


def evidence(low, high, **other):
    given = {
        "of": "x",
        "concept": "os",
        "label": "OS",
        "scope": Scope(),
        "measure": "HR",
        "estimate": (low * high) ** 0.5,
        "shown": "",
    }
    return Evidence(**(given | {"low": low, "high": high} | other))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.6, 0.8, {"better": "borne out", "worse": "contradicted", "no different": "contradicted", "not better": "contradicted"}),
        (1.2, 1.6, {"better": "contradicted", "worse": "borne out", "no different": "contradicted", "not better": "borne out"}),
        (0.9, 1.1, {"better": "not borne out", "worse": "not borne out", "no different": "borne out", "not worse": "borne out"}),
        (
            0.5,
            2.0,
            {"better": "too uncertain", "worse": "too uncertain", "no different": "too uncertain", "not worse": "too uncertain"},
        ),
        (
            0.7,
            1.1,
            {"better": "not borne out", "no different": "too uncertain", "not better": "borne out", "not worse": "borne out"},
        ),
    ],
)
def test_every_claim_by_where_the_interval_lies(low, high, expected):
    assert {claim: verdict_on(claim, evidence(low, high))[0] for claim in expected} == expected
    swapped = {"better": "worse", "worse": "better", "no different": "no different"}
    alike = {claim: verdict for claim, verdict in expected.items() if claim in swapped}
    assert {claim: verdict_on(swapped[claim], evidence(1 / high, 1 / low))[0] for claim in alike} == alike
    higher = evidence(1 / high, 1 / low, lower_is_better=False)
    assert {claim: verdict_on(claim, higher)[0] for claim in expected} == expected


def test_every_verdict_is_explained_on_the_page_about_claims():
    page = (FLAGSHIP.parents[1] / "docs/claims.md").read_text(encoding="utf-8")
    assert [verdict for verdict in VERDICTS if f"| {verdict} |" not in page] == []


def test_what_is_called_significant_and_is_not_is_contradicted_by_its_own_sentence(findings):
    text = "Both PFS (HR 0.62 [0.57-0.67]) and OS (HR 0.93 [0.85-1.01]) were significantly improved."
    claims = [item for item in tp.verify(findings, text).judged if item.kind == "claim"]
    assert [(item.outcome, item.verdict) for item in claims] == [("PFS", "borne out"), ("OS", "contradicted")]
    after = tp.verify(findings, "OS improved significantly with maintenance (HR 0.93 [0.85-1.01]).").judged
    assert [item.verdict for item in after if item.kind == "claim"] == ["contradicted"]
    (plain,) = [item for item in tp.verify(findings, "OS improved (HR 0.93 [0.85-1.01]).").judged if item.kind == "claim"]
    assert (plain.verdict, plain.by("itself").verdict) == ("disputed", "not borne out")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The risk of death was reduced by 38% (HR 0.62, 95% CI 0.57-0.67).", "borne out"),
        ("The risk of death was 25% lower (HR 0.62, 95% CI 0.57-0.67).", "not borne out"),
        ("The risk of death was reduced by almost 50% (HR 0.62, 95% CI 0.57-0.67).", "borne out"),
        ("The risk of death was reduced by 39% (HR 0.62, 95% CI 0.57-0.67).", "borne out"),
        ("The risk of death increased by 61% (HR 0.62, 95% CI 0.57-0.67, control against treatment).", "borne out"),
        ("The absolute risk of death was reduced by 12% (HR 0.62, 95% CI 0.57-0.67).", "borne out"),
        ("LDL fell by 50%, and the risk of death was reduced (HR 0.62, 95% CI 0.57-0.67).", "borne out"),
        ("The odds of death were reduced by 25% (OR 0.62, 95% CI 0.57-0.67).", "borne out"),
    ],
)
def test_a_change_in_percent_agrees_with_the_ratio_beside_it(findings, text, verdict):
    (figures,) = [item for item in tp.verify(findings, text).judged if item.kind == "figures"]
    assert figures.by("itself").verdict == verdict
    if verdict != "borne out":
        said = "a change of -25% is said beside HR 0.62, which is one of -38% (-38.5% to -37.5% by rounding)"
        assert figures.by("itself").why == said


def test_what_is_called_significant_is_contradicted_by_the_figures_of_another_sentence(findings):
    text = "Overall survival improved significantly. The hazard ratio for death was 0.93 (95% CI 0.85-1.01)."
    (claim,) = [item for item in tp.verify(findings, text).judged if item.kind == "claim"]
    assert (claim.verdict, claim.by("text").verdict) == ("contradicted", "contradicted")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Maintenance failed to improve OS.", "failed to improve OS"),
        ("An OS benefit was not observed.", "OS benefit was not observed"),
        ("PFS was improved, but OS was not.", "OS was not"),
        ("Neither PFS nor OS was improved.", "nor OS was improved"),
    ],
)
def test_the_words_of_a_claim_have_its_negation(findings, text, said):
    assert tp.verify(findings, text).judged[-1].said == said
