"""The score interval of a difference of two Poisson rates, against the likelihood itself and against statsmodels."""

from __future__ import annotations

import math
import warnings

import pytest
from scipy.optimize import minimize_scalar
from statsmodels.stats.rates import confint_poisson_2indep

from reportgen.stats.rates import rate_difference

GROUPS = [
    ((5, 0), (100, 100)),
    ((0, 5), (100, 90)),
    ((1, 0), (50, 5000)),
    ((3000, 0), (80, 80)),
    ((30, 22), (8000, 9000)),
    ((3, 2), (1e9, 1e9)),
    ((1, 3), (1e-9, 50)),
    ((99999999, 40), (9000, 9000)),
]


def _restricted(events: tuple[float, float], sizes: tuple[float, float], value: float) -> tuple[float, float]:
    """Return the rates of largest likelihood whose difference is given, found by search."""
    least, most = max(0.0, -value), max(events[0] / sizes[0], events[1] / sizes[1]) + abs(value)

    def deviance(second: float) -> float:
        rates = second + value, second
        return sum(
            rate * size - (count * math.log(rate) if count else 0.0) if rate > 0 or not count else math.inf
            for rate, size, count in zip(rates, sizes, events, strict=True)
        )

    found = minimize_scalar(deviance, bounds=(least, most), method="bounded", options={"xatol": 1e-12 * most})
    return float(found.x) + value, float(found.x)


@pytest.mark.parametrize(("events", "sizes"), GROUPS[:5])
def test_the_ends_are_where_the_score_test_just_rejects(
    events: tuple[float, float], sizes: tuple[float, float]
) -> None:
    difference, *ends = rate_difference(events, sizes)
    assert difference == pytest.approx(events[0] / sizes[0] - events[1] / sizes[1])
    for end, z in zip(ends, (1.959964, -1.959964), strict=True):
        first, second = _restricted(events, sizes, end)
        assert (difference - end) / math.sqrt(first / sizes[0] + second / sizes[1]) == pytest.approx(z, rel=1e-4)


@pytest.mark.parametrize(("events", "sizes"), [GROUPS[0], GROUPS[1], GROUPS[3], GROUPS[4], GROUPS[7]])
def test_statsmodels_has_the_same_where_its_search_ends_well(
    events: tuple[float, float], sizes: tuple[float, float]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        counts, exposure = [float(count) for count in events], [float(size) for size in sizes]
        theirs = confint_poisson_2indep(counts[0], exposure[0], counts[1], exposure[1], method="score", compare="diff")
    assert rate_difference(events, sizes)[1:] == pytest.approx(theirs, rel=2e-6, abs=1e-8)


@pytest.mark.parametrize(("events", "sizes"), GROUPS)
def test_swapped_groups_change_the_sign_and_other_units_the_scale(
    events: tuple[float, float], sizes: tuple[float, float]
) -> None:
    difference, low, high = rate_difference(events, sizes)
    assert low < difference < high
    swapped = rate_difference(events[::-1], sizes[::-1])
    assert swapped == pytest.approx((-difference, -high, -low), rel=1e-7)
    in_years = rate_difference(events, (sizes[0] / 365.25, sizes[1] / 365.25))
    assert in_years == pytest.approx(tuple(365.25 * value for value in (difference, low, high)), rel=1e-7)


def test_no_event_at_all_has_no_interval() -> None:
    assert rate_difference((0, 0), (3.0, 4.0)) == pytest.approx((0.0, math.nan, math.nan), nan_ok=True)
