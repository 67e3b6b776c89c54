"""Screens of moderators with invented numbers, as the analyses would record them."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.records.effect_scale import MEAN_DIFFERENCE
from reportgen.records.estimate import Estimate, TwoStageHeterogeneity
from reportgen.records.level_effects import LevelEffect, LevelEffects
from reportgen.records.moderation import (
    EffectAt,
    Interaction,
    InteractionReading,
    Scatter,
    Screen,
    ScreeningSettings,
    Tier,
)
from reportgen.records.numbers import Inline, Number
from reportgen.records.trial_interactions import ContrastByTrial, TrialInteraction
from reportgen.release.rules import TOO_FEW
from tests.number_builder import NumberBuilder
from tests.unit.figures.build import builder, estimate

WHY = "one trial with a value on both sides, and the screening needs two"


def settings() -> ScreeningSettings:
    made = builder("screening.settings")
    return ScreeningSettings(
        adjust_for=(made.quote("adjust 1", "baseline"),),
        treatment_effect="random",
        inference="kenward-roger",
        df_floor="trials-1",
        interaction_effect="common",
        adjuster_slopes="common",
        residual="common",
        reading="within",
        level=Number("screening.settings.level", 95, "95", "%"),
        minimum_trials=made.count("minimum trials", 2),
        significant=made.limit_of_p("significant", 0.05, 2),
        weak=made.limit_of_p("weak", 0.2, 2),
        percentiles=(made.quote("percentile 1", "10th"), made.quote("percentile 2", "90th")),
    )


def reading(
    at: NumberBuilder, values: Sequence[float | None], half: float, p: float | None, reason: str = ""
) -> InteractionReading:
    names = [f"level {k}" for k in range(len(values))] if len(values) > 1 else [""]
    each: list[Estimate] = [
        estimate(at.at(name) if name else at, value, half) for name, value in zip(names, values, strict=True)
    ]
    return InteractionReading(
        each=tuple(each),
        p=at.p("p of it", p, reason),
        df_num=at.count("df num", len(values)) if len(values) > 1 else None,
        df_den=None,
        status="not estimable" if reason else "ok",
        reason=reason,
        evaluations=at.count("evaluations", 12),
        criterion=at.figure("criterion", 1234.5, 1),
    )


def interaction(
    where: str,
    label: str = "Age",
    values: Sequence[float | None] = (-1.0,),
    half: float = 0.8,
    p: float | None = 0.01,
    tier: Tier = "significant",
    levels: Sequence[str] = (),
    found: str = "larger effect at lower values",
    expected: str = "",
) -> Interaction:
    at = builder(f"screening.{where}.{label}")
    reason = "" if p is not None else WHY
    words: Inline = (found,) if found and not reason else ()
    named = tuple(at.quote(f"name {k}", level) for k, level in enumerate(levels))
    effects = tuple(
        EffectAt(
            named[k] if named else at.at(str(k)).figure("value", 30.0 + 20 * k, 0),
            None if named else at.at(str(k)).quote("percentile", ("10th", "90th")[k]),
            estimate(at.at(f"at {k}"), None if reason else 3.0 + k, 1.0),
        )
        for k in range(len(named) or 2)
    )
    return Interaction(
        id=at.prefix,
        moderator=label.lower(),
        label=at.quote("label", label),
        step=None if levels else at.quote("per", "10 years"),
        levels=named[1:],
        reference=named[0] if named else None,
        trials=at.count("trials", 4),
        n=at.count("n", 400),
        n_control=at.count("n control", 190),
        n_intervention=at.count("n intervention", 210),
        cost_people=at.count("cost people", 3),
        cost_trials=at.count("cost trials", 0),
        uninformative=None,
        within=reading(at.at("within"), values, half, p, reason),
        naive=reading(at.at("naive"), values, half, p, reason),
        across=reading(
            at.at("across"),
            [None] * len(values),
            half,
            None,
            reason or "two trials, and the across reading needs three",
        ),
        scatter=Scatter(
            at.p("these", p, reason), at.p("new", None if p is None else 4 * p, reason), at.fixed("tau", half, "effect")
        ),
        separate=not reason,
        tested="within",
        tier="not estimable" if reason else tier,
        holm=at.p("holm", None if p is None else min(1.0, 3 * p), reason),
        benjamini_hochberg=at.p("bh", None if p is None else min(1.0, 2 * p), reason),
        at=effects,
        unit_at=at.quote("unit", "" if levels else "years"),
        expected=at.quote("expected", expected) if expected else None,
        found=words,
    )


def screen(outcome: str, interactions: Sequence[Interaction], reason: str = "", follow_up: str = "short") -> Screen:
    at = builder(f"screening.{outcome}.{follow_up}")

    def tiers(*names: Tier) -> int:
        return sum(item.tier in names for item in interactions)

    return Screen(
        id=at.prefix,
        outcome=outcome,
        outcome_label=at.quote("outcome", outcome.title()),
        domain=at.quote("domain", "pain"),
        unit=at.quote("unit", "points"),
        scale=MEAN_DIFFERENCE,
        span=100.0,
        follow_up=follow_up,
        follow_up_label=at.quote("follow-up", f"{follow_up.title()} term"),
        comparison="overall",
        trials=at.count("trials", 4),
        n=at.count("n", 400),
        n_control=at.count("n control", 190),
        n_intervention=at.count("n intervention", 210),
        interactions=tuple(interactions),
        tested=at.count("tested", tiers("significant", "weak", "neither")),
        significant=at.count("significant", tiers("significant")),
        weak=at.count("weak", tiers("weak")),
        reason=reason,
    )


def several() -> list[Screen]:
    """Two outcomes with something of everything, and one without any interaction."""
    pain = [
        interaction("pain", "Age", expected="younger people gain more"),
        interaction(
            "pain", "Sex", (0.4,), 0.6, 0.12, "weak", ("female", "male"), "larger effect with “male” than with “female”"
        ),
        interaction("pain", "Mood", (0.2, None, 9.0), 2.0, 0.6, "neither", ("low", "middling", "high", "none")),
        interaction("pain", "Job", (None,), p=None),
    ]
    function = [
        interaction("function", "Age", (1.5,), found="larger effect at higher values"),
        interaction(
            "function", "Baseline sites with a probing depth of four millimetres or more", (0.1,), 0.4, 0.7, "neither"
        ),
    ]
    walking = [interaction("walking", "Age", (None,), p=None)]
    return [
        screen("pain", pain),
        screen("walking", walking, "one trial, and two are needed"),
        screen("function", function),
    ]


def by_trial(where: str, index: int, hidden: str = "") -> ContrastByTrial:
    """A contrast in three trials, one of which may be hidden."""
    at = builder(f"{where}.by-trial.{index}")
    trials = tuple(
        TrialInteraction(
            trial=at.at(name).quote("label", name),
            n_control=at.at(name).count("n control", 40 + k),
            n_intervention=at.at(name).count("n intervention", 42 + k),
            estimate=estimate(at.at(name), None if name == hidden else -1.0 + 0.2 * k, 1.0),
            weight=at.at(name).fixed("weight", None if name == hidden else 30.0 + 5 * k, "percent"),
            status="suppressed" if name == hidden else "ok",
            reason=str(TOO_FEW) if name == hidden else "",
        )
        for k, name in enumerate(("North", "South", "West"))
    )
    pooled = at.at("pooled")
    return ContrastByTrial(
        id=at.prefix,
        trials=trials,
        pooled=estimate(pooled, -0.9, 0.6),
        heterogeneity=TwoStageHeterogeneity(
            trials=pooled.count("trials", 3),
            tau2=pooled.fixed("tau2", 0.04, "heterogeneity"),
            tau2_low=pooled.fixed("tau2 low", 0.0, "heterogeneity"),
            tau2_high=pooled.fixed("tau2 high", 2.0, "heterogeneity"),
            q=pooled.figure("q", 2.4, 2),
            q_df=pooled.count("q df", 2),
            q_p=pooled.p("q p", 0.3),
        ),
        i2=pooled.fixed("i2", 16.0, "percent", "%"),
        i2_low=pooled.fixed("i2 low", 0.0, "percent", "%"),
        i2_high=pooled.fixed("i2 high", 80.0, "percent", "%"),
        reason="",
    )


def level_effects(where: str, levels: int = 0) -> LevelEffects:
    """Effects at two values of a quantity, or in so many levels."""
    at = builder(f"{where}.consistent")
    each = tuple(
        LevelEffect(
            n=at.at(str(k)).count("n", 100 + k) if levels else None,
            share=at.at(str(k)).fixed("share", 100.0 / levels, "percent", "%") if levels else None,
            alone=estimate(at.at(f"{k} alone"), 5.0 + k, 1.0) if levels else None,
            consistent=estimate(at.at(str(k)), 4.0 + k, 1.0),
        )
        for k in range(levels or 2)
    )
    centre = None if levels else at.figure("centre", 41.5, 1)
    return LevelEffects(each, estimate(at.at("overall"), 4.4, 0.5), centre, "ok", "")
