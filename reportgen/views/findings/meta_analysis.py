"""Main effects in a few sentences: how many are clear of no effect, and the first of each comparison in numbers.

In: the record of a meta-analysis. Out: a finding for each comparison. The first effects are those of the first outcomes at the
first follow-up, in the order of the study file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from reportgen.records.effect_scale import NO_EFFECT, directions
from reportgen.records.estimate import ComparisonRecord, Estimate
from reportgen.records.model import MetaAnalysis, PooledEffect
from reportgen.records.numbers import Inline, Number
from reportgen.tables.phrases import NBSP, counted, joined
from reportgen.views.findings.finding import Finding, Findings, derived, findings_of_each

MAIN = 4
"""Effects in numbers of one analysis; each comparison has one at least."""
ABBREVIATIONS = "CI: confidence interval; m: trials; n: participants; for others see the end."


def effect_findings(records: Sequence[MetaAnalysis]) -> Findings:
    """Return the main effects of all meta-analyses, and which side favours the intervention."""
    scales = [effect.scale for record in records for effect in record.results if _known(effect)]
    last = (Finding((f"{directions(scales)}. {ABBREVIATIONS}",)),) if scales else ()
    times = Counter(comparison.name for record in records for comparison in record.comparisons)

    def of_one(record: MetaAnalysis) -> list[Finding]:
        most = max(1, MAIN // max(1, len(record.comparisons)))
        return [_of_comparison(record, item, most, named=times[item.name] > 1) for item in record.comparisons]

    return findings_of_each("Main effects", of_one, records, *last)


def _of_comparison(record: MetaAnalysis, comparison: ComparisonRecord, most: int, *, named: bool) -> Finding:
    """Return what is found in a comparison; `named` says that several analyses have it, so that each is called by its name."""
    effects = [effect for effect in record.results if effect.comparison == comparison.name]
    estimated = [effect for effect in effects if _known(effect)]
    analysis = derived(record.name).quote("analysis", f"“{record.name}”")
    which: Inline = (" in the analysis ", analysis) if named else ()
    words: Inline = ("For ", comparison.title, *which, ", ", *_how_many(record, comparison.name, effects, estimated))
    if estimated:
        words = (*words, " ", *_in_numbers(_first(estimated, most), record.settings.level))
    return Finding(words, record.name, comparison.name)


def _how_many(
    record: MetaAnalysis, comparison: str, effects: Sequence[PooledEffect], estimated: Sequence[PooledEffect]
) -> Inline:
    """Return how many effects there are, how many are clear of no effect, and on which side."""
    counts = derived(record.name).at(comparison)
    if not estimated:
        return ("no estimate of ", *counted(counts.count("effects", len(effects), "effects"), "effect"), " is given.")
    missing = counts.count("without estimate", len(effects) - len(estimated), "effects")
    clear = [effect for effect in estimated if clear_of_none(effect.estimate)]
    better = sum(effect.scale.favourable(effect.estimate.effect.value or NO_EFFECT) for effect in clear)
    without: Inline = ("; for ", missing, " no estimate is given") if missing.value else ()
    total = counts.count("estimated", len(estimated), "effects")
    if len(estimated) == 1 and not clear:
        return (
            *("the ", record.settings.level, f"%{NBSP}CI of the one effect includes {_nothing(estimated)}"),
            *(*without, "."),
        )
    number: Inline = (counts.count("clear", len(clear), "effects"),) if clear else ("none",)
    return (
        *("the ", record.settings.level, f"%{NBSP}CI excludes {_nothing(estimated)} for "),
        *(*number, " of ", *counted(total, "effect")),
        *_sides(
            counts.count("favourable", better, "effects"), counts.count("unfavourable", len(clear) - better, "effects")
        ),
        *(*without, "."),
    )


def _nothing(effects: Sequence[PooledEffect]) -> str:
    """Return what no effect is called: zero, one, or neither where differences stand beside ratios."""
    links = {effect.scale.link for effect in effects}
    return "the null value" if len(links) > 1 else "one" if "log" in links else "zero"


def _sides(better: Number, worse: Number) -> Inline:
    """Return on which side the effects that are clear of no effect lie."""
    if not better.value and not worse.value:
        return ()
    if not worse.value:
        return (", in favour of the intervention" if better.value == 1 else ", all in favour of the intervention",)
    if not better.value:
        return (", in favour of the control" if worse.value == 1 else ", all in favour of the control",)
    return (" (", better, " in favour of the intervention, ", worse, " in favour of the control)")


def clear_of_none(estimate: Estimate) -> bool:
    """Whether an interval excludes no effect."""
    low, high = estimate.low.value, estimate.high.value
    return low is not None and high is not None and (low > NO_EFFECT or high < NO_EFFECT)


def _known(effect: PooledEffect) -> bool:
    return effect.estimate.effect.value is not None


def _first(effects: Sequence[PooledEffect], most: int) -> list[PooledEffect]:
    """Return the effects on the first outcomes, all at the first follow-up before any at the next."""
    order = list(dict.fromkeys(effect.follow_up for effect in effects))
    return sorted(effects, key=lambda effect: order.index(effect.follow_up))[:most]


def _in_numbers(effects: Sequence[PooledEffect], level: Number) -> Inline:
    """Return effects with interval, trials and participants, those of one follow-up behind its name."""
    parts: list[Inline] = []
    for _, found in groupby(effects, key=lambda effect: effect.follow_up):
        members = list(found)
        listed = joined([_one(effect, level if effect is effects[0] else None) for effect in members])
        parts.append((members[0].follow_up_label, ": ", *listed))
    return (*joined(parts, ". "), ".")


def _one(effect: PooledEffect, level: Number | None) -> Inline:
    item = effect.estimate
    named: Inline = (level, f"%{NBSP}CI ") if level is not None else ()
    space = () if effect.unit.text == "%" else (NBSP,)
    unit: Inline = (*space, effect.unit) if effect.unit.text and not effect.scale.is_ratio else ()
    return (
        *(
            effect.outcome_label,
            f" {effect.scale.named}",
            item.effect,
            *unit,
            " (",
            *named,
            item.low,
            " to ",
            item.high,
        ),
        *(f"; m{NBSP}={NBSP}", effect.trials, f", n{NBSP}={NBSP}", effect.n, ")"),
    )
