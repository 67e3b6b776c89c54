"""Both searches written a second time, from the design alone and as plainly as can be: a separate fit for every split and box.

In: the arguments of `partition` and `peel`. Out: what they should find. Nothing is shared with the searches but
`fit_one_step`, which is checked against R; people are masks, rules are read off sets, multiplicity is a formula a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations
from math import ceil, floor
from typing import Any

import numpy as np
from scipy import stats

from reportgen.stats import Levels, fit_one_step

Mask = np.ndarray[Any, np.dtype[np.bool_]]
ESTIMATED = ("ok", "boundary")


class Study:
    """Outcome, treatment, trial, moderators and adjusters; what is asked of any set of people."""

    def __init__(self, y: Any, t: Any, trial: Any, moderators: dict[str, Any], x: Any) -> None:
        self.y, self.t, self.trial, self.moderators, self.x = y, t, trial, moderators, x

    @property
    def arguments(self) -> tuple[Any, ...]:
        return self.y, self.t, self.trial, self.moderators

    def values(self, name: str) -> Any:
        z = self.moderators[name]
        return np.where(z.codes < 0, np.nan, z.codes) if isinstance(z, Levels) else z

    def with_both_arms(self, who: Mask) -> Mask:
        kept = who.copy()
        for k in np.unique(self.trial):
            here = who & (self.trial == k)
            if len(set(self.t[here])) < 2:
                kept &= ~here
        return kept

    def complete(self) -> Mask:
        return ~(np.isnan(self.y) | np.isnan(self.x).any(axis=1))

    def enough(self, who: Mask, min_size: int, min_arm: int, min_trials: int) -> bool:
        arms = [np.sum(who & (self.t == arm)) for arm in (0, 1)]
        trials = len(np.unique(self.trial[self.with_both_arms(who)]))
        return bool(who.sum() >= min_size and min(arms) >= min_arm and trials >= min_trials)

    def fit(self, who: Mask, moderator: Any = None, treatment_effect: str = "random") -> Any:
        """The effect, or the interaction with a moderator; None where there is none."""
        column = None if moderator is None else np.asarray(moderator, float)[who]
        found = fit_one_step(
            self.y[who],
            self.t[who],
            self.trial[who],
            adjusters=self.x[who],
            moderator=column,
            treatment_effect=treatment_effect,
        )
        effect = found.effect if moderator is None else found.interaction
        return effect if found.status in ESTIMATED and np.isfinite(effect.statistic) else None


# --- recursive partitioning -------------------------------------------------------------------------------------------


def correlation(low_a: set[int], low_b: set[int], everything: set[int]) -> float:
    """Of the absolute differences between sides that two splits of equally large levels give."""

    def shared(a: set[int], b: set[int]) -> float:
        return len(a & b) / np.sqrt(len(a) * len(b))

    high_a, high_b = everything - low_a, everything - low_b
    v = (shared(low_a, low_b) + shared(high_a, high_b) - shared(low_a, high_b) - shared(high_a, low_b)) / 2.0
    v = min(v, 1.0)
    return float((2.0 / np.pi * (np.sqrt(1.0 - v * v) + v * np.arcsin(v) - 1.0)) / (1.0 - 2.0 / np.pi))


def adjusted(log_p: float, splits: int, levels: int, nominal: bool, multiplicity: str) -> float:
    if multiplicity == "none" or splits == 1:
        return log_p
    power = 1.0
    if multiplicity == "sidak-modified":
        lows = [set(range(i)) for i in range(1, splits + 1)]
        everything = set(range(splits + 1))
        if nominal:
            everything = set(range(levels))
            lows = [set(c) | {0} for r in range(levels - 1) for c in combinations(range(1, levels), r)]
        power = 1.0 - float(np.mean([correlation(a, b, everything) for a, b in combinations(lows, 2)]))
    return sidak(log_p, splits**power)


def sidak(log_p: float, tests: float) -> float:
    p = np.exp(log_p)
    return (
        float(log_p + np.log(tests)) if p < 1e-13 else float(np.log(-np.expm1(tests * np.log1p(-p)))) if p < 1 else 0.0
    )


def low_sides(study: Study, name: str, who: Mask, max_cuts: int) -> Iterator[Mask]:
    """S of every candidate, cuts from small to large."""
    z = study.values(name)
    present = np.unique(z[who])
    moderator = study.moderators[name]
    if isinstance(moderator, Levels) and not moderator.ordered:
        for size in range(len(present) - 1):
            for beside in combinations(present[1:], size):
                yield who & np.isin(z, [present[0], *beside])
        return
    cuts = list(present[:-1])
    if len(cuts) > max_cuts:
        n, ordered = int(who.sum()), np.sort(z[who])
        chosen = {ordered[ceil(Fraction(j * n, max_cuts + 1)) - 1] for j in range(1, max_cuts + 1)}
        cuts = sorted(chosen - {present[-1]})
    for cut in cuts:
        yield who & (z <= cut)


def partition_plainly(study: Study, options: dict[str, Any]) -> set[tuple[bytes, float]]:
    """Members of every subgroup with the logarithm of its p of the node, rounded to 5 digits."""
    o = options
    everybody = study.with_both_arms(study.complete())
    gamma = o["gamma"] if isinstance(o["gamma"], list) else [o["gamma"]] * o["depth"]
    limits = (o["min_size"], o["min_arm"], o["min_trials"])
    found: set[tuple[bytes, float]] = set()

    def fit(who: Mask, moderator: Any = None) -> Any:
        return study.fit(who, moderator, o["treatment_effect"])

    def candidate(who: Mask, low: Mask) -> tuple[float, float, bool] | None:
        """log p, |z|, and whether the low side gains more."""
        high = who & ~low
        if not (study.enough(low, *limits) and study.enough(high, *limits)):
            return None
        if o["criterion"] == "interaction":
            s = low.astype(float)
            if o["information"] == "within":
                for k in np.unique(study.trial[who]):
                    s[who & (study.trial == k)] -= s[who & (study.trial == k)].mean()
            one = fit(who, s)
            return None if one is None else (one.log_p, abs(one.statistic), one.estimate > 0)
        sides = fit(low), fit(high)
        if None in sides:
            return None
        z = [side.statistic for side in sides]
        differs = min(0.0, np.log(2.0) + stats.norm.logsf(abs(z[0] - z[1]) / np.sqrt(2.0)))
        gains = min(0.0, np.log(2.0) + stats.norm.logsf(max(z)))
        score = {"differential": differs, "maximum": gains, "directional": max(differs, gains)}[o["criterion"]]
        return score, abs(z[0] - z[1]), z[0] > z[1]

    def one_sided(who: Mask) -> float:
        one = fit(who)
        return np.nan if one is None else float(stats.t.logsf(one.statistic, one.df))

    def search(node: Mask, used: tuple[str, ...]) -> None:
        best = []
        for place, name in enumerate(study.moderators):
            z, moderator = study.values(name), study.moderators[name]
            who = study.with_both_arms(node & ~np.isnan(z))
            if name in used or not who.any():
                continue
            tried = [(candidate(who, low), low) for low in low_sides(study, name, who, o["max_cuts"])]
            admissible = [(item, low) for item, low in tried if item is not None]
            if admissible:
                (log_p, size, low_gains), low = min(admissible, key=lambda one: (one[0][0], -one[0][1]))
                nominal = isinstance(moderator, Levels) and not moderator.ordered
                p = adjusted(log_p, len(admissible), len(np.unique(z[who])), nominal, o["multiplicity"])
                side = low if low_gains else who & ~low
                # of the node, everybody with such a value: also in trials that had one arm among those with a value
                inside = np.isin(z, z[side]) if nominal else z <= z[low].max() if low_gains else z > z[low].max()
                best.append((p, -size, place, name, node & inside))
        for p, _, _, name, child in sorted(best, key=lambda one: one[:3])[: o["width"]]:
            p_node = sidak(p, len(best)) if o["across"] == "sidak" else p
            if o["criterion"] == "interaction":
                kept = p_node <= np.log(o["alpha"])
            else:
                level = gamma[len(used)]
                kept = level is None or one_sided(child) <= np.log(level) + one_sided(node)
            if kept:
                found.add((child.tobytes(), round(p_node, 5)))
                if len(used) + 1 < o["depth"]:
                    search(child, (*used, name))

    search(everybody, ())
    return found


# --- directed peeling -------------------------------------------------------------------------------------------------


def peel_plainly(
    study: Study, gains: dict[str, str], options: dict[str, Any]
) -> tuple[dict[int, tuple[Mask, float]], int]:
    """The best box of every bin with its z, and how many boxes were looked at; every moderator has a direction."""
    o = options
    people = study.complete() & ~np.any([np.isnan(study.values(name)) for name in gains], axis=0)
    people = study.with_both_arms(people)
    n = int(people.sum())
    outwards = {name: study.values(name) * (1 if side == "small" else -1) for name, side in gains.items()}
    whole = study.fit(people, None, o["treatment_effect"])
    held: dict[int, list[tuple[float, int, Mask]]] = {}
    seen: set[bytes] = set()

    def number(who: Mask) -> int:
        return floor(who.sum() / n / o["bin_width"] + 1e-9)

    def admissible(who: Mask) -> bool:
        return study.enough(who, 1, o["min_arm"], o["min_trials"])

    def score(inside: Mask) -> float:
        if o["objective"] == "interaction" and admissible(people & ~inside):
            one = study.fit(people, inside, o["treatment_effect"])
            return -np.inf if one is None else one.statistic
        one = study.fit(inside, None, o["treatment_effect"])
        if one is None:
            return -np.inf
        return one.statistic if o["objective"] == "effect" else (one.estimate - whole.estimate) / one.std_error

    def peeled(box: Mask, name: str) -> Mask | None:
        z, least = outwards[name], max(1, ceil(o["alpha"] * box.sum() - 1e-9))
        for value in np.unique(z[box])[::-1]:
            if np.sum(z[box] >= value) >= least:
                inside = box & (z < value)
                return inside if inside.any() else None
        return None

    def follow(box: Mask, name: str, fewest: int) -> None:
        inside = peeled(box, name)
        while inside is not None and inside.sum() >= o["min_fraction"] * n - 1e-9 and admissible(inside):
            if inside.tobytes() not in seen:
                seen.add(inside.tobytes())
                held.setdefault(number(inside), []).append((-round(score(inside), 9), -int(inside.sum()), inside))
            if inside.sum() < fewest:
                break
            inside = peeled(inside, name)

    def each_way(boxes: list[Mask], fewest: int, go: Callable[[Mask, str, int], None] = follow) -> None:
        for box in boxes:
            for name in gains:
                go(box, name, fewest)

    each_way([people], n)
    done: set[bytes] = set()
    best = {}
    for bin_ in range(number(people), floor(o["min_fraction"] / o["bin_width"] + 1e-9) - 1, -1):
        while True:
            held[bin_] = sorted(held.get(bin_, []), key=lambda one: one[:2])[: o["beam"]]
            fresh = [box for _, _, box in held[bin_] if box.tobytes() not in done]
            if not fresh:
                break
            done.update(box.tobytes() for box in fresh)
            each_way(fresh, ceil((bin_ - 1e-9) * o["bin_width"] * n))
        if held[bin_] and np.isfinite(held[bin_][0][0]):
            best[bin_] = (held[bin_][0][2], -held[bin_][0][0])
    return best, len(seen)
