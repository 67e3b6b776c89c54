"""A screening as draws repeat it: the p of each candidate moderator, and which of them go on to a search.

In: the participants of a cell, an outcome for them, and the options of the screening. Out: one p for each moderator.
Each moderator is tried on the people who have it, as in the data; what no outcome changes is made once for a sample
(prepared_screening.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .choices import MainReading, TreatmentEffect
from .crossproducts import FloatArray
from .event_null import event_null
from .event_screening import PreparedEventScreening, prepare_event_screening
from .events import Participants, complete_participants, event_participants
from .prepared_screening import PreparedScreening, prepare_screening
from .sample import Sample
from .subgroups import Moderator


@dataclass(frozen=True, slots=True)
class Screening:
    """How moderators are screened.

    Attributes
    ----------
    p_below : float
        A moderator goes on to the search if its p is smaller.
    reading : {"within", "naive"}
        Whose p.
    options : mapping
        Those of `prepare_screening` that say how each moderator is tested: `minimum_trials`, `interaction_effect`,
        `adjuster_slopes`, `people_per_slope`, `residual`, `treatment_effect`, `inference`, `df_floor`.
    references : mapping of str to int
        Code of the reference level of categorical moderators; 0 for those not named.
    """

    p_below: float
    reading: MainReading = "within"
    options: Mapping[str, Any] = field(default_factory=dict)
    references: Mapping[str, int] = field(default_factory=dict)

    def prepare(self, sample: Sample) -> PreparedScreening:
        """Prepare it for any outcome of a sample.

        Raises
        ------
        ValueError
            As `prepare_screening`; for options that it does not know, a TypeError.

        Examples
        --------
        >>> from reportgen.stats.sample import make_sample
        >>> rng = np.random.default_rng(1)
        >>> trial, treatment = np.repeat(["a", "b"], 50), np.tile([0, 1], 50)
        >>> moderators = {"age": rng.normal(size=100), "site": np.ones(100)}
        >>> sample = make_sample(rng.normal(size=100), treatment, trial, moderators, range(100))
        >>> Screening(0.2).prepare(sample).run(sample.outcome).p_value.round(3).tolist()
        [0.691, nan]
        """
        return prepare_screening(
            sample.treatment,
            sample.trial,
            sample.moderators,
            adjusters=sample.adjusters,
            references=self.references,
            reading=self.reading,
            **self.options,
        )

    def prepare_events(
        self,
        people: Participants,
        moderators: Mapping[str, Moderator],
        treatment_effect: TreatmentEffect | None = None,
    ) -> PreparedEventScreening:
        """Prepare it for any working response of participants with events, in one model of all moderators.

        Parameters
        ----------
        people : Participants
        moderators : mapping of str to array_like (n,) or Levels
        treatment_effect : {"random", "common"}, optional
            Of that model: of the search behind the screening, or else of the screening.
        """
        effect = treatment_effect or self.options.get("treatment_effect", "random")
        null = event_null(people, moderators, complete_participants(people), effect)
        normal = self.options.get("inference") == "normal"
        return prepare_event_screening(
            people,
            moderators,
            null,
            references=self.references,
            reading=self.reading,
            minimum_trials=self.options.get("minimum_trials", 1),
            interaction_effect=self.options.get("interaction_effect", "common"),
            inference="normal" if normal else "t",
        )


def participants_of(sample: Sample) -> Participants:
    """Return the people of a sample whose outcome is an event."""
    assert sample.link is not None
    return event_participants(
        sample.outcome, sample.treatment, sample.trial, sample.link, sample.adjusters, sample.exposure
    )


def passing(names: Sequence[str], p: FloatArray, p_below: float) -> tuple[str, ...]:
    """Return the moderators whose p is below a limit, smallest p first; equal ones keep their order.

    Examples
    --------
    >>> passing(["age", "sex", "pain", "site"], np.array([0.15, np.nan, 0.01, 0.2]), 0.2)
    ('pain', 'age')
    """
    return tuple(names[k] for k in np.argsort(p, kind="stable") if p[k] < p_below)


def sorted_out(p: FloatArray, p_below: float) -> int:
    """Return how many moderators were tested and did not pass: those that `across_extra` of `partition` counts.

    Examples
    --------
    >>> sorted_out(np.array([0.15, np.nan, 0.01, 0.2]), 0.2)
    1
    """
    return int((p >= p_below).sum())
