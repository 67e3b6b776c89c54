"""Random draws from the study file to the page: what is kept of a search that could be luck."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from reportgen.analyses import drawing
from reportgen.pipeline import Built, Order, build, read, rebuilding
from reportgen.spec.draws import Draws
from reportgen.stats.null_draws import partition_draws
from tests.page_numbers import pages_of
from tests.peeling_study import write_search_study
from tests.planted_study import write_planted

DRAWS = Draws(sign_flips=40, bootstrap=20)
SUBGROUP = "rp.overall.rmdq.short.age-low"
SEARCH = "rp.overall.rmdq.short.honesty"


def built(study: Path, folder: Path, draws: Draws | None = DRAWS, **more: object) -> Built:
    return build(Order(study=study, output=folder / "out", draws=draws, store=folder / "store", **more))


def results(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "out" / "results.csv").open(encoding="utf-8-sig") as stream:
        return {row["id"]: row for row in csv.DictReader(stream)}


def shown(study: Path, contents: str) -> Path:
    study.write_text(study.read_text().replace("  contents:\n", f"  contents:\n  - {contents}\n"))
    return study


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two trials with a subgroup planted, built with draws."""
    folder = tmp_path_factory.mktemp("planted")
    study = write_planted(folder / "study")
    built(shown(study, "{series: Table, show: search-honesty, of: rp, name: table9}"), folder)
    return folder


@pytest.mark.slow
def test_a_planted_subgroup_is_supported(planted):
    found = results(planted)
    assert float(found[f"{SUBGROUP}.search-p"]["value"]) == pytest.approx(1 / 41)
    assert float(found[f"{SEARCH}.search-p"]["value"]) == pytest.approx(1 / 41)
    assert found[f"{SEARCH}.null-draws"]["text"] == "40"
    assert float(found[f"{SEARCH}.kept-share"]["value"]) <= 15
    assert float(found[f"{SEARCH}.found-share"]["value"]) == 100


@pytest.mark.slow
def test_the_corrected_effect_is_that_found_minus_the_optimism(planted):
    found = {name: float(row["value"]) for name, row in results(planted).items() if row["value"]}
    for part, naive in (("corrected", "effect"), ("corrected-difference", "split.difference.effect")):
        corrected, optimism = found[f"{SUBGROUP}.{part}.effect"], found[f"{SUBGROUP}.{part}.optimism"]
        assert corrected == pytest.approx(found[f"{SUBGROUP}.{naive}"] - optimism)
        half = found[f"{SUBGROUP}.{part}.ci-high"] - corrected
        assert half >= (found[f"{SUBGROUP}.{naive.replace('effect', 'ci-high')}"] - found[f"{SUBGROUP}.{naive}"])


@pytest.mark.slow
def test_two_trials_have_none_to_hold_out_and_the_page_says_so(planted):
    row = results(planted)[f"{SEARCH}.held-out.effect"]
    assert (row["value"], row["status"]) == ("", "not estimable")
    assert "leaving one out needs 3" in row["reason"]


@pytest.mark.slow
def test_the_verdict_stands_wherever_the_subgroup_is_seen(planted):
    page = pages_of(planted / "out")
    assert page.count("data sets without any effect modification") >= 4  # tree, forest and both tables
    assert "p of the search" in page and "Corrected" in page
    assert "Random draws" in page and "bootstrap samples drawn within trial and arm" in page
    assert "not corrected for the search" not in page.split("As found")[0]


@pytest.mark.slow
def test_what_is_not_there_is_a_candidate_and_grey(tmp_path):
    study = write_planted(tmp_path / "study", gain=0.0, alpha=0.9, formats=("html", "results"))
    built(study, tmp_path)
    found = {name: row for name, row in results(tmp_path).items() if name.endswith("search-p")}
    assert found and min(float(row["value"]) for row in found.values()) > 0.05
    page = pages_of(tmp_path / "out")
    assert "not supported" in page and "candidate, not supported; corrected for the search" in page


@pytest.mark.slow
def test_without_draws_nothing_is_said_of_them(tmp_path):
    study = write_planted(tmp_path / "study", formats=("html", "results"))
    built(study, tmp_path, draws=None)
    assert not any("honesty" in name or "search-p" in name for name in results(tmp_path))
    page = pages_of(tmp_path / "out")
    assert "No number in this report depends on random draws" in page
    assert "not corrected for the search" in page


@pytest.mark.slow
def test_more_draws_add_to_those_made(tmp_path, monkeypatch):
    asked: list[tuple[int, int]] = []

    def spied(prepared, model, seed, first, count):
        asked.append((first, count))
        return partition_draws(prepared, model, seed, first, count)

    monkeypatch.setattr(drawing, "partition_draws", spied)
    study = write_planted(tmp_path / "study", formats=("results",))
    built(study, tmp_path, draws=Draws(sign_flips=100, bootstrap=0))
    assert asked == [(0, 50), (50, 50)]
    built(study, tmp_path, draws=Draws(sign_flips=170, bootstrap=0))
    assert asked[2:] == [(100, 50), (150, 20)]
    assert results(tmp_path)[f"{SEARCH}.null-draws"]["text"] == "170"


@pytest.mark.slow
def test_seed_and_workers(tmp_path):
    study = write_planted(tmp_path / "study", formats=("results",))
    texts = []
    for workers in (1, 2):
        folder = tmp_path / str(workers)
        built(study, folder, workers=workers)
        texts.append((folder / "out" / "results.csv").read_bytes())
    assert texts[0] == texts[1]
    study.write_text(study.read_text().replace("  seed: 1\n", "  seed: 8\n"))
    built(study, tmp_path / "8")
    assert (tmp_path / "8" / "out" / "results.csv").read_bytes() != texts[0]


@pytest.mark.slow
def test_a_draft_takes_fifty_draws(tmp_path):
    study = write_planted(tmp_path / "study", formats=("results",))
    study.write_text(study.read_text().replace("sign_flips: 0", "sign_flips: 300"))
    built(study, tmp_path, draws=None, profile="draft")
    assert results(tmp_path)[f"{SEARCH}.null-draws"]["text"] == "50"


@pytest.mark.slow
def test_a_peeling_has_a_null_band_and_corrected_boxes_and_an_overlap_by_chance(tmp_path):
    study = write_search_study(tmp_path / "study")
    built(study, tmp_path)
    found = results(tmp_path)
    boxes = [name for name in found if ".box-0-50" in name and name.endswith("corrected.effect")]
    assert boxes and found[boxes[0]]["value"]
    assert any(name.endswith("box-0-50.search-p") for name in found)
    page = pages_of(tmp_path / "out")
    assert "% without effect modification" in page  # the key of the null band
    chance = [name for name in found if name.startswith("agreement.") and name.endswith("by-chance.median")]
    assert chance and all(0 <= float(found[name]["value"]) <= 1 for name in chance)
    assert {found[name.replace("median", "draws")]["text"] for name in chance} <= {str(n) for n in range(20, 41)}
    assert "Two searches of the same data share its chance variation" in page and "; p of the search" in page


@pytest.mark.slow
def test_a_plan_after_a_build_has_nothing_to_make(tmp_path):
    study = write_planted(tmp_path / "study", formats=("results",))
    study.write_text(study.read_text().replace("sign_flips: 0", "sign_flips: 20"))
    built(study, tmp_path, draws=None)
    found, seconds, _ = rebuilding(read(study)[0], tmp_path / "store")
    assert [item.certain for item in found] == [0] and seconds == 0.0
