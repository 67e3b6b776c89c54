"""Subgroups fixed in advance side by side: the effect of each, and the test for differences between those of one covariate.

The effects are those of meta-analyses that are limited to a subgroup each; nothing is fitted anew. The test is Cochran's Q between
their pooled effects. It takes together how the effect differs within trials and between them; p of the interaction within trials,
which comes from a screening of moderators, stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal

from reportgen.records import kinds
from reportgen.records.effect_scale import EffectScale
from reportgen.records.estimate import Estimate
from reportgen.records.events import ArmEvents
from reportgen.records.numbers import Inline, Status, V, plain
from reportgen.records.record import Record


@dataclass(frozen=True, slots=True)
class SubsetEffect(Generic[V]):
    """The pooled effect of a meta-analysis, as it has it, and whom it is of.

    Attributes
    ----------
    analysis : str
        As in the study file.
    conditions : tuple of Number
        Of the subgroup to which it is limited: "sex female"; empty where everybody enters.
    limits : tuple of Number
        The same without what they are of: "female".
    trials, n, n_control, n_intervention : Number
    estimate : Estimate
    events : ArmEvents or None
    kind : {'continuous', 'binary', 'count'}
        Of the outcome.
    alone : bool
        Whether it is one trial's own effect, so that nothing is pooled.
    status, reason
        How its fit ended.
    """

    analysis: str
    conditions: tuple[kinds.Words[V], ...]
    limits: tuple[kinds.Words[V], ...]
    trials: kinds.Count[V]
    n: kinds.Count[V]
    n_control: kinds.Count[V]
    n_intervention: kinds.Count[V]
    estimate: Estimate[V]
    events: ArmEvents[V] | None
    kind: Literal["continuous", "binary", "count"]
    alone: bool
    status: Status
    reason: str

    @property
    def estimated(self) -> bool:
        """Whether there is an effect that is disclosed."""
        return self.estimate.effect.value is not None

    @property
    def whom(self) -> Inline[V]:
        """Whom it is of: "sex female, age at least 65 years", or "All participants"."""
        return self._listed(self.conditions)

    @property
    def below_its_covariate(self) -> Inline[V]:
        """The same where its covariates stand above it: "female"; with their names where there are several."""
        return self._listed(self.limits if len(self.limits) == 1 else self.conditions)

    def _listed(self, conditions: Sequence[V]) -> Inline[V]:
        parts: list[str | V] = [part for condition in conditions for part in (", ", condition)]
        return tuple(parts[1:]) or ("All participants",)


@dataclass(frozen=True, slots=True)
class SubsetGroup(Generic[V]):
    """Subgroups by the same covariates, with the test for differences between them.

    Attributes
    ----------
    id : str
        What the ids of its numbers begin with.
    variables : tuple of Number
        The labels of what their conditions are of.
    effects : tuple of SubsetEffect
    q, df, p : Number
        Cochran's Q between the effects; dashes with the reason where they are not compared.
    reason : str
        Why they are not compared; empty where they are.
    of_trials : bool
        Whether the covariate is one value of each trial, so that the subgroups are of different trials.
    interaction : Number or None
        p of the interaction within trials, as the screening has it; None where it has none of this covariate.
    """

    id: str
    variables: tuple[kinds.Words[V], ...]
    effects: tuple[SubsetEffect[V], ...]
    q: kinds.Statistic[V]
    df: kinds.Df[V]
    p: kinds.P[V]
    reason: str
    of_trials: bool
    interaction: kinds.P[V] | None

    @property
    def label(self) -> Inline[V]:
        """What its subgroups are by: "Sex", or "Sex and Age"."""
        parts: list[str | V] = [part for variable in self.variables for part in (" and ", variable)]
        return tuple(parts[1:])

    @property
    def compared(self) -> bool:
        """Whether there is a test of its differences."""
        return self.p.value is not None


@dataclass(frozen=True, slots=True)
class SubsetOutcome(Generic[V]):
    """The subgroups of one outcome at one follow-up in one comparison; `everybody` is None where no analysis of all is named."""

    id: str
    outcome: str
    outcome_label: kinds.Words[V]
    unit: kinds.Words[V]
    scale: EffectScale
    follow_up: str
    follow_up_label: kinds.Words[V]
    comparison: str
    everybody: SubsetEffect[V] | None
    groups: tuple[SubsetGroup[V], ...]

    @property
    def effects(self) -> tuple[SubsetEffect[V], ...]:
        """Everybody's effect first, then those of the subgroups."""
        first = () if self.everybody is None else (self.everybody,)
        return (*first, *(item for group in self.groups for item in group.effects))

    @property
    def reason(self) -> str:
        """Why nothing was estimated, where all effects say the same."""
        reasons = {item.reason for item in self.effects}
        return reasons.pop() if len(reasons) == 1 else ""

    @property
    def empty(self) -> bool:
        """Whether nobody could enter."""
        return all(item.n.value == 0 for item in self.effects)

    @property
    def statuses(self) -> tuple[Status, ...]:
        """Nothing: the fits behind it are those of the meta-analyses."""
        return ()


@dataclass(frozen=True, slots=True)
class SubsetSettings(Generic[V]):
    """What is compared, in the words of the study file."""

    subsets: tuple[kinds.Words[V], ...]
    everybody: kinds.Words[V] | None
    screening: kinds.Words[V] | None
    level: kinds.Setting[V]


@dataclass(frozen=True, slots=True)
class SubgroupDifferences(Record[SubsetSettings[V], SubsetOutcome[V], V]):
    """Named subgroups side by side."""


BETWEEN = (
    "p between subgroups: Cochran’s Q between their effects (chi-squared, with one degree of freedom fewer than subgroups). It takes "
    "standard errors as known, and so finds a difference too easily where trials are few; it takes the subgroups as independent, "
    "although they may come from the same trials; and it combines how the effect "
    "differs within trials with how it differs between them: where trials contribute more to one subgroup, whatever else distinguishes "
    "these trials may explain it."
)
"""What the test between subgroups is, wherever its p stands."""
NO_SCREENING = (
    "Whether the effect differs between participants of the same trial is tested by a screening of moderators, as the interaction "
    "within trials. "
)


def within_trials(groups: Sequence[SubsetGroup], settings: SubsetSettings) -> Inline:
    """Return what p of the interaction within trials is, or, where none stands here, what would test it."""
    if settings.screening is None or not any(group.interaction is not None for group in groups):
        return (NO_SCREENING,) if any(group.compared for group in groups) else ()
    return (
        "p within trials: the interaction of treatment with the covariate from differences between participants of the same trial, as "
        "the screening of moderators “",
        settings.screening,
        "” has it; there a quantity enters as it is, and not cut as here. It is the test of effect modification to rely on. ",
    )


def not_compared(groups: Iterable[SubsetGroup]) -> tuple[Inline, ...]:
    """Return a sentence for each reason why subgroups by a covariate are not compared."""
    found = {(plain(group.label), group.reason): group for group in groups if group.reason}
    return tuple((*group.label, f": no p between subgroups, since {group.reason}.") for group in found.values())


def of_different_trials(groups: Iterable[SubsetGroup]) -> tuple[Inline, ...]:
    """Return a sentence for each covariate that is one value of each trial."""
    found = {plain(group.label): group for group in groups if group.of_trials and group.compared}
    return tuple(
        (
            *group.label,
            ": the subgroups are of different trials, so that trials are compared, not participants, and nobody randomised in what they "
            "differ.",
        )
        for group in found.values()
    )
