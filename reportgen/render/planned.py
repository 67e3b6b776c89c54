"""What every analysis can do, as lines of text: a table for each analysis, and below a row what is to be said of it.

In: `PlannedAnalysis` records. Out: lines for a terminal, wrapped at 100 columns where the names of a study allow it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from reportgen.records.planned import ExcludedTrials, PlannedAnalysis, PlannedCost, PlannedEffect, Rebuilding

WIDTH = 100
WORDS = ("comparison", "outcome", "analysed", "follow-up")
NUMBERS = ("m", "n", "control", "intervention", "moderators")
EXPECTED = ("not measured", "no control arm", "no intervention arm")  # what a mapping says is no news where all is well
MOST_NAMED = 3
AT_MOST = "≤: at most. The screening decides which moderators are searched, and so who has them all."
AT_MOST_MODERATORS = "≤: at most. The screening decides which moderators are searched."


def planned_lines(planned: Iterable[PlannedAnalysis]) -> list[str]:
    """Return what every analysis can do, line by line.

    What is analysed of each outcome stands in a column, unless it is the change of all of them. Trials that do not enter are named once, below the first row that they are missing from in the same way.

    Examples
    --------
    >>> effect = PlannedEffect("overall", "RMDQ", "short", 152, 2, 72, 80, moderators=3, moderators_at_most=True)
    >>> for line in planned_lines([PlannedAnalysis("rp", "recursive-partitioning", "along age", (effect,))]):
    ...     print(line)
    rp: recursive-partitioning along age
    comparison  outcome  follow-up  m    n  control  intervention  moderators
    overall     RMDQ     short      2  152       72            80          ≤3
    ≤: at most. The screening decides which moderators are searched.
    """
    seen: set[tuple[str, str, str, tuple[ExcludedTrials, ...]]] = set()
    lines: list[str] = []
    for analysis in planned:
        lines += ["", *_analysis(analysis, seen)]
    return lines[1:]


def rebuilding_lines(rebuilding: Iterable[Rebuilding], seconds: float, possible_seconds: float) -> list[str]:
    """Return what a build would make again, line by line.

    Parameters
    ----------
    rebuilding : iterable of Rebuilding
        An entry an analysis.
    seconds, possible_seconds : float
        How long that takes one process by the last build, and how long what may be made again takes besides.

    Examples
    --------
    >>> for line in rebuilding_lines([Rebuilding("pooled", 23, 3, 0), Rebuilding("rp", 7, 0, 7)], 1.26, 4.0):
    ...     print(line)
    A build would recompute, in about 1.3 s of work and up to 4.0 s more:
      pooled: 3 of 23 results
      rp: 7 of 7 results may be recomputed
    >>> rebuilding_lines([Rebuilding("pooled", 23, 0, 0)], 0.0, 0.0)
    ['A build would recompute nothing: every result is stored.']
    """
    stale = [one for one in rebuilding if one.certain or one.possible]
    if not stale:
        return ["A build would recompute nothing: every result is stored."]
    more = f" and up to {possible_seconds:.1f} s more" if possible_seconds else ""
    lines = [f"A build would recompute, in about {seconds:.1f} s of work{more}:"]
    for item in stale:
        parts = [f"{item.certain} of {item.results} results"] if item.certain else []
        parts += [f"{item.possible} of {item.results} results may be recomputed"] if item.possible else []
        lines.append(f"  {item.name}: {', '.join(parts)}")
    return lines


def _analysis(analysis: PlannedAnalysis, seen: set[tuple[str, str, str, tuple[ExcludedTrials, ...]]]) -> Iterator[str]:
    yield from _wrapped(f"{analysis.name}: {analysis.method} {analysis.about}".rstrip(), "")
    only_changes = all(effect.analysed in ("change", "") for effect in analysis.effects)
    rows = [_cells(effect, "" if only_changes else effect.analysed) for effect in analysis.effects]
    head = (*WORDS, *NUMBERS)
    used = [i for i, word in enumerate(head) if any(row[i] for row in rows)]
    widths = {i: max(len(head[i]), *(len(row[i]) for row in rows)) for i in used}

    def line(cells: tuple[str, ...]) -> str:
        placed = (cells[i].ljust(widths[i]) if i < len(WORDS) else cells[i].rjust(widths[i]) for i in used)
        return "  ".join(placed).rstrip()

    yield line(head)
    for effect, row in zip(analysis.effects, rows, strict=True):
        yield line(row)
        key = (effect.comparison, effect.outcome, effect.follow_up, effect.excluded)
        for remark in _remarks(effect, named=key in seen):
            yield from _wrapped(remark, "    ")
        seen.add(key)
    if any(effect.at_most for effect in analysis.effects):
        yield AT_MOST
    elif any(effect.moderators_at_most for effect in analysis.effects):
        yield AT_MOST_MODERATORS


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _cells(effect: PlannedEffect, analysed: str) -> tuple[str, ...]:
    def count(number: int | None, at_most: bool) -> str:
        return "" if number is None else f"{'≤' if at_most else ''}{number}"

    people = (effect.trials, effect.n, effect.n_control, effect.n_intervention)
    return (
        effect.comparison,
        effect.outcome,
        analysed,
        effect.follow_up,
        *(count(number, effect.at_most) for number in people),
        count(effect.moderators, effect.moderators_at_most),
    )


def _remarks(effect: PlannedEffect, *, named: bool) -> Iterator[str]:
    if effect.reason:
        yield f"not estimable: {effect.reason}"
    if effect.remark:
        yield effect.remark
    shown = [item for item in effect.excluded if effect.reason or item.reason not in EXPECTED]
    if shown and not named:
        yield "without " + "; ".join(f"{_trials(item.trials)} ({item.reason})" for item in shown)
    if effect.without_adjuster:
        yield "no value of an adjuster: " + "; ".join(f"{name} {_people(n)}" for name, n in effect.without_adjuster)
    if effect.not_adjusted:
        yield "not adjusted for " + "; ".join(effect.not_adjusted)
    reasons: dict[str, list[str]] = {}
    for moderator, reason in effect.not_tried:
        reasons.setdefault(reason, []).append(moderator)
    if reasons:
        yield "not tried: " + "; ".join(f"{', '.join(names)} ({reason})" for reason, names in reasons.items())
    untried = {moderator for moderator, _ in effect.not_tried}
    costs = [_cost(cost) for cost in effect.costs if cost.moderator not in untried]
    if costs:
        yield "no value: " + "; ".join(costs)


def _trials(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= MOST_NAMED else f"{len(names)} trials"


def _cost(cost: PlannedCost) -> str:
    people = _people(cost.people)
    trials = f", {cost.trials} trial{'' if cost.trials == 1 else 's'}" if cost.trials else ""
    return f"{cost.moderator} {people}{trials}"


def _people(number: int) -> str:
    return f"{number} {'person' if number == 1 else 'people'}"
