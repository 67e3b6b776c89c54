"""The methods of the agreement of two searches in prose."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.records.agreement import Agreement
from reportgen.records.numbers import Inline
from reportgen.views.prose.draws import HEADING
from reportgen.views.prose.models import planned_only


def agreement_methods(record: Agreement) -> Iterator[Inline]:
    """Yield the paragraph on the agreement of two searches.

    Parameters
    ----------
    record : Agreement
    """
    if not any(result.subgroups for result in record.results):
        yield planned_only("There was nothing to compare")
    yield (
        "Each subgroup of the recursive partitioning “",
        record.settings.partition,
        "” was compared with the subgroups of selected sizes of the directed peeling “",
        record.settings.peeling,
        "”, among the participants whom both searches analysed: how many are in both, as a share of those in either (Jaccard "
        "index), what they are like, and the treatment effect among them, in a model of its own with the settings of the "
        f"directed peeling.{'' if any(result.drawn for result in record.results) else ' No hypothesis was tested.'}",
    )
    if any(result.drawn for result in record.results):
        yield (
            "Two searches of the same data share its chance variation, and so overlap even where there is nothing to find. By how much was "
            f"assessed by running both on the same outcomes without effect modification (see {HEADING}): the Jaccard index of the strongest candidate of "
            "the partitioning and the peeled subgroup of each size. p of an overlap is the proportion of these draws, counting the observed data "
            "among them, in which it is at least as large.",
        )
