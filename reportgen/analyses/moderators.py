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
from reportgen.analyses.beside_interactions import earlier_of, with_trials_and_levels
from reportgen.analyses.min_p import adjusted_by_draws
from reportgen.analyses.moderator_values import Moderator, column_of, step_of
from reportgen.analyses.naming import adjuster_labels, level_number, scale_of, setting_decimals, unit_of
from reportgen.analyses.recording import comparison_records, excluded_record, for_outcome
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
from reportgen.analyses.trial_interactions import Earlier, Printed
from reportgen.records.estimate import ExcludedParticipants
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
    suppress_estimate,
    suppress_value,
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
    """A moderator as screened: its fit, whom it costs, and what of it is too small to be disclosed.

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
        """Return who tells something of the tested reading; where nothing may be disclosed, who is in its model."""
        return self.fit.telling if node.reading == "within" and self.disclosed else self.fit.entered

    def suppresses(self, reading: Reading) -> bool:
        """Whether a reading is suppressed, or the reason why there is none: that few people vary would say who they are."""
        silent = reading is self.fit.within and self.fit.telling.trials < self.fit.entered.trials
        return not self.disclosed and (reading.estimated or silent)

    def suppresses_level(self, code: int | None) -> bool:
        """Whether the difference of a level from the reference, or of a quantity (None), rests on too few people."""
        return self.few_at_all or code in self.few or self.fit.reference in self.few

    @property
    def disclosed(self) -> bool:
        """Whether anything is left to tell."""
        return not all(self.suppresses_level(code) for code in self.fit.codes or (None,))


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
    values = _values(name, node, study)
    tested = sum(int(screen.tested.value or 0) for screen in screens)
    return Moderation(
        name=name,
        settings=_settings(node, study, values.at("settings")),
        comparisons=comparison_records(node, study, present, values),
        results=tuple(screens),
        tested=values.count("tested", tested, "interactions"),
        significant=values.count("significant", sum(int(s.significant.value or 0) for s in screens), "interactions"),
        weak=values.count("weak", sum(int(s.weak.value or 0) for s in screens), "interactions"),
        by_chance=values.figure("by chance", node.tiers.significant * tested, 1, "interactions"),
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
    earlier: Sequence[Selection] = (),
    earlier_columns: Sequence[Mapping[str, Moderator]] = (),
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
    earlier : sequence of Selection
        The same outcome at the same follow-up in the screens before this one.
    earlier_columns : sequence of mapping of str to Moderator
        The moderators of the screening among the people of each of them.
    name : str
        Of the analysis.
    node : Moderators node of the study file
    study : Study
    """
    found, drawn = _as_screened(people, columns, fits, node), (flips, beside)
    before = earlier_of(earlier, earlier_columns)
    return _screen_record(people, found, drawn, before, node, study, _values(name, node, study))


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
    return [
        (item, item.tested(node).reason.removeprefix("it ") or ("" if item.disclosed else TOO_FEW)) for item in found
    ]


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
    """Return moderators as screened with what of each is too small to be disclosed."""
    return [
        replace(item, few=_few_levels(item, selection, minimum), few_at_all=_few_at_all(item.fit, minimum))
        for item in found
    ]


def _settings(node: Node, study: Study, values: Values) -> ScreeningSettings[Value]:
    return ScreeningSettings(
        adjust_for=adjuster_labels(node, study, values),
        treatment_effect=node.treatment_effect,
        inference=node.inference,
        df_floor=node.df_floor,
        interaction_effect=node.interaction_effect,
        adjuster_slopes=node.adjuster_slopes,
        residual=node.residual,
        reading=node.reading,
        level=level_number(node.level, values),
        minimum_trials=values.count("minimum trials", node.minimum_trials, "trials"),
        significant=_tier_limit("significant", node.tiers.significant, values),
        weak=_tier_limit("weak", node.tiers.weak, values),
        percentiles=tuple(values.quote(f"percentile {i}", _ordinal(p)) for i, p in enumerate(node.percentiles, 1)),
    )


def _tier_limit(name: str, p: float, values: Values) -> Value:
    """Return a limit of p with two decimals, or more where it has more."""
    return values.figure(name, p, max(2, setting_decimals(p)))


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
    selection: Selection,
    found: list[Screened],
    drawn: tuple[Flips, Flips],
    earlier: Sequence[Earlier],
    node: Node,
    study: Study,
    values: Values,
) -> Screen[Value]:
    values = for_outcome(selection.outcome, study, values).at(
        selection.comparison,
        selection.outcome,
        selection.follow_up,
        n=selection.n,
        trials=len(selection.trials),
        arms=selection.arms,
    )
    minimum = study.policy.minimum_cell
    n_control, n_intervention = values.sides()
    found = _guarded(found, selection, minimum)
    outcome = study.outcomes[selection.outcome]
    limits = range_of(outcome, selection.outcome, study)
    p = [item.tested(node).p_value if item.disclosed else math.nan for item in found]
    by_draws = adjusted_by_draws(p, *drawn, varying=node.interaction_effect == "random")
    adjusted = zip(holm(p), benjamini_hochberg(p), *by_draws, strict=True)
    flips = [len(item.number) for item in drawn[0] if item is not None]
    interactions = tuple(
        _interaction(item, selection, node, study, values, four, drawn=bool(flips))
        for item, four in zip(found, adjusted, strict=True)
    )
    how = Printed(node.level, minimum, unit_of(selection.outcome, study))
    interactions = with_trials_and_levels(interactions, found, selection, earlier, node, how, values)
    return Screen(
        id=values.prefix,
        outcome=selection.outcome,
        outcome_label=values.quote("outcome", outcome_label(selection.outcome, study)),
        domain=values.quote("domain", outcome.domain),
        unit=values.quote("unit", unit_of(selection.outcome, study)),
        scale=scale_of(outcome),
        span=limits[1] - limits[0] if limits else 0.0,
        follow_up=selection.follow_up,
        follow_up_label=values.quote("follow-up", study.follow_up[selection.follow_up].label or selection.follow_up),
        comparison=selection.comparison,
        trials=values.count("trials", len(selection.trials), "trials"),
        n=values.count("n", selection.n),
        n_control=n_control,
        n_intervention=n_intervention,
        interactions=interactions,
        tested=values.count(
            "tested", sum(interaction.tier != "not estimable" for interaction in interactions), "interactions"
        ),
        significant=values.count("significant", sum(o.tier == "significant" for o in interactions), "interactions"),
        weak=values.count("weak", sum(interaction.tier == "weak" for interaction in interactions), "interactions"),
        reason=not_estimable(selection, node),
        without_adjuster=_without_adjuster(selection, study, values),
        flips=values.count("draws", flips[0], "draws") if flips else None,
    )


def _few_at_all(fit: ModeratorFit, minimum: int) -> bool:
    """Whether so few people have a value, or tell something of the interaction, that an arm has too few of them."""
    sizes = [min(mask.n_control, mask.n_intervention) for mask in (fit.entered, fit.telling) if mask.participants]
    return guards(minimum) and any(size < minimum for size in sizes)


def _without_adjuster(selection: Selection, study: Study, values: Values) -> tuple[ExcludedParticipants[Value], ...]:
    reasons = {without_adjuster(name, study) for name in selection.adjuster_of}
    return tuple(item for item in excluded_record(selection, values) if item.exclusion in reasons)


def _few_levels(screened: Screened, selection: Selection, minimum: int) -> frozenset[int]:
    """Return the codes of the levels of which an arm has too few people; where nobody is, nothing can be disclosed anyway."""
    if not screened.moderator.categorical or not guards(minimum):
        return frozenset()
    codes = screened.moderator.of(selection)
    entered = in_both_arms(selection.trial, selection.treatment, ~np.isnan(codes))
    return frozenset(
        code
        for code in range(len(screened.moderator.levels))
        if few_in_an_arm(selection.treatment[entered & (codes == code)], minimum)
    )


def _interaction(
    screened: Screened,
    selection: Selection,
    node: Node,
    study: Study,
    values: Values,
    adjusted: tuple[float, ...],
    *,
    drawn: bool,
) -> Interaction[Value]:
    moderator, fit = screened.moderator, screened.fit
    tested = screened.tested(node)
    unit = unit_of(selection.outcome, study)
    reason = not_estimable(selection, node)
    cause = reason or (
        TOO_FEW if screened.suppresses(tested) else tested.reason or ("" if screened.disclosed else TOO_FEW)
    )
    status: Status = tested.status
    entered = screened.entered(node)
    builder = values.at(
        moderator.name, n=entered.participants, trials=entered.trials, status=status, arms=_arms(entered)
    )
    silent = fit.entered.trials - entered.trials
    labels = {code: builder.quote(f"level {label}", label) for code, label in enumerate(moderator.levels)}
    limits = node.tiers.significant, node.tiers.weak
    of_within, of_all = (
        {"n": mask.participants, "trials": mask.trials, "limits": limits, "arms": _arms(mask)}
        for mask in (fit.telling if screened.disclosed else fit.entered, fit.entered)
    )
    readings = [
        _reading(
            getattr(fit, name),
            screened,
            labels,
            node,
            builder.at(name, **(of_within if name == "within" else of_all)),
            unit,
            reason,
        )
        for name in ("within", "naive", "across")
    ]
    arms = builder.sides()
    expected = node.expected.get(moderator.name)
    return Interaction(
        id=builder.prefix,
        moderator=moderator.name,
        label=builder.quote("label", moderator.label),
        step=None if moderator.categorical else builder.quote("per", step_of(moderator)),
        levels=tuple(labels[code] for code in fit.codes),
        reference=labels[fit.reference] if moderator.categorical else None,
        trials=builder.count("trials", entered.trials, "trials"),
        n=builder.count("n", entered.participants),
        n_control=arms[0],
        n_intervention=arms[1],
        cost_people=builder.count("cost people", screened.cost.people),
        cost_trials=builder.count("cost trials", screened.cost.trials, "trials"),
        uninformative=builder.count("uninformative trials", silent, "trials") if silent else None,
        within=readings[0],
        naive=readings[1],
        across=readings[2],
        scatter=scatter_record(fit, screened.suppresses(fit.within), reason, unit, builder.at("within", **of_within)),
        separate=fit.separate,
        tested=node.reading,
        tier=_tier(tested, node) if screened.disclosed else "not estimable",
        holm=builder.p("holm", adjusted[0], cause),
        benjamini_hochberg=builder.p("benjamini hochberg", adjusted[1], cause),
        min_p=builder.p("min p", adjusted[2], cause) if drawn else None,
        min_p_all=builder.p("min p all outcomes", adjusted[3], cause) if drawn else None,
        at=_effects_at(screened, labels, node, study.policy.minimum_cell, builder, unit),
        unit_at=builder.quote("unit", moderator.unit),
        expected=None if expected is None else builder.quote("expected", expected),
        found=_found(screened, tested, labels, study),
        not_adjusted=not_adjusted_record(
            _unused(selection, moderator, node) if tested.estimated else (), study, builder
        ),
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
    reading: Reading, screened: Screened, labels: dict[int, Value], node: Node, values: Values, unit: str, reason: str
) -> InteractionReading[Value]:
    values = values.at(status=reading.status)
    suppressed = screened.suppresses(reading)
    cause = reason or (TOO_FEW if suppressed else reading.reason)
    lost = "this level cannot be distinguished: no trial has participants of it on both sides"
    codes = screened.fit.codes or (None,)
    joint = reading.joint
    each = []
    for effect, code in zip(reading.each, codes, strict=True):
        place = values if code is None else values.at(labels[code].words)
        result = estimate_record(effect if reading.estimated else None, node.level, place, unit, cause or lost)
        each.append(suppress_estimate(result, TOO_FEW) if screened.suppresses_level(code) else result)
    p = values.p("joint p", reading.p_value, cause) if len(each) > 1 else each[0].p

    def disclosed(number: Value) -> Value:
        return suppress_value(number, TOO_FEW) if suppressed else number

    return InteractionReading(
        each=tuple(each),
        p=disclosed(p),
        df_num=disclosed(values.count("df num", int(joint.df_num), "df")) if joint else None,
        df_den=disclosed(values.fixed("df den", joint.df_den, "df", "", cause)) if joint else None,
        status="suppressed" if suppressed else reading.status,
        reason=TOO_FEW if suppressed else cause,
        evaluations=disclosed(values.count("evaluations", reading.evaluations, "evaluations")),
        criterion=disclosed(values.fixed("criterion", reading.criterion, "criterion", "", cause)),
    )


def _effects_at(
    screened: Screened, labels: dict[int, Value], node: Node, minimum: int, values: Values, unit: str
) -> tuple[EffectAt[Value], ...]:
    fit, tested = screened.fit, screened.tested(node)
    levels = screened.moderator.categorical
    places = [None] * len(fit.at) if levels else list(node.percentiles)
    out = []
    for value, place, effect in zip(fit.at_values, places, fit.at, strict=False):
        name = labels[int(value)].words if place is None else f"percentile {place:g}"
        builder = values.at("at", name, status=tested.status, few=TOO_FEW if levels else TOO_EXTREME)
        known = None if math.isnan(float(effect.estimate)) else effect
        reason = (
            TOO_FEW if screened.suppresses(tested) else tested.reason
        ) or "no trial has participants of this level on both sides"
        estimate = estimate_record(known, node.level, builder, unit, reason)
        suppress = int(value) in screened.few if levels else is_extreme(place or 0.0, fit.entered.participants, minimum)
        suppress |= screened.few_at_all
        shown = labels[int(value)] if levels else _at_percentile(value, screened.moderator, minimum, builder)
        out.append(
            EffectAt(
                value=suppress_value(shown, TOO_EXTREME) if suppress and not levels else shown,
                percentile=None if place is None else builder.quote("percentile", _ordinal(place)),
                estimate=suppress_estimate(estimate, TOO_FEW if levels else TOO_EXTREME) if suppress else estimate,
            )
        )
    return tuple(out)


def _at_percentile(value: float, moderator: Moderator, minimum: int, values: Values) -> Value:
    decimals = moderator.decimals if moderator.decimals is not None else int(value != round(value))
    return values.figure("value", as_printed(value, decimals, minimum), decimals, moderator.unit)


def _found(screened: Screened, tested: Reading, labels: dict[int, Value], study: Study) -> Inline[Value]:
    """Say where the effect is larger, in words made from the estimates; nothing where there are none that are disclosed."""
    fit, moderator = screened.fit, screened.moderator
    if not tested.estimated or not screened.disclosed:
        return ()
    slopes = [float(effect.estimate) for effect in tested.each]
    if not moderator.categorical:
        higher = slopes[0] > 0
        return (f"larger effect at {'higher' if higher else 'lower'} values{_worse(moderator, higher, study)}",)
    known = {fit.reference: 0.0} | {
        code: slope
        for code, slope in zip(fit.codes, slopes, strict=True)
        if not (math.isnan(slope) or screened.suppresses_level(code))
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
