"""The nineteen trials beside the paper: every number of the paper's record has a row, and Table 2 comes out as printed.

"Every number" is every numeric leaf of the record: numbers inside its sentences are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from reportgen.analyses import make_records
from reportgen.pipeline import read
from reportgen.records.model import Fidelity, FidelityRow, Records
from reportgen.resources import specs_folder
from reportgen.spec import Spec
from tests.conftest import SHARED

STUDY = specs_folder() / "low-back-pain"


@pytest.fixture(scope="module")
def made() -> tuple[Spec, Records]:
    spec, repository = read(STUDY)
    return spec, make_records(spec, repository, profile="final")


@pytest.fixture(scope="module")
def rows(made: tuple[Spec, Records]) -> dict[str, FidelityRow]:
    spec, records = made
    assert spec.fidelity is not None
    assert isinstance(records.fidelity, Fidelity)
    keys = [number.key for section in spec.fidelity.file.sections for number in section.numbers]
    found = [row for section in records.fidelity.sections for row in section.rows]
    return dict(zip(keys, found, strict=True))


@pytest.fixture(scope="module")
def leaves() -> dict[str, str]:
    """The numeric leaves of the printed results, as written, by their path."""
    path = SHARED / "paper" / "facts.yaml"
    if not path.is_file():
        pytest.skip("the shared folder with the printed results is not beside this checkout")
    tree = YAML(typ="safe", pure=True).compose(path.read_text(encoding="utf-8"))
    wanted = ("totals", "table1", "table2", "outcomes", "results_")
    return {".".join(path): text for path, text in numeric(tree) if path[0].startswith(wanted)}


def numeric(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if node.tag.endswith(":map"):
        for key, value in node.value:
            yield from numeric(value, (*path, key.value))
    elif node.tag.endswith(":seq"):
        for index, value in enumerate(node.value):
            yield from numeric(value, (*path, str(index)))
    elif node.tag.endswith((":int", ":float")):
        yield path, node.value


def test_every_printed_number_has_a_row(rows: dict[str, FidelityRow], leaves: dict[str, str]) -> None:
    assert {key: row.printed.text for key, row in rows.items()} == leaves
    assert len(rows) == 282


def test_tables_1_and_2_and_the_totals_come_out_as_printed(rows: dict[str, FidelityRow]) -> None:
    for head, size in (("totals.", 6), ("table1.", 19), ("table2.", 119)):
        found = {key: row.status for key, row in rows.items() if key.startswith(head)}
        assert len(found) == size
        assert {key for key, status in found.items() if status != "as printed"} == set()


def test_the_one_step_result(rows: dict[str, FidelityRow]) -> None:
    effect, scaled = (row for key, row in rows.items() if key.startswith("results_one_step"))
    assert effect.ours is not None
    assert effect.ours.value == pytest.approx(1.31, abs=0.15)
    assert (effect.covered, scaled.covered) == ("yes", "yes")


def test_what_is_not_yet_reproduced_is_said(made: tuple[Spec, Records], rows: dict[str, FidelityRow]) -> None:
    missing = {key for key, row in rows.items() if row.status == "not reproduced"}
    assert {key.split(".")[0] for key in missing} == {"outcomes", "results_rp", "results_ardp"}
    record = made[1].fidelity
    assert record is not None
    assert record.counts["not reproduced"].value == len(missing) == 116
    assert len(record.contradictions) >= 8


def test_what_three_trials_published_is_reconciled(made: tuple[Spec, Records]) -> None:
    record = made[1].reconciliation
    assert record is not None
    assert len(record.trials) == 19
    assert all(trial.rows[0].difference.value == 0 for trial in record.trials)
    effects = {trial.trial.text: [row.covered for row in trial.rows[1:]] for trial in record.trials}
    assert {name: len(found) for name, found in effects.items() if found} == {"Witt": 1, "UK BEAM": 5, "BeST": 1}
    assert {covered for found in effects.values() for covered in found} == {"yes"}
