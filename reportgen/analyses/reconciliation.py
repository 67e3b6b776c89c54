"""What each trial's own publication says beside what its file gives.

In: `published` of the mappings, and the repository. Out: people in the file and kept, means at baseline, and the
trial's effect by analysis of covariance (adjusted for the baseline value, where the trial has one of an outcome that is
analysed at follow-up), selected and fitted like any other.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.analyses.measurements import Measurements, measured_by
from reportgen.analyses.naming import level_number, natural_unit_of
from reportgen.analyses.printed import as_set, covered, decimals_of, value_of
from reportgen.analyses.repository_records import RepositoryRecords
from reportgen.analyses.selection import Selection, in_own_units, select
from reportgen.analyses.suppressed_trials import suppressed_trial_effects
from reportgen.data import Repository
from reportgen.records.exclusion import ExclusionReason
from reportgen.records.model import PooledEffect, ReconciledTrial, Reconciliation, ReconciliationRow, TrialRow
from reportgen.records.names import label_in_lower_case, outcome_label
from reportgen.records.numbers import Inline, Value, slug
from reportgen.release.rules import FOR_ANOTHER, TOO_FEW, few_in_an_arm, suppress_value
from reportgen.release.values import Values
from reportgen.spec.published import Published, PublishedEffect
from reportgen.spec.references import baseline_of
from reportgen.spec.study import Comparison, Study
from reportgen.stats import per_trial
from reportgen.stats.descriptive import mean_sd

LEVEL = 0.95
ADJUST_FOR = ("baseline",)
HERE = "published"  # how the comparison of a published effect is called while it is selected


def reconciled(
    repository: Repository,
    included: RepositoryRecords,
    effects: Sequence[PooledEffect[Value]],
    *,
    study: Study,
    published: Mapping[str, Published],
    means: Mapping[str, Sequence[str]],
) -> Reconciliation[Value] | None:
    """Set what was published of each trial beside what its file gives; None where no mapping has `published`.

    Parameters
    ----------
    repository : Repository
    included : RepositoryRecords
        Of the same repository.
    effects : sequence of PooledEffect
        Of all meta-analyses: an effect of a trial that they do not tell is not disclosed here either.
    study : Study
    published : mapping of trial to Published
        As the mappings say.
    means : mapping of trial to sequence of str
        The order of each trial's published means.
    """
    reader = _Reader(repository, study, Measurements(repository, study), suppressed_trial_effects(effects))
    trials = [
        ReconciledTrial(
            row.trial, tuple(reader.rows(row, published.get(row.trial.words), means.get(row.trial.words, ())))
        )
        for row in included.included.trials
        if row.published is not None
    ]
    if not trials:
        return None
    return Reconciliation(tuple(trials), level_number(LEVEL, Values("reconciliation", "reconciliation")))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Makes the rows of one trial after the other from the same measurements."""

    repository: Repository
    study: Study
    measurements: Measurements
    suppressed: Container[tuple[str, str, str]]

    def rows(
        self, trial: TrialRow[Value], published: Published | None, means: Sequence[str]
    ) -> Iterator[ReconciliationRow[Value]]:
        """Yield people, means and effects; of a trial that shares its file, the people alone."""
        name = trial.trial.words
        minimum = self.study.policy.minimum_cell
        values = Values(slug("reconciliation", name), f"trials.{name}", minimum=minimum)
        yield _people(trial, values)
        if published is None:
            return
        for variable in means:
            yield self.mean(name, variable, published.means[variable], published.source, values)
        for effect in published.effects:
            yield self.effect(name, effect, effect.source or published.source, values)

    def mean(self, trial: str, variable: str, printed: str, source: str, builder: Values) -> ReconciliationRow[Value]:
        here = (self.repository.participants["trial"] == trial).to_numpy()
        measured = baseline_of(variable)
        if measured is None:
            label = self.study.covariates[variable].label or variable
            values = self.repository.participants[variable].to_numpy(dtype=float)[here]
        else:
            label = f"{measured} at baseline"
            values = self.measurements.baseline(self.repository.trials, measured)[here]
        n = int(np.sum(~np.isnan(values)))
        nested = builder.at(variable, n=n, trials=1)
        if 0 < n < self.study.policy.minimum_cell:
            ours = nested.suppressed("mean", "–", "fewer participants than the study's policy allows to be printed")
        elif n:
            ours = nested.fixed("mean", mean_sd(values)[0], "mean", decimals=decimals_of(printed))
        else:
            ours = nested.none("mean", "no participant has a value")
        return ReconciliationRow(
            what=nested.quote("what", f"{label}, mean"),
            published=(nested.quote("published", as_set(printed)),),
            ours=(ours,),
            difference=_difference(printed, ours, nested),
            covered="",
            source=nested.quote("source", source),
        )

    def effect(self, trial: str, node: PublishedEffect, source: str, values: Values) -> ReconciliationRow[Value]:
        comparison = f"{' or '.join(node.intervention)} v {' or '.join(node.control)}"
        window = label_in_lower_case(node.follow_up, self.study)
        selection = in_own_units(self.selected(trial, node))
        mine = selection.trial == trial
        arms = selection.arm_size(0, trial), selection.arm_size(1, trial)
        builder = values.at(
            node.outcome, node.follow_up, comparison, n=int(mine.sum()), trials=1, outcome=node.outcome, arms=arms
        )
        effect, low, high = _fitted(selection, trial, builder, natural_unit_of(node.outcome, self.study))
        if few_in_an_arm(selection.treatment[mine], self.study.policy.minimum_cell):
            effect, low, high = (suppress_value(number, TOO_FEW) for number in (effect, low, high))
        elif (node.outcome, node.follow_up, trial) in self.suppressed:
            effect, low, high = (suppress_value(number, FOR_ANOTHER) for number in (effect, low, high))
        return ReconciliationRow(
            what=builder.quote("what", f"{outcome_label(node.outcome, self.study)}, {window}: {comparison}"),
            published=_published_effect(node, builder),
            ours=(effect,) if low.value is None else (effect, " (", low, " to ", high, ")"),
            difference=_difference(node.effect, effect, builder),
            covered=covered(node.effect, low, high),
            source=builder.quote("source", source),
            adjusted=bool(selection.adjuster_names),
        )

    def selected(self, trial: str, node: PublishedEffect) -> Selection:
        sides = Comparison(intervention=node.intervention, control=node.control)
        study = self.study.model_copy(update={"comparisons": {HERE: sides}})
        return select(
            self.repository,
            self.measurements,
            study,
            outcome=node.outcome,
            follow_up=node.follow_up,
            comparison=HERE,
            adjust_for=self.adjusters(trial, node),
        )

    def adjusters(self, trial: str, node: PublishedEffect) -> tuple[str, ...]:
        """Return what the effect of a trial is adjusted for: a value at follow-up needs no baseline."""
        if not self.study.outcomes[node.outcome].final:
            return ADJUST_FOR
        info = next(item for item in self.repository.trials if item.name == trial)
        found = measured_by(info, node.outcome, self.study.follow_up[node.follow_up], self.study)
        return () if isinstance(found, ExclusionReason) else ADJUST_FOR


def _people(trial: TrialRow[Value], values: Values) -> ReconciliationRow[Value]:
    assert trial.published is not None
    builder = values.at("participants", trials=1)
    return ReconciliationRow(
        what=builder.quote("what", "Participants"),
        published=(trial.published,),
        ours=(trial.in_file, " in the file, ", trial.n, " included"),
        difference=builder.figure("difference", (trial.in_file.value or 0) - (trial.published.value or 0), 0),
        covered="",
        source=trial.published_source or builder.quote("source", ""),
    )


def _fitted(selection: Selection, trial: str, values: Values, unit: str) -> tuple[Value, Value, Value]:
    """Return the effect within one trial with its interval."""
    mine = selection.trial == trial
    estimate = low = high = math.nan
    reason = next(
        (exclusion.reason for exclusion in selection.excluded if exclusion.trial == trial and exclusion.whole_trial), ""
    )
    if mine.any():
        found = per_trial(
            selection.response[mine],
            selection.treatment[mine],
            selection.trial[mine],
            adjusters=selection.adjusters[mine] if selection.adjusters.shape[1] else None,
        )
        estimate, reason = float(found.estimate[0]), found.reason[0]
        low, high = (float(limit[0]) for limit in found.interval(LEVEL))
    return (
        values.fixed("effect", estimate, "effect", unit, reason),
        values.fixed("ci low", low, "effect", unit, reason),
        values.fixed("ci high", high, "effect", unit, reason),
    )


def _published_effect(node: PublishedEffect, values: Values) -> Inline[Value]:
    effect = values.quote("published", as_set(node.effect))
    if node.interval is None:
        return (effect,)
    low, high = (values.quote(f"published {i}", as_set(limit)) for i, limit in enumerate(node.interval, 1))
    return (effect, " (", low, " to ", high, ")")


def _difference(printed: str, ours: Value, values: Values) -> Value:
    if ours.shown is None:
        return values.none("difference", ours.reason)
    return values.beside("difference", ours.shown - value_of(printed), ours)
