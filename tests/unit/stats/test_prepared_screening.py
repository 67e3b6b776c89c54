"""The prepared screening gives the test of `screen_moderator`; the random interaction depends on no coding."""

import numpy as np
import pytest

from reportgen.stats import Levels, screen_moderator
from reportgen.stats.prepared_screening import prepare_screening

SIZES = (60, 90, 45, 30, 120)
OPTIONS = {
    "as in print": {},
    "random": {"interaction_effect": "random"},
    "random, slopes": {"interaction_effect": "random", "adjuster_slopes": "stratified"},
    "slopes": {"adjuster_slopes": "stratified"},
    "normal": {"interaction_effect": "random", "inference": "normal"},
    "satterthwaite": {"interaction_effect": "random", "inference": "satterthwaite"},
    "naive": {"interaction_effect": "random", "reading": "naive"},
    "by-arm": {"interaction_effect": "random", "residual": "by-arm"},
    "by-trial": {"residual": "by-trial"},
    "common effect": {"treatment_effect": "common"},
    "no floor": {"interaction_effect": "random", "df_floor": "none"},
}


def trials(seed: int = 1, sizes: tuple[int, ...] = SIZES) -> dict:
    rng = np.random.default_rng(seed)
    trial = np.repeat(np.arange(len(sizes)), sizes)
    n = trial.size
    t = rng.permuted(np.arange(n) % 2).astype(float)
    x, z = rng.normal(size=(n, 2)), rng.normal(size=n) + 0.3 * trial
    g = rng.integers(0, 4, n)
    scatter = rng.normal(size=(2, len(sizes)))[:, trial]
    y = x @ [0.5, 0.2] + t * (1 + 0.3 * scatter[0] + z * (0.2 + 0.3 * scatter[1])) + rng.normal(size=n) * (1 + 0.5 * t)
    return {"outcome": y, "treatment": t, "trial": trial, "adjusters": x, "z": z, "g": g}


def moderators(d: dict) -> dict:
    gaps = np.where(np.random.default_rng(2).random(d["z"].size) < 0.1, np.nan, d["z"])
    return {
        "z": d["z"],
        "gaps": gaps,
        "adjuster": d["adjusters"][:, 0],
        "constant": np.full(d["z"].size, 2.0),
        "g": Levels(d["g"], ("a", "b", "c", "d")),
        "two": Levels(d["g"] % 2, ("a", "b")),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name == "by-arm" else name for name in OPTIONS]
)
def test_the_prepared_test_is_that_of_the_data(name: str) -> None:
    options = OPTIONS[name]
    d = trials()
    people = {key: d[key] for key in ("treatment", "trial", "adjusters")}
    prepared = prepare_screening(moderators=moderators(d), **people, **options)
    rng = np.random.default_rng(5)
    for scale in (0.0, 1.0, 1000.0):
        y = d["outcome"] + scale * rng.normal(size=d["outcome"].size)
        found = prepared.run(y)
        for k, moderator in enumerate(moderators(d).values()):
            fit = screen_moderator(y, moderator=moderator, **people, **options)
            alone = fit.naive if options.get("reading") == "naive" else fit.within
            if not alone.estimated:
                assert np.isnan(found.p_value[k])
                continue
            assert found.p_value[k] == pytest.approx(alone.p_value, rel=1e-7)  # measured 4e-10
            if isinstance(moderator, Levels):
                assert found.direction[k] == 0
            else:
                assert found.estimate[k] == pytest.approx(alone.each[0].estimate, rel=1e-7)
                assert found.direction[k] == np.sign(alone.each[0].estimate)


def test_a_moderator_that_never_has_an_estimate_says_why() -> None:
    d = trials()
    people = {key: d[key] for key in ("treatment", "trial", "adjusters")}
    prepared = prepare_screening(moderators=moderators(d), **people)
    assert prepared.reasons == ("", "", "", "it has one value in all", "", "")


def test_outcomes_that_do_not_fit_are_refused() -> None:
    d = trials()
    people = {key: d[key] for key in ("treatment", "trial", "adjusters")}
    prepared = prepare_screening(moderators={"z": d["z"]}, **people)
    with pytest.raises(ValueError, match="345 people were prepared"):
        prepared.run(d["outcome"][1:])
    with pytest.raises(ValueError, match="must be finite"):
        prepared.run(np.where(np.arange(345) == 3, np.nan, d["outcome"]))


def people_of(d: dict) -> dict:
    return {key: d[key] for key in ("outcome", "treatment", "trial", "adjusters")}


@pytest.mark.parametrize("slopes", ["common", "stratified"])
@pytest.mark.parametrize("residual", ["common", "by-arm"])
def test_p_does_not_depend_on_where_zero_lies(slopes: str, residual: str) -> None:
    d = trials()
    options = {"interaction_effect": "random", "adjuster_slopes": slopes, "residual": residual}
    here = screen_moderator(moderator=d["z"], **people_of(d), **options)
    there = screen_moderator(moderator=d["z"] + 5.0, **people_of(d), **options)
    assert here.within.interaction_tau2 > 0.0
    assert there.within.p_value == pytest.approx(here.within.p_value, rel=1e-6)
    assert there.naive.p_value == pytest.approx(here.naive.p_value, rel=1e-6)


@pytest.mark.parametrize("seed", [1, 5])
def test_p_does_not_depend_on_the_reference_level(seed: int) -> None:
    d = trials(seed)
    z = np.digitize(d["z"], (-0.5, 0.5, 1.5))
    fits = [
        screen_moderator(
            moderator=Levels(z, ("a", "b", "c", "d")),
            reference=k,
            interaction_effect="random",
            adjuster_slopes="stratified",
            **people_of(d),
        )
        for k in range(4)
    ]
    assert {fit.reference for fit in fits} == {0, 1, 2, 3}
    assert fits[0].within.interaction_tau2 > 0.0
    for fit in fits[1:]:
        assert fit.within.p_value == pytest.approx(fits[0].within.p_value, rel=1e-6)
        assert fit.naive.p_value == pytest.approx(fits[0].naive.p_value, rel=1e-6)
        assert fit.within.interaction_tau2 == pytest.approx(fits[0].within.interaction_tau2, rel=1e-6)


def test_both_readings_stand_in_the_result() -> None:
    d = trials()
    common = screen_moderator(moderator=d["z"], **people_of(d))
    random = screen_moderator(moderator=d["z"], interaction_effect="random", **people_of(d))
    assert common.within == common.in_these_trials == random.in_these_trials
    assert random.within == random.in_new_trials == common.in_new_trials
    assert random.within.each[0].std_error > common.within.each[0].std_error
    assert random.within.tau_interaction > 0.0
    assert common.within.interaction_tau2 == 0.0


def test_the_floor_counts_the_trials_that_tell_something() -> None:
    d = trials()
    z = np.where(d["trial"] < 3, 1.0, d["z"])  # varies in two trials of five
    fit = screen_moderator(moderator=z, interaction_effect="random", **people_of(d))
    assert fit.telling.trials == 2
    assert fit.within.each[0].df == max(1.0, fit.within.each[0].df_raw)
    none = screen_moderator(moderator=z, interaction_effect="random", df_floor="none", **people_of(d))
    assert none.within.each[0].df == none.within.each[0].df_raw


def test_one_trial_that_tells_something_leaves_one_degree_of_freedom() -> None:
    d = trials()
    z = np.where(d["trial"] < 4, d["trial"] % 2, d["z"])  # varies in the last trial alone
    fit = screen_moderator(moderator=z, interaction_effect="random", reading="naive", **people_of(d))
    assert fit.telling.trials == 1
    assert fit.naive.each[0].df >= 1.0
    assert np.isfinite(fit.naive.each[0].interval()).all()


def test_small_trials_share_their_slopes() -> None:
    d = trials(sizes=(60, 90, 25, 20, 120))
    fit = screen_moderator(moderator=d["z"], adjuster_slopes="stratified", **people_of(d))
    assert fit.within.sharing == (2, 3)  # fewer than 30 people for two adjusters and the moderator
    none = screen_moderator(moderator=d["z"], adjuster_slopes="stratified", people_per_slope=0, **people_of(d))
    assert none.within.sharing == ()
    assert none.within.p_value != fit.within.p_value
    few = screen_moderator(moderator=d["z"], adjuster_slopes="stratified", people_per_slope=1000, **people_of(d))
    common = screen_moderator(moderator=d["z"], **people_of(d))
    assert few.within.sharing == (0, 1, 2, 3, 4)
    assert few.within.p_value == pytest.approx(common.within.p_value, rel=1e-9)


def test_an_adjuster_counts_once_among_the_slopes() -> None:
    d = trials(sizes=(60, 90, 25, 20, 120))
    fit = screen_moderator(moderator=d["adjusters"][:, 0], adjuster_slopes="stratified", **people_of(d))
    assert fit.within.sharing == ()  # 20 people are enough for two
