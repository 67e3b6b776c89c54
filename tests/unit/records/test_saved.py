"""A saved run renders again without its data: records are read back as they were written, and printed on the page."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from reportgen.analyses.reading import handed_over
from reportgen.analyses.study_tasks import records_of, study_tasks
from reportgen.encoding import decode, encode
from reportgen.graph import run
from reportgen.pipeline import read
from reportgen.pool import Serial
from reportgen.records.numbers import Number, Value, numbers_in, values_in
from reportgen.records.printed import printed_records
from reportgen.render.appendix import compose
from reportgen.render.artefacts import numbered_artefacts
from reportgen.render.html import html_page
from reportgen.store import NoStore
from tests.screened_study import write_screened


@pytest.mark.slow
def test_records_that_were_saved_make_the_same_page(tmp_path: Path) -> None:
    spec, repository = read(write_screened(tmp_path / "s"))
    laid = study_tasks(spec)
    ran = run((*laid.tasks, handed_over(repository)), laid.wanted, NoStore(), Serial(), basis="")
    made = records_of(spec, laid, ran, "final").records
    saved = encode(made)
    for file in (tmp_path / "s").glob("*.csv"):
        file.unlink()
    loaded = decode(saved.content)
    assert list(values_in(loaded)) == list(values_in(made))
    records = [printed_records(item, spec.study) for item in (made, loaded)]
    pages = [html_page(compose(spec, record, numbered_artefacts(spec, record)), {}) for record in records]
    assert pages[0] == pages[1]
    assert len(pages[1]) > 100_000


def test_what_is_kept_has_no_text_and_what_is_printed_has_one_for_each(tmp_path: Path) -> None:
    spec, repository = read(write_screened(tmp_path / "s"))
    laid = study_tasks(spec)
    ran = run((*laid.tasks, handed_over(repository)), laid.wanted, NoStore(), Serial(), basis="")
    made = records_of(spec, laid, ran, "final").records
    assert "text" not in {field.name for field in fields(Value)} and not list(numbers_in(made))
    printed = printed_records(made, spec.study)
    assert [item.id for item in numbers_in(printed)] == [item.id for item in values_in(made)]
    assert not list(values_in(printed)) and Number in {type(item) for item in numbers_in(printed)}
    assert not [item.id for item in numbers_in(printed) if "\x02" in item.text + item.unit + item.reason]
