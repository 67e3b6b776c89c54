"""What the study file says of outcomes: the instruments that trials measured with, and what is analysed of them.

An outcome is continuous (a change, or a value at follow-up), binary (an event that people have or have not) or a count of events.
What its kind means for files, models and pages is asked here: which measure its effects have, and which direction is better.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from reportgen.spec.model import MOST, Line, Names, Node, Positive, Range, RuleError, Word

Better = Literal["lower", "higher"]
Kind = Literal["continuous", "binary", "count"]
Measure = Literal["mean difference", "standardised", "odds ratio", "risk ratio", "risk difference", "rate ratio"]
MEASURES: Mapping[Kind, tuple[Measure, ...]] = {
    "continuous": ("mean difference", "standardised"),
    "binary": ("odds ratio", "risk ratio", "risk difference"),
    "count": ("rate ratio",),
}
"""The measures of the effects on each kind of outcome, the default first."""
OF_RISKS: tuple[Measure, ...] = ("risk ratio", "risk difference")
"""Measures that no one-step model has: estimated in each trial, standardised over its participants, and pooled in two stages."""
# What each kind of outcome has no use for, with what to do instead.
_IDLE: Mapping[Kind, Mapping[str, str]] = {
    "continuous": {
        "event": "Events need `kind: binary`.",
        "good": "Write `better: lower` or `better: higher`.",
        "exposure": "An exposure needs `kind: count`.",
    },
    "binary": {
        "range": "Remove it.",
        "better": "Write `good: true` or `good: false`: whether the event is good for a participant.",
        "unit": "Remove it.",
        "per": "Remove it: an event is no moderator.",
        "exposure": "An exposure needs `kind: count`.",
    },
    "count": {
        "event": "A count needs none: every event of the instrument is counted.",
        "range": "Remove it.",
        "better": "Write `good: true` or `good: false`: whether events are good for a participant.",
        "unit": "Remove it.",
        "per": "Remove it: a count of events is no moderator.",
    },
}


class Instrument(Node):
    """What trials measured repeatedly: a questionnaire, a measurement, or whether and how often something happened.

    Mappings refer to instruments; outcomes define how they are analysed.
    """

    name: Line = ""
    """Full name of the instrument, for tables and headings; the key by default."""
    range: Range | None = None
    """Lowest and highest possible value, of a score or of a count. A value outside is an error in the data; rescaling
    and reversed directions need it."""
    better: Better | None = None
    """Whether `lower` or `higher` values are better for the participant. The sign of effects is aligned so
    that positive is better. Omit it where the instrument has `levels`, or counts events whose outcomes say whether they
    are `good`."""
    levels: Names = ()
    """Levels of an instrument that is answered in words, as in `[no, yes]` or `[worse, same, better]`: a binary outcome
    says which of them are its `event`."""
    items: int | None = Field(None, ge=1, le=MOST)
    """Number of items of a questionnaire; a mapping that scores another number of items is an error."""
    unit: Line = ""
    """Unit in which the values are analysed, as in `mm`; mappings convert to it. Omit it for a score in points."""
    source: str = ""
    """Where the instrument is described. Kept in `study.lock.yaml`, not printed."""

    @model_validator(mode="after")
    def _levels_or_numbers(self) -> Instrument:
        if not self.levels:
            return self
        for key in ("range", "better", "items", "unit"):
            if getattr(self, key) != type(self).model_fields[key].default:
                hint = f"Remove `{key}`, or `levels`." if key != "better" else "Remove it: outcomes say what is `good`."
                raise RuleError(f"an instrument with `levels` has no `{key}`", hint, key)
        if len(set(self.levels)) != len(self.levels):
            raise RuleError("a level is listed twice", "Remove one.", "levels")
        if len(self.levels) == 1:
            raise RuleError("an instrument needs at least two levels", "List them all, as in `[no, yes]`.", "levels")
        return self


class Outcome(Node):
    """What is analysed: the change since baseline, the value at follow-up, an event, or a count of events.

    Without `first_available` the outcome is the instrument of the same name (or the one named by `instrument`). With
    it, each trial brings the first listed instrument that it measured in the window, and at baseline where the change
    is analysed or the baseline adjusts, rescaled linearly to the outcome's range and turned to its direction. Where
    its baseline moderates an effect, the interaction is printed for a step of `per` units.
    """

    kind: Kind = "continuous"
    """`continuous`: a measurement or a score; `binary`: an event that a participant has or has not by the follow-up;
    `count`: how often something happened to a participant. Effects on binary outcomes and counts are ratios, and positive
    is not better: a ratio below one means fewer events."""
    analyse: Literal["change", "final"] | None = None
    """`change`: the change since baseline; `final`: the value at follow-up, which needs no baseline. By default
    `change` where the mapping of any trial has it at baseline, and else `final`; the data do not matter for that.
    With either, effects are positive where the intervention is better. Adjusted for the baseline with common slopes,
    both give the same effect. Events and counts are always `final`."""
    measure: Measure | None = None
    """Measure of the effect: `mean difference` (the default) or `standardised` (standardised mean difference, SMD) of a continuous
    outcome: in each trial the outcome and its baseline are divided by the standard deviation of the participants analysed,
    pooled within arms, at baseline where the change is analysed or the baseline adjusts and else at follow-up, with Hedges's
    factor for small samples. `odds ratio` (the default), `risk ratio` or `risk
    difference` of a binary one; `rate ratio` of a count. Risk ratios and risk differences (in percentage points) are those
    of a meta-analysis: estimated in each trial, standardised over its participants, and pooled in two stages. Moderators and
    searches act on the odds ratio all the same."""
    event: Names = ()
    """Of a binary outcome whose instrument has `levels`: the levels that are the event, one or a list, which names at
    least one of each instrument. Without levels 1 is the event and 0 is none."""
    good: bool | None = None
    """Whether the event is good for a participant, as a response is (`true`), or not, as a relapse is (`false`); it says
    which side of one favours the intervention. By default as `better` of the instrument says."""
    exposure: Word | None = None
    """Of a count: the instrument that holds the time, or another denominator, in which a participant's events were
    counted, at the same visit; without it everybody's is 1."""
    domain: Line = ""
    """Outcome domain, as in `disability`; given with each of its effects in results.csv."""
    title: Line = ""
    """Name of the outcome on the pages; the name of its instrument by default."""
    instrument: Word | None = None
    """The instrument that is analysed, where the outcome has another name than the instrument."""
    first_available: Names = ()
    """Instruments in order of preference, where trials measured different ones: each trial brings the first that it
    has in the window, and at baseline where that is needed. With more than one, `range` and `better` are needed of a
    continuous outcome, and `better` alone where its `measure` is `standardised`. All of them hold the same: measurements,
    an event each in its own words, or counts in one unit."""
    range: Range | None = None
    """Lowest and highest value of the scale on which the outcome is analysed; each instrument is rescaled to it
    linearly. The instrument's own range by default."""
    better: Better | None = None
    """Direction of the outcome's scale, `lower` or `higher`; the instrument's own by default."""
    unit: Line = ""
    """Unit of the outcome on the pages; by default that of the instrument, or the points of the scale."""
    per: Positive = 1.0
    """Where the baseline of this outcome moderates an effect: the step, in units of the outcome, for which the
    interaction is printed. 1 by default; 10 is easier to read on a scale from 0 to 100."""
    decimals: int | None = Field(None, ge=0, le=8)
    """Decimals of the outcome's means and effects, in place of those of `policy: rounding`."""

    @model_validator(mode="after")
    def _one_source(self) -> Outcome:
        if self.instrument and self.first_available:
            raise RuleError("give `instrument` or `first_available`, not both", "Remove one of the two.")
        several = len(self.first_available) > 1 and self.kind == "continuous"
        if several and self.standardised and self.better is None:
            message = "`first_available` needs `better`, to turn each instrument to one direction"
            raise RuleError(message, "Add it, as in `better: lower`.")
        if several and not self.standardised and (self.range is None or self.better is None):
            message = "`first_available` needs `range` and `better`, to rescale and align each instrument"
            hint = (
                "Add both, as in `range: [0, 100], better: lower`; with `measure: standardised` no `range` is needed."
            )
            raise RuleError(message, hint)
        return self

    @model_validator(mode="after")
    def _keys_of_the_kind(self) -> Outcome:
        for key, hint in _IDLE[self.kind].items():
            if getattr(self, key) != type(self).model_fields[key].default:
                raise RuleError(f"`{key}` does not apply to a {self.kind} outcome", hint, key)
        if self.of_events and self.analyse == "change":
            hint = "Remove `analyse`: what has happened by the follow-up is analysed."
            raise RuleError(f"a {self.kind} outcome has no change since baseline", hint, "analyse")
        if self.measure is not None and self.measure not in MEASURES[self.kind]:
            choices = " or ".join(f"`measure: {measure}`" for measure in MEASURES[self.kind])
            hint = f"Write {choices}, or remove it."
            raise RuleError(f"`{self.measure}` is no measure of a {self.kind} outcome", hint, "measure")
        return self

    @property
    def of_events(self) -> bool:
        """Whether it is an event or a count of events, and not a measurement."""
        return self.kind != "continuous"

    @property
    def final(self) -> bool:
        """Whether its value at follow-up is analysed, and not the change."""
        return self.of_events or self.analyse == "final"

    @property
    def effect_measure(self) -> Measure:
        """The measure of its effects: the one of the study file, or that of its kind."""
        return self.measure or MEASURES[self.kind][0]

    @property
    def standardised(self) -> bool:
        """Whether its effects are standardised mean differences."""
        return self.measure == "standardised"

    @property
    def without_unit(self) -> bool:
        """Whether its instruments have no scale in common, on which a value of it could be given."""
        return self.standardised and len(self.first_available) > 1 and self.range is None

    @property
    def in_two_stages(self) -> bool:
        """Whether its effects are pooled from those of the trials, for want of a one-step model with its measure."""
        return self.effect_measure in OF_RISKS


def instruments_of(outcome: Outcome, name: str) -> tuple[str, ...]:
    """Return the instruments that may stand for an outcome, the first choice first."""
    return outcome.first_available or (outcome.instrument or name,)


def sharing_values(name: str, outcomes: Mapping[str, Outcome]) -> tuple[str, ...]:
    """Return the outcomes that read values of the same instruments as one, itself included, in the order of the study file.

    Two of them tell of the same people's values, whatever they are called: what guards one guards both.

    Examples
    --------
    >>> outcomes = {"relapse": Outcome(kind="binary"), "as a difference": Outcome(kind="binary", instrument="relapse"), "pain": Outcome()}
    >>> sharing_values("relapse", outcomes), sharing_values("pain", outcomes)
    (('relapse', 'as a difference'), ('pain',))
    """
    mine = set(instruments_of(outcomes[name], name))
    return tuple(other for other, outcome in outcomes.items() if mine & set(instruments_of(outcome, other)))


def better_of(outcome: Outcome, instrument: Instrument) -> Better:
    """Return whether lower or higher values of an outcome are better; of events, whether few or many.

    Examples
    --------
    >>> better_of(Outcome(kind="binary", good=False), Instrument(levels=("no", "yes")))
    'lower'
    """
    if outcome.good is not None:
        return "higher" if outcome.good else "lower"
    return outcome.better or instrument.better or "higher"


def uses_of(instrument: str, outcomes: Mapping[str, Outcome]) -> frozenset[Literal["binary", "count", "exposure"]]:
    """Return what outcomes of events read from an instrument; nothing where its values are measurements.

    Examples
    --------
    >>> falls = {"falls": Outcome(kind="count", exposure="days", good=False)}
    >>> sorted(uses_of("falls", falls)), sorted(uses_of("days", falls)), sorted(uses_of("pain", falls))
    (['count'], ['exposure'], [])
    """
    found: set[Literal["binary", "count", "exposure"]] = set()
    for name, outcome in outcomes.items():
        if outcome.exposure == instrument:
            found.add("exposure")
        if outcome.kind != "continuous" and instrument in instruments_of(outcome, name):
            found.add(outcome.kind)
    return frozenset(found)
