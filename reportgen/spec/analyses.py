"""The analyses that a study file may name, each a class with its options, defaults and descriptions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

from reportgen.spec.draws import Draws, Flips
from reportgen.spec.methods import Analysis, method
from reportgen.spec.model import (
    MOST,
    Names,
    Node,
    RuleError,
    Word,
    listed,
)
from reportgen.spec.outcomes import Kind

if TYPE_CHECKING:
    from reportgen.spec.study import Study


class TwoStage(Node):
    """How the two-stage check beside the one-step model pools."""

    method: Literal["reml", "dersimonian-laird", "paule-mandel"] = "reml"
    """Estimator of the variance between trials: restricted maximum likelihood (`reml`), DerSimonian and Laird's or
    Paule and Mandel's."""
    test: Literal["knha", "knha-plain", "normal"] = "knha"
    """Interval and p of the pooled effect: `knha` is the Hartung–Knapp–Sidik–Jonkman adjustment that never narrows
    the interval (factor at least 1), `knha-plain` the same without that guard, `normal` the normal distribution."""


@method
class Descriptive(Analysis):
    """Baseline characteristics of the participants, by side of a comparison."""

    method: Literal["descriptive"]
    """A table of baseline characteristics."""
    sides_of: Word
    """The comparison whose groups are the columns."""
    variables: Names
    """The rows: covariates by name and `baseline X`, the baseline value of an outcome or instrument X."""
    standardised_difference: bool = False
    """Whether to add the standardised difference between the groups."""


@method
class Events(Analysis):
    """Events and people by arm, trial and follow-up: harms, dropout, response."""

    method: Literal["events"]
    """A table of events in either arm of each trial, with the difference in risk; nothing is pooled."""
    outcomes: Names = ("all",)
    """Binary outcomes and counts, by name; `all` for every one of the study."""
    follow_up: Names = ("all",)
    """Follow-up windows, by name, or `all`."""
    comparisons: Names = ("all",)
    """Comparisons, by name, or `all`."""
    level: float = Field(0.95, gt=0.5, lt=1)
    """Level of the intervals of the differences, as a proportion: 0.95 for 95%."""

    def asked(self, study: Study) -> tuple[str, ...]:
        """Return its outcomes; `all` stands for those of events."""
        of_events = tuple(name for name, outcome in study.outcomes.items() if outcome.of_events)
        return of_events if self.outcomes == ("all",) else self.outcomes


class Pooled(Analysis):
    """What every method that estimates treatment effects needs: who, when, against whom, and adjusted for what."""

    kinds: ClassVar[tuple[Kind, ...]] = ("continuous",)
    belongs: ClassVar[dict[str, str]] = dict.fromkeys(
        ("measure", "kind", "event", "good", "exposure", "analyse", "standardised"),
        "It belongs to the outcome: write it there, under `outcomes`.",
    )

    outcomes: Names = ("all",)
    """Outcomes that are analysed, by name, or `all`."""
    follow_up: Names = ("all",)
    """Follow-up windows, by name, or `all`."""
    comparisons: Names = ("all",)
    """Comparisons, by name, or `all`."""
    adjust_for: Names = ("baseline",)
    """What the models adjust for: `baseline` (the baseline value of the outcome itself, where any trial measured it),
    `baseline X` (that of the outcome or instrument X) and covariates by name; `[]` for nothing. Participants who lack
    one are excluded; one that is constant, or follows from the trials or from the others, is left out of the model
    and named."""
    subset: dict[Word, Names] = {}
    """A subgroup fixed in advance, to which the analysis is limited: covariates (or `baseline X`) by name, each with one or several
    of its levels, or with an interval of a quantity as in `at least 65`, `below 65` or `18 to 64`. Participants outside, and those
    whose value is not known, are excluded and counted. Everybody by default."""
    minimum_trials: int = Field(2, ge=1, le=MOST)
    """Minimum number of trials with participants in both groups; with fewer, nothing is estimated. With 1, the effect
    of a single trial is estimated by analysis of covariance, without pooling."""
    treatment_effect: Literal["random", "common"] = "random"
    """`random`: the treatment effect varies between trials; `common`: one for all trials."""
    level: float = Field(0.95, gt=0.5, lt=1)
    """Level of the confidence and prediction intervals, as a proportion: 0.95 for 95%."""


@method
class MetaAnalysis(Pooled):
    """One-step meta-analysis of every outcome x follow-up x comparison."""

    kinds = ("continuous", "binary", "count")
    reports_participants: ClassVar[bool] = True

    method: Literal["meta-analysis"]
    """A one-step meta-analysis with mixed models, and a two-stage check beside it."""
    intercept: Literal["stratified", "random"] = "stratified"
    """`stratified`: an intercept for each trial; `random`: random intercepts around a common one."""
    covariance: Literal["independent", "unstructured"] = "independent"
    """Of random intercepts with random treatment effects: `independent` or `unstructured`. Has no
    effect unless both are random."""
    adjuster_slopes: Literal["common", "stratified"] = "common"
    """Slopes of the adjusters: `common` to all trials, or each trial's own (`stratified`)."""
    residual: Literal["common", "by-trial"] = "common"
    """One residual variance for all trials (`common`), or one for each (`by-trial`)."""
    estimation: Literal["reml", "ml"] = "reml"
    """Restricted (`reml`) or full (`ml`) maximum likelihood."""
    inference: Literal["kenward-roger", "satterthwaite", "normal"] = "kenward-roger"
    """Standard errors, degrees of freedom and intervals of the model: Kenward and Roger's, Satterthwaite's, or those
    of the normal distribution."""
    df_floor: Literal["trials-1", "none"] = "trials-1"
    """`trials-1`: where the treatment effect is random, degrees of freedom are at least the number of trials minus
    one; `none`: they are as estimated."""
    dispersion: Literal["poisson", "quasi"] = "poisson"
    """Of counts: variance equal to the mean (`poisson`), or standard errors times the square root of Pearson's dispersion
    (`quasi`), which is printed with either."""
    tau_interval: Literal["none", "profile"] = "none"
    """Of the variance between trials in the one-step model: no interval (`none`), or one by profile likelihood (`profile`), at
    `level`. It needs a random treatment effect, and of continuous outcomes `intercept: stratified` and `residual: common`."""
    two_stage: TwoStage = TwoStage()
    """How the two-stage check beside the one-step model pools the effects of the trials."""


class Tiers(Node):
    """Below which p an interaction is called significant, and below which weak."""

    significant: float = Field(0.05, gt=0, lt=1)
    """An interaction with p below this is called significant."""
    weak: float = Field(0.20, gt=0, lt=1)
    """An interaction with p below this, and not below `significant`, is called weak. At least `significant`."""

    @model_validator(mode="after")
    def _ordered(self) -> Tiers:
        if self.weak < self.significant:
            raise RuleError("`weak` lies below `significant`", "Both are limits for p; `weak` must be the larger one.")
        return self


@method
class Moderators(Pooled):
    """The interaction of treatment with each moderator: one model for every outcome x follow-up x comparison x moderator.

    `reading` is the one that is tested and that feeds the searches; the result holds all three.
    """

    kinds = ("continuous", "binary", "count")

    method: Literal["moderators"]
    """A screening of moderators: the interaction of treatment with each."""
    moderators: Names
    """What is screened, each by itself: covariates by name and `baseline X`."""
    reading: Literal["within", "naive"] = "within"
    """The interaction that is tested and from which searches choose: from differences within trials (`within`), or
    within and between trials together (`naive`); all readings are in the results."""
    inference: Literal["kenward-roger", "satterthwaite", "normal"] = "kenward-roger"
    """Standard errors, degrees of freedom and intervals of the model: Kenward and Roger's, Satterthwaite's, or those
    of the normal distribution."""
    df_floor: Literal["trials-1", "none"] = "trials-1"
    """`trials-1`: where the treatment effect or the interaction is random, degrees of freedom are at least the number of
    trials minus one; `none`: they are as estimated."""
    interaction_effect: Literal["random", "common"] = "random"
    """`random`: the interaction varies between trials, and its p value says whether it is there in new trials like
    these; `common`: one interaction for all trials, whose p value speaks of these trials alone."""
    adjuster_slopes: Literal["stratified", "common"] = "stratified"
    """Slopes of the adjusters and of the moderator itself: each trial's own (`stratified`; trials with fewer than 10
    participants per slope share one), or `common` to all trials. Stratified slopes keep the level of the test where
    slopes differ between trials; with three or four trials that are alike, common ones find more. Of events they are
    always common: slopes of each trial's own move a ratio away from one."""
    residual: Literal["common", "by-trial", "by-arm"] = "common"
    """One residual variance for all (`common`), one for each trial (`by-trial`), or one for each side of the comparison
    (`by-arm`). The random draws of a screening, and of searches behind it, take much longer with the last two. Events
    have none."""
    tiers: Tiers = Tiers()
    """Limits of p below which an interaction is called significant, and weak."""
    percentiles: tuple[Annotated[float, Field(ge=0, le=100)], ...] = (10, 50, 90)
    """Percentiles of a quantity at which the treatment effect is given, from 0 to 100."""
    expected: dict[str, str] = {}
    """Hypothesised effect modification in words, by moderator; printed beside the findings."""
    draws: Flips | None = None
    """How many random draws adjust p for the number of moderators and outcomes tested; the policy's number unless given."""

    @field_validator("percentiles")
    @classmethod
    def _no_shares(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if value and 0 < max(value) <= 1:
            meant = ", ".join(f"{100 * item:g}" for item in value)
            raise RuleError(
                "all `percentiles` are below the first percentile", f"They run from 0 to 100: write [{meant}]."
            )
        return value


class FromScreening(Node):
    """Moderators of a search taken from a screening: those whose interaction has a p below a limit."""

    from_: Word = Field(alias="from")
    """The screening (an analysis by `method: moderators`), by name."""
    p_below: float = Field(0.20, gt=0, le=1)
    """A moderator is searched where the p of its interaction, for the same outcome, follow-up and comparison, is
    below this. Of events it is the p of one weighted least squares step, as random draws repeat it."""


def _share(value: Any) -> Any:
    """`5%` is a share of the people of the analysis, a whole number counts people."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", value) if isinstance(value, str) else None
    if found is None:
        return value
    share = float(found[1]) / 100
    if not 0 < share < 1:
        raise RuleError(
            f"'{value}' is not a valid proportion of participants",
            "Write more than 0% and less than 100%, or a number of participants.",
        )
    return share


def _people_or_share(value: float) -> float:
    if value >= 1 and value != int(value):
        message = f"'{value:g}' is neither a number of participants nor a percentage such as 5%"
        raise RuleError(message, f"For a percentage write {value:g}%, for a number of participants a whole number.")
    return value


Size = Annotated[
    float,
    Field(gt=0, le=MOST),
    AfterValidator(_people_or_share),
    BeforeValidator(_share, json_schema_input_type=float | str),
]
"""A number of people, or a share of the people of the analysis (`5%`, or 0.05)."""

Chosen = Annotated[
    Annotated[Names, Tag("Names")] | Annotated[FromScreening, Tag("FromScreening")],
    Discriminator(lambda value: "FromScreening" if isinstance(value, dict | FromScreening) else "Names"),
]
"""Moderators of a search: a list, or those of a screening."""

Levels = Annotated[tuple[Annotated[float, Field(gt=0, le=1)], ...], BeforeValidator(listed)]
"""One value for every level of a search, or one each."""


FEWEST_EVENTS = 5
"""Participants with an event, and without, in each arm of either side of a split, where nothing else is said."""


class Search(Pooled):
    """A search for subgroups: its moderators, who enters, and how small a subgroup may be.

    Without `min_size` the statistical default of the method holds.
    """

    kinds = ("continuous", "binary", "count")

    moderators: Chosen
    """Moderators that are searched: covariates by name and `baseline X`; or `{from: ..., p_below: ...}`, those that
    a screening finds."""
    min_size: Size | None = None
    """Minimum number of participants in a subgroup: a number, or a percentage of the participants analysed, as in `5%`;
    the default depends on the method."""
    min_arm: int = Field(10, ge=1, le=MOST)
    """Minimum number of participants in each arm of a subgroup."""
    min_trials: int = Field(2, ge=1, le=MOST)
    """Minimum number of trials with both arms in a subgroup."""
    min_events: int | None = Field(None, ge=1, le=MOST)
    """Of events: minimum number of participants in each arm of a subgroup, and of those it is compared with, who have the
    event, and of those who have not (of counts: who have one at least). 5 unless given, or the smallest cell of the policy
    where that is larger."""
    draws: Draws | None = None
    """How many random draws show what of the search is luck; the policy's numbers unless given."""


def of_the_criterion(value: Any) -> Any:
    """Return a partitioning as written, with the defaults of its criterion: those of `interaction` apply to it alone."""
    if not isinstance(value, dict) or value.get("criterion", "interaction") == "interaction":
        return value
    return {"information": "pooled", "adjuster_slopes": "common"} | value


@method
class RecursivePartitioning(Search):
    """RP (IPD-SIDES): subgroups by recursive partitioning with mixed models.

    `missing: complete` takes people who have every moderator of the search; `available` tries each on those who have it.
    """

    reports_participants: ClassVar[bool] = True

    method: Literal["recursive-partitioning"]
    """Subgroups by recursive partitioning (RP, IPD-SIDES)."""
    missing: Literal["complete", "available"] = "complete"
    """`complete`: participants who have every moderator of the search; `available`: each moderator on those who have
    it."""
    criterion: Literal["interaction", "differential", "maximum", "directional"] = "interaction"
    """Splitting criterion: the interaction of treatment with the split, or the treatment statistics of its two
    sides (how they differ, the larger one, or those that differ with one in favour of treatment)."""
    multiplicity: Literal["sidak-modified", "sidak", "none"] = "sidak-modified"
    """How the p of the best cut of a moderator is adjusted for the number of its cuts: Šidák's adjustment with the
    correlation of the cuts allowed for (`sidak-modified`), without that (`sidak`), or not at all."""
    across: Literal["sidak", "none"] = "sidak"
    """Whether p is adjusted for the number of moderators of the node as well."""
    count_screened: bool = True
    """Whether that number counts the moderators which a screening tested and sorted out as well, where the search takes
    its own from one."""
    information: Literal["within", "pooled"] = "within"
    """With the criterion `interaction`: from differences within trials only (`within`), or from within and between
    trials (`pooled`). The other criteria are always `pooled`."""
    adjuster_slopes: Literal["stratified", "common"] = "stratified"
    """With the criterion `interaction`: slopes of the adjusters and of the split: each trial's own (`stratified`; trials
    with fewer than 10 participants per slope share one), or `common` to all trials. The other criteria, and searches of
    events, have `common` ones."""
    alpha: float = Field(0.05, gt=0, le=1)
    """With the criterion `interaction`: a split is kept if its adjusted p is at most this."""
    gamma: Levels | None = (1.0,)
    """With the other criteria: a split is kept if p of treatment in the subgroup is at most this share of that in
    its node; one value, or one for each level of depth."""
    depth: int = Field(2, ge=1, le=5)
    """Maximum number of conditions of a subgroup."""
    width: int = Field(3, ge=1, le=MOST)
    """Number of moderators, those with the smallest p, considered in a node."""
    max_cuts: int = Field(100, ge=1, le=MOST)
    """A moderator with more values than this is cut at this number of quantiles."""

    @model_validator(mode="before")
    @classmethod
    def _of_the_criterion(cls, value: Any) -> Any:
        """Give the other criteria the defaults that apply to them."""
        return of_the_criterion(value)


@method
class DirectedPeeling(Search):
    """ARDP: the frontier of box-shaped subgroups by size, each moderator peeled from one side."""

    reports_participants: ClassVar[bool] = True

    method: Literal["directed-peeling"]
    """A frontier of box-shaped subgroups by directed peeling (ARDP)."""
    directions: dict[str, Literal["higher gain more", "lower gain more"]] = {}
    """Direction of larger benefit along a moderator, where it is prespecified and not estimated from the data."""
    objective: Literal["interaction", "effect"] = "interaction"
    """Score of a subgroup: the interaction of treatment with membership, or the effect inside; of events the interaction."""
    information: Literal["within", "pooled"] = "within"
    """Of the interaction: from differences within trials only (`within`), or from within and between trials
    (`pooled`)."""
    adjuster_slopes: Literal["stratified", "common"] = "stratified"
    """In models with an interaction, slopes of the adjusters and of the moderator or subgroup: each trial's own
    (`stratified`; trials with fewer than 10 participants per slope share one), or `common` to all trials. Effects inside
    and outside are adjusted with common ones, as are searches of events."""
    alpha: float = Field(0.05, gt=0, lt=1)
    """Minimum proportion of a subgroup's participants that a step removes."""
    beam: int = Field(10, ge=1, le=MOST)
    """Number of subgroups of each size that are peeled further (beam width)."""
    bin_width: float = Field(0.01, gt=0, le=0.5)
    """Steps of size in which the best subgroups are kept, as a proportion of the participants."""
    min_fraction: float = Field(0.10, gt=0, lt=1)
    """The smallest size, as a proportion of the participants."""


@method
class Agreement(Analysis):
    """Overlap between the subgroups of a recursive partitioning and the boxes of a directed peeling."""

    method: Literal["agreement"]
    """Agreement of two searches on subgroup membership."""
    partition: Word
    """The recursive partitioning, by name."""
    peeling: Word
    """The directed peeling, by name."""
    sizes: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = (0.2, 0.5)
    """Sizes of the peeled subgroups compared with those of the partitioning, as proportions of the participants."""


@method
class SubgroupDifferences(Analysis):
    """Subgroups fixed in advance side by side: the effects of several meta-analyses, each with a `subset`, and whether they differ."""

    method: Literal["subgroup-differences"]
    """Effects in several subgroups fixed in advance, with the test for subgroup differences."""
    subsets: Names
    """The meta-analyses with a `subset`, by name. Those whose conditions are of the same covariates are compared with each other, where
    no participant can be in two of them."""
    everybody: Word | None = None
    """The meta-analysis of everybody, by name, whose effects stand above those of the subgroups."""
    screening: Word | None = None
    """A screening (an analysis by `method: moderators`), by name: its p of the interaction within trials with the covariate of the
    subgroups stands beside the test between them."""
