"""One mapping in, what it brings to the repository out: its participants and all that is known of them."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.data.characteristics import covariates_of_trials
from reportgen.data.columns import FloatArray, ObjectArray
from reportgen.data.entries import entries_of
from reportgen.data.events import event_uses
from reportgen.data.files import read_table
from reportgen.data.garbled import note_garbled
from reportgen.data.joined import joined
from reportgen.data.notes import Notes
from reportgen.data.people import People, randomised
from reportgen.data.repository import FileInfo
from reportgen.data.sites import sites_of
from reportgen.data.sources import Finder
from reportgen.data.variables import Measured, read_covariate, read_instrument
from reportgen.spec.load import LocatedMapping, Spec


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one mapping brings: its participants, what is known of them, and the files it came from."""

    located: LocatedMapping
    people: People
    covariates: dict[str, FloatArray | ObjectArray]
    measures: dict[str, list[Measured]]
    files: tuple[FileInfo, ...]
    notes: Notes
    sites: ObjectArray


def read_mapping(located: LocatedMapping, spec: Spec, notes: Notes) -> Contribution | None:
    """Read the files of one mapping; None, with the problems noted, where its participants cannot be known."""
    mapping = located.mapping
    study_folder = spec.source.path.parent
    tables = [read_table(number, data, notes, study_folder) for number, data in enumerate(mapping.data)]
    entries = [None if table is None else entries_of(table, mapping, notes) for table in tables]
    known = [entry for entry in entries if entry is not None]
    if not known:
        note_garbled(tables, mapping, notes)
        return None
    people, staying = randomised(known, mapping, notes, all_read=None not in entries)
    by_number = {item.table.number: joined(item, people, notes) for item in staying}
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
            uses = event_uses(name, spec.study)
            measures[name] = read_instrument(finder, spec.study.instruments[name], people, uses)
    covariates |= covariates_of_trials(mapping, people, spec.study)
    sites = sites_of(mapping, files, people, notes)
    note_garbled(tables, mapping, notes)
    infos = tuple(table.info for table in tables if table is not None)
    return Contribution(located, people, covariates, measures, infos, notes, sites)
