"""regress by formula: frames of every kind, factors crossed, predictions, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.regression.reference import columns, effects_of
from tests.stats.reference_tables import near

from trialpool.errors import BadArgument, NotEstimable
from trialpool.formulas.regress import location_scale, regress
from trialpool.stats.effects.effects import Effects, effects
from trialpool.stats.regression.information import likelihood_ratio_test
from trialpool.stats.regression.regress import regress_matrix
from trialpool.stats.regression.robust import robust

SEVEN = effects(
    [-0.9, -0.5, -0.4, 0.1, -0.2, -0.3, -0.1], [0.04, 0.02, 0.03, 0.02, 0.03, 0.02, 0.01], list("ABCDEFG"), measure="RR"
)
DATA: dict[str, Any] = {
    "latitude": [44, 33, 27, 13, 19, 55, 20],
    "twice": [88, 66, 54, 26, 38, 110, 40],
    "alloc": ["random", "random", "system", "system", "alternate", "random", "alternate"],
    "year": [1948, 1950, 1953, 1961, 1962, 1968, None],
    "decade": ["1940", "1950", "1950", "1960", "1960", "1960", "1960"],
    "mixed": [1948, 1950, "n/a", 1961, 1962, 1968, 1970],
    "masked": [True, False, True, False, True, True, False],
    "lone": ["u", "u", "v", "v", "v", "u", "w"],
    "same": ["x"] * 7,
    "three": [3] * 7,
    "author": list("abcdefg"),
    "mean age": [40, 41, 45, 50, 52, 60, 61],
}
FRAMES = {
    "mapping": dict,
    "arrays": lambda data: {name: np.array(values, dtype=object) for name, values in data.items()},
    "pandas": pd.DataFrame,
    "polars": lambda data: pl.DataFrame(data, strict=False),
    "arrow": lambda data: pa.table({name: values for name, values in data.items() if name != "mixed"}),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_frames_of_every_kind_say_the_same(kind: str) -> None:
    fit = regress(SEVEN, "~ latitude + alloc", FRAMES[kind](DATA))
    by_hand = [[1, lat, a == "random", a == "system"] for lat, a in zip(DATA["latitude"], DATA["alloc"], strict=True)]
    other = regress_matrix(SEVEN, np.array(by_hand, dtype=float), ["intercept", "latitude", "alloc[random]", "alloc[system]"])
    assert fit.names == other.names
    assert fit.beta == near(other.beta)
    assert fit.cov == near(other.cov)
    assert [(term.name, term.columns) for term in fit.design.terms] == [("intercept", (0,)), ("latitude", (1,)), ("alloc", (2, 3))]
    new = FRAMES[kind]({"latitude": [10, 60], "alloc": ["system", "alternate"]})
    assert fit.predict(new).estimate == near([other.beta @ [1, 10, 0, 1], other.beta @ [1, 60, 0, 0]])
    dropped = regress(SEVEN, "~ year", FRAMES[kind](DATA), missing="drop")
    assert (dropped.k, dropped.notes) == (6, ("G: left out, as it has no year",))


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        ("~ 1", ["intercept"]),
        ("latitude", ["intercept", "latitude"]),
        ("~ latitude - 1", ["latitude"]),
        ("~ 0 + alloc", ["alloc[alternate]", "alloc[random]", "alloc[system]"]),
        ('~ C(alloc, Treatment("system"))', ["intercept", "alloc[alternate]", "alloc[random]"]),
        ('~ C(alloc, contr.treatment("system"))', ["intercept", "alloc[alternate]", "alloc[random]"]),
        ("~ C(decade)", ["intercept", "decade[1950]", "decade[1960]"]),
        ("~ masked * latitude", ["intercept", "masked", "latitude", "masked:latitude"]),
        ("~ lone:latitude", ["intercept", "lone[u]:latitude", "lone[v]:latitude", "lone[w]:latitude"]),
        ("~ log(latitude) + sqrt(latitude)", ["intercept", "log(latitude)", "sqrt(latitude)"]),
        ("~ {latitude / 10}", ["intercept", "latitude / 10"]),
        ("~ I(latitude ** 2)", ["intercept", "I(latitude ** 2)"]),
        ("~ poly(latitude, 2)", ["intercept", "poly(latitude, 2)[1]", "poly(latitude, 2)[2]"]),
        ("~ `mean age`", ["intercept", "mean age"]),
        ("~ log(`mean age`)", ["intercept", "log(`mean age`)"]),
    ],
)
def test_what_a_formula_stands_for(formula: str, names: list[str]) -> None:
    fit = regress(SEVEN, formula, DATA)
    assert list(fit.names) == names
    assert fit.predict(DATA | {"year": [0] * 7}).estimate == near(fit.fitted[: 1 if formula == "~ 1" else 7])


def test_the_order_of_levels_is_the_table_s_own() -> None:
    levels = ["system", "random", "alternate"]
    frames = [
        pd.DataFrame({"alloc": pd.Categorical(DATA["alloc"], categories=[*levels, "unused"])}),
        pl.DataFrame({"alloc": pl.Series(DATA["alloc"], dtype=pl.Enum([*levels, "unused"]))}),
    ]
    for frame in frames:
        assert regress(SEVEN, "~ alloc", frame).names == ("intercept", "alloc[random]", "alloc[alternate]")


def test_centring_of_new_data_is_that_of_the_fit() -> None:
    fit, plain = (regress(SEVEN, formula, DATA) for formula in ("~ center(latitude)", "~ latitude"))
    assert fit.predict({"latitude": [10, 20]}).estimate == near(plain.predict({"latitude": [10, 20]}).estimate)


def test_factors_crossed_are_the_cells_by_themselves_and_their_interaction_is_tested() -> None:
    """drug * setting: the interaction is the difference of differences of the four cells, at the common tau2."""
    rng = np.random.default_rng(8)
    drug, setting = np.tile(["lenalidomide", "thalidomide"], 8), np.repeat(["no transplant", "transplant"], 8)
    these = effects(rng.normal(-0.3, 0.3, 16), rng.uniform(0.01, 0.05, 16))
    fit = regress(these, "~ drug * setting", {"drug": drug, "setting": setting}, ci="Wald")
    cells = regress(these, "~ 0 + cell", {"cell": [f"{d} {s}" for d, s in zip(drug, setting, strict=True)]}, ci="Wald")
    assert fit.tau2 == near(cells.tau2)
    by_cell = dict(zip(cells.names, cells.beta, strict=True))
    difference = by_cell["cell[thalidomide transplant]"] - by_cell["cell[lenalidomide transplant]"]
    difference -= by_cell["cell[thalidomide no transplant]"] - by_cell["cell[lenalidomide no transplant]"]
    interaction = fit.term_tests[-1]
    assert interaction.name == "drug:setting"
    assert fit.beta[-1] == pytest.approx(difference, rel=1e-9)
    assert interaction.statistic == pytest.approx(difference**2 / (cells.se**2).sum(), rel=1e-9)
    assert interaction.df1 == 1
    contrast, together = cells.contrast(
        {
            "cell[thalidomide transplant]": 1,
            "cell[lenalidomide transplant]": -1,
            "cell[thalidomide no transplant]": -1,
            "cell[lenalidomide no transplant]": 1,
        },
        name="interaction",
    )
    assert (contrast.estimate[0], together.p) == (near(difference), near(interaction.p))


def test_a_level_of_one_study_is_allowed_and_said() -> None:
    fit = regress(SEVEN, "~ lone", DATA)
    assert fit.notes == ("lone = w: one study (G)",)
    assert fit.fitted[-1] == near(SEVEN.yi[-1])
    assert np.isnan(fit.studentised_residuals[-1])
    by_matrix = regress_matrix(SEVEN, fit.design.X, ["intercept", "v", "w"])
    assert by_matrix.notes == ("a coefficient rests alone on each of: G. Its fitted value is its own effect",)


def test_a_study_left_out_keeps_its_place() -> None:
    fit = regress(SEVEN, "~ year", DATA, missing="drop")
    kept = Effects(yi=SEVEN.yi[:6], vi=SEVEN.vi[:6], study=SEVEN.study[:6])
    alone = regress(kept, "~ year", {"year": DATA["year"][:6]})
    assert fit.beta == near(alone.beta)
    assert fit.fitted[:6] == near(alone.fitted)
    assert np.isnan(fit.fitted[6])
    assert "Note: G: left out, as it has no year" in str(fit)


def test_an_absent_study_needs_no_moderators() -> None:
    more = Effects(yi=np.append(SEVEN.yi, 0.0), vi=np.append(SEVEN.vi, np.inf), study=(*SEVEN.study, "H"))
    data = {"latitude": [*DATA["latitude"], None], "alloc": [*DATA["alloc"], "never"]}
    assert regress(more, "~ latitude + alloc", data).beta == near(regress(SEVEN, "~ latitude + alloc", DATA).beta)


def test_its_text_form() -> None:
    fit = regress(effects_of("bcg.RR"), "~ ablat", columns("bcg.RR"), ci="Wald")
    assert str(fit) == (  # numbers of metafor's rma(yi, vi, mods=~ ablat)
        "Meta-regression ~ ablat: k = 13, restricted maximum likelihood, Wald\n"
        "\n"
        "           estimate      se              95% CI       P\n"
        "intercept    0.2515  0.2491   -0.2367 to 0.7397   0.313\n"
        "ablat       -0.0291  0.0072  -0.0432 to -0.0150  <0.001\n"
        "\n"
        "Test of moderators: chi2(1) = 16.36, P <0.001\n"
        "tau2 = 0.0763, I2 = 68%, R2 = 76%; Q(11) = 30.73, P = 0.001"
    )
    assert repr(fit) == "<MetaRegression: ~ ablat, 13 studies>"


FUNCTIONS = (
    "The functions are C, Diff, Helmert, I, Poly, SAS, Sum, Treatment, abs, bs, center, cr, cs, diff, exp, helmert, "
    "log, log10, log2, "
    "maximum, minimum, poly, scale, sqrt, standardize, sum, treatment."
)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (
            "~ latitude +",
            (
                "The formula '~ latitude +' cannot be read: Operator `+` has insuffient arguments and/or is misplaced. "
                "Write it as '~ latitude + allocation'."
            ),
        ),
        (
            "~ (latitude",
            (
                "The formula '~ (latitude' cannot be read: Could not find matching context marker. Write it as '~ "
                "latitude + allocation'."
            ),
        ),
        ("", "The formula is ''. Write it as text: '~ latitude + allocation', or '~ 1' for no moderator."),
        (3, "The formula is 3. Write it as text: '~ latitude + allocation', or '~ 1' for no moderator."),
        (
            "yi ~ latitude",
            "The formula 'yi ~ latitude' has more than one part. The effects are on the left already: begin with '~'.",
        ),
        (
            "~ lattitude",
            "The formula '~ lattitude' names 'lattitude', which is no column of data. Did you mean 'latitude'?",
        ),
        (
            "~ zzz",
            (
                "The formula '~ zzz' names 'zzz', which is no column of data. The columns are 'latitude', 'twice', "
                "'alloc', 'year', "
                "'decade', 'mixed', 'masked', 'lone' and 4 more."
            ),
        ),
        (
            "~ year",
            'Moderators are missing: G has no year. Give them, or leave these studies out with missing="drop".',
        ),
        ("~ decade", "decade holds numbers as text, '1940' (A). Give numbers, or write C(decade) for groups."),
        ("~ mixed", "mixed holds text among numbers, 'n/a' (C). Give numbers, or write C(mixed) for groups."),
        ("~ same", "same is 'x' in all 7 studies and so explains nothing. Leave it out."),
        (
            "~ three",
            (
                "Moderators say the same among these 7 studies: three is constant (3), which the intercept says already. "
                "Leave out a column of each."
            ),
        ),
        (
            "~ latitude + twice",
            "Moderators say the same among these 7 studies: twice = 2 x latitude. Leave out a column of each.",
        ),
        (
            "~ latitude + masked + {latitude - 3 * masked}",
            (
                "Moderators say the same among these 7 studies: latitude - 3 * masked = latitude - 3 x masked. Leave out "
                "a column of each."
            ),
        ),
        (
            "~ alloc * latitude * masked",
            (
                "There are 12 coefficients (intercept, alloc[random], alloc[system], latitude, masked, alloc[random]:latitude, "
                "alloc[system]:latitude, alloc[random]:masked, alloc[system]:masked, latitude:masked, "
                "alloc[random]:latitude:masked, "
                "alloc[system]:latitude:masked) for 7 studies. Leave moderators out, or join levels of factors."
            ),
        ),
        (
            "~ log(latitude - 20)",
            "The formula '~ log(latitude - 20)' gives no finite number for D, E, G: look at logarithms and divisions.",
        ),
        (
            "~ log(alloc)",
            (
                "The formula '~ log(alloc)' cannot be computed: Unable to evaluate factor `log(alloc)`. "
                "[TypeError: Object with dtype category cannot perform the numpy op log]."
            ),
        ),
        (
            '~ C(alloc, Treatment("none"))',
            (
                "The formula '~ C(alloc, Treatment(\"none\"))' cannot be computed: "
                "Value `'none'` for `TreatmentContrasts.base` is not among the provided levels."
            ),
        ),
        ("~ exec(latitude)", f"The formula '~ exec(latitude)' cannot hold 'exec'. {FUNCTIONS}"),
        ("~ {latitude.__class__}", f"The formula '~ {{latitude.__class__}}' cannot hold 'latitude.__class__'. {FUNCTIONS}"),
        (
            "~ {[x for x in latitude]}",
            f"The formula '~ {{[x for x in latitude]}}' cannot hold '[x for x in latitude]'. {FUNCTIONS}",
        ),
    ],
)
def test_a_formula_or_moderator_that_cannot_be_used_is_refused(formula: Any, message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        regress(SEVEN, formula, DATA)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "The formula '~ latitude' names 'latitude', and there are no data. Give the columns as data."),
        (5, "data is a int. Give a mapping of columns, or a pandas, Polars or Arrow table."),
        ({"latitude": [1, 2]}, "latitude has 2 values for 7 studies. Give one for each, in the same order."),
        (
            {"latitude": [1, None, 3, 4, float("nan"), 6, 7]},
            (
                "Moderators are missing: B has no latitude; E has no latitude. Give them, or leave these studies out with "
                'missing="drop".'
            ),
        ),
        ({"latitude": [[1]] * 7}, "latitude holds values of the kind list. Give numbers or text."),
    ],
)
def test_data_that_cannot_be_used_are_refused(data: Any, message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        regress(SEVEN, "~ latitude", data)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"ci": "z"}, "ci='z' is not known. Choose one of 'HK', 'HK-floor', 'Wald', 't'."),
        ({"model": "fixed"}, "model='fixed' is not known. Choose one of 'random', 'common'."),
        ({"level": 95}, "level=95 is not between 0 and 1. For a 95% interval give 0.95."),
        ({"missing": "skip"}, "missing='skip' is not known. Choose one of 'raise', 'drop'."),
        ({"weights": "none"}, "weights='none' is not known. Choose one of 'equal'."),
        ({"weights": [1, 2]}, "There are 2 weights for 7 studies. Give one for each."),
        (
            {"weights": [1, 2, 0, 1, -1, 1, 1]},
            "weights has values that cannot be used: 0 (C), -1 (E). A weight is positive: leave the study out, or give one.",
        ),
    ],
)
def test_a_wrong_choice_is_refused(chosen: dict[str, Any], message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        regress(SEVEN, "~ latitude", DATA, **chosen)
    assert str(refusal.value) == message


def test_a_tau2_that_is_no_variance_or_no_estimator_is_refused() -> None:
    for tau2, said in (
        (-0.1, "tau2=-0.1 is not a variance. Give a number of 0 or more, or one of 'REML', 'PM', "),
        ("XX", "tau2='XX' is not"),
    ):
        with pytest.raises(BadArgument) as refusal:
            regress(SEVEN, "~ latitude", DATA, tau2=tau2)
        assert str(refusal.value).startswith(said)


def test_no_residual_degree_of_freedom_is_refused_but_where_none_is_needed() -> None:
    with pytest.raises(NotEstimable) as refusal:
        regress(SEVEN, "~ author", DATA)
    assert str(refusal.value) == (
        "Meta-regression, k = 7, p = 7 (intercept, author[b], author[c], author[d], author[e], author[f], author[g]): no residual "
        "degree of freedom is left, so tau2 by REML cannot be estimated. Leave moderators out."
    )
    with pytest.raises(NotEstimable) as refusal:
        regress(SEVEN, "~ author", DATA, model="common")
    assert str(refusal.value).endswith("so the scale of HK cannot be estimated. Leave moderators out.")
    fit = regress(SEVEN, "~ author", DATA, model="common", ci="Wald")
    assert fit.fitted == near(SEVEN.yi)
    assert (fit.Q, fit.residual_df) == (near(0.0, abs=1e-20), 0)


def test_effects_that_lie_on_the_fit_are_noted() -> None:
    said = ("the effects lie on the fit but for rounding, so Hartung-Knapp standard errors are 0: choose another interval",)
    these = effects([0.1, 0.3, 0.5, 0.7, 0.9], [0.1, 0.2, 0.1, 0.3, 0.1])
    assert regress(these, "~ x", {"x": [1, 2, 3, 4, 5]}).notes == said
    assert regress(these, "~ x", {"x": [1, 2, 3, 4, 5]}, ci="HK-floor").notes == ()
    assert regress(these, "~ x", {"x": [1, 2, 3, 4, 6]}).notes == ()


def test_no_study_is_refused() -> None:
    none = Effects(yi=np.zeros(2), vi=np.full(2, np.inf), study=("A", "B"))
    with pytest.raises(NotEstimable) as refusal:
        regress(none, "~ 1")
    assert str(refusal.value) == "Meta-regression: no study is present (k = 0)."


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (
            {"latitude": 3},
            "The formula '~ latitude + alloc' names 'alloc', which is no column of data. The columns are 'latitude'.",
        ),
        ({"latitude": 3, "alloc": "coin"}, "alloc='coin' is no level of the fit. Choose one of 'alternate', 'random', 'system'."),
        ({"latitude": [3, 4], "alloc": ["random"] * 3}, "latitude has 2 values for 3 rows. Give one for each."),
        ({"latitude": [3, None], "alloc": "random"}, "latitude is missing in row 2. Give every moderator of every row."),
        (
            np.ones((1, 3)),
            "X has 3 columns for 4 coefficients (intercept, latitude, alloc[random], alloc[system]).",
        ),
        (np.array([[1, np.nan, 0, 0]]), "X has missing or infinite values. Give every moderator of every row."),
    ],
)
def test_new_data_that_cannot_be_used_are_refused(new: Any, message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        regress(SEVEN, "~ latitude + alloc", DATA).predict(new)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("X", "names", "message"),
    [
        (np.ones((3, 1)), None, "X has 3 rows for 7 studies. Give a row for each study, in the same order."),
        ([[1, "a"]] * 7, None, "X holds text, 'a'. Give numbers; None or nan where a value is missing."),
        (
            np.where(np.eye(7, 2) > 0, np.nan, 1.0),
            None,
            "X has missing or infinite values in the rows of A, B. Leave these studies out, or fill them in.",
        ),
        (np.ones((7, 1)), ["a", "b"], "There are 2 names for 1 columns of X. Give one for each."),
        (
            np.column_stack([np.ones(7), np.zeros(7)]),
            None,
            "Moderators say the same among these 7 studies: x2 is 0 everywhere. Leave out a column of each.",
        ),
        (
            np.ones((7, 8)),
            None,
            (
                "There are 8 coefficients (intercept, intercept, intercept, intercept, intercept, intercept, "
                "intercept, intercept) for 7 "
                "studies. Leave moderators out, or join levels of factors."
            ),
        ),
    ],
)
def test_a_matrix_that_cannot_be_used_is_refused(X: Any, names: Any, message: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        regress_matrix(SEVEN, X, names)
    assert str(refusal.value) == message


def test_a_contrast_that_cannot_be_used_is_refused() -> None:
    fit = regress(SEVEN, "~ latitude", DATA)
    for L, said in (
        ({"lat": 1}, "coefficient='lat' is not known. Choose one of 'intercept', 'latitude'."),
        ([1, 2, 3], "L has 3 columns for 2 coefficients (intercept, latitude)."),
        ([0, 0], "L has a row that is all zeros, or has missing or infinite values. Give the factor of every coefficient."),
    ):
        with pytest.raises(BadArgument) as refusal:
            fit.contrast(L)
        assert str(refusal.value) == said


def test_clusters_that_cannot_be_used_are_refused() -> None:
    fit = regress(SEVEN, "~ latitude", DATA)
    for cluster, chosen, said in (
        ([1, 2], {}, "`cluster` has 2 values for 7 effects. Give one for each."),
        ([1, 2, None, 3, 4, 5, float("nan")], {}, "`cluster` is missing for C, G. Name the cluster of every effect."),
        (range(7), {"correction": "CR3"}, "correction='CR3' is not known. Choose one of 'CR0', 'CR1', 'CR2'."),
    ):
        with pytest.raises(BadArgument) as refusal:
            robust(fit, cluster, **chosen)
        assert str(refusal.value) == said
    with pytest.raises(NotEstimable) as too_few:
        robust(fit, [1, 1, 1, 1, 2, 2, 2])
    assert str(too_few.value) == (
        "Cluster-robust variance, CR2: 2 clusters for 2 coefficients. It needs more clusters than coefficients."
    )


def test_fits_that_are_not_nested_have_no_likelihood_ratio() -> None:
    fits = {formula: regress(SEVEN, formula, DATA) for formula in ("~ 1", "~ latitude", "~ masked", "~ alloc")}
    for larger, smaller, said in (
        (
            "~ 1",
            "~ latitude",
            "The second model is not within the first: latitude of the smaller is not in it. Give the larger model first.",
        ),
        (
            "~ masked",
            "~ latitude",
            "The second model is not within the first: latitude of the smaller is not in it. Give the larger model first.",
        ),
        (
            "~ alloc",
            "~ alloc",
            "The second model is not within the first: it has no coefficient more. Give the larger model first.",
        ),
    ):
        with pytest.raises(BadArgument) as refusal:
            likelihood_ratio_test(fits[larger], fits[smaller])
        assert str(refusal.value) == said
    fewer = regress(SEVEN, "~ year", DATA, missing="drop")
    with pytest.raises(BadArgument) as refusal:
        likelihood_ratio_test(fewer, fits["~ 1"])
    assert str(refusal.value) == (
        "The fits are not of the same studies by the same model: 6 studies, random, and 7 studies, random. Where "
        "moderators are missing, "
        "leave the same studies out of both."
    )


def test_location_scale_leaves_out_what_lacks_either_kind_of_moderator() -> None:
    data = {"x": [1, None, *range(3, 13)], "z": [0, 1, None, *([0, 1] * 5)][:12]}
    rng = np.random.default_rng(2)
    fit = location_scale(effects(rng.normal(0, 0.5, 12), np.full(12, 0.01)), "~ x", "~ z", data, missing="drop")
    assert fit.k == 10
    assert fit.notes[:2] == ("2: left out, as it has no x", "3: left out, as it has no z")
