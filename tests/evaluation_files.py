"""Evaluation files of tests: small grids that take seconds."""

from __future__ import annotations

from pathlib import Path

from reportgen.spec.evaluation import EvaluationSpec, load_evaluation

TINY = """\
evaluation: {seed: 7, data_sets: 6}
trials:
  three: {number: 3, people: 60}
moderators:
  age: {range: [0, 99], slope: 0.3}
  pain: {mean: 5, sd: 2, slope: 0.2, adjusted: true}
planted:
  the younger: {where: {age: up to 49}, gain: [0, 1.2]}
searches:
  RP: {method: recursive-partitioning, depth: 1, min_size: 20, draws: {sign_flips: 20, bootstrap: 20}, information: pooled, adjuster_slopes: common}
"""
PEELING = "  ARDP: {method: directed-peeling, beam: 2, bin_width: 0.1, size: 0.5, data_sets: 2, draws: {sign_flips: 20, bootstrap: 20}, information: pooled, adjuster_slopes: common}\n"
"""A further search for `TINY`."""


def written(folder: Path, text: str = TINY, name: str = "evaluation.yaml") -> Path:
    """Write an evaluation file."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def evaluation(folder: Path, text: str = TINY) -> EvaluationSpec:
    """Write and read an evaluation file."""
    return load_evaluation(written(folder, text))
