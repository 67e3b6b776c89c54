"""The nineteen trials beside the paper: every number of the paper's record has a row, and Table 2 comes out as printed.

"Every number" is every numeric leaf of the record: numbers inside its sentences are none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from reportgen import plugins
from reportgen.analyses import make_records
from reportgen.fingerprint import basis
from reportgen.pipeline import read
from reportgen.records.model import Fidelity, FidelityRow, Records
from reportgen.records.partition import RecursivePartitioning
from reportgen.resources import specs_folder
from reportgen.spec import Spec
from reportgen.spec.study import settled
from reportgen.store import Store
from tests.conftest import SHARED
from tests.real import printed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["low-back-pain"])
def report(request: pytest.FixtureRequest, worked: Callable[[str], Path]) -> Path:
    """The whole report of the nineteen trials alone."""
    return worked(str(request.param))


@pytest.fixture(scope="module")
def made(report: Path, worked_store: Path) -> tuple[Spec, Records]:
    """The records of the nineteen trials, from what their whole report kept."""
    plugins.register()
    spec, repository = read(specs_folder() / report.name)
    spec = replace(spec, study=settled(spec.study))
    code = basis(plugins.sources(), plugins.distributions())
    return spec, make_records(spec, repository, profile="final", store=Store(worked_store), basis=code)


@pytest.fixture(scope="module")
def rows(made: tuple[Spec, Records]) -> dict[str, FidelityRow]:
    spec, records = made
    assert spec.fidelity is not None
    assert isinstance(records.fidelity, Fidelity)
    keys = [number.key for section in spec.fidelity.file.sections for number in section.numbers]
    found = [row for section in records.fidelity.sections for row in section.rows]
    return dict(zip(keys, found, strict=True))


@pytest.fixture(scope="module")
def written() -> str:
    """The record of the paper."""
    path = SHARED / "paper" / "facts.yaml"
    if not path.is_file():
        pytest.skip("the shared folder with the printed results is not beside this checkout")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def record(written: str) -> dict[str, Any]:
    """The same as data."""
    return dict(YAML(typ="safe").load(written))


@pytest.fixture(scope="module")
def leaves(written: str) -> dict[str, str]:
    """The numeric leaves of the printed results, as written, by their path."""
    tree = YAML(typ="safe", pure=True).compose(written)
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


def test_every_printed_number_has_a_row(rows: dict[str, FidelityRow]) -> None:
    assert len(rows) == printed.NUMBERS
    assert printed.digest({key: row.printed.text for key, row in rows.items()}) == printed.DIGEST


def test_the_printed_numbers_are_those_of_the_record(rows: dict[str, FidelityRow], leaves: dict[str, str]) -> None:
    assert {key: row.printed.text for key, row in rows.items()} == leaves
    assert len(leaves) == printed.NUMBERS


def test_the_words_of_table_1_are_those_of_the_record(record: dict[str, Any]) -> None:
    assert {
        row["trial"]: (row["country"], tuple(tuple(arm) for arm in row["arms"])) for row in record["table1"]
    } == printed.TABLE_1
    assert printed.MEASURED_BY.items() <= record["calibration"]["measured_by"].items()
    ours = printed.facts()
    assert (ours["table1"], ours["table2"], ours["totals"]) == tuple(record[k] for k in ("table1", "table2", "totals"))


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


def test_what_is_not_reproduced_says_why(made: tuple[Spec, Records], rows: dict[str, FidelityRow]) -> None:
    missing = {key: row.why for key, row in rows.items() if row.status == "not reproduced"}
    assert set(missing) == {f"results_ardp.table3_FFbHR.0.{column}" for column in range(6)}
    assert all(reason is not None and reason.text for reason in missing.values())
    record = made[1].fidelity
    assert record is not None
    assert record.counts["not reproduced"].value == len(missing)
    assert len(record.contradictions) >= 8


RULES = {  # printed rules, and how far from the printed effect ours may lie: two standard errors of the print, about
    "any intervention v control.FFbHR.0": (11.3, 2.0),
    "any intervention v control.FFbHR.1": (6.6, 1.2),
    "any intervention v control.FFbHR.2": (13.2, 2.7),
    "any intervention v control.FFbHR.3": (8.1, 3.1),  # the planted difference by age is larger than the printed one
    "any intervention v control.MCS.0": (3.5, 0.9),
    "any intervention v control.PCS.0": (4.7, 1.1),
    "any intervention v control.PCS.1": (4.9, 1.0),
    "passive physical v usual care.FFbHR.0": (16.7, 3.6),
    "passive physical v usual care.MCS.0": (4.3, 0.9),
    "psychological v usual care.RMDQ.0": (1.7, 0.6),
    "sham v usual care.MCS.0": (3.4, 1.7),
    "sham v usual care.MCS.1": (3.1, 1.6),
}


def test_every_printed_rule_is_found_with_an_effect_near_the_printed_one(rows: dict[str, FidelityRow]) -> None:
    found = {key for key in rows if re.fullmatch(r"results_rp\.[^.]+\.[^.]+\.\d+\.effect\.0", key)}
    assert found == {f"results_rp.{rule}.effect.0" for rule in RULES}
    for rule, (effect, apart) in RULES.items():
        row = rows[f"results_rp.{rule}.effect.0"]
        assert row.ours is not None and row.ours.value is not None, rule
        assert abs(row.ours.value - effect) <= apart, rule
        assert row.covered == "yes", rule
        for limit in ("1", "2"):
            low = rows[f"results_rp.{rule}.effect.{limit}"]
            assert low.ours is not None and ".normal." in low.ours.id
            assert low.default is not None and ".normal." not in low.default.id


def test_the_searches_that_found_nothing_in_print_find_nothing(made: tuple[Spec, Records]) -> None:
    overall, pairs = (made[1].analyses[name] for name in ("partition", "partition-pairwise"))
    assert isinstance(overall, RecursivePartitioning)
    assert isinstance(pairs, RecursivePartitioning)
    found = {
        (search.comparison, search.outcome)
        for record in (overall, pairs)
        for search in record.results
        if search.subgroups
    }
    assert not {("overall", outcome) for outcome in ("RMDQ", "Pain", "EQ-5D")} & found
    assert not {key for key in found if key[0] == "active"}


def test_the_first_split_of_function_is_where_the_print_has_it(made: tuple[Spec, Records]) -> None:
    record = made[1].analyses["partition"]
    assert isinstance(record, RecursivePartitioning)
    (search,) = (search for search in record.results if search.outcome == "FFbHR")
    first = search.subgroups[0].inside.rule
    assert [condition.moderator for condition in first] == ["baseline FFbHR"]
    assert first[0].cut is not None
    assert 50 <= (first[0].cut.value or 0) <= 60


def test_the_effect_rises_as_the_box_shrinks(rows: dict[str, FidelityRow]) -> None:
    ours = [rows[f"results_ardp.table3_FFbHR.{row}.5"].ours for row in range(1, 10)]
    effects = [number.value for number in ours if number is not None and number.value is not None]
    assert len(effects) == 9
    assert effects[-1] == pytest.approx(8.5, abs=1.0)
    assert effects[0] == pytest.approx(17, abs=2.0)
    assert effects == sorted(effects, reverse=True)


def test_what_three_trials_published_is_reconciled(made: tuple[Spec, Records]) -> None:
    record = made[1].reconciliation
    assert record is not None
    assert len(record.trials) == 19
    assert all(trial.rows[0].difference.value == 0 for trial in record.trials)
    effects = {trial.trial.text: [row.covered for row in trial.rows[1:]] for trial in record.trials}
    assert {name: len(found) for name, found in effects.items() if found} == {"Witt": 1, "UK BEAM": 5, "BeST": 1}
    assert {covered for found in effects.values() for covered in found} == {"yes"}
