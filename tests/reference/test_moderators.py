"""The three readings of an interaction against lme4 with lmerTest and pbkrtest, and lm (moderators.R, moderators.json)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reportgen.stats import Effect, Levels, ModeratorFit, Reading, screen_moderator

HERE = Path(__file__).parent
VALUES = json.loads((HERE / "moderators.json").read_text())["values"]
# In brackets the largest difference measured; the optimiser of lme4 is followed as far as it goes (moderators.R).
ESTIMATES = 1e-7  # of the standard error (4e-9)
SMALL_SAMPLE = 1e-6  # relative: standard errors, df and F (3e-8)


def screened(entry: dict, df_floor: str = "none") -> ModeratorFit:
    d = pd.read_csv(HERE / "data" / f"{entry['data']}.csv")
    quantity = entry["moderator"] == "z"
    moderator = d["z"] if quantity else Levels(d["g"].map({"a": 0, "b": 1, "c": 2}), ("a", "b", "c"))
    return screen_moderator(
        d["y"], d["t"], d["trial"], moderator, adjusters=d[entry["adjusters"]].to_numpy(), df_floor=df_floor
    )


def agree(ours: Effect, theirs: dict) -> None:
    se = theirs["std_error"]
    assert ours.estimate == pytest.approx(theirs["estimate"], abs=ESTIMATES * se)
    assert ours.std_error == pytest.approx(se, rel=SMALL_SAMPLE)
    assert ours.df_raw == pytest.approx(theirs["df"], rel=SMALL_SAMPLE)


def read_alike(ours: Reading, theirs: dict) -> None:
    assert ours.estimated
    assert len(ours.each) == len(theirs["each"])
    for mine, other in zip(ours.each, theirs["each"], strict=True):
        agree(mine, other)
    assert (ours.joint is None) == ("joint" not in theirs or not theirs["joint"])
    if ours.joint:
        assert ours.joint.statistic == pytest.approx(theirs["joint"]["statistic"], rel=SMALL_SAMPLE)
        assert ours.joint.df_num == theirs["joint"]["df_num"]
        assert ours.joint.df_den == pytest.approx(theirs["joint"]["df_den"], rel=SMALL_SAMPLE)


@pytest.mark.parametrize("entry", VALUES, ids=lambda e: f"{e['data']}-{e['moderator']}-{'+'.join(e['adjusters'])}")
def test_readings_agree_with_r(entry: dict) -> None:
    fit = screened(entry)
    read_alike(fit.naive, entry["naive"])
    read_alike(fit.within, entry["within"])
    assert fit.separate == ("across" not in entry)
    if fit.separate:
        assert not fit.across.estimated
        assert "trials, and the across reading needs" in fit.across.reason
    else:
        read_alike(fit.across, entry["across"])


def test_the_effect_in_a_level_agrees_with_r() -> None:
    compared = 0
    for entry in VALUES:
        if "at" in entry and entry["moderator"] == "g":
            agree(screened(entry).at[1], entry["at"]["each"][0])
            compared += 1
    assert compared == 3


def test_the_effect_at_a_value_lies_on_the_line_through_that_of_r() -> None:
    """R reads the effect at 0.5; ours are percentiles, and effects are linear in the value."""
    for entry in VALUES:
        if "at" in entry and entry["moderator"] == "z":
            d = pd.read_csv(HERE / "data" / f"{entry['data']}.csv")
            fit = screen_moderator(
                d["y"], d["t"], d["trial"], d["z"], adjusters=d[entry["adjusters"]].to_numpy(), percentiles=(10, 90)
            )
            theirs = entry["at"]["each"][0]
            line = np.interp(0.5, fit.at_values, [float(effect.estimate) for effect in fit.at])
            assert fit.at_values[0] < 0.5 < fit.at_values[1]
            assert line == pytest.approx(theirs["estimate"], abs=ESTIMATES * theirs["std_error"])
