"""Where a variable stands: in which file, in which columns, and at which visit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportgen.data.columns import listed
from reportgen.data.entries import columns_hint
from reportgen.data.joined import MergedFile
from reportgen.data.notes import Notes, Path
from reportgen.data.visits import Visit, visit_meant, visits_of
from reportgen.spec.mapping import Mapping
from reportgen.spec.variables import Variable

VISIT = "{visit}"


@dataclass(frozen=True, slots=True)
class Place:
    """The columns of a variable in one file, at one visit."""

    file: MergedFile
    columns: tuple[str, ...]
    visit: Visit


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds the columns of one variable among the files of its mapping.

    Attributes
    ----------
    name : str
    variable : Variable
    mapping : Mapping
    files : sequence of Joined or None
        None for a file that could not be read: what is not found elsewhere may be in it, and is no problem.
    notes : Notes
    """

    name: str
    variable: Variable
    mapping: Mapping
    files: Sequence[MergedFile | None]
    notes: Notes

    @property
    def eligible(self) -> list[MergedFile]:
        """The files in which to look: the one that is named, or all."""
        number = self.variable.data
        chosen = self.files if number is None else self.files[number - 1 : number]
        return [file for file in chosen if file is not None]

    @property
    def _all_read(self) -> bool:
        number = self.variable.data
        return None not in (self.files if number is None else self.files[number - 1 : number])

    def others(self, place: Place) -> list[Place]:
        """Return where else the same columns stand, in files that are not chosen; none where the mapping names the file."""
        if self.variable.data is not None:
            return []
        return [
            Place(file, place.columns, place.visit)
            for file in self.eligible
            if file is not place.file and all(name in file.table for name in place.columns)
        ]

    def once(self) -> Place | None:
        """Return where a covariate stands: in the first file that has all its columns."""
        baseline = next((key for key, visit in visits_of(self.mapping).items() if visit.months == 0), "baseline")
        if self.variable.flags:
            columns = tuple(flag.column for flag in self.variable.flags.values())
        else:
            columns = self._columns(baseline)
        return self._find(columns, Visit(0.0, "baseline"))

    def at_visits(self) -> list[Place]:
        """Return where an instrument stands, a visit each, in the order of time."""
        found: dict[str, Place] = {}
        seen: set[tuple[str, ...]] = set()
        for place in self._wanted():
            if not place.file.visits and place.columns in seen:
                message = f"the column '{place.columns[0]}' is given for two visits"
                self.notes.problem(message, ("variables", self.name, "column"), "Name the column of each visit.")
            seen.add(place.columns)
            if place.visit.label in found and place.file is found[place.visit.label].file:
                message = f"'{self.name}' is given twice for the visit '{place.visit.label}'"
                self.notes.problem(message, ("variables", self.name, "column"), "Keep one column for each visit.")
            found.setdefault(place.visit.label, place)
        return sorted((place for place in found.values() if self._counts(place)), key=lambda place: place.visit)

    def _counts(self, place: Place) -> bool:
        """Whether the file has the date from which days are counted; that it has not is a problem."""
        after = self.variable.dated.after if self.variable.dated else None
        if after is None or after in place.file.table:
            return True
        hint = columns_hint(after, [place.file.table])
        path: Path = ("variables", self.name, "dated", "after")
        self.notes.problem(f"there is no column '{after}' in the file of the dates", path, hint, place.file.table.place)
        return False

    def _wanted(self) -> Iterator[Place]:
        if isinstance(self.variable.column, dict):
            for key, column in self.variable.column.items():
                place = self._find((column,), visit_meant(key, self.mapping), key)
                if place is not None:
                    yield place
        elif VISIT in "".join(self._columns(VISIT)):
            keys = list(self.variable.visits or visits_of(self.mapping))
            present = [key for key in keys if self._holds(self._columns(key))]
            for key in present:
                place = self._find(self._columns(key), visit_meant(key, self.mapping))
                if place is not None:
                    yield place
            absent = [key for key in keys if key not in present]
            if absent:
                self._note_missing(
                    [name for key in absent for name in self._columns(key)], self.eligible, absent, present
                )
        else:
            yield from self._in_long_files()

    def _holds(self, columns: Sequence[str]) -> bool:
        return any(all(name in file.table for name in columns) for file in self.eligible)

    def _columns(self, visit_key: str) -> tuple[str, ...]:
        names = [self.variable.column] if isinstance(self.variable.column, str) else self.variable.item_columns
        return tuple(name.replace(VISIT, visit_key) for name in names)

    def _in_long_files(self) -> Iterator[Place]:
        columns = self._columns("")
        asked = {visit_meant(key, self.mapping) for key in self.variable.visits}
        long = [file for file in self.eligible if file.table.data.layout == "long"]
        holding = [file for file in long if all(name in file.table for name in columns)]
        if not holding and long:
            self._note_missing(columns, long)
        for file in holding:
            for visit in file.visits:
                if not asked or visit in asked:
                    yield Place(file, columns, visit)
        seen = {visit for file in holding for visit in file.visits}
        for visit in sorted(asked - seen) if holding else []:
            message = f"no row of the file belongs to the visit '{visit.label}'"
            self.notes.problem(
                message, ("variables", self.name, "visits"), "Remove it from `visits`.", holding[0].table.place
            )

    def _find(self, columns: tuple[str, ...], visit: Visit, visit_key: str = "") -> Place | None:
        twice = [name for name in columns if columns.count(name) > 1]
        if twice:
            message = f"the column '{twice[0]}' is named twice"
            self.notes.problem(message, ("variables", self.name), "Name each column once.")
        for file in self.eligible:
            if all(name in file.table for name in columns):
                return Place(file, columns, visit)
        self._note_missing(columns, self.eligible, [visit_key] if visit_key else [])
        return None

    def _note_missing(
        self,
        columns: Sequence[str],
        files: Sequence[MergedFile],
        absent: Sequence[str] = (),
        present: Sequence[str] = (),
    ) -> None:
        """Note the columns that no file has: of some visits, while those of others are there."""
        if not self._all_read or not files:
            return
        best = max(files, key=lambda file: sum(name in file.table for name in columns))
        missing = [name for name in columns if name not in best.table]
        hint = columns_hint(missing[0], [file.table for file in files])
        path: Path = ("variables", self.name, "items" if self.variable.items is not None else "column")
        if self.variable.flags:
            level = next(level for level, flag in self.variable.flags.items() if flag.column == missing[0])
            path = ("variables", self.name, "flags", level)
        elif isinstance(self.variable.column, dict):
            path = (*path, *absent)
        elif absent and present:
            when = " and at ".join(f"'{key}'" for key in absent)
            hint += f"\nIf it was not measured at {when}, list where it was: `visits: [{', '.join(present)}]`."
        names = listed([f"'{name}'" for name in missing])
        message = f"there is no column {names}" if len(missing) == 1 else f"there are no columns {names}"
        self.notes.problem(message, path, hint, ", ".join(file.table.place for file in files))
