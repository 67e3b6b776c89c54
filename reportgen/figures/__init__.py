"""Records to plots: forest plots, trees of subgroups, profiles of cuts, and the picture of what was collected.

A figure goes through three states: records become rows (`forest`, `subgroups`, `availability`, ...), rows become marks at
millimetres (`grid`, `layout`, `panel`, `sheet`), and marks become a `Drawing` (`svg`). Who draws it elsewhere, on paper or in pixels
(`paint`), reads its SVG (`drawn`). Series, such as trajectories and profiles of cuts, are drawn by plotnine, and its lines,
ribbons and points become marks (`grammar`). The libraries that measure text and draw series are imported when they are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from reportgen.figures.axis import Limits
from reportgen.figures.columns import EFFECTS, TRIALS, Sides
from reportgen.figures.order import RowOrder, TrialOrder
from reportgen.records.artefact import Drawing
from reportgen.records.flow import AnalysedComparison, ParticipantFlow
from reportgen.records.model import Availability, ModelSettings, PooledEffect
from reportgen.records.moderation import Screen, ScreeningSettings
from reportgen.records.partition import PartitionedOutcome, SearchSettings
from reportgen.records.subsets import SubsetOutcome, SubsetSettings

__all__ = [
    "draw_availability",
    "draw_cut_profiles",
    "draw_effects_at_values",
    "draw_flow",
    "draw_forest",
    "draw_forest_by_trial",
    "draw_interaction_by_trial",
    "draw_interactions",
    "draw_subgroup_forest",
    "draw_subgroup_tree",
    "draw_subsets",
]


def draw_forest(
    effects: Sequence[PooledEffect],
    settings: ModelSettings,
    *,
    name: str,
    scale: Literal["natural", "0-100"] = "natural",
    limits: Limits | None = None,
    order: RowOrder = "study",
    columns: Sides = EFFECTS,
) -> tuple[Drawing, ...]:
    """Draw pooled effects as a forest plot: outcomes as groups, follow-ups as rows.

    Parameters
    ----------
    effects : sequence of PooledEffect
        In the order of the rows; those of one outcome stand together under its label.
    settings : ModelSettings
        For the level and the method of the intervals.
    name : str
        Stem of the files and prefix of the ids; further pages are called `name-2`, `name-3`, ...
    scale : {"natural", "0-100"}
        On the natural scale, outcomes in different units get axes of their own.
    limits : tuple of float, optional
        Where every axis begins and ends, as its ticks are printed; by default as its rows need.
    order : str
        Of the rows; `study` leaves them as they are.
    columns : tuple of tuple of str
        The text columns left and right of the plot, by the words of the study file.

    Returns
    -------
    tuple of Drawing
        One a page.
    """
    from reportgen.figures.forest import forest_sheets
    from reportgen.figures.svg import drawing

    return tuple(
        drawing(sheet)
        for sheet in forest_sheets(
            effects, settings, name=name, scale=scale, limits=limits, order=order, columns=columns
        )
    )


def draw_forest_by_trial(
    effect: PooledEffect,
    settings: ModelSettings,
    *,
    name: str,
    limits: Limits | None = None,
    order: TrialOrder = "study",
    columns: Sides = TRIALS,
) -> tuple[Drawing, ...]:
    """Draw one pooled effect as a forest plot of its trials.

    Parameters
    ----------
    effect : PooledEffect
        With its trials, in the order of the rows.
    settings : ModelSettings
        What was fitted: printed below the plot.
    name : str
        Stem of the files and prefix of the ids.
    limits : tuple of float, optional
        Where every axis begins and ends, as its ticks are printed; by default as its rows need.
    order : str
        Of the rows; `study` leaves them as they are.
    columns : tuple of tuple of str
        The text columns left and right of the plot, by the words of the study file.

    Returns
    -------
    tuple of Drawing
        One a page.
    """
    from reportgen.figures.forest_by_trial import forest_by_trial_sheets
    from reportgen.figures.svg import drawing

    return tuple(
        drawing(sheet)
        for sheet in forest_by_trial_sheets(effect, settings, name=name, limits=limits, order=order, columns=columns)
    )


def draw_interactions(
    screens: Sequence[Screen],
    settings: ScreeningSettings,
    *,
    name: str,
    limits: Limits | None = None,
    order: RowOrder = "study",
) -> tuple[Drawing, ...]:
    """Draw the interactions of a screening as a forest plot: outcomes as groups, moderators as rows.

    Parameters
    ----------
    screens : sequence of Screen
        In the order of the groups; those on one scale share an axis.
    settings : ScreeningSettings
        For the level of the intervals and the limits of the tiers.
    name : str
        Stem of the files and prefix of the ids; further pages are called `name-2`, `name-3`, ...
    limits : tuple of float, optional
        Where every axis begins and ends, as its ticks are printed; by default as its rows need.
    order : str
        Of the rows; `study` leaves them as they are.

    Returns
    -------
    tuple of Drawing
        One a page.
    """
    from reportgen.figures.interactions import interaction_sheets
    from reportgen.figures.svg import drawing

    return tuple(
        drawing(sheet) for sheet in interaction_sheets(screens, settings, name=name, limits=limits, order=order)
    )


def draw_interaction_by_trial(
    screen: Screen,
    moderators: Sequence[str],
    settings: ScreeningSettings,
    *,
    name: str,
    limits: Limits | None = None,
    order: TrialOrder = "study",
) -> tuple[Drawing, ...]:
    """Draw interactions by trial as a forest plot: a band a moderator or level, trials as rows.

    Parameters
    ----------
    screen : Screen
        Of one outcome at one follow-up.
    moderators : sequence of str
        Which of its moderators, by name; all where there is none.
    settings : ScreeningSettings
        For the level and the method of the intervals.
    name : str
        Stem of the files and prefix of the ids; further pages are called `name-2`, `name-3`, ...
    limits : tuple of float, optional
        Where every axis begins and ends, as its ticks are printed; by default as its rows need.
    order : str
        Of the rows; `study` leaves them as they are.

    Returns
    -------
    tuple of Drawing
        One a page.
    """
    from reportgen.figures.interaction_by_trial import interaction_by_trial_sheets
    from reportgen.figures.svg import drawing

    sheets = interaction_by_trial_sheets(screen, moderators, settings, name=name, limits=limits, order=order)
    return tuple(drawing(sheet) for sheet in sheets)


def draw_effects_at_values(
    screens: Sequence[Screen],
    moderators: Sequence[str],
    settings: ScreeningSettings,
    *,
    name: str,
    limits: Limits | None = None,
) -> tuple[Drawing, ...]:
    """Draw the effects in levels of moderators and at values of them as a forest plot: outcomes as groups, moderators within.

    Parameters
    ----------
    screens : sequence of Screen
        In the order of the groups; each has an axis of its own.
    moderators : sequence of str
        Which of their moderators, by name; all where there is none.
    settings : ScreeningSettings
        For the level of the intervals and the reading that is tested.
    name : str
        Stem of the files and prefix of the ids; further pages are called `name-2`, `name-3`, ...
    limits : tuple of float, optional
        Where every axis begins and ends, as its ticks are printed; by default as its rows need.

    Returns
    -------
    tuple of Drawing
        One a page.
    """
    from reportgen.figures.effects_at_values import effect_at_values_sheets
    from reportgen.figures.svg import drawing

    sheets = effect_at_values_sheets(screens, moderators, settings, name=name, limits=limits)
    return tuple(drawing(sheet) for sheet in sheets)


def draw_availability(record: Availability, *, name: str) -> tuple[Drawing, ...]:
    """Draw what each trial collected, when, and from which share of its people.

    Parameters
    ----------
    record : Availability
        Cells name trials, measures and visits by the text of their labels or the keys of the visits.
    name : str
        Stem of the files and prefix of the ids.

    Returns
    -------
    tuple of Drawing
        One a page.
    """
    from reportgen.figures.availability import availability_sheets
    from reportgen.figures.svg import drawing

    return tuple(drawing(sheet) for sheet in availability_sheets(record, name=name))


def draw_flow(flow: ParticipantFlow, analysed: Sequence[AnalysedComparison], *, name: str) -> tuple[Drawing, ...]:
    """Draw the flow of participants from the trial files to the outcomes of each comparison.

    Parameters
    ----------
    flow : ParticipantFlow
    analysed : sequence of AnalysedComparison
        Who of a comparison is analysed; a comparison that is missing here is analysed nowhere.
    name : str
        Stem of the files and prefix of the ids; further pages are called `name-2`, `name-3`, ...

    Returns
    -------
    tuple of Drawing
        One a page.
    """
    from reportgen.figures.flow import flow_sheets
    from reportgen.figures.svg import drawing

    return tuple(drawing(sheet) for sheet in flow_sheets(flow, analysed, name=name))


def draw_subgroup_tree(
    search: PartitionedOutcome, settings: SearchSettings, *, name: str, limits: Limits | None = None
) -> tuple[Drawing, ...]:
    """Draw the tree of one search for subgroups beside the effects in its groups.

    Parameters
    ----------
    search : PartitionedOutcome
    settings : SearchSettings
        For the level of the intervals.
    name : str
        Stem of the files and prefix of the ids.
    limits : tuple of float, optional
        Where every axis begins and ends, as its ticks are printed; by default as its rows need.

    Returns
    -------
    tuple of Drawing
        One a page.
    """
    from reportgen.figures.subgroups import tree_sheets
    from reportgen.figures.svg import drawing

    return tuple(drawing(sheet) for sheet in tree_sheets(search, settings, name=name, limits=limits))


def draw_subgroup_forest(
    searches: Sequence[PartitionedOutcome], settings: SearchSettings, *, name: str, limits: Limits | None = None
) -> tuple[Drawing, ...]:
    """Draw the subgroups of many searches as one forest plot, grouped by outcome.

    Parameters
    ----------
    searches : sequence of PartitionedOutcome
        In the order of the groups.
    settings : SearchSettings
        For the level of the intervals.
    name : str
        Stem of the files and prefix of the ids.
    limits : tuple of float, optional
        Where every axis begins and ends, as its ticks are printed; by default as its rows need.

    Returns
    -------
    tuple of Drawing
        One a page.
    """
    from reportgen.figures.subgroups import forest_sheets
    from reportgen.figures.svg import drawing

    return tuple(drawing(sheet) for sheet in forest_sheets(searches, settings, name=name, limits=limits))


def draw_cut_profiles(search: PartitionedOutcome, *, name: str) -> tuple[Drawing, ...]:
    """Draw the cuts that a search tried, a small panel for each moderator in each node.

    Parameters
    ----------
    search : PartitionedOutcome
        With at least one profile.
    name : str
        Stem of the files and prefix of the ids.

    Returns
    -------
    tuple of Drawing
        One a page.
    """
    from reportgen.figures.cut_profiles import profile_sheets
    from reportgen.figures.svg import drawing

    return tuple(drawing(sheet) for sheet in profile_sheets(search, name=name))


def draw_subsets(
    outcomes: Sequence[SubsetOutcome], settings: SubsetSettings, *, name: str, limits: Limits | None = None
) -> tuple[Drawing, ...]:
    """Draw the effects in subgroups fixed in advance as one forest plot, grouped by outcome and covariate.

    Parameters
    ----------
    outcomes : sequence of SubsetOutcome
        In the order of the groups.
    settings : SubsetSettings
        For the level of the intervals and the screening beside them.
    name : str
        Stem of the files and prefix of the ids; further pages are called `name-2`, `name-3`, ...
    limits : tuple of float, optional
        Where every axis begins and ends, as its ticks are printed; by default as its rows need.

    Returns
    -------
    tuple of Drawing
        One a page.
    """
    from reportgen.figures.subsets import subset_sheets
    from reportgen.figures.svg import drawing

    return tuple(drawing(sheet) for sheet in subset_sheets(outcomes, settings, name=name, limits=limits))
