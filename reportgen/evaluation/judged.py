"""One search in one data set, set beside the truth.

In: a data set, and a search as the evaluation file has it. Out: `Judged`: what was found, how sure, where, and its effect
before and after correction and in trials left out, with what these effects really are.
Method: the first candidate is judged, kept or not: the split with the smallest p of its node, or the box with the largest z
(or that of a size). Judging it only where it was kept would be a selection; whoever wants that selects rows. The truth of
an effect is its mean over people, in which trials do not differ: what is scattered between them is 0 on average.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from reportgen.evaluation.data_sets import DataSet, limit
from reportgen.evaluation.outcomes import EFFECTS, Judged
from reportgen.late import special
from reportgen.spec.evaluation import AnyTried, Limit, Screened, TriedPartitioning, TriedPeeling
from reportgen.stats.crossproducts import FloatArray, IntArray
from reportgen.stats.curtailed import curtailed, decided
from reportgen.stats.effect import NOTHING, Effect
from reportgen.stats.event_peel import EventWorth, PreparedEventPeel
from reportgen.stats.held_out import Fold, HeldOut, held_out_partition, held_out_peel
from reportgen.stats.near_twins import jaccard
from reportgen.stats.null_draws import (
    PartitionDraws,
    PeelDraws,
    bins_of,
    calibration,
    no_p,
    partition_draws,
    partition_statistic,
    peel_draws,
    search_wise_p,
)
from reportgen.stats.null_model import null_model
from reportgen.stats.optimism import both_rules, corrected, nearest, partition_optimism, peel_optimism
from reportgen.stats.partition import difference
from reportgen.stats.peel_search import Found, Prepared, Worth
from reportgen.stats.peeling import PeelSettings
from reportgen.stats.pipelines import Frontier, PartitionPipeline, PeelPipeline, PreparedPartition, PreparedPeel, Tree
from reportgen.stats.ranks import BoolArray
from reportgen.stats.sample import Sample
from reportgen.stats.screening import Screening
from reportgen.stats.subgroups import Rule, Split, TreeNode
from reportgen.stats.two_stage import TwoStage

NEAR = 0.1  # of the range of a moderator: how far a right cut lies from the true one at most
GAINS = {"higher gain more": "large", "lower gain more": "small"}
OTHER_SIDE = {"<=": ">", ">": "<="}
Effects = FloatArray
Flips = TypeVar("Flips", PartitionDraws, PeelDraws)


def judged(search: AnyTried, data: DataSet, where: Mapping[str, str], level: float, alpha: float) -> Judged:
    """Search a data set and judge what comes out.

    Parameters
    ----------
    search : AnyTried
    data : DataSet
    where : mapping of str to str
        Conditions of the planted subgroup; empty without modification.
    level : float
        Of the intervals.
    alpha : float
        A candidate is supported if its p of the search is at most this.
    """
    if isinstance(search, TriedPartitioning):
        return _partitioned(search, data, where, level, alpha)
    return _peeled(search, data, where, level, alpha)


def partition_pipeline(search: TriedPartitioning) -> PartitionPipeline:
    """Return recursive partitioning as draws repeat it."""
    options = search.model_dump(exclude={"method", "screening", "draws", "held_out", "data_sets", "count_screened"})
    return PartitionPipeline(options, _screening(search.screening), count_screened=search.count_screened)


def peel_pipeline(search: TriedPeeling) -> PeelPipeline:
    """Return directed peeling as draws repeat it."""
    options: dict[str, Any] = search.model_dump(
        exclude={"method", "screening", "draws", "held_out", "data_sets", "size", "min_size"}
    )
    options["directions"] = {name: GAINS[word] for name, word in search.directions.items()} or "auto"
    least = None if search.min_size is None else int(search.min_size)
    return PeelPipeline(PeelSettings(**options, min_size=least), _screening(search.screening))


def _screening(asked: Screened | None) -> Screening | None:
    if asked is None:
        return None
    return Screening(asked.p_below, asked.reading, asked.model_dump(include={"interaction_effect", "adjuster_slopes"}))


def _partitioned(
    search: TriedPartitioning, data: DataSet, where: Mapping[str, str], level: float, alpha: float
) -> Judged:
    prepared = partition_pipeline(search).prepare(data.sample)
    tree = prepared.run(data.sample.outcome)
    first = tree.first()
    without = Judged(kept=float(bool(tree.kept)), **_partition_flips(search, data, prepared, tree, alpha))
    if first is None:
        return without
    rules = _rules(*first)
    inside = covered(rules, data.sample)
    effects = np.full(EFFECTS, np.nan)
    effects[0] = _partition_effects(tree, first, data, level)
    effects[1] = _partition_corrected(search, data, prepared, tree, first, effects[0], level)
    if search.held_out:
        effects[2] = _held_out(held_out_partition(prepared.pipeline, data.sample), data, level, _sibling)
    return replace(
        without,
        p=first[1].p_node,
        share=float(inside.mean()),
        effects=tuple(effects.ravel().tolist()),
        **_right(rules, where, data, inside),
    )


def _partition_flips(
    search: TriedPartitioning, data: DataSet, prepared: PreparedPartition, tree: Tree, alpha: float
) -> dict[str, Any]:
    """What the sign flips say, and how often they keep something: of that only all of them are a fair sample."""
    if not search.draws.sign_flips:
        return {}
    model, observed = null_model(data.sample), partition_statistic(tree)
    draws = _flips(search, lambda *which: partition_draws(prepared, model, data.seed, *which), observed, alpha)
    share = np.nan if search.draws.curtailed else calibration(draws).share
    return {**_supported(search, draws, observed, alpha), "kept_in_draws": share}


def _flips(search: AnyTried, make: Callable[[int, int], Flips], observed: float, alpha: float) -> Flips:
    """All sign flips, or as many as it takes to decide."""
    count = search.draws.sign_flips
    return curtailed(make, observed, count, alpha) if search.draws.curtailed else make(0, count)


def _supported(search: AnyTried, draws: PartitionDraws | PeelDraws, observed: float, alpha: float) -> dict[str, Any]:
    """P of the search where all sign flips were made, whether it is at most alpha, and how many were made."""
    made, count = len(draws.number), search.draws.sign_flips
    p = np.nan if made < count or no_p(draws) else float(search_wise_p(observed, draws.statistic))
    return {"search_wise_p": p, "supported": float(decided(draws, observed, count, alpha) is True), "flips": made}


def _rules(node: TreeNode, split: Split) -> tuple[Rule, ...]:
    return (*node.rules, both_rules(split)[0])


def covered(rules: Sequence[Rule], sample: Sample) -> BoolArray:
    """Return who fulfils all rules."""
    return np.asarray(np.all([rule.covers(sample.moderators[rule.moderator]) for rule in rules], axis=0))


def _partition_effects(tree: Tree, first: tuple[TreeNode, Split], data: DataSet, level: float) -> Effects:
    """Effect inside the first candidate and its difference from the other side, naive: (2, 4)."""
    node, split = first
    assert tree.search is not None
    y = data.sample.outcome[tree.search.rows]
    inside, outside = (tree.search.those(node.rows, rule) for rule in both_rules(split))
    found = tree.search.fit(y, inside).effect
    apart = difference(tree.search, y, inside, outside, tree.search.settings.information)
    masks = (_mask(tree.search.rows[rows], data) for rows in (inside, outside))
    return _naive(found, apart, _truths(data, *masks), level)


def _mask(rows: IntArray, data: DataSet) -> BoolArray:
    members = np.zeros(len(data.member), bool)
    members[rows] = True
    return members


def _truths(data: DataSet, inside: BoolArray, outside: BoolArray) -> tuple[float, float]:
    """What the effect inside and its difference from that outside really are."""
    return data.inside(inside), data.inside(inside) - data.inside(outside)


def _naive(inside: Effect, apart: Effect, truths: tuple[float, float], level: float) -> Effects:
    """Estimates with limits and truths: (2, 4); NaN where there is none."""
    return np.array(
        [
            [float(item.estimate), *(float(end) for end in item.interval(level)), truth]
            for item, truth in zip((inside, apart), truths, strict=True)
        ]
    )


def _partition_corrected(
    search: TriedPartitioning,
    data: DataSet,
    prepared: PreparedPartition,
    tree: Tree,
    first: tuple[TreeNode, Split],
    naive: Effects,
    level: float,
) -> Effects:
    """The same without what the search added; a candidate that was not kept is set beside the first of its depth."""
    if not search.draws.bootstrap:
        return np.full((2, 4), np.nan)
    node, split = first
    same = [item for above, item in tree.kept if above.level == node.level]
    rank = next((k for k, item in enumerate(same) if item is split), 0)
    found = partition_optimism(prepared, data.seed, 0, search.draws.bootstrap, ranks=rank + 1)
    return _corrected(naive, found.inside[:, node.level, rank], found.difference[:, node.level, rank], level)


def _corrected(naive: Effects, inside: FloatArray, apart: FloatArray, level: float) -> Effects:
    rows = []
    for row, optimism in zip(naive, (inside, apart), strict=True):
        found = corrected(row[0], (row[2] - row[1]) / 2, optimism, level)
        rows.append([found.estimate, found.low, found.high, row[3]])
    return np.array(rows)


def _right(rules: Sequence[Rule], where: Mapping[str, str], data: DataSet, inside: BoolArray) -> dict[str, Any]:
    """Whether moderator and cut are right, and the overlap with the planted subgroup; nothing without one."""
    if not where:
        return {}
    hit = {name: _hit(name, limit(text), rules) for name, text in where.items()}
    moderator = all(rule is not None for rule in hit.values())
    cut = all(rule is not None and _near(rule, limit(where[name]), data.sample) for name, rule in hit.items())
    alone = moderator and len(rules) == len(where)
    return {
        "moderator": float(moderator),
        "alone": float(alone),
        "cut": float(cut),
        "jaccard": jaccard(inside, data.member),
    }


def _hit(name: str, true: Limit, rules: Sequence[Rule]) -> Rule | None:
    """The condition on a moderator, on the same side."""
    kinds = ("<=",) if true.side == "low" else (">", ">=")
    return next((rule for rule in rules if rule.moderator == name and rule.kind in kinds), None)


def _near(rule: Rule, true: Limit, sample: Sample) -> bool:
    values: Any = sample.moderators[rule.moderator]
    return abs(rule.value - true.value) <= NEAR * float(np.ptp(values))


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """The frontier of a peeling that found something, and the place of the box that is judged."""

    cases: Prepared | PreparedEventPeel
    found: Found
    worth: Worth | EventWorth
    place: int

    @property
    def members(self) -> BoolArray:
        """Who is in that box, among the people analysed."""
        return self.worth.grid.members(self.found.boxes[self.place].ranks)


def _peeled(search: TriedPeeling, data: DataSet, where: Mapping[str, str], level: float, alpha: float) -> Judged:
    prepared = peel_pipeline(search).prepare(data.sample)
    frontier = prepared.run(data.sample.outcome)
    boxes = _boxes(search, frontier)
    if boxes is None:  # no draw can do worse
        return Judged(search_wise_p=1.0, supported=0.0, flips=0) if search.draws.sign_flips else Judged()
    inside = _mask(boxes.cases.cases.rows[boxes.members], data)
    effects = np.full(EFFECTS, np.nan)
    effects[0] = _box_effects(boxes, inside, data, level)
    effects[1] = _box_corrected(search, data, prepared, frontier, boxes.place, effects[0], level)
    if search.held_out:
        pooled = held_out_peel(prepared.pipeline, data.sample, float(boxes.found.fractions[boxes.place]))
        effects[2] = _held_out(pooled, data, level, _everybody_else)
    score = float(boxes.found.scores[boxes.place])
    return Judged(
        p=float(2.0 * special.ndtr(-max(score, 0.0))),
        share=float(inside.mean()),
        effects=tuple(effects.ravel().tolist()),
        **_peel_flips(search, data, prepared, score, alpha),
        **_right(_box_rules(boxes), where, data, inside),
    )


def _boxes(search: TriedPeeling, frontier: Frontier) -> Boxes | None:
    """The box that is judged: with the largest z, or of the size nearest to the one asked for; None without any."""
    found = frontier.found
    if found is None or frontier.prepared is None or found.worth is None or not found.boxes:
        return None
    place = int(np.argmax(found.scores)) if search.size is None else nearest(found.fractions, search.size)
    return Boxes(frontier.prepared, found, found.worth, place)


def _box_rules(boxes: Boxes) -> tuple[Rule, ...]:
    limits = boxes.worth.grid.limits(boxes.found.boxes[boxes.place].ranks)
    return tuple(
        Rule(direction.moderator, "<=" if direction.gains == "small" else ">=", value)
        for direction, value in zip(boxes.found.directions, limits, strict=True)
        if value is not None
    )


def _box_effects(boxes: Boxes, inside: BoolArray, data: DataSet, level: float) -> Effects:
    """Effect inside a box and its difference from everybody else, naive: (2, 4)."""
    mask, y = boxes.members, boxes.found.outcome
    rest = boxes.worth.whole - boxes.found.boxes[boxes.place].sums
    apart = boxes.cases.fit(y, moderator=boxes.cases.inside_column(mask)).interaction
    admissible = bool(boxes.worth.admissible(rest[None])[0])
    return _naive(
        boxes.cases.fit(y, mask).effect,
        apart if apart is not None and admissible else NOTHING,
        _truths(data, inside, ~inside),
        level,
    )


def _peel_flips(
    search: TriedPeeling, data: DataSet, prepared: PreparedPeel, score: float, alpha: float
) -> dict[str, Any]:
    """What the sign flips say of a box: its z beside the largest of each of them."""
    if not search.draws.sign_flips:
        return {}
    model = null_model(data.sample)
    draws = _flips(search, lambda *which: peel_draws(prepared, model, data.seed, *which), score, alpha)
    return _supported(search, draws, score, alpha)


def _box_corrected(
    search: TriedPeeling,
    data: DataSet,
    prepared: PreparedPeel,
    frontier: Frontier,
    place: int,
    naive: Effects,
    level: float,
) -> Effects:
    """The same without what the search added, from the boxes of the same size bin."""
    if not search.draws.bootstrap:
        return np.full((2, 4), np.nan)
    bin_ = int(bins_of(frontier, prepared.pipeline.settings.bin_width)[place])
    found = peel_optimism(prepared, data.seed, 0, search.draws.bootstrap)
    return _corrected(naive, found.inside[:, bin_], found.difference[:, bin_], level)


Outside = Callable[[Sequence[Rule], Sample], BoolArray]


def _held_out(found: HeldOut, data: DataSet, level: float, outside: Outside) -> Effects:
    """Pooled effects in trials left out, with the truth of each trial's rule in the same weights: (2, 4)."""
    if found.inside is None or found.difference is None:
        return np.full((2, 4), np.nan)
    truths = np.array([_fold_truth(fold, data, outside) for fold in found.folds if not fold.reason])
    return np.array([_pooled(item, truths[:, k], level) for k, item in enumerate((found.inside, found.difference))])


def _pooled(two_stage: TwoStage, truths: FloatArray, level: float) -> list[float]:
    return [two_stage.estimate, *two_stage.interval(level), float(two_stage.weights @ truths)]


def _fold_truth(fold: Fold, data: DataSet, outside: Outside) -> tuple[float, float]:
    """What a rule really does in the trial left out: inside, and beyond those outside."""
    here = data.sample.trial == int(np.searchsorted(data.sample.labels, fold.trial))
    return _truths(data, here & covered(fold.rules, data.sample), here & outside(fold.rules, data.sample))


def _sibling(rules: Sequence[Rule], sample: Sample) -> BoolArray:
    """Who is on the other side of the last split."""
    last = rules[-1]
    return covered((*rules[:-1], Rule(last.moderator, OTHER_SIDE[last.kind], last.value)), sample)


def _everybody_else(rules: Sequence[Rule], sample: Sample) -> BoolArray:
    return np.asarray(~covered(rules, sample))
