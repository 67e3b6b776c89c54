"""The credibility of each suggested effect modification, item by item, from the numbers of a screening.

In: screens as recorded. Out: a table with the answers to ICEMAN's items and a suggested rating; what the reader decides stays
blank.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.credibility import APPLIES_BELOW, ITEMS, Answer, Direction, Facts, answers, suggested
from reportgen.records.derived import Derived
from reportgen.records.moderation import Interaction, Screen, ScreeningSettings
from reportgen.records.numbers import Inline
from reportgen.records.trial_interactions import ContrastByTrial
from reportgen.tables.phrases import Footnotes, labelled

SIGNS: dict[Answer, str] = {
    "definitely increased": "++",
    "probably increased": "+",
    "probably reduced or unclear": "?",
    "definitely reduced": "−−",
    "does not apply": "–",
}
"""Answers by what they do to the credibility."""
ITEM_HEAD = ("Items of ICEMAN",)
BLANK = "........"
LETTERS = "abcdefgh"  # of the items, in their order
SOURCE = Derived("credibility").quote("source", "ICEMAN 1.1 (Schandelmaier et al. 2020, CMAJ 192:E901)")
LIMIT = Derived("credibility").figure("limit", APPLIES_BELOW, 1)


def credibility(screens: Sequence[Screen], settings: ScreeningSettings) -> Table:
    """Return how credible each interaction with a p value below 0.1 is, as far as the numbers say it.

    Parameters
    ----------
    screens : sequence of Screen
        Of one comparison.
    settings : ScreeningSettings
    """
    drawn = any(screen.flips is not None for screen in screens)
    columns = (
        Column(("Moderator",), "left"),
        Column(("p",), "decimal"),
        Column(("p, min-p" if drawn else "p, Holm",), "decimal"),
        *(Column((letter,), "left", ITEM_HEAD) for letter, _ in zip(LETTERS, ITEMS, strict=True)),
        Column(("Suggested",), "left"),
        Column(("Your rating",), "left"),
    )
    footnotes = Footnotes()
    groups = tuple(
        Group(
            tuple(_rows(screen, settings, footnotes)),
            head=(*labelled(screen.outcome_label, screen.unit), ": ", screen.follow_up_label),
        )
        for screen in screens
        if any(map(applies, screen.interactions))
    )
    return Table(columns, groups, (*footnotes.notes, *_notes(settings, drawn=drawn)))


def applies(interaction: Interaction) -> bool:
    """Whether an effect modification is suggested, so that its credibility can be asked for."""
    return interaction.reading.p.value is not None and interaction.reading.p.value < APPLIES_BELOW


def _rows(screen: Screen, settings: ScreeningSettings, footnotes: Footnotes) -> Iterator[Row]:
    for item in filter(applies, screen.interactions):
        given = answers(_facts(item, screen, settings))
        expected: Inline = ("Stated beforehand: ", item.expected, ".") if item.expected is not None else ()
        mark = (footnotes.mark(expected),) if expected else ()
        signs: list[Inline] = [(SIGNS[answer],) for answer in given]
        signs[3] = (*signs[3], *mark)
        yield Row((item.label,), ((item.reading.p,), (item.min_p or item.holm,), *signs, (suggested(given),), (BLANK,)))


def _facts(interaction: Interaction, screen: Screen, settings: ScreeningSettings) -> Facts:
    adjusted = interaction.holm if interaction.min_p is None else interaction.min_p
    stated: Direction = "not stated" if interaction.expected is None else "stated in words"
    within = interaction.tested == "within"
    i2 = [each.i2.value for each in interaction.by_trial if each.i2.value is not None]
    q_p = [each.heterogeneity.q_p.value for each in interaction.by_trial if each.heterogeneity.q_p.value is not None]
    pooled = len(interaction.by_trial) == len(i2) == len(q_p) > 0
    return Facts(
        p=math.nan if adjusted.value is None else adjusted.value,
        adjusted=True,
        tested=int(screen.tested.value or 0),
        within=within,
        trials=min((len(each.estimated) for each in interaction.by_trial), default=0)
        if within
        else int(interaction.trials.value or 0),
        i2=max(i2) / 100 if pooled else math.nan,
        q_p=min(q_p) if pooled else math.nan,
        same_sign=min((_same_sign(each) for each in interaction.by_trial), default=0),
        direction=stated,
        random_treatment=settings.treatment_effect == "random",
        random_interaction=settings.interaction_effect == "random",
        cut="levels" if interaction.levels else "none",
    )


def _same_sign(contrast: ContrastByTrial) -> int:
    """Return how many trials have an interaction on the side of the pooled one."""
    pooled = contrast.pooled.effect.value or 0.0
    return sum((item.estimate.effect.value or 0.0) * pooled > 0.0 for item in contrast.estimated)


def _notes(settings: ScreeningSettings, *, drawn: bool) -> tuple[Inline, ...]:
    by = "p that draws adjust for all moderators of the outcome (min-p)" if drawn else "Holm-adjusted p"
    varies = {"random": "varies between trials", "common": "is common to the trials"}[settings.interaction_effect]
    asked = "; ".join(
        f"{letter} {what[0].lower()}{what[1:]}" for letter, (_, what, _) in zip(LETTERS, ITEMS, strict=True)
    )
    return (
        (f"Items: {asked}.",),
        (
            "++ credibility definitely increased, + probably increased, ? probably reduced or unclear, −− definitely reduced, "
            "– does not apply. Item b goes by I², Q and the signs of the interactions by trial, of several levels by the contrast that "
            "differs most between trials; it is ? where they are not pooled. Item d: a direction stated in words is compared with the "
            f"finding by the reader. Item e goes by the {by}. Item g: the interaction {varies}.",
        ),
        (
            "After ",
            SOURCE,
            ", in its form for meta-analyses. It applies where the p value of the interaction is below ",
            LIMIT,
            ". The rating is suggested by the answers; the reader's own rating decides.",
        ),
    )
