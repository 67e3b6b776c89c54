"""What is wrong or doubtful of a study once its data are read, and is no fault of any one trial.

In: the study and the repository. Out: problems, each with its place and how to fix it. A baseline that is needed and that
no trial measured is an error: where a change is analysed, where the study file names it as an adjuster and where it
moderates. A scale of which a trial uses the lowest part alone breaks no rule and is a doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reportgen.analyses.measurements import baseline_visit
from reportgen.analyses.selection import BASELINE_ADJUSTER
from reportgen.data import Repository, TrialInfo
from reportgen.errors import Problem
from reportgen.spec import Spec
from reportgen.spec.analyses import FromScreening, Moderators, Pooled, Search
from reportgen.spec.outcomes import instruments_of, uses_of
from reportgen.spec.references import baseline_of, expanded
from reportgen.spec.study import Study

LOWEST_PART = 0.125  # of a scale: 0 to 10 on one of 0 to 100 lies within, and so does 0 to 3 on one of 0 to 24
FEW_VALUES = 10


Asked = tuple[tuple[str | int, ...], tuple[str, ...], str]
"""Where a study file asks for a baseline in words, of which outcomes or instruments (one is enough), and what for."""


def baselines_asked(spec: Spec) -> tuple[Asked, ...]:
    """Return where analyses ask for a baseline value in words: among their adjusters and their moderators."""
    asked: list[Asked] = []
    for name, node in spec.study.analyses.items():
        if not isinstance(node, Pooled):
            continue
        written = node.adjust_for if "adjust_for" in node.model_fields_set else ()
        for index, adjuster in enumerate(written):
            place = ("analyses", name, "adjust_for", index)
            if adjuster == BASELINE_ADJUSTER:
                asked.append((place, expanded(node.outcomes, spec.study.outcomes), "an adjuster"))
            elif (measured := baseline_of(adjuster)) is not None:
                asked.append((place, (measured,), "an adjuster"))
        chosen = node.moderators if isinstance(node, Moderators | Search) else ()
        for index, moderator in enumerate(() if isinstance(chosen, FromScreening) else chosen):
            if (measured := baseline_of(moderator)) is not None:
                asked.append((("analyses", name, "moderators", index), (measured,), "a moderator"))
    return tuple(asked)


def baselines_not_measured(spec: Spec, repository: Repository) -> list[Problem]:
    """Return where a baseline value is needed that no trial measured, though trials measured the outcome later.

    Parameters
    ----------
    spec : Spec
    repository : Repository
    """
    study = spec.study
    lacking = {
        name: later for name in (*study.outcomes, *study.instruments) if (later := _later_only(name, spec, repository))
    }
    problems = []
    for name, outcome in study.outcomes.items():
        if name in lacking and not outcome.final:
            message = f"no trial measured '{name}' at baseline, but the change from baseline is analysed"
            hint = f"To analyse its value at follow-up write `analyse: final`.\n{_as_well(lacking[name])}"
            problems.append(Problem(message, spec.source.at("outcomes", name, key=True), hint))
    for place, names, what in baselines_asked(spec):
        if names and all(name in lacking and _needs_none(name, study) for name in names):
            problems.append(_not_at_baseline(names, what, lacking[names[0]], spec, place))
    return problems


def _not_at_baseline(
    names: Sequence[str], what: str, later: Sequence[TrialInfo], spec: Spec, place: tuple[str | int, ...]
) -> Problem:
    """Return that a baseline that is asked for was not measured; that of an event has not been forgotten in a mapping."""
    listed = " or ".join(f"'{name}'" for name in names)
    if all(name in spec.study.outcomes and spec.study.outcomes[name].of_events for name in names):
        what_they_are = "is an event, which has" if len(names) == 1 else "are events, which have"
        hint = "Remove `baseline` (write `adjust_for: []` to adjust for nothing); what was so before randomisation is a covariate."
        named = " and ".join(f"'{name}'" for name in names)
        return Problem(f"{named} {what_they_are} no baseline value to adjust for", spec.source.at(*place), hint)
    message = f"no trial measured {listed} at baseline, but its baseline value is {what}"
    return Problem(message, spec.source.at(*place), f"Remove it.\n{_as_well(later)}")


def _needs_none(name: str, study: Study) -> bool:
    """Whether nothing else asks for the baseline of an outcome or instrument: a change without one is reported already."""
    return name not in study.outcomes or study.outcomes[name].final


def _later_only(name: str, spec: Spec, repository: Repository) -> list[TrialInfo]:
    """Return the trials that measured an outcome or instrument, where none of them did so at baseline."""
    outcome = spec.study.outcomes.get(name)
    instruments = instruments_of(outcome, name) if outcome else (name,)
    measured = [
        trial for trial in repository.trials if any(item in instruments for item, _ in trial.collected_measures)
    ]
    return (
        [] if any(baseline_visit(trial, instrument) for trial in measured for instrument in instruments) else measured
    )


def _as_well(later: Sequence[TrialInfo]) -> str:
    trials = "1 trial" if len(later) == 1 else f"{len(later)} trials"
    return f"If one of the {trials} that measured it later (as {later[0].name}) also has it at baseline, add it to its mapping, as in `visits: {{b: baseline}}`."


def in_lowest_part(repository: Repository, study: Study) -> Iterator[tuple[str, str, float]]:
    """Yield trial, instrument and largest value where a trial uses the lowest part of a scale alone.

    So does a file with values from 0 to 10 that was taken for one from 0 to 100.
    """
    for (trial, name), block in repository.measures.groupby(["trial", "instrument"], sort=False):
        limits = study.instruments[str(name)].range
        values = block["value"].dropna()
        if limits is None or len(values) < FEW_VALUES or uses_of(str(name), study.outcomes):
            continue  # of events most people have none
        low, high = limits
        if values.max() < low + LOWEST_PART * (high - low):
            yield str(trial), str(name), float(values.max())


def suspicious_scales(
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
        hint = "If the file has another scale, give it in the mapping, as in `from_range: [0, 10]`."
        yield Problem(message, spec.mappings[mapping_of[trial]].source.at("variables", name, key=True), hint)
