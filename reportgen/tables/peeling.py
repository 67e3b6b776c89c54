"""Directed peeling in numbers: the boxes of selected sizes with their limits, and what is to be said below them.

In: one peeling as recorded. Out: a table, a row a box, a column a moderator; sentences that a figure of it shares.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.effect_scale import EffectScale
from reportgen.records.honesty import verdict_sentence
from reportgen.records.moderation import unit_of_step
from reportgen.records.numbers import Inline
from reportgen.records.peeling import DirectedPeeling, PeeledBox, PeeledModerator, PeeledOutcome, PeelingSettings
from reportgen.tables.adjusters import not_adjusted, peeling_fits, title_of
from reportgen.tables.credibility import Ratings, rating_note
from reportgen.tables.honesty import corrected_cell
from reportgen.tables.phrases import NBSP, ci_head, estimate_cell, explained, joined

LIMITS = ("Limits of the subgroup",)
DRAWN = ("Random draws",)
DRAWN_NOTE: Inline = (
    "Intervals inside, outside and of the contrast are as for subgroups fixed in advance. Corrected: minus the mean optimism over bootstrap samples searched in the same way, with an approximate interval. Held out: the box of that size found in the other trials, evaluated in the trial left out, pooled. p of the search: proportion of searches in data without effect modification that find a subgroup of any size at least as strong, in these trials; grey: candidates that it does not support.",
)
UNTESTED: Inline = (
    "No hypothesis was tested. Intervals are as for subgroups fixed in advance: they are not adjusted for the search, and the effect of a subgroup found by searching is overestimated.",
)


def _contrast(scale: EffectScale) -> Inline:
    return (
        f"{scale.contrast_head}: the interaction of treatment with being inside, in one model of all participants. Effects inside and outside are estimated in separate models, so that their "
        f"{scale.between} is not exactly the same.",
    )


def peeling_thresholds(
    peeling: PeeledOutcome,
    sizes: tuple[float, ...],
    settings: PeelingSettings,
    ratings: Ratings | None = None,
) -> Table:
    """Return the boxes that are nearest to some sizes, from small to large, below everybody.

    Parameters
    ----------
    peeling : PeeledOutcome
        With a frontier.
    sizes : tuple of float
        Shares of people; the record holds a box for each.
    settings : PeelingSettings
    ratings : Ratings, optional
        Suggested credibility, by the id of each box.
    """
    columns = (
        Column(("Size",), "left"),
        Column(("n",), "right"),
        Column(("m",), "right"),
        *(Column(_limit_head(moderator), "decimal", LIMITS) for moderator in peeling.moderators),
        Column(ci_head(f"{peeling.scale.head} inside", settings.level), "decimal"),
        *(_drawn_columns(settings) if peeling.honesty else ()),
        Column(("Outside",), "decimal"),
        Column(ci_head(peeling.scale.contrast_head, settings.level), "decimal"),
    )
    blank: tuple[Inline, ...] = ((), (), *(((), (), ()) if peeling.honesty else ()))
    everybody = Row(
        ("All",),
        ((peeling.n,), (peeling.trials,), *((),) * len(peeling.moderators), estimate_cell(peeling.overall), *blank),
        total=True,
    )
    boxes = peeling.nearest(sizes)
    rows = (*(_row(box, drawn=peeling.honesty is not None) for box in boxes), everybody)
    unit: Inline = (", ", peeling.unit) if peeling.unit.text else ()
    notes: tuple[Inline, ...] = (
        (
            "Size: proportion of the participants analysed; each row is the subgroup found that is closest to a requested size. Its participants have a value on the retained side of every limit, including the limit itself; a dash: no limit. "
            f"{peeling.scale.direction}.",
        ),
        (*_contrast(peeling.scale), " ", *_search_notes(peeling)),
        (f"{peeling.scale.head}: ", peeling.outcome_label, *unit, ". ", *joined(about_moderators(peeling), " ")),
        *_credibility(boxes, ratings or {}),
        *not_adjusted(peeling_fits(peeling, title_of(peeling))),
    )
    return explained(Table(columns, (Group(rows),), notes))


def _credibility(boxes: Sequence[PeeledBox], ratings: Ratings) -> tuple[Inline, ...]:
    """Return the note with the suggested rating of each size: a column more would turn the table to the long side of the paper."""
    words = list(dict.fromkeys(ratings[box.id] for box in boxes if box.id in ratings))
    listed: list[Inline] = [
        (f"{word} for size ", *joined([(box.share,) for box in boxes if ratings.get(box.id) == word], ", "))
        for word in words
    ]
    return tuple((*note, " It is ", *joined(listed, "; "), ".") if listed else note for note in rating_note(ratings))


def _limit_head(moderator: PeeledModerator) -> Inline:
    unit: Inline = (", ", moderator.unit) if moderator.unit.text else ()
    return (moderator.label, f"{NBSP}{moderator.side}", *unit)


def _drawn_columns(settings: PeelingSettings) -> tuple[Column, ...]:
    return (
        Column(ci_head("inside, corrected", settings.level), "decimal", DRAWN),
        Column(ci_head("inside, held out", settings.level), "decimal", DRAWN),
        Column(("p of the search",), "decimal", DRAWN),
    )


def _search_notes(peeling: PeeledOutcome) -> Inline:
    """Return what is to be said of the search: that nothing was tested, or what its draws say."""
    if peeling.honesty is None:
        return UNTESTED
    return (*DRAWN_NOTE, " ", *verdict_sentence(peeling))


def _drawn_cells(box: PeeledBox) -> tuple[Inline, ...]:
    honest = box.honesty
    if honest is None:
        return (), (), ()
    corrected = () if honest.inside is None else corrected_cell(honest.inside)
    held = () if honest.held_out is None else estimate_cell(honest.held_out.inside)
    return corrected, held, (honest.p_search,)


def _row(box: PeeledBox, *, drawn: bool) -> Row:
    cells: tuple[Inline, ...] = (
        (box.n,),
        (box.trials,),
        *((limit,) for limit in box.limits),
        estimate_cell(box.inside),
        *(_drawn_cells(box) if drawn else ()),
        (box.outside.effect,),
        estimate_cell(box.difference),
    )
    muted = box.honesty is not None and box.honesty.verdict == "candidate, not supported"
    return Row((box.share,), cells, muted=muted)


def about_moderators(peeling: PeeledOutcome) -> tuple[Inline, ...]:
    """Return who gains more along each moderator and how that is known, which were not peeled, and whom they cost."""
    not_peeled = _not_peeled(peeling)
    third: Inline = ("Not peeled: ", *not_peeled, ".") if not_peeled else ()
    return tuple(note for note in (*_directions(peeling), third, _costs(peeling)) if note)


def _directions(peeling: PeeledOutcome) -> Iterator[Inline]:
    declared = joined(
        [(f"{moderator.gains} values of ", moderator.label) for moderator in peeling.moderators if moderator.declared]
    )
    if declared:
        yield ("Participants declared to gain more: ", *declared, ".")
    found = joined([_found(moderator) for moderator in peeling.moderators if moderator.interaction is not None])
    if found:
        how = "by the sign of the interaction with treatment in the same participants (centred within trials)"
        yield (f"Participants who gain more, {how}: ", *found, ".")


def _found(moderator: PeeledModerator) -> Inline:
    if moderator.interaction is None or moderator.per is None:
        return ()
    effect = moderator.interaction.effect
    if effect.value is None and effect.reason:
        return f"{moderator.gains} values of ", moderator.label, f" ({effect.reason})"
    sentence: Inline = (
        f"{moderator.gains} values of ",
        moderator.label,
        ", ",
        *estimate_cell(moderator.interaction),
        " per ",
    )
    if moderator.levels is not None:
        return (*sentence, "level")
    single = moderator.per.value == 1
    unit = unit_of_step(moderator.per.unit, single=single)
    shown = moderator.unit if moderator.unit.text == unit else unit
    return (*sentence, shown) if single else (*sentence, moderator.per, " ", shown)


def _not_peeled(peeling: PeeledOutcome) -> Inline:
    return joined([(item.label, " (", *item.reason, ")") for item in peeling.not_peeled])


def _costs(peeling: PeeledOutcome) -> Inline:
    lost = joined(
        [
            (
                cost.label,
                " ",
                cost.people,
                *((" (", cost.trials, " whole trials)") if (cost.trials.value or 0) > 1 else ()),
                *((" (", cost.trials, " whole trial)") if cost.trials.value == 1 else ()),
            )
            for cost in peeling.costs
            if cost.people.value
        ],
        ", ",
    )
    return ("Participants without a value of a moderator, who are not analysed: ", *lost, ".") if lost else ()


def _why_none(peeling: PeeledOutcome) -> Inline:
    """Return why there is no box: that no moderator could be peeled, each with its reason, or that none of those peeled left enough."""
    between = "; not peeled: " if peeling.moderators else ": "
    return joined((peeling.reason, _not_peeled(peeling)), between)


def no_frontier(peelings: Sequence[tuple[PeeledOutcome, Inline]]) -> Inline:
    """Return what is said of peelings that found no box, with their titles: why, and what could not be peeled."""
    sentence = [(*title, ": ", *_why_none(item)) for item, title in peelings]
    return ("No subgroup could be peeled: ", *joined(sentence), ".") if sentence else ()


def peeling_status(records: Sequence[DirectedPeeling]) -> Table:
    """Return how each peeling ended: what was evaluated and found, and how the fits inside ended.

    Parameters
    ----------
    records : sequence of DirectedPeeling
    """
    fits = ("Fits inside",)
    results_of = {record.name: [result for result in record.results if not result.empty] for record in records}
    remarks = any(peeling.reason for peelings in results_of.values() for peeling in peelings)
    columns = (
        Column(("Directed peeling",), "left"),
        Column(("Status",), "left"),
        Column(("evaluated",), "right", ("Subgroups",)),
        Column(("found",), "right", ("Subgroups",)),
        Column(("on the boundary",), "right", fits),
        Column(("failed",), "right", fits),
        *((Column(("Remark",), "left"),) if remarks else ()),
    )
    groups = []
    for record in records:
        titles = record.titles
        for comparison, found in groupby(results_of[record.name], key=lambda item: item.comparison):
            groups.append(Group(tuple(_status_row(item, remarks) for item in found), head=(titles[comparison],)))
    notes: tuple[Inline, ...] = (
        ("Found: the best subgroup of each size that has one. Boundary: the fit finds no variation between trials.",),
    )
    return Table(columns, tuple(groups), notes)


def _status_row(peeling: PeeledOutcome, remarks: bool) -> Row:
    sentence = "subgroups found" if peeling.boxes else "nothing to peel"
    counts = (peeling.evaluated, peeling.found, peeling.boundary, peeling.failed)
    cells: tuple[Inline, ...] = (
        (sentence,),
        *((number,) for number in counts),
        *((peeling.reason,) if remarks else ()),
    )
    return Row((peeling.outcome_label, ", ", peeling.follow_up_label), cells, muted=not peeling.boxes)
