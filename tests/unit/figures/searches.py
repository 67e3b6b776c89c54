"""Searches for subgroups with invented numbers, as the analyses would record them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from reportgen.records.effect_scale import MEAN_DIFFERENCE
from reportgen.records.estimate import Estimate, SearchRange, SuppressionNote
from reportgen.records.honesty import Chosen, Corrected, HeldOut, SearchHonesty, SubgroupHonesty, Verdict
from reportgen.records.numbers import Number
from reportgen.records.partition import (
    Condition,
    Members,
    ModeratorUse,
    NormalInterval,
    PartitionedOutcome,
    Profile,
    SearchSettings,
    Split,
    Subgroup,
    TreeNode,
)
from tests.number_builder import NumberBuilder
from tests.unit.figures.build import builder, estimate, quote

Rule = tuple[Condition, ...]
WHY = "one trial, and 2 are needed"


def search_range() -> SearchRange:
    """Between which numbers the searches lie."""
    at = builder("rp.extent")
    return SearchRange(
        *(
            at.count(name, value)
            for name, value in {"trials fewest": 2, "trials most": 5, "n fewest": 300, "n most": 900}.items()
        )
    )


def suppression(suppressed: int = 0) -> SuppressionNote:
    """A search that keeps some cuts to itself."""
    at = builder("rp.guard")
    return SuppressionNote(at.count("minimum cell", 5), at.count("left out", suppressed))


def settings(**changes: object) -> SearchSettings:
    made = builder("rp.settings")
    values: dict[str, object] = {
        "adjust_for": (quote("rp.settings.adjust-for.1", "baseline"),),
        "treatment_effect": "random",
        "criterion": "interaction",
        "multiplicity": "sidak-modified",
        "across": "sidak",
        "count_screened": False,
        "information": "pooled",
        "adjuster_slopes": "common",
        "missing": "complete",
        "screened_by": None,
        "p_below": None,
        "alpha": made.limit_of_p("alpha", 0.05, 2),
        "gamma": (),
        "depth": made.count("depth", 2),
        "width": made.count("width", 3),
        "min_size": ("at least ", made.count("min size", 50), " people"),
        "min_arm": made.count("min arm", 10),
        "min_trials": made.count("min trials", 2),
        "max_cuts": made.count("max cuts", 100),
        "level": Number("rp.settings.level", 95, "95", "%"),
    }
    return SearchSettings(**(values | changes))  # type: ignore[arg-type]


def condition(at: NumberBuilder, label: str, sign: str = "≤", cut: float = 54.25, unit: str = "points") -> Condition:
    levels = () if sign != "levels" else (at.quote("level 1", "low"), at.quote("level 2", "moderate"))
    return Condition(
        label,
        at.quote("moderator", label),
        sign,  # type: ignore[arg-type]
        None if levels else at.figure("cut", cut, 1, unit),
        levels,
        at.quote("unit", "" if levels else unit),
    )


def members(at: NumberBuilder, rule: Rule = (), value: float | None = 3.0, half: float = 2.0, n: int = 400) -> Members:
    status = "ok" if value is not None else "not estimable"
    none = Estimate(*(at.none(name, WHY) for name in ("effect", "low", "high", "std error", "df", "p")))
    normal = at.at("effect", "normal")
    return Members(
        at.prefix,
        rule,
        at.count("n", n),
        at.count("n control", n // 2),
        at.count("n intervention", n - n // 2),
        at.count("trials", 3, "trials"),
        none if value is None else estimate(at, value, half, "points"),
        NormalInterval(normal.fixed("ci low", None, "effect"), normal.fixed("ci high", None, "effect")),
        status,  # type: ignore[arg-type]
        "" if value is not None else WHY,
    )


def split(
    at: NumberBuilder, better: Condition, other: Condition, node: int = 0, kept: bool = True, p: float = 0.0004
) -> Split:
    return Split(
        node,
        better,
        other,
        at.count("cuts", 40, "cuts"),
        at.p("p raw", p),
        at.p("p adjusted", min(4 * p, 1)),
        at.p("p node", min(20 * p, 1)),
        estimate(at.at("difference"), 4.0, 2.0, "points"),
        kept,
        () if kept else ("adjusted p above ", at.limit_of_p("alpha", 0.05, 2)),
    )


def subgroup(
    at: NumberBuilder,
    number: int,
    label: str,
    *,
    above: Subgroup | None = None,
    node: int = 0,
    value: float | None = 6.0,
) -> Subgroup:
    """A subgroup below everybody or below another one."""
    nested = at.at(f"subgroup {number}")
    before = above.inside.rule if above else ()
    low, high = condition(nested.at("low"), label), condition(nested.at("high"), label, ">")
    return Subgroup(
        number,
        len(before) + 1,
        members(nested, (*before, low), value, 3.0, 150),
        members(nested.at("sibling"), (*before, high), 1.0, 3.0, 200),
        members(nested.at("complement"), (), 1.5, 3.0, 250),
        split(nested.at("split"), low, high, node),
        nested.p("p pooled", 0.0004),
        nested.p("p within", 0.0006),
        nested.p("p new", 0.03),
    )


def profile(
    at: NumberBuilder, node: int, label: str, cuts: int = 40, kept: bool = False, sets: Sequence[str] = ()
) -> Profile:
    places = tuple(20.0 + i for i in range(cuts)) if not sets else tuple(float(i + 1) for i in range(len(sets)))
    heights = tuple(1.0 + 3.0 * math.sin(i / 7) ** 2 for i in range(len(places)))
    return Profile(
        node,
        label,
        at.at("moderator", label).quote("label", label),
        at.at("moderator", label).quote("unit", "" if sets else "years"),
        places,
        tuple(sets),
        heights,
        heights,
        heights,
        heights,
        max(range(len(heights)), key=heights.__getitem__) if heights else None,
        kept,
        3.5,
    )


def search(
    outcome: str = "pain",
    labels: Sequence[str] = ("Age", "Baseline FFbHR"),
    *,
    deep: bool = True,
    found: bool = True,
    possible: bool = True,
    value: float | None = 3.0,
    cuts: int = 40,
) -> PartitionedOutcome:
    """One search: a subgroup for each label, below the first of them a second level."""
    at = builder(f"rp.overall.{outcome}.short")
    groups: list[Subgroup] = []
    if found and possible:
        groups = [subgroup(at, i, label) for i, label in enumerate(labels, 1)]
        if deep:
            groups.append(subgroup(at, len(groups) + 1, "Baseline MCS", above=groups[0], node=1))
    rejected = [
        split(made, condition(made.at("low"), label), condition(made.at("high"), label, ">"), kept=False, p=0.021 * i)
        for i, label in enumerate(("Sex", "Smoking"), 1)
        for made in [at.at(f"rejected {i}")]
    ]
    overall = members(at, (), value, 1.5, 400)
    tree = [TreeNode(None, 0, overall, tuple(rejected) + tuple(g.split for g in groups if g.split.node == 0), None)]
    tree += [
        TreeNode(0, g.level, g.inside, tuple(o.split for o in groups if o.split.node == g.number), g.number)
        for g in groups
    ]
    profiles = [profile(at, 0, label, cuts, kept=bool(groups)) for label in labels]
    profiles += [profile(at, 0, "Anxiety", sets=("low", "low or moderate")), profile(at, 0, "Sex", sets=("female",))]
    return PartitionedOutcome(
        at.prefix,
        outcome,
        at.quote("outcome", outcome.upper()),
        at.quote("unit", "points"),
        MEAN_DIFFERENCE,
        "short",
        at.quote("follow up", "Short term"),
        "overall",
        overall,
        at.count("in comparison", 500),
        (
            ModeratorUse("age", at.quote("use 1", "Age"), at.count("lost 1", 0), at.count("lost trials 1", 0), True, ()),
            ModeratorUse(
                "bmi", at.quote("use 2", "BMI"), at.count("lost 2", 40), at.count("lost trials 2", 2), False,
                (at.quote("why 2", "leaves 1 trial"),),
            ),
        ),
        at.count("cuts", cuts),
        at.count("min size", 50),
        tuple(groups),
        tuple(tree) if possible else (),
        tuple(rejected) if possible else (),
        tuple(profiles) if possible else (),
        (),
        "ok" if possible else "not estimable",
        "" if possible else WHY,
    )  # fmt: skip


def corrected(at: NumberBuilder, value: float, half: float, optimism: float = 1.2) -> Corrected:
    """An effect minus an optimism."""
    return Corrected(
        at.fixed("effect", value, "effect", "points"),
        at.fixed("ci low", value - half, "effect", "points"),
        at.fixed("ci high", value + half, "effect", "points"),
        at.fixed("optimism", optimism, "effect", "points"),
        at.count("draws", 200, "draws"),
    )


def held_out(at: NumberBuilder, value: float | None = 2.4, half: float = 2.5) -> HeldOut:
    """Three trials held out, or why there are none."""
    nested = at.at("held out")
    none = Estimate(*(nested.none(name, WHY) for name in ("effect", "low", "high", "std error", "df", "p")))
    return HeldOut(
        (),
        nested.count("trials", 3 if value is not None else 0, "trials"),
        nested.count("kept", 2),
        none if value is None else estimate(nested, value, half, "points"),
        none if value is None else estimate(nested.at("difference"), value - 1, half, "points"),
        "" if value is not None else WHY,
    )


def honest(
    found: PartitionedOutcome, verdict: Verdict = "supported", held: float | None = 2.4, p: float = 0.004
) -> PartitionedOutcome:
    """The same search after draws: every subgroup with a p of the search and a corrected effect."""
    at = builder(found.id).at("honesty")
    whole = SearchHonesty(
        at.count("null draws", 1000, "draws"),
        at.count("bootstrap draws", 200, "draws"),
        at.limit_of_p("alpha", 0.05, 2),
        at.p("search p", p),
        at.fixed("kept share", 12.0, "percent", "%"),
        at.fixed("found share", 96.0, "percent", "%"),
        verdict,
        (
            Chosen(
                at.quote("label", "Age"), at.fixed("share", 80.0, "percent", "%"), "≤",
                at.figure("cut low", 41, 0), at.figure("cut high", 52, 0),
            ),
        ),
        held_out(at, held),
    )  # fmt: skip
    groups = []
    for group in found.subgroups:
        here = builder(group.inside.id)
        value = group.inside.estimate.effect.value
        parts = (None, None) if value is None else (
            corrected(here.at("corrected"), value - 1.2, 3.6), corrected(here.at("corrected difference"), 2.8, 2.9),
        )  # fmt: skip
        groups.append(replace(group, honesty=SubgroupHonesty(here.p("search p", p), verdict, *parts)))
    return replace(found, subgroups=tuple(groups), honesty=whole)
