"""A categorical covariate is checked when it is made."""

from typing import Any

import numpy as np
import pytest

from reportgen.stats import Levels


def test_codes_of_any_whole_type() -> None:
    for codes in ([1, 0, -1], np.array([1.0, 0.0, -1.0]), np.array([1, 0, -1], np.int8)):
        levels = Levels(codes, ("low", "high"), ordered=True)
        assert levels.codes.dtype == np.int64 and levels.codes.tolist() == [1, 0, -1]
        assert levels.present.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("codes", "names", "message"),
    [
        ([0, 2], ("a", "b"), "codes run from 0 to 2, but 2 levels have the codes 0 to 1"),
        ([-2, 0], ("a", "b"), "codes run from -2 to 0"),
        ([0.5, 0.0], ("a", "b"), "must be one row of whole numbers"),
        ([np.nan, 0.0], ("a", "b"), "must be one row of whole numbers"),
        ([[0, 1]], ("a", "b"), "must be one row of whole numbers"),
        (["a", "b"], ("a", "b"), "must be one row of whole numbers"),
        ([0, 1], ("a", "a"), "levels must have different names"),
    ],
)
def test_what_is_refused(codes: Any, names: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Levels(codes, names)
