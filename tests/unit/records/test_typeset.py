"""Numbers and words as each house style sets them: only texts change, and only those that are not quoted from data."""

from __future__ import annotations

import pytest

from reportgen.houses import HOUSES, PLAIN, VERSUS
from reportgen.records.artefact import Column, Drawing, Group, Row, Table
from reportgen.records.numbers import Inline, Number, Value, plain
from reportgen.records.printed import Figures, text_of
from reportgen.records.typeset import set_inline, typeset

LOW, HIGH, BELOW = Number("a.low", 1.2, "1.2"), Number("a.high", 3.4, "3.4"), Number("a.below", -0.5, "−0.5")
P, TINY = Number("a.p", 0.03, "0.030", measure="p"), Number("a.q-p", 1e-9, "<0.001", measure="p")
SENTENCE: Inline = (
    "Effect (",
    LOW,
    " to ",
    HIGH,
    "; p\u00a0",
    TINY,
    "; p ",
    "= ",
    P,
    "; n\u00a0=\u00a0",
    Number("n", 9, "9"),
    ")",
)


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("plain", "Effect (1.2 to 3.4; p\u00a0<0.001; p = 0.030; n\u00a0=\u00a09)"),
        ("bmj", "Effect (1.2 to 3.4; P<0.001; P=0.030; n=9)"),
        ("lancet", "Effect (1·2–3·4; p<0·001; p=0·030; n=9)"),
        ("jama", "Effect (1.2-3.4; P\u00a0<.001; P = .030; n\u00a0=\u00a09)"),
        ("nature", "Effect (1.2–3.4; P\u00a0<0.001; P = 0.030; n\u00a0=\u00a09)"),
        ("bmc", "Effect (1.2 to 3.4; p\u00a0<0.001; p = 0.030; n\u00a0=\u00a09)"),
    ],
)
def test_a_sentence_in_each_style(style: str, text: str) -> None:
    assert plain(set_inline(SENTENCE, HOUSES[style])) == text


@pytest.mark.parametrize("house", HOUSES.values(), ids=list(HOUSES))
def test_a_negative_end_is_never_beside_a_dash(house: object) -> None:
    assert " to " in plain(set_inline((BELOW, " to ", HIGH), HOUSES[house.name]))  # type: ignore[attr-defined]


def test_a_dash_never_follows_from() -> None:
    assert plain(set_inline(("from ", LOW, " to ", HIGH), HOUSES["lancet"])) == "from 1·2 to 3·4"
    assert plain(set_inline((LOW, "%", " to ", HIGH, "%"), HOUSES["lancet"])) == "1·2%–3·4%"


@pytest.mark.parametrize(
    ("style", "texts"),
    [
        ("plain", ["0.034", "0.0041", "<0.001", "0.0496", ">0.99"]),
        ("bmj", ["0.034", "0.0041", "<0.001", "0.0496", ">0.99"]),
        ("lancet", ["0.034", "0.0041", "0.00050", "0.0496", ">0.99"]),
        ("jama", ["0.03", "0.004", "<0.001", "0.0496", ">0.99"]),
        ("nature", ["0.034", "0.0041", "<0.001", "0.0496", ">0.99"]),
        ("bmc", ["0.034", "0.0041", "<0.001", "0.0496", ">0.99"]),
    ],
)
def test_p_values_are_rounded_by_the_rules_of_the_house(style: str, texts: list[str]) -> None:
    figures = Figures({"p": 2}, house=HOUSES[style])
    values = (0.0341, 0.0041, 0.0005, 0.04961, 0.995)
    assert [text_of(Value("a.p", value, measure="p", clear=(0.05,)), figures) for value in values] == texts


def test_a_p_value_of_which_digits_alone_were_released_has_no_more_in_any_style() -> None:
    released = Value("a.p", 0.0005, measure="p", clear=(0.05,), reason="printed digits only")
    assert {text_of(released, Figures({"p": 2}, house=house)) for house in HOUSES.values()} == {"<0.001"}


@pytest.mark.parametrize(
    ("style", "title"),
    [
        ("plain", "Yoga versus rest"),
        ("bmj", "Yoga v rest"),
        ("lancet", "Yoga vs rest"),
        ("jama", "Yoga vs rest"),
        ("nature", "Yoga versus rest"),
        ("bmc", "Yoga versus rest"),
    ],
)
def test_comparisons_are_called_as_the_house_calls_them(style: str, title: str) -> None:
    quoted = Number("t", None, "Yoga versus rest", kind="quotation")
    assert plain(set_inline((quoted,), HOUSES[style])) == title
    assert plain(set_inline((quoted,), HOUSES[style], titles=False)) == "Yoga versus rest"


@pytest.mark.parametrize(
    ("style", "words"), [("plain", "v"), ("bmj", "v"), ("jama", "vs"), ("nature", "versus"), ("bmc", "v")]
)
def test_levels_are_compared_as_the_house_compares(style: str, words: str) -> None:
    one, other = (Number(level, None, level, kind="quotation") for level in ("male", "female"))
    assert plain(set_inline((one, VERSUS, other), HOUSES[style])) == f"male {words} female"


def test_a_quotation_keeps_its_digits_and_letters() -> None:
    quoted = Number("version", None, "p 1.2.3 = 0.4", kind="quotation")
    assert plain(set_inline((quoted,), HOUSES["lancet"])) == "p 1.2.3 = 0.4"


def test_a_table_is_set_whole_and_keeps_ids_and_values() -> None:
    table = Table(
        (Column(("p",)), Column(("Effect",))), (Group((Row(("Age",), ((P,), (LOW, " to ", HIGH))),)),), (SENTENCE,)
    )
    found = typeset(table, HOUSES["nature"])
    assert plain(found.columns[0].head) == "P"
    assert [plain(cell) for cell in found.groups[0].rows[0].cells] == ["0.030", "1.2–3.4"]
    low = found.groups[0].rows[0].cells[1][0]
    assert isinstance(low, Number) and (low.id, low.value) == ("a.low", 1.2)
    assert typeset(table, PLAIN) is table


def test_of_a_drawing_only_its_words_are_set() -> None:
    drawing = Drawing("fig1", "<svg>1.2 to 3.4</svg>", 1.0, 1.0, (LOW, " to ", HIGH), (LOW,))
    found = typeset(drawing, HOUSES["lancet"])
    assert (found.svg, plain(found.alt), found.printed) == (drawing.svg, "1·2–3·4", (LOW,))
