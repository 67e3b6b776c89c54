"""The limits of axes that the study file gives, and what is said of intervals that leave an axis.

In: the bands of a forest, each with the axis that suits its rows. Out: the same with the axis that is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reportgen.figures.axis import Limits, fixed_axis
from reportgen.figures.rows import Band
from reportgen.records.numbers import Inline

LEAVES = "Arrowhead: the interval extends beyond the axis. "
BEYOND = "Arrowhead without square or diamond: the estimate itself lies beyond the axis. "


def limited(bands: Sequence[Band], limits: Limits | None) -> tuple[Band, ...]:
    """Return bands with the limits that are asked for; a band in which nothing was estimated has no axis."""
    if limits is None:
        return tuple(bands)
    return tuple(
        band if band.axis is None else replace(band, axis=fixed_axis(limits, band.axis.link)) for band in bands
    )


def leaving(bands: Sequence[Band]) -> Inline:
    """Return what an arrowhead means, where an interval leaves its axis or an estimate lies beyond it."""
    leaves = any(band.axis and band.axis.leaves(*ends) for band in bands for ends in _ends(band))
    return ((LEAVES,) if leaves else ()) + beyond(bands)


def beyond(bands: Sequence[Band]) -> Inline:
    """Return what an arrowhead alone means, where an estimate lies beyond its axis."""
    estimates = ((band.axis, row.estimate[0].value) for band in bands for row in band.rows if row.estimate)
    return (
        (BEYOND,) if any(axis and value is not None and axis.leaves(value, value) for axis, value in estimates) else ()
    )


def leaving_limits(bands: Sequence[Band], limits: Limits | None) -> Inline:
    """Return the same of a figure whose axis suits its rows unless limits are given."""
    return beyond(bands) if limits is None else leaving(bands)


def _ends(band: Band) -> Iterator[tuple[float, float]]:
    for _, low, high in (row.estimate for row in band.rows if row.estimate):
        if low.value is not None and high.value is not None:
            yield low.value, high.value
