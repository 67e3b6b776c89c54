"""Who enters each cell of a study, made once: cells, the people of each, and the columns of moderators.

A cell is one outcome at one follow-up in one comparison. Plan, fits, screenings and searches ask here, so that what is
promised before fitting is what is fitted, and nobody selects the same people twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from reportgen.analyses.measurements import Measurements
from reportgen.analyses.moderator_values import Moderator, moderator_of
from reportgen.analyses.selection import (
    Selection,
    disclosed_alone,
    keeps_alike,
    select,
    without_close_trials,
    without_small_trials,
)
from reportgen.analyses.subset import Subset
from reportgen.data import Repository
from reportgen.spec.analyses import Pooled
from reportgen.spec.references import expanded
from reportgen.spec.study import Study

Conditions = tuple[tuple[str, tuple[str, ...]], ...]
"""A subgroup to which an analysis is limited, as a key."""


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One outcome at one follow-up in one comparison, by their names in the study file."""

    comparison: str
    outcome: str
    follow_up: str


def cells_of(node: Pooled, study: Study) -> Iterator[Cell]:
    """Yield the cells of an analysis, in the order of the study file."""
    yield from (
        Cell(*cell)
        for cell in product(
            expanded(node.comparisons, study.comparisons),
            expanded(node.outcomes, study.outcomes),
            expanded(node.follow_up, study.follow_up),
        )
    )


class Cohorts:
    """The people of every cell and the columns of every moderator of a repository, each made when first asked for.

    Parameters
    ----------
    repository : Repository
    study : Study
    """

    def __init__(self, repository: Repository, study: Study) -> None:
        self.repository, self.study = repository, study
        self.measurements = Measurements(repository, study)
        self._selected: dict[tuple[Cell, tuple[str, ...], Conditions, bool], Selection] = {}
        self._moderators: dict[str, Moderator] = {}

    def of(self, node: Pooled) -> list[Selection]:
        """Return who enters each cell of an analysis, before anything is fitted.

        Trials that are too small to be disclosed enter only where their effects alone can be suppressed: see `disclosed_alone`.
        """
        return [
            self.people(
                cell,
                node.adjust_for,
                subset=node.subset,
                small_trials=disclosed_alone(node, cell.outcome, cell.follow_up, self.study),
                telling_nothing=keeps_alike(node, cell.outcome, self.study),
            )
            for cell in cells_of(node, self.study)
        ]

    def people(
        self,
        cell: Cell,
        adjust_for: tuple[str, ...],
        *,
        subset: Subset | None = None,
        small_trials: bool = True,
        telling_nothing: bool = False,
    ) -> Selection:
        """Return who of a subgroup enters a cell with every adjuster.

        Trials that are too small leave it unless these may stay, and so do those that tell nothing about a ratio.
        """
        key = cell, adjust_for, tuple((subset or {}).items()), telling_nothing
        if key not in self._selected:
            self._selected[key] = select(
                self.repository,
                self.measurements,
                self.study,
                outcome=cell.outcome,
                follow_up=cell.follow_up,
                comparison=cell.comparison,
                adjust_for=adjust_for,
                subset=subset,
                telling_nothing=telling_nothing,
            )
        found = self._selected[key]
        if small_trials:
            return found
        minimum = self.study.policy.minimum_cell
        return without_close_trials(without_small_trials(found, minimum), minimum)

    def moderators(self, names: Iterable[str]) -> dict[str, Moderator]:
        """Return moderators by name (covariates, or `baseline X` for an outcome or instrument X), in the given order."""
        listed = tuple(names)
        for name in listed:
            if name not in self._moderators:
                self._moderators[name] = moderator_of(name, self.repository, self.measurements, self.study)
        return {name: self._moderators[name] for name in listed}
