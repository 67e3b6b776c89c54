"""Three real trials with public data: published analyses and R's values for them (../shared/data/README.md).

The data are not part of the repository; without them these tests are skipped, and `test_packaged_trials.py` proves the same
on data that are always there. Printed values are met to half a unit of their last digit.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from reportgen.stats import fit_one_step, pool_two_stage

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the folder shared/data with the real trials is not beside this checkout"
)


def read(name: str) -> dict[str, np.ndarray]:
    with (DATA / name).open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {column: np.array([row[column] for row in rows]) for column in rows[0]}


def numbers(data: dict[str, np.ndarray], *names: str) -> np.ndarray:
    return np.column_stack([np.array([float(value) if value else np.nan for value in data[name]]) for name in names])


def half_a_unit(digits: int) -> float:
    return 0.5 * 10**-digits


@pytest.mark.parametrize(
    ("outcome", "baseline", "estimate", "std_error"),
    [("pain_post", "pain_base", -2.21972, 0.25004), ("odi_post", "odi_base", -12.57200, 1.38657)],
)
def test_pain_reprocessing_therapy_by_ancova(outcome, baseline, estimate, std_error):
    # Ashar et al. 2022, JAMA Psychiatry 79:13; lm(post ~ therapy + base + age + female) in R.
    data = read("ashar_backpain.csv")
    rows = np.isin(data["arm"], ["PRT", "usual_care"])
    fit = fit_one_step(
        numbers(data, outcome)[rows, 0],
        (data["arm"][rows] == "PRT").astype(float),
        data["trial"][rows],
        adjusters=numbers(data, baseline, "age", "female")[rows],
    )
    assert fit.status == "ok"
    assert (fit.trials, np.isnan(fit.tau2)) == (1, True)
    assert fit.effect.estimate == pytest.approx(estimate, abs=half_a_unit(5))
    assert fit.effect.std_error == pytest.approx(std_error, abs=half_a_unit(5))
    assert fit.effect.df == fit.participants - 5


ADJUSTERS = ("headache_base", "age", "female", "migraine", "chronicity_years")


def headache(trial=None, **options):
    data = read("acupuncture_headache.csv")
    return fit_one_step(
        numbers(data, "headache_12m")[:, 0],
        numbers(data, "treat")[:, 0],
        np.zeros(data["pid"].size) if trial is None else data[trial],
        adjusters=numbers(data, *ADJUSTERS),
        **options,
    )


def test_acupuncture_for_headache_by_ancova():
    # Vickers et al. 2004, BMJ 328:744: adjusted difference 4.6 (95% CI 2.2 to 7.0), 301 patients; R: -4.640 (1.240).
    fit = headache()
    assert fit.participants == 301
    assert fit.effect.estimate == pytest.approx(-4.640, abs=half_a_unit(3))
    assert fit.effect.std_error == pytest.approx(1.240, abs=half_a_unit(3))
    low, high = fit.effect.interval()
    assert (-low, -high) == pytest.approx((7.0, 2.2), abs=0.1)  # published with other covariates of the randomisation


def test_practices_as_random_intercepts_add_nothing():
    # lmer(... + (1 | site)) estimates a site variance of zero, and hence what lm does: a boundary is an answer.
    # Seven practices with one arm only stay out here (design, section 1), so that lm is fitted to the same 294.
    fit = headache("site", intercept="random", treatment_effect="common")
    assert fit.status == "boundary"
    assert fit.covariance == np.zeros((1, 1))
    assert (fit.trials, fit.participants) == (27, 294)
    data = read("acupuncture_headache.csv")
    rows = np.isin(data["site"], fit.trial_labels)
    alone = fit_one_step(
        numbers(data, "headache_12m")[rows, 0],
        numbers(data, "treat")[rows, 0],
        np.zeros(rows.sum()),
        adjusters=numbers(data, *ADJUSTERS)[rows],
        inference="normal",
    )
    normal = headache("site", intercept="random", treatment_effect="common", inference="normal")
    assert normal.effect.estimate == pytest.approx(alone.effect.estimate, rel=1e-10)
    assert normal.effect.std_error == pytest.approx(alone.effect.std_error, rel=1e-10)


def test_baseline_headache_modifies_the_effect_of_acupuncture():
    # lm in R: treatment x baseline score -0.241, p = 0.003; the baseline is adjuster and moderator and enters once.
    data = read("acupuncture_headache.csv")
    fit = headache(moderator=numbers(data, "headache_base")[:, 0])
    assert fit.interaction.estimate == pytest.approx(-0.241, abs=half_a_unit(3))
    assert fit.interaction.p_value == pytest.approx(0.003, abs=half_a_unit(3))
    assert list(fit.dropped) == ["moderator[0]"]


def test_two_cities_pooled_in_two_stages_and_in_one():
    # Diez et al. 2022, PLoS ONE 17:e0276734, cities as trials: both routes should agree closely.
    data = read("mbsr_backpain.csv")
    outcome = numbers(data, "rmdq_post")[:, 0]
    treated = (data["arm"] == "MBSR").astype(float)
    baseline = numbers(data, "rmdq_base")
    cities = np.unique(data["site"])
    alone = [
        fit_one_step(outcome[rows], treated[rows], data["site"][rows], adjusters=baseline[rows]).effect
        for rows in (data["site"] == city for city in cities)
    ]
    two = pool_two_stage([effect.estimate for effect in alone], [effect.std_error for effect in alone])
    one = fit_one_step(
        outcome, treated, data["site"], adjusters=baseline, adjuster_slopes="stratified", residual="by-trial"
    )
    assert one.trials == two.trials == 2
    assert one.participants == np.isfinite(outcome + baseline[:, 0]).sum()
    # Exactly the same model, but for the residual variances that the first stage takes as known.
    assert one.effect.estimate == pytest.approx(two.estimate, abs=0.05 * two.std_error)
