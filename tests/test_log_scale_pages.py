"""An appendix of odds ratios: the records of a study as logarithms of ratios, through every show of every method."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import lxml.html
import pytest

from reportgen.analyses import make_records
from reportgen.pipeline import read
from reportgen.records.numbers import numbers_in
from reportgen.render.appendix import compose
from reportgen.render.artefacts import numbered_artefacts
from reportgen.render.html import html_page
from tests.page_numbers import with_ids
from tests.peeling_study import AGREEMENT, CONTENTS, PARTITION, PEELING, write_search_study
from tests.unit.figures.ratios import GOOD_ODDS, ratios

pytestmark = pytest.mark.slow

BY_TRIAL = ("interaction-by-trial", "interaction-by-trial-estimates")
ANALYSES = {
    "rp": PARTITION,
    "peeling": PEELING,
    "agreement": AGREEMENT,
    "pooled": {"method": "meta-analysis", "minimum_trials": 1},
    "screening": {"method": "moderators", "moderators": ["age", "sex", "bmi"]},
    "women": {"method": "meta-analysis", "minimum_trials": 1, "subset": {"sex": "female"}},
    "men": {"method": "meta-analysis", "minimum_trials": 1, "subset": {"sex": "male"}},
    "side": {"method": "subgroup-differences", "subsets": ["women", "men"], "everybody": "pooled"},
}
SHOWS = {
    "pooled": ("forest", "forest-by-trial", "estimates", "estimates-by-trial"),
    "screening": (
        "interaction-forest",
        "interaction-estimates",
        "effect-at-values",
        "effect-at-values-forest",
        "credibility",
        *BY_TRIAL,
    ),
    "rp": ("subgroup-tree", "subgroup-forest", "subgroups", "rejected-splits", "cut-profiles", "credibility"),
    "peeling": ("credibility",),
    "side": ("subset-forest", "subset-estimates"),
}
EVERYTHING = [
    *CONTENTS,
    *({"series": "Supplementary Table", "show": show, "of": of} for of, shows in SHOWS.items() for show in shows),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The page of a study of one continuous outcome, as if it had been one of good events."""
    changes: Mapping[str, Any] = {"analyses": ANALYSES, "report": {"contents": EVERYTHING}}
    spec, repository = read(write_search_study(tmp_path_factory.mktemp("log") / "s", **changes))
    made = make_records(spec, repository, profile="final")
    records = replace(
        made, analyses={name: ratios(analysis, GOOD_ODDS, 0.3) for name, analysis in made.analyses.items()}
    )
    assert sum(number.kind == "log" for number in numbers_in(records)) > 100
    return lxml.html.fromstring(with_ids(html_page(compose(spec, records, numbered_artefacts(spec, records)), {})))


def test_no_word_of_a_difference_is_left(page: Any) -> None:
    text = re.sub(r"\s+", " ", page.text_content())
    assert "mean difference" not in text.lower()
    assert "Positive effects favour" not in text
    assert "Odds ratios above one favour the intervention." in text
    assert "one over the other is not exactly the ratio that was tested" in text
    assert "Their ratio is therefore not exactly the ratio that was tested" in text


def test_every_axis_of_effects_is_one_of_ratios(page: Any) -> None:
    figures = page.xpath("//*[local-name()='svg'][contains(@aria-label, 'ratio')]")
    assert len(figures) >= 5
    for figure in figures:
        ticks = [item.text for item in figure.xpath(".//*[@data-axis='tick']")]
        assert "1" in ticks, figure.get("aria-label")


def test_no_printed_ratio_is_negative(page: Any) -> None:
    printed = [item.text_content() for item in page.xpath("//*[contains(@data-id, '.effect')]")]
    assert printed
    assert not [text for text in printed if text.startswith("−")]


def test_heads_name_the_measure(page: Any) -> None:
    heads = {re.sub(r"\s+", " ", head.text_content()) for head in page.xpath("//th")}
    assert {"Odds ratio (95% CI)", "Odds ratio inside (95% CI)", "Ratio of odds ratios (95% CI)"} <= heads
    assert "Odds ratio among" in heads
    assert not [head for head in heads if head.startswith(("Difference", "Effect ("))]
