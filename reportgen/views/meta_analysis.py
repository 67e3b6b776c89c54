"""A meta-analysis on the page: pooled effects and effects by trial, drawn and in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from reportgen import figures, tables
from reportgen.records.model import MetaAnalysis, PooledEffect, TrialEstimate
from reportgen.records.numbers import Inline, slug
from reportgen.spec.shows import AbsoluteEffects, Estimates, EstimatesByTrial, Forest, ForestByTrial, Limited
from reportgen.tables.adjusters import effect_fits
from reportgen.tables.phrases import joined
from reportgen.views.chosen import chosen, in_parts
from reportgen.views.draft import Draft, Sketch, or_nobody, sketched
from reportgen.views.findings.meta_analysis import effect_findings
from reportgen.views.prose.meta_analysis import prose
from reportgen.views.view import Back, Context, Ended, Show, View, captioned, ended

Effects = Sequence[PooledEffect]


def _effects(record: MetaAnalysis, options: Limited, context: Context) -> tuple[PooledEffect, ...]:
    """Return the effects that are asked for, without those that nobody could enter."""
    return chosen((effect for effect in record.results if not effect.empty), options, context.study)


def _forest(record: MetaAnalysis, options: Forest, context: Context) -> tuple[Draft, ...]:
    def sketch(effects: Effects, name: str) -> tuple[Sketch, ...]:
        draw = partial(
            figures.draw_forest,
            scale=options.scale,
            limits=options.limits,
            order=options.order,
            columns=options.columns.sides,
        )
        return (Sketch(partial(draw, effects, record.settings, name=name), width=options.width),)

    effects = _effects(record, options, context)
    parts = in_parts(effects, options.parts, record.titles)
    drawn = [part for part in parts if any(map(_estimated, part[1]))]
    return sketched(drawn, effects, context.name, sketch, record.titles)


def _forest_by_trial(record: MetaAnalysis, options: ForestByTrial, context: Context) -> tuple[Draft, ...]:
    draw = partial(
        figures.draw_forest_by_trial, limits=options.limits, order=options.order, columns=options.columns.sides
    )

    def sketch(effects: Effects, name: str) -> tuple[Sketch, ...]:
        return tuple(
            Sketch(
                partial(draw, effect, record.settings, name=_stem(name, effect, effects)),
                _apart(effect, effects),
                options.width,
            )
            for effect in effects
        )

    effects = _effects(record, options, context)
    drawn = [effect for effect in effects if _estimated(effect) or any(map(_estimated, effect.by_trial))]
    parts = in_parts(drawn, options.parts, record.titles)
    return sketched(parts, effects, context.name, sketch, record.titles)


def _estimated(one: PooledEffect | TrialEstimate) -> bool:
    return one.status in ("ok", "boundary")


def _differing(effects: Effects) -> list[str]:
    """Return in what the effects of a part differ."""
    return [key for key in ("outcome", "follow_up") if len({getattr(effect, key) for effect in effects}) > 1]


def _stem(name: str, effect: PooledEffect, effects: Effects) -> str:
    """Return the stem of a drawing's files: the part's name, with what tells its effects apart."""
    return "-".join((name, *(slug(getattr(effect, key)) for key in _differing(effects))))


def _apart(effect: PooledEffect, effects: Effects) -> Inline:
    """Return what tells the drawing of an effect from the others of its part."""
    return joined([(getattr(effect, f"{key}_label"),) for key in _differing(effects)], ", ")


def _estimates(record: MetaAnalysis, options: Estimates, context: Context) -> tuple[Draft, ...]:
    parts = in_parts(_effects(record, options, context), options.parts, record.titles)
    return or_nobody(
        [
            Draft(title, table=tables.estimates(effects, record.settings, scale=options.scale))
            for title, effects in parts
        ]
    )


def _absolute(record: MetaAnalysis, options: AbsoluteEffects, context: Context) -> tuple[Draft, ...]:
    effects = [effect for effect in _effects(record, options, context) if effect.kind != "continuous"]
    parts = in_parts(effects, options.parts, record.titles)
    return or_nobody([Draft(title, table=tables.absolute_effects(found, record.settings)) for title, found in parts])


def _estimates_by_trial(record: MetaAnalysis, options: EstimatesByTrial, context: Context) -> tuple[Draft, ...]:
    effects, titles = _effects(record, options, context), record.titles
    several = len({effect.comparison for effect in effects}) > 1

    def title(effect: PooledEffect) -> Inline:
        head: Inline = (titles[effect.comparison], ": ") if several else ()
        return (*head, effect.outcome_label, ", ", effect.follow_up_label)

    return or_nobody([Draft(title(effect), table=tables.by_trial(effect, record.settings)) for effect in effects])


def _caption(title: str, record: MetaAnalysis, options: Limited) -> Inline:
    """Return a caption that does not call effects pooled where each is one trial's own."""
    alone = title.replace("Pooled effects", "Effects of single trials")
    return captioned(alone if record.alone else title, record, options)


def _status(records: Sequence[MetaAnalysis]) -> Ended:
    return ended(records, Back("model-status", "How each fit ended", tables.model_status(records)))


VIEW = View(
    method="meta-analysis",
    record=MetaAnalysis,
    label="Meta-analysis",
    prose=prose,
    status=_status,
    fits=effect_fits,
    people=True,
    findings=effect_findings,
    shows=(
        Show(
            Forest,
            "Pooled effects",
            _forest,
            caption=_caption,
            beside={
                "estimates": "All numbers are given in",
                "forest-by-trial": "The effects of single trials are shown in",
            },
        ),
        Show(
            ForestByTrial,
            "Effects by trial",
            _forest_by_trial,
            beside={
                "estimates-by-trial": "All numbers are given in",
                "analysed": "Exclusions and their reasons are given in",
            },
        ),
        Show(
            Estimates,
            "Pooled effects in numbers",
            _estimates,
            caption=_caption,
            beside={"forest": "Drawn in"},
        ),
        Show(
            AbsoluteEffects,
            "What the effects mean for a thousand people",
            _absolute,
            beside={"forest": "The effects are drawn in"},
        ),
        Show(EstimatesByTrial, "Effects by trial in numbers", _estimates_by_trial),
    ),
)
