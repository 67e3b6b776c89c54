"""Screening of moderators: for every outcome x follow-up x comparison, the interaction of treatment with each moderator.

In: the node of the study file and the people of each cell. Out: a `Moderation` record. Each moderator is tried on the people who
have it, by `reportgen.stats.screen_moderator`; one that cannot be tried has its reason, and the others go on.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reportgen.analyses.adjusters import Unused, not_adjusted_record, unused_adjusters
from reportgen.analyses.min_p import adjusted_by_draws
from reportgen.analyses.moderator_values import Moderator, column_of, step_of
from reportgen.analyses.naming import adjuster_labels, level_number, scale_of, setting_decimals, unit_of
from reportgen.analyses.recording import comparison_records, for_outcome, left_out_record
from reportgen.analyses.scatter import scatter_record
from reportgen.analyses.search_people import Cost, people_of_search
from reportgen.analyses.selection import (
    Selection,
    adjusters_of,
    direction_of,
    not_estimable,
    range_of,
    without_adjuster,
)
from reportgen.records.estimate import LeftOut
from reportgen.records.moderation import (
    EffectAt,
    Interaction,
    InteractionReading,
    Moderation,
    Screen,
    ScreeningSettings,
    Tier,
)
from reportgen.records.names import outcome_label
from reportgen.records.numbers import Inline, Status, Value, slug
from reportgen.release.estimates import estimate_record
from reportgen.release.rules import (
    TOO_EXTREME,
    TOO_FEW,
    as_printed,
    few_in_an_arm,
    guards,
    in_both_arms,
    is_extreme,
    withheld,
    withheld_estimate,
)
from reportgen.release.values import Values
from reportgen.spec.check import baseline_of
from reportgen.spec.study import FromScreening, Search, Study
from reportgen.spec.study import Moderators as Node
from reportgen.stats import Entered, ModeratorFit, Reading, benjamini_hochberg, holm, screen_moderator
from reportgen.stats.null_draws import ScreeningDraws

Flips = Sequence[ScreeningDraws | None]


@dataclass(frozen=True, slots=True)
class Screened:
    """A moderator as screened: its fit, whom it costs, and what of it is too small to be told.

    `few` are the codes of levels with too few people of an arm; `few_at_all` says that so few people have any value.
    """

    moderator: Moderator
    fit: ModeratorFit
    cost: Cost
    few: frozenset[int] = frozenset()
    few_at_all: bool = False

    def tested(self, node: Node) -> Reading:
        """Return the reading that is tested."""
        return reading_tested(self.fit, node)

    def entered(self, node: Node) -> Entered:
        """Return who tells something of the tested reading; where nothing may be told, who is in its model."""
        return self.fit.telling if node.reading == "within" and self.told else self.fit.entered

    def withholds(self, reading: Reading) -> bool:
        """Whether a reading is kept back, or the reason why there is none: that few people vary would say who they are."""
        silent = reading is self.fit.within and self.fit.telling.trials < self.fit.entered.trials
        return not self.told and (reading.estimated or silent)

    def hides(self, code: int | None) -> bool:
        """Whether the difference of a level from the reference, or of a quantity (None), rests on too few people."""
        return self.few_at_all or code in self.few or self.fit.reference in self.few

    @property
    def told(self) -> bool:
        """Whether anything is left to tell."""
        return not all(self.hides(code) for code in self.fit.codes or (None,))


def moderation_record(
    name: str, node: Node, study: Study, present: Collection[str], screens: Sequence[Screen[Value]]
) -> Moderation[Value]:
    """Return a named screening of the screens that were made.

    Parameters
    ----------
    name : str
        As in the study file; ids start with it.
    node : Moderators node of the study file
    study : Study
    present : collection of str
        The classes of arms that any trial has.
    screens : sequence of Screen
        One for every outcome x follow-up x comparison, each with all moderators, those that cannot be estimated included.
    """
    press = _values(name, node, study)
    tested = sum(int(one.tested.value or 0) for one in screens)
    return Moderation(
        name=name,
        settings=_settings(node, study, press.at("settings")),
        comparisons=comparison_records(node, study, present, press),
        results=tuple(screens),
        tested=press.count("tested", tested, "interactions"),
        significant=press.count("significant", sum(int(s.significant.value or 0) for s in screens), "interactions"),
        weak=press.count("weak", sum(int(s.weak.value or 0) for s in screens), "interactions"),
        by_chance=press.figure("by chance", node.tiers.significant * tested, 1, "interactions"),
    )


def _values(name: str, node: Node, study: Study) -> Values:
    limits = (0.05, node.tiers.significant, node.tiers.weak)
    return Values(slug(name), f"analyses.{name}", limits=limits, minimum=study.policy.minimum_cell)


def screen_record(
    people: Selection,
    columns: Mapping[str, Moderator],
    fits: Sequence[ModeratorFit],
    flips: Sequence[ScreeningDraws | None] = (),
    beside: Sequence[ScreeningDraws | None] = (),
    *,
    name: str,
    node: Node,
    study: Study,
) -> Screen[Value]:
    """Return what a screening found in one cell.

    Parameters
    ----------
    people : Selection
        Who was screened.
    columns : mapping of str to Moderator
        The moderators of the screening.
    fits : sequence of ModeratorFit
        Of each of them, in their order: see `screening`.
    flips, beside : sequence of ScreeningDraws or None
        The draws of the cell, one or none, and those of the other cells of its comparison.
    name : str
        Of the analysis.
    node : Moderators node of the study file
    study : Study
    """
    found, drawn = _as_screened(people, columns, fits, node), (flips, beside)
    return _screen_record(people, found, drawn, node, study, _values(name, node, study))


def screening(people: Selection, columns: Mapping[str, Moderator], *, node: Node) -> tuple[ModeratorFit, ...]:
    """Screen moderators one by one, each on the people who have it; one fit a moderator, in their order."""
    return tuple(_fit(people, moderator, node) for moderator in columns.values())


def _as_screened(
    people: Selection, columns: Mapping[str, Moderator], fits: Sequence[ModeratorFit], node: Node
) -> list[Screened]:
    costs = people_of_search(people, columns, missing="available", minimum_trials=node.minimum_trials).costs
    return [Screened(moderator, fit, cost) for moderator, fit, cost in zip(columns.values(), fits, costs, strict=True)]


def reading_tested(fit: ModeratorFit, node: Node) -> Reading:
    """Return the reading of a fit that a screening tests."""
    return fit.naive if node.reading == "naive" else fit.within


def screened_in(names: Sequence[str], fits: Sequence[ModeratorFit], node: Node, p_below: float) -> tuple[str, ...]:
    """Return the moderators of a screening that a search takes: p of the tested reading below a limit, smallest first.

    Parameters
    ----------
    names : sequence of str
        Moderators of the screening, as in the study file.
    fits : sequence of ModeratorFit
        Of each of them, in the people of the search.
    node : Moderators node of the study file
        Says which reading is tested.
    p_below : float
        Of levels, the p of their joint test must lie below it.

    Returns
    -------
    tuple of str
        Empty where no moderator reaches the limit. Equal p keep the order of the study file.
    """
    tested = [(name, reading_tested(fit, node)) for name, fit in zip(names, fits, strict=True)]
    reached = sorted((reading.p_value, place) for place, (_, reading) in enumerate(tested) if reading.estimated)
    return tuple(names[place] for p, place in reached if p < p_below)


def searched_names(
    node: Search, people: Selection, names: Sequence[str], fits: Sequence[ModeratorFit], screened_by: Node | None
) -> tuple[str, ...]:
    """Return the moderators that a search is asked for: its own list, or those that a screening finds in its people.

    Parameters
    ----------
    node : Search node of the study file
    people : Selection
        A selection with too few trials is not screened.
    names : sequence of str
        The search's own list, or all moderators of the screening.
    fits : sequence of ModeratorFit
        Of the screening; empty without one.
    screened_by : Moderators node of the study file, or None
    """
    if screened_by is None:
        return tuple(names)
    if not_estimable(people, node):
        return ()
    assert isinstance(node.moderators, FromScreening)
    return screened_in(names, fits, screened_by, node.moderators.p_below)


def testable(
    selection: Selection, moderators: Iterable[Moderator], node: Node, minimum: int
) -> list[tuple[Screened, str]]:
    """Return each moderator of a screening with the reason why it cannot be tested, empty where it can; nothing is fitted.

    Parameters
    ----------
    selection : Selection
    moderators : iterable of Moderator
    node : Moderators node of the study file
    minimum : int
        The smallest cell of the policy.
    """
    bare = node.model_copy(update={"percentiles": (), "inference": "normal"})
    columns = {moderator.name: moderator for moderator in moderators}
    fits = [_fit(selection, moderator, bare, search=False) for moderator in columns.values()]
    found = _guarded(_as_screened(selection, columns, fits, bare), selection, minimum)
    return [(one, one.tested(node).reason.removeprefix("it ") or ("" if one.told else TOO_FEW)) for one in found]


def _fit(selection: Selection, moderator: Moderator, node: Node, *, search: bool = True) -> ModeratorFit:
    """Screen one moderator; `search=False` as in `fit_one_step`."""
    return screen_moderator(
        selection.response,
        selection.treatment,
        selection.trial,
        column_of(moderator, selection),
        adjusters=adjusters_of(selection),
        reference=max(moderator.reference, 0),
        per=moderator.per,
        percentiles=node.percentiles,
        reading=node.reading,
        minimum_trials=node.minimum_trials,
        treatment_effect=node.treatment_effect,
        inference=node.inference,
        df_floor=node.df_floor,
        interaction_effect=node.interaction_effect,
        adjuster_slopes=node.adjuster_slopes,
        residual=node.residual,
        search=search,
    )


def _guarded(found: Iterable[Screened], selection: Selection, minimum: int) -> list[Screened]:
    """Return moderators as screened with what of each is too small to be told."""
    return [
        replace(one, few=_few_levels(one, selection, minimum), few_at_all=_few_at_all(one.fit, minimum))
        for one in found
    ]


def _settings(node: Node, study: Study, press: Values) -> ScreeningSettings[Value]:
    return ScreeningSettings(
        adjust_for=adjuster_labels(node, study, press),
        treatment_effect=node.treatment_effect,
        inference=node.inference,
        df_floor=node.df_floor,
        interaction_effect=node.interaction_effect,
        adjuster_slopes=node.adjuster_slopes,
        residual=node.residual,
        reading=node.reading,
        level=level_number(node.level, press),
        minimum_trials=press.count("minimum trials", node.minimum_trials, "trials"),
        significant=_tier_limit("significant", node.tiers.significant, press),
        weak=_tier_limit("weak", node.tiers.weak, press),
        percentiles=tuple(press.quote(f"percentile {i}", _ordinal(p)) for i, p in enumerate(node.percentiles, 1)),
    )


def _tier_limit(name: str, p: float, press: Values) -> Value:
    """Return a limit of p with two decimals, or more where it has more."""
    return press.figure(name, p, max(2, setting_decimals(p)))


def _ordinal(percentile: float) -> str:
    """Return "10th", "1st", "2.5th".

    Examples
    --------
    >>> _ordinal(10), _ordinal(91), _ordinal(12), _ordinal(2.5)
    ('10th', '91st', '12th', '2.5th')
    """
    text = f"{percentile:g}"
    teens = text.endswith(("11", "12", "13"))
    return text + ("th" if teens or "." in text else {"1": "st", "2": "nd", "3": "rd"}.get(text[-1], "th"))


def _screen_record(
    selection: Selection, found: list[Screened], drawn: tuple[Flips, Flips], node: Node, study: Study, press: Values
) -> Screen[Value]:
    press = for_outcome(selection.outcome, study, press).at(
        selection.comparison,
        selection.outcome,
        selection.follow_up,
        n=selection.n,
        trials=len(selection.trials),
        arms=selection.arms,
    )
    minimum = study.policy.minimum_cell
    n_control, n_intervention = press.sides()
    found = _guarded(found, selection, minimum)
    outcome = study.outcomes[selection.outcome]
    limits = range_of(outcome, selection.outcome, study)
    p = [one.tested(node).p_value if one.told else math.nan for one in found]
    by_draws = adjusted_by_draws(p, *drawn, varying=node.interaction_effect == "random")
    adjusted = zip(holm(p), benjamini_hochberg(p), *by_draws, strict=True)
    flips = [len(one.number) for one in drawn[0] if one is not None]
    interactions = tuple(
        _interaction(one, selection, node, study, press, four, drawn=bool(flips))
        for one, four in zip(found, adjusted, strict=True)
    )
    return Screen(
        id=press.prefix,
        outcome=selection.outcome,
        outcome_label=press.quote("outcome", outcome_label(selection.outcome, study)),
        domain=press.quote("domain", outcome.domain),
        unit=press.quote("unit", unit_of(selection.outcome, study)),
        scale=scale_of(outcome),
        span=limits[1] - limits[0] if limits else 0.0,
        follow_up=selection.follow_up,
        follow_up_label=press.quote("follow-up", study.follow_up[selection.follow_up].label or selection.follow_up),
        comparison=selection.comparison,
        trials=press.count("trials", len(selection.trials), "trials"),
        n=press.count("n", selection.n),
        n_control=n_control,
        n_intervention=n_intervention,
        interactions=interactions,
        tested=press.count("tested", sum(one.tier != "not estimable" for one in interactions), "interactions"),
        significant=press.count("significant", sum(o.tier == "significant" for o in interactions), "interactions"),
        weak=press.count("weak", sum(one.tier == "weak" for one in interactions), "interactions"),
        reason=not_estimable(selection, node),
        without_adjuster=_without_adjuster(selection, study, press),
        flips=press.count("draws", flips[0], "draws") if flips else None,
    )


def _few_at_all(fit: ModeratorFit, minimum: int) -> bool:
    """Whether so few people have a value, or tell something of the interaction, that an arm has too few of them."""
    sizes = [min(who.n_control, who.n_intervention) for who in (fit.entered, fit.telling) if who.participants]
    return guards(minimum) and any(size < minimum for size in sizes)


def _without_adjuster(selection: Selection, study: Study, press: Values) -> tuple[LeftOut[Value], ...]:
    reasons = {without_adjuster(name, study) for name in selection.adjuster_of}
    return tuple(one for one in left_out_record(selection, press) if one.why in reasons)


def _few_levels(one: Screened, selection: Selection, minimum: int) -> frozenset[int]:
    """Return the codes of the levels of which an arm has too few people; where nobody is, nothing can be told anyway."""
    if not one.moderator.categorical or not guards(minimum):
        return frozenset()
    codes = one.moderator.of(selection)
    entered = in_both_arms(selection.trial, selection.treatment, ~np.isnan(codes))
    return frozenset(
        code
        for code in range(len(one.moderator.levels))
        if few_in_an_arm(selection.treatment[entered & (codes == code)], minimum)
    )


def _interaction(
    one: Screened,
    selection: Selection,
    node: Node,
    study: Study,
    press: Values,
    adjusted: tuple[float, ...],
    *,
    drawn: bool,
) -> Interaction[Value]:
    moderator, fit = one.moderator, one.fit
    tested = one.tested(node)
    unit = unit_of(selection.outcome, study)
    reason = not_estimable(selection, node)
    why = reason or (TOO_FEW if one.withholds(tested) else tested.reason or ("" if one.told else TOO_FEW))
    status: Status = tested.status
    entered = one.entered(node)
    made = press.at(moderator.name, n=entered.participants, trials=entered.trials, status=status, arms=_arms(entered))
    silent = fit.entered.trials - entered.trials
    labels = {code: made.quote(f"level {label}", label) for code, label in enumerate(moderator.levels)}
    limits = node.tiers.significant, node.tiers.weak
    of_within, of_all = (
        {"n": who.participants, "trials": who.trials, "limits": limits, "arms": _arms(who)}
        for who in (fit.telling if one.told else fit.entered, fit.entered)
    )
    readings = [
        _reading(
            getattr(fit, name),
            one,
            labels,
            node,
            made.at(name, **(of_within if name == "within" else of_all)),
            unit,
            reason,
        )
        for name in ("within", "naive", "across")
    ]
    arms = made.sides()
    expected = node.expected.get(moderator.name)
    return Interaction(
        id=made.prefix,
        moderator=moderator.name,
        label=made.quote("label", moderator.label),
        step=None if moderator.categorical else made.quote("per", step_of(moderator)),
        levels=tuple(labels[code] for code in fit.codes),
        reference=labels[fit.reference] if moderator.categorical else None,
        trials=made.count("trials", entered.trials, "trials"),
        n=made.count("n", entered.participants),
        n_control=arms[0],
        n_intervention=arms[1],
        cost_people=made.count("cost people", one.cost.people),
        cost_trials=made.count("cost trials", one.cost.trials, "trials"),
        uninformative=made.count("uninformative trials", silent, "trials") if silent else None,
        within=readings[0],
        naive=readings[1],
        across=readings[2],
        scatter=scatter_record(fit, one.withholds(fit.within), reason, unit, made.at("within", **of_within)),
        separate=fit.separate,
        tested=node.reading,
        tier=_tier(tested, node) if one.told else "not estimable",
        holm=made.p("holm", adjusted[0], why),
        benjamini_hochberg=made.p("benjamini hochberg", adjusted[1], why),
        min_p=made.p("min p", adjusted[2], why) if drawn else None,
        min_p_all=made.p("min p all outcomes", adjusted[3], why) if drawn else None,
        at=_effects_at(one, labels, node, study.policy.minimum_cell, made, unit),
        unit_at=made.quote("unit", moderator.unit),
        expected=None if expected is None else made.quote("expected", expected),
        found=_found(one, tested, labels, study),
        not_adjusted=not_adjusted_record(_unused(selection, moderator, node) if tested.estimated else (), study, made),
    )


def _unused(selection: Selection, moderator: Moderator, node: Node) -> tuple[Unused, ...]:
    """Return the adjusters that the models of a moderator leave out."""
    return unused_adjusters(selection, ~np.isnan(moderator.of(selection)), adjuster_slopes=node.adjuster_slopes)


def _arms(entered: Entered) -> tuple[int, int]:
    return entered.n_control, entered.n_intervention


def _tier(reading: Reading, node: Node) -> Tier:
    p = reading.p_value
    if math.isnan(p):
        return "not estimable"
    return "significant" if p < node.tiers.significant else "weak" if p < node.tiers.weak else "neither"


def _reading(
    reading: Reading, one: Screened, labels: dict[int, Value], node: Node, press: Values, unit: str, reason: str
) -> InteractionReading[Value]:
    press = press.at(status=reading.status)
    hidden = one.withholds(reading)
    why = reason or (TOO_FEW if hidden else reading.reason)
    lost = "this level cannot be told apart: no trial has people of it on both sides"
    codes = one.fit.codes or (None,)
    joint = reading.joint
    each = []
    for effect, code in zip(reading.each, codes, strict=True):
        place = press if code is None else press.at(labels[code].words)
        made = estimate_record(effect if reading.estimated else None, node.level, place, unit, why or lost)
        each.append(withheld_estimate(made, TOO_FEW) if one.hides(code) else made)
    p = press.p("joint p", reading.p_value, why) if len(each) > 1 else each[0].p

    def told(number: Value) -> Value:
        return withheld(number, TOO_FEW) if hidden else number

    return InteractionReading(
        each=tuple(each),
        p=told(p),
        df_num=told(press.count("df num", int(joint.df_num), "df")) if joint else None,
        df_den=told(press.fixed("df den", joint.df_den, "df", "", why)) if joint else None,
        status="suppressed" if hidden else reading.status,
        reason=TOO_FEW if hidden else why,
        evaluations=told(press.count("evaluations", reading.evaluations, "evaluations")),
        criterion=told(press.fixed("criterion", reading.criterion, "criterion", "", why)),
    )


def _effects_at(
    one: Screened, labels: dict[int, Value], node: Node, minimum: int, press: Values, unit: str
) -> tuple[EffectAt[Value], ...]:
    fit, tested = one.fit, one.tested(node)
    levels = one.moderator.categorical
    places = [None] * len(fit.at) if levels else list(node.percentiles)
    out = []
    for value, place, effect in zip(fit.at_values, places, fit.at, strict=False):
        name = labels[int(value)].words if place is None else f"percentile {place:g}"
        made = press.at("at", name, status=tested.status, few=TOO_FEW if levels else TOO_EXTREME)
        known = None if math.isnan(float(effect.estimate)) else effect
        why = (TOO_FEW if one.withholds(tested) else tested.reason) or "no trial has people of this level on both sides"
        estimate = estimate_record(known, node.level, made, unit, why)
        hide = int(value) in one.few if levels else is_extreme(place or 0.0, fit.entered.participants, minimum)
        hide |= one.few_at_all
        shown = labels[int(value)] if levels else _at_percentile(value, one.moderator, minimum, made)
        out.append(
            EffectAt(
                value=withheld(shown, TOO_EXTREME) if hide and not levels else shown,
                percentile=None if place is None else made.quote("percentile", _ordinal(place)),
                estimate=withheld_estimate(estimate, TOO_FEW if levels else TOO_EXTREME) if hide else estimate,
            )
        )
    return tuple(out)


def _at_percentile(value: float, moderator: Moderator, minimum: int, press: Values) -> Value:
    decimals = moderator.decimals if moderator.decimals is not None else int(value != round(value))
    return press.figure("value", as_printed(value, decimals, minimum), decimals, moderator.unit)


def _found(one: Screened, tested: Reading, labels: dict[int, Value], study: Study) -> Inline[Value]:
    """Say where the effect is larger, in words made from the estimates; nothing where there are none that are told."""
    fit, moderator = one.fit, one.moderator
    if not tested.estimated or not one.told:
        return ()
    slopes = [float(effect.estimate) for effect in tested.each]
    if not moderator.categorical:
        higher = slopes[0] > 0
        return (f"larger effect at {'higher' if higher else 'lower'} values{_worse(moderator, higher, study)}",)
    known = {fit.reference: 0.0} | {
        code: slope for code, slope in zip(fit.codes, slopes, strict=True) if not (math.isnan(slope) or one.hides(code))
    }
    most, least = max(known, key=lambda code: known[code]), min(known, key=lambda code: known[code])
    if len(known) < 2:
        return ()
    if len(known) == 2:
        return ("larger effect with “", labels[most], "” than with “", labels[least], "”")
    return ("largest effect with “", labels[most], "”, smallest with “", labels[least], "”")


def _worse(moderator: Moderator, higher: bool, study: Study) -> str:
    """Return what higher or lower values of a baseline mean."""
    measured = baseline_of(moderator.name)
    if measured is None:
        return ""
    outcome = study.outcomes.get(measured)
    better = direction_of(outcome, measured, study) if outcome else study.instruments[measured].better
    return " (worse at baseline)" if higher == (better == "lower") else " (better at baseline)"
