"""The evaluation file: a grid of simulated meta-analyses, and the searches that are tried in each cell of it.

In: YAML that says how trials may look (sizes, scatter, variances), whom treatment really helps more, and which searches are
to be judged. Out: an `EvaluationSpec` with its scenarios, or every fault with its place. No study file is needed: searches
speak the words of one.
Units: one is the residual standard deviation of the outcome in the control arm.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator
from ruamel.yaml import YAML

from reportgen.errors import Problem, SpecError, did_you_mean
from reportgen.origin import Origin
from reportgen.spec.analyses import Size, of_the_criterion
from reportgen.spec.draws import FEWEST, Number
from reportgen.spec.load import read_tolerantly
from reportgen.spec.model import MOST, Line, Node, Positive, Real, RuleError, Two, Word, listed
from reportgen.spec.source import Source, Step, read_source
from reportgen.spec.text import as_text
from reportgen.spec.variables import interval_of

MOST_CELLS = 2_000
"""Scenarios times searches: more than that nobody reads."""
MOST_SEARCHED = 2_000_000
"""Data sets times searches."""
MOST_PEOPLE = 200_000
"""People of one data set."""

Count = Annotated[int, Field(ge=1, le=MOST)]
Spread = Annotated[float, Field(ge=0, le=100)]
Spreads = Annotated[tuple[Spread, ...], BeforeValidator(listed), Field(min_length=1)]
Share = Annotated[float, Field(gt=0, lt=1)]


class About(Node):
    """What is evaluated: the title of the report, the seed, how many data sets, and from when on a search has said something."""

    title: Line = "Operating characteristics of searches for subgroups"
    """Title of the report."""
    seed: int = Field(ge=0, le=2**63 - 1)
    """Seed of every random draw: the same file gives the same numbers, with however many processes."""
    data_sets: int = Field(ge=1)
    """How many data sets are simulated in each scenario; more of them add to those made."""
    alpha: float = Field(0.05, gt=0, lt=1)
    """A subgroup is supported if its p of the search is at most this."""
    level: float = Field(0.95, ge=0.5, le=0.999)
    """Level of the intervals whose coverage is counted."""


class Trials(Node):
    """The trials of a data set: how many, with how many people, and how many of them have the intervention."""

    number: Count | None = None
    """How many trials; as many as sizes are listed unless given."""
    people: Annotated[tuple[Annotated[int, Field(ge=4, le=MOST)], ...], BeforeValidator(listed), Field(min_length=1)]
    """People of each trial: one number for all of them, or a list."""
    allocation: Annotated[tuple[Share, ...], BeforeValidator(listed), Field(min_length=1)] = (0.5,)
    """Share of the people who have the intervention: one for all trials, or a list."""

    @model_validator(mode="after")
    def _fit(self) -> Trials:
        number = self.number or max(len(self.people), len(self.allocation))
        for name in ("people", "allocation"):
            given = len(getattr(self, name))
            if given not in (1, number):
                raise RuleError(
                    f"{given} values of '{name}' for {number} trials", f"Give one, or {number} of them.", name
                )
        if number * max(self.people) > MOST_PEOPLE and sum(self.sizes) > MOST_PEOPLE:
            raise RuleError(
                f"{sum(self.sizes):,} people are too many for a data set", f"Take {MOST_PEOPLE:,} at most.", "people"
            )
        return self

    @property
    def sizes(self) -> tuple[int, ...]:
        """People of each trial."""
        number = self.number or max(len(self.people), len(self.allocation))
        return self.people * number if len(self.people) == 1 else self.people

    @property
    def allocations(self) -> tuple[float, ...]:
        """Share in the intervention arm of each trial."""
        return self.allocation * len(self.sizes) if len(self.allocation) == 1 else self.allocation


class Moderator(Node):
    """A covariate measured before randomisation: one of `range`, `mean` with `sd`, and `share`."""

    range: Annotated[tuple[int, int], Two] | None = None
    """Whole numbers from the first to the second, each as likely as another."""
    mean: Real | None = None
    """Mean of a normal distribution."""
    sd: Positive | None = None
    """Standard deviation of that distribution; 1 unless given."""
    share: Share | None = None
    """Share of the people who have the value 1, the others 0."""
    slope: Real = 0.0
    """How much the outcome changes with one standard deviation of it, whatever the treatment."""
    adjusted: bool = False
    """Whether the models are adjusted for it, as for a baseline value."""

    @model_validator(mode="after")
    def _one(self) -> Moderator:
        kinds = [name for name in ("range", "mean", "share") if getattr(self, name) is not None]
        if len(kinds) != 1:
            what = "no distribution" if not kinds else f"{' and '.join(kinds)} at once"
            raise RuleError(f"a moderator has {what}", "Give one of `range`, `mean` (with `sd`) and `share`.")
        if self.sd is not None and self.mean is None:
            raise RuleError("'sd' belongs to a 'mean'", "Give both, or neither.", "sd")
        if self.range is not None and not -MOST <= self.range[0] < self.range[1] <= MOST:
            raise RuleError("the range is empty or too wide", "Write the lower limit first.", "range")
        return self


class Residual(Node):
    """How the residual standard deviation differs between people; it is 1 in the control arm at the mean of the moderator."""

    intervention: Annotated[float, Field(gt=0, le=10)] = 1.0
    """Standard deviation in the intervention arm; that of the control arm is 1."""
    moderator: Word | None = None
    """A moderator on which it depends."""
    factor: Annotated[float, Field(gt=0, le=10)] = 1.0
    """By what it is multiplied with each standard deviation of that moderator."""

    @model_validator(mode="after")
    def _both(self) -> Residual:
        if (self.moderator is None) != (self.factor == 1.0):
            raise RuleError("'moderator' and 'factor' belong together", "Give both, or neither.")
        return self


class Planted(Node):
    """A subgroup that is really there: who belongs to it, and how much more treatment does for them."""

    where: dict[Word, Word] = Field(min_length=1)
    """One condition on each of some moderators, as in `{age: up to 49}` or `{pain: at least 5}`."""
    gain: Annotated[tuple[Annotated[float, Field(ge=0, le=100)], ...], BeforeValidator(listed), Field(min_length=1)]
    """How much larger the effect is inside, one or several; 0 is no modification."""

    @field_validator("where")
    @classmethod
    def _one_sided(cls, where: dict[str, str]) -> dict[str, str]:
        for name, text in where.items():
            if limit_of(text) is None:
                raise RuleError(
                    f"'{text}' is no limit", "Write it like 'up to 49', 'above 49' or 'at least 5'.", "where", name
                )
        return where


@dataclass(frozen=True, slots=True)
class Limit:
    """A condition: which side is inside, its limit, and whether the limit itself is."""

    side: Literal["low", "high"]
    value: float
    open: bool


def limit_of(text: str) -> Limit | None:
    """Read a condition with one limit; None where it is none.

    Examples
    --------
    >>> limit_of("up to 49"), limit_of("above 3").open, limit_of("8 to 10")
    (Limit(side='low', value=49.0, open=False), True, None)
    """
    interval = interval_of(text)
    if interval is None or (interval.low is None) == (interval.high is None):
        return None
    if interval.high is not None:
        return Limit("low", interval.high, interval.high_open)
    assert interval.low is not None
    return Limit("high", interval.low, interval.low_open)


class Screened(Node):
    """The screening whose moderators a search takes, repeated in every data set and draw."""

    p_below: float = Field(0.2, gt=0, le=1)
    """A moderator is searched if its p is smaller."""
    reading: Literal["within", "naive"] = "within"
    """Whose p: of the interaction within trials, or of that in a model of all people together."""
    interaction_effect: Literal["random", "common"] = "random"
    """Whether the interaction varies between trials: p then speaks of new trials, else of these."""
    adjuster_slopes: Literal["stratified", "common"] = "stratified"
    """Slopes of the adjusters and of the moderator itself: each trial's own (`stratified`), or `common` to all trials."""


class EvaluatedDraws(Node):
    """Random draws behind each search of each data set; few do, since there are many data sets."""

    sign_flips: Number = 0
    """Sign flips for p of the search: none, or 20 at least."""
    bootstrap: Number = 0
    """Bootstrap samples for corrected effects: none, or 20 at least."""
    curtailed: bool = False
    """Whether the sign flips of a data set end as soon as they decide whether p of the search is at most `alpha` (curtailed
    sampling). The decision is that of all sign flips, from fewer: without modification 3.6 of 20 on average. p itself is not
    known then, nor in how many sign flips a partitioning keeps a split: for that all of them are needed."""

    @model_validator(mode="after")
    def _something_to_end(self) -> EvaluatedDraws:
        if self.curtailed and not self.sign_flips:
            raise RuleError(
                "there are no sign flips to end early",
                f"Give `sign_flips`, {FEWEST} or more, or leave `curtailed` out.",
                "curtailed",
            )
        return self


class Tried(Node):
    """What every search that is judged has in common."""

    screening: Screened | None = None
    """A screening that comes before it; all moderators are searched unless given."""
    draws: EvaluatedDraws = EvaluatedDraws()
    """How many random draws stand behind each search."""
    held_out: bool = True
    """Whether each trial is left out in turn; needs three trials."""
    data_sets: Count | None = None
    """Fewer data sets than the evaluation has, for a search that is slow."""
    min_size: Size | None = None
    """How many people a subgroup needs: a number, or a share as in `5%`; the method has a default."""
    min_arm: Count = 10
    """How many people a subgroup needs in each arm."""
    min_trials: Count = 2
    """How many trials with both arms a subgroup needs."""
    adjuster_slopes: Literal["stratified", "common"] = "stratified"
    """Slopes of the adjusters: each trial's own (`stratified`), or `common` to all trials; a partitioning with another
    criterion than `interaction` has `common` ones."""


class TriedPartitioning(Tried):
    """Recursive partitioning (RP, IPD-SIDES), with the options of a study file."""

    method: Literal["recursive-partitioning"]
    """Subgroups by recursive partitioning."""
    criterion: Literal["interaction", "differential", "maximum", "directional"] = "interaction"
    """By what a cut is judged."""
    multiplicity: Literal["sidak-modified", "sidak", "none"] = "sidak-modified"
    """How p of the best cut of a moderator is adjusted for the number of its cuts."""
    across: Literal["sidak", "none"] = "sidak"
    """Whether p is adjusted for the number of moderators of the node as well."""
    count_screened: bool = True
    """Whether that number counts the moderators which the screening sorted out as well."""
    information: Literal["within", "pooled"] = "within"
    """With the criterion `interaction`: from differences within trials only (`within`), or from within and between trials
    (`pooled`). The other criteria are always `pooled`."""
    alpha: float = Field(0.05, gt=0, le=1)
    """With the criterion `interaction`: a split is kept if its adjusted p is at most this."""
    gamma: float | None = Field(1.0, gt=0, le=1)
    """With the other criteria: a split is kept if p of treatment inside is at most this share of that in its node."""
    depth: int = Field(2, ge=1, le=5)
    """The most conditions of a subgroup."""
    width: Count = 3
    """How many moderators are looked at in a node."""
    max_cuts: Count = 100
    """A moderator with more values than this is cut at so many quantiles."""

    @model_validator(mode="before")
    @classmethod
    def _of_the_criterion(cls, value: Any) -> Any:
        """Give the other criteria the defaults that apply to them, as a study file does."""
        return of_the_criterion(value)

    @model_validator(mode="after")
    def _within(self) -> TriedPartitioning:
        for name, word in {"information": "within", "adjuster_slopes": "stratified"}.items():
            if getattr(self, name) == word and self.criterion != "interaction":
                raise RuleError(
                    f"'{name}: {word}' says something of the criterion 'interaction' alone",
                    "Leave one of them out.",
                    name,
                )
        return self


class TriedPeeling(Tried):
    """Directed peeling (ARDP), with the options of a study file."""

    method: Literal["directed-peeling"]
    """A frontier of box-shaped subgroups by directed peeling."""
    size: Share | None = None
    """Share of the people whose box is judged; the box with the largest z unless given."""
    objective: Literal["interaction", "effect"] = "interaction"
    """By what a subgroup is judged: the interaction of treatment with being inside, or the effect inside."""
    information: Literal["within", "pooled"] = "within"
    """Of the interaction: from differences within trials only (`within`), or from within and between trials (`pooled`)."""
    directions: dict[Word, Literal["higher gain more", "lower gain more"]] = {}
    """Who gains more along a moderator, where it is not to be found from the data."""
    alpha: Share = 0.05
    """The least share of the people of a subgroup that a step removes."""
    beam: Count = 10
    """How many subgroups of a size are peeled on."""
    bin_width: float = Field(0.01, gt=0, le=0.5)
    """Steps of size in which the best subgroups are kept, as a share of the people."""
    min_fraction: Share = 0.10
    """The smallest size, as a share of the people."""

    @model_validator(mode="after")
    def _whole_size(self) -> TriedPeeling:
        if self.min_size is not None and self.min_size < 1:
            raise RuleError(
                "a peeling has its smallest share in 'min_fraction'", "Give a number of people here.", "min_size"
            )
        return self


AnyTried = Annotated[TriedPartitioning | TriedPeeling, Field(discriminator="method")]


class Evaluation(Node):
    """An evaluation file: simulated meta-analyses in a grid, and searches that are judged in each cell of it."""

    evaluation: About
    """What is evaluated, and how often."""
    trials: dict[Word, Trials] = Field(min_length=1)
    """Sets of trials, by a name of their own; each is an axis point of the grid."""
    moderators: dict[Word, Moderator] = Field(min_length=1)
    """Covariates that are searched, and how they predict the outcome."""
    effect: Real = 0.4
    """Effect of treatment outside of any subgroup, on average over trials."""
    tau: Spreads = (0.0,)
    """Standard deviation of the effect of treatment between trials: one or several."""
    interaction_scatter: Spreads = (0.0,)
    """Standard deviation between trials of the interaction with each moderator, per standard deviation of it, around 0."""
    slope_scatter: Spreads = (0.0,)
    """Standard deviation between trials of the slope of each moderator, around its `slope`."""
    residuals: dict[Word, Residual] = Field({"equal": Residual()}, min_length=1)
    """Ways in which residual variances differ, by a name of their own; equal ones unless given."""
    planted: dict[Word, Planted] = {}
    """Subgroups that are really there, by a name of their own; none unless given."""
    searches: dict[Word, AnyTried] = Field(min_length=1)
    """Searches that are judged, by a name of their own."""


@dataclass(frozen=True, slots=True)
class Cell:
    """How the data sets of a scenario are made: all that a random draw depends on, and no name.

    Attributes
    ----------
    trials : Trials
    moderators : dict
    effect, tau, interaction_scatter, slope_scatter : float
    residual : Residual
    where : dict
        Conditions of the planted subgroup; empty without modification.
    gain : float
    """

    trials: Trials
    moderators: dict[str, Moderator]
    effect: float
    tau: float
    interaction_scatter: float
    slope_scatter: float
    residual: Residual
    where: dict[str, str]
    gain: float

    @property
    def key(self) -> int:
        """A number of 64 bits that stands for it in seeds: another scenario beside it changes none of its data sets."""
        nodes = {"trials": self.trials, "residual": self.residual, **self.moderators}
        settings = {name: node.model_dump(mode="json", exclude_defaults=True) for name, node in nodes.items()}
        plain = [self.effect, self.tau, self.interaction_scatter, self.slope_scatter, self.where, self.gain]
        text = json.dumps([settings, plain], sort_keys=True)
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A cell of the grid with the names that its values have in the file.

    Attributes
    ----------
    number : int
        From 1.
    trials, residual, planted : str
        Names; `planted` is empty without modification.
    cell : Cell
    """

    number: int
    trials: str
    residual: str
    planted: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class EvaluationSpec:
    """A checked evaluation file and where its lines stand."""

    file: Evaluation
    source: Source

    @property
    def name(self) -> str:
        """The name of its folder, or of the file where that is not called `evaluation.yaml`."""
        path = self.source.path.resolve()
        return as_text(path.parent.name if path.stem == "evaluation" else path.stem)

    def at(self, *path: Step) -> Origin:
        """Return where a path of the file was written."""
        return self.source.at(*path)

    def data_sets(self, search: str) -> int:
        """Return in how many data sets of a scenario a search is tried."""
        asked = self.file.evaluation.data_sets
        return min(self.file.searches[search].data_sets or asked, asked)

    def scenarios(self) -> tuple[Scenario, ...]:
        """Return the cells of the grid in the order of the file; without modification before with it."""
        return tuple(_scenarios(self.file))


def _truths(file: Evaluation) -> list[tuple[str, float]]:
    """What is planted: nothing first, once, if nothing is planted or some gain is 0."""
    pairs = [(name, gain) for name, item in file.planted.items() for gain in dict.fromkeys(item.gain)]
    real = [(name, gain) for name, gain in pairs if gain > 0]
    return [*([("", 0.0)] if len(real) < len(pairs) or not pairs else []), *real]


def _size(file: Evaluation) -> int:
    """How many cells the grid has, without making it."""
    axes = (file.trials, set(file.tau), set(file.interaction_scatter), set(file.slope_scatter), file.residuals)
    return math.prod(map(len, axes)) * len(_truths(file))


def _scenarios(file: Evaluation) -> Iterator[Scenario]:
    spreads = product(*map(dict.fromkeys, (file.tau, file.interaction_scatter, file.slope_scatter)))
    points = product(file.trials.items(), spreads, file.residuals.items(), _truths(file))
    for number, ((trials, design), (tau, interaction, slope), (residual, variances), (planted, gain)) in enumerate(
        points, 1
    ):
        where = dict(file.planted[planted].where) if planted else {}
        cell = Cell(design, file.moderators, file.effect, tau, interaction, slope, variances, where, gain)
        yield Scenario(number, trials, residual, planted, cell)


def load_evaluation(path: Path) -> EvaluationSpec:
    """Read and check an evaluation file.

    Raises
    ------
    SpecError
        With every problem found; also where the grid is too large, before anything of it is made.
    """
    source = read_source(path, "an evaluation file")
    file, problems, source = read_tolerantly(Evaluation, source)
    if file is None:
        raise SpecError(problems)
    problems += [*_refers(file, source), *_too_many(file, source)]
    if problems:
        raise SpecError(problems)
    return EvaluationSpec(file, source)


def _refers(file: Evaluation, source: Source) -> Iterator[Problem]:
    """Say which names of moderators stand for none."""
    named: list[tuple[str, tuple[Step, ...]]] = []
    for name, residual in file.residuals.items():
        named += [(residual.moderator, ("residuals", name, "moderator"))] if residual.moderator else []
    for name, planted in file.planted.items():
        named += [(item, ("planted", name, "where", item)) for item in planted.where]
    for name, search in file.searches.items():
        if isinstance(search, TriedPeeling):
            named += [(direction, ("searches", name, "directions", direction)) for direction in search.directions]
    for moderator, place in named:
        if moderator not in file.moderators and moderator not in source.pruned:
            where = source.at(*place, key=place[-1] == moderator)
            yield Problem(f"there is no moderator '{moderator}'", where, did_you_mean(moderator, file.moderators))


def _too_many(file: Evaluation, source: Source) -> Iterator[Problem]:
    """Refuse a grid that nobody could wait for; it is counted, not made."""
    cells = _size(file)
    searches = len(file.searches)
    if cells * searches > MOST_CELLS:
        yield Problem(
            f"the grid has {cells:,} scenarios and {searches} search{'es' * (searches > 1)}: {cells * searches:,} cells",
            source.at("evaluation"),
            f"Leave values out until there are {MOST_CELLS:,} cells at most.",
        )
        return
    asked = file.evaluation.data_sets
    runs = cells * sum(min(search.data_sets or asked, asked) for search in file.searches.values())
    if runs > MOST_SEARCHED:
        yield Problem(
            f"{cells * searches:,} cells with up to {asked:,} data sets are {runs:,} searches",
            source.at("evaluation", "data_sets"),
            f"Ask for fewer: {MOST_SEARCHED:,} searches are the most.",
        )


def locked_evaluation(spec: EvaluationSpec) -> str:
    """Return an evaluation file with every default written out, as YAML."""
    out = io.StringIO()
    yaml = YAML(typ="safe")
    yaml.default_flow_style, yaml.allow_unicode, yaml.width = False, True, 4096
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(spec.file.model_dump(mode="json", exclude_none=True), out)
    return (
        "# Written by reportgen: the evaluation as it was understood, with every default that was used.\n"
        + out.getvalue()
    )
