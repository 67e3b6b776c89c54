"""Whatever finite number a file holds, each figure is drawn: what lies beyond its axis leaves it."""

from __future__ import annotations

import math

import pytest

from reportgen.figures.effects_at_values import effect_at_values_sheets
from reportgen.figures.forest import forest_sheets
from reportgen.figures.forest_by_trial import forest_by_trial_sheets
from reportgen.figures.interaction_by_trial import interaction_by_trial_sheets
from reportgen.figures.interactions import interaction_sheets
from reportgen.figures.limited import LEAVES
from reportgen.figures.sheet import Shape, Sheet, Stroke
from reportgen.figures.subgroups import forest_sheets as subgroup_sheets
from reportgen.figures.subgroups import tree_sheets
from reportgen.figures.trajectory import trajectory_sheet
from reportgen.records.effect_scale import EffectScale
from tests.unit.figures import screens, searches, test_trajectory
from tests.unit.figures.boxes import text_boxes
from tests.unit.figures.build import effect, settings
from tests.unit.figures.ratios import ODDS, RecordT, ratios
from tests.unit.figures.test_effects_at_values import levelled
from tests.unit.figures.test_interaction_by_trial import pain

MEANS = EffectScale("mean difference", "mean difference", "mean differences", "identity", "higher")


def sheets(scale: EffectScale, factor: float) -> list[Sheet]:
    """Return every figure of effects, each of them times a factor."""

    def times(record: RecordT) -> RecordT:
        return ratios(record, scale, factor)

    several = [times(item) for item in screens.several()]
    search = times(searches.search())
    peeling = times(test_trajectory.CASES["usual"])
    return [
        *forest_sheets([times(effect("relapse", f"v{k}")) for k in range(3)], settings(), name="a"),
        *forest_by_trial_sheets(times(effect("relapse", "short", by_trial=5)), settings(), name="b"),
        *interaction_sheets(several, screens.settings(), name="c"),
        *interaction_by_trial_sheets(times(pain()), (), screens.settings(), name="d"),
        *effect_at_values_sheets([times(levelled())], (), screens.settings(), name="e"),
        *tree_sheets(search, searches.settings(), name="f"),
        *subgroup_sheets([search], searches.settings(), name="g"),
        trajectory_sheet(peeling, test_trajectory.SIZES, test_trajectory.settings(), name="h"),
    ]


def places(sheet: Sheet) -> list[float]:
    found: list[float] = []
    for mark in sheet.marks:
        if isinstance(mark, Stroke):
            found += [mark.x, mark.y, mark.x_end, mark.y_end]
        if isinstance(mark, Shape):
            found += [place for corner in mark.corners for place in corner]
    return found


@pytest.mark.parametrize("factor", [1e-300, 1e-15, 1e3, 1e9, 1e300])
@pytest.mark.parametrize("scale", [ODDS, MEANS], ids=["ratios", "differences"])
def test_every_figure_is_drawn(scale: EffectScale, factor: float) -> None:
    for sheet in sheets(scale, factor):
        assert all(map(math.isfinite, places(sheet)))


def test_an_interval_of_a_thousand_logarithms_leaves_an_axis_that_stays_legible() -> None:
    wide = [ratios(effect("relapse", f"v{k}", 0.001, 1e5)) for k in range(3)]
    (sheet,) = forest_sheets(wide, settings(), name="a")
    said = " ".join(text for text, _ in text_boxes(sheet))
    assert LEAVES.strip() in said.replace("\u00a0", " ")
    assert "10000" in said
    assert sum(isinstance(mark, Shape) and mark.kind == "arrowhead" for mark in sheet.marks) >= 6
