"""Who gains more, in a sentence a screening: the interactions whose p value stays below the limit after adjustment.

In: the record of a screening. Out: its finding. The adjusted p value is that by random draws, for all moderators and outcomes
of a comparison, where any were made; else that by Holm, for the moderators of one outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from reportgen.records.moderation import Interaction, Moderation, Screen, label_of
from reportgen.records.numbers import Inline, Number, p_words
from reportgen.tables.phrases import counted, estimate_cell, joined
from reportgen.views.findings.finding import Finding, Findings, derived, findings_of_each, title_of

MOST = 2
"""Interactions in numbers of one screening, those with the smallest p value."""
Found = tuple[Screen, Interaction, Number]


def moderator_findings(records: Sequence[Moderation]) -> Findings:
    """Return who gains more by all screenings."""
    return findings_of_each("Effect modification", _of_one, records)


def _of_one(record: Moderation) -> Iterator[Finding]:
    if not record.tested.value:
        yield Finding(("No interaction could be tested.",), record.name)
        return
    found = sorted(_surviving(record), key=lambda item: (item[2].value or 0.0, item[1].reading.p.value or 0.0))
    comparisons = {screen.comparison for screen, _, _ in found[:MOST]}
    only = comparisons.pop() if len(comparisons) == 1 else ""
    yield Finding((*_how_many(record, len(found)), *_listed(record, found)), record.name, only)


def _surviving(record: Moderation) -> Iterator[Found]:
    limit = record.settings.significant.value or 0.0
    for screen in record.results:
        for interaction in screen.interactions:
            p = adjusted(interaction)
            if p.value is not None and p.value < limit:
                yield screen, interaction, p


def adjusted(interaction: Interaction) -> Number:
    """Return the p value of an interaction after adjustment for what else was tested."""
    return interaction.holm if interaction.min_p_all is None else interaction.min_p_all


def _how_many(record: Moderation, surviving: int) -> Inline:
    counts = derived(record.name)
    total: Inline = counted(record.tested, "interaction")
    how = "moderators (Holm)"
    if _drawn(record):
        across = any(item.of_trials for screen in record.results for item in screen.interactions)
        how = f"moderators and outcomes (random draws{'; across trials, Holm' if across else ''})"
    below: Inline = ("a p value below ", record.settings.significant, f" after adjustment for the number of {how}")
    if surviving:
        kept = counts.count("surviving", surviving, "interactions")
        return ("Of ", *total, " tested, ", kept, f" {'has' if surviving == 1 else 'have'} ", *below, ":")
    return (
        *("Of ", *total, " tested, none has ", *below, ": no moderator is established. Without adjustment "),
        *((record.significant,) if record.significant.value else ("none",)),
        f" {'are' if (record.significant.value or 0) > 1 else 'is'} below it; ",
        *(record.by_chance, " would be expected if nothing modified the effect."),
    )


def _drawn(record: Moderation) -> bool:
    return any(item.min_p_all is not None for screen in record.results for item in screen.interactions)


def _listed(record: Moderation, found: Sequence[Found]) -> Inline:
    """Return the interactions with the smallest p values by comparison, and how many there are beside these."""
    if not found:
        return ()
    first = sorted(found[:MOST], key=lambda item: [c.name for c in record.comparisons].index(item[0].comparison))
    lines: list[Inline] = []
    for comparison, members in groupby(first, key=lambda item: item[0].comparison):
        lines.append((*title_of(comparison, record.comparisons), *joined([_one(record, item) for item in members])))
    more = len(found) - len(first)
    rest: Inline = ("; and ", derived(record.name).count("further", more, "interactions"), " more") if more else ()
    return (" ", *joined(lines), *rest, ".")


def _one(record: Moderation, found: Found) -> Inline:
    """Return "Pain by Age, larger effect at higher values: 0.56 (0.32 to 0.80) per 10 years, adjusted p <0.001"."""
    screen, interaction, p = found
    visits = len({item.follow_up for item in record.results}) > 1
    when: Inline = (", ", screen.follow_up_label) if visits else ()
    said: Inline = (", ", *interaction.found) if interaction.found else ()
    return (
        *(screen.outcome_label, *when, " by ", *label_of(interaction), *said, *_size(screen, interaction)),
        *(", adjusted ", *p_words(p)),
    )


def _size(screen: Screen, interaction: Interaction) -> Inline:
    """Return the interaction of a quantity, or of two levels; several levels have a joint test alone."""
    if len(interaction.reading.each) != 1:
        return ()
    step: Inline = (" per ", interaction.step) if interaction.step is not None else ()
    return (f": {screen.scale.contrast} ", *estimate_cell(interaction.reading.each[0]), *step)
