"""The fidelity file and `published` of a mapping: what they may say, and where their faults are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reportgen.errors import SpecError
from reportgen.spec import load_study
from tests.study_files import write_study

FILE = """\
source: Two et al. 1999
sections:
  - title: Table 1
    numbers:
      - {name: Trials, key: trials, printed: "2", ours: trials.number}
"""


def errors(tmp_path: Path, text: str) -> list[str]:
    path = write_study(tmp_path, study={"fidelity": "fidelity.yaml"})
    (tmp_path / "fidelity.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_study(path)
    return [str(problem) for problem in caught.value.problems]


def test_the_file_is_read_with_the_study(tmp_path: Path) -> None:
    path = write_study(tmp_path, study={"fidelity": "fidelity.yaml"})
    (tmp_path / "fidelity.yaml").write_text(FILE, encoding="utf-8")
    located = load_study(path).fidelity
    assert located is not None
    assert located.file.sections[0].numbers[0].ours == "trials.number"
    assert load_study(write_study(tmp_path / "without")).fidelity is None


def test_a_missing_file_is_a_fault_of_the_study_file(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load_study(write_study(tmp_path, study={"fidelity": "fidelty.yaml"}))
    (problem,) = caught.value.problems
    assert "there is no file" in problem.message
    assert problem.origin is not None
    assert problem.origin.text == "fidelity: fidelty.yaml"


@pytest.mark.parametrize(
    ("old", "new", "message", "marked"),
    [
        ("ours:", "our:", "unknown key 'our'", "our"),
        ('"2"', '"two"', "'two' is not a number such as 1.30", '"two"'),
        ("ours:", "interval:", "`interval` requires `ours`", "{"),
        ("source:", "sorce:", "unknown key 'sorce'", "sorce"),
        ("key: trials, ", "", "'key' is missing", "{"),
    ],
)
def test_faults_are_shown_with_their_place(tmp_path: Path, old: str, new: str, message: str, marked: str) -> None:
    (error,) = errors(tmp_path, FILE.replace(old, new))
    first, line, carets = error.splitlines()[:3]
    assert "fidelity.yaml:" in first
    assert message in first
    assert line[carets.index("^") : carets.rindex("^") + 1].startswith(marked)


def test_a_key_stands_for_one_number(tmp_path: Path) -> None:
    (error,) = errors(tmp_path, FILE + '      - {name: More, key: trials, printed: "3"}\n')
    assert "fidelity.yaml:6:" in error
    assert "the key 'trials' stands for two numbers" in error


EFFECT = {"outcome": "RMDQ", "follow_up": "short", "intervention": "exercise", "control": "usual care", "effect": "1.4"}


@pytest.mark.parametrize(
    ("published", "message"),
    [
        ({"means": {"weight": "70"}}, "there is no numeric covariate 'weight'"),
        ({"means": {"sex": "1"}}, "there is no numeric covariate 'sex'"),
        ({"means": {"baseline RMQ": "9.0"}}, "there is no outcome or instrument 'RMQ'"),
        ({"effects": [{**EFFECT, "outcome": "Pain"}]}, "there is no outcome 'Pain'"),
        ({"effects": [{**EFFECT, "follow_up": "late"}]}, "there is no follow-up 'late'"),
        ({"effects": [{**EFFECT, "control": "doctor"}]}, "there is no arm class 'doctor'"),
        ({"effects": [{**EFFECT, "control": "exercise"}]}, "'exercise' is on both sides"),
        ({"effects": [{**EFFECT, "interval": ["1.3", "−1.2"]}]}, "the lower limit is above the upper one"),
        (
            {"effects": [{**EFFECT, "interval": ["1.3"]}]},
            "one value found where a lower and an upper value are expected",
        ),
        ({"effects": [{**EFFECT, "effect": "large"}]}, "'large' is not a number"),
    ],
)
def test_what_was_published_speaks_the_study_s_language(
    tmp_path: Path, published: dict[str, Any], message: str
) -> None:
    with pytest.raises(SpecError) as caught:
        load_study(write_study(tmp_path, north={"published": {"n": 60, **published}}))
    (problem,) = caught.value.problems
    assert message in str(problem)
    assert "north.yaml" in str(problem)


def test_effects_are_for_a_file_of_one_trial(tmp_path: Path) -> None:
    north = {"trial": {"column": "arm", "codes": {1: "A", 2: "B"}}, "published": {"n": {"A": 3}, "effects": [EFFECT]}}
    with pytest.raises(SpecError, match="can be given for one trial only"):
        load_study(write_study(tmp_path, north=north))
