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
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from reportgen.errors import Problem, SpecError, did_you_mean
from reportgen.spec.load import Spec, load_study, read_tolerantly
from reportgen.spec.mapping import Mapping, TrialColumn, interval_of
from reportgen.spec.model import MOST, Code, Names, Node, Positive, Range, Real, RuleError, Word
from reportgen.spec.source import Source, Step, read_source

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
    seed: int = Field(ge=0, le=2**63 - 1)
    exact_means: Word = "none"


class Trait(Node):
    """How a covariate, or an instrument before randomisation, differs between people.

    A number is `mean` + `sd` times a standard normal score; a level is drawn by its share. `loads` ties the score to the
    shared factors (for an instrument, a positive load makes it worse), so that traits go together. `limits` and `grid` are
    those of the values; `missing` is the share of people without one.
    """

    mean: Real | None = None
    sd: Positive | None = None
    grid: Positive | None = None
    decimals: int | None = Field(None, ge=0, le=12)
    limits: Range | None = None
    shares: dict[Word, Weight] = {}
    loads: dict[Word, Real] = {}
    missing: float | None = Field(None, ge=0, lt=1)

    @field_validator("loads")
    @classmethod
    def _leave_room(cls, value: dict[str, float]) -> dict[str, float]:
        if sum(load**2 for load in value.values()) > 1:
            raise ValueError("the squares of the loads add up to more than 1")
        return value


class Spread(Node):
    """A residual standard deviation of some people: those for whom every condition of `where` holds."""

    where: dict[Word, str]
    sd: Positive


class Instrument(Trait):
    """How an instrument changes after randomisation, in its own points; a gain is a change for the better.

    `course` is the gain under usual care, `pull` how much of a worse start is gained back, `residual` the standard
    deviation of what is left; `effects` what each class of arms adds. `like` takes over what is not given here.
    """

    like: Word | None = None
    course: Months = {}
    pull: Real | None = None
    residual: Positive | None = None
    residual_where: tuple[Spread, ...] = ()
    effects: dict[Word, Months] = {}


class Residuals(Node):
    """How residuals of one person go together: shared by all instruments, and kept from visit to visit (as variances)."""

    shared: float = Field(0.3, ge=0, le=1)
    persistent: float = Field(0.3, ge=0, le=1)

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
    classes: Names = ()
    where: dict[Word, str] = {}
    by: Word | None = None
    adds: Real


class Loss(Node):
    """Who is lost to follow-up: the share by month, how the odds lean on the factors, and single values skipped."""

    share: Losses = {}
    leans: dict[Word, Real] = {}
    skipped: float = Field(0.0, ge=0, lt=1)


class Figures(Node):
    """Summaries of one column of a printed table."""

    n: Count | None = None
    mean: Real | None = None
    sd: Annotated[float, Field(ge=0, le=1e12)] | None = None
    counts: dict[Word, Count] = {}


class Target(Node):
    """What a variable's printed summaries are, by side of the comparison; `decimals` are those of mean and SD."""

    control: Figures = Figures()
    intervention: Figures = Figures()
    all: Figures = Figures()
    decimals: int = Field(2, ge=0, le=6)


class Targets(Node):
    """A printed table of baseline characteristics that the simulated people reproduce exactly."""

    sides_of: Word
    variables: dict[Word, Target]


class Here(Trait):
    """What is different in one trial: of a trait, and of an instrument's course and effects."""

    course: Months = {}
    effects: dict[Word, Months] = {}


class LeftOut(Node):
    """People of the file whom the mapping leaves out: how many of each arm's code, and what their columns hold."""

    arms: dict[Code, Count]
    set: dict[str, Code | None] = {}


class File(Node):
    """What a data file holds beside what its mapping reads.

    `ids` writes the number of a participant, from `first`. A value that is missing is left blank in the share `blank`, else
    written as one of the mapping's codes for missing, or of `user_missing`, which an SPSS file declares itself. `title` are
    lines above the header, `sheets` the names of all sheets, `labels` the value labels by column, `extra` columns that
    nobody reads. `visits` are those written to this file; in a long file covariates stand in the baseline row, or with
    `repeat` in each.
    """

    ids: str = "{:d}"
    first: Count = 1
    blank: float = Field(0.0, ge=0, le=1)
    user_missing: tuple[Real, ...] = ()
    title: Names = ()
    sheets: Names = ()
    labels: dict[str, dict[Code, str]] = {}
    extra: dict[str, tuple[Code, ...]] = {}
    visits: Names = ()
    repeat: bool = False

    @field_validator("ids")
    @classmethod
    def _writes_a_number(cls, value: str) -> str:
        if re.fullmatch(r"[^{}]*\{(?::0?[0-9]{0,2}d?)?\}[^{}]*", value) is None:
            raise RuleError(f"'{value}' writes no number", "Write a pattern such as 'W{:04d}': `W` and four digits.")
        return value


class Trial(Node):
    """One trial: how many people each arm's code holds, who is left out, who is lost, and what is different here."""

    arms: dict[Code, Count]
    left_out: tuple[LeftOut, ...] = ()
    loss: Losses = {}
    open_items: float = Field(0.0, ge=0, lt=1)
    here: dict[Word, Here] = {}
    files: tuple[File, ...] = (File(),)


class Simulation(Node):
    """A whole simulation file."""

    simulation: About
    factors: Names = ()
    covariates: dict[Word, Trait]
    instruments: dict[Word, Instrument]
    residuals: Residuals = Residuals()
    modifiers: dict[str, Modifier] = {}
    loss: Loss = Loss()
    targets: Targets | None = None
    trials: dict[Word, Trial]

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
        if "effects" in given and isinstance(general, Instrument):
            given["effects"] = {**general.effects, **given["effects"]}
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
        found = [replace(one, origin=one.origin or place) for one in error.problems]
        raise SpecError([*problems, *found]) from error
    problems += _Check(simulation, spec, source).problems()
    if problems:
        raise SpecError(problems)
    return SimulationSpec(simulation, spec, source)


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
        here, taken = self._source.at("simulation", "study"), set[str]()
        for located in self._spec.mappings:
            mapping: Mapping = located.mapping
            if isinstance(mapping.trial, TrialColumn):
                message = f"'{located.source.shown}' holds several trials"
                self._found.append(Problem(message, here, "Give each trial that is simulated a mapping of its own."))
            for data in mapping.data:
                name = PurePath(data.file or "").name
                if not name or name in taken:
                    message = f"'{located.source.shown}' names no file of its own"
                    self._found.append(Problem(message, here, "Give each data file a name that no other has."))
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
                elif (trait if section == "covariates" else self._instrument(name)).mean is None:
                    self._say(f"'{name}' has no mean", "Give `mean:` and `sd:`.", section, name)
        for name, instrument in simulation.instruments.items():
            self._each("arm class", instrument.effects, study.arm_classes, "instruments", name, "effects")
            for index, spread in enumerate(instrument.residual_where):
                self._where(spread.where, "instruments", name, "residual_where", index, "where")
        self._each("factor", simulation.loss.leans, simulation.factors, "loss", "leans")

    def _instrument(self, name: str) -> Instrument:
        like, seen = self._simulation.instruments[name].like, {name}
        while like is not None:
            if like not in self._simulation.instruments or like in seen:
                hint = did_you_mean(like, self._simulation.instruments)
                self._say(f"'{like}' is no other instrument", hint, "instruments", name, "like")
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
                self._say(f"'{text}' is no interval", "Write it like 'up to 54.2' or '8 to 10'.", *path, name)

    def _modifiers(self) -> None:
        for name, modifier in self._simulation.modifiers.items():
            self._each("instrument", modifier.of, self._simulation.instruments, "modifiers", name, "of")
            self._each("arm class", modifier.classes, self._study.arm_classes, "modifiers", name, "classes")
            self._where(modifier.where, "modifiers", name, "where")
            if modifier.by is not None:
                numbers = [one for one in self._trait_names if not self._categorical(one)]
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
