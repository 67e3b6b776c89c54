"""The methods of a table of baseline characteristics in prose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reportgen.records.model import Descriptive
from reportgen.records.numbers import Inline
from reportgen.spec.study import Study
from reportgen.views.prose.section import Section


def prose(records: Sequence[Descriptive], study: Study) -> Iterable[Section]:
    """Return one section for all tables: they are made alike.

    Parameters
    ----------
    records : sequence of Descriptive
        One at least.
    study : Study
    """
    return (Section(("Baseline characteristics",), tuple(_described(records[0]))),)


def _described(record: Descriptive) -> Iterator[Inline]:
    least = record.minimum_cell
    suppressed: Inline = ()
    if (least.value or 0) > 1:
        suppressed = (
            " Non-zero counts of participants with a characteristic below ",
            least,
            " are suppressed, as are neighbouring cells from which they could be derived and effects based on so few participants of an arm.",
        )
    yield (
        "Characteristics are described by mean and standard deviation, or by counts, among participants with a value in the trials that collected them; a characteristic that a trial did not collect is not counted as missing.",
        *suppressed,
    )
