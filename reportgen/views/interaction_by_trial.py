"""Interactions by trial on the page: a forest plot for each outcome and follow-up, and the same in numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from reportgen import figures
from reportgen.records.moderation import Moderation, Screen
from reportgen.records.numbers import Inline
from reportgen.spec.shows import InteractionByTrial, InteractionByTrialEstimates
from reportgen.tables.trial_interactions import interactions_by_trial
from reportgen.views.chosen import chosen
from reportgen.views.draft import Draft, Sketch, or_nobody, stems
from reportgen.views.view import Context, Show

Options = InteractionByTrial | InteractionByTrialEstimates


def _drafts(
    record: Moderation, options: Options, context: Context, draft: Callable[[Screen, str, Inline], Draft]
) -> tuple[Draft, ...]:
    """Return a draft for each outcome at each follow-up that somebody could enter, titled by what tells it from others."""
    screens: Sequence[Screen] = chosen(
        (screen for screen in record.results if not screen.empty), options, context.study
    )
    titles = {comparison.name: comparison.title for comparison in record.comparisons}
    several = len({screen.comparison for screen in screens}) > 1
    visits = len({screen.follow_up for screen in screens}) > 1

    def title(screen: Screen) -> Inline:
        head: Inline = (titles[screen.comparison], ": ") if several else ()
        return (*head, screen.outcome_label, *((", ", screen.follow_up_label) if visits else ()))

    return or_nobody(
        [
            draft(screen, name, title(screen))
            for name, screen in zip(stems(context.name, len(screens)), screens, strict=True)
        ]
    )


def _forest(record: Moderation, options: InteractionByTrial, context: Context) -> tuple[Draft, ...]:
    def draft(screen: Screen, name: str, title: Inline) -> Draft:
        draw = partial(figures.draw_interaction_by_trial, screen, options.moderators, record.settings, name=name)
        return Draft(title, (Sketch(draw),))

    return _drafts(record, options, context, draft)


def _estimates(record: Moderation, options: InteractionByTrialEstimates, context: Context) -> tuple[Draft, ...]:
    def draft(screen: Screen, name: str, title: Inline) -> Draft:
        return Draft(title, table=interactions_by_trial(screen, options.moderators, record.settings))

    return _drafts(record, options, context, draft)


SHOWS = (
    Show(
        InteractionByTrial,
        "Interaction of treatment with moderators by trial",
        _forest,
        beside={
            "interaction-by-trial-estimates": "Every number of these figures stands in",
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
