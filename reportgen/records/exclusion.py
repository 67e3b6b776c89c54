"""Why people are left out of an analysis: data to whoever counts them, and words in one place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ExclusionReason(Enum):
    """A reason to be left out; `{}` stands for what is missing."""

    NO_ARM = "no arm in this comparison"
    NO_INTERVENTION = "no intervention arm"
    NO_CONTROL = "no control arm"
    NOT_MEASURED = "not measured"
    NOT_IN_WINDOW = "not measured in this window"
    NOT_AT_BASELINE = "not measured at baseline"
    OUTSIDE = "outside the subgroup {}"
    NO_BASELINE = "no baseline value"
    NO_FOLLOW_UP = "no value at follow-up"
    NO_EXPOSURE = "no exposure at follow-up"
    NO_VALUE = "no value of {}"
    ONE_SIDE = "no complete participants on the {} side"
    NO_MODERATORS = "no participants with every moderator on one side"
    NO_EVENT = "nobody had the event, which tells nothing about a ratio"
    ALL_EVENTS = "everybody had the event, which tells nothing about a ratio"
    NO_SPREAD = "no standard deviation by which its effect could be standardised"
    NO_OWN_EFFECT = "no effect of its own: {}"
    TOO_SMALL = "fewer participants of an arm than the study's policy requires for an effect"
    TOO_CLOSE = (
        "differs from a printed group by fewer participants of an arm than the study's policy allows to be printed"
    )


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why people are left out.

    Attributes
    ----------
    kind : ExclusionReason
    of : str
        What they lack, as it is called on a page; empty where the reason says all.
    """

    kind: ExclusionReason
    of: str = ""

    @property
    def words(self) -> str:
        """The reason in words.

        Examples
        --------
        >>> Exclusion(ExclusionReason.NO_VALUE, "Age").words
        'no value of Age'
        """
        return self.kind.value.format(self.of)
