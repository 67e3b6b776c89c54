"""The short form of the search for planted subgroups (planted.py); the long one is planted.md.

The shares that are asked for are those of planted.md at tau/sigma 0.25. A true share that just fulfils one would fail its
test once in a thousand: the margins are binomial. Seeds are fixed.
"""

from pathlib import Path

import pytest
from scipy import stats

from .planted import SEED, count

pytestmark = pytest.mark.slow

PLANTED, EMPTY = 60, 300
WRITTEN = (Path(__file__).parent / "planted.md").read_text()


def test_a_planted_subgroup_is_found() -> None:
    found = count(PLANTED, 0.25, 0.5)
    assert found.covariate >= stats.binom.ppf(0.001, PLANTED, 0.90)
    assert found.cut >= stats.binom.ppf(0.001, PLANTED, 0.70)


def test_what_is_not_there_is_rarely_found() -> None:
    found = count(EMPTY, 0.25, 0.0)
    assert 0 < found.any <= stats.binom.ppf(0.999, EMPTY, 0.07)


def test_the_table_is_that_of_the_script_and_shows_what_was_asked_for() -> None:
    assert f"seed {SEED}." in WRITTEN
    rows = [line.split(" | ") for line in WRITTEN.splitlines() if line.startswith("| 0.")]
    assert len(rows) == 6
    for row in rows:
        covariate, cut, nothing = (float(cell.strip(" |")) for cell in row[2:])
        assert covariate >= 90.0 and cut >= 70.0 and nothing <= 7.0


def test_the_gain_without_modification_is_what_makes_the_difference() -> None:
    # with SIDES' rule in place of alpha, chance alone gives a subgroup nearly always (statistics.md, section 5)
    found = count(20, 0.25, 0.0, criterion="differential", min_trials=2)
    assert found.any >= 12
