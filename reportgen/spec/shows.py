"""What a report may show: the options of each artefact, one class each, and nothing of how it looks.

`SHOWS` has the class for each `show` of the study file. An artefact from elsewhere is a class of its own, registered by
`@show`, and a `Show` of the same name in `views`. An option that means something for several artefacts is a mixin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import ConfigDict, Field

from reportgen.spec.forests import InWidth, OnAxis, RowsInOrder, TrialsInOrder, WithEffectColumns, WithTrialColumns
from reportgen.spec.methods import METHODS
from reportgen.spec.model import Line, Names, Node, Word
from reportgen.spec.registered import Registered, add

META_ANALYSIS = ("meta-analysis",)
MODERATORS = ("moderators",)
PARTITIONING = ("recursive-partitioning",)
PEELING = ("directed-peeling",)
Decimals = Annotated[int | None, Field(ge=0, le=8)]


class RoundingHere(Node):
    """Decimals of one artefact, where they differ from the policy."""

    effect: Decimals = Field(None, description="Effects and their intervals; by default the decimals of the policy.")
    mean: Decimals = Field(None, description="Means and standard deviations; by default the decimals of the policy.")
    percent: Decimals = Field(None, description="Percentages; by default the decimals of the policy.")
    scaled: Decimals = Field(None, description="Effects on a scale of 0 to 100; by default the decimals of the policy.")
    heterogeneity: Decimals = Field(
        None, description="Standard errors and variation between trials; by default the decimals of the policy."
    )


class Artefact(Node):
    """A numbered table, figure or appendix of the report.

    `methods` are those that the analysis in `of` may have. `refused` says of keys
    that other artefacts have why this one has not.
    """

    methods: ClassVar[tuple[str, ...]] = ()
    refused: ClassVar[Mapping[str, str]] = {"of": "it shows the repository, not an analysis"}

    @classmethod
    def shown_methods(cls) -> tuple[str, ...]:
        """Return the methods that the analysis in `of` may have."""
        return cls.methods

    series: Line = Field(description="Series in which it is numbered: `Table`, `Fig.`, `Appendix` or another name.")
    show: str = Field(description="Which table or figure it is.")
    name: Line = Field(
        "", description="Name of its files and for `--only`; by default made from series and number, as in `table1`."
    )
    title: Line = Field("", description="Caption; by default describes what is shown.")
    notes: Names = Field((), description="Additional notes printed below it.")
    in_: Literal["appendix", "audit"] = Field(
        "appendix",
        alias="in",
        description="The file that holds it where `length` of the report is `appendix`: the appendix, or the audit file. Its "
        "number is the same in either.",
    )


def _asking_for_an_analysis(schema: dict[str, Any]) -> None:
    """Let an editor ask for `of`; where it is missing, `check_report` says which analyses it could name."""
    schema["required"] = [*schema["required"], "of"]


class OfAnalysis(Artefact):
    """An artefact that shows an analysis."""

    model_config = ConfigDict(json_schema_extra=_asking_for_an_analysis)
    refused: ClassVar[Mapping[str, str]] = {}

    of: Word | None = Field(None, description="The analysis that is shown, by name.")


class Limited(OfAnalysis):
    """An artefact that may show a part of what its analysis holds."""

    comparison: Names = Field((), description="Comparisons that are shown, by name; by default all of the analysis.")
    outcome: Names = Field((), description="Outcomes that are shown, by name; by default all of the analysis.")
    follow_up: Names = Field(
        (), description="Follow-up windows that are shown, by name; by default all of the analysis."
    )


class Sized(Limited):
    """An artefact of subgroups of chosen sizes."""

    sizes: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field(
        (), description="Sizes of the subgroups, as proportions of the participants peeled; 0.1, 0.2, … 0.9 by default."
    )


class InParts(Node):
    """An artefact that may fall into lettered parts."""

    parts: Literal["none", "by outcome", "by comparison", "by follow-up"] = Field(
        "none", description="Which results get separate lettered parts; comparisons are always separate."
    )


class OnScale(Node):
    """An artefact whose effects may stand on one scale."""

    scale: Literal["natural", "0-100"] = Field(
        "natural",
        description="`natural`: in the units of each outcome; `0-100`: rescaled to the range of the outcome, so that several "
        "outcomes can be compared.",
    )


class Rounded(Node):
    """An artefact that prints estimates, which it may round in its own way."""

    rounding: RoundingHere = Field(
        RoundingHere(),
        description="Decimals of this artefact only, where a journal requires others than those of the policy.",
    )


SHOWS: dict[str, type[Artefact]] = {}
"""The options of each artefact, by the word behind `show`."""

ShowT = TypeVar("ShowT", bound=Artefact)
AnyArtefact = Annotated[Artefact, Registered("show", SHOWS)]


def show(options: type[ShowT]) -> type[ShowT]:
    """Register the options of an artefact under the word that its `show` allows.

    Raises
    ------
    ValueError
        Another class has that word.
    """
    return add(options, "show", SHOWS)


@show
class IncludedTrials(Artefact):
    """Trials with their arms and participants."""

    show: Literal["included-trials"]
    """Which table or figure this is."""


@show
class Availability(Artefact):
    """A figure of the measures collected by each trial and visit, with numbers of participants."""

    show: Literal["availability"]
    """Which table or figure this is."""


@show
class OutcomeMeasures(Artefact):
    """The instrument that each trial contributes to each outcome."""

    show: Literal["outcome-measures"]
    """Which table or figure this is."""


@show
class BaselineTable(Rounded, OfAnalysis):
    """Baseline characteristics by side of a comparison."""

    methods = ("descriptive",)
    show: Literal["descriptive"]
    """Which table or figure this is."""


@show
class EventsTable(InParts, Limited):
    """Events and people by arm, trial and follow-up, with the difference in risk."""

    methods = ("events",)
    show: Literal["events"]
    """Which table or figure this is."""


@show
class Forest(OnScale, OnAxis, WithEffectColumns, RowsInOrder, InParts, Rounded, Limited):
    """A forest plot of pooled effects."""

    methods = META_ANALYSIS
    show: Literal["forest"]
    """Which table or figure this is."""


@show
class ForestByTrial(OnAxis, WithTrialColumns, TrialsInOrder, InParts, Rounded, Limited):
    """A forest plot of the trials for each pooled effect."""

    methods = META_ANALYSIS
    show: Literal["forest-by-trial"]
    """Which table or figure this is."""


@show
class Estimates(OnScale, InParts, Rounded, Limited):
    """Pooled effects in numbers, with heterogeneity and the two sensitivity analyses."""

    methods = META_ANALYSIS
    show: Literal["estimates"]
    """Which table or figure this is."""


@show
class AbsoluteEffects(InParts, Limited):
    """What the pooled ratios of events mean for a thousand people: risk in the control groups, difference, number needed to treat."""

    methods = META_ANALYSIS
    show: Literal["absolute-effects"]
    """Which table or figure this is."""


@show
class EstimatesByTrial(Rounded, Limited):
    """The effects of the trials in numbers, a part for each pooled effect."""

    methods = META_ANALYSIS
    show: Literal["estimates-by-trial"]
    """Which table or figure this is."""


@show
class SubsetForest(OnAxis, InParts, Rounded, Limited):
    """A forest plot of effects in subgroups fixed in advance, with p of the test for differences between them."""

    methods = ("subgroup-differences",)
    show: Literal["subset-forest"]
    """Which table or figure this is."""


@show
class SubsetEstimates(InParts, Rounded, Limited):
    """Effects in subgroups fixed in advance in numbers, with the tests for differences between them."""

    methods = ("subgroup-differences",)
    show: Literal["subset-estimates"]
    """Which table or figure this is."""


@show
class Analysed(InParts, Limited):
    """Participants analysed and excluded, with reasons."""

    show: Literal["analysed"]
    """Which table or figure this is."""
    beside: Names = Field((), description="Further analyses shown in the same table, by name.")

    @classmethod
    def shown_methods(cls) -> tuple[str, ...]:
        """Return the methods whose records say who entered."""
        return tuple(name for name, kind in METHODS.items() if kind.reports_participants)


@show
class InteractionForest(OnAxis, RowsInOrder, InParts, Rounded, Limited):
    """A forest plot of the interaction of treatment with each moderator."""

    methods = MODERATORS
    show: Literal["interaction-forest"]
    """Which table or figure this is."""


@show
class InteractionEstimates(InParts, Rounded, Limited):
    """The interactions in numbers, in all three readings."""

    methods = MODERATORS
    show: Literal["interaction-estimates"]
    """Which table or figure this is."""


class OfModerators(Node):
    """An artefact that may show some of the moderators of a screening."""

    moderators: Names = Field(
        (), description="Moderators that are shown, by name; by default all that the analysis screens."
    )


@show
class InteractionByTrial(OnAxis, TrialsInOrder, OfModerators, Rounded, Limited):
    """A forest plot of the interaction in each trial, for each moderator, with the trials pooled and the reading across trials."""

    methods = MODERATORS
    show: Literal["interaction-by-trial"]
    """Which table or figure this is."""


@show
class InteractionByTrialEstimates(OfModerators, Rounded, Limited):
    """The interactions of the trials in numbers."""

    methods = MODERATORS
    show: Literal["interaction-by-trial-estimates"]
    """Which table or figure this is."""


@show
class EffectAtValues(Rounded, Limited):
    """Treatment effects at selected values of each moderator."""

    methods = MODERATORS
    show: Literal["effect-at-values"]
    """Which table or figure this is."""


@show
class EffectAtValuesForest(OnAxis, OfModerators, Rounded, Limited):
    """A forest plot of treatment effects in the levels of moderators and at selected values, with p of each interaction."""

    methods = MODERATORS
    show: Literal["effect-at-values-forest"]
    """Which table or figure this is."""


@show
class Credibility(Limited):
    """ICEMAN's items for each suggested effect modification, by a moderator or in a subgroup, answered from the numbers, with a
    suggested rating."""

    methods = (*MODERATORS, *PARTITIONING, *PEELING)
    show: Literal["credibility"]
    """Which table or figure this is."""


@show
class SubgroupTree(OnAxis, Rounded, Limited):
    """The trees of a recursive partitioning."""

    methods = PARTITIONING
    show: Literal["subgroup-tree"]
    """Which table or figure this is."""


@show
class SubgroupForest(OnAxis, Rounded, Limited):
    """A forest plot of the effects in subgroups and in everybody else."""

    methods = PARTITIONING
    show: Literal["subgroup-forest"]
    """Which table or figure this is."""


@show
class Subgroups(Rounded, Limited):
    """Subgroups of a recursive partitioning in numbers, and the moderators that were searched."""

    methods = PARTITIONING
    show: Literal["subgroups"]
    """Which table or figure this is."""


@show
class SearchHonesty(Rounded, Limited):
    """Results of each search after random draws: effects as found, corrected and in trials held out, and a verdict."""

    methods = (*PARTITIONING, *PEELING)
    show: Literal["search-honesty"]
    """Which table or figure this is."""


@show
class CutProfiles(Limited):
    """A figure of the cut points assessed for each moderator."""

    methods = PARTITIONING
    show: Literal["cut-profiles"]
    """Which table or figure this is."""


@show
class RejectedSplits(Limited):
    """The best rejected splits of each node, with reasons."""

    methods = PARTITIONING
    show: Literal["rejected-splits"]
    """Which table or figure this is."""


@show
class PeelingTrajectories(InWidth, Sized):
    """A figure of the effect by size of the best subgroup; `sizes` are marked in it."""

    methods = PEELING
    show: Literal["peeling-trajectories"]
    """Which table or figure this is."""


@show
class PeelingThresholds(Rounded, Sized):
    """Limits, people and effects of the subgroups of selected sizes."""

    methods = PEELING
    show: Literal["peeling-thresholds"]
    """Which table or figure this is."""


@show
class AgreementTables(OfAnalysis):
    """Participants in the subgroups of both searches, and their characteristics."""

    methods = ("agreement",)
    show: Literal["agreement"]
    """Which table or figure this is."""
