"""From an evaluation file to its report, by the command line: numbers, pages, processes and what is kept."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest

from reportgen.cli import run
from tests.evaluation_files import PEELING, TINY, written
from tests.page_numbers import page_of

EXPECTED = Path(__file__).parent / "reference" / "evaluation.csv"
COMPARED = ("id", "value", "text")
NO_DRAWS = TINY.replace(", draws: {sign_flips: 20, bootstrap: 20}", "")


def evaluate(file: Path, output: Path, *options: str, formats: str = "results") -> int:
    return run(["evaluate", str(file), "--output", str(output), "--formats", formats, *options])


def found(folder: Path) -> dict[str, dict[str, str]]:
    """Shares and means of a report, by their ids."""
    return {row["id"]: row for row in results(folder) if row["id"].endswith((".share", ".mean"))}


def results(folder: Path) -> list[dict[str, str]]:
    with (folder / "results.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the small file with both searches."""
    folder = tmp_path_factory.mktemp("evaluation")
    output = folder / "report"
    assert (
        evaluate(written(folder, TINY + PEELING), output, "--no-store", "-j", "1", formats="html,results,workbook") == 0
    )
    return output


@pytest.mark.slow
def test_numbers_are_those_that_were_committed(report: Path) -> None:
    made = found(report)
    with EXPECTED.open(encoding="utf-8", newline="") as stream:
        expected = {row["id"]: row for row in csv.DictReader(stream)}
    assert made.keys() == expected.keys()
    for key, row in expected.items():
        assert made[key]["text"] == row["text"], key
        if row["value"]:
            assert float(made[key]["value"]) == pytest.approx(float(row["value"]), rel=1e-7, abs=1e-9), key


@pytest.mark.slow
def test_every_number_on_the_page_is_in_the_results(report: Path) -> None:
    page = page_of(report / "appendix.html")
    named = {item for ids in re.findall(r'data-id="([^"]+)"', page) for item in ids.split()}
    assert named
    assert named <= {row["id"] for row in results(report)}


@pytest.mark.slow
def test_the_page_says_what_was_simulated_and_found(report: Path) -> None:
    page = re.sub(r"<[^>]+>", "", (report / "appendix.html").read_text(encoding="utf-8"))
    for words in (
        "Operating characteristics of searches for subgroups",
        "Simulated data",
        "Error without modification",
        "Detection of planted subgroups",
        "Bias of effects, naive and corrected",
        "Coverage of intervals",
        "Effects in held-out trials",
        "20 sign flips for p of the search, 20 bootstrap samples for corrected effects and each trial left out in turn",
        "age (whole numbers from 0 to 99, evenly; 0.3 SD per SD)",
        "The box assessed is the one whose proportion of participants is closest to 50%.",
    ):
        assert words in page, words


@pytest.mark.slow
def test_the_table_of_detection_holds_the_numbers_of_the_results(report: Path) -> None:
    value = {row["id"]: row["value"] for row in results(report)}
    table = (report / "tables" / "table3.csv").read_text(encoding="utf-8-sig").splitlines()
    (line,) = (item for item in csv.reader(table) if item[1] == "RP")
    assert float(line[5]) == float(value["evaluation.scenario.2.rp.kept.share"])
    assert float(line[7]) == float(value["evaluation.scenario.2.rp.supported.share"])


@pytest.mark.slow
def test_flips_that_end_early_are_reported_as_such_with_the_same_decisions(tmp_path: Path) -> None:
    flips = NO_DRAWS.replace("min_size: 20", "min_size: 20, draws: {sign_flips: 20}, held_out: false")
    early = flips.replace("sign_flips: 20", "sign_flips: 20, curtailed: true")
    for name, text in (("all", flips), ("early", early)):
        written(tmp_path, text)
        assert (
            evaluate(tmp_path / "evaluation.yaml", tmp_path / name, "--no-store", "-j", "1", formats="html,results")
            == 0
        )
    whole, made = found(tmp_path / "all"), found(tmp_path / "early")
    flips_made, kept = ("evaluation.scenario.1.rp.flips.mean", "evaluation.scenario.1.rp.kept-in-draws.mean")
    assert {name for name in whole.keys() ^ made.keys() if ".1." in name} == {flips_made, kept}
    assert all(made[name]["value"] == row["value"] for name, row in whole.items() if name in made)
    assert 1.0 <= float(made[flips_made]["value"]) < 20.0
    page = re.sub(r"<[^>]+>", "", (tmp_path / "early" / "appendix.html").read_text(encoding="utf-8"))
    for words in (
        "20 sign flips at most, until they decide whether p of the search is at most 0.05",
        "Sign flips made",
        "with the same decision as all of them",
    ):
        assert words in page, words
    assert "Sign flips made" not in (tmp_path / "all" / "appendix.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_one_two_and_four_processes_give_the_same(tmp_path: Path) -> None:
    file = written(tmp_path, NO_DRAWS)
    made = []
    for jobs in ("1", "2", "4"):
        assert evaluate(file, tmp_path / jobs, "--no-store", "-j", jobs) == 0
        made.append((tmp_path / jobs / "results.csv").read_bytes())
    assert made[0] == made[1] == made[2]


def test_further_data_sets_add_to_those_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--store", str(tmp_path / "store"), "-j", "1")
    few = written(tmp_path, NO_DRAWS.replace("data_sets: 6", "data_sets: 5"))
    assert evaluate(few, tmp_path / "report", *options) == 0
    said = capsys.readouterr().err
    assert "evaluate 2 scenarios x 1 search: 10 data sets are searched; about" in said
    assert "kept 0, made 2" in said
    assert evaluate(written(tmp_path, NO_DRAWS), tmp_path / "report", *options) == 0
    said = capsys.readouterr().err
    assert "12 data sets are searched, 2 of 4 chunks now; about" in said
    assert "kept 2, made 2" in said
    assert evaluate(written(tmp_path, NO_DRAWS), tmp_path / "report", *options) == 0
    assert "12 data sets are searched, all of them before" in capsys.readouterr().err


@pytest.mark.slow
def test_work_that_was_ended_goes_on(tmp_path: Path) -> None:
    file, store = written(tmp_path, TINY.replace("data_sets: 6", "data_sets: 20")), tmp_path / "store"
    command = [sys.executable, "-m", "reportgen.cli", "evaluate", str(file), "--output", str(tmp_path / "report")]
    command += ["--formats", "results", "--store", str(store), "-j", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as first:
        while first.poll() is None and not made(store):
            time.sleep(0.1)
        first.terminate()
        assert first.wait(60) == 143
    done = made(store)
    assert done
    second = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=True)
    assert f"kept {done}, made {8 - done}" in second.stderr


def made(store: Path) -> int:
    """How many results a store holds."""
    folder = store / "values"
    return sum(path.is_file() for path in folder.rglob("*")) if folder.is_dir() else 0


def test_nothing_is_written_for_a_file_with_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, TINY.replace("data_sets: 6", "data_sets: 1000000000"))
    assert evaluate(file, tmp_path / "report", "--no-store") == 2
    assert "2 cells with up to 1,000,000,000 data sets are 2,000,000,000 searches" in capsys.readouterr().err
    assert not (tmp_path / "report").exists()


def test_a_search_that_fails_is_told_once_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise ValueError("no people are left")

    monkeypatch.setattr(import_module("reportgen.evaluation.evaluation_tasks"), "judged", fails)
    assert evaluate(written(tmp_path, NO_DRAWS), tmp_path / "report", "--no-store", "-j", "1") == 1
    assert capsys.readouterr().err.count("'RP' failed: no people are left") == 1
    assert not (tmp_path / "report").exists()


@pytest.mark.slow
def test_two_trials_have_none_to_hold_out_and_the_report_says_so(tmp_path: Path) -> None:
    two = NO_DRAWS.replace("number: 3", "number: 2").replace("data_sets: 6", "data_sets: 1")
    assert evaluate(written(tmp_path, two), tmp_path / "report", "--no-store", "-j", "1", formats="html,results") == 0
    made = found(tmp_path / "report")
    held_out = [row for name, row in made.items() if ".held-out." in name]
    assert held_out and all(row["status"] == "not estimable" for row in held_out)
    assert {row["reason"] for row in held_out} == {"2 trials, and leaving one out needs 3"}
    assert made["evaluation.scenario.1.rp.naive.inside.all.estimate.mean"]["status"] == "ok"
    page = (tmp_path / "report" / "appendix.html").read_text(encoding="utf-8")
    assert "with fewer than three trials they are not estimable" in page


def test_a_search_that_finds_nothing_is_counted_as_such(tmp_path: Path) -> None:
    nothing = TINY.replace("min_size: 20", "min_size: 10000").replace("data_sets: 6", "data_sets: 2")
    assert evaluate(written(tmp_path, nothing), tmp_path / "report", "--no-store", "-j", "1") == 0
    made = {row["id"]: row for row in results(tmp_path / "report")}
    for what in ("kept", "supported"):
        assert made[f"evaluation.scenario.1.rp.{what}.share"]["text"] == "0.0"
    naive = made["evaluation.scenario.1.rp.naive.difference.all.estimate.mean"]
    assert (naive["status"], naive["reason"]) == ("not estimable", "no data set")


def test_a_grid_of_a_billion_cells_is_refused_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    axis = f"[{', '.join(str(k / 1000) for k in range(1000))}]"
    axes = f"tau: {axis}\nslope_scatter: {axis}\ninteraction_scatter: {axis}\nplanted:\n  the younger: {{where: {{age: up to 49}}, gain: 1}}\n"
    head, rest = NO_DRAWS.split("planted:\n")
    grid = head + axes + rest.partition("\n")[2]
    began = time.monotonic()
    assert evaluate(written(tmp_path, grid), tmp_path / "report", "--no-store") == 2
    assert time.monotonic() - began < 30
    assert "the grid has 1,000,000,000 scenarios and 1 search: 1,000,000,000 cells" in capsys.readouterr().err
    assert not (tmp_path / "report").exists()


def test_a_folder_that_holds_the_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(written(tmp_path / "here", NO_DRAWS), tmp_path / "here", "--no-store") == 3
    assert "holds the evaluation file" in capsys.readouterr().err


def test_an_unknown_format_is_told_before_any_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(written(tmp_path), tmp_path / "report", formats="htm") == 2
    assert "there is no format 'htm'" in capsys.readouterr().err


if __name__ == "__main__":  # python -m tests.test_evaluate REPORT: commits what a report of the small file says
    with EXPECTED.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COMPARED, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(found(Path(sys.argv[1])).values())
