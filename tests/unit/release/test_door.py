"""Release is the only door from a fit to a record: whoever goes around it is stopped, when it is built or by these tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import reportgen
from reportgen.records.numbers import Value
from reportgen.release.estimates import estimate_record
from reportgen.release.values import UnguardedError, Values
from reportgen.stats import Effect

PACKAGE = Path(reportgen.__file__).parent
EFFECT = Effect(1.25, 0.5, 40.0, 40.0)


def built_around(source: str) -> Iterator[int]:
    """Yield the lines of a module that make a value of a record, or change one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given = {keyword.arg for keyword in node.keywords}
            if node.func.id == "Value" or (node.func.id == "replace" and given & {"value", "words"}):
                yield node.lineno


@pytest.mark.slow
def test_no_module_but_those_of_release_makes_a_value_of_a_record() -> None:
    found = {
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in PACKAGE.rglob("*.py")
        if path.parent.name != "release"
        for line in built_around(path.read_text(encoding="utf-8"))
    }
    assert found == set()


def test_a_module_that_makes_a_value_is_found() -> None:
    around = 'press = Values("a", "b")\nvalue = Value("a.effect", 1.25, measure="effect")\nother = replace(value, value=2.0)\n'
    assert list(built_around(around)) == [2, 3]


@pytest.mark.parametrize("given", [{}, {"arms": (40, 40)}, {"minimum": 5}])
def test_an_effect_without_the_people_on_whom_it_rests_is_not_built(given: dict[str, object]) -> None:
    with pytest.raises(UnguardedError, match=r"'a\.ci-low' tells of an effect without the people on whom it rests"):
        estimate_record(EFFECT, 0.95, Values("a", "analyses.a").at(**given), "points", "")  # type: ignore[arg-type]


def test_an_effect_of_few_people_is_withheld_whoever_asks_for_it() -> None:
    told = estimate_record(EFFECT, 0.95, Values("a", "a", arms=(5, 40), minimum=5), "points", "")
    kept = estimate_record(EFFECT, 0.95, Values("a", "a", arms=(4, 40), minimum=5), "points", "")
    assert told.effect.value == 1.25 and told.effect.status == "ok"
    for item in (kept.effect, kept.low, kept.high, kept.std_error, kept.df, kept.p):
        assert isinstance(item, Value)
        assert (item.value, item.words, item.clear, item.n, item.status) == (None, "–", (), None, "suppressed")


def test_arms_pass_the_policy() -> None:
    few, enough = (Values("a", "a", arms=arms, minimum=5).sides() for arms in ((4, 40), (5, 40)))
    assert [item.words for item in few] == ["<5", "–"] and [item.value for item in few] == [None, None]
    assert [item.value for item in enough] == [5, 40]
    with pytest.raises(UnguardedError):
        Values("a", "a").sides()


def test_a_cell_that_is_hidden_says_at_most_that_it_is_small() -> None:
    values = Values("a", "a", minimum=5)
    found = [values.cell("n", n, suppress, "few") for n, suppress in ((3, True), (30, True), (30, False))]
    assert [(item.value, item.words) for item in found] == [(None, "<5"), (None, "–"), (30, "")]
