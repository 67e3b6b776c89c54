"""Words about events that send nobody the wrong way: misplaced keys, limits nobody meets, reasons of what is not printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reportgen.pipeline import read
from reportgen.records.numbers import plain
from reportgen.records.printed import figures_of, printed
from reportgen.release.rules import ELSEWHERE
from reportgen.spec.load import examine_study
from reportgen.tables import by_trial, estimates
from reportgen.views.findings.meta_analysis import effect_findings
from tests.analysed import analysed
from tests.event_study import ANALYSES, write_events
from tests.study_files import write_yaml

NOTHING: dict[str, Any] = {"report": {"contents": []}}
POOLED: dict[str, Any] = {**ANALYSES["pooled"], "outcomes": "relapse"}


def problems(folder: Path, **node: Any) -> list[str]:
    path = write_events(folder, {**NOTHING, "analyses": {"pooled": {**POOLED, **node}}})
    return [str(problem) for problem in examine_study(path).problems]


@pytest.mark.parametrize("key", ["measure", "kind", "good"])
def test_a_key_of_an_outcome_beneath_an_analysis_is_sent_there(tmp_path: Path, key: str) -> None:
    (said,) = problems(tmp_path / "s", **{key: "risk ratio"})
    assert f"unknown key '{key}'" in said
    assert "It belongs to the outcome: write it there, under `outcomes`." in said


def test_a_prefix_beside_codes_is_told_once(tmp_path: Path) -> None:
    from ruamel.yaml import YAML

    path = write_events(tmp_path / "s", NOTHING)
    north = YAML(typ="safe").load(path.parent / "north.yaml")
    write_yaml(
        path.parent / "north.yaml", {**north, "trial": {"column": "arm", "codes": {1: "N", 2: "M"}, "prefix": "Site"}}
    )
    (said,) = [str(problem) for problem in examine_study(path).problems]
    assert "`prefix` cannot be combined with `codes`" in said


@pytest.mark.parametrize(
    ("subset", "said"),
    [
        ({"age": "at least 120"}, "nobody can be in 'at least 120': the range of 'age' is 16 to 100"),
        ({"age": "below 16"}, "nobody can be in 'below 16'"),
        ({"baseline RMDQ": "above 24"}, "nobody can be in 'above 24': the range of 'baseline RMDQ' is 0 to 24"),
        ({"sex": "other"}, "there is no level 'other'"),
    ],
)
def test_a_subset_in_which_nobody_can_be_is_an_error(tmp_path: Path, subset: dict[str, str], said: str) -> None:
    assert any(said in problem for problem in problems(tmp_path / "s", subset=subset))


def test_a_subset_at_the_end_of_the_range_is_none(tmp_path: Path) -> None:
    assert not problems(tmp_path / "s", subset={"age": "at least 100"})


def record_of(path: Path, name: str) -> Any:
    spec, repository = read(path)
    return printed(analysed(name, spec.study.analyses[name], repository, spec.study), figures_of(spec.study))


def test_a_table_of_events_that_another_analysis_tells_says_so(tmp_path: Path) -> None:
    path = write_events(tmp_path / "s", {**NOTHING, "analyses": {"pooled": POOLED, "harms": ANALYSES["harms"]}})
    relapse = next(item for item in record_of(path, "harms").results if item.outcome == "relapse")
    assert {row.difference.reason for row in relapse.rows} == {ELSEWHERE}


def test_a_pooled_effect_beside_a_table_of_events_says_why_its_events_are_dashes(tmp_path: Path) -> None:
    path = write_events(tmp_path / "s", {**NOTHING, "analyses": {"harms": ANALYSES["harms"], "pooled": POOLED}})
    record = record_of(path, "pooled")
    for table in (estimates(record.results, record.settings), by_trial(record.results[0], record.settings)):
        assert any("in another analysis of this report" in plain(note) for note in table.footnotes)
    alone = record_of(write_events(tmp_path / "t", {**NOTHING, "analyses": {"pooled": POOLED}}), "pooled")
    assert not any("in another analysis" in plain(note) for note in estimates(alone.results, alone.settings).footnotes)


def test_one_effect_that_is_not_clear_is_not_none_of_one(tmp_path: Path) -> None:
    record = record_of(write_events(tmp_path / "s", {**NOTHING, "analyses": {"pooled": POOLED}}), "pooled")
    said = " ".join(plain(item.words) for item in effect_findings([record]).items)
    assert "none of" not in said
    assert "CI of the one effect includes one" in said
