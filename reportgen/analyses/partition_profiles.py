"""Every cut that a recursive partitioning tried, as far as it is disclosed, and with how many decimals a cut is printed.

In: a `Partition` with the desk of its record. Out: `Profile`s, which are drawn and stand in the series of the analysis.
"""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.moderator_values import Moderator, values_of
from reportgen.analyses.partition_context import RecordContext
from reportgen.analyses.recording import NAN
from reportgen.analyses.selection import Selection
from reportgen.records.numbers import Value, fixed
from reportgen.records.partition import Profile
from reportgen.release.estimates import scalar
from reportgen.release.rules import as_printed, disclosable_groups, guards, in_both_arms
from reportgen.spec.analyses import RecursivePartitioning as Node
from reportgen.stats import Effect, Partition
from reportgen.stats import effective_cuts as sidak
from reportgen.stats import subgroups as found

LN10 = math.log(10.0)
MOST_DIGITS = 9
CUT_DECIMALS = 2  # of a moderator for which the study file asks for none


def cut_decimals(cut: float, moderator: Moderator, selection: Selection) -> int:
    """Return the fewest decimals with which the printed cut divides people as the cut does, or as many as are allowed.

    A score in twenty-fourths of 100 is cut at 54.1666…; "≤ 54.2" says the same, since the next value is 58.3.
    """
    most = most_decimals(moderator)
    values = np.round(values_of(moderator, selection), MOST_DIGITS)
    above = values[values > round(cut, MOST_DIGITS)]
    following = float(above.min()) if above.size else math.inf
    cut = round(cut, MOST_DIGITS)  # 58.00000000000001 comes from rescaling, and is 58
    for decimals in range(most):
        if cut <= float(fixed(cut, decimals).replace("−", "-")) < following:
            return decimals
    return most


def most_decimals(moderator: Moderator) -> int:
    """Return with how many decimals a cut is printed at most."""
    return CUT_DECIMALS if moderator.decimals is None else moderator.decimals


def profiles(partition: Partition, context: RecordContext) -> tuple[Profile[Value], ...]:
    """Return every cut of every moderator in every node, moderators in the order of the search."""
    order = {name: place for place, name in enumerate(context.people.moderators)}
    return tuple(
        _profile(node, split, context)
        for node in partition.tree
        for split in sorted(node.splits, key=lambda split: order[split.moderator])
    )


def _profile(node: found.TreeNode, split: found.Split, context: RecordContext) -> Profile[Value]:
    moderator, every = context.people.moderators[split.moderator], split.tried
    values = context.values.at("moderator", moderator.name)
    best = int(np.argmin(every.log_p)) if len(every.log_p) else None
    disclosed = _disclosed(node, every, best, moderator, context)
    tried = found.Tried(*(getattr(every, field.name)[disclosed] for field in fields(found.Tried)))
    sets = _sets(tried, moderator) if moderator.categorical else ()
    return Profile(
        node=node.number,
        moderator=moderator.name,
        label=values.quote("label", moderator.label),
        unit=values.quote("unit", moderator.unit),
        cuts=tuple(float(i) for i in range(1, len(sets) + 1)) if sets else _cuts(tried, moderator, context),
        sets=sets,
        estimate=tuple(tried.estimate.tolist()),
        std_error=tuple(tried.std_error.tolist()),
        z=tuple(tried.statistic.tolist()),
        minus_log10_p=tuple((-tried.log_p / LN10).tolist()),
        chosen=None if best is None else int(disclosed[:best].sum()),
        kept=split.kept,
        threshold=_threshold(split, node.multiplicity + context.counted, context.node),
        suppressed=int((~disclosed).sum()),
        refit=_refit(split.refit),
    )


def _refit(effect: Effect | None) -> tuple[float, ...]:
    """Return estimate, standard error and p of the ratio of likelihoods, which may be missing; nothing without a refit."""
    if effect is None:
        return ()
    return scalar(effect.estimate), scalar(effect.std_error), effect.joint.p_value if effect.joint else NAN


def _disclosed(
    node: found.TreeNode, tried: found.Tried, best: int | None, moderator: Moderator, context: RecordContext
) -> NDArray[np.bool_]:
    """Return which cuts are disclosed: the best, and those that enough people tell from it and from each other."""
    if not guards(context.naming.minimum_cell):
        return np.ones(len(tried.log_p), dtype=bool)
    here = context.selection
    values = values_of(moderator, here)[node.rows]
    trial, treatment = here.trial[node.rows], here.treatment[node.rows]
    divided = in_both_arms(trial, treatment, ~np.isnan(values))
    values = values[divided]
    if moderator.categorical and not moderator.ordered:
        low = tried.level_set[:, None] >> values.astype(np.int64) & 1 == 1
    else:
        low = values <= tried.cut[:, None]
    first = () if best is None else (best,)
    return disclosable_groups(low, treatment[divided], context.naming.minimum_cell, first, parted=True)


def _cuts(tried: found.Tried, moderator: Moderator, context: RecordContext) -> tuple[float, ...]:
    minimum = context.naming.minimum_cell
    return tuple(as_printed(cut, most_decimals(moderator), minimum) for cut in map(float, tried.cut))


def _sets(tried: found.Tried, moderator: Moderator) -> tuple[str, ...]:
    """Return the levels on the first side of each division, by name."""
    names = moderator.levels
    if moderator.ordered:
        return tuple(" or ".join(names[: int(code) + 1]) for code in tried.cut)
    return tuple(
        " or ".join(name for place, name in enumerate(names) if int(chosen) >> place & 1) for chosen in tried.level_set
    )


def _threshold(split: found.Split, multiplicity: int, node: Node) -> float:
    """Return the −log10 p that a cut must reach so that it is kept, adjustments undone."""
    if node.criterion != "interaction":
        return NAN
    across = 1.0 / max(multiplicity, 1) if node.across == "sidak" else 1.0
    log_p = sidak.log_sidak(sidak.log_sidak(math.log(node.alpha), across), 1.0 / split.effective)
    return float(-log_p / LN10)
