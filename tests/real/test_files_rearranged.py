"""What must not change a number of the nineteen trials does not: another format, another order, another name."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from reportgen.data import Repository
from reportgen.pipeline import read
from reportgen.resources import specs_folder
from reportgen.spec.mapping import Data

STUDY = specs_folder() / "low-back-pain"


@pytest.fixture(scope="module")
def as_it_is() -> Repository:
    return read(STUDY)[1]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "low-back-pain"
    shutil.copytree(STUDY, folder)
    return folder


def people(repository: Repository, without: str = "") -> pd.DataFrame:
    """Everything known of everybody, in an order that does not depend on the order of trials."""
    measures = repository.measures.pivot_table(index="row", columns=["instrument", "visit"], values="value")
    measures.columns = [" ".join(name) for name in measures.columns]
    frame = repository.participants.join(measures)
    frame = frame[frame["trial"] != without].dropna(axis=1, how="all")
    return frame.sort_values(["trial", "participant"], ignore_index=True)[sorted(frame.columns)]


def same(found: Repository, wanted: Repository, without: str = "") -> None:
    pd.testing.assert_frame_equal(people(found), people(wanted, without), rtol=1e-12)


def edit(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def as_text(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False)


def as_excel(frame: pd.DataFrame, path: Path) -> None:
    frame.to_excel(path, index=False, engine="xlsxwriter")


def as_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Parquet knows one type a column: cells of both kinds become text."""
    mixed = [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name])]
    text = {str(name): frame[name].map(lambda cell: None if pd.isna(cell) else str(cell)) for name in mixed}
    frame.assign(**text).to_parquet(path, index=False)


FORMATS: dict[str, Callable[[pd.DataFrame, Path], None]] = {".csv": as_text, ".xlsx": as_excel, ".parquet": as_parquet}
SAVED = {
    "york-bp.yaml": "york_bp.dta",
    "hancock.yaml": "acute_lbp.parquet",
    "von-korff-bia.yaml": "bia_analysis.csv",
    "dufour.yaml": "dufour_rygtræning.xlsx",
}


def raw_frame(path: Path) -> pd.DataFrame:
    if path.suffix == ".dta":
        return pd.read_stata(path, convert_categoricals=False)
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return (
        pd.read_csv(path, dtype=str) if path.suffix == ".csv" else pd.read_excel(path, dtype=object, engine="calamine")
    )


@pytest.mark.parametrize("ending", FORMATS)
def test_another_format_gives_the_same_people(copy: Path, as_it_is: Repository, ending: str) -> None:
    for mapping, name in SAVED.items():
        path = copy / "raw" / name
        FORMATS[ending](raw_frame(path), path.with_suffix(ending))
        sheet = [("  sheet: Data\n", "")] if mapping == "dufour.yaml" else []
        edit(copy / "trials" / mapping, (name, path.with_suffix(ending).name), *sheet)
    same(read(copy)[1], as_it_is)


def test_every_saved_format_is_known() -> None:
    assert {Data(file=f"a{ending}", participant="id").format for ending in FORMATS} == {"CSV", "Excel", "Parquet"}


def test_a_dropped_trial_leaves_the_others(copy: Path, as_it_is: Repository) -> None:
    edit(copy / "study.yaml", ("  - trials/keele.yaml\n", ""))
    found = read(copy)[1]
    assert len(found.trials) == 18
    same(found, as_it_is, without="Keele")


def test_the_order_of_trials_changes_no_participant(copy: Path, as_it_is: Repository) -> None:
    edit(
        copy / "study.yaml",
        ("  - trials/witt.yaml\n", ""),
        ("  - trials/kennedy.yaml\n", "  - trials/kennedy.yaml\n  - trials/witt.yaml\n"),
    )
    found = read(copy)[1]
    assert found.trials[-1].name == "Witt"
    same(found, as_it_is)


def test_a_column_renamed_with_its_mapping(copy: Path, as_it_is: Repository) -> None:
    path = copy / "raw" / "bia_analysis.csv"
    edit(path, ("FABQ", "Fear"))
    edit(copy / "trials" / "von-korff-bia.yaml", ("column: FABQ", "column: Fear"))
    same(read(copy)[1], as_it_is)
