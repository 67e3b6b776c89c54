"""A saved run renders again without its data: records are read back as they were written."""

from __future__ import annotations

from pathlib import Path

from reportgen.analyses import make_records
from reportgen.encoding import decode, encode
from reportgen.pipeline import read
from reportgen.records.numbers import numbers_in
from reportgen.render.appendix import compose
from reportgen.render.artefacts import numbered_artefacts
from reportgen.render.html import html_page
from tests.screened_study import write_screened


def test_records_that_were_saved_make_the_same_page(tmp_path: Path) -> None:
    spec, repository = read(write_screened(tmp_path / "s"))
    made = make_records(spec, repository, profile="final")
    saved = encode(made)
    for file in (tmp_path / "s").glob("*.csv"):
        file.unlink()
    loaded = decode(saved.content)
    assert list(numbers_in(loaded)) == list(numbers_in(made))
    pages = [html_page(compose(spec, one, numbered_artefacts(spec, one)), {}) for one in (made, loaded)]
    assert pages[0] == pages[1]
    assert len(pages[1]) > 100_000
