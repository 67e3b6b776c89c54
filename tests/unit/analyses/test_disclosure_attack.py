"""An intruder with a solver: of trials that are not disclosed, nothing can be worked out from the pooled effect beside them.

The intruder knows everything but the outcomes of the suppressed trials, of which the effect and the standard error are sought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import least_squares

from reportgen.analyses import meta_analysis
from reportgen.analyses.arm_means import with_arm_means
from reportgen.analyses.meta_analysis import pooled_effect, pooled_effect_in_digits
from reportgen.analyses.other_worlds import suppressed_trial
from reportgen.analyses.selection import Selection, disclosed_alone, without_trials
from reportgen.analyses.suppressed_trials import disclosed_in_digits, few_apart, guarded_trials
from reportgen.pipeline import read
from reportgen.records.exclusion import ExclusionReason
from reportgen.records.model import PooledEffect
from reportgen.records.numbers import Number, Value, numbers_in, plain
from reportgen.records.printed import Figures, printed
from reportgen.release.suppressed_effects import digits_of
from reportgen.release.values import Values
from reportgen.spec.analyses import MetaAnalysis
from reportgen.spec.study import Study
from reportgen.stats import per_trial, pool_two_stage
from tests.study_files import write_study

pytestmark = pytest.mark.slow

MINIMUM = 5
FIGURES = Figures({"effect": 2, "heterogeneity": 2, "p": 2, "percent": 1, "scaled": 1, "mean": 1})


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return read(write_study(tmp_path_factory.mktemp("study")))[0].study


def synthetic(seed: int, arms: Sequence[tuple[int, int]], tau: float = 1.0) -> Selection:
    """Return people of several trials, so many in either arm, with a baseline value."""
    rng = np.random.default_rng(seed)
    parts, names = [], [f"T{k}" for k in range(len(arms))]
    for control, intervention in arms:
        treatment = np.repeat([0, 1], [control, intervention])
        before = rng.normal(12, 4, len(treatment))
        change = 0.5 * before + (2 + tau * rng.normal()) * treatment + rng.normal(0, 5, len(treatment))
        parts.append((change, treatment, before))
    change, treatment, before = (np.concatenate(part) for part in zip(*parts, strict=True))
    trial = np.repeat(np.array(names, dtype=object), [sum(arm) for arm in arms])
    n = len(change)
    instruments = dict.fromkeys(names, "RMDQ")
    return Selection(
        "RMDQ", "short", "overall", change, treatment.astype(np.int64), trial, np.arange(n),
        np.arange(n, dtype=np.uint64), before[:, None], ("baseline",), instruments, n, (),
    )  # fmt: skip


def kept_of(selection: Selection, study: Study, hidden: Sequence[str] = ()) -> PooledEffect[Value]:
    """Return the record with everything in it, but for the rows of the suppressed trials."""
    node = MetaAnalysis(method="meta-analysis")
    fits = meta_analysis.fit(selection, node)
    values = Values("pooled", "analyses.pooled", minimum=MINIMUM)
    record = meta_analysis._record(selection, fits, "", dict.fromkeys(hidden, "few"), node, study, values)
    return with_arm_means(record, selection, (), study, values)


def record_of(selection: Selection, study: Study, hidden: Sequence[str] = ()) -> PooledEffect:
    """Return the same as printed."""
    return shown(kept_of(selection, study, hidden))


def shown(record: PooledEffect[Value]) -> PooledEffect:
    made: PooledEffect = printed(record, FIGURES)
    return made


def effect_of(people: Selection, earlier: Sequence[Selection], study: Study, *, alone: bool = True) -> PooledEffect:
    node = MetaAnalysis(method="meta-analysis")
    given: dict[str, Any] = {"name": "pooled", "node": node, "study": study}
    effect = pooled_effect(people, earlier, alone=alone, means=True, **given)
    return shown(pooled_effect_in_digits(effect, people, earlier, alone=alone, means=True, figures=FIGURES, **given))


def released(selection: Selection, study: Study) -> PooledEffect:
    return effect_of(selection, (), study)


def values_of(record: PooledEffect) -> dict[str, Number]:
    """Return what is told of the outcomes: the factor of a scale, 100/24, is declared."""
    return {
        number.id: number
        for number in numbers_in(record)
        if number.value is not None and number.unit not in ("participants", "trials") and "/" not in number.text
    }


def suppressed_names(record: PooledEffect) -> list[str]:
    return [row.trial.text for row in record.by_trial if row.status == "suppressed"]


def moved(selection: Selection, names: Sequence[str], unknowns: NDArray[np.float64]) -> Selection:
    response = selection.response.copy()
    for name, (shift, stretch) in zip(names, unknowns.reshape(-1, 2), strict=True):
        trial = suppressed_trial(selection, name)
        response[trial.people] = trial.moved(shift, stretch)
    return replace(selection, response=response)


def test_unrounded_values_of_all_rows_give_two_hidden_trials_away(study: Study) -> None:
    """The attack works where nothing is done: so it was before, and so the tests below can fail."""
    selection = synthetic(2, [(3, 14), (25, 30), (60, 50), (80, 90)])
    record = record_of(selection, study, ("T0", "T1"))
    truth = per_trial(selection.response, selection.treatment, selection.trial, adjusters=selection.adjusters)
    disclosed = {n.id.removeprefix(f"{record.id}."): n.value or 0.0 for n in values_of(record).values()}

    def misfit(unknowns: NDArray[np.float64]) -> NDArray[np.float64]:
        y = np.array([*unknowns[:2], *(disclosed[f"trial.t{k}.effect"] for k in (2, 3))])
        s = np.array([*np.exp(unknowns[2:]), *(disclosed[f"trial.t{k}.se"] for k in (2, 3))])
        pooled = pool_two_stage(y, s, test=MetaAnalysis(method="meta-analysis").two_stage.test)
        shares = [100 * pooled.weights[k] - disclosed[f"trial.t{k}.weight"] for k in (2, 3)]
        effect, error = (
            pooled.estimate - disclosed["two-stage.effect"],
            pooled.std_error - disclosed["two-stage.se"],
        )
        return np.array(
            [effect, error, pooled.tau2 - disclosed["two-stage.tau2"], pooled.q - disclosed["two-stage.q"], *shares]
        )

    start = np.array([disclosed["effect"], disclosed["effect"], np.log(3.0), np.log(1.5)])
    best = min(
        (least_squares(misfit, start + jitter, xtol=1e-14, ftol=1e-14, gtol=1e-14) for jitter in _jitters()),
        key=lambda found: float(found.cost),
    )
    smallest_first = np.argsort(-best.x[2:])  # the smaller trial has the larger standard error
    assert best.x[:2][smallest_first] == pytest.approx(truth.estimate[:2], abs=2e-3)


def _jitters() -> NDArray[np.float64]:
    return np.random.default_rng(1).normal(0, 1, (6, 4)) * [3, 1, 0.2, 0.2]


CASES = {
    "three trials": (1, [(3, 14), (60, 70), (50, 40)], 0.0),
    "six trials": (1, [(3, 14), (60, 70), (50, 40), (90, 100), (30, 35), (80, 60)], 1.0),
    "two small trials": (2, [(3, 14), (4, 9), (60, 70), (50, 40)], 1.0),
    "large differences": (1, [(3, 14), (60, 70), (50, 40), (90, 100)], 3.0),
    "two trials": (1, [(3, 14), (60, 70)], 1.0),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_told_leaves_a_hidden_effect_open(case: str, study: Study) -> None:
    seed, arms, tau = CASES[case]
    selection = synthetic(seed, arms, tau)
    record = released(selection, study)
    small = guarded_trials(selection, MINIMUM)
    if not suppressed_names(record):  # pooled without: nothing that is disclosed depends on them
        others = moved(selection, tuple(small), np.tile([3.0, 0.5], len(small)))
        assert values_of(released(others, study)) == values_of(record)
        assert {left.trial.text for left in record.excluded} == set(small)
        return
    low, high = feasible(selection, record, study, next(iter(small)))
    assert high - low >= 2.0


def feasible(selection: Selection, record: PooledEffect, study: Study, target: str) -> tuple[float, float]:
    """Return between which effects, in standard errors from the true one, a solver finds data with the same digits."""
    names, disclosed = suppressed_names(record), values_of(record)
    place = 2 * names.index(target)
    limits = {id_: digits_of(number.text) for id_, number in disclosed.items()}
    found = []

    def world(unknowns: NDArray[np.float64]) -> Mapping[str, Number]:
        return {n.id: n for n in numbers_in(record_of(moved(selection, names, unknowns), study, names))}

    def misfit(unknowns: NDArray[np.float64]) -> NDArray[np.float64]:
        numbers = world(unknowns)
        gaps = [(numbers[id_].value or 0.0) - (low + high) / 2 for id_, (low, high) in limits.items()]
        halves = np.array([(high - low) / 2 for low, high in limits.values()])
        return np.asarray(np.maximum(0.0, np.abs(np.array(gaps)) / halves - 0.9))

    for wanted, pull in ((-1.1, 0.01), (-1.1, 0.1), (1.1, 0.01), (1.1, 0.1)):
        start = np.zeros(2 * len(names))
        start[place] = wanted
        # a pull towards where it starts, so that of all solutions a far one is found; where several trials are suppressed
        # the solutions are a surface, and a light pull leaves the solver lost on it
        solved = least_squares(
            lambda x, wanted=wanted, pull=pull: np.append(misfit(x), pull * (x[place] - wanted)),
            start, diff_step=1e-2, x_scale=np.tile([1.0, 0.3], len(names)), max_nfev=25,
        )  # fmt: skip
        numbers = world(solved.x)
        if all(numbers[id_].text == number.text for id_, number in disclosed.items()):
            found.append(float(solved.x[place]))
    return (min(found), max(found)) if found else (0.0, 0.0)


def test_values_that_are_told_have_no_more_digits_than_are_printed(study: Study) -> None:
    record = released(synthetic(*CASES["six trials"]), study)
    assert len(suppressed_names(record)) >= 2
    for number in values_of(record).values():
        low, high = digits_of(number.text)
        assert number.value == pytest.approx((low + high) / 2, abs=1e-12)
    disclosed = {
        number.status for part in (record.heterogeneity, record.common, record.two_stage) for number in numbers_in(part)
    }
    assert disclosed == {"suppressed"}
    assert {row.weight.value for row in record.by_trial} == {None}
    assert {record.criterion.value, record.evaluations.value, record.df_unfloored.value} == {None}
    assert record.estimate.effect.value is not None


def test_nothing_changes_where_no_trial_is_small(study: Study) -> None:
    selection = synthetic(1, [(30, 14), (60, 70), (50, 40)])
    assert released(selection, study) == record_of(selection, study)


def test_an_effect_that_another_analysis_tells_of_too_is_pooled_without_the_small_trial(study: Study) -> None:
    """What a search tells of everybody is one equation more, and the audit of the meta-analysis knows nothing of it."""
    selection = synthetic(*CASES["six trials"])
    node = MetaAnalysis(method="meta-analysis")
    again = study.model_copy(update={"analyses": {"pooled": node, "again": node.model_copy()}})
    alone = disclosed_alone(node, selection.outcome, selection.follow_up, again)
    assert not alone
    assert suppressed_names(released(selection, study))
    effect = effect_of(selection, (), study, alone=alone)
    assert suppressed_names(effect) == []
    assert effect.trials.value == 5
    without = record_of(without_trials(selection, {"T0": ExclusionReason.TOO_SMALL}), study)
    assert effect == without


def test_a_comparison_that_few_people_tell_from_an_earlier_one_is_not_told(study: Study) -> None:
    """Three people of T0 are in one comparison and not in the other: the difference of its two effects is theirs."""
    wide = synthetic(1, [(40, 43), (60, 70), (50, 40)])
    stays = ~((wide.trial == "T0") & (wide.treatment == 1) & (np.cumsum(wide.trial == "T0") > 80))
    narrow = replace(
        wide, comparison="one", response=wide.response[stays], treatment=wide.treatment[stays], trial=wide.trial[stays],
        rows=wide.rows[stays], adjusters=wide.adjusters[stays],
    )  # fmt: skip
    assert few_apart(narrow, wide, MINIMUM, "T0")
    assert not few_apart(narrow, wide, MINIMUM, "T1")
    assert set(guarded_trials(narrow, MINIMUM, [wide])) == {"T0"}
    effect = effect_of(narrow, (wide,), study)
    assert {number.value for number in numbers_in(effect.estimate)} == {None}
    assert "differs from a printed group" in effect.reason


def test_a_failing_audit_pools_without_the_trial(study: Study) -> None:
    selection = synthetic(*CASES["two small trials"])
    guarded = guarded_trials(selection, MINIMUM)

    def record(people: Selection, hidden: Sequence[str]) -> PooledEffect[Value]:
        return kept_of(people, study, hidden)

    def telling(people: Selection) -> Value:
        # a number of many digits that the outcomes of the small trial alone make: nothing leaves it open
        total = float(people.response[people.trial == "T0"].sum())
        return Value(f"{record(selection, ()).id}.effect", total, decimals=9)

    effect = shown(disclosed_in_digits(selection, guarded, record, telling, FIGURES))
    assert effect.trials.value == 2
    assert [row.status for row in effect.by_trial] == ["ok", "ok"]
    assert {plain(left.reason) for left in effect.excluded} == {ExclusionReason.TOO_SMALL.value}
