"""Counts what the records of a study suppress: by analysis, kind and reason.

In: records, after all suppression. Out: an `Egress`. What is suppressed is found in the records themselves, so that no method
needs to keep a list; what is counted is the thing that a reader misses (an effect, a cell), not each of its numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from reportgen.records.agreement import Pair
from reportgen.records.egress import Egress, Suppressed
from reportgen.records.estimate import Estimate, ExcludedParticipants, SuppressionNote
from reportgen.records.exclusion import ExclusionReason
from reportgen.records.flow import FlowClass
from reportgen.records.level_effects import LevelEffect
from reportgen.records.model import (
    AvailabilityCell,
    LedgerRow,
    PooledEffect,
    ReconciliationRow,
    Records,
    Share,
    Summary,
    TrialEstimate,
)
from reportgen.records.moderation import EffectAt, InteractionReading
from reportgen.records.numbers import Value, values_in
from reportgen.records.partition import Members
from reportgen.records.subsets import SubsetEffect
from reportgen.records.trial_interactions import TrialInteraction
from reportgen.release.rules import TOO_CLOSE, TOO_FEW, WORKED_OUT, guards
from reportgen.release.values import Values

COUNTED: dict[type, str] = {
    TrialEstimate: "effects of trials",
    EffectAt: "effects at a level or value",
    LevelEffect: "effects in a level alone, or consistent with an interaction",
    TrialInteraction: "interactions in trials",
    Estimate: "effects",
    Members: "effects in subgroups",
    Pair: "pairs of subgroup and box",
    Share: "cells of tables",
    Summary: "means",
    LedgerRow: "counts of the ledger",
    FlowClass: "sizes of classes of arms",
    AvailabilityCell: "counts of values",
    ReconciliationRow: "results beside a publication",
}
"""Which records are one thing to a reader, and what it is called."""

ARMS = "sizes of arms"
BESIDE = "groups of numbers beside pooled effects"
NOT_POOLED = "trials that are not pooled"
SECTIONS = ("availability", "ledger", "flow", "reconciliation")
Found = tuple[str, str, int]


def egress_record(records: Records[Value], minimum: int) -> Egress[Value]:
    """Return what the records of a study suppress.

    Parameters
    ----------
    records : Records
    minimum : int
        `minimum_cell` of the policy.
    """
    values = Values("disclosure", "policy")
    parts = [*records.analyses.items(), *((name, getattr(records, name)) for name in SECTIONS)]
    counts: Counter[tuple[str, str, str]] = Counter()
    for where, record in parts if guards(minimum) else ():
        for kind, reason, count in suppressed_in(record):
            counts[where, kind, reason] += count
    kinds: Counter[str] = Counter()
    for (_, kind, _), count in counts.items():
        kinds[kind] += count
    return Egress(
        minimum_cell=values.count("minimum cell", minimum) if guards(minimum) else None,
        kinds=tuple((kind, values.count(kind, count, "suppressed")) for kind, count in kinds.items()),
        suppressed=tuple(Suppressed(*key, count) for key, count in counts.items()),
    )


def suppressed_in(record: Any) -> Iterator[Found]:
    """Yield kind, reason and how many, of everything in a record that is suppressed.

    Examples
    --------
    >>> from reportgen.release.rules import suppress_value
    >>> suppressed = suppress_value(Value("a.n", 3), "too few")
    >>> list(suppressed_in((Share(suppressed, suppressed), suppressed)))
    [('cells of tables', 'too few', 1), ('sizes of arms', 'too few', 1)]
    """
    if type(record) in COUNTED:
        yield from _one(COUNTED[type(record)], values_in(record))
    elif isinstance(record, Value):
        yield from _one(ARMS, (record,))
    elif isinstance(record, SuppressionNote):
        yield from _suppressed_by_search(record)
    elif isinstance(record, ExcludedParticipants):
        if record.exclusion is not None and record.exclusion.kind in (
            ExclusionReason.TOO_SMALL,
            ExclusionReason.TOO_CLOSE,
        ):
            yield NOT_POOLED, record.exclusion.words, 1
    elif isinstance(record, SubsetEffect):
        return  # counted in the meta-analysis that it is of
    elif isinstance(record, PooledEffect):
        yield from _pooled(record)
    elif isinstance(record, InteractionReading):
        yield from suppressed_in(record.each)
    elif isinstance(record, tuple | list):
        for part in record:
            yield from suppressed_in(part)
    elif isinstance(record, dict):
        yield from suppressed_in(tuple(record.values()))
    elif is_dataclass(record) and not isinstance(record, type):
        yield from suppressed_in(tuple(getattr(record, field.name) for field in fields(record)))


def _one(kind: str, numbers: Iterable[Value]) -> Iterator[Found]:
    suppressed = next((number for number in numbers if number.status == "suppressed"), None)
    if suppressed is not None:
        yield kind, suppressed.reason, 1


def _suppressed_by_search(suppression: SuppressionNote[Value]) -> Iterator[Found]:
    if suppression.suppressed.value:
        yield suppression.suppressed.unit, TOO_CLOSE, int(suppression.suppressed.value)


def _pooled(effect: PooledEffect[Value]) -> Iterator[Found]:
    """Yield trials, arms, and whether an effect, or what stands beside it, is not disclosed."""
    yield from suppressed_in((effect.by_trial, effect.excluded, effect.n_control, effect.n_intervention))
    if effect.reason in (TOO_FEW, TOO_CLOSE):
        yield "pooled effects", effect.reason, 1
    for part in (effect.heterogeneity, effect.common, effect.two_stage):
        yield from _one(BESIDE, (number for number in values_in(part) if number.reason == WORKED_OUT))
