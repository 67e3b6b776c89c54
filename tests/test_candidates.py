"""The candidates of searches, written with participants' data on request: what is written, for whom, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reportgen.candidates import write_candidates
from reportgen.cli import run
from reportgen.errors import ReportgenError
from reportgen.stats import fit_one_step
from tests.study_files import STUDY, write_study

LIMITS: dict[str, Any] = {"min_size": 20, "min_arm": 5}
AS_PUBLISHED = {"information": "pooled", "adjuster_slopes": "common"}
SEARCHES: dict[str, Any] = {
    **STUDY["analyses"],
    "parts": {"method": "recursive-partitioning", "moderators": ["age", "sex"], "depth": 2, **LIMITS, **AS_PUBLISHED},
    "boxes": {"method": "directed-peeling", "moderators": ["age", "sex"]},
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("study"), {"analyses": SEARCHES})


@pytest.fixture(scope="module")
def folder(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("out") / "candidates"
    write_candidates(study, str(made))
    return made


def test_each_search_has_its_people_and_its_candidates(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {
        "README.txt",
        *(f"{name}.overall.rmdq.short.{what}.csv" for name in ("parts", "boxes") for what in ("people", "candidates")),
    }
    assert "PARTICIPANTS' DATA" in (folder / "README.txt").read_text(encoding="utf-8")
    for name in ("parts", "boxes"):
        people = pd.read_csv(folder / f"{name}.overall.rmdq.short.people.csv")
        candidates = pd.read_csv(folder / f"{name}.overall.rmdq.short.candidates.csv")
        assert len(people) == 140
        assert len(candidates) > 3
        assert list(candidates["n"]) == [int(people[column].sum()) for column in candidates["candidate"]]


def test_the_rule_of_a_candidate_gives_its_members(folder: Path) -> None:
    people = pd.read_csv(folder / "parts.overall.rmdq.short.people.csv")
    for item in pd.read_csv(folder / "parts.overall.rmdq.short.candidates.csv").itertuples():
        inside = np.ones(len(people), bool)
        for rule in str(item.rule).split(" & "):
            moderator, kind, value = rule.split(" ", 2)
            column = people[f"moderator {moderator}"]
            inside &= {
                "<=": lambda c=column, v=value: c <= float(v),
                ">": lambda c=column, v=value: c > float(v),
                "in": lambda c=column, v=value: c.isin(v.strip("{}").split(", ")),
            }[kind]()
        assert ((people[item.candidate] == 1) == inside).all()


def test_the_best_split_of_the_root_is_that_of_a_fit_to_the_written_people(folder: Path) -> None:
    people = pd.read_csv(folder / "parts.overall.rmdq.short.people.csv")
    first = pd.read_csv(folder / "parts.overall.rmdq.short.candidates.csv").iloc[0]
    adjusters = people[[name for name in people if name.startswith("adjuster ")]].to_numpy()
    found = fit_one_step(
        people["outcome"],
        people["treatment"],
        people["trial"],
        adjusters=adjusters,
        moderator=people[first["candidate"]],
    )
    assert found.interaction is not None
    assert abs(found.interaction.statistic) == pytest.approx(abs(first["statistic"]), rel=1e-6)


def test_nobody_else_can_read_them(folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_names_of_participants_are_not_written(folder: Path) -> None:
    header = (folder / "parts.overall.rmdq.short.people.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.split(",")[:5] == ["trial", "treatment", "outcome", "adjuster baseline", "moderator age"]


def test_one_search_can_be_asked_for(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["candidates", str(study), "--output", str(tmp_path / "new"), "--only", "boxes"]) == 0
    assert len(list((tmp_path / "new").iterdir())) == 3
    assert "holds participants' data" in capsys.readouterr().err


def test_what_is_there_stays(study: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "data.csv").write_text("1")
    (tmp_path / "file").write_text("1")
    for name in ("mine", "file"):
        with pytest.raises(ReportgenError, match="is there already and is not an empty folder"):
            write_candidates(study, str(tmp_path / name))
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["data.csv"]
    with pytest.raises(ReportgenError, match="names no folder"):
        write_candidates(study, " ")


def test_an_unknown_search_and_a_study_without_one_are_refused_before_data_are_read(
    study: Path, tmp_path: Path
) -> None:
    with pytest.raises(ReportgenError, match="there is no search 'part'") as refused:
        write_candidates(study, str(tmp_path / "new"), "part")
    assert "Did you mean 'parts'?" in str(refused.value)
    plain = write_study(tmp_path / "plain")
    (tmp_path / "plain" / "north.csv").unlink()
    with pytest.raises(ReportgenError, match="has no search for subgroups"):
        write_candidates(plain, str(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_nothing_is_left_of_a_write_that_fails(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ReportgenError, match="No space left"):
        write_candidates(study, str(tmp_path / "new"), "parts")
    assert list(tmp_path.iterdir()) == []
