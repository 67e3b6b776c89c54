"""Interactions by trial on the page: a forest plot for each outcome and follow-up, and the same in numbers."""

from __future__ import annotations

from functools import partial

from reportgen import figures
from reportgen.records.moderation import Moderation, Screen
from reportgen.records.numbers import Inline
from reportgen.spec.shows import InteractionByTrial, InteractionByTrialEstimates
from reportgen.tables.trial_interactions import interactions_by_trial, variation_between_trials
from reportgen.views.chosen import chosen, labels_apart
from reportgen.views.draft import Draft, Sketch, or_nobody, stems
from reportgen.views.view import Context, Show

Options = InteractionByTrial | InteractionByTrialEstimates
VARIATION: Inline = ("Variation between trials",)


def _screens(record: Moderation, options: Options, context: Context) -> tuple[Screen, ...]:
    """Return the outcomes that are asked for, without those that nobody could enter."""
    return chosen((screen for screen in record.results if not screen.empty), options, context.study)


def _forest(record: Moderation, options: InteractionByTrial, context: Context) -> tuple[Draft, ...]:
    screens = _screens(record, options, context)
    names = stems(context.name, len(screens))
    draw = partial(
        figures.draw_interaction_by_trial,
        moderators=options.moderators,
        settings=record.settings,
        limits=options.limits,
        order=options.order,
    )
    return or_nobody(
        [
            Draft(title, (Sketch(partial(draw, screen, name=name)),))
            for name, title, screen in zip(names, labels_apart(screens, record.titles), screens, strict=True)
        ]
    )


def _estimates(record: Moderation, options: InteractionByTrialEstimates, context: Context) -> tuple[Draft, ...]:
    screens = _screens(record, options, context)
    drafts = [
        Draft(title, table=interactions_by_trial(screen, options.moderators, record.settings))
        for title, screen in zip(labels_apart(screens, record.titles), screens, strict=True)
    ]
    for comparison in record.comparisons:
        own = [screen for screen in screens if screen.comparison == comparison.name]
        varying = variation_between_trials(own, options.moderators, record.settings)
        several = len({screen.comparison for screen in screens}) > 1
        if varying is not None:
            drafts.append(
                Draft((comparison.title, ": variation between trials") if several else VARIATION, table=varying)
            )
    return or_nobody(drafts)


SHOWS = (
    Show(
        InteractionByTrial,
        "Interaction of treatment with moderators by trial",
        _forest,
        beside={
            "interaction-by-trial-estimates": "All numbers are given in",
            "interaction-forest": "The interactions of all moderators are drawn in",
        },
    ),
    Show(
        InteractionByTrialEstimates,
        "Interactions by trial in numbers",
        _estimates,
        beside={"interaction-by-trial": "Drawn in"},
    ),
)
