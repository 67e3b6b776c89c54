"""What figures say around their marks: notes, reasons, settings and alternative text, made of words and numbers.

The words of the study file ("kenward-roger") become the words of a report here, and only here, for figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from reportgen.figures.lettering import NO_BREAK
from reportgen.records.derived import Derived
from reportgen.records.effect_scale import EffectScale, capitalised, shared
from reportgen.records.estimate import NotAdjusted
from reportgen.records.model import ModelSettings, PooledEffect
from reportgen.records.numbers import Inline, Number, Status

INFERENCE = {"kenward-roger": "Kenward–Roger", "satterthwaite": "Satterthwaite", "normal": "normal approximation"}
ESTIMATION = {"reml": "REML", "ml": "maximum likelihood"}
GLMM = {"binary": "logistic, maximum likelihood", "count": "Poisson, maximum likelihood"}
INTERCEPT = {"stratified": "an intercept per trial", "random": "random trial intercepts"}
TREATMENT = {"random": "random treatment effect", "common": "common treatment effect"}
BOUNDARY_MARK = "†"
ALONE_MARK = "‡"
POOLING = {"reml": "REML", "dersimonian-laird": "DerSimonian–Laird", "paule-mandel": "Paule–Mandel"}
TEST = {
    "knha": "guarded Hartung–Knapp–Sidik–Jonkman interval",
    "knha-plain": "plain Hartung–Knapp–Sidik–Jonkman interval",
    "normal": "normal interval",
}


OWN_AXES = "Each outcome has its own axis; lengths are comparable within one axis only. "


class Measured(Protocol):
    """What has a scale and a unit: an effect, or a result of an outcome."""

    @property
    def scale(self) -> EffectScale:
        """Of its effects."""

    @property
    def unit(self) -> Number:
        """Of its effects; without a text where there is none."""


def in_unit(outcomes: Sequence[Measured]) -> Inline:
    """Return what the title of an axis says after the measure: the unit of all, in what they differ, or nothing."""
    if len({outcome.scale for outcome in outcomes}) > 1:
        return (", in the measure of each outcome",)
    if len({outcome.unit.text for outcome in outcomes}) > 1:
        return (" in the unit of each outcome",)
    return (" (", outcomes[0].unit, ")") if outcomes and outcomes[0].unit.text else ()


def count(name: str, what: str, value: int) -> Number:
    """Return a count that a figure itself makes, such as its rows, with an id of its own."""
    return Derived(name).count(what, value, unit=what)


def plural(number: Number, one: str, many: str) -> Inline:
    """Return "1 row" or "12 rows"."""
    return (number, f" {one if number.value == 1 else many}")


def interval_name(settings: ModelSettings, short: bool = False) -> Inline:
    """Return "95% confidence interval" with the id of its level."""
    return (settings.level, "% CI" if short else "% confidence interval")


def inference_name(settings: ModelSettings, effect: PooledEffect) -> str:
    """Return the method of the intervals in words; models of events have the t distribution where others have better ones."""
    if effect.model == "two-stage" and settings.treatment_effect == "common":
        return INFERENCE["normal"]
    if effect.model == "two-stage":
        return TEST.get(settings.two_stage_test, settings.two_stage_test).removesuffix(" interval")
    if effect.kind != "continuous" and settings.inference != "normal":
        return "t distribution" if settings.treatment_effect == "random" else INFERENCE["normal"]
    return INFERENCE.get(settings.inference, settings.inference)


def percent(number: Number) -> Inline:
    """Return a per cent with its sign, once."""
    return (number,) if number.text.endswith("%") or number.value is None else (number, "%")


def quoted(words: str, name: str, what: str) -> Inline:
    """Return words that came from the analysis; if they hold digits, they are a quotation with an id."""
    if not any(character.isdigit() for character in words):
        return (words,) if words else ()
    return (Derived(name).quote(what, words),)


def reason(status: Status, cause: str, name: str, what: str) -> Inline:
    """Return why a row has no estimate."""
    message = "failed" if status == "failed" else "suppressed" if status == "suppressed" else "not estimable"
    if not cause:
        return (message,)
    return quoted(cause, name, what) if cause.startswith(message) else (f"{message}: ", *quoted(cause, name, what))


def adjusters_of(effect: PooledEffect, settings: ModelSettings) -> tuple[Number, ...]:
    """Return the adjusters that the model of an effect has."""
    lost = {item.adjuster.text for item in effect.not_adjusted}
    return tuple(item for item in settings.adjust_for if item.text not in lost)


def measure(effects: Sequence[PooledEffect], settings: ModelSettings) -> str:
    """Return what effects are, "adjusted" where a model of them is adjusted for something."""
    scale = shared(effect.scale for effect in effects)
    return adjusted(scale, [effect.not_adjusted for effect in effects], settings.adjust_for)


def adjusted(scale: EffectScale, lost: Sequence[Sequence[NotAdjusted]], adjust_for: Sequence[Number]) -> str:
    """Return what effects that share an axis are; `lost` says of each which of its adjusters its model leaves out.

    Beside an outcome that is not adjusted since nobody measured it at baseline, others are not called adjusted either.
    """
    bare = any(len(item) == len(adjust_for) and any(each.kind == "unmeasured" for each in item) for item in lost)
    there = not bare and any(len(item) < len(adjust_for) for item in lost)
    return f"adjusted {scale.measure}" if there else scale.measure


def _model(effect: PooledEffect, settings: ModelSettings) -> str:
    """Return by what an effect is estimated: the regression of one trial, or the model of all, left open for its adjusters."""
    if effect.alone:
        return f"{capitalised(effect.regression)} of one trial"
    if effect.model == "two-stage":
        pooled = POOLING[settings.two_stage_method] if settings.treatment_effect == "random" else TREATMENT["common"]
        return f"Two-stage model ({pooled}, from the trials’ own effects by {effect.regression}"
    fit = ", ".join(
        (
            ESTIMATION.get(settings.estimation, settings.estimation)
            if effect.kind == "continuous"
            else GLMM[effect.kind],
            INTERCEPT.get(settings.intercept, f"{settings.intercept} intercept"),
            TREATMENT.get(settings.treatment_effect, f"{settings.treatment_effect} treatment effect"),
        )
    )
    return f"One-step model ({fit}"


def model_note(effect: PooledEffect, settings: ModelSettings) -> Inline:
    """Return model, m and n: the first sentence of the note of one effect."""
    adjusted: list[str | Number] = []
    for i, adjuster in enumerate(adjusters_of(effect, settings)):
        adjusted += [", adjusted for " if i == 0 else ", ", adjuster]
    return (
        _model(effect, settings),
        *adjusted,
        f"{'' if effect.alone else ')'}; m{NO_BREAK}={NO_BREAK}",
        effect.trials,
        f" {'trial' if effect.trials.value == 1 else 'trials'}, n{NO_BREAK}={NO_BREAK}",
        effect.n,
        *((f", Pearson dispersion{NO_BREAK}={NO_BREAK}", effect.dispersion) if effect.dispersion else ()),
        ". ",
    )


def heterogeneity_note(effect: PooledEffect, settings: ModelSettings) -> Inline:
    """Return τ² of the model, unless `two_stage_note` gives it with its interval, and the prediction interval."""
    between = effect.heterogeneity
    if effect.alone or between.tau2.value is None:
        return ()
    parts: list[Inline] = []
    if effect.model == "one-step" or effect.two_stage_heterogeneity.q.value is None:
        parts.append((f"τ²{effect.scale.on_log_scale}{NO_BREAK}={NO_BREAK}", between.tau2))
    if between.predicted_low.value is not None and between.predicted_high.value is not None:
        ends = between.predicted_low, " to ", between.predicted_high
        parts.append((settings.level, "% prediction interval ", *ends))
    return (*listed(parts), ". ") if parts else ()


def two_stage_note(effect: PooledEffect, settings: ModelSettings, *, in_a_row: bool = False) -> Inline:
    """Return how the trials were pooled in two stages: the model that the weights belong to, and its variation between trials.

    Where a row of the figure has the variation (`in_a_row`), the note says to which model that belongs.
    """
    if not has_variation(effect):
        return ()
    note: list[str | Number] = [] if in_a_row else ["Variation between trials: "]
    if effect.model == "one-step":
        what = "weights and heterogeneity belong" if in_a_row else "weights belong"
        note = [f"Two-stage model, to which the {what} ("]
        note += [f"{POOLING.get(settings.two_stage_method, settings.two_stage_method)}, "]
        note += [f"{TEST.get(settings.two_stage_test, settings.two_stage_test)})", "" if in_a_row else ": "]
    note += [] if in_a_row else variation(effect)
    one_step_only = (
        "; trials without an effect of their own are in the one-step model only" if effect.one_step_only else ""
    )
    note = [part for part in (*note, one_step_only) if part]
    return (*note, ". ") if note else ()


def has_variation(effect: PooledEffect) -> bool:
    """Whether the variation between trials of the two-stage model is known."""
    return not effect.alone and effect.two_stage_heterogeneity.q.value is not None


def variation(effect: PooledEffect) -> Inline:
    """Return τ², Q and I² of the two-stage model, with their intervals and p."""
    apart, between = effect.two_stage_heterogeneity, effect.heterogeneity
    note: list[str | Number] = [f"τ²{effect.scale.on_log_scale}{NO_BREAK}={NO_BREAK}", apart.tau2]
    if apart.tau2_low.value is not None and apart.tau2_high.value is not None:
        note += [" (", apart.tau2_low, " to ", apart.tau2_high, ")"]
    note += [f"; Q{NO_BREAK}={NO_BREAK}", apart.q, f" (df{NO_BREAK}={NO_BREAK}", apart.q_df, ", p"]
    note += [NO_BREAK if apart.q_p.text[:1] in "<>" else f"{NO_BREAK}={NO_BREAK}", apart.q_p, ")"]
    if between.i2.value is not None:
        note += [f"; I²{NO_BREAK}={NO_BREAK}", *percent(between.i2)]
        if between.i2_low.value is not None and between.i2_high.value is not None:
            note += [" (", *percent(between.i2_low), " to ", *percent(between.i2_high), ")"]
    return tuple(note)


def status_note(effect: PooledEffect, name: str) -> Inline:
    """Return how the fit ended."""
    if effect.alone:
        return ("One trial: its own effect; no pooling.",)
    if effect.status == "ok":
        return ("Status: converged.",)
    if effect.status == "boundary":
        mark = boundary_mark(effect)
        return (f"{mark}{' ' if mark else ''}Status: converged; {boundary(effect)}.",)
    return ("Status: ", *reason(effect.status, effect.reason, name, "status"), ".")


def boundary_mark(effect: PooledEffect) -> str:
    """Return the mark of an effect whose fit ended on a boundary that its note must explain.

    That no variation was found between trials is none: it is a result, which the note says once.
    """
    return BOUNDARY_MARK if effect.status == "boundary" and effect.heterogeneity.tau2.value != 0 else ""


def boundary(effect: PooledEffect) -> str:
    """Return what the estimates of a fit on the boundary of its model are: without variation between trials in most cases."""
    if effect.heterogeneity.tau2.value == 0:
        return "no variation found between trials (τ² is estimated as zero)"
    return "random effects estimated as perfectly correlated, or without variation"


def subject(outcome: Number, unit: Number, follow_up: Number) -> Inline:
    """Return ", Pain (points), short term": what a figure of one outcome is of, behind the kind of the figure."""
    return (", ", outcome, *((" (", unit, ")") if unit.text else ()), ", ", follow_up)


def interval(low: Number, high: Number) -> Inline:
    """Return " (1.2 to 3.4)", as it stands behind an estimate."""
    return (" (", low, " to ", high, ")")


def listed(parts: Sequence[Inline]) -> Inline:
    """Join parts with semicolons."""
    joined: list[str | Number] = []
    for i, part in enumerate(parts):
        joined += ["; "] if i else []
        joined += part
    return tuple(joined)
