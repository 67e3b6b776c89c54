"""Compiles the kernels before they are needed: some twenty seconds of work after installation, once.

numba compiles a kernel when it is first called and keeps it on disk; it holds its process while it does. In: nothing.
Out: kernels on disk, for every process. Method: each function calls kernels as an analysis does, on a few numbers. The
first two share no kernel, so that two processes may compile side by side, while a third one reads the data.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reportgen.stats.crossproducts import CrossProducts, columns
from reportgen.stats.design import Options
from reportgen.stats.event_peel import peel_events
from reportgen.stats.moderators import screen_moderator
from reportgen.stats.one_step import fit_cross_products
from reportgen.stats.partition import partition
from reportgen.stats.peel import peel


def compile_cross_products() -> None:
    """Compile what reads participants."""
    columns([0.0, 1.0, 3.0, 2.0], [0, 1, 0, 1], [1, 1, 2, 2]).cross_products()


def compile_likelihood() -> None:
    """Compile what finds the variances of a model from cross-products."""
    trials = 3
    moments = np.array([[[1.0, 0.5], [0.5, 4.0 + trial]] for trial in range(trials)])
    products = CrossProducts(
        labels=np.arange(trials),
        size=np.full(trials, 4),
        arms=np.full((trials, 2), 2),
        missing=np.zeros(trials, np.int64),
        mean=np.full((trials, 2), 0.5),
        centred=moments,
        adjusters=0,
        moderators=0,
    )
    fit_cross_products(products, Options())


def _people() -> dict[str, Any]:
    """Participants of three small trials, in which the younger half gains more."""
    n = 240
    rng = np.random.default_rng(1)
    age, treatment = rng.integers(20, 70, n).astype(float), np.tile([0.0, 1.0], n // 2)
    return {
        "outcome": rng.normal(size=n) + 2.0 * treatment * (age < 45.0),
        "treatment": treatment,
        "trial": np.repeat([0, 1, 2], n // 3),
        "moderators": {"age": age, "pain": rng.normal(size=n)},
        "adjusters": rng.normal(size=n),
    }


def compile_partition() -> None:
    """Compile what recursive partitioning needs beside."""
    partition(**_people(), min_size=20)


def compile_peel() -> None:
    """Compile what directed peeling needs beside, and the screening of moderators."""
    people = _people()
    moderators = people.pop("moderators")
    screen_moderator(moderator=moderators["age"], **people)
    peel(moderators=moderators, **people)


def compile_peel_events() -> None:
    """Compile what directed peeling of events needs beside."""
    people = _people()
    peel_events(people.pop("outcome") > 1.0, **people)
