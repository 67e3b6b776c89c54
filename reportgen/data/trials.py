"""What is known of each trial as a whole: its arms, its visits, and what it collected and what it never did."""

from __future__ import annotations

import re

import numpy as np

from reportgen.data.arms import arm_name
from reportgen.data.characteristics import of_trial
from reportgen.data.contribution import Contribution
from reportgen.data.people import People
from reportgen.data.repository import LedgerLine, TrialInfo
from reportgen.data.visits import Visit, visits_of
from reportgen.errors import did_you_mean
from reportgen.late import pd
from reportgen.spec.mapping import Mapping, TrialColumn
from reportgen.spec.study import Study


def trials_of(contribution: Contribution, number: int) -> list[TrialInfo]:
    """Return the trials of a mapping: in the order of its codes, else sorted; `number` says which mapping it is, from 0."""
    mapping, people = contribution.located.mapping, contribution.people
    return [
        TrialInfo(
            name=name,
            country=of_trial(mapping.country, name, mapping) or "",
            files=tuple(file.name for file in contribution.files),
            arms=_arms(people, name, mapping),
            raw_n=people.raw_n[name],
            n=int((people.trials == name).sum()),
            visits=_visits(contribution),
            collected_covariates=_collected_covariates(contribution, name),
            collected_measures=_collected_measures(contribution, name),
            published_n=(published := _published(mapping, name))[0],
            published_source=published[1],
            mapping=number,
        )
        for name in _names(contribution)
    ]


def _names(contribution: Contribution) -> list[str]:
    """Names of the trials: in the order of the codes, else sorted, with the numbers in them as numbers."""
    trial, present = contribution.located.mapping.trial, set(contribution.people.trials)
    if not isinstance(trial, TrialColumn):
        return [trial]
    return [name for name in dict.fromkeys(trial.codes.values()) if name in present] or sorted(
        present, key=in_natural_order
    )


def in_natural_order(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """Return a key by which names are sorted as people sort them.

    Examples
    --------
    >>> sorted(["Site 10", "Site 2", "9", "Site"], key=in_natural_order)
    ['9', 'Site', 'Site 2', 'Site 10']
    """
    parts = [part for part in re.split(r"([0-9]+)", name) if part]
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts], name


def _published(mapping: Mapping, trial: str) -> tuple[int | None, str]:
    n = of_trial(mapping.published.n, trial, mapping) if mapping.published else None
    return n, mapping.published.source if mapping.published and n is not None else ""


def note_unknown_trials(contribution: Contribution) -> None:
    """`country`, `characteristics` and `published` may be given by trial, and then each name must be one of the file's."""
    mapping = contribution.located.mapping
    codes = mapping.trial.codes if isinstance(mapping.trial, TrialColumn) else {}
    known = {*contribution.people.raw_n, *codes.values(), *map(str, codes)}
    published = mapping.published.n if mapping.published else None
    characteristics = ((("characteristics", name), given) for name, given in mapping.characteristics.items())
    for path, given in ((("country",), mapping.country), (("published", "n"), published), *characteristics):
        for name in given if isinstance(given, dict) else ():
            prefixed = isinstance(mapping.trial, TrialColumn) and mapping.trial.named(name) in known
            if name not in known and not prefixed:
                hint = did_you_mean(name, contribution.people.raw_n)
                contribution.notes.problem(f"there is no trial '{name}' in the file", (*path, name), hint)


def _arms(people: People, trial: str, mapping: Mapping) -> tuple[tuple[str, str, int], ...]:
    """Class, name and number of participants of each arm; two codes may stand for one arm."""
    mine = people.trials == trial
    named = dict.fromkeys((str(arm.class_), arm_name(arm)) for arm in mapping.arms.codes.values() if not arm.leave_out)
    counts = [(*arm, int((mine & (people.arm_classes == arm[0]) & (people.arms == arm[1])).sum())) for arm in named]
    return tuple((class_, name, n) for class_, name, n in counts if n)


def _visits(contribution: Contribution) -> tuple[tuple[str, float], ...]:
    found: set[Visit] = set(visits_of(contribution.located.mapping).values())
    found |= {measured.visit for visits in contribution.measures.values() for measured in visits}
    return tuple((visit.label, visit.months) for visit in sorted(found))


def _collected_covariates(contribution: Contribution, trial: str) -> frozenset[str]:
    """Covariates that a trial collected; a centre of a shared file without any value did not."""
    mine = contribution.people.trials == trial
    shared = isinstance(contribution.located.mapping.trial, TrialColumn)
    return frozenset(
        name
        for name, values in contribution.covariates.items()
        if not shared or pd.notna(pd.Series(values[mine])).any()
    )


def _collected_measures(contribution: Contribution, trial: str) -> frozenset[tuple[str, str]]:
    """Instruments and visits that a trial collected; a row of a long file is there for other instruments too."""
    mine = contribution.people.trials == trial
    shared = isinstance(contribution.located.mapping.trial, TrialColumn)
    return frozenset(
        (name, measured.visit.label)
        for name, visits in contribution.measures.items()
        for measured in visits
        if not (shared or measured.long) or not np.isnan(measured.values[mine]).all()
    )


def not_collected(contribution: Contribution, study: Study) -> list[LedgerLine]:
    """A line for each covariate of the study that a trial did not collect, and each measure missing from a centre."""
    lines = []
    for trial in _names(contribution):
        n = int((contribution.people.trials == trial).sum())
        covariates = _collected_covariates(contribution, trial)
        for name in study.covariates:
            if name not in covariates:
                of_trials = study.covariates[name].of_trials
                rule = "no value in this trial" if of_trials or name in contribution.covariates else "no column"
                origin = contribution.notes.origin(
                    ("variables", name) if name in contribution.covariates and not of_trials else ("trial",)
                )
                lines.append(LedgerLine(trial, "not collected", name, rule, n, "participants", origin))
        measures = _collected_measures(contribution, trial)
        for name, visits in contribution.measures.items():
            for label in (visit.visit.label for visit in visits):
                if (name, label) not in measures:
                    origin = contribution.notes.origin(("variables", name))
                    rule = f"no value at {label} in this trial"
                    lines.append(LedgerLine(trial, "not collected", name, rule, n, "participants", origin))
    return lines
