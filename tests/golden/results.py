"""The results of the worked studies as they were when they were last looked at, and how a new build differs from them.

A row a number: id, value, text, unit, n, trials, status. Texts, ids and status are compared exactly, values to 1e-9
relative, since another processor's linear algebra ends in other last digits. Versions of libraries are masked; a
results table holds no date. `python -m tests.golden.results FOLDER NAME` freezes the report in FOLDER as study NAME.
"""

from __future__ import annotations

import csv
import io
import lzma
import math
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

GOLDEN = Path(__file__).resolve().parent
FIELDS = ("value", "text", "unit", "n", "trials", "status")
RELATIVE = 1e-9
NOTHING = 1e-12  # zero but for rounding
MASKED = "provenance.version-"

Row = Mapping[str, str]


def rows_of(report: Path) -> dict[str, Row]:
    """Return the rows of a built report by their ids, versions masked.

    Values are kept to twelve digits: three more than are compared.
    """
    with (report / "results.csv").open(encoding="utf-8-sig", newline="") as stream:
        return {row["id"]: _kept(row) for row in csv.DictReader(stream)}


def _kept(row: Row) -> Row:
    kept = {field: row[field] for field in FIELDS}
    if row["value"]:
        kept["value"] = f"{float(row['value']):.12g}"
    if row["id"].startswith(MASKED):
        kept["text"] = "masked"
    return kept


def freeze(report: Path, name: str) -> None:
    """Write the rows of a report as the golden results of a study."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", *FIELDS))
    writer.writerows((key, *(row[field] for field in FIELDS)) for key, row in rows_of(report).items())
    _file(name).write_bytes(lzma.compress(text.getvalue().encode(), preset=9))


def frozen(name: str) -> dict[str, Row]:
    """Return the golden results of a study by their ids."""
    text = lzma.decompress(_file(name).read_bytes()).decode()
    return {row.pop("id"): row for row in csv.DictReader(io.StringIO(text, newline=""))}


def differences(old: Mapping[str, Row], new: Mapping[str, Row]) -> Iterator[str]:
    """Yield a line for each row that is gone, new or other than it was.

    Examples
    --------
    >>> row = dict(value="1", text="1", unit="", n="", trials="", status="ok")
    >>> list(differences({"a": row, "b": row}, {"a": {**row, "value": "1.0000000001"}, "c": {**row, "text": "2"}}))
    ['gone: b (1)', 'new: c (2)']
    >>> list(differences({"a": row}, {"a": {**row, "value": "1.00001", "status": "boundary"}}))
    ["a: value '1' -> '1.00001', status 'ok' -> 'boundary'"]
    """
    yield from (f"gone: {key} ({row['text']})" for key, row in old.items() if key not in new)
    yield from (f"new: {key} ({row['text']})" for key, row in new.items() if key not in old)
    for key in old.keys() & new.keys():
        other = [f for f in FIELDS if not _alike(f, old[key][f], new[key][f])]
        if other:
            yield f"{key}: " + ", ".join(f"{f} {old[key][f]!r} -> {new[key][f]!r}" for f in other)


def _alike(field: str, old: str, new: str) -> bool:
    if old == new or field != "value" or not (old and new):
        return old == new
    return math.isclose(float(old), float(new), rel_tol=RELATIVE, abs_tol=NOTHING)


def _file(name: str) -> Path:
    return GOLDEN / f"{name}.results.csv.xz"


if __name__ == "__main__":
    folder, study = sys.argv[1:]
    before = frozen(study) if _file(study).exists() else {}
    changes = sorted(differences(before, rows_of(Path(folder))))
    freeze(Path(folder), study)
    print(f"{len(changes)} rows differ", *changes, sep="\n")
