"""One study that breaks every rule at once: everything is reported, exit code 2, and the earlier report stands."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from reportgen.cli import run
from reportgen.output.mark import REPORT_MARK, mark_report
from tests.study_files import MAPPING, STUDY, people, write_study, write_yaml

GOLDEN = Path(__file__).with_name("broken_study.txt")
TRIALS = (
    "nowhere", "folder", "encoding", "column", "arm", "level", "twice", "text", "range", "empty", "one-armed", "yaml",
    "key", "type",
)  # fmt: skip


def break_everything(folder: Path) -> None:
    """Write the broken study into a folder."""
    write_study(folder)
    study = {
        **STUDY,
        "trials": [f"{name}.yaml" for name in TRIALS],
        "instruments": {**STUDY["instruments"], "VAS": {"range": [0, "ten"], "better": "lower"}},
        "outcomes": {**STUDY["outcomes"], "Pain": {"instrument": "VAS", "drection": "lower"}},
    }
    study["analyses"] = {**STUDY["analyses"], "pooled": {"method": "meta-analysis", "outcomes": ["RMDQ", "Sleep"]}}
    write_yaml(folder / "study.yaml", study)
    for index, name in enumerate(TRIALS):
        table = people(index)
        change_table(name, table, folder)
        mapping = {**MAPPING, "trial": name.capitalize(), "data": {"file": f"{name}.csv", "participant": "id"}}
        change_mapping(name, mapping)
        write_yaml(folder / f"{name}.yaml", mapping)
    (folder / "yaml.yaml").write_text("trial: [Yaml\ndata: {file: yaml.csv}\n")


def change_table(name: str, table: pd.DataFrame, folder: Path) -> None:
    """Break the data of one trial, and write them."""
    if name == "nowhere":
        return
    if name == "folder":
        (folder / "folder.csv").mkdir()
        return
    if name == "column":
        table = table.rename(columns={"age": "agee"})
    if name == "arm":
        table.loc[[3, 7], "arm"] = 9
    if name == "level":
        table.loc[5, "sex"] = 3
    if name == "twice":
        table.loc[10, "id"] = 4
    if name == "text":
        table = table.astype({"age": object})
        table.loc[2, "age"] = "forty"
    if name == "range":
        table.loc[8, "rm_q3"] = 25
    if name == "empty":
        table = table.iloc[:0]
    if name == "one-armed":
        table["arm"] = 1
    if name == "encoding":
        table = table.astype({"sex": object})
        table["note"] = "Rückenschmerz"
    table.to_csv(folder / f"{name}.csv", index=False, encoding="latin-1" if name == "encoding" else "utf-8")


def change_mapping(name: str, mapping: dict) -> None:  # type: ignore[type-arg]
    """Break the mapping of one trial."""
    if name == "key":
        mapping["vists"] = {"b": "baseline"}
    if name == "type":
        mapping["data"] = {"file": "type.csv", "participant": "id", "header_row": "first"}


@pytest.mark.parametrize("verb", ["validate", "build"])
def test_everything_is_reported_at_once(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    break_everything(tmp_path / "broken")
    report = tmp_path / "output" / "broken"
    report.mkdir(parents=True)
    (report / "appendix.html").write_text("the earlier report")
    mark_report(report)
    assert run([verb, "broken"]) == 2
    printed = capsys.readouterr()
    output = printed.err.removeprefix("read and check\n")
    if not GOLDEN.exists():  # made anew by deleting it; then read it before you commit it
        GOLDEN.write_text(output, encoding="utf-8")
        pytest.fail("the golden file was missing and has been written: read it")
    assert output == GOLDEN.read_text(encoding="utf-8")
    assert printed.out == ""
    assert sorted(path.name for path in report.iterdir()) == ["appendix.html", REPORT_MARK]
    assert (report / "appendix.html").read_text() == "the earlier report"


def test_each_broken_trial_is_named() -> None:
    output = GOLDEN.read_text(encoding="utf-8")
    for name in TRIALS:
        assert f"{name}.csv" in output or f"{name}.yaml" in output, name
    assert "Traceback" not in output
