"""The credibility of each suggested effect modification, item by item, with the numbers behind the answers.

In: effect modifications of screens or of searches. Out: a table with the answers to ICEMAN's items and a suggested rating; what the
reader decides stays blank. And what other tables say of it: a column of the suggested ratings, with its note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.credibility import APPLIES_BELOW, ITEMS, Answer, Rating
from reportgen.records.derived import Derived
from reportgen.records.moderation import ScreeningSettings
from reportgen.records.modification import Modification
from reportgen.records.numbers import Inline
from reportgen.tables.phrases import Footnotes, explained, joined

SIGNS: dict[Answer, str] = {
    "definitely increased": "++",
    "probably increased": "+",
    "probably reduced or unclear": "?",
    "definitely reduced": "−−",
    "does not apply": "–",
}
"""Answers by what they do to the credibility."""
ITEM_HEAD = ("Items of ICEMAN",)
NUMBERS = ("Numbers behind them",)
BLANK = "........"
LETTERS = "abcdefgh"  # of the items, in their order
SOURCE = Derived("credibility").quote("source", "ICEMAN 1.1 (Schandelmaier et al. 2020, CMAJ 192:E901)")
LIMIT = Derived("credibility").figure("limit", APPLIES_BELOW, 1)
Adjusted = Literal["p, Holm", "p, min-p", "p of the search"]
BY: dict[Adjusted, str] = {
    "p, Holm": "Holm-adjusted p",
    "p, min-p": "p that draws adjust for all moderators of the outcome (min-p)",
    "p of the search": "p of the search, not by p of the interaction as found; without random draws it is ?, and the suggested rating "
    "low at most",
}
OF_SCREENS = (
    "Item b is judged by I², Q and the signs of the interactions by trial (with several levels, by those of the contrast that differs "
    "most between trials); it is ? where they are not pooled."
)
ACROSS = (
    " (across trials): the moderator has one value in each trial, so that the comparison is between trials, item b does not apply, item e "
    "goes by the Holm-adjusted p, and item g by whether the treatment effect varies between trials."
)
OF_SEARCHES = (
    "Item b is judged by I², Q and the signs of the interaction with the subgroup by trial, in trials with enough participants in either arm "
    "of both sides; it is ? where they are not pooled, or where trials held out show no difference of the same sign. Item f: moderators "
    "tested; a search tries many subgroups of each, whose number random draws allow for. Item h: a cut that was searched for is the one "
    "that fits these data best."
)


@dataclass(frozen=True, slots=True)
class Part:
    """The effect modifications of one outcome at one follow-up: rows below one head."""

    head: Inline
    found: tuple[Modification, ...]


def credibility(parts: Sequence[Part], adjusted: Adjusted, remarks: Sequence[Inline]) -> Table:
    """Return how credible each effect modification with a p value of the interaction below 0.1 is, as far as numbers say it.

    Parameters
    ----------
    parts : sequence of Part
    adjusted : {'p, Holm', 'p, min-p', 'p of the search'}
        By which p chance is judged.
    remarks : sequence of Inline
        On the answers, where they differ between methods.
    """
    columns = (
        Column(("Moderator" if adjusted != "p of the search" else "Subgroup",), "left"),
        Column(("p",), "decimal", NUMBERS),
        Column((adjusted,), "decimal", NUMBERS),
        Column(("m",), "right", NUMBERS),
        Column(("Same sign",), "right", NUMBERS),
        Column(("I², %",), "decimal", NUMBERS),
        Column(("Tested",), "right", NUMBERS),
        *(Column((letter,), "centre", ITEM_HEAD) for letter, _ in zip(LETTERS, ITEMS, strict=True)),
        Column(("Suggested",), "left"),
        Column(("Your rating",), "left"),
    )
    footnotes = Footnotes()
    groups = tuple(
        Group(tuple(_row(item, footnotes) for item in part.found), head=part.head) for part in parts if part.found
    )
    notes = (*footnotes.notes, *_notes(adjusted), *remarks)
    return explained(Table(columns, groups, notes))


def _row(item: Modification, footnotes: Footnotes) -> Row:
    signs: list[Inline] = [(SIGNS[answer],) for answer in item.answers]
    if item.expected:
        words = joined([(number,) for number in item.expected], "; ")
        signs[3] = (*signs[3], footnotes.mark(("Stated beforehand: ", *words, ".")))
    numbers = (item.p, item.adjusted, item.trials, item.same_sign, item.i2, item.tested)
    cells = ((number,) if number is not None else () for number in numbers)
    return Row(item.words, (*cells, *signs, (item.rating,), (BLANK,)))


def _notes(adjusted: Adjusted) -> tuple[Inline, ...]:
    asked = "; ".join(
        f"{letter} {what[0].lower()}{what[1:]}" for letter, (_, what, _) in zip(LETTERS, ITEMS, strict=True)
    )
    return (
        (f"Items: {asked}.",),
        (
            "++ credibility definitely increased, + probably increased, ? probably reduced or unclear, −− definitely reduced, "
            "– does not apply. Item d: a direction stated in words is compared with the finding by the reader. Item e is judged by the "
            f"{BY[adjusted]}. Same sign: trials (of m) whose interaction has the sign of the pooled one.",
        ),
        (
            "After ",
            SOURCE,
            ", in its form for meta-analyses. It applies where the p value of the interaction is below ",
            LIMIT,
            ". The rating is suggested by the answers; the final rating is the reader's.",
        ),
    )


def of_screening(settings: ScreeningSettings, *, of_trials: bool = False) -> Inline:
    """Return what is to be said of the answers of a screening; `of_trials`: some moderators are one value of each trial."""
    varies = {"random": "varies between trials", "common": "is common to the trials"}[settings.interaction_effect]
    return (f"{OF_SCREENS} Item g: the interaction {varies}.{ACROSS if of_trials else ''}",)


def of_search() -> Inline:
    """Return what is to be said of the answers of a search."""
    return (f"{OF_SEARCHES} Item g: the interaction is common to the trials.",)


Ratings = Mapping[str, Rating]
"""The suggested rating of each effect modification, by what its ids begin with."""


def rating_column(ratings: Ratings) -> tuple[Column, ...]:
    """Return the column of suggested ratings; none where nothing is rated."""
    return (Column(("Credibility (ICEMAN, suggested)",), "left"),) if ratings else ()


def rating_cell(ratings: Ratings, id_: str) -> tuple[Inline, ...]:
    """Return the cell of that column: "Very low", or blank; none where nothing is rated."""
    rating = ratings.get(id_)
    return ((rating.capitalize(),) if rating else (),) if ratings else ()


def rating_note(ratings: Ratings) -> tuple[Inline, ...]:
    """Return the note on suggested ratings; nothing where nothing is rated."""
    note: Inline = (
        "Credibility: the rating that the answers to the items of ",
        SOURCE,
        " suggest, where p of the interaction as found is below ",
        LIMIT,
        "; the final rating is left to the reader.",
    )
    return (note,) if ratings else ()
