"""What an instrument holds suits every outcome that reads it; instruments of an event may have words of their own for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.analyses.measurements import rescaled
from reportgen.cli import run
from reportgen.spec.outcomes import Instrument, Outcome
from tests.event_study import INSTRUMENTS, OUTCOMES, write_events

COUNT: dict[str, Any] = {"kind": "count", "good": False}
BINARY: dict[str, Any] = {"kind": "binary", "good": False}
RATES: dict[str, Any] = {"harms": {"method": "events"}}
ONCE: dict[str, Any] = {"column": {"q3": "relapse"}, "codes": {0: "never", 1: "once"}}


def validated(folder: Path, outcomes: dict[str, Any], instruments: dict[str, Any], **variables: Any) -> int:
    study = {"outcomes": outcomes, "instruments": {**INSTRUMENTS, **instruments}, "analyses": RATES}
    return run(["validate", str(write_events(folder, {**study, "report": {"contents": []}}, **variables))])


@pytest.mark.parametrize(
    ("outcomes", "instruments", "word", "message"),
    [
        ({"falls": {**COUNT, "first_available": ["falls", "RMDQ"]}}, {}, "RMDQ", "as a measurement by the outcome 'RMDQ'"),
        ({"falls": {**COUNT, "first_available": ["falls", "days"]}}, {}, "days", "'days' is in days and 'falls' has no unit"),
        (
            {"attacks": {**COUNT, "first_available": ["falls", "days"]}, "falls": OUTCOMES["falls"]},
            {},
            "days",
            "'days' is an exposure and 'falls' is none",
        ),
        (
            {"RMDQ": {"first_available": ["RMDQ", "falls"], "measure": "standardised", "better": "lower"}},
            {},
            "falls",
            "'falls' is read as a measurement, and as a count by the outcome 'falls'",
        ),
        ({"disability": {**COUNT, "instrument": "RMDQ"}}, {}, "RMDQ", "'RMDQ' is read as a count, and as a measurement"),
        (
            {"any": {**BINARY, "instrument": "falls"}},
            {},
            "falls",
            "'falls' is read as an event, and as a count by the outcome 'falls'",
        ),
        ({"falls": {**COUNT, "first_available": ["falls", "ODI"]}}, {"ODI": {"range": [0, 50], "better": "lower"}}, "ODI", "as a score has"),
        ({"odi": {**COUNT, "instrument": "ODI"}}, {"ODI": {"items": 10, "better": "lower"}}, "ODI", "'ODI' is a score of 10 items"),
        ({"odi": {**COUNT, "instrument": "ODI"}}, {"ODI": {"range": [-5, 5]}}, "ODI", "no count is below 0"),
        ({"odi": {**BINARY, "instrument": "ODI"}}, {"ODI": {"range": [0, 50]}}, "ODI", "'ODI' has a range of 0 to 50"),
        ({"odi": {**BINARY, "instrument": "ODI"}}, {"ODI": {"unit": "mm"}}, "ODI", "'ODI' is measured in mm"),
    ],
)  # fmt: skip
def test_an_instrument_that_holds_something_else_is_an_error_with_its_place(
    outcomes: dict[str, Any],
    instruments: dict[str, Any],
    word: str,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert validated(tmp_path, {**OUTCOMES, **outcomes}, instruments) == 2
    said = capsys.readouterr().err
    place, _, rest = next(
        item for item in said.partition("study.yaml:")[2].split("study.yaml:") if message in item
    ).partition(": ")
    line, column = (int(part) for part in place.split(":"))
    assert (tmp_path / "study.yaml").read_text(encoding="utf-8").splitlines()[line - 1][column - 1 :] == word
    assert "\n  " in rest  # how to fix it


@pytest.mark.parametrize(
    ("outcomes", "instruments"),
    [
        (
            {"stay": {"instrument": "days"}},
            {"days": {"unit": "days", "better": "lower"}},
        ),  # an outcome, and the time at risk of another
        ({"falls": {**OUTCOMES["falls"], "first_available": ["falls", "slips"]}}, {"slips": {"range": [0, 50]}}),
        ({"bad days": {**COUNT, "instrument": "days"}}, {}),
        ({"again": {**BINARY, "instrument": "again"}}, {"again": {"range": [0, 1]}}),
        ({"relapse as a risk": {**OUTCOMES["relapse"], "instrument": "relapse", "measure": "risk ratio"}}, {}),
    ],
)
def test_a_sound_study_is_not_refused(outcomes: dict[str, Any], instruments: dict[str, Any], tmp_path: Path) -> None:
    columns = {"slips": {"column": {"q3": "falls"}}, "again": {"column": {"q3": "relapse"}}}
    used = {name: rule for name, rule in columns.items() if name in instruments}
    assert validated(tmp_path, {**OUTCOMES, **outcomes}, instruments, **used) == 0


RELAPSE: dict[str, Any] = {**BINARY, "first_available": ["relapse", "r2"]}


def test_each_instrument_may_have_its_own_words_for_the_event(tmp_path: Path) -> None:
    outcomes = {**OUTCOMES, "relapse": {**RELAPSE, "event": ["yes", "once"]}}
    assert validated(tmp_path, outcomes, {"r2": {"levels": ["never", "once"]}}, r2=ONCE) == 0
    outcome = Outcome.model_validate(outcomes["relapse"])
    for levels in (("no", "yes"), ("never", "once"), ("once", "twice", "never")):
        found = rescaled(np.array([0.0, 1.0, np.nan]), Instrument(levels=levels), outcome)
        assert found[:2].tolist() == [float(level in ("yes", "once")) for level in levels[:2]]


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("yes", "no level of 'r2' is the event"),
        (["yes", "onec"], "there is no level 'onec'\n"),
        (["yes", "once", "never"], "every level of 'r2' is the event"),
    ],
)
def test_each_instrument_has_the_event_and_each_level_an_instrument(
    event: Any, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = {**OUTCOMES, "relapse": {**RELAPSE, "event": event}}
    assert validated(tmp_path, outcomes, {"r2": {"levels": ["never", "once"]}}, r2=ONCE) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("study.yaml:") == 1
