"""The whole road on the small study and on the worked ones: what a build leaves behind, and what it promises."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from reportgen import pipeline
from reportgen.cli import run
from reportgen.formats import BUILT_IN
from reportgen.output.mark import mark_report
from reportgen.pipeline import Order, build, plan, read
from reportgen.records.numbers import slug
from reportgen.records.planned import PlannedEffect
from reportgen.resources import specs_folder
from tests.conftest import ROOT
from tests.page_numbers import pages_of, trace_numbers
from tests.study_files import STUDY, write_study

METHODS = {
    "low-back-pain": {"descriptive", "meta-analysis", "moderators", "recursive-partitioning", "directed-peeling", "agreement"},
    "pancreatitis": {"descriptive", "events", "meta-analysis", "moderators", "recursive-partitioning", "directed-peeling"},
    "periodontal-therapy": {"descriptive", "meta-analysis", "moderators", "recursive-partitioning", "directed-peeling", "agreement"},
}  # fmt: skip
DESCRIBED = {"trials": "all trials", "n": "all n", "n-control": "control n", "n-intervention": "intervention n"}


def rows(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "results.parquet").set_index("id")


def test_what_a_build_leaves_behind(report: Path) -> None:
    names = {path.name for path in report.iterdir()}
    assert names >= {
        "appendix.html", "appendix.pdf", "audit.html", "audit.pdf", "appendix.docx", "audit.docx", "figures", "tables",
        "quarto", "study.lock.yaml", "provenance.json",
        "results.parquet", "results.csv", "results.json",
    }  # fmt: skip
    kinds = {path.suffix for path in (report / "figures").iterdir()}
    assert kinds == {".svg", ".pdf", ".png"}
    for path in (report / "figures").glob("*.svg"):
        content = path.read_text(encoding="utf-8")
        assert "<text" not in content and "font-family" not in content, f"{path.name} needs a font"
        assert "<title>" in content
    assert not [path for path in report.parent.iterdir() if path.name.startswith(".")]


def test_every_number_on_the_page_has_its_row(report: Path) -> None:
    page = pages_of(report)
    traced = trace_numbers(page, rows(report)["text"].to_dict())
    assert traced.untraced == ()
    assert traced.found > 500


def test_the_token_test_can_fail(report: Path) -> None:
    page = pages_of(report)
    texts = rows(report)["text"].to_dict()
    invented = page.replace("</main>", "<p>There were 17 more.</p></main>")
    assert [found.why for found in trace_numbers(invented, texts).untraced] == ["no data-id"]
    some = next(id_ for id_, text in texts.items() if text.isdigit() and f'data-id="{id_}"' in page)
    assert trace_numbers(page, {**texts, some: "999999"}).untraced


def test_plan_promises_what_the_build_prints(report: Path) -> None:
    printed = rows(report)["value"]
    planned = plan(*read(specs_folder() / report.name))
    assert {item.method for item in planned} == METHODS[report.name]
    for analysis in planned:
        assert analysis.effects
        for effect in analysis.effects:
            for quantity, promised in promises(effect).items():
                key = (
                    slug(analysis.name, DESCRIBED[quantity])
                    if analysis.method == "descriptive"
                    else f"{slug(analysis.name, effect.comparison, effect.outcome, effect.follow_up)}.{quantity}"
                )
                assert printed[key] <= promised if effect.at_most else printed[key] == promised, key
            if analysis.method == "moderators":
                prefix = slug(analysis.name, effect.comparison, effect.outcome, effect.follow_up)
                assert printed[f"{prefix}.tested"] == effect.moderators
                for cost in effect.costs:
                    assert printed[f"{prefix}.{slug(cost.moderator)}.cost-people"] == cost.people
                    assert printed[f"{prefix}.{slug(cost.moderator)}.cost-trials"] == cost.trials


def promises(effect: PlannedEffect) -> dict[str, int]:
    """What `plan` promises of an effect, by the last word of the id under which the report has it."""
    said = {
        "trials": effect.trials,
        "n": effect.n,
        "n-control": effect.n_control,
        "n-intervention": effect.n_intervention,
    }
    return {quantity: number for quantity, number in said.items() if number is not None}


def test_no_path_of_this_machine(report: Path) -> None:
    """No file of the report holds a path of this machine."""
    for path in report.rglob("*"):
        if path.suffix in {".html", ".json", ".yaml", ".csv", ".qmd", ".svg"}:
            text = path.read_text(encoding="utf-8")
            assert str(ROOT) not in text
            assert str(report.parent) not in text


@pytest.mark.slow
def test_same_bytes_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    study = write_study(tmp_path / "small", study={"report": {**STUDY["report"], "formats": list(BUILT_IN)}})
    prints = []
    for name in ("one", "two"):
        folder = tmp_path / name / "small"
        build(Order(study, output=folder, workers=1 if name == "one" else 2))
        prints.append(
            {
                p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
                for p in sorted(folder.rglob("*"))
                if p.is_file()
            }
        )
    assert prints[0] == prints[1]
    assert json.loads((tmp_path / "one" / "small" / "provenance.json").read_text())["built"] == "2023-11-14T22:13:20Z"


def test_a_failed_analysis_keeps_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ArithmeticError("the matrix is singular")

    monkeypatch.setattr("reportgen.analyses.meta_analysis.fit", fail)
    study = write_study(tmp_path / "small")
    here = ["-j", "1"]  # other processes would not see the fault
    assert run(["build", str(study), "--output", str(tmp_path / "report"), *here]) == 1
    page = pages_of(tmp_path / "report")
    assert "the matrix is singular" in page
    assert capsys.readouterr().out.strip().endswith("appendix.html")


@pytest.mark.parametrize("when", [KeyboardInterrupt, RuntimeError])
def test_interrupted_the_earlier_report_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: type[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    study = write_study(tmp_path / "small")
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "appendix.html").write_text("earlier")
    mark_report(folder)

    def stop(*_: object) -> None:
        raise when("stopped")

    monkeypatch.setattr(pipeline, "locked", stop)
    assert run(["build", str(study), "--output", str(folder)]) == (130 if when is KeyboardInterrupt else 3)
    assert (folder / "appendix.html").read_text() == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report", "small"]
    assert "Traceback" not in capsys.readouterr().err


def test_output_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = write_study(tmp_path / "small")
    (tmp_path / "taken").write_text("a file")
    assert run(["build", str(study), "--output", str(tmp_path / "taken")]) == 3
    assert "the report needs a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["build", "{study}", "--only", "tabel1"], "Did you mean 'table1'?"),
        (["build", "{study}", "--formats", "rtf"], "there is no format 'rtf'"),
        (["build"], "Missing argument"),
        (["bild"], "No such command"),
    ],
)
def test_wrong_orders(tmp_path: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    study = str(write_study(tmp_path / "small"))
    assert run([a.replace("{study}", study) for a in arguments]) == 2
    assert words in capsys.readouterr().err


def test_only_keeps_the_numbers_of_artefacts(tmp_path: Path) -> None:
    study = write_study(tmp_path / "small")
    build(Order(study, output=tmp_path / "report", only=frozenset({"table2"}), formats=("html", "workbook", "figures")))
    page = pages_of(tmp_path / "report")
    assert "Table 2" in page
    tables = {path.name for path in (tmp_path / "report" / "tables").iterdir()}
    assert "table2.csv" in tables
    assert "table1.csv" not in tables
    assert {path.stem for path in (tmp_path / "report" / "figures").iterdir()} == {"participant-flow"}


def test_validate_and_plan_speak(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = str(write_study(tmp_path / "small"))
    assert run(["validate", study]) == 0
    assert capsys.readouterr().out == "small: no problems found, 2 trials, 140 participants\n"
    assert run(["plan", study]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-2:] == ["  people: 1 of 1 results may be recomputed", "  pooled: 1 of 1 results may be recomputed"]
    assert said[:-4] == [
        "people: descriptive",
        "comparison  m    n  control  intervention",
        "overall     2  140       70            70",
        "",
        "pooled: meta-analysis",
        "comparison  outcome  follow-up  m    n  control  intervention",
        "overall     RMDQ     short      2  140       70            70",
    ]


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    assert "arm_classes" in json.loads(capsys.readouterr().out)["properties"]
    assert run(["schema", "mapping"]) == 0
    assert "participant" in json.dumps(json.loads(capsys.readouterr().out))
