"""Subgroups fixed in advance: each is of something that was declared, of levels that it has, or of an interval that can be read.

In: the `subset` of an analysis. Out: problems with the place of the guilty word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportgen.errors import Problem
from reportgen.spec.analyses import Pooled
from reportgen.spec.outcomes import instruments_of
from reportgen.spec.references import BASELINE, baseline_of, each_unknown, unknown
from reportgen.spec.source import Source, Step
from reportgen.spec.study import Study
from reportgen.spec.variables import Interval, interval_of


def check_subset(study: Study, analysis: Pooled, source: Source, *here: Step) -> Iterator[Problem]:
    """Yield what is wrong with the subgroup to which an analysis is limited."""
    for name, limits in analysis.subset.items():
        place = (*here, "subset", name)
        measured = baseline_of(name)
        if measured is not None:
            yield from _baseline(study, measured, limits, source, *place)
            continue
        known = [*study.covariates, *(f"{BASELINE}{outcome}" for outcome in study.outcomes)]
        yield from unknown("covariate", name, known, source, *place, key=True)
        if name in study.covariates:
            covariate = study.covariates[name]
            if covariate.categorical:
                yield from _levels(name, covariate.levels, limits, source, *place)
            else:
                yield from _interval(name, limits, covariate.range, source, *place)


def _baseline(study: Study, measured: str, limits: Sequence[str], source: Source, *place: Step) -> Iterator[Problem]:
    declared = list(dict.fromkeys([*study.outcomes, *study.instruments]))
    yield from unknown("outcome or instrument", measured, declared, source, *place, key=True)
    if measured in study.outcomes and (study.outcomes[measured].of_events or study.outcomes[measured].without_unit):
        message = f"the baseline of '{measured}' is no quantity that could be limited"
        yield Problem(message, source.at(*place, key=True), "Name a covariate, or the baseline of one instrument.")
    elif measured in declared:
        declared_range = _range_of(measured, study)
        yield from _interval(f"{BASELINE}{measured}", limits, declared_range, source, *place)


def _range_of(measured: str, study: Study) -> tuple[float, float] | None:
    """The range of an instrument, or of an outcome: its own, or that of its one instrument."""
    outcome = study.outcomes.get(measured)
    if outcome is None:
        return study.instruments[measured].range
    instruments = [
        study.instruments[name].range for name in instruments_of(outcome, measured) if name in study.instruments
    ]
    return outcome.range or (instruments[0] if len(instruments) == 1 else None)


def _levels(name: str, levels: Sequence[str], limits: Sequence[str], source: Source, *place: Step) -> Iterator[Problem]:
    yield from each_unknown("level", limits, levels, source, *place)
    if not limits:
        yield Problem(f"no level of '{name}' is listed", source.at(*place), f"List some of {', '.join(levels)}.")
    if set(levels) <= set(limits):
        yield Problem(f"every level of '{name}' is in the subgroup", source.at(*place), "Leave out those that are not.")


def _interval(
    name: str, limits: Sequence[str], span: tuple[float, float] | None, source: Source, *place: Step
) -> Iterator[Problem]:
    found = interval_of(limits[0]) if len(limits) == 1 else None
    if found is None:
        hint = "Write one interval, as in `at least 65`, `below 65` or `18 to 64`."
        yield Problem(f"'{', '.join(limits)}' is no interval of '{name}'", source.at(*place), hint)
    elif found.low is not None and found.high is not None and found.low > found.high:
        hint = f"Write `{found.high:g} to {found.low:g}`."
        yield Problem(f"the interval of '{name}' ends before it begins", source.at(*place), hint)
    elif span is not None and _beside(found, span):
        message = f"nobody can be in '{limits[0]}': the range of '{name}' is {span[0]:g} to {span[1]:g}"
        yield Problem(message, source.at(*place), "Correct the interval, or the range.")


def _beside(found: Interval, span: tuple[float, float]) -> bool:
    """Whether no value of a range is in an interval."""
    low, high = span
    above = found.low is not None and (found.low > high or (found.low == high and found.low_open))
    return above or (found.high is not None and (found.high < low or (found.high == low and found.high_open)))
