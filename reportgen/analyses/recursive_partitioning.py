"""Recursive partitioning of every outcome x follow-up x comparison.

In: the node of the study file and the repository. Out: a `RecursivePartitioning` record. The search is
`reportgen.stats.partition`; this module says who and what enters it, and turns what it found into numbers with ids.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reportgen.analyses.moderator_values import Moderator, column_of, moderators_of
from reportgen.analyses.moderators import searched_names
from reportgen.analyses.naming import (
    adjuster_labels,
    level_number,
    outcome_label,
    percent_number,
    setting_number,
    unit_of,
)
from reportgen.analyses.partition_record import Naming, search_record
from reportgen.analyses.recording import comparison_record, extent_record, for_outcome, guard_record
from reportgen.analyses.search_people import SearchPeople, people_of_search
from reportgen.analyses.selection import Measurements, Selection, adjusters_of, not_estimable, selections
from reportgen.data import Repository
from reportgen.records.numbers import Inline, Press, slug
from reportgen.records.partition import PartitionedOutcome, RecursivePartitioning, SearchSettings
from reportgen.spec.check import expanded
from reportgen.spec.study import FromScreening, Study
from reportgen.spec.study import RecursivePartitioning as Node
from reportgen.stats import Partition, partition
from reportgen.stats.partition_settings import SMALLEST_SHARE, SMALLEST_SIZE
from reportgen.stats.ranks import MAX_LEVELS

MODEL_DECIMALS = {"df": 1}
TOO_MANY = f"has more than {MAX_LEVELS} levels without an order, and the ways to part them are too many to try"


@dataclass(frozen=True, slots=True)
class Partitioned:
    """A search: the moderators asked for, who entered, what was found, and why there was none (`partition` is None)."""

    moderators: dict[str, Moderator]
    people: SearchPeople
    partition: Partition | None
    reason: str


def analyse(name: str, node: Node, repository: Repository, study: Study) -> RecursivePartitioning:
    """Search for subgroups and record a named recursive partitioning.

    Parameters
    ----------
    name : str
        As in the study file; ids start with it.
    node : RecursivePartitioning node of the study file
    repository : Repository
    study : Study

    Returns
    -------
    RecursivePartitioning
        One search for every outcome x follow-up x comparison, those that were not possible included.
    """
    measurements = Measurements(repository, study)
    rounding = study.policy.rounding.model_dump() | MODEL_DECIMALS
    press = Press(slug(name), f"analyses.{name}", rounding, limits=(0.05, node.alpha))
    settings = _settings(node, study, press.at("settings"))
    searches = []
    for selection in selections(node, repository, study):
        found = partitioned(node, selection, repository, measurements, study)
        searches.append(_search(selection, found, node, study, settings, press))
    return RecursivePartitioning(
        name=name,
        settings=settings,
        comparisons=tuple(
            comparison_record(comparison, repository, study, press.at(comparison))
            for comparison in expanded(node.comparisons, study.comparisons)
        ),
        searches=tuple(searches),
        extent=extent_record(((s.overall.trials, s.overall.n) for s in searches if s.status == "ok"), press),
        guard=guard_record((profile.left_out for s in searches for profile in s.profiles), study, press, "cuts"),
    )


def partitioned(
    node: Node, selection: Selection, repository: Repository, measurements: Measurements, study: Study
) -> Partitioned:
    """Search one selection for subgroups.

    The members of a subgroup are a mask over `people.selection` of the result, whose `rows` lead to the repository.

    Parameters
    ----------
    node : RecursivePartitioning node of the study file
    selection : Selection
        One of `selections(node, repository, study)`.
    repository : Repository
    measurements : Measurements
        Of the same repository.
    study : Study
    """
    names = searched_names(node, selection, repository, measurements, study)
    moderators = moderators_of(names, repository, measurements, study)
    people = searchable(node, selection, moderators, missing=node.missing)
    reason = not_estimable(people.selection, node) or ("" if people.moderators else _nothing(node, names))
    return Partitioned(moderators, people, None if reason else search(people, node), reason)


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
    return replace(people, left_out=(*people.left_out, *undivided))


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


def search(people: SearchPeople, node: Node) -> Partition:
    """Run the search of a node among the people who enter it."""
    selection = people.selection
    options: dict[str, Any] = node.model_dump(
        include={
            *("criterion", "multiplicity", "across", "alpha", "depth", "width", "information"),
            *("min_arm", "min_trials", "max_cuts", "treatment_effect"),
        }
    )
    gamma = node.gamma
    return partition(
        selection.change,
        selection.treatment,
        selection.trial,
        {name: column_of(moderator, selection) for name, moderator in people.moderators.items()},
        adjusters=adjusters_of(selection),
        min_size=least_size(node, selection.n),
        gamma=gamma[0] if gamma and len(gamma) == 1 else gamma,
        **options,
    )


def _nothing(node: Node, names: tuple[str, ...]) -> str:
    if names:
        return "no moderator leaves enough trials"
    return "no moderator has a p below the limit in the screening" if isinstance(node.moderators, FromScreening) else ""


def _search(
    selection: Selection, found: Partitioned, node: Node, study: Study, settings: SearchSettings, press: Press
) -> PartitionedOutcome:
    made = for_outcome(selection.outcome, study, press)
    made = made.at(selection.comparison, selection.outcome, selection.follow_up)
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
    return search_record(found.people, found.partition, found.reason, node, naming, made)


def _settings(node: Node, study: Study, press: Press) -> SearchSettings:
    chosen = node.moderators
    screened = chosen if isinstance(chosen, FromScreening) else None
    return SearchSettings(
        adjust_for=adjuster_labels(node, study, press),
        treatment_effect=node.treatment_effect,
        criterion=node.criterion,
        multiplicity=node.multiplicity,
        across=node.across,
        information=node.information,
        missing=node.missing,
        screened_by=press.quote("screened by", screened.from_) if screened else None,
        p_below=setting_number("p below", screened.p_below, press) if screened else None,
        alpha=setting_number("alpha", node.alpha, press),
        gamma=tuple(setting_number(f"gamma {i}", value, press) for i, value in enumerate(node.gamma or (), 1)),
        depth=press.count("depth", node.depth, "levels"),
        width=press.count("width", node.width, "moderators"),
        min_size=_size(node.min_size, press),
        min_arm=press.count("min arm", node.min_arm),
        min_trials=press.count("min trials", node.min_trials, "trials"),
        max_cuts=press.count("max cuts", node.max_cuts, "cuts"),
        level=level_number(node.level, press),
    )


def _size(size: float | None, press: Press) -> Inline:
    if size is None:
        least, share = press.count("min size", SMALLEST_SIZE), percent_number("min share", SMALLEST_SHARE, press)
        return ("at least ", least, " people and ", share, "% of the participants")
    if size < 1:
        return ("at least ", percent_number("min share", size, press), "% of the participants")
    return ("at least ", press.count("min size", int(size)), " person" if size == 1 else " people")
