"""A key says all that a task can see, and what it cannot take is refused where the task is written."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reportgen.canonical import NotPlainError
from reportgen.errors import DataError, Problem
from reportgen.task import Call, Done, Failed, Held, Task, perform, received
from tests.unit.graph import work
from tests.unit.graph.work import Settings

BASE: dict[str, Any] = {
    "function": work.added,
    "arguments": {"name": "sum", "plus": 1.0},
    "inputs": {"parts": ("a", "b")},
}
OUTPUTS = {"a": "A", "b": "B", "c": "A"}


def key(**changes: Any) -> str:
    return Task("task", **{**BASE, **changes}).key("basis", OUTPUTS)


def test_a_key_changes_with_everything_that_a_task_sees() -> None:
    task = Task("task", **BASE)
    keys = [
        key(),
        key(function=work.keyed, arguments={"name": "sum"}),
        key(arguments={"name": "sum", "plus": 1}),
        key(arguments={"name": "sum", "plus": -0.0}),
        key(arguments={"name": "sum", "plus": 0.0}),
        key(arguments={"name": "sum"}),
        key(inputs={"parts": ("b", "a")}),
        key(inputs={"parts": ("a",)}),
        key(inputs={"parts": "a"}),
        key(inputs={"parts": {"x": "a", "y": "b"}}),
        key(inputs={"parts": {"x": "b", "y": "a"}}),
        task.key("other basis", OUTPUTS),
        task.key("basis", {**OUTPUTS, "a": "other"}),
    ]
    assert len(set(keys)) == len(keys) and all(len(item) == 64 for item in keys)


def test_names_and_orders_of_keys_are_no_part_of_a_key() -> None:
    assert Task("other", **{**BASE, "cost": 9.0, "forbidden_length": 5}).key("basis", OUTPUTS) == key()
    assert key(inputs={"parts": ("c", "b")}) == key()
    assert key(arguments={"plus": 1.0, "name": "sum"}) == key()
    turned = {"parts": {"y": "b", "x": "a"}}
    assert key(inputs=turned) == key(inputs={"parts": {"x": "a", "y": "b"}})


def test_the_digest_function_is_part_of_a_key() -> None:
    asked = {"function": work.cohort, "arguments": {"name": "c", "rows": (1.0,)}, "inputs": {}, "kept": False}
    assert key(**asked, digest=work.rows_digest) != key(**asked, digest=work.people_of)


PROGRAM = """
from reportgen.task import Task
from tests.unit.graph import work
from tests.unit.graph.work import Settings
settings = Settings({name: 1.5 for name in {"b", "a", "c"}}, ("x",))
print(Task("t", work.levels, {"settings": settings}).key("basis", {}))
"""


def test_keys_are_the_same_in_every_process() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(found) == 1


class Holder:
    def method(self) -> None: ...


@pytest.mark.parametrize(
    "function", [lambda: 1, functools.partial(work.process), Holder().method, functools.lru_cache(abs)]
)
def test_functions_that_another_process_cannot_find_are_refused(function: Any) -> None:
    with pytest.raises(TypeError, match="cannot be found by its name in another process"):
        Task("task", function)
    with pytest.raises(TypeError, match="cannot be found by its name in another process"):
        Task("task", work.process, kept=False, digest=function)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arguments": {"plus": 1.0}}, "task 'task': .*work:added does not take its parameters: missing .* 'name'"),
        ({"arguments": {"name": "x", "minus": 1}}, "does not take its parameters: .*'minus'"),
        ({"arguments": {"name": "x", "parts": ()}}, "task 'task': 'parts' is handed over twice"),
    ],
)
def test_parameters_must_be_those_of_the_function(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Task("task", **{**BASE, **changes})


def test_an_argument_that_is_not_plain_is_named() -> None:
    with pytest.raises(NotPlainError, match=r"argument 'plus' of task 'task'\[1\] is of type pathlib"):
        Task("task", work.added, {"name": "x", "plus": (1, Path("x"))})


def test_who_is_not_kept_needs_a_digest() -> None:
    with pytest.raises(ValueError, match="task 'task': an output that is not kept needs a digest"):
        Task("task", work.process, kept=False)
    with pytest.raises(ValueError, match="one that is kept has its own"):
        Task("task", work.process, digest=work.rows_digest)


def performed(function: Any, arguments: dict[str, Any], **changes: Any) -> Done | Failed:
    return perform(Call.of(Task("task", function, arguments, **changes), {}, ("reportgen", "tests")))


def test_a_task_receives_its_dictionaries_in_one_order() -> None:
    found = {
        performed(work.levels, {"settings": Settings(dict.fromkeys(names, 1.0))}).value()  # type: ignore[union-attr]
        for names in ("abc", "cba", "bca")
    }
    assert found == {("a", "b", "c")}


def test_an_error_comes_back_with_its_traceback() -> None:
    failed = performed(work.failing, {"name": "fit"})
    assert isinstance(failed, Failed) and isinstance(failed.error, ZeroDivisionError)
    assert "in failing" in failed.traceback and "ZeroDivisionError: fit divides by 0.0" in failed.traceback


def test_an_error_that_cannot_travel_comes_back_in_words() -> None:
    failed = performed(work.stubborn, {})
    assert (
        isinstance(failed, Failed) and str(failed.error) == "StubbornError: first" and "in stubborn" in failed.traceback
    )


def raised() -> None:
    raise DataError([Problem("the first", hint="Fix it."), Problem("the second")])


def test_errors_of_ours_keep_their_problems_on_the_way() -> None:
    import pickle

    failed = performed(raised, {})
    assert isinstance(failed, Failed)
    error = pickle.loads(pickle.dumps(failed.error))
    assert isinstance(error, DataError) and [problem.message for problem in error.problems] == [
        "the first",
        "the second",
    ]


@pytest.mark.parametrize(
    ("function", "arguments", "changes", "message"),
    [
        (work.unplain, {}, {}, "the value['a']: a value of type builtins.set cannot be kept"),
        (
            work.constant,
            {"name": "x", "value": (0.5,) * 40},
            {"forbidden_length": 40},
            "for each participant is not kept",
        ),
        (
            work.constant,
            {"name": "x", "value": 1.5},
            {"kept": False, "digest": work.process},
            "takes 0 positional arguments",
        ),
        (
            work.constant,
            {"name": "x", "value": 1.5},
            {"kept": False, "digest": abs},
            "the digest of task 'task' is 1.5 and not a text",
        ),
    ],
)
def test_outputs_that_cannot_be_taken_are_failures(
    function: Any, arguments: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    failed = performed(function, arguments, **changes)
    assert isinstance(failed, Failed) and message in str(failed.error)


def test_what_cannot_be_changed_is_decoded_once_and_what_can_is_not_shared() -> None:
    packages = ("reportgen", "tests")
    shared = performed(work.constant, {"name": "x", "value": (Problem("m"),)})
    changed = performed(work.constant, {"name": "x", "value": [1]})
    assert isinstance(shared, Done) and isinstance(changed, Done)
    assert received(shared.output, packages) is received(shared.output, packages)
    received(changed.output, packages).append(2)
    assert received(changed.output, packages) == [1]
    assert received(Held(changed), packages) is changed
