"""What is written is read back to the last bit, its bytes depend on the value alone, and participants cannot be written."""

from __future__ import annotations

import json
import math
import os
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from reportgen.encoding import DecodingError, EncodingError, ParticipantsError, decode, encode
from reportgen.errors import Problem
from reportgen.records.numbers import Number
from tests.unit.store.values import Changeable, Derived, Empty, Estimate, Plain, Side

PACKAGES = ("reportgen", "tests")


def again(value: object) -> Any:
    return decode(encode(value, packages=PACKAGES).content, packages=PACKAGES)


def digest(value: object) -> str:
    return encode(value, packages=PACKAGES).digest


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same to the last bit, in types and in the order of keys."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return math.isnan(one) == math.isnan(other) and (
            math.isnan(one) or struct.pack("d", one) == struct.pack("d", other)
        )
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tolist() == other.tolist()
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    if isinstance(one, Estimate):
        return same((one.effect, one.ends, one.side), (other.effect, other.ends, other.side))
    return bool(one == other)


ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(codec=None)),
    st.binary(),
    st.sampled_from(Side),
)
KEYS = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.tuples(st.text(), st.integers()))
VALUES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(KEYS, inner),
        st.builds(Estimate, inner, inner, st.sampled_from(Side)),
    ),
    max_leaves=30,
)


@given(VALUES)
@settings(deadline=None)
def test_every_value_comes_back_as_it_was(value: object) -> None:
    assert same(again(value), value)
    assert digest(again(value)) == digest(value)


KINDS = st.one_of(
    arrays.boolean_dtypes(), arrays.integer_dtypes(), arrays.floating_dtypes(), arrays.complex_number_dtypes(),
    arrays.unicode_string_dtypes(), arrays.byte_string_dtypes(), arrays.datetime64_dtypes(),
)  # fmt: skip


@given(arrays.arrays(KINDS, arrays.array_shapes(min_dims=0, min_side=0)))
@settings(deadline=None)
def test_every_array_comes_back_as_it_was(value: np.ndarray) -> None:
    back = again(value)
    assert back.dtype == value.dtype and back.shape == value.shape and back.tobytes() == value.tobytes()
    assert back.flags.writeable and back.flags.c_contiguous


def test_arrays_keep_their_layout_and_do_not_share_memory() -> None:
    columns = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    back = again((columns, columns))
    assert back[0].flags.f_contiguous and not back[0].flags.c_contiguous
    back[0][0, 0] = 9.0
    assert back[1][0, 0] == 0.0
    assert again(np.arange(10)[::3]).tolist() == [0, 3, 6, 9]


def test_arrays_of_texts_and_scalars_of_numpy() -> None:
    texts = np.array([["é", "b"], ["", "d"]], dtype=object)
    assert again(texts).dtype == object and again(texts).tolist() == texts.tolist()
    assert again(np.asfortranarray(texts)).tolist() == texts.tolist()
    for scalar in (np.float64(0.1), np.int32(-3), np.bool_(True), np.str_("x"), np.float64("nan")):
        assert type(again(scalar)) is type(scalar) and repr(again(scalar)) == repr(scalar)


def test_one_and_true_and_one_point_zero_are_three_values() -> None:
    ones = (1, 1.0, True, np.float64(1), np.int64(1), "1", b"1")
    assert len({digest((item,)) for item in ones}) == len({digest(item) for item in ones}) == len(ones)
    assert [type(item) for item in again((1, 1.0, True, 1.0, True, 1))] == [int, float, bool, float, bool, int]
    mixed = again((0.0, -0.0, 0, False, math.nan, -0.0, 0.0))
    assert list(map(repr, mixed)) == ["0.0", "-0.0", "0", "False", "nan", "-0.0", "0.0"]


def test_keys_that_are_equal_in_python_and_whole_numbers_of_any_length() -> None:
    assert again({True: "truth", 2: "number"}) == {True: "truth", 2: "number"}
    huge = (10**5000, -(2**63), 2**63 - 1, -(16**90))
    assert again(huge) == huge


def test_objects_keep_all_of_their_fields() -> None:
    assert again(Plain(3)).twice == (3, 3)
    assert again((Empty(), Side.INTERVENTION)) == (Empty(), Side.INTERVENTION)
    nested = Estimate(Estimate(1.5, (Side.CONTROL,)), {"a": [Plain("x")]})
    assert again(nested) == nested


def test_bytes_depend_on_the_value_and_not_on_what_it_shares() -> None:
    shared, text = Estimate(1.0, (2.0, 3.0)), "".join(["te", "xt"])
    apart = [Estimate(1.0, (2.0, float("3"))), Estimate(float("1"), (2.0, 3.0))]
    assert digest((shared, shared, text)) == digest((*apart, "text"))
    listed, holder = [1], Plain([1])
    assert digest((listed, listed)) == digest(([1], [1]))
    assert digest((holder, holder)) == digest((Plain([1]), Plain([1])))
    nan = float("nan")
    assert digest((nan, nan)) == digest((float("nan"), -float("nan")))


def test_lists_that_are_read_are_not_shared() -> None:
    one = [1]
    back = again((one, one))
    back[0].append(2)
    assert back[1] == [1]


def test_what_is_shared_a_thousand_times_is_written_once() -> None:
    value: Any = ("the same text", 0.5)
    for _ in range(50):
        value = (value, value)
    assert len(encode(value).content) < 2_000
    assert encode(again(value)).digest == encode(value).digest


def test_constant_values_are_told_from_those_that_can_be_changed() -> None:
    assert encode((1, "a", Problem("m"))).constant and encode(b"x").constant
    assert not any(encode((item,)).constant for item in ([], {}, np.zeros(1)))


class Pair(NamedTuple):
    one: int


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"fit": (1, {2})}, r"the value\['fit'\]\[1\]: a value of type builtins.set"),
        (Estimate([print]), r"the value.effect\[0\]: a value of type builtins.builtin"),
        ((Path(),), r"the value\[0\]: a value of type pathlib"),
        ([Changeable(1)], r"the value\[0\]: a value of type tests.unit.store.values.Changeable"),
        ([Derived(1)], r"the value\[0\]: a value of type tests.unit.store.values.Derived"),
        (Pair(1), r"the value: a value of type .*Pair"),
        ({Pair(1): 1}, r"the value \(a key, Pair\(one=1\)\): a value of type .*Pair"),
        (np.array([1, "a"], dtype=object), "an array of objects that are not texts"),
        (np.zeros(2, dtype=[("a", "f8")]), "an array of records"),
        (np.ma.masked_array([1.0], [True]), "MaskedArray"),
    ],
)
def test_what_cannot_be_written_is_named_with_its_place(value: object, place: str) -> None:
    with pytest.raises(EncodingError, match=place):
        encode(value, packages=PACKAGES)


def test_a_value_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(EncodingError, match="holds itself"):
        encode(value)


def test_classes_of_other_packages_are_neither_written_nor_read() -> None:
    with pytest.raises(EncodingError, match=r"tests.unit.store.values:Estimate cannot be found again"):
        encode(Estimate(1))
    content = encode(Estimate(1), packages=PACKAGES).content
    with pytest.raises(DecodingError, match="of none of the packages reportgen"):
        decode(content)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("reportgen.errors:ReportgenError", "no class of values"),
        ("reportgen.errors:did_you_mean", "no class of values"),
        ("reportgen.errors:os.system", "no class of values|AttributeError"),
        ("reportgen.errors:Gone", "AttributeError"),
        ("reportgen.gone:Problem", "ModuleNotFoundError"),
        ("reportgen.origin:Origin", "has other fields"),
        ("subprocess:Popen", "of none of the packages"),
        ("reportgenx.evil:Problem", "of none of the packages"),
    ],
)
def test_only_classes_of_values_with_the_same_fields_are_made(name: str, reason: str) -> None:
    content = encode(Problem("m")).content
    (length,) = struct.unpack_from("<Q", content, 1)
    structure = json.loads(content[9 : 9 + length])
    structure["classes"][0][0] = name
    head = json.dumps(structure).encode()
    with pytest.raises(DecodingError, match=reason):
        decode(content[:1] + struct.pack("<Q", len(head)) + head + content[9 + length :])


@given(st.binary(max_size=200), st.data())
@settings(deadline=None)
def test_bytes_that_are_not_ours_are_an_error_of_ours(content: bytes, data: st.DataObject) -> None:
    good = bytearray(encode((1, "a", Problem("m"), [0.5])).content)
    good[data.draw(st.integers(0, len(good) - 1))] ^= data.draw(st.integers(1, 255))
    for some in (b"T" + content, content, bytes(good)):
        try:
            decode(some)
        except DecodingError:
            continue


@pytest.mark.parametrize(
    "value",
    [
        np.zeros(40), np.zeros((2, 40)), np.zeros((40, 2), dtype=bool), np.array(["id"] * 40), (0.5,) * 40, [1] * 41,
        ((1.0, None) * 20,), Estimate([True] * 40), dict.fromkeys(map(str, range(40)), 1.5), (np.float64(1),) * 40,
    ],
)  # fmt: skip
def test_vectors_as_long_as_the_participants_are_refused(value: object) -> None:
    with pytest.raises(ParticipantsError, match="for each participant is not kept"):
        encode(value, forbidden_length=40, packages=PACKAGES)


@pytest.mark.parametrize(
    "value",
    [
        np.zeros(39),
        np.zeros((39, 39)),
        (0.5,) * 39,
        ("text",) * 99,
        ((0.5, 1.5),) * 99,
        (Problem("m"),) * 99,
        (1, "a") * 99,
    ],
)
def test_shorter_vectors_and_rows_of_records_are_not(value: object) -> None:
    assert encode(value, forbidden_length=40)


PROGRAM = """
from tests.unit.store.test_encoding import digest
from tests.unit.store.values import Estimate, Side
print(digest({"b": Estimate("x", (1.5, Side.CONTROL)), "a": ["x", b"y", 10**30]}))
"""


@pytest.mark.slow
def test_digests_are_the_same_in_every_process() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("0", "1")
    }
    assert len(found) == 1


def numbers(count: int) -> tuple[Number, ...]:
    return tuple(
        Number(f"pooled.overall.rmdq.short.{i}", i / 7, f"{i / 7:.2f}", "points", i % 500, 5, source="analyses.pooled")
        for i in range(count)
    )


def test_fifty_thousand_numbers_take_less_than_a_second() -> None:
    value = numbers(50_000)
    began = time.process_time()
    content = encode(value).content
    back = decode(content)
    assert time.process_time() - began < 2.0  # a fifth of it where nothing else runs
    assert back == value
