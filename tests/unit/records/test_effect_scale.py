"""One module knows what an effect measures, and one how a logarithm becomes a ratio."""

from __future__ import annotations

import ast
import io
import math
import tokenize
from pathlib import Path
from typing import TypeGuard

import pytest

import reportgen
from reportgen.records.effect_scale import MEAN_DIFFERENCE, EffectScale, directions, shared
from reportgen.records.numbers import Number
from reportgen.records.printed import reprinted
from tests.number_builder import NumberBuilder

PACKAGE = Path(reportgen.__file__).parent
ODDS = EffectScale("odds ratio", "odds ratio", "odds ratios", "log", "lower")
RISK_DIFFERENCE = EffectScale("risk difference", "risk difference", "risk differences", "identity", "lower")
BUILDER = NumberBuilder("p", "invented", {"effect": 2, "heterogeneity": 2}, link="log")


def strings(source: str) -> list[str]:
    """Return the texts of a module that are no docstrings."""
    tree = ast.parse(source)
    described = {id(node.value) for node in ast.walk(tree) if _is_text(node)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described
    ]


def _is_text(node: ast.AST) -> TypeGuard[ast.Expr]:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


STUDY_FILE = {("spec/outcomes.py", "mean difference")}  # the word behind `measure` of an outcome
WORDS = ("mean difference", "favours control", "favour the intervention")


@pytest.mark.slow
def test_the_measure_and_its_directions_stand_in_one_module() -> None:
    found = {
        (path.relative_to(PACKAGE).as_posix(), word)
        for path in PACKAGE.rglob("*.py")
        for text in strings(path.read_text(encoding="utf-8"))
        for word in WORDS
        if word in " ".join(text.lower().split())
    }
    assert found == {("records/effect_scale.py", word) for word in WORDS} | STUDY_FILE


def test_comments_do_not_say_it_either() -> None:
    for path in PACKAGE.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if path.name in ("effect_scale.py", "outcomes.py") or "mean difference" not in source.lower():
            continue
        comments = [
            t.string for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type == tokenize.COMMENT
        ]
        assert not any("mean difference" in comment.lower() for comment in comments), path


def test_templates_do_not_say_it() -> None:
    templates = [
        path for path in (PACKAGE.parent / "templates").rglob("*") if path.suffix in (".html", ".j2", ".js", ".md")
    ]
    assert templates
    assert not [path for path in templates if "mean difference" in path.read_text(encoding="utf-8").lower()]


def test_a_ratio_is_recorded_as_its_logarithm_and_printed_as_itself() -> None:
    number = BUILDER.fixed("effect", math.log(0.7), "effect")
    assert (number.value, number.text, number.kind) == (math.log(0.7), "0.70", "log")
    assert number.shown == pytest.approx(0.7)
    assert BUILDER.fixed("std error", 0.2, "heterogeneity") == Number(
        "p.std-error", 0.2, "0.20", source="invented", measure="heterogeneity"
    )
    assert BUILDER.fixed("effect", None, "effect", reason="no trial").kind == "number"


def test_the_end_of_an_interval_that_is_clear_of_one_is_printed_clear_of_it() -> None:
    low, high = BUILDER.bounds(math.log(0.5), math.log(0.9971), "effect")
    assert (low.text, high.text) == ("0.50", "0.997")
    across = BUILDER.bounds(math.log(0.5), math.log(1.003), "effect")
    assert across[1].text == "1.00"
    assert reprinted(high, 1, "fig1").text == "0.997"
    assert reprinted(low, 1, "fig1").text == "0.5"
    assert reprinted(across[1], 1, "fig1").text == "1.0"


def test_a_ratio_never_reads_as_none_at_all_nor_breaks_where_it_is_endless() -> None:
    assert BUILDER.fixed("effect", -6.0, "effect").text == "0.002"
    assert BUILDER.fixed("effect", -7.0, "effect").text == "<0.001"
    assert BUILDER.fixed("effect", 7.0, "effect").text == ">1000"
    assert reprinted(BUILDER.fixed("effect", -4.0, "effect"), 1, "fig1").text == "0.02"
    assert [end.text for end in BUILDER.bounds(0.5, 5000.0, "effect")] == ["1.65", ">1000"]


@pytest.mark.parametrize(
    ("scale", "null", "title", "direction", "contrast", "better"),
    [
        (MEAN_DIFFERENCE, 0.0, "Mean difference", "Positive effects favour the intervention", "difference", 0.1),
        (ODDS, 1.0, "Odds ratio", "Odds ratios below one favour the intervention", "ratio of odds ratios", -0.1),
        (
            RISK_DIFFERENCE,
            0.0,
            "Risk difference",
            "Negative risk differences favour the intervention",
            "difference",
            -0.1,
        ),
    ],
)
def test_words(scale: EffectScale, null: float, title: str, direction: str, contrast: str, better: float) -> None:
    assert (scale.null, scale.title, scale.direction, scale.contrast) == (null, title, direction, contrast)
    assert scale.favourable(better)
    assert not scale.favourable(-better)
    assert not scale.favourable(0.0)
    assert not scale.favourable(math.nan)
    assert scale.arrows[better > 0] == "favours intervention"
    assert scale.larger_arrows[better > 0] == "larger effect"


def test_effects_on_several_scales_are_called_effects() -> None:
    assert shared([ODDS, ODDS]) == ODDS
    assert shared([ODDS, MEAN_DIFFERENCE]).title == "Effect"
    assert shared([]) == MEAN_DIFFERENCE
    assert directions([MEAN_DIFFERENCE, ODDS, ODDS]) == (
        "Positive effects favour the intervention; odds ratios below one favour the intervention"
    )
