"""A recursive partitioning on the page: trees, forests and tables of subgroups, and the cuts that were tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from reportgen import figures, tables
from reportgen.records.effect_scale import shared
from reportgen.records.numbers import Inline, slug
from reportgen.records.partition import PartitionedOutcome, RecursivePartitioning, SearchSettings
from reportgen.spec.shows import (
    CutProfiles,
    Limited,
    RejectedSplits,
    SubgroupForest,
    Subgroups,
    SubgroupTree,
)
from reportgen.tables.adjusters import search_fits
from reportgen.tables.phrases import joined, words
from reportgen.views.chosen import chosen, not_drawn
from reportgen.views.credibility import ratings_of
from reportgen.views.draft import Draft, Sketch, or_nobody, stems, with_notes
from reportgen.views.findings.searches import search_findings
from reportgen.views.prose.draws import drawn_in
from reportgen.views.prose.recursive_partitioning import partition_methods, settings_in_words
from reportgen.views.prose.section import sections_of_each
from reportgen.views.view import Back, Context, Ended, Show, View, ended

LOOKS_BETTER = "A subgroup found by searching appears better than it is; the effects are "
NOT_CORRECTED: Inline = (f"{LOOKS_BETTER}not corrected for the search.",)
AS_FOUND: Inline = (f"{LOOKS_BETTER}shown as found, with corrected effects below them.",)


def _searches(record: RecursivePartitioning, options: Limited, context: Context) -> tuple[PartitionedOutcome, ...]:
    """Return the searches that are asked for, without those that nobody could enter."""
    return chosen((search for search in record.results if not search.empty), options, context.study)


def _by_comparison(
    searches: Sequence[PartitionedOutcome], record: RecursivePartitioning
) -> list[tuple[Inline, tuple[PartitionedOutcome, ...]]]:
    """Return the searches of each comparison with its title; the title is empty where there is one comparison."""
    present = {search.comparison for search in searches}
    return [
        ((c.title,) if len(present) > 1 else (), tuple(s for s in searches if s.comparison == c.name))
        for c in record.comparisons
        if c.name in present
    ]


def _parts(
    record: RecursivePartitioning,
    options: Limited,
    context: Context,
    sketches: Callable[[Sequence[PartitionedOutcome], SearchSettings, str], tuple[Sketch, ...]],
    remarks: tuple[Inline, ...],
    note: Callable[[Sequence[PartitionedOutcome]], tuple[Inline, ...]] = lambda _: (),
    wanted: Callable[[PartitionedOutcome], bool] = lambda _: True,
) -> tuple[Draft, ...]:
    """Return a part for each comparison with its note; the settings of the search and the remarks stand below the last.

    A comparison without a search that is `wanted` has no part: what it lacks is said below the last.
    """
    every = _by_comparison(_searches(record, options, context), record)
    parts = [part for part in every if any(map(wanted, part[1]))]
    missing = [search for _, searches in every if not any(map(wanted, searches)) for search in searches]
    if missing:
        remarks = (not_drawn(missing, record.titles), *remarks)
    drafts = [
        Draft(title, sketches(searches, record.settings, name), notes=note(searches))
        for name, (title, searches) in zip(stems(context.name, len(parts)), parts, strict=True)
    ]
    return with_notes(drafts, (settings_in_words(record.settings), *remarks)) if every else or_nobody(drafts)


def _each(
    searches: Sequence[PartitionedOutcome],
    name: str,
    draw: Callable[[PartitionedOutcome, str], Sketch],
) -> tuple[Sketch, ...]:
    """Return a sketch for each search, named by what tells it from the others."""
    differing = [key for key in ("outcome", "follow_up") if len({getattr(search, key) for search in searches}) > 1]
    return tuple(
        draw(search, "-".join((name, *(slug(getattr(search, key)) for key in differing)))) for search in searches
    )


def _title(search: PartitionedOutcome) -> Inline:
    return (search.outcome_label, ", ", search.follow_up_label)


def _tree(record: RecursivePartitioning, options: SubgroupTree, context: Context) -> tuple[Draft, ...]:
    def sketches(searches: Sequence[PartitionedOutcome], settings: SearchSettings, name: str) -> tuple[Sketch, ...]:
        def draw(search: PartitionedOutcome, stem: str) -> Sketch:
            tree = partial(figures.draw_subgroup_tree, search, settings, name=stem, limits=options.limits)
            return Sketch(tree, _title(search))

        return _each([search for search in searches if search.tree], name, draw)

    asked = _searches(record, options, context)
    notes = (_not_exact(asked), _looks_better(asked)) if any(search.subgroups for search in asked) else ()
    return _parts(record, options, context, sketches, notes, _not_searched)


def _looks_better(searches: Sequence[PartitionedOutcome]) -> Inline:
    return AS_FOUND if drawn_in(searches) else NOT_CORRECTED


def _not_exact(searches: Sequence[PartitionedOutcome]) -> Inline:
    scale = shared(search.scale for search in searches)
    return (
        f"Effects in a subgroup and on the other side are estimated in separate models: one {scale.apart} the other is not exactly the "
        f"{scale.between} that was tested.",
    )


def _not_searched(searches: Sequence[PartitionedOutcome]) -> tuple[Inline, ...]:
    """Return one sentence on the searches that were not possible, with the reasons: they have no tree."""
    by_reason: dict[str, list[PartitionedOutcome]] = {}
    for search in searches:
        if not search.tree:
            by_reason.setdefault(search.reason, []).append(search)
    if not by_reason:
        return ()
    parts = [
        (*joined([_title(search) for search in those], "; "), " (", *_reason(those[0]), ")")
        for those in by_reason.values()
    ]
    return (("Not searched: ", *joined(parts, "; "), "."),)


def _reason(search: PartitionedOutcome) -> Inline:
    return words(search.reason, f"{search.id}.reason", search.cuts.source)


def _forest(record: RecursivePartitioning, options: SubgroupForest, context: Context) -> tuple[Draft, ...]:
    def sketches(searches: Sequence[PartitionedOutcome], settings: SearchSettings, name: str) -> tuple[Sketch, ...]:
        draw = partial(figures.draw_subgroup_forest, tuple(searches), settings, name=name, limits=options.limits)
        return (Sketch(draw),)

    found = any(search.subgroups for search in _searches(record, options, context))
    remarks = (_looks_better(record.results),) if found else ()
    return _parts(record, options, context, sketches, remarks, wanted=_estimated)


def _estimated(search: PartitionedOutcome) -> bool:
    """Whether there is an effect to draw."""
    return search.overall.estimate.effect.value is not None


def _profiles(record: RecursivePartitioning, options: CutProfiles, context: Context) -> tuple[Draft, ...]:
    def sketches(searches: Sequence[PartitionedOutcome], settings: SearchSettings, name: str) -> tuple[Sketch, ...]:
        def draw(search: PartitionedOutcome, stem: str) -> Sketch:
            return Sketch(partial(figures.draw_cut_profiles, search, name=stem), _title(search))

        return _each([search for search in searches if search.profiles], name, draw)

    return _parts(record, options, context, sketches, (), _not_searched)


def _subgroups(record: RecursivePartitioning, options: Subgroups, context: Context) -> tuple[Draft, ...]:
    parts = _by_comparison(_searches(record, options, context), record)

    def titled(title: Inline, what: str) -> Inline:
        return (*title, ": ", what) if title else (what.capitalize(),)

    results = [
        Draft(
            titled(title, "subgroups"),
            table=tables.subgroups(searches, record.settings, ratings_of(record, searches, context)),
        )
        for title, searches in parts
    ]
    if not any(search.moderators for _, searches in parts for search in searches):
        return or_nobody(results)
    return (*results, Draft(("Moderators that were searched",), table=tables.moderators_searched(parts)))


def _rejected(record: RecursivePartitioning, options: RejectedSplits, context: Context) -> tuple[Draft, ...]:
    parts = _by_comparison(_searches(record, options, context), record)
    return or_nobody(
        [Draft(title, table=tables.rejected_splits(searches, record.settings)) for title, searches in parts]
    )


def _status(records: Sequence[RecursivePartitioning]) -> Ended:
    return ended(records, Back("search-status", "How each search ended", tables.search_status(records)))


VIEW = View(
    method="recursive-partitioning",
    record=RecursivePartitioning,
    label="Recursive partitioning",
    prose=partial(sections_of_each, "Recursive partitioning", "recursive-partitioning", partition_methods),
    status=_status,
    fits=search_fits,
    people=True,
    findings=partial(search_findings, "Recursive partitioning"),
    shows=(
        Show(
            SubgroupTree,
            "Recursive partitioning",
            _tree,
            beside={
                "subgroups": "All numbers are given in",
                "cut-profiles": "The cuts that were tried are shown in",
            },
        ),
        Show(
            SubgroupForest,
            "Effects in the subgroups of recursive partitioning",
            _forest,
            beside={"subgroup-tree": "The trees of these subgroups are shown in"},
        ),
        Show(
            Subgroups,
            "Subgroups of recursive partitioning in numbers",
            _subgroups,
            beside={"subgroup-tree": "Drawn in", "rejected-splits": "Splits that were not kept are given in"},
        ),
        Show(
            CutProfiles,
            "Cuts that were tried",
            _profiles,
            beside={"rejected-splits": "The best cuts that were not kept are given in"},
        ),
        Show(RejectedSplits, "Splits that were not kept", _rejected),
    ),
)
