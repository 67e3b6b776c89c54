"""The flow of participants, after the diagram of PRISMA-IPD (Stewart et al. 2015, JAMA 313:1657): files, repository, comparisons.

Who of a comparison is analysed at each outcome stands in the records of the analyses; a view puts it together for the figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from reportgen.records import kinds
from reportgen.records.numbers import V


@dataclass(frozen=True, slots=True)
class FlowReason(Generic[V]):
    """A reason for which people are excluded on loading, and how many are; `reason` is a quotation from the mappings."""

    reason: kinds.Words[V]
    n: kinds.Count[V]


@dataclass(frozen=True, slots=True)
class FlowClass(Generic[V]):
    """A class of arms and its participants in the repository."""

    arm_class: kinds.Words[V]
    n: kinds.Count[V]


@dataclass(frozen=True, slots=True)
class FlowComparison(Generic[V]):
    """A comparison: participants of its arms, whatever was measured in them.

    `trials` have such an arm; `one_sided` counts those of them without an arm of the other side.
    """

    name: str
    title: kinds.Words[V]
    trials: kinds.Count[V]
    one_sided: kinds.Count[V]
    n: kinds.Count[V]
    n_control: kinds.Count[V]
    n_intervention: kinds.Count[V]


@dataclass(frozen=True, slots=True)
class ParticipantFlow(Generic[V]):
    """From the trial files to the comparisons.

    Attributes
    ----------
    trials, in_files, n : Number
        Trials, the participants in their files, and those in the repository.
    excluded : Number
        Participants who are in the files only.
    excluding : Number
        Trials from which anybody was excluded.
    reasons : tuple of FlowReason
        The most frequent first; none where they cannot be distinguished.
    others : Number or None
        Participants excluded for further reasons, few of each; None where there are no further ones.
    classes : tuple of FlowClass
        In the order of the study file.
    comparisons : tuple of FlowComparison
    """

    trials: kinds.Count[V]
    in_files: kinds.Count[V]
    n: kinds.Count[V]
    excluded: kinds.Count[V]
    excluding: kinds.Count[V]
    reasons: tuple[FlowReason[V], ...]
    others: kinds.Count[V] | None
    classes: tuple[FlowClass[V], ...]
    comparisons: tuple[FlowComparison[V], ...]


@dataclass(frozen=True, slots=True)
class AnalysedPeople(Generic[V]):
    """Trials and participants of one outcome at one follow-up."""

    trials: kinds.Count[V]
    n: kinds.Count[V]


@dataclass(frozen=True, slots=True)
class AnalysedOutcome(Generic[V]):
    """An outcome, with who is analysed at each follow-up; None where it is not analysed there."""

    label: kinds.Words[V]
    people: tuple[AnalysedPeople[V] | None, ...]


@dataclass(frozen=True, slots=True)
class AnalysedComparison(Generic[V]):
    """Who of a comparison is analysed: outcomes by follow-up."""

    comparison: str
    follow_ups: tuple[kinds.Words[V], ...]
    outcomes: tuple[AnalysedOutcome[V], ...]
