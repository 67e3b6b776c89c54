"""Each table of the hand-made records, as text: heads, rows and notes in reading order."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Literal

import pytest

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.estimate import Estimate
from reportgen.records.model import MetaAnalysis, PooledEffect, TwoStageHeterogeneity
from reportgen.records.numbers import Number, plain
from reportgen.tables import (
    analysed,
    by_trial,
    descriptive,
    estimates,
    excluded_participants,
    glossary,
    included_trials,
    ledger,
    ledger_summary,
    model_status,
    outcome_measures,
)
from reportgen.tables.analysed import People, people_of
from reportgen.tables.effects import TOO_SURE
from reportgen.tables.phrases import explained
from tests.unit.figures.build import beyond_all
from tests.unit.render import records_fixture


def lines(table: Table) -> list[str]:
    out = [" | ".join(plain(column.head) for column in table.columns)]
    for group in table.groups:
        out += [f"[{plain(group.head)}]"] if group.head else []
        out += [" | ".join(plain(cell) for cell in (row.head, *row.cells)) for row in group.rows]
    return out + [plain(note) for note in table.footnotes]


def widths(table: Table) -> bool:
    return all(len(row.cells) == len(table.columns) - 1 for group in table.groups for row in group.rows)


def test_included_trials_run_from_the_largest_with_a_total() -> None:
    table = included_trials(records_fixture.included())
    text = lines(table)
    assert widths(table)
    assert text[0] == (
        "Trial | Country | Class of the arm | Arm | In\u00a0the arm | Included | In\u00a0the file | Publishedᵃ"
    )
    assert (
        text[1]
        == "MN | United States | periodontal therapy | scaling and root planing before 21 weeks | 118 | 230 | 230 | "
    )
    assert text[3].endswith("| 104 | 212 | 213 | 212")
    assert text[-2:] == ["All, 4 trials |  |  |  |  | 823 | 829 | ", "ᵃMichalowicz et al. 2006, table 1."]


def test_a_note_of_all_rows_stands_at_the_head_of_their_column_and_one_of_some_on_these() -> None:
    record = records_fixture.included()
    other = replace(record.trials[1].published_source or record.trials[1].trial, text="the authors")
    trials = (record.trials[0], replace(record.trials[1], published_source=other), *record.trials[2:])
    text = lines(included_trials(replace(record, trials=trials)))
    assert text[0].endswith("| Published")
    assert "ᵃ" in "".join(text[1:-3]) and "ᵇ" in "".join(text[1:-3])


def test_a_number_that_all_rows_lack_is_explained_at_its_head() -> None:
    def lacking(name: str) -> Row:
        none = [
            Number(f"{name}.{what}", None, "–", status="not estimable", reason="two trials, and three are needed")
            for what in "ab"
        ]
        return Row((name,), ((Number(f"{name}.n", 5, "5"),), (none[0],), (none[1],)))

    columns = (Column(("Row",), "left"), *(Column((head,), "decimal") for head in ("n", "low", "high")))
    all_rows = lines(explained(Table(columns, (Group((lacking("x"), lacking("y"))),))))
    assert all_rows[0] == "Row | n | lowᵃ | highᵃ"
    assert all_rows[1:] == ["x | 5 | – | –", "y | 5 | – | –", "ᵃNot estimable: two trials, and three are needed."]
    full = Row(("z",), tuple((Number(f"z.{what}", 1, "1"),) for what in "nab"))
    some = lines(explained(Table(columns, (Group((lacking("x"), lacking("y"), full)),))))
    assert some[:3] == ["Row | n | low | high", "x | 5 | –ᵃ | –", "y | 5 | –ᵃ | –"]
    alone = lines(explained(Table(columns, (Group((lacking("x"),)),))))
    assert alone[:2] == ["Row | n | low | high", "x | 5 | –ᵃ | –"]


def test_columns_that_no_trial_fills_are_left_out() -> None:
    record = records_fixture.included()
    bare = tuple(
        replace(row, country=replace(row.country, text=""), published=None, published_source=None)
        for row in record.trials
    )
    heads = [plain(column.head) for column in included_trials(replace(record, trials=bare)).columns]
    assert heads == ["Trial", "Class of the arm", "Arm", "In\u00a0the arm", "Included", "In\u00a0the file"]


def test_descriptive_gives_m_and_n_of_every_row() -> None:
    table = descriptive(records_fixture.descriptive())
    text = lines(table)
    assert widths(table)
    assert [plain(column.span) for column in table.columns[1:8:3]] == [
        "Control (m\u00a0=\u00a04, n\u00a0=\u00a0410)",
        "Intervention (m\u00a0=\u00a04, n\u00a0=\u00a0413)",
        "All (m\u00a0=\u00a04, n\u00a0=\u00a0823)ᵃ",
    ]
    assert text[1] == "Age, years, mean (SD) | 4 | 407 | 25.9 (5.2) | 4 | 410 | 26.0 (5.2) | 4 | 820 | 26.2 (5.2)"
    assert text[7] == "below 8 years |  |  | <5ᵇ |  |  | 9 (2.2) |  |  | 12 (1.5)"
    assert text[11:13] == [
        "ᵃNY has arms on one side of the comparison only.",
        "ᵇNot printed: too few participants to print.",
    ]


def test_estimates_carry_every_number_and_say_once_why_there_is_none() -> None:
    record = records_fixture.meta_analysis()
    table = estimates(record.results, record.settings)
    text = lines(table)
    assert widths(table)
    assert text[2] == (
        "Visit 3 | 4 | 350 | 350 | 0.25 (0.17 to 0.33) | 0.0044 | 0.004 | 0.09 to 0.41 | "
        "0.25 (0.18 to 0.31) | 0.26 (0.16 to 0.35) | 0.005 (0.000 to 0.084) | 4.850 (0.18) | 38.1% (0.0% to 79.3%) | converged"
    )
    assert text[12] == "Visit 5 | 1 | 45 | 47 | –ᵃ | – | – | – | – | – | – | – | – | not estimable"
    assert text[13] == "ᵃNot estimable: one trial, and two are needed."


def test_estimates_on_a_common_scale_have_their_factor() -> None:
    record = records_fixture.meta_analysis()
    table = estimates(record.results[4:5], record.settings, scale="0-100")
    assert [plain(column.head) for column in table.columns][4:6] == ["Factor", "Effect (95%\u00a0CI)"]
    assert " | 4 | 334 | 330 | 1.0000 | 5.3 (3.7 to 6.9) | " in lines(table)[1]


@pytest.mark.parametrize(("kind", "trials", "said"), [("binary", 7, False), ("binary", 8, True), ("binary", 14, True),
                                                      ("binary", 15, False), ("continuous", 8, False)])  # fmt: skip
def test_a_prediction_interval_of_events_is_said_to_be_too_narrow_where_simulations_say_so(
    kind: Literal["binary", "continuous"], trials: int, said: bool
) -> None:
    record = records_fixture.meta_analysis()
    first = record.results[0]
    effect = replace(first, kind=kind, trials=replace(first.trials, value=trials, text=str(trials)))
    notes = lines(estimates([effect], record.settings))
    assert (TOO_SURE in notes) == said
    assert TOO_SURE not in lines(estimates([effect], replace(record.settings, treatment_effect="common")))
    nothing = replace(first.heterogeneity.predicted_low, value=None)
    unpredicted = replace(effect, heterogeneity=replace(effect.heterogeneity, predicted_low=nothing))
    assert TOO_SURE not in lines(estimates([unpredicted], record.settings))


def test_an_outcome_with_one_follow_up_is_a_row_under_no_head_of_its_own() -> None:
    record = records_fixture.meta_analysis()
    effects = [effect for effect in record.results if effect.follow_up == "visit 5"]
    table = estimates(effects, record.settings)
    assert plain(table.columns[0].head) == "Outcome, Visit 5"
    assert [plain(group.head) for group in table.groups] == [""]
    assert [plain(row.head).partition(",")[0] for row in table.groups[0].rows] == [
        effect.outcome_label.text for effect in effects
    ]


def test_by_trial_ends_with_the_pooled_rows() -> None:
    record = records_fixture.meta_analysis()
    text = lines(by_trial(record.results[0], record.settings))
    assert [line.split(" | ")[0] for line in text[1:9]] == [
        "KY",
        "MN",
        "MS",
        "NY",
        "One-step model",
        "95% prediction interval",
        "Common effect",
        "Two-stage model",
    ]
    assert (
        "Variation between trials, of the two-stage model: τ² = 0.005 (0.000 to 0.084); Q = 4.850 (df = 3, p\u00a0=\u00a00.18); "
        "I² = 38.1% (0.0% to 79.3%); of the one-step model, τ² = 0.004."
    ) in text[11]


def alone(effect: PooledEffect) -> PooledEffect:
    """One trial's own effect, as records have it: neither checks nor variation between trials."""
    nothing = {
        field.name: replace(
            getattr(effect.two_stage_heterogeneity, field.name), value=None, text="–", reason="one trial"
        )
        for field in fields(effect.two_stage_heterogeneity)
    }
    dash = Estimate(*(replace(getattr(effect.common, f.name), value=None, text="–") for f in fields(Estimate)))
    return replace(
        effect,
        trials=replace(effect.trials, value=1, text="1"),
        common=dash,
        two_stage=dash,
        two_stage_heterogeneity=TwoStageHeterogeneity(**nothing),
        by_trial=effect.by_trial[:1],
    )


def test_one_trial_alone_has_neither_weight_nor_pooled_rows() -> None:
    record = records_fixture.meta_analysis()
    one = alone(record.results[0])
    text = lines(by_trial(one, record.settings))
    assert [line.split(" | ")[0] for line in text[:2]] == ["Trial", "KY"]
    assert "weight" not in text[0] and "model" not in " ".join(text)
    assert text[-1] == (
        "Positive effects favour the intervention. One trial: its own effect, by analysis of covariance; no pooling."
    )
    text = lines(estimates([one, record.results[1]], record.settings))
    assert text[2].endswith("one trial") and "(0.17 to 0.33)ᵃ" in text[2]
    assert "ᵃOne trial: its own effect, by analysis of covariance; no pooling." in text


def test_a_pooled_effect_outside_its_trials_says_why() -> None:
    record = records_fixture.meta_analysis()
    beyond = beyond_all(record.results[0])
    said = "The estimate of the one-step model lies outside the range of the trials' own effects: it is no mean."
    assert said in lines(by_trial(beyond, record.settings))
    assert f"ᵃ{said}" in lines(estimates([beyond], record.settings))


def test_a_trial_that_only_the_one_step_model_has_is_named() -> None:
    record = records_fixture.meta_analysis()
    first = record.results[0]
    flat = replace(first.by_trial[0], status="not estimable", reason="the outcome is constant")
    effect = replace(first, by_trial=(flat, *first.by_trial[1:]))
    said = "In the one-step model but not in the two-stage model: KY (the outcome is constant)."
    assert said in lines(by_trial(effect, record.settings))
    assert f"ᵃ{said}" in lines(estimates([effect], record.settings))


def people_in(record: MetaAnalysis) -> tuple[People, ...]:
    return tuple(people_of(effect) for effect in record.results)


def test_analysed_says_who_was_left_out_and_why() -> None:
    record = records_fixture.meta_analysis()
    text = lines(analysed(people_in(record), {}))
    assert text[2].endswith("| 700 | 823 | no value at follow-up: KY 20, MN 21, MS 22")
    assert text[12].endswith("whole trial, not measured in this window: KY 212, MN 230, MS 201")


def test_on_paper_a_long_table_keeps_the_counts_without_the_reasons() -> None:
    record = records_fixture.meta_analysis()
    people = people_in(record)
    table = analysed(people, {})
    assert table.paper is not None
    assert [len(row.cells) for row in table.paper.groups[0].rows] == [5, 5]
    assert lines(table.paper)[2].endswith("| 700 | 823")
    assert analysed(people[:4], {}).paper is None


def test_analyses_of_a_comparison_stand_together_and_are_named() -> None:
    record = records_fixture.meta_analysis()
    people = people_in(record)[:2]
    named = [replace(person, analysis=name, method="Meta-analysis") for name in ("a", "b") for person in people]
    text = lines(analysed(named, {}))
    assert [line.partition(" |")[0] for line in text[2:6]] == [
        "Meta-analysis, Visit 3",
        "Meta-analysis, Visit 5",
        "Meta-analysis, Visit 3",
        "Meta-analysis, Visit 5",
    ]


def test_outcome_measures_run_down_the_longer_list() -> None:
    record = records_fixture.measures()
    assert lines(outcome_measures(record))[0].startswith("Trial | Mean probing depth")
    fewer = replace(record, trials=record.trials[:2], cells=tuple(c for c in record.cells if c.trial in ("KY", "MN")))
    assert lines(outcome_measures(fewer))[0] == "Outcome | KY | MN"
    assert "–" in lines(outcome_measures(record))[4]


def test_model_status_has_remarks_only_where_there_are_any() -> None:
    record = records_fixture.meta_analysis()
    text = lines(model_status([record]))
    # what the boundary means stands once, below the table
    assert text[3].endswith("| boundary | 22 | 813.250 | 2.610 | 3.000 | ")
    assert "finds no variation between trials" in text[-1]
    assert any(line.endswith("one trial, and two are needed") for line in text)
    fine = replace(record, results=record.results[:1])
    assert "Remark" not in lines(model_status([fine]))[0]


def test_ledger_and_its_summary() -> None:
    record = records_fixture.ledger(8)
    assert len(ledger(record).groups) == 4
    summary = ledger_summary(record)
    assert widths(summary)
    assert sum(int(plain(cell)) for row in summary.groups[0].rows for cell in row.cells) == 8


def test_people_left_out_are_never_left_to_a_summary() -> None:
    record = records_fixture.ledger(8)
    rows = tuple(replace(row, excludes=i < 3) for i, row in enumerate(record.rows))
    table = excluded_participants(replace(record, rows=rows))
    assert table is not None
    assert sum(len(group.rows) for group in table.groups) == 3
    assert [plain(group.rows[0].head) for group in table.groups] == list(dict.fromkeys(r.trial.text for r in rows[:3]))
    assert excluded_participants(replace(record, rows=rows[3:])) is None


def test_the_range_of_a_scale_has_a_minus_sign() -> None:
    from reportgen.analyses.repository_records import glossary_record

    study = records_fixture.spec().study
    name, instrument = next(iter(study.instruments.items()))
    below = study.model_copy(update={"instruments": {name: instrument.model_copy(update={"range": (-0.594, 1)})}})
    assert glossary_record(below).rows[0].range.words == "−0.594 to 1"


def test_glossary_says_which_scales_have_no_bounds() -> None:
    assert (
        lines(glossary(records_fixture.glossary()))[1]
        == "Mean probing depth | probing depth | not bounded | mm | lower"
    )


def test_on_paper_estimates_leave_out_what_the_paper_is_too_narrow_for() -> None:
    record = records_fixture.meta_analysis()
    table = estimates(record.results, record.settings)
    assert table.paper is not None
    assert widths(table.paper)
    heads = [plain(column.head) for column in table.paper.columns]
    assert len(heads) == len(table.columns) - 2
    assert "Q (p)" not in heads and heads[-2:] == ["I² (95%\u00a0CI)", "Status"]
    assert "Q, its p and τ² of the two-stage model are given in this table on screen" in lines(table.paper)[-1]
