"""A screening of moderators on the page: the forest of interactions, its numbers, and effects at chosen values."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from reportgen import figures
from reportgen.records.moderation import Moderation, Screen
from reportgen.records.numbers import Inline
from reportgen.spec.shows import EffectAtValues, EffectAtValuesForest, InteractionEstimates, InteractionForest, Limited
from reportgen.tables.adjusters import screen_fits
from reportgen.tables.effects_at_values import effects_at_values
from reportgen.tables.moderators import expectations, failed_screenings, interaction_estimates
from reportgen.views.chosen import chosen, in_parts
from reportgen.views.credibility import ratings_of
from reportgen.views.draft import Draft, Sketch, or_nobody, sketched
from reportgen.views.findings.moderators import moderator_findings
from reportgen.views.interaction_by_trial import SHOWS as BY_TRIAL
from reportgen.views.prose.moderators import screening_methods
from reportgen.views.prose.section import sections_of_each
from reportgen.views.view import Back, Context, Ended, Show, View, ended


def _parts(record: Moderation, options: Limited, context: Context, how: str) -> list[tuple[Inline, tuple[Screen, ...]]]:
    """Return the screens that are asked for by part, without those that nobody could enter."""
    screens = chosen((screen for screen in record.results if not screen.empty), options, context.study)
    return in_parts(screens, how, record.titles)


def _forest(record: Moderation, options: InteractionForest, context: Context) -> tuple[Draft, ...]:
    parts = _parts(record, options, context, options.parts)
    drawn = [part for part in parts if any(map(_estimated, part[1]))]
    draw = partial(figures.draw_interactions, settings=record.settings, limits=options.limits, order=options.order)

    def sketch(screens: Sequence[Screen], name: str) -> tuple[Sketch, ...]:
        return (Sketch(partial(draw, screens, name=name)),)

    asked = [screen for _, screens in parts for screen in screens]
    return sketched(drawn, asked, context.name, sketch, record.titles)


def _estimated(screen: Screen) -> bool:
    """Whether there is an interaction to draw."""
    return any(interaction.tier != "not estimable" for interaction in screen.interactions)


def _estimates(record: Moderation, options: InteractionEstimates, context: Context) -> tuple[Draft, ...]:
    drafts = []
    for title, screens in _parts(record, options, context, options.parts):
        table = interaction_estimates(screens, record.settings, ratings_of(record, screens, context))
        expected = expectations(screens)
        if not expected:
            drafts.append(Draft(title, table=table))
            continue
        drafts.append(Draft((*title, ": interactions") if title else ("Interactions",), table=table))
        head: Inline = (*title, ": expected beforehand, and found") if title else ("Expected beforehand, and found",)
        drafts.append(Draft(head, table=expected))
    return or_nobody(drafts)


def _at_values(record: Moderation, options: EffectAtValues, context: Context) -> tuple[Draft, ...]:
    return or_nobody(
        [
            Draft(title, table=effects_at_values(screens, record.settings))
            for title, screens in _parts(record, options, context, "none")
        ]
    )


def _at_values_forest(record: Moderation, options: EffectAtValuesForest, context: Context) -> tuple[Draft, ...]:
    parts = _parts(record, options, context, "none")
    drawn = [part for part in parts if any(_has_effect(screen, options.moderators) for screen in part[1])]
    draw = partial(
        figures.draw_effects_at_values,
        moderators=options.moderators,
        settings=record.settings,
        limits=options.limits,
    )

    def sketch(screens: Sequence[Screen], name: str) -> tuple[Sketch, ...]:
        return (Sketch(partial(draw, screens, name=name)),)

    asked = [screen for _, screens in parts for screen in screens]
    return sketched(drawn, asked, context.name, sketch, record.titles)


def _has_effect(screen: Screen, moderators: Sequence[str]) -> bool:
    """Whether there is an effect at a value of one of these moderators, or of any where none is named."""
    return any(
        at.estimate.effect.value is not None
        for item in screen.interactions
        if not moderators or item.moderator in moderators
        for at in item.at
    )


def _status(records: Sequence[Moderation]) -> Ended:
    failed = failed_screenings(records)
    tables = (Back("screening-status", "Screenings that failed", failed),) if failed else ()
    return ended(records, *tables)


VIEW = View(
    method="moderators",
    record=Moderation,
    label="Screening of moderators",
    prose=partial(sections_of_each, "Screening of moderators", "moderators", screening_methods),
    status=_status,
    fits=screen_fits,
    findings=moderator_findings,
    shows=(
        Show(
            InteractionForest,
            "Interaction of treatment with each moderator",
            _forest,
            beside={
                "interaction-estimates": "All numbers are given in",
                "effect-at-values": "Effects at chosen values are given in",
                "effect-at-values-forest": "Effects at chosen values are drawn in",
                "interaction-by-trial": "Interactions in single trials are drawn in",
            },
        ),
        Show(
            InteractionEstimates,
            "Interactions in numbers",
            _estimates,
            beside={"interaction-forest": "Drawn in"},
        ),
        *BY_TRIAL,
        Show(
            EffectAtValues,
            "Effect at chosen values of each moderator",
            _at_values,
            beside={
                "interaction-estimates": "The interactions behind these effects are given in",
                "effect-at-values-forest": "Drawn in",
            },
        ),
        Show(
            EffectAtValuesForest,
            "Effect in levels of moderators and at chosen values, with p of the interaction",
            _at_values_forest,
            beside={
                "effect-at-values": "All numbers are given in",
                "interaction-forest": "The interactions of all moderators are drawn in",
            },
        ),
    ),
)
