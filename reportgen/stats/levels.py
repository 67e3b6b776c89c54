"""A categorical covariate: a code a participant, and the names of the levels.

In: codes 0..k-1 with -1 for missing, the k names in their order, and whether that order has a meaning.
Out: the same, checked. Used by the subgroup searches (partition.py, peel.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .crossproducts import IntArray


@dataclass(frozen=True, slots=True, init=False, eq=False)
class Levels:
    """Values of a categorical covariate.

    Attributes
    ----------
    codes : ndarray (n,) of int
        Place of each participant's level in `levels`; -1 where it is missing.
    levels : tuple of str
        Names of the levels; where `ordered`, from lowest to highest.
    ordered : bool
        Whether the order of the levels has a meaning.

    Raises
    ------
    ValueError
        Where codes are not whole numbers between -1 and k - 1, or a name occurs twice.

    Examples
    --------
    >>> education = Levels([2, 0, -1, 1], ("school", "college", "university"), ordered=True)
    >>> education.codes
    array([ 2,  0, -1,  1])
    >>> education.present
    array([0, 1, 2])
    """

    codes: IntArray
    levels: tuple[str, ...]
    ordered: bool

    def __init__(self, codes: ArrayLike, levels: tuple[str, ...], ordered: bool = False) -> None:
        given = np.asarray(codes)
        whole = given.astype(np.int64) if given.dtype.kind in "iufb" and np.isfinite(given).all() else None
        names = tuple(levels)
        if given.ndim != 1 or whole is None or not np.array_equal(whole, given):
            raise ValueError(
                "codes must be one row of whole numbers: the place of each level in `levels`, -1 = missing"
            )
        if whole.size and not (whole.min() >= -1 and whole.max() < len(names)):
            raise ValueError(
                f"codes run from {whole.min()} to {whole.max()}, but {len(names)} levels have the codes 0 to"
                f" {len(names) - 1}, and -1 = missing; name every level"
            )
        if len(set(names)) < len(names):
            raise ValueError(f"levels must have different names, not {names}")
        object.__setattr__(self, "codes", whole)
        object.__setattr__(self, "levels", names)
        object.__setattr__(self, "ordered", bool(ordered))

    @property
    def present(self) -> IntArray:
        """Codes of the levels that occur."""
        return np.unique(self.codes[self.codes >= 0])
