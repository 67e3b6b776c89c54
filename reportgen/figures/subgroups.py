"""Subgroups beside the effect inside them: the tree of one search, and the subgroups of many searches at once.

In: searches as recorded. Out: one sheet a page. Tree and forest are one panel: the lines of the tree stand in front of the
labels, the diamonds in the same rows, so that nothing can drift apart. The dashed line is the effect in everybody.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from reportgen.figures import words
from reportgen.figures.after_draws import after, corrected_row, doubt, held_out_row, of_draws, verdicts
from reportgen.figures.axis import Axis, Limits, axis_for
from reportgen.figures.columns import PEOPLE, people_cell
from reportgen.figures.forest import interval_cell, value_of
from reportgen.figures.layout import Page, lay_out
from reportgen.figures.lettering import NO_BREAK
from reportgen.figures.limited import leaving, limited
from reportgen.figures.panel import Panel
from reportgen.figures.rows import INDENT, Band, Cell, Heading, Headings, Rail, Row, Slot
from reportgen.figures.sheet import Mark, Sheet
from reportgen.figures.theme import ACCENT, BODY, HEAD, MUTED, Style
from reportgen.records.effect_scale import EffectScale, capitalised, shared
from reportgen.records.numbers import Inline, Number
from reportgen.records.partition import Members, PartitionedOutcome, SearchSettings, Subgroup, rule_words

TREE_TITLE = "Tree of subgroups with the effect in each"
FOREST_TITLE = "Forest plot of subgroups"
NO_P: tuple[Cell, ...] = ((),)  # behind the effect of a row of a forest that no split led to
SPLIT = "Split, p"
VARIANT = "variant: "
ASIDE_SPREAD = 1.25  # of the reach of all subgroups: how far the people beside them may widen the axis
LEAST_PLOT = 58.0  # a third of a page, whatever the rules need; long ones take a second line
ROOM = 190.0  # the settings of the search and remarks stand below a figure of subgroups, on the same page


def tree_sheets(
    search: PartitionedOutcome, settings: SearchSettings, *, name: str, limits: Limits | None = None
) -> tuple[Sheet, ...]:
    """Return the pages of the tree of one search, before they are drawn."""
    rows = tuple(_tree_rows(search, name))
    (band,) = limited([Band(rows, _axis(rows, search.scale), _overall(search), arrows=search.scale.arrows)], limits)
    headings = _headings(
        "Participants",
        search.scale,
        settings,
        _split_heads(search) if len(rows) > 1 else (),
        (search.outcome_label, ", ", search.follow_up_label, ": ", _measure([search], settings), *_unit(search.unit)),
    )

    def alt(page: Page, page_name: str) -> Inline:
        return _tree_alt(search, page_name)

    note = (*leaving([band]), *_tree_note(search, settings))
    return lay_out((band,), headings, note, name=name, title=TREE_TITLE, alts=alt, body=ROOM)


def _split_heads(search: PartitionedOutcome) -> tuple[Heading, ...]:
    if search.honesty is None:
        return Heading((("raw",),), SPLIT), Heading((("adjusted",),), SPLIT, may_stack=True)
    return (Heading((("p",),)),)


def forest_sheets(
    searches: Sequence[PartitionedOutcome], settings: SearchSettings, *, name: str, limits: Limits | None = None
) -> tuple[Sheet, ...]:
    """Return the pages of the forest plot of the subgroups of many searches, before they are drawn."""
    bands = limited(tuple(_bands(searches, name)), limits)
    title = (capitalised(_measure(searches, settings)), *_common_unit(searches))
    headings = _headings("Outcome and subgroup", _scale(searches), settings, _forest_heads(searches), title)

    def alt(page: Page, page_name: str) -> Inline:
        return _forest_alt(searches, page_name)

    note = (*leaving(bands), *_forest_note(searches, settings))
    return lay_out(bands, headings, note, name=name, title=FOREST_TITLE, alts=alt, body=ROOM)


def _forest_heads(searches: Sequence[PartitionedOutcome]) -> tuple[Heading, ...]:
    if drawn(searches):
        return (Heading((("p",),)),)
    found = any(search.subgroups for search in searches)
    return (Heading((("Split",), ("p, adjusted",))),) if found else ()


def drawn(searches: Sequence[PartitionedOutcome]) -> bool:
    """Whether anything was drawn of a search that has subgroups."""
    return any(search.honesty is not None and search.subgroups for search in searches)


def _headings(
    label: str, scale: EffectScale, settings: SearchSettings, split: tuple[Heading, ...], axis_title: Inline
) -> Headings:
    return Headings(
        (label,),
        (
            Heading((("Trials",), ("(m)",))),
            PEOPLE,
        ),
        (Heading(((scale.column,), ("(", settings.level, "% CI)"))), *split),
        axis_title,
        least_plot=LEAST_PLOT,
    )


def _adjusted(settings: SearchSettings) -> str:
    """Return for what the p of a split is adjusted."""
    numbers = (("cuts", settings.multiplicity), ("moderators", settings.across))
    there = " and of ".join(name for name, how in numbers if how != "none")
    return f"for the number of {there} tried" if there else "for nothing"


def _scale(searches: Sequence[PartitionedOutcome]) -> EffectScale:
    return shared(search.scale for search in searches)


def _measure(searches: Sequence[PartitionedOutcome], settings: SearchSettings) -> str:
    lost = [search.overall.not_adjusted for search in searches]
    return words.adjusted(_scale(searches), lost, settings.adjust_for)


def _common_unit(searches: Sequence[PartitionedOutcome]) -> Inline:
    """Return what the title of an axis says after the measure: the unit of all, or in what they differ."""
    if len({search.scale for search in searches}) > 1:
        return (", in the measure of each outcome",)
    same = len({search.unit.text for search in searches}) == 1
    return _unit(searches[0].unit) if same else (" in the unit of each outcome",)


def _unit(unit: Number) -> Inline:
    return (" (", unit, ")") if unit.text else ()


def _estimated(members: Members) -> bool:
    return members.status in ("ok", "boundary") and math.isfinite(value_of(members.estimate.effect))


def _overall(search: PartitionedOutcome) -> float | None:
    return value_of(search.overall.estimate.effect) if _estimated(search.overall) else None


def _axis(rows: Sequence[Row], scale: EffectScale) -> Axis | None:
    found = [
        (value_of(effect), (value_of(low), value_of(high)), row.aside)
        for row in rows
        if row.estimate
        for effect, low, high in (row.estimate,)
    ]
    if not found:
        return None
    inside = [pair for _, pair, aside in found if not aside]
    # intervals of small subgroups are wide and still the point of the figure: they stay on the axis as long as they can, those of
    # the people beside them only where the axis need not become much longer
    finite = [(pair, aside) for _, pair, aside in found if all(map(math.isfinite, pair))]
    longest = max((_reach(pair) for pair, aside in finite if not aside), default=math.inf)
    shown = [pair for pair, aside in finite if not aside or _reach(pair) <= ASIDE_SPREAD * longest]
    return axis_for([effect for effect, _, _ in found], inside, shown, scale.link)


def _reach(pair: tuple[float, float]) -> float:
    return max(map(abs, pair))


def _row(
    members: Members, label: Inline, name: str, *, style: Style, colour: str, split: tuple[Cell, ...], **more: Any
) -> Row:
    """Return people with the effect among them; `split` are the cells of the split that led to them."""
    counts: tuple[Cell, ...] = ((Slot(members.trials),), people_cell(members.n_control, members.n_intervention))
    if not _estimated(members):
        reason = words.reason(members.status, members.reason, name, f"{members.id} reason")
        return Row(label, counts, style=style.muted(), reason=reason, **more)
    estimate = members.estimate.effect, members.estimate.low, members.estimate.high
    return Row(
        label,
        counts,
        (interval_cell(*estimate), *split),
        plot=_diamond(*(value_of(number) for number in estimate), colour=colour),
        style=style,
        estimate=estimate,
        **more,
    )


def _diamond(effect: float, low: float, high: float, *, colour: str) -> Callable[[Panel, float], list[Mark]]:
    def plot(panel: Panel, y: float) -> list[Mark]:
        return panel.diamond(low, effect, high, y, colour)

    return plot


def _tree_rows(search: PartitionedOutcome, name: str) -> Iterator[Row]:
    blank = _no_split(search) if search.subgroups else ()
    yield _row(search.overall, search.overall.words, name, style=HEAD, colour=ACCENT, split=blank)
    if search.tree:
        yield from _below(search, 0, (), name)
    yield from held_out_row(search, name, indent=INDENT)


def _no_split(search: PartitionedOutcome) -> tuple[Cell, ...]:
    """Return the cells behind the effect of a row that no split of a tree led to."""
    return ((),) * len(_split_heads(search))


def _look(group: Subgroup) -> dict[str, Any]:
    """Return how a subgroup looks: grey where draws do not support it."""
    return {"style": HEAD, "colour": ACCENT} if group.supported else {"style": BODY.muted(), "colour": MUTED}


def _below(search: PartitionedOutcome, place: int, rails: tuple[Rail, ...], name: str) -> Iterator[Row]:
    """Yield both sides of every kept split of a node, and what hangs below them.

    A subgroup that the same conditions lead to in another order is drawn once.
    """
    results = [group for group in search.subgroups if group.split.node == place]
    for i, group in enumerate(results):
        end: Rail = "last" if i == len(results) - 1 else "branch"
        indent = INDENT * (len(rails) + 1)
        inside, sibling, split = group.inside, group.sibling, group.split
        variant = group.variant_of is not None
        adjusted: Cell = (Slot(split.p_node),)
        p: tuple[Cell, ...] = ((Slot(split.p_raw),), adjusted) if search.honesty is None else (adjusted,)
        yield _row(
            inside,
            (*split.better.brief, *((" (variant)",) if variant and group.honesty is None else ())),
            name,
            **_look(group),
            split=p,
            indent=indent,
            rails=(*rails, "branch"),
        )
        below = (*rails, "through")
        yield from corrected_row(group.honesty, variant=variant, indent=indent + INDENT, rails=below)
        for child in (k for k, node in enumerate(search.tree) if node.subgroup == group.number):
            yield from _below(search, child, below, name)
        yield _row(
            sibling,
            split.other.brief,
            name,
            style=BODY if group.supported else BODY.muted(),
            colour=MUTED,
            split=_no_split(search),
            indent=indent,
            rails=(*rails, end),
            aside=True,
        )


def _p_words(settings: SearchSettings, *, after_draws: bool, raw: bool = False) -> str:
    """Return which p are given: after draws that of the search stands below that of the split."""
    of_split = f"p raw: of the split by itself; adjusted: {_adjusted(settings)}" if raw else ""
    of_split = of_split or f"p: of the split that made the subgroup, adjusted {_adjusted(settings)}"
    return f"{of_split}{'; in the row below, of the whole search' if after_draws else ''}. "


def _points_words(searches: Sequence[PartitionedOutcome]) -> Inline:
    """Return in what limits without a unit are; nothing where there are none."""
    rules = [condition for search in searches for group in search.subgroups for condition in group.inside.rule]
    return ("Limits without a unit are in points. ",) if any(condition.in_points for condition in rules) else ()


def _tree_note(search: PartitionedOutcome, settings: SearchSettings) -> Inline:
    note: list[str | Number] = ["Diamond: effect among these participants alone, with its ", settings.level]
    note += ["% confidence interval"]
    if search.overall.rule == () and _overall(search) is not None:
        note += ["; dashed line: effect in all participants"]
    note += [". "]
    if search.subgroups:
        note += [
            "Bold, dark: the side of a split with the larger effect, which is the subgroup; grey: the other side. ",
            _p_words(settings, after_draws=drawn([search]), raw=search.honesty is None),
            *_points_words([search]),
        ]
        if any(len(group.inside.rule) > 1 for group in search.subgroups):
            note += ["A condition applies together with those above it in the tree. "]
        hung = [group.split for group in search.subgroups]
        if any(split.kept and split not in hung for node in search.tree for split in node.splits):
            note += ["A subgroup that the same conditions lead to in another order is drawn once. "]
    else:
        note += no_subgroup(search)
    return (*note, *_variant_note([search], settings), *of_draws([search]))


def no_subgroup(search: PartitionedOutcome) -> Inline:
    """Return that nothing was found, and what came nearest to it."""
    if not search.tree:
        return ("No search was possible. ",)
    if not search.rejected:
        return (f"No subgroup identified: no split left enough {search.scale.people_searched} on both sides. ",)
    best = search.rejected[0]
    return (
        "No subgroup identified. Best rejected split: ",
        *best.better.words,
        f", p{NO_BREAK}",
        *_p(best.p_raw),
        ", adjusted ",
        best.p_node,
        ". ",
    )


def _p(number: Number) -> Inline:
    """Return "= 0.02" or "<0.001"."""
    return (number,) if number.text[:1] in "<>" else (f"={NO_BREAK}", number)


def _bands(searches: Sequence[PartitionedOutcome], name: str) -> Iterator[Band]:
    """Yield a band for each outcome: outcomes differ in their scales, or in what a point of the same scale means."""
    several = len({search.scale for search in searches}) > 1
    groups = [
        (scale, tuple(row for search in found for row in _search_rows(search, name, named=several)))
        for (_, scale), found in groupby(searches, key=lambda search: (search.outcome, search.scale))
    ]
    # an outcome without any effect has no axis, and stands above the next outcome that has one
    waiting: tuple[Row, ...] = ()
    bands: list[Band] = []
    for scale, rows in groups:
        axis = _axis(rows, scale)
        if axis is None:
            waiting += rows
            continue
        bands.append(Band(waiting + rows, axis, number=len(bands), arrows=scale.arrows))
        waiting = ()
    if bands and waiting:
        bands[-1] = replace(bands[-1], rows=waiting + bands[-1].rows)
    yield from bands or [Band(waiting, None)]


def _search_rows(search: PartitionedOutcome, name: str, *, named: bool) -> Iterator[Row]:
    """Yield the rows of a search; its head has the measure where not all of the figure have one."""
    overall = _overall(search)
    measure: Inline = (f", {search.scale.measure}",) if named else ()
    head: Inline = (search.outcome_label, *measure, *_unit(search.unit), ", ", search.follow_up_label)
    yield Row(head, style=HEAD, head=True)
    yield _row(
        search.overall,
        search.overall.words,
        name,
        style=BODY,
        colour=MUTED,
        split=NO_P,
        indent=INDENT,
        overall=overall,
    )
    for group in search.findings:
        yield _row(
            group.inside,
            rule_words(group.inside.rule, brief=True),
            name,
            **_look(group),
            split=((Slot(group.split.p_node),),),
            indent=INDENT,
            overall=overall,
        )
        yield from corrected_row(group.honesty, indent=2 * INDENT, overall=overall)
        yield _row(
            group.complement,
            ("all others",),
            name,
            style=BODY if group.supported else BODY.muted(),
            colour=MUTED,
            split=NO_P,
            indent=2 * INDENT,
            overall=overall,
            aside=True,
        )
        yield from _variants(search, group, name, overall)
    yield from held_out_row(search, name, indent=INDENT, overall=overall)
    if not search.subgroups and _estimated(search.overall):
        yield Row(_nearest(search), style=replace(BODY, slant="italic"), indent=INDENT, overall=overall)


def _variants(search: PartitionedOutcome, finding: Subgroup, name: str, overall: float | None) -> Iterator[Row]:
    """Yield the subgroups of nearly the same people, a row each below the one that they vary.

    After draws they have no p here: that of their split would stand without that of the search.
    """
    for group in search.variants_of(finding):
        split: tuple[Cell, ...] = NO_P if group.honesty else ((Slot(group.split.p_node),),)
        label: Inline = (VARIANT, *rule_words(group.inside.rule, brief=True))
        where = {"indent": 2 * INDENT, "overall": overall}
        yield _row(group.inside, label, name, style=BODY.muted(), colour=MUTED, split=split, **where)


def _nearest(search: PartitionedOutcome) -> Inline:
    """Return that nothing was found, and the split that came nearest to it, for a row of its own."""
    if not search.tree:
        return ("not searched: ", *words.quoted(search.reason, search.id, "reason"))
    if not search.rejected:
        return ("no subgroup identified",)
    best = search.rejected[0]
    return ("no subgroup identified; nearest: ", *best.better.words, f", adjusted p{NO_BREAK}", *_p(best.p_node))


def _forest_note(searches: Sequence[PartitionedOutcome], settings: SearchSettings) -> Inline:
    note: list[str | Number] = [
        "Diamond: effect among these participants alone, with its ",
        settings.level,
        "% confidence interval; dashed line: effect in all participants of the outcome. ",
    ]
    if any(search.subgroups for search in searches):
        note += [
            "Bold, dark: subgroups, which may overlap; grey below each: all other participants. ",
            _p_words(settings, after_draws=drawn(searches)),
            *_points_words(searches),
        ]
    if len({search.outcome for search in searches}) > 1:
        note += ["Each outcome has its own axis; lengths are comparable within one outcome only. "]
    return (*note, *_variant_note(searches, settings), *of_draws(searches))


def _variant_note(searches: Sequence[PartitionedOutcome], settings: SearchSettings) -> Inline:
    """Return what a variant is; nothing where there is none."""
    if settings.near is None or not any(subgroup.variant_of for search in searches for subgroup in search.subgroups):
        return ()
    return ("Variant: nearly the same people as a stronger subgroup (Jaccard index at least ", settings.near, "). ")


def _named(members: Members) -> Inline:
    estimate = members.estimate
    if not _estimated(members):
        return (*members.words, ": not estimable")
    return (*members.words, ": ", estimate.effect, " (", estimate.low, " to ", estimate.high, ")")


def _by(scale: EffectScale) -> str:
    """Return in what the effects of an alternative text are, where "effect" does not say it: " by odds ratios"."""
    return scale.of_them.replace(" of ", " by ", 1)


def _tree_alt(search: PartitionedOutcome, name: str) -> Inline:
    found = words.count(name, "subgroups", len(search.findings))
    about = words.subject(search.outcome_label, search.unit, search.follow_up_label)
    alt: list[str | Number] = [f"Tree of subgroups{_by(search.scale)}", *about]
    alt += [": ", *words.plural(found, "subgroup", "subgroups"), ". "] if search.subgroups else [". "]
    alt += _named(search.overall)
    for group in search.findings:
        alt += [
            "; ",
            *_named(group.inside),
            *doubt(group.supported),
            *after(group.honesty),
            ", against ",
            *_named(group.sibling),
        ]
    alt += [". "]
    if not search.subgroups:
        alt += no_subgroup(search)
    return _closed([*alt, *verdicts([search])])


def _found_none(search: PartitionedOutcome) -> bool:
    return bool(search.tree) and not search.subgroups


def _forest_alt(searches: Sequence[PartitionedOutcome], name: str) -> Inline:
    total = words.count(name, "subgroups", sum(len(search.findings) for search in searches))
    outcomes = words.count(name, "searches", len(searches))
    none = words.count(name, "searches without a subgroup", sum(_found_none(search) for search in searches))
    impossible = words.count(name, "searches that were not possible", sum(not search.tree for search in searches))
    alt: list[str | Number] = [
        f"Forest plot of subgroups{_by(_scale(searches))}: ",
        *words.plural(total, "subgroup", "subgroups"),
    ]
    alt += [" in ", *words.plural(outcomes, "search", "searches"), "; ", none, " found none"]
    if impossible.value:
        alt += ["; ", impossible, " not possible"]
    for search in searches:
        for group in search.findings:
            alt += [
                "; ",
                search.outcome_label,
                ", ",
                *_named(group.inside),
                *doubt(group.supported),
                *after(group.honesty),
            ]
    return _closed([*alt, ". ", *verdicts(searches)])


def _closed(inline: Sequence[str | Number]) -> Inline:
    last = inline[-1]
    return (*inline[:-1], last.rstrip()) if isinstance(last, str) else tuple(inline)
