"""The interaction of treatment with `x <= c` for every cut c of a covariate of events, without refitting.

In: arrays with a row a participant. Out: the null model written as a weighted linear one, and arrays with a row a cut.
Method: the generalised linear mixed model without the split is fitted once, its moderators among the adjusters. With mu and eta at the
modes of the random effects, the working response eta + (y - mu) / W of people with weights W = mu (1 - mu) (binary) or mu (counts) has
the variance 1 / W, and tau2 is held. The split's main effect and its product with treatment then are one generalised least squares step from
weighted cross-products; intercepts and random effects are swept out trial by trial. It is the first step of a refit, so that z differs
little from that of one at moderate effects; what is printed is refitted. Breslow & Clayton (1993, J Am Stat Assoc 88:9) on working responses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from reportgen.late import special

from .choices import Link, Status, TreatmentEffect
from .crossproducts import FloatArray, IntArray
from .effect import student_p
from .events import Participants, complete_participants, event_participants
from .one_step_glmm import GlmmFit, GlmmOptions, fit_participants

STEPS = 50
NEAR = 1e-10  # of a mode, in log ratios
NORMAL = np.array(np.inf)  # degrees of freedom
COLLINEAR = 1e-9  # share of a column's weighted sum of squares below which what is left of it counts as rounding


@dataclass(frozen=True, slots=True)
class WorkingModel:
    """A null model of events as a weighted linear model: response = 1, treatment, columns and a random effect, variance 1 / weight.

    Attributes
    ----------
    rows : ndarray (n,) of int
        The participants in it, as rows of the input.
    outcome, treatment, eta, response, weight : ndarray (n,)
        `eta`: log odds or log rate of the null fit, the offset of an exposure aside.
    trial : ndarray (n,) of int
        Number of the trial.
    columns : ndarray (n, p)
        Columns with common coefficients beside treatment.
    random : ndarray (n,)
        The random column, treatment minus its mean in the trial.
    tau2 : float
    link : {"logit", "log"}
    status, message : str
        As of the null fit; where it has no estimate there are no rows.
    """

    rows: IntArray
    outcome: FloatArray
    treatment: FloatArray
    eta: FloatArray
    response: FloatArray
    weight: FloatArray
    trial: IntArray
    columns: FloatArray
    random: FloatArray
    tau2: float
    link: Link
    status: Status
    message: str

    def flipped(self, signs: FloatArray) -> FloatArray:
        """Responses (n, d) whose residuals have the signs (n, d) of d draws, for `scan_event_cuts`.

        The null model should have an effect of treatment for each trial (columns of its own, `treatment_effect="common"`), so that
        what varies between trials is not in the residuals.
        """
        return self.eta[:, None] + signs * (self.response - self.eta)[:, None]


@dataclass(frozen=True, slots=True)
class EventScan:
    """Interaction of treatment with `covariate <= cut`, a row a cut.

    Attributes
    ----------
    cuts : ndarray (c,)
        Observed values; people at or below one are its low side.
    estimate, p_value : ndarray (c,), or (c, d) of d responses
        Log ratio on the low side minus that on the high side, with a normal test.
    std_error : ndarray (c,)
    """

    cuts: FloatArray
    estimate: FloatArray
    std_error: FloatArray
    p_value: FloatArray


def working_model(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    *,
    link: Link = "logit",
    exposure: ArrayLike | None = None,
    adjusters: ArrayLike | None = None,
    treatment_effect: TreatmentEffect = "random",
    nodes: int = 7,
) -> WorkingModel:
    """Fit the null model of a search, and return it as a weighted linear model.

    Parameters
    ----------
    outcome, treatment, trial, link, exposure, treatment_effect, nodes
        As for `fit_one_step_glmm`.
    adjusters : array_like (n, p) or (n,), optional
        With all moderators of the search among them, levels as indicators: without a moderator that predicts the outcome
        strongly, tests of its cuts would find too much.

    Returns
    -------
    WorkingModel

    Raises
    ------
    ValueError
        As for `fit_one_step_glmm`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> trial, treatment, age = np.repeat([0, 1, 2], 200), np.tile([0, 1], 300), rng.integers(20, 70, 600)
    >>> relapse = rng.random(600) < np.where((treatment == 1) & (age <= 45), 0.6, 0.3)
    >>> model = working_model(relapse, treatment, trial, adjusters=age)
    >>> scan = scan_event_cuts(model, age, min_arm=30)
    >>> best = np.argmin(scan.p_value)
    >>> bool(42 <= scan.cuts[best] <= 48), bool(scan.estimate[best] > 0)
    (True, True)
    """
    people = event_participants(outcome, treatment, trial, link, adjusters, exposure)
    fit = fit_participants(people, GlmmOptions(link, treatment_effect, nodes=nodes))
    used = complete_participants(people) & np.isin(people.table.labels, fit.trial_labels)[people.table.codes]
    used &= fit.status in ("ok", "boundary")
    return _written_out(people.select(used), np.flatnonzero(used).astype(np.int64), fit)


def _written_out(people: Participants, rows: IntArray, fit: GlmmFit) -> WorkingModel:
    table = people.table
    t, code = table.treatment, np.searchsorted(fit.trial_labels, table.labels[table.codes]).astype(np.int64)
    slopes = dict(zip(fit.coefficient_names, fit.coefficients.tolist(), strict=True))
    kept = [k for k in range(table.adjusters.shape[1]) if f"adjuster[{k}]" in slopes]
    columns = table.adjusters[:, kept]
    intercepts = fit.intercepts if len(rows) else np.zeros(1)
    fixed = intercepts[code] + t * slopes.get("treatment", 0.0) + columns @ [slopes[f"adjuster[{k}]"] for k in kept]
    trials = int(code.max(initial=-1)) + 1
    share = np.bincount(code, t, trials) / np.maximum(np.bincount(code, minlength=trials), 1)
    random = t - share[code]
    tau2 = fit.tau2 if fit.tau2 > 0.0 else 0.0
    eta = fixed + random * _modes(people, code, fixed, random, tau2)[code]
    mean, weight = _mean_and_weight(eta, people)
    return WorkingModel(
        rows, table.outcome, t, eta, eta + (table.outcome - mean) / weight, weight, code, columns, random, tau2,
        people.link, fit.status, fit.message,
    )  # fmt: skip


def _mean_and_weight(eta: FloatArray, people: Participants) -> tuple[FloatArray, FloatArray]:
    if people.link == "logit":
        mean = np.asarray(special.expit(eta))
        return mean, mean * (1.0 - mean)
    mean = people.exposure * np.exp(eta)
    return mean, mean


def _modes(people: Participants, code: IntArray, fixed: FloatArray, random: FloatArray, tau2: float) -> FloatArray:
    """Modes of the random effects given everything else, by Newton's steps in all trials at once."""
    trials = int(code.max(initial=-1)) + 1
    u = np.zeros(trials)
    if tau2 == 0.0:
        return u
    for _ in range(STEPS):
        mean, weight = _mean_and_weight(fixed + random * u[code], people)
        slope = np.bincount(code, random * (people.table.outcome - mean), trials) - u / tau2
        step = slope / (np.bincount(code, random**2 * weight, trials) + 1.0 / tau2)
        u = u + np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < NEAR:
            break
    return u


def scan_event_cuts(
    model: WorkingModel,
    covariate: ArrayLike,
    *,
    responses: FloatArray | None = None,
    min_size: int = 1,
    min_arm: int = 1,
    min_events: int = 1,
) -> EventScan:
    """Test the interaction with `covariate <= c` for every admissible cut c by one generalised least squares step.

    Parameters
    ----------
    model : WorkingModel
    covariate : array_like (m,)
        A value for each row of the input of `working_model`.
    responses : ndarray (n, d), optional
        Others in place of that of the model, as of `flipped`: all are tested at once, since estimates are linear in them.
    min_size, min_arm, min_events : int
        A cut is admissible if both of its sides hold at least `min_size` people, `min_arm` in each arm, and in each arm
        `min_events` people with the event and, of a binary outcome, as many without. Other cuts have no row.

    Returns
    -------
    EventScan

    Raises
    ------
    ValueError
        Where a participant of the model has no value.
    """
    x = np.asarray(covariate, float)[model.rows]
    if np.isnan(x).any():
        raise ValueError("covariate is missing for people of the null model; leave them out of it")
    cuts = _admissible(model, x, min_size, min_arm, min_events)
    if not len(cuts):
        return EventScan(cuts, cuts.copy(), cuts.copy(), cuts.copy())
    common = 1 + model.columns.shape[1]
    given = model.response if responses is None else responses
    base = np.column_stack([np.ones(len(x)), model.random, model.treatment, model.columns, given])
    m = base.shape[1] - 2
    whole, side, square = np.zeros((common, m)), np.zeros((len(cuts), 2, m)), np.zeros((len(cuts), 2, 2))
    for k in range(int(model.trial.max()) + 1):
        here = np.flatnonzero(model.trial == k)
        here = here[np.argsort(x[here], kind="stable")]
        weighted = model.weight[here, None] * base[here]
        gram = weighted[:, : 2 + common].T @ base[here]
        ends = np.searchsorted(x[here], cuts, side="right")
        sums = np.stack([_below(weighted, ends), _below(model.treatment[here, None] * weighted, ends)], axis=1)
        inverse = _own_inverse(gram[:2, :2], model.tau2)
        whole += gram[2:, 2:] - gram[2:, :2] @ inverse @ gram[:2, 2:]
        swept = sums[:, :, :2] @ inverse
        side += sums[:, :, 2:] - swept @ gram[:2, 2:]
        # in (S, t S) the products S S, S t S and t S t S are sums over the low side, and over its treated
        low, treated = sums[:, 0, 0], sums[:, 1, 0]
        square += np.stack([low, treated, treated, treated], axis=1).reshape(-1, 2, 2)
        square -= swept @ sums[:, :, :2].transpose(0, 2, 1)
    estimate, std_error = _last_column(whole, side, square)
    if responses is None:
        estimate = estimate[:, 0]
        return EventScan(cuts, estimate, std_error, student_p(estimate / std_error, NORMAL))
    return EventScan(cuts, estimate, std_error, student_p(estimate / std_error[:, None], NORMAL))


def _own_inverse(gram: FloatArray, tau2: float) -> FloatArray:
    """What sweeps the intercept and the random effect of a trial out; without tau2 the intercept alone."""
    if tau2 > 0.0:
        return np.asarray(np.linalg.inv(gram + np.diag([0.0, 1.0 / tau2])))
    return np.diag([1.0 / gram[0, 0], 0.0])


def _below(weighted: FloatArray, ends: IntArray) -> FloatArray:
    """Sums (c, m) of the first so many rows."""
    return np.concatenate([np.zeros((1, weighted.shape[1])), np.cumsum(weighted, axis=0)])[ends]


def _last_column(whole: FloatArray, side: FloatArray, square: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Estimates (c, d) and standard errors (c,) of the product of treatment with a side, everything else swept out.

    Parameters
    ----------
    whole : ndarray (p, p + d)
        Products of treatment and columns with themselves and the responses.
    side : ndarray (c, 2, p + d)
        Of the side and its product with treatment with all of these.
    square : ndarray (c, 2, 2)
    """
    p = len(whole)
    reduced = side[:, :, :p] @ np.linalg.inv(whole[:, :p])
    left = square - reduced @ side[:, :, :p].transpose(0, 2, 1)
    response = side[:, :, p:] - reduced @ whole[:, p:]
    main = left[:, 0, 0] > COLLINEAR * square[:, 0, 0]
    factor = np.where(main, left[:, 0, 1] / np.where(main, left[:, 0, 0], 1.0), 0.0)
    information = left[:, 1, 1] - factor * left[:, 0, 1]
    information = np.where(information > COLLINEAR * square[:, 1, 1], information, np.nan)
    estimate = (response[:, 1] - factor[:, None] * response[:, 0]) / information[:, None]
    return estimate, 1.0 / np.sqrt(information)


def _admissible(model: WorkingModel, x: FloatArray, min_size: int, min_arm: int, min_events: int) -> FloatArray:
    """The values at which both sides are large enough and have people with the event, and without, in each arm."""
    order = np.argsort(x, kind="stable")
    cuts = np.unique(x)[:-1]
    ends = np.searchsorted(x[order], cuts, side="right")
    good = np.ones(len(cuts), bool)
    counted = [(np.ones(len(x)), min_size)]
    for arm in (0.0, 1.0):
        here = (model.treatment == arm).astype(float)
        event = here * (model.outcome > 0.0)
        counted += [(here, min_arm), (event, min_events)]
        counted += [(here - event, min_events)] if model.link == "logit" else []
    for people, least in counted:
        low = np.cumsum(people[order])[ends - 1]
        good &= (low >= least) & (people.sum() - low >= least)
    return np.asarray(cuts[good])
