"""What we say of a study file comes from the kind of an error and from the language, not from the sentences of a library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reportgen.errors import Problem
from reportgen.spec import load
from tests.study_files import STUDY, write_study, write_yaml

# each value breaks another kind of rule; words where a library could tell what is allowed
ANALYSES = {
    "one": {"method": "meta-analysis", "intercept": "stratifed", "estimation": "ols", "two_stage": {"test": "wald"}},
    "two": {"method": "metaanalysis"},
    "three": {"outcomes": ["RMDQ"]},
    "four": {"method": "directed-peeling", "moderators": {"from": "one"}, "alpha": 5, "beam": "many", "bin": 1},
    "five": {"method": "directed-peeling", "directions": {"age": "older gain more"}},
    "six": {"method": "unheard of"},
}
OF_A_LIBRARY = ("expected", "expected_tags", "discriminator")


def problems(folder: Path) -> tuple[Problem, ...]:
    write_study(folder)
    write_yaml(folder / "study.yaml", {**STUDY, "study": {**STUDY["study"], "data": "reel"}, "analyses": ANALYSES})
    return load.examine_study(folder).problems


def test_a_library_may_word_its_messages_as_it_likes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = problems(tmp_path)
    hints = [problem.hint for problem in plain]
    assert "Did you mean 'stratified'?" in hints and "Did you mean 'meta-analysis'?" in hints
    assert "Write one of 'reml' or 'ml'." in hints and "Write one of 'knha', 'knha-plain' or 'normal'." in hints
    assert any(hint.startswith("Methods of this version: 'descriptive', 'events', 'meta-analysis',") for hint in hints)
    assert len(plain) >= 10

    written, nearest = load.problem_of, load.nearest_allowed
    monkeypatch.setattr(load, "problem_of", lambda detail, *rest: written(reworded(detail), *rest))
    monkeypatch.setattr(load, "nearest_allowed", lambda detail, *rest: nearest(reworded(detail), *rest))
    assert problems(tmp_path) == plain


def reworded(detail: Any) -> Any:
    """An error of the library, every sentence of which is another."""
    context = detail.get("ctx", {})
    return {**detail, "msg": "¿?", "ctx": context | {name: "¿?" for name in OF_A_LIBRARY if name in context}}
