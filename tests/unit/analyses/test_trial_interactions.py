"""Interactions by trial as recorded: the numbers by bare least squares, and what is not told of few people."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest

from reportgen.analyses.cohorts import Cohorts
from reportgen.analyses.moderators import screen_record
from reportgen.analyses.screened import screening
from reportgen.analyses.selection import Selection, narrowed
from reportgen.data import Repository
from reportgen.pipeline import read
from reportgen.records.moderation import Interaction, Screen
from reportgen.records.numbers import Value
from reportgen.records.printed import Figures, printed
from reportgen.release.rules import FOR_ANOTHER, TOO_CLOSE, TOO_FEW
from reportgen.spec.analyses import Moderators
from reportgen.spec.study import Study
from tests.analysed import people_of
from tests.screened_study import TRIALS, write_screened

COMMON = {"interaction_effect": "common", "adjuster_slopes": "common", "residual": "common"}
"""The model that bare matrices repeat, whatever the defaults."""


@cache
def study_of(men: int = 0, weight: bool = False) -> tuple[Study, Repository, Selection]:
    """The small study; with `men`, so many men are left in either arm of the east."""
    with TemporaryDirectory() as folder:
        path = write_screened(Path(folder))
        if men:
            file = path.parent / "east.csv"
            table = pd.read_csv(file)
            table["sex"] = np.where(table.groupby("arm").cumcount() < men, 2, 1)
            table.to_csv(file, index=False)
        spec, repository = read(path)
    node = spec.study.analyses["screening"]
    assert isinstance(node, Moderators)
    (people,) = people_of(node, repository, spec.study)
    return spec.study, repository, people


def halved(people: Selection) -> Selection:
    """The same people in six trials: everybody else of each in a trial of their own."""
    halves = np.where(np.arange(people.n) // 2 % 2 == 0, " A", " B")
    trial = np.array([f"{name}{half}" for name, half in zip(people.trial, halves, strict=True)], dtype=object)
    instruments = {f"{name} {half}": instrument for name, instrument in people.instruments.items() for half in "AB"}
    return replace(people, trial=trial, instruments=instruments)


def screen(
    men: int = 0, earlier: tuple[Selection, ...] = (), minimum: int = 5, in_halves: bool = False
) -> Screen[Value]:
    study, repository, people = study_of(men)
    people = halved(people) if in_halves else people
    study = study.model_copy(update={"policy": study.policy.model_copy(update={"minimum_cell": minimum})})
    node = study.analyses["screening"]
    assert isinstance(node, Moderators)
    node = node.model_copy(update={name: value for name, value in COMMON.items() if name in Moderators.model_fields})
    columns = Cohorts(repository, study).moderators(node.moderators)
    fits = screening(people, columns, node=node)
    before = [columns] * len(earlier)
    return screen_record(
        people, columns, fits, earlier=earlier, earlier_columns=before, name="screening", node=node, study=study
    )


def the(found: Screen[Value], name: str) -> Interaction[Value]:
    return next(interaction for interaction in found.interactions if interaction.moderator == name)


def least_squares(people: Selection, trial: str, z: np.ndarray) -> tuple[float, float]:
    """The coefficient of treatment x moderator and its standard error, of one trial by bare matrices."""
    here = people.trial == trial
    t, y, x = people.treatment[here].astype(float), people.response[here], people.adjusters[here]
    X = np.column_stack([np.ones(here.sum()), t, x, z[here], t[:, None] * z[here]])
    place = X.shape[1] - z.shape[1]
    beta, *_ = np.linalg.lstsq(X, y, rcond=None)
    residual = y - X @ beta
    covariance = np.linalg.inv(X.T @ X) * (residual @ residual) / (len(y) - X.shape[1])
    return float(beta[place]), float(np.sqrt(covariance[place, place]))


def columns_of(name: str) -> np.ndarray:
    study, repository, people = study_of()
    values = Cohorts(repository, study).moderators([name])[name].of(people)
    return values[:, None] / 10 if name == "age" else np.column_stack([values == 0, values == 1]).astype(float)


@pytest.mark.parametrize(("name", "levels"), [("age", 1), ("mood", 2)])
def test_each_trial_has_its_own_analysis_of_covariance(name: str, levels: int) -> None:
    _, _, people = study_of()
    found = the(screen(), name).by_trial
    assert len(found) == levels
    assert [row.trial.words for row in found[0].trials] == list(TRIALS)
    for row in found[0].trials:
        estimate, error = least_squares(people, row.trial.words, columns_of(name))
        assert row.estimate.effect.value == pytest.approx(estimate, abs=1e-9)
        assert row.estimate.std_error.value == pytest.approx(error, rel=1e-9)


def test_the_trials_are_pooled_by_their_precision() -> None:
    _, _, people = study_of()
    (age,) = the(screen(), "age").by_trial
    own = [least_squares(people, trial, columns_of("age")) for trial in TRIALS]
    estimates, weights = np.array([b for b, _ in own]), np.array([1 / e**2 for _, e in own])
    mean = weights @ estimates / weights.sum()
    q = float(weights @ (estimates - mean) ** 2)
    assert q < 2  # less than its df, so that tau2 is 0 and the weights are these
    assert age.heterogeneity.tau2.value == 0
    assert age.heterogeneity.q.value == pytest.approx(q, rel=1e-9)
    assert age.pooled.effect.value == pytest.approx(mean, abs=1e-9)
    assert [row.weight.value for row in age.trials] == pytest.approx(100 * weights / weights.sum())
    assert age.pooled.df.value == 2


def test_people_are_those_whom_a_contrast_compares() -> None:
    study, repository, people = study_of()
    mood = Cohorts(repository, study).moderators(["mood"])["mood"].of(people)
    low, _ = the(screen(), "mood").by_trial
    for row in low.trials:
        here = (people.trial == row.trial.words) & np.isin(mood, [0, 2])
        counts = [int(np.sum(here & (people.treatment == side))) for side in (0, 1)]
        assert [row.n_control.value, row.n_intervention.value] == counts


def test_a_trial_with_few_of_a_level_is_hidden_with_another_and_neither_is_pooled() -> None:
    (sex,) = the(screen(men=3), "sex").by_trial
    rows = {row.trial.words: row for row in sex.trials}
    assert [rows[name].status for name in TRIALS] == ["ok", "suppressed", "suppressed"]
    assert (rows["East"].reason, rows["South"].reason) == (TOO_FEW, FOR_ANOTHER)
    for name in ("South", "East"):
        row = rows[name]
        numbers = (row.estimate.effect, row.estimate.std_error, row.estimate.df, row.weight, row.n_control)
        assert {number.value for number in numbers} == {None}
    assert sex.reason == "one trial alone has an interaction that is printed: nothing is pooled"
    assert (sex.pooled.effect.value, sex.heterogeneity.q.value, sex.i2.value) == (None, None, None)
    assert [row.status for row in the(screen(men=3), "age").by_trial[0].trials] == ["ok"] * 3
    assert [row.status for row in the(screen(men=3, minimum=3), "sex").by_trial[0].trials] == ["ok"] * 3


def test_what_is_pooled_is_made_of_what_is_told() -> None:
    (sex,) = the(screen(men=3, in_halves=True), "sex").by_trial
    assert [row.trial.words for row in sex.trials if row.status == "suppressed"] == ["East A", "East B"]
    told = [row for row in sex.trials if row.status == "ok"]
    assert len(told) == 4
    estimates, errors = (
        np.array([value.value for value in values], dtype=float)
        for values in zip(*((row.estimate.effect, row.estimate.std_error) for row in told), strict=True)
    )
    weights = 1 / (errors**2 + (sex.heterogeneity.tau2.value or 0.0))
    assert sex.pooled.effect.value == pytest.approx(weights @ estimates / weights.sum(), rel=1e-9)
    assert [row.weight.value for row in told] == pytest.approx(100 * weights / weights.sum(), rel=1e-6)
    fixed = errors**-2
    mean = fixed @ estimates / fixed.sum()
    assert sex.heterogeneity.q.value == pytest.approx(fixed @ (estimates - mean) ** 2, rel=1e-9)
    assert (sex.heterogeneity.trials.value, sex.heterogeneity.q_df.value) == (4, 3)


def test_nobody_can_be_counted_from_the_people_of_another_contrast() -> None:
    found = the(screen(minimum=40), "mood").by_trial  # in the smaller trials a level has fewer than 40 people of an arm
    told = [row for contrast in found for row in contrast.trials]
    uncounted = {row.trial.words for row in told if row.n_control.value is None}
    assert len(uncounted) >= 2
    for row in told:
        if row.trial.words in uncounted:
            numbers = (row.trial, row.n_control, row.n_intervention, row.estimate.effect, row.weight)
            assert {number.n for number in numbers} == {None}
    everybody = the(screen(minimum=5), "mood").by_trial
    assert all(row.n_control.value for contrast in everybody for row in contrast.trials)


def test_a_trial_without_a_level_on_one_side_hides_nobody() -> None:
    (job,) = the(screen(), "job").by_trial or (None,)
    assert job is None  # collected in one trial: not screened
    found = the(screen(men=3, minimum=0), "sex").by_trial[0]
    assert [row.status for row in found.trials] == ["ok"] * 3


def test_a_trial_that_few_people_tell_from_an_earlier_one_is_hidden() -> None:
    _, _, people = study_of()
    stays = np.ones(people.n, dtype=bool)
    stays[np.flatnonzero((people.trial == "North") & (people.treatment == 1))[:3]] = False
    fewer = narrowed(people, stays, ())
    (age,) = the(screen(earlier=(fewer,)), "age").by_trial
    rows = {row.trial.words: row for row in age.trials}
    assert rows["North"].reason == TOO_CLOSE
    assert sum(row.status == "suppressed" for row in age.trials) == 2
    (same,) = the(screen(earlier=(people,)), "age").by_trial
    assert {row.status for row in same.trials} == {"ok"}  # the same people tell nothing more


def test_what_is_printed_is_recorded_of_each_trial() -> None:
    one = printed(the(screen(), "age"), Figures({"effect": 2, "heterogeneity": 2, "percent": 1, "p": 2}))
    ids = [row.estimate.effect.id for row in one.by_trial[0].trials]
    assert ids == [f"screening.overall.rmdq.short.age.by-trial.trial.{name.lower()}.effect" for name in TRIALS]
    assert one.by_trial[0].pooled.effect.id == "screening.overall.rmdq.short.age.by-trial.pooled.effect"
    assert replace(one, by_trial=()).by_trial == ()
