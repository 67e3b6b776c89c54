"""The effective number of splits: printed constants, the definition by simulation, and tails that no float can hold."""

import numpy as np
import pytest

from reportgen.stats.effective_cuts import (
    correlation_of_absolutes,
    correlation_of_cuts,
    effective_splits,
    log_sidak,
    mean_correlation,
    mean_correlation_nominal,
)

# statistics.md, section 5


@pytest.mark.parametrize(("k", "r"), [(3, 0.1864386), (5, 0.2157339), (10, 0.2404992), (20, 0.2540849)])
def test_mean_correlation_of_cuts(k: int, r: float) -> None:
    assert abs(mean_correlation(k) - r) < 5e-8  # half a unit of the last digit


@pytest.mark.parametrize(("k", "m"), [(3, 2.444373), (4, 4.978505), (5, 9.729770), (6, 18.913844)])
def test_effective_number_of_ways_to_part_levels(k: int, m: float) -> None:
    assert (
        abs(effective_splits(2 ** (k - 1) - 1, k, True, "sidak-modified") - m) < 5e-7
    )  # half a unit of the last digit


def test_correlations_are_those_of_simulated_splits() -> None:
    # k levels of equal size with independent effects; a split is the difference of the standardised means of its sides
    rng = np.random.default_rng(1)
    k = 6
    effects = rng.normal(size=(400_000, k))
    z = [
        (effects[:, :i].sum(1) / np.sqrt(i) - effects[:, i:].sum(1) / np.sqrt(k - i)) / np.sqrt(2.0)
        for i in range(1, k)
    ]
    signed, absolute = np.corrcoef(z), np.corrcoef(np.abs(z))
    for i in range(1, k - 1):
        j = np.arange(i + 1, k)
        v = correlation_of_cuts(k, i, j.astype(float))
        # 1 / sqrt(400,000) = 0.0016 is the standard error of a correlation
        np.testing.assert_allclose(signed[i - 1, j - 1], v, atol=0.008)
        np.testing.assert_allclose(absolute[i - 1, j - 1], correlation_of_absolutes(v), atol=0.008)


def test_nominal_correlations_are_those_of_simulated_splits() -> None:
    rng = np.random.default_rng(2)
    k = 4
    effects = rng.normal(size=(400_000, k))
    sets = [np.array([(mask >> level) & 1 for level in range(k)], bool) for mask in range(1, 2 ** (k - 1))]
    z = [effects[:, s].sum(1) / np.sqrt(s.sum()) - effects[:, ~s].sum(1) / np.sqrt((~s).sum()) for s in sets]
    absolute = np.corrcoef(np.abs(z))
    pairs = np.triu_indices(len(sets), 1)
    assert abs(absolute[pairs].mean() - mean_correlation_nominal(k)) < 0.004  # as above, over 21 pairs


def test_one_split_and_none() -> None:
    assert effective_splits(1, 2, False, "sidak-modified") == 1.0
    assert effective_splits(1, 2, True, "sidak-modified") == 1.0
    assert effective_splits(40, 41, False, "none") == 1.0
    assert effective_splits(40, 41, False, "sidak") == 40.0
    assert mean_correlation(2) == mean_correlation_nominal(2) == 0.0


def test_sidak_over_the_whole_range() -> None:
    p = np.array([1e-12, 1e-6, 0.01, 0.5, 0.999])
    for m in (1.0, 2.444373, 100.0):
        exact = np.array([float(1 - (1 - np.longdouble(x)) ** np.longdouble(m)) for x in p])
        # the reference has 19 digits, of which 12 are lost at p = 1e-12
        np.testing.assert_allclose(np.exp(log_sidak(np.log(p), m)), exact, rtol=1e-6)
    np.testing.assert_allclose(log_sidak(np.array([-50.0, -1000.0]), 7.0), np.array([-50.0, -1000.0]) + np.log(7.0))
    assert log_sidak(0.0, 5.0) == 0.0 and np.isnan(log_sidak(np.nan, 2.0))
    # no step where one formula takes over from the other
    around = np.linspace(-41.0, -39.0, 2001)
    assert np.all(np.diff(log_sidak(around, 13.0)) > 0.0)
    np.testing.assert_allclose(log_sidak(around, 13.0) - around, np.log(13.0), rtol=1e-12)
