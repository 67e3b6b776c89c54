"""The print beside ours, and what trials published beside their files: each status, and the numbers behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.analyses import make_records
from reportgen.errors import SpecError
from reportgen.pipeline import Order, build, read
from reportgen.records.model import Fidelity, MetaAnalysis, Records
from reportgen.records.numbers import fixed, numbers_in, plain
from reportgen.records.results import results_of
from tests.study_files import people, write_study, write_yaml

EFFECT = "pooled.overall.rmdq.short"


def printed(key: str, text: str, ours: str | None = None, interval: str | None = None) -> dict[str, str]:
    asked = {"ours": ours, "interval": interval}
    return {"name": f"Number {key}", "key": key, "printed": text} | {k: v for k, v in asked.items() if v}


def study_with(tmp_path: Path, *numbers: dict[str, str], **changes: Any) -> Path:
    study = {"fidelity": "fidelity.yaml"} | changes.pop("study", {})
    path = write_study(tmp_path / "small", study=study, **changes)
    content = {
        "source": "Two et al. 1999",
        "sections": [{"title": "Table 1", "numbers": [*numbers]}],
        "contradictions": ["Table 1 says 2, the text says 3"],
    }
    write_yaml(path.parent / "fidelity.yaml", content)
    return path


def records_of(path: Path) -> Records:
    spec, repository = read(path)
    return make_records(spec, repository, profile="final")


def fidelity_of(path: Path) -> Fidelity:
    record = records_of(path).fidelity
    assert record is not None
    return record


def test_every_status(tmp_path: Path) -> None:
    record = fidelity_of(
        study_with(
            tmp_path,
            printed("a.n", "140", "trials.n"),
            printed("a.m", "3", "trials.number"),
            printed("a.subgroup", "4.5"),
            printed("a.inside", "1.5", f"{EFFECT}.effect", EFFECT),
            printed("a.outside", "-9.0", f"{EFFECT}.effect", EFFECT),
            printed("a.none", "0.10", f"{EFFECT}.predicted-low"),
        )
    )
    rows = {row.name.text.removeprefix("Number a."): row for row in record.sections[0].rows}
    statuses = {name: row.status for name, row in rows.items()}
    assert statuses["n"] == "as printed"
    assert statuses["m"] == statuses["outside"] == "differs"
    assert statuses["subgroup"] == "not reproduced"
    assert statuses["none"] == "no result"
    assert [rows[name].covered for name in ("n", "inside", "outside")] == ["", "yes", "no"]
    assert rows["m"].difference is not None
    assert (rows["m"].difference.text, rows["m"].difference.id) == ("−1", "fidelity.a.m.difference")
    assert rows["outside"].printed.text == "−9.0"
    assert (rows["subgroup"].ours, rows["subgroup"].difference) == (None, None)
    assert record.size.value == 6
    assert sum(number.value or 0 for number in record.counts.values()) == 6
    assert (record.covered.text, record.with_interval.text) == ("1", "2")


def test_ours_is_the_very_number_of_the_report(tmp_path: Path) -> None:
    records = records_of(study_with(tmp_path, printed("effect", "1.5", f"{EFFECT}.effect")))
    assert records.fidelity is not None
    (row,) = records.fidelity.sections[0].rows
    assert row.ours is next(number for number in numbers_in(records.analyses) if number.id == f"{EFFECT}.effect")
    assert row.ours.value is not None
    assert row.difference is not None
    assert row.difference.value == pytest.approx(row.ours.value - 1.5)
    results_of([records], {})  # each id once


@pytest.mark.parametrize("decimals", [0, 1, 2, 5])
def test_as_printed_is_rounding_to_the_decimals_of_the_print(tmp_path: Path, decimals: int) -> None:
    mean = float(np.concatenate([people(1)["age"], people(2, 80)["age"]]).mean())
    (row,) = (
        fidelity_of(study_with(tmp_path, printed("age", fixed(mean, decimals), "people.age.all.mean"))).sections[0].rows
    )
    assert row.status == "as printed"


@pytest.mark.parametrize(
    ("number", "wrong", "hint"),
    [
        (printed("x", "1", f"{EFFECT}.efect"), f"{EFFECT}.efect", f"Did you mean '{EFFECT}.effect'?"),
        (printed("x", "1", f"{EFFECT}.effect", "pooled.overall.rmdq"), "pooled.overall.rmdq.ci-low", "Did you mean"),
        (printed("x", "1", "study.title"), "study.title", ""),
    ],
)
def test_an_unknown_result_is_a_fault_with_its_place(
    tmp_path: Path, number: dict[str, str], wrong: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from reportgen.cli import run

    path = study_with(tmp_path, number)
    assert run(["build", str(path), "--output", str(tmp_path / "report"), "-j", "1"]) == 2
    said = capsys.readouterr().err
    assert f"this study has no result '{wrong}'" in said
    assert "fidelity.yaml:" in said
    assert hint in said
    assert not (tmp_path / "report").exists()


def test_keys_that_make_one_id_are_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot be distinguished"):
        fidelity_of(study_with(tmp_path, printed("age < 5", "1"), printed("age > 5", "2")))


def test_a_failed_analysis_leaves_rows_without_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ArithmeticError("the matrix is singular")

    monkeypatch.setattr("reportgen.analyses.meta_analysis.fit", fail)
    path = study_with(tmp_path, printed("e", "1.5", f"{EFFECT}.effect", EFFECT), printed("n", "140", "trials.n"))
    record = fidelity_of(path)
    assert [row.status for row in record.sections[0].rows] == ["no result", "as printed"]
    assert build(Order(path, output=tmp_path / "report")).exit_code == 1


PUBLISHED = {
    "n": 64,
    "source": "North 1998",
    "means": {"baseline RMDQ": "11.5", "age": "48"},
    "effects": [
        {
            "outcome": "RMDQ",
            "follow_up": "short",
            "intervention": ["exercise"],
            "control": "usual care",
            "effect": "1.40",
            "interval": ["0.60", "2.10"],
            "source": "North 1999",
        },
        {"outcome": "RMDQ", "follow_up": "short", "intervention": ["sham"], "control": "usual care", "effect": "0.1"},
    ],
}


def test_reconciliation_of_people_means_and_effects(tmp_path: Path) -> None:
    records = records_of(write_study(tmp_path / "small", north={"published": PUBLISHED}))
    assert records.reconciliation is not None
    (trial,) = records.reconciliation.trials
    assert trial.trial.text == "North"
    people_row, rmdq, age, effect, none = trial.rows
    table = people(1)
    assert plain(people_row.ours) == "60 in the file, 60 included"
    assert people_row.difference.text == "−4"
    assert plain(rmdq.ours) == fixed(table["rm_b"].mean(), 2)
    assert age.difference.value == pytest.approx(table["age"].mean() - 48)
    assert plain(effect.published) == "1.40 (0.60 to 2.10)"
    assert [row.source.text for row in (people_row, effect, none)] == ["North 1998", "North 1999", "North 1998"]
    pooled = records.analyses["pooled"]
    assert isinstance(pooled, MetaAnalysis)
    in_forest = next(item for item in pooled.results[0].by_trial if item.trial.text == "North").estimate
    ours = [number.value for number in numbers_in(effect.ours)]
    assert ours == pytest.approx([in_forest.effect.value, in_forest.low.value, in_forest.high.value], rel=1e-12)
    assert effect.covered == ("yes" if (ours[1] or 0) <= 1.4 <= (ours[2] or 0) else "no")
    assert (none.difference.status, none.difference.reason, none.covered) == (
        "not estimable",
        "no intervention arm",
        "",
    )


def test_without_anything_published_there_is_no_reconciliation(tmp_path: Path) -> None:
    records = records_of(write_study(tmp_path / "small"))
    assert (records.reconciliation, records.fidelity) == (None, None)


def test_a_mean_of_few_people_is_hidden(tmp_path: Path) -> None:
    path = write_study(
        tmp_path / "small",
        study={"policy": {"minimum_cell": 61}},
        north={"published": {"n": 60, "means": {"age": "48"}}},
    )
    record = records_of(path).reconciliation
    assert record is not None
    (ours,) = numbers_in(record.trials[0].rows[1].ours)
    assert (ours.value, ours.status, ours.text) == (None, "suppressed", "–")


def test_the_last_section_of_the_page(tmp_path: Path) -> None:
    from lxml import html

    path = study_with(tmp_path, printed("n", "140", "trials.n"), north={"published": PUBLISHED})
    build(Order(path, output=tmp_path / "report"))
    page = html.parse(str(tmp_path / "report" / "audit.html"))
    chapters = page.xpath("//section[contains(@class, 'chapter')]/@id")
    assert chapters[-2:] == ["reconciliation", "fidelity"]
    words = " ".join(page.xpath("//section[@id='fidelity']")[0].text_content().split())
    assert "Of 1 number: 1 as printed, digit for digit; 0 different; 0 not reproduced." in words
    assert "Table 1 says 2, the text says 3" in words


def test_a_subgroup_that_a_search_does_not_find_has_no_result(tmp_path: Path) -> None:
    search = {"method": "recursive-partitioning", "moderators": ["age", "sex"]}
    numbers = (
        printed("found", "9.5", "rp.overall.rmdq.short.effect"),
        printed("absent", "2.5", "rp.overall.rmdq.short.age-low.sex-female.effect"),
        printed("least", "1", "rp.extent.participants-fewest"),
    )
    record = fidelity_of(study_with(tmp_path, *numbers, study={"analyses": {"rp": search}, "report": {}}))
    assert [row.status for row in record.sections[0].rows] == ["differs", "no result", "differs"]


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("rp.overall.rmdq.short.agge-low.effect", "Did you mean 'age-low'?"),
        ("rp.overall.rmdq.short.efect", "Did you mean 'rp.overall.rmdq.short.effect'?"),
    ],
)
def test_a_misspelt_subgroup_is_a_fault_with_its_place(tmp_path: Path, wrong: str, hint: str) -> None:
    search = {"method": "recursive-partitioning", "moderators": ["age", "sex"]}
    path = study_with(tmp_path, printed("absent", "2.5", wrong), study={"analyses": {"rp": search}, "report": {}})
    with pytest.raises(SpecError) as caught:
        fidelity_of(path)
    (problem,) = caught.value.problems
    assert problem.message.startswith(f"this study has no result '{wrong}'")
    assert problem.hint == hint
    assert problem.origin is not None
    assert problem.origin.text[problem.origin.column - 1 :].startswith(wrong)
