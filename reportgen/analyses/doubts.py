"""What is wrong or doubtful of a study once its data are read, and is no fault of any one trial.

In: the study and the repository. Out: problems, each with its place and how to mend it. An outcome is a change since
baseline, so that one which no trial measured at baseline is an error; a scale of which a trial uses the lowest part alone
breaks no rule and is a doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reportgen.analyses.selection import baseline_visit, instruments_of
from reportgen.data import Repository
from reportgen.errors import Problem
from reportgen.spec import Spec
from reportgen.spec.study import Study

LOWEST_PART = 0.125  # of a scale: 0 to 10 on one of 0 to 100 lies within, and so does 0 to 3 on one of 0 to 24
FEW_VALUES = 10


def outcomes_without_baseline(spec: Spec, repository: Repository) -> list[Problem]:
    """Return the outcomes that trials measured, and none of them at baseline.

    Parameters
    ----------
    spec : Spec
    repository : Repository
    """
    found = []
    for name, outcome in spec.study.outcomes.items():
        instruments = instruments_of(outcome, name)
        measured = [
            trial for trial in repository.trials if any(one in instruments for one, _ in trial.collected_measures)
        ]
        if measured and not any(baseline_visit(trial, one) for trial in measured for one in instruments):
            message = f"no trial measured '{name}' at baseline, and an outcome is the change since then"
            trials = "1 trial" if len(measured) == 1 else f"{len(measured)} trials"
            hint = (
                "Only changes since baseline are analysed: take it out of `outcomes`; what the mappings say of it may stay.\n"
                f"If one of the {trials} that measured it later (as {measured[0].name}) has it at baseline as well, "
                "say so in its mapping, as in `visits: {b: baseline}`."
            )
            found.append(Problem(message, spec.source.at("outcomes", name, key=True), hint))
    return found


def in_lowest_part(repository: Repository, study: Study) -> Iterator[tuple[str, str, float]]:
    """Yield trial, instrument and largest value where a trial uses the lowest part of a scale alone.

    So does a file with values from 0 to 10 that was taken for one from 0 to 100.
    """
    for (trial, name), block in repository.measures.groupby(["trial", "instrument"], sort=False):
        limits = study.instruments[str(name)].range
        values = block["value"].dropna()
        if limits is None or len(values) < FEW_VALUES:
            continue
        low, high = limits
        if values.max() < low + LOWEST_PART * (high - low):
            yield str(trial), str(name), float(values.max())


def doubtful_scales(
    spec: Spec, lowest: Iterable[tuple[str, str, float]], mapping_of: Mapping[str, int]
) -> Iterator[Problem]:
    """Yield what is to be said of scales of which a trial uses the lowest part alone.

    Parameters
    ----------
    spec : Spec
    lowest : iterable of (trial, instrument, value)
        See `in_lowest_part`.
    mapping_of : mapping of str to int
        Which mapping describes each trial, from 0.
    """
    for trial, name, largest in lowest:
        low, high = spec.study.instruments[name].range or (0.0, 0.0)
        message = f"{trial}: '{name}' goes up to {largest:g} on a scale from {low:g} to {high:g}"
        hint = "If the file has another scale, say so in the mapping, as in `from_range: [0, 10]`."
        yield Problem(message, spec.mappings[mapping_of[trial]].source.at("variables", name, key=True), hint)
