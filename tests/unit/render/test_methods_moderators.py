"""The methods of a screening in prose: what the effects of treatment are read at."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.pipeline import read
from reportgen.records.numbers import plain
from reportgen.spec.analyses import Moderators
from reportgen.views.prose.moderators import screening_methods
from tests.analysed import analysed
from tests.screened_study import write_screened


@pytest.mark.parametrize(
    ("percentiles", "said"),
    [
        (
            [25, 75],
            "For quantities it is given at the 25th and 75th percentiles of the participants analysed, for levels one by one.",
        ),
        ([], "It is given for levels only, one by one."),
    ],
)
def test_the_values_at_which_effects_are_read(tmp_path: Path, percentiles: list[float], said: str) -> None:
    spec, repository = read(write_screened(tmp_path / "s", percentiles=percentiles, moderators=["age", "sex"]))
    node = spec.study.analyses["screening"]
    assert isinstance(node, Moderators)
    paragraphs = [plain(item) for item in screening_methods(analysed("screening", node, repository, spec.study))]
    assert any(paragraph.endswith(said) for paragraph in paragraphs)
    assert paragraphs[-1].startswith("Also given are effects that are consistent with the interaction within trials")
    assert any(
        paragraph.startswith("Each interaction was also estimated in each trial separately") for paragraph in paragraphs
    )


@pytest.mark.parametrize(
    ("reading", "told"),
    [("within", "it varies with the interaction within trials only"), ("naive", "is taken from the naive model")],
)
def test_effects_at_values_are_those_of_the_reading(tmp_path: Path, reading: str, told: str) -> None:
    spec, repository = read(write_screened(tmp_path, reading=reading))
    node = spec.study.analyses["screening"]
    assert isinstance(node, Moderators)
    record = analysed("screening", node, repository, spec.study)
    prose = " ".join(plain(paragraph) for paragraph in screening_methods(record))
    assert told in prose
    assert ("inform the interaction within trials" in prose) == (reading == "within")
    age = record.results[0].interactions[0]
    slope = age.reading.each[0].effect.value or 0.0  # per ten years
    values = [(item.value.value or 0.0, item.estimate.effect.value or 0.0) for item in age.at]
    rise = (values[-1][1] - values[0][1]) / (values[-1][0] - values[0][0]) * 10
    assert rise == pytest.approx(slope, rel=1e-6)


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("option", "choice", "said"),
    [
        ("interaction_effect", "random", "The second was tested; the p value of the first stands beside it."),
        ("interaction_effect", "common", "The first was tested; the p value of the second stands beside it."),
        ("reading", "naive", "The p values of both stand beside the reading that was tested."),
        ("adjuster_slopes", "stratified", "Each trial has slopes of its own of the adjusters and of the moderator"),
        ("residual", "by-trial", "Each trial had its own residual variance."),
        ("residual", "by-arm", "Each side of the comparison had a residual variance of its own."),
    ],
)
def test_what_varies_between_trials_is_said(tmp_path: Path, option: str, choice: str, said: str) -> None:
    spec, repository = read(write_screened(tmp_path / "s", moderators=["age"], **{option: choice}))
    node = spec.study.analyses["screening"]
    assert isinstance(node, Moderators)
    record = analysed("screening", node, repository, spec.study)
    assert said in " ".join(plain(paragraph) for paragraph in screening_methods(record))
