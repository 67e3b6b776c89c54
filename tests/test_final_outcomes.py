"""An outcome that is analysed at follow-up: whole studies, from validation to the page, and the same effect as that of the change."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reportgen.analyses.meta_analysis import fit
from reportgen.analyses.selection import Selection
from reportgen.cli import run
from reportgen.errors import SpecError
from reportgen.pipeline import plan, read
from reportgen.records.model import MetaAnalysis, Records
from reportgen.records.numbers import Number, numbers_in, plain
from reportgen.render.planned import planned_lines
from reportgen.store import Store
from reportgen.views.prose.meta_analysis import prose
from tests.analysed import analysed
from tests.final_study import CONTENTS, RELAPSE, VARIABLES, write_final
from tests.page_numbers import pages_of
from tests.screened_study import write_screened
from tests.study_files import MAPPING, STUDY, write_yaml
from tests.test_stale import made
from tests.test_statements import SHOWN

SEARCH: dict[str, Any] = {"moderators": ["age", "sex"], "min_arm": 5}
ANALYSES: dict[str, Any] = {
    "pooled": {"method": "meta-analysis"},
    "screening": {"method": "moderators", "moderators": ["age", "sex"]},
    "rp": {"method": "recursive-partitioning", **SEARCH, "alpha": 0.9},
    "peel": {"method": "directed-peeling", "moderators": ["age"], "min_arm": 5},
    "agreement": {"method": "agreement", "partition": "rp", "peeling": "peel"},
}


def contents(*analyses: str) -> list[dict[str, str]]:
    return [{"series": "Table", "show": show, "of": of} for of in analyses for show in SHOWN[of]]


def words_of(page: str) -> str:
    """Return all that a page says: its text, and what is read aloud of its figures."""
    page = re.sub(r"<(style|script).*?</\1>", " ", page, flags=re.DOTALL)
    aloud = re.findall(r'(?:alt|aria-label|title)="([^"]*)"', page)
    return html.unescape(" ".join([re.sub(r"<[^>]*>", " ", page), *aloud]))


def built(path: Path, output: Path) -> str:
    assert run(["build", str(path), "--output", str(output), "-j", "1", "--no-store"]) == 0
    return words_of(pages_of(output))


def without_rmdq(**more: Any) -> dict[str, Any]:
    return {
        "instruments": {"relapse": RELAPSE},
        "outcomes": {"relapse": {"title": "Relapse"}},
        "analyses": ANALYSES,
        "report": {"formats": ["html", "results"], "contents": [*CONTENTS[:1], *contents(*ANALYSES)]},
        **more,
    }


NO_RMDQ = {
    "variables": {name: rule for name, rule in VARIABLES.items() if name != "RMDQ"},
    "visits": {"q3": "3 months"},
}


@pytest.mark.slow
def test_a_study_without_any_baseline_is_validated_planned_and_built_and_no_page_says_baseline_or_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_final(tmp_path / "s", without_rmdq(), north=NO_RMDQ, south=NO_RMDQ)
    assert run(["validate", str(path)]) == 0
    assert run(["plan", str(path), "--store", str(tmp_path / "none")]) == 0
    said = capsys.readouterr().out
    assert re.search(r"overall +relapse +at follow-up +short +2 +140", said)
    assert "baseline" not in said
    page = built(path, tmp_path / "out")
    assert re.findall(r"\b(?:baseline|changes?|improve\w*)\b.*", page, flags=re.IGNORECASE) == []
    assert "Every outcome is the value at follow-up, signed by the direction of its scale" in page
    assert page.count("Relapse at follow-up") > 20
    assert "adjusted mean difference" not in page


@pytest.mark.slow
def test_a_study_with_both_kinds_says_each_in_its_place(tmp_path: Path) -> None:
    analyses = dict(ANALYSES)
    analyses["people"] = {"method": "descriptive", "sides_of": "overall", "variables": ["baseline RMDQ"]}
    report = {"formats": ["html", "results"], "contents": [*CONTENTS[:1], *contents(*analyses)]}
    path = write_final(tmp_path / "s", {"analyses": analyses, "report": report})
    page = re.sub(r"\s+", " ", built(path, tmp_path / "out"))
    assert (
        "The change from baseline to follow-up is analysed for Roland Morris ; the value alone for Relapse at follow-up"
        in page
    )
    lost = "Not adjusted for the baseline value of the outcome (not measured at baseline): Relapse at follow-up , short"
    methods = {"Meta-analysis", "Screening of moderators", "Recursive partitioning", "Directed peeling"}
    parts = re.split(
        f"({'|'.join(methods)}) (?=In the comparison|Each moderator was|Subgroups were|For every proportion)", page
    )
    assert set(parts[1::2]) == methods
    assert all("adjusted for the baseline value of the outcome" in part and lost in part for part in parts[2::2])
    assert "Roland Morris at follow-up" not in page
    assert "Roland Morris at baseline" in page
    assert "Mean difference (points)" in page
    assert "Adjusted mean difference (points)" not in page  # both stand on the axis of one forest


def test_plan_says_what_is_analysed_where_not_all_are_changes(tmp_path: Path) -> None:
    lines = planned_lines(plan(*read(write_final(tmp_path))))
    assert lines[1].split()[:4] == ["comparison", "outcome", "analysed", "follow-up"]
    assert re.match(r"overall +RMDQ +change +short", lines[2])
    assert re.match(r"overall +relapse +at follow-up +short", lines[3])
    assert lines[4] == "    not adjusted for baseline (not measured at baseline)"


SEVERAL: dict[str, Any] = {"first_available": ["RMDQ", "relapse"], "range": [0, 100], "better": "lower"}


@pytest.mark.parametrize(
    ("outcome", "adjust_for", "when"),
    [
        ({"analyse": "change"}, ["baseline"], "at baseline and at follow-up"),
        ({"analyse": "final"}, [], "at follow-up"),
        (
            {"analyse": "final"},
            ["baseline"],
            "at follow-up, and at baseline where the change is analysed or the baseline adjusts",
        ),
    ],
)
def test_methods_say_when_an_instrument_must_have_been_measured(
    tmp_path: Path, outcome: dict[str, Any], adjust_for: list[str], when: str
) -> None:
    node = {"method": "meta-analysis", "adjust_for": adjust_for}
    path = write_final(tmp_path, {"outcomes": {"any": {**SEVERAL, **outcome}}, "analyses": {"pooled": node}})
    first, *_ = prose([pooled(path)], read(path)[0].study)
    what, several, *_ = map(plain, first.paragraphs)
    kind = "the change from baseline to follow-up" if outcome["analyse"] == "change" else "the value at follow-up"
    assert what.startswith(f"Every outcome is {kind}, signed")
    assert f"contributes the first listed one that it measured {when}, rescaled linearly" in several


def pooled(path: Path) -> MetaAnalysis:
    spec, repository = read(path)
    record = analysed("pooled", spec.study.analyses["pooled"], repository, spec.study)
    assert isinstance(record, MetaAnalysis)
    return record


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_the_direction_turns_a_value_at_follow_up_so_that_positive_favours_the_intervention(
    tmp_path: Path, better: str
) -> None:
    path = write_final(tmp_path, {"instruments": {**STUDY["instruments"], "relapse": {**RELAPSE, "better": better}}})
    effect = pooled(path).results[1]
    raw = []
    for name in ("north.csv", "south.csv"):
        table = pd.read_csv(tmp_path / name)
        arms = table.groupby("arm")["re_q3"].mean()
        raw.append(arms[2] - arms[1])
    for row, difference in zip(effect.by_trial, raw, strict=True):
        assert row.estimate.effect.value == pytest.approx(difference if better == "lower" else -difference, rel=1e-12)


def test_a_trial_that_did_not_measure_it_at_baseline_enters_where_nothing_asks_for_it(tmp_path: Path) -> None:
    """The south has RMDQ at follow-up alone: it counts at follow-up, and not for the change or adjusted for the baseline."""
    later = {"variables": {**VARIABLES, "RMDQ": {"column": "rm_{visit}", "visits": ["q3"]}}}
    outcomes: dict[str, Any] = {"RMDQ": {"analyse": "final"}}
    bare = {"method": "meta-analysis", "adjust_for": []}
    path = write_final(tmp_path / "final", {"outcomes": outcomes, "analyses": {"pooled": bare}}, south=later)
    assert [row.trial.text for row in pooled(path).results[0].by_trial] == ["North", "South"]
    bare = {"method": "meta-analysis", "minimum_trials": 1}
    path = write_final(tmp_path / "adjusted", {"outcomes": outcomes, "analyses": {"pooled": bare}}, south=later)
    (effect,) = pooled(path).results
    assert [(item.trial.text, item.reason) for item in effect.excluded if item.trial.text == "South"] != []
    assert effect.trials.value == 1
    assert effect.not_adjusted == ()


PUBLISHED: dict[str, Any] = {
    "published": {
        "n": 60,
        "source": "North 1998",
        "effects": [
            {
                "outcome": outcome,
                "follow_up": "short",
                "intervention": ["exercise"],
                "control": "usual care",
                "effect": "1.4",
            }
            for outcome in ("RMDQ", "relapse")
        ],
    }
}


def test_what_a_trial_published_is_set_beside_its_effect_adjusted_where_it_has_a_baseline(tmp_path: Path) -> None:
    path = write_final(tmp_path, north=PUBLISHED)
    found = made(path, Store(tmp_path / "store"))
    assert found is not None and found[0].reconciliation is not None
    (trial,) = found[0].reconciliation.trials
    assert [(row.what.text, row.adjusted) for row in trial.rows] == [
        ("Participants", None),
        ("Roland Morris, short: exercise v usual care", True),
        ("Relapse at follow-up, short: exercise v usual care", False),
    ]
    table = pd.read_csv(tmp_path / "north.csv")
    means = table.groupby("arm")["re_q3"].mean()
    (ours, *_) = trial.rows[2].ours
    assert isinstance(ours, Number)
    assert ours.value == pytest.approx(means[2] - means[1])


# ---- the change and the value at follow-up, adjusted for the baseline ------------------------------------------------------

BOTH: dict[str, Any] = {
    "pooled": {"method": "meta-analysis"},
    "screening": {"method": "moderators", "moderators": ["age", "sex", "baseline RMDQ"]},
    "rp": {"method": "recursive-partitioning", "moderators": ["age", "sex", "mood", "baseline RMDQ"], "max_cuts": 20},
    "peel": {"method": "directed-peeling", "moderators": ["age", "baseline RMDQ"], "beam": 3, "bin_width": 0.05},
    "agreement": {"method": "agreement", "partition": "rp", "peeling": "peel"},
}


def records(folder: Path, analyse: str, **outcome: Any) -> Records:
    path = write_screened(folder)
    content = {**STUDY, **_read(path)}
    content |= {"outcomes": {"RMDQ": {"analyse": analyse, **outcome}}, "analyses": BOTH, "report": {"contents": []}}
    write_yaml(path, content)
    found = made(path, Store(folder / "store"))
    assert found is not None and not found[1].failed
    return found[0]


def _read(path: Path) -> dict[str, Any]:
    from ruamel.yaml import YAML

    content: dict[str, Any] = YAML(typ="safe").load(path)
    return content


@pytest.mark.slow
def test_adjusted_for_the_baseline_both_give_the_same_effects_interactions_splits_and_boxes(tmp_path: Path) -> None:
    change, final = (
        {number.id: number for number in numbers_in(records(tmp_path / kind, kind).analyses)}
        for kind in ("change", "final")
    )
    assert change.keys() == final.keys()
    assert len([key for key in change if key.startswith("rp.")]) > 100
    assert len([key for key in change if key.startswith("peel.")]) > 100
    for key, number in change.items():
        other = final[key]
        if number.value is None or isinstance(number.value, str):
            assert number.text == other.text.replace(" at follow-up", ""), key
        elif key.rpartition(".")[2] not in (
            "evaluations",
            "criterion",
            "mean",
            "sd",
        ):  # of arms: those of what is analysed
            np.testing.assert_allclose(other.value, number.value, rtol=1e-9, atol=1e-12, err_msg=key)


# ---- what is needed and is not there ---------------------------------------------------------------------------------------


def problems(path: Path) -> list[tuple[str, str]]:
    with pytest.raises(SpecError) as caught:
        read(path)
    return [(str(problem.origin).rpartition("/")[2], problem.message) for problem in caught.value.problems]


def test_a_baseline_that_is_asked_for_in_words_and_that_nobody_measured_is_an_error_in_its_place(
    tmp_path: Path,
) -> None:
    analyses = {
        "pooled": {"method": "meta-analysis", "outcomes": ["relapse"], "adjust_for": ["age", "baseline"]},
        "other": {"method": "meta-analysis", "outcomes": ["RMDQ"], "adjust_for": ["baseline", "baseline relapse"]},
        "both": {"method": "meta-analysis", "adjust_for": ["baseline", "age"]},
        "screening": {"method": "moderators", "outcomes": ["relapse"], "moderators": ["age", "baseline relapse"]},
    }
    path = write_final(tmp_path, {"analyses": analyses, "report": {"contents": []}})
    found = problems(path)
    assert [message for _, message in found] == [
        "no trial measured 'relapse' at baseline, but its baseline value is an adjuster",
        "no trial measured 'relapse' at baseline, but its baseline value is an adjuster",
        "no trial measured 'relapse' at baseline, but its baseline value is a moderator",
    ]
    lines = path.read_text(encoding="utf-8").splitlines()
    places = [lines[int(place.split(":")[1]) - 1].strip() for place, _ in found]
    assert places == ["- baseline", "- baseline relapse", "- baseline relapse"]


def test_a_change_is_not_analysed_without_a_baseline(tmp_path: Path) -> None:
    path = write_final(tmp_path, {"outcomes": {"RMDQ": {}, "relapse": {"analyse": "change"}}})
    assert [message for _, message in problems(path)] == [
        "no trial measured 'relapse' at baseline, but the change from baseline is analysed"
    ]


def test_a_warm_build_refuses_what_a_cold_one_does(tmp_path: Path) -> None:
    """Nothing that is fitted tells an adjuster that is written from the default one."""
    alone = {
        "instruments": {"relapse": RELAPSE},
        "outcomes": {"relapse": {"analyse": "final"}},
        "report": {"contents": []},
    }
    long = {
        "variables": {"age": MAPPING["variables"]["age"], "relapse": {"column": "re"}},
        "visits": {},
    }
    path = write_final(tmp_path / "s", {**alone, "covariates": {"age": STUDY["covariates"]["age"]}})
    for name in ("north", "south"):
        table = pd.read_csv(path.parent / f"{name}.csv")
        rows = pd.concat([table.assign(when=0, re=np.nan), table.assign(when=3, re=table["re_q3"])])
        rows.to_csv(path.parent / f"{name}.csv", index=False)
        data = {
            "file": f"{name}.csv",
            "participant": "id",
            "layout": "long",
            "visit": {"column": "when", "codes": {0: "baseline", 3: "3 months"}},
        }
        write_yaml(path.parent / f"{name}.yaml", {**MAPPING, "trial": name, "data": data, **long})
    store = Store(tmp_path / "store")
    first = made(path, store)
    assert first is not None
    (effect,) = first[0].analyses["pooled"].results  # type: ignore[union-attr]
    assert effect.trials.value == 2
    assert [item.kind for item in effect.not_adjusted] == ["unmeasured"]
    content = _read(path)
    content["analyses"] = {"pooled": {"method": "meta-analysis", "adjust_for": ["baseline"]}}
    write_yaml(path, content)
    assert made(path, store) is None
    assert [message for _, message in problems(path)] == [
        "no trial measured 'relapse' at baseline, but its baseline value is an adjuster"
    ]


def people_of(path: Path) -> Selection:
    from reportgen.analyses.cohorts import Cell, Cohorts

    spec, repository = read(path)
    return Cohorts(repository, spec.study).people(Cell("overall", "relapse", "short"), ())


def test_the_effect_in_one_trial_is_the_difference_of_means(tmp_path: Path) -> None:
    path = write_final(tmp_path, {"trials": ["north.yaml"]})
    spec, _ = read(path)
    people = people_of(path)
    fitted = fit(people, spec.study.analyses["pooled"].model_copy(update={"minimum_trials": 1}))  # type: ignore[arg-type]
    assert fitted is not None
    means = [people.response[people.treatment == side].mean() for side in (0, 1)]
    assert fitted.effect.estimate == pytest.approx(means[1] - means[0])
