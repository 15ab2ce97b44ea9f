"""What the methods section is made of: paragraphs, and the references that they lean on."""

from __future__ import annotations

from dataclasses import dataclass

REFERENCES = {
    "DL": "DerSimonian R, Laird N. Meta-analysis in clinical trials. Control Clin Trials. 1986;7:177-188.",
    "REML": "Viechtbauer W. Bias and efficiency of meta-analytic variance estimators in the random-effects model. "
    "J Educ Behav Stat. 2005;30:261-293.",
    "PM": "Paule RC, Mandel J. Consensus values and weighting factors. J Res Natl Bur Stand. 1982;87:377-385.",
    "HK": "Hartung J, Knapp G. A refined method for the meta-analysis of controlled clinical trials with binary outcome. "
    "Stat Med. 2001;20:3875-3889.",
    "HK-floor": "Knapp G, Hartung J. Improved tests for a random effects meta-regression with a single covariate. "
    "Stat Med. 2003;22:2693-2710.",
    "HK-wider": "Jackson D, Law M, Rücker G, Schwarzer G. The Hartung-Knapp modification for random-effects meta-analysis: a "
    "useful refinement but are there any residual concerns? Stat Med. 2017;36:3923-3934.",
    "HK-IQWiG": "Institute for Quality and Efficiency in Health Care (IQWiG). General Methods, version 6. 2022.",
    "t": "Follmann DA, Proschan MA. Valid inference in random effects meta-analysis. Biometrics. 1999;55:732-737.",
    "prediction": "Higgins JPT, Thompson SG, Spiegelhalter DJ. A re-evaluation of random-effects meta-analysis. "
    "J R Stat Soc A. 2009;172:137-159.",
    "I2": "Higgins JPT, Thompson SG. Quantifying heterogeneity in a meta-analysis. Stat Med. 2002;21:1539-1558.",
    "QP": "Viechtbauer W. Confidence intervals for the amount of heterogeneity in meta-analysis. Stat Med. 2007;26:37-52.",
    "routes": "Parmar MKB, Torri V, Stewart L. Extracting summary statistics to perform meta-analyses of the published literature "
    "for survival endpoints. Stat Med. 1998;17:2815-2834.",
    "tierney": "Tierney JF, Stewart LA, Ghersi D, Burdett S, Sydes MR. Practical methods for incorporating summary time-to-event "
    "data into meta-analysis. Trials. 2007;8:16.",
    "MH": "Mantel N, Haenszel W. Statistical aspects of the analysis of data from retrospective studies of disease. "
    "J Natl Cancer Inst. 1959;22:719-748.",
    "peto": "Yusuf S, Peto R, Lewis J, Collins R, Sleight P. Beta blockade during and after myocardial infarction: an overview of "
    "the randomized trials. Prog Cardiovasc Dis. 1985;27:335-371.",
    "egger": "Egger M, Davey Smith G, Schneider M, Minder C. Bias in meta-analysis detected by a simple, graphical test. "
    "BMJ. 1997;315:629-634.",
    "subgroups": "Borenstein M, Higgins JPT. Meta-analysis and subgroups. Prev Sci. 2013;14:134-143.",
    "multiverse": "Voracek M, Kossmeier M, Tran US. Which data to meta-analyze, and how? A specification-curve and "
    "multiverse-analysis approach to meta-analysis. Z Psychol. 2019;227:64-82.",
    "influence": "Viechtbauer W, Cheung MWL. Outlier and influence diagnostics for meta-analysis. Res Synth Methods. "
    "2010;1:112-125.",
    "baujat": "Baujat B, Mahé C, Pignon JP, Hill C. A graphical method for exploring heterogeneity in meta-analyses: application "
    "to a meta-analysis of 65 trials. Stat Med. 2002;21:2641-2652.",
    "subsets": "Olkin I, Dahabreh IJ, Trikalinos TA. GOSH - a graphical display of study heterogeneity. Res Synth Methods. "
    "2012;3:214-223.",
    "asymmetry": "Sterne JAC, Sutton AJ, Ioannidis JPA, et al. Recommendations for examining and interpreting funnel plot "
    "asymmetry in meta-analyses of randomised controlled trials. BMJ. 2011;343:d4002.",
    "sequential": "Wetterslev J, Thorlund K, Brok J, Gluud C. Trial sequential analysis may establish when firm evidence is "
    "reached in cumulative meta-analysis. J Clin Epidemiol. 2008;61:64-75.",
    "diversity": "Wetterslev J, Thorlund K, Brok J, Gluud C. Estimating required information size by quantifying diversity in "
    "random-effects model meta-analyses. BMC Med Res Methodol. 2009;9:86.",
    "spending": "Lan KKG, DeMets DL. Discrete sequential boundaries for clinical trials. Biometrika. 1983;70:659-663.",
    "bayesian": "Röver C. Bayesian random-effects meta-analysis using the bayesmeta R package. J Stat Softw. 2020;93(6).",
    "priors": "Röver C, Bender R, Dias S, Schmid CH, Schmidli H, Sturtz S, Weber S, Friede T. On weakly informative prior "
    "distributions for the heterogeneity parameter in Bayesian random-effects meta-analysis. Res Synth Methods. "
    "2021;12:448-474.",
    "GRADE": "Guyatt GH, Oxman AD, Vist GE, et al. GRADE: an emerging consensus on rating quality of evidence and strength of "
    "recommendations. BMJ. 2008;336:924-926.",
    "imprecision": "Zeng L, Brignardello-Petersen R, Hultcrantz M, et al. GRADE Guidance 34: update on rating imprecision using "
    "a minimally contextualized approach. J Clin Epidemiol. 2022;150:216-224.",
    "statements": "Santesso N, Glenton C, Dahm P, et al. GRADE guidelines 26: informative statements to communicate the findings "
    "of systematic reviews of interventions. J Clin Epidemiol. 2020;119:126-135.",
    "absolute": "Altman DG, Andersen PK. Calculating the number needed to treat for trials where the outcome is time to an event. "
    "BMJ. 1999;319:1492-1495.",
    "wan": "Wan X, Wang W, Liu J, Tong T. Estimating the sample mean and standard deviation from the sample size, median, range "
    "and/or interquartile range. BMC Med Res Methodol. 2014;14:135.",
    "luo": "Luo D, Wan X, Liu J, Tong T. Optimally estimating the sample mean from the sample size, median, mid-range, and/or "
    "mid-quartile range. Stat Methods Med Res. 2018;27:1785-1805.",
    "hedges": "Hedges LV. Distribution theory for Glass's estimator of effect size and related estimators. J Educ Stat. "
    "1981;6:107-128.",
    "trim and fill": "Duval S, Tweedie R. Trim and fill: a simple funnel-plot-based method of testing and adjusting for "
    "publication bias in meta-analysis. Biometrics. 2000;56:455-463.",
}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the methods, and the keys of the references it leans on."""

    heading: str
    text: str
    cites: tuple[str, ...] = ()
