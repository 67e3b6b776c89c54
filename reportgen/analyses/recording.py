"""How a fitted effect, a comparison and the people left out become records, for every method alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable

from reportgen.analyses.naming import scale_of
from reportgen.analyses.selection import Selection
from reportgen.records.estimate import ComparisonRecord, Extent, Guard, LeftOut
from reportgen.records.numbers import Value
from reportgen.release.values import Values
from reportgen.spec.check import expanded
from reportgen.spec.study import Comparison, Pooled, Study

NAN = math.nan


def for_outcome(name: str, study: Study, values: Values) -> Values:
    """Return the same for effects on an outcome: with the decimals that it asks for, and the link of its scale."""
    return values.at(outcome=name, link=scale_of(study.outcomes[name]).link)


def clause(sentence: str) -> str:
    """Return a sentence of `stats` as a part of another one.

    Examples
    --------
    >>> clause("The outcome is constant.")
    'the outcome is constant'
    """
    return (sentence[:1].lower() + sentence[1:]).rstrip(".")


def comparison_records(
    node: Pooled, study: Study, present: Collection[str], press: Values
) -> tuple[ComparisonRecord[Value], ...]:
    """Return the comparisons of an analysis as declared, with the classes of arms that any trial has (`present`)."""
    return tuple(
        _comparison(name, study.comparisons[name], present, press.at(name))
        for name in expanded(node.comparisons, study.comparisons)
    )


def _comparison(name: str, comparison: Comparison, present: Collection[str], press: Values) -> ComparisonRecord[Value]:
    return ComparisonRecord(
        name=name,
        title=press.quote("title", comparison.title or name),
        intervention=tuple(
            press.quote(f"intervention {i}", c) for i, c in enumerate(comparison.intervention, 1) if c in present
        ),
        control=tuple(press.quote(f"control {i}", c) for i, c in enumerate(comparison.control, 1) if c in present),
    )


def left_out_record(selection: Selection, press: Values) -> tuple[LeftOut[Value], ...]:
    """Return who of the comparison is not in the selection, by trial and reason."""
    return tuple(
        LeftOut(
            trial=press.quote(f"left out {i} trial", gone.trial),
            reason=(press.quote(f"left out {i} reason", gone.reason),),
            n=press.count(f"left out {i} n", gone.n),
            whole_trial=gone.whole_trial,
            why=gone.why,
        )
        for i, gone in enumerate(selection.excluded, 1)
    )


def extent_record(searched: Iterable[tuple[Value, Value]], press: Values) -> Extent[Value]:
    """Return between which numbers the searches of an analysis lie.

    Parameters
    ----------
    searched : iterable of (Value, Value)
        Trials and participants of each search that could be made.
    press : Values
    """
    counts = [(int(trials.value or 0), int(n.value or 0)) for trials, n in searched]
    here = press.at("extent")

    def bound(name: str, values: list[int], pick: Callable[[list[int]], int], unit: str) -> Value:
        return here.count(name, pick(values), unit) if values else here.none(name, "nothing could be searched", unit)

    trials, people = ([count[i] for count in counts] for i in (0, 1))
    return Extent(
        trials_fewest=bound("trials fewest", trials, min, "trials"),
        trials_most=bound("trials most", trials, max, "trials"),
        participants_fewest=bound("participants fewest", people, min, "participants"),
        participants_most=bound("participants most", people, max, "participants"),
    )


def guard_record(left_out: Iterable[int], study: Study, press: Values, unit: str) -> Guard[Value]:
    """Return how many cuts or boxes an analysis keeps to itself.

    Parameters
    ----------
    left_out : iterable of int
        Of each profile, or of each frontier.
    study : Study
    press : Values
    unit : str
        What is counted.
    """
    made = press.at("guard")
    return Guard(
        minimum_cell=made.count("minimum cell", study.policy.minimum_cell),
        left_out=made.count("left out", sum(left_out), unit),
    )
