"""What the record of a pooled effect says of its two-stage check, and where the two models differ.

In: the trials' own effects and the two-stage summary of one selection. Out: numbers with ids, and sentences. The weights of
the trials, Q and I² belong to the two-stage model: a one-step model has none of its own. Fewer than two trials with an
effect of their own are not pooled.
"""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.analyses.recording import NAN
from reportgen.records.estimate import Estimate, TwoStageHeterogeneity
from reportgen.records.model import TrialEstimate
from reportgen.records.numbers import Value
from reportgen.release.values import Values
from reportgen.spec.analyses import MetaAnalysis
from reportgen.stats import TwoStage

ONE_TRIAL = "one trial: no pooling"
ONE_EFFECT = "only one trial has an effect of its own: no two-stage pooling"
THE_EFFECT = "the effect itself is pooled in two stages"
NO_EFFECT = "no trial has an effect of its own"


def not_pooled(pooled: TwoStage | None, trials: int) -> str:
    """Return why the trials are not pooled in two stages, or an empty text.

    Parameters
    ----------
    pooled : TwoStage or None
    trials : int
        How many trials enter the one-step model.
    """
    if trials == 1:
        return ONE_TRIAL
    if pooled is None or pooled.trials > 1:
        return ""
    return ONE_EFFECT if pooled.trials else NO_EFFECT


def two_stage_estimate(
    pooled: TwoStage | None, level: float, values: Values, unit: str, reason: str
) -> Estimate[Value]:
    """Return the two-stage effect with its interval; dashes with the reason where there is none."""
    shown = None if reason else pooled
    ends = shown.interval(level) if shown else (NAN, NAN)
    failed = shown is not None and shown.status == "failed"
    cause = shown.message if shown and failed else reason
    low, high = values.bounds(*ends, "effect", unit, cause)
    return Estimate(
        effect=values.fixed("effect", shown.estimate if shown else NAN, "effect", unit, cause),
        low=low,
        high=high,
        std_error=values.fixed("se", shown.std_error if shown else NAN, "heterogeneity", unit, cause),
        df=values.fixed("df", shown.df if shown else NAN, "df", "", cause),
        p=values.p("p", shown.p_value if shown else NAN, cause),
    )


def two_stage_heterogeneity(
    pooled: TwoStage | None, values: Values, unit: str, reason: str
) -> TwoStageHeterogeneity[Value]:
    """Return the variation between trials as the two-stage model has it."""
    shown = None if reason else pooled
    low, high = shown.tau2_interval if shown else (NAN, NAN)
    square = f"{unit}²" if unit else ""
    return TwoStageHeterogeneity(
        trials=values.count("trials", shown.trials, "trials") if shown else values.none("trials", reason, "trials"),
        tau2=values.fixed("tau2", shown.tau2 if shown else NAN, "variance", square, reason),
        tau2_low=values.fixed("tau2 low", low, "variance", square, reason),
        tau2_high=values.fixed("tau2 high", high, "variance", square, reason),
        q=values.fixed("q", shown.q if shown else NAN, "q", "", reason),
        q_df=values.count("q df", shown.q_df, "df") if shown else values.none("q df", reason, "df"),
        q_p=values.p("q p", shown.q_p_value if shown else NAN, reason),
    )


def outside_reasons(rows: Sequence[TrialEstimate[Value]], node: MetaAnalysis, adjusted: bool) -> tuple[str, ...]:
    """Return what makes a one-step estimate other than a weighted mean of the trials' own effects.

    Parameters
    ----------
    rows : sequence of TrialEstimate
    node : MetaAnalysis node of the study file
    adjusted : bool
        Whether the model has adjusters.
    """
    parts = []
    if adjusted and node.adjuster_slopes == "common":
        parts.append(
            "the model has one slope of each adjuster for all trials, where each trial's own effect rests on its own slope"
        )
    if node.intercept == "random":
        parts.append("with random intercepts, differences between trials count as well")
    if any(row.estimate.effect.value is None for row in rows):
        parts.append("the model includes trials of which no effect is given here")
    return tuple(parts)
