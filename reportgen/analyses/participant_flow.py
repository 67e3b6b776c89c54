"""Who is in the trial files, who is excluded on loading and why, and who is in each comparison.

In: study and repository. Out: a record. Small counts are not printed beside what they could be worked out from: rare reasons
are counted together, small classes of arms are suppressed with a neighbour, and arms of a comparison together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from reportgen.data import LedgerLine, Repository, TrialInfo
from reportgen.records.flow import FlowClass, FlowComparison, FlowReason, ParticipantFlow
from reportgen.records.numbers import Value
from reportgen.release.rules import released_arms
from reportgen.release.suppressed_cells import suppressed_cells
from reportgen.release.values import Values
from reportgen.spec.study import Comparison, Study

MOST_REASONS = 6
"""Reasons that are counted by themselves; the figure has room for so many."""
TOO_FEW_PEOPLE = "too few participants to print, or one of few could be worked out from it"


def participant_flow(repository: Repository, study: Study) -> ParticipantFlow[Value]:
    """Record the flow of participants from the trial files to the comparisons."""
    values, minimum = Values("flow", "trials", minimum=study.policy.minimum_cell), study.policy.minimum_cell
    trials = repository.trials
    in_files, n = sum(trial.raw_n for trial in trials), sum(trial.n for trial in trials)
    kept, others = reasons_apart(_reasons(repository.ledger, in_files - n), minimum)
    return ParticipantFlow(
        trials=values.count("trials", len(trials), "trials"),
        in_files=values.count("in files", in_files),
        n=values.count("n", n),
        excluded=values.count("excluded", in_files - n),
        excluding=values.count("excluding", sum(trial.raw_n > trial.n for trial in trials), "trials"),
        reasons=tuple(
            FlowReason(builder.quote("words", reason), builder.count("n", count))
            for place, (reason, count) in enumerate(kept, 1)
            for builder in [values.at(f"reason {place}")]
        ),
        others=values.count("other reasons", others) if others else None,
        classes=_classes(trials, study, values, minimum),
        comparisons=tuple(
            _comparison(name, comparison, trials, values.at("comparison", name))
            for name, comparison in study.comparisons.items()
        ),
    )


def _reasons(ledger: Sequence[LedgerLine], excluded: int) -> Mapping[str, int]:
    """Return how many people are excluded for each reason, as long as these are all who are."""
    counts: Counter[str] = Counter()
    for line in ledger:
        if line.excluded_for is not None:
            counts[line.excluded_for] += line.count
    return counts if sum(counts.values()) == excluded else {}


def reasons_apart(counts: Mapping[str, int], minimum: int) -> tuple[tuple[tuple[str, int], ...], int]:
    """Return the reasons that are counted by themselves, and how many people have another one.

    Reasons of fewer than `minimum` people are counted together; where all of these are fewer, so is the next one. Among reasons of
    equally many the alphabet decides, and not the order of the trials.

    Examples
    --------
    >>> reasons_apart({"no consent": 12, "moved": 3, "entered twice": 4}, 5)
    ((('no consent', 12),), 7)
    >>> reasons_apart({"no consent": 12, "moved": 3}, 5), reasons_apart({"no consent": 12, "moved": 3}, 0)
    (((), 15), ((('no consent', 12), ('moved', 3)), 0))
    """
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    kept = [item for item in ordered[:MOST_REASONS] if item[1] >= minimum]
    others = sum(counts.values()) - sum(count for _, count in kept)
    while kept and 0 < others < minimum:
        others += kept.pop()[1]
    return tuple(kept), others


def _classes(trials: Sequence[TrialInfo], study: Study, values: Values, minimum: int) -> tuple[FlowClass[Value], ...]:
    """Return the participants of each class of arms; their sum is printed."""
    counts: Counter[str] = Counter()
    for trial in trials:
        for arm_class, _, n in trial.arms:
            counts[arm_class] += n
    present = [name for name in study.arm_classes if counts[name]]
    cells = np.array([[counts[name]] for name in present], dtype=np.int64).reshape(-1, 1)
    suppressed = suppressed_cells(cells, minimum, "no total")[:, 0]
    return tuple(
        FlowClass(builder.quote("class", name), builder.cell("n", counts[name], bool(hidden), TOO_FEW_PEOPLE))
        for name, hidden in zip(present, suppressed, strict=True)
        for builder in [values.at("class", name)]
    )


def _comparison(
    name: str, comparison: Comparison, trials: Sequence[TrialInfo], values: Values
) -> FlowComparison[Value]:
    sides = [_people(trials, comparison.control), _people(trials, comparison.intervention)]
    either, both = sides[0].keys() | sides[1].keys(), sides[0].keys() & sides[1].keys()
    control, intervention = (sum(side.values()) for side in sides)
    arms = values.count("n control", control), values.count("n intervention", intervention)
    released = released_arms(arms, values.minimum or 0, TOO_FEW_PEOPLE)
    return FlowComparison(
        name=name,
        title=values.quote("title", comparison.title or name),
        trials=values.count("trials", len(either), "trials"),
        one_sided=values.count("one sided", len(either) - len(both), "trials"),
        n=values.count("n", control + intervention),
        n_control=released[0],
        n_intervention=released[1],
    )


def _people(trials: Sequence[TrialInfo], classes: Sequence[str]) -> dict[str, int]:
    """Return the participants of some classes of arms, in the trials that have any."""
    counts = {trial.name: sum(n for arm_class, _, n in trial.arms if arm_class in classes) for trial in trials}
    return {name: n for name, n in counts.items() if n}
