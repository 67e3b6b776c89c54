"""Screening of moderators: for every outcome x follow-up x comparison, the interaction of treatment with each moderator.

In: the node of the study file and the people of each cell. Out: a `Moderation` record. Each moderator is tried on the people who
have it, by `reportgen.stats.screen_moderator`; one that cannot be tried has its reason, and the others go on.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reportgen.analyses.adjusters import Unused, not_adjusted_record, unused_adjusters
from reportgen.analyses.beside_interactions import earlier_of, with_trials_and_levels
from reportgen.analyses.measurements import direction_of, range_of
from reportgen.analyses.min_p import adjusted_by_draws
from reportgen.analyses.moderator_values import Moderator, step_of
from reportgen.analyses.naming import adjuster_labels, level_number, scale_of, setting_decimals, unit_of
from reportgen.analyses.recording import comparison_records, excluded_record, for_outcome
from reportgen.analyses.scatter import scatter_record
from reportgen.analyses.screened import Screened, as_screened, guarded, stepped
from reportgen.analyses.selection import Selection, not_estimable, without_adjuster
from reportgen.analyses.sites_record import site_variance, sites_record
from reportgen.analyses.suppressed_trials import guarded_trials
from reportgen.analyses.trial_interactions import Earlier, Printed
from reportgen.records.effect_scale import EffectScale
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
    is_extreme,
    suppress_estimate,
    suppress_value,
)
from reportgen.release.values import Values
from reportgen.spec.analyses import Moderators as Node
from reportgen.spec.references import baseline_of
from reportgen.spec.study import Study
from reportgen.stats import Entered, ModeratorFit, Reading, benjamini_hochberg, holm
from reportgen.stats.null_draws import ScreeningDraws

Flips = Sequence[ScreeningDraws | None]


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
    found, before = as_screened(people, columns, fits, node), earlier_of(earlier, earlier_columns)
    drawn = _Drawn(flips, beside, _p_by_a_step(people, columns, node) if any(flips) else None)
    return _screen_record(people, found, drawn, before, node, study, _values(name, node, study))


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The draws of a cell and of those beside it, and of events p of the data by the test of the draws."""

    flips: Flips
    beside: Flips
    p: Sequence[float] | None


def _p_by_a_step(people: Selection, columns: Mapping[str, Moderator], node: Node) -> Sequence[float] | None:
    """P of each moderator of events as draws test it, NaN of trials; None of continuous outcomes, which draws test as the data are."""
    if people.kind == "continuous":
        return None
    drawn = {name: moderator for name, moderator in columns.items() if not moderator.of_trials}
    screened = stepped(people, drawn, node)
    p = dict(zip(drawn, screened.run(screened.null.response).p_value.tolist(), strict=True))
    return tuple(p.get(name, math.nan) for name in columns)


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
    return values.limit_of_p(name, p, max(2, setting_decimals(p)))


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
    drawn: _Drawn,
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
    found = _of_trials_guarded(guarded(found, selection, minimum), selection, earlier, minimum)
    outcome = study.outcomes[selection.outcome]
    limits = range_of(outcome, selection.outcome, study)
    p = [item.tested(node).p_value if item.disclosed else math.nan for item in found]
    # p of covariates of trials is none of those that draws adjust
    of_people = [math.nan if item.fit.across_trials else value for item, value in zip(found, p, strict=True)]
    by_draws = adjusted_by_draws(
        of_people, drawn.flips, drawn.beside, varying=node.interaction_effect == "random", drawn=drawn.p
    )
    adjusted = zip(holm(p), benjamini_hochberg(p), *by_draws, strict=True)
    flips = [len(item.number) for item in drawn.flips if item is not None]
    interactions = tuple(
        _interaction(item, selection, node, study, values, four, drawn=bool(flips) and not item.fit.across_trials)
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
        scale=scale_of(selection.outcome, study),
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
        kind=selection.kind,
        pooled=selection.measure if selection.in_two_stages else "",
        sites=sites_record(selection, values),
    )


def _of_trials_guarded(
    found: list[Screened], selection: Selection, earlier: Sequence[Earlier], minimum: int
) -> list[Screened]:
    """Return moderators with levels suppressed that one trial alone has, where the effect of that trial is not disclosed."""
    if not any(item.moderator.of_trials and item.moderator.categorical for item in found):
        return found
    hidden = guarded_trials(selection, minimum, [item.people for item in earlier])
    return [replace(item, few=item.few | _levels_of_one(item.moderator, selection, hidden)) for item in found]


def _levels_of_one(moderator: Moderator, selection: Selection, hidden: Collection[str]) -> frozenset[int]:
    """Return the levels of a covariate of trials that one trial alone has, which is among those hidden."""
    if not (moderator.of_trials and moderator.categorical):
        return frozenset()
    codes = moderator.of(selection)
    trials = {code: set(selection.trial[codes == code].tolist()) for code in range(len(moderator.levels))}
    return frozenset(code for code, names in trials.items() if len(names) == 1 and names <= set(hidden))


def _without_adjuster(selection: Selection, study: Study, values: Values) -> tuple[ExcludedParticipants[Value], ...]:
    reasons = {without_adjuster(name, study) for name in selection.adjuster_of}
    return tuple(item for item in excluded_record(selection, values) if item.exclusion in reasons)


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
        {"n": people.participants, "trials": people.trials, "limits": limits, "arms": _arms(people)}
        for people in (fit.telling if screened.disclosed else fit.entered, fit.entered)
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
        tested="across" if fit.across_trials else node.reading,
        tier=_tier(tested, node) if screened.disclosed else "not estimable",
        holm=builder.p("holm", adjusted[0], cause),
        benjamini_hochberg=builder.p("benjamini hochberg", adjusted[1], cause),
        min_p=builder.p("min p", adjusted[2], cause) if drawn else None,
        min_p_all=builder.p("min p all outcomes", adjusted[3], cause) if drawn else None,
        at=_effects_at(screened, labels, node, study.policy.minimum_cell, builder, unit),
        unit_at=builder.quote("unit", moderator.unit),
        expected=None if expected is None else builder.quote("expected", expected),
        found=_found(screened, tested, labels, scale_of(selection.outcome, study), study),
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
        site_variance=disclosed(site_variance(reading.site_variance, values, unit, cause)) if reading.sites else None,
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


def _found(
    screened: Screened, tested: Reading, labels: dict[int, Value], scale: EffectScale, study: Study
) -> Inline[Value]:
    """Say where the effect is larger, in words made from the estimates; nothing where there are none that are disclosed."""
    fit, moderator = screened.fit, screened.moderator
    if not tested.estimated or not screened.disclosed:
        return ()
    larger = 1.0 if scale.favours == "higher" else -1.0
    slopes = [larger * float(effect.estimate) for effect in tested.each]
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
