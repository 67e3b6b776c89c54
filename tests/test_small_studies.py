"""Small and degenerate studies, read as a copy editor reads them: each sentence holds for what was fitted, or is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reportgen.analyses import make_records
from reportgen.pipeline import plan, read
from reportgen.records.estimate import Estimate, NotAdjusted
from reportgen.records.model import TrialEstimate
from reportgen.records.numbers import Value, plain
from reportgen.release.suppressed_effects import suppressed_rows
from reportgen.render.appendix import compose
from reportgen.render.artefacts import numbered_artefacts
from reportgen.render.planned import planned_lines
from tests.study_files import STUDY, people, write_study
from tests.test_statements import PEEL, SCREEN, SEARCH, SHOWN, Made

pytestmark = pytest.mark.slow

POOLED: dict[str, Any] = {"method": "meta-analysis"}
AGREEMENT = {"method": "agreement", "partition": "rp", "peeling": "peel"}
EVERYTHING = {
    "pooled": POOLED,
    "screening": SCREEN,
    "rp": SEARCH,
    "peel": PEEL,
    "agreement": AGREEMENT,
}
SMALLEST = {"min_trials": 1, "minimum_trials": 1}


def made(folder: Path, analyses: dict[str, Any], north: pd.DataFrame | None = None, **study: Any) -> Made:
    """Fit and print a study of two trials, or of one where `trials` says so."""
    contents = [
        {
            "series": "Table",
            "show": show,
            "of": of,
            "name": f"{show}{of if show == 'credibility' else ''}".replace("-", ""),
        }
        for of in analyses
        for show in SHOWN[of]
    ]
    report = {"formats": ["html", "workbook", "results"], "contents": contents}
    path = write_study(folder, study | {"analyses": analyses, "report": report})
    if north is not None:
        north.to_csv(folder / "north.csv", index=False)
    spec, repository = read(path)
    records = make_records(spec, repository, profile="final")
    appendix = compose(spec, records, numbered_artefacts(spec, records))
    return Made(spec, records, appendix, planned_lines(plan(spec, repository)))


def notes(study: Made, name: str) -> list[str]:
    """Return the footnotes of the tables of an artefact."""
    tables = [part.table for part in study.artefact(name).parts if part.table]
    return [plain(note) for table in tables for note in table.footnotes]


def alts(study: Made, name: str) -> list[str]:
    """Return the alternative texts of the drawings of an artefact."""
    return [plain(drawing.alt) for part in study.artefact(name).parts for drawing in part.drawings]


def test_where_nothing_can_be_done_no_paragraph_says_that_it_was_done(tmp_path: Path) -> None:
    study = made(tmp_path, EVERYTHING, trials=["north.yaml"])
    text = study.methods()
    for nothing in ("effect could be estimated", "search was possible", "subgroup could be peeled"):
        assert f"No {nothing}; the reasons are given in place of the results." in text
    assert "There was nothing to compare; the reasons are given" in text
    assert not any("Weights are those" in note for note in notes(study, "estimatesbytrial"))
    assert all("0 trials" not in alt for alt in alts(study, "forestbytrial"))
    assert alts(study, "subgroupforest") == []  # nothing could be drawn, as its note says


def test_an_ordinary_study_is_not_said_to_have_come_to_nothing(tmp_path: Path) -> None:
    assert (
        "the reasons are given"
        not in made(tmp_path, {key: EVERYTHING[key] for key in ("pooled", "rp", "peel")}).methods()
    )


def test_a_model_of_one_trial_has_no_variation_between_trials(tmp_path: Path) -> None:
    one = {
        "screening": SCREEN | {"minimum_trials": 1},
        "rp": SEARCH | SMALLEST,
        "peel": PEEL | SMALLEST,
    }
    text = made(tmp_path, one, trials=["north.yaml"]).methods()
    assert text.count("Where only one trial is analysed, the model includes no variation between trials.") == 3


def test_the_effect_of_one_trial_claims_no_adjustment_that_was_not_made(tmp_path: Path) -> None:
    alone = {"pooled": POOLED | {"minimum_trials": 1, "adjust_for": ["baseline", "age"]}}
    study = made(tmp_path, alone, people(1).assign(age=40), trials=["north.yaml"])
    text = study.methods()
    assert "by analysis of covariance, adjusted for the baseline value of the outcome: there is no pooling" in text
    assert "Not adjusted for age (one value in all)" in text


@pytest.mark.parametrize(("options", "wide"), [({}, True), ({"inference": "normal"}, False)])
def test_an_interval_is_called_very_wide_only_where_it_has_one_degree_of_freedom(
    tmp_path: Path, options: dict[str, Any], wide: bool
) -> None:
    study = made(tmp_path, {"pooled": POOLED | options})
    assert any("very wide" in note for note in notes(study, "estimates")) == wide


def test_effects_at_values_without_variation_between_trials_say_so(tmp_path: Path) -> None:
    study = made(tmp_path, {"screening": SCREEN})
    assert any("includes no variation between trials" in note for note in notes(study, "effectatvalues"))


def test_a_moderator_that_varies_in_one_trial_says_what_the_other_readings_rest_on(tmp_path: Path) -> None:
    study = made(tmp_path, {"screening": SCREEN}, people(1).assign(sex=1))
    assert any(
        "the naive and the across-trial readings use them as well" in note
        for note in notes(study, "interactionestimates")
    )


def test_plan_names_the_trials_that_the_policy_hides(tmp_path: Path) -> None:
    few = people(1)
    few["arm"] = [1] * 3 + [2] * (len(few) - 3)
    study = made(tmp_path, {"pooled": POOLED}, few)
    said = "too few participants of an arm to print: North (suppressed, or not pooled if it could be derived)"
    assert said in " ".join(" ".join(study.planned).split())


@pytest.mark.parametrize(("minimum", "printed"), [(5, True), (0, False)])
def test_values_are_called_unrounded_where_all_of_them_are(tmp_path: Path, minimum: int, printed: bool) -> None:
    study = made(tmp_path, {"pooled": POOLED}, policy={"minimum_cell": minimum})
    assert (
        "or the printed value where more digits would disclose results of few participants" in study.methods()
    ) == printed
    assert STUDY.get("policy") is None


def test_a_hidden_trial_tells_no_adjuster_that_has_one_value_in_it() -> None:
    lost = NotAdjusted(Value("a", None, "sex"), "constant", ())
    one = Value("a.n", 10, decimals=0)
    estimate = Estimate(*(Value(f"a.{part}", 1.5, measure="effect") for part in "abcdef"))
    first, *others = (
        TrialEstimate(Value(name, None, name), one, one, one, estimate, one, "ok", "", (lost,)) for name in ("A", "B")
    )
    suppressed, *shown = suppressed_rows((first, *others), {"A": "too few"}, 5)
    assert (suppressed.status, suppressed.not_adjusted) == ("suppressed", ())
    assert shown == others


def test_rejected_splits_explain_no_abbreviation_that_they_do_not_use(tmp_path: Path) -> None:
    study = made(tmp_path, {"rp": SEARCH | {"alpha": 1e-6}})
    assert [plain(short) for short, _ in study.artefact("rejectedsplits").abbreviations] == ["CI"]


def test_lists_in_sentences_end_with_and(tmp_path: Path) -> None:
    text = made(tmp_path, {"screening": SCREEN | {"adjust_for": ["baseline", "age", "sex"]}}).methods()
    assert "adjusted for the baseline value of the outcome, age and sex" in text
    assert "at the 10th, 50th and 90th percentiles of the participants analysed" in text
