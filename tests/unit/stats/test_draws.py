"""Sign flips and bootstraps of whole searches, against straightforward routes that are written out here."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from reportgen.stats import Levels, partition, peel, screen_moderator
from reportgen.stats.crossproducts import columns as checked
from reportgen.stats.design import Options
from reportgen.stats.draws import joined, search_wise_p
from reportgen.stats.null_draws import (
    PartitionDraws,
    calibration,
    min_p,
    no_p,
    null_band,
    partition_draws,
    partition_statistic,
    peel_draws,
    peel_statistic,
    screening_draws,
)
from reportgen.stats.null_model import null_model
from reportgen.stats.one_step import fit_columns
from reportgen.stats.optimism import corrected, partition_optimism, peel_optimism, stability
from reportgen.stats.overlap import chance_overlap, overlap_draws, overlap_p
from reportgen.stats.peeling import PeelSettings
from reportgen.stats.pipelines import PartitionPipeline, PeelPipeline
from reportgen.stats.sample import Sample, make_sample, unit_keys
from reportgen.stats.screening import Screening
from reportgen.stats.signs import resampled_rows, signs

PARTITION: dict[str, Any] = {"min_size": 30, "max_cuts": 12}
PEEL = PeelSettings(beam=3, bin_width=0.1, min_fraction=0.3)
# the options of sound tests, where they may be given; of the trials two have slopes of their own
SOUND: dict[str, Any] = {"adjuster_slopes": "stratified", "people_per_slope": 40, "information": "within"}
SCREENED: dict[str, Any] = {"interaction_effect": "random", "adjuster_slopes": "stratified", "people_per_slope": 40}


def study(seed: int = 1, sizes: tuple[int, ...] = (120, 90, 60), effect: float = 1.2) -> dict[str, Any]:
    """Younger people gain more; sites are levels, a tenth of pain is missing, and trial c never asked for it."""
    rng = np.random.default_rng(seed)
    trial = np.repeat(np.array(list("abc"))[: len(sizes)], sizes)
    n = len(trial)
    age, pain = rng.integers(20, 70, n).astype(float), rng.normal(5.0, 2.0, n).round(1)
    treatment, base = rng.integers(0, 2, n).astype(float), rng.normal(size=n)
    outcome = 0.3 * pain + base + effect * treatment * (age <= 45.0) + rng.normal(size=n)
    pain[rng.random(n) < 0.1] = np.nan
    pain[trial == "c"] = np.nan
    site = Levels(rng.integers(0, 3, n), ("north", "south", "west"))
    return {
        "outcome": outcome,
        "treatment": treatment,
        "trial": trial,
        "moderators": {"pain": pain, "age": age, "site": site},
        "participant": np.arange(n),
        "adjusters": base,
    }


def take(data: dict[str, Any], rows: Any) -> dict[str, Any]:
    moderators = {
        name: Levels(item.codes[rows], item.levels) if isinstance(item, Levels) else item[rows]
        for name, item in data["moderators"].items()
    }
    return {name: value[rows] for name, value in data.items() if name != "moderators"} | {"moderators": moderators}


def same(one: Any, other: Any) -> bool:
    return all(
        np.array_equal(getattr(one, f.name), getattr(other, f.name), equal_nan=f.name not in ("names", "sizes"))
        for f in fields(one)
    )


@pytest.fixture(scope="module")
def sample() -> Sample:
    return make_sample(**study())


# --- signs ----------------------------------------------------------------------------------------------------------


def test_signs_belong_to_people_and_draws_and_not_to_who_else_is_there() -> None:
    unit = unit_keys(["a"] * 50 + ["b"] * 50, np.arange(100))
    whole = signs(7, unit, 0, 1100)
    rows = np.random.default_rng(1).permutation(100)[:40]
    assert np.array_equal(signs(7, unit[rows], 500, 30), whole[500:530, rows])
    assert not np.array_equal(signs(8, unit, 0, 1), whole[:1])


def test_signs_are_fair_and_independent_between_people_and_draws() -> None:
    unit = unit_keys(["a"] * 400, np.arange(400))
    table = signs(1, unit, 0, 2000).astype(float)
    assert abs(table.mean()) < 4.0 / np.sqrt(table.size)
    for item in (table, table.T):
        products = item @ item.T / item.shape[1]
        apart = products[np.triu_indices(len(item), 1)]
        assert abs(apart.mean()) < 1e-3
        assert abs(apart.std() * np.sqrt(item.shape[1]) - 1.0) < 0.02


def test_people_of_a_cluster_share_their_sign_and_are_drawn_together() -> None:
    data = study()
    made = make_sample(**data, cluster=data["participant"] // 10)
    table = signs(1, made.unit, 0, 20)
    for unit in np.unique(made.unit):
        assert (np.ptp(table[:, made.unit == unit], axis=1) == 0).all()
    times = np.bincount(resampled_rows(1, made, 3), minlength=len(made.outcome))
    assert all(np.ptp(times[made.unit == unit]) == 0 for unit in np.unique(made.unit))


def test_a_bootstrap_sample_keeps_trials_and_arms(sample: Sample) -> None:
    for draw in range(5):
        drawn = sample.take(resampled_rows(1, sample, draw))
        for item, other in ((drawn.trial, sample.trial), (drawn.treatment, sample.treatment)):
            assert np.array_equal(np.bincount(item.astype(int)), np.bincount(other.astype(int)))
    assert not np.array_equal(resampled_rows(1, sample, 0), resampled_rows(1, sample, 1))


# --- the model of no effect modification ------------------------------------------------------------------------------


def test_the_null_model_is_least_squares_with_slopes_for_each_large_trial(sample: Sample) -> None:
    model = null_model(sample)
    assert model.own_slopes == ("a", "b", "c")
    for k in range(3):
        here = sample.trial == k
        site = sample.moderators["site"]
        assert isinstance(site, Levels)
        pain = np.asarray(sample.moderators["pain"])[here]
        filled = np.where(np.isnan(pain), 0.0 if np.isnan(pain).all() else np.nanmean(pain), pain)
        columns = [np.ones(here.sum()), sample.treatment[here], sample.adjusters[here, 0], filled]
        columns += [np.asarray(sample.moderators["age"])[here], *(site.codes[here] == code for code in (1, 2))]
        design = np.column_stack(columns).astype(float)
        expected = sample.outcome[here] - design @ np.linalg.lstsq(design, sample.outcome[here], rcond=None)[0]
        np.testing.assert_allclose(model.residual[here], expected, atol=1e-10)


def test_trials_too_small_for_slopes_of_their_own_share_them() -> None:
    data = study(sizes=(120, 30, 20))
    sample = make_sample(**data)
    model = null_model(sample)
    assert model.own_slopes == ("a",)
    here = sample.trial > 0
    indicator = (sample.trial[here, None] == [1, 2]).astype(float)
    pain = np.asarray(sample.moderators["pain"])[here]
    means = [np.nanmean(pain[indicator[:, 0] == 1.0]), 0.0]
    filled = np.where(np.isnan(pain), indicator @ means, pain)
    site = sample.moderators["site"]
    assert isinstance(site, Levels)
    levels = (site.codes[here, None] == [1, 2]).astype(float)
    age = np.asarray(sample.moderators["age"])[here]
    effects = indicator * sample.treatment[here, None]
    design = np.column_stack([indicator, effects, sample.adjusters[here], filled, age, levels])
    expected = sample.outcome[here] - design @ np.linalg.lstsq(design, sample.outcome[here], rcond=None)[0]
    np.testing.assert_allclose(model.residual[here], expected, atol=1e-10)


def test_a_moderator_that_is_treatment_or_an_adjuster_again_changes_nothing() -> None:
    data = study()
    twins = data["moderators"] | {"again": data["adjusters"], "arm": data["treatment"] * 3.0, "one": np.full(270, 7.3)}
    plain, more = (null_model(make_sample(**(data | {"moderators": m}))) for m in (data["moderators"], twins))
    np.testing.assert_allclose(more.residual, plain.residual, atol=1e-9)


# --- draws against the straightforward route ------------------------------------------------------------------------


def passed(sample: Sample, outcome: Any, limit: float, **options: Any) -> list[str]:
    found = []
    for name, values in sample.moderators.items():
        fit = screen_moderator(outcome, sample.treatment, sample.trial, values, adjusters=sample.adjusters, **options)
        if fit.within.estimated and fit.within.p_value < limit:
            found.append((fit.within.p_value, name))
    return [name for _, name in sorted(found)]


@pytest.mark.parametrize("sound", [False, True])
@pytest.mark.parametrize("screened", [False, True])
def test_draws_of_a_partition_are_those_of_one_search_after_another(
    sample: Sample, screened: bool, sound: bool
) -> None:
    screening = Screening(0.4, options=SCREENED if sound else {}) if screened else None
    options = PARTITION | (SOUND if sound else {})
    model = null_model(sample)
    draws = partition_draws(PartitionPipeline(options, screening).prepare(sample), model, 1, 0, 12)
    table = signs(1, sample.unit, 0, 12)
    for k in range(12):
        y = model.fitted + table[k] * model.residual
        names = passed(sample, y, 0.4, **(SCREENED if sound else {})) if screened else list(sample.moderators)
        moderators = {name: sample.moderators[name] for name in names}
        expected, kept = 0.0, 0
        if moderators:
            found = partition(y, sample.treatment, sample.trial, moderators, adjusters=sample.adjusters, **options)
            expected, kept = -found.log_p, len(found.subgroups)
        assert draws.statistic[k] == pytest.approx(expected, abs=1e-9)
        assert draws.kept[k] == kept
    assert not screened or 0 < draws.searched.sum() < 12


@pytest.mark.parametrize("sound", [False, True])
@pytest.mark.parametrize("screened", [False, True])
def test_draws_of_a_peeling_are_those_of_one_search_after_another(sample: Sample, screened: bool, sound: bool) -> None:
    screening = Screening(0.4, options=SCREENED if sound else {}) if screened else None
    settings = replace(PEEL, **SOUND) if sound else PEEL
    model = null_model(sample)
    draws = peel_draws(PeelPipeline(settings, screening).prepare(sample), model, 1, 0, 12)
    table = signs(1, sample.unit, 0, 12)
    options = {"beam": PEEL.beam, "bin_width": PEEL.bin_width, "min_fraction": PEEL.min_fraction}
    options |= SOUND if sound else {}
    for k in range(12):
        y = model.fitted + table[k] * model.residual
        names = passed(sample, y, 0.4, **(SCREENED if sound else {})) if screened else list(sample.moderators)
        moderators = {name: sample.moderators[name] for name in names}
        z, effect = np.full(11, np.nan), np.full(11, np.nan)
        if moderators:
            found = peel(y, sample.treatment, sample.trial, moderators, adjusters=sample.adjusters, **options)
            for box in found.boxes:
                at = int(np.floor(box.fraction / 0.1 + 1e-9))
                z[at], effect[at] = box.z, box.effect.estimate
        np.testing.assert_allclose(draws.z[k], z, atol=1e-9)
        np.testing.assert_allclose(draws.effect[k], effect, atol=1e-7)
        assert draws.statistic[k] == pytest.approx(np.nanmax(z, initial=-np.inf), abs=1e-9)


def test_moderators_sorted_out_count_in_the_data_and_in_draws_alike(sample: Sample) -> None:
    pipeline = PartitionPipeline(PARTITION, Screening(0.4), count_screened=True)
    plain = partition_draws(replace(pipeline, count_screened=False).prepare(sample), null_model(sample), 1, 0, 12)
    prepared, model = pipeline.prepare(sample), null_model(sample)
    draws, table = partition_draws(prepared, model, 1, 0, 12), signs(1, sample.unit, 0, 12)
    counted = 0
    for k in range(-1, 12):  # -1: the data
        y = model.fitted + table[k] * model.residual if k >= 0 else sample.outcome
        names = passed(sample, y, 0.4)
        statistic = draws.statistic[k] if k >= 0 else partition_statistic(prepared.run(y))
        if not names:
            assert statistic == 0.0
            continue
        moderators = {name: sample.moderators[name] for name in names}
        given = (y, sample.treatment, sample.trial, moderators)
        found = partition(*given, adjusters=sample.adjusters, across_extra=3 - len(names), **PARTITION)
        assert statistic == pytest.approx(-found.log_p, abs=1e-9)
        counted += len(names) < 3
    assert counted > 3
    assert (draws.statistic <= plain.statistic).all() and (draws.statistic < plain.statistic).any()
    assert np.array_equal(draws.p, plain.p, equal_nan=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("adjuster_slopes", "stratified"),
        ("interaction_effect", "random"),
        ("residual", "by-arm"),
        ("inference", "normal"),
        ("treatment_effect", "common"),
        ("minimum_trials", 3),
    ],
)
def test_every_option_of_a_screening_reaches_the_draws(sample: Sample, name: str, value: Any) -> None:
    usual, other = (screening_draws(sample, Screening(0.4, options=o), 1, 0, 3) for o in ({}, {name: value}))
    assert not np.array_equal(usual.p, other.p, equal_nan=True)


def test_complete_cases_are_those_of_the_moderators_that_passed(sample: Sample) -> None:
    prepared = PartitionPipeline({"min_size": 0.2}, None, "complete").prepare(sample)
    search = prepared.search(("pain", "age"))
    has = ~np.isnan(np.asarray(sample.moderators["pain"]))
    assert search is not None and np.array_equal(search.rows, np.flatnonzero(has))
    assert search.settings.min_size == int(np.ceil(0.2 * has.sum()))
    alone = prepared.search(("age",))
    assert alone is not None and len(alone.rows) == len(sample.outcome)
    assert prepared.search(()) is None


def every_kind(sample: Sample, first: int, count: int) -> list[Any]:
    model = null_model(sample)
    rp, ardp = PartitionPipeline(PARTITION, Screening(0.5)), PeelPipeline(PEEL, Screening(0.5))
    return [
        partition_draws(rp.prepare(sample), model, 5, first, count),
        peel_draws(ardp.prepare(sample), model, 5, first, count),
        screening_draws(sample, Screening(0.5), 5, first, count),
        partition_optimism(rp.prepare(sample), 5, first, count),
        peel_optimism(ardp.prepare(sample), 5, first, count, sizes=(0.5, 0.3)),
        overlap_draws(rp.prepare(sample), ardp.prepare(sample), model, 5, first, count, sizes=(0.5,)),
    ]


def test_chunks_join_to_the_same_draws_whatever_their_sizes_and_order(sample: Sample) -> None:
    whole = every_kind(sample, 508, 9)
    chunks = [every_kind(sample, first, count) for first, count in ((513, 4), (508, 2), (510, 3))]
    for item, parts in zip(whole, zip(*chunks, strict=True), strict=True):
        assert same(item, joined(parts)), type(item).__name__
    with pytest.raises(ValueError, match="twice"):
        joined([whole[0], chunks[0][0]])
    with pytest.raises(ValueError, match="seeds"):
        joined([whole[0], replace(chunks[0][0], seed=6)])
    with pytest.raises(ValueError, match="at least one"):
        every_kind(sample, 0, 0)


def test_the_order_of_rows_changes_nothing() -> None:
    data = study()
    rows = np.random.default_rng(2).permutation(len(data["outcome"]))
    item, other = (every_kind(make_sample(**d), 0, 4) for d in (data, take(data, rows)))
    assert all(same(a, b) for a, b in zip(item, other, strict=True))


def test_draws_hold_nothing_as_long_as_the_people(sample: Sample) -> None:
    for item in every_kind(sample, 0, 3):
        for field in fields(item):
            assert len(sample.outcome) not in np.shape(getattr(item, field.name))


# --- p and bands ----------------------------------------------------------------------------------------------------


def test_planted_modification_has_a_small_p_and_none_has_not(sample: Sample) -> None:
    model = null_model(sample)
    rp, ardp = PartitionPipeline(PARTITION).prepare(sample), PeelPipeline(PEEL).prepare(sample)
    null = model.flipped(signs(99, sample.unit, 0, 1)[0])
    flips, peels = partition_draws(rp, model, 1, 0, 39), peel_draws(ardp, model, 1, 0, 39)
    assert search_wise_p(partition_statistic(rp.run(sample.outcome)), flips.statistic) == 0.025
    assert search_wise_p(peel_statistic(ardp.run(sample.outcome)), peels.statistic) == 0.025
    assert search_wise_p(partition_statistic(rp.run(null)), flips.statistic) > 0.05
    assert calibration(flips).kept == int((flips.kept > 0).sum())
    band = null_band(np.repeat(peels.z, 2, axis=0))
    assert (band.low[~np.isnan(band.low)] < band.high[~np.isnan(band.low)]).all()
    assert no_p(flips) == no_p(peels) == ""


def test_min_p_takes_moderators_and_outcomes_together() -> None:
    rng = np.random.default_rng(1)
    flips = [rng.uniform(size=(199, 3)), rng.uniform(size=(199, 3))]
    observed = [np.array([0.002, 0.3, np.nan]), np.array([0.05, 0.9, 0.01])]
    smallest = np.minimum(flips[0].min(axis=1), flips[1].min(axis=1))
    together = min_p(observed, flips)
    for p, adjusted in zip(observed, together, strict=True):
        for item, many in zip(p, adjusted, strict=True):
            expected = np.nan if np.isnan(item) else (1 + (smallest <= item).sum()) / 200
            np.testing.assert_equal(many, expected)


def test_a_search_that_finds_nothing_has_p_1_and_draws_that_all_find_nothing_say_so() -> None:
    data = study()
    data["moderators"] = {"one": np.ones(270)}
    sample = make_sample(**data)
    model = null_model(sample)
    rp, ardp = PartitionPipeline().prepare(sample), PeelPipeline().prepare(sample)
    flips, peels = partition_draws(rp, model, 1, 0, 5), peel_draws(ardp, model, 1, 0, 5)
    assert search_wise_p(partition_statistic(rp.run(sample.outcome)), flips.statistic) == 1.0
    assert search_wise_p(peel_statistic(ardp.run(sample.outcome)), peels.statistic) == 1.0
    assert no_p(flips) == no_p(peels) == "nothing could be searched in any draw"
    assert np.isnan(null_band(peels.z).low).all()
    assert np.isnan(partition_optimism(rp, 1, 0, 2).inside).all()
    assert np.isnan(peel_optimism(ardp, 1, 0, 2, sizes=(0.5,)).inside).all()
    assert np.isnan(overlap_draws(rp, ardp, model, 1, 0, 2, sizes=(0.5,)).jaccard).all()


# --- optimism -------------------------------------------------------------------------------------------------------


def effects(data: Sample, inside: Any, outside: Any, apart: Any = None, alone: Any = None) -> tuple[float, float]:
    """Effect inside and its difference from the outside, by separate fits; options of the latter and of the former."""

    def fit(who: Any, options: Any, moderator: Any = None) -> Any:
        options = Options(**options)
        x = data.adjusters[who]
        return fit_columns(checked(data.outcome[who], data.treatment[who], data.trial[who], x, moderator), options)

    both = inside | outside
    s, apart = inside[both].astype(float), dict(apart or {})
    if apart.pop("information", "pooled") == "within":
        share = {k: s[data.trial[both] == k].mean() for k in np.unique(data.trial[both])}
        s = s - np.array([share[k] for k in data.trial[both]])
    interaction = fit(both, apart | {"moderator_slopes": apart.get("adjuster_slopes", "common")}, s).interaction
    return float(fit(inside, alone or {}).effect.estimate), float(interaction.estimate)


@pytest.mark.parametrize("sound", [False, True])
def test_optimism_of_a_partition_is_that_of_the_rules_followed_by_hand(sample: Sample, sound: bool) -> None:
    options = PARTITION | (SOUND if sound else {})
    alone = {name: value for name, value in SOUND.items() if name != "information"} if sound else None
    draws = partition_optimism(PartitionPipeline(options).prepare(sample), 3, 0, 6, ranks=2)
    assert (draws.kept > 0).sum() >= 3
    for k in range(6):
        drawn = sample.take(resampled_rows(3, sample, k))
        found = partition(
            drawn.outcome, drawn.treatment, drawn.trial, drawn.moderators, adjusters=drawn.adjusters, **options
        )
        expected = np.full((2, 2, 2), np.nan)
        counted = [0, 0]
        for subgroup in found.subgroups:
            level = len(subgroup.inside.rules) - 1
            rank, counted[level] = counted[level], counted[level] + 1
            if rank < 2:
                pairs = []
                for data in (drawn, sample):
                    masks = [
                        np.all([rule.covers(data.moderators[rule.moderator]) for rule in group.rules], axis=0)
                        for group in (subgroup.inside, subgroup.sibling)
                    ]
                    pairs.append(effects(data, *masks, SOUND if sound else None, alone))
                expected[:, level, rank] = np.subtract(*pairs)
        np.testing.assert_allclose(draws.inside[k], expected[0], atol=1e-6)
        np.testing.assert_allclose(draws.difference[k], expected[1], atol=1e-6)
        sides = {(rule.moderator, rule.kind) for item in found.subgroups for rule in item.inside.rules}
        names = draws.names
        for rule, kind in sides:
            if kind in ("<=", ">"):
                assert draws.chosen[k, names.index(rule), 0 if kind == "<=" else 1]
        assert draws.chosen[k].sum() == len(sides)


@pytest.mark.parametrize("sound", [False, True])
def test_optimism_of_a_peeling_is_that_of_the_limits_followed_by_hand(sample: Sample, sound: bool) -> None:
    settings = replace(PEEL, **SOUND) if sound else PEEL
    draws = peel_optimism(PeelPipeline(settings).prepare(sample), 3, 0, 4, sizes=(0.5,))
    options = {"beam": PEEL.beam, "bin_width": PEEL.bin_width, "min_fraction": PEEL.min_fraction}
    options |= SOUND if sound else {}
    for k in range(4):
        drawn = sample.take(resampled_rows(3, sample, k))
        found = peel(
            drawn.outcome, drawn.treatment, drawn.trial, drawn.moderators, adjusters=drawn.adjusters, **options
        )
        for box in found.boxes:
            at = int(np.floor(box.fraction / 0.1 + 1e-9))
            values = []
            for data in (drawn, sample):
                columns = {limit.moderator: np.asarray(data.moderators[limit.moderator]) for limit in box.limits}
                known = ~np.any([np.isnan(z) for z in columns.values()], axis=0)
                inside = known.copy()
                for limit in box.limits:
                    if limit.value is not None:
                        z = columns[limit.moderator]
                        inside &= z <= limit.value if limit.side == "<=" else z >= limit.value
                values.append(effects(data, inside, known & ~inside, SOUND if sound else None))
            inside_optimism, apart = np.subtract(*values)
            assert draws.inside[k, at] == pytest.approx(inside_optimism, abs=1e-6)
            if not np.isnan(draws.difference[k, at]):
                assert draws.difference[k, at] == pytest.approx(apart, abs=1e-6)
        (box,) = found.nearest((0.5,))
        for limit in box.limits:
            place = draws.names.index(limit.moderator), 0 if limit.side == "<=" else 1
            np.testing.assert_equal(draws.cut[k, 0][place], np.nan if limit.value is None else limit.value)
            assert draws.chosen[k, 0][place] == (limit.value is not None)
    assert np.isfinite(draws.difference).any()


def test_correction_takes_the_mean_optimism_off_and_widens_the_interval() -> None:
    optimism = np.array([0.5, np.nan, 0.1, 0.3])
    one = corrected(1.0, 0.4, optimism)
    assert (one.estimate, one.share, one.draws) == (pytest.approx(0.7), 0.75, 3)
    assert one.high - one.estimate == pytest.approx(np.hypot(0.4, 1.959964 * 0.2), abs=1e-6)
    nothing = corrected(1.0, 0.4, np.full(4, np.nan))
    assert np.isnan(nothing.estimate) and nothing.share == 0.0 and nothing.draws == 0


def test_a_planted_rule_is_chosen_again_and_again_near_its_cut() -> None:
    sample = make_sample(**study(effect=2.0))
    draws = partition_optimism(PartitionPipeline(PARTITION).prepare(sample), 1, 0, 20)
    first = max(stability(draws.names, draws.chosen, draws.cut), key=lambda one: one.share)
    assert (first.moderator, first.side) == ("age", "low")
    assert first.share > 0.8 and 35.0 < first.low <= 45.0 <= first.high < 60.0


# --- overlap --------------------------------------------------------------------------------------------------------


def test_overlap_is_the_jaccard_index_of_the_people_both_saw(sample: Sample) -> None:
    model = null_model(sample)
    searches = PartitionPipeline(PARTITION).prepare(sample), PeelPipeline(PEEL).prepare(sample)
    draws = overlap_draws(*searches, model, 1, 0, 5, sizes=(0.5,))
    table = signs(1, sample.unit, 0, 5)
    for k in range(5):
        y = model.fitted + table[k] * model.residual
        given = y, sample.treatment, sample.trial, sample.moderators
        tree = partition(*given, adjusters=sample.adjusters, **PARTITION).tree
        boxes = peel(*given, adjusters=sample.adjusters, beam=3, bin_width=0.1, min_fraction=0.3)
        node, split = min(((n, s) for n in tree for s in n.splits), key=lambda one: one[1].log_p_node)
        rules = [*node.rules, split.low.rule if split.child == "low" else split.high.rule]
        inside = np.all([rule.covers(sample.moderators[rule.moderator]) for rule in rules], axis=0)
        seen = boxes.analysed
        (box,) = boxes.nearest((0.5,))
        expected = (inside & box.members & seen).sum() / ((inside | box.members) & seen).sum()
        assert draws.jaccard[k, 0] == pytest.approx(expected)
        (box,) = boxes.nearest((inside[seen].mean(),))
        expected = (inside & box.members & seen).sum() / ((inside | box.members) & seen).sum()
        assert draws.nearest[k] == pytest.approx(expected)


def test_searches_of_other_people_are_compared_among_those_whom_both_saw(sample: Sample) -> None:
    some = np.flatnonzero(np.arange(len(sample.outcome)) % 7 > 0)
    fewer = sample.take(some)
    models = null_model(sample), null_model(fewer)
    searches = PartitionPipeline(PARTITION).prepare(sample), PeelPipeline(PEEL).prepare(fewer)
    draws = overlap_draws(*searches, models[0], 1, 0, 2, sizes=(0.5,), peel_model=models[1])
    table = signs(1, sample.unit, 0, 2)
    for k in range(2):
        y = models[0].fitted + table[k] * models[0].residual
        tree = partition(
            y, sample.treatment, sample.trial, sample.moderators, adjusters=sample.adjusters, **PARTITION
        ).tree
        node, split = min(((n, s) for n in tree for s in n.splits), key=lambda one: one[1].log_p_node)
        rules = [*node.rules, split.low.rule if split.child == "low" else split.high.rule]
        inside = np.all([rule.covers(sample.moderators[rule.moderator]) for rule in rules], axis=0)[some]
        y = models[1].fitted + table[k][some] * models[1].residual
        given = y, fewer.treatment, fewer.trial, fewer.moderators
        boxes = peel(*given, adjusters=fewer.adjusters, beam=3, bin_width=0.1, min_fraction=0.3)
        (box,), seen = boxes.nearest((0.5,)), boxes.analysed
        expected = (inside & box.members & seen).sum() / ((inside | box.members) & seen).sum()
        assert draws.jaccard[k, 0] == pytest.approx(expected)
    with pytest.raises(ValueError, match="different people"):
        overlap_draws(*searches, models[0], 1, 0, 2)


def test_overlap_by_chance_is_of_the_draws_in_which_both_found_something() -> None:
    found = np.concatenate([np.linspace(0.1, 0.9, 81), np.full(40, np.nan)])
    chance = chance_overlap(found)
    assert (chance.draws, chance.median) == (81, pytest.approx(0.5))
    assert (chance.low, chance.high) == (pytest.approx(0.12), pytest.approx(0.88))
    assert overlap_p(0.85, found) == pytest.approx((1 + 6) / (1 + 81))
    assert np.isnan(chance_overlap(found[:10]).median) and np.isnan(overlap_p(0.5, found[:10]))


# --- what is wrong with a sample ---------------------------------------------------------------------------------


def test_everything_that_is_wrong_with_a_sample_is_said_at_once() -> None:
    data = study()
    data["outcome"][3] = np.nan
    data["treatment"][0] = 2.0
    with pytest.raises(ValueError, match=r"outcome has missing.*treatment must be 0 or 1"):
        make_sample(**data)
    data = study()
    data["participant"][1] = data["participant"][0]
    with pytest.raises(ValueError, match="a participant occurs twice"):
        make_sample(**data)


def test_chunks_are_plain_frozen_arrays(sample: Sample) -> None:
    draws = partition_draws(PartitionPipeline(PARTITION).prepare(sample), null_model(sample), 1, 0, 2)
    assert isinstance(draws, PartitionDraws)
    with pytest.raises(AttributeError):
        draws.seed = 2  # type: ignore[misc]
