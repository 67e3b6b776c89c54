"""Interactions by trial in numbers: a group a contrast, in it the trials, what they say together, and the means of trials.

In: screens as recorded. Out: a table of each, and one of the variation between trials of all: every number of the forest plots.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.effect_scale import shared
from reportgen.records.estimate import Estimate
from reportgen.records.moderation import Interaction, Screen, ScreeningSettings, contrast
from reportgen.records.numbers import Inline
from reportgen.records.trial_interactions import ContrastByTrial, TrialInteraction
from reportgen.tables.moderators import screen_head
from reportgen.tables.phrases import ci_head, estimate_cell, explained, interval, joined, labelled, percent, words

COUNTS = ("Participants",)
BLANK: Inline = ()
NONE = Row(("none",), (BLANK,) * 6, muted=True)


def interactions_by_trial(screen: Screen, moderators: Collection[str], settings: ScreeningSettings) -> Table:
    """Return the interactions of one screen by trial.

    Parameters
    ----------
    screen : Screen
        Of one outcome at one follow-up.
    moderators : collection of str
        Which of its moderators, by name; all where there is none.
    settings : ScreeningSettings
        What was fitted.
    """
    columns = (
        Column(("Trial",), "left"),
        Column(("Control",), "right", COUNTS),
        Column(("Intervention",), "right", COUNTS),
        Column(ci_head("Interaction", settings.level), "decimal"),
        Column((f"Standard error{screen.scale.on_log_scale}",), "decimal"),
        Column(("p",), "decimal"),
        Column(("Weight, %",), "decimal"),
    )
    chosen = _chosen(screen, moderators)
    groups = tuple(group for item in chosen for group in _groups(item)) or (Group((NONE,)),)
    return explained(Table(columns, groups, tuple(_notes(screen, chosen))))


def _groups(interaction: Interaction) -> Iterator[Group]:
    for index, by_trial in enumerate(interaction.by_trial):
        rows = (*map(_trial_row, by_trial.trials), *_pooled_rows(interaction, index, by_trial))
        yield Group(rows, head=(interaction.label, ", ", *contrast(interaction, index)))


def _trial_row(trial: TrialInteraction) -> Row:
    counts: tuple[Inline, Inline] = ((trial.n_control,), (trial.n_intervention,))
    cells = (*counts, *_estimate(trial.estimate), (trial.weight,))
    return Row((trial.trial,), cells, muted=trial.status != "ok")


def _estimate(estimate: Estimate) -> tuple[Inline, Inline, Inline]:
    if estimate.effect.value is None:
        return estimate_cell(estimate), BLANK, BLANK
    return estimate_cell(estimate), (estimate.std_error,), (estimate.p,)


def _pooled_rows(interaction: Interaction, index: int, by_trial: ContrastByTrial) -> Iterator[Row]:
    for label, estimate in (
        ("Pooled, two-stage", by_trial.pooled),
        ("One-step, within trials", interaction.within.each[index]),
        ("Across trials", interaction.across.each[index]),
    ):
        cells = (BLANK, BLANK, *_estimate(estimate), BLANK)
        yield Row((label,), cells, total=True, muted=estimate.effect.value is None)


def variation_between_trials(
    screens: Sequence[Screen], moderators: Collection[str], settings: ScreeningSettings
) -> Table | None:
    """Return the variation of each interaction between trials; None where nothing is pooled.

    Parameters
    ----------
    screens : sequence of Screen
    moderators : collection of str
        Which of their moderators, by name; all where there is none.
    settings : ScreeningSettings
        What was fitted.
    """
    log = shared(screen.scale for screen in screens).on_log_scale
    columns = (
        Column(("Interaction",), "left"),
        Column(("m",), "right"),
        Column(("Q",), "decimal"),
        Column(("df",), "right"),
        Column(("p",), "decimal"),
        Column(ci_head("I²", settings.level), "decimal"),
        Column(ci_head(f"τ²{log}", settings.level), "decimal"),
    )
    groups = tuple(
        Group(rows, head=screen_head(screen, screens))
        for screen in screens
        if (rows := tuple(row for item in _chosen(screen, moderators) for row in _variation(item)))
    )
    note: Inline = (
        "From the two-stage models of the trials in which the interaction can be estimated; each of several levels is compared with the reference separately.",
    )
    return explained(Table(columns, groups, (note,))) if groups else None


def _chosen(screen: Screen, moderators: Collection[str]) -> list[Interaction]:
    return [interaction for interaction in screen.interactions if not moderators or interaction.moderator in moderators]


def _variation(interaction: Interaction) -> Iterator[Row]:
    for index, by_trial in enumerate(interaction.by_trial):
        if by_trial.reason:
            continue
        between = by_trial.heterogeneity
        i2: Inline = percent(by_trial.i2)
        if by_trial.i2_low.value is not None and by_trial.i2_high.value is not None:
            i2 = (*i2, " (", *percent(by_trial.i2_low), " to ", *percent(by_trial.i2_high), ")")
        tau2 = interval(between.tau2, between.tau2_low, between.tau2_high)
        cells: tuple[Inline, ...] = ((between.trials,), (between.q,), (between.q_df,), (between.q_p,), i2, tau2)
        yield Row((interaction.label, ", ", *contrast(interaction, index)), cells)


def _notes(screen: Screen, chosen: Collection[Interaction]) -> Iterator[Inline]:
    yield (*labelled(screen.outcome_label, screen.unit), ", ", screen.follow_up_label, ".")
    yield (
        f"Interaction: {screen.scale.differs} per step of the moderator, or between a level and the reference level; "
        f"{screen.scale.larger}. Weights are those of the two-stage model. The across reading "
        "compares the means of trials and is open to ecological bias: it is not pooled with the others.",
    )
    missing = [(item.label, *_why(item, screen)) for item in chosen if not item.by_trial]
    if missing:
        yield ("Not estimable: ", *joined(missing), ".")
    if any(item.levels for item in chosen):
        yield ("For levels, participants are those of the two levels compared.",)
    if any(by_trial.suppressed for item in chosen for by_trial in item.by_trial):
        yield ("Trials that are not printed are not pooled.",)


def _why(interaction: Interaction, screen: Screen) -> Inline:
    reason = interaction.within.reason or screen.reason
    return (" (", *words(reason, f"{interaction.id}.reason", interaction.n.source), ")") if reason else ()
