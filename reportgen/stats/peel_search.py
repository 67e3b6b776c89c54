"""The search of directed peeling, prepared once and run with any outcome of the same people.

In: treatment, trial, adjusters and moderators; then an outcome. Out: the frontier, as ranks and scores (`Found`), and
what is reported of it (`Peeling`).
Method: what x, treatment, trial and missing values decide, that is who is analysed, ranks, sort orders and the sums over
x, is in `Prepared`. With an outcome come the directions, the beam search (beam.py) over peels (boxes.py), and what each
box is worth (box_effects.py). Repetitions with thousands of other outcomes need only `Prepared.run`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from . import box_effects
from .beam import ROUNDING, Bins, ScoredBox, beam_search
from .boxes import DirectedGrid, Grid, Mask, People, Ranks
from .candidate import ESTIMATE, VARIANCE, Node, Space, make_node, make_space
from .choices import Gains
from .complete_cases import CompleteCases, NotSearched
from .crossproducts import Columns, FloatArray, IntArray, columns
from .design import Options
from .frontier import LinearFits, Rules, best_boxes
from .levels import Levels
from .one_step import OneStepFit, fit_columns
from .own_slopes import OwnNode, OwnSlopes, make_own_node, make_own_slopes, sweep_outcome
from .peel_people import as_numbers, cases_of, centre, centred_columns, checked, declared_directions
from .peeling import Direction, PeelSettings
from .slopes import fit_slopes

if TYPE_CHECKING:  # it is a search of this kind, and imports what all of them share from here
    from .event_groups import EventGroupFit
    from .event_peel import EventWorth


def prepare(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderators: Mapping[str, ArrayLike | Levels],
    adjusters: ArrayLike | None,
    settings: PeelSettings,
) -> Prepared:
    """Do all that does not depend on the outcome, of which only the missing values are looked at.

    Parameters
    ----------
    outcome, treatment, trial, moderators, adjusters
        As for `peel`.
    settings : PeelSettings
        Its other options.

    Returns
    -------
    Prepared

    Raises
    ------
    ValueError
        For options and columns, all that are wrong.
    """
    table = checked(outcome, treatment, trial, moderators, adjusters, settings)
    values, _ = as_numbers(moderators)
    levels = {name: moderator.levels for name, moderator in moderators.items() if isinstance(moderator, Levels)}
    cases = cases_of(table, moderators, settings)
    return _prepare(table, cases, tuple(moderators), values, levels, declared_directions(settings), settings)


def people_and_moderators(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderators: Mapping[str, ArrayLike | Levels],
    adjusters: ArrayLike | None,
    settings: PeelSettings,
) -> CompleteCases:
    """Say who and what would be searched, before anything is fitted; parameters and errors as those of `prepare`."""
    return cases_of(checked(outcome, treatment, trial, moderators, adjusters, settings), moderators, settings)


def _prepare(
    table: Columns,
    cases: CompleteCases,
    names: tuple[str, ...],
    values: Mapping[str, FloatArray],
    level_names: Mapping[str, tuple[str, ...]],
    declared: Mapping[str, Gains],
    settings: PeelSettings,
) -> Prepared:
    rows = cases.rows
    labels, trial = np.unique(table.codes[rows], return_inverse=True)
    trial = np.ascontiguousarray(trial, np.int64)
    t, x = table.treatment[rows], np.ascontiguousarray(table.adjusters[rows])
    searched = [values[name][rows] for name in cases.moderators]
    # which adjusters the models keep does not depend on the outcome: any outcome will do
    ready = _node(np.zeros(len(rows)), t, trial, x, settings) if len(rows) else None
    kept = list(ready[1]) if ready is not None else []
    return Prepared(
        settings,
        cases,
        len(table.outcome),
        names,
        t,
        trial,
        len(labels),
        x,
        Grid.of(searched, len(rows)),
        centred_columns(searched, trial),
        box_effects.covariate_rows(t, centred_columns([x[:, k] for k in kept], trial).T),
        dict(level_names),
        dict(declared),
        _own_slopes(t, trial, x, settings),
    )


def _node(
    y: FloatArray, treatment: FloatArray, trial: IntArray, adjusters: FloatArray, settings: PeelSettings
) -> tuple[Node, IntArray] | None:
    """What all boxes share in the model of treatment x inside, and the adjusters that it keeps."""
    products = columns(y, treatment, trial, adjusters).cross_products()
    return make_node(products, Options(treatment_effect=settings.treatment_effect))


def _own_slopes(
    treatment: FloatArray, trial: IntArray, adjusters: FloatArray, settings: PeelSettings
) -> OwnSlopes | None:
    """What trials with slopes of their own need, where they have them."""
    if settings.adjuster_slopes == "common" or not len(treatment):
        return None
    options = Options(
        treatment_effect=settings.treatment_effect,
        adjuster_slopes="stratified",
        people_per_slope=settings.people_per_slope,
        more_slopes=1,
    )
    products = columns(np.zeros(len(treatment)), treatment, trial, adjusters).cross_products()
    x = centred_columns(list(adjusters.T), trial).T
    return make_own_slopes(products, treatment, trial, np.ascontiguousarray(x), options)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A search before it has seen an outcome.

    Attributes
    ----------
    settings : PeelSettings
    cases : CompleteCases
        Who is analysed; all arrays below have a column or a row for each of these n people, trial by trial.
    participants : int
        Rows of the data.
    names : tuple of str
        All moderators, searched or not.
    treatment, trial, adjusters : ndarray
        Of the people analysed; trials numbered from 0.
    trials : int
    grid : Grid
    centred : ndarray (J, n)
        Moderators minus their means in the trials.
    rows : ndarray (n, w)
        What is summed over the people of a box, the outcome still zero.
    level_names : dict
        Names of the levels of categorical moderators.
    declared : dict
        Directions that are not to be estimated.
    slopes : OwnSlopes or None
        Where trials have slopes of their own.
    """

    settings: PeelSettings
    cases: CompleteCases
    participants: int
    names: tuple[str, ...]
    treatment: FloatArray
    trial: IntArray
    trials: int
    adjusters: FloatArray
    grid: Grid
    centred: FloatArray
    rows: FloatArray
    level_names: dict[str, tuple[str, ...]]
    declared: dict[str, Gains]
    slopes: OwnSlopes | None = None

    @property
    def fewest(self) -> None:
        """Least number of people with an event: the outcome is none."""
        return None

    @property
    def reason(self) -> str:
        """Why nothing could be searched with any outcome; here no such reason is known."""
        return ""

    def run(self, outcome: ArrayLike) -> Found:
        """Search with an outcome of all participants; those analysed must have one."""
        y = self._outcome(outcome)
        directions, not_searched = self._directions(y)
        overall = self.fit(y)
        worth = self.worth(y, directions, float(overall.effect.estimate))
        return self._found(y, directions, not_searched, overall, worth)

    def draw(self, outcome: ArrayLike) -> Found:
        """Search likewise, without what only a report needs: the overall fit, and the interactions behind directions."""
        y = self._outcome(outcome)
        seen = self._see(y)
        if seen is None:
            return self.run(outcome)
        directions, not_searched = self._signs(y, seen) if self.slopes is None else self._directions(y)
        worth = self.worth(y, directions, self._estimate(y, seen), seen)
        return self._found(y, directions, not_searched, None, worth)

    def _outcome(self, outcome: ArrayLike) -> FloatArray:
        y = np.ascontiguousarray(np.asarray(outcome, float)[self.cases.rows])
        if not np.isfinite(y).all():
            raise ValueError("the outcome of somebody analysed is missing or infinite; prepare the search anew")
        return y

    def _found(
        self,
        y: FloatArray,
        directions: tuple[Direction, ...],
        not_searched: tuple[NotSearched, ...],
        overall: OneStepFit | None,
        worth: Worth | None,
    ) -> Found:
        if worth is None:
            return Found(y, directions, not_searched, overall, None, (), 0)
        boxes, evaluated = worth.best(self.bins())
        return Found(y, directions, not_searched, overall, worth, boxes, evaluated)

    def fit(self, y: FloatArray, people: Mask | None = None, moderator: FloatArray | None = None) -> OneStepFit:
        """One-step model of some of the people analysed."""
        mask = slice(None) if people is None else people
        slopes = "common" if moderator is None else self.settings.adjuster_slopes
        options = Options(
            treatment_effect=self.settings.treatment_effect,
            adjuster_slopes=slopes,
            moderator_slopes=slopes,
            people_per_slope=self.settings.people_per_slope,
            own_from=self.slopes.options.own_from if self.slopes and moderator is not None else None,
        )
        return fit_columns(
            columns(y[mask], self.treatment[mask], self.trial[mask], self.adjusters[mask], moderator), options
        )

    def inside_column(self, members: Mask) -> FloatArray:
        """A box as moderator: who is inside, minus the mean in the trial where only information within trials counts."""
        inside = members.astype(float)
        return centre(inside, self.trial) if self.settings.information == "within" else inside

    def _directions(self, y: FloatArray) -> tuple[tuple[Direction, ...], tuple[NotSearched, ...]]:
        """Who gains more along each moderator; one whose interaction has no sign is left out."""
        found, not_searched = [], []
        for name, z in zip(self.cases.moderators, self.centred, strict=True):
            if name in self.declared:
                found.append(Direction(name, self.declared[name], "declared"))
                continue
            fit = self.fit(y, moderator=z)
            assert fit.interaction is not None
            slope = float(fit.interaction.estimate)
            if slope == 0.0 or not np.isfinite(slope):
                not_searched.append(NotSearched(name, f"its interaction with treatment has no sign: {fit.message}"))
            else:
                gains: Gains = "small" if slope < 0.0 else "large"
                found.append(Direction(name, gains, "screening interaction", fit.interaction))
        return tuple(found), tuple(not_searched)

    def _signs(self, y: FloatArray, seen: Seen) -> tuple[tuple[Direction, ...], tuple[NotSearched, ...]]:
        """Directions as `_directions` finds them; where the kernel cannot say, from a separate fit."""
        asked = [k for k, name in enumerate(self.cases.moderators) if name not in self.declared]
        values = fit_slopes(self.centred[asked], seen.rows, self.trial, seen.node)
        slope = dict(zip(asked, values[:, ESTIMATE].tolist(), strict=True))
        for k in np.array(asked, int)[~box_effects.sound(values, seen.inside)].tolist():
            item = self.fit(y, moderator=self.centred[k]).interaction
            assert item is not None
            slope[k] = float(item.estimate)
        if any(one == 0.0 or not np.isfinite(one) for one in slope.values()):
            return self._directions(y)  # which says why
        results = []
        for k, name in enumerate(self.cases.moderators):
            gains: Gains = self.declared[name] if name in self.declared else "small" if slope[k] < 0.0 else "large"
            results.append(Direction(name, gains, "declared" if name in self.declared else "screening interaction"))
        return tuple(results), ()

    def _estimate(self, y: FloatArray, seen: Seen) -> float:
        """Effect of treatment among all people analysed."""
        row = box_effects.effects_inside(seen.whole[None], seen.inside)
        sound = box_effects.sound(row, seen.inside)[0]
        return float(row[0, ESTIMATE] if sound else self.fit(y).effect.estimate)

    def _see(self, y: FloatArray) -> Seen | None:
        """The outcome brought to what all models share; None where none can be fitted."""
        node = _node(y, self.treatment, self.trial, self.adjusters, self.settings) if len(y) else None
        if node is None:
            return None
        rows = box_effects.with_outcome(self.rows, centre(y, self.trial))
        whole = box_effects.sum_by_trial(rows, self.trial, self.trials)
        return Seen(node[0], rows, whole, box_effects.make_inside(whole, self.settings.treatment_effect == "random"))

    def worth(
        self, y: FloatArray, directions: tuple[Direction, ...], estimate: float, seen: Seen | None = None
    ) -> Worth | None:
        """Return what boxes are worth with an outcome; None where there is nothing to search.

        Parameters
        ----------
        y : ndarray (n,)
            Outcome of the people analysed.
        directions : tuple of Direction
            Of moderators that are searched.
        estimate : float
            Effect of treatment among all of them.
        seen : Seen, optional
            If it is at hand.
        """
        seen = self._see(y) if seen is None else seen
        if seen is None or not directions or not np.isfinite(estimate):
            return None
        names = [direction.moderator for direction in directions]
        kept = [k for k, name in enumerate(self.cases.moderators) if name in names]
        grid = self.grid.select(kept).directed(np.array([direction.gains == "small" for direction in directions]))
        own, rows, whole = self._own_node(y), seen.rows, seen.whole
        if own is not None and self.slopes is not None:
            swept = sweep_outcome(self.slopes, self.trial, centre(y, self.trial))
            beside = box_effects.own_rows(self.treatment, self.slopes.columns, swept)
            rows = np.ascontiguousarray(np.column_stack([rows, beside]))
            whole = box_effects.sum_by_trial(rows, self.trial, self.trials)
        people, space = People(self.trial, rows), make_space(seen.node)
        return Worth(self, y, estimate, grid, people, whole, seen.node, space, seen.inside, set(), own)

    def _own_node(self, y: FloatArray) -> OwnNode | None:
        if self.slopes is None:
            return None
        products = columns(y, self.treatment, self.trial, self.adjusters).cross_products()
        return make_own_node(products, self.slopes)

    def bins(self) -> Bins:
        """Size bins of the people analysed."""
        people = len(self.cases.rows)
        return Bins(people, self.settings.bin_width, self.least() / people)

    def least(self) -> int:
        """Least number of people inside a box."""
        return least_people(self.settings, len(self.cases.rows))


def least_people(settings: PeelSettings, people: int) -> int:
    """Return the least number of people inside a box, of so many people analysed."""
    return max(int(np.ceil(settings.min_fraction * people - ROUNDING)), settings.min_size or 1)


def search_rules(
    settings: PeelSettings, bins: Bins, least: int, *, base: float = 0.0, gain: float = 1.0, min_events: int = 0
) -> Rules:
    """Return what a search with some settings asks of boxes; parameters as of `Rules`."""
    return Rules(
        float(settings.alpha),
        int(settings.beam),
        float(bins.width),
        bins.lowest,
        least,
        int(settings.min_arm),
        int(settings.min_trials),
        settings.objective == "interaction",
        settings.information == "within",
        base,
        gain,
        min_events,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """An outcome, brought to what all models of a search share.

    Attributes
    ----------
    node : Node
    rows : ndarray (n, w)
        What is summed over the people of a box.
    whole : ndarray (K, w)
        Its sums over everybody.
    inside : Inside
    """

    node: Node
    rows: FloatArray
    whole: FloatArray
    inside: box_effects.Inside


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """What boxes are worth, with one outcome.

    Attributes
    ----------
    prepared : Prepared
    outcome : ndarray (n,)
        Of the people analysed.
    overall : float
        Effect of treatment among all of them.
    grid : DirectedGrid
    people : People
        What is summed over the people of a box.
    whole : ndarray (K, w)
        Its sums over everybody.
    node, space, inside
        What the kernels share; see candidate.py and box_effects.py.
    seen : set
        Keys of the boxes evaluated so far.
    own : OwnNode or None
        Where trials have slopes of their own and kernels can fit them; the last columns of the sums are then for it.
    """

    prepared: Prepared
    outcome: FloatArray
    overall: float
    grid: DirectedGrid
    people: People
    whole: FloatArray
    node: Node
    space: Space
    inside: box_effects.Inside
    seen: set[bytes]
    own: OwnNode | None

    def best(self, bins: Bins) -> tuple[tuple[ScoredBox, ...], int]:
        """The best box of every size bin, and how many boxes were evaluated."""
        result = None
        if self.prepared.slopes is None:  # the kernel knows slopes that trials share, and no others
            fits = LinearFits.of(self.node, self.space, self.inside)
            result = best_boxes(self.grid, self.people, self.whole, fits, self._rules(bins))
        if result is None:  # the slow road can ask `fit_one_step` about single boxes
            boxes = beam_search(self.grid, self.everybody(), self.peel, bins, self.prepared.settings.beam)
            result = tuple(boxes), len(self.seen)
        return result

    def _rules(self, bins: Bins) -> Rules:
        settings = self.prepared.settings
        base = self.overall if settings.objective == "interaction" else 0.0
        return search_rules(settings, bins, self.prepared.least(), base=base)

    def everybody(self) -> ScoredBox:
        """The box that holds all people analysed."""
        return ScoredBox(self.grid.whole(), len(self.outcome), float("nan"), self.whole)

    def peel(self, boxes: list[ScoredBox], fewest: int) -> list[ScoredBox]:
        """Peel boxes along every moderator while they keep `fewest` people; the admissible new ones with their scores."""
        return peeled(self, boxes, fewest)

    def scores(self, ranks: Ranks, sums: FloatArray) -> FloatArray:
        """Scores of boxes; -inf where nothing can be estimated."""
        score = np.full(len(sums), np.nan)
        compared = self.compared(sums)
        if compared.any():
            difference = self.differences(ranks[compared], sums[compared])
            score[compared] = difference[:, ESTIMATE] / np.sqrt(difference[:, VARIANCE])
        if not compared.all():
            effect = self.effects(sums[~compared], lambda k: self.grid.members(ranks[~compared][k]))
            base = self.overall if self.prepared.settings.objective == "interaction" else 0.0
            score[~compared] = (effect[:, ESTIMATE] - base) / np.sqrt(effect[:, VARIANCE])
        return np.where(np.isfinite(score), score, -np.inf)

    def compared(self, sums: FloatArray) -> Mask:
        """Which boxes are compared with the people outside."""
        if self.prepared.settings.objective == "effect":
            return np.zeros(len(sums), np.bool_)
        return self.admissible(self.whole - sums)

    def admissible(self, sums: FloatArray) -> Mask:
        """Which groups have enough people in each arm, and enough trials with both arms."""
        return admissible(sums, self.prepared.settings)

    def differences(self, ranks: Ranks, sums: FloatArray) -> FloatArray:
        """Treatment x inside in the whole comparison, a row a box, columns as in candidate.py."""
        within = self.prepared.settings.information == "within"
        if self.own is not None:
            values = box_effects.own_interactions(sums, within, self.own)
        elif self.prepared.slopes is None:
            values = box_effects.interactions(sums, self.node, self.space, within)
        else:
            values = np.full((len(sums), 7), np.nan)
        for k in np.flatnonzero(~box_effects.sound(values, self.inside)):
            inside = self.prepared.inside_column(self.grid.members(ranks[k]))
            fit = self.prepared.fit(self.outcome, moderator=inside)
            values[k] = box_effects.as_row(fit, fit.interaction)
        return values

    def effects(self, sums: FloatArray, members: Callable[[int], Mask]) -> FloatArray:
        """Effect of treatment in each group, a row a group, columns as in box_effects.py."""
        if self.own is not None:
            sums = np.ascontiguousarray(sums[:, :, : self.prepared.rows.shape[1]])
        values = box_effects.effects_inside(sums, self.inside)
        for k in np.flatnonzero(~box_effects.sound(values, self.inside)):
            fit = self.prepared.fit(self.outcome, members(int(k)))
            values[k] = box_effects.as_row(fit, fit.effect)
        return values

    def sound(self, values: FloatArray) -> Mask:
        """Which rows of differences or effects are reported as they are; the others are fitted anew."""
        return box_effects.sound(values, self.inside)


def admissible(sums: FloatArray, settings: PeelSettings) -> Mask:
    """Return which groups have enough people in each arm, and enough trials with both arms."""
    intervention, control = sums[:, :, 1], sums[:, :, 0] - sums[:, :, 1]
    enough = (intervention.sum(axis=1) > settings.min_arm - 0.5) & (control.sum(axis=1) > settings.min_arm - 0.5)
    return np.asarray(enough & (box_effects.trials_with_both_arms(sums) >= settings.min_trials))


def peeled(worth: Worth, boxes: list[ScoredBox], fewest: int) -> list[ScoredBox]:
    """Peel boxes along every moderator while they keep `fewest` people; return the admissible new ones with their scores."""
    ranks, sums = _on_the_way(worth, boxes, fewest)
    new = []
    for k in range(len(ranks)):
        key = ranks[k].tobytes()
        if key not in worth.seen:
            worth.seen.add(key)
            new.append(k)
    ranks, sums = ranks[new], sums[new]
    result = zip(ranks, box_effects.people(sums), worth.scores(ranks, sums), sums, strict=True)
    return [ScoredBox(box, int(n), float(score), total) for box, n, score, total in result]


def _on_the_way(worth: Worth, boxes: list[ScoredBox], fewest: int) -> tuple[Ranks, FloatArray]:
    """Admissible boxes on the way of the given ones along every moderator."""
    moderators = len(worth.grid.values)
    ranks, sums = np.stack([box.ranks for box in boxes]), np.stack([box.sums for box in boxes])
    owner = np.repeat(np.arange(len(boxes)), moderators)
    along = np.tile(np.arange(moderators), len(boxes))
    passed = []
    while len(owner):
        ranks, sums, along = worth.grid.peels(ranks, sums, owner, along, worth.people, worth.prepared.settings.alpha)
        n = box_effects.people(sums)
        large = worth.admissible(sums) & (n >= worth.prepared.least())
        passed.append((ranks[large], sums[large]))
        on = large & (n >= fewest)
        along, ranks, sums = along[on], ranks[on], sums[on]
        owner = np.arange(len(along))
    return np.concatenate([item for item, _ in passed]), np.concatenate([item for _, item in passed])


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a search found with one outcome.

    Attributes
    ----------
    outcome : ndarray (n,)
        Of the people analysed.
    directions : tuple of Direction
    not_searched : tuple of NotSearched
        Moderators that this outcome gives no direction.
    overall : OneStepFit or None
        None in a draw.
    worth : Worth or None
        None where there was nothing to search.
    boxes : tuple of ScoredBox
        The frontier, from large to small.
    evaluated : int
    """

    outcome: FloatArray
    directions: tuple[Direction, ...]
    not_searched: tuple[NotSearched, ...]
    overall: OneStepFit | EventGroupFit | None
    worth: Worth | EventWorth | None
    boxes: tuple[ScoredBox, ...]
    evaluated: int

    @property
    def scores(self) -> FloatArray:
        """Score of each box."""
        return np.array([box.score for box in self.boxes])

    @property
    def fractions(self) -> FloatArray:
        """Share of the people analysed in each box."""
        return np.array([box.n for box in self.boxes]) / max(len(self.outcome), 1)

    def effects(self) -> FloatArray:
        """Effect of treatment inside each box."""
        if self.worth is None or not self.boxes:
            return np.zeros(0)
        grid = self.worth.grid
        sums = np.stack([box.sums for box in self.boxes])
        values = self.worth.effects(sums, lambda k: grid.members(self.boxes[k].ranks))
        return np.asarray(values[:, ESTIMATE])
