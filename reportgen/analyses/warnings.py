"""What is wrong or doubtful of a study once its data are read, and is no fault of any one trial.

In: the study and the repository. Out: problems, each with its place and how to fix it. A baseline that is needed and that
no trial measured is an error: where a change is analysed, where the study file names it as an adjuster and where it
moderates. A scale of which a trial uses the lowest part alone breaks no rule and is a doubt; so are a count or an exposure far from
all others of its trial, which may be a missing code, and counts at baseline, which no analysis reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reportgen.analyses.measurements import baseline_visit
from reportgen.analyses.selection import BASELINE_ADJUSTER
from reportgen.data import Repository, TrialInfo
from reportgen.data.recode import like_missing_codes
from reportgen.errors import Problem
from reportgen.spec import Spec
from reportgen.spec.analyses import Descriptive, FromScreening, Moderators, Pooled, Search
from reportgen.spec.outcomes import instruments_of, uses_of
from reportgen.spec.references import baseline_of, expanded
from reportgen.spec.study import Study

LOWEST_PART = 0.125  # of a scale: 0 to 10 on one of 0 to 100 lies within, and so does 0 to 3 on one of 0 to 24
FEW_VALUES = 10
# How many times the next value a count or an exposure is that stands apart: a code such as 99, any other, and a small exposure.
CODE_APART, APART, BELOW = 2.0, 20.0, 1000.0


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


Apart = tuple[str, str, float, float]
"""Trial, instrument, the value that stands apart, and the nearest of the others."""


def far_from_others(repository: Repository, study: Study) -> Iterator[Apart]:
    """Yield counts and exposures far from all others of their trial: a missing code that was not declared looks so.

    A `range` of the instrument settles what is possible.
    """
    later = repository.measures[repository.measures["months"] > 0]
    for (trial, name), block in later.groupby(["trial", "instrument"], sort=False):
        uses = uses_of(str(name), study.outcomes) & {"count", "exposure"}
        if uses and study.instruments[str(name)].range is None and len(block) >= FEW_VALUES:
            found = standing_apart(block["value"].tolist(), counts="count" in uses)
            if found is not None:
                yield (str(trial), str(name), *found)


def standing_apart(values: Sequence[float], *, counts: bool) -> tuple[float, float] | None:
    """Return the value farthest from all others with the nearest of these, where it stands apart.

    Examples
    --------
    >>> standing_apart([0, 1, 2, 5, 99], counts=True), standing_apart([0, 1, 2, 5, 9, 40], counts=True)
    ((99, 5), None)
    >>> standing_apart([30, 90, 120, 1e-9], counts=False), standing_apart([30, 90, 120, 1e15], counts=False)
    ((1e-09, 30), (1000000000000000.0, 120))
    """
    different = sorted(set(values))
    codes = {float(key) for key in like_missing_codes(f"{value:.15g}" for value in different)}
    least = 1.0 if counts else 0.0
    for place in range(1, len(different)):
        below, above = different[place - 1], different[place]
        factor = CODE_APART if above in codes and above >= 10 else APART
        higher = sum(value >= above for value in values)
        if above >= factor * max(below, least) and 2 * higher < len(values):
            return different[-1], below
        if not counts and above >= BELOW * below and 2 * (len(values) - higher) < len(values):
            return different[0], above
    return None


def counts_at_baseline(repository: Repository, study: Study) -> Iterator[tuple[str, str]]:
    """Yield trial and instrument of counts at baseline, which outcomes do not read."""
    early = repository.measures[repository.measures["months"] == 0]
    for trial, name in early[["trial", "instrument"]].drop_duplicates().itertuples(index=False):
        if "count" in uses_of(str(name), study.outcomes):
            yield str(trial), str(name)


def _baselines_named(node: object) -> Iterator[str | None]:
    """Return the outcomes and instruments whose baseline an analysis reads."""
    named: tuple[str, ...] = ()
    if isinstance(node, Descriptive):
        named = node.variables
    elif isinstance(node, Pooled):
        chosen = node.moderators if isinstance(node, Moderators | Search) else ()
        named = (*node.adjust_for, *node.subset, *(() if isinstance(chosen, FromScreening) else chosen))
    return map(baseline_of, named)


def suspicious_events(
    spec: Spec, apart: Iterable[Apart], early: Iterable[tuple[str, str]], mapping_of: Mapping[str, int]
) -> Iterator[Problem]:
    """Yield what is to be said of counts and exposures far from all others, and of counts at baseline.

    Parameters
    ----------
    spec : Spec
    apart : iterable of (trial, instrument, value, value)
        See `far_from_others`.
    early : iterable of (trial, instrument)
        See `counts_at_baseline`.
    mapping_of : mapping of str to int
        Which mapping describes each trial, from 0.
    """
    for trial, name, value, nearest in apart:
        far, next_one = f"{value:.15g}", f"{nearest:.15g}"
        way, end = ("up", "at most") if value > nearest else ("down", "at least")
        message = f"{trial}: '{name}' goes {way} to {far}, far from the others, which are {end} {next_one}"
        hint = (
            f"If it stands for a missing value, list it as the file has it: `missing: [{far}]`; if such values are right,"
            f" give the instrument '{name}' a `range` in the study file that holds them."
        )
        yield Problem(message, spec.mappings[mapping_of[trial]].source.at("variables", name, key=True), hint)
    asked = {name for node in spec.study.analyses.values() for name in _baselines_named(node)}
    for trial, name in early:
        if name in asked:
            continue
        message = f"{trial}: '{name}' is counted at baseline, where no analysis reads it"
        hint = (
            "Name the visits after randomisation alone; what was counted before it is a covariate, read as one from the"
            " same column."
        )
        yield Problem(message, spec.mappings[mapping_of[trial]].source.at("variables", name, key=True), hint)
