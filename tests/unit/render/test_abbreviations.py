"""Each table and figure spells out what is short in it: no more, no less, and once in the whole report."""

from __future__ import annotations

import pytest

from reportgen.records.artefact import Column, Drawing, Group, NumberedArtefact, Part, Row, Table
from reportgen.records.model import Glossary, GlossaryRow
from reportgen.records.numbers import Number, plain
from reportgen.render.abbreviations import (
    abbreviations_in,
    common_abbreviations,
    known_abbreviations,
    spelt_out,
    united,
)
from tests.unit.render.records_fixture import spec


def quote(name: str, text: str) -> Number:
    return Number(f"glossary.{name}", None, text, kind="quotation")


def scale(name: str, title: str, better: str = "lower") -> GlossaryRow:
    return GlossaryRow(
        quote(f"{name}.name", name),
        quote(f"{name}.title", title),
        quote(f"{name}.range", "0 to 24"),
        better,
        quote("unit", ""),
    )


SCALES = Glossary(
    (scale("RMDQ", "Roland Morris Disability Questionnaire"), scale("pain", "Pain intensity"), scale("VAS", "VAS"))
)


def artefact(*texts: str, drawn: str = "") -> NumberedArtefact:
    table = Table((Column(("Outcome",)), Column(("95% CI",))), (Group(tuple(Row((text,), ("",)) for text in texts)),))
    drawing = Drawing("fig", f"<svg><text>{drawn}</text></svg>", 1, 1, ("alt",))
    return NumberedArtefact(
        "t", "Table", "Table 1", ("Effects",), (Part("", (), (drawing,), table),), (("Of the author.",),)
    )


def test_what_is_printed_is_spelt_out_below_it() -> None:
    made = spelt_out(artefact("RMDQ", drawn="m = 3, I² &lt; 5%"), known_abbreviations(spec().study, SCALES))
    assert [plain(note) for note in made.notes] == [
        "Of the author.",
        "Abbreviations. CI: confidence interval; I²: percentage of variation between trials not due to chance; m: trials; "
        "RMDQ: Roland Morris Disability Questionnaire (0 to 24, lower = better).",
    ]


def test_a_scale_that_is_written_out_is_no_abbreviation() -> None:
    known = known_abbreviations(spec().study, SCALES)
    assert "RMDQ" in known and "pain" not in known and "VAS" not in known


def test_the_study_file_has_the_last_word() -> None:
    report = spec().study.report.model_copy(
        update={"abbreviations": {"CI": "credible interval", "GP": "general practitioner"}}
    )
    known = known_abbreviations(spec().study.model_copy(update={"report": report}), SCALES)
    assert [plain(long) for _, long in abbreviations_in(["GP care, 95% CI"], known)] == [
        "credible interval",
        "general practitioner",
    ]


@pytest.mark.parametrize("text", ["CIs", "Q-profile", "kg/m", "m²", "SDs of", "non-PI", "pm"])
def test_a_part_of_a_word_is_none(text: str) -> None:
    assert abbreviations_in([text], common_abbreviations()) == ()


def test_a_report_lists_each_once() -> None:
    known = common_abbreviations()
    pairs = [spelt_out(artefact(text), known).abbreviations for text in ("SD", "m", "SD and n")]
    assert [plain(short) for short, _ in united(pairs)] == ["CI", "m", "n", "SD"]


def test_nothing_short_needs_no_note() -> None:
    bare = NumberedArtefact("t", "Table", "Table 1", ("Trials",), (Part("", ()),))
    assert spelt_out(bare, common_abbreviations()) is bare
