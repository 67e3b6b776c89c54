"""What is drawn and not printed: profiles, ribbons, traces, one table an analysis.

In: records. Out: columns, and the same as Parquet, for those who want to draw a figure anew. Nothing here stands on a
page, hence nothing has an id; what a page prints is in the results table.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Protocol, runtime_checkable

from reportgen.records.estimate import SuppressionNote
from reportgen.records.model import Records
from reportgen.records.numbers import slug

Columns = Mapping[str, tuple[object, ...]]
"""Names of columns with their values, all of one length."""


@runtime_checkable
class Drawn(Protocol):
    """A record that holds more than it prints."""

    @property
    def suppression(self) -> SuppressionNote:
        """How much of it is suppressed, and by which rule."""
        ...

    def series(self) -> Columns:
        """Return what is drawn, as columns."""
        ...


def series_of(records: Records) -> dict[str, Columns]:
    """Return the series of each analysis that has some, by the name of the analysis."""
    return {name: record.series() for name, record in records.analyses.items() if isinstance(record, Drawn)}


def series_files(records: Records) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the file of each series: `series/rp.parquet`.

    Its metadata say under `reportgen` how many cuts or boxes are left out, and by how many people those disclosed differ.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    for name, columns in series_of(records).items():
        record = records.analyses[name]
        assert isinstance(record, Drawn)
        out = io.BytesIO()
        table = pa.table({column: list(values) for column, values in columns.items()})
        pq.write_table(table.replace_schema_metadata({"reportgen": json.dumps(record.suppression.note)}), out)
        yield f"series/{slug(name)}.parquet", out.getvalue()
