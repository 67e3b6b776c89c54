"""Recursive partitioning in numbers: the subgroups, the splits that were not kept, and what each moderator cost.

In: searches as recorded. Out: tables, the searches of one comparison as groups of rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.effect_scale import EffectScale, shared
from reportgen.records.honesty import SubgroupHonesty, verdict_sentence
from reportgen.records.marks import mark
from reportgen.records.numbers import Inline, Number
from reportgen.records.partition import (
    Members,
    PartitionedOutcome,
    RecursivePartitioning,
    SearchSettings,
    Split,
    Subgroup,
)
from reportgen.tables.adjusters import not_adjusted, search_fits, title_of
from reportgen.tables.credibility import Ratings, rating_cell, rating_column, rating_note
from reportgen.tables.honesty import corrected_cell
from reportgen.tables.phrases import ci_head, count_made, estimate_cell, explained, joined, labelled, words

COUNTS = ("Participants",)
SPLIT_P = ("p of the split",)
INTERACTION_P = ("p of the interaction",)
Reading = Literal["pooled", "within", "new"]
READINGS: dict[Reading, str] = {"pooled": "pooled", "within": "within trials", "new": "in new trials"}
BOUNDARY_MARK = mark(0)
BOUNDARY_NOTE: Inline = (
    BOUNDARY_MARK,
    "The fit is valid, on the boundary of its model: a variance between trials is estimated as zero, or random effects as "
    "perfectly correlated.",
)
P_COLUMNS = (
    Column(("raw",), "decimal", SPLIT_P),
    Column(("cuts",), "decimal", SPLIT_P),
    Column(("and moderators",), "decimal", SPLIT_P),
)

LOST_NOTE: Inline = (
    "Lost: participants of the analysis who would be excluded if a value of this moderator alone were required.",
)
SEARCHED_NOTE: Inline = (
    "A subgroup found by searching appears better than it is: its effect is not corrected for the search.",
)
CORRECTED_NOTE: Inline = (
    "A subgroup found by searching appears better than it is. Corrected: minus the mean optimism over bootstrap samples searched in the same way, with an approximate interval. p of the search: proportion of searches in data without effect modification that find a split at least as strong, in these trials; grey: candidates that it does not support. In trials held out: the effect of the first subgroup "
    "chosen in the other trials, evaluated in the trial left out and pooled; it assesses the search, not this subgroup.",
)


def _contrast_note(scale: EffectScale) -> Inline:
    return (
        f"{scale.contrast_head}: {scale.effect} in the subgroup {scale.apart} that on the other side, as the interaction in one "
        f"model of both. The {scale.effects} of the two sides are estimated in separate models, so that their {scale.between} is not "
        "exactly the same.",
    )


def _scale(searches: Sequence[PartitionedOutcome]) -> EffectScale:
    return shared(search.scale for search in searches)


def _searched(search: PartitionedOutcome) -> Inline:
    return (*labelled(search.outcome_label, search.unit), ": ", search.follow_up_label)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the rows of subgroups show beside people and effects: readings of p, what was drawn, suggested ratings."""

    readings: tuple[Reading, ...]
    drawn: bool
    ratings: Ratings

    @property
    def blank(self) -> int:
        """How many cells of p values and ratings the row of some people leaves empty."""
        return 3 + len(self.readings) + self.drawn + bool(self.ratings)


def subgroups(
    searches: Sequence[PartitionedOutcome], settings: SearchSettings, ratings: Ratings | None = None
) -> Table:
    """Return every subgroup with its sibling and everybody else, below the effect in all participants.

    Parameters
    ----------
    searches : sequence of PartitionedOutcome
        Of one comparison.
    settings : SearchSettings
    ratings : Ratings, optional
        Suggested credibility, by the id of each subgroup.
    """
    readings, scale, rated = _readings(settings), _scale(searches), ratings or {}
    drawn = any(search.honesty for search in searches)
    columns = (
        Column(("Participants",), "left"),
        Column(("m",), "right"),
        Column(("Control",), "right", COUNTS),
        Column(("Intervention",), "right", COUNTS),
        Column(ci_head(f"{scale.head} or {scale.contrast}", settings.level), "decimal"),
        *((Column(ci_head("Corrected", settings.level), "decimal"),) if drawn else ()),
        *P_COLUMNS,
        *(Column((READINGS[reading],), "decimal", INTERACTION_P) for reading in readings),
        *((Column(("of the search",), "decimal", SPLIT_P),) if drawn else ()),
        *rating_column(rated),
    )
    shown = _Shown(readings, drawn, rated)
    groups = tuple(
        Group(tuple(_rows(search, shown)), head=(*_searched(search), *_without(search))) for search in searches
    )
    found = any(search.subgroups for search in searches)
    notes = [_p_note(settings)] if any(search.tree for search in searches) else []
    notes += (
        [_readings_note(settings), _contrast_note(scale), CORRECTED_NOTE if drawn else SEARCHED_NOTE] if found else []
    )
    notes += [*variants_note(searches, settings), *rating_note(rated)]
    notes += [(*title_of(search), ". ", *verdict_sentence(search)) for search in searches if search.honesty]
    notes += not_adjusted([fit for search in searches for fit in search_fits(search, title_of(search))])
    return explained(Table(columns, groups, (BOUNDARY_NOTE, *notes)))


def variants_note(searches: Sequence[PartitionedOutcome], settings: SearchSettings) -> list[Inline]:
    """Return what a variant is; nothing where there is none."""
    if settings.near is None or not any(subgroup.variant_of for search in searches for subgroup in search.subgroups):
        return []
    return [
        (
            "Variant: nearly the same people as the stronger subgroup above it (Jaccard index, those in both divided by those in either, at least ",
            settings.near,
            "), and not a finding of its own.",
        )
    ]


def _p_note(settings: SearchSettings) -> Inline:
    """Return what the three p values of a split are; one that is not adjusted repeats the one before it."""
    cuts = (
        "then the same, as p is not adjusted for the number of cuts"
        if settings.multiplicity == "none"
        else "then adjusted for the number of cuts of this moderator that were tried"
    )
    moderators = (
        "then also for the number of moderators"
        + (", those that the screening sorted out included" if settings.count_screened else "")
        if settings.across == "sidak"
        else "then the same, as p is not adjusted for the number of moderators"
    )
    return (f"p of the split: raw, of the best cut by itself; {cuts}; {moderators}.",)


def _readings(settings: SearchSettings) -> tuple[Reading, ...]:
    """Return the readings of the interaction that the p values of the split do not tell already."""
    if settings.criterion != "interaction":
        return ("pooled", "within", "new")
    return ("within", "new") if settings.information == "pooled" else ("pooled", "new")


IN_NEW_TRIALS = (
    " In new trials: the same where the interaction varies between trials; the search takes it as common to them, and its p values "
    "speak of these trials."
)


def _readings_note(settings: SearchSettings) -> Inline:
    if settings.criterion != "interaction":
        return (
            "p of the interaction of treatment with the split: with all information (pooled), and with that from within "
            f"trials only.{IN_NEW_TRIALS}",
        )
    if settings.information == "pooled":
        return (f"Within trials: raw p of the same split, without information from between trials.{IN_NEW_TRIALS}",)
    return (f"Pooled: p of the same split, raw, with information from between trials as well.{IN_NEW_TRIALS}",)


def _without(search: PartitionedOutcome) -> Inline:
    """Return what the head of a search adds where it found nothing."""
    if search.subgroups:
        return ()
    if not search.tree:
        return (": not searched, ", *words(search.reason, f"{search.id}.reason", search.cuts.source))
    if search.rejected:
        return (": no subgroup identified",)
    return (f": no split leaves enough {search.scale.people_searched} on both sides",)


def _rows(search: PartitionedOutcome, shown: _Shown) -> Iterator[Row]:
    yield _members_row(search.overall, ("All participants",), shown)
    for finding in search.findings:
        yield from _subgroup_rows(search, finding, shown)
        for item in search.variants_of(finding):
            yield from _subgroup_rows(search, item, shown)
    if shown.drawn and search.subgroups:
        yield from _held_out_rows(search, shown)
    if not search.subgroups and search.rejected:
        best, nothing = search.rejected[0], ((),) * len(shown.readings)
        head: Inline = ("best rejected split: ", *best.better.words)
        last = rating_cell(shown.ratings, "")
        yield _difference_row(best, head, nothing, _of_search(search) if shown.drawn else None, last)


def _subgroup_rows(search: PartitionedOutcome, group: Subgroup, shown: _Shown) -> Iterator[Row]:
    """Yield a subgroup with its other side; a variant one step in, without everybody else, who are nearly those of its finding."""
    step = 1 if group.variant_of is not None else 0
    head = (*variant_words(group), *group.inside.words)
    muted = not group.supported
    yield _members_row(group.inside, head, shown, step, muted=muted, honesty=group.honesty)
    yield _members_row(group.sibling, ("other side: ", *group.split.other.words), shown, indent=1 + step)
    of_reading = {"pooled": (group.p_pooled,), "within": (group.p_within,), "new": (group.p_new,)}
    others: tuple[Inline, ...] = tuple(of_reading[reading] for reading in shown.readings)
    more = _of_difference(group.honesty) if shown.drawn else None
    last = rating_cell(shown.ratings, group.inside.id)
    yield _difference_row(group.split, (search.scale.contrast,), others, more, last, indent=1 + step)
    if len(group.inside.rule) > 1 and not step:
        # with one condition, the other side is everybody else
        yield _members_row(group.complement, ("all others",), shown, indent=1)


def _held_out_rows(search: PartitionedOutcome, shown: _Shown) -> Iterator[Row]:
    """Yield what the first subgroup that the other trials choose shows in the trial held out, pooled."""
    held = None if search.honesty is None else search.honesty.held_out
    if held is None:
        return
    rest: tuple[Inline, ...] = ((),) * (shown.blank + 1)
    inside = ((held.trials,), (), (), estimate_cell(held.inside), *rest)
    yield Row(("In trials held out",), inside, muted=held.inside.effect.value is None)
    if held.difference.effect.value is not None:
        yield Row((search.scale.contrast,), ((), (), (), estimate_cell(held.difference), *rest), indent=1)


def variant_words(group: Subgroup) -> Inline:
    """Return what stands before the rule of a variant: "variant (Jaccard index 0.95): "; nothing for a finding."""
    if group.variant_of is None:
        return ()
    known = group.jaccard is not None and group.jaccard.value is not None
    return ("variant (Jaccard index ", group.jaccard, "): ") if known and group.jaccard else ("variant: ",)


def _of_difference(honesty: SubgroupHonesty | None) -> tuple[Inline, Inline]:
    """Return the corrected difference and the p of the search."""
    if honesty is None:
        return (), ()
    return (() if honesty.difference is None else corrected_cell(honesty.difference)), (honesty.p_search,)


def _of_search(search: PartitionedOutcome) -> tuple[Inline, Inline]:
    """Return the p of a search that kept nothing."""
    return (), (() if search.honesty is None else (search.honesty.p,))


def _members_row(
    members: Members,
    head: Inline,
    shown: _Shown,
    indent: int = 0,
    *,
    muted: bool = False,
    honesty: SubgroupHonesty | None = None,
) -> Row:
    """Return people with the effect among them, and where something was drawn the corrected one."""
    on_boundary: Inline = (BOUNDARY_MARK,) if members.status == "boundary" else ()
    corrected: Inline = () if honesty is None or honesty.inside is None else corrected_cell(honesty.inside)
    cells: tuple[Inline, ...] = (
        (members.trials,),
        (members.n_control,),
        (members.n_intervention,),
        (*estimate_cell(members.estimate), *on_boundary),
        *((corrected,) if shown.drawn else ()),
        *(((),) * shown.blank),
    )
    return Row(head, cells, indent=indent, muted=muted or members.estimate.effect.value is None)


def _difference_row(
    split: Split,
    head: Inline,
    others: tuple[Inline, ...],
    drawn: tuple[Inline, Inline] | None,
    rated: tuple[Inline, ...],
    indent: int = 0,
) -> Row:
    """Return the difference between the sides of a split with its p values and its rating; `drawn`: corrected, and p of the search."""
    p = (split.p_raw, split.p_adjusted, split.p_node)
    corrected, of_search = ((drawn[0],), (drawn[1],)) if drawn is not None else ((), ())
    values = (*corrected, *((item,) for item in p), *others, *of_search)
    cells = ((), (), (), estimate_cell(split.difference), *values, *rated)
    return Row(head, cells, indent=indent)


def rejected_splits(searches: Sequence[PartitionedOutcome], settings: SearchSettings) -> Table:
    """Return the best cut of each moderator that was not kept, the smallest p of each search first.

    Parameters
    ----------
    searches : sequence of PartitionedOutcome
        Of one comparison.
    settings : SearchSettings
    """
    scale = _scale(searches)
    deep = any(split.node for search in searches for split in search.rejected)
    columns = [
        Column(("Best cut",), "left"),
        *([Column(("Among",), "left")] if deep else []),
        Column(("Cuts tried",), "right"),
        Column(ci_head(scale.contrast_head, settings.level), "decimal"),
        *P_COLUMNS,
        Column(("Not kept because",), "left"),
    ]
    groups = tuple(
        Group(tuple(_rejected_rows(search, deep, len(columns) - 1)), head=_searched(search)) for search in searches
    )
    side: Inline = (
        f"The side with the larger estimated effect is named; {scale.contrast}: {scale.effect} on it {scale.apart} "
        f"{scale.effect} on the other.",
    )
    return explained(Table(tuple(columns), groups, (side, _p_note(settings))))


def _rejected_rows(search: PartitionedOutcome, deep: bool, cells: int) -> Iterator[Row]:
    if not search.rejected:
        yield Row((_none_rejected(search),), ((),) * cells)
    for split in search.rejected:
        yield _rejected_row(search, split, deep)


def _none_rejected(search: PartitionedOutcome) -> str:
    """Return why no split stands here."""
    if not search.tree:
        return "No search was possible"
    if not search.subgroups:
        return f"No split could be tried: none leaves enough {search.scale.people_searched} on both sides"
    return "Every split that could be tried was kept"


def _rejected_row(search: PartitionedOutcome, split: Split, deep: bool) -> Row:
    among: tuple[Inline, ...] = (search.tree[split.node].members.words,) if deep else ()
    p: tuple[Number, ...] = (split.p_raw, split.p_adjusted, split.p_node)
    cells = (
        *among,
        (split.cuts,),
        estimate_cell(split.difference),
        *((item,) for item in p),
        split.reason,
    )
    return Row(split.better.words, cells)


def moderators_searched(parts: Sequence[tuple[Inline, Sequence[PartitionedOutcome]]]) -> Table:
    """Return, for each search, what every moderator costs by itself and whether it was searched.

    Parameters
    ----------
    parts : sequence of (Inline, sequence of PartitionedOutcome)
        The searches of each comparison with its title, which is empty where there is one.

    Returns
    -------
    Table
        A row a moderator; on paper a row a search, with its moderators in one line.
    """
    searched = [(title, search) for title, searches in parts for search in searches if search.moderators]
    columns = (
        Column(("Moderator",), "left"),
        Column(("Participants",), "right", ("Lost for want of it",)),
        Column(("Trials",), "right", ("Lost for want of it",)),
        Column(("Searched",), "left"),
    )
    groups = tuple(
        Group(
            tuple(
                Row((use.label,), ((use.people,), (use.trials,), ("yes",) if use.searched else ("no: ", *use.reason)))
                for use in search.moderators
            ),
            head=(*title, ": ", *_searched(search)) if title else _searched(search),
        )
        for title, search in searched
    )
    return Table(columns, groups, (LOST_NOTE,), paper=_searched_in_lines(searched))


def _searched_in_lines(searched: Sequence[tuple[Inline, PartitionedOutcome]]) -> Table:
    """Return a row a search, its moderators in one line with what they cost where they cost anything."""
    groups = tuple(
        Group(tuple(Row(_searched(search), (_in_line(search),)) for _, search in found), head=title)
        for title, found in groupby(searched, key=lambda pair: pair[0])
    )
    columns = (Column(("Search",), "left"), Column(("Moderators searched (participants lost)",), "left"))
    return Table(columns, groups, (LOST_NOTE,))


def _in_line(search: PartitionedOutcome) -> Inline:
    lines: list[Inline] = []
    for use in search.moderators:
        lost: Inline = (" (", use.people, ")") if use.people.value else ()
        lines.append((use.label, *lost, *(() if use.searched else (", not searched: ", *use.reason))))
    return joined(lines)


def search_status(records: Sequence[RecursivePartitioning]) -> Table:
    """Return how each search ended: how much was tried, what was found, and why there was none."""
    results_of = {record.name: [search for search in record.results if not search.empty] for record in records}
    remarks = any(search.reason for searches in results_of.values() for search in searches)
    columns = [
        Column(("Search",), "left"),
        Column(("Status",), "left"),
        Column(("Nodes searched",), "right"),
        Column(("Cuts tried",), "right"),
        Column(("Least size of a side",), "right"),
        Column(("Subgroups",), "right"),
        Column(("Smallest adjusted p",), "decimal"),
        *([Column(("Remark",), "left")] if remarks else []),
    ]
    groups = []
    for record in records:
        titles = record.titles
        for comparison, found in groupby(results_of[record.name], key=lambda search: search.comparison):
            groups.append(Group(tuple(_status_row(search, remarks) for search in found), head=(titles[comparison],)))
    return Table(tuple(columns), tuple(groups))


def _status_row(search: PartitionedOutcome, remarks: bool) -> Row:
    splits = [split for node in search.tree for split in node.splits]
    best: Inline = (min(splits, key=lambda split: split.p_node.value or 0.0).p_node,) if splits else ("–",)
    cells: list[Inline] = [
        ("searched" if search.tree else "not possible",),
        (count_made(search.id, "nodes", sum(bool(node.splits) for node in search.tree), "nodes"),),
        (search.cuts,),
        (search.min_size,),
        (count_made(search.id, "subgroups", len(search.findings), "subgroups"),),
        best,
    ]
    if remarks:
        cells.append(words(search.reason, f"{search.id}.reason", search.cuts.source))
    head = (search.outcome_label, ", ", search.follow_up_label)
    return Row(head, tuple(cells), muted=not search.tree)
