"""One-step individual participant data meta-analysis: one linear mixed model for all trials at once.

In: arrays with a row a participant. Out: a frozen fit with the effect of treatment, its interaction with a moderator,
the between-trial and residual variances, and how sure all of them are.
Method: every participant is read once into cross-products within trials (crossproducts.py); the likelihood is then
maximised over the variances from these alone (profile.py for one random column, optimise.py for the rest), as lme4
would (Bates et al. 2015, J Stat Softw 67:1), with Kenward-Roger's or Satterthwaite's degrees of freedom (inference.py).
The model and why: Riley, Tierney & Stewart (2021), Individual Participant Data Meta-Analysis, chapters 5-7.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import inference as infer
from . import likelihood
from .choices import (
    AdjusterSlopes,
    Approximation,
    Covariance,
    DfFloor,
    Estimation,
    InteractionEffect,
    Intercept,
    Residual,
    Status,
    TreatmentEffect,
)
from .crossproducts import Columns, CrossProducts, FloatArray, columns
from .design import CONSTANT, Blocks, Options, blocks
from .effect import NOTHING, Effect
from .optimise import Optimiser, Variances, by_trial, estimate_variances, terms
from .sites import CONFOUNDED, SITE

CONVERGED = "converged"
ONE_TRIAL = "one trial: ordinary analysis of covariance without a random effect"
NEGATIVE_VARIANCE = (
    "Kenward and Roger's correction leaves an effect no positive variance: the participants are too few for it"
)
NO_SITE_VARIANCE = "the variance between sites is estimated as zero"
UNKNOWABLE = (
    "the variance between trials cannot be estimated: with so few trials their treatment effects "
    "are explained in full by the coefficients of the model"
)
ONE_TRIAL_OF_SITES = "one trial: a model with a random intercept of its sites and one effect"
REPRODUCED = "the model reproduces the outcome exactly, so that no residual variance is left"
LARGEST = 1e60  # sum of squares of the outcome, whose fourth power the inference takes
NEARLY_EXACT = 1e-10  # the same for a residual variance that the search drives to zero
EXACT = 1e-20  # residual over outcome sum of squares below which the model reproduces the outcome


@dataclass(frozen=True, slots=True)
class ExcludedParticipants:
    """Participants of one trial that did not enter, and why."""

    trial: Any
    participants: int
    reason: str


@dataclass(frozen=True, slots=True)
class OneStepFit:
    """Result of `fit_one_step`.

    Attributes
    ----------
    effect : Effect
        Treatment effect, in units of the outcome; with a moderator, the effect where the moderator is zero.
    interaction : Effect or None
        Treatment x moderator, per unit of the moderator; arrays and a joint test if `moderator` had two dimensions.
    tau2 : float
        Between-trial variance of the treatment effect, in squared units of the outcome; NaN where K = 1.
    sigma2 : float or ndarray (K,) or (2,)
        Residual variance; one a trial with ``residual="by-trial"``, in the order of `trial_labels`; those of the control
        and the intervention arms with ``residual="by-arm"``.
    criterion : float
        -2 log-likelihood (restricted, with REML), on lme4's scale.
    status : str
        ``"ok"``; ``"boundary"`` (a variance is zero or a correlation is 1: an answer); ``"failed"``;
        ``"not estimable"``.
    message : str
        One plain sentence.
    trials, participants, n_control, n_intervention : int
        What entered the fit.
    trial_labels : ndarray (K,)
        Labels of the trials that entered.
    covariance : ndarray (q, q)
        Covariance of the random effects, in squared units of the outcome; `covariance_names` labels rows and columns.
    coefficients, coefficient_names, covariance_fixed : ndarray (p,), tuple of str, ndarray (p, p)
        Common coefficients, without those of single trials, and their covariance (adjusted, with Kenward-Roger).
    dropped : dict
        Columns left out of the model, and why.
    excluded : tuple of ExcludedParticipants
        Participants left out, by trial, and why.
    optimiser : Optimiser
        Its record.
    sharing : tuple
        Labels of the trials too small for slopes of their own, which share one slope a column.
    weights : ndarray (K,)
        Weight of each trial in the treatment effect, in the order of `trial_labels`; their sum is 1.
    site_variance : float
        Variance of the intercepts of sites within trials, in squared units of the outcome; NaN where the model has none.
    sites : int
        Sites that have an intercept of their own; 0 where the model has none.
    """

    effect: Effect
    interaction: Effect | None
    tau2: float
    sigma2: float | FloatArray
    criterion: float
    status: Status
    message: str
    trials: int
    participants: int
    n_control: int
    n_intervention: int
    trial_labels: NDArray[Any]
    covariance: FloatArray
    covariance_names: tuple[str, ...]
    coefficients: FloatArray
    coefficient_names: tuple[str, ...]
    covariance_fixed: FloatArray
    dropped: dict[str, str]
    excluded: tuple[ExcludedParticipants, ...]
    optimiser: Optimiser
    sharing: tuple[Any, ...] = ()
    weights: FloatArray = field(default_factory=lambda: np.zeros(0), compare=False)
    site_variance: float = float("nan")
    sites: int = 0

    @property
    def tau(self) -> float:
        """Between-trial standard deviation of the treatment effect, in units of the outcome."""
        return float(np.sqrt(self.tau2))


def fit_one_step(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    *,
    adjusters: ArrayLike | None = None,
    moderator: ArrayLike | None = None,
    site: ArrayLike | None = None,
    intercept: Intercept = "stratified",
    treatment_effect: TreatmentEffect = "random",
    interaction_effect: InteractionEffect = "common",
    covariance: Covariance = "independent",
    adjuster_slopes: AdjusterSlopes = "common",
    residual: Residual = "common",
    estimation: Estimation = "reml",
    inference: Approximation = "kenward-roger",
    df_floor: DfFloor = "trials-1",
    people_per_slope: int = 0,
    search: bool = True,
) -> OneStepFit:
    """Fit one linear mixed model to the participants of all trials.

    The default is ``y_ij = phi_i + x_ij' beta + t_ij (theta + u_i) + e_ij``: an intercept per trial, common slopes, and
    a treatment effect that varies between trials. See `reportgen.stats` for what to use when.

    Parameters
    ----------
    outcome : array_like (n,)
        One value a participant. Rows with a NaN anywhere are left out and counted; an infinity is an error.
    treatment : array_like (n,)
        1 = intervention, 0 = control.
    trial : array_like (n,)
        Labels of any sortable type. Trials with participants in one arm only are left out, and listed in `excluded`:
        comparisons stay within trials.
    adjusters : array_like (n, p) or (n,), optional
        Covariates with a slope of their own.
    moderator : array_like (n,) or (n, q), optional
        Enters as given, as main effect and as product with treatment; centring within trials is for the caller. With
        two dimensions the interaction is an array with a joint test.
    site : array_like (n,), optional
        Labels of sites within trials, each of which then has a random intercept; None or NaN: one more site of the trial.
        Sites that are trials, or people, have none: see `reportgen.stats.sites`.
    intercept : {"stratified", "random"}
        One intercept a trial, or a random one.
    treatment_effect : {"random", "common"}
    interaction_effect : {"common", "random"}
        Whether the products with the moderator vary between trials; "random" needs a moderator.
    covariance : {"independent", "unstructured"}
        Covariance of several random effects; without consequence for one.
    adjuster_slopes : {"common", "stratified"}
        Common to the trials, or one slope a trial and adjuster.
    residual : {"common", "by-trial", "by-arm"}
        One residual variance, one a trial, or one for the control and one for the intervention arms of all trials.
    estimation : {"reml", "ml"}
    inference : {"kenward-roger", "satterthwaite", "normal"}
        With "ml", Kenward and Roger's formulae are evaluated at the ML variances (pbkrtest would refit by REML).
        Where only one residual variance is estimated both methods give the residual df.
    df_floor : {"trials-1", "none"}
        "trials-1": where the effect of treatment is random, df are at least K - 1. The raw ones stay in the result.
    people_per_slope : int
        With stratified slopes, a trial with fewer people per slope has none of its own; such trials share one slope a
        column, and are listed in `sharing`.
    search : bool
        False: the variances between trials are held at zero instead of searched for. What can be estimated, and why
        the rest cannot, is then known at the price of one pass; the estimates are those of least squares.

    Returns
    -------
    OneStepFit
        K = 1 gives an ordinary analysis of covariance. What cannot be estimated is NaN, with status and message.

    Raises
    ------
    ValueError
        For an unknown option, arrays that do not match, a treatment other than 0 and 1, or an infinite value.

    Notes
    -----
    Checked against lme4 with lmerTest: every combination of intercept, treatment_effect, interaction_effect,
    covariance, adjuster_slopes and estimation with a common residual; against pbkrtest: the same with REML. Residual by
    trial or arm: nlme `varIdent` for estimates and criterion. Its inference, and Kenward-Roger after ML, are checked by the
    direct route with the full covariance matrix, as is all else; see tests/reference/README.md.

    References
    ----------
    Riley, Tierney & Stewart (2021), Individual Participant Data Meta-Analysis; Kenward & Roger (1997), Biometrics 53:983.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(7)
    >>> trial = np.repeat(["a", "b", "c", "d"], 50)
    >>> treatment = np.tile([0, 1], 100)
    >>> baseline = rng.normal(50.0, 10.0, 200)
    >>> outcome = 0.2 * baseline + 3.0 * treatment + rng.normal(0.0, 5.0, 200)
    >>> fit = fit_one_step(outcome, treatment, trial, adjusters=baseline)
    >>> fit.status, fit.trials, fit.participants
    ('boundary', 4, 200)
    >>> fit.message
    'the between-trial variance of treatment is estimated as zero'
    >>> low, high = fit.effect.interval()
    >>> bool(low < 3.0 < high)
    True
    """
    options = Options(
        intercept,
        treatment_effect,
        interaction_effect,
        covariance,
        adjuster_slopes,
        residual,
        estimation,
        inference,
        df_floor,
        people_per_slope=people_per_slope,
    )
    if interaction_effect == "random" and moderator is None:
        raise ValueError("interaction_effect='random' needs a moderator")
    table = columns(outcome, treatment, trial, adjusters, moderator, site)
    scalar = moderator is None or np.ndim(moderator) == 1
    return fit_columns(table, options, scalar=scalar, search=search)


def fit_columns(table: Columns, options: Options, *, scalar: bool = True, search: bool = True) -> OneStepFit:
    """Fit the model to checked columns; `scalar`: the interaction is a number, not an array."""
    arms = table.by_arm() if options.residual == "by-arm" else None
    return fit_cross_products(table.cross_products(), options, arms, scalar=scalar, search=search)


def fit_cross_products(
    products: CrossProducts,
    options: Options,
    arms: tuple[CrossProducts, CrossProducts] | None = None,
    *,
    scalar: bool = True,
    search: bool = True,
) -> OneStepFit:
    """Fit the model to cross-products already accumulated; `arms`: those of each arm, for a residual variance each."""
    used, excluded = both_arms(products)
    tried = _tried(used, options, _of_both_arms(products, arms))
    model, pooled = tried.model, tried.pooled
    if tried.reason or model is None:
        dropped = {} if model is None else model.dropped
        return _without_estimate(used, excluded, scalar, tried.reason, dropped, tried.status)
    if not search:
        return _assemble(
            used, model, replace(options, inference="normal"), _held_at_zero(model, pooled), excluded, scalar
        )
    variances = estimate_variances(model, options.estimation == "reml", pooled)
    return _assemble(used, model, options, variances, excluded, scalar)


@dataclass(frozen=True, slots=True)
class Feasibility:
    """Whether a model has estimates, before any of its variances is searched for.

    Attributes
    ----------
    status : str
        As of a fit: ``"ok"``, ``"failed"`` or ``"not estimable"``.
    reason : str
        Why there are none; empty where there are.
    model : Blocks or None
        None where there is none.
    lost : tuple of bool
        Of each interaction, whether the model has no column for it.
    """

    status: Status
    reason: str
    model: Blocks | None
    lost: tuple[bool, ...]


def feasibility(table: Columns, options: Options) -> Feasibility:
    """Return whether the model of some columns has estimates: what `fit_columns` would say, without any.

    Parameters
    ----------
    table : Columns
    options : Options
    """
    arms = table.by_arm() if options.residual == "by-arm" else None
    products = table.cross_products()
    used, _ = both_arms(products)
    tried = _tried(used, options, _of_both_arms(products, arms))
    if tried.reason or tried.model is None:
        return Feasibility(tried.status, tried.reason, None, (True,) * used.moderators)
    model = tried.model
    if tried.pooled <= NEARLY_EXACT * model.outcome_scale / float(model.trials.sum()):
        return Feasibility("failed", REPRODUCED, None, (True,) * used.moderators)
    lost = tuple(f"treatment:moderator[{k}]" not in model.x_names for k in range(used.moderators))
    if lost and all(lost):
        return Feasibility("not estimable", _no_interaction(model), None, lost)
    return Feasibility("ok", "", model, lost)


@dataclass(frozen=True, slots=True)
class _Tried:
    """A model before its variances: why it has no estimate, or its residual variance without random effects."""

    model: Blocks | None
    pooled: float
    status: Status
    reason: str


def _tried(used: CrossProducts, options: Options, arms: tuple[CrossProducts, CrossProducts] | None) -> _Tried:
    nan = float("nan")
    reason = _impossible(used)
    if reason:
        return _Tried(None, nan, "not estimable", reason)
    model = blocks(used, options, arms)
    reason = _impossible_model(model)
    if reason:
        return _Tried(model, nan, "not estimable", reason)
    pooled = _pooled_variance(model)
    if model.q and _tau2_unknowable(model, pooled):
        return _Tried(model, pooled, "not estimable", UNKNOWABLE)
    if pooled <= EXACT * model.outcome_scale:
        return _Tried(model, pooled, "failed", REPRODUCED)
    if model.sites.any() and _confounded(model, pooled):
        return _Tried(model, pooled, "not estimable", CONFOUNDED)
    return _Tried(model, pooled, "ok", "")


def _held_at_zero(model: Blocks, pooled: float) -> Variances:
    """Variances without a search: none between trials, one within."""
    omega = np.zeros((model.q, model.q))
    s = np.full(2 if model.arms else len(model.trials), pooled)
    nothing = np.zeros((0, 0))
    return Variances(s, omega, terms(model, s, omega, True), nothing, nothing, Optimiser(1, 0, 0.0, True, 0))


def both_arms(products: CrossProducts) -> tuple[CrossProducts, tuple[ExcludedParticipants, ...]]:
    """The trials with participants in both arms, and who was left out of the fit."""
    excluded = []
    keep = products.arms.min(axis=1) > 0
    for k, label in enumerate(products.labels.tolist()):
        if products.missing[k]:
            excluded.append(ExcludedParticipants(label, int(products.missing[k]), "a value is missing"))
        if not keep[k] and products.size[k]:
            arm = "control" if products.arms[k, 1] == 0 else "intervention"
            excluded.append(
                ExcludedParticipants(label, int(products.size[k]), f"the trial has only {arm} participants")
            )
    return products.select(keep), tuple(excluded)


def _of_both_arms(
    products: CrossProducts, arms: tuple[CrossProducts, CrossProducts] | None
) -> tuple[CrossProducts, CrossProducts] | None:
    """The cross-products of each arm in the trials that have both."""
    keep = products.arms.min(axis=1) > 0
    return (arms[0].select(keep), arms[1].select(keep)) if arms else None


def _impossible(used: CrossProducts) -> str:
    if len(used.size) == 0:
        return "no trial has participants with complete values in both arms"
    y_level = float(used.size @ used.mean[:, -1] ** 2)
    spread = used.centred[:, -1, -1]
    if spread.sum() <= CONSTANT * (y_level + spread.sum()):
        return "the outcome is constant within every trial"
    if not 1.0 / LARGEST < spread.sum() < LARGEST:
        return "the outcome is too large or too small for its powers to be computed; give it in another unit"
    return ""


def _impossible_model(model: Blocks) -> str:
    if "treatment" not in model.x_names:
        return "the treatment cannot be distinguished from the trials and the adjusters"
    if model.df <= 0:
        return "there are as many coefficients as participants, so that no residual variance is left"
    if model.df == 1 and model.q:
        # one contrast of the outcomes has one variance: the restricted likelihood is flat along a line
        return "a single degree of freedom is left, which cannot be divided between two variances"
    return ""


def _pooled_variance(model: Blocks) -> float:
    """Residual variance without random effects."""
    a = model.rr.sum(axis=0)
    p = model.p
    beta = np.linalg.solve(a[:p, :p], a[:p, p])
    resid = np.append(-beta, 1.0)
    return float(resid @ a @ resid) / model.df


def _tau2_unknowable(model: Blocks, pooled: float) -> bool:
    """Whether the data carry no information on the variance of a random column: the criterion is flat in it.

    Looked at without random effects, where tr(PGPG) of a column is a sum of squares of what X leaves of Z'Z.
    """
    if pooled <= 0.0:
        return False
    information, whole = likelihood.information_at_zero(model)
    return bool(np.any(information <= 1e-9 * whole))


def _confounded(model: Blocks, pooled: float) -> bool:
    """Whether other variances can stand for that of the sites: what they leave of its information, looked at without random effects."""
    flat = np.zeros((model.q, model.q))
    at = terms(model, np.full(2 if model.arms else len(model.trials), pooled), flat, True)
    h = at.phi @ at.d
    information = at.t - 2.0 * likelihood.trace_products(at.q, at.phi) + likelihood.pair_traces(h)
    beside = information[-1, :-1]  # that of the sites is the last parameter
    own = float(information[-1, -1] - beside @ infer.inverse_information(information[:-1, :-1]) @ beside)
    return own <= 1e-9 * float(at.t[-1, -1])


def _assemble(
    used: CrossProducts,
    model: Blocks,
    options: Options,
    variances: Variances,
    excluded: tuple[ExcludedParticipants, ...],
    scalar: bool,
) -> OneStepFit:
    names, at = list(model.x_names), variances.terms
    conclusions = _infer(model, options, variances)
    raw = model.to_raw
    beta = raw @ at.coefficients
    if "intercept" in names:
        beta[0] += model.outcome_shift
    wanted = [f"treatment:moderator[{k}]" for k in range(used.moderators)]
    places = np.array([names.index(w) if w in names else -1 for w in wanted], np.int64)
    at_treatment = np.array([names.index("treatment")], np.int64)
    effect = infer.effect(conclusions, at.coefficients, at_treatment, True)
    interaction = infer.effect(conclusions, at.coefficients, places, scalar) if wanted else None
    status, message = _judge(used, model, variances, places)
    if status != "failed" and _negative_variance(conclusions, np.append(places, at_treatment)):
        status, message = "failed", NEGATIVE_VARIANCE
    z = list(model.z_names)
    of_trials = [k for k, name in enumerate(z) if not name.startswith(SITE)]
    covariance = model.z_back @ variances.omega @ model.z_back.T
    tau2 = float(variances.omega[z.index("treatment"), z.index("treatment")]) if "treatment" in z else 0.0
    if len(used.size) == 1:
        tau2 = float("nan")
    return OneStepFit(
        effect,
        interaction,
        tau2,
        variances.s if model.groups > 1 else float(variances.s[0]),
        at.criterion,
        status,
        message,
        len(used.size),
        int(used.size.sum()),
        int(used.arms[:, 0].sum()),
        int(used.arms[:, 1].sum()),
        used.labels,
        covariance[np.ix_(of_trials, of_trials)],
        tuple(z[k] for k in of_trials),
        beta,
        model.x_names,
        raw @ conclusions.covariance @ raw.T,
        model.dropped,
        excluded,
        variances.optimiser,
        tuple(used.labels[model.sharing].tolist()),
        _trial_weights(model, variances, int(at_treatment[0])),
        float(variances.omega[-1, -1]) if model.sites.any() else float("nan"),
        int(model.sites.sum()),
    )


def _trial_weights(model: Blocks, variances: Variances, j: int) -> FloatArray:
    """[A_xx^-1 A_xx of the trial]_jj: what a change of 1 in the effect within one trial moves the common one by."""
    each = by_trial(model, variances.s, variances.omega)[:, :-1, j]
    return np.asarray(each @ variances.terms.phi[j])


def _infer(model: Blocks, options: Options, variances: Variances) -> infer.Inference:
    floor = 0.0
    if options.df_floor == "trials-1" and options.random_effects:
        floor = float((options.floor_trials or len(model.trials)) - 1)
    exact = float(model.df) if model.q == 0 and model.groups == 1 else float("nan")
    if options.inference == "normal":
        return infer.normal(variances.terms)
    if options.inference == "satterthwaite":
        return infer.satterthwaite(variances.terms, variances.jacobian, variances.curvature, exact, floor)
    return infer.kenward_roger(variances.terms, exact, floor)


def _judge(used: CrossProducts, model: Blocks, variances: Variances, places: NDArray[np.int64]) -> tuple[Status, str]:
    """Status and message of a fit that has estimates."""
    if variances.vanished:
        return "failed", _vanished(used, model, variances)
    if float(np.min(variances.s)) <= NEARLY_EXACT * model.outcome_scale / float(model.trials.sum()):
        return "failed", REPRODUCED
    if not variances.optimiser.converged:
        return "failed", "the search for the variances did not converge"
    notes = _dropped(model)
    if len(places) and np.all(places < 0):
        return "not estimable", _no_interaction(model)
    edge = _boundary(model, variances.omega)
    if edge:
        return "boundary", "; ".join([edge, *notes])
    if len(model.trials) == 1:
        notes.insert(0, ONE_TRIAL_OF_SITES if model.sites.any() else ONE_TRIAL)
    return "ok", "; ".join(notes) or CONVERGED


def _dropped(model: Blocks) -> list[str]:
    return [f"{name} was dropped: {reason}" for name, reason in model.dropped.items()]


def _no_interaction(model: Blocks) -> str:
    return "the interaction is not estimable: " + "; ".join(_dropped(model))


def _vanished(used: CrossProducts, model: Blocks, variances: Variances) -> str:
    if model.arms:
        arms = " and the ".join(("control", "intervention")[k] for k in variances.vanished)
        return f"the residual variance of the {arms} arms runs to zero: they have too few participants for their own"
    which = ", ".join(str(used.labels[k]) for k in variances.vanished)
    return f"the residual variance of trial {which} runs to zero: it has too few participants for its own"


def _negative_variance(conclusions: infer.Inference, places: NDArray[np.int64]) -> bool:
    """Whether the correction of the covariance leaves a wanted coefficient (-1: none) without a positive variance."""
    j = places[places >= 0]
    return not bool(np.all(conclusions.covariance[j, j] > 0.0))


def zero_variance(*effects: str) -> str:
    """Say that effects do not vary between trials.

    Examples
    --------
    >>> zero_variance("treatment")
    'the between-trial variance of treatment is estimated as zero'
    """
    return f"the between-trial variance of {', '.join(effects)} is estimated as zero"


def _boundary(model: Blocks, omega: FloatArray) -> str:
    zero = [name for name, v in zip(model.z_names, np.diag(omega), strict=True) if v == 0.0]
    trials = [name for name in zero if not name.startswith(SITE)]
    if zero:
        said = [zero_variance(*trials)] if trials else []
        return "; ".join([*said, *([NO_SITE_VARIANCE] if len(zero) > len(trials) else [])])
    if model.q > 1 and model.free[1, 0]:
        sd = np.sqrt(np.diag(omega))
        if np.linalg.eigvalsh(omega / np.outer(sd, sd))[0] < 1e-8:
            return "the random effects are perfectly correlated"
    return ""


def _without_estimate(
    used: CrossProducts,
    excluded: tuple[ExcludedParticipants, ...],
    scalar: bool,
    message: str,
    dropped: dict[str, str],
    status: Status = "not estimable",
) -> OneStepFit:
    nan = float("nan")
    interaction: Effect | None = None
    if used.moderators:
        gap = np.full(used.moderators, nan)
        interaction = NOTHING if scalar else Effect(gap, gap, gap, gap)
    return OneStepFit(
        NOTHING,
        interaction,
        nan,
        nan,
        nan,
        status,
        message,
        len(used.size),
        int(used.size.sum()),
        int(used.arms[:, 0].sum()),
        int(used.arms[:, 1].sum()),
        used.labels,
        np.zeros((0, 0)),
        (),
        np.zeros(0),
        (),
        np.zeros((0, 0)),
        dropped,
        excluded,
        Optimiser(0, 0, nan, False, 0),
    )
