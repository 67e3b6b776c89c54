"""The operating characteristics of searches: what a report of an evaluation may say.

Everything is a count of data sets, a share of them or a mean over them, with its Monte Carlo standard error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reportgen.records import kinds
from reportgen.records.numbers import Inline

Given = Literal["all", "kept", "supported"]
"""Which data sets count: all with a candidate, those in which it was kept, or those in which it is supported."""
Way = Literal["naive", "corrected", "held-out"]
What = Literal["inside", "difference"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of data sets."""

    percent: kinds.Percent
    std_error: kinds.Percent
    low: kinds.Percent
    high: kinds.Percent
    data_sets: kinds.Count


@dataclass(frozen=True, slots=True)
class Average:
    """A mean over data sets."""

    mean: kinds.Effect
    std_error: kinds.Heterogeneity
    data_sets: kinds.Count


@dataclass(frozen=True, slots=True)
class Right:
    """How well the first candidate hits the planted subgroup."""

    given: Given
    moderator: Rate
    alone: Rate
    cut: Rate
    jaccard: Average


@dataclass(frozen=True, slots=True)
class JudgedEffect:
    """An effect of the first candidate, estimated in one way, beside the truth."""

    way: Way
    what: What
    given: Given
    estimate: Average
    truth: Average
    bias: Average
    coverage: Rate


@dataclass(frozen=True, slots=True)
class SearchInScenario:
    """A search in one scenario.

    `kept` is None for a search that keeps nothing, `supported` and `kept_in_draws` without sign flips; `right` is empty without
    modification.
    """

    search: kinds.Words
    naive: Rate
    kept: Rate | None
    supported: Rate | None
    kept_in_draws: Average | None
    share: Average
    right: tuple[Right, ...]
    effects: tuple[JudgedEffect, ...]

    def effect(self, way: Way, what: What, given: Given) -> JudgedEffect | None:
        """Return an effect; None where this search has none of the kind."""
        found = [one for one in self.effects if (one.way, one.what, one.given) == (way, what, given)]
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class ScenarioRecord:
    """How the data sets of a scenario look, and what searches do in them."""

    number: kinds.Setting
    trials: kinds.Words
    number_of_trials: kinds.Count
    participants: kinds.Count
    sizes: Inline
    allocation: Inline
    tau: kinds.Setting
    interaction_scatter: kinds.Setting
    slope_scatter: kinds.Setting
    residual: kinds.Words
    intervention_sd: kinds.Setting
    residual_by: Inline
    planted: kinds.Words | None
    where: Inline
    gain: kinds.Setting
    searches: tuple[SearchInScenario, ...]

    @property
    def modified(self) -> bool:
        """Whether somebody really gains more."""
        return self.planted is not None

    @property
    def head(self) -> Inline:
        """The scenario in a few words: number, trials, scatter, residuals and what is planted."""
        spreads = {
            "τ": self.tau,
            "scatter of interactions": self.interaction_scatter,
            "scatter of slopes": self.slope_scatter,
        }
        scatter = [part for word, number in spreads.items() if number.value for part in (f", {word} ", number)]
        gain: Inline = ("; no modification",)
        if self.planted is not None:
            gain = ("; ", self.planted, " gain ", self.gain, " SD more")
        return (self.number, ". ", self.trials, *scatter, ", residuals ", self.residual, *gain)


@dataclass(frozen=True, slots=True)
class JudgedSearch:
    """The settings of a search that is judged: words and numbers, in reading order."""

    name: kinds.Words
    method: Literal["recursive-partitioning", "directed-peeling"]
    data_sets: kinds.Setting
    settings: tuple[tuple[str, Inline], ...]
    p_below: kinds.Setting | None
    null: kinds.Setting
    bootstrap: kinds.Setting
    held_out: bool
    size: kinds.Setting | None


@dataclass(frozen=True, slots=True)
class SimulatedModerator:
    """A covariate of the data sets."""

    name: kinds.Words
    distribution: Inline
    slope: kinds.Setting
    adjusted: bool


@dataclass(frozen=True, slots=True)
class EvaluationRecord:
    """An evaluation."""

    name: str
    title: kinds.Words
    seed: kinds.Setting
    alpha: kinds.Setting
    level: kinds.Setting
    effect: kinds.Setting
    moderators: tuple[SimulatedModerator, ...]
    searches: tuple[JudgedSearch, ...]
    scenarios: tuple[ScenarioRecord, ...]
