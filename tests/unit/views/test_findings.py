"""The sentences of the page of key findings, from records with invented numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reportgen.records.estimate import ComparisonRecord
from reportgen.records.honesty import verdict_sentence
from reportgen.records.model import MetaAnalysis, PooledEffect
from reportgen.records.moderation import Interaction, Moderation, Screen
from reportgen.records.numbers import Inline, plain
from reportgen.records.partition import PartitionedOutcome, RecursivePartitioning
from reportgen.views.findings.agreement import agreement_findings
from reportgen.views.findings.finding import Findings
from reportgen.views.findings.meta_analysis import effect_findings
from reportgen.views.findings.moderators import moderator_findings
from reportgen.views.findings.searches import search_findings
from tests.unit.figures.build import builder, effect, quote
from tests.unit.figures.build import settings as model_settings
from tests.unit.figures.ratios import ratios
from tests.unit.figures.screens import interaction, screen
from tests.unit.figures.screens import settings as screening_settings
from tests.unit.figures.searches import honest, search, search_range, suppression
from tests.unit.figures.searches import settings as search_settings

OVERALL = ComparisonRecord("overall", quote("overall.title", "any v none"), (), ())


def spaced(words: Inline) -> str:
    return plain(words).replace("\u00a0", " ")


def lines(found: Findings) -> list[str]:
    return [spaced(item.words) for item in found.items]


def pooled(*effects: PooledEffect) -> MetaAnalysis:
    return MetaAnalysis("pooled", model_settings(), (OVERALL,), effects)


def screening(*screens: Screen) -> Moderation:
    at = builder("screening")
    found = [item for one in screens for item in one.interactions if item.holm.value is not None]
    low = sum(item.tier == "significant" for item in found)
    counts = (at.count("tested", len(found)), at.count("significant", low), at.count("weak", 0))
    return Moderation("screening", screening_settings(), (OVERALL,), screens, *counts, at.figure("by chance", 0.1, 1))


def partitioning(*searches: PartitionedOutcome) -> RecursivePartitioning:
    return RecursivePartitioning("rp", search_settings(), (OVERALL,), searches, search_range(), suppression())


def subgroups(*records: RecursivePartitioning) -> list[str]:
    return lines(search_findings("Recursive partitioning", records))


def moderators(*interactions: Interaction) -> str:
    (line,) = lines(moderator_findings([screening(screen("pain", interactions))]))
    return line


def test_effects_are_counted_and_the_first_stand_in_numbers() -> None:
    record = pooled(effect("pain"), effect("mood", value=0.5), effect("walking", value=None), effect("pain", "long"))
    first, last = lines(effect_findings([record]))
    assert first == (
        "For any v none, the 95% CI excludes zero for 2 of 3 effects, all in favour of the intervention; for 1 no "
        "estimate is given. Short term: Pain 3.0 points (95% CI 1.0 to 5.0; m = 4, n = 888); Mood 0.5 points (−1.5 to 2.5; m = 4, "
        "n = 888). Long term: Pain 3.0 points (1.0 to 5.0; m = 4, n = 888)."
    )
    assert last.startswith("Positive effects favour the intervention. CI:")


def test_effects_on_both_sides_are_told_apart() -> None:
    record = pooled(effect("pain"), effect("mood", value=-3.0))
    assert (
        "for 2 of 2 effects (1 in favour of the intervention, 1 in favour of the control)"
        in lines(effect_findings([record]))[0]
    )


def test_where_nothing_could_be_estimated_the_sentence_says_so() -> None:
    assert lines(effect_findings([pooled(effect(value=None))])) == ["For any v none, no estimate of 1 effect is given."]


def test_ratios_are_compared_with_one_and_printed_as_ratios() -> None:
    first, last = lines(effect_findings([ratios(pooled(effect("pain", value=-4.0)))]))
    assert "excludes one for 1 of 1 effect, in favour of the intervention" in first
    assert "Pain odds ratio 0.4" in first and "points" not in first
    assert last.startswith("Odds ratios below one favour the intervention")


def test_each_finding_names_its_analysis_and_comparison() -> None:
    (first, last) = effect_findings([pooled(effect())]).items
    assert (first.of, first.comparison, last.of) == ("pooled", "overall", "")


def test_no_moderator_survives() -> None:
    assert moderators(interaction("pain", p=0.03), interaction("pain", "Sex", p=0.5, tier="neither")) == (
        "Of 2 interactions tested, none has a p value below 0.05 after adjustment for the number of moderators (Holm): no "
        "moderator is established. Without adjustment 1 is below it; 0.1 would be expected if nothing modified the effect."
    )


def test_moderators_that_survive_stand_in_numbers_the_clearest_first() -> None:
    said = moderators(interaction("pain", "Sex", p=0.01), interaction("pain", p=0.001))
    assert said == (
        "Of 2 interactions tested, 2 have a p value below 0.05 after adjustment for the number of moderators (Holm): "
        "Pain by Age, larger effect at lower values: difference −1.0 (−1.8 to −0.2) per 10 years, adjusted p = 0.0030; "
        "Pain by Sex, larger effect at lower values: difference −1.0 (−1.8 to −0.2) per 10 years, adjusted p = 0.030."
    )


def test_of_many_moderators_the_rest_are_counted() -> None:
    said = moderators(*(interaction("pain", f"Scale {letter}", p=0.001) for letter in "abcde"))
    assert said.count("adjusted p") == 2 and said.endswith("; and 3 more.")


def test_random_draws_take_the_place_of_holm() -> None:
    at = builder("screening.pain.age")
    drawn = replace(interaction("pain", p=0.001), min_p=at.p("min p", 0.02), min_p_all=at.p("min p all", 0.2))
    assert (
        "none has a p value below 0.05 after adjustment for the number of moderators and outcomes (random draws)"
        in moderators(drawn)
    )


def test_a_screening_without_interactions() -> None:
    assert moderators(interaction("pain", values=(None,), p=None)) == "No interaction could be tested."


def test_a_moderator_with_several_levels_has_its_joint_test_alone() -> None:
    said = moderators(interaction("pain", "Mood", (2.0, 3.0), p=0.001, levels=("low", "middle", "high")))
    assert "difference" not in said and said.endswith("adjusted p = 0.0030.")


def test_a_search_that_finds_nothing() -> None:
    assert subgroups(partitioning(search(found=False), search("mood", found=False))) == [
        "Recursive partitioning “rp” found no subgroup in any of 2 searches."
    ]


def test_one_search_that_finds_nothing_after_draws_says_what_draws_say() -> None:
    one = honest(search(found=False), p=0.6)
    assert subgroups(partitioning(one)) == [
        f"Recursive partitioning “rp” found no subgroup. {spaced(verdict_sentence(one))}"
    ]


def test_searches_that_were_not_possible() -> None:
    assert subgroups(partitioning(search(possible=False))) == ["Recursive partitioning “rp”: no search was possible."]


def test_searches_that_were_not_possible_are_counted_beside_those_that_were() -> None:
    lost = search("mood", possible=False)
    assert subgroups(partitioning(search(found=False), lost)) == [
        "Recursive partitioning “rp” found no subgroup (1 not possible)."
    ]
    first, _ = subgroups(partitioning(search(), lost, search("walking", possible=False)))
    assert first.startswith(
        "Recursive partitioning “rp” has candidate subgroups in 1 of 1 search (2 not possible). The clearest"
    )


def test_without_draws_subgroups_are_candidates() -> None:
    first, last = subgroups(partitioning(search()))
    assert first.startswith(
        "Recursive partitioning “rp” has candidate subgroups in 1 of 1 search. The clearest: PAIN, Short term, "
    )
    assert "corrected" not in first and "supported" not in first
    assert last == "Without random draws subgroups are candidates: their effects are not corrected for the search."


def test_after_draws_the_verdict_is_the_sentence_of_all_other_places() -> None:
    one = honest(search())
    (said,) = subgroups(partitioning(one, search("mood", found=False)))
    assert said.startswith(
        "Recursive partitioning “rp” has candidate subgroups in 1 of 2 searches; 1 is supported by random draws."
    )
    assert ", corrected for the search " in said
    assert said.endswith(spaced(verdict_sentence(one)))


def test_supported_searches_come_first_and_at_most_two_stand_in_numbers() -> None:
    doubtful = honest(search("mood"), "candidate, not supported", p=0.2)
    supported = [honest(search(name)) for name in ("pain", "walking", "sleep")]
    found = search_findings("Recursive partitioning", [partitioning(doubtful, *supported)])
    assert [item.outcome for item in found.items] == ["pain", "walking"]
    assert "; 3 are supported by random draws." in lines(found)[0]


def test_an_analysis_of_several_comparisons_names_them() -> None:
    other = ComparisonRecord("other", quote("other.title", "some v none"), (), ())
    record = replace(partitioning(search()), comparisons=(OVERALL, other))
    assert "The clearest: any v none: PAIN, Short term" in subgroups(record)[0]


def test_no_analyses_have_no_findings() -> None:
    empty: Sequence[Findings] = (effect_findings([]), moderator_findings([]), agreement_findings([]))
    assert [found.items for found in empty] == [(), (), ()]
