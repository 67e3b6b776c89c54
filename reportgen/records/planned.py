"""What an analysis can do, before anything is fitted: who and what would enter each outcome x follow-up x comparison.

Counts only; a fit may still fail, and a screening decides which of its moderators a search takes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExcludedTrials:
    """Trials of a comparison that do not enter, and why."""

    reason: str
    trials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedCost:
    """What a moderator costs by itself: people without a value, and trials that lose a whole arm."""

    moderator: str
    people: int
    trials: int


@dataclass(frozen=True, slots=True)
class PlannedEffect:
    """What would enter one outcome at one follow-up in one comparison.

    Attributes
    ----------
    comparison, outcome, follow_up : str
        Names as in the study file; the last two are empty for a description.
    n : int
        People.
    trials, n_control, n_intervention : int or None
        None where the report prints none of them.
    analysed : {'change', 'at follow-up', 'change, standardised', 'at follow-up, standardised', 'events', ''}
        What is analysed of the outcome; empty for a description.
    at_most : bool
        Whether these four are the most that may enter, since a screening decides.
    moderators : int or None
        How many would be tried or searched; None for methods without.
    moderators_at_most : bool
        Whether that is the most that may be, since a screening decides.
    reason : str
        Why nothing can be estimated; empty where something can.
    remark : str
        What will come of it all the same.
    excluded : tuple of ExcludedTrials
    not_tried : tuple of (str, str)
        Moderators that would not be tried, each with the reason.
    costs : tuple of PlannedCost
        Of every moderator that somebody lacks, where that costs the analysis people.
    without_adjuster : tuple of (str, int)
        Adjusters that somebody lacks, each with the people whom that costs the analysis.
    not_adjusted : tuple of str
        Adjusters that the model would leave out, each with the reason.
    """

    comparison: str
    outcome: str
    follow_up: str
    n: int
    trials: int | None
    n_control: int | None
    n_intervention: int | None
    at_most: bool = False
    moderators: int | None = None
    moderators_at_most: bool = False
    reason: str = ""
    remark: str = ""
    excluded: tuple[ExcludedTrials, ...] = ()
    not_tried: tuple[tuple[str, str], ...] = ()
    costs: tuple[PlannedCost, ...] = ()
    without_adjuster: tuple[tuple[str, int], ...] = ()
    not_adjusted: tuple[str, ...] = ()
    analysed: str = ""


@dataclass(frozen=True, slots=True)
class PlannedAnalysis:
    """One analysis of the study file.

    Attributes
    ----------
    name, method : str
        As in the study file.
    about : str
        What it looks at, such as its moderators, in words.
    effects : tuple of PlannedEffect
    """

    name: str
    method: str
    about: str
    effects: tuple[PlannedEffect, ...]


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """What a build would make again of one analysis.

    Attributes
    ----------
    name : str
        Of the analysis; empty for the reading of the trials.
    results : int
        All of its results.
    certain, possible : int
        Those that would be made again, and those that may be, if what they are made of comes out other than before.
    """

    name: str
    results: int
    certain: int
    possible: int
