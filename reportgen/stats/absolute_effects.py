"""From a ratio to what it means for a thousand people: risk in the control group, risk difference, number needed to treat.

In: events of control arms, and a pooled log odds ratio or log rate ratio. Out: the pooled risk (or rate) in the control
group, the difference that the ratio makes to it, and the number needed to treat, with intervals by the delta method.
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
        What it rests on; zero where the risk is given.
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


def given_control_risk(risk: float, link: Link = "logit") -> ControlRisk:
    """A control risk (or rate) that is assumed, as in a summary of findings: it has no uncertainty.

    Raises
    ------
    ValueError
        For a risk that is not between 0 and 1, or a rate that is not positive.

    Examples
    --------
    >>> round(given_control_risk(0.2).value, 3)
    0.2
    """
    if not 0.0 < risk < (1.0 if link == "logit" else np.inf):
        raise ValueError(f"a {'risk lies between 0 and 1' if link == 'logit' else 'rate is positive'}, not {risk}")
    at = float(special.logit(risk) if link == "logit" else np.log(risk))
    return ControlRisk(Effect(at, 0.0, np.inf, np.inf), float("nan"), link, 0, 0, "ok", "given")


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


def risk_difference(control: ControlRisk, effect: Effect) -> Effect:
    """Return the difference in risk (or rate) that a log ratio makes where the control risk is as given.

    Parameters
    ----------
    control : ControlRisk
    effect : Effect
        Log odds ratio, or log rate ratio, by the link of `control`.

    Returns
    -------
    Effect
        Intervention minus control, per person (or unit of exposure): times 1,000 for a thousand. Its standard error is by the delta
        method, control risk and ratio taken as independent, and its df are those of the ratio.

    Examples
    --------
    >>> halved = Effect(float(np.log(0.5)), 0.2, np.inf, np.inf)
    >>> difference = risk_difference(given_control_risk(0.2), halved)
    >>> round(1000 * difference.estimate), [round(1000 * limit) for limit in difference.interval()]
    (-89, [-128, -50])
    """
    at, theta = float(control.effect.estimate), float(effect.estimate)
    without, with_it = _mean(at, control.link), _mean(at + theta, control.link)
    slope, slope_there = _slope(without, control.link), _slope(with_it, control.link)
    variance = (slope_there - slope) ** 2 * float(control.effect.std_error) ** 2
    variance += slope_there**2 * float(effect.std_error) ** 2
    return Effect(with_it - without, float(np.sqrt(variance)), effect.df, effect.df_raw)


def difference_at(control: ControlRisk, log_ratio: float) -> float:
    """Return the difference in risk (or rate) that one ratio makes where the control risk is as given, without uncertainty.

    Parameters
    ----------
    control : ControlRisk
    log_ratio : float
        Log odds ratio, or log rate ratio: an estimate, or an end of its interval, so that the difference excludes none where
        the ratio does, and no risk leaves 0 to 1.

    Examples
    --------
    >>> round(1000 * difference_at(given_control_risk(0.2), float(np.log(0.5))))
    -89
    """
    at = float(control.effect.estimate)
    return _mean(at + log_ratio, control.link) - _mean(at, control.link)


def number_needed_to_treat(difference: Effect, level: float = 0.95) -> NumberNeeded:
    """Return how many people need the intervention for one event more or less: one over the risk difference.

    Parameters
    ----------
    difference : Effect
        Of `risk_difference`.
    level : float

    Examples
    --------
    >>> needed = number_needed_to_treat(Effect(-0.10, 0.0765, np.inf, np.inf))
    >>> round(needed.number), [round(limit) for limit in needed.limits], needed.through_infinity
    (-10, [-4, 20], True)
    """
    low, high = (float(limit) for limit in difference.interval(level))
    with np.errstate(divide="ignore"):
        number, first, last = (float(np.divide(1.0, x)) for x in (float(difference.estimate), low, high))
    return NumberNeeded(number, (first, last), low <= 0.0 <= high)


def _mean(eta: float, link: Link) -> float:
    return float(special.expit(eta) if link == "logit" else np.exp(eta))


def _slope(mean: float, link: Link) -> float:
    """Of the mean in eta."""
    return mean * (1.0 - mean) if link == "logit" else mean
