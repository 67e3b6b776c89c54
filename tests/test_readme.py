"""The README's path from own files to own appendix: what it shows is taken from it as it stands, and works."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from reportgen.cli import run
from reportgen.pipeline import plan, read
from reportgen.render.planned import planned_lines
from tests.conftest import ROOT
from tests.screened_study import people
from tests.study_files import write_yaml

SECTION = (ROOT / "README.md").read_text(encoding="utf-8").split("## From your files")[1].split("\n## ")[0]
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", SECTION, re.DOTALL)
MAPPING, STUDY, EVENTS, EVENT, SEARCHES, SUBSETS, SIMULATION = (text for language, text in BLOCKS if language == "yaml")
(PLAN,) = (text for language, text in BLOCKS if not language)
SHOWN = re.search(r"and shown by (.*?)as well", SECTION, re.DOTALL)


def write(folder: Path, *, south: str = "3 months") -> Path:
    """Write the mapping and the study of the README, with the searches, for an Excel file and two CSV files."""
    folder.mkdir()
    (folder / "study.yaml").write_text(
        STUDY.replace("south.yaml", "south.yaml, east.yaml").replace("report:\n", SEARCHES + SUBSETS + "report:\n"),
        encoding="utf-8",
    )
    for seed, name in enumerate(("north", "south", "east"), 1):
        table = people(seed, 90, -1.0).rename(columns={"arm": "grp", "sex": "gender"})
        mapping = (
            MAPPING if name == "north" else MAPPING.replace("north.xlsx", f"{name}.csv").replace("North", name.title())
        )
        (folder / f"{name}.yaml").write_text(
            mapping.replace("3 months}", f"{south}}}") if name == "south" else mapping, encoding="utf-8"
        )
        if name == "north":
            table.loc[:2, "age"] = -9
            content = io.BytesIO()
            table.to_excel(content, index=False, engine="xlsxwriter")
            (folder / "north.xlsx").write_bytes(content.getvalue())
        else:
            table.to_csv(folder / f"{name}.csv", index=False)
    return folder


@pytest.mark.slow
def test_the_study_of_the_readme_is_built(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = write(tmp_path / "my-study")
    assert run(["validate", str(study)]) == 0
    assert capsys.readouterr().out == "my-study: no problems found, 3 trials, 270 participants\n"
    order = [
        "build",
        str(study),
        "--output",
        str(tmp_path / "report"),
        "--formats",
        "html",
        "-j",
        "1",
        "--only",
        "table1",
        "--draws",
        "20,20",
    ]
    assert run(order) == 0
    assert (tmp_path / "report" / "appendix.html").is_file()


def test_the_study_of_the_readme_can_be_rehearsed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = tmp_path / "my-study"
    study.mkdir()
    (study / "study.yaml").write_text(f"# yaml-language-server: $schema=x\n{STUDY}", encoding="utf-8")
    (study / "north.yaml").write_text(MAPPING, encoding="utf-8")
    (study / "south.yaml").write_text(
        MAPPING.replace("north.xlsx", "south.sav").replace("North", "South"), encoding="utf-8"
    )
    (study / "simulation.yaml").write_text(SIMULATION, encoding="utf-8")
    assert run(["simulate", str(study / "simulation.yaml"), "--output", str(study)]) == 0
    assert run(["validate", str(study)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "my-study: no problems found, 2 trials, 280 participants"


def test_the_event_of_the_readme_is_analysed(tmp_path: Path) -> None:
    yaml = YAML(typ="safe")
    study, events, mapping, event = (yaml.load(text) for text in (STUDY, EVENTS, MAPPING, EVENT))
    contents = [
        {"series": "Table", "show": "events", "of": "harms"},
        {"series": "Fig.", "show": "forest-by-trial", "of": "pooled"},
        {"series": "Table", "show": "absolute-effects", "of": "pooled"},
    ]
    both = {key: {**study[key], **part} for key, part in events.items()}
    folder = tmp_path / "my-study"
    folder.mkdir()
    write_yaml(folder / "study.yaml", {**study, **both, "report": {"contents": contents}})
    for seed, name in enumerate(("north", "south"), 1):
        table = people(seed, 200, -1.0).rename(columns={"arm": "grp", "sex": "gender"})
        table["relapsed"] = (table["rm_q3"] > 12).astype(int)
        table.to_csv(folder / f"{name}.csv", index=False)
        data = {**mapping["data"], "file": f"{name}.csv"}
        variables = {**mapping["variables"], **event["variables"]}
        write_yaml(folder / f"{name}.yaml", {**mapping, "trial": name.title(), "data": data, "variables": variables})
    order = ["build", str(folder), "--output", str(tmp_path / "report"), "--formats", "html,results", "-j", "1"]
    assert run(order) == 0
    results = (tmp_path / "report" / "results.csv").read_text(encoding="utf-8-sig")
    assert "pooled.overall.relapse.short.absolute.difference" in results
    assert "harms.overall.relapse.short.trial.north.events.control" in results


def test_every_artefact_that_the_readme_names_can_be_shown(tmp_path: Path) -> None:
    study = write(tmp_path / "my-study")
    assert SHOWN is not None
    names = re.findall(r"`([a-z-]+)`", SHOWN[1])
    assert len(names) > 10
    owner = {
        "interaction": "moderation",
        "effect": "moderation",
        "credibility": "moderation",
        "peeling": "peeling",
        "agreement": "agreement",
    }
    owner |= {"estimates": "pooled"} | dict.fromkeys(
        ("subgroup", "subgroups", "cut", "rejected", "search"), "partition"
    )
    for name in names:
        of = owner.get(name.split("-")[0])
        line = f"    - {{series: X, show: {name}{f', of: {of}' if of else ''}}}\n"
        (study / "study.yaml").write_text((study / "study.yaml").read_text(encoding="utf-8") + line, encoding="utf-8")
    read(study)


def test_subgroups_stand_side_by_side_as_the_readme_says(tmp_path: Path) -> None:
    study = write(tmp_path / "my-study")
    for name in ("subset-forest", "subset-estimates"):
        assert f"`{name}`" in SECTION or f"`show: {name}`" in SECTION
        line = f"    - {{series: X, show: {name}, of: by-sex}}\n"
        (study / "study.yaml").write_text((study / "study.yaml").read_text(encoding="utf-8") + line, encoding="utf-8")
    (planned,) = (item for item in plan(*read(study)) if item.name == "by-sex")
    assert planned.effects[0].n == 270 and planned.method == "subgroup-differences"


def test_plan_looks_as_the_readme_shows(tmp_path: Path) -> None:
    shown = PLAN.splitlines()
    lines = planned_lines(plan(*read(write(tmp_path / "my-study", south="8 weeks"))))
    where = lines.index(shown[0])
    pattern = [re.sub(r"\d+", "#", re.sub(r" +", " ", line)) for line in (*lines[where : where + 3], *shown[:3])]
    assert pattern[:3] == pattern[3:]
    assert "    without South (not measured in this window)" in lines
    assert "    no value: age 3 people" in lines


def test_the_lock_takes_the_names_of_a_study_file(tmp_path: Path) -> None:
    from reportgen.spec import load_study
    from reportgen.spec.lock import locked

    study = write(tmp_path / "my-study")
    (study / "study.yaml").write_text(locked(load_study(study)).split("\nmappings:")[0] + "\n", encoding="utf-8")
    assert load_study(study).study.analyses["peeling"].beam == 10
