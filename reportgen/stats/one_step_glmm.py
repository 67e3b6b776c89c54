"""One-step meta-analysis of binary and count outcomes: one generalised linear mixed model for all trials at once.

In: arrays with a row a participant. Out: a frozen fit with the log odds ratio or log rate ratio, the variance between
trials, and how sure both are. Model:
    g(E y_ij) = phi_i + x_ij' beta + t_ij theta + (t_ij - tbar_i) u_i,     u_i ~ N(0, tau2)
with g the logit (binary) or the log with exposure (count), by maximum likelihood with adaptive Gauss-Hermite quadrature
(quadrature.py). The random part is centred within the trial: with 0/1 coding tau is too small (Jackson et al. 2018, Stat
Med 37:1059; Riley et al. 2020, Stat Med 39:2115). The information is the observed one, tau among its parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arrow import EventModel, Maximum
from .choices import (
    AdjusterSlopes,
    Dispersion,
    InteractionEffect,
    Link,
    RandomPart,
    Reference,
    Status,
    TreatmentEffect,
    unknown_words,
)
from .crossproducts import FloatArray, IntArray
from .effect import NOTHING, Effect
from .event_search import NoSolution, Solution, solve
from .events import Events, Participants, alike, event_participants, make_events
from .likelihood_intervals import coefficient_interval, tau_interval
from .one_step import CONVERGED, ExcludedParticipants, zero_variance
from .optimise import Optimiser
from .quadrature import Quadrature
from .two_stage import prediction_interval

Interval = tuple[float, float]
CHOICES = {
    "link": get_args(Link),
    "treatment_effect": get_args(TreatmentEffect),
    "adjuster_slopes": get_args(AdjusterSlopes),
    "random_part": ("centred", "as-given"),
    "interaction_effect": get_args(InteractionEffect),
    "inference": get_args(Reference),
    "dispersion": get_args(Dispersion),
}
ONE_TRIAL = "one trial: an ordinary {name} regression without a random effect"
NAME = {"logit": "logistic", "log": "Poisson"}


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
        -2 log-likelihood of the participants, on lme4's scale; NaN with `dispersion="quasi"`, which has none.
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
    dispersion : float
        Of counts: Pearson's statistic, at the modes of random effects, over participants minus coefficients; about 1 for a Poisson
        distribution. NaN of binary outcomes.
    interaction_tau2 : float
        Between-trial variance of an interaction, where `screen_moderator_glmm` asks for one that varies.
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
    dispersion: float = float("nan")
    interaction_tau2: float = 0.0
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
    """The options of `fit_one_step_glmm`, and of the models of moderators.

    Attributes
    ----------
    interaction_effect : {"common", "random"}
        Whether the interaction with moderators varies between trials.
    levels : bool
        Whether the moderators are indicators of all levels but one of one covariate, so that no level is special.
    beside : int
        The last so many adjusters have a common slope in any case.
    widened : bool
        Of counts: as with `dispersion="quasi"` where their dispersion is above one.
    """

    link: Link = "logit"
    treatment_effect: TreatmentEffect = "random"
    adjuster_slopes: AdjusterSlopes = "common"
    events_per_slope: int = 10
    random_part: RandomPart = "centred"
    inference: Reference = "t"
    nodes: int = 7
    profile_level: float | None = None
    dispersion: Dispersion = "poisson"
    interaction_effect: InteractionEffect = "common"
    levels: bool = False
    beside: int = 0
    widened: bool = False

    def __post_init__(self) -> None:
        wrong = list(unknown_words({name: getattr(self, name) for name in CHOICES}, CHOICES))
        if self.dispersion == "quasi" and self.link == "logit":
            wrong.append("dispersion='quasi' is for counts (link='log'); a binary outcome has none")
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
    dispersion: Dispersion = "poisson",
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
    dispersion : {"poisson", "quasi"}
        Of counts. "quasi": the log-likelihood of the participants is divided by Pearson's dispersion of the Poisson fit, so that
        variances within trials are that many times as large, and less is left for tau.

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
        link,
        treatment_effect,
        adjuster_slopes,
        events_per_slope,
        random_part,
        inference,
        nodes,
        profile_level,
        dispersion,
    )
    people = event_participants(outcome, treatment, trial, link, adjusters, exposure)
    return fit_participants(people, options)


def fit_participants(people: Participants, options: GlmmOptions) -> GlmmFit:
    """Fit the model to checked participants, the moderators among their columns with an interaction."""
    part: RandomPart = "levels" if options.levels else options.random_part
    data = make_events(people, options.adjuster_slopes, options.events_per_slope, part, options.beside)
    random = options.treatment_effect == "random"
    varying = options.interaction_effect == "random"
    solution = solve(data, options.link, options.nodes, random=random, varying=varying)
    if isinstance(solution, NoSolution):
        return _without_estimate(data, options, solution.status, solution.reason)
    phi = _dispersion(data, solution)
    if options.widened and varying and options.link == "log":  # that of the model without a random interaction
        plain = solve(data, options.link, options.nodes, random=random)
        phi = phi if isinstance(plain, NoSolution) else _dispersion(data, plain)
    if options.dispersion == "quasi" or (options.widened and phi > 1.0):
        data = _divided(data, phi)
        solution = solve(data, options.link, options.nodes, random=random, varying=varying)
        if isinstance(solution, NoSolution):
            return _without_estimate(data, options, solution.status, solution.reason)
    return _assemble(data, options, solution, phi)


def _divided(data: Events, phi: float) -> Events:
    """The log-likelihood divided by a dispersion: that of so many fewer events in so much less exposure; it has no constant."""
    rows = data.rows._replace(events=data.rows.events / phi, size=data.rows.size / phi)
    return replace(data, rows=rows, constant=float("nan"))


def likelihood_ratio(people: Participants, without: Participants, options: GlmmOptions, dispersion: float) -> float:
    """Return twice the log of the ratio of the likelihoods of a model and of one without some of its columns.

    Parameters
    ----------
    people, without : Participants
        The same people; the second ones with some of the columns of the first.
    options : GlmmOptions
        With a common interaction.
    dispersion : float
        By which both log-likelihoods are divided where it is above one: that of the larger model.

    Returns
    -------
    float
        Chi-square with as many degrees of freedom as there are columns less, where they make no difference; NaN where a model
        cannot be estimated, or where their trials differ.
    """
    values, trials = [], []
    for item in (people, without):
        data = make_events(item, options.adjuster_slopes, options.events_per_slope, options.random_part)
        data = _divided(data, dispersion) if dispersion > 1.0 else data
        solution = solve(data, options.link, options.nodes, random=options.treatment_effect == "random")
        if isinstance(solution, NoSolution):
            return float("nan")
        values.append(solution.found.value)
        trials.append(data.labels.tolist())
    return max(2.0 * (values[0] - values[1]), 0.0) if trials[0] == trials[1] else float("nan")


def _dispersion(data: Events, solution: Solution) -> float:
    """Pearson's statistic sum (y - mu)^2 / mu over its df, by rows: sum y^2 / exposure / rate - 2 events + exposure x rate."""
    likelihood, found, rows = solution.likelihood, solution.found, data.rows
    if rows.logit or not isinstance(likelihood, Quadrature):
        return float("nan")
    people, tau = np.diff(rows.start, axis=1), found.point[:, -1]
    trial = np.repeat(np.arange(len(rows.start)), people.sum(axis=1))
    arm = np.repeat(np.tile([0, 1], len(rows.start)), people.ravel())
    by_arm = found.point[:, [0]] + np.array([0, 1]) * found.point[:, [solution.treatment]]
    by_arm += (tau * likelihood.modes(found.point))[:, None] * rows.z
    slopes = found.point[:, 1 : solution.treatment]
    rate = np.exp(by_arm[trial, arm] + np.sum(rows.x * slopes[trial], axis=1))
    df = int(data.participants.sum()) - int(solution.model.own.sum()) - len(solution.fixed)
    statistic = float(np.sum(data.squares / rate - 2.0 * rows.events + rows.size * rate))
    return statistic / df if df > 0 else float("nan")


def _assemble(data: Events, options: GlmmOptions, solution: Solution, dispersion: float) -> GlmmFit:
    model, likelihood, found = solution.model, solution.likelihood, solution.found
    treatment, trials = solution.treatment, len(data.labels)
    covariance = np.asarray(np.linalg.inv(found.information), float)
    order = solution.fixed
    places = found.free[order]
    unit = np.concatenate([[1.0], data.unit, [1.0]])
    names = np.array(["", *data.names, "treatment"])[places]
    scaled = covariance[np.ix_(order, order)] / np.outer(unit[places], unit[places])
    random = options.treatment_effect == "random" and trials > 1
    df = float(trials - 1) if options.inference == "t" and random else np.inf
    effect = Effect(float(found.point[0, treatment]), float(np.sqrt(scaled[0, 0])), df, float("inf"))
    slopes = found.point[:, 1:treatment] / data.unit
    level = options.profile_level if isinstance(likelihood, Quadrature) else None
    status, message = _judge(data, options, solution)
    variances = 2.0 if options.levels else 1.0  # of the contrast of two levels
    return _fit(
        data, options, effect, status, message,
        tau2=solution.tau**2 if trials > 1 else float("nan"),
        tau_std_error=_tau_std_error(covariance, solution),
        dispersion=dispersion,
        interaction_tau2=variances * solution.interaction_tau**2,
        criterion=-2.0 * (found.value + data.constant),
        intercepts=found.point[:, 0] - np.sum(data.center * slopes, axis=1),
        coefficients=found.point[_somewhere(model, places), places] / unit[places],
        coefficient_names=tuple(names.tolist()),
        covariance_fixed=scaled,
        optimiser=Optimiser(solution.evaluations, found.iterations, found.gradient, found.converged, solution.starts),
        weights=_weights(found, order),
        tau_interval=tau_interval(model, likelihood, found, level) if level and random else None,
        effect_interval=coefficient_interval(model, likelihood, found, treatment, level) if level else None,
    )  # fmt: skip


def _somewhere(model: EventModel, places: IntArray) -> IntArray:
    """For each common coefficient a trial that takes part in it."""
    return np.asarray(model.shared[:, places].argmax(axis=0), np.int64)


def _tau_std_error(covariance: FloatArray, solution: Solution) -> float:
    at = np.flatnonzero(solution.found.free == solution.treatment + 1)
    return float(np.sqrt(covariance[at[0], at[0]])) if len(at) and solution.tau > 0.0 else float("nan")


def _weights(found: Maximum, order: IntArray) -> FloatArray:
    """[I^-1 I of the trial] of the treatment effect, I the information on the common coefficients, treatment first."""
    each = found.by_trial[:, order[:, None], order]
    return np.asarray(each[:, :, 0] @ np.linalg.inv(each.sum(axis=0))[0])


def _judge(data: Events, options: GlmmOptions, solution: Solution) -> tuple[Status, str]:
    notes = [f"{name} was dropped: {reason}" for name, reason in data.dropped.items()]
    if len(data.labels) == 1:
        return "ok", "; ".join([ONE_TRIAL.format(name=NAME[options.link]), *notes])
    zero = ["treatment"] * (options.treatment_effect == "random" and solution.tau == 0.0)
    zero += ["its interaction"] * (options.interaction_effect == "random" and solution.interaction_tau == 0.0)
    if zero:
        return "boundary", "; ".join([zero_variance(*zero), *notes])
    return "ok", "; ".join(notes) or CONVERGED


def _without_estimate(data: Events, options: GlmmOptions, status: Status, message: str) -> GlmmFit:
    nan = float("nan")
    return _fit(
        data, options, NOTHING, status, message,
        tau2=nan, tau_std_error=nan, interaction_tau2=nan, criterion=nan, intercepts=np.full(len(data.labels), nan), coefficients=np.zeros(0),
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
