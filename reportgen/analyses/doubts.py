"""What is wrong or doubtful of a study once its data are read, and is no fault of any one trial.

In: the study and the repository. Out: problems, each with its place and how to mend it. An outcome is a change since
baseline, so that one which no trial measured at baseline is an error; a scale of which a trial uses the lowest part alone
breaks no rule and is a doubt.
"""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.analyses.selection import baseline_visit, instruments_of
from reportgen.data import Repository, TrialInfo
from reportgen.errors import Problem
from reportgen.origin import Origin
from reportgen.spec import Spec

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


def doubtful_scales(spec: Spec, repository: Repository) -> list[Problem]:
    """Return the instruments of which a trial uses the lowest part alone, as when 0 to 10 was taken for 0 to 100.

    Parameters
    ----------
    spec : Spec
    repository : Repository
    """
    return [problem for trial in repository.trials for problem in _doubtful(trial, spec, repository)]


def _doubtful(trial: TrialInfo, spec: Spec, repository: Repository) -> Iterator[Problem]:
    measures = repository.measures
    mine = measures[measures["trial"] == trial.name]
    for name, block in mine.groupby("instrument", sort=False):
        limits = spec.study.instruments[str(name)].range
        values = block["value"].dropna()
        if limits is None or len(values) < FEW_VALUES:
            continue
        low, high = limits
        if values.max() < low + LOWEST_PART * (high - low):
            message = f"{trial.name}: '{name}' goes up to {values.max():g} on a scale from {low:g} to {high:g}"
            hint = "If the file has another scale, say so in the mapping, as in `from_range: [0, 10]`."
            yield Problem(message, _variable(trial, str(name), spec), hint)


def _variable(trial: TrialInfo, name: str, spec: Spec) -> Origin:
    """Return where a mapping says how a trial measured something."""
    source = next((one.source for one in spec.mappings if one.source.shown == trial.origin.file), None)
    return trial.origin if source is None else source.at("variables", name, key=True)
