"""Covariates of trials stand where trials are compared, and nowhere else: a screening and a subset take them.

In: analyses that were read. Out: problems with the place of the covariate, and what takes it instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reportgen.errors import Problem
from reportgen.spec.analyses import FromScreening, Moderators, Search
from reportgen.spec.source import Source, Step
from reportgen.spec.study import Study

ADJUSTER = "Remove it: the intercept of each trial already holds all that its participants share."
SEARCH = "Remove it: a search divides participants. Screen it by `method: moderators`, which compares trials."
ROW = "Remove it: the table of trials (`included-trials`) shows it."


def not_of_trials(
    study: Study, names: Iterable[str], what: str, hint: str, source: Source, *here: Step
) -> Iterator[Problem]:
    """Yield a problem for each name of a list that is a covariate of trials.

    Parameters
    ----------
    study : Study
    names : iterable of str
    what : str
        What it cannot be: "an adjuster".
    hint : str
    source : Source
    *here : Step
        Place of the list.
    """
    for index, name in enumerate(names):
        if name in study.covariates and study.covariates[name].of_trials:
            message = f"'{name}' is a covariate of trials, and cannot be {what}"
            yield Problem(message, source.at(*here, index), hint)


def check_searched(study: Study, analysis: Search, source: Source, *here: Step) -> Iterator[Problem]:
    """Yield a problem for each covariate of trials that a search is to divide participants by."""
    place = (*here, "moderators")
    if not isinstance(analysis.moderators, FromScreening):
        yield from not_of_trials(study, analysis.moderators, "searched", SEARCH, source, *place)
        return
    name = analysis.moderators.from_
    screening = study.analyses.get(name)
    if not isinstance(screening, Moderators):
        return
    found = [item for item in screening.moderators if item in study.covariates and study.covariates[item].of_trials]
    if found:
        message = f"'{name}' screens '{found[0]}', a covariate of trials, which cannot be searched"
        hint = f"Screen '{found[0]}' in an analysis of its own, or list the moderators here."
        yield Problem(message, source.at(*place, "from"), hint)
