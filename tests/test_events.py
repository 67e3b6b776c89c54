"""Outcomes that are events: whole studies from the study file to the page, and what is refused before anything is read."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from ruamel.yaml import YAML

from reportgen.analyses.methods import planned_analyses
from reportgen.analyses.pooled_fits import TwoStageFit, predicted
from reportgen.analyses.repository_records import ledger_record
from reportgen.cli import run
from reportgen.errors import SpecError
from reportgen.pipeline import read
from reportgen.records.events import EventTable
from reportgen.records.model import MetaAnalysis, PooledEffect
from reportgen.records.numbers import plain
from reportgen.spec.analyses import MetaAnalysis as MetaAnalysisNode
from reportgen.spec.load import examine_study
from reportgen.spec.lock import locked
from reportgen.stats import (
    Effect,
    fit_one_step_glmm,
    interaction_by_trial_glm,
    number_needed_to_treat,
    pool_control_risk,
    risk_difference,
    screen_moderator_glmm,
)
from tests.analysed import analysed
from tests.event_study import ANALYSES, CONTENTS, INSTRUMENTS, OUTCOMES, TRIALS, write_events
from tests.page_numbers import pages_of
from tests.study_files import STUDY, write_yaml

NOTHING_SMALL = {"policy": {"minimum_cell": 0}}


def record_of(path: Path, name: str = "pooled") -> Any:
    spec, repository = read(path)
    return analysed(name, spec.study.analyses[name], repository, spec.study)


def effects(path: Path, name: str = "pooled") -> dict[str, PooledEffect]:
    record: MetaAnalysis = record_of(path, name)
    return {effect.outcome: effect for effect in record.results}


def table_of(folder: Path) -> pd.DataFrame:
    return pd.concat([pd.read_csv(folder / f"{name.lower()}.csv").assign(trial=name) for name in TRIALS])


def test_pooled_ratios_are_those_of_one_model_of_all_people(tmp_path: Path) -> None:
    path = write_events(tmp_path / "s", NOTHING_SMALL)
    found, table = effects(path), table_of(tmp_path / "s")
    treated = (table["arm"] == 1).astype(int)
    for outcome, link, exposure in (("relapse", "logit", None), ("falls", "log", table["days"])):
        fit = fit_one_step_glmm(
            table[outcome], treated, table["trial"], link=link, exposure=exposure, adjusters=table["age"]
        )
        effect = found[outcome]
        assert effect.estimate.effect.value == pytest.approx(float(fit.effect.estimate), abs=1e-10)
        assert float(effect.estimate.effect.text) == pytest.approx(np.exp(float(fit.effect.estimate)), abs=0.005)
        assert effect.heterogeneity.tau2.value == pytest.approx(fit.tau2, abs=1e-10)
        risk = pool_control_risk(table[outcome], treated, table["trial"], link=link, exposure=exposure)
        theta = float(fit.effect.estimate)
        ends = (theta, *(float(end) for end in fit.effect.interval()))
        difference, low, high = (risk_difference(risk.value, end, link) for end in ends)
        assert effect.absolute is not None
        assert effect.absolute.control.value == pytest.approx(1000 * risk.value, rel=1e-9)
        assert effect.absolute.difference.value == pytest.approx(1000 * difference, rel=1e-9)
        if outcome == "relapse":
            needed = number_needed_to_treat(difference, low, high)
            assert effect.absolute.needed is not None
            assert effect.absolute.needed.value == pytest.approx(abs(needed.number), rel=1e-9)
            assert effect.absolute.benefits[0] == (needed.number < 0)


def test_the_ratio_of_a_trial_by_itself_is_that_of_an_ordinary_regression(tmp_path: Path) -> None:
    path = write_events(tmp_path / "s", NOTHING_SMALL)
    found = effects(path)
    for row in found["relapse"].by_trial:
        table = pd.read_csv(tmp_path / "s" / f"{row.trial.text.lower()}.csv")
        design = sm.add_constant(np.column_stack([(table["arm"] == 1).astype(float), table["age"]]))
        fit = sm.Logit(table["relapse"], design).fit(disp=0)
        assert row.estimate.effect.value == pytest.approx(np.asarray(fit.params)[1], abs=1e-7)
        assert row.events is not None
        assert row.events.control.value == table.loc[table["arm"] == 2, "relapse"].sum()
    for row in found["falls"].by_trial:
        table = pd.read_csv(tmp_path / "s" / f"{row.trial.text.lower()}.csv")
        design = sm.add_constant(np.column_stack([(table["arm"] == 1).astype(float), table["age"]]))
        count = sm.Poisson(table["falls"], design, exposure=table["days"]).fit(disp=0)
        assert row.estimate.effect.value == pytest.approx(np.asarray(count.params)[1], abs=1e-7)
        assert row.events is not None and row.events.exposure_control is not None
        assert row.events.exposure_control.value == table.loc[table["arm"] == 2, "days"].sum()


def test_the_lock_of_a_study_of_events_is_the_same_study_when_it_is_read(tmp_path: Path) -> None:
    path = write_events(tmp_path / "s")
    spec, _ = read(path)
    content = YAML(typ="safe").load(locked(spec))
    write_yaml(path, {key: value for key, value in content.items() if key != "mappings"})
    assert read(path)[0].study == spec.study


def test_the_dispersion_of_counts_is_told_and_widens_the_interval_where_that_is_asked_for(tmp_path: Path) -> None:
    node = {**ANALYSES["pooled"], "outcomes": "falls", "adjust_for": [], "treatment_effect": "common"}
    found = []
    for dispersion in ("poisson", "quasi"):
        study = {
            "analyses": {"pooled": {**node, "dispersion": dispersion}},
            "report": {"contents": []},
            **NOTHING_SMALL,
        }
        path = write_events(tmp_path / dispersion, study)
        for name in TRIALS:  # each fall counts twice: twice the mean, four times the variance
            table = pd.read_csv(path.parent / f"{name.lower()}.csv")
            table["falls"] *= 2
            table.to_csv(path.parent / f"{name.lower()}.csv", index=False)
        found.append(effects(path)["falls"])
    plain_, quasi = found
    assert plain_.dispersion is not None and quasi.dispersion is not None
    phi = plain_.dispersion.value or 0.0
    assert 1.6 < phi < 2.4 and quasi.dispersion.value == pytest.approx(phi)
    assert quasi.estimate.effect.value == pytest.approx(plain_.estimate.effect.value, abs=1e-8)
    assert quasi.estimate.std_error.value == pytest.approx(
        np.sqrt(phi) * (plain_.estimate.std_error.value or 0.0), rel=1e-6
    )
    assert quasi.criterion.value is None and "no likelihood" in quasi.criterion.reason


def test_what_is_good_turns_the_side_that_favours_and_not_the_ratio(tmp_path: Path) -> None:
    bad = effects(write_events(tmp_path / "bad"))["relapse"]
    outcomes = {**OUTCOMES, "relapse": {**OUTCOMES["relapse"], "good": True}}
    good = effects(write_events(tmp_path / "good", {"outcomes": outcomes}))["relapse"]
    assert bad.estimate.effect.value == good.estimate.effect.value
    assert (bad.scale.favours, good.scale.favours) == ("lower", "higher")
    assert bad.absolute is not None and good.absolute is not None
    assert bad.absolute.benefits[0] is not good.absolute.benefits[0]


def test_the_other_level_as_the_event_turns_the_sign(tmp_path: Path) -> None:
    outcomes = {**OUTCOMES, "relapse": {**OUTCOMES["relapse"], "event": "no"}}
    other = effects(write_events(tmp_path / "no", {"outcomes": outcomes}))["relapse"]
    same = effects(write_events(tmp_path / "yes"))["relapse"]
    assert other.estimate.effect.value == pytest.approx(-(same.estimate.effect.value or 0), abs=1e-8)


def test_several_levels_are_one_event_and_numbers_are_cut_into_levels(tmp_path: Path) -> None:
    levels = {"name": "Pain", "levels": ["mild", "moderate", "severe"]}
    study = {
        "instruments": {**INSTRUMENTS, "pain": levels},
        "outcomes": {**OUTCOMES, "pain": {"kind": "binary", "event": ["moderate", "severe"], "good": False}},
        "analyses": {"pooled": {"method": "meta-analysis", "outcomes": "pain", "adjust_for": []}},
        "report": {"contents": []},
    }
    cut = {"mild": "below 8", "moderate": "8 to 12", "severe": "above 12"}
    path = write_events(tmp_path / "s", study, pain={"column": {"q3": "rm_q3"}, "cut": cut})
    effect, table = effects(path)["pain"], table_of(tmp_path / "s")
    assert effect.events is not None
    assert effect.events.control.value == ((table["arm"] == 2) & (table["rm_q3"] >= 8)).sum()


def test_a_trial_in_which_nobody_has_the_event_is_left_out_with_the_reason_and_counted_in_the_table_of_events(
    tmp_path: Path,
) -> None:
    path = write_events(tmp_path / "s", NOTHING_SMALL)
    table = pd.read_csv(tmp_path / "s" / "east.csv").assign(relapse=0)
    table.to_csv(tmp_path / "s" / "east.csv", index=False)
    effect = effects(path)["relapse"]
    assert [row.trial.text for row in effect.by_trial] == ["North", "South"]
    (lost,) = [item for item in effect.excluded if item.trial.text == "East"]
    assert lost.exclusion is not None and "nobody had the event" in lost.exclusion.words
    counted: EventTable = record_of(path, "harms")
    relapse = next(item for item in counted.results if item.outcome == "relapse")
    assert [row.trial.text for row in relapse.rows] == list(TRIALS)
    assert [row.events.control.value for row in relapse.rows][-1] == 0


def test_a_trial_with_one_arm_without_events_enters_the_one_step_model_alone(tmp_path: Path) -> None:
    path = write_events(tmp_path / "s", NOTHING_SMALL)
    table = pd.read_csv(tmp_path / "s" / "east.csv")
    table.loc[table["arm"] == 1, "relapse"] = 0
    table.to_csv(tmp_path / "s" / "east.csv", index=False)
    effect = effects(path)["relapse"]
    east = effect.by_trial[-1]
    assert (east.estimate.effect.value, east.reason) == (None, "nobody in the intervention arm has the event")
    assert [row.trial.text for row in effect.one_step_only] == ["East"]
    assert effect.trials.value == 3 and effect.estimate.effect.value is not None


def test_an_arm_without_any_event_gives_a_reason_and_no_number(tmp_path: Path) -> None:
    path = write_events(tmp_path / "s", NOTHING_SMALL)
    for name in TRIALS:
        table = pd.read_csv(tmp_path / "s" / f"{name.lower()}.csv")
        table.loc[table["arm"] == 1, "relapse"] = 0
        table.to_csv(tmp_path / "s" / f"{name.lower()}.csv", index=False)
    effect = effects(path)["relapse"]
    assert effect.estimate.effect.value is None and effect.absolute is None
    assert "no finite estimate" in effect.reason


def test_an_adjuster_that_separates_is_called_as_in_the_study_file(tmp_path: Path) -> None:
    analyses = {"pooled": {"method": "meta-analysis", "outcomes": "relapse", "adjust_for": ["sex"]}}
    path = write_events(tmp_path / "s", {"analyses": analyses, "report": {"contents": []}, **NOTHING_SMALL})
    for name in TRIALS:
        table = pd.read_csv(tmp_path / "s" / f"{name.lower()}.csv")
        table["sex"] = table["relapse"] + 1
        table.to_csv(tmp_path / "s" / f"{name.lower()}.csv", index=False)
    effect = effects(path)["relapse"]
    assert effect.estimate.effect.value is None
    assert "sex" in effect.reason.lower() and "adjuster[" not in effect.reason


def test_events_of_few_people_are_not_told_nor_left_to_be_worked_out(tmp_path: Path) -> None:
    path = write_events(tmp_path / "s", {"analyses": {"pooled": ANALYSES["pooled"]}, "report": {"contents": []}})
    table = pd.read_csv(tmp_path / "s" / "east.csv")
    table["relapse"] = 0
    table.loc[[0, 2, 5], "relapse"] = 1  # two in the intervention arm, one in the control arm
    table.to_csv(tmp_path / "s" / "east.csv", index=False)
    effect = effects(path)["relapse"]
    assert effect.estimate.effect.value is not None and effect.trials.value == 3  # it stays in the pooled effect
    suppressed = [row.trial.text for row in effect.by_trial if row.status == "suppressed"]
    assert "East" in suppressed and len(suppressed) > 1
    assert all(row.events is None for row in effect.by_trial if row.status == "suppressed")
    assert effect.heterogeneity.tau2.value is None and effect.absolute is not None
    assert effect.absolute.control.value is None
    told = float(np.exp(effect.estimate.effect.value))
    assert round(told, 2) == pytest.approx(told, abs=1e-12)  # the printed digits alone


def test_of_two_outcomes_with_the_same_events_only_the_first_tells_them(tmp_path: Path) -> None:
    outcomes = {**OUTCOMES, "again": {**OUTCOMES["relapse"], "instrument": "relapse", "measure": "risk difference"}}
    nodes = {"pooled": {"method": "meta-analysis", "outcomes": ["relapse", "again"], "adjust_for": []}}
    path = write_events(tmp_path / "s", {"outcomes": outcomes, "analyses": nodes, "report": {"contents": []}})
    found = effects(path)
    assert all(row.events is not None for row in found["relapse"].by_trial)
    assert all(row.events is None for row in found["again"].by_trial)


def test_only_the_first_analysis_tells_events_of_nearly_the_same_people(tmp_path: Path) -> None:
    path = write_events(tmp_path / "s")
    assert all(row.events is None for row in effects(path)["relapse"].by_trial)
    counted: EventTable = record_of(path, "harms")
    assert not any(row.suppressed for item in counted.results for row in item.rows)
    free = write_events(tmp_path / "free", NOTHING_SMALL)
    assert all(row.events is not None for row in effects(free)["relapse"].by_trial)


def test_beside_an_analysis_that_tells_events_no_trial_is_told_where_one_must_not_be(tmp_path: Path) -> None:
    analyses = {name: ANALYSES[name] for name in ("harms", "pooled")}
    path = write_events(tmp_path / "s", {"analyses": analyses, "report": {"contents": []}})
    table = pd.read_csv(tmp_path / "s" / "east.csv")
    table["relapse"] = 0
    table.loc[[0, 2, 5], "relapse"] = 1
    table.to_csv(tmp_path / "s" / "east.csv", index=False)
    found = effects(path)
    assert {row.status for row in found["relapse"].by_trial} == {"suppressed"}
    assert {row.status for row in found["falls"].by_trial} == {"ok"}
    counted: EventTable = record_of(path, "harms")
    relapse = next(item for item in counted.results if item.outcome == "relapse")
    assert sum(row.suppressed for row in relapse.rows) > 1 and not all(row.suppressed for row in relapse.rows)


def test_differences_in_risk_have_the_intervals_of_newcombe(tmp_path: Path) -> None:
    counted: EventTable = record_of(write_events(tmp_path / "s"), "harms")
    row = next(item for item in counted.results if item.outcome == "relapse").rows[0]
    e0, n0, e1, n1 = (
        int(number.value or 0)
        for number in (row.events.control, row.n_control, row.events.intervention, row.n_intervention)
    )
    low, high = newcombe(e1, n1, e0, n0)
    assert row.difference.value == pytest.approx(100 * (e1 / n1 - e0 / n0))
    assert (row.low.value, row.high.value) == pytest.approx((100 * low, 100 * high), abs=1e-8)


def newcombe(e1: int, n1: int, e2: int, n2: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Method 10 of Newcombe (1998), from Wilson's limits of either proportion."""

    def wilson(e: int, n: int) -> tuple[float, float]:
        half = z * np.sqrt(e * (n - e) / n + z * z / 4)
        return (e + z * z / 2 - half) / (n + z * z), (e + z * z / 2 + half) / (n + z * z)

    (l1, u1), (l2, u2), p1, p2 = wilson(e1, n1), wilson(e2, n2), e1 / n1, e2 / n2
    return p1 - p2 - np.hypot(p1 - l1, u2 - p2), p1 - p2 + np.hypot(u1 - p1, p2 - l2)


SCREENING: dict[str, Any] = {
    "method": "moderators",
    "outcomes": ["relapse", "falls"],
    "moderators": ["age", "sex"],
    "adjust_for": [],
}


@pytest.mark.slow
def test_interactions_are_those_of_one_model_of_all_people_and_say_where_the_benefit_is_larger(tmp_path: Path) -> None:
    study = {"analyses": {"screening": SCREENING}, "report": {"contents": []}, **NOTHING_SMALL}
    path = write_events(tmp_path / "s", study)
    record, table = record_of(path, "screening"), table_of(tmp_path / "s")
    treated = (table["arm"] == 1).astype(int)
    for screen, link, exposure in zip(record.results, ("logit", "log"), (None, table["days"]), strict=True):
        fit = screen_moderator_glmm(
            table[screen.outcome],
            treated,
            table["trial"],
            table["age"].astype(float),
            link=link,
            exposure=exposure,
            per=10.0,
            interaction_effect="random",
        )
        age = next(item for item in screen.interactions if item.moderator == "age")
        slope = float(fit.within.each[0].estimate)
        assert age.within.each[0].effect.value == pytest.approx(slope, abs=1e-9)
        assert age.within.p.value == pytest.approx(fit.within.p_value, abs=1e-9)
        assert f"at {'higher' if slope < 0 else 'lower'} values" in plain(age.found)  # a lower ratio is the benefit
        (contrast,) = age.by_trial
        own = interaction_by_trial_glm(
            table[screen.outcome],
            treated,
            table["trial"],
            table["age"].astype(float),
            link=link,
            exposure=exposure,
            per=10.0,
        )
        for row, estimate in zip(
            contrast.trials, own.contrasts[0].estimate[np.argsort(np.argsort(TRIALS))], strict=True
        ):
            assert row.estimate.effect.value == pytest.approx(float(estimate), abs=1e-9)
        assert screen.flips is None  # draws are asked for by a study that is settled
        assert age.level_effects is not None
        assert len(age.level_effects.each) == len(age.at)


def test_levels_in_which_few_have_the_event_have_no_interaction_that_is_told(tmp_path: Path) -> None:
    screening = {**SCREENING, "outcomes": "relapse", "moderators": ["sex"]}
    path = write_events(tmp_path / "s", {"analyses": {"screening": screening}, "report": {"contents": []}})
    for name in TRIALS:
        table = pd.read_csv(tmp_path / "s" / f"{name.lower()}.csv")
        women = table["sex"] == 2
        table.loc[women & (table["arm"] == 1), "relapse"] = 0
        table.loc[table.index[women & (table["arm"] == 1)][:1], "relapse"] = 1  # three women of the intervention arms
        table.to_csv(tmp_path / "s" / f"{name.lower()}.csv", index=False)
    (screen,) = record_of(path, "screening").results
    (sex,) = screen.interactions
    assert sex.within.each[0].effect.value is None and sex.tier == "not estimable"


@pytest.mark.slow
def test_a_whole_study_of_events_is_built_and_its_pages_say_ratios_and_never_baseline_or_change(tmp_path: Path) -> None:
    only = {name: OUTCOMES[name] for name in ("relapse", "falls")}
    analyses = {"screening": SCREENING, **{name: ANALYSES[name] for name in ("harms", "pooled")}}
    screened = [
        {"series": "Fig.", "show": "interaction-forest", "of": "screening"},
        {"series": "Table", "show": "interaction-estimates", "of": "screening"},
        {"series": "Table", "show": "effect-at-values", "of": "screening"},
        {"series": "Fig.", "show": "effect-at-values-forest", "of": "screening"},
        {"series": "Table", "show": "credibility", "of": "screening"},
        {"series": "Fig.", "show": "interaction-by-trial", "of": "screening"},
    ]
    report = {"formats": ["html", "workbook", "results"], "contents": [*CONTENTS, *screened]}
    study = {"outcomes": only, "analyses": analyses, "report": report, **NOTHING_SMALL}
    path = write_events(tmp_path / "s", study)
    assert run(["validate", str(path)]) == 0
    assert run(["build", str(path), "--output", str(tmp_path / "out"), "-j", "1", "--no-store"]) == 0
    page = re.sub(r"<(style|script).*?</\1>", " ", pages_of(tmp_path / "out"), flags=re.DOTALL)
    words = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))
    for said in (
        "Odds ratios below one favour the intervention",
        "rate ratios below one favour the intervention",
        "logistic mixed model",
        "Poisson mixed model",
        "log scale",
        "Newcombe",
        "NNTB",
    ):
        assert said in words, said
    for never in (
        "change from baseline",
        "analysis of covariance",
        "Kenward",
        "at follow-up ",
        "None",
        "nan,",
        " nan ",
    ):
        assert never not in words, never


def problems(path: Path) -> str:
    return "\n".join(str(problem) for problem in examine_study(path).problems)


RELAPSE = OUTCOMES["relapse"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("study", "said"),
    [
        ({"outcomes": {"relapse": {**RELAPSE, "event": "maybe"}}}, "there is no level 'maybe'"),
        ({"outcomes": {"relapse": {"kind": "binary", "good": False}}}, "which level of 'relapse' is the event?"),
        ({"outcomes": {"relapse": {**RELAPSE, "event": ["no", "yes"]}}}, "everybody has it"),
        ({"outcomes": {"relapse": {"kind": "binary", "event": "yes"}}}, "does not say whether its event is good"),
        ({"outcomes": {"relapse": {**RELAPSE, "analyse": "change"}}}, "has no change since baseline"),
        ({"outcomes": {"relapse": {**RELAPSE, "better": "lower"}}}, "`better` does not apply to a binary outcome"),
        ({"outcomes": {"relapse": {**RELAPSE, "measure": "rate ratio"}}}, "no measure of a binary outcome"),
        ({"outcomes": {"RMDQ": {"measure": "odds ratio"}}}, "no measure of a continuous outcome"),
        ({"outcomes": {"RMDQ": {"measure": "risk ratio"}}}, "no measure of a continuous outcome"),
        ({"outcomes": {"falls": {**OUTCOMES["falls"], "measure": "risk difference"}}}, "no measure of a count outcome"),
        (
            {"outcomes": {"relapse": {**RELAPSE, "measure": "risk ratio"}}, "analyses": {"a": {"method": "meta-analysis", "outcomes": "relapse", "inference": "normal"}}},
            "`inference: normal` does not apply to 'relapse': each risk ratio is pooled in two stages",
        ),
        (
            {"outcomes": {"relapse": {**RELAPSE, "measure": "risk difference"}}, "report": {"contents": [{"series": "Fig.", "show": "forest", "of": "pooled", "outcome": "relapse", "limits": [0.5, 2]}]}},
            "no effect, 0, does not",
        ),
        (
            {"instruments": {**INSTRUMENTS, "falls": {"name": "Falls", "better": "higher"}}},
            "`good: false` says that the event is not good, and `better: higher` of 'falls' the opposite",
        ),
        ({"outcomes": {"RMDQ": {"event": "yes"}}}, "`event` does not apply to a continuous outcome"),
        ({"outcomes": {"RMDQ": {"exposure": "days"}}}, "`exposure` does not apply to a continuous outcome"),
        ({"outcomes": {"relapse": {}}}, "'relapse' has levels, but the outcome is continuous"),
        ({"outcomes": {"relapse": {"kind": "count", "good": False}}}, "'relapse' has levels, but the outcome is a count"),
        ({"outcomes": {"falls": {**OUTCOMES["falls"], "exposure": "weeks"}}}, "there is no instrument 'weeks'"),
        ({"outcomes": {"falls": {**OUTCOMES["falls"], "exposure": "relapse"}}}, "an exposure is a number"),
        ({"instruments": {**INSTRUMENTS, "VAS": {"range": [0, 10]}}}, "'VAS' does not say which values are better"),
        ({"instruments": {**INSTRUMENTS, "relapse": {"levels": ["no"]}}}, "needs at least two levels"),
        ({"analyses": {"a": {"method": "directed-peeling", "moderators": ["age"], "objective": "effect"}}}, "`objective: effect` does not apply"),
        ({"analyses": {"a": {**SCREENING, "residual": "by-arm"}}}, "`residual: by-arm` does not apply"),
        ({"analyses": {"a": {"method": "meta-analysis", "intercept": "random"}}}, "`intercept: random` does not apply"),
        ({"analyses": {"a": {"method": "meta-analysis", "adjust_for": ["baseline relapse"]}}}, "has no baseline value"),
        ({"analyses": {"a": {"method": "events", "outcomes": "RMDQ"}}}, "'RMDQ' is continuous and no event"),
        ({"report": {"contents": [{"series": "Fig.", "show": "forest", "of": "pooled", "limits": [-1, 1]}]}}, "begins above 0"),
        ({"report": {"contents": [{"series": "Fig.", "show": "forest", "of": "change", "limits": [1, 2]}]}}, "no effect, 0, does not"),
        ({"report": {"contents": [{"series": "Fig.", "show": "forest", "of": "change", "limits": [0, 2]}]}}, "no effect, 0, does not"),
        (
            {"analyses": {"a": {"method": "meta-analysis"}}, "report": {"contents": [{"series": "Fig.", "show": "forest", "of": "a", "limits": [0.5, 2]}]}},
            "cannot be those of differences and of ratios",
        ),
        ({"report": {"contents": [{"series": "Table", "show": "absolute-effects", "of": "change"}]}}, "is an event"),
        (
            {"report": {"contents": [{"series": "Fig.", "show": "forest", "of": "change", "columns": {"left": ["events"]}}]}},
            "no outcome that is shown has `events`",
        ),
    ],
)  # fmt: skip
def test_a_study_file_that_cannot_be_meant_is_refused_with_its_place(
    tmp_path: Path, study: dict[str, Any], said: str
) -> None:
    outcomes = study.get("outcomes")
    if outcomes:  # the analyses name all outcomes of the study
        study = {**study, "outcomes": {**OUTCOMES, **outcomes}}
    if "analyses" in study and "report" not in study:
        study = {**study, "report": {"contents": []}}
    path = write_events(tmp_path / "s", study)
    found = examine_study(path).problems
    assert said in problems(path)
    assert all(problem.origin for problem in found if said in str(problem))


@pytest.mark.parametrize(
    ("column", "row", "value", "said"),
    [
        ("relapse", 3, 2, "unknown code"),
        ("falls", 4, -1, "no number of events"),
        ("falls", 5, 1.5, "no number of events"),
        ("days", 6, 0, "no exposure"),
    ],
)
def test_a_file_with_what_is_no_event_is_refused_with_its_row(
    tmp_path: Path, column: str, row: int, value: float, said: str
) -> None:
    path = write_events(tmp_path / "s")
    table = pd.read_csv(tmp_path / "s" / "north.csv").astype({column: float})
    table.loc[row, column] = value
    table.to_csv(tmp_path / "s" / "north.csv", index=False)
    with pytest.raises(SpecError) as caught:
        read(path)
    assert said in str(caught.value) and f"row {row + 2}" in str(caught.value)


def test_numbers_that_are_neither_event_nor_none_are_refused(tmp_path: Path) -> None:
    study = {
        "instruments": {**INSTRUMENTS, "relapse": {"name": "Relapse"}},
        "outcomes": {**OUTCOMES, "relapse": {"kind": "binary", "good": False}},
    }
    path = write_events(tmp_path / "s", study, relapse={"column": {"q3": "relapse"}})
    assert effects(path)["relapse"].estimate.effect.value is not None
    table = pd.read_csv(tmp_path / "s" / "north.csv")
    table.loc[7, "relapse"] = 2
    table.to_csv(tmp_path / "s" / "north.csv", index=False)
    with pytest.raises(SpecError, match="neither 0 nor 1"):
        read(path)


def test_an_event_at_baseline_is_refused(tmp_path: Path) -> None:
    columns = {"b": "sex", "q3": "relapse"}
    path = write_events(tmp_path / "s", relapse={"column": columns, "codes": {0: "no", 1: "yes", 2: "no"}})
    with pytest.raises(SpecError, match="with the event at baseline"):
        read(path)


def test_a_person_without_exposure_is_left_out_and_counted(tmp_path: Path) -> None:
    path = write_events(tmp_path / "s", NOTHING_SMALL)
    table = pd.read_csv(tmp_path / "s" / "north.csv").astype({"days": object})
    table.loc[[1, 2], "days"] = ""
    table.to_csv(tmp_path / "s" / "north.csv", index=False)
    effect = effects(path)["falls"]
    assert [(plain(item.reason), item.n.value) for item in effect.excluded] == [("no exposure at follow-up", 2)]


def test_published_effects_of_events_are_refused(tmp_path: Path) -> None:
    path = write_events(tmp_path / "s")
    effect = {
        "outcome": "relapse",
        "follow_up": "short",
        "intervention": "exercise",
        "control": "usual care",
        "effect": "0.6",
    }
    north = path.parent / "north.yaml"
    north.write_text(
        north.read_text() + f"published: {{n: 240, source: North 1998, effects: [{effect}]}}\n".replace("'", '"')
    )
    with pytest.raises(SpecError, match="published effects"):
        read(path)


def test_neither_the_ledger_nor_a_trial_that_tells_nothing_gives_few_events_away(tmp_path: Path) -> None:
    analyses = {"harms": {"method": "events", "outcomes": "relapse"}}
    path = write_events(tmp_path / "s", {"analyses": analyses, "report": {"contents": []}})
    east, south = (pd.read_csv(tmp_path / "s" / f"{name}.csv") for name in ("east", "south"))
    east["relapse"] = 0
    east.loc[[0, 2, 5], "relapse"] = 1
    south["relapse"] = 1  # everybody: no cover for the east
    for name, table in (("east", east), ("south", south)):
        table.to_csv(tmp_path / "s" / f"{name}.csv", index=False)
    counted: EventTable = record_of(path, "harms")
    (relapse,) = counted.results
    hidden = {row.trial.text for row in relapse.rows if row.suppressed}
    assert hidden == {"North", "East"}
    spec, repository = read(path)
    lines = [row for row in ledger_record(repository, spec.study).rows if row.variable.words == "relapse"]
    assert lines and all(row.count.value is None and "<" not in row.count.words for row in lines)


def test_counts_are_few_where_few_people_have_any(tmp_path: Path) -> None:
    analyses = {"harms": {"method": "events", "outcomes": "falls"}}
    path = write_events(tmp_path / "s", {"analyses": analyses, "report": {"contents": []}})
    east = pd.read_csv(tmp_path / "s" / "east.csv")
    east.loc[east["arm"] == 1, "falls"] = 0
    east.loc[0 if east.loc[0, "arm"] == 1 else 1, "falls"] = 7  # seven falls of one person
    east.to_csv(tmp_path / "s" / "east.csv", index=False)
    counted: EventTable = record_of(path, "harms")
    assert "East" in {row.trial.text for row in counted.results[0].rows if row.suppressed}


def test_a_moderator_that_is_constant_in_each_trial_costs_no_other_one(tmp_path: Path) -> None:
    covariates = {**STUDY["covariates"], "clinic": {"levels": ["small", "large"]}}
    screening = {**SCREENING, "outcomes": "relapse", "moderators": ["clinic", "age"]}
    study = {"covariates": covariates, "analyses": {"screening": screening}, "report": {"contents": []}}
    path = write_events(tmp_path / "s", study, clinic={"column": "clinic", "codes": {1: "small", 2: "large"}})
    for place, name in enumerate(TRIALS):
        table = pd.read_csv(tmp_path / "s" / f"{name.lower()}.csv").assign(clinic=1 + place % 2)
        table.to_csv(tmp_path / "s" / f"{name.lower()}.csv", index=False)
    (screen,) = record_of(path, "screening").results
    clinic, age = screen.interactions
    assert clinic.within.each[0].effect.value is None and clinic.within.reason
    assert age.within.each[0].effect.value is not None


def test_a_difference_excludes_none_where_the_ratio_does_and_leaves_no_risk_below_zero(tmp_path: Path) -> None:
    effect = effects(write_events(tmp_path / "s", NOTHING_SMALL))["relapse"]
    absolute = effect.absolute
    assert absolute is not None
    low, high, control = (number.value or 0.0 for number in (absolute.low, absolute.high, absolute.control))
    assert low >= -control and high <= 1000 - control
    ratio_low, ratio_high = (number.value or 0.0 for number in (effect.estimate.low, effect.estimate.high))
    assert (np.sign(low), np.sign(high)) == (np.sign(ratio_low), np.sign(ratio_high))


MEASURED: dict[str, Any] = {
    "relapse": {**OUTCOMES["relapse"], "measure": "risk ratio"},
    "relapse difference": {**OUTCOMES["relapse"], "instrument": "relapse", "measure": "risk difference", "title": "Relapse"},
    "falls": OUTCOMES["falls"],
}  # fmt: skip


def write_measured(folder: Path, **parts: Any) -> Path:
    """Write the study with a risk ratio and a risk difference of the relapse."""
    analyses = {"pooled": {"method": "meta-analysis", "outcomes": list(MEASURED), "adjust_for": ["age"]}}
    contents = [item for item in CONTENTS if item["of"] == "pooled"]
    report = {"formats": ["html", "results"], "contents": contents}
    study = {"outcomes": MEASURED, "analyses": analyses, "report": report, **NOTHING_SMALL, **parts}
    return write_events(folder, study)


def test_a_risk_ratio_is_a_logarithm_and_a_risk_difference_has_percentage_points(tmp_path: Path) -> None:
    found = effects(write_measured(tmp_path / "s"))
    ratio, difference = found["relapse"], found["relapse difference"]
    assert (ratio.scale.link, ratio.scale.favours, ratio.unit.text) == ("log", "lower", "")
    assert (difference.scale.link, difference.unit.text) == ("identity", "percentage points")
    assert (ratio.model, difference.model, found["falls"].model) == ("two-stage", "two-stage", "one-step")
    assert float(ratio.estimate.effect.text) == pytest.approx(np.exp(ratio.estimate.effect.value or 0), abs=0.005)
    assert ratio.two_stage.effect.value is None and ratio.two_stage_heterogeneity.q.value is not None
    assert ratio.evaluations.value is None and "two stages" in ratio.evaluations.reason


def test_what_risks_mean_for_a_thousand_people_follows_from_the_pooled_effect(tmp_path: Path) -> None:
    found = effects(write_measured(tmp_path / "s"))
    ratio, difference = found["relapse"], found["relapse difference"]
    assert ratio.absolute is not None and difference.absolute is not None
    control = ratio.absolute.control.value or 0.0
    factor = np.exp(ratio.estimate.high.value or 0.0)
    assert ratio.absolute.high.value == pytest.approx(min(control * (factor - 1), 1000 - control), rel=1e-9)
    assert difference.absolute.difference.value == pytest.approx(10 * (difference.estimate.effect.value or 0))
    assert difference.absolute.low.value == pytest.approx(10 * (difference.estimate.low.value or 0))
    assert difference.absolute.needed is not None
    assert difference.absolute.needed.value == pytest.approx(100 / abs(difference.estimate.effect.value or 0))


def test_a_trial_with_an_arm_without_events_has_a_risk_difference_and_no_ratio_and_is_counted(tmp_path: Path) -> None:
    path = write_measured(tmp_path / "s")
    table = pd.read_csv(tmp_path / "s" / "east.csv")
    table.loc[table["arm"] == 1, "relapse"] = 0
    table.to_csv(tmp_path / "s" / "east.csv", index=False)
    found = effects(path)
    effect = found["relapse"]
    assert [row.trial.text for row in effect.by_trial] == ["North", "South"]
    (lost,) = effect.excluded
    assert lost.exclusion is not None and lost.n.value == len(table)
    assert lost.exclusion.words == "no effect of its own: nobody in the intervention arm has the event"
    assert (effect.n.value or 0) + len(table) == effect.in_comparison.value
    difference = found["relapse difference"]
    assert [row.trial.text for row in difference.by_trial] == ["North", "South", "East"]
    assert not difference.excluded
    control, size = table.loc[table["arm"] == 2, "relapse"].sum(), (table["arm"] == 2).sum()
    risk, none = (control + 0.5) / (size + 1), 0.5 / ((table["arm"] == 1).sum() + 1)
    assert difference.by_trial[2].estimate.effect.value == pytest.approx(100 * (none - risk), rel=1e-9)
    spec, repository = read(path)
    (planned,) = planned_analyses(spec.study, repository)
    assert [item.trials for item in planned.effects] == [2, 3, 3]


def test_one_trial_alone_has_its_own_risk_ratio_and_nothing_is_pooled(tmp_path: Path) -> None:
    node = {"method": "meta-analysis", "outcomes": "relapse", "adjust_for": [], "minimum_trials": 1}
    path = write_measured(tmp_path / "s", analyses={"pooled": node}, trials=["north.yaml"], report={"contents": []})
    effect = effects(path)["relapse"]
    table = pd.read_csv(tmp_path / "s" / "north.csv")
    risks = table.groupby("arm")["relapse"].mean()
    assert effect.alone and effect.estimate.effect.value == pytest.approx(np.log(risks[1] / risks[2]), abs=1e-8)
    assert effect.heterogeneity.tau2.value is None and "standardised over participants" in effect.regression


def test_moderators_act_on_the_odds_ratio_whatever_the_measure(tmp_path: Path) -> None:
    screening = {"screening": {**SCREENING, "outcomes": "relapse"}}
    screens = []
    for name, outcomes in (
        ("odds", OUTCOMES),
        ("risks", {**OUTCOMES, "relapse": MEASURED["relapse difference"] | {"instrument": "relapse"}}),
    ):
        study = {"outcomes": outcomes, "analyses": screening, "report": {"contents": []}, **NOTHING_SMALL}
        screens.append(record_of(write_events(tmp_path / name, study), "screening").results[0])
    assert {screen.scale.measure for screen in screens} == {"odds ratio"}
    assert [screen.pooled for screen in screens] == ["", "risk difference"]
    first, second = (screen.interactions[0].within.each[0].effect.value for screen in screens)
    assert first == second


def test_few_events_are_suppressed_beside_pooled_risks_as_well(tmp_path: Path) -> None:
    analyses = {"pooled": {"method": "meta-analysis", "outcomes": "relapse", "adjust_for": []}}
    path = write_measured(tmp_path / "s", analyses=analyses, report={"contents": []}, policy={"minimum_cell": 5})
    table = pd.read_csv(tmp_path / "s" / "east.csv")
    table["relapse"] = 0
    table.loc[[0, 2, 5], "relapse"] = 1
    table.to_csv(tmp_path / "s" / "east.csv", index=False)
    effect = effects(path)["relapse"]
    suppressed = [row for row in effect.by_trial if row.status == "suppressed"]
    assert len(suppressed) > 1 and all(row.estimate.effect.value is None for row in suppressed)
    assert effect.heterogeneity.tau2.value is None and effect.two_stage_heterogeneity.q.value is None
    told = float(np.exp(effect.estimate.effect.value or 0))
    assert round(told, 2) == pytest.approx(told, abs=1e-12)


@pytest.mark.slow
def test_the_pages_say_that_risks_are_pooled_in_two_stages_and_moderators_act_on_odds(tmp_path: Path) -> None:
    analyses = {
        "pooled": {"method": "meta-analysis", "outcomes": list(MEASURED), "adjust_for": ["age"]},
        "screening": {**SCREENING, "outcomes": "relapse"},
    }
    path = write_measured(tmp_path / "s", analyses=analyses)
    assert run(["build", str(path), "--output", str(tmp_path / "out"), "-j", "1"]) == 0
    page = html.unescape(re.sub(r"<[^>]+>", "", (tmp_path / "out" / "appendix.html").read_text(encoding="utf-8")))
    words = " ".join(page.split())
    for said in (
        "There is no one-step model of risk ratios and risk differences",
        "standardisation over the participants, or g-computation",
        "Moderators and searches for subgroups act on the odds ratio",
        "Negative risk differences favour the intervention",
        "Risk ratios are pooled in two stages from those of the trials",
        "Pooled, two-stage",
        "Risk ratios and risk differences: pooled in two stages from those of the trials.",
    ):
        assert said in words, said
    assert (
        "Moderators act on the odds ratio of Relapse as well, whose pooled effect is given as the risk ratio" in words
    )


def test_advice_on_the_baseline_of_an_event_is_not_to_look_for_it_in_a_mapping(tmp_path: Path) -> None:
    node = {"method": "meta-analysis", "outcomes": ["relapse", "falls"], "adjust_for": ["baseline", "age"]}
    path = write_events(tmp_path / "s", {"analyses": {"pooled": node}, "report": {"contents": []}})
    with pytest.raises(SpecError) as caught:
        read(path)
    said = str(caught.value)
    assert "'relapse' and 'falls' are events, which have no baseline value to adjust for" in said
    assert "Remove `baseline`" in said and "add it to its mapping" not in said


def test_better_of_an_instrument_that_agrees_with_good_is_taken(tmp_path: Path) -> None:
    instruments = {**INSTRUMENTS, "falls": {"name": "Falls", "better": "lower"}}
    path = write_events(tmp_path / "s", {"instruments": instruments, **NOTHING_SMALL})
    assert effects(path)["falls"].scale.favours == "lower"


@pytest.mark.slow
def test_the_risk_of_the_controls_of_one_trial_is_not_called_pooled(tmp_path: Path) -> None:
    node = {"method": "meta-analysis", "outcomes": "relapse", "adjust_for": [], "minimum_trials": 1}
    contents = [
        {"series": "Table", "show": "absolute-effects", "of": "pooled"},
        {"series": "Fig.", "show": "forest", "of": "pooled", "columns": {"left": ["n"], "right": ["effect", "absolute"]}},
    ]  # fmt: skip
    words = {}
    for trials in (1, 2):
        names = [f"{name.lower()}.yaml" for name in TRIALS[:trials]]
        report = {"formats": ["html"], "contents": contents}
        path = write_events(
            tmp_path / str(trials), {"trials": names, "analyses": {"pooled": node}, "report": report, **NOTHING_SMALL}
        )
        out = tmp_path / f"out{trials}"
        assert run(["build", str(path), "--output", str(out), "-j", "1"]) == 0
        page = re.sub(r"<[^>]+>", "", (out / "appendix.html").read_text(encoding="utf-8"))
        words[trials] = " ".join(html.unescape(page).split())
    assert "Control: risk (or rate) in the control group of the trial" in words[1]
    assert "worked out from the risk in the control group of the trial" in words[1]
    assert "risk of the control group in the trial" in words[1] and "pooled risk of the control groups" not in words[1]
    assert "in the control groups, pooled with a random intercept" in words[2]


def test_a_prediction_interval_of_risk_differences_ends_at_a_hundred_points() -> None:
    node = MetaAnalysisNode.model_validate({"method": "meta-analysis"})
    wide = TwoStageFit(Effect(-60.0, 10.0, 2.0, 2.0), 400.0, 3, "ok", "", 100.0)
    assert predicted(wide, node) == (-100.0, 100.0)
    low, high = predicted(replace(wide, farthest=np.inf), node)
    assert low < -300.0 < 150.0 < high
