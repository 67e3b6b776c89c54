"""The study file: what a statistician declares, and nothing that a program needs.

It reads like a protocol: arm classes, follow-up windows, instruments, outcomes, covariates, comparisons, named
analyses, the contents of the report and its policy. Each default stands here once and is written to
`study.lock.yaml`. What refers to what is checked in `check`, not here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from reportgen.errors import did_you_mean
from reportgen.formats import DEFAULT, formats
from reportgen.houses import HOUSES
from reportgen.spec.draws import Draws, Flips, effective
from reportgen.spec.methods import Analysis as Analysis
from reportgen.spec.methods import AnyAnalysis, method
from reportgen.spec.model import (
    MOST,
    Day,
    FilePath,
    Line,
    Names,
    Node,
    Positive,
    Range,
    Real,
    RuleError,
    Two,
    Word,
    listed,
)
from reportgen.spec.outcomes import Instrument, Kind, Outcome
from reportgen.spec.shows import AnyArtefact, Sized


class About(Node):
    """Title page of the study."""

    title: Line
    """Title of the report, on its first page and in the properties of the files."""
    subtitle: Line = ""
    """A second line under the title; none by default."""
    authors: Names = ()
    """Authors in the order in which they are printed: one name, or a list."""
    protocol: Line = ""
    """Registration or protocol, as in `PROSPERO CRD000000`; printed on the first page."""
    date: Day = ""
    """Date of the report, as in `2026-11-30`; printed on the first page and in the properties of the PDF and the Word document. None by default."""
    keywords: Names = ()
    """Keywords in the properties of the PDF and the Word document; `individual participant data` and `meta-analysis` by default."""
    version: Word = "1"
    """Version of the study file, printed on the first page. Write any word or number; `1` by default."""
    data: Literal["real", "simulated"]
    """Whether the data are `real` or `simulated`; simulated data are marked on every page."""
    seed: int = Field(0, ge=0, le=2**63 - 1)
    """Seed of the random draws behind the honesty of searches; the same seed gives the same numbers."""
    summary: str = ""
    """A paragraph under the title, for instance what the report is and what it is not."""
    source: str = ""
    """Where the data come from; printed with the methods."""


class Window(Node):
    """A follow-up window, in months since randomisation."""

    months: Annotated[tuple[Real, Real], Two]
    """First and last month since randomisation of the window, both included. A month has 30.4 days: 8 weeks are 1.8
    months."""
    aim: Real | None = None
    """The month that the visit should be nearest to, where a trial has several in the window; the middle of the
    window by default."""
    tie: Literal["earlier", "later"] = "earlier"
    """Which of two visits equally far from `aim` is taken: the `earlier` or the `later` one."""
    label: Line = ""
    """What the window is called on the pages, as in `short term`; the name of the key by default."""

    @model_validator(mode="after")
    def _ordered(self) -> Window:
        low, high = self.months
        if low > high:
            raise RuleError("the window ends before it begins", f"Write `months: [{high:g}, {low:g}]`.", "months")
        if self.aim is not None and not low <= self.aim <= high:
            raise RuleError("`aim` lies outside `months`", f"Choose it from {low:g} to {high:g}, or remove it.", "aim")
        return self

    @property
    def centre(self) -> float:
        """The month that the visit should be nearest to: `aim`, or else the middle."""
        return self.aim if self.aim is not None else sum(self.months) / 2


class Covariate(Node):
    """A baseline characteristic of participants: continuous, or with several levels."""

    label: Line = ""
    """Name of the covariate on the pages; the key by default."""
    unit: Line = ""
    """Unit of a continuous covariate, as in `years`; mappings convert to it."""
    range: Range | None = None
    """Lowest and highest plausible value of a continuous covariate; a value outside is an error in the data."""
    per: Positive = 1.0
    """Step, in units of the covariate, for which an interaction with treatment is printed, as in 10 for ten years of
    age."""
    levels: Names = ()
    """Levels of a categorical covariate, in the order in which they are printed. Omit it for a continuous covariate."""
    reference: Word | None = None
    """The level with which the others are compared; the first one by default."""
    ordered: bool = False
    """Whether the levels have an order, as in `[low, moderate, high]`: recursive partitioning then cuts between
    neighbours only, and peeling takes them one by one."""
    decimals: int | None = Field(None, ge=0, le=8)
    """Decimals of means and cuts of a quantity, in place of those of `policy: rounding`."""

    @model_validator(mode="after")
    def _levels_or_numbers(self) -> Covariate:
        if self.levels and (self.range is not None or self.unit):
            hint = "Remove `levels` from a continuous covariate, or `unit` and `range` from a categorical one."
            raise RuleError("a covariate has `levels`, or `unit` and `range`, not both", hint)
        if self.reference is not None and self.reference not in self.levels:
            message = f"the reference '{self.reference}' is not one of the levels"
            raise RuleError(message, did_you_mean(self.reference, self.levels), "reference")
        if len(set(self.levels)) != len(self.levels):
            raise RuleError("a level is listed twice", "Remove one.", "levels")
        if len(self.levels) == 1:
            hint = "List every level, or omit `levels` for a continuous covariate."
            raise RuleError("a covariate needs at least two levels", hint, "levels")
        return self

    @property
    def categorical(self) -> bool:
        """Whether it has levels."""
        return bool(self.levels)

    @property
    def reference_level(self) -> str:
        """The level that others are compared with: `reference`, else the first."""
        return self.reference if self.reference is not None else self.levels[0]


class Comparison(Node):
    """Intervention and control of a comparison: the role of an arm class is defined only here."""

    intervention: Names
    """Arm class of the intervention group; classes in a list are combined."""
    control: Names
    """Arm class of the control group; classes in a list are combined."""
    title: Line = ""
    """Name of the comparison on the pages, as in `exercise v usual care`; the key by default."""

    @model_validator(mode="after")
    def _disjoint(self) -> Comparison:
        both = set(self.intervention) & set(self.control)
        if both:
            hint = "A class is either intervention or control: remove it from one side."
            raise RuleError(f"'{sorted(both)[0]}' is on both sides", hint, "control")
        return self


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


def _significant(value: Any) -> Any:
    found = re.fullmatch(r"\s*(\d+)\s+significant\s*", value) if isinstance(value, str) else None
    return int(found[1]) if found else value


class Rounding(Node):
    """How many decimals a kind of number is printed with, half away from zero; p values by significant figures.

    There are more where a p value would be printed as a limit that it is not, the end of an interval clear of zero as zero, or a
    share as none or all.
    """

    effect: int = Field(2, ge=0, le=8)
    """Decimals of effects, their intervals and prediction intervals, in the unit of the outcome; an outcome's own `decimals` come first."""
    mean: int = Field(2, ge=0, le=8)
    """Decimals of means and standard deviations at baseline."""
    percent: int = Field(1, ge=0, le=8)
    """Decimals of percentages: shares of people. I² is printed without decimals, weights with one."""
    scaled: int = Field(1, ge=0, le=8)
    """Decimals of effects on a scale from 0 to 100."""
    heterogeneity: int = Field(2, ge=0, le=8)
    """Decimals of τ, standard errors and standardised differences; τ² is printed with two significant figures."""
    p: Annotated[int, BeforeValidator(_significant)] = Field(2, ge=1, le=8)
    """Significant figures of p values, as `2` or `2 significant`."""


if TYPE_CHECKING:
    Format = str
else:
    Format = Annotated[
        Literal[tuple(formats())],
        WithJsonSchema({"oneOf": [{"const": name, "description": says} for name, says in formats().items()]}),
    ]


if TYPE_CHECKING:
    HouseStyle = str
else:
    HouseStyle = Annotated[
        Literal[tuple(HOUSES)],
        WithJsonSchema({"oneOf": [{"const": house.name, "description": house.says} for house in HOUSES.values()]}),
    ]


class Report(Node):
    """Contents of the appendix, in this order; numbered within each series."""

    style: HouseStyle = "plain"
    """House style of a journal, as its published instructions to authors say as best we know: decimal point, the words of
    intervals and comparisons, rules for p values, and width, type and colour of figures. Numbers and results files stay
    what they are."""

    formats: tuple[Format, ...] = DEFAULT
    """Output formats; all but `submission` by default. `--formats` overrides them."""
    templates: FilePath | None = None
    """A folder, relative to the study file, whose templates and style sheets take the place of those of the package with the
    same name, as `sections/title.html`; its README says what may be replaced."""
    length: Literal["appendix", "full"] = "appendix"
    """`appendix`: what a reader of the paper wants; model status, ledger, provenance, fidelity and whatever `contents` puts
    `in: audit` stand in an audit file of their own. `full`: one document holds everything."""
    key_findings: bool = True
    """Whether a page of key findings stands before the methods: main effects, effect modification, subgroups, and what could not
    be estimated, each with its place in the report."""
    participant_flow: bool = True
    """Whether a figure of the flow of participants stands before the methods: from the trial files to each analysis."""
    contents: tuple[AnyArtefact, ...] = ()
    """Tables, figures and appendices, in the order of the report."""
    abbreviations: dict[Word, str] = {}
    """What abbreviations of the study stand for, as in `{BMI: body mass index}`. They are spelt out below each table and
    figure in which they occur, as are those of statistics and the names of scales."""


class Policy(Node):
    """Rules for the whole report."""

    minimum_cell: int = Field(5, ge=0, le=MOST)
    """Counts of participants above zero and below this are suppressed, as are numbers from which they could be derived;
    0 and 1 switch this off. Keep the default for data of patients unless the data's owner says otherwise."""
    rounding: Rounding = Rounding()
    """How many decimals each kind of number has on the pages."""
    draws: Draws = Draws()
    """How many random draws stand behind each search: `sign_flips` without effect modification, `bootstrap`
    for the correction of effects; `{sign_flips: 0, bootstrap: 0}` for none."""
    profile: Literal["draft", "final"] = "final"
    """A `draft` is marked as one on its pages, and takes 50 draws of each kind at most."""


class Study(Node):
    """A whole study file."""

    study: About
    """Title page: title, authors, protocol, and whether the data are real."""
    trials: Names
    """Mapping files, one for each trial file or for several files of a trial, relative to the study file; trials are
    printed in this order."""
    arm_classes: Names
    """Classes of treatment that arms belong to, as in `[exercise, usual care]`; mappings give each arm one of them."""
    follow_up: dict[Word, Window]
    """Follow-up windows by name, from which each trial brings one visit."""
    instruments: dict[Word, Instrument]
    """What the trials measured repeatedly, by name: questionnaires and measurements."""
    outcomes: dict[Word, Outcome]
    """What is analysed, by name: an instrument, or several on one scale."""
    covariates: dict[Word, Covariate] = {}
    """What is known of participants before randomisation, by name: adjusters, moderators and rows of tables."""
    comparisons: dict[Word, Comparison]
    """Which classes are compared, by name."""
    analyses: dict[Word, AnyAnalysis] = {}
    """Analyses by name, each with its `method`. The name stands in the ids of all its results."""
    report: Report = Report()
    """What the appendix holds, in its order, and in which formats."""
    policy: Policy = Policy()
    """Disclosure control and rounding for the whole report."""
    fidelity: FilePath | None = None
    """A file, relative to the study file, with the numbers of a publication; the appendix then sets each beside our
    estimate."""


def sizes_asked(study: Study, name: str) -> tuple[float, ...]:
    """Return the shares of people, from small to large, of which the report or an agreement asks for a box of a peeling.

    Parameters
    ----------
    study : Study
    name : str
        Of the directed peeling.
    """
    shown = [content.sizes for content in study.report.contents if isinstance(content, Sized) and content.of == name]
    compared = [
        analysis.sizes
        for analysis in study.analyses.values()
        if isinstance(analysis, Agreement) and analysis.peeling == name
    ]
    return tuple(sorted({size for sizes in (*shown, *compared) for size in sizes}))


def settled(study: Study, profile: Literal["draft", "final"] | None = None, draws: Draws | None = None) -> Study:
    """Return a study in which each screening and search says how many draws it takes, and the profile stands in the policy.

    Parameters
    ----------
    study : Study
    profile : {'draft', 'final'}, optional
        In place of the policy's.
    draws : Draws, optional
        In place of what the study asks for, for every search; a draft has no say in them.
    """
    chosen = profile or study.policy.profile

    def drawing(node: Search | Moderators) -> Draws | Flips:
        asked = draws or effective(node.draws, study.policy.draws, chosen)
        return asked if isinstance(node, Search) else Flips(sign_flips=asked.sign_flips)

    analyses = {
        name: node.model_copy(update={"draws": drawing(node), **_fewest_events(node, study)})
        if isinstance(node, Search | Moderators)
        else node
        for name, node in study.analyses.items()
    }
    return study.model_copy(
        update={"analyses": analyses, "policy": study.policy.model_copy(update={"profile": chosen})}
    )


def _fewest_events(node: Analysis, study: Study) -> dict[str, int]:
    """Return how many people with an event, and without, each side of a split of events needs, where that is not said."""
    if not isinstance(node, Search) or node.min_events is not None:
        return {}
    asked = study.outcomes if node.outcomes == ("all",) else node.outcomes
    if not any(study.outcomes[name].of_events for name in asked):
        return {}
    return {"min_events": max(FEWEST_EVENTS, study.policy.minimum_cell)}
