"""Failing inputs of files: what is damaged, garbled, cut or shown otherwise than it is held."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.failing.inputs import copied, needs_inputs, said

TOLD: dict[str, tuple[str, ...]] = {
    "csv_frac_cov": ("north.csv, column 'adh', rows 2, 3", "are they fractions?", "`unit: fraction`"),
}


@needs_inputs
@pytest.mark.parametrize("name", TOLD)
def test_the_file_and_the_fix_are_told(name: str, tmp_path: Path) -> None:
    told = said("validate", copied(name, tmp_path))
    assert told.code == 2
    for words in TOLD[name]:
        assert words in told.err


@needs_inputs
def test_per_cent_of_a_sheet_are_what_it_shows(tmp_path: Path) -> None:
    from reportgen.data import read_repository
    from reportgen.spec.load import load_study

    repository = read_repository(load_study(copied("ods_pct_cov2", tmp_path)))
    assert repository.participants["adherence"].between(5.0, 100.0).all()
