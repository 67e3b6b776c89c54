"""The maximum of the likelihood of a model of events, or why there is none.

In: events arranged, and which effects vary between trials. Out: the maximum, with the standard deviations of what varies.
Method: Newton's (arrow.py), first without random effects, where separation shows: estimates that run away. Then with the random
effect of treatment by adaptive quadrature, and with a random interaction beside it by Laplace's approximation (laplace.py). A
variance that does not raise the likelihood is zero: the model is then that without it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrow import NOT_CONVERGED, RUNAWAY, EventModel, Likelihood, Maximum, maximise, search_tau
from .choices import Link, Status
from .crossproducts import FloatArray, IntArray
from .events import Events, alike
from .laplace import Laplace, RandomColumns
from .quadrature import Quadrature

LARGEST_TAU = 10.0  # of a log ratio
LEAST_TAU = 1e-3  # of a log ratio, below which a search has gone to zero
FIRST_TAUS = (0.3, 1.0)  # of the interaction, per standard deviation of its column
RATIO = {"logit": "odds ratio", "log": "rate ratio"}
INTERACTION_SEPARATES = (
    "in an arm it separates people with the event from the others, so that its interaction has no finite estimate"
)
INFINITE_TAU = "the variance between trials grows beyond all bounds: the trials contradict each other completely"


@dataclass(frozen=True, slots=True)
class Solution:
    """A maximum of the likelihood.

    Attributes
    ----------
    model : EventModel
    likelihood : Likelihood
    found : Maximum
    tau, interaction_tau : float
        Standard deviations between trials of the effect of treatment, and of an interaction; zero where they do not vary.
    evaluations, starts : int
    """

    model: EventModel
    likelihood: Likelihood
    found: Maximum
    tau: float
    interaction_tau: float
    evaluations: int
    starts: int

    @property
    def treatment(self) -> int:
        """Place of the effect of treatment among the coefficients."""
        return int(self.model.rows.x.shape[1]) + 1

    @property
    def fixed(self) -> IntArray:
        """Places of the common coefficients among those of the information, treatment first."""
        places = self.found.free[self.found.free <= self.treatment]
        return np.asarray(np.argsort(places != self.treatment, kind="stable"), np.int64)


@dataclass(frozen=True, slots=True)
class NoSolution:
    """Why a likelihood has no maximum, or why it was not looked for."""

    status: Status
    reason: str


def solve(data: Events, link: Link, nodes: int, *, random: bool, varying: bool = False) -> Solution | NoSolution:
    """Return the maximum of the likelihood.

    Parameters
    ----------
    data : Events
    link : {"logit", "log"}
    nodes : int
        Of the quadrature.
    random : bool
        Whether the effect of treatment varies between trials.
    varying : bool
        Whether the interaction does: the columns `data.varying`, with one variance.
    """
    reason = _impossible(data)
    if reason:
        return NoSolution("not estimable", reason)
    reason = _separated_arms(data, link)
    if reason:
        return NoSolution("failed", reason)
    fixed = _model(data, 0)
    laplace = Quadrature(data.rows, 1)  # exact where tau is zero
    start = maximise(fixed, laplace, _start(data))
    reason = _runaway(data, fixed, start, link) or ("" if start.converged else NOT_CONVERGED)
    if reason:
        return NoSolution("failed", reason)
    plain = Solution(fixed, laplace, start, 0.0, 0.0, laplace.evaluations, 1)
    if len(data.labels) == 1:
        return plain
    found = _with_interaction(data, plain, random) if varying else None
    if found is None:
        found = _with_treatment(data, plain, nodes) if random else plain
    if max(found.tau, found.interaction_tau) > LARGEST_TAU:
        return NoSolution("failed", INFINITE_TAU)
    return found if found.found.converged else NoSolution("failed", NOT_CONVERGED)


def _with_treatment(data: Events, plain: Solution, nodes: int) -> Solution:
    """The maximum with a random effect of treatment."""
    model, likelihood = _model(data, 1), Quadrature(data.rows, nodes)
    best, starts = search_tau(model, likelihood, plain.found)
    tau = float(best.point[0, model.tau])
    return Solution(model, likelihood, best, tau, 0.0, plain.evaluations + likelihood.evaluations, starts)


def _with_interaction(data: Events, plain: Solution, random: bool) -> Solution | None:
    """The maximum with a random interaction; None where one without is as high, or nothing varies within trials."""
    if not data.varying.any():
        return None
    below = _with_treatment(data, plain, 1) if random else plain
    found = _climbed(data, below, random)
    if random and found.tau < LEAST_TAU:
        found = _climbed(data, found, False)
    higher = found.found.value > below.found.value + 1e-10 * (1.0 + abs(below.found.value))
    return found if higher and found.interaction_tau > 0.0 else None


def _climbed(data: Events, below: Solution, random: bool) -> Solution:
    """The maximum with the random interaction, and by choice a random effect of treatment, sought from that without it."""
    trials, people = len(data.rows.start), np.diff(data.rows.start, axis=1)
    treated = np.repeat(data.rows.z.ravel(), people.ravel())
    unit = float(np.sqrt(np.average(np.sum(data.varying**2, axis=1), weights=data.rows.size)))
    columns = [treated[:, None]] * random + [data.varying / unit]
    variance = np.array([0] * random + [int(random)] * data.varying.shape[1], np.int64)
    likelihood = Laplace(data.rows, RandomColumns(np.column_stack(columns), variance))
    model = _model(data, 1 + random)
    fixed = below.found.point[:, : below.treatment + 1]
    starts = below.starts
    for first in FIRST_TAUS:
        starts += 1
        taus = [max(below.tau, FIRST_TAUS[0])] * random + [first]
        point = np.column_stack([fixed, np.tile(taus, (trials, 1))])
        found = maximise(model, likelihood, point)
        if found.value > below.found.value:
            break
    ends = np.abs(found.point[0, below.treatment + 1 :])
    evaluations = below.evaluations + likelihood.evaluations
    return Solution(model, likelihood, found, float(ends[0]) * random, float(ends[-1]) / unit, evaluations, starts)


def _impossible(data: Events) -> str:
    if not len(data.labels):
        return "no trial has participants with complete values in both arms and events that tell about the ratio"
    if not data.treatment:
        return "the treatment cannot be distinguished from the trials and the adjusters"
    return ""


def _separated_arms(data: Events, link: Link) -> str:
    """Whether an arm has no event, or nothing but events, in any trial: the ratio is then zero or infinite."""
    totals = zip(("control", "intervention"), data.events.sum(axis=0), data.participants.sum(axis=0), strict=True)
    for arm, some, of in totals:
        if who := alike(some, of, link):
            return f"{who} in the {arm} arms has the event, so that the {RATIO[link]} has no finite estimate"
    return ""


def _model(data: Events, varying: int) -> EventModel:
    """With so many standard deviations to be estimated; their places are kept for one that is not."""
    trials, p = data.own.shape
    width = p + 2 + max(varying, 1)
    own, shared = np.zeros((trials, width), bool), np.zeros((trials, width), bool)
    own[:, 0] = True
    own[:, 1 : 1 + p], shared[:, 1 : 1 + p] = data.own, data.shared
    shared[:, 1 + p] = True
    shared[:, 2 + p :] = varying > 0
    return EventModel(data.rows, own, shared)


def _start(data: Events) -> FloatArray:
    """Intercepts at the log odds, or log rates, of the trials; no other coefficient."""
    point = np.zeros((len(data.labels), data.own.shape[1] + 3))
    start = data.rows.start
    events, size = (np.add.reduceat(each, start[:, 0]) for each in (data.rows.events, data.rows.size))
    point[:, 0] = np.log(events / (size - events)) if data.rows.logit else np.log(events / size)
    return point


def _runaway(data: Events, model: EventModel, found: Maximum, link: Link) -> str:
    """What the last step still moves, where estimates are infinite: separation."""
    if model.reach(found.last) < RUNAWAY:
        return ""
    names = ("intercept", *data.names, "treatment")
    moved = np.abs(found.last[:, : len(names)]) > RUNAWAY
    if any(name.startswith("treatment:") and moved[:, k].any() for k, name in enumerate(names)):
        return INTERACTION_SEPARATES
    if moved[:, -1].any():
        what = "treatment and adjusters separate" if data.names else "in every trial an arm holds no, or only,"
        return f"{what} people with the event, so that the {RATIO[link]} has no finite estimate"
    which = [_called(name) for k, name in enumerate(names) if k and moved[:, k].any()]
    where = moved[:, 1:] & model.own[:, 1 : len(names)]
    trials = ", ".join(str(label) for label in data.labels[where.any(axis=1)].tolist())
    at = f" in trial {trials}" if trials else ""
    if len(which) == 1:
        return f"{which[0]} separates people with the event from the others{at}, so that its slope is infinite"
    these = ", ".join(which) or "the adjusters"
    return f"{these} separate people with the event from the others{at}, so that their slopes are infinite"


def _called(name: str) -> str:
    """What a reason calls a column; a moderator is what the reason is about."""
    return "it" if name.startswith("moderator") else name
