"""Two arguments have the same bytes exactly if a task cannot tell them apart."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from reportgen.canonical import NotPlainError, arranged, canonical
from tests.unit.graph.work import Settings


class Estimator(Enum):
    REML = 1
    ML = 2


class Node(BaseModel):
    model_config = ConfigDict(frozen=True)
    outcomes: dict[str, int]
    level: float = 0.95


class OtherNode(BaseModel):
    outcomes: dict[str, int]
    level: float = 0.95


DIFFERENT: list[Any] = [
    None, False, True, 0, 1, -1, 0.0, -0.0, 1.0, math.nan, math.inf, -math.inf, 2**70, "", "1", "None", b"", b"1", "é", "e\u0301",
    (), (1,), (1, 2), (2, 1), ((1,), 2), (1, (2,)), [], [1, 2], {}, {1: 2}, {"1": 2}, {"1": "2"}, {"a": 1, "b": 2}, {"a": 2, "b": 1},
    ({"a": 1}, {"b": 2}), Estimator.REML, Estimator.ML, Settings({"a": 1}), Settings({"a": 1.0}), Settings({}, ("a",)),
    Node(outcomes={"a": 1}), Node(outcomes={"a": 1}, level=0.9), Node(outcomes={"a": 1}, level=0.95), OtherNode(outcomes={"a": 1}),
    np.float64(1), np.float32(1), np.int64(1), np.array(1.0), np.array([1.0]), np.array([[1.0]]), np.array([1]), np.array([True]),
    np.array(["1"]), np.array(["1"], dtype=object), np.array([1.0], dtype=">f8"), np.array([0.0]), np.array([-0.0]), np.zeros((2, 3)), np.zeros((3, 2)),
]  # fmt: skip


def test_values_that_differ_have_other_bytes() -> None:
    written = [canonical(value) for value in DIFFERENT]
    alike = [(DIFFERENT[i], DIFFERENT[j]) for i in range(len(written)) for j in range(i) if written[i] == written[j]]
    assert not alike


def test_the_order_of_keys_is_dropped_and_that_of_lists_kept() -> None:
    assert canonical({"a": 1, "b": {"x": 1, "y": 2}}) == canonical({"b": {"y": 2, "x": 1}, "a": 1})
    assert canonical(Node(outcomes={"a": 1, "b": 2})) == canonical(Node(outcomes={"b": 2, "a": 1}))
    assert canonical(["a", "b"]) != canonical(["b", "a"])
    assert canonical({1: "a", "1": "b", None: "c"}) == canonical({None: "c", "1": "b", 1: "a"})


def test_arrays_count_by_their_content_and_not_by_their_place_in_memory() -> None:
    whole = np.arange(12.0).reshape(3, 4)
    assert canonical(whole) == canonical(np.asfortranarray(whole)) == canonical(whole[:, :])
    assert canonical(whole[::2]) == canonical(whole[::2].copy())


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (Path("x"), "the value is of type pathlib"),
        ({"file": [1, sys.stdout]}, r"the value\['file'\]\[1\] is of type"),
        ({("a", print): 1}, r"a key of the value\[1\] is of type builtins.builtin_function_or_method"),
        (Settings({"a": lambda: 1}), r"the value.levels\['a'\] is of type builtins.function"),  # type: ignore[dict-item]
        ({1, 2}, "is of type builtins.set"),
        (Settings, "is of type builtins.type"),
        (np.zeros(1, dtype=[("a", "f8")]), "is of type numpy.ndarray"),
        (np.array([Path("x")], dtype=object), r"the value\[0\] is of type pathlib"),
        (np.ma.masked_array([1.0]), "is of type numpy.ma"),
    ],
)
def test_what_is_not_plain_is_named_with_its_place(value: object, place: str) -> None:
    with pytest.raises(NotPlainError, match=place):
        canonical(value)
    assert issubclass(NotPlainError, TypeError)


PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary()),
    lambda inner: st.one_of(
        st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(st.one_of(st.text(), st.integers()), inner),
        st.builds(Settings, st.dictionaries(st.text(), inner)), st.builds(lambda node: (node,), inner),
    ),
)  # fmt: skip


def turned(value: Any) -> Any:
    """Return the value with the keys of all of its dictionaries in the other direction."""
    if isinstance(value, dict):
        return {key: turned(item) for key, item in reversed(value.items())}
    if isinstance(value, tuple | list):
        return type(value)(map(turned, value))
    if isinstance(value, Settings):
        return Settings(turned(value.levels))
    return value


def keys_in_order(value: Any) -> list[Any]:
    """Return every key of a value, in the order in which a task meets them."""
    if isinstance(value, Settings):
        return keys_in_order(value.levels)
    if isinstance(value, dict):
        return [part for key, item in value.items() for part in (key, *keys_in_order(item))]
    return [key for item in value for key in keys_in_order(item)] if isinstance(value, tuple | list) else []


@given(PLAIN)
def test_a_task_never_sees_an_order_that_its_key_does_not_know(value: Any) -> None:
    assert canonical(turned(value)) == canonical(value) == canonical(arranged(value))
    assert arranged(value) == value
    assert keys_in_order(arranged(turned(value))) == keys_in_order(arranged(value))


def test_models_are_arranged_too() -> None:
    node = arranged((Node(outcomes={"b": 1, "a": 2}),))[0]
    assert list(node.outcomes) == ["a", "b"] and node == Node(outcomes={"a": 2, "b": 1})


@pytest.mark.parametrize("change", [lambda study: study, lambda study: study.model_copy(deep=True)])
def test_every_part_of_a_real_study_is_plain(change: Callable[[Any], Any]) -> None:
    from reportgen.resources import specs_folder
    from reportgen.spec.load import examine_study

    spec = examine_study(specs_folder() / "periodontal-therapy").spec
    assert spec is not None
    assert canonical(change(spec.study)) == canonical(spec.study)
    assert arranged(spec.study) == spec.study
