"""How the main results of a simulated study come out under other seeds: a table for its README.

    python -m tests.real.other_seeds specs/low-back-pain 20 [--chance]

The seeds are 1, 2, 3, ...; none is left out. With `--chance` the arms' means are left to chance as well
(`exact_means: none`).
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import cast

from reportgen.analyses.meta_analysis import analyse
from reportgen.pipeline import read
from reportgen.records.model import PooledEffect
from reportgen.simulation import simulate
from reportgen.spec.simulation import SimulationSpec, load_simulation
from reportgen.spec.study import MetaAnalysis


def effects_under(study: Path, file: SimulationSpec, seed: int, comparison: str) -> tuple[PooledEffect, ...]:
    """Simulate under a seed, read, and fit one comparison."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "study"
        shutil.copytree(study, copy, ignore=shutil.ignore_patterns("raw"))
        (copy / "raw").mkdir()
        for name, content in simulate(file, seed).items():
            (copy / "raw" / name).write_bytes(content)
        spec, repository = read(copy)
        node = MetaAnalysis(method="meta-analysis", comparisons=(comparison,))
        return analyse("pooled", node, repository, spec.study).effects


def with_chance(file: SimulationSpec) -> SimulationSpec:
    """The same simulation with the means of the arms left to chance."""
    simulation = file.simulation
    about = simulation.simulation.model_copy(update={"exact_means": "none"})
    return replace(file, simulation=simulation.model_copy(update={"simulation": about}))


def rows(study: Path, file: SimulationSpec, seeds: range) -> Iterator[tuple[int, tuple[PooledEffect, ...]]]:
    """Effects under each seed."""
    for seed in seeds:
        yield seed, effects_under(study, file, seed, "overall")


def shown(effect: PooledEffect) -> str:
    """Effect and interval as printed."""
    here = effect.estimate
    return f"{here.effect.text} ({here.low.text} to {here.high.text})"


def table(study: Path, file: SimulationSpec, seeds: range) -> str:
    """The results as a Markdown table, with a line of their mean and spread."""
    lines: list[str] = []
    values: dict[str, list[float]] = {}
    for seed, effects in rows(study, file, seeds):
        short = [e for e in effects if str(e.id).endswith(".short") and e.estimate.effect.value is not None]
        later = [e for e in effects if not str(e.id).endswith(".short") and e.estimate.effect.value is not None]
        names = [str(e.id).split(".")[2] for e in short]
        if not lines:
            lines += [f"| seed | {' | '.join(names)} | p < 0.05 later |", f"| --- |{' --- |' * (len(names) + 1)}"]
        for name, effect in zip(names, short, strict=True):
            values.setdefault(name, []).append(cast(float, effect.estimate.effect.value))
        found = sum((e.estimate.p.value or 0) < 0.05 for e in later)
        lines.append(f"| {seed} | {' | '.join(map(shown, short))} | {found} of {len(later)} |")
        print(lines[-1], file=sys.stderr, flush=True)
    spread = " | ".join(f"{mean(v):.3f} (SD {stdev(v):.3f})" for v in values.values())
    return "\n".join([*lines, f"| all | {spread} | |"])


if __name__ == "__main__":
    where = Path(sys.argv[1])
    loaded = load_simulation(where / "simulation.yaml")
    if "--chance" in sys.argv:
        loaded = with_chance(loaded)
    print(table(where, loaded, range(1, int(sys.argv[2]) + 1)))
