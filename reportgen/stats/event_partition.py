"""RP of events: recursive partitioning of the participants of several trials by generalised linear mixed models.

In: events, or numbers of events, of participants of several trials, and moderators measured before randomisation. Out: as of
`partition`, effects being log odds ratios or log rate ratios.
Method: the tree of partition_search.py. A model without any split is fitted once, with all moderators linear, levels as
indicators and a missing value as the mean of its trial; every candidate split is one generalised least squares step from it
(event_splits.py), normal, with the variance between trials held. Effects of groups and differences between the sides of a
kept split are fitted anew (event_groups.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from numpy.typing import ArrayLike

from . import partition_search
from .choices import Link
from .event_fits import EventFits
from .event_null import EventNull, event_null
from .events import Participants, complete_participants, event_participants
from .one_step_glmm import GlmmOptions, fit_participants
from .partition import partition, partition_of
from .partition_search import Search
from .partition_settings import check, make_settings
from .ranks import BoolArray
from .splits import People
from .subgroups import Moderator, Partition

FEWEST_EVENTS = 5  # of each arm on each side of a split, and as many without
NOT_FOR_EVENTS = {"criterion": "interaction", "adjuster_slopes": "common"}


def partition_events(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderators: Mapping[str, Moderator],
    *,
    link: Link = "logit",
    exposure: ArrayLike | None = None,
    adjusters: ArrayLike | None = None,
    good: bool = True,
    min_events: int = FEWEST_EVENTS,
    null: EventNull | None = None,
    **parameters: Any,
) -> Partition | str:
    """Search for subgroups in which treatment does more for, or against, an event than in the other participants.

    Parameters
    ----------
    outcome, treatment, trial, link, exposure, adjusters
        As for `fit_one_step_glmm`.
    moderators : mapping of str to array_like (n,) or Levels
        As for `partition`.
    good : bool
        Whether the event is good: the side of a split that gains more is then the one with the larger log ratio, else the
        smaller.
    min_events : int
        Each side of a split holds so many people of each arm with the event, and without; of counts with one, at least.
    null : EventNull, optional
        The model without any split, of these participants: where a screening chose the moderators, that of all candidates.
    **parameters
        Those of `partition`, with the criterion "interaction" and common slopes of the adjusters.

    Returns
    -------
    Partition or str
        Why there is none: the model without any split has no estimate.

    Raises
    ------
    ValueError
        As for `fit_one_step_glmm`, and for parameters out of range, all of them named.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> trial, treatment = np.repeat(["a", "b", "c"], 400), np.tile([0.0, 1.0], 600)
    >>> age, pain = rng.integers(20, 70, 1200), rng.normal(size=1200)
    >>> log_odds = -1.0 + 0.5 * pain + 1.5 * treatment * (age <= 45)
    >>> recovered = rng.random(1200) < 1.0 / (1.0 + np.exp(-log_odds))
    >>> found = partition_events(recovered, treatment, trial, {"age": age, "pain": pain}, depth=1)
    >>> [(rule.moderator, rule.kind, rule.value) for one in found.subgroups for rule in one.rules]
    [('age', '<=', 45.0)]
    """
    people = event_participants(outcome, treatment, trial, link, adjusters, exposure)
    observed = complete_participants(people)
    search = prepare_events(
        people, moderators, observed, good=good, min_events=min_events, null=null, **(partition_defaults() | parameters)
    )
    if isinstance(search, str):
        return search
    assert search.null is not None
    whole = fit_participants(people, GlmmOptions(link, search.settings.treatment_effect, widened=True))
    return partition_of(search, people.table.outcome, search.run(search.null.response), whole, whole.excluded)


def partition_defaults() -> dict[str, Any]:
    """Return the parameters of `partition` with their defaults."""
    given: dict[str, Any] = dict(partition.__kwdefaults__ or {})
    del given["adjusters"]
    return given


def prepare_events(
    people: Participants,
    moderators: Mapping[str, Moderator],
    observed: BoolArray,
    *,
    good: bool,
    min_events: int,
    null: EventNull | None = None,
    **parameters: Any,
) -> Search | str:
    """Prepare a search for any working response of the same people; or return why there is none.

    Parameters
    ----------
    people : Participants
    moderators : mapping of str to array_like (n,) or Levels
    observed : ndarray (n,) of bool
        Who takes part, complete in all but moderators.
    good, min_events, null, **parameters
        As for `partition_events`, all of them.
    """
    table = people.table
    check(parameters, moderators, len(table.outcome))
    wrong = [
        f"{name}={parameters[name]!r} is not for events; leave it at {value!r}"
        for name, value in NOT_FOR_EVENTS.items()
        if parameters[name] != value
    ]
    wrong += [] if min_events >= 1 else [f"min_events={min_events!r} must be at least 1"]
    if wrong:
        raise ValueError("; ".join(wrong))
    null = null or event_null(people, moderators, observed, parameters["treatment_effect"])
    null = null.within(observed)
    if null.message:
        return null.message
    moderators = {name: values for name, values in moderators.items() if name not in null.left_out}
    if not moderators:
        return "; ".join(f"{name} {reason}" for name, reason in null.left_out.items())
    settings = make_settings(parameters, len(null.rows))
    root = People(null.weighted.treatment, null.trial, table.adjusters[null.rows], int(null.trial.max()) + 1)
    exposure = people.exposure[null.rows] if people.link == "log" else None
    fits = EventFits(root, settings, null, people.link, exposure, 1.0 if good else -1.0, min_events)
    return replace(partition_search.with_root(settings, root, null.rows, moderators, fits), left_out=null.left_out)
