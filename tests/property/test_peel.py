"""What every directed peeling keeps to, whatever the trials look like."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.stats import peel
from reportgen.stats.peeling import Peeling
from tests.examples import examples
from tests.unit.stats.simulated import People, people

# Numba compiles at the first example, so that no deadline holds; the seeds make every failure repeatable.
short = settings(max_examples=examples(20), deadline=None, derandomize=True)
anyone = st.builds(
    people,
    trials=st.integers(2, 5),
    size=st.integers(24, 60),
    tau=st.sampled_from([0.0, 0.3, 1.0]),
    seed=st.integers(0, 10_000),
)


def moderators(p: People) -> dict[str, np.ndarray]:
    return {"z": p.z, "age": np.round(p.baseline / 4.0) * 4.0}


def search(p: People, **options: object) -> Peeling:
    return peel(p.outcome, p.treatment, p.trial, moderators(p), adjusters=p.baseline, **options)  # type: ignore[arg-type]


@short
@given(anyone, st.sampled_from(["interaction", "effect"]), st.sampled_from([1e-6, 0.05, 0.2]))
def test_boxes_are_admissible_canonical_and_one_a_bin(p: People, objective: str, alpha: float) -> None:
    found = search(p, objective=objective, alpha=alpha, min_arm=5)
    n = len(p.outcome)
    bins = [int(np.floor(box.fraction / 0.01 + 1e-9)) for box in found.boxes]
    assert bins == sorted(set(bins), reverse=True)
    for box in found.boxes:
        inside = np.ones(n, bool)
        for limit in box.limits:
            values = moderators(p)[limit.moderator]
            if limit.value is not None:
                inside &= values <= limit.value if limit.side == "<=" else values >= limit.value
                assert limit.value in values[box.members]
        np.testing.assert_array_equal(inside, box.members)
        assert box.n == inside.sum() >= 0.1 * n and min(box.n_control, box.n_intervention) >= 5
        assert box.trials >= 2 and np.isfinite(box.z)
        assert box.n + box.outside.n == n
        assert (box.difference is None) == (box.outside.status == "not admissible")


@short
@given(anyone, st.integers(0, 1000))
def test_other_orders_names_units_and_signs(p: People, seed: int) -> None:
    found = search(p)
    order = np.random.default_rng(seed).permutation(len(p.outcome))
    shuffled = search(p.take(order))
    turned = People(
        5.0 - 3.0 * p.outcome, 1.0 - p.treatment, 7 - p.trial, p.baseline, p.z, p.group
    )  # the arms and the sign of the outcome swapped, trials in reverse
    mirrored = search(turned)
    limits = [box.limits for box in found.boxes]
    assert limits == [box.limits for box in shuffled.boxes] == [box.limits for box in mirrored.boxes]
    for box, other, scaled in zip(found.boxes, shuffled.boxes, mirrored.boxes, strict=True):
        np.testing.assert_array_equal(box.members[order], other.members)
        assert abs(box.z - scaled.z) < 1e-6
        assert abs(3.0 * box.effect.estimate - scaled.effect.estimate) < 1e-6


@short
@given(anyone)
def test_where_every_box_is_kept_none_is_better_than_in_a_narrow_beam(p: People) -> None:
    coarse = {"z": np.round(2.0 * p.z), "age": np.round(p.baseline / 5.0)}
    options = {"adjusters": p.baseline, "directions": {"z": "large", "age": "small"}, "min_arm": 5}
    every = peel(p.outcome, p.treatment, p.trial, coarse, alpha=1e-9, beam=10**9, **options)  # type: ignore[arg-type]
    some = peel(p.outcome, p.treatment, p.trial, coarse, alpha=1e-9, beam=2, **options)  # type: ignore[arg-type]
    best = {int(np.floor(box.fraction / 0.01 + 1e-9)): box.z for box in every.boxes}
    assert every.evaluated >= some.evaluated
    for box in some.boxes:
        assert box.z <= best[int(np.floor(box.fraction / 0.01 + 1e-9))] + 1e-8
