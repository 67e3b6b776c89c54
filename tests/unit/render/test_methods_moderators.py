"""The methods of a screening in prose: what the effects of treatment are read at."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.analyses.moderators import analyse
from reportgen.pipeline import read
from reportgen.records.numbers import plain
from reportgen.render.methods_moderators import screening_methods
from reportgen.spec.study import Moderators
from tests.screened_study import write_screened


@pytest.mark.parametrize(
    ("percentiles", "said"),
    [
        ([25, 75], "Quantities are read at the 25th, 75th percentile of the people analysed, levels one by one."),
        ([], "It is read for levels alone, one by one."),
    ],
)
def test_the_values_at_which_effects_are_read(tmp_path: Path, percentiles: list[float], said: str) -> None:
    spec, repository = read(write_screened(tmp_path / "s", percentiles=percentiles, moderators=["age", "sex"]))
    node = spec.study.analyses["screening"]
    assert isinstance(node, Moderators)
    *_, last = screening_methods(analyse("screening", node, repository, spec.study))
    assert plain(last).endswith(said)
