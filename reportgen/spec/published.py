"""What the publication of a trial says, as its mapping quotes it: people, means at baseline, effects."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from reportgen.spec.model import MOST, Names, Node, Printed, RuleError, Two, Word

People = Annotated[int, Field(ge=0, le=MOST)]


class PublishedEffect(Node):
    """An effect that the trial's own publication gives: positive = intervention better, as everywhere."""

    outcome: Word
    """The outcome of the study file."""
    follow_up: Word
    """The follow-up window of the study file."""
    intervention: Names
    """Classes on the side of the intervention."""
    control: Names
    """Classes on the side of the control."""
    effect: Printed
    """The effect as printed, in quotes so that last zeros stay: a difference in change or at follow-up,
    whichever the outcome is analysed as, positive where the intervention is better."""
    interval: Annotated[tuple[Printed, Printed], Two] | None = None
    """Lower and upper limit of its confidence interval, as printed."""
    source: str = ""
    """Where it is printed; by default the source of all that is published."""

    @model_validator(mode="after")
    def _disjoint(self) -> PublishedEffect:
        both = set(self.intervention) & set(self.control)
        if both:
            hint = "A class is either intervention or control: remove it from one side."
            raise RuleError(f"'{sorted(both)[0]}' is on both sides", hint, "control")
        return self

    @model_validator(mode="after")
    def _ascending(self) -> PublishedEffect:
        low, high = (float(limit.replace("−", "-")) for limit in self.interval or ("0", "0"))
        if low > high:
            raise RuleError("the lower limit is above the upper one", "Write the lower limit first.", "interval")
        return self


class Published(Node):
    """What the trial's own publication says, to be set beside what its file gives.

    `means` are of everybody at baseline: of a covariate (`age`), or of an instrument (`baseline RMDQ`).
    """

    n: People | dict[Word, People]
    """Number of participants that the publication gives; by trial, where the file holds several."""
    means: dict[str, Printed] = {}
    """Baseline means of all participants, as printed: of a covariate (`age`), or of an instrument (`baseline RMDQ`)."""
    effects: tuple[PublishedEffect, ...] = ()
    """Treatment effects that the publication gives."""
    source: str = ""
    """The publication, as cited in the comparison table."""
