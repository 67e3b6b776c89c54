"""Two invented trials as files, and how to change them: North has 24 people and is what goes wrong, South has 30 beside it.

A study is a dictionary of file names and contents, so that what was changed can be compared byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

Files = dict[str, bytes]
Row = list[Any]
Change = tuple[str, str]

HEAD = ["id", "arm", "age", "sex", "p0", "p3"]
NORTH = """63 2 58 38, 51 2 60 53, 72 1 70 52, 47 2 78 79, 42 2 41 28, 23 2 45 37, 47 2 72 51, 58 1 77 69, 66 2 49 36, 71 2 52 44,
32 1 74 74, 55 1 56 61, 68 1 50 10, 35 1 73 49, 40 1 50 35, 70 2 56 47, 54 2 65 54, 50 2 61 58, 60 2 43 51, 50 2 41 25,
78 1 74 57, 65 1 70 85, 23 2 73 66, 28 1 61 63"""
SOUTH = """57 2 73 59, 40 1 50 50, 66 1 44 25, 51 1 51 47, 23 2 56 34, 32 2 72 75, 35 1 58 47, 26 1 43 41, 50 1 53 44, 22 1 64 49,
51 2 72 67, 62 2 69 85, 54 1 79 50, 47 1 47 25, 36 1 75 47, 73 1 42 45, 39 2 62 50, 70 1 50 56, 46 2 48 42, 43 2 66 63,
61 2 52 42, 78 2 62 55, 67 1 50 46, 55 2 46 30, 26 2 69 52, 65 2 57 54, 67 1 67 72, 44 2 66 53, 41 2 77 53, 31 2 56 45"""
MAPPING = """trial: {trial}
country: {country}
data:
  file: {file}
  participant: id
arms:
  column: arm
  codes:
    1:
      class: active
      name: active
    2:
      class: control
      name: control
variables:
  age:
    column: age
  sex:
    column: sex
    codes:
      1: male
      2: female
  PAIN:
    column:
      baseline: p0
      3 months: p3
"""
STUDY = """study:
  title: Two invented trials
  data: simulated
  seed: 3
trials:
- north.yaml
- south.yaml
arm_classes:
- active
- control
follow_up:
  short:
    months:
    - 2
    - 4
    aim: 3
instruments:
  PAIN:
    name: Pain scale
    range:
    - 0
    - 100
    better: lower
outcomes:
  PAIN:
    domain: pain
covariates:
  age:
    unit: years
    range:
    - 16
    - 110
  sex:
    levels:
    - female
    - male
comparisons:
  overall:
    intervention: active
    control: control
analyses:
  people:
    method: descriptive
    sides_of: overall
    variables:
    - age
    - sex
    - baseline PAIN
  pooled:
    method: meta-analysis
policy:
  minimum_cell: 0
report:
  formats:
  - html
  contents:
  - series: Table
    show: included-trials
  - series: Table
    show: descriptive
    of: people
  - series: Fig.
    show: forest
    of: pooled
  - series: Fig.
    show: forest-by-trial
    of: pooled
  - series: Table
    show: estimates
    of: pooled
"""
ALONE: Change = ("- south.yaml\n", "")


def people(text: str = NORTH) -> list[Row]:
    """Return the rows of a trial: id, arm (1 and 2 in turn), age, sex, pain before and after."""
    cells = [[int(cell) for cell in row.split()] for row in text.split(",")]
    return [[number, 2 - number % 2, *row] for number, row in enumerate(cells, 1)]


def each(place: int, change: Callable[[Any], Any]) -> list[Row]:
    """Return North's rows with one column changed."""
    return [[*row[:place], change(row[place]), *row[place + 1 :]] for row in people()]


def one(row: int, place: int, cell: Any) -> list[Row]:
    """Return North's rows with one cell changed."""
    rows = people()
    rows[row][place] = cell
    return rows


def csv(rows: Sequence[Row], head: Sequence[str] = HEAD) -> bytes:
    """Write rows as a text file."""
    return "".join(",".join(map(str, row)) + "\n" for row in [head, *rows]).encode()


def changed(text: str, changes: Sequence[Change]) -> bytes:
    """Replace each text once; one that is not there is a mistake of ours."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text.encode()


def study(content: bytes, *mapping: Change, file: str = "north.csv", whole: Sequence[Change] = ()) -> Files:
    """Return the files of a study: what North's file holds, and what its mapping and the study file change."""
    north = MAPPING.format(trial="North", country="Norway", file=file)
    files = {file: content, "north.yaml": changed(north, mapping), "study.yaml": changed(STUDY, whole)}
    if ALONE in whole:
        return files
    south = MAPPING.format(trial="South", country="Spain", file="south.csv").encode()
    return files | {"south.csv": csv(people(SOUTH)), "south.yaml": south}


def written(write: Callable[[str], Any]) -> bytes:
    """Return what a library writes that asks for a path."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        write(str(path))
        return path.read_bytes()
