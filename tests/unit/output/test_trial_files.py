"""Simulated files never take the place of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.errors import RenderError
from reportgen.output.trial_files import MARK, check_folder, write_trial_files


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_again_and_again_with_other_seeds(tmp_path: Path) -> None:
    for content in (b"one", b"one", b"two"):
        write_trial_files(tmp_path, {"north.csv": content, "south.csv": b"same"})
        assert (tmp_path / "north.csv").read_bytes() == content
        assert names(tmp_path) == ["north.csv", MARK, "south.csv"]


def test_two_simulations_share_a_folder(tmp_path: Path) -> None:
    write_trial_files(tmp_path, {"north.csv": b"one"})
    write_trial_files(tmp_path, {"south.csv": b"one"})
    write_trial_files(tmp_path, {"north.csv": b"two"})
    assert (tmp_path / "north.csv").read_bytes() == b"two"


@pytest.mark.parametrize("marked", [True, False])
def test_real_data_are_never_written_over(tmp_path: Path, marked: bool) -> None:
    if marked:
        write_trial_files(tmp_path, {"north.csv": b"simulated", "south.csv": b"simulated"})
    (tmp_path / "north.csv").write_bytes(b"real data")
    before = names(tmp_path)
    with pytest.raises(RenderError, match=r"holds north\.csv, and no simulation wrote it"):
        write_trial_files(tmp_path, {"north.csv": b"simulated", "south.csv": b"other"})
    assert (tmp_path / "north.csv").read_bytes() == b"real data"
    assert names(tmp_path) == before


def test_the_same_bytes_are_no_loss(tmp_path: Path) -> None:
    (tmp_path / "north.csv").write_bytes(b"same")
    write_trial_files(tmp_path, {"north.csv": b"same"})
    write_trial_files(tmp_path, {"north.csv": b"other"})
    assert (tmp_path / "north.csv").read_bytes() == b"other"


def test_links_are_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_bytes(b"same")
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "north.csv").symlink_to(tmp_path / "real.csv")
    with pytest.raises(RenderError, match=r"north\.csv"):
        write_trial_files(folder, {"north.csv": b"same"})
    (folder / "north.csv").unlink()
    (folder / "north.csv").symlink_to(tmp_path / "nowhere.csv")
    with pytest.raises(RenderError, match=r"north\.csv"):
        write_trial_files(folder, {"north.csv": b"same"})


def test_a_file_that_is_called_like_the_mark(tmp_path: Path) -> None:
    (tmp_path / MARK).write_text("mine")
    with pytest.raises(RenderError, match=MARK):
        write_trial_files(tmp_path, {"north.csv": b"one"})
    assert names(tmp_path) == [MARK]


def test_killed_while_writing_the_next_one_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_trial_files(tmp_path, {"a.csv": b"one", "b.csv": b"one"})
    real, done = Path.replace, list[Path]()

    def killed(self: Path, target: Path) -> Path:
        if len(done) == 2:  # the mark and the first file
            raise KeyboardInterrupt
        done.append(self)
        return real(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write_trial_files(tmp_path, {"a.csv": b"two", "b.csv": b"two"})
    monkeypatch.undo()
    assert [(tmp_path / name).read_bytes() for name in ("a.csv", "b.csv")] == [b"two", b"one"]
    write_trial_files(tmp_path, {"a.csv": b"three", "b.csv": b"three"})
    assert [(tmp_path / name).read_bytes() for name in ("a.csv", "b.csv")] == [b"three", b"three"]
    assert names(tmp_path) == ["a.csv", "b.csv", MARK]


@pytest.mark.parametrize("written", ["", " ", "a\0b", "x" * 300])
def test_folders_that_are_none(written: str) -> None:
    with pytest.raises(RenderError):
        check_folder(written)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RenderError, match="trial files need a folder"):
        check_folder(str(tmp_path / "file"))
