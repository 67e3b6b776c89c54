"""Participants with events, from the counts of a table or drawn from a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from reportgen.stats.choices import Link


class EventPeople(NamedTuple):
    """One row a participant."""

    outcome: np.ndarray
    treatment: np.ndarray
    trial: np.ndarray


def people_of(cells: Sequence[tuple[int, int, int, int]]) -> EventPeople:
    """Trials T1, T2, ... of (events, people) in the control and in the intervention arm."""
    arms = [
        (f"T{k}", arm, events, people)
        for k, (e0, n0, e1, n1) in enumerate(cells, 1)
        for arm, events, people in ((0.0, e0, n0), (1.0, e1, n1))
    ]
    return EventPeople(
        np.concatenate([np.arange(n) < e for _, _, e, n in arms]).astype(float),
        np.concatenate([np.full(n, arm) for _, arm, _, n in arms]),
        np.concatenate([np.full(n, label) for label, _, _, n in arms]),
    )


def drawn(seed: int, sizes: Sequence[int], link: Link = "logit", tau: float = 0.4) -> dict[str, np.ndarray]:
    """Outcome, treatment, trial, one continuous adjuster and, for counts, exposure."""
    rng = np.random.default_rng(seed)
    trial = np.repeat(np.arange(len(sizes)), sizes)
    n = len(trial)
    treatment, age = rng.integers(0, 2, n).astype(float), rng.normal(50.0, 10.0, n)
    eta = -0.5 + rng.normal(0.0, 0.4, len(sizes))[trial] + 0.03 * (age - 50.0)
    eta = eta + treatment * (0.5 + rng.normal(0.0, tau, len(sizes))[trial])
    time = rng.uniform(0.5, 2.0, n)
    outcome = rng.random(n) < 1.0 / (1.0 + np.exp(-eta)) if link == "logit" else rng.poisson(time * np.exp(eta))
    found = {"outcome": outcome.astype(float), "treatment": treatment, "trial": trial, "adjusters": age}
    return found if link == "logit" else found | {"exposure": time}
