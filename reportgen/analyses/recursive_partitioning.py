"""Recursive partitioning of every outcome x follow-up x comparison.

In: the node of the study file, the people and moderators of each cell. Out: a `RecursivePartitioning` record. The search is
`reportgen.stats.partition`; this module says who and what enters it, and turns what it found into numbers with ids.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reportgen.analyses.adjusters import with_adjusters
from reportgen.analyses.honesty_record import SUPPORTED, Honest, drawn_of
from reportgen.analyses.moderator_values import Moderator, column_of
from reportgen.analyses.naming import adjuster_labels, level_number, limit_of_p, percent_number, setting_number, unit_of
from reportgen.analyses.partition_context import Naming
from reportgen.analyses.partition_record import search_record
from reportgen.analyses.pooled_fits import LINKS
from reportgen.analyses.recording import comparison_records, for_outcome, search_range_record, suppression_record
from reportgen.analyses.screened import Choice, choice_of, choice_record, without_sites
from reportgen.analyses.search_people import SearchPeople, people_of_search
from reportgen.analyses.selection import Selection, adjusters_of, not_estimable
from reportgen.records.names import outcome_label
from reportgen.records.numbers import Inline, Value, slug
from reportgen.records.partition import PartitionedOutcome, RecursivePartitioning, SearchSettings
from reportgen.release.values import Values
from reportgen.spec.analyses import FromScreening, Moderators
from reportgen.spec.analyses import RecursivePartitioning as Node
from reportgen.spec.study import Study
from reportgen.stats import ModeratorFit, Partition, partition, partition_events
from reportgen.stats.event_null import EventNull
from reportgen.stats.held_out import HeldOut
from reportgen.stats.near_twins import NEAR
from reportgen.stats.null_draws import PartitionDraws
from reportgen.stats.optimism import PartitionOptimism
from reportgen.stats.partition_settings import SMALLEST_SHARE, SMALLEST_SIZE
from reportgen.stats.ranks import MAX_LEVELS

TOO_MANY = f"has more than {MAX_LEVELS} levels without an order, and the ways to part them are too many to try"


@dataclass(frozen=True, slots=True)
class Partitioned:
    """A search: who and what was asked for, who entered, what was found, and why there was none (`partition` is None)."""

    cohort: Selection
    moderators: dict[str, Moderator]
    people: SearchPeople
    partition: Partition | None
    reason: str
    choice: Choice


def partitioning_record(
    name: str, node: Node, study: Study, present: Collection[str], searches: Sequence[PartitionedOutcome[Value]]
) -> RecursivePartitioning[Value]:
    """Return a named recursive partitioning of the searches that were made.

    Parameters
    ----------
    name : str
        As in the study file; ids start with it.
    node : RecursivePartitioning node of the study file
    study : Study
    present : collection of str
        The classes of arms that any trial has.
    searches : sequence of PartitionedOutcome
        One for every outcome x follow-up x comparison, those that were not possible included.
    """
    values = _values(name, node, study)
    return RecursivePartitioning(
        name=name,
        settings=_settings(node, study, values.at("settings")),
        comparisons=comparison_records(node, study, present, values),
        results=tuple(searches),
        search_range=search_range_record(
            ((s.overall.trials, s.overall.n) for s in searches if s.status == "ok"), values
        ),
        suppression=suppression_record(
            (profile.suppressed for s in searches for profile in s.profiles), study, values, "cuts"
        ),
    )


def _values(name: str, node: Node, study: Study) -> Values:
    return Values(slug(name), f"analyses.{name}", limits=(0.05, node.alpha), minimum=study.policy.minimum_cell)


def partitioned(
    people: Selection,
    columns: Mapping[str, Moderator],
    screened: Sequence[ModeratorFit] = (),
    *,
    node: Node,
    screened_by: Moderators | None = None,
) -> Partitioned:
    """Search one cell for subgroups.

    The members of a subgroup are a mask over `people.selection` of the result, whose `rows` lead to the repository.

    Parameters
    ----------
    people : Selection
    columns : mapping of str to Moderator
        The moderators of the search, or all of the screening that it takes its own from.
    screened : sequence of ModeratorFit
        The fits of that screening in these people; empty without one.
    node : RecursivePartitioning node of the study file
    screened_by : Moderators node of the study file, optional
    """
    screened = without_sites(screened, people, columns, screened_by)
    choice = choice_of(node, people, columns, screened, screened_by)
    moderators = {name: columns[name] for name in choice.names}
    entering = searchable(node, people, moderators, missing=node.missing)
    reason = not_estimable(entering.selection, node) or ("" if entering.moderators else _nothing(node, choice))
    if reason:
        return Partitioned(people, moderators, entering, None, reason, choice)
    null = None if choice.null is None else choice.null.among(np.isin(people.rows, entering.selection.rows))
    found = search(entering, node, choice.sorted_out if node.count_screened else 0, null)
    if isinstance(found, str):
        return Partitioned(people, moderators, entering, None, with_adjusters(found, people.adjuster_of), choice)
    return Partitioned(people, moderators, entering, found, "", choice)


def searchable(node: Node, selection: Selection, moderators: Mapping[str, Moderator], *, missing: str) -> SearchPeople:
    """Return who would be searched along which moderators, and why the others would not be; nothing is fitted.

    Parameters
    ----------
    node : RecursivePartitioning node of the study file
    selection : Selection
    moderators : mapping of str to Moderator
        All that are asked for.
    missing : {'complete', 'available'}
        Whether people need every moderator of the search.
    """
    divisible = {name: moderator for name, moderator in moderators.items() if not too_many_levels(moderator, selection)}
    people = people_of_search(selection, divisible, missing=missing, minimum_trials=node.min_trials)
    undivided = tuple((name, TOO_MANY) for name in moderators if name not in divisible)
    return replace(people, not_searched=(*people.not_searched, *undivided))


def least_size(node: Node, people: int) -> int:
    """Return how many people each side of a split needs at least, in a search among some people."""
    size = node.min_size
    if size is None:
        return max(SMALLEST_SIZE, math.ceil(SMALLEST_SHARE * people))
    return math.ceil(size * people) if size < 1 else int(size)


def too_many_levels(moderator: Moderator, selection: Selection) -> bool:
    """Whether levels without an order are too many to be parted in every way."""
    if not moderator.categorical or moderator.ordered:
        return False
    codes = moderator.of(selection)
    return len(np.unique(codes[~np.isnan(codes)])) > MAX_LEVELS


def search(people: SearchPeople, node: Node, more: int, null: EventNull | None) -> Partition | str:
    """Run the search of a node among the people who enter it; `more` moderators were sorted out before, of events in the model `null`.

    Returns why there is none where the model of events without any split has no estimate.
    """
    selection = people.selection
    options = partition_options(node, selection) | {"min_size": least_size(node, selection.n), "across_extra": more}
    columns = selection.response, selection.treatment, selection.trial
    moderators = {name: column_of(moderator, selection) for name, moderator in people.moderators.items()}
    adjusters = adjusters_of(selection)
    if selection.kind == "continuous":
        return partition(*columns, moderators, adjusters=adjusters, **options)
    link, exposure = LINKS[selection.kind], selection.exposure
    return partition_events(
        *columns, moderators, link=link, exposure=exposure, adjusters=adjusters, null=null, **options
    )


def partition_options(node: Node, people: Selection) -> dict[str, Any]:
    """Return the options of a search by the kind of its outcome; a least size that is a share, or none, depends on who is searched."""
    options: dict[str, Any] = node.model_dump(
        include={
            *("criterion", "multiplicity", "across", "alpha", "depth", "width", "information"),
            *("min_size", "min_arm", "min_trials", "max_cuts", "treatment_effect", "adjuster_slopes"),
        }
    )
    gamma = node.gamma
    options |= {"gamma": gamma[0] if gamma and len(gamma) == 1 else gamma}
    if people.kind == "continuous":
        return options
    assert node.min_events is not None
    return options | {"adjuster_slopes": "common", "good": people.good, "min_events": node.min_events}


def _nothing(node: Node, choice: Choice) -> str:
    if choice.names:
        return "no moderator leaves enough trials"
    if choice.reason:
        return choice.reason
    return "no moderator has a p below the limit in the screening" if isinstance(node.moderators, FromScreening) else ""


def partition_record(
    found: Partitioned,
    people: Selection,
    columns: Mapping[str, Moderator],
    null: Sequence[PartitionDraws | None],
    bootstrap: Sequence[PartitionOptimism | None],
    held_out: Sequence[HeldOut],
    *,
    name: str,
    node: Node,
    study: Study,
) -> PartitionedOutcome[Value]:
    """Return what a search found in one cell, and what its draws say of that, under the name of its analysis.

    Parameters
    ----------
    found : Partitioned
    people : Selection
        All of the cell.
    columns : mapping of str to Moderator
        All candidates.
    null, bootstrap : sequence
        Chunks of draws, see `drawing`; empty without draws.
    held_out : sequence of HeldOut
        One; empty without draws.
    name : str
        Of the analysis.
    node : RecursivePartitioning node of the study file
    study : Study
    """
    selection, values = found.cohort, _values(name, node, study)
    settings = _settings(node, study, values.at("settings"))
    builder = for_outcome(selection.outcome, study, values)
    builder = builder.at(selection.comparison, selection.outcome, selection.follow_up)
    naming = Naming(
        outcome_label=outcome_label(selection.outcome, study),
        unit=unit_of(selection.outcome, study),
        follow_up_label=study.follow_up[selection.follow_up].label or selection.follow_up,
        moderators={name: moderator.label for name, moderator in found.moderators.items()},
        alpha=settings.alpha,
        width=settings.width,
        minimum_cell=study.policy.minimum_cell,
        study=study,
    )
    drawn = drawn_of(null, bootstrap, held_out)
    honest = (
        None
        if drawn.nothing
        else Honest(drawn, people, columns, builder, naming.unit, node.level, min(node.alpha, SUPPORTED))
    )
    record = search_record(found.people, found.partition, found.reason, node, naming, builder, honest)
    return replace(record, choice=choice_record(found.choice, columns, builder))


def _settings(node: Node, study: Study, values: Values) -> SearchSettings[Value]:
    chosen = node.moderators
    screened = chosen if isinstance(chosen, FromScreening) else None
    return SearchSettings(
        adjust_for=adjuster_labels(node, study, values),
        treatment_effect=node.treatment_effect,
        criterion=node.criterion,
        multiplicity=node.multiplicity,
        across=node.across,
        count_screened=screened is not None and node.across == "sidak" and node.count_screened,
        information=node.information,
        adjuster_slopes=node.adjuster_slopes,
        missing=node.missing,
        screened_by=values.quote("screened by", screened.from_) if screened else None,
        p_below=limit_of_p("p below", screened.p_below, values) if screened else None,
        alpha=limit_of_p("alpha", node.alpha, values),
        gamma=tuple(setting_number(f"gamma {i}", value, values) for i, value in enumerate(node.gamma or (), 1)),
        depth=values.count("depth", node.depth, "levels"),
        width=values.count("width", node.width, "moderators"),
        min_size=_size(node.min_size, values),
        min_arm=values.count("min arm", node.min_arm),
        min_trials=values.count("min trials", node.min_trials, "trials"),
        max_cuts=values.count("max cuts", node.max_cuts, "cuts"),
        min_events=None if node.min_events is None else values.count("min events", node.min_events),
        level=level_number(node.level, values),
        near=setting_number("near", NEAR, values),
    )


def _size(size: float | None, values: Values) -> Inline[Value]:
    if size is None:
        least, share = values.count("min size", SMALLEST_SIZE), percent_number("min share", SMALLEST_SHARE, values)
        return ("at least ", least, " people and ", share, "% of the participants")
    if size < 1:
        return ("at least ", percent_number("min share", size, values), "% of the participants")
    return ("at least ", values.count("min size", int(size)), " person" if size == 1 else " people")
