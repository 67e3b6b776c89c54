"""The participants of one cell as arrays: what draws and resampling start from.

In: outcome, treatment, trial, adjusters and moderators, and who each participant is. Out: a `Sample`, in an order that
depends on who the participants are and not on how their rows stood.
Method: a participant is known by a hash of trial and name, so that the same person has the same random numbers in every
outcome and comparison, and so that no name is needed further on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .choices import Link
from .crossproducts import FloatArray, IntArray
from .levels import Levels
from .ranks import wrong_moderator
from .subgroups import Moderator

Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Participants with an outcome, all adjusters and both arms in their trials.

    Attributes
    ----------
    outcome, treatment : ndarray (n,)
    trial : ndarray (n,) of int
        Place in `labels`.
    labels : ndarray (K,)
        Of the trials, sorted.
    adjusters : ndarray (n, a)
    moderators : mapping of str to ndarray (n,) or Levels
    unit : ndarray (n,) of uint64
        Who shares a sign and is resampled together: the participant, or the cluster.
    link : {"logit", "log"} or None
        None where the outcome is continuous, else that of its models: it is an event, 0 or 1, or a number of events.
    exposure : ndarray (n,) or None
        Of numbers of events.
    """

    outcome: FloatArray
    treatment: FloatArray
    trial: IntArray
    labels: NDArray[Any]
    adjusters: FloatArray
    moderators: Mapping[str, Moderator]
    unit: Keys
    link: Link | None = None
    exposure: FloatArray | None = None

    def take(self, rows: IntArray) -> Sample:
        """Return the participants of some rows, who may be there several times."""
        return Sample(
            self.outcome[rows],
            self.treatment[rows],
            self.trial[rows],
            self.labels,
            self.adjusters[rows],
            {name: _taken(values, rows) for name, values in self.moderators.items()},
            self.unit[rows],
            self.link,
            None if self.exposure is None else self.exposure[rows],
        )


def make_sample(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderators: Mapping[str, Moderator],
    participant: ArrayLike,
    *,
    adjusters: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    link: Link | None = None,
    exposure: ArrayLike | None = None,
) -> Sample:
    """Put the participants of a cell in order.

    Parameters
    ----------
    outcome, treatment, trial : array_like (n,)
        As for `fit_one_step`, nothing missing.
    moderators : mapping of str to array_like (n,) or Levels
        All candidates, those included that a screening may leave out; missing values are allowed.
    participant : array_like (n,)
        Their names, unique within a trial.
    adjusters : array_like (n, a) or (n,), optional
        Nothing missing.
    cluster : array_like (n,), optional
        Names of the clusters (practice, therapist) within trials, whose people are flipped and resampled together.
    link : {"logit", "log"}, optional
        Of an outcome that is an event, or a number of events.
    exposure : array_like (n,), optional
        Of numbers of events, nothing missing.

    Returns
    -------
    Sample
        Sorted by trial and participant.

    Raises
    ------
    ValueError
        For arrays that do not match, missing values, or a participant who occurs twice; all that is wrong.

    Examples
    --------
    >>> sample = make_sample([1.0, 2.0, 0.0, 4.0], [0, 1, 0, 1], ["b", "b", "a", "a"], {"age": [50, 60, 40, 70]}, [1, 2, 1, 2])
    >>> sample.labels.tolist(), sample.trial.tolist()
    (['a', 'b'], [0, 0, 1, 1])
    """
    y, t, names = np.asarray(outcome, float), np.asarray(treatment, float), np.asarray(trial)
    x = np.empty((len(y), 0)) if adjusters is None else np.asarray(adjusters, float)
    x = x[:, None] if x.ndim == 1 else x
    person = np.asarray(participant)
    group = person if cluster is None else np.asarray(cluster)
    _check(y, t, names, x, person, group, moderators)
    labels, codes = np.unique(names, return_inverse=True)
    keys = unit_keys(names, person)
    if len(np.unique(keys)) < len(keys):
        raise ValueError("a participant occurs twice in a trial; give each a name of their own")
    units = keys if cluster is None else unit_keys(names, group)
    values = {
        name: moderator if isinstance(moderator, Levels) else np.asarray(moderator, float)
        for name, moderator in moderators.items()
    }
    time = None if exposure is None else np.asarray(exposure, float)
    whole = Sample(y, t, codes.astype(np.int64), labels, x, values, units, link, time)
    return whole.take(np.lexsort((keys, codes)))


def unit_keys(trial: ArrayLike, name: ArrayLike) -> Keys:
    """Return a number for each participant or cluster that depends on trial and name alone.

    Examples
    --------
    >>> one, other, again = unit_keys(["a", "b", "a"], ["17", "17", "17"]).tolist()
    >>> one == again, one == other
    (True, False)
    """
    pairs = zip(np.asarray(trial).tolist(), np.asarray(name).tolist(), strict=True)
    digests = (blake2b(repr((str(i), str(j))).encode(), digest_size=8).digest() for i, j in pairs)
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)


def _taken(values: Moderator, rows: IntArray) -> Moderator:
    if isinstance(values, Levels):
        return Levels(values.codes[rows], values.levels, values.ordered)
    return np.asarray(values, float)[rows]


def _check(
    y: FloatArray,
    t: FloatArray,
    trial: NDArray[Any],
    x: FloatArray,
    person: NDArray[Any],
    cluster: NDArray[Any],
    moderators: Mapping[str, Moderator],
) -> None:
    n = len(y)
    wrong = [] if n else ["nobody is there; leave out cells without participants"]
    lengths = {"treatment": t, "trial": trial, "adjusters": x, "participant": person, "cluster": cluster}
    wrong += [
        f"{name} has {len(length)} rows, the outcome has {n}" for name, length in lengths.items() if len(length) != n
    ]
    wrong += [line for name, values in moderators.items() for line in wrong_moderator(name, values, n)]
    numbers = {"outcome": y, "treatment": t, "adjusters": x}
    for name, values in numbers.items():
        if not np.isfinite(values).all():
            wrong.append(f"{name} has missing or infinite values; leave these participants out")
    if not np.isin(t, (0.0, 1.0)).all():
        wrong.append("treatment must be 0 or 1")
    if wrong:
        raise ValueError("; ".join(wrong))
