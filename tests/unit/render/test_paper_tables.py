"""A table with a summary for paper: the whole on the screen and in its file, the summary in PDF and Quarto."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.numbers import Number, ids, numbers_in
from reportgen.render.environment import environment
from reportgen.render.separated import table_csv


def table(word: str) -> Table:
    columns = (Column((word.title(),), "left"), Column(("n",), "right"))
    return Table(columns, (Group((Row((word,), ((Number(f"t.{word}", 5, "5"),),)),)),))


LONG = replace(table("everything"), paper=table("summary"))
MACRO = '{% from "partials/table.html" import data_table with context %}{{ data_table(whole, "k", "Caption", "k") }}'


def printed(whole: Table, target: Literal["html", "pdf"]) -> str:
    return environment(target).from_string(MACRO).render(whole=whole)


@pytest.mark.parametrize(
    ("target", "word", "other"), [("html", "everything", "summary"), ("pdf", "summary", "everything")]
)
def test_each_target_prints_its_own(target: Literal["html", "pdf"], word: str, other: str) -> None:
    page = printed(LONG, target)
    assert f">{word}<" in page
    assert f">{other}<" not in page
    assert ("The whole table stands in the HTML version" in page) == (target == "pdf")


def test_a_table_without_summary_is_printed_whole_without_a_word() -> None:
    page = printed(table("everything"), "pdf")
    assert ">everything<" in page
    assert "The whole table" not in page


def test_a_text_to_edit_has_the_summary_and_the_file_the_whole() -> None:
    assert LONG.on("quarto") == table("summary")
    assert "everything" in table_csv(LONG)


def test_numbers_of_both_have_rows() -> None:
    assert ids(tuple(numbers_in(LONG))) == ("t.everything", "t.summary")
