"""The fix that a message proposes is right: applied as it stands, the study reads, or is told something else."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from reportgen.errors import Problem, ReportgenError
from reportgen.pipeline import read
from tests.study_files import MAPPING, people, write_study

Fix = Callable[[str, Problem], str]


def problems_of(path: Path) -> tuple[Problem, ...]:
    try:
        read(path)
    except ReportgenError as error:
        return error.problems
    return ()


def guess(text: str, problem: Problem) -> str:
    """Write the word that was meant over the marked one."""
    (word,) = re.findall(r"Did you mean '(.+?)'\?", problem.hint)
    return over(text, problem, word)


def over(text: str, problem: Problem, word: str) -> str:
    assert problem.origin is not None
    lines = text.split("\n")
    line, start = lines[problem.origin.line - 1], problem.origin.column - 1
    lines[problem.origin.line - 1] = line[:start] + word + line[start + problem.origin.length :]
    return "\n".join(lines)


def quoted(text: str, problem: Problem) -> str:
    """Write the marked word as the hint has it, in quotes."""
    (word,) = re.findall(r"in quotes: ('.*?')", problem.hint)
    return over(text, problem, word)


def said(text: str, problem: Problem) -> str:
    """Write `key: value` of the hint in the place of the line that has the key, or behind the marked line."""
    snippet = re.findall(r"`(\w+: [^`]+)`", problem.hint)[-1]
    key = snippet.partition(":")[0]
    assert problem.origin is not None
    lines = text.split("\n")
    at = problem.origin.line - 1
    while lines[at].strip().startswith("- "):  # a list is marked at its first item
        at -= 1
    indent = re.match(r"\s*", lines[at])[0]  # type: ignore[index]
    if lines[at].strip().startswith(f"{key}:"):
        lines[at] = f"{indent}{snippet}"
        while lines[at + 1 :] and lines[at + 1].startswith(f"{indent}- "):  # the items of the list that it had
            del lines[at + 1]
    else:
        lines.insert(at + 1, f"{indent}{snippet}")
    return "\n".join(lines)


def taken_out(text: str, problem: Problem) -> str:
    """Take the marked line out, with what stands below it."""
    assert problem.origin is not None
    lines = text.split("\n")
    at = problem.origin.line - 1
    indent = len(lines[at]) - len(lines[at].lstrip())
    end = at + 1
    while end < len(lines) and len(lines[end]) - len(lines[end].lstrip()) > indent:
        end += 1
    return "\n".join(lines[:at] + lines[end:])


# the file, what is written, what is written in its place, how its fix is applied
FIXES: list[tuple[str, str, str, Fix]] = [
    ("study.yaml", "arm_classes:", "arm_clases:", guess),
    ("study.yaml", "method: descriptive", "method: descriptve", guess),
    ("study.yaml", "better: lower", "better: lowr", guess),
    ("study.yaml", "reference: female", "reference: femal", guess),
    ("study.yaml", "sides_of: overall", "sides_of: overal", guess),
    ("study.yaml", "of: people", "of: peopl", guess),
    ("study.yaml", "- 2\n    - 3", "- 3\n    - 2", said),
    ("study.yaml", "aim: 3", "aim: 7", taken_out),
    ("study.yaml", "per: 10", "per: 10\n    decimals: 1\n    ordred: true", taken_out),
    ("north.yaml", "class: exercise", "class: exercize", guess),
    ("north.yaml", "column: age", "column: agee", guess),
    ("north.yaml", "participant: id", "participant: ID", guess),
    ("north.yaml", "1: male", "~: male\n      1: male", quoted),
    ("north.yaml", "file: north.csv", "file: nroth.csv", guess),
    ("north.yaml", "column: age", "column: age\n    yes: 1", taken_out),
    ("north.yaml", "column: age", "column: age\n    visits: b", taken_out),
]


@pytest.mark.parametrize(("name", "old", "new", "apply"), FIXES)
def test_the_fix_of_a_message_is_the_fix(tmp_path: Path, name: str, old: str, new: str, apply: Fix) -> None:
    path = write_study(tmp_path)
    file = tmp_path / name
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    problems = [problem for problem in problems_of(path) if problem.origin and problem.origin.file.endswith(name)]
    assert problems
    first = problems[0]
    file.write_text(apply(file.read_text(), first))
    again = problems_of(path)
    assert [problem.message for problem in again if problem.message == first.message] == []
    if apply is not quoted:  # a code in quotes is one that the file may not hold
        assert again == ()


@pytest.mark.parametrize(
    ("measured", "fix"),
    [("24", "visits: [24]"), ("0,24", "visits: [0, 24]"), ("12,24", "visits: [12, 24]")],
)
def test_visits_at_which_nothing_was_measured_are_one_message(tmp_path: Path, measured: str, fix: str) -> None:
    visits = {"0": "baseline", "12": "3 months", "24": "6 months"}
    variables = {**MAPPING["variables"], "RMDQ": {"column": "rm{visit}"}}
    path = write_study(tmp_path, north={"visits": visits, "variables": variables})
    table = people(1)
    for week in measured.split(","):
        table[f"rm{week}"] = table["rm_b"]
    table.to_csv(tmp_path / "north.csv", index=False)
    (problem,) = problems_of(path)
    assert problem.hint.endswith(f"list where it was: `{fix}`.")
    north = tmp_path / "north.yaml"
    north.write_text(north.read_text().replace("column: rm{visit}", f"column: rm{{visit}}\n    {fix}"))
    assert problems_of(path) == ()


def test_a_change_without_a_baseline_has_a_fix_that_can_be_applied(tmp_path: Path) -> None:
    later = {**MAPPING["variables"], "pain": {"column": "rm_{visit}", "visits": ["q3"]}}
    instruments = {"RMDQ": {"range": [0, 24], "better": "lower"}, "pain": {"better": "lower"}}
    study = {"instruments": instruments, "outcomes": {"RMDQ": {}, "pain": {"analyse": "change"}}}
    path = write_study(tmp_path, study, {"variables": later}, {"variables": later})
    (problem,) = problems_of(path)
    assert "write `analyse: final`" in problem.hint
    path.write_text(path.read_text().replace("analyse: change", "analyse: final"))
    assert problems_of(path) == ()


def test_an_adjuster_without_a_baseline_has_a_fix_that_can_be_applied(tmp_path: Path) -> None:
    later = {**MAPPING["variables"], "pain": {"column": "rm_{visit}", "visits": ["q3"]}}
    instruments = {"RMDQ": {"range": [0, 24], "better": "lower"}, "pain": {"better": "lower"}}
    pooled = {"method": "meta-analysis", "outcomes": ["pain"], "adjust_for": ["age", "baseline"]}
    study = {"instruments": instruments, "outcomes": {"RMDQ": {}, "pain": {}}, "analyses": {"pooled": pooled}}
    path = write_study(tmp_path, {**study, "report": {"contents": []}}, {"variables": later}, {"variables": later})
    (problem,) = problems_of(path)
    assert problem.hint.startswith("Remove it.")
    path.write_text(taken_out(path.read_text(), problem))
    assert problems_of(path) == ()
