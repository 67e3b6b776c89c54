"""Random streams by name.

Every draw of a simulation comes from a stream that is named after what it is for ("Witt, age"), spawned from the one
seed of the file. So a trial or variable that is added, dropped or moved leaves the draws of all others as they were.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Draws:
    """The streams of one seed.

    Examples
    --------
    >>> draws = Draws(1)
    >>> bool(draws.of("Witt", "age").random() == draws.of("Witt", "age").random())
    True
    """

    seed: int

    def of(self, *names: str) -> np.random.Generator:
        """Return the stream of that name, from its start."""
        digest = hashlib.sha256("\x1f".join(names).encode()).digest()
        key = tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))

    def normal(self, size: int, *names: str) -> FloatArray:
        """Return standard normal numbers of that name."""
        return self.of(*names).standard_normal(size)

    def uniform(self, size: int, *names: str) -> FloatArray:
        """Return uniform numbers of that name, each in [0, 1)."""
        return self.of(*names).random(size)
