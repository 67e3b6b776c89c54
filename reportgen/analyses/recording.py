"""How a fitted effect, a comparison and the people left out become records, for every method alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from typing import Any

import numpy as np

from reportgen.analyses.naming import scale_of
from reportgen.analyses.selection import Selection
from reportgen.records.estimate import ComparisonRecord, Estimate, Extent, Guard, LeftOut
from reportgen.records.numbers import Number, Press
from reportgen.spec.check import expanded
from reportgen.spec.study import Comparison, Pooled, Study
from reportgen.stats import Effect

NAN = math.nan


def for_outcome(name: str, study: Study, press: Press) -> Press:
    """Return a press with the decimals that an outcome asks for, and the link of its effects."""
    press = press.at(link=scale_of(study.outcomes[name]).link)
    decimals = study.outcomes[name].decimals
    if decimals is None:
        return press
    return press.at(decimals=press.decimals | {"effect": decimals, "heterogeneity": decimals + 1})


def clause(sentence: str) -> str:
    """Return a sentence of `stats` as a part of another one.

    Examples
    --------
    >>> clause("The outcome is constant.")
    'the outcome is constant'
    """
    return (sentence[:1].lower() + sentence[1:]).rstrip(".")


def scalar(value: Any) -> float:
    """Return the one number of an effect with one component."""
    return float(np.asarray(value, dtype=float).reshape(-1)[0])


def estimate_record(effect: Effect | None, level: float, press: Press, unit: str, reason: str) -> Estimate:
    """Return an effect with interval and p; dashes with the reason where there is none."""
    ends = (NAN, NAN) if effect is None else effect.interval(level)
    low, high = press.bounds(scalar(ends[0]), scalar(ends[1]), "effect", unit, reason)
    return Estimate(
        effect=press.fixed("effect", scalar(effect.estimate) if effect else NAN, "effect", unit, reason),
        low=low,
        high=high,
        std_error=press.fixed("se", scalar(effect.std_error) if effect else NAN, "heterogeneity", unit, reason),
        df=press.fixed("df", scalar(effect.df) if effect else NAN, "df", "", reason),
        p=press.p("p", scalar(effect.p_value) if effect else NAN, reason),
    )


def comparison_records(
    node: Pooled, study: Study, present: Collection[str], press: Press
) -> tuple[ComparisonRecord, ...]:
    """Return the comparisons of an analysis as declared, with the classes of arms that any trial has (`present`)."""
    return tuple(
        _comparison(name, study.comparisons[name], present, press.at(name))
        for name in expanded(node.comparisons, study.comparisons)
    )


def _comparison(name: str, comparison: Comparison, present: Collection[str], press: Press) -> ComparisonRecord:
    return ComparisonRecord(
        name=name,
        title=press.quote("title", comparison.title or name),
        intervention=tuple(
            press.quote(f"intervention {i}", c) for i, c in enumerate(comparison.intervention, 1) if c in present
        ),
        control=tuple(press.quote(f"control {i}", c) for i, c in enumerate(comparison.control, 1) if c in present),
    )


def left_out_record(selection: Selection, press: Press) -> tuple[LeftOut, ...]:
    """Return who of the comparison is not in the selection, by trial and reason."""
    return tuple(
        LeftOut(
            trial=press.quote(f"left out {i} trial", gone.trial),
            reason=(press.quote(f"left out {i} reason", gone.reason),),
            n=press.count(f"left out {i} n", gone.n),
            whole_trial=gone.whole_trial,
        )
        for i, gone in enumerate(selection.excluded, 1)
    )


def extent_record(searched: Iterable[tuple[Number, Number]], press: Press) -> Extent:
    """Return between which numbers the searches of an analysis lie.

    Parameters
    ----------
    searched : iterable of (Number, Number)
        Trials and participants of each search that could be made.
    press : Press
    """
    counts = [(int(trials.value or 0), int(n.value or 0)) for trials, n in searched]
    here = press.at("extent")

    def bound(name: str, values: list[int], pick: Callable[[list[int]], int], unit: str) -> Number:
        return here.count(name, pick(values), unit) if values else here.none(name, "nothing could be searched", unit)

    trials, people = ([count[i] for count in counts] for i in (0, 1))
    return Extent(
        trials_fewest=bound("trials fewest", trials, min, "trials"),
        trials_most=bound("trials most", trials, max, "trials"),
        participants_fewest=bound("participants fewest", people, min, "participants"),
        participants_most=bound("participants most", people, max, "participants"),
    )


def guard_record(left_out: Iterable[int], study: Study, press: Press, unit: str) -> Guard:
    """Return how many cuts or boxes an analysis keeps to itself.

    Parameters
    ----------
    left_out : iterable of int
        Of each profile, or of each frontier.
    study : Study
    press : Press
    unit : str
        What is counted.
    """
    made = press.at("guard")
    return Guard(
        minimum_cell=made.count("minimum cell", study.policy.minimum_cell),
        left_out=made.count("left out", sum(left_out), unit),
    )
