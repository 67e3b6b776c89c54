"""What many data sets say together: the record of an evaluation.

In: the evaluation file, and the outcomes of each scenario and search. Out: an `EvaluationRecord`. Shares have the binomial
standard error and Clopper and Pearson's interval, means that of a mean; data sets without the number do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from reportgen.evaluation.outcomes import (
    CORRECTED,
    DIFFERENCE,
    ESTIMATE,
    HELD_OUT,
    HIGH,
    INSIDE,
    LOW,
    NAIVE,
    TRUTH,
    Outcomes,
)
from reportgen.records.evaluation import (
    Average,
    EvaluationRecord,
    Given,
    JudgedEffect,
    JudgedSearch,
    Rate,
    Right,
    ScenarioRecord,
    SearchInScenario,
    SimulatedModerator,
    Way,
    What,
)
from reportgen.records.numbers import Inline, Measure, Value, slug
from reportgen.records.printed import Figures
from reportgen.release.values import Values
from reportgen.spec.evaluation import AnyTried, EvaluationSpec, Moderator, Scenario, TriedPartitioning, TriedPeeling
from reportgen.stats.crossproducts import FloatArray
from reportgen.stats.draws import share_interval
from reportgen.stats.held_out import FEWEST_TRIALS
from reportgen.stats.ranks import BoolArray

PRINTED = Figures({"percent": 1, "effect": 3, "mean": 1})
"""With how many decimals an evaluation is printed."""
WAYS: dict[Way, int] = {"naive": NAIVE, "corrected": CORRECTED, "held-out": HELD_OUT}
WHATS: dict[What, int] = {"inside": INSIDE, "difference": DIFFERENCE}
SHOWN = {  # settings that tell searches apart, as reports say them
    "criterion": "criterion",
    "multiplicity": "adjustment for cuts",
    "across": "adjustment for moderators",
    "information": "information",
    "adjuster_slopes": "slopes of the adjusters",
    "alpha": "alpha",
    "gamma": "gamma",
    "depth": "depth",
    "width": "width",
    "max_cuts": "cuts",
    "objective": "objective",
    "beam": "beam",
    "bin_width": "bin width",
    "min_fraction": "smallest share",
    "min_size": "smallest size",
    "min_arm": "smallest arm",
    "min_trials": "fewest trials",
}

ADJUSTED = {"sidak-modified": "Šidák with correlated cuts", "sidak": "Šidák"}


def evaluation_record(spec: EvaluationSpec, outcomes: Mapping[tuple[int, str], Outcomes]) -> EvaluationRecord[Value]:
    """Sum up an evaluation.

    Parameters
    ----------
    spec : EvaluationSpec
    outcomes : mapping of (int, str) to Outcomes
        By the number of the scenario and the name of the search.
    """
    file, values = spec.file, _values("evaluation", "evaluation")
    about = file.evaluation
    return EvaluationRecord(
        spec.name,
        values.quote("title", about.title),
        setting(values, "seed", about.seed),
        setting(values, "alpha", about.alpha),
        setting(values, "level", round(100 * about.level, 6), "%"),
        setting(values, "effect", file.effect),
        tuple(_moderator(name, moderator) for name, moderator in file.moderators.items()),
        tuple(_search(spec, name, search) for name, search in file.searches.items()),
        tuple(_scenario(spec, scenario, outcomes) for scenario in spec.scenarios()),
    )


def _values(prefix: str, source: str, n: int | None = None, trials: int | None = None) -> Values:
    # people who were simulated are nobody: no number is suppressed for their sake
    return Values(prefix, source, n, trials, arms=(0, 0), minimum=0)


def setting(values: Values, name: str, value: float, unit: str = "") -> Value:
    """Return a number of the file with the decimals that it has there."""
    text = np.format_float_positional(value, trim="-")
    return values.figure(name, value, len(text.partition(".")[2]), unit)


def _moderator(name: str, moderator: Moderator) -> SimulatedModerator[Value]:
    values = _values(slug("evaluation", "moderators", name), "moderators")
    distribution: Inline[Value]
    if moderator.range is not None:
        ends = (setting(values, word, end) for word, end in zip(("low", "high"), moderator.range, strict=True))
        low, high = ends
        distribution = ("whole numbers from ", low, " to ", high, ", evenly")
    elif moderator.share is not None:
        distribution = (setting(values, "share", 100 * moderator.share, "%"), "% yes")
    else:
        mean, sd = setting(values, "mean", moderator.mean or 0.0), setting(values, "sd", moderator.sd or 1.0)
        distribution = ("normal, mean ", mean, ", SD ", sd)
    return SimulatedModerator(
        values.quote("name", name), distribution, setting(values, "slope", moderator.slope), moderator.adjusted
    )


def _search(spec: EvaluationSpec, name: str, search: AnyTried) -> JudgedSearch[Value]:
    values = _values(slug("evaluation", "searches", name), f"searches.{name}")
    size = search.size if isinstance(search, TriedPeeling) else None
    screening = search.screening
    return JudgedSearch(
        values.quote("name", name),
        search.method,
        setting(values, "data sets", spec.data_sets(name)),
        tuple(_settings(values, search)),
        setting(values, "p below", screening.p_below) if screening else None,
        setting(values, "sign flips", search.draws.sign_flips),
        search.draws.curtailed,
        setting(values, "bootstrap", search.draws.bootstrap),
        search.held_out,
        setting(values, "size", 100 * size, "%") if size is not None else None,
    )


def _settings(values: Values, search: AnyTried) -> Iterator[tuple[str, Inline[Value]]]:
    """Yield the settings that were used, those by default as well."""
    unused = {"gamma"} if getattr(search, "criterion", "interaction") == "interaction" else {"alpha"}
    for key, word in SHOWN.items():
        value = getattr(search, key, None)
        if value is None or (isinstance(search, TriedPartitioning) and key in unused):
            continue
        yield word, (ADJUSTED.get(value, value),) if isinstance(value, str) else (setting(values, word, value),)
    if search.screening is not None:
        yield "reading of the screening", (search.screening.reading,)
        yield "its interaction", (search.screening.interaction_effect,)
        yield "its slopes", (search.screening.adjuster_slopes,)
        if isinstance(search, TriedPartitioning):
            yield "moderators sorted out", ("counted" if search.count_screened else "not counted",)
    for name, gains in getattr(search, "directions", {}).items():
        yield "direction", (values.at("direction").quote(name, name), f": {gains}")


def _scenario(
    spec: EvaluationSpec, scenario: Scenario, outcomes: Mapping[tuple[int, str], Outcomes]
) -> ScenarioRecord[Value]:
    cell, number = scenario.cell, scenario.number
    values = _values(slug("evaluation", "scenario", str(number)), "evaluation")
    sizes = cell.trials.sizes
    residual = cell.residual
    by: Inline[Value] = ()
    if residual.moderator is not None:
        name = values.quote("residual moderator", residual.moderator)
        by = ("× ", setting(values, "residual factor", residual.factor), " per SD of ", name)
    return ScenarioRecord(
        setting(values, "number", number),
        values.quote("trials", scenario.trials),
        values.count("number of trials", len(sizes), "trials"),
        values.count("participants", sum(sizes)),
        _several(values, "size", sizes),
        _several(values, "allocation", tuple(100 * allocation for allocation in cell.trials.allocations), "%"),
        setting(values, "tau", cell.tau),
        setting(values, "interaction scatter", cell.interaction_scatter),
        setting(values, "slope scatter", cell.slope_scatter),
        values.quote("residual", scenario.residual),
        setting(values, "intervention sd", residual.intervention),
        by,
        values.quote("planted", scenario.planted) if scenario.planted else None,
        tuple(_where(values, cell.where)),
        setting(values, "gain", cell.gain),
        tuple(_in_scenario(spec, name, scenario, outcomes[number, name]) for name in spec.file.searches),
    )


def _several(builder: Values, name: str, values: tuple[float, ...], unit: str = "") -> Inline[Value]:
    """Return values of trials, once where they are all the same."""
    distinct = values[:1] if len(set(values)) == 1 else values
    found: list[str | Value] = []
    for place, value in enumerate(distinct):
        found += [*([", "] if place else []), setting(builder, f"{name} {place + 1}", value, unit)]
    return tuple(found)


def _where(values: Values, where: Mapping[str, str]) -> Iterator[str | Value]:
    for place, (name, text) in enumerate(where.items()):
        yield from [" and "] if place else []
        yield values.quote(f"where {place + 1}", f"{name} {text}")


def _in_scenario(spec: EvaluationSpec, name: str, scenario: Scenario, outcomes: Outcomes) -> SearchInScenario[Value]:
    search, alpha = spec.file.searches[name], spec.file.evaluation.alpha
    sizes = scenario.cell.trials.sizes
    values = _values(
        slug("evaluation", "scenario", str(scenario.number), name), f"searches.{name}", n=sum(sizes), trials=len(sizes)
    )
    given = dict(_given(search, outcomes))
    flips, keeps = bool(search.draws.sign_flips), isinstance(search, TriedPartitioning)
    curtailed = search.draws.curtailed
    rejected = np.where(np.isnan(outcomes.p), 0.0, outcomes.p <= alpha)
    return SearchInScenario(
        values.quote("search", name),
        rate(values.at("naive"), rejected),
        rate(values.at("kept"), outcomes.kept) if keeps else None,
        rate(values.at("supported"), outcomes.supported) if flips else None,
        average(values.at("flips"), outcomes.flips, "mean", "sign flips") if curtailed else None,
        average(values.at("kept in draws"), 100 * outcomes.kept_in_draws, "percent", "%")
        if flips and keeps and not curtailed
        else None,
        average(values.at("share"), 100 * outcomes.share, "percent", "%"),
        tuple(_right(values, name, outcomes, mask) for name, mask in given.items()) if scenario.cell.where else (),
        tuple(_effects(values, search, outcomes, given, len(sizes))),
    )


def _given(search: AnyTried, outcomes: Outcomes) -> Iterator[tuple[Given, BoolArray]]:
    """Yield which data sets count."""
    yield "all", np.ones(len(outcomes.number), bool)
    if isinstance(search, TriedPartitioning):
        yield "kept", outcomes.kept == 1.0
    if search.draws.sign_flips:
        yield "supported", outcomes.supported == 1.0


def _right(values: Values, given: Given, outcomes: Outcomes, mask: BoolArray) -> Right[Value]:
    at = values.at("right", given)
    return Right(
        given,
        rate(at.at("moderator"), outcomes.moderator[mask]),
        rate(at.at("alone"), outcomes.alone[mask]),
        rate(at.at("cut"), outcomes.cut[mask]),
        average(at.at("jaccard"), outcomes.jaccard[mask], "effect"),
    )


def _effects(
    values: Values, search: AnyTried, outcomes: Outcomes, given: Mapping[Given, BoolArray], trials: int
) -> Iterator[JudgedEffect[Value]]:
    few = f"{trials} trial{'s' * (trials > 1)}, and leaving one out needs {FEWEST_TRIALS}"
    asked = {"naive": True, "corrected": bool(search.draws.bootstrap), "held-out": search.held_out}
    for way, place in WAYS.items():
        for what, which in WHATS.items():
            for condition, mask in given.items():
                if asked[way]:
                    found = outcomes.effects[mask, place, which]
                    reason = few if way == "held-out" and trials < FEWEST_TRIALS else ""
                    yield _effect(values.at(way, what, condition), (way, what, condition), found, reason)


def _effect(values: Values, which: tuple[Way, What, Given], found: FloatArray, reason: str) -> JudgedEffect[Value]:
    known = found[~np.isnan(found[:, [ESTIMATE, TRUTH]]).any(axis=1)]
    with_interval = known[~np.isnan(known).any(axis=1)]
    covered = (with_interval[:, LOW] <= with_interval[:, TRUTH]) & (with_interval[:, TRUTH] <= with_interval[:, HIGH])
    return JudgedEffect(
        *which,
        average(values.at("estimate"), known[:, ESTIMATE], "effect", "SD", reason),
        average(values.at("truth"), known[:, TRUTH], "effect", "SD", reason),
        average(values.at("bias"), known[:, ESTIMATE] - known[:, TRUTH], "effect", "SD", reason),
        rate(values.at("coverage"), covered.astype(float), reason),
    )


def rate(values: Values, happened: FloatArray, reason: str = "") -> Rate[Value]:
    """Return the share of data sets in which something happened, those left out in which it could not; `reason` where in none."""
    known = happened[~np.isnan(happened)]
    times, of = int(known.sum()), len(known)
    if not of:
        share, error, low, high = (
            values.none(name, reason or "no data set", "%") for name in ("share", "std error", "low", "high")
        )
        return Rate(share, error, low, high, values.count("data sets", 0, "data sets"))
    p = times / of
    least, most = share_interval(times, of)
    return Rate(
        values.share("share", times, of),
        values.fixed("std error", 100 * float(np.sqrt(p * (1 - p) / of)), "percent", "%"),
        values.fixed("low", 100 * least, "percent", "%"),
        values.fixed("high", 100 * most, "percent", "%"),
        values.count("data sets", of, "data sets"),
    )


def average(builder: Values, values: FloatArray, measure: Measure, unit: str = "", cause: str = "") -> Average[Value]:
    """Return the mean over data sets that have a value; `cause` says why none has."""
    known = values[~np.isnan(values)]
    reason = cause or "no data set" if not len(known) else "one data set"
    error = float(known.std(ddof=1) / np.sqrt(len(known))) if len(known) > 1 else None
    return Average(
        builder.fixed("mean", float(known.mean()) if len(known) else None, measure, unit, reason),
        builder.fixed("std error", error, measure, unit, reason),
        builder.count("data sets", len(known), "data sets"),
    )
