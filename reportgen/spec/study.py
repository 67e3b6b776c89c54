"""The study file: what a statistician declares, and nothing that a program needs.

It reads like a protocol: arm classes, follow-up windows, instruments, outcomes, covariates, comparisons, named
analyses, the contents of the report and its policy. Each default stands here once and is written to
`study.lock.yaml`. What refers to what is checked in `check`, not here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

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
from reportgen.formats import BUILT_IN, formats
from reportgen.spec.model import MOST, Line, Names, Node, Positive, Range, Real, RuleError, Word, listed

Better = Literal["lower", "higher"]


class About(Node):
    """Title page of the study."""

    title: Line
    subtitle: Line = ""
    authors: Names = ()
    protocol: Line = ""
    version: Word = "1"
    data: Literal["real", "simulated"]
    seed: int = Field(0, ge=0, le=2**63 - 1)
    summary: str = ""
    source: str = ""


class Window(Node):
    """A follow-up window, in months since randomisation."""

    months: tuple[Real, Real]
    aim: Real | None = None
    tie: Literal["earlier", "later"] = "earlier"
    label: Line = ""

    @model_validator(mode="after")
    def _ordered(self) -> Window:
        low, high = self.months
        if low > high:
            raise RuleError("the window ends before it begins", f"Write `months: [{high:g}, {low:g}]`.", "months")
        if self.aim is not None and not low <= self.aim <= high:
            raise RuleError(
                "`aim` lies outside `months`", f"Choose it from {low:g} to {high:g}, or take it out.", "aim"
            )
        return self

    @property
    def centre(self) -> float:
        """The month that the visit should be nearest to: `aim`, or else the middle."""
        return self.aim if self.aim is not None else sum(self.months) / 2


class Instrument(Node):
    """Something that trials measured. Mappings speak of instruments, outcomes say how they are analysed."""

    name: Line = ""
    range: Range | None = None
    better: Better
    items: int | None = Field(None, ge=1, le=MOST)
    unit: Line = ""
    source: str = ""


class Outcome(Node):
    """What is analysed: the improvement since baseline, positive = better.

    Without `first_available` the outcome is the instrument of the same name (or the one named by `instrument`). With
    it, each trial brings the first listed instrument that it measured at baseline and in the window, rescaled
    linearly to the outcome's range and turned to its direction. Where its baseline moderates an effect, the
    interaction is printed for a step of `per` units.
    """

    domain: Line = ""
    title: Line = ""
    instrument: Word | None = None
    first_available: Names = ()
    range: Range | None = None
    better: Better | None = None
    unit: Line = ""
    per: Positive = 1.0
    decimals: int | None = Field(None, ge=0, le=8)

    @model_validator(mode="after")
    def _one_source(self) -> Outcome:
        if self.instrument and self.first_available:
            raise RuleError("give `instrument` or `first_available`, not both", "Take one of the two out.")
        if len(self.first_available) > 1 and (self.range is None or self.better is None):
            message = "`first_available` needs `range` and `better`, to which each instrument is rescaled and turned"
            raise RuleError(message, "Add both, as in `range: [0, 100], better: lower`.")
        return self


class Covariate(Node):
    """Something known of a participant before randomisation: a quantity, or one of several levels."""

    label: Line = ""
    unit: Line = ""
    range: Range | None = None
    per: Positive = 1.0
    levels: Names = ()
    reference: Word | None = None
    ordered: bool = False
    decimals: int | None = Field(None, ge=0, le=8)

    @model_validator(mode="after")
    def _levels_or_numbers(self) -> Covariate:
        if self.levels and (self.range is not None or self.unit):
            hint = "Take `levels` out of a quantity, `unit` and `range` out of categories."
            raise RuleError("a covariate has `levels`, or `unit` and `range`, not both", hint)
        if self.reference is not None and self.reference not in self.levels:
            message = f"the reference '{self.reference}' is not one of the levels"
            raise RuleError(message, did_you_mean(self.reference, self.levels), "reference")
        if len(set(self.levels)) != len(self.levels):
            raise RuleError("a level is listed twice", "Take one out.", "levels")
        if len(self.levels) == 1:
            hint = "List every level, or leave `levels` out of a quantity."
            raise RuleError("a covariate needs two levels at least", hint, "levels")
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
    """Who is intervention and who is control: only here does a class of arms get a role."""

    intervention: Names
    control: Names
    title: Line = ""

    @model_validator(mode="after")
    def _disjoint(self) -> Comparison:
        both = set(self.intervention) & set(self.control)
        if both:
            hint = "A class is intervention or control: take it out of one side."
            raise RuleError(f"'{sorted(both)[0]}' stands on both sides", hint, "control")
        return self


class TwoStage(Node):
    """How the two-stage check beside the one-step model pools."""

    method: Literal["reml", "dersimonian-laird", "paule-mandel"] = "reml"
    test: Literal["knha", "knha-plain", "normal"] = Field(
        "knha",
        description="Interval and p of the pooled effect: knha is the Hartung–Knapp–Sidik–Jonkman adjustment that never "
        "narrows the interval (factor at least 1), knha-plain the same without that guard.",
    )


class Descriptive(Node):
    """Baseline characteristics of the participants, by side of a comparison."""

    method: Literal["descriptive"]
    sides_of: Word
    variables: Names
    standardised_difference: bool = False


class Pooled(Node):
    """What every method that estimates treatment effects needs: who, when, against whom, and adjusted for what."""

    method: str
    outcomes: Names = ("all",)
    follow_up: Names = ("all",)
    comparisons: Names = ("all",)
    adjust_for: Names = ("baseline",)
    minimum_trials: int = Field(2, ge=1, le=MOST)
    treatment_effect: Literal["random", "common"] = "random"
    level: float = Field(0.95, gt=0.5, lt=1)


class MetaAnalysis(Pooled):
    """One-step meta-analysis of every outcome x follow-up x comparison."""

    method: Literal["meta-analysis"]
    intercept: Literal["stratified", "random"] = "stratified"
    covariance: Literal["independent", "unstructured"] = "independent"
    adjuster_slopes: Literal["common", "stratified"] = "common"
    residual: Literal["common", "by-trial"] = "common"
    estimation: Literal["reml", "ml"] = "reml"
    inference: Literal["kenward-roger", "satterthwaite", "normal"] = "kenward-roger"
    df_floor: Literal["trials-1", "none"] = "trials-1"
    two_stage: TwoStage = TwoStage()


class Tiers(Node):
    """Below which p an interaction is called significant, and below which weak."""

    significant: float = Field(0.05, gt=0, lt=1)
    weak: float = Field(0.20, gt=0, lt=1)

    @model_validator(mode="after")
    def _ordered(self) -> Tiers:
        if self.weak < self.significant:
            raise RuleError("`weak` lies below `significant`", "Both are limits of p, and `weak` is the larger one.")
        return self


class Moderators(Pooled):
    """The interaction of treatment with each moderator: one model for every outcome x follow-up x comparison x moderator.

    `reading` is the one that is tested and that feeds the searches; the result holds all three.
    """

    method: Literal["moderators"]
    moderators: Names
    reading: Literal["within", "naive"] = "within"
    inference: Literal["kenward-roger", "satterthwaite", "normal"] = "kenward-roger"
    df_floor: Literal["trials-1", "none"] = "trials-1"
    tiers: Tiers = Tiers()
    percentiles: tuple[Annotated[float, Field(ge=0, le=100)], ...] = (10, 50, 90)
    expected: dict[str, str] = {}

    @field_validator("percentiles")
    @classmethod
    def _no_shares(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if value and 0 < max(value) <= 1:
            meant = ", ".join(f"{100 * one:g}" for one in value)
            raise RuleError("`percentiles` are all below the first one", f"They run from 0 to 100: write [{meant}].")
        return value


class FromScreening(Node):
    """Moderators of a search taken from a screening: those whose interaction has a p below a limit."""

    from_: Word = Field(alias="from")
    p_below: float = Field(0.20, gt=0, le=1)


def _share(value: Any) -> Any:
    """`5%` is a share of the people of the analysis, a whole number counts people."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", value) if isinstance(value, str) else None
    if found is None:
        return value
    share = float(found[1]) / 100
    if not 0 < share < 1:
        raise RuleError(
            f"'{value}' is no share of the people", "Write more than 0% and less than 100%, or a number of people."
        )
    return share


def _people_or_share(value: float) -> float:
    if value >= 1 and value != int(value):
        message = f"'{value:g}' is neither a number of people nor a share such as 5%"
        raise RuleError(message, f"For a share write {value:g}%, for people a whole number.")
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


class Search(Pooled):
    """A search for subgroups: its moderators, who enters, and how small a subgroup may be.

    Without `min_size` the statistical default of the method holds.
    """

    moderators: Chosen
    min_size: Size | None = None
    min_arm: int = Field(10, ge=1, le=MOST)
    min_trials: int = Field(2, ge=1, le=MOST)


class RecursivePartitioning(Search):
    """RP (IPD-SIDES): subgroups by recursive partitioning with mixed models.

    `missing: complete` takes people who have every moderator of the search; `available` tries each on those who have it.
    """

    method: Literal["recursive-partitioning"]
    missing: Literal["complete", "available"] = "complete"
    criterion: Literal["interaction", "differential", "maximum", "directional"] = "interaction"
    multiplicity: Literal["sidak-modified", "sidak", "none"] = "sidak-modified"
    across: Literal["sidak", "none"] = "sidak"
    information: Literal["pooled", "within"] = "pooled"
    alpha: float = Field(0.05, gt=0, le=1)
    gamma: Levels | None = (1.0,)
    depth: int = Field(2, ge=1, le=5)
    width: int = Field(3, ge=1, le=MOST)
    max_cuts: int = Field(100, ge=1, le=MOST)


class DirectedPeeling(Search):
    """ARDP: the frontier of box-shaped subgroups by size, each moderator peeled from one side."""

    method: Literal["directed-peeling"]
    directions: dict[str, Literal["higher gain more", "lower gain more"]] = {}
    objective: Literal["interaction", "effect"] = "interaction"
    alpha: float = Field(0.05, gt=0, lt=1)
    beam: int = Field(10, ge=1, le=MOST)
    bin_width: float = Field(0.01, gt=0, le=0.5)
    min_fraction: float = Field(0.10, gt=0, lt=1)


class Agreement(Node):
    """Who is in the subgroups of a recursive partitioning and who in the boxes of a directed peeling."""

    method: Literal["agreement"]
    partition: Word
    peeling: Word
    sizes: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = (0.2, 0.5)


Analysis = Annotated[
    Descriptive | MetaAnalysis | Moderators | RecursivePartitioning | DirectedPeeling | Agreement,
    Field(discriminator="method"),
]

Show = Literal[
    "included-trials",
    "descriptive",
    "forest",
    "forest-by-trial",
    "estimates",
    "estimates-by-trial",
    "analysed",
    "availability",
    "outcome-measures",
    "interaction-forest",
    "interaction-estimates",
    "effect-at-values",
    "subgroup-tree",
    "subgroup-forest",
    "subgroups",
    "cut-profiles",
    "rejected-splits",
    "peeling-trajectories",
    "peeling-thresholds",
    "agreement",
]


def _significant(value: Any) -> Any:
    found = re.fullmatch(r"\s*(\d+)\s+significant\s*", value) if isinstance(value, str) else None
    return int(found[1]) if found else value


class Rounding(Node):
    """How many decimals a kind of number is printed with, half away from zero; p values by significant figures.

    There are more where a p value would be printed as a limit that it is not, the end of an interval clear of zero as zero, or a
    share as none or all.
    """

    effect: int = Field(2, ge=0, le=8)
    mean: int = Field(2, ge=0, le=8)
    percent: int = Field(1, ge=0, le=8)
    scaled: int = Field(1, ge=0, le=8)
    heterogeneity: int = Field(2, ge=0, le=8)
    p: Annotated[int, BeforeValidator(_significant)] = Field(2, ge=1, le=8)


class RoundingHere(Node):
    """Decimals of one artefact, where they differ from the policy."""

    effect: int | None = Field(None, ge=0, le=8)
    mean: int | None = Field(None, ge=0, le=8)
    percent: int | None = Field(None, ge=0, le=8)
    scaled: int | None = Field(None, ge=0, le=8)
    heterogeneity: int | None = Field(None, ge=0, le=8)


class Artefact(Node):
    """A numbered table, figure or appendix of the report.

    `of` names the analysis that is shown, `beside` further ones of which `analysed` tells who entered.
    """

    series: Line
    show: Show
    of: Word | None = None
    beside: Names = ()
    name: Line = ""
    title: Line = ""
    comparison: Names = ()
    outcome: Names = ()
    follow_up: Names = ()
    scale: Literal["natural", "0-100"] = "natural"
    parts: Literal["none", "by outcome", "by comparison", "by follow-up"] = "none"
    sizes: tuple[Annotated[float, Field(gt=0, le=1)], ...] = ()
    rounding: RoundingHere = RoundingHere()
    notes: Names = ()


if TYPE_CHECKING:
    Format = str
else:
    Format = Annotated[
        Literal[tuple(formats())],
        WithJsonSchema({"oneOf": [{"const": name, "description": says} for name, says in formats().items()]}),
    ]


class Report(Node):
    """What the appendix holds, in this order; numbered within each series."""

    formats: tuple[Format, ...] = tuple(BUILT_IN)
    contents: tuple[Artefact, ...] = ()


class Policy(Node):
    """Rules for the whole report."""

    minimum_cell: int = Field(5, ge=0, le=MOST)
    rounding: Rounding = Rounding()
    profile: Literal["draft", "final"] = "final"


class Study(Node):
    """A whole study file."""

    study: About
    trials: Names
    arm_classes: Names
    follow_up: dict[Word, Window]
    instruments: dict[Word, Instrument]
    outcomes: dict[Word, Outcome]
    covariates: dict[Word, Covariate] = {}
    comparisons: dict[Word, Comparison]
    analyses: dict[Word, Analysis] = {}
    report: Report = Report()
    policy: Policy = Policy()
    fidelity: str | None = None
