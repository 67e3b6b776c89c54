"""The kernel of one random column: derivatives, Kenward-Roger, and the same model by the general route."""

import numpy as np
import pytest

from reportgen.stats import inference as infer
from reportgen.stats import profile
from reportgen.stats.crossproducts import columns
from reportgen.stats.design import Blocks, Options, blocks
from reportgen.stats.likelihood import criterion, terms
from reportgen.stats.optimise import _general, _line, line_arrays
from tests.unit.stats.simulated import people


def model(options: Options, trials: int = 6) -> Blocks:
    p = people(trials=trials)
    table = columns(p.outcome, p.treatment, p.trial, p.baseline, p.z)
    return blocks(table.cross_products(), options)


ONE_COLUMN = [
    Options(),
    Options(estimation="ml"),
    Options(adjuster_slopes="stratified"),
    Options(intercept="random", treatment_effect="common"),
    Options(treatment_effect="common", interaction_effect="random", estimation="ml"),
]


def evaluate(one: Blocks, lam: float, reml: bool) -> np.ndarray:
    a0, g, u, v = line_arrays(one, reml)
    nu = float(one.df if reml else one.trials.sum())
    out = profile.record()
    assert profile.evaluate(lam, a0, g, u, v, nu, reml, one.p, profile.work_arrays(one.p), out)
    lean = profile.record()
    assert profile._slope(lam, a0, g, u, v, nu, reml, one.p, profile.work_arrays(one.p), lean)
    # the lean evaluation sums in another order
    np.testing.assert_allclose(lean[:2], out[:2], rtol=1e-9, atol=1e-9)
    return out


@pytest.mark.parametrize("options", ONE_COLUMN, ids=str)
def test_derivatives_are_those_of_the_criterion(options: Options) -> None:
    one, reml = model(options), options.estimation == "reml"
    for lam in (0.01, 0.1, 2.0):
        h = 1e-4 * lam
        below, at, above = (evaluate(one, lam + k * h, reml) for k in (-1, 0, 1))
        # central differences err by h^2 / 6 of the next derivative but one
        np.testing.assert_allclose(at[1], (above[0] - below[0]) / (2 * h), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(at[2], (above[1] - below[1]) / (2 * h), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("options", ONE_COLUMN, ids=str)
def test_differences_of_the_criterion_are_those_of_the_general_form(options: Options) -> None:
    one, reml = model(options), options.estimation == "reml"
    nu = one.df if reml else one.trials.sum()

    def general(lam: float) -> float:
        sigma2 = evaluate(one, lam, reml)[3] / nu
        return criterion(one, np.full(len(one.trials), sigma2), np.array([[lam * sigma2]]), reml)

    # constants drop out of the difference of two values near 1e3
    np.testing.assert_allclose(
        evaluate(one, 0.3, reml)[0] - evaluate(one, 0.0, reml)[0], general(0.3) - general(0.0), atol=1e-9
    )


@pytest.mark.parametrize("options", ONE_COLUMN, ids=str)
def test_line_search_and_general_search_meet(options: Options) -> None:
    one, reml = model(options), options.estimation == "reml"
    line, general = _line(one, reml), _general(one, reml, float(one.rr[:, -1, -1].sum() / one.df))
    np.testing.assert_allclose(line.terms.criterion, general.terms.criterion, rtol=1e-12)
    # two optimisers stop within about 1e-7 of the optimum in lambda
    np.testing.assert_allclose(line.omega, general.omega, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("lam", [0.0, 0.05, 1.0])
def test_kenward_roger_of_the_kernel_is_that_of_the_matrices(lam: float) -> None:
    one = model(Options())
    a0, g, u, v = line_arrays(one, True)
    out, work = profile.record(), profile.work_arrays(one.p)
    profile.evaluate(lam, a0, g, u, v, float(one.df), True, one.p, work, out)
    sigma2 = out[3] / one.df
    at = terms(one, np.full(len(one.trials), sigma2), np.array([[lam * sigma2]]), True)
    matrices = infer.kenward_roger(at, float("nan"), 0.0)
    for j in range(one.p):
        contrasts = float(one.trials.sum() - one.swept.sum())
        variance, df = profile.uncertainty(lam, j, u, float(one.df), contrasts, one.p, 2, work, out)
        # the same algebra in another order; conditions of the matrices are about 1e3
        np.testing.assert_allclose(variance, matrices.covariance[j, j], rtol=1e-9)
        np.testing.assert_allclose(df, infer.contrast_df(matrices, np.eye(one.p)[j]), rtol=1e-7)


def test_gradient_and_hessian_of_the_general_form() -> None:
    p = people(trials=4)
    table = columns(p.outcome, p.treatment, p.trial, p.baseline, p.z)
    for residual in ("common", "by-trial"):
        for reml in (True, False):
            options = Options(
                intercept="random", interaction_effect="random", covariance="unstructured", residual=residual
            )
            one = blocks(table.cross_products(), options)
            groups = 4 if one.by_trial else 1
            omega = np.array([[0.5, 0.1, 0.0], [0.1, 0.4, 0.05], [0.0, 0.05, 0.2]])
            lower = np.tril_indices(3)
            start = np.concatenate([np.linspace(1.0, 1.5, groups), omega[lower]])

            def unpack(x: np.ndarray, groups: int = groups, one: Blocks = one) -> tuple[np.ndarray, np.ndarray]:
                full = np.zeros((3, 3))
                full[np.tril_indices(3)] = x[groups:]
                s = x[:groups] if one.by_trial else np.full(4, x[0])
                return s, full + np.tril(full, -1).T

            at = terms(one, *unpack(start), reml)
            for k in range(len(start)):
                step = np.zeros(len(start))
                step[k] = 1e-5
                up, down = unpack(start + step), unpack(start - step)
                slope = (criterion(one, *up, reml) - criterion(one, *down, reml)) / 2e-5
                bend = (terms(one, *up, reml).gradient - terms(one, *down, reml).gradient) / 2e-5
                # central differences with h = 1e-5: h^2 of curvature, and 1e-16 x 1e3 / h of rounding
                np.testing.assert_allclose(at.gradient[k], slope, rtol=1e-6, atol=1e-6)
                np.testing.assert_allclose(at.hessian[k], bend, rtol=1e-6, atol=1e-5)


def test_no_point_of_a_fine_grid_lies_below_the_minimum() -> None:
    # few small trials: the profiles are ragged, and some have their minimum at zero beside another valley
    looked_at = 0
    for seed in range(40):
        p = people(trials=3, size=12, tau=1.0, seed=seed)
        one = blocks(columns(p.outcome, p.treatment, p.trial).cross_products(), Options())
        a0, g, u, v = line_arrays(one, True)
        work, out = profile.work_arrays(one.p), profile.record()
        lam, *_ = profile.minimise(a0, g, u, v, float(one.df), True, one.p, -1.0, profile.GRID, work, out)
        found = out[0]
        for other in np.concatenate([[0.0], np.geomspace(1e-4, 1e3, 200)]):
            profile.evaluate(other, a0, g, u, v, float(one.df), True, one.p, work, out)
            # no point of a fine grid lies below what was found, but for rounding
            assert out[0] > found - 1e-9, (seed, lam, other)
            looked_at += 1
    assert looked_at == 40 * 201


@pytest.mark.parametrize("seed", [778, 850, 2077, 2087, 2218, 2589, 2746])
def test_of_two_valleys_the_deeper_one_is_found(seed: int) -> None:
    """A large trial alone speaks for no variation, two smaller ones beside it for some: found by a search over seeds."""
    rng = np.random.default_rng(seed)
    trial = np.repeat([0, 1, 2], [700, 250, 70])
    treatment = np.arange(len(trial)) % 2.0
    outcome = rng.normal(size=len(trial)) + treatment * rng.normal(0.0, 0.15, 3)[trial]
    one = blocks(columns(outcome, treatment, trial).cross_products(), Options())
    found = _line(one, True)
    lam = float(found.omega[0, 0] / found.s[0])
    assert lam > 0.0
    fine = [evaluate(one, other, True)[0] for other in (0.0, *np.geomspace(1e-4, 1.0, 200))]
    assert evaluate(one, lam, True)[0] <= min(fine) + 1e-9  # rounding
