"""Tables and figures as Quarto counts them: each of a series, under an identifier by which text refers to it.

Quarto knows tables and figures; any other series of a report is a kind of its own. It numbers what it finds, so an artefact
that the report has elsewhere keeps its place: an empty one stands there, and says where it is. So "Table 4" is Table 4 in
every file, and stays right when someone puts another table before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from reportgen.records.artefact import NumberedArtefact, Table
from reportgen.records.numbers import Inline
from reportgen.render.appendix import Appendix
from reportgen.render.layout import SetTable, set_table
from reportgen.render.word_table import is_wide, measured, room_of

KNOWN = {"Table": "tbl", "Fig.": "fig", "Figure": "fig"}
"""Series that Quarto counts by itself; a report has one name for its figures."""
RESERVED = frozenset(
    [
        "tbl",
        "fig",
        "lst",
        "eq",
        "sec",
        "thm",
        "lem",
        "cor",
        "prp",
        "cnj",
        "def",
        "exm",
        "exr",
        "sol",
        "rem",
        "alg",
        "nte",
        "wrn",
        "cau",
        "tip",
        "imp",
        "prf",
    ]
)  # identifiers that begin so are Quarto's own


@dataclass(frozen=True, slots=True)
class Series:
    """A series of the report, and how identifiers of its artefacts begin; `own` where Quarto does not know it."""

    name: str
    key: str
    own: bool


@dataclass(frozen=True, slots=True)
class Float:
    """An artefact in its place: its identifier, and the artefact; where that stands elsewhere, its title and where."""

    id: str
    title: Inline
    artefact: NumberedArtefact | None = None
    elsewhere: str = ""

    @property
    def wide(self) -> bool:
        """Whether it stands on the long side of the paper."""
        parts = self.artefact.parts if self.artefact else ()
        tables = (part.table.on("quarto") for part in parts if part.table is not None)
        drawings = (drawing for part in parts for drawing in part.drawings)
        return any(map(is_wide, tables)) or any(drawing.width_mm > room_of(wide=False) for drawing in drawings)


def series_of(appendix: Appendix) -> tuple[Series, ...]:
    """Return the series of a report in order, each with a key of its own."""
    taken = set(RESERVED)
    out: list[Series] = []
    for name in dict.fromkeys(_series(label) for _, label, _ in _all(appendix)):
        known = KNOWN.get(name, "")
        key = known if known and all(item.key != known for item in out) else _key(name, taken)
        taken.add(key)
        out.append(Series(name, key, key != known))
    return tuple(out)


def _key(name: str, taken: set[str]) -> str:
    letters = re.sub("[^a-z]", "", name.lower()) or "series"
    return next(key for key in (letters, *(letters + more for more in ascii_lowercase)) if key not in taken)


def ids_of(appendix: Appendix) -> dict[str, str]:
    """Return the identifier of each artefact by its name, also of those that stand elsewhere."""
    keys = {item.name: item.key for item in series_of(appendix)}
    return {name: f"{keys[_series(label)]}-{_number(label)}" for name, label, _ in _all(appendix)}


def floats_of(appendix: Appendix) -> tuple[Float, ...]:
    """Return the artefacts in the order of the report; where one is missing in its series, a place for it."""
    keys = {item.name: item.key for item in series_of(appendix)}
    titles = {label: title for _, label, title in (appendix.elsewhere.artefacts if appendix.elsewhere else ())}
    seen = dict.fromkeys(keys, 0)
    out: list[Float] = []
    for artefact in appendix.artefacts:
        name, number = _series(artefact.label), _number(artefact.label)
        missing = [(name, other) for other in range(seen[name] + 1, number)]
        out += _places(missing, keys, titles, appendix)
        out.append(Float(f"{keys[name]}-{number}", artefact.title, artefact))
        seen[name] = number
    after = [(_series(label), _number(label)) for label in titles if _number(label) > seen[_series(label)]]
    return (*out, *_places(after, keys, titles, appendix))


def _places(
    missing: Sequence[tuple[str, int]], keys: Mapping[str, str], titles: Mapping[str, Inline], appendix: Appendix
) -> Iterator[Float]:
    called = appendix.elsewhere.called if appendix.elsewhere else ""
    for name, number in missing:
        title = titles.get(f"{name} {number}")
        where = f"This stands in the {called}." if title else "This was not asked for."
        yield Float(f"{keys[name]}-{number}", title or ("Left out",), elsewhere=where)


def _all(appendix: Appendix) -> list[tuple[str, str, Inline]]:
    """Return name, label and title of every artefact of the report."""
    here = [(artefact.name, artefact.label, artefact.title) for artefact in appendix.artefacts]
    return [*here, *(appendix.elsewhere.artefacts if appendix.elsewhere else ())]


def _series(label: str) -> str:
    return label.rpartition(" ")[0]


def _number(label: str) -> int:
    return int(label.rpartition(" ")[2])


@dataclass(frozen=True, slots=True)
class QuartoTable:
    """A table ready to be printed, with the widths of its columns in per cent of the page."""

    ready: SetTable
    widths: tuple[float, ...]


def quarto_table(table: Table) -> QuartoTable:
    """Return a table with widths as they are measured for Word, in the size that its reference document sets."""
    ready, wide = set_table(table), is_wide(table)
    _, widths = measured(ready, wide=wide)
    return QuartoTable(ready, tuple(round(100 * width / room_of(wide=wide), 2) for width in widths))
