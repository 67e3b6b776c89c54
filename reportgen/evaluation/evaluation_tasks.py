"""The work of an evaluation: a task for each few data sets of a scenario and a search.

In: the evaluation file. Out: tasks, and from what they gave one `Outcomes` for each scenario and search. A task sees its cell,
its search, the seed and the numbers of its data sets: so its output is kept, further data sets or scenarios add to it, and
who works at it makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reportgen.evaluation.data_sets import data_set
from reportgen.evaluation.judged import judged
from reportgen.evaluation.outcomes import Outcomes, gathered
from reportgen.spec.evaluation import AnyTried, Cell, EvaluationSpec, Scenario
from reportgen.stats.curtailed import expected_draws
from reportgen.stats.draws import joined, numbers
from reportgen.task import Task

CHUNK = 5
"""Data sets of a task: a few seconds of work, so that a run that was stopped loses little."""
Key = tuple[int, str]
"""Number of a scenario and name of a search."""


@dataclass(frozen=True, slots=True)
class Laid:
    """The tasks of an evaluation, and which belong to each scenario and search."""

    tasks: tuple[Task, ...]
    parts: dict[Key, tuple[str, ...]]

    @property
    def wanted(self) -> tuple[str, ...]:
        """All tasks: each of them enters the report."""
        return tuple(task.name for task in self.tasks)

    @property
    def draws(self) -> dict[str, int]:
        """How many random draws each task makes."""
        return {
            task.name: round(task.arguments["count"] * _draws(task.arguments["search"], task.arguments["alpha"]))
            for task in self.tasks
        }


def _draws(search: AnyTried, alpha: float) -> float:
    """Random draws of one data set; where sign flips end early, as many as without modification."""
    return _sign_flips(search, alpha) + search.draws.bootstrap


def _sign_flips(search: AnyTried, alpha: float) -> float:
    flips = search.draws.sign_flips
    return expected_draws(flips, alpha) if search.draws.curtailed else flips


def evaluation_tasks(spec: EvaluationSpec, seconds: Mapping[str, float] | None = None) -> Laid:
    """Lay out the work.

    Parameters
    ----------
    spec : EvaluationSpec
    seconds : mapping of str to float, optional
        What one search of a data set of the first scenario takes, by the name of the search, draws left out.
    """
    parts: dict[Key, list[Task]] = {}
    scenarios = spec.scenarios()
    for scenario in scenarios:
        for name in spec.file.searches:
            tasks = _tasks(
                spec, scenario, name, _cost(spec, scenarios[0], scenario, name, (seconds or {}).get(name, 0.01))
            )
            parts[scenario.number, name] = list(tasks)
    every = tuple(task for tasks in parts.values() for task in tasks)
    return Laid(every, {key: tuple(task.name for task in tasks) for key, tasks in parts.items()})


def _cost(spec: EvaluationSpec, measured: Scenario, scenario: Scenario, name: str, seconds: float) -> float:
    """Seconds of a data set: a bootstrap sample takes two searches, since it is prepared anew."""
    search, sizes = spec.file.searches[name], scenario.cell.trials.sizes
    times = (
        1
        + _sign_flips(search, spec.file.evaluation.alpha)
        + 2 * search.draws.bootstrap
        + (len(sizes) if search.held_out else 0)
    )
    return seconds * times * sum(sizes) / sum(measured.cell.trials.sizes)


def _tasks(spec: EvaluationSpec, scenario: Scenario, name: str, cost: float) -> Iterator[Task]:
    about, search = spec.file.evaluation, _asked(spec.file.searches[name])
    for first, count in chunks(spec.data_sets(name)):
        arguments: dict[str, Any] = {
            "cell": scenario.cell,
            "search": search,
            "seed": about.seed,
            "level": about.level,
            "alpha": about.alpha,
            "first": first,
            "count": count,
        }
        yield Task(f"evaluate.{scenario.number}.{name}.{first}", judge, arguments, cost=cost * count)


def _asked(search: AnyTried) -> AnyTried:
    """Return a search without the number of its data sets, of which no task needs to know."""
    return type(search).model_validate(search.model_dump(exclude={"data_sets"}))


def chunks(data_sets: int) -> Iterator[tuple[int, int]]:
    """Yield first number and count of each chunk; more data sets leave the full chunks as they are.

    Examples
    --------
    >>> list(chunks(12))
    [(0, 5), (5, 5), (10, 2)]
    """
    yield from ((first, min(CHUNK, data_sets - first)) for first in range(0, data_sets, CHUNK))


def judge(cell: Cell, search: AnyTried, *, seed: int, level: float, alpha: float, first: int, count: int) -> Outcomes:
    """Simulate some data sets of a scenario, and search each of them.

    Parameters
    ----------
    cell : Cell
    search : AnyTried
    seed : int
        Of the evaluation.
    level : float
        Of the intervals.
    alpha : float
        A candidate is supported if its p of the search is at most this.
    first, count : int
        Number of the first data set, from 0, and how many.

    Raises
    ------
    ValueError
        For a chunk without data sets.
    """
    number = numbers(first, count)
    rows = [judged(search, data_set(cell, seed, item), cell.where, level, alpha) for item in number.tolist()]
    return gathered(seed, number, rows)


def outcomes_of(laid: Laid, values: Mapping[str, Outcomes]) -> dict[Key, Outcomes]:
    """Join what the tasks gave, for each scenario and search."""
    return {key: joined([values[name] for name in names]) for key, names in laid.parts.items()}
