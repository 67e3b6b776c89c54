"""One report of the hand-made records, written once: every test of the pages reads it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reportgen.records.artefact import NumberedArtefact
from reportgen.records.model import Records
from reportgen.records.results import Results
from reportgen.render.appendix import Appendix, compose
from reportgen.render.artefacts import artefact_names, numbered_artefacts
from reportgen.targets import Edition, Written, write_targets
from tests.page_numbers import pages_of
from tests.unit.render import records_fixture

# figures take a second each, and have tests of their own: one by trial is enough here
DRAWN = frozenset(artefact_names(records_fixture.spec())) - {"fig2"}


@dataclass(frozen=True)
class Report:
    folder: Path
    records: Records
    artefacts: tuple[NumberedArtefact, ...]
    appendix: Appendix
    written: Written
    remarks: tuple[str, ...]

    @property
    def html(self) -> str:
        return pages_of(self.folder)


class _Listening(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.announced: list[str] = []

    def emit(self, record: Any) -> None:
        self.announced.append(record.getMessage())


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A simulated draft, so that everything there is to say is said."""
    folder = tmp_path_factory.mktemp("report")
    spec = records_fixture.spec()
    records = records_fixture.records(simulated=True, profile="draft", ledger_lines=70)
    artefacts = numbered_artefacts(spec, records, only=DRAWN)
    listening = _Listening()
    logging.getLogger("weasyprint").addHandler(listening)
    appendix = compose(spec, records, artefacts)
    edition = Edition(appendix, Results((), {}))
    written = write_targets(edition, ("html", "pdf", "docx", "quarto", "figures", "workbook", "submission"), folder)
    logging.getLogger("weasyprint").removeHandler(listening)
    return Report(folder, records, artefacts, appendix, written, tuple(listening.announced))
