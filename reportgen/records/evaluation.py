"""The operating characteristics of searches: what a report of an evaluation may say.

Everything is a count of data sets, a share of them or a mean over them, with its Monte Carlo standard error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal

from reportgen.records import kinds
from reportgen.records.numbers import Inline, V

Given = Literal["all", "kept", "supported"]
"""Which data sets count: all with a candidate, those in which it was kept, or those in which it is supported."""
Way = Literal["naive", "corrected", "held-out"]
What = Literal["inside", "difference"]


@dataclass(frozen=True, slots=True)
class Rate(Generic[V]):
    """A share of data sets."""

    percent: kinds.Percent[V]
    std_error: kinds.Percent[V]
    low: kinds.Percent[V]
    high: kinds.Percent[V]
    data_sets: kinds.Count[V]


@dataclass(frozen=True, slots=True)
class Average(Generic[V]):
    """A mean over data sets."""

    mean: kinds.Effect[V]
    std_error: kinds.Heterogeneity[V]
    data_sets: kinds.Count[V]


@dataclass(frozen=True, slots=True)
class Right(Generic[V]):
    """How well the first candidate hits the planted subgroup."""

    given: Given
    moderator: Rate[V]
    alone: Rate[V]
    cut: Rate[V]
    jaccard: Average[V]


@dataclass(frozen=True, slots=True)
class JudgedEffect(Generic[V]):
    """An effect of the first candidate, estimated in one way, beside the truth."""

    way: Way
    what: What
    given: Given
    estimate: Average[V]
    truth: Average[V]
    bias: Average[V]
    coverage: Rate[V]


@dataclass(frozen=True, slots=True)
class SearchInScenario(Generic[V]):
    """A search in one scenario.

    `kept` is None for a search that keeps nothing, `supported` and `kept_in_draws` without sign flips. Where these end as soon as
    they decide, `flips` says how many were made, and `kept_in_draws` is None. `right` is empty without modification.
    """

    search: kinds.Words[V]
    naive: Rate[V]
    kept: Rate[V] | None
    supported: Rate[V] | None
    flips: Average[V] | None
    kept_in_draws: Average[V] | None
    share: Average[V]
    right: tuple[Right[V], ...]
    effects: tuple[JudgedEffect[V], ...]

    def effect(self, way: Way, what: What, given: Given) -> JudgedEffect[V] | None:
        """Return an effect; None where this search has none of the kind."""
        found = [effect for effect in self.effects if (effect.way, effect.what, effect.given) == (way, what, given)]
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class ScenarioRecord(Generic[V]):
    """How the data sets of a scenario look, and what searches do in them."""

    number: kinds.Setting[V]
    trials: kinds.Words[V]
    number_of_trials: kinds.Count[V]
    participants: kinds.Count[V]
    sizes: Inline[V]
    allocation: Inline[V]
    tau: kinds.Setting[V]
    interaction_scatter: kinds.Setting[V]
    slope_scatter: kinds.Setting[V]
    residual: kinds.Words[V]
    intervention_sd: kinds.Setting[V]
    residual_by: Inline[V]
    planted: kinds.Words[V] | None
    where: Inline[V]
    gain: kinds.Setting[V]
    searches: tuple[SearchInScenario[V], ...]

    @property
    def modified(self) -> bool:
        """Whether somebody really gains more."""
        return self.planted is not None

    @property
    def head(self) -> Inline[V]:
        """The scenario in a few words: number, trials, scatter, residuals and what is planted."""
        spreads = {
            "τ": self.tau,
            "scatter of interactions": self.interaction_scatter,
            "scatter of slopes": self.slope_scatter,
        }
        scatter = [part for word, number in spreads.items() if number.value for part in (f", {word} ", number)]
        gain: Inline[V] = ("; no modification",)
        if self.planted is not None:
            gain = ("; ", self.planted, " gain ", self.gain, " SD more")
        return (self.number, ". ", self.trials, *scatter, ", residuals ", self.residual, *gain)


@dataclass(frozen=True, slots=True)
class JudgedSearch(Generic[V]):
    """The settings of a search that is judged: words and numbers, in reading order."""

    name: kinds.Words[V]
    method: Literal["recursive-partitioning", "directed-peeling"]
    data_sets: kinds.Setting[V]
    settings: tuple[tuple[str, Inline[V]], ...]
    p_below: kinds.Setting[V] | None
    sign_flips: kinds.Setting[V]
    curtailed: bool
    bootstrap: kinds.Setting[V]
    held_out: bool
    size: kinds.Setting[V] | None


@dataclass(frozen=True, slots=True)
class SimulatedModerator(Generic[V]):
    """A covariate of the data sets."""

    name: kinds.Words[V]
    distribution: Inline[V]
    slope: kinds.Setting[V]
    adjusted: bool


@dataclass(frozen=True, slots=True)
class EvaluationRecord(Generic[V]):
    """An evaluation."""

    name: str
    title: kinds.Words[V]
    seed: kinds.Setting[V]
    alpha: kinds.Setting[V]
    level: kinds.Setting[V]
    effect: kinds.Setting[V]
    moderators: tuple[SimulatedModerator[V], ...]
    searches: tuple[JudgedSearch[V], ...]
    scenarios: tuple[ScenarioRecord[V], ...]
