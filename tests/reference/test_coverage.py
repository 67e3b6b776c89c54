"""The short form of the coverage simulation (coverage.py); the long one is coverage.md.

10,000 data sets a cell of 650 people per trial, the size of the example: one standard error of a coverage near 95% is
0.22 points, so that even the largest of 40 deviations stays below 0.8. The criteria of the issue are asked of the
simulated figures as they stand; the nearest is six standard errors away.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from reportgen.stats import fit_one_step
from reportgen.stats.crossproducts import CrossProducts
from reportgen.stats.design import Options
from reportgen.stats.one_step import fit_cross_products

from .coverage import RATIOS, SEED, SHAPES, TRIALS, Cell, Coverage, cells, cover, fits

pytestmark = pytest.mark.slow

REPLICATES = 10_000
WRITTEN = (Path(__file__).parent / "coverage.md").read_text()


@cache
def covered(trials: int, shape: str, ratio: float) -> Coverage:
    return cover(Cell(trials, shape, ratio, people=650), REPLICATES)


def shares(method: str, wanted) -> dict[tuple[int, str, float], float]:
    return {
        (trials, shape, ratio): 100 * covered(trials, shape, ratio).share(method)
        for shape in SHAPES[:2]
        for trials in TRIALS
        for ratio in RATIOS
        if wanted(trials, ratio)
    }


def test_kenward_roger_with_its_floor_covers_everywhere():
    found = shares("kenward-roger", lambda trials, ratio: True)
    assert len(found) == len(cells(650)) == 40
    assert {cell: share for cell, share in found.items() if share < 93.5} == {}


def test_kenward_roger_is_not_wasteful_where_trials_differ():
    found = shares(
        "kenward-roger", lambda trials, ratio: (ratio == 0.5 and trials >= 5) or (ratio == 0.2 and trials >= 8)
    )
    assert len(found) == 10
    assert {cell: share for cell, share in found.items() if not 93.5 <= share <= 97} == {}


def test_the_normal_interval_covers_too_little_with_few_trials():
    found = shares("normal", lambda trials, ratio: ratio == 0.5 and trials <= 5)
    assert len(found) == 6
    assert {cell: share for cell, share in found.items() if share > 90} == {}


def test_over_coverage_near_tau_zero_is_as_the_table_shows():
    found = shares("kenward-roger", lambda trials, ratio: ratio == 0)
    assert min(found.values()) > 97


def test_the_floor_is_needed_where_sizes_are_steep():
    found = cover(Cell(3, "steep", 0.0), REPLICATES)
    assert found.below_one / found.replicates > 0.75
    assert found.share("kenward-roger") > 0.95


def test_every_fit_has_an_answer():
    assert sum(covered(*key).lost for key in shares("normal", lambda trials, ratio: True)) == 0


def test_the_written_table_is_of_this_code():
    # The table has 100,000 data sets a cell, this run 10,000: the difference of two shares has a standard error of
    # sqrt(p (1 - p) (1/10,000 + 1/100,000)); 40 cells of three figures, four such errors and half a printed unit.
    table = WRITTEN.split("## 650 people")[1].split("## 200 people")[0]
    assert str(SEED) in WRITTEN
    rows = [line.split("|")[1:-1] for line in table.splitlines() if line.startswith(("| equal", "| unequal"))]
    assert len(rows) == 10
    for shape, trials, *figures in rows:
        for ratio, figure in zip(RATIOS, figures, strict=True):
            printed = [float(part) for part in figure.replace("*", "").split("(")[0].split("/")]
            here = covered(int(trials), shape.strip(), ratio)
            for method, value in zip(("kenward-roger", "satterthwaite", "normal"), printed, strict=True):
                p = here.share(method)
                error = np.sqrt(p * (1 - p) * (1 / REPLICATES + 1 / 100_000))
                assert 100 * p == pytest.approx(value, abs=400 * error + 0.06), (shape, trials, ratio, method)


@pytest.mark.parametrize("cell", [Cell(2, "equal", 0.5), Cell(3, "steep", 0.1), Cell(5, "unequal", 0.2, people=60)])
def test_the_kernels_give_what_a_fit_gives(cell: Cell):
    (sizes, C, Xy, yy), out = fits(cell, 40)
    for b in range(40):
        centred = np.empty((cell.trials, 3, 3))
        centred[:, :2, :2] = C
        centred[:, 2, :2] = centred[:, :2, 2] = Xy[b]
        centred[:, 2, 2] = yy[b]
        products = CrossProducts(
            labels=np.arange(cell.trials),
            size=sizes,
            arms=np.column_stack([sizes // 2, sizes // 2]),
            missing=np.zeros(cell.trials, int),
            mean=np.zeros((cell.trials, 3)),
            centred=centred,
            adjusters=1,
            moderators=0,
        )
        for inference, place in (("normal", 3), ("satterthwaite", 5), ("kenward-roger", 7)):
            effect = fit_cross_products(products, Options(inference=inference)).effect
            assert out[b, 0] == pytest.approx(effect.estimate, rel=1e-7, abs=1e-9)
            assert np.sqrt(out[b, place]) == pytest.approx(effect.std_error, rel=1e-7)
            assert out[b, place + 1] == pytest.approx(effect.df_raw, rel=1e-6)


def test_drawn_cross_products_are_those_of_participants():
    # The same design with people drawn one by one: estimates of effect and tau2/sigma2 have the same distribution.
    cell, replicates = Cell(3, "unequal", 0.5, people=40), 400
    (sizes, _, _, _), out = fits(cell, replicates)
    rng = np.random.default_rng(7)
    trial = np.repeat(np.arange(cell.trials), sizes)
    t = np.concatenate([np.tile([0.0, 1.0], n // 2) for n in sizes])
    x = rng.standard_normal(trial.size)
    estimate, ratio = np.empty(replicates), np.empty(replicates)
    for b in range(replicates):
        y = 3.0 * trial + 0.5 * x + t * 0.5 * rng.standard_normal(cell.trials)[trial] + rng.standard_normal(trial.size)
        fit = fit_one_step(y, t, trial, adjusters=x, inference="normal")
        estimate[b], ratio[b] = fit.effect.estimate, fit.tau2 / fit.sigma2
    assert stats.ks_2samp(estimate, out[:, 0]).pvalue > 0.01
    assert stats.ks_2samp(ratio, out[:, 1]).pvalue > 0.01
