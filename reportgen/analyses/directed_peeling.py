"""Directed peeling (ARDP) of every outcome x follow-up x comparison: the best box-shaped subgroup of each size.

In: the node of the study file and the search of each cell. Out: a `DirectedPeeling` record. The search itself is in
`peeling_search`, its record in `peeling_record`. Nothing is tested here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from reportgen.analyses.honesty_record import SUPPORTED, Honest, drawn_of
from reportgen.analyses.moderator_values import Moderator
from reportgen.analyses.naming import adjuster_labels, level_number, limit_of_p, percent_number
from reportgen.analyses.peeling_record import peeling_record
from reportgen.analyses.peeling_search import Peeled
from reportgen.analyses.recording import comparison_records, search_range_record, suppression_record
from reportgen.analyses.screened import choice_record
from reportgen.analyses.selection import Selection
from reportgen.records.numbers import Inline, Value, slug
from reportgen.records.peeling import SIZES, DirectedPeeling, PeeledOutcome, PeelingSettings
from reportgen.release.values import Values
from reportgen.spec.analyses import DirectedPeeling as Node
from reportgen.spec.analyses import FromScreening
from reportgen.spec.study import Study, sizes_asked
from reportgen.stats.held_out import HeldOut
from reportgen.stats.null_draws import PeelDraws
from reportgen.stats.optimism import PeelOptimism


def directed_peeling_record(
    name: str, node: Node, study: Study, present: Collection[str], peelings: Sequence[PeeledOutcome[Value]]
) -> DirectedPeeling[Value]:
    """Return a named directed peeling of the peelings that were made.

    Parameters
    ----------
    name : str
        As in the study file; ids start with it.
    node : DirectedPeeling node of the study file
    study : Study
    present : collection of str
        The classes of arms that any trial has.
    peelings : sequence of PeeledOutcome
        One for every outcome x follow-up x comparison, those that were not possible included.
    """
    values = _values(name, study)
    return DirectedPeeling(
        name=name,
        settings=_settings(node, values.at("settings"), study),
        comparisons=comparison_records(node, study, present, values),
        results=tuple(peelings),
        search_range=search_range_record(((p.trials, p.n) for p in peelings if p.status == "ok"), values),
        suppression=suppression_record((peeling.frontier.suppressed for peeling in peelings), study, values, "boxes"),
    )


def _values(name: str, study: Study) -> Values:
    return Values(slug(name), f"analyses.{name}", minimum=study.policy.minimum_cell)


def peeled_record(
    found: Peeled,
    people: Selection,
    columns: Mapping[str, Moderator],
    null: Sequence[PeelDraws | None],
    bootstrap: Sequence[PeelOptimism | None],
    held_out: Sequence[HeldOut],
    *,
    name: str,
    sizes: tuple[float, ...],
    node: Node,
    study: Study,
) -> PeeledOutcome[Value]:
    """Return what a peeling found in one cell, and what its draws say of that, with boxes at some shares of people.

    Parameters
    ----------
    found : Peeled
    people : Selection
        All of the cell.
    columns : mapping of str to Moderator
        All candidates.
    null, bootstrap : sequence
        Chunks of draws, see `drawing`; empty without draws.
    held_out : sequence of HeldOut
        One for each size; empty without draws.
    name : str
        Of the analysis.
    sizes : tuple of float
    node : DirectedPeeling node of the study file
    study : Study
    """
    drawn = drawn_of(null, bootstrap, held_out)

    def draws(values: Values, unit: str) -> Honest | None:
        return None if drawn.nothing else Honest(drawn, people, columns, values, unit, node.level, SUPPORTED)

    values = _values(name, study)
    record = peeling_record(found, sizes, node, study, values, draws)
    here = values.at(people.comparison, people.outcome, people.follow_up)
    return replace(record, choice=choice_record(found.choice, columns, here))


def sizes_of(name: str, study: Study) -> tuple[float, ...]:
    """Return the shares of people of which the report needs a box of this analysis, from small to large."""
    return tuple(sorted({*SIZES, *sizes_asked(study, name)}))


def _settings(node: Node, values: Values, study: Study) -> PeelingSettings[Value]:
    screening = node.moderators if isinstance(node.moderators, FromScreening) else None
    return PeelingSettings(
        adjust_for=adjuster_labels(node, study, values),
        treatment_effect=node.treatment_effect,
        objective=node.objective,
        information=node.information,
        adjuster_slopes=node.adjuster_slopes,
        screened_by=values.quote("screened by", screening.from_) if screening else None,
        p_below=limit_of_p("p below", screening.p_below, values) if screening else None,
        alpha=percent_number("alpha", node.alpha, values),
        beam=values.count("beam", node.beam, "boxes"),
        bin_width=percent_number("bin width", node.bin_width, values),
        min_fraction=percent_number("min fraction", node.min_fraction, values),
        min_size=_size(node.min_size, values),
        min_arm=values.count("min arm", node.min_arm),
        min_trials=values.count("min trials", node.min_trials, "trials"),
        level=level_number(node.level, values),
        min_events=None if node.min_events is None else values.count("min events", node.min_events),
    )


def _size(size: float | None, values: Values) -> Inline[Value]:
    if size is None:
        return ()
    if size < 1:
        return (percent_number("min size", size, values), "% of the people")
    return (values.count("min size", int(size)), " participant" if size == 1 else " participants")
