"""Labels that contradict the mapping, labelled values among unlabelled ones, yes and no in other words, other writings."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.pipeline import read
from tests.failing.inputs import said, written

ODD_AGES = [
    "lab02", "lab04", "lab06", "lab09", "lab10", "lab11", "lab13", "lab15", "lab16", "lab17", "lab18", "lab19", "lab20",
    "lab21", "lab24", "lab25", "lab27", "lab28", "lab29", "lab30", "lab31", "lab32", "lab33", "lab34", "lab35",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", ODD_AGES)
def test_a_labelled_age_is_no_age_until_the_mapping_says_so(name: str, tmp_path: Path) -> None:
    study = written(name, tmp_path)
    found = said("validate", study)
    assert found.code == 2
    assert "north.sav, column 'age', rows 1, 2, 3: a labelled number among unlabelled ones: 99 ('" in found.err
    assert "n = 3), which would be read as a number" in found.err
    assert "`missing: [99]`" in found.err and "`labels: values`" in found.err
    mapping = study / "north.yaml"
    text = mapping.read_text()
    for rule in ("missing: 99", "labels: values"):
        mapping.write_text(text.replace("    column: age\n", f"    column: age\n    {rule}\n"))
        assert said("validate", study).code == 0


@pytest.mark.parametrize(
    ("name", "told", "beside"),
    [
        ("armlab_swapname", "1 is 'control group' in the file and 'active' in the mapping", "  column: arm\n"),
        ("lab_swapF", "1 is 'F' in the file and 'male' in the mapping", "    column: sex\n"),
        ("lab_swapwomen", "1 is 'Women' in the file and 'male' in the mapping", "    column: sex\n"),
    ],
)
def test_labels_that_say_the_other_thing(name: str, told: str, beside: str, tmp_path: Path) -> None:
    study = written(name, tmp_path)
    found = said("validate", study)
    assert found.code == 2
    assert "the file's labels contradict the mapping" in found.err and told in found.err
    assert "`labels: ignore`" in found.err and "north.yaml:" in found.err
    mapping = study / "north.yaml"
    indent = beside[: len(beside) - len(beside.lstrip())]
    mapping.write_text(mapping.read_text().replace(beside, f"{beside}{indent}labels: ignore\n"))
    assert said("validate", study).code == 0


def test_the_letters_of_stata_are_codes(tmp_path: Path) -> None:
    _, repository = read(written("dta_dot_a_b", tmp_path))
    north = repository.participants.query("trial == 'North'")["sex"]
    assert (north == "refused").sum() == 5 and not north.isna().any()
    assert [line.count for line in repository.ledger if line.rule in ("'.a' → refused", "'.b' → refused")] == [4, 1]


def test_na_may_be_an_answer(tmp_path: Path) -> None:
    study = written("NAflag", tmp_path)
    found = said("validate", study)
    assert found.code == 2 and "'NA' would count as any answer but 'EU'" in found.err and "in `no`" in found.err
    mapping = study / "north.yaml"
    text = mapping.read_text()
    for old, new in (
        ("        equals: EU\n", "        equals: EU\n        no: NA\n"),
        ("  participant: id\n", "  participant: id\n  answers: NA\n"),
    ):
        mapping.write_text(text.replace(old, new))
        assert read(study)[1].participants["region"].value_counts().to_dict() == {"EU": 12, "NA": 12}


def test_a_dash_for_a_minus_is_told(tmp_path: Path) -> None:
    found = said("validate", written("endash", tmp_path))
    assert found.code == 2
    assert "A dash stands in place of a minus sign: write -63 in the file." in found.err
    assert "missing" not in found.err


@pytest.mark.parametrize("name", ["fullwidthcode", "code_noise"])
def test_other_writings_of_a_number_are_the_number(name: str, tmp_path: Path) -> None:
    _, repository = read(written(name, tmp_path))
    assert not repository.participants["sex"].isna().any()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("csv_flagyesvar", "column 'm', rows 3, 4, 5: 'y', 'Yes.', 'ja' would count as any answer but 'yes'"),
        ("keep_synonym", "'y', 'Y.' are written differently in the rule, and would be excluded"),
    ],
)
def test_words_that_a_rule_does_not_know_are_told_with_all_that_the_column_holds(
    name: str, told: str, tmp_path: Path
) -> None:
    found = said("validate", written(name, tmp_path))
    assert found.code == 2 and told in found.err
    assert "The column holds 'yes' (n = " in found.err and "'y' (n = " in found.err
