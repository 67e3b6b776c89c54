"""The Word documents of the worked studies, appendix and audit file: read back by python-docx, and converted by LibreOffice without loss."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from reportgen import targets
from reportgen.pipeline import Order, build
from reportgen.records.numbers import numbers_in, plain
from reportgen.render.appendix import Appendix, drawings_of
from reportgen.render.volumes import volumes
from reportgen.render.word import word_document
from reportgen.resources import specs_folder
from tests.word_file import alt_texts_of, body_of, bookmarks_of, fields_of, lost_numbers, opened, tables_of

SECONDS = 600
LEAST = {"pancreatitis": 8}  # tables, of a small study


@pytest.fixture(scope="session")
def both(
    report: Path, worked_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Appendix, Appendix]]:
    """What the appendix and the audit file of a worked study print, from its kept results."""
    caught: list[tuple[Appendix, ...]] = []

    def catch(edition: targets.Edition, *rest: object) -> targets.Written:
        caught.append(volumes(edition.appendix))
        return targets.Written((), (), complete=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(targets, "write_targets", catch)
        folder = tmp_path_factory.mktemp("appendix") / report.name
        order = Order(specs_folder() / report.name, output=folder, workers=1, formats=("docx",), store=worked_store)
        build(order)
    appendix, audit = caught[0]
    yield appendix, audit


@pytest.fixture(scope="session")
def appendix(both: tuple[Appendix, Appendix]) -> Appendix:
    """What the appendix of a worked study prints, without its audit file."""
    return both[0]


def test_each_number_of_each_table_of_the_audit_file_is_in_its_word_document(
    report: Path, both: tuple[Appendix, Appendix]
) -> None:
    document = opened((report / "audit.docx").read_bytes())
    tables = list(tables_of(both[1]))
    numbers = [number for table in tables for number in numbers_in(table)]
    assert len(tables) == len(document.tables) > 1 and numbers
    lost = [lost_numbers(table, printed) for table, printed in zip(tables, document.tables, strict=True)]
    assert not any(lost)


def test_each_number_of_each_table_is_in_the_word_document(report: Path, appendix: Appendix) -> None:
    document = opened((report / "appendix.docx").read_bytes())
    tables = list(tables_of(appendix))
    assert len(tables) == len(document.tables) > LEAST.get(report.name, 15)
    lost = [lost_numbers(table, printed) for table, printed in zip(tables, document.tables, strict=True)]
    assert not any(lost)


def test_captions_references_and_pictures_are_whole(report: Path, appendix: Appendix) -> None:
    body = body_of(opened((report / "appendix.docx").read_bytes()))
    fields, names = fields_of(body), set(bookmarks_of(body))
    captions = [field.result for field in fields if field.code.startswith("SEQ ")]
    assert captions == [artefact.label.rpartition(" ")[2] for artefact in appendix.artefacts]
    references = [field for field in fields if field.code.startswith("REF ")]
    assert len(references) > 10 and {field.code.split()[1] for field in references} <= names
    assert alt_texts_of(body) == [plain(drawing.alt) for drawing in drawings_of(appendix)]


def test_the_same_bytes_come_out_in_another_process(report: Path, appendix: Appendix) -> None:
    pictures = {item.name: (report / "figures" / f"{item.name}.png").read_bytes() for item in drawings_of(appendix)}
    assert word_document(appendix, pictures) == (report / "appendix.docx").read_bytes()


def test_libreoffice_converts_the_document_without_loss(report: Path, appendix: Appendix, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not on the PATH (Debian: apt-get install libreoffice-writer)")
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(report / "appendix.docx")], check=True, capture_output=True, timeout=SECONDS)
    with pikepdf.open(tmp_path / "appendix.pdf") as pdf, pikepdf.open(report / "appendix.pdf") as ours:
        drawn = [page.Contents.read_bytes() for page in pdf.pages]
        assert sum(content.count(b" Do") for content in drawn) == len(list(drawings_of(appendix)))
        assert all(b"TJ" in content for content in drawn), "a page is without a word"
        sizes = {tuple(round(float(side)) for side in page.mediabox[2:]) for page in pdf.pages}
        assert sizes == {(595, 842), (842, 595)}
        assert 0.7 < len(drawn) / len(ours.pages) < 1.4
