"""The study file: what a statistician declares, and nothing that a program needs.

It reads like a protocol: arm classes, follow-up windows, instruments, outcomes, covariates, comparisons, named
analyses, the contents of the report and its policy. Each default stands here once and is written to
`study.lock.yaml`. What refers to what is checked in `check`, not here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    WithJsonSchema,
    model_validator,
)

from reportgen.errors import did_you_mean
from reportgen.formats import DEFAULT, formats
from reportgen.houses import HOUSES
from reportgen.spec.analyses import FEWEST_EVENTS, Agreement, Moderators, Search
from reportgen.spec.draws import Draws, Flips, effective
from reportgen.spec.methods import Analysis as Analysis
from reportgen.spec.methods import AnyAnalysis
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
)
from reportgen.spec.outcomes import Instrument, Outcome
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
    level: Literal["participant", "trial"] = "participant"
    """What has a value: each `participant`, or each `trial` as a whole, as its year or its risk of bias; the value of a trial stands
    under `characteristics` of its mapping. A covariate of trials can be a moderator in a screening, which then compares trials."""

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
    def of_trials(self) -> bool:
        """Whether it has one value for each trial."""
        return self.level == "trial"

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
    """Decimals of percentages: shares of people; by default shares of fewer than 100 people have none. I² is printed without
    decimals, weights with one, shares of random draws with one, or none where there are fewer than 100."""
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
