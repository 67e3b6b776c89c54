"""Which moderators an artefact shows: what is refused, with its place and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.spec.test_searches import examined

SHOWS = ("interaction-by-trial", "interaction-by-trial-estimates", "effect-at-values-forest")


def artefact(show: str, **options: Any) -> dict[str, Any]:
    return {"series": "Fig.", "show": show, "of": "screen", **options}


@pytest.mark.parametrize("show", SHOWS)
def test_moderators_of_the_screening_are_taken(tmp_path: Path, show: str) -> None:
    found = examined(tmp_path, (artefact(show, moderators=["age", "baseline RMDQ"]), artefact(show)))
    assert found.problems == ()
    assert [content.moderators for content in found.spec.study.report.contents[-2:]] == [("age", "baseline RMDQ"), ()]


@pytest.mark.parametrize("show", SHOWS)
@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("agee", "there is no moderator 'agee'", "Did you mean 'age'?"),
        ("baseline Pain", "there is no moderator 'baseline Pain'", "Did you mean 'baseline RMDQ'?"),
        (
            "sex",
            "'screen' does not screen 'sex'",
            "Add it to `moderators` of 'screen', or remove it here. Screened: age.",
        ),
    ],
)
def test_other_moderators_are_refused_where_they_stand(
    tmp_path: Path, show: str, name: str, message: str, hint: str
) -> None:
    screen = {"method": "moderators", "outcomes": "RMDQ", "moderators": ["age", "sex", "baseline RMDQ"]}
    if name == "sex":
        screen["moderators"] = ["age"]
    contents = (artefact(show, moderators=["age", name]),)
    (problem,) = examined(tmp_path, contents, screen=screen).problems
    assert (problem.message, problem.hint) == (message, hint)
    assert problem.origin is not None
    assert problem.origin.text.strip() == f"- {name}"


def test_an_artefact_of_something_else_has_no_moderators(tmp_path: Path) -> None:
    (problem,) = examined(tmp_path, (artefact("interaction-forest", moderators=["age"]),)).problems
    assert "'moderators'" in problem.message
