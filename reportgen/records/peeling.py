"""Directed peeling as a report may tell it: who gains more along each moderator, and the best box of every size.

Boxes that are printed carry ids made of the size that was asked for (`….box-0-10.effect`), so that they stay what they
are when other sizes are asked for. The whole frontier is plain floats: it is drawn, and goes to the series of the analysis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Generic, Literal

from reportgen.records import kinds
from reportgen.records.effect_scale import EffectScale
from reportgen.records.estimate import Estimate, ExcludedParticipants, NotAdjusted, SearchRange, SuppressionNote
from reportgen.records.honesty import Candidate, SearchHonesty, SubgroupHonesty
from reportgen.records.numbers import Inline, Status, V
from reportgen.records.record import Record
from reportgen.records.screened_choice import ScreenedChoice
from reportgen.records.sites import Sites
from reportgen.records.trial_interactions import Consistency

Floats = tuple[float, ...]
SIZES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Shares of people of which a record always holds a box, and which an artefact shows that asks for none."""


@dataclass(frozen=True, slots=True)
class PeeledModerator(Generic[V]):
    """A moderator that was peeled.

    Attributes
    ----------
    name : str
        As in the study file.
    label, unit : Number
        Quotations.
    side : {'≤', '≥'}
        Who is inside of its limit.
    gains : {'lower', 'higher'}
        Whose values gain more.
    declared : bool
        Whether the study file says so; otherwise `interaction` does.
    per : Number or None
        Units of the moderator for which the interaction is given; None where declared.
    interaction : Estimate or None
    levels : Number or None
        How many levels it has; None for a quantity.
    """

    name: str
    label: kinds.Words[V]
    unit: kinds.Words[V]
    side: Literal["≤", "≥"]
    gains: Literal["lower", "higher"]
    declared: bool
    per: kinds.Setting[V] | None
    interaction: Estimate[V] | None
    levels: kinds.Count[V] | None = None


@dataclass(frozen=True, slots=True)
class NotPeeled(Generic[V]):
    """A moderator that was asked for and not peeled."""

    label: kinds.Words[V]
    reason: Inline[V]


@dataclass(frozen=True, slots=True)
class ModeratorCost(Generic[V]):
    """What a moderator costs by itself: people without a value, and trials that lose a whole arm."""

    label: kinds.Words[V]
    people: kinds.Count[V]
    trials: kinds.Count[V]


@dataclass(frozen=True, slots=True)
class PeeledBox(Generic[V]):
    """The box of the frontier that is nearest to a size.

    Attributes
    ----------
    id : str
        What the ids of its numbers begin with.
    size : float
        The size that was asked for; NaN for the smallest box of the frontier.
    share : Number
        Of the people analysed who are inside.
    n, n_control, n_intervention, trials : Number
        Inside; trials are those with both arms.
    limits : tuple of Number
        One a peeled moderator, in their order; without a value where the moderator does not limit.
    inside : Estimate
    normal : Estimate
        The same model with intervals from the normal distribution.
    outside : Estimate
    difference : Estimate
        Effect inside minus outside.
    status : Status
        Of the fit inside.
    honesty : SubgroupHonesty or None
        What random draws say of it; None without draws.
    consistency : Consistency or None
        Whether the difference is alike from trial to trial; None where it could not be estimated.
    """

    id: str
    size: float
    share: kinds.Size[V]
    n: kinds.Count[V]
    n_control: kinds.Count[V]
    n_intervention: kinds.Count[V]
    trials: kinds.Count[V]
    limits: tuple[kinds.Measured[V], ...]
    inside: Estimate[V]
    normal: Estimate[V]
    outside: Estimate[V]
    difference: Estimate[V]
    status: Status
    not_adjusted: tuple[NotAdjusted[V], ...] = ()
    honesty: SubgroupHonesty[V] | None = None
    consistency: Consistency[V] | None = None


@dataclass(frozen=True, slots=True)
class Frontier:
    """The boxes of the frontier that are disclosed, from large to small: drawn, not printed. NaN where there is none.

    Attributes
    ----------
    share, n, trials, effect, low, high, outside, difference, z : tuple of float
        One each a box.
    limits : tuple of tuple of float
        One tuple a peeled moderator; of levels their places, from 1.
    suppressed : int
        How many boxes are not disclosed: too few people tell them from one that is.
    null_low, null_high : tuple of float
        Between which effects the best box of that size lies without effect modification; empty without draws.
    difference_std_error, difference_p : tuple of float
        Of events, whose boxes are compared by one step (`z`) and then fitted anew, as all else here is; empty of other outcomes.
    """

    share: Floats
    n: Floats
    trials: Floats
    effect: Floats
    low: Floats
    high: Floats
    outside: Floats
    difference: Floats
    z: Floats
    limits: tuple[Floats, ...]
    suppressed: int = 0
    null_low: Floats = ()
    null_high: Floats = ()
    difference_std_error: Floats = ()
    difference_p: Floats = ()

    @property
    def refits(self) -> tuple[Floats, Floats]:
        """What the fits of events say of the differences, beside their estimates; NaN of other outcomes."""
        none = (math.nan,) * len(self.n)
        return self.difference_std_error or none, self.difference_p or none


@dataclass(frozen=True, slots=True)
class PeeledOutcome(Generic[V]):
    """The peeling of one outcome at one follow-up in one comparison.

    Attributes
    ----------
    id : str
    outcome, follow_up, comparison : str
        Names as in the study file.
    outcome_label, unit, follow_up_label : Number
    scale : EffectScale
        Of its effects.
    in_comparison, n, n_control, n_intervention, trials : Number
        People of the comparison, and those analysed.
    overall : Estimate
        Effect among all who were analysed.
    moderators : tuple of PeeledModerator
    not_peeled : tuple of NotPeeled
    costs : tuple of ModeratorCost
        Of the moderators that everybody analysed has.
    boxes : tuple of PeeledBox
        One for every size that the report asks for, from small to large; none for a size whose box few people tell from
        that of another size.
    smallest : PeeledBox or None
        The last box of the frontier that is disclosed.
    frontier : Frontier
    found, evaluated : Number
        Boxes on the frontier, and boxes to which a model was fitted.
    boundary, failed : Number
        Boxes on the frontier whose fit inside finds no variation between trials, or gave no effect.
    excluded : tuple of ExcludedParticipants
    status, reason
        `ok` where there is a frontier; otherwise why not.
    sites : Sites or None
        Sites within trials, which the search does not know; None where no trial has people of two.
    choice : ScreenedChoice or None
        How a screening chose the moderators; None but of events.
    """

    id: str
    outcome: str
    outcome_label: kinds.Words[V]
    unit: kinds.Words[V]
    scale: EffectScale
    follow_up: str
    follow_up_label: kinds.Words[V]
    comparison: str
    in_comparison: kinds.Count[V]
    n: kinds.Count[V]
    n_control: kinds.Count[V]
    n_intervention: kinds.Count[V]
    trials: kinds.Count[V]
    overall: Estimate[V]
    moderators: tuple[PeeledModerator[V], ...]
    not_peeled: tuple[NotPeeled[V], ...]
    costs: tuple[ModeratorCost[V], ...]
    boxes: tuple[PeeledBox[V], ...]
    smallest: PeeledBox[V] | None
    frontier: Frontier
    found: kinds.Count[V]
    evaluated: kinds.Count[V]
    boundary: kinds.Count[V]
    failed: kinds.Count[V]
    excluded: tuple[ExcludedParticipants[V], ...]
    status: Status
    reason: Inline[V]
    not_adjusted: tuple[NotAdjusted[V], ...] = ()
    honesty: SearchHonesty[V] | None = None
    sites: Sites[V] | None = None
    choice: ScreenedChoice[V] | None = None

    @property
    def candidates(self) -> tuple[Candidate[V], ...]:
        """The boxes of the usual sizes as found, with what draws say of each; each box once."""
        return tuple(
            Candidate(("size ", box.share), box.n, box.inside, box.difference, box.honesty, id=box.id)
            for box in self.nearest(SIZES)
        )

    @property
    def empty(self) -> bool:
        """Whether nobody could enter."""
        return self.n.value == 0

    @property
    def entered(self) -> PeeledOutcome[V]:
        """What counts those who entered."""
        return self

    @property
    def statuses(self) -> tuple[Status, ...]:
        """How the fits ended that are printed: of everybody, and inside the boxes."""
        return (self.overall.effect.status, *(box.status for box in self.boxes))

    def nearest(self, sizes: tuple[float, ...]) -> tuple[PeeledBox[V], ...]:
        """Return the boxes recorded for some sizes, each box once, from small to large."""
        found: dict[float | None, PeeledBox[V]] = {}
        for box in self.boxes:
            if box.size in sizes:
                found.setdefault(box.share.value, box)
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class PeelingSettings(Generic[V]):
    """How boxes were searched for, in the words of the study file; shares in per cent. `min_events`: None where no outcome is an event."""

    adjust_for: tuple[kinds.Words[V], ...]
    treatment_effect: str
    objective: str
    information: str
    adjuster_slopes: str
    screened_by: kinds.Words[V] | None
    p_below: kinds.Setting[V] | None
    alpha: kinds.Setting[V]
    beam: kinds.Setting[V]
    bin_width: kinds.Setting[V]
    min_fraction: kinds.Setting[V]
    min_size: Inline[V]
    min_arm: kinds.Setting[V]
    min_trials: kinds.Setting[V]
    level: kinds.Setting[V]
    min_events: kinds.Setting[V] | None = None


@dataclass(frozen=True, slots=True)
class DirectedPeeling(Record[PeelingSettings[V], PeeledOutcome[V], V]):
    """A named directed peeling: one frontier for every outcome x follow-up x comparison."""

    search_range: SearchRange[V]
    suppression: SuppressionNote[V]

    def series(self) -> dict[str, tuple[object, ...]]:
        """Return the frontiers as columns: a row a limit of a box; of events also how sure the differences are, fitted anew."""
        refits = self.settings.min_events is not None
        rows = [
            (
                peeling.comparison, peeling.outcome, peeling.follow_up, i, *values, moderator.name, moderator.side, limit,
                *([column[i] for column in line.refits] if refits else []),
            )
            for peeling in self.results
            for line in [peeling.frontier]
            for i, values in enumerate(
                zip(
                    line.share, line.n, line.trials, line.effect, line.low, line.high, line.outside, line.difference,
                    line.z, strict=True,
                )
            )
            for moderator, limits in zip(peeling.moderators, line.limits, strict=True)
            for limit in [None if limits[i] != limits[i] else limits[i]]
        ]  # fmt: skip
        names = SERIES + REFIT * refits
        return {name: tuple(row[i] for row in rows) for i, name in enumerate(names)}


REFIT = ("difference_std_error", "difference_p")
SERIES = (
    "comparison",
    "outcome",
    "follow_up",
    "box",
    "share",
    "n",
    "trials",
    "effect",
    "ci_low",
    "ci_high",
    "outside",
    "difference",
    "z",
    "moderator",
    "side",
    "limit",
)
