"""Interactions by trial in numbers: a group a contrast, in it the trials, what they say together, and the means of trials.

In: one screen as recorded. Out: a table with every number of its forest plot.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.estimate import Estimate
from reportgen.records.moderation import Interaction, Screen, ScreeningSettings
from reportgen.records.numbers import Inline
from reportgen.records.trial_interactions import ContrastByTrial, TrialInteraction
from reportgen.tables.moderators import contrast
from reportgen.tables.phrases import ci_head, estimate_cell, explained, joined, labelled, percent, words

COUNTS = ("Participants",)
VARIATION = ("Variation between trials",)
ABBREVIATIONS = (
    ("CI", "confidence interval"),
    ("Q", "Cochran’s Q, a test of whether the trials have one interaction"),
    ("I²", "share of variation between trials that is not chance"),
    ("τ²", "variance of the interaction between trials"),
)
BLANK: Inline = ()
NONE = Row(("none",), (BLANK,) * 9, muted=True)


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
        Column(("Q (p)",), "decimal", VARIATION),
        Column(ci_head("I²", settings.level), "decimal", VARIATION),
        Column((f"τ²{screen.scale.on_log_scale}",), "decimal", VARIATION),
    )
    chosen = [one for one in screen.interactions if not moderators or one.moderator in moderators]
    groups = tuple(group for one in chosen for group in _groups(one)) or (Group((NONE,)),)
    return explained(Table(columns, groups, tuple(_notes(screen, chosen)), ABBREVIATIONS))


def _groups(one: Interaction) -> Iterator[Group]:
    for index, by_trial in enumerate(one.by_trial):
        rows = (*map(_trial_row, by_trial.trials), *_pooled_rows(one, index, by_trial))
        yield Group(rows, head=(one.label, ", ", *contrast(one, index)))


def _trial_row(trial: TrialInteraction) -> Row:
    counts: tuple[Inline, Inline] = ((trial.n_control,), (trial.n_intervention,))
    cells = (*counts, *_estimate(trial.estimate), (trial.weight,), BLANK, BLANK, BLANK)
    return Row((trial.trial,), cells, muted=trial.status != "ok")


def _estimate(estimate: Estimate) -> tuple[Inline, Inline, Inline]:
    if estimate.effect.value is None:
        return estimate_cell(estimate), BLANK, BLANK
    return estimate_cell(estimate), (estimate.std_error,), (estimate.p,)


def _pooled_rows(one: Interaction, index: int, by_trial: ContrastByTrial) -> Iterator[Row]:
    for label, estimate, variation in (
        ("Pooled, two-stage", by_trial.pooled, _variation(by_trial)),
        ("One-step, within trials", one.within.each[index], (BLANK,) * 3),
        ("Across trials", one.across.each[index], (BLANK,) * 3),
    ):
        cells = (BLANK, BLANK, *_estimate(estimate), BLANK, *variation)
        yield Row((label,), cells, total=True, muted=estimate.effect.value is None)


def _variation(by_trial: ContrastByTrial) -> tuple[Inline, Inline, Inline]:
    between = by_trial.heterogeneity
    if by_trial.reason:
        return BLANK, BLANK, BLANK
    i2: Inline = percent(by_trial.i2)
    if by_trial.i2_low.value is not None and by_trial.i2_high.value is not None:
        i2 = (*i2, " (", *percent(by_trial.i2_low), " to ", *percent(by_trial.i2_high), ")")
    return (between.q, " (", between.q_p, ")"), i2, (between.tau2,)


def _notes(screen: Screen, chosen: Collection[Interaction]) -> Iterator[Inline]:
    yield (*labelled(screen.outcome_label, screen.unit), ", ", screen.follow_up_label, ".")
    yield (
        f"Interaction: {screen.scale.differs} for a step of the moderator, or in a level from that in the reference level; "
        f"{screen.scale.larger}. Weights and the variation between trials are those of the two-stage model. The across reading "
        "compares the means of trials and is open to ecological bias: it is not pooled with the others.",
    )
    missing = [(one.label, *_why(one, screen)) for one in chosen if not one.by_trial]
    if missing:
        yield ("Not estimable: ", *joined(missing), ".")
    if any(one.levels for one in chosen):
        yield ("For levels, participants are those of the two levels compared.",)
    if any(by_trial.suppressed for one in chosen for by_trial in one.by_trial):
        yield ("Trials that are not printed are not pooled.",)


def _why(one: Interaction, screen: Screen) -> Inline:
    why = one.within.reason or screen.reason
    return (" (", *words(why, f"{one.id}.reason", one.n.source), ")") if why else ()
