"""All mappings of a study in, one pooled repository out.

Each mapping is read to its end whatever is wrong with it; all problems of all trials are raised together.
"""

from __future__ import annotations

import hashlib
from collections import abc
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from reportgen.data.arms import arm_name
from reportgen.data.columns import FloatArray, ObjectArray, objects
from reportgen.data.entries import entries_of
from reportgen.data.files import read_table
from reportgen.data.joined import joined
from reportgen.data.notes import Notes
from reportgen.data.people import People, randomised
from reportgen.data.repository import FileInfo, LedgerLine, Repository, TrialInfo
from reportgen.data.sources import Finder
from reportgen.data.variables import Measured, read_covariate, read_instrument
from reportgen.data.visits import Visit, visits_of
from reportgen.errors import DataError, Problem, did_you_mean
from reportgen.spec.load import LocatedMapping, Spec
from reportgen.spec.mapping import Mapping, TrialColumn
from reportgen.spec.study import Study

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one mapping brings: its participants, what is known of them, and the files it came from."""

    located: LocatedMapping
    people: People
    covariates: dict[str, FloatArray | ObjectArray]
    measures: dict[str, list[Measured]]
    files: tuple[FileInfo, ...]
    notes: Notes


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
        problems += notes.problems
        if contribution is not None:
            contributions.append(contribution)
    problems += _names_used_twice(contributions)
    if problems:
        raise DataError(problems)
    return _pooled(contributions, spec.study)


def read_mapping(located: LocatedMapping, spec: Spec, notes: Notes) -> Contribution | None:
    """Read the files of one mapping; None, with the problems noted, where its participants cannot be known."""
    mapping = located.mapping
    study_folder = spec.source.path.parent
    tables = [read_table(number, data, notes, study_folder) for number, data in enumerate(mapping.data)]
    entries = [None if table is None else entries_of(table, mapping, notes) for table in tables]
    known = [one for one in entries if one is not None]
    if not known:
        return None
    people, staying = randomised(known, mapping, notes, all_read=None not in entries)
    by_number = {one.table.number: joined(one, people, notes) for one in staying}
    files = [by_number.get(number) for number in range(len(tables))]
    covariates: dict[str, FloatArray | ObjectArray] = {}
    measures: dict[str, list[Measured]] = {}
    for name, variable in mapping.variables.items():
        finder = Finder(name, variable, mapping, files, notes)
        if name in spec.study.covariates:
            values = read_covariate(finder, spec.study.covariates[name], people)
            if values is not None:
                covariates[name] = values
        elif name in spec.study.instruments:
            measures[name] = read_instrument(finder, spec.study.instruments[name], people)
    infos = tuple(table.info for table in tables if table is not None)
    contribution = Contribution(located, people, covariates, measures, infos, notes)
    _note_unknown_trials(contribution)
    return contribution


def _names_used_twice(contributions: Iterable[Contribution]) -> list[Problem]:
    first: dict[str, LocatedMapping] = {}
    problems = []
    for contribution in contributions:
        for trial in dict.fromkeys(contribution.people.trials):
            if trial in first:
                hint = f"It stands in {first[trial].source.shown} too: give each trial a name of its own."
                problems.append(
                    Problem(f"two trials are called '{trial}'", contribution.located.source.at("trial"), hint)
                )
            first.setdefault(trial, contribution.located)
    return problems


def _pooled(contributions: list[Contribution], study: Study) -> Repository:
    participants = pd.concat([_participants(one, study) for one in contributions], ignore_index=True)
    starts = np.cumsum([0, *(len(one.people) for one in contributions)])
    measures = [_measures(one, int(start)) for one, start in zip(contributions, starts, strict=False)]
    trials = tuple(trial for one in contributions for trial in _trials(one))
    ledger = [line for one in contributions for line in (*one.notes.ledger(), *_not_collected(one, study))]
    files = tuple({file.name: file for one in contributions for file in one.files}.values())
    hashed = "".join(f"{file.name} {file.sha256}\n" for file in files)
    return Repository(
        participants=participants,
        measures=pd.concat(measures, ignore_index=True),
        trials=trials,
        ledger=tuple(ledger),
        fingerprint=hashlib.sha256(hashed.encode()).hexdigest(),
        files=files,
    )


def _participants(one: Contribution, study: Study) -> pd.DataFrame:
    columns: dict[str, FloatArray | ObjectArray] = {
        "trial": one.people.trials,
        "participant": one.people.ids,
        "arm": one.people.arms,
        "arm_class": one.people.arm_classes,
    }
    for name, covariate in study.covariates.items():
        nothing = np.full(
            len(one.people), None if covariate.categorical else np.nan, dtype=object if covariate.categorical else float
        )
        columns[name] = one.covariates.get(name, nothing)
    return _frame(columns)


def _measures(one: Contribution, start: int) -> pd.DataFrame:
    """The values of one mapping, in the order of its variables, of time and of the participants."""
    parts = [
        (name, measured.visit, measured.values, np.flatnonzero(~np.isnan(measured.values)))
        for name, visits in one.measures.items()
        for measured in visits
    ]
    sizes = [len(rows) for *_, rows in parts]
    rows = np.concatenate([np.empty(0, dtype=np.int64), *(rows for *_, rows in parts)])
    columns: dict[str, npt.NDArray[Any]] = {
        "row": rows + start,
        "trial": one.people.trials[rows],
        "instrument": objects([name for name, *_ in parts]).repeat(sizes),
        "visit": objects([visit.label for _, visit, *_ in parts]).repeat(sizes),
        "months": np.array([visit.months for _, visit, *_ in parts], dtype=np.float64).repeat(sizes),
        "value": np.concatenate([np.empty(0), *(values[rows] for *_, values, rows in parts)]),
    }
    return _frame(columns)


def _frame(columns: abc.Mapping[str, npt.NDArray[Any]]) -> pd.DataFrame:
    """A data frame that keeps texts as objects, whatever this version of pandas makes of them."""
    return pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()})


def _collected_covariates(one: Contribution, trial: str) -> frozenset[str]:
    """Covariates that a trial collected; a centre of a shared file without any value did not."""
    mine = one.people.trials == trial
    shared = isinstance(one.located.mapping.trial, TrialColumn)
    return frozenset(
        name for name, values in one.covariates.items() if not shared or pd.notna(pd.Series(values[mine])).any()
    )


def _collected_measures(one: Contribution, trial: str) -> frozenset[tuple[str, str]]:
    """Instruments and visits that a trial collected; a row of a long file is there for other instruments too."""
    mine = one.people.trials == trial
    shared = isinstance(one.located.mapping.trial, TrialColumn)
    return frozenset(
        (name, measured.visit.label)
        for name, visits in one.measures.items()
        for measured in visits
        if not (shared or measured.long) or not np.isnan(measured.values[mine]).all()
    )


def _trials(one: Contribution) -> list[TrialInfo]:
    mapping, people = one.located.mapping, one.people
    return [
        TrialInfo(
            name=name,
            country=_of_trial(mapping.country, name, mapping) or "",
            files=tuple(file.name for file in one.files),
            arms=_arms(people, name, mapping),
            raw_n=people.raw_n[name],
            n=int((people.trials == name).sum()),
            visits=_visits(one),
            collected_covariates=_collected_covariates(one, name),
            collected_measures=_collected_measures(one, name),
            published_n=(published := _published(mapping, name))[0],
            published_source=published[1],
            origin=one.located.source.at("trial"),
        )
        for name in _names(one)
    ]


def _names(one: Contribution) -> list[str]:
    """Names of the trials: in the order of the codes, else sorted."""
    trial, there = one.located.mapping.trial, set(one.people.trials)
    if not isinstance(trial, TrialColumn):
        return [trial]
    return [name for name in dict.fromkeys(trial.codes.values()) if name in there] or sorted(there)


def _of_trial(given: T | dict[str, T], name: str, mapping: Mapping) -> T | None:
    """What is given for all trials of a mapping, or for one by its name or its code."""
    if not isinstance(given, dict):
        return given
    codes = mapping.trial.codes if isinstance(mapping.trial, TrialColumn) else {}
    words = [name, *(str(code) for code, meant in codes.items() if meant == name)]
    return next((given[word] for word in words if word in given), None)


def _published(mapping: Mapping, trial: str) -> tuple[int | None, str]:
    n = _of_trial(mapping.published.n, trial, mapping) if mapping.published else None
    return n, mapping.published.source if mapping.published and n is not None else ""


def _note_unknown_trials(contribution: Contribution) -> None:
    """`country` and `published` may be given by trial, and then each name must be one of the file's."""
    mapping = contribution.located.mapping
    codes = mapping.trial.codes if isinstance(mapping.trial, TrialColumn) else {}
    known = {*contribution.people.raw_n, *codes.values(), *map(str, codes)}
    published = mapping.published.n if mapping.published else None
    for path, given in ((("country",), mapping.country), (("published", "n"), published)):
        for name in given if isinstance(given, dict) else ():
            if name not in known:
                hint = did_you_mean(name, contribution.people.raw_n)
                contribution.notes.problem(f"there is no trial '{name}' in the file", (*path, name), hint)


def _arms(people: People, trial: str, mapping: Mapping) -> tuple[tuple[str, str, int], ...]:
    """Class, name and number of participants of each arm; two codes may stand for one arm."""
    mine = people.trials == trial
    named = dict.fromkeys((str(arm.class_), arm_name(arm)) for arm in mapping.arms.codes.values() if not arm.leave_out)
    counts = [(*arm, int((mine & (people.arm_classes == arm[0]) & (people.arms == arm[1])).sum())) for arm in named]
    return tuple((class_, name, n) for class_, name, n in counts if n)


def _visits(one: Contribution) -> tuple[tuple[str, float], ...]:
    found: set[Visit] = set(visits_of(one.located.mapping).values())
    found |= {measured.visit for visits in one.measures.values() for measured in visits}
    return tuple((visit.label, visit.months) for visit in sorted(found))


def _not_collected(one: Contribution, study: Study) -> list[LedgerLine]:
    """A line for each covariate of the study that a trial did not collect, and each measure missing from a centre."""
    lines = []
    for trial in _names(one):
        n = int((one.people.trials == trial).sum())
        covariates = _collected_covariates(one, trial)
        for name in study.covariates:
            if name not in covariates:
                rule = "no value in this trial" if name in one.covariates else "no column"
                origin = one.notes.origin(("variables", name) if name in one.covariates else ("trial",))
                lines.append(LedgerLine(trial, "not collected", name, rule, n, "participants", origin))
        measures = _collected_measures(one, trial)
        for name, visits in one.measures.items():
            for label in (visit.visit.label for visit in visits):
                if (name, label) not in measures:
                    origin = one.notes.origin(("variables", name))
                    rule = f"no value at {label} in this trial"
                    lines.append(LedgerLine(trial, "not collected", name, rule, n, "participants", origin))
    return lines
