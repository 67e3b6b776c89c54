"""Tables, sheets and methods of ratios: heads name the measure, cells are ratios, notes say which side is better."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace

import pytest
from python_calamine import CalamineWorkbook

from reportgen.records.artefact import Table
from reportgen.records.model import MetaAnalysis
from reportgen.records.numbers import Number, plain
from reportgen.records.results import Results, as_csv
from reportgen.render.keys import rows_json
from reportgen.render.methods import methods
from reportgen.render.properties import Properties
from reportgen.render.workbook import Sheet, workbook
from reportgen.tables import by_trial, estimates, peeling_thresholds
from reportgen.tables.effects_at_values import effects_at_values
from reportgen.tables.moderators import interaction_estimates
from reportgen.tables.subgroups import rejected_splits, subgroups
from tests.unit.figures import screens, searches, test_trajectory
from tests.unit.figures.build import effect, settings
from tests.unit.figures.ratios import GOOD_ODDS, ratios
from tests.unit.render import records_fixture


def heads(table: Table) -> list[str]:
    return [plain(column.head).replace("\u00a0", " ") for column in table.columns]


def cells(table: Table) -> list[str]:
    return [plain(cell) for group in table.groups for row in group.rows for cell in row.cells]


def notes(table: Table) -> str:
    return " ".join(map(plain, table.footnotes))


RELAPSE = ratios(effect("relapse", "short", -3.0, by_trial=3))


def test_pooled_effects() -> None:
    table = estimates([RELAPSE], settings())
    assert heads(table).count("Odds ratio (95% CI)") == 2
    assert "τ² (log scale)" in heads(table)
    assert "0.55 (0.37 to 0.82)" in cells(table)
    assert "0.25 to 1.22" in cells(table)
    assert notes(table).startswith("Odds ratios below one favour the intervention.")


def test_pooled_effects_on_two_scales() -> None:
    table = estimates([effect(), RELAPSE], settings())
    assert "Effect (95% CI)" in heads(table)
    assert "Positive effects favour the intervention; odds ratios below one favour the intervention." in notes(table)
    assert "τ² of odds ratios is on the log scale." in notes(table)
    assert "log scale" not in notes(estimates([RELAPSE], settings()))


def test_effects_by_trial() -> None:
    table = by_trial(RELAPSE, settings())
    assert {"Odds ratio (95% CI)", "Standard error (log scale)"} <= set(heads(table))
    assert "Variation between trials, of the two-stage model: τ² (log scale) = " in notes(table)


def test_interactions_and_effects_at_values() -> None:
    made = [ratios(screen, factor=0.15) for screen in screens.several()]
    table = interaction_estimates(made, screens.settings())
    assert "Interaction: by what factor the odds ratio differs per step of the moderator" in notes(table)
    assert "below one = a larger effect" in notes(table)
    assert "0.86 (0.76 to 0.97)" in cells(table)
    values = effects_at_values(made, screens.settings())
    assert "Odds ratio (95% CI)" in heads(values)
    assert "Odds ratios below one favour the intervention." in notes(values)


def test_subgroups_and_splits() -> None:
    search = ratios(searches.search())
    table = subgroups([search], searches.settings())
    assert "Odds ratio or ratio of odds ratios (95% CI)" in heads(table)
    assert any(plain(row.head) == "ratio of odds ratios" for group in table.groups for row in group.rows)
    assert "Ratio of odds ratios: odds ratio in the subgroup over that on the other side" in notes(table)
    assert "so that their ratio is not exactly the same" in notes(table)
    rejected = rejected_splits([search], searches.settings())
    assert "Ratio of odds ratios (95% CI)" in heads(rejected)
    assert "ratio of odds ratios: odds ratio on it over odds ratio on the other" in notes(rejected)


def test_boxes_of_a_peeling() -> None:
    peeling = ratios(test_trajectory.CASES["usual"], GOOD_ODDS, factor=0.06)
    table = peeling_thresholds(peeling, test_trajectory.SIZES, test_trajectory.settings())
    assert {"Odds ratio inside (95% CI)", "Ratio of odds ratios (95% CI)"} <= set(heads(table))
    assert "Odds ratios above one favour the intervention." in notes(table)
    assert "Ratio of odds ratios: the interaction of treatment with being inside" in notes(table)


def test_a_sheet_holds_the_ratio_with_all_its_digits_and_the_results_its_logarithm() -> None:
    table = estimates([RELAPSE], settings())
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook([Sheet("t", "T", "T", table)], Properties("A study"))))
    _, _, _, heads, _, row, *_ = book.get_sheet_by_name("T").to_python(skip_empty_area=False)
    assert row[heads.index("Odds ratio (95% CI)")] == pytest.approx(math.exp(-0.6), rel=1e-12)
    line = as_csv(Results((RELAPSE.estimate.effect,), {})).splitlines()[1]
    assert ",0.55," in line
    assert line.endswith(",log")
    assert float(line.split(",")[1]) == pytest.approx(-0.6)


def test_a_page_tells_the_ratio_of_what_it_prints() -> None:
    def strictly(constant: str) -> float:
        raise ValueError(constant)

    numbers = (RELAPSE.estimate.effect, Number("endless", 800.0, "∞", kind="log"))
    ids = (RELAPSE.estimate.effect.id, "endless")
    (_, _, ratio, *_), (_, _, endless, *_) = json.loads(str(rows_json(ids, numbers, {})), parse_constant=strictly)[
        "rows"
    ]
    assert ratio == pytest.approx(math.exp(-0.6))
    assert endless is None


def prose(*scaled: str) -> str:
    """Return the methods of the fixture, with effects on some of its outcomes as ratios."""
    records = records_fixture.records()
    analysis = records.analyses["pooled"]
    assert isinstance(analysis, MetaAnalysis)
    effects = tuple(ratios(result) if result.outcome in scaled else result for result in analysis.results)
    records = replace(records, analyses=records.analyses | {"pooled": replace(analysis, results=effects)})
    sections = methods(records_fixture.spec(), records)
    return "\n".join(plain(text) for section in sections for text in section.paragraphs)


def test_methods_say_what_is_a_ratio() -> None:
    outcomes = list(dict.fromkeys(result.outcome for result in records_fixture.meta_analysis().results))
    assert "logarithm" not in prose()
    some, every = prose(outcomes[0]), prose(*outcomes)
    logarithms = "Odds ratios were analysed as their natural logarithms and are printed as ratios; standard errors"
    assert some.count(logarithms) == every.count(logarithms) == 1
    assert (
        " is given as the odds ratio. Odds ratios below one favour the intervention.\nEvery other outcome is the "
        in some
    )
    assert " is given as the odds ratio. Odds ratios below one favour the intervention.\nFollow-up, in months" in every
    assert "positive effects" not in every
