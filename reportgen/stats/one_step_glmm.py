"""One-step meta-analysis of binary and count outcomes: one generalised linear mixed model for all trials at once.

In: arrays with a row a participant. Out: a frozen fit with the log odds ratio or log rate ratio, the variance between
trials, and how sure both are. Model:
    g(E y_ij) = phi_i + x_ij' beta + t_ij theta + (t_ij - tbar_i) u_i,     u_i ~ N(0, tau2)
with g the logit (binary) or the log with exposure (count), by maximum likelihood with adaptive Gauss-Hermite quadrature
(quadrature.py). The random part is centred within the trial: with 0/1 coding tau is too small (Jackson et al. 2018, Stat
Med 37:1059; Riley et al. 2020, Stat Med 39:2115). The information is the observed one, tau among its parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arrow import NOT_CONVERGED, RUNAWAY, EventModel, Maximum, maximise, search_tau
from .choices import AdjusterSlopes, Link, RandomPart, Reference, Status, TreatmentEffect, unknown_words
from .crossproducts import FloatArray, IntArray
from .effect import NOTHING, Effect
from .events import Events, alike, event_participants, make_events
from .likelihood_intervals import coefficient_interval, tau_interval
from .one_step import CONVERGED, ExcludedParticipants, zero_variance
from .optimise import Optimiser
from .quadrature import Quadrature
from .two_stage import prediction_interval

Interval = tuple[float, float]
LARGEST_TAU = 10.0  # of a log ratio
CHOICES = {
    "link": get_args(Link),
    "treatment_effect": get_args(TreatmentEffect),
    "adjuster_slopes": get_args(AdjusterSlopes),
    "random_part": ("centred", "as-given"),
    "inference": get_args(Reference),
}
ONE_TRIAL = "one trial: an ordinary {name} regression without a random effect"
NAME = {"logit": "logistic", "log": "Poisson"}
RATIO = {"logit": "odds ratio", "log": "rate ratio"}
INFINITE_TAU = "the variance between trials grows beyond all bounds: the trials contradict each other completely"


@dataclass(frozen=True, slots=True)
class GlmmFit:
    """Result of `fit_one_step_glmm`.

    Attributes
    ----------
    effect : Effect
        Treatment effect: a log odds ratio (`link="logit"`) or a log rate ratio (`link="log"`).
    tau2 : float
        Between-trial variance of the treatment effect; NaN where K = 1.
    tau_std_error : float
        Standard error of tau from the observed information; NaN where tau is zero or not estimated.
    criterion : float
        -2 log-likelihood of the participants, on lme4's scale.
    status : str
        ``"ok"``; ``"boundary"`` (tau2 = 0: an answer); ``"failed"`` (infinite estimates, no convergence); ``"not estimable"``.
    message : str
        One plain sentence.
    trials, participants, n_control, n_intervention : int
        What entered the fit.
    events_control, events_intervention : int
        Events in those.
    trial_labels : ndarray (K,)
        Labels of the trials that entered.
    intercepts : ndarray (K,)
        Log odds, or log rate, of each trial in the control arm, where all adjusters are zero.
    coefficients, coefficient_names, covariance_fixed : ndarray (p,), tuple of str, ndarray (p, p)
        Common coefficients, treatment first, and their covariance.
    dropped : dict
        Columns left out of the model, and why.
    excluded : tuple of ExcludedParticipants
        Participants left out, by trial, and why; among them trials in which nobody or everybody has the event.
    sparse : tuple
        Labels of trials in the fit with an arm in which nobody (or, binary, everybody) has the event. They tell something here;
        a two-stage analysis has to leave them out.
    optimiser : Optimiser
        Its record.
    sharing : tuple
        Labels of the trials with too few events for slopes of their own, which share one slope a column.
    weights : ndarray (K,)
        Weight of each trial in the treatment effect, tau held; their sum is 1.
    nodes : int
        Of the quadrature; 1 is Laplace's approximation.
    tau_interval, effect_interval : tuple of float, or None
        Profile likelihood intervals, where asked for.
    """

    effect: Effect
    tau2: float
    tau_std_error: float
    criterion: float
    status: Status
    message: str
    trials: int
    participants: int
    n_control: int
    n_intervention: int
    events_control: int
    events_intervention: int
    trial_labels: NDArray[Any]
    intercepts: FloatArray
    coefficients: FloatArray
    coefficient_names: tuple[str, ...]
    covariance_fixed: FloatArray
    dropped: dict[str, str]
    excluded: tuple[ExcludedParticipants, ...]
    sparse: tuple[Any, ...]
    optimiser: Optimiser
    sharing: tuple[Any, ...]
    weights: FloatArray
    nodes: int
    tau_interval: Interval | None = None
    effect_interval: Interval | None = None

    @property
    def tau(self) -> float:
        """Between-trial standard deviation of the treatment effect, a log ratio."""
        return float(np.sqrt(self.tau2))

    def wald_tau_interval(self, level: float = 0.95) -> Interval:
        """Wald interval of tau, from that of log tau; NaN where tau is zero. Rough with few trials: prefer the profile."""
        if not self.tau2 > 0.0:
            return float("nan"), float("nan")
        low, high = Effect(float(np.log(self.tau)), self.tau_std_error / self.tau, np.inf, np.inf).interval(level)
        return float(np.exp(low)), float(np.exp(high))

    def prediction_interval(self, level: float = 0.95) -> Interval | None:
        """Interval for the log ratio in a further trial, with K - 2 df; None with fewer than three trials."""
        estimate, std_error = float(self.effect.estimate), float(self.effect.std_error)
        return prediction_interval(estimate, std_error, self.tau2, self.trials, level)


@dataclass(frozen=True, slots=True)
class GlmmOptions:
    """The options of `fit_one_step_glmm`."""

    link: Link = "logit"
    treatment_effect: TreatmentEffect = "random"
    adjuster_slopes: AdjusterSlopes = "common"
    events_per_slope: int = 10
    random_part: RandomPart = "centred"
    inference: Reference = "t"
    nodes: int = 7
    profile_level: float | None = None

    def __post_init__(self) -> None:
        wrong = list(unknown_words({name: getattr(self, name) for name in CHOICES}, CHOICES))
        if self.nodes < 1 or self.nodes % 2 == 0:
            wrong.append(f"nodes is an odd number from 1 on (1 = Laplace), not {self.nodes}")
        if self.profile_level is not None and not 0.0 < self.profile_level < 1.0:
            wrong.append(f"profile_level must lie between 0 and 1, not {self.profile_level}")
        if wrong:
            raise ValueError("; ".join(wrong))


def fit_one_step_glmm(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    *,
    link: Link = "logit",
    exposure: ArrayLike | None = None,
    adjusters: ArrayLike | None = None,
    treatment_effect: TreatmentEffect = "random",
    adjuster_slopes: AdjusterSlopes = "common",
    events_per_slope: int = 10,
    random_part: RandomPart = "centred",
    inference: Reference = "t",
    nodes: int = 7,
    profile_level: float | None = None,
) -> GlmmFit:
    """Fit one generalised linear mixed model to the events of the participants of all trials.

    An intercept per trial, common slopes, and a log odds ratio (or log rate ratio) that varies between trials.

    Parameters
    ----------
    outcome : array_like (n,)
        0 or 1 (`link="logit"`), or a number of events (`link="log"`). Rows with a NaN anywhere are left out and counted.
    treatment : array_like (n,)
        1 = intervention, 0 = control.
    trial : array_like (n,)
        Labels of any sortable type. Trials with one arm only, and those in which nobody or everybody has the event, tell
        nothing about the ratio: they are left out, and listed in `excluded`.
    link : {"logit", "log"}
    exposure : array_like (n,), optional
        Time (or another denominator) in which each participant's events were counted; positive. 1 if not given.
    adjusters : array_like (n, p) or (n,), optional
        Covariates with a slope of their own. Where they take few values alike participants are counted together.
    treatment_effect : {"random", "common"}
    adjuster_slopes : {"common", "stratified"}
        Common to the trials, or one slope a trial and adjuster (which biases log odds ratios away from zero in small trials).
    events_per_slope : int
        With stratified slopes, a trial with fewer events (binary: or people without it) per slope has none of its own;
        such trials share one slope a column, and are listed in `sharing`.
    random_part : {"centred", "as-given"}
        The column of the random effect: treatment minus its mean in the trial, or 0 and 1.
    inference : {"t", "normal"}
        "t": K - 1 degrees of freedom where the effect is random.
    nodes : int
        Of the adaptive Gauss-Hermite quadrature: 1 (Laplace), 3, 5, 7, ...
    profile_level : float, optional
        Level of profile likelihood intervals of tau and of the effect; they cost some thirty fits.

    Returns
    -------
    GlmmFit
        K = 1 gives an ordinary logistic or Poisson regression. What cannot be estimated is NaN, with status and message.

    Raises
    ------
    ValueError
        For an unknown option, arrays that do not match, a treatment other than 0 and 1, an outcome that is no event or
        number of events, an exposure that is not positive, or an infinite value.

    Notes
    -----
    Checked against lme4's `glmer` with 1 and 7 nodes, metafor's `rma.glmm` and statsmodels' GLM; see
    tests/reference/README.md.

    References
    ----------
    Simmonds & Higgins (2016), Stat Methods Med Res 25:2858; Jackson et al. (2018), Stat Med 37:1059; Riley, Tierney &
    Stewart (2021), Individual Participant Data Meta-Analysis, chapters 5-6.

    Examples
    --------
    >>> import numpy as np
    >>> events, people = [4, 6, 11, 17, 8, 20], [60, 60, 90, 90, 120, 120]  # control and intervention of three trials
    >>> outcome = np.concatenate([np.arange(n) < e for e, n in zip(events, people)])
    >>> treatment = np.repeat([0, 1, 0, 1, 0, 1], people)
    >>> trial = np.repeat(["a", "a", "b", "b", "c", "c"], people)
    >>> fit = fit_one_step_glmm(outcome, treatment, trial)
    >>> fit.status, fit.trials, fit.participants, fit.events_intervention
    ('boundary', 3, 540, 43)
    >>> round(float(np.exp(fit.effect.estimate)), 3)
    2.044
    """
    options = GlmmOptions(
        link, treatment_effect, adjuster_slopes, events_per_slope, random_part, inference, nodes, profile_level
    )
    people = event_participants(outcome, treatment, trial, link, adjusters, exposure)
    return fit_events(make_events(people, adjuster_slopes, events_per_slope, random_part), options)


def fit_events(data: Events, options: GlmmOptions) -> GlmmFit:
    """Fit the model to events already arranged."""
    reason = _impossible(data)
    if reason:
        return _without_estimate(data, options, "not estimable", reason)
    reason = _separated_arms(data, options.link)
    if reason:
        return _without_estimate(data, options, "failed", reason)
    random = options.treatment_effect == "random" and len(data.labels) > 1
    model = _model(data, random)
    fixed = model.without_tau()
    laplace = Quadrature(data.rows, 1)  # exact where tau is zero
    start = maximise(fixed, laplace, _start(data))
    reason = _runaway(data, fixed, start, options.link) or ("" if start.converged else NOT_CONVERGED)
    if reason:
        return _without_estimate(data, options, "failed", reason)
    if not random:
        return _assemble(data, options, fixed, laplace, start, laplace.evaluations, 1)
    likelihood = Quadrature(data.rows, options.nodes)
    best, starts = search_tau(model, likelihood, start)
    if abs(best.point[0, model.tau]) > LARGEST_TAU:
        return _without_estimate(data, options, "failed", INFINITE_TAU)
    if not best.converged:
        return _without_estimate(data, options, "failed", NOT_CONVERGED)
    return _assemble(data, options, model, likelihood, best, laplace.evaluations + likelihood.evaluations, starts)


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


def _model(data: Events, random: bool) -> EventModel:
    trials, p = data.own.shape
    own, shared = np.zeros((trials, p + 3), bool), np.zeros((trials, p + 3), bool)
    own[:, 0] = True
    own[:, 1 : 1 + p], shared[:, 1 : 1 + p] = data.own, data.shared
    shared[:, 1 + p] = True
    shared[:, 2 + p] = random
    return EventModel(data.rows, own, shared)


def _start(data: Events) -> FloatArray:
    """Intercepts at the log odds, or log rates, of the trials; no other coefficient."""
    point = np.zeros((len(data.labels), data.own.shape[1] + 3))
    start = data.rows.start
    events = data.events.sum(axis=1)
    size = np.add.reduceat(data.rows.size, start[:, 0])
    point[:, 0] = np.log(events / (size - events)) if data.rows.logit else np.log(events / size)
    return point


def _runaway(data: Events, model: EventModel, found: Maximum, link: Link) -> str:
    """What the last step still moves, where estimates are infinite: separation."""
    if model.reach(found.last) < RUNAWAY:
        return ""
    names = ("intercept", *data.names, "treatment")
    moved = np.abs(found.last[:, : len(names)]) > RUNAWAY
    if moved[:, -1].any():
        what = "treatment and adjusters separate" if data.names else "in every trial an arm holds no, or only,"
        return f"{what} people with the event, so that the {RATIO[link]} has no finite estimate"
    which = [name for k, name in enumerate(names) if k and moved[:, k].any()]
    where = moved[:, 1:] & model.own[:, 1 : len(names)]
    trials = ", ".join(str(label) for label in data.labels[where.any(axis=1)].tolist())
    at = f" in trial {trials}" if trials else ""
    if len(which) == 1:
        return f"{which[0]} separates people with the event from the others{at}, so that its slope is infinite"
    these = ", ".join(which) or "the adjusters"
    return f"{these} separate people with the event from the others{at}, so that their slopes are infinite"


def _assemble(
    data: Events,
    options: GlmmOptions,
    model: EventModel,
    likelihood: Quadrature,
    found: Maximum,
    evaluations: int,
    starts: int,
) -> GlmmFit:
    treatment, trials = model.tau - 1, len(data.labels)
    covariance = np.asarray(np.linalg.inv(found.information), float)
    fixed = np.flatnonzero(found.free != model.tau)
    order = fixed[np.argsort(found.free[fixed] != treatment, kind="stable")]
    places = found.free[order]
    unit = np.concatenate([[1.0], data.unit, [1.0, 1.0]])
    names = np.array(["", *data.names, "treatment", ""])[places]
    scaled = covariance[np.ix_(order, order)] / np.outer(unit[places], unit[places])
    random = bool(model.shared[:, model.tau].any())
    at = found.point[0]
    tau2 = float(at[model.tau] ** 2) if trials > 1 else float("nan")
    df = (
        float(trials - 1)
        if options.inference == "t" and options.treatment_effect == "random" and trials > 1
        else np.inf
    )
    effect = Effect(float(at[treatment]), float(np.sqrt(scaled[0, 0])), df, float("inf"))
    slopes = found.point[:, 1:treatment] / data.unit
    level = options.profile_level
    status, message = _judge(data, options, random, tau2)
    return _fit(
        data, options, effect, status, message,
        tau2=tau2,
        tau_std_error=_tau_std_error(covariance, found, model),
        criterion=-2.0 * (found.value + data.constant),
        intercepts=found.point[:, 0] - np.sum(data.center * slopes, axis=1),
        coefficients=found.point[_somewhere(model, places), places] / unit[places],
        coefficient_names=tuple(names.tolist()),
        covariance_fixed=scaled,
        optimiser=Optimiser(evaluations, found.iterations, found.gradient, found.converged, starts),
        weights=_weights(found, fixed, int(np.flatnonzero(found.free[fixed] == treatment)[0])),
        tau_interval=tau_interval(model, likelihood, found, level) if level and random else None,
        effect_interval=coefficient_interval(model, likelihood, found, treatment, level) if level else None,
    )  # fmt: skip


def _somewhere(model: EventModel, places: IntArray) -> IntArray:
    """For each common coefficient a trial that takes part in it."""
    return np.asarray(model.shared[:, places].argmax(axis=0), np.int64)


def _tau_std_error(covariance: FloatArray, found: Maximum, model: EventModel) -> float:
    at = np.flatnonzero(found.free == model.tau)
    return float(np.sqrt(covariance[at[0], at[0]])) if len(at) else float("nan")


def _weights(found: Maximum, fixed: IntArray, treatment: int) -> FloatArray:
    """[I^-1 I of the trial] of the treatment effect, I the information on the common coefficients."""
    each = found.by_trial[:, fixed[:, None], fixed]
    return np.asarray(each[:, :, treatment] @ np.linalg.inv(each.sum(axis=0))[treatment])


def _judge(data: Events, options: GlmmOptions, random: bool, tau2: float) -> tuple[Status, str]:
    notes = [f"{name} was dropped: {reason}" for name, reason in data.dropped.items()]
    if len(data.labels) == 1:
        notes.insert(0, ONE_TRIAL.format(name=NAME[options.link]))
    if random and tau2 == 0.0:
        return "boundary", "; ".join([zero_variance("treatment"), *notes])
    return "ok", "; ".join(notes) or CONVERGED


def _without_estimate(data: Events, options: GlmmOptions, status: Status, message: str) -> GlmmFit:
    nan = float("nan")
    return _fit(
        data, options, NOTHING, status, message,
        tau2=nan, tau_std_error=nan, criterion=nan, intercepts=np.full(len(data.labels), nan), coefficients=np.zeros(0),
        coefficient_names=(), covariance_fixed=np.zeros((0, 0)), optimiser=Optimiser(0, 0, nan, False, 0),
        weights=np.full(len(data.labels), nan),
    )  # fmt: skip


def _fit(data: Events, options: GlmmOptions, effect: Effect, status: Status, message: str, **estimated: Any) -> GlmmFit:
    """What every fit says of its data, with what was estimated."""
    people, events = data.participants.sum(axis=0), data.events.sum(axis=0)
    return GlmmFit(
        effect=effect,
        status=status,
        message=message,
        trials=len(data.labels),
        participants=int(people.sum()),
        n_control=int(people[0]),
        n_intervention=int(people[1]),
        events_control=int(events[0]),
        events_intervention=int(events[1]),
        trial_labels=data.labels,
        dropped=data.dropped,
        excluded=data.excluded,
        sparse=tuple(data.labels[_sparse(data, options.link)].tolist()),
        sharing=tuple(data.labels[data.sharing].tolist()),
        nodes=options.nodes,
        **estimated,
    )


def _sparse(data: Events, link: Link) -> NDArray[np.bool_]:
    arms = zip(data.events.ravel().tolist(), data.participants.ravel().tolist(), strict=True)
    sparse = np.reshape([alike(some, of, link) != "" for some, of in arms], (-1, 2))
    return np.asarray(sparse.any(axis=1))
