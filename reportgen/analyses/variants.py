"""Which subgroups of a partitioning are variants of a stronger one, as its record says it.

In: subgroups as found and as recorded. Out: the same records with the number of the stronger subgroup of nearly the same people, and
how much the two overlap where that tells of nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reportgen.records.numbers import DASH, Value
from reportgen.records.partition import Subgroup
from reportgen.release.rules import TOO_CLOSE, guards
from reportgen.release.values import Values
from reportgen.stats import subgroups as stats
from reportgen.stats.near_twins import jaccard, variants


def with_variants(
    groups: Sequence[Subgroup[Value]], found: Sequence[stats.Subgroup], values: Sequence[Values], minimum: int
) -> tuple[Subgroup[Value], ...]:
    """Return subgroups with the stronger one that each is a variant of.

    Parameters
    ----------
    groups : sequence of Subgroup
        As recorded.
    found : sequence of reportgen.stats.subgroups.Subgroup
        The same as found: who is in them.
    values : sequence of Values
        The ids of each begin with those of its subgroup.
    minimum : int
        Of the policy.
    """
    if not groups:
        return ()
    members = np.array([item.members for item in found])
    leaders = variants(members, np.array([item.split.log_p_node for item in found]))
    return tuple(
        group
        if leader is None
        else replace(group, variant_of=leader + 1, jaccard=_overlap(members[[place, leader]], made, minimum))
        for place, (group, leader, made) in enumerate(zip(groups, leaders, values, strict=True))
    )


def _overlap(pair: NDArray[np.bool_], values: Values, minimum: int) -> Value:
    """Return the Jaccard index of two subgroups; not where it would tell of few people who are in one alone."""
    one, other = pair
    cells = [int(mask.sum()) for mask in (one & other, one & ~other, ~one & other, ~one & ~other)]
    if guards(minimum) and any(0 < n < minimum for n in cells):
        return values.suppressed("jaccard", DASH, TOO_CLOSE)
    return values.fixed("jaccard", jaccard(one, other), "jaccard")
