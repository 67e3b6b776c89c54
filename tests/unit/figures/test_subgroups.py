"""Tree, forest and profiles of subgroups: nothing overlaps, both sides of each split are drawn, rows and lines agree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen.figures.axis import Axis
from reportgen.figures.cut_profiles import profile_sheets
from reportgen.figures.grid import ROW
from reportgen.figures.lettering import width
from reportgen.figures.panel import Panel
from reportgen.figures.sheet import Piece, Shape, Sheet, Stroke, Words
from reportgen.figures.subgroups import forest_sheets, tree_sheets
from reportgen.figures.theme import ACCENT, BODY, HEAD, MUTED, RULE
from reportgen.records.honesty import verdict_in_brief, verdict_sentence
from reportgen.records.numbers import plain
from reportgen.records.partition import PartitionedOutcome
from tests.unit.figures.boxes import errors
from tests.unit.figures.build import builder, estimate
from tests.unit.figures.searches import honest, search, settings

LONG = "A moderator with a label of ninety characters, which nobody can shorten, at rest and in use"

SEARCHES = {
    "two levels": search(),
    "one subgroup": search(labels=("Age",), deep=False),
    "eleven subgroups": search(labels=[f"Moderator {k}" for k in range(10)]),
    "thirty subgroups": search(labels=[f"Moderator {k}" for k in range(30)]),
    "labels of ninety characters": search(labels=(LONG, "W" * 90)),
    "none": search(found=False),
    "no search": search(possible=False),
    "nothing estimable": search(possible=False, value=None),
    "drawn": honest(search()),
    "drawn, not supported": honest(search(), "candidate, not supported", p=0.31),
    "drawn, nothing held out": honest(search(), held=None),
    "drawn, long labels": honest(search(labels=(LONG, "W" * 90)), "candidate, not supported", p=0.31),
    "drawn, thirty subgroups": honest(search(labels=[f"Moderator {k}" for k in range(30)])),
    "drawn, none": honest(search(found=False)),
    "drawn, wide": honest(search(), held=60.0),
    "a subgroup without an estimate": replace(
        search(),
        subgroups=(replace(search().subgroups[0], sibling=search(value=None).overall), *search().subgroups[1:]),
    ),
}


def texts(sheet: Sheet) -> list[str]:
    return [" ".join(piece.text for piece in words.pieces) for words in sheet.words()]


@pytest.mark.sampled(8)
@pytest.mark.parametrize("case", SEARCHES)
def test_tree_clips_and_overlaps_nothing(case: str) -> None:
    for sheet in tree_sheets(SEARCHES[case], settings(), name="fig3"):
        assert errors(sheet) == []
        assert sheet.height < 240


@pytest.mark.sampled(8)
@pytest.mark.parametrize("case", SEARCHES)
def test_forest_clips_and_overlaps_nothing(case: str) -> None:
    three = [SEARCHES[case], search("sleep", found=False), search("mood")]
    for sheet in forest_sheets(three, settings(), name="fig3"):
        assert errors(sheet) == []
        assert sheet.height < 240


@pytest.mark.sampled(8)
@pytest.mark.parametrize("case", SEARCHES)
def test_profiles_clip_and_overlap_nothing(case: str) -> None:
    if SEARCHES[case].profiles:
        for sheet in profile_sheets(SEARCHES[case], name="fig3"):
            # points stand on their axes on purpose
            assert errors(sheet, marks_too=False) == []
            assert sheet.height < 245


def test_tree_shows_both_sides_of_each_split_with_its_p() -> None:
    found = search()
    (sheet,) = tree_sheets(found, settings(), name="fig3")
    printed = [number.id for number in sheet.printed()]
    for group in found.subgroups:
        for number in (group.inside.estimate.effect, group.sibling.estimate.effect, group.inside.n_control):
            assert printed.count(number.id) == 1
        assert {group.split.p_raw.id, group.split.p_node.id, group.inside.trials.id} <= set(printed)


def places(sheet: Sheet) -> dict[str, Piece]:
    """Return where each number stands that is the only one of its piece."""
    found = {}
    for words in sheet.words():
        if len(words.pieces) == len(words.numbers):
            found |= {number.id: piece for number, piece in zip(words.numbers, words.pieces, strict=True)}
    return found


def test_p_raw_stands_left_of_p_adjusted() -> None:
    (sheet,) = tree_sheets(SEARCHES["two levels"], settings(), name="fig3")
    place = places(sheet)
    for group in SEARCHES["two levels"].subgroups:
        raw, adjusted = place[group.split.p_raw.id], place[group.split.p_node.id]
        assert raw.x < adjusted.x
        assert raw.y == adjusted.y
    heads = {words.pieces[0].text: words.pieces[0] for words in sheet.words() if words.style == HEAD}
    assert heads["raw"].x < heads["adjusted"].x


def test_after_draws_p_of_the_search_stands_beside_the_corrected_effect_in_the_column_of_p() -> None:
    found = SEARCHES["drawn"]
    for (sheet,) in (tree_sheets(found, settings(), name="fig3"), forest_sheets([found], settings(), name="fig3")):
        place = places(sheet)
        heights = {number.id: words.pieces[0].y for words in sheet.words() for number in words.numbers}
        ends = set()
        for group in found.subgroups:
            assert group.honesty is not None and group.honesty.inside is not None
            split, search = place[group.split.p_node.id], place[group.honesty.p_search.id]
            assert split.y == heights[group.inside.estimate.effect.id]
            assert search.y == heights[group.honesty.inside.effect.id]
            ends |= {round(p.x + width(p.text, BODY), 3) for p in (search,)}
            assert group.split.p_raw.id not in place
        assert len(ends) == 1
        assert any("in the row below, of the whole search" in text for text in texts(sheet))


def test_a_subgroup_that_could_not_be_corrected_has_p_of_the_search_in_a_row_of_its_own() -> None:
    found = honest(search())
    lacking = [
        replace(group, honesty=replace(group.honesty, inside=None)) for group in found.subgroups if group.honesty
    ]
    (sheet,) = tree_sheets(replace(found, subgroups=tuple(lacking)), settings(), name="fig3")
    assert sum(text == "p of the search" for text in texts(sheet)) == len(lacking)
    assert {group.honesty.p_search.id for group in lacking if group.honesty} <= {n.id for n in sheet.printed()}


def test_people_of_either_arm_stand_in_one_column() -> None:
    found = SEARCHES["drawn"]
    (sheet,) = tree_sheets(found, settings(), name="fig3")
    for group in found.subgroups:
        pair = (group.inside.n_control, group.inside.n_intervention)
        (cell,) = [words for words in sheet.words() if words.numbers == pair]
        assert [piece.text for piece in cell.pieces] == [pair[0].text, ":", pair[1].text]


def test_limits_of_a_questionnaire_stand_without_points_and_others_with_their_unit() -> None:
    first, *others = search().subgroups
    years = replace(first.split.better, unit=replace(first.split.better.unit, text="years"))
    split = replace(first.split, better=years)
    inside = replace(first.inside, rule=(years,))
    found = replace(search(), subgroups=(replace(first, split=split, inside=inside), *others))
    for (sheet,) in (tree_sheets(found, settings(), name="f"), forest_sheets([found], settings(), name="f")):
        said = texts(sheet)
        assert any(text.endswith("≤ 54.3 years") for text in said)
        assert not any(text.endswith("54.3 points") for text in said)
        assert any("Limits without a unit are in points." in text for text in said)


def plot_width(sheet: Sheet) -> float:
    """Return the length of the longest axis."""
    rules = (m for m in sheet.marks if isinstance(m, Stroke) and (m.colour, m.weight) == (RULE, 0.6) and m.y == m.y_end)
    return max(m.x_end - m.x for m in rules)


@pytest.mark.parametrize("case", [case for case in SEARCHES if case != "nothing estimable"])
def test_the_plot_of_subgroups_has_a_third_of_the_page_and_type_stays_legible(case: str) -> None:
    found = SEARCHES[case]
    for sheet in (*tree_sheets(found, settings(), name="f"), *forest_sheets([found], settings(), name="f")):
        assert plot_width(sheet) >= sheet.width / 3 - 1e-6
        assert min(words.style.size for words in sheet.words()) >= 7


def test_the_effect_in_those_held_out_and_corrected_stays_where_columns_are_stacked() -> None:
    found = honest(search())
    (sheet,) = tree_sheets(found, settings(), name="fig3")
    printed = {number.id for number in sheet.printed()}
    assert found.honesty is not None and found.honesty.held_out is not None
    assert found.honesty.held_out.inside.effect.id in printed
    for group in found.subgroups:
        assert group.honesty is not None and group.honesty.inside is not None
        assert {group.honesty.inside.effect.id, group.honesty.p_search.id, group.split.p_node.id} <= printed


def test_a_subgroup_stands_below_the_one_that_it_is_part_of() -> None:
    found = search()
    (sheet,) = tree_sheets(found, settings(), name="fig3")
    labels = [text for text in texts(sheet) if " ≤ " in text or " > " in text]
    assert labels == [
        "Age ≤ 54.3",
        "Baseline MCS ≤ 54.3",
        "Baseline MCS > 54.3",
        "Age > 54.3",
        "Baseline FFbHR ≤ 54.3",
        "Baseline FFbHR > 54.3",
    ]


def test_lines_of_the_tree_meet_their_rows() -> None:
    (sheet,) = tree_sheets(search(), settings(), name="fig3")
    branches = sorted(
        {m.y for m in sheet.marks if isinstance(m, Stroke) and m.y == m.y_end and m.colour == RULE and m.x < 10}
    )
    labels = [words.pieces[0] for words in sheet.words() if " 54.3" in " ".join(piece.text for piece in words.pieces)]
    assert len(branches) == len(labels) == 6
    for y, first_line in zip(branches, sorted(labels, key=lambda piece: piece.y), strict=True):
        assert first_line.y - BODY.cap_height < y < first_line.y
        assert first_line.x > 2


def test_lines_of_the_tree_end_at_the_last_side() -> None:
    (sheet,) = tree_sheets(search(), settings(), name="fig3")
    lines = [m for m in sheet.marks if isinstance(m, Stroke) and m.colour == RULE and m.x == m.x_end and m.x < 10]
    branches = [m.y for m in sheet.marks if isinstance(m, Stroke) and m.y == m.y_end and m.colour == RULE and m.x < 10]
    assert max(line.y_end for line in lines) == max(branches)
    for x in {line.x for line in lines}:
        # a level that ends leaves no line hanging below its last branch
        assert any(max(line.y_end for line in lines if line.x == x) == y for y in branches)


def test_every_diamond_stands_in_the_row_of_its_effect() -> None:
    (sheet,) = tree_sheets(search(), settings(), name="fig3")
    diamonds = sorted(
        sum(y for _, y in m.corners) / len(m.corners)
        for m in sheet.marks
        if isinstance(m, Shape) and m.kind == "diamond"
    )
    effects = sorted(
        words.pieces[0].y for words in sheet.words() if any(n.id.endswith(".effect") for n in words.numbers)
    )
    assert len(diamonds) == len(effects) == 7
    for y, base in zip(diamonds, effects, strict=True):
        assert abs(y - base) < ROW / 2


def test_a_subgroup_that_two_orders_lead_to_is_drawn_once() -> None:
    found = search()
    root, first, second, deeper = found.tree
    # the same two conditions, the other one first: kept, and the people of the third subgroup again
    again = replace(found.subgroups[2].split, node=2, cuts=found.subgroups[0].split.cuts)
    twice = replace(found, tree=(root, first, replace(second, splits=(again,)), deeper, replace(deeper, parent=2)))
    (sheet,) = tree_sheets(twice, settings(), name="fig3")
    assert sum("Baseline MCS ≤" in text for text in texts(sheet)) == 1
    said = "A subgroup that the same conditions lead to in another order is drawn once."
    assert any(said in text for text in texts(sheet))
    (usual,) = tree_sheets(found, settings(), name="fig3")
    assert not any(said in text for text in texts(usual))


def test_no_subgroup_says_so_with_the_best_rejected_split() -> None:
    found = search(found=False)
    (sheet,) = tree_sheets(found, settings(), name="fig3")
    (note,) = [text for text in texts(sheet) if "No subgroup identified" in text]
    assert "Best rejected split: Sex ≤ 54.3 points, p = 0.021, adjusted 0.42." in note
    best = found.rejected[0]
    assert {best.p_raw.id, best.p_node.id} <= {number.id for number in sheet.printed()}
    assert "No subgroup identified" in plain(sheet.alt)


def test_forest_groups_by_outcome_and_says_where_there_is_none() -> None:
    (sheet,) = forest_sheets([search(), search("sleep", found=False)], settings(), name="fig3")
    said = texts(sheet)
    assert said.index("PAIN (points), Short term") < said.index("SLEEP (points), Short term")
    assert said.count("all others") == 3
    (nearest,) = [text for text in said if "no subgroup identified" in text]
    assert nearest == "no subgroup identified; nearest: Sex ≤ 54.3 points, adjusted p = 0.42"
    assert "3 subgroups in 2 searches; 1 found none" in plain(sheet.alt)


def test_each_outcome_has_its_overall_line() -> None:
    two = [search(value=1.0), search("sleep", value=4.0)]
    (sheet,) = forest_sheets(two, settings(), name="fig3")
    dashed = [mark for mark in sheet.marks if isinstance(mark, Stroke) and mark.dashed]
    assert len({round(mark.x, 3) for mark in dashed}) == 2


def test_profiles_mark_what_was_kept_and_draw_the_line_to_reach() -> None:
    found = search()
    (sheet,) = profile_sheets(found, name="fig3")
    fills = [mark.fill for mark in sheet.marks if isinstance(mark, Shape)]
    assert fills.count(ACCENT) == sum(profile.kept for profile in found.profiles) == 2
    assert fills.count("#ffffff") == sum(not profile.kept for profile in found.profiles) == 2
    assert fills.count(MUTED) == sum(len(profile.cuts) for profile in found.profiles)
    lines = [mark for mark in sheet.marks if isinstance(mark, Stroke) and mark.dashed]
    assert len(lines) == len(found.profiles)
    for line in lines:
        assert line.y == line.y_end


@pytest.mark.slow
def test_profiles_say_in_words_which_cuts_were_best_in_which_node() -> None:
    (sheet,) = profile_sheets(search(), name="fig3")
    assert plain(sheet.alt).replace("\u00a0", " ") == (
        "Profiles of cuts: 4 panels, 83 cuts. All participants, best cuts: Age ≤ 54.3 points, raw p <0.001, kept; Baseline FFbHR ≤ "
        "54.3 points, raw p <0.001, kept; Sex ≤ 54.3 points, raw p = 0.021, not kept."
    )


def test_a_cut_above_the_line_is_drawn_above_it() -> None:
    found = search(labels=("Age",))
    (sheet,) = profile_sheets(found, name="fig3")
    age = found.profiles[0]
    line = next(mark.y for mark in sheet.marks if isinstance(mark, Stroke) and mark.dashed)
    shapes = [mark for mark in sheet.marks if isinstance(mark, Shape) and mark.fill == MUTED][: len(age.cuts)]
    middles = [sum(y for _, y in mark.corners) / 4 for mark in shapes]
    assert [y < line for y in middles] == [height > age.threshold for height in age.minus_log10_p]


def test_what_nobody_can_search_has_a_row_with_the_reason() -> None:
    none: PartitionedOutcome = SEARCHES["nothing estimable"]
    (sheet,) = tree_sheets(none, settings(), name="fig3")
    assert any("not estimable: one trial" in text for text in texts(sheet))


def test_after_draws_the_corrected_effect_stands_below_each_subgroup_and_the_held_out_one_once() -> None:
    found = honest(search())
    for (sheet,) in (tree_sheets(found, settings(), name="fig3"), forest_sheets([found], settings(), name="fig3")):
        places = {number.id: words.pieces[0].y for words in sheet.words() for number in words.numbers}
        heights = []
        for group in found.subgroups:
            assert group.honesty is not None and group.honesty.inside is not None
            naive, after = places[group.inside.estimate.effect.id], places[group.honesty.inside.effect.id]
            # below its own effect, and above any other
            heights.append(after)
            between = [y for name, y in places.items() if name.endswith(".effect") and naive < y < after]
            assert naive < after and not between
        assert found.honesty is not None and found.honesty.held_out is not None
        assert places[found.honesty.held_out.inside.effect.id] > max(heights)
        signs = [mark for mark in sheet.marks if isinstance(mark, Shape) and mark.kind == "sign"]
        assert sorted(len(mark.corners) for mark in signs) == [4, 4, 4, 24]


def test_a_subgroup_that_draws_do_not_support_is_grey_and_says_so() -> None:
    doubtful = honest(search(), "candidate, not supported", p=0.31)
    for (sheet,) in (tree_sheets(doubtful, settings(), name="f"), forest_sheets([doubtful], settings(), name="f")):
        said = " ".join(texts(sheet))
        assert said.count("candidate, not supported; corrected for the search") == 3
        diamonds = [mark.fill for mark in sheet.marks if isinstance(mark, Shape) and mark.kind == "diamond"]
        assert diamonds.count(ACCENT) <= 1  # of everybody
        assert "(candidate, not supported), corrected 4.8 (1.2 to 8.4)" in plain(sheet.alt)


def test_figures_and_alternative_texts_have_the_sentence_of_the_verdict() -> None:
    found = honest(search())
    expected = (
        "This specification keeps at least one split in 12.0% of data sets without any effect modification (1000 draws). In these "
        "trials, p of the search is 0.0040: supported at 0.05; in new trials the difference is to be expected, p\u00a0=\u00a00.030. In trials held out the "
        "difference is 1.4 (−1.1 to 3.9), p\u00a0=\u00a00.030."
    )
    for (sheet,) in (tree_sheets(found, settings(), name="fig3"), forest_sheets([found], settings(), name="fig3")):
        assert any(expected.replace("\u00a0", " ") in text.replace("\u00a0", " ") for text in texts(sheet))
        assert expected in plain(sheet.alt)
    assert plain(verdict_sentence(found)) == expected


def test_a_difference_that_trials_held_out_do_not_show_may_be_chance_in_new_ones() -> None:
    found = honest(search())
    assert found.honesty is not None and found.honesty.held_out is not None
    held = found.honesty.held_out
    p = replace(held.difference.p, value=0.21, text="0.21")
    weak = replace(held, difference=replace(held.difference, p=p))
    said = plain(verdict_sentence(replace(found, honesty=replace(found.honesty, held_out=weak))))
    assert said.endswith("p\u00a0=\u00a00.21: it may be chance in new trials.")
    none = plain(verdict_sentence(honest(search(found=False))))
    assert none.endswith(", and nothing is kept.")
    assert verdict_sentence(search()) == ()


def test_a_split_that_new_trials_may_not_show_may_be_chance_in_them() -> None:
    found = honest(search())
    first = replace(found.subgroups[0], p_new=replace(found.subgroups[0].p_new, value=0.21, text="0.21"))
    weak = replace(found, subgroups=(first, *found.subgroups[1:]))
    assert "; in new trials the difference may be chance, p\u00a0=\u00a00.21. In trials" in plain(
        verdict_sentence(weak)
    )
    assert "supported; in new trials p\u00a0=\u00a00.21; held out" in plain(verdict_in_brief(weak))
    assert found.honesty is not None and found.honesty.held_out is not None
    held = found.honesty.held_out
    less = replace(held, difference=replace(held.difference, p=replace(held.difference.p, value=0.3, text="0.30")))
    both = plain(verdict_sentence(replace(weak, honesty=replace(found.honesty, held_out=less))))
    assert both.endswith("p\u00a0=\u00a00.30.") and both.count("may be chance") == 1
    unknown = replace(first, p_new=replace(first.p_new, value=None, text="–"))
    silent = replace(found, subgroups=(unknown, *found.subgroups[1:]))
    assert "new" not in plain(verdict_sentence(silent))


def test_a_narrow_axis_labels_its_middle_and_its_ends_alone() -> None:
    axis = Axis(-1.2, 1.2, 0.4)
    for right, labels in ((70.0, ["−1.2", "−0.8", "−0.4", "0.0", "0.4", "0.8", "1.2"]), (26.0, ["−1.2", "0.0", "1.2"])):
        marks = Panel(axis, 0.0, right).ruler(0.0)
        assert [mark.pieces[0].text for mark in marks if isinstance(mark, Words)] == labels
        assert sum(isinstance(mark, Stroke) for mark in marks) == 1 + 7


@pytest.mark.slow
def test_many_searches_have_their_verdicts_in_brief_and_fit_on_their_pages() -> None:
    many = [honest(search(f"outcome {k}", labels=("Age",), deep=False), "supported", p=0.004) for k in range(12)]
    many.append(honest(search("none", found=False), "candidate, not supported", p=0.31))
    sheets = forest_sheets(many, settings(), name="fig3")
    said = " ".join(texts(sheets[-1])).replace("\u00a0", " ")
    expected = "OUTCOME 3, Short term: keeps a split in 12.0% of 1000 draws, p of the search 0.0040: supported; in new trials p = 0.030; held out 1.4 (−1.1 to 3.9)"
    assert expected in said
    assert "NONE, Short term: keeps a split in 12.0% of 1000 draws, p of the search 0.31: nothing kept." in said
    assert all(sheet.height < 240 for sheet in sheets)


def test_the_axis_is_that_of_the_subgroups_and_the_people_beside_them_leave_it() -> None:
    first, *others = search().subgroups
    wide = replace(first.sibling, estimate=estimate(builder("rp.wide"), 0.5, 18.0, "points"))
    far = replace(search(), subgroups=(replace(first, sibling=wide, complement=wide), *others))
    for usual, wider in (
        (tree_sheets(search(), settings(), name="f"), tree_sheets(far, settings(), name="f")),
        (forest_sheets([search()], settings(), name="f"), forest_sheets([far], settings(), name="f")),
    ):
        assert ticks_of(usual[0]) == ticks_of(wider[0])
        assert any(isinstance(mark, Shape) and mark.kind == "arrowhead" for mark in wider[0].marks)
        assert any("Arrowhead: the interval extends beyond the axis." in text for text in texts(wider[0]))


def ticks_of(sheet: Sheet) -> list[str]:
    return [words.pieces[0].text for words in sheet.words() if words.axis == "tick"]
