"""A study of two small trials that uses most of the language, with a simulation and a fidelity file, to be damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

STUDY = """\
study: {title: "Two trials, every word", subtitle: small, authors: [A. One, B. Two], protocol: none, version: "1.0", date: 2026-11-30, keywords: [pain], data: simulated, seed: 3,
  summary: Nothing is real., source: invented}
trials: [north.yaml, south.yaml]
arm_classes: [exercise, usual care, sham]
follow_up:
  short: {months: [2, 4], aim: 3, label: at 3 months}
  long: {months: [10, 14], tie: later}
instruments:
  RMDQ: {name: Roland Morris, range: [0, 24], better: lower, items: 24, unit: points}
  pain: {name: Pain scale, range: [0, 10], better: lower}
  function: {range: [0, 100], better: higher}
outcomes:
  RMDQ: {domain: disability, title: Disability, decimals: 1, per: 5, analyse: change}
  any: {first_available: [pain, function], range: [0, 100], better: lower}
covariates:
  age: {label: Age, unit: years, range: [16, 100], per: 10, decimals: 1}
  sex: {levels: [female, male], reference: female}
  stage: {levels: [low, middle, high, top], ordered: true}
comparisons:
  overall: {intervention: [exercise], control: [usual care, sham], title: Any control}
  care: {intervention: exercise, control: usual care}
analyses:
  people: {method: descriptive, sides_of: overall, variables: [age, sex, stage, baseline RMDQ], standardised_difference: true}
  pooled:
    method: meta-analysis
    outcomes: [RMDQ]
    follow_up: short
    comparisons: all
    adjust_for: [baseline, age]
    two_stage: {method: paule-mandel, test: normal}
  screen: {method: moderators, moderators: [age, sex, stage, baseline RMDQ], outcomes: RMDQ, follow_up: short, comparisons: overall,
    reading: within, tiers: {significant: 0.05, weak: 0.2}, percentiles: [10, 50, 90], expected: {age: older people gain more}}
  rp: {method: recursive-partitioning, moderators: {from: screen, p_below: 1}, outcomes: RMDQ, follow_up: short, comparisons: overall, min_size: 20%, gamma: [1.0, 1.0], depth: 2}
  peel: {method: directed-peeling, moderators: [age, baseline RMDQ], outcomes: RMDQ, follow_up: short, comparisons: overall, directions: {age: higher gain more}, beam: 4, bin_width: 0.1}
  agree: {method: agreement, partition: rp, peeling: peel, sizes: [0.5]}
  women: {method: meta-analysis, outcomes: [RMDQ], follow_up: short, comparisons: overall, subset: {sex: female}}
  men: {method: meta-analysis, outcomes: [RMDQ], follow_up: short, comparisons: overall, subset: {sex: male}}
  side: {method: subgroup-differences, subsets: [women, men], screening: screen}
report:
  formats: [html, workbook, results]
  key_findings: true
  participant_flow: true
  contents:
    - {series: Table, show: included-trials, notes: [one note]}
    - {series: Table, show: descriptive, of: people, rounding: {mean: 1}}
    - {series: Fig., show: forest, of: pooled, name: forest, title: The forest, scale: natural}
    - {series: Table, show: estimates, of: pooled, parts: by comparison, outcome: RMDQ, follow_up: short, comparison: [overall, care]}
    - {series: Table, show: analysed, of: pooled, beside: [rp]}
    - {series: Table, show: effect-at-values, of: screen}
    - {series: Fig., show: effect-at-values-forest, of: screen}
    - {series: Fig., show: interaction-by-trial, of: screen, moderators: [age, stage]}
    - {series: Table, show: subgroups, of: rp}
    - {series: Table, show: peeling-thresholds, of: peel, sizes: [0.2, 0.5]}
    - {series: Table, show: agreement, of: agree}
    - {series: Fig., show: subset-forest, of: side, limits: [-9, 9], parts: by outcome}
    - {series: Table, show: subset-estimates, of: side, rounding: {effect: 1}}
policy: {minimum_cell: 5, rounding: {effect: 2, p: 2 significant}, profile: draft}
fidelity: fidelity.yaml
"""

NORTH = """\
trial: North
country: Norway
data:
  - {file: north.csv, participant: id, missing: [-9, "."], separator: ",", encoding: utf-8, header_row: 1, decimal: ".",
     keep: {column: in, equals: 1, reason: not randomised}}
  - {file: north2.csv, participant: id, keep: [{column: who, one_of: [a, b]}, {column: who, present: true}]}
arms:
  column: arm
  codes:
    1: {class: exercise, name: gym}
    2: {class: usual care, name: doctor}
    3: {leave_out: never treated}
visits: {b: baseline, q3: 3 months (visit 2), y1: 1 year}
variables:
  age: {column: months, unit: months, outside: missing}
  sex: {flags: {male: {column: man, equals: 1}}, otherwise: female}
  stage: {column: score, cut: {low: up to 3, middle: 4 to 6, high: 7 to 8, top: above 8}}
  RMDQ: {items: "rm_{visit}_{01-24}", yes: 1, at_least: 20, visits: [b, q3], missing: 9}
  pain: {column: "vas_{visit}", from_range: [0, 100]}
published:
  n: 40
  means: {age: "45.1", baseline RMDQ: 9.20}
  effects: [{outcome: RMDQ, follow_up: short, intervention: exercise, control: usual care, effect: "1.30", interval: ["0.1", "2.5"], source: Table 2}]
  source: Journal
"""

SOUTH = """\
trial: South
country: Spain
data: {file: south.csv, participant: id, layout: long, visit: {column: week, codes: {0: baseline, 12: 3 months, 52: null}}}
arms: {column: arm, codes: {a: {class: exercise, name: gym}, b: {class: sham}}}
variables:
  age: age
  sex: {column: sex, codes: {1: male, 2: female, 9: null}}
  stage: {column: stage}
  RMDQ: {column: rm}
  function: {items: [f1, f2, f3, f4], reversed: [2], item_range: [0, 5], score: mean, times: 20, plus: 0}
"""

SIMULATION = """\
simulation: {study: study.yaml, seed: 7, exact_means: overall}
factors: [severity, other]
covariates:
  age: {mean: 48, sd: 12, limits: [18, 90], grid: 0.5, decimals: 1}
  sex: {shares: {female: 55, male: 45}, missing: 0.02}
  stage: {shares: {low: 4, middle: 3, high: 2, top: 1}, loads: {severity: 0.5}}
instruments:
  RMDQ:
    mean: 10
    sd: 5
    loads: {severity: 0.8}
    course: {3: 2, 12: 2.5}
    pull: 0.3
    residual: 4
    residual_where: [{where: {sex: male}, sd: 5}]
    effects: {exercise: {3: 1.5}}
  pain: {like: RMDQ, mean: 5, sd: 2, residual: 1.5}
  function: {mean: 55, sd: 20, grid: 12.5, residual: 12, effects: {exercise: {3: 6}}}
residuals: {shared: 0.3, persistent: 0.4}
modifiers:
  older: {of: RMDQ, classes: exercise, where: {age: above 50}, adds: 1}
  worse: {of: [pain], by: RMDQ, adds: 0.1}
loss: {share: {3: 0.1}, leans: {severity: 0.3}, skipped: 0.02}
targets:
  sides_of: overall
  variables:
    age: {control: {n: 38, mean: 48.2, sd: 12.3}, all: {mean: 47}, decimals: 1}
    sex: {control: {counts: {female: 20, male: 18}}}
trials:
  North:
    arms: {1: 20, 2: 20}
    left_out: [{arms: {3: 2}, set: {in: 1}}]
    loss: {3: 0.1}
    files: [{ids: "N{:03d}", first: 10, blank: 0.2, title: [], extra: {praxis: [1, 2]}}, {ids: "N{:03d}", first: 10}]
  South:
    arms: {a: 20, b: 20}
    open_items: 0.05
    here: {RMDQ: {mean: 11, effects: {exercise: {3: 1}}}}
    files: [{ids: "{:d}", repeat: true}]
"""

FIDELITY = """\
source: A publication
sections:
  - title: Table 1
    numbers:
      - {name: n, key: t1.n, printed: "80", ours: people.n}
      - {name: age, key: t1.age, printed: 45.10, why: not reported}
  - title: Table 2
    numbers:
      - {name: effect, key: t2.effect, printed: "1.30", ours: pooled.RMDQ.effect, default: pooled.RMDQ.effect, interval: pooled.RMDQ}
contradictions: [The total is not the sum.]
"""


def write_whole(folder: Path) -> Path:
    """Write the study with its data; return its folder."""
    folder.mkdir(parents=True)
    texts = {"study": STUDY, "north": NORTH, "south": SOUTH, "simulation": SIMULATION, "fidelity": FIDELITY}
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    rng = np.random.default_rng(5)
    _north(folder, rng)
    _south(folder, rng)
    return folder


def _north(folder: Path, rng: np.random.Generator, n: int = 60) -> None:
    ids, arm = np.arange(1, n + 1), np.arange(n) % 2 + 1
    table = {"id": ids, "arm": arm, "in": 1, "months": rng.integers(240, 900, n), "man": rng.integers(0, 2, n)}
    table["arm"][-1] = 3
    table["score"] = rng.integers(1, 11, n)
    for visit, shift in (("b", 0.0), ("q3", 0.15)):
        share = 0.5 - shift - shift * (arm == 1)
        table |= {f"rm_{visit}_{item:02d}": (rng.random(n) < share).astype(int) for item in range(1, 25)}
    for visit, shift in (("b", 0), ("q3", 15), ("y1", 12)):
        table[f"vas_{visit}"] = np.clip(rng.integers(40, 100, n) - shift * arm, 0, 100)
    pd.DataFrame(table).to_csv(folder / "north.csv", index=False)
    pd.DataFrame({"id": ids, "who": np.where(ids % 2, "a", "b")}).to_csv(folder / "north2.csv", index=False)


def _south(folder: Path, rng: np.random.Generator, n: int = 60) -> None:
    ids = np.arange(1, n + 1)
    arm = np.where(ids % 2, "a", "b")
    before = rng.integers(8, 21, n)
    stage = rng.choice(["low", "middle", "high", "top"], n)
    fixed = {"id": ids, "arm": arm, "age": rng.integers(20, 80, n), "sex": rng.integers(1, 3, n), "stage": stage}
    waves = []
    for week, gain in ((0, 0), (12, 2), (52, 2)):
        after = np.clip(before - gain - gain * (arm == "a") + (week > 0) * rng.integers(-2, 3, n), 0, 24)
        items = {f"f{item}": rng.integers(0, 6, n) for item in range(1, 5)}
        waves.append(pd.DataFrame({**fixed, "week": week, "rm": after, **items}))
    pd.concat(waves).to_csv(folder / "south.csv", index=False)
