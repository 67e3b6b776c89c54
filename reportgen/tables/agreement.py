"""The agreement of two searches in numbers: who is in both, the effect among them, and what they are like.

In: one outcome as recorded, with the subgroups of recursive partitioning and the boxes of directed peeling beside each.
Out: a table of people and effects, and one of the profile of who is in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportgen.records.agreement import Agreement, Chance, ComparedSubgroup, OutcomeAgreement, Pair, Trait
from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.effect_scale import EffectScale, capitalised
from reportgen.records.numbers import Inline
from reportgen.tables.phrases import NBSP, Footnotes, counted, estimate_cell, explained, interval, joined

COUNTS = ("Participants",)
JACCARD = ("Jaccard index",)


def overlap(outcome: OutcomeAgreement, record: Agreement) -> Table:
    """Return people and effects: a group of rows a subgroup of recursive partitioning, a row a box of directed peeling.

    Parameters
    ----------
    outcome : OutcomeAgreement
        With at least one subgroup.
    record : Agreement
        For the level of the intervals.
    """
    interval: Inline = (" (", record.settings.level, f"%{NBSP}CI)")
    among = (f"{outcome.scale.head} among",)
    columns = (
        Column(("Directed peeling",), "left"),
        Column(("peeled",), "right", COUNTS),
        Column(("both",), "right", COUNTS),
        Column(("only partitioned",), "right", COUNTS),
        Column(("only peeled",), "right", COUNTS),
        Column(("neither",), "right", COUNTS),
        *_jaccard_columns(outcome, record),
        Column(("those in both", *interval), "decimal", among),
        Column(("all others", *interval), "decimal", among),
    )
    boxes = Footnotes()
    groups = tuple(
        Group(
            tuple(_pair(pair, boxes, outcome.drawn, muted=not subgroup.supported) for pair in subgroup.pairs),
            head=_head(subgroup),
        )
        for subgroup in outcome.subgroups
    )
    unit: Inline = (", ", outcome.unit) if outcome.unit.text else ()
    notes: list[Inline] = [
        (
            "Of the ",
            *counted(outcome.n, "participant"),
            f" analysed by both searches. {capitalised(outcome.scale.effects)}: ",
            outcome.outcome_label,
            *unit,
            ".",
        ),
        _overlap_note(outcome.scale, outcome.drawn),
        *_chance_notes(outcome, record),
    ]
    notes = [*boxes.notes, *notes, *_suppressed(outcome, record)]
    return explained(Table(columns, groups, tuple(notes)))


def _jaccard_columns(outcome: OutcomeAgreement, record: Agreement) -> tuple[Column, ...]:
    if not outcome.drawn:
        return (Column(("Jaccard index",), "decimal"),)
    return (
        Column(("found",), "decimal", JACCARD),
        Column(("by chance (", record.settings.level, "%)"), "decimal", JACCARD),
        Column(("p",), "decimal", JACCARD),
    )


def _chance_notes(outcome: OutcomeAgreement, record: Agreement) -> Iterator[Inline]:
    """Yield what is known of overlap by chance; nothing without draws."""
    known = [pair.chance for subgroup in outcome.subgroups for pair in subgroup.pairs if pair.chance is not None]
    if known:
        yield (
            "By chance: median and the range of the middle ",
            record.settings.level,
            "% of the Jaccard index of the strongest candidate of the partitioning and the peeled subgroup of that size, both searched "
            "for in the same data without effect modification, in the ",
            *counted(known[0].draws, "draw"),
            " in which both found something. p: share of them with as much overlap, for the strongest subgroup, with which they compare.",
        )
    if any(not subgroup.supported for subgroup in outcome.subgroups):
        yield ("Grey: subgroups not supported by p of the search.",)


def _overlap_note(scale: EffectScale, drawn: bool) -> Inline:
    tested = (
        "Effects are not corrected for the search"
        if drawn
        else "Nothing has been tested, and effects are not corrected for the search"
    )
    return (
        "Peeled: in the directed-peeling subgroup of that row; partitioned: in the recursive-partitioning subgroup that heads the rows. Jaccard index: the number in both divided by the number in either. "
        f"{scale.direction}. "
        f"{tested}.",
    )


def profile(outcome: OutcomeAgreement, record: Agreement) -> Table:
    """Return what the people in both are like beside all others: a group of rows a subgroup, two columns a box.

    Parameters
    ----------
    outcome : OutcomeAgreement
        With at least one subgroup.
    record : Agreement
        For the smallest cell that is printed.
    """
    spans = [("With the peeled subgroup of size ", pair.share) for pair in outcome.subgroups[0].pairs]
    columns = (
        Column(("Characteristic",), "left"),
        *(Column((words,), "decimal", span) for span in spans for words in ("In both", "All others")),
    )
    groups = tuple(Group(tuple(_profile(subgroup)), head=_head(subgroup)) for subgroup in outcome.subgroups)
    notes: tuple[Inline, ...] = (
        ("Mean (SD), or number and percentage of participants, among those with a value.",),
        *_suppressed(outcome, record),
    )
    return explained(Table(columns, groups, notes))


def _head(group: ComparedSubgroup) -> Inline:
    judged: Inline = ()
    if group.honesty is not None and group.honesty.p_search.value is not None:
        judged = ("; p of the search ", group.honesty.p_search, f", {group.honesty.verdict}")
    variant: Inline = () if group.variant_of is None else ("; variant of subgroup ", group.variant_of)
    n: Inline = (f" (n{NBSP}={NBSP}", group.n, *variant, *judged, ")")
    return ("Recursive partitioning, subgroup ", group.number, ": ", *group.rule, *n)


def _pair(pair: Pair, boxes: Footnotes, drawn: bool, *, muted: bool) -> Row:
    head: Inline = ("Size ", pair.share, *((boxes.mark((*pair.box, ".")),) if pair.box else ()))
    counts = (pair.in_box, pair.both, pair.only_subgroup, pair.only_box, pair.neither, pair.jaccard)
    cells: tuple[Inline, ...] = (
        *((number,) for number in counts),
        *(_chance(pair.chance) if drawn else ()),
        estimate_cell(pair.inside),
        estimate_cell(pair.outside),
    )
    return Row(head, cells, muted=muted)


def _chance(chance: Chance | None) -> tuple[Inline, Inline]:
    if chance is None:
        return (), ()
    return interval(chance.median, chance.low, chance.high), (chance.p,)


def _profile(group: ComparedSubgroup) -> Iterator[Row]:
    yield Row(("Participants",), tuple((n,) for pair in group.pairs for n in (pair.both, pair.n_others)))
    # a pair that is too small to print has no traits
    longest = max((pair.traits for pair in group.pairs), key=len, default=())
    yield from (_trait(place, trait, group) for place, trait in enumerate(longest))


def _trait(place: int, trait: Trait, group: ComparedSubgroup) -> Row:
    unit: Inline = (", ", trait.unit) if trait.unit.text else ()
    head: Inline = (trait.label, *unit, ", mean (SD)")
    if trait.level is not None:
        head = (trait.label, ": ", trait.level, ", n (%)")
    cells = tuple(
        cell
        for pair in group.pairs
        for cell in ((pair.traits[place].both, pair.traits[place].others) if pair.traits else ((), ()))
    )
    return Row(head, cells)


def _suppressed(outcome: OutcomeAgreement, record: Agreement) -> tuple[Inline, ...]:
    if not outcome.suppressed:
        return ()
    sentence: Inline = (
        "Counts below ",
        record.settings.minimum_cell,
        " are suppressed, as is anything from which they could be derived.",
    )
    return (sentence,)


def nothing_to_compare(outcomes: Sequence[tuple[OutcomeAgreement, Inline]]) -> Inline:
    """Return what is said of outcomes where one of the searches has no subgroup, with their titles."""
    sentence = [(*title, " (", *outcome.reason, ")") for outcome, title in outcomes]
    return ("Nothing to compare: ", *joined(sentence), ".") if sentence else ()
