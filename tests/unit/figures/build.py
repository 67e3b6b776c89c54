"""Pooled effects with invented numbers, as the analyses would record them."""

from __future__ import annotations

import math
from dataclasses import replace

from reportgen.records.effect_scale import MEAN_DIFFERENCE
from reportgen.records.estimate import Estimate
from reportgen.records.model import (
    Availability,
    AvailabilityCell,
    Heterogeneity,
    ModelSettings,
    PooledEffect,
    Scaled,
    TrialEstimate,
    TwoStageHeterogeneity,
)
from reportgen.records.numbers import Number, slug
from tests.number_builder import NumberBuilder

DECIMALS = {"effect": 1, "scaled": 1, "p": 2, "percent": 1, "heterogeneity": 2}


def builder(prefix: str) -> NumberBuilder:
    return NumberBuilder(prefix, "invented", DECIMALS)


def quote(id_: str, text: str) -> Number:
    return Number(slug(*id_.split(".")), None, text, kind="quotation")


def settings(**changes: object) -> ModelSettings:
    words: dict[str, object] = {
        "adjust_for": (quote("pooled.settings.adjust-for.1", "baseline"),),
        "intercept": "stratified",
        "treatment_effect": "random",
        "covariance": "independent",
        "adjuster_slopes": "common",
        "residual": "common",
        "estimation": "reml",
        "inference": "kenward-roger",
        "df_floor": "trials-1",
        "two_stage_method": "reml",
        "two_stage_test": "knha",
        "level": Number("pooled.settings.level", 95, "95", "%"),
        "minimum_trials": Number("pooled.settings.minimum-trials", 2, "2"),
    }
    return ModelSettings(**(words | changes))  # type: ignore[arg-type]


def estimate(at: NumberBuilder, value: float | None, half: float, unit: str = "") -> Estimate:
    there = value is not None
    return Estimate(
        at.fixed("effect", value, "effect", unit),
        at.fixed("low", value - half if there else None, "effect", unit),
        at.fixed("high", value + half if there else None, "effect", unit),
        at.fixed("std error", half / 1.96 if there else None, "effect", unit),
        at.fixed("df", 10.0 if there else None, "effect"),
        at.p("p", 0.03 if there else None),
    )


def trial(
    at: NumberBuilder,
    name: str,
    value: float | None,
    half: float,
    weight: float,
    instrument: str = "RMDQ",
    reason: str = "",
) -> TrialEstimate:
    at = at.at(name)
    return TrialEstimate(
        at.quote("label", name),
        at.quote("instrument", instrument),
        at.count("n control", 40 + len(name) * 7),
        at.count("n intervention", 45 + len(name) * 11),
        estimate(at, value, half),
        at.fixed("weight", weight if value is not None else None, "percent", "%"),
        "ok" if value is not None else "not estimable",
        reason,
    )


def effect(
    outcome: str = "pain",
    follow_up: str = "short",
    value: float | None = 3.0,
    half: float = 2.0,
    *,
    label: str | None = None,
    visit: str | None = None,
    unit: str = "points",
    predicted: float | None = 2.0,
    status: str = "ok",
    reason: str = "",
    by_trial: int = 0,
    trials: int = 4,
    scaled: bool = True,
    factor: float = 4.0,
    long_trial: str = "",
) -> PooledEffect:
    at = builder("pooled").at(outcome, follow_up)
    there = value is not None
    reach = half * predicted if predicted else None
    low = value - reach if there and reach else None
    high = value + reach if there and reach else None
    pooled = estimate(at, value, half, unit)
    return PooledEffect(
        id=at.prefix,
        outcome=outcome,
        outcome_label=quote(f"outcome.{outcome}.label", label or outcome.capitalize()),
        domain=quote(f"outcome.{outcome}.domain", "pain"),
        unit=quote(f"outcome.{outcome}.unit", unit),
        scale=MEAN_DIFFERENCE,
        follow_up=follow_up,
        follow_up_label=quote(f"follow-up.{follow_up}.label", visit or f"{follow_up.capitalize()} term"),
        comparison="overall",
        trials=at.count("trials", trials, "trials"),
        n=at.count("n", 820 + 17 * len(outcome)),
        n_control=at.count("n control", 400 + 9 * len(outcome)),
        n_intervention=at.count("n intervention", 420 + 8 * len(outcome)),
        in_comparison=at.count("in comparison", 1000),
        estimate=pooled,
        scaled=_scaled(at.at("scaled"), factor, value, half, low, high) if scaled else None,
        scaled_checks=None,
        heterogeneity=_heterogeneity(at, there, low, high),
        common=pooled,
        two_stage=pooled,
        two_stage_heterogeneity=_two_stage(at.at("two stage"), there),
        outside_reasons=None,
        by_trial=tuple(_trials(at, value or 0.0, half, by_trial, long_trial)),
        excluded=(),
        status=status if there else "not estimable",  # type: ignore[arg-type]
        reason=reason,
        evaluations=at.count("evaluations", 12),
        criterion=at.fixed("criterion", -12.0, "effect"),
        df_unfloored=at.count("df model", 7),
    )


def _scaled(
    at: NumberBuilder, factor: float, value: float | None, half: float, low: float | None, high: float | None
) -> Scaled:
    there = value is not None
    return Scaled(
        at.fixed("effect", value * factor if there else None, "scaled"),
        at.fixed("low", (value - half) * factor if there else None, "scaled"),
        at.fixed("high", (value + half) * factor if there else None, "scaled"),
        at.fixed("predicted low", low * factor if low is not None else None, "scaled"),
        at.fixed("predicted high", high * factor if high is not None else None, "scaled"),
        at.fixed("factor", factor, "scaled"),
    )


def _heterogeneity(at: NumberBuilder, there: bool, low: float | None, high: float | None) -> Heterogeneity:
    return Heterogeneity(
        at.fixed("tau2", 0.41 if there else None, "heterogeneity"),
        at.fixed("tau", 0.64 if there else None, "heterogeneity"),
        at.fixed("i2", 37.2 if there else None, "percent", "%"),
        at.fixed("i2 low", 0.0 if there else None, "percent", "%"),
        at.fixed("i2 high", 71.5 if there else None, "percent", "%"),
        at.fixed("predicted low", low, "effect"),
        at.fixed("predicted high", high, "effect"),
    )


def _two_stage(at: NumberBuilder, there: bool) -> TwoStageHeterogeneity:
    return TwoStageHeterogeneity(
        at.count("trials", 4, "trials"),
        at.fixed("tau2", 0.38 if there else None, "heterogeneity"),
        at.fixed("tau2 low", 0.0 if there else None, "heterogeneity"),
        at.fixed("tau2 high", 2.1 if there else None, "heterogeneity"),
        at.fixed("q", 4.78 if there else None, "heterogeneity"),
        at.count("q df", 3, "df"),
        at.p("q p", 0.19 if there else None),
    )


def availability(trials: int = 4, measures: tuple[str, ...] = ("Probing depth", "Age"), n: int = 100) -> Availability:
    """Every trial collects every measure, except that trial k never collects measure k; covariates at baseline only."""
    visits = ("baseline", "visit 3", "visit 5")
    names = [f"Trial {k} {2000 + k}" for k in range(1, trials + 1)]
    at = builder("availability")
    cells = []
    for k, name in enumerate(names):
        for j, measure in enumerate(measures):
            for i, visit in enumerate(visits):
                never = k == j or (measure in ("Age", "Sex", "Diabetes", "Body mass index") and i > 0)
                share = 1 - 0.2 * i
                number = None if never else at.at(name, measure).count(visit, round(n * share))
                cells.append(AvailabilityCell(name, measure, visit, number, 0.0 if never else share))
    return Availability(
        tuple(at.at(name).quote("label", name) for name in names),
        tuple(at.at(name).count("n", n) for name in names),
        tuple((measure, at.at(measure).quote("label", measure)) for measure in measures),
        tuple((visit, at.at(visit).quote("label", visit.capitalize())) for visit in visits),
        tuple(cells),
    )


def _trials(at: NumberBuilder, value: float, half: float, number: int, long_trial: str) -> list[TrialEstimate]:
    names = [long_trial or "Witt 2006", *(f"Trial {k} {2000 + k}" for k in range(2, number + 1))][:number]
    rows = []
    for k, name in enumerate(names):
        wave = math.sin(2.3 * k + 1)
        weight = 100 * (k + 1) / (number * (number + 1) / 2)
        rows.append(trial(at.at("trial"), name, value + 2.5 * wave, half * (1.2 + 6 / (k + 2)), weight))
    return rows


def beyond_all(one: PooledEffect) -> PooledEffect:
    """Return a pooled effect that lies far from those of its trials."""
    far = replace(one.estimate, effect=replace(one.estimate.effect, value=999.0, text="999.0"))
    return replace(one, estimate=far, outside_reasons=("it is no mean",))
