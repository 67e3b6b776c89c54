"""Trials left out in turn, against the same done by hand."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from reportgen.stats import partition, pool_two_stage
from reportgen.stats.held_out import held_out_partition, held_out_peel
from reportgen.stats.peeling import PeelSettings
from reportgen.stats.pipelines import PartitionPipeline, PeelPipeline
from reportgen.stats.sample import Sample, make_sample
from reportgen.stats.screening import Screening
from tests.unit.stats.test_draws import PARTITION, study


@pytest.fixture(scope="module")
def sample() -> Sample:
    return make_sample(**study())


def test_each_fold_is_an_analysis_of_covariance_in_the_trial_left_out(sample: Sample) -> None:
    found = held_out_partition(PartitionPipeline(PARTITION), sample)
    assert [fold.trial for fold in found.folds] == ["a", "b", "c"] and found.reason == ""
    rows = []
    for k, fold in enumerate(found.folds):
        others, here = (sample.take(np.flatnonzero(mask)) for mask in (sample.trial != k, sample.trial == k))
        given = others.outcome, others.treatment, others.trial, others.moderators
        tree = partition(*given, adjusters=others.adjusters, **PARTITION).tree
        node, split = min(((n, s) for n in tree for s in n.splits), key=lambda one: one[1].log_p_node)
        sides = (split.low.rule, split.high.rule) if split.child == "low" else (split.high.rule, split.low.rule)
        inside, outside = (
            np.all([rule.covers(here.moderators[rule.moderator]) for rule in (*node.rules, side)], axis=0)
            for side in sides
        )
        assert fold.rules == (*node.rules, sides[0]) and fold.kept == split.kept
        who = inside | outside
        s, t = inside[who].astype(float), here.treatment[who]
        design = np.column_stack([np.ones(who.sum()), here.adjusters[who], s, t, t * s])
        fit = sm.OLS(here.outcome[who], design).fit()
        inside_se = np.sqrt(fit.cov_params()[-2:, -2:].sum())
        assert fold.difference.estimate == pytest.approx(fit.params[-1], abs=1e-8)
        assert fold.difference.std_error == pytest.approx(fit.bse[-1], abs=1e-8)
        assert fold.inside.estimate == pytest.approx(fit.params[-2:].sum(), abs=1e-8)
        assert fold.inside.std_error == pytest.approx(inside_se, abs=1e-8)
        assert sum(fold.n_inside) + sum(fold.n_outside) == who.sum()
        rows.append((fit.params[-1], fit.bse[-1]))
    pooled = pool_two_stage(*zip(*rows, strict=True))
    assert found.difference is not None
    assert found.difference.estimate == pytest.approx(pooled.estimate, abs=1e-8)
    assert found.difference.interval() == pytest.approx(pooled.interval(), abs=1e-6)
    assert found.difference.df == 2 and found.kept == sum(fold.kept for fold in found.folds)


def test_a_peeling_is_held_out_with_the_box_of_a_size(sample: Sample) -> None:
    settings = PeelSettings(beam=3, bin_width=0.1, min_fraction=0.3)
    # pain is known in two trials only, so that it is searched where trial c is left out
    found = held_out_peel(PeelPipeline(settings), sample, 0.5)
    assert len(found.folds) == 3 and found.kept == 0
    for k, fold in enumerate(found.folds):
        here = sample.take(np.flatnonzero(sample.trial == k))
        known = np.all([~np.isnan(np.asarray(here.moderators[rule.moderator])) for rule in fold.rules], axis=0)
        inside = np.all([rule.covers(here.moderators[rule.moderator]) for rule in fold.rules], axis=0)
        assert sum(fold.n_inside) == inside.sum() and sum(fold.n_outside) == (known & ~inside).sum()
    assert {rule.kind for fold in found.folds for rule in fold.rules} <= {"<=", ">="}


def test_two_trials_are_too_few() -> None:
    found = held_out_partition(PartitionPipeline(PARTITION), make_sample(**study(sizes=(120, 90))))
    assert found.folds == () and found.inside is None
    assert found.reason == "2 trials, and leaving one out needs 3"


def test_folds_without_a_candidate_or_with_few_people_drop_out_and_say_why(sample: Sample) -> None:
    nothing = held_out_partition(PartitionPipeline(PARTITION, Screening(1e-300)), sample)
    assert {fold.reason for fold in nothing.folds} == {"the other trials have no candidate"}
    assert nothing.reason == "0 of 3 trials have an estimate" and nothing.difference is None
    small = held_out_partition(PartitionPipeline(PARTITION), make_sample(**study(sizes=(120, 90, 12))))
    assert small.folds[2].reason == "fewer than 5 people in an arm of a side"
    assert small.difference is not None and small.difference.trials == 2
