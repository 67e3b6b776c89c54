"""No file of a report says where on a machine it was built, from where, or in whose home."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pyarrow.parquet as pq
import pytest

from reportgen.formats import BUILT_IN
from reportgen.pipeline import Order, build
from reportgen.spec.load import load_study
from tests.study_files import STUDY, write_study

pytestmark = pytest.mark.slow

HOME, ELSEWHERE, STUDIES = "quentin-fabri", "vault-of-files", "place-of-studies"
ARTEFACTS = [
    {"series": "Table", "show": "included-trials"},
    {"series": "Fig.", "show": "forest", "of": "pooled"},
    {"series": "Table", "show": "analysed", "of": "pooled"},
]


@pytest.fixture(scope="module", params=[1, 2])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A study that names its files by absolute paths, some of them in the user's home."""
    patch = pytest.MonkeyPatch()
    root = tmp_path_factory.mktemp("machine")
    home, elsewhere, studies = root / HOME, root / ELSEWHERE, root / STUDIES
    for folder in (home, elsewhere, studies):
        folder.mkdir()
    patch.setenv("HOME", str(home))
    patch.setenv("USER", HOME)
    patch.setenv("LOGNAME", HOME)
    study = write_study(
        studies / "small",
        study={
            "trials": [str(studies / "small" / "north.yaml"), str(elsewhere / "south.yaml")],
            "report": {"formats": list(BUILT_IN), "contents": ARTEFACTS},
        },
        north={"data": {"file": str(elsewhere / "north.csv"), "participant": "id"}},
        south={"data": {"file": f"../{HOME}/south.csv", "participant": "id"}, "trial": "South"},
    )
    for name, folder in (("north.csv", elsewhere), ("south.csv", home), ("south.yaml", elsewhere)):
        (study.parent / name).rename(folder / name)
    build(Order(study, output=root / "reports-of-all" / "small", workers=request.param))
    yield root, root / "reports-of-all" / "small"
    patch.undo()


def test_nothing_of_this_machine_is_in_any_file(built: tuple[Path, Path]) -> None:
    root, folder = built
    telling = [
        str(root).encode(),
        root.name.encode(),
        *(word.encode() for word in (HOME, ELSEWHERE, STUDIES, "reports-of-all")),
    ]
    told = [
        (path.relative_to(folder).as_posix(), word)
        for path in folder.rglob("*")
        if path.is_file()
        for content in contents(path)
        for word in telling
        if word in content
    ]
    assert told == []
    assert {path.suffix for path in folder.rglob("*")} >= {
        ".html",
        ".pdf",
        ".png",
        ".svg",
        ".parquet",
        ".xlsx",
        ".docx",
        ".yaml",
    }


def contents(path: Path) -> Iterator[bytes]:
    """What a file holds, unpacked."""
    content = path.read_bytes()
    yield content
    if path.suffix == ".pdf":
        yield from in_pdf(content)
    elif path.suffix in {".xlsx", ".docx"}:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    elif path.suffix == ".parquet":
        table = pq.read_table(path)
        yield str(table.schema.metadata).encode()
        yield str(table.to_pydict()).encode()


def in_pdf(content: bytes) -> Iterator[bytes]:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        yield str(dict(pdf.docinfo)).encode()
        for number in range(1, len(pdf.objects)):
            found = pdf.objects[number]
            yield found.unparse() if isinstance(found, pikepdf.Object) else str(found).encode()
            if isinstance(found, pikepdf.Stream):
                yield found.read_raw_bytes() if "/DCTDecode" in str(found.get("/Filter")) else found.read_bytes()


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    pdf = pikepdf.new()
    pdf.docinfo["/Title"] = HOME
    pdf.save(tmp_path / "a.pdf")
    assert any(HOME.encode() in content for content in contents(tmp_path / "a.pdf"))


def test_files_are_named_all_the_same(built: tuple[Path, Path]) -> None:
    lock = (built[1] / "study.lock.yaml").read_text(encoding="utf-8")
    assert "- north.yaml\n- south.yaml" in lock
    assert "file: north.csv" in lock and "file: south.csv" in lock
    assert '"north.csv"' in (built[1] / "provenance.json").read_text()
    assert STUDY["study"]["title"] in lock


def test_a_folder_whose_name_is_in_another_encoding(tmp_path: Path) -> None:
    """As on an old disk: the bytes of Latin-1 are no UTF-8, and no file of a report could hold them."""
    folder = tmp_path / os.fsdecode("Rücken".encode("latin-1"))
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system holds no such name")
    study = write_study(folder)
    study = study.rename(folder / os.fsdecode("stüdie.yaml".encode("latin-1")))
    build(Order(study=study, output=tmp_path / "report", formats=("html", "quarto", "workbook", "results")))
    provenance = json.loads((tmp_path / "report" / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["study"] == "st\ufffddie"
    assert provenance["sources"]["study"]["spec"].startswith("st\ufffddie.yaml:")
    study.rename(folder / "study.yaml")
    assert load_study(folder).name == "R\ufffdcken"
