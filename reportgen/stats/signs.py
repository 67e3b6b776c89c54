"""The signs of a wild bootstrap, and who is drawn in an ordinary one.

In: a seed, who the participants are, and the number of a draw. Out: a sign for each of them, or rows drawn with
replacement. Both depend on these alone: not on the order of rows, on which draws were made before, or on who else there is.
Method: signs are the bits of a hash (BLAKE2) of seed, participant and block of 512 draws; Wu 1986 (Ann Statist 14:1261) and
Liu 1988 (Ann Statist 16:1696) for the wild bootstrap, with the two-point weights of Davidson & Flachaire 2008
(J Econometrics 146:162).
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from .crossproducts import IntArray
from .sample import Keys, Sample

BLOCK = 512  # bits of a hash, one a draw
RESAMPLING = 1  # sets the stream of resampling apart from any other with the same seed
Signs = NDArray[np.int8]


def signs(seed: int, unit: Keys, first: int, count: int) -> Signs:
    """Return the signs of some draws.

    Parameters
    ----------
    seed : int
    unit : ndarray (n,) of uint64
        Who shares a sign; see `unit_keys`.
    first, count : int
        Number of the first draw, from 0, and how many.

    Returns
    -------
    ndarray (count, n) of int8
        -1 or 1, independently for each unit and draw.

    Examples
    --------
    >>> unit = np.arange(5, dtype=np.uint64)
    >>> all_at_once = signs(1, unit, 0, 600)
    >>> bool((all_at_once[500:520][:, ::-1] == signs(1, unit[::-1], 500, 20)).all())
    True
    """
    own, place = np.unique(unit, return_inverse=True)
    start, stop = first // BLOCK, -(-(first + count) // BLOCK)
    bits = np.concatenate([_block(seed, own, block) for block in range(start, stop)] or [_none(own)], axis=1)
    wanted = bits[:, first - start * BLOCK : first - start * BLOCK + count]
    return np.ascontiguousarray((2 * wanted.astype(np.int8) - 1)[place].T)


def _none(unit: Keys) -> NDArray[np.uint8]:
    return np.empty((len(unit), 0), np.uint8)


def _block(seed: int, unit: Keys, block: int) -> NDArray[np.uint8]:
    """Bits of the draws of one block, (n, 512)."""
    start = blake2b(f"sign {seed} {block} ".encode(), digest_size=BLOCK // 8)

    def digest(key: bytes) -> bytes:
        own = start.copy()
        own.update(key)
        return own.digest()

    every = unit.astype("<u8").tobytes()
    digests = b"".join(digest(every[at : at + 8]) for at in range(0, len(every), 8))
    return np.unpackbits(np.frombuffer(digests, np.uint8).reshape(len(unit), BLOCK // 8), axis=1)


def resampled_rows(seed: int, sample: Sample, draw: int) -> IntArray:
    """Return who is in a bootstrap sample: units drawn with replacement within trial and arm.

    Parameters
    ----------
    seed : int
    sample : Sample
        Where its units are clusters these are drawn whole; clusters with people of both arms are drawn from the clusters
        of the trial that have both.
    draw : int
        Number of the draw, from 0.

    Returns
    -------
    ndarray of int
        Rows of the sample, sorted; as many as there are, if units are participants.

    Examples
    --------
    >>> from reportgen.stats.sample import make_sample
    >>> sample = make_sample(np.zeros(6), [0, 0, 1, 1, 0, 1], ["a"] * 4 + ["b"] * 2, {}, range(6))
    >>> rows = resampled_rows(1, sample, 0)
    >>> [len(rows), int(sample.treatment[rows].sum())]
    [6, 3]
    """
    random = np.random.default_rng(np.random.SeedSequence([RESAMPLING, seed, draw]))
    units, place = np.unique(sample.unit, return_inverse=True)
    stratum = _strata(sample, place, len(units))
    order = np.argsort(stratum, kind="stable")
    size = np.bincount(stratum)
    first = np.cumsum(size) - size
    drawn = order[first[stratum[order]] + np.floor(random.random(len(units)) * size[stratum[order]]).astype(np.int64)]
    return _rows_of(drawn, place, len(units))


def _strata(sample: Sample, place: IntArray, units: int) -> IntArray:
    """Trial and arms of each unit as a number."""
    arms = np.zeros((units, 2), np.int64)
    arms[place, sample.treatment.astype(np.int64)] = 1
    trial = np.zeros(units, np.int64)
    trial[place] = sample.trial
    return np.asarray(4 * trial + 2 * arms[:, 1] + arms[:, 0])


def _rows_of(drawn: IntArray, place: IntArray, units: int) -> IntArray:
    """Rows of units that were drawn, as often as they were."""
    times = np.bincount(drawn, minlength=units)
    return np.repeat(np.arange(len(place)), times[place])
