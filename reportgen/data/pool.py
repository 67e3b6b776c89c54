"""All mappings of a study in, one pooled repository out.

Each mapping is read to its end whatever is wrong with it; all problems of all trials are raised together.
"""

from __future__ import annotations

import hashlib
from collections import abc
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.data.columns import FloatArray, ObjectArray, objects
from reportgen.data.contribution import Contribution, read_mapping
from reportgen.data.notes import Notes
from reportgen.data.repository import Repository
from reportgen.data.trial_names import alike_hint, note_idle_names, trials_alike
from reportgen.data.trials import not_collected, note_unknown_trials, trials_of
from reportgen.errors import DataError, Problem
from reportgen.late import pd
from reportgen.spec.load import LocatedMapping, Spec
from reportgen.spec.mapping import TrialColumn
from reportgen.spec.study import Study


def read_repository(spec: Spec) -> Repository:
    """Read all trials of a study and pool them.

    Parameters
    ----------
    spec : Spec
        A checked study file with its mappings.

    Raises
    ------
    DataError
        With every problem of every trial.

    Examples
    --------
    >>> from reportgen.resources import specs_folder
    >>> from reportgen.spec.load import load_study
    >>> repository = read_repository(load_study(specs_folder() / "periodontal-therapy"))  # doctest: +SKIP
    >>> sum(trial.n for trial in repository.trials)  # doctest: +SKIP
    823
    """
    problems: list[Problem] = []
    contributions: list[Contribution] = []
    for located in spec.mappings:
        notes = Notes(located)
        contribution = read_mapping(located, spec, notes)
        if contribution is not None:
            note_unknown_trials(contribution)
            contributions.append(contribution)
        problems += notes.problems
    problems += [*_names_used_twice(contributions), *_names_almost_alike(contributions)]
    if problems:
        raise DataError(problems)
    return _pooled(contributions, spec.study)


def _names_used_twice(contributions: Iterable[Contribution]) -> list[Problem]:
    first: dict[str, LocatedMapping] = {}
    problems = []
    for contribution in contributions:
        for trial in dict.fromkeys(contribution.people.trials):
            if trial in first:
                hint = f"It is also in {first[trial].source.shown}: give each trial its own name."
                problems.append(
                    Problem(f"two trials are called '{trial}'", contribution.located.source.at("trial"), hint)
                )
            first.setdefault(trial, contribution.located)
    return problems


def _names_almost_alike(contributions: list[Contribution]) -> list[Problem]:
    """Names of trials that are almost the same; within a file whose column names them that is noted with its rows."""
    written = {name: one for one in reversed(contributions) for name in _trial_names(one)}
    apart = [one.located.mapping.different_trials for one in contributions]
    problems = []
    for item, other in trials_alike([name for each in contributions for name in _trial_names(each)], apart):
        trial = written[other].located.mapping.trial
        if written[item] is written[other] and isinstance(trial, TrialColumn) and not trial.codes:
            continue
        message = f"two trials have almost the same name: '{item}' ({written[item].located.source.shown}) and '{other}'"
        problems.append(Problem(message, written[other].located.source.at("trial"), alike_hint(item, other)))
    for contribution in contributions:
        notes = Notes(contribution.located)
        note_idle_names(contribution.located.mapping, written, notes)
        problems += notes.problems
    return problems


def _trial_names(contribution: Contribution) -> list[str]:
    """The trials of a mapping, without codes that it does not know and rows without a trial, which are noted there."""
    trial = contribution.located.mapping.trial
    named = trial.codes.values() if isinstance(trial, TrialColumn) and trial.codes else contribution.people.raw_n
    return [name for name in dict.fromkeys(named) if name]


def _pooled(contributions: list[Contribution], study: Study) -> Repository:
    participants = pd.concat([_participants(contribution, study) for contribution in contributions], ignore_index=True)
    starts = np.cumsum([0, *(len(contribution.people) for contribution in contributions)])
    measures = [_measures(contribution, int(start)) for contribution, start in zip(contributions, starts, strict=False)]
    trials = tuple(
        trial for number, contribution in enumerate(contributions) for trial in trials_of(contribution, number)
    )
    ledger = [
        line
        for contribution in contributions
        for line in (*contribution.notes.ledger(), *not_collected(contribution, study))
    ]
    files = tuple({file.name: file for contribution in contributions for file in contribution.files}.values())
    hashed = "".join(f"{file.name} {file.sha256}\n" for file in files)
    return Repository(
        participants=participants,
        measures=pd.concat(measures, ignore_index=True),
        trials=trials,
        ledger=tuple(ledger),
        fingerprint=hashlib.sha256(hashed.encode()).hexdigest(),
        files=files,
        sites=np.concatenate([contribution.sites for contribution in contributions]),
    )


def _participants(contribution: Contribution, study: Study) -> pd.DataFrame:
    columns: dict[str, FloatArray | ObjectArray] = {
        "trial": contribution.people.trials,
        "participant": contribution.people.ids,
        "arm": contribution.people.arms,
        "arm_class": contribution.people.arm_classes,
    }
    for name, covariate in study.covariates.items():
        nothing = np.full(
            len(contribution.people),
            None if covariate.categorical else np.nan,
            dtype=object if covariate.categorical else float,
        )
        columns[name] = contribution.covariates.get(name, nothing)
    return _frame(columns)


def _measures(contribution: Contribution, start: int) -> pd.DataFrame:
    """The values of one mapping, in the order of its variables, of time and of the participants."""
    parts = [
        (name, measured.visit, measured.values, np.flatnonzero(~np.isnan(measured.values)))
        for name, visits in contribution.measures.items()
        for measured in visits
    ]
    sizes = [len(rows) for *_, rows in parts]
    rows = np.concatenate([np.empty(0, dtype=np.int64), *(rows for *_, rows in parts)])
    columns: dict[str, npt.NDArray[Any]] = {
        "row": rows + start,
        "trial": contribution.people.trials[rows],
        "instrument": objects([name for name, *_ in parts]).repeat(sizes),
        "visit": objects([visit.label for _, visit, *_ in parts]).repeat(sizes),
        "months": np.array([visit.months for _, visit, *_ in parts], dtype=np.float64).repeat(sizes),
        "value": np.concatenate([np.empty(0), *(values[rows] for *_, values, rows in parts)]),
    }
    return _frame(columns)


def _frame(columns: abc.Mapping[str, npt.NDArray[Any]]) -> pd.DataFrame:
    """A data frame that keeps texts as objects, whatever this version of pandas makes of them."""
    return pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()})
