"""From a ratio to what it means for a thousand people: risk in the control group, risk difference, number needed to treat.

In: events of control arms, and a pooled log odds ratio or log rate ratio. Out: the pooled risk (or rate) in the control
group with its interval, the difference that a ratio makes to it, taken as known, and the number needed to treat.
The control risk is pooled by a random intercept on the scale of the link, logit or log, with adaptive quadrature (Stijnen, Hamza &
Ozdemir 2010, Stat Med 29:3046), so that trials without events need no half events. Numbers needed to treat whose interval
passes through infinity are written as Altman (1998, BMJ 317:1309) does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike

from reportgen.late import special

from .arrow import NOT_CONVERGED, EventModel, maximise, search_tau
from .choices import Link, Reference, Status, unknown_words
from .crossproducts import FloatArray, IntArray
from .effect import NOTHING, Effect
from .events import alike, complete_participants, event_participants, events_by_arm
from .one_step import CONVERGED, both_arms
from .quadrature import EventRows, Quadrature

Interval = tuple[float, float]
ONE_TRIAL = "one trial: its own risk, without a random effect"
ALIKE = "the between-trial variance of the control risk is estimated as zero"


@dataclass(frozen=True, slots=True)
class ControlRisk:
    """Risk (`link="logit"`) or rate (`link="log"`) in the control group.

    Attributes
    ----------
    effect : Effect
        Log odds, or log rate.
    tau2 : float
        Between-trial variance of that; NaN where it was not estimated.
    link : {"logit", "log"}
    trials, events : int
        What it rests on.
    status, message : str
        As of a fit.
    """

    effect: Effect
    tau2: float
    link: Link
    trials: int
    events: int
    status: Status
    message: str

    @property
    def value(self) -> float:
        """The risk, or the rate per unit of exposure, in a typical trial."""
        return _mean(float(self.effect.estimate), self.link)

    def interval(self, level: float = 0.95) -> Interval:
        """Confidence interval of the risk or rate, symmetrical on the scale of the link."""
        low, high = self.effect.interval(level)
        return _mean(float(low), self.link), _mean(float(high), self.link)


@dataclass(frozen=True, slots=True)
class NumberNeeded:
    """How many people need the intervention for one event more, or one less.

    Attributes
    ----------
    number : float
        Positive: for one event more; negative: for one event less (the sign of the risk difference).
    limits : tuple of float
        The numbers at the limits of the interval of the risk difference, the lower one first.
    through_infinity : bool
        Whether no difference lies in the interval: it then goes from the first limit through infinity to the second.
    """

    number: float
    limits: Interval
    through_infinity: bool


def pool_control_risk(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    *,
    link: Link = "logit",
    exposure: ArrayLike | None = None,
    inference: Reference = "t",
    nodes: int = 7,
) -> ControlRisk:
    """Pool the risk, or the rate, of the control arms of trials with both arms.

    Parameters
    ----------
    outcome, treatment, trial, link, exposure : array_like
        As for `fit_one_step_glmm`. Trials without events stay in: they tell about the risk.
    inference : {"t", "normal"}
        "t": K - 1 degrees of freedom.
    nodes : int
        Of the adaptive Gauss-Hermite quadrature; odd.

    Returns
    -------
    ControlRisk

    Raises
    ------
    ValueError
        As for `fit_one_step_glmm`.

    Examples
    --------
    >>> import numpy as np
    >>> events, people = [4, 6, 11, 17, 0, 2], [60, 60, 90, 90, 20, 20]  # control and intervention of three trials
    >>> outcome = np.concatenate([np.arange(n) < e for e, n in zip(events, people)])
    >>> treatment, trial = np.repeat([0, 1, 0, 1, 0, 1], people), np.repeat(["a", "a", "b", "b", "c", "c"], people)
    >>> risk = pool_control_risk(outcome, treatment, trial)
    >>> round(risk.value, 3), risk.status
    (0.087, 'ok')
    """
    wrong = list(unknown_words({"inference": inference}, {"inference": get_args(Reference)}))
    if wrong:
        raise ValueError(wrong[0])
    people = event_participants(outcome, treatment, trial, link, None, exposure)
    both = np.isin(people.table.labels, both_arms(people.table.cross_products())[0].labels)
    control = people.select(complete_participants(people) & (people.table.treatment == 0.0))
    events = events_by_arm(control)[0][both, 0]
    size = np.bincount(control.table.codes, control.exposure, len(both))[both].astype(float)
    trials = len(size)
    reason = _impossible(events, size, link)
    if reason:
        return ControlRisk(NOTHING, float("nan"), link, trials, int(events.sum()), "not estimable", reason)
    rows = np.arange(trials, dtype=np.int64)[:, None] + np.array([[0, 1, 1]])
    model = _model(
        EventRows(rows, np.zeros((trials, 0)), events.astype(float), size, np.ones((trials, 2)), link == "logit")
    )
    mean = events.sum() / size.sum()
    start = np.zeros((trials, 3))
    start[:, 0] = special.logit(mean) if link == "logit" else np.log(mean)
    found = maximise(model.without_tau(), Quadrature(model.rows, 1), start)
    if trials > 1:
        found, _ = search_tau(model, Quadrature(model.rows, nodes), found)
    tau2 = float(found.point[0, model.tau] ** 2) if trials > 1 else float("nan")
    std_error = float(np.sqrt(np.linalg.inv(found.information)[0, 0]))
    df = float(trials - 1) if inference == "t" and trials > 1 else np.inf
    effect = Effect(float(found.point[0, 0]), std_error, df, np.inf)
    if not found.converged:
        return ControlRisk(NOTHING, float("nan"), link, trials, int(events.sum()), "failed", NOT_CONVERGED)
    message = ONE_TRIAL if trials == 1 else ALIKE if tau2 == 0.0 else CONVERGED
    return ControlRisk(effect, tau2, link, trials, int(events.sum()), "boundary" if tau2 == 0.0 else "ok", message)


def _impossible(events: IntArray, size: FloatArray, link: Link) -> str:
    if not len(events):
        return "no trial has participants with complete values in both arms"
    who = alike(events.sum(), size.sum(), link)
    return f"{who} in the control arms has the event" if who else ""


def _model(rows: EventRows) -> EventModel:
    """One common intercept with a random part, and nothing else."""
    trials = len(rows.start)
    return EventModel(rows, np.zeros((trials, 3), bool), np.tile([True, False, True], (trials, 1)))


def risk_difference(risk: float, log_ratio: float, link: Link = "logit") -> float:
    """Return the difference in risk (or rate) that a ratio makes of a control risk that is taken as known.

    The ends of the interval of a ratio give those of the difference: it excludes none where the ratio does, and no risk leaves 0 to 1.

    Parameters
    ----------
    risk : float
        Of the controls, or their rate.
    log_ratio : float
        Log odds ratio, or log rate ratio by the link.
    link : {"logit", "log"}

    Returns
    -------
    float
        Intervention minus control, per person (or unit of exposure).

    Examples
    --------
    >>> round(1000 * risk_difference(0.2, float(np.log(0.5)))), round(risk_difference(0.04, float(np.log(2.0)), "log"), 3)
    (-89, 0.04)
    """
    at = float(special.logit(risk) if link == "logit" else np.log(risk))
    return _mean(at + log_ratio, link) - _mean(at, link)


def number_needed_to_treat(difference: float, low: float, high: float) -> NumberNeeded:
    """Return how many people need the intervention for one event more or less: one over the risk difference.

    Parameters
    ----------
    difference, low, high : float
        The risk difference and the ends of its interval.

    Examples
    --------
    >>> needed = number_needed_to_treat(-0.10, -0.25, 0.05)
    >>> round(needed.number), [round(limit) for limit in needed.limits], needed.through_infinity
    (-10, [-4, 20], True)
    """
    with np.errstate(divide="ignore"):
        number, first, last = (float(np.divide(1.0, x)) for x in (difference, low, high))
    return NumberNeeded(number, (first, last), low <= 0.0 <= high)


def _mean(eta: float, link: Link) -> float:
    return float(special.expit(eta) if link == "logit" else np.exp(eta))
