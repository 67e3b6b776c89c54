"""Who and what enters an analysis: one outcome at one follow-up in one comparison.

A participant enters with a value in the window and every adjuster, and with a baseline value where the change is analysed
or the baseline adjusts; a trial enters with such people on both sides. Everybody else is counted, by trial and reason. `plan` and `build` both ask here, so that what is
promised before fitting is what is fitted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.measurements import Measurements, direction_of, measured_by, visit_in
from reportgen.analyses.subset import Subset, outside
from reportgen.data import Repository
from reportgen.late import pd
from reportgen.records.exclusion import Exclusion, ExclusionReason
from reportgen.release.rules import few_in_an_arm, guards
from reportgen.spec.analyses import MetaAnalysis, Pooled
from reportgen.spec.outcomes import MEASURES, OF_RISKS, Kind, Measure, Outcome, sharing_values
from reportgen.spec.references import baseline_of, expanded
from reportgen.spec.study import Comparison, Study
from reportgen.stats.choices import Link
from reportgen.stats.crossproducts import number_trials
from reportgen.stats.descriptive import pooled_sd, small_sample_factor
from reportgen.stats.events import alike
from reportgen.stats.sites import site_places

FloatArray = NDArray[np.float64]
BASELINE_ADJUSTER = "baseline"
NOISE = 1e-12  # a standard deviation below this share of the largest value is rounding


@dataclass(frozen=True, slots=True)
class Excluded:
    """People of one trial who are left out, and why; `whole_trial` where nobody of it stays."""

    trial: str
    exclusion: Exclusion
    n: int
    whole_trial: bool

    @property
    def reason(self) -> str:
        """The same in words."""
        return self.exclusion.words


@dataclass(frozen=True, slots=True)
class Selection:
    """What one analysis sees.

    Attributes
    ----------
    outcome, follow_up, comparison : str
        Names as in the study file.
    response : ndarray, shape (n,)
        Improvement since baseline, or the value at follow-up with its sign turned where lower is better: higher = better,
        in units of the outcome.
    treatment : ndarray of int, shape (n,)
        1 = intervention side.
    trial : ndarray of str, shape (n,)
        Labels.
    rows : ndarray of int, shape (n,)
        Where the people stand in the repository.
    keys : ndarray of uint64, shape (n,)
        A number for each of them that depends on trial and participant alone: random draws go by it.
    adjusters : ndarray, shape (n, p)
        Columns of `adjuster_names`.
    instruments : dict
        The instrument that each trial brings, in the order of the study file.
    in_comparison : int
        People of all trials in an arm on either side.
    excluded : tuple of Excluded
        Those of them who are not in the arrays.
    adjuster_of : tuple of str
        The adjuster to which each column belongs.
    unmeasured : tuple of str
        Adjusters that the study file asks for and no trial of this analysis measured.
    kind : {'continuous', 'binary', 'count'}
        Of the outcome. Events are 0 and 1, or counted, whatever is better.
    exposure : ndarray, shape (n,), or None
        Of counts: the denominator of each person.
    good : bool
        Whether a larger response is better: not so of bad events.
    measure : str
        Of the pooled effects on the outcome, as in the study file.
    outside : mapping of str to tuple of int
        How many people of each trial, control and intervention, are left out for the sake of a subgroup alone; empty without one.
    spread : mapping of str to float
        By what outcome and baseline of each trial were divided, where the measure is standardised; else empty.
    site : ndarray of int, shape (n,), or None
        Number of each person's site within the trial; None where no trial has people of two.
    unknown_sites : bool
        Whether the site of some of them is not known, in a trial where that of others is.
    """

    outcome: str
    follow_up: str
    comparison: str
    response: FloatArray
    treatment: NDArray[np.int64]
    trial: NDArray[np.object_]
    rows: NDArray[np.int64]
    keys: NDArray[np.uint64]
    adjusters: FloatArray
    adjuster_names: tuple[str, ...]
    instruments: dict[str, str]
    in_comparison: int
    excluded: tuple[Excluded, ...]
    adjuster_of: tuple[str, ...] = ()
    unmeasured: tuple[str, ...] = ()
    kind: Kind = "continuous"
    exposure: FloatArray | None = None
    good: bool = True
    measure: Measure = MEASURES["continuous"][0]
    spread: Mapping[str, float] = field(default_factory=dict)
    outside: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    site: NDArray[np.int64] | None = None
    unknown_sites: bool = False

    @property
    def sites(self) -> int:
        """Sites of trials with people of two or more."""
        return sum(number for number in map(len, self._sites_of_trials) if number > 1)

    @property
    def _sites_of_trials(self) -> list[set[int]]:
        return [] if self.site is None else [set(self.site[self.trial == name].tolist()) for name in self.trials]

    @property
    def in_two_stages(self) -> bool:
        """Whether a meta-analysis pools the effects of its trials, for want of a one-step model with their measure."""
        return self.measure in OF_RISKS

    @property
    def trials(self) -> tuple[str, ...]:
        """Trials in the analysis, in the order of the study file."""
        return tuple(self.instruments)

    @property
    def n(self) -> int:
        """Participants in the analysis."""
        return len(self.response)

    @property
    def arms(self) -> tuple[int, int]:
        """How many people are on either side: control, intervention."""
        return self.arm_size(0), self.arm_size(1)

    def arm_size(self, side: int, trial: str | None = None) -> int:
        """Participants on one side (1 = intervention), of one trial or of all."""
        mine = self.treatment == side
        return int(np.sum(mine if trial is None else mine & (self.trial == trial)))


def disclosed_alone(node: Pooled, outcome: str, follow_up: str, study: Study) -> bool:
    """Whether one meta-analysis alone, in one comparison, tells of an outcome at a follow-up, and of no other with its values.

    Two analyses of the same people are more equations than one of them knows of: then no number of either may rest on a
    trial that is too small to be disclosed.
    """

    alike = sharing_values(outcome, study.outcomes)

    def comparisons(other: Pooled) -> int:
        asked = sum(name in alike for name in expanded(other.outcomes, study.outcomes))
        asked *= follow_up in expanded(other.follow_up, study.follow_up)
        return asked * len(expanded(other.comparisons, study.comparisons))

    pooled = [other for other in study.analyses.values() if isinstance(other, Pooled)]
    return isinstance(node, MetaAnalysis) and sum(map(comparisons, pooled)) <= 1


def keeps_alike(node: Pooled, outcome: str, study: Study) -> bool:
    """Whether trials in which nobody, or everybody, has the event enter: they tell of a difference in risk, and of no ratio.

    Only a meta-analysis pools differences; moderators and searches act on the odds ratio, whatever the measure.
    """
    return isinstance(node, MetaAnalysis) and study.outcomes[outcome].effect_measure == "risk difference"


def small_trials(selection: Selection, minimum: int) -> tuple[str, ...]:
    """Return the trials with so few people of an arm that their effects are not disclosed."""
    return tuple(
        name
        for name in selection.trials
        if guards(minimum) and min(selection.arm_size(0, name), selection.arm_size(1, name)) < minimum
    )


def without_small_trials(selection: Selection, minimum: int) -> Selection:
    """Return a selection without its small trials; as it is where all people together are too few to be disclosed anyway."""
    if few_in_an_arm(selection.treatment, minimum):
        return selection
    return without_trials(selection, dict.fromkeys(small_trials(selection, minimum), ExclusionReason.TOO_SMALL))


def without_close_trials(selection: Selection, minimum: int) -> Selection:
    """Return a selection of a subgroup without trials of which few people of an arm, and not nobody, are outside it.

    Where another analysis tells of everybody, the difference of the two effects in such a trial would be theirs.
    """
    close = {
        name: ExclusionReason.TOO_CLOSE
        for name in selection.trials
        if guards(minimum) and any(0 < people < minimum for people in selection.outside.get(name, ()))
    }
    return without_trials(selection, close)


def without_trials(selection: Selection, lacking: Mapping[str, ExclusionReason | Exclusion]) -> Selection:
    """Return a selection without some trials, which are listed as excluded with the reason."""
    if not lacking:
        return selection
    stays = ~np.isin(selection.trial.astype(str), list(lacking))
    excluded = (
        Excluded(
            name,
            reason if isinstance(reason, Exclusion) else Exclusion(reason),
            int((selection.trial == name).sum()),
            whole_trial=True,
        )
        for name, reason in lacking.items()
    )
    return narrowed(selection, stays, (*selection.excluded, *excluded))


def narrowed(selection: Selection, stays: NDArray[np.bool_ | np.int64], excluded: tuple[Excluded, ...]) -> Selection:
    """Return a selection of those who stay alone, with the list of all who were left out before and now.

    Parameters
    ----------
    selection : Selection
    stays : array
        A mask over the people of the selection, or their places in it.
    excluded : tuple of Excluded
        The whole list, the selection's own entries included.
    """
    trial = selection.trial[stays]
    remaining = set(trial.tolist())
    return replace(
        selection,
        response=selection.response[stays],
        treatment=selection.treatment[stays],
        trial=trial,
        rows=selection.rows[stays],
        keys=selection.keys[stays],
        adjusters=selection.adjusters[stays],
        exposure=None if selection.exposure is None else selection.exposure[stays],
        site=None if selection.site is None else selection.site[stays],
        instruments={name: found for name, found in selection.instruments.items() if name in remaining},
        excluded=excluded,
    )


def earlier_of(selection: Selection, before: Sequence[Selection]) -> list[Selection]:
    """Return which selections are of the same values at the same follow-up, in other comparisons or under another name."""
    values = set(selection.instruments.values())
    return [
        item
        for item in before
        if item.follow_up == selection.follow_up
        and (item.outcome == selection.outcome or values & set(item.instruments.values()))
    ]


def adjusters_of(selection: Selection) -> FloatArray | None:
    """Return the adjusters as models take them: None where there are none."""
    return selection.adjusters if selection.adjusters.shape[1] else None


def not_estimable(selection: Selection, node: Pooled) -> str:
    """Return why an effect cannot be estimated, or an empty text.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> not_estimable(SimpleNamespace(trials=("A",)), SimpleNamespace(minimum_trials=2))
    'one trial, and two are needed'
    """
    trials = len(selection.trials)
    if trials >= node.minimum_trials:
        return ""
    words = {0: "no", 1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}
    wanted = words.get(node.minimum_trials, str(node.minimum_trials))
    needed = f"{wanted} {'is' if node.minimum_trials == 1 else 'are'} needed"
    return f"{words.get(trials, str(trials))} trial{'' if trials == 1 else 's'}, and {needed}"


def select(
    repository: Repository,
    measurements: Measurements,
    study: Study,
    *,
    outcome: str,
    follow_up: str,
    comparison: str,
    adjust_for: tuple[str, ...],
    subset: Subset | None = None,
    telling_nothing: bool = False,
) -> Selection:
    """Select participants and trials for one outcome at one follow-up in one comparison.

    Parameters
    ----------
    repository : Repository
    measurements : Measurements
        Of the same repository.
    study : Study
    outcome, follow_up, comparison : str
        Names as in the study file.
    adjust_for : tuple of str
        `baseline` (of the outcome), `baseline X`, or covariates.
    subset : mapping of str to tuple of str, optional
        The subgroup to which the analysis is limited, as the study file says it.
    telling_nothing : bool
        Whether trials in which nobody, or everybody, has the event stay, though they tell nothing about a ratio.

    Returns
    -------
    Selection
        With everybody who was left out and why.
    """
    size = len(repository.participants)
    declared = _sides(repository.participants["arm_class"], study.comparisons[comparison])
    trial_of = repository.participants["trial"].to_numpy(dtype=object)
    side, before, after = declared.copy(), np.full(size, np.nan), np.full(size, np.nan)
    instruments: dict[str, str] = {}
    excluded: list[Excluded] = []
    found_of, unmeasured = _found(repository, declared, trial_of, study, outcome, follow_up, adjust_for)
    for trial in repository.trials:
        here = (trial_of == trial.name) & (declared >= 0)
        found = found_of[trial.name]
        if isinstance(found, ExclusionReason):
            excluded.append(Excluded(trial.name, Exclusion(found), int(here.sum()), whole_trial=True))
            side[trial_of == trial.name] = -1
            continue
        instruments[trial.name] = found[0]
        for visit, values in ((found[1], before), (found[2], after)):
            measured = measurements.converted(measurements.at(trial.name, found[0], visit), outcome, found[0])
            values[here] = measured[here]
    used = tuple(adjuster for adjuster in adjust_for if adjuster not in unmeasured)
    adjusters, names = _adjusters(repository, measurements, study, used, before)
    exposure = _exposure(repository, measurements, study, outcome, follow_up)
    missing = {Exclusion(ExclusionReason.NO_FOLLOW_UP): np.isnan(after)}
    if exposure is not None:
        missing[Exclusion(ExclusionReason.NO_EXPOSURE)] = np.isnan(exposure)
    if _asks_for_baseline(study.outcomes[outcome], used):
        missing = {Exclusion(ExclusionReason.NO_BASELINE): np.isnan(before), **missing}
    missing |= {without_adjuster(a, study): np.isnan(column).any(axis=1) for a, column in adjusters.items()}
    limits = outside(repository, measurements, study, subset or {})
    beyond = _beyond(limits, missing, side, trial_of)
    missing = {**limits, **missing}
    stays = side >= 0
    for trial in repository.trials:
        if trial.name in instruments:
            stays &= _complete(trial.name, trial_of, side, missing, excluded)
    stacked = np.hstack([np.empty((size, 0)), *adjusters.values()])
    kept = set(trial_of[stays].tolist())
    everybody = Selection(
        outcome,
        follow_up,
        comparison,
        _response(before, after, study, outcome)[stays],
        side[stays].astype(np.int64),
        trial_of[stays],
        np.flatnonzero(stays),
        measurements.keys[stays],
        stacked[stays],
        names,
        {name: instrument for name, instrument in instruments.items() if name in kept},
        int(np.sum(declared >= 0)),
        tuple(excluded),
        tuple(name for name, column in adjusters.items() for _ in range(column.shape[1])),
        unmeasured,
        study.outcomes[outcome].kind,
        None if exposure is None else exposure[stays],
        not study.outcomes[outcome].of_events or direction_of(study.outcomes[outcome], outcome, study) == "higher",
        study.outcomes[outcome].effect_measure,
        outside=beyond,
        **_sites(repository.sites[stays], trial_of[stays]),
    )
    if study.outcomes[outcome].standardised:
        based = _asks_for_baseline(study.outcomes[outcome], used)
        return _standardised(everybody, (before if based else after)[stays])
    return everybody if telling_nothing else without_trials(everybody, _telling_nothing(everybody))


def _sites(names: NDArray[np.object_], trial: NDArray[np.object_]) -> dict[str, Any]:
    """Return the number of each person's site within the trial, and whether some are not known; nothing without two of a trial."""
    if all(name is None for name in names):
        return {}
    places = site_places(names, number_trials(trial)[0])
    if not places.any():
        return {}
    known = {here for here, name in zip(trial, names, strict=True) if name is not None}
    return {
        "site": places,
        "unknown_sites": any(name is None and here in known for here, name in zip(trial, names, strict=True)),
    }


def _beyond(
    limits: Mapping[Exclusion, NDArray[np.bool_]],
    missing: Mapping[Exclusion, NDArray[np.bool_]],
    side: NDArray[np.int64],
    trial_of: NDArray[np.object_],
) -> dict[str, tuple[int, int]]:
    """Return how many people of each trial would enter but for a subgroup: control, intervention."""
    if not limits:
        return {}
    there = np.any(list(limits.values()), axis=0) & ~np.any(list(missing.values()), axis=0)
    names = dict.fromkeys(trial_of[side >= 0].tolist())
    arms = {name: [int(np.sum(there & (trial_of == name) & (side == arm))) for arm in (0, 1)] for name in names}
    return {name: (control, intervention) for name, (control, intervention) in arms.items()}


def _exposure(
    repository: Repository, measurements: Measurements, study: Study, outcome: str, follow_up: str
) -> FloatArray | None:
    """Return the exposure of everybody at the visit that the window takes for it in each trial; None where none is asked for."""
    instrument = study.outcomes[outcome].exposure
    if instrument is None:
        return None
    values = np.full(len(repository.participants), np.nan)
    for trial in repository.trials:
        visit = visit_in(trial, instrument, study.follow_up[follow_up])
        if visit is not None:
            here = measurements.at(trial.name, instrument, visit)
            values = np.where(np.isnan(here), values, here)
    return values


def _standardised(selection: Selection, values: FloatArray) -> Selection:
    """Return a selection whose outcome and baseline are divided, in each trial, by a standard deviation pooled within its arms.

    That is of the values at baseline, or at follow-up, of those who enter, over Hedges's factor for small samples. A trial without
    one is left out.
    """
    spread: dict[str, float] = {}
    for name in selection.trials:
        mine = selection.trial == name
        sd, df = pooled_sd(values[mine], selection.treatment[mine])
        if sd > NOISE * np.abs(values[mine]).max() and df > 1:
            spread[name] = sd / small_sample_factor(df)
    lacking: dict[str, ExclusionReason | Exclusion] = {
        name: ExclusionReason.NO_SPREAD for name in selection.trials if name not in spread
    }
    return _times(replace(without_trials(selection, lacking), spread=spread), lambda divisor: 1.0 / divisor)


def in_own_units(selection: Selection) -> Selection:
    """Return a selection with outcome and baseline as they were measured, before any standardisation."""
    return replace(_times(selection, lambda divisor: divisor), spread={}) if selection.spread else selection


def _times(selection: Selection, factor: Callable[[float], float]) -> Selection:
    """Return a selection with outcome and baseline of each trial times what `factor` makes of its divisor."""
    by_person = np.array([factor(selection.spread[name]) for name in selection.trial], dtype=float)
    baseline = np.array([name == BASELINE_ADJUSTER for name in selection.adjuster_names], dtype=bool)
    adjusters = np.where(baseline[None, :], selection.adjusters * by_person[:, None], selection.adjusters)
    return replace(selection, response=selection.response * by_person, adjusters=adjusters)


def _telling_nothing(selection: Selection) -> dict[str, ExclusionReason]:
    """Return the trials in which nobody, or everybody, has the event: they tell nothing about a ratio."""
    if selection.kind == "continuous":
        return {}
    reasons = {"nobody": ExclusionReason.NO_EVENT, "everybody": ExclusionReason.ALL_EVENTS}
    link: Link = "logit" if selection.kind == "binary" else "log"
    found = {}
    for name in selection.trials:
        mine = selection.response[selection.trial == name]
        if who := alike(int(mine.sum()), len(mine), link):
            found[name] = reasons[who]
    return found


def _asks_for_baseline(outcome: Outcome, adjust_for: tuple[str, ...]) -> bool:
    if outcome.of_events:
        return False
    return not outcome.final or BASELINE_ADJUSTER in adjust_for


def _found(
    repository: Repository,
    declared: NDArray[np.int64],
    trial_of: NDArray[np.object_],
    study: Study,
    outcome: str,
    follow_up: str,
    adjust_for: tuple[str, ...],
) -> tuple[dict[str, tuple[str, str, str] | ExclusionReason], tuple[str, ...]]:
    """Return what each trial measured, or why it does not enter; and the adjusters that no trial measured.

    A value at follow-up is adjusted for that at baseline where any trial of the analysis has one.
    """

    def of_each(baseline: bool) -> dict[str, tuple[str, str, str] | ExclusionReason]:
        window = study.follow_up[follow_up]
        return {
            trial.name: _one_sided(declared[(trial_of == trial.name) & (declared >= 0)])
            or measured_by(trial, outcome, window, study, baseline=baseline)
            for trial in repository.trials
        }

    if not _asks_for_baseline(study.outcomes[outcome], adjust_for):
        unmeasured = (BASELINE_ADJUSTER,) if BASELINE_ADJUSTER in adjust_for else ()
        return of_each(baseline=False), unmeasured
    found = of_each(baseline=True)
    if study.outcomes[outcome].final and all(isinstance(item, ExclusionReason) for item in found.values()):
        return of_each(baseline=False), (BASELINE_ADJUSTER,)
    return found, ()


def _response(before: FloatArray, after: FloatArray, study: Study, outcome: str) -> FloatArray:
    """Return what is analysed, turned so that higher is better: the improvement, or the value at follow-up; or the events."""
    if study.outcomes[outcome].of_events:
        return after
    lower = direction_of(study.outcomes[outcome], outcome, study) == "lower"
    if study.outcomes[outcome].final:
        return -after if lower else after
    return before - after if lower else after - before


def _sides(arm_class: pd.Series, comparison: Comparison) -> NDArray[np.int64]:
    """1 for the intervention side, 0 for control, −1 for arms on neither."""
    roles = dict.fromkeys(comparison.control, 0) | dict.fromkeys(comparison.intervention, 1)
    return np.array([roles.get(name, -1) for name in arm_class], dtype=np.int64)


def _one_sided(side: NDArray[np.int64]) -> ExclusionReason | None:
    present = set(side.tolist())
    if not present:
        return ExclusionReason.NO_ARM
    if present == {0}:
        return ExclusionReason.NO_INTERVENTION
    return ExclusionReason.NO_CONTROL if present == {1} else None


def _complete(
    name: str,
    trial_of: NDArray[np.object_],
    side: NDArray[np.int64],
    missing: Mapping[Exclusion, NDArray[np.bool_]],
    excluded: list[Excluded],
) -> NDArray[np.bool_]:
    """Whom one trial keeps (True for people of other trials); each person left out is counted once, by first reason."""
    here = (trial_of == name) & (side >= 0)
    staying = here.copy()
    for reason, lacking in missing.items():
        lost = staying & lacking
        if lost.any():
            excluded.append(Excluded(name, reason, int(lost.sum()), whole_trial=False))
        staying &= ~lacking
    empty = [word for number, word in ((1, "intervention"), (0, "control")) if not (staying & (side == number)).any()]
    if empty:
        reason = Exclusion(ExclusionReason.ONE_SIDE, empty[0])
        excluded.append(Excluded(name, reason, int(staying.sum()), whole_trial=True))
        staying[:] = False
    return np.asarray(staying | (trial_of != name), dtype=bool)


def without_adjuster(adjuster: str, study: Study) -> Exclusion:
    """Return the reason for which people without a value of an adjuster are left out."""
    covariate = study.covariates.get(adjuster)
    return Exclusion(ExclusionReason.NO_VALUE, (covariate.label or adjuster) if covariate else adjuster)


def _adjusters(
    repository: Repository,
    measurements: Measurements,
    study: Study,
    adjust_for: tuple[str, ...],
    baseline: FloatArray,
) -> tuple[dict[str, FloatArray], tuple[str, ...]]:
    """Return the columns of each adjuster, and a name for every column."""
    columns: dict[str, FloatArray] = {}
    names: list[str] = []
    for adjuster in adjust_for:
        if adjuster == BASELINE_ADJUSTER:
            columns[adjuster] = baseline[:, None]
            names.append(adjuster)
        elif (measured := baseline_of(adjuster)) is not None:
            columns[adjuster] = measurements.baseline(repository.trials, measured)[:, None]
            names.append(adjuster)
        else:
            columns[adjuster], levels = _covariate_columns(repository.participants[adjuster], adjuster, study)
            names.extend(levels)
    return columns, tuple(names)


def _covariate_columns(values: pd.Series, name: str, study: Study) -> tuple[FloatArray, list[str]]:
    covariate = study.covariates[name]
    if not covariate.categorical:
        return values.to_numpy(dtype=float)[:, None], [name]
    others = [level for level in covariate.levels if level != covariate.reference_level]
    known = values.notna().to_numpy()
    columns: FloatArray = np.column_stack([(values == level).to_numpy(dtype=float) for level in others]).astype(float)
    columns[~known] = np.nan
    return columns, [f"{name}: {level} v {covariate.reference_level}" for level in others]
