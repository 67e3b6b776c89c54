"""Numbers of draws that say nothing, and searches that draws can say nothing of: what a user is told, and what remains."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.analyses import drawing
from reportgen.cli import run
from tests.page_numbers import pages_of
from tests.peeling_study import write_search_study
from tests.planted_study import write_planted
from tests.screened_study import write_screened

SEARCH = "rp.overall.rmdq.short.honesty"
TOO_FEW = "cannot show a p value below 0.05"


def built(study: Path, folder: Path, draws: str = "20,20", *more: str) -> int:
    output = ("--output", str(folder / "out"), "--store", str(folder / "store"))
    return run(["build", str(study), *output, "--draws", draws, "-j", "1", *more])


def results(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "out" / "results.csv").open(encoding="utf-8-sig") as stream:
        return {row["id"]: row for row in csv.DictReader(stream)}


def page(folder: Path) -> str:
    return pages_of(folder / "out")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1,0", f"1 draw {TOO_FEW}"),
        ("0,1", f"1 draw {TOO_FEW}"),
        ("19,100", f"19 draws {TOO_FEW}"),
        ("-1,0", "a number of draws lies between 0 and 1000000"),
        ("20,-3", "a number of draws lies between 0 and 1000000"),
        ("99999999999,0", "a number of draws lies between 0 and 1000000"),
        ("100", "invalid value '100' of --draws"),
        ("1e3,0", "invalid value '1e3,0' of --draws"),
    ],
)
def test_a_number_of_draws_that_says_nothing_is_refused(
    written: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert built(tmp_path / "no-such-study", tmp_path, written) == 2
    message, fix = capsys.readouterr().err.splitlines()
    assert said in message
    assert fix == "  Write two whole numbers, such as --draws 199,100, or --draws 0,0 for none."
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("written", "said", "fix"),
    [
        ("1", f"1 draw {TOO_FEW}", "Ask for 20 or more (1000 for a final report), or for none: 0."),
        ("-1", "'-1' is not at least 0", "Write 0 or more."),
        ("many", "'many' is not a whole number", "Write a whole number such as 3."),
    ],
)
def test_a_study_file_that_asks_for_it_is_told_where(
    written: str, said: str, fix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = write_planted(tmp_path / "study")
    study.write_text(study.read_text().replace("sign_flips: 0", f"sign_flips: {written}"))
    place = next(k for k, line in enumerate(study.read_text().splitlines(), 1) if "sign_flips" in line)
    assert run(["validate", str(study)]) == 2
    output = capsys.readouterr().err
    assert f"study.yaml:{place}:17: {said}" in output
    assert fix in output


@pytest.mark.slow
def test_no_draws_are_none_and_the_page_says_candidate(tmp_path: Path) -> None:
    study = write_planted(tmp_path / "study", formats=("html", "results"))
    assert built(study, tmp_path, "0,0") == 0
    assert not [name for name in results(tmp_path) if "search-p" in name]
    assert "No number in this report depends on random draws" in page(tmp_path)


@pytest.mark.slow
def test_a_build_says_how_many_draws_it_made_and_how_fast(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = write_planted(tmp_path / "study", formats=("results",))
    assert built(study, tmp_path, "70,20") == 0
    assert re.search(r"^90 random draws; each process made [\d,.]+ draws/s$", capsys.readouterr().err, re.MULTILINE)
    assert built(study, tmp_path, "100,20") == 0  # the first fifty sign flips and the samples are kept
    assert re.search(r"^50 random draws;", capsys.readouterr().err, re.MULTILINE)
    study.write_text(study.read_text().replace("title: ", "title: Changed ", 1))
    assert built(study, tmp_path, "100,20") == 0
    assert "random draws" not in capsys.readouterr().err


@pytest.mark.slow
def test_a_search_that_keeps_nothing_has_a_p_and_says_that_nothing_was_found(tmp_path: Path) -> None:
    study = write_planted(tmp_path / "study", gain=0.0, alpha=0.0001, formats=("html", "results"))
    assert built(study, tmp_path) == 0
    found = results(tmp_path)
    assert found[f"{SEARCH}.search-p"]["status"] == "ok"
    assert float(found[f"{SEARCH}.search-p"]["value"]) > 0.05
    assert "No subgroup identified" in page(tmp_path)
    assert f"{SEARCH}.found-share" in found


@pytest.mark.slow
def test_a_search_that_a_screening_leaves_nothing_says_so(tmp_path: Path) -> None:
    screening = {"method": "moderators", "moderators": ["age", "sex", "baseline RMDQ"]}
    none = {"from": "screening", "p_below": 1e-9}
    study = write_planted(
        tmp_path / "study", gain=0.0, screening=screening, moderators=none, formats=("html", "results")
    )
    assert built(study, tmp_path) == 0
    assert "no moderator has a p below the limit in the screening" in page(tmp_path)


@pytest.mark.slow
def test_a_search_of_which_no_draw_could_search_has_no_p_and_says_why(tmp_path: Path) -> None:
    study = write_planted(tmp_path / "study", gain=0.0, min_size=400, formats=("html", "results"))
    assert built(study, tmp_path) == 0
    found = results(tmp_path)
    for name in ("search-p", "kept-share"):
        row = found[f"{SEARCH}.{name}"]
        assert (row["value"], row["status"]) == ("", "not estimable")
        assert row["reason"] == "nothing could be searched in any draw"
    assert "Nothing could be searched in any draw." in page(tmp_path)
    assert "No subgroup identified: no split left enough participants on both sides." in page(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("draw", ["partition_draws", "partition_optimism"])
def test_a_search_whose_draws_all_break_off_is_named_and_all_else_is_reported(
    draw: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise np.linalg.LinAlgError("Singular matrix")

    monkeypatch.setattr(drawing, draw, broken)
    study = write_planted(
        tmp_path / "study",
        screening={"method": "moderators", "moderators": ["age", "sex"]},
        formats=("html", "results"),
    )
    assert built(study, tmp_path) == 1
    output = capsys.readouterr().err
    assert output.count("failed:") == 1
    assert "analysis 'rp' failed: LinAlgError: Singular matrix (analyses/drawing.py:" in output
    assert any(name.startswith("screening.") for name in results(tmp_path))


@pytest.mark.slow
def test_two_trials_have_none_to_hold_out_of_a_peeling_either(tmp_path: Path) -> None:
    study = write_search_study(tmp_path / "study")
    assert built(study, tmp_path) == 0
    rows = [row for name, row in results(tmp_path).items() if name.endswith("held-out.effect")]
    assert rows
    for row in rows:
        assert (row["value"], row["status"]) == ("", "not estimable")
        assert row["reason"].startswith("2 trials, and leaving one out needs 3")


@pytest.mark.slow
def test_three_trials_are_enough(tmp_path: Path) -> None:
    study = write_screened(tmp_path / "study", formats=("html", "results"))
    node = "  rp: {method: recursive-partitioning, moderators: [age, sex], depth: 1}\n"
    table = "  - {series: Table, show: search-honesty, of: rp}\n"
    text = study.read_text().replace("analyses:\n", f"analyses:\n{node}", 1)
    study.write_text(text.replace("  contents:\n", f"  contents:\n{table}", 1))
    assert built(study, tmp_path) == 0
    found = results(tmp_path)
    assert found[f"{SEARCH}.held-out.effect"]["status"] == "ok"
    assert found[f"{SEARCH}.held-out.trials"]["text"] == "3"
