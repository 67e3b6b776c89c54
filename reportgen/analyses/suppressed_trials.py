"""Which trials of a pooled effect are suppressed, and what is disclosed beside them so that they cannot be worked out.

In: a pooled effect as recorded from all trials, and the policy's `minimum_cell`. Out: the record that may be disclosed. A trial with
few people of an arm is suppressed, and one more if it is alone. The pooled effect, its interval and p are disclosed with their printed
digits only; tau2, prediction interval, weights and the checks beside them are not, for each is one more equation.
`other_worlds` audits what is left. Where it fails, one more trial is suppressed; where it fails again, and where another analysis
discloses an effect of the same people, the effect is pooled without the trials that must not be disclosed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from reportgen.analyses.other_worlds import is_safe
from reportgen.analyses.selection import Selection, small_trials, without_trials
from reportgen.records.exclusion import ExclusionReason
from reportgen.records.model import PooledEffect
from reportgen.records.numbers import Number, Value, numbers_in, values_in
from reportgen.records.printed import Figures, printed
from reportgen.release.rules import TOO_CLOSE, TOO_FEW, SuppressionReason, guards
from reportgen.release.suppressed_effects import is_equation, printed_digits, without_checks

MOST_FURTHER = 1  # trials that are suppressed for the sake of others, beside the first

RecordOf = Callable[[Selection, Sequence[str]], PooledEffect[Value]]
"""Makes the record of some people, with some trials suppressed."""

QuickOf = Callable[[Selection], Any]
"""Makes of it what is disclosed of the pooled effect in any case."""


def guarded_trials(
    selection: Selection, minimum: int, earlier: Sequence[Selection] = ()
) -> dict[str, SuppressionReason]:
    """Return the trials whose effects are not disclosed, with the reason.

    Those with few people of an arm; and those that few people tell from the same trial in an earlier comparison, for the
    difference of the two effects is theirs.

    Parameters
    ----------
    selection : Selection
    minimum : int
    earlier : sequence of Selection
        The same outcome at the same follow-up in comparisons that are disclosed before.
    """
    if not guards(minimum):
        return {}
    few = dict.fromkeys(small_trials(selection, minimum), TOO_FEW)
    close = {
        name: TOO_CLOSE
        for name in selection.trials
        if any(few_apart(selection, other, minimum, name) for other in earlier if name in other.trials)
    }
    return close | few


def few_apart(item: Selection, other: Selection, minimum: int, trial: str | None = None) -> bool:
    """Whether few people of a side, and not nobody, tell two selections apart; in one trial, or in all."""

    def side_of(selection: Selection, side: int) -> set[int]:
        mine = selection.treatment == side
        return {*selection.rows[mine if trial is None else mine & (selection.trial == trial)].tolist()}

    return any(0 < len(side_of(item, side) ^ side_of(other, side)) < minimum for side in (0, 1))


def suppressed_trial_effects(effects: Iterable[PooledEffect[Value]]) -> frozenset[tuple[str, str, str]]:
    """Return outcome, follow-up and trial of every trial's effect that is suppressed."""
    return frozenset(
        (effect.outcome, effect.follow_up, row.trial.words)
        for effect in effects
        for row in effect.by_trial
        if row.status == "suppressed"
    )


def disclosed_effect(
    selection: Selection, guarded: Mapping[str, SuppressionReason], record_of: RecordOf, *, alone: bool
) -> PooledEffect[Value] | None:
    """Return a pooled effect of which no guarded trial can be worked out; None where printed digits must show that.

    Parameters
    ----------
    selection : Selection
    guarded : mapping of str to SuppressionReason
        Trials whose effects are not disclosed, with the reason.
    record_of : callable
        Makes the record from a selection, with some trials suppressed.
    alone : bool
        Whether no other analysis tells of the same outcome at the same follow-up: only then is what the record tells all that
        an intruder knows.
    """
    if not guarded or not record_of(selection, ()).by_trial:
        return record_of(selection, tuple(guarded))
    return None if alone else record_of(without_guarded(selection, guarded), ())


def disclosed_in_digits(
    selection: Selection,
    guarded: Mapping[str, SuppressionReason],
    record_of: RecordOf,
    quick_of: QuickOf,
    figures: Figures,
) -> PooledEffect[Value]:
    """Return a pooled effect with its printed digits, as long as no guarded trial can be worked out from them.

    Parameters
    ----------
    selection, guarded, record_of
        As in `disclosed_effect`.
    quick_of : callable
        Makes what is disclosed of the pooled effect in any case.
    figures : Figures
        How many digits are printed.
    """

    def shown(record: Any) -> dict[str, Number]:
        return {number.id: number for number in numbers_in(printed(record, figures))}

    def quick(other: Selection) -> dict[str, Number]:
        return shown(quick_of(other))

    for suppressed in _suppressed_sets(selection, guarded):
        release = without_checks(printed_digits(record_of(selection, suppressed), figures))
        equations = {value.id for value in values_in(release) if is_equation(value)}
        released = {id_: number for id_, number in shown(release).items() if id_ in equations}

        def full(other: Selection, suppressed_ones: Sequence[str] = suppressed) -> dict[str, Number]:
            return shown(record_of(other, suppressed_ones))

        if is_safe(released, quick, full, selection, suppressed, tuple(guarded)):
            return release
    return record_of(without_guarded(selection, guarded), ())


def without_guarded(selection: Selection, guarded: Mapping[str, SuppressionReason]) -> Selection:
    """Return a selection without the trials that must not be disclosed."""
    excluded = {
        name: ExclusionReason.TOO_SMALL if reason is TOO_FEW else ExclusionReason.TOO_CLOSE
        for name, reason in guarded.items()
    }
    return without_trials(selection, excluded)


def _suppressed_sets(selection: Selection, guarded: Mapping[str, SuppressionReason]) -> Iterator[tuple[str, ...]]:
    """Yield the trials to suppress: the guarded ones, two at least, then more, those with the smallest arms first."""
    others = sorted(
        (name for name in selection.trials if name not in guarded),
        key=lambda name: min(selection.arm_size(0, name), selection.arm_size(1, name)),
    )
    least = 1 if len(guarded) == 1 else 0
    for further in range(least, min(least + MOST_FURTHER, len(others)) + 1):
        yield (*guarded, *others[:further])
