"""The random draws behind searches, in prose: how many each analysis takes, and once for all of them what they are.

In: what draws say of searches, of any method. Out: a sentence for the section of an analysis, and a section of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from reportgen.records.honesty import SearchHonesty
from reportgen.records.numbers import Inline, Number
from reportgen.tables.phrases import counted, enumerated
from reportgen.views.prose.section import Section

NOT_CORRECTED = "; its effect is not corrected for the search."
HEADING = "Random draws"


class Drawn(Protocol):
    """A search of which something may have been drawn."""

    @property
    def honesty(self) -> SearchHonesty[Number] | None:
        """What draws say."""


def drawn_in(results: Sequence[Drawn]) -> bool:
    """Whether something was drawn of any search."""
    return any(result.honesty is not None for result in results)


def draws_in_words(results: Sequence[Drawn]) -> Iterator[Inline]:
    """Yield how many draws the searches of an analysis take; nothing without draws."""
    searches = [result.honesty for result in results if result.honesty is not None]
    if not searches:
        return
    null = max((item.null_draws for item in searches), key=_count)
    bootstrap = max((item.bootstrap_draws for item in searches), key=_count)
    parts: list[Inline] = [(*counted(null, "draw"), " without effect modification")] if null.value else []
    parts += [counted(bootstrap, "bootstrap sample")] if bootstrap.value else []
    yield ("Each search was repeated in ", *enumerated(parts), f": see {HEADING}.")


def _count(number: Number) -> float:
    return number.value or 0.0


def draws_section(searches: Sequence[SearchHonesty[Number]]) -> Section:
    """Return the section on what draws are; without paragraphs where nothing was drawn."""
    return Section((HEADING,), tuple(_paragraphs(searches)))


def _paragraphs(searches: Sequence[SearchHonesty[Number]]) -> Iterator[Inline]:
    if any(item.null_draws.value for item in searches):
        yield (
            "To assess how readily a search finds a subgroup where there is none, it was repeated, including any screening, on outcomes without effect modification: the fitted values of a model with all moderators and one treatment effect per trial, plus its "
            "residuals with random signs (a wild bootstrap). p of the search is the proportion of these searches whose strongest subgroup is at least as strong as the one found, counting the observed data among them. It refers to these trials: where interactions vary "
            "between trials by chance it may still be small. A subgroup is called supported only if its p of the search is at most ",
            searches[0].alpha,
            "; otherwise it is a candidate.",
        )
    if any(item.bootstrap_draws.value for item in searches):
        yield (
            "To correct effects for the search, bootstrap samples drawn within trial and arm were searched in the same way. The optimism of a sample is the effect, in that sample, of the subgroup found in it minus the effect of the same subgroup in the observed data; the mean optimism is subtracted, and the interval is widened by its variation. The correction is partial for weak effects and slightly too strong for "
            "clear ones.",
        )
    if searches:
        yield (
            "Where three or more trials were analysed, each trial was also left out in turn: the first subgroup found in the other trials was evaluated in the trial left out, and these effects were pooled in two stages (REML, guarded "
            "Hartung–Knapp–Sidik–Jonkman intervals).",
        )
