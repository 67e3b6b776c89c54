"""The simulation file: what invented trials look like, for a study whose mappings say how their files are written.

It speaks the words of the study file: covariates, instruments, classes of arms, comparisons. It says how people differ,
how they fare under usual care, what treatment adds and for whom, who is lost, and which printed summaries must come out
(`targets`). How a file is laid out and coded is not repeated here: the mapping says it, and the simulator reads it
backwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from reportgen.errors import Problem, SpecError, did_you_mean
from reportgen.spec.load import Spec, load_study, read_tolerantly
from reportgen.spec.mapping import Mapping, TrialColumn
from reportgen.spec.model import MOST, Code, Names, Node, Positive, Range, Real, RuleError, Word
from reportgen.spec.outcomes import uses_of
from reportgen.spec.source import Source, Step, read_source
from reportgen.spec.study import Study
from reportgen.spec.variables import interval_of

Months = dict[Real, Real]
"""Months since randomisation to a number; between two of them it runs straight, outside it stays level."""
Count = Annotated[int, Field(ge=0, le=MOST)]
Weight = Annotated[float, Field(ge=0, le=1e12)]
Losses = dict[Real, Annotated[float, Field(ge=0, lt=1)]]
"""Months since randomisation to the share of people lost by then."""


class About(Node):
    """What is simulated: the study, the seed of every draw, and what sampling error must not move.

    `exact_means` is the name of a comparison, whose pooled effects come out as declared while trials differ by chance;
    `arms`, where every arm's mean does; or `none`.
    """

    study: str = "study.yaml"
    """The study file whose trials are simulated, relative to this file."""
    seed: int = Field(ge=0, le=2**63 - 1)
    """Seed of every random draw: the same file and seed give the same bytes."""
    exact_means: Word = "none"
    """What sampling error must not move: the pooled effects of a comparison, by its name; `arms`, the mean of every
    arm; or `none`."""


class Trait(Node):
    """How a covariate, or an instrument before randomisation, differs between people.

    A number is `mean` + `sd` times a standard normal score; a level is drawn by its share. `loads` ties the score to the
    shared factors (for an instrument, a positive load makes it worse), so that traits go together. `limits` and `grid` are
    those of the values; `missing` is the share of people without one.
    """

    mean: Real | None = None
    """Mean between people, in the study's unit."""
    sd: Positive | None = None
    """Standard deviation between people; 1 where it is left out."""
    grid: Positive | None = None
    """Step between the values that can occur, as in 0.1; 1 by default."""
    decimals: int | None = Field(None, ge=0, le=12)
    """Decimals to which values are rounded."""
    limits: Range | None = None
    """Lowest and highest value that can occur; the range of the study file by default."""
    shares: dict[Word, Weight] = {}
    """Relative frequency of each level of a categorical covariate, in any unit."""
    loads: dict[Word, Real] = {}
    """Correlation of the trait with each shared factor; the squares add up to at most 1. For an instrument a
    positive load makes it worse."""
    missing: float | None = Field(None, ge=0, lt=1)
    """Share of people without a value; none by default."""

    @field_validator("loads")
    @classmethod
    def _leave_room(cls, value: dict[str, float]) -> dict[str, float]:
        if sum(load**2 for load in value.values()) > 1:
            raise ValueError("the squares of the loads add up to more than 1")
        return value


class Spread(Node):
    """A residual standard deviation of some people: those for whom every condition of `where` holds."""

    where: dict[Word, str]
    """For whom it holds: a level, or an interval such as `up to 54.2`, of each trait named."""
    sd: Positive
    """Their residual standard deviation, in points of the instrument."""


class Instrument(Trait):
    """How an instrument changes after randomisation, in its own points; a gain is a change for the better.

    `course` is the gain under usual care, `pull` how much of a worse start is gained back, `residual` the standard
    deviation of what is left; `effects` what each class of arms adds. `like` takes over what is not given here. People
    have a value before treatment also where no mapping has the instrument at baseline: it is then in no file.
    """

    like: Word | None = None
    """Another instrument from which everything is taken over that is not given here."""
    course: Months = {}
    """Mean gain since baseline under usual care, in points, by month."""
    pull: Real | None = None
    """Share of a worse start, compared with the trial's mean, that is gained back."""
    residual: Positive | None = None
    """Standard deviation of what is left of a change, in points."""
    residual_where: tuple[Spread, ...] = ()
    """Other residual standard deviations for some people."""
    effects: dict[Word, Months] = {}
    """What each class of arms adds to the gain, in points, by month."""
    risk: dict[Real, Annotated[float, Field(gt=0, lt=1)]] = {}
    """Of an event: share of people under usual care who have it, by month. `sd` is then the standard deviation of the log
    odds between people, 0 by default, and a positive load makes the event more likely."""
    rate: dict[Real, Positive] = {}
    """Of a count: events of a person under usual care in a unit of exposure, by month. `sd` is that of the log rate."""
    ratios: dict[Word, Positive] = {}
    """Of an event or a count: the odds or rate ratio of each class of arms to usual care."""

    @property
    def treated(self) -> tuple[str, ...]:
        """The classes of arms that have an effect."""
        return (*self.effects, *self.ratios)


class Residuals(Node):
    """Correlation of the residuals of one person: shared by all instruments, and kept from visit to visit (as
    variances)."""

    shared: float = Field(0.3, ge=0, le=1)
    """Share of the residual variance that all instruments of a person have in common."""
    persistent: float = Field(0.3, ge=0, le=1)
    """Share of the residual variance that an instrument keeps from visit to visit."""

    @model_validator(mode="after")
    def _leave_room(self) -> Residuals:
        if self.shared + self.persistent > 1:
            raise ValueError("`shared` and `persistent` add up to more than 1")
        return self


class Modifier(Node):
    """An effect modification: what is added to the effect on some instruments, for whom.

    It is added where every condition of `where` holds; with `by` it is added for each unit of that trait. Its mean over
    everybody in the trials that measured the instrument is taken off, so that the declared effects stay the average ones.
    It fades in time as the effect does.
    """

    of: Names
    """Instruments whose treatment effect is modified."""
    classes: Names = ()
    """Classes of arms whose effect is modified; all that have an effect by default."""
    where: dict[Word, str] = {}
    """For whom: a level, or an interval such as `up to 60`, of each trait named; everybody by default."""
    by: Word | None = None
    """A quantity for each unit of which `adds` is added."""
    adds: Real
    """What is added to the effect, in points of the instrument, or to the logarithm of the ratio of an event or a count;
    its mean over everybody is taken off."""


class Loss(Node):
    """Loss to follow-up: the proportion by month, how the odds depend on the factors, and single missing values."""

    share: Losses = {}
    """Share of people lost to follow-up by each month."""
    leans: dict[Word, Real] = {}
    """Increase in the log odds of being lost per standard deviation of a factor."""
    skipped: float = Field(0.0, ge=0, lt=1)
    """Share of single values that are missing though the person was followed up."""


class Figures(Node):
    """Summaries of one column of a printed table."""

    n: Count | None = None
    """Number of people with a value."""
    mean: Real | None = None
    """Mean, as printed."""
    sd: Annotated[float, Field(ge=0, le=1e12)] | None = None
    """Standard deviation, as printed."""
    counts: dict[Word, Count] = {}
    """Number of people at each level."""


class Target(Node):
    """What a variable's printed summaries are, by side of the comparison; `decimals` are those of mean and SD."""

    control: Figures = Figures()
    """Printed summaries of the control side."""
    intervention: Figures = Figures()
    """Printed summaries of the intervention side."""
    all: Figures = Figures()
    """Printed summaries of both sides together."""
    decimals: int = Field(2, ge=0, le=6)
    """Decimals of the printed means and standard deviations."""


class Targets(Node):
    """A printed table of baseline characteristics that the simulated people reproduce exactly."""

    sides_of: Word
    """The comparison whose sides the table has."""
    variables: dict[Word, Target]
    """What is printed of each covariate and instrument."""


class Here(Trait):
    """What is different in one trial: of a trait, and of an instrument's course and effects."""

    course: Months = {}
    """The trial's own gain under usual care, in points, by month."""
    effects: dict[Word, Months] = {}
    """The trial's own effects by class of arms, in points, by month; other classes keep the general ones."""
    risk: dict[Real, Annotated[float, Field(gt=0, lt=1)]] = {}
    """Of an event: the trial's own risk under usual care, by month."""
    rate: dict[Real, Positive] = {}
    """Of a count: the trial's own rate under usual care, by month."""
    ratios: dict[Word, Positive] = {}
    """Of an event or a count: the trial's own ratios by class of arms; other classes keep the general ones."""


class LeftOut(Node):
    """Participants in the file whom the mapping excludes: number by arm code, and the content of their columns."""

    arms: dict[Code, Count]
    """Number of people by arm's code."""
    set: dict[str, Code | None] = {}
    """Content of their columns, as in `{consent: 0}`."""


class File(Node):
    """What a data file holds beside what its mapping reads.

    `ids` writes the number of a participant, from `first`. A value that is missing is left blank in the share `blank`, else
    written as one of the mapping's codes for missing, or of `user_missing`, which an SPSS file declares itself. `title` are
    lines above the header, `sheets` the names of all sheets, `labels` the value labels by column, `extra` columns that
    nobody reads. `visits` are those written to this file; in a long file covariates stand in the baseline row, or with
    `repeat` in each.
    """

    ids: str = "{:d}"
    """How the number of a participant is written, as in `W{:04d}`."""
    first: Count = 1
    """Number of the first participant."""
    blank: float = Field(0.0, ge=0, le=1)
    """Share of missing values that are left blank; the others are written as a code for missing, where the mapping
    has one."""
    user_missing: tuple[Real, ...] = ()
    """Codes that an SPSS file declares as missing itself."""
    title: Names = ()
    """Lines above the header."""
    sheets: Names = ()
    """Names of all sheets of a workbook."""
    labels: dict[str, dict[Code, str]] = {}
    """Value labels by column and code, in place of those that follow from the mapping."""
    extra: dict[str, tuple[Code, ...]] = {}
    """Columns that nobody reads, with the values that they may hold; also that of a mapping's `site`, which else holds 1 to 4."""
    visits: Names = ()
    """Visits that are written to this file; all by default."""
    repeat: bool = False
    """Whether covariates stand in every row of a long file, not in the baseline row only."""

    @field_validator("ids")
    @classmethod
    def _writes_a_number(cls, value: str) -> str:
        if re.fullmatch(r"[^{}]*\{(?::0?[0-9]{0,2}d?)?\}[^{}]*", value) is None:
            raise RuleError(
                f"'{value}' has no place for a number", "Write a pattern such as 'W{:04d}': `W` and four digits."
            )
        return value


class Trial(Node):
    """One trial: how many people each arm's code holds, who is left out, who is lost, and what is different here."""

    arms: dict[Code, Count]
    """Number of people by arm's code, without those left out."""
    left_out: tuple[LeftOut, ...] = ()
    """Groups in the file whom the mapping leaves out."""
    loss: Losses = {}
    """Share of people lost by each month, in place of the general one."""
    open_items: float = Field(0.0, ge=0, lt=1)
    """Share of people who leave some items of a questionnaire open after baseline, never more than `at_least`
    allows."""
    here: dict[Word, Here] = {}
    """What is different here, by covariate or instrument."""
    files: tuple[File, ...] = (File(),)
    """How each of the mapping's files is written, in their order."""


class Simulation(Node):
    """A whole simulation file."""

    simulation: About
    """The study, the seed, and what sampling error must not move."""
    factors: Names = ()
    """Names of standard normal factors that traits share."""
    covariates: dict[Word, Trait]
    """How each covariate differs between people."""
    instruments: dict[Word, Instrument]
    """How each instrument differs between people, and how it changes."""
    residuals: Residuals = Residuals()
    """Correlation of the residuals of one person."""
    modifiers: dict[str, Modifier] = {}
    """Effect modifications, by a name of your own."""
    loss: Loss = Loss()
    """Who is lost to follow-up, where a trial says nothing else."""
    targets: Targets | None = None
    """A printed table that the people reproduce exactly."""
    trials: dict[Word, Trial]
    """Every trial of the study, by name."""

    def instrument(self, name: str) -> Instrument:
        """Return an instrument with what it takes over from the one that it is like."""
        mine = self.instruments[name]
        if mine.like is None:
            return mine
        other = self.instrument(mine.like)
        given = {key: getattr(mine, key) for key in mine.model_fields_set}
        return other.model_copy(update=given)

    def trait(self, name: str, trial: str) -> Trait | Instrument:
        """Return a covariate or instrument as it is in one trial."""
        general = self.covariates[name] if name in self.covariates else self.instrument(name)
        here = self.trials[trial].here.get(name)
        if here is None:
            return general
        given = {key: getattr(here, key) for key in here.model_fields_set}
        for key in ("effects", "ratios"):
            if key in given and isinstance(general, Instrument):
                given[key] = {**getattr(general, key), **given[key]}
        return general.model_copy(update=given)


@dataclass(frozen=True, slots=True)
class SimulationSpec:
    """A checked simulation file and the study that it simulates."""

    simulation: Simulation
    spec: Spec
    source: Source


def load_simulation(path: Path) -> SimulationSpec:
    """Read and check a simulation file and its study.

    Raises
    ------
    SpecError
        With every problem found.
    """
    source = read_source(path, "a simulation file")
    simulation, problems, source = read_tolerantly(Simulation, source)
    if simulation is None:
        raise SpecError(problems)
    try:
        spec = load_study(source.path.parent / simulation.simulation.study)
    except SpecError as error:
        place = source.at("simulation", "study")
        found = [replace(problem, origin=problem.origin or place) for problem in error.problems]
        raise SpecError([*problems, *found]) from error
    problems += _Check(simulation, spec, source).problems()
    if problems:
        raise SpecError(problems)
    return SimulationSpec(simulation, spec, source)


MEASURED = ("mean", "grid", "decimals", "limits", "course", "pull", "residual", "residual_where", "effects")
"""What an event or a count does not have."""


def kind_of(instrument: str, study: Study) -> Literal["binary", "count", "measured"]:
    """Return what is simulated of an instrument: an event, a count of events, or a measurement."""
    uses = uses_of(instrument, study.outcomes)
    if study.instruments[instrument].levels or "binary" in uses:
        return "binary"
    return "count" if "count" in uses else "measured"


class _Check:
    """What refers to what, between the simulation file, the study and its mappings."""

    def __init__(self, simulation: Simulation, spec: Spec, source: Source) -> None:
        self._simulation, self._study, self._source = simulation, spec.study, source
        self._spec = spec
        self._mappings = {str(located.mapping.trial): located.mapping for located in spec.mappings}
        self._found: list[Problem] = []

    def problems(self) -> list[Problem]:
        """Return every fault."""
        known = ["none", "arms", *self._study.comparisons]
        asked = self._simulation.simulation.exact_means
        if asked not in known:
            self._say(f"there is no comparison '{asked}'", did_you_mean(asked, known), "simulation", "exact_means")
        self._traits()
        self._modifiers()
        self._targets()
        self._files()
        self._each("trial", self._simulation.trials, self._mappings, "trials")
        for name in self._mappings:
            if name not in self._simulation.trials:
                self._say(f"the trial '{name}' of the study is not simulated", "Add it.", "trials")
        for name, trial in self._simulation.trials.items():
            if name in self._mappings:
                self._trial(name, trial)
        return self._found

    def _say(self, message: str, hint: str, *path: Step, key: bool = False) -> None:
        self._found.append(Problem(message, self._source.at(*path, key=key), hint))

    def _each(self, kind: str, names: Iterable[Code], known: Iterable[Code], *path: Step) -> None:
        choices = [str(name) for name in known]
        for index, name in enumerate(names):
            if str(name) not in choices and str(name) not in self._source.pruned:
                step: Step = name if isinstance(names, dict) else index
                key = isinstance(names, dict)
                self._say(f"there is no {kind} '{name}'", did_you_mean(str(name), choices), *path, step, key=key)

    @property
    def _trait_names(self) -> list[str]:
        return [*self._simulation.covariates, *self._simulation.instruments]

    def _files(self) -> None:
        """Each mapping has a trial of its own, and each data file a name of its own."""
        builder, taken = self._source.at("simulation", "study"), set[str]()
        for located in self._spec.mappings:
            mapping: Mapping = located.mapping
            if isinstance(mapping.trial, TrialColumn):
                message = f"'{located.source.shown}' holds several trials"
                self._found.append(Problem(message, builder, "Give each simulated trial its own mapping."))
            for data in mapping.data:
                name = PurePath(data.file or "").name
                if not name or name in taken:
                    message = f"'{located.source.shown}' does not name its own file"
                    self._found.append(Problem(message, builder, "Give each data file a unique name."))
                taken.add(name)

    def _traits(self) -> None:
        simulation, study = self._simulation, self._study
        self._each("covariate", simulation.covariates, study.covariates, "covariates")
        self._each("instrument", simulation.instruments, study.instruments, "instruments")
        for section in ("covariates", "instruments"):
            for name, trait in getattr(simulation, section).items():
                self._each("factor", trait.loads, simulation.factors, section, name, "loads")
                if name in study.covariates and study.covariates[name].categorical:
                    self._each("level", trait.shares, study.covariates[name].levels, section, name, "shares")
                    if not sum(trait.shares.values()):
                        self._say(f"'{name}' has no shares", "Give `shares:` of its levels.", section, name)
                elif section == "instruments" and name in study.instruments and self._kind(name) != "measured":
                    self._event(name, self._kind(name))
                elif (trait if section == "covariates" else self._instrument(name)).mean is None:
                    self._say(f"'{name}' has no mean", "Give `mean:` and `sd:`.", section, name)
        for name, instrument in simulation.instruments.items():
            self._each("arm class", instrument.effects, study.arm_classes, "instruments", name, "effects")
            self._each("arm class", instrument.ratios, study.arm_classes, "instruments", name, "ratios")
            if name in study.instruments and self._kind(name) == "measured":
                self._idle(name, ("risk", "rate", "ratios"), "is measured, and no outcome of events is read from it")
            for index, spread in enumerate(instrument.residual_where):
                self._where(spread.where, "instruments", name, "residual_where", index, "where")
        self._each("factor", simulation.loss.leans, simulation.factors, "loss", "leans")

    def _kind(self, name: str) -> str:
        return kind_of(name, self._study)

    def _event(self, name: str, kind: str) -> None:
        """An event has a risk, a count a rate, and neither what a measurement has."""
        needed, other = ("risk", "rate") if kind == "binary" else ("rate", "risk")
        written = self._source.content["instruments"][name]  # a faulty one has been reported, and left out
        if not getattr(self._instrument(name), needed) and needed not in written:
            what = "an event" if kind == "binary" else "a count"
            hint = f"Give `{needed}:` by month, as in `{needed}: {{3: 0.2}}`."
            self._say(f"'{name}' is {what} and has no {needed}", hint, "instruments", name)
        self._idle(name, (*MEASURED, other), f"is {'an event' if kind == 'binary' else 'a count'}")

    def _idle(self, name: str, keys: tuple[str, ...], why: str) -> None:
        for key in keys:
            if key in self._simulation.instruments[name].model_fields_set:
                self._say(f"'{name}' {why}: `{key}` does nothing", "Remove it.", "instruments", name, key)

    def _instrument(self, name: str) -> Instrument:
        like, seen = self._simulation.instruments[name].like, {name}
        while like is not None:
            if like not in self._simulation.instruments or like in seen:
                hint = did_you_mean(like, self._simulation.instruments)
                self._say(f"'{like}' is not another instrument", hint, "instruments", name, "like")
                return Instrument(mean=0, sd=1)
            seen.add(like)
            like = self._simulation.instruments[like].like
        return self._simulation.instrument(name)

    def _where(self, where: dict[str, str], *path: Step) -> None:
        self._each("covariate or instrument", where, self._trait_names, *path)
        for name, text in where.items():
            covariate = self._study.covariates.get(name)
            if covariate is not None and covariate.categorical:
                if text not in covariate.levels:
                    self._say(f"'{name}' has no level '{text}'", did_you_mean(text, covariate.levels), *path, name)
            elif interval_of(text) is None:
                self._say(f"'{text}' is not an interval", "Write it like 'up to 54.2' or '8 to 10'.", *path, name)

    def _modifiers(self) -> None:
        for name, modifier in self._simulation.modifiers.items():
            self._each("instrument", modifier.of, self._simulation.instruments, "modifiers", name, "of")
            self._each("arm class", modifier.classes, self._study.arm_classes, "modifiers", name, "classes")
            self._where(modifier.where, "modifiers", name, "where")
            if modifier.by is not None:
                numbers = [trait_name for trait_name in self._trait_names if not self._categorical(trait_name)]
                self._each("quantity", [modifier.by], numbers, "modifiers", name, "by")

    def _categorical(self, name: str) -> bool:
        return name in self._study.covariates and self._study.covariates[name].categorical

    def _targets(self) -> None:
        targets = self._simulation.targets
        if targets is None:
            return
        if targets.sides_of not in self._study.comparisons:
            hint = did_you_mean(targets.sides_of, self._study.comparisons)
            self._say(f"there is no comparison '{targets.sides_of}'", hint, "targets", "sides_of")
        here: tuple[Step, ...] = ("targets", "variables")
        self._each("covariate or instrument", targets.variables, self._trait_names, *here)
        for name, target in targets.variables.items():
            for side in ("control", "intervention", "all"):
                counts = getattr(target, side).counts
                if counts and name in self._study.covariates:
                    self._each("level", counts, self._study.covariates[name].levels, *here, name, side, "counts")

    def _trial(self, name: str, trial: Trial) -> None:
        mapping = self._mappings[name]
        codes = [str(code) for code in mapping.arms.codes]
        self._each("arm code", trial.arms, codes, "trials", name, "arms")
        for index, group in enumerate(trial.left_out):
            self._each("arm code", group.arms, codes, "trials", name, "left_out", index, "arms")
        self._each("covariate or instrument", trial.here, self._trait_names, "trials", name, "here")
        self._each("simulated trait", mapping.variables, self._trait_names, "trials", name)
        if len(trial.files) != len(mapping.data):
            message = f"{len(trial.files)} files here, {len(mapping.data)} in the mapping"
            self._say(message, "List one for each.", "trials", name, "files")
