"""Artefacts of a recursive partitioning: trees, forests and tables of subgroups, and the cuts that were tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from reportgen.records.artefact import Table
from reportgen.records.model import Records
from reportgen.records.numbers import Inline, slug
from reportgen.records.partition import PartitionedOutcome, RecursivePartitioning, SearchSettings
from reportgen.render.drafts.draft import Draft, Drafter, Place, Sketch, letter, or_nobody
from reportgen.render.methods_partition import settings_in_words
from reportgen.render.rounding import rounded
from reportgen.spec.check import expanded
from reportgen.spec.study import Artefact, Study
from reportgen.tables.phrases import joined, words

NOT_EXACT: Inline = (
    "Effects of a subgroup and of the other side come from separate models: one minus the other is not exactly the "
    "difference that was tested.",
)
SEARCHED: Inline = (
    "A subgroup that was found by searching looks better than it is; the effects are not corrected for the search.",
)


def _record(place: Place, records: Records) -> RecursivePartitioning:
    record = records.analyses[place.node.of or ""]
    assert isinstance(record, RecursivePartitioning)
    return rounded(record, place.node.rounding, place.name)


def chosen(node: Artefact, study: Study, record: RecursivePartitioning) -> tuple[PartitionedOutcome, ...]:
    """Return the searches that a node of the study file asks for, all of those that it does not limit; none without people."""
    wanted = {
        "comparison": expanded(node.comparison or ("all",), study.comparisons),
        "outcome": expanded(node.outcome or ("all",), study.outcomes),
        "follow_up": expanded(node.follow_up or ("all",), study.follow_up),
    }
    return tuple(
        s for s in record.searches if not s.empty and all(getattr(s, key) in names for key, names in wanted.items())
    )


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
    place: Place,
    study: Study,
    records: Records,
    sketches: Callable[[Sequence[PartitionedOutcome], SearchSettings, str], tuple[Sketch, ...]],
    remarks: tuple[Inline, ...],
    note: Callable[[Sequence[PartitionedOutcome]], tuple[Inline, ...]] = lambda _: (),
) -> tuple[Draft, ...]:
    """Return a part for each comparison with its note; the settings of the search and the remarks stand below the last."""
    record = _record(place, records)
    parts = _by_comparison(chosen(place.node, study, record), record)
    return or_nobody(
        [
            Draft(
                title,
                sketches(searches, record.settings, place.name + (letter(i) if len(parts) > 1 else "")),
                notes=(
                    *note(searches),
                    *((settings_in_words(record.settings), *remarks) if i == len(parts) - 1 else ()),
                ),
            )
            for i, (title, searches) in enumerate(parts)
        ]
    )


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


def _tree(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.figures import draw_subgroup_tree

    def sketches(searches: Sequence[PartitionedOutcome], settings: SearchSettings, name: str) -> tuple[Sketch, ...]:
        def draw(search: PartitionedOutcome, stem: str) -> Sketch:
            return Sketch(partial(draw_subgroup_tree, search, settings, name=stem), _title(search))

        return _each([search for search in searches if search.tree], name, draw)

    found = any(search.subgroups for search in chosen(place.node, study, _record(place, records)))
    return _parts(place, study, records, sketches, (NOT_EXACT, SEARCHED) if found else (), _not_searched)


def _not_searched(searches: Sequence[PartitionedOutcome]) -> tuple[Inline, ...]:
    """Return one sentence on the searches that were not possible, with the reasons: they have no tree."""
    by_reason: dict[str, list[PartitionedOutcome]] = {}
    for search in searches:
        if not search.tree:
            by_reason.setdefault(search.reason, []).append(search)
    if not by_reason:
        return ()
    said = [
        (*joined([_title(search) for search in those], "; "), " (", *_why(those[0]), ")")
        for those in by_reason.values()
    ]
    return (("Not searched: ", *joined(said, "; "), "."),)


def _why(search: PartitionedOutcome) -> Inline:
    return words(search.reason, f"{search.id}.reason", search.cuts.source)


def _forest(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.figures import draw_subgroup_forest

    def sketches(searches: Sequence[PartitionedOutcome], settings: SearchSettings, name: str) -> tuple[Sketch, ...]:
        return (Sketch(partial(draw_subgroup_forest, tuple(searches), settings, name=name)),)

    found = any(search.subgroups for search in chosen(place.node, study, _record(place, records)))
    return _parts(place, study, records, sketches, (SEARCHED,) if found else ())


def _profiles(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.figures import draw_cut_profiles

    def sketches(searches: Sequence[PartitionedOutcome], settings: SearchSettings, name: str) -> tuple[Sketch, ...]:
        def draw(search: PartitionedOutcome, stem: str) -> Sketch:
            return Sketch(partial(draw_cut_profiles, search, name=stem), _title(search))

        return _each([search for search in searches if search.profiles], name, draw)

    return _parts(place, study, records, sketches, (), _not_searched)


def _subgroups(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.tables import moderators_searched, subgroups

    record = _record(place, records)
    parts = _by_comparison(chosen(place.node, study, record), record)

    def titled(title: Inline, what: str) -> Inline:
        return (*title, ": ", what) if title else (what.capitalize(),)

    made = [Draft(titled(title, "subgroups"), table=subgroups(searches, record.settings)) for title, searches in parts]
    if not any(search.moderators for _, searches in parts for search in searches):
        return or_nobody(made)
    return (*made, Draft(("Moderators that were searched",), table=moderators_searched(parts)))


def _rejected(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.tables import rejected_splits

    record = _record(place, records)

    def table(searches: tuple[PartitionedOutcome, ...]) -> Table:
        return rejected_splits(searches, record.settings)

    return or_nobody(
        [
            Draft(title, table=table(searches))
            for title, searches in _by_comparison(chosen(place.node, study, record), record)
        ]
    )


SHOWN: dict[str, Drafter] = {
    "subgroup-tree": _tree,
    "subgroup-forest": _forest,
    "cut-profiles": _profiles,
    "subgroups": _subgroups,
    "rejected-splits": _rejected,
}
