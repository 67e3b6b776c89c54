"""A finished folder takes the place of the earlier one, by the kernel or by stepping aside."""

from __future__ import annotations

from pathlib import Path

import pytest

import reportgen.exchange as module
from reportgen.exchange import exchange


def folder(path: Path, text: str) -> Path:
    path.mkdir()
    (path / "page").write_text(text)
    return path


@pytest.mark.parametrize("kernel", [True, False])
def test_exchanged_in_one_step_or_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: bool) -> None:
    if not kernel:
        monkeypatch.setattr(module, "_exchanged_by_kernel", lambda one, other: False)
    fresh, place = folder(tmp_path / "fresh", "new"), folder(tmp_path / "place", "old")
    exchange(fresh, place, tmp_path / "aside")
    assert (place / "page").read_text() == "new"
    earlier = tmp_path / ("fresh" if kernel else "aside")
    assert (earlier / "page").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([earlier.name, "place"])


def test_what_cannot_be_moved_in_leaves_the_earlier_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_exchanged_by_kernel", lambda one, other: False)
    place = folder(tmp_path / "place", "old")
    with pytest.raises(FileNotFoundError):
        exchange(tmp_path / "gone", place, tmp_path / "aside")
    assert (place / "page").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["place"]


def test_first_report_is_moved(tmp_path: Path) -> None:
    exchange(folder(tmp_path / "fresh", "new"), tmp_path / "place", tmp_path / "aside")
    assert (tmp_path / "place" / "page").read_text() == "new"
    assert not (tmp_path / "fresh").exists()
