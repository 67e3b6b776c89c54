"""What other seeds make of a simulated study: its main results, and how often its searches find the printed rules.

    python -m tests.real.other_seeds specs/low-back-pain 20 [--chance] [--searches]

In: the folder of a study whose `fidelity.yaml` holds the print, and how many seeds. Out: a Markdown table for its README,
the study's own seed beside the seeds 1, 2, 3, ..., of which none is left out. With `--chance` the arms' means are left to
chance as well (`exact_means: none`). With `--searches` the searches for subgroups are run, by the study's own nodes. The
ids in `fidelity.yaml` name each printed rule by its moderators and their sides, which is what another seed has to find.
"""

from __future__ import annotations

import argparse
import math
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import mean, stdev

import numpy as np

from reportgen.analyses.partition_record import names_of
from reportgen.analyses.recursive_partitioning import Partitioned
from reportgen.data import Repository
from reportgen.pipeline import read
from reportgen.records.numbers import fixed, slug
from reportgen.simulation import simulate
from reportgen.spec import Spec, load_study
from reportgen.spec.analyses import DirectedPeeling, MetaAnalysis, RecursivePartitioning
from reportgen.spec.simulation import SimulationSpec, load_simulation
from reportgen.stats.subgroups import Group
from tests.analysed import analysed, searched

PROCESSES = 2
NEAR = 0.1  # of the moderator's range among the people who are searched
SIZES = tuple(tenths / 10 for tenths in range(9, 0, -1))
ENDS = (SIZES[0], SIZES[-1])
NAN = float("nan")
Search = tuple[str, str, str]
NOTHING_PRINTED: dict[str, tuple[Search, ...]] = {
    "any intervention v control, RMDQ": (("partition", "overall", "rmdq"),),
    "any intervention v control, Pain": (("partition", "overall", "pain"),),
    "any intervention v control, EQ-5D": (("partition", "overall", "eq-5d"),),
    "active physical v usual care, all outcomes": tuple(
        ("partition-pairwise", "active", outcome) for outcome in ("ffbhr", "mcs", "pcs", "rmdq", "pain", "eq-5d")
    ),
}
PEELED: Search = ("peeling", "overall", "ffbhr")
PEELED_TITLE = "any intervention v control, FFbHR"


@dataclass(frozen=True, slots=True)
class Seen:
    """What one seed makes of one line of a table.

    Attributes
    ----------
    value : float
        The effect; NaN where there is none.
    text : str
        For the column of the study's own seed.
    found, near : bool or None
        Whether the search found it, and with cuts near the printed ones; None where that is no question.
    """

    value: float
    text: str
    found: bool | None = None
    near: bool | None = None


@dataclass(frozen=True, slots=True)
class PrintedRule:
    """A rule of the print: `place` is how ids name it, `cuts` are by moderator, where the print gives them."""

    label: str
    search: Search
    place: str
    cuts: dict[str, float]
    effect: str


def under(study: Path, chance: bool, searches: bool, seed: int) -> dict[str, Seen]:
    """Simulate under a seed and read; return the lines of a table by their first cell."""
    file = load_simulation(study / "simulation.yaml")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "study"
        shutil.copytree(study, copy, ignore=shutil.ignore_patterns("raw"))
        (copy / "raw").mkdir()
        for name, content in simulate(with_chance(file) if chance else file, seed).items():
            (copy / "raw" / name).write_bytes(content)
        spec, repository = read(copy)
    return found_rules(spec, repository) if searches else main_results(spec, repository)


def with_chance(file: SimulationSpec) -> SimulationSpec:
    """The same simulation with the means of the arms left to chance."""
    simulation = file.simulation
    about = simulation.simulation.model_copy(update={"exact_means": "none"})
    return replace(file, simulation=simulation.model_copy(update={"simulation": about}))


def main_results(spec: Spec, repository: Repository) -> dict[str, Seen]:
    """The overall comparison: each short-term effect, and how many later ones are significant."""
    node = MetaAnalysis(method="meta-analysis", comparisons=("overall",))
    effects = analysed("pooled", node, repository, spec.study).results
    known = [effect for effect in effects if effect.estimate.effect.value is not None]
    lines = {}
    for effect in known:
        if str(effect.id).endswith(".short"):
            here = effect.estimate
            text = f"{here.effect.text} ({here.low.text} to {here.high.text})"
            lines[effect.outcome] = Seen(here.effect.value or 0.0, text)
    later = [(effect.estimate.p.value or 0) < 0.05 for effect in known if not str(effect.id).endswith(".short")]
    lines[f"p < 0.05 at mid or long term, of {len(later)}"] = Seen(sum(later), str(sum(later)))
    return lines


def found_rules(spec: Spec, repository: Repository) -> dict[str, Seen]:
    """Every printed rule, every printed "none", and the frontier of the peeling."""
    rules = printed_rules(spec)
    wanted = {rule.search for rule in rules} | {item for several in NOTHING_PRINTED.values() for item in several}
    searched = partitions(spec, repository, wanted)
    lines = {rule.label: rule_seen(rule, searched[rule.search]) for rule in rules}
    for title, several in NOTHING_PRINTED.items():
        found = [" ".join(item[1:]) for item in several if groups_of(searched[item])]
        lines[f"{title}: none"] = Seen(NAN, ", ".join(found) or "none", found=not found)
    together = all(line.found for line in lines.values())
    lines["all of these at once"] = Seen(NAN, "yes" if together else "no", found=together)
    return lines | frontier(spec, repository)


def printed_rules(spec: Spec) -> list[PrintedRule]:
    """The rules of recursive partitioning that the print gives an effect for."""
    assert spec.fidelity is not None
    rules = []
    for number in (number for section in spec.fidelity.file.sections for number in section.numbers):
        if number.ours and re.fullmatch(r"results_rp\..+\.effect\.0", number.key):
            analysis, comparison, outcome, _, place = number.ours.removesuffix(".effect").split(".", 4)
            label = number.name.removesuffix(", effect").replace("<=", "≤")
            cuts = {name: float(cut) for name, cut in re.findall(r"(\S+) [≤>] ([\d.]+)", label)}
            rules.append(PrintedRule(label, (analysis, comparison, outcome), place, cuts, number.printed))
    return rules


def partitions(spec: Spec, repository: Repository, wanted: Iterable[Search]) -> dict[Search, Partitioned]:
    """Run the searches by the study's own nodes."""
    study, wanted = spec.study, set(wanted)
    by_search = {}
    for analysis in sorted({analysis for analysis, _, _ in wanted}):
        node = study.analyses[analysis]
        assert isinstance(node, RecursivePartitioning)
        for found in searched(node, repository, study):
            search = (analysis, slug(found.cohort.comparison), slug(found.cohort.outcome))
            if search in wanted:
                by_search[search] = found
    return by_search


def groups_of(search: Partitioned) -> dict[str, Group]:
    """Both sides of each subgroup that was found, by the place that ids give them."""
    if search.partition is None:
        return {}
    subgroups = search.partition.subgroups
    places = [slug(*names) for names in names_of(subgroups)]
    inside = {place: group.inside for place, group in zip(places, subgroups, strict=True)}
    siblings = {f"{place}.sibling": group.sibling for place, group in zip(places, subgroups, strict=True)}
    return inside | siblings


def rule_seen(rule: PrintedRule, search: Partitioned) -> Seen:
    """Look for a printed rule: the same moderators and sides, wherever the cuts are."""
    group = groups_of(search).get(rule.place)
    if group is None:
        return Seen(NAN, "not found", found=False, near=False if rule.cuts else None)
    cuts = {item.moderator.removeprefix("baseline "): item for item in group.rules if not item.levels}
    apart = []
    for name, printed in rule.cuts.items():
        values = search.people.moderators[cuts[name].moderator].of(search.people.selection)
        apart.append(abs(cuts[name].value - printed) / np.ptp(values[~np.isnan(values)]))
    text = f"{fixed(float(group.effect.estimate), 1)}; {', '.join(f'{cut.value:.3g}' for cut in cuts.values())}"
    return Seen(float(group.effect.estimate), text, found=True, near=bool(max(apart) <= NEAR) if apart else None)


def frontier(spec: Spec, repository: Repository) -> dict[str, Seen]:
    """The largest and smallest box of the peeling, and whether effects rise from one to the other."""
    study = spec.study
    node = study.analyses[PEELED[0]]
    assert isinstance(node, DirectedPeeling)
    (peeling,) = (
        item
        for item in searched(node, repository, study)
        if slug(item.selection.comparison, item.selection.outcome) == slug(*PEELED[1:])
    )
    boxes = (
        dict(zip(SIZES, peeling.found.nearest(SIZES), strict=False)) if peeling.found else {}
    )  # none, where nothing fits
    effects = [float(box.effect.estimate) for box in boxes.values()]
    lines = {}
    for size in ENDS:
        value = float(boxes[size].effect.estimate) if boxes else NAN
        lines[best_box(size)] = Seen(value, fixed(value, 1) if boxes else "no box")
    rise = bool(effects) and effects == sorted(effects)
    return lines | {f"{PEELED_TITLE}: effects rise from 90 % to 10 %": Seen(NAN, "yes" if rise else "no", found=rise)}


def best_box(size: float) -> str:
    """First cell of the line of a box."""
    return f"{PEELED_TITLE}: best {100 * size:.0f} % of people"


def printed_effects(spec: Spec) -> dict[str, str]:
    """The printed effect for each line of `found_rules` that has one."""
    assert spec.fidelity is not None
    by_id = {number.ours: number.printed for section in spec.fidelity.file.sections for number in section.numbers}
    boxes = {best_box(size): by_id[f"{slug(*PEELED)}.short.box-0-{100 * size:.0f}.effect"] for size in ENDS}
    return {rule.label: rule.effect for rule in printed_rules(spec)} | boxes


def spread(values: Sequence[float], decimals: int) -> str:
    """Smallest and largest value."""
    return f"{fixed(min(values), decimals)} to {fixed(max(values), decimals)}"


def results_table(own: Mapping[str, Seen], others: Sequence[Mapping[str, Seen]]) -> str:
    """The main results, a line an outcome."""
    lines = [
        f"| short-term effect | study's seed | mean of {len(others)} seeds | SD | range |",
        "| --- | --- | --- | --- | --- |",
    ]
    for label, seen in own.items():
        values = [other[label].value for other in others]
        decimals = len(seen.text.split()[0].partition(".")[2]) or 1
        middle, sd = fixed(mean(values), decimals), fixed(stdev(values), decimals + 1)
        whole = all(value == int(value) for value in values)
        lines.append(f"| {label} | {seen.text} | {middle} | {sd} | {spread(values, 0 if whole else decimals)} |")
    return "\n".join(lines)


def searches_table(own: Mapping[str, Seen], others: Sequence[Mapping[str, Seen]], printed: Mapping[str, str]) -> str:
    """How often each printed rule is found, a line a rule."""
    heads = (
        "printed rule",
        "study's seed",
        f"found, of {len(others)} seeds",
        "cuts near",
        "mean effect (range)",
        "printed",
    )
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for label, seen in own.items():
        all_seen = [other[label] for other in others]
        values = [item.value for item in all_seen if not math.isnan(item.value)]
        near = "–" if seen.near is None else str(sum(bool(item.near) for item in all_seen))
        effect = f"{fixed(mean(values), 1)} ({spread(values, 1)})" if values else "–"
        found = "–" if seen.found is None else str(sum(bool(item.found) for item in all_seen))
        lines.append(f"| {label} | {seen.text} | {found} | {near} | {effect} | {printed.get(label, '–')} |")
    return "\n".join(lines)


def main() -> None:
    """Print one table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("study", type=Path)
    options.add_argument("seeds", type=int, help="how many: 1, 2, 3, ...; at least 2")
    options.add_argument("--chance", action="store_true")
    options.add_argument("--searches", action="store_true")
    given = options.parse_args()
    if given.seeds < 2:
        options.error("a spread needs at least 2 seeds")
    seeds = [load_simulation(given.study / "simulation.yaml").simulation.simulation.seed, *range(1, given.seeds + 1)]
    one_seed = partial(under, given.study, given.chance, given.searches)
    seen = []
    with ProcessPoolExecutor(PROCESSES) as pool:
        for seed, lines in zip(seeds, pool.map(one_seed, seeds), strict=True):
            print(seed, {label: (line.text, line.near) for label, line in lines.items()}, file=sys.stderr, flush=True)
            seen.append(lines)
    own, *others = seen
    if given.searches:
        print(searches_table(own, others, printed_effects(load_study(given.study))))
    else:
        print(results_table(own, others))


if __name__ == "__main__":
    main()
