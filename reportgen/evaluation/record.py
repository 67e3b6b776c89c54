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

PRINTED = Figures({"percent": 1, "effect": 3})
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
    file, press = spec.file, _values("evaluation", "evaluation")
    about = file.evaluation
    return EvaluationRecord(
        spec.name,
        press.quote("title", about.title),
        setting(press, "seed", about.seed),
        setting(press, "alpha", about.alpha),
        setting(press, "level", round(100 * about.level, 6), "%"),
        setting(press, "effect", file.effect),
        tuple(_moderator(name, one) for name, one in file.moderators.items()),
        tuple(_search(spec, name, one) for name, one in file.searches.items()),
        tuple(_scenario(spec, scenario, outcomes) for scenario in spec.scenarios()),
    )


def _values(prefix: str, source: str, n: int | None = None, trials: int | None = None) -> Values:
    # people who were simulated are nobody: no number is withheld for their sake
    return Values(prefix, source, n, trials, arms=(0, 0), minimum=0)


def setting(press: Values, name: str, value: float, unit: str = "") -> Value:
    """Return a number of the file with the decimals that it has there."""
    text = np.format_float_positional(value, trim="-")
    return press.figure(name, value, len(text.partition(".")[2]), unit)


def _moderator(name: str, one: Moderator) -> SimulatedModerator[Value]:
    press = _values(slug("evaluation", "moderators", name), "moderators")
    distribution: Inline[Value]
    if one.range is not None:
        ends = (setting(press, word, end) for word, end in zip(("low", "high"), one.range, strict=True))
        low, high = ends
        distribution = ("whole numbers from ", low, " to ", high, ", evenly")
    elif one.share is not None:
        distribution = (setting(press, "share", 100 * one.share, "%"), "% yes")
    else:
        mean, sd = setting(press, "mean", one.mean or 0.0), setting(press, "sd", one.sd or 1.0)
        distribution = ("normal, mean ", mean, ", SD ", sd)
    return SimulatedModerator(press.quote("name", name), distribution, setting(press, "slope", one.slope), one.adjusted)


def _search(spec: EvaluationSpec, name: str, search: AnyTried) -> JudgedSearch[Value]:
    press = _values(slug("evaluation", "searches", name), f"searches.{name}")
    size = search.size if isinstance(search, TriedPeeling) else None
    screening = search.screening
    return JudgedSearch(
        press.quote("name", name),
        search.method,
        setting(press, "data sets", spec.data_sets(name)),
        tuple(_settings(press, search)),
        setting(press, "p below", screening.p_below) if screening else None,
        setting(press, "sign flips", search.draws.sign_flips),
        setting(press, "bootstrap", search.draws.bootstrap),
        search.held_out,
        setting(press, "size", 100 * size, "%") if size is not None else None,
    )


def _settings(press: Values, search: AnyTried) -> Iterator[tuple[str, Inline[Value]]]:
    """Yield the settings that were used, those by default as well."""
    unused = {"gamma"} if getattr(search, "criterion", "interaction") == "interaction" else {"alpha"}
    for key, word in SHOWN.items():
        value = getattr(search, key, None)
        if value is None or (isinstance(search, TriedPartitioning) and key in unused):
            continue
        yield word, (ADJUSTED.get(value, value),) if isinstance(value, str) else (setting(press, word, value),)
    if search.screening is not None:
        yield "reading of the screening", (search.screening.reading,)
        yield "its interaction", (search.screening.interaction_effect,)
        yield "its slopes", (search.screening.adjuster_slopes,)
    for name, gains in getattr(search, "directions", {}).items():
        yield "direction", (press.at("direction").quote(name, name), f": {gains}")


def _scenario(
    spec: EvaluationSpec, scenario: Scenario, outcomes: Mapping[tuple[int, str], Outcomes]
) -> ScenarioRecord[Value]:
    cell, number = scenario.cell, scenario.number
    press = _values(slug("evaluation", "scenario", str(number)), "evaluation")
    sizes = cell.trials.sizes
    residual = cell.residual
    by: Inline[Value] = ()
    if residual.moderator is not None:
        name = press.quote("residual moderator", residual.moderator)
        by = ("× ", setting(press, "residual factor", residual.factor), " per SD of ", name)
    return ScenarioRecord(
        setting(press, "number", number),
        press.quote("trials", scenario.trials),
        press.count("number of trials", len(sizes), "trials"),
        press.count("participants", sum(sizes)),
        _several(press, "size", sizes),
        _several(press, "allocation", tuple(100 * one for one in cell.trials.allocations), "%"),
        setting(press, "tau", cell.tau),
        setting(press, "interaction scatter", cell.interaction_scatter),
        setting(press, "slope scatter", cell.slope_scatter),
        press.quote("residual", scenario.residual),
        setting(press, "intervention sd", residual.intervention),
        by,
        press.quote("planted", scenario.planted) if scenario.planted else None,
        tuple(_where(press, cell.where)),
        setting(press, "gain", cell.gain),
        tuple(_in_scenario(spec, name, scenario, outcomes[number, name]) for name in spec.file.searches),
    )


def _several(press: Values, name: str, values: tuple[float, ...], unit: str = "") -> Inline[Value]:
    """Return values of trials, once where they are all the same."""
    distinct = values[:1] if len(set(values)) == 1 else values
    found: list[str | Value] = []
    for place, value in enumerate(distinct):
        found += [*([", "] if place else []), setting(press, f"{name} {place + 1}", value, unit)]
    return tuple(found)


def _where(press: Values, where: Mapping[str, str]) -> Iterator[str | Value]:
    for place, (name, text) in enumerate(where.items()):
        yield from [" and "] if place else []
        yield press.quote(f"where {place + 1}", f"{name} {text}")


def _in_scenario(spec: EvaluationSpec, name: str, scenario: Scenario, one: Outcomes) -> SearchInScenario[Value]:
    search, alpha = spec.file.searches[name], spec.file.evaluation.alpha
    sizes = scenario.cell.trials.sizes
    press = _values(
        slug("evaluation", "scenario", str(scenario.number), name), f"searches.{name}", n=sum(sizes), trials=len(sizes)
    )
    given = dict(_given(search, one, alpha))
    flips, keeps = bool(search.draws.sign_flips), isinstance(search, TriedPartitioning)
    supported = np.where(np.isnan(one.search_wise_p), 0.0, one.search_wise_p <= alpha)
    rejected = np.where(np.isnan(one.p), 0.0, one.p <= alpha)
    return SearchInScenario(
        press.quote("search", name),
        rate(press.at("naive"), rejected),
        rate(press.at("kept"), one.kept) if keeps else None,
        rate(press.at("supported"), supported) if flips else None,
        average(press.at("kept in draws"), 100 * one.kept_in_draws, "percent", "%") if flips and keeps else None,
        average(press.at("share"), 100 * one.share, "percent", "%"),
        tuple(_right(press, name, one, who) for name, who in given.items()) if scenario.cell.where else (),
        tuple(_effects(press, search, one, given, len(sizes))),
    )


def _given(search: AnyTried, one: Outcomes, alpha: float) -> Iterator[tuple[Given, BoolArray]]:
    """Yield which data sets count."""
    yield "all", np.ones(len(one.number), bool)
    if isinstance(search, TriedPartitioning):
        yield "kept", one.kept == 1.0
    if search.draws.sign_flips:
        yield "supported", one.search_wise_p <= alpha


def _right(press: Values, given: Given, one: Outcomes, who: BoolArray) -> Right[Value]:
    at = press.at("right", given)
    return Right(
        given,
        rate(at.at("moderator"), one.moderator[who]),
        rate(at.at("alone"), one.alone[who]),
        rate(at.at("cut"), one.cut[who]),
        average(at.at("jaccard"), one.jaccard[who], "effect"),
    )


def _effects(
    press: Values, search: AnyTried, one: Outcomes, given: Mapping[Given, BoolArray], trials: int
) -> Iterator[JudgedEffect[Value]]:
    few = f"{trials} trial{'s' * (trials > 1)}, and leaving one out needs {FEWEST_TRIALS}"
    asked = {"naive": True, "corrected": bool(search.draws.bootstrap), "held-out": search.held_out}
    for way, place in WAYS.items():
        for what, which in WHATS.items():
            for condition, who in given.items():
                if asked[way]:
                    found = one.effects[who, place, which]
                    why = few if way == "held-out" and trials < FEWEST_TRIALS else ""
                    yield _effect(press.at(way, what, condition), (way, what, condition), found, why)


def _effect(press: Values, which: tuple[Way, What, Given], found: FloatArray, why: str) -> JudgedEffect[Value]:
    known = found[~np.isnan(found[:, [ESTIMATE, TRUTH]]).any(axis=1)]
    with_interval = known[~np.isnan(known).any(axis=1)]
    covered = (with_interval[:, LOW] <= with_interval[:, TRUTH]) & (with_interval[:, TRUTH] <= with_interval[:, HIGH])
    return JudgedEffect(
        *which,
        average(press.at("estimate"), known[:, ESTIMATE], "effect", "SD", why),
        average(press.at("truth"), known[:, TRUTH], "effect", "SD", why),
        average(press.at("bias"), known[:, ESTIMATE] - known[:, TRUTH], "effect", "SD", why),
        rate(press.at("coverage"), covered.astype(float), why),
    )


def rate(press: Values, happened: FloatArray, why: str = "") -> Rate[Value]:
    """Return the share of data sets in which something happened, those left out in which it could not; `why` where in none."""
    known = happened[~np.isnan(happened)]
    times, of = int(known.sum()), len(known)
    if not of:
        share, error, low, high = (
            press.none(name, why or "no data set", "%") for name in ("share", "std error", "low", "high")
        )
        return Rate(share, error, low, high, press.count("data sets", 0, "data sets"))
    p = times / of
    least, most = share_interval(times, of)
    return Rate(
        press.share("share", times, of),
        press.fixed("std error", 100 * float(np.sqrt(p * (1 - p) / of)), "percent", "%"),
        press.fixed("low", 100 * least, "percent", "%"),
        press.fixed("high", 100 * most, "percent", "%"),
        press.count("data sets", of, "data sets"),
    )


def average(press: Values, values: FloatArray, measure: Measure, unit: str = "", why: str = "") -> Average[Value]:
    """Return the mean over data sets that have a value; `why` says why none has."""
    known = values[~np.isnan(values)]
    reason = why or "no data set" if not len(known) else "one data set"
    error = float(known.std(ddof=1) / np.sqrt(len(known))) if len(known) > 1 else None
    return Average(
        press.fixed("mean", float(known.mean()) if len(known) else None, measure, unit, reason),
        press.fixed("std error", error, measure, unit, reason),
        press.count("data sets", len(known), "data sets"),
    )
