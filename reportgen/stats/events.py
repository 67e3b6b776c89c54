"""Binary and count outcomes of participants, checked and put in the order in which likelihoods read them.

In: arrays with a row a participant. Out: rows of events sorted by trial and arm, their columns (adjusters, moderators, treatment
x moderators) centred within trials and in units of their spread; who was left out and why; which columns have a coefficient.
Where columns take few values, alike participants share a row: events and participants (or exposure) are sufficient for them.
A trial in which nobody, or everybody, has the event tells nothing about a ratio: its intercept is infinite and its likelihood
then constant. It is left out with that reason.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reportgen.late import special

from .choices import AdjusterSlopes, Link, RandomPart
from .crossproducts import Columns, CrossProducts, FloatArray, IntArray, columns
from .design import Options, blocks, column_names
from .one_step import ExcludedParticipants, both_arms
from .quadrature import EventRows

FEW = 12  # values of an adjuster up to which alike participants share a row
FOLLOWS = "it is constant or follows from the others in every trial"
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Events:
    """What a model of events reads.

    Attributes
    ----------
    rows : EventRows
        With the random column t centred within the trial, or as given.
    labels : ndarray (K,)
    participants, events : ndarray (K, 2) of int
        By arm, control first.
    share : ndarray (K,)
        Share of participants in the intervention arm.
    squares : ndarray (rows,)
        Sums of events^2 / exposure of the participants who share a row.
    constant : float
        Part of the log-likelihood of the participants that no coefficient changes.
    center, unit : ndarray (K, p), (p,)
        What was taken from the columns that are in the model, and what they were then divided by.
    own : ndarray (K, p) of bool
        Columns with a slope of the trial's own.
    shared : ndarray (K, p) of bool
        Columns with a slope common to trials, in the trials that it applies to.
    names : tuple of str
        Of the columns in the model.
    varying : ndarray (rows, r)
        Random columns of an interaction that varies between trials: one for each moderator, or for each of its levels.
    dropped : dict
        Of the others, with reasons.
    sharing : ndarray (K,) of bool
        Trials too small for slopes of their own.
    treatment : bool
        Whether the treatment can be distinguished from trials and adjusters.
    excluded : tuple of ExcludedParticipants
    """

    rows: EventRows
    labels: NDArray[Any]
    participants: IntArray
    events: IntArray
    share: FloatArray
    squares: FloatArray
    constant: float
    center: FloatArray
    unit: FloatArray
    own: Mask
    shared: Mask
    names: tuple[str, ...]
    varying: FloatArray
    dropped: dict[str, str]
    sharing: Mask
    treatment: bool
    excluded: tuple[ExcludedParticipants, ...]


@dataclass(frozen=True, slots=True)
class Participants:
    """Checked columns, exposure included; the exposure of a binary outcome is 1."""

    table: Columns
    exposure: FloatArray
    link: Link

    def select(self, rows: Mask) -> Participants:
        """Those of some rows, over the same trials."""
        return Participants(self.table.select(rows), self.exposure[rows], self.link)


def event_participants(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    link: Link,
    adjusters: ArrayLike | None = None,
    exposure: ArrayLike | None = None,
    moderators: ArrayLike | None = None,
) -> Participants:
    """Check the input; a missing exposure makes the outcome missing.

    Raises
    ------
    ValueError
        As for `columns`, and for outcomes that are no events, an exposure that is not positive, or one of a binary outcome.
    """
    table = columns(outcome, treatment, trial, adjusters, moderators)
    y = table.outcome
    wrong = ~(np.isnan(y) | ((y == 0.0) | (y == 1.0) if link == "logit" else (y >= 0.0) & (y == np.floor(y))))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        wanted = "0 (no event) or 1 (event)" if link == "logit" else "a number of events: 0, 1, 2, ..."
        raise ValueError(f"the outcome must be {wanted}; row {row} holds {y[row]:g}")
    if exposure is None:
        return Participants(table, np.ones(len(y)), link)
    if link == "logit":
        raise ValueError("exposure is for counts (link='log'); a binary outcome has none")
    time = np.asarray(exposure, float)
    if time.shape != y.shape:
        raise ValueError(f"exposure has shape {time.shape}, the outcome {y.shape}; give one value for each participant")
    odd = ~np.isnan(time) & ~((time > 0.0) & (time < np.inf))
    if odd.any():
        row = int(np.flatnonzero(odd)[0])
        raise ValueError(f"exposure must be positive and finite; row {row} holds {time[row]:g}")
    return Participants(replace(table, outcome=np.where(np.isnan(time), np.nan, y)), time, link)


def make_events(
    people: Participants, slopes: AdjusterSlopes, events_per_slope: int, random_part: RandomPart, beside: int = 0
) -> Events:
    """Leave out who tells nothing, arrange the others in rows, and decide which columns have coefficients.

    Parameters
    ----------
    people : Participants
    slopes : {"common", "stratified"}
        Of adjusters, and of the main effects of moderators.
    events_per_slope : int
        With fewer events (binary: or people without it) a slope a trial has none of its own.
    random_part : {"centred", "as-given", "levels"}
        The random columns: treatment and its products with moderators, each column minus its mean in the trial, or as given; with
        "levels" the moderators are indicators of all levels but one, and each level has a random column.
    beside : int
        The last so many adjusters have a common slope in any case.
    """
    products, excluded = both_arms(people.table.cross_products())
    complete = complete_participants(people)
    both = _codes(people, products.labels)
    events, participants = (table[both] for table in events_by_arm(people.select(complete)))
    who = [alike(*totals, people.link) for totals in zip(events.sum(axis=1), participants.sum(axis=1), strict=True)]
    excluded += tuple(
        ExcludedParticipants(label, size, f"{each} has the event, which tells nothing about the ratio")
        for label, size, each in zip(products.labels.tolist(), products.size.tolist(), who, strict=True)
        if each
    )
    keep = np.array([not each for each in who], bool)
    products, events, participants = products.select(keep), events[keep], participants[keep]
    used = people.select(complete & np.isin(people.table.codes, _codes(people, products.labels)))
    fewest = _fewest(events, participants, people.link)
    options = Options("stratified", "common", adjuster_slopes=slopes, moderator_slopes=slopes, beside=beside)
    design = _design(products, options, fewest, events_per_slope)
    share = products.mean[:, 0]
    z = np.column_stack([np.zeros(len(share)), np.ones(len(share))])
    if random_part != "as-given":
        z -= share[:, None]
    center, unit = _scale(products, design.kept)
    rows, varying, squares = _rows(used, products, random_part, design.kept, center, unit, z)
    return Events(
        rows, products.labels, participants, events, share, squares, _constant(used), center, unit, design.own, design.shared,
        design.names, varying, design.dropped, design.sharing, design.treatment, excluded,
    )  # fmt: skip


def alike(events: int, participants: float, link: Link) -> Literal["nobody", "everybody", ""]:
    """Return who has the event where people do not differ in it; nothing where they do.

    Examples
    --------
    >>> alike(0, 20, "logit"), alike(20, 20, "logit"), alike(20, 20, "log"), alike(3, 20, "logit")
    ('nobody', 'everybody', '', '')
    """
    if events == 0:
        return "nobody"
    return "everybody" if link == "logit" and events == participants else ""


def complete_participants(people: Participants) -> Mask:
    """Those with all values and a trial, (n,)."""
    t = people.table
    gap = np.isnan(np.column_stack([t.outcome, t.treatment, t.adjusters, t.moderators])).any(axis=1)
    return np.asarray(~gap & (t.codes >= 0))


def _codes(people: Participants, labels: NDArray[Any]) -> IntArray:
    """Numbers of some trials among all trials of the table."""
    return np.flatnonzero(np.isin(people.table.labels, labels)).astype(np.int64)


def events_by_arm(people: Participants) -> tuple[IntArray, IntArray]:
    """Events and participants (K, 2) of complete participants, by trial of the table and arm, control first."""
    t = people.table
    cell = 2 * t.codes + t.treatment.astype(np.int64)
    length = 2 * len(t.labels)
    events = np.bincount(cell, t.outcome, length).astype(np.int64)
    return events.reshape(-1, 2), np.bincount(cell, minlength=length).reshape(-1, 2)


def _fewest(events: IntArray, participants: IntArray, link: Link) -> IntArray:
    """Events, or people without it if they are fewer."""
    number = events.sum(axis=1)
    return np.asarray(np.minimum(number, participants.sum(axis=1) - number) if link == "logit" else number)


@dataclass(frozen=True, slots=True)
class _Design:
    kept: IntArray  # places of the columns in the model
    own: Mask
    shared: Mask
    names: tuple[str, ...]
    dropped: dict[str, str]
    sharing: Mask
    treatment: bool


def _design(products: CrossProducts, options: Options, fewest: IntArray, events_per_slope: int) -> _Design:
    """Which columns have a slope, where, as `blocks` decides it for the linear model."""
    trials, a = len(products.size), products.adjusters
    names = column_names(a, products.moderators)[1:-1]
    if not trials:
        none = np.zeros((0, 0), bool)
        return _Design(np.zeros(0, np.int64), none, none, (), {}, np.zeros(0, bool), False)
    slopes = a - options.beside + products.moderators if options.adjuster_slopes == "stratified" else 0
    model = blocks(products, options, has_own=fewest >= events_per_slope * slopes)
    own = model.own[:, 2:-1]
    stratified = np.arange(len(names)) < a - options.beside
    stratified |= (np.arange(len(names)) >= a) & (np.arange(len(names)) < a + products.moderators)
    takes_part = model.sharing[:, None] | ~stratified if slopes else np.ones_like(own)
    shared = takes_part & np.isin(names, model.x_names)
    kept = np.flatnonzero((own | shared).any(axis=0))
    reasons = {names[k]: model.dropped.get(names[k], FOLLOWS) for k in range(len(names)) if k not in kept}
    used = tuple(names[k] for k in kept)
    return _Design(kept, own[:, kept], shared[:, kept], used, reasons, model.sharing, "treatment" in model.x_names)


def _scale(products: CrossProducts, kept: IntArray) -> tuple[FloatArray, FloatArray]:
    """Means of the columns within trials, and their pooled standard deviations."""
    places = 1 + kept
    spread = products.centred[:, places, places].sum(axis=0)
    return products.mean[:, places], np.sqrt(spread / max(int(products.size.sum()), 1))


def _rows(
    people: Participants,
    products: CrossProducts,
    part: RandomPart,
    kept: IntArray,
    center: FloatArray,
    unit: FloatArray,
    z: FloatArray,
) -> tuple[EventRows, FloatArray, FloatArray]:
    """Sort by trial and arm, with the random columns of an interaction and squares; let alike participants share a row."""
    t, labels = people.table, products.labels
    trial = np.searchsorted(_codes(people, labels), t.codes)
    given = np.column_stack([t.adjusters, t.moderators, t.treatment[:, None] * t.moderators])[:, kept]
    x = (given - center[trial]) / unit if len(labels) else np.zeros((0, len(kept)))
    cell = 2 * trial + t.treatment.astype(np.int64)
    pattern = _pattern(np.column_stack([given, t.moderators]))
    alike = np.arange(len(cell)) if pattern is None else pattern
    _, first, row = np.unique(cell * (alike.max(initial=0) + 1) + alike, return_index=True, return_inverse=True)
    events, size, squares = (
        np.bincount(row, each, len(first)).astype(float)
        for each in (t.outcome, people.exposure, t.outcome**2 / people.exposure)
    )
    varying = _varying(people, products, trial, part)[first]
    cell, x = cell[first], x[first]
    edges = np.searchsorted(cell, np.arange(2 * len(labels) + 1))
    start = np.column_stack([edges[:-1:2], edges[1::2], edges[2::2]]).astype(np.int64)
    return EventRows(start, np.ascontiguousarray(x), events, size, z, people.link == "logit"), varying, squares


def _varying(people: Participants, products: CrossProducts, trial: IntArray, part: RandomPart) -> FloatArray:
    """(t - tbar_i) (z - zbar_i), where nothing else is asked for; swapped arms then change its sign and nothing else."""
    t, first = people.table, 1 + products.adjusters
    z = t.moderators
    means = products.mean[:, first : first + z.shape[1]]
    if part == "levels":
        z, means = (np.column_stack([each, 1.0 - each.sum(axis=1)]) for each in (z, means))
    if part == "as-given":
        return t.treatment[:, None] * z
    return np.asarray((t.treatment - products.mean[trial, 0])[:, None] * (z - means[trial]))


def _pattern(columns: FloatArray) -> IntArray | None:
    """Number of the combination of values of each participant; None where a column takes many values."""
    pattern = np.zeros(len(columns), np.int64)
    for column in columns.T:
        if len(np.unique(column[: 8 * FEW])) > FEW:
            return None
        values, place = np.unique(column, return_inverse=True)
        if len(values) > FEW:
            return None
        pattern = np.unique(pattern * len(values) + place, return_inverse=True)[1].astype(np.int64)
    return pattern


def _constant(people: Participants) -> float:
    """Sum of y log(exposure) - log y! over the participants (Poisson)."""
    if people.link == "logit":
        return 0.0
    y = people.table.outcome
    return float(np.sum(y * np.log(people.exposure) - special.gammaln(y + 1.0)))
