"""p values, their logarithms and intervals."""

import numpy as np
import pytest
from scipy import special, stats

from reportgen.stats import Effect, Joint
from reportgen.stats.effect import student_log_p


@pytest.mark.parametrize("df", [1.5, 4.0, 300.0, np.inf])
@pytest.mark.parametrize("t", [0.0, 0.3, -2.5, 12.0])
def test_p_and_interval_are_those_of_student(t: float, df: float) -> None:
    effect = Effect(2.0 * t, 2.0, df, df)
    reference = stats.norm if np.isinf(df) else stats.t(df)
    # two implementations of the incomplete beta function
    np.testing.assert_allclose(effect.p_value, 2.0 * reference.sf(abs(t)), rtol=1e-9)
    np.testing.assert_allclose(effect.log_p, np.log(effect.p_value), rtol=1e-12)
    low, high = effect.interval(0.9)
    np.testing.assert_allclose([low, high], 2.0 * t + 2.0 * reference.ppf(0.95) * np.array([-1, 1]), rtol=1e-8)


def test_log_p_goes_on_where_p_underflows() -> None:
    sizes = np.array([30.0, 40.0, 60.0, 300.0])
    for df in (np.inf, 5000.0):
        logs = Effect(sizes, np.ones(4), np.full(4, df), np.full(4, df)).log_p
        assert np.isfinite(logs).all() and np.all(np.diff(logs) < 0)
    # scipy's own logarithm of the normal tail
    np.testing.assert_allclose(
        Effect(300.0, 1.0, np.inf, np.inf).log_p, np.log(2) + stats.norm.logsf(300.0), rtol=1e-12
    )


def test_the_series_meets_the_direct_value() -> None:
    # just above and below 1e-250 log p changes as smoothly as the density says
    df = 2000.0
    t = np.linspace(36.0, 45.0, 200)
    logs = np.asarray(Effect(t, np.ones(200), np.full(200, df), np.full(200, df)).log_p)
    assert logs[0] > np.log(1e-250) > logs[-1]
    second = np.diff(logs, 2)
    # a jump at the seam would stand out against second differences of about -0.002
    assert np.ptp(second) < 1e-3


def test_joint_log_p_goes_on_too() -> None:
    direct = Joint(5.0, 3.0, 20.0, 20.0, float(stats.f.sf(5.0, 3, 20)), 1.0)
    np.testing.assert_allclose(direct.log_p, np.log(direct.p_value), rtol=1e-12)
    far = Joint(900.0, 3.0, 4000.0, 4000.0, 0.0, 1.0)
    further = Joint(901.0, 3.0, 4000.0, 4000.0, 0.0, 1.0)
    assert further.log_p < far.log_p < -500.0
    # one numerator df: the square of t
    square = Joint(50.0**2, 1.0, 3000.0, 3000.0, 0.0, 1.0)
    np.testing.assert_allclose(square.log_p, Effect(50.0, 1.0, 3000.0, 3000.0).log_p, rtol=1e-10)
    chi2 = Joint(900.0, 3.0, np.inf, np.inf, 0.0, 1.0)
    # with 3 df the tail has a closed form, Q(3/2, x) = erfc(sqrt x) + 2 sqrt(x/pi) exp(-x); ours is an asymptotic series
    x = 1350.0
    closed = -x + np.log(special.erfcx(np.sqrt(x)) + 2.0 * np.sqrt(x / np.pi))
    np.testing.assert_allclose(chi2.log_p, closed, rtol=1e-10)


def test_levels_outside_zero_and_one_are_errors() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Effect(1.0, 1.0, 5.0, 5.0).interval(95)


def test_not_estimable_stays_not_a_number() -> None:
    nan = float("nan")
    effect = Effect(nan, nan, nan, nan)
    assert np.isnan([effect.p_value, effect.log_p, *effect.interval()]).all()


def test_log_p_of_a_statistic_whose_square_is_no_number() -> None:
    # P(|T| > t) ~ 2 t^-df x constant: from 1e140 to 1e160 the logarithm falls by df log(1e20)
    for df in (1.0, 2.5, 50.0):
        near, far = student_log_p(np.array([1e140, 1e160]), np.array(df))
        assert near - far == pytest.approx(df * np.log(1e20))
