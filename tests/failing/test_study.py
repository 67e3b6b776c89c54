"""Failing inputs of the study language: codes and levels that YAML would make into something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.failing.inputs import said, written

READ = ("y_levnum0", "y_oct", "y_under", "y_date", "y_levtrue", "armver")


@pytest.mark.parametrize("name", READ)
def test_codes_are_what_was_written(name: str, tmp_path: Path) -> None:
    output = said("validate", written(name, tmp_path))
    assert (output.code, output.lines) == (0, [])


def test_nothing_as_a_code_is_told_once_with_the_fix(tmp_path: Path) -> None:
    study = written("y_null", tmp_path)
    output = said("validate", study)
    assert output.code == 2
    assert len([line for line in output.lines if line.startswith(str(study))]) == 1
    assert output.lines[0].endswith("north.yaml:18:30: the empty value `~` found where a key is expected")
    assert output.lines[-1].strip() == "If it is a code or a name, put it in quotes: '~'."
