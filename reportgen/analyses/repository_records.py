"""What the repository itself says: who collected what and when, the ledger, the scales, and where it all came from.

In: study and repository. Out: records. No fit is made here.
"""

from __future__ import annotations

import importlib.metadata
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

import reportgen
from reportgen.analyses.descriptive import included_trials
from reportgen.analyses.naming import level_number
from reportgen.analyses.participant_flow import participant_flow
from reportgen.analyses.warnings import Apart, counts_at_baseline, far_from_others, in_lowest_part
from reportgen.data import LedgerLine, Repository, TrialInfo, availability
from reportgen.data.repository import FileInfo
from reportgen.records.flow import ParticipantFlow
from reportgen.records.model import (
    Availability,
    AvailabilityCell,
    FileRow,
    Glossary,
    GlossaryRow,
    IncludedTrials,
    Ledger,
    LedgerRow,
    MeasureCell,
    OutcomeMeasures,
    Provenance,
    StudyRecord,
)
from reportgen.records.names import outcome_title
from reportgen.records.numbers import DASH, MINUS, Value
from reportgen.release.rules import guards
from reportgen.release.suppressed_cells import suppressed_cells
from reportgen.release.values import Values
from reportgen.spec import Spec
from reportgen.spec.analyses import MetaAnalysis
from reportgen.spec.outcomes import instruments_of, uses_of
from reportgen.spec.study import Study

LIBRARIES = {
    "NumPy": "numpy",
    "SciPy": "scipy",
    "Numba": "numba",
    "pandas": "pandas",
    "PyArrow": "pyarrow",
    "plotnine": "plotnine",
    "Matplotlib": "matplotlib",
    "WeasyPrint": "weasyprint",
    "Jinja": "jinja2",
}
SHOWN_DIGITS = 12
ARROW = " → "
GIVES_A_LEVEL = ("recode", "cut", "flag")
WIDEST_LABEL = 16  # characters; longer heads would push columns of the picture apart


@dataclass(frozen=True, slots=True)
class RepositoryRecords:
    """All that is said of a repository itself.

    Attributes
    ----------
    included : IncludedTrials
    availability : Availability
    measures : OutcomeMeasures
    ledger : Ledger
    flow : ParticipantFlow
    arm_classes : tuple of str
        Those that any trial has.
    mapping_of : dict of str to int
        Which mapping describes each trial, from 0.
    participants : int
    files : tuple of FileInfo
    fingerprint : str
        Of all files together.
    lowest : tuple of (trial, instrument, value)
        Instruments of which a trial uses the lowest part alone, with the largest value: see `warnings`.
    apart : tuple of (trial, instrument, value, nearest value)
        Counts and exposures far from all others of a trial.
    early : tuple of (trial, instrument)
        Counts at baseline.
    """

    included: IncludedTrials[Value]
    availability: Availability[Value]
    measures: OutcomeMeasures[Value]
    ledger: Ledger[Value]
    flow: ParticipantFlow[Value]
    arm_classes: tuple[str, ...]
    mapping_of: dict[str, int]
    participants: int
    files: tuple[FileInfo, ...]
    fingerprint: str
    lowest: tuple[tuple[str, str, float], ...]
    apart: tuple[Apart, ...]
    early: tuple[tuple[str, str], ...]


def repository_records(repository: Repository, *, study: Study, outcomes: tuple[str, ...]) -> RepositoryRecords:
    """Return all that is said of a repository itself; `outcomes` gives their order."""
    return RepositoryRecords(
        included=included_trials(repository, study),
        availability=availability_record(repository, study),
        measures=measures_record(repository, study, outcomes),
        ledger=ledger_record(repository, study),
        flow=participant_flow(repository, study),
        arm_classes=tuple(dict.fromkeys(arm for trial in repository.trials for arm, _, _ in trial.arms)),
        mapping_of={trial.name: trial.mapping for trial in repository.trials},
        participants=len(repository.participants),
        files=repository.files,
        fingerprint=repository.fingerprint,
        lowest=tuple(in_lowest_part(repository, study)),
        apart=tuple(far_from_others(repository, study)),
        early=tuple(counts_at_baseline(repository, study)),
    )


def study_record(spec: Spec, repository: RepositoryRecords, profile: str) -> StudyRecord[Value]:
    """Record what stands on the title page."""
    about = spec.study.study
    values = Values("study", "study")
    levels = [a.level for a in spec.study.analyses.values() if isinstance(a, MetaAnalysis)]
    return StudyRecord(
        name=spec.name,
        title=values.quote("title", about.title),
        subtitle=values.quote("subtitle", about.subtitle),
        authors=tuple(values.quote(f"author {i}", author) for i, author in enumerate(about.authors, 1)),
        protocol=values.quote("protocol", about.protocol),
        version=values.quote("version", about.version),
        summary=values.quote("summary", about.summary),
        source=values.quote("source", about.source),
        simulated=about.data == "simulated",
        profile=profile,
        fingerprint=values.quote("fingerprint", repository.fingerprint[:SHOWN_DIGITS]),
        trials=values.count("trials", len(repository.mapping_of), "trials"),
        participants=values.count("participants", repository.participants),
        level=level_number(levels[0] if levels else MetaAnalysis(method="meta-analysis").level, values),
        date=values.quote("date", about.date) if about.date else None,
        keywords=tuple(values.quote(f"keyword {i}", word) for i, word in enumerate(about.keywords, 1)),
    )


def availability_record(repository: Repository, study: Study) -> Availability[Value]:
    """Record trial x measure x visit: how many of the participants have a value, and what was never collected."""
    values = Values("availability", "availability")
    table, minimum = availability(repository), study.policy.minimum_cell
    # what a trial is like as a whole was not collected from its people
    table = table[~table["measure"].isin([name for name, covariate in study.covariates.items() if covariate.of_trials])]
    months = {visit: float(month) for visit, month in zip(table["visit"], table["months"], strict=True)}
    cells = []
    for row in table.to_dict("records"):
        trial, measure, visit = str(row["trial"]), str(row["measure"]), str(row["visit"])
        builder, count = values.at(trial, measure, trials=1), int(row["n"])
        if 0 < count < minimum:
            suppressed = builder.suppressed(visit, f"<{minimum}", "too few participants to print", "participants")
            cells.append(AvailabilityCell(trial, measure, visit, suppressed, 0.0))
            continue
        n = builder.count(visit, count) if row["collected"] else None
        cells.append(AvailabilityCell(trial, measure, visit, n, count / row["of"] if row["of"] else 0.0))
    return Availability(
        trials=tuple(values.at(t.name).quote("label", t.name) for t in repository.trials),
        people=tuple(values.at(t.name).count("n", t.n) for t in repository.trials),
        measures=tuple(
            (measure, values.at(measure).quote("label", _short_label(measure, study)))
            for measure in dict.fromkeys(str(m) for m in table["measure"])
        ),
        visits=tuple(
            (visit, values.at(visit).quote("label", _capital(visit)))
            for visit in sorted(months, key=lambda v: months[v])
        ),
        cells=tuple(cells),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _short_label(measure: str, study: Study) -> str:
    """What heads a column of the picture: the label of a covariate where it is short, else the key."""
    covariate = study.covariates.get(measure)
    label = covariate.label if covariate else ""
    return label if 0 < len(label) <= WIDEST_LABEL else _capital(measure)


def measures_record(repository: Repository, study: Study, outcomes: Sequence[str]) -> OutcomeMeasures[Value]:
    """Record which instrument each trial brings to each outcome, with the visits at which it was measured."""
    values = Values("measures", "measures")
    cells = [
        MeasureCell(trial.name, name, _measured(trial, name, study, values.at(trial.name, name)))
        for trial in repository.trials
        for name in outcomes
    ]
    return OutcomeMeasures(
        trials=tuple(values.at(t.name).quote("label", t.name) for t in repository.trials),
        outcomes=tuple(values.at(name).quote("label", outcome_title(name, study)) for name in outcomes),
        cells=tuple(cells),
    )


def _measured(trial: TrialInfo, name: str, study: Study, values: Values) -> tuple[Value, ...]:
    found = []
    several = len(instruments_of(study.outcomes[name], name)) > 1
    for index, instrument in enumerate(instruments_of(study.outcomes[name], name), 1):
        visits = [visit for visit, _ in trial.visits if (instrument, visit) in trial.collected_measures]
        if visits:
            words = f"{instrument}: {', '.join(visits)}" if several else ", ".join(visits)
            found.append(values.quote(f"instrument {index}", words))
    return tuple(found)


def ledger_record(repository: Repository, study: Study) -> Ledger[Value]:
    """Record every recode and everybody who was left out on loading, trial by trial.

    How many people a rule gave a characteristic to is suppressed where it is as small as a cell that tables do not print, and
    where such a count could be worked out from it.
    """
    order = {trial.name: place for place, trial in enumerate(repository.trials)}
    lines = sorted(repository.ledger, key=lambda entry: order[entry.trial])
    minimum = study.policy.minimum_cell
    rows = []
    for index, (line, suppress) in enumerate(zip(lines, suppressed_lines(lines, study), strict=True), 1):
        values = Values("ledger", f"trials.{line.trial}").at(str(index))
        rows.append(
            LedgerRow(
                trial=values.quote("trial", line.trial),
                kind=line.kind,
                excludes=line.excluded_for is not None,
                variable=values.quote("variable", line.variable),
                rule=values.quote("rule", line.rule),
                count=_suppressed_count(line, minimum, values)
                if suppress
                else values.count("count", line.count, line.unit),
                place=values.quote("place", line.origin.short),
            )
        )
    return Ledger(tuple(rows))


def suppressed_lines(lines: Sequence[LedgerLine], study: Study) -> list[bool]:
    """Return which lines of a ledger keep their count to themselves.

    The people of a trial, and those of a level in all trials, are disclosed elsewhere; so the lines of one covariate are a table
    of levels by trials with known totals.
    """
    minimum = study.policy.minimum_cell
    suppressed = [
        0 < line.count < minimum and line.variable in study.covariates and line.kind != "missing" for line in lines
    ]
    if guards(minimum):  # how many of a trial have an event analyses disclose, or nothing does
        events = {name for name in study.instruments if uses_of(name, study.outcomes) & {"binary", "count"}}
        suppressed = [
            hidden or (line.variable in events and line.kind != "missing")
            for hidden, line in zip(suppressed, lines, strict=True)
        ]
    for name, covariate in study.covariates.items():
        places = [
            place
            for place, line in enumerate(lines)
            if line.variable == name and line.kind in GIVES_A_LEVEL and _level_of(line) in covariate.levels
        ]
        for place, suppress in zip(
            places, _suppressed_in_table([lines[place] for place in places], minimum), strict=True
        ):
            suppressed[place] |= suppress
    return suppressed


def _level_of(line: LedgerLine) -> str:
    """Return what a rule makes of a value, as "'m' → male" does."""
    return line.rule.rpartition(ARROW)[2]


def _suppressed_in_table(lines: Sequence[LedgerLine], minimum: int) -> list[bool]:
    """Return which lines of one covariate are suppressed, as cells of levels x trials; two codes of a level are two rows."""
    met: Counter[tuple[str, str]] = Counter()
    rows, columns = [], []
    for line in lines:
        level = _level_of(line)
        met[line.trial, level] += 1
        rows.append((level, met[line.trial, level]))
        columns.append(line.trial)
    levels, trials = list(dict.fromkeys(rows)), list(dict.fromkeys(columns))
    cells = [(levels.index(row), trials.index(column)) for row, column in zip(rows, columns, strict=True)]
    counts = np.zeros((len(levels), len(trials)), dtype=np.int64)
    for cell, line in zip(cells, lines, strict=True):
        counts[cell] = line.count
    suppressed = suppressed_cells(counts, minimum, "total is disclosed")
    return [bool(suppressed[cell]) for cell in cells]


def _suppressed_count(line: LedgerLine, minimum: int, values: Values) -> Value:
    if line.count < minimum and line.unit == "participants":
        return values.suppressed("count", f"<{minimum}", "too few participants to print", line.unit)
    return values.suppressed(
        "count", DASH, "suppressed, as a count that is too small to print could be derived from it", line.unit
    )


def glossary_record(study: Study) -> Glossary[Value]:
    """Record the scales: range and direction; what only tells of events is none."""
    rows = []
    for name, instrument in study.instruments.items():
        if instrument.better is None:
            continue
        values = Values("glossary", "instruments").at(name)
        low, high = instrument.range or (0, 0)
        limits = "" if instrument.range is None else f"{low:g} to {high:g}".replace("-", MINUS)
        rows.append(
            GlossaryRow(
                name=values.quote("key", name),
                title=values.quote("name", instrument.name or name),
                range=values.quote("range", limits),
                better=instrument.better,
                unit=values.quote("unit", instrument.unit),
                limits=tuple(_limit(f"range {i}", limit, values) for i, limit in enumerate(instrument.range or (), 1)),
            )
        )
    return Glossary(tuple(rows))


def _limit(name: str, value: float, values: Values) -> Value:
    decimals = max(0, -int(Decimal(repr(value)).normalize().as_tuple().exponent))
    return values.figure(name, value, decimals)


def provenance_record(spec: Spec, repository: RepositoryRecords) -> Provenance[Value]:
    """Record files, seed and versions. No clock and no absolute path: those are for provenance.json alone."""
    values = Values("provenance", "provenance")
    files = []
    for index, file in enumerate(repository.files, 1):
        builder = values.at(f"file {index}")
        files.append(
            FileRow(
                name=builder.quote("name", file.name),
                fingerprint=builder.quote("sha256", file.sha256[:SHOWN_DIGITS]),
                size=builder.count("bytes", file.bytes, "bytes"),
                rows=builder.count("rows", file.rows, "rows"),
            )
        )
    return Provenance(
        files=tuple(files),
        fingerprint=values.quote("fingerprint", repository.fingerprint),
        seed=values.count("seed", spec.study.study.seed, ""),
        versions=tuple((name, values.quote(f"version {name}", version)) for name, version in versions().items()),
    )


def versions() -> dict[str, str]:
    """Return the versions of everything that can change a number or a page."""
    return {
        "reportgen": reportgen.__version__,
        "Python": platform.python_version(),
        **{name: importlib.metadata.version(package) for name, package in LIBRARIES.items()},
    }
