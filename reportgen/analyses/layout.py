"""The tasks of a study's analyses: what is made of what, each with all that it depends on and nothing else.

`Layout` is where a method lays out its tasks. People and columns of moderators are made in this process and never kept;
what is fitted to them is made by whoever is free, and kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from reportgen.analyses.cohorts import Cell, Cohorts
from reportgen.analyses.drawing import (
    Drawable,
    chunks,
    joined_flips,
    screening_null,
    search_bootstrap,
    search_held_out,
    search_null,
    search_overlap,
)
from reportgen.analyses.moderator_values import Moderator
from reportgen.analyses.screened import screening
from reportgen.analyses.selection import Selection, disclosed_alone, keeps_alike
from reportgen.analyses.slices import node_of, printed_of, selecting, study_of, unnamed_whole, unrounded
from reportgen.canonical import canonical
from reportgen.data import Repository
from reportgen.origin import Origin
from reportgen.records.numbers import slug
from reportgen.records.printed import Figures, figures_of
from reportgen.spec.analyses import FromScreening, Moderators, Pooled, Search
from reportgen.spec.draws import Draws
from reportgen.spec.study import Study
from reportgen.task import Task

READ = "read"
MOST_OVERLAPS = 200  # a range and a p of 0.005 need no more, and both searches run again in each
NOTHING_DRAWN = Draws(sign_flips=0, bootstrap=0)


class Layout:
    """Tasks by name, as methods add them.

    Parameters
    ----------
    study : Study
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.tasks: dict[str, Task] = {}

    def add(self, name: str, function: Callable[..., Any], arguments: Mapping[str, Any], **options: Any) -> str:
        """Add a task, unless one of this name is there; return the name. Options are those of `Task`."""
        if name not in self.tasks:
            self.tasks[name] = Task(name, function, arguments, **options)
        return name

    def people(self, node: Pooled, cell: Cell) -> str:
        """Add the task that says who enters a cell of an analysis; return its name."""
        alone = disclosed_alone(node, cell.outcome, cell.follow_up, self.study)
        all_alike = keeps_alike(node, cell.outcome, self.study)
        arguments = {
            "study": selecting(study_of(self.study, cell, (*node.adjust_for, *node.subset)), node.subset),
            "cell": cell,
            "adjust_for": node.adjust_for,
            "subset": node.subset,
            "small_trials": alone,
            "telling_nothing": all_alike,
        }
        limits = repr(tuple(node.subset.items())) if node.subset else ""
        which = ("" if alone else "no small trials", *(("trials without events",) if all_alike else ()))
        name = _named("people", cell, *node.adjust_for, limits, *which)
        return self.add(
            name, people_of, arguments, inputs={"repository": READ}, kept=False, digest=people_digest, here=True
        )

    def columns(self, node: Pooled, cell: Cell, moderators: Iterable[str]) -> str:
        """Add the task that makes the columns of moderators for the people of a cell; return its name."""
        names = tuple(moderators)
        people = self.people(node, cell)
        arguments = {"study": study_of(self.study, cell, names), "names": names}
        return self.add(
            f"columns.{people}.{_short(*names)}",
            columns_of,
            arguments,
            inputs={"repository": READ, "people": people},
            kept=False,
            digest=columns_digest,
            here=True,
        )

    def screening(self, node: Pooled, cell: Cell, screening_node: Moderators) -> str:
        """Add the task that screens moderators in the people of a cell of an analysis; return its name."""
        model = _bare(screening_node, cell)
        inputs = {"people": self.people(node, cell), "columns": self.columns(node, cell, screening_node.moderators)}
        # a percentile may be one person's own value, so that the fits are not kept
        return self.add(
            f"screening.{inputs['columns']}.{_short(model.model_dump_json())}",
            screening,
            {"node": model},
            inputs=inputs,
            kept=False,
            digest=digest_of,
            cost=0.1,
        )

    def flipping(self, node: Moderators, cell: Cell) -> tuple[str, ...]:
        """Add the random draws of a screening, in chunks, and what joins them; return the name of that, none without draws."""
        flips = node.draws.sign_flips if node.draws else 0
        if not flips:
            return ()
        # random signs of people change nothing between trials
        drawn = tuple(name for name in node.moderators if not self._of_trials(name))
        if not drawn:
            return ()
        seen: dict[str, str | tuple[str, ...]] = {
            "people": self.people(node, cell),
            "columns": self.columns(node, cell, drawn),
        }
        model = _bare(node, cell).model_copy(update={"percentiles": ()})
        name = f"{seen['columns']}.{_short(model.model_dump_json())}"
        asked = {"node": model, "seed": self.study.study.seed}
        parts = self._chunks(f"flips.{name}", screening_null, asked, seen, flips)
        # as long as there are draws, and there may be as many people: never kept
        item = f"flipped.{name}.{flips}"
        return (self.add(item, joined_flips, {}, inputs={"chunks": parts}, kept=False, digest=digest_of),)

    def searching(self, node: Search, cell: Cell) -> tuple[dict[str, str], dict[str, Any]]:
        """Return the inputs and the arguments of a search: people, columns, and the screening that it takes them from."""
        screened_by = self.screened_by(node)
        inputs = {"people": self.people(node, cell), "columns": self.columns(node, cell, self.moderators_of(node))}
        arguments: dict[str, Any] = {"node": node_of(node, cell)}
        if screened_by is not None:
            inputs["screened"] = self.screening(node, cell, screened_by)
            arguments["screened_by"] = node_of(screened_by, cell)
        return inputs, arguments

    def drawing(self, node: Search, cell: Cell, sizes: tuple[float, ...] = ()) -> dict[str, str | tuple[str, ...]]:
        """Add the random draws of a search, in chunks; return the names of their tasks, which also see people and columns.

        Parameters
        ----------
        node : Search node of the study file
            One that was not `settled` draws nothing.
        cell : Cell
        sizes : tuple of float
            Shares of people for which a peeling is looked at.
        """
        draws = node.draws or NOTHING_DRAWN
        seen: dict[str, str | tuple[str, ...]] = {
            "people": self.people(node, cell),
            "columns": self.columns(node, cell, self.moderators_of(node)),
        }
        item = self._drawable(node, cell)
        asked = {"node": item.node, "screened_by": item.screened_by}
        key = f"{seen['people']}.{_short(*_searched(item))}"
        numbered = {**asked, "seed": self.study.study.seed}
        null = self._chunks(f"null.{key}", search_null, numbered, seen, draws.sign_flips)
        sized = {**numbered, "sizes": sizes}
        bootstrap = self._chunks(
            f"bootstrap.{key}.{_short(repr(sizes))}", search_bootstrap, sized, seen, draws.bootstrap
        )
        without: str | tuple[str, ...] = ()
        if null or bootstrap:  # limits of people's own values stand in it, so that it is not kept
            arguments = {**asked, "sizes": sizes}
            name = f"held-out.{key}.{_short(repr(sizes))}"
            without = self.add(name, search_held_out, arguments, inputs=seen, kept=False, digest=digest_of, cost=0.5)
        return {**seen, "null": null, "bootstrap": bootstrap, "held_out": without}

    def _drawable(self, node: Search, cell: Cell) -> Drawable:
        """Return a search as draws repeat it, without what they do not depend on."""
        bare = node_of(node, cell).model_copy(update={"draws": None, "level": 0.95})
        screening = self.screened_by(node)
        return Drawable(bare, None if screening is None else _bare(screening, cell), self.moderators_of(node))

    def overlapping(self, pair: tuple[Search, Search], cell: Cell, sizes: tuple[float, ...]) -> tuple[str, ...]:
        """Add the random draws in which two searches are compared, in chunks; return the names of their tasks.

        Parameters
        ----------
        pair : pair of Search nodes of the study file
            A partitioning and a peeling; there are as many draws as the one that takes fewer has, and not more than 200.
        cell : Cell
        sizes : tuple of float
            Shares of people whose boxes are compared.
        """
        draws = min(MOST_OVERLAPS, *((node.draws or NOTHING_DRAWN).sign_flips for node in pair))
        first, second = (self._drawable(node, cell) for node in pair)
        both = tuple(dict.fromkeys((*first.moderators, *second.moderators)))
        seen: dict[str, str | tuple[str, ...]] = {
            "people": self.people(pair[0], cell),
            "columns": self.columns(pair[0], cell, both),
            "others": self.people(pair[1], cell),
            "other_columns": self.columns(pair[1], cell, both),
        }
        arguments = {"searches": (first, second), "sizes": sizes, "seed": self.study.study.seed}
        key = _short(*_searched(first), *_searched(second), repr(sizes))
        return self._chunks(f"overlap.{seen['people']}.{key}", search_overlap, arguments, seen, draws)

    def _chunks(
        self,
        name: str,
        function: Callable[..., Any],
        arguments: Mapping[str, Any],
        inputs: Mapping[str, str | tuple[str, ...]],
        draws: int,
    ) -> tuple[str, ...]:
        """Add the chunks of some draws; return their names."""
        return tuple(
            self.add(
                f"{name}.{first}-{count}",
                function,
                {**arguments, "first": first, "count": count},
                inputs=inputs,
                cost=1.0,
            )
            for first, count in chunks(draws)
        )

    def _of_trials(self, name: str) -> bool:
        """Whether a moderator is a covariate of trials."""
        return name in self.study.covariates and self.study.covariates[name].of_trials

    def moderators_of(self, node: Moderators | Search) -> tuple[str, ...]:
        """Return the moderators of an analysis, or all of the screening that it takes its own from."""
        chosen = (self.screened_by(node) or node).moderators
        assert not isinstance(chosen, FromScreening)
        return chosen

    def screened_by(self, node: Moderators | Search) -> Moderators | None:
        """Return the screening from which a search takes its moderators."""
        if not isinstance(node.moderators, FromScreening):
            return None
        found = self.study.analyses[node.moderators.from_]
        assert isinstance(found, Moderators)
        return found

    def whole(self) -> Study:
        """Return the study without what titles it, what its report holds and what its analyses ask for."""
        return printed_of(self.study)

    def unnamed(self) -> Study:
        """Return the same with references in the place of titles and labels."""
        return unnamed_whole(printed_of(self.study))

    def slice(self, node: Pooled, cell: Cell, moderators: Iterable[str] = ()) -> Study:
        """Return the part of the study on which a cell of an analysis depends: names and decimals are not among it."""
        return unrounded(study_of(self.study, cell, (*node.adjust_for, *node.subset, *moderators)))

    def figures(self, cell: Cell) -> Figures:
        """Return how many decimals the numbers of a cell are printed with."""
        return figures_of(study_of(self.study, cell, ()).model_copy(update={"policy": self.study.policy})).unnamed


def _bare(screening_node: Moderators, cell: Cell) -> Moderators:
    """Return a screening of one cell without what its fits do not depend on."""
    update = {
        "expected": {},
        "tiers": type(screening_node.tiers)(),
        "level": 0.95,
        "adjust_for": (),
        "subset": {},
        "draws": None,
    }
    return node_of(screening_node, cell).model_copy(update=update)


def _searched(drawable: Drawable) -> tuple[str, str]:
    """Return what tells the draws of a search from those of another one among the same people."""
    return drawable.node.model_dump_json(), drawable.screened_by.model_dump_json() if drawable.screened_by else ""


def _named(kind: str, cell: Cell, *more: str) -> str:
    return f"{kind}.{slug(cell.comparison, cell.outcome, cell.follow_up)}.{_short(*more)}"


def _short(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:8]


def people_of(
    repository: Repository,
    *,
    study: Study,
    cell: Cell,
    adjust_for: tuple[str, ...],
    subset: Mapping[str, tuple[str, ...]],
    small_trials: bool,
    telling_nothing: bool,
) -> Selection:
    """Return who enters a cell."""
    return Cohorts(repository, study).people(
        cell, adjust_for, subset=subset, small_trials=small_trials, telling_nothing=telling_nothing
    )


def columns_of(
    repository: Repository, people: Selection, *, study: Study, names: tuple[str, ...]
) -> dict[str, Moderator]:
    """Return the columns of moderators for the people of a cell."""
    result = Cohorts(repository, study).moderators(names)
    return {name: moderator.among(people) for name, moderator in result.items()}


def people_digest(people: Selection) -> str:
    """Return a digest of who enters a cell; where they stand in the repository is not part of it."""
    found = hashlib.sha256()
    exposure = np.empty(0) if people.exposure is None else people.exposure
    site = np.empty(0) if people.site is None else people.site
    for array in (people.response, people.treatment, people.keys, people.adjusters, exposure, site):
        found.update(np.ascontiguousarray(array).tobytes())
    words = (
        people.kind,
        people.measure,
        tuple(people.spread.items()),
        people.outcome,
        people.follow_up,
        people.comparison,
        people.trial.tolist(),
        people.adjuster_names,
        people.adjuster_of,
        people.unmeasured,
        tuple(people.instruments.items()),
        people.in_comparison,
        people.excluded,
        people.unknown_sites,
    )
    found.update(repr(words).encode())
    return found.hexdigest()


def columns_digest(columns: Mapping[str, Moderator]) -> str:
    """Return a digest of the columns of moderators; where their people stand in the repository is not part of it."""
    found = hashlib.sha256()
    for column in columns.values():
        found.update(np.ascontiguousarray(column.values).tobytes())
        found.update(
            repr(
                (
                    column.name,
                    column.label,
                    column.unit,
                    column.per,
                    column.levels,
                    column.ordered,
                    column.reference,
                    column.decimals,
                    column.of_trials,
                )
            ).encode()
        )
    return found.hexdigest()


def repository_digest(repository: Repository) -> str:
    """Return a digest of a repository: its values, its trials, and how each rule of the mappings was used."""
    found = hashlib.sha256()
    for frame in (repository.participants, repository.measures):
        found.update(repr([(name, str(kind)) for name, kind in frame.dtypes.items()]).encode())
        for _, column in frame.items():
            values = column.to_numpy()
            found.update(
                repr(values.tolist()).encode() if values.dtype == object else np.ascontiguousarray(values).tobytes()
            )
    trials = [
        replace(trial, collected_covariates=frozenset(), collected_measures=frozenset()) for trial in repository.trials
    ]
    collected = [(sorted(trial.collected_covariates), sorted(trial.collected_measures)) for trial in repository.trials]
    ledger = [replace(line, origin=Origin(line.origin.short, 0)) for line in repository.ledger]
    found.update(repr((trials, collected, ledger, repository.fingerprint, repository.files)).encode())
    found.update(repr(repository.sites.tolist()).encode())
    return found.hexdigest()


def digest_of(found: Any) -> str:
    """Return a digest of what a search or a screening found, people included: both hold values of theirs and are not kept."""
    return hashlib.sha256(canonical(found)).hexdigest()
