"""What the methods of several analyses say in the same words: adjusters, inference, and where moderators come from.

In: settings of the records. Out: parts of sentences; an empty one where there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportgen.records.estimate import Guard
from reportgen.records.numbers import Inline, Number
from reportgen.records.partition import SearchSettings
from reportgen.records.peeling import PeelingSettings
from reportgen.tables.phrases import joined

INFERENCE = {
    "kenward-roger": "Standard errors and degrees of freedom are those of Kenward and Roger",
    "satterthwaite": "Degrees of freedom are those of Satterthwaite",
    "normal": "Intervals and p values use the normal distribution",
}
SEARCH_TREATMENT = {
    "random": "a treatment effect that varies at random between trials",
    "common": "a common treatment effect",
}


def adjusted_for(adjusters: Sequence[Number]) -> Inline:
    """Return ", adjusted for the baseline value of the outcome, Age"; `baseline` is the value of the outcome itself.

    Parameters
    ----------
    adjusters : sequence of Number
        As the settings of a record name them.
    """
    if not adjusters:
        return ()
    names = ((one if one.text != "baseline" else "the baseline value of the outcome",) for one in adjusters)
    return (", adjusted for ", *joined(names, ", "))


def screened_first(settings: SearchSettings | PeelingSettings) -> Inline:
    """Return the sentence on moderators that a screening chose."""
    if settings.screened_by is None or settings.p_below is None:
        return ()
    return (
        "Moderators of each search are those whose interaction has p below ",
        settings.p_below,
        " in the analysis “",
        settings.screened_by,
        "”. ",
    )


def kept_back(guard: Guard, what: str) -> Iterator[Inline]:
    """Yield the paragraph on what a search neither draws nor writes beside the report; nothing where that is nothing.

    Parameters
    ----------
    guard : Guard
    what : str
        What is kept back: "cuts that were tried".
    """
    if guard.left_out.value:
        yield (
            f"Of the {what}, ",
            guard.left_out,
            " are neither drawn nor in the data beside this report: fewer than ",
            guard.minimum_cell,
            " people of an arm tell each of them from one that is, and these people could be worked out.",
        )
