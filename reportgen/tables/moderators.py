"""The screening of moderators as tables: every number behind its figure, what was expected and what was found.

In: screens as recorded. A table of thousands of cells has a summary for paper (`Table.paper`): how many were tested and which
moderators reached a tier; the whole stands on the screen and in its CSV file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.effect_scale import shared
from reportgen.records.estimate import Estimate
from reportgen.records.moderation import (
    Interaction,
    InteractionReading,
    Moderation,
    Screen,
    ScreeningSettings,
    contrast,
    label_of,
    of_trials_note,
)
from reportgen.records.numbers import Inline, Number
from reportgen.tables.adjusters import not_adjusted, screen_fits
from reportgen.tables.credibility import Ratings, rating_cell, rating_column, rating_note
from reportgen.tables.phrases import NBSP, Footnotes, ci_head, counted, estimate_cell, explained, joined, words

CELLS_ON_PAPER = 600
COUNTS = ("Participants",)
ADJUSTED = ("Adjusted p",)
READING = {"within": "Within trials", "naive": "Naive"}


def interaction_estimates(
    screens: Sequence[Screen], settings: ScreeningSettings, ratings: Ratings | None = None
) -> Table:
    """Return every number of a screening: a row a moderator, and one for each level where there are several.

    Parameters
    ----------
    screens : sequence of Screen
        Of one comparison.
    settings : ScreeningSettings
        What was fitted.
    ratings : Ratings, optional
        Suggested credibility, by the id of each interaction.
    """
    drawn, rated = _drawn(screens), ratings or {}
    tested, other = ("Within trials", "Naive") if settings.reading == "within" else ("Naive", "Within trials")
    columns = (
        Column(("Moderator",), "left"),
        Column(("m",), "right"),
        Column(("Control",), "right", COUNTS),
        Column(("Intervention",), "right", COUNTS),
        Column(("No value",), "right", COUNTS),
        *_reading_columns(tested, settings),
        *_adjusted_columns(drawn),
        *_scatter_columns(settings),
        Column(("Finding",), "left"),
        *rating_column(rated),
        *_reading_columns(other, settings),
        *_reading_columns("Across trials", settings),
    )
    marked = Footnotes()
    groups = tuple(
        Group(
            tuple(row for item in screen.interactions for row in _rows(item, settings, rated, drawn, marked)),
            head=screen_head(screen, screens),
        )
        for screen in screens
    )
    whole = explained(
        Table(
            columns,
            groups,
            (*marked.notes, *_notes(screens, settings), *rating_note(rated)),
        )
    )
    cells = sum(len(group.rows) for group in groups) * len(columns)
    return replace(whole, paper=_summary(screens, settings, rated)) if cells > CELLS_ON_PAPER else whole


def _drawn(screens: Sequence[Screen]) -> bool:
    return any(screen.flips is not None for screen in screens)


def _adjusted_columns(drawn: bool) -> tuple[Column, ...]:
    by_draws = (f"min{NBSP}p", f"min{NBSP}p, all outcomes") if drawn else ()
    return tuple(Column((head,), "decimal", ADJUSTED) for head in ("Holm", "BH", *by_draws))


def _adjusted_cells(interaction: Interaction, drawn: bool) -> tuple[Inline, ...]:
    by_draws: tuple[Inline, ...] = tuple(() if p is None else (p,) for p in (interaction.min_p, interaction.min_p_all))
    return ((interaction.holm,), (interaction.benjamini_hochberg,), *(by_draws if drawn else ()))


def min_p_note(screens: Sequence[Screen], settings: ScreeningSettings) -> tuple[Inline, ...]:
    """Return the note on p adjusted by random draws; nothing where nothing was drawn."""
    flips = [screen.flips for screen in screens if screen.flips is not None]
    if not flips:
        return ()
    of_events = "; of events by one step from one model, and at least p itself"
    apart = any(item.of_trials for screen in screens for item in screen.interactions)
    at_least = "; where the interaction varies between trials it is at least p itself"
    return (
        (
            f"min{NBSP}p: the proportion of ",
            *counted(flips[0], "draw"),
            " without effect modification in which the smallest p among all moderators of the outcome is at least as small; it refers to "
            "these trials; all outcomes: among all moderators and outcomes of the comparison"
            f"{'; without covariates of trials, which sign flips cannot judge' if apart else ''}"
            f"{at_least if settings.interaction_effect == 'random' else ''}"
            f"{of_events if any(screen.kind != 'continuous' for screen in screens) else ''}.",
        ),
    )


BESIDE = ("Also within trials",)
P_READINGS = {"these": "in these trials", "new": "in new trials"}


def _other_p(settings: ScreeningSettings) -> tuple[str, ...]:
    """Return the readings of p within trials that the tested one does not tell already."""
    if settings.reading == "naive":
        return ("these", "new")
    return ("these",) if settings.interaction_effect == "random" else ("new",)


def _scatter_columns(settings: ScreeningSettings) -> tuple[Column, ...]:
    return (
        *(Column((f"p {P_READINGS[item]}",), "decimal", BESIDE) for item in _other_p(settings)),
        Column(("τ",), "decimal", BESIDE),
    )


def _scatter_cells(interaction: Interaction, settings: ScreeningSettings) -> tuple[Inline, ...]:
    p = {"these": interaction.scatter.p_these, "new": interaction.scatter.p_new}
    return (*((p[name],) for name in _other_p(settings)), (interaction.scatter.tau,))


def scatter_note(settings: ScreeningSettings) -> Inline:
    """Return what the two p values of an interaction say, and which of them is tested."""
    tested = {
        "random": "The interaction that is tested varies between trials",
        "common": "The interaction that is tested is common to the trials",
    }[settings.interaction_effect]
    return (
        f"{tested}. p in these trials: of one interaction, common to the trials; p in new trials: of the mean of interactions "
        "that vary between trials, of which τ is the standard deviation.",
    )


def _reading_columns(name: str, settings: ScreeningSettings) -> tuple[Column, Column]:
    interval = ci_head("Interaction", settings.level)
    return Column(interval, "decimal", (name,)), Column(("p",), "decimal", (name,))


def screen_head(screen: Screen, screens: Sequence[Screen]) -> Inline:
    """Return the head of the rows of an outcome, with the follow-up where there are several, and the unit."""
    return (*_title(screen, screens), *((" (", screen.unit, ")") if screen.unit.text else ()))


def trials_cell(interaction: Interaction, marked: Footnotes) -> Inline:
    """Return how many trials tell something of an interaction, with a footnote on those that do not."""
    silent = interaction.uninformative
    if silent is None:
        return (interaction.trials,)
    further = "trial of the model provides" if silent.value == 1 else "trials of the model provide"
    beside = any(
        e.effect.value is not None for reading in (interaction.naive, interaction.across) for e in reading.each
    )
    rest = ", although the naive and the across-trial readings use them as well" if beside else ""
    note = (
        silent,
        f" further {further} no information on the interaction, as the moderator does not vary on both sides there; neither they nor their participants are counted"
        f"{rest}.",
    )
    return (interaction.trials, marked.mark(note))


def _rows(
    interaction: Interaction,
    settings: ScreeningSettings,
    ratings: Ratings,
    drawn: bool,
    marked: Footnotes,
) -> Iterator[Row]:
    """Yield the row of a moderator; of one with several levels the joint test, then each level."""
    counts = (
        trials_cell(interaction, marked),
        (interaction.n_control,),
        (interaction.n_intervention,),
        (interaction.cost_people,),
    )
    tested, other = (
        (interaction.naive, interaction.within)
        if settings.reading == "naive"
        else (interaction.within, interaction.naive)
    )
    readings = (tested, other, interaction.across)
    scatter, rated = _scatter_cells(interaction, settings), rating_cell(ratings, interaction.id)
    adjusted: tuple[Inline, ...] = (*_adjusted_cells(interaction, drawn), *scatter, finding(interaction), *rated)
    nothing = all(estimate.effect.value is None for reading in readings for estimate in reading.each)
    if len(interaction.within.each) == 1 or nothing:
        named = label_of(interaction)
        head: Inline = (
            (*named, ", ", *contrast(interaction, 0))
            if len(interaction.within.each) == 1 and contrast(interaction, 0)
            else named
        )
        cells = [_cells(reading.each[0], reading.p) for reading in readings]
        yield Row(
            head, (*counts, *cells[0], *adjusted, *cells[1], *cells[2]), muted=interaction.tier == "not estimable"
        )
        return
    joint: list[tuple[Inline, Inline]] = [((), (reading.p,)) for reading in readings]
    yield Row((*label_of(interaction), ", joint test"), (*counts, *joint[0], *adjusted, *joint[1], *joint[2]))
    for index in range(len(interaction.within.each)):
        cells = [_cells(reading.each[index], reading.each[index].p) for reading in readings]
        blank: tuple[Inline, ...] = ((),) * len(adjusted)
        yield Row(contrast(interaction, index), ((), (), (), (), *cells[0], *blank, *cells[1], *cells[2]), indent=1)


def _cells(estimate: Estimate, p: Number) -> tuple[Inline, Inline]:
    return (estimate_cell(estimate), (p,) if estimate.effect.value is not None else ())


def finding(interaction: Interaction) -> Inline:
    """Return what was found, of the significant and weak tiers."""
    if interaction.tier not in ("significant", "weak") or not interaction.found:
        return ()
    return (f"{interaction.tier}: ", *interaction.found)


def _notes(screens: Sequence[Screen], settings: ScreeningSettings) -> tuple[Inline, ...]:
    scales = tuple(dict.fromkeys(screen.scale for screen in screens)) or (shared(()),)
    differs = " or ".join(dict.fromkeys(scale.differs for scale in scales))
    larger = "; ".join(dict.fromkeys(scale.larger for scale in scales))
    notes: list[Inline] = [
        (
            f"Interaction: {differs} per step of the moderator, or between a level and the reference level"
            f"; {larger}. Within trials: from differences between participants of the same trial. Naive: the same coefficient for differences within and between trials. Across trials: from trial means (for levels, proportions, from none to all), open to ecological bias. No value: participants of the analysis without a value of the moderator, or in a trial without values on one side.",
        ),
        (
            f"{READING[settings.reading]}: tested, and adjusted for the number of moderators tested for the same outcome and follow-up. Significant: p below ",
            settings.significant,
            "; weak: p below ",
            settings.weak,
            ".",
        ),
        scatter_note(settings),
        *of_trials_note(screens),
        *min_p_note(screens, settings),
    ]
    if any(interaction.separate for screen in screens for interaction in screen.interactions):
        notes.append(
            (
                "Where the across-trial reading cannot be estimated, the within-trial reading comes from a model with a separate treatment effect for each trial.",
            )
        )
    notes += not_adjusted([fit for screen in screens for fit in screen_fits(screen, _title(screen, screens))])
    estimates = (
        estimate for screen in screens for i in screen.interactions for _, r in _readings(i) for estimate in r.each
    )
    return (*notes, *hidden_note(estimates))


def _title(screen: Screen, screens: Sequence[Screen]) -> Inline:
    visit: Inline = (", ", screen.follow_up_label) if len({s.follow_up for s in screens}) > 1 else ()
    return (screen.outcome_label, *visit)


def hidden_note(estimates: Iterable[Estimate]) -> tuple[Inline, ...]:
    """Return the note on effects that are known and not printed; nothing where there are none."""
    suppressed = any(estimate.effect.status == "suppressed" for estimate in estimates)
    return (
        (("An effect based on too few participants of an arm to be printed is shown as a dash.",),)
        if suppressed
        else ()
    )


def _summary(screens: Sequence[Screen], settings: ScreeningSettings, ratings: Ratings) -> Table:
    """Return the summary for paper: how many were tested, and the tested reading of those that reached a tier."""
    drawn = _drawn(screens)
    columns = (
        Column(("Moderator",), "left"),
        Column(("m",), "right"),
        Column(("n",), "right"),
        Column(ci_head("Interaction", settings.level), "decimal"),
        Column(("p",), "decimal"),
        *_adjusted_columns(drawn),
        *_scatter_columns(settings),
        Column(("Finding",), "left"),
        *rating_column(ratings),
    )
    blank: tuple[Inline, ...] = ((),) * (len(columns) - 1)
    nothing = Row(("none",), blank, muted=True)
    groups = tuple(
        Group(_reached(screen, settings, ratings, drawn) or (nothing,), head=_counted(screen, screens))
        for screen in screens
        if not screen.reason
    ) or (Group((nothing,)),)
    notes: list[Inline] = [
        (
            f"{READING[settings.reading]}: interactions with p below ",
            settings.significant,
            " (significant) and below ",
            settings.weak,
            " (weak); for several levels, their joint test.",
        ),
        scatter_note(settings),
        *of_trials_note(screens),
        *min_p_note(screens, settings),
        *rating_note(ratings),
    ]
    missing = [(*screen_head(screen, screens), ": ", *_reason(screen)) for screen in screens if screen.reason]
    if missing:
        notes.append(("Not estimable: ", *joined(missing), "."))
    return explained(Table(columns, groups, tuple(notes)))


def _reason(screen: Screen) -> Inline:
    return words(screen.reason, f"{screen.id}.reason", screen.trials.source)


def _counted(screen: Screen, screens: Sequence[Screen]) -> Inline:
    """Return the head of an outcome with its counts."""
    return (
        *screen_head(screen, screens),
        ": ",
        screen.tested,
        " tested, ",
        screen.significant,
        " significant, ",
        screen.weak,
        " weak",
    )


def _reached(screen: Screen, settings: ScreeningSettings, ratings: Ratings, drawn: bool) -> tuple[Row, ...]:
    found = [interaction for interaction in screen.interactions if interaction.tier in ("significant", "weak")]
    return tuple(
        Row(
            (*label_of(item), ", ", *contrast(item, 0))
            if len(item.reading.each) == 1
            else (*label_of(item), ", joint test"),
            (
                (item.trials,),
                (item.n,),
                estimate_cell(item.reading.each[0]) if len(item.reading.each) == 1 else (),
                (item.reading.p,),
                *_adjusted_cells(item, drawn),
                *_scatter_cells(item, settings),
                finding(item),
                *rating_cell(ratings, item.id),
            ),
        )
        for item in sorted(found, key=lambda item: item.reading.p.value or 0.0)
    )


def expectations(screens: Sequence[Screen]) -> Table | None:
    """Return what was expected of each moderator beside what was found in each outcome; None where nothing was expected."""
    columns = (
        Column(("Outcome",), "left"),
        Column(("Found",), "left"),
        Column(("p",), "decimal"),
        Column(("Holm",), "decimal"),
    )
    groups = []
    for moderator in dict.fromkeys(
        interaction.moderator for screen in screens for interaction in screen.interactions if interaction.expected
    ):
        pairs = [
            (screen, interaction)
            for screen in screens
            for interaction in screen.interactions
            if interaction.moderator == moderator
        ]
        first = pairs[0][1]
        rows = tuple(
            Row(screen_head(screen, screens), (item.found, (item.reading.p,), (item.holm,)))
            for screen, item in pairs
            if item.tier != "not estimable" and first.expected is not None
        )
        if rows and first.expected is not None:
            groups.append(Group(rows, head=(first.label, ". Expected beforehand: ", first.expected)))
    if not groups:
        return None
    notes: tuple[Inline, ...] = (
        (
            "Found: the direction of the estimate, whatever its p. Outcomes in which it cannot be estimated are omitted.",
        ),
    )
    return Table(columns, tuple(groups), notes)


def failed_screenings(fitted: Sequence[Moderation]) -> Table | None:
    """Return the readings whose fit failed, with what was wrong; None where all ended."""
    groups = []
    for record in fitted:
        titles = record.titles
        for comparison, title in titles.items():
            rows = tuple(
                Row(
                    (screen.outcome_label, ", ", screen.follow_up_label, ": ", interaction.label),
                    (
                        (reading_name,),
                        (reading.evaluations,),
                        words(reading.reason, f"{interaction.id}.{reading_name}.reason", interaction.n.source),
                    ),
                )
                for screen in record.results
                if screen.comparison == comparison
                for interaction in screen.interactions
                for reading_name, reading in _readings(interaction)
                if reading.status == "failed"
            )
            if rows:
                groups.append(Group(rows, head=(title,)))
    columns = (
        Column(("Screening",), "left"),
        Column(("Reading",), "left"),
        Column(("Evaluations",), "right"),
        Column(("Remark",), "left"),
    )
    return Table(columns, tuple(groups)) if groups else None


def _readings(interaction: Interaction) -> tuple[tuple[str, InteractionReading], ...]:
    return (("within", interaction.within), ("naive", interaction.naive), ("across", interaction.across))
