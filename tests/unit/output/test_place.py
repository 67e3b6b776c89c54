"""A folder is replaced only where nothing of the user's can be lost by it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reportgen.errors import RenderError
from reportgen.output.mark import REPORT_MARK, mark_report, names_in
from reportgen.output.place import check_content, chosen_place

DEFAULT = Path("output/st")


def report(folder: Path) -> Path:
    """A folder as a build leaves it."""
    (folder / "tables").mkdir(parents=True)
    (folder / "appendix.html").write_text("page")
    (folder / "tables" / "table1.csv").write_text("a,b\n")
    mark_report(folder)
    return folder


def refused(written: object, reads: tuple[tuple[str, Path], ...] = ()) -> str:
    with pytest.raises(RenderError) as caught:
        chosen_place(str(written), DEFAULT, reads)
    assert caught.value.exit_code == 3
    return str(caught.value)


@pytest.mark.parametrize("make", ["missing", "empty", "report", "report less a file", "missing below missing"])
def test_what_may_be_replaced(tmp_path: Path, make: str) -> None:
    folder = tmp_path / "out"
    if make == "empty":
        folder.mkdir()
    elif make.startswith("report"):
        report(folder)
        if "less" in make:
            (folder / "appendix.html").unlink()
    elif "below" in make:
        folder = folder / "a" / "b"
    assert chosen_place(str(folder), DEFAULT, ()).folder == folder.resolve()


def test_edited_and_added_files_are_named(tmp_path: Path) -> None:
    folder = report(tmp_path / "out")
    (folder / "appendix.html").write_text("edited by hand")
    (folder / "tables" / "my note.txt").write_text("mine")
    said = refused(folder)
    assert "appendix.html (changed), tables/my note.txt (added)" in said
    assert "give another --output" in said


def test_same_size_is_not_unchanged(tmp_path: Path) -> None:
    folder = report(tmp_path / "out")
    (folder / "appendix.html").write_text("PAGE")
    assert "appendix.html (changed)" in refused(folder)


def test_folders_of_others_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "thesis"
    folder.mkdir()
    for number in range(8):
        (folder / f"chapter {number}.tex").write_text("mine")
    said = refused(folder)
    assert "chapter 0.tex" in said and "and 3 more" in said


def test_a_folder_of_folders_with_files_is_not_empty(tmp_path: Path) -> None:
    (tmp_path / "out" / "a" / "b").mkdir(parents=True)
    assert chosen_place(str(tmp_path / "out"), DEFAULT, ())
    (tmp_path / "out" / "a" / "b" / "x").touch()
    assert "a/b/x" in refused(tmp_path / "out")


def test_a_report_of_an_earlier_version_is_not_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    for name in ("study.lock.yaml", "provenance.json", "results.csv", "appendix.html"):
        (folder / name).touch()
    said = refused(folder)
    assert "earlier reportgen" in said and f"rm -r '{folder}'" in said


@pytest.mark.parametrize("content", ['{"name": "my app"}', "[", "", '{"written by": "reportgen"}'])
def test_a_mark_that_is_none(tmp_path: Path, content: str) -> None:
    folder = report(tmp_path / "out")
    (folder / REPORT_MARK).write_text(content)
    assert "was not written by reportgen" in refused(folder)


def test_links_in_the_folder_are_never_followed(tmp_path: Path) -> None:
    folder = report(tmp_path / "out")
    (tmp_path / "thesis").mkdir()
    (folder / "thesis").symlink_to(tmp_path / "thesis")
    assert "thesis (added)" in refused(folder)
    (folder / "thesis").unlink()
    (folder / "appendix.html").rename(tmp_path / "mine.html")
    (folder / "appendix.html").symlink_to(tmp_path / "mine.html")
    assert "appendix.html (changed)" in refused(folder)


def test_a_linked_folder_is_judged_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "thesis")
    assert "chapter.tex" in refused(tmp_path / "link")
    (tmp_path / "other").symlink_to(report(tmp_path / "out"))
    assert chosen_place(str(tmp_path / "other"), DEFAULT, ()).folder == tmp_path / "out"


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "tables/desktop.ini", ".directory", "._appendix.html"])
def test_what_file_managers_leave_is_nobodys(tmp_path: Path, name: str) -> None:
    folder = report(tmp_path / "out")
    (folder / name).write_text("view")
    assert chosen_place(str(folder), DEFAULT, ())


@pytest.mark.parametrize("name", ["._mine.html", ".git/config", ".gitignore", ".hidden"])
def test_hidden_files_are_the_users(tmp_path: Path, name: str) -> None:
    folder = report(tmp_path / "out")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("mine")
    assert name in refused(folder)


@pytest.mark.parametrize("name", ["tables/~$workbook.xlsx", "tables/.~lock.workbook.xlsx#"])
def test_a_file_that_is_open_in_an_office_program(tmp_path: Path, name: str) -> None:
    folder = report(tmp_path / "out")
    (folder / name).write_text("me")
    assert "'workbook.xlsx' seems to be open in another program: close it." in refused(folder)


def test_names_of_another_normal_form_are_the_same(tmp_path: Path) -> None:
    import unicodedata

    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "réponse.svg").write_text("x")
    mark_report(folder)
    (folder / "réponse.svg").rename(folder / unicodedata.normalize("NFD", "réponse.svg"))
    check_content(chosen_place(str(folder), DEFAULT, ()))


def test_what_is_read_is_never_replaced(tmp_path: Path) -> None:
    folder = report(tmp_path / "out")
    data = folder / "tables" / "table1.csv"  # unchanged, listed, and yet somebody's data
    assert f"holds the data file '{data}'" in refused(folder, (("the data file", data),))
    assert "the study file" in refused(tmp_path, (("the study file", folder / "study.yaml"),))
    (tmp_path / "here").symlink_to(folder)
    assert "the data file" in refused(folder, (("the data file", tmp_path / "here" / "tables" / "table1.csv"),))


def test_places_that_cannot_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "is a file: the report needs a folder" in refused(tmp_path / "file")
    assert "cannot be a folder" in refused(tmp_path / "file" / "below")
    os.mkfifo(tmp_path / "pipe")
    assert "the report needs a folder" in refused(tmp_path / "pipe")
    assert "--output is empty" in refused("")
    assert "--output is empty" in refused("  ")
    assert "cannot be the name of a folder" in refused("a\0b")
    assert "too long" in refused("x" * 300)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert refused(tmp_path / "loop")


def test_ground_that_is_stood_upon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "holds" in refused("/")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    assert "is your home folder" in refused(tmp_path / "home")
    assert "holds your home folder" in refused(tmp_path)
    (tmp_path / "home" / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "home" / "empty")
    assert "is the folder you are in" in refused(".")
    assert "replaced" in refused("/dev")


def test_the_hint_never_names_the_refused_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    study = tmp_path / "output" / "st" / "study.yaml"
    study.parent.mkdir(parents=True)
    study.touch()
    with pytest.raises(RenderError, match="--output output/st-report"):
        chosen_place(None, DEFAULT, (("the study file", study),))


def test_a_mark_lists_every_file_once_in_order(tmp_path: Path) -> None:
    folder = report(tmp_path / "out")
    assert sorted(names_in(folder)) == ["appendix.html", REPORT_MARK, "tables/table1.csv"]
    before = (folder / REPORT_MARK).read_bytes()
    mark_report(folder)
    assert (folder / REPORT_MARK).read_bytes() == before
