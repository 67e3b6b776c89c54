"""Subgroups in tables: every row that a figure draws, with its p values; what was not kept, with its reason."""

from __future__ import annotations

from dataclasses import replace

from reportgen.figures.subgroups import tree_sheets
from reportgen.records.artefact import Row, Table
from reportgen.records.numbers import ids, numbers_in, plain
from reportgen.records.partition import RecursivePartitioning
from reportgen.tables import moderators_searched, rejected_splits, search_status, subgroups
from reportgen.tables.phrases import estimate_cell
from tests.unit.figures.build import quote
from tests.unit.figures.searches import honest, search, search_range, settings, suppression


def heads(table: Table) -> list[str]:
    return [plain(row.head) for group in table.groups for row in group.rows]


def cells(row: Row, table: Table) -> dict[str, str]:
    names = [" ".join(filter(None, (plain(c.span), plain(c.head)))).replace("\u00a0", " ") for c in table.columns[1:]]
    return dict(zip(names, map(plain, row.cells), strict=True))


def test_each_subgroup_has_its_other_side_everybody_else_and_the_difference() -> None:
    table = subgroups([search(), search("sleep", found=False)], settings())
    assert [group.rows[0].head for group in table.groups] == [("All participants",)] * 2
    assert [plain(group.head) for group in table.groups] == [
        "PAIN, points: Short term",
        "SLEEP, points: Short term: no subgroup identified",
    ]
    assert heads(table) == [
        "All participants",
        "Age ≤\u00a054.3 points",
        "other side: Age >\u00a054.3 points",
        "difference",
        "Baseline FFbHR ≤\u00a054.3 points",
        "other side: Baseline FFbHR >\u00a054.3 points",
        "difference",
        "Age ≤\u00a054.3 points and Baseline MCS ≤\u00a054.3 points",
        "other side: Baseline MCS >\u00a054.3 points",
        "difference",
        "all others",
        "All participants",
        "best rejected split: Sex ≤\u00a054.3 points",
    ]


def test_a_subgroup_prints_effect_difference_and_p_values() -> None:
    found = search()
    table = subgroups([found], settings())
    _, inside, _, between = table.groups[0].rows[:4]
    assert cells(inside, table)["Effect or difference (95% CI)"] == "6.0 (3.0 to 9.0)"
    said = cells(between, table)
    assert said["Effect or difference (95% CI)"] == "4.0 (2.0 to 6.0)"
    assert said["p of the split raw"] == "<0.001"
    assert said["p of the split cuts"] == "0.0016"
    assert said["p of the split and moderators"] == "0.0080"
    assert said["p of the interaction within trials"] == "<0.001"
    assert said["p of the interaction in new trials"] == "0.030"
    # that of the interaction with all information is the raw p of the split
    assert "p of the interaction pooled" not in said
    group = found.subgroups[0]
    printed = {number.id for number in numbers_in((inside.cells, between.cells))}
    assert {group.p_within.id, group.split.p_node.id, group.inside.n_control.id} <= printed


def test_the_best_rejected_split_has_its_p_values() -> None:
    found = search(found=False)
    table = subgroups([found], settings())
    best = found.rejected[0]
    assert {best.p_raw.id, best.p_node.id} <= {number.id for number in numbers_in(table.groups[0].rows[1].cells)}


def test_which_readings_of_the_interaction_are_told() -> None:
    def told(**changes: str) -> list[str]:
        columns = subgroups([search()], settings(**changes)).columns
        return [f"{plain(c.span)}: {plain(c.head)}" for c in columns if plain(c.span) == "p of the interaction"]

    assert told() == ["p of the interaction: within trials", "p of the interaction: in new trials"]
    assert told(information="within") == ["p of the interaction: pooled", "p of the interaction: in new trials"]
    assert told(criterion="differential") == [
        f"p of the interaction: {item}" for item in ("pooled", "within trials", "in new trials")
    ]


def test_what_a_screening_sorted_out_is_said_to_count() -> None:
    said = [plain(note) for note in subgroups([search()], settings(count_screened=True)).footnotes]
    assert any("those that the screening sorted out included" in note for note in said)
    plainer = [plain(note) for note in subgroups([search()], settings()).footnotes]
    assert not any("sorted out" in note for note in plainer)


def test_a_fit_on_the_boundary_has_a_mark() -> None:
    found = search()
    edge = replace(found, overall=replace(found.overall, status="boundary"))
    table = subgroups([edge], settings())
    first, second = table.groups[0].rows[:2]
    assert first.cells[3][-1] == "ᵃ"
    assert second.cells[3][-1] == ")"
    assert plain(table.footnotes[0]).startswith("ᵃThe fit is valid, on the boundary of its model")
    assert not any("No variation" in plain(note) for note in subgroups([found], settings()).footnotes)


def test_what_is_said_of_a_search_stands_below_subgroups_only() -> None:
    def notes(table: Table) -> str:
        return " ".join(map(plain, table.footnotes))

    assert "not exactly the same" in notes(subgroups([search()], settings()))
    assert "appears better than it is" in notes(subgroups([search()], settings()))
    assert "appears better than it is" not in notes(subgroups([search(found=False)], settings()))


def test_what_cannot_be_estimated_has_a_footnote() -> None:
    table = subgroups([search(possible=False, value=None)], settings())
    assert heads(table) == ["All participants"]
    assert plain(table.groups[0].head).endswith(": not searched, one trial, and 2 are needed")
    assert any("one trial, and 2 are needed" in plain(note) for note in table.footnotes)


def test_rejected_splits_say_why() -> None:
    found = search()
    table = rejected_splits([found], settings())
    rows = table.groups[0].rows
    assert len(rows) == len(found.rejected)
    assert cells(rows[0], table)["Not kept because"] == "adjusted p above 0.05"
    assert cells(rows[0], table)["Cuts tried"] == "40"
    for row, split in zip(rows, found.rejected, strict=True):
        assert {split.p_raw.id, split.p_adjusted.id, split.p_node.id} <= set(
            ids(tuple(p for c in row.cells for p in c))
        )


def test_moderators_say_what_they_cost() -> None:
    table = moderators_searched([((), [search()])])
    assert [tuple(map(plain, row.cells)) for row in table.groups[0].rows] == [
        ("0", "0", "yes"),
        ("40", "2", "no: leaves 1 trial"),
    ]


def test_on_paper_the_moderators_of_a_search_stand_in_one_line() -> None:
    table = moderators_searched([(("one v two",), [search()]), (("one v three",), [search()])])
    assert [plain(group.head).partition(":")[0] for group in table.groups] == ["one v two", "one v three"]
    assert table.paper is not None
    assert [plain(group.head) for group in table.paper.groups] == ["one v two", "one v three"]
    (row,) = table.paper.groups[0].rows
    uses = search().moderators
    assert plain(row.cells[0]) == f"{uses[0].label.text}; {uses[1].label.text} (40), not searched: leaves 1 trial"


def test_status_of_each_search() -> None:
    from reportgen.records.estimate import ComparisonRecord

    comparison = ComparisonRecord("overall", quote("rp.overall.title", "any v none"), (), ())
    made = (search(), search("sleep", possible=False))
    table = search_status([RecursivePartitioning("rp", settings(), (comparison,), made, search_range(), suppression())])
    assert [plain(group.head) for group in table.groups] == ["any v none"]
    first, second = table.groups[0].rows
    assert tuple(map(plain, first.cells)) == ("searched", "2", "40", "50", "3", "0.0080", "")
    assert plain(second.cells[0]) == "not possible"
    assert plain(second.cells[-1]) == "one trial, and 2 are needed"


def test_after_draws_every_number_of_a_tree_stands_in_the_table() -> None:
    found = honest(search())
    (sheet,) = tree_sheets(found, settings(), name="fig3")
    table = subgroups([found], settings())
    told = {number.id for number in numbers_in(table)}
    drawn = {number.id for number in sheet.printed() if number.id.startswith(found.id)}
    assert drawn <= told | {
        number.id for number in numbers_in((found.outcome_label, found.unit, found.follow_up_label))
    }
    assert found.honesty is not None and found.honesty.held_out is not None
    held = found.honesty.held_out
    (row,) = [row for row in table.groups[0].rows if plain(row.head) == "In trials held out"]
    assert plain(row.cells[3]) == plain(estimate_cell(held.inside))
    assert {held.inside.effect.id, held.difference.effect.id, held.trials.id} <= told
    assert all(len(row.cells) == len(table.columns) - 1 for row in table.groups[0].rows)


def test_without_draws_nothing_was_held_out() -> None:
    table = subgroups([search()], settings())
    assert not any("held out" in plain(row.head) for group in table.groups for row in group.rows)
