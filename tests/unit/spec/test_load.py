"""A study file is read whole, and every fault of it is found with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reportgen.errors import SpecError
from reportgen.resources import specs_folder
from reportgen.spec import load_study
from reportgen.spec.load import examine_study
from reportgen.spec.lock import json_schema, locked
from tests.study_files import MAPPING, STUDY, write_study


def errors(tmp_path: Path, **changes: Any) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load_study(write_study(tmp_path, **changes))
    return [str(problem) for problem in caught.value.problems]


def changed(section: str, **keys: Any) -> dict[str, Any]:
    return {section: {**STUDY[section], **keys}}


def test_small_study_is_read(tmp_path: Path) -> None:
    spec = load_study(write_study(tmp_path / "small"))
    assert spec.name == "small"
    assert [located.mapping.trial for located in spec.mappings] == ["North", "South"]
    assert spec.study.analyses["pooled"].inference == "kenward-roger"


@pytest.mark.parametrize("folder", [p for p in sorted(specs_folder().iterdir()) if (p / "study.yaml").is_file()])
def test_worked_studies_are_read(folder: Path) -> None:
    assert load_study(folder).mappings


def test_unknown_key_shows_its_characters(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    path.write_text(path.read_text().replace("arm_classes:", "arm_clases: [x]\narm_classes:"))
    with pytest.raises(SpecError) as caught:
        load_study(path)
    (problem,) = caught.value.problems
    assert problem.message == "unknown key 'arm_clases'"
    assert problem.hint == "Did you mean 'arm_classes'?"
    assert problem.origin is not None
    marked = problem.origin.text[problem.origin.column - 1 :][: problem.origin.length]
    assert marked == "arm_clases"


def test_unknown_key_deep_inside_knows_its_neighbours(tmp_path: Path) -> None:
    analyses = {"pooled": {"method": "meta-analysis", "adjst_for": ["baseline"]}, "people": STUDY["analyses"]["people"]}
    (error,) = errors(tmp_path, study={"analyses": analyses})
    assert "unknown key 'adjst_for'" in error
    assert "Did you mean 'adjust_for'?" in error


def test_all_faults_at_once_in_all_files(tmp_path: Path) -> None:
    found = errors(
        tmp_path,
        study={
            "follow_up": {"short": {"months": [3, 2]}},
            "comparisons": {"overall": {"intervention": ["exercise"], "control": ["usual car"]}},
        },
        south={"variables": {**MAPPING["variables"], "weight": {"column": "kg"}}},
    )
    assert len(found) == 3
    assert "the window ends before it begins" in found[0]
    assert "there is no arm class 'usual car'" in found[1]
    assert "Did you mean 'usual care'?" in found[1]
    assert "south.yaml" in found[2]
    assert "there is no covariate or instrument 'weight'" in found[2]


def test_a_faulty_name_is_not_told_twice(tmp_path: Path) -> None:
    instruments = {"RMDQ": {"name": "Roland Morris", "range": [24, 0], "better": "lower"}}
    (error,) = errors(tmp_path, study={"instruments": instruments})
    assert "the lower limit must be below the upper one" in error


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (changed("study", data="maybe"), "invalid value 'maybe'"),
        (changed("study", seed="soon"), "'soon' is not a whole number"),
        ({"trials": ["north.yaml", "nowhere.yaml"]}, "there is no file"),
        (changed("outcomes", Pain={}), "there is no instrument 'Pain'"),
        (changed("covariates", RMDQ={}), "is a covariate and an instrument"),
        (changed("covariates", stage={"levels": ["one"]}), "a covariate needs at least two levels"),
        (changed("covariates", stage={"levels": ["one", "two"], "reference": "three"}), "is not one of the levels"),
        (changed("comparisons", x={"intervention": "sham", "control": "sham"}), "'sham' is on both sides"),
        (changed("analyses", x={"method": "guess"}), "unknown method 'guess'"),
        (changed("analyses", x={"method": "meta-analysis", "outcomes": ["RMQD"]}), "Did you mean 'RMDQ'?"),
        (changed("analyses", x={"method": "meta-analysis", "level": 2}), "'2' is not below 1"),
        (
            changed("analyses", x={"method": "descriptive", "sides_of": "overal", "variables": ["age"]}),
            "no comparison 'overal'",
        ),
        (
            changed("analyses", x={"method": "descriptive", "sides_of": "overall", "variables": ["agee"]}),
            "no covariate 'agee'",
        ),
        ({"report": {"contents": [{"series": "Table", "show": "forest"}]}}, "needs the name of an analysis"),
        ({"report": {"contents": [{"series": "Table", "show": "forest", "of": "people"}]}}, "shows a 'meta-analysis'"),
        (
            {"report": {"contents": [{"series": "Table", "show": "availability", "of": "people"}]}},
            "shows the repository",
        ),
        (
            {"report": {"contents": [{"series": "T", "show": "availability", "rounding": {"mean": 1}}]}},
            "'rounding' does not apply to 'availability'",
        ),
        (
            {"report": {"contents": [{"series": "T", "show": "availability", "parts": "by outcome"}]}},
            "'parts' does not apply to 'availability'",
        ),
        (
            {"report": {"contents": [{"series": "Table", "show": "availability", "scale": "0-100"}]}},
            "'scale' does not apply to 'availability'",
        ),
    ],
)
def test_each_fault_has_its_words(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    found = errors(tmp_path, study=changes)
    assert len(found) == 1, found
    assert message in found[0]


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ({"age": {"column": "age", "unit": "kg"}}, "no conversion from 'kg' to 'years'"),
        ({"sex": {"column": "sex", "codes": {1: "man"}}}, "there is no level 'man'"),
        ({"RMDQ": {"column": "rm"}}, "no visit is given for 'RMDQ'"),
        ({"RMDQ": {"column": "rm_{visit}", "codes": {1: "low"}}}, "'low' is not a number"),
        ({"RMDQ": {"items": "rm_{visit}"}}, "`items` needs the numbers of the items"),
        ({"RMDQ": {"column": "rm_{visit}", "data": 2}}, "there is no data file 2"),
        ({"age": {"column": "age", "items": ["a", "b"]}}, "give exactly one of `column`, `items` and `flags`"),
        ({"sex": {"column": "sex", "cut": {"male": "some"}}}, "the interval of 'male'"),
    ],
)
def test_each_fault_of_a_mapping_has_its_words(tmp_path: Path, variable: dict[str, Any], message: str) -> None:
    found = errors(tmp_path, north={"variables": {**MAPPING["variables"], **variable}})
    assert len(found) == 1, found
    assert message in found[0]
    assert "north.yaml" in found[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("study: {title: x\n", "this is not YAML"),
        ("- a\n- b\n", "does not hold a mapping of keys"),
        ("study: {}\nstudy: {}\n", "duplicate key"),
    ],
)
def test_broken_yaml(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(text)
    (problem,) = examine_study(path).problems
    assert message in problem.message
    assert problem.origin is not None


def test_a_folder_in_place_of_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").mkdir()
    (error,) = errors(tmp_path, study={"trials": ["north.yaml", "mapping.yaml"]})
    assert "is a folder, not a file" in error


def test_another_encoding_and_no_file(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_bytes("study:\n  title: Rückenschmerz\n".encode("latin-1"))
    (problem,) = examine_study(path).problems
    assert (problem.message, problem.origin.line if problem.origin else 0) == ("the file is not UTF-8 text", 2)
    assert "In that folder: study.yaml" in examine_study(tmp_path / "studi.yaml").problems[0].hint


def test_lock_is_a_study_file_with_every_default(tmp_path: Path) -> None:
    spec = load_study(write_study(tmp_path))
    text = locked(spec)
    assert "inference: kenward-roger" in text
    assert "minimum_cell: 5" in text
    assert str(tmp_path) not in text


def test_schema_knows_every_section() -> None:
    schema = json_schema()
    for section in STUDY:
        assert f'"{section}"' in schema
    assert '"participant"' in json_schema("mapping")


def test_a_day_is_read_with_and_without_quotes(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    text = path.read_text()
    for written in ("2026-11-30", "'2026-11-30'"):
        path.write_text(text.replace("  seed: 1", f"  seed: 1\n  date: {written}", 1))
        assert load_study(path).study.study.date == "2026-11-30"


@pytest.mark.parametrize("day", ["30 November", "2026-13-01", "20261130", 2026])
def test_what_is_no_day_is_refused(tmp_path: Path, day: str | int) -> None:
    (error,) = errors(tmp_path, study=changed("study", date=day))
    assert f"'{day}' is not a day" in error and "as in `2026-11-30`" in error


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31"])
def test_a_day_that_no_document_can_hold_is_refused(tmp_path: Path, day: str) -> None:
    (error,) = errors(tmp_path, study=changed("study", date=day))
    assert f"'{day}' lies before 1900" in error and "as in `2026-11-30`" in error
