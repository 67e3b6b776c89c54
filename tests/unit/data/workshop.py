"""Small studies for the tests: a study file, one mapping a trial, and data files, written into a folder."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pandas as pd

from reportgen.data import LedgerLine, Repository, read_repository
from reportgen.errors import DataError, Problem
from reportgen.spec.load import load_study

STUDY = """
study: {title: A study for tests, data: simulated}
trials: [TRIALS]
arm_classes: [exercise, usual care]
follow_up: {short: {months: [2, 4], aim: 3}}
instruments:
  RMDQ: {range: [0, 24], better: lower, items: 24}
  VAS: {range: [0, 100], better: lower}
outcomes: {RMDQ: {}, VAS: {}}
covariates:
  age: {unit: years, range: [16, 100]}
  sex: {levels: [female, male]}
  weight: {unit: kg, range: [30, 250]}
  anxiety: {levels: [low, moderate, high], ordered: true}
comparisons: {overall: {intervention: exercise, control: usual care}}
"""

ARMS = "arms: {column: arm, codes: {1: {class: exercise, name: gym}, 2: {class: usual care}}}"


def study(folder: Path, **mappings: str) -> Path:
    """Write a study whose mappings are given as texts, each under the name of its file."""
    names = ", ".join(f"{name}.yaml" for name in mappings)
    (folder / "study.yaml").write_text(STUDY.replace("TRIALS", names), encoding="utf-8")
    for name, text in mappings.items():
        (folder / f"{name}.yaml").write_text(textwrap.dedent(text).strip() + "\n", encoding="utf-8")
    return folder


def table(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    """Write a text table, one row a line."""
    path = folder / name
    path.write_bytes(textwrap.dedent(text).strip().encode(encoding) + b"\n")
    return path


def read(folder: Path) -> Repository:
    return read_repository(load_study(folder))


def problems(folder: Path) -> tuple[Problem, ...]:
    """Return what is wrong with the data of a study, and fail where nothing is."""
    try:
        read(folder)
    except DataError as error:
        return error.problems
    raise AssertionError("the data were read without a problem")


def only_problem(folder: Path) -> Problem:
    found = problems(folder)
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]


def one_trial(folder: Path, rows: str, variables: str, *, data: str = "", rest: str = "") -> Path:
    """Write a study of one trial with a CSV of these rows; the mapping holds these variables."""
    table(folder, "a.csv", rows)
    extra = f", {data}" if data else ""
    mapping = f"trial: A\ndata: {{file: a.csv, participant: id{extra}}}\n{ARMS}\n"
    mapping += f"{textwrap.dedent(rest).strip()}\n" if rest else ""
    return study(folder, a=f"{mapping}variables:\n{textwrap.indent(textwrap.dedent(variables).strip(), '  ')}")


def covariate(repository: Repository, name: str) -> list[object]:
    """Return a covariate, missing values as None."""
    return [None if pd.isna(value) else value for value in repository.participants[name]]


def measured(repository: Repository, instrument: str, visit: str) -> dict[str, float]:
    """Return the values of an instrument at a visit, by participant."""
    mine = repository.measures.query("instrument == @instrument and visit == @visit")
    people = repository.participants["participant"].loc[mine["row"]]
    return dict(zip(people, mine["value"], strict=True))


def lines(repository: Repository, kind: str) -> list[tuple[str, str, int]]:
    """Return the ledger of one kind: variable, rule and count."""
    return [(line.variable, line.rule, line.count) for line in repository.ledger if line.kind == kind]


def ledger_line(repository: Repository, kind: str, variable: str) -> LedgerLine:
    found = [line for line in repository.ledger if (line.kind, line.variable) == (kind, variable)]
    assert len(found) == 1, found
    return found[0]
