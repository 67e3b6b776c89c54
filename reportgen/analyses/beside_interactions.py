"""What stands beside each interaction of a screen: the interaction by trial, and effects that agree with it.

In: interactions as recorded, with what they were made of. Out: the same with both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reportgen.analyses.level_effects import close_levels, level_effects
from reportgen.analyses.moderator_values import Moderator
from reportgen.analyses.screened import Screened
from reportgen.analyses.selection import Selection, not_estimable
from reportgen.analyses.trial_interactions import Earlier, Printed, contrasts_by_trial
from reportgen.records.moderation import Interaction
from reportgen.records.numbers import Value
from reportgen.release.values import Values
from reportgen.spec.analyses import Moderators as Node


def earlier_of(people: Sequence[Selection], columns: Sequence[Mapping[str, Moderator]]) -> tuple[Earlier, ...]:
    """Return of whom something is disclosed before: the people of each cell with the moderators as they have them."""
    return tuple(Earlier(*pair) for pair in zip(people, columns, strict=True))


def with_trials_and_levels(
    interactions: Sequence[Interaction[Value]],
    found: Sequence[Screened],
    people: Selection,
    earlier: Sequence[Earlier],
    node: Node,
    how: Printed,
    values: Values,
) -> tuple[Interaction[Value], ...]:
    """Return interactions with what each trial says of them, and with effects that agree with them.

    Parameters
    ----------
    interactions : sequence of Interaction
    found : sequence of Screened
        What they were made of.
    people : Selection
    earlier : sequence of Earlier
    node : Moderators node of the study file
    how : Printed
    values : Values
        Of the screen.
    """
    if not_estimable(people, node):
        return tuple(interactions)
    close = close_levels([(item.moderator, item.few) for item in found], people, how.minimum)
    return tuple(
        _with_both(interaction, item, people, earlier, close, node, how, values)
        if item.disclosed and item.fit.within.estimated
        else interaction
        for interaction, item in zip(interactions, found, strict=True)
    )


def _with_both(
    interaction: Interaction[Value],
    screened: Screened,
    people: Selection,
    earlier: Sequence[Earlier],
    close: frozenset[tuple[str, int]],
    node: Node,
    how: Printed,
    values: Values,
) -> Interaction[Value]:
    entered = screened.fit.entered
    arms = entered.n_control, entered.n_intervention
    builder = values.at(screened.moderator.name, n=entered.participants, trials=entered.trials, arms=arms)
    levels = level_effects(
        screened.moderator,
        people,
        interaction.at,
        node=node,
        few=screened.few,
        close=close,
        how=how,
        builder=builder,
    )
    by_trial = contrasts_by_trial(
        screened.moderator, people, earlier, screened.fit, screened.suppresses_level, how, builder
    )
    return replace(interaction, by_trial=by_trial, level_effects=levels)
