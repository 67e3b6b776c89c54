"""Binary and count outcomes of participants, checked and put in the order in which likelihoods read them.

In: arrays with a row a participant. Out: rows of events sorted by trial and arm, adjusters centred within trials and in
units of their spread; who was left out and why; which columns have a coefficient. Where adjusters take few values, alike
participants share a row: events and participants (or exposure) are sufficient for them.
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
from .design import Options, blocks
from .one_step import ExcludedParticipants, both_arms
from .quadrature import EventRows

FEW = 12  # values of an adjuster up to which alike participants share a row
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
    constant : float
        Part of the log-likelihood of the participants that no coefficient changes.
    center, unit : ndarray (K, p), (p,)
        What was taken from the adjusters that are in the model, and what they were then divided by.
    own : ndarray (K, p) of bool
        Adjusters with a slope of the trial's own.
    shared : ndarray (K, p) of bool
        Adjusters with a slope common to trials, in the trials that it applies to.
    names : tuple of str
        Of the adjusters in the model.
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
    constant: float
    center: FloatArray
    unit: FloatArray
    own: Mask
    shared: Mask
    names: tuple[str, ...]
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
) -> Participants:
    """Check the input; a missing exposure makes the outcome missing.

    Raises
    ------
    ValueError
        As for `columns`, and for outcomes that are no events, an exposure that is not positive, or one of a binary outcome.
    """
    table = columns(outcome, treatment, trial, adjusters)
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


def make_events(people: Participants, slopes: AdjusterSlopes, events_per_slope: int, random_part: RandomPart) -> Events:
    """Leave out who tells nothing, arrange the others in rows, and decide which columns have coefficients."""
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
    design = _design(products, slopes, events_per_slope, _fewest(events, participants, people.link))
    share = products.mean[:, 0]
    z = np.column_stack([np.zeros(len(share)), np.ones(len(share))])
    if random_part == "centred":
        z -= share[:, None]
    center, unit = _scale(products, design.kept)
    rows = _rows(used, products.labels, design.kept, center, unit, z)
    return Events(
        rows, products.labels, participants, events, share, _constant(used), center, unit,
        design.own, design.shared, design.names, design.dropped, design.sharing, design.treatment, excluded,
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
    gap = np.isnan(t.outcome) | np.isnan(t.treatment) | np.isnan(t.adjusters).any(axis=1)
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
    kept: IntArray  # places of the adjusters in the model
    own: Mask
    shared: Mask
    names: tuple[str, ...]
    dropped: dict[str, str]
    sharing: Mask
    treatment: bool


def _design(products: CrossProducts, slopes: AdjusterSlopes, events_per_slope: int, fewest: IntArray) -> _Design:
    """Which adjusters have a slope, where, as `blocks` decides it for the linear model."""
    trials, a = len(products.size), products.adjusters
    own, shared, has_own = np.zeros((trials, a), bool), np.zeros((trials, a), bool), np.zeros(trials, bool)
    dropped: dict[str, str] = {}
    treatment = trials > 0
    if slopes == "stratified" and a and trials:
        has_own = fewest >= events_per_slope * a
    if has_own.any():
        model = blocks(products.select(has_own), Options("stratified", "common", adjuster_slopes="stratified"))
        own[has_own] = model.own[:, 2 : 2 + a]
        treatment = "treatment" in model.x_names
    if trials and not has_own.all():
        model = blocks(products.select(~has_own), Options("stratified", "common"))
        shared[~has_own] = [f"adjuster[{k}]" in model.x_names for k in range(a)]
        treatment = "treatment" in model.x_names or (treatment and bool(has_own.any()))
        dropped = model.dropped
    kept = np.flatnonzero((own | shared).any(axis=0))
    names = tuple(f"adjuster[{k}]" for k in kept)
    reasons = {name: reason for name, reason in dropped.items() if name not in names and name != "treatment"}
    for k in sorted(set(range(a)) - set(kept.tolist())):
        reasons.setdefault(f"adjuster[{k}]", "it is constant or follows from the others in every trial")
    sharing = ~has_own if slopes == "stratified" and a else np.zeros(trials, bool)
    return _Design(kept, own[:, kept], shared[:, kept], names, reasons, sharing, treatment)


def _scale(products: CrossProducts, kept: IntArray) -> tuple[FloatArray, FloatArray]:
    """Means of the adjusters within trials, and their pooled standard deviations."""
    places = 1 + kept
    spread = products.centred[:, places, places].sum(axis=0)
    return products.mean[:, places], np.sqrt(spread / max(int(products.size.sum()), 1))


def _rows(
    people: Participants, labels: NDArray[Any], kept: IntArray, center: FloatArray, unit: FloatArray, z: FloatArray
) -> EventRows:
    """Sort by trial and arm; let alike participants share a row where adjusters have few values."""
    t = people.table
    trial = np.searchsorted(_codes(people, labels), t.codes)
    x = (t.adjusters[:, kept] - center[trial]) / unit if len(labels) else np.zeros((0, len(kept)))
    cell = 2 * trial + t.treatment.astype(np.int64)
    pattern = _pattern(t.adjusters[:, kept])
    alike = np.arange(len(cell)) if pattern is None else pattern
    _, first, row = np.unique(cell * (alike.max(initial=0) + 1) + alike, return_index=True, return_inverse=True)
    events, size = (np.bincount(row, each, len(first)).astype(float) for each in (t.outcome, people.exposure))
    cell, x = cell[first], x[first]
    edges = np.searchsorted(cell, np.arange(2 * len(labels) + 1))
    start = np.column_stack([edges[:-1:2], edges[1::2], edges[2::2]]).astype(np.int64)
    return EventRows(start, np.ascontiguousarray(x), events, size, z, people.link == "logit")


def _pattern(adjusters: FloatArray) -> IntArray | None:
    """Number of the combination of values of each participant; None where adjusters take many values."""
    pattern = np.zeros(len(adjusters), np.int64)
    for column in adjusters.T:
        if len(np.unique(column[: 8 * FEW])) > FEW:
            return None
        values, place = np.unique(column, return_inverse=True)
        if len(values) > FEW:
            return None
        pattern = pattern * len(values) + place
    return np.unique(pattern, return_inverse=True)[1].astype(np.int64)


def _constant(people: Participants) -> float:
    """Sum of y log(exposure) - log y! over the participants (Poisson)."""
    if people.link == "logit":
        return 0.0
    y = people.table.outcome
    return float(np.sum(y * np.log(people.exposure) - special.gammaln(y + 1.0)))
