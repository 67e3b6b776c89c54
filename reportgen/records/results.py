"""The long results table: one row a number, the same in Parquet, CSV and JSON.

Everything that prints a number reads it from a record; this module flattens records (and what tables and figures added
of their own) into rows. Provenance that is the same for a whole analysis stands once, in `sources`; rows point to it.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from operator import attrgetter
from typing import Any

from reportgen.errors import RenderError
from reportgen.records.inert import inert
from reportgen.records.numbers import Number, numbers_in

COLUMNS = tuple(field.name for field in fields(Number) if field.name != "measure")
_CELLS = attrgetter(*COLUMNS)


@dataclass(frozen=True, slots=True)
class Source:
    """What a row of the results table came from.

    Attributes
    ----------
    spec : str
        File and line of the study file or mapping that asked for it.
    data : str
        Fingerprint of the data files.
    model : str
        What was fitted, or `count`.
    seed : int
    versions : dict
        Programs and their versions.
    """

    spec: str
    data: str
    model: str
    seed: int
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Results:
    """Rows and the sources that they point to."""

    rows: tuple[Number, ...]
    sources: dict[str, Source]


def results_of(records: Iterable[Any], sources: dict[str, Source]) -> Results:
    """Collect the numbers of records, tables and drawings, each id once.

    Raises
    ------
    RenderError
        Where one id stands for two numbers: a defect of the program, and never to be printed.
    """
    found: dict[str, Number] = {}
    for number in numbers_in(tuple(records)):
        known = found.setdefault(number.id, number)
        if (known.text, known.value) != (number.text, number.value):
            raise RenderError(f"two numbers have the id '{number.id}': '{known.text}' and '{number.text}'")
    return Results(tuple(found.values()), sources)


def as_csv(results: Results) -> str:
    """Return the rows as CSV with a dot as decimal sign; no text is a formula to a spreadsheet."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(_plain, cells) for cells in map(_CELLS, results.rows))
    return out.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return inert(value)
    return "" if value is None else repr(value) if isinstance(value, float) else value


def as_json(results: Results) -> str:
    """Return rows and sources as JSON, a row a line."""
    sources = json.dumps({key: asdict(source) for key, source in sorted(results.sources.items())}, ensure_ascii=False)
    # json writes lines of its own in Python, which is ten times slower than one row at once
    rows = ",\n".join(_json_row(dict(zip(COLUMNS, cells, strict=True))) for cells in map(_CELLS, results.rows))
    return f'{{"sources": {sources},\n"rows": [\n{rows}\n]}}\n'


def _json_row(row: dict[str, Any]) -> str:
    """Return a row as JSON, which knows no infinite number: there the text, ∞, says what it is."""
    try:
        return json.dumps(row, ensure_ascii=False, allow_nan=False)
    except ValueError:
        finite = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
        return json.dumps(finite, ensure_ascii=False)


def as_parquet(results: Results) -> bytes:
    """Return the rows as Parquet; the sources stand in its metadata under `reportgen`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            ("id", pa.string()),
            ("value", pa.float64()),
            ("text", pa.string()),
            ("unit", pa.string()),
            ("n", pa.int64()),
            ("trials", pa.int64()),
            ("status", pa.string()),
            ("reason", pa.string()),
            ("source", pa.string()),
            ("kind", pa.string()),
        ],
        metadata={"reportgen": json.dumps({k: asdict(s) for k, s in sorted(results.sources.items())})},
    )
    out = io.BytesIO()
    columns = {column: [getattr(row, column) for row in results.rows] for column in COLUMNS}
    pq.write_table(pa.Table.from_pydict(columns, schema=schema), out)
    return out.getvalue()


def files_of(results: Results) -> Sequence[tuple[str, bytes]]:
    """Return the three files of the results table: name and content."""
    return (
        ("results.parquet", as_parquet(results)),
        ("results.csv", as_csv(results).encode("utf-8-sig")),
        ("results.json", as_json(results).encode()),
    )
