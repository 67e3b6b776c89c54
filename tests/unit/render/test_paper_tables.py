"""A table with a summary for paper: the whole on the screen and in its file, the summary in PDF and Quarto."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, Literal

import pytest

from reportgen.records.artefact import Column, Group, Part, Row, Table
from reportgen.records.numbers import Number, ids, numbers_in
from reportgen.render.artefacts import NOTED_ABOVE, noted_once
from reportgen.render.environment import environment
from reportgen.render.layout import FINE, MANY, PLAIN, TIGHT, WIDE, Look, set_table
from reportgen.render.lettering import PAPER
from reportgen.render.paper_table import looks_of, paper_table
from reportgen.render.separated import table_csv
from reportgen.resources import templates_folder


def table(word: str) -> Table:
    columns = (Column((word.title(),), "left"), Column(("n",), "right"))
    return Table(columns, (Group((Row((word,), ((Number(f"t.{word}", 5, "5"),),)),)),))


LONG = replace(table("everything"), paper=table("summary"))
MACRO = (
    '{% from "partials/table.html" import data_table with context %}'
    '{{ data_table(whole, "k", "Caption", "k", 1 if whole.paper else 0) }}'
)


def printed(whole: Table, target: Literal["html", "pdf"]) -> str:
    return template(target).render(whole=whole)


@cache
def template(target: Literal["html", "pdf"]) -> Any:
    return environment(target).from_string(MACRO)


@pytest.mark.parametrize(
    ("target", "word", "other"), [("html", "everything", "summary"), ("pdf", "summary", "everything")]
)
def test_each_target_prints_its_own(target: Literal["html", "pdf"], word: str, other: str) -> None:
    page = printed(LONG, target)
    assert f">{word}<" in page
    assert f">{other}<" not in page
    assert ("The full table is given in the HTML version" in page) == (target == "pdf")


def test_a_table_without_summary_is_printed_whole_without_a_word() -> None:
    page = printed(table("everything"), "pdf")
    assert ">everything<" in page
    assert "The full table" not in page


def test_a_text_to_edit_has_the_summary_and_the_file_the_whole() -> None:
    assert LONG.on("quarto") == table("summary")
    assert "everything" in table_csv(LONG)


def test_several_summaries_share_one_sentence() -> None:
    macro = '{% from "partials/table.html" import where_the_whole_stands with context %}{{ where_the_whole_stands(3) }}'
    assert "The full tables are given in the HTML version" in environment("pdf").from_string(macro).render()
    assert not environment("html").from_string(macro).render().strip()


def test_words_wider_than_their_head_stay_on_one_line() -> None:
    columns = (
        Column(("Trial",), "left"),
        Column(("Status",), "left"),
        Column(("Remark",), "left"),
        Column(("Inside our interval",), "left"),
        Column(("n",), "right"),
    )
    cells = (("not estimable",), ("a sentence with more words than one line of a cell can hold",), ("yes",), ("5",))
    row = Row(("MN",), cells)
    ready = set_table(Table(columns, (Group((row, replace(row, head=("a name " * 9,)))),)))
    # a remark breaks; a column narrower than its head is as wide as the head needs
    assert ready.unbroken == (True, True, False, False, False)
    assert [line.head_length for line in ready.groups[0][1]] == ["brief", "long"]
    assert [cell.classes for cell in ready.groups[0][1][0].cells] == ["left brief", "left wordy", "left brief", "right"]


def test_many_narrow_columns_need_no_more_width_than_they_have_on_paper() -> None:
    columns = (Column(("Size",), "left"), *(Column(("n",), "right"),) * 11)
    narrow = Table(columns, (Group((Row(("0.1",), (("5",),) * 11),)),))
    assert 'class="dense"' in printed(narrow, "html")
    broad = replace(narrow, groups=(Group((Row(("0.1",), (("0.25 (0.17 to 0.33)",),) * 11),)),))
    assert 'class="dense many"' in printed(broad, "html")


def test_long_row_heads_leave_room_for_sentences_beside_them() -> None:
    numbers = tuple(Column((word,), "decimal") for word in ("Interaction", "p", "Holm", "BH"))
    columns = (Column(("Moderator",), "left"), *numbers, Column(("Finding",), "left"))
    cells = (
        ("−0.25 (−0.50 to 0.00)",),
        *(("0.0012",),) * 3,
        ("significant: larger effect at higher values (worse at baseline)",),
    )
    long = Row(("Baseline sites with a probing depth of 4 mm or more, per 10 points",), cells)
    ready = set_table(Table(columns, (Group((long,)),)))
    assert not any(ready.unbroken)
    without = Row(long.head, cells[:-1])
    assert set_table(Table(columns[:-1], (Group((without,)),))).unbroken == (True, False, False, False, False)


def test_heads_of_several_words_break_before_row_heads_are_broken_once_more() -> None:
    columns = (
        Column(("Moderator",), "left"),
        *(Column((head,), "decimal") for head in ["p of it"] * 8),
        *(Column((head,), "decimal") for head in ("min p, all outcomes", "p in new trials")),
        Column(("Finding",), "left"),
        Column(("Credibility (ICEMAN, suggested)",), "left"),
    )
    finding = "significant: larger effect at lower values (worse at baseline)"
    cells: tuple[tuple[str, ...], ...] = (*[("0.0094",)] * 10, (finding,), ("Moderate",))
    ready = set_table(Table(columns, (Group((Row(("FFbHR at baseline, per 10 points",), cells),)),)), FINE)
    widths = paper_table(ready).columns
    in_two_lines = PAPER.width_mm("FFbHR at baseline,", FINE.points) + FINE.padding / 2
    assert widths[0] >= in_two_lines
    # what is short below a long head has the width of the head's longest word
    for index, word in ((9, "outcomes"), (12, "Credibility")):
        assert widths[index] < PAPER.width_mm(word, FINE.points, bold=True) + FINE.padding + 0.2
    assert sum(widths) == pytest.approx(FINE.room, abs=0.1)


def test_notes_of_the_first_table_are_not_repeated() -> None:
    shared, marked = ("Positive effects favour the intervention.",), ("\u1d43", "Not estimable.")
    first = replace(table("one"), footnotes=(marked, shared))
    again = replace(table("two"), footnotes=(marked, shared, ("Of its own.",)))
    alone = replace(table("three"), footnotes=(("Said nowhere else.",),))
    parts = noted_once(tuple(Part(letter, (), table=t) for letter, t in zip("abc", (first, again, alone), strict=True)))
    made = [part.table for part in parts]
    assert made[0] == first and made[2] == alone
    assert made[1] is not None
    assert made[1].footnotes == (marked, ("Of its own.",), NOTED_ABOVE)


def page_boxes(whole: Table) -> list[Any]:
    """Return the pages on which a table is printed on paper."""
    import weasyprint

    document = weasyprint.HTML(string=printed(whole, "pdf")).render(stylesheets=[style()])
    return [page._page_box for page in document.pages]


@cache
def style() -> Any:
    """Return what sets tables on paper, read once for the many tables that are set here."""
    import weasyprint

    files = (templates_folder() / "style" / name for name in ("common.css", "paper.css"))
    return weasyprint.CSS(string="".join(file.read_text("utf-8") for file in files))


def pages(whole: Table) -> list[list[str]]:
    """Return the words on each page where a table is printed on paper."""
    return [words_of(box) for box in page_boxes(whole)]


def boxes_of(box: Any) -> Iterator[Any]:
    yield box
    for child in getattr(box, "children", ()):
        yield from boxes_of(child)


def words_of(box: Any) -> list[str]:
    return (
        [box.text]
        if hasattr(box, "text")
        else [word for child in getattr(box, "children", ()) for word in words_of(child)]
    )


def test_heads_below_a_spanner_stand_over_their_cells() -> None:
    span = ("Both",)
    columns = (
        Column(("Name",), "left"), Column(("inside",), "left", span), Column(("outside",), "right", span), Column(("Last",), "right")
    )  # fmt: skip
    one = Table(columns, (Group((Row(("row",), (("in",), ("out",), ("end",))),)),))
    (page,) = page_boxes(one)
    ends = {
        box.text: (box.position_x, box.position_x + box.width)
        for box in boxes_of(page)
        if getattr(box, "text", "").strip()
    }
    assert ends["inside"][0] == pytest.approx(ends["in"][0])
    assert ends["outside"][1] == pytest.approx(ends["out"][1])


@pytest.mark.slow
def test_a_page_break_tears_no_trial_and_leaves_no_total_or_note_alone() -> None:
    columns = (Column(("Trial",), "left"), Column(("Arm",), "left"))
    total = Group((Row(("Total",), (("of all",),), total=True),))
    for number in range(14, 30):  # the break falls at every place of a trial once
        trials = [
            Group(tuple(Row((f"trial-{t}",) if arm == 0 else (), ((f"arm-of-{t}",),)) for arm in range(4)))
            for t in range(number)
        ]
        made = pages(Table(columns, (*trials, total), (("A note on the table.",),)))
        for words in made:
            assert all(words.count(f"arm-of-{t}") in (0, 4) for t in range(number))
        assert "Total" in made[-1] and "A note on the table." in made[-1]
        assert f"arm-of-{number - 1}" in made[-1]


@pytest.mark.slow
def test_a_page_break_leaves_groups_levels_and_the_end_of_a_table_whole() -> None:
    columns = (Column(("Moderator",), "left"), Column(("Effect",), "left"))
    for before in range(30, 44):  # the break falls at every row of the group once
        first = Group(tuple(Row((f"row {i}",), (("x",),)) for i in range(before)))
        levels = tuple(Row((f"level {i}",), (("x",),), indent=1) for i in range(3))
        small = Group(tuple(Row((f"small {i}",), (("x",),)) for i in range(5)), ("Head of the group",))
        large = Group(
            (Row(("sex",), (("x",),)), *levels, *(Row((f"large {i}",), (("x",),)) for i in range(9))), ("Head",)
        )
        made = pages(Table(columns, (first, small, large)))
        for words in (" ".join(page) for page in made):
            assert len({f"small {i}" in words for i in range(5)} | {"Head of the group" in words}) == 1
            assert len({f"level {i}" in words for i in range(3)} | {"sex" in words}) == 1
        assert all(f"large {i}" in made[-1] for i in range(3, 9))


@pytest.mark.slow
def test_the_end_of_a_table_has_a_rule_and_a_page_that_it_leaves_early_has_none() -> None:
    columns = (Column(("Trial",), "left"), Column(("Arm",), "left"))
    for number in range(16, 24):
        groups = tuple(
            Group(tuple(Row((f"trial {t}",) if arm == 0 else (), (("x",),)) for arm in range(4))) for t in range(number)
        )
        found = page_boxes(Table(columns, groups, (("A note on the table.",),)))
        for place, page in enumerate(found):
            cells = [box for box in boxes_of(page) if type(box).__name__ == "TableCellBox"]
            ruled = [box for box in boxes_of(page) if getattr(box, "border_bottom_width", 0) and box not in cells]
            assert ruled == [], "only cells have rules"
            below = {box.element.text for box in cells if box.border_bottom_width} - {"Trial", "Arm"}
            assert below == ({f"trial {number - 1}", "x"} if place == len(found) - 1 else set())


def test_what_stands_at_the_foot_of_a_page_is_no_single_row() -> None:
    columns = (Column(("Trial",), "left"), Column(("n",), "left"))
    rows = tuple(Row((f"trial {i}",), (("5",),)) for i in range(20))
    kept = [row.kept for row in set_table(Table(columns, (Group(rows),))).groups[0][1]]
    assert kept == [True, True] + [False] * 12 + [True] * 5 + [False]
    noted = set_table(Table(columns, (Group(rows),), (("A note.",),)))
    assert noted.groups[0][1][-1].kept


@pytest.mark.parametrize("look", [PLAIN, TIGHT, FINE, WIDE])
def test_no_number_is_wider_than_its_measured_column(look: Look) -> None:
    words, number = "every trial that has measured it, ", "−10.25 (−12.50 to −8.00)"
    columns = (Column(("Trial",), "left"), Column(("Remark",), "left"), *(Column(("Effect (95% CI)",)),) * 4)
    row = Row((words * 2,), ((words * 9,), *((number,),) * 4))
    made = paper_table(set_table(Table(columns, (Group((row,)),)), look))
    assert made.width == pytest.approx(look.room, abs=0.05)
    assert all(width >= PAPER.width_mm(number, look.points) + look.padding / 2 for width in made.columns[2:])


def numbers(count: int, rows: int = 3) -> Table:
    columns = (Column(("Trial",), "left"), *(Column(("Effect (95% CI)",)),) * count)
    return Table(columns, (Group((Row(("Keele",), (("1.25 (−2.50 to 8.00)",),) * count),) * rows),))


def test_a_table_is_set_smaller_before_it_is_turned() -> None:
    assert [looks_of([numbers(count)])[0] for count in (4, 7, 8)] == [PLAIN, TIGHT, WIDE]
    assert looks_of([numbers(2, rows=40)]) == (TIGHT,)
    assert looks_of([None, numbers(1)]) == (PLAIN, PLAIN)


def test_a_table_is_turned_where_its_row_heads_would_run_word_by_word_down_the_page() -> None:
    long = "other side: Baseline sites with a probing depth of 4 mm or more, and Mean calculus index at baseline above 2 points"
    for head, look in (("Sites bleeding on probing", FINE), (long, MANY)):
        columns = (Column(("Participants",), "left"), *(Column((f"c{i}",)) for i in range(12)))
        row = Row((head,), (("0.35 (0.07)",),) * 12)
        assert looks_of([Table(columns, (Group((row,) * 5),))]) == (look,)


def test_a_wide_part_turns_only_the_parts_between_wide_ones() -> None:
    assert looks_of([numbers(9), numbers(2)]) == (WIDE, TIGHT)
    assert looks_of([numbers(9), numbers(2), numbers(8)]) == (WIDE, WIDE, WIDE)


def test_numbers_of_both_have_rows() -> None:
    assert ids(tuple(numbers_in(LONG))) == ("t.everything", "t.summary")
