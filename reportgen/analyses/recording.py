"""How a fitted effect, a comparison and the people left out become records, for every method alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable

from reportgen.analyses.naming import pooled_scale_of, scale_of
from reportgen.analyses.selection import Selection
from reportgen.records.estimate import ComparisonRecord, ExcludedParticipants, SearchRange, SuppressionNote
from reportgen.records.numbers import Value
from reportgen.release.values import Values
from reportgen.spec.analyses import Events, Pooled
from reportgen.spec.references import expanded
from reportgen.spec.study import Comparison, Study

NAN = math.nan


def for_outcome(name: str, study: Study, values: Values) -> Values:
    """Return the same for effects on an outcome: with the decimals that it asks for, and the link of its scale."""
    return values.at(outcome=name, link=scale_of(name, study).link)


def for_pooled(name: str, study: Study, values: Values) -> Values:
    """Return the same for pooled effects on an outcome, in the measure that the study file chooses."""
    return values.at(outcome=name, link=pooled_scale_of(name, study).link)


def comparison_records(
    node: Pooled | Events, study: Study, present: Collection[str], values: Values
) -> tuple[ComparisonRecord[Value], ...]:
    """Return the comparisons of an analysis as declared, with the classes of arms that any trial has (`present`)."""
    return tuple(
        _comparison(name, study.comparisons[name], present, values.at(name))
        for name in expanded(node.comparisons, study.comparisons)
    )


def _comparison(name: str, comparison: Comparison, present: Collection[str], values: Values) -> ComparisonRecord[Value]:
    return ComparisonRecord(
        name=name,
        title=values.quote("title", comparison.title or name),
        intervention=tuple(
            values.quote(f"intervention {i}", c) for i, c in enumerate(comparison.intervention, 1) if c in present
        ),
        control=tuple(values.quote(f"control {i}", c) for i, c in enumerate(comparison.control, 1) if c in present),
    )


def excluded_record(selection: Selection, values: Values) -> tuple[ExcludedParticipants[Value], ...]:
    """Return who of the comparison is not in the selection, by trial and reason."""
    return tuple(
        ExcludedParticipants(
            trial=values.quote(f"left out {i} trial", exclusion.trial),
            reason=(values.quote(f"left out {i} reason", exclusion.reason),),
            n=values.count(f"left out {i} n", exclusion.n),
            whole_trial=exclusion.whole_trial,
            exclusion=exclusion.exclusion,
        )
        for i, exclusion in enumerate(selection.excluded, 1)
    )


def search_range_record(searched: Iterable[tuple[Value, Value]], builder: Values) -> SearchRange[Value]:
    """Return between which numbers the searches of an analysis lie.

    Parameters
    ----------
    searched : iterable of (Value, Value)
        Trials and participants of each search that could be made.
    builder : Values
    """
    counts = [(int(trials.value or 0), int(n.value or 0)) for trials, n in searched]
    nested = builder.at("extent")

    def bound(name: str, values: list[int], pick: Callable[[list[int]], int], unit: str) -> Value:
        return (
            nested.count(name, pick(values), unit) if values else nested.none(name, "nothing could be searched", unit)
        )

    trials, people = ([count[i] for count in counts] for i in (0, 1))
    return SearchRange(
        trials_fewest=bound("trials fewest", trials, min, "trials"),
        trials_most=bound("trials most", trials, max, "trials"),
        participants_fewest=bound("participants fewest", people, min, "participants"),
        participants_most=bound("participants most", people, max, "participants"),
    )


def suppression_record(suppressed: Iterable[int], study: Study, values: Values, unit: str) -> SuppressionNote[Value]:
    """Return how many cuts or boxes an analysis keeps to itself.

    Parameters
    ----------
    suppressed : iterable of int
        Of each profile, or of each frontier.
    study : Study
    values : Values
    unit : str
        What is counted.
    """
    builder = values.at("guard")
    return SuppressionNote(
        minimum_cell=builder.count("minimum cell", study.policy.minimum_cell),
        suppressed=builder.count("left out", sum(suppressed), unit),
    )
