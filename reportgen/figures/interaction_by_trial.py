"""The forest plot of interactions by trial: a band a contrast, in it the trials, what they say together, and the means of trials.

In: one screen as recorded. Out: one sheet a page. A square is the interaction in one trial, its area in proportion to the
weight; the first diamond pools them in two stages, the grey one is the within reading of the one-step model. The open square
is the across reading, which compares the means of trials: it is never pooled with the others, and the axis does not wait for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from reportgen.figures import words
from reportgen.figures.axis import Axis, Limits, axis_for
from reportgen.figures.forest import interval_cell, value_of
from reportgen.figures.layout import Page, lay_out
from reportgen.figures.lettering import NO_BREAK
from reportgen.figures.limited import leaving_limits, limited
from reportgen.figures.order import TrialOrder, trials_in_order
from reportgen.figures.panel import Panel
from reportgen.figures.rows import INDENT, Band, Cell, Heading, Headings, Row, Slot
from reportgen.figures.sheet import Mark, Sheet
from reportgen.figures.theme import BODY, HEAD, MUTED, NOTE
from reportgen.records.estimate import Estimate
from reportgen.records.model import REGRESSIONS
from reportgen.records.moderation import Interaction, InteractionReading, Screen, ScreeningSettings, contrast
from reportgen.records.numbers import Inline, Number, Status, plain
from reportgen.records.trial_interactions import ContrastByTrial, TrialInteraction

TITLE = "Forest plot of interactions by trial"
LEAST_PLOT = 58.0
SMALLEST_SHARE = 0.25  # of a square without a weight
AGAIN = " (continued)"  # behind a head that is repeated on the next page
OPEN = 1  # grade of the square of the across reading


def interaction_by_trial_sheets(
    screen: Screen,
    moderators: Collection[str],
    settings: ScreeningSettings,
    *,
    name: str,
    limits: Limits | None = None,
    order: TrialOrder = "study",
) -> tuple[Sheet, ...]:
    """Return the pages of a forest plot of interactions by trial, before they are drawn."""
    chosen = [
        _in_order(interaction, order)
        for interaction in screen.interactions
        if not moderators or interaction.moderator in moderators
    ]
    bands = limited(tuple(_bands(screen, chosen, name)), limits) or (Band((), None),)
    headings = Headings(
        ("Moderator and trial",),
        (Heading((("control",),), "Participants (n)"), Heading((("intervention",),), "Participants (n)")),
        (
            Heading((("Interaction",), ("(", settings.level, "% CI)"))),
            Heading((("Two-stage",), ("weight (%)",))),
        ),
        (
            screen.outcome_label,
            ", ",
            screen.follow_up_label,
            f": {screen.scale.contrast_title[:1].lower()}{screen.scale.contrast_title[1:]}",
            *((" (", screen.unit, ")") if screen.unit.text else ()),
        ),
        least_plot=LEAST_PLOT,
    )

    def alt(page: Page, page_name: str) -> Inline:
        return _alt(page, chosen, screen, page_name)

    note = (*_note(screen, chosen, settings), *leaving_limits(bands, limits))
    return lay_out(bands, headings, note, name=name, title=TITLE, alts=alt)


def _in_order(interaction: Interaction, order: TrialOrder) -> Interaction:
    by_trial = (replace(item, trials=trials_in_order(item.trials, order)) for item in interaction.by_trial)
    return replace(interaction, by_trial=tuple(by_trial))


def _contrasts(interaction: Interaction) -> Iterator[tuple[int, ContrastByTrial, Inline]]:
    """Yield the contrasts of a moderator with their place and what they are called."""
    for index, by_trial in enumerate(interaction.by_trial):
        yield index, by_trial, (interaction.label, ", ", *contrast(interaction, index))


def _bands(screen: Screen, chosen: list[Interaction], name: str) -> Iterator[Band]:
    """Yield a band a contrast: steps differ, so that no two need the same reach; what cannot be had stands above the next."""
    waiting: list[Row] = []
    number = 0
    for item in chosen:
        if not item.by_trial:
            reason = item.within.reason or screen.reason
            message = words.reason(item.within.status, reason, name, f"{item.id} reason")
            waiting.append(Row((item.label,), style=HEAD.muted(), head=True, reason=message))
        for index, by_trial, label in _contrasts(item):
            rows = (
                *waiting,
                Row(label, style=HEAD, head=True),
                *_rows(item, index, by_trial, screen.scale.on_log_scale, name),
            )
            axis = _axis(item, index, by_trial, screen)
            overall = None if by_trial.reason else value_of(by_trial.pooled.effect)
            yield Band(rows, axis, overall, number=number, arrows=screen.scale.larger_arrows)
            waiting, number = [], number + 1
    if waiting:
        yield Band(tuple(waiting), None, number=number, arrows=screen.scale.larger_arrows)


def _axis(interaction: Interaction, index: int, by_trial: ContrastByTrial, screen: Screen) -> Axis | None:
    """Return the axis: wide enough for what comes from within trials; the across reading leaves it where it lies far off."""
    across = interaction.across.each[index]
    parts = [trial.estimate for trial in by_trial.estimated]
    parts += [part for part in (by_trial.pooled, interaction.within.each[index]) if _drawn(part)]
    parts = parts or [part for part in (across,) if _drawn(part)]
    if not parts:
        return None
    ends = [(value_of(part.low), value_of(part.high)) for part in parts]
    low, middle, high = _values(across)
    wider = [(middle, middle), (low, high)] if _drawn(across) else []
    return axis_for([value_of(part.effect) for part in parts], ends, wider, screen.scale.link)


def _drawn(estimate: Estimate) -> bool:
    return all(math.isfinite(value_of(end)) for end in (estimate.effect, estimate.low, estimate.high))


def _rows(interaction: Interaction, index: int, by_trial: ContrastByTrial, on_scale: str, name: str) -> Iterator[Row]:
    weights = [value_of(trial.weight) for trial in by_trial.estimated]
    largest = max((weight for weight in weights if math.isfinite(weight)), default=math.nan)
    for trial in by_trial.trials:
        yield _trial_row(trial, largest, name)
    yield from _pooled_rows(by_trial, on_scale, name)
    yield _reading_row(
        "One-step, within trials", interaction.within, index, _grey_diamond, f"{by_trial.id} within", name
    )
    yield _reading_row("Across trials", interaction.across, index, _open_square, f"{by_trial.id} across", name)


def _trial_row(trial: TrialInteraction, largest: float, name: str) -> Row:
    counts: tuple[Cell, ...] = ((Slot(trial.n_control),), (Slot(trial.n_intervention),))
    label: Inline = (trial.trial,)
    if trial.status != "ok":
        reason = words.reason(trial.status, trial.reason, name, f"{trial.trial.id} reason")
        return Row(label, counts, style=BODY.muted(), indent=INDENT, reason=reason)
    share = value_of(trial.weight) / largest
    return _drawn_row(
        label, trial.estimate, _square(SMALLEST_SHARE if math.isnan(share) else share), counts, (Slot(trial.weight),)
    )


def _drawn_row(
    label: Inline,
    estimate: Estimate,
    plot: Callable[[Estimate], Callable[[Panel, float], list[Mark]]],
    counts: tuple[Cell, ...] = ((), ()),
    weight: Cell = (),
    *,
    first: bool = False,
) -> Row:
    printed = estimate.effect, estimate.low, estimate.high
    return Row(
        label,
        counts,
        (interval_cell(*printed), weight),
        plot=plot(estimate),
        indent=INDENT,
        style=HEAD if first else BODY,
        rule_above=first,
        estimate=printed,
    )


def _pooled_rows(by_trial: ContrastByTrial, on_scale: str, name: str) -> Iterator[Row]:
    """Yield the pooled interaction and its variation between trials; the reason where nothing is pooled."""
    label: Inline = ("Pooled, two-stage",)
    if by_trial.reason or not _drawn(by_trial.pooled):
        reason = words.reason("not estimable", by_trial.reason, name, f"{by_trial.id} not pooled")
        yield Row(label, ((), ()), style=HEAD.muted(), indent=INDENT, reason=reason, rule_above=True)
        return
    yield _drawn_row(label, by_trial.pooled, _diamond, first=True)
    yield Row(_variation(by_trial, on_scale), style=NOTE, indent=INDENT)


def _variation(by_trial: ContrastByTrial, on_scale: str) -> Inline:
    """Return Q with its p, I² and τ²."""
    between = by_trial.heterogeneity
    note: list[str | Number] = [f"Q{NO_BREAK}={NO_BREAK}", between.q, f" (df{NO_BREAK}={NO_BREAK}", between.q_df, ", p"]
    note += [NO_BREAK if between.q_p.text[:1] in "<>" else f"{NO_BREAK}={NO_BREAK}", between.q_p, ")"]
    note += [f"; I²{NO_BREAK}={NO_BREAK}", *words.percent(by_trial.i2)]
    if by_trial.i2_low.value is not None and by_trial.i2_high.value is not None:
        note += [" (", *words.percent(by_trial.i2_low), " to ", *words.percent(by_trial.i2_high), ")"]
    return (*note, f"; τ²{on_scale}{NO_BREAK}={NO_BREAK}", between.tau2)


def _reading_row(
    label: str,
    reading: InteractionReading,
    index: int,
    plot: Callable[[Estimate], Callable[[Panel, float], list[Mark]]],
    what: str,
    name: str,
) -> Row:
    estimate = reading.each[index]
    if _drawn(estimate):
        return _drawn_row((label,), estimate, plot)
    reason = reading.reason or estimate.effect.reason
    status: Status = "suppressed" if estimate.effect.status == "suppressed" else "not estimable"
    return Row((label,), ((), ()), style=BODY.muted(), indent=INDENT, reason=words.reason(status, reason, name, what))


def _values(estimate: Estimate) -> tuple[float, float, float]:
    return value_of(estimate.low), value_of(estimate.effect), value_of(estimate.high)


def _square(share: float) -> Callable[[Estimate], Callable[[Panel, float], list[Mark]]]:
    return lambda estimate: lambda panel, y: panel.square(*_values(estimate), share, y)


def _diamond(estimate: Estimate) -> Callable[[Panel, float], list[Mark]]:
    return lambda panel, y: panel.diamond(*_values(estimate), y)


def _grey_diamond(estimate: Estimate) -> Callable[[Panel, float], list[Mark]]:
    return lambda panel, y: panel.diamond(*_values(estimate), y, MUTED)


def _open_square(estimate: Estimate) -> Callable[[Panel, float], list[Mark]]:
    return lambda panel, y: panel.graded(*_values(estimate), y, OPEN)


def _note(screen: Screen, chosen: list[Interaction], settings: ScreeningSettings) -> Inline:
    """Return the small print: what an interaction is, what the marks mean, and what is hidden."""
    shown = [by_trial for item in chosen for by_trial in item.by_trial]
    note: list[str | Number] = [
        f"Interaction: {screen.scale.differs} per step of the moderator, or between a level and the reference level"
        f"; {screen.scale.larger}. ",
    ]
    if not shown:
        return tuple(note)
    note += [
        f"Squares: interaction in single trials, by {REGRESSIONS[screen.kind]}, area in proportion to weight; lines: "
    ]
    note += [settings.level, "% confidence intervals. "]
    if any(not by_trial.reason for by_trial in shown):
        note += [f"Dark diamond and dashed line: the trials pooled in two stages ({words.POOLING['reml']}, "]
        note += [f"{words.TEST['knha']}); Q, I² and τ² belong to it. "]
    note += [f"Grey diamond: the within-trial reading of the one-step model ({_inference(screen, settings)}). "]
    note += [
        "Open square: the across-trial reading, which compares the means of trials and is open to ecological bias; "
    ]
    note += ["it is not pooled with the others, and its interval may leave the axis. "]
    note += ["For levels, participants are those of the two levels compared. "] if any(o.levels for o in chosen) else []
    if any(by_trial.suppressed for by_trial in shown):
        note += ["Suppressed trials are not pooled. "]
    if len(shown) > 1:
        note += ["Each contrast has an axis of its own; lengths compare within one axis only. "]
    return tuple(note)


def _inference(screen: Screen, settings: ScreeningSettings) -> str:
    """Return by what the within-trial reading has its interval."""
    if screen.kind == "continuous":
        return words.INFERENCE[settings.inference]
    return (
        words.INFERENCE["normal"]
        if settings.inference == "normal" or settings.interaction_effect == "common"
        else "t distribution"
    )


def _alt(page: Page, chosen: list[Interaction], screen: Screen, name: str) -> Inline:
    """Write the alternative text of a page: for each of its contrasts how many trials, and what they say together."""
    shown = {plain(label): (by_trial, label) for item in chosen for _, by_trial, label in _contrasts(item)}
    heads = [plain(row.label).removesuffix(AGAIN) for band in page for row in band.rows if row.head]
    parts = [_contrast_alt(*shown[head], name) for head in heads if head in shown]
    kind = f"Forest plot of interactions by trial{screen.scale.as_contrasts}"
    return (f"{kind}: ", *words.listed(parts), ".") if parts else (f"{kind}: nothing could be estimated.",)


def _contrast_alt(by_trial: ContrastByTrial, label: Inline, name: str) -> Inline:
    number = words.count(name, f"trials of {by_trial.id}", len(by_trial.estimated))
    head: Inline = (*label, ", ", *words.plural(number, "trial", "trials"))
    if by_trial.reason:
        return (*head, ", not pooled")
    pooled = by_trial.pooled
    interval: Inline = (pooled.effect, " (", pooled.low, " to ", pooled.high, ")")
    return (*head, ", pooled ", *interval, ", I² ", *words.percent(by_trial.i2))
