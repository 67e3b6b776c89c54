"""An analysis that fails is named on the terminal, has the status `failed` everywhere, and gives nothing away."""

from __future__ import annotations

import json
import re
import traceback
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reportgen.analyses.failure import failure_of
from reportgen.analyses.reading import handed_over
from reportgen.analyses.study_tasks import records_of, study_tasks
from reportgen.cli import run
from reportgen.errors import DEBUG, Problem, RenderError
from reportgen.graph import run as run_tasks
from reportgen.origin import Origin
from reportgen.pipeline import read
from reportgen.pool import Local
from reportgen.store import NoStore
from reportgen.task import Failed
from tests.page_numbers import pages_of
from tests.study_files import STUDY, write_study

pytestmark = pytest.mark.slow


def breaking(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("reportgen.analyses.meta_analysis.fit", fail)


def report(tmp_path: Path, *more: str) -> tuple[int, Path]:
    study = write_study(
        tmp_path / "small", study={"report": {**STUDY["report"], "formats": ["html", "workbook", "results"]}}
    )
    here = ["-j", "1"]  # other processes would not see the defect
    return run([*more, "build", str(study), "--output", str(tmp_path / "report"), *here]), tmp_path / "report"


def test_it_is_named_and_failed_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    breaking(monkeypatch, ArithmeticError("the matrix is singular"))
    code, folder = report(tmp_path)
    assert code == 1
    output = capsys.readouterr()
    (line,) = [line for line in output.err.splitlines() if "failed" in line]
    assert line.startswith(
        "analysis 'pooled' failed: ArithmeticError: the matrix is singular (analyses/meta_analysis.py:"
    )
    assert "Traceback" not in output.err and output.out.strip().endswith("appendix.html")
    rows = pd.read_parquet(folder / "results.parquet").set_index("id")
    assert rows.loc["pooled.failure", ["status", "reason"]].tolist() == [
        "failed",
        "ArithmeticError: the matrix is singular",
    ]
    assert pd.read_csv(folder / "results.csv").set_index("id")["status"]["pooled.failure"] == "failed"
    in_json = {row["id"]: row for row in json.loads((folder / "results.json").read_text())["rows"]}
    assert in_json["pooled.failure"]["status"] == "failed"
    table = pd.read_csv(folder / "tables" / "failed-analyses.csv")
    assert table.to_numpy().tolist() == [["pooled", "failed", "ArithmeticError: the matrix is singular"]]
    page = pages_of(folder)
    assert "This analysis failed: " in page and "Analyses that failed" in page


def test_debug_shows_the_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(DEBUG, "")  # set back afterwards: `--debug` sets it
    breaking(monkeypatch, ArithmeticError("the matrix is singular"))
    assert report(tmp_path, "--debug")[0] == 1
    output = capsys.readouterr().err
    assert "Traceback" in output and "raise error" in output


def secret(*_: object) -> None:
    raise KeyError("participant P-0042 of /home/anna/data.csv")


@pytest.mark.parametrize(
    "error",
    [
        KeyError("P-0042"),
        ValueError("could not convert string to float: 'P-0042'"),
        OSError(2, "No such file or directory", "/home/anna/P-0042.csv"),
        MemoryError("P-0042"),
        RenderError([Problem("no room", Origin("/home/anna/P-0042.yaml", 1))]),
        RuntimeError("P-0042\nin two lines of /home/anna"),
    ],
)
def test_the_report_holds_no_value_and_no_path(error: Exception) -> None:
    try:
        raise error
    except Exception as caught:
        failure, told = failure_of("pooled", Failed(caught, traceback.format_exc()))
    assert "P-0042" not in failure.reason.words and "anna" not in failure.reason.words
    assert failure.reason.words and failure.reason.status == "failed"
    assert "\n" not in str(told)


def test_numeric_errors_keep_their_words() -> None:
    failure, _ = failure_of("pooled", Failed(np.linalg.LinAlgError("Singular matrix"), ""))
    assert failure.reason.words == "LinAlgError: Singular matrix"


def test_other_processes_hand_over_the_traceback(tmp_path: Path) -> None:
    spec, repository = read(write_study(tmp_path / "small"))
    laid = study_tasks(spec)
    broken = tuple(
        replace(task, arguments={**task.arguments, "node": None}) if task.name.startswith("effect.") else task
        for task in laid.tasks
    )
    ran = run_tasks((*broken, handed_over(repository)), laid.wanted, NoStore(), Local(2), basis="")
    (failed,) = records_of(spec, laid, ran, "final").failed
    assert "AttributeError" in failed.traceback and "pooled_effect" in failed.traceback
    assert re.search(r"\(\w+/\w+\.py:\d+\)$", str(failed))
