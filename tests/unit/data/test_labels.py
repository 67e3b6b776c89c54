"""What a file's own labels say against the mapping, and what they say beside bare numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest

from tests.unit.data.workshop import ARMS, covariate, lines, measured, only_problem, problems, read, study, table

pytestmark = pytest.mark.sampled(4)

PEOPLE = {"id": [1.0, 2, 3, 4], "arm": [1.0, 2, 1, 2]}


def spss(folder: Path, labels: dict[str, dict[Any, str]], **columns: list[Any]) -> None:
    pyreadstat.write_sav(pd.DataFrame({**PEOPLE, **columns}), folder / "a.sav", variable_value_labels=labels)


def mapped(folder: Path, variables: str, arms: str = ARMS, data: str = "", trial: str = "A") -> Path:
    text = f"trial: {trial}\ndata: {{file: a.sav, participant: id{data}}}\n{arms}\nvariables: {{{variables}}}"
    return study(folder, a=text)


# Labels against the mapping


@pytest.mark.parametrize(
    "words",
    [
        ("Female", "Male"),
        ("w", "m"),
        ("Kvinner", "Menn"),
        ("1 = female", "2 = male"),
        ("fem", "mal"),
        ("Female at birth", "Male at birth"),
        ("F/Female", "M/Male"),
        ("She", "He"),
        ("male female", ""),
    ],
)
def test_a_label_that_is_the_level_of_another_code(words: tuple[str, str], tmp_path: Path) -> None:
    spss(tmp_path, {"x": {1: words[0], 2: words[1]} if words[1] else {1: "Female"}}, x=[1.0, 2, 1, 2])
    wrong, right = "sex: {column: x, codes: {1: male, 2: female}", "sex: {column: x, codes: {1: female, 2: male}}"
    found = only_problem(mapped(tmp_path, f"{wrong}}}"))
    assert found.message.startswith("the file's labels contradict the mapping: 1 is '")
    assert found.hint == "Correct the codes; if the mapping is right, write `labels: ignore` beside them."
    assert covariate(read(mapped(tmp_path, right)), "sex") == ["female", "male", "female", "male"]
    ignored = read(mapped(tmp_path, f"{wrong}, labels: ignore}}"))
    assert covariate(ignored, "sex") == ["male", "female", "male", "female"]


@pytest.mark.parametrize(
    ("rule", "labels"),
    [
        ("anxiety: {column: x, codes: {1: low, 2: high}}", ("Mild", "Severe")),
        ("anxiety: {column: x, codes: {1: moderate, 2: moderate}}", ("Moderate", "High")),
        ("anxiety: {column: x, codes: {1: low, 2: high}}", ("M", "V")),
        ("sex: {column: x, codes: {1: male, 2: female}}", ("Hombre", "Mujer")),
        ("sex: {column: x, codes: {1: female, 2: male}}", ("M", "H")),
    ],
)
def test_other_wording_is_no_contradiction(rule: str, labels: tuple[str, str], tmp_path: Path) -> None:
    spss(tmp_path, {"x": {1: labels[0], 2: labels[1]}}, x=[1.0, 2, 1, 2])
    if labels[1] == "High":
        assert "contradict" in only_problem(mapped(tmp_path, rule.replace("2: moderate", "2: low, 3: high"))).message
    else:
        read(mapped(tmp_path, rule))


@pytest.mark.parametrize(
    ("labels", "wrong"),
    [
        (("Control", "Intervention"), True), (("usual care", "gym"), True), (("Kontrollgruppe", "Trainingsgruppe"), True),
        (("Placebo", "Verum"), True), (("KG", "IG"), True), (("UC", "Pilates"), True), (("20 kg", "10 kg"), False),
        (("Контрольная группа", "Основная группа"), True), (("対照群", "介入群"), True), (("IG", "KG"), False),
        (("gym", "GP"), False), (("A", "B"), False), (("Treatment A", "Treatment B"), False),
        (("Intervention", "Control"), False), (("exercise + advice", "advice"), False),
    ],
)  # fmt: skip
def test_arms_whose_labels_say_the_other_thing(labels: tuple[str, str], wrong: bool, tmp_path: Path) -> None:
    spss(tmp_path, {"arm": dict(enumerate(labels, 1))}, age=[30.0, 40, 50, 60])
    if not wrong:
        read(mapped(tmp_path, "age: age"))
        return
    found = only_problem(mapped(tmp_path, "age: age"))
    assert found.message.startswith("the file's labels contradict the mapping: 1 is '")
    assert read(mapped(tmp_path, "age: age", arms=ARMS.replace("column: arm", "column: arm, labels: ignore")))


def test_a_text_code_is_its_own_label(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", "id,arm,x\n1,control,Female\n2,active,Male")
    arms = "arms: {column: arm, codes: {control: {class: exercise, name: active}, active: {class: usual care}}}"
    text = f"trial: A\ndata: {{file: a.csv, participant: id}}\n{arms}\nvariables: {{sex: {{column: x, codes: {{Female: male, Male: female}}}}}}"
    found = problems(study(tmp_path, a=text))
    assert [item.where.split(",")[1] for item in found] == [" column 'arm'", " column 'x'"]
    assert all(item.message.startswith("the codes contradict the mapping: ") for item in found)


def test_a_visit_whose_label_is_another_time(tmp_path: Path) -> None:
    rows = {"id": [1.0, 1, 2, 2], "arm": [1.0, 1, 2, 2], "tp": [1.0, 2, 1, 2], "v": [5.0, 6, 7, 8]}
    pyreadstat.write_sav(
        pd.DataFrame(rows), tmp_path / "a.sav", variable_value_labels={"tp": {1: "3 maanden", 2: "Voormeting"}}
    )
    data = ", layout: long, visit: {{column: tp, codes: {{1: {}, 2: {}}}{}}}"
    found = only_problem(mapped(tmp_path, "VAS: v", data=data.format("baseline", "12 weeks", "")))
    assert found.message == (
        "the file's labels contradict the mapping: 1 is '3 maanden' in the file and 'baseline' in the mapping,"
        " 2 is 'Voormeting' in the file and '12 weeks' in the mapping"
    )
    assert read(mapped(tmp_path, "VAS: v", data=data.format("baseline", "12 weeks", ", labels: ignore")))
    assert measured(read(mapped(tmp_path, "VAS: v", data=data.format("12 weeks", "baseline", ""))), "VAS", "baseline")


@pytest.mark.parametrize(
    ("labels", "wrong"),
    [
        (("T0 (baseline)", "T1 (12 weeks)"), False), (("T1 (12 weeks)", "T0 (baseline)"), True),
        (("Baseline", "6M FU"), True), (("Baseline", "3 mdr"), False), (("BL", "six months"), True),
        (("V1: day 0", "V2: three months"), False), (("M0", "M1"), False), (("W1", "W2"), False),
        (("pre", "3 months (6 after therapy)"), False),
    ],
)  # fmt: skip
def test_times_in_the_words_of_visits(labels: tuple[str, str], wrong: bool, tmp_path: Path) -> None:
    rows = {"id": [1.0, 1, 2, 2], "arm": [1.0, 1, 2, 2], "tp": [1.0, 2, 1, 2], "v": [5.0, 6, 7, 8]}
    pyreadstat.write_sav(
        pd.DataFrame(rows), tmp_path / "a.sav", variable_value_labels={"tp": dict(enumerate(labels, 1))}
    )
    folder = mapped(tmp_path, "VAS: v", data=", layout: long, visit: {column: tp, codes: {1: baseline, 2: 3 months}}")
    assert "contradict" in only_problem(folder).message if wrong else read(folder)


@pytest.mark.parametrize(
    ("labels", "names", "wrong"),
    [
        (("South hospital", "The North trial (2012)"), ("North", "South"), True),
        (("North hospital", "South hospital"), ("North", "South"), False),
        (("Oslo W", "Oslo"), ("Oslo West", "Oslo"), False),
        (("Northampton", "Southampton"), ("South", "North"), False),
        (("Centre B", "Centre A"), ("Alta", "Bodø"), False),
    ],
)
def test_names_of_other_trials_within_labels(
    labels: tuple[str, str], names: tuple[str, str], wrong: bool, tmp_path: Path
) -> None:
    spss(tmp_path, {"site": dict(enumerate(labels, 1))}, site=[1.0, 1, 2, 2], age=[30.0, 40, 50, 60])
    folder = mapped(tmp_path, "age: age", trial=f"{{column: site, codes: {{1: {names[0]}, 2: {names[1]}}}}}")
    assert "contradict" in only_problem(folder).message if wrong else len(read(folder).trials) == 2


def test_a_flag_whose_answer_is_labelled_as_no_by_the_name_of_what_is_asked(tmp_path: Path) -> None:
    folder = mapped(tmp_path, 'smoker: {flags: {"yes": {column: x, equals: 1}}, otherwise: "no"}')
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    text = text.replace("  age: {unit", '  smoker: {levels: ["yes", "no"]}\n  age: {unit', 1)
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    spss(tmp_path, {"x": {0: "Smoker", 1: "Non-smoker"}}, x=[1.0, 0, 1, 0])
    assert "1 is 'Non-smoker' in the file and 'yes' in the mapping" in only_problem(folder).message
    spss(tmp_path, {"x": {1: "Smoker", 0: "Non-smoker"}}, x=[1.0, 0, 1, 0])
    assert covariate(read(folder), "smoker") == ["yes", "no", "yes", "no"]


@pytest.mark.parametrize(
    ("name", "labels", "wrong"),
    [
        ("smoker", ("smoker", "non-smoker"), True), ("smoker", ("never smoker", "smoker"), False),
        ("diabetes", ("Diabetes", "No diabetes"), True), ("Raucher", ("Raucher", "Nichtraucher"), True),
        ("smoker", ("Yes, daily", "No, never"), True), ("abstinent", ("Never drinks", "Never"), False),
        ("sick_listed", ("Working", "Not working"), False), ("abstinent", ("sometimes", "never"), False),
    ],
)  # fmt: skip
def test_yes_and_no_by_the_name_of_what_is_asked(
    name: str, labels: tuple[str, str], wrong: bool, tmp_path: Path
) -> None:
    spss(tmp_path, {"x": dict(enumerate(labels, 1))}, x=[1.0, 2, 1, 2])
    folder = mapped(tmp_path, f'{name}: {{column: x, codes: {{1: "no", 2: "yes"}}}}')
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    text = text.replace("  age: {unit", f'  {name}: {{levels: ["yes", "no"]}}\n  age: {{unit', 1)
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    if wrong:
        assert "contradict" in only_problem(folder).message
    else:
        assert covariate(read(folder), name) == ["no", "yes", "no", "yes"]


def test_trials_whose_labels_are_crossed(tmp_path: Path) -> None:
    spss(tmp_path, {"site": {1: "Bergen", 2: "Oslo"}}, site=[1.0, 1, 2, 2], age=[30.0, 40, 50, 60])
    trial = "{{column: site, codes: {{1: {}, 2: {}}}{}}}"
    found = only_problem(mapped(tmp_path, "age: age", trial=trial.format("Oslo", "Bergen", "")))
    assert "1 is 'Bergen' in the file and 'Oslo' in the mapping" in found.message
    assert read(mapped(tmp_path, "age: age", trial=trial.format("Oslo", "Bergen", ", labels: ignore")))
    assert read(mapped(tmp_path, "age: age", trial=trial.format("Bergen", "Oslo", "")))


def test_two_codes_with_one_label_are_one_trial_only_if_the_mapping_says_so(tmp_path: Path) -> None:
    spss(tmp_path, {"site": {1: "Oslo", 2: "Oslo"}}, site=[1.0, 1, 2, 2], age=[30.0, 40, 50, 60])
    found = only_problem(mapped(tmp_path, "age: age", trial="{column: site}"))
    assert found.message == "1 ('Oslo'), 2 ('Oslo') have one label, and may be two trials"
    by_label = only_problem(mapped(tmp_path, "age: age", trial="{column: site, codes: {Oslo: Oslo}}"))
    assert by_label.message == "the label 'Oslo' belongs to several codes of the file: 1, 2"
    apart = only_problem(mapped(tmp_path, "age: age", trial="{column: site, codes: {1: Oslo A, 2: Oslo B}}"))
    assert apart.message == "1 ('Oslo'), 2 ('Oslo') have one label, and are 2 trials: Oslo A, Oslo B"
    one = read(mapped(tmp_path, "age: age", trial="{column: site, codes: {1: Oslo, 2: Oslo}}"))
    assert [(trial.name, trial.n) for trial in one.trials] == [("Oslo", 4)]


def test_a_level_named_by_a_label_of_two_codes(tmp_path: Path) -> None:
    spss(tmp_path, {"x": {1: "Man", 2: "Woman", 3: "Woman"}}, x=[1.0, 2, 3, 1])
    found = only_problem(mapped(tmp_path, "sex: {column: x, codes: {Man: male, Woman: female}}"))
    assert (found.message, found.where) == (
        "the label 'Woman' belongs to several codes of the file: 2, 3",
        "a.sav, column 'x', rows 2, 3",
    )
    assert read(mapped(tmp_path, "sex: {column: x, codes: {1: male, 2: female, 3: female}}"))


def test_flags_and_items_whose_answer_is_labelled_as_another(tmp_path: Path) -> None:
    spss(tmp_path, {"x": {1: "Female", 2: "Male"}, "y": {1: "No", 2: "Yes"}}, x=[1.0, 2, 1, 2], y=[1.0, 2, 1, 2])
    flags = "sex: {{flags: {{male: {{column: x, equals: 1}}}}, otherwise: female{}}}"
    assert "contradict the mapping" in only_problem(mapped(tmp_path, flags.format(""))).message
    assert read(mapped(tmp_path, flags.format(", labels: ignore")))
    items = "anxiety: {{items: [y], yes: {}, cut: {{low: up to 0, high: above 0}}}}"
    found = only_problem(mapped(tmp_path, items.format(1)))
    assert "1 is 'No' in the file and 'yes' in the mapping" in found.message
    assert covariate(read(mapped(tmp_path, items.format(2))), "anxiety") == ["low", "high", "low", "high"]


# A label among numbers without


@pytest.mark.parametrize("code", [99.0, -1.0, 50.0])
def test_a_labelled_number_among_others_is_not_read(code: float, tmp_path: Path) -> None:
    spss(tmp_path, {"x": {code: "Ei osaa sanoa"}}, x=[10.0, code, 20, code])
    rule = "weight: {column: x, plus: 40"
    found = only_problem(mapped(tmp_path, f"{rule}}}"))
    shown = str(int(code)).replace("-", "−")
    assert found.message == (
        f"a labelled number among unlabelled ones: {shown} ('Ei osaa sanoa', n = 2), which would be read as a number"
    )
    assert found.where == "a.sav, column 'x', rows 2, 4"
    assert f"`missing: [{int(code)}]`" in found.hint
    assert covariate(read(mapped(tmp_path, f"{rule}, missing: {int(code)}}}")), "weight") == [50, None, 60, None]
    assert covariate(read(mapped(tmp_path, f"{rule}, labels: values}}")), "weight")[1] == code + 40


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        ({0: "no pain", 100: "worst pain"}, [0.0, 20, 50, 100]),
        ({0: "no pain", 50: "so so", 100: "worst pain"}, [0.0, 20, 50, 100]),
        ({0: "none", 1: "a bit", 2: "much"}, [0.0, 1, 2, 1]),
        ({1: "yes"}, [0.0, 1, 1, 0]),
        ({99: "never met"}, [0.0, 1, 1, 0]),
    ],
)
def test_anchors_and_columns_of_labels_are_read(labels: dict[int, str], values: list[float], tmp_path: Path) -> None:
    spss(tmp_path, {"x": labels}, x=values)
    found = read(mapped(tmp_path, "VAS: {column: {baseline: x}}"))
    assert list(measured(found, "VAS", "baseline").values()) == values


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("from_range: [0, 10]", [0.0, 3, 5, 10]),
        ("times: 10", [0.0, 3, 5, 10]),
        ("times: -10, plus: 100", [0.0, 3, 5, 10]),
    ],
)
def test_anchors_are_those_of_the_file(rule: str, values: list[float], tmp_path: Path) -> None:
    spss(tmp_path, {"x": {0: "no pain", 5: "so so", 10: "worst pain"}}, x=values)
    assert read(mapped(tmp_path, f"VAS: {{column: {{baseline: x}}, {rule}}}"))
    spss(tmp_path, {"x": {0: "no pain", 7: "bad", 10: "worst pain"}}, x=[0.0, 7, 5, 10])
    assert "7 ('bad', n = 1)" in only_problem(mapped(tmp_path, f"VAS: {{column: {{baseline: x}}, {rule}}}")).message


def test_labels_that_are_numbers_say_nothing(tmp_path: Path) -> None:
    scale = {0: "no pain", **{i: str(i) for i in range(1, 10)}, 10: "worst pain"}
    spss(tmp_path, {"x": scale}, x=[0.0, 3, 3.5, 10])
    rule = "VAS: {column: {baseline: x}, times: 10}"
    assert list(measured(read(mapped(tmp_path, rule)), "VAS", "baseline").values()) == [0, 30, 35, 100]
    spss(tmp_path, {"x": {99: "99"}}, x=[30.0, 99, 40, 50])
    assert "99 ('99', n = 1)" in only_problem(mapped(tmp_path, "age: x")).message


def test_the_ends_of_an_answer_follow_from_the_range_of_the_score(tmp_path: Path) -> None:
    names = [f"q_b{i}" for i in range(1, 5)]
    arms = f"{ARMS}\nvisits: {{b: baseline}}"
    answers = {name: [0.0, 25, 12, 8] for name in names}
    spss(tmp_path, {name: {0: "never", 25: "always"} for name in names}, **answers)
    rule = 'VAS: {items: "q_{visit}{1-4}", score: sum}'
    assert list(measured(read(mapped(tmp_path, rule, arms)), "VAS", "baseline").values()) == [0, 100, 48, 32]
    spss(tmp_path, {name: {0: "never", 24: "refused"} for name in names}, **{**answers, "q_b2": [0.0, 24, 12, 8]})
    assert "24 ('refused', n = 1)" in only_problem(mapped(tmp_path, rule, arms)).message


@pytest.mark.parametrize("labels", [{100: "refused"}, {100: "keine Ahnung"}, {0: "nicht gefragt"}])
def test_one_end_alone_is_no_anchor(labels: dict[int, str], tmp_path: Path) -> None:
    spss(tmp_path, {"x": labels}, x=[0.0, 20, 40, 100])
    assert "a labelled number among" in only_problem(mapped(tmp_path, "VAS: {column: {baseline: x}}")).message


def test_codes_that_the_file_declares_missing_need_no_word(tmp_path: Path) -> None:
    frame = pd.DataFrame({**PEOPLE, "x": [30.0, 99, 40, 50]})
    pyreadstat.write_sav(
        frame, tmp_path / "a.sav", variable_value_labels={"x": {99: "Unbekannt"}}, missing_ranges={"x": [99]}
    )
    assert covariate(read(mapped(tmp_path, "age: x")), "age") == [30, None, 40, 50]


def test_items_with_one_labelled_answer_are_told_once(tmp_path: Path) -> None:
    spss(tmp_path, {"x1": {7: "weet niet"}, "x2": {7: "weet niet"}}, x1=[0.0, 1, 7, 1], x2=[1.0, 7, 7, 0])
    rule = "anxiety: {items: [x1, x2], cut: {low: up to 5, high: above 5}"
    found = only_problem(mapped(tmp_path, f"{rule}}}"))
    assert found.message.startswith("a labelled number among unlabelled ones: 7 ('weet niet', n = 3)")
    assert read(mapped(tmp_path, f"{rule}, missing: 7}}"))


@pytest.mark.parametrize(
    ("rule", "data"),
    [
        ("anxiety: {flags: {high: x}, otherwise: low}", ""),
        ("anxiety: {items: [x], yes: 1, cut: {low: up to 0, high: above 0}}", ""),
        ("age: {column: id, plus: 20}", ", keep: {column: x, equals: 1}"),
        ("age: {column: id, plus: 20}", ", keep: {column: x, present: true}"),
    ],
)
def test_a_label_beside_a_bare_yes_and_no(rule: str, data: str, tmp_path: Path) -> None:
    spss(tmp_path, {"x": {3: "Vet ej"}}, x=[1.0, 1, 3, 0])
    found = only_problem(mapped(tmp_path, rule, data=data))
    assert found.message.startswith(
        "a labelled value among unlabelled ones: 3 ('Vet ej', n = 1), which would count as "
    )
    assert "`missing: [3]`" in found.hint and "`labels: values`" in found.hint
    assert read(mapped(tmp_path, rule, data=f"{data}, missing: 3"))
    values = (
        rule.replace("x,", "x, labels: values,") if data else rule.replace("{high: x}", "{high: x}, labels: values")
    )
    values = values.replace("yes: 1", "yes: 1, labels: values")
    assert read(mapped(tmp_path, values if not data else rule, data=data.replace("x,", "x, labels: values,")))


def test_a_labelled_trial_among_bare_numbers(tmp_path: Path) -> None:
    spss(tmp_path, {"site": {9: "nicht randomisiert"}}, site=[1.0, 1, 9, 2], age=[30.0, 40, 50, 60])
    found = problems(mapped(tmp_path, "age: age", trial="{column: site}"))
    assert found[0].message == (
        "a labelled value among unlabelled ones: 9 ('nicht randomisiert', n = 1), which would be a trial"
    )
    assert len(read(mapped(tmp_path, "age: age", trial="{column: site, labels: values}")).trials) == 3


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("age: {column: age, labels: ignore}", "`labels: ignore` requires `codes`, `flags` or `yes`"),
        ("sex: {column: age, codes: {1: male}, labels: values}", "`labels: values` cannot be combined with `codes`"),
        ("sex: {column: age, labels: values}", "`labels: values` does not apply to a covariate with levels"),
        ("VAS: {items: [age], no: 2}", "`no` requires `yes`"),
    ],
)
def test_a_word_about_labels_that_would_do_nothing_is_told(rule: str, told: str, tmp_path: Path) -> None:
    from reportgen.errors import SpecError
    from reportgen.spec.load import load_study

    with pytest.raises(SpecError) as raised:
        load_study(mapped(tmp_path, rule))
    assert told in str(raised.value.problems[0])


def test_labels_say_nothing_of_what_is_left_out_or_missing(tmp_path: Path) -> None:
    spss(tmp_path, {"arm": {1: "gym", 2: "control", 3: "usual care"}}, arm=[1.0, 2, 3, 1], age=[30.0, 40, 50, 60])
    arms = ARMS.replace("2: {class: usual care}", "2: {class: usual care}, 3: {leave_out: crossed over}")
    found = read(mapped(tmp_path, "age: age", arms=arms))
    assert ("arm", "3: crossed over → left out", 1) in lines(found, "left-out")


@pytest.mark.parametrize("asked", ["yes", "ja", "Ja"])
def test_an_answer_may_be_asked_for_by_a_label_in_another_language(asked: str, tmp_path: Path) -> None:
    rule = f"anxiety: {{flags: {{high: {{column: x, equals: {asked}}}}}, otherwise: low}}"
    spss(tmp_path, {"x": {1: "Ja", 2: "Nein"}}, x=[1.0, 2, 1, 2])
    assert covariate(read(mapped(tmp_path, rule)), "anxiety") == ["high", "low", "high", "low"]
    spss(tmp_path, {"x": {1: "Ja", 2: "Nein", 3: "weiß nicht"}}, x=[1.0, 2, 3, 2])
    assert "3 ('weiß nicht')" in only_problem(mapped(tmp_path, rule)).message


def test_what_was_settled_is_in_the_lock(tmp_path: Path) -> None:
    from reportgen.spec.load import load_study
    from reportgen.spec.lock import json_schema, locked

    spss(tmp_path, {}, x=[1.0, 2, 1, 2])
    arms = ARMS.replace("column: arm", "column: arm, labels: ignore")
    text = locked(load_study(mapped(tmp_path, "weight: {column: x, labels: values}", arms=arms)))
    assert "labels: ignore" in text and "labels: values" in text and "answers: []" in text
    schema = json_schema("mapping")
    assert all(f'"{word}"' in schema for word in ("labels", "ignore", "values", "answers", "no"))
